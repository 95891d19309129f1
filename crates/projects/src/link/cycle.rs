//! The rule that work never waits for itself, however far around. No database.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// The way from `from` to `to` along the edges, both included, with the fewest steps; none if there is no way.
///
/// A breadth-first search: each edge is walked once.
pub fn path<N: Copy + Eq + Hash>(edges: &[(N, N)], from: N, to: N) -> Option<Vec<N>> {
    if from == to {
        return Some(vec![from]);
    }
    let mut next: HashMap<N, Vec<N>> = HashMap::with_capacity(edges.len());
    for (earlier, later) in edges {
        next.entry(*earlier).or_default().push(*later);
    }
    let mut came_from: HashMap<N, N> = HashMap::new();
    let mut waiting = VecDeque::from([from]);
    while let Some(node) = waiting.pop_front() {
        for later in next.get(&node).map(Vec::as_slice).unwrap_or_default() {
            if *later == from || came_from.contains_key(later) {
                continue;
            }
            came_from.insert(*later, node);
            if *later == to {
                return Some(way_back(&came_from, from, to));
            }
            waiting.push_back(*later);
        }
    }
    None
}

fn way_back<N: Copy + Eq + Hash>(came_from: &HashMap<N, N>, from: N, to: N) -> Vec<N> {
    let mut way = vec![to];
    let mut at = to;
    while let Some(before) = came_from.get(&at).filter(|_| at != from) {
        at = *before;
        way.push(at);
    }
    way.reverse();
    way
}

/// The cycle that an edge from `earlier` to `later` would close: its members in order, the first again at the end; none
/// if it closes none.
pub fn closed_by<N: Copy + Eq + Hash>(edges: &[(N, N)], earlier: N, later: N) -> Option<Vec<N>> {
    let mut around = path(edges, later, earlier)?;
    around.insert(0, earlier);
    Some(around)
}

/// A cycle among the edges: its members in order, the first again at the end; none if there is none.
pub fn any<N: Copy + Eq + Hash>(edges: &[(N, N)]) -> Option<Vec<N>> {
    let mut waits: HashMap<N, usize> = HashMap::with_capacity(edges.len());
    let mut next: HashMap<N, Vec<N>> = HashMap::with_capacity(edges.len());
    for (earlier, later) in edges {
        waits.entry(*earlier).or_default();
        *waits.entry(*later).or_default() += 1;
        next.entry(*earlier).or_default().push(*later);
    }
    // Kahn's algorithm: what waits for nothing goes, until nothing goes any more.
    let mut free: Vec<N> = waits.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
    while let Some(node) = free.pop() {
        for later in next.get(&node).map(Vec::as_slice).unwrap_or_default() {
            let count = waits.entry(*later).or_default();
            *count -= 1;
            if *count == 0 {
                free.push(*later);
            }
        }
    }
    let is_left = |node: &N| waits.get(node).is_some_and(|count| *count > 0);
    let left: Vec<(N, N)> =
        edges.iter().copied().filter(|(earlier, later)| is_left(earlier) && is_left(later)).collect();
    // Invariant: whatever is left waits for something that is left; so the way against the edges comes around.
    let before: HashMap<N, N> = left.iter().map(|(earlier, later)| (*later, *earlier)).collect();
    let mut walked: Vec<N> = vec![left.first()?.1];
    while let Some(earlier) = walked.last().and_then(|at| before.get(at)).copied() {
        let met = walked.iter().position(|node| *node == earlier);
        walked.push(earlier);
        if let Some(start) = met {
            let mut members = walked.split_off(start);
            members.reverse();
            return Some(members);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn own_end_is_the_shortest_cycle() {
        assert_eq!(closed_by(&[], 1, 1), Some(vec![1, 1]));
    }

    #[test]
    fn cycle_names_its_members_in_order() {
        let edges = [(1, 2), (2, 3), (2, 5), (5, 6)];
        assert_eq!(closed_by(&edges, 3, 1), Some(vec![3, 1, 2, 3]));
        assert_eq!(closed_by(&edges, 1, 6), None);
    }

    #[test]
    fn long_chain_is_walked_without_a_deep_stack() {
        let edges: Vec<(u32, u32)> = (0..100_000).map(|node| (node, node + 1)).collect();
        assert_eq!(closed_by(&edges, 100_000, 0).map(|members| members.len()), Some(100_002));
    }

    /// Whether every node can be put before all that it leads to (Kahn's algorithm).
    fn is_acyclic(edges: &[(u8, u8)]) -> bool {
        let mut left: Vec<(u8, u8)> = edges.to_vec();
        loop {
            let before = left.len();
            let later: Vec<u8> = left.iter().map(|(_, later)| *later).collect();
            left.retain(|(earlier, _)| later.contains(earlier));
            if left.is_empty() || left.len() == before {
                return left.is_empty();
            }
        }
    }

    proptest! {
        /// Edges are put in one by one; those that would close a cycle are left out.
        #[test]
        fn what_is_let_in_never_has_a_cycle_and_what_is_refused_would(
            wanted in prop::collection::vec((0_u8..12, 0_u8..12), 0..60),
        ) {
            let mut edges: Vec<(u8, u8)> = Vec::new();
            for (earlier, later) in wanted {
                match closed_by(&edges, earlier, later) {
                    None => edges.push((earlier, later)),
                    Some(members) => {
                        prop_assert_eq!((members[0], members[1]), (earlier, later));
                        prop_assert_eq!(members.last(), Some(&earlier));
                        for pair in members[1..].windows(2) {
                            prop_assert!(edges.contains(&(pair[0], pair[1])), "{members:?}");
                        }
                        let mut with = edges.clone();
                        with.push((earlier, later));
                        prop_assert!(!is_acyclic(&with));
                    }
                }
                prop_assert!(is_acyclic(&edges));
            }
        }

        #[test]
        fn some_cycle_is_found_exactly_where_there_is_one(
            edges in prop::collection::vec((0_u8..12, 0_u8..12), 0..30),
        ) {
            match super::any(&edges) {
                None => prop_assert!(is_acyclic(&edges)),
                Some(members) => {
                    prop_assert!(!is_acyclic(&edges));
                    prop_assert!(members.len() > 1 && members.first() == members.last(), "{members:?}");
                    for pair in members.windows(2) {
                        prop_assert!(edges.contains(&(pair[0], pair[1])), "{members:?}");
                    }
                }
            }
        }
    }
}
