//! Serving: one runtime a thread, each with its own listener on the same port, and one more for background work.
//!
//! Reason: on a runtime of its own a request's loader batches run exactly when the request has nothing left to do, and
//! its connections never change threads. The kernel spreads connections over the listeners (`SO_REUSEPORT`).

mod guard;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures::future::BoxFuture;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::config::ServerSettings;

use guard::{Connection, Peers, Place};

/// Makes the routes of one runtime thread, on that thread, so that its connections belong to its runtime. Given the
/// thread's number.
pub type Make = Arc<dyn Fn(usize) -> BoxFuture<'static, anyhow::Result<Router>> + Send + Sync>;

/// Work beside the requests, on a runtime of its own: runs until it is told to stop.
pub type Background = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// Connections that wait to be accepted, a listener.
const BACKLOG: i32 = 1_024;

/// Stack of a thread, of which only what is used takes memory, in bytes. Each level of an answer takes up to 200 KiB of it
/// in a build that is not optimised.
const STACK: usize = 16 * 1_024 * 1_024;

/// How often metrics are put in order.
const UPKEEP_EVERY: Duration = Duration::from_secs(10);

/// Pause after an error of `accept`, which is mostly a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is to be served.
pub struct Serve {
    /// Address, threads, limits.
    pub settings: ServerSettings,
    /// Makes the routes of a thread.
    pub make: Make,
    /// Work beside the requests.
    pub background: Option<Background>,
    /// The token that the HTTP side's `Shared` has as well; cancelled when the program is to stop.
    pub stopping: CancellationToken,
    /// The tracker of the HTTP side's `Shared`: mutations and sockets that must come to an end.
    pub tasks: TaskTracker,
}

/// A running server. Dropped, it stops without waiting.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stopping: CancellationToken,
    tasks: TaskTracker,
    threads: Vec<JoinHandle<()>>,
}

impl Serve {
    /// Starts to listen. Once this returns, connections are served.
    ///
    /// # Errors
    /// If the address cannot be listened on, or a thread's routes cannot be made.
    pub async fn start(self) -> anyhow::Result<Running> {
        let Self { settings, make, background, stopping, tasks } = self;
        let count = match settings.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let first = taken_by_nobody(settings.listen)
            .and_then(|()| listen(settings.listen))
            .with_context(|| format!("cannot listen on {}", settings.listen))?;
        let addr = first.local_addr()?;
        let mut listeners = vec![first];
        for _ in 1..count {
            // Reason: the first listener may have been given its port by the kernel.
            listeners.push(listen(addr).with_context(|| format!("cannot listen on {addr}"))?);
        }
        let permits = Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS)));
        let peers = Peers::new(&settings);
        let mut running =
            Running { addr, stopping: stopping.clone(), tasks: tasks.clone(), threads: Vec::new() };
        let mut ready = Vec::new();
        for (number, listener) in listeners.into_iter().enumerate() {
            let (said, heard) = oneshot::channel();
            let worker = Worker {
                permits: Arc::clone(&permits),
                peers: Arc::clone(&peers),
                stopping: stopping.clone(),
                tasks: tasks.clone(),
                header_timeout: Duration::from_secs(settings.header_timeout_s),
                write_timeout: Duration::from_secs(settings.write_timeout_s),
                stop_timeout: Duration::from_secs(settings.stop_timeout_s),
            };
            let make = Arc::clone(&make);
            running.threads.push(spawn(&format!("http-{number}"), stopping.clone(), async move {
                worker.run(listener, make(number), said).await;
            })?);
            ready.push(heard);
        }
        let upkeep = upkeep(stopping.clone());
        running.threads.push(match background {
            Some(background) => {
                let work = background(stopping.clone());
                spawn("background", stopping, async move {
                    tokio::join!(work, upkeep);
                })?
            }
            None => spawn("background", stopping, upkeep)?,
        });
        for heard in ready {
            // Reason: on an error `running` is dropped, which stops the threads that did start.
            heard.await.context("a thread ended while it started")??;
        }
        Ok(running)
    }
}

impl Running {
    /// Stops: no new connections, open requests get their time, sockets are closed with a code. Returns when everything
    /// has ended.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        self.tasks.close();
        self.join().await;
    }

    /// Serves until the process is told to end (SIGTERM, SIGINT), then stops.
    ///
    /// # Errors
    /// If signals cannot be waited for.
    pub async fn until_signal(mut self) -> io::Result<()> {
        let told = signal().await?;
        tracing::info!(signal = told, "stopping");
        self.stopping.cancel();
        self.tasks.close();
        self.join().await;
        Ok(())
    }

    async fn join(&mut self) {
        let threads = std::mem::take(&mut self.threads);
        // Reason: joining blocks, and this may be a runtime that others need.
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().filter_map(|thread| thread.join().err()).count()
        });
        match joined.await {
            Ok(0) => {}
            Ok(panicked) => tracing::error!(panicked, "threads of the server panicked"),
            Err(error) => tracing::error!(%error, "the server's threads were not waited for"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.tasks.close();
    }
}

