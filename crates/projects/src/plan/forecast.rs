//! When a project is done, with its odds: the plan is laid out many times with durations drawn at random.
//!
//! Of a task with a best and a worst case the duration is drawn between them (PERT, with its duration as the most likely
//! case). Of other tasks it is their duration times a ratio of tracked to estimated time of a task that the team has done:
//! of the project if it has ten such tasks, else of the agency's last thousand of the year before. Without ten of those it
//! is their duration itself. Ratios are taken as from a tenth to ten: what lies beyond is a slip of the pen.

use std::{num::NonZeroUsize, slice, sync::Arc};

use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{Error, Result, Text, ask::Ask, graph::Graph, id::ProjectId, scalar::DateTime as Time};
use schedule::{
    Instant, Work,
    calendar::{instant, last_day_of, next_day},
    forecast::{Estimate, Forecast, Trial},
};

use super::{
    analysis::{Analysis, last_day},
    effort::{self, Turn},
    forecast_graphql::{CompletionForecast, ForecastBin, TaskCriticality},
    history::History,
    load::Source,
    network::Node,
    reach::{Short, reckoned},
    read::PLAN_READ,
    say,
    token::to_the_minute,
};
use crate::{clone::source::open, policy::INTERNAL_READ, words::TaskStatus};

/// Too many or too few runs.
pub const BAD_RUNS: Text = Text::new(
    "out_of_range",
    "A forecast has from {min} to {max} runs.",
    "Une prévision compte de {min} à {max} tirages.",
);

/// How many runs a forecast has.
const RUNS: (i32, i32) = (1, 5_000);

/// Most bins of a histogram.
const MAX_BINS: i64 = 40;

/// The longest case that is drawn, in working minutes: longer than everything that ends in a year that is written, and
/// short enough for ten thousand of them one after the other.
const LONGEST: Work = 10_000_000_000;

/// Most tasks of which it is told how often they drove the finish.
const MAX_CRITICAL: usize = 50;

/// The odds of finishing a project.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, INVALID for too many runs, CONFLICT as for the schedule itself, LIMITED if too many forecasts
/// wait already.
pub(crate) async fn forecast(ask: &Ask, id: ProjectId, runs: i32, seed: i64) -> Result<CompletionForecast> {
    let viewer = &ask.viewer;
    viewer.require(INTERNAL_READ)?;
    if !(RUNS.0..=RUNS.1).contains(&runs) {
        return Err(Error::field("runs", BAD_RUNS.with("min", RUNS.0).with("max", RUNS.1)));
    }
    let project = open(&ask.db, viewer, id, &PLAN_READ).await?;
    let as_of = to_the_minute(viewer.now);
    let mut source = Source::load(&ask.db, viewer, project, as_of).await?;
    let history = Arc::new(History::read(ask, id).await?);
    // Invariant: a source reaches no further after it was read on a few times, so this ends.
    loop {
        let work = move |source| Analysis::new(source, as_of, None)?.within();
        let plan = reckoned(&ask.db, viewer, source, Turn::Next, work).await?;
        let history = history.clone();
        let trial = move |threads| Trial { runs: whole(runs), seed: seed.cast_unsigned(), threads };
        let drawn =
            effort::reckon_wide(move |threads| Ok(draw(plan, &history, trial(threads), as_of))).await?;
        match drawn {
            Ok(forecast) => return Ok(forecast),
            Err(Short::Beyond(short, last)) => source = short.read_on(&ask.db, viewer, last).await?,
            Err(Short::Failed(error)) => return Err(error),
        }
    }
}

fn whole(runs: i32) -> NonZeroUsize {
    usize::try_from(runs).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN)
}

/// The odds of a plan by these draws.
///
/// # Errors
/// Its source, if it is to be read on: of who works until 95 of 100 runs are done is told.
fn draw(
    plan: Analysis,
    history: &History,
    trial: Trial,
    as_of: DateTime<Utc>,
) -> Result<CompletionForecast, Short> {
    let estimates = estimates(&plan, history);
    let made = plan.laid.network.forecast(&estimates, slice::from_ref(&history.ratios), trial);
    let mut made = made.map_err(|reason| Error::internal(format!("no forecast: {reason:?}")))?;
    // Reason: what is drawn may lead beyond the years that are written, though the plan itself does not.
    if plan.span().is_none() {
        made.finishes.clear();
    }
    made.finishes.iter_mut().for_each(|finish| *finish = (*finish).min(plan.end()));
    match plan.beyond(made.percentile(95.0)) {
        Some(last) => Err(Short::beyond(plan.source, last)),
        None => Ok(told(plan, &made, &estimates, history, (as_of, trial))),
    }
}

