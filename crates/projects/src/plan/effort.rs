//! Reckoning away from requests: large plans and forecasts take whole cores for a while, so that at most as many are
//! reckoned at once as there are cores, and the others wait.

use std::{
    num::NonZeroUsize,
    sync::{LazyLock, atomic::AtomicUsize, atomic::Ordering},
    time::Duration,
};

use kernel::{Error, Result, Text};
use tokio::sync::Semaphore;

/// Too many wait already.
pub const BUSY: Text = Text::new(
    "plans_busy",
    "Too many plans are being reckoned. Try again in a moment.",
    "Trop de plans sont en cours de calcul. Réessayez dans un instant.",
);

/// Most that wait for each core.
const WAITING_EACH: usize = 16;

/// How soon another try makes sense.
const RETRY_AFTER: Duration = Duration::from_secs(5);

static CORES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(cores().get()));

static WAITING: AtomicUsize = AtomicUsize::new(0);

/// How many cores there are.
fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Counts one that waits, until it is dropped.
struct Waiting;

impl Waiting {
    fn new() -> Result<Self> {
        let before = WAITING.fetch_add(1, Ordering::Relaxed);
        let waiting = Self;
        match before < WAITING_EACH * cores().get() {
            true => Ok(waiting),
            false => Err(Error::limited(BUSY, Some(RETRY_AFTER))),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reckons on a thread of its own, at once: for what others wait for in the database.
///
/// # Errors
/// What the work errs with.
pub(crate) async fn reckon_now<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// Reckons on a thread of its own, in turn, with as many more threads as cores are free at that moment, which the work is
/// told: at most one on each core, also with others who reckon.
///
/// # Errors
/// LIMITED if too many wait already, and what the work errs with.
pub(crate) async fn reckon_wide<T: Send + 'static>(
    work: impl FnOnce(NonZeroUsize) -> Result<T> + Send + 'static,
) -> Result<T> {
    let waiting = Waiting::new()?;
    let mut turns = CORES.acquire().await.map_err(Error::internal)?;
    while let Ok(turn) = CORES.try_acquire() {
        turns.merge(turn);
    }
    let threads = NonZeroUsize::new(turns.num_permits()).unwrap_or(NonZeroUsize::MIN);
    let done = tokio::task::spawn_blocking(move || work(threads)).await.map_err(Error::internal);
    drop((turns, waiting));
    done?
}

/// Reckons on a thread of its own, in turn.
///
/// # Errors
/// LIMITED if too many wait already, and what the work errs with.
pub(crate) async fn reckon<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let waiting = Waiting::new()?;
    let turn = CORES.acquire().await.map_err(Error::internal)?;
    let done = tokio::task::spawn_blocking(work).await.map_err(Error::internal);
    drop((turn, waiting));
    done?
}
