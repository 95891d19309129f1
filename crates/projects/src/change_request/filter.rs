//! Which change requests a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Fields, Result,
    id::{ChangeRequestId, ProjectId, TypedId},
    page::{DateTimeRange, Direction, Order, check_listed, check_search},
    policy::Guarded,
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::entity::{Column, Entity};
use crate::{policy::registers::CHANGES_READ, register::of_open_projects, words::ChangeRequestStatus};

/// Which change requests a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ChangeRequestFilter {
    /// Only these.
    pub ids: Option<Vec<ChangeRequestId>>,
    /// Only of this project.
    pub project_id: Option<ProjectId>,
    /// Only in one of these statuses.
    pub status: Option<Vec<ChangeRequestStatus>>,
    /// True: only those that wait for the client; false: only the others.
    pub awaits_client: Option<bool>,
    /// Only submitted in this time.
    pub submitted_at: Option<DateTimeRange>,
    /// Only with this text in the title.
    pub search: Option<String>,
}

impl ChangeRequestFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    /// The visible change requests that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, CHANGES_READ);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(project) = self.project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        if let Some(states) = &self.status {
            select = select.filter(Column::Status.is_in(states.iter().map(|state| state.as_str())));
        }
        if let Some(awaits) = self.awaits_client {
            let submitted = Column::Status.eq(ChangeRequestStatus::Submitted.as_str());
            let waiting = sea_orm::Condition::all().add(submitted).add(Column::ClientAnswer.is_null());
            select = select.filter(if awaits { waiting } else { waiting.not() });
        }
        if let Some(range) = self.submitted_at {
            select = select.filter(range.of(Column::SubmittedAt));
        }
        if let Some(text) = self.search.as_deref().filter(|text| !text.trim().is_empty()) {
            select = select.filter(sql::contains(&[Column::Title], text));
        }
        select
    }

    /// As [`Self::select`], across projects: without those of archived projects, unless they are asked for by project
    /// or id.
    pub fn select_across(&self, viewer: &Viewer) -> Select<Entity> {
        let select = self.select(viewer);
        let named = self.project_id.is_some() || self.ids.is_some();
        if named { select } else { select.filter(of_open_projects(viewer, Column::ProjectId)) }
    }
}

/// What change requests can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum ChangeRequestOrderField {
    /// When they were made.
    #[default]
    CreatedAt,
    /// When they were submitted; drafts last.
    SubmittedAt,
    /// Title.
    Title,
    /// When they were last changed.
    UpdatedAt,
}

/// The order of change requests.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct ChangeRequestOrder {
    /// What by.
    pub field: ChangeRequestOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl Default for ChangeRequestOrder {
    /// The newest first.
    fn default() -> Self {
        Self { field: ChangeRequestOrderField::CreatedAt, direction: Direction::Desc }
    }
}

impl From<ChangeRequestOrder> for Order<Entity> {
    fn from(ChangeRequestOrder { field, direction }: ChangeRequestOrder) -> Self {
        let column = match field {
            ChangeRequestOrderField::CreatedAt => Column::CreatedAt,
            ChangeRequestOrderField::SubmittedAt => Column::SubmittedAt,
            ChangeRequestOrderField::Title => Column::Title,
            ChangeRequestOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self::by(column, direction)
    }
}
