//! Inviting people, and what becomes of invitations.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, create_role, projects, role, viewer};
use super::steps::{
    DAY, FRESH, FRESHER, accept, can_sign_in, id_of, invite, open_registration, register, subjects,
};

const STATES: &str = "query($status: [InvitationStatus!]) {
  invitations(first: 50, filter: { status: $status }) { nodes { email status } }
}";

async fn revoke(who: &Actor, id: &str) -> Answer {
    change(who, "revokeInvitation", json!({ "id": id }), "invitation { status revokedAt }").await
}

async fn resend(who: &Actor, id: &str) -> Answer {
    change(who, "resendInvitation", json!({ "id": id }), "invitation { status expiresAt }").await
}

async fn preview(who: &Actor, token: &str) -> Answer {
    let query = "query($token: String!) { invitation(token: $token) {
      agency { slug name } email givenName familyName hasAccount expiresAt } }";
    who.run(query, json!({ "token": token })).await
}

/// What Ada says who is new.
fn ada(token: &str) -> Value {
    json!({ "token": token, "password": FRESH, "givenName": "Ada", "familyName": "Lovelace" })
}

/// Invites as a team member; answers the invitation's id and the token of its mail.
async fn invited(world: &World, who: &Actor, email: &str) -> (String, String) {
    let answer = invite(who, json!({ "email": email, "roles": ["team_member"] })).await.expect_ok();
    (answer.text("inviteUser.invitation.id"), token_in(&*world.mail_to(email).await))
}

async fn listed(who: &Actor, status: &str) -> Vec<String> {
    let answer = who.run(STATES, json!({ "status": [status] })).await.expect_ok();
    assert!(answer.list("invitations.nodes").iter().all(|one| one["status"] == status), "{answer}");
    answer.each("invitations.nodes", "email").iter().map(|email| email.as_str().unwrap().to_owned()).collect()
}

// keeps: ID-5
#[tokio::test]
async fn invited_person_comes_in_with_the_roles_of_the_invitation() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let input = json!({ "email": "Ada@New.test", "roles": ["project_manager", role(&acme.owner(), "sales").await],
        "givenName": " Ada ", "familyName": "King" });
    let made = invite(&acme.owner(), input).await.expect_ok();
    assert_eq!(made.text("inviteUser.invitation.email"), "ada@new.test");
    assert_eq!(made.text("inviteUser.invitation.expiresAt"), "2026-03-09T09:00:00Z");
    let mut keys = made.each("inviteUser.invitation.roles", "key");
    keys.sort_by_key(ToString::to_string);
    assert_eq!(keys, [json!("project_manager"), json!("sales")]);
    let mail = world.mail_to("ada@new.test").await;
    assert_eq!(mail.message.subject, "Marlene Vogt invites you to Acme Studio");
    let token = token_in(&mail);
    let seen = preview(&world.nobody(), &token).await.expect_ok();
    let expected = json!({ "agency": { "slug": "acme", "name": "Acme Studio" }, "email": "ada@new.test",
        "givenName": "Ada", "familyName": "King", "hasAccount": false, "expiresAt": "2026-03-09T09:00:00Z" });
    assert_eq!(seen.data("invitation"), &expected);
    let done =
        accept(&world.nobody(), json!({ "token": token, "password": FRESH, "familyName": "Lovelace" })).await;
    assert_eq!(done.expect_ok().text("acceptInvitation.agency.slug"), "acme");
    let person = world.person("acme", "ada@new.test", FRESH);
    let seen = person
        .run("{ viewer { user { name emailVerified account { id } } roles { key } } }", json!({}))
        .await
        .expect_ok();
    assert_eq!(
        seen.data("viewer.user"),
        &json!({ "name": "Ada Lovelace", "emailVerified": true, "account": null })
    );
    assert_eq!(seen.list("viewer.roles").len(), 2);
    assert_eq!(listed(&acme.admin(), "ACCEPTED").await, ["ada@new.test"]);
    accept(&world.nobody(), ada(&token)).await.expect_field("token", "invitation_accepted");
    preview(&world.nobody(), &token).await.expect_field("token", "invitation_accepted");
}

