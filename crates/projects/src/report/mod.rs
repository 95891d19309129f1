//! Status reports: what happened in a project in a week, made from its data, edited, and published to the client.

pub mod entity;
mod figures;
pub mod filter;
pub mod graphql;
pub mod mutation;

use chrono::NaiveDate;
use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    ask::Ask,
    db::Db,
    id::{ProjectId, StatusReportId, TypedId},
    page::{ChildPage, Connection, PageArgs, children},
    patch,
    policy::Guarded,
    scalar::Date,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{
    policy::registers::{REPORTS_READ, REPORTS_WRITE},
    project::rules::DESCRIPTION_MAX,
    register,
    time::week,
    words::StatusReportStatus,
};
use entity::{Column, Entity, Model};
use figures::Made;
use filter::{StatusReportFilter, StatusReportOrder};
use graphql::StatusReport;
use mutation::{CreateStatusReportInput, UpdateStatusReportInput};

/// The report is published.
pub const PUBLISHED: Text = Text::new(
    "report_published",
    "This report is published and stays as it is. Make a new revision instead.",
    "Ce rapport est publié et reste tel quel. Créez plutôt une nouvelle révision.",
);

/// The report is a draft.
pub const NOT_PUBLISHED: Text = Text::new(
    "report_not_published",
    "This report is a draft; edit it instead.",
    "Ce rapport est un brouillon ; modifiez-le plutôt.",
);

/// There is a report on the week.
pub const EXISTS: Text = Text::new(
    "report_exists",
    "There is a report on this week. Edit it, or make a new revision of it.",
    "Un rapport existe pour cette semaine. Modifiez-le ou créez-en une nouvelle révision.",
);

/// The week has yet to come.
pub const FUTURE: Text = Text::new("in_future", "This week is yet to come.", "Cette semaine est à venir.");

/// A page of the reports on a project, in one statement with those on other projects; without an order, the newest
/// first.
///
/// # Errors
/// FORBIDDEN without the permission to read reports, INVALID for a wrong filter or page.
pub async fn of_project(
    ask: &Ask,
    project: ProjectId,
    filter: StatusReportFilter,
    order: Option<StatusReportOrder>,
    args: PageArgs,
) -> Result<Connection<StatusReport>> {
    ask.viewer.require(REPORTS_READ)?;
    filter.check()?;
    let page = ChildPage {
        parent: Column::ProjectId,
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer)),
    };
    children(ask, project.uuid(), page).await
}

/// The status of a report.
pub fn status(report: &Model) -> StatusReportStatus {
    StatusReportStatus::parse(&report.status).unwrap_or_default()
}

/// Makes a draft from the data of a week.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for an archived project or a week with a report, INVALID for a week to come.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateStatusReportInput) -> Result<Model> {
    viewer.require(REPORTS_WRITE)?;
    viewer
        .act(db, "projects.report.create", async |act| {
            let project = register::project_for(act, REPORTS_WRITE, input.project_id).await?;
            let today = crate::today(act.viewer(), act.now());
            let monday = week::start(input.week_of.map_or(today, Date::naive));
            if monday > today {
                return Err(Error::field("weekOf", FUTURE));
            }
            if last_of(act, project.id, monday).await?.is_some() {
                return Err(Error::conflict(EXISTS));
            }
            let made = figures::read(act, project.id, monday).await?;
            let report = draft(act, project.id, monday, made);
            insert(act, report).await
        })
        .await
}

fn draft(act: &Act, project: ProjectId, monday: NaiveDate, made: Made) -> Model {
    Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id: project,
        week_start: monday,
        revision: 1,
        status: StatusReportStatus::Draft.as_str().to_owned(),
        summary: String::new(),
        achievements: made.achievements,
        next_steps: made.next_steps,
        notes: String::new(),
        figures: made.figures,
        created_by: act.viewer().user_id(),
        published_by: None,
        published_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// Race: the project is locked, so nobody else has made the same revision; the database holds it as well.
async fn insert(act: &mut Act, report: Model) -> Result<Model> {
    let key = ["tenant_id", "project_id", "week_start", "revision"];
    act.insert_unique(report, &key, || Error::conflict(EXISTS)).await
}

/// The last revision of the report on a week.
async fn last_of(act: &Act, project: ProjectId, monday: NaiveDate) -> Result<Option<Model>> {
    let rows = Entity::of_tenant(act.viewer().tenant_id())
        .filter(Column::ProjectId.eq(project))
        .filter(Column::WeekStart.eq(monday));
    Ok(rows.order_by_desc(Column::Revision).one(act.conn()).await?)
}

/// A draft on which the viewer may write.
async fn open(act: &Act, id: StatusReportId, expected_version: Option<i64>) -> Result<Model> {
    let (report, _) = register::open::<Entity>(act, REPORTS_WRITE, id, expected_version).await?;
    match status(&report) {
        StatusReportStatus::Draft => Ok(report),
        StatusReportStatus::Published => Err(Error::conflict(PUBLISHED)),
    }
}

/// Edits a draft.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or a published report, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateStatusReportInput) -> Result<Model> {
    viewer.require(REPORTS_WRITE)?;
    viewer
        .act(db, "projects.report.update", async |act| {
            let before = open(act, input.id, input.expected_version).await?;
            let after = changed(&before, input)?;
            act.update(&before, after).await
        })
        .await
}

