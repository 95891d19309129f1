//! Bridges: the fields by which one domain's things lead to another's, in both directions, and what they cost however
//! much there is.

use serde_json::{Value, json};
use tests::{Actor, World};

use crate::plenty::Plenty;
use crate::projects::asks::{
    MEMBER, account, ask, change, me, new_member, new_project, new_role, person, project, refusals, role,
    texts,
};

/// Statements of a list of twenty projects with ten tasks each, their people and companies: one for each kind of thing
/// on each level, with none for the database's own sake.
const WHOLE: u32 = 6;

const WORK: &str = "query($first: Int) {
  projects(first: $first, filter: { search: \"Plenty\" }, orderBy: { field: NUMBER }) { nodes {
    code account { name } manager { name } tasks(first: 10) { nodes { title assignees { name } } }
  } }
}";

/// Asks once for what is cached of the asker, then for few and for many; both may take so many statements at most.
async fn expect_statements(who: &Actor, query: &str, few: Value, many: Value, most: u32) {
    who.run(query, few.clone()).await.expect_ok();
    who.run(query, few).await.expect_ok().expect_statements(most);
    who.run(query, many).await.expect_ok().expect_statements(most);
}

fn first(count: i32) -> Value {
    json!({ "first": count })
}

// keeps: PR-1, PR-8, CR-1
#[tokio::test]
async fn projects_with_tasks_and_people_take_six_statements_however_many_there_are() {
    let world = World::new().await;
    let acme = world.agency("acme");
    Plenty { projects: 20, tasks: 10 }.of(&acme, &world).await;
    for who in [acme.owner(), acme.manager(), acme.viewer()] {
        expect_statements(&who, WORK, first(2), first(20), WHOLE).await;
        let answer = who.run(WORK, json!({ "first": 20 })).await.expect_ok();
        let nodes = answer.list("projects.nodes");
        assert_eq!(nodes.len(), 20);
        for node in nodes {
            let tasks = node["tasks"]["nodes"].as_array().unwrap();
            assert_eq!(tasks.len(), 10, "{node}");
            assert!(tasks.iter().all(|task| task["assignees"].as_array().unwrap().len() == 2), "{node}");
            assert!(node["manager"]["name"].is_string() && node["account"]["name"].is_string(), "{node}");
        }
    }
}

// keeps: PR-1, PR-8
#[tokio::test]
async fn totals_of_children_are_counted_together() {
    let world = World::new().await;
    let acme = world.agency("acme");
    Plenty { projects: 20, tasks: 10 }.of(&acme, &world).await;
    let query = "query($first: Int) {
      projects(first: $first, filter: { search: \"Plenty\" }) { totalCount nodes {
        tasks(first: 1) { totalCount nodes { title } }
        done: tasks(first: 0, filter: { status: [DONE] }) { totalCount }
        members(first: 1) { totalCount }
        progress columns { name category }
      } }
    }";
    expect_statements(&acme.manager(), query, first(2), first(20), 11).await;
    let answer = acme.manager().run(query, json!({ "first": 20 })).await.expect_ok();
    assert_eq!(answer.number("projects.totalCount"), 20);
    assert!(answer.each("projects.nodes", "tasks.totalCount").iter().all(|count| *count == 10), "{answer}");
    assert!(answer.each("projects.nodes", "members.totalCount").iter().all(|count| *count == 1), "{answer}");
}

// keeps: PR-1, PR-3, PR-8
#[tokio::test]
async fn guarded_fields_and_members_cost_the_same_for_few_and_many() {
    let world = World::new().await;
    let acme = world.agency("acme");
    Plenty { projects: 20, tasks: 10 }.of(&acme, &world).await;
    let query = "query($first: Int) {
      projects(first: $first, filter: { search: \"Plenty\" }) { nodes {
        budget { amount } budgetMinutes
        members(first: 5) { nodes { title billRate { amount } user { name roles { role { key } } } role { name } project { code } } }
        tasks(first: 10) { nodes { column { name } project { code } reporter { name account { name } } } }
      } }
    }";
    expect_statements(&acme.manager(), query, first(2), first(20), 14).await;
}

