//! Client companies: made, changed, put away and brought back.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use crate::projects::asks::{
    account, ask, change, expect_conflict, expect_stale, me, new_project, person, texts,
};

/// Everything about an account that an input can set, and what follows from it.
const ACCOUNT: &str = "account {
  id name legalName domain industry currency locale lifecycle archivedAt createdAt updatedAt version owner { id }
}";

async fn create(who: &Actor, input: Value) -> Answer {
    change(who, "createAccount", input, ACCOUNT).await
}

async fn update(who: &Actor, id: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["id"] = json!(id);
    change(who, "updateAccount", input, ACCOUNT).await
}

async fn new_account(who: &Actor, name: &str) -> String {
    create(who, json!({ "name": name })).await.expect_ok().text("createAccount.account.id")
}

async fn names(who: &Actor, filter: Value) -> Vec<String> {
    let query = "query($filter: AccountFilter) { accounts(filter: $filter, first: 100) { totalCount nodes { name } } }";
    let answer = who.run(query, json!({ "filter": filter })).await.expect_ok();
    let names = texts(&answer, "accounts.nodes", "name");
    assert_eq!(answer.number("accounts.totalCount"), i64::try_from(names.len()).unwrap());
    names
}

// keeps: CR-1
#[tokio::test]
async fn new_account_is_a_prospect_of_its_maker_in_the_agencys_terms() {
    let world = World::new().await;
    let sales = world.agency("acme").sales();
    let made = create(&sales, json!({ "name": " Initech " })).await.expect_ok();
    let expected = json!({
        "id": made.text("createAccount.account.id"), "name": "Initech", "legalName": null, "domain": null,
        "industry": null, "currency": "EUR", "locale": "en", "lifecycle": "PROSPECT", "archivedAt": null,
        "createdAt": "2026-03-02T09:00:00Z", "updatedAt": "2026-03-02T09:00:00Z", "version": 1,
        "owner": { "id": me(&sales).await },
    });
    assert_eq!(*made.data("createAccount.account"), expected);
    let globex = create(&world.agency("globex").sales(), json!({ "name": "Initech" })).await.expect_ok();
    assert_eq!(
        globex.text("createAccount.account.currency"),
        "USD",
        "each agency has its own terms and its own names"
    );
}

// keeps: CR-1
#[tokio::test]
async fn everything_that_is_given_to_an_account_is_read_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let given = json!({
        "name": "شركة المثال", "legalName": "Example Trading LLC", "domain": "Bücher.Example", "industry": "Books",
        "currency": "JPY", "locale": "fr-CA", "lifecycle": "CLIENT",
    });
    let mut input = given.clone();
    input["ownerId"] = json!(person(&acme, "sales").await);
    let made = create(&acme.owner(), input).await.expect_ok();
    for (name, value) in given.as_object().unwrap() {
        let expected = if name == "domain" { json!("xn--bcher-kva.example") } else { value.clone() };
        assert_eq!(*made.data(&format!("createAccount.account.{name}")), expected, "{name}");
    }
    let key = acme.owner().key(&[("crm.account.write", "TENANT"), ("crm.account.read", "TENANT")]).await;
    let made = create(&key, json!({ "name": "A machine's" })).await;
    assert!(made.data("createAccount.account.owner").is_null(), "{made}");
}

// keeps: CR-1
#[tokio::test]
async fn everything_wrong_with_an_account_is_told_at_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = new_account(&acme.owner(), "Right").await;
    let wrong = json!({
        "name": "x".repeat(300), "legalName": "x".repeat(201), "domain": "not a domain", "industry": "a\u{1b}b",
    });
    let expected = [
        ("domain", "bad_domain"),
        ("industry", "forbidden_character"),
        ("legalName", "too_long"),
        ("name", "too_long"),
    ]
    .map(|(path, code)| (path.to_owned(), code.to_owned()));
    let told = |answer: Answer| answer.expect_code("INVALID").fields().into_iter().collect::<Vec<_>>();
    assert_eq!(told(create(&acme.owner(), wrong.clone()).await), expected);
    assert_eq!(told(update(&acme.owner(), &id, wrong).await), expected);
    create(&acme.owner(), json!({ "name": " " })).await.expect_field("name", "required");
    let french = create(&acme.owner().speaking("fr"), json!({ "name": "Un", "domain": "a@b.example" })).await;
    assert_eq!(french.message(), Some("Ce n'est pas un domaine Internet comme example.com."));
    create(&acme.owner(), json!({ "name": "Un", "currency": "EURO" }))
        .await
        .expect_field("currency", "bad_currency");
    create(&acme.owner(), json!({ "name": "Un", "lifecycle": "LOST" }))
        .await
        .expect_code("GRAPHQL_VALIDATION_FAILED");
}

