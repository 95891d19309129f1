//! Who sees what of projects: rows by role, and the fields that are nobody's business.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Actor, Agency, World};

use super::asks::{account, ask, change, codes, new_member, new_project, person, project, refusals, texts};

/// Numbers of the seeded projects that each role sees: the manager and the developer work on some, the salesperson
/// answers for the account of one, the client's company has two.
const SEEN: &[(&str, &[usize])] = &[
    ("owner", &[1, 2, 3, 4, 5, 6]),
    ("admin", &[1, 2, 3, 4, 5, 6]),
    ("project_manager", &[1, 3]),
    ("team_member", &[1, 2, 4]),
    ("accountant", &[1, 2, 3, 4, 5, 6]),
    ("sales", &[5]),
    ("editor", &[]),
    ("client", &[1, 2]),
    ("client_admin", &[1, 2]),
    ("viewer", &[1, 2, 3, 4, 5, 6]),
];

fn seen_by(role: &str) -> &'static [usize] {
    SEEN.iter().find(|(key, _)| *key == role).unwrap_or_else(|| panic!("{role} is missing in SEEN")).1
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn each_role_sees_its_projects_and_their_tasks_and_no_others() {
    let world = World::new().await;
    for slug in ["acme", "globex"] {
        let agency = world.agency(slug);
        for (role, who) in agency.everybody() {
            let expected: Vec<String> = seen_by(role.key())
                .iter()
                .map(|number| format!("{}-{number}", slug.to_uppercase()))
                .collect();
            assert_eq!(codes(&who).await, expected, "{role:?} of {slug}");
            let tasks = ask(&who, "{ tasks(first: 100) { nodes { project { code } } } }").await;
            let of_tasks: BTreeSet<String> = match tasks.code() {
                Some("FORBIDDEN") => BTreeSet::new(),
                _ => tasks
                    .each("tasks.nodes", "project.code")
                    .iter()
                    .map(|code| code.as_str().unwrap().to_owned())
                    .collect(),
            };
            assert_eq!(of_tasks, expected.into_iter().collect(), "{role:?} of {slug}");
        }
    }
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn project_that_is_not_listed_is_not_there_at_all() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let ids = all_projects(&acme).await;
    for (role, who) in acme.everybody() {
        for (number, id) in (1..).zip(&ids) {
            let answer = who.run("query($id: ID!) { project(id: $id) { code } }", json!({ "id": id })).await;
            match (seen_by(role.key()).contains(&number), role.key()) {
                (true, _) => assert_eq!(answer.expect_ok().text("project.code"), format!("ACME-{number}")),
                (false, "editor") => drop(answer.expect_code("FORBIDDEN")),
                (false, _) => drop(answer.expect_code("NOT_FOUND")),
            }
        }
    }
}

async fn all_projects(agency: &Agency<'_>) -> Vec<String> {
    ask(&agency.owner(), "{ projects(first: 100, orderBy: { field: NUMBER }) { nodes { id } } }")
        .await
        .ids("projects.nodes")
}

/// Projects with everything about money and teams; the rest must be there whatever is refused of these.
const MONEY: &str = "{ projects(first: 100, orderBy: { field: NUMBER }) { nodes {
  code name budget { amount } budgetMinutes members { nodes { title billRate { amount } } } columns { name }
} } }";

/// A budget on every project and a rate on every place of a team.
async fn price(agency: &Agency<'_>) {
    let owner = agency.owner();
    for id in all_projects(agency).await {
        let budget =
            json!({ "id": id, "budget": { "amount": 777_777, "currency": "EUR" }, "budgetMinutes": 888 });
        change(&owner, "updateProject", budget, "project { id }").await.expect_ok();
        let query = "query($id: ID!) { project(id: $id) { members(first: 50) { nodes { id } } } }";
        let members = owner.run(query, json!({ "id": id })).await.ids("project.members.nodes");
        for member in members {
            let rate = json!({ "id": member, "billRate": { "amount": 999_999, "currency": "EUR" } });
            change(&owner, "updateProjectMember", rate, "member { id }").await.expect_ok();
        }
    }
}

