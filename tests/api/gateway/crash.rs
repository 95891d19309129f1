//! The process is killed while it writes: what was answered is there, nothing is half there, and who repeats what was not
//! answered gets it done once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tests::{Actor, PASSWORD, Process, Row, Site};
use tokio::sync::Mutex;

use super::wire::{CREATE, INVITE, role};

/// Requests that run at once.
const WORKERS: usize = 8;

/// Answers after which the process is killed, in the middle of the next ones.
const ENOUGH: usize = 48;

const TASK: &str = "mutation Task($project: ID!, $name: String!) {
  createTask(input: { projectId: $project, title: $name }) { task { id } }
}";

/// What a storm makes: where its rows are, which column names them, and what the trail and the events call it.
struct Kind {
    name: &'static str,
    table: &'static str,
    column: &'static str,
    subject: &'static str,
    event: &'static str,
    id_at: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "project",
        table: "projects_projects",
        column: "name",
        subject: "Project",
        event: "projects.project.created",
        id_at: "createProject.project.id",
    },
    Kind {
        name: "task",
        table: "projects_tasks",
        column: "title",
        subject: "Task",
        event: "projects.task.created",
        id_at: "createTask.task.id",
    },
    Kind {
        name: "invitation",
        table: "identity_invitations",
        column: "email",
        subject: "Invitation",
        event: "identity.invitation.created",
        id_at: "inviteUser.invitation.id",
    },
];

/// One request of the storm, and the id that it was answered.
#[derive(Clone, Debug)]
struct Sent {
    kind: usize,
    name: String,
    answered: Option<String>,
}

impl Sent {
    fn key(&self) -> String {
        format!("key-{}", self.name)
    }

    fn body(&self, place: &Place) -> Value {
        let (query, variables) = match self.kind {
            0 => (CREATE, json!({ "name": self.name })),
            1 => (TASK, json!({ "name": self.name, "project": place.project })),
            _ => (INVITE, json!({ "email": self.name, "role": place.role })),
        };
        json!({ "query": query, "variables": variables })
    }
}

/// Ids that requests of a storm name.
#[derive(Clone, Debug)]
struct Place {
    project: String,
    role: String,
}

/// Sends until the process is gone. Each worker makes things of its own kind, under names of its own.
async fn rain(
    who: Actor,
    worker: usize,
    place: Place,
    log: Arc<Mutex<Vec<Sent>>>,
    answered: Arc<AtomicUsize>,
) {
    for number in 0.. {
        let kind = if worker == WORKERS - 1 { 2 } else { worker % 2 };
        let name = format!("storm-{worker}-{number}");
        let name = if kind == 2 { format!("{name}@example.com") } else { name };
        let mut sent = Sent { kind, name, answered: None };
        let request =
            who.with("idempotency-key", sent.key()).request(reqwest::Method::POST, "/graphql").await;
        let request = request.header("content-type", "application/json").body(sent.body(&place).to_string());
        let answer = async { request.send().await.ok()?.json::<Value>().await.ok() }.await;
        let gone = answer.is_none();
        if let Some(answer) = answer {
            let id = tests::answer::at(&answer["data"], KINDS[kind].id_at).and_then(Value::as_str);
            sent.answered = Some(id.unwrap_or_else(|| panic!("refused: {answer}")).to_owned());
            answered.fetch_add(1, Ordering::SeqCst);
        }
        log.lock().await.push(sent);
        if gone {
            return;
        }
    }
}

/// Lets a storm loose on a process and kills it once enough is answered; what was sent, in no order.
async fn storm(process: Process, place: &Place) -> Vec<Sent> {
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    let token = owner.token().await.unwrap();
    let (log, answered) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let rains = (0..WORKERS).map(|worker| {
        let who = owner.bearing(token.clone());
        tokio::spawn(rain(who, worker, place.clone(), Arc::clone(&log), Arc::clone(&answered)))
    });
    let rains: Vec<_> = rains.collect();
    while answered.load(Ordering::SeqCst) < ENOUGH {
        assert!(!rains.iter().all(|rain| rain.is_finished()), "the storm is over too early");
        tokio::task::yield_now().await;
    }
    process.kill().await;
    for rain in rains {
        rain.await.unwrap();
    }
    Arc::into_inner(log).unwrap().into_inner()
}

/// Lets the time of leases pass: those of keys and of jobs, which a process held that is dead.
async fn leases_run_out(site: &Site) {
    let past = "'2020-01-01T00:00:00+00:00'";
    site.execute(&format!("UPDATE idempotency_keys SET locked_until = {past} WHERE response IS NULL")).await;
    site.execute(&format!("UPDATE jobs SET locked_until = {past} WHERE locked_until IS NOT NULL")).await;
}

/// Ids of the storm's rows of a kind, by name.
async fn rows(site: &Site, kind: &Kind) -> BTreeMap<String, Vec<String>> {
    let found = site.rows(kind.table, &format!("WHERE {} LIKE 'storm-%'", kind.column)).await;
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in found {
        let text = |column: &str| row[column].as_str().unwrap().to_owned();
        ids.entry(text(kind.column)).or_default().push(text("id"));
    }
    ids
}

fn subjects(rows: &[Row]) -> Vec<&str> {
    let mut ids: Vec<&str> = rows.iter().filter_map(|row| row["subject_id"].as_str()).collect();
    ids.sort_unstable();
    ids
}

