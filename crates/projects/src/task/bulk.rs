//! Changes of many tasks at once, which a change of one task is too: everything is loaded together, decided task by
//! task, and written together, in a number of statements that does not grow with the tasks.

use std::collections::{HashMap, HashSet};

use async_graphql::MaybeUndefined;
use kernel::{
    Error, Fields, Result,
    act::{Act, expect_version},
    bulk::DUPLICATE_ITEM,
    id::{ProjectId, TaskColumnId, TaskId, TypedId, UserId},
    patch,
    people::{Person, not_active, not_staff},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, sea_query::LockType};

use super::{
    assignee,
    entity::{Column, Entity, Model},
    mutation::UpdateTaskInput,
    people::{self, Staffing},
    rules,
};
use crate::{
    column,
    policy::{TASKS_READ, TASKS_WRITE},
    project,
    service::Projects,
};

/// What is known about the tasks of a bulk change and everything they name.
struct Known {
    tasks: HashMap<TaskId, Model>,
    writable: HashSet<TaskId>,
    projects: HashMap<ProjectId, project::entity::Model>,
    columns: HashMap<TaskColumnId, column::entity::Model>,
    people: HashMap<UserId, Person>,
    assignees: HashMap<TaskId, Vec<assignee::Model>>,
}

/// What is to be written for one task.
struct Change {
    before: Model,
    after: Model,
    staffing: Option<Staffing>,
}

/// Changes tasks, each as far as its own rules allow; answers in the order of the items. Items that err change nothing.
///
/// # Errors
/// CONFLICT for all if another act changed one of the tasks since this one read it.
pub async fn update(
    act: &mut Act,
    projects: &Projects,
    items: Vec<UpdateTaskInput>,
) -> Result<Vec<Result<Model>>> {
    let known = Known::load(act, projects, &items).await?;
    let mut seen = HashSet::new();
    let mut outcomes: Vec<Result<Change>> = Vec::with_capacity(items.len());
    for item in items {
        let first = seen.insert(item.id);
        outcomes.push(if first { known.decide(act, item) } else { Err(Error::field("id", DUPLICATE_ITEM)) });
    }
    let changes = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let pairs = changes.map(|change| (change.before.clone(), change.after.clone())).collect();
    let mut written = act.update_pairs(pairs).await?.into_iter();
    let mut results = Vec::with_capacity(outcomes.len());
    let (mut staffings, mut counted) = (Vec::new(), HashSet::new());
    for outcome in outcomes {
        results.push(match outcome {
            Ok(change) => {
                let task = written.next().unwrap_or(change.after);
                if task.version > change.before.version {
                    counted.insert(task.id);
                }
                staffings.extend(change.staffing);
                Ok(task)
            }
            Err(error) => Err(error),
        });
    }
    let touched = people::write(act, staffings, &counted).await?;
    let mut touched: HashMap<TaskId, Model> = touched.into_iter().map(|task| (task.id, task)).collect();
    for task in results.iter_mut().flatten() {
        if let Some(now) = touched.remove(&task.id) {
            *task = now;
        }
    }
    Ok(results)
}

impl Known {
    async fn load(act: &Act, projects: &Projects, items: &[UpdateTaskInput]) -> Result<Self> {
        let viewer = act.viewer();
        let ids = || items.iter().map(|item| item.id.uuid());
        let visible = || Entity::visible(viewer, TASKS_READ).filter(Column::Id.is_in(ids()));
        // Race: locked before the tasks are read, so that of changes made at once the later one builds on the earlier.
        let projects_of_tasks = lock_projects(act, visible()).await?;
        let tasks = visible().all(act.conn()).await?;
        let writable = Entity::visible(viewer, TASKS_WRITE).filter(Column::Id.is_in(ids()));
        let writable: Vec<TaskId> =
            writable.select_only().column(Column::Id).into_tuple().all(act.conn()).await?;
        let columns = items.iter().filter_map(|item| item.column_id.value().copied()).collect();
        Ok(Self {
            projects: projects_of_tasks,
            columns: load_columns(act, columns).await?,
            people: load_people(act, projects, items).await?,
            assignees: load_assignees(act, items).await?,
            tasks: tasks.into_iter().map(|task| (task.id, task)).collect(),
            writable: writable.into_iter().collect(),
        })
    }

