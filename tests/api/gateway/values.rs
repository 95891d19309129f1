//! Ids, page sizes and cursors that are wrong, wherever the graph takes them.

use kernel::id::{AccountId, IdGen, ProjectId, UserId};
use serde_json::{Value, json};
use tests::{Actor, World};

use super::wire::{projects, quiet};

/// Queries that take an id of a project, and where an error about it stands.
const PROJECT: &str = "query($id: ID!) { project(id: $id) { id } }";

fn fresh<T: kernel::id::TypedId>(world: &World) -> String {
    IdGen::new(world.clock.clone()).generate::<T>().to_string()
}

#[tokio::test]
async fn id_of_nothing_is_not_found_and_of_another_kind_says_so() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let unknown = fresh::<ProjectId>(&world);
    manager.run(PROJECT, json!({ "id": unknown })).await.expect_code("NOT_FOUND");
    let account = fresh::<AccountId>(&world);
    let other = manager.run(PROJECT, json!({ "id": account })).await.expect_field("id", "id_of_another_kind");
    let message = other.message().unwrap();
    assert!(message.contains("Project") && message.contains("Account"), "{message}");
    assert!(message.contains("prj_") && message.contains("acc_"), "{message}");
    let french = manager.speaking("fr").run(PROJECT, json!({ "id": account })).await;
    assert!(french.message().unwrap().contains("est attendu"), "{french}");
    for literal in [
        format!("{{ project(id: \"{account}\") {{ id }} }}"),
        format!("{{ a: project(id: \"{account}\") {{ id }} }}"),
    ] {
        manager.run(&literal, json!({})).await.expect_field("id", "id_of_another_kind");
    }
}

#[tokio::test]
async fn text_that_is_no_id_is_a_field_error() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let good = fresh::<ProjectId>(&world);
    let long = format!("prj_{}", "0".repeat(10_000));
    let texts = [
        "",
        " ",
        "nonsense",
        "prj_",
        "prj",
        "_",
        "prj_01",
        "prj_00000000000000000000000000 ",
        "PRJ_01h455vb4pex5vsknk084sn02q",
        "prj_01H455VB4PEX5VSKNK084SN02Q",
        "prj_81h455vb4pex5vsknk084sn02q",
        "prj_01h455vb4pex5vsknk084sn02u",
        "prj_01h455vb4pex5vsknk084sn02é",
        "01h455vb4pex5vsknk084sn02q",
        "018f6b2e-7c1a-7d4b-9a51-0123456789ab",
        "prj_01h455vb4pex5vsknk084sn02q' OR 1=1 --",
        "zzz_01h455vb4pex5vsknk084sn02q",
        long.as_str(),
    ];
    for text in texts {
        let answer = manager.run(PROJECT, json!({ "id": text })).await.expect_code("INVALID");
        assert!(answer.fields().contains_key("id"), "{text:?}\n{answer}");
        let node = manager.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": text })).await;
        assert_eq!(node.code(), Some("INVALID"), "{text:?}\n{node}");
    }
    for odd in [json!(7), json!(1e300)] {
        let answer = manager.run(PROJECT, json!({ "id": odd })).await;
        assert!(matches!(answer.code(), Some("INVALID" | "GRAPHQL_VALIDATION_FAILED")), "{answer}");
    }
    manager.run(PROJECT, json!({ "id": good })).await.expect_code("NOT_FOUND");
}

