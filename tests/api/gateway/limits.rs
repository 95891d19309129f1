//! What requests cost, and how much of it a viewer, an agency and an address may ask.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::wire::{ME, STRICT, Wire, ask};

/// A page of projects with pages of tasks, at `1 + first × (1 + 1 + tasks)` points.
fn nested(first: u64, tasks: u64) -> String {
    format!("{{ projects(first: {first}) {{ nodes {{ id tasks(first: {tasks}) {{ nodes {{ id }} }} }} }} }}")
}

fn cost(answer: &Answer) -> (u64, u64, u64) {
    let cost = &answer.body["extensions"]["cost"];
    let number = |name: &str| cost[name].as_u64().unwrap_or_else(|| panic!("no {name}\n{answer}"));
    (number("requested"), number("available"), number("restoreRate"))
}

/// Seconds after which a refused request would be allowed, as body and header say.
#[track_caller]
fn wait_of(answer: Answer) -> Duration {
    let answer = answer.expect_code("LIMITED");
    let told = answer.errors()[0]["extensions"]["retryAfter"].as_u64().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(answer.header("retry-after"), Some(told.to_string().as_str()), "{answer}");
    assert!(answer.body.get("data").is_none(), "{answer}");
    assert!((1..=60).contains(&told), "{answer}");
    Duration::from_secs(told)
}

#[tokio::test]
async fn answer_tells_what_the_request_cost_by_a_rule_that_clients_can_reckon() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    for (query, expected) in [
        ("{ __typename }".to_owned(), 100),
        (ME.to_owned(), 100),
        (nested(50, 10), 1 + 50 * (1 + 1 + 10)),
        (nested(100, 100), 1 + 100 * (1 + 1 + 100)),
        (
            "{ projects(first: 50) { nodes { tasks(first: 1) { totalCount } } } }".to_owned(),
            1 + 50 * (1 + 1 + 10),
        ),
    ] {
        let answer = manager.run(&query, json!({})).await.expect_ok();
        assert_eq!(cost(&answer).0, expected, "{query}");
    }
    let limits = "{ tenant { limits { used } } projects(first: 100) { nodes { id } } }";
    let answer = world.agency("acme").owner().run(limits, json!({})).await.expect_ok();
    assert_eq!(cost(&answer).0, 1 + (10 + 10) + (1 + 100));
    let failed = manager.run("{ node(id: \"nonsense\") { id } }", json!({})).await.expect_code("INVALID");
    assert_eq!(cost(&failed).0, 100, "what ran is paid for, however it went");
}

#[tokio::test]
async fn request_that_costs_more_than_any_may_is_refused_before_it_runs() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let query = "{ projects(first: 100) { nodes { tasks(first: 100) { nodes { assignees { id projects(first: 100) { nodes { id } } } } } } } }";
    let answer = manager.run(query, json!({})).await.expect_code("QUERY_TOO_COMPLEX");
    assert!(answer.message().unwrap().contains("50000"), "{answer}");
    assert!(answer.statements.is_none(), "{answer}");
    let by_variable = "query($n: Int!) { projects(first: $n) { nodes { tasks(first: $n) { nodes { assignees { id projects(first: $n) { nodes { id } } } } } } } }";
    manager.run(by_variable, json!({ "n": 100 })).await.expect_code("QUERY_TOO_COMPLEX");
    manager.run(by_variable, json!({ "n": 2 })).await.expect_ok();
}

