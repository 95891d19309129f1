//! What time is spent on: project, task and kind of work as somebody names them, loaded together and judged one by one.

use std::collections::{HashMap, HashSet};

use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    id::{ActivityTypeId, ProjectId, TaskId, TypedId},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType};
use uuid::Uuid;

use super::activity_type::entity as activity_type;
use crate::{
    policy::{PROJECTS_READ, TASKS_READ, time::TIME_LOG},
    project::{self, entity as projects},
    task::{self, entity as tasks},
    words::BillingType,
};

/// Neither a project nor a task was named.
pub const NO_TARGET: Text =
    Text::new("no_target", "Name a project or a task.", "Indiquez un projet ou une tâche.");

/// The task is of another project.
pub const OTHER_PROJECT: Text = Text::new(
    "other_project",
    "This task is not of that project.",
    "Cette tâche n'appartient pas à ce projet.",
);

/// The kind of work is put away.
pub const ACTIVITY_ARCHIVED: Text = Text::new(
    "activity_archived",
    "This kind of work is no longer in use.",
    "Ce type d'activité n'est plus utilisé.",
);

/// The project is not billed.
pub const NEVER_BILLED: Text = Text::new(
    "never_billed",
    "Time of this project is not billed.",
    "Le temps de ce projet n'est pas facturé.",
);

/// What somebody names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Aim {
    /// The project; that of the task without one.
    pub project: Option<ProjectId>,
    /// The task.
    pub task: Option<TaskId>,
    /// The kind of work.
    pub activity: Option<ActivityTypeId>,
}

/// What the viewer may spend time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The project.
    pub project: ProjectId,
    /// The task.
    pub task: Option<TaskId>,
    /// The kind of work.
    pub activity: Option<ActivityTypeId>,
    /// Whether the time is billable unless somebody says otherwise.
    pub billable: bool,
    /// Whether nothing of the project is billed, whatever somebody says.
    pub never_billed: bool,
}

impl Target {
    /// Whether time of it is billed, as far as somebody said so at `path`; adds an error if it cannot be.
    pub fn billed(&self, said: Option<bool>, path: &str, fields: &mut Fields) -> bool {
        fields.require(said != Some(true) || !self.never_billed, path, NEVER_BILLED);
        said.unwrap_or(self.billable)
    }
}

/// Everything that some aims name, as far as the act's viewer may see it.
pub struct Targets {
    projects: HashMap<ProjectId, projects::Model>,
    tasks: HashMap<TaskId, tasks::Model>,
    activities: HashMap<ActivityTypeId, activity_type::Model>,
    seen: HashSet<ProjectId>,
    open_projects: HashSet<ProjectId>,
    open_tasks: HashSet<TaskId>,
}

