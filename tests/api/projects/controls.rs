//! Project controls: earned value of a project and of the portfolio, and the curves over time.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{
    asks::{ask, change, column, new_project, project, refusals},
    performance::sent_back,
};
use crate::time::asks::{approve, logged, set, shared_project, submit};

const DAY: Duration = Duration::from_secs(86_400);

/// Everything about earned value.
const VALUE: &str = "tasks unestimatedTasks undatedTasks unratedMinutes
  work { budgetAtCompletion plannedValue earnedValue actualCost scheduleVariance costVariance spi cpi
    estimateToComplete estimateAtCompletion varianceAtCompletion tcpi }
  money { budgetAtCompletion { amount currency } plannedValue { amount } earnedValue { amount } actualCost { amount }
    scheduleVariance { amount } costVariance { amount } spi cpi estimateToComplete { amount }
    estimateAtCompletion { amount } varianceAtCompletion { amount } tcpi }";

async fn value(who: &Actor, project: &str) -> Value {
    let query = format!("query($id: ID!) {{ project(id: $id) {{ earnedValue {{ {VALUE} }} }} }}");
    who.run(&query, json!({ "id": project })).await.expect_ok().data("project.earnedValue").clone()
}

async fn task(who: &Actor, project: &str, title: &str, rest: Value) -> String {
    let mut input = json!({ "projectId": project, "title": title });
    input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    change(who, "createTask", input, "task { id }").await.expect_ok().text("createTask.task.id")
}

async fn put(who: &Actor, project: &str, task: &str, heading: &str) {
    let to = column(who, project, heading).await;
    change(who, "moveTask", json!({ "id": task, "columnId": to }), "task { id }").await.expect_ok();
}

/// A project of two weeks from Monday the 2nd with four tasks of which one has a part, on its third evening.
pub(super) async fn planned(world: &World) -> (Actor, String) {
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Controlled").await;
    let input = json!({
        "id": id, "estimatedStart": "2026-03-02", "estimatedEnd": "2026-03-13",
        "budget": { "amount": "1000000", "currency": "EUR" },
    });
    change(&manager, "updateProject", input, "project { id }").await.expect_ok();
    let rate = json!({ "projectId": id, "validFrom": "2026-01-01", "amount": { "amount": "10000", "currency": "EUR" } });
    change(&acme.owner(), "setBillRate", rate, "billRate { id }").await.expect_ok();
    let days = |estimate: i64, start: &str, due: &str| json!({ "estimateMinutes": estimate, "startOn": start, "dueOn": due });
    let done = task(&manager, &id, "Done", days(480, "2026-03-02", "2026-03-02")).await;
    let begun = task(&manager, &id, "Begun", days(960, "2026-03-03", "2026-03-04")).await;
    task(&manager, &id, "Somewhen", json!({ "estimateMinutes": 480 })).await;
    let whole = task(&manager, &id, "Whole", json!({ "estimateMinutes": 99_999 })).await;
    let part =
        json!({ "estimateMinutes": 480, "startOn": "2026-03-12", "dueOn": "2026-03-13", "parentId": whole });
    task(&manager, &id, "Part", part).await;
    put(&manager, &id, &done, "Done").await;
    put(&manager, &id, &begun, "In progress").await;
    let remains = json!({ "id": begun, "remainingMinutes": 720 });
    change(&manager, "updateTask", remains, "task { id }").await.expect_ok();
    logged(&manager, &id, "2026-03-02", 600).await;
    set(world, "2026-03-04T21:00:00Z");
    (manager, id)
}

