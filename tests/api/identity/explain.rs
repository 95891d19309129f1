//! May somebody do something, and why: `viewer.can` and the trees of `explainAccess`.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{assign_role, change, create_role, me, project, role};

const EXPLAIN: &str = "query($user: ID!, $permission: String!, $id: ID!) {
  explainAccess(userId: $user, permission: $permission, id: $id) {
    allowed userId permission id
    reasons { ...R reasons { ...R reasons { ...R reasons { ...R } } } }
  }
}
fragment R on AccessReason { kind holds text role { key } reach assignmentId resourceId expiresAt }";

/// A tree as lines: kind, whether it holds, role and reach where it is about them; deeper ones indented.
fn tree(answer: &Answer) -> Vec<String> {
    let mut lines = Vec::new();
    draw(answer.data("explainAccess.reasons"), 0, &mut lines);
    lines
}

fn draw(reasons: &Value, depth: usize, lines: &mut Vec<String>) {
    for reason in reasons.as_array().into_iter().flatten() {
        let word = |name: &str| reason[name].as_str().map(|word| format!(" {word}")).unwrap_or_default();
        let role = reason["role"]["key"].as_str().map(|key| format!(" {key}")).unwrap_or_default();
        let holds = if reason["holds"] == true { "yes" } else { "no" };
        lines.push(format!(
            "{}{} {holds}{role}{}",
            "  ".repeat(depth),
            reason["kind"].as_str().unwrap(),
            word("reach")
        ));
        assert!(
            !reason["text"].as_str().unwrap().is_empty() && !reason["text"].as_str().unwrap().contains('{'),
            "{reason}"
        );
        draw(&reason["reasons"], depth + 1, lines);
    }
}

async fn explain(who: &Actor, user: &str, permission: &str, id: &str) -> Answer {
    who.run(EXPLAIN, json!({ "user": user, "permission": permission, "id": id })).await
}

async fn can(who: &Actor, permission: &str, id: Option<&str>) -> Answer {
    let query = "query($permission: String!, $id: ID) { viewer { can(permission: $permission, id: $id) } }";
    who.run(query, json!({ "permission": permission, "id": id })).await
}

fn allowed(answer: &Answer) -> bool {
    answer.data("explainAccess.allowed").as_bool().unwrap()
}

// keeps: ID-25
#[tokio::test]
async fn what_is_allowed_is_explained_by_role_reach_and_assignment() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = project(&manager, "ACME-1").await;
    let answer = explain(&acme.owner(), &me(&manager).await, "projects.project.write", &id).await.expect_ok();
    assert!(allowed(&answer));
    assert_eq!(
        tree(&answer),
        [
            "MEMBERSHIP yes",
            "TENANT yes",
            "ROLE yes project_manager ASSIGNED",
            "  OWN yes",
            "  ASSIGNED yes",
            "    ASSIGNMENT yes",
            "    ASSIGNMENT yes",
            "API_KEYS no",
        ]
    );
    let on = answer.data("explainAccess.reasons.2.reasons.1.reasons.0");
    assert_eq!(on["resourceId"], id.as_str());
    assert!(on["assignmentId"].is_string());
}

// keeps: ID-25
#[tokio::test]
async fn what_is_denied_is_explained_by_what_is_missing() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager, developer) = (acme.owner(), acme.manager(), acme.developer());
    let far = project(&owner, "ACME-2").await;
    let answer = explain(&owner, &me(&manager).await, "projects.project.write", &far).await.expect_ok();
    assert!(!allowed(&answer));
    let not_near = [
        "MEMBERSHIP yes",
        "TENANT yes",
        "ROLE no project_manager ASSIGNED",
        "  OWN no",
        "  ASSIGNED no",
        "API_KEYS no",
    ];
    assert_eq!(tree(&answer), not_near);
    let near = project(&owner, "ACME-1").await;
    let answer = explain(&owner, &me(&developer).await, "projects.project.write", &near).await.expect_ok();
    assert!(!allowed(&answer));
    assert_eq!(
        tree(&answer),
        ["MEMBERSHIP yes", "TENANT yes", "ROLE no team_member", "NO_ROLE no", "API_KEYS no"]
    );
    assert!(answer.text("explainAccess.reasons.3.text").contains("projects.project.write"));
}

// keeps: ID-25
#[tokio::test]
async fn owner_is_explained_by_a_reach_that_covers_everything() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let id = project(&owner, "ACME-5").await;
    let answer = explain(&owner, &me(&owner).await, "projects.project.archive", &id).await.expect_ok();
    assert_eq!(
        tree(&answer),
        ["MEMBERSHIP yes", "TENANT yes", "ROLE yes owner TENANT", "  EVERYWHERE yes", "API_KEYS no"]
    );
}

