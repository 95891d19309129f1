//! The queue page: who sees which jobs, and what may be done with them.

use kernel::act::NewJob;
use serde_json::{Value, json};
use tests::{Actor, World};

use super::{NOBODYS, RUNNING, SEALED, change, distant, enqueue, hopeless, started_by};

const JOBS: &str = "query Jobs($filter: JobFilter) {
  jobs(filter: $filter) { totalCount nodes { id kind status priority attempts maxAttempts runAt startedAt finishedAt
    progress { done total message } lastError createdBy { email } auditTrail { nodes { action } } } }
}";

const JOB: &str =
    "query Job($id: ID!) { job(id: $id) { id status attempts lastError } node(id: $id) { id } }";

const RETRY: &str =
    "mutation Retry($id: ID!) { retryJob(input: { id: $id }) { job { id status attempts finishedAt } } }";
const CANCEL: &str =
    "mutation Cancel($id: ID!) { cancelJob(input: { id: $id }) { job { id status cancelRequestedAt } } }";
const DISCARD: &str = "mutation Discard($id: ID!) { discardJob(input: { id: $id }) { id } }";

async fn seen(who: &Actor, filter: Value) -> Vec<String> {
    let answer = who.run(JOBS, json!({ "filter": filter })).await.expect_ok();
    let mut ids = answer.ids("jobs.nodes");
    ids.sort();
    ids
}

async fn status(who: &Actor, id: &str) -> String {
    who.run(JOB, json!({ "id": id })).await.expect_ok().text("job.status")
}

// keeps: AU-15
#[tokio::test]
async fn admin_sees_the_jobs_of_the_agency_and_no_others() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let failed = enqueue(&world, "acme", hopeless()).await;
    let waits = enqueue(&world, "acme", distant()).await;
    let foreign = enqueue(&world, "globex", distant()).await;
    world.settled().await;
    let mine = json!({ "kinds": [SEALED] });
    let mut both = vec![failed.clone(), waits.clone()];
    both.sort();
    for person in [acme.owner(), acme.admin()] {
        assert_eq!(seen(&person, mine.clone()).await, both);
    }
    assert_eq!(seen(&globex.owner(), mine.clone()).await, std::slice::from_ref(&foreign));
    assert_eq!(
        seen(&acme.owner(), json!({ "kinds": [SEALED], "statuses": ["FAILED"] })).await,
        std::slice::from_ref(&failed)
    );
    let answer = acme.owner().run(JOBS, json!({ "filter": { "statuses": ["FAILED"] } })).await.expect_ok();
    answer.expect_statements(8);
    let answer = acme.owner().run(JOBS, json!({ "filter": { "statuses": ["FAILED"] } })).await.expect_ok();
    let job = &answer.list("jobs.nodes")[0];
    assert_eq!((&job["attempts"], &job["maxAttempts"], &job["priority"]), (&json!(1), &json!(1), &json!(0)));
    assert!(job["lastError"].as_str().unwrap().contains("seal"), "{job}");
    assert!(
        job["finishedAt"].is_string() && job["startedAt"].is_string() && job["createdBy"].is_null(),
        "{job}"
    );
    assert!(!answer.to_string().contains("a secret"));
    acme.owner().run(JOB, json!({ "id": foreign })).await.expect_code("NOT_FOUND");
    let node = "query Node($id: ID!) { node(id: $id) { id } }";
    let node = acme.owner().run(node, json!({ "id": foreign })).await.expect_ok();
    assert!(node.data("node").is_null());
    change(&world, &waits, "tenant_id = NULL").await;
    assert_eq!(
        seen(&acme.owner(), mine).await,
        [failed],
        "the installation's own jobs are shown to no agency"
    );
    acme.owner().run(JOB, json!({ "id": waits })).await.expect_code("NOT_FOUND");
}

