//! The subscription to changes of a board: from a committed event to each client that watches it.

use async_graphql::{Context, Enum, SimpleObject, Subscription};
use futures::{Stream, StreamExt};
use kernel::{
    Error, Result,
    ask::{Ask, Asking},
    graph::Graph,
    id::{ProjectId, TaskColumnId, TaskId, TypedId},
    page::ById,
    policy::Guarded,
};
use serde_json::json;

use crate::{
    change::{self, FELL_BEHIND},
    policy::{PROJECTS_READ, TASKS_READ},
    project::entity as project,
    service::{Event, EventSource, Heard, Projects},
    sight::Sights,
    task::{entity as task, graphql::Task},
};

/// What happened on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum BoardChangeKind {
    /// A task was made.
    TaskCreated,
    /// A task stands elsewhere: in another column, or in another place.
    TaskMoved,
    /// Something else about a task changed, also who does it, and whether it is archived.
    TaskUpdated,
    /// A column was made, changed, moved or removed.
    ColumnsChanged,
}

/// A change of a board.
#[derive(SimpleObject)]
pub struct BoardChange {
    /// What happened.
    pub kind: BoardChangeKind,
    /// The task as it is now; null if it is about a column.
    pub task: Option<Graph<Task>>,
    /// Id of the column, if it is about one.
    pub column_id: Option<TaskColumnId>,
    /// Names of the fields of the task that changed, as far as the viewer may see them; empty for what is new.
    pub changed_fields: Vec<String>,
}

/// Root subscription of boards.
#[derive(Default)]
pub struct BoardSubscription;

#[Subscription]
impl BoardSubscription {
    /// Changes of a project's board: its columns and its tasks. Whether the viewer may see them is asked anew before
    /// each message. Who takes messages so slowly that some were missed is told so by UNAVAILABLE, which ends it: read
    /// anew and subscribe again. Needs `projects.task.read`.
    async fn board_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] project_id: ProjectId,
    ) -> Result<impl Stream<Item = Result<BoardChange>> + 'static> {
        let ask = ctx.ask().clone();
        ask.viewer.require(TASKS_READ)?;
        project::Entity::fetch(&ask.db, &ask.viewer, PROJECTS_READ, project_id).await?;
        let projects = ctx.data_unchecked::<Projects>();
        Ok(changes(ask, &*projects.events, projects.sights.clone(), project_id))
    }
}

fn changes(
    ask: Ask,
    events: &dyn EventSource,
    sights: Sights,
    wanted: ProjectId,
) -> impl Stream<Item = Result<BoardChange>> + use<> {
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

/// The message for an event, if it is about the board and the viewer may see what it is about.
async fn change(ask: &Ask, sights: &Sights, wanted: ProjectId, event: &Event) -> Result<Option<BoardChange>> {
    let Some(kind) = kind_of(event).filter(|_| !event.is_elsewhere(wanted)) else { return Ok(None) };
    let viewer = ask.viewer.at_present();
    let Some(sight) = sights.of(&ask.db, &viewer, event).await? else { return Ok(None) };
    if sight.project.id != wanted || !sight.is_shown(&ask.db, &viewer, PROJECTS_READ).await? {
        return Ok(None);
    }
    ask.forget();
    if kind == BoardChangeKind::ColumnsChanged {
        let column_id = Some(TaskColumnId::from_uuid(event.subject_id));
        return Ok(Some(BoardChange { kind, task: None, column_id, changed_fields: Vec::new() }));
    }
    let fields = change::changed_fields(event);
    let Some(changed_fields) = change::shown(ask, &viewer, &sight, fields).await? else { return Ok(None) };
    let id = TaskId::from_uuid(event.subject_id);
    let task = ask.load::<ById<task::Entity>, _>(id.uuid()).await?;
    Ok(task.map(|task| BoardChange { kind, task: Some(Graph(task.into())), column_id: None, changed_fields }))
}

/// What an event means for a board; none for events of other things and of what another event says better.
fn kind_of(event: &Event) -> Option<BoardChangeKind> {
    match event.kind.as_str() {
        "projects.task.created" => Some(BoardChangeKind::TaskCreated),
        "projects.task.assigned" => Some(BoardChangeKind::TaskUpdated),
        "projects.task.updated" => {
            let changed = &event.payload["changed"];
            if *changed == json!(["assignees"]) {
                return None;
            }
            let moved = |column: &serde_json::Value| *column == "rank" || *column == "column_id";
            let moved = changed.as_array().is_some_and(|columns| columns.iter().any(moved));
            Some(if moved { BoardChangeKind::TaskMoved } else { BoardChangeKind::TaskUpdated })
        }
        "projects.column.created" | "projects.column.updated" | "projects.column.deleted" => {
            Some(BoardChangeKind::ColumnsChanged)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn event_is_told_as_what_it_means_for_the_board() {
        for (kind, changed, told) in [
            ("projects.task.created", json!([]), Some(BoardChangeKind::TaskCreated)),
            ("projects.task.updated", json!(["rank"]), Some(BoardChangeKind::TaskMoved)),
            ("projects.task.updated", json!(["column_id", "status"]), Some(BoardChangeKind::TaskMoved)),
            ("projects.task.updated", json!(["title"]), Some(BoardChangeKind::TaskUpdated)),
            ("projects.task.updated", json!(["assignees"]), None),
            ("projects.task.assigned", json!(null), Some(BoardChangeKind::TaskUpdated)),
            ("projects.column.deleted", json!(["name"]), Some(BoardChangeKind::ColumnsChanged)),
            ("projects.project.updated", json!(["name"]), None),
        ] {
            let event = Event {
                id: Uuid::nil(),
                kind: kind.to_owned(),
                subject_type: String::new(),
                subject_id: Uuid::nil(),
                payload: json!({ "changed": changed }),
            };
            assert_eq!(kind_of(&event), told, "{kind} {changed}");
        }
    }
}
