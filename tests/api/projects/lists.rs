//! Lists of projects: what each filter leaves, how they are ordered, and what is too much to ask.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{account, change, new_project, person, project, texts};

const LIST: &str = "query($filter: ProjectFilter, $order: ProjectOrder, $first: Int, $last: Int, $after: String,
    $before: String) {
  projects(filter: $filter, orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor }
    nodes { id code name status priority tags expectedDelivery createdAt updatedAt account { id } manager { id } }
  }
}";

/// Statuses as a project meets them.
const COURSE: [&str; 7] =
    ["INTAKE", "PLANNING", "IN_PROGRESS", "REVIEW", "ON_HOLD", "COMPLETED", "CANCELLED"];

async fn list(who: &Actor, variables: Value) -> Answer {
    who.run(LIST, variables).await
}

/// Codes that a filter leaves, in the order of numbers.
async fn found(who: &Actor, filter: Value) -> Vec<String> {
    let variables = json!({ "filter": filter, "order": { "field": "NUMBER" }, "first": 100 });
    let answer = list(who, variables).await.expect_ok();
    let codes = texts(&answer, "projects.nodes", "code");
    assert_eq!(answer.number("projects.totalCount"), i64::try_from(codes.len()).unwrap(), "{answer}");
    codes
}

/// Codes of the projects for which this holds, by the same list without a filter.
async fn expected(who: &Actor, holds: impl Fn(&Value) -> bool) -> Vec<String> {
    let answer = list(who, json!({ "order": { "field": "NUMBER" }, "first": 100 })).await.expect_ok();
    let left = answer.list("projects.nodes").iter().filter(|node| holds(node));
    left.map(|node| node["code"].as_str().unwrap().to_owned()).collect()
}

/// Some projects beside the seeded ones, so that every filter leaves some and drops some.
async fn furnish(owner: &Actor) {
    for (name, tags, priority, delivery) in [
        ("Été à Nîmes", json!(["été", "Web"]), "URGENT", json!("2028-02-29")),
        ("100% of_it", json!(["web"]), "LOW", json!("2028-03-01")),
        ("1000 of it", json!([]), "HIGH", Value::Null),
        ("back\\slash", json!(["Web", "a,b\"c"]), "NORMAL", json!("2028-02-28")),
    ] {
        let input = json!({ "name": name, "tags": tags, "priority": priority, "expectedDelivery": delivery });
        change(owner, "createProject", input, "project { id }").await.expect_ok();
    }
}

// keeps: PR-1
#[tokio::test]
async fn each_filter_leaves_exactly_what_meets_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    furnish(&owner).await;
    let (account, manager) = (account(&acme, 1).await, person(&acme, "pm").await);
    let is = |node: &Value, path: &str, values: &[&str]| values.iter().any(|value| node[path] == *value);
    let statuses = ["REVIEW", "INTAKE"];
    let left = expected(&owner, |node| is(node, "status", &statuses)).await;
    assert_eq!(found(&owner, json!({ "status": statuses })).await, left);
    let left = expected(&owner, |node| is(node, "priority", &["LOW", "HIGH"])).await;
    assert_eq!(found(&owner, json!({ "priority": ["LOW", "HIGH"] })).await, left);
    let left = expected(&owner, |node| node["account"]["id"] == account.as_str()).await;
    assert_eq!(left, ["ACME-1", "ACME-2"]);
    assert_eq!(found(&owner, json!({ "accountId": account })).await, left);
    let left = expected(&owner, |node| node["manager"]["id"] == manager.as_str()).await;
    assert_eq!(left, ["ACME-1", "ACME-3"]);
    assert_eq!(found(&owner, json!({ "managerId": manager })).await, left);
    let tagged = |node: &Value, tag: &str| node["tags"].as_array().unwrap().contains(&json!(tag));
    for tags in [&["Web"][..], &["web"], &["été", "web"], &["a,b\"c"], &["We"], &["%"]] {
        let left = expected(&owner, |node| tags.iter().any(|tag| tagged(node, tag))).await;
        assert_eq!(found(&owner, json!({ "tags": tags })).await, left, "{tags:?}");
    }
    let ids = [project(&acme, 2).await, project(&acme, 5).await];
    assert_eq!(found(&owner, json!({ "ids": ids })).await, ["ACME-2", "ACME-5"]);
}

