//! Jobs by the calendar: each due time once, by whoever leads, in the tenant's time zone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono_tz::Tz;
use kernel::{Error, Result, act::job::Status, db::Db, id::TenantId};
use platform::jobs::{Lease, NewSchedule, Schedule, Scheduler, Zones, declare, remove, set};
use sea_orm::ConnectionTrait;

use crate::{
    harness::{World, on_both},
    tries::{Worker, all, minutes},
};

/// Time zones that a test moves tenants to.
#[derive(Default)]
struct Map(Mutex<HashMap<TenantId, Tz>>);

#[async_trait]
impl Zones for Map {
    async fn zones(&self, _: &[TenantId]) -> Result<HashMap<TenantId, Tz>> {
        Ok(self.0.lock().unwrap().clone())
    }
}

fn scheduler(world: &World, db: &Db, name: &str, zones: &Arc<Map>) -> Scheduler {
    Scheduler::new(db.clone(), world.clock.clone(), world.ids.clone(), name, zones.clone())
}

const HOURLY: Schedule = Schedule { name: "hourly", kind: "test", cron: "0 * * * *", zone: Tz::UTC };

#[tokio::test]
async fn due_time_is_put_into_the_queue_once_and_missed_ones_together() {
    on_both(async |world| {
        let zones = Arc::new(Map::default());
        let (one, two) =
            (scheduler(world, &world.db, "one", &zones), scheduler(world, &world.db, "two", &zones));
        let worker = Arc::new(Worker::default());
        let runner = worker.runner(world, "worker");
        for _ in 0..2 {
            declare(&world.db, &world.ids, world.now(), &[HOURLY]).await.unwrap();
        }
        assert_eq!((one.look().await.unwrap(), world.count("job_schedules").await), (0, 1));
        world.clock.advance(minutes(30));
        assert_eq!((one.look().await.unwrap(), one.look().await.unwrap()), (1, 0));
        assert_eq!(two.look().await.unwrap(), 0);
        assert_eq!(runner.work().await.unwrap(), 1);
        world.clock.advance(minutes(5 * 60));
        assert_eq!((two.look().await.unwrap(), one.look().await.unwrap()), (1, 0));
        let rows = all(world).await;
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.tenant_id.is_none() && row.kind == "test"));
        world.clock.advance(minutes(60));
        two.look().await.unwrap();
        assert_eq!(all(world).await.len(), 2, "the last one is not over yet");
    })
    .await;
}

#[tokio::test]
async fn declaration_that_changed_is_taken_over() {
    on_both(async |world| {
        declare(&world.db, &world.ids, world.now(), &[HOURLY]).await.unwrap();
        let before: i64 = world.one("SELECT count(*) FROM job_schedules WHERE cron = '0 * * * *'").await;
        declare(&world.db, &world.ids, world.now(), &[Schedule { cron: "5 * * * *", ..HOURLY }])
            .await
            .unwrap();
        let after: i64 = world.one("SELECT count(*) FROM job_schedules WHERE cron = '5 * * * *'").await;
        assert_eq!((before, after), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn schedule_of_a_tenant_goes_by_its_clocks() {
    on_both(async |world| {
        let zones = Arc::new(Map::default());
        zones.0.lock().unwrap().insert(world.acme.id, Tz::America__New_York);
        let scheduler = scheduler(world, &world.db, "one", &zones);
        let daily = |cron: &str| NewSchedule {
            name: "daily".into(),
            kind: "test",
            payload: "sealed".into(),
            cron: cron.into(),
            zone: None,
        };
        let write = async |cron: &str| {
            world.system().act(&world.db, "test.schedule", async |act| set(act, daily(cron)).await).await
        };
        assert!(matches!(write("nonsense").await, Err(Error::Invalid(_))));
        write("0 10 * * *").await.unwrap();
        write("0 10 * * *").await.unwrap();
        // The tenant was in UTC when it was written; from its first time on it goes by New York.
        world.clock.advance(minutes(30));
        assert_eq!(scheduler.look().await.unwrap(), 1);
        let job = all(world).await.remove(0);
        assert_eq!(
            (job.tenant_id, job.payload.as_str(), job.status()),
            (Some(world.acme.id), "sealed", Status::Waiting)
        );
        world.db.writer().execute_unprepared("DELETE FROM jobs").await.unwrap();
        world.clock.advance(minutes(5 * 60 - 1));
        assert_eq!(scheduler.look().await.unwrap(), 0);
        world.clock.advance(minutes(1));
        assert_eq!(scheduler.look().await.unwrap(), 1, "ten in New York is three in the afternoon in UTC");
        let gone = world.system().act(&world.db, "test.schedule", async |act| remove(act, "daily").await);
        assert!(gone.await.unwrap());
        assert_eq!(world.count("job_schedules").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedulers_beside_each_other_put_each_due_time_in_once() {
    on_both(async |world| {
        let zones = Arc::new(Map::default());
        declare(&world.db, &world.ids, world.now(), &[HOURLY]).await.unwrap();
        let mut all_put = 0;
        for round in 0..12 {
            world.clock.advance(minutes(60));
            // Each has forgotten who leads, as after a kill, or believes to lead.
            let looks = (0..4).map(|n| {
                let scheduler = scheduler(world, &world.db, &format!("{round} {n}"), &zones);
                async move { scheduler.look().await.unwrap() }
            });
            let put: usize = futures::future::join_all(looks).await.into_iter().sum();
            assert_eq!(put, 1, "round {round}");
            all_put += put;
            world.db.writer().execute_unprepared("DELETE FROM jobs").await.unwrap();
        }
        assert_eq!(all_put, 12);
    })
    .await;
}

#[tokio::test]
async fn lead_is_one_s_until_it_runs_out_or_is_given_up() {
    on_both(async |world| {
        let lease = |name: &str| Lease::new(world.db.clone(), world.clock.clone(), "something", name);
        let (one, two) = (lease("one"), lease("two"));
        assert!(one.hold().await.unwrap() && !two.hold().await.unwrap());
        world.clock.advance(Duration::from_secs(10));
        assert!(one.hold().await.unwrap(), "it is prolonged");
        world.clock.advance(Duration::from_secs(10));
        assert!(!two.hold().await.unwrap());
        world.clock.advance(Duration::from_secs(6));
        assert!(two.hold().await.unwrap() && !one.hold().await.unwrap(), "it ran out");
        two.release().await.unwrap();
        assert!(one.hold().await.unwrap());
    })
    .await;
}
