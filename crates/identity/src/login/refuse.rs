//! A login that fails: counted, written down, and answered as every other.

use chrono::{DateTime, Utc};
use kernel::{
    Error, Result,
    act::{Act, Event, Outcome, Severity},
    db::{Db, Transaction},
    id::{TenantId, TypedId as _, UserId},
    scalar::EmailAddress,
    viewer::Viewer,
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    LOGIN,
    lock::Attempts,
    rules::{Cause, Facts, masked},
    says::WRONG_CREDENTIALS,
    store, throttle,
};
use crate::{
    Identity,
    mail::{self, Kind, Letter},
    tenant,
    user::entity as user,
};

/// The one answer.
pub(super) fn wrong_credentials() -> Error {
    Error::Unauthenticated(WRONG_CREDENTIALS.into())
}

/// Counts and records a failed login. The entry is in the trail of the tenant that was named or, without one, of the
/// person's oldest; without either there is no trail to write to.
pub(super) async fn refuse(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    email: &EmailAddress,
    facts: &Facts,
    cause: Cause,
) -> Result<()> {
    throttle::count_failure(identity, viewer.request.ip).await;
    let home =
        facts.memberships.first().map_or_else(|| TenantId::from_uuid(Uuid::nil()), |one| one.tenant_id);
    let of_home;
    let tenant = match &facts.tenant {
        Some(tenant) => Some(tenant),
        None => {
            of_home = tenant::find(db, home).await?;
            of_home.as_ref()
        }
    };
    let id = facts.user.as_ref().map_or_else(store::nobody, |user| user.id);
    let Some(tenant) = tenant else {
        let tx = db.begin().await?;
        let (_, after) = count(identity, &tx, id, facts, cause, viewer.clock.now()).await?;
        // Reason: these stand for the entry, which a known person leaves in the trail of their own tenant, and for the
        // look at the key that seals it.
        store::write_attempts(&tx, id, after).await?;
        store::lock_attempts(&tx, id).await?;
        return Ok(tx.commit().await?);
    };
    let entering = viewer.entering(tenant::info(tenant));
    entering
        .act(db, LOGIN, async |act| {
            let (before, after) = count(identity, act.conn(), id, facts, cause, act.now()).await?;
            let suspicious = after.is_locked(None, act.now());
            act.mark(Outcome::Failure, if suspicious { Severity::Warning } else { Severity::Notice });
            let member = facts.memberships.iter().any(|one| one.tenant_id == act.viewer().tenant_id());
            let subject = facts.user.as_ref().filter(|_| member);
            let mut details = Map::from_iter([("reason".to_owned(), json!(cause.as_str()))]);
            if subject.is_none() {
                details.insert("email".to_owned(), json!(masked(email.as_str())));
            }
            act.note("User", subject.map(|user| user.id.uuid()), None, details);
            match (&facts.user, after.locked_until) {
                (Some(user), Some(until)) if before.locked_until != after.locked_until => {
                    locked(act, identity, user, &tenant.name, until)
                }
                _ => Ok(()),
            }
        })
        .await
}

/// Counts a wrong password; other causes leave the counters as they are. The same statements run for everybody.
async fn count(
    identity: &Identity,
    tx: &Transaction,
    id: UserId,
    facts: &Facts,
    cause: Cause,
    now: DateTime<Utc>,
) -> Result<(Attempts, Attempts)> {
    let before = store::lock_attempts(tx, id).await?;
    let after = match cause {
        Cause::WrongPassword => before.after_failure(&identity.config.lockout, facts.lifted(), now),
        _ => before,
    };
    store::write_attempts(tx, id, after).await?;
    Ok((before, after))
}

/// The person was locked out by this failure: an entry, an event and a mail.
fn locked(
    act: &mut Act,
    identity: &Identity,
    user: &user::Model,
    tenant: &str,
    until: DateTime<Utc>,
) -> Result<()> {
    let details = Map::from_iter([("locked_until".to_owned(), json!([null, until]))]);
    act.note("User", Some(user.id.uuid()), None, details);
    act.record(Event {
        kind: "identity.user.locked",
        subject_type: "User",
        subject_id: user.id.uuid(),
        payload: json!({ "until": until }),
    });
    let ip = act.viewer().request.ip.map_or_else(|| "?".to_owned(), |ip| ip.to_string());
    let minutes = (until - act.now()).num_minutes();
    let link = super::new_password_page(identity);
    let context = json!({ "tenant": tenant, "link": link, "minutes": minutes, "ip": ip });
    mail::enqueue(act, identity, Letter::to_user(Kind::AccountLocked, user, context))
}
