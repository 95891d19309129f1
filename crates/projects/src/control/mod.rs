//! Project controls: what ought to be done, what is done and what it took (earned value), and how it came to that
//! (burn-down, burn-up and the curves of earned value).
//!
//! Everything is counted from the leaves of the plan: a task with subtasks counts through these. A task is worth its
//! estimate. How much of it is done: all of a done one; of another what is not remaining of its estimate, as far as
//! somebody said what remains; else half of one that was begun (the 50/50 rule of the field) and nothing of one that was
//! not. When it is planned: from its start to its due date, in the agency's working time; with only one of both, on that
//! day if it is the due date, and up to the project's end if it is the start; with neither, over the whole project.

pub mod curve;
pub mod graphql;
pub mod portfolio;
mod rules;
pub(crate) mod store;
mod value;

pub(crate) use rules::Planned;
pub(crate) use value::of_project;
