//! `verifyAudit`: who may ask, what it answers, and what it tells of a trail that somebody changed.

use serde_json::json;
use tests::World;

use super::support::{head, id, leaves, literal, sealed, take_guards_off};

const VERIFY: &str = "mutation { verifyAudit { jobId report {
    sound entries removed unsealed heads size root problemCount head { size root signature message }
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
