//! Rescheduling: what would move, and moving it as one act.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, expect_conflict, new_project, new_task, person, project, read_task},
    changed::Ears,
    schedules::{bar, hours, planned, schedule, wait},
};

const PREVIEW: &str = "query($id: ID!, $changes: [RescheduleChangeInput!]!, $from: Date) {
  previewReschedule(projectId: $id, changes: $changes, from: $from) {
    token finishBefore finish conflicts { wish byMinutes item { taskId } }
    moves { taskId fromStartOn fromDueOn toStartOn toDueOn startByDays dueByDays startByMinutes reason dependencyId
      drivenBy { taskId } message } } }";

/// What would move with these changes.
async fn preview(who: &Actor, project: &str, changes: Value) -> Answer {
    who.run(PREVIEW, json!({ "id": project, "changes": changes })).await
}

/// Applies what was looked at.
async fn apply(who: &Actor, project: &str, changes: Value, token: &str) -> Answer {
    let input = json!({ "projectId": project, "changes": changes, "token": token });
    change(who, "applyReschedule", input, "project { id } finish moves { taskId toStartOn toDueOn }").await
}

/// Three tasks of a day each, one after the other from Monday, March 9 on.
async fn chain(who: &Actor) -> (String, [String; 3]) {
    let id = new_project(who, "Chain").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(who, "updateProject", start, "project { id }").await.expect_ok();
    let one = planned(who, &id, "One", json!({ "estimateMinutes": 480 })).await;
    let two = planned(who, &id, "Two", json!({ "startOn": "2026-03-10", "dueOn": "2026-03-10" })).await;
    let three = planned(who, &id, "Three", hours(8)).await;
    wait(who, &id, &one, &two, json!({})).await;
    wait(who, &id, &two, &three, json!({})).await;
    (id, [one, two, three])
}

/// The move of a task.
fn of(answer: &Answer, task: &str) -> Value {
    let moves = answer.list("previewReschedule.moves");
    moves.iter().find(|one| one["taskId"] == task).cloned().unwrap_or(Value::Null)
}

// keeps: PR-11
#[tokio::test]
async fn preview_tells_what_moves_by_how_much_and_why_and_changes_nothing() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, [one, two, three]) = chain(&manager).await;
    let before = world.snapshot().await;
    let changes = json!([{ "taskId": one, "startOn": "2026-03-12" }]);
    let told = preview(&manager, &id, changes.clone()).await.expect_ok();
    let (first, second) = (of(&told, &one), of(&told, &two));
    assert_eq!([&first["fromStartOn"], &first["startByDays"]], [&Value::Null; 2]);
    assert_eq!([&first["toStartOn"], &first["reason"]], [&json!("2026-03-12"), &json!("CONSTRAINT")]);
    assert_eq!([&second["fromStartOn"], &second["toStartOn"]], [&json!("2026-03-10"), &json!("2026-03-13")]);
    let by = ["startByDays", "dueByDays", "startByMinutes"].map(|name| second[name].as_i64().unwrap());
    assert_eq!(by, [3, 3, 1440]);
    assert_eq!([&second["reason"], &second["drivenBy"]["taskId"]], [&json!("LINK"), &json!(one)]);
    assert_eq!(second["message"], "It waits for #1 One.");
    assert_eq!(of(&told, &three)["toStartOn"], "2026-03-16", "over the weekend");
    assert_eq!(told.text("previewReschedule.finishBefore"), "2026-03-11T17:00:00Z");
    assert_eq!(told.text("previewReschedule.finish"), "2026-03-16T17:00:00Z");
    assert_eq!(before.changes(&world.snapshot().await), [""; 0]);
    let again = preview(&manager, &id, changes).await.expect_ok();
    assert_eq!(again.body["data"], told.body["data"], "the same question has the same answer");
    let later = json!({ "id": id, "changes": [], "from": "2026-03-23" });
    let told = manager.run(PREVIEW, later).await.expect_ok();
    assert_eq!(of(&told, &one)["toStartOn"], "2026-03-23");
}

