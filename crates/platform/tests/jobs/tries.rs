//! One job: done when it is due, again after failures, and not for ever.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{
    act::{
        NewJob,
        job::{self, Priority, Status},
    },
    id::JobId,
};
use platform::jobs::{Handler, JobError, Progress, Run, Runner};
use sea_orm::EntityTrait;
use tokio::sync::Notify;

use crate::harness::{World, on_both};

/// Does what the payload says and remembers which jobs it had.
pub struct Worker {
    /// How long a job may take.
    limit: Duration,
    begun: Mutex<Vec<JobId>>,
    now: Mutex<HashMap<JobId, usize>>,
    /// How often a job was begun while it was being done.
    pub twice_at_once: AtomicUsize,
    /// Lets jobs go on that say `wait`.
    pub go_on: Notify,
}

#[async_trait]
impl Handler for Worker {
    async fn run(&self, job: &Run) -> Result<(), JobError> {
        self.begun.lock().unwrap().push(job.id);
        {
            let mut now = self.now.lock().unwrap();
            *now.entry(job.id).or_default() += 1;
            self.twice_at_once.fetch_add(usize::from(now[&job.id] > 1), Ordering::SeqCst);
        }
        let done = match job.payload.as_str() {
            "again" => Err(JobError::Again("not today".into())),
            "never" => Err(JobError::Never("not ever".into())),
            "panic" => panic!("on purpose"),
            "hang" => pending().await,
            "listen" => {
                job.progress(Progress { done: 1, total: Some(3), message: Some("listening".into()) });
                job.token().cancelled().await;
                Err(JobError::Cancelled)
            }
            "result" => {
                job.result(&serde_json::json!({ "made": 3 }));
                Ok(())
            }
            "wait" => {
                self.go_on.notified().await;
                Ok(())
            }
            _ => {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Ok(())
            }
        };
        self.now.lock().unwrap().remove(&job.id);
        done
    }

    fn limit(&self) -> Duration {
        self.limit
    }
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(60),
            begun: Mutex::default(),
            now: Mutex::default(),
            twice_at_once: AtomicUsize::default(),
            go_on: Notify::default(),
        }
    }
}

impl Worker {
    pub fn runner(self: &Arc<Self>, world: &World, name: &str) -> Runner {
        Runner::new(world.db.clone(), world.clock.clone(), name).with("test", self.clone())
    }

    pub fn begun(&self) -> usize {
        self.begun.lock().unwrap().len()
    }

    pub async fn until_begun(&self, count: usize) {
        let enough = async {
            while self.begun() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), enough).await.unwrap();
    }
}

pub async fn enqueue(world: &World, jobs: Vec<NewJob>) {
    let act = world.system().act(&world.db, "test.enqueue", async |act| {
        for job in jobs {
            act.enqueue(job);
        }
        Ok(())
    });
    act.await.unwrap();
}

pub fn job(payload: &str) -> NewJob {
    NewJob::new("test", payload.into())
}

#[expect(clippy::disallowed_methods, reason = "a test reads everything")]
pub async fn all(world: &World) -> Vec<job::Model> {
    job::Entity::find().all(&world.db).await.unwrap()
}

pub async fn only(world: &World) -> job::Model {
    all(world).await.remove(0)
}

pub fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

#[tokio::test]
async fn due_job_is_done_once_and_its_payload_forgotten() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let runner = worker.runner(world, "one");
        assert_eq!(runner.work().await.unwrap(), 0);
        enqueue(world, vec![job("a secret")]).await;
        assert_eq!(runner.work().await.unwrap(), 1);
        let row = only(world).await;
        assert_eq!((row.status(), row.finished_at, row.attempts), (Status::Done, Some(world.now()), 1));
        assert_eq!((row.payload.as_str(), row.locked_until), ("", None));
        world.clock.advance(minutes(60));
        assert_eq!(runner.work().await.unwrap(), 0);
        assert_eq!(worker.begun(), 1);
    })
    .await;
}

