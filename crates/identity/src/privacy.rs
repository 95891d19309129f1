//! What identity holds of people: their profile, their place in the tenant, the devices and keys they use, invitations.
//! Of somebody who belongs to several tenants only what this one knows; when they were last elsewhere is not told.

use async_trait::async_trait;
use kernel::{
    Result,
    act::Act,
    assignment,
    db::Db,
    id::{TypedId as _, UserId},
    policy::Guarded as _,
    privacy::{Collector, DataSubject, Holding, Obstacle, Pages, PersonalData},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QuerySelect as _, Select};
use serde_json::{Value as Json, json};

use crate::{
    api_key::entity as keys,
    erasure,
    invitation::entity as invitations,
    membership::{self, entity as members},
    role::{entity as roles, held, held_in},
    service::Identity,
    session::entity as sessions,
    user,
};

/// Identity as a holder of personal data.
#[derive(Clone)]
pub struct IdentityData(pub Identity);

#[async_trait]
impl PersonalData for IdentityData {
    fn domain(&self) -> &'static str {
        "identity"
    }

    async fn identify(&self, db: &Db, subject: &mut DataSubject) -> Result<()> {
        if let Some(user) = subject.user
            && membership::find(db, subject.tenant, user).await?.is_some()
            && let Some(person) = user::find(db, user).await?
        {
            subject.emails.insert(person.email.to_string().to_lowercase());
        }
        let invited = invited(subject).select_only().column(invitations::Column::Id);
        let invited: Vec<kernel::id::InvitationId> = invited.into_tuple().all(db).await?;
        subject.ids.extend(invited.into_iter().map(|id| id.uuid()));
        Ok(())
    }

    async fn collect(
        &self,
        db: &Db,
        subject: &DataSubject,
        _: Option<&Viewer>,
        into: &mut dyn Collector,
    ) -> Result<()> {
        let rows = invited(subject);
        Pages::of(rows, |row| row.id.uuid()).collect(db, "identity.invitations", into, invitation).await?;
        let Some(user) = subject.user else { return Ok(()) };
        profile(db, subject, user, into).await?;
        let rows = sessions::Entity::of_tenant(subject.tenant).filter(sessions::Column::UserId.eq(user));
        Pages::of(rows, |row| row.id.uuid()).collect(db, "identity.sessions", into, session).await?;
        let rows = keys::Entity::of_tenant(subject.tenant).filter(keys::Column::UserId.eq(user));
        Pages::of(rows, |row| row.id.uuid()).collect(db, "identity.api_keys", into, api_key).await?;
        let rows = invitations::Entity::of_tenant(subject.tenant);
        let rows = rows.filter(invitations::Column::InvitedBy.eq(user));
        Pages::of(rows, |row| row.id.uuid()).collect(db, "identity.sent_invitations", into, sent).await?;
        let rows = assignment::Entity::of_tenant(subject.tenant).filter(assignment::Column::UserId.eq(user));
        Pages::of(rows, |row| row.id.uuid()).collect(db, "identity.assignments", into, assigned).await
    }

    async fn holdings(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Holding>> {
        erasure::holdings(db, subject).await
    }

    async fn obstacles(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Obstacle>> {
        erasure::obstacles(db, subject).await
    }

    async fn hold(&self, act: &mut Act, subject: &DataSubject) -> Result<()> {
        erasure::hold(act, subject).await
    }

    async fn erase(&self, act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>> {
        erasure::erase(act, &self.0, subject).await
    }

    fn erased(&self, subject: &DataSubject) {
        self.0.forget(subject.tenant, subject.user);
    }
}

/// Invitations to the person.
fn invited(subject: &DataSubject) -> Select<invitations::Entity> {
    let theirs = Condition::any()
        .add(invitations::Column::Id.is_in(subject.ids.iter().copied()))
        .add(invitations::Column::Email.is_in(subject.emails.iter().map(String::as_str)));
    invitations::Entity::of_tenant(subject.tenant).filter(theirs)
}

/// The person and their place in the tenant; nothing of somebody who has none, for that is another tenant's.
async fn profile(db: &Db, subject: &DataSubject, id: UserId, into: &mut dyn Collector) -> Result<()> {
    let Some(member) = membership::find(db, subject.tenant, id).await? else { return Ok(()) };
    if let Some(person) = user::find(db, id).await? {
        into.rows("identity.profile", vec![profile_of(&person)]).await?;
    }
    let held = held_in(subject.tenant).filter(held::Column::MembershipId.eq(member.id)).all(db).await?;
    let named = roles::Entity::of_tenant(subject.tenant)
        .filter(roles::Column::Id.is_in(held.iter().map(|one| one.role_id)))
        .all(db)
        .await?;
    let role = |one: &held::Model| {
        let name = named.iter().find(|role| role.id == one.role_id).map(|role| role.name.as_str());
        json!({ "id": one.role_id, "name": name, "expiresAt": one.expires_at, "since": one.created_at })
    };
    let members::Model { id, account_id, status, joined_at, last_seen_at, .. } = &member;
    let roles: Vec<Json> = held.iter().map(role).collect();
    let told = json!({
        "id": id, "accountId": account_id, "status": status, "joinedAt": joined_at, "lastSeenAt": last_seen_at,
        "roles": roles,
    });
    into.rows("identity.membership", vec![told]).await
}

fn profile_of(person: &user::entity::Model) -> Json {
    json!({
        "id": person.id, "email": person.email.to_string(), "emailVerifiedAt": person.email_verified_at,
        "givenName": person.given_name, "familyName": person.family_name, "phone": person.phone,
        "avatarUrl": person.avatar_url.as_ref().map(ToString::to_string), "company": person.company,
        "locale": person.locale.to_string(), "timeZone": person.time_zone.name(),
        "passwordChangedAt": person.password_changed_at, "createdAt": person.created_at,
        "updatedAt": person.updated_at,
    })
}

fn session(row: &sessions::Model) -> Json {
    json!({
        "id": row.id, "device": row.device, "userAgent": row.user_agent, "ip": row.ip, "remember": row.remember,
        "createdAt": row.created_at, "lastUsedAt": row.last_used_at, "expiresAt": row.expires_at,
        "revokedAt": row.revoked_at, "revokeReason": row.revoke_reason,
    })
}

fn api_key(row: &keys::Model) -> Json {
    json!({
        "id": row.id, "name": row.name, "prefix": row.prefix, "ipAllow": row.ip_allow,
        "requestsPerMinute": row.requests_per_minute, "expiresAt": row.expires_at, "lastUsedAt": row.last_used_at,
        "lastUsedIp": row.last_used_ip, "revokedAt": row.revoked_at, "createdAt": row.created_at,
    })
}

fn invitation(row: &invitations::Model) -> Json {
    json!({
        "id": row.id, "email": row.email.to_string(), "givenName": row.given_name, "familyName": row.family_name,
        "accountId": row.account_id, "expiresAt": row.expires_at, "acceptedAt": row.accepted_at,
        "revokedAt": row.revoked_at, "createdAt": row.created_at,
    })
}

/// An invitation that the person sent, without whom it invited.
fn sent(row: &invitations::Model) -> Json {
    json!({ "id": row.id, "acceptedAt": row.accepted_at, "revokedAt": row.revoked_at, "createdAt": row.created_at })
}

fn assigned(row: &assignment::Model) -> Json {
    json!({
        "id": row.id, "kind": row.kind, "projectId": row.project_id, "accountId": row.account_id,
        "roleId": row.role_id, "source": row.source, "expiresAt": row.expires_at, "createdAt": row.created_at,
    })
}
