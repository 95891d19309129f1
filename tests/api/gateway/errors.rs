//! Errors as clients read them: in their language, with the request's id, and without a word of ours.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::wire::{CREATE, ME, Wire, ask, projects};

const FIRST: &str = "{ projects(first: 101) { nodes { id } } }";
const FRENCH_PAGE: &str = "Une page compte entre 0 et 100 lignes.";
const ENGLISH_PAGE: &str = "A page has between 0 and 100 rows.";

#[track_caller]
fn page_message(answer: &Answer) -> &str {
    answer.errors()[0]["extensions"]["fields"][0]["message"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

async fn prefers(who: &Actor, locale: &str) {
    let query =
        "mutation($locale: Locale!) { updateProfile(input: { locale: $locale }) { user { locale } } }";
    who.run(query, json!({ "locale": locale })).await.expect_ok();
}

#[tokio::test]
async fn messages_are_in_the_language_that_the_request_asks_for() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    for (wanted, message) in [
        ("fr", FRENCH_PAGE),
        ("fr-CA, en;q=0.5", FRENCH_PAGE),
        ("de, fr;q=0.5, en;q=0.4", FRENCH_PAGE),
        ("en", ENGLISH_PAGE),
        ("fr;q=0.1, en", ENGLISH_PAGE),
        ("de", ENGLISH_PAGE),
        ("nonsense;;q=x", ENGLISH_PAGE),
        ("", ENGLISH_PAGE),
    ] {
        let answer = manager.speaking(wanted).run(FIRST, json!({})).await.expect_field("first", "page_size");
        assert_eq!(page_message(&answer), message, "{wanted}");
    }
}

#[tokio::test]
async fn messages_are_in_the_viewers_own_language_if_the_request_asks_for_none() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    assert_eq!(page_message(&manager.run(FIRST, json!({})).await), ENGLISH_PAGE);
    prefers(&manager, "fr-FR").await;
    let answer = manager.run(FIRST, json!({})).await;
    assert_eq!(page_message(&answer), FRENCH_PAGE);
    assert_eq!(page_message(&manager.speaking("en").run(FIRST, json!({})).await), ENGLISH_PAGE);
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    assert_eq!(page_message(&key.run(FIRST, json!({})).await), FRENCH_PAGE, "a key speaks as its owner");
    let mut socket = manager.socket().await;
    let message = socket.subscribe(FIRST, json!({})).next().await.unwrap();
    assert_eq!(message["errors"][0]["extensions"]["fields"][0]["message"], FRENCH_PAGE);
    let keyed = manager.with("idempotency-key", "key-1");
    keyed.run(CREATE, json!({ "name": "Une fois" })).await.expect_ok();
    let conflict = keyed.run(CREATE, json!({ "name": "Deux fois" })).await.expect_code("CONFLICT");
    assert!(conflict.message().unwrap().starts_with("Cette Idempotency-Key"), "{conflict}");
    let nobody = world.nobody().speaking("fr").run("{ nothing", json!({})).await;
    assert_eq!(nobody.code(), Some("GRAPHQL_PARSE_FAILED"));
    assert!(nobody.message().unwrap().starts_with("Le document n'est pas du GraphQL :"), "{nobody}");
    let unfit = manager.run("{ nothing }", json!({})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    assert!(unfit.message().unwrap().starts_with("Le document ne convient pas au schéma :"), "{unfit}");
    let english = manager.speaking("en").run("{ nothing }", json!({})).await;
    assert!(!english.message().unwrap().contains("schéma"), "{english}");
    let refused = Wire::of(world.http().get(world.url("/nowhere")).header("accept-language", "fr")).await;
    assert_eq!(refused.json()["errors"][0]["message"], "Il n'y a rien à cette adresse.");
}

#[tokio::test]
async fn every_error_bears_the_requests_id_that_answer_and_trail_bear() {
    let world = World::new().await;
    let manager = world.agency("acme").manager().with("x-request-id", "mine-4711");
    for query in ["{", "{ nothing }", FIRST, "{ node(id: \"nonsense\") { id } }"] {
        let answer = manager.run(query, json!({})).await;
        assert_eq!(answer.errors()[0]["extensions"]["requestId"], "mine-4711", "{answer}");
        assert_eq!(answer.header("x-request-id"), Some("mine-4711"));
    }
    let created = manager.run(CREATE, json!({ "name": "Traced" })).await.expect_ok();
    let trail = world.audit_of(&created.text("createProject.project.id")).await;
    assert_eq!((&trail[0]["request_id"], &trail[0]["operation"]), (&json!("mine-4711"), &json!("Create")));
    for forged in ["<script>", "a b", &"x".repeat(129), ""] {
        let answer = world.agency("acme").manager().with("x-request-id", forged).run("{", json!({})).await;
        let id = answer.errors()[0]["extensions"]["requestId"].as_str().unwrap().to_owned();
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{forged:?} became {id}");
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));
    }
}

