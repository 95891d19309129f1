//! Workers beside each other: leases, workers that die or are slow, and the end of a worker.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_trait::async_trait;
use kernel::{
    act::{NewJob, job::Status},
    viewer::Viewer,
};
use platform::jobs::{Handler, JobError, Run, Runner};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{on_both, on_both_narrow},
    tries::{Worker, all, enqueue, job, minutes, only},
};

#[tokio::test]
async fn job_of_a_worker_that_died_goes_to_another_after_its_lease() {
    on_both(async |world| {
        let (dead, heir) = (Arc::new(Worker::default()), Arc::new(Worker::default()));
        enqueue(world, vec![job("wait")]).await;
        let dies = dead.runner(world, "dead");
        assert!(tokio::time::timeout(Duration::from_millis(500), dies.work()).await.is_err());
        assert_eq!(dead.begun(), 1);
        let runner = heir.runner(world, "heir");
        world.clock.advance(Duration::from_secs(30));
        assert_eq!(runner.work().await.unwrap(), 0, "not while it is held");
        world.clock.advance(Duration::from_secs(1));
        heir.go_on.notify_one();
        assert_eq!(runner.work().await.unwrap(), 1);
        let row = only(world).await;
        assert_eq!((row.attempts, row.locked_by.as_deref()), (2, Some("heir")));
        assert_eq!(row.status(), Status::Done);
    })
    .await;
}

#[tokio::test]
async fn long_job_stays_with_its_worker_as_long_as_that_lives() {
    on_both(async |world| {
        let (long, other) = (Arc::new(Worker::default()), Arc::new(Worker::default()));
        enqueue(world, vec![job("wait")]).await;
        let stop = CancellationToken::new();
        let running = tokio::spawn(long.runner(world, "long").run(stop.clone()));
        long.until_begun(1).await;
        let lease = only(world).await.locked_until;
        world.clock.advance(Duration::from_secs(20));
        let prolonged = async {
            while only(world).await.locked_until <= lease {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), prolonged).await.unwrap();
        world.clock.advance(Duration::from_secs(20));
        assert_eq!(other.runner(world, "other").work().await.unwrap(), 0);
        long.go_on.notify_one();
        stop.cancel();
        running.await.unwrap();
        let row = only(world).await;
        assert_eq!((row.status(), row.attempts), (Status::Done, 1));
    })
    .await;
}

#[tokio::test]
async fn worker_that_could_not_show_its_life_keeps_its_jobs() {
    on_both(async |world| {
        let late = Arc::new(Worker::default());
        enqueue(world, vec![job("wait")]).await;
        let stop = CancellationToken::new();
        let running = tokio::spawn(late.runner(world, "late").run(stop.clone()));
        late.until_begun(1).await;
        // As after a machine that slept, or a database that was away: the lease is over before anybody looked.
        world.clock.advance(Duration::from_secs(60));
        let lease = only(world).await.locked_until;
        let prolonged = async {
            while only(world).await.locked_until <= lease {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), prolonged).await.unwrap();
        late.go_on.notify_one();
        stop.cancel();
        running.await.unwrap();
        let row = only(world).await;
        assert_eq!((row.status(), row.attempts), (Status::Done, 1));
    })
    .await;
}

#[tokio::test]
async fn job_that_kills_its_workers_is_given_up() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let runner = worker.runner(world, "one");
        enqueue(world, vec![NewJob { max_attempts: 2, ..job("wait") }]).await;
        for _ in 0..2 {
            assert!(tokio::time::timeout(Duration::from_millis(300), runner.work()).await.is_err());
            world.clock.advance(minutes(6));
        }
        assert_eq!(runner.work().await.unwrap(), 0);
        let row = only(world).await;
        assert_eq!((worker.begun(), row.status(), row.finished_at), (2, Status::Failed, Some(world.now())));
        assert!(row.last_error.as_deref().unwrap().contains("disappeared"));
    })
    .await;
}

