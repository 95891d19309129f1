//! Accepting an invitation: as somebody new, or as somebody with an account who proves to be it.

use kernel::{
    Error, Fields, Result,
    act::{Act, Outcome, Severity},
    db::Db,
    locale::{Locale, TimeZone},
    text::{self, REQUIRED},
    viewer::Viewer,
};
use platform::cache::Quota;
use sea_orm::{ColumnTrait, QueryFilter};
use secrecy::SecretString;
use std::time::Duration;

use super::{entity::Model, find_by_token, invite::ALREADY_MEMBER, lock, roles_of, rules};
use crate::{
    mail,
    membership::{self, MembershipStatus, entity as members},
    password::{self, NewPassword},
    registration::confirm,
    role::{self, held},
    service::Identity,
    tenant::{self, entity as tenants, limits},
    token::{self, Purpose},
    user::{self, entity},
};

/// Wrong passwords at one invitation: five in a quarter of an hour.
const TRIES: Quota = Quota::new(5, Duration::from_secs(900));

/// What the invited person says.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The token in the mail.
    pub token: String,
    /// The password of their account, or the one they choose; not needed if they are signed in.
    pub password: Option<SecretString>,
    /// Given name; the inviter's word without one.
    pub given_name: Option<String>,
    /// Family name; the inviter's word without one.
    pub family_name: Option<String>,
}

/// An invitation with what surrounds it.
pub struct Found {
    /// The invitation.
    pub invitation: Model,
    /// The tenant.
    pub tenant: tenants::Model,
    /// Who has the address already, if they proved that it is theirs.
    pub known: Option<entity::Model>,
    /// Who has the address without ever having proved it.
    unproved: Option<entity::Model>,
}

/// The invitation of a token, if it can be accepted.
///
/// # Errors
/// INVALID for a token that is wrong, used, taken back or too old, FORBIDDEN if the agency is suspended.
pub async fn find(viewer: &Viewer, db: &Db, text: &str) -> Result<Found> {
    let invitation = rules::acceptable(find_by_token(db, text).await?, viewer.now)?;
    let tenant = tenant::fetch(db, invitation.tenant_id).await?;
    tenant::ensure_active(&tenant)?;
    let user = user::find_by_email(db, &invitation.email).await?;
    let (known, unproved) = match user {
        Some(user) if user.email_verified_at.is_some() => (Some(user), None),
        user => (None, user),
    };
    Ok(Found { invitation, tenant, known, unproved })
}

/// Accepts an invitation. The mail proves the address of somebody new; somebody with an account gives its password or
/// is signed in to it.
///
/// # Errors
/// As [`find`]; INVALID for names or password, CONFLICT if they belong to the agency already, LIMITED by the plan.
pub async fn accept(viewer: &Viewer, db: &Db, identity: &Identity, said: Acceptance) -> Result<Found> {
    let found = find(viewer, db, &said.token).await?;
    let newcomer = match &found.known {
        Some(known) => {
            prove(viewer, identity, known, &found, said.password).await?;
            None
        }
        None => Some(newcomer(viewer, db, identity, &found, said).await?),
    };
    let entering = viewer.entering(tenant::info(&found.tenant));
    let person = entering
        .act(db, "identity.invitation.accept", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let row = lock(act, found.invitation.id).await?;
            let row = rules::acceptable(Some(row), act.now())?;
            let person = person(act, identity, &found, newcomer.clone()).await?;
            let member = place(act, &found.tenant, &row, &person).await?;
            let given = roles_of(row.tenant_id, &[row.id]).all(act.conn()).await?;
            let ids: Vec<_> = given.iter().map(|role| role.role_id).collect();
            let roles = role::pick(act, &ids).await?;
            role::weigh(act, &roles);
            role::assign_in(act, &identity.catalogue, &[member], &roles, None).await?;
            let accepted = Model { accepted_at: Some(act.now()), ..row.clone() };
            act.update(&row, accepted).await?;
            mail::enqueue(act, identity, confirm::welcome(identity, &found.tenant, &person))?;
            Ok(person)
        })
        .await?;
    identity.forget(found.tenant.id, Some(person.id));
    Ok(found)
}

