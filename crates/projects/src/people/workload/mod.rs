//! Workload: what people have, are planned for and worked, week by week; what the agency has and what is asked of it.

pub mod figures;
pub mod forecast;
pub mod gaps;
pub mod graphql;
pub mod store;
mod tracked;

use chrono::{Days, NaiveDate};
use kernel::{
    Error, Result,
    db::Db,
    id::UserId,
    scalar::Date,
    viewer::{Reach, Viewer},
};

use crate::{
    calendar::{graphql::range, write::TOO_MANY},
    policy::people::ALLOCATIONS_READ,
    register::OUT_OF_RANGE,
    service::{Projects, Staff},
};

/// Most weeks that are looked at.
const WEEKS_MAX: i32 = 53;

/// Most people who are asked for, and whose weeks are told at once.
pub(crate) const PEOPLE_MAX: usize = 200;

/// The days of so many weeks from that of a day on.
///
/// # Errors
/// INVALID at `weeks` or `to`.
pub(crate) fn weeks_of(from: Date, weeks: i32) -> Result<(NaiveDate, NaiveDate)> {
    if !(1..=WEEKS_MAX).contains(&weeks) {
        return Err(Error::field("weeks", OUT_OF_RANGE.with("min", 1).with("max", WEEKS_MAX)));
    }
    let first = figures::monday(from.naive());
    let days = u64::from(weeks.unsigned_abs()) * 7;
    let last = first.checked_add_days(Days::new(days - 1)).unwrap_or(first);
    range((first.into(), last.into()), i64::from(WEEKS_MAX) * 7)
}

/// How many are left out from the start of a list.
///
/// # Errors
/// INVALID at `skip` for fewer than none.
pub(crate) fn skipped(skip: Option<i32>) -> Result<usize> {
    let skip = usize::try_from(skip.unwrap_or_default());
    skip.map_err(|_| Error::field("skip", OUT_OF_RANGE.with("min", 0).with("max", i32::MAX)))
}

/// The active staff that a viewer plans with, by name: all of them, or those who are asked for; oneself alone for who
/// does not see all allocations.
///
/// # Errors
/// INVALID at `userIds` if there are too many. Who is no active member of staff is left out.
pub(crate) async fn people_of(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    asked: Option<&[UserId]>,
) -> Result<Vec<Staff>> {
    if asked.is_some_and(|asked| asked.len() > PEOPLE_MAX) {
        return Err(Error::field("userIds", TOO_MANY.with("max", PEOPLE_MAX)));
    }
    if viewer.is_client() {
        return Err(Error::lacks(ALLOCATIONS_READ.name));
    }
    let all = viewer.reaches(ALLOCATIONS_READ, Reach::Tenant);
    let mut people = projects.readers.staff(db, viewer).await?;
    people.retain(|one| all || viewer.user_id() == Some(one.user));
    people.retain(|one| asked.is_none_or(|asked| asked.contains(&one.user)));
    people.sort_by(|one, other| (&one.name, one.user).cmp(&(&other.name, other.user)));
    Ok(people)
}
