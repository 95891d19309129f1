//! Status reports: made from data, edited, published once, and read by the client without what is for the team.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{account, ask, change, column, expect_conflict, expect_stale, new_project, project, refusals},
    milestones::new_milestone,
    risks::new_risk,
};
use crate::time::asks::logged;

const REPORT: &str = "statusReport {
  id weekStart revision status summary achievements nextSteps notes tasksDone tasksOpen tasksOverdue doneTasks minutes
  reportedMilestones { name dueOn status percentage overdue } reportedRisks { title score status } publishedAt version
  publishedBy { id }
}";

async fn step(who: &Actor, name: &str, id: &str) -> Answer {
    change(who, name, json!({ "id": id }), REPORT).await
}

/// Makes a report on the present week and gives it.
async fn report(who: &Actor, project: &str) -> Value {
    let made = change(who, "createStatusReport", json!({ "projectId": project }), REPORT).await.expect_ok();
    made.data("createStatusReport.statusReport").clone()
}

// keeps: PR-20
#[tokio::test]
async fn report_is_made_from_the_data_of_its_week() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id) = (acme.manager(), new_project(&acme.manager(), "Reported").await);
    let shown = json!({ "clientVisible": true, "dueOn": "2026-03-10" });
    new_milestone(&manager, &id, "Launch *now*", shown).await;
    new_milestone(&manager, &id, "Inner", json!({ "dueOn": "2026-02-01" })).await;
    let done = column(&manager, &id, "Done").await;
    for (title, input) in [
        ("Finished", json!({ "columnId": done })),
        ("Late", json!({ "dueOn": "2026-02-28" })),
        ("Soon", json!({ "dueOn": "2026-03-12" })),
    ] {
        let mut input = input;
        (input["projectId"], input["title"]) = (json!(id), json!(title));
        change(&manager, "createTask", input, "task { id }").await.expect_ok();
    }
    new_risk(&manager, &id, "Mild", (1, 1), json!({})).await;
    new_risk(&manager, &id, "Bad", (5, 5), json!({})).await;
    logged(&manager, &id, "2026-03-02", 90).await;
    logged(&manager, &id, "2026-03-01", 15).await;
    let made = report(&manager, &id).await;
    assert_eq!((&made["weekStart"], &made["revision"]), (&json!("2026-03-02"), &json!(1)));
    assert_eq!(
        [&made["tasksDone"], &made["tasksOpen"], &made["tasksOverdue"], &made["minutes"]],
        [&json!(1), &json!(2), &json!(1), &json!(90)],
        "{made}"
    );
    assert_eq!(made["doneTasks"], json!(["Finished"]));
    assert_eq!(
        (&made["achievements"], &made["nextSteps"]),
        (&json!("- Finished"), &json!("- **Launch \\*now\\***\n- Soon"))
    );
    let names: Vec<&Value> =
        made["reportedMilestones"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(names, [&json!("Launch *now*"), &json!("Inner")]);
    assert_eq!(made["reportedMilestones"][1]["overdue"], true);
    assert_eq!(made["reportedRisks"][0], json!({ "title": "Bad", "score": 25, "status": "OPEN" }));
    let again =
        change(&manager, "createStatusReport", json!({ "projectId": id, "weekOf": "2026-03-08" }), REPORT);
    expect_conflict(again.await, "There is a report on this week");
    let future = json!({ "projectId": id, "weekOf": "2026-03-09" });
    change(&manager, "createStatusReport", future, REPORT).await.expect_field("weekOf", "in_future");
    let old = json!({ "projectId": id, "weekOf": "2024-02-29" });
    let old = change(&manager, "createStatusReport", old, REPORT).await.expect_ok();
    assert_eq!(old.text("createStatusReport.statusReport.weekStart"), "2024-02-26");
    assert_eq!(old.number("createStatusReport.statusReport.minutes"), 0);
}

