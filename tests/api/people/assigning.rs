//! What tasks take, and people who are suggested for them: by skill, load and time, explained, assigned as one act.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    allocations::plan,
    leave::approved,
    profiles::new_skill,
    suggestions::{can, levels},
};
use crate::projects::asks::{change, expect_conflict, new_member, new_project, person, read_task, refusals};

const PERSON: &str =
    "userId name points skillPoints timePoints able freeMinutes loadPercent reason chosenForPlace message
  skillFits { skillId wanted has }";

pub(super) async fn preview(who: &Actor, project: &str, more: Value) -> Answer {
    let query = format!(
        "query($id: ID!, $taskIds: [ID!]) {{ previewAutoAssign(projectId: $id, taskIds: $taskIds) {{
          token filled taskDecisions {{ taskId number title from to workMinutes userId message
            fit {{ {PERSON} }} candidates {{ {PERSON} }} }} }} }}"
    );
    let mut variables = more;
    variables["id"] = json!(project);
    who.run(&query, variables).await
}

async fn assign(who: &Actor, project: &str, token: &str, more: Value) -> Answer {
    let mut input = more;
    (input["projectId"], input["token"]) = (json!(project), json!(token));
    change(who, "autoAssignTasks", input, "project { id } assignedTasks { id version assignees { id } }")
        .await
}

/// Makes a task of some minutes with these fields and gives its id.
pub(super) async fn task(who: &Actor, project: &str, title: &str, minutes: i64, more: Value) -> String {
    let mut input = json!({ "projectId": project, "title": title, "plan": { "durationMinutes": minutes } });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    change(who, "createTask", input, "task { id }").await.expect_ok().text("createTask.task.id")
}

/// A project that begins on Monday, January 11, when nothing else is planned yet, with the manager and these people on its team.
pub(super) async fn begun(who: &Actor, people: &[&str]) -> String {
    let id = new_project(who, "Begun").await;
    let start = json!({ "id": id, "estimatedStart": "2027-01-11" });
    change(who, "updateProject", start, "project { id }").await.expect_ok();
    for user in people {
        new_member(who, &id, user).await;
    }
    id
}

/// Who gets each task, by title.
fn doers(answer: &Answer) -> Vec<(String, Value)> {
    let one = |one: &Value| (one["title"].as_str().unwrap().to_owned(), one["userId"].clone());
    answer.list("previewAutoAssign.taskDecisions").iter().map(one).collect()
}

/// The decision about the task with this title.
pub(super) fn of(answer: &Answer, title: &str) -> Value {
    let all = answer.list("previewAutoAssign.taskDecisions");
    let found = all.iter().find(|one| one["title"] == title).cloned();
    found.unwrap_or_else(|| panic!("nothing about {title}\n{answer}"))
}

