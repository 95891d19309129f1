//! What a project consists of, read whole in a handful of statements whatever its size: for cloning it and for making a
//! template of it.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{
    Error, Result,
    act::Act,
    id::{MilestoneId, ProjectId, SkillId, TaskId, TaskLabelId, TypedId, UserId},
    policy::{Guarded, allowed, can_in},
    viewer::{Grant, Permission, Reach, Viewer},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QueryResult,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

use crate::{
    column::entity as column,
    label::{entity as label, on_task},
    link::{self, Work, entity as link_entity},
    member::entity as member,
    milestone,
    people::skill::on_task as taken,
    policy::{INTERNAL_READ, MILESTONES_READ, PROJECTS_READ, TASKS_READ, TEAM_READ},
    project::entity as project,
    task::{assignee, entity as task},
    words::TaskStatus,
};

/// Which parts of a project are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    /// Its milestones.
    pub(crate) milestones: bool,
    /// Its tasks with their labels and who does them.
    pub(crate) tasks: bool,
    /// Which work waits for which.
    pub(crate) links: bool,
    /// Its team.
    pub(crate) team: bool,
}

/// What a project consists of.
pub(crate) struct Source {
    /// The project.
    pub(crate) project: project::Model,
    /// Which parts were read.
    pub(crate) parts: Parts,
    /// Headings and categories of its board, from left to right.
    pub(crate) columns: Vec<(String, TaskStatus)>,
    /// Labels of its own: id, name, colour.
    pub(crate) labels: Vec<(TaskLabelId, String, String)>,
    /// Milestones in their order.
    pub(crate) milestones: Vec<milestone::entity::Model>,
    /// Tasks that are not archived, in their order.
    pub(crate) tasks: Vec<task::Model>,
    /// Who does which task.
    pub(crate) doers: HashMap<TaskId, Vec<UserId>>,
    /// Which task has which labels.
    pub(crate) labelled: HashMap<TaskId, Vec<TaskLabelId>>,
    /// What each task takes, and how well.
    pub(crate) skills: HashMap<TaskId, Vec<(SkillId, i32)>>,
    /// Which work waits for which.
    pub(crate) links: Vec<link_entity::Model>,
    /// Who is on its team at present.
    pub(crate) team: Vec<member::Model>,
    known: Vec<Grant>,
}

impl Source {
    /// Reads a project with these parts.
    ///
    /// # Errors
    /// NOT_FOUND for a project that the viewer may not see, FORBIDDEN for parts that they may not.
    pub(crate) async fn load(act: &Act, id: ProjectId, parts: Parts) -> Result<Self> {
        let wanted = [
            (PROJECTS_READ, true),
            (INTERNAL_READ, true),
            (TASKS_READ, parts.tasks),
            (MILESTONES_READ, parts.milestones),
            (TEAM_READ, parts.team),
        ];
        let wanted: Vec<Permission> =
            wanted.into_iter().filter(|(_, needed)| *needed).map(|(permission, _)| permission).collect();
        let viewer = act.viewer();
        let project = open(act.conn(), viewer, id, &wanted).await?;
        let known = wanted.iter().map(|permission| viewer.grant(*permission)).collect();
        let (columns, labels) = board(act, id).await?;
        let milestones = if parts.milestones { milestone::all_of(act, id).await? } else { Vec::new() };
        let tasks = if parts.tasks { tasks(act, id).await? } else { Vec::new() };
        let (mut links, mut doers, mut labelled, mut skills) = Joins::default();
        if parts.tasks || parts.links {
            (links, doers, labelled, skills) = joins(act, id).await?;
        }
        if !parts.links {
            links.clear();
        }
        let team = if parts.team { team(act, id).await? } else { Vec::new() };
        Ok(Self {
            project,
            parts,
            columns,
            labels,
            milestones,
            tasks,
            doers,
            labelled,
            skills,
            links,
            team,
            known,
        })
    }

    /// Whether it follows from what was read that the viewer holds a permission on the project.
    pub(crate) fn is_known(&self, viewer: &Viewer, permission: Permission) -> bool {
        let grant = viewer.grant(permission);
        grant.reach == Some(Reach::Tenant) || self.known.contains(&grant)
    }

    /// The day that its dates are counted from: when it was to begin, or the first date in it.
    pub(crate) fn origin(&self) -> Option<NaiveDate> {
        let milestones = self.milestones.iter().filter_map(|row| row.due_on);
        let tasks = self.tasks.iter().flat_map(|row| [row.start_on, row.due_on]).flatten();
        self.project.estimated_start.or_else(|| milestones.chain(tasks).min())
    }
}

