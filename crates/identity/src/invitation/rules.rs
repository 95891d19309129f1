//! What an invitation's state is, and what may be done in it. Pure.

use chrono::{DateTime, Utc};
use kernel::{Error, Result, Text, id::AccountId, viewer::Viewer};

use super::entity::Model;
use crate::token;

/// The invitation was taken back.
pub const REVOKED: Text = Text::new(
    "invitation_revoked",
    "This invitation was taken back. Ask for a new one.",
    "Cette invitation a été retirée. Demandez-en une nouvelle.",
);
/// The invitation was accepted already.
pub const ACCEPTED: Text = Text::new(
    "invitation_accepted",
    "This invitation was accepted already. Sign in.",
    "Cette invitation a déjà été acceptée. Connectez-vous.",
);
/// The invitation is too old.
pub const EXPIRED: Text = Text::new(
    "invitation_expired",
    "This invitation is too old. Ask for a new one.",
    "Cette invitation a expiré. Demandez-en une nouvelle.",
);
/// A client invites into another company.
pub const OWN_ACCOUNT_ONLY: Text = Text::new(
    "own_account_only",
    "You can invite people of your own accounts only.",
    "Vous ne pouvez inviter que des personnes de vos propres comptes.",
);

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub enum InvitationStatus {
    /// It can be accepted.
    Open,
    /// It was accepted.
    Accepted,
    /// It was taken back.
    Revoked,
    /// It is too old.
    Expired,
}

/// What became of an invitation by `now`.
pub fn status(invitation: &Model, now: DateTime<Utc>) -> InvitationStatus {
    if invitation.accepted_at.is_some() {
        InvitationStatus::Accepted
    } else if invitation.revoked_at.is_some() {
        InvitationStatus::Revoked
    } else if invitation.expires_at <= now {
        InvitationStatus::Expired
    } else {
        InvitationStatus::Open
    }
}

/// The invitation, if it can be accepted.
///
/// # Errors
/// INVALID of the field `token`, saying why not.
pub fn acceptable(invitation: Option<Model>, now: DateTime<Utc>) -> Result<Model> {
    let invitation = invitation.ok_or_else(|| Error::field("token", token::INVALID))?;
    let why = match status(&invitation, now) {
        InvitationStatus::Open => return Ok(invitation),
        InvitationStatus::Accepted => ACCEPTED,
        InvitationStatus::Revoked => REVOKED,
        InvitationStatus::Expired => EXPIRED,
    };
    Err(Error::field("token", why))
}

/// The account that a viewer invites into: a client's own whatever they leave out, and nobody else's.
///
/// # Errors
/// FORBIDDEN for a client who names another.
pub fn account_for(viewer: &Viewer, wanted: Option<AccountId>) -> Result<Option<AccountId>> {
    match (viewer.account, wanted) {
        (None, wanted) => Ok(wanted),
        (Some(own), None) => Ok(Some(own)),
        (Some(own), Some(wanted)) if own == wanted => Ok(Some(own)),
        (Some(_), Some(_)) => Err(Error::Forbidden(OWN_ACCOUNT_ONLY.into())),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::testing;

    fn invitation() -> Model {
        let ids = testing::ids();
        let noon = testing::noon();
        Model {
            id: ids.generate(),
            tenant_id: ids.generate(),
            email: "ada@acme.test".parse().unwrap(),
            given_name: None,
            family_name: None,
            account_id: None,
            invited_by: ids.generate(),
            token_hash: "h".into(),
            expires_at: noon + Duration::days(7),
            accepted_at: None,
            revoked_at: None,
            created_at: noon,
            updated_at: noon,
            version: 1,
        }
    }

    #[test]
    fn invitation_can_be_accepted_once_within_seven_days() {
        let noon = testing::noon();
        let code = |invitation: Option<Model>, at| {
            acceptable(invitation, at).map(drop).map_err(|error| error.message().code())
        };
        assert_eq!(code(Some(invitation()), noon), Ok(()));
        assert_eq!(code(Some(invitation()), noon + Duration::days(7)), Err("invitation_expired"));
        let accepted = Model { accepted_at: Some(noon), ..invitation() };
        assert_eq!(code(Some(accepted), noon), Err("invitation_accepted"));
        let revoked = Model { revoked_at: Some(noon), ..invitation() };
        assert_eq!(code(Some(revoked), noon + Duration::days(30)), Err("invitation_revoked"));
        assert_eq!(code(None, noon), Err("token_invalid"));
    }
}
