//! Changing one's own e-mail address: it changes once both the present and the new one have agreed.

use chrono::Duration as Span;
use kernel::{
    Error, Result, Text,
    act::{Act, Outcome, Severity},
    db::Db,
    scalar::EmailAddress,
    viewer::Viewer,
};
use platform::cache::Quota;
use sea_orm::{ColumnTrait, QueryFilter};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

use super::{entity::Model, fetch, find_by_email, in_person};
use crate::{
    mail::{self, Kind, Letter},
    password::change::prove,
    service::{Identity, row_id},
    tenant,
    token::{
        self,
        Purpose::{self, ChangeEmailNew, ChangeEmailOld, ResetPassword, VerifyEmail},
        entity as tokens,
    },
};

/// It is the address already.
pub const SAME: Text = Text::new("same_email", "This is your address already.", "C'est déjà votre adresse.");
/// Somebody else has the address.
pub const TAKEN: Text = Text::new(
    "email_taken",
    "This address belongs to another account by now.",
    "Cette adresse appartient désormais à un autre compte.",
);

/// Changes asked for by one person: five an hour.
const REQUESTS: Quota = Quota::new(5, Duration::from_secs(3_600));

/// What both tokens of a change say.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wanted {
    /// The address of today.
    old: EmailAddress,
    /// The address to be.
    new: EmailAddress,
    /// What the two tokens have in common.
    pair: Uuid,
}

/// Asks for another address. Mails go to both; the answer does not tell whether the new one has an account.
///
/// # Errors
/// FORBIDDEN for a key, INVALID for a wrong password or the same address, LIMITED after five in an hour.
pub async fn request(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    new: EmailAddress,
    password: SecretString,
) -> Result<()> {
    let me = in_person(viewer)?;
    identity.limit("change_email", &me.to_string(), REQUESTS).await?;
    let person = prove(db, identity, me, password, "password").await?;
    if person.email == new {
        return Err(Error::field("email", SAME));
    }
    let tenant = tenant::fetch(db, viewer.tenant_id()).await?;
    let is_free = find_by_email(db, &new).await?.is_none();
    viewer
        .act(db, "identity.user.request_email_change", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            token::revoke(act, me, &[ChangeEmailOld, ChangeEmailNew]).await?;
            let wanted = Wanted { old: person.email.clone(), new: new.clone(), pair: row_id(act) };
            let letter = letter(act, identity, &person, &tenant.name, &wanted, ChangeEmailOld).await?;
            mail::enqueue(act, identity, letter)?;
            if is_free {
                let letter = letter_to_new(act, identity, &person, &tenant.name, &wanted).await?;
                mail::enqueue(act, identity, letter)?;
            }
            Ok(())
        })
        .await
}

async fn letter_to_new(
    act: &mut Act,
    identity: &Identity,
    person: &Model,
    tenant: &str,
    wanted: &Wanted,
) -> Result<Letter> {
    let letter = letter(act, identity, person, tenant, wanted, ChangeEmailNew).await?;
    Ok(Letter { to: wanted.new.clone(), ..letter })
}

async fn letter(
    act: &mut Act,
    identity: &Identity,
    person: &Model,
    tenant: &str,
    wanted: &Wanted,
    purpose: Purpose,
) -> Result<Letter> {
    let hours = identity.config.change_email_hours;
    let payload = serde_json::to_value(wanted)?;
    let secret = token::issue(act, person.id, purpose, payload, Span::hours(hours.into())).await?;
    let context = json!({
        "tenant": tenant,
        "new_email": wanted.new,
        "link": identity.config.link("confirm-email-change", secret.expose()),
        "hours": hours,
    });
    let kind = if purpose == ChangeEmailOld { Kind::ChangeEmailOld } else { Kind::ChangeEmailNew };
    Ok(Letter::to_user(kind, person, context))
}

/// Agrees to a change by the token that was mailed to one of the two addresses; answers whether both have agreed now,
/// and the address has changed.
///
/// # Errors
/// INVALID for a token that is wrong, used or too old, CONFLICT if somebody else took the address meanwhile.
pub async fn confirm(viewer: &Viewer, db: &Db, identity: &Identity, text: &str) -> Result<bool> {
    let purposes = [ChangeEmailOld, ChangeEmailNew];
    let found = token::find(db, text, &purposes, viewer.now).await?;
    let tenant = tenant::fetch(db, found.tenant_id).await?;
    tenant::ensure_active(&tenant)?;
    let entering = viewer.entering(tenant::info(&tenant));
    let changed = entering
        .act(db, "identity.user.confirm_email_change", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            // Race: two who agree at once are one after the other; each alone would not see that the other has.
            token::lock(act, found.user_id, &purposes).await?;
            let token = token::take(act, text, &purposes).await?;
            let wanted: Wanted = serde_json::from_value(token.payload.clone())?;
            if !other_agreed(act, &token, &wanted).await? {
                return Ok(false);
            }
            change(act, &token, wanted).await?;
            Ok(true)
        })
        .await?;
    identity.forget(tenant.id, Some(found.user_id));
    Ok(changed)
}

/// Whether the other token of the pair was used.
async fn other_agreed(act: &Act, token: &tokens::Model, wanted: &Wanted) -> Result<bool> {
    let other = if token.purpose == ChangeEmailOld.as_str() { ChangeEmailNew } else { ChangeEmailOld };
    let used = token::of_user(token.user_id)
        .filter(tokens::Column::Purpose.eq(other.as_str()))
        .filter(tokens::Column::UsedAt.is_not_null());
    let used = used.all(act.conn()).await?;
    Ok(used.iter().any(|row| row.payload["pair"] == json!(wanted.pair)))
}

async fn change(act: &mut Act, token: &tokens::Model, wanted: Wanted) -> Result<()> {
    let before = fetch(act.conn(), token.user_id).await?;
    if before.email != wanted.old {
        return Err(Error::field("token", token::INVALID));
    }
    if find_by_email(act.conn(), &wanted.new).await?.is_some() {
        return Err(Error::conflict(TAKEN));
    }
    let mut after = before.clone();
    after.email = wanted.new;
    after.email_verified_at = Some(act.now());
    // Race: of two who take it at once, neither sees the other's until it is there.
    act.update_unique(&before, after, &["email"], || Error::conflict(TAKEN)).await?;
    // Reason: links to the address of before are no proof any more.
    token::revoke(act, token.user_id, &[ResetPassword, VerifyEmail]).await
}
