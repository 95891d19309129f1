//! The schedule of a project: dates, floats, what drives them, and wishes that contradict each other.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{change, column, me, new_project, new_task, person, project},
    milestones::new_milestone,
};
use crate::plenty::Plenty;

/// Everything that a schedule tells.
pub(crate) const SCHEDULE: &str = "query($id: ID!) { schedule(projectId: $id) {
  project { id } asOf start finish criticalPath { taskId milestoneId }
  bars { id number title status parentId milestoneId startOn dueOn durationMinutes calendarUserId hasParts
    plan { scheduling durationMinutes constraint constraintOn deadlineOn optimisticMinutes pessimisticMinutes }
    dates { earlyStart earlyFinish lateStart lateFinish totalFloatMinutes freeFloatMinutes critical driver
      driverDependencyId drivenBy { taskId milestoneId } } }
  marks { id name status percentage dueOn dates { earlyStart totalFloatMinutes driver drivenBy { taskId } } }
  links { id kind lagMinutes predecessorTaskId successorTaskId }
  calendars { userId timeZone week { minutes hours } exceptions { on minutes hours } }
  conflictCount conflicts { item { taskId milestoneId } wish wishedOn dependencyId byMinutes message
    pathCount path { taskId milestoneId } } } }";

/// The schedule of a project as somebody reads it.
pub(crate) async fn schedule(who: &Actor, project: &str) -> Answer {
    who.run(SCHEDULE, json!({ "id": project })).await
}

/// Makes a task with these fields beside its title and gives its id.
pub(crate) async fn planned(who: &Actor, project: &str, title: &str, more: Value) -> String {
    let mut input = json!({ "projectId": project, "title": title });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    change(who, "createTask", input, "task { id }").await.expect_ok().text("createTask.task.id")
}

/// Lets one task wait for another and gives the dependency's id.
pub(crate) async fn wait(who: &Actor, project: &str, earlier: &str, later: &str, more: Value) -> String {
    let mut input = json!({ "projectId": project, "predecessorTaskId": earlier, "successorTaskId": later });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = change(who, "createDependency", input, "dependency { id }").await.expect_ok();
    made.text("createDependency.dependency.id")
}

/// The bar of a task.
pub(crate) fn bar(answer: &Answer, id: &str) -> Value {
    let found = answer.list("schedule.bars").iter().find(|bar| bar["id"] == id).cloned();
    found.unwrap_or_else(|| panic!("no bar {id}\n{answer}"))
}

/// When a task starts and finishes at the earliest.
pub(crate) fn early(answer: &Answer, id: &str) -> [String; 2] {
    let dates = &bar(answer, id)["dates"];
    ["earlyStart", "earlyFinish"].map(|name| dates[name].as_str().unwrap_or("none").to_owned())
}

/// A duration in hours of work.
pub(crate) fn hours(hours: i64) -> Value {
    json!({ "plan": { "durationMinutes": hours * 60 } })
}

