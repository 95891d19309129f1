//! The subscription to changes of projects: from a committed event to each client that may see the project.

use async_graphql::{Context, Enum, SimpleObject, Subscription};
use futures::{Stream, StreamExt};
use kernel::{
    Result,
    ask::{Ask, Asking},
    graph::Graph,
    id::{ProjectId, TaskId, TypedId},
    policy::{Guarded, can},
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use crate::{
    member::entity as member,
    policy::{BUDGETS_READ, PROJECTS_READ, RATES_READ, TASKS_READ, TEAM_READ},
    project::{self, graphql::Project},
    service::{Event, Projects},
    task::entity as task,
};

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
}

/// A change of a project.
#[derive(SimpleObject)]
pub struct ProjectChange {
    /// The project as it is now, as far as the viewer may see it.
    pub project: Graph<Project>,
    /// What happened.
    pub kind: ProjectChangeKind,
    /// Names of the fields that changed, of the project or of the task, as far as the viewer may see them; empty for what
    /// is new.
    pub changed_fields: Vec<String>,
    /// Id of the task, if it is about one.
    pub task_id: Option<TaskId>,
}

/// Root subscription of projects.
#[derive(Default)]
pub struct ChangeSubscription;

#[Subscription]
impl ChangeSubscription {
    /// Changes of a project, or of every project that the viewer may see: of itself, its team and its tasks. Whether
    /// the viewer may see it is asked anew before each message. Needs `projects.project.read`.
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
        let events = ctx.data_unchecked::<Projects>().events.subscribe(ask.viewer.tenant_id());
        Ok(events.filter_map(move |event| {
            let ask = ask.clone();
            async move { change(&ask, id, event).await.transpose() }
        }))
    }
}

/// The message for an event, if it is about a project that was asked for and that the viewer may see.
async fn change(ask: &Ask, wanted: Option<ProjectId>, event: Event) -> Result<Option<ProjectChange>> {
    let Some(kind) = kind_of(&event) else { return Ok(None) };
    let viewer = ask.viewer.at_present();
    let Some(id) = project_of(ask, &viewer, &event).await? else { return Ok(None) };
    if wanted.is_some_and(|wanted| wanted != id) {
        return Ok(None);
    }
    let project = project::entity::Entity::visible(&viewer, PROJECTS_READ);
    let project = project.filter(project::entity::Column::Id.eq(id.uuid())).one(&ask.db).await?;
    let Some(project) = project else { return Ok(None) };
    let Some(changed_fields) = shown(ask, &viewer, id, changed_fields(&event)).await? else {
        return Ok(None);
    };
    // Reason: what the message's fields load must be as it is now, not as for the message before.
    ask.forget();
    Ok(Some(ProjectChange {
        project: Graph(project.into()),
        kind,
        changed_fields,
        task_id: (event.subject_type == "Task").then(|| TaskId::from_uuid(event.subject_id)),
    }))
}

/// Fields about money, with what seeing them needs on the project.
const GUARDED: [(&str, Permission); 3] =
    [("budget", BUDGETS_READ), ("budgetMinutes", BUDGETS_READ), ("billRate", RATES_READ)];

/// The names of the fields that the viewer may see; none if nothing else changed, which is then no change for them.
async fn shown(
    ask: &Ask,
    viewer: &Viewer,
    project: ProjectId,
    mut fields: Vec<String>,
) -> Result<Option<Vec<String>>> {
    let before = fields.len();
    for (name, permission) in GUARDED {
        // Invariant: at most two of these are of one type, so the statements are bounded.
        if fields.iter().any(|field| field == name)
            && !can::<project::entity::Entity>(&ask.db, viewer, permission, project.uuid()).await?
        {
            fields.retain(|field| field != name);
        }
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
        "projects.task.updated" => Some(ProjectChangeKind::TaskUpdated),
        "projects.task.assigned" => Some(ProjectChangeKind::TaskAssigned),
        _ => None,
    }
}

/// The project that an event is about, if the viewer may see what it says about it.
async fn project_of(ask: &Ask, viewer: &Viewer, event: &Event) -> Result<Option<ProjectId>> {
    let id: Uuid = event.subject_id;
    Ok(match event.subject_type.as_str() {
        "Project" => Some(ProjectId::from_uuid(id)),
        "Task" => {
            let task = task::Entity::visible(viewer, TASKS_READ).filter(task::Column::Id.eq(id));
            task.one(&ask.db).await?.map(|task| task.project_id)
        }
        "ProjectMember" => {
            let member = member::Entity::visible(viewer, TEAM_READ).filter(member::Column::Id.eq(id));
            member.one(&ask.db).await?.map(|member| member.project_id)
        }
        _ => None,
    })
}

/// Names of the changed columns as the graph spells its fields.
fn changed_fields(event: &Event) -> Vec<String> {
    if event.kind.ends_with(".created") {
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
    use serde_json::json;

    use super::*;

    fn event(kind: &str, payload: serde_json::Value) -> Event {
        Event { kind: kind.to_owned(), subject_type: "Project".to_owned(), subject_id: Uuid::nil(), payload }
    }

    #[test]
    fn transition_is_told_once() {
        let updated = event("projects.project.updated", json!({ "action": "projects.project.transition" }));
        let moved = event("projects.project.transitioned", json!({ "from": "intake", "to": "planning" }));
        assert_eq!(kind_of(&updated), None);
        assert_eq!(kind_of(&moved), Some(ProjectChangeKind::Transitioned));
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
