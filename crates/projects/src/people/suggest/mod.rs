//! Suggestions: a team for the places of a project, and people for its tasks, each explained and applied as one act.

mod apply;
mod assign;
pub mod assign_graphql;
mod busy;
mod choose;
mod crew;
mod free;
pub mod graphql;
mod mark;
mod places;
mod say;
mod tasks;
mod team;

pub use mark::SUGGESTION_CHANGED;
