//! Teams that are suggested for places: the best one together, explained, and given the places as one act.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{allocations::plan, leave::approved, profiles::new_skill};
use crate::projects::asks::{ask, change, expect_conflict, new_project, person};

const PERSON: &str =
    "userId name points skillPoints timePoints able freeMinutes loadPercent reason chosenForPlace message
  skillFits { skillId skill { name } wanted has }";

/// The team that is suggested for a project, as these arguments ask for it.
pub(super) async fn suggest(who: &Actor, project: &str, more: Value) -> Answer {
    let query = format!(
        "query($id: ID!, $places: [TeamPlaceInput!], $countTentative: Boolean! = false) {{
          teamSuggestion(projectId: $id, places: $places, countTentative: $countTentative) {{ token filled points places {{
            allocationId role from to wantedMinutes userId message fit {{ {PERSON} }} candidates {{ {PERSON} }}
          }} }} }}"
    );
    let mut variables = more;
    variables["id"] = json!(project);
    who.run(&query, variables).await
}

/// Says what a person can, and how well.
pub(super) async fn can(who: &Actor, user: &str, skills: &[(&str, i32)]) {
    let levels = levels(skills);
    let input = json!({ "userId": user, "skills": levels });
    change(who, "updateResourceProfile", input, "resourceProfile { id }").await.expect_ok();
}

/// Skills with levels as inputs have them.
pub(super) fn levels(skills: &[(&str, i32)]) -> Value {
    skills.iter().map(|(skill, level)| json!({ "skillId": skill, "level": level })).collect()
}

/// Makes a place that nobody has taken, from March 9 to 20, and gives its id.
pub(super) async fn place(
    who: &Actor,
    project: &str,
    role: &str,
    skills: &[(&str, i32)],
    more: Value,
) -> String {
    let mut input = json!({ "role": role, "weeklyMinutes": 600, "skills": levels(skills), "from": "2026-03-09", "to": "2026-03-20" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    plan(who, project, input).await.expect_ok().text("createAllocation.allocation.id")
}

pub(super) async fn apply(who: &Actor, project: &str, token: &str, places: &[&str]) -> Answer {
    let input = json!({ "projectId": project, "token": token, "allocationIds": places });
    let fields = "filledPlaces { id version user { id } } overAllocations { userId weekStart overMinutes }";
    change(who, "applyTeamSuggestion", input, fields).await
}

/// The place with this index.
pub(super) fn at(answer: &Answer, place: usize) -> Value {
    answer.data(&format!("teamSuggestion.places.{place}")).clone()
}

// keeps: PR-30
#[tokio::test]
async fn best_team_is_not_the_best_person_first() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, sales) = (acme.manager(), person(&acme, "dev").await, person(&acme, "sales").await);
    let (project, rust) = (new_project(&manager, "One").await, new_skill(&manager, "Rust").await);
    can(&manager, &dev, &[(&rust, 5)]).await;
    can(&manager, &sales, &[(&rust, 1)]).await;
    let easy = place(&manager, &project, "Helper", &[(&rust, 1)], json!({ "from": "2026-03-02" })).await;
    let hard = place(&manager, &project, "Designer", &[(&rust, 5)], json!({})).await;
    let before = world.snapshot().await;
    let told = suggest(&manager, &project, json!({})).await.expect_ok();
    assert_eq!([told.number("teamSuggestion.filled"), told.number("teamSuggestion.points")], [2, 2_000]);
    let (helper, designer) = (at(&told, 0), at(&told, 1));
    assert_eq!([&helper["allocationId"], &helper["userId"]], [&json!(easy), &json!(sales)]);
    assert_eq!([&designer["allocationId"], &designer["userId"]], [&json!(hard), &json!(dev)]);
    assert_eq!([&helper["wantedMinutes"], &designer["wantedMinutes"]], [&json!(1_800), &json!(1_200)]);
    let of = |place: &Value, user: &str| {
        let all = place["candidates"].as_array().unwrap();
        all.iter().find(|one| one["userId"] == user).cloned().unwrap_or_else(|| panic!("{user}\n{told}"))
    };
    let kept = of(&helper, &dev);
    assert_eq!([&kept["reason"], &kept["chosenForPlace"]], [&json!("ELSEWHERE"), &json!(1)]);
    let message = kept["message"].as_str().unwrap();
    assert!(message.contains("is suggested as Designer; no team has more points. "), "{message}");
    let less = of(&designer, &sales);
    let points = ["points", "skillPoints", "timePoints", "freeMinutes", "loadPercent"];
    assert_eq!(points.map(|name| less[name].as_i64().unwrap()), [440, 140, 300, 1_200, 0]);
    assert_eq!([&less["able"], &less["reason"]], [&json!(false), &json!("ELSEWHERE")]);
    let message = less["message"].as_str().unwrap();
    assert!(message.contains("is suggested as Helper; no team has more points. "), "{message}");
    assert!(message.ends_with(&format!("{} fits better.", kept["name"].as_str().unwrap())), "{message}");
    let fit = json!([{ "skillId": rust, "skill": { "name": "Rust" }, "wanted": 5, "has": 1 }]);
    assert_eq!(less["skillFits"], fit);
    let name = designer["fit"]["name"].as_str().unwrap();
    let said = format!("{name} has 1 of 1 skills at the level wanted and 20 h of 20 h free.");
    assert_eq!([&designer["message"], &designer["fit"]["reason"]], [&json!(said), &json!("CHOSEN")]);
    assert_eq!(before.changes(&world.snapshot().await), [""; 0]);
    assert_eq!(suggest(&manager, &project, json!({})).await.body["data"], told.body["data"]);
    let french = suggest(&manager.speaking("fr"), &project, json!({})).await.expect_ok();
    let said = format!("{name} a 1 des 1 compétences au niveau voulu et 20 h libres sur 20 h.");
    assert_eq!(at(&french, 1)["message"], said);
    let few = told.statements.unwrap();
    for number in 0..12 {
        place(&manager, &project, &format!("More {number}"), &[(&rust, 2)], json!({})).await;
    }
    let many = suggest(&manager, &project, json!({})).await.expect_ok();
    assert_eq!((many.list("teamSuggestion.places").len(), many.number("teamSuggestion.filled")), (14, 2));
    many.expect_statements(few);
}

