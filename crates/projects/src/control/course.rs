//! What curves are drawn from, read for many projects at once.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{ProjectId, TaskId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use schedule::Calendar;
use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{
    curve::{Counts, Leaf},
    rules::{Work, leaves},
    store,
};
use crate::{
    task::entity as tasks,
    time::entry::entity as time,
    words::{TaskStatus, TimeEntryStatus},
};

/// How the work of a project came and went.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// The day its first task was made, on the agency's clocks.
    pub(super) first: Option<NaiveDate>,
    /// What there was to do and what was done, by day.
    pub(super) counts: Counts,
}

/// Minutes worked, by day.
type Days = BTreeMap<NaiveDate, i64>;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfCourse(ProjectId);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfWork(ProjectId);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfDays(ProjectId);

/// The agency's calendar around a day.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Around(NaiveDate);

struct Curves {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Curves {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

/// How the work of a project came and went: of the tasks that no other is part of, archived ones too.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn course(ask: &Ask, project: ProjectId) -> Result<Arc<Course>> {
    Ok(ask.load::<Curves, _>(OfCourse(project)).await?.unwrap_or_default())
}

/// The tasks of a project that no other is part of, without archived ones.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn work(ask: &Ask, project: ProjectId) -> Result<Arc<Vec<Work>>> {
    Ok(ask.load::<Curves, _>(OfWork(project)).await?.unwrap_or_default())
}

/// Minutes that were worked on a project, by day.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn worked_by_day(ask: &Ask, project: ProjectId) -> Result<Arc<Days>> {
    Ok(ask.load::<Curves, _>(OfDays(project)).await?.unwrap_or_default())
}

/// The agency's calendar around a day, read once a request.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn calendar(ask: &Ask, today: NaiveDate) -> Result<Arc<Calendar>> {
    let calendar = ask.load::<Curves, _>(Around(today)).await?;
    calendar.ok_or_else(|| Error::internal("each agency has a calendar"))
}

impl Loader<OfCourse> for Curves {
    type Value = Arc<Course>;
    type Error = Error;

    async fn load(&self, projects: &[OfCourse]) -> Result<HashMap<OfCourse, Arc<Course>>> {
        use tasks::Column as Of;
        type Row = (
            ProjectId,
            TaskId,
            Option<TaskId>,
            String,
            Option<i64>,
            DateTime<Utc>,
            Option<DateTime<Utc>>,
            Option<DateTime<Utc>>,
        );
        let shown = [
            Of::ProjectId,
            Of::Id,
            Of::ParentId,
            Of::Status,
            Of::EstimateMinutes,
            Of::CreatedAt,
            Of::CompletedAt,
            Of::ArchivedAt,
        ];
        let ids = projects.iter().map(|OfCourse(project)| project.uuid());
        let rows: Vec<Row> = tasks::Entity::of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Of::ProjectId, ids))
            .select_only()
            .columns(shown)
            .into_tuple()
            .all(&self.db)
            .await?;
        let zone = self.viewer.tenant.time_zone;
        let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        // Reason: a task whose subtasks were all archived is one to be done itself again.
        let parents: HashSet<TaskId> =
            rows.iter().filter(|row| row.7.is_none()).filter_map(|row| row.2).collect();
        let mut found: HashMap<OfCourse, Course> = HashMap::with_capacity(projects.len());
        for (project, id, _, status, estimate, made, completed, archived) in rows {
            if parents.contains(&id) {
                continue;
            }
            let leaf = Leaf {
                estimate: estimate.unwrap_or_default(),
                made: day(made),
                done: completed.map(day).filter(|_| status == TaskStatus::Done.as_str()),
                gone: archived.map(day),
            };
            let course = found.entry(OfCourse(project)).or_default();
            course.first = course.first.into_iter().chain([leaf.made]).min();
            course.counts.add(leaf);
        }
        Ok(found.into_iter().map(|(project, course)| (project, Arc::new(course))).collect())
    }
}

impl Loader<OfWork> for Curves {
    type Value = Arc<Vec<Work>>;
    type Error = Error;

    async fn load(&self, projects: &[OfWork]) -> Result<HashMap<OfWork, Arc<Vec<Work>>>> {
        let ids = projects.iter().map(|OfWork(project)| *project);
        let work = store::work(&self.db, &self.viewer, ids).await?;
        let mut found: HashMap<OfWork, Vec<Work>> = HashMap::with_capacity(projects.len());
        for task in leaves(&work) {
            found.entry(OfWork(task.project)).or_default().push(task.clone());
        }
        Ok(found.into_iter().map(|(project, work)| (project, Arc::new(work))).collect())
    }
}

impl Loader<OfDays> for Curves {
    type Value = Arc<Days>;
    type Error = Error;

    async fn load(&self, projects: &[OfDays]) -> Result<HashMap<OfDays, Arc<Days>>> {
        use time::Column as Of;
        let ids = projects.iter().map(|OfDays(project)| project.uuid());
        let rows: Vec<(ProjectId, NaiveDate, i64)> = time::Entity::of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Of::ProjectId, ids))
            .filter(Of::Status.ne(TimeEntryStatus::Rejected.as_str()))
            .select_only()
            .columns([Of::ProjectId, Of::SpentOn])
            .expr_as(Expr::col(Of::Minutes).sum().cast_as("bigint"), "minutes")
            .group_by(Of::ProjectId)
            .group_by(Of::SpentOn)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut found: HashMap<OfDays, Days> = HashMap::with_capacity(projects.len());
        for (project, day, minutes) in rows {
            found.entry(OfDays(project)).or_default().insert(day, minutes);
        }
        Ok(found.into_iter().map(|(project, days)| (project, Arc::new(days))).collect())
    }
}

impl Loader<Around> for Curves {
    type Value = Arc<Calendar>;
    type Error = Error;

    async fn load(&self, days: &[Around]) -> Result<HashMap<Around, Arc<Calendar>>> {
        let calendars = days.iter().map(async |around| {
            let calendar = store::calendar(&self.db, &self.viewer, around.0).await?;
            Ok::<_, Error>((*around, Arc::new(calendar)))
        });
        // Reason: one request has one today, so this is one.
        Ok(futures::future::try_join_all(calendars).await?.into_iter().collect())
    }
}
