//! Events for partners: the log of what happened, its catalogue, the live stream, and deliveries that failed.

mod catalogue;
mod delivery;
mod graphql;
mod live;
mod service;

use async_graphql::{MergedObject, MergedSubscription};
use kernel::{act::outbox, event::Declared};
use serde_json::json;

pub use catalogue::EventKind;
pub use delivery::{DeliveryMutation, EventDelivery};
pub use graphql::Event;
pub use service::{Events, Guards, News, Subjects};

/// Events of this domain's own rows.
pub const DECLARED: &[Declared] = &[
    Declared::rows::<outbox::delivery::Entity>("An event that could not be delivered"),
    Declared::rows::<crate::privacy::entity::Entity>("A request about somebody's personal data"),
    Declared::Own {
        kind: crate::privacy::erasure::ERASED,
        subject: "PrivacyRequest",
        version: 1,
        about: "A person was erased; whoever keeps copies of their data removes them.",
        members: || {
            let person = "Id of the user or contact that they were.";
            json!({ "person": { "type": "string", "description": person } })
        },
        guarded: &[],
    },
    Declared::rows::<crate::siem::Entity>("A system that the audit trail is forwarded to"),
];

/// Queries about events.
#[derive(MergedObject, Default)]
pub struct EventQuery(graphql::LogQuery, catalogue::CatalogueQuery, delivery::DeliveryQuery);

/// Changes of deliveries that failed.
#[derive(MergedObject, Default)]
pub struct EventMutation(delivery::DeliveryMutation);

/// Events as they happen.
#[derive(MergedSubscription, Default)]
pub struct EventSubscription(live::LogSubscription);
