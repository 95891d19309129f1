//! The job of an import: batches of rows become tasks, each with how far the import is, so that a worker that dies loses
//! nothing and nothing comes twice.

use std::collections::{HashMap, HashSet};

use kernel::{
    Error, Result,
    act::{Act, Changes, NewRows},
    db::Db,
    id::{ProjectId, TaskId, TaskImportId, TaskLabelId, TypedId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect};
use serde_json::{Value as Json, json};

use super::{
    end::{End, give_up},
    entity::{Column, Entity, Model},
    file::{self, RowError},
    known,
    parents::{Plan, task_id},
    read::{self, Draft, Reader, Rows},
    settings::Settings,
    table,
    words::{ImportField, ImportSeparator},
};
use crate::{
    column,
    label::{self, entity as labels, on_task},
    policy::TASKS_CREATE,
    project, rank,
    service::Staff,
    task::{
        self, assignee,
        entity::{Column as TaskColumn, Model as Task},
    },
    words::TaskImportStatus,
};

/// Rows of a batch.
const BATCH: usize = 200;

/// Errors that are kept; the others are only counted.
const ERRORS_KEPT: usize = 1_000;

/// Colour of labels that come with an import.
const COLOR: &str = "#6b7280";

/// An import on its way.
pub(super) struct Work {
    import: Model,
    settings: Settings,
    table: table::Table,
    fields: Vec<Option<ImportField>>,
    plan: Plan,
}

/// Imports what is left of a file, in the name of who asked for it; `told` hears how many rows of how many are done and
/// answers whether to go on. Answers whether it is over.
///
/// # Errors
/// If the database does not answer, or another worker does the same import; what is done stays done.
pub async fn run(
    viewer: &Viewer,
    db: &Db,
    staff: &[Staff],
    id: TaskImportId,
    mut told: impl FnMut(i64, i64) -> bool,
) -> Result<bool> {
    let import = Entity::of_tenant(viewer.tenant_id()).filter(Column::Id.eq(id.uuid())).one(db).await?;
    let Some(import) = import.filter(|import| import.finished_at.is_none()) else { return Ok(true) };
    let file = file::Entity::of_tenant(viewer.tenant_id()).filter(file::Column::Id.eq(id.uuid()));
    let file = file.one(db).await?.ok_or_else(|| Error::not_found(TaskImportId::TYPE, id))?;
    let settings: Settings = serde_json::from_value(import.settings.clone()).map_err(Error::internal)?;
    let table = table::read(&file.content, settings.separator.map(ImportSeparator::byte))?;
    let fields = settings.fields_of(&table.headings)?;
    let plan = Plan::of(&table, &fields);
    let mut work = Work { import, settings, table, fields, plan };
    loop {
        if !told(work.import.position.into(), work.import.row_count.into()) {
            return Ok(false);
        }
        let batch = viewer.act(db, "projects.import.batch", async |act| {
            // Reason: who lost the permission meanwhile, or whose project is closed, imports no more.
            match batch(act, &work, staff).await {
                Err(
                    error @ (Error::Forbidden(_)
                    | Error::NotFound(_)
                    | Error::Conflict { current_version: None, .. }),
                ) => Ok(Err(error)),
                other => other.map(Ok),
            }
        });
        work.import = match batch.await? {
            Ok(import) => import,
            Err(refused) => {
                give_up(viewer, db, id, End::Failed(refused.message().code())).await?;
                return Ok(true);
            }
        };
        if work.import.finished_at.is_some() {
            told(work.import.row_count.into(), work.import.row_count.into());
            return Ok(true);
        }
    }
}

/// Writes errors to those that are there; once an import is over, its file goes.
async fn forget(act: &mut Act, id: TaskImportId, errors: Vec<RowError>) -> Result<()> {
    let row = file::Entity::of_tenant(act.viewer().tenant_id()).filter(file::Column::Id.eq(id.uuid()));
    let Some(before) = row.one(act.conn()).await? else { return Ok(()) };
    let errors = with(&before, errors)?;
    act.update(&before, file::Model { content: String::new(), errors, ..before.clone() }).await.map(drop)
}

async fn keep(act: &mut Act, id: TaskImportId, errors: Vec<RowError>) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    let row = file::Entity::of_tenant(act.viewer().tenant_id()).filter(file::Column::Id.eq(id.uuid()));
    let Some(before) = row.one(act.conn()).await? else { return Ok(()) };
    let errors = with(&before, errors)?;
    act.update(&before, file::Model { errors, ..before.clone() }).await.map(drop)
}

fn with(file: &file::Model, errors: Vec<RowError>) -> Result<Json> {
    let mut all = file.errors.as_array().cloned().unwrap_or_default();
    for error in errors.into_iter().take(ERRORS_KEPT.saturating_sub(all.len())) {
        all.push(serde_json::to_value(error).map_err(Error::internal)?);
    }
    Ok(Json::Array(all))
}

