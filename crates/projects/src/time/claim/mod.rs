//! What is offered for billing: approved billable time, which is claimed once, and given back when a bill is void.
//!
//! For other domains, through a flow: [`claim`] and [`release`] are part of the act that bills.

pub mod entity;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use kernel::{
    Error, Result, Text,
    act::Act,
    id::{ActivityTypeId, ProjectId, TaskId, TimeClaimId, TimeEntryId, TimesheetId, TypedId, UserId},
    money::Money,
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, sea_query::LockType,
};
use uuid::Uuid;

use super::{
    entry::entity::{self as entry, Column as Of},
    rounding::Rounding,
    settings,
};
use crate::{
    policy::time::TIME_READ,
    project::entity as project,
    words::{BillingType, TimeEntryStatus},
};
use entity::{Column, Entity, Model};

/// The claim was given back.
pub const RELEASED: Text =
    Text::new("claim_released", "This time was given back already.", "Ce temps a déjà été rendu.");

/// Which time is wanted; every condition must hold.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only of these projects.
    pub projects: Option<Vec<ProjectId>>,
    /// Only these entries.
    pub entries: Option<Vec<TimeEntryId>>,
    /// Only up to this day.
    pub through: Option<NaiveDate>,
}

/// Time that was claimed, as it is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The entry.
    pub entry: TimeEntryId,
    /// What it was spent on.
    pub project: ProjectId,
    /// The task.
    pub task: Option<TaskId>,
    /// The kind of work.
    pub activity: Option<ActivityTypeId>,
    /// Who worked; none once they were erased.
    pub person: Option<UserId>,
    /// The day.
    pub on: NaiveDate,
    /// Minutes as they were worked.
    pub worked: i64,
    /// Minutes as they are billed, after rounding.
    pub billed: i64,
    /// What an hour is billed at.
    pub rate: Money,
    /// What the billed minutes are worth: rate × minutes / 60, rounded half-even once.
    pub amount: Money,
}

/// What was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The claim to release it by.
    pub id: TimeClaimId,
    /// Its time, by day.
    pub lines: Vec<Line>,
}

/// Claims approved billable time with a rate that nobody has claimed, of projects that are billed by the hour, as far as
/// the act's viewer sees it. None if there is no such time.
///
/// Invariant: an entry is in one claim at most until that is released, whoever claims at the same moment.
///
/// # Errors
/// INVALID if an amount is beyond all bounds.
pub async fn claim(act: &mut Act, wanted: &Wanted) -> Result<Option<Claimed>> {
    let projects: Vec<ProjectId> = offered(act, wanted)
        .select_only()
        .column(Of::ProjectId)
        .distinct()
        .into_tuple()
        .all(act.conn())
        .await?;
    if projects.is_empty() {
        return Ok(None);
    }
    // Race: claims of a project come one after the other, so what a day was billed before is known when it is rounded.
    let locked = project::Entity::of_tenant(act.viewer().tenant_id())
        .filter(project::Column::Id.is_in(projects.iter().map(|project| project.uuid())))
        .order_by_asc(project::Column::Id)
        .lock(LockType::NoKeyUpdate);
    locked.all(act.conn()).await?;
    let entries = offered(act, wanted)
        .filter(Of::ProjectId.is_in(projects.iter().map(|project| project.uuid())))
        .order_by_asc(Of::SpentOn)
        .order_by_asc(Of::Id)
        .lock(LockType::NoKeyUpdate);
    let entries = entries.all(act.conn()).await?;
    if entries.is_empty() {
        return Ok(None);
    }
    let rule = settings::rounding(&settings::read(act.conn(), act.viewer()).await?);
    let before = billed_before(act, &entries).await?;
    let billed = billed(rule, &before, &entries);
    let id = insert(act).await?;
    let lines = entries.iter().map(|entry| line(entry, billed.get(&entry.id).copied().unwrap_or_default()));
    let lines = lines.collect::<Result<Vec<Line>>>()?;
    let pair = |before: entry::Model| {
        let billed_minutes = billed.get(&before.id).copied();
        (before.clone(), entry::Model { claim_id: Some(id), billed_minutes, ..before })
    };
    act.update_pairs(entries.into_iter().map(pair).collect()).await?;
    Ok(Some(Claimed { id, lines }))
}

/// Time that can be claimed: what a fixed price or a retainer pays for is not billed by the hour, whatever was said of it
/// when it was written down.
fn offered(act: &Act, wanted: &Wanted) -> Select<entry::Entity> {
    let Wanted { projects, entries, through } = wanted;
    let hourly = project::Entity::of_tenant(act.viewer().tenant_id())
        .filter(project::Column::BillingType.eq(BillingType::TimeAndMaterials.as_str()))
        .select_only()
        .column(project::Column::Id);
    let mut select = entry::Entity::visible(act.viewer(), TIME_READ)
        .filter(Of::Status.eq(TimeEntryStatus::Approved.as_str()))
        .filter(Of::Billable.eq(true))
        .filter(Of::BillRateMinor.is_not_null())
        .filter(Of::ClaimId.is_null())
        .filter(Of::ProjectId.in_subquery(hourly.into_query()));
    if let Some(projects) = projects {
        select = select.filter(Of::ProjectId.is_in(projects.iter().map(|id| id.uuid())));
    }
    if let Some(entries) = entries {
        select = select.filter(Of::Id.is_in(entries.iter().map(|id| id.uuid())));
    }
    if let Some(through) = through {
        select = select.filter(Of::SpentOn.lte(*through));
    }
    select
}

