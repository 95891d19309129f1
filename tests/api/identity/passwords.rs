//! What passwords must be like, how one's own is changed, and when it is too old.

use platform::settings::PasswordSettings;
use serde_json::json;
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, credentials, login, login_on, viewer};
use super::steps::{
    DAY, FRESH, FRESHER, can_sign_in, challenge, founder, invite, join_both, lets_in, newcomer,
    open_registration, said_of, subjects, update_tenant,
};

async fn replace(who: &Actor, current: &str, new: &str) -> Answer {
    let input = json!({ "currentPassword": current, "newPassword": new });
    change(who, "changePassword", input, "user { email }").await
}

// keeps: ID-7
#[tokio::test]
async fn password_is_refused_by_the_first_rule_that_it_breaks() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let long: String = "kX9$vQ2!mZp4".chars().cycle().take(1_025).collect();
    let wrong = [
        ("", "password_too_short"),
        ("kX9$vQ2!mZp", "password_too_short"),
        ("ééééééééééé", "password_too_short"),
        (&long, "password_too_long"),
        ("violet\u{7}teapot gravel", "password_control_character"),
        ("violet\nteapot gravel", "password_control_character"),
        ("qwertyuiop123", "password_common"),
        ("PASSWORD1234!!", "password_common"),
        ("correct horse battery staple", "password_common"),
        ("aaaaaaaaaaaaaaaaaaaaaaa", "password_weak"),
        ("bcdefghijklmnopqrs", "password_weak"),
        ("Zoë Hartmann", "password_weak"),
        ("hartmann2026", "password_weak"),
        (PASSWORD, "password_reused"),
    ];
    for (password, code) in wrong {
        replace(&manager, PASSWORD, password).await.expect_field("newPassword", code);
    }
    let mut current = PASSWORD;
    for good in ["kX9$vQ2!mZp4", "пароль-из-редких-слов", FRESH] {
        replace(&manager, current, good).await.expect_ok();
        assert!(can_sign_in(&world, "acme", "pm@acme.test", good).await, "{good}");
        current = good;
    }
}

// keeps: ID-7
#[tokio::test]
async fn advice_is_given_in_the_language_of_the_person() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let said =
        async |who: &Actor, password: &str| said_of(&replace(who, PASSWORD, password).await, "newPassword");
    let english = said(&manager, "aaaaaaaaaaaaaaaaaaaaaaa").await;
    assert!(
        english.starts_with("This password is too easy to guess. Repeats like \"aaa\" are easy to guess."),
        "{english}"
    );
    assert!(english.contains("Avoid repeated words and characters."), "{english}");
    let french = said(&manager.speaking("fr"), "aaaaaaaaaaaaaaaaaaaaaaa").await;
    assert!(
        french.starts_with("Ce mot de passe est trop facile à deviner. Les répétitions comme « aaa »"),
        "{french}"
    );
    assert!(french.contains("Évitez les mots et caractères répétés."), "{french}");
    let own = said(&world.agency("acme").sales(), "bcdefghijklmnopqrs").await;
    assert!(own.contains("Les suites comme abc ou 6543 sont faciles à deviner."), "{own}");
    let short = said(&manager.speaking("fr-CA"), "court").await;
    assert_eq!(short, "Un mot de passe compte au moins 12 caractères.");
}

// keeps: ID-7
#[tokio::test]
async fn same_rules_hold_wherever_a_password_is_chosen() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    open_registration(&owner).await;
    invite(&owner, json!({ "email": "eve@new.test", "roles": ["viewer"] })).await.expect_ok();
    let invited = token_in(&*world.mail_to("eve@new.test").await);
    let reset = json!({ "tenant": "acme", "email": "pm@acme.test" });
    change(&world.nobody(), "requestPasswordReset", reset, "email").await.expect_ok();
    let link = token_in(&*world.mail_to("pm@acme.test").await);
    let weak = "aaaaaaaaaaaaaaaaaaaaaaa";
    for (name, mut input, fields) in [
        ("signUp", founder("new-agency", "ada@new.test"), "email"),
        ("register", newcomer("acme", "ada@new.test"), "email"),
        ("acceptInvitation", json!({ "token": invited, "givenName": "Eve", "familyName": "Moss" }), "email"),
        ("resetPassword", json!({ "token": link }), "ok"),
    ] {
        input["password"] = json!(weak);
        let answer = change(&world.nobody().speaking("fr"), name, input.clone(), fields).await;
        assert!(said_of(&answer, "password").contains("Les répétitions"), "{name}\n{answer}");
        answer.expect_field("password", "password_weak");
        input["password"] = json!("qwertyuiop123");
        change(&world.nobody(), name, input, fields).await.expect_field("password", "password_common");
    }
}

