//! What tests of time ask again and again.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tests::{Actor, Agency, Answer, World};

use crate::projects::asks::{change, new_member, new_project, person};

/// Everything about an entry that is no money.
pub const ENTRY: &str = "id spentOn minutes startedAt endedAt description billable flagged status reason claimed \
  version project { id } task { id } activityType { id } user { id } timesheet { id }";

/// Writes down time.
pub async fn log(who: &Actor, input: Value) -> Answer {
    let fields = format!("timeEntries {{ {ENTRY} }} warnings {{ code timeEntry {{ id }} }}");
    change(who, "createTimeEntry", input, &fields).await
}

/// Writes down so many minutes of a day on a project and gives the id of the entry.
pub async fn logged(who: &Actor, project: &str, day: &str, minutes: i64) -> String {
    let input = json!({ "projectId": project, "spentOn": day, "minutes": minutes });
    log(who, input).await.expect_ok().text("createTimeEntry.timeEntries.0.id")
}

/// A project of the manager with the developer on its team.
pub async fn shared_project(acme: &Agency<'_>, name: &str) -> String {
    let project = new_project(&acme.manager(), name).await;
    new_member(&acme.manager(), &project, &person(acme, "dev").await).await;
    project
}

/// An entry as somebody reads it.
pub async fn read_entry(who: &Actor, id: &str) -> Answer {
    let query = format!("query($id: ID!) {{ timeEntry(id: $id) {{ {ENTRY} }} }}");
    who.run(&query, json!({ "id": id })).await
}

/// What an hour of an entry is billed at and costs, as somebody reads it.
pub async fn read_rates(who: &Actor, id: &str) -> Answer {
    let query = "query($id: ID!) { timeEntry(id: $id) {
      billRate { amount { amount currency } source explanation fixed }
      costRate { amount { amount currency } source explanation fixed }
    } }";
    who.run(query, json!({ "id": id })).await
}

/// Starts a timer on a project.
pub async fn start(who: &Actor, project: &str) -> Answer {
    let fields = "timer { id startedAt minutes billable description project { id } }";
    change(who, "startTimer", json!({ "projectId": project }), fields).await
}

/// Stops the timer.
pub async fn stop(who: &Actor, input: Value) -> Answer {
    change(who, "stopTimer", input, &format!("timeEntries {{ {ENTRY} }}")).await
}

/// Hands in a week.
pub async fn submit(who: &Actor, monday: &str) -> Answer {
    change(who, "submitTimesheet", json!({ "weekStart": monday }), "timesheet { id status version }").await
}

/// Approves entries.
pub async fn approve(who: &Actor, ids: &[&str]) -> Answer {
    change(who, "approveTimeEntries", json!({ "ids": ids }), &format!("timeEntries {{ {ENTRY} }}")).await
}

/// Changes how the agency keeps time.
pub async fn arrange(who: &Actor, input: Value) -> Answer {
    let fields = "timeSettings { roundingMode roundingStep roundingScope minimumMinutes timerHours timerAction reminders
      lockedThrough version }";
    change(who, "updateTimeSettings", input, fields).await
}

/// Sets the clock of a world.
pub fn set(world: &World, time: &str) {
    let time: DateTime<Utc> = time.parse().expect("a time of RFC 3339");
    world.clock.set(time);
}

/// The platform acting in an agency.
pub async fn platform(world: &World, slug: &str) -> kernel::viewer::Viewer {
    let app = world.app(0);
    let tenant = identity::tenant::find_by_slug(&app.db, slug).await.unwrap().unwrap();
    kernel::viewer::Viewer::system(identity::tenant::info(&tenant), app.clock.clone(), app.ids.clone())
}
