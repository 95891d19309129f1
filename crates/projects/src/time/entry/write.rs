//! The acts that change entries: load, check, decide, write.

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{TimeEntryId, TimesheetId, TypedId, UserId},
    patch,
    policy::{Guarded, can_in},
    viewer::Viewer,
};

use super::{
    Written,
    entity::{Entity, Model},
    mutation::{CreateTimeEntryInput, SetTimeEntryRateInput, UpdateTimeEntryInput},
    rules::{self, Said, Span},
};
use crate::{
    policy::time::{RATES_WRITE, TIME_LOG, TIME_READ},
    project::{entity as projects, rules::rate},
    service::Projects,
    time::{
        book::{Book, Change},
        split::{Piece, split},
        target::{Aim, Target, Targets},
        timer,
    },
    words::{RateLevel, TimeEntryStatus},
};

/// The rate of approved time is fixed.
pub const APPROVED: Text = Text::new(
    "entry_approved",
    "This time is approved; its rate is fixed. Only billable time that was approved without any rate can get one.",
    "Ce temps est approuvé ; son taux est figé. Seul un temps facturable approuvé sans taux peut en recevoir un.",
);

/// Writes down time that the viewer worked: one entry for each of their days that it falls on.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a project that is over, INVALID for wrong fields, days to come, locked days, weeks
/// that are handed in, and days with more minutes than they have.
pub async fn create(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: CreateTimeEntryInput,
) -> Result<Written> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    viewer
        .act(db, "projects.time_entry.create", async |act| {
            let aim =
                Aim { project: input.project_id, task: input.task_id, activity: input.activity_type_id };
            let target = Targets::load(act, &[aim]).await?.find(aim)?;
            let mut book = Book::open(act, &*projects.clocks, user).await?;
            let mut fields = Fields::new();
            let span = rules::span(input.said(), book.today, act.now(), &mut fields);
            let text = input.description.unwrap_or_default();
            let description = rules::description(&text, "description", &mut fields);
            let Some(span) = span else { return Err(refused(fields)) };
            let billable = target.billed(input.billable, "billable", &mut fields);
            let draft = Draft { target, description, billable, flagged: false };
            let new = entries(act, &book, span, &draft);
            book.read(act, new.iter().map(|entry| entry.spent_on)).await?;
            let path = if matches!(span, Span::Stretch(..)) { "startedAt" } else { "spentOn" };
            let overlapping = overlapping(&book, None, span);
            let changes = checked(&book, new, path, fields)?;
            let timer = running_in(act, user, span).await?;
            let entries = book.write(act, changes).await?;
            Ok(Written { entries, overlapping, timer })
        })
        .await
}

/// The person's timer, if it measures a part of the span.
async fn running_in(act: &Act, user: UserId, span: Span) -> Result<Option<timer::entity::Model>> {
    let Span::Stretch(_, end) = span else { return Ok(None) };
    let timer = timer::running(act.conn(), act.viewer(), user).await?;
    Ok(timer.filter(|timer| timer.started_at < end))
}

fn refused(fields: Fields) -> Error {
    // Invariant: whoever calls this has added an error.
    fields.check().err().unwrap_or_else(|| Error::internal("something was refused for no reason"))
}

pub(crate) fn overlapping(book: &Book, own: Option<TimeEntryId>, span: Span) -> Vec<Model> {
    match span {
        Span::Minutes(..) => Vec::new(),
        Span::Stretch(start, end) => book.overlapping(own, (start, end)),
    }
}

/// What new entries have in common.
pub(crate) struct Draft {
    /// What the time was spent on.
    pub(crate) target: Target,
    /// What was done.
    pub(crate) description: String,
    /// Whether it is billed.
    pub(crate) billable: bool,
    /// Whether it is of a timer that was forgotten.
    pub(crate) flagged: bool,
}

/// One entry for each day that the span falls on, not written yet.
pub(crate) fn entries(act: &Act, book: &Book, span: Span, draft: &Draft) -> Vec<Model> {
    match span {
        Span::Minutes(date, minutes) => {
            vec![Model { spent_on: date, minutes, ..blank(act, book.user, draft) }]
        }
        Span::Stretch(start, end) => {
            let pieces = split(start, end, book.zone).into_iter();
            pieces.map(|piece| timed(blank(act, book.user, draft), piece)).collect()
        }
    }
}

fn timed(entry: Model, piece: Piece) -> Model {
    let Piece { date, start, end, minutes } = piece;
    Model { spent_on: date, minutes, started_at: Some(start), ended_at: Some(end), ..entry }
}

