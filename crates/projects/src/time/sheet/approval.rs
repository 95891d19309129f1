//! What a manager decides about time that was handed in: it is approved, and its rates are fixed; or it is sent back.

use std::collections::HashSet;

use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    db::Db,
    id::{TimeEntryId, TimesheetId, TypedId},
    policy::Guarded,
    text,
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType};
use uuid::Uuid;

use super::entity::{Column, Entity, Model};
use crate::{
    policy::time::{TIME_APPROVE, TIME_READ},
    time::{
        entry::{
            entity::{self as entry, Column as Of},
            rules,
        },
        rate::fixed,
    },
    words::{TimeEntryStatus, TimesheetStatus},
};

/// The time was not handed in.
pub const NOT_SUBMITTED: Text = Text::new(
    "not_submitted",
    "Only time that was handed in can be approved or sent back.",
    "Seul le temps remis peut être approuvé ou renvoyé.",
);

/// Nobody decides about their own time.
pub const OWN_TIME: Text = Text::new(
    "own_time",
    "Somebody else has to decide about your own time.",
    "Quelqu'un d'autre doit statuer sur votre propre temps.",
);

/// Nothing in the week waits for the viewer.
pub const NOTHING_WAITS: Text = Text::new(
    "nothing_waits",
    "Nothing in this week waits for your decision.",
    "Rien dans cette semaine n'attend votre décision.",
);

/// There are too many entries.
pub const TOO_MANY: Text = Text::new(
    "too_many",
    "At most {max} entries are decided about at once.",
    "Il est statué sur {max} entrées au plus à la fois.",
);

/// Most entries of a decision.
const MAX_ENTRIES: usize = 500;

/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// What is decided.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It is approved.
    Approve,
    /// It is sent back, for this reason.
    Reject(String),
}

impl Decision {
    /// Sending back for a reason, which must be one.
    ///
    /// # Errors
    /// INVALID at `reason` for a blank or too long one.
    pub fn reject(reason: &str) -> Result<Self> {
        Ok(Self::Reject(text::line(reason, "reason", REASON_MAX)?))
    }

    const fn act(&self) -> &'static str {
        match self {
            Self::Approve => "projects.time_entry.approve",
            Self::Reject(_) => "projects.time_entry.reject",
        }
    }
}

/// Decides about entries: all of them, or none.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN also for own time, CONFLICT for what was not handed in, INVALID for too many.
pub async fn decide(
    viewer: &Viewer,
    db: &Db,
    ids: Vec<TimeEntryId>,
    decision: Decision,
) -> Result<Vec<entry::Model>> {
    viewer.require(TIME_APPROVE)?;
    let mut fields = Fields::new();
    fields.require(ids.len() <= MAX_ENTRIES, "ids", TOO_MANY.with("max", MAX_ENTRIES));
    fields.check()?;
    viewer
        .act(db, decision.act(), async |act| {
            let wanted = ids.iter().map(|id| id.uuid());
            let seen = entry::Entity::visible(viewer, TIME_READ).filter(Of::Id.is_in(wanted.clone()));
            let seen = seen.all(act.conn()).await?;
            let may = entry::Entity::visible(viewer, TIME_APPROVE).filter(Of::Id.is_in(wanted));
            let may: Vec<TimeEntryId> = may.select_only().column(Of::Id).into_tuple().all(act.conn()).await?;
            let may: HashSet<TimeEntryId> = may.into_iter().collect();
            for id in &ids {
                let found = seen.iter().find(|entry| entry.id == *id);
                let found = found.ok_or_else(|| Error::not_found(TimeEntryId::TYPE, id))?;
                check_right(viewer, found, may.contains(id))?;
            }
            let weeks = seen.iter().map(|entry| entry.timesheet_id).collect();
            let weeks = lock(act, weeks).await?;
            let entries = reread(act, &may.into_iter().collect::<Vec<_>>(), &ids).await?;
            if entries.iter().any(|entry| rules::status(entry) != TimeEntryStatus::Submitted) {
                return Err(Error::conflict(NOT_SUBMITTED));
            }
            apply(act, weeks, entries, &decision).await
        })
        .await
}

fn check_right(viewer: &Viewer, entry: &entry::Model, may: bool) -> Result<()> {
    if !may {
        return Err(Error::lacks(TIME_APPROVE.name));
    }
    let own = entry.user_id.is_some() && entry.user_id == viewer.user_id();
    if own && !viewer.reaches(TIME_APPROVE, Reach::Tenant) {
        return Err(Error::Forbidden(OWN_TIME.into()));
    }
    Ok(())
}

