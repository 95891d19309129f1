//! Imports: tasks of a file, as the usual trackers export them, come into a project. What is wrong in a row is told, and
//! the others come in; a job does it in batches, each whole or not at all.

mod end;
pub mod entity;
pub mod file;
pub(crate) mod forget;
pub mod graphql;
mod parents;
mod read;
mod run;
mod settings;
mod table;
mod values;
pub mod words;

pub use end::{End, give_up, tidy, untidy};
pub use read::Draft;
pub use run::run;

use std::collections::HashSet;

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, NewJob},
    db::Db,
    id::{ProjectId, TypedId},
    people::not_staff,
    policy::Guarded,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::{
    column, milestone,
    policy::{INTERNAL_READ, TASKS_CREATE, TASKS_WRITE},
    project,
    service::Projects,
    words::TaskImportStatus,
};
use entity::Model;
use file::RowError;
use graphql::{ImportTasksInput, TaskImportPreviewInput};
use parents::Plan;
use read::{Known, Reader, Rows};
use settings::Settings;
use table::Table;
use words::ImportField;

/// The job that does an import.
pub const JOB: &str = "projects.tasks.import";

/// A column is not of the project's board.
pub const OTHER_BOARD: Text = column::OTHER_BOARD;

/// Rows that a preview shows.
const SHOWN: usize = 20;

/// Errors that a preview shows.
const ERRORS_SHOWN: usize = 100;

/// What an import would make of a file.
pub struct Preview {
    pub(crate) table: Table,
    pub(crate) fields: Vec<Option<ImportField>>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) good: usize,
    pub(crate) errors: Vec<RowError>,
    pub(crate) bad: usize,
    pub(crate) skipped: usize,
    pub(crate) unknown_statuses: Vec<String>,
    pub(crate) unknown_people: Vec<String>,
}

/// Looks at a file as an import would, and changes nothing.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, INVALID for a file that cannot be read and wrong settings.
pub async fn preview(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: TaskImportPreviewInput,
) -> Result<Preview> {
    require(viewer)?;
    let project = project::entity::Entity::fetch_to(db, viewer, TASKS_CREATE, input.project_id).await?;
    let settings = input.settings.unwrap_or_default();
    settings.check()?;
    let table = table::read(&input.content, settings.separator.map(words::ImportSeparator::byte))?;
    let fields = settings.fields_of(&table.headings)?;
    let staff = projects.readers.staff(db, viewer).await?;
    let known = known(db, viewer, project.id, staff, &settings).await?;
    let reader = Reader { table: &table, fields: &fields, settings: &settings, known: &known };
    let plan = Plan::of(&table, &fields);
    let Rows { mut drafts, mut errors, bad, skipped } =
        read::all(&reader, &plan, plan.from(0), HashSet::new());
    let good = drafts.len();
    drafts.truncate(SHOWN);
    errors.truncate(ERRORS_SHOWN);
    let unknown_statuses = unknown(&reader, ImportField::Status);
    let unknown_people = unknown(&reader, ImportField::Assignees);
    Ok(Preview { drafts, good, errors, bad, skipped, unknown_statuses, unknown_people, fields, table })
}

/// Values of a field that nothing is known for, each once, at most 100.
fn unknown(reader: &Reader<'_>, field: ImportField) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for row in &reader.table.rows {
        for (cell, of) in row.cells.iter().zip(reader.fields) {
            let wanted = *of == Some(field) && !cell.is_empty() && !values.contains(cell);
            if wanted && values.len() < ERRORS_SHOWN && !reader.knows(field, cell) {
                values.push(cell.clone());
            }
        }
    }
    values
}

fn require(viewer: &Viewer) -> Result<()> {
    viewer.require(TASKS_CREATE)?;
    // Reason: labels that come with the tasks are the project's; and what is read are the team's own words.
    viewer.require(TASKS_WRITE)?;
    if viewer.is_client() {
        return Err(Error::lacks(INTERNAL_READ.name));
    }
    Ok(())
}

