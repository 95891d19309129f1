//! A login that succeeds: counters reset, device remembered, session begun.

use chrono::{DateTime, Utc};
use kernel::{
    Result,
    act::{Act, Outcome, Severity},
    db::Db,
    id::SessionId,
    viewer::Viewer,
};
use platform::crypto::password::Verified;
use secrecy::SecretString;
use serde_json::json;

use super::{
    LOGIN, SignedIn, Wanted,
    lock::Attempts,
    refuse::wrong_credentials,
    rules::{Cause, attempts},
    store,
};
use crate::{
    Identity,
    mail::{self, Kind, Letter},
    session::{self, Begun, Cookies, Delivery, Device, NewSession},
    tenant::entity as tenant,
    user::entity as user,
};

/// Somebody who proved to be who they say, at the door of a tenant that lets them in.
pub(super) struct Entering<'a> {
    /// The person.
    pub user: &'a user::Model,
    /// The tenant.
    pub tenant: &'a tenant::Model,
    /// What the password's check said.
    pub verified: Verified,
    /// End of the lock-out that was lifted for the tenant.
    pub lifted: Option<DateTime<Utc>>,
}

/// Begins the session of a login; or says why not after all, if the person was locked out or got another password while
/// theirs was checked.
pub(super) async fn enter(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    wanted: &Wanted<'_>,
    entering: Entering<'_>,
) -> Result<Result<SignedIn, Cause>> {
    let Entering { user, tenant, verified, lifted } = entering;
    // Reason: the membership was just read; what was remembered of it may be older.
    identity.forget(tenant.id, Some(user.id));
    let principal = identity.principal(db, tenant.id, user.id).await?.ok_or_else(wrong_credentials)?;
    let id: SessionId = identity.ids.generate();
    let (device, mark) = device(viewer, wanted);
    let better = better_hash(identity, user, verified, wanted.password.clone()).await?;
    let owner = principal.viewer(identity, Some(id), viewer.request.clone());
    let begun = owner
        .act(db, LOGIN, async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let (held, password_changed_at) = store::lock_password(act.conn(), user.id).await?;
            if held.is_locked(lifted, act.now()) {
                return Ok(Err(Cause::Locked));
            }
            // Race: whoever replaces a stolen password ends all sessions; none may begin with the old one after that.
            if password_changed_at != user.password_changed_at {
                return Ok(Err(Cause::WrongPassword));
            }
            if attempts(user) != Attempts::default() {
                store::write_attempts(act.conn(), user.id, Attempts::default()).await?;
            }
            if let Some((old, new)) = &better {
                store::replace_hash(act.conn(), user.id, old, new).await?;
            }
            if store::remember_device(act, user.id, &device).await? {
                tell_of_device(act, identity, user, &tenant.name, &device)?;
            }
            let new = NewSession {
                id,
                user: user.id,
                device: device.clone(),
                remember: wanted.remember,
                delivery: wanted.delivery,
            };
            Ok(Ok(session::start(act, &identity.config, new).await?))
        })
        .await?;
    let begun: Begun = match begun {
        Ok(begun) => begun,
        Err(cause) => return Ok(Err(cause)),
    };
    if let (Some(cookies), Some(mark)) = (wanted.cookies, mark) {
        cookies.set_device(&identity.config, &mark);
    }
    let handed = session::hand_out(identity, db, &begun, wanted.delivery, wanted.cookies).await?;
    Ok(Ok(SignedIn { viewer: owner, handed }))
}

/// The device of the request and, for a browser, the mark it is to keep.
fn device(viewer: &Viewer, wanted: &Wanted<'_>) -> (Device, Option<String>) {
    let mark = match wanted.delivery {
        Delivery::Cookie => {
            let known = wanted.cookies.and_then(Cookies::device).map(str::to_owned);
            Some(known.unwrap_or_else(session::new_mark))
        }
        Delivery::Body => None,
    };
    (Device::of(&viewer.request, wanted.device_name, mark.as_deref()), mark)
}

/// The stored hash and the one to take its place, where the parameters have changed since.
async fn better_hash(
    identity: &Identity,
    user: &user::Model,
    verified: Verified,
    password: SecretString,
) -> Result<Option<(String, String)>> {
    match &user.password_hash {
        Some(old) if verified.needs_rehash => Ok(Some((old.clone(), identity.hasher.hash(password).await?))),
        _ => Ok(None),
    }
}

fn tell_of_device(
    act: &mut Act,
    identity: &Identity,
    user: &user::Model,
    tenant: &str,
    device: &Device,
) -> Result<()> {
    let when = mail::moment(act.now(), user.time_zone, user.locale.language());
    let context = json!({
        "tenant": tenant,
        "link": super::new_password_page(identity),
        "device": device.label,
        "ip": device.ip,
        "when": when,
    });
    mail::enqueue(act, identity, Letter::to_user(Kind::NewDeviceLogin, user, context))
}
