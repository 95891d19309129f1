//! Allocations: of people and places, tentative and firm; nobody gets more firm work than they have time, also if two
//! plan at once; and what the agency wants of that.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{leave::approved, profiles::new_skill};
use crate::projects::asks::{ask, change, expect_stale, new_project, person};

const ALLOCATION: &str = "allocation {
  id userId role weeklyMinutes percent from to commitment note version project { id } user { id } skills { level skill { name } }
} overAllocations { weekStart capacityMinutes allocatedMinutes overMinutes }";

/// Plans somebody or something for a project, firmly unless the fields say otherwise.
pub(super) async fn plan(who: &Actor, project: &str, more: Value) -> Answer {
    let mut input =
        json!({ "projectId": project, "from": "2026-03-02", "to": "2026-03-27", "commitment": "FIRM" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    change(who, "createAllocation", input, ALLOCATION).await
}

fn id(answer: Answer) -> String {
    answer.expect_ok().text("createAllocation.allocation.id")
}

/// The parameters of every field error.
fn weeks(answer: &Answer) -> Vec<(String, String, String, String)> {
    let fields = answer.errors()[0]["extensions"]["fields"].as_array().unwrap();
    let text = |field: &Value, name: &str| field["params"][name].as_str().unwrap_or_default().to_owned();
    let one = |field: &Value| {
        (text(field, "week"), text(field, "capacity"), text(field, "allocated"), text(field, "over"))
    };
    fields.iter().map(one).collect()
}

// keeps: PR-28
#[tokio::test]
async fn firm_work_beyond_a_week_is_refused_naming_person_and_weeks() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (one, other) = (new_project(&manager, "One").await, new_project(&manager, "Other").await);
    let first = id(plan(&manager, &one, json!({ "userId": dev, "weeklyMinutes": 1_800 })).await);
    id(plan(&manager, &other, json!({ "userId": dev, "weeklyMinutes": 600 })).await);
    let more = json!({ "userId": dev, "weeklyMinutes": 60, "from": "2026-03-19", "to": "2026-04-30" });
    let refused = plan(&manager, &other, more).await.expect_field("userId", "over_allocated");
    let week = |monday: &str, allocated: i32, over: i32| {
        (monday.to_owned(), "2400".to_owned(), allocated.to_string(), over.to_string())
    };
    assert_eq!(weeks(&refused), [week("2026-03-16", 2_424, 24), week("2026-03-23", 2_460, 60)]);
    let field = &refused.errors()[0]["extensions"]["fields"][0];
    assert!(field["message"].as_str().unwrap().contains("2026-03-16"), "{refused}");
    let tentative =
        json!({ "userId": dev, "weeklyMinutes": 2_400, "commitment": "TENTATIVE", "note": "ربما" });
    let tentative = id(plan(&manager, &other, tentative).await);
    let confirm = json!({ "id": tentative, "expectedVersion": 1, "commitment": "FIRM" });
    let refused = change(&manager, "updateAllocation", confirm, ALLOCATION).await;
    assert_eq!(weeks(&refused.expect_field("userId", "over_allocated")).len(), 4);
    let less = json!({ "id": first, "weeklyMinutes": 1_801 });
    change(&manager, "updateAllocation", less, ALLOCATION).await.expect_field("userId", "over_allocated");
    change(&manager, "deleteAllocation", json!({ "id": first }), "id").await.expect_ok();
    let confirm = json!({ "id": tentative, "percent": 75, "commitment": "FIRM" });
    let done = change(&manager, "updateAllocation", confirm.clone(), ALLOCATION).await.expect_ok();
    let done = done.data("updateAllocation.allocation");
    assert_eq!(
        (&done["percent"], &done["weeklyMinutes"], &done["version"]),
        (&json!(75), &Value::Null, &json!(2))
    );
    let stale = json!({ "id": tentative, "expectedVersion": 1, "note": "late" });
    expect_stale(change(&manager, "updateAllocation", stale, ALLOCATION).await, 2);
}

// keeps: PR-28
#[tokio::test]
async fn two_planners_at_once_do_not_fill_a_week_twice() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (manager, owner, dev) = (acme.manager(), acme.owner(), person(&acme, "dev").await);
    let (one, other) = (new_project(&manager, "One").await, new_project(&owner, "Other").await);
    let planned = (0..8).map(|place| {
        let (who, project) = if place % 2 == 0 { (manager.on(0), &one) } else { (owner.on(1), &other) };
        let input = json!({ "userId": dev, "weeklyMinutes": 1_000 });
        async move { plan(&who, project, input).await.code().map(str::to_owned) }
    });
    let codes = join_all(planned).await;
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 2, "{codes:?}");
    assert!(codes.iter().flatten().all(|code| code == "INVALID"), "{codes:?}");
    let over =
        ask(&owner, "{ overAllocations(from: \"2026-03-02\", weeks: 8) { overMinutes } }").await.expect_ok();
    assert_eq!(over.list("overAllocations").len(), 0);
}

