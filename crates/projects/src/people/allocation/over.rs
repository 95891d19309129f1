//! Weeks in which somebody has more firm work than time.

use async_graphql::SimpleObject;
use chrono::NaiveDate;
use kernel::{Error, FieldError, Result, Text, id::UserId, scalar::Date, viewer::Viewer};
use sea_orm::ConnectionTrait;

use super::entity::Model;
use crate::{
    calendar::sources::Whose,
    people::workload::{
        figures::{Demand, Week},
        store::{Among, Weeks, allocations, by_person, demand, is_firm},
    },
};

/// Somebody would get more firm work than they have time.
pub const OVER_ALLOCATED: Text = Text::new(
    "over_allocated",
    "{person} has {capacity} minutes in the week of {week} and would have {allocated} minutes of firm work, {over} too \
     many.",
    "{person} dispose de {capacity} minutes la semaine du {week} et aurait {allocated} minutes de travail ferme, soit \
     {over} de trop.",
);

/// Most weeks that are named.
const NAMED: usize = 30;

/// A week in which somebody has more firm work than time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct OverAllocatedWeek {
    /// Id of the person.
    pub user_id: UserId,
    /// The Monday of the week.
    pub week_start: Date,
    /// What they have, in minutes: their hours without public holidays and leave, as far as they can work them.
    pub capacity_minutes: i64,
    /// What firm allocations take, in minutes.
    pub allocated_minutes: i64,
    /// How much of that is too much, in minutes.
    pub over_minutes: i64,
}

/// The weeks of a person in which these demands are more than they have.
#[must_use]
pub fn weeks_over(person: UserId, weeks: &[Week], firm: &[Demand]) -> Vec<OverAllocatedWeek> {
    let over = |week: &Week| {
        let capacity = week.capacity();
        let allocated: i64 = firm.iter().map(|demand| week.taken(demand)).sum();
        (allocated > capacity).then(|| OverAllocatedWeek {
            user_id: person,
            week_start: week.monday.into(),
            capacity_minutes: capacity,
            allocated_minutes: allocated,
            over_minutes: allocated - capacity,
        })
    };
    weeks.iter().filter_map(over).collect()
}

/// The weeks of an allocation in which its person has more firm work than time, if it is one of it; in five statements.
/// What is stored of the allocation itself does not count.
///
/// # Errors
/// If the database does not answer.
pub async fn check(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    row: &Model,
) -> Result<Vec<OverAllocatedWeek>> {
    let over = check_all(conn, viewer, std::slice::from_ref(row)).await?;
    Ok(over.into_iter().next().unwrap_or_default())
}

/// The same of several allocations of different people, in as many statements: for each its weeks.
///
/// # Errors
/// If the database does not answer.
pub async fn check_all(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    rows: &[Model],
) -> Result<Vec<Vec<OverAllocatedWeek>>> {
    let firm: Vec<&Model> = rows.iter().filter(|row| is_firm(row)).collect();
    let people: Vec<UserId> = firm.iter().filter_map(|row| row.user_id).collect();
    let first = firm.iter().map(|row| row.starts_on).min();
    let last = firm.iter().map(|row| row.ends_on).max();
    let Some(range) = first.zip(last).filter(|_| !people.is_empty()) else {
        return Ok(vec![Vec::new(); rows.len()]);
    };
    let weeks = Weeks::load(conn, viewer, &people, range).await?;
    let others = allocations(conn, viewer, Among::People(&people), range).await?;
    let of = by_person(&others);
    let over = |row: &Model| {
        let Some(person) = row.user_id.filter(|_| is_firm(row)) else { return Vec::new() };
        let weeks = weeks.of(Whose::Person(person));
        let others = of.get(&person).map_or(&[][..], Vec::as_slice);
        let others = others.iter().filter(|other| other.id != row.id && is_firm(other));
        let firm: Vec<Demand> = others.map(|other| demand(other)).chain([demand(row)]).collect();
        let mut over = weeks_over(person, &weeks, &firm);
        // Reason: a week that is too full without the allocation, which takes nothing of it, is not its matter.
        let own = demand(row);
        over.retain(|over| {
            weeks.iter().any(|week| Date::from(week.monday) == over.week_start && week.taken(&own) > 0)
        });
        over
    };
    Ok(rows.iter().map(over).collect())
}

/// The error that names the weeks, with their figures.
#[must_use]
pub fn refused(person: &str, weeks: &[OverAllocatedWeek]) -> Error {
    Error::Invalid(said("userId", person, weeks))
}

/// What is wrong at a path that names a person: the weeks, with their figures.
#[must_use]
pub fn said(path: &str, person: &str, weeks: &[OverAllocatedWeek]) -> Vec<FieldError> {
    let said = |over: &OverAllocatedWeek| {
        let said = OVER_ALLOCATED.with("person", person).with("week", over.week_start);
        let said = said.with("capacity", over.capacity_minutes).with("allocated", over.allocated_minutes);
        FieldError::new(path, said.with("over", over.over_minutes))
    };
    weeks.iter().take(NAMED).map(said).collect()
}

/// The weeks in which these people have more firm work than time, by person and week; in five statements.
///
/// # Errors
/// If the database does not answer.
pub async fn of_people(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    people: &[UserId],
    range: (NaiveDate, NaiveDate),
) -> Result<Vec<OverAllocatedWeek>> {
    let weeks = Weeks::load(conn, viewer, people, range).await?;
    let rows = allocations(conn, viewer, Among::People(people), range).await?;
    let of = by_person(&rows);
    let over = people.iter().flat_map(|person| {
        let rows = of.get(person).map_or(&[][..], Vec::as_slice);
        let firm: Vec<Demand> = rows.iter().filter(|row| is_firm(row)).map(|row| demand(row)).collect();
        if firm.is_empty() {
            Vec::new()
        } else {
            weeks_over(*person, &weeks.of(Whose::Person(*person)), &firm)
        }
    });
    Ok(over.collect())
}
