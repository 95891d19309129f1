//! Events of this domain, for the catalogue.

use kernel::{
    event::{Declared, GuardedNames},
    id::ProjectId,
};
use serde_json::{Map, Value as Json, json};

use crate::{
    change_request, column, comment, decision, feedback, field, health, import, label, link, member,
    milestone, plan,
    policy::{BUDGETS_READ, INTERNAL_READ, RATES_READ},
    project, report, risk, task, template, view,
};

/// Events of the registers of projects.
pub const REGISTER_EVENTS: &[Declared] = &[
    Declared::rows::<health::settings::Entity>("How the agency weighs how well projects go"),
    Declared::rows_guarded::<risk::entity::Entity>(
        "A risk of a project",
        &[("exposure_minor", BUDGETS_READ), ("exposure_currency", BUDGETS_READ)],
    ),
    Declared::rows::<plan::baseline::entity::Entity>("A baseline of a plan"),
    Declared::rows_guarded::<change_request::entity::Entity>(
        "A change request",
        &[
            ("notes", INTERNAL_READ),
            ("staff_comment", INTERNAL_READ),
            ("amount_minor", BUDGETS_READ),
            ("amount_currency", BUDGETS_READ),
        ],
    ),
    Declared::rows_guarded::<change_request::line::entity::Entity>(
        "What is billed for a change",
        &[("amount_minor", BUDGETS_READ), ("amount_currency", BUDGETS_READ)],
    ),
    Declared::rows::<decision::entity::Entity>("A decision"),
    Declared::rows_guarded::<report::entity::Entity>(
        "A status report",
        &[("notes", INTERNAL_READ), ("figures", INTERNAL_READ)],
    ),
    Declared::rows::<feedback::entity::Entity>("A question to a client"),
    Declared::Own {
        kind: "projects.change_request.transitioned",
        subject: "ChangeRequest",
        version: 1,
        about: "A change request went to another status.",
        members: || {
            json!({
                "from": { "type": "string", "description": "The status before." },
                "to": { "type": "string", "description": "The status now." },
            })
        },
        guarded: &[],
    },
    Declared::Own {
        kind: "projects.feedback.answered",
        subject: "FeedbackRequest",
        version: 1,
        about: "A client answered how satisfied they are.",
        members: || json!({ "kind": { "type": "string", "description": "What they were asked." } }),
        guarded: &[],
    },
];

/// What a project was made from and how its documents are arranged is for the team: the other project may be for another
/// client.
const MADE_FROM: GuardedNames = &[("source", INTERNAL_READ), ("folders", INTERNAL_READ)];

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
    Declared::rows_guarded_with::<member::entity::Entity>(
        "A place on the team of a project",
        &["project"],
        &[("bill_rate_minor", RATES_READ), ("rate_currency", RATES_READ)],
    ),
    Declared::rows_with::<column::entity::Entity>("A column of a task board", &["project"]),
    Declared::rows_guarded_with::<task::entity::Entity>(
        "A task",
        &["project"],
        &[
            ("estimate_minutes", INTERNAL_READ),
            ("remaining_minutes", INTERNAL_READ),
            ("blocked_reason", INTERNAL_READ),
            ("checklist", INTERNAL_READ),
            ("labels", INTERNAL_READ),
            ("skills", INTERNAL_READ),
            ("scheduling", INTERNAL_READ),
            ("duration_minutes", INTERNAL_READ),
            ("constraint_kind", INTERNAL_READ),
            ("constraint_on", INTERNAL_READ),
            ("deadline_on", INTERNAL_READ),
            ("optimistic_minutes", INTERNAL_READ),
            ("pessimistic_minutes", INTERNAL_READ),
        ],
    ),
    Declared::rows_guarded_with::<milestone::entity::Entity>(
        "A milestone",
        &["project", "audience"],
        &[("notes", INTERNAL_READ), ("billing_minor", BUDGETS_READ), ("billing_currency", BUDGETS_READ)],
    ),
    Declared::rows_with::<link::entity::Entity>("A dependency", &["project"]),
    Declared::rows::<label::entity::Entity>("A label of tasks"),
    Declared::rows_with::<comment::entity::Entity>("A comment on a task", &["project", "task", "audience"]),
    Declared::rows::<field::entity::Entity>("A field of projects"),
    Declared::rows::<view::entity::Entity>("A saved view"),
    Declared::rows::<template::entity::Entity>("A template of projects"),
    Declared::rows::<import::entity::Entity>("An import of tasks"),
    Declared::Own {
        kind: "projects.template.applied",
        subject: "Project",
        version: 1,
        about: "A project was made from a template; the domain of documents makes its folders.",
        members: || {
            json!({
                "source": { "type": ["string", "null"], "description": "Id of the template." },
                "folders": {
                    "type": ["array", "null"], "items": { "type": "string" }, "description": "Paths of folders.",
                },
            })
        },
        guarded: MADE_FROM,
    },
    Declared::Own {
        kind: "projects.project.cloned",
        subject: "Project",
        version: 1,
        about: "A project was made out of another one; the domain of documents copies its folders if that is wished.",
        members: || {
            json!({
                "source": {
                    "type": ["object", "null"], "description": "Id of the other project, and whether its folders are copied.",
                    "properties": { "project": { "type": "string" }, "documents": { "type": "boolean" } },
                },
                "folders": { "type": ["array", "null"], "items": { "type": "string" }, "description": "None." },
            })
        },
        guarded: MADE_FROM,
    },
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
        guarded: &[],
    },
    Declared::Own {
        kind: "projects.milestone.answered",
        subject: "Milestone",
        version: 1,
        about: "The client answered about a milestone.",
        members: || json!({ "approval": { "type": "string", "description": "What they said." } }),
        guarded: &[],
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
            })
        },
        guarded: &[],
    },
    Declared::Own {
        kind: "projects.task.assigned",
        subject: "Task",
        version: 1,
        about: "Other people do a task.",
        members: || {
            let people =
                json!({ "type": "array", "items": { "type": "string" }, "description": "Ids of people." });
            let project = json!({ "type": "string", "description": "Id of the task's project." });
            json!({ "added": people, "removed": people, "project": project })
        },
        guarded: &[],
    },
];

/// The `refs` of a row's events: the project that the row is of, so that who watches another one is not held up by it.
pub(crate) fn of_project(project: ProjectId) -> Map<String, Json> {
    Map::from_iter([("project".to_owned(), Json::from(project.to_string()))])
}
