//! Rules of tasks. No database, no clock.

use chrono::{DateTime, Utc};
use kernel::{Error, FieldError, Fields, Result, Text, id::UserId, patch, scalar::Date, text};

use super::{checklist, entity::Model, mutation::UpdateTaskInput, recur};
use crate::{
    column,
    plan::fields,
    project::rules::{DESCRIPTION_MAX, check_minutes},
    words::TaskStatus,
};

/// A task is due before it starts.
pub const DUE_BEFORE_START: Text = Text::new(
    "due_before_start",
    "A task cannot be due before it starts.",
    "L'échéance d'une tâche ne peut pas précéder son début.",
);

/// The task is archived.
pub const ARCHIVED: Text = Text::new(
    "task_archived",
    "This task is archived. Restore it first.",
    "Cette tâche est archivée. Restaurez-la d'abord.",
);

/// Too many people on a task.
pub const TOO_MANY_ASSIGNEES: Text =
    Text::new("too_many", "A task has at most {max} assignees.", "Une tâche a {max} responsables au plus.");

/// A series needs a day to begin with.
pub const RECURS_FROM_NO_DAY: Text = Text::new(
    "recurrence_without_day",
    "A task that recurs needs a due date or a start.",
    "Une tâche récurrente a besoin d'une échéance ou d'un début.",
);

/// What is done has nothing to come after it.
pub const RECURS_WHEN_DONE: Text = Text::new(
    "recurrence_when_done",
    "This task is done. Let an open task recur.",
    "Cette tâche est terminée. Rendez récurrente une tâche ouverte.",
);

/// A series without a single day.
pub const RECURS_NEVER: Text = Text::new(
    "recurrence_never",
    "By this rule the task never comes again: no day fits it.",
    "Selon cette règle, la tâche ne revient jamais : aucun jour ne lui convient.",
);

/// Longest title, in characters.
const TITLE_MAX: usize = 200;

/// Longest reason for being blocked, in characters.
const BLOCKED_REASON_MAX: usize = 500;

/// Most people on a task.
pub const MAX_ASSIGNEES: usize = 20;

/// What the column of a task says about it.
pub fn status(task: &Model) -> TaskStatus {
    TaskStatus::parse(&task.status).unwrap_or_default()
}

/// Puts a task into a column: it takes the state that the column stands for, and is completed when it first is done.
pub fn enter(task: &mut Model, column: &column::entity::Model, now: DateTime<Utc>) {
    task.column_id = column.id;
    task.status.clone_from(&column.category);
    task.completed_at = match column::category(column) {
        TaskStatus::Done => task.completed_at.or(Some(now)),
        TaskStatus::Todo | TaskStatus::Doing => None,
    };
}

/// A title: one line.
///
/// # Errors
/// Empty, too long, or with a forbidden character.
pub fn title(text: &str, path: &str) -> Result<String, FieldError> {
    text::line(text, path, TITLE_MAX)
}

/// A description in Markdown.
///
/// # Errors
/// Too long, or with a forbidden character.
pub fn description(text: &str, path: &str) -> Result<String, FieldError> {
    text::markdown(text, path, DESCRIPTION_MAX)
}

/// Each person once, in the order given.
///
/// # Errors
/// Too many.
pub fn assignees(people: Vec<UserId>, path: &str) -> Result<Vec<UserId>, FieldError> {
    let mut once: Vec<UserId> = Vec::with_capacity(people.len().min(MAX_ASSIGNEES));
    for person in people {
        if !once.contains(&person) {
            once.push(person);
        }
        if once.len() > MAX_ASSIGNEES {
            return Err(FieldError::new(path, TOO_MANY_ASSIGNEES.with("max", MAX_ASSIGNEES)));
        }
    }
    Ok(once)
}

