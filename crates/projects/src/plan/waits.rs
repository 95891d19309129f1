//! What waits for what in a plan: dependencies as links of the network, and those that cannot be kept because work would
//! wait for itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schedule::{Kind, Link};

use super::network::Builder;
use crate::{
    link::{Work as End, ends_of},
    words::{DependencyKind, MilestoneStatus},
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
            // Reason: what is waived holds up nothing, not by its lag either.
            if self.is_waived(&earlier) {
                continue;
            }
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

    fn is_waived(&self, end: &End) -> bool {
        let End::Milestone(id) = end else { return false };
        let place = self.mark_places.get(id);
        place.is_some_and(|place| self.source.milestones[*place].status == MilestoneStatus::Waived.as_str())
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

    /// The dependencies that are on a way around, of those that are not left out, without the oldest one of each circle:
    /// alone it may be sound. Of a circle that has but one, that one.
    pub(super) fn looping(&self, left_out: &BTreeSet<usize>) -> Vec<usize> {
        let (links, sources) = self.links(left_out);
        let edges: Vec<(usize, usize)> =
            links.iter().map(|link| (link.predecessor, link.successor)).collect();
        let around = circles(self.nodes.len(), &edges);
        let both = edges.iter().zip(sources).filter(|((from, to), _)| around[*from] == around[*to]);
        let mut of: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for ((from, _), source) in both {
            if let Some(source) = source {
                of.entry(around[*from]).or_default().insert(source);
            }
        }
        let without_oldest = |links: BTreeSet<usize>| {
            let alone = links.len() == 1;
            links.into_iter().skip(usize::from(!alone))
        };
        of.into_values().flat_map(without_oldest).collect()
    }
}

/// For each of so many nodes a number that it shares with exactly those to which there is a way and from which there is
/// one back: its strongly connected component, found as by Kosaraju (Sharir, 1981) with two walks over all edges.
fn circles(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let (mut ahead, mut back) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (from, to) in edges {
        ahead[*from].push(*to);
        back[*to].push(*from);
    }
    let (mut seen, mut left) = (vec![false; count], Vec::with_capacity(count));
    for root in 0..count {
        // Reason: a stack of its own, for ways are as long as plans.
        let mut stack = vec![(root, 0)];
        while let Some((at, next)) = stack.pop() {
            if next == 0 && std::mem::replace(&mut seen[at], true) {
                continue;
            }
            match ahead[at].get(next) {
                Some(to) => {
                    stack.push((at, next + 1));
                    stack.push((*to, 0));
                }
                None => left.push(at),
            }
        }
    }
    let mut circle = vec![usize::MAX; count];
    for root in left.into_iter().rev() {
        let mut stack = vec![root];
        while let Some(at) = stack.pop() {
            if circle[at] == usize::MAX {
                circle[at] = root;
                stack.extend(&back[at]);
            }
        }
    }
    circle
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_chain_is_walked_without_a_deep_stack() {
        let edges: Vec<(usize, usize)> = (0..100_000).map(|node| (node, (node + 1) % 100_000)).collect();
        let around = circles(100_000, &edges);
        assert!(around.iter().all(|circle| *circle == around[0]));
        let chain = circles(100_000, &edges[..99_999]);
        assert_eq!(chain.iter().collect::<BTreeSet<_>>().len(), 100_000);
    }

    /// Which nodes can be reached from which, by trying.
    fn reach(edges: &[(usize, usize)]) -> [[bool; 8]; 8] {
        let mut ways = [[false; 8]; 8];
        edges.iter().for_each(|(from, to)| ways[*from][*to] = true);
        for (via, from, to) in triples(8) {
            ways[from][to] |= ways[from][via] && ways[via][to];
        }
        ways
    }

    fn triples(count: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..count.pow(3)).map(move |number| (number / count / count, number / count % count, number % count))
    }

    proptest! {
        #[test]
        fn circle_is_shared_by_those_with_ways_to_each_other(
            edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..24),
        ) {
            let (ways, around) = (reach(&edges), circles(8, &edges));
            for (one, other) in (0..64).map(|number| (number / 8, number % 8)) {
                let both = one == other || (ways[one][other] && ways[other][one]);
                prop_assert_eq!(around[one] == around[other], both, "{} {}", one, other);
            }
        }
    }
}
