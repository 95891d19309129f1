//! Who sees whose time.

use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{logged, shared_project, start};
use crate::projects::asks::{ask, me, new_member, new_project, person};

async fn count(who: &Actor, list: &str) -> i64 {
    let answer = ask(who, &format!("{{ {list}(first: 1) {{ totalCount }} }}")).await;
    match answer.code() {
        Some("FORBIDDEN") => -1,
        _ => answer.expect_ok().number(&format!("{list}.totalCount")),
    }
}

// keeps: PR-22
#[tokio::test]
async fn people_see_their_own_time_and_managers_that_of_their_projects() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager, owner) = (acme.developer(), acme.manager(), acme.owner());
    let shared = shared_project(&acme, "Shared").await;
    let other = new_project(&owner, "Other").await;
    new_member(&owner, &other, &person(&acme, "dev").await).await;
    for (who, project) in [(&dev, &shared), (&dev, &other), (&manager, &shared), (&owner, &other)] {
        logged(who, project, "2026-02-27", 60).await;
    }
    start(&dev, &shared).await.expect_ok();
    start(&owner, &other).await.expect_ok();
    let seen = async |who: &Actor| {
        (count(who, "timeEntries").await, count(who, "timesheets").await, count(who, "timers").await)
    };
    assert_eq!(seen(&owner).await, (4, 3, 2));
    assert_eq!(seen(&acme.admin()).await, (4, 3, 2));
    assert_eq!(seen(&acme.accountant()).await, (4, 3, 2));
    assert_eq!(seen(&manager).await, (2, 2, 1), "theirs, and the developer's on their project");
    assert_eq!(seen(&dev).await, (2, 1, 1), "a colleague's hours are not theirs to see");
    assert_eq!(seen(&world.agency("globex").owner()).await, (0, 0, 0));
    for who in [acme.client(), acme.client_admin(), acme.viewer(), acme.sales(), acme.editor()] {
        assert_eq!(seen(&who).await, (-1, -1, -1));
    }
    ask(&world.nobody(), "{ timeEntries { totalCount } }").await.expect_code("UNAUTHENTICATED");
}

// keeps: PR-22
#[tokio::test]
async fn list_is_filtered_ordered_and_bounded_in_statements() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (dev, manager) = (acme.developer(), acme.manager());
    let (one, other) = (shared_project(&acme, "One").await, shared_project(&acme, "Other").await);
    for day in ["2026-02-23", "2026-02-24", "2026-02-25"] {
        logged(&dev, &one, day, 30).await;
        logged(&dev, &other, day, 45).await;
        logged(&manager, &one, day, 60).await;
    }
    let query = "query($filter: TimeEntryFilter, $orderBy: TimeEntryOrder) { timeEntries(filter: $filter, orderBy: $orderBy) {
      totalCount nodes { minutes spentOn project { id } user { id } timesheet { id } billRate { amount { amount } } }
    } }";
    let asked = async |filter: Value| {
        let order = json!({ "field": "SPENT_ON", "direction": "ASC" });
        let variables = json!({ "filter": filter, "orderBy": order });
        manager.run(query, variables).await.expect_ok().expect_statements(12)
    };
    assert_eq!(asked(json!({})).await.number("timeEntries.totalCount"), 9);
    let mine = asked(json!({ "userIds": [me(&manager).await] })).await;
    assert_eq!(mine.each("timeEntries.nodes", "spentOn"), ["2026-02-23", "2026-02-24", "2026-02-25"]);
    let days = json!({ "projectIds": [one], "spentOn": { "gte": "2026-02-24", "lt": "2026-02-25" } });
    assert_eq!(asked(days).await.number("timeEntries.totalCount"), 2);
    assert_eq!(asked(json!({ "status": ["APPROVED"] })).await.number("timeEntries.totalCount"), 0);
    assert_eq!(
        asked(json!({ "billable": true, "flagged": false })).await.number("timeEntries.totalCount"),
        9
    );
    let many: Vec<&String> = std::iter::repeat_n(&one, 501).collect();
    let refused = manager.run(query, json!({ "filter": { "projectIds": many } })).await;
    refused.expect_field("filter.projectIds", "too_many");
}
