//! What other domains know of an account and of a contact.

use async_graphql::{Context, Object};
use audit::activity::{self, Activity, Sights};
use crm::{Account, Contact};
use identity::user::User;
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{AccountId, UserId},
    page::{Connection, PageArgs},
};
use projects::{
    Project,
    feedback::graphql::FeedbackFigures,
    project::filter::{ProjectFilter, ProjectOrder},
};

/// What other domains know of an account.
pub struct AccountBridges {
    id: AccountId,
    owner: Option<UserId>,
}

impl From<&Account> for AccountBridges {
    fn from(account: &Account) -> Self {
        Self { id: account.0.id, owner: account.0.owner_id }
    }
}

#[Object(name = "AccountBridgeFields")]
impl AccountBridges {
    /// Who in the agency answers for the account; null if nobody does, or for viewers who may not see them.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.owner).await
    }

    /// What happened to the account, its contacts and its projects themselves, as far as the viewer may see it now, newest first.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row.")] before: Option<String>,
    ) -> Result<Option<Connection<Activity>>> {
        let (sights, args) = (ctx.data_unchecked::<Sights>(), PageArgs::new(first, after, last, before));
        activity::of_account(ctx.ask(), sights, self.id, args).await.map(Some)
    }

    /// What the account's people answered about all of its projects. Needs `projects.feedback.read`; never for clients.
    async fn feedback(&self, ctx: &Context<'_>) -> Option<Result<FeedbackFigures>> {
        Some(projects::feedback::of_account(ctx.ask(), self.id).await.map(Into::into))
    }

    /// The projects done for the account, as far as the viewer may see them. Needs `projects.project.read`.
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
        projects::project::of_account(ctx.ask(), self.id, filter.unwrap_or_default(), order_by, args)
            .await
            .map(Some)
    }
}

/// What other domains know of a contact.
pub struct ContactBridges {
    user: Option<UserId>,
}

impl From<&Contact> for ContactBridges {
    fn from(contact: &Contact) -> Self {
        Self { user: contact.0.user_id }
    }
}

#[Object(name = "ContactBridgeFields")]
impl ContactBridges {
    /// The person with whom the contact signs in to the portal; null if they do not, or for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.user).await
    }
}
