//! Writing the grid of a week: all cells or none, with what is wrong at each.

use kernel::{Error, FieldError, Fields, Result, Said, Text, act::Act, db::Db, viewer::Viewer};

use super::{
    entity::Model,
    mutation::{TimesheetCellInput, WriteTimesheetInput},
};
use crate::{
    policy::time::TIME_LOG,
    service::Projects,
    time::{
        book::{Book, Change},
        entry::{
            entity as entry,
            rules::{self, Span},
            write::{Draft, asks_more, entries},
        },
        target::{Aim, Target, Targets},
        week::{self, CELL_MAX, CellError, Present, Step, Wanted},
    },
    words::TimeEntryStatus,
};

/// The day is no Monday.
pub const NOT_MONDAY: Text =
    Text::new("not_monday", "A week begins on Monday.", "Une semaine commence le lundi.");

/// Too many cells.
pub const TOO_MANY_CELLS: Text = Text::new(
    "too_many",
    "At most {max} cells are written at once.",
    "{max} cellules au plus sont écrites à la fois.",
);

/// Most cells of a mutation.
pub const MAX_CELLS: usize = 500;

const OTHER_WEEK: Text =
    Text::new("other_week", "This day is not of the week.", "Ce jour n'est pas dans la semaine.");
const BAD_MINUTES: Text = Text::new(
    "bad_minutes",
    "Minutes are between 0 and {max}.",
    "Les minutes sont comprises entre 0 et {max}.",
);
const TWICE: Text = Text::new("twice", "This cell is named twice.", "Cette cellule est citée deux fois.");
const SEVERAL: Text = Text::new(
    "several_entries",
    "Several entries make up this cell. Change them one by one.",
    "Plusieurs entrées composent cette cellule. Modifiez-les une à une.",
);
const TIMED: Text = Text::new(
    "timed_entry",
    "This time has a beginning and an end. Change these.",
    "Ce temps a un début et une fin. Modifiez-les.",
);
const CLOSED: Text =
    Text::new("entry_closed", "This time is handed in or approved.", "Ce temps est remis ou approuvé.");

fn said(error: CellError) -> (&'static str, Said) {
    match error {
        CellError::OtherWeek => ("date", OTHER_WEEK.into()),
        CellError::BadMinutes => ("minutes", BAD_MINUTES.with("max", CELL_MAX)),
        CellError::Twice => ("date", TWICE.into()),
        CellError::Several => ("minutes", SEVERAL.into()),
        CellError::Timed => ("minutes", TIMED.into()),
        CellError::Closed => ("minutes", CLOSED.into()),
    }
}

/// What was written.
pub struct Written {
    /// The week; none if nothing was ever written into it.
    pub timesheet: Option<Model>,
    /// The entries of the cells that changed and are there.
    pub entries: Vec<entry::Model>,
}

/// Writes cells of the viewer's week: each becomes as long as it was wanted; cells that are not named stay.
///
/// # Errors
/// FORBIDDEN; INVALID with everything that is wrong at any cell, and then nothing is written; CONFLICT if the week
/// changed meanwhile.
pub async fn write(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: WriteTimesheetInput,
) -> Result<Written> {
    viewer.require(TIME_LOG)?;
    let user = viewer.signed_in()?;
    let monday = input.week_start.naive();
    let mut fields = Fields::new();
    fields.require(week::start(monday) == monday, "weekStart", NOT_MONDAY);
    fields.require(input.cells.len() <= MAX_CELLS, "cells", TOO_MANY_CELLS.with("max", MAX_CELLS));
    fields.check()?;
    viewer
        .act(db, "projects.timesheet.write", async |act| {
            let aims: Vec<Aim> = input.cells.iter().map(aim).collect();
            let targets = Targets::load(act, &aims).await?;
            let mut book = Book::open(act, &*projects.clocks, user).await?;
            book.read(act, week::days(monday)).await?;
            let changes = plan(act, &book, &targets, &input)?;
            let entries = book.write(act, changes).await?;
            Ok(Written { timesheet: book.week(monday).cloned(), entries })
        })
        .await
}

fn aim(cell: &TimesheetCellInput) -> Aim {
    Aim { project: cell.project_id, task: cell.task_id, activity: cell.activity_type_id }
}

fn row(entry: &entry::Model) -> Aim {
    Aim { project: Some(entry.project_id), task: entry.task_id, activity: entry.activity_id }
}

