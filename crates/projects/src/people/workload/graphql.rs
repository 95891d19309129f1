//! Workload in the graph.

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use kernel::{
    Fields, Result,
    ask::Asking,
    db::Db,
    id::{AccountId, ProjectId, SkillId, TypedId, UserId},
    page::check_listed,
    policy::Guarded,
    scalar::Date,
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::{
    PEOPLE_MAX,
    figures::{Week, basis_points},
    forecast::{self, CapacityForecast},
    gaps::{self, SkillGap},
    people_of, skipped,
    store::{Among, Weeks, allocations, by_person, demand, is_firm},
    tracked::{self, Tracked},
    weeks_of,
};
use crate::{
    calendar::sources::Whose,
    people::{allocation::entity as allocation, profile::skilled},
    policy::{
        people::{ALLOCATIONS_READ, PEOPLE_READ},
        time::{TIME_APPROVE, TIME_READ},
    },
    project::entity as project,
    service::{Projects, Staff},
};

/// Whose workload; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct WorkloadFilter {
    /// Only these people, at most 200.
    pub user_ids: Option<Vec<UserId>>,
    /// Only people who are planned for one of these projects in the weeks, at most 100.
    pub project_ids: Option<Vec<ProjectId>>,
    /// Only people who have one of these skills, at most 100.
    pub skill_ids: Option<Vec<SkillId>>,
    /// Only people who are planned for a project of one of these clients in the weeks, at most 100.
    pub account_ids: Option<Vec<AccountId>>,
}

/// The figures of a week, of a person or of all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct WorkloadWeek {
    /// The Monday of the week.
    pub week_start: Date,
    /// What they have, in minutes: their hours without public holidays and leave, as far as they can work them.
    pub capacity_minutes: i64,
    /// What leave takes of what they would have, in minutes.
    pub leave_minutes: i64,
    /// What firm allocations take, in minutes.
    pub firm_minutes: i64,
    /// What tentative allocations take, in minutes.
    pub tentative_minutes: i64,
    /// What they worked, in minutes as it was written down so far, without what was sent back; null for who may not see
    /// it: it is for the person, and for who approves or sees the time of the whole agency.
    pub tracked_minutes: Option<i64>,
    /// What of it is billable, in minutes as it was worked; null as `trackedMinutes`.
    pub billable_minutes: Option<i64>,
    /// `trackedMinutes` ÷ `capacityMinutes` in basis points, rounded half up; null without capacity, and as
    /// `trackedMinutes`.
    pub utilisation: Option<i32>,
    /// `billableMinutes` ÷ `capacityMinutes` in basis points, rounded half up; null without capacity, and as
    /// `trackedMinutes`.
    pub billable_utilisation: Option<i32>,
    /// What should be billable, in minutes: the target of the person × `capacityMinutes`, rounded down; null without a
    /// target. Of all together the sum over those who have one.
    pub target_minutes: Option<i64>,
    /// `firmMinutes` − `capacityMinutes`: above zero there is too much to do, below zero there is room.
    pub balance_minutes: i64,
}

/// The weeks of a person.
#[derive(Clone, Debug, SimpleObject)]
pub struct PersonWorkload {
    /// Id of the person.
    pub user_id: UserId,
    /// What they are called.
    pub name: String,
    /// Which share of their capacity should be billable, in percent.
    pub target_percent: Option<i32>,
    /// The weeks, in their order.
    pub weeks: Vec<WorkloadWeek>,
}

/// What people have, are planned for and worked, week by week.
#[derive(Clone, Debug, SimpleObject)]
pub struct Workload {
    /// The people, by name; at most 200, from `skip` on.
    pub people: Vec<PersonWorkload>,
    /// How many people there are in all.
    pub total_count: i32,
    /// All of them together, also those who are not among `people`, week by week.
    pub weeks: Vec<WorkloadWeek>,
}

