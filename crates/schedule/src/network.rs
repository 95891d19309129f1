//! The network: activities on calendars, and the links between them, checked and laid out for the passes.

use crate::calendar::{Calendar, Instant, Work};

/// What of one activity waits for what of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The successor starts after the predecessor has finished.
    FinishToStart,
    /// The successor starts after the predecessor has started.
    StartToStart,
    /// The successor finishes after the predecessor has finished.
    FinishToFinish,
    /// The successor finishes after the predecessor has started.
    StartToFinish,
}

impl Kind {
    /// Whether it waits for the predecessor's start.
    pub(crate) fn waits_for_start(self) -> bool {
        matches!(self, Self::StartToStart | Self::StartToFinish)
    }

    /// Whether it holds the successor's finish.
    pub(crate) fn holds_finish(self) -> bool {
        matches!(self, Self::FinishToFinish | Self::StartToFinish)
    }
}

/// A link between two activities, which are named by their places in the list of activities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Who is waited for.
    pub predecessor: usize,
    /// Who waits.
    pub successor: usize,
    /// What waits for what.
    pub kind: Kind,
    /// Working minutes in between, by the network's calendar of lags; negative for a lead.
    pub lag: Work,
}

/// What holds an activity beside its links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Constraint {
    /// Nothing: as soon as possible.
    #[default]
    None,
    /// It starts at this instant or later.
    NotEarlier(Instant),
    /// It starts at this instant. Links that make it later win, and the conflict is told.
    MustStart(Instant),
    /// It was put at this instant by hand. It stays there whatever its links say, and the conflict is told.
    Manual(Instant),
}

/// What of an activity is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nothing.
    #[default]
    NotStarted,
    /// A part: it began at this instant, and what [`Activity::duration`] says is left of it is done from the status
    /// date on, or as soon as its links let it go on (retained logic).
    Started(Instant),
    /// All of it, from one instant to the other.
    Finished(Instant, Instant),
}

/// An activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// The calendar that it is done by: its place in the list of calendars.
    pub calendar: usize,
    /// Working minutes that are left to do. An activity of none is a milestone, an instant, which needs no calendar.
    pub duration: Work,
    /// What holds it beside its links.
    pub constraint: Constraint,
    /// When it ought to be finished. It moves nothing but the late dates: float below zero says by how much it is missed.
    pub deadline: Option<Instant>,
    /// What of it is done.
    pub progress: Progress,
}

/// Why a network is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// Activities that wait for each other, each for the one before it, and the first for the last.
    Cycle(Vec<usize>),
    /// The link with this place names an activity that is not there.
    UnknownActivity(usize),
    /// The activity with this place names a calendar that is not there.
    UnknownCalendar(usize),
    /// The activity with this place has a duration below zero, or finishes before it starts.
    BadDuration(usize),
}

/// Where an activity's calendar is the axis of instants itself.
pub(crate) const CONTINUOUS: u32 = u32::MAX;

/// An activity as the passes read it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) calendar: u32,
    pub(crate) duration: Work,
    /// The earliest start by project, status date and constraint, on the activity's own axis.
    pub(crate) floor: Work,
    pub(crate) kind: NodeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Free,
    /// Held at its floor, whatever its links say.
    Manual,
    /// Its start is past.
    Started(Instant),
    /// Start and finish are past.
    Finished(Instant, Instant),
}

/// A link as the passes read it: the other end of it, by place in the order of the passes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arc {
    pub(crate) other: u32,
    /// The place of the link in the list that was given.
    pub(crate) link: u32,
    pub(crate) kind: Kind,
    /// Whether both ends and the lag are on one axis, so that no instant is needed.
    pub(crate) direct: bool,
    pub(crate) lag: Work,
}

/// A sound network, laid out in an order in which everybody comes after those they wait for.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) calendars: Vec<Calendar>,
    /// The calendar of lags and of floats of milestones.
    pub(crate) lags: usize,
    pub(crate) activities: Vec<Activity>,
    pub(crate) links: Vec<Link>,
    /// In the order of the passes.
    pub(crate) nodes: Vec<Node>,
    /// For each place in the order, the activity.
    pub(crate) order: Vec<u32>,
    /// For each activity, its place in the order.
    pub(crate) place: Vec<u32>,
    pub(crate) incoming: Arcs,
    pub(crate) outgoing: Arcs,
}

/// Links by one of their ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arcs {
    first: Vec<u32>,
    arcs: Vec<Arc>,
}

