//! Plans that reach far ahead: holidays and leave count however late they are.

use serde_json::{Value, json};
use tests::{Actor, World};

use super::{
    asks::{change, me, new_project, person, walk},
    schedules::{bar, early, hours, planned, schedule, wait},
};

/// Leave of somebody that is approved.
pub(super) async fn away(who: &Actor, decider: &Actor, from: &str, to: &str) {
    let leave = json!({ "kind": "UNPAID", "from": from, "to": to });
    let asked = change(who, "requestLeave", leave, "leave { id }").await.expect_ok();
    let leave = asked.text("requestLeave.leave.id");
    change(decider, "approveLeave", json!({ "id": leave }), "leave { id }").await.expect_ok();
}

/// From nine to five on working days, with the public holidays of Germany.
async fn german(who: &Actor) {
    let day = json!({ "hours": [{ "from": "09:00", "to": "17:00" }] });
    let free = json!({ "hours": [] });
    let week = json!([day, day, day, day, day, free, free]);
    let calendar = json!({ "name": "DE", "country": "DE", "weeklyHours": week });
    change(who, "createWorkCalendar", calendar, "workCalendar { id }").await.expect_ok();
}

/// A project that starts on this day.
async fn starting(who: &Actor, day: &str) -> String {
    let id = new_project(who, "Far ahead").await;
    let start = json!({ "id": id, "estimatedStart": day });
    change(who, "updateProject", start, "project { id }").await.expect_ok();
    id
}

/// How many days the agency works from one day to another.
async fn working_days(who: &Actor, spans: &[(&str, &str)]) -> i64 {
    let query = "query($from: Date!, $to: Date!) { workingDays(from: $from, to: $to) { minutes } }";
    let mut count = 0;
    for (from, to) in spans {
        let told = who.run(query, json!({ "from": from, "to": to })).await.expect_ok();
        count += told.list("workingDays").iter().filter(|day| day["minutes"] != 0).count();
    }
    count as i64
}

// keeps: PR-11, PR-27
#[tokio::test]
async fn undated_work_waits_until_years_of_leave_are_over() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), acme.developer());
    let id = starting(&manager, "2026-03-09").await;
    away(&dev, &manager, "2026-03-09", "2029-03-09").await;
    let mut more = hours(16);
    more["assigneeIds"] = json!([person(&acme, "dev").await]);
    let task = planned(&manager, &id, "Theirs", more).await;
    let told = schedule(&manager, &id).await.expect_ok().expect_statements(21);
    assert_eq!(early(&told, &task)[0][..10], *"2029-03-12", "{told}");
}

// keeps: PR-10, PR-11
#[tokio::test]
async fn holidays_count_after_more_than_a_year_of_undated_work() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    german(&manager).await;
    let id = starting(&manager, "2026-03-09").await;
    let spans = [("2026-03-09", "2026-12-31"), ("2027-01-01", "2027-12-31"), ("2028-01-01", "2028-04-13")];
    let days = working_days(&manager, &spans).await;
    let long = planned(&manager, &id, "Until Maundy Thursday", hours(8 * days)).await;
    let after = planned(&manager, &id, "After", hours(8)).await;
    wait(&manager, &id, &long, &after, json!({})).await;
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&told, &long)[1], "2028-04-13T15:00:00Z");
    assert_eq!(early(&told, &after)[0], "2028-04-18T07:00:00Z", "over Good Friday and Easter Monday");
}

// keeps: PR-10, PR-11
#[tokio::test]
async fn what_is_put_years_ahead_is_placed_as_the_schedule_then_says() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    german(&manager).await;
    let id = starting(&manager, "2026-03-09").await;
    let task = planned(&manager, &id, "Before and after Christmas", hours(40)).await;
    let changes = json!([{ "taskId": task, "startOn": "2028-12-20" }]);
    let query = "query($id: ID!, $changes: [RescheduleChangeInput!]!) {
      previewReschedule(projectId: $id, changes: $changes) { token moves { toStartOn toDueOn } } }";
    let told = manager.run(query, json!({ "id": id, "changes": changes })).await.expect_ok();
    let to = json!([{ "toStartOn": "2028-12-20", "toDueOn": "2028-12-28" }]);
    assert_eq!(*told.data("previewReschedule.moves"), to);
    let token = told.text("previewReschedule.token");
    let input = json!({ "projectId": id, "changes": changes, "token": token });
    change(&manager, "applyReschedule", input, "finish").await.expect_ok();
    let nothing = manager.run(query, json!({ "id": id, "changes": [] })).await.expect_ok();
    assert_eq!(*nothing.data("previewReschedule.moves"), Value::Array(Vec::new()));
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&told, &task), ["2028-12-20T08:00:00Z", "2028-12-28T16:00:00Z"]);
}

// keeps: PR-11, PR-27
#[tokio::test]
async fn task_of_several_people_is_not_done_while_one_of_them_is_away() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), acme.developer());
    let id = starting(&manager, "2026-03-09").await;
    away(&dev, &manager, "2026-03-10", "2026-03-13").await;
    let both = json!([me(&manager).await, person(&acme, "dev").await]);
    let mut more = hours(16);
    more["assigneeIds"] = both;
    let task = planned(&manager, &id, "Together", more).await;
    let told = schedule(&manager, &id).await.expect_ok();
    let dates = early(&told, &task).map(|at| at[..10].to_owned());
    assert_eq!(dates, ["2026-03-09", "2026-03-16"], "{told}");
    assert_eq!(bar(&told, &task)["calendarUserId"], Value::Null);
    let of = told.each("schedule.calendars", "userId");
    assert_eq!(of.iter().filter(|user| user.is_null()).count(), 1, "the agency's alone is nobody's");
}

// keeps: PR-11
#[tokio::test]
async fn what_was_begun_early_waits_for_no_start_that_was_planned() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = starting(&manager, "2026-04-01").await;
    let task = planned(&manager, &id, "First", hours(8)).await;
    let told = schedule(&manager, &id).await.expect_ok();
    assert_eq!(early(&told, &task)[0][..10], *"2026-04-01");
    walk(&manager, &id, &["PLANNING", "IN_PROGRESS"]).await;
    let told = schedule(&manager, &id).await.expect_ok();
    let today = world.clock.now().date_naive().to_string();
    assert_eq!(early(&told, &task)[0][..10], *today, "{told}");
}

// keeps: PR-14, PR-27
#[tokio::test]
async fn forecast_knows_of_leave_as_far_as_its_draws_reach() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), acme.developer());
    let id = starting(&manager, "2026-03-09").await;
    away(&dev, &manager, "2027-05-01", "2028-05-01").await;
    let day = 8 * 60;
    let more = json!({ "assigneeIds": [person(&acme, "dev").await], "plan": {
        "optimisticMinutes": 260 * day, "durationMinutes": 260 * day, "pessimisticMinutes": 520 * day } });
    planned(&manager, &id, "A year or two", more).await;
    let query = "query($id: ID!) { completionForecast(projectId: $id, runs: 200) { finish p50 p95 } }";
    let told = manager.run(query, json!({ "id": id })).await.expect_ok();
    let at = |name: &str| told.text(&format!("completionForecast.{name}"));
    assert!(at("finish").as_str() < "2027-04-01", "{told}");
    assert!(at("p95").as_str() > "2028-05-01", "nobody works in the year of leave\n{told}");
}