/// A project on which the viewer holds all of these permissions: one statement where they do.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN with the first permission that is lacking; for clients the one that no client has.
pub(crate) async fn open<C: ConnectionTrait>(
    conn: &C,
    viewer: &Viewer,
    id: ProjectId,
    wanted: &[Permission],
) -> Result<project::Model> {
    if viewer.is_client() {
        return Err(Error::lacks(INTERNAL_READ.name));
    }
    let mut select = project::Entity::of_tenant(viewer.tenant_id()).filter(project::Column::Id.eq(id.uuid()));
    let mut asked: Vec<Grant> = Vec::new();
    for permission in wanted {
        let grant = viewer.grant(*permission);
        if !asked.contains(&grant) {
            select = select.filter(allowed::<project::Entity>(viewer, *permission));
            asked.push(grant);
        }
    }
    if let Some(project) = select.one(conn).await? {
        return Ok(project);
    }
    project::Entity::fetch_in(conn, viewer, PROJECTS_READ, id).await?;
    // Reason: at most as many as there are permissions, and only to say which one is lacking.
    for permission in wanted {
        if !can_in::<project::Entity, _>(conn, viewer, *permission, id.uuid()).await? {
            return Err(Error::lacks(permission.name));
        }
    }
    Err(Error::not_found(ProjectId::TYPE, id))
}

type Board = (Vec<(String, TaskStatus)>, Vec<(TaskLabelId, String, String)>);

