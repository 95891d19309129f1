//! Keeping: what is over goes to an archive that can be checked, then from the database; holds stop it; nothing goes
//! that is not safely kept.

use std::time::Duration;

use audit::keep::archive::{Keeper, reader};
use audit::seal::head::PublicKey;
use audit::verify::{Outside, ProblemKind, file};
use chrono::{DateTime, Utc};
use kernel::id::{IdGen, ProjectId, TenantId, TypedId as _};
use kernel::viewer::Viewer;
use serde_json::{Value, json};
use tests::{Actor, World};
use uuid::Uuid;

use super::support::{check, id, literal, sealed, sealer, take_everything_off};

const ARCHIVES: &str =
    "{ auditArchives(first: 100) { nodes { id status firstSeq untilSeq entries size sha256 manifest } } }";
const RETENTION: &str = "{ auditRetention { version effectiveAt
    set { securityMonths financeMonths otherMonths } inForce { securityMonths financeMonths otherMonths } } }";
const UPDATE: &str = "mutation($input: UpdateAuditRetentionInput!) {
    updateAuditRetention(input: $input) { retention { version effectiveAt inForce { otherMonths securityMonths } } } }";
const PLACE: &str = "mutation($input: PlaceLegalHoldInput!) { placeLegalHold(input: $input) {
    hold { id subjectId subjectType reason inForce version } } }";
const RELEASE: &str = "mutation($input: ReleaseLegalHoldInput!) { releaseLegalHold(input: $input) {
    hold { inForce releasedAt version } } }";
const DOWNLOAD: &str = "mutation($input: DownloadAuditArchiveInput!) {
    downloadAuditArchive(input: $input) { url fileName expiresAt } }";
const VERIFY: &str = "mutation { verifyAudit { report { sound removed problems { kind seq message } } } }";

/// Acts that are kept for two years.
const OTHER: &str = "action NOT LIKE 'identity.%' AND action NOT LIKE 'audit.%'";

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T01:00:00Z").parse().unwrap()
}

/// Who keeps the trail of an agency.
async fn system(world: &World, tenant: Uuid) -> Viewer {
    let row = identity::tenant::find(&world.db, TenantId::from_uuid(tenant)).await.unwrap().unwrap();
    Viewer::system(identity::tenant::info(&row), world.clock.clone(), IdGen::new(world.clock.clone()))
}

fn keeper(world: &World) -> Keeper {
    Keeper::new(world.db.clone(), &sealer(world), world.app(0).storage.clone())
}

/// Does everything that is to be done; answers how many steps it took.
async fn keep(world: &World, tenant: Uuid) -> usize {
    let (viewer, mut keeper, mut steps) = (system(world, tenant).await, keeper(world), 0);
    while keeper.step(&viewer).await.unwrap() {
        steps += 1;
    }
    steps
}

async fn entries(world: &World, tenant: Uuid, of: &str) -> i64 {
    let tenant = literal(world, tenant);
    world
        .number(&format!("SELECT count(*) AS n FROM audit_entries WHERE tenant_id = {tenant} AND {of}"))
        .await
}

async fn trail_keys(actor: &Actor) -> Vec<PublicKey> {
    let answer = actor.run("{ auditKeys { pem } }", json!({})).await.expect_ok();
    let pem: String = answer.each("auditKeys", "pem").iter().filter_map(Value::as_str).collect();
    PublicKey::all_of_pem(&pem).expect("keys")
}

