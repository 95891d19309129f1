//! Invitations into a tenant: made, taken back, sent again, accepted.

pub mod accept;
pub mod entity;
pub mod graphql;
pub(crate) mod invite;
mod leaving;
mod mutations;
pub mod role;
pub mod rules;

use chrono::{DateTime, Utc};
use kernel::{
    Error, Result,
    act::Act,
    id::{InvitationId, TenantId, TypedId},
    policy::Guarded,
};
use platform::crypto::{Token, token};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use serde_json::json;

use crate::{
    mail::{Kind, Letter},
    service::Identity,
    tenant::entity as tenant,
    user::entity as user,
};

pub use graphql::{Invitation, InvitationQuery};
pub use invite::{Invite, Invited, invite, invite_for, resend, revoke};
pub use mutations::InvitationMutation;

pub(crate) use leaving::{close, hand_over};

/// A new token for an invitation, and its hash to be stored.
fn new_token() -> (Token, String) {
    let token = Token::generate("ati", &mut rand::rng());
    let hash = token.hash();
    (token, hash)
}

/// The invitation with this token, in whatever tenant.
#[expect(clippy::disallowed_methods, reason = "the token itself says which tenant it is of")]
async fn find_by_token(db: &impl ConnectionTrait, text: &str) -> Result<Option<entity::Model>> {
    let hash = token::hash(text.trim());
    Ok(entity::Entity::find().filter(entity::Column::TokenHash.eq(hash)).one(db).await?)
}

/// The invitation, held until the act ends.
async fn lock(act: &Act, id: InvitationId) -> Result<entity::Model> {
    let own = entity::Entity::of_tenant(act.viewer().tenant_id()).filter(entity::Column::Id.eq(id));
    let row = own.lock_exclusive().one(act.conn()).await?;
    row.ok_or_else(|| Error::not_found(InvitationId::TYPE, id))
}

/// Invitations of a tenant that can be accepted now.
pub(crate) fn open(tenant: TenantId, now: DateTime<Utc>) -> Select<entity::Entity> {
    entity::Entity::of_tenant(tenant).filter(is_open(now))
}

fn is_open(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(entity::Column::AcceptedAt.is_null())
        .add(entity::Column::RevokedAt.is_null())
        .add(entity::Column::ExpiresAt.gt(now))
}

/// The rows that say which roles invitations give.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
fn roles_of(tenant: TenantId, invitations: &[InvitationId]) -> Select<role::Entity> {
    role::Entity::find()
        .filter(role::Column::TenantId.eq(tenant))
        .filter(role::Column::InvitationId.is_in(invitations.iter().copied()))
}

/// The letter with an invitation's link, in the language of the person if they have an account, else of the tenant.
fn letter(
    identity: &Identity,
    tenant: &tenant::Model,
    inviter: Option<&user::Model>,
    known: Option<&user::Model>,
    invitation: &entity::Model,
    secret: &Token,
) -> Letter {
    let name = |user: &user::Model| format!("{} {}", user.given_name, user.family_name).trim().to_owned();
    let given = known.map(|user| user.given_name.clone()).or_else(|| invitation.given_name.clone());
    let context = json!({
        "given_name": given.unwrap_or_default(),
        "tenant": tenant.name,
        "inviter": inviter.map_or_else(|| tenant.name.clone(), name),
        "link": identity.config.link("accept-invitation", secret.expose()),
        "days": identity.config.invitation_days,
    });
    Letter {
        kind: Kind::Invitation,
        to: invitation.email.clone(),
        name: known.map(name).unwrap_or_default(),
        locale: known.map_or_else(|| tenant.default_locale.clone(), |user| user.locale.clone()),
        context,
    }
}
