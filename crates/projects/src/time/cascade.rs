//! Rules of rates: which of the rates that are written somewhere holds for an hour of work. The nearer to the work, the
//! stronger; of one place, the latest that has begun. No database, no clock.

use chrono::NaiveDate;
use kernel::{
    id::{AccountId, ActivityTypeId, ProjectId, TaskId, UserId},
    money::Money,
};

use crate::words::RateLevel;

/// What an hour is spent on, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// The project.
    pub project: ProjectId,
    /// The task, if it is on one.
    pub task: Option<TaskId>,
    /// The kind of work, if that is known.
    pub activity: Option<ActivityTypeId>,
    /// Who works, if that is known still.
    pub person: Option<UserId>,
    /// The client, if it is for one.
    pub account: Option<AccountId>,
    /// The day.
    pub on: NaiveDate,
}

/// A rate that is written somewhere, from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How near to the work it is written.
    pub level: RateLevel,
    /// Its task.
    pub task: Option<TaskId>,
    /// Its project.
    pub project: Option<ProjectId>,
    /// Its kind of work.
    pub activity: Option<ActivityTypeId>,
    /// Its person.
    pub person: Option<UserId>,
    /// Its client.
    pub account: Option<AccountId>,
    /// The first day it holds; none: always.
    pub since: Option<NaiveDate>,
    /// The last day it holds; none: without end.
    pub until: Option<NaiveDate>,
    /// What an hour is worth.
    pub amount: Money,
}

impl Rate {
    /// A rate written in no place, which says what an hour is worth on a level.
    #[must_use]
    pub fn bare(level: RateLevel, amount: Money) -> Self {
        Self {
            level,
            task: None,
            project: None,
            activity: None,
            person: None,
            account: None,
            since: None,
            until: None,
            amount,
        }
    }

    /// Whether it is written for this work, whatever the day.
    fn is_for(&self, work: &Work) -> bool {
        let on_task = self.task.is_some() && self.task == work.task;
        let on_project = self.project == Some(work.project);
        let of_activity = self.activity.is_some() && self.activity == work.activity;
        let of_person = self.person.is_some() && self.person == work.person;
        let of_account = self.account.is_some() && self.account == work.account;
        match self.level {
            RateLevel::Entry | RateLevel::Tenant => true,
            RateLevel::Task => on_task,
            RateLevel::Member => on_project && of_person,
            RateLevel::ProjectActivity => on_project && of_activity,
            RateLevel::Project => on_project,
            RateLevel::Activity => of_activity,
            RateLevel::Person => of_person,
            RateLevel::Account => of_account,
        }
    }
}

/// The rate that holds for some work, of all that are written: of the strongest level that has one, the latest that has
/// begun and is not over. None if there is none.
pub fn resolve<'r>(work: &Work, rates: impl IntoIterator<Item = &'r Rate>) -> Option<Rate> {
    let holds = |rate: &&Rate| {
        let begun = rate.since.is_none_or(|since| since <= work.on);
        rate.is_for(work) && begun && rate.until.is_none_or(|until| work.on <= until)
    };
    let strength = |rate: &Rate| RateLevel::ALL.iter().position(|level| *level == rate.level);
    let found = rates.into_iter().filter(holds);
    found.min_by_key(|rate| (strength(rate), std::cmp::Reverse(rate.since))).copied()
}

