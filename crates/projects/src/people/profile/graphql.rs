//! Profiles in the graph: the object and the root queries.

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{ResourceProfileId, SkillId, TypedId, UserId},
    money::Money,
    page::{ById, Connection, Order, PageArgs, list},
    scalar::Date,
};

use super::{
    certified,
    entity::{Column, Model},
    loaders::{AllCalendars, Certifications, Days, Skills},
    matrix::ProfileFilter,
    rates,
};
use crate::{
    calendar::{
        entity as calendar,
        graphql::{CalendarException, WorkCalendar},
        hours::{self, DayHours},
    },
    people::{
        check_person,
        skill::{entity as skill, graphql::Skill},
    },
    policy::people::{PEOPLE_READ, PEOPLE_WRITE, may_of, sees_personal},
    service::Projects,
    today,
};

/// A member of staff as one who works.
#[derive(Clone, Debug)]
pub struct ResourceProfile(pub Model);

impl From<Model> for ResourceProfile {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for ResourceProfile {
    const TYPE: &'static str = "ResourceProfile";
}

/// A skill of a person.
#[derive(SimpleObject)]
pub struct SkillLevel {
    /// Id of the skill.
    pub skill_id: SkillId,
    /// The skill.
    pub skill: Option<Graph<Skill>>,
    /// How well, 1 (knows of it) to 5 (teaches it).
    pub level: i32,
}

/// A certification of a person.
#[derive(Clone, Debug, SimpleObject)]
pub struct Certification {
    /// What it is called.
    pub name: String,
    /// Who gave it.
    pub issuer: Option<String>,
    /// Since when they have it.
    pub issued_on: Option<Date>,
    /// The last day on which it holds; null: it holds for ever.
    pub expires_on: Option<Date>,
    /// Whether that day is over on the agency's clocks.
    pub expired: bool,
    /// Its number; null for none, and for who may not see it: it is for the person and for who holds
    /// `projects.people.write` on the whole agency.
    pub credential: Option<String>,
}

impl ResourceProfile {
    /// A value for the person and for who sees what is personal in profiles.
    fn personal<'p>(&self, ctx: &Context<'_>, value: Option<&'p str>) -> Option<&'p str> {
        value.filter(|_| sees_personal(ctx.viewer(), self.0.user_id))
    }
}

/// A member of staff as one who works. What is personal in it is for the person, and for who holds
/// `projects.people.personal` or `projects.people.write` on the whole agency.
#[Object(name = "ResourceProfileFields")]
impl ResourceProfile {
    /// Its id; the same before anything was said of the person.
    async fn id(&self) -> ResourceProfileId {
        self.0.id
    }

    /// Id of the person.
    async fn user_id(&self) -> UserId {
        self.0.user_id
    }

    /// What they do; null also for who may not see it. Needs `projects.people.personal` for others.
    async fn job_title(&self, ctx: &Context<'_>) -> Option<&str> {
        self.personal(ctx, self.0.job_title.as_deref())
    }

    /// Where they work; null also for who may not see it. Needs `projects.people.personal` for others.
    async fn location(&self, ctx: &Context<'_>) -> Option<&str> {
        self.personal(ctx, self.0.location.as_deref())
    }

    /// ISO 3166-1 alpha-2 code of the country whose public holidays they have; null: those of their calendar, and for
    /// who may not see it. Needs `projects.people.personal` for others.
    async fn country(&self, ctx: &Context<'_>) -> Option<&str> {
        self.personal(ctx, self.0.country.as_deref())
    }

    /// The calendar that was chosen for them; null: that of the agency.
    async fn calendar(&self, ctx: &Context<'_>) -> Result<Option<Graph<WorkCalendar>>> {
        let Some(id) = self.0.calendar_id else { return Ok(None) };
        let row = ctx.ask().load::<ById<calendar::Entity>, _>(id.uuid()).await?;
        Ok(row.map(|row| Graph(row.into())))
    }

    /// Their own week: for each day, Monday first, the hours; null: that of their calendar.
    async fn weekly_hours(&self) -> Option<Vec<DayHours>> {
        hours::read_week(&self.0.hours).as_ref().map(hours::week_spans)
    }

    /// What they can do in a plain week, in minutes, if it was said; null: as much as their hours have.
    async fn weekly_minutes(&self) -> Option<i64> {
        self.0.weekly_minutes
    }

    /// What they can do in a plain week, in minutes: `weeklyMinutes`, or what the hours of their own week, their
    /// calendar or the agency's have.
    async fn capacity_minutes(&self, ctx: &Context<'_>) -> Result<i64> {
        if let Some(minutes) = self.0.weekly_minutes {
            return Ok(minutes);
        }
        if let Some(own) = hours::read_week(&self.0.hours) {
            return Ok(hours::week_minutes(&own));
        }
        let all = ctx.ask().load::<AllCalendars, _>(()).await?.unwrap_or_default();
        let chosen = all.iter().find(|calendar| Some(calendar.id) == self.0.calendar_id);
        let calendar = chosen.or_else(|| all.iter().find(|calendar| calendar.is_default));
        let week = calendar.and_then(|calendar| hours::read_week(&calendar.hours));
        let agency = || crate::calendar::agency_week(ctx.viewer().tenant.working_week);
        Ok(hours::week_minutes(&week.unwrap_or_else(agency)))
    }

