//! `projectChanged`: who hears what happens to a project, and who does not, or not any more.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Socket, Subscription, World};

use super::asks::{change, new_member, new_project, new_task, person, project, role, transition};
use super::milestones::new_milestone;

const CHANGES: &str = "subscription($id: ID) { projectChanged(id: $id) {
  kind changedFields taskId project { id code name status version }
} }";

/// Somebody who listens.
pub(super) struct Ears {
    changes: Subscription,
    _socket: Socket,
}

impl Ears {
    /// Listens to changes of one project, or of all that `who` sees; `herald` makes the noise by which one knows that it
    /// has begun, in a project that `who` sees.
    pub(super) async fn of(who: &Actor, about: Option<&str>, herald: &Actor, project: &str) -> Self {
        let mut socket = who.socket().await;
        let mut changes = socket.subscribe(CHANGES, json!({ "id": about }));
        // Reason: the protocol does not tell when a subscription has begun, so something happens until it is heard.
        for _ in 0..100 {
            new_task(herald, project, "Hear, hear").await;
            if let Ok(heard) = changes.next_within(Duration::from_millis(100)).await {
                assert!(heard.is_some(), "the subscription ended at once");
                break;
            }
        }
        let mut ears = Self { changes, _socket: socket };
        ears.until(herald, project).await;
        ears
    }

    /// What was heard until a task that is made now in a project in sight.
    pub(super) async fn until(&mut self, herald: &Actor, project: &str) -> Vec<Value> {
        let last = new_task(herald, project, "That was all").await;
        let mut heard = Vec::new();
        loop {
            let message = self.next().await;
            if message["taskId"] == last.as_str() {
                return heard;
            }
            heard.push(message);
        }
    }

    async fn next(&mut self) -> Value {
        let payload = self.changes.next().await.expect("the subscription goes on");
        assert!(payload["errors"].is_null(), "{payload:#}");
        payload["data"]["projectChanged"].clone()
    }
}

/// Kind and changed fields of messages.
fn told(heard: &[Value]) -> Vec<(String, Value)> {
    let one =
        |message: &Value| (message["kind"].as_str().unwrap().to_owned(), message["changedFields"].clone());
    heard.iter().map(one).collect()
}

// keeps: PR-1, PR-3, PR-8
#[tokio::test]
async fn each_change_of_a_project_is_heard_once_with_what_changed() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, admin, id) = (acme.manager(), acme.admin(), project(&acme, 1).await);
    let (sales, developer) = (person(&acme, "sales").await, person(&acme, "dev").await);
    let mut ears = Ears::of(&manager, Some(&id), &admin, &id).await;
    let renamed = json!({ "id": id, "name": "Heard", "expectedDelivery": "2028-02-29" });
    change(&admin, "updateProject", renamed, "project { id }").await.expect_ok();
    let first = ears.next().await;
    assert_eq!(first["project"]["name"], "Heard", "the message shows what is");
    transition(&admin, &id, "ON_HOLD").await.expect_ok();
    let member = new_member(&admin, &id, &sales).await;
    let titled = json!({ "id": member, "title": "Seller", "billRate": { "amount": 1, "currency": "EUR" } });
    change(&admin, "updateProjectMember", titled, "member { id }").await.expect_ok();
    let task = new_task(&admin, &id, "Told").await;
    let assigned = json!({ "id": task, "assigneeIds": [developer], "blockedReason": "No key" });
    change(&admin, "updateTask", assigned, "task { id }").await.expect_ok();
    change(&admin, "moveTask", json!({ "id": task }), "task { id }").await.expect_ok();
    change(&admin, "archiveProject", json!({ "id": id }), "project { id }").await.expect_ok();
    change(&admin, "restoreProject", json!({ "id": id }), "project { id }").await.expect_ok();
    let heard = ears.until(&admin, &id).await;
    let heard = told(&[&[first], heard.as_slice()].concat());
    let expected = [
        ("UPDATED", json!(["name", "expectedDelivery"])),
        ("TRANSITIONED", json!(["status"])),
        ("TEAM_CHANGED", json!([])),
        ("TEAM_CHANGED", json!(["title", "billRate"])),
        ("TASK_CREATED", json!([])),
        ("TASK_UPDATED", json!(["blockedReason"])),
        ("TASK_ASSIGNED", json!(["assignees"])),
        ("TASK_UPDATED", json!(["rank"])),
        ("UPDATED", json!(["archivedAt"])),
        ("UPDATED", json!(["archivedAt"])),
    ];
    assert_eq!(heard, expected.map(|(kind, fields)| (kind.to_owned(), fields)));
}

