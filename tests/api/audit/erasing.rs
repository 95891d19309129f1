//! Who may erase whom, and what must be so: two people, thirty days, nothing in the way.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use crate::identity::asks::{change, create_role, me};
use crate::identity::steps::{DAY, id_of, join};
use crate::projects::asks::{expect_stale, new_project, new_task, person};

const REQUEST: &str = "request {
  id status version reason expiresAt certificate requestedBy { id } decidedBy { id }
  preview { possible holdings { name count fate reason description } obstacles { code count description } }
}";

/// Asks for the erasure of a person.
pub(super) async fn ask(who: &Actor, person: &str) -> Answer {
    let input = json!({ "person": person, "reason": "asked by letter" });
    change(who, "requestErasure", input, REQUEST).await.expect_ok()
}

/// Approves the version of a request.
pub(super) async fn approve(who: &Actor, request: &str, version: i64) -> Answer {
    let input = json!({ "id": request, "expectedVersion": version });
    change(who, "approveErasure", input, REQUEST).await
}

/// Approves a request as it was asked for.
pub(super) async fn approved(who: &Actor, request: &str) {
    let done = approve(who, request, 1).await.expect_ok();
    assert_eq!(done.text("approveErasure.request.status"), "DONE");
    assert!(done.data("approveErasure.request.reason").is_null());
}

/// The certificate of a request.
pub(super) async fn certificate(who: &Actor, request: &str) -> String {
    let found = requests(who).await.into_iter().find(|found| found["id"] == request).expect("the request");
    found["certificate"].as_str().expect("a certificate").to_owned()
}

async fn requests(who: &Actor) -> Vec<Value> {
    let query = "{ privacyRequests(first: 50) { nodes { id kind status version certificate finishedAt } } }";
    who.run(query, json!({})).await.expect_ok().list("privacyRequests.nodes").to_vec()
}

async fn end(who: &Actor, how: &str, request: &str) -> Answer {
    change(who, how, json!({ "id": request }), "request { id status decidedBy { id } }").await
}

/// Somebody without any work.
async fn somebody(world: &World) -> (Actor, String) {
    let who = join(world, &world.agency("acme").owner(), "grace@hopper.test", &["team_member"]).await;
    let id = me(&who).await;
    (who, id)
}

// keeps: AU-12
#[tokio::test]
async fn two_people_agree_and_neither_is_the_person_or_a_machine() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (_, id) = somebody(&world).await;
    let request = ask(&owner, &id).await.text("requestErasure.request.id");
    approve(&owner, &request, 1).await.expect_code("FORBIDDEN");
    let machine = admin.key(&[("audit.privacy.erase", "TENANT")]).await;
    approve(&machine, &request, 1).await.expect_code("FORBIDDEN");
    let again = json!({ "person": id, "reason": "again" });
    change(&machine, "requestErasure", again.clone(), "request { id }").await.expect_code("FORBIDDEN");
    change(&admin, "requestErasure", again, "request { id }").await.expect_code("CONFLICT");
    expect_stale(approve(&admin, &request, 7).await, 1);
    // Nobody decides on themselves.
    let admin_id = me(&admin).await;
    let own = ask(&owner, &admin_id).await.text("requestErasure.request.id");
    approve(&admin, &own, 1).await.expect_code("FORBIDDEN");
    assert!(world.rows("identity_users", "").await.iter().any(|user| user["email"] == "grace@hopper.test"));
    approved(&admin, &request).await;
    approve(&admin, &request, 2).await.expect_code("CONFLICT");
}

// keeps: AU-12
#[tokio::test]
async fn two_approvals_at_once_erase_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (_, id) = somebody(&world).await;
    let other = join(&world, &owner, "ada@lovelace.test", &["admin"]).await;
    let request = ask(&owner, &id).await.text("requestErasure.request.id");
    admin.token().await;
    other.token().await;
    let (one, two) = tokio::join!(approve(&admin, &request, 1), approve(&other, &request, 1));
    let codes: Vec<_> = [&one, &two].into_iter().map(|answer| answer.code().map(str::to_owned)).collect();
    assert!(codes.contains(&None) && codes.contains(&Some("CONFLICT".to_owned())), "{one}\n{two}");
    let erased = world.events().await.iter().filter(|event| event["kind"] == "audit.person.erased").count();
    assert_eq!(erased, 1);
}

