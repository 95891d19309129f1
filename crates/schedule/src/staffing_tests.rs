//! Tests of who does what.

use proptest::prelude::*;

use super::*;

fn skill(skill: usize, level: u32) -> Skill {
    Skill { skill, level }
}

fn need(skills: &[Skill], work: Work) -> Need {
    Need { skills: skills.to_vec(), work }
}

/// What somebody has for a place that takes ten minutes of everybody.
fn offer(skills: &[Skill], free: Work, load: u32) -> Offer<'_> {
    Offer { skills, work: 10, free, load }
}

/// A person with these minutes on each day, of which so many are taken.
fn person(skills: &[Skill], days: &[(Work, Work)]) -> Person {
    Person {
        skills: skills.to_vec(),
        capacity: days.iter().map(|(capacity, _)| *capacity).collect(),
        free: days.iter().map(|(capacity, taken)| capacity - taken).collect(),
    }
}

fn task(skills: &[Skill], work: Work, days: Range<usize>) -> Task {
    Task { need: need(skills, work), days }
}

/// Who gets each task.
fn doers(told: &[Vec<Candidate>]) -> Vec<Option<usize>> {
    told.iter().map(|task| task.first().map(|best| best.person)).collect()
}

#[test]
fn fit_is_made_of_skills_and_time() {
    let wanted = [skill(0, 4), skill(1, 2)];
    let fit = |skills: &[Skill], free| Fit::of(&wanted, skills, (100, free));
    let perfect = Fit { points: 1_000, skills: 700, time: 300, able: true };
    assert_eq!(fit(&[skill(0, 5), skill(1, 2)], 400), Some(perfect), "better is not better than enough");
    let half = Fit { points: 675, skills: 525, time: 150, able: false };
    assert_eq!(fit(&[skill(0, 2), skill(1, 3)], 50), Some(half));
    assert_eq!(fit(&[skill(0, 5)], 400), None, "who lacks a skill cannot learn it here");
    assert_eq!(fit(&[skill(0, 5), skill(1, 5)], 0), None, "no minute is free");
    assert_eq!(Fit::of(&[], &[], (0, 0)).unwrap().points, PERFECT, "nothing is needed");
}

#[test]
fn best_team_is_not_the_best_person_first() {
    let needs = [vec![skill(0, 1)], vec![skill(0, 5)]];
    let (both, one) = ([skill(0, 5)], [skill(0, 1)]);
    let offers = vec![offer(&both, 10, 0), offer(&one, 10, 0)];
    let team = team(&needs, &[offers.clone(), offers]);
    let chosen: Vec<usize> = team.iter().map(|place| place.unwrap().0).collect();
    assert_eq!(chosen, [1, 0], "who can do both is kept for what the other cannot");
}

#[test]
fn place_takes_of_each_what_it_takes_of_them() {
    let half = Offer { work: 300, ..offer(&[], 300, 500) };
    let more = Offer { work: 600, ..offer(&[], 450, 0) };
    let told = team(&[vec![]], &[vec![more, half]]);
    let fit = Fit { points: PERFECT, skills: 700, time: 300, able: true };
    assert_eq!(told, [Some((1, fit))], "all of what is asked of them, though it is less");
}

#[test]
fn of_equals_the_less_loaded_is_chosen_then_the_first() {
    let needs = [vec![], vec![]];
    let people = |loads: [u32; 3]| loads.map(|load| offer(&[], 10, load)).to_vec();
    let chosen = |loads: [u32; 3]| {
        let mut people: Vec<usize> =
            team(&needs, &[people(loads), people(loads)]).iter().flatten().map(|place| place.0).collect();
        people.sort_unstable();
        people
    };
    assert_eq!(chosen([500, 499, 0]), [1, 2]);
    assert_eq!(chosen([7, 7, 7]), [0, 1]);
    let less = team(&needs, &[people([0, 0, 1_000]), people([900, 0, 0])]);
    let less: Vec<usize> = less.iter().flatten().map(|place| place.0).collect();
    assert_eq!(less, [0, 1], "a load may differ with the place");
    let needs = [vec![skill(0, 1)], vec![], vec![]];
    let one = || vec![offer(&[], 10, 0)];
    let alone: Vec<bool> = team(&needs, &[one(), one(), one()]).iter().map(|place| place.is_some()).collect();
    assert_eq!(alone, [false, true, false], "the first place that they fit");
}

#[test]
fn place_that_nobody_fits_stays_empty() {
    let needs = [vec![skill(7, 1)], vec![], vec![]];
    let offers = vec![offer(&[], 10, 0)];
    let team = team(&needs, &[offers.clone(), offers.clone(), offers]);
    assert_eq!((team[0], team.iter().flatten().count()), (None, 1), "nobody is at two places");
    assert_eq!(super::team(&needs, &[]), [None; 3]);
    assert_eq!(super::team(&[], &[]), []);
}

