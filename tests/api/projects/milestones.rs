//! Milestones: their fields, their course, their order, what they hold up, and the client's approval.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{
    account, ask, change, expect_conflict, expect_stale, new_project, new_role, new_task, person, project,
    refusals, transition,
};

pub(super) const MILESTONE: &str = "milestone {
  id name notes deliverables dueOn status overdue priority percentage billing { amount currency } clientVisible approval
  approvalRequestedAt approvalDecidedAt approvalComment completedAt version assignee { id } project { id }
  approvalDecidedBy { id }
}";

/// Makes a milestone with these fields and gives its id.
pub(crate) async fn new_milestone(who: &Actor, project: &str, name: &str, mut fields: Value) -> String {
    fields["projectId"] = json!(project);
    fields["name"] = json!(name);
    let made = change(who, "createMilestone", fields, "milestone { id }").await.expect_ok();
    made.text("createMilestone.milestone.id")
}

async fn go(who: &Actor, id: &str, to: &str) -> Answer {
    change(who, "transitionMilestone", json!({ "id": id, "to": to }), MILESTONE).await
}

async fn names(who: &Actor, project: &str) -> Vec<String> {
    let query = "query($id: ID!) { project(id: $id) { milestones(first: 100) { nodes { name } } } }";
    let answer = who.run(query, json!({ "id": project })).await.expect_ok();
    super::asks::texts(&answer, "project.milestones.nodes", "name")
}

// keeps: PR-7
#[tokio::test]
async fn milestone_keeps_what_it_was_given() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, developer) = (acme.manager(), person(&acme, "dev").await);
    let id = new_project(&manager, "With milestones").await;
    let input = json!({
        "projectId": id, "name": "إطلاق المنصة", "notes": "**Quietly**", "deliverables": ["The site", "The manual"],
        "dueOn": "2028-02-29", "priority": "URGENT", "assigneeId": developer,
        "billing": { "amount": 250000, "currency": "EUR" }, "clientVisible": true,
    });
    let made = change(&manager, "createMilestone", input, MILESTONE).await.expect_ok();
    let milestone = made.text("createMilestone.milestone.id");
    assert_eq!(made.text("createMilestone.milestone.status"), "PENDING");
    assert_eq!(made.text("createMilestone.milestone.billing.amount"), "250000");
    assert_eq!(made.text("createMilestone.milestone.assignee.id"), developer);
    assert_eq!(*made.data("createMilestone.milestone.deliverables"), json!(["The site", "The manual"]));
    let changes =
        json!({ "id": milestone, "expectedVersion": 1, "percentage": 40, "dueOn": null, "billing": null });
    let changed = change(&manager, "updateMilestone", changes, MILESTONE).await.expect_ok();
    let changed = changed.data("updateMilestone.milestone");
    assert_eq!(
        (&changed["percentage"], &changed["dueOn"], &changed["billing"]),
        (&json!(40), &Value::Null, &Value::Null)
    );
    assert_eq!(changed["name"], "إطلاق المنصة", "what is left out stays");
    let stale = json!({ "id": milestone, "expectedVersion": 1, "name": "Older" });
    expect_stale(change(&manager, "updateMilestone", stale, MILESTONE).await, 2);
}

// keeps: PR-7
#[tokio::test]
async fn every_wrong_field_of_a_milestone_is_named() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, client) = (acme.manager(), person(&acme, "client").await);
    let stranger = person(&world.agency("globex"), "dev").await;
    let id = new_project(&manager, "Wrong").await;
    for (field, value, path, code) in [
        ("name", json!(" "), "name", "required"),
        ("deliverables", json!(vec!["x"; 51]), "deliverables", "too_many"),
        ("deliverables", json!(["fine", "a\u{1b}b"]), "deliverables.1", "forbidden_character"),
        ("billing", json!({ "amount": -1, "currency": "EUR" }), "billing.amount", "negative"),
        ("assigneeId", json!(client), "assigneeId", "not_staff"),
        ("assigneeId", json!(stranger), "assigneeId", "not_in_tenant"),
    ] {
        let mut input = json!({ "projectId": id, "name": "Fine" });
        input[field] = value;
        change(&manager, "createMilestone", input, MILESTONE).await.expect_field(path, code);
    }
    let milestone = new_milestone(&manager, &id, "Fine", json!({})).await;
    for (value, code) in [(json!(-1), "negative"), (json!(101), "too_large"), (json!(null), "required")] {
        let input = json!({ "id": milestone, "percentage": value });
        change(&manager, "updateMilestone", input, MILESTONE).await.expect_field("percentage", code);
    }
}

