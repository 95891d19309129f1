//! The subscription: what came behind a cursor, then what happens, each once and in order.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Subscription, World};

use super::asks::{LIVE, everything, last_cursor, texts};
use crate::projects::asks::{change, new_project, new_role, new_task, person};

async fn next(live: &mut Subscription) -> Value {
    let message = live.next().await.expect("the subscription goes on");
    assert!(message["data"]["events"]["id"].is_string(), "{message}");
    message["data"]["events"].clone()
}

// keeps: AU-14
#[tokio::test]
async fn subscriber_is_told_what_came_before_and_then_what_happens_each_once() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let project = new_project(&owner, "Lighthouse").await;
    world.settled().await;
    let after = last_cursor(&owner).await;
    for number in 0..120 {
        let input = json!({ "id": project, "name": format!("Before {number}") });
        change(&owner, "updateProject", input, "__typename").await.expect_ok();
    }
    let mut socket = owner.socket().await;
    let kinds = json!(["projects.project.updated", "projects.task.created"]);
    let mut live = socket.subscribe(LIVE, json!({ "after": after, "kinds": kinds }));
    // Reason: what is committed while the log is read again must come neither twice nor not at all.
    for number in 0..30 {
        new_task(&owner, &project, &format!("Beside {number}")).await;
    }
    let mut heard = Vec::new();
    while heard.len() < 150 {
        heard.push(next(&mut live).await);
    }
    let late = new_task(&owner, &project, "Late").await;
    let last = next(&mut live).await;
    assert_eq!(last["subjectId"], json!(late));
    heard.push(last);
    world.settled().await;
    let log = everything(&owner, json!({ "after": after, "kinds": kinds })).await;
    assert_eq!(texts(&heard, "id"), texts(&log, "id"));
    let mut again = socket.subscribe(LIVE, json!({ "after": heard[148]["cursor"], "kinds": kinds }));
    assert_eq!(next(&mut again).await["id"], heard[149]["id"]);
    assert_eq!(next(&mut again).await["id"], heard[150]["id"]);
    assert!(again.next_within(Duration::from_millis(300)).await.is_err(), "nothing is told twice");
}

// keeps: AU-14, OP-8
#[tokio::test]
async fn event_is_heard_on_every_node_by_those_alone_who_see_its_subject() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let role = new_role(&acme, "Listeners", &[("audit.event.read", "ASSIGNED")]).await;
    let input = json!({ "userId": person(&acme, "dev").await, "roleId": role });
    change(&acme.owner(), "assignRole", input, "__typename").await.expect_ok();
    world.settled().await;
    let (owner, developer, stranger) = (acme.owner().on(1), acme.developer(), world.agency("globex").owner());
    let (mut here, mut there, mut elsewhere) =
        (developer.socket().await, owner.socket().await, stranger.socket().await);
    let only = json!({ "kinds": ["projects.project.created", "projects.task.created"] });
    let mut near = here.subscribe(LIVE, only.clone());
    let mut all = there.subscribe(LIVE, only.clone());
    let mut foreign = elsewhere.subscribe(LIVE, only);
    for socket in [&mut here, &mut there, &mut elsewhere] {
        let answer = socket.subscribe("{ __typename }", json!({})).next().await.expect("an answer");
        assert_eq!(answer["data"]["__typename"], "Query");
    }
    let far = new_project(&acme.owner(), "Far away").await;
    new_task(&acme.owner(), &far, "Far").await;
    let mine = developer.run("{ projects(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let task = new_task(&acme.owner(), &mine.ids("projects.nodes")[0], "Near").await;
    assert_eq!(next(&mut near).await["subjectId"], json!(task), "what is far away is not for them");
    let mut heard = BTreeSet::new();
    for _ in 0..3 {
        heard.insert(next(&mut all).await["subjectId"].as_str().unwrap().to_owned());
    }
    assert!(heard.contains(&far) && heard.contains(&task));
    assert!(foreign.next_within(Duration::from_millis(300)).await.is_err());
}

#[tokio::test]
async fn listening_needs_the_permission_and_a_cursor_of_the_log() {
    let world = World::new().await;
    let mut socket = world.agency("acme").manager().socket().await;
    let refused = socket.subscribe(LIVE, json!({})).next().await.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    let mut socket = world.agency("acme").owner().socket().await;
    let refused = socket.subscribe(LIVE, json!({ "after": "nonsense" })).next().await.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID", "{refused}");
}