// keeps: ID-5
#[tokio::test]
async fn invited_client_belongs_to_the_account_and_sees_its_work_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let client =
        acme.client().run("{ viewer { user { account { id name } } } }", json!({})).await.expect_ok();
    let account = client.text("viewer.user.account.id");
    let made =
        invite(&acme.owner(), json!({ "email": "ada@new.test", "accountId": account })).await.expect_ok();
    assert_eq!(
        made.each("inviteUser.invitation.roles", "key"),
        [json!("client")],
        "without roles a client is a client"
    );
    assert_eq!(made.text("inviteUser.invitation.account.id"), account);
    accept(&world.nobody(), ada(&token_in(&*world.mail_to("ada@new.test").await))).await.expect_ok();
    let person = world.person("acme", "ada@new.test", FRESH);
    let seen =
        person.run("{ viewer { user { account { id } } roles { key } } }", json!({})).await.expect_ok();
    assert_eq!(seen.text("viewer.user.account.id"), account);
    assert_eq!(projects(&person).await, projects(&acme.client()).await);
}

// keeps: ID-5
#[tokio::test]
async fn invitation_ends_after_seven_days() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (_, token) = invited(&world, &owner, "ada@new.test").await;
    let (_, other) = invited(&world, &owner, "eve@new.test").await;
    world.clock.advance(DAY * 7 - Duration::from_secs(1));
    accept(&world.nobody(), ada(&token)).await.expect_ok();
    world.clock.advance(Duration::from_secs(1));
    accept(&world.nobody(), ada(&other)).await.expect_field("token", "invitation_expired");
    preview(&world.nobody(), &other).await.expect_field("token", "invitation_expired");
    assert_eq!(listed(&owner, "EXPIRED").await, ["eve@new.test"]);
    assert!(listed(&owner, "OPEN").await.is_empty());
    assert!(world.rows("identity_users", "WHERE email = 'eve@new.test'").await.is_empty());
}

// keeps: ID-5
#[tokio::test]
async fn invitation_that_was_taken_back_opens_nothing() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (id, token) = invited(&world, &owner, "ada@new.test").await;
    assert_eq!(listed(&owner, "OPEN").await, ["ada@new.test"]);
    revoke(&world.agency("globex").owner(), &id).await.expect_code("NOT_FOUND");
    assert_eq!(revoke(&owner, &id).await.expect_ok().text("revokeInvitation.invitation.status"), "REVOKED");
    accept(&world.nobody(), ada(&token)).await.expect_field("token", "invitation_revoked");
    revoke(&owner, &id).await.expect_code("CONFLICT");
    resend(&owner, &id).await.expect_code("CONFLICT");
    let (id, token) = invited(&world, &owner, "ada@new.test").await;
    accept(&world.nobody(), ada(&token)).await.expect_ok();
    revoke(&owner, &id).await.expect_code("CONFLICT");
    resend(&owner, &id).await.expect_code("CONFLICT");
    assert_eq!(listed(&owner, "REVOKED").await, ["ada@new.test"]);
}

// keeps: ID-5
#[tokio::test]
async fn invitation_sent_again_has_a_new_link_for_another_seven_days() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (id, first) = invited(&world, &owner, "ada@new.test").await;
    world.clock.advance(DAY * 10);
    let again = resend(&owner, &id).await.expect_ok();
    assert_eq!(again.text("resendInvitation.invitation.status"), "OPEN");
    assert_eq!(again.text("resendInvitation.invitation.expiresAt"), "2026-03-19T09:00:00Z");
    let second = token_in(&*world.mail_to("ada@new.test").await);
    accept(&world.nobody(), ada(&first)).await.expect_field("token", "token_invalid");
    world.clock.advance(DAY * 6);
    accept(&world.nobody(), ada(&second)).await.expect_ok();
}

// keeps: ID-5
#[tokio::test]
async fn later_invitation_of_an_address_takes_the_place_of_the_earlier() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (_, first) = invited(&world, &owner, "ada@new.test").await;
    invite(&world.agency("acme").admin(), json!({ "email": "ADA@new.test", "roles": ["viewer"] }))
        .await
        .expect_ok();
    let second = token_in(&*world.mail_to("ada@new.test").await);
    accept(&world.nobody(), ada(&first)).await.expect_field("token", "invitation_revoked");
    accept(&world.nobody(), ada(&second)).await.expect_ok();
    let seen = viewer(&world.person("acme", "ada@new.test", FRESH)).await.expect_ok();
    assert_eq!(seen.each("viewer.roles", "key"), [json!("viewer")]);
    for turn in 0..3 {
        let email = format!("twin{turn}@new.test");
        let wanted = json!({ "email": email, "roles": ["viewer"] });
        let (one, other) = tokio::join!(invite(&owner, wanted.clone()), invite(&owner, wanted));
        one.expect_ok();
        other.expect_ok();
        assert_eq!(listed(&owner, "OPEN").await.iter().filter(|open| **open == email).count(), 1);
    }
}