#[tokio::test]
async fn result_that_comes_too_late_does_not_replace_the_later_one() {
    on_both(async |world| {
        let (slow, quick) = (Arc::new(Worker::default()), Arc::new(Worker::default()));
        enqueue(world, vec![job("wait")]).await;
        // Even under the same name.
        let (first, second) = (slow.runner(world, "same"), quick.runner(world, "same"));
        let late = async {
            let worked = first.work().await;
            let row = only(world).await;
            assert_eq!((row.attempts, row.finished_at), (2, None), "the second try still runs");
            quick.go_on.notify_one();
            worked
        };
        let meanwhile = async {
            slow.until_begun(1).await;
            world.clock.advance(minutes(6));
            let release = async {
                quick.until_begun(1).await;
                slow.go_on.notify_one();
            };
            tokio::join!(second.work(), release).0
        };
        let (one, two) = tokio::join!(late, meanwhile);
        assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
        let row = only(world).await;
        assert_eq!((row.attempts, row.finished_at), (2, Some(world.now())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_beside_each_other_do_each_job_once() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let stop = CancellationToken::new();
        let mut running = Vec::new();
        for name in ["one", "two", "three"] {
            let db = if world.is_postgres() { world.another_node().await } else { world.db.clone() };
            let runner = Runner::new(db, world.clock.clone(), name).with("test", worker.clone());
            running.push(tokio::spawn(runner.run(stop.clone())));
        }
        for round in 0..10 {
            enqueue(world, (0..20).map(|n| job(&format!("{round} {n}"))).collect()).await;
        }
        let done = async {
            while world.one::<i64>("SELECT count(*) FROM jobs WHERE finished_at IS NULL").await > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), done).await.unwrap();
        stop.cancel();
        for task in running {
            task.await.unwrap();
        }
        assert_eq!(worker.twice_at_once.load(Ordering::SeqCst), 0);
        assert_eq!(worker.begun(), 200, "each once");
        assert!(all(world).await.iter().all(|row| row.attempts == 1 && row.status() == Status::Done));
    })
    .await;
}

#[tokio::test]
async fn slow_job_does_not_hold_up_the_others() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let stop = CancellationToken::new();
        let running = tokio::spawn(worker.runner(world, "one").run(stop.clone()));
        enqueue(world, vec![job("wait")]).await;
        worker.until_begun(1).await;
        for n in 2..30 {
            enqueue(world, vec![job("quick")]).await;
            worker.until_begun(n).await;
        }
        worker.go_on.notify_one();
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
        assert!(all(world).await.iter().all(|row| row.finished_at.is_some()));
    })
    .await;
}

#[tokio::test]
async fn stop_finishes_what_runs_and_begins_nothing() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let stop = CancellationToken::new();
        let running = tokio::spawn(worker.runner(world, "one").run(stop.clone()));
        enqueue(world, (0..70).map(|_| job("wait")).collect()).await;
        worker.until_begun(64).await;
        stop.cancel();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!running.is_finished(), "it waits for what runs");
        assert_eq!(worker.begun(), 64, "a worker does so many at once");
        worker.go_on.notify_waiters();
        tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
        let rows = all(world).await;
        assert_eq!(rows.iter().filter(|row| row.finished_at.is_some()).count(), 64);
        assert_eq!(rows.iter().filter(|row| row.attempts == 0 && row.locked_until.is_none()).count(), 6);
    })
    .await;
}

/// Does an act of its own, as most handlers do.
struct Acting(kernel::db::Db, Viewer);

#[async_trait]
impl Handler for Acting {
    async fn run(&self, job: &Run) -> Result<(), JobError> {
        let act = self.1.act(&self.0, "test.job", async |act| {
            act.note("Job", None, Some(job.payload.clone()), serde_json::Map::new());
            act.enqueue(NewJob::new("done", String::new()));
            tokio::task::yield_now().await;
            Ok(())
        });
        act.await?;
        Ok(())
    }
}

#[tokio::test]
async fn handlers_that_act_share_one_connection_with_the_queue() {
    on_both_narrow(async |world| {
        let stop = CancellationToken::new();
        let handler = Arc::new(Acting(world.db.clone(), world.system().clone()));
        let runner = Runner::new(world.db.clone(), world.clock.clone(), "one").with("test", handler);
        let running = tokio::spawn(runner.run(stop.clone()));
        enqueue(world, (0..40).map(|n| job(&n.to_string())).collect()).await;
        let done = async {
            while world
                .one::<i64>("SELECT count(*) FROM jobs WHERE kind = 'test' AND finished_at IS NULL")
                .await
                > 0
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
        stop.cancel();
        running.await.unwrap();
        assert_eq!(world.count("audit_entries").await, 40);
        assert_eq!(world.one::<i64>("SELECT count(*) FROM jobs WHERE kind = 'done'").await, 40);
        assert_eq!(
            world.one::<i64>("SELECT count(*) FROM jobs WHERE kind = 'test' AND attempts <> 1").await,
            0
        );
    })
    .await;
}

#[tokio::test]
async fn one_tenant_that_fills_a_worker_leaves_places_for_others() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        enqueue(world, (0..100).map(|_| job("wait")).collect()).await;
        let stop = CancellationToken::new();
        let running = tokio::spawn(worker.runner(world, "one").run(stop.clone()));
        worker.until_begun(64).await;
        let act =
            world.system_of_other().act(&world.db, "test.enqueue", async |act| Ok(act.enqueue(job("quick"))));
        let quick = act.await.unwrap();
        let done = async {
            while all(world).await.iter().any(|row| row.id == quick && row.status() != Status::Done) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
        assert_eq!(worker.begun(), 65, "and no other of the first tenant");
        running.abort();
    })
    .await;
}
