//! What faults do: a process that is killed between commit and dispatch, a database and a Redis that go and come back.
//! No act and no event is lost, and who listens hears on.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{PASSWORD, Process, Site, Socket, Subscription, on_postgres};

use super::asks::{LIVE, everything, last_cursor, texts};
use super::servers::{Postgres, Redis};
use crate::projects::asks::{change, new_project};

/// How long the program may take to find its way back.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How long the database is away.
pub(super) const OUTAGE: Duration = Duration::from_secs(10);

pub(super) async fn ready(process: &Process) -> (u16, String) {
    let answer = process.http().get(process.url("/readyz")).send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body["status"].as_str().unwrap().to_owned())
}

/// Whether the program answers at all, whatever it depends on does.
pub(super) async fn lives(process: &Process) -> bool {
    process.http().get(process.url("/livez")).send().await.unwrap().status() == 200
}

/// Waits until the program says this of itself.
pub(super) async fn says(process: &Process, expected: (u16, &str)) {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let said = async {
        loop {
            let (status, state) = ready(process).await;
            if (status, state.as_str()) == expected {
                return;
            }
            tick.tick().await;
        }
    };
    let said = tokio::time::timeout(PATIENCE, said).await;
    assert!(said.is_ok(), "/readyz does not say {expected:?} but {:?}", ready(process).await);
}

/// Waits until what was subscribed to before has begun: operations of a socket begin in order.
pub(crate) async fn all_begun(socket: &mut Socket) {
    let answer = socket.subscribe("{ __typename }", json!({})).next().await.expect("an answer");
    assert_eq!(answer["data"]["__typename"], "Query");
}

/// What is heard until an event about the subject comes.
pub(super) async fn hear(live: &mut Subscription, subject: &str) -> Vec<Value> {
    let mut heard = Vec::new();
    loop {
        let message = tokio::time::timeout(PATIENCE, live.next()).await.expect("the subscription goes on");
        let event = message.expect("the subscription goes on")["data"]["events"].clone();
        assert!(event["id"].is_string(), "{event}");
        heard.push(event);
        if heard.last().is_some_and(|event| event["subjectId"] == subject) {
            return heard;
        }
    }
}

const HOLD_SQLITE: &str =
    "CREATE TRIGGER hold BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'not yet'); END";
const HOLD_POSTGRES: &str = "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
    $$ BEGIN RAISE EXCEPTION 'not yet'; END $$; \
    CREATE TRIGGER hold BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION hold()";

// keeps: AU-14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn process_killed_between_commit_and_dispatch_loses_no_event() {
    let site = Site::seeded().await;
    let process = site.serve().await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    new_project(&owner, "First").await;
    site.settled().await;
    let after = last_cursor(&owner).await;
    site.execute(if on_postgres() { HOLD_POSTGRES } else { HOLD_SQLITE }).await;
    let ids = [new_project(&owner, "One").await, new_project(&owner, "Two").await];
    let waiting = site.rows("outbox", "WHERE kind = 'projects.project.created' ORDER BY seq").await;
    assert_eq!(waiting.len(), 2, "nothing is carried");
    process.kill().await;
    assert_eq!(site.rows("outbox", "WHERE kind = 'projects.project.created' ORDER BY seq").await, waiting);

    site.execute(if on_postgres() { "DROP TRIGGER hold ON events" } else { "DROP TRIGGER hold" }).await;
    let process = site.serve().await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    let mut socket = owner.socket().await;
    let kinds = json!(["projects.project.created"]);
    let mut live = socket.subscribe(LIVE, json!({ "after": after, "kinds": kinds }));
    let heard = hear(&mut live, &ids[1]).await;
    assert_eq!(texts(&heard, "subjectId"), ids);
    site.settled().await;
    let log = everything(&owner, json!({ "after": after, "kinds": kinds })).await;
    assert_eq!(texts(&log, "id"), texts(&heard, "id"), "each is there once");
    let waited: Vec<&str> = waiting.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let kept = site.rows("events", "WHERE kind = 'projects.project.created' ORDER BY position").await;
    let kept: Vec<&str> = kept.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(kept.ends_with(&waited), "the events are those that were written: {waited:?} in {kept:?}");
}