    fn decide(&self, act: &Act, item: UpdateTaskInput) -> Result<Change> {
        let before = self.tasks.get(&item.id).ok_or_else(|| Error::not_found(TaskId::TYPE, item.id))?;
        if !self.writable.contains(&item.id) {
            return Err(Error::lacks(TASKS_WRITE.name));
        }
        expect_version("Task", item.expected_version, before.version)?;
        rules::check_not_archived(before)?;
        if let Some(project) = self.projects.get(&before.project_id) {
            project::rules::check_open(project)?;
        }
        let mut fields = Fields::new();
        let column = self.column(before, &item.column_id, &mut fields);
        let staffing = self.staffing(act, before, &item, &mut fields);
        let reporter =
            item.reporter_id.value().copied().filter(|reporter| before.reporter_id != Some(*reporter));
        if let Some(reason) = reporter.and_then(|reporter| not_active(self.people.get(&reporter))) {
            fields.add("reporterId", reason);
        }
        let mut after = rules::changed(before, item, &mut fields);
        if let Some(column) = column {
            rules::enter(&mut after, column, act.now());
        }
        fields.check()?;
        Ok(Change { before: before.clone(), after, staffing })
    }

    /// The column that a task goes to.
    fn column(
        &self,
        task: &Model,
        sent: &MaybeUndefined<TaskColumnId>,
        fields: &mut Fields,
    ) -> Option<&column::entity::Model> {
        let id = patch::required(*sent, "columnId", fields)?;
        let found = self.columns.get(&id).filter(|column| column.project_id == task.project_id);
        fields.require(found.is_some(), "columnId", column::OTHER_BOARD);
        found
    }

    /// Who comes to a task and who goes.
    fn staffing(
        &self,
        act: &Act,
        task: &Model,
        item: &UpdateTaskInput,
        fields: &mut Fields,
    ) -> Option<Staffing> {
        let wanted = patch::optional(item.assignee_ids.clone())?.unwrap_or_default();
        let wanted = fields.take(rules::assignees(wanted, "assigneeIds"))?;
        let before = self.assignees.get(&task.id).map(Vec::as_slice).unwrap_or_default();
        for (index, user) in wanted.iter().enumerate() {
            // Reason: who is on the task already may stay, even if they could not be put on it any more.
            let stays = before.iter().any(|row| row.user_id == *user);
            if let Some(reason) = not_staff(self.people.get(user)).filter(|_| !stays) {
                fields.add(format!("assigneeIds.{index}"), reason);
            }
        }
        Some(Staffing::new(act, task, before, wanted))
    }
}

/// The projects of tasks, kept from changing until the act ends.
async fn lock_projects(
    act: &Act,
    tasks: Select<Entity>,
) -> Result<HashMap<ProjectId, project::entity::Model>> {
    use project::entity::{Column as Of, Entity as Projects};
    let ids = tasks.select_only().column(Column::ProjectId).into_query();
    let rows = Projects::of_tenant(act.viewer().tenant_id()).filter(Of::Id.in_subquery(ids));
    // Race: locks are taken in the order of ids, so two acts cannot wait for each other.
    let rows = rows.order_by_asc(Of::Id).lock(LockType::NoKeyUpdate).all(act.conn()).await?;
    Ok(rows.into_iter().map(|project| (project.id, project)).collect())
}

async fn load_columns(
    act: &Act,
    ids: HashSet<TaskColumnId>,
) -> Result<HashMap<TaskColumnId, column::entity::Model>> {
    use column::entity::{Column as Of, Entity as Columns};
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows =
        Columns::of_tenant(act.viewer().tenant_id()).filter(Of::Id.is_in(ids.iter().map(|id| id.uuid())));
    Ok(rows.all(act.conn()).await?.into_iter().map(|column| (column.id, column)).collect())
}

async fn load_people(
    act: &Act,
    projects: &Projects,
    items: &[UpdateTaskInput],
) -> Result<HashMap<UserId, Person>> {
    let assignees = items.iter().filter_map(|item| item.assignee_ids.value()).flatten().copied();
    let reporters = items.iter().filter_map(|item| item.reporter_id.value()).copied();
    let ids: HashSet<UserId> = assignees.chain(reporters).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    projects.people.people(act, &ids.into_iter().collect::<Vec<_>>()).await
}

async fn load_assignees(
    act: &Act,
    items: &[UpdateTaskInput],
) -> Result<HashMap<TaskId, Vec<assignee::Model>>> {
    let staffed = items.iter().filter(|item| !item.assignee_ids.is_undefined());
    let ids: Vec<_> = staffed.map(|item| item.id.uuid()).collect();
    let mut found: HashMap<TaskId, Vec<assignee::Model>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let rows = assignee::of_tenant(act.viewer().tenant_id()).filter(assignee::Column::TaskId.is_in(ids));
    for row in rows.order_by_asc(assignee::Column::Id).all(act.conn()).await? {
        found.entry(row.task_id).or_default().push(row);
    }
    Ok(found)
}
