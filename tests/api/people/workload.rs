//! Workload week by week, what the agency has and what is asked of it, and which skills are missing.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{allocations::plan, leave::approved, profiles::new_skill};
use crate::projects::asks::{ask, change, new_project, person, walk};

const WEEK: &str =
    "weekStart capacityMinutes leaveMinutes firmMinutes tentativeMinutes trackedMinutes billableMinutes
  utilisation billableUtilisation targetMinutes balanceMinutes";

async fn workload(who: &Actor, from: &str, weeks: i32, filter: Value) -> Answer {
    let query = format!(
        "query($from: Date!, $weeks: Int!, $filter: WorkloadFilter) {{ workload(from: $from, weeks: $weeks, filter: $filter) {{
          people {{ userId name targetPercent weeks {{ {WEEK} }} }} weeks {{ {WEEK} }}
        }} }}"
    );
    who.run(&query, json!({ "from": from, "weeks": weeks, "filter": filter })).await
}

// keeps: PR-29
#[tokio::test]
async fn workload_tells_capacity_plan_and_time_of_each_week() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, me) = (acme.manager(), acme.developer(), person(&acme, "dev").await);
    let project = new_project(&manager, "One").await;
    change(&manager, "addProjectMember", json!({ "projectId": project, "userId": me }), "member { id }")
        .await
        .expect_ok();
    let profile = json!({ "userId": me, "targetPercent": 75 });
    change(&manager, "updateResourceProfile", profile, "resourceProfile { id }").await.expect_ok();
    plan(&manager, &project, json!({ "userId": me, "weeklyMinutes": 1_200 })).await.expect_ok();
    let perhaps = json!({ "userId": me, "percent": 50, "commitment": "TENTATIVE" });
    plan(&manager, &project, perhaps).await.expect_ok();
    approved(&dev, &manager, "2026-03-09", "2026-03-11", json!({})).await;
    for (minutes, billable) in [(90, true), (30, false)] {
        let entry = json!({ "projectId": project, "spentOn": "2026-03-02", "minutes": minutes, "billable": billable });
        change(&dev, "createTimeEntry", entry, "__typename").await.expect_ok();
    }
    let lead = workload(&manager, "2026-03-04", 2, json!({ "userIds": [me] })).await.expect_ok();
    let week = &lead.data("workload.people.0.weeks")[0];
    let told = ["firmMinutes", "trackedMinutes", "utilisation"].map(|name| week[name].clone());
    assert_eq!(told, [json!(1_200), Value::Null, Value::Null], "they see the time of their projects alone");
    let answer = workload(&acme.owner(), "2026-03-04", 2, json!({ "userIds": [me] }))
        .await
        .expect_ok()
        .expect_statements(10);
    let expected = json!([
        {
            "weekStart": "2026-03-02", "capacityMinutes": 2_400, "leaveMinutes": 0, "firmMinutes": 1_200,
            "tentativeMinutes": 1_200, "trackedMinutes": 120, "billableMinutes": 90, "utilisation": 500,
            "billableUtilisation": 375, "targetMinutes": 1_800, "balanceMinutes": -1_200,
        },
        {
            "weekStart": "2026-03-09", "capacityMinutes": 960, "leaveMinutes": 1_440, "firmMinutes": 1_200,
            "tentativeMinutes": 480, "trackedMinutes": 0, "billableMinutes": 0, "utilisation": 0,
            "billableUtilisation": 0, "targetMinutes": 720, "balanceMinutes": 240,
        },
    ]);
    assert_eq!(answer.data("workload.people.0.weeks"), &expected);
    assert_eq!(answer.data("workload.weeks"), &expected, "together they are one");
    let all = workload(&manager, "2026-03-04", 1, json!({})).await.expect_ok().expect_statements(10);
    assert!(all.list("workload.people").len() > 3, "{all}");
    let sum: i64 = all
        .list("workload.people")
        .iter()
        .map(|one| one["weeks"][0]["capacityMinutes"].as_i64().unwrap())
        .sum();
    assert_eq!(all.number("workload.weeks.0.capacityMinutes"), sum);
    let query = "query($skip: Int) { workload(from: \"2026-03-04\", weeks: 1, skip: $skip) {
      totalCount people { userId } weeks { capacityMinutes } } }";
    let count = all.list("workload.people").len();
    let rest = manager.run(query, json!({ "skip": count - 1 })).await.expect_ok();
    assert_eq!(rest.list("workload.people").len(), 1, "{rest}");
    assert_eq!(rest.number("workload.totalCount"), i64::try_from(count).unwrap());
    assert_eq!(rest.number("workload.weeks.0.capacityMinutes"), sum, "the sums are those of all");
    manager.run(query, json!({ "skip": -1 })).await.expect_field("skip", "out_of_range");
}

