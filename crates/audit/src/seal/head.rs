//! Signed tree heads: how many entries a tenant's tree has, and its root, signed with the tenant's audit key
//! (Ed25519, RFC 8032). Whoever keeps one outside of the installation can hold the trail against it for ever.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::line::instant;
use crate::merkle::Hash;

/// A tree head with its signature, as documents hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedHead {
    /// The tenant.
    pub tenant: Uuid,
    /// Its number among the tenant's heads, from 1.
    pub number: u64,
    /// How many entries the tree has.
    pub size: u64,
    /// The tree's root.
    #[serde(with = "hex_hash")]
    pub root: Hash,
    /// When it was signed.
    #[serde(with = "micros")]
    pub at: DateTime<Utc>,
    /// The key that signed.
    pub key: Uuid,
    /// The signature over [`SignedHead::message`].
    #[serde(with = "base64_bytes")]
    pub signature: Vec<u8>,
}

impl SignedHead {
    /// What is signed: seven lines of text.
    pub fn message(&self) -> String {
        let Self { tenant, number, size, root, at, key, signature: _ } = self;
        format!(
            "atrium audit tree head v1\ntenant {tenant}\nnumber {number}\nsize {size}\nroot {}\nat {}\nkey {key}\n",
            hex(root),
            instant(*at)
        )
    }

    /// The head with its signature by `key`.
    #[must_use]
    pub fn signed(mut self, key: &Ed25519KeyPair) -> Self {
        self.signature = key.sign(self.message().as_bytes()).as_ref().to_vec();
        self
    }

    /// Whether the owner of `public` signed it.
    pub fn is_signed_by(&self, public: &PublicKey) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &public.0);
        key.verify(self.message().as_bytes(), &self.signature).is_ok()
    }
}

/// An Ed25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

/// What comes before the key in its DER form (SubjectPublicKeyInfo, RFC 8410 §4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

impl PublicKey {
    /// The key in PEM (RFC 7468 §13), as `openssl pkey -pubin` reads it.
    pub fn pem(&self) -> String {
        let der = [&SPKI[..], &self.0[..]].concat();
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(der))
    }

    /// Every Ed25519 key of a PEM text; none if a part of it is something else.
    pub fn all_of_pem(text: &str) -> Option<Vec<Self>> {
        let mut keys = Vec::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(BEGIN) {
            let (body, next) = after.split_once(END)?;
            let body: String = body.split_whitespace().collect();
            let der = STANDARD.decode(body).ok()?;
            let key = der.strip_prefix(&SPKI[..])?;
            keys.push(Self(key.try_into().ok()?));
            rest = next;
        }
        (!keys.is_empty()).then_some(keys)
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// A hash of 64 lower-case hexadecimal digits.
pub fn unhex(text: &[u8]) -> Option<Hash> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut hash = [0; 32];
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    if pairs.len() != hash.len() {
        return None;
    }
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(hash)
}

/// Hashes in documents.
pub mod hex_hash {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::merkle::Hash;

    /// Writes hexadecimal digits.
    pub fn serialize<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(hash))
    }

    /// Reads hexadecimal digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(from)?;
        super::unhex(text.as_bytes()).ok_or_else(|| D::Error::custom("64 hexadecimal digits are expected"))
    }
}

mod base64_bytes {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}

mod micros {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::instant(*at))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(from)?;
        let time = DateTime::parse_from_rfc3339(&text).map_err(D::Error::custom)?;
        Ok(time.to_utc())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::KeyPair as _;

    use super::*;

    fn pair(seed: u8) -> (Ed25519KeyPair, PublicKey) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let public = PublicKey(pair.public_key().as_ref().try_into().unwrap());
        (pair, public)
    }

    fn head() -> SignedHead {
        SignedHead {
            tenant: Uuid::from_u128(1),
            number: 3,
            size: 120,
            root: [0xab; 32],
            at: DateTime::from_timestamp(1_795_000_000, 42_000).unwrap(),
            key: Uuid::from_u128(2),
            signature: Vec::new(),
        }
    }

    #[test]
    fn message_is_seven_lines() {
        let expected = "atrium audit tree head v1\ntenant 00000000-0000-0000-0000-000000000001\nnumber 3\n\
                        size 120\nroot abababababababababababababababababababababababababababababababab\n\
                        at 2026-11-18T11:06:40.000042Z\nkey 00000000-0000-0000-0000-000000000002\n";
        assert_eq!(head().message(), expected);
    }

    #[test]
    fn signature_holds_for_this_head_and_key_alone() {
        let ((mine, public), (_, other)) = (pair(1), pair(2));
        let signed = head().signed(&mine);
        assert!(signed.is_signed_by(&public));
        assert!(!signed.is_signed_by(&other));
        for forged in [
            SignedHead { tenant: Uuid::nil(), ..signed.clone() },
            SignedHead { number: 4, ..signed.clone() },
            SignedHead { size: 121, ..signed.clone() },
            SignedHead { root: [0xac; 32], ..signed.clone() },
            SignedHead { at: signed.at + chrono::TimeDelta::microseconds(1), ..signed.clone() },
            SignedHead { key: Uuid::nil(), ..signed.clone() },
        ] {
            assert!(!forged.is_signed_by(&public), "{forged:?}");
        }
    }

    #[test]
    fn head_and_key_survive_being_written_down() {
        let (mine, public) = pair(1);
        let signed = head().signed(&mine);
        let text = serde_json::to_string(&signed).unwrap();
        assert_eq!(serde_json::from_str::<SignedHead>(&text).unwrap(), signed);
        let (_, other) = pair(2);
        let pem = public.pem() + &other.pem();
        assert_eq!(PublicKey::all_of_pem(&pem), Some(vec![public, other]));
        assert_eq!(PublicKey::all_of_pem("no key"), None);
        assert_eq!(PublicKey::all_of_pem(&pem.replace("MCow", "MCox")), None);
    }

    #[test]
    fn hexadecimal_digits_are_read_strictly() {
        assert_eq!(unhex(hex(&[0x5f; 32]).as_bytes()), Some([0x5f; 32]));
        assert_eq!(unhex(hex(&[0x5f; 31]).as_bytes()), None);
        assert_eq!(unhex(hex(&[0x5f; 32]).to_uppercase().as_bytes()), None);
    }
}