#[test]
fn work_is_shared_out() {
    let needs = vec![task(&[], 60, 0..1); 4];
    let people = [person(&[], &[(240, 0)]), person(&[], &[(240, 60)]), person(&[], &[(120, 0)])];
    let told = tasks(&needs, &people, 2);
    let expected = [Some(0), Some(2), Some(0), Some(1)];
    assert_eq!(doers(&told), expected, "who has least to do of what they can, then who comes first");
    assert!(told.iter().all(|candidates| candidates.len() == 2), "as many as are wanted are told");
    assert_eq!(told[1][0].load, 0);
    assert_eq!((told[1][1].person, told[1][1].free, told[1][1].load), (0, 180, 250));
    assert_eq!(tasks(&needs, &[], 3), vec![Vec::new(); 4]);
    assert_eq!(tasks(&needs, &people, 0), vec![Vec::new(); 4]);
}

#[test]
fn only_the_days_of_a_task_count_and_the_earliest_minutes_go_first() {
    let people =
        [person(&[], &[(480, 480), (480, 0), (480, 240)]), person(&[], &[(480, 0), (480, 480), (480, 480)])];
    let of = |days: Range<usize>| doers(&tasks(&[task(&[], 480, days)], &people, 1));
    assert_eq!(of(0..1), [Some(1)], "who is free on another day is not free");
    assert_eq!(of(1..2), [Some(0)]);
    assert_eq!(of(3..9), [None], "nothing is known of these days");
    let needs = [task(&[], 600, 0..3), task(&[], 240, 1..3), task(&[], 60, 2..3), task(&[], 60, 2..3)];
    let told = tasks(&needs, &people, 3);
    assert_eq!(doers(&told), [Some(0), Some(0), None, None]);
    assert_eq!((told[0][0].free, told[0][0].load, told[0][1].free), (720, 500, 480));
    assert_eq!((told[1][0].free, told[1][0].fit.time), (120, 150), "480 minutes and 120 are gone");
    let empty = tasks(&[task(&[], 0, 5..5), task(&[], 1, 2..2)], &people, 3);
    assert_eq!(doers(&empty), [Some(0), None], "no work needs no time");
}

#[test]
fn skills_go_before_load() {
    let people = [person(&[skill(0, 2)], &[(480, 0)]), person(&[skill(0, 4)], &[(480, 400)])];
    let told = tasks(&[task(&[skill(0, 4)], 60, 0..1), task(&[skill(1, 1)], 60, 0..1)], &people, 3);
    assert_eq!(doers(&told), [Some(1), None]);
    assert_eq!(told[0].iter().map(|one| one.fit.able).collect::<Vec<_>>(), [true, false]);
}

proptest! {
    #[test]
    fn no_team_has_more_points(
        levels in prop::collection::vec(prop::collection::vec(1_u32..=5, 2), 1..5),
        needs in prop::collection::vec(prop::collection::vec((0_usize..2, 1_u32..=5), 0..3), 1..4),
        work in prop::collection::vec(1_i64..100, 20),
        free in prop::collection::vec(prop_oneof![(0_i64..120, 0_u32..=1_000), Just((120, 500))], 20),
    ) {
        let needs: Vec<Vec<Skill>> = needs.iter().map(|skills| {
            skills.iter().map(|(one, level)| skill(*one, *level)).collect()
        }).collect();
        let able: Vec<[Skill; 2]> = levels.iter().map(|of| [skill(0, of[0]), skill(1, of[1])]).collect();
        let offers: Vec<Vec<Offer<'_>>> = (0..needs.len()).map(|place| able.iter().enumerate().map(|(at, skills)| {
            let (free, load) = free[place * 4 + at];
            Offer { work: work[place * 4 + at], ..offer(skills, free, load) }
        }).collect()).collect();
        let told = team(&needs, &offers);
        let chosen = told.iter().enumerate().filter_map(|(place, one)| {
            let (person, fit) = one.as_ref()?;
            Some(worth(fit, &offers[place], (place, *person), needs.len()))
        });
        prop_assert_eq!(chosen.fold(Worth::default(), sum), best(&needs, &offers, 0, &mut vec![false; able.len()]));
        let mut taken: Vec<usize> = told.iter().flatten().map(|(person, _)| *person).collect();
        taken.sort_unstable();
        taken.dedup();
        prop_assert_eq!(taken.len(), told.iter().flatten().count());
    }

    #[test]
    fn equal_people_take_equal_places_in_the_order_of_the_lists(
        kinds in prop::collection::vec(0_usize..2, 1..9), wanted in prop::collection::vec(0_usize..2, 1..7),
        load in 0_u32..1_000,
    ) {
        let needs: Vec<Vec<Skill>> = wanted.iter().map(|kind| vec![skill(*kind, 3)]).collect();
        let able: Vec<[Skill; 1]> = kinds.iter().map(|kind| [skill(*kind, 3)]).collect();
        let offers: Vec<Offer<'_>> = able.iter().map(|skills| offer(skills, 60, load)).collect();
        let told = team(&needs, &vec![offers; needs.len()]);
        for kind in 0..2 {
            let places = (0..needs.len()).filter(|place| wanted[*place] == kind);
            let mut people = (0..kinds.len()).filter(|person| kinds[*person] == kind);
            for place in places {
                prop_assert_eq!(told[place].map(|(person, _)| person), people.next(), "place {}", place);
            }
        }
    }

    #[test]
    fn tasks_take_what_is_free_and_no_more(
        days in prop::collection::vec(prop::collection::vec((0_i64..480, 0_i64..480), 6), 1..4),
        needs in prop::collection::vec((0_usize..6, 1_usize..4, 1_i64..600), 0..12),
    ) {
        let people: Vec<Person> = days.iter().map(|days| person(&[], days)).collect();
        let needs: Vec<Task> = needs.iter().map(|(from, days, work)| task(&[], *work, *from..from + days)).collect();
        let told = tasks(&needs, &people, 9);
        prop_assert_eq!(&told, &slow(&needs, &people));
        for (task, candidates) in needs.iter().zip(&told) {
            prop_assert!(candidates.iter().all(|one| one.free > 0 && one.load <= FULL));
            let points = candidates.iter().map(|one| one.fit.points).collect::<Vec<_>>();
            prop_assert!(points.is_sorted_by(|one, other| one >= other), "{task:?}");
        }
    }
}

