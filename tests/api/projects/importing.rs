//! Imports of tasks: files of the usual trackers, what is told of them before and after, and that nothing comes twice.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{ask, change, columns, new_project, new_task, person, transition},
    milestones::new_milestone,
};

const IMPORT: &str = "taskImport { id status rowCount rowsDone createdCount errorCount jobId }";

const JIRA: &str = "\u{feff}Summary,Issue key,Status,Priority,Assignee,Due date,Original Estimate,Labels,Labels,Description\r\n\
    \"Design, first\",AC-1,To Do,Highest,dev@acme.test,31/Mar/26 9:15 AM,5400,web,urgent,\"Two\nlines\"\r\n\
    =SUM(A1),AC-2,Done,Low,,,,,,\r\n\
    مهمة,AC-3,In Progress,Medium,,,,web,,\r\n";

async fn preview(who: &Actor, project: &str, content: &str, settings: Value) -> Answer {
    let query = "query($input: TaskImportPreviewInput!) { taskImportPreview(input: $input) {
        rowCount goodCount errorCount skippedCount unknownStatuses unknownPeople
        headings { heading field }
        drafts {
            line title description columnId priority assigneeIds estimateMinutes startOn dueOn labelNames parentLine
        }
        rowErrors { line column code message }
    } }";
    let input = json!({ "projectId": project, "content": content, "settings": settings });
    who.run(query, json!({ "input": input })).await
}

pub(super) async fn import(who: &Actor, project: &str, content: &str, settings: Value) -> Answer {
    let input =
        json!({ "projectId": project, "content": content, "settings": settings, "fileName": "tasks.csv" });
    change(who, "importTasks", input, IMPORT).await
}

pub(super) async fn told(who: &Actor, id: &str) -> Answer {
    let query = "query($id: ID!) { taskImport(id: $id) {
        id status rowCount rowsDone createdCount errorCount skippedCount failure finishedAt fileName
        rowErrors { line column code message }
    } }";
    who.run(query, json!({ "id": id })).await.expect_ok()
}

pub(super) async fn tasks(who: &Actor, project: &str) -> Vec<Value> {
    let query = "query($id: ID!) { project(id: $id) { tasks(first: 100) { nodes {
        number title description status priority estimateMinutes dueOn startOn
        assignees { id } labels { name } milestone { name } completedAt parent { title } column { name }
    } } } }";
    who.run(query, json!({ "id": project })).await.expect_ok().list("project.tasks.nodes").to_vec()
}

// keeps: PR-8
#[tokio::test]
async fn file_of_jira_is_shown_before_and_imported_by_a_job() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let project = new_project(&manager, "Moved").await;
    let settings = json!({ "dates": "MONTH_NAME", "unit": "SECONDS",
        "people": [{ "value": "dev@acme.test", "userId": dev }] });
    let shown = preview(&manager, &project, JIRA, settings.clone()).await.expect_ok();
    let fields = shown.each("taskImportPreview.headings", "field");
    assert_eq!(fields[..3], [json!("TITLE"), json!("KEY"), json!("STATUS")]);
    assert_eq!(
        (shown.number("taskImportPreview.rowCount"), shown.number("taskImportPreview.errorCount")),
        (3, 0)
    );
    let draft = &shown.list("taskImportPreview.drafts")[0];
    assert_eq!((&draft["title"], &draft["dueOn"]), (&json!("Design, first"), &json!("2026-03-31")));
    assert_eq!((&draft["estimateMinutes"], &draft["labelNames"]), (&json!(90), &json!(["web", "urgent"])));
    assert!(tasks(&manager, &project).await.is_empty(), "looking changes nothing");
    let begun = import(&manager, &project, JIRA, settings).await.expect_ok();
    let id = begun.text("importTasks.taskImport.id");
    world.settled().await;
    let over = told(&manager, &id).await;
    assert_eq!(over.text("taskImport.status"), "DONE", "{over}");
    assert_eq!((over.number("taskImport.createdCount"), over.number("taskImport.rowsDone")), (3, 3));
    let all = tasks(&manager, &project).await;
    let [design, formula, arabic] = &all[..] else { panic!("{all:?}") };
    assert_eq!((&design["number"], &design["priority"]), (&json!(1), &json!("URGENT")));
    assert_eq!(
        (&design["description"], &design["assignees"]),
        (&json!("Two\nlines"), &json!([{ "id": dev }]))
    );
    let labels = design["labels"].as_array().unwrap().iter().map(|label| label["name"].clone());
    assert_eq!(labels.collect::<Vec<_>>(), [json!("web"), json!("urgent")]);
    assert_eq!((&formula["title"], &formula["status"]), (&json!("=SUM(A1)"), &json!("DONE")));
    assert_eq!((&arabic["title"], &arabic["status"]), (&json!("مهمة"), &json!("DOING")));
    // What the file held is not kept, only what was wrong in it.
    let file = world.rows("projects_import_files", "").await;
    assert_eq!(file[0]["content"], "");
}

