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

/// A subscription, what it is told of, and how that is undone before the next time. `PROJECT` stands for a project of
/// its own, `NUMBER` for the time.
struct Listener {
    name: &'static str,
    query: &'static str,
    /// Where a message names the subject.
    heard: &'static str,
    change: &'static str,
    /// Where the answer names the subject.
    changed: &'static str,
    undo: Option<&'static str>,
}

const CREATE: &str = "mutation { createProject(input: { name: \"Heard NUMBER\" }) { project { id } } }";

const LISTENERS: [Listener; 4] = [
    Listener {
        name: "projectChanged",
        query: "subscription { projectChanged { kind project { id } } }",
        heard: "/payload/data/projectChanged/project/id",
        change: CREATE,
        changed: "/data/createProject/project/id",
        undo: None,
    },
    Listener {
        name: "boardChanged",
        query: "subscription { boardChanged(projectId: \"PROJECT\") { kind task { id title rank } } }",
        heard: "/payload/data/boardChanged/task/id",
        change: "mutation { createTask(input: { projectId: \"PROJECT\", title: \"NUMBER\" }) { task { id } } }",
        changed: "/data/createTask/task/id",
        undo: None,
    },
    Listener {
        name: "timerChanged",
        query: "subscription { timerChanged { kind timerId timer { description } } }",
        heard: "/payload/data/timerChanged/timerId",
        change: "mutation { startTimer(input: { projectId: \"PROJECT\", description: \"NUMBER\" }) { timer { id } } }",
        changed: "/data/startTimer/timer/id",
        undo: Some("mutation { discardTimer { id } }"),
    },
    Listener {
        name: "events",
        query: "subscription { events(kinds: [\"projects.project.created\"]) { subjectId } }",
        heard: "/payload/data/events/subjectId",
        change: CREATE,
        changed: "/data/createProject/project/id",
        undo: None,
    },
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
    for listener in &LISTENERS {
        for others in [0, WRITERS] {
            let load = others_write(address, token, others).await?;
            let (mut sent, mut answered) = listen(address, token, listener).await?;
            load.abort_all();
            let p99 = at(&mut sent, 0.99);
            println!(
                "| {} | {others} | {:.1} | {p99:.1} | {:.1} | {:.1} | {:.2} × |",
                listener.name,
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
    tell(address, token, &CREATE.replace("Heard NUMBER", name), "/data/createProject/project/id").await
}

/// Makes a change and answers the id that its answer has at `place`.
async fn tell(address: &str, token: &str, change: &str, place: &str) -> std::io::Result<String> {
    let (_, answer) = once(address, &request(address, Some(token), change)).await?;
    let id = answer.pointer(place).and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| std::io::Error::other(format!("nothing changed: {answer}")))
}

/// Makes changes and listens; how long each took from sending and from its answer.
async fn listen(
    address: &str,
    token: &str,
    listener: &Listener,
) -> std::io::Result<(Vec<Duration>, Vec<Duration>)> {
    let project = create(address, token, "Listened to").await?;
    let query = listener.query.replace("PROJECT", &project);
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
    let (say, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let place = listener.heard.to_owned();
    let ears = tokio::spawn(async move {
        loop {
            let Frame::Json(message) = socket.next().await else { return };
            let id = message.pointer(&place).and_then(Value::as_str).unwrap_or_default().to_owned();
            if say.send((id, Instant::now())).is_err() {
                return;
            }
        }
    });
    let (mut from_sent, mut from_answer) = (Vec::new(), Vec::new());
    let change = listener.change.replace("PROJECT", &project);
    for number in 0..CHANGES {
        let sent = Instant::now();
        let change = change.replace("NUMBER", &number.to_string());
        let id = tell(address, token, &change, listener.changed).await?;
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
        if let Some(undo) = listener.undo {
            once(address, &request(address, Some(token), undo)).await?;
        }
    }
    ears.abort();
    Ok((from_sent, from_answer))
}