// keeps: PR-15
#[tokio::test]
async fn earned_value_follows_its_formulas() {
    let world = World::new().await;
    let (manager, id) = planned(&world).await;
    let value = value(&manager, &id).await;
    // PV: 480 + 960 + three of ten days of 480. EV: 480 and a quarter of 960. 600 minutes at 100.00 an hour.
    let work = json!({
        "budgetAtCompletion": 2_400, "plannedValue": 1_584, "earnedValue": 720, "actualCost": 600,
        "scheduleVariance": -864, "costVariance": 120, "spi": 0.4545, "cpi": 1.2,
        "estimateToComplete": 1_400, "estimateAtCompletion": 2_000, "varianceAtCompletion": 400, "tcpi": 0.9333,
    });
    assert_eq!(value["work"], work);
    let amount = |minor: i64| json!({ "amount": minor.to_string() });
    let money = json!({
        "budgetAtCompletion": { "amount": "1000000", "currency": "EUR" },
        "plannedValue": amount(660_000), "earnedValue": amount(300_000), "actualCost": amount(100_000),
        "scheduleVariance": amount(-360_000), "costVariance": amount(200_000), "spi": 0.4545, "cpi": 3.0,
        "estimateToComplete": amount(233_333), "estimateAtCompletion": amount(333_333),
        "varianceAtCompletion": amount(666_667), "tcpi": 0.7778,
    });
    assert_eq!(value["money"], money);
    let counts =
        ["tasks", "unestimatedTasks", "undatedTasks", "unratedMinutes"].map(|name| value[name].as_i64());
    assert_eq!(counts, [Some(4), Some(0), Some(0), Some(0)], "a task with subtasks counts through these");
}

// keeps: PR-12, PR-15
#[tokio::test]
async fn baseline_keeps_what_ought_to_be_done() {
    let world = World::new().await;
    let (manager, id) = planned(&world).await;
    let before = value(&manager, &id).await;
    let query = "query($id: ID!) { project(id: $id) { earnedValue { addedTasks baselineId }
      tasks(first: 9) { nodes { id title } } earnedValueCurve { on plannedValue } } }";
    let read = async || manager.run(query, json!({ "id": id })).await.expect_ok();
    let first = read().await;
    assert_eq!(first.data("project.earnedValue"), &json!({ "addedTasks": 4, "baselineId": null }));
    let kept = json!({ "projectId": id, "name": "As agreed" });
    let kept = change(&manager, "createBaseline", kept, "baseline { id }").await.expect_ok();
    let base = value(&manager, &id).await;
    assert_eq!(base["work"]["budgetAtCompletion"], before["work"]["budgetAtCompletion"]);
    // What nobody had planned for any day, three tenths of 480 until now, is planned for tomorrow by the schedule.
    assert_eq!(base["work"]["plannedValue"], 1_584 - 144);
    let tasks = first.list("project.tasks.nodes");
    let of = |title: &str| tasks.iter().find(|task| task["title"] == title).unwrap()["id"].clone();
    let later =
        json!({ "id": of("Part"), "startOn": "2026-06-01", "dueOn": "2026-06-05", "estimateMinutes": 9_999 });
    change(&manager, "updateTask", later, "task { id }").await.expect_ok();
    assert_eq!(value(&manager, &id).await, base, "planned anew, it ought to be done all the same");
    let added = json!({ "estimateMinutes": 600, "startOn": "2026-03-04", "dueOn": "2026-03-04" });
    task(&manager, &id, "Added", added).await;
    let after = value(&manager, &id).await;
    assert_eq!(after["work"]["budgetAtCompletion"], 2_400 + 600, "what came later counts as it is planned");
    assert_eq!(after["work"]["plannedValue"], 1_440 + 600);
    let second = read().await;
    let told = json!({ "addedTasks": 1, "baselineId": kept.text("createBaseline.baseline.id") });
    assert_eq!(second.data("project.earnedValue"), &told);
    let ends = |answer: &Answer| answer.list("project.earnedValueCurve").last().cloned().unwrap();
    assert_eq!(
        (ends(&first)["on"].clone(), 3_000),
        (ends(&second)["on"].clone(), ends(&second)["plannedValue"].as_i64().unwrap())
    );
}

// keeps: PR-15, PR-25
#[tokio::test]
async fn actual_cost_is_the_same_before_and_after_approval() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, id) = planned(&world).await;
    let before = value(&manager, &id).await;
    submit(&manager, "2026-03-02").await.expect_ok();
    let entries = "query($id: ID!) { project(id: $id) { timeEntries(first: 5) { nodes { id } } } }";
    let entries =
        acme.owner().run(entries, json!({ "id": id })).await.expect_ok().ids("project.timeEntries.nodes");
    approve(&acme.owner(), &entries.iter().map(String::as_str).collect::<Vec<_>>()).await.expect_ok();
    let used = "query($id: ID!) { project(id: $id) { figures { budgetUse { amount { amount } } } } }";
    let used = manager.run(used, json!({ "id": id })).await.expect_ok();
    assert_eq!(used.text("project.figures.budgetUse.amount.amount"), "100000");
    assert_eq!(value(&manager, &id).await, before);
}