// keeps: PR-1, PR-8, CR-1
#[tokio::test]
async fn people_and_accounts_lead_to_their_work_in_statements_that_do_not_grow() {
    let world = World::new().await;
    let acme = world.agency("acme");
    Plenty { projects: 20, tasks: 10 }.of(&acme, &world).await;
    let few = json!({ "users": [person(&acme, "dev").await, person(&acme, "client").await], "first": 2 });
    let everybody = ask(&acme.owner(), "{ users(first: 100) { nodes { id } } }").await.ids("users.nodes");
    let many = json!({ "users": everybody, "first": 20 });
    for query in [
        "query($users: [ID!]) { users(filter: { ids: $users }) { nodes { name account { name }
          projects(first: 5) { totalCount nodes { code manager { name } } }
          tasks(first: 5) { totalCount nodes { title } } } } }",
        "query($first: Int) { accounts(first: $first) { nodes { name owner { name }
          projects(first: 5) { totalCount nodes { code } }
          contacts(first: 5) { totalCount nodes { familyName user { name } } } } } }",
        "query($first: Int) { tasks(first: $first, filter: { search: \"Plenty\" }) { nodes {
          title project { code account { owner { name } } } reporter { name } } } }",
    ] {
        for who in [acme.owner(), acme.manager()] {
            expect_statements(&who, query, few.clone(), many.clone(), 10).await;
        }
    }
}

// keeps: PR-1, PR-3, PR-8, CR-1
#[tokio::test]
async fn every_bridge_leads_there_and_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let has = |connection: &Value, id: &Value| {
        connection["nodes"].as_array().unwrap().iter().any(|node| node["id"] == *id)
    };
    let query = "{ projects(first: 6) { nodes { id
      manager { id projects(first: 20) { nodes { id } } }
      account { id projects(first: 20) { nodes { id } } owner { id } }
      members(first: 5) { nodes { user { id projects(first: 20) { nodes { id } } } role { id } } }
    } } }";
    let answer = ask(&owner, query).await.expect_ok();
    let mut met = [0; 4];
    for node in answer.list("projects.nodes") {
        let id = &node["id"];
        if !node["manager"].is_null() {
            assert!(has(&node["manager"]["projects"], id), "{node}");
            met[0] += 1;
        }
        if !node["account"].is_null() {
            assert!(
                has(&node["account"]["projects"], id) && node["account"]["owner"]["id"].is_string(),
                "{node}"
            );
            met[1] += 1;
        }
        for member in node["members"]["nodes"].as_array().unwrap() {
            assert!(has(&member["user"]["projects"], id) && member["role"].is_null(), "{member}");
            met[2] += 1;
        }
    }
    let query = "{ tasks(first: 10) { nodes { id assignees { id tasks(first: 40) { nodes { id } } } } } }";
    let answer = ask(&owner, query).await.expect_ok();
    for task in answer.list("tasks.nodes") {
        for assignee in task["assignees"].as_array().unwrap() {
            assert!(has(&assignee["tasks"], &task["id"]), "{task}");
            met[3] += 1;
        }
    }
    assert!(met.iter().all(|count| *count >= 5), "{met:?}");
    let query = "query($id: ID!) { user(id: $id) { account { id } } }";
    let client = owner.run(query, json!({ "id": person(&acme, "client").await })).await.expect_ok();
    assert_eq!(client.text("user.account.id"), account(&acme, 1).await);
    let staff = owner.run(query, json!({ "id": me(&owner).await })).await.expect_ok();
    assert!(staff.data("user.account").is_null(), "staff belongs to no client");
}

// keeps: PR-3
#[tokio::test]
async fn member_shows_the_role_given_there() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (id, team_member) = (project(&acme, 1).await, role(&acme, "team_member").await);
    let input = json!({ "projectId": id, "userId": person(&acme, "sales").await, "roleId": team_member });
    change(&acme.manager(), "addProjectMember", input, MEMBER).await.expect_ok();
    let query = "query($id: ID!) { project(id: $id) { members { nodes { user { email } role { key } } } } }";
    for (who, sees) in [(acme.manager(), true), (acme.viewer(), false)] {
        let answer = who.run(query, json!({ "id": id })).await;
        let roles = answer.each("project.members.nodes", "role");
        let shown = roles.iter().filter(|role| role["key"] == "team_member").count();
        assert_eq!(shown, usize::from(sees), "who may not see roles sees null\n{answer}");
    }
}

