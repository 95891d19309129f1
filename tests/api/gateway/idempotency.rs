//! `Idempotency-Key`: what is sent twice is done once, and what must not be kept is not kept.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tests::schema::Schema;
use tests::{Actor, Answer, PASSWORD, World};

use super::wire::{CREATE, ME, STRICT, Wire, ask, projects, quiet};

/// What sends the mutation of a project with a key.
async fn create(who: &Actor, key: &str, name: &str) -> Answer {
    who.with("idempotency-key", key).run(CREATE, json!({ "name": name })).await
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[tokio::test]
async fn same_key_and_request_are_done_once_and_answered_alike() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let first = create(&manager, "key-1", "Once").await.expect_ok();
    assert!(!replayed(&first));
    let id = first.text("createProject.project.id");
    for _ in 0..3 {
        let again = create(&manager, "key-1", "Once").await.expect_ok();
        assert!(replayed(&again));
        assert_eq!(again.body, first.body, "the same, to the id of the request");
    }
    assert_eq!(projects(&world).await, 13);
    assert_eq!(world.audit_of(&id).await.len(), 1);
    assert_eq!(world.events_of(&id).await.len(), 1);
    let other = create(&manager, "key-2", "Once").await.expect_ok();
    assert_ne!(other.text("createProject.project.id"), id, "another key is another wish");
}

#[tokio::test]
async fn elsewhere_signed_in_person_sends_the_same_key() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let first = create(&manager, "key-1", "Once").await.expect_ok();
    let again = create(&manager.elsewhere(), "key-1", "Once").await.expect_ok();
    assert!(replayed(&again) && again.body == first.body);
}

#[tokio::test]
async fn key_of_another_request_is_a_conflict_and_changes_nothing() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    create(&manager, "key-1", "Once").await.expect_ok();
    let keyed = manager.with("idempotency-key", "key-1");
    let spaced = CREATE.replace("project { id name }", "project { id  name }");
    for (query, variables) in [
        (CREATE, json!({ "name": "Twice" })),
        (spaced.as_str(), json!({ "name": "Once" })),
        ("mutation { logout { ended } }", json!({})),
    ] {
        let refused = keyed.run(query, variables.clone()).await.expect_code("CONFLICT");
        assert!(!replayed(&refused) && refused.body.get("data").is_none(), "{refused}");
        let strict = Wire::of(ask(&keyed, query, variables).await.header("accept", STRICT)).await;
        strict.expect_refused(409, "CONFLICT");
    }
    assert_eq!(projects(&world).await, 13);
    manager.run(ME, json!({})).await.expect_ok();
}

#[tokio::test]
async fn of_many_at_once_one_is_done_and_the_others_are_told_to_wait_or_answered_alike() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    manager.token().await;
    let tries = (0..8).map(|_| create(&manager, "key-1", "Once"));
    let answers = futures::future::join_all(tries).await;
    let mut ids = BTreeSet::new();
    for answer in &answers {
        match answer.code() {
            None => drop(ids.insert(answer.text("createProject.project.id"))),
            Some("CONFLICT") => {
                assert!(answer.errors()[0]["extensions"]["retryAfter"].is_u64(), "{answer}");
                assert!(answer.header("retry-after").is_some(), "{answer}");
            }
            Some(_) => panic!("{answer}"),
        }
    }
    assert_eq!(ids.len(), 1, "{answers:#?}");
    assert_eq!(answers.iter().filter(|answer| answer.code().is_none() && !replayed(answer)).count(), 1);
    assert_eq!(projects(&world).await, 13);
}

#[tokio::test]
async fn key_is_one_on_all_nodes() {
    let world = World::builder().nodes(2).build().await;
    let manager = world.agency("acme").manager();
    manager.token().await;
    let there = manager.on(1);
    let tries = (0..8).map(|index| create(if index % 2 == 0 { &manager } else { &there }, "key-1", "Once"));
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.code().is_none() && !replayed(answer)).count(), 1);
    assert_eq!(projects(&world).await, 13);
    let (here, there) = (create(&manager, "key-1", "Once").await, create(&there, "key-1", "Once").await);
    assert!(replayed(&here) && replayed(&there) && here.body == there.body, "{here}\n{there}");
    create(&manager.on(1), "key-1", "Twice").await.expect_code("CONFLICT");
    assert_eq!(projects(&world).await, 13);
}