/// The changes that make the cells as they are wanted, each checked.
fn plan(act: &Act, book: &Book, targets: &Targets, input: &WriteTimesheetInput) -> Result<Vec<Change>> {
    let wanted: Vec<Wanted<Aim>> = input.cells.iter().map(|cell| want(targets, cell)).collect();
    let there = book.entries().iter().map(|entry| Present {
        row: row(entry),
        date: entry.spent_on,
        minutes: entry.minutes,
        open: rules::is_open(entry),
        timed: entry.started_at.is_some(),
    });
    let there: Vec<Present<Aim>> = there.collect();
    let steps = week::plan(input.week_start.naive(), &wanted, &there);
    let mut fields = Fields::new();
    let mut changes = Vec::new();
    for (place, (cell, step)) in input.cells.iter().zip(steps).enumerate() {
        let path = format!("cells.{place}");
        let is_there =
            there.iter().any(|entry| entry.row == wanted[place].row && entry.date == wanted[place].date);
        let target = targets.find(aim(cell));
        match step {
            Err(error) => {
                let (name, said) = said(error);
                fields.add(format!("{path}.{name}"), said);
            }
            // Reason: what stays as it is may be of a project that is over by now.
            Ok(Step::Keep) if is_there => {}
            Ok(step) => changes.extend(change(act, book, (cell, step), target, (&path, &mut fields))),
        }
    }
    book.check_sums(&changes, &mut fields);
    fields.check()?;
    Ok(changes)
}

/// The cell with its row as entries have it: a task tells its project.
fn want(targets: &Targets, cell: &TimesheetCellInput) -> Wanted<Aim> {
    let named = aim(cell);
    let project = named.project.or_else(|| targets.project_of(named.task?));
    Wanted { row: Aim { project, ..named }, date: cell.date.naive(), minutes: cell.minutes }
}

/// What a step changes, if nothing speaks against it. What was put away or closed since takes no more time, and less can
/// be said of it all the same.
fn change(
    act: &Act,
    book: &Book,
    (cell, step): (&TimesheetCellInput, Step),
    target: Result<Target>,
    (path, fields): (&str, &mut Fields),
) -> Option<Change> {
    let there = match step {
        Step::Update(place) | Step::Delete(place) => Some(book.entries().get(place)?.clone()),
        Step::Keep | Step::Insert => None,
    };
    let after = match (&there, step) {
        (Some(_), Step::Delete(_)) => None,
        (Some(before), _) => Some(corrected(before, cell, path, fields)),
        (None, _) => None,
    };
    let corrects =
        there.as_ref().is_some_and(|before| after.as_ref().is_none_or(|after| !asks_more(before, after)));
    let target = match target {
        Ok(target) => Some(target),
        Err(_) if corrects => None,
        Err(error) => {
            refuse(error, cell, path, fields);
            return None;
        }
    };
    book.check_day(cell.date.naive(), &format!("{path}.date"), fields);
    if let Some(target) = target.filter(|_| !corrects) {
        let billable = target.billed(cell.billable, &format!("{path}.billable"), fields);
        if step == Step::Insert {
            return Some(inserted(act, book, cell, target, billable, (path, fields)));
        }
    }
    let path = format!("{path}.minutes");
    there.map(|before| Change { path, before: Some(before), after })
}

/// A new entry for a cell.
fn inserted(
    act: &Act,
    book: &Book,
    cell: &TimesheetCellInput,
    target: Target,
    billable: bool,
    (path, fields): (&str, &mut Fields),
) -> Change {
    let text = cell.description.as_deref().unwrap_or_default();
    let description = rules::description(text, &format!("{path}.description"), fields);
    let draft = Draft { target, description, billable, flagged: false };
    let span = Span::Minutes(cell.date.naive(), cell.minutes);
    let after = entries(act, book, span, &draft).into_iter().next();
    Change { path: format!("{path}.minutes"), before: None, after }
}

/// The entry of a cell as it is wanted.
fn corrected(
    before: &entry::Model,
    cell: &TimesheetCellInput,
    path: &str,
    fields: &mut Fields,
) -> entry::Model {
    let text = cell.description.as_deref();
    let text = text.map(|text| rules::description(text, &format!("{path}.description"), fields));
    entry::Model {
        minutes: cell.minutes,
        description: text.unwrap_or_else(|| before.description.clone()),
        billable: cell.billable.unwrap_or(before.billable),
        status: TimeEntryStatus::Draft.as_str().to_owned(),
        reason: None,
        ..before.clone()
    }
}

/// Says at the cell what speaks against its project, task or kind of work.
fn refuse(error: Error, cell: &TimesheetCellInput, path: &str, fields: &mut Fields) {
    match error {
        Error::Invalid(errors) => {
            for FieldError { path: name, message } in errors {
                fields.add(format!("{path}.{name}"), message);
            }
        }
        other => {
            let message = other.message();
            let names = [
                ("activityTypeId", cell.activity_type_id.map(|id| id.to_string())),
                ("taskId", cell.task_id.map(|id| id.to_string())),
            ];
            let rendered = message.render(kernel::locale::Language::En);
            let named =
                names.iter().find(|(_, id)| id.as_ref().is_some_and(|id| rendered.contains(id.as_str())));
            let name = named.map_or("projectId", |(name, _)| *name);
            fields.add(format!("{path}.{name}"), message);
        }
    }
}