// keeps: PR-7, PR-8, PR-9, ID-22
#[tokio::test]
async fn what_is_removed_and_said_otherwise_is_heard_by_those_it_was_for() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let task = new_task(&owner, &id, "Waits").await;
    let mut ears = [
        Ears::of(&acme.manager(), Some(&id), &owner, &id).await,
        Ears::of(&acme.client(), Some(&id), &owner, &id).await,
    ];
    for shown in [true, false] {
        let milestone = new_milestone(&owner, &id, "Short", json!({ "clientVisible": shown })).await;
        let waits = json!({ "projectId": id, "predecessorTaskId": task, "successorMilestoneId": milestone });
        change(&owner, "createDependency", waits, "dependency { id }").await.expect_ok();
        let said = json!({ "taskId": task, "body": "Frist", "internal": !shown });
        let said = change(&owner, "createTaskComment", said, "comment { id }").await.expect_ok();
        let said = said.text("createTaskComment.comment.id");
        // Reason: what was made is gone before it is told, unless it is waited for.
        kinds(&mut ears, &owner, &id).await;
        let edited = json!({ "id": said, "body": "First" });
        change(&owner, "updateTaskComment", edited, "comment { id }").await.expect_ok();
        let [team, client] = kinds(&mut ears, &owner, &id).await;
        assert_eq!(team, ["COMMENT_EDITED"]);
        assert_eq!(client, if shown { vec!["COMMENT_EDITED"] } else { Vec::new() });
        change(&owner, "deleteMilestone", json!({ "id": milestone }), "id").await.expect_ok();
        change(&owner, "deleteTaskComment", json!({ "id": said }), "id").await.expect_ok();
        let [team, client] = kinds(&mut ears, &owner, &id).await;
        assert_eq!(team, ["DEPENDENCIES_CHANGED", "MILESTONE_REMOVED", "COMMENT_REMOVED"]);
        let both = vec!["MILESTONE_REMOVED", "COMMENT_REMOVED"];
        assert_eq!(client, if shown { both } else { Vec::new() });
    }
}

/// What each of two heard until now, beside the tasks by which one knows.
async fn kinds(ears: &mut [Ears; 2], herald: &Actor, project: &str) -> [Vec<String>; 2] {
    let mut heard = [Vec::new(), Vec::new()];
    for (ears, heard) in ears.iter_mut().zip(&mut heard) {
        *heard = told(&ears.until(herald, project).await).into_iter().map(|(kind, _)| kind).collect();
        heard.retain(|kind| kind != "TASK_CREATED");
    }
    heard
}

// keeps: PR-1
#[tokio::test]
async fn who_listens_to_all_hears_of_every_project_in_sight_and_of_new_ones() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, owner) = (acme.manager(), acme.owner());
    let (led, other) = (project(&acme, 1).await, project(&acme, 3).await);
    let mut ears = Ears::of(&manager, None, &owner, &led).await;
    let task = new_task(&owner, &other, "In the other one").await;
    let made = new_project(&manager, "A new one").await;
    new_project(&owner, "Not in sight").await;
    let heard = ears.until(&owner, &led).await;
    let told: Vec<_> = heard
        .iter()
        .map(|message| (&message["project"]["id"], &message["kind"], &message["taskId"]))
        .collect();
    let expected = [
        (&json!(other), &json!("TASK_CREATED"), &json!(task)),
        (&json!(made), &json!("CREATED"), &Value::Null),
    ];
    assert_eq!(told, expected);
}

