//! What waits for what in a plan: dependencies as links of the network, and those that cannot be kept because work would
//! wait for itself.

use std::collections::{BTreeSet, HashMap};

use schedule::{Kind, Link};

use super::network::Builder;
use crate::{
    link::{Work as End, ends_of},
    words::DependencyKind,
};

impl Builder<'_> {
    /// The links of the network but those left out, with the dependencies that they stand for.
    pub(super) fn links(&self, left_out: &BTreeSet<usize>) -> (Vec<Link>, Vec<Option<usize>>) {
        let mut links = self.structure.clone();
        let mut sources = vec![None; links.len()];
        for (place, row) in self.source.links.iter().enumerate() {
            let kind = kind(DependencyKind::parse(&row.kind).unwrap_or_default());
            let holds_finish = matches!(kind, Kind::FinishToFinish | Kind::StartToFinish);
            let from_start = matches!(kind, Kind::StartToStart | Kind::StartToFinish);
            let Some((earlier, later)) = ends_of(row) else { continue };
            let ends = (self.node(earlier, from_start), self.node(later, !holds_finish));
            if let (Some(predecessor), Some(successor)) = ends
                && !left_out.contains(&place)
            {
                links.push(Link { predecessor, successor, kind, lag: row.lag_minutes });
                sources.push(Some(place));
            }
        }
        (links, sources)
    }

    fn node(&self, end: End, begin: bool) -> Option<usize> {
        match end {
            End::Task(id) => {
                let ends = self.ends[*self.places.get(&id)?];
                Some(if begin { ends.0 } else { ends.1 })
            }
            End::Milestone(id) => self.mark_places.get(&id).map(|place| self.marks[*place]),
        }
    }

    /// A dependency on a way around, if the way also goes through parts of a task or a milestone: without those no
    /// dependency closes a cycle.
    pub(super) fn offender(&self, members: &[usize], left_out: &BTreeSet<usize>) -> Option<usize> {
        let (links, sources) = self.links(left_out);
        let next = |at: usize| members[(at + 1) % members.len()];
        let mut steps: HashMap<(usize, usize), usize> = HashMap::with_capacity(members.len());
        for (place, member) in members.iter().enumerate() {
            steps.insert((*member, next(place)), place);
        }
        let on_way = |link: &Link| steps.contains_key(&(link.predecessor, link.successor));
        let way = links.iter().zip(&sources).filter(|(link, _)| on_way(link));
        let (mut structural, mut offender) = (false, None);
        for (_, source) in way {
            structural |= source.is_none();
            // Reason: the one that was made last is the one that nobody reckoned with.
            offender = offender.max(*source);
        }
        offender.filter(|_| structural)
    }
}

/// The kind of a dependency, as the engine calls it.
pub(crate) fn kind(kind: DependencyKind) -> Kind {
    match kind {
        DependencyKind::FinishToStart => Kind::FinishToStart,
        DependencyKind::StartToStart => Kind::StartToStart,
        DependencyKind::FinishToFinish => Kind::FinishToFinish,
        DependencyKind::StartToFinish => Kind::StartToFinish,
    }
}
