//! Forgotten timers: found by a job, and flagged or stopped as the agency wants it.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    Error, Result,
    act::Act,
    db::Db,
    id::{TenantId, TypedId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType};

use super::{
    entity::{Column, Entity, Model},
    mutation::StopTimerInput,
    record,
};
use crate::{
    service::Clocks,
    time::{book::Book, settings},
    words::TimerAction,
};

/// Agencies that are found at once.
const TENANTS: u64 = 200;

/// Timers of an agency that are found at once.
pub const TIMERS: u64 = 100;

/// Agencies with timers that may be forgotten: those that run longer than the least that an agency can say. In the
/// order of their ids, behind `after`.
///
/// # Errors
/// If the database does not answer.
#[expect(
    clippy::disallowed_methods,
    reason = "which agencies have anything to look at is asked of all of them"
)]
pub async fn tenants(db: &Db, now: DateTime<Utc>, after: Option<TenantId>) -> Result<Vec<TenantId>> {
    let mut found = Entity::find()
        .filter(Column::StartedAt.lte(now - TimeDelta::hours(1)))
        .filter(Column::FlaggedAt.is_null());
    if let Some(after) = after {
        found = found.filter(Column::TenantId.gt(after.uuid()));
    }
    let found = found.select_only().column(Column::TenantId).distinct();
    Ok(found.order_by_asc(Column::TenantId).limit(TENANTS).into_tuple().all(db).await?)
}

/// The forgotten timers of the viewer's agency that were not found before, the oldest first, with what is to become of
/// them and after how many hours.
///
/// # Errors
/// If the database does not answer.
pub async fn forgotten(db: &Db, viewer: &Viewer) -> Result<(TimerAction, i32, Vec<Model>)> {
    let settings = settings::read(db, viewer).await?;
    let limit = TimeDelta::hours(settings.timer_hours.into());
    let timers = Entity::of_tenant(viewer.tenant_id())
        .filter(Column::StartedAt.lte(viewer.now - limit))
        .filter(Column::FlaggedAt.is_null())
        .order_by_asc(Column::StartedAt)
        .limit(TIMERS);
    let action = TimerAction::parse(&settings.timer_action).unwrap_or_default();
    Ok((action, settings.timer_hours, timers.all(db).await?))
}

/// Flags timers as forgotten, as far as they run still; they run on. Answers whose they are.
///
/// Race: read again and held, so that one that was stopped or flagged meanwhile is passed over.
///
/// # Errors
/// If the database does not answer.
pub async fn flag(act: &mut Act, timers: &[Model]) -> Result<HashSet<UserId>> {
    let running = Entity::of_tenant(act.viewer().tenant_id())
        .filter(Column::Id.is_in(timers.iter().map(|timer| timer.id.uuid())))
        .filter(Column::FlaggedAt.is_null())
        .order_by_asc(Column::Id)
        .lock(LockType::NoKeyUpdate);
    let running = running.all(act.conn()).await?;
    let (now, people) = (act.now(), running.iter().map(|timer| timer.user_id).collect());
    act.update_all(running, |timer| timer.flagged_at = Some(now)).await?;
    Ok(people)
}

/// Stops a timer at the hours that it may run, and writes its time down as one to be looked at.
///
/// # Errors
/// NOT_FOUND if its owner stopped it meanwhile; as stopping by hand: CONFLICT for a project that is over, INVALID for a day
/// or week that takes no time.
pub async fn stop(act: &mut Act, clocks: &dyn Clocks, timer: Model, hours: i32) -> Result<()> {
    let mut book = Book::open(act, clocks, timer.user_id).await?;
    let there = Entity::of_tenant(timer.tenant_id).filter(Column::Id.eq(timer.id.uuid()));
    let Some(timer) = there.one(act.conn()).await? else {
        return Err(Error::not_found(kernel::id::TimerId::TYPE, timer.id));
    };
    let end = timer.started_at + TimeDelta::hours(hours.into());
    let flagged = Model { flagged_at: Some(act.now()), ..timer.clone() };
    let timer = act.update(&timer, flagged).await?;
    record(act, &mut book, timer, StopTimerInput::default(), end).await.map(drop)
}
