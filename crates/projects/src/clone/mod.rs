//! Cloning: a new project with what another one consists of, begun anew on another day, in one act.

pub mod graphql;
pub(crate) mod source;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use kernel::{
    Error, Fields, Result,
    act::Act,
    db::Db,
    id::{MilestoneId, TaskId, TaskLabelId, TypedId, UserId},
    patch,
    people::not_staff,
    policy::can_in,
    text,
    viewer::{Permission, Viewer},
    workweek::WorkingWeek,
};
use serde_json::json;

use crate::{
    column, label,
    link::{Work, between, ends_of},
    member::entity as place,
    milestone::{self, entity as milestones},
    policy::{BUDGETS_READ, BUDGETS_WRITE, RATES_READ, TEAM_WRITE},
    project::{self, entity::Model},
    service::Projects,
    task::{self, checklist, entity as tasks},
    whole::{self, NewTask, Whole},
    words::{ProjectStatus, TaskStatus},
    workdays::{self, NO_WORKDAY},
};
use graphql::CloneProjectInput;
use source::{Parts, Source};

/// Makes a project out of another one: what was done begins anew.
///
/// # Errors
/// FORBIDDEN without a role in the tenant that may create projects (or, for the team, put people on them), or for parts
/// that the viewer may not read; NOT_FOUND
/// for a project or account that they may not see; INVALID for wrong fields.
pub async fn clone(viewer: &Viewer, db: &Db, projects: &Projects, input: CloneProjectInput) -> Result<Model> {
    project::require_create(viewer)?;
    if input.team && viewer.grant(TEAM_WRITE).reach.is_none() {
        return Err(Error::lacks(TEAM_WRITE.name));
    }
    let mut fields = Fields::new();
    let name = fields.take(text::name(&input.name, "name"));
    fields.check()?;
    let parts = Parts {
        milestones: input.milestones,
        tasks: input.tasks,
        links: input.dependencies && (input.tasks || input.milestones),
        team: input.team,
    };
    viewer
        .act(db, "projects.project.clone", async |act| {
            let source = Source::load(act, input.project_id, parts).await?;
            let week = viewer.tenant.working_week;
            let starts_on = workdays::at(input.starts_on.naive(), 0, |day| week.works(day));
            let starts_on = starts_on.ok_or_else(|| Error::field("startsOn", NO_WORKDAY))?;
            let shift = Shift { from: source.origin(), to: starts_on, week };
            let staff = staff(act, projects, &source, &input).await?;
            let mut project = project(act, &source, shift, &staff, &input).await?;
            project.name = name.clone().unwrap_or_default();
            if let Some(account) = project.account_id {
                projects.accounts.account(act, viewer, account).await?;
            }
            let copied = Copier::new(act, source, project, shift, staff).whole(act).await?;
            let project = copied.write(act).await?;
            let from = json!(input.project_id);
            let documents = json!({ "project": from, "documents": input.documents });
            whole::tell(act, "projects.project.cloned", project.id, documents, Vec::new());
            Ok(project)
        })
        .await
}

/// How dates move: from the first day of the one project to that of the other, in working days.
#[derive(Clone, Copy)]
struct Shift {
    from: Option<NaiveDate>,
    to: NaiveDate,
    week: WorkingWeek,
}

impl Shift {
    fn of(self, day: Option<NaiveDate>) -> Result<Option<NaiveDate>> {
        let (Some(day), Some(from)) = (day, self.from) else { return Ok(None) };
        let moved = workdays::shift(day, from, self.to, |day| self.week.works(day));
        moved.map(Some).ok_or_else(|| Error::field("startsOn", NO_WORKDAY))
    }
}

/// Those of the people of the source who are active staff at present, and the manager who was named.
async fn staff(
    act: &Act,
    projects: &Projects,
    source: &Source,
    input: &CloneProjectInput,
) -> Result<HashSet<UserId>> {
    let named = input.manager_id.value().copied();
    let doers = source.doers.values().flatten().copied();
    let team = source.team.iter().map(|place| place.user_id);
    let answering = source.milestones.iter().filter_map(|milestone| milestone.assignee_id);
    let everybody = doers.chain(team).chain(answering).chain(source.project.manager_id).chain(named);
    let everybody: HashSet<UserId> = everybody.collect();
    if everybody.is_empty() {
        return Ok(everybody);
    }
    let known = projects.people.people(act, &everybody.iter().copied().collect::<Vec<_>>()).await?;
    if let Some(reason) = named.and_then(|user| not_staff(known.get(&user))) {
        return Err(Error::field("managerId", reason));
    }
    Ok(everybody.into_iter().filter(|user| not_staff(known.get(user)).is_none()).collect())
}

