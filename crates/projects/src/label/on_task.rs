//! The table of which task has which label, its loader, and the difference between what a task has and shall have.

use std::collections::{HashMap, HashSet};

use async_graphql::dataloader::Loader;
use kernel::{
    Error, FieldError, Result, Text,
    act::{Act, Recorded},
    ask::{Ask, FromAsk},
    db::Db,
    id::{AssignmentId, TaskId, TaskLabelId, TenantId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Query, SelectStatement},
};
use serde_json::{Value as JsonValue, json};

use super::entity as label;
use crate::{policy::INTERNAL_READ, task::entity as task};

/// Too many labels on a task.
pub const TOO_MANY: Text =
    Text::new("too_many", "A task has at most {max} labels.", "Une tâche a {max} étiquettes au plus.");

/// Most labels on a task.
pub const MAX_ON_TASK: usize = 20;

/// A label on a task.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_task_labels")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The task.
    pub task_id: TaskId,
    /// The label.
    pub label_id: TaskLabelId,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "TaskLabelling";
}

/// Labels on tasks in a tenant, whoever asks; what they may see is decided by the tasks they are asked for.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

/// Ids of the tasks that have one of these labels.
pub fn tasks_with(tenant: TenantId, labels: &[TaskLabelId]) -> SelectStatement {
    let mut tasks = Query::select();
    tasks.column(Column::TaskId).from(Entity).and_where(Column::TenantId.eq(tenant));
    tasks.and_where(Column::LabelId.is_in(labels.iter().map(|label| label.uuid())));
    tasks
}

/// Each label once, in the order given.
///
/// # Errors
/// Too many.
pub fn labels(wanted: Vec<TaskLabelId>, path: &str) -> Result<Vec<TaskLabelId>, FieldError> {
    let mut once: Vec<TaskLabelId> = Vec::with_capacity(wanted.len().min(MAX_ON_TASK));
    for label in wanted {
        if !once.contains(&label) {
            once.push(label);
        }
        if once.len() > MAX_ON_TASK {
            return Err(FieldError::new(path, TOO_MANY.with("max", MAX_ON_TASK)));
        }
    }
    Ok(once)
}

/// The row of a label on a task.
pub(crate) fn new(act: &Act, task: &task::Model, label_id: TaskLabelId) -> Model {
    Model { id: act.new_id(), tenant_id: task.tenant_id, task_id: task.id, label_id }
}

/// Which labels come to a task and which go.
pub(crate) struct Labelling {
    task: task::Model,
    before: Vec<TaskLabelId>,
    after: Vec<TaskLabelId>,
    gone: Vec<Model>,
    come: Vec<Model>,
}

impl Labelling {
    /// The difference between the rows of a task and the labels wanted on it.
    pub(crate) fn new(act: &Act, task: &task::Model, before: &[Model], wanted: Vec<TaskLabelId>) -> Self {
        let come = wanted.iter().filter(|label| !before.iter().any(|row| row.label_id == **label));
        let come = come.map(|label| Model {
            id: act.new_id(),
            tenant_id: task.tenant_id,
            task_id: task.id,
            label_id: *label,
        });
        Self {
            task: task.clone(),
            before: before.iter().map(|row| row.label_id).collect(),
            come: come.collect(),
            gone: before.iter().filter(|row| !wanted.contains(&row.label_id)).cloned().collect(),
            after: wanted,
        }
    }

    fn sides(&self) -> [JsonValue; 2] {
        [json!(self.before), json!(self.after)]
    }

    fn note(&self, act: &mut Act) {
        let details = json!({ "labels": self.sides() }).as_object().cloned().unwrap_or_default();
        let label = format!("#{} {}", self.task.number, self.task.title);
        act.note("Task", Some(self.task.id.uuid()), Some(label), details);
    }
}

/// Writes which labels tasks have. Tasks that this act has not written yet (the others are in `written`) get their next
/// version; they are answered as they are now.
///
/// # Errors
/// CONFLICT if another act changed one of the tasks since it was read.
pub(crate) async fn write(
    act: &mut Act,
    labellings: Vec<Labelling>,
    written: &HashSet<TaskId>,
) -> Result<Vec<task::Model>> {
    let changes = |one: &Labelling| !one.gone.is_empty() || !one.come.is_empty();
    let labellings: Vec<Labelling> = labellings.into_iter().filter(changes).collect();
    let (noted, alone): (Vec<&Labelling>, Vec<&Labelling>) =
        labellings.iter().partition(|one| written.contains(&one.task.id));
    let alone = alone.into_iter().map(|one| (one.task.clone(), vec![("labels", one.sides())]));
    let touched = act.touch_all(alone.collect()).await?;
    noted.into_iter().for_each(|one| one.note(act));
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for one in labellings {
        gone.extend(one.gone);
        come.extend(one.come);
    }
    act.delete_all(gone).await?;
    act.insert_all(come).await?;
    Ok(touched)
}

/// The rows of these tasks, in the order in which labels were put on them.
pub(crate) async fn of_tasks(act: &Act, tasks: Vec<Uuid>) -> Result<HashMap<TaskId, Vec<Model>>> {
    let mut found: HashMap<TaskId, Vec<Model>> = HashMap::new();
    if tasks.is_empty() {
        return Ok(found);
    }
    let rows = of_tenant(act.viewer().tenant_id()).filter(Column::TaskId.is_in(tasks));
    for row in rows.order_by_asc(Column::Id).all(act.conn()).await? {
        found.entry(row.task_id).or_default().push(row);
    }
    Ok(found)
}

/// Loads the labels of tasks.
struct Labels {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Labels {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<TaskId> for Labels {
    type Value = Vec<TaskLabelId>;
    type Error = Error;

    async fn load(&self, tasks: &[TaskId]) -> Result<HashMap<TaskId, Vec<TaskLabelId>>> {
        let rows: Vec<(TaskId, TaskLabelId)> = of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Column::TaskId, tasks.iter().map(|task| task.uuid())))
            .select_only()
            .columns([Column::TaskId, Column::LabelId])
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut found: HashMap<TaskId, Vec<TaskLabelId>> = HashMap::with_capacity(tasks.len());
        for (task, label) in rows {
            found.entry(task).or_default().push(label);
        }
        Ok(found)
    }
}

/// The labels of a task that the viewer was shown; two statements for all tasks of a request.
///
/// # Errors
/// FORBIDDEN without the permission to read what is for the team alone.
pub(crate) async fn of_task(ask: &Ask, task: TaskId) -> Result<Vec<label::Model>> {
    ask.viewer.require(INTERNAL_READ)?;
    let ids = ask.load::<Labels, _>(task).await?.unwrap_or_default();
    let load = |id: TaskLabelId| ask.load::<kernel::page::ById<label::Entity>, _>(id.uuid());
    let labels = futures::future::try_join_all(ids.into_iter().map(load)).await?;
    Ok(labels.into_iter().flatten().collect())
}

/// The labels with these ids, whoever asks.
pub(crate) async fn by_ids(
    act: &Act,
    ids: HashSet<TaskLabelId>,
) -> Result<HashMap<TaskLabelId, label::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = label::Entity::of_tenant(act.viewer().tenant_id());
    let rows = rows.filter(label::Column::Id.is_in(ids.iter().map(|id| id.uuid())));
    Ok(rows.all(act.conn()).await?.into_iter().map(|row| (row.id, row)).collect())
}
