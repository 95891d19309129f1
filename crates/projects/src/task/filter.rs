//! Which tasks a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Error, Fields, Result,
    id::{MilestoneId, ProjectId, TaskColumnId, TaskId, TaskLabelId, TypedId, UserId},
    page::{DateRange, Direction, Order, Sort, check_listed, check_search},
    policy::{Guarded, allowed, nothing},
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait, Select, sea_query::Query};

use super::{
    assignee,
    entity::{Column, Entity},
};
use crate::{
    label::on_task,
    milestone::entity as milestone,
    policy::{INTERNAL_READ, MILESTONES_READ, TASKS_READ},
    project::entity as project,
    words::{Priority, TaskStatus},
};

/// Which tasks a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TaskFilter {
    /// Only these.
    pub ids: Option<Vec<TaskId>>,
    /// Only of this project.
    pub project_id: Option<ProjectId>,
    /// Only in one of these states.
    pub status: Option<Vec<TaskStatus>>,
    /// Only in one of these columns.
    pub column_ids: Option<Vec<TaskColumnId>>,
    /// Only of one of these priorities.
    pub priority: Option<Vec<Priority>>,
    /// Only those that one of these people does.
    pub assignee_ids: Option<Vec<UserId>>,
    /// True: only those that the viewer does.
    pub assigned_to_me: Option<bool>,
    /// Only those that this person asked for.
    pub reporter_id: Option<UserId>,
    /// Only of this milestone.
    pub milestone_id: Option<MilestoneId>,
    /// Only parts of this task.
    pub parent_id: Option<TaskId>,
    /// True: only those that are part of no other task; false: only those that are.
    pub top_level: Option<bool>,
    /// Only with one of these labels. Needs `projects.internal.read`.
    pub label_ids: Option<Vec<TaskLabelId>>,
    /// True: only those that cannot go on; false: only those that can. Needs `projects.internal.read`.
    pub blocked: Option<bool>,
    /// Only due in this time.
    pub due_on: Option<DateRange>,
    /// Only starting in this time.
    pub start_on: Option<DateRange>,
    /// Only with this text in the title.
    pub search: Option<String>,
    /// True: only archived ones. Otherwise only those that are not.
    pub archived: Option<bool>,
}

