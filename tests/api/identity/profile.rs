//! One's own profile: names in every script, numbers, language, and what is no name at all.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{change, me};
use super::steps::said_of;

const PROFILE: &str =
    "user { id version givenName familyName name phone avatarUrl company locale timeZone email }";

async fn update(who: &Actor, input: Value) -> Answer {
    change(who, "updateProfile", input, PROFILE).await
}

async fn profile(who: &Actor) -> Value {
    let query = format!("{{ viewer {{ {PROFILE} }} }}");
    who.run(&query, json!({})).await.expect_ok().data("viewer.user").clone()
}

// keeps: ID-6
#[tokio::test]
async fn profile_changes_field_by_field_and_what_is_left_out_stays() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let mut expected = profile(&manager).await;
    let changes = [
        json!({ "givenName": "  Zoé " }),
        json!({ "familyName": "Hartmann-Łaska" }),
        json!({ "phone": "+33 (0)1.23-45/67 89" }),
        json!({ "avatarUrl": "https://cdn.example.com/zoe.png" }),
        json!({ "company": "Acme Studio" }),
        json!({ "locale": "fr-CH" }),
        json!({ "timeZone": "Pacific/Auckland" }),
        json!({ "phone": null, "avatarUrl": null, "company": "  " }),
    ];
    for (input, version) in changes.into_iter().zip(2..) {
        let answer = update(&manager, input.clone()).await.expect_ok();
        for (field, value) in input.as_object().unwrap() {
            expected[field] = match (field.as_str(), value.as_str()) {
                ("phone", Some(_)) => json!("+330123456789"),
                (_, Some("  ")) => Value::Null,
                (_, Some(text)) => json!(text.trim()),
                _ => value.clone(),
            };
        }
        expected["version"] = json!(version);
        expected["name"] = json!(format!(
            "{} {}",
            expected["givenName"].as_str().unwrap(),
            expected["familyName"].as_str().unwrap()
        ));
        assert_eq!(*answer.data("updateProfile.user"), expected, "{input}");
        assert_eq!(profile(&manager).await, expected);
    }
    let trail = world.audit_of(&me(&manager).await).await;
    let changed: Vec<&Value> = trail
        .iter()
        .filter(|entry| entry["action"] == "identity.user.update_profile")
        .map(|entry| &entry["changes"])
        .collect();
    let veiled = json!({ "personal": true });
    assert!(
        changed.iter().all(|plain| ["phone", "given_name"].iter().all(|field| {
            let sides = plain.get(*field).and_then(Value::as_array).into_iter().flatten();
            sides.into_iter().all(|side| side.is_null() || *side == veiled)
        })),
        "personal data is kept apart: {changed:?}"
    );
}

// keeps: ID-6
#[tokio::test]
async fn stale_profile_is_a_conflict_that_tells_the_present_version() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    manager.token().await;
    let with = |company: &str| json!({ "expectedVersion": 1, "company": company });
    let (one, other) = tokio::join!(update(&manager, with("One")), update(&manager, with("Two")));
    let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
    won.expect_ok();
    assert_eq!(lost.expect_code("CONFLICT").errors()[0]["extensions"]["currentVersion"], 2);
}

// keeps: ID-6
#[tokio::test]
async fn names_of_every_script_are_kept_as_they_are_written() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let names = [
        ("محمد", "عبد الرحمن"),
        ("נועה", "בן־דוד"),
        ("علی\u{200c}رضا", "می\u{200c}خواهم"),
        ("王", "小明"),
        ("Nguyễn", "Thị Mai"),
        ("O’Neill", "d'Artagnan-Smith Jr."),
        ("अनन्या", "क्\u{200d}ष"),
        ("Zoë \u{200f}נועה", "X Æ A-12"),
        ("👩\u{200d}🚀", "Astro"),
    ];
    for (given, family) in names {
        update(&manager, json!({ "givenName": given, "familyName": family })).await.expect_ok();
        let seen = profile(&manager).await;
        assert_eq!((seen["givenName"].as_str(), seen["familyName"].as_str()), (Some(given), Some(family)));
    }
    update(&manager, json!({ "givenName": "Zoe\u{308}" })).await.expect_ok();
    assert_eq!(profile(&manager).await["givenName"], "Zoë", "one spelling of one name");
    update(&manager, json!({ "givenName": "é".repeat(100) })).await.expect_ok();
}

