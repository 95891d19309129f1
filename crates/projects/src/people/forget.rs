//! What becomes of a person's profile, leave and allocations when they leave the agency or are erased, and of
//! allocations when their project goes.

use chrono::NaiveDate;
use kernel::{
    Result, Said, Text,
    act::Act,
    id::{ProjectId, TenantId, TypedId, UserId},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, ConnectionTrait, PaginatorTrait, QueryFilter};

use super::{
    allocation::{entity as allocation, needed},
    leave::entity as leave,
    profile::{certified, entity as profile, skilled},
};
use crate::calendar::day;

/// The role of a place that somebody left, if it had none.
const PLACE: Text = Text::new("place_left", "Place to fill", "Place à pourvoir");

/// How many rows there are of a person: of their profile with what belongs to it, of leave, of allocations.
pub struct Kept {
    /// The profile, skills, certifications and single days.
    pub profile: u64,
    /// Leave, and decisions about that of others.
    pub leave: u64,
    /// Allocations.
    pub allocations: u64,
}

macro_rules! theirs {
    ($module:ident, $tenant:expr, $user:expr) => {
        $module::of_tenant($tenant).filter($module::Column::UserId.eq($user.uuid()))
    };
    (guarded $module:ident, $tenant:expr, $user:expr) => {
        $module::Entity::of_tenant($tenant).filter($module::Column::UserId.eq($user.uuid()))
    };
}

/// Counts what is kept of a person.
///
/// # Errors
/// If the database does not answer.
pub async fn kept(conn: &impl ConnectionTrait, tenant: TenantId, user: UserId) -> Result<Kept> {
    let profile = theirs!(guarded profile, tenant, user).count(conn).await?
        + theirs!(skilled, tenant, user).count(conn).await?
        + theirs!(certified, tenant, user).count(conn).await?
        + theirs!(day, tenant, user).count(conn).await?;
    let decided = leave::Entity::of_tenant(tenant).filter(leave::Column::DecidedBy.eq(user.uuid()));
    Ok(Kept {
        profile,
        leave: theirs!(guarded leave, tenant, user).count(conn).await? + decided.count(conn).await?,
        allocations: theirs!(guarded allocation, tenant, user).count(conn).await?,
    })
}

/// Removes the profile and the leave of somebody who leaves: nobody plans with them any more. What they are planned for
/// from today on becomes places to fill, without its notes; what is over goes.
///
/// # Errors
/// If the database does not answer.
pub async fn user(act: &mut Act, user: UserId) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let today = crate::today(act.viewer(), act.now());
    let rows = theirs!(guarded allocation, tenant, user).all(act.conn()).await?;
    let (ahead, over): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.ends_on >= today);
    remove(act, over).await?;
    vacate(act, ahead, today).await?;
    let rows = theirs!(guarded leave, tenant, user).all(act.conn()).await?;
    act.delete_all(rows).await?;
    let rows = theirs!(certified, tenant, user).all(act.conn()).await?;
    act.delete_all(rows).await?;
    let rows = theirs!(skilled, tenant, user).all(act.conn()).await?;
    act.delete_all(rows).await?;
    let rows = theirs!(day, tenant, user).all(act.conn()).await?;
    act.delete_all(rows).await?;
    let rows = theirs!(guarded profile, tenant, user).all(act.conn()).await?;
    act.delete_all(rows).await
}

/// Makes allocations of somebody places to fill: their projects need them all the same.
async fn vacate(act: &mut Act, rows: Vec<allocation::Model>, today: NaiveDate) -> Result<()> {
    let title = Said::from(PLACE).render(act.viewer().tenant.locale.language());
    act.update_all(rows, |row| {
        row.user_id = None;
        row.role.get_or_insert_with(|| title.clone());
        row.starts_on = row.starts_on.max(today);
        // Reason: what it says of the person could not be found any more when they are erased later, nor could their job
        // title as its role.
        row.note.clear();
    })
    .await
}

/// Takes somebody who is erased out of what they decided about others.
///
/// # Errors
/// If the database does not answer.
pub async fn decider(act: &mut Act, user: UserId) -> Result<()> {
    let rows = leave::Entity::of_tenant(act.viewer().tenant_id());
    let rows = rows.filter(leave::Column::DecidedBy.eq(user.uuid())).all(act.conn()).await?;
    act.update_all(rows, |row| row.decided_by = None).await
}

/// Removes the allocations of a project that is removed for good.
///
/// # Errors
/// If the database does not answer.
pub async fn project(act: &mut Act, project: ProjectId) -> Result<()> {
    let rows = allocation::Entity::of_tenant(act.viewer().tenant_id());
    let rows = rows.filter(allocation::Column::ProjectId.eq(project.uuid())).all(act.conn()).await?;
    remove(act, rows).await
}

/// Removes allocations with what they take.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn remove(act: &mut Act, rows: Vec<allocation::Model>) -> Result<()> {
    let ids = rows.iter().map(|row| row.id.uuid());
    let needs = needed::of_tenant(act.viewer().tenant_id()).filter(needed::Column::AllocationId.is_in(ids));
    let needs = if rows.is_empty() { Vec::new() } else { needs.all(act.conn()).await? };
    act.delete_all(needs).await?;
    act.delete_all(rows).await
}
