//! Passwords in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{Result, ask::Asking, graph::Graph, scalar::EmailAddress};

use super::{change, forgotten};
use crate::{service::IdentityContext, user::User};

/// Who forgot their password.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// Slug or host name of the agency.
    tenant: String,
    /// The address.
    email: EmailAddress,
}

/// The same for every address.
#[derive(SimpleObject)]
pub struct RequestPasswordResetPayload {
    /// The address; it got a mail if it belongs to the agency.
    email: EmailAddress,
}

/// A new password by the link of a mail.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// The token in the link.
    #[graphql(secret)]
    token: String,
    /// The new password: at least 12 characters that cannot be guessed.
    #[graphql(secret)]
    password: String,
}

/// What follows a reset.
#[derive(SimpleObject)]
pub struct ResetPasswordPayload {
    /// True: the new password is set, and every session has ended.
    ok: bool,
}

/// Another password for oneself.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The present password.
    #[graphql(secret)]
    current_password: String,
    /// The new password: at least 12 characters that cannot be guessed, none of the last five.
    #[graphql(secret)]
    new_password: String,
}

/// What follows a change of password.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// Oneself.
    user: Graph<User>,
}

/// Changes of passwords.
#[derive(Debug, Default)]
pub struct PasswordMutation;

#[Object]
impl PasswordMutation {
    /// Asks for a mail with a link to choose a new password. The answer is the same for every address.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address and the agency.")] input: RequestPasswordResetInput,
    ) -> Result<RequestPasswordResetPayload> {
        let RequestPasswordResetInput { tenant, email } = input;
        forgotten::request(ctx.viewer(), ctx.db(), ctx.identity(), &tenant, &email).await?;
        Ok(RequestPasswordResetPayload { email })
    }

    /// Sets a new password by a token that was mailed within the last hour. Every session of the person ends.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token and the new password.")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordPayload> {
        let ResetPasswordInput { token, password } = input;
        forgotten::reset(ctx.viewer(), ctx.db(), ctx.identity(), &token, password.into()).await?;
        Ok(ResetPasswordPayload { ok: true })
    }

    /// Changes one's own password. Every other session of one's own ends.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present and the new password.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let ChangePasswordInput { current_password, new_password } = input;
        let (current, new) = (current_password.into(), new_password.into());
        let user = change::change(ctx.viewer(), ctx.db(), ctx.identity(), current, new).await?;
        Ok(ChangePasswordPayload { user: Graph(User::themselves(user)) })
    }
}