// keeps: PR-1
#[tokio::test]
async fn range_has_its_first_day_and_not_its_last_and_nothing_without_a_date() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    furnish(&owner).await;
    let range = async |range: Value| found(&owner, json!({ "expectedDelivery": range, "search": "" })).await;
    assert_eq!(range(json!({ "gte": "2028-02-28", "lt": "2028-03-01" })).await, ["ACME-7", "ACME-10"]);
    assert_eq!(range(json!({ "gte": "2028-02-29", "lt": "2028-02-29" })).await, Vec::<String>::new());
    assert_eq!(range(json!({ "gte": "2028-02-29" })).await, ["ACME-7", "ACME-8"]);
    assert_eq!(range(json!({ "lt": "2028-02-29" })).await.last().unwrap(), "ACME-10");
    assert_eq!(range(json!({})).await.len(), 10, "a range without ends leaves everything");
    let made = json!({ "createdAt": { "gte": "2026-03-02T10:00:00+01:00", "lt": "2026-03-02T09:00:01Z" } });
    assert_eq!(found(&owner, made).await, ["ACME-7", "ACME-8", "ACME-9", "ACME-10"]);
    let answer = list(&owner, json!({ "filter": { "expectedDelivery": { "gte": "2027-02-29" } } })).await;
    answer.expect_field("filter.expectedDelivery.gte", "bad_date");
}

// keeps: PR-1
#[tokio::test]
async fn search_finds_words_in_any_case_and_takes_wildcards_for_what_they_are() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    furnish(&owner).await;
    let search = async |text: &str| found(&owner, json!({ "search": text })).await;
    for text in ["été", "Été", "ÉTÉ", "NÎMES", "  nîmes  ", "été à n"] {
        assert_eq!(search(text).await, ["ACME-7"], "{text}");
    }
    assert_eq!(search("100%").await, ["ACME-8"]);
    assert_eq!(search("of_it").await, ["ACME-8"]);
    assert_eq!(search("OF IT").await, ["ACME-9"]);
    assert_eq!(search("k\\s").await, ["ACME-10"]);
    assert_eq!(search("acme-1").await.first().unwrap(), "ACME-1", "codes are found too");
    assert_eq!(search("nothing is called so").await, Vec::<String>::new());
    assert_eq!(search("' OR 1=1 --").await, Vec::<String>::new());
    assert_eq!(search("   ").await.len(), 10, "a blank asks for nothing");
}

// keeps: PR-1
#[tokio::test]
async fn conditions_must_all_hold_and_of_alternatives_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    furnish(&owner).await;
    let both = json!({ "tags": ["Web"], "priority": ["URGENT", "LOW"] });
    assert_eq!(found(&owner, both).await, ["ACME-7"]);
    let new = json!({ "gte": "2026-03-02T09:00:00Z" });
    let alternatives = json!([{ "search": "été" }, { "priority": ["LOW"], "tags": ["web"] }]);
    let either = json!({ "createdAt": new, "or": alternatives });
    assert_eq!(found(&owner, either).await, ["ACME-7", "ACME-8"]);
    let inner = json!({ "createdAt": new, "or": [{ "or": [{ "search": "of" }] }] });
    assert_eq!(found(&owner, inner).await, ["ACME-8", "ACME-9"]);
    for empty in [json!({ "ids": [] }), json!({ "status": [] }), json!({ "tags": [] }), json!({ "or": [] })] {
        assert_eq!(found(&owner, empty.clone()).await, Vec::<String>::new(), "one of none: {empty}");
    }
    let seen = json!({ "or": [{ "status": ["REVIEW", "INTAKE"] }, { "search": "acme-" }] });
    assert_eq!(found(&acme.manager(), seen).await, ["ACME-1", "ACME-3"], "alternatives open nothing");
}

// keeps: PR-1
#[tokio::test]
async fn filter_that_is_too_much_is_refused_with_its_place() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = project(&world.agency("acme"), 1).await;
    let deep = json!({ "or": [{ "or": [{ "or": [{}] }] }] });
    let many = json!({ "or": vec![json!({}); 11] });
    for (filter, path, code) in [
        (json!({ "ids": vec![id.as_str(); 501] }), "filter.ids", "too_many"),
        (json!({ "tags": vec!["tag"; 501] }), "filter.tags", "too_many"),
        (json!({ "search": "x".repeat(201) }), "filter.search", "too_long"),
        (deep, "filter.or.0.or.0.or", "too_deep"),
        (many, "filter.or", "too_many"),
        (json!({ "or": [{}, { "search": "x".repeat(201) }] }), "filter.or.1.search", "too_long"),
    ] {
        list(&owner, json!({ "filter": filter })).await.expect_field(path, code);
    }
    let most = json!({ "ids": vec![id.as_str(); 500], "search": "x".repeat(200) });
    assert_eq!(found(&owner, most).await, Vec::<String>::new());
    list(&owner, json!({ "filter": { "search": "bell\u{7}" } })).await.expect_ok();
}

