//! Changes of people in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Error, Result,
    ask::Asking,
    bulk::ItemError,
    graph::Graph,
    id::{RoleId, TypedId, UserId},
    locale::Language,
    scalar::{DateTime, EmailAddress},
};

use super::{
    User, email,
    entity::Model,
    profile::{self, UpdateProfileInput},
    removal, roles, status,
};
use crate::service::IdentityContext;

/// Oneself after a change.
#[derive(SimpleObject)]
pub struct UpdateProfilePayload {
    /// Oneself.
    user: Graph<User>,
}

/// Another address for oneself.
#[derive(InputObject)]
pub struct ChangeEmailInput {
    /// The new address.
    email: EmailAddress,
    /// One's password.
    #[graphql(secret)]
    password: String,
}

/// What follows the wish for another address.
#[derive(SimpleObject)]
pub struct ChangeEmailPayload {
    /// The new address. It takes effect once the links in the mails to both addresses were followed.
    pending_email: EmailAddress,
}

/// The link of a mail about another address.
#[derive(InputObject)]
pub struct ConfirmEmailChangeInput {
    /// The token in the link.
    #[graphql(secret)]
    token: String,
}

/// What follows the agreement of one address.
#[derive(SimpleObject)]
pub struct ConfirmEmailChangePayload {
    /// Whether both addresses have agreed, and the new one is in effect.
    changed: bool,
}

/// Whom to shut out.
#[derive(InputObject)]
pub struct DeactivateUserInput {
    /// Id of the person.
    id: UserId,
}

/// Who was shut out.
#[derive(SimpleObject)]
pub struct DeactivateUserPayload {
    /// The person.
    user: Graph<User>,
}

/// Whom to let in again.
#[derive(InputObject)]
pub struct ReactivateUserInput {
    /// Id of the person.
    id: UserId,
}

/// Who was let in again.
#[derive(SimpleObject)]
pub struct ReactivateUserPayload {
    /// The person.
    user: Graph<User>,
}

/// Whom to remove.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// Id of the person.
    id: UserId,
    /// Who takes over what the person owns: active staff. Without it, the one who asks.
    reassign_to: Option<UserId>,
}

/// Who was removed.
#[derive(SimpleObject)]
pub struct DeleteUserPayload {
    /// Id of the person who was removed.
    user_id: UserId,
}

/// Whom to shut out at once.
#[derive(InputObject)]
pub struct BulkDeactivateUsersInput {
    /// Ids of the people, at most 500, each once.
    items: Vec<UserId>,
}

/// What `bulkDeactivateUsers` did.
#[derive(SimpleObject)]
pub struct BulkDeactivateUsersPayload {
    /// One result for each item, in their order.
    results: Vec<BulkUserResult>,
}

/// Whom to give a role, or take it from.
#[derive(InputObject)]
pub struct BulkAssignRoleInput {
    /// Ids of the people, at most 500, each once.
    items: Vec<UserId>,
    /// The role.
    role_id: RoleId,
    /// When it ends by itself; null for never.
    expires_at: Option<DateTime>,
    /// True: the role is taken away instead.
    #[graphql(default)]
    remove: bool,
}

/// What `bulkAssignRole` did.
#[derive(SimpleObject)]
pub struct BulkAssignRolePayload {
    /// One result for each item, in their order.
    results: Vec<BulkUserResult>,
}

/// What became of one person of a bulk mutation.
#[derive(SimpleObject)]
pub struct BulkUserResult {
    /// Place of the item in the input, from 0.
    index: i32,
    /// Whether it was done.
    ok: bool,
    /// The person as they are now; null if the item was not done.
    node: Option<Graph<User>>,
    /// Why the item was not done; null if it was.
    error: Option<ItemError>,
}

impl BulkUserResult {
    fn list(results: Vec<Result<Model>>, language: Language) -> Vec<Self> {
        let results = results.into_iter().zip(0..);
        results.map(|(result, index)| Self::new(index, result, language)).collect()
    }

