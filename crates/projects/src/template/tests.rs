//! Tests of the rules of templates.

use kernel::Fields;

use super::{
    plan::{TemplateColumn, TemplateLabel, TemplateLink, TemplatePlan, TemplateProject, TemplateTask},
    rules::{checked, length},
};

fn task(key: &str) -> TemplateTask {
    TemplateTask { key: key.to_owned(), title: key.to_owned(), ..TemplateTask::default() }
}

fn errors(plan: TemplatePlan) -> Vec<(String, &'static str)> {
    let mut fields = Fields::new();
    checked(plan, &mut fields);
    match fields.check() {
        Err(kernel::Error::Invalid(errors)) => {
            errors.into_iter().map(|error| (error.path.clone(), error.code())).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn link(predecessor: &str, successor: &str) -> TemplateLink {
    let (predecessor, successor) = (predecessor.to_owned(), successor.to_owned());
    TemplateLink { predecessor, successor, ..TemplateLink::default() }
}

#[test]
fn every_wrong_part_is_named() {
    let plan = TemplatePlan {
        planned_tasks: vec![
            task("a"),
            TemplateTask { parent: Some("z".into()), ..task("b") },
            TemplateTask { milestone: Some("a".into()), doers: vec!["x".into()], ..task("a") },
            TemplateTask { start_day: Some(-1), duration_days: Some(0), ..task("c") },
            TemplateTask { recurrence: Some("FREQ=HOURLY".into()), ..task("d") },
        ],
        planned_columns: vec![TemplateColumn::default()],
        planned_labels: vec![
            TemplateLabel { name: "Web".into(), color: "#00FF00".into() },
            TemplateLabel { name: "Web".into(), color: "green".into() },
        ],
        planned_project: TemplateProject { tags: vec![" ".into()], ..TemplateProject::default() },
        planned_links: vec![
            link("a", "b"),
            link("a", "b"),
            link("b", "a"),
            link("b", "q"),
            TemplateLink { lag_minutes: i64::MIN, ..link("a", "c") },
        ],
        folders: vec!["Contracts/ Signed ".into(), "a//b".into(), "../up".into()],
        ..TemplatePlan::default()
    };
    let found = errors(plan);
    for expected in [
        ("plan.plannedTasks.1.parent", "no_such_key"),
        ("plan.plannedTasks.2.key", "key_taken"),
        ("plan.plannedTasks.2.milestone", "no_such_key"),
        ("plan.plannedTasks.2.doers.0", "no_such_key"),
        ("plan.plannedTasks.3.startDay", "bad_day"),
        ("plan.plannedTasks.3.durationDays", "bad_day"),
        ("plan.plannedTasks.4.recurrence", "bad_recurrence"),
        ("plan.plannedTasks.4.recurrence", "recurrence_without_day"),
        ("plan.plannedColumns.0.name", "required"),
        ("plan.plannedLabels.1.name", "label_exists"),
        ("plan.plannedLabels.1.color", "bad_color"),
        ("plan.plannedProject.tags.0", "required"),
        ("plan.plannedLinks.1", "dependency_exists"),
        ("plan.plannedLinks.4.lagMinutes", "lag_too_long"),
        ("plan.plannedLinks.3.successor", "no_such_key"),
        ("plan.plannedLinks", "dependency_cycle"),
        ("plan.folders.1", "bad_folder"),
        ("plan.folders.2", "bad_folder"),
    ] {
        assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {found:?}");
    }
}

#[test]
fn task_and_its_part_do_not_wait_for_each_other() {
    let part = |key: &str, parent: &str| TemplateTask { parent: Some(parent.into()), ..task(key) };
    let plan = TemplatePlan {
        planned_tasks: vec![task("a"), part("b", "a"), part("c", "b"), part("d", "a")],
        planned_links: vec![link("a", "c"), link("c", "d"), link("b", "a")],
        ..TemplatePlan::default()
    };
    let within = |place: usize| (format!("plan.plannedLinks.{place}.successor"), "dependency_within");
    assert_eq!(errors(plan), [within(0), within(2)]);
}

#[test]
fn length_is_from_the_first_day_to_the_last() {
    assert_eq!(length(&TemplatePlan::default()), 0);
    let tasks = vec![TemplateTask { start_day: Some(3), duration_days: Some(2), ..task("a") }];
    assert_eq!(length(&TemplatePlan { planned_tasks: tasks, ..TemplatePlan::default() }), 5);
}

#[test]
fn plan_is_read_back_as_it_was_kept() {
    let plan = TemplatePlan { planned_tasks: vec![task("a")], ..TemplatePlan::default() };
    let stored = serde_json::to_value(&plan).unwrap();
    assert_eq!(stored["planned_tasks"][0]["priority"], "normal");
    assert_eq!(serde_json::from_value::<TemplatePlan>(stored).unwrap(), plan);
}
