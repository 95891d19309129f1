//! Time: timers, entries, weeks, rates, and what is offered for billing. Rules are in [`split`], [`rounding`], [`week`]
//! and [`cascade`]; everything else applies them.

pub mod cascade;
pub mod rounding;
pub mod split;
pub mod week;