/// Errs unless the viewer is signed in as `known`, or gave their password.
async fn prove(
    viewer: &Viewer,
    identity: &Identity,
    known: &entity::Model,
    found: &Found,
    password: Option<SecretString>,
) -> Result<()> {
    if user::in_person(viewer).ok() == Some(known.id) {
        return Ok(());
    }
    let password = password.ok_or_else(|| Error::field("password", REQUIRED))?;
    identity.limit("accept_invitation", &found.invitation.id.to_string(), TRIES).await?;
    if password::is_right(identity, password, Some(known)).await? {
        Ok(())
    } else {
        Err(Error::field("password", password::WRONG))
    }
}

/// Checks what somebody new says of themselves.
async fn newcomer(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    found: &Found,
    said: Acceptance,
) -> Result<user::NewUser> {
    let Acceptance { token: _, password, given_name, family_name } = said;
    let given_name = given_name.or_else(|| found.invitation.given_name.clone()).unwrap_or_default();
    let family_name = family_name.or_else(|| found.invitation.family_name.clone()).unwrap_or_default();
    let mut fields = Fields::new();
    let given = fields.take(text::name(&given_name, "givenName"));
    let family = fields.take(text::name(&family_name, "familyName"));
    fields.require(password.is_some(), "password", REQUIRED);
    fields.check()?;
    let (Some(given_name), Some(family_name), Some(password)) = (given, family, password) else {
        return Err(Error::internal("checked fields have values"));
    };
    let email = found.invitation.email.clone();
    let known = [email.as_str(), &given_name, &family_name, &found.tenant.name];
    let language = viewer.language();
    let wanted = NewPassword { password: &password, known: &known, user: None, path: "password", language };
    let hash = password::prepare(identity, db, wanted).await?;
    Ok(user::NewUser {
        email,
        verified: true,
        given_name,
        family_name,
        locale: Locale::from(language),
        time_zone: TimeZone::default(),
        password_hash: Some(hash),
    })
}

/// The person who accepts: known, new, or an account that nobody proved to own and that is theirs from now on.
async fn person(
    act: &mut Act,
    identity: &Identity,
    found: &Found,
    newcomer: Option<user::NewUser>,
) -> Result<entity::Model> {
    let new = match (newcomer, &found.known) {
        (Some(new), _) => new,
        (None, Some(known)) => return Ok(known.clone()),
        (None, None) => return Err(Error::internal("somebody accepts an invitation")),
    };
    let Some(before) = &found.unproved else { return user::insert(act, identity, new).await };
    let mut after = before.clone();
    after.email_verified_at = Some(act.now());
    after.given_name = new.given_name;
    after.family_name = new.family_name;
    after.locale = new.locale;
    let after = act.update(before, after).await?;
    token::revoke(act, after.id, &[Purpose::VerifyEmail, Purpose::ResetPassword]).await?;
    match new.password_hash {
        Some(hash) => password::set(act, identity, &after, hash).await,
        None => Ok(after),
    }
}

/// Their active membership: a new one, or one that waited to be confirmed.
async fn place(
    act: &mut Act,
    tenant: &tenants::Model,
    invitation: &Model,
    person: &entity::Model,
) -> Result<members::Model> {
    let Some(member) = membership::find(act.conn(), tenant.id, person.id).await? else {
        limits::check_users(act, tenant, 1).await?;
        return membership::join(act, person.id, invitation.account_id, MembershipStatus::Active).await;
    };
    if member.status != MembershipStatus::Pending.as_str() {
        return Err(Error::conflict(ALREADY_MEMBER));
    }
    limits::check_users(act, tenant, 1).await?;
    // Reason: registering by oneself may have promised roles of staff, and the invitation may be a client's.
    let promised = role::held_in(tenant.id).filter(held::Column::MembershipId.eq(member.id));
    let promised = promised.all(act.conn()).await?;
    act.delete_all(promised).await?;
    let status = MembershipStatus::Active.as_str().to_owned();
    let active = members::Model { status, account_id: invitation.account_id, ..member.clone() };
    act.update(&member, active).await
}
