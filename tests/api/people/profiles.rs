//! Profiles of members of staff, the catalogue of skills, and who can do what.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{span, week};
use crate::projects::asks::{ask, change, expect_stale, person, refusals};

const PROFILE: &str = "resourceProfile {
  id userId jobTitle location country calendar { name } weeklyHours { minutes } weeklyMinutes capacityMinutes targetPercent
  exceptions { date } skills { skillId level skill { name } } certifications { name issuer issuedOn expiresOn expired credential }
  version user { id }
}";

/// Adds a skill and gives its id.
pub(super) async fn new_skill(who: &Actor, name: &str) -> String {
    let input = json!({ "name": name, "category": "Craft" });
    change(who, "createSkill", input, "skill { id }").await.expect_ok().text("createSkill.skill.id")
}

async fn update(who: &Actor, user: &str, more: Value) -> Answer {
    let mut input = more;
    input["userId"] = json!(user);
    change(who, "updateResourceProfile", input, PROFILE).await
}

async fn read(who: &Actor, user: &str, fields: &str) -> Answer {
    let query = format!("query($user: ID!) {{ resourceProfile(userId: $user) {{ {fields} }} }}");
    who.run(&query, json!({ "user": user })).await
}

// keeps: PR-26
#[tokio::test]
async fn profile_answers_what_holds_before_and_after_something_is_said() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let fields = "id version capacityMinutes weeklyHours { minutes } skills { level } user { id }";
    let before = read(&manager, &dev, fields).await.expect_ok();
    assert_eq!(
        (before.number("resourceProfile.version"), before.number("resourceProfile.capacityMinutes")),
        (0, 2_400)
    );
    assert!(before.data("resourceProfile.weeklyHours").is_null());
    let rust = new_skill(&manager, "Rust").await;
    let input = json!({
        "expectedVersion": 0, "jobTitle": "مهندس", "location": "Zürich", "country": "CH", "targetPercent": 75,
        "weeklyHours": week("10:00", "16:00"), "skills": [{ "skillId": rust, "level": 4 }],
        "certifications": [
            { "name": "Old", "expiresOn": "2026-03-01", "credential": "K-1" },
            { "name": "New", "issuer": "Them", "issuedOn": "2024-02-29", "expiresOn": "2026-03-02" },
        ],
        "setExceptions": [{ "date": "2026-03-07", "name": "Fair", "hours": span("09:00", "11:00") }, { "date": "2026-03-06" }],
    });
    let made = update(&manager, &dev, input.clone()).await.expect_ok();
    let profile = made.data("updateResourceProfile.resourceProfile");
    assert_eq!((&profile["id"], &profile["version"]), (before.data("resourceProfile.id"), &json!(1)));
    assert_eq!((&profile["capacityMinutes"], &profile["jobTitle"]), (&json!(1_800), &json!("مهندس")));
    assert_eq!(profile["skills"][0]["skill"]["name"], "Rust");
    let certifications = profile["certifications"].as_array().unwrap();
    let expired: Vec<_> = certifications.iter().map(|one| (&one["name"], &one["expired"])).collect();
    assert!(
        expired.contains(&(&json!("Old"), &json!(true))) && expired.contains(&(&json!("New"), &json!(false))),
        "{expired:?}"
    );
    expect_stale(update(&manager, &dev, input.clone()).await, 1);
    let days = "query($user: ID!) { workingDays(userId: $user, from: \"2026-03-05\", to: \"2026-03-07\") { minutes } }";
    let days = manager.run(days, json!({ "user": dev })).await.expect_ok();
    assert_eq!(days.each("workingDays", "minutes"), [json!(360), json!(0), json!(120)]);
    let less = json!({ "expectedVersion": 1, "weeklyMinutes": 600, "weeklyHours": null, "skills": [], "removeExceptions": ["2026-03-06"] });
    let less = update(&manager, &dev, less).await.expect_ok();
    let less = less.data("updateResourceProfile.resourceProfile");
    assert_eq!(
        (&less["capacityMinutes"], &less["skills"], &less["version"]),
        (&json!(600), &json!([]), &json!(2))
    );
    assert_eq!(less["exceptions"], json!([{ "date": "2026-03-07" }]));
    let same = json!({ "skills": [{ "skillId": rust, "level": 5 }] });
    let same = update(&manager, &dev, same).await.expect_ok();
    assert_eq!(same.number("updateResourceProfile.resourceProfile.version"), 3, "skills count as a change");
}

