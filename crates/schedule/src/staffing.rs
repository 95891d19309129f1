//! Who does what: people for the places of a team, and people for tasks, by skill and free time.
//!
//! A person fits a place as well as their skills and their free time say ([`Fit`]). For a team the sum of fits is as
//! great as it can be (the assignment problem; J. Munkres, "Algorithms for the assignment and transportation problems",
//! 1957); for tasks each, in the given order, gets who fits it best with what they have got so far. Both answer the same
//! for the same question: of equals the person with less to do goes first, then who comes first in the list.

use std::{cmp::Reverse, ops::Range};

use pathfinding::prelude::{Matrix, kuhn_munkres};

use crate::calendar::Work;

/// The best level of a skill; the least is 1.
pub const TOP: u32 = 5;

/// Points of a perfect fit.
pub const PERFECT: u32 = 1_000;

/// How many of them are for skills; the others are for free time.
pub const FOR_SKILLS: u32 = 700;

/// The load of who has no minute left, in thousandths.
pub const FULL: u32 = 1_000;

/// A skill at a level from 1 to [`TOP`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Which skill.
    pub skill: usize,
    /// How well.
    pub level: u32,
}

/// What a task takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// What it takes, at least at these levels.
    pub skills: Vec<Skill>,
    /// Working minutes that it takes.
    pub work: Work,
}

/// What a person has for one place: work, free time and load differ with the time of the place and their hours in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer<'s> {
    /// What they can.
    pub skills: &'s [Skill],
    /// Working minutes that the place takes of them.
    pub work: Work,
    /// How many of these they are free for. Who counts them says what one week may make up for another.
    pub free: Work,
    /// How much of their time is taken already, in thousandths, up to [`FULL`].
    pub load: u32,
}

/// How well a person fits a place or a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// All points, up to [`PERFECT`].
    pub points: u32,
    /// Points for skills: 700 × the mean over the skills needed of 1 for the level that is needed or a better one, and
    /// of the share of it below. All of them where nothing is needed.
    pub skills: u32,
    /// Points for free time: 300 × the share of the work that they are free for.
    pub time: u32,
    /// Whether they have every skill at the level that is needed.
    pub able: bool,
}

impl Fit {
    /// How a person with these skills, who is free for so many minutes of this work, fits what takes `needed`; none for who
    /// lacks a needed skill wholly, or has no minute for it.
    #[must_use]
    pub fn of(needed: &[Skill], skills: &[Skill], (work, free): (Work, Work)) -> Option<Self> {
        let level = |skill: usize| skills.iter().find(|own| own.skill == skill).map(|own| own.level);
        let (mut sum, mut able) = (0, true);
        for wanted in needed {
            let (own, wanted) = (level(wanted.skill)?.min(TOP), wanted.level.clamp(1, TOP));
            able &= own >= wanted;
            sum += u64::from(FOR_SKILLS) * u64::from(own.min(wanted)) / u64::from(wanted);
        }
        let skills = sum.checked_div(needed.len() as u64).unwrap_or(FOR_SKILLS.into());
        let free = free.clamp(0, work.max(0));
        if work > 0 && free == 0 {
            return None;
        }
        let all = i64::from(PERFECT - FOR_SKILLS);
        let time = if work > 0 {
            (i128::from(all) * i128::from(free) / i128::from(work)) as u32
        } else {
            all as u32
        };
        let skills = u32::try_from(skills).unwrap_or(FOR_SKILLS);
        Some(Self { points: skills + time, skills, time, able })
    }
}

/// The people for places: for each place the person and how they fit, or none. Nobody gets two places, also not one
/// after the other. `needs` says for each place which skills it takes, `offers` who is there for it, in the same order of
/// people for all.
///
/// The sum of points is as great as it can be; people who have every skill at its level go before others at each place
/// only as far as their points do. Of teams with as many points that one is chosen in which the sum of what is left of
/// each person's time (1 000 − load) is greatest; of those, the one of the people whose places in the list have the least
/// sum (strictly: the sum of how many people come after each is greatest); of those, the one that leaves the last places
/// empty (the sum of how many places come after each that is filled is greatest); of those, the one in which earlier places
/// go to people who are earlier in the list (the sum of the products of both numbers is greatest). So of equal people for
/// equal places the first person gets the first place, the second person the second, and so on.
#[must_use]
pub fn team(needs: &[Vec<Skill>], offers: &[Vec<Offer<'_>>]) -> Vec<Option<(usize, Fit)>> {
    let count = offers.iter().map(Vec::len).max().unwrap_or_default();
    if needs.is_empty() || count == 0 {
        return vec![None; needs.len()];
    }
    let fit = |place: usize, person: usize| {
        let offer = offers.get(place)?.get(person)?;
        Fit::of(&needs[place], offer.skills, (offer.work, offer.free)).map(|fit| (fit, offer.load))
    };
    // Invariant: what comes after the points is less than one of them, what comes after the load less than a thousandth
    // of it, what comes after the list less than one place in it, and what comes after the places less than one of them,
    // also summed over all places. For 1 000 people and 50 places the sum is below 2^80.
    let (people, places) = (count as i128, needs.len() as i128);
    let weight = |place: usize, person: usize, (fit, load): (Fit, u32)| {
        let left = i128::from(FULL - load.min(FULL));
        let fits = i128::from(fit.points) * i128::from(FULL + 1) * places + left;
        let (people_after, places_after) = (people - 1 - person as i128, places - 1 - place as i128);
        let order = fits * people * places + people_after;
        let filled = order * places * places + places_after;
        filled * people * places * places + people_after * places_after
    };
    // Reason: behind the people each place has a nobody, so that it may stay empty; a nobody has no points.
    let weights = Matrix::from_fn(needs.len(), count + needs.len(), |(place, person)| {
        fit(place, person).map_or(0, |fit| weight(place, person, fit))
    });
    let (_, chosen) = kuhn_munkres(&weights);
    let place = |(place, person): (usize, usize)| Some((person, fit(place, person)?.0));
    chosen.into_iter().enumerate().map(place).collect()
}

/// A task that somebody is to do in its time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// What it takes.
    pub need: Need,
    /// Its days, half open, by their places in [`Person::free`].
    pub days: Range<usize>,
}