    /// Which share of their capacity should be billable, in percent.
    async fn target_percent(&self) -> Option<i32> {
        self.0.target_percent
    }

    /// Single days on which they have other hours, by date; they go before public holidays. At most 1 000. What they
    /// are called needs `projects.people.personal` for others.
    async fn exceptions(&self, ctx: &Context<'_>) -> Result<Vec<CalendarException>> {
        let mut days = ctx.ask().load::<Days, _>(self.0.user_id).await?.unwrap_or_default();
        if !sees_personal(ctx.viewer(), self.0.user_id) {
            days.iter_mut().for_each(|day| day.name = None);
        }
        Ok(days.iter().map(Into::into).collect())
    }

    /// What they can do, at most 100 skills.
    async fn skills(&self, ctx: &Context<'_>) -> Result<Vec<SkillLevel>> {
        let rows = ctx.ask().load::<Skills, _>(self.0.user_id).await?.unwrap_or_default();
        let mut levels = Vec::with_capacity(rows.len());
        for row in rows {
            // Reason: all skills of a request are loaded at once, whoever has them.
            let skill = ctx.ask().load::<ById<skill::Entity>, _>(row.skill_id.uuid());
            levels.push(async move {
                let skill = skill.await?.map(|skill| Graph(skill.into()));
                Ok(SkillLevel { skill_id: row.skill_id, skill, level: row.level })
            });
        }
        futures::future::try_join_all(levels).await
    }

    /// Their certifications, at most 50; none for who may not see them. Needs `projects.people.personal` for others.
    async fn certifications(&self, ctx: &Context<'_>) -> Result<Vec<Certification>> {
        let viewer = ctx.viewer();
        if !sees_personal(viewer, self.0.user_id) {
            return Ok(Vec::new());
        }
        let rows = ctx.ask().load::<Certifications, _>(self.0.user_id).await?.unwrap_or_default();
        let (shown, today) = (may_of(viewer, PEOPLE_WRITE, self.0.user_id), today(viewer, viewer.now));
        let told = |row: certified::Model| Certification {
            expired: row.expires_on.is_some_and(|day| day < today),
            name: row.name,
            issuer: row.issuer,
            issued_on: row.issued_on.map(Into::into),
            expires_on: row.expires_on.map(Into::into),
            credential: row.credential.filter(|_| shown),
        };
        Ok(rows.into_iter().map(told).collect())
    }

    /// What an hour of theirs is billed at today, unless a nearer rate is written; null if no rate is written for them.
    /// Needs `projects.rate.read` on the whole agency.
    async fn bill_rate(&self, ctx: &Context<'_>) -> Option<Result<Money>> {
        rates::bill(ctx.ask(), self.0.user_id).await
    }

    /// What an hour of theirs costs today; null if nothing is written for them. Needs `projects.cost.read` on the whole
    /// agency.
    async fn cost_rate(&self, ctx: &Context<'_>) -> Option<Result<Money>> {
        rates::cost(ctx.ask(), self.0.user_id).await
    }

    /// Counts the changes, from 0 for one that nobody has touched; sent back as `expectedVersion`, it keeps one change
    /// from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Root queries of profiles.
#[derive(Default)]
pub struct ProfileQuery;

#[Object]
impl ProfileQuery {
    /// The profile of an active member of staff, also of one of whom nothing was said yet. Needs
    /// `projects.people.read`.
    async fn resource_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] user_id: UserId,
    ) -> Result<Graph<ResourceProfile>> {
        let (viewer, db) = (ctx.viewer(), ctx.db());
        viewer.require(PEOPLE_READ)?;
        check_person(viewer, db, ctx.data_unchecked::<Projects>(), user_id).await?;
        let found = super::find(db, viewer.tenant_id(), user_id).await?;
        Ok(Graph(found.unwrap_or_else(|| super::untouched(viewer, user_id)).into()))
    }

    /// The profiles of active staff of whom something was said. Needs `projects.people.read`.
    async fn resource_profiles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these profiles.")] filter: Option<ProfileFilter>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<ResourceProfile>> {
        let (viewer, db) = (ctx.viewer(), ctx.db());
        viewer.require(PEOPLE_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let select = filter.select(viewer, db, ctx.data_unchecked::<Projects>()).await?;
        let args = PageArgs::new(first, after, last, before);
        list(db, select, Order::asc(Column::CreatedAt), &args).await
    }

    /// Who can do what, and how well: the active staff who have one of the skills at the level asked for; each has all
    /// their skills in `skills`. Needs `projects.people.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn skill_matrix(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only people who have one of these skills, at most 100.")] skill_ids: Option<
            Vec<SkillId>,
        >,
        #[graphql(desc = "Only people who have one at this level or a better one, 1 to 5.")]
        min_level: Option<i32>,
        #[graphql(desc = "How many people from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only people who follow it.")] after: Option<String>,
        #[graphql(desc = "How many people from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only people who precede it.")] before: Option<String>,
    ) -> Result<Connection<ResourceProfile>> {
        let args = PageArgs::new(first, after, last, before);
        let projects = ctx.data_unchecked::<Projects>();
        super::matrix::read(ctx.viewer(), ctx.db(), projects, (skill_ids, min_level), &args).await
    }
}
