//! Projects that are put away: out of the lists, unchangeable, and back again.

use std::time::Duration;

use serde_json::json;
use tests::{Actor, Answer, World};

use super::asks::{
    PROJECT, ask, change, codes, column, expect_conflict, expect_stale, me, new_member, new_task, person,
    project, read_project, read_task, texts,
};

async fn archive(who: &Actor, id: &str) -> Answer {
    change(who, "archiveProject", json!({ "id": id }), PROJECT).await
}

async fn restore(who: &Actor, id: &str) -> Answer {
    change(who, "restoreProject", json!({ "id": id }), PROJECT).await
}

// keeps: PR-2
#[tokio::test]
async fn only_owner_and_admin_put_projects_away_and_bring_them_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    let others = [
        acme.manager(),
        acme.developer(),
        acme.accountant(),
        acme.sales(),
        acme.editor(),
        acme.client(),
        acme.client_admin(),
        acme.viewer(),
    ];
    for person in &others {
        archive(person, &id).await.expect_code("FORBIDDEN");
    }
    archive(&world.agency("globex").owner(), &id).await.expect_code("NOT_FOUND");
    archive(&acme.admin(), &id).await.expect_ok();
    for person in &others {
        restore(person, &id).await.expect_code("FORBIDDEN");
    }
    restore(&acme.owner(), &id).await.expect_ok();
}

