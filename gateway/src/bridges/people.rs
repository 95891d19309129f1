//! What other domains know of a person, of an invitation and of an API key.

use async_graphql::{Context, Object};
use crm::Account;
use identity::{api_key::ApiKey, invitation::Invitation, membership, user::User};
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{AccountId, UserId},
    page::{Connection, PageArgs},
};
use projects::{
    Project, Task,
    project::filter::{ProjectFilter, ProjectOrder},
    task::filter::{TaskFilter, TaskOrder},
};

/// What other domains know of a person.
pub struct UserBridges {
    id: UserId,
}

impl From<&User> for UserBridges {
    fn from(user: &User) -> Self {
        Self { id: user.0.id }
    }
}

#[Object(name = "UserBridgeFields")]
impl UserBridges {
    /// The client company the person belongs to; null for staff.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Graph<Account>>> {
        let ask = ctx.ask();
        let membership = membership::of(ask, self.id).await?;
        super::account(ask, membership.and_then(|membership| membership.account_id)).await
    }

    /// The projects that the person manages or is on the team of, as far as the viewer may see them. Needs
    /// `projects.project.read`.
    #[expect(
        clippy::too_many_arguments,
        reason = "the four arguments of a connection, a filter and an order"
    )]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which projects; all that are not archived if left out.")] filter: Option<
            ProjectFilter,
        >,
        #[graphql(desc = "In which order; by name if left out.")] order_by: Option<ProjectOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row.")] before: Option<String>,
    ) -> Result<Option<Connection<Project>>> {
        let args = PageArgs::new(first, after, last, before);
        projects::project::of_user(ctx.ask(), self.id, filter.unwrap_or_default(), order_by, args)
            .await
            .map(Some)
    }

    /// The tasks assigned to the person, as far as the viewer may see them. Needs `projects.task.read`.
    #[expect(
        clippy::too_many_arguments,
        reason = "the four arguments of a connection, a filter and an order"
    )]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tasks; all that are not archived if left out.")] filter: Option<TaskFilter>,
        #[graphql(desc = "In which order; by due date if left out.")] order_by: Option<TaskOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row.")] before: Option<String>,
    ) -> Result<Option<Connection<Task>>> {
        let args = PageArgs::new(first, after, last, before);
        projects::task::of_user(ctx.ask(), self.id, filter.unwrap_or_default(), order_by, args)
            .await
            .map(Some)
    }
}

/// What other domains know of an invitation.
pub struct InvitationBridges {
    account: Option<AccountId>,
    invited_by: UserId,
}

impl From<&Invitation> for InvitationBridges {
    fn from(invitation: &Invitation) -> Self {
        Self { account: invitation.0.account_id, invited_by: invitation.0.invited_by }
    }
}

#[Object(name = "InvitationBridgeFields")]
impl InvitationBridges {
    /// The client company that the invited person will belong to; null for staff.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Graph<Account>>> {
        super::account(ctx.ask(), self.account).await
    }

    /// Who invited; null for viewers who may not see them.
    async fn invited_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), Some(self.invited_by)).await
    }
}

/// What other domains know of an API key.
pub struct ApiKeyBridges {
    user: UserId,
}

impl From<&ApiKey> for ApiKeyBridges {
    fn from(key: &ApiKey) -> Self {
        Self { user: key.0.user_id }
    }
}

#[Object(name = "ApiKeyBridgeFields")]
impl ApiKeyBridges {
    /// The person who made the key and for whom it acts; null for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), Some(self.user)).await
    }
}