#[tokio::test]
async fn job_with_a_delay_waits_for_its_time() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let runner = worker.runner(world, "one");
        enqueue(world, vec![NewJob { delay: TimeDelta::minutes(10), ..job("") }]).await;
        world.clock.advance(minutes(10) - Duration::from_micros(1));
        assert_eq!(runner.work().await.unwrap(), 0);
        world.clock.advance(Duration::from_micros(1));
        assert_eq!(runner.work().await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn failing_job_is_tried_again_with_growing_pauses_and_given_up() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let runner = worker.runner(world, "one");
        enqueue(world, vec![NewJob { max_attempts: 4, ..job("again") }]).await;
        for attempt in 1..4 {
            assert_eq!(runner.work().await.unwrap(), 1);
            let row = only(world).await;
            assert_eq!((row.attempts, row.status()), (attempt, Status::Waiting));
            assert_eq!((row.last_error.as_deref(), row.locked_until), (Some("not today"), None));
            assert_eq!(row.payload, "again", "it is needed again");
            let pause = row.run_at - world.now();
            let expected = TimeDelta::seconds(2_i64.pow(attempt as u32));
            assert!(pause >= expected * 4 / 5 && pause <= expected * 6 / 5, "attempt {attempt}: {pause}");
            world.clock.set(row.run_at - TimeDelta::microseconds(1));
            assert_eq!(runner.work().await.unwrap(), 0, "not before its time");
            world.clock.set(row.run_at);
        }
        assert_eq!(runner.work().await.unwrap(), 1);
        let row = only(world).await;
        assert_eq!((row.attempts, row.status(), row.finished_at), (4, Status::Failed, Some(world.now())));
        world.clock.advance(minutes(600));
        assert_eq!(runner.work().await.unwrap(), 0);
        assert_eq!(worker.begun(), 4);
    })
    .await;
}

#[tokio::test]
async fn job_that_never_can_be_done_is_given_up_at_once() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        enqueue(world, vec![job("never")]).await;
        assert_eq!(worker.runner(world, "one").work().await.unwrap(), 1);
        let row = only(world).await;
        assert_eq!((row.attempts, row.status()), (1, Status::Failed));
        assert_eq!(row.last_error.as_deref(), Some("not ever"));
    })
    .await;
}

#[tokio::test]
async fn handler_that_panics_fails_its_job_alone() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        enqueue(world, vec![job("panic"), job("fine")]).await;
        assert_eq!(worker.runner(world, "one").work().await.unwrap(), 2);
        let rows = all(world).await;
        let (bad, good) =
            (rows.iter().find(|row| row.payload == "panic"), rows.iter().find(|row| row.payload.is_empty()));
        assert!(bad.unwrap().last_error.as_deref().unwrap().contains("on purpose"));
        assert_eq!((bad.unwrap().status(), bad.unwrap().locked_until), (Status::Waiting, None));
        assert_eq!(good.unwrap().status(), Status::Done);
    })
    .await;
}

#[tokio::test]
async fn handler_that_takes_too_long_is_ended_and_tried_again() {
    on_both(async |world| {
        let worker = Arc::new(Worker { limit: Duration::from_secs(2), ..Worker::default() });
        enqueue(world, vec![job("hang")]).await;
        assert_eq!(worker.runner(world, "one").work().await.unwrap(), 1);
        let row = only(world).await;
        assert!(row.last_error.as_deref().unwrap().contains("2 s"), "{:?}", row.last_error);
        assert_eq!((row.locked_until, row.status()), (None, Status::Waiting));
    })
    .await;
}

#[tokio::test]
async fn job_without_a_handler_waits_for_a_worker_that_has_one() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        enqueue(world, vec![NewJob { max_attempts: 1, ..NewJob::new("unknown", "kept".into()) }]).await;
        for _ in 0..3 {
            assert_eq!(worker.runner(world, "old").work().await.unwrap(), 0);
        }
        let row = only(world).await;
        assert_eq!(
            (row.status(), row.attempts, row.last_error),
            (Status::Waiting, 0, None),
            "no try is burnt"
        );
        let new = Runner::new(world.db.clone(), world.clock.clone(), "new").with("unknown", worker.clone());
        assert_eq!(new.work().await.unwrap(), 1);
        assert_eq!(only(world).await.status(), Status::Done);
    })
    .await;
}

#[tokio::test]
async fn smaller_priority_and_then_the_longer_due_go_first() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        let jobs = [(Priority::BULK, 0), (Priority::USUAL, 0), (Priority::URGENT, 0), (Priority::USUAL, -5)];
        let jobs = jobs.map(|(priority, minutes)| NewJob {
            priority,
            delay: TimeDelta::minutes(minutes),
            ..job("")
        });
        enqueue(world, jobs.to_vec()).await;
        let rows = all(world).await;
        assert_eq!(worker.runner(world, "one").work().await.unwrap(), 4);
        let begun = worker.begun.lock().unwrap().clone();
        let order: Vec<(i32, i64)> = begun
            .iter()
            .filter_map(|id| rows.iter().find(|row| row.id == *id))
            .map(|row| (row.priority, (row.run_at - row.created_at).num_minutes()))
            .collect();
        assert_eq!(order, [(-10, 0), (0, -5), (0, 0), (10, 0)]);
    })
    .await;
}

#[tokio::test]
async fn result_is_kept_with_the_end() {
    on_both(async |world| {
        let worker = Arc::new(Worker::default());
        enqueue(world, vec![job("result")]).await;
        worker.runner(world, "one").work().await.unwrap();
        assert_eq!(only(world).await.result.as_deref(), Some(r#"{"made":3}"#));
    })
    .await;
}
