//! Resource levelling: activities wait until the people whom they need are free.
//!
//! The serial schedule generation scheme (J. E. Kelley, "The critical-path method: resources planning and scheduling",
//! 1963; R. Kolisch, "Serial and parallel resource-constrained project scheduling methods revisited", 1996): activities
//! are placed one after the other, each as early as its links and the free time of its resources allow. The objective is
//! an early finish; of those whose predecessors are placed the next is the one with the least total float, then with the
//! highest priority, then with the earliest early start, then the first in the list. What has begun or was put by hand is
//! placed before all others and does not move, and what must start at an instant starts there or when its links let it.
//! The same network gives the same plan, and each move says what it is for.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use crate::{
    calendar::{Instant, Work},
    network::{Constraint, Network, NodeKind},
    pass::Driver,
};

/// What an activity needs of a resource while it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The activity.
    pub activity: usize,
    /// The resource: its place in the list of capacities.
    pub resource: usize,
    /// How much of it, in the unit of its capacity.
    pub units: u32,
}

/// What is levelled.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// What each resource has, in a unit of its own: 10 000 for a person is their whole time.
    pub capacities: Vec<u32>,
    /// Who needs what; demands of finished activities and of milestones do not count.
    pub demands: Vec<Demand>,
    /// By activity; higher goes first. Missing ones are 0.
    pub priorities: Vec<i32>,
    /// Whether nothing may move beyond its latest dates; what then does not fit stays overloaded and is told.
    pub within_float: bool,
}

/// A plan in which nobody is needed more than they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levelled {
    /// Start and finish by activity.
    pub dates: Vec<(Instant, Instant)>,
    /// The finish of the last; none for a network without activities.
    pub finish: Option<Instant>,
    /// What starts later than its links ask for, or than before, in the order of placing.
    pub moves: Vec<Move>,
    /// What could not be resolved.
    pub overloads: Vec<Overload>,
}

/// An activity that levelling moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The activity.
    pub activity: usize,
    /// Its early start.
    pub from: Instant,
    /// Its start now.
    pub to: Instant,
    /// By how many working minutes of its calendar.
    pub by: Work,
    /// Why.
    pub cause: Cause,
}

/// Why an activity moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A resource was taken by others until just before its start.
    Busy {
        /// The resource.
        resource: usize,
        /// Who had it, each with the rule by which it went first.
        others: Vec<(usize, Rule)>,
    },
    /// The link with this place holds it, for its predecessor moved.
    Follows(usize),
}

/// Why an activity was placed before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It has begun, or was put where it is by hand.
    Fixed,
    /// Its links let it be placed while the other still waited for its own.
    Ready,
    /// It has less total float.
    Float,
    /// It has a higher priority.
    Priority,
    /// It can start earlier.
    Start,
    /// It comes first in the list.
    Order,
}

/// A resource that is still needed more than it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overload {
    /// The resource.
    pub resource: usize,
    /// The activity that did not fit.
    pub activity: usize,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
}

/// What comes first: least float, highest priority, earliest start, place in the list.
type Urgency = (Work, Reverse<i32>, Instant, usize);

/// The use of one resource: who has how much of it from when to when, and the level of all of them together.
#[derive(Default)]
struct Usage {
    taken: Vec<(Instant, Instant, usize)>,
    /// From each instant on, until the next.
    levels: BTreeMap<Instant, i64>,
}

impl Usage {
    /// The first part of a time in which no room is for so many units.
    fn crowded(&self, from: Instant, to: Instant, room: i64) -> Option<(Instant, Instant)> {
        let before = self.levels.range(..=from).next_back().map(|(_, level)| (from, *level));
        let within = self.levels.range(from + 1..to).map(|(at, level)| (*at, *level));
        let begin = before.into_iter().chain(within).find(|(_, level)| *level > room)?.0;
        let mut after = self.levels.range(begin + 1..);
        let end = after.find(|(_, level)| **level <= room).map_or(to, |(at, _)| *at);
        Some((begin, end))
    }

    fn take(&mut self, from: Instant, to: Instant, units: i64, activity: usize) {
        for edge in [from, to] {
            let level = self.levels.range(..=edge).next_back().map_or(0, |(_, level)| *level);
            self.levels.entry(edge).or_insert(level);
        }
        self.levels.range_mut(from..to).for_each(|(_, level)| *level += units);
        self.taken.push((from, to, activity));
    }

