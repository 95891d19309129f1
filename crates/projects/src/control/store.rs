//! What earned value is counted from, read for many projects at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{ProjectId, TaskId, TypedId},
    money::Currency,
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use schedule::Calendar;
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{
    Subject,
    curve::Leaf,
    rules::{Planned, Work, leaves, planned as amount},
};
use crate::{
    calendar::Calendars,
    task::entity as tasks,
    time::{entry::entity as time, rate},
    words::{TaskStatus, TimeEntryStatus},
};

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

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfPending(ProjectId);

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

/// Billable time of a project that is not approved yet.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn pending(ask: &Ask, project: ProjectId) -> Result<Pending> {
    Ok(ask.load::<Values, _>(OfPending(project)).await?.unwrap_or_default())
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

/// What of these projects' tasks that are not archived counts.
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
    );
    let ids = projects.into_iter().map(|project| project.uuid());
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
        ])
        .into_tuple()
        .all(conn)
        .await?;
    let work = |(project, id, parent, status, estimate, remaining, start, due): Row| Work {
        project,
        id,
        parent,
        status: TaskStatus::parse(&status).unwrap_or_default(),
        estimate,
        remaining,
        start,
        due,
    };
    Ok(rows.into_iter().map(work).collect())
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

impl Loader<OfPending> for Values {
    type Value = Pending;
    type Error = Error;

    async fn load(&self, projects: &[OfPending]) -> Result<HashMap<OfPending, Pending>> {
        let tenant = self.viewer.tenant_id();
        let ids = projects.iter().map(|OfPending(project)| project.uuid());
        let entries = time::Entity::of_tenant(tenant)
            .filter(one_of(self.db.backend(), time::Column::ProjectId, ids))
            .filter(time::Column::Status.ne(TimeEntryStatus::Approved.as_str()))
            .filter(time::Column::Billable.eq(true))
            .all(&self.db)
            .await?;
        let bills = rate::store::bills(&self.db, tenant, &entries).await?;
        let mut found: HashMap<OfPending, Pending> = HashMap::with_capacity(projects.len());
        for entry in &entries {
            let fixed = entry.bill_rate_minor.zip(entry.bill_rate_currency).filter(|_| entry.is_bill_fixed());
            let written = || bills.get(&entry.id).map(|rate| (rate.amount.amount, rate.amount.currency));
            let pending = found.entry(OfPending(entry.project_id)).or_default();
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

/// Minutes that were worked on the project, by day.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn worked_by_day(ask: &Ask, project: &Subject) -> Result<BTreeMap<NaiveDate, i64>> {
    use time::Column as Of;
    let rows: Vec<(NaiveDate, i64)> = time::Entity::of_tenant(ask.viewer.tenant_id())
        .filter(Of::ProjectId.eq(project.id.uuid()))
        .select_only()
        .column(Of::SpentOn)
        .expr_as(Expr::col(Of::Minutes).sum().cast_as("bigint"), "minutes")
        .group_by(Of::SpentOn)
        .into_tuple()
        .all(&ask.db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The tasks of the project that no other task is part of, archived ones too.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn all_leaves(ask: &Ask, project: &Subject) -> Result<Vec<Leaf>> {
    use tasks::Column as Of;
    type Row = (
        TaskId,
        Option<TaskId>,
        String,
        Option<i64>,
        DateTime<Utc>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
    );
    let shown = [
        Of::Id,
        Of::ParentId,
        Of::Status,
        Of::EstimateMinutes,
        Of::CreatedAt,
        Of::CompletedAt,
        Of::ArchivedAt,
    ];
    let rows: Vec<Row> = tasks::Entity::of_tenant(ask.viewer.tenant_id())
        .filter(Of::ProjectId.eq(project.id.uuid()))
        .select_only()
        .columns(shown)
        .into_tuple()
        .all(&ask.db)
        .await?;
    let zone = ask.viewer.tenant.time_zone;
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    // Reason: a task whose subtasks were all archived is one to be done itself again.
    let parents: HashSet<TaskId> =
        rows.iter().filter(|row| row.6.is_none()).filter_map(|(_, parent, ..)| *parent).collect();
    let leaf = |(_, _, status, estimate, made, completed, archived): Row| Leaf {
        estimate: estimate.unwrap_or_default(),
        made: day(made),
        done: completed.map(day).filter(|_| status == TaskStatus::Done.as_str()),
        gone: archived.map(day),
    };
    Ok(rows.into_iter().filter(|row| !parents.contains(&row.0)).map(leaf).collect())
}
