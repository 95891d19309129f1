//! Which decisions a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Fields, Result,
    id::{DecisionId, ProjectId, TypedId, UserId},
    page::{DateRange, Direction, Order, check_listed, check_search},
    policy::Guarded,
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::entity::{Column, Entity};
use crate::{policy::registers::DECISIONS_READ, register::of_open_projects};

/// Which decisions a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DecisionFilter {
    /// Only these.
    pub ids: Option<Vec<DecisionId>>,
    /// Only of this project.
    pub project_id: Option<ProjectId>,
    /// Only those this person took.
    pub decided_by: Option<UserId>,
    /// Only those taken in this time.
    pub decided_on: Option<DateRange>,
    /// Only those that the client sees, or only the others.
    pub client_visible: Option<bool>,
    /// Only with this text in the title.
    pub search: Option<String>,
}

impl DecisionFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    /// The visible decisions that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, DECISIONS_READ);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(project) = self.project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        if let Some(person) = self.decided_by {
            select = select.filter(Column::DecidedBy.eq(person.uuid()));
        }
        if let Some(range) = self.decided_on {
            select = select.filter(range.of(Column::DecidedOn));
        }
        if let Some(shown) = self.client_visible {
            select = select.filter(Column::ClientVisible.eq(shown));
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

/// What decisions can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum DecisionOrderField {
    /// The day they were taken.
    #[default]
    DecidedOn,
    /// Title.
    Title,
    /// When they were written down.
    CreatedAt,
}

/// The order of decisions.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct DecisionOrder {
    /// What by.
    pub field: DecisionOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl Default for DecisionOrder {
    /// The newest first.
    fn default() -> Self {
        Self { field: DecisionOrderField::DecidedOn, direction: Direction::Desc }
    }
}

impl From<DecisionOrder> for Order<Entity> {
    fn from(DecisionOrder { field, direction }: DecisionOrder) -> Self {
        let column = match field {
            DecisionOrderField::DecidedOn => Column::DecidedOn,
            DecisionOrderField::Title => Column::Title,
            DecisionOrderField::CreatedAt => Column::CreatedAt,
        };
        Self::by(column, direction)
    }
}