/// Adds the errors of durations and dates that do not fit each other.
pub fn check_plan(task: &Model, fields: &mut Fields) {
    check_minutes(task.estimate_minutes, "estimateMinutes", fields);
    check_minutes(task.remaining_minutes, "remainingMinutes", fields);
    let wrong = matches!((task.start_on, task.due_on), (Some(start), Some(due)) if due < start);
    fields.require(!wrong, "dueOn", DUE_BEFORE_START);
}

/// # Errors
/// CONFLICT if the task is archived.
pub fn check_not_archived(task: &Model) -> Result<()> {
    if task.archived_at.is_some() { Err(Error::conflict(ARCHIVED)) } else { Ok(()) }
}

/// The task as an input changes it, but for its column and people.
pub fn changed(before: &Model, input: UpdateTaskInput, fields: &mut Fields) -> Model {
    let UpdateTaskInput {
        id: _,
        expected_version: _,
        title,
        description,
        priority,
        assignee_ids: _,
        reporter_id,
        estimate_minutes,
        remaining_minutes,
        start_on,
        due_on,
        column_id: _,
        blocked_reason,
        milestone_id: _,
        parent_id: _,
        label_ids: _,
        checklist,
        recurrence,
        plan,
        skills: _,
    } = input;
    let mut after = before.clone();
    if let Some(title) = patch::checked(title, "title", fields, |value, path| self::title(&value, path)) {
        after.title = title;
    }
    if let Some(value) = patch::optional(description) {
        let checked = self::description(&value.unwrap_or_default(), "description");
        after.description = fields.take(checked).unwrap_or_default();
    }
    if let Some(priority) = patch::required(priority, "priority", fields) {
        after.priority = priority.as_str().to_owned();
    }
    after.reporter_id = patch::optional(reporter_id).unwrap_or(after.reporter_id);
    after.estimate_minutes = patch::optional(estimate_minutes).unwrap_or(after.estimate_minutes);
    after.remaining_minutes = patch::optional(remaining_minutes).unwrap_or(after.remaining_minutes);
    let date = |sent| patch::optional(sent).map(|date: Option<Date>| date.map(Date::naive));
    after.start_on = date(start_on).unwrap_or(after.start_on);
    after.due_on = date(due_on).unwrap_or(after.due_on);
    fields::apply(plan.as_ref(), &mut after, "plan", fields);
    check_plan(&after, fields);
    let reason = |value: String, path: &str| text::optional_line(Some(&value), path, BLOCKED_REASON_MAX);
    if let Some(reason) = patch::optional_checked(blocked_reason, "blockedReason", fields, reason) {
        after.blocked_reason = reason;
    }
    if let Some(items) = patch::optional(checklist) {
        let steps = checklist::changed(&before.checklist, items.unwrap_or_default(), "checklist");
        after.checklist = fields.take(steps).unwrap_or(after.checklist);
    }
    if let Some(rule) = patch::optional(recurrence) {
        recur(&mut after, rule.as_deref(), fields);
    }
    after
}

/// Gives a task the rule by which it comes again, from its due day or else its start; or takes it away.
pub fn recur(task: &mut Model, rule: Option<&str>, fields: &mut Fields) {
    let Some(rule) = rule.map(recur::normal) else {
        (task.recurrence, task.recurs_from) = (None, None);
        return;
    };
    if task.recurrence.as_deref() == Some(&rule) {
        return;
    }
    let first = task.due_on.or(task.start_on);
    fields.require(first.is_some(), "recurrence", RECURS_FROM_NO_DAY);
    fields.require(status(task) != TaskStatus::Done, "recurrence", RECURS_WHEN_DONE);
    match recur::Rule::parse(&rule) {
        Ok(parsed) if first.is_some_and(|first| !parsed.has_days(first)) => {
            fields.add("recurrence", RECURS_NEVER);
        }
        Ok(_) => (task.recurrence, task.recurs_from) = (Some(rule), first),
        Err(reason) => fields.add("recurrence", reason),
    }
}