    /// Who has it in a part of time, in the order of taking.
    fn holders(&self, from: Instant, to: Instant) -> impl Iterator<Item = usize> {
        self.taken.iter().filter(move |taken| taken.0 < to && taken.1 > from).map(|taken| taken.2)
    }
}

struct Levelling<'a> {
    network: &'a Network,
    resources: &'a Resources,
    /// By place in the order of the passes.
    demands: Vec<Vec<(usize, i64)>>,
    early: Vec<(Work, Driver)>,
    late: Vec<Work>,
    places: Vec<Work>,
    urgency: Vec<Urgency>,
    usage: Vec<Usage>,
    /// The number of those placed when a node could be placed itself.
    ready: Vec<usize>,
    /// The number of a node in the order of placing.
    placed: Vec<Option<usize>>,
    /// How many are placed.
    count: usize,
    moves: Vec<Move>,
    overloads: Vec<Overload>,
}

impl Network {
    /// Levels the network. Demands for activities or resources that are not there are left out.
    #[must_use]
    pub fn level(&self, resources: &Resources) -> Levelled {
        let mut levelling = Levelling::new(self, resources);
        levelling.run();
        let finish_of = |at: usize| self.finish(at, levelling.places[at]);
        let dates = self.place.iter().map(|at| {
            let (at, node) = (*at as usize, &self.nodes[*at as usize]);
            let start = match node.kind {
                NodeKind::Finished(start, _) | NodeKind::Started(start) => start,
                NodeKind::Free | NodeKind::Manual => self.axis(node).start_of(levelling.places[at]),
            };
            (start, finish_of(at))
        });
        Levelled {
            dates: dates.collect(),
            finish: (0..self.len()).map(finish_of).max(),
            moves: levelling.moves,
            overloads: levelling.overloads,
        }
    }
}

impl<'a> Levelling<'a> {
    fn new(network: &'a Network, resources: &'a Resources) -> Self {
        let early = network.forward();
        let finish = (0..network.len()).map(|at| network.finish(at, early[at].0)).max();
        let late = network.backward(finish.unwrap_or_default());
        let mut demands = vec![Vec::new(); network.len()];
        for demand in &resources.demands {
            let known = demand.resource < resources.capacities.len() && demand.units > 0;
            let place = network.place.get(demand.activity).filter(|_| known);
            if let Some(at) = place.map(|at| *at as usize).filter(|at| network.nodes[*at].duration > 0) {
                demands[at].push((demand.resource, i64::from(demand.units)));
            }
        }
        let urgency = |at: usize| {
            let (node, activity) = (&network.nodes[at], network.order[at] as usize);
            let priority = resources.priorities.get(activity).copied().unwrap_or_default();
            let float = network.float(node, early[at].0, late[at]);
            (float, Reverse(priority), network.axis(node).start_of(early[at].0), activity)
        };
        Self {
            urgency: (0..network.len()).map(urgency).collect(),
            usage: resources.capacities.iter().map(|_| Usage::default()).collect(),
            places: early.iter().map(|early| early.0).collect(),
            ready: vec![0; network.len()],
            placed: vec![None; network.len()],
            count: 0,
            moves: Vec::new(),
            overloads: Vec::new(),
            network,
            resources,
            demands,
            early,
            late,
        }
    }

    fn run(&mut self) {
        let network = self.network;
        let is_fixed = |at: &usize| network.nodes[*at].kind != NodeKind::Free;
        for at in (0..network.len()).filter(is_fixed) {
            // Reason: what has begun goes on as early as it can, and what was put by hand stays: two of them may want
            // the same resource, which is told.
            if let Some((resource, from, to)) = self.crowded(at, self.early[at].0) {
                self.overloads.push(Overload { resource, activity: network.order[at] as usize, from, to });
            }
            self.put(at, self.early[at].0);
        }
        let mut waiting: Vec<usize> = (0..network.len())
            .map(|at| {
                let arcs = network.incoming.of(at).iter();
                arcs.filter(|arc| self.placed[arc.other as usize].is_none()).count()
            })
            .collect();
        let free = (0..network.len()).filter(|at| !is_fixed(at) && waiting[*at] == 0);
        let mut heap: BinaryHeap<Reverse<(Urgency, usize)>> =
            free.map(|at| Reverse((self.urgency[at], at))).collect();
        while let Some(Reverse((_, at))) = heap.pop() {
            self.level(at);
            for arc in network.outgoing.of(at).iter().filter(|arc| !is_fixed(&(arc.other as usize))) {
                let other = arc.other as usize;
                waiting[other] -= 1;
                if waiting[other] == 0 {
                    self.ready[other] = self.count;
                    heap.push(Reverse((self.urgency[other], other)));
                }
            }
        }
    }

