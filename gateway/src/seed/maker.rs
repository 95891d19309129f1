//! What generating needs everywhere: randomness, ids and days that follow from the seed alone.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use kernel::{
    clock::Clock,
    id::{IdGen, TenantId, TypedId},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::index};

/// The source of everything that is made up.
pub struct Maker {
    rng: StdRng,
    /// Maker of ids, also for the acts that write the rows.
    pub ids: IdGen,
    /// Stands at the beginning of `today`.
    pub clock: Clock,
    /// The day on which the data is as it is.
    pub today: NaiveDate,
    /// The tenant of every row.
    pub tenant: TenantId,
}

impl Maker {
    /// A maker whose results depend on nothing but its arguments.
    pub fn new(seed: u64, today: NaiveDate) -> Self {
        let clock = Clock::manual(today.and_time(NaiveTime::MIN).and_utc());
        let ids = IdGen::seeded(clock.clone(), seed);
        let tenant = ids.generate();
        Self { rng: StdRng::seed_from_u64(seed), ids, clock, today, tenant }
    }

    /// A new id.
    pub fn id<T: TypedId>(&self) -> T {
        self.ids.generate()
    }

    /// The beginning of today, UTC.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.rng.random_range(low..=high.max(low))
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// A place in a list of `len` entries; 0 if it has none.
    pub fn place(&mut self, len: usize) -> usize {
        if len == 0 { 0 } else { self.rng.random_range(0..len) }
    }

    /// One of the entries.
    pub fn pick<T: Copy>(&mut self, from: &'static [T]) -> T {
        // Invariant: the lists are literals and none is empty.
        from[self.place(from.len())]
    }

    /// `count` different entries, or all if there are fewer, in the order of the list.
    pub fn sample<T: Copy>(&mut self, from: &[T], count: usize) -> Vec<T> {
        let mut chosen = index::sample(&mut self.rng, from.len(), count.min(from.len())).into_vec();
        chosen.sort_unstable();
        chosen.into_iter().map(|place| from[place]).collect()
    }

    /// The working day `days` from today, backwards if negative.
    pub fn day(&self, days: i64) -> NaiveDate {
        working(self.today + TimeDelta::days(days))
    }

    /// A time within working hours (UTC) of a day, but never later than [`Maker::now`].
    pub fn hour(&mut self, day: NaiveDate) -> DateTime<Utc> {
        let minutes = self.between(8 * 60, 18 * 60 - 1);
        let time = day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(minutes);
        time.min(self.now() - TimeDelta::minutes(1))
    }
}

/// The day itself if it is a working day, else the Monday after it.
pub fn working(day: NaiveDate) -> NaiveDate {
    match day.weekday() {
        Weekday::Sat => day + Days::new(2),
        Weekday::Sun => day + Days::new(1),
        _ => day,
    }
}
