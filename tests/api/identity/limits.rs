//! What a plan allows, what was agreed beside it, and how it is said that a limit is reached.

use identity::{
    tenant::{Terms, limits::PlanLimit, rules::Plan},
    user::{MemberPassword, NewMember, add_member},
};
use kernel::catalogue::SystemRole;
use serde_json::{Value, json};
use tests::{Actor, Answer, World, token_in};

use super::asks::change;
use super::steps::{
    DAY, FRESH, accept, agree, allow_users, can_sign_in, id_of, invite, join, open_registration, register,
    tenant_row,
};

async fn invite_staff(who: &Actor, email: &str) -> Answer {
    invite(who, json!({ "email": email, "roles": ["team_member"] })).await
}

/// Fails unless the answer says that `allowed` users of the starter plan are reached.
#[track_caller]
fn expect_limit(answer: Answer, allowed: i64) {
    let answer = answer.expect_code("LIMITED");
    let said = answer.message().unwrap();
    let expected = format!("The plan starter allows {allowed} (users).");
    assert!(said.starts_with(&expected), "{said}");
    assert!(answer.errors()[0]["extensions"]["retryAfter"].is_null(), "waiting does not help\n{answer}");
}

async fn limits(who: &Actor) -> Value {
    who.run("{ tenant { plan limits { name used allowed } } }", json!({}))
        .await
        .expect_ok()
        .data("tenant")
        .clone()
}

// keeps: ID-2
#[tokio::test]
async fn full_plan_takes_nobody_in_on_any_way() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (left, globex) = (id_of(&owner, "viewer@acme.test").await, world.agency("globex").owner());
    open_registration(&owner).await;
    change(&owner, "deactivateUser", json!({ "id": left }), "user { id }").await.expect_ok();
    allow_users(&world, "acme", 9).await;
    let before = world.counts().await;
    expect_limit(invite_staff(&owner, "ada@new.test").await, 9);
    expect_limit(register(&world.nobody(), "acme", "ada@new.test").await, 9);
    expect_limit(change(&owner, "reactivateUser", json!({ "id": left }), "user { id }").await, 9);
    let french = invite_staff(&owner.speaking("fr"), "ada@new.test").await.expect_code("LIMITED");
    assert!(french.message().unwrap().starts_with("L'offre starter en permet 9 (users)."), "{french}");
    let new = NewMember {
        email: "ada@new.test".parse().unwrap(),
        given_name: "Ada".into(),
        family_name: "Lovelace".into(),
        locale: None,
        password: MemberPassword::Plain(FRESH.to_owned().into()),
        roles: vec![SystemRole::TeamMember],
        account: None,
    };
    let tenant = tenant_row(&world, "acme").await.id;
    let refused = add_member(&world.db, &world.app(0).identity, tenant, new.clone()).await.unwrap_err();
    assert_eq!((refused.code(), refused.message().code()), ("LIMITED", "plan_limit"));
    assert_eq!(world.counts().await, before, "nobody came in");
    invite_staff(&globex, "ada@new.test").await.expect_ok();
    allow_users(&world, "acme", 10).await;
    add_member(&world.db, &world.app(0).identity, tenant, new).await.unwrap();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESH).await);
}