/// The new project without its name, number and code.
async fn project(
    act: &Act,
    source: &Source,
    shift: Shift,
    staff: &HashSet<UserId>,
    input: &CloneProjectInput,
) -> Result<Model> {
    let before = &source.project;
    let viewer = act.viewer();
    // Reason: who may set budgets on some projects by a role there may not on this one.
    let budget = viewer.grant(BUDGETS_WRITE).reach.is_some() && reads(act, source, BUDGETS_READ).await?;
    let manager = before.manager_id.filter(|user| staff.contains(user)).or(project::maker(viewer));
    Ok(Model {
        id: act.new_id(),
        account_id: patch::optional(input.account_id).unwrap_or(before.account_id),
        manager_id: patch::optional(input.manager_id).unwrap_or(manager),
        status: ProjectStatus::Intake.as_str().to_owned(),
        held_from: None,
        estimated_start: Some(shift.to),
        estimated_end: shift.of(before.estimated_end)?.filter(|end| *end >= shift.to),
        actual_start: None,
        actual_end: None,
        expected_delivery: shift.of(before.expected_delivery)?,
        budget_minor: before.budget_minor.filter(|_| budget),
        budget_currency: before.budget_currency.filter(|_| budget),
        budget_minutes: before.budget_minutes.filter(|_| budget),
        parent_id: None,
        health: None,
        created_by: viewer.user_id(),
        archived_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
        ..before.clone()
    })
}

/// Whether the viewer holds a permission on the source; asks nothing that is known.
async fn reads(act: &Act, source: &Source, permission: Permission) -> Result<bool> {
    let viewer = act.viewer();
    if source.is_known(viewer, permission) {
        return Ok(true);
    }
    can_in::<project::entity::Entity, _>(act.conn(), viewer, permission, source.project.id.uuid()).await
}

/// What is copied, by the ids it has in the source.
struct Copier {
    source: Source,
    whole: Whole,
    shift: Shift,
    staff: HashSet<UserId>,
    labels: HashMap<TaskLabelId, TaskLabelId>,
    milestones: HashMap<MilestoneId, MilestoneId>,
    tasks: HashMap<TaskId, TaskId>,
}

impl Copier {
    fn new(act: &Act, source: Source, project: Model, shift: Shift, staff: HashSet<UserId>) -> Self {
        let mut whole = Whole::new(act, project);
        if !source.columns.is_empty() {
            let board = source.columns.iter().map(|(name, category)| (name.clone(), *category));
            whole.columns = column::arranged(act, whole.project.id, board.collect());
        }
        let milestones = source.milestones.iter().map(|row| (row.id, act.new_id())).collect();
        let tasks = source.tasks.iter().map(|row| (row.id, act.new_id())).collect();
        Self { source, whole, shift, staff, labels: HashMap::new(), milestones, tasks }
    }

    async fn whole(mut self, act: &Act) -> Result<Whole> {
        let rates = !self.source.team.is_empty() && reads(act, &self.source, RATES_READ).await?;
        let billing = self.whole.project.budget_minor.is_some()
            || (act.viewer().grant(BUDGETS_WRITE).reach.is_some()
                && reads(act, &self.source, BUDGETS_READ).await?);
        for (id, name, color) in &self.source.labels {
            let label = label::of_project(act, self.whole.project.id, name.clone(), color.clone());
            self.labels.insert(*id, label.id);
            self.whole.labels.push(label);
        }
        self.copy_team(act, rates);
        for row in &self.source.milestones {
            self.whole.milestones.push(self.milestone(act, row, billing)?);
        }
        for (row, number) in self.source.tasks.iter().zip(1..) {
            self.whole.tasks.push(self.task(act, row, number)?);
        }
        let project = self.whole.project.id;
        for link in &self.source.links {
            let ends = ends_of(link).and_then(|(one, other)| Some((self.work(one)?, self.work(other)?)));
            if let Some(ends) = ends {
                self.whole.links.push(between(act, project, ends, &link.kind, link.lag_minutes));
            }
        }
        Ok(self.whole)
    }

