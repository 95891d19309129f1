//! Baselines: what the plan said once, and by how much it slipped since.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, expect_conflict, expect_stale, new_project, person},
    schedules::{hours, planned, wait},
};

const BASELINE: &str =
    "baseline { id name note asOf finish taskCount version project { id } createdBy { email } }";

const COMPARED: &str = "query($id: ID!) { compareBaseline(id: $id) {
  finishThen finishNow finishSlipMinutes finishSlipDays laterCount earlierCount addedCount removedCount
  slips { taskId kind startSlipMinutes finishSlipMinutes startSlipDays finishSlipDays durationChangeMinutes
    estimateChangeMinutes startThen startNow } } }";

/// Keeps the plan of a project and gives the baseline's id.
async fn keep(who: &Actor, project: &str, name: &str) -> String {
    let input = json!({ "projectId": project, "name": name });
    change(who, "createBaseline", input, BASELINE).await.expect_ok().text("createBaseline.baseline.id")
}

async fn compared(who: &Actor, id: &str) -> Answer {
    who.run(COMPARED, json!({ "id": id })).await
}

/// How a task slipped.
fn slip(answer: &Answer, task: &str) -> Value {
    let slips = answer.list("compareBaseline.slips");
    slips.iter().find(|one| one["taskId"] == task).cloned().unwrap_or_else(|| panic!("no {task}\n{answer}"))
}

// keeps: PR-12, PR-17
#[tokio::test]
async fn schedule_shows_a_baseline_beside_the_plan() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (id, other) = (new_project(&manager, "Shown").await, new_project(&manager, "Other").await);
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let one = planned(&manager, &id, "One", hours(8)).await;
    let query = "query($project: ID!, $baseline: ID) { schedule(projectId: $project, baselineId: $baseline) {
      baselineId bars { id baseline { start finish } dates { earlyStart earlyFinish } } } }";
    let shown = async |who: &Actor, baseline: Value| {
        who.run(query, json!({ "project": id, "baseline": baseline })).await
    };
    let none = shown(&manager, Value::Null).await.expect_ok();
    assert_eq!([none.data("schedule.baselineId"), none.data("schedule.bars.0.baseline")], [&Value::Null; 2]);
    let first = keep(&manager, &id, "First").await;
    let longer = json!({ "id": one, "plan": { "durationMinutes": 960 } });
    change(&manager, "updateTask", longer, "task { id }").await.expect_ok();
    let second = keep(&manager, &id, "Second").await;
    planned(&manager, &id, "Come", json!({})).await;
    let newest = shown(&manager, Value::Null).await.expect_ok();
    assert_eq!(newest.text("schedule.baselineId"), second);
    let bars = newest.list("schedule.bars");
    assert_eq!(bars[0]["baseline"]["finish"], bars[0]["dates"]["earlyFinish"]);
    assert_eq!(bars[1]["baseline"], Value::Null, "it came later");
    let chosen = shown(&manager, json!(first)).await.expect_ok();
    let dates = json!({ "start": "2026-03-09T08:00:00Z", "finish": "2026-03-09T17:00:00Z" });
    assert_eq!(chosen.data("schedule.bars.0.baseline"), &dates);
    assert_eq!(chosen.text("schedule.baselineId"), first);
    let foreign = keep(&manager, &other, "Foreign").await;
    shown(&manager, json!(foreign)).await.expect_code("NOT_FOUND");
    let client = shown(&acme.client(), json!(first)).await;
    assert!(client.code().is_some() || client.data("schedule.baselineId").is_null(), "{client}");
}