// keeps: PR-8
#[tokio::test]
async fn files_of_trello_and_asana_are_known_by_their_headings() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let project = new_project(&manager, "Moved").await;
    new_milestone(&manager, &project, "Launch", json!({})).await;
    let board = columns(&manager, &project).await;
    let trello = "Card ID;Card Name;List Name;Card Description;Labels;Due Date\n\
                  1;A card;Ideas;;red, green;2026-04-01T10:00:00.000Z\n";
    let unknown = preview(&manager, &project, trello, json!({})).await.expect_ok();
    assert_eq!(*unknown.data("taskImportPreview.unknownStatuses"), json!(["Ideas"]));
    let error = &unknown.list("taskImportPreview.rowErrors")[0];
    assert_eq!(
        (&error["line"], &error["column"], &error["code"]),
        (&json!(2), &json!("List Name"), &json!("unknown_status"))
    );
    let settings = json!({ "statuses": [{ "value": "ideas", "columnId": board[0].0 }] });
    import(&manager, &project, trello, settings).await.expect_ok();
    let asana = "Task ID,Completed At,Name,Section/Column,Assignee,Due Date,Tags,Notes,Milestone\n\
                 9,2026-01-01,An old one,,,,,Said,Launch\n";
    import(&manager, &project, asana, json!({})).await.expect_ok();
    world.settled().await;
    let all = tasks(&manager, &project).await;
    let card = all.iter().find(|task| task["title"] == "A card").unwrap();
    assert_eq!((&card["dueOn"], &card["status"]), (&json!("2026-04-01"), &json!("TODO")));
    let old = all.iter().find(|task| task["title"] == "An old one").unwrap();
    assert_eq!((&old["status"], &old["milestone"]["name"]), (&json!("DONE"), &json!("Launch")));
}

// keeps: PR-8
#[tokio::test]
async fn wrong_rows_are_told_and_the_others_come_in() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let project = new_project(&manager, "Moved").await;
    let long = "x".repeat(201);
    let file = format!(
        "Title,Status,Assignee,Start,Due,Estimate,Priority,Milestone\n\
         Fine,To do,,2026-03-01,2026-03-02,1h 30m,high,\n\
         ,To do,,,,,,\n\
         {long},,,,,,,\n\
         State,Nowhere,,,,,,\n\
         Person,,Nobody Known,,,,,\n\
         Dates,,,2026-03-09,2026-03-02,,,\n\
         Date,,,03/09/2026,,,,\n\
         Estimate,,,,,soon,,\n\
         Priority,,,,,,whenever,\n\
         \"Stone\nbelow\",,,,,,,Nowhere\n\
         Short\n"
    );
    let begun = import(&manager, &project, &file, json!({})).await.expect_ok();
    world.settled().await;
    let over = told(&manager.speaking("fr"), &begun.text("importTasks.taskImport.id")).await;
    let counts =
        ["rowCount", "createdCount", "errorCount"].map(|of| over.number(&format!("taskImport.{of}")));
    assert_eq!(counts, [11, 2, 9], "{over}");
    let codes: Vec<(i64, String)> = over
        .list("taskImport.rowErrors")
        .iter()
        .map(|error| (error["line"].as_i64().unwrap(), error["code"].as_str().unwrap().to_owned()))
        .collect();
    for expected in [
        (3, "required"),
        (4, "too_long"),
        (5, "unknown_status"),
        (6, "unknown_person"),
        (7, "due_before_start"),
        (8, "bad_date"),
        (9, "bad_duration"),
        (10, "bad_priority"),
        (11, "unknown_milestone"),
    ] {
        assert!(codes.contains(&(expected.0, expected.1.to_owned())), "{expected:?} in {codes:?}");
    }
    assert!(over.body.to_string().contains("Ce champ est obligatoire."), "{over}");
    let text = over.body.to_string();
    assert!(!text.contains("Nobody Known"), "what stands in the file is not kept");
    let titles: Vec<Value> =
        tasks(&manager, &project).await.iter().map(|task| task["title"].clone()).collect();
    assert_eq!(titles, [json!("Fine"), json!("Short")]);
}

