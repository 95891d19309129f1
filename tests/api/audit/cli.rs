//! `atrium audit`: what an auditor types, with a database and without one.

use serde_json::Value;
use tests::{Process, Site};

// keeps: AU-5, AU-7, OP-1
#[tokio::test]
async fn auditor_exports_proves_and_checks_without_the_database() {
    let site = Site::seeded().await;
    let path = |name: &str| site.folder().join(name).display().to_string();
    let (file, key, head, proof) = (path("a.jsonl"), path("key.pem"), path("head.json"), path("proof.json"));
    site.run(&["audit", "key", "--tenant", "acme", "--output", &key]).await.expect_code(0);
    site.run(&["audit", "head", "--tenant", "acme", "--output", &head]).await.expect_code(0);
    let exported = site.run(&["audit", "export", "--tenant", "acme", "--output", &file, "--json"]).await;
    let exported = exported.expect_code(0).json();
    let text = std::fs::read_to_string(&file).unwrap();
    let entries: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line.get("entry").is_some())
        .collect();
    assert_eq!(exported["entries"], entries.len());
    let entry = entries[7]["entry"]["id"].as_str().unwrap();
    let entry = kernel::id::TypedId::from_uuid(entry.parse().unwrap());
    let entry: kernel::id::AuditEntryId = entry;
    let wanted = entry.to_string();
    site.run(&["audit", "proof", &wanted, "--tenant", "acme", "--output", &proof]).await.expect_code(0);

    // An auditor's machine: neither database nor configuration.
    let auditor = Site::empty().await;
    let offline = async |what: &str, file: &str| {
        auditor.run(&["audit", "verify", what, file, "--key", &key, "--json"]).await
    };
    let report = offline("--file", &file).await.expect_code(0).json();
    assert_eq!((&report["problemCount"], &report["entries"]), (&Value::from(0), &exported["entries"]));
    let proven = offline("--proof", &proof).await.expect_code(0).json();
    assert_eq!(proven["entry"], entry_uuid(&entries[7]));
    let changed = text.replacen("\"outcome\":\"success\"", "\"outcome\":\"failure\"", 1);
    std::fs::write(&file, changed).unwrap();
    let report = offline("--file", &file).await.expect_code(1).json();
    assert_eq!(report["problems"][0]["kind"], "changed");
    assert_eq!(report["problems"][0]["entry"], report_entry(&text));
    auditor.run(&["audit", "verify", "--file", &file]).await.expect_code(2);

    // The database itself, held against what was kept.
    let kept = ["audit", "verify", "--tenant", "acme", "--key", &key, "--head", &head, "--json"];
    let sound = site.run(&kept).await.expect_code(0).json();
    assert_eq!(sound[0]["report"]["problemCount"], 0);
    site.run(&["audit", "verify"]).await.expect_code(0);
}

fn entry_uuid(line: &Value) -> Value {
    line["entry"]["id"].clone()
}

/// The id of the first entry that was done.
fn report_entry(text: &str) -> Value {
    let line = text.lines().find(|line| line.contains("\"outcome\":\"success\"")).unwrap();
    entry_uuid(&serde_json::from_str(line).unwrap())
}

// keeps: AU-4
#[tokio::test]
async fn server_that_is_killed_while_it_seals_leaves_a_sound_tree() {
    let site = Site::seeded().await;
    let mut server: Process = site.serve().await;
    let create = "mutation($name: String!) { createAccount(input: { name: $name }) { account { id } } }";
    for round in 0..3 {
        let owner = server.person("acme", "owner@acme.test", tests::PASSWORD);
        for turn in 0..20 {
            let name = serde_json::json!({ "name": format!("Round {round} account {turn}") });
            owner.run(create, name).await.expect_ok();
        }
        server.kill().await;
        let checked = site.run(&["audit", "verify", "--tenant", "acme", "--json"]).await;
        assert_eq!(checked.expect_code(0).json()[0]["report"]["problemCount"], 0);
        server = site.serve().await;
    }
    let sealed = async {
        while !site.rows("audit_unsealed", "").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), sealed).await.expect("everything is sealed");
}
