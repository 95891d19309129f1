//! Exports of what is held of a person, and who saw it: complete, for the eyes of the person, made once, gone in time.

use std::{collections::BTreeMap, io::Read as _, time::Duration};

use serde_json::{Value, json};
use tests::{Actor, World};

use crate::projects::asks::{change, new_project};

const REQUEST: &str = "mutation Ask($input: RequestPersonalDataExportInput!) {
    requestPersonalDataExport(input: $input) { request { id kind status personId jobId fileSize requestedBy { id } } }
}";
const LINK: &str = "mutation Link($input: DownloadPersonalDataExportInput!) {
    downloadPersonalDataExport(input: $input) { url fileName expiresAt }
}";
const REQUESTS: &str =
    "{ privacyRequests(first: 50) { totalCount nodes { id status personId fileSha256 expiresAt } } }";
const ACCESSES: &str = "query Who($person: ID!, $first: Int, $after: String) {
    personalDataAccesses(person: $person, first: $first, after: $after) {
        nodes { day actorKind actorId actorName isStaff kind action label count } pageInfo { hasNextPage endCursor }
    }
}";

async fn me(actor: &Actor) -> String {
    actor.run("{ viewer { user { id } } }", json!({})).await.expect_ok().text("viewer.user.id")
}

/// Asks for an export and lets it be made; the request.
async fn exported(world: &World, actor: &Actor, person: &str) -> String {
    let asked = actor.run(REQUEST, json!({ "input": { "person": person } })).await.expect_ok();
    let id = asked.text("requestPersonalDataExport.request.id");
    done(world, actor, &id).await;
    id
}

async fn done(world: &World, actor: &Actor, id: &str) {
    let query = "query($id: ID!) { node(id: $id) { ... on PrivacyRequest { status } } }";
    world.settled().await;
    let now = actor.run(query, json!({ "id": id })).await.expect_ok().text("node.status");
    assert_eq!(now, "DONE", "{:#?}", world.rows("jobs", "WHERE kind = 'audit.privacy.export'").await);
}

async fn link(actor: &Actor, id: &str) -> String {
    let link = actor.run(LINK, json!({ "input": { "id": id } })).await.expect_ok();
    link.text("downloadPersonalDataExport.url")
}

async fn get(world: &World, url: &str) -> (u16, Vec<u8>) {
    let answer = world.http().get(world.url(url)).send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

/// The documents of a ZIP by name.
fn documents(file: Vec<u8>) -> BTreeMap<String, (String, Value)> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    let mut found = BTreeMap::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let (name, mut text) = (entry.name().unwrap().into_owned(), String::new());
        entry.read_to_string(&mut text).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
        found.insert(name, (text, json));
    }
    found
}

async fn export_of(world: &World, actor: &Actor, person: &str) -> BTreeMap<String, (String, Value)> {
    let id = exported(world, actor, person).await;
    let (status, file) = get(world, &link(actor, &id).await).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&file));
    documents(file)
}

async fn entries(world: &World, action: &str) -> Vec<tests::Row> {
    world.rows("audit_entries", &format!("WHERE action = '{action}' ORDER BY id")).await
}

