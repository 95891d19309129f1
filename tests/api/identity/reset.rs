//! Forgotten passwords.

use std::time::Duration;

use serde_json::json;
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, credentials, eventually, login, login_on, viewer, without_ids};
use super::steps::{
    FRESH, FRESHER, HOUR, can_sign_in, challenge, id_of, join_both, lets_in, open_registration, register,
    subjects, verify,
};

async fn ask(who: &Actor, tenant: &str, email: &str) -> Answer {
    change(who, "requestPasswordReset", json!({ "tenant": tenant, "email": email }), "email").await
}

async fn reset(who: &Actor, token: &str, password: &str) -> Answer {
    change(who, "resetPassword", json!({ "token": token, "password": password }), "ok").await
}

/// Asks for a link to acme; answers its token.
async fn link(world: &World, email: &str) -> String {
    ask(&world.nobody(), "acme", email).await.expect_ok();
    // Reason: a person may have other mail before it, such as a welcome.
    loop {
        let mail = world.mail_to(email).await;
        if mail.message.text.contains("reset-password") {
            return token_in(&mail);
        }
    }
}

// keeps: ID-8
#[tokio::test]
async fn link_sets_a_new_password_once() {
    let world = World::new().await;
    let token = link(&world, "pm@acme.test").await;
    assert!(lets_in(&world, "acme", "pm@acme.test").await, "asking changes nothing");
    assert_eq!(*reset(&world.nobody(), &token, FRESH).await.expect_ok().data("resetPassword.ok"), true);
    assert!(can_sign_in(&world, "acme", "pm@acme.test", FRESH).await);
    assert!(!lets_in(&world, "acme", "pm@acme.test").await);
    reset(&world.nobody(), &token, FRESHER).await.expect_field("token", "token_used");
    assert!(!can_sign_in(&world, "acme", "pm@acme.test", FRESHER).await);
    let told = subjects(&world, "pm@acme.test").await;
    assert_eq!(told, ["Choose a new password for Acme Studio", "Your password was changed"]);
}

// keeps: ID-8
#[tokio::test]
async fn link_works_for_an_hour_and_the_latest_alone() {
    let world = World::new().await;
    let token = link(&world, "pm@acme.test").await;
    world.clock.advance(HOUR);
    reset(&world.nobody(), &token, FRESH).await.expect_field("token", "token_expired");
    let first = link(&world, "pm@acme.test").await;
    let second = link(&world, "pm@acme.test").await;
    reset(&world.nobody(), &first, FRESH).await.expect_field("token", "token_used");
    for wrong in [String::new(), second[1..].to_owned(), format!("{second}a"), "atm_\u{7}".to_owned()] {
        reset(&world.nobody(), &wrong, FRESH).await.expect_field("token", "token_invalid");
    }
    world.clock.advance(HOUR - Duration::from_secs(1));
    reset(&world.nobody(), &second, FRESH).await.expect_ok();
}

// keeps: ID-8, ID-7
#[tokio::test]
async fn password_that_is_refused_leaves_the_link_as_it_is() {
    let world = World::new().await;
    let token = link(&world, "pm@acme.test").await;
    for (password, code) in
        [("short", "password_too_short"), ("hartmann2026", "password_weak"), (PASSWORD, "password_reused")]
    {
        reset(&world.nobody(), &token, password).await.expect_field("password", code);
    }
    assert!(lets_in(&world, "acme", "pm@acme.test").await);
    reset(&world.nobody(), &token, FRESH).await.expect_ok();
}

// keeps: ID-8
#[tokio::test]
async fn answer_and_work_are_the_same_for_every_address() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let out = json!({ "id": id_of(&owner, "viewer@acme.test").await });
    change(&owner, "deactivateUser", out, "user { id }").await.expect_ok();
    let known = ask(&world.nobody(), "acme", "pm@acme.test").await.expect_ok();
    let plain = |answer: &Answer, email: &str| without_ids(answer).to_string().replace(email, "-");
    for email in ["nobody@acme.test", "pm@globex.test", "viewer@acme.test"] {
        let answer = ask(&world.nobody(), "acme", email).await.expect_ok();
        assert_eq!(plain(&answer, email), plain(&known, "pm@acme.test"));
        assert_eq!(answer.statements, known.statements, "{email}");
        assert!(subjects(&world, email).await.is_empty(), "{email}");
    }
    ask(&world.nobody(), "nowhere", "pm@acme.test").await.expect_ok();
    assert_eq!(subjects(&world, "pm@acme.test").await.len(), 1);
    for email in ["", "pm", "pm@acme.test\r\nBcc: eve@new.test"] {
        ask(&world.nobody(), "acme", email).await.expect_field("email", "bad_email");
    }
    let trail = world.rows("audit_entries", "WHERE action = 'identity.password.request_reset'").await;
    assert_eq!(trail.len(), 4);
    assert!(
        trail.iter().all(|entry| !entry.values().any(|value| value.to_string().contains('@'))),
        "{trail:?}"
    );
}

