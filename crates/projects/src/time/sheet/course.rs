//! Handing in a week, and opening one again.

use std::collections::HashSet;

use chrono::NaiveDate;
use kernel::{
    Error, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{TimesheetId, TypedId},
    policy::Guarded,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    approval::lock,
    entity::{Entity, Model},
    write::NOT_MONDAY,
};
use crate::{
    policy::time::{TIME_LOG, TIME_MANAGE},
    service::Projects,
    time::{
        book::{Book, is_closed},
        entry::{
            entity::{self as entry, Column as Of},
            rules,
        },
        timer, week,
    },
    words::{TimeEntryStatus, TimesheetStatus},
};

/// There is nothing in the week.
pub const EMPTY_WEEK: Text = Text::new(
    "empty_week",
    "There is nothing to hand in for this week.",
    "Il n'y a rien à remettre pour cette semaine.",
);

/// The viewer's timer measures time of the week.
pub const TIMER_RUNS: Text = Text::new(
    "timer_in_week",
    "A timer has been running since {day}, and its time is of this week. Stop or discard it first.",
    "Un minuteur tourne depuis le {day}, et son temps est de cette semaine. Arrêtez-le ou abandonnez-le d'abord.",
);

/// The week was handed in.
pub const ALREADY: Text =
    Text::new("already_submitted", "This week was handed in already.", "Cette semaine a déjà été remise.");

/// The week is open.
pub const IS_OPEN: Text =
    Text::new("week_open", "This week is open already.", "Cette semaine est déjà ouverte.");

/// All of the week is billed.
pub const ALL_BILLED: Text = Text::new(
    "all_billed",
    "All time of this week was taken for billing.",
    "Tout le temps de cette semaine a été facturé.",
);

/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// Hands in the viewer's week: everything in it that is theirs to change waits for managers now. A week of which all is
/// decided already, for what was sent back is gone, is approved.
///
/// # Errors
/// FORBIDDEN, INVALID for a day that is no Monday or a week without any time, CONFLICT for a week that was handed in, and
/// while the viewer's timer measures time of the week.
pub async fn submit(viewer: &Viewer, db: &Db, projects: &Projects, monday: NaiveDate) -> Result<Model> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    if week::start(monday) != monday {
        return Err(Error::field("weekStart", NOT_MONDAY));
    }
    viewer
        .act(db, "projects.timesheet.submit", async |act| {
            let mut book = Book::open(act, &*projects.clocks, user).await?;
            book.read(act, [monday]).await?;
            let before = book.week(monday).cloned().ok_or_else(|| Error::field("weekStart", EMPTY_WEEK))?;
            if is_closed(&before.status) {
                return Err(Error::conflict(ALREADY));
            }
            if book.entries().is_empty() {
                return Err(Error::field("weekStart", EMPTY_WEEK));
            }
            check_no_timer(act, &book, monday).await?;
            let open: Vec<entry::Model> =
                book.entries().iter().filter(|entry| rules::is_open(entry)).cloned().collect();
            let after = handed_in(act, &before, book.entries());
            act.update_all(open, |entry| {
                TimeEntryStatus::Submitted.as_str().clone_into(&mut entry.status);
            })
            .await?;
            act.update(&before, after).await
        })
        .await
}

/// CONFLICT if the person's timer began in the week or before it: once the week is handed in, its time could no longer be
/// written down. The person is held, so none begins meanwhile.
async fn check_no_timer(act: &Act, book: &Book, monday: NaiveDate) -> Result<()> {
    let Some(timer) = timer::running(act.conn(), act.viewer(), book.user).await? else { return Ok(()) };
    let day = book.zone.date_at(timer.started_at);
    if week::start(day) > monday { Ok(()) } else { Err(Error::conflict(TIMER_RUNS.with("day", day))) }
}

/// A week that its owner hands in with these entries.
fn handed_in(act: &Act, before: &Model, entries: &[entry::Model]) -> Model {
    let week = Model {
        status: TimesheetStatus::Submitted.as_str().to_owned(),
        submitted_at: Some(act.now()),
        decided_by: None,
        decided_at: None,
        reason: None,
        ..before.clone()
    };
    if entries.iter().any(|entry| rules::status(entry) != TimeEntryStatus::Approved) {
        return week;
    }
    let last = entries.iter().max_by_key(|entry| entry.decided_at);
    Model {
        status: TimesheetStatus::Approved.as_str().to_owned(),
        decided_by: last.and_then(|entry| entry.decided_by),
        decided_at: last.and_then(|entry| entry.decided_at),
        ..week
    }
}

/// Opens a week again that was handed in or approved: what of it was not taken for billing is its owner's to change, and
/// loses its fixed rates.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, an open week, or one that is billed whole, INVALID for a reason
/// that is none.
pub async fn reopen(
    viewer: &Viewer,
    db: &Db,
    id: TimesheetId,
    expected_version: Option<i64>,
    reason: &str,
) -> Result<Model> {
    viewer.require_tenant(TIME_MANAGE)?;
    viewer
        .act(db, "projects.timesheet.reopen", async |act| {
            Entity::fetch_to(act.conn(), viewer, TIME_MANAGE, id).await?;
            let reason = text::line(reason, "reason", REASON_MAX)?;
            let before = lock(act, HashSet::from([id])).await?.pop();
            let before = before.ok_or_else(|| Error::not_found(TimesheetId::TYPE, id))?;
            expect_version("Timesheet", expected_version, before.version)?;
            if !is_closed(&before.status) {
                return Err(Error::conflict(IS_OPEN));
            }
            open_entries(act, id).await?;
            let after = Model {
                status: TimesheetStatus::Open.as_str().to_owned(),
                submitted_at: None,
                decided_by: viewer.user_id(),
                decided_at: Some(act.now()),
                reason: Some(reason),
                ..before.clone()
            };
            act.update(&before, after).await
        })
        .await
}

async fn open_entries(act: &mut Act, week: TimesheetId) -> Result<()> {
    let entries = entry::Entity::of_tenant(act.viewer().tenant_id())
        .filter(Of::TimesheetId.eq(week.uuid()))
        .filter(Of::ClaimId.is_null());
    let entries = entries.all(act.conn()).await?;
    if entries.is_empty() {
        return Err(Error::conflict(ALL_BILLED));
    }
    act.update_all(entries, |entry| {
        TimeEntryStatus::Draft.as_str().clone_into(&mut entry.status);
        entry.loosen();
        (entry.decided_by, entry.decided_at) = (None, None);
    })
    .await
}
