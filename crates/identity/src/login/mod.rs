//! Signing in with address and password, and being locked out. What is answered, and how long it takes, does not tell
//! whether there is such a person: one password is hashed whatever happens, and the same statements run.

pub mod device;
mod enter;
pub mod graphql;
mod lock;
mod refuse;
mod rules;
pub mod says;
mod store;
mod switch;
mod throttle;
mod unlock;

use kernel::{Result, db::Db, scalar::EmailAddress, viewer::Viewer};
use secrecy::SecretString;

use self::{
    enter::{Entering, enter},
    refuse::{refuse, wrong_credentials},
    rules::{Verdict, judge, password_expired},
};
use crate::{
    Identity,
    session::{self, Cookies, Delivery, Handed},
    tenant::entity as tenant,
};

pub use lock::Attempts;
pub use unlock::{lift, unlock};

pub(crate) use throttle::network;

/// The act of signing in, in the audit trail; also of those that fail.
const LOGIN: &str = "identity.session.login";

/// A login that is asked for.
pub(crate) struct Wanted<'a> {
    /// Slug or host of the tenant.
    pub tenant: Option<&'a str>,
    /// Who.
    pub email: &'a EmailAddress,
    /// The password.
    pub password: SecretString,
    /// How the refresh token is delivered.
    pub delivery: Delivery,
    /// Whether the session is to be remembered.
    pub remember: bool,
    /// What the client calls the device.
    pub device_name: Option<&'a str>,
    /// The request's cookies.
    pub cookies: Option<&'a Cookies>,
}

/// Somebody who is signed in.
pub(crate) struct SignedIn {
    /// They, in their new session.
    pub viewer: Viewer,
    /// The session's tokens.
    pub handed: Handed,
}

/// What came of a login with the right password.
pub(crate) enum Answer {
    /// Signed in.
    SignedIn(Box<SignedIn>),
    /// The address or the membership waits for a link in a mail to be followed.
    Unconfirmed,
    /// The password is too old for the tenant.
    PasswordExpired,
    /// The person is in several tenants, and named none.
    Choose(Vec<tenant::Model>),
}

/// Signs in.
///
/// # Errors
/// UNAUTHENTICATED `wrong_credentials` for every reason not to let somebody in, LIMITED after too many tries, FORBIDDEN
/// for a suspended tenant once the password was right.
pub(crate) async fn login(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    wanted: Wanted<'_>,
) -> Result<Answer> {
    session::check_delivery(wanted.delivery, wanted.cookies)?;
    throttle::admit(identity, wanted.email, viewer.request.ip).await?;
    let facts = store::facts(db, wanted.tenant, wanted.email).await?;
    let hash = facts.user.as_ref().and_then(|user| user.password_hash.clone());
    let verified = identity.hasher.verify(wanted.password.clone(), hash).await?;
    let now = viewer.clock.now();
    let id = match judge(&facts, verified.ok, now) {
        Verdict::Refuse(cause) => {
            refuse(identity, db, viewer, wanted.email, &facts, cause).await?;
            return Err(wrong_credentials());
        }
        Verdict::Unconfirmed => return Ok(Answer::Unconfirmed),
        Verdict::Choose(ids) => return Ok(Answer::Choose(store::tenants(db, &ids).await?)),
        Verdict::Enter(id) => id,
    };
    let tenant = match facts.tenant.clone() {
        Some(tenant) => tenant,
        None => crate::tenant::fetch(db, id).await?,
    };
    let user = facts.user.as_ref().ok_or_else(wrong_credentials)?;
    crate::tenant::ensure_active(&tenant)?;
    if password_expired(&tenant, user, now) {
        return Ok(Answer::PasswordExpired);
    }
    let entering = Entering { user, tenant: &tenant, verified, lifted: facts.lifted() };
    match enter(identity, db, viewer, &wanted, entering).await? {
        Ok(signed_in) => Ok(Answer::SignedIn(Box::new(signed_in))),
        Err(cause) => {
            refuse(identity, db, viewer, wanted.email, &facts, cause).await?;
            Err(wrong_credentials())
        }
    }
}

/// Where a forgotten or stolen password is replaced.
fn new_password_page(identity: &Identity) -> String {
    format!("{}/forgot-password", identity.config.public_url.trim_end_matches('/'))
}
