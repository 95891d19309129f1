//! The team of a project: who joins with what, who changes that, and who leaves.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{
    MEMBER, account, change, codes, expect_conflict, expect_stale, new_member, new_project, person, project,
    read_task, texts,
};

async fn add(who: &Actor, project: &str, user: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["projectId"] = json!(project);
    input["userId"] = json!(user);
    change(who, "addProjectMember", input, MEMBER).await
}

async fn update(who: &Actor, id: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["id"] = json!(id);
    change(who, "updateProjectMember", input, MEMBER).await
}

async fn remove(who: &Actor, id: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["id"] = json!(id);
    change(who, "removeProjectMember", input, MEMBER).await
}

// keeps: PR-3
#[tokio::test]
async fn member_joins_with_everything_that_was_said_and_today_if_nothing_was() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = new_project(&acme.manager(), "A team").await;
    let (developer, editor) = (person(&acme, "dev").await, person(&acme, "editor").await);
    // Reason: half past eleven at night in London is the next day in Berlin.
    world.clock.advance(Duration::from_secs(14 * 3600 + 1800));
    let plain = add(&acme.manager(), &id, &developer, json!({})).await.expect_ok();
    let expected = json!({
        "id": plain.text("addProjectMember.member.id"), "title": null, "billRate": null, "allocation": null,
        "joinedOn": "2026-03-03", "leftOn": null, "version": 1, "user": { "id": developer }, "role": null,
        "project": { "id": id },
    });
    assert_eq!(*plain.data("addProjectMember.member"), expected);
    let said = json!({
        "title": " Lead ", "billRate": { "amount": "12000", "currency": "CHF" }, "allocation": 5_000,
        "joinedOn": "2028-02-29",
    });
    let full = add(&acme.manager(), &id, &editor, said).await.expect_ok();
    assert_eq!(full.text("addProjectMember.member.title"), "Lead");
    assert_eq!(
        *full.data("addProjectMember.member.billRate"),
        json!({ "amount": "12000", "currency": "CHF" })
    );
    assert_eq!(full.number("addProjectMember.member.allocation"), 5_000);
    assert_eq!(full.text("addProjectMember.member.joinedOn"), "2028-02-29");
    let query = "query($id: ID!) { project(id: $id) { members { totalCount nodes { user { id } } } } }";
    let team = acme.manager().run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(
        texts(&team, "project.members.nodes", "user.id"),
        [developer, editor],
        "in the order of joining"
    );
}

// keeps: PR-3
#[tokio::test]
async fn who_joins_sees_the_project_and_who_leaves_no_longer() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = new_project(&acme.manager(), "In sight").await;
    let developer = person(&acme, "dev").await;
    let seen = async || codes(&acme.developer()).await.contains(&"ACME-7".to_owned());
    assert!(!seen().await);
    let member = new_member(&acme.manager(), &id, &developer).await;
    assert!(seen().await);
    let input = json!({ "projectId": id, "title": "Theirs", "assigneeIds": [developer] });
    let task = change(&acme.manager(), "createTask", input, "task { id }")
        .await
        .expect_ok()
        .text("createTask.task.id");
    let left = remove(&acme.manager(), &member, json!({})).await.expect_ok();
    assert_eq!(left.text("removeProjectMember.member.leftOn"), "2026-03-02");
    assert!(!seen().await);
    let task = read_task(&acme.developer(), &task).await.expect_ok();
    assert_eq!(task.text("task.title"), "Theirs", "their tasks stay theirs");
    assert!(task.data("task.project").is_null());
}

// keeps: PR-3
#[tokio::test]
async fn only_active_staff_of_the_agency_joins() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = new_project(&acme.owner(), "Staff only").await;
    let outsider = person(&world.agency("globex"), "dev").await;
    add(&acme.owner(), &id, &outsider, json!({})).await.expect_field("userId", "not_in_tenant");
    for name in ["client", "clientadmin"] {
        add(&acme.owner(), &id, &person(&acme, name).await, json!({}))
            .await
            .expect_field("userId", "not_staff");
    }
    let developer = person(&acme, "dev").await;
    change(&acme.owner(), "deactivateUser", json!({ "id": developer }), "user { id }").await.expect_ok();
    add(&acme.owner(), &id, &developer, json!({})).await.expect_field("userId", "not_active");
    let query = "query($id: ID!) { project(id: $id) { members { totalCount } } }";
    let team = acme.owner().run(query, json!({ "id": id })).await;
    assert_eq!(team.number("project.members.totalCount"), 0);
}

// keeps: PR-3
#[tokio::test]
async fn person_is_on_a_team_once_also_if_added_at_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = new_project(&acme.owner(), "Once").await;
    let developer = person(&acme, "dev").await;
    let askers = [acme.owner(), acme.admin(), acme.owner(), acme.admin()];
    let tries = join_all(askers.iter().map(|who| add(who, &id, &developer, json!({})))).await;
    let (done, refused): (Vec<_>, Vec<_>) = tries.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), refused.len()), (1, 3), "{refused:#?}");
    for answer in refused {
        expect_conflict(answer, "This person is on the team already.");
    }
    let french = add(&acme.owner().speaking("fr"), &id, &developer, json!({})).await;
    expect_conflict(french, "Cette personne fait déjà partie de l'équipe.");
}

