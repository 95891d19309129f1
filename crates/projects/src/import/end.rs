//! Imports that end before all their rows were looked at: given up, cancelled, or left by their job. What came in stays.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    Result,
    act::{Act, job},
    db::Db,
    id::{JobId, TaskImportId, TenantId, TypedId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, sea_query::ExprTrait};

use super::{
    entity::{Column, Entity, Model},
    file,
};
use crate::words::TaskImportStatus;

/// Imports that are ended at once.
const AT_ONCE: u64 = 100;

/// Why an import is given up whose job is over.
const LOST: &str = "job_over";

/// How an import ends that does not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<'a> {
    /// It cannot go on, for the reason with this code.
    Failed(&'a str),
    /// Somebody ended it.
    Cancelled,
}

/// Ends an import that does not go on; what came in stays, and the file goes.
///
/// # Errors
/// If the database does not answer.
pub async fn give_up(viewer: &Viewer, db: &Db, id: TaskImportId, end: End<'_>) -> Result<()> {
    viewer
        .act(db, "projects.import.give_up", async |act| {
            let import = open(viewer.tenant_id()).filter(Column::Id.eq(id.uuid())).all(act.conn()).await?;
            finish(act, import, |_| end).await
        })
        .await
}

async fn finish<'a>(act: &mut Act, imports: Vec<Model>, end: impl Fn(&Model) -> End<'a>) -> Result<()> {
    let now = act.now();
    let files = file::Entity::of_tenant(act.viewer().tenant_id());
    let files = files.filter(file::Column::Id.is_in(imports.iter().map(|import| import.id.uuid())));
    let files = files.all(act.conn()).await?;
    let ended = |import: &mut Model| {
        let (status, failure) = match end(import) {
            End::Failed(code) => (TaskImportStatus::Failed, Some(code.to_owned())),
            End::Cancelled => (TaskImportStatus::Cancelled, None),
        };
        status.as_str().clone_into(&mut import.status);
        (import.failure, import.finished_at) = (failure, Some(now));
    };
    act.update_all(imports, ended).await?;
    act.update_all(files, |file| file.content.clear()).await
}

fn open(tenant: TenantId) -> Select<Entity> {
    Entity::of_tenant(tenant).filter(Column::FinishedAt.is_null())
}

/// Tenants with imports whose job may have ended unsaid: cancelled before it began, or given up with its worker.
///
/// # Errors
/// If the database does not answer.
#[expect(clippy::disallowed_methods, reason = "which tenants they are of is the question")]
pub async fn untidy(db: &Db, now: DateTime<Utc>) -> Result<Vec<TenantId>> {
    use sea_orm::EntityTrait as _;
    let lost = Entity::find().filter(Column::FinishedAt.is_null());
    let lost = lost.filter(Column::CreatedAt.lt(now - TimeDelta::hours(1))).select_only();
    Ok(lost.column(Column::TenantId).distinct().into_tuple().all(db).await?)
}

/// Ends imports of a tenant whose job is over or gone. Call it again until it answers zero.
///
/// # Errors
/// If the database does not answer.
pub async fn tidy(system: &Viewer, db: &Db) -> Result<usize> {
    system
        .act(db, "projects.import.give_up", async |act| {
            use job::{Column as Of, Entity as Jobs, Status};
            let tenant = system.tenant_id();
            let alive = Status::ALL.into_iter().filter(|status| !status.is_over()).map(Status::as_str);
            let alive = Jobs::of_tenant(tenant).filter(Of::Status.is_in(alive));
            let alive = alive.select_only().column(Of::Id).into_query();
            let lost = open(tenant).filter(Column::JobId.is_null().or(Column::JobId.not_in_subquery(alive)));
            let lost = lost.order_by_asc(Column::Id).limit(AT_ONCE).all(act.conn()).await?;
            let jobs = Jobs::of_tenant(tenant)
                .filter(Of::Id.is_in(lost.iter().filter_map(|import| import.job_id).map(|id| id.uuid())))
                .filter(Of::Status.eq(Status::Cancelled.as_str()));
            let cancelled: Vec<JobId> =
                jobs.select_only().column(Of::Id).into_tuple().all(act.conn()).await?;
            let count = lost.len();
            let unwanted = |import: &Model| import.job_id.is_some_and(|job| cancelled.contains(&job));
            let end = |import: &Model| if unwanted(import) { End::Cancelled } else { End::Failed(LOST) };
            finish(act, lost, end).await?;
            Ok(count)
        })
        .await
}
