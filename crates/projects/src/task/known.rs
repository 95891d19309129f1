//! What is known of tasks that are to change, and of everything they name: loaded together, in a number of statements
//! that does not grow with the tasks.

use std::collections::{HashMap, HashSet};

use kernel::{
    Fields, Result, Text,
    act::Act,
    id::{MilestoneId, ProjectId, SkillId, TaskColumnId, TaskId, TaskLabelId, TypedId, UserId},
    people::Person,
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, sea_query::LockType};
use uuid::Uuid;

use super::{
    assignee,
    entity::{Column, Entity, Model},
    mutation::{CreateTaskInput, UpdateTaskInput},
};
use crate::{
    column,
    family::Family,
    label::{self, on_task},
    link, milestone,
    people::skill::{levels::Catalogue, on_task as taken},
    policy::{TASKS_READ, TASKS_WRITE},
    project,
    service::Projects,
};

/// The milestone is of another project.
pub const OTHER_MILESTONE: Text = Text::new(
    "other_project",
    "This milestone is not of the same project.",
    "Ce jalon n'appartient pas au même projet.",
);

/// The task to be part of is of another project.
pub const OTHER_PARENT: Text = Text::new(
    "other_project",
    "This task is not of the same project.",
    "Cette tâche n'appartient pas au même projet.",
);

/// What is known about the tasks of a bulk change and everything they name.
pub(super) struct Known {
    pub(super) tasks: HashMap<TaskId, Model>,
    pub(super) writable: HashSet<TaskId>,
    pub(super) projects: HashMap<ProjectId, project::entity::Model>,
    pub(super) columns: HashMap<TaskColumnId, column::entity::Model>,
    pub(super) people: HashMap<UserId, Person>,
    pub(super) assignees: HashMap<TaskId, Vec<assignee::Model>>,
    pub(super) milestones: HashMap<MilestoneId, ProjectId>,
    pub(super) parents: HashMap<TaskId, ProjectId>,
    pub(super) family: Family<TaskId>,
    /// By task: those that it waits for or that wait for it, as far as tasks are to become parts.
    pub(super) neighbours: HashMap<TaskId, Vec<TaskId>>,
    pub(super) labels: HashMap<TaskLabelId, label::entity::Model>,
    pub(super) labelled: HashMap<TaskId, Vec<on_task::Model>>,
    pub(super) skills: Catalogue,
    pub(super) taken: HashMap<TaskId, Vec<taken::Model>>,
}

impl Known {
    pub(super) async fn load(act: &Act, projects: &Projects, items: &[UpdateTaskInput]) -> Result<Self> {
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
        let milestones = items.iter().filter_map(|item| item.milestone_id.value()).copied().collect();
        let parents: HashSet<TaskId> =
            items.iter().filter_map(|item| item.parent_id.value()).copied().collect();
        let labels = items.iter().filter_map(|item| item.label_ids.value()).flatten().copied().collect();
        let labelled = items.iter().filter(|item| !item.label_ids.is_undefined());
        let labelled = labelled.map(|item| item.id.uuid()).collect();
        let skilled = items.iter().filter(|item| item.skills.is_some());
        let skilled = skilled.map(|item| item.id.uuid()).collect();
        let (mut family, mut neighbours) = (Family::from_iter([]), HashMap::new());
        if !parents.is_empty() {
            family = family_of(act, projects_of_tasks.keys().copied()).await?;
            neighbours = link::neighbours(act, projects_of_tasks.keys().copied()).await?;
        }
        Ok(Self {
            milestones: load_milestones(act, milestones).await?,
            parents: load_parents(act, parents).await?,
            family,
            neighbours,
            labels: on_task::by_ids(act, labels).await?,
            labelled: on_task::of_tasks(act, labelled).await?,
            skills: Catalogue::load(act.conn(), viewer, skills_of(items)).await?,
            taken: taken::of_tasks(act.conn(), viewer.tenant_id(), skilled).await?,
            projects: projects_of_tasks,
            columns: load_columns(act, columns).await?,
            people: load_people(act, projects, items).await?,
            assignees: load_assignees(act, items).await?,
            tasks: tasks.into_iter().map(|task| (task.id, task)).collect(),
            writable: writable.into_iter().collect(),
        })
    }
}

