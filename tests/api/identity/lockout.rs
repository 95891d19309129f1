//! Locking out who guesses: the person, and the place they guess from; and the mails about it.

use std::time::Duration;

use serde_json::json;
use tests::{Actor, PASSWORD, World, token_in};

use super::asks::{change, credentials, fail, login, login_on, me, viewer};
use super::steps::join_both;

const MINUTE: Duration = Duration::from_secs(60);

async fn right(world: &World, email: &str) -> tests::Answer {
    login(&world.nobody(), credentials("acme", email, PASSWORD)).await
}

// keeps: ID-11
#[tokio::test]
async fn fifth_wrong_password_locks_for_a_quarter_of_an_hour_and_says_so_by_mail() {
    let world = World::new().await;
    let thief = world.nobody().from_ip("203.0.113.9");
    fail(&thief, "acme", "pm@acme.test", 4).await;
    assert_eq!(world.mails_to("pm@acme.test").len(), 0);
    fail(&thief, "acme", "pm@acme.test", 1).await;
    let mail = world.mail_to("pm@acme.test").await;
    assert_eq!(mail.message.subject, "Your account is locked for 15 minutes");
    assert!(
        mail.message.text.contains("203.0.113.9") && mail.message.text.contains("Acme Studio"),
        "{}",
        mail.message.text
    );
    right(&world, "pm@acme.test").await.expect_code("UNAUTHENTICATED");
    world.clock.advance(MINUTE * 15 - Duration::from_secs(1));
    right(&world, "pm@acme.test").await.expect_code("UNAUTHENTICATED");
    world.clock.advance(Duration::from_secs(1));
    right(&world, "pm@acme.test").await.expect_ok();
    world.settled().await;
    assert_eq!(world.mails_to("pm@acme.test").len(), 1, "one lock is one mail");
}

// keeps: ID-11
#[tokio::test]
async fn mail_about_a_lock_is_in_the_language_of_the_person() {
    let world = World::new().await;
    fail(&world.nobody(), "acme", "sales@acme.test", 5).await;
    let mail = world.mail_to("sales@acme.test").await;
    assert_eq!(mail.message.subject, "Votre compte est verrouillé pour 15 minutes");
}

// keeps: ID-11
#[tokio::test]
async fn each_further_lock_is_twice_as_long_until_the_right_password_comes() {
    let world = World::new().await;
    for minutes in [15, 30, 60, 120] {
        fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
        let mail = world.mail_to("pm@acme.test").await;
        assert_eq!(mail.message.subject, format!("Your account is locked for {minutes} minutes"));
        world.clock.advance(MINUTE * minutes - Duration::from_secs(1));
        right(&world, "pm@acme.test").await.expect_code("UNAUTHENTICATED");
        world.clock.advance(Duration::from_secs(1));
    }
    right(&world, "pm@acme.test").await.expect_ok();
    fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
    let mail = world.mail_to("pm@acme.test").await;
    assert_eq!(mail.message.subject, "Your account is locked for 15 minutes", "it begins anew");
}

// keeps: ID-11
#[tokio::test]
async fn tries_while_locked_neither_count_nor_prolong_it() {
    let world = World::new().await;
    fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
    world.clock.advance(MINUTE * 14);
    fail(&world.nobody(), "acme", "pm@acme.test", 20).await;
    world.clock.advance(MINUTE);
    fail(&world.nobody(), "acme", "pm@acme.test", 4).await;
    right(&world, "pm@acme.test").await.expect_ok();
    fail(&world.nobody(), "acme", "pm@acme.test", 4).await;
    right(&world, "pm@acme.test").await.expect_ok();
}

// keeps: ID-11
#[tokio::test]
async fn wrong_passwords_at_once_are_all_counted() {
    let world = World::builder().nodes(2).build().await;
    let doors: Vec<Actor> = (0..5).map(|number| world.nobody().on(number % 2)).collect();
    let tries =
        doors.iter().map(|door| login(door, credentials("acme", "pm@acme.test", "not the password at all")));
    for answer in futures::future::join_all(tries).await {
        answer.expect_code("UNAUTHENTICATED");
    }
    right(&world, "pm@acme.test").await.expect_code("UNAUTHENTICATED");
    assert_eq!(world.mail_to("pm@acme.test").await.message.subject, "Your account is locked for 15 minutes");
}

