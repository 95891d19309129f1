//! A TCP proxy that a test can cut: it stands for a server that goes away and comes back.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Bytes pass both ways.
    Open,
    /// Connections are closed as soon as they are made.
    Cut,
    /// Connections are taken, and nothing passes.
    Silent,
}

/// The proxy; it ends when dropped.
pub struct Proxy {
    /// Where to connect.
    pub addr: SocketAddr,
    line: watch::Sender<Line>,
}

impl Proxy {
    /// Starts before `server`, with an open line.
    pub async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (line, watched) = watch::channel(Line::Open);
        tokio::spawn(async move {
            let mut end = watched.clone();
            loop {
                tokio::select! {
                    Ok((client, _)) = listener.accept() => {
                        tokio::spawn(carry(client, server.clone(), watched.clone()));
                    }
                    ended = async { end.wait_for(|_| false).await.is_err() } => {
                        assert!(ended);
                        return;
                    }
                }
            }
        });
        Self { addr, line }
    }

    /// Changes the line, also for the connections there are.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

async fn carry(mut client: TcpStream, server: String, mut line: watch::Receiver<Line>) {
    if *line.borrow() == Line::Cut {
        return;
    }
    let mut server = TcpStream::connect(server).await.unwrap();
    let (mut up, mut down) = ([0; 8192], [0; 8192]);
    loop {
        let open = *line.borrow_and_update() == Line::Open;
        tokio::select! {
            changed = line.changed() => {
                if changed.is_err() || *line.borrow() == Line::Cut {
                    return;
                }
            }
            read = client.read(&mut up), if open => match read {
                Ok(n @ 1..) if server.write_all(&up[..n]).await.is_ok() => {}
                _ => return,
            },
            read = server.read(&mut down), if open => match read {
                Ok(n @ 1..) if client.write_all(&down[..n]).await.is_ok() => {}
                _ => return,
            },
        }
    }
}
