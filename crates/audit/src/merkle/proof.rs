//! Which subtrees prove that a leaf is in a tree, or that one tree begins with another; and the checks of such proofs.

use super::{Hash, node_hash};

/// A subtree over the leaves `start..end`; perfect unless it is at the right edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// The first leaf.
    pub start: u64,
    /// One past the last leaf.
    pub end: u64,
}

/// The largest power of two below `size`, where RFC 6962 splits a tree; `size` is at least two.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// The subtrees whose hashes make the audit path of leaf `index` in a tree of `size` leaves, from the leaf upwards
/// (RFC 6962 §2.1.1). None if there is no such leaf.
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Node>> {
    if index >= size {
        return None;
    }
    let (mut start, mut end, mut path) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(Node { start: middle, end });
            end = middle;
        } else {
            path.push(Node { start, end: middle });
            start = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The subtrees whose hashes prove that the tree of `new` leaves begins with that of `old` leaves (RFC 6962 §2.1.2).
/// None if `old` is larger than `new`; empty for equal trees, and for an empty old one, which need no proof.
pub fn consistency(old: u64, new: u64) -> Option<Vec<Node>> {
    if old > new {
        return None;
    }
    if old == 0 || old == new {
        return Some(Vec::new());
    }
    let (mut start, mut end, mut complete, mut path) = (0, new, true, Vec::new());
    // Invariant: the old tree ends within `start..end`.
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(Node { start: middle, end });
            end = middle;
        } else {
            path.push(Node { start, end: middle });
            start = middle;
            complete = false;
        }
    }
    if !complete {
        path.push(Node { start, end });
    }
    path.reverse();
    Some(path)
}

/// Whether `proof` shows that a leaf with this hash is the one at `index` of the tree with `size` leaves and this root
/// (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree with `new` leaves and `new_root` begins with that of `old` leaves and `old_root`
/// (RFC 9162 §2.1.4.2).
pub fn verify_consistency(old: u64, new: u64, proof: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == super::empty_root();
    }
    let with_old;
    let path: &[Hash] = if old.is_power_of_two() {
        with_old = [std::slice::from_ref(old_root), proof].concat();
        &with_old
    } else {
        proof
    };
    let Some((first, rest)) = path.split_first() else { return false };
    let shift = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut from_old, mut from_new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            from_old = node_hash(sibling, &from_old);
            from_new = node_hash(sibling, &from_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}
