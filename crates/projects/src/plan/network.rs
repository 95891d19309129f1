//! The network of a plan: which activities there are, by whose calendar, and what waits for what.
//!
//! A task without parts is an activity. A task with parts is two instants, its begin and its end: its parts begin after
//! the one and are done before the other, and links of the task hang on them, so that what waits for the task waits for
//! its last part, and what the task waits for, or the day it must not start before, is waited for by each of its parts.
//! A milestone is an instant after the tasks that belong to it, with its due date as deadline. What is not begun is done
//! from the project's start on, or where somebody put it, and not before the instant that the plan is made as of.

mod activities;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::id::{MilestoneId, TaskId, UserId};
use schedule::{
    Activity, Calendar, Constraint, Instant, Kind, Link, Network, Pattern, Progress, Unsound, Work,
    calendar::{instant, next_day},
};

use self::activities::Leaf;
use super::{
    load::{MilestoneRow, Source},
    whose::Whose,
};
use crate::words::MilestoneStatus;

/// What an activity of the network stands for; tasks and milestones by their places in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// A task without parts.
    Task(usize),
    /// The begin of a task with parts.
    Begin(usize),
    /// The end of a task with parts.
    End(usize),
    /// A milestone.
    Milestone(usize),
}

/// A plan laid out.
pub(crate) struct Laid {
    pub(crate) network: Network,
    /// By activity.
    pub(crate) nodes: Vec<Node>,
    /// By task: the activities with which it begins and ends.
    pub(crate) ends: Vec<(usize, usize)>,
    /// By milestone.
    pub(crate) marks: Vec<usize>,
    /// By link of the network, the dependency in the source; none for what follows from parts and milestones.
    pub(crate) sources: Vec<Option<usize>>,
    /// The places of the tasks.
    pub(crate) places: HashMap<TaskId, usize>,
    /// By task: its parts.
    pub(crate) parts: Vec<Vec<usize>>,
    /// By task: how long it takes as a whole, in working minutes; none for tasks with parts.
    pub(crate) durations: Vec<Option<Work>>,
    /// The calendars that differ, the agency's first, with whose they are.
    pub(crate) calendars: Vec<(Whose, Arc<Pattern>)>,
    /// By task: the place of its calendar.
    pub(crate) by_calendar: Vec<usize>,
    /// Dependencies that were left out because they would have made work wait for itself, with who would have; at most
    /// [`MAX_LOOPS`].
    pub(crate) loops: Vec<(usize, Vec<usize>)>,
    /// How many more were left out.
    pub(crate) more_loops: usize,
    /// Tasks that were put by hand on a day that is over, and have not begun: which, and when they ought to have.
    pub(crate) overdue: Vec<(usize, Instant)>,
}

/// Dependencies that are left out one by one, each with its loop. Each takes a pass over the plan, and who has so many
/// has the first of them to mend; of what loops beyond, everything is left out at once.
const MAX_LOOPS: usize = 64;

/// Why there is no plan.
#[derive(Debug)]
pub(crate) enum NoPlan {
    /// These tasks and milestones wait for each other.
    Cycle(Vec<Node>),
    /// It should never happen.
    Unsound(Unsound),
}

/// An instant in minutes.
pub(crate) fn minutes(time: DateTime<Utc>) -> Instant {
    time.timestamp().div_euclid(60)
}

