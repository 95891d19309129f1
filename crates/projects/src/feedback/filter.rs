//! Which questions to clients a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Fields, Result,
    id::{FeedbackRequestId, MilestoneId, ProjectId, TypedId, UserId},
    page::{DateTimeRange, Direction, Order, check_listed},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, Select};

use super::entity::{Column, Entity};
use crate::{
    policy::registers::FEEDBACK_READ,
    register::of_open_projects,
    words::{FeedbackKind, FeedbackStatus},
};

/// Which questions to clients a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct FeedbackFilter {
    /// Only these.
    pub ids: Option<Vec<FeedbackRequestId>>,
    /// Only about this project.
    pub project_id: Option<ProjectId>,
    /// Only about this milestone.
    pub milestone_id: Option<MilestoneId>,
    /// Only those this person was asked.
    pub user_id: Option<UserId>,
    /// Only of one of these kinds.
    pub kind: Option<Vec<FeedbackKind>>,
    /// Only in one of these statuses.
    pub status: Option<Vec<FeedbackStatus>>,
    /// Only answered in this time.
    pub answered_at: Option<DateTimeRange>,
}

impl FeedbackFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.kind.as_ref(), "filter.kind", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        fields.check()
    }

    /// The visible questions that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, FEEDBACK_READ);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(project) = self.project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        if let Some(milestone) = self.milestone_id {
            select = select.filter(Column::MilestoneId.eq(milestone.uuid()));
        }
        if let Some(person) = self.user_id {
            select = select.filter(Column::UserId.eq(person.uuid()));
        }
        if let Some(kinds) = &self.kind {
            select = select.filter(Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())));
        }
        if let Some(states) = &self.status {
            let with = |any: Condition, state: &FeedbackStatus| any.add(in_status(viewer, *state));
            select = select.filter(states.iter().fold(kernel::policy::nothing(), with));
        }
        if let Some(range) = self.answered_at {
            select = select.filter(range.of(Column::AnsweredAt));
        }
        select
    }

    /// As [`Self::select`], across projects: without those about archived projects, unless they are asked for by project
    /// or id.
    pub fn select_across(&self, viewer: &Viewer) -> Select<Entity> {
        let select = self.select(viewer);
        let named = self.project_id.is_some() || self.ids.is_some();
        if named { select } else { select.filter(of_open_projects(viewer, Column::ProjectId)) }
    }
}

/// As [`super::rules::status`].
fn in_status(viewer: &Viewer, status: FeedbackStatus) -> Condition {
    let unanswered = || Condition::all().add(Column::AnsweredAt.is_null());
    match status {
        FeedbackStatus::Answered => Condition::all().add(Column::AnsweredAt.is_not_null()),
        FeedbackStatus::Open => unanswered().add(Column::ExpiresAt.gt(viewer.now)),
        FeedbackStatus::Expired => unanswered().add(Column::ExpiresAt.lte(viewer.now)),
    }
}

/// What questions to clients can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum FeedbackOrderField {
    /// When they were asked.
    #[default]
    CreatedAt,
    /// When they were answered; those without an answer last.
    AnsweredAt,
    /// Until when they can be answered.
    ExpiresAt,
}

/// The order of questions to clients.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct FeedbackOrder {
    /// What by.
    pub field: FeedbackOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl Default for FeedbackOrder {
    /// The newest first.
    fn default() -> Self {
        Self { field: FeedbackOrderField::CreatedAt, direction: Direction::Desc }
    }
}

impl From<FeedbackOrder> for Order<Entity> {
    fn from(FeedbackOrder { field, direction }: FeedbackOrder) -> Self {
        let column = match field {
            FeedbackOrderField::CreatedAt => Column::CreatedAt,
            FeedbackOrderField::AnsweredAt => Column::AnsweredAt,
            FeedbackOrderField::ExpiresAt => Column::ExpiresAt,
        };
        Self::by(column, direction)
    }
}