// keeps: PR-15
#[tokio::test]
async fn project_without_estimates_dates_or_budget_has_no_indices() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "Bare").await;
    let empty = value(&manager, &id).await;
    assert_eq!(empty["tasks"], 0);
    assert!(
        empty["money"].is_null() && empty["work"]["spi"].is_null() && empty["work"]["cpi"].is_null(),
        "{empty}"
    );
    task(&manager, &id, "Bare", json!({})).await;
    logged(&manager, &id, "2026-03-02", 60).await;
    let bare = value(&manager, &id).await;
    assert_eq!((&bare["unestimatedTasks"], &bare["undatedTasks"]), (&json!(1), &json!(1)));
    assert_eq!((&bare["work"]["actualCost"], &bare["work"]["cpi"]), (&json!(60), &json!(0.0)));
    assert_eq!(bare["unratedMinutes"], 0, "without a budget in money nobody asks what time is worth");
}

// keeps: PR-15, ID-22
#[tokio::test]
async fn money_and_hours_of_a_project_are_for_those_who_read_budgets() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = project(&acme, 1).await;
    let query = "query($id: ID!) { project(id: $id) { code earnedValue { tasks } earnedValueCurve { on }
      burn { on } healthReport { score } health } }";
    let of = |names: &[&str]| {
        names.iter().map(|name| (format!("project.{name}"), "FORBIDDEN".to_owned())).collect::<Vec<_>>()
    };
    for (who, refused) in [
        (acme.manager(), of(&[])),
        (acme.accountant(), of(&[])),
        (acme.developer(), of(&["earnedValue", "earnedValueCurve"])),
        (acme.viewer(), of(&["earnedValue", "earnedValueCurve"])),
        (acme.client(), of(&["burn", "earnedValue", "earnedValueCurve", "healthReport"])),
    ] {
        let answer = who.run(query, json!({ "id": id })).await;
        assert_eq!(refusals(&answer), refused, "{answer}");
        let client = who.email() == acme.client().email();
        assert_eq!(
            answer.data("project.health").is_null(),
            client,
            "a client never sees how well it goes\n{answer}"
        );
    }
    world.agency("globex").owner().run(query, json!({ "id": id })).await.expect_code("NOT_FOUND");
}

async fn curve(who: &Actor, project: &str, arguments: &str) -> Answer {
    let query = format!(
        "query($id: ID!) {{ project(id: $id) {{
          burn({arguments}) {{ on scopeTasks doneTasks remainingTasks scopeMinutes doneMinutes remainingMinutes
            idealMinutes }}
          earnedValueCurve({arguments}) {{ on plannedValue earnedValue actualCost }} }} }}"
    );
    who.run(&query, json!({ "id": project })).await
}

