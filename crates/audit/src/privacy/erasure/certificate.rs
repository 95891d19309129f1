//! The certificate of an erasure: what went, what stayed and why, who asked and who agreed, and the tree heads around it,
//! signed with the tenant's audit key (Ed25519, RFC 8032). It tells of the person no more than an id, which nothing leads
//! back from, and is checked with the public key alone.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    seal::head::{PublicKey, SignedHead},
    verify::proof::{Consistency, Proof},
};

/// What the document says it is.
pub const KIND: &str = "atrium.erasure.certificate";

/// First line of what is signed; the statement as JSON without white space follows.
const FIRST_LINE: &str = "atrium erasure certificate v1\n";

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// [`KIND`].
    pub kind: String,
    /// The version of the form: 1.
    pub v: u32,
    /// What is certified.
    pub statement: Statement,
    /// Id of the key that signed.
    pub key: Uuid,
    /// The signature over [`Statement::message`], in Base64.
    pub signature: String,
}

/// What is certified. Its members in this order, as JSON without white space, are what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// The tenant.
    pub tenant: Uuid,
    /// The request.
    pub request: Uuid,
    /// The id that the person had: entries of the trail are about it still.
    pub person: Uuid,
    /// Who asked.
    pub requested_by: Uuid,
    /// When (RFC 3339).
    pub requested_at: String,
    /// Who agreed, somebody else.
    pub approved_by: Uuid,
    /// When, which is when it was done (RFC 3339).
    pub erased_at: String,
    /// What there was, and what became of it.
    pub collections: Vec<Collection>,
    /// Keys of the person that were destroyed, so that the trail tells nothing of them any more.
    pub keys_destroyed: u64,
    /// The head of the trail before.
    pub head_before: SignedHead,
    /// The head of the trail after: the erasure's own entries are in its tree.
    pub head_after: SignedHead,
    /// Proof that the tree after begins with the tree before (RFC 6962 §2.1.2), in hexadecimal digits.
    pub consistency: Vec<String>,
}

/// A collection of personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Collection {
    /// Its name (`identity.sessions`).
    pub name: String,
    /// How many rows or files there were.
    pub count: u64,
    /// `erased`, `anonymised` or `kept`.
    pub fate: String,
    /// Why it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Statement {
    /// The statement with its signature by the key with this id.
    ///
    /// # Errors
    /// Only if it cannot be written as JSON.
    pub fn sign(self, id: Uuid, pair: &Ed25519KeyPair) -> Result<Certificate, serde_json::Error> {
        let signature = STANDARD.encode(pair.sign(self.message()?.as_bytes()));
        Ok(Certificate { kind: KIND.to_owned(), v: 1, statement: self, key: id, signature })
    }

    /// What is signed.
    ///
    /// # Errors
    /// Only if it cannot be written as JSON.
    pub fn message(&self) -> Result<String, serde_json::Error> {
        Ok(format!("{FIRST_LINE}{}", serde_json::to_string(self)?))
    }
}

impl Certificate {
    /// Checks the document, believing `keys` alone.
    ///
    /// # Errors
    /// In words, why it certifies nothing.
    pub fn check(&self, keys: &[PublicKey]) -> Result<&Statement, String> {
        let Self { kind, v, statement, key: _, signature } = self;
        if kind != KIND || *v != 1 {
            return Err("this is no certificate of an erasure, or of a version that is not known".to_owned());
        }
        let message = statement.message().map_err(|error| error.to_string())?;
        let signature =
            STANDARD.decode(signature).map_err(|_| "the signature is not in Base64".to_owned())?;
        let signed = |key: &PublicKey| {
            UnparsedPublicKey::new(&ED25519, &key.0).verify(message.as_bytes(), &signature).is_ok()
        };
        if !keys.iter().any(signed) {
            return Err("the certificate is not signed by the key, or was changed".to_owned());
        }
        let (from, to) = (statement.head_before.clone(), statement.head_after.clone());
        if [from.tenant, to.tenant] != [statement.tenant; 2] {
            return Err("the heads are of another agency".to_owned());
        }
        let path = statement.consistency.clone();
        Proof::Consistency(Consistency { v: 1, from, to, path }).check(keys)?;
        Ok(statement)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::KeyPair as _;
    use chrono::DateTime;

    use super::*;
    use crate::merkle::Frontier;

    fn pair(seed: u8) -> (Ed25519KeyPair, PublicKey) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let public = PublicKey(pair.public_key().as_ref().try_into().unwrap());
        (pair, public)
    }

    fn statement(pair: &Ed25519KeyPair) -> Statement {
        let mut tree = Frontier::default();
        tree.push([1; 32], |_, _, _| ());
        let head = SignedHead {
            tenant: Uuid::from_u128(1),
            number: 3,
            size: 1,
            root: tree.root(),
            at: DateTime::from_timestamp(1_795_000_000, 42_000).unwrap(),
            key: Uuid::from_u128(2),
            signature: Vec::new(),
        }
        .signed(pair);
        Statement {
            tenant: Uuid::from_u128(1),
            request: Uuid::from_u128(3),
            person: Uuid::from_u128(4),
            requested_by: Uuid::from_u128(5),
            requested_at: "2026-11-18T11:06:40Z".to_owned(),
            approved_by: Uuid::from_u128(6),
            erased_at: "2026-11-19T11:06:40Z".to_owned(),
            collections: vec![Collection {
                name: "identity.sessions".to_owned(),
                count: 2,
                fate: "erased".to_owned(),
                reason: None,
            }],
            keys_destroyed: 1,
            head_before: head.clone(),
            head_after: head,
            consistency: Vec::new(),
        }
    }

    #[test]
    fn certificate_holds_as_it_was_signed_and_for_its_key_alone() {
        let ((mine, public), (_, other)) = (pair(1), pair(2));
        let signed = statement(&mine).sign(Uuid::from_u128(2), &mine).unwrap();
        let text = serde_json::to_string_pretty(&signed).unwrap();
        let read: Certificate = serde_json::from_str(&text).unwrap();
        assert_eq!(read.check(&[other, public]), Ok(&signed.statement));
        assert!(read.check(&[other]).is_err());
        for (from, to) in [
            ("\"count\": 2", "\"count\": 1"),
            ("erased\"", "kept\""),
            ("000000000004", "000000000007"),
            ("\"keysDestroyed\": 1", "\"keysDestroyed\": 0"),
        ] {
            let forged: Certificate = serde_json::from_str(&text.replace(from, to)).unwrap();
            assert_ne!(forged, signed, "{from}");
            assert!(forged.check(&[public]).is_err(), "{from}");
        }
        assert!(serde_json::from_str::<Certificate>(&text.replace("\"v\"", "\"w\"")).is_err());
    }

    #[test]
    fn certificate_with_heads_of_another_key_or_agency_is_none() {
        let ((mine, public), (other, _)) = (pair(1), pair(2));
        let id = Uuid::from_u128(2);
        let foreign = statement(&other).sign(id, &mine).unwrap();
        assert!(foreign.check(&[public]).is_err());
        let moved = Statement { tenant: Uuid::from_u128(9), ..statement(&mine) }.sign(id, &mine).unwrap();
        assert!(moved.check(&[public]).is_err());
    }
}
