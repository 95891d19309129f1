//! Tasks: what they begin with, what may change about them, and when they do not change any more.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{
    TASK, change, column, expect_conflict, expect_stale, me, new_project, new_task, person, project,
    read_task, titles, walk,
};

async fn create(who: &Actor, project: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["projectId"] = json!(project);
    change(who, "createTask", input, TASK).await
}

async fn update(who: &Actor, id: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["id"] = json!(id);
    change(who, "updateTask", input, TASK).await
}

// keeps: PR-8
#[tokio::test]
async fn new_task_is_to_be_done_and_asked_for_by_its_maker() {
    let world = World::new().await;
    let developer = world.agency("acme").developer();
    let id = project(&world.agency("acme"), 1).await;
    let made = create(&developer, &id, json!({ "title": "  Plain  " })).await.expect_ok();
    let task = made.data("createTask.task");
    let expected = json!({
        "id": task["id"], "number": task["number"], "title": "Plain", "description": "", "status": "TODO",
        "priority": "NORMAL", "estimateMinutes": null, "remainingMinutes": null, "startOn": null, "dueOn": null,
        "rank": task["rank"], "blockedReason": null, "completedAt": null, "archivedAt": null, "version": 1,
        "column": { "id": column(&developer, &id, "To do").await, "name": "To do" }, "project": { "id": id },
        "assignees": [], "reporter": { "id": me(&developer).await },
    });
    assert_eq!(*task, expected);
    assert_eq!(titles(&developer, &id).await.last().unwrap(), "Plain", "it goes behind all others");
}

// keeps: PR-8
#[tokio::test]
async fn everything_that_is_given_to_a_task_is_read_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let people = [person(&acme, "dev").await, person(&acme, "editor").await];
    let given = json!({
        "title": "Whole", "description": "- one\n- two", "priority": "URGENT", "estimateMinutes": 0,
        "remainingMinutes": 100_000_000, "startOn": "2028-02-29", "dueOn": "2028-02-29",
    });
    let mut input = given.clone();
    input["columnId"] = json!(column(&owner, &id, "Done").await);
    input["assigneeIds"] = json!([people[1], people[0], people[1]]);
    input["reporterId"] = json!(person(&acme, "client").await);
    let made = create(&owner, &id, input).await.expect_ok();
    for (name, value) in given.as_object().unwrap() {
        assert_eq!(made.data(&format!("createTask.task.{name}")), value, "{name}");
    }
    assert_eq!(
        made.ids("createTask.task.assignees"),
        [people[1].clone(), people[0].clone()],
        "each once, in order"
    );
    assert_eq!(made.text("createTask.task.reporter.id"), person(&acme, "client").await);
    assert_eq!(made.text("createTask.task.status"), "DONE");
    assert_eq!(made.text("createTask.task.completedAt"), "2026-03-02T09:00:00Z");
}

// keeps: PR-8
#[tokio::test]
async fn tasks_made_at_once_are_numbered_one_after_the_other() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (one, other) = (new_project(&acme.owner(), "One").await, new_project(&acme.owner(), "Other").await);
    let makers = [acme.owner(), acme.admin(), acme.owner(), acme.admin(), acme.owner(), acme.admin()];
    join_all(makers.iter().map(Actor::token)).await;
    for project in [&one, &other] {
        let made = makers.iter().map(|maker| create(maker, project, json!({ "title": "At once" })));
        let made = join_all(made).await.into_iter().map(|answer| answer.expect_ok());
        let numbers: BTreeSet<i64> = made.map(|answer| answer.number("createTask.task.number")).collect();
        assert_eq!(numbers, (1..=6).collect(), "each project counts for itself");
    }
    create(&acme.owner(), &one, json!({ "title": "" })).await.expect_field("title", "required");
    let next = create(&acme.owner(), &one, json!({ "title": "Next" })).await.expect_ok();
    assert_eq!(next.number("createTask.task.number"), 7, "what is refused takes no number");
}

