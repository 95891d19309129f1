//! Activity for people: sentences in the reader's language, groups that stay what they are, and nothing that the reader
//! may not see.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, World};

use super::support::sealed;

const ACTIVITY: &str = "id sentence actorKind actorName actor { id } kind category icon startedAt endedAt count \
                        entryCount project { id name } subjects { subjectType id label }";

async fn gathered(world: &World) {
    sealed(world).await;
    gateway::worker::gatherer(world.app(0)).gather_all().await.unwrap();
}

async fn activity(world: &World, who: &Actor, filter: Value) -> Vec<Value> {
    gathered(world).await;
    let query = format!(
        "query($f: ActivityFilter) {{ activity(first: 50, filter: $f) {{ nodes {{ {ACTIVITY} }} }} }}"
    );
    who.run(&query, json!({ "f": filter })).await.expect_ok().list("activity.nodes").to_vec()
}

/// A sentence without the marks around names.
fn plain(node: &Value) -> String {
    node["sentence"].as_str().unwrap_or_default().replace(['\u{2068}', '\u{2069}'], "")
}

fn of_kind<'a>(nodes: &'a [Value], kind: &str) -> Vec<&'a Value> {
    nodes.iter().filter(|node| node["kind"] == kind).collect()
}

async fn change(who: &Actor, name: &str, input: Value, fields: &str) -> tests::Answer {
    let (first, rest) = name.split_at(1);
    let kind = format!("{}{rest}Input", first.to_uppercase());
    let query = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} }} }}");
    who.run(&query, json!({ "input": input })).await.expect_ok()
}

async fn project(who: &Actor, name: &str, account: Option<&str>) -> String {
    let input = json!({ "name": name, "accountId": account });
    change(who, "createProject", input, "project { id }").await.text("createProject.project.id")
}

async fn task(who: &Actor, project: &str, title: &str) -> String {
    let input = json!({ "projectId": project, "title": title });
    change(who, "createTask", input, "task { id }").await.text("createTask.task.id")
}

async fn complete(who: &Actor, task: &str) {
    let columns = "query($id: ID!) { node(id: $id) { ... on Task { project { columns { id category } } } } }";
    let answer = who.run(columns, json!({ "id": task })).await.expect_ok();
    let columns = answer.list("node.project.columns");
    let done = columns.iter().find(|column| column["category"] == "DONE").expect("a column for what is done");
    change(who, "moveTask", json!({ "id": task, "columnId": done["id"] }), "task { id }").await;
}

// keeps: AU-8
#[tokio::test]
async fn what_one_person_does_within_a_while_is_one_sentence_in_each_language() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = project(&owner, "Website relaunch", None).await;
    let mut tasks = Vec::new();
    for title in ["Draw", "Write", "Build"] {
        tasks.push(task(&owner, &id, title).await);
    }
    for task in &tasks {
        complete(&owner, task).await;
    }
    let me = owner.run("{ viewer { user { id givenName familyName } } }", json!({})).await.expect_ok();
    let name = format!("{} {}", me.text("viewer.user.givenName"), me.text("viewer.user.familyName"));
    let nodes = activity(&world, &owner, json!({ "project": id })).await;
    let sentences: Vec<String> = nodes.iter().map(plain).collect();
    assert_eq!(
        sentences,
        [
            format!("{name} completed 3 tasks in Website relaunch"),
            format!("{name} created 3 tasks in Website relaunch"),
            format!("{name} created the project {}", nodes[2]["subjects"][0]["label"].as_str().unwrap()),
        ]
    );
    let done = &nodes[0];
    assert_eq!((&done["count"], &done["entryCount"], &done["icon"]), (&json!(3), &json!(3), &json!("check")));
    assert_eq!((&done["category"], &done["actorKind"]), (&json!("PROJECTS"), &json!("USER")));
    assert_eq!(
        (&done["actor"]["id"], &done["project"]["id"]),
        (&json!(me.text("viewer.user.id")), &json!(id))
    );
    let subjects: BTreeSet<&str> =
        done["subjects"].as_array().unwrap().iter().filter_map(|subject| subject["id"].as_str()).collect();
    assert_eq!(subjects, tasks.iter().map(String::as_str).collect());
    let french = activity(&world, &owner.speaking("fr-CA"), json!({ "project": id })).await;
    assert_eq!(plain(&french[0]), format!("{name} a terminé 3 tâches dans Website relaunch"));
    // One task more after a pause is a group of its own, and says which.
    world.clock.advance(Duration::from_secs(3_600));
    let more = task(&owner, &id, "Test").await;
    let nodes = activity(&world, &owner, json!({ "project": id })).await;
    assert_eq!(plain(&nodes[0]), format!("{name} created the task #4 Test in Website relaunch"));
    assert_eq!(of_kind(&nodes, "projects.task.create").len(), 2);
    let of = "query($p: ID!, $t: ID!) { project: node(id: $p) { ... on Project { activity(first: 9) { nodes { sentence } } } } \
              task: node(id: $t) { ... on Task { activity(first: 9) { nodes { sentence entryCount } } } } }";
    let answer = owner.run(of, json!({ "p": id, "t": tasks[0] })).await.expect_ok();
    assert_eq!(answer.list("project.activity.nodes").len(), 4);
    let lines: Vec<String> = answer.list("task.activity.nodes").iter().map(plain).collect();
    assert_eq!(
        lines,
        [format!("{name} completed the task #1 Draw"), format!("{name} created the task #1 Draw")]
    );
    assert!(!more.is_empty());
}

