//! Working calendars: when the agency works, and when each of its people does.

pub mod day;
pub mod entity;
pub mod graphql;
pub mod holidays;
pub mod hours;
pub mod mutation;
pub mod sources;
pub(crate) mod write;

pub use write::{create, delete, set_days, update};

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;
use kernel::{Result, id::UserId, viewer::Viewer, workweek::WorkingWeek};
use schedule::{Hours, Pattern};
use sea_orm::ConnectionTrait;

use sources::{Sources, Whose};

/// When a day's work begins unless somebody says otherwise, in minutes after midnight.
const MORNING: u16 = 9 * 60;

/// When people eat unless somebody says otherwise, in minutes after midnight.
const NOON: u16 = 13 * 60;

/// How long they eat, in minutes.
const LUNCH: u16 = 60;

/// Shorter days have no lunch, in minutes.
const LUNCH_FROM: u16 = 6 * 60;

/// When people of a tenant work: their own week or that of their calendar, without public holidays and approved leave,
/// with their exceptions.
#[derive(Clone, Debug)]
pub struct Calendars {
    agency: Arc<Pattern>,
    people: HashMap<UserId, Arc<Pattern>>,
}

impl Calendars {
    /// The calendars of the agency and of these people, with their exceptions from `first` to `last`, both included; in
    /// four statements.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn load(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        people: &[UserId],
        range: (NaiveDate, NaiveDate),
    ) -> Result<Self> {
        let sources = Sources::load(conn, viewer, people, range).await?;
        let of = |person: &UserId| (*person, Arc::new(sources.pattern(Whose::Person(*person))));
        Ok(Self { agency: Arc::new(sources.pattern(Whose::Agency)), people: people.iter().map(of).collect() })
    }

    /// When the agency works.
    #[must_use]
    pub fn agency(&self) -> &Arc<Pattern> {
        &self.agency
    }

    /// When a person works; of whom nothing is known, as the agency does.
    #[must_use]
    pub fn of(&self, person: UserId) -> &Arc<Pattern> {
        self.people.get(&person).unwrap_or(&self.agency)
    }

    /// Everybody works as the agency does.
    #[cfg(test)]
    pub(crate) fn plain(agency: Pattern) -> Self {
        Self { agency: Arc::new(agency), people: HashMap::new() }
    }
}

/// The hours of a tenant's week, until there is a calendar: from nine, with an hour of lunch at one in days of six hours
/// and more.
pub(crate) fn agency_week(week: WorkingWeek) -> [Hours; 7] {
    let hours = day_of(week.day_minutes());
    week.days().map(|works| if works { hours.clone() } else { Hours::free() })
}

/// The hours of a day with this many minutes of work: it begins earlier if the evening is too short for them.
fn day_of(minutes: u16) -> Hours {
    let minutes = minutes.clamp(1, 24 * 60);
    let lunch = if (LUNCH_FROM..=24 * 60 - LUNCH).contains(&minutes) { LUNCH } else { 0 };
    let from = MORNING.min(24 * 60 - minutes - lunch);
    let intervals = match lunch {
        0 => vec![(from, from + minutes)],
        _ if from + minutes <= NOON => vec![(from, from + minutes)],
        _ if from >= NOON => vec![(from, from + minutes)],
        _ => vec![(from, NOON), (NOON + LUNCH, from + minutes + LUNCH)],
    };
    // Invariant: the intervals are in order and within a day.
    Hours::new(intervals).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_has_its_minutes_with_lunch_at_one() {
        for minutes in 1..=24 * 60 {
            assert_eq!(day_of(minutes).minutes(), i64::from(minutes), "{minutes}");
        }
        assert_eq!(day_of(480).intervals(), [(540, 780), (840, 1_080)]);
        assert_eq!(day_of(240).intervals(), [(540, 780)], "half a day has no lunch");
        assert_eq!(day_of(1_440).intervals(), [(0, 1_440)]);
    }

    #[test]
    fn week_has_hours_on_the_days_that_are_worked() {
        let hours = agency_week(WorkingWeek::from_bits(0b110_0000).of_minutes(360));
        assert_eq!(hours.each_ref().map(Hours::minutes), [0, 0, 0, 0, 0, 360, 360]);
    }
}
