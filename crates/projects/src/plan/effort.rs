//! Reckoning away from requests: large plans and forecasts take whole cores for a while, so that at most as many are
//! reckoned at once as there are cores, and the others wait. What is reckoned goes on to its end also if nobody wants it
//! any more, so that the work itself holds its turn.

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

/// When something is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// At once: for what others wait for in the database.
    Now,
    /// After those who wait already.
    Next,
}

impl Turn {
    /// Reckons on a thread of its own.
    ///
    /// # Errors
    /// LIMITED if it has to wait and too many wait already, and what the work errs with.
    pub(crate) async fn reckon<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Now => reckon_now(work).await,
            Self::Next => reckon(work).await,
        }
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
/// told: at most one on each core, also with others who reckon. With more than two cores one is left free for who comes
/// next; with two of them half of all would be idle, so that there who comes next waits.
///
/// # Errors
/// LIMITED if too many wait already, and what the work errs with.
pub(crate) async fn reckon_wide<T: Send + 'static>(
    work: impl FnOnce(NonZeroUsize) -> Result<T> + Send + 'static,
) -> Result<T> {
    let waiting = Waiting::new()?;
    let mut turns = CORES.acquire().await.map_err(Error::internal)?;
    // Race: two at once may take the one that is to be left, which costs the next one its turn and nothing else.
    while CORES.available_permits() > left_free(cores().get())
        && let Ok(turn) = CORES.try_acquire()
    {
        turns.merge(turn);
    }
    let threads = NonZeroUsize::new(turns.num_permits()).unwrap_or(NonZeroUsize::MIN);
    in_turn((waiting, turns), move || work(threads)).await
}

/// How many of so many cores one forecast leaves to others.
fn left_free(cores: usize) -> usize {
    usize::from(cores > 2)
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
    in_turn((waiting, turn), work).await
}

/// Reckons on a thread of its own, and gives the turn back when that is done.
async fn in_turn<T: Send + 'static>(
    turn: impl Send + 'static,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    // Reason: who asked may be gone while the thread goes on; its turn is over when the work is.
    let work = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn who_is_gone_leaves_their_turn_with_the_work() {
        let all = cores().get();
        let ((begun, begins), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel::<()>());
        let asked = tokio::spawn(reckon_wide(move |threads| {
            begun.send(threads.get()).map_err(Error::internal)?;
            goes_on.recv().map_err(Error::internal)
        }));
        let waits = tokio::task::spawn_blocking(move || begins.recv());
        let threads = waits.await.unwrap().unwrap();
        assert_eq!(threads, all - left_free(all));
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        assert_eq!(CORES.available_permits(), all - threads, "the thread still takes its cores");
        assert_eq!(WAITING.load(Ordering::Relaxed), 1);
        go_on.send(()).unwrap();
        drop(CORES.acquire_many(u32::try_from(all).unwrap()).await.unwrap());
        assert_eq!((reckon(|| Ok(7)).await.unwrap(), WAITING.load(Ordering::Relaxed)), (7, 0));
    }

    #[test]
    fn one_core_of_many_is_left() {
        assert_eq!([1, 2, 3, 64].map(left_free), [0, 0, 1, 1]);
    }
}
