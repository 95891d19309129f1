//! What an export says of itself, signed with the tenant's audit key (Ed25519, RFC 8032): which entries it was to have,
//! and how many those are. Without it, nobody could tell entries that a filter left out from those that retention has
//! removed, and an excerpt could be passed off as the whole.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::seal::{
    head::{PublicKey, SignedHead, hex},
    line::instant,
};

/// What the document says it is.
pub const KIND: &str = "atrium.audit.export.statement";

/// What an export has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// The version of the form: 1.
    pub v: u32,
    /// [`KIND`].
    pub kind: String,
    /// The tenant.
    pub tenant: Uuid,
    /// Which entries it has; null for all that there were.
    pub filter: Option<serde_json::Value>,
    /// Whether personal data is opened.
    pub personal: bool,
    /// How many entries it has.
    pub entries: u64,
    /// The head up to which they go.
    pub head: SignedHead,
    /// When it was signed.
    pub at: DateTime<Utc>,
    /// The key that signed.
    pub key: Uuid,
    /// The signature over [`Statement::message`], in Base64.
    pub signature: String,
}

impl Statement {
    /// What is signed: lines of text, the filter as JSON without whitespace, its members by name.
    pub fn message(&self) -> String {
        let Self { v: _, kind: _, tenant, filter, personal, entries, head, at, key, signature: _ } = self;
        let filter = filter.as_ref().map_or_else(|| "none: every entry".to_owned(), ToString::to_string);
        format!(
            "atrium audit export v1\ntenant {tenant}\nfilter {filter}\npersonal {personal}\nentries {entries}\n\
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

    /// Whether the owner of `public` signed it.
    pub fn is_signed_by(&self, public: &PublicKey) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &public.0);
        let signature = STANDARD.decode(&self.signature).unwrap_or_default();
        self.v == 1 && self.kind == KIND && key.verify(self.message().as_bytes(), &signature).is_ok()
    }
}
