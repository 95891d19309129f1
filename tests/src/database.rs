//! A database of its own for each world, copied from a template that is built once for each build of the test binary.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use kernel::clock::Clock;
use kernel::id::{EventId, IdGen, TypedId as _};
use platform::settings::DatabaseSettings;

use crate::postgres;
use crate::template;

/// What is in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// The schema alone.
    Empty,
    /// Both agencies.
    Seeded,
}

impl Content {
    pub(crate) const ALL: [Self; 2] = [Self::Empty, Self::Seeded];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Seeded => "seeded",
        }
    }
}

/// The database and folder of a world. Dropping it removes the folder; [`Database::remove`] also the database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) folder: tempfile::TempDir,
    server: Option<postgres::Copy>,
}

impl Database {
    /// A fresh copy of a template.
    pub(crate) async fn fresh(content: Content) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("world-").tempdir_in(worlds_folder()?)?;
        let Some(server) = postgres_url() else {
            let file = folder.path().join("atrium.db");
            fs::copy(template::sqlite(content).await?, &file)?;
            return Ok(Self { url: sqlite_url(&file), folder, server: None });
        };
        let copy = postgres::Copy::of(&server, content).await.map_err(io::Error::other)?;
        Ok(Self { url: copy.url.clone(), folder, server: Some(copy) })
    }

    /// Drops the database. Connections that are still open are cut.
    pub(crate) async fn remove(self) {
        if let Some(copy) = self.server {
            copy.drop().await;
        }
    }
}

/// Settings with which tests connect.
pub(crate) fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings {
        url: url.to_owned().into(),
        max_connections: 4,
        acquire_timeout_s: 20,
        ..Default::default()
    }
}

pub(crate) fn sqlite_url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

/// The server on which tests make databases; SQLite files are used without it.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this")]
pub(crate) fn postgres_url() -> Option<String> {
    std::env::var("ATRIUM_TEST_DATABASE_URL").ok()
}

/// The Redis that worlds share, each with a prefix of its own; everything is in-process without it.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this")]
pub(crate) fn redis_url() -> Option<String> {
    std::env::var("ATRIUM_TEST_REDIS_URL").ok()
}

/// Whether worlds run on PostgreSQL.
pub fn on_postgres() -> bool {
    postgres_url().is_some()
}

/// A name that no other world has.
pub(crate) fn unique_name() -> String {
    IdGen::new(Clock::system()).generate::<EventId>().uuid().simple().to_string()
}

/// Where worlds and templates are kept: `tmp` in cargo's target folder, which the running test is somewhere in.
pub(crate) fn tmp_folder() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let folder = target.map_or_else(std::env::temp_dir, |target| target.join("tmp")).join("atrium-tests");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The folder of worlds; the first to ask in a process sweeps out what killed runs left.
fn worlds_folder() -> io::Result<PathBuf> {
    static SWEPT: OnceLock<()> = OnceLock::new();
    let folder = tmp_folder()?.join("worlds");
    fs::create_dir_all(&folder)?;
    SWEPT.get_or_init(|| sweep(&folder, Duration::from_secs(60 * 60)));
    Ok(folder)
}

/// Removes what was last changed longer than `age` ago.
pub(crate) fn sweep(folder: &Path, age: Duration) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let changed = entry.metadata().and_then(|data| data.modified());
        let old =
            changed.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|passed| passed > age));
        if old {
            // Race: another process may sweep the same; whoever comes second finds nothing.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