// keeps: AU-12
#[tokio::test]
async fn nobody_else_learns_of_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (_, id) = somebody(&world).await;
    let owner = acme.owner();
    let request = ask(&owner, &id).await.text("requestErasure.request.id");
    let preview = "query($person: ID!) { erasurePreview(person: $person) { possible holdings { name } } }";
    for (role, who) in acme.everybody() {
        let name = format!("{role:?}");
        if ["Owner", "Admin"].contains(&name.as_str()) {
            continue;
        }
        who.run(preview, json!({ "person": id })).await.expect_code("FORBIDDEN");
        let input = json!({ "person": id, "reason": "x" });
        change(&who, "requestErasure", input, "request { id }").await.expect_code("FORBIDDEN");
        approve(&who, &request, 1).await.expect_code("FORBIDDEN");
        end(&who, "rejectErasure", &request).await.expect_code("FORBIDDEN");
        end(&who, "withdrawErasure", &request).await.expect_code("FORBIDDEN");
        assert_eq!(requests(&who).await, Vec::<Value>::new(), "{name}");
    }
    let stranger = world.agency("globex").owner();
    stranger.run(preview, json!({ "person": id })).await.expect_code("NOT_FOUND");
    let input = json!({ "person": id, "reason": "x" });
    change(&stranger, "requestErasure", input, "request { id }").await.expect_code("NOT_FOUND");
    approve(&stranger, &request, 1).await.expect_code("NOT_FOUND");
    end(&stranger, "rejectErasure", &request).await.expect_code("NOT_FOUND");
    let seen = owner.run(preview, json!({ "person": id })).await.expect_ok();
    assert!(seen.each("erasurePreview.holdings", "name").contains(&json!("identity.profile")), "{seen}");
    let looks = world.rows("audit_entries", "WHERE action = 'audit.erasure.preview'").await;
    assert_eq!(looks.len(), 1, "the look is recorded");
    world.nobody().run(preview, json!({ "person": id })).await.expect_code("UNAUTHENTICATED");
}

// keeps: AU-12
#[tokio::test]
async fn role_of_its_own_may_erase_and_only_owners_erase_owners() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let role = create_role(&owner, "Privacy officer", &[("audit.privacy.erase", "TENANT")]).await.expect_ok();
    let key = role.text("createRole.role.key");
    let officer = join(&world, &owner, "officer@acme.test", &[&key]).await;
    let (_, id) = somebody(&world).await;
    let request = ask(&owner, &id).await.text("requestErasure.request.id");
    approved(&officer, &request).await;
    let second = join(&world, &owner, "second@acme.test", &["owner"]).await;
    let second = me(&second).await;
    let request = ask(&owner, &second).await.text("requestErasure.request.id");
    approve(&officer, &request, 1).await.expect_code("FORBIDDEN");
}

// keeps: AU-12
#[tokio::test]
async fn request_is_refused_taken_back_and_ends_after_thirty_days() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (_, id) = somebody(&world).await;
    let empty = json!({ "person": id, "reason": "  " });
    change(&owner, "requestErasure", empty, "request { id }").await.expect_field("reason", "required");
    let first = ask(&owner, &id).await.text("requestErasure.request.id");
    end(&admin, "withdrawErasure", &first).await.expect_code("FORBIDDEN");
    let refused = end(&admin, "rejectErasure", &first).await.expect_ok();
    assert_eq!(refused.text("rejectErasure.request.status"), "REFUSED");
    approve(&admin, &first, 2).await.expect_code("CONFLICT");
    let second = ask(&owner, &id).await.text("requestErasure.request.id");
    let back = end(&owner, "withdrawErasure", &second).await.expect_ok();
    assert_eq!(back.text("withdrawErasure.request.status"), "CANCELLED");
    let third = ask(&owner, &id).await.text("requestErasure.request.id");
    world.clock.advance(30 * DAY + Duration::from_secs(1));
    approve(&admin, &third, 1).await.expect_code("CONFLICT");
    gateway::worker::tidy(world.app(0)).await.unwrap();
    let ended = requests(&owner).await.into_iter().find(|found| found["id"] == third.as_str()).unwrap();
    assert_eq!(ended["status"], "EXPIRED");
    let fourth = ask(&owner, &id).await.text("requestErasure.request.id");
    approved(&admin, &fourth).await;
}

