//! Teams in the graph: the object and its filter.

use async_graphql::{Context, InputObject, Object};
use kernel::{
    Result,
    ask::Asking,
    field,
    graph::{Graph, Node},
    id::{ProjectMemberId, TypedId, UserId},
    money::Money,
    page::ById,
    policy::Guarded,
    scalar::{Date, DateTime},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::entity::{Column, Entity, Model};
use crate::{
    policy::{RATES_READ, TEAM_READ},
    project::{entity as project, graphql::Project},
};

/// A person's place in the team of a project.
#[derive(Clone, Debug)]
pub struct ProjectMember(pub Model);

impl From<Model> for ProjectMember {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for ProjectMember {
    const TYPE: &'static str = "ProjectMember";
}

/// A person's place in the team of a project.
#[Object(name = "ProjectMemberFields")]
impl ProjectMember {
    /// Its id.
    async fn id(&self) -> ProjectMemberId {
        self.0.id
    }

    /// The project; null if the viewer may not see it.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// What they do there.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// What an hour of theirs is billed at on this project. Needs `projects.rate.read` on it.
    async fn bill_rate(&self, ctx: &Context<'_>) -> Option<Result<Money>> {
        // Reason: an error in a `Result<Option<…>>` would take the whole member with it.
        let project = self.0.project_id.uuid();
        if let Err(error) = field::may_beyond::<project::Entity>(ctx.ask(), RATES_READ, project).await {
            return Some(Err(error));
        }
        let parts = self.0.bill_rate_minor.zip(self.0.rate_currency);
        parts.map(|(amount, currency)| Ok(Money::new(amount, currency)))
    }

    /// The share of their working time, in basis points: 10000 is all of it.
    async fn allocation(&self) -> Option<i32> {
        self.0.allocation_bp
    }

    /// Their first day.
    async fn joined_on(&self) -> Date {
        self.0.joined_on.into()
    }

    /// Their last day; null while they are on the team.
    async fn left_on(&self) -> Option<Date> {
        self.0.left_on.map(Into::into)
    }

    /// When they were put on the team.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When their place was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Which places of a team a list has.
#[derive(Clone, Debug, Default, InputObject)]
pub struct MemberFilter {
    /// True: only places that were left. Otherwise only those that nobody has left.
    pub left: Option<bool>,
    /// Only of this person.
    pub user_id: Option<UserId>,
}

impl MemberFilter {
    /// The visible places that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let left =
            if self.left == Some(true) { Column::LeftOn.is_not_null() } else { Column::LeftOn.is_null() };
        let select = Entity::visible(viewer, TEAM_READ).filter(left);
        match self.user_id {
            Some(user) => select.filter(Column::UserId.eq(user.uuid())),
            None => select,
        }
    }
}