/// Waits until every archive of the agency is done with, and there is one.
async fn archived(owner: &Actor) -> Vec<Value> {
    let night = async {
        loop {
            let answer = owner.run(ARCHIVES, json!({})).await.expect_ok();
            let nodes = answer.list("auditArchives.nodes").to_vec();
            if !nodes.is_empty() && nodes.iter().all(|node| node["status"] == "REMOVED") {
                return nodes;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), night).await.expect("the night's job ends")
}

// keeps: AU-9
#[tokio::test]
async fn what_is_over_goes_at_night_to_an_archive_that_can_be_checked_offline() {
    let world = World::new().await;
    let (acme, owner) = (world.agency("acme"), world.agency("acme").owner());
    let tenant = acme.tenant().await;
    owner.token().await;
    let (other, rest) =
        (entries(&world, tenant, OTHER).await, entries(&world, tenant, &format!("NOT ({OTHER})")).await);
    assert!(other > 0 && rest > 0);
    world.clock.set("2028-03-05T02:41:00Z".parse().unwrap());
    let archives = archived(&owner).await;
    assert_eq!(entries(&world, tenant, &format!("{OTHER} AND occurred_at < '2027-01-01'")).await, 0);
    assert!(entries(&world, tenant, &format!("NOT ({OTHER})")).await >= rest, "seven years are not over");
    let report = owner.run(VERIFY, json!({})).await.expect_ok();
    assert_eq!(report.data("verifyAudit.report.sound"), &json!(true), "{report}");
    assert_eq!(report.number("verifyAudit.report.removed"), other);
    let removed: i64 = archives.iter().map(|archive| archive["entries"].as_i64().unwrap()).sum();
    assert_eq!(removed, other);

    let keys = trail_keys(&owner).await;
    let input = json!({ "input": { "id": archives[0]["id"] } });
    let ticket = owner.run(DOWNLOAD, input.clone()).await.expect_ok();
    let answer = world.http().get(world.url(&ticket.text("downloadAuditArchive.url"))).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(archives[0]["size"], json!(bytes.len()));
    let report = file::verify(reader(&bytes[..]).unwrap(), &keys, None).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(json!(report.entries), archives[0]["entries"]);
    let text = std::io::read_to_string(reader(&bytes[..]).unwrap()).unwrap();
    assert!(text.contains("seed.agency.create") && !text.contains("@acme.test"));
    let foreign = trail_keys(&world.agency("globex").owner()).await;
    assert!(!file::verify(reader(&bytes[..]).unwrap(), &foreign, None).unwrap().is_sound());
    let changed = text.replacen("seed.agency.create", "seed.agency.delete", 1);
    assert!(!file::verify(changed.as_bytes(), &keys, None).unwrap().is_sound());

    for action in ["audit.retention.archive", "audit.retention.remove", "audit.archive.download"] {
        let of = format!("action = '{action}' AND subject_type = 'AuditArchive'");
        assert!(entries(&world, tenant, &of).await >= 1, "{action}");
    }
    world.clock.advance(Duration::from_secs(301));
    let late = world.http().get(world.url(&ticket.text("downloadAuditArchive.url"))).send().await.unwrap();
    assert_eq!(late.status(), 403);
    let other = world.agency("globex").owner();
    other.run(DOWNLOAD, input.clone()).await.expect_code("NOT_FOUND");
    let seen = other.run(ARCHIVES, json!({})).await.expect_ok();
    assert!(!seen.ids("auditArchives.nodes").contains(&archives[0]["id"].as_str().unwrap().to_owned()));
    acme.manager().run(DOWNLOAD, input).await.expect_code("FORBIDDEN");
    acme.client_admin().run(ARCHIVES, json!({})).await.expect_code("FORBIDDEN");
}

// keeps: AU-9
#[tokio::test]
async fn keeper_killed_after_any_step_loses_nothing() {
    let world = World::new().await;
    let tenant = world.agency("acme").tenant().await;
    sealed(&world).await;
    world.stop_node(0).await;
    let before = entries(&world, tenant, "1 = 1").await;
    world.clock.set(day("2028-03-05"));
    let mut steps = 0;
    loop {
        let viewer = system(&world, tenant).await;
        // Reason: a new keeper knows nothing of what the one before did, as after a crash.
        let more = keeper(&world).step(&viewer).await.unwrap();
        let report = check(&world, tenant, &Outside::default()).await;
        assert!(report.is_sound(), "after step {steps}: {report:?}");
        if !more {
            break;
        }
        steps += 1;
        assert!(steps < 50, "no end");
    }
    assert!(steps >= 3, "planned, written, removed: {steps}");
    assert!(entries(&world, tenant, "1 = 1").await < before);
    assert_eq!(entries(&world, tenant, &format!("{OTHER} AND occurred_at < '2027-01-01'")).await, 0);
}

// keeps: AU-9
#[tokio::test]
async fn storage_that_is_away_or_lost_the_file_stops_the_removal() {
    let world = World::new().await;
    let tenant = world.agency("acme").tenant().await;
    sealed(&world).await;
    world.stop_node(0).await;
    world.clock.set(day("2028-03-05"));
    let (viewer, files) = (system(&world, tenant).await, world.app(0).config.data_dir.join("files"));
    let before = entries(&world, tenant, OTHER).await;
    let mut keeper_ = keeper(&world);
    assert!(keeper_.step(&viewer).await.unwrap());
    std::fs::remove_dir_all(&files).unwrap();
    std::fs::write(&files, "no folder").unwrap();
    for _ in 0..2 {
        keeper_.step(&viewer).await.unwrap_err();
    }
    std::fs::remove_file(&files).unwrap();
    std::fs::create_dir(&files).unwrap();
    assert!(keeper_.step(&viewer).await.unwrap(), "written");
    let stored =
        files.join(world.texts("SELECT object_key FROM audit_archives", "object_key").await.remove(0));
    let content = std::fs::read(&stored).unwrap();
    let mut other = content.clone();
    *other.last_mut().unwrap() ^= 1;
    std::fs::write(&stored, &other).unwrap();
    keeper(&world).step(&viewer).await.unwrap_err();
    std::fs::remove_file(&stored).unwrap();
    keeper(&world).step(&viewer).await.unwrap_err();
    assert_eq!(entries(&world, tenant, OTHER).await, before, "nothing was removed");
    std::fs::write(&stored, &content).unwrap();
    keep(&world, tenant).await;
    assert_eq!(entries(&world, tenant, &format!("{OTHER} AND occurred_at < '2027-01-01'")).await, 0);
}

// keeps: AU-5
// keeps: AU-9
#[tokio::test]
async fn removal_that_no_signed_archive_covers_is_found_whatever_the_database_lists() {
    let world = World::new().await;
    let tenant = world.agency("acme").tenant().await;
    sealed(&world).await;
    world.stop_node(0).await;
    world.clock.set(day("2028-03-05"));
    keep(&world, tenant).await;
    sealer(&world).seal_all().await.unwrap();
    assert!(check(&world, tenant, &Outside::default()).await.is_sound());
    take_everything_off(&world).await;
    let own = format!("WHERE tenant_id = {} ORDER BY id", literal(&world, tenant));
    let victim = id(&world.rows("audit_entries", &own).await[0], "id");
    let archive = id(&world.rows("audit_archives", &own).await[0], "id");
    let list = format!(
        "INSERT INTO audit_removed (entry_id, tenant_id, archive_id) VALUES ({}, {}, {})",
        literal(&world, victim),
        literal(&world, tenant),
        literal(&world, archive)
    );
    world.execute(&list).await;
    world.execute(&format!("DELETE FROM audit_entries WHERE id = {}", literal(&world, victim))).await;
    let report = check(&world, tenant, &Outside::default()).await;
    let first = report.first().expect("a problem");
    assert_eq!((first.kind, first.entry), (ProblemKind::Missing, Some(victim)), "{report:?}");
    assert!(first.seq.is_some(), "{report:?}");

    // A manifest that was changed so that it covers the victim is believed by nobody.
    let row = &world.rows("audit_archives", &own).await[0];
    let mut manifest = row["manifest"].clone();
    let places = manifest["places"].as_str().unwrap().len();
    manifest["places"] = json!("/".repeat(places));
    let forged = manifest.to_string().replace('\'', "''");
    world.execute(&format!("UPDATE audit_archives SET manifest = '{forged}'")).await;
    let report = check(&world, tenant, &Outside::default()).await;
    let first = report.first().expect("a problem");
    assert_eq!((first.kind, first.seq), (ProblemKind::Missing, Some(0)), "{report:?}");
    assert!(report.problem_count > 100, "{report:?}");
}

// keeps: AU-9
#[tokio::test]
async fn hold_keeps_what_the_trail_says_until_it_is_released() {
    let world = World::new().await;
    let (acme, owner) = (world.agency("acme"), world.agency("acme").owner());
    let tenant = acme.tenant().await;
    let project = acme.ids::<ProjectId>("projects_projects").await.remove(0);
    let input = json!({ "input": { "project": project, "reason": "the dispute with Northwind" } });
    let hold = owner.run(PLACE, input.clone()).await.expect_ok();
    assert_eq!(hold.text("placeLegalHold.hold.subjectId"), project);
    let again = owner.run(PLACE, input.clone()).await.expect_code("CONFLICT");
    assert_eq!(again.errors().len(), 1);
    let id = hold.text("placeLegalHold.hold.id");
    assert_eq!(entries(&world, tenant, "action = 'audit.hold.place' AND severity = 'critical'").await, 1);
    acme.manager().run(PLACE, input.clone()).await.expect_code("FORBIDDEN");
    acme.client_admin().run(PLACE, input.clone()).await.expect_code("FORBIDDEN");
    let globex = world.agency("globex").owner();
    globex.run(PLACE, input).await.expect_code("NOT_FOUND");
    globex.run(RELEASE, json!({ "input": { "id": id } })).await.expect_code("NOT_FOUND");
    let none = owner.run(PLACE, json!({ "input": { "reason": "x" } })).await;
    none.expect_field("person", "one_subject");
    let seen = acme.client().run("{ legalHolds { nodes { id } } }", json!({})).await;
    assert_eq!(seen.code(), Some("FORBIDDEN"));

    sealed(&world).await;
    let uuid = project.parse::<ProjectId>().unwrap().uuid();
    let of = format!("{OTHER} AND occurred_at < '2027-01-01' AND project_id = {}", literal(&world, uuid));
    let held = entries(&world, tenant, &of).await;
    assert!(held > 0);
    world.clock.set("2028-03-05T02:41:00Z".parse().unwrap());
    archived(&owner).await;
    assert_eq!(entries(&world, tenant, &of).await, held, "a hold is in force");
    assert_eq!(entries(&world, tenant, &format!("{OTHER} AND occurred_at < '2027-01-01'")).await, held);
    let released =
        owner.run(RELEASE, json!({ "input": { "id": id, "expectedVersion": 1 } })).await.expect_ok();
    assert_eq!(released.data("releaseLegalHold.hold.inForce"), &json!(false));
    owner.run(RELEASE, json!({ "input": { "id": id } })).await.expect_code("CONFLICT");
    assert_eq!(entries(&world, tenant, "action = 'audit.hold.release' AND severity = 'warning'").await, 1);
    world.stop_node(0).await;
    keep(&world, tenant).await;
    assert_eq!(entries(&world, tenant, &of).await, 0);
    assert!(check(&world, tenant, &Outside::default()).await.is_sound());
}

// keeps: AU-9
#[tokio::test]
async fn shorter_period_is_told_loudly_and_waits_thirty_days() {
    let world = World::new().await;
    let (acme, owner) = (world.agency("acme"), world.agency("acme").owner());
    let tenant = acme.tenant().await;
    let first = owner.run(RETENTION, json!({})).await.expect_ok();
    let defaults = json!({ "securityMonths": 84, "financeMonths": 84, "otherMonths": 24 });
    assert_eq!(
        (first.data("auditRetention.set"), first.data("auditRetention.inForce")),
        (&defaults, &defaults)
    );
    let update = async |input: Value| owner.run(UPDATE, json!({ "input": input })).await;
    update(json!({ "otherMonths": 11 })).await.expect_field("otherMonths", "retention_out_of_bounds");
    update(json!({ "securityMonths": 361 })).await.expect_field("securityMonths", "retention_out_of_bounds");
    let shorter = update(json!({ "otherMonths": 12, "expectedVersion": 0 })).await.expect_ok();
    assert_eq!(shorter.number("updateAuditRetention.retention.inForce.otherMonths"), 24);
    assert_eq!(shorter.text("updateAuditRetention.retention.effectiveAt"), "2026-04-01T09:00:00Z");
    assert_eq!(
        entries(&world, tenant, "action = 'audit.retention.update' AND severity = 'critical'").await,
        1
    );
    update(json!({ "otherMonths": 13, "expectedVersion": 0 })).await.expect_code("CONFLICT");
    world.clock.set(day("2026-04-02"));
    let later = owner.run(RETENTION, json!({})).await.expect_ok();
    assert_eq!(later.number("auditRetention.inForce.otherMonths"), 12);
    let longer = update(json!({ "otherMonths": 36 })).await.expect_ok();
    assert_eq!(longer.number("updateAuditRetention.retention.inForce.otherMonths"), 36);
    assert_eq!(longer.data("updateAuditRetention.retention.effectiveAt"), &Value::Null);
    acme.accountant().run(RETENTION, json!({})).await.expect_code("FORBIDDEN");
    acme.client().run(RETENTION, json!({})).await.expect_code("FORBIDDEN");
    let others = world.agency("globex").owner().run(RETENTION, json!({})).await.expect_ok();
    assert_eq!(others.data("auditRetention.set"), &defaults);
}

// keeps: AU-9
#[tokio::test]
async fn two_years_from_a_leap_day_end_with_its_month() {
    let world = World::new().await;
    let tenant = world.agency("acme").tenant().await;
    world.stop_node(0).await;
    world.clock.set("2028-02-29T12:00:00Z".parse().unwrap());
    let viewer = system(&world, tenant).await;
    let noted = viewer.act(&world.db, "projects.project.leap", async |act| {
        act.note("Project", None, None, serde_json::Map::new());
        Ok(())
    });
    noted.await.unwrap();
    sealer(&world).seal_all().await.unwrap();
    let of = "action = 'projects.project.leap'";
    for (moment, left) in [("2030-02-28T12:00:00Z", 1), ("2030-03-01T11:59:59Z", 0)] {
        world.clock.set(moment.parse().unwrap());
        keep(&world, tenant).await;
        assert_eq!(entries(&world, tenant, of).await, left, "{moment}");
    }
}
