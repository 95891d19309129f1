//! Erasing a person: what identity holds of them in one tenant, what must be settled first, and how it goes. Who belongs
//! to no other tenant is forgotten altogether; who does stays there as they were, and nobody here can tell.

use kernel::{
    Error, Result, Text,
    act::Act,
    assignment,
    id::{TenantId, UserId},
    policy::Guarded,
    privacy::{DataSubject, Fate, Holding, Obstacle},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, PaginatorTrait, QueryFilter, QuerySelect, Select,
    sea_query::LockType,
};

use crate::{
    api_key::entity as keys,
    invitation::entity as invitations,
    mail,
    membership::{self, entity as members},
    role::{self, LAST_OWNER},
    service::Identity,
    session::entity as sessions,
    token::{self, entity as tokens},
    user::{self, ABOVE},
};

const PROFILE: Text = Text::new("identity_profile", "Profile and password", "Profil et mot de passe");
const MEMBERSHIP: Text =
    Text::new("identity_membership", "Membership with its roles", "Appartenance et ses rôles");
const SESSIONS: Text = Text::new("identity_sessions", "Sessions and devices", "Sessions et appareils");
const API_KEYS: Text = Text::new("identity_api_keys", "API keys", "Clés d'API");
const TOKENS: Text = Text::new("identity_tokens", "Links sent by mail", "Liens envoyés par courriel");
const INVITED: Text = Text::new("identity_invitations", "Invitations to them", "Invitations reçues");
const INVITING: Text = Text::new("identity_sent_invitations", "Invitations by them", "Invitations envoyées");
const ASSIGNED: Text =
    Text::new("identity_assignments", "Assignments to projects and accounts", "Affectations");

/// Counts what identity holds of a person.
///
/// # Errors
/// If the database does not answer.
pub async fn holdings(conn: &impl ConnectionTrait, subject: &DataSubject) -> Result<Vec<Holding>> {
    let tenant = subject.tenant;
    let mut found = vec![("identity.invitations", INVITED, invited(subject).count(conn).await?)];
    if let Some(user) = subject.user {
        let member = members::Entity::of_tenant(tenant).filter(members::Column::UserId.eq(user));
        let member = member.count(conn).await?;
        // Reason: whether the person belongs to other agencies, too, is not for this one to know: to its eyes the profile
        // goes in any case.
        found.extend([
            ("identity.profile", PROFILE, member),
            ("identity.membership", MEMBERSHIP, member),
            ("identity.sessions", SESSIONS, sessions_of(tenant, user).count(conn).await?),
            ("identity.api_keys", API_KEYS, keys_of(tenant, user).count(conn).await?),
            ("identity.tokens", TOKENS, tokens_of(tenant, user).count(conn).await?),
            ("identity.assignments", ASSIGNED, assigned(tenant, user).count(conn).await?),
        ]);
        let sent = sent_by(tenant, user).count(conn).await?;
        found.push(("identity.sent_invitations", INVITING, sent));
    }
    let fate = |name| if name == "identity.sent_invitations" { Fate::Anonymised } else { Fate::Erased };
    let held = found.into_iter().map(|(name, about, count)| Holding { name, about, count, fate: fate(name) });
    Ok(held.filter(|holding| holding.count > 0).collect())
}

/// Whether the agency would be left without an owner.
///
/// # Errors
/// If the database does not answer.
pub async fn obstacles(conn: &impl ConnectionTrait, subject: &DataSubject) -> Result<Vec<Obstacle>> {
    let Some(user) = subject.user else { return Ok(Vec::new()) };
    let last = role::is_last_owner(conn, subject.tenant, user).await?;
    Ok(Obstacle::of(LAST_OWNER, u64::from(last)).into_iter().collect())
}

/// Locks the person's membership: what points to it waits until the act ends, and finds it gone.
///
/// # Errors
/// FORBIDDEN for an owner unless an owner asks.
pub async fn hold(act: &Act, subject: &DataSubject) -> Result<()> {
    let Some(user) = subject.user else { return Ok(()) };
    let theirs = members::Entity::of_tenant(subject.tenant).filter(members::Column::UserId.eq(user));
    let Some(member) = theirs.lock(LockType::Update).one(act.conn()).await? else { return Ok(()) };
    let asks = act.viewer().user_id();
    let owner = role::is_owner(act.conn(), act.viewer(), member.user_id).await?;
    let by_owner = match asks {
        Some(asks) if owner => role::is_owner(act.conn(), act.viewer(), asks).await?,
        _ => !owner,
    };
    if by_owner { Ok(()) } else { Err(Error::Forbidden(ABOVE.into())) }
}

/// Erases what identity holds of a person; answers what there was.
///
/// # Errors
/// CONFLICT for the last owner.
pub async fn erase(act: &mut Act, identity: &Identity, subject: &DataSubject) -> Result<Vec<Holding>> {
    let found = holdings(act.conn(), subject).await?;
    mail::forget(act, identity, &subject.emails).await?;
    let received = invited(subject).all(act.conn()).await?;
    act.delete_all(received).await?;
    let Some(id) = subject.user else { return Ok(found) };
    let Some(membership) = membership::find(act.conn(), subject.tenant, id).await? else { return Ok(found) };
    let heir = user::in_person_or_key(act.viewer())?;
    let person = user::fetch(act.conn(), id).await?;
    user::clear(act, id, heir).await?;
    act.delete(membership).await?;
    role::keep_an_owner(act).await?;
    user::forget(act, person).await?;
    Ok(found)
}

/// Invitations to the person, by their ids and by the addresses they went to.
fn invited(subject: &DataSubject) -> Select<invitations::Entity> {
    let theirs = Condition::any()
        .add(invitations::Column::Id.is_in(subject.ids.iter().copied()))
        .add(invitations::Column::Email.is_in(subject.emails.iter().map(String::as_str)));
    invitations::Entity::of_tenant(subject.tenant).filter(theirs)
}

fn sent_by(tenant: TenantId, user: UserId) -> Select<invitations::Entity> {
    invitations::Entity::of_tenant(tenant).filter(invitations::Column::InvitedBy.eq(user))
}

fn sessions_of(tenant: TenantId, user: UserId) -> Select<sessions::Entity> {
    sessions::Entity::of_tenant(tenant).filter(sessions::Column::UserId.eq(user))
}

fn keys_of(tenant: TenantId, user: UserId) -> Select<keys::Entity> {
    keys::Entity::of_tenant(tenant).filter(keys::Column::UserId.eq(user))
}

fn tokens_of(tenant: TenantId, user: UserId) -> Select<tokens::Entity> {
    token::of_user(user).filter(tokens::Column::TenantId.eq(tenant))
}

fn assigned(tenant: TenantId, user: UserId) -> Select<assignment::Entity> {
    assignment::Entity::of_tenant(tenant).filter(assignment::Column::UserId.eq(user))
}
