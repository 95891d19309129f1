//! Resource levelling: activities wait until the people whom they need are free.
//!
//! The serial schedule generation scheme (J. E. Kelley, "The critical-path method: resources planning and scheduling",
//! 1963; R. Kolisch, "Serial and parallel resource-constrained project scheduling methods revisited", 1996): activities
//! are placed one after the other, each as early as its links and the free time of its resources allow. The objective is
//! an early finish; of those whose predecessors are placed the next is the one with the least total float, then with the
//! highest priority, then with the earliest early start, then the first in the list. What was put by hand is placed
//! before all others and does not move; what has begun goes on as soon as its links let it and waits for nobody, and
//! what must start at an instant starts there or when its links let it. The same network gives the same plan, and each
//! move says what it is for.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    calendar::{Instant, Work},
    network::{Constraint, Network, NodeKind},
    usage::Usage,
};

/// Most of those that a move names of who had a resource.
pub const MAX_OTHERS: usize = 20;

/// Most overloads that are told.
pub const MAX_OVERLOADS: usize = 100;

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
    /// By activity; lower goes first, whatever the float, as what starts earlier. Missing ones are 0.
    pub ranks: Vec<i64>,
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
    /// What could not be resolved, in the order of placing; at most [`MAX_OVERLOADS`].
    pub overloads: Vec<Overload>,
    /// How much could not be resolved in all.
    pub overload_count: usize,
}

/// An activity that levelling moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The activity.
    pub activity: usize,
    /// Its early start; of what has begun, when it could go on.
    pub from: Instant,
    /// Its start now; of what has begun, when it goes on.
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
        /// Who had it, each with the rule by which it went first; at most [`MAX_OTHERS`], who had it until latest
        /// first.
        others: Vec<(usize, Rule)>,
        /// How many had it in all.
        count: usize,
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

/// What comes first: lowest rank, least float, highest priority, earliest start, place in the list.
type Urgency = ((i64, Work), Reverse<i32>, Instant, usize);

struct Levelling<'a> {
    network: &'a Network,
    resources: &'a Resources,
    /// By place in the order of the passes.
    demands: Vec<Vec<(usize, i64)>>,
    early: Vec<Work>,
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
    overload_count: usize,
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
            overload_count: levelling.overload_count,
        }
    }
}

impl<'a> Levelling<'a> {
    fn new(network: &'a Network, resources: &'a Resources) -> Self {
        let early: Vec<Work> = network.forward().into_iter().map(|(place, _)| place).collect();
        let finish = (0..network.len()).map(|at| network.finish(at, early[at])).max();
        let late = network.backward(finish.unwrap_or_default());
        let mut demands: Vec<Vec<(usize, i64)>> = vec![Vec::new(); network.len()];
        let needs = |at: &usize| {
            let node = &network.nodes[*at];
            node.duration > 0 && !matches!(node.kind, NodeKind::Finished(..))
        };
        for demand in &resources.demands {
            let known = demand.resource < resources.capacities.len() && demand.units > 0;
            let place = network.place.get(demand.activity).filter(|_| known);
            if let Some(at) = place.map(|at| *at as usize).filter(needs) {
                let units = i64::from(demand.units);
                match demands[at].iter_mut().find(|(resource, _)| *resource == demand.resource) {
                    Some((_, sum)) => *sum += units,
                    None => demands[at].push((demand.resource, units)),
                }
            }
        }
        let urgency = |at: usize| {
            let (node, activity) = (&network.nodes[at], network.order[at] as usize);
            let priority = resources.priorities.get(activity).copied().unwrap_or_default();
            let (rank, float) = match node.kind {
                // Reason: what has begun goes on as soon as its links let it, before who waits for people.
                NodeKind::Started(_) => (i64::MIN, Work::MIN),
                _ => {
                    let rank = resources.ranks.get(activity).copied().unwrap_or_default();
                    (rank, network.float(node, early[at], late[at]))
                }
            };
            ((rank, float), Reverse(priority), network.axis(node).start_of(early[at]), activity)
        };
        Self {
            urgency: (0..network.len()).map(urgency).collect(),
            usage: resources.capacities.iter().map(|_| Usage::default()).collect(),
            places: early.clone(),
            ready: vec![0; network.len()],
            placed: vec![None; network.len()],
            count: 0,
            moves: Vec::new(),
            overloads: Vec::new(),
            overload_count: 0,
            network,
            resources,
            demands,
            early,
            late,
        }
    }

