//! The passes: earliest and latest dates, floats, what drives each activity, and which wishes contradict each other.
//!
//! An activity's place is a number on its own calendar's axis, the working minutes before its start. A link is a map from
//! its predecessor's place to the least place that it leaves its successor; the forward pass takes the greatest of them.
//! Each such map is a chain of steps ("finish of", "shifted by the lag", "work at") that never turn later into earlier,
//! so that each has a counterpart that answers the latest input for which the output is not too late; the backward pass
//! goes through these. That keeps early and late dates true to each other where calendars differ: no float is below zero
//! unless a deadline or a fixed start asks for it.

use crate::{
    calendar::{Instant, Work},
    network::{Arc, Axis, Constraint, Network, Node, NodeKind, Progress},
};

/// What decides an activity's earliest start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The project's start or its status date.
    Project,
    /// Its own constraint.
    Constraint,
    /// The link with this place in the list.
    Link(usize),
    /// It is past.
    Actual,
}

/// The dates of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// The earliest start; of what has begun, when it did.
    pub early_start: Instant,
    /// The earliest finish.
    pub early_finish: Instant,
    /// The latest start that delays neither the project's finish nor breaks a deadline or a fixed start.
    pub late_start: Instant,
    /// The finish of that.
    pub late_finish: Instant,
    /// How much later it can start, in working minutes of its calendar (of the calendar of lags for a milestone). Below
    /// zero it is too late already. Zero for what is finished.
    pub total_float: Work,
    /// How much later it can start without making anybody else later; at most the total float, and not below zero.
    pub free_float: Work,
    /// Whether it has no total float and is not finished.
    pub critical: bool,
    /// What decides its earliest start.
    pub driver: Driver,
}

/// A wish that cannot be kept. Nothing is moved for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The activity whose wish it is, or that stands in the way of its own link.
    pub activity: usize,
    /// What was wished.
    pub wish: Wish,
    /// By how many working minutes of the activity's calendar it is missed.
    pub by: Work,
}

/// What cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It must start at this instant, and starts later.
    MustStart(Instant),
    /// It was put by hand where this link does not let it be.
    Link(usize),
    /// It ought to be finished by this instant, and finishes later.
    Deadline(Instant),
}

/// What drives a node that no link drives.
pub(crate) const OWN: u32 = u32::MAX;

/// The outcome of a forward pass, in the order of the passes; used again for the next one.
#[derive(Clone, Debug)]
pub(crate) struct Placing {
    /// Places on the nodes' own axes.
    pub(crate) places: Vec<Work>,
    /// The driving links, or [`OWN`].
    pub(crate) drivers: Vec<u32>,
    /// When they finish.
    pub(crate) finishes: Vec<Instant>,
}

impl Placing {
    pub(crate) fn new(count: usize) -> Self {
        Self { places: vec![0; count], drivers: vec![OWN; count], finishes: vec![0; count] }
    }
}

/// A network's dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// By activity.
    pub dates: Vec<Dates>,
    /// When the first activity starts; none for a network without any.
    pub start: Option<Instant>,
    /// When the last activity finishes.
    pub finish: Option<Instant>,
    /// One longest path: the activities that drive the finish, in their order.
    pub critical_path: Vec<usize>,
    /// Wishes that contradict each other; [`Network::behind`] answers why.
    pub conflicts: Vec<Conflict>,
}