// keeps: PR-30
#[tokio::test]
async fn who_is_away_or_full_is_not_suggested() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (sales, editor) = (person(&acme, "sales").await, person(&acme, "editor").await);
    let (project, other) = (new_project(&manager, "One").await, new_project(&manager, "Other").await);
    let rust = new_skill(&manager, "Rust").await;
    for user in [&dev, &sales, &editor] {
        can(&manager, user, &[(&rust, 3)]).await;
    }
    let week = json!({ "from": "2026-03-09", "to": "2026-03-15" });
    place(&manager, &project, "Dev", &[(&rust, 3)], week).await;
    approved(&acme.developer(), &manager, "2026-03-09", "2026-03-13", json!({})).await;
    plan(&manager, &other, json!({ "userId": sales, "percent": 100 })).await.expect_ok();
    let perhaps = json!({ "userId": editor, "percent": 75, "commitment": "TENTATIVE" });
    plan(&manager, &other, perhaps).await.expect_ok();
    let told = at(&suggest(&manager, &project, json!({})).await.expect_ok(), 0);
    assert_eq!([&told["userId"], &told["fit"]["freeMinutes"]], [&json!(editor), &json!(600)]);
    assert_eq!(told["candidates"].as_array().unwrap().len(), 1, "{told}");
    let told = at(&suggest(&manager, &project, json!({ "countTentative": true })).await.expect_ok(), 0);
    assert_eq!([&told["fit"]["freeMinutes"], &told["fit"]["loadPercent"]], [&json!(600), &json!(75)]);
    let all = json!({ "userId": editor, "percent": 25, "commitment": "TENTATIVE" });
    plan(&manager, &other, all).await.expect_ok();
    let told = at(&suggest(&manager, &project, json!({ "countTentative": true })).await.expect_ok(), 0);
    assert_eq!([&told["userId"], &told["candidates"]], [&Value::Null, &json!([])]);
    assert_eq!(told["message"], "Nobody has all the skills that this takes, and free time for it.");
}

