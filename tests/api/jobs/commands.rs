//! `atrium jobs`: the queue at the command line.

use kernel::{act::NewJob, clock::Clock, id::IdGen, viewer::Viewer};
use serde_json::{Value, json};
use tests::{Ran, Site};

use super::{SEALED, distant, hopeless};

async fn enqueue(site: &Site, jobs: Vec<NewJob>) -> Vec<String> {
    let db = site.connect().await;
    let tenant = identity::tenant::find_by_slug(&db, "acme").await.unwrap().unwrap();
    let clock = Clock::system();
    let viewer = Viewer::system(identity::tenant::info(&tenant), clock.clone(), IdGen::new(clock));
    let ids = viewer.act(&db, "test.enqueue", async |act| {
        Ok(jobs.into_iter().map(|job| act.enqueue(job).to_string()).collect())
    });
    let ids = ids.await.unwrap();
    db.close().await.unwrap();
    ids
}

fn statuses(ran: &Ran) -> Vec<Value> {
    ran.json().as_array().unwrap().iter().map(|job| job["status"].clone()).collect()
}

// keeps: AU-15, OP-1
#[tokio::test]
async fn commands_list_retry_discard_and_cancel_jobs() {
    let site = Site::seeded().await;
    let ids = enqueue(&site, vec![hopeless(), distant(), distant()]).await;
    let jobs = async |arguments: &[&str]| site.run(&[&["jobs", "--json"], arguments].concat()).await;
    assert_eq!(site.run(&["worker", "--once", "--json"]).await.expect_code(0).json(), json!({ "jobs": 1 }));

    let listed = jobs(&["list", "--kind", SEALED]).await.expect_code(0);
    assert_eq!(statuses(&listed), ["waiting", "waiting", "failed"]);
    assert!(!listed.out.contains("a secret"), "{listed:#?}");
    let failed = jobs(&["list", "--status", "failed", "--tenant", "acme"]).await.expect_code(0);
    assert_eq!(failed.json()[0]["id"], ids[0]);
    assert!(failed.json()[0]["lastError"].as_str().unwrap().contains("seal"));
    assert!(statuses(&jobs(&["list", "--tenant", "globex"]).await.expect_code(0)).is_empty());
    assert!(statuses(&jobs(&["list", "--tenant", "-"]).await.expect_code(0)).is_empty());
    let table = site.run(&["jobs", "list"]).await.expect_code(0);
    assert!(table.out.starts_with("ID") && table.out.contains(&ids[0]), "{table:#?}");
    jobs(&["list", "--tenant", "nobody"]).await.expect_code(3);
    jobs(&["list", "--status", "lost"]).await.expect_code(2);

    assert_eq!(statuses(&jobs(&["retry", &ids[0]]).await.expect_code(0)), ["waiting"]);
    jobs(&["discard", &ids[0]]).await.expect_code(3);
    assert_eq!(statuses(&jobs(&["cancel", "--kind", SEALED]).await.expect_code(0)), ["cancelled"; 3]);
    jobs(&["cancel", &ids[1]]).await.expect_code(3);
    jobs(&["retry", "job_nonsense"]).await.expect_code(2);
    assert_eq!(statuses(&jobs(&["discard", &ids[1]]).await.expect_code(0)), ["cancelled"]);
    let rest = ["discard", "--status", "cancelled"];
    jobs(&rest).await.expect_code(2);
    let rest = jobs(&[&rest[..], &["--yes"]].concat()).await.expect_code(0);
    assert_eq!(statuses(&rest).len(), 2);
    assert!(statuses(&jobs(&["list"]).await.expect_code(0)).is_empty());

    let told = site.rows("audit_entries", "WHERE subject_type = 'Job' ORDER BY id").await;
    let mut told: Vec<&str> = told.iter().filter_map(|entry| entry["action"].as_str()).collect();
    told.dedup();
    assert_eq!(told, ["audit.job.retry", "audit.job.cancel", "audit.job.discard"]);
}
