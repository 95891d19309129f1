//! How soon a subscriber hears of a commit: alone, and while others write. The commit lies between the sending of a
//! change and its answer, so that both distances are told.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::socket::PROTOCOL;
use tests::{Frame, RawSocket};

use crate::client::{once, request};

/// Changes of a row of the table.
const CHANGES: usize = 300;

/// Who else writes, forty changes a second together.
const WRITERS: usize = 8;

/// What all but one in a hundred messages shall take on PostgreSQL, in milliseconds.
const TARGET: f64 = 50.0;

const LISTENERS: [(&str, &str, &str); 2] = [
    (
        "projectChanged",
        "subscription { projectChanged { kind project { id } } }",
        "/payload/data/projectChanged/project/id",
    ),
    (
        "events",
        "subscription { events(kinds: [\"projects.project.created\"]) { subjectId } }",
        "/payload/data/events/subjectId",
    ),
];

/// Measures each subscription and prints a table.
///
/// # Errors
/// If the gateway refuses.
pub async fn measure(address: &str, token: &str) -> std::io::Result<()> {
    println!("\n{CHANGES} changes one after the other, until a subscriber hears of them\n");
    println!(
        "| subscription | others | sent to heard p50 ms | p99 | answered to heard p50 ms | p99 | of {TARGET:.0} |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, query, place) in LISTENERS {
        for others in [0, WRITERS] {
            let load = others_write(address, token, others).await?;
            let (mut sent, mut answered) = listen(address, token, query, place).await?;
            load.abort_all();
            let p99 = at(&mut sent, 0.99);
            println!(
                "| {name} | {others} | {:.1} | {p99:.1} | {:.1} | {:.1} | {:.2} × |",
                at(&mut sent, 0.5),
                at(&mut answered, 0.5),
                at(&mut answered, 0.99),
                p99 / TARGET
            );
        }
    }
    Ok(())
}

/// The value below which this share lies, in milliseconds.
fn at(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

struct Load(Vec<tokio::task::JoinHandle<()>>);

impl Load {
    fn abort_all(self) {
        self.0.into_iter().for_each(|task| task.abort());
    }
}

/// How often each of them does.
const EVERY: Duration = Duration::from_millis(200);

/// How long a message may take at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts clients that add tasks to projects of their own again and again.
async fn others_write(address: &str, token: &str, others: usize) -> std::io::Result<Load> {
    let mut tasks = Vec::new();
    for number in 0..others {
        let id = create(address, token, &format!("Busy {number}")).await?;
        let add = format!(
            "mutation {{ createTask(input: {{ projectId: \"{id}\", title: \"Busy\" }}) {{ task {{ id }} }} }}"
        );
        let (asked, address) = (request(address, Some(token), &add), address.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut tick = tokio::time::interval(EVERY);
            while once(&address, &asked).await.is_ok() {
                tick.tick().await;
            }
        }));
    }
    Ok(Load(tasks))
}

async fn create(address: &str, token: &str, name: &str) -> std::io::Result<String> {
    let create =
        format!("mutation {{ createProject(input: {{ name: \"{name}\" }}) {{ project {{ id }} }} }}");
    let (_, answer) = once(address, &request(address, Some(token), &create)).await?;
    let id = answer.pointer("/data/createProject/project/id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| std::io::Error::other(format!("no project: {answer}")))
}

/// Makes projects and listens; how long each took from sending and from its answer.
async fn listen(
    address: &str,
    token: &str,
    query: &str,
    place: &str,
) -> std::io::Result<(Vec<Duration>, Vec<Duration>)> {
    let to: SocketAddr = address.parse().map_err(std::io::Error::other)?;
    let refused = |what: &dyn std::fmt::Debug| std::io::Error::other(format!("no subscription: {what:?}"));
    let mut socket = RawSocket::connect(to, PROTOCOL, &[]).await.map_err(|error| refused(&error))?;
    let payload = json!({ "authorization": format!("Bearer {token}") });
    socket.send(json!({ "type": "connection_init", "payload": payload })).await;
    match socket.next().await {
        Frame::Json(message) if message["type"] == "connection_ack" => {}
        other => return Err(refused(&other)),
    }
    socket.send(json!({ "id": "1", "type": "subscribe", "payload": { "query": query } })).await;
    // Reason: operations of a socket begin in order.
    let ready = json!({ "query": "{ __typename }" });
    socket.send(json!({ "id": "2", "type": "subscribe", "payload": ready })).await;
    while !matches!(socket.next().await, Frame::Json(message) if message["id"] == "2" && message["type"] == "complete")
    {
    }
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let place = place.to_owned();
    let ears = tokio::spawn(async move {
        loop {
            let Frame::Json(message) = socket.next().await else { return };
            let id = message.pointer(&place).and_then(Value::as_str).unwrap_or_default().to_owned();
            if tell.send((id, Instant::now())).is_err() {
                return;
            }
        }
    });
    let (mut from_sent, mut from_answer) = (Vec::new(), Vec::new());
    for number in 0..CHANGES {
        let sent = Instant::now();
        let id = create(address, token, &format!("Heard {number}")).await?;
        let answered = Instant::now();
        let at = loop {
            match tokio::time::timeout(PATIENCE, heard.recv()).await {
                Ok(Some((about, at))) if about == id => break at,
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return Err(std::io::Error::other("the subscription stays silent")),
            }
        };
        from_sent.push(at - sent);
        from_answer.push(at.saturating_duration_since(answered));
    }
    ears.abort();
    Ok((from_sent, from_answer))
}
