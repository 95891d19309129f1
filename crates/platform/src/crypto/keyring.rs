//! Sealing of secrets at rest: AES-256-GCM (NIST SP 800-38D) under keys that have names.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashMap;
use std::fmt;

/// Keys by name, one of which seals.
///
/// A sealed text reads `v1.<key id>.<base64url of nonce, ciphertext and tag>`. The nonce is 96 random
/// bits, so one key may seal 2³² texts before it must be rotated (SP 800-38D, section 8.3).
pub struct Keyring {
    active: String,
    keys: HashMap<String, RandomizedNonceKey>,
}

impl Keyring {
    /// A ring of `keys`, sealing with the one named `active`. A name is 1 to 32 characters of
    /// `A–Z a–z 0–9 _ -`.
    ///
    /// # Errors
    /// [`KeyringError::BadKeyId`] for a malformed or repeated name, [`KeyringError::UnknownKey`] if
    /// `active` is not among the keys.
    pub fn from_keys(
        keys: impl IntoIterator<Item = (String, [u8; 32])>,
        active: &str,
    ) -> Result<Self, KeyringError> {
        let mut ring = HashMap::new();
        for (id, bytes) in keys {
            let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| KeyringError::Cipher)?;
            if !is_key_id(&id) || ring.insert(id, key).is_some() {
                return Err(KeyringError::BadKeyId);
            }
        }
        if !ring.contains_key(active) {
            return Err(KeyringError::UnknownKey(active.to_owned()));
        }
        Ok(Self { active: active.to_owned(), keys: ring })
    }

    /// Name of the key that seals.
    pub fn active(&self) -> &str {
        &self.active
    }

    /// Encrypts `plaintext`; only the same `aad` opens it again. Give what the secret belongs to
    /// (`identity_totp:<user id>`), so that a sealed text copied to another row does not open there.
    ///
    /// # Errors
    /// [`KeyringError::Cipher`] if the system's random source fails.
    pub fn seal(&self, plaintext: &[u8], aad: &[u8]) -> Result<String, KeyringError> {
        let key = self.key(&self.active)?;
        let mut sealed = plaintext.to_vec();
        let nonce =
            key.seal_in_place_append_tag(Aad::from(aad), &mut sealed).map_err(|_| KeyringError::Cipher)?;
        let mut bytes = Vec::with_capacity(NONCE_LEN + sealed.len());
        bytes.extend_from_slice(nonce.as_ref());
        bytes.extend_from_slice(&sealed);
        Ok(format!("v1.{}.{}", self.active, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Decrypts what [`Keyring::seal`] gave for the same `aad`.
    ///
    /// # Errors
    /// [`KeyringError::Malformed`], [`KeyringError::UnknownKey`], or [`KeyringError::Rejected`] if the
    /// text, the `aad` or the key is another than at sealing.
    pub fn open(&self, sealed: &str, aad: &[u8]) -> Result<Vec<u8>, KeyringError> {
        let (id, body) = split(sealed)?;
        let key = self.key(id)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| KeyringError::Malformed)?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(KeyringError::Malformed)?;
        let mut rest = rest.to_vec();
        let plain = key
            .open_in_place(Nonce::from(nonce), Aad::from(aad), &mut rest)
            .map_err(|_| KeyringError::Rejected)?;
        Ok(plain.to_vec())
    }

    /// Whether `sealed` was sealed by another key than the active one (or is not readable as sealed
    /// text at all), so that a rotation job must touch it.
    pub fn needs_reseal(&self, sealed: &str) -> bool {
        split(sealed).map_or(true, |(id, _)| id != self.active)
    }

    fn key(&self, id: &str) -> Result<&RandomizedNonceKey, KeyringError> {
        self.keys.get(id).ok_or_else(|| KeyringError::UnknownKey(id.to_owned()))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("active", &self.active).finish_non_exhaustive()
    }
}

/// Why something could not be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringError {
    /// A key's name is malformed or used twice.
    BadKeyId,
    /// No key of this name is in the ring.
    UnknownKey(String),
    /// The text is not of the form `v1.<key id>.<base64url>`.
    Malformed,
    /// Authentication failed: text, associated data or key differ from those at sealing.
    Rejected,
    /// The cipher itself failed.
    Cipher,
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadKeyId => f.write_str("a key id is malformed or used twice"),
            Self::UnknownKey(id) => write!(f, "no key named {id:?} is in the key file"),
            Self::Malformed => f.write_str("not a sealed text"),
            Self::Rejected => f.write_str("a sealed text was altered or belongs elsewhere"),
            Self::Cipher => f.write_str("the cipher failed"),
        }
    }
}

