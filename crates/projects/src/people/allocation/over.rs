//! Weeks in which somebody has more firm work than time.

use std::collections::{BTreeMap, HashSet};

use async_graphql::SimpleObject;
use chrono::NaiveDate;
use kernel::{
    Error, FieldError, Result, Text,
    id::{AllocationId, UserId},
    scalar::Date,
    viewer::Viewer,
};
use sea_orm::ConnectionTrait;

use super::entity::Model;
use crate::{
    calendar::sources::Whose,
    people::{
        settings,
        workload::{
            figures::{Demand, Week, monday},
            store::{Among, Weeks, allocations, by_person, demand, is_firm},
        },
    },
    words::OverAllocation as Policy,
};

/// Somebody would get more firm work than they have time.
pub const OVER_ALLOCATED: Text = Text::new(
    "over_allocated",
    "{person} has {capacity} minutes in the week of {week} and would have {allocated} minutes of firm work, {over} too \
     many.",
    "{person} dispose de {capacity} minutes la semaine du {week} et aurait {allocated} minutes de travail ferme, soit \
     {over} de trop.",
);

/// There are more weeks than those that are named.
pub const MORE_WEEKS: Text = Text::new(
    "more_over_allocated",
    "Further weeks in which {person} would have too much firm work: {count}.",
    "Autres semaines où {person} aurait trop de travail ferme : {count}.",
);

/// Most weeks that are named.
const NAMED: usize = 30;

/// Most weeks that are told at once.
const TOLD: usize = 200;

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

/// An allocation that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What counts of it already; none for one that is new, or whose project did not count.
    pub before: Option<&'a Model>,
    /// What it becomes.
    pub after: &'a Model,
}

impl Change<'_> {
    /// What it takes of its person's time, and took already; none if it is not firm or is the same.
    fn firm(&self) -> Option<Taking> {
        let person = self.after.user_id.filter(|_| is_firm(self.after))?;
        let before = self.before.filter(|row| row.user_id == Some(person) && is_firm(row)).map(demand);
        let after = demand(self.after);
        (before != Some(after)).then_some(Taking { id: self.after.id, person, before, after })
    }
}

/// Firm work that somebody gets in another measure than before.
#[derive(Clone, Copy, Debug)]
struct Taking {
    id: AllocationId,
    person: UserId,
    before: Option<Demand>,
    after: Demand,
}

/// The weeks, from the present one on, in which these changes give somebody more firm work than before, and more than
/// they have time, by person and week; in five statements. Changes of one person count together.
///
/// # Errors
/// If the database does not answer.
pub async fn check(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    changes: &[Change<'_>],
    today: NaiveDate,
) -> Result<Vec<OverAllocatedWeek>> {
    let mut more: BTreeMap<UserId, Vec<Taking>> = BTreeMap::new();
    for taking in changes.iter().filter_map(Change::firm) {
        more.entry(taking.person).or_default().push(taking);
    }
    let demands = || more.values().flatten().map(|taking| taking.after);
    // Reason: what is past is done; nobody has to undo it before they may plan on.
    let first = demands().map(|demand| demand.first).min().map(|first| first.max(monday(today)));
    let last = demands().map(|demand| demand.last).max();
    let Some(range) = first.zip(last).filter(|(first, last)| first <= last) else { return Ok(Vec::new()) };
    let people: Vec<UserId> = more.keys().copied().collect();
    let weeks = Weeks::load(conn, viewer, &people, range).await?;
    let stored = allocations(conn, viewer, Among::People(&people), range).await?;
    let of = by_person(&stored);
    let over = more.iter().flat_map(|(person, takings)| {
        let changed: HashSet<AllocationId> = takings.iter().map(|taking| taking.id).collect();
        let others = of.get(person).map_or(&[][..], Vec::as_slice).iter();
        let others = others.filter(|row| is_firm(row) && !changed.contains(&row.id));
        let firm: Vec<Demand> =
            others.map(|row| demand(row)).chain(takings.iter().map(|taking| taking.after)).collect();
        let mut weeks = weeks.of(Whose::Person(*person));
        // Reason: a week that was too full before, and gets no fuller, is not the matter of the change.
        weeks.retain(|week| {
            let after: i64 = takings.iter().map(|taking| week.taken(&taking.after)).sum();
            let before: i64 =
                takings.iter().filter_map(|taking| taking.before).map(|demand| week.taken(&demand)).sum();
            after > before
        });
        weeks_over(*person, &weeks, &firm)
    });
    Ok(over.collect())
}

/// Whether the agency refuses more firm work than people have time.
///
/// # Errors
/// If the database does not answer.
pub async fn is_refused(conn: &impl ConnectionTrait, viewer: &Viewer) -> Result<bool> {
    let settings = settings::read(conn, viewer).await?;
    Ok(Policy::parse(&settings.over_allocation).unwrap_or_default() == Policy::Refuse)
}

/// The error that names the weeks, with their figures.
#[must_use]
pub fn refused(person: &str, weeks: &[OverAllocatedWeek]) -> Error {
    Error::Invalid(said("userId", person, weeks))
}

/// What is wrong at a path that names a person: the first weeks, with their figures, and how many more there are.
#[must_use]
pub fn said(path: &str, person: &str, weeks: &[OverAllocatedWeek]) -> Vec<FieldError> {
    let said = |over: &OverAllocatedWeek| {
        let said = OVER_ALLOCATED.with("person", person).with("week", over.week_start);
        let said = said.with("capacity", over.capacity_minutes).with("allocated", over.allocated_minutes);
        FieldError::new(path, said.with("over", over.over_minutes))
    };
    let mut fields: Vec<FieldError> = weeks.iter().take(NAMED).map(said).collect();
    if let Some(more) = weeks.len().checked_sub(NAMED).filter(|more| *more > 0) {
        fields.push(FieldError::new(path, MORE_WEEKS.with("person", person).with("count", more)));
    }
    fields
}

/// The weeks in which these people have more firm work than time, by person in the given order and week, without the
/// first ones that are skipped; in five statements.
///
/// # Errors
/// If the database does not answer.
pub async fn of_people(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    people: &[UserId],
    (range, skip): ((NaiveDate, NaiveDate), usize),
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
    Ok(over.skip(skip).take(TOLD).collect())
}
