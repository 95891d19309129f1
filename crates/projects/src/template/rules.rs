//! Rules of templates: keys, bounds, and that the work in them never waits for itself. No database, no clock.

use std::collections::{HashMap, HashSet};

use kernel::{FieldError, Fields, Text, text};

use super::plan::{TemplateMilestone, TemplatePlan, TemplateTask};
use crate::{
    column,
    family::Family,
    label,
    link::{self, cycle},
    milestone,
    project::rules::{DESCRIPTION_MAX, check_minutes},
    task,
};

/// There are too many parts.
pub const TOO_MANY: Text = Text::new(
    "too_many",
    "At most {max} of these are allowed in a template.",
    "{max} au plus sont autorisés dans un modèle.",
);

/// The key is taken.
pub const KEY_TAKEN: Text = Text::new(
    "key_taken",
    "Another part of the template has this key.",
    "Un autre élément du modèle porte cette clé.",
);

/// Nothing has the key.
pub const NO_SUCH_KEY: Text = Text::new(
    "no_such_key",
    "No part of the template has this key.",
    "Aucun élément du modèle ne porte cette clé.",
);

/// A day is out of bounds.
pub const BAD_DAY: Text = Text::new(
    "bad_day",
    "A working day of a template is between {min} and {max}.",
    "Un jour ouvré d'un modèle est compris entre {min} et {max}.",
);

/// A path is none.
pub const BAD_FOLDER: Text = Text::new(
    "bad_folder",
    "A folder is a path of names such as Contracts/Signed, each of at most 100 characters.",
    "Un dossier est un chemin de noms comme Contrats/Signés, de 100 caractères au plus chacun.",
);

/// Most milestones of a template.
pub const MAX_MILESTONES: usize = 200;
/// Most tasks of a template.
pub const MAX_TASKS: usize = 1_000;
/// Most dependencies of a template.
pub const MAX_LINKS: usize = 3_000;
/// Most places for people.
pub const MAX_ROLES: usize = 30;
/// Most folders.
pub const MAX_FOLDERS: usize = 200;
/// Longest key, in characters.
const KEY_MAX: usize = 40;
/// Longest title of a place, in characters.
const TITLE_MAX: usize = 120;
/// The last working day that a template may name: about twenty years.
pub const DAY_MAX: i32 = 5_000;
/// Deepest folder.
const FOLDER_DEPTH: usize = 10;

/// The plan as it is kept: texts in their normal form, or every error that could be found, at `plan.…`.
pub fn checked(mut plan: TemplatePlan, fields: &mut Fields) -> TemplatePlan {
    bounds(&plan, fields);
    let roles = keys(plan.placeholders.iter().map(|role| role.key.as_str()), "plan.placeholders", fields);
    for (index, role) in plan.placeholders.iter_mut().enumerate() {
        let path = format!("plan.placeholders.{index}.title");
        set(&mut role.title, fields, |text| text::line(text, &path, TITLE_MAX));
    }
    for (index, column) in plan.planned_columns.iter_mut().enumerate() {
        let path = format!("plan.plannedColumns.{index}.name");
        set(&mut column.name, fields, |text| text::line(text, &path, column::NAME_MAX));
    }
    let milestones =
        keys(plan.planned_milestones.iter().map(|part| part.key.as_str()), "plan.plannedMilestones", fields);
    let tasks = keys(plan.planned_tasks.iter().map(|part| part.key.as_str()), "plan.plannedTasks", fields);
    for (index, key) in plan.planned_tasks.iter().map(|part| &part.key).enumerate() {
        let path = format!("plan.plannedTasks.{index}.key");
        fields.require(!milestones.contains(key), &path, KEY_TAKEN);
    }
    check_family(&plan, &tasks, fields);
    check_links(&plan, &milestones, &tasks, fields);
    for (index, part) in plan.planned_milestones.iter_mut().enumerate() {
        check_milestone(part, &format!("plan.plannedMilestones.{index}"), &roles, fields);
    }
    for (index, part) in plan.planned_tasks.iter_mut().enumerate() {
        check_task(part, &format!("plan.plannedTasks.{index}"), &milestones, &roles, fields);
    }
    let labels: HashSet<&str> =
        plan.planned_tasks.iter().flat_map(|part| &part.label_names).map(String::as_str).collect();
    let most = usize::try_from(label::MAX_LABELS).unwrap_or(usize::MAX);
    fields.require(labels.len() <= most, "plan.plannedTasks", label::TOO_MANY.with("max", most));
    for (index, folder) in plan.folders.iter_mut().enumerate() {
        match self::folder(folder) {
            Some(path) => *folder = path,
            None => fields.add(format!("plan.folders.{index}"), BAD_FOLDER),
        }
    }
    plan
}

