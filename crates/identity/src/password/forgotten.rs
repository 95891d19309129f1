//! Forgotten passwords: a link by mail, and the new password it allows.

use chrono::Duration;
use kernel::{
    Result,
    act::{Outcome, Severity},
    db::Db,
    id::TenantId,
    scalar::EmailAddress,
    viewer::Viewer,
};
use platform::{cache::Quota, crypto::token::hash as hashed};
use secrecy::SecretString;
use serde_json::{Map, json};

use super::NewPassword;
use crate::{
    mail::{self, Kind, Letter, Request},
    membership::{self, MembershipStatus},
    registration::{confirm, place},
    service::Identity,
    session::{self, EndReason},
    tenant::{self, lifecycle},
    token::{self, Purpose},
    user,
};

/// Mails asked for from one place, and for one address: three an hour each.
const REQUESTS: Quota = Quota::new(3, std::time::Duration::from_secs(3_600));

/// Asks for a link to choose a new password. The answer and the time it takes are the same for every address.
///
/// # Errors
/// LIMITED after three in an hour, from one place or for one address.
pub async fn request(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    tenant: &str,
    email: &EmailAddress,
) -> Result<()> {
    identity.limit("reset_password", &place(viewer), REQUESTS).await?;
    // Reason: hashed, so that no address is in the shared cache.
    identity.limit("reset_password_of", &hashed(email.as_str()), REQUESTS).await?;
    let Some(tenant) = tenant::find_by_name(db, tenant).await? else { return Ok(()) };
    let entering = viewer.entering(tenant::info(&tenant));
    entering
        .act(db, "identity.password.request_reset", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            act.note("User", None, None, Map::new());
            mail::enqueue_request(act, identity, Request::ResetPassword, email)
        })
        .await
}

/// The mail with the link, if the address is of somebody who belongs to the tenant; earlier links end.
///
/// # Errors
/// If the database does not answer.
pub async fn letter(
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
    let belongs = member.is_some_and(|member| member.status != MembershipStatus::Deactivated.as_str());
    if !belongs || tenant::ensure_active(&tenant).is_err() {
        return Ok(None);
    }
    let minutes = identity.config.reset_password_minutes;
    let system = lifecycle::system(&tenant, identity.clock.clone(), identity.ids.clone());
    system
        .act(db, "identity.password.send_reset", async |act| {
            token::revoke(act, person.id, &[Purpose::ResetPassword]).await?;
            let (payload, ttl) = (json!({ "email": person.email }), Duration::minutes(minutes.into()));
            let secret = token::issue(act, person.id, Purpose::ResetPassword, payload, ttl).await?;
            let link = identity.config.link("reset-password", secret.expose());
            let context = json!({ "tenant": tenant.name, "link": link, "minutes": minutes });
            Ok(Some(Letter::to_user(Kind::PasswordReset, &person, context)))
        })
        .await
}

/// Sets a new password by the token that was mailed, and ends every session of the person. The mail also proves the
/// address.
///
/// # Errors
/// INVALID for a token that is wrong, used or too old or a password that breaks a rule; the token then still works.
pub async fn reset(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    text: &str,
    password: SecretString,
) -> Result<()> {
    let found = token::find(db, text, &[Purpose::ResetPassword], viewer.now).await?;
    let tenant = tenant::fetch(db, found.tenant_id).await?;
    tenant::ensure_active(&tenant)?;
    let person = user::fetch(db, found.user_id).await?;
    let known = [person.email.as_str(), &person.given_name, &person.family_name, &tenant.name];
    let (language, user) = (viewer.language(), Some(person.id));
    let wanted = NewPassword { password: &password, known: &known, user, path: "password", language };
    let hash = super::prepare(identity, db, wanted).await?;
    let entering = viewer.entering(tenant::info(&tenant));
    let ended = entering
        .act(db, "identity.password.reset", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let token = token::take(act, text, &[Purpose::ResetPassword]).await?;
            let before = user::fetch(act.conn(), token.user_id).await?;
            if token.payload["email"] != json!(before.email) {
                return Err(kernel::Error::field("token", token::INVALID));
            }
            let proved = before.email_verified_at.or(Some(act.now()));
            let person = act
                .update(&before, user::entity::Model { email_verified_at: proved, ..before.clone() })
                .await?;
            let person = super::set(act, identity, &person, hash.clone()).await?;
            // Reason: links that were sent before might set what the person has just chosen aside.
            token::revoke(act, person.id, Purpose::ALL).await?;
            confirm::activate(act, &person).await?;
            mail::enqueue(act, identity, super::changed_letter(identity, &tenant, &person, act.now()))?;
            session::end_all(act, person.id, None, EndReason::PasswordChanged).await
        })
        .await?;
    identity.forget_sessions(&ended);
    identity.forget(tenant.id, Some(person.id));
    Ok(())
}