// keeps: PR-8
#[tokio::test]
async fn other_people_on_a_task_are_heard_of_once_with_its_new_version() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let task = new_task(&owner, &id, "Whose").await;
    let mut ears = Ears::of(&acme.manager(), Some(&id), &owner, &id).await;
    for people in [json!([person(&acme, "dev").await]), json!([])] {
        let assigned = json!({ "id": task, "assigneeIds": people });
        change(&owner, "updateTask", assigned, "task { id }").await.expect_ok();
    }
    let heard = ears.until(&owner, &id).await;
    let one = || ("TASK_ASSIGNED".to_owned(), json!(["assignees"]));
    assert_eq!(told(&heard), [one(), one()]);
}

// keeps: PR-1, ID-1
#[tokio::test]
async fn other_agency_and_who_is_not_on_the_project_hear_nothing() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let (owner, stranger) = (acme.owner(), globex.owner());
    // Reason: the developer is on the first project and not on the third.
    let (seen, unseen, abroad) =
        (project(&acme, 1).await, project(&acme, 3).await, project(&globex, 1).await);
    let mut developer = Ears::of(&acme.developer(), None, &owner, &seen).await;
    let mut other = Ears::of(&stranger, None, &stranger, &abroad).await;
    let mut one = Ears::of(&acme.manager(), Some(&seen), &owner, &seen).await;
    change(&owner, "updateProject", json!({ "id": unseen, "name": "Silent" }), "project { id }")
        .await
        .expect_ok();
    let task = new_task(&owner, &unseen, "Silent").await;
    change(&owner, "updateTask", json!({ "id": task, "title": "Still silent" }), "task { id }")
        .await
        .expect_ok();
    new_member(&owner, &unseen, &person(&acme, "sales").await).await;
    transition(&owner, &unseen, "IN_PROGRESS").await.expect_ok();
    assert_eq!(other.until(&stranger, &abroad).await, Vec::<Value>::new());
    for heard in [developer.until(&owner, &seen).await, one.until(&owner, &seen).await] {
        // Reason: each hears of the project in sight, where the others' beginnings were heralded.
        assert!(heard.iter().all(|message| message["project"]["id"] == seen.as_str()), "{heard:#?}");
    }
}

// keeps: PR-1, PR-3
#[tokio::test]
async fn who_leaves_a_project_hears_nothing_of_it_any_more() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, developer) = (acme.owner(), person(&acme, "dev").await);
    let (left, kept) = (new_project(&owner, "Left").await, project(&acme, 1).await);
    let member = new_member(&owner, &left, &developer).await;
    let mut ears = Ears::of(&acme.developer(), None, &owner, &left).await;
    let rename = async |name: &str| {
        change(&owner, "updateProject", json!({ "id": left, "name": name }), "project { id }")
            .await
            .expect_ok();
    };
    rename("Heard").await;
    assert_eq!(ears.next().await["project"]["name"], "Heard");
    change(&owner, "removeProjectMember", json!({ "id": member }), "member { id }").await.expect_ok();
    rename("Unheard").await;
    new_task(&owner, &left, "Unheard").await;
    let heard = ears.until(&owner, &kept).await;
    assert_eq!(heard, Vec::<Value>::new(), "not even that they left");
    new_member(&owner, &left, &developer).await;
    rename("Heard again").await;
    let again = ears.until(&owner, &kept).await;
    assert_eq!(again.last().unwrap()["project"]["name"], "Heard again");
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn who_loses_the_role_is_told_to_subscribe_again_and_hears_nothing() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let mut ears = Ears::of(&acme.developer(), None, &owner, &id).await;
    let input = json!({ "userId": person(&acme, "dev").await, "roleId": role(&acme, "team_member").await });
    change(&owner, "revokeRole", input, "user { id }").await.expect_ok();
    change(&owner, "updateProject", json!({ "id": id, "name": "Secret" }), "project { id }")
        .await
        .expect_ok();
    let errors = ears.changes.refused().await;
    assert_eq!(errors[0]["extensions"]["code"], "FORBIDDEN", "{errors:#?}");
    assert!(!json!(errors).to_string().contains("Secret"));
    let mut again = acme.developer().socket().await;
    let mut again = again.subscribe(CHANGES, json!({}));
    assert_eq!(refusal(&mut again).await, "FORBIDDEN");
}

