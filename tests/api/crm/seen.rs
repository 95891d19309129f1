//! Who sees which client companies and contacts, and what of them; and what changes of them record.

use serde_json::{Value, json};
use tests::{Actor, Agency, World};

use crate::projects::asks::{account, ask, change, me, new_member, person, project, refusals, role};

/// Ids of the three seeded accounts: the first is the client's and the owner's, the second the admin's, the third the
/// salesperson's.
async fn accounts(agency: &Agency<'_>) -> [String; 3] {
    [account(agency, 1).await, account(agency, 3).await, account(agency, 5).await]
}

// keeps: CR-1, CR-2, ID-22
#[tokio::test]
async fn each_role_sees_its_accounts_and_their_contacts_and_no_others() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let all = accounts(&acme).await;
    for (role, who) in acme.everybody() {
        // Reason: the manager leads projects of the first and second, the developer is on projects of the same.
        let seen: &[usize] = match role.key() {
            "owner" | "admin" | "accountant" | "viewer" => &[0, 1, 2],
            "project_manager" | "team_member" => &[0, 1],
            "sales" => &[2],
            "client" | "client_admin" => &[0],
            _ => &[],
        };
        let mut expected: Vec<&String> = seen.iter().map(|place| &all[*place]).collect();
        expected.sort();
        let query =
            "{ accounts(first: 100) { nodes { id } } contacts(first: 100) { nodes { account { id } } } }";
        let answer = ask(&who, "{ accounts(first: 100) { nodes { id } } }").await;
        let mut found =
            if answer.code() == Some("FORBIDDEN") { Vec::new() } else { answer.ids("accounts.nodes") };
        found.sort();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{role:?}");
        if matches!(role.key(), "team_member" | "editor") {
            ask(&who, query).await.expect_code("FORBIDDEN");
            continue;
        }
        let contacts = ask(&who, query).await.expect_ok().each("contacts.nodes", "account.id");
        let mut of: Vec<String> = contacts.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        of.sort();
        of.dedup();
        assert_eq!(of.iter().collect::<Vec<_>>(), expected, "{role:?}");
    }
}

// keeps: CR-1
#[tokio::test]
async fn account_that_is_not_listed_is_not_there_at_all() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let all = accounts(&acme).await;
    let read = async |who: Actor, id: &str| {
        who.run("query($id: ID!) { account(id: $id) { name } }", json!({ "id": id })).await
    };
    read(acme.manager(), &all[0]).await.expect_ok();
    read(acme.manager(), &all[2]).await.expect_code("NOT_FOUND");
    read(acme.client(), &all[1]).await.expect_code("NOT_FOUND");
    read(acme.sales(), &all[0]).await.expect_code("NOT_FOUND");
    read(acme.editor(), &all[0]).await.expect_code("FORBIDDEN");
    read(world.agency("globex").owner(), &all[0]).await.expect_code("NOT_FOUND");
    read(world.nobody(), &all[0]).await.expect_code("UNAUTHENTICATED");
    let wrong = project(&acme, 1).await;
    read(acme.owner(), &wrong).await.expect_field("id", "id_of_another_kind");
}

// keeps: CR-2, ID-22
#[tokio::test]
async fn who_sees_contacts_without_personal_data_sees_the_rest_of_them() {
    let world = World::new().await;
    let acme = world.agency("acme");
    for contact in ask(&acme.owner(), "{ contacts(first: 100) { nodes { id } } }").await.ids("contacts.nodes")
    {
        let titled = json!({ "id": contact, "jobTitle": "Head of Purchasing" });
        change(&acme.owner(), "updateContact", titled, "contact { id }").await.expect_ok();
    }
    let query = "{ contacts(first: 100) { nodes { givenName email phone jobTitle } } }";
    let answer = ask(&acme.viewer(), query).await;
    let nodes = answer.list("contacts.nodes");
    assert!(nodes.len() > 2 && nodes.iter().all(|node| node["givenName"].is_string()), "{answer}");
    let hidden = ["email", "phone", "jobTitle"];
    assert!(nodes.iter().all(|node| hidden.iter().all(|name| node[name].is_null())), "{answer}");
    let refused = refusals(&answer);
    assert_eq!(refused.len(), (3 * nodes.len()).min(50), "{answer}");
    assert!(refused.iter().all(|(_, code)| code == "FORBIDDEN"), "{answer}");
    for who in [acme.owner(), acme.manager(), acme.accountant(), acme.client()] {
        let answer = ask(&who, query).await.expect_ok();
        for name in ["email", "jobTitle"] {
            assert!(answer.each("contacts.nodes", name).iter().all(Value::is_string), "{name}\n{answer}");
        }
    }
}

