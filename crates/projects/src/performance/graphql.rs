//! How the work of people turns out, in the graph.

use std::collections::{BTreeMap, HashMap};

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Error, FieldError, Fields, Result, Text,
    ask::{Ask, Asking},
    id::{ProjectId, UserId},
    page::check_listed,
    scalar::Date,
};
use schedule::calendar::{instant, next_day};

use super::{
    rules::{Finished, Tally},
    store::{self, Looked},
};
use crate::{control::curve::ENDS_BEFORE, policy::PERFORMANCE_READ, project::staff, service::Projects};

/// Most days that are looked at together.
const MAX_DAYS: i64 = 366;

/// Too many days.
pub const TOO_MANY_DAYS: Text = Text::new(
    "too_many_days",
    "These are more than {max} days. Ask for fewer.",
    "Cela fait plus de {max} jours. Demandez-en moins.",
);

/// How the work of people turned out.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub struct TeamPerformance {
    /// Each person who finished a task or worked in these days, by name.
    pub people: Vec<PersonPerformance>,
    /// All of them together; a task of several people counts once.
    pub total: Performance,
}

/// How the work of a person turned out.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub struct PersonPerformance {
    /// Id of the person.
    pub user_id: UserId,
    /// What they are called; null for viewers who may not see them.
    pub name: Option<String>,
    /// How their work turned out. A task of several people counts for each of them, with all of the time on it.
    pub performance: Performance,
}

/// How work turned out.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub struct Performance {
    /// How many tasks were finished.
    pub tasks_done: i64,
    /// How many of them had a due date.
    pub tasks_due: i64,
    /// How many of these were done by then.
    pub tasks_on_time: i64,
    /// `tasksOnTime` ÷ `tasksDue` in basis points, rounded down; null if none had a due date.
    pub on_time_rate: Option<i32>,
    /// How many tasks were finished a week, `tasksDone` ÷ days × 7, to two digits.
    pub throughput: f64,
    /// How many were finished in each week that has some, the first week first.
    pub weeks: Vec<PerformanceWeek>,
    /// How many of the finished tasks have both an estimate and time on them: those whose estimates are looked at.
    pub compared_tasks: i64,
    /// What these were thought to take, in minutes.
    pub estimated_minutes: i64,
    /// What they took, in minutes, without what was sent back.
    pub actual_minutes: i64,
    /// `actualMinutes` ÷ `estimatedMinutes`, to four digits: above 1 work takes longer than thought. Null without a
    /// compared task.
    pub estimate_ratio: Option<f64>,
    /// 1 − Σ|actual − estimated| ÷ Σ estimated over the compared tasks, at least 0, to four digits: 1 if each estimate was
    /// true (one less the weighted absolute percentage error). Null without a compared task.
    pub estimate_accuracy: Option<f64>,
    /// What was worked in these days, in minutes, whatever on, without what was sent back.
    pub tracked_minutes: i64,
}

/// Tasks finished in a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct PerformanceWeek {
    /// The Monday of the week.
    pub week_start: Date,
    /// How many tasks were finished.
    pub tasks_done: i64,
}

impl Performance {
    fn new(tally: &Tally, tracked: i64, days: i64) -> Self {
        let digits = |number: f64, digits: f64| (number * digits).round() / digits;
        let week = |(monday, tasks): (&NaiveDate, &i64)| PerformanceWeek {
            week_start: (*monday).into(),
            tasks_done: *tasks,
        };
        Self {
            tasks_done: tally.done,
            tasks_due: tally.due,
            tasks_on_time: tally.on_time,
            on_time_rate: tally.on_time_rate(),
            throughput: digits(tally.done as f64 * 7.0 / days as f64, 100.0),
            weeks: tally.weeks.iter().map(week).collect(),
            compared_tasks: tally.compared,
            estimated_minutes: tally.estimated,
            actual_minutes: tally.tracked,
            estimate_ratio: tally.ratio().map(|ratio| digits(ratio, 10_000.0)),
            estimate_accuracy: tally.accuracy().map(|accuracy| digits(accuracy, 10_000.0)),
            tracked_minutes: tracked,
        }
    }
}

/// Root query of how the work of people turns out.
#[derive(Default)]
pub struct PerformanceQuery;

#[Object]
impl PerformanceQuery {
    /// How the work of people turned out in projects whose people the viewer leads: how true their estimates were, how
    /// much they finished and whether in time. Private to managers: needs `projects.performance.read`.
    async fn team_performance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day; at most 366 days.")] to: Date,
        #[graphql(desc = "Only of these projects, at most 500.")] project_ids: Option<Vec<ProjectId>>,
    ) -> Result<TeamPerformance> {
        let ask = ctx.ask();
        staff::require(&ask.viewer, PERFORMANCE_READ)?;
        let looked = looked(ask, (from.naive(), to.naive()), project_ids)?;
        read(ask, ctx.data_unchecked::<Projects>(), looked).await
    }
}

fn looked(ask: &Ask, days: (NaiveDate, NaiveDate), projects: Option<Vec<ProjectId>>) -> Result<Looked> {
    let mut fields = Fields::new();
    check_listed(projects.as_ref(), "projectIds", &mut fields);
    fields.require(days.0 <= days.1, "to", ENDS_BEFORE);
    let length = (days.1 - days.0).num_days() + 1;
    fields.require(length <= MAX_DAYS, "to", TOO_MANY_DAYS.with("max", MAX_DAYS));
    fields.check()?;
    let zone = ask.viewer.tenant.time_zone;
    let at = |day| DateTime::<Utc>::from_timestamp(instant(zone, day, 0) * 60, 0);
    let bounds = at(days.0).zip(at(next_day(days.1)));
    let (from, until) = bounds.ok_or_else(|| Error::from(FieldError::new("from", ENDS_BEFORE)))?;
    Ok(Looked { from, until, days, projects })
}

async fn read(ask: &Ask, projects: &Projects, looked: Looked) -> Result<TeamPerformance> {
    let (viewer, db) = (&ask.viewer, &ask.db);
    let (tasks, worked) =
        futures::try_join!(store::finished(viewer, db, &looked), store::worked(viewer, db, &looked))?;
    let mut tallies: HashMap<UserId, Tally> = HashMap::new();
    let mut total = Tally::default();
    for task in &tasks {
        total.add(task);
        let Finished { people, .. } = task;
        people.iter().for_each(|person| tallies.entry(*person).or_default().add(task));
    }
    for person in worked.keys() {
        tallies.entry(*person).or_default();
    }
    let ids: Vec<UserId> = tallies.keys().copied().collect();
    let names = projects.readers.names(db, viewer, &ids).await?;
    let days = (looked.days.1 - looked.days.0).num_days() + 1;
    let minutes = |person: &UserId| worked.get(person).copied().unwrap_or_default();
    let by_name: BTreeMap<(Option<&String>, UserId), &Tally> =
        tallies.iter().map(|(person, tally)| ((names.get(person), *person), tally)).collect();
    let people = by_name.into_iter().map(|((name, person), tally)| PersonPerformance {
        user_id: person,
        name: name.cloned(),
        performance: Performance::new(tally, minutes(&person), days),
    });
    let people = people.collect();
    Ok(TeamPerformance { people, total: Performance::new(&total, worked.values().sum(), days) })
}