impl Arcs {
    pub(crate) fn of(&self, place: usize) -> &[Arc] {
        &self.arcs[self.first[place] as usize..self.first[place + 1] as usize]
    }

    /// The arcs of `count` nodes: `ends` gives for each link whose it is, and its arc.
    fn new(count: usize, ends: impl Iterator<Item = (u32, Arc)> + Clone) -> Self {
        let mut first = vec![0_u32; count + 1];
        for (owner, _) in ends.clone() {
            first[owner as usize + 1] += 1;
        }
        for place in 0..count {
            first[place + 1] += first[place];
        }
        let blank = Arc { other: 0, link: 0, kind: Kind::FinishToStart, direct: false, lag: 0 };
        let mut arcs = vec![blank; first[count] as usize];
        let mut next = first.clone();
        for (owner, arc) in ends {
            arcs[next[owner as usize] as usize] = arc;
            next[owner as usize] += 1;
        }
        Self { first, arcs }
    }
}

impl Network {
    /// The network of activities and links. `start` is the earliest instant of everything that has not begun, `status`
    /// that of what is left of everything that has; `lags` is the place of the calendar of lags.
    ///
    /// # Errors
    /// What is wrong with it; of several cycles, one.
    pub fn new(
        calendars: Vec<Calendar>,
        lags: usize,
        start: Instant,
        status: Instant,
        activities: Vec<Activity>,
        links: Vec<Link>,
    ) -> Result<Self, Unsound> {
        check(&calendars, lags, &activities, &links)?;
        let order = order(activities.len(), &links)?;
        let mut place = vec![0_u32; order.len()];
        for (at, activity) in order.iter().enumerate() {
            place[*activity as usize] = at as u32;
        }
        let node = |activity: &u32| node(&calendars, &activities[*activity as usize], start, status);
        let nodes: Vec<Node> = order.iter().map(node).collect();
        let arc = |(index, link): (usize, &Link), outgoing: bool| {
            let (from, to) = (place[link.predecessor], place[link.successor]);
            let (own, other) = if outgoing { (from, to) } else { (to, from) };
            let (pred, succ) = (nodes[from as usize], nodes[to as usize]);
            let lag_fits = link.lag == 0 || succ.calendar as usize == lags;
            let past = match pred.kind {
                NodeKind::Started(_) => link.kind.waits_for_start(),
                NodeKind::Finished(..) => true,
                NodeKind::Free | NodeKind::Manual => false,
            };
            let direct = pred.calendar == succ.calendar && lag_fits && !past;
            (own, Arc { other, link: index as u32, kind: link.kind, direct, lag: link.lag })
        };
        let incoming = Arcs::new(nodes.len(), links.iter().enumerate().map(|link| arc(link, false)));
        let outgoing = Arcs::new(nodes.len(), links.iter().enumerate().map(|link| arc(link, true)));
        Ok(Self { calendars, lags, activities, links, nodes, order, place, incoming, outgoing })
    }

    /// How many activities there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The links, as they were given.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The activities, as they were given.
    #[must_use]
    pub fn activities(&self) -> &[Activity] {
        &self.activities
    }

    /// The calendar with this place in the list that was given.
    #[must_use]
    pub fn calendar(&self, place: usize) -> Option<&Calendar> {
        self.calendars.get(place)
    }

    /// The calendar of lags.
    #[must_use]
    pub fn lag_calendar(&self) -> &Calendar {
        &self.calendars[self.lags]
    }

    /// The axis of a node; none for the axis of instants.
    pub(crate) fn axis(&self, node: &Node) -> Axis<'_> {
        Axis(self.calendars.get(node.calendar as usize))
    }
}

/// The axis on which an activity is done: its calendar's working minutes, or instants.
#[derive(Clone, Copy)]
pub(crate) struct Axis<'a>(pub(crate) Option<&'a Calendar>);

impl Axis<'_> {
    /// The least work whose start is not before the instant.
    pub(crate) fn work_at(self, instant: Instant) -> Work {
        self.0.map_or(instant, |calendar| calendar.work_at(instant))
    }

    pub(crate) fn start_of(self, work: Work) -> Instant {
        self.0.map_or(work, |calendar| calendar.start_of(work))
    }

    pub(crate) fn finish_of(self, work: Work) -> Instant {
        self.0.map_or(work, |calendar| calendar.finish_of(work))
    }

    /// The least work whose finish is not before the instant.
    pub(crate) fn reached(self, instant: Instant) -> Work {
        let work = self.work_at(instant);
        if self.finish_of(work) >= instant { work } else { work + 1 }
    }

    /// The most work whose start is not after the instant.
    pub(crate) fn begun(self, instant: Instant) -> Work {
        let work = self.work_at(instant);
        if self.start_of(work) <= instant { work } else { work - 1 }
    }
}

