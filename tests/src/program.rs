//! The program as a process of its own: for what only a whole process does, such as its command line, signals and dying.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use gateway::app::KEY_FILE;
use kernel::clock::Clock;
use kernel::db::Db;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::Row;
use crate::actor::{Actor, Door};
use crate::database::{Content, Database, on_postgres, settings};
use crate::http;
use crate::peek;

/// How long a process may take for anything. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A database and a data folder for processes, gone when dropped.
pub struct Site {
    database: Option<Database>,
    db: tokio::sync::OnceCell<Db>,
    clock: Clock,
}

/// The key file of a site with agencies: the key of [`crate::node`], 32 bytes of 7 in Base64.
const KEYS: &str = r#"{"active": "test", "keys": {"test": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"}}"#;

/// What a process that has ended said.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {self:#?}"))
    }

    /// Fails unless it ended with this code.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }
}

impl Site {
    /// A migrated database without agencies.
    pub async fn empty() -> Self {
        Self::with(Content::Empty).await
    }

    /// A database with both agencies of a world.
    pub async fn seeded() -> Self {
        Self::with(Content::Seeded).await
    }

    async fn with(content: Content) -> Self {
        let database = Database::fresh(content).await.expect("a database");
        if content == Content::Seeded {
            // Reason: the agencies of the template hold what was sealed with this key.
            write_private(&database.folder.path().join(KEY_FILE), KEYS).expect("a key file");
        }
        Self { database: Some(database), db: tokio::sync::OnceCell::new(), clock: Clock::system() }
    }

    fn database(&self) -> &Database {
        self.database.as_ref().expect("a site has its database until it is dropped")
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.database().folder.path()
    }

    /// The program with these arguments, on this site and nothing else of the environment: any free port, cheap
    /// passwords, no rate limits.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).env_clear().current_dir(self.folder());
        command.env("ATRIUM_DATA_DIR", self.folder()).env("ATRIUM_LISTEN", "127.0.0.1:0");
        command.env("ATRIUM_PASSWORD__MEMORY_KIB", "8").env("ATRIUM_PASSWORD__ITERATIONS", "1");
        command.env("ATRIUM_RATE_LIMITS", "off").env("ATRIUM_MODE", "development");
        command.env("ATRIUM_SERVER__STOP_TIMEOUT_S", "5");
        if on_postgres() {
            command.env("ATRIUM_DATABASE_URL", &self.database().url);
        }
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        finish(self.command(arguments), "").await
    }

    /// Runs a command with a text on standard input.
    pub async fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        finish(self.command(arguments), input).await
    }

    /// Starts `atrium serve` and waits until it says where it listens.
    pub async fn serve(&self) -> Process {
        self.start(self.command(&["serve"])).await
    }

    /// Starts a command that serves.
    ///
    /// # Panics
    /// If it ends instead.
    pub async fn start(&self, mut command: Command) -> Process {
        let log = self.folder().join("log");
        let errors = File::options().create(true).append(true).open(&log).expect("a log");
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn();
        let mut child = child.expect("the program starts");
        let mut lines = lines_of(child.stdout.take().expect("its output is a pipe"));
        let mut said = String::new();
        let listening = async {
            while let Some(line) = lines.recv().await {
                said.push_str(&line);
                said.push('\n');
                if line.contains("Ctrl-C stops") {
                    return true;
                }
            }
            false
        };
        let listening = tokio::time::timeout(PATIENCE, listening).await.unwrap_or(false);
        let mut process = Process { child: Some(child), door: None, said, log, clock: self.clock.clone() };
        assert!(listening, "the program does not serve: {}\n{}", process.said, process.log());
        process.door = Some(Door {
            client: http::client(),
            nodes: vec![address_in(&process.said)],
            node: 0,
            clock: self.clock.clone(),
        });
        process
    }

    /// Starts a command that serves nobody, and waits until it logs this text.
    ///
    /// # Panics
    /// If it does not.
    pub async fn start_until(&self, mut command: Command, text: &str) -> Process {
        let log = self.folder().join("log");
        let errors = File::options().create(true).append(true).open(&log).expect("a log");
        let logged = fs::read_to_string(&log).unwrap_or_default().len();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn();
        let child = Some(child.expect("the program starts"));
        let process = Process { child, door: None, said: String::new(), log, clock: self.clock.clone() };
        process.logs(logged, text).await;
        process
    }

    async fn db(&self) -> &Db {
        let open = || async {
            platform::db::connect(&settings(&self.database().url)).await.expect("the database is there")
        };
        self.db.get_or_init(open).await
    }

    /// A handle of the test's own on the database.
    pub async fn connect(&self) -> Db {
        platform::db::connect(&settings(&self.database().url)).await.expect("the database is there")
    }

    /// As [`crate::World::rows`].
    pub async fn rows(&self, table: &str, rest: &str) -> Vec<Row> {
        peek::rows(self.db().await, table, rest).await
    }

    /// As [`crate::World::events`].
    pub async fn events(&self) -> Vec<Row> {
        peek::events(self.db().await).await
    }

    /// As [`crate::World::execute`].
    pub async fn execute(&self, sql: &str) {
        peek::execute(self.db().await, sql).await;
    }

    /// As [`crate::World::settled`].
    pub async fn settled(&self) {
        peek::settled(self.db().await, &self.clock).await;
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let Some(database) = self.database.take() else { return };
        // Reason: the test's runtime may be the one that is being dropped.
        let remove = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(database.remove());
        };
        let _ = std::thread::spawn(remove).join();
    }
}