    /// Places a node as early as its links and resources allow.
    fn level(&mut self, at: usize) {
        let (network, node) = (self.network, &self.network.nodes[at]);
        let axis = network.axis(node);
        let mut earliest = (node.floor, None);
        for arc in network.incoming.of(at) {
            let other = arc.other as usize;
            let finish = network.finish(other, self.places[other]);
            let needed = network.needed(arc, self.places[other], finish, node);
            if needed > earliest.0 {
                earliest = (needed, Some(arc.link as usize));
            }
        }
        let (mut place, mut busy) = (earliest.0, None);
        while let Some((resource, from, to)) = self.crowded(at, place) {
            // Reason: what must start then is not done later for want of people, which its day would not outlast.
            let never = self.must_start(at)
                || i64::from(self.resources.capacities[resource]) < self.units(at, resource);
            let next = axis.work_at(to);
            if never || (self.resources.within_float && next > self.late[at]) {
                self.overloads.push(Overload { resource, activity: network.order[at] as usize, from, to });
                (place, busy) = (earliest.0, None);
                break;
            }
            (place, busy) = (next, Some((resource, from, to)));
        }
        let from = self.early[at].0;
        if place > from {
            let others = busy.map(|(resource, begin, end)| {
                let holders: Vec<usize> = self.usage[resource].holders(begin, end).collect();
                let others = holders.into_iter().map(|other| (other, self.rule(other, at))).collect();
                Cause::Busy { resource, others }
            });
            if let Some(cause) = others.or(earliest.1.map(Cause::Follows)) {
                self.moves.push(Move {
                    activity: network.order[at] as usize,
                    from: axis.start_of(from),
                    to: axis.start_of(place),
                    by: network.float(node, from, place),
                    cause,
                });
            }
        }
        self.put(at, place);
    }

    /// Whether a node has an instant at which it must start.
    fn must_start(&self, at: usize) -> bool {
        let activity = &self.network.activities[self.network.order[at] as usize];
        matches!(activity.constraint, Constraint::MustStart(_))
    }

    fn units(&self, at: usize, resource: usize) -> i64 {
        self.demands[at].iter().filter(|demand| demand.0 == resource).map(|demand| demand.1).sum()
    }

    /// The first time in which a resource of a node has no room for it, if it is placed there.
    fn crowded(&self, at: usize, place: Work) -> Option<(usize, Instant, Instant)> {
        if let NodeKind::Finished(..) = self.network.nodes[at].kind {
            return None;
        }
        let axis = self.network.axis(&self.network.nodes[at]);
        let (from, to) = (axis.start_of(place), self.network.finish(at, place));
        self.demands[at].iter().find_map(|(resource, _)| {
            let room = i64::from(self.resources.capacities[*resource]) - self.units(at, *resource);
            let (begin, end) = match room < 0 {
                true => (from, to),
                false => self.usage[*resource].crowded(from, to, room)?,
            };
            Some((*resource, begin, end))
        })
    }

    fn put(&mut self, at: usize, place: Work) {
        self.places[at] = place;
        self.placed[at] = Some(self.count);
        self.count += 1;
        let node = &self.network.nodes[at];
        if let NodeKind::Finished(..) = node.kind {
            return;
        }
        let (from, to) = (self.network.axis(node).start_of(place), self.network.finish(at, place));
        for (resource, units) in self.demands[at].clone() {
            self.usage[resource].take(from, to, units, self.network.order[at] as usize);
        }
    }

    /// Why an activity went before a node.
    fn rule(&self, other: usize, at: usize) -> Rule {
        let before = self.network.place[other] as usize;
        if self.network.nodes[before].kind != NodeKind::Free {
            return Rule::Fixed;
        }
        if self.placed[before].is_some_and(|placed| placed < self.ready[at]) {
            return Rule::Ready;
        }
        let (one, two) = (&self.urgency[before], &self.urgency[at]);
        match () {
            () if one.0 != two.0 => Rule::Float,
            () if one.1 != two.1 => Rule::Priority,
            () if one.2 != two.2 => Rule::Start,
            () => Rule::Order,
        }
    }
}

#[cfg(test)]
#[path = "level_tests.rs"]
mod tests;
