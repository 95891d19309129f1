//! Which weeks are too full: those that a change makes fuller, from the present one on; of projects that come back, and
//! of people who go.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    allocations::plan,
    profiles::new_skill,
    suggestions::{can, levels},
};
use crate::projects::asks::{ask, change, new_project, person};

/// What a planned allocation is called.
async fn planned(who: &Actor, project: &str, more: Value) -> String {
    plan(who, project, more).await.expect_ok().text("createAllocation.allocation.id")
}

async fn update(who: &Actor, allocation: &str, more: Value) -> Answer {
    let mut input = json!({ "id": allocation });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    change(who, "updateAllocation", input, "allocation { id } overAllocations { weekStart }").await
}

/// Says whether the agency refuses too much firm work or is warned of it.
async fn policy(owner: &Actor, word: &str) {
    let input = json!({ "overAllocation": word });
    change(owner, "updatePlanSettings", input, "planSettings { version }").await.expect_ok();
}

/// The weeks that errors name, with what is too much in each.
fn named(answer: &Answer) -> Vec<(String, String)> {
    let fields = answer.errors()[0]["extensions"]["fields"].as_array().unwrap();
    let text = |field: &Value, name: &str| field["params"][name].as_str().unwrap_or_default().to_owned();
    fields.iter().map(|field| (text(field, "week"), text(field, "over"))).collect()
}

// keeps: PR-28
#[tokio::test]
async fn too_much_work_may_always_become_less() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev, sales) = (acme.owner(), person(&acme, "dev").await, person(&acme, "sales").await);
    let (one, other) = (new_project(&owner, "One").await, new_project(&owner, "Other").await);
    planned(&owner, &one, json!({ "userId": dev, "weeklyMinutes": 2_400, "to": "2026-04-30" })).await;
    policy(&owner, "WARN").await;
    let much = planned(&owner, &other, json!({ "userId": dev, "weeklyMinutes": 1_200 })).await;
    policy(&owner, "REFUSE").await;
    for less in [
        json!({ "weeklyMinutes": 1_199 }),
        json!({ "from": "2026-03-09" }),
        json!({ "to": "2026-03-20" }),
        json!({ "note": "Known" }),
    ] {
        let done = update(&owner, &much, less).await.expect_ok();
        assert_eq!(done.list("updateAllocation.overAllocations").len(), 0, "{done}");
    }
    let week = |monday: &str, over: &str| (monday.to_owned(), over.to_owned());
    let longer = update(&owner, &much, json!({ "to": "2026-03-27" })).await;
    assert_eq!(named(&longer.expect_field("userId", "over_allocated")), [week("2026-03-23", "1199")]);
    let fuller = update(&owner, &much, json!({ "weeklyMinutes": 1_200 })).await;
    let fuller = named(&fuller.expect_field("userId", "over_allocated"));
    assert_eq!(fuller, [week("2026-03-09", "1200"), week("2026-03-16", "1200")]);
    update(&owner, &much, json!({ "commitment": "TENTATIVE" })).await.expect_ok();
    let firm = update(&owner, &much, json!({ "commitment": "FIRM" })).await;
    assert_eq!(named(&firm.expect_field("userId", "over_allocated")).len(), 2, "firmness is new");
    update(&owner, &much, json!({ "userId": sales, "commitment": "FIRM" })).await.expect_ok();
    let back = update(&owner, &much, json!({ "userId": dev })).await;
    assert_eq!(named(&back.expect_field("userId", "over_allocated")).len(), 2, "the person is new");
}

// keeps: PR-28
#[tokio::test]
async fn weeks_that_are_past_stop_nobody_from_planning() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), person(&acme, "dev").await);
    let project = new_project(&owner, "One").await;
    let since = json!({ "userId": dev, "weeklyMinutes": 2_400, "from": "2026-02-02", "to": "2026-03-06" });
    planned(&owner, &project, since.clone()).await;
    let mut again = since;
    again["to"] = json!("2026-03-01");
    let again = planned(&owner, &project, again).await;
    let longer = update(&owner, &again, json!({ "to": "2026-03-02" })).await;
    let present = [("2026-03-02".to_owned(), "480".to_owned())];
    assert_eq!(named(&longer.expect_field("userId", "over_allocated")), present);
}