// keeps: PR-8
#[tokio::test]
async fn estimates_count_what_their_heading_says_and_absurd_ones_are_refused() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let project = new_project(&manager, "Moved").await;
    let estimate = async |heading: &str, cell: &str, settings: Value| {
        let file = format!("Title,{heading}\nTask,{cell}\n");
        let shown = preview(&manager, &project, &file, settings).await.expect_ok();
        match shown.list("taskImportPreview.drafts") {
            [draft] => draft["estimateMinutes"].clone(),
            _ => shown.list("taskImportPreview.rowErrors")[0]["code"].clone(),
        }
    };
    for (heading, cell, settings, expected) in [
        ("Original Estimate", "5400", json!({}), json!(90)),
        ("Original Estimate", "1.5", json!({ "unit": "HOURS" }), json!(90)),
        ("estimate_minutes", "90", json!({}), json!(90)),
        ("Estimate", "1.5", json!({}), json!(90)),
        ("Estimate", "1000", json!({}), json!(60_000)),
        ("Estimate", "5400", json!({}), json!("estimate_too_large")),
        ("Estimate", "1h 30m", json!({ "unit": null }), json!(90)),
        ("Estimate", "5400", json!({ "unit": "SECONDS" }), json!(90)),
        ("Estimate", "5400", json!({ "unit": "HOURS" }), json!(324_000)),
    ] {
        assert_eq!(estimate(heading, cell, settings.clone()).await, expected, "{heading} {cell} {settings}");
    }
}

// keeps: PR-8
#[tokio::test]
async fn archived_rows_are_left_out_and_what_was_done_keeps_its_day() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let project = new_project(&manager, "Moved").await;
    let file = "Card Name,Archived,Completed At\nGone,true,\nDone,false,2026-01-05\n\
                Just so,,yes\nAt an instant,no,2026-01-05T22:00:00Z\nAhead,,2031-01-01\n";
    let shown = preview(&manager, &project, file, json!({})).await.expect_ok();
    let count = |name: &str| shown.number(&format!("taskImportPreview.{name}"));
    assert_eq!((count("skippedCount"), count("goodCount"), count("errorCount")), (1, 4, 0), "{shown}");
    let begun = import(&manager, &project, file, json!({})).await.expect_ok();
    world.settled().await;
    let over = told(&manager, &begun.text("importTasks.taskImport.id")).await;
    assert_eq!((over.number("taskImport.createdCount"), over.number("taskImport.skippedCount")), (4, 1));
    let all = tasks(&manager, &project).await;
    let days: Vec<_> = all.iter().map(|task| (&task["title"], &task["completedAt"])).collect();
    let now = all[1]["completedAt"].clone();
    let expected = [
        // Reason: noon in Berlin.
        (json!("Done"), json!("2026-01-05T11:00:00Z")),
        (json!("Just so"), now.clone()),
        (json!("At an instant"), json!("2026-01-05T22:00:00Z")),
        (json!("Ahead"), now.clone()),
    ];
    assert!(now.as_str().unwrap().starts_with("2026-03-02T"), "{now}");
    assert_eq!(days, expected.iter().map(|(title, day)| (title, day)).collect::<Vec<_>>());
}

// keeps: PR-8
#[tokio::test]
async fn rows_become_parts_of_others_by_key_or_title() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let project = new_project(&manager, "Moved").await;
    let rows: String = (0..450).map(|n| format!("AC-{n},Row {n},\n")).collect();
    let file = format!(
        "Issue key,Summary,Parent\nAC-900,Leaf,AC-901\nAC-901,Branch,trunk\n{rows}AC-902,Trunk,\n\
         AC-903,Lost,AC-999\nAC-904,Round,AC-904\nAC-905,,\nAC-906,Of a wrong one,AC-905\n"
    );
    let shown = preview(&manager, &project, &file, json!({})).await.expect_ok();
    assert_eq!(shown.number("taskImportPreview.errorCount"), 4);
    let begun = import(&manager, &project, &file, json!({})).await.expect_ok();
    world.settled().await;
    let over = told(&manager, &begun.text("importTasks.taskImport.id")).await;
    assert_eq!(
        (over.number("taskImport.createdCount"), over.number("taskImport.errorCount")),
        (453, 4),
        "{over}"
    );
    let wrong: Vec<_> =
        over.list("taskImport.rowErrors").iter().map(|error| (&error["column"], &error["code"])).collect();
    for (column, code) in [
        ("Parent", "unknown_parent"),
        ("Parent", "within_itself"),
        ("Summary", "required"),
        ("Parent", "parent_left_out"),
    ] {
        assert!(wrong.contains(&(&json!(column), &json!(code))), "{code} in {wrong:?}");
    }
    let query = "query($id: ID!, $text: String!) {
        tasks(filter: { projectId: $id, search: $text }, first: 5) { nodes { title parent { title } } } }";
    for (part, whole) in [
        ("Leaf", json!({ "title": "Branch" })),
        ("Branch", json!({ "title": "Trunk" })),
        ("Trunk", Value::Null),
    ] {
        let found = manager.run(query, json!({ "id": project, "text": part })).await.expect_ok();
        assert_eq!(found.data("tasks.nodes.0.parent"), &whole, "{part}");
    }
}

