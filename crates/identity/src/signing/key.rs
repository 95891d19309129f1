//! One signing key: made, sealed and opened again, signing, and its public half as a JWK.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use kernel::{Error, Result};
use platform::crypto::Keyring;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::entity;
use crate::service::SigningAlgorithm;

/// `typ` of access tokens (RFC 9068, section 2.1).
pub const ACCESS_TYPE: &str = "at+jwt";

/// Makes a key of `algorithm`; it signs from now on.
///
/// # Errors
/// INTERNAL if the system's random source or the sealing fails.
pub fn generate(
    id: Uuid,
    algorithm: SigningAlgorithm,
    keyring: &Keyring,
    now: DateTime<Utc>,
) -> Result<entity::Model> {
    let kid = kid(id);
    let private = match algorithm {
        SigningAlgorithm::EdDsa => Private::Ed(Ed25519KeyPair::generate().map_err(failed)?),
        SigningAlgorithm::Rs256 => Private::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?),
    };
    Ok(entity::Model {
        id,
        algorithm: algorithm.as_str().to_owned(),
        public_jwk: private.public_jwk(&kid),
        private_sealed: keyring.seal(&private.to_der()?, sealed_for(&kid).as_bytes())?,
        created_at: now,
        not_after: None,
        retired_at: None,
    })
}

/// The `kid` of the key with this id.
pub fn kid(id: Uuid) -> String {
    id.simple().to_string()
}

/// The private half, ready to sign.
pub struct Signer {
    kid: String,
    private: Private,
}

impl Signer {
    /// Opens the private half of a stored key.
    ///
    /// # Errors
    /// INTERNAL if the keyring does not open it or the algorithm is unknown.
    pub fn open(key: &entity::Model, keyring: &Keyring) -> Result<Self> {
        let kid = kid(key.id);
        let der = keyring.open(&key.private_sealed, sealed_for(&kid).as_bytes())?;
        let private = match algorithm(&key.algorithm)? {
            SigningAlgorithm::EdDsa => Private::Ed(Ed25519KeyPair::from_pkcs8(&der).map_err(failed)?),
            SigningAlgorithm::Rs256 => Private::Rsa(RsaKeyPair::from_pkcs8(&der).map_err(failed)?),
        };
        Ok(Self { kid, private })
    }

    /// A JWS in compact form (RFC 7515, section 7.1) of `claims`.
    ///
    /// # Errors
    /// INTERNAL if the claims are no JSON or the signature fails.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let header = json!({ "typ": ACCESS_TYPE, "alg": self.private.algorithm().as_str(), "kid": self.kid });
        let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let signature = self.private.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

/// The public half, and until when its signatures are accepted.
pub struct Verifier {
    /// The one algorithm this key is used with.
    pub algorithm: Algorithm,
    /// The public key.
    pub key: DecodingKey,
    /// When its last token has expired; none while it signs.
    pub not_after: Option<DateTime<Utc>>,
}

impl Verifier {
    /// The public half of a stored key.
    ///
    /// # Errors
    /// INTERNAL if the stored JWK is none.
    pub fn of(key: &entity::Model) -> Result<Self> {
        let jwk: Jwk = serde_json::from_value(key.public_jwk.clone())?;
        let algorithm = match algorithm(&key.algorithm)? {
            SigningAlgorithm::EdDsa => Algorithm::EdDSA,
            SigningAlgorithm::Rs256 => Algorithm::RS256,
        };
        Ok(Self {
            algorithm,
            key: DecodingKey::from_jwk(&jwk).map_err(Error::internal)?,
            not_after: key.not_after,
        })
    }
}

enum Private {
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Private {
    fn algorithm(&self) -> SigningAlgorithm {
        match self {
            Self::Ed(_) => SigningAlgorithm::EdDsa,
            Self::Rsa(_) => SigningAlgorithm::Rs256,
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Ed(pair) => Ok(pair.try_sign(message).map_err(failed)?.as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }

    /// PKCS#8 (RFC 5208), unencrypted: sealed before it is stored.
    fn to_der(&self) -> Result<Vec<u8>> {
        let der: Pkcs8V1Der<'_> = match self {
            Self::Ed(pair) => pair.as_der().map_err(failed)?,
            Self::Rsa(pair) => pair.as_der().map_err(failed)?,
        };
        Ok(der.as_ref().to_vec())
    }

    /// RFC 8037, section 2 for Ed25519; RFC 7518, section 6.3.1 for RSA.
    fn public_jwk(&self, kid: &str) -> Json {
        let mut jwk = match self {
            Self::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()) })
            }
            Self::Rsa(pair) => {
                let part = |number: aws_lc_rs::io::Positive<'_>| {
                    URL_SAFE_NO_PAD.encode(number.big_endian_without_leading_zero())
                };
                let public = pair.public_key();
                json!({ "kty": "RSA", "n": part(public.modulus()), "e": part(public.exponent()) })
            }
        };
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm().as_str());
        jwk["kid"] = json!(kid);
        jwk
    }
}

/// What a sealed private key belongs to, so that it opens in no other row.
fn sealed_for(kid: &str) -> String {
    format!("identity_signing_keys:{kid}")
}

fn algorithm(word: &str) -> Result<SigningAlgorithm> {
    [SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256]
        .into_iter()
        .find(|algorithm| algorithm.as_str() == word)
        .ok_or_else(|| Error::internal(format!("a signing key has the unknown algorithm {word}")))
}

fn failed<E>(_: E) -> Error {
    Error::internal("the signing key's cipher failed")
}