// keeps: PR-30, PR-8
#[tokio::test]
async fn skills_of_tasks_are_kept_changed_and_checked() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let project = new_project(&manager, "One").await;
    let (rust, design) = (new_skill(&manager, "Rust").await, new_skill(&manager, "Design").await);
    let fields = "task { id version skills { skillId level skill { name } } }";
    let input =
        json!({ "projectId": project, "title": "Both", "skills": levels(&[(&rust, 4), (&design, 2)]) });
    let made = change(&manager, "createTask", input, fields).await.expect_ok();
    assert_eq!(made.list("createTask.task.skills").len(), 2);
    let id = made.text("createTask.task.id");
    let update = async |skills: Value| {
        change(&manager, "updateTask", json!({ "id": id, "skills": skills }), fields).await
    };
    let kept = update(Value::Null).await.expect_ok();
    assert_eq!((kept.list("updateTask.task.skills").len(), kept.number("updateTask.task.version")), (2, 1));
    let less = update(levels(&[(&rust, 5)])).await.expect_ok();
    let expected = json!([{ "skillId": rust, "level": 5, "skill": { "name": "Rust" } }]);
    assert_eq!(*less.data("updateTask.task.skills"), expected);
    assert_eq!(less.number("updateTask.task.version"), 2, "skills count as a change");
    let foreign = new_skill(&world.agency("globex").manager(), "Theirs").await;
    for (skills, path, code) in [
        (levels(&[(&rust, 6)]), "skills.0.level", "out_of_range"),
        (levels(&[(&rust, 1), (&rust, 1)]), "skills.1.skillId", "named_twice"),
        (levels(&[(&foreign, 1)]), "skills.0.skillId", "unknown_skill"),
        (levels(&vec![(rust.as_str(), 1); 21]), "skills", "too_many"),
    ] {
        update(skills.clone()).await.expect_field(path, code);
        let input = json!({ "projectId": project, "title": "Wrong", "skills": skills });
        change(&manager, "createTask", input, fields).await.expect_field(path, code);
    }
    change(&manager, "updateSkill", json!({ "id": rust, "archived": true }), "skill { id }")
        .await
        .expect_ok();
    update(levels(&[(&rust, 4)])).await.expect_ok();
    let input = json!({ "projectId": project, "title": "New", "skills": levels(&[(&rust, 4)]) });
    change(&manager, "createTask", input, fields).await.expect_field("skills.0.skillId", "skill_archived");
    let clone = json!({ "projectId": project, "name": "Again", "startsOn": "2027-01-11" });
    let cloned =
        change(&manager, "cloneProject", clone, "project { tasks { nodes { skills { level } } } }").await;
    assert_eq!(
        *cloned.expect_ok().data("cloneProject.project.tasks.nodes.0.skills"),
        json!([{ "level": 4 }])
    );
    let seeded = "{ tasks(first: 1) { nodes { skills { level } } } }";
    let refused = acme.client().run(seeded, json!({})).await;
    assert_eq!(refused.code(), Some("FORBIDDEN"), "what tasks take is for the team\n{refused}");
    assert!(refused.data("tasks.nodes.0.skills").is_null());
    // Reason: what is for the team is for the team of the project.
    let others = new_project(&manager, "Others'").await;
    let input = json!({ "projectId": others, "title": "Theirs", "skills": levels(&[(&design, 4)]) });
    let made = change(&manager, "createTask", input, "task { id }").await.expect_ok();
    let reads = [("projects.project.read", "TENANT"), ("projects.task.read", "TENANT")];
    let key = acme.owner().key(&[reads[0], reads[1], ("projects.internal.read", "ASSIGNED")]).await;
    let query = "query($id: ID!) { task(id: $id) { title skills { level } estimateMinutes } }";
    let answer = key.run(query, json!({ "id": made.text("createTask.task.id") })).await;
    assert_eq!(answer.text("task.title"), "Theirs");
    let forbidden = |path: &str| (path.to_owned(), "FORBIDDEN".to_owned());
    assert_eq!(refusals(&answer), [forbidden("task.estimateMinutes"), forbidden("task.skills")]);
}

// keeps: PR-30
#[tokio::test]
async fn tasks_go_to_who_can_do_them_and_each_is_explained() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, me) = (acme.manager(), person(&acme, "pm").await);
    let (dev, sales) = (person(&acme, "dev").await, person(&acme, "sales").await);
    let (project, rust) = (begun(&manager, &[&dev, &sales]).await, new_skill(&manager, "Rust").await);
    can(&manager, &dev, &[(&rust, 4)]).await;
    can(&manager, &sales, &[(&rust, 2)]).await;
    let whole = |priority: &str| json!({ "priority": priority });
    for (title, priority) in [("Late", "LOW"), ("Third", "NORMAL"), ("Second", "HIGH")] {
        task(&manager, &project, title, 480, whole(priority)).await;
    }
    let hard = json!({ "priority": "URGENT", "skills": levels(&[(&rust, 4)]), "estimateMinutes": 600, "remainingMinutes": 480 });
    task(&manager, &project, "First", 480, hard).await;
    let mine = json!({ "assigneeIds": [me], "dueOn": "2027-01-22" });
    task(&manager, &project, "Taken", 60, mine).await;
    let before = world.snapshot().await;
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    let titles: Vec<String> = doers(&told).into_iter().map(|(title, _)| title).collect();
    assert_eq!(
        titles,
        ["First", "Second", "Third", "Late"],
        "the more urgent first, and none that somebody does"
    );
    let first = of(&told, "First");
    assert_eq!([&first["userId"], &first["workMinutes"]], [&json!(dev), &json!(480)]);
    assert_eq!([&first["from"], &first["to"]], [&json!("2027-01-11"); 2]);
    let candidates = first["candidates"].as_array().unwrap();
    let points =
        |one: &Value| (one["userId"].clone(), one["points"].as_i64().unwrap(), one["reason"].clone());
    let candidates: Vec<_> = candidates.iter().map(points).collect();
    let expected = [(json!(dev), 1_000, json!("CHOSEN")), (json!(sales), 650, json!("POINTS"))];
    assert_eq!(candidates, expected, "who cannot do it at all is no candidate");
    let name = first["fit"]["name"].as_str().unwrap();
    let said = format!("{name} has 1 of 1 skills at the level wanted and 8 h of 8 h free.");
    assert_eq!(first["message"], said);
    assert!(first["candidates"][1]["message"].as_str().unwrap().ends_with(&format!("{name} fits better.")));
    assert_eq!(
        of(&told, "Second")["userId"],
        sales.as_str(),
        "the manager has an hour to do already\n{told}"
    );
    let third = of(&told, "Third");
    assert_eq!(
        [&third["userId"], &third["fit"]["timePoints"]],
        [&json!(me), &json!(262)],
        "seven of eight hours"
    );
    assert_eq!(of(&told, "Late")["userId"], Value::Null, "nobody has a minute left");
    assert_eq!(
        of(&told, "Late")["message"],
        "Nobody has all the skills that this takes, and free time for it."
    );
    assert_eq!(told.number("previewAutoAssign.filled"), 3);
    assert_eq!(before.changes(&world.snapshot().await), [""; 0]);
    let french = preview(&manager.speaking("fr"), &project, json!({})).await.expect_ok();
    let said = format!("{name} a 1 des 1 compétences au niveau voulu et 8 h libres sur 8 h.");
    assert_eq!(of(&french, "First")["message"], said);
}

