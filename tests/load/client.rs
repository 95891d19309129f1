//! A load of one request, repeated: few allocations, keep-alive connections, latencies kept whole.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What a run measured.
pub struct Run {
    /// Answers a second.
    pub rate: f64,
    /// Half of the answers came within this.
    pub p50: Duration,
    /// All but one in a hundred came within this.
    pub p99: Duration,
    /// Statements that one answer took, as the server says.
    pub statements: Option<u32>,
}

/// One keep-alive HTTP/1.1 connection.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(256 << 10) })
    }

    /// Sends the request and reads one whole answer: its head and its body.
    async fn ask(&mut self, request: &[u8]) -> std::io::Result<(String, Vec<u8>)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.fill().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let length: usize = header(&head, "content-length")
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| std::io::Error::other("an answer without content-length"))?;
        while self.buffer.len() < head_end + length {
            self.fill().await?;
        }
        Ok((head, self.buffer[head_end..head_end + length].to_vec()))
    }

    async fn fill(&mut self) -> std::io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(std::io::Error::other("the server hung up")),
            _ => Ok(()),
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Value of a header in a raw head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A POST of a GraphQL document.
pub fn request(address: &str, token: Option<&str>, query: &str) -> Vec<u8> {
    let body = serde_json::json!({ "query": query }).to_string();
    let auth = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nAccept: application/json\r\n\
         {auth}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Asks once and gives the answer's head and JSON.
pub async fn once(address: &str, request: &[u8]) -> std::io::Result<(String, serde_json::Value)> {
    let (head, body) = Connection::open(address).await?.ask(request).await?;
    Ok((head, serde_json::from_slice(&body)?))
}

/// Repeats a request from `clients` connections for `length`, after a warm-up of a fifth of it.
///
/// # Errors
/// If an answer is not `200` or holds errors: a fast failure is no result.
pub async fn load(address: &str, request: &[u8], clients: usize, length: Duration) -> std::io::Result<Run> {
    let (head, json) = once(address, request).await?;
    if json.get("errors").is_some() {
        return Err(std::io::Error::other(format!("the query fails: {json}")));
    }
    let statements = header(&head, "server-timing")
        .and_then(|value| value.split("sql;desc=").nth(1))
        .and_then(|rest| rest.trim_matches('"').parse().ok());
    repeat(address, request, clients, length / 5).await?;
    let begun = Instant::now();
    let mut latencies = repeat(address, request, clients, length).await?;
    let rate = latencies.len() as f64 / begun.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    Ok(Run { rate, p50: at(0.5), p99: at(0.99), statements })
}

/// Latencies of a request repeated from `clients` connections for `length`.
///
/// # Errors
/// If an answer is not `200`.
pub async fn repeat(
    address: &str,
    request: &[u8],
    clients: usize,
    length: Duration,
) -> std::io::Result<Vec<Duration>> {
    let mut all = Vec::new();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (address, request) = (address.to_owned(), request.to_vec());
        tasks.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let (begun, mut latencies) = (Instant::now(), Vec::new());
            while begun.elapsed() < length {
                let sent = Instant::now();
                let (head, _) = connection.ask(&request).await?;
                latencies.push(sent.elapsed());
                if !head.starts_with("HTTP/1.1 200") {
                    return Err(std::io::Error::other(head));
                }
            }
            Ok(latencies)
        });
    }
    while let Some(done) = tasks.join_next().await {
        all.extend(done.map_err(std::io::Error::other)??);
    }
    Ok(all)
}