// keeps: PR-28
#[tokio::test]
async fn of_many_weeks_that_are_too_full_some_are_named_and_all_are_counted() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), person(&acme, "dev").await);
    let project = new_project(&owner, "One").await;
    let weeks = json!({ "userId": dev, "percent": 100, "to": "2026-12-04" });
    planned(&owner, &project, weeks).await;
    for (last, more) in [("2026-12-04", Some("10")), ("2026-09-25", None)] {
        let input = json!({ "userId": dev, "weeklyMinutes": 60, "to": last });
        let refused = plan(&owner, &project, input).await.expect_code("INVALID");
        let fields = refused.errors()[0]["extensions"]["fields"].as_array().unwrap();
        let of = |code: &str| fields.iter().filter(|field| field["code"] == code).collect::<Vec<_>>();
        assert_eq!(of("over_allocated").len(), 30, "{refused}");
        let rest = of("more_over_allocated").first().map(|field| field["params"]["count"].clone());
        assert_eq!(rest, more.map(Value::from), "{refused}");
    }
}

// keeps: PR-28
#[tokio::test]
async fn weeks_of_all_staff_that_are_too_full_are_told_in_parts() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let project = new_project(&owner, "One").await;
    policy(&owner, "WARN").await;
    for name in ["dev", "sales", "pm", "finance"] {
        let all = json!({ "userId": person(&acme, name).await, "percent": 100, "to": "2027-03-07" });
        planned(&owner, &project, all.clone()).await;
        planned(&owner, &project, all).await;
    }
    let query = "query($skip: Int) { overAllocations(from: \"2026-03-02\", weeks: 53, skip: $skip) {
      userId weekStart } }";
    let told = async |skip: Value| {
        let answer = owner.run(query, json!({ "skip": skip })).await.expect_ok().expect_statements(9);
        answer.list("overAllocations").to_vec()
    };
    let (first, rest) = (told(Value::Null).await, told(json!(200)).await);
    assert_eq!((first.len(), rest.len()), (200, 4 * 53 - 200), "each in all its weeks");
    assert_eq!(told(json!(199)).await[0], first[199], "in the same order");
    assert!(!first.contains(&rest[0]));
    assert!(told(json!(212)).await.is_empty());
    owner.run(query, json!({ "skip": -1 })).await.expect_field("skip", "out_of_range");
}

// keeps: PR-28, PR-30
#[tokio::test]
async fn place_that_began_already_is_given_from_today_on() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), person(&acme, "dev").await);
    let (project, other) = (new_project(&owner, "One").await, new_project(&owner, "Other").await);
    let busy = json!({ "userId": dev, "percent": 100, "from": "2026-02-02", "to": "2026-03-01" });
    planned(&owner, &other, busy).await;
    let rust = new_skill(&owner, "Rust").await;
    can(&owner, &dev, &[(&rust, 3)]).await;
    let skills = levels(&[(&rust, 3)]);
    let open = json!({ "role": "Dev", "weeklyMinutes": 2_400, "skills": skills, "from": "2026-02-02" });
    let open = planned(&owner, &project, open).await;
    let look = "query($id: ID!) { teamSuggestion(projectId: $id) { token places { userId } } }";
    let told = owner.run(look, json!({ "id": project })).await.expect_ok();
    assert_eq!(told.text("teamSuggestion.places.0.userId"), dev);
    let token = told.text("teamSuggestion.token");
    let input = json!({ "projectId": project, "token": token, "allocationIds": [open] });
    let fields = "filledPlaces { from to user { id } } overAllocations { weekStart }";
    let done = change(&owner, "applyTeamSuggestion", input, fields).await.expect_ok();
    let place = json!({ "from": "2026-03-02", "to": "2026-03-27", "user": { "id": dev } });
    assert_eq!(done.data("applyTeamSuggestion.filledPlaces.0"), &place);
    assert_eq!(done.list("applyTeamSuggestion.overAllocations").len(), 0);
}

