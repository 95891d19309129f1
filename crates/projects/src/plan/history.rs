//! The team's own past: how long tasks took, measured by what they were thought to take.

use std::collections::HashMap;

use chrono::TimeDelta;
use kernel::{
    Result,
    ask::Ask,
    id::{ProjectId, TaskId, TypedId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};

use super::forecast_graphql::ForecastHistory;
use crate::{
    task::{self, entity as tasks},
    time::entry::entity as entries,
    words::{TaskStatus, TimeEntryStatus},
};

/// Least tasks of a history.
const LEAST_HISTORY: usize = 10;

/// Most tasks of a history.
const MOST_HISTORY: u64 = 1_000;

/// How far the agency's history goes back, in days.
const HISTORY_DAYS: i64 = 365;

/// The least and the greatest ratio of tracked to estimated time.
const RATIOS: (f64, f64) = (0.1, 10.0);

/// Ratios of tracked to estimated time of tasks that were done.
pub(crate) struct History {
    /// The ratios.
    pub(crate) ratios: Vec<f64>,
    /// Whose tasks.
    pub(crate) of: ForecastHistory,
}

impl History {
    pub(crate) async fn read(ask: &Ask, project: ProjectId) -> Result<Self> {
        let (viewer, db) = (&ask.viewer, &ask.db);
        let own = ratios(db, viewer, Some(project)).await?;
        if own.len() >= LEAST_HISTORY {
            return Ok(Self { ratios: own, of: ForecastHistory::Project });
        }
        let all = ratios(db, viewer, None).await?;
        Ok(match all.len() >= LEAST_HISTORY {
            true => Self { ratios: all, of: ForecastHistory::Agency },
            false => Self { ratios: Vec::new(), of: ForecastHistory::None },
        })
    }
}

async fn ratios(db: &impl ConnectionTrait, viewer: &Viewer, project: Option<ProjectId>) -> Result<Vec<f64>> {
    use entries::Column as Spent;
    use tasks::Column as Of;
    let mut done = tasks::Entity::of_tenant(viewer.tenant_id())
        .filter(Of::Status.eq(TaskStatus::Done.as_str()))
        .filter(Of::EstimateMinutes.gt(0))
        .order_by_desc(Of::CompletedAt)
        .order_by_desc(Of::Id)
        .limit(MOST_HISTORY);
    done = match project {
        Some(project) => done.filter(Of::ProjectId.eq(project.uuid())),
        None => done.filter(Of::CompletedAt.gte(viewer.now - TimeDelta::days(HISTORY_DAYS))),
    };
    // Reason: tasks without a minute tracked say nothing about how long they took.
    let mut tracked = Query::select();
    tracked.column(Spent::TaskId).from(entries::Entity);
    tracked.and_where(Spent::TenantId.eq(viewer.tenant_id())).and_where(Spent::TaskId.is_not_null());
    let done = done.filter(Of::Id.in_subquery(tracked)).filter(task::with_parts().not());
    let done: Vec<(TaskId, i64)> =
        done.select_only().columns([Of::Id, Of::EstimateMinutes]).into_tuple().all(db).await?;
    if done.len() < LEAST_HISTORY {
        return Ok(Vec::new());
    }
    let spent = entries::Entity::of_tenant(viewer.tenant_id())
        .filter(Spent::TaskId.is_in(done.iter().map(|(task, _)| task.uuid())))
        .filter(Spent::Status.ne(TimeEntryStatus::Rejected.as_str()))
        .select_only()
        .column(Spent::TaskId)
        .expr_as(Expr::col(Spent::Minutes).sum().cast_as("bigint"), "minutes")
        .group_by(Spent::TaskId);
    let spent: Vec<(TaskId, i64)> = spent.into_tuple().all(db).await?;
    let spent: HashMap<TaskId, i64> = spent.into_iter().collect();
    let ratio = |(task, estimate): &(TaskId, i64)| {
        let minutes = spent.get(task).filter(|minutes| **minutes > 0)?;
        Some((*minutes as f64 / *estimate as f64).clamp(RATIOS.0, RATIOS.1))
    };
    Ok(done.iter().filter_map(ratio).collect())
}