// keeps: AU-14, OP-3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_that_goes_and_comes_back_loses_no_act_and_no_event() {
    if !on_postgres() {
        eprintln!("not tested: SQLite is in the program itself");
        return;
    }
    let server = Postgres::seeded().await;
    let site = Site::seeded().await;
    let mut command = site.command(&["serve"]);
    command.env("ATRIUM_DATABASE_URL", server.url()).env("ATRIUM_DATABASE__ACQUIRE_TIMEOUT_S", "2");
    let process = site.start(command).await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    let mut done = vec![new_project(&owner, "Before").await];
    let mut socket = owner.socket().await;
    let mut live = socket.subscribe(LIVE, json!({ "kinds": ["projects.project.created"] }));
    all_begun(&mut socket).await;
    let begun = new_project(&owner, "Heard").await;
    done.push(begun.clone());
    hear(&mut live, &begun).await;
    let after = last_cursor(&owner).await;

    server.stop();
    let stopped = tokio::time::Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    let mut refused = 0;
    while stopped.elapsed() < OUTAGE {
        tick.tick().await;
        let input = json!({ "name": format!("Lost {refused}") });
        let answer = change(&owner, "createProject", input, "project { id }").await;
        assert!(matches!(answer.code(), Some("UNAVAILABLE" | "INTERNAL")), "{answer}");
        refused += 1;
    }
    assert_eq!(ready(&process).await, (503, "degraded".to_owned()));
    assert!(lives(&process).await, "a restart would mend nothing");
    server.start_again().await;
    says(&process, (200, "up")).await;
    let came = new_project(&owner, "After").await;
    let heard = hear(&mut live, &came).await;
    assert_eq!(texts(&heard, "subjectId"), std::slice::from_ref(&came), "what was refused did not happen");
    let log = everything(&owner, json!({ "after": after, "kinds": ["projects.project.created"] })).await;
    assert_eq!(texts(&log, "subjectId"), std::slice::from_ref(&came));
    done.push(came);
    let answer = owner.run("{ projects(first: 100) { nodes { id } } }", json!({})).await.expect_ok();
    let projects = answer.ids("projects.nodes");
    assert!(done.iter().all(|id| projects.contains(id)), "{done:?} in {projects:?}");
}

// keeps: AU-14, OP-3, OP-8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_goes_and_comes_back_loses_no_event_and_subscriptions_go_on() {
    if !on_postgres() {
        eprintln!("not tested: one process on SQLite has no Redis");
        return;
    }
    let mut redis = Redis::start().await;
    let site = Site::seeded().await;
    let mut command = site.command(&["serve"]);
    command.env("ATRIUM_REDIS_URL", redis.url());
    let process = site.start(command).await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    let mut socket = owner.socket().await;
    let mut live = socket.subscribe(LIVE, json!({ "kinds": ["projects.project.created"] }));
    let changes = "subscription { projectChanged { kind project { id } } }";
    let mut changes = socket.subscribe(changes, json!({}));
    all_begun(&mut socket).await;
    let first = new_project(&owner, "First").await;
    assert_eq!(texts(&hear(&mut live, &first).await, "subjectId"), std::slice::from_ref(&first));
    assert_eq!(changed(&mut changes).await, first);
    says(&process, (200, "up")).await;

    redis.kill();
    says(&process, (200, "degraded")).await;
    let mut lost = Vec::new();
    for number in 0..5 {
        lost.push(new_project(&owner, &format!("Meanwhile {number}")).await);
    }
    redis.start_again().await;
    says(&process, (200, "up")).await;
    let last = new_project(&owner, "Last").await;
    lost.push(last.clone());
    assert_eq!(texts(&hear(&mut live, &last).await, "subjectId"), lost, "each once and in order");
    for expected in &lost {
        assert_eq!(changed(&mut changes).await, *expected);
    }
    site.settled().await;
    assert!(site.rows("event_deliveries", "").await.is_empty(), "nobody is at fault");
}

/// The project of the next change.
async fn changed(changes: &mut Subscription) -> String {
    loop {
        let message = tokio::time::timeout(PATIENCE, changes.next()).await.expect("the subscription goes on");
        let change = message.expect("the subscription goes on")["data"]["projectChanged"].clone();
        if change["kind"] == "CREATED" {
            return change["project"]["id"].as_str().expect("an id").to_owned();
        }
    }
}
