//! Rows of lists as cells: values, the names of what they point to, and what of them the viewer may see.

use std::collections::{BTreeMap, HashMap, HashSet};

use kernel::{
    Result,
    db::Db,
    id::{MilestoneId, ProjectFieldId, ProjectId, TaskColumnId, TaskId, TaskLabelId, TypedId, UserId},
    policy::Guarded,
    sql::one_of,
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value as Json, json};

use crate::{
    column::entity as column,
    field::{entity as field, rules::values},
    label::{entity as label, on_task},
    milestone::{self, entity as milestones},
    policy::{BUDGETS_READ, INTERNAL_READ, MILESTONES_READ, PROJECTS_READ, RATES_READ, TASKS_READ},
    project::entity as project,
    service::Readers,
    task::{
        assignee,
        checklist::{self, ChecklistItem},
        entity as task,
    },
    time::entry::entity as entry,
};

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn instant(at: Option<chrono::DateTime<chrono::Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).unwrap_or_default()
}

/// An amount with its decimals, as people calculate with it.
fn amount(minor: Option<i64>, currency: Option<kernel::money::Currency>) -> String {
    let (Some(minor), Some(currency)) = (minor, currency) else { return String::new() };
    let digits = usize::from(currency.exponent());
    let (sign, minor) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs().to_string());
    let minor = format!("{minor:0>width$}", width = digits + 1);
    let (whole, rest) = minor.split_at(minor.len() - digits);
    let point = if digits == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{rest}")
}

/// Codes of projects that the viewer sees.
async fn codes(db: &Db, viewer: &Viewer, ids: &HashSet<ProjectId>) -> Result<HashMap<ProjectId, String>> {
    let rows = project::Entity::visible(viewer, PROJECTS_READ);
    let rows = rows.filter(one_of(db.backend(), project::Column::Id, ids.iter().map(|id| id.uuid())));
    let rows = rows.select_only().columns([project::Column::Id, project::Column::Code]);
    let rows: Vec<(ProjectId, String)> = rows.into_tuple().all(db).await?;
    Ok(rows.into_iter().collect())
}

/// Those of these projects on which the viewer holds a permission.
async fn held(
    db: &Db,
    viewer: &Viewer,
    permission: Permission,
    ids: &HashSet<ProjectId>,
) -> Result<HashSet<ProjectId>> {
    if !viewer.holds(permission) || (viewer.is_client() && permission == INTERNAL_READ) {
        return Ok(HashSet::new());
    }
    let rows = project::Entity::visible(viewer, permission);
    let rows = rows.filter(one_of(db.backend(), project::Column::Id, ids.iter().map(|id| id.uuid())));
    let rows: Vec<ProjectId> = rows.select_only().column(project::Column::Id).into_tuple().all(db).await?;
    Ok(rows.into_iter().collect())
}

/// What people are called, as far as the viewer sees them.
async fn names(
    db: &Db,
    readers: &dyn Readers,
    viewer: &Viewer,
    people: impl Iterator<Item = UserId>,
) -> Result<HashMap<UserId, String>> {
    let people: HashSet<UserId> = people.collect();
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    readers.names(db, viewer, &people.into_iter().collect::<Vec<_>>()).await
}

/// What the tenant's own fields in use are called.
async fn fields(db: &Db, viewer: &Viewer) -> Result<HashMap<ProjectFieldId, String>> {
    let fields = field::Entity::visible(viewer, INTERNAL_READ).filter(field::Column::ArchivedAt.is_null());
    Ok(fields.all(db).await?.into_iter().map(|field| (field.id, field.name)).collect())
}

/// The values of a project's own fields as a JSON object, by what the fields are called.
fn custom(stored: &Json, fields: &HashMap<ProjectFieldId, String>) -> String {
    let values = values(stored).into_iter();
    let named: BTreeMap<&String, String> =
        values.filter_map(|(id, value)| Some((fields.get(&id)?, value))).collect();
    if named.is_empty() { String::new() } else { json!(named).to_string() }
}

