//! People for tasks of plans that reach far ahead, and what they have to do elsewhere.

use serde_json::{Value, json};
use tests::World;

use super::{
    assigning::{begun, of, preview, task},
    leave::approved,
    profiles::new_skill,
    suggestions::{can, levels},
};
use crate::projects::{
    asks::{new_project, person},
    schedules::{early, schedule, wait},
};

// keeps: PR-30, PR-11
#[tokio::test]
async fn task_more_than_a_year_ahead_goes_to_who_works_then() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (project, rust) = (begun(&manager, &[&dev]).await, new_skill(&manager, "Rust").await);
    can(&manager, &dev, &[(&rust, 4)]).await;
    let takes = json!({ "skills": levels(&[(&rust, 4)]) });
    let long = task(&manager, &project, "Long", 300 * 480, json!({})).await;
    let after = task(&manager, &project, "After", 480, takes).await;
    wait(&manager, &project, &long, &after, json!({})).await;
    let [start, _] = early(&schedule(&manager, &project).await.expect_ok(), &after);
    assert!(start.as_str() > "2028-03", "{start}");
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    let last = of(&told, "After");
    assert_eq!([&last["from"], &last["to"]], [&start[..10]; 2], "{told}");
    assert_eq!((&last["userId"], &last["fit"]["freeMinutes"]), (&json!(dev), &json!(480)));
    approved(&acme.developer(), &manager, "2028-03-01", "2028-03-31", json!({})).await;
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    assert_eq!(of(&told, "After")["userId"], Value::Null, "who is away then does nothing\n{told}");
}

// keeps: PR-30
#[tokio::test]
async fn task_with_parts_elsewhere_takes_as_long_as_these() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let (project, rust) = (begun(&manager, &[&dev]).await, new_skill(&manager, "Rust").await);
    can(&manager, &dev, &[(&rust, 4)]).await;
    let takes = json!({ "skills": levels(&[(&rust, 4)]) });
    task(&manager, &project, "Here", 1440, takes).await;
    let other = new_project(&manager, "Other").await;
    let due = |minutes: i64| json!({ "assigneeIds": [dev], "startOn": "2027-01-11", "dueOn": "2027-01-15", "estimateMinutes": minutes });
    let whole = task(&manager, &other, "Whole", 60, due(2400)).await;
    let full = preview(&manager, &project, json!({})).await.expect_ok();
    let free = |answer: &tests::Answer| of(answer, "Here")["fit"]["freeMinutes"].clone();
    assert_eq!(free(&full), Value::Null, "all of the week is taken\n{full}");
    for part in ["One", "Two"] {
        let mut more = due(600);
        more["parentId"] = json!(whole);
        task(&manager, &other, part, 60, more).await;
    }
    let told = preview(&manager, &project, json!({})).await.expect_ok();
    assert_eq!(free(&told), 720, "half of three days\n{told}");
}