// keeps: PR-26
#[tokio::test]
async fn every_wrong_field_of_a_profile_is_named() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let rust = new_skill(&manager, "Rust").await;
    let old = new_skill(&manager, "Fortran").await;
    change(&manager, "updateSkill", json!({ "id": old, "archived": true }), "skill { id }").await.expect_ok();
    let foreign = new_skill(&world.agency("globex").manager(), "Theirs").await;
    let can = |skill: &str, level: i32| json!([{ "skillId": skill, "level": level }]);
    for (field, value, path, code) in [
        ("jobTitle", json!("x".repeat(201)), "jobTitle", "too_long"),
        ("country", json!("Narnia"), "country", "unknown_country"),
        ("weeklyMinutes", json!(10_081), "weeklyMinutes", "out_of_range"),
        ("targetPercent", json!(101), "targetPercent", "out_of_range"),
        ("weeklyHours", json!([]), "weeklyHours", "bad_week"),
        ("skills", can(&rust, 6), "skills.0.level", "out_of_range"),
        ("skills", can(&old, 1), "skills.0.skillId", "skill_archived"),
        ("skills", can(&foreign, 1), "skills.0.skillId", "unknown_skill"),
        (
            "skills",
            json!([{ "skillId": rust, "level": 1 }, { "skillId": rust, "level": 2 }]),
            "skills.1.skillId",
            "named_twice",
        ),
        ("certifications", json!([{ "name": "" }]), "certifications.0.name", "required"),
        (
            "certifications",
            json!([{ "name": "X", "issuedOn": "2026-02-01", "expiresOn": "2026-01-31" }]),
            "certifications.0.expiresOn",
            "ends_before_start",
        ),
        (
            "setExceptions",
            json!([{ "date": "2026-03-06" }, { "date": "2026-03-06" }]),
            "setExceptions.1.date",
            "day_twice",
        ),
    ] {
        update(&manager, &dev, json!({ field: value })).await.expect_field(path, code);
    }
    let (client, stranger) = (person(&acme, "client").await, person(&world.agency("globex"), "dev").await);
    update(&manager, &client, json!({ "jobTitle": "X" })).await.expect_field("userId", "not_staff");
    update(&manager, &stranger, json!({ "jobTitle": "X" })).await.expect_field("userId", "not_in_tenant");
    read(&manager, &client, "id").await.expect_code("NOT_FOUND");
    read(&manager, &stranger, "id").await.expect_code("NOT_FOUND");
}

// keeps: PR-26, ID-22
#[tokio::test]
async fn people_say_what_they_can_and_managers_how_much_they_work() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, me) = (acme.manager(), acme.developer(), person(&acme, "dev").await);
    let rust = new_skill(&manager, "Rust").await;
    let mine = json!({
        "jobTitle": "Dev", "skills": [{ "skillId": rust, "level": 3 }], "certifications": [{ "name": "A", "credential": "secret" }],
    });
    update(&dev, &me, mine.clone()).await.expect_ok();
    update(&dev, &person(&acme, "pm").await, mine).await.expect_code("FORBIDDEN");
    for more in [
        json!({ "weeklyMinutes": 60 }),
        json!({ "weeklyHours": null }),
        json!({ "calendarId": null }),
        json!({ "country": "DE" }),
        json!({ "targetPercent": 1 }),
        json!({ "setExceptions": [] }),
        json!({ "removeExceptions": ["2026-03-06"] }),
    ] {
        update(&dev, &me, more).await.expect_code("FORBIDDEN");
    }
    change(&dev, "createSkill", json!({ "name": "Sleep" }), "skill { id }").await.expect_code("FORBIDDEN");
    let credential = "certifications { credential }";
    for (who, shown) in [(&dev, true), (&manager, true), (&acme.sales(), false)] {
        let answer = read(who, &me, credential).await.expect_ok();
        let told = answer.data("resourceProfile.certifications.0.credential");
        assert_eq!(told, &if shown { json!("secret") } else { Value::Null });
    }
    for client in [acme.client(), acme.client_admin()] {
        read(&client, &me, "id").await.expect_code("FORBIDDEN");
        ask(&client, "{ skills { totalCount } }").await.expect_code("FORBIDDEN");
        ask(&client, "{ skillMatrix { totalCount } }").await.expect_code("FORBIDDEN");
    }
}

