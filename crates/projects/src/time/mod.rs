//! Time: timers, entries, weeks, rates, and what is offered for billing. Rules are in [`split`], [`rounding`], [`week`]
//! and [`cascade`]; everything else applies them.

pub mod activity;
pub mod activity_type;
pub mod book;
pub mod cascade;
pub mod claim;
pub mod entry;
pub mod events;
pub mod people;
pub mod privacy;
pub mod rate;
pub mod reminder;
pub mod rounding;
pub mod settings;
pub mod sheet;
pub mod split;
pub mod target;
pub mod timer;
pub mod week;

use async_graphql::MergedObject;

/// The root queries of time.
#[derive(MergedObject, Default)]
pub struct TimeQuery(
    activity_type::graphql::ActivityTypeQuery,
    entry::graphql::TimeEntryQuery,
    rate::graphql::RateQuery,
    settings::graphql::TimeSettingsQuery,
    sheet::graphql::TimesheetQuery,
    timer::graphql::TimerQuery,
);

/// The root mutations of time.
#[derive(MergedObject, Default)]
pub struct TimeMutation(
    activity_type::graphql::ActivityTypeMutation,
    entry::mutation::TimeEntryMutation,
    rate::mutation::RateMutation,
    settings::graphql::TimeSettingsMutation,
    sheet::mutation::TimesheetMutation,
    timer::mutation::TimerMutation,
);
