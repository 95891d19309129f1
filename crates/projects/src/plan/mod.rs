//! The plan of a project: its tasks on the calendars of the people who do them, what holds them, and what follows from
//! that. The reckoning is that of the crate `schedule`; here it gets its network and its words.

pub(crate) mod analysis;
pub(crate) mod apply;
pub mod baseline;
pub(crate) mod effort;
pub mod fields;
pub(crate) mod forecast;
pub mod forecast_graphql;
pub mod graphql;
pub(crate) mod history;
pub(crate) mod level;
pub mod level_graphql;
pub(crate) mod level_say;
pub(crate) mod load;
#[cfg(test)]
mod made;
pub mod moves;
pub mod mutation;
pub(crate) mod network;
pub(crate) mod reach;
pub mod read;
pub(crate) mod reschedule;
pub(crate) mod say;
pub(crate) mod token;
pub(crate) mod waits;
pub(crate) mod whose;

use async_graphql::MergedObject;

/// The root queries of plans.
#[derive(MergedObject, Default)]
pub struct PlansQuery(
    graphql::ScheduleQuery,
    mutation::PlanQuery,
    baseline::graphql::BaselineQuery,
    forecast_graphql::ForecastQuery,
    level_graphql::LevelQuery,
);

/// The root mutations of plans.
#[derive(MergedObject, Default)]
pub struct PlansMutation(
    mutation::PlanMutation,
    baseline::mutation::BaselineMutation,
    level_graphql::LevelMutation,
);