// keeps: ID-2
#[tokio::test]
async fn plan_says_how_much_and_what_was_agreed_goes_before_it() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    const GIB: i64 = 1 << 30;
    let plans = [
        (Plan::Starter, "STARTER", [json!(5), json!(5 * GIB), json!(100), json!(10), json!(3)]),
        (Plan::Professional, "PROFESSIONAL", [json!(25), json!(50 * GIB), json!(500), json!(50), json!(25)]),
        (Plan::Business, "BUSINESS", [json!(100), json!(500 * GIB), json!(2_000), json!(200), json!(100)]),
        (
            Plan::Enterprise,
            "ENTERPRISE",
            [json!(null), json!(5_000 * GIB), json!(10_000), json!(null), json!(null)],
        ),
    ];
    for (plan, name, allowed) in plans {
        agree(&world, "acme", Terms { plan: Some(plan), ..Terms::default() }).await;
        let seen = limits(&owner).await;
        assert_eq!(seen["plan"], name);
        let names = ["USERS", "STORAGE_BYTES", "REQUESTS_PER_MINUTE", "CUSTOM_FIELDS", "WORKFLOWS"];
        for (place, (limit, allowed)) in names.into_iter().zip(allowed).enumerate() {
            assert_eq!(seen["limits"][place]["name"], limit);
            assert_eq!(seen["limits"][place]["allowed"], allowed, "{name} {limit}");
        }
        assert_eq!(seen["limits"][0]["used"], 10, "the ten people of the agency");
    }
    let agreed =
        vec![(PlanLimit::Users, Some(11)), (PlanLimit::Workflows, None), (PlanLimit::CustomFields, Some(0))];
    let terms = Terms { plan: Some(Plan::Starter), limit_overrides: Some(agreed), ..Terms::default() };
    agree(&world, "acme", terms).await;
    let seen = limits(&owner).await;
    let allowed: Vec<&Value> =
        seen["limits"].as_array().unwrap().iter().map(|limit| &limit["allowed"]).collect();
    assert_eq!(allowed, [&json!(11), &json!(5 * GIB), &json!(100), &json!(0), &json!(null)]);
    agree(&world, "acme", Terms { limit_overrides: Some(Vec::new()), ..Terms::default() }).await;
    assert_eq!(limits(&owner).await["limits"][0]["allowed"], 5, "without agreement the plan counts again");
    assert_eq!(
        limits(&world.agency("globex").owner()).await["plan"],
        "PROFESSIONAL",
        "of others nothing changed"
    );
}

// keeps: ID-1, ID-2
#[tokio::test]
async fn terms_are_set_one_by_one_and_told_in_the_trail() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (soon, later) = (world.clock.now() + DAY * 3, world.clock.now() + DAY * 400);
    agree(&world, "acme", Terms { trial_ends_at: Some(Some(soon)), ..Terms::default() }).await;
    agree(&world, "acme", Terms { subscription_ends_at: Some(Some(later)), ..Terms::default() }).await;
    let query = "{ tenant { plan trialEndsAt subscriptionEndsAt } }";
    let seen = owner.run(query, json!({})).await.expect_ok();
    let expected = json!({ "plan": "BUSINESS", "trialEndsAt": "2026-03-05T09:00:00Z", "subscriptionEndsAt": "2027-04-06T09:00:00Z" });
    assert_eq!(seen.data("tenant"), &expected);
    agree(&world, "acme", Terms { trial_ends_at: Some(None), ..Terms::default() }).await;
    assert!(owner.run(query, json!({})).await.expect_ok().data("tenant.trialEndsAt").is_null());
    let trail = world.audit_of(&world.agency("acme").id().await).await;
    assert_eq!(trail.len(), 4, "the seed's entry and three changes");
    assert!(
        trail[1..]
            .iter()
            .all(|entry| entry["action"] == "identity.tenant.set_terms" && entry["severity"] == "critical")
    );
}

// keeps: ID-2, ID-5
#[tokio::test]
async fn open_invitation_holds_a_place_until_it_ends() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    allow_users(&world, "acme", 11).await;
    let first = invite_staff(&owner, "ada@new.test").await.expect_ok();
    expect_limit(invite_staff(&owner, "eve@new.test").await, 11);
    invite_staff(&owner, "ada@new.test").await.expect_ok();
    let again = json!({ "id": first.text("inviteUser.invitation.id") });
    change(&owner, "resendInvitation", again, "invitation { id }").await.expect_code("CONFLICT");
    world.clock.advance(DAY * 7);
    let eve = invite_staff(&owner, "eve@new.test").await.expect_ok().text("inviteUser.invitation.id");
    expect_limit(invite_staff(&owner, "ada@new.test").await, 11);
    change(&owner, "revokeInvitation", json!({ "id": eve }), "invitation { id }").await.expect_ok();
    let ada = invite_staff(&owner, "ada@new.test").await.expect_ok().text("inviteUser.invitation.id");
    world.clock.advance(DAY * 7);
    invite_staff(&owner, "eve@new.test").await.expect_ok();
    let resent = change(&owner, "resendInvitation", json!({ "id": ada }), "invitation { id }").await;
    expect_limit(resent, 11);
}

