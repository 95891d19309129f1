//! Every way we know in which an access token can be wrong.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeZone as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kernel::id::TypedId as _;
use platform::crypto::Keyring;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::*;
use crate::{
    service::SigningAlgorithm,
    signing::{
        entity,
        key::{Signer, generate, kid},
    },
};

const ISSUER: &str = "https://atrium.test";
const AUDIENCE: &str = "atrium";

fn at(minute: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).unwrap() + Duration::minutes(minute)
}

fn keyring() -> Keyring {
    Keyring::from_keys([("k1".to_owned(), [7; 32])], "k1").unwrap()
}

/// An installation with one key.
struct Issuer {
    key: entity::Model,
    verifiers: HashMap<String, Verifier>,
}

impl Issuer {
    fn new(algorithm: SigningAlgorithm) -> Self {
        Self::with_id(Uuid::from_u128(1), algorithm)
    }

    fn with_id(id: Uuid, algorithm: SigningAlgorithm) -> Self {
        let key = generate(id, algorithm, &keyring(), at(0)).unwrap();
        let verifiers = HashMap::from([(kid(id), Verifier::of(&key).unwrap())]);
        Self { key, verifiers }
    }

    fn claims(&self) -> Claims {
        let subject = Subject {
            user: UserId::from_uuid(Uuid::from_u128(10)),
            tenant: TenantId::from_uuid(Uuid::from_u128(20)),
            session: SessionId::from_uuid(Uuid::from_u128(30)),
        };
        Claims::new(ISSUER, AUDIENCE, subject, "once".to_owned(), at(0), Duration::minutes(15))
    }

    fn sign(&self, claims: &impl Serialize) -> String {
        Signer::open(&self.key, &keyring()).unwrap().sign(claims).unwrap()
    }

    fn verify_at(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, Refused> {
        verify(&self.verifiers, token, Expected { issuer: ISSUER, audience: AUDIENCE, now })
    }

    fn verify(&self, token: &str) -> Result<Claims, Refused> {
        self.verify_at(token, at(1))
    }

    /// A token that is signed by the right Ed25519 key, under a header of choice.
    fn encoded(&self, change: impl FnOnce(&mut Header)) -> String {
        let kid = kid(self.key.id);
        let aad = format!("identity_signing_keys:{kid}");
        let der = keyring().open(&self.key.private_sealed, aad.as_bytes()).unwrap();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(ACCESS_TYPE.to_owned());
        header.kid = Some(kid);
        change(&mut header);
        encode(&header, &self.claims(), &EncodingKey::from_ed_der(&der)).unwrap()
    }

    /// A token of the right claims with another header and the signature that `sign` gives.
    fn forged(&self, header: &Json, sign: impl FnOnce(&str) -> String) -> String {
        let part = |value: &Json| URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap());
        let message = format!("{}.{}", part(header), part(&serde_json::to_value(self.claims()).unwrap()));
        let signature = sign(&message);
        format!("{message}.{signature}")
    }

    fn header(&self, algorithm: &str) -> Json {
        json!({ "alg": algorithm, "typ": ACCESS_TYPE, "kid": kid(self.key.id) })
    }
}

fn with_claim(claims: &Claims, name: &str, value: Json) -> Json {
    let mut claims = serde_json::to_value(claims).unwrap();
    claims[name] = value;
    claims
}

#[test]
fn token_of_either_algorithm_verifies_and_says_what_was_signed() {
    for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256] {
        let issuer = Issuer::new(algorithm);
        let token = issuer.sign(&issuer.claims());
        assert_eq!(issuer.verify(&token), Ok(issuer.claims()), "{algorithm:?}");
        let header = decode_header(&token).unwrap();
        assert_eq!((header.typ.as_deref(), header.kid), (Some("at+jwt"), Some(kid(issuer.key.id))));
    }
}

