//! Timers: started, switched, stopped and discarded by their owner; one runs at most.

pub mod entity;
pub mod graphql;
pub mod guard;
pub mod live;
pub mod mutation;

use chrono::{DateTime, Utc};
use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    db::Db,
    id::{TimerId, TypedId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

use super::{
    book::Book,
    entry::{
        Written,
        rules::{self, Said, Span},
        write::{Draft, checked, entries, overlapping},
    },
    target::{Aim, Target, Targets},
};
use crate::{policy::time::TIME_LOG, service::Projects};
use entity::{Column, Entity, Model};
use mutation::{StartTimerInput, StopTimerInput};

/// A timer runs already.
pub const RUNNING: Text = Text::new(
    "timer_running",
    "A timer is running already. Stop, switch or discard it.",
    "Un minuteur est déjà en marche. Arrêtez-le, changez-le ou abandonnez-le.",
);

/// No timer runs.
pub const NONE_RUNS: Text = Text::new("no_timer", "No timer is running.", "Aucun minuteur n'est en marche.");

/// The running timer of a person; none if none runs.
///
/// # Errors
/// If the database does not answer.
pub async fn running(conn: &impl ConnectionTrait, viewer: &Viewer, user: UserId) -> Result<Option<Model>> {
    let own = Entity::of_tenant(viewer.tenant_id()).filter(Column::UserId.eq(user.uuid()));
    Ok(own.one(conn).await?)
}

async fn fetch(act: &Act, user: UserId) -> Result<Model> {
    running(act.conn(), act.viewer(), user).await?.ok_or_else(|| Error::conflict(NONE_RUNS))
}

/// Starts the viewer's timer.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT if one runs or the project is over, INVALID for wrong fields.
pub async fn start(viewer: &Viewer, db: &Db, projects: &Projects, input: StartTimerInput) -> Result<Model> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    viewer
        .act(db, "projects.timer.start", async |act| {
            let new = new(act, user, input).await?;
            // Race: the person is held, so of two starts at once the later one finds the earlier's timer.
            let book = Book::open(act, &*projects.clocks, user).await?;
            if running(act.conn(), viewer, user).await?.is_some() {
                return Err(Error::conflict(RUNNING));
            }
            insert(act, &book, new).await
        })
        .await
}

/// Stops the viewer's timer, if one runs, and starts another.
///
/// # Errors
/// As [`start`] and [`stop`].
pub async fn switch(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: StartTimerInput,
) -> Result<(Model, Written)> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    viewer
        .act(db, "projects.timer.switch", async |act| {
            let new = new(act, user, input).await?;
            let mut book = Book::open(act, &*projects.clocks, user).await?;
            let written = match running(act.conn(), viewer, user).await? {
                Some(timer) => {
                    let end = act.now();
                    record(act, &mut book, timer, StopTimerInput::default(), end).await?
                }
                None => Written { entries: Vec::new(), overlapping: Vec::new(), timer: None },
            };
            Ok((insert(act, &book, new).await?, written))
        })
        .await
}

/// Stops the viewer's timer and writes down what it measured: an entry for each of their days.
///
/// # Errors
/// CONFLICT if none runs or the project is over, NOT_FOUND and FORBIDDEN for what the time is to go to instead, INVALID
/// as for entries that are written down.
pub async fn stop(viewer: &Viewer, db: &Db, projects: &Projects, input: StopTimerInput) -> Result<Written> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    viewer
        .act(db, "projects.timer.stop", async |act| {
            // Reason: what is named is judged first, whether a timer runs or not.
            if input.names_target() {
                let aim = input.aim();
                Targets::load(act, &[aim]).await?.find(aim)?;
            }
            let mut book = Book::open(act, &*projects.clocks, user).await?;
            let timer = fetch(act, user).await?;
            let end = input.ended_at.map_or(act.now(), |end| end.utc());
            record(act, &mut book, timer, input, end).await
        })
        .await
}

/// Throws the viewer's timer away with what it measured.
///
/// # Errors
/// FORBIDDEN, CONFLICT if none runs.
pub async fn discard(viewer: &Viewer, db: &Db) -> Result<TimerId> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    viewer
        .act(db, "projects.timer.discard", async |act| {
            let timer = fetch(act, user).await?;
            let id = timer.id;
            act.delete(timer).await?;
            Ok(id)
        })
        .await
}

async fn new(act: &Act, user: UserId, input: StartTimerInput) -> Result<Model> {
    let aim = input.aim();
    let target = Targets::load(act, &[aim]).await?.find(aim)?;
    let mut fields = Fields::new();
    let text = input.description.unwrap_or_default();
    let description = rules::description(&text, "description", &mut fields);
    let billable = target.billed(input.billable, "billable", &mut fields);
    fields.check()?;
    Ok(Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        user_id: user,
        project_id: target.project,
        task_id: target.task,
        activity_id: target.activity,
        description,
        billable,
        started_at: act.now(),
        flagged_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

async fn insert(act: &mut Act, book: &Book, timer: Model) -> Result<Model> {
    book.check_present(act).await?;
    act.insert_unique(timer, &["tenant_id", "user_id"], || Error::conflict(RUNNING)).await
}

/// Ends a timer and writes down its time until `end`, with what the input says otherwise.
pub(crate) async fn record(
    act: &mut Act,
    book: &mut Book,
    timer: Model,
    input: StopTimerInput,
    end: DateTime<Utc>,
) -> Result<Written> {
    let mut fields = Fields::new();
    let target = if input.names_target() {
        Targets::load(act, &[input.aim()]).await?.find(input.aim())?
    } else {
        let aim = Aim { project: Some(timer.project_id), task: timer.task_id, activity: timer.activity_id };
        // Reason: the work was done whatever became of its kind meanwhile.
        Targets::load(act, &[aim]).await?.find_begun(aim)?
    };
    let said = Said { started_at: Some(timer.started_at), ended_at: Some(end), ..Said::default() };
    // Reason: a timer that is stopped at once measured a moment, which counts as a minute.
    let span = match end == timer.started_at {
        true => Some(Span::Minutes(book.zone.date_at(end), 1)),
        false => rules::span(said, book.today, act.now(), &mut fields),
    };
    let text = input.description.unwrap_or_else(|| timer.description.clone());
    let description = rules::description(&text, "description", &mut fields);
    let billable = Target { billable: timer.billable && !target.never_billed, ..target };
    let billable = billable.billed(input.billable, "billable", &mut fields);
    let draft = Draft { target, description, billable, flagged: timer.flagged_at.is_some() };
    let new = span.map(|span| entries(act, book, span, &draft)).unwrap_or_default();
    book.read(act, new.iter().map(|entry| entry.spent_on)).await?;
    let overlapping = span.map(|span| overlapping(book, None, span)).unwrap_or_default();
    let changes = checked(book, new, "endedAt", fields)?;
    let entries = book.write(act, changes).await?;
    act.delete(timer).await?;
    Ok(Written { entries, overlapping, timer: None })
}