// keeps: ID-7
#[tokio::test]
async fn none_of_the_last_five_passwords_comes_back() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let passwords: Vec<String> =
        (1..=6).map(|number| format!("gravel lantern {number} harbour moose")).collect();
    replace(&manager, PASSWORD, PASSWORD).await.expect_field("newPassword", "password_reused");
    let mut current = PASSWORD;
    for next in &passwords[..5] {
        replace(&manager, current, next).await.expect_ok();
        current = next;
    }
    for used in &passwords[..5] {
        let answer = replace(&manager, current, used).await;
        assert!(said_of(&answer, "newPassword").contains("among your last 5"), "{answer}");
        answer.expect_field("newPassword", "password_reused");
    }
    replace(&manager, current, &passwords[5]).await.expect_ok();
    replace(&manager, &passwords[5], &passwords[1]).await.expect_field("newPassword", "password_reused");
    replace(&manager, &passwords[5], &passwords[0]).await.expect_ok();
    let user = super::asks::me(&manager).await.parse::<kernel::id::AnyId>().unwrap().uuid.to_string();
    let kept = world.rows("identity_password_history", "").await;
    assert_eq!(kept.iter().filter(|row| row["user_id"] == user).count(), 5, "no more than needed are kept");
}

// keeps: ID-6, ID-7
#[tokio::test]
async fn new_password_ends_every_other_session_in_every_agency() {
    let world = World::builder().nodes(2).build().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let manager = acme.manager();
    join_both(&world, &globex.owner(), &manager).await;
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    let other = login_on(&world.nobody(), "acme", "pm@acme.test", "phone").await;
    let elsewhere = login_on(&world.nobody(), "globex", "pm@acme.test", "tablet").await;
    let bearers = [&other, &elsewhere].map(|answer| world.nobody().bearing(answer.text("login.accessToken")));
    for bearer in &bearers {
        viewer(bearer).await.expect_ok();
    }
    replace(&manager, "not the password at all", FRESH)
        .await
        .expect_field("currentPassword", "wrong_password");
    replace(&manager, PASSWORD, FRESH).await.expect_ok();
    viewer(&manager).await.expect_ok();
    for bearer in &bearers {
        viewer(bearer).await.expect_code("UNAUTHENTICATED");
        super::asks::eventually("other nodes hear of it", async || {
            viewer(&bearer.on(1)).await.code() == Some("UNAUTHENTICATED")
        })
        .await;
    }
    let refresh = json!({ "refreshToken": other.text("login.refreshToken") });
    change(&world.nobody(), "refreshSession", refresh, "accessToken").await.expect_code("UNAUTHENTICATED");
    viewer(&key).await.expect_ok();
    assert!(!lets_in(&world, "acme", "pm@acme.test").await);
    assert!(
        can_sign_in(&world, "acme", "pm@acme.test", FRESH).await
            && can_sign_in(&world, "globex", "pm@acme.test", FRESH).await
    );
    assert!(subjects(&world, "pm@acme.test").await.contains(&"Your password was changed".to_owned()));
}