// keeps: ID-2, OP-10
#[tokio::test]
async fn address_without_a_token_is_limited_and_others_are_not() {
    let world =
        World::builder().rate_limits().configure(|config| config.limits.anonymous_requests = 3).build().await;
    let nobody = world.nobody().from_ip("192.0.2.1");
    for left in [200, 100, 0] {
        let answer = nobody.run("{ __typename }", json!({})).await.expect_ok();
        assert_eq!(cost(&answer), (100, left, 5));
    }
    let wait = wait_of(nobody.run("{ __typename }", json!({})).await);
    assert_eq!(wait, Duration::from_secs(20));
    let strict = Wire::of(ask(&nobody, "{ __typename }", json!({})).await.header("accept", STRICT)).await;
    strict.expect_refused(429, "LIMITED");
    world.nobody().from_ip("192.0.2.2").run("{ __typename }", json!({})).await.expect_ok();
    let network = |host: &str| world.nobody().from_ip(&format!("2001:db8::{host}"));
    for host in ["1", "2", "3"] {
        network(host).run("{ __typename }", json!({})).await.expect_ok();
    }
    wait_of(network("4").run("{ __typename }", json!({})).await);
    world.clock.advance(wait);
    nobody.run("{ __typename }", json!({})).await.expect_ok();
    wait_of(nobody.run("{ __typename }", json!({})).await);
}

// keeps: ID-2
#[tokio::test]
async fn viewer_has_a_bucket_of_their_own_wherever_they_ask_from() {
    let world =
        World::builder().rate_limits().configure(|config| config.limits.viewer_requests = 4).build().await;
    let manager = world.agency("acme").manager();
    let elsewhere = manager.elsewhere();
    for who in [&manager, &elsewhere, &manager.from_ip("192.0.2.7")] {
        who.run(ME, json!({})).await.expect_ok();
    }
    let last = elsewhere.run(ME, json!({})).await.expect_ok();
    assert_eq!(cost(&last), (100, 0, 6));
    wait_of(manager.run(ME, json!({})).await);
    wait_of(elsewhere.run(ME, json!({})).await);
    world.agency("acme").developer().run(ME, json!({})).await.expect_ok();
    world.agency("globex").manager().run(ME, json!({})).await.expect_ok();
    world.clock.advance(Duration::from_secs(60));
    manager.run(&nested(10, 10), json!({})).await.expect_ok();
}

/// The agency on another plan.
async fn on_plan(world: &World, slug: &str, plan: &str) {
    world.execute(&format!("UPDATE identity_tenants SET plan = '{plan}' WHERE slug = '{slug}'")).await;
}

// keeps: ID-2
#[tokio::test]
async fn agency_asks_no_more_than_its_plan_allows_whoever_asks() {
    let world = World::builder().rate_limits().build().await;
    on_plan(&world, "acme", "starter").await;
    let acme = world.agency("acme");
    // The plan has a hundred requests a minute: 10 000 points.
    let half = nested(100, 47);
    let first = acme.manager().run(&half, json!({})).await.expect_ok();
    assert_eq!(cost(&first), (4_901, 10_000 - 4_901, 166));
    let second = acme.owner().run(&half, json!({})).await.expect_ok();
    assert_eq!(cost(&second).1, 198, "the narrower of both buckets is told");
    let refused = acme.developer().run(&half, json!({})).await;
    let message = refused.message().unwrap();
    assert!(message.contains("starter") && message.contains("100 a minute"), "{message}");
    let french = acme.developer().speaking("fr").run(&half, json!({})).await;
    assert!(french.message().unwrap().contains("l'offre starter"), "{french}");
    let wait = wait_of(refused);
    acme.developer().run(ME, json!({})).await.expect_ok();
    world.agency("globex").owner().run(&half, json!({})).await.expect_ok();
    world.nobody().run("{ __typename }", json!({})).await.expect_ok();
    world.clock.advance(wait + Duration::from_secs(1));
    acme.developer().run(&half, json!({})).await.expect_ok();
}

// keeps: ID-2
#[tokio::test]
async fn what_was_agreed_with_an_agency_goes_before_its_plan() {
    let world = World::builder().rate_limits().build().await;
    let agreed =
        "UPDATE identity_tenants SET limit_overrides = '{\"requests_per_minute\": 2}' WHERE slug = 'acme'";
    world.execute(agreed).await;
    let acme = world.agency("acme");
    acme.manager().run(ME, json!({})).await.expect_ok();
    acme.owner().run(ME, json!({})).await.expect_ok();
    wait_of(acme.developer().run(ME, json!({})).await);
    let limits = "{ tenant { limits { name allowed } } }";
    world.clock.advance(Duration::from_secs(60));
    let answer = acme.owner().run(limits, json!({})).await.expect_ok();
    let rate =
        answer.list("tenant.limits").iter().find(|limit| limit["name"] == "REQUESTS_PER_MINUTE").cloned();
    assert_eq!(rate.map(|limit| limit["allowed"].clone()), Some(json!(2)));
}