// keeps: AU-15
#[tokio::test]
async fn person_who_started_a_job_sees_it_and_changes_nothing() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (own, other) = (enqueue(&world, "acme", hopeless()).await, enqueue(&world, "acme", hopeless()).await);
    world.settled().await;
    let (manager, client) = (acme.manager(), acme.client());
    started_by(&world, &own, manager.email()).await;
    assert_eq!(seen(&manager, json!({})).await, std::slice::from_ref(&own));
    let answer = manager.run(JOB, json!({ "id": own })).await.expect_ok();
    assert!(answer.data("job.lastError").is_null(), "errors are for admins: {answer}");
    manager.run(JOB, json!({ "id": other })).await.expect_code("NOT_FOUND");
    for change in [RETRY, CANCEL, DISCARD] {
        manager.run(change, json!({ "id": own })).await.expect_code("FORBIDDEN");
        manager.run(change, json!({ "id": other })).await.expect_code("NOT_FOUND");
        client.run(change, json!({ "id": own })).await.expect_code("NOT_FOUND");
        world.agency("globex").owner().run(change, json!({ "id": own })).await.expect_code("NOT_FOUND");
    }
    assert!(seen(&client, json!({})).await.is_empty());
    assert_eq!(status(&acme.owner(), &own).await, "FAILED");
    let by_person = json!({ "createdBy": manager.run("{ viewer { user { id } } }", json!({})).await.text("viewer.user.id") });
    assert_eq!(seen(&acme.owner(), by_person).await, [own]);
    world.nobody().run(JOBS, json!({})).await.expect_code("UNAUTHENTICATED");
}

// keeps: AU-15
#[tokio::test]
async fn failed_job_is_retried_and_discarded_and_the_trail_tells() {
    let world = World::new().await;
    let admin = world.agency("acme").admin();
    let id = enqueue(&world, "acme", hopeless()).await;
    world.settled().await;
    admin.run(CANCEL, json!({ "id": id })).await.expect_code("CONFLICT");
    let retried = admin.run(RETRY, json!({ "id": id })).await.expect_ok();
    assert_eq!(retried.text("retryJob.job.status"), "WAITING");
    assert_eq!(
        (retried.number("retryJob.job.attempts"), retried.data("retryJob.job.finishedAt")),
        (0, &Value::Null)
    );
    world.settled().await;
    assert_eq!(status(&admin, &id).await, "FAILED", "it was tried again");
    let gone = admin.run(DISCARD, json!({ "id": id })).await.expect_ok();
    assert_eq!(gone.text("discardJob.id"), id);
    admin.run(JOB, json!({ "id": id })).await.expect_code("NOT_FOUND");
    admin.run(DISCARD, json!({ "id": id })).await.expect_code("NOT_FOUND");
    let told: Vec<Value> =
        world.audit_of(&id).await.into_iter().map(|mut entry| entry.remove("action").unwrap()).collect();
    assert_eq!(told, ["audit.job.retry", "audit.job.discard"]);
}

// keeps: AU-15
#[tokio::test]
async fn waiting_job_is_cancelled_at_once_and_a_running_one_is_asked() {
    let world = World::new().await;
    let admin = world.agency("acme").admin();
    let (waits, runs) = (enqueue(&world, "acme", distant()).await, enqueue(&world, "acme", distant()).await);
    change(&world, &runs, RUNNING).await;
    for refused in [RETRY, DISCARD] {
        admin.run(refused, json!({ "id": runs })).await.expect_code("CONFLICT");
    }
    let cancelled = admin.run(CANCEL, json!({ "id": waits })).await.expect_ok();
    assert_eq!(cancelled.text("cancelJob.job.status"), "CANCELLED");
    let asked = admin.run(CANCEL, json!({ "id": runs })).await.expect_ok();
    assert_eq!(asked.text("cancelJob.job.status"), "RUNNING");
    assert!(asked.data("cancelJob.job.cancelRequestedAt").is_string());
    // The worker elsewhere dies; what was cancelled is not begun again.
    change(&world, &runs, "locked_until = '2020-01-01T00:00:00+00:00', run_at = created_at").await;
    world.settled().await;
    assert_eq!(status(&admin, &runs).await, "CANCELLED");
    assert_eq!(world.audit_of(&runs).await.len(), 1);
}

