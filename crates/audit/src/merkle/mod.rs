//! Merkle trees as RFC 6962 §2.1 hashes them: roots, inclusion proofs (§2.1.1), consistency proofs (§2.1.2), and their
//! checks (RFC 9162 §2.1.3.2 and §2.1.4.2, which spell out what RFC 6962 leaves to the reader). Pure; no IO.

mod frontier;
mod proof;
mod tiles;

use sha2::{Digest, Sha256};

pub use frontier::Frontier;
pub use proof::{Node, consistency, inclusion, verify_consistency, verify_inclusion};
pub use tiles::{Range, TILE_LEVELS, Tiles, perfect, ranges};

/// A SHA-256 hash: of a leaf, an inner node or a whole tree.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 ‖ data), RFC 6962 §2.1.
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(data);
    hash.finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 §2.1.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// The root of the empty tree: SHA-256 of nothing, RFC 6962 §2.1.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

#[cfg(test)]
mod tests;
