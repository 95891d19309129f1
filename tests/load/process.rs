//! The processes under load: the gateway, and how much processor time it and the database took.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A gateway process, stopped when dropped.
pub struct Gateway {
    child: Child,
    /// Where it listens.
    pub address: String,
    folder: tempfile::TempDir,
    database: Option<String>,
}

impl Gateway {
    /// The optimised binary, which `scripts/bench` builds first.
    pub fn binary() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/atrium")
    }

    fn command(folder: &Path, database: Option<&str>, arguments: &[&str]) -> Command {
        let mut command = Command::new(Self::binary());
        command.args(arguments).arg("--data-dir").arg(folder);
        command.env("ATRIUM_RATE_LIMITS", "off").env("ATRIUM_SERVER__EXPOSE_STATEMENTS", "true");
        command.env("ATRIUM_LOG__FILTER", "warn").env_remove("DATABASE_URL").env_remove("REDIS_URL");
        if let Some(url) = database {
            command.env("ATRIUM_DATABASE_URL", url);
        }
        command
    }

    /// Migrates and seeds a database (SQLite in a new folder without a URL), then serves it.
    pub fn seeded(database: Option<String>, size: &str) -> std::io::Result<(Self, Duration)> {
        let folder = tempfile::tempdir()?;
        let run = |arguments: &[&str]| -> std::io::Result<()> {
            let status = Self::command(folder.path(), database.as_deref(), arguments).stdout(Stdio::null()).status()?;
            if status.success() { Ok(()) } else { Err(std::io::Error::other(format!("atrium {arguments:?} failed"))) }
        };
        run(&["migrate", "up"])?;
        let begun = Instant::now();
        run(&["seed", "--size", size])?;
        let seeding = begun.elapsed();
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let child =
            Self::command(folder.path(), database.as_deref(), &["serve", "--listen", &address]).spawn()?;
        let gateway = Self { child, address, folder, database };
        gateway.wait()?;
        Ok((gateway, seeding))
    }

    fn wait(&self) -> std::io::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if std::net::TcpStream::connect(&self.address).is_ok() {
                return Ok(());
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Err(std::io::Error::other("the gateway does not answer"))
    }

    /// Processor seconds of the gateway so far.
    pub fn cpu(&self) -> f64 {
        cpu_of(self.child.id())
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
    }

    /// Database URL, if it is not SQLite.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Reason: a process that is gone already needs no stopping.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor seconds of every PostgreSQL process of this machine that serves `database`'s cluster: the postmaster's
/// children, living and ended.
pub fn postgres_cpu() -> f64 {
    let mut total = 0.0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if name.starts_with("postgres") {
            total += cpu_of(pid);
        }
    }
    total
}

/// User and system time of a process from `/proc/<pid>/stat` (proc(5), fields 14 and 15), in seconds; for PostgreSQL's
/// postmaster also that of its ended children (16 and 17).
fn cpu_of(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0.0 };
    let fields: Vec<f64> = rest.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect();
    // Reason: `rest` begins at field 3; clock ticks are 100 a second on every Linux that Rust runs on.
    fields.get(11..15).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}