// keeps: PR-26, PR-10, ID-22
#[tokio::test]
async fn personal_data_of_profiles_is_for_who_may_see_it_and_for_oneself() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, viewer) = (acme.manager(), acme.viewer());
    let (dev, watcher) = (person(&acme, "dev").await, person(&acme, "viewer").await);
    let said = json!({
        "jobTitle": "Dev", "location": "Zürich", "country": "CH", "certifications": [{ "name": "A" }],
        "setExceptions": [{ "date": "2026-03-06", "name": "Doctor" }],
    });
    update(&manager, &dev, said.clone()).await.expect_ok();
    update(&manager, &watcher, said).await.expect_ok();
    let fields = "jobTitle location country certifications { name } exceptions { date name }";
    let days = "query($user: ID!) { workingDays(userId: $user, from: \"2026-03-06\", to: \"2026-03-06\") {
      minutes name } }";
    let all = json!({
        "jobTitle": "Dev", "location": "Zürich", "country": "CH", "certifications": [{ "name": "A" }],
        "exceptions": [{ "date": "2026-03-06", "name": "Doctor" }],
    });
    let none = json!({
        "jobTitle": null, "location": null, "country": null, "certifications": [],
        "exceptions": [{ "date": "2026-03-06", "name": null }],
    });
    let (reads, personal) = (("projects.people.read", "TENANT"), ("projects.people.personal", "TENANT"));
    let keys = (manager.key(&[reads]).await, manager.key(&[reads, personal]).await);
    let (sales, editor) = (acme.sales(), acme.editor());
    for (who, of, shown) in [
        (&sales, &dev, true),
        (&editor, &dev, true),
        (&keys.1, &dev, true),
        (&viewer, &watcher, true),
        (&viewer, &dev, false),
        (&keys.0, &dev, false),
    ] {
        let answer = read(who, of, fields).await.expect_ok();
        assert_eq!(answer.data("resourceProfile"), if shown { &all } else { &none }, "{answer}");
        let name = if shown { json!("Doctor") } else { Value::Null };
        let answer = who.run(days, json!({ "user": of })).await.expect_ok();
        assert_eq!(answer.data("workingDays"), &json!([{ "minutes": 0, "name": name }]), "{answer}");
    }
    let listed = ask(&viewer, "{ resourceProfiles { nodes { user { id } jobTitle } } }").await.expect_ok();
    for node in listed.list("resourceProfiles.nodes") {
        assert_eq!(node["jobTitle"].is_string(), node["user"]["id"] == json!(watcher), "{listed}");
    }
}

// keeps: PR-26, PR-24
#[tokio::test]
async fn rates_on_a_profile_are_those_of_the_person_for_who_may_see_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), person(&acme, "dev").await);
    for (name, day, cents) in [
        ("setBillRate", "2026-01-01", "9000"),
        ("setBillRate", "2026-02-01", "9500"),
        ("setBillRate", "2027-01-01", "1"),
        ("setCostRate", "2026-01-01", "4000"),
    ] {
        let input =
            json!({ "userId": dev, "validFrom": day, "amount": { "amount": cents, "currency": "EUR" } });
        change(&owner, name, input, "__typename").await.expect_ok();
    }
    let fields = "billRate { amount } costRate { amount }";
    let seen = read(&acme.accountant(), &dev, fields).await.expect_ok();
    assert_eq!(seen.text("resourceProfile.billRate.amount"), "9500");
    assert_eq!(seen.text("resourceProfile.costRate.amount"), "4000");
    let hidden = read(&acme.developer(), &dev, fields).await;
    let refused =
        ["billRate", "costRate"].map(|name| (format!("resourceProfile.{name}"), "FORBIDDEN".to_owned()));
    assert_eq!(refusals(&hidden), refused, "{hidden}");
}