impl TaskFilter {
    /// Checks the bounds of the filter, and that the viewer may see what it asks about.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long, FORBIDDEN for what is for the team alone.
    pub fn check(&self, viewer: &Viewer) -> Result<()> {
        if self.blocked.is_some() || self.label_ids.is_some() {
            viewer.require(INTERNAL_READ)?;
            // Reason: a client is never shown what is for the team, whatever a role of their own may say.
            if viewer.is_client() {
                return Err(Error::lacks(INTERNAL_READ.name));
            }
        }
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        check_listed(self.column_ids.as_ref(), "filter.columnIds", &mut fields);
        check_listed(self.priority.as_ref(), "filter.priority", &mut fields);
        check_listed(self.assignee_ids.as_ref(), "filter.assigneeIds", &mut fields);
        check_listed(self.label_ids.as_ref(), "filter.labelIds", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    /// The visible tasks that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let archived = Column::ArchivedAt;
        let archived = if self.archived == Some(true) { archived.is_not_null() } else { archived.is_null() };
        let mut select = Entity::visible(viewer, TASKS_READ).filter(archived);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(project) = self.project_id {
            select = select.filter(Column::ProjectId.eq(project.uuid()));
        }
        if let Some(states) = &self.status {
            select = select.filter(Column::Status.is_in(states.iter().map(|state| state.as_str())));
        }
        if let Some(columns) = &self.column_ids {
            select = select.filter(Column::ColumnId.is_in(columns.iter().map(|column| column.uuid())));
        }
        if let Some(priorities) = &self.priority {
            select =
                select.filter(Column::Priority.is_in(priorities.iter().map(|priority| priority.as_str())));
        }
        if let Some(range) = self.due_on {
            select = select.filter(range.of(Column::DueOn));
        }
        if let Some(range) = self.start_on {
            select = select.filter(range.of(Column::StartOn));
        }
        if let Some(text) = self.search.as_deref().filter(|text| !text.trim().is_empty()) {
            select = select.filter(sql::contains(&[Column::Title], text));
        }
        if let Some(blocked) = self.blocked {
            let reason = Column::BlockedReason;
            // Reason: who may not see why a task is blocked does not learn from the filter that it is.
            select = select.filter(allowed::<Entity>(viewer, INTERNAL_READ));
            select = select.filter(if blocked { reason.is_not_null() } else { reason.is_null() });
        }
        self.of_people(viewer, self.of_work(viewer, select))
    }

    /// Those that are part of what the filter names, and have its labels.
    fn of_work(&self, viewer: &Viewer, mut select: Select<Entity>) -> Select<Entity> {
        if let Some(milestone) = self.milestone_id {
            // Reason: who may not see the milestone does not learn from the filter which tasks are in it.
            let seen = milestone::Entity::visible(viewer, MILESTONES_READ);
            let seen = seen.filter(milestone::Column::Id.eq(milestone.uuid()));
            let seen = seen.select_only().column(milestone::Column::Id).into_query();
            select = select.filter(Column::MilestoneId.in_subquery(seen));
        }
        if let Some(parent) = self.parent_id {
            select = select.filter(Column::ParentId.eq(parent.uuid()));
        }
        if let Some(top) = self.top_level {
            let parent = Column::ParentId;
            select = select.filter(if top { parent.is_null() } else { parent.is_not_null() });
        }
        if let Some(labels) = &self.label_ids {
            // Reason: who may not see the labels of a task does not learn from the filter which it has.
            select = select.filter(allowed::<Entity>(viewer, INTERNAL_READ));
            select = select.filter(Column::Id.in_subquery(on_task::tasks_with(viewer.tenant_id(), labels)));
        }
        select
    }

    /// As [`Self::select`], across projects: without the tasks of archived projects, unless they are asked for by project
    /// or id.
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

    fn of_people(&self, viewer: &Viewer, mut select: Select<Entity>) -> Select<Entity> {
        let tenant = viewer.tenant_id();
        if let Some(reporter) = self.reporter_id {
            select = select.filter(Column::ReporterId.eq(reporter.uuid()));
        }
        if let Some(people) = &self.assignee_ids {
            select = select.filter(Column::Id.in_subquery(assignee::tasks_of(tenant, people)));
        }
        match (self.assigned_to_me, viewer.user_id()) {
            (Some(true), Some(me)) => {
                select.filter(Column::Id.in_subquery(assignee::tasks_of(tenant, &[me])))
            }
            (Some(true), None) => select.filter(nothing()),
            _ => select,
        }
    }
}

/// What tasks can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum TaskOrderField {
    /// Their place in the project, as on the board.
    #[default]
    Rank,
    /// Number in the project.
    Number,
    /// Title.
    Title,
    /// Priority, low first.
    Priority,
    /// When they are to begin; those without a date last.
    StartOn,
    /// When they are due; those without a date last.
    DueOn,
    /// When they were made.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

/// The order of tasks.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct TaskOrder {
    /// What by.
    pub field: TaskOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl TaskOrder {
    /// What is due first comes first.
    pub fn by_due_date() -> Self {
        Self { field: TaskOrderField::DueOn, direction: Direction::Asc }
    }
}

impl From<TaskOrder> for Order<Entity> {
    fn from(TaskOrder { field, direction }: TaskOrder) -> Self {
        let column = match field {
            TaskOrderField::Rank => Column::Rank,
            TaskOrderField::Number => Column::Number,
            TaskOrderField::Title => Column::Title,
            TaskOrderField::Priority => Column::Priority,
            TaskOrderField::StartOn => Column::StartOn,
            TaskOrderField::DueOn => Column::DueOn,
            TaskOrderField::CreatedAt => Column::CreatedAt,
            TaskOrderField::UpdatedAt => Column::UpdatedAt,
        };
        let sort = if field == TaskOrderField::Priority { Sort::Words(Priority::WORDS) } else { Sort::Value };
        Self::by(column, direction).sorted(sort)
    }
}