// keeps: PR-8
#[tokio::test]
async fn wrong_values_of_a_task_are_told_at_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let task = new_task(&owner, &id, "Right").await;
    let wrong = json!({
        "title": "x".repeat(300), "description": "x".repeat(50_001), "estimateMinutes": -1,
        "remainingMinutes": 100_000_001, "startOn": "2026-05-02", "dueOn": "2026-05-01",
    });
    let expected = [
        ("description", "too_long"),
        ("dueOn", "due_before_start"),
        ("estimateMinutes", "negative"),
        ("remainingMinutes", "too_large"),
        ("title", "too_long"),
    ]
    .map(|(path, code)| (path.to_owned(), code.to_owned()));
    let told = |answer: Answer| answer.expect_code("INVALID").fields().into_iter().collect::<Vec<_>>();
    assert_eq!(told(create(&owner, &id, wrong.clone()).await), expected);
    assert_eq!(told(update(&owner, &task, wrong).await), expected);
    for (title, code) in
        [("a\u{1b}b", "forbidden_character"), ("a\nb", "forbidden_character"), (" ", "required")]
    {
        create(&owner, &id, json!({ "title": title })).await.expect_field("title", code);
        update(&owner, &task, json!({ "title": title })).await.expect_field("title", code);
    }
    for title in ["تحديث الصفحة الرئيسية", "עדכון דף הבית", "x".repeat(200).as_str()]
    {
        let made = create(&owner, &id, json!({ "title": title })).await.expect_ok();
        assert_eq!(made.text("createTask.task.title"), title);
    }
}

// keeps: PR-8
#[tokio::test]
async fn task_is_done_by_active_staff_and_asked_for_by_anybody_of_the_agency() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let (developer, client) = (person(&acme, "dev").await, person(&acme, "client").await);
    let outsider = person(&world.agency("globex"), "dev").await;
    let task = new_task(&owner, &id, "Whose").await;
    for (person, code) in [(&client, "not_staff"), (&outsider, "not_in_tenant")] {
        let people = json!({ "title": "Whose", "assigneeIds": [developer, person] });
        create(&owner, &id, people.clone()).await.expect_field("assigneeIds.1", code);
        update(&owner, &task, people).await.expect_field("assigneeIds.1", code);
    }
    let reporter = json!({ "title": "Whose", "reporterId": outsider });
    create(&owner, &id, reporter.clone()).await.expect_field("reporterId", "not_in_tenant");
    update(&owner, &task, reporter).await.expect_field("reporterId", "not_in_tenant");
    let crowd: Vec<String> = (0..21).map(|_| new_id()).collect();
    update(&owner, &task, json!({ "assigneeIds": crowd })).await.expect_field("assigneeIds", "too_many");
    update(&owner, &task, json!({ "assigneeIds": [developer] })).await.expect_ok();
    change(&owner, "deactivateUser", json!({ "id": developer }), "user { id }").await.expect_ok();
    let kept = json!({ "assigneeIds": [developer, me(&owner).await] });
    let kept = update(&owner, &task, kept).await.expect_ok();
    assert_eq!(kept.ids("updateTask.task.assignees")[0], developer, "who is on the task may stay");
    let people = json!({ "title": "Whose", "assigneeIds": [developer] });
    create(&owner, &id, people).await.expect_field("assigneeIds.0", "not_active");
}

fn new_id() -> String {
    use kernel::id::{AnyId, IdKind};
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let uuid = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number));
    AnyId { kind: IdKind::UserId, uuid }.to_string()
}

// keeps: PR-8
#[tokio::test]
async fn task_keeps_what_is_left_out_and_loses_what_is_null() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let people = json!([person(&acme, "dev").await]);
    let full = json!({
        "title": "Full", "description": "Words", "priority": "HIGH", "estimateMinutes": 60, "remainingMinutes": 30,
        "startOn": "2026-04-01", "dueOn": "2026-04-02", "assigneeIds": people,
    });
    let made = create(&owner, &id, full).await.expect_ok();
    let task = made.text("createTask.task.id");
    let mut expected = made.data("createTask.task").clone();
    let changed = update(&owner, &task, json!({ "blockedReason": "  No key  " })).await.expect_ok();
    expected["blockedReason"] = json!("No key");
    expected["version"] = json!(2);
    assert_eq!(*changed.data("updateTask.task"), expected);
    let nullable = [
        "description",
        "reporterId",
        "estimateMinutes",
        "remainingMinutes",
        "startOn",
        "dueOn",
        "blockedReason",
        "assigneeIds",
    ];
    let nulls = nullable.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    let emptied = update(&owner, &task, Value::Object(nulls)).await.expect_ok();
    for name in ["reporter", "estimateMinutes", "remainingMinutes", "startOn", "dueOn", "blockedReason"] {
        assert!(emptied.data(&format!("updateTask.task.{name}")).is_null(), "{name}");
    }
    assert_eq!(
        (
            emptied.text("updateTask.task.description").as_str(),
            emptied.text("updateTask.task.title").as_str()
        ),
        ("", "Full")
    );
    assert_eq!(*emptied.data("updateTask.task.assignees"), json!([]));
    let answer = update(&owner, &task, json!({ "title": null, "priority": null, "columnId": null })).await;
    let told: Vec<_> = answer.expect_code("INVALID").fields().into_iter().collect();
    let required = ["columnId", "priority", "title"].map(|path| (path.to_owned(), "required".to_owned()));
    assert_eq!(told, required);
}

