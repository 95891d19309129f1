//! Trees kept as tiles: of the perfect nodes only every eighth level is stored, the leaves first, and what lies between
//! is computed from at most 256 of them. A proof in a tree of a million leaves reads three short ranges.

use std::collections::HashMap;

use super::{Hash, Node, node_hash};

/// Levels from one stored level to the next.
pub const TILE_LEVELS: u32 = 8;

/// Stored nodes that lie side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Their level: 0 for leaves, else a multiple of [`TILE_LEVELS`].
    pub level: u32,
    /// Index of the first in its level.
    pub start: u64,
    /// One past the index of the last.
    pub end: u64,
}

/// The perfect nodes (level, index) that a subtree is made of, from left to right.
pub fn perfect(node: Node) -> Vec<(u32, u64)> {
    let (mut start, mut parts) = (node.start, Vec::new());
    while start < node.end {
        let aligned = if start == 0 { 63 } else { start.trailing_zeros() };
        let fitting = 63 - (node.end - start).leading_zeros();
        let level = aligned.min(fitting);
        parts.push((level, start >> level));
        start += 1 << level;
    }
    parts
}

/// What must be read to hash these subtrees: sorted, without overlaps.
pub fn ranges(nodes: &[Node]) -> Vec<Range> {
    let mut wanted: Vec<Range> = nodes
        .iter()
        .flat_map(|node| perfect(*node))
        .map(|(level, index)| {
            let above = level % TILE_LEVELS;
            Range { level: level - above, start: index << above, end: (index + 1) << above }
        })
        .collect();
    wanted.sort_by_key(|range| (range.level, range.start));
    let mut merged: Vec<Range> = Vec::with_capacity(wanted.len());
    for range in wanted {
        match merged.last_mut() {
            Some(last) if last.level == range.level && range.start <= last.end => {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// Stored nodes that were read.
#[derive(Debug, Default)]
pub struct Tiles(HashMap<(u32, u64), Hash>);

impl Tiles {
    /// Adds a stored node.
    pub fn add(&mut self, level: u32, index: u64, hash: Hash) {
        self.0.insert((level, index), hash);
    }

    /// The hash of a subtree; none if a node of it was not read.
    pub fn hash(&self, node: Node) -> Option<Hash> {
        let mut parts = perfect(node).into_iter().rev();
        let (level, index) = parts.next()?;
        let last = self.node(level, index)?;
        parts.try_fold(last, |right, (level, index)| Some(node_hash(&self.node(level, index)?, &right)))
    }

    fn node(&self, level: u32, index: u64) -> Option<Hash> {
        if level.is_multiple_of(TILE_LEVELS) {
            return self.0.get(&(level, index)).copied();
        }
        let (left, right) = (self.node(level - 1, index * 2)?, self.node(level - 1, index * 2 + 1)?);
        Some(node_hash(&left, &right))
    }
}
