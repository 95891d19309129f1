//! The settings of an agency: who changes them, to what, and who sees them.

use kernel::catalogue::SystemRole;
use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{change, viewer};
use super::steps::{lets_in, update_tenant};

const SETTINGS: &str =
    "{ tenant { version name slug logoUrl defaultLocale timeZone currency workingWeek workingDayMinutes
  registration registrationDomains passwordMaxAgeDays } }";

async fn settings(who: &Actor) -> Value {
    who.run(SETTINGS, json!({})).await.expect_ok().data("tenant").clone()
}

// keeps: ID-1
#[tokio::test]
async fn settings_change_field_by_field_and_what_is_left_out_stays() {
    let world = World::new().await;
    let (owner, stranger) = (world.agency("acme").owner(), world.agency("globex").owner());
    let theirs = settings(&stranger).await;
    let mut expected = settings(&owner).await;
    let changes = [
        json!({ "name": "  Acme & Söhne  " }),
        json!({ "slug": "acme-soehne" }),
        json!({ "logoUrl": "https://cdn.example.com/logo.svg" }),
        json!({ "defaultLocale": "fr-FR" }),
        json!({ "timeZone": "Asia/Kathmandu" }),
        json!({ "currency": "JPY" }),
        json!({ "workingWeek": ["SUNDAY", "MONDAY", "MONDAY"] }),
        json!({ "workingDayMinutes": 420 }),
        json!({ "registrationDomains": ["ACME.example", "acme.example", "bücher.example"] }),
        json!({ "registration": "DOMAIN" }),
        json!({ "passwordMaxAgeDays": 90 }),
        json!({ "passwordMaxAgeDays": null }),
        json!({ "logoUrl": null }),
    ];
    for (input, version) in changes.into_iter().zip(2..) {
        update_tenant(&owner, input.clone()).await.expect_ok();
        for (field, value) in input.as_object().unwrap() {
            expected[field] = match field.as_str() {
                "name" => json!("Acme & Söhne"),
                "workingWeek" => json!(["MONDAY", "SUNDAY"]),
                "registrationDomains" => json!(["acme.example", "xn--bcher-kva.example"]),
                _ => value.clone(),
            };
        }
        expected["version"] = json!(version);
        assert_eq!(settings(&owner).await, expected, "{input}");
    }
    update_tenant(&owner, json!({ "name": "Acme & Söhne" })).await.expect_ok();
    assert_eq!(settings(&owner).await, expected, "what changes nothing counts no version");
    assert_eq!(settings(&stranger).await, theirs);
    let trail = world.audit_of(&world.agency("globex").id().await).await;
    assert_eq!(trail.len(), 1, "the seed's entry alone: {trail:?}");
}

// keeps: ID-1
#[tokio::test]
async fn null_is_no_name_and_every_senseless_setting_is_named() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let before = settings(&owner).await;
    let required = [
        "name",
        "slug",
        "defaultLocale",
        "timeZone",
        "currency",
        "workingWeek",
        "workingDayMinutes",
        "registration",
        "registrationDomains",
    ];
    let nulls: serde_json::Map<String, Value> =
        required.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
    let answer = update_tenant(&owner, Value::Object(nulls)).await.expect_code("INVALID");
    let mut expected: Vec<(String, String)> =
        required.map(|field| (field.to_owned(), "required".to_owned())).into();
    expected.sort();
    assert_eq!(answer.fields().into_iter().collect::<Vec<_>>(), expected);
    let many: Vec<String> = (0..51).map(|number| format!("d{number}.example")).collect();
    let wrong = [
        (json!({ "name": "x".repeat(101) }), "name", "too_long"),
        (json!({ "name": "Ac\u{202e}me" }), "name", "forbidden_character"),
        (json!({ "slug": "support" }), "slug", "reserved_slug"),
        (json!({ "slug": "globex" }), "slug", "slug_taken"),
        (json!({ "workingWeek": [] }), "workingWeek", "no_working_day"),
        (json!({ "workingDayMinutes": 0 }), "workingDayMinutes", "bad_working_day"),
        (json!({ "workingDayMinutes": 1441 }), "workingDayMinutes", "bad_working_day"),
        (json!({ "passwordMaxAgeDays": 0 }), "passwordMaxAgeDays", "bad_max_age"),
        (json!({ "passwordMaxAgeDays": 3651 }), "passwordMaxAgeDays", "bad_max_age"),
        (json!({ "registration": "DOMAIN" }), "registrationDomains", "registration_domains_needed"),
        (json!({ "registrationDomains": many }), "registrationDomains", "too_many_domains"),
        (json!({ "registrationDomains": ["a.example", "nowhere"] }), "registrationDomains.1", "bad_domain"),
    ];
    for (input, path, code) in wrong {
        update_tenant(&owner, input).await.expect_field(path, code);
    }
    let senseless = [
        ("timeZone", json!("Mars/Olympus_Mons")),
        ("currency", json!("XQX")),
        ("defaultLocale", json!("!!")),
        ("logoUrl", json!("javascript:alert(1)")),
    ];
    for (field, value) in senseless {
        let answer = update_tenant(&owner, json!({ field: value })).await.expect_code("INVALID");
        assert!(answer.fields().keys().any(|path| path.starts_with(field)), "{field}\n{answer}");
    }
    assert_eq!(settings(&owner).await, before);
}

