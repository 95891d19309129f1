//! The dispatcher: every committed event gets out, in order, whatever fails on the way.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use kernel::act::Event;
use platform::{
    cache::{CacheError, PubSub, Services, Subscription, memory::MemoryPubSub},
    dispatch::{self, Broadcast, Dispatcher, Published},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::harness::{World, on_both, on_postgres, uuid};

/// Keeps what is published; may fail or hang at the n-th message.
#[derive(Debug, Default)]
struct Recorder {
    heard: Mutex<Vec<Published>>,
    fail_from: Mutex<Option<usize>>,
    hang_from: Mutex<Option<usize>>,
    calls: AtomicUsize,
}

#[async_trait]
impl PubSub for Recorder {
    async fn publish(&self, channel: &str, payload: &[u8]) -> Result<(), CacheError> {
        assert_eq!(channel, dispatch::EVENTS);
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if self.fail_from.lock().unwrap().is_some_and(|from| call >= from) {
            return Err(CacheError::Unavailable("on purpose".into()));
        }
        self.heard.lock().unwrap().push(serde_json::from_slice(payload).unwrap());
        if self.hang_from.lock().unwrap().is_some_and(|from| call >= from) {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn subscribe(&self, channel: &str) -> Subscription {
        MemoryPubSub::default().subscribe(channel).await
    }
}

impl Recorder {
    fn services(self: &Arc<Self>, world: &World) -> Services {
        Services { pubsub: self.clone(), ..Services::in_process(world.clock.clone()) }
    }

    fn numbers(&self) -> Vec<i64> {
        self.heard.lock().unwrap().iter().map(|event| event.payload["n"].as_i64().unwrap()).collect()
    }
}

/// Acts with an event each, numbered.
pub async fn events(world: &World, numbers: std::ops::Range<i64>) {
    for n in numbers {
        let act = world.system().act(&world.db, "test.event", async |act| {
            act.record(event(n, Uuid::nil()));
            Ok(())
        });
        act.await.unwrap();
    }
}

pub fn event(n: i64, subject_id: Uuid) -> Event {
    Event {
        kind: "test.thing.done",
        subject_type: "Project",
        subject_id,
        payload: serde_json::json!({ "n": n }),
    }
}

/// Events that are not with the broadcast yet.
const LEFT: &str = "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM events WHERE position > \
    coalesce((SELECT reached FROM event_consumers WHERE name = 'broadcast'), 0))";

fn dispatcher(world: &World, services: Services) -> Dispatcher {
    over(world.db.clone(), world, services)
}

fn over(db: kernel::db::Db, world: &World, services: Services) -> Dispatcher {
    Dispatcher::new(db, world.clock.clone(), world.ids.clone()).with(Arc::new(Broadcast::new(services)))
}

#[tokio::test]
async fn committed_events_are_carried_in_order_and_once() {
    on_both(async |world| {
        let recorder = Arc::new(Recorder::default());
        let services = recorder.services(world);
        let dispatcher = dispatcher(world, services);
        dispatcher.once().await.unwrap();
        events(world, 0..20).await;
        let failed = world.system().act(&world.db, "test.fail", async |act| {
            act.record(event(99, Uuid::nil()));
            Err::<(), _>(kernel::Error::internal("no"))
        });
        assert!(failed.await.is_err());
        assert_eq!(dispatcher.carry().await.unwrap(), 20);
        assert_eq!((world.count("outbox").await, world.count("events").await), (0, 20));
        dispatcher.once().await.unwrap();
        assert_eq!(recorder.numbers(), (0..20).collect::<Vec<_>>());
        assert_eq!(world.one::<i64>(LEFT).await, 0);
        dispatcher.once().await.unwrap();
        assert_eq!(dispatcher.carry().await.unwrap(), 0);
        assert_eq!(recorder.numbers().len(), 20);
        let heard = recorder.heard.lock().unwrap();
        assert_eq!((heard[0].tenant, heard[0].kind.as_str()), (world.acme.id, "test.thing.done"));
        assert_eq!((heard[0].subject_type.as_str(), heard[0].subject_id), ("Project", Uuid::nil()));
    })
    .await;
}

#[tokio::test]
async fn message_is_what_nodes_expect() {
    on_both(async |world| {
        let services = Services::in_process(world.clock.clone());
        let mut listening = services.pubsub.subscribe(dispatch::EVENTS).await;
        let dispatcher = dispatcher(world, services);
        dispatcher.once().await.unwrap();
        let [row] = world.write(vec![world.new_account("Globex")]).await.try_into().unwrap();
        dispatcher.once().await.unwrap();
        let message = futures::StreamExt::next(&mut listening).await.unwrap();
        let platform::cache::Event::Message(bytes) = message else {
            panic!("expected a message, got {message:?}")
        };
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let mut keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        assert_eq!(keys, ["id", "kind", "payload", "position", "subjectId", "subjectType", "tenant"]);
        assert_eq!(json["kind"], "crm.account.created");
        assert_eq!(json["subjectId"], uuid(row.id).to_string());
        assert_eq!(json["tenant"], world.acme.id.to_string());
    })
    .await;
}

#[tokio::test]
async fn failing_service_loses_nothing() {
    on_both(async |world| {
        let recorder = Arc::new(Recorder::default());
        let services = recorder.services(world);
        let dispatcher = dispatcher(world, services);
        dispatcher.once().await.unwrap();
        events(world, 0..10).await;
        *recorder.fail_from.lock().unwrap() = Some(4);
        let error = dispatcher.once().await.unwrap_err();
        assert_eq!(error.code(), "UNAVAILABLE");
        assert_eq!(world.one::<i64>(LEFT).await, 6);
        *recorder.fail_from.lock().unwrap() = None;
        dispatcher.once().await.unwrap();
        assert_eq!(recorder.numbers(), (0..10).collect::<Vec<_>>());
        assert_eq!(world.count("event_deliveries").await, 0, "nobody is at fault");
        assert_eq!(world.one::<i64>(LEFT).await, 0);
    })
    .await;
}

#[tokio::test]
async fn dispatcher_killed_between_publishing_and_marking_loses_nothing() {
    on_both(async |world| {
        let recorder = Arc::new(Recorder::default());
        let services = recorder.services(world);
        let dispatcher = dispatcher(world, services);
        dispatcher.once().await.unwrap();
        events(world, 0..10).await;
        *recorder.hang_from.lock().unwrap() = Some(6);
        let carrying = dispatcher.once();
        let killed = tokio::time::timeout(Duration::from_millis(300), carrying).await;
        assert!(killed.is_err(), "the dispatcher is dropped in the middle");
        assert_eq!(recorder.numbers(), (0..7).collect::<Vec<_>>());
        *recorder.hang_from.lock().unwrap() = None;
        tokio::time::timeout(Duration::from_secs(5), dispatcher.once()).await.unwrap().unwrap();
        assert_eq!(recorder.numbers()[7..], (0..10).collect::<Vec<_>>());
        assert_eq!(world.one::<i64>(LEFT).await, 0);
    })
    .await;
}

#[tokio::test]
async fn dispatcher_at_work_hears_commits_and_stops() {
    on_both(async |world| {
        let recorder = Arc::new(Recorder::default());
        let stop = CancellationToken::new();
        let dispatcher = dispatcher(world, recorder.services(world));
        dispatcher.once().await.unwrap();
        // More than a batch is waiting when it starts.
        let act = world.system().act(&world.db, "test.many", async |act| {
            (0..1_100).for_each(|n| act.record(event(n, Uuid::nil())));
            Ok(())
        });
        act.await.unwrap();
        let stopping = stop.clone();
        let running = tokio::spawn(async move { dispatcher.run(stopping).await });
        let until = async |count: usize| {
            let full = async {
                while recorder.heard.lock().unwrap().len() < count {
                    tokio::time::sleep(Duration::from_millis(5)).await
                }
            };
            tokio::time::timeout(Duration::from_secs(10), full).await.unwrap();
        };
        until(1_100).await;
        for n in 1_100..1_110 {
            events(world, n..n + 1).await;
            until(n as usize + 1).await;
        }
        assert_eq!(recorder.numbers(), (0..1_110).collect::<Vec<_>>());
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(2), running).await.unwrap().unwrap();
        events(world, 1_110..1_111).await;
        assert_eq!(world.one::<i64>(LEFT).await, 1);
    })
    .await;
}

#[tokio::test]
async fn dispatcher_goes_on_after_a_failure() {
    on_both(async |world| {
        let recorder = Arc::new(Recorder::default());
        let dispatcher = dispatcher(world, recorder.services(world));
        dispatcher.once().await.unwrap();
        *recorder.fail_from.lock().unwrap() = Some(0);
        events(world, 0..3).await;
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let running = tokio::spawn(async move { dispatcher.run(stopping).await });
        while recorder.calls.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        *recorder.fail_from.lock().unwrap() = None;
        let done = async {
            while world.one::<i64>(LEFT).await > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await
            }
        };
        tokio::time::timeout(Duration::from_secs(10), done).await.unwrap();
        stop.cancel();
        running.await.unwrap();
        assert_eq!(recorder.numbers(), [0, 1, 2]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_dispatchers_beside_writers_carry_each_event_once_and_each_subject_in_order() {
    on_postgres(async |world| {
        const WRITERS: i64 = 4;
        const EACH: i64 = 150;
        let recorder = Arc::new(Recorder::default());
        let stop = CancellationToken::new();
        let mut running = Vec::new();
        for _ in 0..2 {
            let node = world.another_node().await;
            let dispatcher = over(node, world, recorder.services(world));
            dispatcher.once().await.unwrap();
            let stopping = stop.clone();
            running.push(tokio::spawn(async move { dispatcher.run(stopping).await }));
        }
        let writers = (0..WRITERS).map(|writer| async move {
            for n in 0..EACH {
                let act = world.system().act(&world.db, "test.event", async |act| {
                    act.record(event(n, Uuid::from_u128(writer as u128)));
                    Ok(())
                });
                act.await.unwrap();
            }
        });
        futures::future::join_all(writers).await;
        let done = async {
            while world.one::<i64>(LEFT).await > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await
            }
        };
        tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
        stop.cancel();
        for task in running {
            task.await.unwrap();
        }
        let mut by_subject: HashMap<Uuid, Vec<i64>> = HashMap::new();
        for event in recorder.heard.lock().unwrap().iter() {
            by_subject.entry(event.subject_id).or_default().push(event.payload["n"].as_i64().unwrap());
        }
        assert_eq!(by_subject.len() as i64, WRITERS);
        for numbers in by_subject.values() {
            assert_eq!(*numbers, (0..EACH).collect::<Vec<_>>());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dispatcher_takes_over_from_one_that_hangs_and_dies() {
    on_postgres(async |world| {
        let second = Arc::new(Recorder::default());
        let other = dispatcher(world, second.services(world));
        other.once().await.unwrap();
        events(world, 0..20).await;
        let hanging = Arc::new(Recorder::default());
        *hanging.hang_from.lock().unwrap() = Some(10);
        let node = world.another_node().await;
        let dispatcher = over(node, world, hanging.services(world));
        let first = tokio::spawn(async move { dispatcher.once().await });
        while hanging.calls.load(Ordering::SeqCst) < 11 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        other.once().await.unwrap();
        assert_eq!(second.numbers(), [] as [i64; 0], "two do not carry at once");
        first.abort();
        let taken_over = async {
            while second.numbers().len() < 20 {
                other.once().await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), taken_over).await.unwrap();
        assert_eq!(second.numbers(), (0..20).collect::<Vec<_>>());
    })
    .await;
}
