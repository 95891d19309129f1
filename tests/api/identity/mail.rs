//! The letters of identity: language, both parts, links, and values that are nothing but text.

use serde_json::{Value, json};
use tests::{World, token_in};

use super::asks::change;
use super::steps::{
    FRESH, founder, invite, join, newcomer, open_registration, register, subjects, update_tenant, verify,
};

// keeps: ID-8, ID-6
#[tokio::test]
async fn person_who_speaks_french_gets_french_mail_in_text_and_html() {
    let world = World::new().await;
    // Reason: what counts is the person's language, not that of the request, which anybody can send.
    let reset = json!({ "tenant": "acme", "email": "sales@acme.test" });
    change(&world.nobody().speaking("en"), "requestPasswordReset", reset, "email").await.expect_ok();
    let mail = world.mail_to("sales@acme.test").await;
    let message = &mail.message;
    assert_eq!(message.subject, "Choisissez un nouveau mot de passe pour Acme Studio");
    assert_eq!(message.locale, "fr");
    assert!(message.text.starts_with("Bonjour Émile,\n"), "{}", message.text);
    assert!(message.text.contains("pendant 60 minutes"), "{}", message.text);
    let html = message.html.as_deref().expect("there is HTML too");
    assert!(html.contains("Bonjour Émile,"), "{html}");
    let link = format!("http://portal.atrium.test/reset-password?token={}", token_in(&mail));
    assert!(message.text.contains(&link), "{}", message.text);
    assert!(html.replace("&#x2f;", "/").contains(&format!("href=\"{link}\"")), "{html}");
    assert_eq!(message.to[0].name.as_deref(), Some("Émile Lefèvre"));
}

// keeps: ID-4, ID-5
#[tokio::test]
async fn newcomer_is_written_to_in_the_language_they_use_or_choose() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let nobody = world.nobody();
    change(&nobody.speaking("fr-BE, en;q=0.5"), "signUp", founder("lune", "ada@lune.test"), "email")
        .await
        .expect_ok();
    let mail = world.mail_to("ada@lune.test").await;
    assert_eq!(mail.message.subject, "Confirmez votre adresse e-mail pour Nouvelle Vague");
    verify(&nobody, &token_in(&mail)).await.expect_ok();
    assert_eq!(world.mail_to("ada@lune.test").await.message.subject, "Bienvenue chez Nouvelle Vague");
    let mut chosen = founder("sol", "ada@sol.test");
    chosen["locale"] = json!("fr");
    change(&nobody.speaking("en"), "signUp", chosen, "email").await.expect_ok();
    assert!(world.mail_to("ada@sol.test").await.message.subject.starts_with("Confirmez"));
    open_registration(&owner).await;
    let mut unknown = newcomer("acme", "ada@stern.test");
    unknown["locale"] = json!("de-AT");
    change(&nobody, "register", unknown, "email").await.expect_ok();
    assert!(
        world.mail_to("ada@stern.test").await.message.subject.starts_with("Confirm"),
        "English where we speak no other"
    );
    update_tenant(&owner, json!({ "defaultLocale": "fr" })).await.expect_ok();
    invite(&owner, json!({ "email": "new@new.test", "roles": ["viewer"] })).await.expect_ok();
    assert_eq!(
        world.mail_to("new@new.test").await.message.subject,
        "Marlene Vogt vous invite chez Acme Studio"
    );
    invite(&owner, json!({ "email": "pm@globex.test", "roles": ["viewer"] })).await.expect_ok();
    assert_eq!(
        world.mail_to("pm@globex.test").await.message.subject,
        "Marlene Vogt invites you to Acme Studio"
    );
}

