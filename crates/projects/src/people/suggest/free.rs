//! The rules by which free time is counted for suggestions. No database, no clock.
//!
//! For a place on a team it is counted week by week, for that is how allocations take time, and by the hours of who would
//! take it; what of it lies in their leave is work that they are not free for. For tasks it is counted day
//! by day: what a person has in a week lies on its days as their hours do, what an allocation takes of it lies on those of
//! its days on which they work, and what they have to do already lies evenly on the working days of each task. Of a
//! project on which they are planned and have tasks, each day has the greater of both: a plan is made for its tasks, and
//! hides none that it leaves no time for.

use chrono::{Days, NaiveDate};

use crate::people::workload::figures::{Amount, Demand, Week};

/// From one day to another, both included.
pub(super) type Range = (NaiveDate, NaiveDate);

/// The day after which six more follow in the week of a Monday.
fn sunday(monday: NaiveDate) -> NaiveDate {
    monday.checked_add_days(Days::new(6)).unwrap_or(monday)
}

/// All that somebody has from one day to another.
fn all((first, last): Range) -> Demand {
    Demand { first, last, amount: Amount::Percent(100) }
}

/// A demand as far as it lies in a range.
pub(super) fn clipped(demand: &Demand, (first, last): Range) -> Demand {
    Demand { first: demand.first.max(first), last: demand.last.min(last), ..*demand }
}

/// What a person has in some days of a week, and what is left of it; too much work is nothing left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Left {
    capacity: i64,
    left: i64,
}

impl Left {
    fn of(week: &Week, taken: &[Demand], range: Range) -> Self {
        let capacity = week.taken(&all(range));
        let sum: i64 = taken.iter().map(|demand| week.taken(&clipped(demand, range))).sum();
        Self { capacity, left: (capacity - sum).max(0) }
    }
}

/// What a person has for a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ForPlace {
    /// Minutes that the place would take of them if they were not on leave; as many as of the agency for who has no hours
    /// in its days.
    pub(super) work: i64,
    /// How many of these they are free for: week by week the less of what it takes of them and what they have left, so
    /// that a week that is too full is not made up for by another.
    pub(super) free: i64,
    /// How much of their time in its days is taken, in thousandths.
    pub(super) load: u32,
    /// Whether they would have more firm work than time in a week in which it takes some.
    pub(super) over: bool,
}

/// The weeks of a person, with what is left of each.
pub(super) struct PersonWeeks {
    weeks: Vec<Week>,
    taken: Vec<Demand>,
    whole: Vec<Left>,
    /// What firm work leaves of each, below zero in one with too much of it.
    room: Vec<i64>,
}

impl PersonWeeks {
    /// The weeks of somebody of whose time this is taken, some of it by firm work.
    pub(super) fn new(weeks: Vec<Week>, taken: Vec<Demand>, firm: &[Demand]) -> Self {
        let whole = |week: &Week| Left::of(week, &taken, (week.monday, sunday(week.monday)));
        let room = |week: &Week| week.capacity() - firm.iter().map(|demand| week.taken(demand)).sum::<i64>();
        let (whole, room) = (weeks.iter().map(whole).collect(), weeks.iter().map(room).collect());
        Self { weeks, taken, whole, room }
    }

    /// What they have for a place that asks for so many minutes by the hours of the agency.
    pub(super) fn for_place(&self, place: &Demand, wanted: i64) -> ForPlace {
        let range = (place.first, place.last);
        let (mut work, mut free, mut capacity, mut left, mut over) = (0, 0, 0, 0, false);
        let first = self.weeks.partition_point(|week| sunday(week.monday) < range.0);
        for ((week, whole), room) in self.weeks.iter().zip(&self.whole).zip(&self.room).skip(first) {
            if week.monday > range.1 {
                break;
            }
            let inside = range.0 <= week.monday && sunday(week.monday) <= range.1;
            let of = if inside { *whole } else { Left::of(week, &self.taken, range) };
            let taken = week.taken(place);
            over |= taken > 0 && taken > *room;
            (work, free) = (work + week.asked(place), free + of.left.min(taken));
            (capacity, left) = (capacity + of.capacity, left + of.left);
        }
        // Reason: who never works in its days is free for nothing of it, whatever it would take of others.
        let work = if work == 0 { wanted } else { work };
        ForPlace { work, free, load: schedule::staffing::load(capacity, left), over }
    }
}

/// Minutes that a place asks for by these weeks.
pub(super) fn wanted(weeks: &[Week], place: &Demand) -> i64 {
    weeks.iter().map(|week| week.taken(place)).sum()
}

