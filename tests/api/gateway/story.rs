//! The story that begins everything: a stranger signs an agency up, invites people, plans a project, and three parties
//! read it back, each what they may.

use serde_json::{Value, json};
use tests::{Actor, Answer, World, token_in};

const PASSWORD: &str = "Opening-night-under-4-lanterns!";

/// Signs an agency up and confirms the mail.
async fn found(world: &World, slug: &'static str) -> Actor {
    let email = format!("owner@{slug}.example");
    let input = json!({
        "tenantName": slug.to_uppercase(), "tenantSlug": slug, "email": email, "password": PASSWORD,
        "givenName": "Olive", "familyName": "Owner",
    });
    let sign_up = "mutation($input: SignUpInput!) { signUp(input: $input) { email tenantSlug } }";
    let signed = world.nobody().run(sign_up, json!({ "input": input })).await.expect_ok();
    assert_eq!(
        (signed.text("signUp.email"), signed.text("signUp.tenantSlug")),
        (email.clone(), slug.to_owned())
    );
    let owner = world.person(slug, &email, PASSWORD);
    let login = json!({ "tenant": slug, "email": email, "password": PASSWORD });
    let early = "mutation($input: LoginInput!) { login(input: $input) { accessToken challenge } }";
    let early = world.nobody().run(early, json!({ "input": login })).await.expect_ok();
    assert_eq!(early.text("login.challenge"), "EMAIL_UNVERIFIED");
    assert!(early.data("login.accessToken").is_null());
    let token = token_in(&*world.mail_to(&email).await);
    let verify =
        "mutation($token: String!) { verifyEmail(input: { token: $token }) { email agency { slug } } }";
    let verified = world.nobody().run(verify, json!({ "token": token })).await.expect_ok();
    assert_eq!(verified.text("verifyEmail.agency.slug"), slug);
    world.nobody().run(verify, json!({ "token": token })).await.expect_field("token", "token_used");
    owner
}

/// Invites somebody with a role, who accepts by the link of the mail.
async fn invite(
    world: &World,
    owner: &Actor,
    slug: &str,
    name: &str,
    role: &str,
    account: Option<&str>,
) -> Actor {
    let email = format!("{name}@{slug}.example");
    let roles = owner.run("{ roles { id key } }", json!({})).await.expect_ok();
    let role = roles.list("roles").iter().find(|found| found["key"] == role).unwrap()["id"].clone();
    let input = json!({ "email": email, "givenName": name, "familyName": "Guest", "roles": [role], "accountId": account });
    let invite = "mutation($input: InviteUserInput!) { inviteUser(input: $input) { invitation { status } } }";
    let invited = owner.run(invite, json!({ "input": input })).await.expect_ok();
    assert_eq!(invited.text("inviteUser.invitation.status"), "OPEN");
    let token = token_in(&*world.mail_to(&email).await);
    let preview =
        "query($token: String!) { invitation(token: $token) { email givenName hasAccount agency { slug } } }";
    let seen = world.nobody().run(preview, json!({ "token": token })).await.expect_ok();
    assert_eq!(
        (seen.text("invitation.agency.slug"), seen.data("invitation.hasAccount")),
        (slug.to_owned(), &json!(false))
    );
    let accept = "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { email } }";
    let input = json!({ "token": token, "password": PASSWORD });
    world.nobody().run(accept, json!({ "input": input })).await.expect_ok();
    let again = world.nobody().run(accept, json!({ "input": input })).await;
    assert!(again.code().is_some(), "an invitation is accepted once: {again}");
    world.person(slug, &email, PASSWORD)
}

async fn me(who: &Actor) -> String {
    who.run("{ viewer { user { id } } }", json!({})).await.expect_ok().text("viewer.user.id")
}

const PROJECT: &str = "query Read($id: ID!) {
  project(id: $id) {
    id code name status version
    account { name }
    manager { name }
    tasks(first: 10, orderBy: { field: RANK }) { totalCount nodes { title status dueOn assignees { id } } }
  }
}";

/// The project with its tasks, as its manager plans it.
async fn plan(owner: &Actor, manager: &Actor, account: &str) -> String {
    let create =
        "mutation($input: CreateProjectInput!) { createProject(input: $input) { project { id status } } }";
    let input = json!({
        "name": "A lighthouse for Bluebird", "accountId": account, "managerId": me(manager).await,
        "budget": { "amount": "1250000", "currency": "EUR" }, "tags": ["light"],
    });
    let created = owner.run(create, json!({ "input": input })).await.expect_ok();
    let project = created.text("createProject.project.id");
    let task = "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }";
    let mine = me(manager).await;
    for (title, due) in
        [("Survey the rock", "2027-03-01"), ("Lay the stones", "2027-05-01"), ("Hang the lamp", "2027-06-01")]
    {
        let input = json!({ "projectId": project, "title": title, "dueOn": due, "assigneeIds": [mine] });
        manager.run(task, json!({ "input": input })).await.expect_ok();
    }
    let start =
        "mutation($id: ID!) { transitionProject(input: { id: $id, to: PLANNING }) { project { status } } }";
    let started = manager.run(start, json!({ "id": project })).await.expect_ok();
    assert_eq!(started.text("transitionProject.project.status"), "PLANNING");
    project
}

