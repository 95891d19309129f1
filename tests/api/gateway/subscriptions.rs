//! `projectChanged`: what is committed is heard by those who may see it, and by nobody else.

use kernel::id::ProjectId;
use serde_json::{Value, json};
use tests::{Actor, Socket, Subscription, World};

use super::wire::CREATE;

pub(super) const CHANGES: &str = "subscription Changes($id: ID) {
  projectChanged(id: $id) { kind changedFields taskId project { id name status version } }
}";

const RENAME: &str = "mutation Rename($id: ID!, $name: String!) {
  updateProject(input: { id: $id, name: $name }) { project { id version } }
}";

/// Waits until everything that was said on the socket before is heard: operations begin in order.
pub(super) async fn begun(socket: &mut Socket) {
    let answer = socket.subscribe("{ __typename }", json!({})).next().await.expect("an answer");
    assert_eq!(answer["data"]["__typename"], "Query");
}

/// The next message about the project of this name, over others; none of them may be about `hidden`.
pub(super) async fn hear(changes: &mut Subscription, name: &str, hidden: &str) -> Value {
    loop {
        let message = changes.next().await.expect("the subscription goes on");
        let change = message["data"]["projectChanged"].clone();
        assert!(change["project"]["id"].is_string() && change["project"]["id"] != hidden, "{message}");
        if change["project"]["name"] == name {
            return change;
        }
    }
}

/// The code of the first error of an operation that ends with it.
pub(super) async fn fails(socket: &mut Socket, query: &str, variables: Value) -> String {
    let mut operation = socket.subscribe(query, variables);
    let message = operation.next().await.expect("an answer");
    assert_eq!(operation.next().await, None, "it goes on after {message}");
    message["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{message}")).to_owned()
}

pub(super) async fn rename(who: &Actor, id: &str, name: &str) {
    who.run(RENAME, json!({ "id": id, "name": name })).await.expect_ok();
}

pub(super) async fn own_projects(world: &World, slug: &'static str) -> Vec<String> {
    world.agency(slug).ids::<ProjectId>("projects_projects").await
}

#[tokio::test]
async fn subscriber_hears_what_others_commit_in_order_and_as_it_is() {
    let world = World::new().await;
    let (manager, owner) = (world.agency("acme").manager(), world.agency("acme").owner());
    let mut socket = owner.socket().await;
    let mut changes = socket.subscribe(CHANGES, json!({}));
    begun(&mut socket).await;
    let created = manager.run(CREATE, json!({ "name": "Lighthouse" })).await.expect_ok();
    let id = created.text("createProject.project.id");
    let heard = hear(&mut changes, "Lighthouse", "").await;
    assert_eq!((&heard["kind"], &heard["project"]["id"]), (&json!("CREATED"), &json!(id)));
    rename(&manager, &id, "Beacon").await;
    let heard = hear(&mut changes, "Beacon", "").await;
    assert_eq!((&heard["kind"], &heard["changedFields"]), (&json!("UPDATED"), &json!(["name"])));
    let task =
        "mutation($id: ID!) { createTask(input: { projectId: $id, title: \"Paint\" }) { task { id } } }";
    let task = manager.run(task, json!({ "id": id })).await.expect_ok().text("createTask.task.id");
    let heard = changes.next().await.unwrap();
    let heard = &heard["data"]["projectChanged"];
    assert_eq!((&heard["kind"], &heard["taskId"]), (&json!("TASK_CREATED"), &json!(task)));
    changes.stop();
    begun(&mut socket).await;
}

