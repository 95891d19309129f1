//! Passwords: what they must be like, how a new one is set, and when an old one has lasted too long.

mod advice;
pub mod change;
pub mod forgotten;
pub mod graphql;
pub mod history;
pub mod strength;

use chrono::{DateTime, Duration, Utc};
use kernel::{Error, FieldError, Result, Text, act::Act, db::Db, id::UserId, locale::Language};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{
    mail::{self, Kind, Letter},
    service::{Identity, PasswordPolicy, row_id},
    tenant::entity as tenant,
    user::entity as user,
};

pub use graphql::PasswordMutation;

/// The password was used before.
pub const REUSED: Text = Text::new(
    "password_reused",
    "You used this password before. Choose one that is not among your last {count}.",
    "Vous avez déjà utilisé ce mot de passe. Choisissez-en un qui n'est pas parmi vos {count} derniers.",
);

/// The present password is another.
pub const WRONG: Text =
    Text::new("wrong_password", "This is not your password.", "Ce n'est pas votre mot de passe.");

/// A new password on its way, with what is known of the person it is for.
pub struct NewPassword<'a> {
    /// The password.
    pub password: &'a SecretString,
    /// Words that others know of the person: address, names, agency.
    pub known: &'a [&'a str],
    /// The person, if they exist already.
    pub user: Option<UserId>,
    /// Path of the input field.
    pub path: &'a str,
    /// Language of the advice.
    pub language: Language,
}

/// Checks a new password by every rule and gives its hash. Takes the time of up to six hashes: call it before an act
/// begins.
///
/// # Errors
/// INVALID naming the rule that is broken; UNAVAILABLE if too many passwords are being hashed.
pub async fn prepare(identity: &Identity, db: &Db, new: NewPassword<'_>) -> Result<String> {
    check(identity, &new).await?;
    if let Some(user) = new.user {
        check_not_reused(identity, db, user, &new).await?;
    }
    Ok(identity.hasher.hash(new.password.clone()).await?)
}

/// Checks what can be said of a password alone, away from the reactor.
///
/// # Errors
/// INVALID naming the rule that is broken.
pub async fn check(identity: &Identity, new: &NewPassword<'_>) -> Result<()> {
    let (password, policy) = (new.password.clone(), identity.config.password.clone());
    let known: Vec<String> = new.known.iter().map(|word| (*word).to_owned()).collect();
    let (path, language) = (new.path.to_owned(), new.language);
    let checked = tokio::task::spawn_blocking(move || {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        strength::check(password.expose_secret(), &policy, &known, &path, language)
    });
    Ok(checked.await.map_err(Error::internal)??)
}

async fn check_not_reused(identity: &Identity, db: &Db, user: UserId, new: &NewPassword<'_>) -> Result<()> {
    let PasswordPolicy { history, .. } = identity.config.password;
    let mut hashes: Vec<String> =
        earlier(user).limit(history).all(db).await?.into_iter().map(|row| row.hash).collect();
    // Reason: the present one is not in the history of people who were written by an import, or whose hash was renewed.
    let present = crate::user::find(db, user).await?.and_then(|user| user.password_hash);
    let present = present.filter(|present| !hashes.contains(present));
    hashes.extend(present);
    for hash in hashes {
        let verified = identity.hasher.verify(new.password.clone(), Some(hash)).await?;
        if verified.ok {
            return Err(FieldError::new(new.path, REUSED.with("count", history)).into());
        }
    }
    Ok(())
}

/// Sets a prepared password: the person is no longer locked out, and the old one joins the history.
///
/// # Errors
/// CONFLICT if the person's row changed since it was read.
pub async fn set(
    act: &mut Act,
    identity: &Identity,
    user: &user::Model,
    hash: String,
) -> Result<user::Model> {
    let now = act.now();
    let mut after = user.clone();
    after.password_hash = Some(hash.clone());
    after.password_changed_at = Some(now);
    after.failed_logins = 0;
    after.lock_count = 0;
    after.locked_until = None;
    let after = act.update(user, after).await?;
    remember(act, identity, user.id, hash).await?;
    Ok(after)
}