/// What rows are held against: two statements.
async fn known(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    project: ProjectId,
    staff: Vec<crate::service::Staff>,
    settings: &Settings,
) -> Result<Known> {
    use column::entity::{Column as Of, Entity as Columns};
    let columns = Columns::of_tenant(viewer.tenant_id()).filter(Of::ProjectId.eq(project.uuid()));
    let columns = columns.order_by_asc(Of::Rank).order_by_asc(Of::Id).all(db).await?;
    use milestone::entity::{Column as At, Entity as Milestones};
    let milestones = Milestones::of_tenant(viewer.tenant_id()).filter(At::ProjectId.eq(project.uuid()));
    let milestones = milestones.all(db).await?.into_iter().map(|row| (row.name, row.id));
    Ok(Known::new(columns, milestones, staff, settings))
}

/// Takes a file; a job imports it.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a project that is archived or over, INVALID for a file that cannot be read, wrong
/// settings, and people who are no active staff.
pub async fn start(viewer: &Viewer, db: &Db, projects: &Projects, input: ImportTasksInput) -> Result<Model> {
    require(viewer)?;
    viewer.signed_in()?;
    let settings = input.settings.unwrap_or_default();
    settings.check()?;
    let mut fields = Fields::new();
    let file_name = fields.take(text::optional_line(input.file_name.as_deref(), "fileName", 200)).flatten();
    fields.check()?;
    let table = table::read(&input.content, settings.separator.map(words::ImportSeparator::byte))?;
    settings.fields_of(&table.headings)?;
    viewer
        .act(db, "projects.import.start", async |act| {
            let project =
                project::entity::Entity::fetch_to(act.conn(), viewer, TASKS_CREATE, input.project_id).await?;
            project::rules::check_open(&project)?;
            check(act, projects, project.id, &settings).await?;
            let model = new(act, project.id, file_name.clone(), &settings, table.rows.len())?;
            let job = act.enqueue(NewJob { max_attempts: 5, ..NewJob::new(JOB, model.id.to_string()) });
            let model = act.insert(Model { job_id: Some(job), ..model }).await?;
            let content = input.content.clone();
            let file = file::Model { id: model.id, tenant_id: model.tenant_id, content, errors: json!([]) };
            act.insert(file).await?;
            Ok(model)
        })
        .await
}

fn new(
    act: &Act,
    project_id: ProjectId,
    file_name: Option<String>,
    settings: &Settings,
    rows: usize,
) -> Result<Model> {
    Ok(Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id,
        file_name,
        settings: serde_json::to_value(settings).map_err(Error::internal)?,
        status: TaskImportStatus::Waiting.as_str().to_owned(),
        job_id: None,
        row_count: i32::try_from(rows).unwrap_or(i32::MAX),
        position: 0,
        created_count: 0,
        error_count: 0,
        created_by: act.viewer().user_id(),
        failure: None,
        finished_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

/// Checks that the columns that settings name are of the project, and the people active staff.
async fn check(act: &Act, projects: &Projects, project: ProjectId, settings: &Settings) -> Result<()> {
    let mut fields = Fields::new();
    if !settings.statuses.is_empty() {
        let board = column::of_project(act, project).await?;
        for (index, said) in settings.statuses.iter().enumerate() {
            let there = board.iter().any(|column| column.id == said.column_id);
            fields.require(there, &format!("settings.statuses.{index}.columnId"), OTHER_BOARD);
        }
    }
    let named: Vec<_> = settings.people.iter().filter_map(|person| person.user_id).collect();
    if !named.is_empty() {
        let known = projects.people.people(act, &named).await?;
        for (index, person) in settings.people.iter().enumerate() {
            if let Some(reason) = person.user_id.and_then(|user| not_staff(known.get(&user))) {
                fields.add(format!("settings.people.{index}.userId"), reason);
            }
        }
    }
    fields.check()
}
