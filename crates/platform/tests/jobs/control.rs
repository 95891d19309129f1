//! What people do with jobs: enqueue them once, cancel, try again, discard; how far they are, and when they go.

use std::{sync::Arc, time::Duration};

use kernel::{
    Error,
    act::{NewJob, job::Status},
    id::JobId,
};
use platform::jobs::{Run, Runner, Scope, cancel, discard, purge, retry};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{World, on_both},
    tries::{Worker, all, enqueue, job, minutes, only},
};

async fn once(world: &World, payload: &str) -> JobId {
    let act = world
        .system()
        .act(&world.db, "test.enqueue", async |act| act.enqueue_once(job(payload), "same").await);
    act.await.unwrap()
}

/// Waits until the only job looks like this.
async fn until(world: &World, is: impl Fn(&kernel::act::job::Model) -> bool) {
    let seen = async {
        while !is(&only(world).await) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap();
}

#[tokio::test]
async fn job_under_a_key_is_there_once_until_it_is_over() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let first = once(world, "first").await;
        assert_eq!(once(world, "second").await, first);
        assert_eq!(only(world).await.payload, "first", "what it was given stays");
        let other = world
            .system_of_other()
            .act(&world.db, "test.enqueue", async |act| act.enqueue_once(job("x"), "same").await);
        assert_ne!(other.await.unwrap(), first, "another tenant has its own");
        let kind = world.system().act(&world.db, "test.enqueue", async |act| {
            act.enqueue_once(NewJob::new("another", String::new()), "same").await
        });
        assert_ne!(kind.await.unwrap(), first, "so has another kind");
        worker.runner(world, "one").work().await.unwrap();
        assert_ne!(once(world, "third").await, first);
        assert_eq!(all(world).await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn job_under_a_key_wakes_the_worker() {
    on_both(async |world| {
        once(world, "").await;
        let heard = tokio::time::timeout(Duration::from_secs(1), world.db.jobs.heard());
        assert!(heard.await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn enqueuing_under_a_key_at_once_makes_one_job() {
    on_both(async |world| {
        let ids: Vec<JobId> = futures::future::join_all((0..8).map(|_| once(world, ""))).await;
        assert!(ids.iter().all(|id| *id == ids[0]));
        assert_eq!(world.count("jobs").await, 1);
    })
    .await;
}

#[tokio::test]
async fn waiting_job_is_cancelled_at_once_and_begins_anew_when_asked() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let runner = worker.runner(world, "one");
        enqueue(world, vec![job("kept")]).await;
        let scope = Scope::one(world.acme.id, only(world).await.id);
        let strange = Scope { tenant: Some(Some(world.other.id)), ..scope.clone() };
        let writer = world.db.writer();
        assert!(cancel(&writer, &strange, world.now()).await.unwrap().is_empty());
        let [row] = cancel(&writer, &scope, world.now()).await.unwrap().try_into().unwrap();
        assert_eq!((row.status(), row.finished_at), (Status::Cancelled, Some(world.now())));
        assert!(cancel(&writer, &scope, world.now()).await.unwrap().is_empty(), "it is over");
        assert_eq!(runner.work().await.unwrap(), 0);
        let [row] = retry(&writer, &scope, world.now()).await.unwrap().try_into().unwrap();
        assert_eq!((row.status(), row.finished_at, row.cancel_requested_at), (Status::Waiting, None, None));
        assert_eq!(runner.work().await.unwrap(), 1);
        assert_eq!(only(world).await.status(), Status::Done);
        assert!(retry(&writer, &scope, world.now()).await.unwrap().is_empty(), "what it needed is forgotten");
    })
    .await;
}

#[tokio::test]
async fn running_job_hears_that_it_is_cancelled_and_tells_how_far_it_is() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let stop = CancellationToken::new();
        let running = tokio::spawn(worker.runner(world, "one").run(stop.clone()));
        enqueue(world, vec![job("listen")]).await;
        until(world, |row| row.progress_done == Some(1)).await;
        let row = only(world).await;
        assert_eq!((row.progress_total, row.progress_message.as_deref()), (Some(3), Some("listening")));
        let scope = Scope::one(world.acme.id, row.id);
        let [row] = cancel(&world.db.writer(), &scope, world.now()).await.unwrap().try_into().unwrap();
        assert_eq!(row.status(), Status::Running, "it has not heard yet");
        until(world, |row| row.status() == Status::Cancelled).await;
        assert_eq!(worker.begun(), 1);
        stop.cancel();
        running.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn job_of_a_dead_worker_that_was_cancelled_is_not_begun_again() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let runner = worker.runner(world, "one");
        enqueue(world, vec![job("hang")]).await;
        assert!(tokio::time::timeout(Duration::from_millis(300), runner.work()).await.is_err());
        let scope = Scope::one(world.acme.id, only(world).await.id);
        cancel(&world.db.writer(), &scope, world.now()).await.unwrap();
        world.clock.advance(Duration::from_secs(31));
        assert_eq!(runner.work().await.unwrap(), 0);
        assert_eq!((only(world).await.status(), worker.begun()), (Status::Cancelled, 1));
    })
    .await;
}

