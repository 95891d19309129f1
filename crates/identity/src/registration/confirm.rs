//! Following the link of a verification mail, saying that one asked for nothing, and asking for another.
//!
//! A link alone proves that somebody reads the address, not that they chose the password that was said with it: whoever
//! registers with another's address and waits for the owner to follow the link would have the key to an account that
//! counts as the owner's. So the letter says what following it means, its page asks for the password as well, and who
//! does not know it can say that it was not them.

use kernel::{
    Error, Result,
    act::{Act, Outcome, Severity},
    db::Db,
    id::TenantId,
    locale::Locale,
    scalar::EmailAddress,
    viewer::Viewer,
};
use platform::cache::Quota;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, json};
use std::time::Duration;

use super::{apply::verification, lifetime, place};
use crate::{
    mail::{self, Kind, Letter, Request},
    membership::{self, MembershipStatus},
    password,
    service::Identity,
    tenant::{self, entity as tenants, lifecycle, limits},
    token::{self, Purpose},
    user::{self, entity},
};

/// Verification mails asked for from one place: three an hour.
const RESENDS: Quota = Quota::new(3, Duration::from_secs(3_600));

/// Wrong passwords at one link: five in a quarter of an hour.
const TRIES: Quota = Quota::new(5, Duration::from_secs(900));

/// What a verification token makes true.
#[derive(Debug, Deserialize)]
struct Claim {
    email: EmailAddress,
    password_hash: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    locale: Option<Locale>,
}

/// Somebody whose address is verified, and where they can sign in now.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Their address.
    pub email: EmailAddress,
    /// The tenant.
    pub tenant: tenants::Model,
}

/// Verifies an address by the token that was sent there: the person can sign in from now on. With `password`, only if
/// it is the one that was chosen when they registered, or that of the account they have.
///
/// # Errors
/// INVALID for a token that is wrong, used or too old or for another password, FORBIDDEN if the agency is suspended,
/// LIMITED after five wrong passwords.
pub async fn verify(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    text: &str,
    password: Option<SecretString>,
) -> Result<Verified> {
    let found = token::find(db, text, &[Purpose::VerifyEmail], viewer.now).await?;
    let tenant = tenant::fetch(db, found.tenant_id).await?;
    tenant::ensure_active(&tenant)?;
    if let Some(password) = password {
        prove(db, identity, &found, password).await?;
    }
    let entering = viewer.entering(tenant::info(&tenant));
    let person = entering
        .act(db, "identity.user.verify_email", async |act| {
            let token = token::take(act, text, &[Purpose::VerifyEmail]).await?;
            let claim: Claim = serde_json::from_value(token.payload)?;
            let person = user::fetch(act.conn(), token.user_id).await?;
            let person = fulfil(act, identity, person, claim).await?;
            activate(act, &person).await?;
            mail::enqueue(act, identity, welcome(identity, &tenant, &person))?;
            Ok(person)
        })
        .await?;
    identity.forget(tenant.id, Some(person.id));
    Ok(Verified { email: person.email, tenant })
}

/// Errs unless `password` is the one that the person will have once the token was used.
async fn prove(
    db: &Db,
    identity: &Identity,
    token: &token::entity::Model,
    password: SecretString,
) -> Result<()> {
    identity.limit("verify_email", &token.id.to_string(), TRIES).await?;
    let claim: Claim = serde_json::from_value(token.payload.clone())?;
    let mut person = user::fetch(db, token.user_id).await?;
    if person.email_verified_at.is_none() {
        person.password_hash = claim.password_hash.or(person.password_hash);
    }
    if password::is_right(identity, password, Some(&person)).await? {
        Ok(())
    } else {
        Err(Error::field("password", password::WRONG))
    }
}

/// Somebody who got a verification mail says that they asked for nothing: the link ends, and so does what was said with
/// it. An account whose address nobody proved loses its password and every other link to it, and goes altogether if it
/// belongs nowhere else; an agency that was signed up with it stays without anybody who could sign in.
///
/// # Errors
/// INVALID for a token that is wrong, used or too old.
pub async fn disown(viewer: &Viewer, db: &Db, identity: &Identity, text: &str) -> Result<EmailAddress> {
    let found = token::find(db, text, &[Purpose::VerifyEmail], viewer.now).await?;
    let tenant = tenant::fetch(db, found.tenant_id).await?;
    let person = viewer
        .entering(tenant::info(&tenant))
        .act(db, "identity.user.disown_registration", async |act| {
            act.mark(Outcome::Success, Severity::Warning);
            let token = token::take(act, text, &[Purpose::VerifyEmail]).await?;
            let claim: Claim = serde_json::from_value(token.payload)?;
            let person = user::fetch(act.conn(), token.user_id).await?;
            if claim.email != person.email {
                return Err(Error::field("token", token::INVALID));
            }
            let person = if person.email_verified_at.is_none() {
                token::revoke(act, person.id, Purpose::ALL).await?;
                password::take_away(act, &person).await?
            } else {
                person
            };
            withdraw(act, person.clone()).await?;
            Ok(person)
        })
        .await?;
    identity.forget(tenant.id, Some(person.id));
    Ok(person.email)
}

