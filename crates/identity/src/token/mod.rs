//! Single-use tokens sent by mail: whoever has one reads the mailbox it was sent to. Only their hashes are kept.

pub mod entity;

use chrono::{DateTime, Duration, Utc};
use kernel::{Error, Result, Text, act::Act, db::Db, id::UserId};
use platform::crypto::{Token, token};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Query,
};
use serde_json::Value as Json;

use crate::{service::row_id, tenant::rules::words};

/// No such token, or one for something else.
pub const INVALID: Text = Text::new(
    "token_invalid",
    "This link is not valid. Check that it is complete, or ask for a new one.",
    "Ce lien n'est pas valide. Vérifiez qu'il est complet ou demandez-en un nouveau.",
);
/// The token was used.
pub const USED: Text = Text::new(
    "token_used",
    "This link was used already. Ask for a new one if you need it.",
    "Ce lien a déjà été utilisé. Demandez-en un nouveau si nécessaire.",
);
/// The token is too old.
pub const EXPIRED: Text = Text::new(
    "token_expired",
    "This link is too old. Ask for a new one.",
    "Ce lien a expiré. Demandez-en un nouveau.",
);

/// Path of the input field that holds a token.
const FIELD: &str = "token";

words! {
    /// What a token is good for.
    Purpose {
        /// Prove that a new person reads their address.
        VerifyEmail = "verify_email",
        /// Choose a new password.
        ResetPassword = "reset_password",
        /// Agree to another address, at the present one.
        ChangeEmailOld = "change_email_old",
        /// Prove that one reads the new address.
        ChangeEmailNew = "change_email_new",
    }
}

/// Makes a token for a person in the act's tenant.
pub async fn issue(
    act: &mut Act,
    user: UserId,
    purpose: Purpose,
    payload: Json,
    ttl: Duration,
) -> Result<Token> {
    let secret = Token::generate("atm", &mut rand::rng());
    let row = entity::Model {
        id: row_id(act),
        tenant_id: act.viewer().tenant_id(),
        user_id: user,
        purpose: purpose.as_str().to_owned(),
        hash: secret.hash(),
        payload,
        expires_at: act.now() + ttl,
        used_at: None,
        created_at: act.now(),
    };
    act.insert(row).await?;
    Ok(secret)
}

/// The token for one of `purposes`, if it can still be used.
///
/// # Errors
/// INVALID: `token_invalid`, `token_used` or `token_expired`.
pub async fn find(
    db: &impl ConnectionTrait,
    text: &str,
    purposes: &[Purpose],
    now: DateTime<Utc>,
) -> Result<entity::Model> {
    check(by_hash(text).one(db).await?, purposes, now)
}

/// Uses a token up, inside an act of its tenant.
///
/// # Errors
/// As [`find`]: somebody may have been faster.
pub async fn take(act: &mut Act, text: &str, purposes: &[Purpose]) -> Result<entity::Model> {
    // Race: the lock makes the second of two who use one token at once see that it is used.
    let row = by_hash(text).lock_exclusive().one(act.conn()).await?;
    let row = check(row, purposes, act.now())?;
    if row.tenant_id != act.viewer().tenant_id() {
        return Err(Error::field(FIELD, INVALID));
    }
    let used = entity::Model { used_at: Some(act.now()), ..row.clone() };
    act.update(&row, used).await
}

/// Holds all of a person's tokens for these purposes until the act ends.
pub async fn lock(act: &Act, user: UserId, purposes: &[Purpose]) -> Result<()> {
    let words = purposes.iter().map(|purpose| purpose.as_str());
    let all = of_user(user).filter(entity::Column::Purpose.is_in(words));
    // Race: in the order of ids, so that no two acts wait for each other.
    all.order_by_asc(entity::Column::Id).lock_exclusive().all(act.conn()).await?;
    Ok(())
}

/// Ends every unused token of a person for these purposes, in every tenant: a newer one takes their place.
pub async fn revoke(act: &mut Act, user: UserId, purposes: &[Purpose]) -> Result<()> {
    let words = purposes.iter().map(|purpose| purpose.as_str());
    let open = of_user(user)
        .filter(entity::Column::Purpose.is_in(words))
        .filter(entity::Column::UsedAt.is_null())
        .all(act.conn())
        .await?;
    let now = act.now();
    act.update_all(open, |row| row.used_at = Some(now)).await
}

