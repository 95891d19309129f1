//! The audit keys of tenants: one signs at a time, old ones are kept for what they signed. The private part is sealed
//! with the installation's keyring and bound to the public one, so that nobody who can only write to the database can
//! put a key of their own in its place.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use chrono::{DateTime, Utc};
use kernel::{
    error::{Error, Result},
    id::{TenantId, TypedId},
};
use platform::crypto::Keyring;
use sea_orm::{
    ConnectionTrait, QueryResult,
    sea_query::{Alias, Expr, ExprTrait, OnConflict, Order, Query},
};
use uuid::Uuid;

use super::head::PublicKey;

/// A key as the database has it.
#[derive(Clone, Debug)]
pub struct AuditKey {
    /// Its id.
    pub id: Uuid,
    /// The tenant.
    pub tenant: Uuid,
    /// The public part.
    pub public: PublicKey,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when another signs.
    pub retired_at: Option<DateTime<Utc>>,
    sealed: String,
}

impl AuditKey {
    /// The pair, opened.
    ///
    /// # Errors
    /// If the row is not as it was written: the public part is no longer that of the private one.
    pub fn open(&self, keyring: &Keyring) -> Result<Ed25519KeyPair> {
        let seed = keyring.open(&self.sealed, bound_to(self.id, self.tenant).as_bytes())?;
        Ed25519KeyPair::from_seed_and_public_key(&seed, &self.public.0)
            .map_err(|_| Error::internal(format!("the audit key {} is not as it was made", self.id)))
    }

    /// Whether the row is as it was written.
    pub fn is_genuine(&self, keyring: &Keyring) -> bool {
        self.open(keyring).is_ok()
    }
}

/// Every key of these tenants, oldest first.
///
/// # Errors
/// If the database does not answer.
pub async fn of_tenants(db: &impl ConnectionTrait, tenants: &[Uuid]) -> Result<Vec<AuditKey>> {
    let mut select = Query::select();
    select
        .columns(["id", "tenant_id", "public_key", "created_at", "retired_at", "sealed"].map(Alias::new))
        .from(table())
        .and_where(Expr::col(Alias::new("tenant_id")).is_in(tenants.iter().copied()))
        .order_by(Alias::new("created_at"), Order::Asc)
        .order_by(Alias::new("id"), Order::Asc);
    let rows = db.query_all(&select).await?;
    let keys = rows.iter().map(key).collect::<Result<Vec<_>>>();
    keys.map(|mut keys| {
        // Reason: of two keys made at one moment, the one that signs no more is the older.
        keys.sort_by_key(|key| (key.created_at, key.retired_at.is_none()));
        keys
    })
}

fn key(row: &QueryResult) -> Result<AuditKey> {
    let public: Vec<u8> = row.try_get_by_index(2)?;
    let public = public.try_into().map_err(|_| Error::internal("an Ed25519 key has 32 bytes"))?;
    Ok(AuditKey {
        id: row.try_get_by_index(0)?,
        tenant: row.try_get_by_index(1)?,
        public: PublicKey(public),
        created_at: row.try_get_by_index(3)?,
        retired_at: row.try_get_by_index(4)?,
        sealed: row.try_get_by_index(5)?,
    })
}

/// Makes a key for each of these tenants that has none that signs; answers the keys of all that do.
///
/// # Errors
/// If the database does not answer, or the keyring fails.
pub async fn ensure(
    tx: &impl ConnectionTrait,
    keyring: &Keyring,
    tenants: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<AuditKey>> {
    let signing = async || {
        let keys = of_tenants(tx, tenants).await?;
        Ok::<_, Error>(keys.into_iter().filter(|key| key.retired_at.is_none()).collect::<Vec<_>>())
    };
    let found = signing().await?;
    let missing: Vec<Uuid> =
        tenants.iter().filter(|tenant| !found.iter().any(|key| key.tenant == **tenant)).copied().collect();
    if missing.is_empty() {
        return Ok(found);
    }
    let mut insert = Query::insert();
    insert
        .into_table(table())
        .columns(["id", "tenant_id", "public_key", "sealed", "created_at"].map(Alias::new));
    for tenant in missing {
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let seed: [u8; 32] = rand::random();
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|_| Error::internal("no key could be made of a seed"))?;
        let sealed = keyring.seal(&seed, bound_to(id, tenant).as_bytes())?;
        let public = pair.public_key().as_ref().to_vec();
        let values = [Expr::val(id), Expr::val(tenant), Expr::val(public), Expr::val(sealed), Expr::val(now)];
        insert.values(values).map_err(Error::internal)?;
    }
    // Race: another process may have made the key of a tenant at the same time; then theirs is taken.
    insert.on_conflict(OnConflict::new().do_nothing().to_owned());
    tx.execute(&insert).await?;
    signing().await
}

/// Lets a tenant's key sign no more; the next head makes another. Answers whether there was one.
///
/// # Errors
/// If the database does not answer.
pub async fn retire(tx: &impl ConnectionTrait, tenant: TenantId, now: DateTime<Utc>) -> Result<bool> {
    let mut update = Query::update();
    update
        .table(table())
        .value(Alias::new("retired_at"), now)
        .and_where(Expr::col(Alias::new("tenant_id")).eq(tenant.uuid()))
        .and_where(Expr::col(Alias::new("retired_at")).is_null());
    Ok(tx.execute(&update).await?.rows_affected() > 0)
}

fn table() -> Alias {
    Alias::new("audit_keys")
}

/// What the private part is bound to.
fn bound_to(id: Uuid, tenant: Uuid) -> String {
    format!("audit_keys:{tenant}:{id}")
}