// keeps: AU-15
#[tokio::test]
async fn list_of_jobs_is_paged_the_newest_first() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let mut made = Vec::new();
    for _ in 0..5 {
        world.clock.advance(std::time::Duration::from_millis(5));
        made.push(enqueue(&world, "acme", distant()).await);
    }
    made.reverse();
    let page = "query Page($after: String, $kinds: [String!]) {
      jobs(first: 2, after: $after, filter: { kinds: $kinds }) { nodes { id } pageInfo { endCursor hasNextPage } }
    }";
    let (mut after, mut all) = (Value::Null, Vec::new());
    loop {
        let answer = owner.run(page, json!({ "after": after, "kinds": [SEALED] })).await.expect_ok();
        all.extend(answer.ids("jobs.nodes"));
        if answer.data("jobs.pageInfo.hasNextPage") == false {
            break;
        }
        after = answer.data("jobs.pageInfo.endCursor").clone();
    }
    assert_eq!(all, made);
    let many: Vec<String> = (0..=kernel::page::MAX_LISTED).map(|n| n.to_string()).collect();
    owner.run(JOBS, json!({ "filter": { "kinds": many } })).await.expect_code("INVALID");
}

// keeps: AU-15
#[tokio::test]
async fn what_the_calendar_says_is_done_once_by_two_nodes() {
    let world = World::builder().nodes(2).build().await;
    for round in 1..=2 {
        world.clock.advance(std::time::Duration::from_secs(60 * 60));
        let done = async {
            loop {
                let rows = world.rows("jobs", "WHERE kind = 'platform.tidy'").await;
                assert!(rows.len() <= round, "{rows:#?}");
                if rows.iter().filter(|row| row["status"] == "done").count() == round {
                    return rows;
                }
                tokio::task::yield_now().await;
            }
        };
        let rows = tokio::time::timeout(std::time::Duration::from_secs(30), done).await.expect("it is done");
        assert!(rows.iter().all(|row| row["tenant_id"].is_null() && row["attempts"] == 1), "{rows:#?}");
    }
}

// keeps: AU-15, OP-4
#[tokio::test]
async fn metrics_tell_how_deep_the_queue_is_and_how_tries_end() {
    // Reason: the tests of one process share its counters, so what counts is that they rise.
    const RISE: [&str; 4] = [
        "atrium_job_tries_total{kind=\"audit.erasure.finish\",outcome=\"failed\"}",
        "atrium_job_attempts_total{kind=\"audit.erasure.finish\"}",
        "atrium_job_duration_seconds_count{kind=\"audit.erasure.finish\"}",
        "atrium_job_wait_seconds_count{kind=\"audit.erasure.finish\"}",
    ];
    let world = World::new().await;
    let page = async || world.http().get(world.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let value = |page: &str, name: &str| -> f64 {
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0.0, |value| value.trim().parse().unwrap())
    };
    let before = page().await;
    enqueue(&world, "acme", hopeless()).await;
    enqueue(
        &world,
        "acme",
        NewJob { delay: chrono::TimeDelta::days(1), ..NewJob::new(NOBODYS, String::new()) },
    )
    .await;
    world.settled().await;
    let seen = async {
        loop {
            let page = page().await;
            let has = |name: &str| page.lines().any(|line| line.starts_with(name));
            if RISE.iter().all(|name| value(&page, name) > value(&before, name))
                && has("atrium_jobs_running{kind=\"audit.erasure.finish\"}")
                && has("atrium_jobs{kind=\"platform.tidy\",status=\"waiting\"}")
                && has("atrium_jobs{kind=\"other\",status=\"waiting\"}")
            {
                return page;
            }
            tokio::task::yield_now().await;
        }
    };
    let page =
        tokio::time::timeout(std::time::Duration::from_secs(30), seen).await.expect("they are counted");
    assert!(!page.contains(NOBODYS), "a kind without a handler is not named");
}