#[tokio::test]
async fn same_key_of_other_people_agencies_and_machines_is_another_key() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let machine =
        acme.owner().key(&[("projects.project.create", "TENANT"), ("projects.project.read", "TENANT")]).await;
    let mut ids = BTreeSet::new();
    for who in [acme.manager(), acme.owner(), globex.manager(), machine] {
        let answer = create(&who, "key-1", "Once").await.expect_ok();
        assert!(!replayed(&answer), "{answer}");
        ids.insert(answer.text("createProject.project.id"));
    }
    assert_eq!(ids.len(), 4);
    assert_eq!(projects(&world).await, 16);
}

#[tokio::test]
async fn key_is_forgotten_after_a_day() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let first = create(&manager, "key-1", "Once").await.expect_ok();
    world.clock.advance(Duration::from_secs(24 * 60 * 60 - 1));
    assert_eq!(create(&manager, "key-1", "Once").await.expect_ok().body, first.body);
    world.clock.advance(Duration::from_secs(1));
    let again = create(&manager, "key-1", "Once").await.expect_ok();
    assert!(!replayed(&again) && again.body != first.body);
    world.clock.advance(Duration::from_secs(24 * 60 * 60));
    create(&manager, "key-1", "Something else").await.expect_ok();
    assert_eq!(projects(&world).await, 15);
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    gateway::worker::tidy(world.app(0)).await.unwrap();
    assert_eq!(world.counts().await["idempotency_keys"], 0);
}

#[tokio::test]
async fn refusal_of_a_domain_is_kept_and_a_failure_of_ours_may_be_tried_again() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let refused = create(&manager, "bad", "").await.expect_code("INVALID");
    let again = create(&manager, "bad", "").await.expect_code("INVALID");
    assert!(replayed(&again) && again.body == refused.body);
    world.execute("ALTER TABLE outbox RENAME TO outbox_away").await;
    let failed = create(&manager, "key-1", "Once").await.expect_code("INTERNAL");
    assert!(!replayed(&failed));
    world.execute("ALTER TABLE outbox_away RENAME TO outbox").await;
    assert_eq!(projects(&world).await, 12, "nothing is half done");
    let done = create(&manager, "key-1", "Once").await.expect_ok();
    assert!(!replayed(&done));
    assert_eq!(projects(&world).await, 13);
}

#[tokio::test]
async fn what_was_partly_done_before_it_failed_is_not_done_again() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let both = "mutation {
      one: createProject(input: { name: \"First\" }) { project { id } }
      two: createTask(input: { projectId: \"prj_01h455vb4pex5vsknk084sn02q\", title: \"T\" }) { task { id } } }";
    let keyed = manager.with("idempotency-key", "key-1");
    let first = keyed.run(both, json!({})).await.expect_code("NOT_FOUND");
    let again = keyed.run(both, json!({})).await.expect_code("NOT_FOUND");
    assert!(replayed(&again) && again.body == first.body);
    let tasks = "ALTER TABLE projects_tasks RENAME TO tasks_away";
    world.execute(tasks).await;
    let keyed = manager.with("idempotency-key", "key-2");
    keyed.run(&both.replace("First", "Second"), json!({})).await;
    keyed.run(&both.replace("First", "Second"), json!({})).await;
    let named = world.rows("projects_projects", "WHERE name IN ('First', 'Second')").await;
    assert_eq!(named.len(), 2, "{named:#?}");
}

/// Leaves the table as a process does that is killed after its commit, before it could keep its answer.
async fn lose_the_answer(world: &World, status: &str) {
    let sql = format!("UPDATE idempotency_keys SET status = {status}, response = NULL, content_type = NULL");
    world.execute(&sql).await;
}

#[tokio::test]
async fn request_whose_process_was_killed_is_done_by_the_next_try_exactly_if_it_was_not_done() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    create(&manager, "key-1", "Once").await.expect_ok();
    lose_the_answer(&world, "0").await;
    let early = create(&manager, "key-1", "Once").await.expect_code("CONFLICT");
    assert!(early.errors()[0]["extensions"]["retryAfter"].is_u64(), "it may still be running: {early}");
    world.clock.advance(Duration::from_secs(120));
    let lost = create(&manager, "key-1", "Once").await.expect_code("CONFLICT");
    assert!(lost.errors()[0]["extensions"].get("retryAfter").is_none(), "{lost}");
    assert!(lost.message().unwrap().contains("was done"), "{lost}");
    assert_eq!(projects(&world).await, 13);
    lose_the_answer(&world, "NULL").await;
    let done = create(&manager, "key-1", "Once").await.expect_ok();
    assert!(!replayed(&done));
    assert_eq!(projects(&world).await, 14);
}

#[tokio::test]
async fn key_must_be_a_short_visible_text() {
    let world = World::new().await;
    let manager = quiet(&world).await;
    for key in ["", " ", "two words", "tab\there", &"k".repeat(256)] {
        let keyed = manager.with("idempotency-key", key);
        let request = ask(&keyed, CREATE, json!({ "name": "Once" })).await;
        Wire::of(request).await.expect_refused(400, "BAD_REQUEST");
    }
    assert_eq!(projects(&world).await, 12);
    create(&manager, &"k".repeat(255), "Once").await.expect_ok();
    let query = manager.with("idempotency-key", "key-1").run(ME, json!({})).await.expect_ok();
    assert!(!replayed(&query));
    assert_eq!(world.counts().await["idempotency_keys"], 1, "queries need no key");
}

const LOGIN: &str = "mutation($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }";

#[tokio::test]
async fn login_of_nobody_is_done_each_time_and_kept_nowhere() {
    let world = World::new().await;
    let nobody = world.nobody().with("idempotency-key", "key-1");
    let input = json!({ "tenant": "acme", "email": "pm@acme.test", "password": PASSWORD });
    let first = nobody.run(LOGIN, json!({ "input": input })).await.expect_ok();
    let second = nobody.run(LOGIN, json!({ "input": input })).await.expect_ok();
    assert!(!replayed(&second));
    assert_ne!(first.text("login.refreshToken"), second.text("login.refreshToken"));
    assert_eq!(world.counts().await["idempotency_keys"], 0);
}

/// Mutations whose answers hold secrets, each with what to send; a schema with another fails the test below.
fn secret_mutations(refresh: &str) -> Vec<(&'static str, String, Value)> {
    let key = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } } }";
    let scopes = json!([{ "permission": "projects.project.read", "reach": "TENANT" }]);
    let refreshed = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken } }";
    let switched =
        "mutation($input: SwitchTenantInput!) { switchTenant(input: $input) { accessToken refreshToken } }";
    let login = json!({ "tenant": "acme", "email": "owner@acme.test", "password": PASSWORD });
    vec![
        ("login", LOGIN.to_owned(), login),
        ("createApiKey", key.to_owned(), json!({ "name": "a machine", "scopes": scopes })),
        ("switchTenant", switched.to_owned(), json!({ "tenant": "acme" })),
        ("refreshSession", refreshed.to_owned(), json!({ "refreshToken": refresh })),
    ]
}

