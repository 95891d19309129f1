//! Registering with an agency, and proving that one reads the address.

use serde_json::json;
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, viewer, without_ids};
use super::steps::{
    DAY, FRESH, HOUR, can_sign_in, challenge, id_of, newcomer, open_registration, register, subjects,
    update_tenant, verify,
};

async fn resend(who: &Actor, tenant: &str, email: &str) -> Answer {
    change(who, "resendVerification", json!({ "tenant": tenant, "email": email }), "email").await
}

async fn status(who: &Actor, email: &str) -> String {
    let query = "query($id: ID!) { user(id: $id) { status } }";
    who.run(query, json!({ "id": id_of(who, email).await })).await.expect_ok().text("user.status")
}

/// A world in which everybody may register with acme.
async fn open() -> World {
    let world = World::new().await;
    open_registration(&world.agency("acme").owner()).await;
    world
}

// keeps: ID-4
#[tokio::test]
async fn agency_that_invites_takes_nobody_in_who_was_not_invited() {
    let world = World::new().await;
    let before = world.counts().await;
    let unknown = register(&world.nobody(), "acme", "ada@new.test").await.expect_code("FORBIDDEN");
    let known = register(&world.nobody(), "acme", "pm@acme.test").await.expect_code("FORBIDDEN");
    assert_eq!(without_ids(&unknown), without_ids(&known));
    register(&world.nobody(), "nowhere", "ada@new.test").await.expect_field("tenant", "unknown_tenant");
    assert_eq!(world.counts().await, before);
}

// keeps: ID-4
#[tokio::test]
async fn open_agency_takes_everybody_in_without_any_right() {
    let world = open().await;
    let owner = world.agency("acme").owner();
    let answer = register(&world.nobody(), "Acme", "Ada@New.test").await.expect_ok();
    assert_eq!(answer.text("register.email"), "ada@new.test");
    let waiting = "{ users(filter: { status: [PENDING] }) { totalCount } }";
    let seen = owner.run(waiting, json!({})).await.expect_ok();
    assert_eq!(seen.number("users.totalCount"), 0, "the address may be anybody's until its mail is answered");
    assert_eq!(challenge(&world, "acme", "ada@new.test", FRESH).await, "EMAIL_UNVERIFIED");
    verify(&world.nobody(), &token_in(&*world.mail_to("ada@new.test").await)).await.expect_ok();
    assert_eq!(status(&owner, "ada@new.test").await, "ACTIVE");
    let ada = world.person("acme", "ada@new.test", FRESH);
    let seen = viewer(&ada).await.expect_ok();
    assert!(seen.list("viewer.roles").is_empty() && seen.list("viewer.permissions").is_empty(), "{seen}");
    ada.run("{ users { totalCount } }", json!({})).await.expect_code("FORBIDDEN");
    ada.run("{ projects { totalCount } }", json!({})).await.expect_code("FORBIDDEN");
}

// keeps: ID-4
#[tokio::test]
async fn agency_open_to_a_domain_takes_its_people_in_as_team_members_and_no_others() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let domains =
        json!({ "registration": "DOMAIN", "registrationDomains": ["acme.example", "bücher.example"] });
    update_tenant(&owner, domains).await.expect_ok();
    for email in
        ["ada@new.test", "ada@evil-acme.example", "ada@sub.acme.example", "ada@acme.example.evil.test"]
    {
        register(&world.nobody(), "acme", email).await.expect_field("email", "domain_not_allowed");
    }
    for (email, stored) in
        [("Ada@ACME.example", "ada@acme.example"), ("eve@bücher.example", "eve@xn--bcher-kva.example")]
    {
        register(&world.nobody(), "acme", email).await.expect_ok();
        verify(&world.nobody(), &token_in(&*world.mail_to(stored).await)).await.expect_ok();
        let seen = viewer(&world.person("acme", email, FRESH)).await.expect_ok();
        assert_eq!(seen.each("viewer.roles", "key"), [json!("team_member")], "{email}");
    }
}

