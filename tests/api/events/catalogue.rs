//! `eventTypes`: every kind there is, described.

use std::collections::BTreeSet;

use gateway::graph::{NODE_TYPES, SUBJECT_TYPES};
use serde_json::{Value, json};
use tests::World;
use tests::catalogue::check;

use super::asks::{everything, texts};
use crate::projects::asks::ask;

const TYPES: &str = "{ eventTypes { kind subjectType version description payloadSchema } }";

// keeps: AU-14
#[tokio::test]
async fn catalogue_describes_every_kind_and_what_was_recorded_is_of_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let answer = ask(&acme.viewer(), TYPES).await.expect_ok();
    let types = answer.list("eventTypes");
    let kinds: BTreeSet<String> = texts(types, "kind").into_iter().collect();
    assert!(types.len() > 40 && kinds.len() == types.len());
    for known in types {
        let kind = known["kind"].as_str().unwrap();
        let parts: Vec<&str> = kind.split('.').collect();
        let domain = ["identity", "crm", "projects", "audit"].contains(&parts[0]);
        assert!(parts.len() == 3 && domain, "{kind}: <domain>.<thing>.<past verb>");
        assert!(known["description"].as_str().unwrap().ends_with('.'), "{known}");
        assert_eq!(known["payloadSchema"]["type"], "object", "{known}");
    }
    ask(&world.nobody(), TYPES).await.expect_code("UNAUTHENTICATED");
    for event in everything(&acme.owner(), json!({})).await {
        let known =
            types.iter().find(|known| known["kind"] == event["kind"]).unwrap_or_else(|| panic!("{event}"));
        let mut problems = Vec::new();
        check(&known["payloadSchema"], &event["payload"], "payload", &mut problems);
        assert_eq!(problems, [""; 0], "{event}");
    }
}

#[test]
fn subject_that_can_be_seen_decides_who_hears_of_it() {
    // Reason: of entries of the trail there are no events, for they are of the same change.
    let missing: Vec<_> =
        NODE_TYPES.iter().filter(|name| **name != "AuditEntry" && !SUBJECT_TYPES.contains(name)).collect();
    let told: BTreeSet<&str> = gateway::app::event_types().all().map(|known| known.subject_type).collect();
    let open: Vec<_> = missing.into_iter().filter(|name| told.contains(**name)).collect();
    assert!(open.is_empty(), "name them in gateway/src/graph/subjects.rs: {open:?}");
}

#[test]
fn check_of_payloads_finds_what_is_wrong() {
    let types = gateway::app::event_types();
    let schema = &types.get("projects.project.created").unwrap().schema;
    let problems = |payload: Value| {
        let mut problems = Vec::new();
        check(schema, &payload, "payload", &mut problems);
        problems
    };
    let good = json!({ "action": "a", "changed": ["name"], "version": 1 });
    assert_eq!(problems(good.clone()), [""; 0]);
    for (name, value) in
        [("action", json!(1)), ("changed", json!([1])), ("version", json!("1")), ("more", json!(1))]
    {
        let mut bad = good.clone();
        bad[name] = value;
        assert_eq!(problems(bad.clone()).len(), 1, "{bad}");
    }
    assert_eq!(problems(json!({ "action": "a", "changed": [] })).len(), 1);
}