/// The same minute by minute.
fn slow(needs: &[Task], people: &[Person]) -> Vec<Vec<Candidate>> {
    let mut free: Vec<Vec<Work>> =
        people.iter().map(|person| person.free.iter().map(|minutes| (*minutes).max(0)).collect()).collect();
    let mut told = Vec::new();
    for task in needs {
        let known = |day: &usize| *day < 6;
        let mut candidates = Vec::new();
        for (person, of) in people.iter().enumerate() {
            let left: Work = task.days.clone().filter(known).map(|day| free[person][day]).sum();
            let capacity: Work = task.days.clone().filter(known).map(|day| of.capacity[day]).sum();
            if let Some(fit) = Fit::of(&task.need.skills, &of.skills, (task.need.work, left)) {
                let load = if capacity == 0 { FULL } else { ((capacity - left) * 1_000 / capacity) as u32 };
                candidates.push(Candidate { person, fit, free: left, load });
            }
        }
        candidates.sort_by(|one, other| {
            other
                .fit
                .points
                .cmp(&one.fit.points)
                .then(one.load.cmp(&other.load))
                .then(one.person.cmp(&other.person))
        });
        if let Some(best) = candidates.first() {
            for _ in 0..task.need.work {
                let day = task.days.clone().filter(known).find(|day| free[best.person][*day] > 0);
                day.map(|day| free[best.person][day] -= 1).unwrap_or_default();
            }
        }
        told.push(candidates);
    }
    told
}

/// Points, time that is left, people and places that come after, and the sum of the products of these: teams are compared
/// by the first in which they differ.
type Worth = [u64; 5];

fn sum(one: Worth, other: Worth) -> Worth {
    std::array::from_fn(|at| one[at] + other[at])
}

fn worth(fit: &Fit, offers: &[Offer<'_>], (place, person): (usize, usize), places: usize) -> Worth {
    let (people_after, places_after) = ((offers.len() - 1 - person) as u64, (places - 1 - place) as u64);
    let left = FULL - offers[person].load;
    [fit.points.into(), left.into(), people_after, places_after, people_after * places_after]
}

/// The worth of the best team, by trying them all.
fn best(needs: &[Vec<Skill>], offers: &[Vec<Offer<'_>>], place: usize, taken: &mut Vec<bool>) -> Worth {
    if place == needs.len() {
        return Worth::default();
    }
    let mut most = best(needs, offers, place + 1, taken);
    for person in 0..taken.len() {
        let offer = offers[place][person];
        if let (false, Some(fit)) =
            (taken[person], Fit::of(&needs[place], offer.skills, (offer.work, offer.free)))
        {
            taken[person] = true;
            let rest = best(needs, offers, place + 1, taken);
            most = most.max(sum(worth(&fit, &offers[place], (place, person), needs.len()), rest));
            taken[person] = false;
        }
    }
    most
}