// keeps: AU-8
#[tokio::test]
async fn pages_neither_split_nor_repeat_a_group_whatever_happens_meanwhile() {
    let world = World::new().await;
    let (owner, admin) = (world.agency("acme").owner(), world.agency("acme").admin());
    let id = project(&owner, "Relaunch", None).await;
    for round in 0..6 {
        let who = if round % 2 == 0 { &owner } else { &admin };
        task(who, &id, &format!("Task {round}")).await;
        world.clock.advance(Duration::from_secs(if round % 3 == 2 { 2_000 } else { 60 }));
    }
    gathered(&world).await;
    let query = "query($f: ActivityFilter, $after: String) { activity(first: 1, after: $after, filter: $f) { \
                 nodes { id entryCount } totalCount pageInfo { hasNextPage endCursor } } }";
    let (mut seen, mut after, mut entries) = (Vec::new(), Value::Null, 0);
    loop {
        let answer = owner.run(query, json!({ "f": { "project": id }, "after": after })).await.expect_ok();
        for node in answer.list("activity.nodes") {
            seen.push(node["id"].as_str().unwrap().to_owned());
            entries += node["entryCount"].as_i64().unwrap();
        }
        // Reason: a reader pages while others work, in groups that are there and in new ones.
        task(&admin, &id, "Meanwhile").await;
        gathered(&world).await;
        if answer.data("activity.pageInfo.hasNextPage") == false {
            break;
        }
        after = answer.data("activity.pageInfo.endCursor").clone();
        assert!(seen.len() < 50, "pages end");
    }
    let different: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(different.len(), seen.len(), "{seen:?}");
    assert!(entries >= 7, "{entries}");
    let items = world.rows("audit_activities", "").await;
    let groups: BTreeMap<String, i64> = world
        .rows("audit_activity_groups", "")
        .await
        .iter()
        .map(|group| (group["id"].to_string(), group["entries"].as_i64().unwrap()))
        .collect();
    let mut counted: BTreeMap<String, i64> = BTreeMap::new();
    for item in &items {
        *counted.entry(item["group_id"].to_string()).or_default() += 1;
    }
    assert_eq!(counted, groups, "each entry is in one group, and groups know how many they have");
}

