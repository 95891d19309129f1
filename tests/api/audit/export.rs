//! Exports: complete, checkable offline, recorded, and nobody's but who may.

use std::time::Duration;

use audit::seal::head::PublicKey;
use audit::verify::{ProblemKind, Report, file};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tests::{Actor, World};

use super::support::{head, leaves};

const EXPORT: &str = "mutation($input: ExportAuditInput!) {
    exportAudit(input: $input) { url fileName entries expiresAt statement head { number size root document } }
}";

async fn ticket(actor: &Actor, input: Value) -> String {
    actor.run(EXPORT, json!({ "input": input })).await.expect_ok().text("exportAudit.url")
}

async fn get(world: &World, url: &str) -> (u16, String) {
    let answer = world.http().get(world.url(url)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn keys(actor: &Actor) -> Vec<PublicKey> {
    let answer = actor.run("{ auditKeys { pem } }", json!({})).await.expect_ok();
    let pem: String = answer.each("auditKeys", "pem").iter().filter_map(Value::as_str).collect();
    PublicKey::all_of_pem(&pem).expect("keys")
}

fn verified(text: &str, keys: &[PublicKey]) -> Report {
    file::verify(text.as_bytes(), keys, None).unwrap()
}

// keeps: AU-7
#[tokio::test]
async fn export_is_the_whole_trail_and_can_be_checked_offline() {
    let world = World::new().await;
    let (acme, owner) = (world.agency("acme"), world.agency("acme").owner());
    let url = ticket(&owner, json!({ "format": "JSONL" })).await;
    let (status, text) = get(&world, &url).await;
    assert_eq!(status, 200, "{text}");
    let keys = keys(&owner).await;
    let report = verified(&text, &keys);
    assert!(report.is_sound(), "{report:?}");
    let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let size = header["head"]["size"].as_u64().unwrap();
    assert_eq!((report.entries, report.size, report.left_out), (size, size, 0));
    let tenant = acme.tenant().await;
    assert!(leaves(&world, tenant).await.len() as u64 >= size);
    assert!(text.contains(&tenant.to_string()));
    assert!(!text.contains(&world.agency("globex").tenant().await.to_string()), "another agency's");
    let other = keys_of_globex(&world).await;
    assert!(!verified(&text, &other).is_sound(), "another agency's key signed nothing here");
    let noted = world.rows("audit_entries", "WHERE action = 'audit.trail.export'").await;
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0]["changes"]["entries"], json!(size));
}

async fn keys_of_globex(world: &World) -> Vec<PublicKey> {
    head(world, world.agency("globex").tenant().await).await;
    keys(&world.agency("globex").owner()).await
}

// keeps: AU-5, AU-7
#[tokio::test]
async fn any_single_bit_change_of_an_exported_entry_is_found_and_named() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let url = ticket(&owner, json!({ "format": "JSONL" })).await;
    let (_, text) = get(&world, &url).await;
    let keys = keys(&owner).await;
    let bytes = text.as_bytes();
    let lines: Vec<(usize, usize, u64)> = spans(&text);
    let mut runner = TestRunner::deterministic();
    let strategy = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u8..8);
    for _ in 0..64 {
        let (line, at, bit) = strategy.new_tree(&mut runner).unwrap().current();
        let (start, end, seq) = lines[line.index(lines.len())];
        let at = start + at.index(end - start);
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 << bit;
        let report = file::verify(changed.as_slice(), &keys, None).unwrap();
        let first = report.first().unwrap_or_else(|| panic!("bit {bit} of byte {at} at place {seq}"));
        assert_eq!(first.seq, Some(seq), "bit {bit} of byte {at}: {first:?}");
    }
}

/// Where the entries of a file begin and end, and their places.
fn spans(text: &str) -> Vec<(usize, usize, u64)> {
    let mut spans = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("{\"seq\":")
            && let Some(entry) = line.find("\"entry\":")
        {
            let seq = rest.split(',').next().unwrap().parse().unwrap();
            spans.push((offset + entry + 8, offset + line.len() - 2, seq));
        }
        offset += line.len();
    }
    spans
}

// keeps: AU-5, AU-7
#[tokio::test]
async fn lines_that_are_cut_swapped_repeated_or_taken_out_are_found() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let url = ticket(&owner, json!({ "format": "JSONL" })).await;
    let (_, text) = get(&world, &url).await;
    let keys = keys(&owner).await;
    let lines: Vec<&str> = text.lines().collect();
    let without = |from: usize, to: usize| [&lines[..from], &lines[to..]].concat();
    let mut swapped = lines.clone();
    swapped.swap(5, 6);
    let mut repeated = lines.clone();
    repeated.insert(7, lines[6]);
    let cut = lines[..lines.len() - 3].to_vec();
    for (what, lines) in [
        ("taken out", without(5, 6)),
        ("swapped", swapped),
        ("repeated", repeated),
        ("cut", cut),
        ("empty", lines[..1].to_vec()),
        ("without its header", lines[1..].to_vec()),
    ] {
        let report = verified(&(lines.join("\n") + "\n"), &keys);
        assert!(!report.is_sound(), "{what}");
    }
}

