//! Which acts are critical: those after which somebody should look at once, as the table of `audit::siem` has it.

use serde_json::{Value, json};
use tests::{Actor, World};

async fn run(who: &Actor, name: &str, input: Value) -> tests::Answer {
    let (first, rest) = name.split_at(1);
    let kind = format!("{}{rest}Input", first.to_uppercase());
    let query = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ __typename }} }}");
    who.run(&query, json!({ "input": input })).await
}

/// Severities of the latest act of this name.
async fn severity(world: &World, action: &str) -> Vec<String> {
    let rows = world.rows("audit_entries", &format!("WHERE action = '{action}' ORDER BY id DESC")).await;
    let request = rows.first().unwrap_or_else(|| panic!("no {action}"))["request_id"].clone();
    let latest = rows.iter().filter(|row| row["request_id"] == request);
    latest.map(|row| row["severity"].as_str().unwrap().to_owned()).collect()
}

async fn is(world: &World, action: &str, expected: &str) {
    let severities = severity(world, action).await;
    assert!(
        severities.iter().all(|severity| severity == expected),
        "{action}: {severities:?}, not {expected}"
    );
}

// keeps: AU-10
#[tokio::test]
async fn acts_that_change_who_rules_are_critical_and_everyday_work_is_not() {
    let world = World::new().await;
    let agency = world.agency("acme");
    let owner = agency.owner();
    let roles = owner.run("{ roles { id key } }", json!({})).await.expect_ok();
    let role = |key: &str| {
        let found = roles.list("roles").iter().find(|role| role["key"] == key);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let users = owner.run("{ users(first: 50) { nodes { id email } } }", json!({})).await.expect_ok();
    let email = agency.email("viewer");
    let viewer = users.list("users.nodes").iter().find(|user| user["email"] == email.as_str());
    let viewer = viewer.unwrap()["id"].clone();
    for (key, expected) in [("admin", "critical"), ("sales", "notice")] {
        let given = json!({ "userId": viewer, "roleId": role(key) });
        run(&owner, "assignRole", given.clone()).await.expect_ok();
        is(&world, "identity.role.assign", expected).await;
        run(&owner, "revokeRole", given).await.expect_ok();
        is(&world, "identity.role.revoke", expected).await;
        let invited = json!({ "email": format!("{key}@example.com"), "roles": [key] });
        run(&owner, "inviteUser", invited).await.expect_ok();
        is(&world, "identity.user.invite", expected).await;
    }
    owner.key(&[("projects.project.read", "TENANT")]).await;
    is(&world, "identity.api_key.create", "critical").await;
    agency.manager().key(&[("projects.project.read", "ASSIGNED")]).await;
    is(&world, "identity.api_key.create", "notice").await;
    owner.run("mutation { rotateAuditKey { key { id } } }", json!({})).await.expect_ok();
    is(&world, "audit.key.rotate", "critical").await;
    owner.run("mutation { verifyAudit { jobId } }", json!({})).await.expect_ok();
    is(&world, "audit.trail.verify", "notice").await;
    run(&owner, "createAccount", json!({ "name": "Zebra" })).await.expect_ok();
    is(&world, "crm.account.create", "info").await;
}