impl WorkloadFilter {
    fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.project_ids.as_ref(), "filter.projectIds", &mut fields);
        check_listed(self.skill_ids.as_ref(), "filter.skillIds", &mut fields);
        check_listed(self.account_ids.as_ref(), "filter.accountIds", &mut fields);
        fields.check()
    }

    /// The people whom the filter leaves of these.
    async fn among(
        &self,
        viewer: &Viewer,
        db: &Db,
        mut people: Vec<Staff>,
        rows: &[allocation::Model],
    ) -> Result<Vec<Staff>> {
        if let Some(skills) = &self.skill_ids {
            let able = skilled::of_tenant(viewer.tenant_id())
                .filter(skilled::Column::SkillId.is_in(skills.iter().map(|skill| skill.uuid())))
                .select_only()
                .column(skilled::Column::UserId);
            let able: HashSet<UserId> = able.into_tuple().all(db).await?.into_iter().collect();
            people.retain(|one| able.contains(&one.user));
        }
        if self.project_ids.is_some() || self.account_ids.is_some() {
            let wanted = self.projects(viewer, db).await?;
            let on: HashSet<UserId> = rows
                .iter()
                .filter(|row| wanted.contains(&row.project_id))
                .filter_map(|row| row.user_id)
                .collect();
            people.retain(|one| on.contains(&one.user));
        }
        Ok(people)
    }

    /// The projects that the filter names, one way or another.
    async fn projects(&self, viewer: &Viewer, db: &Db) -> Result<HashSet<ProjectId>> {
        let mut rows = project::Entity::of_tenant(viewer.tenant_id());
        if let Some(ids) = &self.project_ids {
            rows = rows.filter(project::Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(ids) = &self.account_ids {
            rows = rows.filter(project::Column::AccountId.is_in(ids.iter().map(|id| id.uuid())));
        }
        let ids: Vec<ProjectId> = rows.select_only().column(project::Column::Id).into_tuple().all(db).await?;
        Ok(ids.into_iter().collect())
    }
}

impl WorkloadWeek {
    /// The figures of nobody.
    fn empty(monday: NaiveDate) -> Self {
        Self {
            week_start: monday.into(),
            capacity_minutes: 0,
            leave_minutes: 0,
            firm_minutes: 0,
            tentative_minutes: 0,
            tracked_minutes: Some(0),
            billable_minutes: Some(0),
            utilisation: None,
            billable_utilisation: None,
            target_minutes: None,
            balance_minutes: 0,
        }
    }

    /// The figures of a person's week.
    fn of(week: &Week, rows: &[&allocation::Model], tracked: Option<Tracked>, target: Option<i32>) -> Self {
        let taken = |firm: bool| {
            let rows = rows.iter().filter(|row| is_firm(row) == firm);
            rows.map(|row| week.taken(&demand(row))).sum::<i64>()
        };
        let (capacity, firm) = (week.capacity(), taken(true));
        let mut figures = Self {
            capacity_minutes: capacity,
            leave_minutes: week.leave(),
            firm_minutes: firm,
            tentative_minutes: taken(false),
            tracked_minutes: tracked.map(|tracked| tracked.minutes),
            billable_minutes: tracked.map(|tracked| tracked.billable),
            target_minutes: target.map(|percent| capacity * i64::from(percent) / 100),
            balance_minutes: firm - capacity,
            ..Self::empty(week.monday)
        };
        figures.use_up();
        figures
    }

    /// Says what follows from the others.
    fn use_up(&mut self) {
        let of =
            |minutes: Option<i64>| minutes.and_then(|minutes| basis_points(minutes, self.capacity_minutes));
        (self.utilisation, self.billable_utilisation) = (of(self.tracked_minutes), of(self.billable_minutes));
    }

    /// Adds another's figures of the same week; what is not known of all is not known of them together.
    fn add(&mut self, other: &Self) {
        let both = |one: Option<i64>, other: Option<i64>| Some(one? + other?);
        self.capacity_minutes += other.capacity_minutes;
        self.leave_minutes += other.leave_minutes;
        self.firm_minutes += other.firm_minutes;
        self.tentative_minutes += other.tentative_minutes;
        self.tracked_minutes = both(self.tracked_minutes, other.tracked_minutes);
        self.billable_minutes = both(self.billable_minutes, other.billable_minutes);
        self.balance_minutes += other.balance_minutes;
        if let Some(target) = other.target_minutes {
            self.target_minutes = Some(self.target_minutes.unwrap_or_default() + target);
        }
    }
}

/// Root queries of workload.
#[derive(Default)]
pub struct WorkloadQuery;

#[Object]
impl WorkloadQuery {
    /// What people have, are planned for and worked, week by week. Who sees only some allocations is told of themselves
    /// alone. Work on projects that are archived or over does not count. Needs `projects.allocation.read`.
    async fn workload(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A day of the first week.")] from: Date,
        #[graphql(desc = "How many weeks, at most 53.")] weeks: i32,
        #[graphql(desc = "Only these people.")] filter: Option<WorkloadFilter>,
        #[graphql(desc = "How many people are left out of `people` from the start.")] skip: Option<i32>,
    ) -> Result<Workload> {
        ctx.viewer().require(ALLOCATIONS_READ)?;
        let skip = skipped(skip)?;
        let projects = ctx.data_unchecked::<Projects>();
        let range = weeks_of(from, weeks)?;
        workload(ctx.viewer(), ctx.db(), projects, (range, skip), &filter.unwrap_or_default()).await
    }

    /// What the agency has and what is asked of it, week by week. Needs `projects.allocation.read` on the whole agency.
    async fn capacity_forecast(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A day of the first week.")] from: Date,
        #[graphql(desc = "How many weeks, at most 53.")] weeks: i32,
    ) -> Result<Vec<CapacityForecast>> {
        ctx.viewer().require_tenant(ALLOCATIONS_READ)?;
        let projects = ctx.data_unchecked::<Projects>();
        forecast::read(ctx.viewer(), ctx.db(), projects, weeks_of(from, weeks)?).await
    }

    /// Which skills are asked for that nobody has time for: places on projects that nobody has taken yet, or whose
    /// people were deactivated, against what people who have the skill at that level have left. The greatest gap first,
    /// at most 200. Needs `projects.allocation.read` on the whole agency.
    async fn skill_gaps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day, at most 371 days in all.")] to: Date,
    ) -> Result<Vec<SkillGap>> {
        ctx.viewer().require_tenant(ALLOCATIONS_READ)?;
        ctx.viewer().require(PEOPLE_READ)?;
        let projects = ctx.data_unchecked::<Projects>();
        gaps::read(ctx.viewer(), ctx.db(), projects, (from, to)).await
    }
}

