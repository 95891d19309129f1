//! Where new ids come from.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::{TypedId, codec};
use crate::clock::Clock;

/// Makes ids: UUIDv7 that only grow within the process. Cheap to clone; clones share the state.
#[derive(Clone, Debug)]
pub struct IdGen {
    clock: Clock,
    state: Arc<Mutex<GenState>>,
}

#[derive(Debug)]
pub(super) struct GenState {
    pub(super) rng: StdRng,
    /// Milliseconds of the last id.
    pub(super) millis: u64,
    /// The 74 random bits of the last id.
    pub(super) tail: u128,
}

/// The bits of a UUIDv7 that are neither time, version nor variant.
pub(super) const TAIL_BITS: u32 = 74;

impl IdGen {
    /// Ids with the clock's time and the operating system's randomness.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self::with_rng(clock, StdRng::from_rng(&mut rand::rng()))
    }

    /// Ids that are the same in every run with the same clock and seed: for tests and generated
    /// data. Never for a server.
    #[must_use]
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self::with_rng(clock, StdRng::seed_from_u64(seed))
    }

    fn with_rng(clock: Clock, rng: StdRng) -> Self {
        let state = GenState { rng, millis: 0, tail: 0 };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    /// A new id, greater than every id made before it by this generator.
    #[must_use]
    pub fn generate<T: TypedId>(&self) -> T {
        T::from_uuid(self.uuid())
    }

    /// A new UUIDv7 (RFC 9562, monotonic by its method 2: within a millisecond, and while the
    /// clock goes back, the random part grows by a random step).
    fn uuid(&self) -> Uuid {
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        // Invariant: the state is whole after every statement, so a poisoned lock is usable.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.step(now);
        codec::uuid_v7(state.millis, state.tail)
    }
}

impl GenState {
    pub(super) fn step(&mut self, now: u64) {
        let fresh = (u128::from(self.rng.next_u64()) << 64 | u128::from(self.rng.next_u64()))
            >> (u128::BITS - TAIL_BITS);
        if now > self.millis {
            self.millis = now;
            self.tail = fresh;
            return;
        }
        let grown = self.tail + 1 + u128::from(self.rng.next_u32());
        if grown >> TAIL_BITS == 0 {
            self.tail = grown;
        } else {
            // Reason: a full millisecond borrows from the next one rather than repeat or wait.
            self.millis += 1;
            self.tail = fresh;
        }
    }
}
