//! The subscription to changes of projects: from a committed event to each client that may see the project.

use async_graphql::{Context, Enum, SimpleObject, Subscription};
use futures::{Stream, StreamExt};
use kernel::{
    Error, Result, Text,
    ask::{Ask, Asking},
    graph::Graph,
    id::{MilestoneId, ProjectId, TaskId, TypedId},
    policy::Guarded,
    viewer::{Permission, Viewer},
};
use serde_json::json;

use crate::{
    policy::{BUDGETS_READ, INTERNAL_READ, PROJECTS_READ, RATES_READ},
    project::{self, graphql::Project},
    service::{Event, EventSource, Heard, Projects},
    sight::{Sight, Sights},
};

/// Changes came faster than they were taken.
pub const FELL_BEHIND: Text = Text::new(
    "fell_behind",
    "Changes came faster than they were taken, and some were missed. Read anew and subscribe again.",
    "Les changements sont arrivés plus vite qu'ils n'ont été reçus et certains ont été manqués. Relisez puis abonnez-vous à nouveau.",
);

/// What happened to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ProjectChangeKind {
    /// It was made.
    Created,
    /// Something about it changed.
    Updated,
    /// It went to another status.
    Transitioned,
    /// Somebody joined or left its team, or has another place there.
    TeamChanged,
    /// A task of it was made.
    TaskCreated,
    /// Something about a task of it changed.
    TaskUpdated,
    /// Other people do a task of it.
    TaskAssigned,
    /// Somebody commented on a task of it.
    TaskCommented,
    /// A milestone of it was made.
    MilestoneCreated,
    /// Something about a milestone of it changed.
    MilestoneUpdated,
    /// A milestone of it was removed.
    MilestoneRemoved,
    /// A comment on a task of it says something else now.
    CommentEdited,
    /// A comment on a task of it was removed.
    CommentRemoved,
    /// Work of it waits for other work than before.
    DependenciesChanged,
}

/// A change of a project.
#[derive(SimpleObject)]
pub struct ProjectChange {
    /// The project as it is now, as far as the viewer may see it.
    pub project: Graph<Project>,
    /// What happened.
    pub kind: ProjectChangeKind,
    /// Names of the fields that changed, of the project or of the task, as far as the viewer may see them; empty for what
    /// is new and what was removed.
    pub changed_fields: Vec<String>,
    /// Id of the task, if it is about one.
    pub task_id: Option<TaskId>,
    /// Id of the milestone, if it is about one.
    pub milestone_id: Option<MilestoneId>,
}

/// Root subscription of projects.
#[derive(Default)]
pub struct ChangeSubscription;

#[Subscription]
impl ChangeSubscription {
    /// Changes of a project, or of every project that the viewer may see: of itself, its team and its tasks. Whether
    /// the viewer may see it is asked anew before each message. Who takes messages so slowly that some were missed is
    /// told so by UNAVAILABLE, which ends it: read anew and subscribe again. Needs `projects.project.read`.
    async fn project_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only changes of this project.")] id: Option<ProjectId>,
    ) -> Result<impl Stream<Item = Result<ProjectChange>> + 'static> {
        let ask = ctx.ask().clone();
        ask.viewer.require(PROJECTS_READ)?;
        if let Some(id) = id {
            project::entity::Entity::fetch(&ask.db, &ask.viewer, PROJECTS_READ, id).await?;
        }
        let projects = ctx.data_unchecked::<Projects>();
        Ok(changes(ask, &*projects.events, projects.sights.clone(), id))
    }
}

/// The changes of a project, or of every project in sight, for who asks. However many listen, an event costs a handful
/// of statements beside what the fields of their messages need. It ends with an error for who takes them so slowly that
/// some were missed: nobody shall wait for a message that does not come.
pub fn changes(
    ask: Ask,
    events: &dyn EventSource,
    sights: Sights,
    wanted: Option<ProjectId>,
) -> impl Stream<Item = Result<ProjectChange>> + use<> {
    let heard = events.subscribe(ask.viewer.tenant_id()).scan(false, |ended, heard| {
        let next = (!*ended).then_some(heard);
        *ended = matches!(next, Some(Heard::Missed));
        std::future::ready(next)
    });
    heard.filter_map(move |heard| {
        let (ask, sights) = (ask.clone(), sights.clone());
        async move {
            match heard {
                Heard::Event(event) => change(&ask, &sights, wanted, &event).await.transpose(),
                Heard::Missed => Some(Err(Error::Unavailable(FELL_BEHIND.into()))),
            }
        }
    })
}

