//! Which entries a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Fields, Result,
    id::{ActivityTypeId, ProjectId, TaskId, TimeEntryId, TypedId, UserId},
    page::{DateRange, Direction, Order, check_listed},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait, Select, sea_query::Expr};

use super::entity::{Column, Entity};
use crate::{
    policy::{RATES_READ, time::TIME_READ},
    project::entity as project,
    words::TimeEntryStatus,
};

/// Which entries a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TimeEntryFilter {
    /// Only these.
    pub ids: Option<Vec<TimeEntryId>>,
    /// Only of these projects.
    pub project_ids: Option<Vec<ProjectId>>,
    /// Only on these tasks.
    pub task_ids: Option<Vec<TaskId>>,
    /// Only of these people.
    pub user_ids: Option<Vec<UserId>>,
    /// Only of these kinds of work.
    pub activity_type_ids: Option<Vec<ActivityTypeId>>,
    /// Only those that stand so.
    pub status: Option<Vec<TimeEntryStatus>>,
    /// Only those that are billed, or those that are not.
    pub billable: Option<bool>,
    /// True: only those of timers that were forgotten; false: only others.
    pub flagged: Option<bool>,
    /// True: only those that were taken for billing; false: only others.
    pub claimed: Option<bool>,
    /// True: only those with a rate that is fixed; false: only others. Approved billable time without one is never
    /// offered for billing. Only of projects on which the viewer has `projects.rate.read`, which it needs.
    pub rated: Option<bool>,
    /// Only on these days.
    pub spent_on: Option<DateRange>,
}

impl TimeEntryFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists that are too long, FORBIDDEN for what the viewer may not ask.
    pub fn check(&self, viewer: &Viewer) -> Result<()> {
        if self.rated.is_some() {
            viewer.require(RATES_READ)?;
        }
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.project_ids.as_ref(), "filter.projectIds", &mut fields);
        check_listed(self.task_ids.as_ref(), "filter.taskIds", &mut fields);
        check_listed(self.user_ids.as_ref(), "filter.userIds", &mut fields);
        check_listed(self.activity_type_ids.as_ref(), "filter.activityTypeIds", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        fields.check()
    }

    /// The visible entries that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, TIME_READ);
        select = listed(select, Column::Id, self.ids.as_ref());
        select = listed(select, Column::ProjectId, self.project_ids.as_ref());
        select = listed(select, Column::TaskId, self.task_ids.as_ref());
        select = listed(select, Column::UserId, self.user_ids.as_ref());
        select = listed(select, Column::ActivityId, self.activity_type_ids.as_ref());
        if let Some(states) = &self.status {
            select = select.filter(Column::Status.is_in(states.iter().map(|state| state.as_str())));
        }
        if let Some(billable) = self.billable {
            select = select.filter(Column::Billable.eq(billable));
        }
        if let Some(flagged) = self.flagged {
            select = select.filter(Column::Flagged.eq(flagged));
        }
        if let Some(claimed) = self.claimed {
            select = select.filter(present(Column::ClaimId, claimed));
        }
        if let Some(rated) = self.rated {
            // Reason: a filter tells of a rate as the rate itself would.
            let shown =
                project::Entity::visible(viewer, RATES_READ).select_only().column(project::Column::Id);
            let shown = Column::ProjectId.in_subquery(shown.into_query());
            select = select.filter(present(Column::BillRateMinor, rated)).filter(shown);
        }
        if let Some(range) = self.spent_on {
            select = select.filter(range.of(Column::SpentOn));
        }
        select
    }
}

fn present(column: Column, wanted: bool) -> Expr {
    if wanted { column.is_not_null() } else { column.is_null() }
}

fn listed<I: TypedId>(select: Select<Entity>, column: Column, ids: Option<&Vec<I>>) -> Select<Entity> {
    match ids {
        Some(ids) => select.filter(column.is_in(ids.iter().map(|id| id.uuid()))),
        None => select,
    }
}

/// What entries can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum TimeEntryOrderField {
    /// The day.
    #[default]
    SpentOn,
    /// How long.
    Minutes,
    /// When they were written down.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

/// The order of entries.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct TimeEntryOrder {
    /// What by.
    pub field: TimeEntryOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

/// The latest day first.
impl Default for TimeEntryOrder {
    fn default() -> Self {
        Self { field: TimeEntryOrderField::SpentOn, direction: Direction::Desc }
    }
}

impl From<TimeEntryOrder> for Order<Entity> {
    fn from(TimeEntryOrder { field, direction }: TimeEntryOrder) -> Self {
        let column = match field {
            TimeEntryOrderField::SpentOn => Column::SpentOn,
            TimeEntryOrderField::Minutes => Column::Minutes,
            TimeEntryOrderField::CreatedAt => Column::CreatedAt,
            TimeEntryOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self::by(column, direction)
    }
}
