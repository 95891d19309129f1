//! How agencies come to be: signed up by a stranger, founded by an operator.

use identity::tenant::{NewOwner, NewTenant, create_tenant};
use kernel::locale::Locale;
use serde_json::{Value, json};
use tests::{PASSWORD, World, token_in};

use super::asks::{change, viewer, without_ids};
use super::steps::{
    DAY, FRESH, FRESHER, can_sign_in, challenge, founder, lets_in, sign_up, subjects, tenant_row, verify,
};

// keeps: ID-1, ID-4
#[tokio::test]
async fn stranger_signs_up_an_agency_and_owns_it_once_the_mail_is_answered() {
    let world = World::new().await;
    let answer = sign_up(&world.nobody(), "nouvelle-vague", "Ada@Nouvelle.test").await.expect_ok();
    assert_eq!(
        answer.data("signUp"),
        &json!({ "email": "ada@nouvelle.test", "tenantSlug": "nouvelle-vague" })
    );
    assert_eq!(challenge(&world, "nouvelle-vague", "ada@nouvelle.test", FRESH).await, "EMAIL_UNVERIFIED");
    let mail = world.mail_to("ada@nouvelle.test").await;
    assert!(mail.message.subject.contains("Nouvelle Vague"), "{}", mail.message.subject);
    let done = verify(&world.nobody(), &token_in(&mail)).await.expect_ok();
    let agency = json!({ "slug": "nouvelle-vague", "name": "Nouvelle Vague", "logoUrl": null });
    assert_eq!(done.data("verifyEmail"), &json!({ "email": "ada@nouvelle.test", "agency": agency }));
    let ada = world.person("nouvelle-vague", "ada@nouvelle.test", FRESH);
    let seen = viewer(&ada).await.expect_ok();
    assert_eq!(seen.each("viewer.roles", "key"), [json!("owner")]);
    assert_eq!(seen.text("viewer.tenant.slug"), "nouvelle-vague");
    assert_eq!(subjects(&world, "ada@nouvelle.test").await.len(), 2, "the link, then the welcome");
}

// keeps: ID-1
#[tokio::test]
async fn new_agency_begins_on_trial_with_nothing_of_the_others() {
    let world = World::new().await;
    sign_up(&world.nobody(), "nouvelle-vague", "ada@nouvelle.test").await.expect_ok();
    verify(&world.nobody(), &token_in(&*world.mail_to("ada@nouvelle.test").await)).await.expect_ok();
    let ada = world.person("nouvelle-vague", "ada@nouvelle.test", FRESH);
    let query = "{ tenant { name slug plan status currency timeZone defaultLocale workingWeek workingDayMinutes
        logoUrl registration registrationDomains passwordMaxAgeDays trialEndsAt subscriptionEndsAt deletionAt version
        domains { id } limits { name used allowed } }
      users { totalCount nodes { email } } projects { totalCount } accounts { totalCount } contacts { totalCount }
      invitations { totalCount } roles { key system } }";
    let answer = ada.run(query, json!({})).await.expect_ok();
    let mut tenant = answer.data("tenant").clone();
    let limits = tenant.as_object_mut().unwrap().remove("limits").unwrap();
    let expected = json!({
        "name": "Nouvelle Vague", "slug": "nouvelle-vague", "plan": "STARTER", "status": "ACTIVE", "currency": "EUR",
        "timeZone": "UTC", "defaultLocale": "en", "workingWeek": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
        "workingDayMinutes": 480, "logoUrl": null, "registration": "INVITATION", "registrationDomains": [],
        "passwordMaxAgeDays": null, "trialEndsAt": "2026-03-16T09:00:00Z", "subscriptionEndsAt": null,
        "deletionAt": null, "version": 1, "domains": [],
    });
    assert_eq!(tenant, expected);
    assert_eq!(limits[0], json!({ "name": "USERS", "used": 1, "allowed": 5 }));
    assert_eq!(answer.each("users.nodes", "email"), [json!("ada@nouvelle.test")]);
    for list in ["projects", "accounts", "contacts", "invitations"] {
        assert_eq!(answer.number(&format!("{list}.totalCount")), 0, "{list}");
    }
    let keys: Vec<Value> = kernel::catalogue::SystemRole::ALL.iter().map(|role| json!(role.key())).collect();
    assert_eq!(answer.each("roles", "key"), keys, "every agency has the platform's roles");
}