// keeps: AU-11
#[tokio::test]
async fn person_gets_everything_about_themselves_with_a_manifest_and_one_letter() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = me(&manager).await;
    let found = export_of(&world, &manager, &id).await;
    for name in [
        "identity/profile.json",
        "identity/membership.json",
        "identity/sessions.json",
        "projects/teams.json",
        "projects/projects.json",
        "projects/tasks.json",
        "audit/acts.json",
        "access-report.json",
        "manifest.json",
    ] {
        assert!(found.contains_key(name), "{name} is missing: {:?}", found.keys());
    }
    assert_eq!(found["identity/profile.json"].1[0]["email"], manager.email());
    let manifest = &found["manifest.json"].1;
    assert_eq!((&manifest["person"], &manifest["tenant"]["slug"]), (&json!(id), &json!("acme")));
    for file in manifest["files"].as_array().unwrap() {
        let (text, json) = &found[file["name"].as_str().unwrap()];
        assert_eq!(file["sha256"], json!(sha256(text.as_bytes())), "{file}");
        assert_eq!(file["rows"], json!(json.as_array().unwrap().len()), "{file}");
    }
    let all: String = found.values().map(|(text, _)| text.as_str()).collect();
    for secret in ["passwordHash", "password_hash", "$argon2", "tokenHash", "deviceHash"] {
        assert!(!all.contains(secret), "{secret} is in the export");
    }
    for other in [world.agency("acme").owner(), world.agency("globex").owner()] {
        assert!(!all.contains(other.email()), "{} is somebody else's", other.email());
    }
    world.settled().await;
    let letters = world.mails_to(manager.email());
    let ready =
        letters.iter().filter(|mail| mail.message.subject.contains("export of personal data")).count();
    assert_eq!(ready, 1);
    for (action, severity) in [
        ("audit.privacy.request", "notice"),
        ("audit.privacy.link", "notice"),
        ("audit.privacy.download", "notice"),
    ] {
        let noted = entries(&world, action).await;
        assert_eq!(noted.len(), 1, "{action}");
        assert_eq!(noted[0]["severity"], severity, "{action}");
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

// keeps: AU-11
#[tokio::test]
async fn client_gets_no_more_than_their_role_shows_whoever_asks() {
    let world = World::new().await;
    let (client, owner) = (world.agency("acme").client(), world.agency("acme").owner());
    let id = me(&client).await;
    for asker in [&client, &owner] {
        let found = export_of(&world, asker, &id).await;
        let all: String = found.values().map(|(text, _)| text.as_str()).collect();
        for hidden in ["billRate", "bill_rate_minor\":", "blockedReason", "estimateMinutes", "budget"] {
            assert!(!all.contains(hidden), "{hidden} is in the export of a client");
        }
        assert_eq!(found["identity/profile.json"].1[0]["email"], client.email());
        assert!(!all.contains(owner.email()));
    }
    let warned = entries(&world, "audit.privacy.request").await;
    let severities: Vec<&Value> = warned.iter().map(|row| &row["severity"]).collect();
    assert_eq!(severities, ["notice", "warning"], "about oneself it is no news");
}

// keeps: AU-11
#[tokio::test]
async fn others_may_neither_ask_nor_see_nor_download() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, stranger) = (acme.owner(), acme.client(), world.agency("globex").owner());
    let (person, foreign) = (me(&acme.manager()).await, me(&stranger).await);
    for actor in [&client, &acme.viewer(), &acme.manager()] {
        let other = if actor.email() == acme.manager().email() { me(&owner).await } else { person.clone() };
        actor.run(REQUEST, json!({ "input": { "person": other } })).await.expect_code("FORBIDDEN");
        actor.run(ACCESSES, json!({ "person": other })).await.expect_code("FORBIDDEN");
    }
    world
        .nobody()
        .run(REQUEST, json!({ "input": { "person": person } }))
        .await
        .expect_code("UNAUTHENTICATED");
    owner.run(REQUEST, json!({ "input": { "person": foreign } })).await.expect_code("NOT_FOUND");
    owner.run(ACCESSES, json!({ "person": foreign })).await.expect_code("NOT_FOUND");
    let id = exported(&world, &owner, &person).await;
    for actor in [&client, &stranger] {
        actor.run(LINK, json!({ "input": { "id": id } })).await.expect_code("NOT_FOUND");
        assert_eq!(actor.run(REQUESTS, json!({})).await.expect_ok().number("privacyRequests.totalCount"), 0);
    }
    let admin = acme.admin();
    assert_eq!(
        admin.run(REQUESTS, json!({})).await.expect_ok().ids("privacyRequests.nodes"),
        std::slice::from_ref(&id)
    );
    admin.run(LINK, json!({ "input": { "id": id } })).await.expect_code("NOT_FOUND");
    let mine = exported(&world, &client, &me(&client).await).await;
    assert_eq!(client.run(REQUESTS, json!({})).await.expect_ok().ids("privacyRequests.nodes"), [mine]);
}