// keeps: CR-1
#[tokio::test]
async fn account_keeps_what_is_left_out_and_loses_what_is_null() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let full =
        json!({ "name": "Full", "legalName": "Full Ltd", "domain": "full.example", "industry": "Air" });
    let made = create(&acme.owner(), full).await.expect_ok();
    let id = made.text("createAccount.account.id");
    let mut expected = made.data("createAccount.account").clone();
    let changed =
        update(&acme.owner(), &id, json!({ "lifecycle": "FORMER", "expectedVersion": 1 })).await.expect_ok();
    expected["lifecycle"] = json!("FORMER");
    expected["version"] = json!(2);
    assert_eq!(*changed.data("updateAccount.account"), expected);
    let nulls = json!({ "legalName": null, "domain": null, "industry": null, "ownerId": null });
    let emptied = update(&acme.owner(), &id, nulls).await.expect_ok();
    for name in ["legalName", "domain", "industry", "owner"] {
        assert!(emptied.data(&format!("updateAccount.account.{name}")).is_null(), "{name}");
    }
    let required = json!({ "name": null, "currency": null, "locale": null, "lifecycle": null });
    let fields = update(&acme.owner(), &id, required).await.expect_code("INVALID").fields();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["currency", "lifecycle", "locale", "name"]);
    expect_stale(update(&acme.owner(), &id, json!({ "name": "Late", "expectedVersion": 1 })).await, 3);
    let owner = acme.owner();
    let all = (0..4)
        .map(|number| update(&owner, &id, json!({ "name": format!("By {number}"), "expectedVersion": 3 })));
    let (done, late): (Vec<_>, Vec<_>) =
        join_all(all).await.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), late.len()), (1, 3), "{late:#?}");
    late.into_iter().for_each(|answer| drop(expect_stale(answer, 4)));
}

// keeps: CR-1
#[tokio::test]
async fn account_is_owned_by_active_staff_who_then_see_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = new_account(&acme.owner(), "Handed on").await;
    let (manager, sales) = (person(&acme, "pm").await, person(&acme, "sales").await);
    let sees = async |who: Actor| names(&who, json!({})).await.contains(&"Handed on".to_owned());
    assert!(!sees(acme.sales()).await && !sees(acme.manager()).await);
    update(&acme.owner(), &id, json!({ "ownerId": sales })).await.expect_ok();
    assert!(sees(acme.sales()).await && !sees(acme.manager()).await);
    update(&acme.owner(), &id, json!({ "ownerId": manager })).await.expect_ok();
    assert!(!sees(acme.sales()).await && sees(acme.manager()).await);
    let outsider = person(&world.agency("globex"), "sales").await;
    for (user, code) in [(outsider, "not_in_tenant"), (person(&acme, "client").await, "not_staff")] {
        update(&acme.owner(), &id, json!({ "ownerId": user })).await.expect_field("ownerId", code);
        create(&acme.owner(), json!({ "name": "Not", "ownerId": user })).await.expect_field("ownerId", code);
    }
}