// keeps: PR-1, CR-1, ID-22
#[tokio::test]
async fn bridge_shows_nothing_that_the_other_domain_would_hide() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = new_project(&acme.owner(), "Narrow").await;
    let moved = json!({ "id": id, "accountId": account(&acme, 5).await });
    change(&acme.owner(), "updateProject", moved, "project { id }").await.expect_ok();
    let narrow = new_role(&acme, "Narrow", &[("projects.project.read", "ASSIGNED")]).await;
    let member = json!({ "projectId": id, "userId": person(&acme, "editor").await, "roleId": narrow });
    change(&acme.owner(), "addProjectMember", member, MEMBER).await.expect_ok();
    let query =
        "query($id: ID!) { project(id: $id) { code account { name } manager { name } columns { name } tasks { totalCount }
      members { totalCount } auditTrail { totalCount } } }";
    let answer = acme.editor().run(query, json!({ "id": id })).await;
    assert_eq!(answer.text("project.code"), "ACME-7", "{answer}");
    assert!(answer.data("project.account").is_null(), "a company out of sight is null\n{answer}");
    assert!(answer.data("project.manager.name").is_string(), "{answer}");
    let refused =
        ["columns", "members", "tasks"].map(|name| (format!("project.{name}"), "FORBIDDEN".to_owned()));
    assert_eq!(refusals(&answer), refused, "{answer}");
    assert_eq!(
        answer.number("project.auditTrail.totalCount"),
        0,
        "who sees own acts alone sees none of others'"
    );
    let user = "query($id: ID!) { user(id: $id) { name projects { nodes { code } } tasks { totalCount } } }";
    let answer = acme.editor().run(user, json!({ "id": me(&acme.owner()).await })).await;
    assert_eq!(texts(&answer, "user.projects.nodes", "code"), ["ACME-7"], "{answer}");
    assert_eq!(refusals(&answer), [("user.tasks".to_owned(), "FORBIDDEN".to_owned())], "{answer}");
}

// keeps: PR-1, PR-8, ID-1
#[tokio::test]
async fn work_of_a_person_is_shown_as_far_as_the_asker_sees_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let developer = person(&acme, "dev").await;
    let query = "query($id: ID!) { user(id: $id) {
      projects(first: 50, orderBy: { field: NUMBER }) { totalCount nodes { code } }
      tasks(first: 100) { totalCount nodes { project { code } } }
    } }";
    let seen = async |who: &Actor| {
        let answer = who.run(query, json!({ "id": developer })).await.expect_ok();
        let mut tasks = texts(&answer, "user.tasks.nodes", "project.code");
        tasks.sort();
        tasks.dedup();
        let codes = texts(&answer, "user.projects.nodes", "code");
        assert_eq!(answer.number("user.projects.totalCount"), i64::try_from(codes.len()).unwrap());
        (codes, tasks)
    };
    let (all, tasks) = seen(&acme.owner()).await;
    assert_eq!(all, ["ACME-1", "ACME-2", "ACME-4"]);
    assert!(tasks.iter().all(|code| all.contains(code)));
    assert_eq!(seen(&acme.manager()).await.0, ["ACME-1"]);
    assert_eq!(seen(&acme.client()).await.0, ["ACME-1", "ACME-2"]);
    assert!(seen(&acme.client()).await.1.iter().all(|code| code != "ACME-4"));
    let foreign = world.agency("globex").owner();
    foreign.run(query, json!({ "id": developer })).await.expect_code("NOT_FOUND");
}

// keeps: PR-1
#[tokio::test]
async fn person_on_a_project_twice_is_there_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = me(&acme.manager()).await;
    let id = new_project(&acme.manager(), "Twice").await;
    new_member(&acme.manager(), &id, &manager).await;
    let query = "query($id: ID!, $first: Int, $last: Int, $after: String, $before: String) { user(id: $id) {
      projects(first: $first, last: $last, after: $after, before: $before, orderBy: { field: NUMBER }) {
        totalCount nodes { code } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
      }
    } }";
    let page = async |variables: Value| {
        let mut variables = variables;
        variables["id"] = json!(manager);
        acme.manager().run(query, variables).await.expect_ok()
    };
    let all = page(json!({ "first": 50 })).await;
    assert_eq!(texts(&all, "user.projects.nodes", "code"), ["ACME-1", "ACME-3", "ACME-7"]);
    assert_eq!(all.number("user.projects.totalCount"), 3);
    let first = page(json!({ "first": 2 })).await;
    let rest = page(json!({ "first": 2, "after": first.text("user.projects.pageInfo.endCursor") })).await;
    assert_eq!(texts(&rest, "user.projects.nodes", "code"), ["ACME-7"]);
    let last = page(json!({ "last": 2 })).await;
    assert_eq!(texts(&last, "user.projects.nodes", "code"), ["ACME-3", "ACME-7"]);
    let before = page(json!({ "last": 2, "before": last.text("user.projects.pageInfo.startCursor") })).await;
    assert_eq!(texts(&before, "user.projects.nodes", "code"), ["ACME-1"]);
}

