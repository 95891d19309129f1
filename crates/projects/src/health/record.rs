//! Records how well projects go, once a day each: a job of the installation looks for those whose day has begun.

use std::collections::HashSet;

use chrono::NaiveDate;
use kernel::{
    Result,
    act::{Act, NewRows},
    db::Db,
    id::{HealthScoreId, ProjectId, TenantId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use schedule::health::Health;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, LockType, Query},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    score::{Column, Entity, Model},
    store::{self, Rated},
};
use crate::project::{entity as project, under_way};

/// The job that looks.
pub const JOB: &str = "projects.health.record";

/// Agencies that are found at once.
const TENANTS: u64 = 200;

/// Projects that are scored at once.
const AT_ONCE: u64 = 200;

/// Agencies with projects that are not archived, in the order of their ids, behind `after`.
///
/// # Errors
/// If the database does not answer.
#[expect(clippy::disallowed_methods, reason = "which agencies have projects is asked of all of them")]
pub async fn tenants(db: &Db, after: Option<TenantId>) -> Result<Vec<TenantId>> {
    let mut found = project::Entity::find().filter(project::Column::ArchivedAt.is_null());
    if let Some(after) = after {
        found = found.filter(project::Column::TenantId.gt(after.uuid()));
    }
    let found = found.select_only().column(project::Column::TenantId).distinct();
    Ok(found.order_by_asc(project::Column::TenantId).limit(TENANTS).into_tuple().all(db).await?)
}

/// Scores a number of the agency's projects that go on and have no score of today; says whether there may be more.
///
/// # Errors
/// If the database does not answer.
pub async fn some(db: &Db, viewer: &Viewer) -> Result<bool> {
    let (tenant, today) = (viewer.tenant_id(), crate::today(viewer, viewer.now));
    let scored = store::of_tenant(viewer).filter(Column::ScoredOn.eq(today));
    let scored = scored.select_only().column(Column::ProjectId).into_query();
    let left = project::Entity::of_tenant(tenant)
        .filter(project::Column::Id.in_subquery(under_way(tenant)))
        .filter(project::Column::Id.not_in_subquery(scored))
        .order_by_asc(project::Column::Id)
        .limit(AT_ONCE);
    let left = left.all(db).await?;
    if left.is_empty() {
        return Ok(false);
    }
    let rated = store::of_many(viewer, db, &left).await?;
    viewer
        .act(db, "projects.health.record", async |act| {
            let left = unscored(act, today, &rated).await?;
            if left.is_empty() {
                return Ok(());
            }
            let fresh = rated.iter().filter(|(project, _)| left.contains(project));
            let rows: Vec<Model> = fresh.map(|rated| score(viewer, today, act.new_id(), rated)).collect();
            let told = json!({ "day": [null, today], "projects": [null, rows.len()] });
            write(act, today, rows).await?;
            act.note(
                "HealthSettings",
                Some(tenant.uuid()),
                None,
                told.as_object().cloned().unwrap_or_default(),
            );
            Ok(())
        })
        .await?;
    Ok(left.len() as u64 == AT_ONCE)
}

/// How well all of the agency's projects that go on go at the viewer's moment, as it would be recorded for their day;
/// nothing is written. `new_id` gives the ids.
///
/// # Errors
/// If the database does not answer.
pub async fn present(db: &Db, viewer: &Viewer, new_id: impl Fn() -> HealthScoreId) -> Result<Vec<Model>> {
    let (tenant, today) = (viewer.tenant_id(), crate::today(viewer, viewer.now));
    let (mut found, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let some = project::Entity::of_tenant(tenant)
            .filter(project::Column::Id.in_subquery(under_way(tenant)))
            .filter(project::Column::Id.gt(after))
            .order_by_asc(project::Column::Id)
            .limit(AT_ONCE);
        let some = some.all(db).await?;
        let Some(last) = some.last() else { return Ok(found) };
        after = last.id.uuid();
        let rated = store::of_many(viewer, db, &some).await?;
        found.extend(rated.iter().map(|rated| score(viewer, today, new_id(), rated)));
    }
}

/// Writes scores, and shows those of a day on their projects.
///
/// # Errors
/// If a project has a score of one of their days already.
pub async fn write(act: &mut Act, day: NaiveDate, scores: Vec<Model>) -> Result<()> {
    let of_day = scores.iter().filter(|score| score.scored_on == day);
    let projects: Vec<Uuid> = of_day.map(|score| score.project_id.uuid()).collect();
    let mut new = NewRows::new();
    // Reason: scores follow from what the trail has already; it keeps that they were made, not each of them.
    new.add_parts(scores);
    act.insert_together(new).await?;
    show(act, day, projects).await
}

/// Those of the projects that have no score of the day yet, kept from getting one until the act ends.
async fn unscored(act: &Act, day: NaiveDate, rated: &[(ProjectId, Rated)]) -> Result<HashSet<ProjectId>> {
    let (viewer, backend) = (act.viewer(), act.conn().get_database_backend());
    let ids = || rated.iter().map(|(project, _)| project.uuid());
    // Race: locked in the order of ids and then read, so that who records at the same time finds what we wrote.
    let rows = project::Entity::of_tenant(viewer.tenant_id())
        .filter(one_of(backend, project::Column::Id, ids()))
        .order_by_asc(project::Column::Id)
        .lock(LockType::NoKeyUpdate);
    let there = rows.select_only().column(project::Column::Id).into_tuple().all(act.conn()).await?;
    let mut left: HashSet<ProjectId> = there.into_iter().collect();
    let scored = store::of_tenant(viewer)
        .filter(Column::ScoredOn.eq(day))
        .filter(one_of(backend, Column::ProjectId, ids()))
        .select_only()
        .column(Column::ProjectId);
    for project in scored.into_tuple::<ProjectId>().all(act.conn()).await? {
        left.remove(&project);
    }
    Ok(left)
}

/// Shows the scores of the day on their projects.
async fn show(act: &Act, day: NaiveDate, projects: Vec<Uuid>) -> Result<()> {
    let (tenant, backend) = (act.viewer().tenant_id(), act.conn().get_database_backend());
    let score = Query::select()
        .column(Column::Score)
        .from(Entity)
        .and_where(Column::TenantId.eq(tenant))
        .and_where(Column::ScoredOn.eq(day))
        .and_where(Expr::col((Entity, Column::ProjectId)).equals((project::Entity, project::Column::Id)))
        .to_owned();
    let update = Query::update()
        .table(project::Entity)
        .value(project::Column::Health, Expr::SubQuery(None, Box::new(score.into())))
        .and_where(project::Column::TenantId.eq(tenant))
        .and_where(one_of(backend, project::Column::Id, projects))
        .to_owned();
    act.conn().execute(&update).await?;
    Ok(())
}

/// The score of a project on a day.
fn score(viewer: &Viewer, day: NaiveDate, id: HealthScoreId, (project, rated): &(ProjectId, Rated)) -> Model {
    let part = |part: Option<u32>| part.and_then(|part| i32::try_from(part).ok());
    let Health { score, schedule, budget, scope, risk, sentiment } = rated.health;
    Model {
        id,
        tenant_id: viewer.tenant_id(),
        project_id: *project,
        scored_on: day,
        score: part(score),
        schedule: part(schedule),
        budget: part(budget),
        scope: part(scope),
        risk: part(risk),
        sentiment: part(sentiment),
    }
}