impl Targets {
    /// Loads what is named, in at most six statements; projects are kept from being closed until the act ends.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn load(act: &Act, aims: &[Aim]) -> Result<Self> {
        let viewer = act.viewer();
        let task_ids = uuids(aims.iter().filter_map(|aim| aim.task));
        let rows =
            tasks::Entity::visible(viewer, TASKS_READ).filter(tasks::Column::Id.is_in(task_ids.clone()));
        let rows = if task_ids.is_empty() { Vec::new() } else { rows.all(act.conn()).await? };
        let named = aims.iter().filter_map(|aim| aim.project).chain(rows.iter().map(|task| task.project_id));
        let project_ids = uuids(named);
        // Race: shared, so that people who log at once do not wait for each other, but whoever closes the project does.
        let locked = projects::Entity::of_tenant(viewer.tenant_id())
            .filter(projects::Column::Id.is_in(project_ids.clone()))
            .order_by_asc(projects::Column::Id)
            .lock(LockType::Share);
        let all = locked.all(act.conn()).await?;
        Ok(Self {
            projects: all.into_iter().map(|project| (project.id, project)).collect(),
            seen: held::<projects::Entity>(act, PROJECTS_READ, &project_ids).await?,
            open_projects: held::<projects::Entity>(act, TIME_LOG, &project_ids).await?,
            open_tasks: held::<tasks::Entity>(act, TIME_LOG, &task_ids).await?,
            tasks: rows.into_iter().map(|task| (task.id, task)).collect(),
            activities: activities(act, aims).await?,
        })
    }

    /// What an aim names, if the viewer may spend time on it.
    ///
    /// # Errors
    /// NOT_FOUND for what the viewer does not see, FORBIDDEN for what they may not log on, CONFLICT for what is
    /// archived or over, INVALID for what does not belong together.
    pub fn find(&self, aim: Aim) -> Result<Target> {
        let target = self.find_begun(aim)?;
        let activity = aim.activity.and_then(|id| self.activities.get(&id));
        match activity.filter(|activity| activity.archived_at.is_some()) {
            Some(_) => Err(Error::field("activityTypeId", ACTIVITY_ARCHIVED)),
            None => Ok(target),
        }
    }

    /// As [`Targets::find`] for work that has begun: its kind may have been put away since.
    ///
    /// # Errors
    /// As [`Targets::find`].
    pub fn find_begun(&self, aim: Aim) -> Result<Target> {
        let task = match aim.task {
            Some(id) => Some(self.tasks.get(&id).ok_or_else(|| Error::not_found(TaskId::TYPE, id))?),
            None => None,
        };
        let project = match (task, aim.project) {
            (None, None) => return Err(Error::field("projectId", NO_TARGET)),
            // Reason: whoever has a task of a project that they do not see may name the project all the same.
            (Some(task), Some(id)) if task.project_id == id => id,
            (_, Some(id)) if !self.seen.contains(&id) => return Err(Error::not_found(ProjectId::TYPE, id)),
            (Some(_), Some(_)) => return Err(Error::field("taskId", OTHER_PROJECT)),
            (Some(task), _) => task.project_id,
            (None, Some(id)) => id,
        };
        let project =
            self.projects.get(&project).ok_or_else(|| Error::not_found(ProjectId::TYPE, project))?;
        let may = self.open_projects.contains(&project.id)
            || task.is_some_and(|task| self.open_tasks.contains(&task.id));
        if !may {
            return Err(Error::lacks(TIME_LOG.name));
        }
        let activity = self.activity(aim.activity)?;
        project::rules::check_open(project)?;
        if let Some(task) = task {
            task::rules::check_not_archived(task)?;
        }
        let billing = BillingType::parse(&project.billing_type).unwrap_or_default();
        let hourly = billing == BillingType::TimeAndMaterials;
        Ok(Target {
            project: project.id,
            task: task.map(|task| task.id),
            activity: activity.map(|activity| activity.id),
            billable: hourly && activity.is_none_or(|activity| activity.billable),
            never_billed: billing == BillingType::NonBillable,
        })
    }

    /// The project of a task that the viewer sees.
    #[must_use]
    pub fn project_of(&self, task: TaskId) -> Option<ProjectId> {
        self.tasks.get(&task).map(|task| task.project_id)
    }

    fn activity(&self, id: Option<ActivityTypeId>) -> Result<Option<&activity_type::Model>> {
        let Some(id) = id else { return Ok(None) };
        let found = self.activities.get(&id);
        found.map(Some).ok_or_else(|| Error::not_found(ActivityTypeId::TYPE, id))
    }
}

fn uuids(ids: impl Iterator<Item = impl TypedId>) -> Vec<Uuid> {
    let ids: HashSet<Uuid> = ids.map(|id| id.uuid()).collect();
    ids.into_iter().collect()
}

async fn held<E: Guarded>(
    act: &Act,
    permission: kernel::viewer::Permission,
    ids: &[Uuid],
) -> Result<HashSet<E::Id>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = E::visible(act.viewer(), permission).filter(E::id_column().is_in(ids.iter().copied()));
    let rows: Vec<Uuid> = rows.select_only().column(E::id_column()).into_tuple().all(act.conn()).await?;
    Ok(rows.into_iter().map(E::Id::from_uuid).collect())
}

async fn activities(act: &Act, aims: &[Aim]) -> Result<HashMap<ActivityTypeId, activity_type::Model>> {
    let ids = uuids(aims.iter().filter_map(|aim| aim.activity));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = activity_type::Entity::of_tenant(act.viewer().tenant_id());
    let rows = rows.filter(activity_type::Column::Id.is_in(ids)).all(act.conn()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