#[tokio::test]
async fn change_that_was_refused_or_undone_is_heard_by_nobody() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let mut socket = owner.socket().await;
    let mut changes = socket.subscribe(CHANGES, json!({}));
    begun(&mut socket).await;
    let id = own_projects(&world, "acme").await.remove(0);
    owner.run(RENAME, json!({ "id": id, "name": "" })).await.expect_code("INVALID");
    world.execute("ALTER TABLE audit_entries RENAME TO audit_away").await;
    owner.run(RENAME, json!({ "id": id, "name": "Undone" })).await.expect_code("INTERNAL");
    world.execute("ALTER TABLE audit_away RENAME TO audit_entries").await;
    rename(&owner, &id, "Done").await;
    loop {
        let heard = changes.next().await.unwrap();
        assert_ne!(heard["data"]["projectChanged"]["project"]["name"], "Undone", "{heard}");
        if heard["data"]["projectChanged"]["project"]["name"] == "Done" {
            break;
        }
    }
}

// keeps: ID-1
#[tokio::test]
async fn agency_hears_nothing_of_another() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme").owner(), world.agency("globex").owner());
    let (own, foreign) = (own_projects(&world, "globex").await, own_projects(&world, "acme").await);
    let mut socket = globex.socket().await;
    let mut changes = socket.subscribe(CHANGES, json!({}));
    assert_eq!(fails(&mut socket, CHANGES, json!({ "id": foreign[0] })).await, "NOT_FOUND");
    begun(&mut socket).await;
    rename(&acme, &foreign[0], "Secret of acme").await;
    rename(&globex, &own[0], "Of globex").await;
    let heard = hear(&mut changes, "Of globex", &foreign[0]).await;
    assert_eq!(heard["project"]["id"], json!(own[0]));
}

#[tokio::test]
async fn client_and_team_member_hear_of_the_projects_that_they_see() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let all = own_projects(&world, "acme").await;
    let listed = "{ projects { nodes { id } } }";
    for who in [acme.client(), acme.developer()] {
        let seen = who.run(listed, json!({})).await.expect_ok().ids("projects.nodes");
        let hidden = all.iter().find(|id| !seen.contains(id)).expect("some are hidden");
        let mut socket = who.socket().await;
        let mut changes = socket.subscribe(CHANGES, json!({}));
        assert_eq!(fails(&mut socket, CHANGES, json!({ "id": hidden })).await, "NOT_FOUND");
        begun(&mut socket).await;
        rename(&acme.owner(), hidden, &format!("Hidden from {who}")).await;
        let shown = format!("Shown to {who}");
        rename(&acme.owner(), &seen[0], &shown).await;
        assert_eq!(hear(&mut changes, &shown, hidden).await["project"]["id"], json!(seen[0]));
    }
}

#[tokio::test]
async fn subscription_to_one_project_is_silent_about_others() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let all = own_projects(&world, "acme").await;
    let mut socket = owner.socket().await;
    let mut changes = socket.subscribe(CHANGES, json!({ "id": all[1] }));
    begun(&mut socket).await;
    rename(&owner, &all[0], "Another").await;
    rename(&owner, &all[1], "The one").await;
    hear(&mut changes, "The one", &all[0]).await;
}

// keeps: ID-24
#[tokio::test]
async fn subscriber_who_loses_a_project_hears_no_more_of_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, developer) = (acme.owner(), acme.developer());
    let seen =
        developer.run("{ projects { nodes { id } } }", json!({})).await.expect_ok().ids("projects.nodes");
    let mut socket = developer.socket().await;
    let mut changes = socket.subscribe(CHANGES, json!({}));
    begun(&mut socket).await;
    let team = "query($id: ID!) { project(id: $id) { members { nodes { id user { email } } } } }";
    let team = owner.run(team, json!({ "id": seen[0] })).await.expect_ok();
    let own =
        team.list("project.members.nodes").iter().find(|member| member["user"]["email"] == "dev@acme.test");
    let remove = "mutation($id: ID!) { removeProjectMember(input: { id: $id }) { member { id } } }";
    owner.run(remove, json!({ "id": own.unwrap()["id"] })).await.expect_ok();
    rename(&owner, &seen[0], "Without them").await;
    rename(&owner, &seen[1], "With them").await;
    loop {
        let heard = changes.next().await.unwrap();
        let name = &heard["data"]["projectChanged"]["project"]["name"];
        assert_ne!(name, "Without them", "{heard}");
        if name == "With them" {
            break;
        }
    }
}
