//! Lists of tasks: across projects, of a project, of a person; what each filter leaves, and in which order.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{ask, change, column, me, new_project, new_task, person, project, texts};

const LIST: &str = "query($filter: TaskFilter, $order: TaskOrder, $first: Int, $after: String) {
  tasks(filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount pageInfo { endCursor }
    nodes {
      id number title status priority startOn dueOn rank blockedReason createdAt updatedAt
      project { id } column { id } assignees { id } reporter { id }
    }
  }
}";

async fn list(who: &Actor, variables: Value) -> Answer {
    who.run(LIST, variables).await
}

async fn found(who: &Actor, filter: Value) -> Vec<String> {
    let variables = json!({ "filter": filter, "order": { "field": "CREATED_AT" }, "first": 100 });
    let answer = list(who, variables).await.expect_ok();
    let ids = answer.ids("tasks.nodes");
    assert_eq!(answer.number("tasks.totalCount"), i64::try_from(ids.len()).unwrap(), "{answer}");
    ids
}

async fn expected(who: &Actor, holds: impl Fn(&Value) -> bool) -> Vec<String> {
    let answer = list(who, json!({ "order": { "field": "CREATED_AT" }, "first": 100 })).await.expect_ok();
    let left = answer.list("tasks.nodes").iter().filter(|node| holds(node));
    left.map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

// keeps: PR-8
#[tokio::test]
async fn each_filter_of_tasks_leaves_exactly_what_meets_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let blocked = new_task(&owner, &id, "Blocked").await;
    change(&owner, "updateTask", json!({ "id": blocked, "blockedReason": "No key" }), "task { id }")
        .await
        .expect_ok();
    let (developer, manager) = (person(&acme, "dev").await, person(&acme, "pm").await);
    let (doing, done) = (column(&owner, &id, "In progress").await, column(&owner, &id, "Done").await);
    let has = |node: &Value, people: &[&String]| {
        node["assignees"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| people.iter().any(|person| one["id"] == person.as_str()))
    };
    let left = expected(&owner, |node| node["project"]["id"] == id.as_str()).await;
    assert!(left.len() > 1);
    assert_eq!(found(&owner, json!({ "projectId": id })).await, left);
    let left = expected(&owner, |node| node["status"] == "DONE" || node["status"] == "TODO").await;
    assert_eq!(found(&owner, json!({ "status": ["DONE", "TODO"] })).await, left);
    let left = expected(&owner, |node| {
        node["column"]["id"] == doing.as_str() || node["column"]["id"] == done.as_str()
    })
    .await;
    assert_eq!(found(&owner, json!({ "columnIds": [doing, done] })).await, left);
    let left = expected(&owner, |node| node["priority"] == "HIGH" || node["priority"] == "LOW").await;
    assert_eq!(found(&owner, json!({ "priority": ["HIGH", "LOW"] })).await, left);
    let left = expected(&owner, |node| has(node, &[&developer, &manager])).await;
    assert!(!left.is_empty());
    assert_eq!(found(&owner, json!({ "assigneeIds": [developer, manager] })).await, left);
    let left = expected(&owner, |node| node["reporter"]["id"] == manager.as_str()).await;
    assert_eq!(found(&owner, json!({ "reporterId": manager })).await, left);
    let left = expected(&owner, |node| !node["blockedReason"].is_null()).await;
    assert!(left.contains(&blocked));
    assert_eq!(found(&owner, json!({ "blocked": true })).await, left);
    let left = expected(&owner, |node| node["blockedReason"].is_null()).await;
    assert_eq!(found(&owner, json!({ "blocked": false })).await, left);
    let left = expected(&owner, |node| {
        node["project"]["id"] == id.as_str() && has(node, &[&developer]) && node["status"] == "DONE"
    })
    .await;
    assert_eq!(
        found(&owner, json!({ "projectId": id, "assigneeIds": [developer], "status": ["DONE"] })).await,
        left
    );
    assert_eq!(found(&owner, json!({ "ids": [blocked], "search": "BLOCK" })).await, [blocked]);
}

// keeps: PR-8
#[tokio::test]
async fn ranges_of_dates_have_their_first_day_and_not_their_last() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), new_project(&acme.owner(), "Dates").await);
    let mut tasks = Vec::new();
    for due in [json!("2028-02-28"), json!("2028-02-29"), json!("2028-03-01"), Value::Null] {
        let input = json!({ "projectId": id, "title": "Due", "dueOn": due, "startOn": due });
        tasks.push(
            change(&owner, "createTask", input, "task { id }").await.expect_ok().text("createTask.task.id"),
        );
    }
    for name in ["dueOn", "startOn"] {
        for (range, left) in [
            (json!({ "gte": "2028-02-29" }), &tasks[1..3]),
            (json!({ "lt": "2028-02-29" }), &tasks[..1]),
            (json!({ "gte": "2028-02-28", "lt": "2028-03-01" }), &tasks[..2]),
            (json!({ "gte": "2028-03-01", "lt": "2028-02-28" }), &tasks[..0]),
        ] {
            let mut filter = json!({ "projectId": id });
            filter[name] = range.clone();
            assert_eq!(found(&owner, filter).await, left, "{name} {range}");
        }
    }
}

