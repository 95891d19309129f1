//! Working calendars: when the agency works, and when each of its people does.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::NaiveDate;
use kernel::{Result, id::UserId, viewer::Viewer, workweek::WorkingWeek};
use schedule::{Hours, Pattern};
use sea_orm::ConnectionTrait;

/// When a day's work begins unless somebody says otherwise, in minutes after midnight.
const MORNING: u16 = 9 * 60;

/// When people eat unless somebody says otherwise, in minutes after midnight.
const NOON: u16 = 13 * 60;

/// How long they eat, in minutes.
const LUNCH: u16 = 60;

/// Shorter days have no lunch, in minutes.
const LUNCH_FROM: u16 = 6 * 60;

/// When people of a tenant work.
#[derive(Clone, Debug)]
pub struct Calendars {
    agency: Arc<Pattern>,
    people: HashMap<UserId, Arc<Pattern>>,
}

impl Calendars {
    /// The calendars of the agency and of these people, with their exceptions from `first` to `last`, both included.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn load(
        _conn: &impl ConnectionTrait,
        viewer: &Viewer,
        _people: &[UserId],
        (_first, _last): (NaiveDate, NaiveDate),
    ) -> Result<Self> {
        let week = week(viewer.tenant.working_week);
        let agency = Pattern { zone: viewer.tenant.time_zone, week, days: BTreeMap::new() };
        Ok(Self { agency: Arc::new(agency), people: HashMap::new() })
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
}

/// The hours of a tenant's week: from nine, with an hour of lunch at one in days of six hours and more.
fn week(week: WorkingWeek) -> [Hours; 7] {
    let hours = day(week.day_minutes());
    week.days().map(|works| if works { hours.clone() } else { Hours::free() })
}

/// The hours of a day with this many minutes of work: it begins earlier if the evening is too short for them.
fn day(minutes: u16) -> Hours {
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
            assert_eq!(day(minutes).minutes(), i64::from(minutes), "{minutes}");
        }
        assert_eq!(day(480).intervals(), [(540, 780), (840, 1_080)]);
        assert_eq!(day(240).intervals(), [(540, 780)], "half a day has no lunch");
        assert_eq!(day(1_440).intervals(), [(0, 1_440)]);
    }

    #[test]
    fn week_has_hours_on_the_days_that_are_worked() {
        let hours = week(WorkingWeek::from_bits(0b110_0000).of_minutes(360));
        assert_eq!(hours.each_ref().map(Hours::minutes), [0, 0, 0, 0, 0, 360, 360]);
    }
}
