//! Manifests: what is in an archive's file, signed with the tenant's audit key (Ed25519, RFC 8032). Whoever can write to
//! the database alone can make none, and so can hide no removal behind one.

use std::collections::BTreeSet;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use kernel::id::TypedId as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Model, file::Written};
use crate::seal::{
    head::{PublicKey, SignedHead, hex},
    line::instant,
};

/// What the document says it is.
pub const KIND: &str = "atrium.audit.archive";

/// What is in an archive's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version of the form: 1.
    pub v: u32,
    /// [`KIND`].
    pub kind: String,
    /// The tenant.
    pub tenant: Uuid,
    /// The archive.
    pub archive: Uuid,
    /// The first place of the sealed order that it spans.
    pub first: u64,
    /// One past the last.
    pub until: u64,
    /// How many entries the file has.
    pub entries: u64,
    /// Which places of the span they are of: a bit each, the lowest of a byte first, in Base64.
    pub places: String,
    /// Key of the file in the object storage.
    pub object: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// The head of the tree that the file is of.
    pub head: SignedHead,
    /// When it was signed.
    pub at: DateTime<Utc>,
    /// The key that signed.
    pub key: Uuid,
    /// The signature over [`Manifest::message`], in Base64.
    pub signature: String,
}

impl Manifest {
    pub(super) fn unsigned(
        row: &Model,
        places: &BTreeSet<u64>,
        written: &Written,
        head: SignedHead,
        at: DateTime<Utc>,
    ) -> Self {
        let (first, until) = (row.first_seq.unsigned_abs(), row.until_seq.unsigned_abs());
        let span = usize::try_from(until.saturating_sub(first)).unwrap_or_default();
        let mut bits = vec![0u8; span.div_ceil(8)];
        for (byte, bit) in places.iter().filter_map(|seq| spot(first, *seq)) {
            if let Some(byte) = bits.get_mut(byte) {
                *byte |= bit;
            }
        }
        Self {
            v: 1,
            kind: KIND.to_owned(),
            tenant: row.tenant_id.uuid(),
            archive: row.id.uuid(),
            first,
            until,
            entries: places.len() as u64,
            places: STANDARD.encode(bits),
            object: row.object_key.clone(),
            size: written.size,
            sha256: written.sha256.clone(),
            head,
            at,
            key: Uuid::nil(),
            signature: String::new(),
        }
    }

    /// What is signed: lines of text.
    pub fn message(&self) -> String {
        let Self { v: _, kind: _, tenant, archive, first, until, entries, places, object, size, .. } = self;
        let Self { sha256, head, at, key, .. } = self;
        format!(
            "atrium audit archive v1\ntenant {tenant}\narchive {archive}\nfirst {first}\nuntil {until}\n\
             entries {entries}\nplaces {places}\nobject {object}\nsize {size}\nsha256 {sha256}\n\
             head {} {} {}\nat {}\nkey {key}\n",
            head.number,
            head.size,
            hex(&head.root),
            instant(*at)
        )
    }

    #[must_use]
    pub(super) fn signed(mut self, id: Uuid, key: &Ed25519KeyPair) -> Self {
        self.key = id;
        self.signature = STANDARD.encode(key.sign(self.message().as_bytes()).as_ref());
        self
    }

    /// Whether the owner of `public` signed it and the head in it.
    pub fn is_signed_by(&self, public: &PublicKey) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &public.0);
        let signature = STANDARD.decode(&self.signature).unwrap_or_default();
        self.v == 1 && self.kind == KIND && key.verify(self.message().as_bytes(), &signature).is_ok()
    }

    /// Which places have a bit, to be asked with [`Manifest::has`].
    pub(crate) fn bits(&self) -> Vec<u8> {
        STANDARD.decode(&self.places).unwrap_or_default()
    }

    /// Whether the file has the entry of a place.
    pub(crate) fn has(&self, bits: &[u8], seq: u64) -> bool {
        (self.first..self.until).contains(&seq)
            && spot(self.first, seq)
                .is_some_and(|(byte, bit)| bits.get(byte).is_some_and(|byte| byte & bit > 0))
    }
}

/// Byte and bit of a place.
fn spot(first: u64, seq: u64) -> Option<(usize, u8)> {
    let at = seq.checked_sub(first)?;
    Some((usize::try_from(at / 8).ok()?, 1 << (at % 8)))
}
