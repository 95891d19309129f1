//! The acts that change dependencies: load, check, decide, write, record.

use std::collections::HashMap;

use kernel::{
    Error, Fields, Result,
    act::{Act, expect_version},
    db::Db,
    id::{DependencyId, MilestoneId, ProjectId, TypedId},
    patch,
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, sea_query::ExprTrait};

use super::{
    EXISTS, MAX_LINKS, OTHER_PROJECT, TOO_MANY, WITHIN, Work, all_of, check_lag, cycle, cycle_error, ends_of,
    entity::{Entity, Model},
    mutation::{CreateDependencyInput, UpdateDependencyInput},
};
use crate::{milestone, policy::TASKS_WRITE, project, task};

/// Lets one piece of work wait for another.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a pair that is there and a project that is archived, over or full, INVALID for
/// work of another project, for a task and its own part, and for a cycle, naming its members.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateDependencyInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    let mut fields = Fields::new();
    let predecessor = Work::named(input.predecessor_task_id, input.predecessor_milestone_id, "predecessor");
    let successor = Work::named(input.successor_task_id, input.successor_milestone_id, "successor");
    let (predecessor, successor) = (fields.take(predecessor), fields.take(successor));
    let lag = input.lag_minutes.unwrap_or_default();
    check_lag(lag, &mut fields);
    fields.check()?;
    let (Some(predecessor), Some(successor)) = (predecessor, successor) else {
        return Err(Error::internal("both ends are checked"));
    };
    viewer
        .act(db, "projects.dependency.create", async |act| {
            // Race: behind the lock, so that two acts cannot close a cycle together.
            project::lock(act, input.project_id).await?;
            let project =
                project::entity::Entity::fetch_to(act.conn(), viewer, TASKS_WRITE, input.project_id).await?;
            project::rules::check_open(&project)?;
            let names = names(act, project.id, &[predecessor, successor]).await?;
            let mut fields = Fields::new();
            fields.require(names.contains_key(&predecessor), &predecessor.path("predecessor"), OTHER_PROJECT);
            fields.require(names.contains_key(&successor), &successor.path("successor"), OTHER_PROJECT);
            fields.check()?;
            let edges: Vec<(Work, Work)> =
                all_of(act, project.id).await?.iter().filter_map(ends_of).collect();
            check(act, project.id, &edges, predecessor, successor).await?;
            let (kind, ends) = (input.kind.unwrap_or_default(), (predecessor, successor));
            act.insert(between(act, project.id, ends, kind.as_str(), lag)).await
        })
        .await
}

/// A new dependency, the earlier end first.
pub(crate) fn between(
    act: &Act,
    project_id: ProjectId,
    (predecessor, successor): (Work, Work),
    kind: &str,
    lag_minutes: i64,
) -> Model {
    Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id,
        kind: kind.to_owned(),
        lag_minutes,
        pred_task_id: predecessor.task(),
        pred_milestone_id: predecessor.milestone(),
        succ_task_id: successor.task(),
        succ_milestone_id: successor.milestone(),
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// Checks that an edge may come to those that are there.
async fn check(
    act: &Act,
    project: ProjectId,
    edges: &[(Work, Work)],
    predecessor: Work,
    successor: Work,
) -> Result<()> {
    if edges.contains(&(predecessor, successor)) {
        return Err(Error::conflict(EXISTS));
    }
    if edges.len() >= MAX_LINKS {
        return Err(Error::conflict(TOO_MANY.with("max", MAX_LINKS)));
    }
    let Some(members) = cycle::closed_by(edges, predecessor, successor) else {
        return check_apart(act, project, predecessor, successor).await;
    };
    let names = names(act, project, &members).await?;
    let names: Vec<String> = members.iter().filter_map(|member| names.get(member).cloned()).collect();
    Err(cycle_error(successor, &names))
}

/// Checks that neither of two tasks is part of the other.
async fn check_apart(act: &Act, project: ProjectId, predecessor: Work, successor: Work) -> Result<()> {
    let Some((one, other)) = predecessor.task().zip(successor.task()) else { return Ok(()) };
    let family = task::family_of(act, std::iter::once(project)).await?;
    match family.is_within(one, other) || family.is_within(other, one) {
        true => Err(Error::field(successor.path("successor"), WITHIN)),
        false => Ok(()),
    }
}

/// What people call these pieces of work; those that are not of the project are left out. Two statements at most.
async fn names(act: &Act, project: ProjectId, work: &[Work]) -> Result<HashMap<Work, String>> {
    let mut names = HashMap::with_capacity(work.len());
    let tasks: Vec<_> = work.iter().filter_map(|work| work.task()).collect();
    if !tasks.is_empty() {
        for task in task::by_ids(act, tasks).all(act.conn()).await? {
            if task.project_id == project {
                names.insert(Work::Task(task.id), format!("#{} {}", task.number, task.title));
            }
        }
    }
    let milestones: Vec<_> = work.iter().filter_map(|work| work.milestone()).collect();
    if !milestones.is_empty() {
        for milestone in milestone::by_ids(act, milestones).all(act.conn()).await? {
            if milestone.project_id == project {
                names.insert(Work::Milestone(milestone.id), milestone.name);
            }
        }
    }
    Ok(names)
}

/// A dependency that may change, with its project locked and open.
async fn open(act: &Act, id: DependencyId, expected_version: Option<i64>) -> Result<Model> {
    let viewer = act.viewer();
    let seen = Entity::fetch_to(act.conn(), viewer, TASKS_WRITE, id).await?;
    project::lock(act, seen.project_id).await?;
    // Race: read again behind the lock, so that of changes made at once the later one builds on the earlier.
    let link = Entity::fetch_in(act.conn(), viewer, TASKS_WRITE, id).await?;
    expect_version("Dependency", expected_version, link.version)?;
    use project::entity::{Column as Of, Entity as Rows};
    let project = Rows::of_tenant(viewer.tenant_id()).filter(Of::Id.eq(link.project_id));
    let project = project.one(act.conn()).await?;
    let project = project.ok_or_else(|| Error::not_found("Project", link.project_id))?;
    project::rules::check_open(&project)?;
    Ok(link)
}

/// Changes how one piece of work waits for another.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or a project that is archived or over, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateDependencyInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.dependency.update", async |act| {
            let before = open(act, input.id, input.expected_version).await?;
            let (mut after, mut fields) = (before.clone(), Fields::new());
            if let Some(kind) = patch::required(input.kind, "kind", &mut fields) {
                after.kind = kind.as_str().to_owned();
            }
            if let Some(lag) = patch::required(input.lag_minutes, "lagMinutes", &mut fields) {
                check_lag(lag, &mut fields);
                after.lag_minutes = lag;
            }
            fields.check()?;
            act.update(&before, after).await
        })
        .await
}

/// Lets one piece of work no longer wait for another.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or a project that is archived or over.
pub async fn delete(viewer: &Viewer, db: &Db, id: DependencyId, expected_version: Option<i64>) -> Result<()> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.dependency.delete", async |act| {
            let link = open(act, id, expected_version).await?;
            act.delete(link).await
        })
        .await
}

/// Removes the dependencies on a milestone that goes, so that the trail and who listens know of each.
pub(crate) async fn leave_milestone(act: &mut Act, milestone: MilestoneId) -> Result<()> {
    use super::entity::Column as Of;
    let either = Of::PredMilestoneId.eq(milestone.uuid()).or(Of::SuccMilestoneId.eq(milestone.uuid()));
    let rows = Entity::of_tenant(act.viewer().tenant_id()).filter(either).all(act.conn()).await?;
    act.delete_all(rows).await
}
