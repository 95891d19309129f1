//! What earned value is counted from, read for many projects at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{BaselineId, ProjectId, TaskId, TypedId},
    money::Currency,
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use schedule::Calendar;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{
    Subject, baseline,
    rules::{Planned, Work, leaves, planned as amount},
};
use crate::{
    calendar::Calendars,
    plan::baseline::newest,
    task::entity as tasks,
    time::{entry::entity as time, rate},
    words::{TaskStatus, TimeEntryStatus},
};

/// What may still be approved.
const PENDING: [TimeEntryStatus; 2] = [TimeEntryStatus::Draft, TimeEntryStatus::Submitted];

/// How far back and ahead of today holidays and other exceptions count, in days: beyond, the plain week does.
const AROUND: u64 = 3 * 366;

/// A project whose tasks are asked for, with the days that it is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    project: ProjectId,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
}

impl From<&Subject> for Asked {
    fn from(subject: &Subject) -> Self {
        Self { project: subject.id, start: subject.start, end: subject.end }
    }
}

/// Billable time that is not approved yet, at what it would be billed at now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pending {
    /// What it is worth, in sixtieths of minor units.
    pub(crate) worth: Vec<(Currency, i64)>,
    /// Minutes of it for which no rate is written.
    pub(crate) unrated: i64,
}

/// A project, and whether what time is worth matters there: only beside a budget in money.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfPending(ProjectId, bool);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfNewest(ProjectId);

struct Values {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Values {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

/// What the tasks of a project amount to now.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn planned(ask: &Ask, project: Asked) -> Result<Planned> {
    Ok(ask.load::<Values, _>(project).await?.unwrap_or_default())
}

/// The baseline that a project is measured by: its newest one.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn baseline(ask: &Ask, project: ProjectId) -> Result<Option<BaselineId>> {
    ask.load::<Values, _>(OfNewest(project)).await
}

/// Billable time of a project that is not approved yet; nothing if it has no budget in money.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn pending(ask: &Ask, project: ProjectId, has_budget: bool) -> Result<Pending> {
    // Reason: those without a budget wait with the others, else what is asked of all next would be asked in two rounds.
    Ok(ask.load::<Values, _>(OfPending(project, has_budget)).await?.unwrap_or_default())
}

/// The agency's calendar around a day.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn calendar(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    today: NaiveDate,
) -> Result<Calendar> {
    let first = today.checked_sub_days(Days::new(AROUND)).unwrap_or(today);
    let last = today.checked_add_days(Days::new(AROUND)).unwrap_or(today);
    let calendars = Calendars::load(conn, viewer, &[], (first, last)).await?;
    // Reason: an agency whose calendar has no hours at all works around the clock, rather than never.
    let laid = Calendar::new(calendars.agency(), first, last);
    Ok(match laid {
        Ok(calendar) => calendar,
        Err(_) => Calendar::new(&schedule::Pattern::continuous(), first, last)
            .map_err(|_| Error::internal("a calendar around the clock has hours"))?,
    })
}