fn check(
    calendars: &[Calendar],
    lags: usize,
    activities: &[Activity],
    links: &[Link],
) -> Result<(), Unsound> {
    let known = |place: usize| place < activities.len();
    if let Some(bad) = links.iter().position(|link| !known(link.predecessor) || !known(link.successor)) {
        return Err(Unsound::UnknownActivity(bad));
    }
    if lags >= calendars.len() {
        return Err(Unsound::UnknownCalendar(0));
    }
    for (place, activity) in activities.iter().enumerate() {
        if activity.calendar >= calendars.len() {
            return Err(Unsound::UnknownCalendar(place));
        }
        let backwards = matches!(activity.progress, Progress::Finished(start, finish) if finish < start);
        if activity.duration < 0 || backwards {
            return Err(Unsound::BadDuration(place));
        }
    }
    Ok(())
}

fn node(calendars: &[Calendar], activity: &Activity, start: Instant, status: Instant) -> Node {
    let calendar = if activity.duration == 0 { CONTINUOUS } else { activity.calendar as u32 };
    let axis = Axis(calendars.get(calendar as usize));
    let (kind, earliest) = match (activity.progress, activity.constraint) {
        (Progress::Finished(start, finish), _) => (NodeKind::Finished(start, finish), start),
        (Progress::Started(at), _) => (NodeKind::Started(at), status.max(at)),
        (Progress::NotStarted, Constraint::Manual(at)) => (NodeKind::Manual, at),
        (Progress::NotStarted, Constraint::None) => (NodeKind::Free, start),
        (Progress::NotStarted, Constraint::NotEarlier(at) | Constraint::MustStart(at)) => {
            (NodeKind::Free, start.max(at))
        }
    };
    Node { calendar, duration: activity.duration, floor: axis.work_at(earliest), kind }
}

/// An order in which everybody comes after those they wait for (A. B. Kahn, "Topological sorting of large networks",
/// 1962); of those that could come next, the first in the list.
fn order(count: usize, links: &[Link]) -> Result<Vec<u32>, Unsound> {
    let mut waiting = vec![0_u32; count];
    let mut first = vec![0_u32; count + 1];
    for link in links {
        waiting[link.successor] += 1;
        first[link.predecessor + 1] += 1;
    }
    for place in 0..count {
        first[place + 1] += first[place];
    }
    let mut successors = vec![0_u32; links.len()];
    let mut next = first.clone();
    for link in links {
        successors[next[link.predecessor] as usize] = link.successor as u32;
        next[link.predecessor] += 1;
    }
    let of =
        |activity: u32| &successors[first[activity as usize] as usize..first[activity as usize + 1] as usize];
    let mut order: Vec<u32> = (0..count as u32).filter(|activity| waiting[*activity as usize] == 0).collect();
    let mut done = 0;
    while let Some(activity) = order.get(done).copied() {
        done += 1;
        for successor in of(activity) {
            let left = &mut waiting[*successor as usize];
            *left -= 1;
            if *left == 0 {
                order.push(*successor);
            }
        }
    }
    if order.len() == count { Ok(order) } else { Err(Unsound::Cycle(cycle(&waiting, links))) }
}

/// The members of a cycle, each waiting for the one before it. Everybody in `waiting` waits for somebody who waits.
fn cycle(waiting: &[u32], links: &[Link]) -> Vec<usize> {
    let mut waits_for = vec![usize::MAX; waiting.len()];
    for link in links {
        if waiting[link.predecessor] > 0 {
            waits_for[link.successor] = link.predecessor;
        }
    }
    let Some(mut at) = waiting.iter().position(|count| *count > 0) else { return Vec::new() };
    // Reason: whoever waits for those of a cycle need not be in it; after so many steps back the walk is inside.
    for _ in 0..waiting.len() {
        at = waits_for[at];
    }
    let mut members = vec![at];
    let mut before = waits_for[at];
    while before != at {
        members.push(before);
        before = waits_for[before];
    }
    members.reverse();
    members
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
