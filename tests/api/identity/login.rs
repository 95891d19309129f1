//! Signing in: by slug or host, in one tenant of several, and the one answer for everybody who is not let in.

use serde_json::{Value, json};
use tests::{Actor, PASSWORD, World, token_in};

use super::asks::{change, credentials, fail, login, me, own_email, viewer, without_ids};

/// Makes a person of acme one of globex as well.
async fn join_globex(world: &World, email: &str) {
    let owner = world.agency("globex").owner();
    let role = super::asks::role(&owner, "viewer").await;
    let invited =
        change(&owner, "inviteUser", json!({ "email": email, "roles": [role] }), "invitation { id }").await;
    invited.expect_ok();
    let token = token_in(&*world.mail_to(email).await);
    let input = json!({ "token": token, "password": PASSWORD });
    change(&world.nobody(), "acceptInvitation", input, "email").await.expect_ok();
}

// keeps: ID-9
#[tokio::test]
async fn right_password_signs_in_to_the_tenant_with_this_slug() {
    let world = World::new().await;
    let answer = login(&world.nobody(), credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    assert_eq!(answer.text("login.viewer.user.email"), "pm@acme.test");
    assert_eq!(answer.text("login.viewer.tenant.slug"), "acme");
    assert!(answer.data("login.challenge").is_null() && answer.list("login.tenants").is_empty());
    assert!(answer.header("set-cookie").is_none(), "tokens in the body need no cookie");
    let bearer = world.nobody().bearing(answer.text("login.accessToken"));
    assert_eq!(own_email(&bearer).await, "pm@acme.test");
}

// keeps: ID-9
#[tokio::test]
async fn address_and_slug_are_read_whatever_their_case() {
    let world = World::new().await;
    let answer = login(&world.nobody(), credentials(" ACME ", "PM@Acme.Test", PASSWORD)).await.expect_ok();
    assert_eq!(answer.text("login.viewer.user.email"), "pm@acme.test");
}

// keeps: ID-9
#[tokio::test]
async fn tenant_is_named_by_a_host_that_it_proved_to_own_and_by_no_other() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let fields = "domain { id recordName recordValue }";
    let added = change(&owner, "addTenantDomain", json!({ "domain": "portal.acme.example" }), fields)
        .await
        .expect_ok();
    let by_host = credentials("Portal.Acme.example", "pm@acme.test", PASSWORD);
    login(&world.nobody(), by_host.clone()).await.expect_code("UNAUTHENTICATED");
    world.dns.set_txt(
        &added.text("addTenantDomain.domain.recordName"),
        &[&added.text("addTenantDomain.domain.recordValue")],
    );
    let verify = json!({ "id": added.text("addTenantDomain.domain.id") });
    change(&owner, "verifyTenantDomain", verify, "domain { verifiedAt }").await.expect_ok();
    let answer = login(&world.nobody(), by_host).await.expect_ok();
    assert_eq!(answer.text("login.viewer.tenant.slug"), "acme");
    let foreign = credentials("portal.acme.example", "pm@globex.test", PASSWORD);
    login(&world.nobody(), foreign).await.expect_code("UNAUTHENTICATED");
}

/// Everybody who is not let in, with why the trail says so.
async fn refused(world: &World) -> Vec<(&'static str, Value)> {
    let acme = world.agency("acme");
    fail(&world.nobody(), "acme", "editor@acme.test", 5).await;
    let leaver = me(&acme.viewer()).await;
    change(&acme.owner(), "deactivateUser", json!({ "id": leaver }), "user { id }").await.expect_ok();
    vec![
        ("wrong_password", credentials("acme", "pm@acme.test", "not the password at all")),
        ("unknown_person", credentials("acme", "nobody@acme.test", PASSWORD)),
        ("locked", credentials("acme", "editor@acme.test", PASSWORD)),
        ("locked", credentials("acme", "editor@acme.test", "not the password at all")),
        ("not_a_member", credentials("acme", "pm@globex.test", PASSWORD)),
        ("wrong_password", credentials("acme", "pm@globex.test", "not the password at all")),
        ("deactivated", credentials("acme", "viewer@acme.test", PASSWORD)),
        ("wrong_password", credentials("acme", "viewer@acme.test", "not the password at all")),
        ("unknown_tenant", credentials("nowhere", "pm@acme.test", PASSWORD)),
        ("unknown_tenant", credentials("nowhere.example", "pm@acme.test", PASSWORD)),
        ("unknown_person", credentials("nowhere", "nobody@acme.test", PASSWORD)),
    ]
}

