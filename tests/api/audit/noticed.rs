//! What the trail keeps besides changes: refusals, and looks at personal data of others.

use kernel::id::AnyId;
use serde_json::{Value, json};
use tests::{Row, World};

async fn entries(world: &World, action: &str) -> Vec<Row> {
    world.rows("audit_entries", &format!("WHERE action = '{action}' ORDER BY id")).await
}

async fn id_of(world: &World, email: &str) -> String {
    let query = "query($search: String!) { users(first: 1, filter: { search: $search }) { nodes { id } } }";
    let owner = world.agency("acme").owner();
    owner.run(query, json!({ "search": email })).await.expect_ok().text("users.nodes.0.id")
}

// keeps: AU-1
#[tokio::test]
async fn refused_change_is_in_the_trail_once_with_who_and_why() {
    let world = World::new().await;
    let viewer = world.agency("acme").viewer();
    let create = "mutation Make { createAccount(input: { name: \"Mine\" }) { account { id } } }";
    viewer.run(create, json!({})).await.expect_code("FORBIDDEN");
    viewer.run(create, json!({})).await.expect_code("FORBIDDEN");
    viewer.run("{ auditEntries(first: 1) { nodes { id } } }", json!({})).await.expect_code("FORBIDDEN");
    let denied = entries(&world, "identity.permission.deny").await;
    let told: Vec<(&Value, &Value, &Value)> =
        denied.iter().map(|row| (&row["subject_type"], &row["subject_label"], &row["operation"])).collect();
    assert_eq!(
        told,
        [
            (&json!("Mutation"), &json!("createAccount"), &json!("Make")),
            (&json!("Query"), &json!("auditEntries"), &Value::Null),
        ]
    );
    for row in &denied {
        assert_eq!((&row["outcome"], &row["severity"]), (&json!("denied"), &json!("notice")));
        assert!(row["changes"]["reason"].as_str().is_some_and(|why| !why.is_empty()), "{row:?}");
        assert!(row["actor_id"].is_string());
    }
    world.clock.advance(std::time::Duration::from_secs(120));
    let owner = world.agency("acme").owner();
    let query = "{ auditEntries(first: 9, filter: { outcome: [DENIED] }) { nodes { action outcome subjectLabel \
                 changes { field after } } } }";
    let seen = owner.run(query, json!({})).await.expect_ok();
    assert_eq!(seen.text("auditEntries.nodes.0.changes.0.field"), "reason");
    assert!(!seen.text("auditEntries.nodes.0.changes.0.after").is_empty());
    let stranger = world.agency("globex").owner();
    let theirs = stranger.run(query, json!({})).await.expect_ok();
    assert!(theirs.data("auditEntries.nodes").as_array().unwrap().is_empty());
}

// keeps: AU-1
#[tokio::test]
async fn refusals_are_known_by_what_was_asked_whatever_it_was_called() {
    let world = World::new().await;
    let viewer = world.agency("acme").viewer();
    let aliases = |from: usize, to: usize, field: &str| -> String {
        (from..to).map(|index| format!(" alias{index}: {field}")).collect()
    };
    let field = "auditEntries(first: 1) { nodes { id } }";
    for from in [0, 10, 20] {
        viewer.run(&format!("{{ {} }}", aliases(from, from + 10, field)), json!({})).await;
    }
    let spread = format!("query {{ ...A }} fragment A on Query {{ ... {{ {} }} }}", aliases(0, 1, field));
    viewer.run(&spread, json!({})).await.expect_code("FORBIDDEN");
    let create = "createAccount(input: { name: \"Mine\" }) { account { id } }";
    viewer.run(&format!("mutation {{ nothing: {create} }}"), json!({})).await.expect_code("FORBIDDEN");
    let denied = entries(&world, "identity.permission.deny").await;
    let labels: Vec<&Value> = denied.iter().map(|row| &row["subject_label"]).collect();
    assert_eq!(labels, [&json!("auditEntries"), &json!("createAccount")]);
}

// keeps: AU-1
#[tokio::test]
async fn hidden_field_of_something_shown_is_no_attempt() {
    let world = World::new().await;
    let viewer = world.agency("acme").viewer();
    viewer.run("{ projects(first: 3) { nodes { id budget { amount } } } }", json!({})).await;
    assert!(entries(&world, "identity.permission.deny").await.is_empty());
}

