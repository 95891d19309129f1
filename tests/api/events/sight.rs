//! Who sees which events: those about things they see, and nothing of another tenant.

use std::collections::BTreeSet;

use kernel::catalogue::SystemRole;
use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{everything, page, texts};
use crate::projects::asks::{ask, change, new_project, new_role, new_task, person, project};

fn subjects(events: &[Value], of: &str) -> BTreeSet<String> {
    let those: Vec<Value> = events.iter().filter(|event| event["subjectType"] == of).cloned().collect();
    texts(&those, "subjectId").into_iter().collect()
}

async fn seen(who: &Actor, list: &str) -> BTreeSet<String> {
    let answer = ask(who, &format!("{{ {list}(first: 100) {{ nodes {{ id }} }} }}")).await.expect_ok();
    answer.ids(&format!("{list}.nodes")).into_iter().collect()
}

// keeps: AU-14
#[tokio::test]
async fn events_of_a_tenant_are_seen_by_those_alone_who_may_read_events() {
    let world = World::new().await;
    for (role, who) in world.agency("acme").everybody() {
        let answer = page(&who, json!({ "first": 100 })).await;
        match role {
            SystemRole::Owner | SystemRole::Admin | SystemRole::ClientAdmin => drop(answer.expect_ok()),
            _ => drop(answer.expect_code("FORBIDDEN")),
        }
    }
    page(&world.nobody(), json!({})).await.expect_code("UNAUTHENTICATED");
    let project = new_project(&world.agency("acme").owner(), "Ours").await;
    world.settled().await;
    let theirs = everything(&world.agency("globex").owner(), json!({})).await;
    let ours = everything(&world.agency("acme").owner(), json!({})).await;
    let ids: BTreeSet<String> = texts(&ours, "id").into_iter().collect();
    assert!(!theirs.is_empty() && texts(&theirs, "id").iter().all(|id| !ids.contains(id)));
    assert!(texts(&ours, "subjectId").contains(&project));
    let none = everything(&world.agency("globex").owner(), json!({ "subject": project })).await;
    assert_eq!(none, [] as [Value; 0]);
}

// keeps: AU-14
#[tokio::test]
async fn client_reads_events_of_the_own_account_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    world.settled().await;
    let client = acme.client_admin();
    let events = everything(&client, json!({})).await;
    assert_eq!(subjects(&events, "Project"), seen(&client, "projects").await);
    assert_eq!(subjects(&events, "Task"), seen(&client, "tasks").await);
    assert_eq!(subjects(&events, "Account"), seen(&client, "accounts").await);
    let kinds: BTreeSet<String> = texts(&events, "subjectType").into_iter().collect();
    let inner = ["User", "Membership", "Session", "Role", "ApiKey", "Invitation", "Tenant", "Assignment"];
    assert!(inner.iter().all(|kind| !kinds.contains(*kind)), "{kinds:?}");
    let all = everything(&acme.owner(), json!({})).await;
    assert!(subjects(&all, "Project").len() > subjects(&events, "Project").len());
}

// keeps: AU-14
#[tokio::test]
async fn person_with_a_near_reach_reads_events_of_what_is_near() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let developer = acme.developer();
    page(&developer, json!({})).await.expect_code("FORBIDDEN");
    let role = new_role(&acme, "Listeners", &[("audit.event.read", "ASSIGNED")]).await;
    let input = json!({ "userId": person(&acme, "dev").await, "roleId": role });
    change(&acme.owner(), "assignRole", input, "__typename").await.expect_ok();
    let far = new_project(&acme.owner(), "Far away").await;
    new_task(&acme.owner(), &far, "Far").await;
    world.settled().await;
    let events = everything(&developer, json!({})).await;
    assert_eq!(subjects(&events, "Project"), seen(&developer, "projects").await);
    let tasks: BTreeSet<String> = seen(&developer, "tasks").await;
    assert!(!tasks.is_empty() && subjects(&events, "Task").is_superset(&tasks));
    assert!(!subjects(&events, "Project").contains(&far));
    assert_eq!(everything(&developer, json!({ "subject": far })).await, [] as [Value; 0]);
}

// keeps: AU-14
#[tokio::test]
async fn names_of_columns_are_for_those_who_may_see_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    let input = json!({ "id": id, "name": "Renamed", "budgetMinutes": 600 });
    change(&acme.owner(), "updateProject", input, "__typename").await.expect_ok();
    world.settled().await;
    let changed = async |who: &Actor| {
        let events = everything(who, json!({ "subject": id, "kinds": ["projects.project.updated"] })).await;
        events.last().map(|event| event["payload"]["changed"].clone())
    };
    assert_eq!(changed(&acme.owner()).await, Some(json!(["name", "budget_minutes"])));
    let blind =
        acme.owner().key(&[("audit.event.read", "TENANT"), ("projects.project.read", "TENANT")]).await;
    assert_eq!(changed(&blind).await, Some(json!(["name"])));
}