// keeps: PR-7, PR-1
#[tokio::test]
async fn review_waits_for_milestones_and_names_those_that_are_open() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Held up").await;
    let first = new_milestone(&manager, &id, "Design", json!({})).await;
    let second = new_milestone(&manager, &id, "Launch", json!({})).await;
    super::asks::walk(&manager, &id, &["PLANNING", "IN_PROGRESS"]).await;
    let begins =
        "Before review and completion every milestone is completed or waived. Still open: Design, Launch.";
    expect_conflict(transition(&manager, &id, "REVIEW").await, begins);
    let done = go(&manager, &first, "COMPLETED").await.expect_ok();
    assert_eq!(done.number("transitionMilestone.milestone.percentage"), 100);
    assert!(!done.data("transitionMilestone.milestone.completedAt").is_null());
    let begins = "Before review and completion every milestone is completed or waived. Still open: Launch.";
    expect_conflict(transition(&manager, &id, "REVIEW").await, begins);
    go(&manager, &second, "WAIVED").await.expect_ok();
    transition(&manager, &id, "REVIEW").await.expect_ok();
    expect_conflict(go(&manager, &second, "WAIVED").await, "This milestone is WAIVED already.");
}

// keeps: PR-7
#[tokio::test]
async fn milestone_is_overdue_from_the_agencys_next_day_on() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Late").await;
    let today = world.clock.now().date_naive();
    let milestone = new_milestone(&manager, &id, "Due", json!({ "dueOn": today.to_string() })).await;
    let late = async || {
        let query = "query($id: ID!) { milestone(id: $id) { overdue }
          late: milestones(filter: { ids: [$id], overdue: true }) { totalCount }
          fine: milestones(filter: { ids: [$id], overdue: false }) { totalCount } }";
        let answer = manager.run(query, json!({ "id": milestone })).await.expect_ok();
        let overdue = *answer.data("milestone.overdue") == json!(true);
        assert_eq!(
            (answer.number("late.totalCount") == 1, answer.number("fine.totalCount") == 0),
            (overdue, overdue)
        );
        overdue
    };
    assert!(!late().await, "not on the day itself");
    world.clock.advance(std::time::Duration::from_secs(24 * 60 * 60));
    assert!(late().await);
    go(&manager, &milestone, "COMPLETED").await.expect_ok();
    assert!(!late().await, "what is reached is not late");
    go(&manager, &milestone, "IN_PROGRESS").await.expect_ok();
    assert!(late().await, "nothing about it is stored");
}

// keeps: PR-7
#[tokio::test]
async fn milestones_stand_in_the_order_they_were_put() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Order").await;
    let a = new_milestone(&manager, &id, "a", json!({})).await;
    new_milestone(&manager, &id, "b", json!({})).await;
    let c = new_milestone(&manager, &id, "c", json!({ "before": a })).await;
    assert_eq!(names(&manager, &id).await, ["c", "a", "b"]);
    change(&manager, "moveMilestone", json!({ "id": c, "after": a }), MILESTONE).await.expect_ok();
    assert_eq!(names(&manager, &id).await, ["a", "c", "b"]);
    change(&manager, "moveMilestone", json!({ "id": a }), MILESTONE).await.expect_ok();
    assert_eq!(names(&manager, &id).await, ["c", "b", "a"]);
    let other = new_milestone(&manager, &new_project(&manager, "Other").await, "x", json!({})).await;
    for neighbour in [&other, &c] {
        change(&manager, "moveMilestone", json!({ "id": c, "after": neighbour }), MILESTONE)
            .await
            .expect_field("after", "other_project");
    }
}