// keeps: ID-6
#[tokio::test]
async fn what_deceives_or_breaks_is_no_name() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let before = profile(&manager).await;
    let zalgo = format!("Z{}", "\u{301}".repeat(1_000));
    let wrong = [
        ("x".repeat(300), "too_long"),
        ("é".repeat(101), "too_long"),
        (zalgo, "too_long"),
        ("x".repeat(100_000), "too_long"),
        ("Zoë\u{7}".to_owned(), "forbidden_character"),
        ("Zoë\u{202e}nimda".to_owned(), "forbidden_character"),
        ("Zoë\u{2066}x\u{2069}".to_owned(), "forbidden_character"),
        ("Zo\u{200b}ë".to_owned(), "forbidden_character"),
        ("Zoë\r\nBcc: eve@new.test".to_owned(), "forbidden_character"),
        ("Zoë\u{2028}x".to_owned(), "forbidden_character"),
        ("\u{1b}[31mZoë".to_owned(), "forbidden_character"),
        (String::new(), "required"),
        (" \u{a0}\u{2003} ".to_owned(), "required"),
        ("\u{200f}\u{200e}".to_owned(), "required"),
    ];
    for (name, code) in &wrong {
        for field in ["givenName", "familyName"] {
            update(&manager, json!({ field: name })).await.expect_field(field, code);
        }
        if *code != "required" {
            update(&manager, json!({ "company": name })).await.expect_field("company", code);
        }
    }
    update(&manager, json!({ "givenName": null, "locale": null, "timeZone": null }))
        .await
        .expect_field("locale", "required");
    assert_eq!(profile(&manager).await, before);
    let french = update(&manager.speaking("fr"), json!({ "givenName": "x".repeat(300) })).await;
    assert_eq!(said_of(&french, "givenName"), "C'est trop long : 100 caractères au plus.");
}

// keeps: ID-6
#[tokio::test]
async fn phone_number_is_kept_as_digits_or_refused() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let good = [
        ("0033 1 23 45 67 89", "+33123456789"),
        ("+49\u{a0}30\u{a0}23125000", "+493023125000"),
        ("030 23125", "03023125"),
        ("12345", "12345"),
    ];
    for (typed, kept) in good {
        update(&manager, json!({ "phone": typed })).await.expect_ok();
        assert_eq!(profile(&manager).await["phone"], kept, "{typed}");
    }
    for bad in [
        "1234",
        "+0123456789",
        "call me",
        "+33 1 23 x12",
        "+1234567890123456",
        "٠١٢٣٤٥٦",
        "+33\u{7}123456",
        "++33123456",
    ] {
        update(&manager, json!({ "phone": bad })).await.expect_field("phone", "bad_phone");
    }
    update(&manager, json!({ "phone": " " })).await.expect_ok();
    assert!(profile(&manager).await["phone"].is_null());
}

// keeps: ID-6
#[tokio::test]
async fn language_time_zone_and_picture_must_make_sense() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    for (field, value) in [
        ("locale", "klingon!"),
        ("timeZone", "Mars/Phobos"),
        ("avatarUrl", "javascript:alert(1)"),
        ("avatarUrl", "zoe.png"),
        ("avatarUrl", "data:text/html,x"),
    ] {
        let answer = update(&manager, json!({ field: value })).await.expect_code("INVALID");
        assert!(answer.fields().contains_key(field), "{answer}");
    }
    update(&manager, json!({ "locale": "fr" })).await.expect_ok();
    let answer = update(&manager, json!({ "givenName": " " })).await;
    assert_eq!(
        said_of(&answer, "givenName"),
        "Ce champ est obligatoire.",
        "the program speaks their language from now on"
    );
}

// keeps: ID-6
#[tokio::test]
async fn profile_is_changed_by_the_person_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let key = acme.manager().key(&[("projects.project.read", "ASSIGNED")]).await;
    update(&key, json!({ "company": "Mine" })).await.expect_code("FORBIDDEN");
    update(&world.nobody(), json!({ "company": "Mine" })).await.expect_code("UNAUTHENTICATED");
    for (_, person) in acme.everybody() {
        update(&person, json!({ "company": "Somewhere" })).await.expect_ok();
    }
    let before = profile(&world.agency("globex").manager()).await;
    update(&acme.manager(), json!({ "company": "Acme" })).await.expect_ok();
    assert_eq!(profile(&world.agency("globex").manager()).await, before);
}