// keeps: ID-2, ID-5
#[tokio::test]
async fn limit_that_shrank_meanwhile_meets_who_accepts() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    invite_staff(&owner, "ada@new.test").await.expect_ok();
    let token = token_in(&*world.mail_to("ada@new.test").await);
    let said = json!({ "token": token, "password": FRESH, "givenName": "Ada", "familyName": "Lovelace" });
    allow_users(&world, "acme", 10).await;
    let before = world.counts().await;
    expect_limit(accept(&world.nobody(), said.clone()).await, 10);
    assert_eq!(world.counts().await, before, "nobody came in");
    allow_users(&world, "acme", 11).await;
    accept(&world.nobody(), said).await.expect_ok();
    assert!(can_sign_in(&world, "acme", "ada@new.test", FRESH).await);
}

// keeps: ID-2, ID-5
#[tokio::test]
async fn two_who_come_at_once_find_one_place() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let mut said = Vec::new();
    for email in ["ada@new.test", "eve@new.test"] {
        invite_staff(&owner, email).await.expect_ok();
        let token = token_in(&*world.mail_to(email).await);
        said.push(json!({ "token": token, "password": FRESH, "givenName": "New", "familyName": "Comer" }));
    }
    allow_users(&world, "acme", 11).await;
    let nobody = world.nobody();
    let (one, other) = tokio::join!(accept(&nobody, said[0].clone()), accept(&nobody, said[1].clone()));
    let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
    won.expect_ok();
    expect_limit(lost, 11);
}

// keeps: ID-2
#[tokio::test]
async fn who_left_makes_room() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    allow_users(&world, "acme", 10).await;
    let id = id_of(&owner, "viewer@acme.test").await;
    change(&owner, "deactivateUser", json!({ "id": id }), "user { id }").await.expect_ok();
    assert_eq!(limits(&owner).await["limits"][0], json!({ "name": "USERS", "used": 9, "allowed": 10 }));
    join(&world, &owner, "grace@new.test", &["viewer"]).await;
    expect_limit(change(&owner, "reactivateUser", json!({ "id": id }), "user { id }").await, 10);
}

// keeps: ID-2
#[tokio::test]
async fn requests_beyond_the_plan_are_limited_by_name_for_the_whole_agency() {
    let world = World::builder().rate_limits().build().await;
    let agreed = vec![(PlanLimit::RequestsPerMinute, Some(3))];
    let terms = Terms { plan: Some(Plan::Starter), limit_overrides: Some(agreed), ..Terms::default() };
    agree(&world, "acme", terms).await;
    let acme = world.agency("acme");
    let (manager, developer) = (acme.manager(), acme.developer());
    tokio::join!(manager.token(), developer.token());
    let ask = async |who: &Actor| who.run("{ viewer { user { id } } }", json!({})).await;
    for _ in 0..2 {
        ask(&manager).await.expect_ok();
    }
    ask(&developer).await.expect_ok();
    let answer = ask(&developer).await.expect_code("LIMITED");
    let said = answer.message().unwrap();
    assert!(said.starts_with("Too many requests"), "{said}");
    let wait = answer.errors()[0]["extensions"]["retryAfter"].as_u64().expect("it says when");
    assert!((1..=20).contains(&wait), "{wait} s");
    ask(&world.agency("globex").manager()).await.expect_ok();
    world.clock.advance(std::time::Duration::from_secs(wait));
    ask(&developer).await.expect_ok();
}