/// A running server. Dropped, it is killed.
pub struct Process {
    child: Option<Child>,
    door: Option<Door>,
    said: String,
    log: PathBuf,
    clock: Clock,
}

impl Process {
    fn door(&self) -> &Door {
        self.door.as_ref().expect("it listens")
    }

    /// What it said when it was ready.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// What it logged so far, with whatever ran on the site before.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until this text is logged behind the first `after` bytes of the log.
    ///
    /// # Panics
    /// If it is not.
    pub async fn logs(&self, after: usize, text: &str) {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        let logged = async {
            while !self.log().get(after..).is_some_and(|log| log.contains(text)) {
                tick.tick().await;
            }
        };
        let logged = tokio::time::timeout(PATIENCE, logged).await;
        assert!(logged.is_ok(), "{text:?} is not logged: {}", self.log());
    }

    /// Address of a path.
    pub fn url(&self, path: &str) -> String {
        self.door().url(path)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.door().address()
    }

    /// The client that requests go through.
    pub fn http(&self) -> &reqwest::Client {
        &self.door().client
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Actor {
        Actor::nobody(self.door().clone())
    }

    /// A person who signs in when first needed.
    pub fn person(&self, tenant: &str, email: &str, password: &str) -> Actor {
        Actor::person(self.door().clone(), tenant, email, password)
    }

    /// The time by which the process lives: the machine's.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Kills it, so that it can do nothing more (SIGKILL).
    pub async fn kill(mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it can be killed");
        waited(child).await;
    }

    /// Tells it to stop (SIGTERM).
    pub fn tell_to_stop(&self) {
        let child = self.child.as_ref().expect("it runs");
        rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM)
            .expect("it can be told");
    }

    /// Waits for its end and tells the exit code; none if a signal ended it.
    pub async fn ended(mut self) -> Option<i32> {
        waited(self.child.take().expect("it runs")).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Reason: a process that is gone already needs no stopping.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Writes a file that its owner alone can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

/// Runs a command to its end, with a text on standard input.
///
/// # Panics
/// If it does not end.
pub async fn finish(mut command: Command, input: &str) -> Ran {
    let input = input.to_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let process = rustix::process::Pid::from_child(&child);
    let run = move || -> io::Result<Ran> {
        if let Some(mut stdin) = child.stdin.take() {
            // Reason: a program that reads nothing may have ended already.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) })
    };
    let mut running = tokio::task::spawn_blocking(run);
    match tokio::time::timeout(PATIENCE, &mut running).await {
        Ok(ran) => ran.expect("no panic").expect("the output of the command"),
        Err(_) => {
            // Reason: whatever waits for it would wait for ever.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
            panic!("the command does not end: {:?}", running.await);
        }
    }
}

async fn waited(mut child: Child) -> Option<i32> {
    let ended = tokio::task::spawn_blocking(move || child.wait().expect("it was started here"));
    tokio::time::timeout(PATIENCE, ended).await.expect("it does not end").expect("no panic").code()
}

/// The lines of a pipe, read to its end whether or not somebody wants them.
fn lines_of(pipe: impl io::Read + Send + 'static) -> mpsc::UnboundedReceiver<String> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    told
}

fn address_in(said: &str) -> SocketAddr {
    let rest = said.split_once("http://").map_or("", |(_, rest)| rest);
    let address: String =
        rest.chars().take_while(|letter| !matches!(letter, '/' | ' ' | '\n' | ';')).collect();
    address.parse().unwrap_or_else(|_| panic!("no address in {said:?}"))
}

/// The binary beside the running test. Cargo builds it for the tests of its own package alone, so it is built here if it
/// is missing, or older than sources that the test was built from.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test is a file");
        // Invariant: cargo puts test binaries into `<profile>/deps`.
        let folder = test.parent().and_then(Path::parent).expect("a folder of the profile");
        let binary = folder.join(format!("atrium{}", std::env::consts::EXE_SUFFIX));
        if is_old(&binary, &test) {
            build(folder);
        }
        binary
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is in the project")
}

fn is_old(binary: &Path, test: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let (Some(binary), Some(test)) = (changed(binary), changed(test)) else { return true };
    let mut newest = SystemTime::UNIX_EPOCH;
    for part in ["Cargo.lock", "crates", "gateway/Cargo.toml", "gateway/src", "migrations"] {
        // Reason: what was changed after the test was built is not in it either.
        visit(&root().join(part), &mut |at| newest = if at <= test { newest.max(at) } else { newest });
    }
    binary < newest
}

fn visit(path: &Path, see: &mut impl FnMut(SystemTime)) {
    if path.file_name().is_some_and(|name| name == "tests") {
        return;
    }
    let Ok(data) = fs::metadata(path) else { return };
    if data.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            visit(&entry.path(), see);
        }
    } else if let Ok(at) = data.modified() {
        see(at);
    }
}

fn build(folder: &Path) {
    let profile = folder.file_name().and_then(|name| name.to_str()).unwrap_or("debug");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--bin", "atrium"]).current_dir(root());
    match profile {
        "debug" => &mut cargo,
        "release" => cargo.arg("--release"),
        other => cargo.args(["--profile", other]),
    };
    let built = cargo.status().expect("cargo is there");
    assert!(built.success(), "cargo build --bin atrium failed");
}
