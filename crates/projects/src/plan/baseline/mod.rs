//! Baselines: what the plan of a project said once, and by how much it slipped since. For the team alone.

pub mod compare;
pub mod entity;
pub mod graphql;
pub mod mutation;
pub mod stored;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    db::Db,
    id::{BaselineId, ProjectId, TypedId},
    patch,
    policy::Guarded,
    sql::one_of,
    text,
    viewer::Viewer,
};
use schedule::Instant;
use sea_orm::{ColumnTrait, ConnectionTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    analysis::{Analysis, Item},
    effort::Turn,
    load::Source,
    reach::reckoned,
    read::PLAN_READ,
};
use crate::{
    clone::source::open,
    policy::{PROJECTS_READ, registers::PLAN_WRITE},
    project::{self, entity as project_rows},
    register,
};
use entity::{Column, Entity, Model};
use mutation::{CreateBaselineInput, UpdateBaselineInput};
use stored::Kept;

/// A baseline of the project has this name.
pub const TAKEN: Text = Text::new(
    "baseline_exists",
    "A baseline of this project has this name already.",
    "Une référence de ce projet porte déjà ce nom.",
);

/// The project has as many baselines as it can.
pub const TOO_MANY: Text = Text::new(
    "too_many_baselines",
    "A project has at most {max} baselines. Remove one of them first.",
    "Un projet compte {max} références au plus. Supprimez-en une d'abord.",
);

/// Most baselines of a project.
const MAX_BASELINES: u64 = 20;

/// Longest note, in bytes.
const NOTE_MAX: usize = 5_000;

/// Columns of the unique key.
const KEY: [&str; 3] = ["tenant_id", "project_id", "name"];

/// The newest baseline of each of these projects that has one, whoever asks; in one statement.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn newest(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    projects: &[ProjectId],
) -> Result<HashMap<ProjectId, BaselineId>> {
    let ids = projects.iter().map(|project| project.uuid());
    let rows: Vec<(ProjectId, BaselineId)> = Entity::of_tenant(viewer.tenant_id())
        .filter(one_of(conn.get_database_backend(), Column::ProjectId, ids))
        .order_by_asc(Column::AsOf)
        .order_by_asc(Column::Id)
        .select_only()
        .columns([Column::ProjectId, Column::Id])
        .into_tuple()
        .all(conn)
        .await?;
    // Invariant: of those of one project the last one stays, and that is the newest.
    Ok(rows.into_iter().collect())
}

fn instant(at: Instant) -> DateTime<Utc> {
    DateTime::from_timestamp(at.saturating_mul(60), 0).unwrap_or_default()
}

/// Keeps what the plan of a project says now.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for an archived project, a taken name or too many of them, INVALID for wrong fields.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateBaselineInput) -> Result<Model> {
    viewer.require(PLAN_WRITE)?;
    let mut fields = Fields::new();
    let name = fields.take(text::name(&input.name, "name"));
    let note = fields.take(text::markdown(&input.note.unwrap_or_default(), "note", NOTE_MAX));
    fields.check()?;
    viewer
        .act(db, "projects.baseline.create", async |act| {
            let project = writable(act, input.project_id).await?;
            let known = Entity::of_tenant(viewer.tenant_id()).filter(Column::ProjectId.eq(project.id.uuid()));
            if known.count(act.conn()).await? >= MAX_BASELINES {
                return Err(Error::conflict(TOO_MANY.with("max", MAX_BASELINES)));
            }
            let (project_id, as_of) = (project.id, act.now());
            let source = Source::load(act.conn(), viewer, project, as_of).await?;
            let work = move |source| {
                let plan = Analysis::new(source, as_of, None)?.within()?;
                Ok((kept(&plan), plan.span().map(|span| span.1)))
            };
            let (kept, finish) = reckoned(act.conn(), viewer, source, Turn::Now, work).await?;
            let model = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                project_id,
                name: name.clone().unwrap_or_default(),
                note: note.clone().unwrap_or_default(),
                as_of,
                finish_at: finish.map(instant),
                task_count: i32::try_from(kept.len()).unwrap_or(i32::MAX),
                created_by: viewer.user_id(),
                created_at: as_of,
                updated_at: as_of,
                version: 1,
            };
            let model = act.insert_unique(model, &KEY, || Error::conflict(TAKEN)).await?;
            let plan = serde_json::to_value(&kept).map_err(Error::internal)?;
            act.insert(stored::Model { id: model.id, tenant_id: model.tenant_id, plan }).await?;
            Ok(model)
        })
        .await
}

/// The project of a new baseline, locked.
async fn writable(act: &Act, id: ProjectId) -> Result<project_rows::Model> {
    let viewer = act.viewer();
    project_rows::Entity::fetch_in(act.conn(), viewer, PROJECTS_READ, id).await?;
    // Race: the lock lets baselines of a project be counted one after the other.
    project::lock(act, id).await?;
    let mut wanted = PLAN_READ.to_vec();
    wanted.push(PLAN_WRITE);
    let project = open(act.conn(), viewer, id, &wanted).await?;
    project::rules::check_not_archived(&project)?;
    Ok(project)
}

fn kept(plan: &Analysis) -> Vec<Kept> {
    let kept = |(place, task): (usize, &super::load::TaskRow)| {
        let dates = plan.dates(Item::Task(place));
        Kept {
            task: task.id,
            number: task.number,
            title: task.title.clone(),
            start: dates.early_start,
            finish: dates.early_finish,
            duration: plan.laid.durations[place],
            estimate: task.estimate_minutes,
            start_on: task.start_on,
            due_on: task.due_on,
        }
    };
    plan.source.tasks.iter().enumerate().map(kept).collect()
}

/// Changes name and note of a baseline.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, an archived project or a taken name, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateBaselineInput) -> Result<Model> {
    viewer.require(PLAN_WRITE)?;
    let UpdateBaselineInput { id, expected_version, name, note } = input;
    let mut fields = Fields::new();
    let name = patch::checked(name, "name", &mut fields, |name, path| text::name(&name, path));
    let note = patch::optional(note)
        .and_then(|note| fields.take(text::markdown(&note.unwrap_or_default(), "note", NOTE_MAX)));
    fields.check()?;
    viewer
        .act(db, "projects.baseline.update", async |act| {
            let (before, _) = register::open::<Entity>(act, PLAN_WRITE, id, expected_version).await?;
            let after = Model {
                name: name.clone().unwrap_or_else(|| before.name.clone()),
                note: note.clone().unwrap_or_else(|| before.note.clone()),
                ..before.clone()
            };
            act.update_unique(&before, after, &KEY, || Error::conflict(TAKEN)).await
        })
        .await
}

/// Removes a baseline.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or an archived project.
pub async fn delete(viewer: &Viewer, db: &Db, id: BaselineId, expected_version: Option<i64>) -> Result<()> {
    viewer.require(PLAN_WRITE)?;
    viewer
        .act(db, "projects.baseline.delete", async |act| {
            let (row, _) = register::open::<Entity>(act, PLAN_WRITE, id, expected_version).await?;
            act.delete(row).await
        })
        .await
}
