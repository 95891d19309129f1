//! Who does what: people for the places of a team, and people for tasks, by skill and free time.
//!
//! A person fits a place as well as their skills and their free time say ([`Fit`]). For a team the sum of fits is as
//! great as it can be (the assignment problem; J. Munkres, "Algorithms for the assignment and transportation problems",
//! 1957); for tasks each, in the given order, gets who fits it best with what they have got so far. Both answer the same
//! for the same question: of equals the person with less to do goes first, then who comes first in the list.

use pathfinding::prelude::{Matrix, kuhn_munkres};

use crate::calendar::Work;

/// The best level of a skill; the least is 1.
pub const TOP: u32 = 5;

/// Points of a perfect fit.
pub const PERFECT: u32 = 1_000;

/// How many of them are for skills; the others are for free time.
const FOR_SKILLS: u32 = 700;

/// A skill at a level from 1 to [`TOP`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Which skill.
    pub skill: usize,
    /// How well.
    pub level: u32,
}

/// A place to fill, or a task to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// What it takes, at least at these levels.
    pub skills: Vec<Skill>,
    /// Working minutes that it takes.
    pub work: Work,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// What they can.
    pub skills: Vec<Skill>,
    /// Working minutes that they have in the time of the need, whatever they have to do already.
    pub capacity: Work,
    /// Working minutes of those that are taken.
    pub taken: Work,
}

/// How well a person fits a need.
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
    /// How a person fits a need; none for who lacks a needed skill wholly, or has no minute for it.
    #[must_use]
    pub fn of(need: &Need, person: &Person) -> Option<Self> {
        let level = |skill: usize| person.skills.iter().find(|own| own.skill == skill).map(|own| own.level);
        let (mut sum, mut able) = (0, true);
        for wanted in &need.skills {
            let (own, wanted) = (level(wanted.skill)?.min(TOP), wanted.level.clamp(1, TOP));
            able &= own >= wanted;
            sum += u64::from(FOR_SKILLS) * u64::from(own.min(wanted)) / u64::from(wanted);
        }
        let skills = sum.checked_div(need.skills.len() as u64).unwrap_or(FOR_SKILLS.into());
        let free = (person.capacity - person.taken).clamp(0, need.work.max(0));
        if need.work > 0 && free == 0 {
            return None;
        }
        let all = i64::from(PERFECT - FOR_SKILLS);
        let time = if need.work > 0 {
            (i128::from(all) * i128::from(free) / i128::from(need.work)) as u32
        } else {
            all as u32
        };
        let skills = u32::try_from(skills).unwrap_or(FOR_SKILLS);
        Some(Self { points: skills + time, skills, time, able })
    }

    /// What is compared: points, then less to do (in thousandths), then the place in the list. What comes after the points
    /// is less than one of them, also summed over so many `needs`.
    fn weight(self, person: &Person, place: usize, people: usize, needs: usize) -> i64 {
        let load =
            (i128::from(person.taken.max(0)) * 1_000 / i128::from(person.capacity.max(1))).min(1_000) as i64;
        let (people, needs) = (people as i64, needs as i64);
        i64::from(self.points) * 1_001 * people * needs
            + (1_000 - load) * people
            + (people - 1 - place as i64)
    }
}

/// The people for places: for each place the person and how they fit, or none. Nobody gets two places. `people` says for
/// each place who is there for it, in the same order, for free time differs with the time of the place.
///
/// The sum of points is as great as it can be; people who have every skill at its level go before others at each place
/// only as far as their points do.
#[must_use]
pub fn team(needs: &[Need], people: &[Vec<Person>]) -> Vec<Option<(usize, Fit)>> {
    let count = people.iter().map(Vec::len).max().unwrap_or_default();
    if needs.is_empty() || count == 0 {
        return vec![None; needs.len()];
    }
    let fit = |need: usize, person: usize| {
        let person = people.get(need)?.get(person)?;
        Fit::of(&needs[need], person).map(|fit| (fit, person))
    };
    // Reason: behind the people each place has a nobody, so that it may stay empty; a nobody has no points.
    let weights = Matrix::from_fn(needs.len(), count + needs.len(), |(need, person)| {
        fit(need, person).map_or(0, |(fit, one)| fit.weight(one, person, count, needs.len()))
    });
    let (_, chosen) = kuhn_munkres(&weights);
    let place = |(need, person): (usize, usize)| Some((person, fit(need, person)?.0));
    chosen.into_iter().enumerate().map(place).collect()
}