/// The skills that changes name.
fn skills_of(items: &[UpdateTaskInput]) -> Vec<SkillId> {
    let named = items.iter().flat_map(|item| item.skills.iter().flatten().take(taken::MAX_ON_TASK));
    named.map(|one| one.skill_id).collect()
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

async fn load_milestones(act: &Act, ids: HashSet<MilestoneId>) -> Result<HashMap<MilestoneId, ProjectId>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = milestone::by_ids(act, ids).all(act.conn()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.project_id)).collect())
}

/// The tasks that others are to be part of, with their projects; archived ones are none.
async fn load_parents(act: &Act, ids: HashSet<TaskId>) -> Result<HashMap<TaskId, ProjectId>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = super::by_ids(act, ids).filter(Column::ArchivedAt.is_null()).select_only();
    let rows: Vec<(TaskId, ProjectId)> =
        rows.columns([Column::Id, Column::ProjectId]).into_tuple().all(act.conn()).await?;
    Ok(rows.into_iter().collect())
}

/// Which tasks of these projects are part of which.
pub(crate) async fn family_of(
    act: &Act,
    projects: impl Iterator<Item = ProjectId>,
) -> Result<Family<TaskId>> {
    let projects: Vec<Uuid> = projects.map(|project| project.uuid()).collect();
    let rows = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ProjectId.is_in(projects));
    let rows = rows.filter(Column::ParentId.is_not_null()).select_only();
    let rows: Vec<(TaskId, TaskId)> =
        rows.columns([Column::Id, Column::ParentId]).into_tuple().all(act.conn()).await?;
    Ok(rows.into_iter().collect())
}

/// Adds an error for each label that tasks of the project cannot have.
pub(super) fn check_labels(
    known: &HashMap<TaskLabelId, label::entity::Model>,
    wanted: &[TaskLabelId],
    project: ProjectId,
    fields: &mut Fields,
) {
    for (index, id) in wanted.iter().enumerate() {
        let fits = known.get(id).is_some_and(|label| label.project_id.is_none_or(|of| of == project));
        fields.require(fits, &format!("labelIds.{index}"), label::OTHER_PROJECT);
    }
}

/// Checks what a new task is to be part of and its labels, which are answered.
///
/// # Errors
/// INVALID at `milestoneId`, `parentId` and `labelIds.<n>`.
pub(super) async fn check_new(act: &Act, input: &CreateTaskInput) -> Result<Vec<TaskLabelId>> {
    let (project, mut fields) = (input.project_id, Fields::new());
    let milestones = load_milestones(act, input.milestone_id.into_iter().collect()).await?;
    if let Some(id) = input.milestone_id {
        fields.require(milestones.get(&id) == Some(&project), "milestoneId", OTHER_MILESTONE);
    }
    if let Some(parent) = input.parent_id {
        let parents = load_parents(act, HashSet::from([parent])).await?;
        fields.require(parents.get(&parent) == Some(&project), "parentId", OTHER_PARENT);
        let mut family = family_of(act, std::iter::once(project)).await?;
        // Reason: any id does that no other task has.
        if let Err(reason) = family.adopt(act.new_id(), Some(parent)) {
            fields.add("parentId", reason);
        }
    }
    let wanted = on_task::labels(input.label_ids.clone().unwrap_or_default(), "labelIds")?;
    let labels = on_task::by_ids(act, wanted.iter().copied().collect()).await?;
    check_labels(&labels, &wanted, project, &mut fields);
    fields.check()?;
    Ok(wanted)
}