// keeps: PR-29
#[tokio::test]
async fn workload_is_of_who_meets_the_filter() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (project, rust) = (new_project(&manager, "One").await, new_skill(&manager, "Rust").await);
    plan(&manager, &project, json!({ "userId": dev, "percent": 10 })).await.expect_ok();
    let (owner, sales) = (acme.owner(), person(&acme, "sales").await);
    let accounts = ask(&owner, "{ accounts { nodes { id } } }").await.expect_ok().ids("accounts.nodes");
    let theirs = json!({ "name": "Theirs", "accountId": accounts[0] });
    let theirs = change(&owner, "createProject", theirs, "project { id }").await.expect_ok();
    let theirs = theirs.text("createProject.project.id");
    plan(&owner, &theirs, json!({ "userId": sales, "percent": 10 })).await.expect_ok();
    let can = json!({ "userId": sales, "skills": [{ "skillId": rust, "level": 1 }] });
    change(&manager, "updateResourceProfile", can, "resourceProfile { id }").await.expect_ok();
    let count = async |filter: Value| {
        workload(&manager, "2026-03-02", 1, filter).await.expect_ok().list("workload.people").len()
    };
    assert_eq!(count(json!({ "projectIds": [project] })).await, 1);
    assert_eq!(count(json!({ "skillIds": [rust] })).await, 1);
    assert_eq!(count(json!({ "skillIds": [rust], "projectIds": [project] })).await, 0);
    assert_eq!(count(json!({ "accountIds": [accounts[0]] })).await, 1);
    assert_eq!(count(json!({ "accountIds": [accounts[1]] })).await, 0);
    assert_eq!(count(json!({ "accountIds": [accounts[0]], "projectIds": [project] })).await, 0);
    assert_eq!(count(json!({ "accountIds": [] })).await, 0);
    for (weeks, path) in [(0, "weeks"), (54, "weeks")] {
        workload(&manager, "2026-03-02", weeks, json!({})).await.expect_field(path, "out_of_range");
    }
    let stranger = person(&world.agency("globex"), "dev").await;
    assert_eq!(count(json!({ "userIds": [stranger] })).await, 0);
    workload(&manager, "2026-03-02", 53, json!({ "userIds": vec![dev; 201] }))
        .await
        .expect_field("filter.userIds", "too_many");
}

// keeps: PR-29, ID-22
#[tokio::test]
async fn who_sees_little_is_told_of_themselves_and_clients_of_nobody() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let me = person(&acme, "dev").await;
    let own = workload(&acme.developer(), "2026-03-02", 1, json!({})).await.expect_ok();
    assert_eq!(own.each("workload.people", "userId"), [json!(me)]);
    assert_eq!(own.number("workload.people.0.weeks.0.trackedMinutes"), 0, "one's own time is one's own");
    let seen = workload(&acme.viewer(), "2026-03-02", 1, json!({})).await.expect_ok();
    assert!(seen.list("workload.people").len() > 1);
    assert!(seen.data("workload.weeks.0.trackedMinutes").is_null(), "hours are not for who reads only");
    for client in [acme.client(), acme.client_admin()] {
        workload(&client, "2026-03-02", 1, json!({})).await.expect_code("FORBIDDEN");
        ask(&client, "{ capacityForecast(from: \"2026-03-02\", weeks: 1) { freeMinutes } }")
            .await
            .expect_code("FORBIDDEN");
        ask(&client, "{ skillGaps(from: \"2026-03-02\", to: \"2026-03-02\") { level } }")
            .await
            .expect_code("FORBIDDEN");
    }
    ask(&acme.developer(), "{ capacityForecast(from: \"2026-03-02\", weeks: 1) { freeMinutes } }")
        .await
        .expect_code("FORBIDDEN");
}

// keeps: PR-29
#[tokio::test]
async fn forecast_tells_what_is_sure_and_what_may_come() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (sure, early) = (new_project(&manager, "Sure").await, new_project(&manager, "Early").await);
    walk(&manager, &sure, &["PLANNING", "IN_PROGRESS"]).await;
    let before = forecast(&manager).await;
    for (project, input) in [
        (&sure, json!({ "userId": dev, "weeklyMinutes": 600 })),
        (&sure, json!({ "userId": dev, "weeklyMinutes": 300, "commitment": "TENTATIVE" })),
        (&early, json!({ "userId": dev, "weeklyMinutes": 120 })),
        (&sure, json!({ "role": "Helper", "percent": 50 })),
    ] {
        plan(&manager, project, input).await.expect_ok();
    }
    let after = forecast(&manager).await;
    let grown = |name: &str| after[name].as_i64().unwrap() - before[name].as_i64().unwrap();
    let names = [
        "capacityMinutes",
        "firmMinutes",
        "tentativeMinutes",
        "placeholderMinutes",
        "pipelineMinutes",
        "freeMinutes",
    ];
    assert_eq!(names.map(grown), [0, 720, 300, 1_200, 420, -2_220]);
}