/// The code with which a subscription does not begin: one result without data, and the end.
async fn refusal(subscription: &mut Subscription) -> String {
    let payload = subscription.next().await.expect("a refusal is a result");
    assert!(payload["data"].is_null(), "{payload:#}");
    assert_eq!(subscription.next().await, None, "what did not begin is over");
    payload["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

// keeps: PR-1, ID-1
#[tokio::test]
async fn subscription_to_what_is_out_of_sight_does_not_begin() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let (unseen, foreign) = (project(&acme, 4).await, project(&globex, 1).await);
    for (who, id, code) in [
        (acme.manager(), json!(unseen), "NOT_FOUND"),
        (acme.owner(), json!(foreign), "NOT_FOUND"),
        (acme.client(), json!(project(&acme, 3).await), "NOT_FOUND"),
        (acme.owner(), json!(person(&acme, "pm").await), "INVALID"),
        (acme.editor(), Value::Null, "FORBIDDEN"),
        (world.nobody(), Value::Null, "UNAUTHENTICATED"),
    ] {
        let mut socket = who.socket().await;
        let mut changes = socket.subscribe(CHANGES, json!({ "id": id }));
        assert_eq!(refusal(&mut changes).await, code, "{who} about {id}");
    }
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn client_hears_of_the_own_accounts_projects_but_nothing_of_teams_and_money() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, own, other) = (acme.owner(), project(&acme, 1).await, project(&acme, 3).await);
    for client in [acme.client(), acme.client_admin()] {
        let mut ears = Ears::of(&client, None, &owner, &own).await;
        let version = async |id: &str| {
            change(
                &owner,
                "updateProject",
                json!({ "id": id, "description": format!("For {client}") }),
                "project { id }",
            )
            .await
            .expect_ok();
        };
        version(&other).await;
        let member = new_member(&owner, &own, &person(&acme, "sales").await).await;
        change(&owner, "removeProjectMember", json!({ "id": member }), "member { id }").await.expect_ok();
        let money = json!({ "id": own, "budget": { "amount": client.email().len(), "currency": "EUR" } });
        change(&owner, "updateProject", money, "project { id }").await.expect_ok();
        let both =
            json!({ "id": own, "name": format!("Of {client}"), "budgetMinutes": client.email().len() });
        change(&owner, "updateProject", both, "project { id }").await.expect_ok();
        version(&own).await;
        let heard = ears.until(&owner, &own).await;
        let expected = [("UPDATED", json!(["name"])), ("UPDATED", json!(["description"]))];
        assert_eq!(told(&heard), expected.map(|(kind, fields)| (kind.to_owned(), fields)));
        let asked = "subscription { projectChanged { project { budget { amount } } } }";
        let mut socket = client.socket().await;
        let mut changes = socket.subscribe(asked, json!({}));
        let refused = loop {
            new_task(&owner, &own, "Refused").await;
            if let Ok(heard) = changes.next_within(Duration::from_millis(100)).await {
                break heard.unwrap();
            }
        };
        assert!(refused["data"]["projectChanged"]["project"]["budget"].is_null(), "{refused:#}");
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused:#}");
    }
}