// keeps: PR-11
#[tokio::test]
async fn fields_of_a_plan_are_kept_changed_and_checked() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Fields").await;
    let all = "task { id version plan { scheduling durationMinutes constraint constraintOn deadlineOn optimisticMinutes
      pessimisticMinutes } }";
    let plan = json!({
        "scheduling": "MANUAL", "durationMinutes": 480, "constraint": "MUST_START", "constraintOn": "2026-03-09",
        "deadlineOn": "2026-03-20", "optimisticMinutes": 240, "pessimisticMinutes": 960,
    });
    let input = json!({ "projectId": id, "title": "Planned", "plan": plan });
    let made = change(&manager, "createTask", input, all).await.expect_ok();
    assert_eq!(*made.data("createTask.task.plan"), plan);
    let task = made.text("createTask.task.id");
    let input = json!({ "id": task, "plan": { "constraint": null, "durationMinutes": null } });
    let changed = change(&manager, "updateTask", input, all).await.expect_ok();
    let now = changed.data("updateTask.task.plan");
    assert_eq!([&now["constraint"], &now["constraintOn"], &now["durationMinutes"]], [&Value::Null; 3]);
    assert_eq!([&now["scheduling"], &now["deadlineOn"]], [&plan["scheduling"], &plan["deadlineOn"]]);
    for (plan, path, code) in [
        (json!({ "constraint": "NOT_EARLIER" }), "plan.constraintOn", "constraint_day"),
        (json!({ "constraintOn": "2026-03-09" }), "plan.constraintOn", "constraint_day"),
        (json!({ "optimisticMinutes": 961 }), "plan.optimisticMinutes", "estimates_out_of_order"),
        (json!({ "durationMinutes": 961 }), "plan.pessimisticMinutes", "estimates_out_of_order"),
        (json!({ "pessimisticMinutes": null }), "plan.pessimisticMinutes", "both_cases"),
        (json!({ "durationMinutes": -1 }), "plan.durationMinutes", "negative"),
        (json!({ "scheduling": null }), "plan.scheduling", "required"),
    ] {
        let input = json!({ "id": task, "plan": plan });
        change(&manager, "updateTask", input, all).await.expect_field(path, code);
    }
    let items = json!({ "items": [
        { "id": task, "plan": { "durationMinutes": 60, "optimisticMinutes": null, "pessimisticMinutes": null } },
    ] });
    let bulk =
        change(&manager, "bulkUpdateTasks", items, "results { ok node { plan { durationMinutes } } }").await;
    assert_eq!(bulk.expect_ok().list("bulkUpdateTasks.results")[0]["node"]["plan"]["durationMinutes"], 60);
}

// keeps: PR-11, PR-17
#[tokio::test]
async fn chain_is_scheduled_over_lunch_night_and_weekend() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Chain").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-06" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let first = planned(&manager, &id, "First", hours(5)).await;
    let second = planned(&manager, &id, "Second", hours(8)).await;
    let short = planned(&manager, &id, "Short", hours(1)).await;
    let last = planned(&manager, &id, "Last", json!({})).await;
    let link = wait(&manager, &id, &first, &second, json!({})).await;
    wait(&manager, &id, &second, &last, json!({ "lagMinutes": 120 })).await;
    wait(&manager, &id, &short, &last, json!({})).await;
    let told = schedule(&manager, &id).await.expect_ok();
    // Reason: Friday from nine in Berlin, an hour of lunch at one; winter time is an hour ahead of UTC.
    assert_eq!(early(&told, &first), ["2026-03-06T08:00:00Z", "2026-03-06T14:00:00Z"]);
    assert_eq!(early(&told, &second), ["2026-03-06T14:00:00Z", "2026-03-09T14:00:00Z"]);
    assert_eq!(early(&told, &last), ["2026-03-09T16:00:00Z", "2026-03-10T16:00:00Z"]);
    assert_eq!(told.text("schedule.start"), "2026-03-06T08:00:00Z");
    assert_eq!(told.text("schedule.finish"), "2026-03-10T16:00:00Z");
    let path: Vec<Value> = [&first, &second, &last].iter().map(|id| json!(id)).collect();
    assert_eq!(told.each("schedule.criticalPath", "taskId"), path);
    let (driven, free) = (bar(&told, &second), bar(&told, &short));
    assert_eq!(
        [&driven["dates"]["driver"], &driven["dates"]["driverDependencyId"]],
        [&json!("LINK"), &json!(link)]
    );
    assert_eq!(driven["dates"]["drivenBy"]["taskId"], first.as_str());
    assert_eq!(
        [&free["dates"]["totalFloatMinutes"], &free["dates"]["critical"]],
        [&json!(14 * 60), &json!(false)]
    );
    assert_eq!(free["dates"]["freeFloatMinutes"], 14 * 60);
    assert_eq!(free["dates"]["lateFinish"], "2026-03-09T16:00:00Z");
    assert_eq!(bar(&told, &last)["durationMinutes"], 480, "nothing is said about it, so it is a day");
    assert!(told.list("schedule.conflicts").is_empty(), "{told}");
    assert_eq!(
        told.list("schedule.calendars")[0]["week"][0],
        json!({ "minutes": 480, "hours": ["09:00–13:00", "14:00–18:00"] })
    );
    assert_eq!(told.list("schedule.calendars")[0]["week"][6]["minutes"], 0);
}