    fn new(index: i32, result: Result<Model>, language: Language) -> Self {
        let error = result.as_ref().err().map(|error| ItemError::new(error, language));
        let node = result.ok().map(|user| Graph(user.into()));
        Self { index, ok: node.is_some(), node, error }
    }
}

/// Changes of people.
#[derive(Debug, Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Changes one's own profile.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes; what is left out stays.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfilePayload> {
        let user = profile::update(ctx.viewer(), ctx.db(), ctx.identity(), input).await?;
        Ok(UpdateProfilePayload { user: Graph(User::themselves(user)) })
    }

    /// Asks for another e-mail address of one's own. Both the present and the new one get a link to agree.
    async fn change_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new address.")] input: ChangeEmailInput,
    ) -> Result<ChangeEmailPayload> {
        let ChangeEmailInput { email, password } = input;
        email::request(ctx.viewer(), ctx.db(), ctx.identity(), email.clone(), password.into()).await?;
        Ok(ChangeEmailPayload { pending_email: email })
    }

    /// Agrees to another e-mail address by a token that was mailed within the last 24 hours.
    async fn confirm_email_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: ConfirmEmailChangeInput,
    ) -> Result<ConfirmEmailChangePayload> {
        let changed = email::confirm(ctx.viewer(), ctx.db(), ctx.identity(), &input.token).await?;
        Ok(ConfirmEmailChangePayload { changed })
    }

    /// Shuts a person out of the tenant; what they own stays theirs. Needs `identity.user.deactivate`.
    async fn deactivate_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: DeactivateUserInput,
    ) -> Result<DeactivateUserPayload> {
        let done = status::deactivate(ctx.viewer(), ctx.db(), ctx.identity(), &[input.id]).await?;
        let user =
            done.into_iter().next().unwrap_or_else(|| Err(Error::not_found(UserId::TYPE, input.id)))?;
        Ok(DeactivateUserPayload { user: Graph(user.into()) })
    }

    /// Lets a person in again, with the roles they had. Needs `identity.user.deactivate`.
    async fn reactivate_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: ReactivateUserInput,
    ) -> Result<ReactivateUserPayload> {
        let user = status::reactivate(ctx.viewer(), ctx.db(), ctx.identity(), input.id).await?;
        Ok(ReactivateUserPayload { user: Graph(user.into()) })
    }

    /// Removes a person from the tenant for good; somebody else takes over what they own. Needs `identity.user.delete`.
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and who takes over.")] input: DeleteUserInput,
    ) -> Result<DeleteUserPayload> {
        let DeleteUserInput { id, reassign_to } = input;
        let user_id = removal::remove(ctx.viewer(), ctx.db(), ctx.identity(), id, reassign_to).await?;
        Ok(DeleteUserPayload { user_id })
    }

    /// Shuts up to 500 people out in one act; each is done or answered with its own error. Needs
    /// `identity.user.deactivate` on each.
    async fn bulk_deactivate_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: BulkDeactivateUsersInput,
    ) -> Result<BulkDeactivateUsersPayload> {
        let results = status::deactivate(ctx.viewer(), ctx.db(), ctx.identity(), &input.items).await?;
        Ok(BulkDeactivateUsersPayload { results: BulkUserResult::list(results, ctx.viewer().language()) })
    }

    /// Gives a role to up to 500 people in one act, or takes it from them; each is done or answered with its own error.
    /// Needs `identity.role.assign` on each, and nobody gives what they do not hold.
    async fn bulk_assign_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and which role.")] input: BulkAssignRoleInput,
    ) -> Result<BulkAssignRolePayload> {
        let BulkAssignRoleInput { items, role_id, expires_at, remove } = input;
        let (identity, until) = (ctx.identity(), expires_at.map(DateTime::utc));
        let results =
            roles::assign_many(ctx.viewer(), ctx.db(), identity, &items, role_id, until, remove).await?;
        Ok(BulkAssignRolePayload { results: BulkUserResult::list(results, ctx.viewer().language()) })
    }
}
