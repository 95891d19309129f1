//! Writing a generated agency: through acts, in few statements; nobody is told of it.

use std::{
    collections::{HashMap, HashSet},
    iter::Peekable,
    vec::IntoIter,
};

use identity::role::held;
use kernel::{
    act::{Act, NewRows},
    assignment,
    db::Db,
    error::{Error, Result},
    id::{AssignmentId, ProjectId, TaskId, TypedId},
    viewer::{TenantInfo, Viewer},
};
use projects::{
    column::entity as column,
    comment::entity as comment,
    label::on_task,
    link::entity as link,
    member::entity as member,
    milestone::entity as milestone,
    project::{counter, entity as project},
    task::{assignee, entity as task},
};

use super::{hours::Hours, maker::Maker, registers::Registers, rows::Rows};

/// Projects that one act of a large agency writes, so that its audit entries fit into memory.
const BATCH: usize = 200;

/// Writes an agency in one act: it is there whole, or not at all.
pub(super) async fn at_once(db: &Db, maker: &Maker, mut rows: Rows) -> Result<()> {
    viewer(maker, &rows)
        .act(db, "seed.agency.create", async |act| {
            base(act, &rows).await?;
            let hours = std::mem::take(&mut rows.hours);
            let staffing = std::mem::take(&mut rows.staffing);
            let mut queue = Queue::of(rows);
            while let Some(batch) = queue.next_batch() {
                batch.write(act).await?;
            }
            hours.write(act).await?;
            staffing.write(act).await?;
            act.log_events().await
        })
        .await
}

/// Writes a large agency: people and clients in one act, projects in many. `progress` hears how many of all projects
/// are there.
pub(super) async fn in_batches(
    db: &Db,
    maker: &Maker,
    mut rows: Rows,
    mut progress: impl FnMut(usize, usize),
) -> Result<()> {
    let viewer = viewer(maker, &rows);
    viewer
        .act(db, "seed.agency.create", async |act| {
            base(act, &rows).await?;
            act.log_events().await
        })
        .await?;
    let hours = std::mem::take(&mut rows.hours);
    let staffing = std::mem::take(&mut rows.staffing);
    let (mut done, total) = (0, rows.projects.len());
    progress(done, total);
    let mut queue = Queue::of(rows);
    while let Some(batch) = queue.next_batch() {
        done += batch.projects.len();
        viewer
            .act(db, "seed.projects.create", async |act| {
                batch.write(act).await?;
                act.log_events().await
            })
            .await?;
        progress(done, total);
    }
    viewer
        .act(db, "seed.hours.create", async |act| {
            hours.write(act).await?;
            staffing.write(act).await?;
            act.log_events().await
        })
        .await
}

fn viewer(maker: &Maker, rows: &Rows) -> Viewer {
    viewer_of(maker, rows.info())
}

/// The platform in an agency.
pub(super) fn viewer_of(maker: &Maker, info: TenantInfo) -> Viewer {
    Viewer::system(info, maker.clock.clone(), maker.ids.clone())
}

/// The agency, its roles, people and clients.
async fn base(act: &mut Act, rows: &Rows) -> Result<()> {
    act.insert(rows.tenant.clone()).await?;
    let roles: HashMap<String, _> =
        identity::role::system_rows(act).await?.into_iter().map(|role| (role.key, role.id)).collect();
    act.insert_all(rows.users.clone()).await?;
    let (clients, staff): (Vec<_>, Vec<_>) =
        rows.memberships.iter().cloned().partition(|membership| membership.account_id.is_some());
    act.insert_all(staff).await?;
    act.insert_all(rows.accounts.clone()).await?;
    act.insert_all(clients).await?;
    let held = rows.roles.iter().map(|(membership, role)| {
        let role_id = roles.get(role.key()).ok_or_else(|| Error::internal("a system role has no row"))?;
        Ok(held::Model {
            id: act.new_id::<AssignmentId>().uuid(),
            tenant_id: rows.tenant.id,
            membership_id: *membership,
            role_id: *role_id,
            expires_at: None,
            granted_by: None,
            created_at: act.now(),
        })
    });
    let held = held.collect::<Result<Vec<_>>>()?;
    act.insert_all(held).await?;
    act.insert_all(rows.contacts.clone()).await?;
    let next_number = i64::try_from(rows.projects.len()).unwrap_or(i64::MAX).saturating_add(1);
    act.insert_all(rows.labels.clone()).await?;
    act.insert_all(rows.fields.clone()).await?;
    act.insert_all(rows.views.clone()).await?;
    act.insert_all(rows.templates.clone()).await?;
    act.insert_all(rows.plans.clone()).await?;
    act.insert(counter::Model { tenant_id: rows.tenant.id, next_number }).await?;
    Ok(())
}

impl Hours {
    async fn write(self, act: &mut Act) -> Result<()> {
        let Self { settings, kinds, bills, costs, sheets, entries } = self;
        act.insert_all(settings).await?;
        act.insert_all(kinds).await?;
        act.insert_all(bills).await?;
        act.insert_all(costs).await?;
        act.insert_all(sheets).await?;
        act.insert_all(entries).await?;
        Ok(())
    }
}

