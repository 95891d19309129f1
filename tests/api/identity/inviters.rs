//! Who may invite whom, into what, and with which rights.

use kernel::{catalogue::SystemRole, id::AccountId};
use serde_json::json;
use tests::{Actor, World, token_in};

use super::asks::{assign_role, change, create_role, me, role, viewer};
use super::steps::{FRESH, accept, invite, join};

async fn own_account(who: &Actor) -> String {
    let answer = who.run("{ viewer { user { account { id } } } }", json!({})).await.expect_ok();
    answer.text("viewer.user.account.id")
}

async fn emails(who: &Actor) -> Vec<String> {
    let answer = who.run("{ invitations(first: 50) { nodes { email } } }", json!({})).await.expect_ok();
    answer.each("invitations.nodes", "email").iter().map(|email| email.as_str().unwrap().to_owned()).collect()
}

// keeps: ID-5
#[tokio::test]
async fn staff_is_invited_by_owner_and_administrator_alone() {
    let world = World::new().await;
    for (role, person) in world.agency("acme").everybody() {
        let wanted = json!({ "email": format!("{}@new.test", role.key()), "roles": ["viewer"] });
        let answer = invite(&person, wanted).await;
        match role {
            SystemRole::Owner | SystemRole::Admin => drop(answer.expect_ok()),
            // Reason: a client's administrator invites, but knows no roles of the staff.
            SystemRole::ClientAdmin => drop(answer.expect_field("roles.0", "unknown_role")),
            _ => drop(answer.expect_code("FORBIDDEN")),
        }
    }
    invite(&world.nobody(), json!({ "email": "x@new.test", "roles": ["viewer"] }))
        .await
        .expect_code("UNAUTHENTICATED");
}

// keeps: ID-5, ID-22
#[tokio::test]
async fn administrator_of_a_client_invites_clients_of_the_own_account_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (boss, owner) = (acme.client_admin(), acme.owner());
    let own = own_account(&boss).await;
    let others: Vec<String> =
        acme.ids::<AccountId>("crm_accounts").await.into_iter().filter(|id| *id != own).collect();
    let foreign = world.agency("globex").ids::<AccountId>("crm_accounts").await;
    let made = invite(&boss, json!({ "email": "ada@new.test" })).await.expect_ok();
    assert_eq!(
        made.text("inviteUser.invitation.account.id"),
        own,
        "the own company, also when none is named"
    );
    assert_eq!(made.each("inviteUser.invitation.roles", "key"), [json!("client")]);
    let peer = json!({ "email": "eve@new.test", "roles": ["client_admin"], "accountId": own });
    invite(&boss, peer).await.expect_ok();
    for account in others.iter().chain(&foreign) {
        invite(&boss, json!({ "email": "tom@new.test", "accountId": account }))
            .await
            .expect_code("FORBIDDEN");
    }
    for key in ["owner", "admin", "viewer", "team_member"] {
        let staff = json!({ "email": "tom@new.test", "roles": [key] });
        invite(&boss, staff).await.expect_field("roles.0", "unknown_role");
        let by_id = json!({ "email": "tom@new.test", "roles": [role(&owner, key).await] });
        invite(&boss, by_id).await.expect_field("roles.0", "unknown_role");
    }
    let staff = invite(&owner, json!({ "email": "tom@new.test", "roles": ["viewer"] })).await.expect_ok();
    let elsewhere =
        invite(&owner, json!({ "email": "kim@new.test", "accountId": others[0] })).await.expect_ok();
    let mut seen = emails(&boss).await;
    seen.sort();
    assert_eq!(seen, ["ada@new.test", "eve@new.test"]);
    for made in [staff, elsewhere] {
        let id = json!({ "id": made.text("inviteUser.invitation.id") });
        change(&boss, "revokeInvitation", id.clone(), "invitation { id }").await.expect_code("NOT_FOUND");
        change(&boss, "resendInvitation", id, "invitation { id }").await.expect_code("NOT_FOUND");
    }
    accept(&world.nobody(), json!({ "token": token_in(&*world.mail_to("ada@new.test").await), "password": FRESH, "givenName": "Ada", "familyName": "L" })).await.expect_ok();
    let person = world.person("acme", "ada@new.test", FRESH);
    assert_eq!(own_account(&person).await, own);
    assert_eq!(viewer(&person).await.expect_ok().each("viewer.roles", "key"), [json!("client")]);
}

