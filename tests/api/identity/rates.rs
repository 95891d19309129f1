//! How often one may try: to sign in, to reset a password, to sign up.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, PASSWORD, World};

use super::asks::{change, credentials, login, without_ids};

async fn limited() -> World {
    World::builder().rate_limits().build().await
}

/// Seconds until another try makes sense.
#[track_caller]
fn retry_after(answer: &Answer) -> u64 {
    assert_eq!(answer.code(), Some("LIMITED"), "{answer}");
    answer.errors()[0]["extensions"]["retryAfter"].as_u64().expect("LIMITED says when")
}

async fn reset(who: &Actor, email: &str) -> Answer {
    change(who, "requestPasswordReset", json!({ "tenant": "acme", "email": email }), "email").await
}

async fn sign_up(who: &Actor, number: usize) -> Answer {
    let input = json!({
        "tenantName": "New", "tenantSlug": format!("new-{number}"), "email": format!("ada{number}@new.test"),
        "password": "correct horse battery staple 42", "givenName": "Ada", "familyName": "Lovelace",
    });
    change(who, "signUp", input, "tenantSlug").await
}

// keeps: ID-12
#[tokio::test]
async fn sixth_login_in_a_quarter_of_an_hour_is_limited_for_this_person_from_this_address() {
    let world = limited().await;
    let here = world.nobody().from_ip("203.0.113.9");
    let wrong = credentials("acme", "pm@acme.test", "not the password at all");
    for _ in 0..3 {
        login(&here, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    }
    for _ in 0..2 {
        login(&here, wrong.clone()).await.expect_code("UNAUTHENTICATED");
    }
    let answer = login(&here, credentials("acme", "pm@acme.test", PASSWORD)).await;
    let wait = retry_after(&answer);
    assert!((1..=180).contains(&wait), "{wait} s");
    assert!(answer.body["data"]["login"].is_null());
    login(&here, credentials("acme", "PM@ACME.test", PASSWORD)).await.expect_code("LIMITED");
    login(&here, credentials("acme", "dev@acme.test", PASSWORD)).await.expect_ok();
    login(&world.nobody().from_ip("203.0.113.10"), credentials("acme", "pm@acme.test", PASSWORD))
        .await
        .expect_ok();
    world.clock.advance(Duration::from_secs(wait));
    login(&here, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    login(&here, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_code("LIMITED");
}

// keeps: ID-12
#[tokio::test]
async fn limit_of_logins_tells_nothing_of_who_is_there() {
    let world = limited().await;
    let here = world.nobody().from_ip("203.0.113.9");
    let mut answers = Vec::new();
    for email in ["pm@acme.test", "nobody@acme.test"] {
        for _ in 0..5 {
            login(&here, credentials("acme", email, "not the password at all"))
                .await
                .expect_code("UNAUTHENTICATED");
        }
        answers.push(login(&here, credentials("acme", email, PASSWORD)).await.expect_code("LIMITED"));
    }
    assert_eq!(without_ids(&answers[0]), without_ids(&answers[1]));
    assert_eq!(answers[0].statements, answers[1].statements);
}

// keeps: ID-12
#[tokio::test]
async fn subscriber_of_ipv6_is_one_place() {
    let world = limited().await;
    for number in 1..=5 {
        let here = world.nobody().from_ip(&format!("2001:db8:1:2::{number}"));
        login(&here, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    }
    let neighbour = world.nobody().from_ip("2001:db8:1:2:ffff::1");
    retry_after(&login(&neighbour, credentials("acme", "pm@acme.test", PASSWORD)).await);
    let other = world.nobody().from_ip("2001:db8:1:3::1");
    login(&other, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
}

// keeps: ID-12
#[tokio::test]
async fn address_that_a_client_claims_for_itself_is_not_believed() {
    let world = limited().await;
    for number in 0..5 {
        // Reason: proxies append what they saw; what stands before is the client's own word.
        let here = world.nobody().from_ip(&format!("198.51.100.{number}, 203.0.113.9"));
        login(&here, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    }
    let here = world.nobody().from_ip("198.51.100.99, 203.0.113.9");
    retry_after(&login(&here, credentials("acme", "pm@acme.test", PASSWORD)).await);
}

// keeps: ID-12
#[tokio::test]
async fn fourth_reset_in_an_hour_is_limited_by_place_and_by_address() {
    let world = limited().await;
    let here = world.nobody().from_ip("203.0.113.9");
    for email in ["pm@acme.test", "dev@acme.test", "nobody@acme.test"] {
        reset(&here, email).await.expect_ok();
    }
    let wait = retry_after(&reset(&here, "sales@acme.test").await);
    assert!((1..=20 * 60).contains(&wait), "{wait} s");
    for number in 0..2 {
        reset(&world.nobody().from_ip(&format!("198.51.100.{number}")), "pm@acme.test").await.expect_ok();
    }
    retry_after(&reset(&world.nobody().from_ip("198.51.100.3"), "pm@acme.test").await);
    world.clock.advance(Duration::from_secs(60 * 60));
    reset(&here, "pm@acme.test").await.expect_ok();
}

// keeps: ID-12
#[tokio::test]
async fn limit_of_resets_tells_nothing_of_who_is_there() {
    let world = limited().await;
    let mut answers: Vec<(Value, Option<u32>)> = Vec::new();
    for (number, email) in ["pm@acme.test", "nobody@acme.test"].into_iter().enumerate() {
        let mut last = None;
        for turn in 0..4 {
            let here = world.nobody().from_ip(&format!("198.51.{number}.{turn}"));
            last = Some(reset(&here, email).await);
        }
        let last = last.unwrap();
        retry_after(&last);
        answers.push((without_ids(&last), last.statements));
    }
    assert_eq!(answers[0], answers[1]);
}

// keeps: ID-12
#[tokio::test]
async fn fourth_sign_up_in_an_hour_from_one_place_is_limited() {
    let world = limited().await;
    let here = world.nobody().from_ip("203.0.113.9");
    for number in 0..3 {
        sign_up(&here, number).await.expect_ok();
    }
    let wait = retry_after(&sign_up(&here, 3).await);
    assert!((1..=20 * 60).contains(&wait), "{wait} s");
    assert!(world.rows("identity_tenants", "WHERE slug = 'new-3'").await.is_empty());
    sign_up(&world.nobody().from_ip("203.0.113.10"), 4).await.expect_ok();
    world.clock.advance(Duration::from_secs(wait));
    sign_up(&here, 3).await.expect_ok();
}

// keeps: ID-12
#[tokio::test]
async fn nothing_is_limited_where_the_limits_are_off() {
    let world = World::new().await;
    for _ in 0..8 {
        login(&world.nobody(), credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
        reset(&world.nobody(), "dev@acme.test").await.expect_ok();
    }
}
