//! Leave in the graph: the object and the root queries.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, dataloader::Loader};
use kernel::{
    Error, Fields, Result,
    ask::{Asking, FromAsk},
    db::Db,
    graph::{Graph, Node},
    id::{LeaveId, TypedId, UserId},
    page::{Connection, Order, PageArgs, check_listed, list},
    policy::Guarded,
    scalar::{Date, DateTime},
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::entity::{Column, Entity, Model};
use crate::{
    calendar::sources::{Sources, Whose},
    policy::people::{LEAVE_DECIDE, PEOPLE_READ},
    words::{LeaveKind, LeaveStatus},
};

/// Days on which a person does not work, or not all day.
#[derive(Clone, Debug)]
pub struct Leave(pub Model);

impl From<Model> for Leave {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Leave {
    const TYPE: &'static str = "Leave";
}

impl Leave {
    /// Whether the viewer may know why the person is away.
    fn is_open(&self, viewer: &Viewer) -> bool {
        !viewer.is_client()
            && (viewer.user_id() == Some(self.0.user_id) || viewer.reaches(LEAVE_DECIDE, Reach::Tenant))
    }
}

/// Days on which a person does not work, or not all day.
#[Object(name = "LeaveFields")]
impl Leave {
    /// Its id.
    async fn id(&self) -> LeaveId {
        self.0.id
    }

    /// Id of the person.
    async fn user_id(&self) -> UserId {
        self.0.user_id
    }

    /// Why they are away; null for all but the person and who decides about leave.
    async fn kind(&self, ctx: &Context<'_>) -> Option<LeaveKind> {
        self.is_open(ctx.viewer()).then(|| LeaveKind::parse(&self.0.kind).unwrap_or_default())
    }

    /// The first day.
    async fn from(&self) -> Date {
        self.0.starts_on.into()
    }

    /// The last day.
    async fn to(&self) -> Date {
        self.0.ends_on.into()
    }

    /// How much of each day, in minutes from its end; null: whole days.
    async fn minutes_per_day(&self) -> Option<i64> {
        self.0.minutes
    }

    /// What the person says about it; null for all but the person and who decides about leave.
    async fn note(&self, ctx: &Context<'_>) -> Option<&str> {
        self.is_open(ctx.viewer()).then_some(self.0.note.as_str())
    }

    /// Where it stands.
    async fn status(&self) -> LeaveStatus {
        LeaveStatus::parse(&self.0.status).unwrap_or_default()
    }

    /// Why it was rejected; null for all but the person and who decides about leave.
    async fn reason(&self, ctx: &Context<'_>) -> Option<&str> {
        self.is_open(ctx.viewer()).then_some(self.0.reason.as_deref()).flatten()
    }

    /// When it was approved or rejected; null before, and for all but the person and who decides about leave.
    async fn decided_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.0.decided_at.filter(|_| self.is_open(ctx.viewer())).map(Into::into)
    }

    /// Working minutes that it takes: of each day what the person would work, or as much of that as is taken. Free days,
    /// such as weekends and public holidays, cost nothing.
    async fn working_minutes(&self, ctx: &Context<'_>) -> Result<i64> {
        let row = &self.0;
        let key = Cost {
            id: row.id,
            person: row.user_id,
            range: (row.starts_on, row.ends_on),
            minutes: row.minutes,
        };
        Ok(ctx.ask().load::<Costs, _>(key).await?.unwrap_or_default())
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// A leave of which it is asked what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Cost {
    id: LeaveId,
    person: UserId,
    range: (chrono::NaiveDate, chrono::NaiveDate),
    minutes: Option<i64>,
}

/// Loads what leave costs.
struct Costs {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Costs {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<Cost> for Costs {
    type Value = i64;
    type Error = Error;

    async fn load(&self, asked: &[Cost]) -> Result<HashMap<Cost, i64>> {
        let first = asked.iter().map(|one| one.range.0).min().unwrap_or_default();
        let last = asked.iter().map(|one| one.range.1).max().unwrap_or_default();
        let people: Vec<UserId> = asked.iter().map(|one| one.person).collect();
        let sources = Sources::load(&self.db, &self.viewer, &people, (first, last)).await?;
        let cost = |one: &Cost| {
            let days = sources.days(Whose::Person(one.person), one.range);
            let taken = days.iter().map(|(_, day)| {
                let planned = day.planned.minutes();
                one.minutes.map_or(planned, |minutes| minutes.min(planned))
            });
            (*one, taken.sum())
        };
        Ok(asked.iter().map(cost).collect())
    }
}

/// Which leave a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct LeaveFilter {
    /// Only of these people.
    pub user_ids: Option<Vec<UserId>>,
    /// Only in one of these statuses.
    pub status: Option<Vec<LeaveStatus>>,
    /// Only what is not over before this day.
    pub from: Option<Date>,
    /// Only what begins on this day or before it.
    pub to: Option<Date>,
}

impl LeaveFilter {
    fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.user_ids.as_ref(), "filter.userIds", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        fields.check()
    }

    fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, PEOPLE_READ);
        if let Some(people) = &self.user_ids {
            select = select.filter(Column::UserId.is_in(people.iter().map(|user| user.uuid())));
        }
        if let Some(states) = &self.status {
            select = select.filter(Column::Status.is_in(states.iter().map(|state| state.as_str())));
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

/// Root queries of leave.
#[derive(Default)]
pub struct LeaveQuery;

#[Object]
impl LeaveQuery {
    /// A leave by its id. Needs `projects.people.read`.
    async fn leave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the leave.")] id: LeaveId,
    ) -> Result<Graph<Leave>> {
        ctx.viewer().require(PEOPLE_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), PEOPLE_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// Leave that the viewer may see, by its first day: of others only what is approved, and not why, unless they
    /// decide about it. Needs `projects.people.read`.
    async fn leaves(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this leave.")] filter: Option<LeaveFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Leave>> {
        ctx.viewer().require(PEOPLE_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select(ctx.viewer()), Order::asc(Column::StartsOn), &args).await
    }
}
