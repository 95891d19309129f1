//! Consumers: each has its cursor, what one fails on does not hold up the rest, and the log is kept for all of them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use platform::dispatch::{self, Consumer, Dispatcher, Kinds, Undelivered};
use uuid::Uuid;

use crate::dispatcher::{event, events};
use crate::harness::on_both;

/// Takes what it is given, but for numbers that it fails on.
#[derive(Default)]
struct Fussy {
    taken: Mutex<Vec<i64>>,
    tried: AtomicUsize,
    fails: Mutex<Vec<i64>>,
}

#[async_trait]
impl Consumer for Fussy {
    fn name(&self) -> &'static str {
        "fussy"
    }

    fn kinds(&self) -> Kinds {
        Kinds::Beginning(&["test."])
    }

    async fn handle(&self, event: &dispatch::Event) -> Result<(), Undelivered> {
        self.tried.fetch_add(1, Ordering::SeqCst);
        let number = event.payload["n"].as_i64().unwrap();
        assert_ne!(number, 77, "seventy-seven");
        if self.fails.lock().unwrap().contains(&number) {
            return Err(Undelivered::Event(format!("no {number}")));
        }
        self.taken.lock().unwrap().push(number);
        Ok(())
    }
}

impl Fussy {
    fn taken(&self) -> Vec<i64> {
        self.taken.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn backlog_counts_what_waits_and_since_when() {
    on_both(async |world| {
        assert_eq!(dispatch::backlog(&world.db).await.unwrap(), dispatch::Backlog::default());
        let fussy = Arc::new(Fussy::default());
        let dispatcher =
            Dispatcher::new(world.db.clone(), world.clock.clone(), world.ids.clone()).with(fussy.clone());
        dispatcher.once().await.unwrap();
        let first = world.now();
        events(world, 0..1).await;
        world.clock.advance(Duration::from_secs(9));
        events(world, 1..3).await;
        let backlog = dispatch::backlog(&world.db).await.unwrap();
        assert_eq!((backlog.waiting, backlog.oldest), (3, Some(first)));
        dispatcher.carry().await.unwrap();
        let backlog = dispatch::backlog(&world.db).await.unwrap();
        let lag = dispatch::ConsumerLag { name: "fussy".to_owned(), behind: 3 };
        assert_eq!((backlog.waiting, backlog.oldest, backlog.consumers), (0, None, vec![lag]));
        fussy.fails.lock().unwrap().push(1);
        dispatcher.once().await.unwrap();
        let backlog = dispatch::backlog(&world.db).await.unwrap();
        assert_eq!((backlog.retrying, backlog.parked, backlog.consumers[0].behind), (1, 0, 0));
    })
    .await;
}

// keeps: AU-14
#[tokio::test]
async fn event_that_fails_is_tried_by_itself_and_parked_after_ten_tries() {
    on_both(async |world| {
        let fussy = Arc::new(Fussy::default());
        let dispatcher =
            Dispatcher::new(world.db.clone(), world.clock.clone(), world.ids.clone()).with(fussy.clone());
        dispatcher.once().await.unwrap();
        *fussy.fails.lock().unwrap() = vec![2, 3];
        world.write(vec![world.new_account("Not wanted")]).await;
        events(world, 0..5).await;
        events(world, 77..78).await;
        dispatcher.once().await.unwrap();
        assert_eq!(fussy.taken(), [0, 1, 4], "the others are not held up");
        let tried = fussy.tried.load(Ordering::SeqCst);
        dispatcher.once().await.unwrap();
        assert_eq!(fussy.tried.load(Ordering::SeqCst), tried, "it is not time yet");
        world.clock.advance(Duration::from_secs(1));
        fussy.fails.lock().unwrap().retain(|number| *number != 3);
        dispatcher.once().await.unwrap();
        assert_eq!(fussy.taken(), [0, 1, 4, 3]);
        for _ in 0..7 {
            world.clock.advance(Duration::from_secs(600));
            dispatcher.once().await.unwrap();
            assert_eq!(dispatch::backlog(&world.db).await.unwrap().parked, 0);
        }
        world.clock.advance(Duration::from_secs(600));
        dispatcher.once().await.unwrap();
        let backlog = dispatch::backlog(&world.db).await.unwrap();
        assert_eq!((backlog.retrying, backlog.parked), (0, 2), "the failing one, and the one that panics");
        assert_eq!(world.one::<i64>("SELECT count(*) FROM event_deliveries WHERE attempts = 10").await, 2);
        let tried = fussy.tried.load(Ordering::SeqCst);
        world.clock.advance(Duration::from_secs(6_000));
        dispatcher.once().await.unwrap();
        assert_eq!(fussy.tried.load(Ordering::SeqCst), tried, "nobody tries what is parked");
    })
    .await;
}

#[tokio::test]
async fn new_consumer_begins_at_the_end_and_goes_on_where_it_was() {
    on_both(async |world| {
        let new = || Dispatcher::new(world.db.clone(), world.clock.clone(), world.ids.clone());
        events(world, 0..3).await;
        new().once().await.unwrap();
        let fussy = Arc::new(Fussy::default());
        new().with(fussy.clone()).once().await.unwrap();
        assert_eq!(fussy.taken(), [] as [i64; 0]);
        events(world, 3..5).await;
        new().once().await.unwrap();
        assert_eq!(fussy.taken(), [] as [i64; 0], "another process moved them");
        new().with(fussy.clone()).once().await.unwrap();
        assert_eq!(fussy.taken(), [3, 4]);
    })
    .await;
}

#[tokio::test]
async fn log_is_kept_for_its_time_and_for_who_has_not_read_it() {
    on_both(async |world| {
        let fussy = Arc::new(Fussy::default());
        let moving = Dispatcher::new(world.db.clone(), world.clock.clone(), world.ids.clone());
        let dispatcher = moving.clone().with(fussy.clone());
        fussy.fails.lock().unwrap().push(0);
        dispatcher.once().await.unwrap();
        events(world, 0..4).await;
        dispatcher.once().await.unwrap();
        events(world, 4..6).await;
        moving.once().await.unwrap();
        world.clock.advance(Duration::from_secs(100));
        events(world, 6..7).await;
        moving.once().await.unwrap();
        let names = dispatcher.names();
        let old = world.now() - chrono::TimeDelta::seconds(50);
        let long_ago = world.now() - chrono::TimeDelta::seconds(500);
        assert_eq!(dispatch::retain(&world.db, long_ago, &names).await.unwrap(), 0);
        assert_eq!(
            dispatch::retain(&world.db, old, &names).await.unwrap(),
            3,
            "all it had but the failed one"
        );
        assert_eq!(world.count("events").await, 4);
        fussy.fails.lock().unwrap().clear();
        dispatcher.once().await.unwrap();
        assert_eq!(fussy.taken(), [1, 2, 3, 4, 5, 6, 0], "what is new does not wait for what failed");
        assert_eq!(dispatch::retain(&world.db, old, &names).await.unwrap(), 3);
        assert_eq!(world.count("events").await, 1);
    })
    .await;
}

#[tokio::test]
async fn made_up_data_is_in_the_log_and_nobody_is_told() {
    on_both(async |world| {
        let fussy = Arc::new(Fussy::default());
        let dispatcher =
            Dispatcher::new(world.db.clone(), world.clock.clone(), world.ids.clone()).with(fussy.clone());
        let seed = async || {
            let act = world.system().act(&world.db, "test.seed", async |act| {
                (0..3).for_each(|n| act.record(event(n, Uuid::nil())));
                act.log_events().await
            });
            act.await.unwrap();
        };
        seed().await;
        assert_eq!((world.count("outbox").await, world.count("events").await), (0, 3));
        dispatcher.once().await.unwrap();
        assert_eq!(fussy.taken(), [] as [i64; 0]);
        // Who is known already, and behind, is told of what happened alone.
        events(world, 10..12).await;
        dispatcher.carry().await.unwrap();
        seed().await;
        events(world, 12..13).await;
        dispatcher.once().await.unwrap();
        assert_eq!(fussy.taken(), [10, 11, 12]);
        assert_eq!(world.count("events").await, 9);
        assert!(
            dispatch::backlog(&world.db).await.unwrap().consumers.iter().all(|consumer| consumer.behind == 0)
        );
    })
    .await;
}