// keeps: ID-25
#[tokio::test]
async fn client_is_explained_by_their_account() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client) = (acme.owner(), me(&acme.client()).await);
    for (code, word) in [("ACME-1", "yes"), ("ACME-3", "no")] {
        let answer =
            explain(&owner, &client, "projects.project.read", &project(&owner, code).await).await.expect_ok();
        assert_eq!(allowed(&answer), word == "yes");
        let expected = [
            "MEMBERSHIP yes",
            "TENANT yes",
            &format!("ROLE {word} client ACCOUNT"),
            &format!("  ACCOUNT {word}"),
            "API_KEYS no",
        ];
        assert_eq!(tree(&answer), expected, "{code}");
    }
}

// keeps: ID-23, ID-25
#[tokio::test]
async fn role_on_an_assignment_is_explained_by_that_assignment() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), me(&acme.editor()).await);
    let (near, far) = (project(&owner, "ACME-1").await, project(&owner, "ACME-2").await);
    let until = world.clock.now() + chrono::TimeDelta::minutes(10);
    let on = json!({ "userId": editor, "projectId": near, "roleId": role(&owner, "team_member").await, "expiresAt": until });
    let made = change(&owner, "assignResource", on, "assignment { id }").await.expect_ok();
    let answer = explain(&owner, &editor, "projects.task.write", &near).await.expect_ok();
    assert!(allowed(&answer));
    let there = [
        "MEMBERSHIP yes",
        "TENANT yes",
        "ROLE no editor",
        "ASSIGNMENT_ROLE yes team_member ASSIGNED",
        "  ASSIGNED_AS yes team_member ASSIGNED",
        "    ASSIGNMENT yes",
        "API_KEYS no",
    ];
    assert_eq!(tree(&answer), there);
    let leaf = answer.data("explainAccess.reasons.3.reasons.0.reasons.0");
    assert_eq!(leaf["assignmentId"], made.text("assignResource.assignment.id").as_str());
    assert!(leaf["expiresAt"].is_string());
    let answer = explain(&owner, &editor, "projects.task.write", &far).await.expect_ok();
    assert!(!allowed(&answer));
    assert_eq!(
        tree(&answer)[3..5],
        ["ASSIGNMENT_ROLE no team_member ASSIGNED", "  ASSIGNED_AS no team_member ASSIGNED"]
    );
    world.clock.advance(std::time::Duration::from_secs(600));
    let answer = explain(&owner, &editor, "projects.task.write", &near).await.expect_ok();
    assert!(!allowed(&answer));
    assert!(tree(&answer).contains(&"    EXPIRED_ASSIGNMENT no".to_owned()), "{answer}");
}

// keeps: ID-25
#[tokio::test]
async fn rule_of_a_row_that_differs_from_the_roles_is_told() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), acme.editor());
    let session = editor.run("{ sessions { id } }", json!({})).await.expect_ok().text("sessions.0.id");
    let answer = explain(&owner, &me(&editor).await, "identity.session.read", &session).await.expect_ok();
    assert!(allowed(&answer), "everybody sees the own sessions");
    assert!(tree(&answer).contains(&"ROW_RULE yes".to_owned()), "{answer}");
    let (client, staff) = (me(&acme.client_admin()).await, me(&acme.manager()).await);
    let answer = explain(&owner, &client, "identity.user.contact", &staff).await.expect_ok();
    assert!(!allowed(&answer), "clients see who works for them, not how to reach them");
    assert!(tree(&answer).contains(&"ROW_RULE no".to_owned()), "{answer}");
}

// keeps: ID-25
#[tokio::test]
async fn role_that_ended_is_told_as_such() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, editor) = (acme.owner(), me(&acme.editor()).await);
    let auditor = create_role(&owner, "Auditor", &[("projects.project.read", "TENANT")]).await.expect_ok();
    let until = world.clock.now() + chrono::TimeDelta::minutes(10);
    let input = json!({ "userId": editor, "roleId": auditor.text("createRole.role.id"), "expiresAt": until });
    change(&owner, "assignRole", input, "user { id }").await.expect_ok();
    let id = project(&owner, "ACME-6").await;
    let before = explain(&owner, &editor, "projects.project.read", &id).await.expect_ok();
    assert!(allowed(&before) && tree(&before).contains(&"ROLE yes auditor TENANT".to_owned()), "{before}");
    world.clock.advance(std::time::Duration::from_secs(600));
    let after = explain(&owner, &editor, "projects.project.read", &id).await.expect_ok();
    assert!(
        !allowed(&after) && tree(&after).contains(&"EXPIRED_ROLE no auditor TENANT".to_owned()),
        "{after}"
    );
}

// keeps: ID-25
#[tokio::test]
async fn somebody_who_was_shut_out_may_do_nothing_and_that_is_why() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), me(&acme.manager()).await);
    change(&owner, "deactivateUser", json!({ "id": manager }), "user { id }").await.expect_ok();
    let answer = explain(&owner, &manager, "projects.project.read", &project(&owner, "ACME-1").await)
        .await
        .expect_ok();
    assert!(!allowed(&answer));
    assert_eq!(tree(&answer)[0], "MEMBERSHIP no");
}