fn set(place: &mut String, fields: &mut Fields, check: impl FnOnce(&str) -> Result<String, FieldError>) {
    if let Some(text) = fields.take(check(place)) {
        *place = text;
    }
}

fn bounds(plan: &TemplatePlan, fields: &mut Fields) {
    let TemplatePlan {
        placeholders,
        planned_columns,
        planned_milestones,
        planned_tasks,
        planned_links,
        folders,
    } = plan;
    for (name, count, max) in [
        ("placeholders", placeholders.len(), MAX_ROLES),
        ("plannedColumns", planned_columns.len(), column::MAX_COLUMNS),
        ("plannedMilestones", planned_milestones.len(), MAX_MILESTONES),
        ("plannedTasks", planned_tasks.len(), MAX_TASKS),
        ("plannedLinks", planned_links.len(), MAX_LINKS),
        ("folders", folders.len(), MAX_FOLDERS),
    ] {
        fields.require(count <= max, &format!("plan.{name}"), TOO_MANY.with("max", max));
    }
}

/// The keys of some parts, each of which must be a line of its own.
fn keys<'a>(parts: impl Iterator<Item = &'a str>, path: &str, fields: &mut Fields) -> HashSet<String> {
    let mut known = HashSet::new();
    for (index, key) in parts.enumerate() {
        let path = format!("{path}.{index}.key");
        if fields.take(text::line(key, &path, KEY_MAX)).is_some() {
            fields.require(known.insert(key.to_owned()), &path, KEY_TAKEN);
        }
    }
    known
}

fn named(key: Option<&String>, known: &HashSet<String>, path: &str, fields: &mut Fields) {
    fields.require(key.is_none_or(|key| known.contains(key)), path, NO_SUCH_KEY);
}

fn check_day(day: Option<i32>, least: i32, path: &str, fields: &mut Fields) {
    let fits = day.is_none_or(|day| (least..=DAY_MAX).contains(&day));
    fields.require(fits, path, BAD_DAY.with("min", least).with("max", DAY_MAX));
}

fn check_milestone(part: &mut TemplateMilestone, path: &str, roles: &HashSet<String>, fields: &mut Fields) {
    set(&mut part.name, fields, |text| text::name(text, &format!("{path}.name")));
    let notes = format!("{path}.notes");
    set(&mut part.notes, fields, |text| text::markdown(text, &notes, DESCRIPTION_MAX));
    let lines = milestone::rules::deliverables(&part.deliverables, &format!("{path}.deliverables"));
    if let Some(lines) = fields.take(lines) {
        part.deliverables = lines;
    }
    check_day(part.due_day, 0, &format!("{path}.dueDay"), fields);
    named(part.role.as_ref(), roles, &format!("{path}.role"), fields);
}

fn check_task(
    part: &mut TemplateTask,
    path: &str,
    milestones: &HashSet<String>,
    roles: &HashSet<String>,
    fields: &mut Fields,
) {
    set(&mut part.title, fields, |text| task::rules::title(text, &format!("{path}.title")));
    let description = format!("{path}.description");
    set(&mut part.description, fields, |text| task::rules::description(text, &description));
    check_minutes(part.estimate_minutes, &format!("{path}.estimateMinutes"), fields);
    check_day(part.start_day, 0, &format!("{path}.startDay"), fields);
    check_day(part.duration_days, 1, &format!("{path}.durationDays"), fields);
    named(part.milestone.as_ref(), milestones, &format!("{path}.milestone"), fields);
    let most = label::on_task::MAX_ON_TASK;
    fields.require(part.label_names.len() <= most, &format!("{path}.labelNames"), TOO_MANY.with("max", most));
    for (index, name) in part.label_names.iter_mut().enumerate() {
        let path = format!("{path}.labelNames.{index}");
        set(name, fields, |text| text::line(text, &path, label::NAME_MAX));
    }
    let mut once = HashSet::new();
    part.label_names.retain(|name| once.insert(name.clone()));
    let most = task::checklist::MAX_STEPS;
    fields.require(
        part.steps.len() <= most,
        &format!("{path}.steps"),
        task::checklist::TOO_MANY.with("max", most),
    );
    for (index, step) in part.steps.iter_mut().enumerate() {
        let path = format!("{path}.steps.{index}");
        set(step, fields, |text| text::line(text, &path, task::checklist::STEP_MAX));
    }
    let most = task::rules::MAX_ASSIGNEES;
    fields.require(part.doers.len() <= most, &format!("{path}.doers"), TOO_MANY.with("max", most));
    for (index, key) in part.doers.iter().enumerate() {
        named(Some(key), roles, &format!("{path}.doers.{index}"), fields);
    }
}