// keeps: PR-15
#[tokio::test]
async fn curves_tell_each_day_and_end_at_the_earned_value() {
    let world = World::new().await;
    let (manager, id) = planned(&world).await;
    let late =
        task(&manager, &id, "Late idea", json!({ "estimateMinutes": 60, "dueOn": "2026-03-05" })).await;
    world.clock.advance(DAY);
    put(&manager, &id, &late, "Done").await;
    world.clock.advance(DAY);
    change(&manager, "archiveTask", json!({ "id": late }), "task { id }").await.expect_ok();
    let answer = curve(&manager, &id, "step: DAY, from: \"2026-03-01\"").await.expect_ok();
    let burn = answer.list("project.burn");
    let days: Vec<&str> = burn.iter().map(|point| point["on"].as_str().unwrap()).collect();
    assert_eq!((days.first(), days.last(), days.len()), (Some(&"2026-03-01"), Some(&"2026-03-13"), 13));
    let point = |on: &str| burn.iter().find(|point| point["on"] == on).unwrap();
    let counts = |on: &str| {
        let names =
            ["scopeTasks", "doneTasks", "remainingTasks", "scopeMinutes", "doneMinutes", "remainingMinutes"];
        names.map(|name| point(on)[name].as_i64())
    };
    assert_eq!(counts("2026-03-01"), [0; 6].map(Some), "before anything was made");
    assert_eq!(counts("2026-03-02"), [4, 1, 3, 2_400, 480, 1_920].map(Some));
    assert_eq!(counts("2026-03-04"), [5, 1, 4, 2_460, 480, 1_980].map(Some));
    assert_eq!(counts("2026-03-05"), [5, 2, 3, 2_460, 540, 1_920].map(Some));
    assert_eq!(counts("2026-03-06"), [4, 1, 3, 2_400, 480, 1_920].map(Some), "what is archived is gone");
    assert_eq!(counts("2026-03-07"), [None; 6], "nobody knows what is to come");
    let ideal = ["2026-03-01", "2026-03-02", "2026-03-06", "2026-03-08", "2026-03-13"];
    let ideal = ideal.map(|on| point(on)["idealMinutes"].as_i64().unwrap());
    assert_eq!(ideal, [2_400, 2_160, 1_200, 1_200, 0], "ten working days");
    let values = answer.list("project.earnedValueCurve");
    let value_of = |on: &str| values.iter().find(|point| point["on"] == on).unwrap();
    let today = value(&manager, &id).await;
    let last = value_of("2026-03-06");
    for name in ["plannedValue", "earnedValue", "actualCost"] {
        assert_eq!(last[name], today["work"][name], "{name}");
    }
    assert_eq!(value_of("2026-03-02")["earnedValue"], 480);
    assert_eq!(value_of("2026-03-13")["plannedValue"], 2_400);
    assert!(
        value_of("2026-03-13")["earnedValue"].is_null() && value_of("2026-03-13")["actualCost"].is_null()
    );
}

// keeps: PR-15
#[tokio::test]
async fn curves_of_wrong_or_too_many_days_are_refused() {
    let world = World::new().await;
    let (manager, id) = planned(&world).await;
    let backwards = curve(&manager, &id, "from: \"2026-03-05\", to: \"2026-03-04\"").await;
    let codes: Vec<&str> =
        backwards.errors().iter().map(|error| error["extensions"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["INVALID", "INVALID"]);
    backwards.expect_field("to", "end_before_start");
    curve(&manager, &id, "step: DAY, from: \"2020-01-01\"").await.expect_field("from", "too_many_points");
    let leap =
        curve(&manager, &id, "step: MONTH, from: \"2028-02-01\", to: \"2028-03-31\"").await.expect_ok();
    assert_eq!(
        leap.each("project.burn", "on"),
        [json!("2028-02-01"), json!("2028-02-29"), json!("2028-03-31")]
    );
}

const PORTFOLIO: &str = "query($filter: ProjectFilter) { portfolio(filter: $filter) { projects
  byStatus { status projects } health { scored average atRisk } overdueTasks
  work { budgetAtCompletion plannedValue earnedValue actualCost estimateAtCompletion spi }
  money { budgetAtCompletion { amount currency } plannedValue { amount } earnedValue { amount } actualCost { amount } } } }";

