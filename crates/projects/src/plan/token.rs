//! Tokens: by them a plan that is applied is the one that was looked at.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use kernel::{Error, Result, Text, id::TypedId};
use sha2::{Digest, Sha256};

use super::{
    load::{MilestoneRow, Source, TaskRow},
    network::minutes,
};

/// The plan changed since it was looked at.
pub const PLAN_CHANGED: Text = Text::new(
    "plan_changed",
    "The plan has changed since this was looked at. Look again, and then decide.",
    "Le plan a changé depuis cet aperçu. Consultez-le à nouveau avant de décider.",
);

/// How long a preview can be applied, in minutes: a day.
const KEPT: i64 = 24 * 60;

/// The token of what follows from a plan as of an instant, and from what somebody wants of it.
pub(crate) fn token(source: &Source, as_of: DateTime<Utc>, wanted: &str) -> String {
    let mut hash = Sha256::new();
    let mut line = String::new();
    let mut add = |text: &mut String| {
        hash.update(text.as_bytes());
        text.clear();
    };
    // Invariant: writing to a string never fails.
    let _ = writeln!(line, "{} {:?} {wanted}", source.project.id.uuid(), source.project.estimated_start);
    add(&mut line);
    for task in &source.tasks {
        let TaskRow { id, status, priority, estimate_minutes, remaining_minutes, start_on, due_on, .. } =
            task;
        let _ = write!(line, "{} {status} {priority} {estimate_minutes:?} {remaining_minutes:?}", id.uuid());
        let _ = write!(line, " {start_on:?} {due_on:?} {:?} {:?}", task.milestone_id, task.parent_id);
        let _ = write!(line, " {:?} {:?}", task.plan(), task.completed_at);
        let _ = writeln!(line, " {:?}", source.doers(*id));
        add(&mut line);
    }
    for MilestoneRow { id, due_on, status, completed_at, .. } in &source.milestones {
        let _ = writeln!(line, "{} {due_on:?} {status} {completed_at:?}", id.uuid());
        add(&mut line);
    }
    for link in &source.links {
        let ends = (link.pred_task_id, link.pred_milestone_id, link.succ_task_id, link.succ_milestone_id);
        let _ = writeln!(line, "{} {} {} {ends:?}", link.id.uuid(), link.kind, link.lag_minutes);
        add(&mut line);
    }
    let _ = writeln!(line, "{:?}", source.calendars.agency());
    add(&mut line);
    let mut people: Vec<_> = source.doers.values().flatten().copied().collect();
    people.sort_unstable();
    people.dedup();
    for person in people {
        let _ = writeln!(line, "{} {:?}", person.uuid(), source.calendars.of(person));
        add(&mut line);
    }
    let hash = hash.finalize();
    let mut token = format!("{:x}.", minutes(as_of));
    for byte in hash.iter().take(16) {
        let _ = write!(token, "{byte:02x}");
    }
    token
}

/// The instant as of which the plan of a token was reckoned.
///
/// # Errors
/// CONFLICT for what is no token, or one of another day.
pub(crate) fn as_of(token: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let minute = token.split_once('.').and_then(|(minute, _)| i64::from_str_radix(minute, 16).ok());
    let fresh = minute.filter(|minute| (minutes(now) - KEPT..=minutes(now)).contains(minute));
    let time = fresh.and_then(|minute| DateTime::from_timestamp(minute * 60, 0));
    time.ok_or_else(|| Error::conflict(PLAN_CHANGED))
}

/// An instant as tokens keep it: to the minute.
pub(crate) fn to_the_minute(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(minutes(time) * 60, 0).unwrap_or(time)
}
