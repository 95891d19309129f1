//! Tokens: by them a plan that is applied is the one that was looked at.

use std::{
    collections::BTreeSet,
    fmt::{Debug, Write as _},
};

use chrono::{DateTime, Utc};
use kernel::{Error, Result, Text, id::UserId};
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

/// What a token is made of: what was read, and what somebody wants of it.
#[derive(Default)]
pub(crate) struct Mark(Sha256);

impl Mark {
    /// Makes the token follow from something more.
    pub(crate) fn add(&mut self, what: &impl Debug) {
        let mut line = String::new();
        // Invariant: writing to a string never fails.
        let _ = writeln!(line, "{what:?}");
        self.0.update(line.as_bytes());
    }

    /// The token of what was reckoned as of an instant; `with` stands in it as it is.
    pub(crate) fn token(self, as_of: DateTime<Utc>, with: &str) -> String {
        let mut token = format!("{:x}.{with}", minutes(as_of));
        for byte in self.0.finalize().iter().take(16) {
            let _ = write!(token, "{byte:02x}");
        }
        token
    }
}

/// The token of what follows from a plan as of an instant, and from what somebody wants of it.
pub(crate) fn token(source: &Source, as_of: DateTime<Utc>, wanted: &str) -> String {
    let mut mark = Mark::default();
    let project = &source.project;
    mark.add(&(project.id, project.estimated_start, project.actual_start, wanted));
    for task in &source.tasks {
        let TaskRow { id, status, priority, estimate_minutes, remaining_minutes, start_on, due_on, .. } =
            task;
        let planned = (start_on, due_on, task.milestone_id, task.parent_id, task.plan(), task.completed_at);
        let doers = source.doers(*id);
        mark.add(&(id, status, priority, estimate_minutes, remaining_minutes, planned, doers));
    }
    for MilestoneRow { id, due_on, status, completed_at, .. } in &source.milestones {
        mark.add(&(id, due_on, status, completed_at));
    }
    for link in &source.links {
        let ends = (link.pred_task_id, link.pred_milestone_id, link.succ_task_id, link.succ_milestone_id);
        mark.add(&(link.id, &link.kind, link.lag_minutes, ends));
    }
    mark.add(source.calendars.agency());
    let people: BTreeSet<UserId> = source.doers.values().flatten().copied().collect();
    for person in people {
        mark.add(&(person, source.calendars.of(person)));
    }
    mark.token(as_of, "")
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