// keeps: PR-28
#[tokio::test]
async fn agency_may_want_to_be_warned_only() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager, dev) = (acme.owner(), acme.manager(), person(&acme, "dev").await);
    let project = new_project(&manager, "One").await;
    let settings = ask(&manager, "{ planSettings { overAllocation version } }").await.expect_ok();
    assert_eq!(settings.text("planSettings.overAllocation"), "REFUSE");
    let warn = json!({ "expectedVersion": 0, "overAllocation": "WARN" });
    let fields = "planSettings { overAllocation version }";
    change(&manager, "updatePlanSettings", warn.clone(), fields).await.expect_code("FORBIDDEN");
    change(&owner, "updatePlanSettings", warn.clone(), fields).await.expect_ok();
    expect_stale(change(&owner, "updatePlanSettings", warn, fields).await, 1);
    let input = json!({ "userId": dev, "weeklyMinutes": 3_000, "to": "2026-03-08" });
    let made = plan(&manager, &project, input).await.expect_ok();
    let expected = json!([{ "weekStart": "2026-03-02", "capacityMinutes": 2_400, "allocatedMinutes": 3_000, "overMinutes": 600 }]);
    assert_eq!(made.data("createAllocation.overAllocations"), &expected);
}

// keeps: PR-28, PR-27
#[tokio::test]
async fn leave_approved_after_the_plan_shows_as_a_conflict() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, me) = (acme.manager(), acme.developer(), person(&acme, "dev").await);
    let project = new_project(&manager, "One").await;
    let sure = plan(&manager, &project, json!({ "userId": me, "weeklyMinutes": 2_400 })).await.expect_ok();
    approved(&dev, &manager, "2026-03-09", "2026-03-10", json!({})).await;
    let query = "query($ids: [ID!]) { overAllocations(from: \"2026-03-04\", weeks: 4, userIds: $ids) {
      userId weekStart capacityMinutes allocatedMinutes overMinutes } }";
    let over = manager.run(query, json!({ "ids": [me] })).await.expect_ok().expect_statements(9);
    let expected = json!([{ "userId": me, "weekStart": "2026-03-09", "capacityMinutes": 1_440, "allocatedMinutes": 2_400, "overMinutes": 960 }]);
    assert_eq!(over.data("overAllocations"), &expected);
    let note = json!({ "id": sure.text("createAllocation.allocation.id"), "note": "Known" });
    change(&manager, "updateAllocation", note, ALLOCATION).await.expect_ok();
    let more = json!({ "userId": me, "percent": 1, "from": "2026-03-09", "to": "2026-03-10" });
    plan(&manager, &project, more).await.expect_ok();
    assert_eq!(dev.run(query, json!({})).await.expect_ok().list("overAllocations").len(), 1, "of oneself");
    assert_eq!(acme.sales().run(query, json!({})).await.expect_ok().list("overAllocations").len(), 0);
}

// keeps: PR-28
#[tokio::test]
async fn place_is_given_to_a_person() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (project, rust) = (new_project(&manager, "One").await, new_skill(&manager, "Rust").await);
    let place = json!({ "role": "Developer", "percent": 100, "skills": [{ "skillId": rust, "level": 4 }] });
    let place = plan(&manager, &project, place).await.expect_ok();
    assert_eq!(place.data("createAllocation.allocation.skills.0.skill.name"), "Rust");
    let place = id(place);
    let open = "{ allocations(filter: { open: true }) { nodes { id role } } }";
    assert_eq!(ask(&manager, open).await.expect_ok().ids("allocations.nodes"), std::slice::from_ref(&place));
    let given = json!({ "id": place, "userId": dev, "skills": [] });
    let given = change(&manager, "updateAllocation", given, ALLOCATION).await.expect_ok();
    let given = given.data("updateAllocation.allocation");
    assert_eq!(
        (&given["user"]["id"], &given["role"], &given["skills"]),
        (&json!(dev), &json!("Developer"), &json!([]))
    );
    assert_eq!(ask(&manager, open).await.expect_ok().ids("allocations.nodes").len(), 0);
}