fn blank(act: &Act, user: UserId, draft: &Draft) -> Model {
    let Draft { target, description, billable, flagged } = draft;
    Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        user_id: Some(user),
        timesheet_id: TimesheetId::from_uuid(user.uuid()),
        project_id: target.project,
        task_id: target.task,
        activity_id: target.activity,
        spent_on: act.now().date_naive(),
        minutes: 1,
        started_at: None,
        ended_at: None,
        description: description.clone(),
        billable: *billable,
        flagged: *flagged,
        status: TimeEntryStatus::Draft.as_str().to_owned(),
        own_rate_minor: None,
        own_rate_currency: None,
        bill_rate_minor: None,
        bill_rate_currency: None,
        bill_source: None,
        cost_rate_minor: None,
        cost_rate_currency: None,
        cost_source: None,
        decided_by: None,
        decided_at: None,
        reason: None,
        claim_id: None,
        billed_minutes: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// New entries as changes that the book lets through; `path` is where their day comes from.
pub(crate) fn checked(book: &Book, new: Vec<Model>, path: &str, mut fields: Fields) -> Result<Vec<Change>> {
    for entry in &new {
        book.check_day(entry.spent_on, path, &mut fields);
    }
    let minutes = if path == "spentOn" { "minutes" } else { "endedAt" };
    let change = |entry| Change { path: minutes.to_owned(), before: None, after: Some(entry) };
    let changes: Vec<Change> = new.into_iter().map(change).collect();
    book.check_sums(&changes, &mut fields);
    fields.check()?;
    Ok(changes)
}

/// Changes time that the viewer worked.
///
/// # Errors
/// As [`create`], CONFLICT for a stale version and for what is handed in, FORBIDDEN for time of others.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: UpdateTimeEntryInput,
) -> Result<Written> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    viewer
        .act(db, "projects.time_entry.update", async |act| {
            let mut book = Book::open(act, &*projects.clocks, user).await?;
            let before = Entity::fetch_in(act.conn(), viewer, TIME_READ, input.id).await?;
            rules::check_changeable(&before, user)?;
            expect_version("TimeEntry", input.expected_version, before.version)?;
            let aim = aim(&before, &input);
            let stays = is_same(aim, &before);
            let target = if stays { kept(&before) } else { found(act, aim).await? };
            let mut fields = Fields::new();
            let (after, span) = changed(&before, input, target, &book, act, &mut fields);
            // Reason: what was put away or closed since takes no more time, and less can be said of it all the same.
            if stays && asks_more(&before, &after) {
                let billable = after.billable && !before.billable;
                found(act, aim).await?.billed(Some(billable), "billable", &mut fields);
            }
            book.read(act, [before.spent_on, after.spent_on]).await?;
            book.check_day(before.spent_on, "id", &mut fields);
            if after.spent_on != before.spent_on {
                book.check_day(after.spent_on, "spentOn", &mut fields);
            }
            let overlapping = span.map(|span| overlapping(&book, Some(before.id), span));
            let change = Change { path: "minutes".to_owned(), before: Some(before), after: Some(after) };
            book.check_sums(std::slice::from_ref(&change), &mut fields);
            fields.check()?;
            let timer = match span {
                Some(span) => running_in(act, user, span).await?,
                None => None,
            };
            let entries = book.write(act, vec![change]).await?;
            Ok(Written { entries, overlapping: overlapping.unwrap_or_default(), timer })
        })
        .await
}

async fn found(act: &Act, aim: Aim) -> Result<Target> {
    Targets::load(act, &[aim]).await?.find(aim)
}

/// Whether the entry stays on what it was spent on.
fn is_same(aim: Aim, before: &Model) -> bool {
    let project = aim.project.is_none_or(|project| project == before.project_id);
    let named = aim.project.is_some() || aim.task.is_some();
    named && project && (aim.task, aim.activity) == (before.task_id, before.activity_id)
}

/// What the entry was spent on, as it was judged when it was written down.
fn kept(before: &Model) -> Target {
    Target {
        project: before.project_id,
        task: before.task_id,
        activity: before.activity_id,
        billable: before.billable,
        never_billed: false,
    }
}

/// Whether a change of time is more than a correction downwards.
pub(crate) fn asks_more(before: &Model, after: &Model) -> bool {
    after.minutes > before.minutes || after.billable && !before.billable
}

