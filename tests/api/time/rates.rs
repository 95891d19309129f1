//! Rates: where they are written, which holds, and that an approval fixes it.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{approve, log, logged, read_rates, shared_project, submit};
use crate::projects::asks::{change, new_member, new_project, new_task, person, project};

fn euros(cents: i64) -> Value {
    json!({ "amount": cents.to_string(), "currency": "EUR" })
}

async fn set_bill(who: &Actor, mut place: Value, cents: i64, from: &str) -> Answer {
    place["validFrom"] = json!(from);
    place["amount"] = euros(cents);
    change(who, "setBillRate", place, "billRate { id level version amount { amount } }").await
}

async fn set_cost(who: &Actor, mut place: Value, cents: i64) -> Answer {
    place["validFrom"] = json!("2026-01-01");
    place["amount"] = euros(cents);
    change(who, "setCostRate", place, "costRate { id level }").await
}

/// What an hour of an entry is billed at, and where that is written.
async fn billed(who: &Actor, id: &str) -> (String, String, bool) {
    let query =
        "query($id: ID!) { timeEntry(id: $id) { billRate { amount { amount } source fixed explanation } } }";
    let answer = who.run(query, json!({ "id": id })).await.expect_ok();
    let rate = answer.data("timeEntry.billRate");
    assert!(rate["explanation"].as_str().unwrap().ends_with('.'));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&rate["amount"]["amount"]), text(&rate["source"]), rate["fixed"] == true)
}

// keeps: PR-24
#[tokio::test]
async fn nearest_rate_holds_and_says_where_it_is_written() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), acme.developer());
    let account = crate::projects::asks::account(&acme, 1).await;
    let input = json!({ "name": "Rated", "accountId": account });
    let id = change(&owner, "createProject", input, "project { id }").await.expect_ok();
    let id = id.text("createProject.project.id");
    let user = person(&acme, "dev").await;
    new_member(&owner, &id, &user).await;
    let task = new_task(&owner, &id, "Rated").await;
    let kind = change(&owner, "createActivityType", json!({ "name": "Design" }), "activityType { id }").await;
    let kind = kind.expect_ok().text("createActivityType.activityType.id");
    let entry = log(&dev, json!({ "taskId": task, "activityTypeId": kind, "minutes": 60 })).await.expect_ok();
    let entry = entry.text("createTimeEntry.timeEntries.0.id");
    assert!(read_rates(&owner, &entry).await.expect_ok().data("timeEntry.billRate").is_null());
    let places = [
        ("TENANT", json!({})),
        ("ACCOUNT", json!({ "accountId": account })),
        ("PERSON", json!({ "userId": user })),
        ("ACTIVITY", json!({ "activityTypeId": kind })),
        ("PROJECT", json!({ "projectId": id })),
        ("PROJECT_ACTIVITY", json!({ "projectId": id, "activityTypeId": kind })),
        ("MEMBER", json!({ "projectId": id, "userId": user })),
        ("TASK", json!({ "taskId": task })),
    ];
    for (step, (level, place)) in (1..).zip(places) {
        let set = set_bill(&owner, place, step * 1_000, "2026-01-01").await.expect_ok();
        assert_eq!(set.text("setBillRate.billRate.level"), level);
        assert_eq!(billed(&owner, &entry).await, ((step * 1_000).to_string(), level.to_owned(), false));
    }
    let own = json!({ "id": entry, "rate": euros(9_999) });
    change(&owner, "setTimeEntryRate", own, "timeEntry { id }").await.expect_ok();
    assert_eq!(billed(&owner, &entry).await, ("9999".to_owned(), "ENTRY".to_owned(), false));
}