// keeps: ID-1, ID-5
#[tokio::test]
async fn no_value_begins_a_header_or_markup() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    open_registration(&owner).await;
    let breaks = ["x\r\nBcc: eve@new.test", "x\nSubject: y", "x\u{7}y", "x\u{85}y", "x\u{2028}y", "x\u{0b}y"];
    for bad in breaks {
        let mut input = founder("lune", "ada@lune.test");
        input["tenantName"] = json!(bad);
        change(&world.nobody(), "signUp", input, "email")
            .await
            .expect_field("tenantName", "forbidden_character");
        let mut input = newcomer("acme", "ada@lune.test");
        input["givenName"] = json!(bad);
        change(&world.nobody(), "register", input, "email")
            .await
            .expect_field("givenName", "forbidden_character");
        let invited = json!({ "email": "ada@lune.test", "roles": ["viewer"], "givenName": bad });
        invite(&owner, invited).await.expect_field("givenName", "forbidden_character");
        update_tenant(&owner, json!({ "name": bad })).await.expect_field("name", "forbidden_character");
    }
    assert!(subjects(&world, "ada@lune.test").await.is_empty());
    let evil = "<b>{{ link }}</b> {% raw %} \"; & 'x'";
    update_tenant(&owner, json!({ "name": evil })).await.expect_ok();
    change(&owner, "updateProfile", json!({ "givenName": evil, "familyName": "<i>" }), "user { id }")
        .await
        .expect_ok();
    invite(&owner, json!({ "email": "ada@lune.test", "roles": ["viewer"], "givenName": "<u>Ada</u>" }))
        .await
        .expect_ok();
    let mail = world.mail_to("ada@lune.test").await;
    assert_eq!(mail.message.subject, format!("{evil} <i> invites you to {evil}"), "text is text");
    assert!(mail.message.text.starts_with("Hello <u>Ada</u>,\n"), "{}", mail.message.text);
    let html = mail.message.html.as_deref().unwrap();
    for markup in ["<b>", "<i>", "<u>"] {
        assert!(!html.contains(markup), "{markup} in {html}");
    }
    assert_eq!(mail.message.to.len(), 1);
}

// keeps: ID-6
#[tokio::test]
async fn mail_follows_the_person_when_they_change_their_language() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let change_password = json!({ "currentPassword": tests::PASSWORD, "newPassword": FRESH });
    change(&manager, "updateProfile", json!({ "locale": "fr", "timeZone": "Europe/Paris" }), "user { id }")
        .await
        .expect_ok();
    change(&manager, "changePassword", change_password, "user { id }").await.expect_ok();
    let mail = world.mail_to("pm@acme.test").await;
    assert_eq!(mail.message.subject, "Votre mot de passe a été modifié");
    assert!(mail.message.text.contains("02/03/2026 à 10:00 (CET)"), "in their time: {}", mail.message.text);
}

// keeps: ID-4, ID-5, ID-8
#[tokio::test]
async fn tokens_are_in_the_mail_and_nowhere_else() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    open_registration(&owner).await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    invite(&owner, json!({ "email": "eve@new.test", "roles": ["viewer"] })).await.expect_ok();
    let reset = json!({ "tenant": "acme", "email": "pm@acme.test" });
    change(&world.nobody(), "requestPasswordReset", reset, "email").await.expect_ok();
    let mut secrets = Vec::new();
    for email in ["ada@new.test", "eve@new.test", "pm@acme.test"] {
        let token = token_in(&*world.mail_to(email).await);
        assert!(token.len() >= 40, "{token} could be guessed");
        secrets.push(token);
    }
    join(&world, &owner, "grace@new.test", &["viewer"]).await;
    secrets.push(FRESH.to_owned());
    world.settled().await;
    let snapshot = world.snapshot().await;
    let found = snapshot.all().find(|(_, row)| {
        let text = Value::Object((*row).clone()).to_string();
        secrets.iter().any(|secret| text.contains(secret.as_str()) || text.contains(&secret[4..]))
    });
    assert_eq!(found, None, "a secret is kept as it is");
}

// keeps: ID-4, ID-5, ID-6, ID-8
#[tokio::test]
async fn pages_of_the_links_ask_what_the_schema_knows_and_confirm_with_a_password() {
    let world = World::new().await;
    let script = world.http().get(world.url("/links/page.js")).send().await.unwrap().text().await.unwrap();
    let texts = script.split('"').filter(|text| text.starts_with("mutation ") || text.starts_with("query "));
    let mut asked = Vec::new();
    for text in texts {
        let name = text.split([' ', '(']).nth(1).expect("an operation has a name");
        let mut input = json!({ "token": "atm_0" });
        if matches!(name, "VerifyEmail" | "ResetPassword" | "AcceptInvitation") {
            input["password"] = json!(FRESH);
        }
        let answer = world.nobody().run(text, json!({ "input": input, "token": "atm_0" })).await;
        answer.expect_field("token", "token_invalid");
        asked.push(name.to_owned());
    }
    asked.sort_unstable();
    let all = [
        "AcceptInvitation",
        "ConfirmEmailChange",
        "DisownRegistration",
        "Invitation",
        "ResetPassword",
        "VerifyEmail",
    ];
    assert_eq!(asked, all);
    assert!(
        script.contains("{ input: { token, password: typed.password } }"),
        "the link alone confirms nothing"
    );
}