#[cfg(test)]
mod tests {
    use kernel::{id::TypedId, money::Currency};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id<T: TypedId>(number: u128) -> T {
        T::from_uuid(Uuid::from_u128(number))
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn work() -> Work {
        Work {
            project: id(1),
            task: Some(id(2)),
            activity: Some(id(3)),
            person: Some(id(4)),
            account: Some(id(5)),
            on: day("2026-03-02"),
        }
    }

    /// The rate of a level that is written for the work.
    fn rate(level: RateLevel, cents: i64) -> Rate {
        let bare = Rate::bare(level, Money::new(cents, Currency::EUR));
        match level {
            RateLevel::Entry | RateLevel::Tenant => bare,
            RateLevel::Task => Rate { task: Some(id(2)), ..bare },
            RateLevel::Member => Rate { project: Some(id(1)), person: Some(id(4)), ..bare },
            RateLevel::ProjectActivity => Rate { project: Some(id(1)), activity: Some(id(3)), ..bare },
            RateLevel::Project => Rate { project: Some(id(1)), ..bare },
            RateLevel::Activity => Rate { activity: Some(id(3)), ..bare },
            RateLevel::Person => Rate { person: Some(id(4)), ..bare },
            RateLevel::Account => Rate { account: Some(id(5)), ..bare },
        }
    }

    #[test]
    fn of_every_set_of_levels_the_strongest_holds() {
        let all = RateLevel::ALL;
        for set in 0..1_u32 << all.len() {
            let there: Vec<Rate> = all
                .iter()
                .enumerate()
                .filter(|(place, _)| set & (1 << place) != 0)
                .map(|(place, level)| rate(*level, 100 + i64::try_from(place).unwrap()))
                .rev()
                .collect();
            let expected = there.last().map(|rate| rate.amount);
            assert_eq!(resolve(&work(), &there).map(|rate| rate.amount), expected, "{there:?}");
        }
    }

    #[test]
    fn rate_of_something_else_does_not_hold() {
        for level in RateLevel::ALL {
            let own = rate(*level, 100);
            let strip = |work: Work| Work { task: None, activity: None, person: None, account: None, ..work };
            let other = Work { project: id(9), ..strip(work()) };
            let open = matches!(level, RateLevel::Entry | RateLevel::Tenant);
            assert_eq!(resolve(&other, [&own]).is_some(), open, "{level:?}");
        }
    }

    #[test]
    fn rate_without_a_target_holds_for_no_work_without_one() {
        let nothing = Work { task: None, activity: None, person: None, account: None, ..work() };
        for level in [RateLevel::Task, RateLevel::Activity, RateLevel::Person, RateLevel::Account] {
            let bare = Rate::bare(level, Money::new(1, Currency::EUR));
            assert_eq!(resolve(&nothing, [&bare]), None, "{level:?}");
        }
    }

    #[test]
    fn rate_holds_from_its_day_on_until_the_next_one() {
        let since = |date: &str, cents| Rate { since: Some(day(date)), ..rate(RateLevel::Person, cents) };
        let rates = [since("2026-03-03", 300), since("2026-03-02", 200), since("2025-01-01", 100)];
        let on =
            |date: &str| resolve(&Work { on: day(date), ..work() }, &rates).map(|rate| rate.amount.amount);
        assert_eq!(on("2024-12-31"), None);
        assert_eq!(on("2026-03-01"), Some(100));
        assert_eq!(on("2026-03-02"), Some(200));
        assert_eq!(on("2030-01-01"), Some(300));
        let always = [rate(RateLevel::Person, 50), since("2026-03-02", 200)];
        assert_eq!(resolve(&work(), &always).map(|rate| rate.amount.amount), Some(200));
    }

    proptest! {
        #[test]
        fn order_of_the_rates_is_of_no_weight(
            mut rates in prop::collection::vec((0..RateLevel::ALL.len(), 0..30_u64), 0..12),
            turn in 0..12_usize,
        ) {
            rates.sort_unstable();
            rates.dedup();
            let of = |(level, ago): &(usize, u64)| {
                let since = day("2026-03-10").checked_sub_days(chrono::Days::new(*ago)).unwrap();
                let cents = i64::try_from(*level as u64 * 100 + ago).unwrap();
                Rate { since: Some(since), ..rate(RateLevel::ALL[*level], cents) }
            };
            let all: Vec<Rate> = rates.iter().map(of).collect();
            let mut turned = all.clone();
            turned.rotate_left(turn.min(all.len()));
            prop_assert_eq!(resolve(&work(), &all), resolve(&work(), &turned));
        }
    }
}