// keeps: PR-11
#[tokio::test]
async fn schedule_is_applied_as_one_act_and_then_nothing_moves() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, [one, two, three]) = chain(&manager).await;
    let changes = json!([{ "taskId": one, "startOn": "2026-03-12" }]);
    let told = preview(&manager, &id, changes.clone()).await.expect_ok();
    let done = apply(&manager, &id, changes, &told.text("previewReschedule.token")).await.expect_ok();
    assert_eq!(done.list("applyReschedule.moves").len(), 3);
    assert_eq!(done.text("applyReschedule.finish"), told.text("previewReschedule.finish"));
    done.expect_statements(30);
    for (task, start, due) in [
        (&one, "2026-03-12", "2026-03-12"),
        (&two, "2026-03-13", "2026-03-13"),
        (&three, "2026-03-16", "2026-03-16"),
    ] {
        let now = read_task(&manager, task).await.expect_ok();
        assert_eq!([now.text("task.startOn"), now.text("task.dueOn")], [start, due]);
    }
    let nothing = preview(&manager, &id, json!([])).await.expect_ok();
    assert!(nothing.list("previewReschedule.moves").is_empty(), "{nothing}");
    world.settled().await;
    let actions = world.audit_of(&two).await.into_iter().map(|row| row["action"].clone());
    assert_eq!(actions.filter(|action| *action == "projects.task.reschedule").count(), 1);
}

// keeps: PR-11
#[tokio::test]
async fn stale_preview_is_a_conflict() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (id, [one, two, _]) = chain(&manager).await;
    let changes = json!([{ "taskId": one, "startOn": "2026-03-12" }]);
    let token = preview(&manager, &id, changes.clone()).await.expect_ok().text("previewReschedule.token");
    apply(&manager, &id, json!([]), &token).await.expect_code("CONFLICT");
    apply(&manager, &id, changes.clone(), "nonsense").await.expect_code("CONFLICT");
    change(&manager, "updateTask", json!({ "id": two, "title": "Named" }), "task { id }").await.expect_ok();
    world.clock.advance(std::time::Duration::from_secs(3_600));
    let both = join_all([0, 1].map(|_| apply(&manager, &id, changes.clone(), &token))).await;
    let done: Vec<bool> = both.iter().map(|answer| answer.errors().is_empty()).collect();
    assert_eq!(
        done.iter().filter(|done| **done).count(),
        1,
        "a name moves nothing; of two at once one is late"
    );
    let told = preview(&manager, &id, json!([])).await.expect_ok().text("previewReschedule.token");
    world.clock.advance(std::time::Duration::from_secs(25 * 3_600));
    let late = apply(&manager, &id, json!([]), &told).await;
    expect_conflict(late, "The plan has changed");
}

// keeps: PR-11
#[tokio::test]
async fn tasks_put_by_hand_and_done_ones_do_not_move_unless_named() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, [one, two, three]) = chain(&manager).await;
    let plan = json!({ "id": two, "plan": { "scheduling": "MANUAL" } });
    change(&manager, "updateTask", plan, "task { id }").await.expect_ok();
    let told = preview(&manager, &id, json!([{ "taskId": one, "startOn": "2026-03-12" }])).await.expect_ok();
    assert_eq!(of(&told, &two), Value::Null, "{told}");
    assert_eq!(told.list("previewReschedule.conflicts")[0]["item"]["taskId"], two.as_str());
    let told = preview(&manager, &id, json!([{ "taskId": two, "startOn": "2026-03-16" }])).await.expect_ok();
    let moved = of(&told, &two);
    assert_eq!([&moved["toStartOn"], &moved["toDueOn"]], [&json!("2026-03-16"), &json!("2026-03-16")]);
    assert_eq!(of(&told, &three)["toStartOn"], "2026-03-17");
    let done = super::asks::column(&manager, &id, "Done").await;
    change(&manager, "updateTask", json!({ "id": one, "columnId": done }), "task { id }").await.expect_ok();
    for (changes, path, code) in [
        (json!([{ "taskId": one, "startOn": "2026-03-12" }]), "changes.0.taskId", "task_done"),
        (json!([{ "taskId": two }, { "taskId": two }]), "changes.1.taskId", "duplicate_item"),
        (
            json!([{ "taskId": two, "plan": { "durationMinutes": -1 } }]),
            "changes.0.plan.durationMinutes",
            "negative",
        ),
    ] {
        preview(&manager, &id, changes).await.expect_field(path, code);
    }
    let other = planned(&manager, &new_project(&manager, "Other").await, "Elsewhere", json!({})).await;
    let changes = json!([{ "taskId": other, "startOn": "2026-03-12" }]);
    preview(&manager, &id, changes).await.expect_field("changes.0.taskId", "other_project");
}

