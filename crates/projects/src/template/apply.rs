//! Applying a template: a project in intake with everything the template has, dated by working days from a day to
//! begin, in one act.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    db::Db,
    id::{MilestoneId, TaskId, TaskLabelId, UserId},
    policy::Guarded,
    viewer::Viewer,
    workweek::WorkingWeek,
};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::{
    ARCHIVED,
    entity::Entity,
    mutation::{ApplyProjectTemplateInput, TemplateRoleTaken},
    plan::{TemplateLink, TemplateMilestone, TemplatePlan, TemplateProject, TemplateTask, TemplateTaskPlan},
    plan_of,
    rules::{NO_SUCH_KEY, due_day},
};
use crate::{
    column,
    label::{self, entity as labels},
    link::{Work, entity as link},
    milestone::{self, entity as milestones},
    plan::fields::TaskPlan,
    policy::{TEAM_WRITE, TEMPLATES_READ},
    project::{self, entity::Model, mutation::CreateProjectInput},
    rank,
    service::Projects,
    task::{self, checklist::ChecklistItem, entity as tasks},
    whole::{self, NewTask, Whole},
    workdays::{self, NO_WORKDAY},
};

/// Two people are said to take one place.
pub const PLACE_TAKEN: Text = Text::new(
    "place_taken",
    "This place is taken by somebody else already.",
    "Cette place est déjà prise par quelqu'un d'autre.",
);

/// Colour of labels that tasks of a template name and nobody has.
const COLOR: &str = "#6b7280";

/// Makes a project from a template.
///
/// # Errors
/// FORBIDDEN without a role in the tenant that may create projects, or for people without `projects.team.write`;
/// NOT_FOUND for a template or account that the viewer may not see; CONFLICT for an archived template; INVALID for wrong
/// fields, places that the template has not and people who are no active staff.
pub async fn apply(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: ApplyProjectTemplateInput,
) -> Result<Model> {
    project::require_create(viewer)?;
    viewer.require(TEMPLATES_READ)?;
    let taken = input.roles.clone().unwrap_or_default();
    if !taken.is_empty() && viewer.grant(TEAM_WRITE).reach.is_none() {
        return Err(Error::lacks(TEAM_WRITE.name));
    }
    viewer
        .act(db, "projects.template.apply", async |act| {
            let template = Entity::fetch_in(act.conn(), viewer, TEMPLATES_READ, input.template_id).await?;
            if template.archived_at.is_some() {
                return Err(Error::conflict(ARCHIVED));
            }
            let (_, plan) = plan_of(act, template.id).await?;
            let people = places(&plan, &taken)?;
            let start = Start::new(input.starts_on.naive(), viewer.tenant.working_week)?;
            let input = CreateProjectInput {
                description: input.description.clone().or(Some(template.description)),
                ..project_input(&input, template.name, &plan, start)?
            };
            let named = taken.iter().enumerate();
            let named = named.map(|(index, one)| (one.user_id, format!("roles.{index}.userId")));
            let project = project::prepare(act, projects, input, named.collect()).await?;
            let project = Model { template_id: Some(template.id), ..project };
            let folders = plan.folders.clone();
            let whole = build(act, project, &plan, &people, start).await?;
            let project = whole.write(act).await?;
            whole::tell(act, "projects.template.applied", project.id, json!(template.id), folders);
            Ok(project)
        })
        .await
}

fn project_input(
    input: &ApplyProjectTemplateInput,
    name: String,
    plan: &TemplatePlan,
    start: Start,
) -> Result<CreateProjectInput> {
    let TemplateProject { billing_type, methodology, priority, tags } = plan.planned_project.clone();
    Ok(CreateProjectInput {
        name: input.name.clone().unwrap_or(name),
        description: None,
        account_id: input.account_id,
        manager_id: input.manager_id,
        priority: input.priority.or(Some(priority)),
        estimated_start: Some(start.day.into()),
        estimated_end: Some(start.last_day(plan)?.into()),
        expected_delivery: input.expected_delivery,
        budget: None,
        budget_minutes: None,
        billing_type: Some(billing_type),
        methodology: Some(methodology),
        tags: Some(tags),
        parent_id: None,
        custom_fields: input.custom_fields.clone(),
    })
}