impl std::error::Error for KeyringError {}

impl From<KeyringError> for kernel::Error {
    fn from(error: KeyringError) -> Self {
        Self::internal(error)
    }
}

fn is_key_id(id: &str) -> bool {
    (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn split(sealed: &str) -> Result<(&str, &str), KeyringError> {
    sealed
        .strip_prefix("v1.")
        .and_then(|rest| rest.split_once('.'))
        .filter(|(id, _)| is_key_id(id))
        .ok_or(KeyringError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring(active: &str) -> Keyring {
        let keys = [("old".to_owned(), [1; 32]), ("new".to_owned(), [2; 32])];
        Keyring::from_keys(keys, active).unwrap()
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    /// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), appendix B.
    #[test]
    fn published_vector_opens() {
        let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let plain = hex(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ));
        let aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let mut sealed = hex("cafebabefacedbaddecaf888");
        sealed.extend(hex(concat!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b"
        )));
        let ring = Keyring::from_keys([("k".to_owned(), key.try_into().unwrap())], "k").unwrap();
        let text = format!("v1.k.{}", URL_SAFE_NO_PAD.encode(sealed));
        assert_eq!(ring.open(&text, &aad).unwrap(), plain);
    }

    #[test]
    fn sealed_twice_gives_different_texts() {
        let ring = ring("new");
        assert_ne!(ring.seal(b"x", b"").unwrap(), ring.seal(b"x", b"").unwrap());
    }

    #[test]
    fn rotated_ring_opens_old_texts_and_asks_to_reseal() {
        let sealed = ring("old").seal(b"secret", b"row").unwrap();
        let rotated = ring("new");
        assert_eq!(rotated.open(&sealed, b"row").unwrap(), b"secret");
        assert!(rotated.needs_reseal(&sealed));
        assert!(!rotated.needs_reseal(&rotated.seal(b"secret", b"row").unwrap()));
        assert!(rotated.needs_reseal("plain text"));
    }

    #[test]
    fn text_does_not_open_in_another_place_or_under_another_key() {
        let ring = ring("new");
        let sealed = ring.seal(b"secret", b"row 1").unwrap();
        assert_eq!(ring.open(&sealed, b"row 2"), Err(KeyringError::Rejected));
        let relabelled = sealed.replacen("v1.new.", "v1.old.", 1);
        assert_eq!(ring.open(&relabelled, b"row 1"), Err(KeyringError::Rejected));
        let unknown = sealed.replacen("v1.new.", "v1.gone.", 1);
        assert_eq!(ring.open(&unknown, b"row 1"), Err(KeyringError::UnknownKey("gone".into())));
    }

    #[test]
    fn malformed_texts_are_told_apart() {
        let ring = ring("new");
        for text in ["", "v1", "v1.new", "v2.new.AAAA", "v1.new.AAAA", "v1..AAAA", "v1.new.???"] {
            assert_eq!(ring.open(text, b""), Err(KeyringError::Malformed), "{text}");
        }
    }

    #[test]
    fn ring_refuses_bad_names() {
        let bad = |id: &str| Keyring::from_keys([(id.to_owned(), [0; 32])], id).unwrap_err();
        assert_eq!(bad("a.b"), KeyringError::BadKeyId);
        assert_eq!(bad(""), KeyringError::BadKeyId);
        let twice = [("a".to_owned(), [0; 32]), ("a".to_owned(), [1; 32])];
        assert_eq!(Keyring::from_keys(twice, "a").unwrap_err(), KeyringError::BadKeyId);
        let missing = Keyring::from_keys([("a".to_owned(), [0; 32])], "b").unwrap_err();
        assert_eq!(missing, KeyringError::UnknownKey("b".into()));
    }

    proptest! {
        #[test]
        fn any_single_flipped_bit_is_noticed(plain: Vec<u8>, aad: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let ring = ring("new");
            let sealed = ring.seal(&plain, &aad).unwrap();
            prop_assert_eq!(&ring.open(&sealed, &aad).unwrap(), &plain);
            let mut bytes = URL_SAFE_NO_PAD.decode(&sealed["v1.new.".len()..]).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let tampered = format!("v1.new.{}", URL_SAFE_NO_PAD.encode(bytes));
            prop_assert_eq!(ring.open(&tampered, &aad), Err(KeyringError::Rejected));
        }
    }
}
