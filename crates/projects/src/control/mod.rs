//! Project controls: what ought to be done, what is done and what it took (earned value), and how it came to that
//! (burn-down, burn-up and the curves of earned value).
//!
//! Everything is counted from the leaves of the plan: a task with subtasks counts through these. A task is worth its
//! estimate. How much of it is done: all of a done one; of another what is not remaining of its estimate, as far as
//! somebody said what remains; else half of one that was begun (the 50/50 rule of the field) and nothing of one that was
//! not. When it is planned: from its start to its due date, in the agency's working time; with only one of both, on that
//! day if it is the due date, and up to the project's end if it is the start; with neither, over the whole project. Estimates
//! and days are those of the project's newest baseline, where it has one that knows of the task; else those of now.

mod baseline;
mod course;
pub mod curve;
pub mod graphql;
pub mod portfolio;
mod rules;
pub(crate) mod store;
mod value;

use chrono::NaiveDate;
use kernel::{id::ProjectId, money::Currency};

use crate::project::{entity::Model, rules::check_open};

pub(crate) use rules::Planned;
pub(crate) use value::of_project;

/// What of a project counts here.
///
/// Reason: each project that is answered carries it, so it is small and has no text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub(crate) id: ProjectId,
    /// Whether it goes on: neither over nor archived.
    pub(crate) open: bool,
    /// In minor units.
    pub(crate) budget: Option<(i64, Currency)>,
    pub(crate) budget_minutes: Option<i64>,
    /// When it began, or is to begin.
    pub(crate) start: Option<NaiveDate>,
    /// When it is to end.
    pub(crate) end: Option<NaiveDate>,
    /// When it ended.
    pub(crate) ended: Option<NaiveDate>,
}

impl From<&Model> for Subject {
    fn from(project: &Model) -> Self {
        Self {
            id: project.id,
            open: check_open(project).is_ok() && project.archived_at.is_none(),
            budget: project.budget_minor.zip(project.budget_currency),
            budget_minutes: project.budget_minutes,
            start: project.actual_start.or(project.estimated_start),
            end: project.estimated_end,
            ended: project.actual_end,
        }
    }
}
