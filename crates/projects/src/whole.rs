//! A project that is made with everything it consists of at once, from a template or another project: one round of
//! writing, whatever its size.

use std::collections::HashMap;

use kernel::{
    Result,
    act::{Act, Event, NewRows},
    assignment::{self, NewAssignment, Source, Target},
    id::{ProjectId, TaskId, TypedId, UserId},
    sql,
};
use serde_json::{Value as Json, json};

use crate::{
    column::entity as column,
    label::{entity as label, on_task},
    link::entity as link,
    member::{self, entity as place},
    milestone::entity as milestone,
    people::skill::on_task as taken,
    project::{self, counter, entity::Model as Project},
    task::{assignee, entity as task, people as task_people},
    words::TaskStatus,
};

/// Everything about a new project.
pub(crate) struct Whole {
    /// The project, without number and code.
    pub(crate) project: Project,
    /// Its board, from left to right; at least one column.
    pub(crate) columns: Vec<column::Model>,
    /// Labels of its own.
    pub(crate) labels: Vec<label::Model>,
    /// Its milestones.
    pub(crate) milestones: Vec<milestone::Model>,
    /// Its tasks with who does them, and their labels with their names.
    pub(crate) tasks: Vec<NewTask>,
    /// Which work waits for which.
    pub(crate) links: Vec<link::Model>,
    /// Its team.
    pub(crate) team: Vec<place::Model>,
}

/// A task of a new project.
pub(crate) struct NewTask {
    /// The task.
    pub(crate) row: task::Model,
    /// Who does it.
    pub(crate) people: Vec<UserId>,
    /// Its labels.
    pub(crate) labels: Vec<kernel::id::TaskLabelId>,
    /// What it takes, and how well.
    pub(crate) skills: Vec<(kernel::id::SkillId, i32)>,
}

impl Whole {
    /// A project with nothing in it yet but the usual board.
    pub(crate) fn new(act: &Act, project: Project) -> Self {
        let columns = crate::column::defaults(act, project.id);
        let (labels, milestones, tasks) = (Vec::new(), Vec::new(), Vec::new());
        Self { project, columns, labels, milestones, tasks, links: Vec::new(), team: Vec::new() }
    }

    /// The column in which work begins: the first for tasks that are not begun.
    pub(crate) fn entry(&self) -> Option<&column::Model> {
        let todo = self.columns.iter().find(|column| column.category == TaskStatus::Todo.as_str());
        todo.or(self.columns.first())
    }

    /// A person's place on the team, if they have none yet.
    pub(crate) fn join(&mut self, act: &Act, user: UserId, title: Option<String>) {
        if !self.team.iter().any(|place| place.user_id == user) {
            let place = member::place(act, &self.project, user);
            self.team.push(place::Model { title, ..place });
        }
    }

    /// Writes everything. The manager and the team are assigned; each task that somebody does is told as assigned.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn write(mut self, act: &mut Act) -> Result<Project> {
        if let Some(user) = project::joining(act.viewer(), &self.project) {
            self.join(act, user, None);
        }
        let Self { mut project, columns, labels, milestones, tasks, links, team } = self;
        project.number = sql::next_number(act.conn(), counter::TABLE, project.tenant_id.uuid()).await?;
        project.code = project::rules::code(&act.viewer().tenant.slug, project.number);
        let mut rows = NewRows::new();
        rows.add(vec![project.clone()]);
        rows.add(columns);
        rows.add(labels);
        rows.add(milestones);
        add_tasks(act, &mut rows, tasks);
        rows.add(links);
        rows.add(assignments(act, &project, &team));
        rows.add(team);
        act.insert_together(rows).await?;
        Ok(project)
    }
}

/// Tasks before their parts, and what belongs to them.
fn add_tasks(act: &mut Act, rows: &mut NewRows, tasks: Vec<NewTask>) {
    let parents: HashMap<TaskId, Option<TaskId>> =
        tasks.iter().map(|task| (task.row.id, task.row.parent_id)).collect();
    // Invariant: no task is within itself; the bound is that of nesting.
    let depth = |task: &NewTask| {
        let above = |id: &TaskId| parents.get(id).copied().flatten();
        std::iter::successors(task.row.parent_id, above).take(2 * crate::family::MAX_DEPTH).count()
    };
    let mut tasks: Vec<(usize, NewTask)> = tasks.into_iter().map(|task| (depth(&task), task)).collect();
    tasks.sort_by_key(|(depth, _)| *depth);
    let (mut models, mut more) = (Vec::with_capacity(tasks.len()), Vec::with_capacity(tasks.len()));
    let (mut doers, mut labellings, mut skillings) = (Vec::new(), Vec::new(), Vec::new());
    for (_, NewTask { row, people, labels, skills }) in tasks {
        let mut changes = Vec::new();
        if !people.is_empty() {
            changes.push(("assignees", [json!([]), json!(people)]));
            act.record(task_people::assigned(&row, &people));
        }
        if !labels.is_empty() {
            changes.push(("labels", [json!([]), json!(labels)]));
        }
        if !skills.is_empty() {
            changes.push(("skills", [json!([]), taken::told(&skills)]));
        }
        doers.extend(people.into_iter().map(|user| assignee::new(act, &row, user)));
        labellings.extend(labels.into_iter().map(|label| on_task::new(act, &row, label)));
        skillings.extend(skills.into_iter().map(|level| taken::new(act, &row, level)));
        models.push(row);
        more.push(changes);
    }
    rows.add_telling(models, more);
    rows.add_parts(doers);
    rows.add_parts(labellings);
    rows.add_parts(skillings);
}

/// The manager and everybody on the team, as the reach `assigned` reads them.
fn assignments(act: &Act, project: &Project, team: &[place::Model]) -> Vec<assignment::Model> {
    let target = Target::Project(project.id, project.account_id);
    let manager = project.manager_id.into_iter().map(|user| (user, None, Source::Manager));
    let members = team.iter().map(|place| (place.user_id, place.role_id, Source::Team));
    let new = |(user, role, source)| NewAssignment { user, target, role, source, expires_at: None };
    manager.chain(members).map(|one| assignment::row(act, new(one))).collect()
}

/// Says what a project was made from, and which folders its documents are to have: the domain of documents makes them.
pub(crate) fn tell(act: &mut Act, kind: &'static str, project: ProjectId, from: Json, folders: Vec<String>) {
    act.record(Event {
        kind,
        subject_type: "Project",
        subject_id: project.uuid(),
        payload: json!({ "source": from, "folders": folders }),
    });
}