/// Fails unless each row of the storm has exactly one entry and one event that say it was made, and none is without its
/// row.
async fn expect_nothing_half(site: &Site) {
    for kind in &KINDS {
        let all = site.rows(kind.table, "").await;
        let all: BTreeSet<&str> = all.iter().filter_map(|row| row["id"].as_str()).collect();
        let rows = rows(site, kind).await;
        let storm: BTreeSet<&str> = rows.values().flatten().map(String::as_str).collect();
        let of_storm = |found: &[Row]| {
            let subjects = subjects(found);
            assert!(
                subjects.iter().all(|id| all.contains(id)),
                "{}: something is told of no row",
                kind.table
            );
            subjects.into_iter().filter(|id| storm.contains(id)).map(str::to_owned).collect::<Vec<_>>()
        };
        let entries = site.rows("audit_entries", &format!("WHERE subject_type = '{}'", kind.subject)).await;
        let mut events = site.events().await;
        events.retain(|event| event["kind"] == kind.event);
        let once: Vec<&str> = storm.iter().copied().collect();
        assert_eq!(of_storm(&entries), once, "{} and their entries", kind.table);
        assert_eq!(of_storm(&events), once, "{} and their events", kind.table);
        let told =
            events.iter().filter(|event| storm.contains(event["subject_id"].as_str().unwrap_or_default()));
        for event in told {
            assert!(entries.iter().any(|entry| entry["id"] == event["audit_id"]), "{event:?}");
        }
    }
    let columns = site.rows("projects_columns", "").await;
    for id in rows(site, &KINDS[0]).await.values().flatten() {
        let own = columns.iter().filter(|column| column["project_id"] == json!(id)).count();
        assert!(own >= 3, "the project {id} is without its columns");
    }
    let numbers = site.rows("projects_projects", "").await;
    let codes: BTreeSet<_> =
        numbers.iter().map(|row| (row["tenant_id"].to_string(), row["code"].to_string())).collect();
    assert_eq!(codes.len(), numbers.len());
}

fn uuid_of(id: &str) -> String {
    id.parse::<kernel::id::AnyId>().unwrap().uuid.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn process_killed_while_it_writes_loses_nothing_that_it_answered_and_leaves_nothing_half() {
    let site = Site::seeded().await;
    let project = site.rows("projects_projects", "ORDER BY id").await;
    let acme = site.rows("identity_tenants", "WHERE slug = 'acme'").await[0]["id"].clone();
    let project =
        project.iter().find(|row| row["tenant_id"] == acme).unwrap()["id"].as_str().unwrap().to_owned();
    let project =
        <kernel::id::ProjectId as kernel::id::TypedId>::from_uuid(project.parse().unwrap()).to_string();
    let process = site.serve().await;
    let role = role(&process.person("acme", "owner@acme.test", PASSWORD), "team_member").await;
    let place = Place { project, role };
    let sent = storm(process, &place).await;
    let (answered, open): (Vec<_>, Vec<_>) = sent.into_iter().partition(|sent| sent.answered.is_some());
    assert!(answered.len() >= ENOUGH && !open.is_empty(), "{} answered, {} not", answered.len(), open.len());
    for sent in &answered {
        let found = rows(&site, &KINDS[sent.kind]).await.remove(&sent.name);
        assert_eq!(found, sent.answered.as_deref().map(|id| vec![uuid_of(id)]), "{sent:?}");
    }
    expect_nothing_half(&site).await;

    leases_run_out(&site).await;
    let process = site.serve().await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    for sent in &answered {
        let again = owner.with("idempotency-key", sent.key()).post(sent.body(&place)).await.expect_ok();
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{again}");
        assert_eq!(Some(again.text(KINDS[sent.kind].id_at)), sent.answered);
    }
    for sent in &open {
        let before = rows(&site, &KINDS[sent.kind]).await.remove(&sent.name);
        let again = owner.with("idempotency-key", sent.key()).post(sent.body(&place)).await;
        match (&before, again.code()) {
            // Reason: the answer may have been kept, only not sent any more.
            (None, None) => {}
            (Some(ids), None) => assert_eq!(uuid_of(&again.text(KINDS[sent.kind].id_at)), ids[0]),
            (Some(_), Some("CONFLICT")) => {}
            _ => panic!("{sent:?}, there were {before:?}\n{again}"),
        }
        let after = rows(&site, &KINDS[sent.kind]).await.remove(&sent.name);
        assert_eq!(after.map(|ids| ids.len()), Some(1), "a {} once: {sent:?}", KINDS[sent.kind].name);
    }
    site.settled().await;
    expect_nothing_half(&site).await;
    assert!(site.rows("outbox", "").await.is_empty());
    let failed = site.rows("event_deliveries", "").await;
    assert!(failed.is_empty(), "{failed:#?}");
    let mails =
        process.http().get(process.url("/mailbox.json")).send().await.unwrap().json::<Value>().await.unwrap();
    let mails = mails.to_string();
    for invited in rows(&site, &KINDS[2]).await.keys() {
        assert!(mails.contains(invited), "{invited} was invited and has no mail");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn process_killed_again_and_again_comes_back() {
    let site = Site::seeded().await;
    for round in 0..3 {
        let process = site.serve().await;
        let owner = process.person("acme", "owner@acme.test", PASSWORD);
        let name = format!("Round {round}");
        owner.run(CREATE, json!({ "name": name })).await.expect_ok();
        let body = json!({ "query": CREATE, "variables": { "name": "Perhaps" } }).to_string();
        let writing = owner.request(reqwest::Method::POST, "/graphql").await;
        let writing = tokio::spawn(writing.header("content-type", "application/json").body(body).send());
        // Reason: the request is on its way, or done, or half done: none may matter.
        tokio::task::yield_now().await;
        process.kill().await;
        drop(writing.await.unwrap());
        let kept = site.rows("projects_projects", &format!("WHERE name = '{name}'")).await;
        assert_eq!(kept.len(), 1);
    }
    let process = site.serve().await;
    let ready = process.http().get(process.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
}
