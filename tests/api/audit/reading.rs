//! Finding entries, and watching them come.

use kernel::viewer::Viewer;
use serde_json::{Value, json};
use tests::{Actor, World};

const FIND: &str = "query($filter: AuditFilter) { auditEntries(first: 50, filter: $filter) { nodes { action \
                    subjectType subjectLabel severity outcome actor { id } } } }";

async fn find(who: &Actor, filter: Value) -> Vec<Value> {
    let answer = who.run(FIND, json!({ "filter": filter })).await.expect_ok();
    answer.data("auditEntries.nodes").as_array().unwrap().clone()
}

async fn account(who: &Actor, name: &str) -> String {
    let create = "mutation($name: String!) { createAccount(input: { name: $name }) { account { id } } }";
    who.run(create, json!({ "name": name })).await.expect_ok().text("createAccount.account.id")
}

// keeps: AU-6
#[tokio::test]
async fn every_filter_finds_its_own_and_nothing_of_the_others() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = account(&owner, "Zebra Holding").await;
    let other = account(&owner, "Quagga Holding").await;
    world
        .agency("acme")
        .viewer()
        .run("mutation { createAccount(input: { name: \"No\" }) { account { id } } }", json!({}))
        .await;
    let labels = |found: &[Value]| -> Vec<String> {
        found.iter().map(|entry| entry["subjectLabel"].as_str().unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(labels(&find(&owner, json!({ "subject": id })).await), ["Zebra Holding"]);
    assert_eq!(
        labels(&find(&owner, json!({ "account": other, "subjectType": "Account" })).await),
        ["Quagga Holding"]
    );
    assert_eq!(labels(&find(&owner, json!({ "text": "zebra" })).await), ["Zebra Holding"]);
    assert_eq!(labels(&find(&owner, json!({ "outcome": ["DENIED"] })).await), ["createAccount"]);
    let made = find(
        &owner,
        json!({ "subjectType": "Account", "actionPrefix": "crm.account.create", "severity": ["INFO"], "outcome": ["SUCCESS"] }),
    )
    .await;
    assert_eq!(labels(&made)[..2], ["Quagga Holding", "Zebra Holding"]);
    assert!(
        find(&owner, json!({ "actionPrefix": "crm.account.create", "severity": ["CRITICAL"] }))
            .await
            .is_empty()
    );
    let now = world.clock.now().to_rfc3339();
    assert!(find(&owner, json!({ "text": "zebra", "until": now })).await.is_empty());
    assert_eq!(find(&owner, json!({ "text": "zebra", "since": now })).await.len(), 1);
    assert!(find(&world.agency("globex").owner(), json!({ "text": "zebra" })).await.is_empty());
    assert!(find(&world.agency("globex").owner(), json!({ "subject": id })).await.is_empty());
    let long = json!({ "filter": { "text": "x".repeat(500) } });
    owner.run(FIND, long).await.expect_field("filter.text", "too_long");
    owner.run(FIND, json!({ "filter": { "text": "%" } })).await.expect_ok();
}

// keeps: AU-1, AU-6
#[tokio::test]
async fn entry_that_a_long_act_wrote_last_is_found_up_to_a_moment_after_it_began() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let tenant = identity::tenant::find_by_slug(&world.db, "acme").await.unwrap().unwrap();
    let app = world.app(0);
    let viewer = Viewer::system(identity::tenant::info(&tenant), world.clock.clone(), app.ids.clone());
    let began = world.clock.now();
    let done = viewer.act(&app.db, "test.long.act", async |act| {
        for step in ["first", "last"] {
            act.note("Step", None, Some(step.to_owned()), serde_json::Map::new());
            world.clock.advance(std::time::Duration::from_secs(45 * 60));
        }
        Ok(())
    });
    done.await.unwrap();
    let until = (began + chrono::TimeDelta::seconds(1)).to_rfc3339();
    let filter = json!({ "actionPrefix": "test.long", "until": until });
    let found = find(&owner, filter).await;
    assert_eq!(found.len(), 2, "both are of the act's time: {found:?}");
    let before = json!({ "actionPrefix": "test.long", "until": began.to_rfc3339() });
    assert!(find(&owner, before).await.is_empty());
}

// keeps: AU-6
#[tokio::test]
async fn tail_tells_entries_once_in_their_order_to_who_may_see_them() {
    let world = World::new().await;
    let (owner, stranger) = (world.agency("acme").owner(), world.agency("globex").owner());
    let tail = "subscription { auditTail(filter: { actionPrefix: \"crm.account\", subjectType: \"Account\" }) { action subjectLabel } }";
    let mut socket = owner.socket().await;
    let mut told = socket.subscribe(tail, json!({}));
    let mut other = stranger.socket().await;
    let mut theirs = other.subscribe(tail, json!({}));
    // Reason: operations of a socket begin in order.
    for open in [&mut socket, &mut other] {
        open.subscribe("{ __typename }", json!({})).next().await.expect("an answer");
    }
    for name in ["First", "Second", "Third"] {
        account(&owner, name).await;
    }
    account(&stranger, "Theirs").await;
    for name in ["First", "Second", "Third"] {
        let entry = told.next().await.expect("an entry");
        assert_eq!(
            entry["data"]["auditTail"],
            json!({ "action": "crm.account.create", "subjectLabel": name })
        );
    }
    let entry = theirs.next().await.expect("an entry");
    assert_eq!(entry["data"]["auditTail"]["subjectLabel"], "Theirs");
    let mut clients = world.agency("acme").client().socket().await;
    let mut nothing = clients.subscribe(tail, json!({}));
    let refused = nothing.next().await.expect("an answer");
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}
