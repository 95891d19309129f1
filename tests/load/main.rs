//! Benchmarks of the API on size m: `just bench`. Prints, for PostgreSQL and SQLite, requests a second, latencies,
//! statements a request and processor seconds, beside one hand-written JSON statement through pgbench.

mod client;
mod pgbench;
mod process;

use std::time::Duration;

use client::{load, once, request};
use process::{Gateway, postgres_cpu};

const VIEWER: &str = "{ viewer { user { id givenName familyName } tenant { id slug name } roles { name } permissions } }";
const LIST: &str = "{ projects(first: 20, orderBy: {field: NAME, direction: ASC}) { nodes { id code name status priority } } }";
const NESTED: &str = "{ projects(first: 20, orderBy: {field: NAME, direction: ASC}) { nodes { id code name status \
    account { id name } manager { id givenName familyName } \
    tasks(first: 10) { nodes { id number title status dueOn assignees { id givenName familyName } } } } } }";

const LENGTH: Duration = Duration::from_secs(6);

#[tokio::main]
async fn main() -> std::io::Result<()> {
    // Reason: `cargo test --benches` runs benchmarks too; without a server to measure there is nothing to do there.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let size = std::env::var("ATRIUM_BENCH_SIZE").unwrap_or_else(|_| "m".to_owned());
    let url = std::env::var("ATRIUM_TEST_DATABASE_URL").map_err(std::io::Error::other)?;
    println!("size {size}; {} cores", std::thread::available_parallelism()?);
    for database in [Some(url), None] {
        measure(database, &size).await?;
    }
    Ok(())
}

async fn measure(database: Option<String>, size: &str) -> std::io::Result<()> {
    let name = if database.is_some() { "PostgreSQL" } else { "SQLite" };
    let (gateway, seeding) = Gateway::seeded(database, size)?;
    println!("\n{name}: seeded in {:.1} s, idle memory {:.0} MiB", seeding.as_secs_f64(), gateway.memory());
    println!("| query | clients | requests/s | p50 ms | p99 ms | statements | gateway CPU s/1000 | database CPU s/1000 |");
    println!("|---|---|---|---|---|---|---|---|");
    let token = sign_in(&gateway.address).await?;
    for (label, query) in [("viewer", VIEWER), ("20 projects", LIST), ("20 projects × 10 tasks × people", NESTED)] {
        for clients in [1, 16] {
            let asked = request(&gateway.address, Some(&token), query);
            let (gateway_before, database_before) = (gateway.cpu(), postgres_cpu());
            let run = load(&gateway.address, &asked, clients, LENGTH).await?;
            // Reason: the warm-up is in the processor time, and a sixth of the requests with it.
            let thousands = run.rate * LENGTH.as_secs_f64() * 1.2 / 1000.0;
            let (gateway_cpu, database_cpu) = (gateway.cpu() - gateway_before, postgres_cpu() - database_before);
            println!(
                "| {label} | {clients} | {:.0} | {:.2} | {:.2} | {} | {:.2} | {:.2} |",
                run.rate,
                run.p50.as_secs_f64() * 1e3,
                run.p99.as_secs_f64() * 1e3,
                run.statements.map_or("?".to_owned(), |count| count.to_string()),
                gateway_cpu / thousands,
                database_cpu / thousands,
            );
        }
    }
    if let Some(url) = gateway.database() {
        pgbench::compare(url, gateway.folder(), LENGTH)?;
    }
    println!("memory after the load {:.0} MiB", gateway.memory());
    Ok(())
}

async fn sign_in(address: &str) -> std::io::Result<String> {
    let login = "mutation { login(input: {tenant: \"load\", email: \"owner@load.test\", password: \"Atrium-demo-2026!\", \
        delivery: BODY}) { accessToken } }";
    let (_, answer) = once(address, &request(address, None, login)).await?;
    let token = answer.pointer("/data/login/accessToken").and_then(serde_json::Value::as_str);
    token.map(str::to_owned).ok_or_else(|| std::io::Error::other(format!("no login: {answer}")))
}
