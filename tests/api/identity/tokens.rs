//! Access tokens: what they say, who can verify them, which are refused; and the keys that sign them.

use std::time::Duration;

use aws_lc_rs::{hmac, signature};
use identity::service::SigningAlgorithm;
use identity::signing::{self, access::Subject};
use kernel::id::{SessionId, TenantId, TypedId as _, UserId};
use serde_json::{Value, json};
use tests::socket::{Frame, PROTOCOL, RawSocket};
use tests::{PASSWORD, World};

use super::asks::{base64, credentials, decoded, login, refresh, unbase64, viewer};

/// Signs in as the project manager of acme; access and refresh token.
async fn tokens(world: &World) -> (String, String) {
    let answer = login(&world.nobody(), credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    (answer.text("login.accessToken"), answer.text("login.refreshToken"))
}

/// The published keys.
async fn jwks(world: &World) -> Vec<Value> {
    let answer = world.http().get(world.url("/.well-known/jwks.json")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let set: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    set["keys"].as_array().expect("a set has keys").clone()
}

/// The published key that a token names.
async fn key_of(world: &World, token: &str) -> Value {
    let (header, _) = decoded(token);
    let keys = jwks(world).await;
    keys.into_iter().find(|key| key["kid"] == header["kid"]).expect("the key that signs is published")
}

/// Signed part and signature of a token.
fn split(token: &str) -> (&str, Vec<u8>) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    (signed, unbase64(signature))
}

/// A token of these parts, with a signature over them.
fn assemble(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", base64(header.to_string()), base64(claims.to_string()));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", base64(signature))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

// keeps: ID-9
#[tokio::test]
async fn access_token_says_who_where_in_which_session_and_for_a_quarter_of_an_hour() {
    let world = World::new().await;
    let answer = login(&world.nobody(), credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    let token = answer.text("login.accessToken");
    let (header, claims) = decoded(&token);
    assert_eq!((header["alg"].clone(), header["typ"].clone()), (json!("EdDSA"), json!("at+jwt")));
    let bearer = world.nobody().bearing(token.clone());
    let me = bearer
        .run("{ viewer { user { id } tenant { id } } sessions { id current } }", json!({}))
        .await
        .expect_ok();
    let now = world.clock.now().timestamp();
    assert_eq!(text(&claims["sub"]), me.text("viewer.user.id"));
    assert_eq!(text(&claims["tid"]), me.text("viewer.tenant.id"));
    assert_eq!(text(&claims["sid"]), me.text("sessions.0.id"));
    assert_eq!((claims["iat"].clone(), claims["exp"].clone()), (json!(now), json!(now + 15 * 60)));
    assert_eq!((text(&claims["iss"]), text(&claims["aud"])), ("http://portal.atrium.test", "atrium"));
    let expires: chrono::DateTime<chrono::Utc> = answer.text("login.expiresAt").parse().unwrap();
    assert_eq!(expires.timestamp(), now + 15 * 60);
    let (_, others) = decoded(&tokens(&world).await.0);
    assert_ne!(others["jti"], claims["jti"], "each token has an id of its own");
    let known = ["aud", "exp", "iat", "iss", "jti", "sid", "sub", "tid"];
    assert!(
        claims.keys().all(|claim| known.contains(&claim.as_str())),
        "nothing personal is in it: {claims:?}"
    );
}

// keeps: ID-9
#[tokio::test]
async fn published_key_verifies_a_token_by_the_standards_alone() {
    let world = World::new().await;
    let (token, _) = tokens(&world).await;
    let key = key_of(&world, &token).await;
    assert_eq!((text(&key["kty"]), text(&key["crv"]), text(&key["use"])), ("OKP", "Ed25519", "sig"));
    assert!(key.get("d").is_none(), "the private half stays here");
    let (signed, found) = split(&token);
    let public = signature::UnparsedPublicKey::new(&signature::ED25519, unbase64(text(&key["x"])));
    public.verify(signed.as_bytes(), &found).expect("the signature is right");
    public.verify(format!("{signed}x").as_bytes(), &found).expect_err("another text has another signature");
}

// keeps: ID-9
#[tokio::test]
async fn token_is_signed_by_rsa_where_the_configuration_says_so() {
    let algorithm =
        |config: &mut gateway::config::Config| config.identity.signing_algorithm = SigningAlgorithm::Rs256;
    let world = World::builder().configure(algorithm).build().await;
    let (token, _) = tokens(&world).await;
    let key = key_of(&world, &token).await;
    assert_eq!(
        (text(&key["kty"]), text(&key["alg"]), decoded(&token).0["alg"].clone()),
        ("RSA", "RS256", json!("RS256"))
    );
    let (signed, found) = split(&token);
    let public =
        signature::RsaPublicKeyComponents { n: unbase64(text(&key["n"])), e: unbase64(text(&key["e"])) };
    public
        .verify(&signature::RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &found)
        .expect("the signature is right");
    viewer(&world.nobody().bearing(token)).await.expect_ok();
}

/// Tokens that look like the given one and are none of ours.
fn forgeries(token: &str, key: &Value, stranger: &str) -> Vec<(&'static str, String)> {
    let (header, claims) = decoded(token);
    let (header, claims) = (Value::Object(header), Value::Object(claims));
    let with = |of: &Value, name: &str, value: Value| {
        let mut other = of.clone();
        other[name] = value;
        other
    };
    let (signed, signature) = split(token);
    let (head, body) = signed.split_once('.').unwrap();
    let keep = |_: &[u8]| signature.clone();
    let none = |_: &[u8]| Vec::new();
    let own = aws_lc_rs::signature::Ed25519KeyPair::generate().unwrap();
    let other_key = |text: &[u8]| own.sign(text).as_ref().to_vec();
    let by_public = |secret: Vec<u8>| {
        move |text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), text).as_ref().to_vec()
    };
    let hs = with(&header, "alg", json!("HS256"));
    let mut flipped = signature.clone();
    flipped[0] ^= 1;
    vec![
        ("alg none without a signature", assemble(&with(&header, "alg", json!("none")), &claims, none)),
        ("alg NONE with the old signature", assemble(&with(&header, "alg", json!("NONE")), &claims, keep)),
        ("HS256 by the public key", assemble(&hs, &claims, by_public(unbase64(text(&key["x"]))))),
        (
            "HS256 by the public key as text",
            assemble(&hs, &claims, by_public(text(&key["x"]).as_bytes().to_vec())),
        ),
        ("HS256 by the whole JWK", assemble(&hs, &claims, by_public(key.to_string().into_bytes()))),
        ("another person", assemble(&header, &with(&claims, "sub", json!(stranger)), keep)),
        ("a longer life", assemble(&header, &with(&claims, "exp", json!(i64::MAX)), keep)),
        ("signed by another key", assemble(&header, &claims, other_key)),
        ("signed by a key that it brings along", {
            let public = signature::KeyPair::public_key(&own).as_ref().to_vec();
            let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": base64(public) });
            assemble(&with(&with(&header, "jwk", jwk), "kid", json!("mine")), &claims, other_key)
        }),
        ("an unknown key", assemble(&with(&header, "kid", json!("0")), &claims, keep)),
        (
            "a path as key",
            assemble(&with(&header, "kid", json!("../../dev/null")), &claims, by_public(Vec::new())),
        ),
        ("another kind of token", assemble(&with(&header, "typ", json!("JWT")), &claims, keep)),
        ("without its signature", format!("{signed}.")),
        ("with two parts", signed.to_owned()),
        ("with four parts", format!("{token}.x")),
        ("with a bit changed", format!("{signed}.{}", base64(flipped))),
        ("with a longer signature", format!("{token}AA")),
        ("with its parts exchanged", format!("{body}.{head}.{}", base64(&signature))),
        ("of nothing", "..".to_owned()),
        ("with padding", format!("{token}=")),
        ("of 100 000 letters", "a".repeat(50_000)),
        ("in another alphabet", "пароль".to_owned()),
    ]
}