// keeps: ID-5
#[tokio::test]
async fn person_with_an_account_proves_it_by_password() {
    let world = World::new().await;
    let (owner, globex) = (world.agency("acme").owner(), world.agency("globex"));
    let (_, token) = invited(&world, &owner, "pm@globex.test").await;
    assert_eq!(*preview(&world.nobody(), &token).await.expect_ok().data("invitation.hasAccount"), true);
    accept(&world.nobody(), json!({ "token": token })).await.expect_field("password", "required");
    accept(&world.nobody(), ada(&token)).await.expect_field("password", "wrong_password");
    assert!(!can_sign_in(&world, "acme", "pm@globex.test", PASSWORD).await);
    let mut right = ada(&token);
    right["password"] = json!(PASSWORD);
    accept(&world.nobody(), right).await.expect_ok();
    let person = world.person("acme", "pm@globex.test", PASSWORD);
    let seen = person.run("{ viewer { user { name } roles { key } } }", json!({})).await.expect_ok();
    assert_eq!(seen.text("viewer.user.name"), "Priya Raman", "names are the person's own to change");
    assert_eq!(seen.each("viewer.roles", "key"), [json!("team_member")]);
    assert_eq!(
        viewer(&globex.manager()).await.expect_ok().each("viewer.roles", "key"),
        [json!("project_manager")]
    );
}

// keeps: ID-5
#[tokio::test]
async fn person_who_is_signed_in_accepts_without_a_password_and_nobody_else_does() {
    let world = World::new().await;
    let (owner, globex) = (world.agency("acme").owner(), world.agency("globex"));
    let (_, token) = invited(&world, &owner, "pm@globex.test").await;
    for other in [globex.owner(), owner.clone()] {
        accept(&other, json!({ "token": token })).await.expect_field("password", "required");
        // Reason: everybody in the seeds has the same password, so another one is needed to be wrong.
        accept(&other, ada(&token)).await.expect_field("password", "wrong_password");
    }
    let key = globex.manager().key(&[("projects.project.read", "ASSIGNED")]).await;
    accept(&key, json!({ "token": token })).await.expect_field("password", "required");
    accept(&globex.manager(), json!({ "token": token })).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "pm@globex.test", PASSWORD).await);
    let switched = change(&globex.manager(), "switchTenant", json!({ "tenant": "acme" }), "accessToken")
        .await
        .expect_ok();
    let here = world.nobody().bearing(switched.text("switchTenant.accessToken"));
    assert_eq!(viewer(&here).await.expect_ok().text("viewer.tenant.slug"), "acme");
}

// keeps: ID-5
#[tokio::test]
async fn account_that_was_never_proved_becomes_theirs_who_were_invited() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    open_registration(&owner).await;
    register(&world.nobody(), "acme", "ada@new.test").await.expect_ok();
    let claimed = token_in(&*world.mail_to("ada@new.test").await);
    let (_, token) = invited(&world, &owner, "ada@new.test").await;
    assert_eq!(*preview(&world.nobody(), &token).await.expect_ok().data("invitation.hasAccount"), false);
    let mut said = ada(&token);
    said["password"] = json!(FRESHER);
    accept(&world.nobody(), said).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESHER).await);
    assert!(
        !can_sign_in(&world, "acme", "ada@new.test", FRESH).await,
        "the stranger's password is no password"
    );
    change(&world.nobody(), "verifyEmail", json!({ "token": claimed }), "email")
        .await
        .expect_field("token", "token_used");
}

// keeps: ID-5, ID-7
#[tokio::test]
async fn newcomer_names_themselves_and_chooses_a_good_password() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (_, token) = invited(&world, &owner, "ada@new.test").await;
    let said =
        json!({ "token": token, "givenName": "A".repeat(300), "familyName": "Love\r\nBcc: eve@new.test" });
    let answer = accept(&world.nobody(), said).await.expect_code("INVALID");
    let codes: Vec<String> =
        answer.fields().into_iter().map(|(path, code)| format!("{path}: {code}")).collect();
    assert_eq!(codes, ["familyName: forbidden_character", "givenName: too_long", "password: required"]);
    for (password, code) in [
        ("kX9$vQ2!mZp", "password_too_short"),
        ("acme studio acme", "password_weak"),
        ("Password1234", "password_common"),
    ] {
        let mut said = ada(&token);
        said["password"] = json!(password);
        accept(&world.nobody(), said).await.expect_field("password", code);
    }
    for wrong in ["", "ati_", "ati_000000000000000000000000000000000000000000", &token[1..]] {
        accept(&world.nobody(), ada(wrong)).await.expect_field("token", "token_invalid");
    }
    let nobody = world.nobody();
    let (one, other) = tokio::join!(accept(&nobody, ada(&token)), accept(&nobody, ada(&token)));
    let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
    won.expect_ok();
    assert!(matches!(lost.code(), Some("INVALID" | "UNAVAILABLE")), "{lost}");
    assert_eq!(
        subjects(&world, "ada@new.test").await,
        ["Marlene Vogt invites you to Acme Studio", "Welcome to Acme Studio"]
    );
}