// keeps: PR-8
#[tokio::test]
async fn task_is_due_no_earlier_than_it_starts_also_by_what_stays() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let dates = json!({ "title": "Dated", "startOn": "2026-04-10", "dueOn": "2026-04-10" });
    let task = create(&owner, &id, dates).await.expect_ok().text("createTask.task.id");
    update(&owner, &task, json!({ "dueOn": "2026-04-09" })).await.expect_field("dueOn", "due_before_start");
    update(&owner, &task, json!({ "startOn": "2026-04-11" })).await.expect_field("dueOn", "due_before_start");
    update(&owner, &task, json!({ "startOn": null, "dueOn": "2026-04-09" })).await.expect_ok();
    update(&owner, &task, json!({ "dueOn": "2027-02-29" })).await.expect_field("dueOn", "bad_date");
}

// keeps: PR-8
#[tokio::test]
async fn task_is_completed_when_it_is_done_and_not_any_more_when_taken_up_again() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), new_project(&acme.owner(), "To and fro").await);
    let task = new_task(&owner, &id, "To and fro").await;
    let (done, doing) = (column(&owner, &id, "Done").await, column(&owner, &id, "In progress").await);
    let moved = async |column: &str| {
        let moved = update(&owner, &task, json!({ "columnId": column })).await.expect_ok();
        (moved.text("updateTask.task.status"), moved.data("updateTask.task.completedAt").clone())
    };
    assert_eq!(moved(&doing).await, ("DOING".to_owned(), Value::Null));
    assert_eq!(moved(&done).await, ("DONE".to_owned(), json!("2026-03-02T09:00:00Z")));
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(moved(&done).await, ("DONE".to_owned(), json!("2026-03-02T09:00:00Z")), "done is done");
    assert_eq!(moved(&doing).await, ("DOING".to_owned(), Value::Null));
    assert_eq!(moved(&done).await, ("DONE".to_owned(), json!("2026-03-02T09:01:00Z")));
    let elsewhere = column(&owner, &project(&acme, 1).await, "Done").await;
    update(&owner, &task, json!({ "columnId": elsewhere })).await.expect_field("columnId", "other_board");
    create(&owner, &id, json!({ "title": "Lost", "columnId": elsewhere }))
        .await
        .expect_field("columnId", "other_board");
}

// keeps: PR-8
#[tokio::test]
async fn of_changes_of_a_task_on_one_version_one_is_done() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let task = new_task(&owner, &id, "Wanted").await;
    let all = (0..4).map(|number| {
        update(&owner, &task, json!({ "title": format!("By {number}"), "expectedVersion": 1 }))
    });
    let (done, late): (Vec<_>, Vec<_>) =
        join_all(all).await.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), late.len()), (1, 3), "{late:#?}");
    for answer in late {
        expect_stale(answer, 2);
    }
    for name in ["moveTask", "archiveTask", "restoreTask"] {
        expect_stale(change(&owner, name, json!({ "id": task, "expectedVersion": 1 }), TASK).await, 2);
    }
}

// keeps: PR-8
#[tokio::test]
async fn change_of_people_alone_counts_as_a_change_of_the_task() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let task = new_task(&owner, &id, "Whose").await;
    let people = [person(&acme, "dev").await, person(&acme, "pm").await];
    let assign = async |people: &[String], version: i64| {
        update(&owner, &task, json!({ "assigneeIds": people, "expectedVersion": version })).await
    };
    world.clock.advance(Duration::from_secs(60));
    let first = assign(&people[..1], 1).await.expect_ok();
    assert_eq!(first.number("updateTask.task.version"), 2);
    expect_stale(assign(&people[1..], 1).await, 2);
    expect_stale(update(&owner, &task, json!({ "title": "Late", "expectedVersion": 1 })).await, 2);
    let same = assign(&people[..1], 2).await.expect_ok();
    assert_eq!(same.number("updateTask.task.version"), 2, "who does it already comes no second time");
    let both = json!({ "assigneeIds": people, "title": "Both", "expectedVersion": 2 });
    let both = update(&owner, &task, both).await.expect_ok();
    assert_eq!(both.number("updateTask.task.version"), 3, "one act is one change");
    let at_once = join_all([&people[..1], &people[1..], &[]].map(|people| assign(people, 3))).await;
    let (done, late): (Vec<_>, Vec<_>) = at_once.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), late.len()), (1, 2), "{late:#?}");
    for answer in late {
        expect_stale(answer, 4);
    }
    let now = read_task(&owner, &task).await.expect_ok();
    assert_eq!(now.data("task.assignees"), done[0].data("updateTask.task.assignees"));
}

