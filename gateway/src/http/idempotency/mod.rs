//! `Idempotency-Key`: a mutation that is sent twice is done once, with Stripe's semantics
//! (<https://docs.stripe.com/api/idempotent_requests>).
//!
//! A key belongs to an actor in a tenant. Who comes first takes a lease and runs; the answer is kept for a day and given
//! to whoever sends the same key and the same request. Every act of the request confirms the lease in its own transaction
//! ([`kernel::act::lease`]), so that a lease that expired (the process was killed) tells whether anything was committed:
//! if not, it may be taken over; if so, it is never done again, though its answer is lost.
//!
//! Keys are kept as hashes, and requests as hashes with their key: the values of a request, passwords among them, cannot
//! be guessed from the table.

mod entity;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderName, StatusCode};
use kernel::{
    Error, Result,
    act::lease,
    ask::Look,
    db::Db,
    id::{EventId, TenantId, TypedId as _},
    viewer::{Actor, Viewer},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict, Query},
};
use uuid::Uuid;

use super::documents::{Hash, hex, sha256};
use super::problem::{Code, Problem, Refusal, says};
use crate::witness;

/// The header with the key.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was kept from an earlier request.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How long answers are kept.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// A key that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Reads the header's value.
    ///
    /// # Errors
    /// BAD_REQUEST unless it is 1 to 255 visible ASCII characters.
    pub fn parse(value: &http::HeaderValue) -> Result<Self, Problem> {
        match value.to_str() {
            Ok(text)
                if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(Problem::new(Code::BadRequest, says::BAD_KEY)),
        }
    }

    /// What is kept of the key.
    fn hash(&self) -> String {
        hex(&sha256(&self.0))
    }

    /// What is kept of a request with this key. Invariant: keys hold no NUL.
    fn bind(&self, request: &Hash) -> String {
        hex(&sha256(&format!("{}\0{}", self.0, hex(request))))
    }
}

/// An answer that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// HTTP status.
    pub status: StatusCode,
    /// `Content-Type`.
    pub content_type: String,
    /// The body.
    pub body: String,
    /// The looks at personal data that it is.
    pub looks: Vec<Look>,
}

/// What a request with a key has to do.
#[derive(Debug)]
pub enum Claim {
    /// Run, then [`Lease::store`] or [`Lease::release`].
    Run(Lease),
    /// Answer what was kept.
    Replay(Stored),
}

/// The right to run the request of a key.
#[derive(Debug)]
pub struct Lease {
    id: Uuid,
    locked_until: DateTime<Utc>,
}

/// Claims `key` for a request whose content has this hash; a lease lasts for `lease`.
///
/// # Errors
/// CONFLICT if the key was used for another request, or its request is still running.
pub async fn claim(
    db: &Db,
    viewer: &Viewer,
    key: &Key,
    request: &Hash,
    lease: Duration,
) -> Result<Claim, Refusal> {
    let actor = match viewer.actor {
        Actor::User(user) => format!("user:{}", user.uuid()),
        Actor::ApiKey(key, _) => format!("key:{}", key.uuid()),
        Actor::System | Actor::Anonymous => return Err(Error::unauthenticated().into()),
    };
    let now = viewer.clock.now();
    let fresh = entity::Model {
        // Reason: nobody ever names the row, so its id needs no kind of its own.
        id: viewer.ids.generate::<EventId>().uuid(),
        tenant_id: viewer.tenant_id(),
        actor,
        key: key.hash(),
        request_hash: key.bind(request),
        status: None,
        response: None,
        content_type: None,
        looks: None,
        locked_until: now + TimeDelta::from_std(lease).unwrap_or(KEPT_FOR),
        created_at: now,
        expires_at: now + KEPT_FOR,
    };
    if insert(db, &fresh).await? {
        return Ok(Claim::Run(Lease { id: fresh.id, locked_until: fresh.locked_until }));
    }
    let Some(kept) = find(db, &fresh).await? else {
        // Race: a sweep took the row away between the two statements; whoever repeats will find it gone.
        return Err(in_flight(Duration::from_secs(1)));
    };
    decide(db, kept, fresh, now).await
}

/// What to do about a row that was there already.
async fn decide(
    db: &Db,
    kept: entity::Model,
    fresh: entity::Model,
    now: DateTime<Utc>,
) -> Result<Claim, Refusal> {
    let expired = kept.expires_at <= now;
    if !expired && kept.request_hash != fresh.request_hash {
        return Err(Problem::new(Code::Conflict, says::KEY_REUSED).into());
    }
    let entity::Model { status, response, content_type, looks, .. } = &kept;
    if let (false, Some(status), Some(body), Some(content_type)) = (expired, status, response, content_type) {
        let status = u16::try_from(*status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::OK);
        let looks = looks.as_deref().map(witness::read_looks).transpose()?.unwrap_or_default();
        let (content_type, body) = (content_type.clone(), body.clone());
        return Ok(Claim::Replay(Stored { status, content_type, body, looks }));
    }
    if !expired && kept.locked_until > now {
        return Err(in_flight(
            (kept.locked_until - now).to_std().unwrap_or_default().min(Duration::from_secs(5)),
        ));
    }
    if !expired && status.is_some() {
        return Err(Problem::new(Code::Conflict, says::KEY_ANSWER_LOST).into());
    }
    let lease = Lease { id: kept.id, locked_until: fresh.locked_until };
    if take_over(db, &kept, &fresh, expired).await? {
        Ok(Claim::Run(lease))
    } else {
        Err(in_flight(Duration::from_secs(1)))
    }
}

