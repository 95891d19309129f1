//! Columns of a project's board: what changes them.

pub mod entity;
pub mod graphql;
pub mod mutation;

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, expect_version},
    ask::Ask,
    db::Db,
    graph::Graph,
    id::{ProjectId, TaskColumnId, TypedId},
    page::{ChildPage, Order, PageArgs, children},
    patch,
    policy::Guarded,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{
    policy::{TASKS_READ, TASKS_WRITE},
    project, rank, task,
    words::TaskStatus,
};
use entity::{Column, Entity, Model};
use graphql::TaskColumn;
use mutation::{CreateTaskColumnInput, DeleteTaskColumnInput, MoveTaskColumnInput, UpdateTaskColumnInput};

/// Most columns of a board.
pub const MAX_COLUMNS: usize = 30;

/// Longest heading, in characters.
pub const NAME_MAX: usize = 60;

/// The board is full.
pub const BOARD_FULL: Text = Text::new(
    "board_full",
    "A board has at most {max} columns.",
    "Un tableau compte {max} colonnes au plus.",
);

/// The column is of another board.
pub const OTHER_BOARD: Text = Text::new(
    "other_board",
    "This column is not of the same project.",
    "Cette colonne n'appartient pas au même projet.",
);

/// The column that tasks are to move to is the one that goes.
pub const SAME_COLUMN: Text = Text::new("same_column", "Name another column.", "Indiquez une autre colonne.");

/// The columns of a new board, with what they say about their tasks.
const DEFAULTS: [(Text, TaskStatus); 4] = [
    (Text::new("to_do", "To do", "À faire"), TaskStatus::Todo),
    (Text::new("in_progress", "In progress", "En cours"), TaskStatus::Doing),
    (Text::new("review", "Review", "Relecture"), TaskStatus::Doing),
    (Text::new("done", "Done", "Terminé"), TaskStatus::Done),
];

/// What a column says about its tasks.
pub fn category(column: &Model) -> TaskStatus {
    TaskStatus::parse(&column.category).unwrap_or_default()
}

/// Gives a new project the usual columns.
pub(crate) async fn insert_defaults(act: &mut Act, project: ProjectId) -> Result<Vec<Model>> {
    let columns = defaults(act, project);
    act.insert_all(columns).await
}

/// The usual columns of a new project, headed in the language of the tenant.
pub(crate) fn defaults(act: &Act, project: ProjectId) -> Vec<Model> {
    let language = act.viewer().tenant.locale.language();
    let said = |(name, category)| (kernel::Said::from(name).render(language), category);
    arranged(act, project, DEFAULTS.into_iter().map(said).collect())
}

/// New columns of these headings and categories, from left to right.
pub(crate) fn arranged(act: &Act, project: ProjectId, columns: Vec<(String, TaskStatus)>) -> Vec<Model> {
    let ranks = rank::spread(None, None, columns.len()).unwrap_or_default();
    let columns = columns.into_iter().zip(ranks);
    columns.map(|((name, category), rank)| new(act, project, name, category, rank)).collect()
}

fn new(act: &Act, project_id: ProjectId, name: String, category: TaskStatus, rank: String) -> Model {
    Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id,
        name,
        category: category.as_str().to_owned(),
        rank,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// The columns of a board from left to right, whoever asks.
pub(crate) async fn of_project(act: &Act, project: ProjectId) -> Result<Vec<Model>> {
    let columns = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ProjectId.eq(project.uuid()));
    Ok(columns.order_by_asc(Column::Rank).order_by_asc(Column::Id).all(act.conn()).await?)
}

/// The columns of a board from left to right that the viewer may see, in one statement with those of other projects.
///
/// # Errors
/// FORBIDDEN without the permission to read tasks.
pub async fn of_project_for(ask: &Ask, project: ProjectId) -> Result<Vec<Graph<TaskColumn>>> {
    ask.viewer.require(TASKS_READ)?;
    let page = ChildPage {
        parent: Column::ProjectId,
        order: Order::asc(Column::Rank),
        args: PageArgs::first(kernel::page::MAX_PAGE),
        fingerprint: String::new(),
        select: Box::new(|viewer| Entity::visible(viewer, TASKS_READ)),
    };
    let page = children::<Entity, TaskColumn>(ask, project.uuid(), page).await?;
    Ok(page.rows().cloned().map(Graph).collect())
}

/// The board of a project that may change, for a viewer who may change it, with the project.
async fn board(
    act: &Act,
    viewer: &Viewer,
    project: ProjectId,
) -> Result<(project::entity::Model, Vec<Model>)> {
    project::lock(act, project).await?;
    let project = project::entity::Entity::fetch_to(act.conn(), viewer, TASKS_WRITE, project).await?;
    project::rules::check_not_archived(&project)?;
    let columns = of_project(act, project.id).await?;
    Ok((project, columns))
}

