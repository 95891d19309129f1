//! What becomes of time when its person or its project goes: hours that were worked stay as long as the work does, and
//! lose their person when that person is erased.

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{ProjectId, TenantId, TypedId, UserId},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, PaginatorTrait, QueryFilter};

use super::{
    entry::entity as entry,
    rate::{bill, cost, fixed},
    sheet::entity as sheet,
    timer::entity as timer,
};

use crate::words::TimeEntryStatus;

/// Time of the project is billed.
pub const BILLED: Text = Text::new(
    "project_billed",
    "Time of this project was taken for billing; it cannot be removed for good.",
    "Du temps de ce projet a été facturé ; il ne peut pas être supprimé définitivement.",
);

/// How many rows of time there are of a person: entries and weeks, timers, own rates.
pub struct Kept {
    /// Entries and weeks.
    pub worked: u64,
    /// Running timers.
    pub timers: u64,
    /// Rates of billing and cost.
    pub rates: u64,
}

/// Counts what is kept of a person's time.
///
/// # Errors
/// If the database does not answer.
pub async fn kept(conn: &impl ConnectionTrait, tenant: TenantId, user: UserId) -> Result<Kept> {
    let entries = entry::Entity::of_tenant(tenant).filter(entry::Column::UserId.eq(user));
    let weeks = sheet::Entity::of_tenant(tenant).filter(sheet::Column::UserId.eq(user));
    let timers = timer::Entity::of_tenant(tenant).filter(timer::Column::UserId.eq(user));
    let bills = bill::Entity::of_tenant(tenant).filter(bill::Column::UserId.eq(user));
    let costs = cost::Entity::of_tenant(tenant).filter(cost::Column::UserId.eq(user));
    Ok(Kept {
        worked: entries.count(conn).await? + weeks.count(conn).await?,
        timers: timers.count(conn).await?,
        rates: bills.count(conn).await? + costs.count(conn).await?,
    })
}

/// Removes a person's timer and rates, for somebody who leaves; their hours stay theirs, and what waits for a decision
/// keeps the rates that held for it.
///
/// # Errors
/// If the database does not answer.
pub async fn forget_user(act: &mut Act, user: UserId) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let waiting = entry::Entity::of_tenant(tenant)
        .filter(entry::Column::UserId.eq(user))
        .filter(entry::Column::Status.eq(TimeEntryStatus::Submitted.as_str()));
    let waiting = waiting.all(act.conn()).await?;
    let fixed = fixed(act.conn(), tenant, &waiting).await?;
    act.update_pairs(waiting.into_iter().zip(fixed).collect()).await?;
    let timers =
        timer::Entity::of_tenant(tenant).filter(timer::Column::UserId.eq(user)).all(act.conn()).await?;
    act.delete_all(timers).await?;
    let bills = bill::Entity::of_tenant(tenant).filter(bill::Column::UserId.eq(user)).all(act.conn()).await?;
    act.delete_all(bills).await?;
    let costs = cost::Entity::of_tenant(tenant).filter(cost::Column::UserId.eq(user)).all(act.conn()).await?;
    act.delete_all(costs).await
}

/// Takes a person out of the hours that they worked and decided about, for somebody who is erased; what they wrote about
/// their work goes.
///
/// # Errors
/// If the database does not answer.
pub async fn erase_user(act: &mut Act, user: UserId) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let worked = Condition::any().add(entry::Column::UserId.eq(user)).add(entry::Column::DecidedBy.eq(user));
    let entries = entry::Entity::of_tenant(tenant).filter(worked).all(act.conn()).await?;
    act.update_all(entries, |entry| {
        if entry.user_id == Some(user) {
            (entry.user_id, entry.reason) = (None, None);
            entry.description.clear();
        }
        entry.decided_by = entry.decided_by.filter(|by| *by != user);
    })
    .await?;
    let weeks = Condition::any().add(sheet::Column::UserId.eq(user)).add(sheet::Column::DecidedBy.eq(user));
    let weeks = sheet::Entity::of_tenant(tenant).filter(weeks).all(act.conn()).await?;
    act.update_all(weeks, |week| {
        if week.user_id == Some(user) {
            (week.user_id, week.reason) = (None, None);
        }
        week.decided_by = week.decided_by.filter(|by| *by != user);
    })
    .await?;
    super::claim::erase_user(act, user).await
}

/// Removes the time of a project that is removed for good.
///
/// # Errors
/// CONFLICT if some of it was taken for billing.
pub async fn forget_project(act: &mut Act, project: ProjectId) -> Result<()> {
    let (tenant, project) = (act.viewer().tenant_id(), project.uuid());
    let entries = entry::Entity::of_tenant(tenant).filter(entry::Column::ProjectId.eq(project));
    let entries = entries.all(act.conn()).await?;
    if entries.iter().any(|entry| entry.claim_id.is_some()) {
        return Err(Error::conflict(BILLED));
    }
    act.delete_all(entries).await?;
    let timers = timer::Entity::of_tenant(tenant).filter(timer::Column::ProjectId.eq(project));
    let timers = timers.all(act.conn()).await?;
    act.delete_all(timers).await?;
    let bills = bill::Entity::of_tenant(tenant).filter(bill::Column::ProjectId.eq(project));
    let bills = bills.all(act.conn()).await?;
    act.delete_all(bills).await?;
    let costs = cost::Entity::of_tenant(tenant).filter(cost::Column::ProjectId.eq(project));
    let costs = costs.all(act.conn()).await?;
    act.delete_all(costs).await
}