// keeps: CR-1
#[tokio::test]
async fn archived_account_leaves_lists_and_changes_no_more_until_it_is_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let id = new_account(&owner, "Away").await;
    let set = async |who: &Actor, name: &str| change(who, name, json!({ "id": id }), ACCOUNT).await;
    for who in [acme.manager(), acme.sales(), acme.accountant(), acme.client(), acme.viewer()] {
        set(&who, "archiveAccount").await.expect_code("FORBIDDEN");
    }
    set(&world.agency("globex").owner(), "archiveAccount").await.expect_code("NOT_FOUND");
    let archived = set(&acme.admin(), "archiveAccount").await.expect_ok();
    assert_eq!(archived.text("archiveAccount.account.archivedAt"), "2026-03-02T09:00:00Z");
    assert!(!names(&owner, json!({})).await.contains(&"Away".to_owned()));
    assert_eq!(names(&owner, json!({ "archived": true })).await, ["Away"]);
    expect_conflict(update(&owner, &id, json!({ "name": "Changed" })).await, "This account is archived.");
    let contact = json!({ "accountId": id, "givenName": "Mo", "familyName": "Diaz" });
    change(&owner, "createContact", contact, "contact { id }")
        .await
        .expect_field("accountId", "account_archived");
    let project = new_project(&owner, "For them").await;
    let moved = json!({ "id": project, "accountId": id });
    change(&owner, "updateProject", moved, "project { id }")
        .await
        .expect_field("accountId", "account_archived");
    for name in ["archiveAccount", "restoreAccount"] {
        let stale = json!({ "id": id, "expectedVersion": 1 });
        expect_stale(change(&owner, name, stale, ACCOUNT).await, 2);
    }
    set(&owner, "restoreAccount").await.expect_ok();
    update(&owner, &id, json!({ "name": "Back" })).await.expect_ok();
}

// keeps: CR-1
#[tokio::test]
async fn filters_and_orders_of_accounts_do_what_they_say() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let made = json!({
        "name": "Zürich 100%", "legalName": "Handels_AG", "domain": "zuerich.example", "lifecycle": "FORMER",
        "ownerId": person(&acme, "sales").await,
    });
    create(&owner, made).await.expect_ok();
    for text in ["zürich", "ZÜRICH", "100%", "handels_", "ZUERICH.exa"] {
        assert_eq!(names(&owner, json!({ "search": text })).await, ["Zürich 100%"], "{text}");
    }
    assert_eq!(names(&owner, json!({ "search": "%" })).await, ["Zürich 100%"]);
    assert_eq!(names(&owner, json!({ "lifecycle": ["FORMER", "PROSPECT"] })).await, ["Zürich 100%"]);
    let sales = person(&acme, "sales").await;
    let owned = names(&owner, json!({ "ownerId": sales })).await;
    assert_eq!((owned.len(), owned.last().unwrap().as_str()), (2, "Zürich 100%"));
    let one = account(&acme, 1).await;
    assert_eq!(names(&owner, json!({ "ids": [one], "lifecycle": ["CLIENT"] })).await.len(), 1);
    assert_eq!(names(&owner, json!({ "ids": [] })).await, Vec::<String>::new());
    let many = json!({ "filter": { "ids": vec![one.as_str(); 501], "search": "x".repeat(201) } });
    let query = "query($filter: AccountFilter) { accounts(filter: $filter) { totalCount } }";
    assert_eq!(owner.run(query, many).await.expect_code("INVALID").fields().len(), 2);
    for order in ["NAME", "CREATED_AT", "UPDATED_AT"] {
        let list = |direction: &str| {
            format!(
                "{{ accounts(orderBy: {{ field: {order}, direction: {direction} }}) {{ nodes {{ id }} }} }}"
            )
        };
        let up = ask(&owner, &list("ASC")).await.ids("accounts.nodes");
        let mut down = ask(&owner, &list("DESC")).await.ids("accounts.nodes");
        down.reverse();
        assert_eq!((up.len(), &up), (4, &down), "{order}");
    }
}

// keeps: CR-1, CR-2
#[tokio::test]
async fn changes_made_at_once_on_no_version_are_done_one_after_the_other() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), new_account(&acme.owner(), "For everybody").await);
    let contact = json!({ "accountId": id, "givenName": "Mo", "familyName": "Diaz" });
    let contact = change(&owner, "createContact", contact, "contact { id }").await.expect_ok();
    let contact = contact.text("createContact.contact.id");
    let named = ["A", "B", "C"].map(|name| update(&owner, &id, json!({ "name": name })));
    let called = ["A", "B", "C"].map(|name| {
        change(&owner, "updateContact", json!({ "id": contact, "givenName": name }), "contact { version }")
    });
    let (named, called) = tokio::join!(join_all(named), join_all(called));
    let versions = |answers: Vec<Answer>, path: &str| {
        let mut found: Vec<i64> = answers.into_iter().map(|answer| answer.expect_ok().number(path)).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(versions(named, "updateAccount.account.version"), [2, 3, 4]);
    assert_eq!(versions(called, "updateContact.contact.version"), [2, 3, 4]);
}