// keeps: ID-4
#[tokio::test]
async fn link_works_once_within_24_hours() {
    let world = open().await;
    let nobody = world.nobody();
    register(&nobody, "acme", "ada@new.test").await.expect_ok();
    let token = token_in(&*world.mail_to("ada@new.test").await);
    for wrong in [
        String::new(),
        token[1..].to_owned(),
        format!("{token}x"),
        token.to_uppercase(),
        "atm_\u{7}".to_owned(),
    ] {
        verify(&nobody, &wrong).await.expect_field("token", "token_invalid");
    }
    world.clock.advance(DAY - std::time::Duration::from_secs(1));
    verify(&nobody, &token).await.expect_ok();
    verify(&nobody, &token).await.expect_field("token", "token_used");
    register(&nobody, "acme", "eve@new.test").await.expect_ok();
    let token = token_in(&*world.mail_to("eve@new.test").await);
    world.clock.advance(DAY);
    verify(&nobody, &token).await.expect_field("token", "token_expired");
    assert_eq!(challenge(&world, "acme", "eve@new.test", FRESH).await, "EMAIL_UNVERIFIED");
}

// keeps: ID-4
#[tokio::test]
async fn link_followed_twice_at_once_counts_once() {
    let world = open().await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let token = token_in(&*world.mail_to("ada@new.test").await);
    let nobody = world.nobody();
    let (one, other) = tokio::join!(verify(&nobody, &token), verify(&nobody, &token));
    let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
    won.expect_ok();
    lost.expect_field("token", "token_used");
    assert_eq!(subjects(&world, "ada@new.test").await.len(), 2, "one link and one welcome");
}

// keeps: ID-4
#[tokio::test]
async fn link_is_good_for_what_it_was_sent_for_alone() {
    let world = open().await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let token = token_in(&*world.mail_to("ada@new.test").await);
    let reset = json!({ "token": token, "password": "a wholly different phrase 7" });
    change(&world.nobody(), "resetPassword", reset, "ok").await.expect_field("token", "token_invalid");
    let confirm = json!({ "token": token });
    change(&world.nobody(), "confirmEmailChange", confirm.clone(), "changed")
        .await
        .expect_field("token", "token_invalid");
    change(&world.nobody(), "acceptInvitation", confirm, "email")
        .await
        .expect_field("token", "token_invalid");
    verify(&world.nobody(), &token).await.expect_ok();
}

// keeps: ID-4
#[tokio::test]
async fn link_is_sent_again_and_the_earlier_one_ends() {
    let world = open().await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let first = token_in(&*world.mail_to("ada@new.test").await);
    world.clock.advance(DAY * 3);
    resend(&world.nobody(), "acme", "ADA@new.test").await.expect_ok();
    let second = token_in(&*world.mail_to("ada@new.test").await);
    verify(&world.nobody(), &first).await.expect_field("token", "token_used");
    world.clock.advance(HOUR);
    verify(&world.nobody(), &second).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESH).await, "with the password of before");
}