// keeps: ID-5
#[tokio::test]
async fn administrator_of_a_client_learns_nothing_of_others_by_inviting() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let boss = acme.client_admin();
    let unknown = invite(&boss, json!({ "email": "aa@acme.test" })).await.expect_ok();
    let staff = invite(&boss, json!({ "email": "pm@acme.test" })).await.expect_ok();
    let shape = |answer: &tests::Answer| {
        let mut invitation = answer.data("inviteUser.invitation").clone();
        for field in ["id", "email"] {
            invitation[field] = json!(null);
        }
        invitation
    };
    assert_eq!(shape(&unknown), shape(&staff));
    invite(&boss, json!({ "email": "client@acme.test" })).await.expect_field("email", "already_member");
    let token = token_in(&*world.mail_to("pm@acme.test").await);
    accept(&acme.manager(), json!({ "token": token })).await.expect_code("CONFLICT");
    assert_eq!(
        viewer(&acme.manager()).await.expect_ok().each("viewer.roles", "key"),
        [json!("project_manager")]
    );
    let open =
        invite(&acme.owner(), json!({ "email": "new@new.test", "roles": ["viewer"] })).await.expect_ok();
    invite(&boss, json!({ "email": "new@new.test" })).await.expect_ok();
    let query = "query($id: ID!) { node(id: $id) { ... on Invitation { status } } }";
    let id = open.text("inviteUser.invitation.id");
    let answer = acme.owner().run(query, json!({ "id": id })).await.expect_ok();
    assert_eq!(answer.text("node.status"), "OPEN", "a client does not end what the staff sent");
}

// keeps: ID-5, ID-22
#[tokio::test]
async fn nobody_invites_into_more_than_they_hold() {
    let world = World::new().await;
    let acme = world.agency("acme");
    invite(&acme.admin(), json!({ "email": "ada@new.test", "roles": ["owner"] }))
        .await
        .expect_code("FORBIDDEN");
    invite(&acme.owner(), json!({ "email": "ada@new.test", "roles": ["owner", "admin"] })).await.expect_ok();
    let grants = [
        ("identity.user.invite", "TENANT"),
        ("identity.role.read", "TENANT"),
        ("projects.project.read", "ASSIGNED"),
    ];
    let recruiter =
        create_role(&acme.owner(), "Recruiter", &grants).await.expect_ok().text("createRole.role.id");
    assign_role(&acme.owner(), &me(&acme.viewer()).await, &recruiter).await.expect_ok();
    let small =
        create_role(&acme.owner(), "Guest", &[("projects.project.read", "ASSIGNED")]).await.expect_ok();
    let large =
        create_role(&acme.owner(), "Reader", &[("projects.project.read", "TENANT")]).await.expect_ok();
    let with = |role: String| json!({ "email": "eve@new.test", "roles": [role] });
    for beyond in ["team_member".to_owned(), "admin".to_owned(), "owner".to_owned()] {
        let answer = invite(&acme.viewer(), with(beyond)).await.expect_code("FORBIDDEN");
        assert!(answer.message().unwrap().contains("You cannot give what you do not hold"), "{answer}");
    }
    // Reason: the platform's viewer reads all projects of the tenant, so this one may be given, and what nobody gave not.
    invite(&acme.viewer(), with(large.text("createRole.role.id"))).await.expect_ok();
    invite(&acme.viewer(), with(small.text("createRole.role.id"))).await.expect_ok();
    let writer = create_role(&acme.owner(), "Writer", &[("projects.project.write", "OWN")]).await.expect_ok();
    invite(&acme.viewer(), with(writer.text("createRole.role.id"))).await.expect_code("FORBIDDEN");
    let key = acme.owner().key(&[("identity.user.invite", "TENANT"), ("identity.role.read", "TENANT")]).await;
    invite(&key, with("viewer".to_owned())).await.expect_code("FORBIDDEN");
}

// keeps: ID-5, ID-23
#[tokio::test]
async fn who_invites_for_assigned_accounts_invites_no_staff_and_for_no_others() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let client_grants =
        owner.run("{ roles { key grants { permission reach } } }", json!({})).await.expect_ok();
    let client = client_grants.list("roles").iter().find(|role| role["key"] == "client").unwrap();
    let mut grants: Vec<(&str, &str)> = client["grants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| (grant["permission"].as_str().unwrap(), "ACCOUNT"))
        .collect();
    grants.extend([("identity.user.invite", "ASSIGNED"), ("identity.role.read", "TENANT")]);
    let host = create_role(&owner, "Client host", &grants).await.expect_ok().text("createRole.role.id");
    let person = join(&world, &owner, "grace@new.test", &[&host]).await;
    let accounts = acme.ids::<AccountId>("crm_accounts").await;
    let put = json!({ "userId": me(&person).await, "accountId": accounts[1] });
    change(&owner, "assignResource", put, "assignment { id }").await.expect_ok();
    invite(&person, json!({ "email": "tom@new.test", "accountId": accounts[1] })).await.expect_ok();
    invite(&person, json!({ "email": "kim@new.test", "accountId": accounts[0] }))
        .await
        .expect_code("FORBIDDEN");
    invite(&person, json!({ "email": "kim@new.test", "roles": ["viewer"] })).await.expect_code("FORBIDDEN");
    assert_eq!(emails(&person).await, ["tom@new.test"]);
}
