//! Loading in batches: whatever a request needs of one kind at one moment is one call of a loader.
//!
//! Reason: `async_graphql::dataloader::DataLoader` makes two sets, a map and a channel for each key; a page of a few
//! hundred nodes then spends more on asking than on reading. Its trait [`Loader`] stays the way to write loaders.

use std::{
    collections::{HashMap, HashSet},
    future::poll_fn,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::Duration,
};

use async_graphql::dataloader::Loader;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::error::{Error, Result};

/// Most keys of one call: more would be more variables than a statement of SQLite may have.
const MAX_KEYS: usize = 5_000;

/// A loader with what it has found for a request.
pub(crate) struct Batch<L, K, V> {
    loader: L,
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    found: HashMap<K, V>,
    wanted: HashSet<K>,
    round: Arc<Round>,
}

/// One call of the loader, and who waits for it.
#[derive(Default)]
struct Round(Mutex<Progress>);

#[derive(Default)]
struct Progress {
    outcome: Option<Result<()>>,
    waiting: Vec<Waker>,
}

impl<L, K, V> Batch<L, K, V>
where
    L: Loader<K, Value = V, Error = Error>,
    K: Send + Sync + Hash + Eq + Clone + 'static,
    V: Send + Sync + Clone + 'static,
{
    pub(crate) fn new(loader: L) -> Self {
        let state = State { found: HashMap::new(), wanted: HashSet::new(), round: Arc::default() };
        Self { loader, state: Mutex::new(state) }
    }

    /// The value of a key, loaded with every other key that is asked for until the request waits. What is found is kept
    /// for the request; what is not there is looked for again.
    pub(crate) async fn load(self: Arc<Self>, key: K) -> Result<Option<V>> {
        let round = {
            let mut state = self.state();
            if let Some(found) = state.found.get(&key) {
                return Ok(Some(found.clone()));
            }
            if state.wanted.is_empty() {
                tokio::spawn(Arc::clone(&self).run());
            }
            state.wanted.insert(key.clone());
            Arc::clone(&state.round)
        };
        round.ended().await?;
        Ok(self.state().found.get(&key).cloned())
    }

    async fn run(self: Arc<Self>) {
        next_turn().await;
        let (wanted, round) = {
            let mut state = self.state();
            (std::mem::take(&mut state.wanted), std::mem::take(&mut state.round))
        };
        let ending = Ending(round);
        let keys: Vec<K> = wanted.into_iter().collect();
        let outcome = self.find(&keys).await;
        ending.0.end(|| outcome);
    }

    async fn find(&self, keys: &[K]) -> Result<()> {
        for keys in keys.chunks(MAX_KEYS) {
            let found = self.loader.load(keys).await?;
            self.state().found.extend(found);
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        // Reason: the state stays whole whatever panicked while it was held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Round {
    async fn ended(&self) -> Result<()> {
        poll_fn(|cx| {
            let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(outcome) = &progress.outcome {
                return Poll::Ready(outcome.clone());
            }
            // Reason: the fields of a request mostly wait in one task, which needs to be woken once.
            if !progress.waiting.last().is_some_and(|last| last.will_wake(cx.waker())) {
                progress.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    fn end(&self, outcome: impl FnOnce() -> Result<()>) {
        let waiting = {
            let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            progress.outcome.get_or_insert_with(outcome);
            std::mem::take(&mut progress.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// Ends a round whose loader panicked, so that nobody waits for ever.
struct Ending(Arc<Round>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end(|| Err(Error::internal("a loader gave up")));
    }
}

/// Waits until the request has nothing left to do, which is when a batch is complete.
///
/// On a current-thread runtime that is after one turn of the scheduler: the request runs on until it waits. Elsewhere
/// another thread would start the batch while the request still adds to it, so it waits for a moment instead.
async fn next_turn() {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::CurrentThread => tokio::task::yield_now().await,
        _ => tokio::time::sleep(Duration::from_millis(1)).await,
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    /// Answers the double of even numbers, nothing for odd ones, and fails at 13; notes its calls.
    #[derive(Clone, Default)]
    struct Doubles(Arc<Mutex<Vec<usize>>>);

    impl Loader<u32> for Doubles {
        type Value = u32;
        type Error = Error;

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>> {
            self.0.lock().unwrap().push(keys.len());
            assert!(!keys.contains(&17), "seventeen");
            if keys.contains(&13) {
                return Err(Error::internal("thirteen"));
            }
            tokio::task::yield_now().await;
            Ok(keys.iter().filter(|key| *key % 2 == 0).map(|key| (*key, key * 2)).collect())
        }
    }

    fn batch() -> (Arc<Batch<Doubles, u32, u32>>, Doubles) {
        let doubles = Doubles::default();
        (Arc::new(Batch::new(doubles.clone())), doubles)
    }

    fn calls(doubles: &Doubles) -> Vec<usize> {
        doubles.0.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn keys_of_one_moment_are_one_call() {
        let (batch, doubles) = batch();
        let asked = [2, 3, 4, 4, 2].map(|key| Arc::clone(&batch).load(key));
        let found: Vec<_> = join_all(asked).await.into_iter().map(|found| found.ok().flatten()).collect();
        assert_eq!(found, [Some(4), None, Some(8), Some(8), Some(4)]);
        assert_eq!(calls(&doubles), [3]);
    }

    #[tokio::test]
    async fn found_values_are_kept_and_missing_ones_asked_for_again() {
        let (batch, doubles) = batch();
        for _ in 0..2 {
            assert_eq!(Arc::clone(&batch).load(2).await.ok().flatten(), Some(4));
            assert_eq!(Arc::clone(&batch).load(3).await.ok().flatten(), None);
        }
        assert_eq!(calls(&doubles), [1, 1, 1]);
    }

    #[tokio::test]
    async fn failure_reaches_all_of_its_round_and_nobody_after() {
        let (batch, _) = batch();
        let found = join_all([2, 13].map(|key| Arc::clone(&batch).load(key))).await;
        assert!(found.iter().all(Result::is_err));
        assert_eq!(Arc::clone(&batch).load(2).await.ok().flatten(), Some(4));
    }

    #[tokio::test]
    async fn loader_that_panics_leaves_nobody_waiting() {
        let (batch, _) = batch();
        assert!(Arc::clone(&batch).load(17).await.is_err());
        assert_eq!(Arc::clone(&batch).load(4).await.ok().flatten(), Some(8));
    }

    #[tokio::test]
    async fn too_many_keys_are_several_calls() {
        let (batch, doubles) = batch();
        let found = join_all((100..6_100).map(|key| Arc::clone(&batch).load(key))).await;
        assert_eq!(found.into_iter().filter(|found| matches!(found, Ok(Some(_)))).count(), 3_000);
        assert_eq!(calls(&doubles), [5_000, 1_000]);
    }

    #[tokio::test]
    async fn those_who_wait_in_different_tasks_are_all_woken() {
        let (batch, doubles) = batch();
        let asked = [2, 4, 6].map(|key| tokio::spawn(Arc::clone(&batch).load(key)));
        for (asked, doubled) in asked.into_iter().zip([4, 8, 12]) {
            assert_eq!(asked.await.unwrap().ok().flatten(), Some(doubled));
        }
        assert_eq!(calls(&doubles), [3]);
    }
}
