//! Which projects a list has, and in which order.

use async_graphql::{Enum, InputObject};
use kernel::{
    Error, Fields, Result, Text,
    id::{AccountId, ProjectId, ProjectTemplateId, TypedId, UserId},
    page::{DateRange, DateTimeRange, Direction, Order, Sort, check_listed, check_search},
    policy::Guarded,
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryFilter, QuerySelect, QueryTrait, Select};

use super::entity::{Column, Entity};
use crate::{
    policy::{INTERNAL_READ, PROJECTS_READ, TEMPLATES_READ},
    template::entity as template,
    words::{Priority, ProjectStatus},
};

/// Alternatives are nested too deep.
pub const TOO_DEEP: Text = Text::new(
    "too_deep",
    "Alternatives can be nested {max} deep at most.",
    "Les alternatives peuvent être imbriquées sur {max} niveaux au plus.",
);

/// Whether a list is of archived projects is said once.
pub const NOT_IN_OR: Text = Text::new(
    "not_in_or",
    "Say this beside the alternatives; it holds for all of them.",
    "Indiquez ceci à côté des alternatives ; cela vaut pour toutes.",
);

/// Most alternatives of a filter.
const MAX_ALTERNATIVES: usize = 10;

/// How deep alternatives can be nested.
const MAX_DEPTH: usize = 2;

/// There are too many alternatives.
pub const TOO_MANY_ALTERNATIVES: Text = Text::new(
    "too_many",
    "At most {max} alternatives are allowed.",
    "{max} alternatives au plus sont autorisées.",
);

/// Which projects a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProjectFilter {
    /// Only these.
    pub ids: Option<Vec<ProjectId>>,
    /// Only in one of these statuses.
    pub status: Option<Vec<ProjectStatus>>,
    /// Only for this client company.
    pub account_id: Option<AccountId>,
    /// Only those this member of staff answers for.
    pub manager_id: Option<UserId>,
    /// Only of one of these priorities.
    pub priority: Option<Vec<Priority>>,
    /// Only with one of these tags, spelled exactly so.
    pub tags: Option<Vec<String>>,
    /// Only with this text in the name or code.
    pub search: Option<String>,
    /// True: only archived ones. Otherwise only those that are not. INVALID within `or`.
    pub archived: Option<bool>,
    /// Only expected by the client in this time.
    pub expected_delivery: Option<DateRange>,
    /// True: only those that are not over though the client expected them before today, in the agency's time zone;
    /// false: only the others.
    pub late: Option<bool>,
    /// Only those on which work goes on and that go this well or worse, 0 to 100. FORBIDDEN for clients.
    pub max_health: Option<i32>,
    /// Only parts of this project.
    pub parent_id: Option<ProjectId>,
    /// Only made from this template; none for who may not see it.
    pub template_id: Option<ProjectTemplateId>,
    /// True: only those that are part of no other project; false: only those that are.
    pub top_level: Option<bool>,
    /// Only made in this time.
    pub created_at: Option<DateTimeRange>,
    /// Only those that meet one of these alternatives, at most 10, nested at most 2 deep.
    pub or: Option<Vec<ProjectFilter>>,
}

impl ProjectFilter {
    /// Checks the bounds of the filter, and that the viewer may see what it and the order of its list go by.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long, and alternatives that are too many or too deep; FORBIDDEN for
    /// clients who ask by health, which is not theirs to see: places in such an order tell it.
    pub fn check(&self, viewer: &Viewer, order: Option<ProjectOrder>) -> Result<()> {
        self.bounds()?;
        let ordered = order.is_some_and(|order| order.field == ProjectOrderField::Health);
        if (ordered || self.by_health()) && viewer.is_client() {
            return Err(Error::lacks(INTERNAL_READ.name));
        }
        Ok(())
    }

    fn bounds(&self) -> Result<()> {
        let mut fields = Fields::new();
        self.collect("filter", 0, &mut fields);
        fields.check()
    }

    fn by_health(&self) -> bool {
        self.max_health.is_some() || self.or.iter().flatten().any(Self::by_health)
    }

