//! Tests of projects: their course, their teams, their boards, and who sees and hears what of them.

mod archiving;
pub(crate) mod asks;
mod board;
mod bulk;
mod changed;
mod comments;
mod course;
mod creating;
mod dependencies;
mod handing_over;
mod hearing;
mod internal;
mod lists;
mod milestones;
mod own_fields;
mod parts;
mod places;
mod purging;
mod roles;
mod seen;
mod task_lists;
mod tasks;
mod team;
mod trail;
mod updating;
mod walks;
mod whole_board;