impl Network {
    /// The dates of all activities.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        let early = self.forward();
        let finish = (0..self.len()).map(|at| self.finish(at, early[at].0)).max();
        let late = self.backward(finish.unwrap_or_default());
        let mut dates = vec![None; self.len()];
        for (at, activity) in self.order.iter().enumerate() {
            dates[*activity as usize] = Some(self.dates(at, &early, late[at], finish.unwrap_or_default()));
        }
        let dates: Vec<Dates> = dates.into_iter().flatten().collect();
        let start = dates.iter().map(|dates| dates.early_start).min();
        let last = dates.iter().enumerate().rev().max_by_key(|(_, dates)| dates.early_finish);
        let mut critical_path: Vec<usize> =
            last.into_iter().flat_map(|(activity, _)| self.way_back(&dates, activity)).collect();
        critical_path.reverse();
        let conflicts = self.conflicts(&early);
        Schedule { dates, start, finish, critical_path, conflicts }
    }

    /// The earliest place of each node with the durations that the activities have, and what drives it there.
    pub(crate) fn forward(&self) -> Vec<(Work, Driver)> {
        let durations: Vec<Work> = self.nodes.iter().map(|node| node.duration).collect();
        let mut placing = Placing::new(self.len());
        self.place(&durations, &mut placing);
        let driver = |(at, link): (usize, &u32)| match *link {
            OWN => self.own_driver(at),
            link => Driver::Link(link as usize),
        };
        placing.places.iter().copied().zip(placing.drivers.iter().enumerate().map(driver)).collect()
    }

    /// The forward pass: the earliest place of each node with these durations, in the order of the passes.
    ///
    /// Of the instants that links ask for only the latest is looked up on the node's calendar, which is what
    /// [`Self::needed`] answers for each link alone.
    pub(crate) fn place(&self, durations: &[Work], placing: &mut Placing) {
        for (at, node) in self.nodes.iter().enumerate() {
            let (axis, duration) = (self.axis(node), durations[at]);
            let (mut place, mut driver) = (node.floor, OWN);
            let (mut start, mut finish) = ((Instant::MIN, OWN), (Instant::MIN, OWN));
            if matches!(node.kind, NodeKind::Free | NodeKind::Started(_)) {
                for arc in self.incoming.of(at) {
                    let other = arc.other as usize;
                    if arc.direct {
                        let needed = direct(arc, placing.places[other], durations[other], duration);
                        if needed > place {
                            (place, driver) = (needed, arc.link);
                        }
                        continue;
                    }
                    let target = self.target(arc, placing.places[other], placing.finishes[other]);
                    let latest = if arc.kind.holds_finish() { &mut finish } else { &mut start };
                    if target > latest.0 {
                        *latest = (target, arc.link);
                    }
                }
                if start.1 != OWN && axis.work_at(start.0) > place {
                    (place, driver) = (axis.work_at(start.0), start.1);
                }
                if finish.1 != OWN && axis.reached(finish.0) - duration > place {
                    (place, driver) = (axis.reached(finish.0) - duration, finish.1);
                }
            }
            (placing.places[at], placing.drivers[at]) = (place, driver);
            placing.finishes[at] = match node.kind {
                NodeKind::Finished(_, finish) => finish,
                _ => axis.finish_of(place + duration),
            };
        }
    }

    fn own_driver(&self, at: usize) -> Driver {
        let activity = &self.activities[self.order[at] as usize];
        match (activity.progress, activity.constraint) {
            (Progress::Finished(..), _) => Driver::Actual,
            (Progress::NotStarted, Constraint::Manual(_)) => Driver::Constraint,
            (Progress::NotStarted, Constraint::NotEarlier(wish) | Constraint::MustStart(wish)) => {
                let held = self.nodes[at].floor == self.axis(&self.nodes[at]).work_at(wish);
                if held { Driver::Constraint } else { Driver::Project }
            }
            (Progress::Started(_), _) | (Progress::NotStarted, Constraint::None) => Driver::Project,
        }
    }

    /// The least place that a link leaves its successor, from the place and finish of its predecessor.
    pub(crate) fn needed(&self, arc: &Arc, from: Work, finish: Instant, to: &Node) -> Work {
        if arc.direct {
            return direct(arc, from, self.nodes[arc.other as usize].duration, to.duration);
        }
        let (axis, target) = (self.axis(to), self.target(arc, from, finish));
        if arc.kind.holds_finish() { axis.reached(target) - to.duration } else { axis.work_at(target) }
    }

    /// The instant before which a link lets its successor not start, or not finish.
    #[inline]
    fn target(&self, arc: &Arc, from: Work, finish: Instant) -> Instant {
        let source = if arc.kind.waits_for_start() { self.source(arc, from) } else { finish };
        self.calendars[self.lags].shifted(source, arc.lag)
    }

    /// The start of a link's predecessor.
    fn source(&self, arc: &Arc, from: Work) -> Instant {
        let pred = &self.nodes[arc.other as usize];
        match pred.kind {
            NodeKind::Finished(start, _) | NodeKind::Started(start) => start,
            // Reason: who must finish after a start has until that work begins, which may be days after the one before.
            _ if arc.kind.holds_finish() => self.axis(pred).finish_of(from),
            _ => self.axis(pred).start_of(from),
        }
    }

    /// The latest place of each node: `finish` is that of the project.
    pub(crate) fn backward(&self, finish: Instant) -> Vec<Work> {
        let mut late = vec![0; self.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let activity = &self.activities[self.order[at] as usize];
            let axis = self.axis(node);
            let end = activity.deadline.map_or(finish, |deadline| deadline.min(finish));
            let mut place = axis.work_at(end) - node.duration;
            for arc in self.outgoing.of(at) {
                let successor = &self.nodes[arc.other as usize];
                let held = self.allowed(arc, node, late[arc.other as usize], successor);
                place = held.map_or(place, |held| held.min(place));
            }
            late[at] = match (node.kind, activity.constraint) {
                (NodeKind::Manual, _) => place.min(node.floor),
                (NodeKind::Free, Constraint::MustStart(wish)) => place.min(axis.work_at(wish)),
                _ => place,
            };
        }
        late
    }

    /// The latest place of a node with which a link does not push its successor beyond `to`; none if the link holds
    /// nothing of the node that could still move.
    fn allowed(&self, arc: &Arc, node: &Node, to: Work, successor: &Node) -> Option<Work> {
        match node.kind {
            NodeKind::Finished(..) => return None,
            NodeKind::Started(_) if arc.kind.waits_for_start() => return None,
            _ => {}
        }
        if let NodeKind::Finished(..) = successor.kind {
            return None;
        }
        if arc.direct {
            let target = if arc.kind.holds_finish() { to + successor.duration } else { to };
            let source = target - arc.lag;
            return Some(if arc.kind.waits_for_start() { source } else { source - node.duration });
        }
        let (axis, own) = (self.axis(node), self.axis(successor));
        let target =
            if arc.kind.holds_finish() { own.finish_of(to + successor.duration) } else { own.start_of(to) };
        let source = self.calendars[self.lags].latest_shifted(target, arc.lag);
        Some(match (arc.kind.waits_for_start(), arc.kind.holds_finish()) {
            (true, true) => axis.work_at(source),
            (true, false) => axis.begun(source),
            (false, _) => axis.work_at(source) - node.duration,
        })
    }

    fn dates(&self, at: usize, early: &[(Work, Driver)], late: Work, finish: Instant) -> Dates {
        let node = &self.nodes[at];
        let (place, driver) = early[at];
        if let NodeKind::Finished(start, finish) = node.kind {
            let (late_start, late_finish) = (start, finish);
            return Dates {
                early_start: start,
                early_finish: finish,
                late_start,
                late_finish,
                total_float: 0,
                free_float: 0,
                critical: false,
                driver,
            };
        }
        let axis = self.axis(node);
        let total_float = self.float(node, place, late);
        let free = self.free(at, early).unwrap_or_else(|| axis.work_at(finish) - node.duration);
        let free_float = self.float(node, place, free).min(total_float).max(0);
        Dates {
            early_start: if let NodeKind::Started(start) = node.kind { start } else { axis.start_of(place) },
            early_finish: self.finish(at, place),
            late_start: if let NodeKind::Started(start) = node.kind { start } else { axis.start_of(late) },
            late_finish: self.finish(at, late),
            total_float,
            free_float,
            critical: total_float <= 0,
            driver,
        }
    }

    /// The latest place of a node that makes no successor later than it is; none without successors.
    fn free(&self, at: usize, early: &[(Work, Driver)]) -> Option<Work> {
        let allowed = |arc: &Arc| {
            let other = arc.other as usize;
            self.allowed(arc, &self.nodes[at], early[other].0, &self.nodes[other])
        };
        self.outgoing.of(at).iter().filter_map(allowed).min()
    }

    /// Working minutes between two places of a node.
    pub(crate) fn float(&self, node: &Node, from: Work, to: Work) -> Work {
        match self.axis(node) {
            Axis(Some(_)) => to - from,
            Axis(None) => self.calendars[self.lags].between(from, to),
        }
    }

    pub(crate) fn finish(&self, at: usize, place: Work) -> Instant {
        let node = &self.nodes[at];
        match node.kind {
            NodeKind::Finished(_, finish) => finish,
            _ => self.axis(node).finish_of(place + node.duration),
        }
    }

    /// The activities that drive one to its place, from itself back to the first.
    fn way_back<'a>(&'a self, dates: &'a [Dates], activity: usize) -> impl Iterator<Item = usize> + use<'a> {
        std::iter::successors(Some(activity), |at| match dates.get(*at)?.driver {
            Driver::Link(link) => Some(self.links[link].predecessor),
            Driver::Project | Driver::Constraint | Driver::Actual => None,
        })
    }

    /// The activities that drive the one of a conflict to where it is by these dates of the network, from itself back
    /// to the first.
    pub fn behind<'a>(
        &'a self,
        dates: &'a [Dates],
        conflict: &Conflict,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let (own, driven) = match conflict.wish {
            Wish::Link(link) => (Some(conflict.activity), self.links[link].predecessor),
            Wish::MustStart(_) | Wish::Deadline(_) => (None, conflict.activity),
        };
        own.into_iter().chain(self.way_back(dates, driven))
    }

    fn conflicts(&self, early: &[(Work, Driver)]) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        for (activity, wished) in self.activities.iter().enumerate() {
            let at = self.place[activity] as usize;
            let (node, place) = (&self.nodes[at], early[at].0);
            let axis = self.axis(node);
            match (node.kind, wished.constraint) {
                (NodeKind::Finished(..), _) => continue,
                (NodeKind::Free, Constraint::MustStart(at)) if place > axis.work_at(at) => {
                    let by = self.float(node, axis.work_at(at), place);
                    conflicts.push(Conflict { activity, wish: Wish::MustStart(at), by });
                }
                (NodeKind::Manual, _) => conflicts.extend(self.broken(at, early)),
                _ => {}
            }
            if let Some(deadline) = wished.deadline.filter(|deadline| self.finish(at, place) > *deadline) {
                let by = self.float(node, axis.work_at(deadline) - node.duration, place);
                conflicts.push(Conflict { activity, wish: Wish::Deadline(deadline), by });
            }
        }
        conflicts
    }

    /// The links of an activity that was put by hand where they do not let it be.
    fn broken<'a>(
        &'a self,
        at: usize,
        early: &'a [(Work, Driver)],
    ) -> impl Iterator<Item = Conflict> + use<'a> {
        let (node, place, activity) = (&self.nodes[at], early[at].0, self.order[at] as usize);
        self.incoming.of(at).iter().filter_map(move |arc| {
            let (other, from) = (arc.other as usize, early[arc.other as usize].0);
            let needed = self.needed(arc, from, self.finish(other, from), node);
            let (wish, by) = (Wish::Link(arc.link as usize), self.float(node, place, needed));
            (needed > place).then_some(Conflict { activity, wish, by })
        })
    }
}

/// The least place that a link leaves its successor where both are on one axis.
#[inline]
fn direct(arc: &Arc, from: Work, from_duration: Work, duration: Work) -> Work {
    let source = if arc.kind.waits_for_start() { from } else { from + from_duration };
    source + arc.lag - if arc.kind.holds_finish() { duration } else { 0 }
}

#[cfg(test)]
#[path = "pass_tests.rs"]
mod tests;
