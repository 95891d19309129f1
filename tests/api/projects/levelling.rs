//! Levelling: nobody is needed at two places at once, each move says why, and it is applied as one act.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, me, new_project, project, read_task},
    schedules::{planned, wait},
};

const PREVIEW: &str =
    "query($id: ID!, $within: Boolean! = false) { previewLevelling(projectId: $id, withinFloat: $within) {
  token finishBefore finish overloadCount overloads { userId item { taskId } from to message }
  moves { earlyStart start byMinutes userId rivalCount rivals { item { taskId } rule }
    task { taskId toStartOn toDueOn reason message drivenBy { taskId } } } } }";

async fn preview(who: &Actor, project: &str) -> Answer {
    who.run(PREVIEW, json!({ "id": project })).await
}

/// A task of a day for one person.
fn of(person: &str, priority: &str) -> Value {
    json!({ "assigneeIds": [person], "priority": priority, "plan": { "durationMinutes": 480 } })
}

/// Three tasks of one person at once from Monday, March 9 on; another waits for the last of them.
async fn crowded(who: &Actor) -> (String, [String; 4]) {
    let (id, person) = (new_project(who, "Crowded").await, me(who).await);
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(who, "updateProject", start, "project { id }").await.expect_ok();
    let low = planned(who, &id, "Low", of(&person, "LOW")).await;
    let high = planned(who, &id, "High", of(&person, "HIGH")).await;
    let driving = planned(who, &id, "Driving", of(&person, "LOW")).await;
    let after = planned(who, &id, "After", json!({ "plan": { "durationMinutes": 480 } })).await;
    wait(who, &id, &driving, &after, json!({})).await;
    (id, [low, high, driving, after])
}

// keeps: PR-13
#[tokio::test]
async fn least_float_goes_first_then_priority_and_each_move_says_so() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, [low, high, driving, after]) = crowded(&manager).await;
    let before = world.snapshot().await;
    let told = preview(&manager, &id).await.expect_ok();
    let moves = told.list("previewLevelling.moves");
    let of = |task: &str| moves.iter().find(|one| one["task"]["taskId"] == task).cloned();
    assert!(of(&driving).is_none() && of(&after).is_none(), "what drives the finish stays\n{told}");
    let (second, third) = (of(&high).unwrap(), of(&low).unwrap());
    assert_eq!(
        [&second["task"]["toStartOn"], &third["task"]["toStartOn"]],
        [&json!("2026-03-10"), &json!("2026-03-11")]
    );
    assert_eq!(second["rivals"], json!([{ "item": { "taskId": driving }, "rule": "FLOAT" }]));
    assert_eq!(third["rivals"], json!([{ "item": { "taskId": high }, "rule": "PRIORITY" }]));
    assert_eq!([&second["byMinutes"], &second["task"]["reason"]], [&json!(480), &json!("BUSY")]);
    assert_eq!([&second["rivalCount"], told.data("previewLevelling.overloadCount")], [&json!(1), &json!(0)]);
    assert_eq!(second["userId"], me(&manager).await.as_str());
    let message = second["task"]["message"].as_str().unwrap();
    assert!(message.contains("#3 Driving (it has less float)"), "{message}");
    assert_eq!(told.text("previewLevelling.finishBefore"), "2026-03-10T17:00:00Z");
    assert_eq!(told.text("previewLevelling.finish"), "2026-03-11T17:00:00Z");
    assert!(told.list("previewLevelling.overloads").is_empty());
    assert_eq!(preview(&manager, &id).await.expect_ok().body["data"], told.body["data"]);
    assert_eq!(before.changes(&world.snapshot().await), [""; 0]);
    let within = manager.run(PREVIEW, json!({ "id": id, "within": true })).await.expect_ok();
    assert_eq!(within.text("previewLevelling.finish"), "2026-03-10T17:00:00Z", "the project is no later");
    let left = within.list("previewLevelling.overloads");
    assert_eq!(left[0]["item"]["taskId"], low.as_str(), "{within}");
    assert!(!left[0]["message"].as_str().unwrap().is_empty());
}

// keeps: PR-13
#[tokio::test]
async fn levelling_is_applied_as_one_act_and_then_nobody_is_overloaded() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (id, [low, high, driving, _]) = crowded(&manager).await;
    let told = preview(&manager, &id).await.expect_ok();
    let token = told.text("previewLevelling.token");
    let input = json!({ "projectId": id, "token": token });
    change(&acme.viewer(), "applyLevelling", input.clone(), "finish").await.expect_code("FORBIDDEN");
    let other = json!({ "projectId": id, "token": token, "withinFloat": true });
    change(&manager, "applyLevelling", other, "finish").await.expect_code("CONFLICT");
    let moves = "finish moves { taskId toStartOn reason message }";
    let done = change(&manager, "applyLevelling", input.clone(), moves).await.expect_ok();
    let said: Vec<Value> =
        told.list("previewLevelling.moves").iter().map(|one| one["task"]["message"].clone()).collect();
    assert_eq!(
        (said.len(), done.each("applyLevelling.moves", "message")),
        (2, said.clone()),
        "as it was told"
    );
    assert!(said.iter().all(|said| !said.as_str().unwrap().contains("Somebody")), "{said:?}");
    change(&manager, "applyLevelling", input, "finish").await.expect_code("CONFLICT");
    for (task, day) in [(&high, json!("2026-03-10")), (&low, json!("2026-03-11")), (&driving, Value::Null)] {
        assert_eq!(*read_task(&manager, task).await.expect_ok().data("task.startOn"), day);
    }
    let told = preview(&manager, &id).await.expect_ok();
    assert!(told.list("previewLevelling.moves").is_empty(), "{told}");
    let seeded = project(&acme, 1).await;
    preview(&acme.client(), &seeded).await.expect_code("FORBIDDEN");
    preview(&world.agency("globex").owner(), &seeded).await.expect_code("NOT_FOUND");
}

// keeps: PR-13
#[tokio::test]
async fn what_must_start_on_a_day_starts_then_and_is_told_where_it_does_not_fit() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, person) = (new_project(&manager, "Fixed").await, me(&manager).await);
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let driving = planned(&manager, &id, "Driving", of(&person, "URGENT")).await;
    let after = json!({ "plan": { "durationMinutes": 960 } });
    let after = planned(&manager, &id, "After", after).await;
    wait(&manager, &id, &driving, &after, json!({})).await;
    let mut must = of(&person, "LOW");
    (must["plan"]["constraint"], must["plan"]["constraintOn"]) = (json!("MUST_START"), json!("2026-03-09"));
    let must = planned(&manager, &id, "Must", must).await;
    let told = preview(&manager, &id).await.expect_ok();
    let moves = told.list("previewLevelling.moves");
    assert!(moves.iter().all(|one| one["task"]["taskId"] != must.as_str()), "{told}");
    let left = told.list("previewLevelling.overloads");
    assert_eq!([&left[0]["item"]["taskId"], &left[0]["userId"]], [&json!(must), &json!(person)], "{told}");
    let input = json!({ "projectId": id, "token": told.text("previewLevelling.token") });
    change(&manager, "applyLevelling", input, "finish").await.expect_ok();
    let again = preview(&manager, &id).await.expect_ok();
    assert!(again.list("previewLevelling.moves").is_empty(), "{again}");
    assert_eq!(again.list("previewLevelling.overloads").len(), 1, "{again}");
}
