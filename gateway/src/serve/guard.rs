//! What an open connection is held by: its place among those of its address and of the process, and a limit of the time
//! in which its client must read.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

use crate::config::ServerSettings;
use crate::http::client::network_of;

/// How many connections each address has open, over all threads.
#[derive(Debug)]
pub struct Peers {
    /// The most of one address; 0 is no limit.
    max: usize,
    /// Networks that are not counted.
    uncounted: Vec<IpNet>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl Peers {
    /// Nobody is connected yet.
    pub fn new(settings: &ServerSettings) -> Arc<Self> {
        let uncounted =
            settings.uncounted_networks.iter().chain(&settings.trusted_proxies).copied().collect();
        Arc::new(Self { max: settings.max_connections_per_address, uncounted, open: Mutex::default() })
    }

    /// A place for one more connection of this address, if it may have one.
    pub fn enter(self: &Arc<Self>, peer: SocketAddr) -> Option<Place> {
        let ip = peer.ip().to_canonical();
        if self.max == 0 || self.uncounted.iter().any(|network| network.contains(&ip)) {
            return Some(Place(None));
        }
        let network = network_of(ip);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Place(Some((Arc::clone(self), network))))
    }

    fn leave(&self, network: IpAddr) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&network);
            }
        }
    }
}

/// One connection's place among those of its address; dropped, the place is free.
#[derive(Debug)]
pub struct Place(Option<(Arc<Peers>, IpAddr)>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((peers, network)) = self.0.take() {
            peers.leave(network);
        }
    }
}

/// A connection with what it holds. Reason: a WebSocket takes the connection along and leaves the HTTP server's hands;
/// its places go with it.
pub struct Connection {
    stream: TcpStream,
    write_timeout: Duration,
    /// Runs while nothing can be sent because the client does not read.
    stalled: Option<Pin<Box<Sleep>>>,
    _place: Place,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    /// A connection that was accepted.
    pub fn new(
        stream: TcpStream,
        place: Place,
        permit: OwnedSemaphorePermit,
        write_timeout: Duration,
    ) -> Self {
        metrics::gauge!("atrium_http_connections").increment(1);
        Self { stream, write_timeout, stalled: None, _place: place, _permit: permit }
    }

    /// Gives a write that has waited too long up.
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if stalled.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        metrics::counter!("atrium_http_connections_cut_off_total").increment(1);
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client reads nothing")))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        metrics::gauge!("atrium_http_connections").decrement(1);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(max: usize, proxies: &[&str]) -> Arc<Peers> {
        let trusted_proxies = proxies.iter().map(|network| network.parse().unwrap()).collect();
        Peers::new(&ServerSettings {
            max_connections_per_address: max,
            trusted_proxies,
            ..ServerSettings::default()
        })
    }

    fn at(ip: &str) -> SocketAddr {
        SocketAddr::new(ip.parse().unwrap(), 1)
    }

    #[test]
    fn address_has_so_many_places_and_gets_them_back() {
        let peers = peers(2, &[]);
        let first = peers.enter(at("192.0.2.1")).unwrap();
        let _second = peers.enter(at("::ffff:192.0.2.1")).unwrap();
        assert!(peers.enter(at("192.0.2.1")).is_none());
        assert!(peers.enter(at("192.0.2.2")).is_some());
        drop(first);
        assert!(peers.enter(at("192.0.2.1")).is_some());
        let _v6 = (peers.enter(at("2001:db8::1")).unwrap(), peers.enter(at("2001:db8::2")).unwrap());
        assert!(peers.enter(at("2001:db8::3")).is_none(), "one network");
        assert_eq!(peers.open.lock().unwrap().len(), 2, "who is gone is forgotten");
    }

    #[test]
    fn proxies_and_this_machine_are_not_counted() {
        let peers = peers(1, &["10.0.0.0/8"]);
        for ip in ["10.1.2.3", "127.0.0.1", "::1", "::ffff:10.1.2.3"] {
            let places: Vec<_> = (0..5).map(|_| peers.enter(at(ip))).collect();
            assert!(places.iter().all(Option::is_some), "{ip}");
        }
        let anybody = self::peers(0, &[]);
        let places: Vec<_> = (0..5).map(|_| anybody.enter(at("192.0.2.1"))).collect();
        assert!(places.iter().all(Option::is_some), "0 is no limit");
    }
}
