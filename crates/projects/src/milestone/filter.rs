//! Which milestones a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Fields, Result,
    id::{MilestoneId, ProjectId, TypedId, UserId},
    page::{DateRange, Direction, Order, Sort, check_listed, check_search},
    policy::Guarded,
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, Select, sea_query::Query};

use super::entity::{Column, Entity};
use crate::{
    policy::MILESTONES_READ,
    project::{entity as project, under_way},
    words::{ApprovalStatus, MilestoneStatus, Priority},
};

/// Which milestones a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct MilestoneFilter {
    /// Only these.
    pub ids: Option<Vec<MilestoneId>>,
    /// Only of this project.
    pub project_id: Option<ProjectId>,
    /// Only in one of these statuses.
    pub status: Option<Vec<MilestoneStatus>>,
    /// Only with one of these answers of the client.
    pub approval: Option<Vec<ApprovalStatus>>,
    /// Only those this member of staff answers for.
    pub assignee_id: Option<UserId>,
    /// Only due in this time.
    pub due_on: Option<DateRange>,
    /// True: only those that are overdue today, in the agency's time zone, in projects that are neither archived nor over;
    /// false: only the others.
    pub overdue: Option<bool>,
    /// Only with this text in the name.
    pub search: Option<String>,
}

impl MilestoneFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        check_listed(self.approval.as_ref(), "filter.approval", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    /// The visible milestones that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, MILESTONES_READ);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(project) = self.project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        if let Some(states) = &self.status {
            select = select.filter(Column::Status.is_in(states.iter().map(|state| state.as_str())));
        }
        if let Some(answers) = &self.approval {
            select = select.filter(Column::Approval.is_in(answers.iter().map(|answer| answer.as_str())));
        }
        if let Some(assignee) = self.assignee_id {
            select = select.filter(Column::AssigneeId.eq(assignee.uuid()));
        }
        if let Some(range) = self.due_on {
            select = select.filter(range.of(Column::DueOn));
        }
        if let Some(overdue) = self.overdue {
            let late = Self::late(viewer);
            select = select.filter(if overdue { late } else { late.not() });
        }
        if let Some(text) = self.search.as_deref().filter(|text| !text.trim().is_empty()) {
            select = select.filter(sql::contains(&[Column::Name], text));
        }
        select
    }

    /// As [`super::rules::is_overdue`], in projects that are neither archived nor over.
    fn late(viewer: &Viewer) -> Condition {
        let open = [MilestoneStatus::Pending, MilestoneStatus::InProgress].map(MilestoneStatus::as_str);
        Condition::all()
            .add(Column::Status.is_in(open))
            // Reason: an unknown comparison would make neither the condition nor its contrary true.
            .add(Column::DueOn.is_not_null())
            .add(Column::DueOn.lt(crate::today(viewer, viewer.now)))
            .add(Column::ProjectId.in_subquery(under_way(viewer.tenant_id())))
    }

    /// As [`Self::select`], across projects: without the milestones of archived projects, unless they are asked for by
    /// project or id.
    pub fn select_across(&self, viewer: &Viewer) -> Select<Entity> {
        let select = self.select(viewer);
        if self.project_id.is_some() || self.ids.is_some() {
            return select;
        }
        let mut open = Query::select();
        open.column(project::Column::Id).from(project::Entity);
        open.and_where(project::Column::TenantId.eq(viewer.tenant_id()))
            .and_where(project::Column::ArchivedAt.is_null());
        select.filter(Column::ProjectId.in_subquery(open))
    }
}

/// What milestones can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum MilestoneOrderField {
    /// Their place in the project.
    #[default]
    Rank,
    /// When they are due; those without a date last.
    DueOn,
    /// Name.
    Name,
    /// Priority, low first.
    Priority,
    /// When they were made.
    CreatedAt,
}

/// The order of milestones.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct MilestoneOrder {
    /// What by.
    pub field: MilestoneOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl MilestoneOrder {
    /// What is due first comes first.
    pub fn by_due_date() -> Self {
        Self { field: MilestoneOrderField::DueOn, direction: Direction::Asc }
    }
}

impl From<MilestoneOrder> for Order<Entity> {
    fn from(MilestoneOrder { field, direction }: MilestoneOrder) -> Self {
        let column = match field {
            MilestoneOrderField::Rank => Column::Rank,
            MilestoneOrderField::DueOn => Column::DueOn,
            MilestoneOrderField::Name => Column::Name,
            MilestoneOrderField::Priority => Column::Priority,
            MilestoneOrderField::CreatedAt => Column::CreatedAt,
        };
        let by_priority = field == MilestoneOrderField::Priority;
        Self::by(column, direction).sorted(if by_priority {
            Sort::Words(Priority::WORDS)
        } else {
            Sort::Value
        })
    }
}