// keeps: PR-12
#[tokio::test]
async fn slip_of_each_task_and_of_the_project_is_told() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Slipping").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let one = planned(&manager, &id, "One", hours(8)).await;
    let two = planned(&manager, &id, "Two", hours(8)).await;
    let gone = planned(&manager, &id, "Gone", json!({ "estimateMinutes": 60 })).await;
    wait(&manager, &id, &one, &two, json!({})).await;
    let kept = keep(&manager, &id, "As agreed").await;
    let same = compared(&manager, &kept).await.expect_ok();
    assert_eq!(same.number("compareBaseline.finishSlipMinutes"), 0);
    assert!(same.list("compareBaseline.slips").iter().all(|slip| slip["kind"] == "KEPT"), "{same}");
    let longer = json!({ "id": one, "estimateMinutes": 900, "plan": { "durationMinutes": 900 } });
    change(&manager, "updateTask", longer, "task { id }").await.expect_ok();
    change(&manager, "archiveTask", json!({ "id": gone }), "task { id }").await.expect_ok();
    let come = planned(&manager, &id, "Come", json!({})).await;
    let told = compared(&manager, &kept).await.expect_ok();
    let first = slip(&told, &one);
    assert_eq!([&first["kind"], &first["startSlipMinutes"]], [&json!("LATER"), &json!(0)]);
    assert_eq!([&first["finishSlipMinutes"], &first["finishSlipDays"]], [&json!(420), &json!(1)]);
    assert_eq!(
        [&first["durationChangeMinutes"], &first["estimateChangeMinutes"]],
        [&json!(420), &Value::Null]
    );
    let second = slip(&told, &two);
    assert_eq!([&second["startSlipMinutes"], &second["startSlipDays"]], [&json!(420), &json!(0)]);
    assert_eq!(second["finishSlipDays"], 1);
    assert_eq!(
        [&slip(&told, &gone)["kind"], &slip(&told, &gone)["startNow"]],
        [&json!("REMOVED"), &Value::Null]
    );
    assert_eq!(
        [&slip(&told, &come)["kind"], &slip(&told, &come)["startThen"]],
        [&json!("ADDED"), &Value::Null]
    );
    let counts = ["later", "earlier", "added", "removed"]
        .map(|name| told.number(&format!("compareBaseline.{name}Count")));
    assert_eq!(counts, [2, 0, 1, 1]);
    assert_eq!(told.number("compareBaseline.finishSlipMinutes"), 420);
    assert_eq!(told.number("compareBaseline.finishSlipDays"), 1);
    let sooner = json!({ "id": one, "plan": { "durationMinutes": 60 } });
    change(&manager, "updateTask", sooner, "task { id }").await.expect_ok();
    let told = compared(&manager, &kept).await.expect_ok();
    assert_eq!(told.number("compareBaseline.finishSlipMinutes"), -420);
    let query = "query($id: ID!) { baseline(id: $id) { name finish taskCount items { taskId title durationMinutes } } }";
    let read = manager.run(query, json!({ "id": kept })).await.expect_ok();
    assert_eq!(read.number("baseline.taskCount"), 3);
    assert_eq!(read.list("baseline.items")[0]["durationMinutes"], 480, "it stays as it was");
}

// keeps: PR-12
#[tokio::test]
async fn baselines_are_named_noted_listed_and_removed() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Kept").await;
    let first = keep(&manager, &id, "First").await;
    world.clock.advance(std::time::Duration::from_secs(60));
    let second = keep(&manager, &id, "Second").await;
    let list =
        "query($id: ID!) { baselines(projectId: $id, first: 10) { nodes { id name createdBy { email } } } }";
    let listed = manager.run(list, json!({ "id": id })).await.expect_ok();
    assert_eq!(listed.ids("baselines.nodes"), [second.clone(), first.clone()]);
    assert_eq!(listed.list("baselines.nodes")[0]["createdBy"]["email"], manager.email());
    let again = json!({ "projectId": id, "name": "First" });
    let taken = change(&manager, "createBaseline", again, BASELINE).await;
    expect_conflict(taken, "A baseline of this project has this name");
    let blank = json!({ "projectId": id, "name": " " });
    change(&manager, "createBaseline", blank, BASELINE).await.expect_field("name", "required");
    let input = json!({ "id": first, "name": "Renamed", "note": "*Why*", "expectedVersion": 1 });
    let changed = change(&manager, "updateBaseline", input.clone(), BASELINE).await.expect_ok();
    assert_eq!(changed.text("updateBaseline.baseline.note"), "*Why*");
    expect_stale(change(&manager, "updateBaseline", input, BASELINE).await, 2);
    change(&manager, "deleteBaseline", json!({ "id": first }), "id").await.expect_ok();
    change(&manager, "deleteBaseline", json!({ "id": first }), "id").await.expect_code("NOT_FOUND");
    for who in [acme.viewer(), acme.developer()] {
        let input = json!({ "projectId": id, "name": "No" });
        change(&who, "createBaseline", input, BASELINE).await.expect_code("FORBIDDEN");
    }
    let read = "query($id: ID!) { baseline(id: $id) { name } }";
    acme.client().run(read, json!({ "id": second })).await.expect_code("FORBIDDEN");
    world.agency("globex").owner().run(read, json!({ "id": second })).await.expect_code("NOT_FOUND");
    compared(&world.agency("globex").owner(), &second).await.expect_code("NOT_FOUND");
}