/// A person day by day, from the first Monday of their weeks on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Daily {
    /// What they have.
    pub(super) capacity: Vec<i64>,
    /// What is left of it; below zero on days with too much work.
    pub(super) free: Vec<i64>,
}

/// What somebody has to do in a project.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    /// What they are planned for.
    pub(super) planned: Vec<Demand>,
    /// Their tasks: the places of the first and the last day, and minutes.
    pub(super) tasks: Vec<((usize, usize), i64)>,
}

impl Daily {
    /// The days of somebody's weeks without what they have to do in each project.
    pub(super) fn new<'l>(weeks: &[Week], loads: impl IntoIterator<Item = &'l Load>) -> Self {
        let of = |week: &Week| spread(week.capacity(), &week.days.map(|day| day.worked));
        let capacity: Vec<i64> = weeks.iter().flat_map(of).collect();
        let mut free = capacity.clone();
        for load in loads {
            let mut planned = vec![0; capacity.len()];
            let mut tasks = planned.clone();
            load.planned.iter().for_each(|demand| plan(weeks, &capacity, demand, &mut planned));
            load.tasks.iter().for_each(|(days, work)| work_on(&capacity, *days, *work, &mut tasks));
            let taken = planned.iter().zip(&tasks).map(|(planned, tasks)| planned.max(tasks));
            free.iter_mut().zip(taken).for_each(|(free, taken)| *free -= taken);
        }
        Self { capacity, free }
    }
}

/// Adds what an allocation takes of each day of these weeks.
fn plan(weeks: &[Week], capacity: &[i64], demand: &Demand, taken: &mut [i64]) {
    for (week, (capacity, taken)) in weeks.iter().zip(capacity.chunks(7).zip(taken.chunks_mut(7))) {
        let covered =
            |(place, day): (usize, NaiveDate)| (demand.first..=demand.last).contains(&day).then_some(place);
        let covered: Vec<usize> = week.monday.iter_days().take(7).enumerate().filter_map(covered).collect();
        let weights: Vec<i64> = covered.iter().map(|place| capacity[*place]).collect();
        for (place, minutes) in covered.iter().zip(spread(week.taken(demand), &weights)) {
            taken[*place] += minutes;
        }
    }
}

/// Adds work evenly to the working days of a range, by the places of its ends; to none if there is none.
fn work_on(capacity: &[i64], (first, last): (usize, usize), work: i64, taken: &mut [i64]) {
    let Some(weights) = capacity.get(first..=last.min(capacity.len().saturating_sub(1))) else { return };
    if weights.iter().any(|minutes| *minutes != 0) {
        taken[first..].iter_mut().zip(spread(work, weights)).for_each(|(taken, minutes)| *taken += minutes);
    }
}