/// What the entry will be spent on.
fn aim(before: &Model, input: &UpdateTimeEntryInput) -> Aim {
    let task = patch::optional(input.task_id).unwrap_or(before.task_id);
    let kept = if input.task_id.is_undefined() || task.is_none() { Some(before.project_id) } else { None };
    let project = patch::optional(input.project_id).flatten();
    // Reason: a task that is left out does not go along to another project.
    let goes = project.is_some_and(|project| project != before.project_id);
    Aim {
        project: project.or(kept),
        task: task.filter(|_| !(goes && input.task_id.is_undefined())),
        activity: patch::optional(input.activity_type_id).unwrap_or(before.activity_id),
    }
}

fn changed(
    before: &Model,
    input: UpdateTimeEntryInput,
    target: Target,
    book: &Book,
    act: &Act,
    fields: &mut Fields,
) -> (Model, Option<Span>) {
    let mut after = Model {
        project_id: target.project,
        task_id: target.task,
        activity_id: target.activity,
        status: TimeEntryStatus::Draft.as_str().to_owned(),
        reason: None,
        ..before.clone()
    };
    let span = input.said(before).and_then(|said: Said| rules::span(said, book.today, act.now(), fields));
    match span {
        Some(Span::Minutes(date, minutes)) => {
            (after.spent_on, after.minutes) = (date, minutes);
            (after.started_at, after.ended_at) = (None, None);
        }
        Some(Span::Stretch(start, end)) => match split(start, end, book.zone).as_slice() {
            [piece] => after = timed(after, *piece),
            _ => fields.add("endedAt", rules::TWO_DAYS),
        },
        None => {}
    }
    if let Some(text) = patch::optional(input.description) {
        after.description = rules::description(&text.unwrap_or_default(), "description", fields);
    }
    let billable = patch::required(input.billable, "billable", fields);
    // Reason: what it stays on is judged apart, if it was not billable before.
    after.billable = Target { billable: before.billable && !target.never_billed, ..target }
        .billed(billable, "billable", fields);
    (after, span)
}

/// Takes back time that the viewer wrote down.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN for time of others, CONFLICT for a stale version and for what is handed in, INVALID for locked
/// days.
pub async fn delete(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    id: TimeEntryId,
    expected_version: Option<i64>,
) -> Result<()> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    viewer
        .act(db, "projects.time_entry.delete", async |act| {
            let mut book = Book::open(act, &*projects.clocks, user).await?;
            let entry = Entity::fetch_in(act.conn(), viewer, TIME_READ, id).await?;
            rules::check_changeable(&entry, user)?;
            expect_version("TimeEntry", expected_version, entry.version)?;
            book.read(act, [entry.spent_on]).await?;
            let mut fields = Fields::new();
            book.check_day(entry.spent_on, "id", &mut fields);
            fields.check()?;
            act.delete(entry).await
        })
        .await
}

/// Sets what an hour of this very entry is billed at, or takes that away. Billable time that was approved without any rate
/// gets one so, which is fixed at once: it would never be offered for billing otherwise.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or other approved time, INVALID for a rate out of bounds.
pub async fn set_rate(viewer: &Viewer, db: &Db, input: SetTimeEntryRateInput) -> Result<Model> {
    viewer.require(RATES_WRITE)?;
    viewer
        .act(db, "projects.time_entry.set_rate", async |act| {
            let before = Entity::fetch_in(act.conn(), viewer, TIME_READ, input.id).await?;
            let project = before.project_id.uuid();
            if !can_in::<projects::Entity, _>(act.conn(), viewer, RATES_WRITE, project).await? {
                return Err(Error::lacks(RATES_WRITE.name));
            }
            expect_version("TimeEntry", input.expected_version, before.version)?;
            let is_late = rules::status(&before) == TimeEntryStatus::Approved;
            let lacks = before.billable && before.bill_rate_minor.is_none() && before.claim_id.is_none();
            if is_late && !(lacks && input.rate.is_some()) {
                return Err(Error::conflict(APPROVED));
            }
            let mut fields = Fields::new();
            let (own_rate_minor, own_rate_currency) = rate(input.rate, "rate", &mut fields);
            fields.check()?;
            let mut after = Model { own_rate_minor, own_rate_currency, ..before.clone() };
            if is_late {
                (after.bill_rate_minor, after.bill_rate_currency) = (own_rate_minor, own_rate_currency);
                after.bill_source = Some(RateLevel::Entry.as_str().to_owned());
            }
            act.update(&before, after).await
        })
        .await
}
