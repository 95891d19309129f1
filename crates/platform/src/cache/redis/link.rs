//! The connection to Redis: fast to give up, quick to come back.

use crate::cache::CacheError;
use crate::settings::RedisSettings;
use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::io::tcp::TcpSettings;
use ::redis::{Client, IntoConnectionInfo, RedisError, RedisResult};
use secrecy::ExposeSecret;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// The longest a call takes, whatever happens to Redis.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// One multiplexed connection with its prefix. Clones share it.
#[derive(Clone)]
pub struct Link {
    client: Client,
    manager: ConnectionManager,
    prefix: Arc<str>,
    breaker: Arc<Breaker>,
}

impl Link {
    /// Prepares the connection; the first command makes it. Needs a Tokio runtime around it.
    ///
    /// # Errors
    /// If the URL is not understood.
    pub fn open(settings: &RedisSettings) -> Result<Self, CacheError> {
        // Reason: without a user timeout, a peer that vanished silently is noticed after minutes.
        let tcp = TcpSettings::default().set_nodelay(true);
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(Duration::from_secs(2));
        let info = settings.url.expose_secret().into_connection_info().map_err(unusable)?;
        let client = Client::open(info.set_tcp_settings(tcp)).map_err(unusable)?;
        // Reason: no attempts within one call, because the breaker spaces them.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_pipeline_buffer_size(1_000);
        let manager = client.get_connection_manager_lazy(config).map_err(unusable)?;
        let prefix = settings.prefix.as_str().into();
        Ok(Self { client, manager, prefix, breaker: Arc::new(Breaker::new()) })
    }

    /// The name of a key or channel on the server.
    pub(super) fn name(&self, kind: &str, key: &str) -> String {
        format!("{}{kind}:{key}", self.prefix)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Runs commands within [`PATIENCE`]; refuses at once while Redis was just seen failing.
    pub(super) async fn run<T>(
        &self,
        commands: impl AsyncFnOnce(ConnectionManager) -> RedisResult<T>,
    ) -> Result<T, CacheError> {
        if !self.breaker.lets_through() {
            return Err(CacheError::Unavailable("Redis was just seen failing".into()));
        }
        match tokio::time::timeout(PATIENCE, commands(self.manager.clone())).await {
            Ok(Ok(value)) => {
                self.breaker.close();
                Ok(value)
            }
            Ok(Err(error)) => {
                if error.is_io_error() {
                    self.breaker.open();
                }
                Err(unusable(error))
            }
            Err(_) => {
                self.breaker.open();
                Err(CacheError::Unavailable("Redis did not answer in time".into()))
            }
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

fn unusable(error: RedisError) -> CacheError {
    CacheError::Unavailable(error.to_string())
}

/// Spares callers the wait while Redis is away: after a failure, one call each half second tries.
struct Breaker {
    start: Instant,
    /// Microseconds since `start` until which calls are refused; 0 when all is well.
    refuses_until: AtomicU64,
}

const PAUSE: Duration = Duration::from_millis(500);

impl Breaker {
    fn new() -> Self {
        Self { start: Instant::now(), refuses_until: AtomicU64::new(0) }
    }

    fn lets_through(&self) -> bool {
        let until = self.refuses_until.load(Ordering::Relaxed);
        if until == 0 {
            return true;
        }
        // Race: of the calls that come after the pause, the one that prolongs it is the one that tries.
        self.now() >= until
            && self
                .refuses_until
                .compare_exchange(until, self.after_pause(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    fn open(&self) {
        self.refuses_until.store(self.after_pause(), Ordering::Relaxed);
    }

    fn close(&self) {
        if self.refuses_until.load(Ordering::Relaxed) != 0 {
            self.refuses_until.store(0, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn after_pause(&self) -> u64 {
        u64::try_from((self.start.elapsed() + PAUSE).as_micros()).unwrap_or(u64::MAX)
    }
}
