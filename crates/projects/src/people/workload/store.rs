//! What capacity and load are counted from: the hours of people and the allocations of an agency, read in few statements.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use kernel::{
    Result,
    id::{ProjectId, TypedId, UserId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QuerySelect};

use super::figures::{Amount, Demand, Minutes, Week, monday, mondays};
use crate::{
    calendar::sources::{Sources, Whose},
    people::allocation::entity::{Column, Entity, Model},
    project::{entity as projects, under_way},
    words::Commitment,
};

/// The weeks of people with their hours.
pub struct Weeks {
    sources: Sources,
    mondays: Vec<NaiveDate>,
}

/// The last day of the week of a Monday.
fn sunday(monday: NaiveDate) -> NaiveDate {
    monday.checked_add_days(Days::new(6)).unwrap_or(monday)
}

impl Weeks {
    /// Reads the hours of people in the weeks from one day to another, in four statements.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn load(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        people: &[UserId],
        (first, last): (NaiveDate, NaiveDate),
    ) -> Result<Self> {
        let mondays = mondays(first, last);
        let range = (monday(first), mondays.last().copied().map_or(last, sunday));
        Ok(Self { sources: Sources::load(conn, viewer, people, range).await?, mondays })
    }

    /// The Mondays.
    #[must_use]
    pub fn mondays(&self) -> &[NaiveDate] {
        &self.mondays
    }

    /// Leaves out the weeks of all Mondays but these.
    pub fn keep(&mut self, wanted: impl FnMut(&NaiveDate) -> bool) {
        self.mondays.retain(wanted);
    }

    /// What hours are made of.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The weeks of somebody.
    #[must_use]
    pub fn of(&self, whose: Whose) -> Vec<Week> {
        // Reason: days are read in runs of weeks, for weeks between them may be left out.
        let runs = self.mondays.chunk_by(|one, next| (*next - *one).num_days() == 7);
        let run = |run: &[NaiveDate]| match run {
            [] => Vec::new(),
            [first, ..] => self.sources.days(whose, (*first, sunday(run[run.len() - 1]))),
        };
        let minutes: Vec<Minutes> = runs
            .flat_map(run)
            .map(|(_, day)| Minutes { planned: day.planned.minutes(), worked: day.hours.minutes() })
            .collect();
        let limit = match whose {
            Whose::Person(person) => self.sources.profile(person).and_then(|profile| profile.weekly_minutes),
            _ => None,
        };
        let plain = self.sources.plain_week(whose);
        let week = |(monday, days): (&NaiveDate, &[Minutes])| Week {
            monday: *monday,
            days: std::array::from_fn(|place| days.get(place).copied().unwrap_or_default()),
            plain,
            limit,
        };
        self.mondays.iter().zip(minutes.chunks(7)).map(week).collect()
    }
}

/// How much an allocation takes.
#[must_use]
pub fn demand(row: &Model) -> Demand {
    let amount = match (row.percent, row.weekly_minutes) {
        (Some(percent), _) => Amount::Percent(percent),
        (None, minutes) => Amount::Minutes(minutes.unwrap_or_default()),
    };
    Demand { first: row.starts_on, last: row.ends_on, amount }
}

/// Whether an allocation is firm.
#[must_use]
pub fn is_firm(row: &Model) -> bool {
    row.commitment == Commitment::Firm.as_str()
}

/// Whose allocations are read.
#[derive(Clone, Copy, Debug)]
pub enum Among<'a> {
    /// Those of these people.
    People(&'a [UserId]),
    /// Those of everybody, and places that nobody has taken.
    Everybody,
    /// Places that nobody has taken.
    Places,
}

/// The allocations on projects that are not over, in the weeks from one day to another; in one statement.
///
/// # Errors
/// If the database does not answer.
pub async fn allocations(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    among: Among<'_>,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<Model>> {
    let of = |people: &[UserId]| {
        one_of(conn.get_database_backend(), Column::UserId, people.iter().map(|user| user.uuid()))
    };
    let whose = match among {
        Among::People([]) => return Ok(Vec::new()),
        Among::Places => Condition::all().add(Column::UserId.is_null()),
        Among::People(people) => Condition::all().add(of(people)),
        Among::Everybody => Condition::all(),
    };
    let rows = Entity::of_tenant(viewer.tenant_id())
        .filter(whose)
        .filter(Column::StartsOn.lte(sunday(monday(last))))
        .filter(Column::EndsOn.gte(monday(first)))
        .filter(Column::ProjectId.in_subquery(under_way(viewer.tenant_id())));
    Ok(rows.all(conn).await?)
}

/// Those of allocations that are still to be filled: places that nobody has taken, and what people are planned for who
/// are none of these, for they take part no more.
#[must_use]
pub fn open_places<'r>(rows: &'r [Model], staff: &[UserId]) -> Vec<&'r Model> {
    let staff: HashSet<UserId> = staff.iter().copied().collect();
    rows.iter().filter(|row| row.user_id.is_none_or(|user| !staff.contains(&user))).collect()
}

/// Allocations by person; places that nobody has taken are left out.
#[must_use]
pub fn by_person(rows: &[Model]) -> HashMap<UserId, Vec<&Model>> {
    let mut found: HashMap<UserId, Vec<&Model>> = HashMap::new();
    for row in rows {
        if let Some(user) = row.user_id {
            found.entry(user).or_default().push(row);
        }
    }
    found
}

/// Those of the projects of allocations that are still to be won or planned, in one statement.
///
/// # Errors
/// If the database does not answer.
pub async fn in_pipeline(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    rows: &[Model],
) -> Result<HashSet<ProjectId>> {
    use crate::words::ProjectStatus::{Intake, Planning};
    let ids: HashSet<_> = rows.iter().map(|row| row.project_id.uuid()).collect();
    let early = projects::Entity::of_tenant(viewer.tenant_id())
        .filter(one_of(conn.get_database_backend(), projects::Column::Id, ids))
        .filter(projects::Column::Status.is_in([Intake, Planning].map(|status| status.as_str())));
    let early: Vec<ProjectId> =
        early.select_only().column(projects::Column::Id).into_tuple().all(conn).await?;
    Ok(early.into_iter().collect())
}
