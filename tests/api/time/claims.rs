//! What is offered for billing: approved billable time, once.

use std::collections::BTreeSet;

use futures::future::join_all;
use kernel::{
    Error,
    id::{ProjectId, TimeClaimId},
    money::{Currency, Money},
    viewer::Viewer,
};
use projects::time::claim::{Claimed, Wanted, claim, release};
use serde_json::{Value, json};
use tests::World;

use super::asks::{approve, arrange, log, logged, platform, read_entry, shared_project, submit};
use crate::projects::asks::change;

async fn take(world: &World, viewer: &Viewer, wanted: &Wanted) -> kernel::Result<Option<Claimed>> {
    viewer.act(&world.db, "test.claim", async |act| claim(act, wanted).await).await
}

async fn give_back(world: &World, viewer: &Viewer, id: TimeClaimId) -> kernel::Result<()> {
    viewer.act(&world.db, "test.release", async |act| release(act, id).await).await
}

fn of(project: &str) -> Wanted {
    Wanted { projects: Some(vec![project.parse::<ProjectId>().unwrap()]), ..Wanted::default() }
}

/// A project with a rate of a hundred euros and so many approved entries of these minutes, on days of one week.
async fn worked(world: &World, entries: &[(&str, i64)]) -> (String, Vec<String>) {
    let acme = world.agency("acme");
    let (dev, project) = (acme.developer(), shared_project(&acme, "Billed").await);
    let rate = json!({ "projectId": project, "validFrom": "2026-01-01", "amount": { "amount": "10000", "currency": "EUR" } });
    change(&acme.owner(), "setBillRate", rate, "billRate { id }").await.expect_ok();
    let mut ids = Vec::new();
    for (day, minutes) in entries {
        ids.push(logged(&dev, &project, day, *minutes).await);
    }
    if ids.is_empty() {
        return (project, ids);
    }
    submit(&dev, "2026-02-23").await.expect_ok();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    approve(&acme.manager(), &all).await.expect_ok();
    (project, ids)
}

// keeps: PR-25
#[tokio::test]
async fn sixteen_who_claim_at_once_get_each_entry_once() {
    let world = World::new().await;
    let days = ["2026-02-23", "2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27"];
    let entries: Vec<(&str, i64)> = days.iter().flat_map(|day| [(*day, 30), (*day, 45)]).collect();
    let (project, ids) = worked(&world, &entries).await;
    let viewer = platform(&world, "acme").await;
    let wanted: Vec<Wanted> = (0..16)
        .map(|place| match place % 2 {
            0 => of(&project),
            _ => Wanted { entries: Some(vec![ids[place / 2].parse().unwrap()]), ..Wanted::default() },
        })
        .collect();
    let takers = wanted.iter().map(async |wanted| {
        loop {
            match take(&world, &viewer, wanted).await {
                // Reason: whoever is told that the database is busy tries again, as a flow's caller does.
                Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                done => break done.unwrap(),
            }
        }
    });
    let claims: Vec<Claimed> = join_all(takers).await.into_iter().flatten().collect();
    let mut taken: Vec<String> =
        claims.iter().flat_map(|claim| claim.lines.iter().map(|line| line.entry.to_string())).collect();
    taken.sort();
    let mut expected = ids.clone();
    expected.sort();
    assert_eq!(taken, expected, "each entry once");
    assert_eq!(world.counts().await["projects_time_claims"], i64::try_from(claims.len()).unwrap());
    assert_eq!(take(&world, &viewer, &of(&project)).await.unwrap(), None, "nothing is left");
}