// keeps: PR-11
#[tokio::test]
async fn duration_follows_from_dates_or_the_estimate_shared_by_assignees() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Durations").await;
    let (one, other) = (me(&manager).await, person(&acme, "dev").await);
    for (title, more, minutes) in [
        ("Dates", json!({ "startOn": "2026-03-06", "dueOn": "2026-03-09", "estimateMinutes": 5 }), 960),
        ("Estimate", json!({ "estimateMinutes": 125 }), 125),
        ("Shared", json!({ "estimateMinutes": 125, "assigneeIds": [one, other] }), 63),
        ("Said", json!({ "estimateMinutes": 125, "plan": { "durationMinutes": 30 } }), 30),
        ("Sunday", json!({ "startOn": "2026-03-08", "dueOn": "2026-03-08" }), 480),
        ("Nothing", json!({ "plan": { "durationMinutes": 0 } }), 0),
    ] {
        let task = planned(&manager, &id, title, more).await;
        let told = schedule(&manager, &id).await.expect_ok();
        assert_eq!(bar(&told, &task)["durationMinutes"], minutes, "{title}");
    }
}

// keeps: PR-11
#[tokio::test]
async fn what_is_done_stays_and_what_has_begun_goes_on_from_now() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Progress").await;
    let (doing, done) = (column(&manager, &id, "In progress").await, column(&manager, &id, "Done").await);
    let past = planned(&manager, &id, "Past", json!({ "startOn": "2026-02-26", "columnId": done })).await;
    let begun = json!({
        "startOn": "2026-02-27", "estimateMinutes": 900, "remainingMinutes": 60, "columnId": doing,
    });
    let begun = planned(&manager, &id, "Begun", begun).await;
    let next =
        planned(&manager, &id, "Next", json!({ "startOn": "2026-02-20", "estimateMinutes": 60 })).await;
    wait(&manager, &id, &begun, &next, json!({})).await;
    let told = schedule(&manager, &id).await.expect_ok();
    let now = told.text("schedule.asOf");
    assert_eq!(bar(&told, &past)["dates"]["driver"], "ACTUAL");
    assert_eq!(early(&told, &past)[1][..16], now[..16], "it was done now");
    let [start, finish] = early(&told, &begun);
    assert_eq!(start, "2026-02-27T08:00:00Z");
    assert_eq!(early(&told, &next)[0], finish, "what follows begins when it is finished");
    assert!(finish > now, "what is left of it is done from now on: {finish} {now}");
    assert_eq!(bar(&told, &begun)["dates"]["driver"], "PROJECT");
}

// keeps: PR-11
#[tokio::test]
async fn contradicting_wishes_are_told_with_the_tasks_and_move_nothing() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Wishes").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let first = planned(&manager, &id, "First", hours(16)).await;
    let must = json!({ "plan": { "durationMinutes": 60, "constraint": "MUST_START", "constraintOn": "2026-03-10" } });
    let must = planned(&manager, &id, "Must", must).await;
    let late = planned(
        &manager,
        &id,
        "Late",
        json!({ "plan": { "durationMinutes": 480, "deadlineOn": "2026-03-11" } }),
    )
    .await;
    let put = json!({ "startOn": "2026-03-10", "plan": { "durationMinutes": 60, "scheduling": "MANUAL" } });
    let put = planned(&manager, &id, "Put", put).await;
    wait(&manager, &id, &first, &must, json!({})).await;
    wait(&manager, &id, &must, &late, json!({})).await;
    let link = wait(&manager, &id, &first, &put, json!({})).await;
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&told, &must)[0], "2026-03-11T08:00:00Z", "links win");
    assert_eq!(early(&told, &put)[0], "2026-03-10T08:00:00Z", "what was put by hand stays");
    let conflicts = told.list("schedule.conflicts");
    let of = |id: &str| conflicts.iter().find(|one| one["item"]["taskId"] == id).unwrap().clone();
    let (start, deadline, broken) = (of(&must), of(&late), of(&put));
    assert_eq!(
        [&start["wish"], &start["wishedOn"], &start["byMinutes"]],
        [&json!("MUST_START"), &json!("2026-03-10"), &json!(480)]
    );
    assert_eq!(
        start["path"],
        json!([{ "taskId": first, "milestoneId": null }, { "taskId": must, "milestoneId": null }])
    );
    assert_eq!(
        [&deadline["wish"], &deadline["wishedOn"], &deadline["byMinutes"]],
        [&json!("DEADLINE"), &json!("2026-03-11"), &json!(60)]
    );
    assert_eq!(
        [&broken["wish"], &broken["dependencyId"], &broken["byMinutes"]],
        [&json!("LINK"), &json!(link), &json!(480)]
    );
    assert!(start["message"].as_str().unwrap().contains("#2 Must must start on 2026-03-10"), "{start}");
    assert_eq!(bar(&told, &late)["dates"]["totalFloatMinutes"], -60);
    let french = schedule(&manager.speaking("fr"), &id).await.expect_ok();
    assert!(
        french.list("schedule.conflicts")[0]["message"].as_str().unwrap().contains("doit commencer"),
        "{french}"
    );
}

