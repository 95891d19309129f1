//! Rules of templates: keys, bounds, and that the work in them never waits for itself. No database, no clock.

use std::collections::{HashMap, HashSet};

use kernel::{FieldError, Fields, Text, text};

use super::plan::{TemplateMilestone, TemplatePlan, TemplateTask, TemplateTaskPlan};
use crate::{
    column,
    family::Family,
    label,
    link::{self, cycle},
    milestone,
    plan::fields::{CONSTRAINT_DAY, TaskPlan},
    project::rules::{DESCRIPTION_MAX, check_minutes},
    task::{self, recur},
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

/// The label is there.
pub const LABEL_TWICE: Text = Text::new(
    "label_exists",
    "Another label of the template has this name.",
    "Une autre étiquette du modèle porte ce nom.",
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
    let family = check_family(&plan, &tasks, fields);
    check_links(&plan, (&milestones, &tasks), &family, fields);
    for (index, part) in plan.planned_milestones.iter_mut().enumerate() {
        check_milestone(part, &format!("plan.plannedMilestones.{index}"), &roles, fields);
    }
    for (index, part) in plan.planned_tasks.iter_mut().enumerate() {
        check_task(part, &format!("plan.plannedTasks.{index}"), &milestones, &roles, fields);
    }
    check_project(&mut plan, fields);
    let named = plan.planned_tasks.iter().flat_map(|part| &part.label_names);
    let planned = plan.planned_labels.iter().map(|label| &label.name);
    let labels: HashSet<&str> = named.chain(planned).map(String::as_str).collect();
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

/// What the project is like, and its labels.
fn check_project(plan: &mut TemplatePlan, fields: &mut Fields) {
    let tags = text::tags(&plan.planned_project.tags, "plan.plannedProject.tags");
    plan.planned_project.tags = fields.take(tags).unwrap_or_default();
    let mut once = HashSet::new();
    for (index, part) in plan.planned_labels.iter_mut().enumerate() {
        let path = format!("plan.plannedLabels.{index}");
        set(&mut part.name, fields, |name| text::line(name, &format!("{path}.name"), label::NAME_MAX));
        set(&mut part.color, fields, |color| label::color(color, &format!("{path}.color")));
        fields.require(once.insert(part.name.clone()), &format!("{path}.name"), LABEL_TWICE);
    }
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
        planned_project: _,
        planned_labels,
        planned_milestones,
        planned_tasks,
        planned_links,
        folders,
    } = plan;
    for (name, count, max) in [
        ("placeholders", placeholders.len(), MAX_ROLES),
        ("plannedColumns", planned_columns.len(), column::MAX_COLUMNS),
        ("plannedLabels", planned_labels.len(), usize::try_from(label::MAX_LABELS).unwrap_or(usize::MAX)),
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
    if let Some(plan) = &part.plan {
        check_plan(plan, &format!("{path}.plan"), fields);
    }
    named(part.milestone.as_ref(), milestones, &format!("{path}.milestone"), fields);
    let most = label::on_task::MAX_ON_TASK;
    fields.require(part.label_names.len() <= most, &format!("{path}.labelNames"), TOO_MANY.with("max", most));
    for (index, name) in part.label_names.iter_mut().enumerate() {
        let path = format!("{path}.labelNames.{index}");
        set(name, fields, |text| text::line(text, &path, label::NAME_MAX));
    }
    check_recurrence(part, &format!("{path}.recurrence"), fields);
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

/// What holds of how any task is scheduled, with days instead of dates.
fn check_plan(plan: &TemplateTaskPlan, path: &str, fields: &mut Fields) {
    let TemplateTaskPlan {
        scheduling,
        duration_minutes,
        constraint,
        constraint_day,
        deadline_day,
        optimistic_minutes,
        pessimistic_minutes,
    } = *plan;
    check_day(constraint_day, 0, &format!("{path}.constraintDay"), fields);
    check_day(deadline_day, 0, &format!("{path}.deadlineDay"), fields);
    let together = constraint.is_some() == constraint_day.is_some();
    fields.require(together, &format!("{path}.constraintDay"), CONSTRAINT_DAY);
    let undated = TaskPlan {
        scheduling,
        duration_minutes,
        optimistic_minutes,
        pessimistic_minutes,
        ..TaskPlan::default()
    };
    undated.check(path, fields);
}

/// A rule is one that we understand, and has a day to begin from.
fn check_recurrence(part: &mut TemplateTask, path: &str, fields: &mut Fields) {
    let Some(rule) = part.recurrence.as_deref().map(recur::normal) else { return };
    let dated = part.duration_days.or(part.start_day).is_some();
    fields.require(dated, path, task::rules::RECURS_FROM_NO_DAY);
    match recur::Rule::parse(&rule) {
        Ok(_) => part.recurrence = Some(rule),
        Err(reason) => fields.add(path, reason),
    }
}

/// Parts of tasks are tasks of the template, not within themselves and not too deep.
fn check_family<'a>(plan: &'a TemplatePlan, tasks: &HashSet<String>, fields: &mut Fields) -> Family<&'a str> {
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
    family
}

/// Links join parts of the template, each pair once, none of them part of the other, without a cycle.
fn check_links(
    plan: &TemplatePlan,
    (milestones, tasks): (&HashSet<String>, &HashSet<String>),
    family: &Family<&str>,
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
        let within = family.is_within(edge.0, edge.1) || family.is_within(edge.1, edge.0);
        fields.require(edge.0 == edge.1 || !within, &format!("{path}.successor"), link::WITHIN);
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