// keeps: PR-15, PR-17
#[tokio::test]
async fn portfolio_is_the_sum_of_its_projects() {
    let world = World::new().await;
    let acme = world.agency("acme");
    planned(&world).await;
    let owner = acme.owner();
    let each = ask(
        &owner,
        "{ projects(first: 100) { nodes { earnedValue {
      work { budgetAtCompletion plannedValue earnedValue actualCost }
      money { budgetAtCompletion { amount currency } plannedValue { amount } earnedValue { amount }
        actualCost { amount } } } } } }",
    )
    .await
    .expect_ok();
    let whole = owner.run(PORTFOLIO, json!({})).await.expect_ok();
    let projects = each.list("projects.nodes");
    assert_eq!(whole.number("portfolio.projects"), projects.len() as i64);
    for name in ["budgetAtCompletion", "plannedValue", "earnedValue", "actualCost"] {
        let sum: i64 = projects.iter().map(|node| node["earnedValue"]["work"][name].as_i64().unwrap()).sum();
        assert_eq!(whole.number(&format!("portfolio.work.{name}")), sum, "{name}");
        for money in whole.list("portfolio.money") {
            let currency = &money["budgetAtCompletion"]["currency"];
            let of = projects.iter().map(|node| &node["earnedValue"]["money"]);
            let of = of.filter(|money| money["budgetAtCompletion"]["currency"] == *currency);
            let minor = |money: &Value| money[name]["amount"].as_str().unwrap().parse::<i64>().unwrap();
            assert_eq!(minor(money), of.map(minor).sum::<i64>(), "{name} in {currency}");
        }
    }
    assert!(!whole.list("portfolio.money").is_empty());
    let by_status: i64 =
        whole.each("portfolio.byStatus", "projects").iter().map(|count| count.as_i64().unwrap()).sum();
    assert_eq!(by_status, projects.len() as i64);
    let one = owner.run(PORTFOLIO, json!({ "filter": { "search": "Controlled" } })).await.expect_ok();
    assert_eq!((one.number("portfolio.projects"), one.number("portfolio.work.plannedValue")), (1, 1_584));
    one.expect_statements(12);
}

// keeps: PR-15, PR-17
#[tokio::test]
async fn portfolio_counts_what_its_viewer_may_see_and_nothing_else() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (_, id) = planned(&world).await;
    let dev = acme.developer();
    let hidden = dev.run(PORTFOLIO, json!({ "filter": { "ids": [id] } })).await;
    assert_eq!(hidden.data("portfolio.projects"), &json!(0), "{hidden}");
    let refused = dev.run(PORTFOLIO, json!({})).await;
    assert_eq!(
        refusals(&refused),
        [
            ("portfolio.money".to_owned(), "FORBIDDEN".to_owned()),
            ("portfolio.work".to_owned(), "FORBIDDEN".to_owned())
        ]
    );
    acme.client().run(PORTFOLIO, json!({})).await.expect_code("FORBIDDEN");
    let other = world.agency("globex").owner().run(PORTFOLIO, json!({})).await.expect_ok();
    let mine = acme.owner().run(PORTFOLIO, json!({})).await.expect_ok();
    assert_eq!(mine.number("portfolio.projects"), other.number("portfolio.projects") + 1);
    let wrong = acme.owner().run(PORTFOLIO, json!({ "filter": { "or": [{ "archived": true }] } })).await;
    wrong.expect_field("filter.or.0.archived", "not_in_or");
}

// keeps: PR-15, PR-17
#[tokio::test]
async fn time_that_was_sent_back_costs_nothing() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), acme.developer());
    let id = shared_project(&acme, "Sent back").await;
    let input = json!({ "id": id, "budget": { "amount": "1000000", "currency": "EUR" } });
    change(&manager, "updateProject", input, "project { id }").await.expect_ok();
    let rate = json!({ "projectId": id, "validFrom": "2026-01-01", "amount": { "amount": "10000", "currency": "EUR" } });
    change(&acme.owner(), "setBillRate", rate, "billRate { id }").await.expect_ok();
    let work = task(&manager, &id, "Work", json!({ "estimateMinutes": 480 })).await;
    logged(&dev, &id, "2026-03-02", 60).await;
    sent_back(&dev, &manager, &work).await;
    let query = "query($id: ID!) { project(id: $id) { figures { budgetUse { minutes } }
      earnedValueCurve(step: MONTH) { actualCost }
      earnedValue { work { actualCost } money { actualCost { amount } } } } }";
    let told = manager.run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(told.number("project.figures.budgetUse.minutes"), 60, "{told}");
    let expected = json!({ "work": { "actualCost": 60 }, "money": { "actualCost": { "amount": "10000" } } });
    assert_eq!(*told.data("project.earnedValue"), expected);
    assert_eq!(told.each("project.earnedValueCurve", "actualCost").last(), Some(&json!(60)));
}