// keeps: PR-1, PR-3, ID-22
#[tokio::test]
async fn money_and_teams_are_shown_to_whom_they_concern_and_refused_field_by_field() {
    let world = World::new().await;
    let acme = world.agency("acme");
    price(&acme).await;
    for (role, who) in acme.everybody() {
        let answer = ask(&who, MONEY).await;
        let nodes = match answer.code() {
            Some("FORBIDDEN") if seen_by(role.key()).is_empty() => continue,
            _ => answer.list("projects.nodes"),
        };
        let money = matches!(role.key(), "owner" | "admin" | "project_manager" | "accountant");
        let team = !matches!(role.key(), "client" | "client_admin");
        assert_eq!(nodes.len(), seen_by(role.key()).len(), "the refused fields lose no project\n{answer}");
        let mut refused = BTreeSet::new();
        for (path, code) in refusals(&answer) {
            assert_eq!(code, "FORBIDDEN", "{role:?}\n{answer}");
            refused.insert(path.rsplit('.').next().unwrap().to_owned());
        }
        let hidden =
            [(!money, "budget"), (!money, "budgetMinutes"), (!money && team, "billRate"), (!team, "members")];
        let hidden = hidden.into_iter().filter(|(hides, _)| *hides).map(|(_, name)| name.to_owned());
        assert_eq!(refused, hidden.collect(), "{role:?}");
        for node in nodes {
            assert_eq!(node["budget"]["amount"] == "777777", money, "{role:?}: {node}");
            assert_eq!(node["budgetMinutes"] == 888, money, "{role:?}: {node}");
            assert_eq!(node["members"].is_object(), team, "{role:?}: {node}");
            assert!(!node["columns"].as_array().unwrap().is_empty(), "{role:?}: {node}");
        }
        assert_eq!(answer.body.to_string().contains("999999"), money, "{role:?}");
    }
}

// keeps: PR-3, ID-22
#[tokio::test]
async fn member_without_a_rate_is_refused_alike() {
    let world = World::new().await;
    let developer = world.agency("acme").developer();
    let query = "{ projects { nodes { members { nodes { title billRate { amount } } } } } }";
    let answer = ask(&developer, query).await;
    let refused = refusals(&answer);
    let places = answer.each("projects.nodes", "members.nodes");
    let rates: usize = places.iter().map(|places| places.as_array().unwrap().len()).sum();
    assert_eq!(refused.len(), rates, "whether there is a rate is nobody's business either\n{answer}");
}

// keeps: PR-3, ID-22
#[tokio::test]
async fn who_was_on_a_project_sees_the_own_place_there_without_its_rate() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), person(&acme, "pm").await);
    let id = new_project(&owner, "Left behind").await;
    let member = new_member(&owner, &id, &manager).await;
    let rate = json!({ "id": member, "billRate": { "amount": 999_999, "currency": "EUR" } });
    change(&owner, "updateProjectMember", rate, "member { id }").await.expect_ok();
    let query = "query($id: ID!) { node(id: $id) { ... on ProjectMember {
      leftOn project { code } billRate { amount }
    } } }";
    let place = async || acme.manager().run(query, json!({ "id": member })).await;
    assert_eq!(place().await.expect_ok().text("node.billRate.amount"), "999999");
    change(&owner, "removeProjectMember", json!({ "id": member }), "member { id }").await.expect_ok();
    let left = place().await;
    assert_eq!(*left.data("node"), json!({ "leftOn": "2026-03-02", "project": null, "billRate": null }));
    assert_eq!(refusals(&left), [("node.billRate".to_owned(), "FORBIDDEN".to_owned())]);
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn client_reaches_nothing_beyond_the_own_account() {
    let world = World::new().await;
    let acme = world.agency("acme");
    price(&acme).await;
    let own = account(&acme, 1).await;
    let staff = person(&acme, "dev").await;
    for client in [acme.client(), acme.client_admin()] {
        let query = "query($staff: ID!) {
          projects { totalCount nodes { account { id name } manager { id projects { nodes { code } } } } }
          accounts { nodes { id projects { totalCount nodes { code } } contacts { nodes { account { id } } } } }
          user(id: $staff) { projects { totalCount nodes { code } } tasks(first: 100) { nodes { project { code } } } }
          tasks(first: 100) { totalCount nodes { project { account { id } } } }
        }";
        let answer = client.run(query, json!({ "staff": staff })).await;
        assert_eq!(answer.ids("accounts.nodes"), std::slice::from_ref(&own), "{answer}");
        assert!(answer.each("tasks.nodes", "project.account.id").iter().all(|id| *id == own.as_str()));
        assert!(!answer.list("tasks.nodes").is_empty());
        let mut shown = BTreeSet::new();
        collect_codes(&answer.body, &mut shown);
        assert_eq!(shown, BTreeSet::from(["ACME-1".to_owned(), "ACME-2".to_owned()]), "{answer}");
        let contacts = answer.list("accounts.nodes.0.contacts.nodes");
        assert!(contacts.iter().all(|contact| contact["account"]["id"] == own.as_str()), "{answer}");
        for list in [
            "{ auditEntries { totalCount } }",
            "{ assignments { totalCount } }",
            "{ apiKeys { totalCount } }",
        ] {
            ask(&client, list).await.expect_code("FORBIDDEN");
        }
        let trails = ask(&client, "{ projects { nodes { code auditTrail { totalCount } } } }").await;
        assert!(refusals(&trails).iter().all(|(_, code)| code == "FORBIDDEN"), "{trails}");
        assert!(trails.each("projects.nodes", "auditTrail").iter().all(Value::is_null), "{trails}");
        assert_eq!(texts(&trails, "projects.nodes", "code").len(), 2, "{trails}");
    }
}

