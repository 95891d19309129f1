//! The erasure of a person: afterwards nothing shows them, and the trail is as sound as before.

use audit::privacy::erasure::certificate::Certificate;
use audit::seal::head::PublicKey;
use serde_json::{Value, json};
use tests::{Actor, Site, Snapshot, World, token_in};
use uuid::Uuid;

use super::erasing::{approve, approved, ask, certificate};
use super::support::sealed;
use crate::identity::asks::{change, me};
use crate::identity::steps::{FRESH, accept, can_sign_in, invite, join};
use crate::projects::asks::{account, new_member, new_project};

/// What tells who Zeb is.
const TELLING: [&str; 6] =
    ["zeb.quackenbush", "zebulon", "quackenbush", "3099887766", "203.0.113.77", "zebrowser"];

const EMAIL: &str = "zeb.quackenbush@quack.test";

/// Where rows or texts tell who Zeb is.
fn told(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    TELLING.into_iter().filter(|word| text.contains(word)).collect()
}

/// Every row of every table that tells who Zeb is, sealed parts opened.
fn telling(snapshot: &Snapshot) -> Vec<String> {
    let line = |(table, row): (&str, &tests::Row)| {
        let text = Value::Object(row.clone()).to_string();
        (!told(&text).is_empty()).then(|| format!("{table} {:?}: {text}", told(&text)))
    };
    snapshot.all().filter_map(line).collect()
}

/// Zeb joins, and leaves traces wherever one can without holding anything up.
async fn zeb(world: &World) -> (Actor, String) {
    let acme = world.agency("acme");
    let owner = acme.owner();
    let zeb = join(world, &owner, EMAIL, &["team_member"]).await;
    let zeb = zeb.from_ip("203.0.113.77").with("user-agent", "ZeBrowser/7");
    let profile = json!({ "givenName": "Zebulon", "familyName": "Quackenbush", "phone": "+493099887766" });
    change(&zeb, "updateProfile", profile, "user { id }").await.expect_ok();
    let id = me(&zeb).await;
    let key = json!({
        "name": "Zebulon's laptop", "scopes": [{ "permission": "projects.project.read", "reach": "ASSIGNED" }],
    });
    change(&zeb, "createApiKey", key, "apiKey { id }").await.expect_ok();
    let reset = json!({ "tenant": "acme", "email": EMAIL });
    change(&zeb.bearing("x"), "requestPasswordReset", reset, "email").await;
    let project = new_project(&owner, "Done by many").await;
    new_member(&owner, &project, &id).await;
    let read = "query($id: ID!) { user(id: $id) { id email phone givenName } }";
    owner.with("idempotency-key", "look-at-zeb").run(read, json!({ "id": id })).await.expect_ok();
    let named = json!({ "phone": "+493099887766" });
    let named = json!({ "query": "mutation($i: UpdateProfileInput!) { updateProfile(input: $i) { user { givenName phone } } }", "variables": { "i": named } });
    zeb.with("idempotency-key", "name-me").post(named).await.expect_ok();
    world.settled().await;
    (zeb, id)
}

// keeps: AU-12, AU-3
#[tokio::test]
async fn erased_person_is_nowhere_and_the_trail_is_as_sound_as_before() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (zeb, id) = zeb(&world).await;
    let before = world.snapshot().await;
    assert!(telling(&before).len() > 10, "the test leaves traces: {:#?}", telling(&before));
    assert!(!world.mails_to(EMAIL).is_empty());
    sealed(&world).await;
    let trail = "query($id: ID!) { user(id: $id) { auditTrail(first: 1) { nodes { id } } } }";
    let entry = owner.run(trail, json!({ "id": id })).await.expect_ok();
    let entry = entry.list("user.auditTrail.nodes")[0]["id"].as_str().unwrap().to_owned();

    let preview = ask(&owner, &id).await;
    let names = preview.each("requestErasure.request.preview.holdings", "name");
    for name in
        ["identity.profile", "identity.sessions", "identity.api_keys", "projects.teams", "audit.entries"]
    {
        assert!(names.contains(&json!(name)), "{name} is in {preview}");
    }
    let request = preview.text("requestErasure.request.id");
    approved(&admin, &request).await;
    sealed(&world).await;
    world.settled().await;

    let after = world.snapshot().await;
    assert_eq!(telling(&after), [""; 0]);
    for row in world
        .texts("SELECT changes || personal || coalesce(subject_label, '') AS r FROM audit_entries", "r")
        .await
    {
        assert!(told(&row).is_empty(), "{row}");
    }
    assert!(world.mails_to(EMAIL).is_empty());
    assert!(!can_sign_in(&world, "acme", EMAIL, FRESH).await);
    zeb.run("{ viewer { user { id } } }", json!({})).await.expect_code("UNAUTHENTICATED");
    for query in [
        "{ auditEntries(first: 100) { nodes { action subjectLabel ip userAgent actor { email givenName } changes { field before after } } } }",
        "{ users(first: 100) { nodes { email givenName familyName phone } } }",
        "{ events(first: 100) { nodes { kind payload subjectId } } }",
        "{ jobs(first: 100) { nodes { kind lastError } } }",
        "{ privacyRequests(first: 100) { nodes { reason certificate preview { holdings { name reason } } } } }",
        "{ invitations(first: 100) { nodes { email givenName } } }",
    ] {
        let answer = owner.run(query, json!({})).await.expect_ok();
        assert!(told(&answer.body.to_string()).is_empty(), "{answer}");
    }
    let export = json!({ "format": "JSONL", "personal": true });
    let export =
        change(&owner, "exportAudit", export, "url entries").await.expect_ok().text("exportAudit.url");
    let export = world.http().get(world.url(&export)).send().await.unwrap().text().await.unwrap();
    assert!(export.lines().count() > 20 && told(&export).is_empty());

    let verified =
        owner.run("mutation { verifyAudit { report { sound problemCount entries } } }", json!({})).await;
    assert_eq!(*verified.expect_ok().data("verifyAudit.report.sound"), true);
    let proof = "query($id: ID!) { auditProof(entryId: $id) { seq line document } }";
    let proof = owner.run(proof, json!({ "id": entry })).await.expect_ok();
    assert!(proof.text("auditProof.line").contains(&uuid(&id)), "the entry is there still");
    let repeated = owner.with("idempotency-key", "look-at-zeb");
    let read = "query($id: ID!) { user(id: $id) { id email phone givenName } }";
    repeated.run(read, json!({ "id": id })).await.expect_code("NOT_FOUND");
}