// keeps: AU-1
#[tokio::test]
async fn look_at_personal_data_of_somebody_else_is_in_the_trail_once_an_hour() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let person = id_of(&world, "pm@acme.test").await;
    let query = "query Look($id: ID!) { user(id: $id) { phone } }";
    let look = || async { owner.run(query, json!({ "id": person })).await.expect_ok() };
    look().await;
    look().await;
    let seen = entries(&world, "identity.user.view").await;
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(seen[0]["operation"], "Look");
    assert_eq!(seen[0]["person_id"], seen[0]["subject_id"]);
    assert!(seen[0]["changes"].as_object().unwrap().is_empty(), "what was seen is not repeated");
    let me = world.agency("acme").manager();
    me.run(query, json!({ "id": person })).await.expect_ok();
    assert_eq!(entries(&world, "identity.user.view").await.len(), 1, "one's own is one's own");
}

// keeps: AU-1
#[tokio::test]
async fn looks_at_many_cost_one_act_and_name_each_person() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let query = "{ accounts(first: 20) { nodes { contacts(first: 20) { nodes { id email phone } } } } }";
    let answer = owner.run(query, json!({})).await.expect_ok();
    let shown: usize = answer
        .data("accounts.nodes")
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["contacts"]["nodes"].as_array().unwrap().len())
        .sum();
    assert!(shown > 1);
    let seen = entries(&world, "crm.contact.view").await;
    assert_eq!(seen.len(), shown);
    assert!(seen.iter().all(|row| row["account_id"].is_string() && row["person_id"].is_string()));
}

// keeps: AU-1
#[tokio::test]
async fn subscriptions_leave_their_refusals_and_looks_as_well() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let tail = "subscription Tail { auditTail { id changes { after } ip } }";
    let mut refused = acme.viewer().socket().await;
    let message = refused.subscribe(tail, json!({})).next().await.unwrap();
    assert_eq!(message["errors"][0]["extensions"]["code"], "FORBIDDEN", "{message}");
    let denied = entries(&world, "identity.permission.deny").await;
    assert_eq!(denied.len(), 1, "{denied:#?}");
    assert_eq!(
        (&denied[0]["subject_type"], &denied[0]["subject_label"]),
        (&json!("Subscription"), &json!("auditTail"))
    );

    let owner = acme.owner();
    let mut socket = owner.socket().await;
    let query =
        "subscription Tail { auditTail(filter: { actionPrefix: \"crm.\" }) { id changes { after } ip } }";
    let mut live = socket.subscribe(query, json!({}));
    // Reason: operations of a socket begin in order.
    socket.subscribe("{ __typename }", json!({})).next().await.expect("an answer");
    let create = "mutation { createAccount(input: { name: \"Seen\" }) { account { id } } }";
    acme.manager().run(create, json!({})).await.expect_ok();
    let message = live.next().await.expect("the entry is told");
    assert!(message["data"]["auditTail"]["ip"].is_string(), "{message}");
    let looks = entries(&world, "audit.entry.view").await;
    assert_eq!(looks.len(), 1, "{looks:#?}");
    assert_eq!(looks[0]["operation"], "Tail");
    let manager: AnyId = id_of(&world, "pm@acme.test").await.parse().unwrap();
    assert_eq!(looks[0]["person_id"], json!(manager.uuid.to_string()));
}

// keeps: AU-1, AU-13
#[tokio::test]
async fn answer_that_is_given_again_for_its_key_is_a_look_again() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let account = owner.run("{ accounts(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let make = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id email phone } } }";
    let input = json!({
        "accountId": account.text("accounts.nodes.0.id"), "givenName": "Ada", "familyName": "Byron",
        "email": "ada@example.com", "phone": "+441234567890",
    });
    let keyed = owner.with("idempotency-key", "contact-1");
    let looks = async || entries(&world, "crm.contact.view").await.len();
    keyed.run(make, json!({ "input": input })).await.expect_ok();
    let first = looks().await;
    assert_eq!(first, 1, "what was made is shown");
    // Later, or on another node, nobody remembers that look.
    world.clock.advance(std::time::Duration::from_secs(2 * 60 * 60));
    world.app(0).witness.forget();
    let again = keyed.run(make, json!({ "input": input })).await.expect_ok();
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let seen = entries(&world, "crm.contact.view").await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    let who = |row: &Row| (row["actor_id"].clone(), row["person_id"].clone(), row["account_id"].clone());
    assert_eq!(who(&seen[0]), who(&seen[1]));
}
