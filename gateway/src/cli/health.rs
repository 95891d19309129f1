//! `atrium health`: whether a running server is ready, for container health checks.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use clap::Args;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{Failure, Options, block_on, show};

/// Where readiness is answered.
const PATH: &str = "/readyz";

/// The longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// Ask a running server whether it is ready.
#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
}

pub(super) fn run(options: &Options, args: &HealthArgs) -> Result<(), Failure> {
    let address = reachable(options.load()?.config.server.listen);
    let wait = Duration::from_secs(args.timeout);
    let asked = block_on(async { Ok(timeout(wait, ask(address)).await) })?;
    let (status, body) = match asked {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(Failure::NotFound(format!("no server answers at {address}: {error}"))),
        Err(_) => {
            return Err(Failure::NotFound(format!("no answer from {address} within {} s", args.timeout)));
        }
    };
    let details =
        serde_json::from_str::<Value>(&body).unwrap_or_else(|_| Value::String(body.trim().to_owned()));
    let value = json!({ "address": address.to_string(), "status": status, "details": details });
    let text = format!("{address} answers {status}\n{body}");
    show::result(options, &value, &text)?;
    if status == 200 {
        Ok(())
    } else {
        Err(Failure::NotFound(format!("the server at {address} is not ready")))
    }
}

/// An address that listens everywhere is asked on the loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// One request of HTTP/1.0 (RFC 1945), so that the answer is never chunked and ends with the connection.
async fn ask(address: SocketAddr) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {PATH} HTTP/1.0\r\nHost: {address}\r\nAccept: application/json\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer).await?;
    parse(&String::from_utf8_lossy(&answer)).ok_or_else(|| std::io::Error::other("the answer is not HTTP"))
}

/// Status and body of an answer.
fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut first = head.lines().next()?.split(' ');
    first.next().filter(|version| version.starts_with("HTTP/1."))?;
    Some((first.next()?.parse().ok()?, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_taken_apart() {
        let answer = "HTTP/1.0 503 Service Unavailable\r\ncontent-type: text/plain\r\n\r\n{\"ready\":false}";
        assert_eq!(parse(answer), Some((503, "{\"ready\":false}".to_owned())));
        assert_eq!(parse("HTTP/1.1 200 OK\r\n\r\n"), Some((200, String::new())));
        assert_eq!(parse("SSH-2.0-OpenSSH\r\n\r\n"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn server_that_listens_everywhere_is_asked_on_the_loopback() {
        assert_eq!(reachable("0.0.0.0:80".parse().unwrap()), "127.0.0.1:80".parse().unwrap());
        assert_eq!(reachable("[::]:80".parse().unwrap()), "[::1]:80".parse().unwrap());
        assert_eq!(reachable("10.1.2.3:80".parse().unwrap()), "10.1.2.3:80".parse().unwrap());
    }

    #[tokio::test]
    async fn server_that_answers_is_heard_and_one_that_is_not_there_is_an_error() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 512];
            let read = stream.read(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nready").await.unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        assert_eq!(ask(address).await.unwrap(), (200, "ready".to_owned()));
        assert!(server.await.unwrap().starts_with("GET /readyz HTTP/1.0\r\n"));
        assert!(ask(address).await.is_err());
    }
}