/// Takes the password of a person away whom it may not belong to; they get another by a link to their address.
///
/// # Errors
/// CONFLICT if the person's row changed since it was read.
pub(crate) async fn take_away(act: &mut Act, user: &user::Model) -> Result<user::Model> {
    forget(act, user.id).await?;
    let none = user::Model { password_hash: None, password_changed_at: None, ..user.clone() };
    act.update(user, none).await
}

/// Adds a hash to the history of a person and lets go of those that no longer count.
pub async fn remember(act: &mut Act, identity: &Identity, user: UserId, hash: String) -> Result<()> {
    let keep = identity.config.password.history.max(1) - 1;
    // Reason: SQLite knows OFFSET only behind LIMIT.
    let old = earlier(user).limit(1_000).offset(keep).all(act.conn()).await?;
    act.delete_all(old).await?;
    let row = history::Model { id: row_id(act), user_id: user, hash, created_at: act.now() };
    act.insert(row).await?;
    Ok(())
}

/// The letter that says that the password was changed.
pub(crate) fn changed_letter(
    identity: &Identity,
    tenant: &tenant::Model,
    user: &user::Model,
    now: DateTime<Utc>,
) -> Letter {
    let context = json!({
        "tenant": tenant.name,
        "when": mail::moment(now, user.time_zone, user.locale.language()),
        "link": format!("{}/forgot-password", identity.config.public_url.trim_end_matches('/')),
    });
    Letter::to_user(Kind::PasswordChanged, user, context)
}

/// Whether the person must choose a new password before they may act in the tenant.
pub fn is_expired(user: &user::Model, tenant: &tenant::Model, now: DateTime<Utc>) -> bool {
    match (user.password_changed_at, tenant.password_max_age_days) {
        (Some(changed), Some(days)) => now >= changed + Duration::days(days.into()),
        _ => false,
    }
}

/// Whether `password` is the person's; takes the same time for nobody.
///
/// # Errors
/// UNAVAILABLE if too many passwords are being hashed.
pub async fn is_right(
    identity: &Identity,
    password: SecretString,
    user: Option<&user::Model>,
) -> Result<bool> {
    let hash = user.and_then(|user| user.password_hash.clone());
    // Reason: Argon2 takes any length, but nobody's password is longer than the policy allows.
    if password.expose_secret().len() > identity.config.password.max_bytes.max(1_024) {
        return Ok(false);
    }
    Ok(identity.hasher.verify(password, hash).await?.ok)
}

/// The passwords of a person, the latest first.
#[expect(clippy::disallowed_methods, reason = "the history belongs to the person, whatever the tenant")]
fn earlier(user: UserId) -> Select<history::Entity> {
    history::Entity::find()
        .filter(history::Column::UserId.eq(user))
        .order_by_desc(history::Column::CreatedAt)
        .order_by_desc(history::Column::Id)
}

/// Removes the history of a person who is removed.
pub(crate) async fn forget(act: &mut Act, user: UserId) -> Result<()> {
    let rows = earlier(user).all(act.conn()).await?;
    act.delete_all(rows).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn password_expires_on_the_day_the_tenant_says() {
        let mut user = testing::user();
        let mut tenant = testing::tenant();
        let changed = testing::noon();
        user.password_changed_at = Some(changed);
        assert!(!is_expired(&user, &tenant, changed + Duration::days(10_000)), "no age is set");
        tenant.password_max_age_days = Some(90);
        assert!(!is_expired(&user, &tenant, changed + Duration::days(90) - Duration::seconds(1)));
        assert!(is_expired(&user, &tenant, changed + Duration::days(90)));
    }

    #[test]
    fn password_that_was_never_set_does_not_expire() {
        let mut tenant = testing::tenant();
        tenant.password_max_age_days = Some(1);
        assert!(!is_expired(&testing::user(), &tenant, testing::noon()));
    }
}