// keeps: AU-12
#[tokio::test]
async fn what_changed_since_it_was_asked_for_is_shown_before_it_is_erased() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let (who, id) = somebody(&world).await;
    let request = ask(&owner, &id).await.text("requestErasure.request.id");
    who.key(&[("projects.project.read", "ASSIGNED")]).await;
    let answer = approve(&admin, &request, 1).await;
    expect_stale(answer, 2);
    assert_eq!(id_of(&owner, "grace@hopper.test").await, id);
    let query = "{ privacyRequests(first: 1) { nodes { version preview { holdings { name count } } } } }";
    let shown = owner.run(query, json!({})).await.expect_ok();
    let shown = &shown.list("privacyRequests.nodes")[0];
    assert_eq!(shown["version"], 2);
    let keys = json!({ "name": "identity.api_keys", "count": 1 });
    assert!(shown["preview"]["holdings"].as_array().unwrap().contains(&keys), "{shown}");
    approve(&admin, &request, 2).await.expect_ok();
}

// keeps: AU-12
#[tokio::test]
async fn last_owner_and_open_work_stand_in_the_way() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let preview = "query($person: ID!) {
      erasurePreview(person: $person) { possible obstacles { code count description } }
    }";
    let in_the_way = async |id: &str| {
        let seen = admin.run(preview, json!({ "person": id })).await.expect_ok();
        let possible = seen.data("erasurePreview.possible") == &json!(true);
        let codes = seen.each("erasurePreview.obstacles", "code");
        assert_eq!(possible, codes.is_empty());
        codes
    };
    let boss = me(&owner).await;
    assert!(in_the_way(&boss).await.contains(&json!("last_owner")));
    let (_, id) = somebody(&world).await;
    assert_eq!(in_the_way(&id).await, Vec::<Value>::new());
    let project = new_project(&owner, "Much to do").await;
    let task = new_task(&owner, &project, "Now").await;
    let given = json!({ "id": task, "assigneeIds": [id] });
    change(&owner, "updateTask", given, "task { id }").await.expect_ok();
    let manages = json!({ "id": project, "managerId": id });
    change(&owner, "updateProject", manages, "project { id }").await.expect_ok();
    let account = crate::projects::asks::account(&acme, 1).await;
    change(&owner, "updateAccount", json!({ "id": account, "ownerId": id }), "account { id }")
        .await
        .expect_ok();
    let codes = in_the_way(&id).await;
    for code in ["erasure_manages_projects", "erasure_has_tasks", "erasure_owns_accounts"] {
        assert!(codes.contains(&json!(code)), "{codes:?}");
    }
    let over = new_project(&owner, "Given up").await;
    let left = new_task(&owner, &over, "Never").await;
    let given = json!({ "id": left, "assigneeIds": [id] });
    change(&owner, "updateTask", given, "task { id }").await.expect_ok();
    let cancelled = json!({ "id": over, "to": "CANCELLED" });
    change(&owner, "transitionProject", cancelled, "project { id }").await.expect_ok();
    let request = ask(&owner, &id).await.text("requestErasure.request.id");
    approve(&admin, &request, 1).await.expect_code("CONFLICT");
    let heir = person(&acme, "pm").await;
    for (name, input, field) in [
        ("updateTask", json!({ "id": task, "assigneeIds": [heir] }), "task { id }"),
        ("updateProject", json!({ "id": project, "managerId": heir }), "project { id }"),
        ("updateAccount", json!({ "id": account, "ownerId": heir }), "account { id }"),
    ] {
        change(&owner, name, input, field).await.expect_ok();
    }
    assert_eq!(in_the_way(&id).await, Vec::<Value>::new());
    expect_stale(approve(&admin, &request, 1).await, 2);
    approve(&admin, &request, 2).await.expect_ok();
}
