//! Benchmarks of the API on size m: `just bench`. Prints, for PostgreSQL and SQLite, requests a second, latencies,
//! statements a request and processor seconds, beside one hand-written JSON statement through pgbench; what starting
//! costs; how soon subscribers hear of commits; and what logins do to everybody else. Before that, jobs through the
//! queue, and acts beside bare transactions. A long trail is measured alone.

mod acts;
mod client;
mod events;
mod jobs;
mod logins;
mod pgbench;
mod process;
mod trail;

use std::time::Duration;

use client::{load, once, request};
use process::{Cluster, Gateway};

const VIEWER: &str =
    "{ viewer { user { id givenName familyName } tenant { id slug name } roles { name } permissions } }";
const LIST: &str = "{ projects(first: 20, orderBy: {field: NAME, direction: ASC}) { \
    nodes { id code name status priority } } }";
const NESTED: &str = "{ projects(first: 20, orderBy: {field: NAME, direction: ASC}) { nodes { id code name status \
    account { id name } manager { id givenName familyName } \
    tasks(first: 10) { nodes { id number title status dueOn assignees { id givenName familyName } } } } } }";

/// What a project's page shows: the project, its team, milestones, fifty tasks with people and labels, what happened
/// last, and totals.
const PAGE: &str = "{ project(id: \"PROJECT\") { id code name description status allowedTransitions priority health \
    progress estimatedStart estimatedEnd budget { amount currency formatted } account { id name } \
    manager { id givenName familyName } timeTotals { minutes billableMinutes approvedMinutes } \
    members(first: 20) { nodes { id title user { id givenName familyName } } } \
    milestones(first: 20) { nodes { id name dueOn status overdue percentage approval assignee { id familyName } } } \
    columns { id name category } \
    tasks(first: 50) { totalCount nodes { id number title status dueOn priority rank \
      assignees { id givenName familyName } labels { id name color } } } \
    activity(first: 20) { nodes { id sentence icon startedAt actor { id familyName } } } } }";

/// A page of the portfolio with what health is made of.
const PORTFOLIO: &str = "{ projects(first: 100, orderBy: {field: HEALTH, direction: ASC}) { totalCount nodes { id code name \
    status priority health progress estimatedEnd account { id name } manager { id familyName } \
    figures { overdueTasks overdueMilestones nextMilestone { name dueOn } risk { open highestScore } \
      budgetUse { minutes minutesPercent amount { amount currency } amountPercent } feedback { asked csat nps } } } } }";

/// A board as it is drawn.
const BOARD: &str = "{ board(projectId: \"PROJECT\") { columns { id name tasks(first: 50) { totalCount nodes { id number \
    title priority dueOn rank assignees { id givenName familyName } labels { name color } } } } } }";

/// What the people of the agency have, are planned for and worked in half a year.
const WORKLOAD: &str = "{ workload(from: \"FROM\", weeks: 26) { people { userId name targetPercent weeks { \
    weekStart capacityMinutes leaveMinutes firmMinutes tentativeMinutes trackedMinutes billableMinutes utilisation \
    billableUtilisation targetMinutes balanceMinutes } } weeks { weekStart capacityMinutes firmMinutes utilisation } } }";
/// The schedule of a project as a Gantt chart draws it.
const SCHEDULE: &str = "{ schedule(projectId: \"PROJECT\") { start finish criticalPath { taskId } \
    bars { id number title status startOn dueOn durationMinutes dates { earlyStart earlyFinish lateStart lateFinish \
      totalFloatMinutes critical driver driverDependencyId } } \
    links { id kind lagMinutes predecessorTaskId successorTaskId } conflicts { wish byMinutes message } } }";

/// The odds of finishing a project.
const FORECAST: &str =
    "{ completionForecast(projectId: \"PROJECT\", runs: 1000) { p50 p80 p95 histogram { from count } } }";

const LENGTH: Duration = Duration::from_secs(6);