#[test]
fn token_carries_exactly_the_claims_that_clients_may_rely_on() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let claims: BTreeMap<String, Json> =
        serde_json::from_value(serde_json::to_value(issuer.claims()).unwrap()).unwrap();
    let names: Vec<&str> = claims.keys().map(String::as_str).collect();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "sid", "sub", "tid"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 15 * 60);
    assert!(claims["sub"].as_str().unwrap().starts_with("usr_"));
    assert!(claims["tid"].as_str().unwrap().starts_with("ten_"));
    assert!(claims["sid"].as_str().unwrap().starts_with("ses_"));
}

#[test]
fn token_without_a_signature_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    for none in ["none", "None", "NONE", "nOnE"] {
        let token = issuer.forged(&issuer.header(none), |_| String::new());
        assert_eq!(issuer.verify(&token), Err(Refused::Invalid), "{none}");
    }
    let token = issuer.forged(&issuer.header("EdDSA"), |_| String::new());
    assert_eq!(issuer.verify(&token), Err(Refused::Invalid));
}

#[test]
fn token_signed_with_the_public_key_as_a_shared_secret_is_refused() {
    for (algorithm, part) in [(SigningAlgorithm::EdDsa, "x"), (SigningAlgorithm::Rs256, "n")] {
        let issuer = Issuer::new(algorithm);
        let public = issuer.key.public_jwk[part].as_str().unwrap();
        for secret in [public.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(public).unwrap()] {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some(kid(issuer.key.id));
            header.typ = Some(ACCESS_TYPE.to_owned());
            let token = encode(&header, &issuer.claims(), &EncodingKey::from_secret(&secret)).unwrap();
            assert_eq!(issuer.verify(&token), Err(Refused::Invalid), "{algorithm:?}");
        }
    }
}

#[test]
fn token_of_another_algorithm_than_its_key_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let other = Issuer::new(SigningAlgorithm::Rs256);
    assert_eq!(issuer.verify(&other.sign(&issuer.claims())), Err(Refused::Invalid));
    assert_eq!(other.verify(&issuer.sign(&issuer.claims())), Err(Refused::Invalid));
}

#[test]
fn token_with_an_altered_payload_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let token = issuer.sign(&issuer.claims());
    let parts: Vec<&str> = token.split('.').collect();
    let stolen = with_claim(&issuer.claims(), "tid", json!(TenantId::from_uuid(Uuid::from_u128(21))));
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&stolen).unwrap());
    let altered = format!("{}.{payload}.{}", parts[0], parts[2]);
    assert_eq!(issuer.verify(&altered), Err(Refused::Invalid));
}

#[test]
fn token_with_any_altered_byte_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let token = issuer.sign(&issuer.claims());
    for position in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(bytes).unwrap();
        assert!(issuer.verify(&altered).is_err(), "byte {position}");
    }
}

#[test]
fn token_of_another_installation_with_the_same_kid_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let other = Issuer::new(SigningAlgorithm::EdDsa);
    assert_eq!(issuer.verify(&other.sign(&issuer.claims())), Err(Refused::Invalid));
}

#[test]
fn token_of_an_unknown_or_no_key_says_so() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let other = Issuer::with_id(Uuid::from_u128(2), SigningAlgorithm::EdDsa);
    assert_eq!(issuer.verify(&other.sign(&issuer.claims())), Err(Refused::UnknownKey));
    let header = json!({ "alg": "EdDSA", "typ": ACCESS_TYPE });
    let token = issuer.forged(&header, |_| "AAAA".to_owned());
    assert_eq!(issuer.verify(&token), Err(Refused::UnknownKey));
}

#[test]
fn key_in_the_header_of_a_token_is_not_used() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let attacker = Issuer::with_id(issuer.key.id, SigningAlgorithm::EdDsa);
    let jwk = serde_json::from_value(attacker.key.public_jwk.clone()).unwrap();
    let token = attacker.encoded(|header| header.jwk = Some(jwk));
    assert_eq!(issuer.verify(&token), Err(Refused::Invalid));
    assert!(attacker.verify(&token).is_ok(), "the token is whole, only the key is another");
}