// keeps: ID-11
#[tokio::test]
async fn lock_holds_in_every_tenant_and_leaves_open_sessions_alone() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    viewer(&manager).await.expect_ok();
    // Reason: who guesses where the person is not known must not guess for ever.
    fail(&world.nobody(), "globex", "pm@acme.test", 5).await;
    right(&world, "pm@acme.test").await.expect_code("UNAUTHENTICATED");
    viewer(&manager).await.expect_ok();
    right(&world, "dev@acme.test").await.expect_ok();
}

// keeps: ID-11
#[tokio::test]
async fn lock_is_in_the_trail_and_an_event() {
    let world = World::new().await;
    let id = me(&world.agency("acme").manager()).await;
    fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
    let entries = world.audit_of(&id).await;
    let locked: Vec<_> = entries.iter().filter(|entry| entry["changes"]["locked_until"].is_array()).collect();
    assert_eq!(locked.len(), 1, "{entries:#?}");
    assert_eq!(
        (locked[0]["severity"].clone(), locked[0]["outcome"].clone()),
        (json!("warning"), json!("failure"))
    );
    let kinds: Vec<_> = world.events_of(&id).await.iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "identity.user.locked").count(), 1, "{kinds:?}");
}

// keeps: ID-11
#[tokio::test]
async fn administrator_unlocks_and_nobody_else() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = me(&acme.manager()).await;
    fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
    let query = "query($id: ID!) { user(id: $id) { lockedUntil } }";
    let seen = acme.admin().run(query, json!({ "id": id })).await.expect_ok();
    let until: chrono::DateTime<chrono::Utc> = seen.text("user.lockedUntil").parse().unwrap();
    assert_eq!(until, world.clock.now() + chrono::TimeDelta::minutes(15));
    acme.developer().run(query, json!({ "id": id })).await.expect_code("FORBIDDEN");
    let unlock =
        async |who: &Actor| change(who, "unlockUser", json!({ "id": id }), "user { id lockedUntil }").await;
    for other in [acme.developer(), acme.client_admin(), acme.manager(), acme.viewer()] {
        unlock(&other).await.expect_code("FORBIDDEN");
    }
    unlock(&world.agency("globex").owner()).await.expect_code("NOT_FOUND");
    unlock(&world.nobody()).await.expect_code("UNAUTHENTICATED");
    right(&world, "pm@acme.test").await.expect_code("UNAUTHENTICATED");
    let answer = unlock(&acme.admin()).await.expect_ok();
    assert!(answer.data("unlockUser.user.lockedUntil").is_null());
    right(&world, "pm@acme.test").await.expect_ok();
    let entries = world.audit_of(&id).await;
    assert!(entries.iter().any(|entry| entry["action"] == "identity.user.unlock"), "{entries:#?}");
}

// keeps: ID-11
#[tokio::test]
async fn lock_that_an_administrator_lifts_goes_on_in_every_other_tenant() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let id = me(&acme.manager()).await;
    join_both(&world, &globex.owner(), &acme.manager()).await;
    fail(&world.nobody(), "globex", "pm@acme.test", 5).await;
    change(&acme.admin(), "unlockUser", json!({ "id": id }), "user { id }").await.expect_ok();
    let query = "query($id: ID!) { user(id: $id) { lockedUntil } }";
    let seen = async |who: &Actor| who.run(query, json!({ "id": id })).await.expect_ok();
    assert!(seen(&acme.admin()).await.data("user.lockedUntil").is_null());
    assert!(!seen(&globex.admin()).await.data("user.lockedUntil").is_null(), "there it goes on");
    let there = credentials("globex", "pm@acme.test", PASSWORD);
    login(&world.nobody(), there.clone()).await.expect_code("UNAUTHENTICATED");
    let nowhere = json!({ "email": "pm@acme.test", "password": PASSWORD });
    login(&world.nobody(), nowhere).await.expect_code("UNAUTHENTICATED");
    fail(&world.nobody(), "globex", "pm@acme.test", 20).await;
    right(&world, "pm@acme.test").await.expect_ok();
    login(&world.nobody(), there).await.expect_ok();
}

// keeps: ID-11
#[tokio::test]
async fn administrator_cannot_let_passwords_be_tried_without_end() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = me(&acme.manager()).await;
    let unlock =
        async || change(&acme.admin(), "unlockUser", json!({ "id": id }), "user { lockedUntil }").await;
    for minutes in [15, 30, 60] {
        fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
        let mail = world.mail_to("pm@acme.test").await;
        assert_eq!(mail.message.subject, format!("Your account is locked for {minutes} minutes"));
        right(&world, "pm@acme.test").await.expect_code("UNAUTHENTICATED");
        assert!(unlock().await.expect_ok().data("unlockUser.user.lockedUntil").is_null());
    }
    fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
    let refused = unlock().await.expect_code("CONFLICT");
    assert!(refused.message().unwrap().contains("locked out too often"), "{refused}");
    right(&world, "pm@acme.test").await.expect_code("UNAUTHENTICATED");
    world.clock.advance(MINUTE * 120);
    right(&world, "pm@acme.test").await.expect_ok();
    fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
    unlock().await.expect_ok();
    right(&world, "pm@acme.test").await.expect_ok();
}