// keeps: PR-11
#[tokio::test]
async fn tasks_with_parts_span_them_and_hand_on_what_they_wait_for() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Parts").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let before = planned(&manager, &id, "Before", hours(8)).await;
    let whole = new_task(&manager, &id, "Whole").await;
    let mut part = hours(8);
    part["parentId"] = json!(whole);
    let one = planned(&manager, &id, "One", part.clone()).await;
    let two = planned(&manager, &id, "Two", part).await;
    let after = planned(&manager, &id, "After", hours(8)).await;
    wait(&manager, &id, &before, &whole, json!({})).await;
    wait(&manager, &id, &one, &two, json!({})).await;
    let link = wait(&manager, &id, &whole, &after, json!({})).await;
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&told, &one), ["2026-03-10T08:00:00Z", "2026-03-10T17:00:00Z"]);
    assert_eq!(early(&told, &whole), ["2026-03-10T08:00:00Z", "2026-03-11T17:00:00Z"]);
    assert_eq!(early(&told, &after)[0], "2026-03-12T08:00:00Z");
    let (whole_bar, after_bar, one_bar) = (bar(&told, &whole), bar(&told, &after), bar(&told, &one));
    assert_eq!([&whole_bar["hasParts"], &whole_bar["durationMinutes"]], [&json!(true), &Value::Null]);
    assert_eq!(after_bar["dates"]["driverDependencyId"], link.as_str());
    assert_eq!(
        one_bar["dates"]["drivenBy"]["taskId"],
        before.as_str(),
        "it waits for what the whole waits for"
    );
    let path: Vec<Value> = [&before, &whole, &one, &two, &whole, &after].iter().map(|id| json!(id)).collect();
    assert_eq!(told.each("schedule.criticalPath", "taskId"), path);
    let around = wait(&manager, &id, &after, &one, json!({})).await;
    let told = schedule(&manager, &id).await.expect_ok();
    let conflict = &told.list("schedule.conflicts")[0];
    assert_eq!([&conflict["wish"], &conflict["dependencyId"]], [&json!("LOOP"), &json!(around)]);
    assert_eq!(early(&told, &after)[0], "2026-03-12T08:00:00Z", "the rest has its dates");
}

// keeps: PR-11
#[tokio::test]
async fn loops_without_number_are_left_out_and_counted() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Loops").await;
    let (whole, after) = (new_task(&manager, &id, "Whole").await, new_task(&manager, &id, "After").await);
    wait(&manager, &id, &whole, &after, json!({})).await;
    for number in 0..67 {
        let part = json!({ "parentId": whole });
        let part = planned(&manager, &id, &format!("Part {number}"), part).await;
        wait(&manager, &id, &after, &part, json!({})).await;
    }
    let told = schedule(&manager, &id).await.expect_ok();
    let loops: Vec<&Value> =
        told.list("schedule.conflicts").iter().filter(|one| one["wish"] == "LOOP").collect();
    assert_eq!((loops.len(), told.data("schedule.conflictCount")), (64, &json!(67)));
    let more = |conflict: &Value| conflict["message"].as_str().unwrap().contains("3 more dependencies");
    assert_eq!(loops.iter().map(|one| more(one)).collect::<Vec<_>>(), [vec![false; 63], vec![true]].concat());
    assert!(early(&told, &after)[0] > early(&told, &whole)[0], "the rest has its dates");
}