impl Laid {
    /// Lays out a plan as of an instant; what is not begun is done from `from` on, if that is later.
    ///
    /// # Errors
    /// Tasks that wait for each other.
    pub(crate) fn new(
        source: &Source,
        as_of: DateTime<Utc>,
        from: Option<NaiveDate>,
    ) -> Result<Self, NoPlan> {
        let mut builder = Builder::new(source, minutes(as_of));
        builder.tasks();
        builder.milestones();
        builder.hang_together();
        let start = builder.start(from);
        let (mut loops, mut more_loops) = (Vec::new(), 0);
        let mut left_out = BTreeSet::new();
        loop {
            let (links, sources) = builder.links(&left_out);
            let made = Network::new(
                builder.laid_out.clone(),
                0,
                start,
                builder.as_of,
                builder.activities.clone(),
                links,
            );
            match made {
                Ok(network) => return Ok(builder.done(network, sources, (loops, more_loops))),
                Err(Unsound::Cycle(members)) => match builder.offender(&members, &left_out) {
                    // Reason: a task may wait by way of others for one that it is part of, which only the plan can tell;
                    // the dependency is left out and told, for without it everything else has a date.
                    Some(link) if loops.len() < MAX_LOOPS => {
                        left_out.insert(link);
                        loops.push((link, members));
                    }
                    Some(_) => {
                        let rest = builder.looping(&left_out);
                        more_loops += rest.len();
                        left_out.extend(rest);
                    }
                    None => {
                        return Err(NoPlan::Cycle(members.iter().map(|at| builder.nodes[*at]).collect()));
                    }
                },
                Err(other) => return Err(NoPlan::Unsound(other)),
            }
        }
    }
}