/// The message for an event, if it is about a project that was asked for and that the viewer may see.
async fn change(
    ask: &Ask,
    sights: &Sights,
    wanted: Option<ProjectId>,
    event: &Event,
) -> Result<Option<ProjectChange>> {
    let Some(kind) = kind_of(event) else { return Ok(None) };
    if wanted.is_some_and(|wanted| event.is_elsewhere(wanted)) {
        return Ok(None);
    }
    let viewer = ask.viewer.at_present();
    let Some(sight) = sights.of(&ask.db, &viewer, event).await? else { return Ok(None) };
    if wanted.is_some_and(|wanted| wanted != sight.project.id)
        || !sight.is_shown(&ask.db, &viewer, PROJECTS_READ).await?
    {
        return Ok(None);
    }
    let Some(changed_fields) = shown(ask, &viewer, &sight, changed_fields(event)).await? else {
        return Ok(None);
    };
    // Reason: what the message's fields load must be as it is now, not as for the message before.
    ask.forget();
    Ok(Some(ProjectChange {
        project: Graph(sight.project.clone().into()),
        kind,
        changed_fields,
        task_id: sight.task,
        milestone_id: (event.subject_type == "Milestone").then(|| MilestoneId::from_uuid(event.subject_id)),
    }))
}

/// Fields of projects and team places that not everybody sees, with what seeing them needs on the project.
const OF_PROJECT: [(&str, Permission); 5] = [
    ("budget", BUDGETS_READ),
    ("budgetMinutes", BUDGETS_READ),
    ("billRate", RATES_READ),
    ("billing", BUDGETS_READ),
    ("customFields", INTERNAL_READ),
];

/// Fields of tasks and milestones that are for the team alone.
const OF_TASK: [&str; 8] = [
    "estimateMinutes",
    "remainingMinutes",
    "blockedReason",
    "checklist",
    "labels",
    "notes",
    "plan",
    "skills",
];

/// The names of the fields that the viewer may see; none if nothing else changed, which is then no change for them.
pub(crate) async fn shown(
    ask: &Ask,
    viewer: &Viewer,
    sight: &Sight,
    mut fields: Vec<String>,
) -> Result<Option<Vec<String>>> {
    let before = fields.len();
    for (name, permission) in OF_PROJECT {
        if fields.iter().any(|field| field == name)
            && !sight.shows_project(&ask.db, viewer, permission).await?
        {
            fields.retain(|field| field != name);
        }
    }
    if fields.iter().any(|field| OF_TASK.contains(&field.as_str()))
        && !sight.shows_subject(&ask.db, viewer, INTERNAL_READ).await?
    {
        fields.retain(|field| !OF_TASK.contains(&field.as_str()));
    }
    Ok(if fields.is_empty() && before > 0 { None } else { Some(fields) })
}