// keeps: ID-2
#[tokio::test]
async fn request_that_no_bucket_can_ever_pay_is_too_complex_and_not_limited() {
    let world = World::builder().rate_limits().build().await;
    on_plan(&world, "acme", "starter").await;
    let answer = world.agency("acme").manager().run(&nested(100, 100), json!({})).await;
    let answer = answer.expect_code("QUERY_TOO_COMPLEX");
    assert!(answer.message().unwrap().contains("10000"), "{answer}");
    assert!(answer.errors()[0]["extensions"].get("retryAfter").is_none(), "{answer}");
    world.agency("globex").manager().run(&nested(100, 100), json!({})).await.expect_ok();
}

// keeps: ID-2
#[tokio::test]
async fn refused_request_changes_nothing_and_speaks_the_viewers_language() {
    let world =
        World::builder().rate_limits().configure(|config| config.limits.viewer_requests = 3).build().await;
    let manager = world.agency("acme").manager();
    let french = "mutation { updateProfile(input: { locale: \"fr\" }) { user { locale } } }";
    manager.run(french, json!({})).await.expect_ok();
    let create = "mutation($name: String!) { createProject(input: { name: $name }) { project { id } } }";
    for name in ["One", "Two"] {
        manager.run(create, json!({ "name": name })).await.expect_ok();
    }
    let before = world.counts().await;
    let refused = manager.run(create, json!({ "name": "Three" })).await.expect_code("LIMITED");
    assert!(refused.message().unwrap().starts_with("Trop de requêtes"), "{refused}");
    assert_eq!(world.counts().await["projects_projects"], before["projects_projects"]);
    let english = manager.speaking("en").run(ME, json!({})).await.expect_code("LIMITED");
    assert!(english.message().unwrap().starts_with("Too many requests"), "{english}");
}

// keeps: ID-2
#[tokio::test]
async fn operations_of_a_socket_are_paid_from_the_same_buckets() {
    let world =
        World::builder().rate_limits().configure(|config| config.limits.viewer_requests = 2).build().await;
    let manager = world.agency("acme").manager();
    let mut socket = manager.socket().await;
    let first = socket.subscribe(ME, json!({})).next().await.unwrap();
    assert_eq!(first["extensions"]["cost"]["available"], 100, "{first}");
    manager.run(ME, json!({})).await.expect_ok();
    let refused = socket.subscribe(ME, json!({})).refused().await;
    assert_eq!(refused[0]["extensions"]["code"], "LIMITED");
    assert!(refused[0]["extensions"]["retryAfter"].is_u64(), "{refused:?}");
}