// keeps: ID-6
#[tokio::test]
async fn password_is_changed_by_the_person_alone() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    replace(&key, PASSWORD, FRESH).await.expect_code("FORBIDDEN");
    replace(&world.nobody(), PASSWORD, FRESH).await.expect_code("UNAUTHENTICATED");
    let (one, other) = (manager.clone(), manager.clone());
    let (one, other) = tokio::join!(replace(&one, PASSWORD, FRESH), replace(&other, PASSWORD, FRESHER));
    let done = [&one, &other].into_iter().filter(|answer| answer.errors().is_empty()).count();
    assert!(done >= 1, "{one}\n{other}");
    for answer in [&one, &other] {
        assert!(matches!(answer.code(), None | Some("CONFLICT" | "INVALID" | "UNAVAILABLE")), "{answer}");
    }
    let works = [
        can_sign_in(&world, "acme", "pm@acme.test", FRESH).await,
        can_sign_in(&world, "acme", "pm@acme.test", FRESHER).await,
    ];
    assert_eq!(works.iter().filter(|works| **works).count(), 1, "{works:?}");
}

// keeps: ID-7, ID-12
#[tokio::test]
async fn guesses_of_the_present_password_are_limited() {
    let world = World::builder().rate_limits().build().await;
    let manager = world.agency("acme").manager();
    for _ in 0..5 {
        replace(&manager, "not the password at all", FRESH)
            .await
            .expect_field("currentPassword", "wrong_password");
    }
    replace(&manager, PASSWORD, FRESH).await.expect_code("LIMITED");
}

// keeps: ID-7
#[tokio::test]
async fn password_that_is_too_old_for_the_agency_must_be_replaced_by_mail() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let manager = acme.manager();
    join_both(&world, &globex.owner(), &manager).await;
    replace(&manager, PASSWORD, FRESH).await.expect_ok();
    world.mail_to("pm@acme.test").await;
    update_tenant(&acme.owner(), json!({ "passwordMaxAgeDays": 30 })).await.expect_ok();
    world.clock.advance(DAY * 30 - std::time::Duration::from_secs(1));
    assert!(can_sign_in(&world, "acme", "pm@acme.test", FRESH).await);
    world.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(challenge(&world, "acme", "pm@acme.test", FRESH).await, "PASSWORD_EXPIRED");
    let wrong = credentials("acme", "pm@acme.test", "not the password at all");
    login(&world.nobody(), wrong).await.expect_code("UNAUTHENTICATED");
    assert!(
        can_sign_in(&world, "globex", "pm@acme.test", FRESH).await,
        "another agency asks for no other age"
    );
    let there = world.person("globex", "pm@acme.test", FRESH);
    change(&there, "switchTenant", json!({ "tenant": "acme" }), "accessToken").await.expect_code("FORBIDDEN");
    world.settled().await;
    let before = world.mails_to("pm@acme.test").len();
    let reset = json!({ "tenant": "acme", "email": "pm@acme.test" });
    change(&world.nobody(), "requestPasswordReset", reset, "email").await.expect_ok();
    world.settled().await;
    let token = token_in(&world.mails_to("pm@acme.test")[before]);
    let again = json!({ "token": token, "password": FRESH });
    change(&world.nobody(), "resetPassword", again, "ok").await.expect_field("password", "password_reused");
    change(&world.nobody(), "resetPassword", json!({ "token": token, "password": FRESHER }), "ok")
        .await
        .expect_ok();
    assert!(can_sign_in(&world, "acme", "pm@acme.test", FRESHER).await);
}

// keeps: ID-7
#[tokio::test]
async fn hash_is_made_anew_at_the_next_login_when_its_parameters_change() {
    let world = World::builder()
        .configure(|config| config.password = PasswordSettings { iterations: 2, ..config.password.clone() })
        .build()
        .await;
    let hash = async || {
        let rows = world.rows("identity_users", "WHERE email = 'pm@acme.test'").await;
        rows[0]["password_hash"].as_str().unwrap().to_owned()
    };
    let before = hash().await;
    assert!(before.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{before}");
    login(&world.nobody(), credentials("acme", "pm@acme.test", "not the password at all"))
        .await
        .expect_code("UNAUTHENTICATED");
    assert_eq!(hash().await, before, "a wrong password changes nothing");
    assert!(lets_in(&world, "acme", "pm@acme.test").await);
    let after = hash().await;
    assert!(after.starts_with("$argon2id$v=19$m=8,t=2,p=1$"), "{after}");
    assert!(lets_in(&world, "acme", "pm@acme.test").await);
    assert_eq!(hash().await, after);
}