// keeps: PR-30, PR-27, PR-28
#[tokio::test]
async fn leave_plans_and_other_tasks_leave_less_time() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, me) = (acme.manager(), person(&acme, "pm").await);
    let (dev, sales) = (person(&acme, "dev").await, person(&acme, "sales").await);
    let (project, other) = (begun(&manager, &[&dev, &sales]).await, new_project(&manager, "Other").await);
    task(&manager, &project, "Long", 480, json!({})).await;
    task(&manager, &project, "Short", 60, json!({ "priority": "LOW" })).await;
    approved(&acme.developer(), &manager, "2027-01-11", "2027-01-11", json!({})).await;
    let half = json!({ "userId": me, "percent": 50, "from": "2027-01-04", "to": "2027-01-22" });
    let half = plan(&manager, &other, half).await.expect_ok().text("createAllocation.allocation.id");
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    assert_eq!(doers(&told), [("Long".to_owned(), json!(sales)), ("Short".to_owned(), json!(me))]);
    let long = of(&told, "Long");
    let figures =
        |one: &Value| ["points", "freeMinutes", "loadPercent"].map(|name| one[name].as_i64().unwrap());
    let candidates: Vec<_> = long["candidates"].as_array().unwrap().iter().map(figures).collect();
    assert_eq!(candidates, [[1_000, 480, 0], [850, 240, 50]], "who is away is none\n{told}");
    let due = json!({ "assigneeIds": [sales], "startOn": "2027-01-11", "dueOn": "2027-01-12", "estimateMinutes": 480 });
    let elsewhere = task(&manager, &other, "Elsewhere", 60, due).await;
    let undated = json!({ "assigneeIds": [sales], "estimateMinutes": 9_000 });
    task(&manager, &other, "Some day", 60, undated).await;
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    let long = of(&told, "Long");
    let figures_of: Vec<_> = long["candidates"].as_array().unwrap().iter().map(figures).collect();
    assert_eq!(figures_of, [[850, 240, 50], [850, 240, 50]], "half of it on each of two days\n{told}");
    assert_eq!(long["candidates"][1]["reason"], "ORDER");
    let spent = json!({ "taskId": elsewhere, "spentOn": "2026-02-26", "minutes": 240 });
    change(&acme.manager(), "createTimeEntry", spent, "__typename").await.expect_ok();
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    assert_eq!(of(&told, "Long")["fit"]["freeMinutes"], 360, "what was worked is done\n{told}");
    let planned = json!({ "userId": sales, "weeklyMinutes": 60, "from": "2027-01-11", "to": "2027-01-17" });
    plan(&manager, &other, planned).await.expect_ok();
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    assert_eq!(of(&told, "Long")["fit"]["freeMinutes"], 360, "a small plan hides no tasks\n{told}");
    let more = json!({ "userId": sales, "weeklyMinutes": 1_140, "from": "2027-01-11", "to": "2027-01-17" });
    let more = plan(&manager, &other, more).await.expect_ok().text("createAllocation.allocation.id");
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    let long = of(&told, "Long")["candidates"].clone();
    let free = |user: &str| {
        let found = long.as_array().unwrap().iter().find(|one| one["userId"] == user);
        found.map(|one| one["freeMinutes"].clone())
    };
    assert_eq!(free(&sales), Some(json!(240)), "a plan that is greater has room for the tasks\n{told}");
    change(&manager, "deleteAllocation", json!({ "id": more }), "id").await.expect_ok();
    change(&manager, "deleteAllocation", json!({ "id": half }), "id").await.expect_ok();
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    assert_eq!(of(&told, "Long")["userId"], me.as_str());
    assert_eq!(of(&told, "Short")["fit"]["userId"], sales.as_str());
}

