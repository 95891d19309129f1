//! Which status reports a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Fields, Result,
    id::{ProjectId, StatusReportId, TypedId},
    page::{DateRange, Direction, Order, check_listed},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::entity::{Column, Entity};
use crate::{policy::registers::REPORTS_READ, register::of_open_projects, words::StatusReportStatus};

/// Which status reports a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StatusReportFilter {
    /// Only these.
    pub ids: Option<Vec<StatusReportId>>,
    /// Only on this project.
    pub project_id: Option<ProjectId>,
    /// Only in one of these statuses.
    pub status: Option<Vec<StatusReportStatus>>,
    /// Only on weeks that begin in this time.
    pub week_start: Option<DateRange>,
}

impl StatusReportFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        fields.check()
    }

    /// The visible reports that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, REPORTS_READ);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(project) = self.project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        if let Some(states) = &self.status {
            select = select.filter(Column::Status.is_in(states.iter().map(|state| state.as_str())));
        }
        if let Some(range) = self.week_start {
            select = select.filter(range.of(Column::WeekStart));
        }
        select
    }

    /// As [`Self::select`], across projects: without those on archived projects, unless they are asked for by project
    /// or id.
    pub fn select_across(&self, viewer: &Viewer) -> Select<Entity> {
        let select = self.select(viewer);
        let named = self.project_id.is_some() || self.ids.is_some();
        if named { select } else { select.filter(of_open_projects(viewer, Column::ProjectId)) }
    }
}

/// What status reports can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum StatusReportOrderField {
    /// Their week; of one week, in the order of making.
    #[default]
    WeekStart,
    /// When they were published; drafts last.
    PublishedAt,
}

/// The order of status reports.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct StatusReportOrder {
    /// What by.
    pub field: StatusReportOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl Default for StatusReportOrder {
    /// The newest first.
    fn default() -> Self {
        Self { field: StatusReportOrderField::WeekStart, direction: Direction::Desc }
    }
}

impl From<StatusReportOrder> for Order<Entity> {
    fn from(StatusReportOrder { field, direction }: StatusReportOrder) -> Self {
        let column = match field {
            StatusReportOrderField::WeekStart => Column::WeekStart,
            StatusReportOrderField::PublishedAt => Column::PublishedAt,
        };
        Self::by(column, direction)
    }
}