// keeps: PR-1, PR-8
#[tokio::test]
async fn trails_of_many_things_come_with_their_actors_in_statements_that_do_not_grow() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    for number in 1..=6 {
        let input = json!({ "id": project(&acme, number).await, "name": format!("Traced {number}") });
        let who = if number == 1 { acme.manager() } else { acme.owner() };
        change(&who, "updateProject", input, "project { id }").await.expect_ok();
    }
    let query = "query($first: Int) { projects(first: $first, filter: { search: \"Traced\" }, orderBy: { field: NUMBER }) { nodes {
      auditTrail(first: 3) { totalCount nodes { action actor { email projects(first: 1) { totalCount } } } }
    } } }";
    expect_statements(&owner, query, first(2), first(6), 6).await;
    let answer = owner.run(query, json!({ "first": 6 })).await.expect_ok();
    let actors = answer.each("projects.nodes", "auditTrail.nodes.0.actor.email");
    assert_eq!(actors[0], json!(acme.email("pm")));
    assert!(actors[1..].iter().all(|email| *email == acme.email("owner").as_str()), "{answer}");
    let of_seed = answer.each("projects.nodes", "auditTrail.nodes.1");
    assert!(
        of_seed.iter().all(|entry| entry["actor"].is_null()),
        "nobody did what the platform did\n{answer}"
    );
    let own = ask(
        &acme.manager(),
        "{ projects(orderBy: { field: NUMBER }) { nodes { code auditTrail { totalCount } } } }",
    )
    .await;
    assert_eq!(
        own.each("projects.nodes", "auditTrail.totalCount"),
        [json!(1), json!(0)],
        "of others' acts nothing"
    );
}

// keeps: PR-1, PR-3, PR-8, CR-1, CR-2
#[tokio::test]
async fn every_kind_of_thing_has_its_trail() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let (id, sales) = (project(&acme, 1).await, person(&acme, "sales").await);
    let member = new_member(&owner, &id, &sales).await;
    let task = crate::projects::asks::new_task(&owner, &id, "Traced").await;
    let column = crate::projects::asks::column(&owner, &id, "To do").await;
    change(&owner, "updateTaskColumn", json!({ "id": column, "name": "Next" }), "column { id }")
        .await
        .expect_ok();
    let made =
        change(&owner, "createAccount", json!({ "name": "Traced" }), "account { id }").await.expect_ok();
    let account = made.text("createAccount.account.id");
    let contact = json!({ "accountId": account, "givenName": "Mo", "familyName": "Diaz" });
    let contact = change(&owner, "createContact", contact, "contact { id }")
        .await
        .expect_ok()
        .text("createContact.contact.id");
    let trail = "auditTrail(first: 1) { nodes { action actor { id } } }";
    let kinds = ["ProjectMember", "Task", "TaskColumn", "Account", "Contact"];
    let parts: String = kinds.iter().map(|kind| format!("... on {kind} {{ {trail} }} ")).collect();
    let query = format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename {parts} }} }}");
    let answer =
        owner.run(&query, json!({ "ids": [member, task, column, account, contact] })).await.expect_ok();
    let actions = answer.each("nodes", "auditTrail.nodes.0.action");
    let expected = [
        "projects.member.add",
        "projects.task.create",
        "projects.column.update",
        "crm.account.create",
        "crm.contact.create",
    ];
    assert_eq!(actions, expected.map(|action| json!(action)));
    let own = json!({ "id": me(&owner).await });
    assert!(answer.each("nodes", "auditTrail.nodes.0.actor").iter().all(|actor| *actor == own), "{answer}");
}
