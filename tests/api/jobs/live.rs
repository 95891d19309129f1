//! `jobProgress`: how far a job is, told to those who see it, until it is over.

use serde_json::{Value, json};
use tests::World;

use super::{RUNNING, change, distant, enqueue, started_by};

const PROGRESS: &str = "subscription Progress($id: ID!) {
  jobProgress(id: $id) { id status progress { done total message } }
}";

// keeps: AU-15
#[tokio::test]
async fn subscriber_hears_how_far_a_job_is_until_it_is_over() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = enqueue(&world, "acme", distant()).await;
    started_by(&world, &id, manager.email()).await;
    let mut socket = manager.socket().await;
    let mut progress = socket.subscribe(PROGRESS, json!({ "id": id }));
    let mut next = async || progress.next().await.map(|message| message["data"]["jobProgress"].clone());
    let first = next().await.unwrap();
    assert_eq!((&first["status"], &first["progress"]), (&json!("WAITING"), &Value::Null));
    let further = "progress_done = 3, progress_total = 9, progress_message = 'halfway'";
    change(&world, &id, &format!("{RUNNING}, {further}")).await;
    let second = next().await.unwrap();
    assert_eq!(second["status"], "RUNNING");
    assert_eq!(second["progress"], json!({ "done": 3, "total": 9, "message": "halfway" }));
    change(&world, &id, "status = 'done', finished_at = run_at, locked_until = NULL").await;
    assert_eq!(next().await.unwrap()["status"], "DONE");
    assert_eq!(next().await, None, "it is over");
}

// keeps: AU-15
#[tokio::test]
async fn job_that_is_not_seen_cannot_be_watched() {
    let world = World::new().await;
    let id = enqueue(&world, "acme", distant()).await;
    for person in
        [world.agency("acme").manager(), world.agency("globex").owner(), world.agency("acme").client()]
    {
        let mut socket = person.socket().await;
        let message = socket.subscribe(PROGRESS, json!({ "id": id })).next().await.unwrap();
        assert_eq!(message["errors"][0]["extensions"]["code"], "NOT_FOUND", "{message}");
    }
}