// keeps: PR-26, PR-29
#[tokio::test]
async fn what_people_were_planned_for_who_are_deactivated_is_still_to_be_filled() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (project, rust) = (new_project(&manager, "One").await, new_skill(&manager, "Rust").await);
    let skills = json!([{ "skillId": rust, "level": 4 }]);
    let firm = json!({ "userId": dev, "weeklyMinutes": 1_800, "skills": skills });
    plan(&manager, &project, firm).await.expect_ok();
    let perhaps = json!({ "userId": dev, "weeklyMinutes": 600, "commitment": "TENTATIVE" });
    plan(&manager, &project, perhaps).await.expect_ok();
    let gaps = async || {
        let query =
            "{ skillGaps(from: \"2026-03-02\", to: \"2026-03-08\") { demandedMinutes gapMinutes people } }";
        ask(&manager, query).await.expect_ok().data("skillGaps").clone()
    };
    let before = forecast(&manager).await;
    assert_eq!(gaps().await, json!([]));
    change(&acme.owner(), "deactivateUser", json!({ "id": dev }), "user { id }").await.expect_ok();
    let after = forecast(&manager).await;
    let grown = |name: &str| after[name].as_i64().unwrap() - before[name].as_i64().unwrap();
    let names = ["firmMinutes", "tentativeMinutes", "placeholderMinutes", "pipelineMinutes"];
    assert_eq!(names.map(grown), [-1_800, -600, 2_400, 0]);
    assert_eq!(["capacityMinutes", "freeMinutes"].map(grown), [-2_400, -2_400]);
    assert_eq!(gaps().await, json!([{ "demandedMinutes": 1_800, "gapMinutes": 1_800, "people": 0 }]));
}

async fn forecast(who: &Actor) -> Value {
    let query = "{ capacityForecast(from: \"2026-03-08\", weeks: 2) {
      weekStart capacityMinutes firmMinutes tentativeMinutes placeholderMinutes pipelineMinutes freeMinutes } }";
    let answer = ask(who, query).await.expect_ok().expect_statements(10);
    assert_eq!(answer.each("capacityForecast", "weekStart"), [json!("2026-03-02"), json!("2026-03-09")]);
    answer.data("capacityForecast.0").clone()
}

// keeps: PR-26, PR-28
#[tokio::test]
async fn gaps_are_what_open_places_ask_for_and_nobody_has_time_for() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (project, rust) = (new_project(&manager, "One").await, new_skill(&manager, "Rust").await);
    let gaps = async || {
        let query = "{ skillGaps(from: \"2026-03-02\", to: \"2026-03-15\") {
          skillId skill { name } level demandedMinutes availableMinutes gapMinutes people } }";
        ask(&manager, query).await.expect_ok().expect_statements(12).data("skillGaps").clone()
    };
    assert_eq!(gaps().await, json!([]));
    let can = json!({ "userId": dev, "skills": [{ "skillId": rust, "level": 4 }] });
    change(&manager, "updateResourceProfile", can, "resourceProfile { id }").await.expect_ok();
    plan(&manager, &project, json!({ "userId": dev, "weeklyMinutes": 2_000 })).await.expect_ok();
    for level in [4, 5] {
        let place =
            json!({ "role": "Dev", "weeklyMinutes": 600, "skills": [{ "skillId": rust, "level": level }] });
        plan(&manager, &project, place).await.expect_ok();
    }
    let gap = |level: i32, demanded: i32, available: i32, gap: i32, people: i32| {
        json!({
            "skillId": rust, "skill": { "name": "Rust" }, "level": level, "demandedMinutes": demanded,
            "availableMinutes": available, "gapMinutes": gap, "people": people,
        })
    };
    let both = json!([gap(4, 2_400, 800, 1_600, 1), gap(5, 1_200, 0, 1_200, 0)]);
    assert_eq!(gaps().await, both, "who is asked for at a better level is asked for at a lesser one too");
    approved(&acme.developer(), &manager, "2026-03-09", "2026-03-13", json!({})).await;
    let full = json!([gap(4, 2_400, 400, 2_000, 1), gap(5, 1_200, 0, 1_200, 0)]);
    assert_eq!(gaps().await, full, "one week makes up for no other");
}