// keeps: PR-25
#[tokio::test]
async fn only_approved_billable_time_with_a_rate_is_offered() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (project, ids) = worked(&world, &[("2026-02-23", 90)]).await;
    let dev = acme.developer();
    logged(&dev, &project, "2026-03-02", 30).await;
    let free = json!({ "projectId": project, "spentOn": "2026-03-02", "minutes": 15, "billable": false });
    let free = log(&dev, free).await.expect_ok().text("createTimeEntry.timeEntries.0.id");
    submit(&dev, "2026-03-02").await.expect_ok();
    approve(&acme.manager(), &[&free]).await.expect_ok();
    let viewer = platform(&world, "acme").await;
    let claimed = take(&world, &viewer, &of(&project)).await.unwrap().unwrap();
    let line = &claimed.lines[0];
    assert_eq!(claimed.lines.len(), 1);
    assert_eq!((line.entry.to_string(), line.worked, line.billed), (ids[0].clone(), 90, 90));
    assert_eq!(
        (line.rate, line.amount),
        (Money::new(10_000, Currency::EUR), Money::new(15_000, Currency::EUR))
    );
    assert_eq!(*read_entry(&dev, &ids[0]).await.data("timeEntry.claimed"), json!(true));
    let other = platform(&world, "globex").await;
    assert_eq!(take(&world, &other, &Wanted::default()).await.unwrap(), None);
    assert!(matches!(give_back(&world, &other, claimed.id).await, Err(Error::NotFound(_))));
}

// keeps: PR-25
#[tokio::test]
async fn void_bill_gives_its_time_back_once() {
    let world = World::new().await;
    let (project, ids) = worked(&world, &[("2026-02-23", 90), ("2026-02-24", 30)]).await;
    let viewer = platform(&world, "acme").await;
    let through = Wanted { through: "2026-02-23".parse().ok(), ..of(&project) };
    let first = take(&world, &viewer, &through).await.unwrap().unwrap();
    assert_eq!(first.lines.len(), 1);
    give_back(&world, &viewer, first.id).await.unwrap();
    assert!(matches!(give_back(&world, &viewer, first.id).await, Err(Error::Conflict { .. })));
    let again = take(&world, &viewer, &of(&project)).await.unwrap().unwrap();
    let taken: BTreeSet<String> = again.lines.iter().map(|line| line.entry.to_string()).collect();
    assert_eq!(taken, ids.into_iter().collect());
}

// keeps: PR-25
#[tokio::test]
async fn billed_time_is_rounded_as_the_agency_says_and_worked_time_stays() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let wrong = json!({ "roundingStep": 0, "minimumMinutes": 481, "timerHours": 25, "roundingMode": null });
    let wrong = arrange(&acme.owner(), wrong).await;
    for path in ["roundingStep", "minimumMinutes", "timerHours"] {
        assert_eq!(wrong.fields()[path], "out_of_range");
    }
    assert_eq!(wrong.fields()["roundingMode"], "required");
    let by_day = json!({ "roundingMode": "UP", "roundingStep": 60, "roundingScope": "DAY" });
    arrange(&acme.owner(), by_day).await.expect_ok();
    let (project, ids) =
        worked(&world, &[("2026-02-23", 20), ("2026-02-23", 30), ("2026-02-24", 61), ("2026-02-23", 15)])
            .await;
    let viewer = platform(&world, "acme").await;
    let some =
        Wanted { entries: Some(ids[..3].iter().map(|id| id.parse().unwrap()).collect()), ..of(&project) };
    let claimed = take(&world, &viewer, &some).await.unwrap().unwrap();
    let billed: Vec<(i64, i64)> = claimed.lines.iter().map(|line| (line.worked, line.billed)).collect();
    assert_eq!(billed, [(20, 24), (30, 36), (61, 120)]);
    let rest = take(&world, &viewer, &of(&project)).await.unwrap().unwrap();
    assert_eq!(rest.lines[0].billed, 60, "with these fifteen minutes the day's second hour has begun");
    let query = "query($id: ID!) { timeEntry(id: $id) { minutes billedMinutes } }";
    let seen = acme.manager().run(query, json!({ "id": ids[0] })).await.expect_ok();
    assert_eq!(*seen.data("timeEntry"), json!({ "minutes": 20, "billedMinutes": 24 }));
    let refused: Value = acme.developer().run(query, json!({ "id": ids[0] })).await.body;
    assert_eq!(refused["errors"][0]["path"][1], "billedMinutes");
}