// keeps: PR-11, ID-22
#[tokio::test]
async fn plan_is_applied_by_who_may_change_its_tasks() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    let token = preview(&acme.owner(), &id, json!([])).await.expect_ok().text("previewReschedule.token");
    apply(&acme.viewer(), &id, json!([]), &token).await.expect_code("FORBIDDEN");
    apply(&acme.client(), &id, json!([]), &token).await.expect_code("FORBIDDEN");
    preview(&acme.client(), &id, json!([])).await.expect_code("FORBIDDEN");
    preview(&world.agency("globex").owner(), &id, json!([])).await.expect_code("NOT_FOUND");
    apply(&world.agency("globex").owner(), &id, json!([]), &token).await.expect_code("NOT_FOUND");
    preview(&acme.viewer(), &id, json!([])).await.expect_ok();
    change(&acme.owner(), "archiveProject", json!({ "id": id }), "project { id }").await.expect_ok();
    apply(&acme.owner(), &id, json!([]), &token).await.expect_code("CONFLICT");
}

// keeps: PR-11
#[tokio::test]
async fn task_of_one_person_is_done_by_their_calendar() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Persons").await;
    let who = person(&acme, "dev").await;
    let mut more = hours(8);
    more["assigneeIds"] = json!([who]);
    let task = planned(&manager, &id, "Theirs", more).await;
    let told = schedule(&manager, &id).await.expect_ok();
    let bar = super::schedules::bar(&told, &task);
    let calendars = told.list("schedule.calendars");
    let own =
        bar["calendarUserId"].is_null() || calendars.iter().any(|one| one["userId"] == bar["calendarUserId"]);
    assert!(own, "{told}");
    assert_eq!(calendars[0]["userId"], Value::Null, "the agency's is the first");
}

// keeps: PR-8, PR-11
#[tokio::test]
async fn applied_schedule_is_heard_task_by_task() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, owner) = (acme.manager(), acme.owner());
    let (id, tasks) = chain(&manager).await;
    let mut socket = owner.socket().await;
    let board = "subscription($id: ID!) { boardChanged(projectId: $id) {
      kind changedFields task { id title startOn } } }";
    let mut board = socket.subscribe(board, json!({ "id": id }));
    // Reason: the protocol does not tell when a subscription has begun, so something happens until it is heard.
    while board.next_within(Duration::from_millis(100)).await.is_err() {
        new_task(&manager, &id, "Hear, hear").await;
    }
    let mut ears = Ears::of(&owner, Some(&id), &manager, &id).await;
    let changes = json!([{ "taskId": tasks[0], "startOn": "2026-03-12" }]);
    let token = preview(&manager, &id, changes.clone()).await.expect_ok().text("previewReschedule.token");
    apply(&manager, &id, changes, &token).await.expect_ok();
    let is_moved = |message: &&Value, task: &str| {
        let fields = message["changedFields"].as_array().unwrap();
        let dated = ["startOn", "dueOn"].iter().all(|name| fields.contains(&json!(name)));
        message["kind"] == "TASK_UPDATED"
            && dated
            && [&message["taskId"], &message["task"]["id"]].contains(&&json!(task))
    };
    let heard = ears.until(&manager, &id).await;
    for task in &tasks {
        let told = heard.iter().filter(|message| is_moved(message, task)).count();
        assert_eq!(told, 1, "{task} among {heard:#?}");
    }
    let mut shown: Vec<Value> = Vec::new();
    loop {
        let payload = board.next().await.expect("the subscription goes on");
        assert!(payload["errors"].is_null(), "{payload:#}");
        let message = payload["data"]["boardChanged"].clone();
        // Reason: by this task one knows that all was heard; another one told the first listener that it had begun.
        if message["task"]["title"] == "That was all" && !shown.is_empty() {
            break;
        }
        if message["kind"] == "TASK_UPDATED" {
            shown.push(message);
        }
    }
    for (task, start) in tasks.iter().zip(["2026-03-12", "2026-03-13", "2026-03-16"]) {
        let told: Vec<&Value> = shown.iter().filter(|message| is_moved(message, task)).collect();
        assert_eq!(told.len(), 1, "{task} among {shown:#?}");
        assert_eq!(told[0]["task"]["startOn"], start);
    }
}

