//! Several processes on one PostgreSQL: workers beside a gateway that leaves them all work. They hear of one another's
//! commits, outlive their database, and take over from who dies.

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tests::{Actor, PASSWORD, Process, Row, Site, on_postgres};

use super::asks::{LIVE, texts};
use super::faults::{OUTAGE, PATIENCE, all_begun, hear, lives, ready, says};
use super::servers::{Postgres, Redis};
use crate::gateway::wire::{INVITE, role};
use crate::projects::asks::{change, new_project};

/// What a process logs when it hears of the commits of others.
const LISTENS: &str = "commits of other processes are heard";

/// Whether there is nothing to test.
fn is_alone() -> bool {
    if !on_postgres() {
        eprintln!("not tested: on SQLite there is one process");
    }
    !on_postgres()
}

/// A gateway that does no work besides answering.
fn gateway(site: &Site) -> Command {
    let mut command = site.command(&["serve"]);
    command.env("ATRIUM_BACKGROUND__IN_SERVE", "off");
    command
}

async fn invite(owner: &Actor, name: &str) {
    let role = role(owner, "team_member").await;
    let email = format!("{name}@example.com");
    owner.run(INVITE, json!({ "email": email, "role": role })).await.expect_ok();
}

// keeps: AU-14, AU-15
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker_hears_of_commits_elsewhere_long_before_it_would_look() {
    if is_alone() {
        return;
    }
    let site = Site::seeded().await;
    let patient = |mut command: Command| {
        command.env("ATRIUM_BACKGROUND__FALLBACK_POLL_MS", "3600000");
        command
    };
    let worker = site.start_until(patient(site.command(&["worker"])), LISTENS).await;
    let process = site.start(patient(gateway(&site))).await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    for round in ["first", "second"] {
        new_project(&owner, round).await;
        invite(&owner, round).await;
        site.settled().await;
    }
    let done = site.rows("jobs", "WHERE kind = 'mail.send'").await;
    assert!(done.len() >= 2 && done.iter().all(|job| job["status"] == "done"), "{done:?}");

    let logged = worker.log().len();
    site.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'").await;
    worker.logs(logged, LISTENS).await;
    invite(&owner, "third").await;
    new_project(&owner, "third").await;
    site.settled().await;
    worker.tell_to_stop();
    assert_eq!(worker.ended().await, Some(0));
}

// keeps: AU-14, AU-15, OP-3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_that_goes_and_comes_back_loses_no_work_of_a_worker() {
    if is_alone() {
        return;
    }
    let (server, redis, site) = (Postgres::seeded().await, Redis::start().await, Site::seeded().await);
    let here = |mut command: Command| {
        command.env("ATRIUM_DATABASE_URL", server.url()).env("ATRIUM_REDIS_URL", redis.url());
        command.env("ATRIUM_DATABASE__ACQUIRE_TIMEOUT_S", "2");
        command
    };
    let worker = site.start_until(here(site.command(&["worker"])), LISTENS).await;
    let process = site.start(here(gateway(&site))).await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    let mut socket = owner.socket().await;
    let mut live = socket.subscribe(LIVE, json!({ "kinds": ["projects.project.created"] }));
    all_begun(&mut socket).await;
    let first = new_project(&owner, "Before").await;
    hear(&mut live, &first).await;
    // Reason: whether the worker has done all of it when the database goes is left to chance.
    let mut letters = Vec::new();
    for number in 0..5 {
        letters.push(format!("early-{number}"));
        invite(&owner, &letters[number]).await;
    }
    let last = new_project(&owner, "Last before").await;

    server.stop();
    let logged = worker.log().len();
    tokio::time::sleep(OUTAGE).await;
    assert_eq!(ready(&process).await, (503, "degraded".to_owned()));
    assert!(lives(&process).await, "a restart would mend nothing");
    let refused = change(&owner, "createProject", json!({ "name": "Lost" }), "project { id }").await;
    assert!(matches!(refused.code(), Some("UNAVAILABLE" | "INTERNAL")), "{refused}");
    server.start_again().await;
    says(&process, (200, "up")).await;
    worker.logs(logged, LISTENS).await;
    letters.push("late".to_owned());
    invite(&owner, "late").await;
    let after = new_project(&owner, "After").await;
    let heard = hear(&mut live, &after).await;
    assert_eq!(texts(&heard, "subjectId"), [last, after], "each once and in order");
    everything_is_done(&owner, &worker).await;
    let mails = std::fs::read_dir(site.folder().join("mailbox")).unwrap();
    let mails: String = mails.map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap()).collect();
    for letter in letters {
        assert!(mails.contains(&format!("{letter}@example.com")), "{letter} was invited and has no mail");
    }
}

/// Waits until the queue of the agency is empty, and nothing of it has failed.
async fn everything_is_done(owner: &Actor, worker: &Process) {
    let waiting = "{ jobs(filter: { statuses: [WAITING, RUNNING, FAILED] }) { nodes { id status } } }";
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let done = async {
        while !owner.run(waiting, json!({})).await.expect_ok().list("jobs.nodes").is_empty() {
            tick.tick().await;
        }
    };
    let done = tokio::time::timeout(PATIENCE, done).await;
    assert!(done.is_ok(), "{}", worker.log());
}

// keeps: AU-15
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leader_that_is_killed_is_followed_and_each_due_time_comes_once() {
    if is_alone() {
        return;
    }
    let site = Site::seeded().await;
    let leader = site.start_until(site.command(&["worker"]), LISTENS).await;
    let first = holder(&site, None).await;
    let follower = site.start_until(site.command(&["worker"]), LISTENS).await;
    let before = fired(&site).await.len();
    // Race: whether the leader still puts it into the queue is left to chance; either it does or the follower.
    fall_due(&site).await;
    leader.kill().await;
    let second = holder(&site, Some(&first)).await;
    assert_ne!(second, first);
    fires(&site, before + 1).await;
    fall_due(&site).await;
    fires(&site, before + 2).await;
    site.settled().await;
    // Reason: the leader looks each second.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let fired = fired(&site).await;
    assert_eq!(fired.len(), before + 2, "each once: {fired:?}\n{}", follower.log());
    let due: std::collections::BTreeSet<_> = fired.iter().map(|job| job["id"].to_string()).collect();
    assert_eq!(due.len(), fired.len());
}

/// Who leads in schedules, once somebody else than `but` does.
async fn holder(site: &Site, but: Option<&str>) -> String {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let found = async {
        loop {
            tick.tick().await;
            let rows = site.rows("job_leases", "WHERE name = 'schedules'").await;
            let holder = rows.first().and_then(|row| row["holder"].as_str());
            if let Some(holder) = holder.filter(|holder| Some(*holder) != but) {
                return holder.to_owned();
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("somebody leads")
}

/// Lets the time of the hourly schedule come, an hour early.
async fn fall_due(site: &Site) {
    site.execute("UPDATE job_schedules SET next_at = now() - interval '1 minute' WHERE name = 'tidy'").await;
}

async fn fired(site: &Site) -> Vec<Row> {
    site.rows("jobs", "WHERE kind = 'platform.tidy'").await
}

async fn fires(site: &Site, times: usize) {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let all = async {
        while fired(site).await.iter().filter(|job| job["status"] == "done").count() < times {
            tick.tick().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, all).await.is_ok(), "{:?}", fired(site).await);
}
