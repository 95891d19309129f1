//! From one tenant to another without a new password.

use kernel::{
    Error, Result,
    act::{Outcome, Severity},
    db::Db,
    id::SessionId,
    viewer::Viewer,
};

use super::{SignedIn, rules::password_expired, says::PASSWORD_EXPIRED, store};
use crate::{
    Identity,
    session::{self, Cookies, Delivery, Device, NewSession},
    tenant, user,
};

/// Begins a session of the same person in another tenant. In a browser it takes the place of the present one, whose
/// token the cookie can no longer hold; programs may keep both. Without `delivery` it is the present session's.
///
/// # Errors
/// INVALID of the field `delivery` where the token of a session in a cookie is to be handed to scripts; NOT_FOUND for a tenant that does not exist or that the person is not in; FORBIDDEN if it is suspended, or asks for a
/// newer password.
pub(super) async fn switch(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    name: &str,
    delivery: Option<Delivery>,
    cookies: Option<&Cookies>,
) -> Result<SignedIn> {
    let (user, from) = (viewer.signed_in()?, viewer.session.ok_or_else(Error::unauthenticated)?);
    let present =
        session::find_living(db, from, viewer.clock.now()).await?.ok_or_else(Error::unauthenticated)?;
    let delivery = delivery.unwrap_or_else(|| Delivery::of(&present));
    session::check_stays(&present, delivery)?;
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
    let device = Device::again(&present, &viewer.request);
    let id: SessionId = identity.ids.generate();
    let owner = principal.viewer(identity, Some(id), viewer.request.clone());
    let begun = owner
        .act(db, "identity.session.switch", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            store::lock_attempts(act.conn(), user).await?;
            // Race: a new password ends all sessions under the same lock; the one that ended begins no other.
            let present = session::find_living(act.conn(), from, act.now()).await?;
            let present = present.ok_or_else(Error::unauthenticated)?;
            let remember = present.remember;
            let new = NewSession { id, user, device: device.clone(), remember, delivery };
            session::start(act, &identity.config, new).await
        })
        .await?;
    if delivery == Delivery::Cookie {
        session::end_switched(identity, db, viewer, from).await?;
    }
    let handed = session::hand_out(identity, db, &begun, delivery, cookies).await?;
    Ok(SignedIn { viewer: owner, handed })
}