// keeps: PR-3
#[tokio::test]
async fn who_left_can_join_again_and_both_times_are_kept() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (id, developer) = (new_project(&manager, "Twice").await, person(&acme, "dev").await);
    let first = new_member(&manager, &id, &developer).await;
    world.clock.advance(Duration::from_secs(3 * 24 * 3600));
    remove(&manager, &first, json!({ "leftOn": "2026-03-04" })).await.expect_ok();
    expect_conflict(remove(&manager, &first, json!({})).await, "This person has left the team.");
    expect_conflict(
        update(&manager, &first, json!({ "title": "Late" })).await,
        "This person has left the team.",
    );
    let second = new_member(&manager, &id, &developer).await;
    let query = "query($id: ID!, $user: ID!) { project(id: $id) {
      here: members { nodes { id joinedOn leftOn } }
      left: members(filter: { left: true }) { nodes { id joinedOn leftOn } }
      theirs: members(filter: { userId: $user }) { totalCount }
      nobody: members(filter: { userId: $user, left: false }, first: 0) { totalCount }
    } }";
    let team = manager.run(query, json!({ "id": id, "user": developer })).await.expect_ok();
    let here = json!([{ "id": second, "joinedOn": "2026-03-05", "leftOn": null }]);
    let left = json!([{ "id": first, "joinedOn": "2026-03-02", "leftOn": "2026-03-04" }]);
    assert_eq!((team.data("project.here.nodes"), team.data("project.left.nodes")), (&here, &left));
    assert_eq!((team.number("project.theirs.totalCount"), team.number("project.nobody.totalCount")), (1, 1));
}

// keeps: PR-3
#[tokio::test]
async fn last_day_is_between_the_first_and_today() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (id, developer) = (new_project(&manager, "Days").await, person(&acme, "dev").await);
    let joined = json!({ "joinedOn": "2026-02-20" });
    let member = add(&manager, &id, &developer, joined).await.expect_ok().text("addProjectMember.member.id");
    remove(&manager, &member, json!({ "leftOn": "2026-02-19" }))
        .await
        .expect_field("leftOn", "left_before_joined");
    remove(&manager, &member, json!({ "leftOn": "2026-03-03" }))
        .await
        .expect_field("leftOn", "left_in_future");
    remove(&manager, &member, json!({ "leftOn": "2026-02-30" })).await.expect_field("leftOn", "bad_date");
    remove(&manager, &member, json!({ "leftOn": "2026-02-20" })).await.expect_ok();
    let later = json!({ "joinedOn": "2026-04-01" });
    let member = add(&manager, &id, &developer, later).await.expect_ok().text("addProjectMember.member.id");
    let gone = remove(&manager, &member, json!({})).await.expect_ok();
    assert_eq!(
        gone.text("removeProjectMember.member.leftOn"),
        "2026-04-01",
        "who never came left on the first day"
    );
}

// keeps: PR-3
#[tokio::test]
async fn place_on_a_team_keeps_what_is_left_out_and_loses_what_is_null() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (id, developer) = (new_project(&manager, "Places").await, person(&acme, "dev").await);
    let said =
        json!({ "title": "Lead", "billRate": { "amount": 0, "currency": "EUR" }, "allocation": 10_000 });
    let added = add(&manager, &id, &developer, said).await.expect_ok();
    assert_eq!(added.text("addProjectMember.member.billRate.amount"), "0", "nothing an hour is a rate");
    let member = added.text("addProjectMember.member.id");
    let mut expected = added.data("addProjectMember.member").clone();
    let changed =
        update(&manager, &member, json!({ "allocation": 0, "expectedVersion": 1 })).await.expect_ok();
    expected["allocation"] = json!(0);
    expected["version"] = json!(2);
    assert_eq!(*changed.data("updateProjectMember.member"), expected);
    expect_stale(update(&manager, &member, json!({ "allocation": 1, "expectedVersion": 1 })).await, 2);
    let nulls = json!({ "title": null, "billRate": null, "allocation": null, "roleId": null });
    let emptied = update(&manager, &member, nulls).await.expect_ok();
    for name in ["title", "billRate", "allocation", "role"] {
        assert!(emptied.data(&format!("updateProjectMember.member.{name}")).is_null(), "{name}");
    }
    update(&manager, &member, json!({ "joinedOn": null })).await.expect_field("joinedOn", "required");
    expect_stale(remove(&manager, &member, json!({ "expectedVersion": 1 })).await, 3);
}

// keeps: PR-3
#[tokio::test]
async fn changes_of_a_place_made_at_once_are_done_one_after_the_other() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_project(&manager, "At once").await;
    let member = new_member(&manager, &id, &person(&acme, "dev").await).await;
    let all =
        [json!({ "title": "Lead" }), json!({ "allocation": 5_000 }), json!({ "joinedOn": "2026-03-01" })];
    for answer in join_all(all.map(|fields| update(&manager, &member, fields))).await {
        answer.expect_ok();
    }
    let all = join_all((0..3).map(|_| remove(&manager, &member, json!({})))).await;
    let (done, late): (Vec<_>, Vec<_>) = all.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!((done.len(), late.len()), (1, 2), "{late:#?}");
    let place = done[0].data("removeProjectMember.member");
    assert_eq!((&place["title"], &place["allocation"]), (&json!("Lead"), &json!(5_000)));
    for answer in late {
        expect_conflict(answer, "This person has left the team.");
    }
}

