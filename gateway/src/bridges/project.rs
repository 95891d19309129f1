//! What other domains know of a project and of the people on its team.

use async_graphql::{Context, Object};
use crm::Account;
use identity::{role::Role, user::User};
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{AccountId, RoleId, TypedId, UserId},
    page::ById,
};
use projects::{Project, ProjectMember};

/// What other domains know of a project.
pub struct ProjectBridges {
    account: Option<AccountId>,
    manager: Option<UserId>,
}

impl From<&Project> for ProjectBridges {
    fn from(project: &Project) -> Self {
        Self { account: project.0.account_id, manager: project.0.manager_id }
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