// keeps: CR-1, CR-2
#[tokio::test]
async fn who_joins_a_project_sees_its_account_until_they_leave() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (editor, id) = (person(&acme, "editor").await, project(&acme, 1).await);
    let input = json!({ "userId": editor, "roleId": role(&acme, "team_member").await });
    change(&acme.owner(), "assignRole", input, "user { id }").await.expect_ok();
    let seen = async || {
        ask(&acme.editor(), "{ accounts { totalCount } }").await.expect_ok().number("accounts.totalCount")
    };
    // Reason: the editor is on the team of the third project from the beginning.
    assert_eq!(seen().await, 1);
    let member = new_member(&acme.owner(), &id, &editor).await;
    assert_eq!(seen().await, 2);
    change(&acme.owner(), "removeProjectMember", json!({ "id": member }), "member { id }").await.expect_ok();
    assert_eq!(seen().await, 1);
}

// keeps: CR-1, CR-2
#[tokio::test]
async fn changes_of_accounts_and_contacts_are_recorded_and_told() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let made =
        change(&owner, "createAccount", json!({ "name": "Traced" }), "account { id }").await.expect_ok();
    let account = made.text("createAccount.account.id");
    let contact =
        json!({ "accountId": account, "givenName": "Mo", "familyName": "Diaz", "email": "mo@example.com" });
    let contact = change(&owner, "createContact", contact, "contact { id }")
        .await
        .expect_ok()
        .text("createContact.contact.id");
    for (name, input) in [
        ("updateAccount", json!({ "id": account, "name": "Renamed" })),
        ("updateContact", json!({ "id": contact, "email": "diaz@example.com" })),
        ("archiveAccount", json!({ "id": account })),
        ("restoreAccount", json!({ "id": account })),
    ] {
        change(&owner, name, input, "__typename").await.expect_ok();
    }
    let trail = async |id: &str| {
        let actions = world
            .audit_of(id)
            .await
            .iter()
            .map(|row| row["action"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>();
        let events = world
            .events_of(id)
            .await
            .iter()
            .map(|row| row["kind"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>();
        (actions.join(" "), events.join(" "))
    };
    let actions = "crm.account.create crm.account.update crm.account.archive crm.account.restore";
    let events = "crm.account.created crm.account.updated crm.account.updated crm.account.updated";
    assert_eq!(trail(&account).await, (actions.to_owned(), events.to_owned()));
    let expected = ("crm.contact.create crm.contact.update", "crm.contact.created crm.contact.updated");
    assert_eq!(trail(&contact).await, (expected.0.to_owned(), expected.1.to_owned()));
    let last = world.audit_of(&contact).await.pop().unwrap();
    assert_eq!(
        last["personal"]["email"],
        json!(["mo@example.com", "diaz@example.com"]),
        "personal data apart from the rest"
    );
    assert_eq!(last["changes"]["email"][1], json!({ "personal": true }));
    let own = me(&owner).await;
    let entries = "query($by: ID!) { auditEntries(first: 3, filter: { actor: $by, actionPrefix: \"crm.\" }) { nodes { action } } }";
    let entries = owner.run(entries, json!({ "by": own })).await.expect_ok();
    assert_eq!(entries.text("auditEntries.nodes.0.action"), "crm.account.restore");
}