// keeps: PR-3
#[tokio::test]
async fn wrong_values_are_told_at_once_for_new_and_old_places() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (id, developer) = (new_project(&manager, "Wrong").await, person(&acme, "dev").await);
    let wrong = || {
        let rate = json!({ "amount": -1, "currency": "EUR" });
        json!({ "title": "x".repeat(121), "billRate": rate, "allocation": 10_001 })
    };
    let told = |answer: Answer| answer.expect_code("INVALID").fields().into_iter().collect::<Vec<_>>();
    let expected = [("allocation", "bad_allocation"), ("billRate.amount", "negative"), ("title", "too_long")]
        .map(|(path, code)| (path.to_owned(), code.to_owned()));
    assert_eq!(told(add(&manager, &id, &developer, wrong()).await), expected);
    let member = new_member(&manager, &id, &developer).await;
    assert_eq!(told(update(&manager, &member, wrong()).await), expected);
    add(&manager, &id, &developer, json!({ "allocation": -1 }))
        .await
        .expect_field("allocation", "bad_allocation");
    let nul = json!({ "title": "a\u{1b}b" });
    update(&manager, &member, nul).await.expect_field("title", "forbidden_character");
    let rtl = update(&manager, &member, json!({ "title": "مدير المشروع" })).await.expect_ok();
    assert_eq!(rtl.text("updateProjectMember.member.title"), "مدير المشروع");
}

// keeps: PR-3
#[tokio::test]
async fn teams_are_changed_only_by_who_may_change_this_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (led, other) = (project(&acme, 1).await, project(&acme, 4).await);
    let sales = person(&acme, "sales").await;
    let query = "query($id: ID!) { project(id: $id) { members { nodes { id } } } }";
    let members = acme.owner().run(query, json!({ "id": led })).await.ids("project.members.nodes");
    for who in [acme.developer(), acme.client(), acme.accountant(), acme.viewer(), acme.editor()] {
        add(&who, &led, &sales, json!({})).await.expect_code("FORBIDDEN");
        update(&who, &members[0], json!({ "title": "Boss" })).await.expect_code("FORBIDDEN");
        remove(&who, &members[0], json!({})).await.expect_code("FORBIDDEN");
    }
    add(&acme.manager(), &other, &sales, json!({})).await.expect_code("NOT_FOUND");
    let foreign = world.agency("globex").manager();
    add(&foreign, &led, &sales, json!({})).await.expect_code("NOT_FOUND");
    update(&foreign, &members[0], json!({ "title": "Boss" })).await.expect_code("NOT_FOUND");
    remove(&foreign, &members[0], json!({})).await.expect_code("NOT_FOUND");
    add(&acme.manager(), &led, &sales, json!({})).await.expect_ok();
}

// keeps: PR-3
#[tokio::test]
async fn who_joins_while_a_project_changes_hands_works_for_its_account() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let accounts = [account(&acme, 1).await, account(&acme, 3).await];
    let people = [person(&acme, "dev").await, person(&acme, "editor").await, person(&acme, "sales").await];
    let id = new_project(&owner, "Between two").await;
    admin.token().await;
    for round in 0..3 {
        let to = json!({ "id": id, "accountId": accounts[round % 2] });
        let moved = change(&owner, "updateProject", to, "project { id }");
        let (moved, joined) = tokio::join!(moved, add(&admin, &id, &people[round], json!({})));
        moved.expect_ok();
        joined.expect_ok();
        let rows = world.snapshot().await;
        let project = rows.rows("projects_projects").find(|row| row["name"] == "Between two").unwrap();
        let on: Vec<_> = rows.rows("assignments").filter(|row| row["project_id"] == project["id"]).collect();
        assert_eq!(on.len(), 2 + round, "who leads it, and who joined");
        assert!(on.iter().all(|row| row["account_id"] == project["account_id"]), "{on:#?}");
    }
}

// keeps: PR-1, PR-3
#[tokio::test]
async fn who_leads_a_project_and_leaves_its_team_still_leads_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, pm) = (acme.manager(), person(&acme, "pm").await);
    let made =
        change(&acme.owner(), "createProject", json!({ "name": "Led", "managerId": pm }), "project { id }")
            .await;
    let id = made.expect_ok().text("createProject.project.id");
    let member = new_member(&manager, &id, &pm).await;
    remove(&manager, &member, json!({})).await.expect_ok();
    assert!(codes(&manager).await.contains(&"ACME-7".to_owned()));
    change(&acme.owner(), "updateProject", json!({ "id": id, "managerId": null }), "project { id }")
        .await
        .expect_ok();
    assert!(!codes(&manager).await.contains(&"ACME-7".to_owned()));
}
