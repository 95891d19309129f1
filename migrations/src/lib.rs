//! The database schema and its history: the list of migrations, the doors that run them (`up`, `down`,
//! `status`) and the fingerprint by which test harnesses cache a migrated template database.
//!
//! Tables belong to the `mNNNN_<domain>` files; their
//! vocabulary to `table`; how a table becomes SQL on either database to `ddl`.

mod ddl;
mod m0001_identity;
mod m0002_crm;
mod m0003_projects;
mod m0004_kernel;
mod m0005_audit;
mod m0006_events;
mod m0007_jobs;
mod m0008_seals;
mod m0009_privacy;
mod m0010_keeping;
mod m0011_siem;
mod m0012_search;
mod m0013_time;
mod m0014_work;
mod m0015_registers;
mod m0016_templates;
mod m0017_plan;
mod m0018_health;
mod m0019_people;
mod table;

pub use ddl::{MAX_NAME_LENGTH, Step};
pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationStatus, MigrationTrait};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Every migration, oldest first. A released step is never edited: a change is a new step.
pub const STEPS: &[Step] = &[
    m0001_identity::STEP,
    m0002_crm::STEP,
    m0003_projects::STEP,
    m0004_kernel::STEP,
    m0005_audit::STEP,
    m0006_events::STEP,
    m0007_jobs::STEP,
    m0008_seals::STEP,
    m0009_privacy::STEP,
    m0010_keeping::STEP,
    m0011_siem::STEP,
    m0012_search::STEP,
    m0013_time::STEP,
    m0014_work::STEP,
    m0015_registers::STEP,
    m0016_templates::STEP,
    m0017_plan::STEP,
    m0018_health::STEP,
    m0019_people::STEP,
];

/// The number two processes of this product agree on to take turns at migrating one PostgreSQL database
/// ("atriumdb" as big-endian bytes); advisory locks are scoped to the database.
const ADVISORY_LOCK: i64 = i64::from_be_bytes(*b"atriumdb");

/// The migrator `sea-orm-migration` drives. Prefer [`up`], [`down`] and [`status`]: they are safe when two
/// processes start at once, the trait's own functions are not.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
    }
}

/// One migration and whether the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStatus {
    /// The migration's name, which is also its source file's.
    pub name: String,
    /// Whether it was applied.
    pub applied: bool,
}

/// Applies every pending migration, all or none. Does nothing on a current database.
///
/// # Errors
/// The database's error, or `DbErr::Custom` when the database has a migration this program does not know.
pub async fn up(conn: &DatabaseConnection) -> Result<(), DbErr> {
    let turn = take_turn(conn).await?;
    Migrator::up(&turn, None).await?;
    turn.commit().await
}

/// Rolls back the last `steps` migrations, or with `None` all of them and the table that records them.
/// The data of the dropped tables is lost.
///
/// # Errors
/// As [`up`].
pub async fn down(conn: &DatabaseConnection, steps: Option<u32>) -> Result<(), DbErr> {
    let turn = take_turn(conn).await?;
    match steps {
        Some(steps) => Migrator::down(&turn, Some(steps)).await?,
        None => Migrator::reset(&turn).await?,
    }
    turn.commit().await
}

/// Every migration this program knows, oldest first, with its state in the database. Writes nothing.
///
/// # Errors
/// As [`up`].
pub async fn status(conn: &DatabaseConnection) -> Result<Vec<StepStatus>, DbErr> {
    let migrations = Migrator::get_migration_with_status_read_only(conn).await?;
    Ok(migrations
        .iter()
        .map(|migration| StepStatus {
            name: migration.name().to_owned(),
            applied: migration.status() == MigrationStatus::Applied,
        })
        .collect())
}

/// Thirty-two hexadecimal digits that change when a migration or the way it becomes SQL changes; short enough
/// to be part of a database or file name.
pub fn fingerprint() -> String {
    let mut hash = Sha256::new();
    hash.update(include_str!("ddl.rs"));
    hash.update([0]);
    hash.update(include_str!("table.rs"));
    for step in STEPS {
        hash.update([0]);
        hash.update(step.name);
        hash.update([0]);
        hash.update(step.source);
    }
    hash.finalize()[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
        // Reason: writing to a String cannot fail, and the result type is the String itself.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A transaction in which no other process can be migrating the same database.
///
/// Race: on SQLite `BEGIN IMMEDIATE` takes the only write lock and a second process waits for its busy timeout;
/// on PostgreSQL the advisory lock is released by commit or rollback. Both read the list of applied migrations
/// after they have the lock, so the second finds nothing left to do.
async fn take_turn(conn: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let turn = conn
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: (conn.get_database_backend() == DbBackend::Sqlite)
                .then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    if turn.get_database_backend() == DbBackend::Postgres {
        turn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")).await?;
    }
    Ok(turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_is_stable_and_fits_a_database_name() {
        assert_eq!(fingerprint(), fingerprint());
        assert_eq!(fingerprint().len(), 32);
        assert!(fingerprint().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn steps_are_numbered_in_order_and_carry_their_own_source() {
        for (index, step) in STEPS.iter().enumerate() {
            let number = format!("m{:04}_", index + 1);
            assert!(step.name.starts_with(&number), "{} is step {}", step.name, index + 1);
            assert!(
                step.source.contains(&format!("name: \"{}\"", step.name)),
                "the source of {} must be its own file",
                step.name
            );
        }
    }
}