/// The next rows of an import, in a number of statements that does not grow with them.
///
/// Race: of two workers with the same import the later one finds another version, and its act is undone.
async fn batch(act: &mut Act, work: &Work, staff: &[Staff]) -> Result<Model> {
    let import = &work.import;
    project::lock(act, import.project_id).await?;
    let viewer = act.viewer().clone();
    let project =
        project::entity::Entity::fetch_to(act.conn(), &viewer, TASKS_CREATE, import.project_id).await?;
    project::rules::check_open(&project)?;
    let known = known(act.conn(), &viewer, project.id, staff.to_vec(), &work.settings).await?;
    let Work { table, fields, settings, .. } = work;
    let reader = Reader { table, fields, settings, known: &known };
    let from = usize::try_from(import.position).unwrap_or_default();
    let rows = work.plan.from(from);
    let rows = rows.get(..BATCH).unwrap_or(rows);
    let there = parents_there(act, work, rows).await?;
    let Rows { drafts, errors, bad, skipped: _ } = read::all(&reader, &work.plan, rows, there);
    let count = |rows: usize| i32::try_from(rows).unwrap_or(i32::MAX);
    let made = write(act, import, drafts).await?;
    let position = import.position.saturating_add(count(rows.len()));
    let over = position >= import.row_count;
    let status = if over { TaskImportStatus::Done } else { TaskImportStatus::Running };
    let after = Model {
        status: status.as_str().to_owned(),
        position: position.min(import.row_count),
        created_count: import.created_count.saturating_add(count(made)),
        error_count: import.error_count.saturating_add(count(bad)),
        finished_at: over.then(|| act.now()),
        ..import.clone()
    };
    let after = act.update(import, after).await?;
    if over {
        forget(act, import.id, errors).await?;
    } else {
        keep(act, import.id, errors).await?;
    }
    Ok(after)
}

/// Lines of the rows that came in with batches before and that rows of this one are part of: one statement.
async fn parents_there(act: &Act, work: &Work, rows: &[usize]) -> Result<HashSet<u64>> {
    let above = rows.iter().filter_map(|place| work.plan.parent(*place).ok().flatten());
    let above: HashMap<TaskId, u64> = above
        .filter_map(|place| work.table.rows.get(place))
        .map(|row| (task_id(work.import.id, row.line), row.line))
        .collect();
    if above.is_empty() {
        return Ok(HashSet::new());
    }
    let there =
        task::by_ids(act, above.keys().copied()).filter(TaskColumn::ProjectId.eq(work.import.project_id));
    let there: Vec<TaskId> = there.select_only().column(TaskColumn::Id).into_tuple().all(act.conn()).await?;
    Ok(there.into_iter().filter_map(|id| above.get(&id).copied()).collect())
}

/// Writes tasks at the end of a project; how many.
async fn write(act: &mut Act, import: &Model, drafts: Vec<Draft>) -> Result<usize> {
    let project = import.project_id;
    if drafts.is_empty() {
        return Ok(0);
    }
    let board = column::of_project(act, project).await?;
    let todo = board.iter().find(|one| column::category(one) == crate::words::TaskStatus::Todo);
    let entry = todo.or(board.first()).ok_or_else(|| Error::internal("a board has a column"))?;
    let (new_labels, label_ids) = name_labels(act, project, &drafts).await?;
    let mut number = task::next_number(act, project).await?;
    let mut last = task::place::last_rank(act, project).await?;
    let (mut tasks, mut more): (Vec<Task>, Vec<Changes>) = Default::default();
    let (mut doers, mut labellings) = (Vec::new(), Vec::new());
    for draft in &drafts {
        let blank = task::blank(act, project);
        let next = rank::between(last.as_deref(), None, task::place::entropy(act));
        // Invariant: behind the last rank there is always room.
        let rank = next.ok_or_else(|| Error::internal("there is room at the end"))?;
        last = Some(rank.clone());
        let id = task_id(import.id, draft.line);
        let parent_id = draft.parent.map(|line| task_id(import.id, line));
        let row = Task { id, parent_id, number, rank, ..draft.task(act, blank, entry) };
        number += 1;
        let labels: Vec<TaskLabelId> =
            draft.labels.iter().filter_map(|name| label_ids.get(name)).copied().collect();
        let mut changes = Changes::new();
        if !draft.people.is_empty() {
            changes.push(("assignees", [json!([]), json!(draft.people)]));
            act.record(task::people::assigned(&row, &draft.people));
        }
        if !labels.is_empty() {
            changes.push(("labels", [json!([]), json!(labels)]));
        }
        doers.extend(draft.people.iter().map(|user| assignee::new(act, &row, *user)));
        labellings.extend(labels.into_iter().map(|label| on_task::new(act, &row, label)));
        tasks.push(row);
        more.push(changes);
    }
    let made = tasks.len();
    let mut rows = NewRows::new();
    rows.add(new_labels);
    rows.add_telling(tasks, more);
    rows.add_parts(doers);
    rows.add_parts(labellings);
    act.insert_together(rows).await?;
    Ok(made)
}

/// The labels of the tasks by their names: those of the project and the agency, and new ones of the project.
async fn name_labels(
    act: &Act,
    project: ProjectId,
    drafts: &[Draft],
) -> Result<(Vec<labels::Model>, HashMap<String, TaskLabelId>)> {
    let mut names: Vec<&String> = drafts.iter().flat_map(|draft| &draft.labels).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok((Vec::new(), HashMap::new()));
    }
    use labels::Column as Of;
    let theirs = Condition::any().add(Of::ProjectId.is_null()).add(Of::ProjectId.eq(project));
    let there = labels::Entity::of_tenant(act.viewer().tenant_id()).filter(theirs).all(act.conn()).await?;
    let own = there.iter().filter(|label| label.project_id.is_some()).count();
    let mut ids: HashMap<String, TaskLabelId> = HashMap::with_capacity(there.len());
    for label in there {
        // Reason: the project's own goes before the agency's of the same name.
        if label.project_id.is_some() || !ids.contains_key(&label.name) {
            ids.insert(label.name, label.id);
        }
    }
    let most = usize::try_from(label::MAX_LABELS).unwrap_or(usize::MAX).saturating_sub(own);
    let mut new = Vec::new();
    for name in names {
        // Reason: a project has so many labels at most; tasks come in without those beyond.
        if !ids.contains_key(name) && new.len() < most {
            let label = label::of_project(act, project, name.clone(), COLOR.to_owned());
            ids.insert(name.clone(), label.id);
            new.push(label);
        }
    }
    Ok((new, ids))
}
