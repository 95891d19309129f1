//! Which risks a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Fields, Result,
    id::{ProjectId, RiskId, TypedId, UserId},
    page::{Direction, Order, check_listed, check_search},
    policy::Guarded,
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::entity::{Column, Entity};
use crate::{
    policy::registers::RISKS_READ,
    register::of_open_projects,
    words::{RiskCategory, RiskResponse, RiskStatus},
};

/// Which risks a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct RiskFilter {
    /// Only these.
    pub ids: Option<Vec<RiskId>>,
    /// Only of this project.
    pub project_id: Option<ProjectId>,
    /// Only in one of these statuses.
    pub status: Option<Vec<RiskStatus>>,
    /// Only about one of these.
    pub category: Option<Vec<RiskCategory>>,
    /// Only those about which this is done.
    pub response: Option<Vec<RiskResponse>>,
    /// Only those this member of staff watches.
    pub owner_id: Option<UserId>,
    /// Only with this score or a higher one.
    pub min_score: Option<i32>,
    /// Only with this text in the title.
    pub search: Option<String>,
}

impl RiskFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        check_listed(self.category.as_ref(), "filter.category", &mut fields);
        check_listed(self.response.as_ref(), "filter.response", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    /// The visible risks that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, RISKS_READ);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(project) = self.project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        if let Some(states) = &self.status {
            select = select.filter(Column::Status.is_in(states.iter().map(|state| state.as_str())));
        }
        if let Some(categories) = &self.category {
            let words = categories.iter().map(|category| category.as_str());
            select = select.filter(Column::Category.is_in(words));
        }
        if let Some(responses) = &self.response {
            let words = responses.iter().map(|response| response.as_str());
            select = select.filter(Column::Response.is_in(words));
        }
        if let Some(owner) = self.owner_id {
            select = select.filter(Column::OwnerId.eq(owner.uuid()));
        }
        if let Some(score) = self.min_score {
            select = select.filter(Column::Score.gte(score));
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

/// What risks can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum RiskOrderField {
    /// Probability × impact.
    #[default]
    Score,
    /// Title.
    Title,
    /// When they were made.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

/// The order of risks.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct RiskOrder {
    /// What by.
    pub field: RiskOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl Default for RiskOrder {
    /// The worst first.
    fn default() -> Self {
        Self { field: RiskOrderField::Score, direction: Direction::Desc }
    }
}

impl From<RiskOrder> for Order<Entity> {
    fn from(RiskOrder { field, direction }: RiskOrder) -> Self {
        let column = match field {
            RiskOrderField::Score => Column::Score,
            RiskOrderField::Title => Column::Title,
            RiskOrderField::CreatedAt => Column::CreatedAt,
            RiskOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self::by(column, direction)
    }
}