/// Who takes which place of the template, by its key.
fn places(plan: &TemplatePlan, taken: &[TemplateRoleTaken]) -> Result<HashMap<String, UserId>> {
    let (mut people, mut fields) = (HashMap::new(), Fields::new());
    for (index, one) in taken.iter().enumerate() {
        let path = format!("roles.{index}.role");
        let known = plan.placeholders.iter().any(|role| role.key == one.role);
        fields.require(known, &path, NO_SUCH_KEY);
        let before = people.insert(one.role.clone(), one.user_id);
        fields.require(before.is_none_or(|before| before == one.user_id), &path, PLACE_TAKEN);
    }
    fields.check()?;
    Ok(people)
}

/// The first day of a project, and the week that its days are counted by.
#[derive(Clone, Copy)]
struct Start {
    day: NaiveDate,
    week: WorkingWeek,
}

impl Start {
    /// The day, or the first working day after it.
    fn new(day: NaiveDate, week: WorkingWeek) -> Result<Self> {
        Ok(Self { day: Self { day, week }.on(0)?, week })
    }

    /// The working day of a template on the calendar.
    fn on(self, day: i32) -> Result<NaiveDate> {
        let day = workdays::at(self.day, day, |day| self.week.works(day));
        day.ok_or_else(|| Error::field("startsOn", NO_WORKDAY))
    }

    fn last_day(self, plan: &TemplatePlan) -> Result<NaiveDate> {
        self.on(super::rules::length(plan).saturating_sub(1).max(0))
    }
}

/// What of a template was made so far, by the keys of its parts.
struct Builder<'a> {
    whole: Whole,
    people: &'a HashMap<String, UserId>,
    start: Start,
    milestones: HashMap<&'a str, MilestoneId>,
    tasks: HashMap<&'a str, TaskId>,
    labels: HashMap<String, TaskLabelId>,
}

async fn build<'a>(
    act: &Act,
    project: Model,
    plan: &'a TemplatePlan,
    people: &'a HashMap<String, UserId>,
    start: Start,
) -> Result<Whole> {
    let milestones = plan.planned_milestones.iter().map(|part| (part.key.as_str(), act.new_id()));
    let tasks = plan.planned_tasks.iter().map(|part| (part.key.as_str(), act.new_id()));
    let (milestones, tasks) = (milestones.collect(), tasks.collect());
    let whole = Whole::new(act, project);
    let mut builder = Builder { whole, people, start, milestones, tasks, labels: HashMap::new() };
    if !plan.planned_columns.is_empty() {
        let board = plan.planned_columns.iter().map(|column| (column.name.clone(), column.category));
        builder.whole.columns = column::arranged(act, builder.whole.project.id, board.collect());
    }
    for role in &plan.placeholders {
        if let Some(user) = people.get(&role.key) {
            builder.whole.join(act, *user, Some(role.title.clone()));
        }
    }
    builder.name_labels(act, plan).await?;
    let ranks = rank::spread(None, None, plan.planned_milestones.len()).unwrap_or_default();
    for (part, rank) in plan.planned_milestones.iter().zip(ranks) {
        let row = builder.milestone(act, part, rank)?;
        builder.whole.milestones.push(row);
    }
    let ranks = rank::spread(None, None, plan.planned_tasks.len()).unwrap_or_default();
    for ((part, rank), number) in plan.planned_tasks.iter().zip(ranks).zip(1..) {
        let task = builder.task(act, part, rank, number)?;
        builder.whole.tasks.push(task);
    }
    let links = plan.planned_links.iter().filter_map(|part| builder.link(act, part)).collect();
    builder.whole.links = links;
    Ok(builder.whole)
}