// keeps: ID-1
#[tokio::test]
async fn stale_version_is_a_conflict_that_tells_the_present_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let one = json!({ "expectedVersion": 1, "name": "Acme One" });
    let other = json!({ "expectedVersion": 1, "name": "Acme Two" });
    let (one, other) = tokio::join!(update_tenant(&owner, one), update_tenant(&admin, other));
    let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
    assert_eq!(won.expect_ok().number("updateTenant.tenant.version"), 2);
    let lost = lost.expect_code("CONFLICT");
    assert_eq!(lost.errors()[0]["extensions"]["currentVersion"], 2, "{lost}");
    update_tenant(&admin, json!({ "expectedVersion": 2, "name": "Acme Three" })).await.expect_ok();
    update_tenant(&admin, json!({ "expectedVersion": 9, "name": "Acme Nine" })).await.expect_code("CONFLICT");
    assert_eq!(settings(&owner).await["name"], "Acme Three");
}

// keeps: ID-1
#[tokio::test]
async fn new_slug_is_the_one_to_sign_in_with_and_open_sessions_go_on() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    owner.token().await;
    update_tenant(&owner, json!({ "slug": "acme-studio" })).await.expect_ok();
    assert_eq!(viewer(&owner).await.expect_ok().text("viewer.tenant.slug"), "acme-studio");
    assert!(lets_in(&world, "acme-studio", "pm@acme.test").await);
    assert!(!lets_in(&world, "acme", "pm@acme.test").await);
    let stranger = world.agency("globex").owner();
    update_tenant(&stranger, json!({ "slug": "acme" })).await.expect_ok();
    assert!(!lets_in(&world, "acme", "pm@acme.test").await, "who takes the slug takes no people with it");
}

// keeps: ID-1
#[tokio::test]
async fn of_two_agencies_that_want_one_slug_at_once_one_gets_it() {
    let world = World::new().await;
    let (one, other) = (world.agency("acme").owner(), world.agency("globex").owner());
    tokio::join!(one.token(), other.token());
    for turn in 0..4 {
        let wanted = json!({ "slug": format!("wanted-{turn}") });
        let (one, other) = tokio::join!(update_tenant(&one, wanted.clone()), update_tenant(&other, wanted));
        let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
        won.expect_ok();
        lost.expect_field("slug", "slug_taken");
    }
}

// keeps: ID-1
#[tokio::test]
async fn settings_are_changed_by_owner_and_administrator_alone() {
    let world = World::new().await;
    for (role, person) in world.agency("acme").everybody() {
        let answer = update_tenant(&person, json!({ "workingDayMinutes": 400 })).await;
        match role {
            SystemRole::Owner | SystemRole::Admin => drop(answer.expect_ok()),
            _ => drop(answer.expect_code("FORBIDDEN")),
        }
        let add = json!({ "domain": format!("{}.acme.example", role.key().replace('_', "-")) });
        let answer = change(&person, "addTenantDomain", add, "domain { id }").await;
        assert_eq!(
            answer.errors().is_empty(),
            matches!(role, SystemRole::Owner | SystemRole::Admin),
            "{role:?}"
        );
    }
    update_tenant(&world.nobody(), json!({ "name": "Mine" })).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-1
#[tokio::test]
async fn everybody_sees_name_and_formats_and_administrators_the_rest() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let query = "{ tenant { name slug logoUrl defaultLocale timeZone currency workingWeek workingDayMinutes
      plan status trialEndsAt subscriptionEndsAt deletionAt registration registrationDomains passwordMaxAgeDays
      limits { name } domains { domain } } }";
    for (role, person) in acme.everybody() {
        let answer = person.run(query, json!({})).await;
        assert_eq!(answer.text("tenant.name"), "Acme Studio", "{role:?}");
        assert_eq!(answer.text("tenant.currency"), "EUR");
        if matches!(role, SystemRole::Owner | SystemRole::Admin) {
            assert_eq!(answer.expect_ok().text("tenant.plan"), "BUSINESS");
            continue;
        }
        let guarded = [
            "plan",
            "status",
            "trialEndsAt",
            "subscriptionEndsAt",
            "deletionAt",
            "registration",
            "registrationDomains",
            "passwordMaxAgeDays",
            "limits",
            "domains",
        ];
        assert!(
            guarded.iter().all(|field| answer.data(&format!("tenant.{field}")).is_null()),
            "{role:?}\n{answer}"
        );
        assert_eq!(answer.errors().len(), guarded.len(), "{role:?}\n{answer}");
        assert!(answer.errors().iter().all(|error| error["extensions"]["code"] == "FORBIDDEN"), "{answer}");
    }
    world.nobody().run("{ tenant { name } }", json!({})).await.expect_code("UNAUTHENTICATED");
}
