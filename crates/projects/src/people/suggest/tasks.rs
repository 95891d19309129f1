//! People for the tasks of a project: what they are chosen from.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Error, Fields, Result, Text,
    bulk::DUPLICATE_ITEM,
    id::{ProjectId, TaskId, TypedId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QuerySelect};

use super::{
    busy::{self, Busy},
    crew::{Crew, Level},
};
use crate::{
    calendar::write::TOO_MANY,
    link::OTHER_PROJECT,
    member::entity as members,
    people::{
        allocation::entity::Model as Allocation,
        skill::on_task,
        workload::store::{Among, Weeks, allocations},
    },
    plan::{
        analysis::Analysis,
        effort::Turn,
        load::{Source, TaskRow},
        reach::reckoned,
    },
    project::entity::Model as Project,
    service::Staff,
    words::TaskStatus,
};

/// The task is done.
pub const TASK_DONE: Text = Text::new("task_done", "This task is done.", "Cette tâche est terminée.");

/// The task consists of others.
pub const HAS_PARTS: Text = Text::new(
    "has_parts",
    "This task consists of others: name those.",
    "Cette tâche se compose d'autres tâches : indiquez celles-ci.",
);

/// Somebody does the task already.
pub const TASK_TAKEN: Text =
    Text::new("task_taken", "Somebody does this task already.", "Quelqu'un s'occupe déjà de cette tâche.");

/// Most tasks that people are found for at once.
pub(super) const TASKS_MAX: usize = 500;

/// What people are looked for for: a project and tasks of it.
pub(super) struct Brief {
    source: Source,
    /// The tasks that were named; all that nobody does without any.
    named: Option<Vec<TaskId>>,
    as_of: DateTime<Utc>,
    /// Why nobody is looked for for one of those that were named.
    pub(super) refused: Option<Error>,
}

impl Brief {
    /// Reads a project as of an instant, and checks the tasks of it that are named.
    ///
    /// # Errors
    /// INVALID at `taskIds.<n>` for tasks of other projects and such as are named twice, CONFLICT for too large a
    /// project.
    pub(super) async fn read(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        (project, named): (Project, Option<Vec<TaskId>>),
        as_of: DateTime<Utc>,
    ) -> Result<Self> {
        let source = Source::load(conn, viewer, project, as_of).await?;
        let refused = check(&source, named.as_deref())?;
        Ok(Self { source, named, as_of, refused })
    }
}

/// What people for tasks are chosen from.
pub(super) struct Question {
    /// The plan of the project, known until it is finished.
    pub(super) plan: Analysis,
    /// The tasks that were named; all that nobody does without any.
    pub(super) named: Option<Vec<TaskId>>,
    pub(super) as_of: DateTime<Utc>,
    pub(super) today: NaiveDate,
    /// Who manages the project, is on its team, or planned for it.
    pub(super) crew: Crew,
    pub(super) weeks: Weeks,
    /// Allocations of all staff from today on.
    pub(super) rows: Vec<Allocation>,
    /// What tasks take.
    pub(super) takes: HashMap<TaskId, Vec<Level>>,
    /// How long people have worked on tasks, in minutes.
    pub(super) tracked: HashMap<TaskId, i64>,
    /// What people have to do elsewhere.
    pub(super) busy: Vec<Busy>,
}

