//! A template made of a project: its board, milestones, tasks and dependencies, with places instead of people and
//! working days instead of dates.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{
    Fields, Result,
    act::Act,
    db::Db,
    id::{MilestoneId, TaskId, TaskLabelId, TypedId, UserId},
    policy::Guarded,
    scalar::Date,
    text,
    viewer::Viewer,
    workweek::WorkingWeek,
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::{
    entity::Model,
    mutation::CreateProjectTemplateFromProjectInput,
    plan::{
        TemplateColumn, TemplateLabel, TemplateLink, TemplateMilestone, TemplatePlan, TemplateProject,
        TemplateRole, TemplateTask, TemplateTaskPlan,
    },
    rules,
    write::{category, insert},
};
use crate::{
    clone::source::{Parts, Source},
    label::entity as label,
    link::{Work, ends_of, entity as link},
    milestone::entity as milestone,
    plan::fields::TaskPlan,
    policy::TEMPLATES_WRITE,
    project::{entity as project, rules::DESCRIPTION_MAX},
    task::{checklist, entity as task},
    words::{BillingType, DependencyKind, Methodology, Priority},
    workdays::offset,
};

/// Makes a template of a project: nothing in it says who worked on the project, when, or for what money.
///
/// # Errors
/// NOT_FOUND for a project that the viewer may not see, FORBIDDEN, CONFLICT for a taken name, INVALID for wrong fields
/// and a project with more than a template can have, people among them.
pub async fn create_from_project(
    viewer: &Viewer,
    db: &Db,
    input: CreateProjectTemplateFromProjectInput,
) -> Result<Model> {
    viewer.require(TEMPLATES_WRITE)?;
    let mut fields = Fields::new();
    let name = fields.take(text::name(&input.name, "name"));
    let description = input.description.unwrap_or_default();
    let description = fields.take(text::markdown(&description, "description", DESCRIPTION_MAX));
    let category = fields.take(category(input.category.as_deref(), "category")).flatten();
    fields.check()?;
    viewer
        .act(db, "projects.template.create", async |act| {
            let parts = Parts { milestones: true, tasks: true, links: true, team: true };
            let source = Source::load(act, input.project_id, parts).await?;
            let labels = label_names(act, &source).await?;
            let mut fields = Fields::new();
            let plan = rules::checked(plan(&source, &labels, viewer.tenant.working_week), &mut fields);
            fields.check()?;
            let named = (name.unwrap_or_default(), description.unwrap_or_default(), category);
            insert(act, named, plan).await
        })
        .await
}

/// What the labels on the project's tasks are called.
async fn label_names(act: &Act, source: &Source) -> Result<HashMap<TaskLabelId, String>> {
    let mut ids: Vec<_> = source.labelled.values().flatten().map(|id| id.uuid()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = label::Entity::of_tenant(act.viewer().tenant_id()).filter(label::Column::Id.is_in(ids));
    let rows = rows.select_only().columns([label::Column::Id, label::Column::Name]);
    let rows: Vec<(TaskLabelId, String)> = rows.into_tuple().all(act.conn()).await?;
    Ok(rows.into_iter().collect())
}

/// The plan of a project.
fn plan(source: &Source, labels: &HashMap<TaskLabelId, String>, week: WorkingWeek) -> TemplatePlan {
    let milestones = source.milestones.iter().zip(1..);
    let project = Project {
        source,
        labels,
        origin: first_day(source),
        week,
        places: Places::of(source),
        milestones: milestones.map(|(row, number)| (row.id, format!("m{number}"))).collect(),
        tasks: source.tasks.iter().map(|row| (row.id, format!("t{}", row.number))).collect(),
    };
    let column = |(name, category): &(String, _)| TemplateColumn { name: name.clone(), category: *category };
    let label = |(_, name, color): &(TaskLabelId, String, String)| TemplateLabel {
        name: name.clone(),
        color: color.clone(),
    };
    TemplatePlan {
        planned_columns: source.columns.iter().map(column).collect(),
        planned_project: manner(&source.project),
        planned_labels: source.labels.iter().map(label).collect(),
        planned_milestones: source.milestones.iter().map(|row| project.milestone(row)).collect(),
        planned_tasks: source.tasks.iter().map(|row| project.task(row)).collect(),
        planned_links: source.links.iter().filter_map(|row| project.link(row)).collect(),
        folders: Vec::new(),
        placeholders: project.places.roles,
    }
}

/// What a project is like beside its parts.
fn manner(project: &project::Model) -> TemplateProject {
    let tags = project.tags.as_array().map(Vec::as_slice).unwrap_or_default();
    TemplateProject {
        billing_type: BillingType::parse(&project.billing_type).unwrap_or_default(),
        methodology: Methodology::parse(&project.methodology).unwrap_or_default(),
        priority: Priority::parse(&project.priority).unwrap_or_default(),
        tags: tags.iter().filter_map(|tag| tag.as_str()).map(str::to_owned).collect(),
    }
}

/// A rule by which a task comes again, without the day on which it ends: a template knows no dates.
fn timeless(rule: &str) -> String {
    rule.split(';').filter(|part| !part.starts_with("UNTIL=")).collect::<Vec<_>>().join(";")
}

/// A project as parts of a template see it, with the keys that they get.
struct Project<'a> {
    source: &'a Source,
    labels: &'a HashMap<TaskLabelId, String>,
    origin: Option<NaiveDate>,
    week: WorkingWeek,
    places: Places,
    milestones: HashMap<MilestoneId, String>,
    tasks: HashMap<TaskId, String>,
}

