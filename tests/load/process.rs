//! The processes under load: the gateway, and how much processor time it and the database took.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A PostgreSQL server that is ours alone.
pub struct Cluster {
    /// Its database.
    pub url: String,
    postmaster: u32,
}

impl Cluster {
    /// The server behind a URL.
    ///
    /// # Errors
    /// If it does not answer, or not to a superuser.
    pub fn at(url: String) -> std::io::Result<Self> {
        let postmaster = sql(&url, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")?;
        let postmaster = postmaster.trim().parse().map_err(std::io::Error::other)?;
        Ok(Self { url, postmaster })
    }

    /// Processor seconds so far: of the server, of its processes, and of those that have ended.
    pub fn cpu(&self) -> f64 {
        let pids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
        let ours = pids.filter(|pid| *pid == self.postmaster || parent_of(*pid) == Some(self.postmaster));
        ours.map(cpu_of).sum()
    }
}

fn sql(url: &str, statement: &str) -> std::io::Result<String> {
    let output = Command::new("psql").args(["-XAtqc", statement]).arg(url).output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// A gateway process, stopped when dropped.
pub struct Gateway {
    child: Child,
    /// Where it listens.
    pub address: String,
    /// How long its data took.
    pub seeding: Duration,
    /// How long it took from the start of the process to the first answer.
    pub starting: Duration,
    /// Its database, if it is not SQLite.
    pub cluster: Option<Cluster>,
    folder: tempfile::TempDir,
}

impl Gateway {
    /// The optimised binary, which `scripts/bench` builds first, unless another one is named.
    fn binary() -> PathBuf {
        let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/atrium");
        crate::variable("ATRIUM_BENCH_PROGRAM").map_or_else(built, PathBuf::from)
    }

    fn command(folder: &Path, database: Option<&Cluster>, arguments: &[&str]) -> Command {
        let mut command = Command::new(Self::binary());
        command.args(arguments).arg("--data-dir").arg(folder).stdout(Stdio::null());
        command.env("ATRIUM_RATE_LIMITS", "off").env("ATRIUM_SERVER__EXPOSE_STATEMENTS", "true");
        command.env("ATRIUM_LOG__FILTER", "error").env_remove("DATABASE_URL").env_remove("REDIS_URL");
        if let Some(cluster) = database {
            command.env("ATRIUM_DATABASE_URL", &cluster.url);
        }
        command
    }

    /// Migrates and seeds a database (SQLite in a new folder without a cluster), then serves it.
    ///
    /// # Errors
    /// If the binary is missing or fails.
    pub fn seeded(cluster: Option<Cluster>, size: &str) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let run = |arguments: &[&str]| -> std::io::Result<Duration> {
            let begun = Instant::now();
            let status = Self::command(folder.path(), cluster.as_ref(), arguments).status()?;
            let failed = || std::io::Error::other(format!("atrium {arguments:?} failed"));
            status.success().then(|| begun.elapsed()).ok_or_else(failed)
        };
        run(&["migrate", "up"])?;
        let seeding = run(&["seed", "--size", size])?;
        if let Some(cluster) = &cluster {
            // Reason: PostgreSQL does this by itself within minutes, SQLite when the seeds are in; nobody waits here.
            sql(&cluster.url, "VACUUM ANALYZE")?;
        }
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let begun = Instant::now();
        let child =
            Self::command(folder.path(), cluster.as_ref(), &["serve", "--listen", &address]).spawn()?;
        let mut gateway = Self { child, address, seeding, starting: Duration::ZERO, cluster, folder };
        gateway.first_answer()?;
        gateway.starting = begun.elapsed();
        // Reason: what the start allocates and frees again is gone by then.
        std::thread::park_timeout(Duration::from_secs(1));
        Ok(gateway)
    }

    fn first_answer(&self) -> std::io::Result<()> {
        let begun = Instant::now();
        let request = crate::client::request(&self.address, None, "{ __typename }");
        while begun.elapsed() < Duration::from_secs(20) {
            if let Ok(mut stream) = TcpStream::connect(&self.address) {
                let mut answer = [0; 12];
                stream.write_all(&request)?;
                stream.read_exact(&mut answer)?;
                return if answer == *b"HTTP/1.1 200" {
                    Ok(())
                } else {
                    Err(std::io::Error::other(String::from_utf8_lossy(&answer).into_owned()))
                };
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Err(std::io::Error::other("the gateway does not answer"))
    }

    /// Processor seconds of the gateway so far.
    pub fn cpu(&self) -> f64 {
        cpu_of(self.child.id())
    }

    /// Processor seconds of the database so far; SQLite's are the gateway's.
    pub fn database_cpu(&self) -> f64 {
        self.cluster.as_ref().map_or(0.0, Cluster::cpu)
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> f64 {
        self.megabytes("VmRSS:")
    }

    /// The most resident memory so far, in MiB.
    pub fn peak(&self) -> f64 {
        self.megabytes("VmHWM:")
    }

    fn megabytes(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
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

/// User and system time of a process, and for PostgreSQL's postmaster also that of its ended children, in seconds
/// (proc(5), fields 14 to 17 of `/proc/<pid>/stat`).
fn cpu_of(pid: u32) -> f64 {
    let times = stat_of(pid);
    // Reason: clock ticks are 100 a second on every Linux that Rust runs on.
    times.get(11..15).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}

fn parent_of(pid: u32) -> Option<u32> {
    stat_of(pid).get(1).map(|parent| *parent as u32)
}

/// The numbers of `/proc/<pid>/stat` from field 3 on; empty for a process that is gone.
fn stat_of(pid: u32) -> Vec<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return Vec::new() };
    rest.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect()
}
