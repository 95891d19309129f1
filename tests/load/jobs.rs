//! The job queue under load: jobs that do nothing, from the act that asks for them to their written end, with one worker
//! in the process that asks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use kernel::{act::NewJob, clock::Clock, db::Db, id::IdGen, viewer::Viewer};
use platform::{
    crypto::{Keyring, SubjectVault},
    jobs::{Handler, JobError, Run, Runner},
    settings::DatabaseSettings,
};
use sea_orm::ConnectionTrait as _;
use tokio_util::sync::CancellationToken;

/// What a second of a worker shall do on PostgreSQL.
const TARGET: f64 = 1_500.0;

/// Jobs of a row of the table.
const JOBS: usize = 20_000;

/// Who asks for jobs at once.
const PRODUCERS: usize = 4;

/// Does nothing.
struct Nothing;

#[async_trait]
impl Handler for Nothing {
    async fn run(&self, _: &Run) -> Result<(), JobError> {
        Ok(())
    }
}

/// A database of its own with a worker's queue.
struct Queue {
    db: Db,
    viewer: Viewer,
}

/// Measures both databases and prints a table; `server` is a PostgreSQL server that is ours alone.
///
/// # Errors
/// If a database refuses.
pub async fn measure(server: &str) -> std::io::Result<()> {
    println!("\njobs that do nothing, {PRODUCERS} producers, one worker in the same process\n");
    println!(
        "| database | jobs an act | enqueued alone/s | drained alone/s | end to end/s | of {TARGET:.0}/s |"
    );
    println!("|---|---|---|---|---|---|");
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite:{}", folder.path().join("jobs.db").display());
    for (name, url) in [("PostgreSQL", own_database(server, "bench_jobs").await?), ("SQLite", file)] {
        let queue = Queue::open(url).await?;
        for (together, jobs) in [(100, JOBS), (1, JOBS / 8)] {
            let row = queue
                .row(together, jobs)
                .await
                .map_err(|error| std::io::Error::other(format!("{error:?}")))?;
            let [enqueued, drained, both] = row;
            println!(
                "| {name} | {together} | {enqueued:.0} | {drained:.0} | {both:.0} | {:.1} × |",
                both / TARGET
            );
        }
        queue.db.close().await.map_err(std::io::Error::other)?;
    }
    Ok(())
}

/// Measures acts beside bare transactions; `server` as above.
///
/// # Errors
/// If the database refuses.
pub async fn measure_acts(server: &str) -> std::io::Result<()> {
    let settings = DatabaseSettings {
        url: own_database(server, "bench_acts").await?.into(),
        max_connections: 32,
        ..DatabaseSettings::default()
    };
    let queue = Queue::on(settings).await?;
    let measured = crate::acts::measure(&queue.db, &queue.viewer).await;
    measured.map_err(|error| std::io::Error::other(format!("{error:?}")))?;
    queue.db.close().await.map_err(std::io::Error::other)
}

/// A new database beside the one of a URL.
async fn own_database(server: &str, name: &str) -> std::io::Result<String> {
    let admin = sea_orm::Database::connect(server).await.map_err(std::io::Error::other)?;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.map_err(std::io::Error::other)?;
    admin.close().await.map_err(std::io::Error::other)?;
    let mut url = url::Url::parse(server).map_err(std::io::Error::other)?;
    url.set_path(name);
    Ok(url.to_string())
}

impl Queue {
    async fn open(url: String) -> std::io::Result<Self> {
        Self::on(DatabaseSettings { url: url.into(), ..DatabaseSettings::default() }).await
    }

    async fn on(settings: DatabaseSettings) -> std::io::Result<Self> {
        let pools = platform::db::pools(&settings).await.map_err(std::io::Error::other)?;
        migrations::up(&pools.write).await.map_err(std::io::Error::other)?;
        let keyring = Keyring::from_keys([("bench".to_owned(), [7; 32])], "bench");
        let keyring = keyring.map_err(|error| std::io::Error::other(format!("{error:?}")))?;
        let vault = SubjectVault::new(Arc::new(keyring), Clock::system());
        let db = Db::new(pools.read, pools.write).with_vault(Arc::new(vault));
        let clock = Clock::system();
        let world = gateway::seed::test_world(&db, "none", clock.now().date_naive()).await;
        let world = world.map_err(|error| std::io::Error::other(error.to_string()))?;
        let viewer = Viewer::system(world.acme.info(), clock.clone(), IdGen::new(clock));
        Ok(Self { db, viewer })
    }

    /// Jobs a second: enqueued with nobody there, then drained with nobody asking, then both at once.
    async fn row(&self, together: usize, jobs: usize) -> kernel::Result<[f64; 3]> {
        let rate = |begun: Instant| jobs as f64 / begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        self.enqueue(together, jobs).await?;
        let enqueued = rate(begun);
        let begun = Instant::now();
        let (stop, worker) = self.worker();
        self.until_drained().await?;
        let drained = rate(begun);
        self.enqueue_and_drain(together, jobs).await?;
        let begun = Instant::now();
        self.enqueue_and_drain(together, jobs).await?;
        let both = rate(begun);
        stop.cancel();
        worker.await.map_err(kernel::Error::internal)?;
        Ok([enqueued, drained, both])
    }

    fn worker(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let stop = CancellationToken::new();
        let runner = Runner::new(self.db.clone(), Clock::system(), "bench").with("bench", Arc::new(Nothing));
        (stop.clone(), tokio::spawn(runner.run(stop)))
    }

    async fn enqueue_and_drain(&self, together: usize, jobs: usize) -> kernel::Result<()> {
        self.enqueue(together, jobs).await?;
        self.until_drained().await
    }

    async fn enqueue(&self, together: usize, jobs: usize) -> kernel::Result<()> {
        let producer = async || {
            for _ in 0..jobs / together / PRODUCERS {
                let act = self.viewer.act(&self.db, "bench.enqueue", async |act| {
                    (0..together).for_each(|_| {
                        act.enqueue(NewJob::new("bench", String::new()));
                    });
                    Ok(())
                });
                act.await?;
            }
            kernel::Result::Ok(())
        };
        futures::future::try_join_all((0..PRODUCERS).map(|_| producer())).await.map(drop)
    }

    async fn until_drained(&self) -> kernel::Result<()> {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while platform::jobs::backlog(&self.db, Clock::system().now()).await?.due > 0 {
            looks.tick().await;
        }
        Ok(())
    }
}