/// The people for tasks, one after the other: for each task who fits it best, with the work of those before it taken.
/// None where nobody fits.
#[must_use]
pub fn tasks(needs: &[Need], people: &[Person]) -> Vec<Option<(usize, Fit)>> {
    let mut people = people.to_vec();
    let mut choose = |need: &Need| {
        let count = people.len();
        let fits = people
            .iter()
            .enumerate()
            .filter_map(|(place, person)| Some((place, person, Fit::of(need, person)?)));
        let (place, _, fit) = fits.max_by_key(|(place, person, fit)| fit.weight(person, *place, count, 1))?;
        people[place].taken += need.work;
        Some((place, fit))
    };
    needs.iter().map(&mut choose).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn skill(skill: usize, level: u32) -> Skill {
        Skill { skill, level }
    }

    fn need(skills: &[Skill], work: Work) -> Need {
        Need { skills: skills.to_vec(), work }
    }

    fn person(skills: &[Skill], capacity: Work, taken: Work) -> Person {
        Person { skills: skills.to_vec(), capacity, taken }
    }

    #[test]
    fn fit_is_made_of_skills_and_time() {
        let wanted = need(&[skill(0, 4), skill(1, 2)], 100);
        let fit = |skills: &[Skill], capacity, taken| Fit::of(&wanted, &person(skills, capacity, taken));
        let perfect = Fit { points: 1_000, skills: 700, time: 300, able: true };
        assert_eq!(
            fit(&[skill(0, 5), skill(1, 2)], 400, 300),
            Some(perfect),
            "better is not better than enough"
        );
        let half = Fit { points: 675, skills: 525, time: 150, able: false };
        assert_eq!(fit(&[skill(0, 2), skill(1, 3)], 50, 0), Some(half));
        assert_eq!(fit(&[skill(0, 5)], 400, 0), None, "who lacks a skill cannot learn it here");
        assert_eq!(fit(&[skill(0, 5), skill(1, 5)], 400, 400), None, "no minute is free");
        assert_eq!(
            Fit::of(&Need::default(), &Person::default()).unwrap().points,
            PERFECT,
            "nothing is needed"
        );
    }

    #[test]
    fn best_team_is_not_the_best_person_first() {
        let needs = [need(&[skill(0, 1)], 10), need(&[skill(0, 5)], 10)];
        let people = vec![person(&[skill(0, 5)], 10, 0), person(&[skill(0, 1)], 10, 0)];
        let team = team(&needs, &[people.clone(), people]);
        let chosen: Vec<usize> = team.iter().map(|place| place.unwrap().0).collect();
        assert_eq!(chosen, [1, 0], "who can do both is kept for what the other cannot");
    }

    #[test]
    fn place_that_nobody_fits_stays_empty() {
        let needs = [need(&[skill(7, 1)], 10), need(&[], 10), need(&[], 10)];
        let people = vec![person(&[], 10, 0)];
        let team = team(&needs, &[people.clone(), people.clone(), people]);
        assert_eq!((team[0], team.iter().flatten().count()), (None, 1), "nobody is at two places");
        assert_eq!(super::team(&needs, &[]), [None; 3]);
        assert_eq!(super::team(&[], &[]), []);
    }

    #[test]
    fn work_is_shared_out() {
        let needs = vec![need(&[], 60); 4];
        let people = [person(&[], 240, 0), person(&[], 240, 60), person(&[], 120, 0)];
        let chosen: Vec<usize> = tasks(&needs, &people).into_iter().map(|task| task.unwrap().0).collect();
        assert_eq!(chosen, [0, 2, 0, 1], "who has least to do of what they can, then who comes first");
        assert_eq!(tasks(&needs, &[]), [None; 4]);
    }

    proptest! {
        #[test]
        fn no_team_has_more_points(
            levels in prop::collection::vec(prop::collection::vec(1_u32..=5, 2), 1..5),
            needs in prop::collection::vec((prop::collection::vec((0_usize..2, 1_u32..=5), 0..3), 1_i64..100), 1..4),
            free in prop::collection::vec(0_i64..120, 20),
        ) {
            let needs: Vec<Need> = needs.iter().map(|(skills, work)| {
                let skills: Vec<Skill> = skills.iter().map(|(one, level)| skill(*one, *level)).collect();
                need(&skills, *work)
            }).collect();
            let people: Vec<Vec<Person>> = (0..needs.len()).map(|place| levels.iter().enumerate().map(|(at, levels)| {
                person(&[skill(0, levels[0]), skill(1, levels[1])], free[place * 4 + at], 0)
            }).collect()).collect();
            let told = team(&needs, &people);
            let points: u32 = told.iter().flatten().map(|(_, fit)| fit.points).sum();
            prop_assert_eq!(points, best(&needs, &people, 0, &mut vec![false; levels.len()]));
            let mut taken: Vec<usize> = told.iter().flatten().map(|(person, _)| *person).collect();
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), told.iter().flatten().count());
        }
    }

    /// The most points of any team, by trying them all.
    fn best(needs: &[Need], people: &[Vec<Person>], place: usize, taken: &mut Vec<bool>) -> u32 {
        if place == needs.len() {
            return 0;
        }
        let mut most = best(needs, people, place + 1, taken);
        for person in 0..taken.len() {
            if let (false, Some(fit)) = (taken[person], Fit::of(&needs[place], &people[place][person])) {
                taken[person] = true;
                most = most.max(fit.points + best(needs, people, place + 1, taken));
                taken[person] = false;
            }
        }
        most
    }
}
