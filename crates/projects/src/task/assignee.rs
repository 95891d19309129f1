//! The table of who does which task, and its loader.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Result,
    act::{About, Recorded},
    ask::{Ask, FromAsk},
    db::Db,
    id::{AssignmentId, TaskId, TenantId, TypedId, UserId},
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Query, SelectStatement},
};

/// A person who does a task.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_task_assignees")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The task.
    pub task_id: TaskId,
    /// The person.
    pub user_id: UserId,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row of a person who does a task.
pub(crate) fn new(act: &kernel::act::Act, task: &super::entity::Model, user_id: UserId) -> Model {
    Model { id: act.new_id(), tenant_id: task.tenant_id, task_id: task.id, user_id }
}

impl Recorded for Entity {
    const SUBJECT: &'static str = "TaskAssignee";

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}

/// Assignees in a tenant, whoever asks; what they may see is decided by the tasks they are asked for.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

/// Ids of the tasks that one of these people does.
pub fn tasks_of(tenant: TenantId, people: &[UserId]) -> SelectStatement {
    let mut tasks = Query::select();
    tasks.column(Column::TaskId).from(Entity).and_where(Column::TenantId.eq(tenant));
    tasks.and_where(Column::UserId.is_in(people.iter().map(|user| user.uuid())));
    tasks
}

/// Loads the people who do tasks.
struct Assignees {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Assignees {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<TaskId> for Assignees {
    type Value = Vec<UserId>;
    type Error = Error;

    async fn load(&self, tasks: &[TaskId]) -> Result<HashMap<TaskId, Vec<UserId>>> {
        let rows: Vec<(TaskId, UserId)> = of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Column::TaskId, tasks.iter().map(|task| task.uuid())))
            .select_only()
            .columns([Column::TaskId, Column::UserId])
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut found: HashMap<TaskId, Vec<UserId>> = HashMap::with_capacity(tasks.len());
        for (task, user) in rows {
            found.entry(task).or_default().push(user);
        }
        Ok(found)
    }
}

/// The people who do a task that the viewer was shown, in the order they were put on it; one statement for all tasks
/// of a request.
pub async fn assignees(ask: &Ask, task: TaskId) -> Result<Vec<UserId>> {
    Ok(ask.load::<Assignees, _>(task).await?.unwrap_or_default())
}
