//! The table of what tasks take, its loader, and the difference between what a task takes and shall take.

use std::collections::{HashMap, HashSet};

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Fields, Result,
    act::{Act, Recorded},
    ask::{Ask, FromAsk},
    db::Db,
    graph::Graph,
    id::{AssignmentId, SkillId, TaskId, TenantId, TypedId},
    page::ById,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde_json::{Value as JsonValue, json};

use super::{
    entity as skill,
    levels::{Catalogue, difference},
};
use crate::{
    people::profile::{graphql::SkillLevel, mutation::SkillLevelInput},
    policy::INTERNAL_READ,
    task::entity as task,
};

/// Most skills that a task takes.
pub const MAX_ON_TASK: usize = 20;

/// A skill that a task takes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_task_skills")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The task.
    pub task_id: TaskId,
    /// The skill.
    pub skill_id: SkillId,
    /// How well, 1 to 5, or better.
    pub level: i32,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "TaskSkill";
}

/// What tasks of a tenant take, whoever asks; what they may see is decided by the tasks they are asked for.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

/// The row of a skill that a task takes.
pub(crate) fn new(act: &Act, task: &task::Model, (skill_id, level): (SkillId, i32)) -> Model {
    Model { id: act.new_id(), tenant_id: task.tenant_id, task_id: task.id, skill_id, level }
}

/// Levels of skills, for the trail.
pub(crate) fn told(levels: &[(SkillId, i32)]) -> JsonValue {
    levels.iter().map(|(skill, level)| json!({ "skill": skill, "level": level })).collect()
}

/// Which skills come to a task and which go.
pub(crate) struct Skilling {
    task: task::Model,
    before: Vec<(SkillId, i32)>,
    after: Vec<(SkillId, i32)>,
    gone: Vec<Model>,
    come: Vec<Model>,
}

impl Skilling {
    /// The difference between the rows of a task and the levels that are wanted.
    pub(crate) fn new(
        act: &Act,
        task: &task::Model,
        before: &[Model],
        mut wanted: Vec<(SkillId, i32)>,
    ) -> Self {
        // Reason: the order in which skills are named says nothing, so it is no change.
        wanted.sort_unstable();
        let there: Vec<(SkillId, i32)> = before.iter().map(|row| (row.skill_id, row.level)).collect();
        let (gone, come) = difference(before.to_vec(), |row| (row.skill_id, row.level), &wanted);
        Self {
            task: task.clone(),
            come: come.into_iter().map(|one| new(act, task, one)).collect(),
            gone,
            before: there,
            after: wanted,
        }
    }

    fn sides(&self) -> [JsonValue; 2] {
        [told(&self.before), told(&self.after)]
    }

    fn note(&self, act: &mut Act) {
        let details = json!({ "skills": self.sides() }).as_object().cloned().unwrap_or_default();
        let label = format!("#{} {}", self.task.number, self.task.title);
        act.note("Task", Some(self.task.id.uuid()), Some(label), details);
    }
}

/// Writes what tasks take. Tasks that this act has not written yet (the others are in `written`) get their next version;
/// they are answered as they are now.
///
/// # Errors
/// CONFLICT if another act changed one of the tasks since it was read.
pub(crate) async fn write(
    act: &mut Act,
    skillings: Vec<Skilling>,
    written: &HashSet<TaskId>,
) -> Result<Vec<task::Model>> {
    let changes = |one: &Skilling| !one.gone.is_empty() || !one.come.is_empty();
    let skillings: Vec<Skilling> = skillings.into_iter().filter(changes).collect();
    let (noted, alone): (Vec<&Skilling>, Vec<&Skilling>) =
        skillings.iter().partition(|one| written.contains(&one.task.id));
    let alone = alone.into_iter().map(|one| (one.task.clone(), vec![("skills", one.sides())]));
    let touched = act.touch_all(alone.collect()).await?;
    noted.into_iter().for_each(|one| one.note(act));
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for one in skillings {
        gone.extend(one.gone);
        come.extend(one.come);
    }
    // Invariant: what goes is gone before what comes, for a skill with another level is there once.
    act.delete_all(gone).await?;
    act.insert_all(come).await?;
    Ok(touched)
}

/// Checks what a new task is to take.
///
/// # Errors
/// INVALID at `skills` with everything that is wrong.
pub(crate) async fn check_new(act: &Act, wanted: &[SkillLevelInput]) -> Result<Vec<(SkillId, i32)>> {
    let ids = wanted.iter().take(MAX_ON_TASK).map(|one| one.skill_id).collect();
    let known = Catalogue::load(act.conn(), act.viewer(), ids).await?;
    let mut fields = Fields::new();
    let levels = known.levels(wanted, &HashSet::new(), ("skills", MAX_ON_TASK), &mut fields);
    fields.check()?;
    Ok(levels)
}

/// What these tasks take, each in the order of the skills' ids; in one statement.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn of_tasks(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    tasks: Vec<Uuid>,
) -> Result<HashMap<TaskId, Vec<Model>>> {
    let mut found: HashMap<TaskId, Vec<Model>> = HashMap::new();
    if tasks.is_empty() {
        return Ok(found);
    }
    let rows = of_tenant(tenant).filter(one_of(conn.get_database_backend(), Column::TaskId, tasks));
    for row in rows.order_by_asc(Column::SkillId).all(conn).await? {
        found.entry(row.task_id).or_default().push(row);
    }
    Ok(found)
}

/// Loads what tasks take.
struct Levels {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Levels {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<TaskId> for Levels {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, tasks: &[TaskId]) -> Result<HashMap<TaskId, Vec<Model>>> {
        of_tasks(&self.db, self.viewer.tenant_id(), tasks.iter().map(|task| task.uuid()).collect()).await
    }
}

/// What a task that the viewer was shown takes; two statements for all tasks of a request.
///
/// # Errors
/// FORBIDDEN without the permission to read what is for the team alone.
pub(crate) async fn of_task(ask: &Ask, task: TaskId) -> Result<Vec<SkillLevel>> {
    ask.viewer.require(INTERNAL_READ)?;
    let rows = ask.load::<Levels, _>(task).await?.unwrap_or_default();
    let level = |row: Model| {
        // Reason: all skills of a request are loaded at once, whatever takes them.
        let skill = ask.load::<ById<skill::Entity>, _>(row.skill_id.uuid());
        async move {
            let skill = skill.await?.map(|skill| Graph(skill.into()));
            Ok(SkillLevel { skill_id: row.skill_id, skill, level: row.level })
        }
    };
    futures::future::try_join_all(rows.into_iter().map(level)).await
}