// keeps: OP-10
#[tokio::test]
async fn what_is_refused_before_it_runs_is_paid_for_by_whoever_sends_it() {
    let world = World::builder()
        .rate_limits()
        .configure(|config| {
            config.limits.anonymous_requests = 1;
            config.limits.viewer_requests = 2;
        })
        .build()
        .await;
    let manager = world.agency("acme").manager();
    let expensive = nested(100, 100)
        .replace("{ id } }", "{ id assignees { id projects(first: 100) { nodes { id } } } } }");
    let refused = [
        ("{".to_owned(), "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { ...F } } fragment F on Viewer { ...F }".to_owned(), "GRAPHQL_VALIDATION_FAILED"),
        (format!("{{ {} }}", "__typename ".repeat(30)), "QUERY_TOO_COMPLEX"),
        (expensive, "QUERY_TOO_COMPLEX"),
    ];
    let nobody = world.nobody().from_ip("192.0.2.1");
    for (document, code) in &refused {
        nobody.run(document, json!({})).await.expect_code(code);
    }
    for (document, _) in &refused {
        wait_of(nobody.run(document, json!({})).await);
    }
    let strict = Wire::of(ask(&nobody, "{", json!({})).await.header("accept", STRICT)).await;
    strict.expect_refused(429, "LIMITED");
    let forged = nobody.bearing("forged");
    wait_of(forged.run("{", json!({})).await);
    let raw = Wire::of(super::wire::post(&nobody, "no JSON").await).await;
    assert_eq!(raw.code(), "LIMITED", "{raw:#?}");
    world.nobody().from_ip("192.0.2.2").run("{", json!({})).await.expect_code("GRAPHQL_PARSE_FAILED");
    let from_there = manager.from_ip("192.0.2.1");
    manager.token().await;
    world.clock.advance(Duration::from_secs(60));
    for _ in 0..2 {
        for (document, code) in &refused {
            from_there.run(document, json!({})).await.expect_code(code);
        }
    }
    wait_of(from_there.run("{", json!({})).await);
    wait_of(manager.run(ME, json!({})).await);
    nobody.run("{ __typename }", json!({})).await.expect_ok();
}

// keeps: ID-2
#[tokio::test]
async fn limits_that_are_off_refuse_nobody() {
    let world = World::builder().configure(|config| config.limits.anonymous_requests = 1).build().await;
    let nobody: Actor = world.nobody();
    for _ in 0..5 {
        let answer = nobody.run("{ __typename }", json!({})).await.expect_ok();
        assert_eq!(answer.body["extensions"]["cost"]["requested"], Value::from(100));
    }
}

// keeps: OP-10
#[tokio::test]
async fn long_document_that_nobody_knows_is_paid_for_before_it_is_read() {
    let world = World::builder()
        .rate_limits()
        .configure(|config| {
            config.limits.anonymous_requests = 1;
            config.limits.viewer_requests = 100;
        })
        .build()
        .await;
    let manager = world.agency("acme").manager();
    manager.token().await;
    world.clock.advance(Duration::from_secs(60));
    let long = |number: usize| format!("{{ __typename }} # {number} {}", "x".repeat(40_000));
    // Reason: one that is known costs its reader nothing more, a new one the address its length.
    for _ in 0..9 {
        manager.run(&long(0), json!({})).await.expect_ok();
    }
    manager.run(&long(1), json!({})).await.expect_ok();
    wait_of(manager.run(&long(2), json!({})).await);
    manager.run(&long(1), json!({})).await.expect_ok();
    manager.run(ME, json!({})).await.expect_ok();
    manager.from_ip("192.0.2.9").run(&long(2), json!({})).await.expect_ok();
}

// keeps: OP-10
#[tokio::test]
async fn answer_is_never_longer_than_the_process_can_bear() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let write = "mutation($text: String!) { createProject(input: { name: \"Long\", description: $text }) { project { id } } }";
    for _ in 0..12 {
        owner.run(write, json!({ "text": "d".repeat(50_000) })).await.expect_ok();
    }
    let of = |many: usize, fields: &str| {
        format!("{{ projects(first: {many}, filter: {{ search: \"Long\" }}) {{ nodes {{ {fields} }} }} }}")
    };
    let aliases: String = (0..30).map(|number| format!("d{number}: description ")).collect();
    let fits = owner.run(&of(10, &aliases), json!({})).await.expect_ok();
    assert_eq!(fits.text("projects.nodes.9.d29").len(), 50_000);
    for fields in [aliases.clone(), format!("id @include(if: true) {aliases}")] {
        let refused = owner.run(&of(12, &fields), json!({})).await.expect_code("LIMITED");
        assert!(refused.message().unwrap().contains("16 MiB"), "{refused}");
        assert!(refused.body.to_string().len() < 1 << 20);
    }
    let again = owner.run(&of(1, &"description ".repeat(4_000)), json!({})).await.expect_ok();
    assert_eq!(
        again.body.to_string().matches("ddddd").count(),
        10_000,
        "once, however often it is asked for"
    );
}