// keeps: ID-25
#[tokio::test]
async fn explanation_is_in_the_language_of_the_request() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (user, id) = (me(&owner).await, project(&owner, "ACME-1").await);
    let texts = async |who: &Actor| {
        let answer = explain(who, &user, "projects.project.read", &id).await.expect_ok();
        answer.each("explainAccess.reasons", "text")
    };
    let (english, french) = (texts(&owner.speaking("en")).await, texts(&owner.speaking("fr")).await);
    assert!(english.iter().zip(&french).all(|(english, french)| english != french), "{english:?} {french:?}");
}

// keeps: ID-25
#[tokio::test]
async fn others_are_explained_to_administrators_and_oneself_to_everybody() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let (manager, id) = (me(&acme.manager()).await, project(&owner, "ACME-1").await);
    for other in [acme.developer(), acme.client(), acme.client_admin(), acme.viewer()] {
        explain(&other, &manager, "projects.project.read", &id).await.expect_code("FORBIDDEN");
        let own = explain(&other, &me(&other).await, "projects.project.read", &id).await.expect_ok();
        assert!(allowed(&own), "{own}");
    }
    explain(&world.nobody(), &manager, "projects.project.read", &id).await.expect_code("UNAUTHENTICATED");
    let stranger = world.agency("globex").owner();
    explain(&stranger, &manager, "projects.project.read", &id).await.expect_code("NOT_FOUND");
    explain(&stranger, &me(&stranger).await, "projects.project.read", &id).await.expect_code("NOT_FOUND");
    let theirs = project(&stranger, "GLOBEX-1").await;
    explain(&owner, &manager, "projects.project.read", &theirs).await.expect_code("NOT_FOUND");
    explain(&owner, &me(&stranger).await, "projects.project.read", &id).await.expect_code("NOT_FOUND");
    let unseen = project(&owner, "ACME-2").await;
    let own = explain(&acme.manager(), &manager, "projects.project.read", &unseen).await;
    own.expect_code("NOT_FOUND");
}

// keeps: ID-25
#[tokio::test]
async fn bad_questions_about_access_are_field_errors() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (user, id) = (me(&owner).await, project(&owner, "ACME-1").await);
    for permission in ["", "projects.project.fly", "projects.project.reаd", &"x".repeat(5_000)] {
        explain(&owner, &user, permission, &id).await.expect_field("permission", "unknown_permission");
        let answer = can(&owner, permission, Some(&id)).await.expect_code("INVALID");
        assert!(answer.fields().contains_key("permission"), "{answer}");
    }
    for wrong in ["", "nonsense", "prj_", "tok_01kjnxge00e7gbj9t3qwy777wj"] {
        explain(&owner, &user, "projects.project.read", wrong).await.expect_code("INVALID");
        can(&owner, "projects.project.read", Some(wrong)).await.expect_code("INVALID");
    }
}

// keeps: ID-25
#[tokio::test]
async fn viewer_can_says_the_same_as_the_explanation_and_as_the_lists_for_every_role() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let mut ids = Vec::new();
    for code in ["ACME-1", "ACME-2", "ACME-3", "ACME-4", "ACME-5", "ACME-6"] {
        ids.push((code, project(&owner, code).await));
    }
    for (key, person) in acme.everybody() {
        let (user, seen) = (me(&person).await, super::asks::projects(&person).await);
        for (code, id) in &ids {
            let told = can(&person, "projects.project.read", Some(id)).await.expect_ok();
            let told = told.data("viewer.can").as_bool().unwrap();
            assert_eq!(told, seen.iter().any(|seen| seen == code), "{} on {code}", key.key());
            let explained = explain(&owner, &user, "projects.project.read", id).await.expect_ok();
            assert_eq!(allowed(&explained), told, "{} on {code}\n{explained}", key.key());
        }
    }
}

// keeps: ID-25
#[tokio::test]
async fn viewer_can_is_asked_about_anything_at_all_or_about_one_row() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let says = async |who: &Actor, permission: &str, id: Option<&str>| {
        can(who, permission, id).await.expect_ok().data("viewer.can").as_bool().unwrap()
    };
    assert!(says(&manager, "projects.project.write", None).await);
    assert!(!says(&manager, "projects.project.archive", None).await);
    assert!(says(&manager, "projects.project.write", Some(&project(&owner, "ACME-1").await)).await);
    assert!(!says(&manager, "projects.project.write", Some(&project(&owner, "ACME-2").await)).await);
    let stranger = world.agency("globex").owner();
    let theirs = project(&stranger, "GLOBEX-1").await;
    assert!(
        !says(&owner, "projects.project.write", Some(&theirs)).await,
        "what is not there cannot be changed"
    );
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    let own = project(&manager, "ACME-1").await;
    assert!(says(&key, "projects.project.read", Some(&own)).await);
    assert!(!says(&key, "projects.project.write", Some(&own)).await, "a key can what its scopes say");
    can(&world.nobody(), "projects.project.read", None).await.expect_code("UNAUTHENTICATED");
    let editor = me(&acme.editor()).await;
    assign_role(&owner, &editor, &role(&owner, "team_member").await).await.expect_ok();
    assert!(says(&acme.editor(), "projects.task.write", Some(&project(&owner, "ACME-3").await)).await);
}