fn uuid(id: &str) -> String {
    id.parse::<kernel::id::AnyId>().unwrap().uuid.to_string()
}

// keeps: AU-12
#[tokio::test]
async fn certificate_says_what_went_and_is_checked_with_the_public_key_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (_, id) = zeb(&world).await;
    let request = ask(&owner, &id).await.text("requestErasure.request.id");
    approved(&admin, &request).await;
    world.settled().await;
    let text = certificate(&owner, &request).await;
    assert!(told(&text).is_empty(), "{text}");
    let keys = owner.run("{ auditKeys { pem } }", json!({})).await.expect_ok();
    let pem: String = keys.each("auditKeys", "pem").iter().filter_map(Value::as_str).collect();
    let keys = PublicKey::all_of_pem(&pem).unwrap();
    let read: Certificate = serde_json::from_str(&text).unwrap();
    let statement = read.check(&keys).unwrap();
    let of = |who: &str| Uuid::parse_str(&uuid(who)).unwrap();
    let (asked, agreed) = (me(&owner).await, me(&admin).await);
    assert_eq!(
        (statement.person, statement.requested_by, statement.approved_by),
        (of(&id), of(&asked), of(&agreed))
    );
    assert!(statement.keys_destroyed > 0);
    let fate = |name: &str| {
        let found = statement.collections.iter().find(|one| one.name == name);
        found.map(|one| (one.count, one.fate.as_str(), one.reason.is_some()))
    };
    assert_eq!(fate("identity.profile"), Some((1, "erased", false)));
    assert_eq!(fate("identity.api_keys"), Some((1, "erased", false)));
    assert_eq!(fate("projects.teams"), Some((1, "erased", false)));
    assert!(matches!(fate("audit.entries"), Some((_, "kept", true))), "{text}");
    let entry = world.rows("audit_entries", "WHERE action = 'audit.erasure.approve'").await;
    assert!(!entry.is_empty() && statement.head_after.size > statement.head_before.size);
    let forged: Certificate = serde_json::from_str(&text.replacen("\"erased\"", "\"kept\"", 1)).unwrap();
    assert!(forged.check(&keys).is_err());
    // An auditor's machine: neither database nor configuration.
    let auditor = Site::empty().await;
    let path = |name: &str| auditor.folder().join(name).display().to_string();
    let (file, key) = (path("certificate.json"), path("key.pem"));
    std::fs::write(&key, pem).unwrap();
    let check = ["audit", "certificate", "--file", &file, "--key", &key, "--json"];
    std::fs::write(&file, &text).unwrap();
    let said = auditor.run(&check).await.expect_code(0).json();
    assert_eq!(said["person"], uuid(&id));
    std::fs::write(&file, text.replacen("\"erased\"", "\"kept\"", 1)).unwrap();
    auditor.run(&check).await.expect_code(1);
}