// keeps: ID-1
#[tokio::test]
async fn slug_is_checked_by_every_rule() {
    let world = World::new().await;
    let before = world.counts().await;
    let long = "a".repeat(41);
    let bad = [
        "",
        "ab",
        "Acme",
        "1acme",
        "-acme",
        "acme-",
        "ac--me",
        "ac_me",
        "ac me",
        "acmé",
        "ac.me",
        "ac\u{7}me",
        "аcme",
        "acme\n.x",
        long.as_str(),
    ];
    for slug in bad {
        sign_up(&world.nobody(), slug, "ada@new.test").await.expect_field("tenantSlug", "bad_slug");
    }
    for slug in ["admin", "api", "www", "login", "graphql", "support"] {
        sign_up(&world.nobody(), slug, "ada@new.test").await.expect_field("tenantSlug", "reserved_slug");
    }
    sign_up(&world.nobody(), "acme", "ada@new.test").await.expect_field("tenantSlug", "slug_taken");
    assert_eq!(world.counts().await, before, "nothing was founded");
    sign_up(&world.nobody(), &"a".repeat(40), "ada@new.test").await.expect_ok();
}

// keeps: ID-1, ID-7
#[tokio::test]
async fn sign_up_names_everything_that_is_wrong_at_once() {
    let world = World::new().await;
    let before = world.counts().await;
    let wrong = json!({
        "tenantName": "x".repeat(300), "tenantSlug": "x", "email": "ada@new.test", "password": "short",
        "givenName": "Ada\u{7}", "familyName": " ",
    });
    let answer = change(&world.nobody(), "signUp", wrong, "email").await.expect_code("INVALID");
    let expected = [
        ("familyName", "required"),
        ("givenName", "forbidden_character"),
        ("password", "password_too_short"),
        ("tenantName", "too_long"),
        ("tenantSlug", "bad_slug"),
    ];
    let expected = expected.map(|(path, code)| (path.to_owned(), code.to_owned()));
    assert_eq!(answer.fields().into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(world.counts().await, before);
}

// keeps: ID-1
#[tokio::test]
async fn of_two_who_want_one_slug_at_once_one_gets_it() {
    let world = World::new().await;
    let nobody = world.nobody();
    let (one, other) =
        tokio::join!(sign_up(&nobody, "wanted", "ada@one.test"), sign_up(&nobody, "wanted", "eve@two.test"));
    let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
    let owner = won.expect_ok().text("signUp.email");
    let loser = lost.expect_field("tenantSlug", "slug_taken").question.variables["input"]["email"].clone();
    world.settled().await;
    assert_eq!(world.mails_to(&owner).len(), 1);
    assert_eq!(world.mails_to(loser.as_str().unwrap()).len(), 0, "who lost hears nothing");
    assert_eq!(world.rows("identity_tenants", "WHERE slug = 'wanted'").await.len(), 1);
}

// keeps: ID-1, ID-4
#[tokio::test]
async fn sign_up_tells_nothing_of_an_address_that_has_an_account() {
    let world = World::new().await;
    let unknown = sign_up(&world.nobody(), "first", "dm@acme.test").await.expect_ok();
    let known = sign_up(&world.nobody(), "other", "pm@acme.test").await.expect_ok();
    let plain = |answer: &tests::Answer| {
        without_ids(answer).to_string().replace("dm@", "pm@").replace("first", "other")
    };
    assert_eq!(plain(&known), plain(&unknown));
    let (one, other) = (known.statements.unwrap(), unknown.statements.unwrap());
    assert!(one.abs_diff(other) <= 4, "{one} and {other} statements beside the same two hashes");
    let (mail, plain) = (world.mail_to("pm@acme.test").await, world.mail_to("dm@acme.test").await);
    assert_eq!(mail.message.subject, "Confirm that you join Nouvelle Vague");
    assert_eq!(plain.message.subject, "Confirm your e-mail address for Nouvelle Vague");
}

// keeps: ID-1, ID-4
#[tokio::test]
async fn owner_with_an_account_keeps_name_and_password_and_must_agree_by_mail() {
    let world = World::new().await;
    sign_up(&world.nobody(), "other", "pm@acme.test").await.expect_ok();
    assert_eq!(challenge(&world, "other", "pm@acme.test", PASSWORD).await, "EMAIL_UNVERIFIED");
    assert!(lets_in(&world, "acme", "pm@acme.test").await, "where they were a member they still are");
    verify(&world.nobody(), &token_in(&*world.mail_to("pm@acme.test").await)).await.expect_ok();
    assert!(
        !can_sign_in(&world, "other", "pm@acme.test", FRESH).await,
        "what a stranger typed is no password"
    );
    let owner = world.person("other", "pm@acme.test", PASSWORD);
    let answer = owner.run("{ viewer { user { name } roles { key } } }", json!({})).await.expect_ok();
    assert_eq!(answer.text("viewer.user.name"), "Zoë Hartmann");
    assert_eq!(answer.each("viewer.roles", "key"), [json!("owner")]);
}

// keeps: ID-1, ID-4
#[tokio::test]
async fn owner_who_gives_the_password_of_their_account_still_answers_the_mail() {
    let world = World::new().await;
    let mut input = founder("other", "pm@acme.test");
    input["password"] = json!(PASSWORD);
    let answer = change(&world.nobody(), "signUp", input, "email tenantSlug").await.expect_ok();
    assert_eq!(answer.data("signUp"), &json!({ "email": "pm@acme.test", "tenantSlug": "other" }));
    let token = token_in(&*world.mail_to("pm@acme.test").await);
    assert!(!lets_in(&world, "other", "pm@acme.test").await, "a password is tried at the login alone");
    verify(&world.nobody(), &token).await.expect_ok();
    assert!(lets_in(&world, "other", "pm@acme.test").await);
}

// keeps: ID-1, ID-4
#[tokio::test]
async fn address_that_a_stranger_claimed_becomes_theirs_who_read_its_mail() {
    let world = World::new().await;
    sign_up(&world.nobody(), "thief", "ada@new.test").await.expect_ok();
    let claimed = token_in(&*world.mail_to("ada@new.test").await);
    let mut input = founder("honest", "ada@new.test");
    input["password"] = json!(FRESHER);
    input["givenName"] = json!("Augusta");
    change(&world.nobody(), "signUp", input, "email").await.expect_ok();
    let own = token_in(&*world.mail_to("ada@new.test").await);
    verify(&world.nobody(), &claimed).await.expect_field("token", "token_used");
    verify(&world.nobody(), &own).await.expect_ok();
    assert!(
        !can_sign_in(&world, "honest", "ada@new.test", FRESH).await,
        "the stranger's password is no password"
    );
    let ada = world.person("honest", "ada@new.test", FRESHER);
    let answer = ada.run("{ viewer { user { givenName } } }", json!({})).await.expect_ok();
    assert_eq!(answer.text("viewer.user.givenName"), "Augusta");
    assert_eq!(challenge(&world, "thief", "ada@new.test", FRESHER).await, "EMAIL_UNVERIFIED");
}

// keeps: ID-1
#[tokio::test]
async fn agency_founded_by_an_operator_can_be_used_at_once() {
    let world = World::empty().await;
    let identity = &world.app(0).identity;
    let owner = |password: &str| NewOwner {
        email: "ada@lovelace.test".parse().unwrap(),
        given_name: "Ada".into(),
        family_name: "Lovelace".into(),
        password: password.to_owned().into(),
    };
    let new = |slug: &str| NewTenant::new("Analytical", slug, "fr-CA".parse::<Locale>().unwrap());
    let made = create_tenant(&world.db, identity, new("analytical"), owner(FRESH)).await.unwrap();
    assert_eq!(made.trial_ends_at, Some(world.clock.now() + DAY * 14));
    let ada = world.person("analytical", "ada@lovelace.test", FRESH);
    let answer = ada
        .run("{ tenant { defaultLocale plan } viewer { roles { key } user { locale } } }", json!({}))
        .await;
    let answer = answer.expect_ok();
    assert_eq!(answer.data("tenant"), &json!({ "defaultLocale": "fr-CA", "plan": "STARTER" }));
    assert_eq!(answer.each("viewer.roles", "key"), [json!("owner")]);
    assert_eq!(answer.text("viewer.user.locale"), "fr-CA");
    let trail = world.audit_of(&made.id.to_string()).await;
    assert_eq!(
        (&trail[0]["action"], &trail[0]["actor_kind"]),
        (&json!("identity.tenant.create"), &json!("system"))
    );
    let second = create_tenant(&world.db, identity, new("second"), owner("")).await.unwrap();
    assert_eq!(second.slug, "second", "somebody with an account needs no new password");
    assert!(can_sign_in(&world, "second", "ada@lovelace.test", FRESH).await);
    let before = world.counts().await;
    for (slug, code) in [("analytical", "slug_taken"), ("admin", "reserved_slug"), ("x", "bad_slug")] {
        let refused = create_tenant(&world.db, identity, new(slug), owner(FRESH)).await.unwrap_err();
        assert_eq!((refused.code(), refused.message().code()), ("INVALID", code), "{slug}");
    }
    let stranger = NewOwner { email: "eve@lovelace.test".parse().unwrap(), ..owner("lovelace2026") };
    let weak = create_tenant(&world.db, identity, new("third"), stranger).await.unwrap_err();
    assert_eq!(weak.message().code(), "password_weak");
    assert_eq!(world.counts().await, before);
    assert_eq!(tenant_row(&world, "analytical").await.id, made.id);
}
