//! What follows from a plan: the dates of each task and milestone, what drives them, and the wishes that contradict each
//! other, by the things that people know rather than by activities.

use std::cmp::Reverse;

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Error, Result};
use schedule::{
    Dates, Driver, Instant, Schedule, Work,
    calendar::{day_of, instant, last_day_of},
    pass::Wish,
};

use super::{
    load::Source,
    network::{Laid, NoPlan, Node},
    say::{CYCLE, TOO_LONG, WRITTEN},
};
use crate::words::{MilestoneStatus, TaskStatus};

/// A task or a milestone, by its place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Item {
    /// A task.
    Task(usize),
    /// A milestone.
    Milestone(usize),
}

impl From<Node> for Item {
    fn from(node: Node) -> Self {
        match node {
            Node::Task(place) | Node::Begin(place) | Node::End(place) => Self::Task(place),
            Node::Milestone(place) => Self::Milestone(place),
        }
    }
}

/// What decides when something starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The start of the project, or today.
    Project,
    /// Its own constraint, or that it was put there by hand.
    Constraint,
    /// The dependency with this place in the source.
    Link(usize),
    /// The last of the tasks that it consists of.
    Work(Item),
    /// It is past.
    Actual,
}

/// A wish that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) item: Item,
    pub(crate) wish: Wished,
    /// By how many working minutes it is missed.
    pub(crate) by: Work,
    /// What drives it there, from the first to itself: the last [`MAX_PATH`] of it; for a loop its first members.
    pub(crate) path: Vec<Item>,
    /// How many more are on that path.
    pub(crate) more: usize,
}

/// Most conflicts that are told: who has so many has the worst of them to mend first.
pub(crate) const MAX_CONFLICTS: usize = 100;

/// Most tasks and milestones that are told of what drives something where it is.
pub(crate) const MAX_PATH: usize = 20;

/// What stands behind a conflict.
enum Behind<'a> {
    /// Members of a loop.
    Loop(&'a [usize]),
    /// What the engine says.
    Found(&'a schedule::Conflict),
    /// Nothing but itself.
    Itself,
}

/// What was wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wished {
    /// To start on a day.
    MustStart(Instant),
    /// To have begun on a day that is over, where it was put by hand.
    Begun(Instant),
    /// To wait for the other end of the dependency with this place.
    Link(usize),
    /// To be finished by a day.
    Deadline(Instant),
    /// To wait, by the dependency with this place, for work that waits for itself.
    Loop(usize),
}

/// A plan and what follows from it.
pub(crate) struct Analysis {
    pub(crate) source: Source,
    pub(crate) laid: Laid,
    pub(crate) schedule: Schedule,
}

impl Analysis {
    /// Reckons a plan as of an instant; see [`Laid::new`].
    ///
    /// # Errors
    /// CONFLICT naming tasks that wait for each other: dependencies are refused before that happens. CONFLICT for a plan
    /// that is not finished in the year 9999.
    pub(crate) fn new(source: Source, as_of: DateTime<Utc>, from: Option<NaiveDate>) -> Result<Self> {
        match Laid::new(&source, as_of, from) {
            Ok(laid) => {
                let schedule = laid.network.schedule();
                let plan = Self { source, laid, schedule };
                plan.check_finish(plan.schedule.finish)?;
                Ok(plan)
            }
            Err(NoPlan::Cycle(members)) => {
                let mut names: Vec<String> = Vec::with_capacity(members.len());
                for member in members {
                    names.push(label(&source, member.into()));
                }
                names.dedup();
                Err(Error::conflict(CYCLE.with("members", names.join(" → "))))
            }
            Err(NoPlan::Unsound(reason)) => Err(Error::internal(format!("no network: {reason:?}"))),
        }
    }

    /// Checks that what is done by an instant is done in a year that can be written.
    ///
    /// # Errors
    /// CONFLICT if it is not.
    pub(crate) fn check_finish(&self, finish: Option<Instant>) -> Result<()> {
        match finish.is_some_and(|finish| finish > self.end()) {
            true => Err(Error::conflict(TOO_LONG.with("day", last_day()))),
            false => Ok(()),
        }
    }

    /// The last instant that something of a plan is finished at: the end of the last day there is, for the agency and in
    /// UTC.
    pub(crate) fn end(&self) -> Instant {
        instant(self.laid.calendars[0].1.zone, last_day(), 24 * 60).min(WRITTEN.1)
    }