/// Whether a viewer may see how much a person worked.
fn sees_time(viewer: &Viewer, person: UserId) -> bool {
    let own = viewer.user_id() == Some(person) && viewer.holds(TIME_READ);
    own || [TIME_APPROVE, TIME_READ].iter().any(|permission| viewer.reaches(*permission, Reach::Tenant))
}

async fn workload(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    (range, skip): ((NaiveDate, NaiveDate), usize),
    filter: &WorkloadFilter,
) -> Result<Workload> {
    filter.check()?;
    let people = people_of(viewer, db, projects, filter.user_ids.as_deref())
        .await
        .map_err(|error| error.under("filter"))?;
    let ids: Vec<UserId> = people.iter().map(|one| one.user).collect();
    let rows = allocations(db, viewer, Among::People(&ids), range).await?;
    let people = filter.among(viewer, db, people, &rows).await?;
    let ids: Vec<UserId> = people.iter().map(|one| one.user).collect();
    let weeks = Weeks::load(db, viewer, &ids, range).await?;
    let seen: Vec<UserId> = ids.iter().copied().filter(|person| sees_time(viewer, *person)).collect();
    let tracked = tracked::load(db, viewer, &seen, range).await?;
    let of = by_person(&rows);
    let people = people.into_iter().map(|one| person(viewer, one, &weeks, &of, &tracked)).collect();
    Ok(together(people, &weeks, skip))
}

fn person(
    viewer: &Viewer,
    one: Staff,
    weeks: &Weeks,
    rows: &HashMap<UserId, Vec<&allocation::Model>>,
    tracked: &HashMap<(UserId, NaiveDate), Tracked>,
) -> PersonWorkload {
    let rows = rows.get(&one.user).map_or(&[][..], Vec::as_slice);
    let target = weeks.sources().profile(one.user).and_then(|profile| profile.target_percent);
    let sees = sees_time(viewer, one.user);
    let figures = |week: &Week| {
        let tracked = tracked.get(&(one.user, week.monday)).copied().unwrap_or_default();
        WorkloadWeek::of(week, rows, sees.then_some(tracked), target)
    };
    let weeks = weeks.of(Whose::Person(one.user)).iter().map(figures).collect();
    PersonWorkload { user_id: one.user, name: one.name, target_percent: target, weeks }
}

/// The people with their sums.
fn together(mut people: Vec<PersonWorkload>, weeks: &Weeks, skip: usize) -> Workload {
    let mut all: Vec<WorkloadWeek> = weeks.mondays().iter().copied().map(WorkloadWeek::empty).collect();
    for one in &people {
        for (all, week) in all.iter_mut().zip(&one.weeks) {
            all.add(week);
        }
    }
    all.iter_mut().for_each(WorkloadWeek::use_up);
    let total_count = i32::try_from(people.len()).unwrap_or(i32::MAX);
    people.drain(..skip.min(people.len()));
    people.truncate(PEOPLE_MAX);
    Workload { people, total_count, weeks: all }
}
