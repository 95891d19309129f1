//! Proofs on their own: that an entry is in the tree of a signed head (RFC 6962 §2.1.1), and that the tree of one head
//! begins with that of another (§2.1.2). Documents that are checked with the public key alone.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file::identity;
use crate::{
    merkle::{Hash, leaf_hash, verify_consistency, verify_inclusion},
    seal::head::{PublicKey, SignedHead, hex, unhex},
};

/// What a document proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Proof {
    /// That an entry is in the tree of a head.
    #[serde(rename = "atrium.audit.inclusion")]
    Inclusion(Inclusion),
    /// That the tree of one head begins with that of another.
    #[serde(rename = "atrium.audit.consistency")]
    Consistency(Consistency),
}

/// That an entry is in the tree of a head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inclusion {
    /// The version of the form: 1.
    pub v: u32,
    /// The entry's place in the sealed order, from 0.
    pub seq: u64,
    /// The entry's canonical line; its leaf is SHA-256 of a zero byte and its bytes.
    pub line: String,
    /// The audit path, from the leaf upwards, in hexadecimal digits.
    pub path: Vec<String>,
    /// The head.
    pub head: SignedHead,
}

/// That the tree of one head begins with that of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Consistency {
    /// The version of the form: 1.
    pub v: u32,
    /// The older head.
    pub from: SignedHead,
    /// The newer head.
    pub to: SignedHead,
    /// The proof, in hexadecimal digits.
    pub path: Vec<String>,
}

/// What a proof that holds says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proven {
    /// The entry, of a proof of inclusion.
    pub entry: Option<Uuid>,
    /// Its place.
    pub seq: Option<u64>,
    /// The head it is proven against: the newer one, if there are two.
    pub head: SignedHead,
}

impl Proof {
    /// Checks the document, believing `keys` alone.
    ///
    /// # Errors
    /// In words, why it proves nothing.
    pub fn check(&self, keys: &[PublicKey]) -> Result<Proven, String> {
        match self {
            Self::Inclusion(proof) => proof.check(keys),
            Self::Consistency(proof) => proof.check(keys),
        }
    }
}

impl Inclusion {
    fn check(&self, keys: &[PublicKey]) -> Result<Proven, String> {
        let Self { v, seq, line, path, head } = self;
        version(*v)?;
        signed(head, keys)?;
        let (entry, tenant) =
            identity(line.as_bytes()).ok_or("the line is not that of an entry of the trail")?;
        if tenant != head.tenant {
            return Err("the entry and the head are of different agencies".to_owned());
        }
        let leaf = leaf_hash(line.as_bytes());
        if !verify_inclusion(&leaf, *seq, head.size, &hashes(path)?, &head.root) {
            return Err(format!("the entry is not at place {seq} of the tree of head {}", head.number));
        }
        Ok(Proven { entry: Some(entry), seq: Some(*seq), head: head.clone() })
    }
}

impl Consistency {
    fn check(&self, keys: &[PublicKey]) -> Result<Proven, String> {
        let Self { v, from, to, path } = self;
        version(*v)?;
        signed(from, keys)?;
        signed(to, keys)?;
        if from.tenant != to.tenant {
            return Err("the heads are of different agencies".to_owned());
        }
        if !verify_consistency(from.size, to.size, &hashes(path)?, &from.root, &to.root) {
            let text =
                format!("the tree of head {} does not begin with that of head {}", to.number, from.number);
            return Err(text);
        }
        Ok(Proven { entry: None, seq: None, head: to.clone() })
    }
}

/// Hashes as documents hold them.
pub fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| hex(hash)).collect()
}

fn hashes(texts: &[String]) -> Result<Vec<Hash>, String> {
    let hashes = texts.iter().map(|text| unhex(text.as_bytes()));
    hashes.collect::<Option<_>>().ok_or_else(|| "a hash is not of 64 hexadecimal digits".to_owned())
}

fn version(v: u32) -> Result<(), String> {
    if v == 1 { Ok(()) } else { Err(format!("version {v} of the form is not known")) }
}

fn signed(head: &SignedHead, keys: &[PublicKey]) -> Result<(), String> {
    if keys.iter().any(|key| head.is_signed_by(key)) {
        return Ok(());
    }
    Err(format!("head {} is not signed by the key", head.number))
}