// keeps: AU-7
#[tokio::test]
async fn filtered_export_hides_the_rest_and_is_still_proven() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let create = "mutation { createAccount(input: { name: \"=cmd()\" }) { account { id } } }";
    owner.run(create, json!({})).await.expect_ok();
    let filter = json!({ "actionPrefix": "crm.account.create" });
    let url = ticket(&owner, json!({ "format": "JSONL", "filter": filter })).await;
    let (_, text) = get(&world, &url).await;
    let report = verified(&text, &keys(&owner).await);
    assert!(report.is_sound(), "{report:?}");
    assert!(report.left_out > 0 && report.entries > 0);
    assert_eq!(report.entries + report.left_out, report.size);
    for line in text.lines().filter(|line| line.contains("\"entry\":")) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["entry"]["action"], "crm.account.create");
    }
    let forged = text.replacen("\"nodes\":[\"", "\"nodes\":[\"00", 1);
    assert!(!verified(&forged, &keys(&owner).await).is_sound());
    let url = ticket(&owner, json!({ "format": "CSV", "filter": filter })).await;
    let (_, csv) = get(&world, &url).await;
    assert_eq!(csv.lines().count() as u64, report.entries + 1);
    assert!(csv.starts_with("seq,leaf_hash,id,occurred_at,"));
    assert!(csv.contains(",'=cmd(),"), "a formula stays text\n{csv}");
}

// keeps: AU-5, AU-7
#[tokio::test]
async fn excerpt_is_signed_as_one_and_cannot_be_passed_off_as_the_whole() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let whole = get(&world, &ticket(&owner, json!({ "format": "JSONL" })).await).await.1;
    let filter = json!({ "actionPrefix": "identity." });
    let asked =
        owner.run(EXPORT, json!({ "input": { "format": "JSONL", "filter": filter } })).await.expect_ok();
    assert!(asked.text("exportAudit.fileName").contains("filtered"));
    let statement: Value = serde_json::from_str(&asked.text("exportAudit.statement")).unwrap();
    assert_eq!(statement["filter"]["actionPrefix"], "identity.");
    assert_eq!(statement["entries"], *asked.data("exportAudit.entries"));
    let (_, part) = get(&world, &asked.text("exportAudit.url")).await;
    let keys = keys(&owner).await;
    let (all, some) = (verified(&whole, &keys), verified(&part, &keys));
    assert!(all.is_sound() && all.filter.is_none(), "{all:?}");
    assert!(some.is_sound(), "{some:?}");
    assert_eq!(some.filter.as_ref().unwrap()["actionPrefix"], "identity.");
    let header: Value = serde_json::from_str(part.lines().next().unwrap()).unwrap();
    let forge = |change: &dyn Fn(&mut Value)| {
        let mut forged = header.clone();
        change(&mut forged);
        let rest: Vec<&str> = part.lines().skip(1).collect();
        verified(&format!("{forged}\n{}\n", rest.join("\n")), &keys)
    };
    assert!(forge(&|_| {}).is_sound());
    let of_whole: Value = serde_json::from_str(whole.lines().next().unwrap()).unwrap();
    let forgeries: [&dyn Fn(&mut Value); 5] = [
        &|header| header["filter"] = Value::Null,
        &|header| {
            header["filter"] = Value::Null;
            header["statement"]["filter"] = Value::Null;
        },
        &|header| {
            header["filter"] = Value::Null;
            drop(header.as_object_mut().unwrap().remove("statement"));
        },
        &|header| {
            header["filter"] = Value::Null;
            header["statement"] = of_whole["statement"].clone();
        },
        &|header| header["statement"]["entries"] = json!(1),
    ];
    for (number, forgery) in forgeries.into_iter().enumerate() {
        let report = forge(forgery);
        let told = report.problems.iter().any(|problem| problem.kind == ProblemKind::Statement);
        assert!(told, "forgery {number}: {report:?}");
    }
}

// keeps: AU-7
#[tokio::test]
async fn personal_data_is_in_an_export_only_where_it_is_asked_for() {
    let world = World::new().await;
    let owner = world.agency("acme").owner().from_ip("203.0.113.77");
    let create = "mutation { createAccount(input: { name: \"Initech\" }) { account { id } } }";
    owner.run(create, json!({})).await.expect_ok();
    for (personal, format) in [(false, "JSONL"), (true, "JSONL"), (false, "CSV"), (true, "CSV")] {
        let url = ticket(&owner, json!({ "format": format, "personal": personal })).await;
        let (_, text) = get(&world, &url).await;
        assert_eq!(text.contains("203.0.113.77"), personal, "{format} {personal}");
        if format == "JSONL" {
            assert!(verified(&text, &keys(&owner).await).is_sound());
        }
    }
}

// keeps: AU-7
#[tokio::test]
async fn ticket_is_for_one_export_and_a_few_minutes() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let url = ticket(&owner, json!({ "format": "CSV" })).await;
    assert_eq!(get(&world, &url).await.0, 200);
    for wrong in ["/audit/export", "/audit/export?ticket=", "/audit/export?ticket=v1.test.AAAA"] {
        assert_eq!(get(&world, wrong).await.0, 403, "{wrong}");
    }
    let tampered = format!("{}A", &url[..url.len() - 1]);
    let tampered = if tampered == url { format!("{}B", &url[..url.len() - 1]) } else { tampered };
    assert_eq!(get(&world, &tampered).await.0, 403);
    world.clock.advance(Duration::from_secs(5 * 60));
    assert_eq!(get(&world, &url).await.0, 403, "the ticket is over");
}