// keeps: PR-11
#[tokio::test]
async fn milestone_is_reached_with_the_last_of_its_tasks() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Marks").await;
    let start = json!({ "id": id, "estimatedStart": "2026-03-09" });
    change(&manager, "updateProject", start, "project { id }").await.expect_ok();
    let mark = new_milestone(&manager, &id, "Handed over", json!({ "dueOn": "2026-03-09" })).await;
    let mut more = hours(16);
    more["milestoneId"] = json!(mark);
    let task = planned(&manager, &id, "Work", more).await;
    let told = schedule(&manager, &id).await.expect_ok();
    let dates = &told.list("schedule.marks")[0]["dates"];
    assert_eq!([&dates["earlyStart"], &dates["driver"]], [&json!("2026-03-10T17:00:00Z"), &json!("WORK")]);
    assert_eq!(dates["drivenBy"]["taskId"], task.as_str());
    let conflict = &told.list("schedule.conflicts")[0];
    assert_eq!([&conflict["wish"], &conflict["item"]["milestoneId"]], [&json!("DEADLINE"), &json!(mark)]);
    assert_eq!(bar(&told, &task)["dates"]["totalFloatMinutes"], -480);
    change(&manager, "transitionMilestone", json!({ "id": mark, "to": "WAIVED" }), "milestone { id }")
        .await
        .expect_ok();
    let told = schedule(&manager, &id).await.expect_ok();
    assert!(told.list("schedule.conflicts").is_empty(), "{told}");
    assert_eq!(told.list("schedule.marks")[0]["dates"], Value::Null);
}

// keeps: PR-11, PR-17
#[tokio::test]
async fn clients_see_what_is_planned_and_nothing_that_follows() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let ours = schedule(&owner, &id).await.expect_ok();
    assert!(!ours.list("schedule.bars").is_empty() && !ours.list("schedule.calendars").is_empty());
    let theirs = schedule(&acme.client(), &id).await.expect_ok();
    for list in ["links", "calendars", "conflicts", "criticalPath"] {
        assert!(theirs.list(&format!("schedule.{list}")).is_empty(), "{list}");
    }
    for bar in theirs.list("schedule.bars") {
        assert_eq!([&bar["plan"], &bar["dates"], &bar["durationMinutes"]], [&Value::Null; 3], "{bar}");
    }
    assert_eq!(*theirs.data("schedule.finish"), Value::Null);
    schedule(&world.agency("globex").owner(), &id).await.expect_code("NOT_FOUND");
    let plan = "query($id: ID!) { project(id: $id) { tasks(first: 1) { nodes { plan { scheduling } } } } }";
    acme.client().run(plan, json!({ "id": id })).await.expect_code("FORBIDDEN");
}

// keeps: PR-11, PR-17
#[tokio::test]
async fn schedule_is_read_in_the_same_statements_whatever_the_number_of_tasks() {
    let world = World::new().await;
    let acme = world.agency("acme");
    Plenty { projects: 1, tasks: 900 }.of(&acme, &world).await;
    let few = project(&acme, 1).await;
    let query = "{ projectByCode(code: \"PLENTY-0\") { id } }";
    let many = acme.owner().run(query, json!({})).await.expect_ok().text("projectByCode.id");
    for who in [acme.owner(), acme.manager()] {
        schedule(&who, &few).await.expect_ok();
        let few = schedule(&who, &few).await.expect_ok().statements.unwrap();
        let told = schedule(&who, &many).await.expect_ok();
        assert_eq!(told.list("schedule.bars").len(), 900);
        assert_eq!(told.statements, Some(few), "{}", who.email());
        told.expect_statements(9);
    }
}