/// What of these projects' tasks that are not archived counts, measured by the newest baselines.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn work(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    projects: impl IntoIterator<Item = ProjectId>,
) -> Result<Vec<Work>> {
    use tasks::Column as Of;
    type Row = (
        ProjectId,
        TaskId,
        Option<TaskId>,
        String,
        Option<i64>,
        Option<i64>,
        Option<NaiveDate>,
        Option<NaiveDate>,
        Option<DateTime<Utc>>,
    );
    let projects: Vec<ProjectId> = projects.into_iter().collect();
    let ids = projects.iter().map(|project| project.uuid());
    // Reason: how far a project has come is a fact about the project, whichever of its tasks the viewer may see.
    let rows: Vec<Row> = tasks::Entity::of_tenant(viewer.tenant_id())
        .filter(one_of(conn.get_database_backend(), Of::ProjectId, ids))
        .filter(Of::ArchivedAt.is_null())
        .select_only()
        .columns([
            Of::ProjectId,
            Of::Id,
            Of::ParentId,
            Of::Status,
            Of::EstimateMinutes,
            Of::RemainingMinutes,
            Of::StartOn,
            Of::DueOn,
            Of::CompletedAt,
        ])
        .into_tuple()
        .all(conn)
        .await?;
    let zone = viewer.tenant.time_zone;
    let work = |(project, id, parent, status, estimate, remaining, start, due, completed): Row| Work {
        project,
        id,
        parent,
        status: TaskStatus::parse(&status).unwrap_or_default(),
        estimate,
        remaining,
        budget: estimate,
        start,
        due,
        baselined: false,
        done_on: completed
            .filter(|_| status == TaskStatus::Done.as_str())
            .map(|at| at.with_timezone(&zone).date_naive()),
    };
    let mut work: Vec<Work> = rows.into_iter().map(work).collect();
    baseline::measure(conn, viewer, &projects, &mut work).await?;
    Ok(work)
}

impl Loader<Asked> for Values {
    type Value = Planned;
    type Error = Error;

    async fn load(&self, projects: &[Asked]) -> Result<HashMap<Asked, Planned>> {
        let (viewer, zone) = (&self.viewer, self.viewer.tenant.time_zone);
        let ids = projects.iter().map(|asked| asked.project);
        let calendar = calendar(&self.db, viewer, crate::today(viewer, viewer.now));
        let (calendar, tasks) = futures::try_join!(calendar, work(&self.db, viewer, ids))?;
        let asked: HashMap<ProjectId, Asked> = projects.iter().map(|asked| (asked.project, *asked)).collect();
        let now = viewer.now.timestamp().div_euclid(60);
        let mut found: HashMap<Asked, Planned> = HashMap::with_capacity(projects.len());
        for task in leaves(&tasks) {
            if let Some(asked) = asked.get(&task.project) {
                let sum = found.entry(*asked).or_default();
                *sum = sum.plus(amount(task, &calendar, zone, (asked.start, asked.end), now));
            }
        }
        Ok(found)
    }
}

impl Loader<OfNewest> for Values {
    type Value = BaselineId;
    type Error = Error;

    async fn load(&self, projects: &[OfNewest]) -> Result<HashMap<OfNewest, BaselineId>> {
        let ids: Vec<ProjectId> = projects.iter().map(|OfNewest(project)| *project).collect();
        let found = newest(&self.db, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(project, baseline)| (OfNewest(project), baseline)).collect())
    }
}

impl Loader<OfPending> for Values {
    type Value = Pending;
    type Error = Error;

    async fn load(&self, projects: &[OfPending]) -> Result<HashMap<OfPending, Pending>> {
        let tenant = self.viewer.tenant_id();
        let ids: Vec<Uuid> =
            projects.iter().filter(|asked| asked.1).map(|OfPending(project, _)| project.uuid()).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let entries = time::Entity::of_tenant(tenant)
            .filter(one_of(self.db.backend(), time::Column::ProjectId, ids))
            .filter(time::Column::Status.is_in(PENDING.map(TimeEntryStatus::as_str)))
            .filter(time::Column::Billable.eq(true))
            .all(&self.db)
            .await?;
        let bills = rate::store::bills(&self.db, tenant, &entries).await?;
        let mut found: HashMap<OfPending, Pending> = HashMap::with_capacity(projects.len());
        for entry in &entries {
            let fixed = entry.bill_rate_minor.zip(entry.bill_rate_currency).filter(|_| entry.is_bill_fixed());
            let written = || bills.get(&entry.id).map(|rate| (rate.amount.amount, rate.amount.currency));
            let pending = found.entry(OfPending(entry.project_id, true)).or_default();
            match fixed.or_else(written) {
                Some((rate, currency)) => {
                    pending.worth.push((currency, rate.saturating_mul(entry.minutes)));
                }
                None => pending.unrated += entry.minutes,
            }
        }
        Ok(found)
    }
}