/// Rows below the agency that are still to be written; all in the order of the projects.
struct Queue {
    projects: Peekable<IntoIter<project::Model>>,
    members: Peekable<IntoIter<member::Model>>,
    columns: Peekable<IntoIter<column::Model>>,
    tasks: Peekable<IntoIter<task::Model>>,
    assignees: Peekable<IntoIter<assignee::Model>>,
    assignments: Peekable<IntoIter<assignment::Model>>,
    milestones: Peekable<IntoIter<milestone::Model>>,
    links: Peekable<IntoIter<link::Model>>,
    task_labels: Peekable<IntoIter<on_task::Model>>,
    comments: Peekable<IntoIter<comment::Model>>,
    registers: Peekable<IntoIter<Registers>>,
}

impl Queue {
    fn of(rows: Rows) -> Self {
        let Rows {
            tenant: _,
            users: _,
            memberships: _,
            roles: _,
            accounts: _,
            contacts: _,
            labels: _,
            fields: _,
            views: _,
            hours: _,
            templates: _,
            plans: _,
            projects,
            members,
            columns,
            tasks,
            assignees,
            assignments,
            milestones,
            links,
            task_labels,
            comments,
            registers,
            staffing: _,
        } = rows;
        Self {
            projects: projects.into_iter().peekable(),
            members: members.into_iter().peekable(),
            columns: columns.into_iter().peekable(),
            tasks: tasks.into_iter().peekable(),
            assignees: assignees.into_iter().peekable(),
            assignments: assignments.into_iter().peekable(),
            milestones: milestones.into_iter().peekable(),
            links: links.into_iter().peekable(),
            task_labels: task_labels.into_iter().peekable(),
            comments: comments.into_iter().peekable(),
            registers: registers.into_iter().peekable(),
        }
    }

    /// The next projects with all that hangs on them; assignments to accounts come with the first.
    fn next_batch(&mut self) -> Option<Batch> {
        let projects: Vec<project::Model> = self.projects.by_ref().take(BATCH).collect();
        if projects.is_empty() {
            return None;
        }
        let ids: HashSet<ProjectId> = projects.iter().map(|project| project.id).collect();
        let tasks = run(&mut self.tasks, |row| ids.contains(&row.project_id));
        let task_ids: HashSet<TaskId> = tasks.iter().map(|task| task.id).collect();
        Some(Batch {
            members: run(&mut self.members, |row| ids.contains(&row.project_id)),
            columns: run(&mut self.columns, |row| ids.contains(&row.project_id)),
            milestones: run(&mut self.milestones, |row| ids.contains(&row.project_id)),
            links: run(&mut self.links, |row| ids.contains(&row.project_id)),
            task_labels: run(&mut self.task_labels, |row| task_ids.contains(&row.task_id)),
            comments: run(&mut self.comments, |row| task_ids.contains(&row.task_id)),
            registers: run(&mut self.registers, |row| ids.contains(&row.project)),
            assignees: run(&mut self.assignees, |row| task_ids.contains(&row.task_id)),
            assignments: run(&mut self.assignments, |row| row.project_id.is_none_or(|id| ids.contains(&id))),
            projects,
            tasks,
        })
    }
}

/// The longest run of rows at the front that belong.
fn run<T>(from: &mut Peekable<IntoIter<T>>, belongs: impl Fn(&T) -> bool) -> Vec<T> {
    std::iter::from_fn(|| from.next_if(|row| belongs(row))).collect()
}

struct Batch {
    projects: Vec<project::Model>,
    members: Vec<member::Model>,
    columns: Vec<column::Model>,
    tasks: Vec<task::Model>,
    assignees: Vec<assignee::Model>,
    assignments: Vec<assignment::Model>,
    milestones: Vec<milestone::Model>,
    links: Vec<link::Model>,
    task_labels: Vec<on_task::Model>,
    comments: Vec<comment::Model>,
    registers: Vec<Registers>,
}

impl Batch {
    async fn write(self, act: &mut Act) -> Result<()> {
        let Self {
            projects,
            members,
            columns,
            tasks,
            assignees,
            assignments,
            milestones,
            links,
            task_labels,
            comments,
            registers,
        } = self;
        act.insert_all(projects).await?;
        act.insert_all(members).await?;
        act.insert_all(columns).await?;
        act.insert_all(milestones).await?;
        act.insert_all(tasks).await?;
        act.insert_all(links).await?;
        act.insert_all(task_labels).await?;
        act.insert_all(comments).await?;
        act.insert_all(assignees).await?;
        act.insert_all(assignments).await?;
        written(act, registers).await
    }
}

/// Writes the registers of projects that are there, all of a kind at once.
async fn written(act: &mut Act, registers: Vec<Registers>) -> Result<()> {
    let (mut risks, mut changes, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut reports, mut feedback, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    let (mut baselines, mut plans) = (Vec::new(), Vec::new());
    for of in registers {
        let Registers {
            project: _,
            risks: r,
            changes: c,
            decisions: d,
            reports: s,
            baseline: b,
            feedback: f,
            scores: h,
        } = of;
        if let Some((baseline, plan)) = b {
            baselines.push(baseline);
            plans.push(plan);
        }
        risks.extend(r);
        changes.extend(c);
        decisions.extend(d);
        reports.extend(s);
        feedback.extend(f);
        scores.extend(h);
    }
    act.insert_all(baselines).await?;
    act.insert_all(plans).await?;
    let mut parts = NewRows::new();
    parts.add_parts(scores);
    act.insert_together(parts).await?;
    act.insert_all(risks).await?;
    act.insert_all(changes).await?;
    act.insert_all(decisions).await?;
    act.insert_all(reports).await?;
    act.insert_all(feedback).await.map(drop)
}
