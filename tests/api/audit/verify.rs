//! `verifyAudit`: who may ask, what it answers, and what it tells of a trail that somebody changed.

use audit::verify::{Outside, ProblemKind};
use sea_orm::DbBackend;
use serde_json::json;
use tests::World;

use super::support::{check, head, id, leaves, literal, sealed, sealer, take_guards_off};

const VERIFY: &str = "mutation { verifyAudit { jobId report {
    sound entries removed unsealed waitingSince heads size root problemCount head { size root signature message }
    firstProblem { kind seq until entryId message } problems { kind }
} } }";

// keeps: AU-5
#[tokio::test]
async fn sound_trail_is_called_sound_and_the_check_is_recorded() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let made = head(&world, acme.tenant().await).await;
    let found = acme.owner().run(VERIFY, json!({})).await.expect_ok();
    assert_eq!(found.data("verifyAudit.report.sound"), true);
    assert_eq!(found.number("verifyAudit.report.problemCount"), 0);
    assert!(found.number("verifyAudit.report.entries") >= made.size as i64);
    assert_eq!(found.text("verifyAudit.report.root").len(), 64);
    let noted = world.rows("audit_entries", "WHERE action = 'audit.trail.verify'").await;
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0]["outcome"], "success");
}

// keeps: AU-5
#[tokio::test]
async fn check_names_the_first_bad_entry_and_is_itself_critical() {
    let world = World::new().await;
    let acme = world.agency("acme");
    head(&world, acme.tenant().await).await;
    sealed(&world).await;
    let places = leaves(&world, acme.tenant().await).await;
    let (fifth, ninth) = (id(&places[5], "entry_id"), id(&places[9], "entry_id"));
    take_guards_off(&world).await;
    for entry in [ninth, fifth] {
        let entry = literal(&world, entry);
        world.execute(&format!("UPDATE audit_entries SET action = 'x.y.z' WHERE id = {entry}")).await;
    }
    let found = acme.owner().run(VERIFY, json!({})).await.expect_ok();
    assert_eq!(found.data("verifyAudit.report.sound"), false);
    assert_eq!(found.number("verifyAudit.report.problemCount"), 2);
    assert_eq!(found.text("verifyAudit.report.firstProblem.kind"), "CHANGED");
    assert_eq!(found.number("verifyAudit.report.firstProblem.seq"), 5);
    let named = found.text("verifyAudit.report.firstProblem.entryId");
    assert_eq!(named.parse::<kernel::id::AnyId>().unwrap().uuid, fifth);
    let noted = world.rows("audit_entries", "WHERE action = 'audit.trail.verify'").await;
    assert_eq!((&noted[0]["outcome"], &noted[0]["severity"]), (&json!("failure"), &json!("critical")));
    // The other agency's trail is another.
    let other = world.agency("globex").owner().run(VERIFY, json!({})).await.expect_ok();
    assert_eq!(other.data("verifyAudit.report.sound"), true);
}

/// Lets everything that waits to be sealed have done so for twenty minutes.
async fn let_wait(world: &World) {
    let since = match world.db.backend() {
        DbBackend::Postgres => "now() - interval '20 minutes'",
        _ => "strftime('%Y-%m-%dT%H:%M:%f', 'now', '-20 minutes') || '000+00:00'",
    };
    world.execute(&format!("UPDATE audit_unsealed SET since = {since}")).await;
}

// keeps: AU-4, AU-5
#[tokio::test]
async fn check_tells_that_nobody_seals_and_where_the_sealer_is_stuck() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (tenant, own) = (acme.tenant().await, literal(&world, acme.tenant().await));
    let create = "mutation { createAccount(input: { name: \"One more\" }) { account { id } } }";
    let size = head(&world, tenant).await.size;
    // Somebody lets the sealer stop at this agency: its entries stay open to be changed.
    world.execute(&format!("UPDATE audit_trees SET size = -size WHERE tenant_id = {own}")).await;
    acme.owner().run(create, json!({})).await.expect_ok();
    let mended = format!("UPDATE audit_trees SET size = -size WHERE tenant_id = {own}");
    let young = check(&world, tenant, &Outside::default()).await;
    let waits = |report: &audit::verify::Report| {
        report.problems.iter().find(|problem| problem.kind == ProblemKind::Waiting).cloned()
    };
    assert!(young.unsealed > 0 && waits(&young).is_none(), "it waits for no long time yet: {young:?}");
    let_wait(&world).await;
    let first = world.rows("audit_unsealed", &format!("WHERE tenant_id = {own} ORDER BY entry_id")).await;
    let found = acme.owner().run(VERIFY, json!({})).await.expect_ok();
    assert_eq!(found.data("verifyAudit.report.sound"), false);
    assert!(found.data("verifyAudit.report.waitingSince").is_string());
    let problem = waits(&check(&world, tenant, &Outside::default()).await).expect("it is told");
    assert_eq!((problem.seq, problem.entry), (Some(size), Some(id(&first[0], "entry_id"))));
    assert!(problem.text.contains("damaged"), "{}", problem.text);
    assert!(check(&world, world.agency("globex").tenant().await, &Outside::default()).await.is_sound());
    world.execute(&mended).await;
    sealer(&world).seal_all().await.unwrap();
    sealed(&world).await;
    let after = check(&world, tenant, &Outside::default()).await;
    assert!(after.is_sound() && after.waiting_since.is_none(), "{after:?}");
    // What is sealed and waits again would be passed over for ever.
    let sealed = literal(&world, id(&leaves(&world, tenant).await[3], "entry_id"));
    world
        .execute(&format!("INSERT INTO audit_unsealed (entry_id, tenant_id) VALUES ({sealed}, {own})"))
        .await;
    let dangling = waits(&check(&world, tenant, &Outside::default()).await).expect("it is told");
    assert_eq!(dangling.seq, Some(3));
}

// keeps: AU-5, AU-7
#[tokio::test]
async fn checks_proofs_and_exports_are_for_who_may() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let export = "mutation { exportAudit(input: { format: JSONL }) { url } }";
    for actor in [acme.manager(), acme.developer(), acme.client_admin(), acme.viewer()] {
        for query in [VERIFY, export, "{ auditHead { size } }", "{ auditKeys { id } }"] {
            actor.run(query, json!({})).await.expect_code("FORBIDDEN");
        }
    }
    world.nobody().run(VERIFY, json!({})).await.expect_code("UNAUTHENTICATED");
}
