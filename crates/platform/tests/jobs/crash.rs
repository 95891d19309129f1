//! Real processes killed at each step of a job: none is lost, and an effect that commits with the job's end happens once.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use kernel::{
    act::{NewJob, job::Status},
    clock::Clock,
    db::Db,
    viewer::{TenantInfo, Viewer},
};
use platform::{
    jobs::{Handler, JobError, Run, Runner},
    settings::DatabaseSettings,
};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{World, on_both},
    tries::{all, enqueue, job},
};

/// What tells this test program, run as a process of its own, where to work and where to stop.
const DATABASE: &str = "JOBS_TEST_DATABASE";
const STEP: &str = "JOBS_TEST_STEP";

/// The steps of the handler below, at which its process is killed.
const STEPS: [&str; 5] = ["taken", "written", "ended", "committed", "returned"];

#[expect(clippy::disallowed_methods, reason = "how the test talks to its own process")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Does an act that ends the job, and stops for ever at one step.
struct Stepping {
    db: Db,
    stop_at: String,
}

impl Stepping {
    async fn step(&self, name: &str) {
        if self.stop_at == name {
            println!("AT {name}");
            std::future::pending::<()>().await;
        }
    }

    fn viewer(&self, run: &Run) -> Viewer {
        let tenant = TenantInfo {
            id: run.tenant_id.unwrap(),
            slug: "acme".to_owned(),
            locale: kernel::locale::Locale::default(),
            currency: kernel::money::Currency::default(),
            time_zone: chrono_tz::UTC,
            working_week: Default::default(),
        };
        Viewer::system(tenant, Clock::system(), kernel::id::IdGen::new(Clock::system()))
    }
}

#[async_trait]
impl Handler for Stepping {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        self.step("taken").await;
        let viewer = self.viewer(run);
        let act = viewer.act(&self.db, "test.effect", async |act| {
            act.enqueue_once(
                NewJob { delay: chrono::TimeDelta::days(1), ..NewJob::new("effect", String::new()) },
                &act.new_id::<kernel::id::JobId>().to_string(),
            )
            .await?;
            self.step("written").await;
            act.finish_job(run, None).await?;
            self.step("ended").await;
            Ok(())
        });
        act.await?;
        self.step("committed").await;
        println!("DONE");
        Ok(())
    }
}

/// The other process: works until it is killed. Run by itself it has no work, and stops at once.
#[tokio::test]
async fn worker_that_is_told_to_stop_begins_nothing() {
    let Some(url) = told(DATABASE) else {
        on_both(async |world| {
            enqueue(world, vec![job("")]).await;
            let stop = CancellationToken::new();
            stop.cancel();
            Runner::new(world.db.clone(), world.clock.clone(), "one").run(stop).await;
            assert_eq!(all(world).await[0].attempts, 0);
        })
        .await;
        return;
    };
    let settings = DatabaseSettings { url: url.into(), max_connections: 4, ..DatabaseSettings::default() };
    let db = platform::db::connect(&settings).await.unwrap();
    let handler = Stepping { db: db.clone(), stop_at: told(STEP).unwrap_or_default() };
    let name = format!("process {}", std::process::id());
    let runner = Runner::new(db, Clock::system(), name).with("test", Arc::new(handler));
    runner.run(CancellationToken::new()).await;
}

/// A worker process on the world's database, which says when it has reached `line`.
fn worker(world: &World, step: &str, line: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::worker_that_is_told_to_stop_begins_nothing", "--nocapture"]);
    command
        .env(DATABASE, world.settings.url.expose_secret())
        .env(STEP, step)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(std::result::Result::ok);
    assert!(lines.any(|said| said.contains(line)), "the worker ended before {line}");
    child
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn worker_killed_at_any_step_loses_no_job_and_repeats_no_effect() {
    on_both(async |world| {
        for (round, step) in STEPS.iter().enumerate() {
            enqueue(world, vec![job(step)]).await;
            let line = if *step == "returned" { "DONE".to_owned() } else { format!("AT {step}") };
            kill(worker(world, step, &line));
            // The lease of the dead runs out.
            let past = "UPDATE jobs SET locked_until = '2020-01-01T00:00:00+00:00' WHERE status = 'running'";
            sea_orm::ConnectionTrait::execute_unprepared(&world.db.writer(), past).await.unwrap();
            let heir = worker_if_needed(world).await;
            let rows = all(world).await;
            let tests: Vec<_> = rows.iter().filter(|row| row.kind == "test").collect();
            assert_eq!(tests.len(), round + 1);
            assert!(tests.iter().all(|row| row.status() == Status::Done), "killed at {step}: {tests:#?}");
            let effects = rows.iter().filter(|row| row.kind == "effect").count();
            assert_eq!(effects, round + 1, "killed at {step}");
            heir.into_iter().for_each(kill);
        }
    })
    .await;
}

/// Lets another process do what is not done yet.
async fn worker_if_needed(world: &World) -> Option<Child> {
    let open = async || all(world).await.iter().any(|row| row.kind == "test" && !row.status().is_over());
    if !open().await {
        return None;
    }
    let child = worker(world, "", "DONE");
    let done = async {
        while open().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
    Some(child)
}