// keeps: PR-7
#[tokio::test]
async fn client_approves_or_rejects_what_they_were_asked_about() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), project(&acme, 1).await);
    let milestone = new_milestone(&owner, &id, "Look", json!({ "clientVisible": true })).await;
    // What is for the team alone is not asked for: the client may not see it.
    let fields = "milestone { approval approvalComment approvalDecidedAt approvalDecidedBy { id } }";
    let answer = async |who: &Actor, name: &str, comment: &str| {
        change(who, name, json!({ "id": milestone, "comment": comment }), fields).await
    };
    expect_conflict(answer(&client, "approveMilestone", "Yes").await, "Nobody has asked");
    let request =
        async || change(&owner, "requestMilestoneApproval", json!({ "id": milestone }), MILESTONE).await;
    let asked = request().await.expect_ok();
    assert_eq!(asked.text("requestMilestoneApproval.milestone.approval"), "REQUESTED");
    expect_conflict(request().await, "The client has been asked");
    answer(&owner, "approveMilestone", "For them").await.expect_code("FORBIDDEN");
    answer(&acme.manager(), "approveMilestone", "For them").await.expect_code("FORBIDDEN");
    answer(&client, "rejectMilestone", "  ").await.expect_field("comment", "required");
    let rejected = answer(&client, "rejectMilestone", "The logo is missing").await.expect_ok();
    let rejected = rejected.data("rejectMilestone.milestone").clone();
    assert_eq!(
        (&rejected["approval"], &rejected["approvalComment"]),
        (&json!("REJECTED"), &json!("The logo is missing"))
    );
    assert_eq!(rejected["approvalDecidedBy"]["id"], person(&acme, "client").await.as_str());
    request().await.expect_ok();
    let approved = answer(&acme.client_admin(), "approveMilestone", "Now yes").await.expect_ok();
    assert_eq!(approved.text("approveMilestone.milestone.approval"), "APPROVED");
    assert!(!approved.data("approveMilestone.milestone.approvalDecidedAt").is_null());
    expect_conflict(answer(&client, "rejectMilestone", "No").await, "Nobody has asked");
    expect_conflict(go(&owner, &milestone, "WAIVED").await, "The client approved this milestone");
    let remove = change(&owner, "deleteMilestone", json!({ "id": milestone }), "id").await;
    expect_conflict(remove, "The client approved this milestone");
}

// keeps: PR-7, ID-22
#[tokio::test]
async fn client_sees_and_approves_only_what_is_marked_for_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client) = (acme.owner(), acme.client());
    let (own, other) = (project(&acme, 1).await, project(&acme, 3).await);
    let shown = json!({ "clientVisible": true, "notes": "They pay late", "billing": { "amount": 9, "currency": "EUR" } });
    let seen = new_milestone(&owner, &own, "Seen", shown.clone()).await;
    let hidden = new_milestone(&owner, &own, "Hidden", json!({})).await;
    let foreign = new_milestone(&owner, &other, "Foreign", shown).await;
    let list = names(&client, &own).await;
    assert!(list.contains(&"Seen".to_owned()) && !list.contains(&"Hidden".to_owned()), "{list:?}");
    for id in [&hidden, &foreign] {
        client
            .run("query($id: ID!) { milestone(id: $id) { id } }", json!({ "id": id }))
            .await
            .expect_code("NOT_FOUND");
        change(&client, "approveMilestone", json!({ "id": id }), "milestone { id }")
            .await
            .expect_code("NOT_FOUND");
    }
    let query =
        "query($id: ID!) { milestone(id: $id) { name notes billing { amount } tasks { totalCount } } }";
    let answer = client.run(query, json!({ "id": seen })).await;
    let refused = ["billing", "notes"].map(|name| (format!("milestone.{name}"), "FORBIDDEN".to_owned()));
    assert_eq!(refusals(&answer), refused, "{answer}");
    assert!(!answer.body.to_string().contains("pay late"));
    change(&owner, "requestMilestoneApproval", json!({ "id": hidden }), MILESTONE)
        .await
        .expect_code("CONFLICT");
    for who in [acme.developer(), acme.sales(), acme.viewer()] {
        let answer = who.run(query, json!({ "id": seen })).await;
        let told = refusals(&answer);
        assert!(
            told.iter().any(|(path, _)| path == "milestone.billing") || answer.code() == Some("NOT_FOUND"),
            "{answer}"
        );
    }
}