// keeps: PR-25
#[tokio::test]
async fn billed_week_stays_as_it_is_when_it_is_opened_again() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (project, ids) = worked(&world, &[("2026-02-23", 90), ("2026-02-24", 30)]).await;
    let viewer = platform(&world, "acme").await;
    let one = Wanted { entries: Some(vec![ids[0].parse().unwrap()]), ..of(&project) };
    take(&world, &viewer, &one).await.unwrap().unwrap();
    let week = read_entry(&acme.owner(), &ids[0]).await.text("timeEntry.timesheet.id");
    let reopen = json!({ "id": week, "reason": "One more" });
    change(&acme.owner(), "reopenTimesheet", reopen.clone(), "timesheet { id }").await.expect_ok();
    assert_eq!(read_entry(&acme.owner(), &ids[0]).await.text("timeEntry.status"), "APPROVED");
    assert_eq!(read_entry(&acme.owner(), &ids[1]).await.text("timeEntry.status"), "DRAFT");
    submit(&acme.developer(), "2026-02-23").await.expect_ok();
    approve(&acme.manager(), &[&ids[1]]).await.expect_ok();
    take(&world, &viewer, &of(&project)).await.unwrap().unwrap();
    change(&acme.owner(), "reopenTimesheet", reopen, "timesheet { id }").await.expect_code("CONFLICT");
}

// keeps: PR-25
#[tokio::test]
async fn time_is_offered_only_where_the_work_is_billed_by_the_hour() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev) = (acme.owner(), acme.developer());
    let (project, _) = worked(&world, &[("2026-02-23", 60)]).await;
    let viewer = platform(&world, "acme").await;
    let billed_as = async |billing: &str| {
        let input = json!({ "id": project, "billingType": billing });
        change(&owner, "updateProject", input, "project { id }").await.expect_ok();
    };
    let usual = async |more: Value| {
        let mut input = json!({ "projectId": project, "spentOn": "2026-03-02", "minutes": 5 });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        log(&dev, input).await
    };
    for billing in ["FIXED_FEE", "RETAINER", "NON_BILLABLE"] {
        billed_as(billing).await;
        assert_eq!(take(&world, &viewer, &of(&project)).await.unwrap(), None, "{billing}");
        let written = usual(json!({})).await.expect_ok();
        assert_eq!(*written.data("createTimeEntry.timeEntries.0.billable"), json!(false), "{billing}");
    }
    usual(json!({ "billable": true })).await.expect_field("billable", "never_billed");
    let timer = json!({ "projectId": project, "billable": true });
    change(&dev, "startTimer", timer, "timer { id }").await.expect_field("billable", "never_billed");
    let plain = usual(json!({})).await.expect_ok().text("createTimeEntry.timeEntries.0.id");
    let turned = json!({ "id": plain, "billable": true });
    change(&dev, "updateTimeEntry", turned, "timeEntry { id }")
        .await
        .expect_field("billable", "never_billed");
    let cell = json!({ "projectId": project, "date": "2026-02-17", "minutes": 5, "billable": true });
    let cells = json!({ "weekStart": "2026-02-16", "cells": [cell] });
    let cells = change(&dev, "writeTimesheet", cells, "timeEntries { id }").await;
    cells.expect_field("cells.0.billable", "never_billed");
    billed_as("RETAINER").await;
    let beyond = usual(json!({ "billable": true })).await.expect_ok();
    assert_eq!(
        *beyond.data("createTimeEntry.timeEntries.0.billable"),
        json!(true),
        "beyond what is paid for"
    );
    billed_as("TIME_AND_MATERIALS").await;
    assert_eq!(take(&world, &viewer, &of(&project)).await.unwrap().unwrap().lines.len(), 1);
}