// keeps: PR-12
#[tokio::test]
async fn project_has_at_most_twenty_baselines_also_with_two_at_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let id = new_project(&owner, "Many").await;
    for number in 0..19 {
        keep(&owner, &id, &format!("Number {number}")).await;
    }
    let names = ["Last", "One too many"];
    let both =
        join_all(names.map(|name| {
            change(&owner, "createBaseline", json!({ "projectId": id, "name": name }), BASELINE)
        }));
    let codes: Vec<Option<String>> =
        both.await.iter().map(|answer| answer.code().map(ToOwned::to_owned)).collect();
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 1, "{codes:?}");
    assert!(codes.contains(&Some("CONFLICT".to_owned())), "{codes:?}");
}

// keeps: PR-12
#[tokio::test]
async fn what_several_baselines_say_is_read_together_and_in_pages() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Paged").await;
    for title in ["One", "Two", "Three"] {
        planned(&manager, &id, title, hours(8)).await;
    }
    let first = keep(&manager, &id, "First").await;
    let list = "query($id: ID!, $first: Int!) { baselines(projectId: $id, first: $first) { nodes {
      name all: items { title } page: items(skip: 1, first: 1) { title } end: items(skip: 3) { title } } } }";
    let ask = async |first: i32| manager.run(list, json!({ "id": id, "first": first })).await.expect_ok();
    ask(1).await;
    let one = ask(1).await;
    for number in 2..=12 {
        keep(&manager, &id, &format!("Number {number}")).await;
    }
    let twelve = ask(12).await;
    assert_eq!(twelve.statements, one.statements);
    assert_eq!(twelve.list("baselines.nodes").len(), 12);
    for node in twelve.list("baselines.nodes") {
        let titles = |of: &str| {
            let titles = node[of].as_array().unwrap().iter().map(|item| item["title"].clone());
            titles.collect::<Vec<_>>()
        };
        assert_eq!(titles("all"), [json!("One"), json!("Two"), json!("Three")], "{node}");
        assert_eq!((titles("page"), titles("end")), (vec![json!("Two")], Vec::new()), "{node}");
    }
    let page = "query($id: ID!, $first: Int!, $skip: Int!) {
      baseline(id: $id) { items(first: $first, skip: $skip) { number } } }";
    for (number, skip, path, code) in [
        (1, -1, "skip", "out_of_range"),
        (1, 10_001, "skip", "out_of_range"),
        (0, 0, "first", "page_too_long"),
    ] {
        let asked = json!({ "id": first, "first": number, "skip": skip });
        manager.run(page, asked).await.expect_field(path, code);
    }
}

// keeps: PR-12
#[tokio::test]
async fn slips_are_counted_without_holidays_and_leave_of_the_time_gone_by() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), acme.developer());
    let id = new_project(&manager, "Away").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let mut more = hours(8);
    more["assigneeIds"] = json!([person(&acme, "dev").await]);
    let task = planned(&manager, &id, "Theirs", more).await;
    let kept = keep(&manager, &id, "Before").await;
    let leave = json!({ "kind": "UNPAID", "from": "2026-03-10", "to": "2026-05-08" });
    let asked = change(&dev, "requestLeave", leave, "leave { id }").await.expect_ok();
    let leave = asked.text("requestLeave.leave.id");
    change(&manager, "approveLeave", json!({ "id": leave }), "leave { id }").await.expect_ok();
    let later = json!({ "id": id, "estimatedStart": "2026-05-11" });
    change(&manager, "updateProject", later, "project { id }").await.expect_ok();
    let before = slip(&compared(&manager, &kept).await.expect_ok(), &task);
    assert_eq!([&before["startSlipMinutes"], &before["startSlipDays"]], [&json!(480), &json!(1)], "{before}");
    // Reason: on May 22 the leave lies before everything that is planned for today and later.
    world.clock.advance(Duration::from_secs(81 * 24 * 3_600));
    // Reason: sessions do not last that long.
    let after = slip(&compared(&manager.elsewhere(), &kept).await.expect_ok(), &task);
    let start: chrono::DateTime<chrono::Utc> = after["startNow"].as_str().unwrap().parse().unwrap();
    assert!(start > world.clock.now() - chrono::TimeDelta::minutes(1), "{after}");
    assert_eq!(after["startSlipDays"], 10, "{after}");
}