// keeps: AU-8
#[tokio::test]
async fn nobody_reads_of_what_they_may_not_see_now() {
    let world = World::new().await;
    let agency = world.agency("acme");
    let (owner, client) = (agency.owner(), agency.client());
    let seen = client.run("{ accounts(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let theirs = project(&owner, "Portal", Some(&seen.ids("accounts.nodes")[0])).await;
    let hidden = project(&owner, "Hidden plans", None).await;
    task(&owner, &hidden, "Secret work").await;
    task(&owner, &theirs, "Open work").await;
    agency.owner().run("mutation { rotateAuditKey { key { id } } }", json!({})).await.expect_ok();
    let told = activity(&world, &client, Value::Null).await;
    let text = serde_json::to_string(&told).unwrap();
    assert!(text.contains("Open work"), "{text}");
    assert!(!text.contains("Secret") && !text.contains("Hidden"), "{text}");
    assert!(
        told.iter().all(|node| ["PROJECTS", "CLIENTS"].contains(&node["category"].as_str().unwrap())),
        "{text}"
    );
    let entries = "query($f: ActivityFilter) { activity(first: 9, filter: $f) { nodes { entries(first: 9) { nodes { \
                   occurredAt subject { label } entry { id } } } } } }";
    let answer = client.run(entries, json!({ "f": { "project": theirs } })).await.expect_ok();
    let lines: Vec<&Value> = answer
        .list("activity.nodes")
        .iter()
        .flat_map(|node| node["entries"]["nodes"].as_array().unwrap())
        .collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["entry"].is_null()), "{answer}");
    let answer = owner.run(entries, json!({ "f": { "project": theirs } })).await.expect_ok();
    assert!(answer.list("activity.nodes")[0]["entries"]["nodes"][0]["entry"]["id"].is_string(), "{answer}");
    // Everybody else of the agency and the other one.
    let text =
        serde_json::to_string(&activity(&world, &world.agency("globex").owner(), Value::Null).await).unwrap();
    assert!(!text.contains("Secret") && !text.contains("Open work"), "{text}");
    let member = agency.developer();
    let text = serde_json::to_string(&activity(&world, &member, Value::Null).await).unwrap();
    assert!(!text.contains("Secret") && !text.contains("audit.key.rotate"), "{text}");
    let all = activity(&world, &owner, json!({ "categories": ["AUDIT"] })).await;
    assert_eq!(of_kind(&all, "audit.key.rotate").len(), 1);
    world
        .nobody()
        .run("{ activity(first: 1) { nodes { id } } }", json!({}))
        .await
        .expect_code("UNAUTHENTICATED");
}

// keeps: AU-8
#[tokio::test]
async fn names_are_those_of_now_and_keep_their_direction() {
    let world = World::new().await;
    let agency = world.agency("acme");
    let (owner, admin) = (agency.owner(), agency.admin());
    let id = project(&admin, "مشروع", None).await;
    let profile = json!({ "givenName": "ليلى", "familyName": "حداد" });
    change(&admin, "updateProfile", profile, "user { id }").await;
    task(&admin, &id, "مهمة").await;
    let nodes = activity(&world, &owner, json!({ "project": id })).await;
    let created = of_kind(&nodes, "projects.task.create")[0]["sentence"].as_str().unwrap().to_owned();
    assert_eq!(
        created,
        "\u{2068}ليلى حداد\u{2069} created the task \u{2068}#1 مهمة\u{2069} in \u{2068}مشروع\u{2069}"
    );
    for table in ["audit_activities", "audit_activity_groups"] {
        let stored = serde_json::to_string(&world.rows(table, "").await).unwrap();
        assert!(!stored.contains("ليلى") && !stored.contains("مهمة"), "{table} holds no names");
    }
    let who = admin.run("{ viewer { user { id } } }", json!({})).await.expect_ok().text("viewer.user.id");
    change(&owner, "deleteUser", json!({ "id": who }), "userId").await;
    let nodes = activity(&world, &owner, json!({ "project": id })).await;
    let created = of_kind(&nodes, "projects.task.create");
    assert_eq!((created[0]["actorName"].as_str(), &created[0]["actor"]), (Some("Former user"), &Value::Null));
    assert!(plain(created[0]).starts_with("Former user created the task"), "{}", plain(created[0]));
}

// keeps: AU-8
#[tokio::test]
async fn page_takes_few_statements_however_long_it_is() {
    let world = World::builder().configure(|config| config.server.expose_statements = true).build().await;
    let agency = world.agency("acme");
    let (owner, manager) = (agency.owner(), agency.manager());
    let id = project(&owner, "Relaunch", None).await;
    for round in 0..4 {
        task(&owner, &id, &format!("Task {round}")).await;
        world.clock.advance(Duration::from_secs(2_000));
    }
    gathered(&world).await;
    let query = format!(
        "query($n: Int!) {{ activity(first: $n) {{ nodes {{ {ACTIVITY} entries(first: 5) {{ nodes {{ \
         subject {{ label }} entry {{ id }} }} }} }} }} }}"
    );
    for who in [&owner, &manager] {
        for count in [1, 50] {
            who.run(&query, json!({ "n": count })).await.expect_ok().expect_statements(12);
        }
    }
    let nested = "{ projects(first: 10) { nodes { activity(first: 3) { nodes { sentence } } } } }";
    owner.run(nested, json!({})).await.expect_ok().expect_statements(10);
}

/// Acts that leave no entries. The list may only shrink.
const SILENT: &[&str] = &[
    // Puts a job into the queue.
    "audit.retention.plan",
];