    fn collect(&self, path: &str, depth: usize, fields: &mut Fields) {
        check_listed(self.ids.as_ref(), &format!("{path}.ids"), fields);
        check_listed(self.status.as_ref(), &format!("{path}.status"), fields);
        check_listed(self.priority.as_ref(), &format!("{path}.priority"), fields);
        check_listed(self.tags.as_ref(), &format!("{path}.tags"), fields);
        check_search(self.search.as_deref(), &format!("{path}.search"), fields);
        fields.require(depth == 0 || self.archived.is_none(), &format!("{path}.archived"), NOT_IN_OR);
        let Some(alternatives) = &self.or else { return };
        let path = format!("{path}.or");
        if depth == MAX_DEPTH {
            return fields.add(path, TOO_DEEP.with("max", MAX_DEPTH));
        }
        let fits = alternatives.len() <= MAX_ALTERNATIVES;
        fields.require(fits, &path, TOO_MANY_ALTERNATIVES.with("max", MAX_ALTERNATIVES));
        for (index, alternative) in alternatives.iter().enumerate().take(MAX_ALTERNATIVES) {
            alternative.collect(&format!("{path}.{index}"), depth + 1, fields);
        }
    }

    /// The visible projects that meet the filter.
    pub fn select(&self, viewer: &Viewer, backend: DbBackend) -> Select<Entity> {
        let archived = Column::ArchivedAt;
        let archived = if self.archived == Some(true) { archived.is_not_null() } else { archived.is_null() };
        let select = Entity::visible(viewer, PROJECTS_READ).filter(archived);
        select.filter(self.condition(viewer, backend))
    }

    /// Those that are not over though the client expected them before today.
    fn late(viewer: &Viewer) -> Condition {
        let over = [ProjectStatus::Completed, ProjectStatus::Cancelled].map(ProjectStatus::as_str);
        Condition::all()
            .add(Column::Status.is_not_in(over))
            // Reason: an unknown comparison would make neither the condition nor its contrary true.
            .add(Column::ExpectedDelivery.is_not_null())
            .add(Column::ExpectedDelivery.lt(crate::today(viewer, viewer.now)))
    }