// keeps: PR-20
#[tokio::test]
async fn published_report_stays_and_is_followed_by_a_revision() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let project = new_project(&manager, "Revised").await;
    let id = report(&manager, &project).await["id"].as_str().unwrap().to_owned();
    let edit = json!({ "id": id, "expectedVersion": 1, "summary": "All is well", "notes": "It is not" });
    let edited = change(&manager, "updateStatusReport", edit.clone(), REPORT).await.expect_ok();
    assert_eq!(edited.text("updateStatusReport.statusReport.summary"), "All is well");
    expect_stale(change(&manager, "updateStatusReport", edit.clone(), REPORT).await, 2);
    super::asks::new_task(&manager, &project, "New").await;
    let fresh = step(&manager, "refreshStatusReport", &id).await.expect_ok();
    assert_eq!(fresh.number("refreshStatusReport.statusReport.tasksOpen"), 1);
    assert_eq!(fresh.text("refreshStatusReport.statusReport.summary"), "All is well");
    expect_conflict(step(&manager, "reviseStatusReport", &id).await, "This report is a draft");
    let published = step(&manager, "publishStatusReport", &id).await.expect_ok();
    assert!(!published.data("publishStatusReport.statusReport.publishedAt").is_null());
    for name in ["publishStatusReport", "refreshStatusReport", "deleteStatusReport"] {
        let fields = if name.starts_with("delete") { "id" } else { REPORT };
        let refused = change(&manager, name, json!({ "id": id }), fields).await;
        expect_conflict(refused, "This report is published");
    }
    let edit = json!({ "id": id, "summary": "Otherwise" });
    expect_conflict(change(&manager, "updateStatusReport", edit, REPORT).await, "This report is published");
    let second = step(&manager, "reviseStatusReport", &id).await.expect_ok();
    let second = second.data("reviseStatusReport.statusReport").clone();
    assert_eq!((&second["revision"], &second["summary"]), (&json!(2), &json!("All is well")));
    assert_eq!(second["status"], "DRAFT");
    expect_conflict(step(&manager, "reviseStatusReport", &id).await, "There is a report on this week");
    change(&manager, "deleteStatusReport", json!({ "id": second["id"] }), "id").await.expect_ok();
}

// keeps: PR-20, ID-22
#[tokio::test]
async fn client_reads_published_reports_without_hours_risks_and_notes() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client) = (acme.owner(), acme.client());
    let input = json!({ "name": "Shown", "accountId": account(&acme, 1).await });
    let made = change(&owner, "createProject", input, "project { id }").await.expect_ok();
    let project_id = made.text("createProject.project.id");
    new_milestone(&owner, &project_id, "Theirs", json!({ "clientVisible": true })).await;
    new_milestone(&owner, &project_id, "Secret", json!({})).await;
    new_risk(&owner, &project_id, "They are slow", (5, 5), json!({})).await;
    let id = report(&owner, &project_id).await["id"].as_str().unwrap().to_owned();
    let notes = json!({ "id": id, "notes": "They never answer" });
    change(&owner, "updateStatusReport", notes, REPORT).await.expect_ok();
    let query = "query($id: ID!) { statusReport(id: $id) { summary notes minutes reportedRisks { title }
      reportedMilestones { name } } }";
    client.run(query, json!({ "id": id })).await.expect_code("NOT_FOUND");
    step(&owner, "publishStatusReport", &id).await.expect_ok();
    let answer = client.run(query, json!({ "id": id })).await;
    let refused = ["minutes", "notes", "reportedRisks"]
        .map(|name| (format!("statusReport.{name}"), "FORBIDDEN".to_owned()));
    assert_eq!(refusals(&answer), refused, "{answer}");
    assert_eq!(*answer.data("statusReport.reportedMilestones"), json!([{ "name": "Theirs" }]));
    let said = answer.body.to_string();
    assert!(["Secret", "slow", "never"].iter().all(|word| !said.contains(word)), "{answer}");
    let all =
        ask(&client, "{ statusReports(first: 100) { nodes { status project { account { id } } } } }").await;
    let all = all.expect_ok();
    assert!(all.each("statusReports.nodes", "status").iter().all(|status| *status == "PUBLISHED"));
    let foreign = report(&owner, &project(&acme, 3).await).await;
    let foreign = match foreign["id"].as_str() {
        Some(id) => id.to_owned(),
        None => panic!("{foreign}"),
    };
    step(&owner, "publishStatusReport", &foreign).await.expect_ok();
    client.run(query, json!({ "id": foreign })).await.expect_code("NOT_FOUND");
    let developer = acme.developer().run(query, json!({ "id": foreign })).await;
    assert!(matches!(developer.code(), Some("NOT_FOUND" | "FORBIDDEN")), "{developer}");
}