/// A person day by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// What they can.
    pub skills: Vec<Skill>,
    /// Working minutes of each day, whatever they have to do already.
    pub capacity: Vec<Work>,
    /// How many of those are free; too much work on a day is none.
    pub free: Vec<Work>,
}

/// How somebody could do a task, when its turn came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Their place in the list.
    pub person: usize,
    /// How they fit.
    pub fit: Fit,
    /// Minutes that are free on the days of the task.
    pub free: Work,
    /// How much of their time on these days is taken, in thousandths.
    pub load: u32,
}

/// The people for tasks, one after the other: for each task who could do it, the best first and at most `most` of them;
/// the first one gets it, and with it their earliest free minutes of its days are gone for the tasks that follow. What of
/// its work they are not free for is gone nowhere. Empty where nobody fits.
///
/// Most points go first, then less load on the days of the task, then who comes first in the list.
#[must_use]
pub fn tasks(tasks: &[Task], people: &[Person], most: usize) -> Vec<Vec<Candidate>> {
    let mut free: Vec<Vec<Work>> = people.iter().map(|person| person.free.clone()).collect();
    let before: Vec<Vec<Work>> = people.iter().map(|person| sums(&person.capacity)).collect();
    let mut choose = |task: &Task| {
        let candidate = |person: usize| {
            let days = days(&task.days, &free[person]);
            let left: Work = days.iter().map(|minutes| (*minutes).max(0)).sum();
            let fit = Fit::of(&task.need.skills, &people[person].skills, (task.need.work, left))?;
            let load = load(within(&before[person], &task.days), left);
            Some(Candidate { person, fit, free: left, load })
        };
        let mut found: Vec<Candidate> = (0..people.len()).filter_map(candidate).collect();
        found.sort_by_key(|one| (Reverse(one.fit.points), one.load, one.person));
        found.truncate(most.max(1));
        if let Some(best) = found.first() {
            take(&mut free[best.person], &task.days, task.need.work);
        }
        found.truncate(most);
        found
    };
    tasks.iter().map(&mut choose).collect()
}

/// How much of a capacity is taken if so much of it is left, in thousandths.
#[must_use]
pub fn load(capacity: Work, left: Work) -> u32 {
    if capacity <= 0 {
        return FULL;
    }
    let taken = i128::from(capacity - left.clamp(0, capacity));
    (taken * i128::from(FULL) / i128::from(capacity)) as u32
}

/// What comes before each day and before the end.
fn sums(minutes: &[Work]) -> Vec<Work> {
    let start = std::iter::once(0);
    let sums = minutes.iter().scan(0, |sum, minutes| {
        *sum += minutes;
        Some(*sum)
    });
    start.chain(sums).collect()
}

/// What lies within some days, by what comes before each.
fn within(sums: &[Work], days: &Range<usize>) -> Work {
    let before = |day: usize| sums.get(day.min(sums.len().saturating_sub(1))).copied().unwrap_or_default();
    before(days.end.max(days.start)) - before(days.start)
}

/// Those of the days that are known.
fn days<'m>(days: &Range<usize>, minutes: &'m [Work]) -> &'m [Work] {
    let end = days.end.min(minutes.len());
    &minutes[days.start.min(end)..end]
}

/// Takes the earliest free minutes of some days.
fn take(free: &mut [Work], days: &Range<usize>, work: Work) {
    let end = days.end.min(free.len());
    let mut left = work;
    for minutes in &mut free[days.start.min(end)..end] {
        if left <= 0 {
            return;
        }
        let taken = left.min((*minutes).max(0));
        (*minutes, left) = (*minutes - taken, left - taken);
    }
}

#[cfg(test)]
#[path = "staffing_tests.rs"]
mod tests;