// keeps: PR-2
#[tokio::test]
async fn archived_project_leaves_every_list_but_can_be_read() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let manager = person(&acme, "pm").await;
    let task = new_task(&owner, &id, "Left behind").await;
    change(&owner, "updateTask", json!({ "id": task, "assigneeIds": [manager] }), "task { id }")
        .await
        .expect_ok();
    let archived = archive(&owner, &id).await.expect_ok();
    assert_eq!(archived.text("archiveProject.project.archivedAt"), "2026-03-02T09:00:00Z");
    assert_eq!(*archived.data("archiveProject.project.allowedTransitions"), json!([]));
    for who in [&owner, &acme.manager(), &acme.client()] {
        assert!(!codes(who).await.contains(&"ACME-1".to_owned()), "listed for {who}");
        assert_eq!(read_project(who, &id).await.text("project.code"), "ACME-1");
    }
    let away = ask(&owner, "{ projects(filter: { archived: true }) { nodes { code } totalCount } }")
        .await
        .expect_ok();
    assert_eq!(texts(&away, "projects.nodes", "code"), ["ACME-1"]);
    let lists = "query($user: ID!, $project: ID!) {
      across: tasks(filter: { search: \"Left behind\" }) { totalCount }
      of: tasks(filter: { search: \"Left behind\", projectId: $project }) { totalCount }
      user(id: $user) { tasks(filter: { search: \"Left behind\" }) { totalCount } projects { nodes { code } } }
    }";
    let lists = owner.run(lists, json!({ "user": manager, "project": id })).await.expect_ok();
    assert_eq!((lists.number("across.totalCount"), lists.number("of.totalCount")), (0, 1));
    assert_eq!(lists.number("user.tasks.totalCount"), 0);
    assert!(!texts(&lists, "user.projects.nodes", "code").contains(&"ACME-1".to_owned()));
    assert_eq!(read_task(&owner, &task).await.text("task.title"), "Left behind");
}

// keeps: PR-2
#[tokio::test]
async fn nothing_about_an_archived_project_changes() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let (task, other) = (new_task(&owner, &id, "One").await, new_task(&owner, &id, "Other").await);
    let (todo, done) = (column(&owner, &id, "To do").await, column(&owner, &id, "Done").await);
    let (editor, sales) = (person(&acme, "editor").await, person(&acme, "sales").await);
    let member = new_member(&owner, &id, &editor).await;
    archive(&owner, &id).await.expect_ok();
    let refused = [
        ("updateProject", json!({ "id": id, "name": "New" })),
        ("transitionProject", json!({ "id": id, "to": "REVIEW" })),
        ("addProjectMember", json!({ "projectId": id, "userId": sales })),
        ("updateProjectMember", json!({ "id": member, "title": "New" })),
        ("removeProjectMember", json!({ "id": member })),
        ("createTask", json!({ "projectId": id, "title": "New" })),
        ("updateTask", json!({ "id": task, "title": "New" })),
        ("moveTask", json!({ "id": task, "after": other })),
        ("archiveTask", json!({ "id": task })),
        ("restoreTask", json!({ "id": task })),
        ("createTaskColumn", json!({ "projectId": id, "name": "New", "category": "DOING" })),
        ("updateTaskColumn", json!({ "id": todo, "name": "New" })),
        ("moveTaskColumn", json!({ "id": todo, "after": done })),
        ("deleteTaskColumn", json!({ "id": todo, "moveTo": done })),
    ];
    let before = world.snapshot().await;
    for (name, input) in refused {
        expect_conflict(change(&owner, name, input, "__typename").await, "This project is archived.");
    }
    let bulk = json!({ "items": [{ "id": task, "title": "New" }] });
    let bulk =
        change(&owner, "bulkUpdateTasks", bulk, "results { ok error { code message } }").await.expect_ok();
    assert_eq!(bulk.text("bulkUpdateTasks.results.0.error.code"), "CONFLICT");
    assert_eq!(before.changes(&world.snapshot().await), Vec::<String>::new());
}

// keeps: PR-2
#[tokio::test]
async fn archived_project_comes_back_as_it_was() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let before = read_project(&owner, &id).await.expect_ok();
    archive(&owner, &id).await.expect_ok();
    world.clock.advance(Duration::from_secs(60));
    let again = archive(&owner, &id).await.expect_ok();
    assert_eq!(
        again.text("archiveProject.project.archivedAt"),
        "2026-03-02T09:00:00Z",
        "away since the first time"
    );
    let back = restore(&owner, &id).await.expect_ok();
    let mut expected = before.data("project").clone();
    expected["updatedAt"] = json!("2026-03-02T09:01:00Z");
    expected["version"] = json!(before.number("project.version") + 2);
    assert_eq!(*back.data("restoreProject.project"), expected);
    assert_eq!(
        restore(&owner, &id).await.expect_ok().data("restoreProject.project"),
        &expected,
        "back is back"
    );
    assert!(codes(&acme.manager()).await.contains(&"ACME-1".to_owned()));
}

// keeps: PR-2
#[tokio::test]
async fn stale_decision_to_put_away_or_bring_back_is_a_conflict() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), project(&acme, 1).await);
    let version = read_project(&owner, &id).await.number("project.version");
    for name in ["archiveProject", "restoreProject"] {
        let stale = json!({ "id": id, "expectedVersion": version - 1 });
        expect_stale(change(&owner, name, stale, PROJECT).await, version);
    }
    let fresh = json!({ "id": id, "expectedVersion": version });
    change(&owner, "archiveProject", fresh, PROJECT).await.expect_ok();
}

// keeps: PR-2
#[tokio::test]
async fn filter_for_archived_ones_shows_each_only_their_own() {
    let world = World::new().await;
    let acme = world.agency("acme");
    for number in 1..=6 {
        archive(&acme.owner(), &project(&acme, number).await).await.expect_ok();
    }
    let away = async |who: Actor| {
        let query = "{ projects(filter: { archived: true }, orderBy: { field: NUMBER }) { nodes { code } } }";
        texts(&ask(&who, query).await.expect_ok(), "projects.nodes", "code")
    };
    assert_eq!(away(acme.manager()).await, ["ACME-1", "ACME-3"]);
    assert_eq!(away(acme.client()).await, ["ACME-1", "ACME-2"]);
    assert_eq!(away(world.agency("globex").owner()).await, Vec::<String>::new());
    assert_eq!(codes(&acme.owner()).await, Vec::<String>::new());
    let own = me(&acme.manager()).await;
    let query = "query($id: ID!) { user(id: $id) { projects { totalCount } } }";
    let mine = acme.manager().run(query, json!({ "id": own })).await.expect_ok();
    assert_eq!(mine.number("user.projects.totalCount"), 0);
}
