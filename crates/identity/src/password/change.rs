//! Changing one's own password.

use kernel::{
    Error, Result,
    act::{Outcome, Severity},
    db::Db,
    viewer::Viewer,
};
use platform::cache::Quota;
use secrecy::SecretString;
use std::time::Duration;

use super::NewPassword;
use crate::{
    mail,
    service::Identity,
    session::{self, EndReason},
    tenant, user,
};

/// Wrong present passwords of one person: five in a quarter of an hour.
const TRIES: Quota = Quota::new(5, Duration::from_secs(900));

/// Changes the viewer's own password; every other session of theirs ends.
///
/// # Errors
/// FORBIDDEN for a key, INVALID for a wrong present password or a new one that breaks a rule, LIMITED after five tries.
pub async fn change(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    current: SecretString,
    new: SecretString,
) -> Result<user::entity::Model> {
    let me = user::in_person(viewer)?;
    let person = prove(db, identity, me, current, "currentPassword").await?;
    let tenant = tenant::fetch(db, viewer.tenant_id()).await?;
    let known = [person.email.as_str(), &person.given_name, &person.family_name, &tenant.name];
    let language = viewer.language();
    let wanted = NewPassword { password: &new, known: &known, user: Some(me), path: "newPassword", language };
    let hash = super::prepare(identity, db, wanted).await?;
    let (person, ended) = viewer
        .act(db, "identity.password.change", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = user::fetch(act.conn(), me).await?;
            // Race: whoever proved a password that was replaced meanwhile, by its rightful owner, chooses no other.
            if before.password_changed_at != person.password_changed_at {
                return Err(Error::field("currentPassword", super::WRONG));
            }
            let person = super::set(act, identity, &before, hash.clone()).await?;
            mail::enqueue(act, identity, super::changed_letter(identity, &tenant, &person, act.now()))?;
            let ended = session::end_all(act, me, viewer.session, EndReason::PasswordChanged).await?;
            Ok((person, ended))
        })
        .await?;
    identity.forget_sessions(&ended);
    Ok(person)
}

/// The person, if `password` is theirs.
///
/// # Errors
/// INVALID of the field at `path`, LIMITED after five tries.
pub(crate) async fn prove(
    db: &Db,
    identity: &Identity,
    me: kernel::id::UserId,
    password: SecretString,
    path: &str,
) -> Result<user::entity::Model> {
    identity.limit("present_password", &me.to_string(), TRIES).await?;
    let person = user::fetch(db, me).await?;
    if super::is_right(identity, password, Some(&person)).await? {
        Ok(person)
    } else {
        Err(Error::field(path, super::WRONG))
    }
}