impl<'a> Builder<'a> {
    /// Labels of the agency by their names; those it has not become labels of the project.
    async fn name_labels(&mut self, act: &Act, plan: &TemplatePlan) -> Result<()> {
        let colors: HashMap<&str, &str> =
            plan.planned_labels.iter().map(|part| (part.name.as_str(), part.color.as_str())).collect();
        let named = plan.planned_tasks.iter().flat_map(|part| &part.label_names).map(String::as_str);
        let mut names: Vec<&str> = named.chain(colors.keys().copied()).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Ok(());
        }
        let known = labels::Entity::of_tenant(act.viewer().tenant_id())
            .filter(labels::Column::ProjectId.is_null())
            .filter(labels::Column::Name.is_in(names.iter().copied()));
        for label in known.all(act.conn()).await? {
            self.labels.insert(label.name, label.id);
        }
        for name in names {
            if !self.labels.contains_key(name) {
                let color = colors.get(name).copied().unwrap_or(COLOR).to_owned();
                let label = label::of_project(act, self.whole.project.id, name.to_owned(), color);
                self.labels.insert(name.to_owned(), label.id);
                self.whole.labels.push(label);
            }
        }
        Ok(())
    }

    fn milestone(&self, act: &Act, part: &'a TemplateMilestone, rank: String) -> Result<milestones::Model> {
        let due_on = part.due_day.map(|day| self.start.on(day)).transpose()?;
        let blank = milestone::blank(act, self.whole.project.id);
        Ok(milestones::Model {
            id: self.milestones.get(part.key.as_str()).copied().unwrap_or(blank.id),
            name: part.name.clone(),
            notes: part.notes.clone(),
            deliverables: json!(part.deliverables),
            due_on,
            priority: part.priority.as_str().to_owned(),
            assignee_id: part.role.as_ref().and_then(|role| self.people.get(role)).copied(),
            client_visible: part.client_visible,
            rank,
            ..blank
        })
    }

    fn task(&self, act: &Act, part: &'a TemplateTask, rank: String, number: i64) -> Result<NewTask> {
        let blank = task::blank(act, self.whole.project.id);
        let steps = part.steps.iter().zip(1..);
        let steps = steps.map(|(text, id)| ChecklistItem { id, text: text.clone(), done: false });
        let mut row = tasks::Model {
            id: self.tasks.get(part.key.as_str()).copied().unwrap_or(blank.id),
            number,
            title: part.title.clone(),
            description: part.description.clone(),
            priority: part.priority.as_str().to_owned(),
            estimate_minutes: part.estimate_minutes,
            remaining_minutes: part.estimate_minutes,
            start_on: part.start_day.map(|day| self.start.on(day)).transpose()?,
            due_on: due_day(part).map(|day| self.start.on(day)).transpose()?,
            milestone_id: part.milestone.as_deref().and_then(|key| self.milestones.get(key)).copied(),
            parent_id: part.parent.as_deref().and_then(|key| self.tasks.get(key)).copied(),
            checklist: task::checklist::write(&steps.collect::<Vec<_>>()),
            recurrence: part.recurrence.clone(),
            rank,
            ..blank
        };
        if let Some(plan) = &part.plan {
            self.plan(plan)?.put(&mut row);
        }
        row.recurs_from = row.recurrence.as_ref().and(row.due_on.or(row.start_on));
        if let Some(column) = self.whole.entry() {
            task::rules::enter(&mut row, column, act.now());
        }
        let people = part.doers.iter().filter_map(|role| self.people.get(role)).copied().collect();
        let people = task::rules::assignees(people, "roles")?;
        let labels = part.label_names.iter().filter_map(|name| self.labels.get(name)).copied().collect();
        Ok(NewTask { row, people, labels, skills: Vec::new() })
    }

    fn plan(&self, plan: &TemplateTaskPlan) -> Result<TaskPlan> {
        let TemplateTaskPlan {
            scheduling,
            duration_minutes,
            constraint,
            constraint_day,
            deadline_day,
            optimistic_minutes,
            pessimistic_minutes,
        } = *plan;
        let on = |day: Option<i32>| day.map(|day| self.start.on(day).map(Into::into)).transpose();
        Ok(TaskPlan {
            scheduling,
            duration_minutes,
            constraint,
            constraint_on: on(constraint_day)?,
            deadline_on: on(deadline_day)?,
            optimistic_minutes,
            pessimistic_minutes,
        })
    }

    fn link(&self, act: &Act, part: &'a TemplateLink) -> Option<link::Model> {
        let work = |key: &str| {
            let task = self.tasks.get(key).copied().map(Work::Task);
            task.or_else(|| self.milestones.get(key).copied().map(Work::Milestone))
        };
        let ends = (work(&part.predecessor)?, work(&part.successor)?);
        Some(crate::link::between(act, self.whole.project.id, ends, part.kind.as_str(), part.lag_minutes))
    }
}