// keeps: PR-8
#[tokio::test]
async fn my_work_is_what_i_do_and_what_is_due_first_comes_first() {
    let world = World::new().await;
    let acme = world.agency("acme");
    for who in [acme.developer(), acme.manager(), acme.owner()] {
        let own = me(&who).await;
        let mine = list(&who, json!({ "filter": { "assignedToMe": true }, "first": 100 })).await.expect_ok();
        let nodes = mine.list("tasks.nodes");
        let theirs = nodes
            .iter()
            .all(|node| node["assignees"].as_array().unwrap().iter().any(|one| one["id"] == own.as_str()));
        assert!(theirs, "{mine}");
        let due: Vec<&str> = nodes.iter().filter_map(|node| node["dueOn"].as_str()).collect();
        let mut sorted = due.clone();
        sorted.sort_unstable();
        assert_eq!(due, sorted, "{mine}");
        assert!(
            nodes.iter().skip(due.len()).all(|node| node["dueOn"].is_null()),
            "what is never due comes last"
        );
        let all = list(&who, json!({ "filter": { "assignedToMe": false } })).await.expect_ok();
        assert!(all.number("tasks.totalCount") > mine.number("tasks.totalCount"));
        let bridge = "query($id: ID!) { user(id: $id) { tasks(first: 100) { nodes { id } } } }";
        let bridge = who.run(bridge, json!({ "id": own })).await.expect_ok();
        assert_eq!(bridge.ids("user.tasks.nodes"), mine.ids("tasks.nodes"));
    }
    let none =
        ask(&acme.client(), "{ tasks(filter: { assignedToMe: true }) { totalCount } }").await.expect_ok();
    assert_eq!(none.number("tasks.totalCount"), 0);
}

// keeps: PR-8
#[tokio::test]
async fn tasks_are_in_the_order_that_was_asked_for() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    for (field, name) in [
        ("RANK", "rank"),
        ("TITLE", "title"),
        ("START_ON", "startOn"),
        ("DUE_ON", "dueOn"),
        ("CREATED_AT", "createdAt"),
        ("UPDATED_AT", "updatedAt"),
        ("NUMBER", "number"),
    ] {
        for (direction, turned) in [("ASC", false), ("DESC", true)] {
            let order = json!({ "field": field, "direction": direction });
            let answer = list(&owner, json!({ "order": order, "first": 100 })).await.expect_ok();
            let nodes = answer.list("tasks.nodes");
            let known: Vec<&Value> = nodes.iter().filter(|node| !node[name].is_null()).collect();
            let key = |node: &&Value| {
                let value = node[name]
                    .as_i64()
                    .map_or_else(|| node[name].as_str().unwrap().to_owned(), |n| format!("{n:09}"));
                (value, node["id"].as_str().unwrap().to_owned())
            };
            let mut sorted = known.clone();
            sorted.sort_by_key(key);
            if turned {
                sorted.reverse();
            }
            assert_eq!(known, sorted, "{field} {direction}");
            assert!(nodes.iter().skip(known.len()).all(|node| node[name].is_null()), "{field} {direction}");
        }
    }
}

// keeps: PR-8
#[tokio::test]
async fn filter_or_page_of_tasks_that_is_too_much_is_refused() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let task = new_task(&owner, &id, "One").await;
    for (filter, path, code) in [
        (json!({ "ids": vec![task.as_str(); 501] }), "filter.ids", "too_many"),
        (json!({ "assigneeIds": vec![me(&owner).await; 501] }), "filter.assigneeIds", "too_many"),
        (json!({ "search": "x".repeat(201) }), "filter.search", "too_long"),
        (json!({ "dueOn": { "lt": "29.02.2028" } }), "filter.dueOn.lt", "bad_date"),
        (json!({ "projectId": task }), "filter.projectId", "id_of_another_kind"),
    ] {
        list(&owner, json!({ "filter": filter })).await.expect_field(path, code);
    }
    let nested = "query($id: ID!) { project(id: $id) { code tasks(first: 101) { totalCount } } }";
    let nested = owner.run(nested, json!({ "id": id })).await.expect_field("first", "page_size");
    assert_eq!(nested.text("project.code"), "ACME-1", "the rest of the project is there\n{nested}");
    let cursor = list(&owner, json!({ "first": 1 })).await.text("tasks.pageInfo.endCursor");
    let turned = json!({ "first": 1, "after": cursor, "order": { "field": "DUE_ON", "direction": "DESC" } });
    list(&owner, turned).await.expect_field("after", "foreign_cursor");
}

// keeps: PR-8
#[tokio::test]
async fn search_of_tasks_takes_wildcards_for_what_they_are() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), new_project(&acme.owner(), "Words").await);
    for title in ["Élan 100%", "elan 1000", "under_score"] {
        new_task(&owner, &id, title).await;
    }
    let search = async |text: &str| {
        let variables =
            json!({ "filter": { "projectId": id, "search": text }, "order": { "field": "NUMBER" } });
        texts(&list(&owner, variables).await.expect_ok(), "tasks.nodes", "title")
    };
    assert_eq!(search("élan").await, ["Élan 100%"]);
    assert_eq!(search("0%").await, ["Élan 100%"]);
    assert_eq!(search("ELAN").await, ["elan 1000"]);
    assert_eq!(search("r_s").await, ["under_score"]);
    assert_eq!(search("_").await, ["under_score"]);
}