// keeps: ID-11
#[tokio::test]
async fn new_password_ends_the_lock() {
    let world = World::new().await;
    fail(&world.nobody(), "acme", "pm@acme.test", 5).await;
    world.mail_to("pm@acme.test").await;
    let input = json!({ "tenant": "acme", "email": "pm@acme.test" });
    change(&world.nobody(), "requestPasswordReset", input, "email").await.expect_ok();
    let token = token_in(&*world.mail_to("pm@acme.test").await);
    let password = "correct horse battery staple 42";
    change(&world.nobody(), "resetPassword", json!({ "token": token, "password": password }), "ok")
        .await
        .expect_ok();
    login(&world.nobody(), credentials("acme", "pm@acme.test", password)).await.expect_ok();
}

// keeps: ID-11
#[tokio::test]
async fn twenty_wrong_passwords_from_one_address_shut_it_out_whoever_was_tried() {
    let world = World::builder().rate_limits().build().await;
    let office = world.nobody().from_ip("203.0.113.9");
    for number in 0..20 {
        let wrong = credentials("acme", &format!("guess{number}@acme.test"), "not the password at all");
        login(&office, wrong).await.expect_code("UNAUTHENTICATED");
    }
    let answer = login(&office, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_code("LIMITED");
    assert_eq!(answer.errors()[0]["extensions"]["retryAfter"], 15 * 60);
    login(&world.nobody().from_ip("203.0.113.10"), credentials("acme", "pm@acme.test", PASSWORD))
        .await
        .expect_ok();
    world.clock.advance(MINUTE * 15);
    login(&office, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    for number in 20..40 {
        let wrong = credentials("acme", &format!("guess{number}@acme.test"), "not the password at all");
        login(&office, wrong).await.expect_code("UNAUTHENTICATED");
    }
    let answer = login(&office, credentials("acme", "dev@acme.test", PASSWORD)).await.expect_code("LIMITED");
    assert_eq!(answer.errors()[0]["extensions"]["retryAfter"], 30 * 60, "the second time is twice as long");
}

// keeps: ID-11
#[tokio::test]
async fn login_on_a_new_device_is_told_by_mail() {
    let world = World::new().await;
    login_on(&world.nobody(), "acme", "pm@acme.test", "laptop").await;
    world.settled().await;
    assert_eq!(world.mails_to("pm@acme.test").len(), 0, "the first device is no news");
    login_on(&world.nobody().from_ip("198.51.100.4"), "acme", "pm@acme.test", "Ada's phone").await;
    let mail = world.mail_to("pm@acme.test").await;
    assert_eq!(mail.message.subject, "New sign-in to Acme Studio");
    assert!(
        mail.message.text.contains("Ada's phone") && mail.message.text.contains("198.51.100.4"),
        "{}",
        mail.message.text
    );
    for device in ["laptop", "Ada's phone"] {
        login_on(&world.nobody().from_ip("198.51.100.5"), "acme", "pm@acme.test", device).await;
    }
    world.settled().await;
    assert_eq!(world.mails_to("pm@acme.test").len(), 1, "a known device from elsewhere is no news");
}

// keeps: ID-11
#[tokio::test]
async fn browser_is_recognised_by_its_mark_and_not_by_what_it_calls_itself() {
    let world = World::new().await;
    let mut input = credentials("acme", "pm@acme.test", PASSWORD);
    input["delivery"] = json!("COOKIE");
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let browser = world.nobody().with("user-agent", firefox);
    let first = login(&browser, input.clone()).await.expect_ok();
    let cookies: Vec<_> =
        first.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    let mark =
        cookies.iter().find(|cookie| cookie.starts_with("atrium_device=")).expect("a browser gets a mark");
    let known = browser.with("cookie", mark.split(';').next().unwrap());
    login(&known, input.clone()).await.expect_ok();
    world.settled().await;
    assert_eq!(world.mails_to("pm@acme.test").len(), 0);
    login(&browser, input).await.expect_ok();
    let mail = world.mail_to("pm@acme.test").await;
    assert!(mail.message.text.contains("Firefox on Linux"), "{}", mail.message.text);
}