// keeps: PR-30
#[tokio::test]
async fn week_that_is_full_is_not_made_up_for_by_a_free_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, sales) = (acme.manager(), person(&acme, "dev").await, person(&acme, "sales").await);
    let (project, other) = (new_project(&manager, "One").await, new_project(&manager, "Other").await);
    let rust = new_skill(&manager, "Rust").await;
    can(&manager, &dev, &[(&rust, 4)]).await;
    can(&manager, &sales, &[(&rust, 3)]).await;
    place(&manager, &project, "Dev", &[(&rust, 4)], json!({ "commitment": "TENTATIVE" })).await;
    let full = json!({ "userId": dev, "percent": 100, "from": "2026-03-09", "to": "2026-03-15" });
    plan(&manager, &other, full).await.expect_ok();
    let told = at(&suggest(&manager, &project, json!({})).await.expect_ok(), 0);
    let of = |one: &Value| {
        (one["points"].as_i64().unwrap(), one["able"] == true, one["freeMinutes"].as_i64().unwrap())
    };
    assert_eq!(told["userId"], dev.as_str(), "{told}");
    let candidates: Vec<_> = told["candidates"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(candidates, [(850, true, 600), (825, false, 1_200)]);
    assert_eq!(told["candidates"][1]["reason"], "POINTS");
    can(&manager, &sales, &[(&rust, 4)]).await;
    let told = at(&suggest(&manager, &project, json!({})).await.expect_ok(), 0);
    assert_eq!(told["userId"], sales.as_str());
}

// keeps: PR-30
#[tokio::test]
async fn places_that_somebody_thinks_of_are_checked_and_not_stored() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (project, rust) = (new_project(&manager, "One").await, new_skill(&manager, "Rust").await);
    can(&manager, &dev, &[(&rust, 3)]).await;
    let fine = json!({ "role": "Dev", "percent": 50, "from": "2026-03-09", "to": "2026-03-13", "skills": levels(&[(&rust, 3)]) });
    let told = suggest(&manager, &project, json!({ "places": [fine.clone()] })).await.expect_ok();
    let only = at(&told, 0);
    assert_eq!([told.data("teamSuggestion.token"), &only["allocationId"]], [&Value::Null; 2]);
    assert_eq!([&only["userId"], &only["wantedMinutes"]], [&json!(dev), &json!(1_200)]);
    let none = suggest(&manager, &project, json!({ "places": [] })).await.expect_ok();
    assert_eq!(none.list("teamSuggestion.places").len(), 0);
    let foreign = new_skill(&world.agency("globex").manager(), "Theirs").await;
    for (field, value, path, code) in [
        ("weeklyMinutes", json!(60), "weeklyMinutes", "one_amount"),
        ("percent", json!(101), "percent", "out_of_range"),
        ("role", json!(" "), "role", "nobody_named"),
        ("to", json!("2026-03-08"), "to", "bad_range"),
        ("skills", levels(&[(&rust, 6)]), "skills.0.level", "out_of_range"),
        ("skills", levels(&[(&rust, 1), (&rust, 2)]), "skills.1.skillId", "named_twice"),
        ("skills", levels(&[(&foreign, 1)]), "skills.0.skillId", "unknown_skill"),
        ("skills", levels(&vec![(rust.as_str(), 1); 101]), "skills", "too_many"),
    ] {
        let mut wrong = fine.clone();
        wrong[field] = value;
        let answer = suggest(&manager, &project, json!({ "places": [fine, wrong] })).await;
        answer.expect_field(&format!("places.1.{path}"), code);
    }
    let mut past = fine.clone();
    (past["from"], past["to"]) = (json!("2026-02-02"), json!("2026-03-01"));
    suggest(&manager, &project, json!({ "places": [past] })).await.expect_field("places.0.to", "place_over");
    (past["from"], past["to"]) = (json!("2036-03-10"), json!("2036-03-11"));
    suggest(&manager, &project, json!({ "places": [past] }))
        .await
        .expect_field("places.0.to", "place_too_far");
    let many = json!({ "places": vec![fine; 51] });
    suggest(&manager, &project, many).await.expect_field("places", "too_many");
}

