//! Events that a consumer fails on: shown, tried again, given up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use platform::dispatch::{Consumer, Dispatcher, Event, Kinds, Undelivered};
use serde_json::{Value, json};
use tests::{Actor, World};

use crate::identity::asks::{assign_role, create_role};
use crate::projects::asks::{ask, change, new_project, person};

const LIST: &str = "{ eventDeliveries { totalCount nodes {
    id consumer attempts lastError nextAt parkedAt event { kind subjectId } } } }";

/// Takes projects while it is in the mood for it.
#[derive(Default)]
struct Moody {
    willing: Mutex<bool>,
    taken: Mutex<Vec<String>>,
}

#[async_trait]
impl Consumer for Moody {
    fn name(&self) -> &'static str {
        "moody"
    }

    fn kinds(&self) -> Kinds {
        Kinds::Beginning(&["projects.project.created"])
    }

    async fn handle(&self, event: &Event) -> Result<(), Undelivered> {
        if !*self.willing.lock().unwrap() {
            return Err(Undelivered::Event("not in the mood".to_owned()));
        }
        self.taken.lock().unwrap().push(event.subject_id.to_string());
        Ok(())
    }
}

/// A world in which one event is parked.
async fn parked(world: &World) -> (Arc<Moody>, Dispatcher, String) {
    let moody = Arc::new(Moody::default());
    let app = world.app(0);
    let dispatcher =
        Dispatcher::new(world.db.clone(), app.clock.clone(), app.ids.clone()).with(moody.clone());
    dispatcher.once().await.unwrap();
    let id = new_project(&world.agency("acme").owner(), "Unlucky").await;
    for _ in 0..10 {
        dispatcher.once().await.unwrap();
        world.clock.advance(Duration::from_secs(600));
    }
    (moody, dispatcher, id)
}

async fn list(who: &Actor) -> Vec<Value> {
    ask(who, LIST).await.expect_ok().list("eventDeliveries.nodes").to_vec()
}

// keeps: AU-14
#[tokio::test]
async fn parked_event_is_shown_and_delivered_when_somebody_says_so() {
    let world = World::new().await;
    let (moody, dispatcher, project) = parked(&world).await;
    let owner = world.agency("acme").owner().elsewhere();
    let shown = list(&owner).await;
    let [delivery] = shown.as_slice() else { panic!("{shown:#?}") };
    assert_eq!((&delivery["consumer"], &delivery["attempts"]), (&json!("moody"), &json!(10)));
    assert_eq!((&delivery["lastError"], &delivery["nextAt"]), (&json!("not in the mood"), &Value::Null));
    assert!(delivery["parkedAt"].is_string());
    assert_eq!(delivery["event"], json!({ "kind": "projects.project.created", "subjectId": project }));
    let backlog = platform::dispatch::backlog(&world.db).await.unwrap();
    assert_eq!((backlog.retrying, backlog.parked), (0, 1));

    *moody.willing.lock().unwrap() = true;
    dispatcher.once().await.unwrap();
    assert!(moody.taken.lock().unwrap().is_empty(), "nobody has decided yet");
    let fields = "delivery { attempts nextAt parkedAt }";
    let input = json!({ "id": delivery["id"] });
    let retried = change(&owner, "retryEventDelivery", input, fields).await.expect_ok();
    assert_eq!(retried.data("retryEventDelivery.delivery.parkedAt"), &Value::Null);
    assert_eq!(retried.number("retryEventDelivery.delivery.attempts"), 0);
    dispatcher.once().await.unwrap();
    let uuid = project.parse::<kernel::id::AnyId>().unwrap().uuid.to_string();
    assert_eq!(*moody.taken.lock().unwrap(), [uuid]);
    assert_eq!(list(&owner).await, [] as [Value; 0]);
}

// keeps: AU-14
#[tokio::test]
async fn parked_event_can_be_given_up_and_only_by_who_may() {
    let world = World::new().await;
    let (moody, dispatcher, project) = parked(&world).await;
    let owner = world.agency("acme").owner().elsewhere();
    let id = list(&owner).await[0]["id"].clone();
    for who in [world.agency("acme").manager(), world.agency("acme").client_admin()] {
        let who = who.elsewhere();
        ask(&who, LIST).await.expect_code("FORBIDDEN");
        for name in ["retryEventDelivery", "discardEventDelivery"] {
            change(&who, name, json!({ "id": id }), "__typename").await.expect_code("FORBIDDEN");
        }
    }
    let stranger = world.agency("globex").owner().elsewhere();
    assert_eq!(list(&stranger).await, [] as [Value; 0]);
    for name in ["retryEventDelivery", "discardEventDelivery"] {
        change(&stranger, name, json!({ "id": id }), "__typename").await.expect_code("NOT_FOUND");
    }
    change(&owner, "discardEventDelivery", json!({ "id": id }), "id").await.expect_ok();
    *moody.willing.lock().unwrap() = true;
    dispatcher.once().await.unwrap();
    assert!(moody.taken.lock().unwrap().is_empty());
    assert_eq!(list(&owner).await, [] as [Value; 0]);
    let trail = world.audit_of(id.as_str().unwrap()).await;
    assert_eq!(trail.last().unwrap()["action"], "audit.delivery.discard");
    let log = "query($id: ID!) { events(subject: $id) { nodes { kind } } }";
    let told = owner.run(log, json!({ "id": project })).await.expect_ok();
    assert_eq!(told.list("events.nodes").len(), 1, "the event itself is not gone");
}

// keeps: AU-14
#[tokio::test]
async fn delivery_shows_its_event_to_who_sees_that_alone() {
    let world = World::new().await;
    parked(&world).await;
    let acme = world.agency("acme");
    let grants = [("audit.event.manage", "TENANT"), ("audit.event.read", "TENANT")];
    let role = create_role(&acme.owner().elsewhere(), "Carrier", &grants).await.expect_ok();
    let finance = person(&acme, "viewer").await;
    assign_role(&acme.owner(), &finance, &role.text("createRole.role.id")).await.expect_ok();
    let carrier = acme.viewer().elsewhere();
    let log = "{ events(kinds: [\"projects.project.created\"]) { nodes { kind } } }";
    let listed = ask(&carrier, log).await.expect_ok().list("events.nodes").len();
    let shown = list(&carrier).await;
    let [delivery] = shown.as_slice() else { panic!("{shown:#?}") };
    assert_eq!(delivery["event"].is_null(), listed == 0, "{shown:#?}");
}

// keeps: AU-14, OP-4
#[tokio::test]
async fn metrics_tell_of_the_outbox_of_each_consumer_and_of_what_is_parked() {
    let world = World::new().await;
    new_project(&world.agency("acme").owner(), "Counted").await;
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let told = async {
        loop {
            tick.tick().await;
            let answer = world.http().get(world.url("/metrics")).send().await.unwrap();
            let text = answer.text().await.unwrap();
            let names = [
                "atrium_outbox_waiting 0",
                "atrium_outbox_lag_seconds 0",
                "atrium_events_parked 0",
                "atrium_events_retrying 0",
                "atrium_event_consumer_lag{consumer=\"broadcast\"} 0",
            ];
            let dispatched =
                text.lines().find_map(|line| line.strip_prefix("atrium_events_dispatched_total "));
            let some =
                dispatched.and_then(|number| number.parse::<u64>().ok()).is_some_and(|number| number > 0);
            if some && names.iter().all(|name| text.contains(name)) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told).await.expect("the numbers are told in time");
}