// keeps: ID-9
#[tokio::test]
async fn token_that_is_altered_or_made_up_is_refused() {
    let world = World::new().await;
    let (token, _) = tokens(&world).await;
    let key = key_of(&world, &token).await;
    let owner = super::asks::me(&world.agency("acme").owner()).await;
    for (what, forged) in forgeries(&token, &key, &owner) {
        let answer = viewer(&world.nobody().bearing(forged.clone())).await;
        assert_eq!(answer.code(), Some("UNAUTHENTICATED"), "a token {what}\n{answer}");
        assert!(answer.body["data"].is_null(), "a token {what}");
        let mut socket = RawSocket::connect(world.address(), PROTOCOL, &[]).await.unwrap();
        let payload = json!({ "authorization": format!("Bearer {forged}") });
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        let closed = socket.next().await;
        assert!(matches!(closed, Frame::Closed(4403, _)), "a socket with a token {what}: {closed:?}");
    }
    viewer(&world.nobody().bearing(token)).await.expect_ok();
}

// keeps: ID-9
#[tokio::test]
async fn refused_token_does_not_fall_back_to_nobody() {
    let world = World::new().await;
    let request = world.http().post(world.url("/graphql")).header("content-type", "application/json");
    let body = json!({ "query": "{ __typename }" }).to_string();
    for header in ["Bearer", "Bearer ", "Bearer a b", "Basic cG06cGFzcw==", "nonsense", "Bearer null"] {
        let request = request.try_clone().unwrap().header("authorization", header).body(body.clone());
        let answer: Value =
            serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{header:?}: {answer:#}");
    }
}

// keeps: ID-9
#[tokio::test]
async fn access_token_ends_after_a_quarter_of_an_hour() {
    let world = World::new().await;
    let (token, _) = tokens(&world).await;
    let bearer = world.nobody().bearing(token);
    world.clock.advance(Duration::from_secs(15 * 60 - 1));
    viewer(&bearer).await.expect_ok();
    // Reason: clocks of nodes may differ by a few seconds.
    world.clock.advance(Duration::from_secs(6));
    let answer = viewer(&bearer).await.expect_code("UNAUTHENTICATED");
    assert!(answer.message().unwrap().contains("expired"), "the client learns that it is to renew\n{answer}");
}

// keeps: ID-9
#[tokio::test]
async fn token_from_the_future_is_refused() {
    let world = World::new().await;
    let (token, _) = tokens(&world).await;
    world.clock.set(world.clock.now() - chrono::TimeDelta::minutes(1));
    viewer(&world.nobody().bearing(token)).await.expect_code("UNAUTHENTICATED");
}

/// A token with our signature that says whatever it is told.
async fn signed(world: &World, user: &str, tenant: &str, session: &str) -> String {
    let app = world.app(0);
    let subject = Subject {
        user: user.parse::<UserId>().unwrap(),
        tenant: tenant.parse::<TenantId>().unwrap(),
        session: session.parse::<SessionId>().unwrap(),
    };
    signing::issue(&app.identity, &app.db, subject).await.unwrap().token
}

// keeps: ID-9
#[tokio::test]
async fn session_carries_its_own_person_in_its_own_tenant_and_nobody_else() {
    let world = World::new().await;
    let claims = |token: Option<String>| decoded(&token.unwrap()).1;
    let manager = claims(world.agency("acme").manager().token().await);
    let owner = claims(world.agency("acme").owner().token().await);
    let stranger = claims(world.agency("globex").owner().token().await);
    let said = |claims: &serde_json::Map<String, Value>, name: &str| text(&claims[name]).to_owned();
    let (me, here, mine) = (said(&manager, "sub"), said(&manager, "tid"), said(&manager, "sid"));
    viewer(&world.nobody().bearing(signed(&world, &me, &here, &mine).await)).await.expect_ok();
    let unknown = SessionId::from_uuid(uuid::Uuid::from_u128(1)).to_string();
    let mixed = [
        ("the session of a tenant's other person", (&me, &here, &said(&owner, "sid"))),
        ("the session of another tenant", (&me, &here, &said(&stranger, "sid"))),
        ("another tenant with one's own session", (&me, &said(&stranger, "tid"), &mine)),
        ("another tenant with its session", (&me, &said(&stranger, "tid"), &said(&stranger, "sid"))),
        ("another person with one's own session", (&said(&owner, "sub"), &here, &mine)),
        ("a session that never was", (&me, &here, &unknown)),
    ];
    for (what, (user, tenant, session)) in mixed {
        let answer = viewer(&world.nobody().bearing(signed(&world, user, tenant, session).await)).await;
        assert_eq!(answer.code(), Some("UNAUTHENTICATED"), "{what}\n{answer}");
    }
}

// keeps: ID-9
#[tokio::test]
async fn refresh_token_is_no_access_token_and_the_other_way_round() {
    let world = World::new().await;
    let (access, renewal) = tokens(&world).await;
    viewer(&world.nobody().bearing(renewal.clone())).await.expect_code("UNAUTHENTICATED");
    refresh(&world.nobody(), &access).await.expect_code("UNAUTHENTICATED");
    refresh(&world.nobody(), &renewal).await.expect_ok();
}

// keeps: ID-9
#[tokio::test]
async fn rotated_keys_overlap_until_the_last_token_of_the_old_one_has_ended() {
    let world = World::builder().nodes(2).build().await;
    let (before, _) = tokens(&world).await;
    let app = world.app(0);
    signing::rotate(&app.identity, &app.db).await.unwrap();
    let (after, _) = tokens(&world).await;
    let kid = |token: &str| text(&decoded(token).0["kid"]).to_owned();
    assert_ne!(kid(&before), kid(&after), "the new key signs at once");
    world.clock.advance(Duration::from_secs(5));
    let published = async || -> Vec<String> {
        jwks(&world).await.iter().map(|key| text(&key["kid"]).to_owned()).collect()
    };
    let kids = published().await;
    assert!(kids.contains(&kid(&before)) && kids.contains(&kid(&after)) && kids.len() == 2, "{kids:?}");
    for token in [&before, &after] {
        for node in [0, 1] {
            viewer(&world.nobody().bearing(token.clone()).on(node)).await.expect_ok();
        }
    }
    world.clock.advance(Duration::from_secs(20 * 60));
    assert_eq!(published().await, [kid(&after)], "the old key is not published for ever");
    let (later, _) = tokens(&world).await;
    assert_eq!(kid(&later), kid(&after));
}

// keeps: ID-9
#[tokio::test]
async fn other_node_signs_with_the_new_key_within_a_minute() {
    let world = World::builder().nodes(2).build().await;
    let on_other = async || {
        let answer =
            login(&world.nobody().on(1), credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
        decoded(&answer.text("login.accessToken")).0["kid"].clone()
    };
    let before = on_other().await;
    let app = world.app(0);
    signing::rotate(&app.identity, &app.db).await.unwrap();
    world.clock.advance(Duration::from_secs(61));
    assert_ne!(on_other().await, before);
}

// keeps: ID-9
#[tokio::test]
async fn secrets_are_nowhere_in_the_database() {
    let world = World::new().await;
    let (access, renewal) = tokens(&world).await;
    let next = refresh(&world.nobody(), &renewal).await.expect_ok();
    world.settled().await;
    let everything: Vec<String> = world
        .snapshot()
        .await
        .all()
        .map(|(table, row)| format!("{table} {}", Value::Object(row.clone())))
        .collect();
    let secrets = [
        access.rsplit_once('.').unwrap().1.to_owned(),
        renewal.trim_start_matches("atr_").to_owned(),
        next.text("refreshSession.refreshToken").trim_start_matches("atr_").to_owned(),
        PASSWORD.to_owned(),
    ];
    for secret in secrets {
        let found = everything.iter().find(|row| row.contains(&secret));
        assert_eq!(found, None, "a secret is kept as it is");
    }
    let hash = platform::crypto::token::hash(&renewal);
    assert!(everything.iter().any(|row| row.starts_with("identity_refresh_tokens") && row.contains(&hash)));
}
