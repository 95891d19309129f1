//! How imports end: also when a worker dies, when nobody wants them any more, when their job is gone, and when the project
//! is over.

use serde_json::{Value, json};
use tests::{Actor, World};
use tokio_util::sync::CancellationToken;

use super::{
    asks::{change, me, new_project, walk},
    importing::{import, tasks, told},
};

/// Lets nothing run by itself.
async fn quiet() -> World {
    let off = gateway::config::Switch::Off;
    World::builder().configure(move |config| config.background.in_serve = off).build().await
}

/// Status of an import, and what is left of its file.
async fn left(world: &World, who: &Actor, id: &str) -> (String, Value) {
    let status = told(who, id).await.text("taskImport.status");
    (status, world.rows("projects_import_files", "").await[0]["content"].clone())
}

// keeps: PR-8
#[tokio::test]
async fn import_goes_on_where_a_worker_died_and_nothing_comes_twice() {
    let world = quiet().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let project = new_project(&manager, "Moved").await;
    let rows: String = (0..1_500).map(|n| format!("Task {n},web\n")).collect();
    let begun = import(&manager, &project, &format!("Title,Labels\n{rows}"), json!({})).await.expect_ok();
    let id = begun.text("importTasks.taskImport.id");
    let app = world.app(0).clone();
    let dying = tokio::spawn(async move { gateway::worker::runner(&app).work().await });
    loop {
        let at = told(&manager, &id).await.number("taskImport.rowsDone");
        if at > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    dying.abort();
    let _ = dying.await;
    world
        .execute("UPDATE jobs SET locked_until = '2020-01-01T00:00:00+00:00' WHERE kind = 'projects.tasks.import' AND status = 'running'")
        .await;
    let (one, two) = (gateway::worker::runner(world.app(0)), gateway::worker::runner(world.app(0)));
    let (one, two) = tokio::join!(one.work(), two.work());
    one.unwrap();
    two.unwrap();
    let over = told(&manager, &id).await;
    assert_eq!(
        (over.text("taskImport.status"), over.number("taskImport.createdCount")),
        ("DONE".to_owned(), 1_500)
    );
    let query = "query($id: ID!) { project(id: $id) { tasks { totalCount } } taskLabels(first: 100) { nodes { name } } }";
    let all = manager.run(query, json!({ "id": project })).await.expect_ok();
    assert_eq!(all.number("project.tasks.totalCount"), 1_500);
    // The same job again does nothing.
    world.execute("UPDATE jobs SET status = 'waiting', finished_at = NULL, locked_until = NULL WHERE kind = 'projects.tasks.import'").await;
    gateway::worker::runner(world.app(0)).work().await.unwrap();
    let again = manager.run(query, json!({ "id": project })).await.expect_ok();
    assert_eq!(again.number("project.tasks.totalCount"), 1_500);
}

// keeps: PR-8
#[tokio::test]
async fn import_that_is_cancelled_before_it_began_is_ended_and_its_file_goes() {
    let world = quiet().await;
    let manager = world.agency("acme").manager();
    let project = new_project(&manager, "Moved").await;
    let begun = import(&manager, &project, "Title\nNot wanted\n", json!({})).await.expect_ok();
    let (id, job) = (begun.text("importTasks.taskImport.id"), begun.text("importTasks.taskImport.jobId"));
    change(&world.agency("acme").owner(), "cancelJob", json!({ "id": job }), "job { id }").await.expect_ok();
    world.clock.advance(std::time::Duration::from_secs(2 * 3600));
    gateway::worker::tidy(world.app(0)).await.unwrap();
    assert_eq!(left(&world, &manager, &id).await, ("CANCELLED".to_owned(), json!("")));
    assert!(tasks(&manager, &project).await.is_empty());
}

// keeps: PR-8
#[tokio::test]
async fn import_that_is_cancelled_on_its_way_keeps_what_came_in() {
    let world = quiet().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let project = new_project(&manager, "Moved").await;
    // Reason: rows with much in them come in for seconds, and who cancels is there already.
    me(&owner).await;
    let rows: String =
        (0..5_000).map(|n| format!("Task {n},one;two;three;four;five,dev@acme.test\n")).collect();
    let file = format!("Title,Labels,Assignee\n{rows}");
    let begun = import(&manager, &project, &file, json!({})).await.expect_ok();
    let (id, job) = (begun.text("importTasks.taskImport.id"), begun.text("importTasks.taskImport.jobId"));
    let (app, stop) = (world.app(0).clone(), CancellationToken::new());
    let stopped = stop.clone();
    let working = tokio::spawn(async move { gateway::worker::runner(&app).run(stopped).await });
    while told(&manager, &id).await.number("taskImport.rowsDone") == 0 {
        tokio::task::yield_now().await;
    }
    change(&owner, "cancelJob", json!({ "id": job }), "job { id }").await.expect_ok();
    // Reason: a worker that is to stop looks at once, and not in a second.
    stop.cancel();
    working.await.unwrap();
    assert_eq!(left(&world, &manager, &id).await, ("CANCELLED".to_owned(), json!("")));
    let over = told(&manager, &id).await;
    let came = over.number("taskImport.createdCount");
    assert!((1..5_000).contains(&came), "{over}");
    let query = "query($id: ID!) { project(id: $id) { tasks { totalCount } } }";
    let all = manager.run(query, json!({ "id": project })).await.expect_ok();
    assert_eq!(all.number("project.tasks.totalCount"), came);
}

// keeps: PR-8
#[tokio::test]
async fn import_whose_job_is_gone_is_given_up() {
    let world = quiet().await;
    let manager = world.agency("acme").manager();
    let project = new_project(&manager, "Moved").await;
    let begun = import(&manager, &project, "Title\nLost\n", json!({})).await.expect_ok();
    let other = import(&manager, &project, "Title\nWaits\n", json!({})).await.expect_ok();
    let waiting = other.text("importTasks.taskImport.id");
    let id = begun.text("importTasks.taskImport.id");
    let lost: kernel::id::AnyId = begun.text("importTasks.taskImport.jobId").parse().unwrap();
    let rows = world.rows("jobs", "WHERE kind = 'projects.tasks.import'").await;
    assert!(rows.iter().any(|row| row["id"] == json!(lost.uuid.to_string())), "{rows:?}");
    let payload =
        rows.iter().find(|row| row["id"] == json!(lost.uuid.to_string())).unwrap()["payload"].clone();
    world.execute(&format!("DELETE FROM jobs WHERE payload = '{}'", payload.as_str().unwrap())).await;
    world.clock.advance(std::time::Duration::from_secs(2 * 3600));
    gateway::worker::tidy(world.app(0)).await.unwrap();
    let over = told(&manager, &id).await;
    assert_eq!(
        (over.text("taskImport.status"), over.text("taskImport.failure")),
        ("FAILED".to_owned(), "job_over".to_owned())
    );
    assert_eq!(told(&manager, &waiting).await.text("taskImport.status"), "WAITING", "its job still waits");
}

// keeps: PR-8
#[tokio::test]
async fn import_into_a_project_that_is_over_meanwhile_is_given_up() {
    let world = quiet().await;
    let manager = world.agency("acme").manager();
    let project = new_project(&manager, "Moved").await;
    let begun = import(&manager, &project, "Title\nLate\n", json!({})).await.expect_ok();
    walk(&manager, &project, &["CANCELLED"]).await;
    gateway::worker::runner(world.app(0)).work().await.unwrap();
    let over = told(&manager, &begun.text("importTasks.taskImport.id")).await;
    assert_eq!(
        (over.text("taskImport.status"), over.text("taskImport.failure")),
        ("FAILED".to_owned(), "project_closed".to_owned())
    );
    assert!(tasks(&manager, &project).await.is_empty());
}