// keeps: PR-30
#[tokio::test]
async fn team_is_given_its_places_as_one_act_and_a_stale_one_is_refused() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, sales) = (acme.manager(), person(&acme, "dev").await, person(&acme, "sales").await);
    let (project, rust) = (new_project(&manager, "One").await, new_skill(&manager, "Rust").await);
    can(&manager, &dev, &[(&rust, 5)]).await;
    can(&manager, &sales, &[(&rust, 3)]).await;
    let first = place(&manager, &project, "One", &[(&rust, 5)], json!({})).await;
    let second = place(&manager, &project, "Two", &[(&rust, 3)], json!({})).await;
    let third = place(&manager, &project, "Three", &[(&rust, 3)], json!({ "from": "2026-03-16" })).await;
    let token = async || {
        let told = suggest(&manager, &project, json!({ "countTentative": true })).await.expect_ok();
        told.text("teamSuggestion.token")
    };
    let stale = token().await;
    can(&manager, &sales, &[(&rust, 4)]).await;
    apply(&manager, &project, &stale, &[&first]).await.expect_code("CONFLICT");
    let nonsense = apply(&manager, &project, "nonsense", &[&first]).await;
    expect_conflict(nonsense, "What this was suggested for has changed");
    let fresh = token().await;
    let other = new_project(&manager, "Other").await;
    let elsewhere = place(&manager, &other, "Four", &[], json!({})).await;
    for (places, path, code) in [
        ([first.as_str(), elsewhere.as_str()], "allocationIds.1", "no_open_place"),
        ([first.as_str(), first.as_str()], "allocationIds.1", "duplicate_item"),
        ([first.as_str(), third.as_str()], "allocationIds.1", "nobody_suggested"),
    ] {
        apply(&manager, &project, &fresh, &places).await.expect_field(path, code);
    }
    let done = apply(&manager, &project, &fresh, &[&second, &first]).await.expect_ok();
    assert_eq!(done.ids("applyTeamSuggestion.filledPlaces"), [second.clone(), first.clone()]);
    assert_eq!(done.each("applyTeamSuggestion.filledPlaces", "user.id"), [json!(sales), json!(dev)]);
    assert_eq!(done.each("applyTeamSuggestion.filledPlaces", "version"), [json!(2), json!(2)]);
    apply(&manager, &project, &fresh, &[&third]).await.expect_code("CONFLICT");
    world.settled().await;
    let actions = world.audit_of(&first).await.into_iter().map(|row| row["action"].clone());
    assert_eq!(actions.filter(|action| *action == "projects.allocation.suggest").count(), 1);
    let told = world.events_of(&first).await;
    assert!(told.iter().any(|event| event["kind"] == "projects.allocation.updated"), "{told:?}");
}

// keeps: PR-30, PR-28
#[tokio::test]
async fn too_much_firm_work_is_refused_or_told_when_a_team_is_applied() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager, dev) = (acme.owner(), acme.manager(), person(&acme, "dev").await);
    let (project, other) = (new_project(&manager, "One").await, new_project(&manager, "Other").await);
    let rust = new_skill(&manager, "Rust").await;
    can(&manager, &dev, &[(&rust, 3)]).await;
    plan(&manager, &other, json!({ "userId": dev, "weeklyMinutes": 1_800 })).await.expect_ok();
    let firm = json!({ "commitment": "FIRM", "weeklyMinutes": 1_200 });
    let open = place(&manager, &project, "Dev", &[(&rust, 3)], firm).await;
    let told = suggest(&manager, &project, json!({})).await.expect_ok();
    assert_eq!([&at(&told, 0)["userId"], &at(&told, 0)["candidates"]], [&Value::Null, &json!([])]);
    let message = at(&told, 0)["message"].clone();
    assert!(message.as_str().unwrap().ends_with("too much firm work is refused."), "{message}");
    let token = told.text("teamSuggestion.token");
    apply(&manager, &project, &token, &[&open]).await.expect_field("allocationIds.0", "nobody_suggested");
    let warn = json!({ "overAllocation": "WARN" });
    change(&owner, "updatePlanSettings", warn, "planSettings { version }").await.expect_ok();
    apply(&manager, &project, &token, &[&open]).await.expect_code("CONFLICT");
    let told = suggest(&manager, &project, json!({})).await.expect_ok();
    assert_eq!([&at(&told, 0)["userId"], &at(&told, 0)["fit"]["timePoints"]], [&json!(dev), &json!(150)]);
    let token = told.text("teamSuggestion.token");
    let done = apply(&manager, &project, &token, &[&open]).await.expect_ok();
    assert_eq!(done.each("applyTeamSuggestion.overAllocations", "overMinutes"), [json!(600), json!(600)]);
}

// keeps: PR-30
#[tokio::test]
async fn two_teams_applied_at_once_do_not_fill_a_week_twice() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let rust = new_skill(&manager, "Rust").await;
    can(&manager, &dev, &[(&rust, 3)]).await;
    let mut asked = Vec::new();
    for node in 0..2 {
        let who = manager.on(node);
        let project = new_project(&who, &format!("Project {node}")).await;
        let firm = json!({ "commitment": "FIRM", "weeklyMinutes": 2_000 });
        let open = place(&who, &project, "Dev", &[(&rust, 3)], firm).await;
        asked.push((who, project, open));
    }
    let mut tokens = Vec::new();
    for (who, project, _) in &asked {
        let told = suggest(who, project, json!({})).await.expect_ok();
        assert_eq!(at(&told, 0)["userId"], dev.as_str());
        tokens.push(told.text("teamSuggestion.token"));
    }
    let applied = asked.iter().zip(&tokens).map(|((who, project, open), token)| async move {
        apply(who, project, token, &[open]).await.code().map(str::to_owned)
    });
    let codes = join_all(applied).await;
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 1, "{codes:?}");
    assert!(codes.iter().flatten().all(|code| code == "CONFLICT"), "{codes:?}");
    let left = ask(&manager, "{ allocations(filter: { open: true }) { nodes { id } } }").await.expect_ok();
    assert_eq!(left.list("allocations.nodes").len(), 1);
}

