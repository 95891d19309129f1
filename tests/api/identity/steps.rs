//! What newcomers, members and administrators do again and again, for tests of agencies and their people.

use std::time::Duration;

use identity::tenant::{Terms, entity::Model as TenantRow, rules::Plan, set_terms};
use serde_json::{Value, json};
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, credentials, login};

/// An hour.
pub const HOUR: Duration = Duration::from_secs(3_600);

/// A day.
pub const DAY: Duration = Duration::from_secs(86_400);

/// A password that nobody has had yet.
pub const FRESH: &str = "violet teapot gravel 91";

/// Another.
pub const FRESHER: &str = "seven lanterns under the harbour";

/// Signs up an agency with Ada as its owner.
pub async fn sign_up(who: &Actor, slug: &str, email: &str) -> Answer {
    change(who, "signUp", founder(slug, email), "email tenantSlug").await
}

/// What Ada says who signs an agency up.
pub fn founder(slug: &str, email: &str) -> Value {
    json!({
        "tenantName": "Nouvelle Vague", "tenantSlug": slug, "email": email, "password": FRESH,
        "givenName": "Ada", "familyName": "Lovelace",
    })
}

/// Registers Ada with an agency.
pub async fn register(who: &Actor, tenant: &str, email: &str) -> Answer {
    change(who, "register", newcomer(tenant, email), "email").await
}

/// What Ada says who registers.
pub fn newcomer(tenant: &str, email: &str) -> Value {
    json!({
        "tenant": tenant, "email": email, "password": FRESH, "givenName": "Ada", "familyName": "Lovelace",
    })
}

/// Follows the link of a verification mail.
pub async fn verify(who: &Actor, token: &str) -> Answer {
    change(who, "verifyEmail", json!({ "token": token }), "email agency { slug name logoUrl }").await
}

/// Invites somebody.
pub async fn invite(who: &Actor, input: Value) -> Answer {
    let fields = "invitation { id email givenName status expiresAt roles { key } account { id } }";
    change(who, "inviteUser", input, fields).await
}

/// Accepts an invitation.
pub async fn accept(who: &Actor, input: Value) -> Answer {
    change(who, "acceptInvitation", input, "email agency { slug name }").await
}

/// Invites Grace as a member of the staff with these roles, and lets her accept.
pub async fn join(world: &World, owner: &Actor, email: &str, roles: &[&str]) -> Actor {
    invite(owner, json!({ "email": email, "roles": roles })).await.expect_ok();
    // Reason: a person may have other mail before it.
    let token = loop {
        let mail = world.mail_to(email).await;
        if mail.message.text.contains("accept-invitation") {
            break token_in(&mail);
        }
    };
    let said = json!({ "token": token, "password": FRESH, "givenName": "Grace", "familyName": "Hopper" });
    let slug = accept(&world.nobody(), said).await.expect_ok().text("acceptInvitation.agency.slug");
    world.person(&slug, email, FRESH)
}

/// Lets somebody of one agency be a member of another too, as a team member.
pub async fn join_both(world: &World, owner: &Actor, person: &Actor) {
    let email = person.email();
    invite(owner, json!({ "email": email, "roles": ["team_member"] })).await.expect_ok();
    let token = token_in(&*world.mail_to(email).await);
    accept(person, json!({ "token": token })).await.expect_ok();
}

/// Changes the settings of one's agency.
pub async fn update_tenant(who: &Actor, input: Value) -> Answer {
    change(who, "updateTenant", input, "tenant { version slug name }").await
}

/// Lets everybody register with the agency.
pub async fn open_registration(owner: &Actor) {
    update_tenant(owner, json!({ "registration": "OPEN" })).await.expect_ok();
}

/// The agency as the database knows it.
pub async fn tenant_row(world: &World, slug: &str) -> TenantRow {
    identity::tenant::find_by_slug(&world.db, slug).await.unwrap().expect("there is such an agency")
}

/// Sets what is agreed with an agency, as an operator does.
pub async fn agree(world: &World, slug: &str, terms: Terms) -> TenantRow {
    let id = tenant_row(world, slug).await.id;
    let done = set_terms(&world.db, &world.app(0).identity, id, terms).await.unwrap();
    world.settled().await;
    done
}

/// Sets how many people an agency may have.
pub async fn allow_users(world: &World, slug: &str, allowed: i64) {
    let limits = vec![(identity::tenant::limits::PlanLimit::Users, Some(allowed))];
    let plan = Some(Plan::Starter);
    agree(world, slug, Terms { plan, limit_overrides: Some(limits), ..Terms::default() }).await;
}

/// Whether somebody can sign in with this password.
pub async fn can_sign_in(world: &World, tenant: &str, email: &str, password: &str) -> bool {
    let answer = login(&world.nobody(), credentials(tenant, email, password)).await;
    if answer.code() == Some("UNAUTHENTICATED") {
        return false;
    }
    !answer.expect_ok().data("login.accessToken").is_null()
}

/// Whether one of the seeded people can sign in to their agency.
pub async fn lets_in(world: &World, tenant: &str, email: &str) -> bool {
    can_sign_in(world, tenant, email, PASSWORD).await
}

/// Id of a person by their address, whatever their state, as somebody finds it who may search addresses.
pub async fn id_of(who: &Actor, email: &str) -> String {
    let query = "query($search: String!) {
      users(first: 5, filter: { search: $search, status: [ACTIVE, PENDING, DEACTIVATED] }) { nodes { id email } }
    }";
    let answer = who.run(query, json!({ "search": email })).await.expect_ok();
    let found = answer.list("users.nodes").iter().find(|user| user["email"] == email);
    found.and_then(|user| user["id"].as_str()).unwrap_or_else(|| panic!("no {email}\n{answer}")).to_owned()
}

/// Code of the challenge that a login with this password answers.
pub async fn challenge(world: &World, tenant: &str, email: &str, password: &str) -> String {
    let answer = login(&world.nobody(), credentials(tenant, email, password)).await.expect_ok();
    assert!(answer.data("login.accessToken").is_null(), "a challenge is no session\n{answer}");
    answer.text("login.challenge")
}

/// Subjects of all mails to an address, oldest first, after everything queued was sent.
pub async fn subjects(world: &World, email: &str) -> Vec<String> {
    world.settled().await;
    world.mails_to(email).iter().map(|mail| mail.message.subject.clone()).collect()
}

/// Message of the error of the field at this path.
pub fn said_of(answer: &Answer, path: &str) -> String {
    let fields = answer
        .errors()
        .iter()
        .flat_map(|error| error["extensions"]["fields"].as_array().into_iter().flatten());
    let said = fields.filter(|field| field["path"] == path).find_map(|field| field["message"].as_str());
    said.unwrap_or_else(|| panic!("nothing is said of {path}\n{answer}")).to_owned()
}
