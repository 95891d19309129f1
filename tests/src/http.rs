//! Bytes over a plain connection, for tests of the protocol: what no HTTP client would send.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long an answer may take. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The answer to bytes.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    /// Status; 0 if the server closed without an answer.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// What came after them, without the framing of chunks.
    pub body: Vec<u8>,
}

impl RawAnswer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("status {}, and no JSON: {text}", self.status))
    }
}

/// A client that follows nothing and trusts nobody: servers of tests are on this machine, without TLS.
pub(crate) fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.tls_certs_only([]).build().expect("an HTTP client")
}

/// Sends bytes and reads one answer. The server may answer and close before it has read everything.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> RawAnswer {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    let (mut input, mut output) = stream.into_split();
    let received = async {
        let mut received = Vec::new();
        let mut buffer = vec![0; 16 * 1024];
        while !is_complete(&received) {
            match input.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => received.extend_from_slice(&buffer[..read]),
            }
        }
        received
    };
    let sent = async {
        let _ = output.write_all(bytes).await;
        // Reason: the connection must stay open for writing, or the server takes it for given up.
        std::future::pending::<()>().await;
    };
    let both = async {
        tokio::select! {
            received = received => received,
            () = sent => Vec::new(),
        }
    };
    parse(&tokio::time::timeout(PATIENCE, both).await.expect("the server does not answer"))
}

fn head_of(received: &[u8]) -> Option<(String, &[u8])> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&received[..end]).into_owned(), &received[end + 4..]))
}

fn is_complete(received: &[u8]) -> bool {
    let Some((head, body)) = head_of(received) else { return false };
    let head = head.to_ascii_lowercase();
    if let Some((_, length)) = head.split_once("content-length:") {
        let length: String = length.trim_start().chars().take_while(char::is_ascii_digit).collect();
        return body.len() >= length.parse().unwrap_or(0);
    }
    head.contains("transfer-encoding: chunked") && body.ends_with(b"0\r\n\r\n")
}

fn parse(received: &[u8]) -> RawAnswer {
    let Some((head, body)) = head_of(received) else {
        return RawAnswer { status: 0, headers: Vec::new(), body: received.to_vec() };
    };
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let header =
        |line: &str| line.split_once(':').map(|(k, v)| (k.to_ascii_lowercase(), v.trim().to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { unchunk(body) } else { body.to_vec() };
    RawAnswer { status: status.unwrap_or(0), headers, body }
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = String::from_utf8_lossy(&body[..end]);
        let size = usize::from_str_radix(size.split(';').next().unwrap_or("0").trim(), 16).unwrap_or(0);
        let from = end + 2;
        if size == 0 || body.len() < from + size + 2 {
            break;
        }
        whole.extend_from_slice(&body[from..from + size]);
        body = &body[from + size + 2..];
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        let raw =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n";
        assert!(is_complete(raw));
        let answer = parse(raw);
        assert_eq!((answer.status, answer.json()["a"].as_i64()), (200, Some(1)));
    }

    #[test]
    fn body_with_a_length_is_complete_when_it_is_there() {
        let raw = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}";
        assert!(is_complete(raw) && !is_complete(&raw[..raw.len() - 1]));
        assert_eq!(parse(raw).header("content-length"), Some("2"));
    }
}
