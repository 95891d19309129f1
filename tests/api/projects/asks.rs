//! What tests of projects, accounts and bridges ask again and again.

use serde_json::{Value, json};
use tests::{Actor, Agency, Answer};

/// Everything about a project that an input can set, and what follows from it.
pub const PROJECT: &str = "project {
  id code name description status allowedTransitions priority estimatedStart estimatedEnd actualStart actualEnd
  expectedDelivery budget { amount currency } budgetMinutes billingType methodology tags health progress archivedAt
  createdAt updatedAt version account { id } manager { id }
}";

/// Everything about a task that an input can set, and what follows from it.
pub const TASK: &str = "task {
  id number title description status priority estimateMinutes remainingMinutes startOn dueOn rank blockedReason
  completedAt archivedAt version column { id name } project { id } assignees { id } reporter { id }
}";

/// Everything about a place on a team.
pub const MEMBER: &str = "member {
  id title billRate { amount currency } allocation joinedOn leftOn version user { id } role { id } project { id }
}";

/// Runs the mutation `name` with this input, which is of the type `<Name>Input`, and selects these fields.
pub async fn change(who: &Actor, name: &str, input: Value, fields: &str) -> Answer {
    let (first, rest) = name.split_at(1);
    let input_type = format!("{}{rest}Input", first.to_uppercase());
    let query = format!("mutation Test($input: {input_type}!) {{ {name}(input: $input) {{ {fields} }} }}");
    who.run(&query, json!({ "input": input })).await
}

/// Asks without variables.
pub async fn ask(who: &Actor, query: &str) -> Answer {
    who.run(query, json!({})).await
}

/// Id of the person who asks.
pub async fn me(who: &Actor) -> String {
    ask(who, "{ viewer { user { id } } }").await.expect_ok().text("viewer.user.id")
}

/// Id of the person of an agency who is called so before the `@`.
pub async fn person(agency: &Agency<'_>, name: &str) -> String {
    let answer = ask(&agency.owner(), "{ users(first: 100) { nodes { id email } } }").await.expect_ok();
    let email = agency.email(name);
    let found = answer.list("users.nodes").iter().find(|user| user["email"] == email.as_str());
    found
        .and_then(|user| user["id"].as_str())
        .unwrap_or_else(|| panic!("nobody is {email}\n{answer}"))
        .to_owned()
}

/// Id of a role of an agency by its key.
pub async fn role(agency: &Agency<'_>, key: &str) -> String {
    let answer = ask(&agency.owner(), "{ roles { id key } }").await.expect_ok();
    let found = answer.list("roles").iter().find(|role| role["key"] == key);
    found.and_then(|role| role["id"].as_str()).unwrap_or_else(|| panic!("no role {key}\n{answer}")).to_owned()
}

/// Makes a role that allows this, pairs of permission and reach, and gives its id.
pub async fn new_role(agency: &Agency<'_>, name: &str, grants: &[(&str, &str)]) -> String {
    let one = |(permission, reach): &(&str, &str)| json!({ "permission": permission, "reach": reach });
    let grants: Vec<Value> = grants.iter().map(one).collect();
    let input = json!({ "name": name, "grants": grants });
    change(&agency.owner(), "createRole", input, "role { id }").await.expect_ok().text("createRole.role.id")
}

/// Id of the seeded project with this number, as the owner of the agency finds it.
pub async fn project(agency: &Agency<'_>, number: usize) -> String {
    let code = format!("{}-{number}", agency.slug().to_uppercase());
    let query = "query($code: String!) { projectByCode(code: $code) { id } }";
    agency.owner().run(query, json!({ "code": code })).await.expect_ok().text("projectByCode.id")
}

/// Id of the account of the seeded project with this number.
pub async fn account(agency: &Agency<'_>, number: usize) -> String {
    let code = format!("{}-{number}", agency.slug().to_uppercase());
    let query = "query($code: String!) { projectByCode(code: $code) { account { id } } }";
    agency.owner().run(query, json!({ "code": code })).await.expect_ok().text("projectByCode.account.id")
}

/// Makes a project of this name and gives its id.
pub async fn new_project(who: &Actor, name: &str) -> String {
    let answer = change(who, "createProject", json!({ "name": name }), "project { id }").await.expect_ok();
    answer.text("createProject.project.id")
}

/// Makes a task at the end of a project and gives its id.
pub async fn new_task(who: &Actor, project: &str, title: &str) -> String {
    let input = json!({ "projectId": project, "title": title });
    change(who, "createTask", input, "task { id }").await.expect_ok().text("createTask.task.id")
}

