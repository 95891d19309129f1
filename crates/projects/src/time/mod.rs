//! Time: timers, entries, weeks, rates, and what is offered for billing. Rules are in [`split`], [`rounding`], [`week`]
//! and [`cascade`]; everything else applies them.

pub mod activity_type;
pub mod book;
pub mod cascade;
pub mod claim;
pub mod entry;
pub mod rate;
pub mod reminder;
pub mod rounding;
pub mod settings;
pub mod sheet;
pub mod split;
pub mod target;
pub mod timer;
pub mod week;
