//! Letting a locked-out person try again: an administrator in their own tenant, an operator everywhere.

use kernel::{
    Error, Result, Text,
    act::{Act, Outcome, Severity},
    db::Db,
    id::{TypedId as _, UserId},
    policy::Guarded as _,
    viewer::{Actor, Viewer},
};
use serde_json::{Map, json};

use super::{lock::LIFTABLE, store};
use crate::{
    membership::{self, entity as members},
    policy::USER_WRITE,
    user::entity as people,
};

/// The person was locked out again and again.
pub const LOCKED_TOO_OFTEN: Text = Text::new(
    "locked_too_often",
    "This person was locked out too often. Only they can end it, by choosing a new password with “Forgot password”.",
    "Cette personne a été verrouillée trop souvent. Elle seule peut y mettre fin, en choisissant un nouveau mot de \
     passe par « Mot de passe oublié ».",
);

/// Lifts a lock-out in the viewer's tenant: the person may try again there. It goes on in every other tenant, and what
/// is counted stays, so that the next lock-out is longer: nobody weakens the guard of a tenant that is not theirs.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN; CONFLICT `locked_too_often` after the third lock-out since the last login.
pub async fn lift(db: &Db, viewer: &Viewer, id: UserId) -> Result<people::Model> {
    viewer.require(USER_WRITE)?;
    viewer
        .act(db, "identity.user.unlock", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let person = people::Entity::fetch_to(act.conn(), viewer, USER_WRITE, id).await?;
            let member = membership::find(act.conn(), viewer.tenant_id(), id).await?;
            let member = member.ok_or_else(|| Error::not_found(UserId::TYPE, id))?;
            let attempts = store::lock_attempts(act.conn(), id).await?;
            let until = attempts.locked_until.filter(|_| attempts.is_locked(member.lock_lifted, act.now()));
            let Some(until) = until else { return Ok(person) };
            if attempts.locks > LIFTABLE {
                return Err(Error::conflict(LOCKED_TOO_OFTEN));
            }
            note(act, id, json!(until));
            act.update(&member, members::Model { lock_lifted: Some(until), ..member.clone() }).await?;
            Ok(person)
        })
        .await
}

/// Ends a lock-out in every tenant and forgets what was counted. For whoever runs the installation.
///
/// # Errors
/// FORBIDDEN for everybody but the platform itself, NOT_FOUND.
pub async fn unlock(db: &Db, viewer: &Viewer, id: UserId) -> Result<people::Model> {
    if viewer.actor != Actor::System {
        return Err(Error::lacks(USER_WRITE.name));
    }
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

/// Tells in the person's own trail that the lock-out which ended at `until` was lifted.
fn note(act: &mut Act, id: UserId, until: serde_json::Value) {
    let details = Map::from_iter([("locked_until".to_owned(), json!([until, null]))]);
    act.note("User", Some(id.uuid()), None, details);
}