// keeps: PR-28, PR-2
#[tokio::test]
async fn project_comes_back_only_if_there_is_time_for_its_firm_work() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), person(&acme, "dev").await);
    let (one, other) = (new_project(&owner, "One").await, new_project(&owner, "Other").await);
    for role in ["Developer", "Reviewer"] {
        let half = json!({ "userId": dev, "weeklyMinutes": 1_000, "role": role, "from": "2026-02-16" });
        planned(&owner, &one, half).await;
    }
    let archive = json!({ "id": one });
    change(&owner, "archiveProject", archive.clone(), "project { id }").await.expect_ok();
    let instead = json!({ "userId": dev, "weeklyMinutes": 600, "from": "2026-02-16", "to": "2026-03-13" });
    let instead = planned(&owner, &other, instead).await;
    let restore = async || change(&owner, "restoreProject", archive.clone(), "project { archivedAt }").await;
    let refused = restore().await.expect_field("id", "over_allocated");
    let weeks = ["2026-03-02", "2026-03-09"].map(|monday| (monday.to_owned(), "200".to_owned()));
    assert_eq!(named(&refused), weeks, "two allocations of one person count together");
    policy(&owner, "WARN").await;
    restore().await.expect_ok();
    change(&owner, "archiveProject", archive.clone(), "project { id }").await.expect_ok();
    policy(&owner, "REFUSE").await;
    restore().await.expect_field("id", "over_allocated");
    update(&owner, &instead, json!({ "weeklyMinutes": 400 })).await.expect_ok();
    assert!(restore().await.expect_ok().data("restoreProject.project.archivedAt").is_null());
    restore().await.expect_ok();
}

// keeps: PR-28, PR-2
#[tokio::test]
async fn project_comes_back_whatever_people_were_planned_for_who_were_deactivated() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), person(&acme, "dev").await);
    let (one, other) = (new_project(&owner, "One").await, new_project(&owner, "Other").await);
    planned(&owner, &one, json!({ "userId": dev, "percent": 100 })).await;
    let archive = json!({ "id": one });
    change(&owner, "archiveProject", archive.clone(), "project { id }").await.expect_ok();
    planned(&owner, &other, json!({ "userId": dev, "percent": 100 })).await;
    let restore = async || change(&owner, "restoreProject", archive.clone(), "project { archivedAt }").await;
    restore().await.expect_field("id", "over_allocated");
    change(&owner, "deactivateUser", json!({ "id": dev }), "user { id }").await.expect_ok();
    assert!(restore().await.expect_ok().data("restoreProject.project.archivedAt").is_null());
}

// keeps: PR-28, ID-6
#[tokio::test]
async fn what_somebody_who_goes_was_planned_for_is_still_to_be_done() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev, heir) = (acme.owner(), person(&acme, "dev").await, person(&acme, "sales").await);
    let project = new_project(&owner, "One").await;
    let profile = json!({ "userId": dev, "jobTitle": "Rust developer" });
    change(&owner, "updateResourceProfile", profile, "resourceProfile { id }").await.expect_ok();
    let past = json!({ "userId": dev, "percent": 10, "from": "2026-02-02", "to": "2026-03-01" });
    planned(&owner, &project, past).await;
    let running = json!({ "userId": dev, "percent": 50, "from": "2026-02-02", "note": "مهم" });
    let running = planned(&owner, &project, running).await;
    let role = json!({ "userId": dev, "weeklyMinutes": 60, "role": "Tester", "from": "2026-03-09" });
    let later = planned(&owner, &project, role).await;
    let gone = json!({ "id": dev, "reassignTo": heir });
    change(&owner, "deleteUser", gone, "userId").await.expect_ok();
    let all = "{ allocations { nodes { id userId role note from to } } }";
    let left = ask(&owner, all).await.expect_ok();
    let mut left = left.list("allocations.nodes").to_vec();
    left.sort_by_key(|row| row["from"].to_string());
    let place = |id: &str, role: &str, note: &str, from: &str| json!({ "id": id, "userId": null, "role": role, "note": note, "from": from, "to": "2026-03-27" });
    let expected =
        [place(&running, "Place to fill", "", "2026-03-02"), place(&later, "Tester", "", "2026-03-09")];
    assert_eq!(left, expected, "nothing of it is about the person");
}