// keeps: PR-7
#[tokio::test]
async fn billing_is_set_by_who_may_set_budgets() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let id = project(&acme, 1).await;
    let role = new_role(
        &acme,
        "Planner",
        &[
            ("projects.project.read", "TENANT"),
            ("projects.milestone.read", "TENANT"),
            ("projects.milestone.write", "TENANT"),
        ],
    );
    let role = role.await;
    let editor = acme.editor();
    let input = json!({ "userId": person(&acme, "editor").await, "roleId": role });
    change(&owner, "assignRole", input, "user { id }").await.expect_ok();
    let made = json!({ "projectId": id, "name": "Free" });
    super::asks::eventually("the role counts", async || {
        change(&editor, "createMilestone", made.clone(), "milestone { id }").await.code().is_none()
    })
    .await;
    let billed = json!({ "projectId": id, "name": "Billed", "billing": { "amount": 1, "currency": "EUR" } });
    change(&editor, "createMilestone", billed, "milestone { id }").await.expect_code("FORBIDDEN");
    let milestone = new_milestone(&owner, &id, "Mine", json!({ "clientVisible": true })).await;
    let cleared = json!({ "id": milestone, "billing": null });
    change(&editor, "updateMilestone", cleared, "milestone { id }").await.expect_code("FORBIDDEN");
}

// keeps: PR-7
#[tokio::test]
async fn tasks_outlive_their_milestone() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Removed").await;
    let milestone = new_milestone(&manager, &id, "Gone", json!({})).await;
    let task = new_task(&manager, &id, "Stays").await;
    let into = json!({ "id": task, "milestoneId": milestone });
    change(&manager, "updateTask", into, "task { id }").await.expect_ok();
    let query = "query($id: ID!) { milestone(id: $id) { tasks { nodes { title milestone { name } } } } }";
    let listed = manager.run(query, json!({ "id": milestone })).await.expect_ok();
    assert_eq!(listed.text("milestone.tasks.nodes.0.milestone.name"), "Gone");
    let other = new_milestone(&manager, &new_project(&manager, "Other").await, "Far", json!({})).await;
    change(&manager, "updateTask", json!({ "id": task, "milestoneId": other }), "task { id }")
        .await
        .expect_field("milestoneId", "other_project");
    change(&manager, "deleteMilestone", json!({ "id": milestone }), "id").await.expect_ok();
    let query = "query($id: ID!) { task(id: $id) { title milestone { id } } }";
    let left = manager.run(query, json!({ "id": task })).await.expect_ok();
    assert!(left.data("task.milestone").is_null());
}

// keeps: PR-7, PR-1
#[tokio::test]
async fn progress_is_the_mean_of_milestones_that_are_not_waived() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_project(&manager, "Progress").await;
    let progress = async || {
        let query = "query($id: ID!) { project(id: $id) { progress } }";
        manager.run(query, json!({ "id": id })).await.expect_ok().number("project.progress")
    };
    new_task(&manager, &id, "Counts only without milestones").await;
    assert_eq!(progress().await, 0);
    let a = new_milestone(&manager, &id, "a", json!({})).await;
    let b = new_milestone(&manager, &id, "b", json!({})).await;
    let c = new_milestone(&manager, &id, "c", json!({})).await;
    go(&manager, &a, "COMPLETED").await.expect_ok();
    change(&manager, "updateMilestone", json!({ "id": b, "percentage": 50 }), MILESTONE).await.expect_ok();
    assert_eq!(progress().await, 50);
    go(&manager, &c, "WAIVED").await.expect_ok();
    assert_eq!(progress().await, 75);
}

// keeps: PR-7
#[tokio::test]
async fn milestones_of_many_projects_are_one_statement() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let query = "query($first: Int!) { projects(first: $first) { nodes { progress milestones(first: 10) { nodes { name
      assignee { id } predecessors { id } tasks(first: 5) { nodes { title } } } } } } }";
    let owner = acme.owner();
    let few = owner.run(query, json!({ "first": 2 })).await.expect_ok().statements.unwrap();
    let many = owner.run(query, json!({ "first": 6 })).await.expect_ok();
    many.expect_statements(few);
    assert_eq!(account(&acme, 1).await, account(&acme, 2).await, "two projects are for one client");
    let late = ask(&owner, "{ milestones(filter: { overdue: true }) { totalCount } }").await.expect_ok();
    assert!(late.number("milestones.totalCount") > 0, "the demonstration has some that are late");
}