// keeps: AU-11
#[tokio::test]
async fn link_ends_in_minutes_and_the_file_in_a_week() {
    let world = World::new().await;
    let client = world.agency("acme").client();
    let id = exported(&world, &client, &me(&client).await).await;
    let url = link(&client, &id).await;
    let forged = url.replace("ticket=", "ticket=x");
    assert_eq!(get(&world, &forged).await.0, 403);
    world.clock.advance(Duration::from_secs(6 * 60));
    assert_eq!(get(&world, &url).await.0, 403, "the link is over");
    let fresh = link(&client, &id).await;
    assert_eq!(get(&world, &fresh).await.0, 200);
    world.clock.advance(Duration::from_secs(8 * 24 * 60 * 60));
    let late = world.person("acme", client.email(), tests::PASSWORD);
    late.run(LINK, json!({ "input": { "id": id } })).await.expect_code("CONFLICT");
    gateway::worker::tidy(world.app(0)).await.unwrap();
    let rows = world.rows("audit_privacy_requests", "").await;
    assert_eq!((&rows[0]["status"], &rows[0]["file_key"]), (&json!("expired"), &Value::Null));
    let mut left = world.app(0).storage.list(&platform::storage::Key::new("privacy").unwrap());
    assert!(futures::StreamExt::next(&mut left).await.is_none(), "the file is gone from the storage");
}

// keeps: AU-11
#[tokio::test]
async fn export_tried_again_after_a_crash_is_one_file_and_one_letter() {
    let world = World::new().await;
    let client = world.agency("acme").client();
    let id = exported(&world, &client, &me(&client).await).await;
    // As if the worker had died right after the job's act, and another had the job again.
    world
        .execute("UPDATE jobs SET status = 'waiting', finished_at = NULL WHERE kind = 'audit.privacy.export'")
        .await;
    gateway::worker::runner(world.app(0)).work().await.unwrap();
    world.settled().await;
    let letters = world.mails_to(client.email());
    let ready =
        letters.iter().filter(|mail| mail.message.subject.contains("export of personal data")).count();
    assert_eq!(ready, 1);
    assert_eq!(get(&world, &link(&client, &id).await).await.0, 200);
}

// keeps: AU-11
#[tokio::test]
async fn same_export_is_made_once_at_a_time_and_can_be_asked_for_again_after_its_job_was_cancelled() {
    let world = World::builder()
        .configure(|config| config.background.in_serve = gateway::config::Switch::Off)
        .build()
        .await;
    let (owner, client) = (world.agency("acme").owner(), world.agency("acme").client());
    let person = json!({ "input": { "person": me(&client).await } });
    let asked = client.run(REQUEST, person.clone()).await.expect_ok();
    client.run(REQUEST, person.clone()).await.expect_code("CONFLICT");
    let job = asked.text("requestPersonalDataExport.request.jobId");
    let cancel = "mutation($input: CancelJobInput!) { cancelJob(input: $input) { job { status } } }";
    owner.run(cancel, json!({ "input": { "id": job } })).await.expect_ok();
    let seen = client.run(REQUESTS, json!({})).await.expect_ok();
    assert_eq!(seen.text("privacyRequests.nodes.0.status"), "CANCELLED");
    client.run(REQUEST, person).await.expect_ok();
}

// keeps: AU-13
#[tokio::test]
async fn person_reads_who_saw_their_data_and_how_often() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let person = me(&manager).await;
    let query = "query Look($id: ID!) { user(id: $id) { phone } }";
    owner.run(query, json!({ "id": person })).await.expect_ok();
    acme.admin().run(query, json!({ "id": person })).await.expect_ok();
    manager.run(query, json!({ "id": person })).await.expect_ok();
    let seen = manager.run(ACCESSES, json!({ "person": person, "first": 10 })).await.expect_ok();
    let looks: Vec<&Value> = seen
        .list("personalDataAccesses.nodes")
        .iter()
        .filter(|node| node["action"] == "identity.user.view")
        .collect();
    let total: i64 = looks.iter().map(|node| node["count"].as_i64().unwrap()).sum();
    assert_eq!(total, 2, "{looks:?}");
    assert!(looks.iter().all(|node| node["isStaff"] == true && node["actorName"].is_string()));
    let french = manager.speaking("fr").run(ACCESSES, json!({ "person": person })).await.expect_ok();
    assert!(
        french.list("personalDataAccesses.nodes").iter().any(|node| node["label"] == "A consulté le profil")
    );
    let first = owner.run(ACCESSES, json!({ "person": person, "first": 1 })).await.expect_ok();
    assert!(!entries(&world, "audit.privacy.view").await.is_empty(), "reading the report is a look");
    first.expect_statements(20);
    let found = export_of(&world, &manager, &person).await;
    let report = found["access-report.json"].1.as_array().unwrap();
    assert!(report.iter().any(|row| row["action"] == "identity.user.view"), "{report:?}");
}

