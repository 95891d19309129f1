//! How an agency keeps time: kinds of work and settings.

use serde_json::{Value, json};
use tests::World;

use super::asks::{arrange, log, shared_project};
use crate::projects::asks::{ask, change, expect_stale};

// keeps: PR-22
#[tokio::test]
async fn kinds_of_work_are_the_agencys_own_and_leave_old_time_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (admin, dev) = (acme.admin(), acme.developer());
    let project = shared_project(&acme, "Kinds").await;
    let fields = "activityType { id name billable archivedAt version }";
    let create =
        async |who: &tests::Actor, input: Value| change(who, "createActivityType", input, fields).await;
    let travel = create(&admin, json!({ "name": " Travel ", "billable": false })).await.expect_ok();
    let id = travel.text("createActivityType.activityType.id");
    assert_eq!(travel.text("createActivityType.activityType.name"), "Travel");
    create(&admin, json!({ "name": "Travel" })).await.expect_field("name", "name_taken");
    create(&admin, json!({ "name": "" })).await.expect_field("name", "required");
    create(&acme.manager(), json!({ "name": "Mine" })).await.expect_code("FORBIDDEN");
    create(&world.agency("globex").admin(), json!({ "name": "Travel" })).await.expect_ok();
    let trip =
        log(&dev, json!({ "projectId": project, "activityTypeId": id, "minutes": 5 })).await.expect_ok();
    assert_eq!(*trip.data("createTimeEntry.timeEntries.0.billable"), json!(false));
    let archive = json!({ "id": id, "archived": true, "expectedVersion": 1 });
    change(&admin, "updateActivityType", archive.clone(), fields).await.expect_ok();
    expect_stale(change(&admin, "updateActivityType", archive, fields).await, 2);
    log(&dev, json!({ "projectId": project, "activityTypeId": id, "minutes": 5 }))
        .await
        .expect_field("activityTypeId", "activity_archived");
    create(&admin, json!({ "name": "Travel" })).await.expect_ok();
    let back = json!({ "id": id, "archived": false });
    change(&admin, "updateActivityType", back, fields).await.expect_field("name", "name_taken");
    let listed = ask(&dev, "{ activityTypes(archived: false) { nodes { name } } }").await.expect_ok();
    assert_eq!(*listed.data("activityTypes.nodes"), json!([{ "name": "Travel" }]));
    let foreign = json!({ "id": id, "name": "Theirs" });
    change(&world.agency("globex").owner(), "updateActivityType", foreign, fields)
        .await
        .expect_code("NOT_FOUND");
    for who in [acme.client(), acme.viewer()] {
        ask(&who, "{ activityTypes { totalCount } }").await.expect_code("FORBIDDEN");
    }
}

// keeps: PR-25
#[tokio::test]
async fn settings_are_what_they_were_until_somebody_changes_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let query = "{ timeSettings { roundingMode roundingStep timerHours timerAction reminders lockedThrough version } }";
    let fresh = ask(&acme.developer(), query).await.expect_ok();
    let expected = json!({
        "roundingMode": "NONE", "roundingStep": 1, "timerHours": 10, "timerAction": "NOTIFY", "reminders": false,
        "lockedThrough": null, "version": 0,
    });
    assert_eq!(*fresh.data("timeSettings"), expected);
    let first = json!({ "roundingMode": "NEAREST", "roundingStep": 15, "expectedVersion": 0 });
    let set = arrange(&acme.admin(), first.clone()).await.expect_ok();
    assert_eq!(set.number("updateTimeSettings.timeSettings.version"), 1);
    expect_stale(arrange(&acme.admin(), first).await, 1);
    arrange(&acme.admin(), json!({ "timerHours": 12 })).await.expect_ok();
    let now = ask(&acme.developer(), query).await.expect_ok();
    assert_eq!((now.number("timeSettings.roundingStep"), now.number("timeSettings.timerHours")), (15, 12));
    arrange(&acme.admin(), json!({ "lockedThrough": "2026-03-02" }))
        .await
        .expect_field("lockedThrough", "locked_future");
    let theirs = ask(&world.agency("globex").developer(), query).await.expect_ok();
    assert_eq!(*theirs.data("timeSettings"), expected);
    for who in [acme.client(), acme.viewer()] {
        ask(&who, query).await.expect_code("FORBIDDEN");
    }
}
