//! Lists as CSV files: the same rows as the lists, guarded columns, formulas, and tickets.

use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{change, column, new_project, new_task, person, project};

/// The address of a list as a file.
async fn link(who: &Actor, input: Value) -> String {
    change(who, "exportList", input, "url expiresAt").await.expect_ok().text("exportList.url")
}

/// A file as its text, with its content type and name.
async fn file(world: &World, url: &str) -> (u16, String, String) {
    let answer = world.http().get(world.url(url)).send().await.unwrap();
    let name = answer.headers().get("content-disposition").map(|name| name.to_str().unwrap().to_owned());
    (answer.status().as_u16(), name.unwrap_or_default(), answer.text().await.unwrap())
}

/// The headings of a file, and its rows by heading.
fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut lines = text.trim_end().split("\r\n");
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    (cells(lines.next().unwrap()), lines.map(cells).collect())
}

// keeps: PR-1, PR-8
#[tokio::test]
async fn list_comes_as_a_file_with_the_same_rows_as_the_list() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Exported").await;
    for n in 0..3 {
        new_task(&manager, &id, &format!("Task {n}")).await;
    }
    let formula = new_task(&manager, &id, "=HYPERLINK(\"http://x\")").await;
    let given = json!({ "id": formula, "assigneeIds": [person(&acme, "dev").await], "estimateMinutes": 90 });
    change(&manager, "updateTask", given, "task { id }").await.expect_ok();
    let url = link(&manager, json!({ "list": "TASKS", "tasks": { "projectId": id } })).await;
    let (status, name, text) = file(&world, &url).await;
    assert_eq!(status, 200);
    assert!(name.starts_with("attachment; filename=\"acme-tasks-"), "{name}");
    let (headings, lines) = rows(&text);
    assert!(headings.contains(&"estimate_minutes".to_owned()) && headings[0] == "id", "{headings:?}");
    assert_eq!(lines.len(), 4);
    assert!(text.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "a formula is text\n{text}");
    assert!(text.contains(",90,"), "{text}");
    let marked = link(&manager, json!({ "list": "PROJECTS", "byteOrderMark": true })).await;
    let (_, _, text) = file(&world, &marked).await;
    assert!(text.starts_with('\u{feff}') && text.contains("Exported"), "{text}");
    let query = "{ projects(first: 1) { totalCount } }";
    let count = manager.run(query, json!({})).await.expect_ok().number("projects.totalCount");
    assert_eq!(i64::try_from(text.matches("prj_").count()).unwrap(), count);
}

// keeps: PR-8
#[tokio::test]
async fn file_of_tasks_is_understood_by_the_import() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let id = new_project(&manager, "There and back").await;
    let milestone = json!({ "projectId": id, "name": "Launch" });
    let milestone = change(&manager, "createMilestone", milestone, "milestone { id }").await.expect_ok();
    let doing = column(&manager, &id, "Review").await;
    let whole = json!({ "projectId": id, "title": "Whole", "estimateMinutes": 90, "startOn": "2026-03-02",
        "dueOn": "2026-03-31", "columnId": doing, "assigneeIds": [dev], "priority": "HIGH", "description": "Two\nlines",
        "milestoneId": milestone.text("createMilestone.milestone.id"), "recurrence": "FREQ=MONTHLY",
        "plan": { "scheduling": "MANUAL", "durationMinutes": 480, "constraint": "MUST_START", "constraintOn": "2026-03-09",
            "deadlineOn": "2026-03-30", "optimisticMinutes": 240, "pessimisticMinutes": 960 },
        "checklist": [{ "text": "One", "done": true }, { "text": "Two" }] });
    let whole = change(&manager, "createTask", whole, "task { id }").await.expect_ok();
    let part = json!({ "projectId": id, "title": "Part", "parentId": whole.text("createTask.task.id"),
        "columnId": column(&manager, &id, "Done").await });
    change(&manager, "createTask", part, "task { id }").await.expect_ok();
    let url = link(&manager, json!({ "list": "TASKS", "tasks": { "projectId": id } })).await;
    let (_, _, text) = file(&world, &url).await;
    assert!(text.contains("[x] One\n[ ] Two") && text.contains("FREQ=MONTHLY"), "{text}");
    let read = async |project: &str| {
        let query = "query($id: ID!) { project(id: $id) { tasks(first: 10) { nodes {
            title description status priority estimateMinutes startOn dueOn completedAt
            plan { scheduling durationMinutes constraint constraintOn deadlineOn optimisticMinutes pessimisticMinutes }
            column { name } parent { title } milestone { name } assignees { id } } } } }";
        manager.run(query, json!({ "id": project })).await.expect_ok().data("project.tasks.nodes").clone()
    };
    let copy = new_project(&manager, "Back again").await;
    let milestone = json!({ "projectId": copy, "name": "Launch" });
    change(&manager, "createMilestone", milestone, "milestone { id }").await.expect_ok();
    world.clock.advance(std::time::Duration::from_secs(60));
    let begun = json!({ "projectId": copy, "content": text });
    change(&manager, "importTasks", begun, "taskImport { id }").await.expect_ok();
    world.settled().await;
    let there = read(&id).await;
    assert_eq!(there[0]["column"]["name"], "Review");
    assert_eq!(there[0]["plan"]["deadlineOn"], "2026-03-30");
    assert_eq!(read(&copy).await, there);
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn own_fields_are_in_the_file_for_the_team_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), project(&acme, 1).await);
    let field = json!({ "name": "Cost code", "kind": "TEXT" });
    let field = change(&owner, "createProjectField", field, "field { id }").await.expect_ok();
    let value = json!({ "fieldId": field.text("createProjectField.field.id"), "value": "K-77" });
    let set = json!({ "id": id, "customFields": [value] });
    change(&owner, "updateProject", set, "project { id }").await.expect_ok();
    let (_, _, text) = file(&world, &link(&owner, json!({ "list": "PROJECTS" })).await).await;
    assert!(text.contains("custom_fields") && text.contains(r#""{""Cost code"":""K-77""}""#), "{text}");
    let (_, _, text) = file(&world, &link(&client, json!({ "list": "PROJECTS" })).await).await;
    assert!(!text.contains("custom_fields") && !text.contains("K-77"), "{text}");
}

// keeps: PR-1, PR-7, PR-22, ID-22
#[tokio::test]
async fn file_holds_nothing_that_its_holder_does_not_see() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client) = (acme.owner(), acme.client());
    let full = file(&world, &link(&owner, json!({ "list": "PROJECTS" })).await).await.2;
    assert!(rows(&full).0.contains(&"budget".to_owned()));
    let seen = file(&world, &link(&client, json!({ "list": "PROJECTS" })).await).await.2;
    assert!(!rows(&seen).0.contains(&"budget".to_owned()), "{seen}");
    let query = "{ projects(first: 1) { totalCount } }";
    let count = client.run(query, json!({})).await.expect_ok().number("projects.totalCount");
    assert_eq!(i64::try_from(seen.matches("prj_").count()).unwrap(), count);
    let tasks = file(&world, &link(&client, json!({ "list": "TASKS" })).await).await.2;
    let headings = rows(&tasks).0;
    for inner in ["estimate_minutes", "scheduling", "deadline_on", "blocked_reason", "labels", "checklist"] {
        assert!(!headings.contains(&inner.to_owned()), "{headings:?}");
    }
    let milestones = file(&world, &link(&client, json!({ "list": "MILESTONES" })).await).await.2;
    assert!(!rows(&milestones).0.iter().any(|heading| heading == "notes" || heading == "billing"));
    let refused = json!({ "list": "TIME_ENTRIES" });
    change(&client, "exportList", refused, "url").await.expect_code("FORBIDDEN");
    let hours = file(&world, &link(&owner, json!({ "list": "TIME_ENTRIES" })).await).await;
    assert_eq!(hours.0, 200);
    let filter = json!({ "list": "TASKS", "tasks": { "blocked": true } });
    change(&client, "exportList", filter, "url").await.expect_code("FORBIDDEN");
}

