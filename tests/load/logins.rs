//! Many logins at once, and what they do to the latency of everybody else.

use std::time::{Duration, Instant};

use crate::client::{self, load, repeat};

/// Who signs in at once.
const CLIENTS: usize = 50;

/// The people of the seeded agency's ten roles, by the first part of their address.
const PEOPLE: [&str; 10] =
    ["owner", "admin", "pm", "dev", "finance", "sales", "editor", "client", "clientadmin", "viewer"];

/// A login of one of them, with the right password.
pub fn request(address: &str, name: &str) -> Vec<u8> {
    let login = format!(
        "mutation {{ login(input: {{tenant: \"load\", email: \"{name}@load.test\", \
         password: \"Atrium-demo-2026!\", delivery: BODY}}) {{ accessToken }} }}"
    );
    client::request(address, None, &login)
}

/// The median of `asked` by one client alone, and while fifty others sign in again and again.
pub async fn beside(address: &str, asked: &[u8], length: Duration) -> std::io::Result<String> {
    let alone = load(address, asked, 1, length / 2).await?;
    let mut crowd = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let login = request(address, PEOPLE[number % PEOPLE.len()]);
        let address = address.to_owned();
        crowd.spawn(async move { repeat(&address, &login, 1, length).await });
    }
    let begun = Instant::now();
    let mut beside = repeat(address, asked, 1, length).await?;
    let mut logins = 0;
    while let Some(done) = crowd.join_next().await {
        logins += done.map_err(std::io::Error::other)??.len();
    }
    let rate = logins as f64 / begun.elapsed().as_secs_f64();
    beside.sort_unstable();
    let (alone, beside) = (alone.p50.as_secs_f64() * 1e3, beside[beside.len() / 2].as_secs_f64() * 1e3);
    Ok(format!(
        "viewer alone: median {alone:.2} ms; beside {CLIENTS} clients that sign in ({rate:.0} logins/s): {beside:.2} ms \
         = {:.2} ×",
        beside / alone
    ))
}