#[test]
fn token_of_another_kind_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    assert!(issuer.verify(&issuer.encoded(|_| ())).is_ok());
    for typ in [Some("JWT"), Some("rt+jwt"), None] {
        let token = issuer.encoded(|header| header.typ = typ.map(str::to_owned));
        assert_eq!(issuer.verify(&token), Err(Refused::Invalid), "{typ:?}");
    }
}

#[test]
fn token_lives_until_its_end_and_a_little_for_slow_clocks() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let token = issuer.sign(&issuer.claims());
    let end = at(15) + Duration::seconds(LEEWAY_SECONDS);
    assert!(issuer.verify_at(&token, end - Duration::seconds(1)).is_ok());
    assert_eq!(issuer.verify_at(&token, end), Err(Refused::Expired));
}

#[test]
fn token_from_the_future_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let token = issuer.sign(&issuer.claims());
    assert!(issuer.verify_at(&token, at(0) - Duration::seconds(LEEWAY_SECONDS)).is_ok());
    assert_eq!(
        issuer.verify_at(&token, at(0) - Duration::seconds(LEEWAY_SECONDS + 1)),
        Err(Refused::Invalid)
    );
    let later = issuer.sign(&with_claim(&issuer.claims(), "nbf", json!(at(5).timestamp())));
    assert_eq!(issuer.verify_at(&later, at(4)), Err(Refused::Invalid));
    assert!(issuer.verify_at(&later, at(5)).is_ok());
}

#[test]
fn token_with_a_wrong_missing_or_listed_claim_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let wrong = [
        ("iss", json!("https://other.test")),
        ("iss", json!([ISSUER])),
        ("iss", Json::Null),
        ("aud", json!("other")),
        ("aud", json!([AUDIENCE])),
        ("aud", Json::Null),
        ("sub", json!("ten_00000000000000000000000001")),
        ("sub", Json::Null),
        ("tid", json!("usr_00000000000000000000000001")),
        ("sid", Json::Null),
        ("exp", json!("never")),
        ("exp", Json::Null),
        ("iat", Json::Null),
        ("jti", Json::Null),
    ];
    for (name, value) in wrong {
        let token = issuer.sign(&with_claim(&issuer.claims(), name, value.clone()));
        assert_eq!(issuer.verify(&token), Err(Refused::Invalid), "{name} = {value}");
    }
}

#[test]
fn key_that_ended_verifies_nothing_more() {
    let mut issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let token = issuer.sign(&issuer.claims());
    issuer.key.not_after = Some(at(2));
    issuer.verifiers = HashMap::from([(kid(issuer.key.id), Verifier::of(&issuer.key).unwrap())]);
    assert!(issuer.verify_at(&token, at(1)).is_ok());
    assert_eq!(issuer.verify_at(&token, at(2)), Err(Refused::Invalid));
}

#[test]
fn text_that_is_no_token_is_refused() {
    let issuer = Issuer::new(SigningAlgorithm::EdDsa);
    let refresh = platform::crypto::Token::generate("atr", &mut rand::rng());
    let long = "a".repeat(5_000);
    for text in ["", ".", "..", "a.b.c", "a.b.c.d", "\0", "é.é.é", refresh.expose(), &long] {
        assert_eq!(issuer.verify(text), Err(Refused::Invalid), "{text}");
    }
}

#[test]
fn private_key_opens_in_its_own_row_only() {
    let mut key = generate(Uuid::from_u128(1), SigningAlgorithm::EdDsa, &keyring(), at(0)).unwrap();
    assert!(Signer::open(&key, &keyring()).is_ok());
    key.id = Uuid::from_u128(2);
    assert!(Signer::open(&key, &keyring()).is_err());
}

#[test]
fn published_keys_hold_nothing_private() {
    for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256] {
        let key = generate(Uuid::from_u128(1), algorithm, &keyring(), at(0)).unwrap();
        let jwk = key.public_jwk.as_object().unwrap();
        assert!(["d", "p", "q", "dp", "dq", "qi", "k"].iter().all(|part| !jwk.contains_key(*part)));
        assert_eq!(jwk["alg"], algorithm.as_str());
        assert_eq!(jwk["kid"], kid(key.id));
    }
}