// keeps: PR-24
#[tokio::test]
async fn rate_at_a_place_on_the_team_holds_until_a_dated_one_is_written() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Placed").await;
    let user = person(&acme, "dev").await;
    let member = json!({ "projectId": id, "userId": user, "billRate": euros(7_000) });
    change(&manager, "addProjectMember", member, "member { id }").await.expect_ok();
    set_bill(&manager, json!({ "projectId": id }), 5_000, "2026-01-01").await.expect_ok();
    let entry = logged(&acme.developer(), &id, "2026-02-27", 60).await;
    assert_eq!(billed(&manager, &entry).await.0, "7000");
    let place = json!({ "projectId": id, "userId": user });
    set_bill(&manager, place.clone(), 8_000, "2026-02-28").await.expect_ok();
    assert_eq!(billed(&manager, &entry).await.0, "7000", "it begins a day later");
    set_bill(&manager, place, 9_000, "2026-02-27").await.expect_ok();
    assert_eq!(billed(&manager, &entry).await.0, "9000");
}

// keeps: PR-24
#[tokio::test]
async fn approval_fixes_rates_whatever_changes_later() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), acme.developer());
    let id = shared_project(&acme, "Fixed").await;
    let user = person(&acme, "dev").await;
    set_bill(&owner, json!({ "projectId": id }), 10_000, "2026-01-01").await.expect_ok();
    set_cost(&owner, json!({}), 3_000).await.expect_ok();
    set_cost(&owner, json!({ "userId": user }), 4_000).await.expect_ok();
    let entry = logged(&dev, &id, "2026-02-27", 90).await;
    submit(&dev, "2026-02-23").await.expect_ok();
    approve(&acme.manager(), &[&entry]).await.expect_ok();
    let fixed = read_rates(&owner, &entry).await.expect_ok();
    let cost = json!({
        "amount": euros(4_000), "source": "PERSON", "explanation": "The rate of the person.", "fixed": true,
    });
    assert_eq!(*fixed.data("timeEntry.costRate"), cost);
    assert_eq!(*fixed.data("timeEntry.billRate.amount"), euros(10_000));
    let again = set_bill(&owner, json!({ "projectId": id }), 20_000, "2026-01-01").await.expect_ok();
    assert_eq!(again.number("setBillRate.billRate.version"), 2, "the same place and day is the same rate");
    set_cost(&owner, json!({ "projectId": id, "userId": user }), 9_000).await.expect_ok();
    let rate = again.text("setBillRate.billRate.id");
    change(&owner, "deleteBillRate", json!({ "id": rate }), "id").await.expect_ok();
    assert_eq!(read_rates(&owner, &entry).await.body, fixed.body);
    let own = json!({ "id": entry, "rate": euros(1) });
    change(&owner, "setTimeEntryRate", own, "timeEntry { id }").await.expect_code("CONFLICT");
}

// keeps: PR-24
#[tokio::test]
async fn rates_are_for_managers_and_costs_for_fewer_still() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev, manager) = (acme.owner(), acme.developer(), acme.manager());
    let id = shared_project(&acme, "Guarded").await;
    set_bill(&owner, json!({ "projectId": id }), 10_000, "2026-01-01").await.expect_ok();
    set_bill(&owner, json!({}), 9_000, "2026-01-01").await.expect_ok();
    set_cost(&owner, json!({}), 3_000).await.expect_ok();
    let entry = logged(&dev, &id, "2026-02-27", 90).await;
    let codes = async |who: &Actor| {
        let answer = read_rates(who, &entry).await;
        let refused: Vec<String> =
            answer.errors().iter().map(|error| error["path"][1].as_str().unwrap().to_owned()).collect();
        refused
    };
    assert_eq!(codes(&owner).await, [""; 0]);
    assert_eq!(codes(&acme.accountant()).await, [""; 0]);
    assert_eq!(codes(&manager).await, ["costRate"]);
    assert_eq!(codes(&dev).await, ["billRate", "costRate"]);
    let count = async |who: &Actor, list: &str| {
        let answer = who.run(&format!("{{ {list}(first: 10) {{ totalCount }} }}"), json!({})).await;
        answer.code().map_or_else(|| answer.number(&format!("{list}.totalCount")), |_| -1)
    };
    assert_eq!(count(&owner, "billRates").await, 2);
    assert_eq!(count(&manager, "billRates").await, 1, "the agency's rate is not the manager's to see");
    assert_eq!(count(&manager, "costRates").await, -1);
    assert_eq!(count(&dev, "billRates").await, -1);
    assert_eq!(count(&acme.client(), "billRates").await, -1);
    set_bill(&manager, json!({ "projectId": id }), 11_000, "2026-02-01").await.expect_ok();
    set_bill(&manager, json!({}), 11_000, "2026-02-01").await.expect_code("FORBIDDEN");
    set_cost(&manager, json!({}), 1).await.expect_code("FORBIDDEN");
    set_bill(&dev, json!({ "projectId": id }), 1, "2026-02-01").await.expect_code("FORBIDDEN");
}