// keeps: ID-4
#[tokio::test]
async fn asking_for_another_link_tells_nothing_of_who_is_there() {
    let world = open().await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    world.mail_to("ada@new.test").await;
    let waiting = resend(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let plain = |answer: &Answer, email: &str| without_ids(answer).to_string().replace(email, "-");
    for (tenant, email) in [("acme", "pm@acme.test"), ("acme", "nobody@new.test"), ("acme", "pm@globex.test")]
    {
        let answer = resend(&world.nobody(), tenant, email).await.expect_ok();
        assert_eq!(plain(&answer, email), plain(&waiting, "ada@new.test"));
        assert_eq!(answer.statements, waiting.statements, "{email}");
        assert_eq!(subjects(&world, email).await.len(), 0, "{email}");
    }
    resend(&world.nobody(), "nowhere", "ada@new.test").await.expect_ok();
    assert_eq!(subjects(&world, "ada@new.test").await.len(), 2);
}

// keeps: ID-4, ID-12
#[tokio::test]
async fn fourth_link_in_an_hour_from_one_place_is_limited() {
    let world = World::builder().rate_limits().build().await;
    let here = world.nobody().from_ip("203.0.113.9");
    for email in ["ada@new.test", "pm@acme.test", "nobody@acme.test"] {
        resend(&here, "acme", email).await.expect_ok();
    }
    resend(&here, "acme", "ada@new.test").await.expect_code("LIMITED");
    resend(&world.nobody().from_ip("203.0.113.10"), "acme", "ada@new.test").await.expect_ok();
    world.clock.advance(HOUR);
    resend(&here, "acme", "ada@new.test").await.expect_ok();
}

// keeps: ID-4
#[tokio::test]
async fn member_who_registers_again_learns_it_by_mail_alone() {
    let world = open().await;
    let owner = world.agency("acme").owner();
    let out = json!({ "id": id_of(&owner, "viewer@acme.test").await });
    change(&owner, "deactivateUser", out, "user { id }").await.expect_ok();
    let plain = |answer: &Answer, email: &str| without_ids(answer).to_string().replace(email, "-");
    let unknown = register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    for email in ["pm@acme.test", "viewer@acme.test", "pm@globex.test"] {
        let known = register(&world.nobody(), "acme", email).await.expect_ok();
        assert_eq!(plain(&known, email), plain(&unknown, "ada@new.test"));
    }
    assert_eq!(subjects(&world, "pm@acme.test").await, ["You already have an account with Acme Studio"]);
    assert_eq!(subjects(&world, "viewer@acme.test").await.len(), 0, "who was shut out is not told why");
    assert_eq!(subjects(&world, "pm@globex.test").await, ["Confirm that you join Acme Studio"]);
    assert!(can_sign_in(&world, "acme", "pm@acme.test", PASSWORD).await);
    assert!(!can_sign_in(&world, "acme", "pm@acme.test", FRESH).await);
    assert!(!can_sign_in(&world, "acme", "viewer@acme.test", PASSWORD).await);
    assert_eq!(challenge(&world, "acme", "pm@globex.test", PASSWORD).await, "EMAIL_UNVERIFIED");
    verify(&world.nobody(), &token_in(&*world.mail_to("pm@globex.test").await)).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "pm@globex.test", PASSWORD).await, "one person, one password");
}

// keeps: ID-4
#[tokio::test]
async fn who_registers_twice_is_one_person_with_one_link() {
    let world = open().await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let first = token_in(&*world.mail_to("ada@new.test").await);
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let second = token_in(&*world.mail_to("ada@new.test").await);
    verify(&world.nobody(), &first).await.expect_field("token", "token_used");
    verify(&world.nobody(), &second).await.expect_ok();
    let nobody = world.nobody();
    for turn in 0..3 {
        let email = format!("twin{turn}@new.test");
        let (one, other) = tokio::join!(register(&nobody, "acme", &email), register(&nobody, "acme", &email));
        for answer in [one, other] {
            assert!(matches!(answer.code(), None | Some("UNAVAILABLE")), "{answer}");
        }
        assert_eq!(world.rows("identity_users", &format!("WHERE email = '{email}'")).await.len(), 1);
    }
}

// keeps: ID-4, ID-7
#[tokio::test]
async fn what_a_newcomer_says_is_checked_field_by_field() {
    let world = open().await;
    let before = world.counts().await;
    let mut wrong = newcomer("acme", "ada@new.test");
    wrong["givenName"] = json!("A".repeat(300));
    wrong["familyName"] = json!("Love\u{202e}lace");
    wrong["password"] = json!("ada@new.test");
    let answer = change(&world.nobody(), "register", wrong, "email").await.expect_code("INVALID");
    let codes: Vec<String> =
        answer.fields().into_iter().map(|(path, code)| format!("{path}: {code}")).collect();
    assert_eq!(codes, ["familyName: forbidden_character", "givenName: too_long", "password: password_weak"]);
    let no_addresses = [
        "",
        "ada",
        "ada@",
        "@new.test",
        "ada@new",
        "ada@1.2.3.4",
        "a da@new.test",
        "ada@new..test",
        ".ada@new.test",
        "ada\u{7}@new.test",
        "ada@new.test\r\nBcc: eve@new.test",
    ];
    for email in no_addresses {
        register(&world.nobody(), "acme", email).await.expect_field("email", "bad_email");
    }
    let long = format!("{}@new.test", "a".repeat(300));
    register(&world.nobody(), "acme", &long).await.expect_field("email", "bad_email");
    // Cyrillic а, Greek ο, a dotless i: what looks like somebody else's address is none.
    for email in ["pm@аcme.test", "pаm@acme.test", "pοm@acme.test", "pm@xn--cme-7cd.test"] {
        register(&world.nobody(), "acme", email).await.expect_field("email", "email_looks_like_another");
    }
    assert_eq!(world.counts().await, before);
}
