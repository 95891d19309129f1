//! What an agency has and what is asked of it, week by week.

use async_graphql::SimpleObject;
use chrono::NaiveDate;
use kernel::{Result, db::Db, id::UserId, scalar::Date, viewer::Viewer};

use super::{
    people_of,
    store::{Among, Weeks, allocations, by_person, demand, in_pipeline, is_firm, open_places},
};
use crate::{calendar::sources::Whose, service::Projects};

/// What the agency has and what is asked of it in a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct CapacityForecast {
    /// The Monday of the week.
    pub week_start: Date,
    /// What active staff have, in minutes: their hours without public holidays and leave, as far as they can work them.
    pub capacity_minutes: i64,
    /// What firm allocations of active staff take, in minutes.
    pub firm_minutes: i64,
    /// What tentative allocations of active staff take, in minutes.
    pub tentative_minutes: i64,
    /// What places that nobody has taken yet ask for, in minutes, by the hours of the agency; what people are planned
    /// for who were deactivated is such a place.
    pub placeholder_minutes: i64,
    /// What of all of these three is not sure: tentative allocations, and any on projects that are in intake or planning,
    /// in minutes.
    pub pipeline_minutes: i64,
    /// `capacityMinutes` − `firmMinutes` − `tentativeMinutes` − `placeholderMinutes`; below zero there are too few
    /// people.
    pub free_minutes: i64,
}

/// Reads the forecast of some weeks, in seven statements.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn read(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    range: (NaiveDate, NaiveDate),
) -> Result<Vec<CapacityForecast>> {
    let people: Vec<UserId> =
        people_of(viewer, db, projects, None).await?.into_iter().map(|one| one.user).collect();
    let weeks = Weeks::load(db, viewer, &people, range).await?;
    let rows = allocations(db, viewer, Among::Everybody, range).await?;
    let early = in_pipeline(db, viewer, &rows).await?;
    let mut all: Vec<CapacityForecast> =
        weeks.mondays().iter().copied().map(CapacityForecast::empty).collect();
    let of = by_person(&rows);
    let open = open_places(&rows, &people);
    let staff = people.iter().map(|person| (Whose::Person(*person), of.get(person), true));
    for (whose, rows, is_person) in staff.chain([(Whose::Agency, Some(&open), false)]) {
        for (figures, week) in all.iter_mut().zip(weeks.of(whose)) {
            figures.capacity_minutes += if is_person { week.capacity() } else { 0 };
            for row in rows.into_iter().flatten() {
                let unsure = !is_firm(row) || early.contains(&row.project_id);
                figures.take(week.taken(&demand(row)), is_person.then(|| is_firm(row)), unsure);
            }
        }
    }
    for figures in &mut all {
        let asked = figures.firm_minutes + figures.tentative_minutes + figures.placeholder_minutes;
        figures.free_minutes = figures.capacity_minutes - asked;
    }
    Ok(all)
}

impl CapacityForecast {
    /// The figures of nobody.
    fn empty(monday: NaiveDate) -> Self {
        Self {
            week_start: monday.into(),
            capacity_minutes: 0,
            firm_minutes: 0,
            tentative_minutes: 0,
            placeholder_minutes: 0,
            pipeline_minutes: 0,
            free_minutes: 0,
        }
    }

    /// Adds what somebody is planned for, firmly or not, or what a place asks for that is none's.
    fn take(&mut self, minutes: i64, firm: Option<bool>, unsure: bool) {
        match firm {
            None => self.placeholder_minutes += minutes,
            Some(true) => self.firm_minutes += minutes,
            Some(false) => self.tentative_minutes += minutes,
        }
        self.pipeline_minutes += if unsure { minutes } else { 0 };
    }
}
