//! Templates: migrated databases, with and without the two agencies, built once for each build of the test binary.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use crate::database::{Content, settings, sqlite_url, sweep, tmp_folder};
use crate::node;

/// Twenty hexadecimal digits that change with the migrations and with the test binary, which holds the seed.
pub(crate) fn key() -> io::Result<String> {
    static KEY: OnceLock<String> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key.clone());
    }
    let program = fs::metadata(std::env::current_exe()?)?;
    let built = program.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    let build = format!("{} {} {}", migrations::fingerprint(), built.as_nanos(), program.len());
    let digest = Sha256::digest(build);
    let key: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    Ok(KEY.get_or_init(|| key).clone())
}

/// The file of a template.
///
/// Race: tests run in many processes at once; the first to take the lock builds, and a folder under its final name is
/// complete.
pub(crate) async fn sqlite(content: Content) -> io::Result<PathBuf> {
    let root = tmp_folder()?.join("templates");
    let ready = root.join(key()?);
    let file = ready.join(format!("{}.db", content.name()));
    if file.exists() {
        return Ok(file);
    }
    fs::create_dir_all(&root)?;
    let lock = File::create(tmp_folder()?.join("templates.lock"))?;
    lock.lock()?;
    if file.exists() {
        return Ok(file);
    }
    sweep(&root, Duration::from_secs(24 * 60 * 60));
    let draft = tempfile::Builder::new().prefix("draft-").tempdir_in(&root)?;
    let seeded = draft.path().join("seeded.db");
    fill(&sqlite_url(&seeded), async || fs::copy(&seeded, draft.path().join("empty.db")).map(drop)).await?;
    let journal = draft.path().join("seeded.db-wal");
    assert!(!journal.exists(), "a template must be one file, but its journal was left behind");
    fs::rename(draft.keep(), ready)?;
    Ok(file)
}

/// Migrates an empty database, lets `after_schema` copy it while nobody is connected, and fills it.
pub(crate) async fn fill(url: &str, after_schema: impl AsyncFnOnce() -> io::Result<()>) -> io::Result<()> {
    let opened = platform::db::pools(&settings(url)).await.map_err(io::Error::other)?;
    let migrated = migrations::up(&opened.write).await;
    opened.read.close().await.and(opened.write.close().await).map_err(io::Error::other)?;
    migrated.map_err(io::Error::other)?;
    after_schema().await?;
    node::seed(url).await.map_err(|error| io::Error::other(format!("{error:#}")))
}
