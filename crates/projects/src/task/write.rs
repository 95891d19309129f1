//! The acts that change tasks: load, check, decide, write, record.

use std::collections::HashSet;

use kernel::{
    Error, Fields, Result,
    act::{Act, expect_version},
    bulk::check_items,
    db::Db,
    id::{ProjectId, TaskColumnId, TaskId, TypedId},
    policy::Guarded,
    scalar::Date,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use serde_json::json;

use super::{
    bulk, checklist,
    entity::{Column, Entity, Model},
    known,
    mutation::{CreateTaskInput, MoveTaskInput, TickChecklistItemInput, UpdateTaskInput},
    people::{self, Staffing},
    place::{Spot, rank_at},
    rules, series,
};
use crate::{
    column,
    label::on_task::{self, Labelling},
    people::skill::on_task::{self as taken, Skilling},
    plan::fields,
    policy::{TASKS_CREATE, TASKS_WRITE},
    project,
    service::Projects,
    words::{Priority, Scheduling, TaskStatus},
};

/// Makes a task at the end of its project, or where it was told.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a project that is archived or over, INVALID for wrong fields, a column of another
/// project, and people who cannot do tasks.
pub async fn create(viewer: &Viewer, db: &Db, projects: &Projects, input: CreateTaskInput) -> Result<Model> {
    viewer.require(TASKS_CREATE)?;
    viewer
        .act(db, "projects.task.create", async |act| {
            // Race: the lock makes numbers of a project one after the other.
            project::lock(act, input.project_id).await?;
            let project =
                project::entity::Entity::fetch_to(act.conn(), viewer, TASKS_CREATE, input.project_id).await?;
            project::rules::check_open(&project)?;
            let spot = Spot::new(input.after, input.before);
            let column = entry_column(act, project.id, input.column_id).await?;
            let assignees = rules::assignees(input.assignee_ids.clone().unwrap_or_default(), "assigneeIds")?;
            people::check(act, projects, &assignees, input.reporter_id).await?;
            let labels = known::check_new(act, &input).await?;
            let skills = taken::check_new(act, input.skills.as_deref().unwrap_or_default()).await?;
            let mut task = new(act, &column, input)?;
            task.number = next_number(act, project.id).await?;
            task.rank = rank_at(act, project.id, None, spot).await?;
            let task = act.insert(task).await?;
            let staffing = Staffing::new(act, &task, &[], assignees);
            let labelling = Labelling::new(act, &task, &[], labels);
            let written = HashSet::from([task.id]);
            people::write(act, vec![staffing], &written).await?;
            on_task::write(act, vec![labelling], &written).await?;
            let skilling = Skilling::new(act, &task, &[], skills);
            taken::write(act, vec![skilling], &written).await?;
            Ok(task)
        })
        .await
}

/// The column of a new task: the one named, or the first for tasks that are not begun.
async fn entry_column(
    act: &Act,
    project: ProjectId,
    named: Option<TaskColumnId>,
) -> Result<column::entity::Model> {
    let board = column::of_project(act, project).await?;
    let chosen = match named {
        Some(id) => board.iter().find(|column| column.id == id),
        None => {
            let todo = board.iter().find(|column| column::category(column) == TaskStatus::Todo);
            todo.or(board.first())
        }
    };
    chosen.cloned().ok_or_else(|| Error::field("columnId", column::OTHER_BOARD))
}

/// Invariant: the project is locked, so nobody else takes the number.
pub(crate) async fn next_number(act: &Act, project: ProjectId) -> Result<i64> {
    let tasks = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ProjectId.eq(project.uuid()));
    let last = tasks.order_by_desc(Column::Number).select_only().column(Column::Number);
    let last: Option<i64> = last.into_tuple().one(act.conn()).await?;
    Ok(last.unwrap_or_default() + 1)
}

/// The task of an input, without number and rank.
fn new(act: &Act, column: &column::entity::Model, input: CreateTaskInput) -> Result<Model> {
    let CreateTaskInput {
        project_id,
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
        milestone_id,
        parent_id,
        label_ids: _,
        checklist,
        recurrence,
        plan,
        skills: _,
        after: _,
        before: _,
    } = input;
    let mut fields = Fields::new();
    let title = fields.take(rules::title(&title, "title"));
    let description = fields.take(rules::description(&description.unwrap_or_default(), "description"));
    let checklist = checklist::changed(&json!([]), checklist.unwrap_or_default(), "checklist");
    let checklist = fields.take(checklist);
    let mut task = Model {
        title: title.unwrap_or_default(),
        description: description.unwrap_or_default(),
        priority: priority.unwrap_or_default().as_str().to_owned(),
        reporter_id: reporter_id.or(act.viewer().user_id()),
        estimate_minutes,
        remaining_minutes,
        start_on: start_on.map(Date::naive),
        due_on: due_on.map(Date::naive),
        milestone_id,
        parent_id,
        checklist: checklist.unwrap_or_else(|| json!([])),
        column_id: column.id,
        ..blank(act, project_id)
    };
    fields::apply(plan.as_ref(), &mut task, "plan", &mut fields);
    rules::check_plan(&task, &mut fields);
    rules::enter(&mut task, column, act.now());
    rules::recur(&mut task, recurrence.as_deref(), &mut fields);
    fields.check()?;
    Ok(task)
}