#[tokio::test]
async fn ids_of_requests_differ() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(world.nobody().run("{", json!({})).await.header("x-request-id").unwrap().to_owned());
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// The field that an answer says is wrong, and why.
#[track_caller]
fn wrong_field(answer: &Answer) -> (String, String) {
    let field = &answer.errors()[0]["extensions"]["fields"][0];
    let text = |name: &str| field[name].as_str().unwrap_or_else(|| panic!("no {name}\n{answer}")).to_owned();
    assert_eq!(text("code"), "id_of_another_kind", "{answer}");
    (text("path"), text("message"))
}

#[tokio::test]
async fn id_of_the_wrong_kind_is_told_by_its_field_also_if_it_is_right_in_another() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let project = acme.ids::<kernel::id::ProjectId>("projects_projects").await.remove(0);
    let user = manager.run(ME, json!({})).await.expect_ok().text("viewer.user.id");
    let add = "mutation($p: ID!, $u: ID!) { addProjectMember(input: { projectId: $p, userId: $u }) { member { id } } }";
    let update =
        "mutation($p: ID!, $u: ID!) { updateProject(input: { id: $p, managerId: $u }) { project { id } } }";
    for (query, id, path) in [
        (add, &project, "userId"),
        (add, &user, "projectId"),
        (update, &project, "managerId"),
        (update, &user, "id"),
    ] {
        let answer = manager.run(query, json!({ "p": id, "u": id })).await.expect_code("INVALID");
        assert_eq!(wrong_field(&answer).0, path, "{answer}");
    }
    let assign = "mutation($id: ID!) { assignRole(input: { roleId: $id, userId: $id }) { user { id } } }";
    let answer = acme.owner().run(assign, json!({ "id": project })).await.expect_code("INVALID");
    let (path, message) = wrong_field(&answer);
    let wanted = if path == "userId" { "an id of a User" } else { "an id of a Role" };
    assert!(["userId", "roleId"].contains(&path.as_str()) && message.contains(wanted), "{path}: {message}");
    let right = json!({ "p": project, "u": user });
    manager.run(update, right).await.expect_ok();
}

/// Words that no answer may hold: of the databases, of the code, of SQL.
const OURS: &[&str] = &[
    "sql",
    "select",
    "insert",
    "relation",
    "no such",
    "does not exist",
    "table",
    "column",
    "constraint",
    "projects_",
    "identity_",
    "outbox",
    "audit_entries",
    "sea_orm",
    "dberr",
    "panick",
    ".rs:",
    "pool",
    "transaction",
];

#[track_caller]
fn expect_nothing_of_ours(answer: &Answer) {
    let mut errors = Value::Array(answer.errors().to_vec());
    for error in errors.as_array_mut().unwrap() {
        let members = error.as_object_mut().unwrap();
        members.remove("path");
        members.remove("locations");
        let extensions: Vec<&String> = members["extensions"].as_object().unwrap().keys().collect();
        assert_eq!(extensions, ["code", "requestId"], "{answer}");
    }
    let text = errors.to_string().to_lowercase();
    for word in OURS {
        assert!(!text.contains(word), "{word:?} leaks\n{answer}");
    }
}

