//! By whose calendar tasks are done: the agency's, that of the one who does them, or that of several who do them together.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{Datelike, NaiveDate};
use kernel::id::UserId;
use schedule::{Calendar, Hours, Pattern, Work};

use super::{load::TaskRow, network::Builder};

/// Whose calendar one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The agency's.
    Agency,
    /// That of a person.
    Person(UserId),
    /// That of several people who do something together.
    Several,
}

/// Most calendars of several people in a plan; further ones do their tasks by the agency's. Each is laid out for years.
const MAX_CREWS: usize = 500;

impl Builder<'_> {
    /// The calendar of a task: that of the one person who does it, or of all who do, or else the agency's.
    pub(super) fn calendar(&mut self, task: &TaskRow) -> usize {
        let mut doers = self.source.doers(task.id).to_vec();
        doers.sort_unstable();
        doers.dedup();
        if let Some(place) = self.of_doers.get(&doers) {
            return *place;
        }
        let place = match doers.as_slice() {
            [] => 0,
            [person] => {
                let pattern = self.source.calendars.of(*person).clone();
                self.laid_out(Whose::Person(*person), pattern)
            }
            several => {
                let crews = self.calendars.iter().filter(|(whose, _)| *whose == Whose::Several).count();
                let patterns: Vec<&Pattern> =
                    several.iter().map(|person| &**self.source.calendars.of(*person)).collect();
                match crews < MAX_CREWS {
                    true => {
                        self.laid_out(Whose::Several, Arc::new(together(&self.calendars[0].1, &patterns)))
                    }
                    false => 0,
                }
            }
        };
        self.of_doers.insert(doers, place);
        place
    }

    /// The place of a calendar; that of the agency if it is the same.
    fn laid_out(&mut self, whose: Whose, pattern: Arc<Pattern>) -> usize {
        if *pattern == *self.calendars[0].1 {
            return 0;
        }
        // Reason: who never works at all is reckoned with as if they worked with the others.
        let Ok(calendar) = Calendar::new(&pattern, self.source.days.0, self.source.days.1) else { return 0 };
        self.calendars.push((whose, pattern));
        self.laid_out.push(calendar);
        self.laid_out.len() - 1
    }
}

/// When several people work together: when the agency does, but not on days on which one of them does not work at all.
fn together(agency: &Pattern, people: &[&Pattern]) -> Pattern {
    let off = |minutes: &dyn Fn(&Pattern) -> Work| people.iter().any(|person| minutes(person) == 0);
    let week: [Hours; 7] = std::array::from_fn(|day| match off(&|person| person.week[day].minutes()) {
        true => Hours::free(),
        false => agency.week[day].clone(),
    });
    let patterns = people.iter().copied().chain([agency]);
    let special: BTreeSet<NaiveDate> = patterns.flat_map(|pattern| pattern.days.keys().copied()).collect();
    let hours = |date: NaiveDate| {
        let hours = match off(&|person| person.hours(date).minutes()) {
            true => Hours::free(),
            false => agency.hours(date).clone(),
        };
        (hours != week[date.weekday().num_days_from_monday() as usize]).then_some((date, hours))
    };
    let days = special.into_iter().filter_map(hours).collect();
    Pattern { zone: agency.zone, week, days }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn office(free: &[usize]) -> Pattern {
        let hours = Hours::new([(540, 1_020)]).unwrap();
        let works = |day: &usize| *day < 5 && !free.contains(day);
        let week = std::array::from_fn(|day| if works(&day) { hours.clone() } else { Hours::free() });
        Pattern { zone: chrono_tz::UTC, week, days: BTreeMap::new() }
    }

    #[test]
    fn days_on_which_one_does_not_work_are_free_for_all() {
        let (mut agency, mut one, other) = (office(&[]), office(&[]), office(&[4]));
        assert_eq!(together(&agency, &[&one, &one]), agency);
        let (holiday, away) = (day("2026-03-09"), day("2026-03-10"));
        agency.days.insert(holiday, Hours::free());
        one.days.insert(away, Hours::free());
        let both = together(&agency, &[&one, &other]);
        let minutes = |text: &str| both.hours(day(text)).minutes();
        assert_eq!([minutes("2026-03-09"), minutes("2026-03-10"), minutes("2026-03-11")], [0, 0, 480]);
        assert_eq!((minutes("2026-03-13"), both.days.len()), (0, 2), "a Friday off each week");
    }

    #[test]
    fn shorter_days_do_not_shorten_the_others() {
        let (agency, mut one) = (office(&[]), office(&[]));
        one.days.insert(day("2026-03-10"), Hours::new([(540, 600)]).unwrap());
        assert_eq!(together(&agency, &[&one, &agency]), agency);
    }
}
