//! Waking other processes on the same PostgreSQL database: bells that rang here are told with NOTIFY, those of others are
//! heard with LISTEN. Who waits for a bell still looks now and then, so that what is not heard is only late.
//!
//! Reason: `pg_notify` within an act's transaction would hold PostgreSQL's one lock on the queue of notifications until
//! the commit is on the disk, and so make commits wait for one another. A process tells its commits together instead,
//! right behind them, in a transaction that writes nothing.

use std::time::Duration;

use kernel::{
    db::{Db, Rung},
    error::Result,
};
use sea_orm::{ConnectionTrait as _, Statement};
use sqlx::{
    PgPool,
    postgres::{PgListener, PgNotification, PgPoolOptions},
};
use tokio_util::sync::CancellationToken;

/// The channel of notifications. A database holds one installation.
const CHANNEL: &str = "atrium_wake";

/// The shortest time between two notifications of a process.
const GATHER: Duration = Duration::from_millis(10);

/// How long nothing is heard until the connection is tried.
const SILENCE: Duration = Duration::from_secs(30);

/// How long to wait for an answer, or before the next try to listen.
const PAUSE: Duration = Duration::from_secs(2);

/// Tells and hears bells until `stop`; `name` tells the processes apart. While others are heard, who waits for a bell
/// looks without one only every `patience`. On SQLite, which has no notifications, it does nothing.
pub async fn run(db: Db, name: String, patience: Duration, stop: CancellationToken) {
    let Some(pool) = db.postgres() else { return };
    let wake = Wake { db: &db, name: &name, patience };
    tokio::join!(wake.tell(&stop), wake.hear(pool, &stop));
}

struct Wake<'a> {
    db: &'a Db,
    name: &'a str,
    patience: Duration,
}

impl Wake<'_> {
    async fn tell(&self, stop: &CancellationToken) {
        loop {
            let rung = tokio::select! {
                () = stop.cancelled() => return,
                rung = self.db.calls().next() => rung,
            };
            if let Err(error) = self.notify(rung).await {
                tracing::debug!(?error, "others look for what was committed when their patience ends");
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    async fn notify(&self, rung: Rung) -> Result<()> {
        let values = [CHANNEL.into(), format!("{} {}", rung.0, self.name).into()];
        let notify = Statement::from_sql_and_values(self.db.backend(), "SELECT pg_notify($1, $2)", values);
        self.db.writer().execute_raw(notify).await?;
        Ok(())
    }

    async fn hear(&self, pool: &PgPool, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let heard = tokio::select! {
                () = stop.cancelled() => Ok(()),
                heard = self.listen(pool) => heard,
            };
            self.db.calls().hears(None);
            if let Err(error) = heard {
                tracing::warn!(%error, "commits of other processes are not heard, but looked for");
                // Reason: who waits with much patience is to look at once, and more often from now on.
                self.db.rang_elsewhere(Rung(u8::MAX));
                let _ = tokio::time::timeout(PAUSE, stop.cancelled()).await;
            }
        }
    }

    /// Listens until the connection is lost.
    async fn listen(&self, pool: &PgPool) -> std::result::Result<(), sqlx::Error> {
        // Reason: a connection of its own, so that none of those for work is taken for ever.
        let own = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PAUSE)
            .max_lifetime(None)
            .idle_timeout(None);
        let own = own.connect_with(pool.connect_options().as_ref().clone()).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        self.db.calls().hears(Some(self.patience));
        // Race: what was committed before the first moment of listening is looked for now.
        self.db.rang_elsewhere(Rung(u8::MAX));
        tracing::info!("commits of other processes are heard");
        loop {
            match tokio::time::timeout(SILENCE, listener.try_recv()).await {
                Ok(told) => match told? {
                    Some(told) => self.heard(&told),
                    None => return Err(sqlx::Error::WorkerCrashed),
                },
                Err(_) => {
                    let alive =
                        tokio::time::timeout(PAUSE, sqlx::query("SELECT 1").execute(&mut listener)).await;
                    alive.map_err(|_| sqlx::Error::PoolTimedOut)??;
                }
            }
        }
    }

    fn heard(&self, told: &PgNotification) {
        let Some((rung, by)) = told.payload().split_once(' ') else { return };
        if let (Ok(rung), true) = (rung.parse(), by != self.name) {
            self.db.rang_elsewhere(Rung(rung));
        }
    }
}
