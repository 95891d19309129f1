//! Events for partners: the log of what happened, its catalogue, the live stream, and deliveries that failed.

mod catalogue;
mod delivery;
mod graphql;
mod live;
mod service;

use async_graphql::{MergedObject, MergedSubscription};
use kernel::{act::outbox, event::Declared};

pub use catalogue::EventKind;
pub use delivery::{DeliveryMutation, EventDelivery};
pub use graphql::Event;
pub use service::{Events, News, Subjects};

/// Events of this domain's own rows.
pub const DECLARED: &[Declared] =
    &[Declared::rows::<outbox::delivery::Entity>("An event that could not be delivered")];

/// Queries about events.
#[derive(MergedObject, Default)]
pub struct EventQuery(graphql::LogQuery, catalogue::CatalogueQuery, delivery::DeliveryQuery);

/// Changes of deliveries that failed.
#[derive(MergedObject, Default)]
pub struct EventMutation(delivery::DeliveryMutation);

/// Events as they happen.
#[derive(MergedSubscription, Default)]
pub struct EventSubscription(live::LogSubscription);