// keeps: ID-5
#[tokio::test]
async fn wrong_passwords_at_an_invitation_are_limited() {
    let world = World::builder().rate_limits().build().await;
    let owner = world.agency("acme").owner();
    let (_, token) = invited(&world, &owner, "pm@globex.test").await;
    for number in 0..5 {
        let here = world.nobody().from_ip(&format!("198.51.100.{number}"));
        accept(&here, ada(&token)).await.expect_field("password", "wrong_password");
    }
    let answer =
        accept(&world.nobody(), json!({ "token": token, "password": PASSWORD })).await.expect_code("LIMITED");
    assert!(answer.errors()[0]["extensions"]["retryAfter"].as_u64().is_some(), "{answer}");
}

// keeps: ID-5
#[tokio::test]
async fn who_belongs_already_is_not_invited() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let staff = |email: &str| json!({ "email": email, "roles": ["viewer"] });
    invite(&owner, staff("PM@acme.test")).await.expect_field("email", "already_member");
    let id = id_of(&owner, "viewer@acme.test").await;
    change(&owner, "deactivateUser", json!({ "id": id }), "user { id }").await.expect_ok();
    invite(&owner, staff("viewer@acme.test")).await.expect_field("email", "member_deactivated");
    let (_, token) = invited(&world, &owner, "pm@globex.test").await;
    let open = invite(&owner, staff("dev@globex.test")).await.expect_ok();
    assert_eq!(open.text("inviteUser.invitation.status"), "OPEN");
    let mail = world.mail_to("dev@globex.test").await;
    accept(&world.agency("globex").developer(), json!({ "token": tests::token_in(&mail) })).await.expect_ok();
    accept(&world.agency("globex").manager(), json!({ "token": token })).await.expect_ok();
    let answer = accept(&world.agency("globex").manager(), json!({ "token": token })).await;
    answer.expect_field("token", "invitation_accepted");
}

// keeps: ID-5, ID-22
#[tokio::test]
async fn roles_of_an_invitation_must_exist_fit_and_be_named() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let owner = acme.owner();
    let foreign_role =
        create_role(&globex.owner(), "Reader", &[("projects.project.read", "TENANT")]).await.expect_ok();
    let mine = acme.ids::<kernel::id::AccountId>("crm_accounts").await;
    let foreign = globex.ids::<kernel::id::AccountId>("crm_accounts").await;
    owner.token().await;
    let before = world.counts().await;
    let many: Vec<&str> = vec!["viewer"; 21];
    let wrong = [
        (json!({ "roles": [] }), "roles", "required"),
        (json!({ "roles": ["wizard"] }), "roles.0", "unknown_role"),
        (json!({ "roles": ["viewer", foreign_role.text("createRole.role.id")] }), "roles.1", "unknown_role"),
        (json!({ "roles": ["viewer", "client"] }), "roles", "role_for_clients"),
        (json!({ "roles": ["viewer"], "accountId": mine[0] }), "roles", "role_for_staff"),
        (json!({ "roles": ["client"], "accountId": foreign[0] }), "accountId", "unknown_account"),
        (json!({ "roles": many }), "roles", "too_many"),
        (json!({ "roles": ["viewer"], "givenName": "x".repeat(101) }), "givenName", "too_long"),
        (json!({ "roles": ["viewer"], "familyName": "x\u{7}" }), "familyName", "forbidden_character"),
    ];
    for (mut input, path, code) in wrong {
        input["email"] = json!("ada@new.test");
        invite(&owner, input).await.expect_field(path, code);
    }
    invite(&owner, json!({ "email": "аda@new.test", "roles": ["viewer"] }))
        .await
        .expect_field("email", "email_looks_like_another");
    assert_eq!(world.counts().await, before);
}