/// One person's day on one project. A week is one person's, also once they were erased.
type Day = (TimesheetId, ProjectId, NaiveDate);

fn day(entry: &entry::Model) -> Day {
    (entry.timesheet_id, entry.project_id, entry.spent_on)
}

/// Minutes worked and billed by earlier claims, for each day that the entries are of.
async fn billed_before(act: &Act, entries: &[entry::Model]) -> Result<HashMap<Day, (i64, i64)>> {
    let days: HashSet<Day> = entries.iter().map(day).collect();
    let projects: HashSet<Uuid> = entries.iter().map(|entry| entry.project_id.uuid()).collect();
    let dates: HashSet<NaiveDate> = entries.iter().map(|entry| entry.spent_on).collect();
    let claimed = entry::Entity::of_tenant(act.viewer().tenant_id())
        .filter(Of::ClaimId.is_not_null())
        .filter(Of::ProjectId.is_in(projects))
        .filter(Of::SpentOn.is_in(dates));
    let mut before: HashMap<Day, (i64, i64)> = HashMap::new();
    for entry in claimed.all(act.conn()).await?.iter().filter(|entry| days.contains(&day(entry))) {
        let (worked, billed) = before.entry(day(entry)).or_default();
        *worked += entry.minutes;
        *billed += entry.billed_minutes.unwrap_or_default();
    }
    Ok(before)
}

/// How many minutes of each entry are billed.
fn billed(
    rule: Rounding,
    before: &HashMap<Day, (i64, i64)>,
    entries: &[entry::Model],
) -> HashMap<TimeEntryId, i64> {
    let mut days: HashMap<Day, Vec<&entry::Model>> = HashMap::new();
    for entry in entries {
        days.entry(day(entry)).or_default().push(entry);
    }
    let mut billed = HashMap::with_capacity(entries.len());
    for (day, entries) in days {
        let minutes: Vec<i64> = entries.iter().map(|entry| entry.minutes).collect();
        let shares = rule.bill(before.get(&day).copied().unwrap_or_default(), &minutes);
        billed.extend(entries.iter().map(|entry| entry.id).zip(shares));
    }
    billed
}

fn line(entry: &entry::Model, billed: i64) -> Result<Line> {
    let rate = entry.bill_rate_minor.zip(entry.bill_rate_currency);
    let (minor, currency) = rate.ok_or_else(|| Error::internal("offered time has a rate"))?;
    let rate = Money::new(minor, currency);
    Ok(Line {
        entry: entry.id,
        project: entry.project_id,
        task: entry.task_id,
        activity: entry.activity_id,
        person: entry.user_id,
        on: entry.spent_on,
        worked: entry.minutes,
        billed,
        rate,
        amount: rate.mul_ratio(billed, 60)?,
    })
}

async fn insert(act: &mut Act) -> Result<TimeClaimId> {
    let claim = Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        created_by: act.viewer().user_id(),
        released_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    };
    Ok(act.insert(claim).await?.id)
}

/// Gives the time of a claim back, for a bill that is void: it can be claimed again.
///
/// # Errors
/// NOT_FOUND, CONFLICT if it was given back already.
pub async fn release(act: &mut Act, id: TimeClaimId) -> Result<()> {
    let claims = claims(act);
    let claim = claims.filter(Column::Id.eq(id.uuid())).lock(LockType::NoKeyUpdate).one(act.conn()).await?;
    let claim = claim.ok_or_else(|| Error::not_found(TimeClaimId::TYPE, id))?;
    if claim.released_at.is_some() {
        return Err(Error::conflict(RELEASED));
    }
    let released = Model { released_at: Some(act.now()), ..claim.clone() };
    act.update(&claim, released).await?;
    let entries = entry::Entity::of_tenant(act.viewer().tenant_id()).filter(Of::ClaimId.eq(id.uuid()));
    let entries = entries.all(act.conn()).await?;
    act.update_all(entries, |entry| (entry.claim_id, entry.billed_minutes) = (None, None)).await
}

/// Takes a person out of the claims that they made.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn erase_user(act: &mut Act, user: UserId) -> Result<()> {
    let claims = claims(act).filter(Column::CreatedBy.eq(user)).all(act.conn()).await?;
    act.update_all(claims, |claim| claim.created_by = None).await
}

/// Claims of the act's tenant.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
fn claims(act: &Act) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(act.viewer().tenant_id()))
}