// keeps: PR-28
#[tokio::test]
async fn every_wrong_field_of_an_allocation_is_named() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (client, stranger) = (person(&acme, "client").await, person(&world.agency("globex"), "dev").await);
    let project = new_project(&manager, "One").await;
    for (input, path, code) in [
        (json!({ "weeklyMinutes": 60 }), "role", "nobody_named"),
        (json!({ "userId": dev }), "weeklyMinutes", "one_amount"),
        (json!({ "userId": dev, "weeklyMinutes": 60, "percent": 1 }), "weeklyMinutes", "one_amount"),
        (json!({ "userId": dev, "weeklyMinutes": 0 }), "weeklyMinutes", "out_of_range"),
        (json!({ "userId": dev, "percent": 101 }), "percent", "out_of_range"),
        (json!({ "userId": dev, "percent": 1, "to": "2026-03-01" }), "to", "bad_range"),
        (json!({ "userId": dev, "percent": 1, "to": "2036-03-01" }), "to", "bad_range"),
        (json!({ "userId": client, "percent": 1 }), "userId", "not_staff"),
        (json!({ "userId": stranger, "percent": 1 }), "userId", "not_in_tenant"),
    ] {
        plan(&manager, &project, input).await.expect_field(path, code);
    }
    let sure = id(plan(&manager, &project, json!({ "userId": dev, "percent": 1 })).await);
    let nobody = json!({ "id": sure, "userId": null });
    change(&manager, "updateAllocation", nobody, ALLOCATION).await.expect_field("role", "nobody_named");
    let owner = acme.owner();
    change(&owner, "archiveProject", json!({ "id": project }), "project { id }").await.expect_ok();
    let late = plan(&owner, &project, json!({ "userId": dev, "percent": 1 })).await;
    assert_eq!(late.fields().keys().collect::<Vec<_>>(), ["projectId"], "{late}");
    let update = change(&owner, "updateAllocation", json!({ "id": sure, "percent": 2 }), ALLOCATION).await;
    assert_eq!(update.fields().keys().collect::<Vec<_>>(), ["projectId"], "{update}");
}

// keeps: PR-28, ID-22
#[tokio::test]
async fn allocations_are_planned_by_who_answers_for_the_project() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), person(&acme, "dev").await);
    let (theirs, mine) = (new_project(&owner, "Theirs").await, new_project(&acme.manager(), "Mine").await);
    let input = json!({ "userId": dev, "percent": 10 });
    plan(&acme.manager(), &theirs, input.clone()).await.expect_code("NOT_FOUND");
    plan(&acme.developer(), &mine, input.clone()).await.expect_code("FORBIDDEN");
    plan(&world.agency("globex").owner(), &mine, input.clone()).await.expect_code("NOT_FOUND");
    let sure = id(plan(&owner, &theirs, input).await);
    change(&acme.manager(), "deleteAllocation", json!({ "id": sure }), "id").await.expect_code("FORBIDDEN");
    let list = "{ allocations { totalCount } }";
    let own = "query($id: ID!) { allocation(id: $id) { project { id } user { id } } }";
    let seen = acme.developer().run(own, json!({ "id": sure })).await.expect_ok();
    assert!(seen.data("allocation.project").is_null(), "one's own share is seen, the project is not");
    for (who, count) in [(acme.viewer(), 1), (acme.developer(), 1), (acme.sales(), 0)] {
        assert_eq!(ask(&who, list).await.expect_ok().number("allocations.totalCount"), count);
    }
    for client in [acme.client(), acme.client_admin()] {
        ask(&client, list).await.expect_code("FORBIDDEN");
        ask(&client, "{ planSettings { version } }").await.expect_code("FORBIDDEN");
        client.run(own, json!({ "id": sure })).await.expect_code("FORBIDDEN");
    }
}