/// Forgets the answers that are kept for a tenant's requests: any of them may show a person who is erased. Nothing is done
/// twice for that; who repeats a request is told that its answer is lost.
///
/// # Errors
/// If the database does not answer.
pub async fn forget_answers(db: &impl ConnectionTrait, tenant: TenantId) -> Result<()> {
    let mut forget = Query::update();
    forget
        .table(entity::Entity)
        .value(entity::Column::Response, Option::<String>::None)
        .value(entity::Column::Looks, Option::<String>::None)
        .and_where(entity::Column::TenantId.eq(tenant))
        .and_where(entity::Column::Response.is_not_null());
    db.execute(&forget).await?;
    Ok(())
}

impl Lease {
    /// The lease as acts confirm it.
    pub fn of_acts(&self) -> lease::Lease {
        lease::Lease { id: self.id, until: self.locked_until }
    }

    /// Keeps the answer.
    pub async fn store(&self, db: &Db, stored: &Stored) -> Result<()> {
        let update = Query::update()
            .table(entity::Entity)
            .value(entity::Column::Status, i32::from(stored.status.as_u16()))
            .value(entity::Column::Response, stored.body.clone())
            .value(entity::Column::ContentType, stored.content_type.clone())
            .value(entity::Column::Looks, witness::write_looks(&stored.looks)?)
            .and_where(entity::Column::Id.eq(self.id))
            .and_where(entity::Column::LockedUntil.eq(self.locked_until))
            .to_owned();
        db.writer().execute(&update).await?;
        Ok(())
    }

    /// Gives the key back, so that the same request may be sent again, if nothing was done: answers whether that is so.
    pub async fn release(&self, db: &Db) -> Result<bool> {
        let delete = Query::delete()
            .from_table(entity::Entity)
            .and_where(entity::Column::Id.eq(self.id))
            .and_where(entity::Column::LockedUntil.eq(self.locked_until))
            .and_where(entity::Column::Status.is_null())
            .to_owned();
        Ok(db.writer().execute(&delete).await?.rows_affected() == 1)
    }
}

/// Removes keys whose day is over; answers how many. For a job that runs now and then.
pub async fn sweep(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    let delete =
        Query::delete().from_table(entity::Entity).and_where(entity::Column::ExpiresAt.lte(now)).to_owned();
    Ok(db.writer().execute(&delete).await?.rows_affected())
}

fn in_flight(wait: Duration) -> Refusal {
    Problem::new(Code::Conflict, says::KEY_IN_FLIGHT).retry_after(Some(wait)).into()
}

/// Whether the row was written; not if its key is there already.
async fn insert(db: &Db, fresh: &entity::Model) -> Result<bool> {
    let columns = [
        entity::Column::Id,
        entity::Column::TenantId,
        entity::Column::Actor,
        entity::Column::Key,
        entity::Column::RequestHash,
        entity::Column::LockedUntil,
        entity::Column::CreatedAt,
        entity::Column::ExpiresAt,
    ];
    let keys = [entity::Column::TenantId, entity::Column::Actor, entity::Column::Key];
    let values = [
        Expr::val(fresh.id),
        Expr::val(fresh.tenant_id.uuid()),
        Expr::val(fresh.actor.clone()),
        Expr::val(fresh.key.clone()),
        Expr::val(fresh.request_hash.clone()),
        Expr::val(fresh.locked_until),
        Expr::val(fresh.created_at),
        Expr::val(fresh.expires_at),
    ];
    let mut insert = Query::insert();
    insert.into_table(entity::Entity).columns(columns);
    insert.values(values).map_err(Error::internal)?;
    insert.on_conflict(OnConflict::columns(keys).do_nothing().to_owned());
    Ok(db.writer().execute(&insert).await?.rows_affected() == 1)
}

async fn find(db: &Db, fresh: &entity::Model) -> Result<Option<entity::Model>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "keys are no rows of a domain: found by tenant and actor alone"
    )]
    let select = entity::Entity::find();
    let found = select
        .filter(entity::Column::TenantId.eq(fresh.tenant_id))
        .filter(entity::Column::Actor.eq(&fresh.actor))
        .filter(entity::Column::Key.eq(&fresh.key))
        // Race: on SQLite a reader may still see the state before a commit that the insert ran into.
        .one(&db.writer())
        .await?;
    Ok(found)
}

/// Takes the lease of a row that nobody works on any more; with `expired`, whatever was done under it.
async fn take_over(db: &Db, kept: &entity::Model, fresh: &entity::Model, expired: bool) -> Result<bool> {
    let mut update = Query::update();
    update
        .table(entity::Entity)
        .value(entity::Column::RequestHash, fresh.request_hash.clone())
        .value(entity::Column::Status, Option::<i32>::None)
        .value(entity::Column::Response, Option::<String>::None)
        .value(entity::Column::ContentType, Option::<String>::None)
        .value(entity::Column::Looks, Option::<String>::None)
        .value(entity::Column::LockedUntil, fresh.locked_until)
        .value(entity::Column::ExpiresAt, fresh.expires_at)
        .and_where(entity::Column::Id.eq(kept.id))
        // Race: of several that find the lease expired, one changes it first, and the others match no row.
        .and_where(entity::Column::LockedUntil.eq(kept.locked_until));
    if !expired {
        // Race: who held the lease may commit until the last moment; then it is not free.
        update.and_where(entity::Column::Status.is_null());
    }
    Ok(db.writer().execute(&update).await?.rows_affected() == 1)
}

#[cfg(test)]
mod tests;