/// As [`revoke`], in the act's tenant alone.
pub async fn revoke_in_tenant(act: &mut Act, user: UserId, purposes: &[Purpose]) -> Result<()> {
    let words = purposes.iter().map(|purpose| purpose.as_str());
    let open = of_user(user)
        .filter(entity::Column::TenantId.eq(act.viewer().tenant_id()))
        .filter(entity::Column::Purpose.is_in(words))
        .filter(entity::Column::UsedAt.is_null())
        .all(act.conn())
        .await?;
    let now = act.now();
    act.update_all(open, |row| row.used_at = Some(now)).await
}

/// The newest unused token of a person for a purpose in the act's tenant, however old.
pub async fn latest_in_tenant(act: &Act, user: UserId, purpose: Purpose) -> Result<Option<entity::Model>> {
    let unused = of_user(user)
        .filter(entity::Column::TenantId.eq(act.viewer().tenant_id()))
        .filter(entity::Column::Purpose.eq(purpose.as_str()))
        .filter(entity::Column::UsedAt.is_null())
        .order_by_desc(entity::Column::CreatedAt)
        .order_by_desc(entity::Column::Id);
    Ok(unused.one(act.conn()).await?)
}

/// Removes tokens that ended longer ago than anybody may still click on them: a month.
///
/// This is no act: what was done with a token, or not, is in the trail of those who asked for it.
pub async fn purge(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let mut old = Query::delete();
    old.from_table(entity::Entity).and_where(entity::Column::ExpiresAt.lt(now - Duration::days(30)));
    db.writer().execute(&old).await?;
    Ok(())
}

fn check(row: Option<entity::Model>, purposes: &[Purpose], now: DateTime<Utc>) -> Result<entity::Model> {
    let fits = |row: &entity::Model| purposes.iter().any(|purpose| purpose.as_str() == row.purpose);
    match row.filter(fits) {
        None => Err(Error::field(FIELD, INVALID)),
        Some(row) if row.used_at.is_some() => Err(Error::field(FIELD, USED)),
        Some(row) if row.expires_at <= now => Err(Error::field(FIELD, EXPIRED)),
        Some(row) => Ok(row),
    }
}

#[expect(clippy::disallowed_methods, reason = "the token itself says which tenant it is of")]
fn by_hash(text: &str) -> Select<entity::Entity> {
    entity::Entity::find().filter(entity::Column::Hash.eq(token::hash(text.trim())))
}

/// Every token of a person.
#[expect(clippy::disallowed_methods, reason = "a person's own tokens, whatever the tenant")]
pub(crate) fn of_user(user: UserId) -> Select<entity::Entity> {
    entity::Entity::find().filter(entity::Column::UserId.eq(user))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    fn row() -> entity::Model {
        let ids = testing::ids();
        entity::Model {
            id: uuid::Uuid::from_u128(1),
            tenant_id: ids.generate(),
            user_id: ids.generate(),
            purpose: "verify_email".into(),
            hash: "x".into(),
            payload: json!({}),
            expires_at: testing::noon() + Duration::hours(24),
            used_at: None,
            created_at: testing::noon(),
        }
    }

    fn code(row: Option<entity::Model>, purpose: Purpose, now: DateTime<Utc>) -> Result<(), &'static str> {
        check(row, &[purpose], now).map(drop).map_err(|error| error.message().code())
    }

    #[test]
    fn token_works_for_its_purpose_until_it_expires() {
        let noon = testing::noon();
        assert_eq!(code(Some(row()), Purpose::VerifyEmail, noon), Ok(()));
        assert_eq!(code(Some(row()), Purpose::ResetPassword, noon), Err("token_invalid"));
        let last = noon + Duration::hours(24) - Duration::microseconds(1);
        assert_eq!(code(Some(row()), Purpose::VerifyEmail, last), Ok(()));
        assert_eq!(code(Some(row()), Purpose::VerifyEmail, noon + Duration::hours(24)), Err("token_expired"));
        assert_eq!(code(None, Purpose::VerifyEmail, noon), Err("token_invalid"));
    }

    #[test]
    fn used_token_is_said_to_be_used_even_when_it_is_old() {
        let used = entity::Model { used_at: Some(testing::noon()), ..row() };
        let later = testing::noon() + Duration::days(30);
        assert_eq!(code(Some(used), Purpose::VerifyEmail, later), Err("token_used"));
    }
}