// keeps: ID-8
#[tokio::test]
async fn reset_ends_every_session_in_every_agency_on_every_node() {
    let world = World::builder().nodes(2).build().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let manager = acme.manager();
    join_both(&world, &globex.owner(), &manager).await;
    let there = login_on(&world.nobody(), "globex", "pm@acme.test", "phone").await;
    let refresh = json!({ "refreshToken": there.text("login.refreshToken") });
    let bearers = [manager.clone(), world.nobody().bearing(there.text("login.accessToken"))];
    for bearer in &bearers {
        viewer(&bearer.on(1)).await.expect_ok();
    }
    let token = link(&world, "pm@acme.test").await;
    reset(&world.nobody(), &token, FRESH).await.expect_ok();
    for bearer in &bearers {
        viewer(bearer).await.expect_code("UNAUTHENTICATED");
        eventually("other nodes hear of it", async || {
            viewer(&bearer.on(1)).await.code() == Some("UNAUTHENTICATED")
        })
        .await;
    }
    change(&world.nobody(), "refreshSession", refresh, "accessToken").await.expect_code("UNAUTHENTICATED");
    viewer(&acme.developer()).await.expect_ok();
}

// keeps: ID-8
#[tokio::test]
async fn session_that_begins_during_the_reset_with_the_old_password_is_none_after_it() {
    let world = World::new().await;
    for email in ["pm@acme.test", "dev@acme.test", "sales@acme.test"] {
        let token = link(&world, email).await;
        let nobody = world.nobody();
        let begin = async |index: u64| {
            tokio::time::sleep(Duration::from_millis(index * 50)).await;
            login(&nobody, credentials("acme", email, PASSWORD)).await
        };
        let logins = futures::future::join_all((0..4).map(begin));
        let (done, begun) = futures::future::join(reset(&nobody, &token, FRESH), logins).await;
        done.expect_ok();
        for answer in begun.into_iter().filter(|answer| answer.errors().is_empty()) {
            let signed_in = nobody.bearing(answer.text("login.accessToken"));
            viewer(&signed_in).await.expect_code("UNAUTHENTICATED");
        }
        assert!(can_sign_in(&world, "acme", email, FRESH).await, "{email}");
    }
}

// keeps: ID-8
#[tokio::test]
async fn link_used_twice_at_once_sets_one_password() {
    let world = World::new().await;
    let token = link(&world, "pm@acme.test").await;
    let nobody = world.nobody();
    let (one, other) = tokio::join!(reset(&nobody, &token, FRESH), reset(&nobody, &token, FRESHER));
    let (won, lost) = if one.errors().is_empty() { (FRESH, other) } else { (FRESHER, one) };
    lost.expect_field("token", "token_used");
    assert!(can_sign_in(&world, "acme", "pm@acme.test", won).await);
    assert_eq!(subjects(&world, "pm@acme.test").await.len(), 2);
}

// keeps: ID-8
#[tokio::test]
async fn link_is_a_proof_of_the_address_and_of_nothing_else() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    open_registration(&owner).await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let unproved = token_in(&*world.mail_to("ada@new.test").await);
    assert_eq!(challenge(&world, "acme", "ada@new.test", FRESH).await, "EMAIL_UNVERIFIED");
    let token = link(&world, "ada@new.test").await;
    verify(&world.nobody(), &token).await.expect_field("token", "token_invalid");
    reset(&world.nobody(), &token, FRESHER).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESHER).await);
    verify(&world.nobody(), &unproved).await.expect_field("token", "token_used");
    let token = link(&world, "viewer@acme.test").await;
    let out = json!({ "id": id_of(&owner, "viewer@acme.test").await });
    change(&owner, "deactivateUser", out, "user { id }").await.expect_ok();
    let answer = reset(&world.nobody(), &token, FRESH).await;
    assert!(matches!(answer.code(), None | Some("INVALID" | "FORBIDDEN")), "{answer}");
    assert!(!can_sign_in(&world, "acme", "viewer@acme.test", FRESH).await, "who was shut out stays so");
}

// keeps: ID-8, ID-12
#[tokio::test]
async fn limit_of_requests_does_not_stop_who_has_a_link() {
    let world = World::builder().rate_limits().build().await;
    let token = link(&world, "pm@acme.test").await;
    for _ in 0..2 {
        ask(&world.nobody(), "acme", "pm@acme.test").await.expect_ok();
    }
    let answer = ask(&world.nobody(), "acme", "pm@acme.test").await.expect_code("LIMITED");
    assert!(answer.errors()[0]["extensions"]["retryAfter"].as_u64().is_some());
    world.settled().await;
    let last = token_in(world.mails_to("pm@acme.test").last().unwrap());
    reset(&world.nobody(), &token, FRESH).await.expect_field("token", "token_used");
    reset(&world.nobody(), &last, FRESH).await.expect_ok();
}