impl Project<'_> {
    fn day(&self, date: Option<NaiveDate>) -> Option<i32> {
        offset(self.origin?, date?, |day| self.week.works(day))
    }

    fn milestone(&self, row: &milestone::Model) -> TemplateMilestone {
        TemplateMilestone {
            key: self.milestones.get(&row.id).cloned().unwrap_or_default(),
            name: row.name.clone(),
            notes: row.notes.clone(),
            deliverables: crate::milestone::rules::lines(row).into_iter().map(str::to_owned).collect(),
            due_day: self.day(row.due_on),
            priority: Priority::parse(&row.priority).unwrap_or_default(),
            client_visible: row.client_visible,
            role: row.assignee_id.and_then(|user| self.places.key(user)),
        }
    }

    fn task(&self, row: &task::Model) -> TemplateTask {
        let (start_day, due) = (self.day(row.start_on), self.day(row.due_on));
        let labels = self.source.labelled.get(&row.id).into_iter().flatten();
        let doers = self.source.doers.get(&row.id).into_iter().flatten();
        TemplateTask {
            key: self.tasks.get(&row.id).cloned().unwrap_or_default(),
            title: row.title.clone(),
            description: row.description.clone(),
            priority: Priority::parse(&row.priority).unwrap_or_default(),
            estimate_minutes: row.estimate_minutes,
            start_day,
            duration_days: due.map(|due| (due - start_day.unwrap_or_default()).max(0) + 1),
            milestone: row.milestone_id.and_then(|id| self.milestones.get(&id)).cloned(),
            // Reason: a part of an archived task stands by itself.
            parent: row.parent_id.and_then(|id| self.tasks.get(&id)).cloned(),
            label_names: labels.filter_map(|id| self.labels.get(id)).cloned().collect(),
            steps: checklist::read(&row.checklist).into_iter().map(|step| step.text).collect(),
            doers: doers.filter_map(|user| self.places.key(*user)).collect(),
            recurrence: row.recurrence.as_deref().filter(|_| start_day.or(due).is_some()).map(timeless),
            plan: self.task_plan(row),
        }
    }

    /// How a task is scheduled; none if it says nothing of it.
    fn task_plan(&self, row: &task::Model) -> Option<TemplateTaskPlan> {
        let TaskPlan {
            scheduling,
            duration_minutes,
            constraint,
            constraint_on,
            deadline_on,
            optimistic_minutes,
            pessimistic_minutes,
        } = Some(TaskPlan::of(row)).filter(|plan| *plan != TaskPlan::default())?;
        // Reason: what was to be done before the first day says nothing of another project.
        let day = |date: Option<Date>| self.day(date.map(Date::naive)).filter(|day| *day >= 0);
        let constraint_day = day(constraint_on);
        Some(TemplateTaskPlan {
            scheduling,
            duration_minutes,
            constraint: constraint.filter(|_| constraint_day.is_some()),
            constraint_day,
            deadline_day: day(deadline_on),
            optimistic_minutes,
            pessimistic_minutes,
        })
    }

    fn link(&self, row: &link::Model) -> Option<TemplateLink> {
        let key = |work: Work| match work {
            Work::Task(id) => self.tasks.get(&id).cloned(),
            Work::Milestone(id) => self.milestones.get(&id).cloned(),
        };
        let (one, other) = ends_of(row)?;
        Some(TemplateLink {
            predecessor: key(one)?,
            successor: key(other)?,
            kind: DependencyKind::parse(&row.kind).unwrap_or_default(),
            lag_minutes: row.lag_minutes,
        })
    }
}

/// The day that counts as the first: when the project was to begin, or an earlier date in it.
fn first_day(source: &Source) -> Option<NaiveDate> {
    let milestones = source.milestones.iter().filter_map(|row| row.due_on);
    let tasks = source.tasks.iter().flat_map(|row| [row.start_on, row.due_on]).flatten();
    milestones.chain(tasks).chain(source.project.estimated_start).min()
}

/// Places instead of people: one for each who is on the team or does something.
struct Places {
    roles: Vec<TemplateRole>,
    keys: HashMap<UserId, String>,
}

impl Places {
    fn of(source: &Source) -> Self {
        let mut places = Self { roles: Vec::new(), keys: HashMap::new() };
        for place in &source.team {
            places.add(place.user_id, place.title.clone());
        }
        let answering = source.milestones.iter().filter_map(|row| row.assignee_id);
        let doers = source.tasks.iter().filter_map(|row| source.doers.get(&row.id)).flatten().copied();
        for user in answering.chain(doers) {
            places.add(user, None);
        }
        places
    }

    fn add(&mut self, user: UserId, title: Option<String>) {
        let number = self.roles.len() + 1;
        if self.keys.contains_key(&user) {
            return;
        }
        let key = format!("r{number}");
        // Reason: a template says what somebody does, never who did it.
        let title = title.unwrap_or_else(|| format!("Role {number}"));
        self.roles.push(TemplateRole { key: key.clone(), title });
        self.keys.insert(user, key);
    }

    fn key(&self, user: UserId) -> Option<String> {
        self.keys.get(&user).cloned()
    }
}