impl Question {
    /// Reads what people for tasks of a project are chosen from; in a number of statements that grows neither with tasks
    /// nor with people.
    ///
    /// # Errors
    /// CONFLICT naming tasks that wait for each other, LIMITED if it waits for its turn and too many do so already.
    pub(super) async fn load(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        mut staff: Vec<Staff>,
        Brief { source, named, as_of, .. }: Brief,
        turn: Turn,
    ) -> Result<Self> {
        let (id, today) = (source.project.id, crate::today(viewer, as_of));
        let work = move |source| Analysis::new(source, as_of, None)?.within();
        let plan = reckoned(conn, viewer, source, turn, work).await?;
        let source = &plan.source;
        let range = (today, source.days.1);
        let all: Vec<UserId> = staff.iter().map(|one| one.user).collect();
        let rows = allocations(conn, viewer, Among::People(&all), range).await?;
        let mut team = team(conn, viewer, id, today).await?;
        team.extend(source.project.manager_id);
        let planned: HashSet<UserId> =
            rows.iter().filter(|row| row.project_id == id).filter_map(|row| row.user_id).collect();
        staff.retain(|one| team.contains(&one.user) || planned.contains(&one.user));
        let open: Vec<TaskId> = open(source).map(|task| task.id).collect();
        let rows_of = on_task::of_tasks(
            conn,
            viewer.tenant_id(),
            open.iter().filter(|task| source.doers(**task).is_empty()).map(|task| task.uuid()).collect(),
        );
        let level = |row: &on_task::Model| (row.skill_id, row.level);
        let takes: HashMap<TaskId, Vec<Level>> =
            rows_of.await?.into_iter().map(|(task, rows)| (task, rows.iter().map(level).collect())).collect();
        let asked: BTreeSet<_> = takes.values().flatten().map(|(skill, _)| *skill).collect();
        let crew = Crew::load(conn, viewer, staff, asked).await?;
        let people = crew.ids();
        let busy = busy::elsewhere(conn, viewer, &people, id).await?;
        let ids = open.into_iter().chain(busy.iter().map(|one| one.task)).map(|task| task.uuid());
        let tracked = busy::tracked(conn, viewer, ids.collect()).await?;
        let weeks = Weeks::load(conn, viewer, &people, range).await?;
        Ok(Self { plan, named, as_of, today, crew, weeks, rows, takes, tracked, busy })
    }
}

/// The tasks of a plan that are not done and consist of no others.
pub(super) fn open(source: &Source) -> impl Iterator<Item = &TaskRow> {
    let parents: HashSet<TaskId> = source.tasks.iter().filter_map(|task| task.parent_id).collect();
    source.tasks.iter().filter(move |task| task.state() != TaskStatus::Done && !parents.contains(&task.id))
}

/// Checks the tasks that are named; answers why nobody is looked for for one that is there.
fn check(source: &Source, named: Option<&[TaskId]>) -> Result<Option<Error>> {
    let named = named.unwrap_or_default();
    if named.len() > TASKS_MAX {
        return Err(Error::field("taskIds", TOO_MANY.with("max", TASKS_MAX)));
    }
    let there: HashMap<TaskId, &TaskRow> = source.tasks.iter().map(|task| (task.id, task)).collect();
    let open: HashSet<TaskId> = open(source).map(|task| task.id).collect();
    let (mut fields, mut refused, mut seen) = (Fields::new(), Fields::new(), HashSet::new());
    for (index, id) in named.iter().enumerate() {
        let at = format!("taskIds.{index}");
        let Some(task) = there.get(id) else {
            fields.add(at, OTHER_PROJECT);
            continue;
        };
        fields.require(seen.insert(id), &at, DUPLICATE_ITEM);
        refused.require(task.state() != TaskStatus::Done, &at, TASK_DONE);
        let parts = task.state() != TaskStatus::Done && !open.contains(id);
        refused.require(!parts, &at, HAS_PARTS);
        refused.require(source.doers(*id).is_empty(), &at, TASK_TAKEN);
    }
    fields.check()?;
    Ok(refused.check().err())
}

/// Who is on the team of a project, in one statement.
async fn team(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    project: ProjectId,
    today: NaiveDate,
) -> Result<HashSet<UserId>> {
    use members::Column as Of;
    let there = Condition::any().add(Of::LeftOn.is_null()).add(Of::LeftOn.gte(today));
    let rows = members::Entity::of_tenant(viewer.tenant_id())
        .filter(Of::ProjectId.eq(project.uuid()))
        .filter(there)
        .select_only()
        .column(Of::UserId);
    let rows: Vec<UserId> = rows.into_tuple().all(conn).await?;
    Ok(rows.into_iter().collect())
}