// keeps: ID-22
#[tokio::test]
async fn ticket_is_its_holders_for_a_few_minutes() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let developer = acme.developer();
    let id = project(&acme, 1).await;
    let wrong = json!({ "list": "TASKS", "projects": { "ids": [id] } });
    change(&developer, "exportList", wrong, "url").await.expect_field("projects", "other_list");
    let url = link(&developer, json!({ "list": "TASKS" })).await;
    assert_eq!(file(&world, &url).await.0, 200);
    assert_eq!(file(&world, &format!("{url}x")).await.0, 403);
    let gone = json!({ "id": person(&acme, "dev").await });
    change(&acme.owner(), "deactivateUser", gone, "user { id }").await.expect_ok();
    assert_eq!(file(&world, &url).await.0, 403, "who left downloads nothing");
    let url = link(&acme.owner(), json!({ "list": "TASKS" })).await;
    world.clock.advance(std::time::Duration::from_secs(6 * 60));
    assert_eq!(file(&world, &url).await.0, 403, "the link is over");
}

// keeps: PR-8, PR-11
#[tokio::test]
async fn how_a_task_is_scheduled_is_read_and_checked_row_by_row() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let project = new_project(&manager, "Moved").await;
    let file = "Title,scheduling,duration_minutes,constraint,constraint_on,deadline_on,optimistic_minutes,pessimistic_minutes\n\
                Fine,automatic,90,NOT_EARLIER,2026-03-09,2026-03-30,60,2h\n\
                Nothing,,,,,,,\nNo day,,,must_start,,,,\nNo word,perhaps,,asap,,,,\nNo order,,200,,,,60,120\n\
                One case,,,,,,60,\n";
    let query = "query($input: TaskImportPreviewInput!) { taskImportPreview(input: $input) {
      goodCount errorCount rowErrors { line code } drafts { plan {
        scheduling durationMinutes constraint constraintOn deadlineOn optimisticMinutes pessimisticMinutes } } } }";
    let input = json!({ "projectId": project, "content": file });
    let shown = manager.run(query, json!({ "input": input })).await.expect_ok();
    let count = |name: &str| shown.number(&format!("taskImportPreview.{name}"));
    assert_eq!((count("goodCount"), count("errorCount")), (2, 4), "{shown}");
    let codes: Vec<_> = shown
        .list("taskImportPreview.rowErrors")
        .iter()
        .map(|wrong| (&wrong["line"], &wrong["code"]))
        .collect();
    let expected = [
        (json!(4), json!("constraint_day")),
        (json!(5), json!("bad_scheduling")),
        (json!(5), json!("bad_constraint")),
        (json!(6), json!("estimates_out_of_order")),
        (json!(7), json!("both_cases")),
    ];
    assert_eq!(codes, expected.iter().map(|(line, code)| (line, code)).collect::<Vec<_>>());
    let fine = json!({ "scheduling": "AUTOMATIC", "durationMinutes": 90, "constraint": "NOT_EARLIER",
        "constraintOn": "2026-03-09", "deadlineOn": "2026-03-30", "optimisticMinutes": 60, "pessimisticMinutes": 120 });
    assert_eq!(shown.each("taskImportPreview.drafts", "plan")[0], fine);
}