/// Keeps the memory of metrics bounded while nobody reads them.
async fn upkeep(stopping: CancellationToken) {
    while tokio::time::timeout(UPKEEP_EVERY, stopping.cancelled()).await.is_err() {
        crate::http::metrics::upkeep();
    }
}

/// Waits for the signals that end a process; gives the signal's name.
#[cfg(unix)]
pub(crate) async fn signal() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn signal() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "ctrl-c")
}

/// A thread with a runtime of its own. If its work panics the program stops: one that answers but carries no events and
/// does no jobs any more would look well.
fn spawn(
    name: &str,
    stopping: CancellationToken,
    work: impl Future<Output = ()> + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let runtime: Runtime = Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(move || {
        let stop = stopping.drop_guard();
        runtime.block_on(work);
        // Reason: work that ended by itself has nothing to stop; only a panic drops the guard.
        stop.disarm();
        // Reason: blocking work that nobody waits for any more must not keep the process.
        runtime.shutdown_timeout(Duration::from_secs(1));
    })
}

/// Errs if a program listens there already. Listeners that share a port do not notice one another, and of two programs
/// each would get half of the connections.
fn taken_by_nobody(addr: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(1)
}

fn listen(addr: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The open connections of one thread.
struct Open {
    tasks: TaskTracker,
    /// A token of the thread's own. Reason: each connection looks at it whenever it is woken.
    stopping: CancellationToken,
}

/// What one thread serves with.
struct Worker {
    permits: Arc<Semaphore>,
    peers: Arc<Peers>,
    stopping: CancellationToken,
    tasks: TaskTracker,
    header_timeout: Duration,
    write_timeout: Duration,
    stop_timeout: Duration,
}

impl Worker {
    async fn run(
        self,
        listener: std::net::TcpListener,
        router: BoxFuture<'static, anyhow::Result<Router>>,
        ready: oneshot::Sender<anyhow::Result<()>>,
    ) {
        let started = async { anyhow::Ok((TcpListener::from_std(listener)?, router.await?)) };
        let (listener, router) = match started.await {
            Ok(started) => started,
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        let open = Open { tasks: TaskTracker::new(), stopping: self.stopping.child_token() };
        while let Some((stream, peer, permit)) = self.accept(&listener).await {
            match self.peers.enter(peer) {
                Some(place) => self.serve(stream, peer, (place, permit), router.clone(), &open),
                // Reason: an answer would cost as much as what is refused.
                None => metrics::counter!("atrium_http_connections_refused_total").increment(1),
            }
        }
        drop(listener);
        open.tasks.close();
        let ended = async { tokio::join!(open.tasks.wait(), self.tasks.wait()) };
        if tokio::time::timeout(self.stop_timeout, ended).await.is_err() {
            tracing::warn!("some requests were cut off: they did not end in time");
        }
    }

    /// The next connection, when there is room for one; `None` when the program stops.
    async fn accept(&self, listener: &TcpListener) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        loop {
            let next = async {
                let permit = Arc::clone(&self.permits).acquire_owned().await;
                listener.accept().await.map(|(stream, peer)| (stream, peer, permit))
            };
            let accepted = tokio::select! {
                biased;
                () = self.stopping.cancelled() => return None,
                accepted = next => accepted,
            };
            match accepted {
                // Invariant: the semaphore is never closed.
                Ok((stream, peer, permit)) => return Some((stream, peer, permit.ok()?)),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        (place, permit): (Place, OwnedSemaphorePermit),
        router: Router,
        open: &Open,
    ) {
        // Reason: answers are written whole; waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            let answered = router.clone().oneshot(request.map(Body::new));
            async move { Ok::<_, Infallible>(answered.await.unwrap_or_else(|never| match never {})) }
        });
        // Reason: proxies speak HTTP/1.1, and to tell HTTP/2 by its first bytes hyper-util waits for them for ever.
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.header_timeout);
        let stream = TokioIo::new(Connection::new(stream, place, permit, self.write_timeout));
        let connection = builder.serve_connection(stream, service).with_upgrades();
        let stopping = open.stopping.clone();
        open.tasks.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                biased;
                ended = connection.as_mut() => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(error = %error, "a connection broke");
            }
        });
    }
}