    /// When something is done: of a task with parts, from the first to the last of them.
    pub(crate) fn dates(&self, item: Item) -> Dates {
        match item {
            Item::Milestone(place) => self.schedule.dates[self.laid.marks[place]],
            Item::Task(place) if self.laid.parts[place].is_empty() => {
                self.schedule.dates[self.laid.ends[place].0]
            }
            Item::Task(place) => self.hull(place),
        }
    }

    fn hull(&self, place: usize) -> Dates {
        let mut leaves = self.leaves(place);
        // Invariant: a task with parts has a part without parts, for no task is part of itself.
        let Some(first) = leaves.next() else { return self.schedule.dates[self.laid.ends[place].1] };
        let first = self.schedule.dates[self.laid.ends[first].0];
        let mut float = (!is_past(&first)).then_some((first.total_float, first.free_float));
        let mut hull = first;
        for leaf in leaves {
            let dates = self.schedule.dates[self.laid.ends[leaf].0];
            if dates.early_start < hull.early_start {
                (hull.early_start, hull.driver) = (dates.early_start, dates.driver);
            }
            hull.early_finish = hull.early_finish.max(dates.early_finish);
            hull.late_start = hull.late_start.min(dates.late_start);
            hull.late_finish = hull.late_finish.max(dates.late_finish);
            hull.critical |= dates.critical;
            if !is_past(&dates) {
                let (total, free) = float.unwrap_or((Work::MAX, Work::MAX));
                float = Some((total.min(dates.total_float), free.min(dates.free_float)));
            }
        }
        // Reason: what its end waits for makes it no shorter, though no part of it waits for that.
        let end = self.schedule.dates[self.laid.ends[place].1];
        hull.early_finish = hull.early_finish.max(end.early_finish);
        (hull.total_float, hull.free_float) = float.unwrap_or_default();
        hull
    }

    /// The tasks without parts that a task consists of, at whatever depth.
    pub(crate) fn leaves(&self, place: usize) -> impl Iterator<Item = usize> {
        let mut waiting = vec![place];
        std::iter::from_fn(move || {
            loop {
                let place = waiting.pop()?;
                let parts = &self.laid.parts[place];
                if parts.is_empty() {
                    return Some(place);
                }
                waiting.extend(parts.iter().rev());
            }
        })
    }

    /// The first and the last day of something.
    pub(crate) fn days(&self, item: Item) -> (NaiveDate, NaiveDate) {
        let (dates, zone) = (self.dates(item), self.laid.calendars[0].1.zone);
        let first = day_of(zone, dates.early_start);
        (first, last_day_of(zone, dates.early_finish).max(first))
    }

    /// What decides when an activity starts: behind the begin of a task that it is part of stands what that waits for.
    pub(crate) fn cause(&self, driver: Driver) -> Cause {
        let mut driver = driver;
        loop {
            let Driver::Link(link) = driver else {
                return match driver {
                    Driver::Constraint => Cause::Constraint,
                    Driver::Actual => Cause::Actual,
                    _ => Cause::Project,
                };
            };
            if let Some(dependency) = self.laid.sources[link] {
                return Cause::Link(dependency);
            }
            let before = self.laid.network.links()[link].predecessor;
            match self.laid.nodes[before] {
                Node::Begin(_) | Node::End(_) => driver = self.schedule.dates[before].driver,
                node => return Cause::Work(node.into()),
            }
        }
    }

    /// What drives the finish, in its order.
    pub(crate) fn critical_path(&self) -> Vec<Item> {
        self.items(self.schedule.critical_path.iter().copied()).collect()
    }

    /// What activities stand for, begin and end of a task that follow each other as one.
    fn items(&self, activities: impl Iterator<Item = usize>) -> impl Iterator<Item = Item> {
        let mut last = None;
        let items = activities.map(|at| Item::from(self.laid.nodes[at]));
        items.filter(move |item| last.replace(*item) != Some(*item))
    }

    /// Start of the first and finish of the last task or milestone that is not waived; none without any.
    pub(crate) fn span(&self) -> Option<(Instant, Instant)> {
        let waived = |node: &Node| match node {
            Node::Milestone(place) => {
                self.source.milestones[*place].status == MilestoneStatus::Waived.as_str()
            }
            Node::Begin(_) | Node::End(_) => true,
            Node::Task(_) => false,
        };
        let dates = self.laid.nodes.iter().zip(&self.schedule.dates).filter(|(node, _)| !waived(node));
        dates.fold(None, |span, (_, dates)| {
            let (start, finish) = span.unwrap_or((dates.early_start, dates.early_finish));
            Some((start.min(dates.early_start), finish.max(dates.early_finish)))
        })
    }