#[track_caller]
fn expect_whole(answer: &Answer) {
    let titles = ["Survey the rock", "Lay the stones", "Hang the lamp"].map(Value::from);
    assert_eq!(answer.each("project.tasks.nodes", "title"), titles);
    assert_eq!(answer.text("project.account.name"), "Bluebird Foods");
}

// keeps: ID-1, ID-4, ID-5, ID-9, PR-1, PR-8
#[tokio::test]
async fn stranger_signs_an_agency_up_and_three_parties_read_its_project_each_what_they_may() {
    let world = World::empty().await;
    let (north, south) = (found(&world, "north").await, found(&world, "south").await);
    let account = "mutation { createAccount(input: { name: \"Bluebird Foods\" }) { account { id } } }";
    let account = north.run(account, json!({})).await.expect_ok().text("createAccount.account.id");
    let manager = invite(&world, &north, "north", "pm", "project_manager", None).await;
    let client = invite(&world, &north, "north", "guest", "client", Some(&account)).await;
    let project = plan(&north, &manager, &account).await;
    let id = json!({ "id": project });

    let read = manager.run(PROJECT, id.clone()).await.expect_ok();
    expect_whole(&read);
    assert_eq!(read.text("project.manager.name"), "pm Guest");
    assert_eq!(read.data("project.tasks.nodes.0.assignees.0.id"), &json!(me(&manager).await));
    assert_eq!(read.text("project.code"), "NORTH-1");

    let listed = "{ projects { totalCount nodes { id } } accounts { nodes { id } } }";
    let read = client.run(listed, json!({})).await.expect_ok();
    assert_eq!(
        (read.ids("projects.nodes"), read.ids("accounts.nodes")),
        (vec![project.clone()], vec![account])
    );
    expect_whole(&client.run(PROJECT, id.clone()).await.expect_ok());
    let budget =
        client.run("query($id: ID!) { project(id: $id) { name budget { amount } } }", id.clone()).await;
    assert!(budget.data("project.budget").is_null(), "{budget}");
    let rename =
        "mutation($id: ID!) { updateProject(input: { id: $id, name: \"Mine\" }) { project { id } } }";
    client.run(rename, id.clone()).await.expect_code("FORBIDDEN");

    assert_eq!(south.run(listed, json!({})).await.expect_ok().number("projects.totalCount"), 0);
    south.run(PROJECT, id.clone()).await.expect_code("NOT_FOUND");
    south.run(rename, id.clone()).await.expect_code("NOT_FOUND");
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert!(south.run(node, id.clone()).await.expect_ok().data("node").is_null());
    world.nobody().run(PROJECT, id.clone()).await.expect_code("UNAUTHENTICATED");

    let trail = "query($id: ID!) { project(id: $id) { auditTrail { nodes { action actor { email } } } } }";
    let trail = north.run(trail, id).await.expect_ok();
    let told = trail.each("project.auditTrail.nodes", "action");
    assert_eq!(told, ["projects.project.transition", "projects.project.create"].map(Value::from));
    assert_eq!(trail.text("project.auditTrail.nodes.0.actor.email"), "pm@north.example");
}

// keeps: ID-1, ID-4
#[tokio::test]
async fn agency_that_speaks_french_is_written_to_in_french() {
    let world = World::empty().await;
    let input = json!({
        "tenantName": "Phare", "tenantSlug": "phare", "email": "olive@phare.example", "password": PASSWORD,
        "givenName": "Olive", "familyName": "Martin", "locale": "fr-FR",
    });
    let sign_up = "mutation($input: SignUpInput!) { signUp(input: $input) { email } }";
    world.nobody().run(sign_up, json!({ "input": input })).await.expect_ok();
    let mail = world.mail_to("olive@phare.example").await;
    assert!(mail.message.locale.starts_with("fr"), "{mail:#?}");
    assert!(
        mail.message.text.contains("Bonjour Olive") && mail.message.subject.contains("Confirmez"),
        "{mail:#?}"
    );
    let token = token_in(&mail);
    let verify = "mutation($token: String!) { verifyEmail(input: { token: $token }) { email } }";
    world.nobody().run(verify, json!({ "token": token })).await.expect_ok();
    let owner = world.person("phare", "olive@phare.example", PASSWORD);
    let answer =
        owner.run("{ projects(first: 101) { nodes { id } } }", json!({})).await.expect_code("INVALID");
    assert!(answer.errors()[0].to_string().contains("Une page compte"), "{answer}");
}