// keeps: PR-28, AU-12
#[tokio::test]
async fn place_of_somebody_who_is_erased_says_nothing_of_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, person) = (acme.owner(), person(&acme, "finance").await);
    let project = new_project(&owner, "One").await;
    let profile = json!({ "userId": person, "jobTitle": "Zookeeper" });
    change(&owner, "updateResourceProfile", profile, "resourceProfile { id }").await.expect_ok();
    let note = json!({ "userId": person, "percent": 10, "note": "Only before noon" });
    let mut past = note.clone();
    (past["from"], past["to"]) = (json!("2026-02-02"), json!("2026-03-01"));
    planned(&owner, &project, past).await;
    let id = planned(&owner, &project, note).await;
    let telling = |text: &str| ["Only before noon", "Zookeeper"].iter().any(|word| text.contains(word));
    for row in world.texts("SELECT changes || personal AS r FROM audit_entries", "r").await {
        assert!(!telling(&row), "the trail has it in clear: {row}");
    }
    let input = json!({ "person": person, "reason": "Asked by letter" });
    let asked = change(&owner, "requestErasure", input, "request { id }").await.expect_ok();
    let input = json!({ "id": asked.text("requestErasure.request.id"), "expectedVersion": 1 });
    let done = change(&acme.admin(), "approveErasure", input, "request { status }").await.expect_ok();
    assert_eq!(done.text("approveErasure.request.status"), "DONE");
    let all = "{ allocations { nodes { id userId role note } } }";
    let left = ask(&owner, all).await.expect_ok();
    let place = json!({ "id": id, "userId": null, "role": "Place to fill", "note": "" });
    assert_eq!(left.data("allocations.nodes"), &json!([place]));
    world.settled().await;
    for (table, row) in world.snapshot().await.all() {
        let row = Value::Object(row.clone()).to_string();
        assert!(!telling(&row), "{table}: {row}");
    }
}

// keeps: PR-28, ID-6
#[tokio::test]
async fn who_is_removed_while_others_plan_them_is_planned_by_nobody() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (leaver, heir) = (person(&acme, "pm").await, person(&acme, "dev").await);
    let mut led = Vec::new();
    for number in 0..4 {
        let input = json!({ "name": format!("Project {number}"), "managerId": leaver });
        let made = change(&owner, "createProject", input, "project { id }").await.expect_ok();
        led.push(made.text("createProject.project.id"));
    }
    let gone = json!({ "id": leaver, "reassignTo": heir });
    let planner = admin.on(1);
    let plans =
        join_all(led.iter().map(|project| {
            plan(&planner, project, json!({ "userId": leaver, "percent": 10, "role": "Lead" }))
        }));
    let (gone, plans) = futures::join!(change(&owner, "deleteUser", gone, "userId"), plans);
    gone.expect_ok();
    for planned in plans {
        if planned.code().is_some() {
            planned.expect_field("userId", "not_in_tenant");
        }
    }
    let all = ask(&owner, "{ allocations { nodes { userId role } } }").await.expect_ok();
    let all = all.list("allocations.nodes");
    assert!(all.iter().all(|row| row["userId"].is_null() && row["role"] == "Lead"), "{all:?}");
}
