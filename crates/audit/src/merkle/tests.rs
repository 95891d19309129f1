//! The tree against the vectors of Certificate Transparency's reference implementation, against the recursive
//! definitions of RFC 6962 word by word, and against tampering.

use proptest::prelude::*;

use super::*;

/// Leaves of the reference implementation's test tree (`merkletree/merkle_tree_test.cc`,
/// github.com/google/certificate-transparency).
const LEAVES: [&[u8]; 8] = [
    &[],
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
];

/// Its roots for 1 to 8 leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Its audit paths: leaf (from 0), size, path.
const PATHS: &[(u64, u64, &[&str])] = &[
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// Its consistency proofs: old size, new size, proof.
const PROOFS: &[(u64, u64, &[&str])] = &[
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn made(leaves: u64) -> Vec<Hash> {
    (0..leaves).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect()
}

fn reference() -> Vec<Hash> {
    LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect()
}

/// MTH of RFC 6962 §2.1, as written there.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(k(leaves.len()));
            node_hash(&mth(left), &mth(right))
        }
    }
}

fn k(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// PATH of RFC 6962 §2.1.1, as written there.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let k = k(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if m < k { (path(m, left), right) } else { (path(m - k, right), left) };
    path.push(mth(other));
    path
}

/// SUBPROOF of RFC 6962 §2.1.2, as written there.
fn subproof(m: usize, leaves: &[Hash], complete: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if complete { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = k(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) =
        if m <= k { (subproof(m, left, complete), right) } else { (subproof(m - k, right, false), left) };
    proof.push(mth(other));
    proof
}

/// The hashes of subtrees by the stored levels alone, read as a store would.
fn stored(leaves: &[Hash], nodes: &[Node]) -> Vec<Hash> {
    let (mut kept, mut frontier) = (HashMap::new(), Frontier::default());
    for (index, leaf) in leaves.iter().enumerate() {
        kept.insert((0, index as u64), *leaf);
        frontier.push(*leaf, |level, index, hash| {
            if level % TILE_LEVELS == 0 {
                kept.insert((level, index), hash);
            }
        });
    }
    let mut tiles = Tiles::default();
    for Range { level, start, end } in ranges(nodes) {
        assert!(end - start <= 2 << TILE_LEVELS, "a proof reads {} nodes of level {level}", end - start);
        for index in start..end {
            tiles.add(level, index, kept[&(level, index)]);
        }
    }
    nodes.iter().map(|node| tiles.hash(*node).expect("every node of it was read")).collect()
}

use std::collections::HashMap;

#[test]
fn roots_of_the_reference_implementation() {
    assert_eq!(hex(&empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root(), empty_root());
    for (leaf, root) in reference().into_iter().zip(ROOTS) {
        frontier.push(leaf, |_, _, _| {});
        assert_eq!(hex(&frontier.root()), root, "{} leaves", frontier.size());
    }
}

#[test]
fn proofs_of_the_reference_implementation() {
    let leaves = reference();
    for (index, size, expected) in PATHS {
        let tree = &leaves[..*size as usize];
        let proof = stored(tree, &inclusion(*index, *size).expect("the leaf is there"));
        assert_eq!(proof.iter().map(hex).collect::<Vec<_>>(), *expected, "leaf {index} of {size}");
        assert!(verify_inclusion(&tree[*index as usize], *index, *size, &proof, &mth(tree)));
    }
    for (old, new, expected) in PROOFS {
        let proof = stored(&leaves[..*new as usize], &consistency(*old, *new).expect("it has grown"));
        assert_eq!(proof.iter().map(hex).collect::<Vec<_>>(), *expected, "{old} to {new}");
        let (before, after) = (mth(&leaves[..*old as usize]), mth(&leaves[..*new as usize]));
        assert!(verify_consistency(*old, *new, &proof, &before, &after));
    }
}

#[test]
fn what_is_not_there_has_no_proof() {
    assert_eq!(inclusion(0, 0), None);
    assert_eq!(inclusion(5, 5), None);
    assert_eq!(consistency(5, 4), None);
    let leaf = leaf_hash(b"a");
    assert!(!verify_inclusion(&leaf, 0, 0, &[], &empty_root()));
    assert!(!verify_consistency(2, 1, &[], &leaf, &leaf));
    assert!(!verify_consistency(1, 2, &[], &leaf, &leaf));
    assert_eq!(Frontier::new(3, vec![leaf]), None);
}

#[test]
fn a_frontier_goes_on_where_it_was_kept() {
    let leaves = made(700);
    let mut whole = Frontier::default();
    for leaf in &leaves {
        whole = Frontier::new(whole.size(), whole.peaks().to_vec()).expect("as it was");
        whole.push(*leaf, |_, _, _| {});
    }
    assert_eq!(whole.root(), mth(&leaves));
}

proptest! {
    #[test]
    fn inclusion_is_the_rfcs(size in 1usize..1400, at in any::<prop::sample::Index>()) {
        let (leaves, index) = (made(size as u64), at.index(size));
        let proof = stored(&leaves, &inclusion(index as u64, size as u64).expect("the leaf is there"));
        prop_assert_eq!(&proof, &path(index, &leaves));
        let root = mth(&leaves);
        prop_assert!(verify_inclusion(&leaves[index], index as u64, size as u64, &proof, &root));
    }

    #[test]
    fn consistency_is_the_rfcs(new in 1usize..1400, at in any::<prop::sample::Index>()) {
        let (leaves, old) = (made(new as u64), at.index(new) + 1);
        let proof = stored(&leaves, &consistency(old as u64, new as u64).expect("it has grown"));
        prop_assert_eq!(&proof, &subproof(old, &leaves, true));
        let (before, after) = (mth(&leaves[..old]), mth(&leaves));
        prop_assert!(verify_consistency(old as u64, new as u64, &proof, &before, &after));
    }

    #[test]
    fn a_flipped_bit_anywhere_is_found(
        size in 2usize..200, at in any::<prop::sample::Index>(),
        which in any::<prop::sample::Index>(), bit in 0usize..256,
    ) {
        let (leaves, index) = (made(size as u64), at.index(size));
        let root = mth(&leaves);
        let mut proof = path(index, &leaves);
        let which = which.index(proof.len());
        proof[which][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify_inclusion(&leaves[index], index as u64, size as u64, &proof, &root));
        let mut leaf = leaves[index];
        leaf[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify_inclusion(&leaf, index as u64, size as u64, &path(index, &leaves), &root));
        let mut proof = subproof(index.max(1), &leaves, true);
        if !proof.is_empty() {
            let last = proof.len() - 1;
            proof[last][bit / 8] ^= 1 << (bit % 8);
            let before = mth(&leaves[..index.max(1)]);
            prop_assert!(!verify_consistency(index.max(1) as u64, size as u64, &proof, &before, &root));
        }
    }

    #[test]
    fn a_leaf_is_proven_in_its_place_only(size in 2u64..300, index in 0u64..300, other in 0u64..300) {
        prop_assume!(index < size && other < size && index != other);
        let leaves = made(size);
        let proof = path(index as usize, &leaves);
        prop_assert!(!verify_inclusion(&leaves[index as usize], other, size, &proof, &mth(&leaves)));
    }
}