    /// Roles that people had on the source alone are not copied: who gives them decides anew.
    fn copy_team(&mut self, act: &Act, rates: bool) {
        for before in &self.source.team {
            if self.staff.contains(&before.user_id) {
                self.whole.join(act, before.user_id, before.title.clone());
                if let Some(new) = self.whole.team.last_mut().filter(|new| new.user_id == before.user_id) {
                    let place::Model { bill_rate_minor, rate_currency, allocation_bp, .. } = before;
                    new.allocation_bp = *allocation_bp;
                    new.bill_rate_minor = bill_rate_minor.filter(|_| rates);
                    new.rate_currency = rate_currency.filter(|_| rates);
                }
            }
        }
    }

    fn milestone(&self, act: &Act, row: &milestones::Model, billing: bool) -> Result<milestones::Model> {
        let blank = milestone::blank(act, self.whole.project.id);
        Ok(milestones::Model {
            id: self.milestones.get(&row.id).copied().unwrap_or(blank.id),
            name: row.name.clone(),
            notes: row.notes.clone(),
            deliverables: row.deliverables.clone(),
            due_on: self.shift.of(row.due_on)?,
            priority: row.priority.clone(),
            assignee_id: row.assignee_id.filter(|user| self.source.parts.team && self.staff.contains(user)),
            billing_minor: row.billing_minor.filter(|_| billing),
            billing_currency: row.billing_currency.filter(|_| billing),
            client_visible: row.client_visible,
            rank: row.rank.clone(),
            ..blank
        })
    }

    fn task(&self, act: &Act, row: &tasks::Model, number: i64) -> Result<NewTask> {
        let blank = task::blank(act, self.whole.project.id);
        let (start_on, due_on) = (self.shift.of(row.start_on)?, self.shift.of(row.due_on)?);
        let constraint_on = self.shift.of(row.constraint_on)?;
        // Reason: what came of a series and is done would begin it a second time.
        let goes_on = row.status != TaskStatus::Done.as_str() && due_on.or(start_on).is_some();
        let mut new = tasks::Model {
            id: self.tasks.get(&row.id).copied().unwrap_or(blank.id),
            number,
            title: row.title.clone(),
            description: row.description.clone(),
            priority: row.priority.clone(),
            estimate_minutes: row.estimate_minutes,
            remaining_minutes: row.estimate_minutes,
            start_on,
            due_on,
            milestone_id: row.milestone_id.and_then(|id| self.milestones.get(&id)).copied(),
            parent_id: row.parent_id.and_then(|id| self.tasks.get(&id)).copied(),
            checklist: checklist::fresh(&row.checklist),
            recurrence: row.recurrence.clone().filter(|_| goes_on),
            scheduling: row.scheduling.clone(),
            duration_minutes: row.duration_minutes,
            constraint_kind: row.constraint_kind.clone().filter(|_| constraint_on.is_some()),
            constraint_on,
            deadline_on: self.shift.of(row.deadline_on)?,
            optimistic_minutes: row.optimistic_minutes,
            pessimistic_minutes: row.pessimistic_minutes,
            rank: row.rank.clone(),
            ..blank
        };
        new.recurs_from = due_on.or(start_on).filter(|_| new.recurrence.is_some());
        if let Some(column) = self.whole.entry() {
            task::rules::enter(&mut new, column, act.now());
        }
        let doers = self.source.doers.get(&row.id).into_iter().flatten().copied();
        let people = doers.filter(|user| self.source.parts.team && self.staff.contains(user)).collect();
        let labels = self.source.labelled.get(&row.id).into_iter().flatten();
        let labels = labels.map(|label| self.labels.get(label).copied().unwrap_or(*label)).collect();
        let skills = self.source.skills.get(&row.id).cloned().unwrap_or_default();
        Ok(NewTask { row: new, people, labels, skills })
    }

    fn work(&self, work: Work) -> Option<Work> {
        match work {
            Work::Task(id) => self.tasks.get(&id).copied().map(Work::Task),
            Work::Milestone(id) => self.milestones.get(&id).copied().map(Work::Milestone),
        }
    }
}