// keeps: PR-8
#[tokio::test]
async fn archived_task_leaves_the_board_and_changes_no_more_until_it_is_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (developer, id) = (acme.developer(), project(&acme, 1).await);
    let task = new_task(&developer, &id, "Away").await;
    let set = async |name: &str| change(&developer, name, json!({ "id": task }), TASK).await.expect_ok();
    let archived = set("archiveTask").await;
    assert_eq!(archived.text("archiveTask.task.archivedAt"), "2026-03-02T09:00:00Z");
    assert!(!titles(&developer, &id).await.contains(&"Away".to_owned()));
    expect_conflict(update(&developer, &task, json!({ "title": "Changed" })).await, "This task is archived.");
    let moved = change(&developer, "moveTask", json!({ "id": task }), TASK).await;
    expect_conflict(moved, "This task is archived.");
    let query = "{ tasks(filter: { archived: true, search: \"Away\" }) { nodes { id } } }";
    assert_eq!(super::asks::ask(&developer, query).await.ids("tasks.nodes"), std::slice::from_ref(&task));
    let back = set("restoreTask").await;
    assert!(back.data("restoreTask.task.archivedAt").is_null());
    assert_eq!(titles(&developer, &id).await.last().unwrap(), "Away", "back in its place");
}

// keeps: PR-8
#[tokio::test]
async fn tasks_of_a_project_that_is_over_do_not_change() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    for (way, said) in [
        (&["CANCELLED"][..], "This project is CANCELLED; its tasks cannot change any more."),
        (&["PLANNING", "IN_PROGRESS", "REVIEW", "COMPLETED"], "This project is COMPLETED; its tasks"),
    ] {
        let id = new_project(&owner, "Over").await;
        let task = new_task(&owner, &id, "Open end").await;
        walk(&owner, &id, way).await;
        expect_conflict(create(&owner, &id, json!({ "title": "Late" })).await, said);
        expect_conflict(update(&owner, &task, json!({ "title": "Late" })).await, said);
        for name in ["moveTask", "archiveTask", "restoreTask"] {
            expect_conflict(change(&owner, name, json!({ "id": task }), TASK).await, said);
        }
        assert_eq!(read_task(&owner, &task).await.number("task.version"), 1);
    }
    let held = new_project(&owner, "Held").await;
    walk(&owner, &held, &["ON_HOLD"]).await;
    create(&owner, &held, json!({ "title": "Meanwhile" })).await.expect_ok();
}

// keeps: PR-8
#[tokio::test]
async fn tasks_are_changed_only_by_who_may_change_these() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (one, other) = (project(&acme, 1).await, project(&acme, 3).await);
    let (near, far) =
        (new_task(&acme.owner(), &one, "Near").await, new_task(&acme.owner(), &other, "Far").await);
    let renamed = || json!({ "title": "Mine" });
    for who in
        [acme.client(), acme.client_admin(), acme.accountant(), acme.viewer(), acme.editor(), acme.sales()]
    {
        create(&who, &one, renamed()).await.expect_code("FORBIDDEN");
        update(&who, &near, renamed()).await.expect_code("FORBIDDEN");
    }
    let foreign = world.agency("globex").owner();
    create(&foreign, &one, renamed()).await.expect_code("NOT_FOUND");
    update(&foreign, &near, renamed()).await.expect_code("NOT_FOUND");
    create(&acme.developer(), &other, renamed()).await.expect_code("NOT_FOUND");
    update(&acme.developer(), &far, renamed()).await.expect_code("NOT_FOUND");
    update(&acme.developer(), &near, renamed()).await.expect_ok();
    // Reason: who does a task sees and changes it, also where they are not on the team.
    let developer = person(&acme, "dev").await;
    update(&acme.owner(), &far, json!({ "assigneeIds": [developer] })).await.expect_ok();
    let mine = update(&acme.developer(), &far, renamed()).await.expect_ok();
    assert!(mine.data("updateTask.task.project").is_null(), "the project stays out of sight\n{mine}");
    create(&acme.developer(), &other, renamed()).await.expect_code("NOT_FOUND");
}
