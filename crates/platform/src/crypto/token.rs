//! Opaque tokens given to people and programs: shown once, kept as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use subtle::ConstantTimeEq as _;

/// A fresh secret of 256 random bits: `<prefix>_<43 characters of base64url>`.
///
/// The prefix says what leaked text is (`atr_` a refresh token, `atk_` an API key), for people and for
/// scanners of repositories.
#[derive(Clone, Debug)]
pub struct Token(SecretString);

impl Token {
    /// Draws a token. `prefix` goes without its underscore.
    pub fn generate<R: CryptoRng>(prefix: &str, rng: &mut R) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bytes)).into())
    }

    /// The text to hand out.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What to store: see [`hash`].
    pub fn hash(&self) -> String {
        hash(self.expose())
    }
}

/// SHA-256 of a token in lower-case hex, the form in which tokens are stored and looked up.
///
/// Reason: 256 random bits cannot be guessed, so neither salt nor a slow hash adds anything.
pub fn hash(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    let mut text = String::with_capacity(64);
    for byte in digest {
        // Invariant: writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether `presented` is the token whose [`hash`] is stored, in time that does not tell how much agrees.
pub fn matches(presented: &str, stored_hash: &str) -> bool {
    equal(hash(presented).as_bytes(), stored_hash.as_bytes())
}

/// Comparison in time that depends on the lengths alone.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_sha256_in_hex() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), expected);
    }

    #[test]
    fn token_has_its_prefix_and_all_its_entropy() {
        let token = Token::generate("atr", &mut rand::rng());
        let body = token.expose().strip_prefix("atr_").unwrap_or_default();
        assert_eq!(URL_SAFE_NO_PAD.decode(body).map(|b| b.len()), Ok(32));
        assert_ne!(token.expose(), Token::generate("atr", &mut rand::rng()).expose());
    }

    #[test]
    fn only_the_token_itself_matches() {
        let token = Token::generate("atr", &mut rand::rng());
        assert!(matches(token.expose(), &token.hash()));
        assert!(!matches(&token.expose()[1..], &token.hash()));
        assert!(!matches(token.expose(), &token.hash()[1..]));
        assert!(!matches(&token.hash(), &token.hash()));
    }

    #[test]
    fn token_does_not_show_in_debug_output() {
        let token = Token::generate("atr", &mut rand::rng());
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