#[tokio::test]
async fn failed_job_is_tried_again_with_all_its_tries_or_discarded() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let runner = worker.runner(world, "one");
        enqueue(world, vec![job("never"), job("never")]).await;
        assert_eq!(runner.work().await.unwrap(), 2);
        let rows = all(world).await;
        let writer = world.db.writer();
        let again = Scope::one(world.acme.id, rows[0].id);
        let [row] = retry(&writer, &again, world.now()).await.unwrap().try_into().unwrap();
        assert_eq!(
            (row.status(), row.attempts, row.last_error.as_deref()),
            (Status::Waiting, 0, Some("not ever"))
        );
        assert!(discard(&writer, &again).await.unwrap().is_empty(), "it waits");
        assert_eq!(runner.work().await.unwrap(), 1);
        let failed = Scope { status: Some(Status::Failed), kind: Some("test".into()), ..Scope::default() };
        assert_eq!(discard(&writer, &failed).await.unwrap().len(), 2);
        assert_eq!(world.count("jobs").await, 0);
    })
    .await;
}

#[tokio::test]
async fn failed_job_is_not_tried_again_beside_another_with_its_key() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let failed = once(world, "never").await;
        worker.runner(world, "one").work().await.unwrap();
        once(world, "").await;
        let scope = Scope::one(world.acme.id, failed);
        let refused = retry(&world.db.writer(), &scope, world.now()).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn jobs_go_when_they_are_long_over_and_failed_ones_later() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        enqueue(
            world,
            vec![job("never"), job(""), NewJob { delay: chrono::TimeDelta::days(300), ..job("late") }],
        )
        .await;
        worker.runner(world, "one").work().await.unwrap();
        world.clock.advance(minutes(7 * 24 * 60));
        assert_eq!(purge(&world.db, world.now()).await.unwrap(), 0);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(purge(&world.db, world.now()).await.unwrap(), 1);
        world.clock.advance(minutes(83 * 24 * 60));
        assert_eq!(purge(&world.db, world.now()).await.unwrap(), 1);
        assert_eq!(only(world).await.payload, "late");
    })
    .await;
}

#[tokio::test]
async fn act_that_ends_a_job_commits_only_while_the_job_is_its_own() {
    on_both(async |world| {
        enqueue(world, vec![job("hang")]).await;
        let worker = Arc::new(Worker::default());
        let runner: Runner = worker.runner(world, "slow");
        assert!(tokio::time::timeout(Duration::from_millis(300), runner.work()).await.is_err());
        let slow = Run::new(only(world).await);
        let effect = async |run: &Run| {
            let act = world.system().act(&world.db, "test.effect", async |act| {
                act.enqueue(NewJob::new("effect", String::new()));
                act.finish_job(run, Some(&serde_json::json!(7))).await
            });
            act.await
        };
        world.clock.advance(Duration::from_secs(31));
        assert!(tokio::time::timeout(Duration::from_millis(300), runner.work()).await.is_err());
        assert!(matches!(effect(&slow).await, Err(Error::Conflict { .. })), "another try has begun");
        let later = Run::new(only(world).await);
        assert_eq!(later.attempts, 2);
        effect(&later).await.unwrap();
        assert!(matches!(effect(&later).await, Err(Error::Conflict { .. })), "it is over");
        let rows = all(world).await;
        let done = rows.iter().find(|row| row.id == later.id).unwrap();
        assert_eq!(
            (done.status(), done.payload.as_str(), done.result.as_deref()),
            (Status::Done, "", Some("7"))
        );
        assert_eq!(rows.iter().filter(|row| row.kind == "effect").count(), 1);
    })
    .await;
}
