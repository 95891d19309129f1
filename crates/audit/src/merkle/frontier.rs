//! The right edge of a growing tree: what is needed to append and to know the root, logarithmic in the tree's size.

use super::{Hash, empty_root, node_hash};

/// A tree of which only the roots of its perfect subtrees are kept, from the largest (left) to the smallest (right).
///
/// Invariant: there is one for each set bit of `size`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves with these perfect subtrees, largest first; none if their number does
    /// not fit the size.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (u64::from(size.count_ones()) == peaks.len() as u64).then_some(Self { size, peaks })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its perfect subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends a leaf by its hash, and tells of each perfect inner node that this completes: level (1 is above the
    /// leaves), index in its level, hash.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(u32, u64, Hash)) {
        let (mut hash, mut index, mut level) = (leaf, self.size, 0);
        // Invariant: a set bit of the size at `level` is a peak of that level, which the new node completes.
        while index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            completed(level, index, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Appends a whole perfect subtree of `1 << level` leaves by its hash; answers whether one may begin here.
    pub fn push_node(&mut self, level: u32, hash: Hash) -> bool {
        let width = 1u64 << level;
        if !self.size.is_multiple_of(width) {
            return false;
        }
        let (mut hash, mut index) = (hash, self.size >> level);
        // Invariant: as in `push`, one level after the other.
        while index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
        }
        self.peaks.push(hash);
        self.size += width;
        true
    }

    /// The root of the tree (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}