// keeps: PR-26
#[tokio::test]
async fn matrix_shows_who_can_do_what_in_few_statements() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (rust, sql) = (new_skill(&manager, "Rust").await, new_skill(&manager, "SQL").await);
    for (who, rust_level, sql_level) in [("dev", 5, 1), ("pm", 2, 4), ("sales", 1, 1)] {
        let can = json!([{ "skillId": rust, "level": rust_level }, { "skillId": sql, "level": sql_level }]);
        update(&manager, &person(&acme, who).await, json!({ "skills": can })).await.expect_ok();
    }
    let query = "query($ids: [ID!], $level: Int, $first: Int) { skillMatrix(skillIds: $ids, minLevel: $level, first: $first) {
      totalCount nodes { user { id } skills { level skill { name } } } pageInfo { hasNextPage }
    } }";
    let all = manager.run(query, json!({ "first": 2 })).await.expect_ok().expect_statements(10);
    assert_eq!(all.number("skillMatrix.totalCount"), 3);
    assert_eq!(all.data("skillMatrix.pageInfo.hasNextPage"), &json!(true));
    let some = manager.run(query, json!({ "ids": [sql], "level": 2 })).await.expect_ok();
    let people = some.list("skillMatrix.nodes");
    assert_eq!((people.len(), people[0]["skills"].as_array().unwrap().len()), (1, 2));
    manager.run(query, json!({ "level": 9 })).await.expect_field("minLevel", "out_of_range");
    let filter = json!({ "filter": { "skillIds": [rust], "minLevel": 5 } });
    let listed = "query($filter: ProfileFilter) { resourceProfiles(filter: $filter) { totalCount } }";
    let count = async || {
        let told = manager.run(listed, filter.clone()).await.expect_ok();
        told.number("resourceProfiles.totalCount")
    };
    assert_eq!(count().await, 1);
    let gone = json!({ "id": person(&acme, "dev").await });
    change(&acme.owner(), "deactivateUser", gone, "user { id }").await.expect_ok();
    let left = manager.run(query, json!({})).await.expect_ok();
    assert_eq!(
        (left.number("skillMatrix.totalCount"), count().await),
        (2, 0),
        "who is not there does nothing"
    );
}

// keeps: PR-26
#[tokio::test]
async fn skill_is_renamed_and_put_away_and_its_name_is_free_again() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_skill(&manager, "Rust").await;
    let twice = change(&manager, "createSkill", json!({ "name": "Rust" }), "skill { id }").await;
    twice.expect_field("name", "name_taken");
    let input =
        json!({ "id": id, "expectedVersion": 1, "name": "Old Rust", "category": null, "archived": true });
    let changed = change(&manager, "updateSkill", input.clone(), "skill { name category archivedAt }")
        .await
        .expect_ok();
    assert_eq!(changed.text("updateSkill.skill.name"), "Old Rust");
    assert!(changed.data("updateSkill.skill.category").is_null());
    expect_stale(change(&manager, "updateSkill", input, "skill { id }").await, 2);
    let list = async |archived: bool| {
        let query = "query($a: Boolean) { skills(archived: $a) { nodes { name } } }";
        manager.run(query, json!({ "a": archived })).await.expect_ok().list("skills.nodes").len()
    };
    assert_eq!((list(true).await, list(false).await), (1, 0));
    new_skill(&manager, "Rust").await;
    change(&world.agency("globex").owner(), "updateSkill", json!({ "id": id }), "skill { id }")
        .await
        .expect_code("NOT_FOUND");
}