/// Cells of projects.
pub(super) async fn projects(
    db: &Db,
    readers: &dyn Readers,
    viewer: &Viewer,
    rows: &[project::Model],
) -> Result<Vec<Vec<String>>> {
    let ids = rows.iter().map(|row| row.id).collect();
    let (budgets, inner) =
        (held(db, viewer, BUDGETS_READ, &ids).await?, held(db, viewer, INTERNAL_READ, &ids).await?);
    let fields = if inner.is_empty() { HashMap::new() } else { fields(db, viewer).await? };
    let names = names(db, readers, viewer, rows.iter().filter_map(|row| row.manager_id)).await?;
    let row = |row: &project::Model| {
        let tags = row.tags.as_array().map(Vec::as_slice).unwrap_or_default();
        let tags: Vec<&str> = tags.iter().filter_map(|tag| tag.as_str()).collect();
        let sees = budgets.contains(&row.id);
        vec![
            row.id.to_string(),
            row.code.clone(),
            row.name.clone(),
            row.description.clone(),
            row.status.clone(),
            row.priority.clone(),
            row.manager_id.and_then(|user| names.get(&user).cloned()).unwrap_or_default(),
            text(row.account_id),
            text(row.estimated_start),
            text(row.estimated_end),
            text(row.actual_start),
            text(row.actual_end),
            text(row.expected_delivery),
            row.billing_type.clone(),
            row.methodology.clone(),
            tags.join(", "),
            if inner.contains(&row.id) { custom(&row.custom, &fields) } else { String::new() },
            amount(row.budget_minor.filter(|_| sees), row.budget_currency),
            text(row.budget_currency.filter(|_| sees).map(|currency| currency.to_string())),
            text(row.budget_minutes.filter(|_| sees)),
            instant(Some(row.created_at)),
        ]
    };
    Ok(rows.iter().map(row).collect())
}

/// Who does these tasks, in the order in which they were put on them.
async fn doers(db: &Db, viewer: &Viewer, rows: &[task::Model]) -> Result<HashMap<TaskId, Vec<UserId>>> {
    let ids = rows.iter().map(|row| row.id.uuid());
    let found = assignee::of_tenant(viewer.tenant_id())
        .filter(one_of(db.backend(), assignee::Column::TaskId, ids))
        .order_by_asc(assignee::Column::Id);
    let mut doers: HashMap<TaskId, Vec<UserId>> = HashMap::new();
    for row in found.all(db).await? {
        doers.entry(row.task_id).or_default().push(row.user_id);
    }
    Ok(doers)
}

/// The labels of these tasks.
async fn labels(db: &Db, viewer: &Viewer, rows: &[task::Model]) -> Result<HashMap<TaskId, Vec<String>>> {
    let ids = rows.iter().map(|row| row.id.uuid());
    let on =
        on_task::of_tenant(viewer.tenant_id()).filter(one_of(db.backend(), on_task::Column::TaskId, ids));
    let on = on.order_by_asc(on_task::Column::Id).all(db).await?;
    let known: HashSet<TaskLabelId> = on.iter().map(|row| row.label_id).collect();
    let known = label::Entity::visible(viewer, INTERNAL_READ).filter(one_of(
        db.backend(),
        label::Column::Id,
        known.iter().map(|id| id.uuid()),
    ));
    let known: HashMap<TaskLabelId, String> =
        known.all(db).await?.into_iter().map(|label| (label.id, label.name)).collect();
    let mut labels: HashMap<TaskId, Vec<String>> = HashMap::new();
    for row in on {
        labels.entry(row.task_id).or_default().extend(known.get(&row.label_id).cloned());
    }
    Ok(labels)
}

/// Headings of the columns that these tasks stand in.
async fn columns(db: &Db, viewer: &Viewer, rows: &[task::Model]) -> Result<HashMap<TaskColumnId, String>> {
    let wanted: HashSet<TaskColumnId> = rows.iter().map(|row| row.column_id).collect();
    let columns = column::Entity::visible(viewer, TASKS_READ);
    let columns = columns.filter(one_of(db.backend(), column::Column::Id, wanted.iter().map(|id| id.uuid())));
    Ok(columns.all(db).await?.into_iter().map(|column| (column.id, column.name)).collect())
}