/// So many minutes shared out by weights, to the minute; evenly if all of them are zero.
fn spread(minutes: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    let even = sum == 0;
    let all = if even { weights.len() as i64 } else { sum };
    let (mut before, mut given) = (0, 0);
    let share = |weight: &i64| {
        before += if even { 1 } else { *weight };
        let until = i128::from(minutes) * i128::from(before) / i128::from(all.max(1));
        let until = i64::try_from(until).unwrap_or(i64::MAX);
        let share = until - given;
        given = until;
        share
    };
    weights.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::people::workload::figures::Minutes;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A week of eight hours from Monday to Friday.
    fn week(monday: &str) -> Week {
        let mut days = [Minutes { planned: 480, worked: 480 }; 7];
        (days[5], days[6]) = (Minutes::default(), Minutes::default());
        Week { monday: day(monday), days, plain: 2_400, limit: None }
    }

    fn demand(first: &str, last: &str, amount: Amount) -> Demand {
        Demand { first: day(first), last: day(last), amount }
    }

    #[test]
    fn full_week_is_not_made_up_for_by_a_free_one() {
        let weeks = || vec![week("2026-03-02"), week("2026-03-09")];
        let place = demand("2026-03-02", "2026-03-15", Amount::Minutes(1_200));
        assert_eq!(wanted(&weeks(), &place), 2_400);
        let of =
            |taken: Vec<Demand>| PersonWeeks::new(weeks(), taken.clone(), &taken).for_place(&place, 2_400);
        let has = |free: i64, load: u32| ForPlace { work: 2_400, free, load, over: free < 2_400 };
        assert_eq!(of(Vec::new()), has(2_400, 0));
        let full = demand("2026-03-02", "2026-03-08", Amount::Minutes(3_000));
        assert_eq!(of(vec![full]), has(1_200, 500));
        let some = demand("2026-03-01", "2026-03-31", Amount::Percent(75));
        assert_eq!(of(vec![some]), has(1_200, 750));
        let tentative = PersonWeeks::new(weeks(), vec![some], &[]).for_place(&place, 2_400);
        assert_eq!(tentative, ForPlace { over: false, ..has(1_200, 750) }, "only firm work is too much");
        let early = [demand("2026-02-01", "2026-03-01", Amount::Percent(100))];
        assert!(!PersonWeeks::new(weeks(), Vec::new(), &early).for_place(&place, 2_400).over);
    }

    #[test]
    fn share_is_one_of_what_the_person_has_and_leave_is_no_free_time() {
        let place = demand("2026-03-02", "2026-03-15", Amount::Percent(50));
        let weeks = |monday: &str| Week { limit: Some(1_200), ..week(monday) };
        let half = vec![weeks("2026-03-02"), weeks("2026-03-09")];
        let of = |weeks: &[Week], taken: Vec<Demand>| {
            PersonWeeks::new(weeks.to_vec(), taken, &[]).for_place(&place, 2_400)
        };
        let all = ForPlace { work: 1_200, free: 1_200, load: 0, over: false };
        assert_eq!(of(&half, Vec::new()), all, "half of half a week");
        let some = demand("2026-03-01", "2026-03-31", Amount::Minutes(600));
        assert_eq!(of(&half, vec![some]), ForPlace { load: 500, ..all });
        let mut away = half.clone();
        away[1].days.iter_mut().for_each(|day| day.worked = 0);
        assert_eq!(of(&away, Vec::new()), ForPlace { free: 600, ..all }, "away for a week of two");
        let never = vec![Week { days: [Minutes::default(); 7], ..week("2026-03-02") }];
        let nothing = ForPlace { work: 2_400, free: 0, load: 1_000, over: false };
        assert_eq!(of(&never, Vec::new()), nothing, "they have no hours in these days");
    }

    #[test]
    fn only_the_days_of_the_place_count() {
        let person = PersonWeeks::new(
            vec![week("2026-03-02"), week("2026-03-09")],
            vec![demand("2026-03-02", "2026-03-03", Amount::Percent(100))],
            &[],
        );
        let place = demand("2026-03-04", "2026-03-10", Amount::Minutes(2_400));
        assert_eq!(wanted(&[week("2026-03-02"), week("2026-03-09")], &place), 2_400);
        let all = ForPlace { work: 2_400, free: 2_400, load: 0, over: false };
        assert_eq!(person.for_place(&place, 2_400), all);
    }

    #[test]
    fn days_have_what_hours_allocations_and_tasks_leave() {
        let mut one = week("2026-03-02");
        one.days[0].worked = 0;
        let firm = demand("2026-03-01", "2026-03-31", Amount::Minutes(600));
        let planned = Load { planned: vec![firm], tasks: Vec::new() };
        let daily = Daily::new(std::slice::from_ref(&one), [&planned]);
        assert_eq!(daily.capacity, [0, 480, 480, 480, 480, 0, 0]);
        assert_eq!(daily.free, [0, 330, 330, 330, 330, 0, 0]);
        let tasks = |tasks: &[((usize, usize), i64)]| Load { planned: Vec::new(), tasks: tasks.to_vec() };
        let other = tasks(&[((0, 2), 100)]);
        let free = |loads: &[&Load]| Daily::new(std::slice::from_ref(&one), loads.iter().copied()).free;
        assert_eq!(free(&[&planned, &other]), [0, 280, 280, 330, 330, 0, 0], "of two projects both");
        let nowhere = tasks(&[((5, 6), 100), ((9, 12), 100)]);
        assert_eq!(
            free(&[&nowhere]),
            daily.capacity,
            "no work is done on days off, nor on days that are not known"
        );
        let both = Load { tasks: vec![((1, 1), 200), ((1, 2), 100)], ..planned };
        assert_eq!(free(&[&both]), [0, 230, 330, 330, 330, 0, 0], "of one project the greater, day by day");
        let nothing =
            Week { days: [Minutes::default(); 7], plain: 0, limit: Some(700), ..week("2026-03-02") };
        assert_eq!(Daily::new(&[nothing], []).capacity, [100; 7], "who works whenever they like");
    }

    proptest! {
        #[test]
        fn no_minute_is_lost(minutes in 0_i64..100_000, weights in prop::collection::vec(0_i64..1_440, 1..30)) {
            let shares = spread(minutes, &weights);
            prop_assert_eq!(shares.iter().sum::<i64>(), minutes);
            prop_assert!(shares.iter().all(|share| *share >= 0));
        }
    }
}
