//! Rules of projects: their course, their dates, their money. No database, no clock.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use kernel::{
    Error, Fields, Result, Said, Text,
    money::{Currency, MoneyInput},
    text::TOO_LONG,
};

use super::entity::Model;
use crate::words::ProjectStatus::{self, Cancelled, Completed, InProgress, Intake, OnHold, Planning, Review};

/// The project cannot go from one status to another.
pub const NOT_ALLOWED: Text = Text::new(
    "transition_not_allowed",
    "A project in {from} cannot become {to}. Allowed: {allowed}.",
    "Un projet en {from} ne peut pas passer à {to}. Autorisés : {allowed}.",
);

/// The end comes before the start.
pub const END_BEFORE_START: Text = Text::new(
    "end_before_start",
    "The end cannot be before the start.",
    "La fin ne peut pas précéder le début.",
);

/// An amount or duration is negative.
pub const NEGATIVE: Text =
    Text::new("negative", "This cannot be negative.", "Cette valeur ne peut pas être négative.");

/// A number is larger than makes sense.
pub const TOO_LARGE: Text =
    Text::new("too_large", "This is too large: at most {max}.", "C'est trop grand : {max} au plus.");

/// The project is archived.
pub const ARCHIVED: Text = Text::new(
    "project_archived",
    "This project is archived. Restore it first.",
    "Ce projet est archivé. Restaurez-le d'abord.",
);

/// The project is over.
pub const CLOSED: Text = Text::new(
    "project_closed",
    "This project is {status}; its tasks cannot change any more.",
    "Ce projet est {status} ; ses tâches ne peuvent plus changer.",
);

/// Milestones are neither reached nor waived.
pub const OPEN_MILESTONES: Text = Text::new(
    "open_milestones",
    "Before review and completion every milestone is completed or waived. Still open: {names}.",
    "Avant la relecture et la clôture, chaque jalon est atteint ou abandonné. Encore ouverts : {names}.",
);

/// Most names that an error lists.
const NAMES_MAX: usize = 10;

/// Only archived projects are purged.
pub const NOT_ARCHIVED: Text = Text::new(
    "project_not_archived",
    "Only archived projects can be purged. Archive it first.",
    "Seuls les projets archivés peuvent être purgés. Archivez-le d'abord.",
);

/// The project was archived too recently.
pub const TOO_EARLY: Text = Text::new(
    "purge_too_early",
    "This project can be purged from {from} on, 30 days after it was archived.",
    "Ce projet pourra être purgé à partir du {from}, 30 jours après son archivage.",
);

/// Longest description, in bytes.
pub const DESCRIPTION_MAX: usize = 50_000;

/// Longest note on a transition, in characters.
pub const NOTE_MAX: usize = 2_000;

/// Most minutes in an estimate or budget: some two hundred years.
pub const MINUTES_MAX: i64 = 100_000_000;

/// Most minor units that an hour is billed at or costs: with it, what a great many hours are worth can still be added up.
pub const RATE_MAX: i64 = 1_000_000_000;

/// Days between archiving and purging.
const PURGE_AFTER_DAYS: i64 = 30;

/// The statuses that a project may go to from `status`; one on hold was in `held_from` before.
///
/// Reason: what is completed or cancelled stays so; new work on it is a new project.
pub fn allowed(status: ProjectStatus, held_from: Option<ProjectStatus>) -> Vec<ProjectStatus> {
    match status {
        Intake => vec![Planning, OnHold, Cancelled],
        Planning => vec![InProgress, OnHold, Cancelled],
        InProgress => vec![Review, OnHold, Cancelled],
        Review => vec![Completed, InProgress, OnHold, Cancelled],
        OnHold => vec![held_from.unwrap_or(Intake), Cancelled],
        Completed | Cancelled => Vec::new(),
    }
}

/// The status of a project.
pub fn status(project: &Model) -> ProjectStatus {
    ProjectStatus::parse(&project.status).unwrap_or_default()
}