#[tokio::test]
async fn wrong_ids_in_inputs_name_their_fields_and_change_nothing() {
    let world = World::new().await;
    let manager = quiet(&world).await;
    let before = world.snapshot().await;
    let user = fresh::<UserId>(&world);
    let create = "mutation($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }";
    for (field, id) in [("accountId", &user), ("managerId", &fresh::<AccountId>(&world))] {
        let input = json!({ "name": "Somewhere", field: id });
        manager.run(create, json!({ "input": input })).await.expect_field(field, "id_of_another_kind");
    }
    let project = world.agency("acme").ids::<ProjectId>("projects_projects").await.remove(0);
    let task = "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }";
    let input = json!({ "projectId": project, "title": "T", "assigneeIds": [user, "nonsense"] });
    let answer = manager.run(task, json!({ "input": input })).await.expect_code("INVALID");
    assert!(answer.fields().contains_key("assigneeIds.1"), "{answer}");
    let items = json!([{ "id": fresh::<ProjectId>(&world), "title": "T" }]);
    let bulk = "mutation($items: [UpdateTaskInput!]!) { bulkUpdateTasks(input: { items: $items }) { results { ok } } }";
    let answer = manager.run(bulk, json!({ "items": items })).await.expect_code("INVALID");
    assert!(answer.fields().contains_key("items.0.id"), "{answer}");
    let filter = "query($ids: [ID!]) { projects(filter: { ids: $ids }) { nodes { id } } }";
    let answer = manager.run(filter, json!({ "ids": [project, user] })).await.expect_code("INVALID");
    assert!(answer.fields().contains_key("filter.ids.1"), "{answer}");
    assert_eq!(before.changes(&world.snapshot().await), Vec::<String>::new());
}

#[tokio::test]
async fn nodes_are_read_by_ids_up_to_a_hundred() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let (own, foreign) = (
        acme.ids::<ProjectId>("projects_projects").await,
        globex.ids::<ProjectId>("projects_projects").await,
    );
    let owner = acme.owner();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let ids = [&own[0], &foreign[0], &fresh::<ProjectId>(&world), &own[0]];
    let answer = owner.run(query, json!({ "ids": ids })).await.expect_ok();
    let seen: Vec<&Value> = answer.list("nodes").iter().map(|node| &node["id"]).collect();
    assert_eq!(json!(seen), json!([own[0], null, null, own[0]]));
    owner.run(query, json!({ "ids": [] })).await.expect_ok();
    owner.run(query, json!({ "ids": vec![&own[0]; 100] })).await.expect_ok().expect_statements(4);
    owner.run(query, json!({ "ids": vec![&own[0]; 101] })).await.expect_field("ids", "too_many");
    let answer =
        owner.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": foreign[0] })).await.expect_ok();
    assert!(answer.data("node").is_null());
}

/// A page of projects, and one of the tasks of each.
async fn page(who: &Actor, arguments: &str) -> tests::Answer {
    who.run(
        &format!("{{ projects({arguments}) {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}"),
        json!({}),
    )
    .await
}

#[tokio::test]
async fn page_sizes_out_of_range_are_field_errors() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    for (arguments, field) in [
        ("first: -1", "first"),
        ("first: 101", "first"),
        ("first: 2147483647", "first"),
        ("first: -2147483648", "first"),
        ("last: -1", "last"),
        ("last: 101", "last"),
        ("first: 1, last: 1", "last"),
        ("first: 1, before: \"x\"", "before"),
        ("last: 1, after: \"x\"", "last"),
    ] {
        let answer = page(&owner, arguments).await.expect_code("INVALID");
        assert_eq!(answer.fields().keys().collect::<Vec<_>>(), [field], "{arguments}\n{answer}");
        let inner =
            format!("{{ projects(first: 2) {{ nodes {{ tasks({arguments}) {{ nodes {{ id }} }} }} }} }}");
        let answer = owner.run(&inner, json!({})).await.expect_code("INVALID");
        assert!(answer.fields().contains_key(field), "in a list of each row: {arguments}\n{answer}");
    }
    for beyond in
        ["first: 2147483648", "first: 99999999999999999999", "first: 1.5", "first: \"1\"", "first: true"]
    {
        let answer = page(&owner, beyond).await;
        assert!(matches!(answer.code(), Some("INVALID" | "GRAPHQL_VALIDATION_FAILED")), "{beyond}\n{answer}");
    }
    assert_eq!(page(&owner, "first: 0").await.expect_ok().list("projects.nodes").len(), 0);
    assert_eq!(page(&owner, "first: 100").await.expect_ok().list("projects.nodes").len(), 6);
    assert_eq!(page(&owner, "first: null, last: null").await.expect_ok().list("projects.nodes").len(), 6);
}