/// Columns and labels of a project, in one statement.
async fn board(act: &Act, id: ProjectId) -> Result<Board> {
    let mut labels = Query::select();
    labels.from(label::Entity).columns([label::Column::Id, label::Column::Name, label::Column::Color]);
    labels.expr(Expr::cust("''")).expr(Expr::cust("'label'"));
    labels.and_where(label::Column::TenantId.eq(act.viewer().tenant_id()));
    labels.and_where(label::Column::ProjectId.eq(id));
    let mut both = Query::select();
    both.from(column::Entity);
    both.columns([column::Column::Id, column::Column::Name, column::Column::Category, column::Column::Rank]);
    both.expr(Expr::cust("'column'"));
    both.and_where(column::Column::TenantId.eq(act.viewer().tenant_id()));
    both.and_where(column::Column::ProjectId.eq(id)).union(UnionType::All, labels);
    let (mut columns, mut labels) = (Vec::new(), Vec::new());
    for row in act.conn().query_all(&both).await? {
        let text = |index: usize| row.try_get_by_index::<String>(index);
        let key: Uuid = row.try_get_by_index(0)?;
        match text(4)?.as_str() {
            "label" => labels.push((TaskLabelId::from_uuid(key), text(1)?, text(2)?)),
            _ => columns.push((text(3)?, key, text(1)?, TaskStatus::parse(&text(2)?).unwrap_or_default())),
        }
    }
    columns.sort_by(|one: &(String, Uuid, _, _), other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    labels.sort_by(|one, other| one.1.cmp(&other.1));
    Ok((columns.into_iter().map(|(_, _, name, category)| (name, category)).collect(), labels))
}

async fn tasks(act: &Act, id: ProjectId) -> Result<Vec<task::Model>> {
    let rows = task::Entity::of_tenant(act.viewer().tenant_id())
        .filter(task::Column::ProjectId.eq(id.uuid()))
        .filter(task::Column::ArchivedAt.is_null());
    Ok(rows.order_by_asc(task::Column::Rank).order_by_asc(task::Column::Id).all(act.conn()).await?)
}

async fn team(act: &Act, id: ProjectId) -> Result<Vec<member::Model>> {
    let rows = member::Entity::of_tenant(act.viewer().tenant_id())
        .filter(member::Column::ProjectId.eq(id.uuid()))
        .filter(member::Column::LeftOn.is_null());
    Ok(rows.order_by_asc(member::Column::JoinedOn).order_by_asc(member::Column::Id).all(act.conn()).await?)
}

type Joins = (
    Vec<link_entity::Model>,
    HashMap<TaskId, Vec<UserId>>,
    HashMap<TaskId, Vec<TaskLabelId>>,
    HashMap<TaskId, Vec<(SkillId, i32)>>,
);

/// Dependencies of a project, people on its tasks, labels of its tasks and what they take, in one statement.
async fn joins(act: &Act, id: ProjectId) -> Result<Joins> {
    let tenant = act.viewer().tenant_id();
    let mut all = Query::select();
    use link_entity::Column as Of;
    all.from(link_entity::Entity);
    all.columns([Of::PredTaskId, Of::SuccTaskId, Of::PredMilestoneId, Of::SuccMilestoneId, Of::Id]);
    all.columns([Of::Kind, Of::LagMinutes]).expr(Expr::cust("'link'"));
    all.and_where(Of::TenantId.eq(tenant)).and_where(Of::ProjectId.eq(id));
    let pairs = |mut select: SelectStatement, kind: &'static str, order: Expr, number: Expr| {
        select.expr(Expr::cust("NULL")).expr(Expr::cust("NULL")).expr(order);
        select.expr(Expr::cust("''")).expr(number).expr(Expr::cust(kind)).to_owned()
    };
    let none = || Expr::cust("0");
    let mut of_project = Query::select();
    of_project.column(task::Column::Id).from(task::Entity);
    of_project.and_where(task::Column::TenantId.eq(tenant)).and_where(task::Column::ProjectId.eq(id));
    use assignee::Column as Does;
    let mut doers = Query::select();
    doers.columns([Does::TaskId, Does::UserId]).from(assignee::Entity);
    doers.and_where(Does::TenantId.eq(tenant)).and_where(Does::TaskId.in_subquery(of_project.clone()));
    use on_task::Column as Has;
    let mut labels = Query::select();
    labels.columns([Has::TaskId, Has::LabelId]).from(on_task::Entity);
    labels.and_where(Has::TenantId.eq(tenant)).and_where(Has::TaskId.in_subquery(of_project.clone()));
    use taken::Column as Takes;
    let mut skills = Query::select();
    skills.columns([Takes::TaskId, Takes::SkillId]).from(taken::Entity);
    skills.and_where(Takes::TenantId.eq(tenant)).and_where(Takes::TaskId.in_subquery(of_project));
    let level = Expr::col(Takes::Level).cast_as(Alias::new("bigint"));
    all.union(UnionType::All, pairs(doers, "'doer'", Expr::col(Does::Id), none()));
    all.union(UnionType::All, pairs(labels, "'label'", Expr::col(Has::Id), none()));
    all.union(UnionType::All, pairs(skills, "'skill'", Expr::col(Takes::Id), level));
    let (mut links, mut does, mut has, mut takes) = (Vec::new(), Vec::new(), Vec::new(), HashMap::new());
    for row in act.conn().query_all(&all).await? {
        let key = |index: usize| row.try_get_by_index::<Option<Uuid>>(index);
        let (Some(order), kind) = (key(4)?, row.try_get_by_index::<String>(7)?) else { continue };
        match (kind.as_str(), key(0)?, key(1)?) {
            ("doer", Some(task), Some(user)) => does.push((order, task, user)),
            ("label", Some(task), Some(label)) => has.push((order, task, label)),
            ("skill", Some(task), Some(skill)) => {
                let of: &mut Vec<_> = takes.entry(TaskId::from_uuid(task)).or_default();
                let level: i64 = row.try_get_by_index(6)?;
                of.push((SkillId::from_uuid(skill), i32::try_from(level).unwrap_or(1)));
            }
            _ => links.extend(self::link(act, id, &row, order)?),
        }
    }
    links.sort_by_key(|link| link.id.uuid());
    Ok((links, grouped(does, UserId::from_uuid), grouped(has, TaskLabelId::from_uuid), takes))
}

/// What belongs to each task, in the order of making.
fn grouped<T>(mut pairs: Vec<(Uuid, Uuid, Uuid)>, id: impl Fn(Uuid) -> T) -> HashMap<TaskId, Vec<T>> {
    pairs.sort_unstable();
    let mut found: HashMap<TaskId, Vec<T>> = HashMap::new();
    for (_, task, other) in pairs {
        found.entry(TaskId::from_uuid(task)).or_default().push(id(other));
    }
    found
}

/// A dependency as the joined statement answers it.
fn link(act: &Act, project: ProjectId, row: &QueryResult, id: Uuid) -> Result<Option<link_entity::Model>> {
    let key = |index: usize| row.try_get_by_index::<Option<Uuid>>(index);
    let end = |task: Option<Uuid>, milestone: Option<Uuid>| {
        let milestone = milestone.map(|id| Work::Milestone(MilestoneId::from_uuid(id)));
        task.map(|id| Work::Task(TaskId::from_uuid(id))).or(milestone)
    };
    let (Some(one), Some(other)) = (end(key(0)?, key(2)?), end(key(1)?, key(3)?)) else { return Ok(None) };
    let kind: String = row.try_get_by_index(5)?;
    let between = link::between(act, project, (one, other), &kind, row.try_get_by_index(6)?);
    Ok(Some(link_entity::Model { id: kernel::id::DependencyId::from_uuid(id), ..between }))
}