// keeps: PR-24
#[tokio::test]
async fn rate_that_makes_no_sense_is_refused() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let id = new_project(&owner, "Wrong").await;
    let user = person(&acme, "dev").await;
    let task = new_task(&owner, &id, "Wrong").await;
    let from = "2026-01-01";
    set_bill(&owner, json!({}), -1, from).await.expect_field("amount.amount", "negative");
    let both = json!({ "taskId": task, "projectId": id });
    set_bill(&owner, both, 1, from).await.expect_field("taskId", "bad_place");
    let account = crate::projects::asks::account(&acme, 1).await;
    let two = json!({ "accountId": account, "userId": user });
    set_bill(&owner, two, 1, from).await.expect_field("accountId", "bad_place");
    set_cost(&owner, json!({ "projectId": id }), 1).await.expect_field("userId", "bad_place");
    let client = person(&acme, "client").await;
    set_bill(&owner, json!({ "userId": client }), 1, from).await.expect_field("userId", "not_staff");
    let foreign = project(&world.agency("globex"), 1).await;
    set_bill(&owner, json!({ "projectId": foreign }), 1, from).await.expect_code("NOT_FOUND");
    let zero = set_bill(&owner, json!({}), 0, from).await.expect_ok();
    assert_eq!(zero.text("setBillRate.billRate.amount.amount"), "0", "nothing is a rate, too");
}

// keeps: PR-24, PR-25
#[tokio::test]
async fn time_approved_without_a_rate_is_found_and_gets_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev, manager) = (acme.owner(), acme.developer(), acme.manager());
    let id = shared_project(&acme, "Unrated").await;
    let entry = logged(&dev, &id, "2026-02-23", 60).await;
    submit(&dev, "2026-02-23").await.expect_ok();
    approve(&manager, &[&entry]).await.expect_ok();
    let find = async |who: &Actor, filter: Value| {
        let query = "query($f: TimeEntryFilter) { timeEntries(filter: $f) { nodes { id } } }";
        who.run(query, json!({ "f": filter })).await
    };
    let lost = json!({ "status": ["APPROVED"], "billable": true, "rated": false, "claimed": false });
    assert_eq!(
        find(&manager, lost.clone()).await.expect_ok().ids("timeEntries.nodes"),
        std::slice::from_ref(&entry)
    );
    find(&dev, lost.clone()).await.expect_code("FORBIDDEN");
    let set = async |who: &Actor, rate: Value| {
        change(who, "setTimeEntryRate", json!({ "id": entry, "rate": rate }), "timeEntry { id }").await
    };
    set(&manager, Value::Null).await.expect_code("CONFLICT");
    set(&dev, euros(6_000)).await.expect_code("FORBIDDEN");
    set(&manager, euros(6_000)).await.expect_ok();
    assert_eq!(billed(&owner, &entry).await, ("6000".to_owned(), "ENTRY".to_owned(), true));
    set(&manager, euros(7_000)).await.expect_code("CONFLICT");
    assert!(find(&manager, lost).await.expect_ok().ids("timeEntries.nodes").is_empty());
    let claimed = json!({ "claimed": true });
    assert!(find(&manager, claimed).await.expect_ok().ids("timeEntries.nodes").is_empty());
}