// keeps: PR-30
#[tokio::test]
async fn tasks_are_assigned_as_one_act_and_a_stale_preview_is_refused() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let project = begun(&manager, &[&dev]).await;
    let (one, two) = (
        task(&manager, &project, "One", 480, json!({})).await,
        task(&manager, &project, "Two", 480, json!({})).await,
    );
    let done = task(&manager, &project, "Done", 60, json!({ "assigneeIds": [dev] })).await;
    let whole = task(&manager, &project, "Whole", 60, json!({})).await;
    let part = task(&manager, &project, "Part", 60, json!({ "parentId": whole })).await;
    let other = task(&manager, &new_project(&manager, "Other").await, "Other", 60, json!({})).await;
    for (ids, path, code) in [
        (json!([one, other]), "taskIds.1", "other_project"),
        (json!([one, one]), "taskIds.1", "duplicate_item"),
        (json!([done]), "taskIds.0", "task_taken"),
        (json!([part, whole]), "taskIds.1", "has_parts"),
        (json!(vec![one.clone(); 501]), "taskIds", "too_many"),
    ] {
        preview(&manager, &project, json!({ "taskIds": ids })).await.expect_field(path, code);
    }
    let named = json!({ "taskIds": [two, one] });
    let told = preview(&manager, &project, named.clone()).await.expect_ok();
    let token = told.text("previewAutoAssign.token");
    assign(&manager, &project, &token, json!({})).await.expect_code("CONFLICT");
    assign(&manager, &project, "x", json!({ "taskIds": [other] }))
        .await
        .expect_field("taskIds.0", "other_project");
    let input = json!({ "id": one, "estimateMinutes": 30 });
    change(&manager, "updateTask", input, "task { id }").await.expect_ok();
    let stale = assign(&manager, &project, &token, named.clone()).await;
    expect_conflict(stale, "What this was suggested for has changed");
    let told = preview(&manager, &project, named.clone()).await.expect_ok();
    let token = told.text("previewAutoAssign.token");
    let made = assign(&manager, &project, &token, named.clone()).await.expect_ok();
    assert_eq!(made.list("autoAssignTasks.assignedTasks").len(), 2);
    for (title, id) in [("One", &one), ("Two", &two)] {
        let chosen = of(&told, title)["userId"].clone();
        let now = read_task(&manager, id).await.expect_ok();
        assert_eq!(now.each("task.assignees", "id"), std::slice::from_ref(&chosen));
        let events = world.events_of(id).await;
        let last = events.iter().rev().find(|event| event["kind"] == "projects.task.assigned").unwrap();
        assert_eq!(last["payload"], json!({ "added": [chosen], "removed": [], "project": project }));
    }
    world.settled().await;
    let actions = world.audit_of(&two).await.into_iter().map(|row| row["action"].clone());
    assert_eq!(actions.filter(|action| *action == "projects.task.auto_assign").count(), 1);
    assign(&manager, &project, &token, named).await.expect_code("CONFLICT");
}