    /// The wishes that contradict each other, each once, and how many there are: loops, then what is missed by most, at
    /// most [`MAX_CONFLICTS`] of them.
    pub(crate) fn conflicts(&self) -> (Vec<Conflict>, usize) {
        let loops = self.laid.loops.iter().map(|(dependency, members)| {
            (self.laid.nodes[members[0]].into(), Wished::Loop(*dependency), 0, Behind::Loop(members))
        });
        let found = self.schedule.conflicts.iter().filter_map(|conflict| {
            let wish = match conflict.wish {
                Wish::MustStart(at) => Wished::MustStart(at),
                Wish::Deadline(at) => Wished::Deadline(at),
                // Reason: that parts come after the begin of their task is a wish only as far as it waits itself.
                Wish::Link(link) => {
                    Wished::Link(self.laid.sources[link].or_else(
                        || match self.cause(Driver::Link(link)) {
                            Cause::Link(dependency) => Some(dependency),
                            _ => None,
                        },
                    )?)
                }
            };
            Some((self.laid.nodes[conflict.activity].into(), wish, conflict.by, Behind::Found(conflict)))
        });
        let mut conflicts: Vec<(Item, Wished, Work, Behind<'_>)> =
            loops.chain(found).chain(self.overdue()).collect();
        let count = conflicts.len() + self.laid.more_loops;
        conflicts.sort_by_key(|(_, wish, by, _)| (!matches!(wish, Wished::Loop(_)), Reverse(*by)));
        conflicts.truncate(MAX_CONFLICTS);
        let told = |(item, wish, by, behind)| {
            let (path, more) = self.path(item, &behind);
            Conflict { item, wish, by, path, more }
        };
        (conflicts.into_iter().map(told).collect(), count)
    }

    /// What stands behind a conflict of something, as far as it is told, and how much more does.
    fn path(&self, item: Item, behind: &Behind<'_>) -> (Vec<Item>, usize) {
        match behind {
            Behind::Itself => (vec![item], 0),
            Behind::Loop(members) => cut(self.items(members.iter().copied())),
            Behind::Found(conflict) => {
                let behind = self.laid.network.behind(&self.schedule.dates, conflict);
                let (mut path, more) = cut(self.items(behind));
                path.reverse();
                (path, more)
            }
        }
    }

    /// What was put by hand on days that are over, and has not begun.
    fn overdue(&self) -> impl Iterator<Item = (Item, Wished, Work, Behind<'_>)> {
        self.laid.overdue.iter().filter_map(|(place, wished)| {
            let calendar = self.laid.network.calendar(self.laid.by_calendar[*place])?;
            let item = Item::Task(*place);
            let by = calendar.between(*wished, self.dates(item).early_start);
            Some((item, Wished::Begun(*wished), by, Behind::Itself))
        })
    }

    /// Whether more dependencies loop than are told one by one, and the one with this place is the last of these.
    pub(crate) fn ends_loops(&self, dependency: usize) -> bool {
        let Laid { loops, more_loops, .. } = &self.laid;
        *more_loops > 0 && loops.last().is_some_and(|(last, _)| *last == dependency)
    }

    /// Whether a task is done; of a task with parts, whether all of them are.
    pub(crate) fn is_done(&self, place: usize) -> bool {
        self.leaves(place).all(|leaf| self.source.tasks[leaf].state() == TaskStatus::Done)
    }

    /// What a dependency waits for.
    pub(crate) fn before(&self, link: usize) -> Option<Item> {
        let row = &self.source.links[link];
        let task = row.pred_task_id.and_then(|id| self.laid.places.get(&id)).map(|place| Item::Task(*place));
        let milestone = || {
            let place = self.source.milestones.iter().position(|one| Some(one.id) == row.pred_milestone_id);
            place.map(Item::Milestone)
        };
        task.or_else(milestone)
    }
}

/// The first [`MAX_PATH`], and how many more there are.
fn cut(mut items: impl Iterator<Item = Item>) -> (Vec<Item>, usize) {
    (items.by_ref().take(MAX_PATH).collect(), items.count())
}

fn is_past(dates: &Dates) -> bool {
    dates.driver == Driver::Actual
}

/// The last day that is written with a year of four digits.
pub(crate) fn last_day() -> NaiveDate {
    // Invariant: it is a day.
    NaiveDate::from_ymd_opt(9_999, 12, 31).unwrap_or(NaiveDate::MAX)
}

/// What sentences call a task or milestone.
pub(crate) fn label(source: &Source, item: Item) -> String {
    match item {
        Item::Task(place) => source.tasks[place].label(),
        Item::Milestone(place) => source.milestones[place].name.clone(),
    }
}

#[cfg(test)]
#[path = "analysis_tests.rs"]
mod tests;