// keeps: AU-8
#[test]
fn every_act_of_the_program_has_a_sentence() {
    let said: BTreeSet<&str> = gateway::graph::ACTIVITY_TEXTS.all().map(|text| text.action).collect();
    let mut missing = BTreeSet::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<_> = std::fs::read_dir(root.join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("src"))
        .collect();
    folders.push(root.join("gateway/src"));
    let mut found = 0;
    for folder in folders {
        for file in rust_files(&folder) {
            let source = std::fs::read_to_string(&file).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            for action in acts(source) {
                found += 1;
                if !said.contains(action.as_str()) && !SILENT.contains(&action.as_str()) {
                    missing.insert(format!("{action} ({})", file.display()));
                }
            }
        }
    }
    assert!(found > 70, "only {found} acts were found");
    assert!(missing.is_empty(), "acts without a sentence: add one to the domain's activity.rs\n{missing:#?}");
}

/// Names of acts in a source: the literals that `act` is called with.
fn acts(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in source.match_indices(".act(") {
        let call: String = source[at..].chars().take(200).collect();
        let Some((_, rest)) = call.split_once(',') else { continue };
        if let Some(rest) = rest.trim_start().strip_prefix('"') {
            names.extend(rest.split_once('"').map(|(name, _)| name.to_owned()));
        }
    }
    names
}

fn rust_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files
}

// keeps: AU-8
#[test]
fn sentences_name_what_they_are_about_in_each_language() {
    for text in gateway::graph::ACTIVITY_TEXTS.all() {
        let [en, en_many] = text.en;
        let [fr, fr_many] = text.fr;
        for (one, other) in [(en, fr), (en_many, fr_many)] {
            let names = |text: &str| -> BTreeSet<String> {
                text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
            };
            let (ours, theirs) = (names(one), names(other));
            assert_eq!(ours, theirs, "{}", text.kind);
            let known = ["actor", "subject", "person", "count"];
            assert!(ours.iter().all(|name| known.contains(&name.as_str())), "{}: {ours:?}", text.kind);
        }
        let say = |text: &str| text.contains("{actor}") || text.contains("{count}");
        assert!(say(en) && say(fr), "{}", text.kind);
    }
}

// keeps: AU-8, ID-22
#[tokio::test]
async fn client_is_told_neither_old_names_nor_what_changed_for_the_team_alone() {
    let world = World::new().await;
    let agency = world.agency("acme");
    let (owner, client, dev) = (agency.owner(), agency.client(), agency.developer());
    let seen = client.run("{ accounts(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let id = project(&owner, "Portal", Some(&seen.ids("accounts.nodes")[0])).await;
    let user = dev.run("{ viewer { user { id } } }", json!({})).await.expect_ok().text("viewer.user.id");
    let member = json!({ "projectId": id, "userId": user });
    change(&owner, "addProjectMember", member, "member { id }").await;
    let milestone = json!({ "projectId": id, "name": "Squeeze them" });
    let milestone = change(&owner, "createMilestone", milestone, "milestone { id }").await;
    let milestone = milestone.text("createMilestone.milestone.id");
    let shown = json!({ "id": milestone, "name": "Launch", "clientVisible": true });
    change(&owner, "updateMilestone", shown, "milestone { id }").await;
    let inner = task(&owner, &id, "Draw").await;
    for fields in [
        json!({ "blockedReason": "No idea" }),
        json!({ "estimateMinutes": 60 }),
        json!({ "checklist": [{ "text": "Think" }] }),
    ] {
        let mut fields = fields;
        fields["id"] = json!(inner);
        change(&owner, "updateTask", fields, "task { id }").await;
    }
    let open = task(&owner, &id, "Write").await;
    change(&owner, "updateTask", json!({ "id": open, "title": "Write all" }), "task { id }").await;
    let of = json!({ "project": id });
    let told: Vec<String> = activity(&world, &client, of.clone()).await.iter().map(plain).collect();
    let said = |what: &str| told.iter().filter(|line| line.contains(what)).count();
    assert_eq!((said("Squeeze"), said("created the milestone Launch")), (0, 1), "{told:#?}");
    assert_eq!(said("updated"), 2, "of the milestone and of the task that has another title: {told:#?}");
    assert_eq!(said("updated the task #2 Write all"), 1, "{told:#?}");
    let team = activity(&world, &dev, of).await;
    let lines: Vec<String> = team.iter().map(plain).collect();
    assert!(lines.iter().any(|line| line.contains("created the milestone Squeeze them")), "{lines:#?}");
    assert_eq!(of_kind(&team, "projects.task.prepare").len(), 1, "{lines:#?}");
}