/// Parts of tasks are tasks of the template, not within themselves and not too deep.
fn check_family(plan: &TemplatePlan, tasks: &HashSet<String>, fields: &mut Fields) {
    let mut family: Family<&str> = Family::from_iter([]);
    for (index, part) in plan.planned_tasks.iter().enumerate() {
        let Some(parent) = part.parent.as_deref() else { continue };
        let path = format!("plan.plannedTasks.{index}.parent");
        if !tasks.contains(parent) {
            fields.add(path, NO_SUCH_KEY);
        } else if let Err(reason) = family.adopt(&part.key, Some(parent)) {
            fields.add(path, reason);
        }
    }
}

/// Links join parts of the template, each pair once, without a cycle.
fn check_links(
    plan: &TemplatePlan,
    milestones: &HashSet<String>,
    tasks: &HashSet<String>,
    fields: &mut Fields,
) {
    let known = |key: &str| milestones.contains(key) || tasks.contains(key);
    let mut edges: Vec<(&str, &str)> = Vec::with_capacity(plan.planned_links.len());
    let mut pairs = HashSet::new();
    for (index, part) in plan.planned_links.iter().enumerate().take(MAX_LINKS) {
        let path = format!("plan.plannedLinks.{index}");
        let edge = (part.predecessor.as_str(), part.successor.as_str());
        let known_both = known(edge.0) && known(edge.1);
        fields.require(known(edge.0), &format!("{path}.predecessor"), NO_SUCH_KEY);
        fields.require(known(edge.1), &format!("{path}.successor"), NO_SUCH_KEY);
        let lag = format!("{path}.lagMinutes");
        fields.require(
            (-link::LAG_MAX..=link::LAG_MAX).contains(&part.lag_minutes),
            &lag,
            link::LAG_TOO_LONG.with("max", link::LAG_MAX),
        );
        let new = pairs.insert(edge);
        fields.require(new, &path, link::EXISTS);
        if known_both && new {
            edges.push(edge);
        }
    }
    if let Some(members) = cycle::any(&edges) {
        let titles = titles(plan);
        let names = members.iter().map(|key| titles.get(key).copied().unwrap_or(key));
        let names = names.collect::<Vec<_>>().join(" → ");
        fields.add("plan.plannedLinks", link::CYCLE.with("members", names));
    }
}

/// What people call the parts with these keys.
fn titles(plan: &TemplatePlan) -> HashMap<&str, &str> {
    let tasks = plan.planned_tasks.iter().map(|part| (part.key.as_str(), part.title.as_str()));
    let milestones = plan.planned_milestones.iter().map(|part| (part.key.as_str(), part.name.as_str()));
    tasks.chain(milestones).collect()
}

/// A path of folders in its normal form.
fn folder(path: &str) -> Option<String> {
    let names: Option<Vec<String>> = path.split('/').map(|name| text::line(name, "", 100).ok()).collect();
    names
        .filter(|names| names.len() <= FOLDER_DEPTH && !names.iter().any(|name| name == "." || name == ".."))
        .map(|names| names.join("/"))
}

/// The working day on which a task is due; none without a duration.
pub fn due_day(part: &TemplateTask) -> Option<i32> {
    let first = part.start_day.unwrap_or_default();
    part.duration_days.map(|days| first.saturating_add(days.saturating_sub(1)))
}

/// From the first working day to the last, both counted; 0 for a plan without dates.
pub fn length(plan: &TemplatePlan) -> i32 {
    let tasks = plan.planned_tasks.iter().filter_map(|part| due_day(part).max(part.start_day));
    let milestones = plan.planned_milestones.iter().filter_map(|part| part.due_day);
    tasks.chain(milestones).max().map_or(0, |last| last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::plan::TemplateLink;

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
            ],
            planned_links: vec![link("a", "b"), link("a", "b"), link("b", "a"), link("b", "q")],
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
            ("plan.plannedLinks.1", "dependency_exists"),
            ("plan.plannedLinks.3.successor", "no_such_key"),
            ("plan.plannedLinks", "dependency_cycle"),
            ("plan.folders.1", "bad_folder"),
            ("plan.folders.2", "bad_folder"),
        ] {
            assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {found:?}");
        }
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
}