fn collect_codes(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(
                object
                    .get("code")
                    .and_then(Value::as_str)
                    .filter(|code| code.contains('-'))
                    .map(str::to_owned),
            );
            object.values().for_each(|value| collect_codes(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| collect_codes(value, found)),
        _ => {}
    }
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn filters_by_what_one_may_not_see_tell_nothing() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let count = async |who: &Actor, filter: Value| {
        let query = "query($filter: ProjectFilter) { projects(filter: $filter) { totalCount } }";
        who.run(query, json!({ "filter": filter })).await.expect_ok().number("projects.totalCount")
    };
    let (client, other) = (acme.client(), account(&acme, 3).await);
    assert_eq!(count(&client, json!({ "accountId": other })).await, 0);
    assert_eq!(count(&client, json!({ "ids": [project(&acme, 3).await, project(&acme, 1).await] })).await, 1);
    let foreign = project(&world.agency("globex"), 1).await;
    assert_eq!(count(&acme.owner(), json!({ "ids": [foreign] })).await, 0);
    let stranger = account(&world.agency("globex"), 1).await;
    assert_eq!(count(&acme.owner(), json!({ "accountId": stranger })).await, 0);
}

// keeps: PR-1
#[tokio::test]
async fn progress_follows_milestones_and_is_the_same_for_everybody_who_sees_the_project() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let bare = super::asks::new_project(&owner, "Without milestones").await;
    super::asks::new_task(&owner, &bare, "To do").await;
    let done = super::asks::column(&owner, &bare, "Done").await;
    let finished = json!({ "projectId": bare, "title": "Done", "columnId": done });
    super::asks::change(&owner, "createTask", finished, "task { id }").await.expect_ok();
    let query = "{ projects(orderBy: { field: NUMBER }) { nodes { code progress all: tasks { totalCount }
      done: tasks(filter: { status: [DONE] }) { totalCount } milestones { nodes { status percentage } } } } }";
    let all = ask(&owner, query).await.expect_ok();
    let mut told = std::collections::BTreeMap::new();
    for node in all.list("projects.nodes") {
        let milestones = node["milestones"]["nodes"].as_array().unwrap().iter();
        let counted: Vec<i64> = milestones
            .filter(|milestone| milestone["status"] != "WAIVED")
            .map(|milestone| milestone["percentage"].as_i64().unwrap())
            .collect();
        let count = |name: &str| node[name]["totalCount"].as_i64().unwrap();
        let expected = match counted.len() {
            0 => (count("done") * 100).checked_div(count("all")).unwrap_or(0),
            milestones => counted.iter().sum::<i64>() / i64::try_from(milestones).unwrap(),
        };
        assert_eq!(node["progress"], json!(expected), "{node}");
        told.insert(node["code"].to_string(), node["progress"].clone());
    }
    for who in [acme.client(), acme.viewer()] {
        let seen = ask(&who, "{ projects { nodes { code progress } } }").await.expect_ok();
        for node in seen.list("projects.nodes") {
            assert_eq!(told[&node["code"].to_string()], node["progress"], "{node}");
        }
    }
}