/// Takes a pending membership back, unless it is the only one: an agency that was signed up keeps its row of an owner.
async fn withdraw(act: &mut Act, person: entity::Model) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let member = membership::find(act.conn(), tenant, person.id).await?;
    let pending = member.filter(|member| member.status == MembershipStatus::Pending.as_str());
    let Some(member) = pending else { return Ok(()) };
    if !membership::has_others(act.conn(), &member).await? {
        return Ok(());
    }
    act.delete(member).await?;
    if person.email_verified_at.is_none() { user::forget(act, person).await } else { Ok(()) }
}

/// Makes true what the token says of a person, unless they moved to another address since.
async fn fulfil(
    act: &mut Act,
    identity: &Identity,
    person: entity::Model,
    claim: Claim,
) -> Result<entity::Model> {
    if claim.email != person.email {
        return Err(Error::field("token", token::INVALID));
    }
    if person.email_verified_at.is_some() {
        return Ok(person);
    }
    let mut verified = person.clone();
    verified.email_verified_at = Some(act.now());
    verified.given_name = claim.given_name.unwrap_or(verified.given_name);
    verified.family_name = claim.family_name.unwrap_or(verified.family_name);
    verified.locale = claim.locale.unwrap_or(verified.locale);
    let verified = act.update(&person, verified).await?;
    match claim.password_hash {
        Some(hash) => password::set(act, identity, &verified, hash).await,
        None => Ok(verified),
    }
}

/// Makes a pending membership active.
///
/// # Errors
/// LIMITED if the tenant has no room: it was counted when they registered, but only who confirms takes a place.
pub(crate) async fn activate(act: &mut Act, person: &entity::Model) -> Result<()> {
    let member = membership::find(act.conn(), act.viewer().tenant_id(), person.id).await?;
    let member = member.ok_or_else(|| Error::field("token", token::INVALID))?;
    if member.status == MembershipStatus::Pending.as_str() {
        let tenant = tenant::fetch(act.conn(), member.tenant_id).await?;
        limits::check_users(act, &tenant, 1).await?;
        membership::set_status(act, &member, MembershipStatus::Active).await?;
    }
    Ok(())
}

/// Asks for another verification mail. The answer and the time it takes are the same for every address.
///
/// # Errors
/// LIMITED after three from one place in an hour.
pub async fn resend(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    tenant: &str,
    email: &EmailAddress,
) -> Result<()> {
    identity.limit("resend_verification", &place(viewer), RESENDS).await?;
    let Some(tenant) = tenant::find_by_name(db, tenant).await? else { return Ok(()) };
    let entering = viewer.entering(tenant::info(&tenant));
    entering
        .act(db, "identity.user.resend_verification", async |act| {
            act.note("User", None, None, Map::new());
            mail::enqueue_request(act, identity, Request::VerifyAgain, email)
        })
        .await
}

/// The mail with a new verification link, if the address waits for one; the earlier link ends.
///
/// # Errors
/// If the database does not answer.
pub async fn verify_again(
    identity: &Identity,
    db: &Db,
    tenant: TenantId,
    email: &EmailAddress,
) -> Result<Option<Letter>> {
    let (Some(tenant), Some(person)) =
        (tenant::find(db, tenant).await?, user::find_by_email(db, email).await?)
    else {
        return Ok(None);
    };
    let member = membership::find(db, tenant.id, person.id).await?;
    let waits = member.is_some_and(|member| member.status == MembershipStatus::Pending.as_str());
    if !waits || tenant::ensure_active(&tenant).is_err() {
        return Ok(None);
    }
    let system = lifecycle::system(&tenant, identity.clock.clone(), identity.ids.clone());
    system
        .act(db, "identity.user.resend_verification", async |act| {
            // Reason: the new link makes true what the last one would have, which may be a password and a name.
            let last = token::latest_in_tenant(act, person.id, Purpose::VerifyEmail).await?;
            let payload = last.map_or_else(|| json!({ "email": person.email }), |token| token.payload);
            token::revoke_in_tenant(act, person.id, &[Purpose::VerifyEmail]).await?;
            let secret =
                token::issue(act, person.id, Purpose::VerifyEmail, payload, lifetime(identity)).await?;
            let known = person.email_verified_at.is_some();
            let kind = if known { Kind::JoinExisting } else { Kind::VerifyEmail };
            Ok(Some(verification(identity, &tenant, &person, kind, &secret)))
        })
        .await
}

/// The letter that says that the account is ready.
pub(crate) fn welcome(identity: &Identity, tenant: &tenants::Model, person: &entity::Model) -> Letter {
    let link = format!("{}/login", identity.config.public_url.trim_end_matches('/'));
    Letter::to_user(Kind::Welcome, person, json!({ "tenant": tenant.name, "link": link }))
}