    fn condition(&self, viewer: &Viewer, backend: DbBackend) -> Condition {
        let mut all = Condition::all();
        if let Some(ids) = &self.ids {
            all = all.add(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(statuses) = &self.status {
            all = all.add(Column::Status.is_in(statuses.iter().map(|status| status.as_str())));
        }
        if let Some(account) = self.account_id {
            all = all.add(Column::AccountId.eq(account.uuid()));
        }
        if let Some(manager) = self.manager_id {
            all = all.add(Column::ManagerId.eq(manager.uuid()));
        }
        if let Some(priorities) = &self.priority {
            all = all.add(Column::Priority.is_in(priorities.iter().map(|priority| priority.as_str())));
        }
        if let Some(tags) = &self.tags {
            let with =
                |any: Condition, tag: &String| any.add(sql::json_list_has(backend, Column::Tags, tag.trim()));
            all = all.add(tags.iter().fold(kernel::policy::nothing(), with));
        }
        if let Some(text) = self.search.as_deref().filter(|text| !text.trim().is_empty()) {
            all = all.add(sql::contains(&[Column::Name, Column::Code], text));
        }
        self.of_course(viewer, self.of_family(viewer, all)).add_option(self.alternatives(viewer, backend))
    }

    /// Those that meet one of the alternatives.
    fn alternatives(&self, viewer: &Viewer, backend: DbBackend) -> Option<Condition> {
        let with = |any: Condition, one: &Self| any.add(one.condition(viewer, backend));
        self.or.as_ref().map(|alternatives| alternatives.iter().fold(kernel::policy::nothing(), with))
    }

    /// Those that were made and go as the filter says.
    fn of_course(&self, viewer: &Viewer, mut all: Condition) -> Condition {
        if let Some(late) = self.late {
            let condition = Self::late(viewer);
            all = all.add(if late { condition } else { condition.not() });
        }
        if let Some(range) = self.expected_delivery {
            all = all.add(range.of(Column::ExpectedDelivery));
        }
        if let Some(range) = self.created_at {
            all = all.add(range.of(Column::CreatedAt));
        }
        if let Some(health) = self.max_health {
            // Reason: what is over goes no way any more; its last score stays with it.
            let open = Column::Id.in_subquery(super::under_way(viewer.tenant_id()));
            all = all.add(open).add(Column::Health.lte(health));
        }
        all
    }

    /// Those that belong to what the filter names.
    fn of_family(&self, viewer: &Viewer, mut all: Condition) -> Condition {
        if let Some(template) = self.template_id {
            // Reason: who may not see the template does not learn from the filter what was made from it.
            let seen = template::Entity::visible(viewer, TEMPLATES_READ);
            let seen = seen.filter(template::Column::Id.eq(template.uuid()));
            let seen = seen.select_only().column(template::Column::Id).into_query();
            all = all.add(Column::TemplateId.in_subquery(seen));
        }
        if let Some(parent) = self.parent_id {
            all = all.add(Column::ParentId.eq(parent.uuid()));
        }
        if let Some(top) = self.top_level {
            let parent = Column::ParentId;
            all = all.add(if top { parent.is_null() } else { parent.is_not_null() });
        }
        all
    }
}

/// Statuses as a project meets them.
const COURSE: &[&str] = &[
    ProjectStatus::Intake.as_str(),
    ProjectStatus::Planning.as_str(),
    ProjectStatus::InProgress.as_str(),
    ProjectStatus::Review.as_str(),
    ProjectStatus::OnHold.as_str(),
    ProjectStatus::Completed.as_str(),
    ProjectStatus::Cancelled.as_str(),
];

/// What projects can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum ProjectOrderField {
    /// Name.
    #[default]
    Name,
    /// Number, which is the order of the codes.
    Number,
    /// Status, in the order of a project's course: intake, planning, in progress, review, on hold, completed, cancelled.
    Status,
    /// Priority, low first.
    Priority,
    /// When the client expects them; those without a date last.
    ExpectedDelivery,
    /// How well they go; those that nobody rated last. FORBIDDEN for clients.
    Health,
    /// When they are thought to end; those without a date last.
    EstimatedEnd,
    /// When they were made.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

/// The order of projects.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct ProjectOrder {
    /// What by.
    pub field: ProjectOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl From<ProjectOrder> for Order<Entity> {
    fn from(ProjectOrder { field, direction }: ProjectOrder) -> Self {
        let column = match field {
            ProjectOrderField::Name => Column::Name,
            ProjectOrderField::Number => Column::Number,
            ProjectOrderField::Status => Column::Status,
            ProjectOrderField::Priority => Column::Priority,
            ProjectOrderField::ExpectedDelivery => Column::ExpectedDelivery,
            ProjectOrderField::Health => Column::Health,
            ProjectOrderField::EstimatedEnd => Column::EstimatedEnd,
            ProjectOrderField::CreatedAt => Column::CreatedAt,
            ProjectOrderField::UpdatedAt => Column::UpdatedAt,
        };
        let sort = match field {
            ProjectOrderField::Status => Sort::Words(COURSE),
            ProjectOrderField::Priority => Sort::Words(Priority::WORDS),
            _ => Sort::Value,
        };
        Self::by(column, direction).sorted(sort)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> ProjectFilter {
        let or = (depth > 0).then(|| vec![nested(depth - 1)]);
        ProjectFilter { or, ..ProjectFilter::default() }
    }

    #[test]
    fn alternatives_are_bounded_in_depth_and_number() {
        assert!(nested(MAX_DEPTH).bounds().is_ok());
        assert_eq!(nested(MAX_DEPTH + 1).bounds().unwrap_err().message().code(), "too_deep");
        let many =
            ProjectFilter { or: Some(vec![nested(0); MAX_ALTERNATIVES + 1]), ..ProjectFilter::default() };
        assert_eq!(many.bounds().unwrap_err().message().code(), "too_many");
    }

    #[test]
    fn every_status_has_its_place_in_the_course() {
        let mut words = COURSE.to_vec();
        words.sort_unstable();
        let mut all = ProjectStatus::WORDS.to_vec();
        all.sort_unstable();
        assert_eq!(words, all);
    }

    #[test]
    fn what_is_archived_is_said_once() {
        let archived = ProjectFilter { archived: Some(true), ..ProjectFilter::default() };
        assert!(archived.bounds().is_ok());
        let nested = ProjectFilter { or: Some(vec![nested(0), archived]), ..ProjectFilter::default() };
        let kernel::Error::Invalid(errors) = nested.bounds().unwrap_err() else { panic!("it is invalid") };
        assert_eq!((errors[0].path.as_str(), errors[0].code()), ("filter.or.1.archived", "not_in_or"));
    }
}