// keeps: ID-9, ID-11
#[tokio::test]
async fn every_reason_not_to_let_somebody_in_has_the_same_answer_and_the_same_work() {
    let world = World::new().await;
    let tries = refused(&world).await;
    let nobody = world.nobody().with("x-request-id", "same");
    let mut answers = Vec::new();
    for (cause, input) in &tries {
        let answer = login(&nobody, input.clone()).await.expect_code("UNAUTHENTICATED");
        assert!(answer.header("set-cookie").is_none(), "{cause}");
        answers.push((*cause, answer));
    }
    let (_, first) = &answers[0];
    let names = |answer: &tests::Answer| {
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    for (cause, answer) in &answers {
        assert_eq!(without_ids(answer), without_ids(first), "{cause} has an answer of its own");
        assert_eq!((answer.status, names(answer)), (first.status, names(first)), "{cause}");
    }
    // Reason: that there is such a tenant is no secret; who is in it is.
    for tenant in ["acme", "nowhere"] {
        let there = answers.iter().zip(&tries).filter(|(_, (_, input))| input["tenant"] == tenant);
        let told: Vec<_> = there.map(|((cause, answer), _)| (*cause, answer.statements.unwrap())).collect();
        assert!(
            told.len() > 1 && told.iter().all(|one| one.1 == told[0].1),
            "statements tell who is there: {told:?}"
        );
    }
}

// keeps: ID-9, ID-11
#[tokio::test]
async fn refused_login_begins_no_session_and_leaves_its_cause_in_the_trail() {
    let world = World::new().await;
    let tries = refused(&world).await;
    let (sessions, trail) = (world.counts().await["identity_sessions"], trail(&world).await.len());
    for (_, input) in &tries {
        login(&world.nobody().from_ip("192.0.2.9"), input.clone()).await.expect_code("UNAUTHENTICATED");
    }
    assert_eq!(world.counts().await["identity_sessions"], sessions);
    let entries = trail_since(&world, trail).await;
    // Reason: where no tenant is named that exists, the person's own learns of it; where there is neither, nobody can.
    let named = tries.iter().filter(|(cause, input)| input["tenant"] == "acme" || *cause == "unknown_tenant");
    let causes: Vec<_> = named.map(|(cause, _)| json!(cause)).collect();
    let told: Vec<_> = entries.iter().map(|entry| entry["changes"]["reason"].clone()).collect();
    assert_eq!(told, causes);
    assert!(
        entries.iter().all(|entry| entry["outcome"] == "failure" && entry["ip"] == "192.0.2.9"),
        "{entries:#?}"
    );
    let unknown: Vec<_> = entries.iter().filter(|entry| entry["subject_id"].is_null()).collect();
    assert!(
        unknown
            .iter()
            .all(|entry| entry["changes"]["email"].as_str().is_some_and(|email| email.contains('…')))
    );
    assert_eq!(
        unknown.len(),
        3,
        "an address that is nobody's in acme, or somebody's elsewhere, names no person"
    );
}

/// Entries of logins in the trail of acme.
async fn trail(world: &World) -> Vec<tests::Row> {
    let acme = world.agency("acme").tenant().await.to_string();
    let mut entries =
        world.rows("audit_entries", "WHERE action = 'identity.session.login' ORDER BY occurred_at, id").await;
    entries.retain(|entry| entry["tenant_id"] == acme);
    entries
}

async fn trail_since(world: &World, skipped: usize) -> Vec<tests::Row> {
    let mut entries = trail(world).await;
    entries.drain(..skipped);
    entries
}

// keeps: ID-9
#[tokio::test]
async fn bad_input_is_a_field_error_or_the_one_answer_and_never_a_failure_of_ours() {
    let world = World::new().await;
    let nobody = world.nobody();
    for email in ["", "pm", "pm@", "@acme.test", "p m@acme.test", &format!("{}@acme.test", "p".repeat(300))] {
        let answer = login(&nobody, credentials("acme", email, PASSWORD)).await.expect_code("INVALID");
        assert!(answer.fields().contains_key("email"), "{email:?}\n{answer}");
    }
    let long = "x".repeat(5_000);
    for tenant in ["аcme", "acme globex", "acme'--", "acme.", "[::1]:80", &long, &format!("{long}.example")]
    {
        login(&nobody, credentials(tenant, "pm@acme.test", PASSWORD)).await.expect_code("UNAUTHENTICATED");
    }
    for password in ["", "Atrium-demo-2026!\r\n", "atrium-demo-2026!", &long, " Atrium-demo-2026!"] {
        login(&nobody, credentials("acme", "pm@acme.test", password)).await.expect_code("UNAUTHENTICATED");
        world.clock.advance(std::time::Duration::from_secs(24 * 60 * 60));
    }
    for member in ["tenant", "email", "password", "deviceName"] {
        let mut input = credentials("acme", "pm@acme.test", PASSWORD);
        input[member] = json!("pm@acme.test\u{0}");
        login(&nobody, input).await.expect_code("BAD_REQUEST");
    }
    let mut homograph = credentials("acme", "pm@acme.test", PASSWORD);
    homograph["email"] = json!("рm@acme.test");
    let answer = login(&nobody, homograph).await;
    assert!(matches!(answer.code(), Some("INVALID" | "UNAUTHENTICATED")), "{answer}");
}

// keeps: ID-9
#[tokio::test]
async fn name_of_a_device_is_cut_and_cleaned() {
    let world = World::new().await;
    let mut input = credentials("acme", "pm@acme.test", PASSWORD);
    input["deviceName"] = json!(format!("Phone\r\n{}", "é".repeat(300)));
    let token = login(&world.nobody(), input).await.expect_ok().text("login.accessToken");
    let sessions = world.nobody().bearing(token).run("{ sessions { device } }", json!({})).await.expect_ok();
    assert_eq!(sessions.text("sessions.0.device"), format!("Phone{}", "é".repeat(95)));
}

// keeps: ID-9
#[tokio::test]
async fn person_of_one_tenant_need_not_name_it() {
    let world = World::new().await;
    let input = json!({ "email": "pm@acme.test", "password": PASSWORD });
    assert_eq!(
        login(&world.nobody(), input.clone()).await.expect_ok().text("login.viewer.tenant.slug"),
        "acme"
    );
    let wrong = json!({ "email": "pm@acme.test", "password": "not the password at all" });
    let known = login(&world.nobody(), wrong).await.expect_code("UNAUTHENTICATED");
    let unknown = json!({ "email": "nobody@acme.test", "password": PASSWORD });
    let unknown = login(&world.nobody(), unknown).await.expect_code("UNAUTHENTICATED");
    assert_eq!(without_ids(&known), without_ids(&unknown));
    assert_eq!(known.statements, unknown.statements);
}

// keeps: ID-9
#[tokio::test]
async fn person_of_several_tenants_chooses_once_the_password_is_right() {
    let world = World::new().await;
    join_globex(&world, "pm@acme.test").await;
    let mut input = json!({ "email": "pm@acme.test", "password": PASSWORD });
    let answer = login(&world.nobody(), input.clone()).await.expect_ok();
    assert_eq!(answer.text("login.challenge"), "CHOOSE_TENANT");
    assert_eq!(answer.each("login.tenants", "slug"), [json!("acme"), json!("globex")]);
    for nothing in ["accessToken", "refreshToken", "expiresAt", "viewer"] {
        assert!(answer.data(&format!("login.{nothing}")).is_null(), "{nothing} before the choice");
    }
    input["password"] = json!("not the password at all");
    login(&world.nobody(), input).await.expect_code("UNAUTHENTICATED");
    let chosen = login(&world.nobody(), credentials("globex", "pm@acme.test", PASSWORD)).await.expect_ok();
    assert_eq!(chosen.text("login.viewer.tenant.slug"), "globex");
}

const SWITCHED: &str = "accessToken refreshToken viewer { user { email } tenant { slug } roles { key } }";

// keeps: ID-9
#[tokio::test]
async fn person_switches_to_another_tenant_without_a_password_and_keeps_both() {
    let world = World::new().await;
    join_globex(&world, "pm@acme.test").await;
    let manager = world.agency("acme").manager();
    let switched =
        change(&manager, "switchTenant", json!({ "tenant": "globex" }), SWITCHED).await.expect_ok();
    assert_eq!(switched.text("switchTenant.viewer.tenant.slug"), "globex");
    assert_eq!(
        switched.each("switchTenant.viewer.roles", "key"),
        [json!("viewer")],
        "roles do not move along"
    );
    let there = manager.bearing(switched.text("switchTenant.accessToken"));
    assert_eq!(viewer(&there).await.expect_ok().text("viewer.tenant.slug"), "globex");
    assert_eq!(viewer(&manager).await.expect_ok().text("viewer.tenant.slug"), "acme");
    let renewed =
        super::asks::refresh(&world.nobody(), &switched.text("switchTenant.refreshToken")).await.expect_ok();
    let there = manager.bearing(renewed.text("refreshSession.accessToken"));
    assert_eq!(viewer(&there).await.expect_ok().text("viewer.tenant.slug"), "globex");
}

// keeps: ID-9
#[tokio::test]
async fn nobody_switches_to_a_tenant_that_they_are_not_in() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let to = async |who: &Actor, tenant: &str| {
        change(who, "switchTenant", json!({ "tenant": tenant }), SWITCHED).await
    };
    let foreign = to(&manager, "globex").await.expect_code("NOT_FOUND");
    let unknown = to(&manager, "nowhere").await.expect_code("NOT_FOUND");
    let said = |answer: &tests::Answer, name: &str| answer.message().unwrap().replace(name, "…");
    assert_eq!(
        said(&foreign, "globex"),
        said(&unknown, "nowhere"),
        "who is not in it does not learn that it exists"
    );
    to(&world.nobody(), "acme").await.expect_code("UNAUTHENTICATED");
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    to(&key, "acme").await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-9
#[tokio::test]
async fn person_who_left_the_other_tenant_cannot_switch_to_it() {
    let world = World::new().await;
    join_globex(&world, "pm@acme.test").await;
    let manager = world.agency("acme").manager();
    let id = me(&manager).await;
    change(&world.agency("globex").owner(), "deactivateUser", json!({ "id": id }), "user { id }")
        .await
        .expect_ok();
    change(&manager, "switchTenant", json!({ "tenant": "globex" }), SWITCHED).await.expect_code("NOT_FOUND");
    let only =
        login(&world.nobody(), json!({ "email": "pm@acme.test", "password": PASSWORD })).await.expect_ok();
    assert_eq!(only.text("login.viewer.tenant.slug"), "acme", "one open membership is no choice");
}
