//! What other domains know of a project and of the people on its team.

use async_graphql::{Context, Object};
use audit::activity::{self, Activity, Sights};
use crm::Account;
use identity::{role::Role, user::User};
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{AccountId, ProjectId, RoleId, TypedId, UserId},
    page::{ById, Connection, PageArgs},
};
use projects::{Project, ProjectMember};

/// What other domains know of a project.
pub struct ProjectBridges {
    id: ProjectId,
    account: Option<AccountId>,
    manager: Option<UserId>,
}

impl From<&Project> for ProjectBridges {
    fn from(project: &Project) -> Self {
        Self { id: project.0.id, account: project.0.account_id, manager: project.0.manager_id }
    }
}

#[Object(name = "ProjectBridgeFields")]
impl ProjectBridges {
    /// The client company it is done for; null for the agency's own, or for viewers who may not see it.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Graph<Account>>> {
        super::account(ctx.ask(), self.account).await
    }

    /// Who leads it; null if nobody does, or for viewers who may not see them.
    async fn manager(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.manager).await
    }

    /// What happened in the project, as far as the viewer may see it now, newest first.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row.")] before: Option<String>,
    ) -> Result<Option<Connection<Activity>>> {
        let (sights, args) = (ctx.data_unchecked::<Sights>(), PageArgs::new(first, after, last, before));
        activity::of_project(ctx.ask(), sights, self.id, args).await.map(Some)
    }
}

/// What other domains know of a member of a team.
pub struct MemberBridges {
    user: UserId,
    role: Option<RoleId>,
}

impl From<&ProjectMember> for MemberBridges {
    fn from(member: &ProjectMember) -> Self {
        Self { user: member.0.user_id, role: member.0.role_id }
    }
}

#[Object(name = "MemberBridgeFields")]
impl MemberBridges {
    /// Who it is; null for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), Some(self.user)).await
    }

    /// The role they have on this project beside their roles in the tenant; null if none, or for viewers who may not see
    /// roles.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<Graph<Role>>> {
        let Some(id) = self.role else { return Ok(None) };
        let row = ctx.ask().load::<ById<identity::role::entity::Entity>, _>(id.uuid()).await?;
        Ok(row.map(|row| Graph(Role(row))))
    }
}
