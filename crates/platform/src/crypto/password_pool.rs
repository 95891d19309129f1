//! The threads on which passwords are hashed: few, of low priority, behind a bounded queue.

use argon2::Block;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A piece of work; it gets the thread's reusable Argon2 memory.
pub(super) type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The queue was full.
#[derive(Debug)]
pub(super) struct Full;

/// Threads and their queue. Dropping it lets the threads finish what is queued and end.
#[derive(Debug)]
pub(super) struct Pool {
    shared: Arc<Shared>,
    limit: usize,
}

impl Pool {
    /// Starts `threads` threads (at least one) with room for `limit` waiting jobs.
    pub(super) fn start(threads: usize, limit: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        for number in 0..threads.max(1) {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("password-{number}")).spawn(move || work(&shared))?;
        }
        Ok(Self { shared, limit: limit.max(1) })
    }

    /// Queues a job.
    pub(super) fn submit(&self, job: Job) -> Result<(), Full> {
        let mut state = self.shared.lock();
        if state.jobs.len() >= self.limit {
            return Err(Full);
        }
        state.jobs.push_back(job);
        drop(state);
        self.shared.wake.notify_one();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Invariant: no code that can panic runs while the lock is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

fn work(shared: &Shared) {
    lower_priority();
    let mut memory = Vec::new();
    while let Some(job) = shared.next() {
        // Reason: a thread lost to a panic would never come back; the caller learns of it because
        // its answer channel closes.
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            tracing::error!("a password job panicked");
            memory = Vec::new();
        }
    }
}

/// Lets requests go first when hashing and serving compete for the cores.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::setpriority_process;
        // Reason: on Linux a nice value belongs to a thread, and a thread id is accepted where
        // POSIX speaks of a process (setpriority(2), "C library/kernel differences").
        if let Err(error) = setpriority_process(Some(rustix::thread::gettid()), 10) {
            tracing::debug!(%error, "password threads keep the normal priority");
        }
    }
}