/// Adds a column to a board, at its right end or where it was told.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a full board or an archived project, INVALID for wrong fields.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateTaskColumnInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    let name = text::line(&input.name, "name", NAME_MAX)?;
    viewer
        .act(db, "projects.column.create", async |act| {
            let (_, board) = board(act, viewer, input.project_id).await?;
            if board.len() >= MAX_COLUMNS {
                return Err(Error::conflict(BOARD_FULL.with("max", MAX_COLUMNS)));
            }
            let last = board.last().map(|column| column.id);
            let rank = place(act, board, input.after.or(last), None).await?;
            let column = new(act, input.project_id, name, input.category, rank);
            act.insert(column).await
        })
        .await
}

/// A rank right after one column or right before another; for neither, the left end. Moves the others if there is no
/// room.
async fn place(
    act: &mut Act,
    board: Vec<Model>,
    after: Option<TaskColumnId>,
    before: Option<TaskColumnId>,
) -> Result<String> {
    let find = |id: TaskColumnId, path: &str| {
        let found = board.iter().position(|column| column.id == id);
        found.ok_or_else(|| Error::field(path, OTHER_BOARD))
    };
    let place = match (after, before) {
        (Some(after), _) => find(after, "after")? + 1,
        (None, Some(before)) => find(before, "before")?,
        (None, None) => 0,
    };
    let rank_at = |index: usize| board.get(index).map(|column| column.rank.as_str());
    let low = place.checked_sub(1).and_then(rank_at);
    let entropy = task::place::entropy(act);
    let room = rank::between(low, rank_at(place), entropy).filter(|rank| rank.len() <= rank::MAX_DIGITS);
    if let Some(rank) = room {
        return Ok(rank);
    }
    let mut ranks = rank::spread(None, None, board.len() + 1).unwrap_or_default();
    let rank = ranks.remove(place);
    let pairs = board.into_iter().zip(ranks).map(|(column, rank)| (column.clone(), Model { rank, ..column }));
    act.update_pairs(pairs.collect()).await?;
    Ok(rank)
}

/// A column that may change, with what stands around it.
struct Standing {
    project: project::entity::Model,
    column: Model,
    others: Vec<Model>,
}

/// The column of an input with its project and the other columns of its board, locked.
async fn standing(act: &Act, viewer: &Viewer, id: TaskColumnId) -> Result<Standing> {
    let column = Entity::fetch_to(act.conn(), viewer, TASKS_WRITE, id).await?;
    let (project, mut others) = board(act, viewer, column.project_id).await?;
    let place = others.iter().position(|other| other.id == id);
    let place = place.ok_or_else(|| Error::not_found(TaskColumnId::TYPE, id))?;
    let column = others.remove(place);
    Ok(Standing { project, column, others })
}

/// Changes a column; with its category, the state of its tasks changes.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, an archived project, or another category in a project that is
/// over, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateTaskColumnInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.column.update", async |act| {
            let Standing { project, column: before, .. } = standing(act, viewer, input.id).await?;
            expect_version("TaskColumn", input.expected_version, before.version)?;
            let mut fields = Fields::new();
            let mut after = before.clone();
            let name = |value: String, path: &str| text::line(&value, path, NAME_MAX);
            if let Some(name) = patch::checked(input.name, "name", &mut fields, name) {
                after.name = name;
            }
            if let Some(category) = patch::required(input.category, "category", &mut fields) {
                after.category = category.as_str().to_owned();
            }
            fields.check()?;
            let followed = after.category != before.category;
            if followed {
                project::rules::check_open(&project)?;
            }
            let after = act.update(&before, after).await?;
            if followed {
                task::follow_column(act, before.id, &after).await?;
            }
            Ok(after)
        })
        .await
}

/// Moves a column to another place on its board.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or an archived project, INVALID for a place on another board.
pub async fn relocate(viewer: &Viewer, db: &Db, input: MoveTaskColumnInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.column.move", async |act| {
            let Standing { column: before, others, .. } = standing(act, viewer, input.id).await?;
            expect_version("TaskColumn", input.expected_version, before.version)?;
            let rank = place(act, others, input.after, input.before).await?;
            act.update(&before, Model { rank, ..before.clone() }).await
        })
        .await
}

/// Removes a column; its tasks go to another one and take the state that it stands for.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, or a project that is archived or over, INVALID at `moveTo`.
pub async fn delete(viewer: &Viewer, db: &Db, input: DeleteTaskColumnInput) -> Result<()> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.column.delete", async |act| {
            let Standing { project, column, others } = standing(act, viewer, input.id).await?;
            expect_version("TaskColumn", input.expected_version, column.version)?;
            // Reason: its tasks would change.
            project::rules::check_open(&project)?;
            if input.move_to == input.id {
                return Err(Error::field("moveTo", SAME_COLUMN));
            }
            let target = others.iter().find(|other| other.id == input.move_to);
            let target = target.ok_or_else(|| Error::field("moveTo", OTHER_BOARD))?;
            task::follow_column(act, column.id, target).await?;
            act.delete(column).await
        })
        .await
}