/// Decides about everything in a week that waits for the viewer.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT if nothing in it waits for them, or for a stale version.
pub async fn decide_week(
    viewer: &Viewer,
    db: &Db,
    id: TimesheetId,
    expected_version: Option<i64>,
    decision: Decision,
) -> Result<(Model, Vec<entry::Model>)> {
    viewer.require(TIME_APPROVE)?;
    viewer
        .act(db, decision.act(), async |act| {
            Entity::fetch_to(act.conn(), viewer, TIME_APPROVE, id).await?;
            let weeks = lock(act, HashSet::from([id])).await?;
            let week = weeks.first().ok_or_else(|| Error::not_found(TimesheetId::TYPE, id))?;
            kernel::act::expect_version("Timesheet", expected_version, week.version)?;
            let mut waiting = entry::Entity::visible(viewer, TIME_APPROVE)
                .filter(Of::TimesheetId.eq(id.uuid()))
                .filter(Of::Status.eq(TimeEntryStatus::Submitted.as_str()));
            if let Some(user) = viewer.user_id().filter(|_| !viewer.reaches(TIME_APPROVE, Reach::Tenant)) {
                // Reason: hours of people who were erased are nobody's own.
                let of_others = Condition::any().add(Of::UserId.is_null()).add(Of::UserId.ne(user.uuid()));
                waiting = waiting.filter(of_others);
            }
            let entries = waiting.order_by_asc(Of::Id).all(act.conn()).await?;
            if entries.is_empty() {
                return Err(Error::conflict(NOTHING_WAITS));
            }
            let entries = apply(act, weeks, entries, &decision).await?;
            let week = Entity::of_tenant(viewer.tenant_id()).filter(Column::Id.eq(id.uuid()));
            let week = week.one(act.conn()).await?.ok_or_else(|| Error::not_found(TimesheetId::TYPE, id))?;
            Ok((week, entries))
        })
        .await
}

/// Weeks, kept from being decided about by others until the act ends.
///
/// Race: of two managers who approve the last parts of a week at once, the later one sees that it is complete.
pub(super) async fn lock(act: &Act, ids: HashSet<TimesheetId>) -> Result<Vec<Model>> {
    let ids: Vec<Uuid> = ids.into_iter().map(|id| id.uuid()).collect();
    let rows = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.is_in(ids));
    Ok(rows.order_by_asc(Column::Id).lock(LockType::NoKeyUpdate).all(act.conn()).await?)
}

/// The wanted entries as they are behind the lock.
async fn reread(act: &Act, may: &[TimeEntryId], wanted: &[TimeEntryId]) -> Result<Vec<entry::Model>> {
    let ids = wanted.iter().filter(|id| may.contains(id)).map(|id| id.uuid());
    let rows = entry::Entity::of_tenant(act.viewer().tenant_id()).filter(Of::Id.is_in(ids));
    Ok(rows.order_by_asc(Of::Id).all(act.conn()).await?)
}

async fn apply(
    act: &mut Act,
    weeks: Vec<Model>,
    entries: Vec<entry::Model>,
    decision: &Decision,
) -> Result<Vec<entry::Model>> {
    let pairs = match decision {
        Decision::Approve => approved(act, entries).await?,
        Decision::Reject(reason) => rejected(act, entries, reason),
    };
    let entries = act.update_pairs(pairs).await?;
    settle(act, weeks, decision).await?;
    Ok(entries)
}

type Pairs = Vec<(entry::Model, entry::Model)>;

/// The entries with their rates fixed as they are written now.
async fn approved(act: &Act, entries: Vec<entry::Model>) -> Result<Pairs> {
    let fixed = fixed(act.conn(), act.viewer().tenant_id(), &entries).await?;
    let decided_by = act.viewer().user_id();
    let approve = |fixed: entry::Model| entry::Model {
        status: TimeEntryStatus::Approved.as_str().to_owned(),
        decided_by,
        decided_at: Some(act.now()),
        reason: None,
        ..fixed
    };
    Ok(entries.into_iter().zip(fixed.into_iter().map(approve)).collect())
}

fn rejected(act: &Act, entries: Vec<entry::Model>, reason: &str) -> Pairs {
    let pair = |before: entry::Model| {
        let mut after = entry::Model {
            status: TimeEntryStatus::Rejected.as_str().to_owned(),
            decided_by: act.viewer().user_id(),
            decided_at: Some(act.now()),
            reason: Some(reason.to_owned()),
            ..before.clone()
        };
        after.loosen();
        (before, after)
    };
    entries.into_iter().map(pair).collect()
}

/// The state of weeks after a decision: one with something sent back is its owner's again, one with nothing left to
/// decide is approved.
async fn settle(act: &mut Act, weeks: Vec<Model>, decision: &Decision) -> Result<()> {
    let (decided_by, decided_at) = (act.viewer().user_id(), Some(act.now()));
    let pairs = match decision {
        Decision::Reject(reason) => {
            let after = |week: &Model| Model {
                status: TimesheetStatus::Rejected.as_str().to_owned(),
                decided_by,
                decided_at,
                reason: Some(reason.clone()),
                ..week.clone()
            };
            weeks.into_iter().map(|week| (week.clone(), after(&week))).collect()
        }
        Decision::Approve => {
            let open = entry::Entity::of_tenant(act.viewer().tenant_id())
                .filter(Of::TimesheetId.is_in(weeks.iter().map(|week| week.id.uuid())))
                .filter(Of::Status.ne(TimeEntryStatus::Approved.as_str()));
            let open: Vec<TimesheetId> =
                open.select_only().column(Of::TimesheetId).distinct().into_tuple().all(act.conn()).await?;
            let done = weeks.into_iter().filter(|week| !open.contains(&week.id));
            let after = |week: &Model| Model {
                status: TimesheetStatus::Approved.as_str().to_owned(),
                decided_by,
                decided_at,
                reason: None,
                ..week.clone()
            };
            done.map(|week| (week.clone(), after(&week))).collect()
        }
    };
    act.update_pairs(pairs).await.map(drop)
}
