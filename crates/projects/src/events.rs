//! Events of this domain, for the catalogue.

use kernel::event::Declared;
use serde_json::json;

use crate::{
    column, comment, field, label, link, member, milestone,
    policy::{BUDGETS_READ, INTERNAL_READ, RATES_READ},
    project, task, view,
};

/// Events of projects, their teams, boards and tasks.
pub const EVENTS: &[Declared] = &[
    Declared::rows_guarded::<project::entity::Entity>(
        "A project",
        &[
            ("budget_minor", BUDGETS_READ),
            ("budget_currency", BUDGETS_READ),
            ("budget_minutes", BUDGETS_READ),
            ("custom", INTERNAL_READ),
        ],
    ),
    Declared::rows_guarded::<member::entity::Entity>(
        "A place on the team of a project",
        &[("bill_rate_minor", RATES_READ), ("rate_currency", RATES_READ)],
    ),
    Declared::rows_with::<column::entity::Entity>("A column of a task board", &["project"]),
    Declared::rows_guarded::<task::entity::Entity>(
        "A task",
        &[
            ("estimate_minutes", INTERNAL_READ),
            ("remaining_minutes", INTERNAL_READ),
            ("blocked_reason", INTERNAL_READ),
            ("checklist", INTERNAL_READ),
            ("labels", INTERNAL_READ),
        ],
    ),
    Declared::rows_guarded::<milestone::entity::Entity>(
        "A milestone",
        &[("notes", INTERNAL_READ), ("billing_minor", BUDGETS_READ), ("billing_currency", BUDGETS_READ)],
    ),
    Declared::rows::<link::entity::Entity>("A dependency"),
    Declared::rows::<label::entity::Entity>("A label of tasks"),
    Declared::rows::<comment::entity::Entity>("A comment on a task"),
    Declared::rows::<field::entity::Entity>("A field of projects"),
    Declared::rows::<view::entity::Entity>("A saved view"),
    Declared::Own {
        kind: "projects.milestone.transitioned",
        subject: "Milestone",
        version: 1,
        about: "A milestone went to another status.",
        members: || {
            json!({
                "from": { "type": "string", "description": "The status before." },
                "to": { "type": "string", "description": "The status now." },
            })
        },
    },
    Declared::Own {
        kind: "projects.milestone.answered",
        subject: "Milestone",
        version: 1,
        about: "The client answered about a milestone.",
        members: || json!({ "approval": { "type": "string", "description": "What they said." } }),
    },
    Declared::Own {
        kind: "projects.project.transitioned",
        subject: "Project",
        version: 1,
        about: "A project went to another status.",
        members: || {
            json!({
                "from": { "type": "string", "description": "The status before." },
                "to": { "type": "string", "description": "The status now." },
                "note": { "type": ["string", "null"], "description": "What was said about it." },
            })
        },
    },
    Declared::Own {
        kind: "projects.task.assigned",
        subject: "Task",
        version: 1,
        about: "Other people do a task.",
        members: || {
            let people =
                json!({ "type": "array", "items": { "type": "string" }, "description": "Ids of people." });
            json!({ "added": people, "removed": people })
        },
    },
];
