//! From one tenant to another without a new password; and an administrator's key to a locked account.

use kernel::{
    Error, Result,
    act::{Outcome, Severity},
    db::Db,
    id::{SessionId, UserId},
    policy::Guarded as _,
    viewer::Viewer,
};

use super::{SignedIn, rules::password_expired, says::PASSWORD_EXPIRED, store};
use crate::{
    Identity,
    policy::USER_WRITE,
    session::{self, Cookies, Delivery, Device, NewSession},
    tenant,
    user::{self, entity as people},
};

/// Begins a session of the same person in another tenant. In a browser it takes the place of the present one, whose
/// token the cookie can no longer hold; programs may keep both.
///
/// # Errors
/// NOT_FOUND for a tenant that does not exist or that the person is not in; FORBIDDEN if it is suspended, or asks for a
/// newer password.
pub(super) async fn switch(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    name: &str,
    delivery: Delivery,
    cookies: Option<&Cookies>,
) -> Result<SignedIn> {
    let (user, from) = (viewer.signed_in()?, viewer.session.ok_or_else(Error::unauthenticated)?);
    session::check_delivery(delivery, cookies)?;
    let missing = || Error::not_found("Tenant", name);
    let target = store::find_tenant(db, name).await?.ok_or_else(missing)?;
    let principal = identity.principal(db, target.id, user).await?.ok_or_else(missing)?;
    if principal.membership_status != "active" {
        return Err(missing());
    }
    tenant::ensure_active(&target)?;
    let person = user::find(db, user).await?.ok_or_else(Error::unauthenticated)?;
    if password_expired(&target, &person, viewer.clock.now()) {
        return Err(Error::Forbidden(PASSWORD_EXPIRED.into()));
    }
    let present =
        session::find_living(db, from, viewer.clock.now()).await?.ok_or_else(Error::unauthenticated)?;
    let device = Device::again(&present, &viewer.request);
    let id: SessionId = identity.ids.generate();
    let owner = principal.viewer(identity, Some(id), viewer.request.clone());
    let begun = owner
        .act(db, "identity.session.switch", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            store::lock_attempts(act.conn(), user).await?;
            let new = NewSession { id, user, device: device.clone(), remember: present.remember };
            session::start(act, &identity.config, new).await
        })
        .await?;
    if delivery == Delivery::Cookie {
        session::end_switched(identity, db, viewer, from).await?;
    }
    let handed = session::hand_out(identity, db, &begun, delivery, cookies).await?;
    Ok(SignedIn { viewer: owner, handed })
}

/// Lets a locked-out person try again at once.
pub async fn unlock(db: &Db, viewer: &Viewer, id: UserId) -> Result<people::Model> {
    viewer.require(USER_WRITE)?;
    viewer
        .act(db, "identity.user.unlock", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = people::Entity::fetch_to(act.conn(), viewer, USER_WRITE, id).await?;
            let mut after = before.clone();
            after.failed_logins = 0;
            after.lock_count = 0;
            after.locked_until = None;
            act.update(&before, after).await
        })
        .await
}