/// A new task with nothing said about it, in no column yet.
pub(crate) fn blank(act: &Act, project_id: ProjectId) -> Model {
    let viewer = act.viewer();
    Model {
        id: act.new_id(),
        tenant_id: viewer.tenant_id(),
        project_id,
        number: 0,
        column_id: act.new_id(),
        status: String::new(),
        title: String::new(),
        description: String::new(),
        priority: Priority::default().as_str().to_owned(),
        reporter_id: viewer.user_id(),
        estimate_minutes: None,
        remaining_minutes: None,
        start_on: None,
        due_on: None,
        milestone_id: None,
        parent_id: None,
        checklist: json!([]),
        recurrence: None,
        recurs_from: None,
        rank: String::new(),
        blocked_reason: None,
        completed_at: None,
        scheduling: Scheduling::default().as_str().to_owned(),
        duration_minutes: None,
        constraint_kind: None,
        constraint_on: None,
        deadline_on: None,
        optimistic_minutes: None,
        pessimistic_minutes: None,
        created_by: viewer.user_id(),
        archived_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// Changes a task.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, an archived task, or a project that is archived or over, INVALID
/// for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, projects: &Projects, input: UpdateTaskInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.task.update", async |act| {
            let mut results = bulk::update(act, projects, vec![input]).await?;
            results.pop().unwrap_or_else(|| Err(Error::internal("an item has a result")))
        })
        .await
}

/// Changes up to 500 tasks, each as far as its own rules allow.
///
/// # Errors
/// FORBIDDEN, INVALID for too many items, CONFLICT for all if another act changed one of the tasks meanwhile.
pub async fn update_many(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    items: Vec<UpdateTaskInput>,
) -> Result<Vec<Result<Model>>> {
    viewer.require(TASKS_WRITE)?;
    check_items(&items)?;
    viewer.act(db, "projects.task.bulk_update", async |act| bulk::update(act, projects, items).await).await
}

/// A task that may change, with its project locked.
async fn open(act: &Act, viewer: &Viewer, id: TaskId, expected_version: Option<i64>) -> Result<Model> {
    let seen = Entity::fetch_to(act.conn(), viewer, TASKS_WRITE, id).await?;
    project::lock(act, seen.project_id).await?;
    // Race: read again behind the lock, or two moves that wait for it would both think they are first.
    let tenant = viewer.tenant_id();
    let task = Entity::of_tenant(tenant).filter(Column::Id.eq(id.uuid())).one(act.conn()).await?;
    let task = task.ok_or_else(|| Error::not_found(TaskId::TYPE, id))?;
    expect_version("Task", expected_version, task.version)?;
    let of_task = project::entity::Entity::of_tenant(tenant)
        .filter(project::entity::Column::Id.eq(task.project_id.uuid()))
        .one(act.conn())
        .await?;
    let project = of_task.ok_or_else(|| Error::not_found(ProjectId::TYPE, task.project_id))?;
    project::rules::check_open(&project)?;
    Ok(task)
}

/// Moves a task to another place of its project, and to another column.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT as for [`update`], INVALID for neighbours and columns of another project.
pub async fn relocate(viewer: &Viewer, db: &Db, input: MoveTaskInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.task.move", async |act| {
            let before = open(act, viewer, input.id, input.expected_version).await?;
            rules::check_not_archived(&before)?;
            let mut after = before.clone();
            if let Some(column) = input.column_id.filter(|column| *column != before.column_id) {
                let column = entry_column(act, before.project_id, Some(column)).await?;
                rules::enter(&mut after, &column, act.now());
            }
            let spot = Spot::new(input.after, input.before);
            after.rank = rank_at(act, before.project_id, Some(before.id), spot).await?;
            let next = series::due(&before, &mut after, crate::today(viewer, act.now()));
            let after = act.update(&before, after).await?;
            series::go_on(act, next.into_iter().collect()).await?;
            Ok(after)
        })
        .await
}

/// Ticks a step of a checklist, or takes the tick away.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT as for [`update`], INVALID for a step that is not there.
pub async fn tick(viewer: &Viewer, db: &Db, input: TickChecklistItemInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.task.tick", async |act| {
            let before = open(act, viewer, input.task_id, None).await?;
            rules::check_not_archived(&before)?;
            let checklist = checklist::ticked(&before.checklist, input.item_id, input.done)?;
            act.update(&before, Model { checklist, ..before.clone() }).await
        })
        .await
}

/// Puts a task away: lists leave it out, it changes no more. What is away stays away.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, or a project that is archived or over.
pub async fn archive(viewer: &Viewer, db: &Db, id: TaskId, expected_version: Option<i64>) -> Result<Model> {
    set_archived(viewer, db, "projects.task.archive", id, expected_version, true).await
}

/// Brings an archived task back to its place.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, or a project that is archived or over.
pub async fn restore(viewer: &Viewer, db: &Db, id: TaskId, expected_version: Option<i64>) -> Result<Model> {
    set_archived(viewer, db, "projects.task.restore", id, expected_version, false).await
}

async fn set_archived(
    viewer: &Viewer,
    db: &Db,
    name: &'static str,
    id: TaskId,
    expected_version: Option<i64>,
    archived: bool,
) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, name, async |act| {
            let before = open(act, viewer, id, expected_version).await?;
            let archived_at = archived.then(|| before.archived_at.unwrap_or(act.now()));
            act.update(&before, Model { archived_at, ..before.clone() }).await
        })
        .await
}