// keeps: AU-11, PR-28
#[tokio::test]
async fn person_reads_what_is_said_of_them_where_they_are_planned() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (id, project) = (me(&manager).await, new_project(&manager, "One").await);
    let input = json!({
        "projectId": project, "userId": id, "role": "Lead", "percent": 10, "note": "Only before noon",
        "from": "2026-03-02", "to": "2026-03-27",
    });
    change(&manager, "createAllocation", input, "allocation { id }").await.expect_ok();
    let found = export_of(&world, &manager, &id).await;
    let row = &found["projects/allocations.json"].1[0];
    assert_eq!((&row["role"], &row["note"]), (&json!("Lead"), &json!("Only before noon")));
}

// keeps: AU-7, AU-13
#[tokio::test]
async fn person_reads_who_exported_the_trail_with_their_data_in_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let person = me(&manager).await;
    let export = "mutation($personal: Boolean!) {
        exportAudit(input: { format: JSONL, personal: $personal }) { entries }
    }";
    let told = async |reader: &Actor, of: &str| -> Vec<Value> {
        let seen = reader.run(ACCESSES, json!({ "person": of, "first": 100 })).await.expect_ok();
        let all = seen.list("personalDataAccesses.nodes").to_vec();
        all.into_iter().filter(|node| node["action"] == "audit.trail.export").collect()
    };
    owner.run(export, json!({ "personal": false })).await.expect_ok();
    assert!(told(&manager, &person).await.is_empty(), "nobody was shown");
    owner.run(export, json!({ "personal": true })).await.expect_ok();
    acme.admin().run(export, json!({ "personal": true })).await;
    let report = told(&manager, &person).await;
    let exporter = json!(me(&owner).await);
    let by_owner = report.iter().find(|node| node["actorId"] == exporter);
    let by_owner = by_owner.unwrap_or_else(|| panic!("{report:?}"));
    assert_eq!((&by_owner["count"], &by_owner["kind"]), (&json!(1), &json!("DOWNLOAD")));
    assert!(by_owner["label"].as_str().unwrap().starts_with("Exported the audit trail"), "{by_owner}");
    let own = told(&owner, &me(&owner).await).await;
    assert!(own.iter().all(|node| node["actorId"] != exporter), "what one does oneself is no news");
    let stranger = world.agency("globex").manager();
    assert!(told(&stranger, &me(&stranger).await).await.is_empty());
    // Who came later was in none of them.
    let account = owner.run("{ accounts(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let create = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }";
    let input =
        json!({ "accountId": account.text("accounts.nodes.0.id"), "givenName": "New", "familyName": "Here" });
    let late =
        owner.run(create, json!({ "input": input })).await.expect_ok().text("createContact.contact.id");
    assert!(told(&owner, &late).await.is_empty());
}

// keeps: AU-11, AU-13
#[tokio::test]
async fn person_without_anything_and_with_a_right_to_left_name_gets_an_export_too() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let account = owner.run("{ accounts(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let create = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }";
    let input = json!({
        "accountId": account.text("accounts.nodes.0.id"), "givenName": "\u{5de}\u{5e8}\u{5d9}\u{5dd}", "familyName": "\u{645}\u{631}\u{64a}\u{645}",
    });
    let contact = owner.run(create, json!({ "input": input })).await.expect_ok();
    let contact = contact.text("createContact.contact.id");
    let found = export_of(&world, &owner, &contact).await;
    let row = &found["crm/contacts.json"].1[0];
    assert_eq!((&row["givenName"], &row["familyName"]), (&input["givenName"], &input["familyName"]));
    assert!(!found.contains_key("identity/profile.json"));
    let about = found["audit/about.json"].1.as_array().unwrap();
    let made = about.iter().find(|row| row["action"] == "crm.contact.create").unwrap();
    assert_eq!(made["personal"]["given_name"][1], input["givenName"], "their own data in entries is opened");
    let seen = owner.run(ACCESSES, json!({ "person": contact })).await.expect_ok();
    assert!(seen.list("personalDataAccesses.nodes").iter().all(|node| node["actorName"].is_string()));
}