fn changed(before: &Model, input: UpdateStatusReportInput) -> Result<Model> {
    let UpdateStatusReportInput { id: _, expected_version: _, summary, achievements, next_steps, notes } =
        input;
    let (mut after, mut fields) = (before.clone(), Fields::new());
    for (sent, path, place) in [
        (summary, "summary", &mut after.summary),
        (achievements, "achievements", &mut after.achievements),
        (next_steps, "nextSteps", &mut after.next_steps),
        (notes, "notes", &mut after.notes),
    ] {
        if let Some(text) = patch::optional(sent) {
            let text = text::markdown(&text.unwrap_or_default(), path, DESCRIPTION_MAX);
            *place = fields.take(text).unwrap_or_default();
        }
    }
    fields.check()?;
    Ok(after)
}

/// Reads the data of a draft's week anew; its texts stay.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or a published report.
pub async fn refresh(
    viewer: &Viewer,
    db: &Db,
    id: StatusReportId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require(REPORTS_WRITE)?;
    viewer
        .act(db, "projects.report.refresh", async |act| {
            let before = open(act, id, expected_version).await?;
            let made = figures::read(act, before.project_id, before.week_start).await?;
            let after = Model { figures: made.figures, ..before.clone() };
            // Reason: that somebody looked is recorded also where nothing is new.
            if after == before { act.touch(&before).await } else { act.update(&before, after).await }
        })
        .await
}

/// Publishes a draft to the client: it does not change any more.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or a published report.
pub async fn publish(
    viewer: &Viewer,
    db: &Db,
    id: StatusReportId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require(REPORTS_WRITE)?;
    viewer
        .act(db, "projects.report.publish", async |act| {
            let before = open(act, id, expected_version).await?;
            let after = Model {
                status: StatusReportStatus::Published.as_str().to_owned(),
                published_by: act.viewer().user_id(),
                published_at: Some(act.now()),
                ..before.clone()
            };
            act.update(&before, after).await
        })
        .await
}

/// Makes a new draft on the week of a published report: its texts as they were, its data anew.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, a draft, or a week that has a draft already.
pub async fn revise(
    viewer: &Viewer,
    db: &Db,
    id: StatusReportId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require(REPORTS_WRITE)?;
    viewer
        .act(db, "projects.report.revise", async |act| {
            let (before, project) =
                register::open::<Entity>(act, REPORTS_WRITE, id, expected_version).await?;
            if status(&before) == StatusReportStatus::Draft {
                return Err(Error::conflict(NOT_PUBLISHED));
            }
            let last = last_of(act, project.id, before.week_start).await?;
            let last = last.ok_or_else(|| Error::not_found(StatusReportId::TYPE, id))?;
            if status(&last) == StatusReportStatus::Draft {
                return Err(Error::conflict(EXISTS));
            }
            let Made { figures, .. } = figures::read(act, project.id, before.week_start).await?;
            let Model { summary, achievements, next_steps, notes, .. } = before;
            let revision = last.revision + 1;
            let made = Made { figures, achievements, next_steps };
            let report =
                Model { revision, summary, notes, ..draft(act, project.id, before.week_start, made) };
            insert(act, report).await
        })
        .await
}

/// Removes a draft.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or a published report.
pub async fn delete(
    viewer: &Viewer,
    db: &Db,
    id: StatusReportId,
    expected_version: Option<i64>,
) -> Result<()> {
    viewer.require(REPORTS_WRITE)?;
    viewer
        .act(db, "projects.report.delete", async |act| {
            let report = open(act, id, expected_version).await?;
            act.delete(report).await
        })
        .await
}
