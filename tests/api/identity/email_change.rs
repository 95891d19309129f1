//! Another e-mail address: it takes effect once both the present and the new one have agreed.

use serde_json::json;
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, own_email, without_ids};
use super::steps::{DAY, HOUR, lets_in, subjects};

const NEW: &str = "zoe@new.test";

async fn ask(who: &Actor, email: &str, password: &str) -> Answer {
    change(who, "changeEmail", json!({ "email": email, "password": password }), "pendingEmail").await
}

async fn confirm(who: &Actor, token: &str) -> Answer {
    change(who, "confirmEmailChange", json!({ "token": token }), "changed").await
}

/// Asks for the new address; answers the tokens of the mails to the present and the new one.
async fn asked(world: &World, who: &Actor, email: &str) -> (String, String) {
    ask(who, email, PASSWORD).await.expect_ok();
    (token_in(&*world.mail_to(who.email()).await), token_in(&*world.mail_to(email).await))
}

async fn agrees(world: &World, token: &str) -> bool {
    *confirm(&world.nobody(), token).await.expect_ok().data("confirmEmailChange.changed") == true
}

// keeps: ID-6
#[tokio::test]
async fn address_changes_once_both_have_agreed_in_whatever_order() {
    for present_first in [true, false] {
        let world = World::new().await;
        let manager = world.agency("acme").manager();
        let (old, new) = asked(&world, &manager, NEW).await;
        let (first, second) = if present_first { (old, new) } else { (new, old) };
        assert!(!agrees(&world, &first).await);
        assert!(lets_in(&world, "acme", "pm@acme.test").await, "half is nothing");
        assert!(!lets_in(&world, "acme", NEW).await);
        assert!(agrees(&world, &second).await);
        assert!(lets_in(&world, "acme", NEW).await);
        assert!(!lets_in(&world, "acme", "pm@acme.test").await);
        assert_eq!(own_email(&manager).await, NEW, "the session goes on");
        for used in [first, second] {
            confirm(&world.nobody(), &used).await.expect_field("token", "token_used");
        }
    }
}

// keeps: ID-6
#[tokio::test]
async fn mails_name_the_new_address_and_go_to_both() {
    let world = World::new().await;
    asked(&world, &world.agency("acme").manager(), NEW).await;
    assert_eq!(subjects(&world, "pm@acme.test").await, ["Your e-mail address is about to change"]);
    assert_eq!(subjects(&world, NEW).await, ["Confirm your new e-mail address"]);
    for mail in world.mails_to("pm@acme.test").iter().chain(&world.mails_to(NEW)) {
        assert!(mail.message.text.contains(NEW), "{}", mail.message.text);
    }
}

// keeps: ID-6
#[tokio::test]
async fn address_is_changed_with_the_password_alone() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    ask(&manager, NEW, "not the password at all").await.expect_field("password", "wrong_password");
    ask(&manager, "PM@acme.test", PASSWORD).await.expect_field("email", "same_email");
    ask(&manager, "nowhere", PASSWORD).await.expect_field("email", "bad_email");
    ask(&manager, "zоe@new.test", PASSWORD).await.expect_field("email", "email_looks_like_another");
    ask(&world.nobody(), NEW, PASSWORD).await.expect_code("UNAUTHENTICATED");
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    ask(&key, NEW, PASSWORD).await.expect_code("FORBIDDEN");
    assert!(subjects(&world, "pm@acme.test").await.is_empty());
    assert!(subjects(&world, NEW).await.is_empty());
}

// keeps: ID-6, ID-12
#[tokio::test]
async fn guesses_of_the_password_are_limited() {
    let world = World::builder().rate_limits().build().await;
    let manager = world.agency("acme").manager();
    for _ in 0..5 {
        ask(&manager, NEW, "not the password at all").await.expect_field("password", "wrong_password");
    }
    ask(&manager, NEW, PASSWORD).await.expect_code("LIMITED");
}