    fn run(&mut self) {
        let network = self.network;
        for at in 0..network.len() {
            let known = match network.nodes[at].kind {
                NodeKind::Finished(..) | NodeKind::Manual => true,
                NodeKind::Started(_) => self.waiting(at) == 0,
                NodeKind::Free => false,
            };
            if known {
                self.level(at);
            }
        }
        let mut waiting: Vec<usize> = (0..network.len()).map(|at| self.waiting(at)).collect();
        let next = (0..network.len()).filter(|at| self.placed[*at].is_none() && waiting[*at] == 0);
        let mut heap: BinaryHeap<Reverse<(Urgency, usize)>> =
            next.map(|at| Reverse((self.urgency[at], at))).collect();
        while let Some(Reverse((_, at))) = heap.pop() {
            self.level(at);
            for arc in network.outgoing.of(at) {
                let other = arc.other as usize;
                if self.placed[other].is_some() {
                    continue;
                }
                waiting[other] -= 1;
                if waiting[other] == 0 {
                    self.ready[other] = self.count;
                    heap.push(Reverse((self.urgency[other], other)));
                }
            }
        }
    }

    /// How many of those that a node waits for are not placed.
    fn waiting(&self, at: usize) -> usize {
        self.network.incoming.of(at).iter().filter(|arc| self.placed[arc.other as usize].is_none()).count()
    }

    /// Places a node as early as its links and resources allow.
    fn level(&mut self, at: usize) {
        let (network, node) = (self.network, &self.network.nodes[at]);
        let axis = network.axis(node);
        let earliest = network.earliest(at, &self.places);
        let (mut place, mut busy) = (earliest.0, None);
        while let Some((resource, from, to)) = self.crowded(at, place) {
            let next = axis.work_at(to);
            if self.is_held(at) || (self.resources.within_float && next > self.late[at]) {
                (place, busy) = (earliest.0, None);
                self.overload(at, place);
                break;
            }
            (place, busy) = (next, Some((resource, from, to)));
        }
        let from = self.early[at];
        if place > from {
            let cause = busy.map(|(resource, begin, end)| {
                let (holders, count) = self.usage[resource].holders(begin, end, MAX_OTHERS);
                let others = holders.into_iter().map(|other| (other, self.rule(other, at))).collect();
                Cause::Busy { resource, others, count }
            });
            if let Some(cause) = cause.or(earliest.1.map(Cause::Follows)) {
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

    /// Whether a node is not done later for want of people: two of these may want the same one, which is told. So is
    /// what needs more than there is.
    fn is_held(&self, at: usize) -> bool {
        let activity = &self.network.activities[self.network.order[at] as usize];
        // Reason: what must start then would not outlast its day.
        let fixed = self.network.nodes[at].kind != NodeKind::Free
            || matches!(activity.constraint, Constraint::MustStart(_));
        fixed || self.demands[at].iter().any(|(resource, units)| self.room(*resource, *units) < 0)
    }

    /// How much of a resource others may take so that so many units are left.
    fn room(&self, resource: usize, units: i64) -> i64 {
        i64::from(self.resources.capacities[resource]) - units
    }

    /// When a node is done if it is placed there; what has begun, the rest of it.
    fn span(&self, at: usize, place: Work) -> (Instant, Instant) {
        let start = self.network.axis(&self.network.nodes[at]).start_of(place);
        (start, self.network.finish(at, place))
    }

    /// The first time in which a resource of a node has no room for it, if it is placed there.
    fn crowded(&self, at: usize, place: Work) -> Option<(usize, Instant, Instant)> {
        let (from, to) = self.span(at, place);
        self.demands[at].iter().find_map(|(resource, units)| {
            let (begin, end) = self.full(*resource, *units, from, to)?;
            Some((*resource, begin, end))
        })
    }

    /// The first part of a time in which a resource has no room for so many units.
    fn full(&self, resource: usize, units: i64, from: Instant, to: Instant) -> Option<(Instant, Instant)> {
        match self.room(resource, units) {
            room if room < 0 => Some((from, to)),
            room => self.usage[resource].crowded(from, to, room),
        }
    }

    /// Tells each time in which a resource of a node has no room for it where it is placed.
    fn overload(&mut self, at: usize, place: Work) {
        let (start, to) = self.span(at, place);
        for (resource, units) in self.demands[at].clone() {
            let mut from = start;
            while from < to
                && let Some((begin, end)) = self.full(resource, units, from, to)
            {
                from = end;
                self.overload_count += 1;
                if self.overloads.len() < MAX_OVERLOADS {
                    let activity = self.network.order[at] as usize;
                    self.overloads.push(Overload { resource, activity, from: begin, to: end.min(to) });
                }
            }
        }
    }

    fn put(&mut self, at: usize, place: Work) {
        self.places[at] = place;
        self.placed[at] = Some(self.count);
        self.count += 1;
        let (from, to) = self.span(at, place);
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
            () if one.0.0 != two.0.0 => Rule::Start,
            () if one.0.1 != two.0.1 => Rule::Float,
            () if one.1 != two.1 => Rule::Priority,
            () if one.2 != two.2 => Rule::Start,
            () => Rule::Order,
        }
    }
}

#[cfg(test)]
#[path = "level_tests.rs"]
mod tests;