/// The project moved to another status, with what follows from it: the first start of work and the end are dated, a
/// held project remembers where it stopped.
///
/// # Errors
/// CONFLICT naming the allowed statuses, or if the project is archived.
pub fn transition(before: &Model, to: ProjectStatus, today: NaiveDate) -> Result<Model> {
    check_not_archived(before)?;
    let from = status(before);
    let allowed = allowed(from, before.held_from.as_deref().and_then(ProjectStatus::parse));
    if !allowed.contains(&to) {
        let names: Vec<String> = allowed.into_iter().map(ProjectStatus::name).collect();
        let names = if names.is_empty() { "—".to_owned() } else { names.join(", ") };
        let said = NOT_ALLOWED.with("from", from.name()).with("to", to.name()).with("allowed", names);
        return Err(Error::conflict(said));
    }
    let mut after = before.clone();
    after.status = to.as_str().to_owned();
    after.held_from = (to == OnHold).then(|| from.as_str().to_owned());
    match to {
        InProgress => after.actual_start = before.actual_start.or(Some(today)),
        Completed => {
            after.actual_start = before.actual_start.or(Some(today));
            after.actual_end = Some(today);
        }
        // Reason: what was never begun has no end of work either.
        Cancelled if before.actual_start.is_some() => after.actual_end = Some(today),
        _ => {}
    }
    Ok(after)
}

/// What to say of milestones that are still open.
pub fn open_milestones(names: &[String]) -> Said {
    let more = if names.len() > NAMES_MAX { ", …" } else { "" };
    let listed = names.get(..NAMES_MAX).unwrap_or(names).join(", ");
    OPEN_MILESTONES.with("names", format!("{listed}{more}"))
}

/// # Errors
/// CONFLICT if the project is archived.
pub fn check_not_archived(project: &Model) -> Result<()> {
    if project.archived_at.is_some() { Err(Error::conflict(ARCHIVED)) } else { Ok(()) }
}

/// # Errors
/// CONFLICT if tasks of the project may not change: it is archived, completed or cancelled.
pub fn check_open(project: &Model) -> Result<()> {
    check_not_archived(project)?;
    match status(project) {
        status @ (Completed | Cancelled) => Err(Error::conflict(CLOSED.with("status", status.name()))),
        _ => Ok(()),
    }
}

/// # Errors
/// CONFLICT unless the project has been archived for 30 days.
pub fn check_purgeable(project: &Model, now: DateTime<Utc>) -> Result<()> {
    let Some(archived_at) = project.archived_at else { return Err(Error::conflict(NOT_ARCHIVED)) };
    let from = archived_at + Duration::days(PURGE_AFTER_DAYS);
    if now < from { Err(Error::conflict(TOO_EARLY.with("from", from.date_naive()))) } else { Ok(()) }
}

/// Adds an error at `end_path` if both dates are there and the end is before the start.
pub fn check_dates(start: Option<NaiveDate>, end: Option<NaiveDate>, end_path: &str, fields: &mut Fields) {
    let wrong = matches!((start, end), (Some(start), Some(end)) if end < start);
    fields.require(!wrong, end_path, END_BEFORE_START);
}

/// Adds an error unless the minutes are none, or between 0 and [`MINUTES_MAX`].
pub fn check_minutes(minutes: Option<i64>, path: &str, fields: &mut Fields) {
    let minutes = minutes.unwrap_or_default();
    fields.require(minutes >= 0, path, NEGATIVE);
    fields.require(minutes <= MINUTES_MAX, path, TOO_LARGE.with("max", MINUTES_MAX));
}

/// Minor units and currency of an amount that is not negative.
pub fn amount(money: Option<MoneyInput>, path: &str, fields: &mut Fields) -> (Option<i64>, Option<Currency>) {
    let Some(money) = money else { return (None, None) };
    fields.require(money.amount.0 >= 0, &format!("{path}.amount"), NEGATIVE);
    (Some(money.amount.0), Some(money.currency))
}

/// As [`amount`], of what an hour is worth.
pub fn rate(money: Option<MoneyInput>, path: &str, fields: &mut Fields) -> (Option<i64>, Option<Currency>) {
    let most = money.is_none_or(|money| money.amount.0 <= RATE_MAX);
    fields.require(most, &format!("{path}.amount"), TOO_LARGE.with("max", RATE_MAX));
    amount(money, path, fields)
}

/// A note on a transition, trimmed; none if blank.
pub fn note(text: Option<&str>, path: &str, fields: &mut Fields) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    fields.require(text.chars().count() <= NOTE_MAX, path, TOO_LONG.with("max", NOTE_MAX));
    fields.take(kernel::text::markdown(text, path, NOTE_MAX * 4))
}

/// The code of a project: `ACME-12`.
pub fn code(slug: &str, number: i64) -> String {
    format!("{}-{number}", slug.to_uppercase())
}
