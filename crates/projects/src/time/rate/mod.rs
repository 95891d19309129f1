//! Rates: what an hour is billed at and what it costs, wherever that is written; and which of them hold for entries.

pub mod bill;
pub mod cost;
pub mod graphql;
pub mod mutation;
pub mod store;
mod write;

pub use store::{bill_of, cost_of, fixed};
pub use write::{delete_bill, delete_cost, set_bill, set_cost};

use kernel::Text;

use crate::words::RateLevel;

/// Where a rate is written, in words.
#[must_use]
pub const fn explanation(level: RateLevel) -> Text {
    match level {
        RateLevel::Entry => {
            Text::new("rate_of_entry", "Set for this very entry.", "Fixé pour cette entrée même.")
        }
        RateLevel::Task => Text::new("rate_of_task", "The rate of the task.", "Le taux de la tâche."),
        RateLevel::Member => Text::new(
            "rate_of_member",
            "The person's rate on this project.",
            "Le taux de la personne sur ce projet.",
        ),
        RateLevel::ProjectActivity => Text::new(
            "rate_of_project_activity",
            "The project's rate for this kind of work.",
            "Le taux du projet pour ce type d'activité.",
        ),
        RateLevel::Project => Text::new("rate_of_project", "The rate of the project.", "Le taux du projet."),
        RateLevel::Activity => {
            Text::new("rate_of_activity", "The rate of this kind of work.", "Le taux de ce type d'activité.")
        }
        RateLevel::Person => {
            Text::new("rate_of_person", "The rate of the person.", "Le taux de la personne.")
        }
        RateLevel::Account => Text::new("rate_of_account", "The rate of the client.", "Le taux du client."),
        RateLevel::Tenant => Text::new("rate_of_tenant", "The rate of the agency.", "Le taux de l'agence."),
    }
}
