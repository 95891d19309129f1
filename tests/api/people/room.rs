//! Teams of people who have room for firm work: nobody is suggested whom applying would refuse.

use serde_json::{Value, json};
use tests::World;

use super::{
    allocations::plan,
    profiles::new_skill,
    suggestions::{apply, at, can, levels, place, suggest},
};
use crate::projects::asks::{change, new_project, person};

// keeps: PR-30, PR-28
#[tokio::test]
async fn best_team_is_one_that_can_be_applied() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev, sales) = (acme.manager(), person(&acme, "dev").await, person(&acme, "sales").await);
    let (project, other) = (new_project(&manager, "One").await, new_project(&manager, "Other").await);
    let rust = new_skill(&manager, "Rust").await;
    can(&manager, &dev, &[(&rust, 5)]).await;
    can(&manager, &sales, &[(&rust, 4)]).await;
    plan(&manager, &other, json!({ "userId": dev, "weeklyMinutes": 1_801 })).await.expect_ok();
    let open = place(&manager, &project, "Dev", &[(&rust, 5)], json!({})).await;
    let told = suggest(&manager, &project, json!({})).await.expect_ok();
    let users = |place: &Value| -> Vec<Value> {
        place["candidates"].as_array().unwrap().iter().map(|one| one["userId"].clone()).collect()
    };
    assert_eq!(users(&at(&told, 0)), [json!(sales)], "599 of 600 minutes are not enough\n{told}");
    assert_eq!(at(&told, 0)["fit"]["points"], 860);
    let thought_of = json!({ "role": "Dev", "weeklyMinutes": 600, "from": "2026-03-09", "to": "2026-03-20",
        "skills": levels(&[(&rust, 5)]) });
    let what_if = suggest(&manager, &project, json!({ "places": [thought_of] })).await.expect_ok();
    assert_eq!(users(&at(&what_if, 0)), [json!(dev), json!(sales)], "nothing firm is thought of");
    assert_eq!(at(&what_if, 0)["fit"]["points"], 999);
    let token = told.text("teamSuggestion.token");
    let change_to = async |commitment: &str| {
        let input = json!({ "id": open, "commitment": commitment });
        change(&manager, "updateAllocation", input, "allocation { id }").await.expect_ok();
        suggest(&manager, &project, json!({})).await.expect_ok()
    };
    let tentative = change_to("TENTATIVE").await;
    assert_eq!(at(&tentative, 0)["userId"], dev.as_str(), "a tentative place is not refused\n{tentative}");
    apply(&manager, &project, &token, &[&open]).await.expect_code("CONFLICT");
    let token = change_to("FIRM").await.text("teamSuggestion.token");
    let done = apply(&manager, &project, &token, &[&open]).await.expect_ok();
    assert_eq!(done.each("applyTeamSuggestion.filledPlaces", "user.id"), [json!(sales)]);
    assert_eq!(done.list("applyTeamSuggestion.overAllocations").len(), 0);
}