#[tokio::test]
async fn answer_with_a_secret_is_given_once_and_not_stored() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let refresh = owner.elsewhere().tokens().await.refresh;
    for (name, query, input) in secret_mutations(&refresh) {
        let keyed = owner.with("idempotency-key", format!("key-{name}"));
        let first = keyed.run(&query, json!({ "input": input })).await.expect_ok();
        let payload = first.data(name).as_object().unwrap();
        let secrets: Vec<&str> = payload.values().filter_map(Value::as_str).collect();
        assert!(!secrets.is_empty(), "{first}");
        let sessions = world.counts().await["identity_sessions"];
        let again = keyed.run(&query, json!({ "input": input })).await.expect_code("CONFLICT");
        assert!(again.message().unwrap().contains("only once"), "{again}");
        let counts = world.counts().await;
        assert_eq!(
            (counts["identity_sessions"], counts["identity_api_keys"] <= 1),
            (sessions, true),
            "{name} was done twice"
        );
        let kept = json!(world.rows("idempotency_keys", "").await).to_string();
        for secret in secrets {
            assert!(!kept.contains(secret), "{name} keeps its secret: {kept}");
        }
        assert!(!kept.contains(&format!("key-{name}")), "keys are kept as hashes");
    }
}

#[tokio::test]
async fn every_mutation_that_answers_a_secret_is_known_here() {
    let world = World::empty().await;
    let schema = Schema::of(&world).await;
    let secret = |name: &str| {
        name == "key" || name.ends_with("Token") || name.ends_with("Secret") || name.contains("password")
    };
    let found = schema.mutations().iter().filter(|field| {
        schema
            .ty(field.ty.named())
            .fields
            .iter()
            .any(|field| secret(&field.name) && schema.is_leaf(field.ty.named()))
    });
    let found: BTreeSet<&str> = found.map(|field| field.name.as_str()).collect();
    let known = secret_mutations("").into_iter().map(|(name, ..)| name).collect();
    assert_eq!(
        found, known,
        "a resolver that answers a secret calls `ask.holds_secret()`, and is tested above"
    );
}

#[tokio::test]
async fn replay_is_for_the_session_that_is_alive() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    create(&manager, "key-1", "Once").await.expect_ok();
    let gone = manager.elsewhere();
    gone.token().await;
    gone.run("mutation { logout { ended } }", json!({})).await.expect_ok();
    create(&gone, "key-1", "Once").await.expect_code("UNAUTHENTICATED");
}
