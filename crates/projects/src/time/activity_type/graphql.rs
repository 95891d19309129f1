//! Kinds of work in the graph.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::ActivityTypeId,
    page::{Connection, Order, PageArgs, list},
    policy::Guarded,
    scalar::DateTime,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::entity::{Column, Entity, Model};
use crate::policy::time::TIME_READ;

/// A kind of work that time is spent on.
#[derive(Clone, Debug)]
pub struct ActivityType(pub Model);

impl From<Model> for ActivityType {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for ActivityType {
    const TYPE: &'static str = "ActivityType";
}

/// A kind of work that time is spent on.
#[Object(name = "ActivityTypeFields")]
impl ActivityType {
    /// Its id.
    async fn id(&self) -> ActivityTypeId {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether time spent on it is billable unless somebody says otherwise.
    async fn billable(&self) -> bool {
        self.0.billable
    }

    /// When it was put away; null while it is in use.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.archived_at.map(Into::into)
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// A new kind of work.
#[derive(Clone, Debug, InputObject)]
pub struct CreateActivityTypeInput {
    /// What people call it, at most 60 characters; unique among those in use.
    pub name: String,
    /// Whether time spent on it is billable unless somebody says otherwise; it is without a word.
    pub billable: Option<bool>,
}

/// Changes of a kind of work: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateActivityTypeInput {
    /// The kind of work.
    pub id: ActivityTypeId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, at most 60 characters; unique among those in use.
    pub name: MaybeUndefined<String>,
    /// Whether time spent on it is billable unless somebody says otherwise.
    pub billable: MaybeUndefined<bool>,
    /// True puts it away: no more time is spent on it. False brings it back.
    pub archived: MaybeUndefined<bool>,
}

/// What `createActivityType` made.
#[derive(SimpleObject)]
pub struct CreateActivityTypePayload {
    /// The new kind of work.
    pub activity_type: Graph<ActivityType>,
}

/// What `updateActivityType` changed.
#[derive(SimpleObject)]
pub struct UpdateActivityTypePayload {
    /// The kind of work as it is now.
    pub activity_type: Graph<ActivityType>,
}

/// Root queries of kinds of work.
#[derive(Default)]
pub struct ActivityTypeQuery;

#[Object]
impl ActivityTypeQuery {
    /// The kinds of work that time is spent on, by name. Needs `projects.time.read`.
    async fn activity_types(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "True: those that are put away; false: those in use; both without it.")]
        archived: Option<bool>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<ActivityType>> {
        ctx.viewer().require(TIME_READ)?;
        let mut select = Entity::visible(ctx.viewer(), TIME_READ);
        if let Some(archived) = archived {
            let column = Column::ArchivedAt;
            select = select.filter(if archived { column.is_not_null() } else { column.is_null() });
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::asc(Column::Name), &args).await
    }
}

/// Root mutations of kinds of work.
#[derive(Default)]
pub struct ActivityTypeMutation;

#[Object]
impl ActivityTypeMutation {
    /// Adds a kind of work. Needs `projects.time.manage` on the whole agency.
    async fn create_activity_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new kind of work.")] input: CreateActivityTypeInput,
    ) -> Result<CreateActivityTypePayload> {
        let row = super::create(ctx.viewer(), ctx.db(), input).await?;
        Ok(CreateActivityTypePayload { activity_type: Graph(row.into()) })
    }

    /// Changes a kind of work, puts it away or brings it back. Needs `projects.time.manage` on the whole agency.
    async fn update_activity_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateActivityTypeInput,
    ) -> Result<UpdateActivityTypePayload> {
        let row = super::update(ctx.viewer(), ctx.db(), input).await?;
        Ok(UpdateActivityTypePayload { activity_type: Graph(row.into()) })
    }
}
