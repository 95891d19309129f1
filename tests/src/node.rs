//! The nodes of a world: the program as it is, on a thread of its own, so that dropping the world can wait for its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use gateway::app::{App, Parts};
use gateway::config::{Config, Mode, Switch};
use gateway::engine::Server;
use gateway::seed;
use gateway::serve::Running;
use kernel::clock::Clock;
use kernel::id::IdGen;
use platform::cache::Services;
use platform::crypto::{Keyring, PasswordHasher, SubjectVault};
use platform::mail::CaptureMailer;
use platform::settings::{PasswordSettings, RedisSettings};
use platform::storage::Storage;
use secrecy::SecretString;
use tokio::sync::{mpsc, oneshot};

use crate::database::{Content, Database, redis_url, settings, unique_name};
use crate::dns::Dns;

/// What a world shall be like.
pub(crate) struct Plan {
    pub(crate) content: Content,
    pub(crate) nodes: usize,
    pub(crate) changes: Vec<Change>,
}

/// A wish about a node's settings.
pub(crate) type Change = Box<dyn Fn(&mut Config) + Send>;

/// What a world gets from its nodes.
pub(crate) struct Rooms {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) apps: Vec<App>,
    pub(crate) clock: Clock,
    pub(crate) mailbox: CaptureMailer,
    pub(crate) dns: Dns,
}

/// The thread on which the nodes live. Dropping it stops them and waits.
pub(crate) struct House {
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

/// What a house can be told.
enum Order {
    StopNode(usize, oneshot::Sender<()>),
}

impl House {
    /// Copies the database and starts the nodes.
    ///
    /// # Panics
    /// If they cannot start.
    pub(crate) async fn open(plan: Plan) -> (Self, Rooms) {
        let (orders, inbox) = mpsc::unbounded_channel();
        let (tell, told) = oneshot::channel();
        let live = move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(live(plan, tell, inbox));
        };
        let thread = std::thread::Builder::new().name("world".into()).spawn(live).expect("a thread");
        let house = Self { orders: Some(orders), thread: Some(thread) };
        match told.await {
            Ok(Ok(rooms)) => (house, rooms),
            Ok(Err(error)) => panic!("the world does not start: {error:#}"),
            Err(_) => panic!("the world does not start: see the panic above"),
        }
    }

    pub(crate) async fn stop_node(&self, node: usize) {
        let (tell, told) = oneshot::channel();
        let orders = self.orders.as_ref().expect("a house has orders until it is dropped");
        orders.send(Order::StopNode(node, tell)).unwrap_or_else(|_| panic!("the house is gone"));
        told.await.expect("the node stops");
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the world's thread panicked");
        }
    }
}

async fn live(
    plan: Plan,
    tell: oneshot::Sender<anyhow::Result<Rooms>>,
    mut inbox: mpsc::UnboundedReceiver<Order>,
) {
    let database = match Database::fresh(plan.content).await {
        Ok(database) => database,
        Err(error) => return drop(tell.send(Err(error.into()))),
    };
    match start(&plan, &database).await {
        Err(error) => drop(tell.send(Err(error))),
        Ok((rooms, mut running)) => {
            let apps = rooms.apps.clone();
            drop(tell.send(Ok(rooms)));
            while let Some(Order::StopNode(node, done)) = inbox.recv().await {
                if let Some(running) = running.get_mut(node).and_then(Option::take) {
                    running.stop().await;
                }
                let _ = done.send(());
            }
            for running in running.into_iter().flatten() {
                running.stop().await;
            }
            if !std::thread::panicking() {
                crate::catalogue::expect_known_events(&apps[0]).await;
            }
            for app in apps {
                // Reason: a test that panicked may still hold a connection; the database goes anyway.
                let _ = tokio::time::timeout(Duration::from_secs(2), app.db.close()).await;
            }
        }
    }
    database.remove().await;
}

async fn start(plan: &Plan, database: &Database) -> anyhow::Result<(Rooms, Vec<Option<Running>>)> {
    let clock = Clock::manual(monday_morning());
    let mailbox = CaptureMailer::in_memory(1_000, clock.clone());
    let dns = Dns::default();
    let prefix = format!("{}:", unique_name());
    let shared = Services::in_process(clock.clone());
    let (mut apps, mut running, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.nodes {
        let mut config = config(database);
        for change in &plan.changes {
            change(&mut config);
        }
        let services = match redis_url() {
            Some(url) => {
                let redis = RedisSettings { url: url.into(), prefix: prefix.clone() };
                // Reason: Redis limits by its own clock, which no test moves; that limiter has tests of its own.
                let limits = Arc::clone(&shared.limits);
                Services { limits, ..Services::redis(&redis, clock.clone()).await? }
            }
            None => shared.clone(),
        };
        let storage = Storage::open(&config.storage, &config.data_dir)?;
        let app = App::assemble(Parts {
            db: platform::db::connect(&config.database).await?,
            config: Arc::new(config),
            ids: IdGen::new(clock.clone()),
            clock: clock.clone(),
            services,
            keyring: Arc::new(keyring()),
            storage,
            mailer: Arc::new(mailbox.clone()),
            mailbox: Some(mailbox.clone()),
            resolver: Arc::new(dns.clone()),
        })?;
        let node = Server::start(app.clone()).await?;
        addresses.push(node.addr);
        running.push(Some(node));
        apps.push(app);
    }
    Ok((Rooms { addresses, apps, clock, mailbox, dns }, running))
}

/// Fills a migrated database with both agencies.
pub(crate) async fn seed(url: &str) -> anyhow::Result<()> {
    let hash = PasswordHasher::new(&cheap())?.hash(SecretString::from(seed::PASSWORD)).await?;
    let vault = SubjectVault::new(Arc::new(keyring()), Clock::system());
    let db = platform::db::connect(&settings(url)).await?.with_vault(Arc::new(vault));
    let seeded = Box::pin(seed::test_world(&db, &hash, today())).await;
    db.close().await?;
    seeded.map(drop).map_err(Into::into)
}

/// A Monday; the agencies are seeded as they are on it.
fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date")
}

/// When time stands still in a new world.
pub(crate) fn monday_morning() -> DateTime<Utc> {
    today().and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(9)
}

fn config(database: &Database) -> Config {
    let mut config = Config {
        mode: Mode::Development,
        data_dir: database.folder.path().to_owned(),
        database: settings(&database.url),
        password: cheap(),
        ..Config::default()
    };
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.server.threads = 1;
    config.server.stop_timeout_s = 1;
    config.server.expose_statements = true;
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    config.limits.rates = Switch::Off;
    config.identity.rate_limits = false;
    config.identity.public_url = "http://portal.atrium.test".to_owned();
    config
}

/// Password hashes that cost next to nothing.
fn cheap() -> PasswordSettings {
    PasswordSettings { memory_kib: 8, iterations: 1, threads: 1, ..PasswordSettings::default() }
}

/// The same in every world, for templates hold what it sealed.
fn keyring() -> Keyring {
    Keyring::from_keys([("test".to_owned(), [7; 32])], "test").expect("a key")
}