#[tokio::test]
async fn database_that_fails_a_query_is_internal_and_says_nothing() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    manager.token().await;
    world.execute("ALTER TABLE projects_tasks RENAME TO tasks_away").await;
    let query =
        "{ viewer { user { id } } projects(first: 2) { nodes { id tasks(first: 1) { nodes { id } } } } }";
    let answer = manager.run(query, json!({})).await.expect_code("INTERNAL");
    expect_nothing_of_ours(&answer);
    assert_eq!(answer.status, 200);
    assert!(answer.data("viewer.user.id").is_string(), "the rest is answered: {answer}");
    assert!(answer.data("projects.nodes.0.tasks").is_null());
    let english = answer.message().unwrap().to_owned();
    let french = manager.speaking("fr").run(query, json!({})).await.expect_code("INTERNAL");
    expect_nothing_of_ours(&french);
    assert_ne!(french.message().unwrap(), english);
    let task = "query($id: ID!) { task(id: $id) { id } }";
    let root =
        manager.run(task, json!({ "id": "tsk_01h455vb4pex5vsknk084sn02q" })).await.expect_code("INTERNAL");
    expect_nothing_of_ours(&root);
    let wire = Wire::of(ask(&manager, task, json!({ "id": "tsk_01h455vb4pex5vsknk084sn02q" })).await).await;
    assert!(wire.headers.iter().all(|(_, value)| !format!("{value:?}").contains("tasks")), "{wire:#?}");
}

#[tokio::test]
async fn database_that_fails_a_change_is_internal_and_leaves_no_half_of_it() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    manager.token().await;
    for table in ["audit_entries", "outbox"] {
        world.execute(&format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
        let answer = manager.run(CREATE, json!({ "name": "Half" })).await.expect_code("INTERNAL");
        expect_nothing_of_ours(&answer);
        world.execute(&format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
        assert_eq!(projects(&world).await, 12);
        assert!(world.rows("audit_entries", "WHERE subject_label = 'Half'").await.is_empty());
    }
    let numbers = manager.run(CREATE, json!({ "name": "Whole" })).await.expect_ok();
    let code = "query($id: ID!) { project(id: $id) { code } }";
    let id = numbers.text("createProject.project.id");
    let code = manager.run(code, json!({ "id": id })).await.expect_ok().text("project.code");
    assert!(code.ends_with("7"), "failed tries use up no number: {code}");
}

#[tokio::test]
async fn database_that_fails_before_anything_runs_is_internal_and_says_nothing() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let token = manager.token().await.unwrap();
    world.execute("ALTER TABLE identity_memberships RENAME TO memberships_away").await;
    world.app(0).identity.forget_everything();
    let answer = world.nobody().bearing(token).run(ME, json!({})).await.expect_code("INTERNAL");
    expect_nothing_of_ours(&answer);
    let login = "mutation { login(input: { tenant: \"acme\", email: \"pm@acme.test\", password: \"x\" }) { accessToken } }";
    let answer = world.nobody().run(login, json!({})).await.expect_code("INTERNAL");
    expect_nothing_of_ours(&answer);
}

#[tokio::test]
async fn subscription_whose_database_fails_says_nothing_either() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let mut socket = manager.socket().await;
    let mut changes = socket
        .subscribe("subscription { projectChanged { project { id tasks { nodes { id } } } } }", json!({}));
    // Reason: messages come in order, so once this is answered the subscription has begun.
    socket.subscribe(ME, json!({})).next().await.unwrap();
    world.execute("ALTER TABLE projects_tasks RENAME TO tasks_away").await;
    manager.run(CREATE, json!({ "name": "Heard" })).await.expect_ok();
    let message = loop {
        let message = changes.next().await.unwrap();
        if message["errors"].is_array() {
            break message;
        }
    };
    assert_eq!(message["errors"][0]["extensions"]["code"], "INTERNAL", "{message}");
    let text = message["errors"].to_string().to_lowercase();
    assert!(!text.contains("no such") && !text.contains("relation") && !text.contains("away"), "{text}");
}