/// What an event means for its project; none for events of other things, of what is gone, and of what another event
/// says better.
fn kind_of(event: &Event) -> Option<ProjectChangeKind> {
    match event.kind.as_str() {
        "projects.project.created" => Some(ProjectChangeKind::Created),
        "projects.project.transitioned" => Some(ProjectChangeKind::Transitioned),
        "projects.project.updated" => {
            let by_transition = event.payload["action"] == "projects.project.transition";
            (!by_transition).then_some(ProjectChangeKind::Updated)
        }
        "projects.member.created" | "projects.member.updated" => Some(ProjectChangeKind::TeamChanged),
        "projects.task.created" => Some(ProjectChangeKind::TaskCreated),
        "projects.task.updated" => {
            let by_assignment = event.payload["changed"] == json!(["assignees"]);
            (!by_assignment).then_some(ProjectChangeKind::TaskUpdated)
        }
        "projects.task.assigned" => Some(ProjectChangeKind::TaskAssigned),
        "projects.comment.created" => Some(ProjectChangeKind::TaskCommented),
        "projects.milestone.created" => Some(ProjectChangeKind::MilestoneCreated),
        "projects.milestone.updated" => Some(ProjectChangeKind::MilestoneUpdated),
        "projects.milestone.deleted" => Some(ProjectChangeKind::MilestoneRemoved),
        "projects.comment.updated" => Some(ProjectChangeKind::CommentEdited),
        "projects.comment.deleted" => Some(ProjectChangeKind::CommentRemoved),
        "projects.dependency.created" | "projects.dependency.updated" | "projects.dependency.deleted" => {
            Some(ProjectChangeKind::DependenciesChanged)
        }
        _ => None,
    }
}

/// Names of the changed columns as the graph spells its fields.
pub(crate) fn changed_fields(event: &Event) -> Vec<String> {
    if event.kind.ends_with(".created") || event.kind.ends_with(".deleted") {
        return Vec::new();
    }
    if event.kind == "projects.project.transitioned" {
        return vec!["status".to_owned()];
    }
    if event.kind == "projects.task.assigned" {
        return vec!["assignees".to_owned()];
    }
    let columns = event.payload["changed"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut names: Vec<String> = columns.iter().filter_map(|column| column.as_str()).map(field_of).collect();
    names.dedup();
    names
}

/// The field that shows a column.
fn field_of(column: &str) -> String {
    match column {
        "budget_minor" | "budget_currency" => "budget".to_owned(),
        "bill_rate_minor" | "rate_currency" => "billRate".to_owned(),
        "billing_minor" | "billing_currency" => "billing".to_owned(),
        "scheduling"
        | "duration_minutes"
        | "constraint_kind"
        | "constraint_on"
        | "deadline_on"
        | "optimistic_minutes"
        | "pessimistic_minutes" => "plan".to_owned(),
        "recurs_from" => "recurrence".to_owned(),
        "custom" => "customFields".to_owned(),
        "allocation_bp" => "allocation".to_owned(),
        _ => camel_case(column.strip_suffix("_id").unwrap_or(column)),
    }
}

fn camel_case(column: &str) -> String {
    let mut words = column.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    name
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn event(kind: &str, payload: serde_json::Value) -> Event {
        Event {
            id: Uuid::nil(),
            kind: kind.to_owned(),
            subject_type: "Project".to_owned(),
            subject_id: Uuid::nil(),
            payload,
        }
    }

    #[test]
    fn transition_is_told_once() {
        let updated = event("projects.project.updated", json!({ "action": "projects.project.transition" }));
        let moved = event("projects.project.transitioned", json!({ "from": "intake", "to": "planning" }));
        assert_eq!(kind_of(&updated), None);
        assert_eq!(kind_of(&moved), Some(ProjectChangeKind::Transitioned));
    }

    #[test]
    fn assignment_is_told_once() {
        let changed = |changed| event("projects.task.updated", json!({ "changed": changed }));
        assert_eq!(kind_of(&changed(json!(["assignees"]))), None);
        assert_eq!(kind_of(&changed(json!(["title"]))), Some(ProjectChangeKind::TaskUpdated));
    }

    #[test]
    fn changed_columns_are_spelled_as_fields() {
        let payload =
            json!({ "action": "projects.project.update", "changed": ["name", "expected_delivery"] });
        assert_eq!(changed_fields(&event("projects.project.updated", payload)), ["name", "expectedDelivery"]);
    }

    #[test]
    fn events_of_other_things_are_no_changes_of_projects() {
        for kind in [
            "crm.account.updated",
            "projects.task.deleted",
            "projects.column.updated",
            "identity.user.created",
        ] {
            assert_eq!(kind_of(&event(kind, json!({}))), None, "{kind}");
        }
    }
}