// keeps: ID-6
#[tokio::test]
async fn links_work_for_a_day_and_the_latest_wish_counts() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (old, new) = asked(&world, &manager, NEW).await;
    assert!(!agrees(&world, &old).await);
    world.clock.advance(DAY);
    confirm(&world.nobody(), &new).await.expect_field("token", "token_expired");
    let (first_old, first_new) = asked(&world, &manager, NEW).await;
    assert!(!agrees(&world, &first_old).await);
    let (second_old, second_new) = asked(&world, &manager, "other@new.test").await;
    confirm(&world.nobody(), &first_new).await.expect_field("token", "token_used");
    assert!(!agrees(&world, &second_new).await);
    world.clock.advance(HOUR);
    assert!(agrees(&world, &second_old).await);
    assert!(lets_in(&world, "acme", "other@new.test").await);
    for wrong in ["", "atm_", &new[1..]] {
        confirm(&world.nobody(), wrong).await.expect_field("token", "token_invalid");
    }
}

// keeps: ID-6
#[tokio::test]
async fn address_of_somebody_else_gets_the_same_answer_and_no_mail() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let taken = ask(&manager, "pm@globex.test", PASSWORD).await.expect_ok();
    let free = ask(&manager, "dm@globex.test", PASSWORD).await.expect_ok();
    assert_eq!(without_ids(&taken).to_string().replace("pm@", "dm@"), without_ids(&free).to_string());
    assert!(subjects(&world, "pm@globex.test").await.is_empty());
    assert_eq!(subjects(&world, "dm@globex.test").await.len(), 1);
}

// keeps: ID-6
#[tokio::test]
async fn address_that_somebody_took_meanwhile_is_a_conflict() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (one_old, one_new) = asked(&world, &acme.manager(), NEW).await;
    let (other_old, other_new) = asked(&world, &acme.developer(), NEW).await;
    assert!(!agrees(&world, &one_new).await);
    assert!(!agrees(&world, &other_old).await);
    assert!(agrees(&world, &one_old).await);
    confirm(&world.nobody(), &other_new).await.expect_code("CONFLICT");
    assert!(lets_in(&world, "acme", "dev@acme.test").await, "who came second keeps the address of before");
    assert_eq!(own_email(&acme.manager()).await, NEW);
}

// keeps: ID-6
#[tokio::test]
async fn of_two_who_take_one_address_at_once_one_gets_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let people = [acme.manager(), acme.developer(), acme.editor(), acme.accountant()];
    for (turn, pair) in people.chunks(2).enumerate() {
        let email = format!("taken{turn}@new.test");
        let (one_old, one_new) = asked(&world, &pair[0], &email).await;
        let (other_old, other_new) = asked(&world, &pair[1], &email).await;
        assert!(!agrees(&world, &one_old).await);
        assert!(!agrees(&world, &other_old).await);
        let nobody = world.nobody();
        let (one, other) = tokio::join!(confirm(&nobody, &one_new), confirm(&nobody, &other_new));
        let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
        assert_eq!(*won.expect_ok().data("confirmEmailChange.changed"), true);
        lost.expect_code("CONFLICT");
        assert_eq!(world.rows("identity_users", &format!("WHERE email = '{email}'")).await.len(), 1);
    }
}

// keeps: ID-6
#[tokio::test]
async fn both_who_agree_at_once_are_heard() {
    let world = World::new().await;
    let acme = world.agency("acme");
    for (turn, person) in [acme.manager(), acme.developer(), acme.editor()].iter().enumerate() {
        let email = format!("zoe{turn}@new.test");
        let (old, new) = asked(&world, person, &email).await;
        let nobody = world.nobody();
        let (one, other) = tokio::join!(confirm(&nobody, &old), confirm(&nobody, &new));
        let changed = [one.expect_ok(), other.expect_ok()]
            .map(|answer| *answer.data("confirmEmailChange.changed") == true);
        assert_eq!(changed.iter().filter(|changed| **changed).count(), 1, "{changed:?}");
        assert!(lets_in(&world, "acme", &email).await);
    }
}

// keeps: ID-6, ID-8
#[tokio::test]
async fn links_to_the_address_of_before_end_with_it() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let (old, new) = asked(&world, &manager, NEW).await;
    let reset = json!({ "tenant": "acme", "email": "pm@acme.test" });
    change(&world.nobody(), "requestPasswordReset", reset, "email").await.expect_ok();
    let link = token_in(&*world.mail_to("pm@acme.test").await);
    assert!(!agrees(&world, &old).await);
    assert!(agrees(&world, &new).await);
    let reset = json!({ "token": link, "password": super::steps::FRESH });
    change(&world.nobody(), "resetPassword", reset, "ok").await.expect_field("token", "token_used");
    assert!(lets_in(&world, "acme", NEW).await);
}