// keeps: PR-11
#[tokio::test]
async fn duration_that_is_taken_away_is_not_written_back() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Shorter").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let input = json!({ "estimateMinutes": 480, "plan": { "durationMinutes": 2400 } });
    let task = planned(&manager, &id, "Week", input).await;
    let changes = json!([{ "taskId": task, "plan": { "durationMinutes": null } }]);
    let told = preview(&manager, &id, changes.clone()).await.expect_ok();
    assert_eq!(told.text("previewReschedule.finish"), "2026-03-09T17:00:00Z");
    apply(&manager, &id, changes, &told.text("previewReschedule.token")).await.expect_ok();
    let now = schedule(&manager, &id).await.expect_ok();
    assert_eq!(now.text("schedule.finish"), "2026-03-09T17:00:00Z", "{now}");
    let nothing = preview(&manager, &id, json!([])).await.expect_ok();
    assert!(nothing.list("previewReschedule.moves").is_empty(), "{nothing}");
}

// keeps: PR-11
#[tokio::test]
async fn duration_of_what_goes_by_hand_follows_from_its_estimate_once_it_is_taken_away() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "By hand").await;
    let input = json!({ "estimateMinutes": 480, "plan": { "durationMinutes": 2400 } });
    let week = planned(&manager, &id, "Week", input).await;
    let plan = json!({ "scheduling": "MANUAL", "durationMinutes": null });
    let changes = json!([{ "taskId": week, "startOn": "2026-03-16", "plan": plan }]);
    let told = preview(&manager, &id, changes.clone()).await.expect_ok();
    let to = ["toStartOn", "toDueOn"].map(|name| of(&told, &week)[name].clone());
    assert_eq!(to, ["2026-03-16"; 2].map(Value::from), "{told}");
    apply(&manager, &id, changes, &told.text("previewReschedule.token")).await.expect_ok();
    let now = schedule(&manager, &id).await.expect_ok();
    assert_eq!(bar(&now, &week)["durationMinutes"], 480, "{now}");
    let cases = json!({ "scheduling": "MANUAL", "optimisticMinutes": 600, "pessimisticMinutes": 900 });
    let plain = planned(&manager, &id, "Plain", json!({ "estimateMinutes": 480 })).await;
    let changes = json!([{ "taskId": plain, "startOn": "2026-03-16", "plan": cases }]);
    let told = preview(&manager, &id, changes.clone()).await.expect_ok();
    apply(&manager, &id, changes, &told.text("previewReschedule.token")).await.expect_ok();
    let deadline = json!({ "id": plain, "plan": { "deadlineOn": "2026-06-01" } });
    change(&manager, "updateTask", deadline, "task { id }").await.expect_ok();
}

// keeps: PR-11, PR-14
#[tokio::test]
async fn duration_that_follows_lies_between_the_best_and_the_worst_case() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Cases").await;
    let cases =
        json!({ "estimateMinutes": 480, "plan": { "optimisticMinutes": 600, "pessimisticMinutes": 900 } });
    let task = planned(&manager, &id, "Longer", cases).await;
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(bar(&told, &task)["durationMinutes"], 600);
    let told = preview(&manager, &id, json!([])).await.expect_ok();
    apply(&manager, &id, json!([]), &told.text("previewReschedule.token")).await.expect_ok();
    let plan = json!({ "id": task, "plan": { "deadlineOn": "2026-06-01" } });
    change(&manager, "updateTask", plan, "task { id }").await.expect_ok();
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(bar(&told, &task)["plan"]["durationMinutes"], 600, "{told}");
}