/// Puts a person on the team of a project and gives the id of their place.
pub async fn new_member(who: &Actor, project: &str, user: &str) -> String {
    let input = json!({ "projectId": project, "userId": user });
    change(who, "addProjectMember", input, "member { id }")
        .await
        .expect_ok()
        .text("addProjectMember.member.id")
}

/// Moves a project through these statuses.
pub async fn walk(who: &Actor, project: &str, statuses: &[&str]) {
    for status in statuses {
        transition(who, project, status).await.expect_ok();
    }
}

/// Moves a project to a status.
pub async fn transition(who: &Actor, project: &str, to: &str) -> Answer {
    change(who, "transitionProject", json!({ "id": project, "to": to }), PROJECT).await
}

/// A project as somebody reads it.
pub async fn read_project(who: &Actor, id: &str) -> Answer {
    let query = format!("query($id: ID!) {{ {} }}", PROJECT.replacen("project", "project(id: $id)", 1));
    who.run(&query, json!({ "id": id })).await
}

/// A task as somebody reads it.
pub async fn read_task(who: &Actor, id: &str) -> Answer {
    let query = format!("query($id: ID!) {{ {} }}", TASK.replacen("task", "task(id: $id)", 1));
    who.run(&query, json!({ "id": id })).await
}

/// The columns of a board as pairs of id and name, from left to right.
pub async fn columns(who: &Actor, project: &str) -> Vec<(String, String)> {
    let query = "query($id: ID!) { project(id: $id) { columns { id name } } }";
    let answer = who.run(query, json!({ "id": project })).await.expect_ok();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    answer.list("project.columns").iter().map(|column| (text(&column["id"]), text(&column["name"]))).collect()
}

/// Id of the column with this heading.
pub async fn column(who: &Actor, project: &str, name: &str) -> String {
    let all = columns(who, project).await;
    let found = all.iter().find(|(_, heading)| heading == name);
    found.unwrap_or_else(|| panic!("no column {name} among {all:?}")).0.clone()
}

/// Titles of the tasks of a project in their order on the board.
pub async fn titles(who: &Actor, project: &str) -> Vec<String> {
    let query = "query($id: ID!) { project(id: $id) { tasks(first: 100) { nodes { title } } } }";
    let answer = who.run(query, json!({ "id": project })).await.expect_ok();
    texts(&answer, "project.tasks.nodes", "title")
}

/// Codes of the projects that somebody sees; none if they may not look for projects at all.
pub async fn codes(who: &Actor) -> Vec<String> {
    let answer = ask(who, "{ projects(first: 100, orderBy: { field: NUMBER }) { nodes { code } } }").await;
    if answer.code() == Some("FORBIDDEN") {
        return Vec::new();
    }
    texts(&answer.expect_ok(), "projects.nodes", "code")
}

/// The texts called `name` in the list at `path`.
pub fn texts(answer: &Answer, path: &str, name: &str) -> Vec<String> {
    answer.each(path, name).iter().map(|value| value.as_str().unwrap_or_default().to_owned()).collect()
}

/// Codes of all errors, each with the path of the field that it stands for.
pub fn refusals(answer: &Answer) -> Vec<(String, String)> {
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    let path = |error: &Value| {
        let steps = error["path"].as_array().map(Vec::as_slice).unwrap_or_default();
        steps.iter().map(step).collect::<Vec<_>>().join(".")
    };
    let code = |error: &Value| error["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = answer.errors().iter().map(|error| (path(error), code(error))).collect();
    found.sort();
    found
}

/// The machine's word of the first error of the kind CONFLICT, which is in no field: what its message begins with.
#[track_caller]
pub fn expect_conflict(answer: Answer, begins: &str) -> Answer {
    let answer = answer.expect_code("CONFLICT");
    let message = answer.message().unwrap_or_default();
    assert!(message.starts_with(begins), "expected the reason to begin with {begins:?}\n{answer}");
    answer
}

/// Fails unless the answer is the conflict of a stale version that tells the current one.
#[track_caller]
pub fn expect_stale(answer: Answer, current: i64) -> Answer {
    let answer = answer.expect_code("CONFLICT");
    let told = &answer.errors()[0]["extensions"]["currentVersion"];
    assert_eq!(*told, json!(current), "expected the current version\n{answer}");
    answer
}

/// Asks again until the answer is yes: what is known of people's rights and of the agency's settings follows its
/// changes within a moment.
///
/// # Panics
/// If it never is.
pub async fn eventually(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !ask().await {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    assert!(tokio::time::timeout(patience, asking).await.is_ok(), "never came true: {what}");
}