// keeps: PR-30, ID-22
#[tokio::test]
async fn teams_are_suggested_to_who_plans_the_project() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (mine, theirs) =
        (new_project(&acme.manager(), "Mine").await, new_project(&acme.owner(), "Theirs").await);
    suggest(&acme.manager(), &mine, json!({})).await.expect_ok();
    suggest(&acme.owner(), &mine, json!({})).await.expect_ok();
    let looks = [
        (acme.manager(), &theirs, "NOT_FOUND"),
        (acme.developer(), &mine, "FORBIDDEN"),
        (acme.viewer(), &mine, "FORBIDDEN"),
        (acme.accountant(), &mine, "FORBIDDEN"),
        (acme.client(), &mine, "FORBIDDEN"),
        (acme.client_admin(), &mine, "FORBIDDEN"),
        (world.agency("globex").owner(), &mine, "NOT_FOUND"),
        (world.nobody(), &mine, "UNAUTHENTICATED"),
    ];
    for (who, project, code) in looks {
        suggest(&who, project, json!({})).await.expect_code(code);
        apply(&who, project, "1.0", &[]).await.expect_code(code);
    }
}

// keeps: PR-30
#[tokio::test]
async fn equal_places_go_to_equal_people_in_the_order_of_both_lists() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, rust) = (acme.manager(), new_skill(&acme.manager(), "Rust").await);
    let mut people = Vec::new();
    for name in ["dev", "sales", "editor", "finance"] {
        let user = person(&acme, name).await;
        can(&manager, &user, &[(&rust, 3)]).await;
        people.push(user);
    }
    let project = new_project(&manager, "One").await;
    for number in 0..3 {
        place(&manager, &project, &format!("Dev {number}"), &[(&rust, 3)], json!({})).await;
    }
    let told = suggest(&manager, &project, json!({})).await.expect_ok();
    let names = told.each("teamSuggestion.places", "fit.name");
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    assert_eq!(names.len(), 3, "{told}");
    assert!(names.is_sorted(), "{names:?}");
    let all = at(&told, 0)["candidates"].as_array().unwrap().clone();
    let all: Vec<&str> = all.iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, all[..3], "who comes last by name is left out");
}

// keeps: PR-30, PR-29
#[tokio::test]
async fn share_of_a_week_is_one_of_what_each_person_has() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, sales) = (acme.manager(), person(&acme, "dev").await, person(&acme, "sales").await);
    let (project, other) = (new_project(&manager, "One").await, new_project(&manager, "Other").await);
    let rust = new_skill(&manager, "Rust").await;
    can(&manager, &dev, &[(&rust, 3)]).await;
    can(&manager, &sales, &[(&rust, 3)]).await;
    let half = json!({ "userId": dev, "weeklyMinutes": 1_200 });
    change(&acme.owner(), "updateResourceProfile", half, "resourceProfile { id }").await.expect_ok();
    plan(&manager, &other, json!({ "userId": sales, "percent": 75 })).await.expect_ok();
    let share =
        json!({ "weeklyMinutes": null, "percent": 50, "commitment": "TENTATIVE", "to": "2026-03-13" });
    place(&manager, &project, "Dev", &[(&rust, 3)], share).await;
    let told = at(&suggest(&manager, &project, json!({})).await.expect_ok(), 0);
    assert_eq!([&told["userId"], &told["wantedMinutes"]], [&json!(dev), &json!(1_200)], "{told}");
    let figures = |one: &Value| ["timePoints", "freeMinutes"].map(|name| one[name].as_i64().unwrap());
    let candidates: Vec<_> = told["candidates"].as_array().unwrap().iter().map(figures).collect();
    assert_eq!(candidates, [[300, 600], [150, 600]], "half of half a week is all of what it takes\n{told}");
    assert!(told["message"].as_str().unwrap().ends_with("and 10 h of 10 h free."), "{told}");
}
