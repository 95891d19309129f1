//! Servers of a test's own, on ports of their own, which it may stop and start again.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use kernel::clock::Clock;
use platform::crypto::{Keyring, PasswordHasher, SubjectVault};
use platform::settings::{DatabaseSettings, PasswordSettings};
use tests::PASSWORD;

/// How long a server may take to answer. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn done(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Waits until somebody listens on a port.
async fn answers(port: u16) {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let connected = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tick.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, connected).await.unwrap_or_else(|_| panic!("nobody listens on {port}"));
}

/// A Redis server. Dropped, it is killed.
pub struct Redis {
    port: u16,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Redis {
    /// A new server.
    pub async fn start() -> Self {
        let mut redis = Self { port: free_port(), folder: tempfile::tempdir().unwrap(), child: None };
        redis.start_again().await;
        redis
    }

    /// Starts it where it was, empty.
    pub async fn start_again(&mut self) {
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
            .arg(self.port.to_string())
            .arg("--dir")
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        self.child = Some(child.expect("redis-server is installed"));
        answers(self.port).await;
    }

    /// Ends it without a word (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A PostgreSQL server with one database. Dropped, it is stopped.
pub struct Postgres {
    port: u16,
    folder: tempfile::TempDir,
    programs: PathBuf,
}

impl Postgres {
    /// A new server with both agencies of a world.
    pub async fn seeded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let server = Self { port: free_port(), folder, programs: programs() };
        let mut make = Command::new("install");
        make.args(["-d", "-m", "700"]);
        if is_root() {
            make.args(["-o", "nobody", "-g", "nogroup"]);
        }
        done(make.arg(server.data()));
        let mut init = server.command("initdb");
        done(init.args(["-U", "atrium", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]));
        server.start_again().await;
        server.fill().await;
        server
    }

    /// Starts it, and waits until it answers.
    pub async fn start_again(&self) {
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= -c fsync=off",
            self.port
        );
        let mut start = self.command("pg_ctl");
        start.args(["start", "-w", "-s", "-l", "/dev/null", "-o"]).arg(options);
        // Reason: the server keeps what it inherits, and whoever reads a pipe of ours would wait for its end.
        let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "PostgreSQL does not start");
        answers(self.port).await;
    }

    /// Ends it at once, as if it had crashed.
    pub fn stop(&self) {
        done(self.command("pg_ctl").args(["stop", "-m", "immediate", "-s"]));
    }

    pub fn url(&self) -> String {
        format!("postgres://atrium@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of the server on its folder; it refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        command.arg("-D").arg(self.data()).current_dir("/");
        command
    }

    async fn fill(&self) {
        let settings = DatabaseSettings { url: self.url().into(), ..DatabaseSettings::default() };
        let pools = platform::db::pools(&settings).await.unwrap();
        migrations::up(&pools.write).await.unwrap();
        let cheap =
            PasswordSettings { memory_kib: 8, iterations: 1, threads: 1, ..PasswordSettings::default() };
        let hash = PasswordHasher::new(&cheap).unwrap().hash(PASSWORD.to_owned().into()).await.unwrap();
        // Reason: the key of sites with agencies, on whose data folder the program will run.
        let keys = Keyring::from_keys([("test".to_owned(), [7; 32])], "test").unwrap();
        let vault = SubjectVault::new(Arc::new(keys), Clock::system());
        let db = kernel::db::Db::new(pools.read, pools.write).with_vault(Arc::new(vault));
        let today = "2026-03-02".parse().unwrap();
        gateway::seed::test_world(&db, &hash, today).await.unwrap();
        db.close().await.unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Reason: a test that failed may have stopped it already.
        let _ = self.command("pg_ctl").args(["stop", "-m", "immediate", "-s"]).status();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The folder of the newest server that is installed.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.retain(|folder| folder.join("initdb").exists());
    folders.sort();
    folders.pop().unwrap_or_default()
}