#[tokio::test]
async fn cursor_of_another_list_or_order_is_refused() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let by_name = "{ projects(first: 2, orderBy: { field: NAME }) { pageInfo { endCursor } } }";
    let cursor = owner.run(by_name, json!({})).await.expect_ok().text("projects.pageInfo.endCursor");
    let of_tasks = "{ tasks(first: 1) { pageInfo { endCursor } } }";
    let of_tasks = owner.run(of_tasks, json!({})).await.expect_ok().text("tasks.pageInfo.endCursor");
    let after = async |order: &str, cursor: &str| {
        let query = format!(
            "query($after: String!) {{ projects(first: 2, after: $after{order}) {{ nodes {{ id }} }} }}"
        );
        owner.run(&query, json!({ "after": cursor })).await
    };
    after(", orderBy: { field: NAME }", &cursor).await.expect_ok();
    for order in [
        ", orderBy: { field: NUMBER }",
        ", orderBy: { field: NAME, direction: DESC }",
        ", orderBy: { field: CREATED_AT }",
    ] {
        after(order, &cursor).await.expect_field("after", "foreign_cursor");
    }
    let long = "A".repeat(20_000);
    let cut = &cursor[..cursor.len() - 1];
    for other in
        ["", "nonsense", "====", "é", "AAAA", "null", cut, &of_tasks, &long, &format!("{cursor}{cursor}")]
    {
        after(", orderBy: { field: NAME }", other).await.expect_field("after", "foreign_cursor");
    }
    let before = "query($before: String!) { projects(last: 2, before: $before, orderBy: { field: NUMBER }) { nodes { id } } }";
    owner.run(before, json!({ "before": cursor })).await.expect_field("before", "foreign_cursor");
}

#[tokio::test]
async fn cursor_of_another_agency_is_a_place_and_leads_to_nothing_of_it() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme").owner(), world.agency("globex").owner());
    let page = "query($after: String) { projects(first: 3, after: $after, orderBy: { field: NAME }) {
      nodes { id name } pageInfo { endCursor hasNextPage } totalCount } }";
    let cursor = acme.run(page, json!({})).await.expect_ok().text("projects.pageInfo.endCursor");
    let own: Vec<String> = world.agency("globex").ids::<ProjectId>("projects_projects").await;
    let answer = globex.run(page, json!({ "after": cursor })).await.expect_ok();
    assert!(answer.ids("projects.nodes").iter().all(|id| own.contains(id)), "{answer}");
    assert_eq!(answer.number("projects.totalCount"), 6);
}

#[tokio::test]
async fn numbers_and_texts_beyond_all_bounds_are_refused_and_nothing_is_written() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let create = "mutation($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }";
    let money = |amount: Value, currency: &str| json!({ "name": "P", "budget": { "amount": amount, "currency": currency } });
    let inputs = [
        json!({ "name": "" }),
        json!({ "name": " \t\u{2003} " }),
        json!({ "name": "x".repeat(100_000) }),
        json!({ "name": "P\u{7}" }),
        json!({ "name": "P", "description": "x".repeat(900_000) }),
        json!({ "name": "P", "tags": vec!["tag"; 10_000] }),
        json!({ "name": "P", "budgetMinutes": -1 }),
        json!({ "name": "P", "budgetMinutes": i64::MAX }),
        json!({ "name": "P", "estimatedEnd": "2026-02-30" }),
        json!({ "name": "P", "estimatedEnd": "99999-01-01" }),
        money(json!(-1), "EUR"),
        money(json!("9223372036854775808"), "EUR"),
        money(json!(1.5), "EUR"),
        money(json!("1"), "XXX_"),
        money(json!("1"), "eurobucks"),
    ];
    for input in inputs {
        let answer = manager.run(create, json!({ "input": input })).await;
        assert!(matches!(answer.code(), Some("INVALID" | "GRAPHQL_VALIDATION_FAILED")), "{answer:.600?}");
    }
    assert_eq!(projects(&world).await, 12);
}