#[tokio::main]
async fn main() -> std::io::Result<()> {
    // Reason: `cargo test --benches` runs benchmarks too; without a server to measure there is nothing to do there.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let size = variable("ATRIUM_BENCH_SIZE").unwrap_or_else(|| "m".to_owned());
    let url = variable("ATRIUM_TEST_DATABASE_URL");
    let url = url.ok_or_else(|| std::io::Error::other("no ATRIUM_TEST_DATABASE_URL: run scripts/bench"))?;
    println!("size {size}; {} cores", std::thread::available_parallelism()?);
    let only = variable("ATRIUM_BENCH_ONLY");
    if only.as_deref().is_none_or(|only| only == "jobs") {
        jobs::measure(&url).await?;
    }
    if only.as_deref().is_none_or(|only| only == "acts") {
        jobs::measure_acts(&url).await?;
    }
    if only.as_deref() == Some("trail") {
        trail::measure(Some(Cluster::at(url)?)).await?;
        return trail::measure(None).await;
    }
    if only.as_deref() == Some("events") {
        return hear(Cluster::at(url)?).await;
    }
    if only.as_deref() == Some("projects") {
        projects(Some(Cluster::at(url)?), &size).await?;
        return projects(None, &size).await;
    }
    if only.is_some() {
        return Ok(());
    }
    for cluster in [Some(Cluster::at(url)?), None] {
        measure(cluster, &size).await?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no configuration but its environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn measure(cluster: Option<Cluster>, size: &str) -> std::io::Result<()> {
    let name = if cluster.is_some() { "PostgreSQL" } else { "SQLite" };
    let gateway = Gateway::seeded(cluster, size)?;
    println!(
        "\n{name}: seeded in {:.1} s, first answer {:.2} s after the start, idle memory {:.0} MiB\n",
        gateway.seeding.as_secs_f64(),
        gateway.starting.as_secs_f64(),
        gateway.memory()
    );
    println!(
        "| query | clients | requests/s | p50 ms | p99 ms | statements | CPU s/1000, gateway | database |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let token = sign_in(&gateway.address).await?;
    for (label, query) in [("viewer", VIEWER), ("20 projects", LIST), ("20 × 10 tasks, people", NESTED)] {
        let asked = request(&gateway.address, Some(&token), query);
        for clients in [1, 16] {
            row(&gateway, label, &asked, clients).await?;
        }
    }
    pages(&gateway, &token).await?;
    if let Some(cluster) = &gateway.cluster {
        pgbench::compare(cluster, gateway.folder(), LENGTH)?;
    }
    events::measure(&gateway.address, &token).await?;
    let asked = request(&gateway.address, Some(&token), VIEWER);
    println!("\n{}", logins::beside(&gateway.address, &asked, LENGTH).await?);
    println!("memory after the load {:.0} MiB", gateway.memory());
    Ok(())
}

/// What people look at all day.
async fn pages(gateway: &Gateway, token: &str) -> std::io::Result<()> {
    let project = busiest(&gateway.address, token).await?;
    for (label, query) in [
        ("project page", PAGE),
        ("board", BOARD),
        ("schedule", SCHEDULE),
        ("forecast of 1 000 runs", FORECAST),
        ("portfolio, 100 projects", PORTFOLIO),
    ] {
        let asked = request(&gateway.address, Some(token), &query.replace("PROJECT", &project));
        for clients in [1, 16] {
            row(gateway, label, &asked, clients).await?;
        }
    }
    let from = planned(&gateway.address, token).await?;
    let asked = request(&gateway.address, Some(token), &WORKLOAD.replace("FROM", &from));
    row(gateway, "workload, 26 weeks", &asked, 1).await
}

/// The first day of an allocation.
async fn planned(address: &str, token: &str) -> std::io::Result<String> {
    let query = "{ allocations(first: 1) { nodes { from } } }";
    let (_, answer) = once(address, &request(address, Some(token), query)).await?;
    let from = answer.pointer("/data/allocations/nodes/0/from").and_then(serde_json::Value::as_str);
    from.map(str::to_owned).ok_or_else(|| std::io::Error::other(format!("nothing is planned: {answer}")))
}

/// Pages of projects and how soon subscribers hear of commits, alone.
async fn projects(cluster: Option<Cluster>, size: &str) -> std::io::Result<()> {
    let gateway = Gateway::seeded(cluster, size)?;
    println!(
        "\n| query | clients | requests/s | p50 ms | p99 ms | statements | CPU s/1000, gateway | database |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let token = sign_in(&gateway.address).await?;
    pages(&gateway, &token).await?;
    events::measure(&gateway.address, &token).await
}

/// How soon subscribers hear of commits, alone.
async fn hear(cluster: Cluster) -> std::io::Result<()> {
    let gateway = Gateway::seeded(Some(cluster), "s")?;
    let token = sign_in(&gateway.address).await?;
    events::measure(&gateway.address, &token).await
}

async fn row(gateway: &Gateway, label: &str, asked: &[u8], clients: usize) -> std::io::Result<()> {
    let before = (gateway.cpu(), gateway.database_cpu());
    let run = load(&gateway.address, asked, clients, LENGTH).await?;
    // Reason: the warm-up is in the processor time, and a sixth of the requests with it.
    let thousands = run.rate * LENGTH.as_secs_f64() * 1.2 / 1000.0;
    println!(
        "| {label} | {clients} | {:.0} | {:.2} | {:.2} | {} | {:.2} | {:.2} |",
        run.rate,
        run.p50.as_secs_f64() * 1e3,
        run.p99.as_secs_f64() * 1e3,
        run.statements.map_or("?".to_owned(), |count| count.to_string()),
        (gateway.cpu() - before.0) / thousands,
        (gateway.database_cpu() - before.1) / thousands,
    );
    Ok(())
}

/// A project in progress with as many tasks as any of the first hundred.
async fn busiest(address: &str, token: &str) -> std::io::Result<String> {
    let query = "{ projects(first: 100, filter: { status: [IN_PROGRESS] }) { nodes { id tasks(first: 0) { totalCount } } } }";
    let (_, answer) = once(address, &request(address, Some(token), query)).await?;
    let nodes = answer.pointer("/data/projects/nodes").and_then(serde_json::Value::as_array);
    let most = nodes.into_iter().flatten().max_by_key(|node| node["tasks"]["totalCount"].as_i64());
    let id = most.and_then(|node| node["id"].as_str());
    id.map(str::to_owned).ok_or_else(|| std::io::Error::other(format!("no project: {answer}")))
}

async fn sign_in(address: &str) -> std::io::Result<String> {
    let (_, answer) = once(address, &logins::request(address, "owner")).await?;
    let token = answer.pointer("/data/login/accessToken").and_then(serde_json::Value::as_str);
    token.map(str::to_owned).ok_or_else(|| std::io::Error::other(format!("no login: {answer}")))
}