// keeps: PR-8
#[tokio::test]
async fn file_of_a_project_comes_into_one_with_another_board() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (whole, project) = (new_project(&manager, "Whole").await, new_project(&manager, "Moved").await);
    let input = json!({ "projectId": project, "name": "Won't do", "category": "DONE" });
    change(&manager, "createTaskColumn", input, "column { id }").await.expect_ok();
    let elsewhere = new_task(&manager, &whole, "Elsewhere").await;
    let file = format!(
        "ID,Title,Status,Column,Parent,Archived,Completed At\n\
         1,Looked at,doing,Nobody has this,{elsewhere},,\n2,Old,todo,,,yes,\n3,Of the old,todo,,2,,\n\
         4,Refused,done,Won't do,,,2026-01-05\n"
    );
    let begun = import(&manager, &project, &file, json!({})).await.expect_ok();
    world.settled().await;
    let over = told(&manager, &begun.text("importTasks.taskImport.id")).await;
    assert_eq!(
        (over.number("taskImport.createdCount"), over.number("taskImport.errorCount")),
        (3, 0),
        "{over}"
    );
    let all = tasks(&manager, &project).await;
    let got: Vec<_> = all.iter().map(|task| (&task["title"], &task["status"], &task["parent"])).collect();
    for (title, status) in [("Looked at", "DOING"), ("Of the old", "TODO"), ("Refused", "DONE")] {
        assert!(got.contains(&(&json!(title), &json!(status), &Value::Null)), "{title}: {got:?}");
    }
    let refused = all.iter().find(|task| task["title"] == "Refused").unwrap();
    assert_eq!(refused["column"]["name"], "Won't do", "it is done there already");
}

// keeps: PR-8
#[tokio::test]
async fn every_wrong_file_and_setting_is_named() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let project = new_project(&manager, "Moved").await;
    let other = new_project(&manager, "Other").await;
    let column = columns(&manager, &other).await[0].0.clone();
    let client = person(&acme, "client").await;
    for (file, settings, path, code) in [
        ("Title\n".to_owned(), json!({}), "content", "no_rows"),
        ("x".repeat(900_001), json!({}), "content", "file_too_large"),
        ("Title\n".repeat(5_002), json!({}), "content", "too_many_rows"),
        ("A,B\n1,2\n".to_owned(), json!({}), "settings.columns", "no_title_column"),
        (
            "Title\nx\n".to_owned(),
            json!({ "columns": [{ "heading": "None", "field": "TITLE" }] }),
            "settings.columns.0.heading",
            "no_such_column",
        ),
        (
            "Title\nx\n".to_owned(),
            json!({ "statuses": [{ "value": "a", "columnId": column }] }),
            "settings.statuses.0.columnId",
            "other_board",
        ),
        (
            "Title\nx\n".to_owned(),
            json!({ "people": [{ "value": "a", "userId": client }] }),
            "settings.people.0.userId",
            "not_staff",
        ),
    ] {
        import(&manager, &project, &file, settings).await.expect_field(path, code);
    }
    transition(&manager, &project, "CANCELLED").await.expect_ok();
    import(&manager, &project, "Title\nx\n", json!({})).await.expect_code("CONFLICT");
}

// keeps: PR-8, ID-22
#[tokio::test]
async fn imports_are_for_those_who_make_tasks_there() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, client) = (acme.manager(), acme.client());
    let project = new_project(&manager, "Moved").await;
    let begun = import(&manager, &project, "Title\nSecret words,\n", json!({})).await.expect_ok();
    world.settled().await;
    let id = begun.text("importTasks.taskImport.id");
    for (who, code) in
        [(&client, "FORBIDDEN"), (&acme.sales(), "FORBIDDEN"), (&acme.developer(), "NOT_FOUND")]
    {
        import(who, &project, "Title\nx\n", json!({})).await.expect_code(code);
        preview(who, &project, "Title\nx\n", json!({})).await.expect_code(code);
    }
    let query = "query($id: ID!) { taskImport(id: $id) { rowErrors { code } } }";
    for (who, code) in [
        (&client, "FORBIDDEN"),
        (&acme.developer(), "NOT_FOUND"),
        (&world.agency("globex").owner(), "NOT_FOUND"),
    ] {
        who.run(query, json!({ "id": id })).await.expect_code(code);
    }
    ask(&client, "{ taskImports { totalCount } }").await.expect_code("FORBIDDEN");
}
