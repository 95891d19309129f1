//! Several nodes on one database (and one Redis, where there is one): what happens on one holds on all.

use kernel::id::ProjectId;
use serde_json::{Value, json};
use tests::{Actor, Socket, Subscription, World};

use super::wire::{CREATE, INVITE, ME, projects, role};

const CHANGES: &str = "subscription { projectChanged { kind project { id name } } }";

async fn two() -> World {
    World::builder().nodes(2).build().await
}

async fn begun(socket: &mut Socket) {
    let answer = socket.subscribe("{ __typename }", json!({})).next().await.expect("an answer");
    assert_eq!(answer["data"]["__typename"], "Query");
}

/// Waits for the message about the project of this name; what the seeds committed may come before it.
async fn hear(changes: &mut Subscription, name: &str) {
    loop {
        let message = changes.next().await.expect("the subscription goes on");
        if message["data"]["projectChanged"]["project"]["name"] == name {
            return;
        }
    }
}

/// Asks again until somebody is refused with this code: for what another node hears of beside the request.
async fn until_refused(who: &Actor, query: &str, code: &str) {
    let asking = async {
        while who.run(query, json!({})).await.code() != Some(code) {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    assert!(tokio::time::timeout(patience, asking).await.is_ok(), "{who} is never refused");
}

// keeps: OP-8
#[tokio::test]
async fn change_on_one_node_is_heard_on_the_other() {
    let world = two().await;
    let owner = world.agency("acme").owner();
    let (mut here, mut there) = (owner.socket().await, owner.on(1).socket().await);
    let (mut heard_here, mut heard_there) =
        (here.subscribe(CHANGES, json!({})), there.subscribe(CHANGES, json!({})));
    begun(&mut here).await;
    begun(&mut there).await;
    for (node, name) in [(0, "From the first"), (1, "From the second")] {
        owner.on(node).run(CREATE, json!({ "name": name })).await.expect_ok();
        for heard in [&mut heard_here, &mut heard_there] {
            hear(heard, name).await;
        }
    }
}

// keeps: OP-8, ID-10
#[tokio::test]
async fn session_revoked_on_one_node_ends_on_the_other_at_once() {
    let world = two().await;
    let manager = world.agency("acme").manager();
    let elsewhere = manager.elsewhere();
    elsewhere.token().await;
    manager.on(1).run(ME, json!({})).await.expect_ok();
    let mut socket = manager.on(1).socket().await;
    begun(&mut socket).await;
    elsewhere
        .run("mutation { revokeAllSessions(input: {}) { sessions { id } } }", json!({}))
        .await
        .expect_ok();
    manager.run(ME, json!({})).await.expect_code("UNAUTHENTICATED");
    until_refused(&manager.on(1), ME, "UNAUTHENTICATED").await;
    assert_eq!(socket.closed().await.0, 4403);
    elsewhere.on(1).run(ME, json!({})).await.expect_ok();
}

// keeps: OP-8, ID-24
#[tokio::test]
async fn role_taken_on_one_node_is_gone_on_the_other() {
    let world = two().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let query = "{ projects { nodes { id } } }";
    manager.on(1).run(query, json!({})).await.expect_ok();
    let me = manager.run("{ viewer { user { id } roles { id } } }", json!({})).await.expect_ok();
    let revoke = "mutation($user: ID!, $role: ID!) { revokeRole(input: { userId: $user, roleId: $role }) { user { id } } }";
    let variables = json!({ "user": me.text("viewer.user.id"), "role": me.text("viewer.roles.0.id") });
    owner.run(revoke, variables).await.expect_ok();
    manager.run(query, json!({})).await.expect_code("FORBIDDEN");
    until_refused(&manager.on(1), query, "FORBIDDEN").await;
}

// keeps: OP-8, ID-19
#[tokio::test]
async fn key_made_on_one_node_works_on_the_other_until_it_is_taken_back() {
    let world = two().await;
    let owner = world.agency("acme").owner();
    let key = owner.key(&[("projects.project.read", "TENANT")]).await;
    let query = "{ projects(first: 1) { nodes { id } } }";
    key.on(1).run(query, json!({})).await.expect_ok();
    let keys = owner.run("{ apiKeys { nodes { id } } }", json!({})).await.expect_ok();
    let revoke = "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }";
    owner.run(revoke, json!({ "id": keys.text("apiKeys.nodes.0.id") })).await.expect_ok();
    until_refused(&key.on(1), query, "UNAUTHENTICATED").await;
}

// keeps: OP-8, ID-2
#[tokio::test]
async fn buckets_are_shared() {
    let world = World::builder()
        .nodes(2)
        .rate_limits()
        .configure(|config| config.limits.viewer_requests = 4)
        .build()
        .await;
    let manager = world.agency("acme").manager();
    for node in [0, 1, 0, 1] {
        manager.on(node).run(ME, json!({})).await.expect_ok();
    }
    for node in [0, 1] {
        manager.on(node).run(ME, json!({})).await.expect_code("LIMITED");
    }
}

// keeps: OP-8
#[tokio::test]
async fn request_is_done_once_whichever_node_hears_of_it() {
    let world = two().await;
    let manager = world.agency("acme").manager().with("idempotency-key", "key-1");
    manager.token().await;
    let create = |node| {
        let manager = manager.on(node);
        async move { manager.run(CREATE, json!({ "name": "Once" })).await }
    };
    let answers = futures::future::join_all((0..6).map(|number| create(number % 2))).await;
    let done = answers.iter().filter(|answer| answer.code().is_none()).collect::<Vec<_>>();
    assert!(
        !done.is_empty() && answers.iter().all(|answer| matches!(answer.code(), None | Some("CONFLICT"))),
        "{answers:#?}"
    );
    let (here, there) = (create(0).await.expect_ok(), create(1).await.expect_ok());
    assert_eq!(here.body, there.body);
    assert_eq!(here.body, done[0].body);
    assert_eq!(projects(&world).await, 13);
}

// keeps: OP-8
#[tokio::test]
async fn of_two_changes_at_once_on_two_nodes_one_is_told_of_the_other() {
    let world = two().await;
    let owner = world.agency("acme").owner();
    owner.token().await;
    let id = world.agency("acme").ids::<ProjectId>("projects_projects").await.remove(0);
    let version = owner.run("query($id: ID!) { project(id: $id) { version } }", json!({ "id": id })).await;
    let version = version.number("project.version");
    let query =
        "mutation($input: UpdateProjectInput!) { updateProject(input: $input) { project { name version } } }";
    let rename = |node: usize| {
        let owner = owner.on(node);
        let input = json!({ "id": id, "expectedVersion": version, "name": format!("By node {node}") });
        async move { owner.run(query, json!({ "input": input })).await }
    };
    let (first, second) = tokio::join!(rename(0), rename(1));
    let (won, lost) = if first.code().is_none() { (first, second) } else { (second, first) };
    let won = won.expect_ok();
    let lost = lost.expect_code("CONFLICT");
    assert_eq!(lost.errors()[0]["extensions"]["currentVersion"], json!(version + 1), "{lost}");
    let now = owner
        .on(1)
        .run("query($id: ID!) { project(id: $id) { name } }", json!({ "id": id }))
        .await
        .expect_ok();
    assert_eq!(now.text("project.name"), won.text("updateProject.project.name"));
    let events = world.events_of(&id).await;
    let updates = events.iter().filter(|event| event["kind"] == "projects.project.updated");
    assert_eq!(updates.count(), 1, "{events:#?}");
}

// keeps: OP-8
#[tokio::test]
async fn document_sent_to_one_node_is_known_to_the_other() {
    let world = two().await;
    let manager = world.agency("acme").manager();
    let hash = gateway::http::documents::hex(&gateway::http::documents::sha256(ME));
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    manager.post(json!({ "query": ME, "extensions": extensions })).await.expect_ok();
    manager.on(1).post(json!({ "extensions": extensions })).await.expect_ok();
}

// keeps: OP-8
#[tokio::test]
async fn work_of_two_nodes_is_done_once() {
    let world = two().await;
    let owner = world.agency("acme").owner();
    let role = role(&owner, "team_member").await;
    let invites = (0..10).map(|number| {
        let owner = owner.on(number % 2);
        let variables = json!({ "email": format!("guest-{number}@example.com"), "role": role });
        async move { owner.run(INVITE, variables).await.expect_ok() }
    });
    futures::future::join_all(invites).await;
    world.settled().await;
    for number in 0..10 {
        assert_eq!(world.mails_to(&format!("guest-{number}@example.com")).len(), 1);
    }
    let jobs: Vec<Value> = world.rows("jobs", "").await.iter().map(|job| job["attempts"].clone()).collect();
    assert!(jobs.iter().all(|attempts| *attempts == json!(1)), "{jobs:?}");
}

// keeps: OP-8
#[tokio::test]
async fn node_goes_on_when_the_other_stops() {
    let world = two().await;
    let owner = world.agency("acme").owner();
    let mut socket = owner.on(1).socket().await;
    let mut changes = socket.subscribe(CHANGES, json!({}));
    begun(&mut socket).await;
    world.stop_node(0).await;
    let there = owner.on(1);
    there.run(CREATE, json!({ "name": "Still here" })).await.expect_ok();
    hear(&mut changes, "Still here").await;
    let role = role(&there, "team_member").await;
    there.run(INVITE, json!({ "email": "guest@example.com", "role": role })).await.expect_ok();
    world.mail_to("guest@example.com").await;
}