/// How long each activity takes.
fn estimates(plan: &Analysis, history: &History) -> Vec<Estimate> {
    let activities = plan.laid.network.activities();
    let estimate = |(node, activity): (&Node, &schedule::Activity)| {
        let Node::Task(place) = node else { return Estimate::Fixed };
        let task = &plan.source.tasks[*place];
        if task.state() == TaskStatus::Done || activity.duration == 0 {
            return Estimate::Fixed;
        }
        let whole = plan.laid.durations[*place].unwrap_or(activity.duration).max(1);
        match (task.optimistic_minutes, task.pessimistic_minutes) {
            (Some(best), Some(worst)) => {
                // Reason: of what has begun only the part that is left is uncertain.
                let left = |work: Work| {
                    let part = i128::from(work) * i128::from(activity.duration) / i128::from(whole);
                    Work::try_from(part).unwrap_or(LONGEST).min(LONGEST)
                };
                let likely = activity.duration;
                let (optimistic, pessimistic) = (left(best).min(likely), left(worst).max(likely));
                Estimate::ThreePoint { optimistic, likely, pessimistic }
            }
            _ if history.ratios.is_empty() => Estimate::Fixed,
            _ => Estimate::History(0),
        }
    };
    plan.laid.nodes.iter().zip(activities).map(estimate).collect()
}

fn told(
    plan: Analysis,
    made: &Forecast,
    estimates: &[Estimate],
    history: &History,
    (as_of, trial): (DateTime<Utc>, Trial),
) -> CompletionForecast {
    let zone = plan.laid.calendars[0].1.zone;
    let at = |percent: f64| made.percentile(percent).filter(|_| !plan.source.tasks.is_empty()).map(say::time);
    let due = plan.source.project.expected_delivery;
    let due_at = due.filter(|_| !made.finishes.is_empty()).map(|day| instant(zone, next_day(day), 0));
    let open = |node: &Node| match node {
        Node::Task(place) => plan.source.tasks[*place].state() != TaskStatus::Done,
        _ => false,
    };
    let count = |wanted: fn(&Estimate) -> bool| {
        let open = plan.laid.nodes.iter().zip(estimates).filter(|(node, _)| open(node));
        i32::try_from(open.filter(|(_, estimate)| wanted(estimate)).count()).unwrap_or(i32::MAX)
    };
    CompletionForecast {
        as_of: Time::from(as_of),
        runs: i32::try_from(trial.runs.get()).unwrap_or(i32::MAX),
        seed: trial.seed.cast_signed(),
        finish: plan.span().map(|span| say::time(span.1)),
        p50: at(50.0),
        p80: at(80.0),
        p95: at(95.0),
        expected_delivery: due.map(Into::into),
        odds_by_expected_delivery: due_at.map(|at| made.odds_by(at)),
        histogram: histogram(&made.finishes, |at| last_day_of(zone, at)),
        three_point_count: count(|estimate| matches!(estimate, Estimate::ThreePoint { .. })),
        history_count: count(|estimate| matches!(estimate, Estimate::History(_))),
        fixed_count: count(|estimate| matches!(estimate, Estimate::Fixed)),
        history: history.of,
        history_size: i32::try_from(history.ratios.len()).unwrap_or(i32::MAX),
        criticality: criticality(&plan, made),
        project: Graph(plan.source.project.into()),
    }
}

/// The finishes by day, in at most 40 bins of whole days.
fn histogram(finishes: &[Instant], day: impl Fn(Instant) -> NaiveDate) -> Vec<ForecastBin> {
    let (Some(first), Some(last)) = (finishes.first(), finishes.last()) else { return Vec::new() };
    let (first, last) = (day(*first), day(*last));
    let days = (last - first).num_days().max(0);
    let width = days / MAX_BINS + 1;
    let bin = |number: i64| {
        let from = first.checked_add_days(Days::new((number * width).unsigned_abs()))?;
        // Reason: the last one ends where dates do, if those do before it.
        let to = from.checked_add_days(Days::new((width - 1).unsigned_abs()))?.min(last_day());
        Some(ForecastBin { from: from.into(), to: to.into(), count: 0 })
    };
    let mut bins: Vec<ForecastBin> = (0..=days / width).filter_map(bin).collect();
    for finish in finishes {
        let place = (day(*finish) - first).num_days() / width;
        if let Some(bin) = usize::try_from(place).ok().and_then(|place| bins.get_mut(place)) {
            bin.count += 1;
        }
    }
    bins
}

/// The tasks that drove the finish most often.
fn criticality(plan: &Analysis, made: &Forecast) -> Vec<TaskCriticality> {
    let task = |(node, index): (&Node, &f64)| match node {
        Node::Task(place) if *index > 0.0 => Some((*place, *index)),
        _ => None,
    };
    let mut tasks: Vec<(usize, f64)> =
        plan.laid.nodes.iter().zip(&made.criticality).filter_map(task).collect();
    tasks.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    tasks.truncate(MAX_CRITICAL);
    let told = |(place, index): (usize, f64)| {
        let task = &plan.source.tasks[place];
        TaskCriticality { task_id: task.id, number: task.number, title: task.title.clone(), index }
    };
    tasks.into_iter().map(told).collect()
}