/// Those tasks that these are part of, as far as the viewer sees them.
async fn parents(db: &Db, viewer: &Viewer, rows: &[task::Model]) -> Result<HashSet<TaskId>> {
    let wanted: HashSet<TaskId> = rows.iter().filter_map(|row| row.parent_id).collect();
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let seen = task::Entity::visible(viewer, TASKS_READ);
    let seen = seen.filter(one_of(db.backend(), task::Column::Id, wanted.iter().map(|id| id.uuid())));
    let seen: Vec<TaskId> = seen.select_only().column(task::Column::Id).into_tuple().all(db).await?;
    Ok(seen.into_iter().collect())
}

/// The steps of a task, each in a line.
fn steps(stored: &Json) -> String {
    let line = |step: ChecklistItem| format!("[{}] {}", if step.done { 'x' } else { ' ' }, step.text);
    checklist::read(stored).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Cells of tasks.
pub(super) async fn tasks(
    db: &Db,
    readers: &dyn Readers,
    viewer: &Viewer,
    rows: &[task::Model],
) -> Result<Vec<Vec<String>>> {
    let ids = rows.iter().map(|row| row.project_id).collect();
    let (codes, inner) = (codes(db, viewer, &ids).await?, held(db, viewer, INTERNAL_READ, &ids).await?);
    let doers = doers(db, viewer, rows).await?;
    let labels = if inner.is_empty() { HashMap::new() } else { labels(db, viewer, rows).await? };
    let (columns, parents) = (columns(db, viewer, rows).await?, parents(db, viewer, rows).await?);
    let people = doers.values().flatten().copied().chain(rows.iter().filter_map(|row| row.reporter_id));
    let names = names(db, readers, viewer, people).await?;
    let wanted: HashSet<MilestoneId> = rows.iter().filter_map(|row| row.milestone_id).collect();
    let milestones = milestones::Entity::visible(viewer, MILESTONES_READ).filter(one_of(
        db.backend(),
        milestones::Column::Id,
        wanted.iter().map(|id| id.uuid()),
    ));
    let milestones: HashMap<MilestoneId, String> =
        milestones.all(db).await?.into_iter().map(|row| (row.id, row.name)).collect();
    let row = |row: &task::Model| {
        let sees = inner.contains(&row.project_id);
        let of_task = doers.get(&row.id).into_iter().flatten();
        let doers: Vec<&str> = of_task.filter_map(|user| names.get(user)).map(String::as_str).collect();
        let labels = labels.get(&row.id).filter(|_| sees).map(|names| names.join(", "));
        vec![
            row.id.to_string(),
            codes.get(&row.project_id).cloned().unwrap_or_default(),
            row.number.to_string(),
            row.title.clone(),
            row.description.clone(),
            row.status.clone(),
            columns.get(&row.column_id).cloned().unwrap_or_default(),
            text(row.parent_id.filter(|parent| parents.contains(parent))),
            row.priority.clone(),
            doers.join(", "),
            row.reporter_id.and_then(|user| names.get(&user).cloned()).unwrap_or_default(),
            text(row.start_on),
            text(row.due_on),
            row.milestone_id.and_then(|id| milestones.get(&id).cloned()).unwrap_or_default(),
            text(row.estimate_minutes.filter(|_| sees)),
            text(row.remaining_minutes.filter(|_| sees)),
            if sees { row.scheduling.clone() } else { String::new() },
            text(row.duration_minutes.filter(|_| sees)),
            row.constraint_kind.clone().filter(|_| sees).unwrap_or_default(),
            text(row.constraint_on.filter(|_| sees)),
            text(row.deadline_on.filter(|_| sees)),
            text(row.optimistic_minutes.filter(|_| sees)),
            text(row.pessimistic_minutes.filter(|_| sees)),
            row.blocked_reason.clone().filter(|_| sees).unwrap_or_default(),
            labels.unwrap_or_default(),
            if sees { steps(&row.checklist) } else { String::new() },
            row.recurrence.clone().unwrap_or_default(),
            instant(row.completed_at),
            instant(Some(row.created_at)),
        ]
    };
    Ok(rows.iter().map(row).collect())
}

/// Cells of milestones.
pub(super) async fn milestones(
    db: &Db,
    readers: &dyn Readers,
    viewer: &Viewer,
    rows: &[milestones::Model],
) -> Result<Vec<Vec<String>>> {
    let ids = rows.iter().map(|row| row.project_id).collect();
    let (codes, inner) = (codes(db, viewer, &ids).await?, held(db, viewer, INTERNAL_READ, &ids).await?);
    let budgets = held(db, viewer, BUDGETS_READ, &ids).await?;
    let names = names(db, readers, viewer, rows.iter().filter_map(|row| row.assignee_id)).await?;
    let row = |row: &milestones::Model| {
        let money = budgets.contains(&row.project_id);
        vec![
            row.id.to_string(),
            codes.get(&row.project_id).cloned().unwrap_or_default(),
            row.name.clone(),
            row.status.clone(),
            row.priority.clone(),
            text(row.due_on),
            row.percentage.to_string(),
            row.assignee_id.and_then(|user| names.get(&user).cloned()).unwrap_or_default(),
            milestone::rules::lines(row).join("\n"),
            if inner.contains(&row.project_id) { row.notes.clone() } else { String::new() },
            row.approval.clone().unwrap_or_default(),
            amount(row.billing_minor.filter(|_| money), row.billing_currency),
            text(row.billing_currency.filter(|_| money).map(|currency| currency.to_string())),
            instant(row.completed_at),
        ]
    };
    Ok(rows.iter().map(row).collect())
}

/// Cells of time entries.
pub(super) async fn time_entries(
    db: &Db,
    readers: &dyn Readers,
    viewer: &Viewer,
    rows: &[entry::Model],
) -> Result<Vec<Vec<String>>> {
    let ids = rows.iter().map(|row| row.project_id).collect();
    let (codes, rates) = (codes(db, viewer, &ids).await?, held(db, viewer, RATES_READ, &ids).await?);
    let names = names(db, readers, viewer, rows.iter().filter_map(|row| row.user_id)).await?;
    let wanted: HashSet<TaskId> = rows.iter().filter_map(|row| row.task_id).collect();
    let tasks = task::Entity::visible(viewer, TASKS_READ).filter(one_of(
        db.backend(),
        task::Column::Id,
        wanted.iter().map(|id| id.uuid()),
    ));
    let tasks: HashMap<TaskId, String> =
        tasks.all(db).await?.into_iter().map(|row| (row.id, row.title)).collect();
    let row = |row: &entry::Model| {
        let sees = rates.contains(&row.project_id);
        vec![
            row.id.to_string(),
            row.spent_on.to_string(),
            row.user_id.and_then(|user| names.get(&user).cloned()).unwrap_or_default(),
            codes.get(&row.project_id).cloned().unwrap_or_default(),
            row.task_id.and_then(|id| tasks.get(&id).cloned()).unwrap_or_default(),
            row.minutes.to_string(),
            row.description.clone(),
            row.billable.to_string(),
            row.status.clone(),
            amount(row.bill_rate_minor.filter(|_| sees), row.bill_rate_currency),
            text(row.bill_rate_currency.filter(|_| sees).map(|currency| currency.to_string())),
            instant(Some(row.created_at)),
        ]
    };
    Ok(rows.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let of = |code: &str, minor| amount(Some(minor), Some(code.parse().unwrap()));
        assert_eq!(of("EUR", 123_456), "1234.56");
        assert_eq!(of("EUR", 5), "0.05");
        assert_eq!(of("EUR", 0), "0.00");
        assert_eq!(of("JPY", 1_500), "1500");
        assert_eq!(of("EUR", -50), "-0.50");
        assert_eq!(amount(None, None), "");
    }
}