// keeps: PR-30
#[tokio::test]
async fn two_who_assign_at_once_do_not_assign_twice() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let project = begun(&manager, &[&dev]).await;
    let id = task(&manager, &project, "One", 60, json!({})).await;
    let token = preview(&manager, &project, json!({})).await.expect_ok().text("previewAutoAssign.token");
    let askers = [manager.on(0), manager.on(1), manager.on(0)];
    let assigned = askers.iter().map(|who| assign(who, &project, &token, json!({})));
    let codes: Vec<_> =
        join_all(assigned).await.iter().map(|answer| answer.code().map(str::to_owned)).collect();
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 1, "{codes:?}");
    assert!(codes.iter().flatten().all(|code| code == "CONFLICT"), "{codes:?}");
    assert_eq!(read_task(&manager, &id).await.expect_ok().list("task.assignees").len(), 1);
}

// keeps: PR-30
#[tokio::test]
async fn two_who_assign_in_different_projects_do_not_fill_a_day_twice() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let rust = new_skill(&manager, "Rust").await;
    can(&manager, &dev, &[(&rust, 3)]).await;
    let takes = json!({ "skills": levels(&[(&rust, 3)]), "startOn": "2027-01-11", "dueOn": "2027-01-11", "estimateMinutes": 480 });
    let mut asked = Vec::new();
    for node in 0..2 {
        let who = manager.on(node);
        let project = begun(&who, &[&dev]).await;
        task(&who, &project, "One", 480, takes.clone()).await;
        asked.push((who, project));
    }
    let mut tokens = Vec::new();
    for (who, project) in &asked {
        let told = preview(who, project, json!({})).await.expect_ok();
        assert_eq!(of(&told, "One")["userId"], dev.as_str());
        tokens.push(told.text("previewAutoAssign.token"));
    }
    let assigned = asked.iter().zip(&tokens).map(|((who, project), token)| async move {
        assign(who, project, token, json!({})).await.code().map(str::to_owned)
    });
    let codes = join_all(assigned).await;
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 1, "{codes:?}");
    assert!(codes.iter().flatten().all(|code| code == "CONFLICT"), "{codes:?}");
}

// keeps: PR-30
#[tokio::test]
async fn many_tasks_take_as_many_statements_as_few() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let rust = new_skill(&manager, "Rust").await;
    can(&manager, &dev, &[(&rust, 3)]).await;
    let mut counts = Vec::new();
    for (tasks, people) in [(2, vec![]), (24, vec!["sales", "editor", "finance"])] {
        let mut team = vec![dev.clone()];
        for name in people {
            team.push(person(&acme, name).await);
        }
        let team: Vec<&str> = team.iter().map(String::as_str).collect();
        let project = begun(&manager, &team).await;
        let takes = json!({ "skills": levels(&[(&rust, 2)]) });
        for number in 0..tasks {
            task(&manager, &project, &format!("Task {number}"), 60, takes.clone()).await;
        }
        let taken = json!({ "assigneeIds": [dev], "dueOn": "2027-01-22", "estimateMinutes": 60 });
        task(&manager, &new_project(&manager, "Other").await, "Other", 60, taken).await;
        let told = preview(&manager, &project, json!({})).await.expect_ok();
        let token = told.text("previewAutoAssign.token");
        assert_eq!(told.list("previewAutoAssign.taskDecisions").len(), tasks);
        let made = assign(&manager, &project, &token, json!({})).await.expect_ok();
        counts.push((told.statements.unwrap(), made.statements.unwrap()));
    }
    assert!(counts[1].0 <= counts[0].0 && counts[1].1 <= counts[0].1, "{counts:?}");
}

// keeps: PR-30, ID-22
#[tokio::test]
async fn people_are_found_for_tasks_by_who_plans_the_project() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let mine = begun(&acme.manager(), &[&person(&acme, "dev").await]).await;
    let theirs = new_project(&acme.owner(), "Theirs").await;
    preview(&acme.manager(), &mine, json!({})).await.expect_ok();
    let looks = [
        (acme.manager(), &theirs, "NOT_FOUND"),
        (acme.developer(), &mine, "FORBIDDEN"),
        (acme.viewer(), &mine, "FORBIDDEN"),
        (acme.sales(), &mine, "FORBIDDEN"),
        (acme.client(), &mine, "FORBIDDEN"),
        (world.agency("globex").owner(), &mine, "NOT_FOUND"),
        (world.nobody(), &mine, "UNAUTHENTICATED"),
    ];
    for (who, project, code) in looks {
        preview(&who, project, json!({})).await.expect_code(code);
        assign(&who, project, "1.0", json!({})).await.expect_code(code);
    }
}
