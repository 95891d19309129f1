//! Scratch databases: one SQLite file, and one PostgreSQL database when `ATRIUM_TEST_DATABASE_URL` names a server.

pub mod catalog;
pub mod rows;

use futures::FutureExt;
use sea_orm_migration::sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names the server: `postgres://user:password@host:port/database`, whose role may create databases.
const SERVER: &str = "ATRIUM_TEST_DATABASE_URL";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A database of the test's own, by its address.
pub struct Scratch {
    url: String,
}

impl Scratch {
    /// A pool of its own, as another process would have.
    pub async fn connect(&self) -> DatabaseConnection {
        Database::connect(&self.url).await.unwrap()
    }
}

/// Runs the check on an empty database of each kind.
pub async fn on_each(check: impl AsyncFn(&Scratch)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scratch.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    check(&Scratch { url }).await;

    #[expect(clippy::disallowed_methods, reason = "the server is named by the environment of the test run")]
    let server = std::env::var(SERVER);
    if let Ok(server) = server {
        on_postgres(&server, check).await;
    }
}

async fn on_postgres(server: &str, check: impl AsyncFn(&Scratch)) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("atrium_migrations_{}_{number}", std::process::id());
    let admin = Database::connect(server).await.unwrap();
    assert_eq!(admin.get_database_backend(), DbBackend::Postgres);
    let create = format!("CREATE DATABASE {name}");
    admin.execute_unprepared(&create).await.unwrap();

    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = address.rsplit_once('/').unwrap();
    let scratch = Scratch { url: format!("{host}/{name}?{options}") };
    // Reason: the database goes even when the check fails, so that runs leave nothing on a shared server.
    let outcome = AssertUnwindSafe(check(&scratch)).catch_unwind().await;
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    admin.execute_unprepared(&drop).await.unwrap();
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}
