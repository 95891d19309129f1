//! Allocations in the graph: the object and the root queries.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, dataloader::Loader};
use kernel::{
    Error, Fields, Result,
    ask::{Asking, FromAsk},
    db::Db,
    graph::{Graph, Node},
    id::{AllocationId, ProjectId, TypedId, UserId},
    page::{ById, Connection, Order, PageArgs, check_listed, list},
    policy::Guarded,
    scalar::{Date, DateTime},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::{
    entity::{Column, Entity, Model},
    needed,
    over::OverAllocatedWeek,
};
use crate::{
    people::{
        profile::graphql::SkillLevel,
        skill::entity as skill,
        workload::{people_of, skipped},
    },
    policy::people::ALLOCATIONS_READ,
    project::{entity as project, graphql::Project},
    register::of_open_projects,
    service::Projects,
    words::Commitment,
};

/// How much of a person, or of a role that somebody is still to take, a project has.
#[derive(Clone, Debug)]
pub struct Allocation(pub Model);

impl From<Model> for Allocation {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Allocation {
    const TYPE: &'static str = "Allocation";
}

/// How much of a person, or of a role that somebody is still to take, a project has.
#[Object(name = "AllocationFields")]
impl Allocation {
    /// Its id.
    async fn id(&self) -> AllocationId {
        self.0.id
    }

    /// The project; null if the viewer may see the allocation but not the project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let project = ctx.ask().load::<ById<project::Entity>, _>(self.0.project_id.uuid()).await?;
        Ok(project.map(|project| Graph(project.into())))
    }

    /// Id of the person; null: a place that nobody has taken yet.
    async fn user_id(&self) -> Option<UserId> {
        self.0.user_id
    }

    /// What the place is for.
    async fn role(&self) -> Option<&str> {
        self.0.role.as_deref()
    }

    /// What it takes, at these levels or better ones; at most 100 skills.
    async fn skills(&self, ctx: &Context<'_>) -> Result<Vec<SkillLevel>> {
        let rows = ctx.ask().load::<Needs, _>(self.0.id).await?.unwrap_or_default();
        let mut levels = Vec::with_capacity(rows.len());
        for row in rows {
            // Reason: all skills of a request are loaded at once, whatever takes them.
            let skill = ctx.ask().load::<ById<skill::Entity>, _>(row.skill_id.uuid());
            levels.push(async move {
                let skill = skill.await?.map(|skill| Graph(skill.into()));
                Ok(SkillLevel { skill_id: row.skill_id, skill, level: row.level })
            });
        }
        futures::future::try_join_all(levels).await
    }

    /// So many minutes of each week: of a week that it covers in part, or that has public holidays, as large a part as
    /// those days have of a plain week. Null if it is a share.
    async fn weekly_minutes(&self) -> Option<i64> {
        self.0.weekly_minutes
    }

    /// Such a share of what the person has after public holidays and leave, in percent; null if it is of minutes.
    async fn percent(&self) -> Option<i32> {
        self.0.percent
    }

    /// The first day.
    async fn from(&self) -> Date {
        self.0.starts_on.into()
    }

    /// The last day.
    async fn to(&self) -> Date {
        self.0.ends_on.into()
    }

    /// How sure it is.
    async fn commitment(&self) -> Commitment {
        Commitment::parse(&self.0.commitment).unwrap_or_default()
    }

    /// What there is to say about it.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Loads what places take.
struct Needs {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Needs {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<AllocationId> for Needs {
    type Value = Vec<needed::Model>;
    type Error = Error;

    async fn load(&self, ids: &[AllocationId]) -> Result<HashMap<AllocationId, Vec<needed::Model>>> {
        needed::of_places(&self.db, self.viewer.tenant_id(), ids.iter().copied()).await
    }
}

/// Which allocations a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AllocationFilter {
    /// Only on these projects.
    pub project_ids: Option<Vec<ProjectId>>,
    /// Only of these people.
    pub user_ids: Option<Vec<UserId>>,
    /// True: only places that nobody has taken yet; false: only those of people.
    pub open: Option<bool>,
    /// Only as sure as this.
    pub commitment: Option<Commitment>,
    /// Only what is not over before this day.
    pub from: Option<Date>,
    /// Only what begins on this day or before it.
    pub to: Option<Date>,
}

impl AllocationFilter {
    fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.project_ids.as_ref(), "filter.projectIds", &mut fields);
        check_listed(self.user_ids.as_ref(), "filter.userIds", &mut fields);
        fields.check()
    }

    fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, ALLOCATIONS_READ);
        match &self.project_ids {
            Some(ids) => select = select.filter(Column::ProjectId.is_in(ids.iter().map(|id| id.uuid()))),
            None => select = select.filter(of_open_projects(viewer, Column::ProjectId)),
        }
        if let Some(people) = &self.user_ids {
            select = select.filter(Column::UserId.is_in(people.iter().map(|user| user.uuid())));
        }
        if let Some(open) = self.open {
            let column = Column::UserId;
            select = select.filter(if open { column.is_null() } else { column.is_not_null() });
        }
        if let Some(commitment) = self.commitment {
            select = select.filter(Column::Commitment.eq(commitment.as_str()));
        }
        if let Some(from) = self.from {
            select = select.filter(Column::EndsOn.gte(from.naive()));
        }
        if let Some(to) = self.to {
            select = select.filter(Column::StartsOn.lte(to.naive()));
        }
        select
    }
}

/// Root queries of allocations.
#[derive(Default)]
pub struct AllocationQuery;

#[Object]
impl AllocationQuery {
    /// An allocation by its id. Needs `projects.allocation.read`.
    async fn allocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the allocation.")] id: AllocationId,
    ) -> Result<Graph<Allocation>> {
        ctx.viewer().require(ALLOCATIONS_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), ALLOCATIONS_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The allocations that the viewer may see, by their first day; those on archived projects only if asked for by
    /// project. Needs `projects.allocation.read`.
    async fn allocations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these allocations.")] filter: Option<AllocationFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Allocation>> {
        ctx.viewer().require(ALLOCATIONS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select(ctx.viewer()), Order::asc(Column::StartsOn), &args).await
    }

    /// The weeks in which active staff have more firm work than time, by the names of the people and by week, at most
    /// 200 from `skip` on: fewer are the last ones. Leave that was approved after the work was planned shows here. Who
    /// sees only some allocations is told of themselves alone. Needs `projects.allocation.read`.
    async fn over_allocations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A day of the first week.")] from: Date,
        #[graphql(desc = "How many weeks, at most 53.")] weeks: i32,
        #[graphql(desc = "Only of these people, at most 200.")] user_ids: Option<Vec<UserId>>,
        #[graphql(desc = "How many of the weeks are left out from the start.")] skip: Option<i32>,
    ) -> Result<Vec<OverAllocatedWeek>> {
        let (viewer, db) = (ctx.viewer(), ctx.db());
        viewer.require(ALLOCATIONS_READ)?;
        let skip = skipped(skip)?;
        let range = crate::people::workload::weeks_of(from, weeks)?;
        let projects = ctx.data_unchecked::<Projects>();
        let people = people_of(viewer, db, projects, user_ids.as_deref()).await?;
        let ids: Vec<UserId> = people.iter().map(|one| one.user).collect();
        super::over::of_people(db, viewer, &ids, (range, skip)).await
    }
}