// keeps: PR-24, PR-25
#[tokio::test]
async fn highest_rate_and_longest_days_can_be_claimed_and_added_up() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let amount = |minor: i64| json!({ "amount": minor.to_string(), "currency": "EUR" });
    let most = projects::project::rules::RATE_MAX;
    let (project, _) = worked(&world, &[]).await;
    for (mutation, node) in [("setBillRate", "billRate"), ("setCostRate", "costRate")] {
        let rate = |minor| json!({ "validFrom": "2026-01-01", "amount": amount(minor) });
        let fields = format!("{node} {{ id }}");
        change(&owner, mutation, rate(most + 1), &fields).await.expect_field("amount.amount", "too_large");
        change(&owner, mutation, rate(most), &fields).await.expect_ok();
    }
    let user = crate::projects::asks::person(&acme, "sales").await;
    let member = |minor| json!({ "projectId": project, "userId": user, "billRate": amount(minor) });
    let add = async |minor| change(&owner, "addProjectMember", member(minor), "member { id }").await;
    add(most + 1).await.expect_field("billRate.amount", "too_large");
    add(i64::MAX).await.expect_field("billRate.amount", "too_large");
    let budget = json!({ "id": project, "budget": amount(most) });
    change(&owner, "updateProject", budget, "project { id }").await.expect_ok();
    let dev = acme.developer();
    let mut ids = Vec::new();
    for day in ["2026-02-23", "2026-02-24", "2026-02-25", "2026-02-26"] {
        ids.push(logged(&dev, &project, day, 1_440).await);
        let over = json!({ "id": ids.last(), "rate": amount(most + 1) });
        let refused = change(&owner, "setTimeEntryRate", over, "timeEntry { id }").await;
        refused.expect_field("rate.amount", "too_large");
        let own = json!({ "id": ids.last(), "rate": amount(most) });
        change(&owner, "setTimeEntryRate", own, "timeEntry { id }").await.expect_ok();
    }
    submit(&dev, "2026-02-23").await.expect_ok();
    approve(&owner, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await.expect_ok();
    let query =
        "query($id: ID!) { project(id: $id) { figures { budgetUse { amount { amount } minutes } } } }";
    let used = owner.run(query, json!({ "id": project })).await.expect_ok();
    assert_eq!(used.text("project.figures.budgetUse.amount.amount"), (most * 96).to_string());
    let viewer = platform(&world, "acme").await;
    let claimed = take(&world, &viewer, &of(&project)).await.unwrap().unwrap();
    let sum: i64 = claimed.lines.iter().map(|line| line.amount.amount).sum();
    assert_eq!(sum, most * 96);
}

// keeps: PR-25, AU-12
#[tokio::test]
async fn days_of_people_who_were_erased_are_approved_and_rounded_each_for_itself() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let by_day = json!({ "roundingMode": "UP", "roundingStep": 60, "roundingScope": "DAY" });
    arrange(&acme.owner(), by_day).await.expect_ok();
    let (project, _) = worked(&world, &[]).await;
    let other =
        crate::identity::steps::join(&world, &acme.owner(), "grace@hopper.test", &["team_member"]).await;
    let grace = crate::projects::asks::me(&other).await;
    crate::projects::asks::new_member(&manager, &project, &grace).await;
    let mut weeks = BTreeSet::new();
    for who in [&dev, &other] {
        let id = logged(who, &project, "2026-02-23", 20).await;
        submit(who, "2026-02-23").await.expect_ok();
        weeks.insert(read_entry(who, &id).await.text("timeEntry.timesheet.id"));
    }
    let viewer = platform(&world, "acme").await;
    for user in [crate::projects::asks::person(&acme, "dev").await, grace] {
        let user = user.parse().unwrap();
        let erase = async |act: &mut kernel::act::Act| projects::time::people::erase_user(act, user).await;
        viewer.act(&world.app(0).db, "test.erase", erase).await.unwrap();
    }
    world.settled().await;
    for week in &weeks {
        change(&manager, "approveTimesheet", json!({ "id": week }), "timesheet { id }").await.expect_ok();
    }
    let claimed = take(&world, &viewer, &of(&project)).await.unwrap().unwrap();
    assert_eq!(claimed.lines.iter().map(|line| line.billed).collect::<Vec<_>>(), [60, 60]);
}
