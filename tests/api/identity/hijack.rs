//! Somebody registers with an address that is another's and a password of their own, and waits for the owner to follow
//! the link in the mail.

use serde_json::json;
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, credentials, login};
use super::steps::{
    FRESH, FRESHER, can_sign_in, challenge, newcomer, open_registration, register, sign_up, subjects, verify,
};

/// Follows the link as its page does.
async fn confirm(who: &Actor, token: &str, password: &str) -> Answer {
    change(who, "verifyEmail", json!({ "token": token, "password": password }), "email").await
}

async fn disown(who: &Actor, token: &str) -> Answer {
    change(who, "disownRegistration", json!({ "token": token }), "email").await
}

/// Token of the next mail to an address.
async fn mailed(world: &World, email: &str) -> String {
    token_in(&*world.mail_to(email).await)
}

/// A world in which everybody may register with acme.
async fn open() -> World {
    let world = World::new().await;
    open_registration(&world.agency("acme").owner()).await;
    world
}

/// Rows of the person with this address.
async fn rows(world: &World, email: &str) -> usize {
    world.rows("identity_users", &format!("WHERE email = '{email}'")).await.len()
}

// keeps: ID-4
#[tokio::test]
async fn owner_of_the_address_who_does_not_know_the_password_confirms_nothing() {
    let world = open().await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let mail = world.mail_to("ada@new.test").await;
    assert!(
        mail.message.text.contains("If it was not you, do not confirm")
            && mail.message.text.contains("password"),
        "{}",
        mail.message.text
    );
    let token = token_in(&mail);
    confirm(&world.nobody(), &token, FRESHER).await.expect_field("password", "wrong_password");
    assert_eq!(challenge(&world, "acme", "ada@new.test", FRESH).await, "EMAIL_UNVERIFIED");
    confirm(&world.nobody(), &token, FRESH).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESH).await);
}

// keeps: ID-4
#[tokio::test]
async fn password_at_confirming_is_the_latest_that_was_said_with_the_address() {
    let world = open().await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    mailed(&world, "ada@new.test").await;
    let mut hers = newcomer("acme", "ada@new.test");
    hers["password"] = json!(FRESHER);
    change(&world.nobody(), "register", hers, "email").await.expect_ok();
    let token = mailed(&world, "ada@new.test").await;
    confirm(&world.nobody(), &token, FRESH).await.expect_field("password", "wrong_password");
    confirm(&world.nobody(), &token, FRESHER).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESHER).await);
    assert!(!can_sign_in(&world, "acme", "ada@new.test", FRESH).await);
}

// keeps: ID-4
#[tokio::test]
async fn who_has_an_account_confirms_with_its_password() {
    let world = open().await;
    register(&world.nobody(), "acme", "pm@globex.test").await.expect_ok();
    let token = mailed(&world, "pm@globex.test").await;
    confirm(&world.nobody(), &token, FRESH).await.expect_field("password", "wrong_password");
    confirm(&world.nobody(), &token, PASSWORD).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "pm@globex.test", PASSWORD).await);
}

// keeps: ID-4, ID-12
#[tokio::test]
async fn wrong_passwords_at_a_link_are_limited() {
    let world = World::builder().rate_limits().build().await;
    open_registration(&world.agency("acme").owner()).await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let token = mailed(&world, "ada@new.test").await;
    for number in 0..5 {
        let here = world.nobody().from_ip(&format!("198.51.100.{number}"));
        confirm(&here, &token, FRESHER).await.expect_field("password", "wrong_password");
    }
    confirm(&world.nobody(), &token, FRESH).await.expect_code("LIMITED");
    world.clock.advance(std::time::Duration::from_secs(900));
    confirm(&world.nobody(), &token, FRESH).await.expect_ok();
}

// keeps: ID-4
#[tokio::test]
async fn owner_of_the_address_ends_what_somebody_else_began_with_it() {
    let world = open().await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let token = mailed(&world, "ada@new.test").await;
    for wrong in ["", "atm_0", &token[1..]] {
        disown(&world.nobody(), wrong).await.expect_field("token", "token_invalid");
    }
    let gone = disown(&world.nobody(), &token).await.expect_ok();
    assert_eq!(gone.text("disownRegistration.email"), "ada@new.test");
    assert_eq!(rows(&world, "ada@new.test").await, 0, "nothing is kept of who never was there");
    verify(&world.nobody(), &token).await.expect_field("token", "token_invalid");
    disown(&world.nobody(), &token).await.expect_field("token", "token_invalid");
    let stranger = login(&world.nobody(), credentials("acme", "ada@new.test", FRESH)).await;
    stranger.expect_code("UNAUTHENTICATED");
    let mut hers = newcomer("acme", "ada@new.test");
    hers["password"] = json!(FRESHER);
    change(&world.nobody(), "register", hers, "email").await.expect_ok();
    let token = mailed(&world, "ada@new.test").await;
    confirm(&world.nobody(), &token, FRESHER).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESHER).await);
}

// keeps: ID-4
#[tokio::test]
async fn agency_that_was_signed_up_with_anothers_address_lets_nobody_in_any_more() {
    let world = World::new().await;
    sign_up(&world.nobody(), "vague", "ada@new.test").await.expect_ok();
    let token = mailed(&world, "ada@new.test").await;
    disown(&world.nobody(), &token).await.expect_ok();
    verify(&world.nobody(), &token).await.expect_field("token", "token_used");
    let again = json!({ "tenant": "vague", "email": "ada@new.test" });
    change(&world.nobody(), "resendVerification", again, "email").await.expect_ok();
    // Reason: even who confirms a later mail in error lets nobody in: no password is left to come true.
    verify(&world.nobody(), &mailed(&world, "ada@new.test").await).await.expect_ok();
    assert!(!can_sign_in(&world, "vague", "ada@new.test", FRESH).await);
}

// keeps: ID-4
#[tokio::test]
async fn person_with_an_account_who_did_not_ask_to_join_stays_as_they_were() {
    let world = open().await;
    let before = subjects(&world, "pm@globex.test").await.len();
    register(&world.nobody(), "acme", "pm@globex.test").await.expect_ok();
    disown(&world.nobody(), &mailed(&world, "pm@globex.test").await).await.expect_ok();
    assert!(can_sign_in(&world, "globex", "pm@globex.test", PASSWORD).await);
    assert!(!can_sign_in(&world, "acme", "pm@globex.test", PASSWORD).await);
    assert_eq!(subjects(&world, "pm@globex.test").await.len(), before + 1);
}
