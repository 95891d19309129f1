//! The right to do a request once, which its idempotency key gives: confirmed by every act of the request in the act's own
//! transaction, so that what is committed and what is known to be done never differ, whenever the process dies.

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use crate::{
    db::Transaction,
    error::{Error, Result, Text},
};

/// `idempotency_keys.status` of a request that committed something and whose answer is not kept yet. Any other is the
/// answer's HTTP status.
pub const COMMITTED: i32 = 0;

/// Somebody else has the right by now.
pub const LEASE_LOST: Text = Text::new(
    "idempotency_lease_lost",
    "The request took so long that another try of it began.",
    "La requête a duré si longtemps qu'un autre essai a commencé.",
);

/// The right to do a request once: a row of `idempotency_keys`, held until a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The row.
    pub id: Uuid,
    /// Until when it is held; another holder has another time.
    pub until: DateTime<Utc>,
}

impl Lease {
    /// Notes in the transaction that the request has done something.
    ///
    /// # Errors
    /// CONFLICT if the lease ran out and somebody else took it: nothing may be committed any more.
    pub(super) async fn confirm(&self, tx: &Transaction) -> Result<()> {
        let column = |name: &str| Expr::col(Alias::new(name));
        let update = Query::update()
            .table(Alias::new("idempotency_keys"))
            .value(Alias::new("status"), COMMITTED)
            .and_where(column("id").eq(self.id))
            .and_where(column("locked_until").eq(self.until))
            .to_owned();
        match tx.execute(&update).await?.rows_affected() {
            0 => Err(Error::Conflict { message: LEASE_LOST.into(), current_version: None }),
            _ => Ok(()),
        }
    }
}
