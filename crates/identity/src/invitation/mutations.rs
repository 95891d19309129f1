//! Changes of invitations in the API.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{AccountId, InvitationId},
    scalar::EmailAddress,
};

use super::{
    Invitation, Invite,
    accept::{self, Acceptance},
};
use crate::{registration::graphql::Agency, service::IdentityContext};

/// Whom to invite.
#[derive(InputObject)]
pub struct InviteUserInput {
    /// Their address.
    email: EmailAddress,
    /// Ids or keys of the roles they get, at most 20, none beyond what the viewer holds. Without any, a client's person
    /// becomes a `client`.
    #[graphql(default)]
    roles: Vec<ID>,
    /// The client company they belong to; null for staff. A client's administrator invites into the own company.
    account_id: Option<AccountId>,
    /// Given name, as far as it is known.
    given_name: Option<String>,
    /// Family name, as far as it is known.
    family_name: Option<String>,
}

/// The invitation that was sent.
#[derive(SimpleObject)]
pub struct InviteUserPayload {
    /// The invitation.
    invitation: Graph<Invitation>,
}

/// An invitation to be taken back.
#[derive(InputObject)]
pub struct RevokeInvitationInput {
    /// Id of the invitation.
    id: InvitationId,
}

/// The invitation that was taken back.
#[derive(SimpleObject)]
pub struct RevokeInvitationPayload {
    /// The invitation.
    invitation: Graph<Invitation>,
}

/// An invitation to be sent again.
#[derive(InputObject)]
pub struct ResendInvitationInput {
    /// Id of the invitation.
    id: InvitationId,
}

/// The invitation that was sent again.
#[derive(SimpleObject)]
pub struct ResendInvitationPayload {
    /// The invitation, open for another seven days.
    invitation: Graph<Invitation>,
}

/// What an invited person says.
#[derive(InputObject)]
pub struct AcceptInvitationInput {
    /// The token in the link.
    #[graphql(secret)]
    token: String,
    /// The password of the account that the address has, or a new one of at least 12 characters that cannot be
    /// guessed. Not needed by who is signed in to that account.
    #[graphql(secret)]
    password: Option<String>,
    /// Given name, for somebody new; the inviter's word without it.
    given_name: Option<String>,
    /// Family name, for somebody new; the inviter's word without it.
    family_name: Option<String>,
}

/// Where the person can sign in now.
#[derive(SimpleObject)]
pub struct AcceptInvitationPayload {
    /// Their address.
    email: EmailAddress,
    /// The agency.
    agency: Agency,
}

/// Changes of invitations.
#[derive(Debug, Default)]
pub struct InvitationMutation;

#[Object]
impl InvitationMutation {
    /// Invites a person by mail, for seven days. Needs `identity.user.invite`.
    async fn invite_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and as what.")] input: InviteUserInput,
    ) -> Result<InviteUserPayload> {
        let InviteUserInput { email, roles, account_id, given_name, family_name } = input;
        let roles = roles.into_iter().map(|role| role.0).collect();
        let wanted = Invite { email, roles, account: account_id, given_name, family_name };
        let invitation = super::invite(ctx.viewer(), ctx.db(), ctx.identity(), wanted).await?;
        Ok(InviteUserPayload { invitation: Graph(invitation.into()) })
    }

    /// Takes an invitation back: its link stops working. Needs `identity.user.invite`.
    async fn revoke_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: RevokeInvitationInput,
    ) -> Result<RevokeInvitationPayload> {
        let invitation = super::revoke(ctx.viewer(), ctx.db(), input.id).await?;
        Ok(RevokeInvitationPayload { invitation: Graph(invitation.into()) })
    }

    /// Sends an invitation again with a new link; the earlier one stops working. Needs `identity.user.invite`.
    async fn resend_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation.")] input: ResendInvitationInput,
    ) -> Result<ResendInvitationPayload> {
        let invitation = super::resend(ctx.viewer(), ctx.db(), ctx.identity(), input.id).await?;
        Ok(ResendInvitationPayload { invitation: Graph(invitation.into()) })
    }

    /// Accepts an invitation, as somebody new or with the account that the address has.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token and who accepts.")] input: AcceptInvitationInput,
    ) -> Result<AcceptInvitationPayload> {
        let AcceptInvitationInput { token, password, given_name, family_name } = input;
        let said = Acceptance { token, password: password.map(Into::into), given_name, family_name };
        let done = accept::accept(ctx.viewer(), ctx.db(), ctx.identity(), said).await?;
        Ok(AcceptInvitationPayload { email: done.invitation.email, agency: done.tenant.into() })
    }
}