// keeps: PR-1
#[tokio::test]
async fn list_is_in_the_order_that_was_asked_for() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    furnish(&owner).await;
    for (field, name) in [
        ("NAME", "name"),
        ("STATUS", "status"),
        ("PRIORITY", "priority"),
        ("EXPECTED_DELIVERY", "expectedDelivery"),
        ("CREATED_AT", "createdAt"),
        ("UPDATED_AT", "updatedAt"),
    ] {
        for (direction, turned) in [("ASC", false), ("DESC", true)] {
            let order = json!({ "field": field, "direction": direction });
            let answer = list(&owner, json!({ "order": order })).await.expect_ok();
            let nodes = answer.list("projects.nodes");
            let (dated, undated): (Vec<&Value>, Vec<&Value>) =
                nodes.iter().partition(|node| !node[name].is_null());
            let mut sorted = dated.clone();
            let place = |word: &str| match name {
                "status" => COURSE.iter().position(|known| *known == word),
                "priority" => ["LOW", "NORMAL", "HIGH", "URGENT"].iter().position(|known| *known == word),
                _ => None,
            };
            let key = |node: &&Value| {
                let value = node[name].as_str().unwrap();
                (place(value), value.to_owned(), node["id"].to_string())
            };
            sorted.sort_by_key(key);
            if turned {
                sorted.reverse();
            }
            assert_eq!(dated, sorted, "{field} {direction}");
            let end: Vec<&Value> = nodes.iter().skip(dated.len()).collect();
            assert_eq!(end, undated, "{field} {direction}: what has none comes last");
        }
    }
    let numbers = list(&owner, json!({ "order": { "field": "NUMBER", "direction": "DESC" } })).await;
    let expected: Vec<String> = (1..=10).rev().map(|number| format!("ACME-{number}")).collect();
    assert_eq!(texts(&numbers, "projects.nodes", "code"), expected, "ten comes after nine");
}

// keeps: PR-1
#[tokio::test]
async fn page_that_cannot_be_is_refused_with_its_argument() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let page = list(&owner, json!({ "first": 2, "order": { "field": "NAME" } })).await.expect_ok();
    let cursor = page.text("projects.pageInfo.endCursor");
    let accounts = owner.run("{ accounts(first: 1) { pageInfo { endCursor } } }", json!({})).await;
    let foreign = accounts.text("accounts.pageInfo.endCursor");
    for (variables, path, code) in [
        (json!({ "first": -1 }), "first", "page_size"),
        (json!({ "first": 101 }), "first", "page_size"),
        (json!({ "last": 101 }), "last", "page_size"),
        (json!({ "last": -1 }), "last", "page_size"),
        (json!({ "first": 1, "last": 1 }), "last", "both_ends"),
        (json!({ "after": cursor, "before": cursor }), "before", "both_ends"),
        (json!({ "after": "nonsense" }), "after", "foreign_cursor"),
        (json!({ "before": "" }), "before", "foreign_cursor"),
        (json!({ "after": foreign }), "after", "foreign_cursor"),
        (json!({ "after": cursor, "order": { "field": "NUMBER" } }), "after", "foreign_cursor"),
        (
            json!({ "after": cursor, "order": { "field": "NAME", "direction": "DESC" } }),
            "after",
            "foreign_cursor",
        ),
    ] {
        list(&owner, variables).await.expect_field(path, code);
    }
    let none = list(&owner, json!({ "first": 0 })).await.expect_ok();
    assert_eq!((none.list("projects.nodes").len(), none.number("projects.totalCount")), (0, 6));
    assert!(none.data("projects.pageInfo.endCursor").is_null());
    let stolen =
        list(&world.agency("globex").owner(), json!({ "first": 100, "after": cursor })).await.expect_ok();
    let strangers = texts(&stolen, "projects.nodes", "code");
    assert!(strangers.iter().all(|code| code.starts_with("GLOBEX")), "{strangers:?}");
}

// keeps: PR-1
#[tokio::test]
async fn list_costs_the_same_statements_however_long_it_is() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    list(&owner, json!({ "first": 3 })).await.expect_ok();
    let short = list(&owner, json!({ "first": 3 })).await.expect_ok().statements.unwrap();
    for number in 0..10 {
        new_project(&owner, &format!("Another {number}")).await;
    }
    let long = list(&owner, json!({ "first": 100 })).await.expect_ok();
    assert_eq!(long.list("projects.nodes").len(), 16);
    long.expect_statements(short.min(4));
}
