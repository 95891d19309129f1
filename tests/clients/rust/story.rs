//! The opening story, told by a client that `graphql_client` generates from `schema.graphql` and the documents beside
//! this file: a stranger signs an agency up, invites people, plans a project, and three parties read it back.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use chrono::{DateTime as Instant, NaiveDate, Utc};
use graphql_client::{GraphQLQuery, Response};
use tests::{World, token_in};

type Currency = String;
type Date = NaiveDate;
type DateTime = Instant<Utc>;
type EmailAddress = String;
type Int64 = String;

macro_rules! operations {
    ($file:tt: $($name:ident)+) => { $(
        #[derive(GraphQLQuery)]
        #[graphql(
            schema_path = "../schema.graphql",
            query_path = $file,
            response_derives = "Debug, Clone, PartialEq",
            variables_derives = "Debug"
        )]
        struct $name;
    )+ };
}

operations! { "clients/rust/agency.graphql": SignUp VerifyEmail Login Roles Invite AcceptInvitation }
operations! { "clients/rust/work.graphql": CreateAccount CreateProject CreateTask Project Projects Node }

const PASSWORD: &str = "Opening-night-under-4-lanterns!";

// keeps: ID-1, PR-1, PR-8
#[tokio::test]
async fn a_stranger_signs_an_agency_up_and_three_parties_read_its_project() {
    let world = World::empty().await;
    let north = agency(&world, "north").await;
    let south = agency(&world, "south").await;

    let account =
        north.ask::<CreateAccount>(create_account::Variables { name: "Bluebird Foods".into() }).await;
    let account = account.create_account.account.id;
    let manager = invite(&north, "pm@north.test", "project_manager", None).await;
    let client = invite(&north, "client@bluebird.test", "client", Some(account.clone())).await;

    let project = create_project(&north, &account, &manager).await;
    let titles = ["Interview the shop staff", "Draw the new label", "Print the first thousand"];
    let due = NaiveDate::from_ymd_opt(2027, 3, 31).unwrap();
    for title in titles {
        manager.ask::<CreateTask>(task(&project, title, Some(due), Some(&manager))).await;
    }

    let id = || project::Variables { id: project.clone() };
    let read = manager.ask::<Project>(id()).await.project;
    assert_eq!(read.account.map(|account| account.name).as_deref(), Some("Bluebird Foods"));
    assert_eq!(read.manager.map(|person| person.id).as_ref(), Some(&manager.user));
    let tasks = read.tasks.unwrap();
    let seen: Vec<_> = tasks.nodes.iter().map(|task| (task.title.as_str(), task.due_on)).collect();
    assert_eq!(seen, titles.map(|title| (title, Some(due))));
    assert!(tasks.nodes.iter().all(|task| task.assignees.iter().all(|person| person.id == manager.user)));

    let read = client.ask::<Projects>(projects::Variables { first: 10 }).await.projects;
    assert_eq!(read.nodes.iter().map(|project| &project.id).collect::<Vec<_>>(), [&project]);
    assert_eq!(read.nodes[0].tasks.as_ref().unwrap().total_count, 3);
    client.refused::<CreateTask>("FORBIDDEN", task(&project, "Mine", None, None)).await;

    let read = south.ask::<Projects>(projects::Variables { first: 10 }).await.projects;
    assert_eq!((read.total_count, read.nodes), (0, Vec::new()));
    south.refused::<Project>("NOT_FOUND", id()).await;
    assert_eq!(south.ask::<Node>(node::Variables { id: project.clone() }).await.node, None);
    south.refused::<CreateTask>("NOT_FOUND", task(&project, "Theirs", None, None)).await;
    nobody(&world).refused::<Project>("UNAUTHENTICATED", id()).await;
}

/// Somebody who asks, with what a partner would write around the generated documents.
struct Caller<'w> {
    world: &'w World,
    token: Option<String>,
    tenant: String,
    user: String,
}