pub(super) struct Builder<'a> {
    pub(super) source: &'a Source,
    as_of: Instant,
    day: Work,
    pub(super) calendars: Vec<(Whose, Arc<Pattern>)>,
    pub(super) laid_out: Vec<Calendar>,
    /// By those who do something, in order: the place of their calendar.
    pub(super) of_doers: HashMap<Vec<UserId>, usize>,
    pub(super) places: HashMap<TaskId, usize>,
    activities: Vec<Activity>,
    pub(super) nodes: Vec<Node>,
    pub(super) ends: Vec<(usize, usize)>,
    parts: Vec<Vec<usize>>,
    durations: Vec<Option<Work>>,
    by_calendar: Vec<usize>,
    pub(super) marks: Vec<usize>,
    pub(super) mark_places: HashMap<MilestoneId, usize>,
    pub(super) structure: Vec<Link>,
    overdue: Vec<(usize, Instant)>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Source, as_of: Instant) -> Self {
        let agency = source.calendars.agency();
        let lay = |pattern: &Pattern| Calendar::new(pattern, source.days.0, source.days.1).ok();
        // Reason: an agency that never works has nothing to reckon with; around the clock is the least wrong.
        let continuous = || Calendar::new(&Pattern::continuous(), source.days.0, source.days.1).ok();
        let count = source.tasks.len();
        let places: HashMap<TaskId, usize> =
            source.tasks.iter().enumerate().map(|(place, task)| (task.id, place)).collect();
        let mut parts = vec![Vec::new(); count];
        for (place, task) in source.tasks.iter().enumerate() {
            if let Some(parent) = task.parent_id.and_then(|parent| places.get(&parent)) {
                parts[*parent].push(place);
            }
        }
        let week: Work = agency.week.iter().map(schedule::Hours::minutes).max().unwrap_or_default();
        Self {
            source,
            as_of,
            day: if week > 0 { week } else { 480 },
            calendars: vec![(Whose::Agency, agency.clone())],
            laid_out: lay(agency).or_else(continuous).into_iter().collect(),
            of_doers: HashMap::new(),
            places,
            activities: Vec::with_capacity(count),
            nodes: Vec::with_capacity(count),
            ends: vec![(0, 0); count],
            parts,
            durations: vec![None; count],
            by_calendar: vec![0; count],
            marks: Vec::new(),
            mark_places: HashMap::new(),
            structure: Vec::new(),
            overdue: Vec::new(),
        }
    }

    fn begin_of(&self, day: NaiveDate) -> Instant {
        instant(self.calendars[0].1.zone, day, 0)
    }

    fn end_of(&self, day: NaiveDate) -> Instant {
        instant(self.calendars[0].1.zone, next_day(day), 0)
    }

    fn add(&mut self, node: Node, activity: Activity) -> usize {
        self.nodes.push(node);
        self.activities.push(activity);
        self.activities.len() - 1
    }

    fn tasks(&mut self) {
        let source = self.source;
        let leaves: Vec<Option<Leaf>> = (0..source.tasks.len()).map(|place| self.leaf(place)).collect();
        for (place, task) in source.tasks.iter().enumerate() {
            let Some((calendar, whole, activity)) = leaves[place] else {
                let (begun, ended) = self.course(place, &leaves);
                // Reason: what is past is held by nothing, and the time since counts for those who wait for it.
                let past =
                    |at: Option<Instant>| at.map_or(Progress::NotStarted, |at| Progress::Finished(at, at));
                let constraint = begun.map_or_else(|| self.wish(task), |_| Constraint::None);
                let activity = Activity { constraint, progress: past(begun), ..Activity::default() };
                let begin = self.add(Node::Begin(place), activity);
                let deadline = task.deadline_on.map(|day| self.end_of(day));
                let activity = Activity { deadline, progress: past(ended), ..Activity::default() };
                let end = self.add(Node::End(place), activity);
                self.ends[place] = (begin, end);
                continue;
            };
            if matches!(activity.constraint, Constraint::Manual(_)) {
                self.overdue.extend(self.overdue(task, calendar).map(|start| (place, start)));
            }
            let at = self.add(Node::Task(place), activity);
            (self.ends[place], self.durations[place], self.by_calendar[place]) =
                ((at, at), Some(whole), calendar);
        }
    }

    fn milestones(&mut self) {
        let source = self.source;
        for (place, row) in source.milestones.iter().enumerate() {
            let activity = self.mark(row);
            let at = self.add(Node::Milestone(place), activity);
            self.mark_places.insert(row.id, place);
            self.marks.push(at);
        }
    }

    fn mark(&self, row: &MilestoneRow) -> Activity {
        let deadline = row.due_on.map(|day| self.end_of(day));
        match MilestoneStatus::parse(&row.status).unwrap_or_default() {
            MilestoneStatus::Completed => {
                let at = row.completed_at.map_or(self.as_of, minutes);
                Activity { progress: Progress::Finished(at, at), ..Activity::default() }
            }
            // Reason: what is waived holds up nothing, and is not what the project is finished with either: it is past,
            // before everything else.
            MilestoneStatus::Waived => Activity { progress: Progress::Finished(0, 0), ..Activity::default() },
            _ => Activity { deadline, ..Activity::default() },
        }
    }

    /// Parts between the begin and the end of their task, tasks before their milestone.
    fn hang_together(&mut self) {
        let waits =
            |predecessor, successor| Link { predecessor, successor, kind: Kind::FinishToStart, lag: 0 };
        for (place, parts) in self.parts.iter().enumerate() {
            for part in parts {
                self.structure.push(waits(self.ends[place].0, self.ends[*part].0));
                self.structure.push(waits(self.ends[*part].1, self.ends[place].1));
            }
        }
        for (place, task) in self.source.tasks.iter().enumerate() {
            if let Some(mark) = task.milestone_id.and_then(|id| self.mark_places.get(&id)) {
                self.structure.push(waits(self.ends[place].1, self.marks[*mark]));
            }
        }
    }

    /// The first instant of what is not begun.
    fn start(&self, from: Option<NaiveDate>) -> Instant {
        let first = self.source.tasks.iter().filter_map(|task| task.start_on).min();
        let project = &self.source.project;
        // Reason: where work has begun, that it was to begin later holds nothing any more.
        let planned = project.estimated_start.or(first).filter(|_| project.actual_start.is_none());
        let start = planned.map(|day| self.begin_of(day));
        let from = from.map(|day| self.begin_of(day));
        start.into_iter().chain(from).fold(self.as_of, Instant::max)
    }

    fn done(
        self,
        network: Network,
        sources: Vec<Option<usize>>,
        (loops, more_loops): (Vec<(usize, Vec<usize>)>, usize),
    ) -> Laid {
        let Self { nodes, ends, marks, places, parts, durations, calendars, by_calendar, overdue, .. } = self;
        Laid {
            network,
            nodes,
            ends,
            marks,
            sources,
            places,
            parts,
            durations,
            calendars,
            by_calendar,
            loops,
            more_loops,
            overdue,
        }
    }
}

/// The share of one of so many people in a piece of work, in whole minutes and at least one.
fn shared(work: Work, people: Work) -> Work {
    (work + people - 1).div_euclid(people).max(1)
}
