//! The web app's delivery: the refresh token in a cookie that no script reads, and how long a session is remembered.

use std::time::Duration;

use serde_json::{Value, json};
use tests::socket::{Frame, PROTOCOL, RawSocket};
use tests::{Actor, Answer, PASSWORD, World};

use super::asks::{change, credentials, login, own_email, refresh, viewer};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Signs in as a browser does.
async fn browser_login(who: &Actor, remember: bool) -> Answer {
    let mut input = credentials("acme", "pm@acme.test", PASSWORD);
    input["delivery"] = json!("COOKIE");
    input["rememberMe"] = json!(remember);
    login(who, input).await.expect_ok()
}

/// The `Set-Cookie` headers of an answer, by the name of the cookie: value and attributes.
fn cookies(answer: &Answer) -> std::collections::BTreeMap<String, (String, String)> {
    let all = answer.headers.get_all("set-cookie").iter().map(|header| header.to_str().unwrap().to_owned());
    let read = |header: String| {
        let (pair, attributes) = header.split_once("; ").expect("a cookie has attributes");
        let (name, value) = pair.split_once('=').expect("a cookie has a value");
        (name.to_owned(), (value.to_owned(), attributes.to_owned()))
    };
    all.map(read).collect()
}

/// The refresh token that an answer puts into a cookie.
fn refresh_cookie(answer: &Answer) -> String {
    let cookies = cookies(answer);
    let (value, _) = cookies.get("atrium_refresh").unwrap_or_else(|| panic!("no refresh cookie\n{answer}"));
    format!("atrium_refresh={value}")
}

async fn renew(who: &Actor, cookie: &str, input: Value) -> Answer {
    let browser = who.with("cookie", format!("theme=dark; {cookie}"));
    change(&browser, "refreshSession", input, "accessToken refreshToken").await
}

/// Lets the manager of acme be a viewer of globex too.
async fn join_globex(world: &World) {
    let owner = world.agency("globex").owner();
    let role = super::asks::role(&owner, "viewer").await;
    let input = json!({ "email": "pm@acme.test", "roles": [role] });
    change(&owner, "inviteUser", input, "invitation { id }").await.expect_ok();
    let invitation = tests::token_in(&*world.mail_to("pm@acme.test").await);
    let accepted = json!({ "token": invitation, "password": PASSWORD });
    change(&world.nobody(), "acceptInvitation", accepted, "email").await.expect_ok();
}

// keeps: ID-9
#[tokio::test]
async fn refresh_token_of_a_browser_is_in_a_cookie_that_no_script_and_no_other_site_gets() {
    let world = World::new().await;
    let answer = browser_login(&world.nobody(), false).await;
    assert!(answer.data("login.refreshToken").is_null(), "the token is not for scripts");
    assert!(!answer.text("login.accessToken").is_empty(), "the access token is kept in memory");
    let cookies = cookies(&answer);
    let (token, attributes) = &cookies["atrium_refresh"];
    assert!(token.starts_with("atr_"), "{token}");
    assert_eq!(attributes, "HttpOnly; Secure; SameSite=Strict; Path=/graphql; Max-Age=604800");
    let (mark, attributes) = &cookies["atrium_device"];
    assert!(!mark.is_empty() && attributes.starts_with("HttpOnly; Secure; SameSite=Strict;"), "{attributes}");
    assert!(!answer.body.to_string().contains(token), "the token is nowhere in the body");
}

// keeps: ID-9
#[tokio::test]
async fn cookie_is_renewed_in_a_cookie_alone() {
    let world = World::new().await;
    let cookie = refresh_cookie(&browser_login(&world.nobody(), false).await);
    let lifted = renew(&world.nobody(), &cookie, json!({ "delivery": "BODY" })).await;
    lifted.expect_field("delivery", "stays_in_cookie");
    let answer = renew(&world.nobody(), &cookie, json!({})).await.expect_ok();
    assert!(answer.data("refreshSession.refreshToken").is_null());
    let next = refresh_cookie(&answer);
    assert_ne!(next, cookie);
    let bearer = world.nobody().bearing(answer.text("refreshSession.accessToken"));
    assert_eq!(own_email(&bearer).await, "pm@acme.test");
    renew(&world.nobody(), &next, json!({})).await.expect_ok();
}