// keeps: AU-12
#[tokio::test]
async fn other_agency_of_the_same_person_sees_everything_as_before() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let (zeb, id) = zeb(&world).await;
    let invited = json!({ "email": EMAIL, "roles": ["team_member"] });
    invite(&globex.owner(), invited).await.expect_ok();
    // Reason: there is other mail before it.
    let token = loop {
        let mail = world.mail_to(EMAIL).await;
        if mail.message.text.contains("accept-invitation") {
            break token_in(&*mail);
        }
    };
    accept(&zeb, json!({ "token": token })).await.expect_ok();
    let there = world.person("globex", EMAIL, FRESH);
    there.run("{ viewer { user { id } } }", json!({})).await.expect_ok();
    world.settled().await;
    let tenant = globex.tenant().await;
    let before = world.snapshot().await.of_tenant(tenant);
    let preview = ask(&acme.owner(), &id).await;
    assert!(!preview.body.to_string().contains("globex"), "{preview}");
    let request = preview.text("requestErasure.request.id");
    approved(&acme.admin(), &request).await;
    world.settled().await;
    let after = world.snapshot().await.of_tenant(tenant);
    let changed = before.without(&["identity_tokens"]).changes(&after.without(&["identity_tokens"]));
    let mine = |line: &String| !line.contains("audit_entries") && !line.starts_with("events");
    assert_eq!(changed.iter().filter(|line| mine(line)).collect::<Vec<_>>(), [""; 0]);
    let read = "query($id: ID!) { user(id: $id) { email givenName phone } }";
    let seen = globex.owner().run(read, json!({ "id": id })).await.expect_ok();
    assert_eq!(seen.text("user.givenName"), "Zebulon");
    there.run("{ viewer { user { email } } }", json!({})).await.expect_ok();
    acme.owner().run(read, json!({ "id": id })).await.expect_code("NOT_FOUND");
    let own = world.snapshot().await.of_tenant(acme.tenant().await);
    assert_eq!(telling(&own), [""; 0]);
}

// keeps: AU-12
#[tokio::test]
async fn contact_is_anonymised_with_and_without_a_user() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let account = account(&acme, 1).await;
    let client = crate::projects::asks::person(&acme, "client").await;
    for user in [None, Some(client)] {
        let input = json!({
            "accountId": account, "givenName": "Zebulon", "familyName": "Quackenbush", "email": EMAIL,
            "phone": "+493099887766", "jobTitle": "Quackenbush's own", "userId": user,
        });
        let contact = change(&owner, "createContact", input, "contact { id }").await.expect_ok();
        let contact = contact.text("createContact.contact.id");
        let preview = ask(&owner, &contact).await;
        let names = preview.each("requestErasure.request.preview.holdings", "name");
        assert!(names.contains(&json!("crm.contacts")), "{preview}");
        assert_eq!(names.contains(&json!("identity.profile")), user.is_some(), "{preview}");
        approved(&admin, &preview.text("requestErasure.request.id")).await;
        world.settled().await;
        assert_eq!(telling(&world.snapshot().await), [""; 0]);
        let read = "query($id: ID!) { contact(id: $id) { givenName familyName email phone user { id } archivedAt } }";
        let read = owner.run(read, json!({ "id": contact })).await.expect_ok();
        assert_eq!(read.text("contact.familyName"), "person");
        assert!(read.data("contact.email").is_null() && read.data("contact.user").is_null());
        // What is left is no reason to ask again.
        approve_nothing(&owner, &contact).await;
    }
    assert!(!can_sign_in(&world, "acme", "client@acme.test", tests::PASSWORD).await);
}

async fn approve_nothing(owner: &Actor, person: &str) {
    let input = json!({ "person": person, "reason": "once more" });
    let again = change(owner, "requestErasure", input, "request { id }").await;
    again.expect_code("CONFLICT");
}

// keeps: AU-12
#[tokio::test]
async fn erasure_that_breaks_off_did_nothing_and_can_be_done_again() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (_, id) = zeb(&world).await;
    let request = ask(&owner, &id).await.text("requestErasure.request.id");
    world.settled().await;
    admin.token().await;
    let before = world.snapshot().await;
    // Reason: keys are destroyed last, right before the commit.
    let (break_off, mend) = match world.db.backend() {
        sea_orm::DbBackend::Postgres => (
            "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken off'; END $$; \
             CREATE TRIGGER break_off BEFORE UPDATE ON audit_subject_keys FOR EACH ROW EXECUTE FUNCTION break_off()",
            "DROP TRIGGER break_off ON audit_subject_keys",
        ),
        _ => (
            "CREATE TRIGGER break_off BEFORE UPDATE ON audit_subject_keys BEGIN SELECT RAISE(ABORT, 'broken off'); END",
            "DROP TRIGGER break_off",
        ),
    };
    world.execute(break_off).await;
    approve(&admin, &request, 1).await.expect_code("INTERNAL");
    assert_eq!(before.changes(&world.snapshot().await), [""; 0]);
    world.execute(mend).await;
    approved(&admin, &request).await;
    world.settled().await;
    assert_eq!(telling(&world.snapshot().await), [""; 0]);
}