impl Caller<'_> {
    async fn send<Q: GraphQLQuery>(&self, variables: Q::Variables) -> Response<Q::ResponseData> {
        let request = self.world.http().post(self.world.url("/graphql"));
        let request =
            request.header("accept", "application/graphql-response+json").json(&Q::build_query(variables));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap().json().await.unwrap()
    }

    #[track_caller]
    fn ask<Q: GraphQLQuery>(&self, variables: Q::Variables) -> impl Future<Output = Q::ResponseData> {
        let caller = std::panic::Location::caller();
        async move {
            let response = self.send::<Q>(variables).await;
            assert!(response.errors.is_none(), "{caller}: {:?}", response.errors);
            response.data.unwrap_or_else(|| panic!("{caller}: no data"))
        }
    }

    async fn refused<Q: GraphQLQuery>(&self, code: &str, variables: Q::Variables) {
        let errors = self.send::<Q>(variables).await.errors.unwrap_or_default();
        let first = errors.first().and_then(|error| error.extensions.as_ref()?.get("code")?.as_str());
        assert_eq!(first, Some(code), "{errors:?}");
    }
}

fn nobody(world: &World) -> Caller<'_> {
    Caller { world, token: None, tenant: String::new(), user: String::new() }
}

async fn agency<'w>(world: &'w World, slug: &str) -> Caller<'w> {
    let (nobody, email) = (nobody(world), format!("owner@{slug}.test"));
    let (tenant, password) = (slug.to_uppercase(), PASSWORD.to_owned());
    let variables = sign_up::Variables { tenant, slug: slug.to_owned(), email: email.clone(), password };
    let signed_up = nobody.ask::<SignUp>(variables).await.sign_up;
    assert_eq!((signed_up.tenant_slug.as_str(), signed_up.email.as_str()), (slug, email.as_str()));
    let token = token_in(&*world.mail_to(&email).await);
    let verified = nobody.ask::<VerifyEmail>(verify_email::Variables { token }).await.verify_email;
    assert_eq!((verified.agency.slug.as_str(), verified.email.as_str()), (slug, email.as_str()));
    login(world, slug, &email).await
}

async fn login<'w>(world: &'w World, slug: &str, email: &str) -> Caller<'w> {
    let (tenant, password) = (slug.to_owned(), PASSWORD.to_owned());
    let variables = login::Variables { tenant: tenant.clone(), email: email.to_owned(), password };
    let login = nobody(world).ask::<Login>(variables).await.login;
    assert_eq!(login.challenge, None);
    assert!(login.refresh_token.is_some(), "delivery BODY answers the refresh token");
    assert!(login.expires_at.unwrap() > world.clock.now());
    let viewer = login.viewer.unwrap();
    assert_eq!((viewer.tenant.slug.as_str(), viewer.user.email.as_deref()), (slug, Some(email)));
    assert!(viewer.permissions.iter().any(|permission| permission == "projects.project.read"));
    Caller { world, token: login.access_token, tenant, user: viewer.user.id }
}

async fn invite<'w>(owner: &Caller<'w>, email: &str, role: &str, account: Option<String>) -> Caller<'w> {
    let roles = owner.ask::<Roles>(roles::Variables {}).await.roles;
    let id = roles.into_iter().find(|found| found.key == role).unwrap().id;
    let invited = owner.ask::<Invite>(invite::Variables { email: email.to_owned(), role: id, account }).await;
    assert_eq!(invited.invite_user.invitation.status, invite::InvitationStatus::OPEN);
    let (token, password) = (token_in(&*owner.world.mail_to(email).await), PASSWORD.to_owned());
    let variables = accept_invitation::Variables { token, password };
    let accepted = nobody(owner.world).ask::<AcceptInvitation>(variables).await.accept_invitation;
    assert_eq!(accepted.agency.slug, owner.tenant);
    login(owner.world, &owner.tenant, email).await
}

async fn create_project(owner: &Caller<'_>, account: &str, manager: &Caller<'_>) -> String {
    let budget = create_project::MoneyInput { amount: "1250000".into(), currency: "EUR".into() };
    let (name, account, manager) = ("Bluebird relaunch".into(), account.to_owned(), manager.user.clone());
    let made = owner.ask::<CreateProject>(create_project::Variables { name, account, manager, budget }).await;
    let project = made.create_project.project;
    assert_eq!(project.budget.map(|budget| budget.amount).as_deref(), Some("1250000"));
    project.id
}

fn task(
    project: &str,
    title: &str,
    due_on: Option<Date>,
    who: Option<&Caller<'_>>,
) -> create_task::Variables {
    let assignees = who.map(|who| vec![who.user.clone()]);
    create_task::Variables { project: project.to_owned(), title: title.to_owned(), due_on, assignees }
}