// keeps: ID-9
#[tokio::test]
async fn cookie_that_was_stolen_ends_the_session_and_is_forgotten() {
    let world = World::new().await;
    let stolen = refresh_cookie(&browser_login(&world.nobody(), false).await);
    let next = refresh_cookie(&renew(&world.nobody(), &stolen, json!({})).await.expect_ok());
    world.clock.advance(Duration::from_secs(60));
    let reused = renew(&world.nobody(), &stolen, json!({})).await.expect_code("UNAUTHENTICATED");
    assert_eq!(cookies(&reused)["atrium_refresh"].0, "", "the browser forgets the cookie");
    renew(&world.nobody(), &next, json!({})).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-9
#[tokio::test]
async fn logout_ends_the_session_and_removes_the_cookie() {
    let world = World::new().await;
    let answer = browser_login(&world.nobody(), false).await;
    let (cookie, token) = (refresh_cookie(&answer), answer.text("login.accessToken"));
    // Reason: a page that was just opened has no access token yet; the cookie is enough to sign out.
    let browser = world.nobody().with("cookie", cookie.clone());
    let out = browser.run("mutation { logout { ended } }", json!({})).await.expect_ok();
    assert_eq!(*out.data("logout.ended"), true);
    let (value, attributes) = cookies(&out)["atrium_refresh"].clone();
    assert!(value.is_empty() && attributes.ends_with("Max-Age=0"), "{attributes}");
    viewer(&world.nobody().bearing(token)).await.expect_code("UNAUTHENTICATED");
    renew(&world.nobody(), &cookie, json!({})).await.expect_code("UNAUTHENTICATED");
    let again = browser.run("mutation { logout { ended } }", json!({})).await.expect_ok();
    assert_eq!(*again.data("logout.ended"), false);
}

// keeps: ID-9
#[tokio::test]
async fn cookie_cannot_be_asked_for_over_a_socket() {
    let world = World::new().await;
    let mut socket = RawSocket::connect(world.address(), PROTOCOL, &[]).await.unwrap();
    socket.send(json!({ "type": "connection_init" })).await;
    assert!(matches!(socket.next().await, Frame::Json(message) if message["type"] == "connection_ack"));
    let mut input = credentials("acme", "pm@acme.test", PASSWORD);
    input["delivery"] = json!("COOKIE");
    let query = "mutation($input: LoginInput!) { login(input: $input) { accessToken } }";
    let payload = json!({ "query": query, "variables": { "input": input } });
    socket.send(json!({ "type": "subscribe", "id": "1", "payload": payload })).await;
    let Frame::Json(message) = socket.next().await else { panic!("the socket was closed") };
    let error = message["payload"]["errors"][0].clone();
    assert_eq!(error["extensions"]["fields"][0]["path"], "delivery", "{message:#}");
}

// keeps: ID-9
#[tokio::test]
async fn session_lasts_seven_days_after_its_last_renewal() {
    let world = World::new().await;
    let answer = login(&world.nobody(), credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    let mut token = answer.text("login.refreshToken");
    for _ in 0..3 {
        world.clock.advance(DAY * 7 - Duration::from_secs(1));
        token = refresh(&world.nobody(), &token).await.expect_ok().text("refreshSession.refreshToken");
    }
    world.clock.advance(DAY * 7);
    refresh(&world.nobody(), &token).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-9
#[tokio::test]
async fn session_that_is_to_be_remembered_lasts_thirty_days() {
    let world = World::new().await;
    let answer = browser_login(&world.nobody(), true).await;
    assert!(cookies(&answer)["atrium_refresh"].1.ends_with("Max-Age=2592000"));
    let token = answer.text("login.accessToken");
    let query = "{ sessions { rememberMe expiresAt createdAt } }";
    let sessions = world.nobody().bearing(token).run(query, json!({})).await.expect_ok();
    assert_eq!(*sessions.data("sessions.0.rememberMe"), true);
    world.clock.advance(DAY * 30 - Duration::from_secs(1));
    let renewed = renew(&world.nobody(), &refresh_cookie(&answer), json!({})).await.expect_ok();
    assert!(cookies(&renewed)["atrium_refresh"].1.ends_with("Max-Age=2592000"), "it stays remembered");
    world.clock.advance(DAY * 30);
    renew(&world.nobody(), &refresh_cookie(&renewed), json!({})).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-9
#[tokio::test]
async fn switch_in_a_browser_takes_the_place_of_the_present_session() {
    let world = World::new().await;
    join_globex(&world).await;
    let answer = browser_login(&world.nobody(), false).await;
    let browser =
        world.nobody().bearing(answer.text("login.accessToken")).with("cookie", refresh_cookie(&answer));
    let input = json!({ "tenant": "globex", "delivery": "COOKIE" });
    let switched = change(&browser, "switchTenant", input, "accessToken refreshToken").await.expect_ok();
    assert!(switched.data("switchTenant.refreshToken").is_null());
    let there = world.nobody().bearing(switched.text("switchTenant.accessToken"));
    assert_eq!(viewer(&there).await.expect_ok().text("viewer.tenant.slug"), "globex");
    viewer(&browser).await.expect_code("UNAUTHENTICATED");
    renew(&world.nobody(), &refresh_cookie(&switched), json!({})).await.expect_ok();
}

// keeps: ID-9
#[tokio::test]
async fn session_of_a_browser_never_hands_its_token_to_scripts() {
    let world = World::new().await;
    join_globex(&world).await;
    let answer = browser_login(&world.nobody(), false).await;
    let (token, cookie) = (answer.text("login.accessToken"), refresh_cookie(&answer));
    let script = world.nobody().bearing(token);
    let browser = script.with("cookie", cookie.clone());
    let lift = json!({ "tenant": "globex", "delivery": "BODY" });
    for who in [&script, &browser] {
        let answer = change(who, "switchTenant", lift.clone(), "accessToken refreshToken").await;
        answer.expect_field("delivery", "stays_in_cookie");
    }
    let copied = cookie.strip_prefix("atrium_refresh=").unwrap();
    for delivery in [json!(null), json!("BODY")] {
        let input = json!({ "refreshToken": copied, "delivery": delivery });
        let answer = change(&world.nobody(), "refreshSession", input, "refreshToken").await;
        answer.expect_field("delivery", "stays_in_cookie");
    }
    viewer(&browser).await.expect_ok();
    let input = json!({ "tenant": "globex" });
    let switched = change(&browser, "switchTenant", input, "accessToken refreshToken").await.expect_ok();
    assert!(switched.data("switchTenant.refreshToken").is_null(), "as the present session's if left out");
    let next = refresh_cookie(&switched);
    let there =
        world.nobody().bearing(switched.text("switchTenant.accessToken")).with("cookie", next.clone());
    let back = json!({ "tenant": "acme", "delivery": "BODY" });
    change(&there, "switchTenant", back, "accessToken").await.expect_field("delivery", "stays_in_cookie");
    renew(&world.nobody(), &next, json!({})).await.expect_ok();
}

// keeps: ID-9
#[tokio::test]
async fn token_that_moved_into_a_cookie_stays_there() {
    let world = World::new().await;
    let answer = login(&world.nobody(), credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    let input = json!({ "refreshToken": answer.text("login.refreshToken"), "delivery": "COOKIE" });
    let moved =
        change(&world.nobody(), "refreshSession", input, "accessToken refreshToken").await.expect_ok();
    assert!(moved.data("refreshSession.refreshToken").is_null());
    let cookie = refresh_cookie(&moved);
    let copied = json!({ "refreshToken": cookie.strip_prefix("atrium_refresh=").unwrap() });
    let lifted = change(&world.nobody(), "refreshSession", copied, "refreshToken").await;
    lifted.expect_field("delivery", "stays_in_cookie");
    renew(&world.nobody(), &cookie, json!({ "delivery": "BODY" }))
        .await
        .expect_field("delivery", "stays_in_cookie");
    renew(&world.nobody(), &cookie, json!({})).await.expect_ok();
}
