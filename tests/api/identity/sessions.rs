//! Sessions: renewing them, listing them, ending them, on every node at once.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Actor, PASSWORD, World};

use super::asks::{change, credentials, eventually, login, login_on, me, refresh, viewer};

const LIST: &str = "{ sessions { id device userAgent ip current alive rememberMe createdAt lastUsedAt expiresAt revokedAt } }";

/// Another session of the project manager of acme, on a device of this name: bearer of its access token, refresh token.
async fn session(world: &World, device: &str) -> (Actor, String) {
    let answer = login_on(&world.nobody(), "acme", "pm@acme.test", device).await;
    (world.nobody().bearing(answer.text("login.accessToken")), answer.text("login.refreshToken"))
}

/// Devices of one's living sessions, used last first.
async fn devices(who: &Actor) -> Vec<String> {
    let answer = who.run(LIST, json!({})).await.expect_ok();
    answer.each("sessions", "device").iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Id of the session that asks.
async fn current(who: &Actor) -> String {
    let answer = who.run(LIST, json!({})).await.expect_ok();
    let found = answer.list("sessions").iter().find(|session| session["current"] == true);
    found.and_then(|session| session["id"].as_str()).expect("one is the present one").to_owned()
}

async fn revoke(who: &Actor, id: &str) -> tests::Answer {
    change(who, "revokeSession", json!({ "id": id }), "session { id alive revokedAt }").await
}

// keeps: ID-9
#[tokio::test]
async fn refresh_token_is_exchanged_for_new_tokens_once() {
    let world = World::new().await;
    let (_, first) = session(&world, "laptop").await;
    let renewed = refresh(&world.nobody(), &first).await.expect_ok();
    assert_eq!(renewed.text("refreshSession.viewer.user.email"), "pm@acme.test");
    let second = renewed.text("refreshSession.refreshToken");
    assert_ne!(second, first);
    let bearer = world.nobody().bearing(renewed.text("refreshSession.accessToken"));
    assert_eq!(devices(&bearer).await, ["laptop"], "it is the same session");
    refresh(&world.nobody(), &first).await.expect_code("CONFLICT");
    refresh(&world.nobody(), &second).await.expect_ok();
}

// keeps: ID-9, ID-10
#[tokio::test]
async fn used_refresh_token_that_comes_again_ends_the_whole_family_and_is_audited() {
    let world = World::new().await;
    let (bearer, first) = session(&world, "laptop").await;
    let id = current(&bearer).await;
    let (other, _) = session(&world, "phone").await;
    let second = refresh(&world.nobody(), &first).await.expect_ok();
    let third = refresh(&world.nobody(), &second.text("refreshSession.refreshToken")).await.expect_ok();
    world.clock.advance(Duration::from_secs(10));
    refresh(&world.nobody().from_ip("203.0.113.66"), &first).await.expect_code("UNAUTHENTICATED");
    refresh(&world.nobody(), &third.text("refreshSession.refreshToken")).await.expect_code("UNAUTHENTICATED");
    let latest = world.nobody().bearing(third.text("refreshSession.accessToken"));
    for access in [&bearer, &latest] {
        viewer(access).await.expect_code("UNAUTHENTICATED");
    }
    viewer(&other).await.expect_ok();
    let entries = world.audit_of(&id).await;
    let theft = entries.last().expect("it is in the trail");
    assert_eq!(
        (theft["action"].clone(), theft["outcome"].clone()),
        (json!("identity.session.renew"), json!("denied"))
    );
    assert_eq!((theft["severity"].clone(), theft["ip"].clone()), (json!("critical"), json!("203.0.113.66")));
    assert_eq!(theft["changes"]["revoke_reason"], json!([null, "token_reused"]));
    let again = world.audit_of(&id).await.len();
    refresh(&world.nobody(), &first).await.expect_code("UNAUTHENTICATED");
    assert_eq!(world.audit_of(&id).await.len(), again, "what has ended does not end again");
}

// keeps: ID-9
#[tokio::test]
async fn two_refreshes_at_once_give_one_pair_and_keep_the_session() {
    let world = World::builder().nodes(2).build().await;
    let (_, token) = session(&world, "laptop").await;
    let (nobody, other) = (world.nobody(), world.nobody().on(1));
    let answers = [
        refresh(&nobody, &token),
        refresh(&other, &token),
        refresh(&nobody, &token),
        refresh(&other, &token),
    ];
    let answers = futures::future::join_all(answers).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.errors().is_empty());
    assert_eq!(won.len(), 1, "one gets the next token: {lost:?}");
    assert!(
        lost.iter().all(|answer| answer.code() == Some("CONFLICT")),
        "the others learn that they raced: {lost:?}"
    );
    refresh(&world.nobody(), &won[0].text("refreshSession.refreshToken")).await.expect_ok();
}

// keeps: ID-9
#[tokio::test]
async fn refresh_without_a_good_token_is_refused() {
    let world = World::new().await;
    let missing = change(&world.nobody(), "refreshSession", json!({}), "accessToken").await;
    missing.expect_field("refreshToken", "no_refresh_token");
    for token in [
        "",
        "atr_",
        "atr_é",
        "nonsense",
        &"x".repeat(10_000),
        "atr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let answer = refresh(&world.nobody(), token).await;
        assert!(matches!(answer.code(), Some("UNAUTHENTICATED" | "INVALID")), "{token:?}\n{answer}");
    }
}

// keeps: ID-9, ID-10
#[tokio::test]
async fn refresh_token_of_somebody_who_was_shut_out_is_refused() {
    let world = World::new().await;
    let (bearer, token) = session(&world, "laptop").await;
    let id = me(&bearer).await;
    change(&world.agency("acme").owner(), "deactivateUser", json!({ "id": id }), "user { id }")
        .await
        .expect_ok();
    refresh(&world.nobody(), &token).await.expect_code("UNAUTHENTICATED");
    viewer(&bearer).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-10
#[tokio::test]
async fn list_shows_device_address_and_last_use() {
    let world = World::new().await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let browser = world.nobody().with("user-agent", agent).from_ip("192.0.2.1");
    let answer = login(&browser, credentials("acme", "pm@acme.test", PASSWORD)).await.expect_ok();
    let bearer = browser.bearing(answer.text("login.accessToken"));
    let (phone, _) = session(&world, "Ada's phone").await;
    let begun = world.clock.now();
    world.clock.advance(Duration::from_secs(120));
    let list = phone.run(LIST, json!({})).await.expect_ok();
    let firefox =
        list.list("sessions").iter().find(|session| session["device"] == "Firefox on Linux").unwrap().clone();
    assert_eq!((firefox["userAgent"].clone(), firefox["ip"].clone()), (json!(agent), json!("192.0.2.1")));
    assert_eq!(
        (firefox["current"].clone(), firefox["alive"].clone(), firefox["rememberMe"].clone()),
        (json!(false), json!(true), json!(false))
    );
    let moment = |value: &Value| value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!((moment(&firefox["createdAt"]), moment(&firefox["lastUsedAt"])), (begun, begun));
    assert_eq!(moment(&firefox["expiresAt"]), begun + chrono::TimeDelta::days(7));
    assert!(
        list.list("sessions")
            .iter()
            .any(|session| session["device"] == "Ada's phone" && session["current"] == true)
    );
    viewer(&bearer.from_ip("192.0.2.77")).await.expect_ok();
    let used = begun + chrono::TimeDelta::seconds(120);
    eventually("the use from another address is in the list", async || {
        let list = phone.run(LIST, json!({})).await.expect_ok();
        let firefox = list
            .list("sessions")
            .iter()
            .find(|session| session["device"] == "Firefox on Linux")
            .unwrap()
            .clone();
        firefox["ip"] == "192.0.2.77" && moment(&firefox["lastUsedAt"]) == used
    })
    .await;
}

// keeps: ID-10
#[tokio::test]
async fn sixth_session_takes_the_place_of_the_one_used_longest_ago() {
    let world = World::new().await;
    let mut bearers = Vec::new();
    for device in ["one", "two", "three", "four", "five"] {
        bearers.push(session(&world, device).await);
        world.clock.advance(Duration::from_secs(61));
    }
    // Reason: the oldest by birth is not the oldest by use.
    refresh(&world.nobody(), &bearers[0].1).await.expect_ok();
    world.clock.advance(Duration::from_secs(61));
    let (newest, _) = session(&world, "six").await;
    assert_eq!(devices(&newest).await, ["six", "one", "five", "four", "three"]);
    viewer(&bearers[1].0).await.expect_code("UNAUTHENTICATED");
    refresh(&world.nobody(), &bearers[1].1).await.expect_code("UNAUTHENTICATED");
    viewer(&bearers[2].0).await.expect_ok();
}

// keeps: ID-10
#[tokio::test]
async fn sessions_are_never_more_than_five_whoever_signs_in_at_once() {
    let world = World::new().await;
    let nobody = world.nobody();
    let logins = (0..9).map(|_| login(&nobody, credentials("acme", "pm@acme.test", PASSWORD)));
    for answer in futures::future::join_all(logins).await {
        answer.expect_ok();
    }
    let living = world.rows("identity_sessions", "WHERE revoked_at IS NULL").await;
    assert_eq!(living.len(), 5);
}

// keeps: ID-10
#[tokio::test]
async fn revoked_session_is_refused_at_once_with_all_its_tokens() {
    let world = World::new().await;
    let (laptop, _) = session(&world, "laptop").await;
    let (phone, token) = session(&world, "phone").await;
    let id = current(&phone).await;
    let answer = revoke(&laptop, &id).await.expect_ok();
    assert_eq!(*answer.data("revokeSession.session.alive"), false);
    viewer(&phone).await.expect_code("UNAUTHENTICATED");
    refresh(&world.nobody(), &token).await.expect_code("UNAUTHENTICATED");
    assert_eq!(devices(&laptop).await, ["laptop"]);
    revoke(&laptop, &id).await.expect_ok();
    let entries = world.audit_of(&id).await;
    let revoked: Vec<_> =
        entries.iter().filter(|entry| entry["action"] == "identity.session.revoke").collect();
    assert_eq!(revoked.len(), 1, "what has ended does not end again: {entries:#?}");
    assert_eq!(revoked[0]["changes"]["revoke_reason"], json!([null, "revoked"]));
}

// keeps: ID-10
#[tokio::test]
async fn revoked_session_is_refused_on_the_other_node_and_its_sockets_close() {
    let world = World::builder().nodes(2).build().await;
    let (laptop, _) = session(&world, "laptop").await;
    let (phone, _) = session(&world, "phone").await;
    let (here, there) = (phone.clone(), phone.on(1));
    viewer(&here).await.expect_ok();
    viewer(&there).await.expect_ok();
    let (mut socket_here, mut socket_there) = (here.socket().await, there.socket().await);
    let mut kept = laptop.on(1).socket().await;
    let mut changes = socket_there.subscribe("subscription { projectChanged { kind } }", json!({}));
    revoke(&laptop, &current(&phone).await).await.expect_ok();
    viewer(&here).await.expect_code("UNAUTHENTICATED");
    // Reason: no time passes here, so it is the event that tells and not the end of what the node believed.
    eventually("the other node hears of it", async || viewer(&there).await.code() == Some("UNAUTHENTICATED"))
        .await;
    assert_eq!(socket_here.closed().await, (4403, "Session revoked".to_owned()));
    assert_eq!(socket_there.closed().await, (4403, "Session revoked".to_owned()));
    assert_eq!(changes.next().await, None, "nothing more comes over it");
    let mut still = kept.subscribe("{ viewer { tenant { slug } } }", json!({}));
    assert_eq!(still.next().await.unwrap()["data"]["viewer"]["tenant"]["slug"], "acme");
}

// keeps: ID-10
#[tokio::test]
async fn session_that_ended_without_any_news_is_refused_within_five_seconds() {
    let world = World::new().await;
    let (laptop, _) = session(&world, "laptop").await;
    viewer(&laptop).await.expect_ok();
    // Reason: as if another node had ended it and its event had been lost.
    world.execute("UPDATE identity_sessions SET revoked_at = last_used_at").await;
    world.clock.advance(Duration::from_secs(5));
    viewer(&laptop).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-10
#[tokio::test]
async fn socket_closes_when_its_access_token_ends() {
    let world = World::new().await;
    let (laptop, _) = session(&world, "laptop").await;
    let mut socket = laptop.socket().await;
    world.clock.advance(Duration::from_secs(16 * 60));
    // Reason: a change of any session makes the node look at once; else it looks every two seconds.
    session(&world, "phone").await;
    assert_eq!(socket.closed().await, (4401, "Token expired".to_owned()));
}

// keeps: ID-10
#[tokio::test]
async fn all_sessions_end_but_the_present_one_or_with_it() {
    let world = World::new().await;
    let (laptop, _) = session(&world, "laptop").await;
    let (phone, _) = session(&world, "phone").await;
    let (tablet, _) = session(&world, "tablet").await;
    let answer =
        change(&laptop, "revokeAllSessions", json!({}), "sessions { device alive }").await.expect_ok();
    assert_eq!(answer.list("revokeAllSessions.sessions").len(), 2);
    for gone in [&phone, &tablet] {
        viewer(gone).await.expect_code("UNAUTHENTICATED");
    }
    assert_eq!(devices(&laptop).await, ["laptop"]);
    let answer =
        change(&laptop, "revokeAllSessions", json!({ "exceptCurrent": false }), "sessions { device }").await;
    assert_eq!(answer.expect_ok().list("revokeAllSessions.sessions").len(), 1);
    viewer(&laptop).await.expect_code("UNAUTHENTICATED");
}

// keeps: ID-10
#[tokio::test]
async fn name_of_a_device_is_no_label_in_the_trail() {
    let world = World::new().await;
    session(&world, "Ada's phone").await;
    let entries = world.rows("audit_entries", "WHERE subject_type = 'Session'").await;
    assert!(!entries.is_empty());
    let named = entries.iter().filter(|entry| entry["subject_label"].to_string().contains("Ada"));
    assert_eq!(named.count(), 0, "{entries:#?}");
}

// keeps: ID-10
#[tokio::test]
async fn logout_ends_the_session_at_once() {
    let world = World::new().await;
    let (laptop, token) = session(&world, "laptop").await;
    let answer = laptop.run("mutation { logout { ended } }", json!({})).await.expect_ok();
    assert_eq!(*answer.data("logout.ended"), true);
    viewer(&laptop).await.expect_code("UNAUTHENTICATED");
    refresh(&world.nobody(), &token).await.expect_code("UNAUTHENTICATED");
    let nobody = world.nobody().run("mutation { logout { ended } }", json!({})).await.expect_ok();
    assert_eq!(*nobody.data("logout.ended"), false);
}

// keeps: ID-10
#[tokio::test]
async fn sessions_of_others_are_seen_and_ended_by_administrators_of_the_tenant_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let developer = acme.developer();
    let (theirs, person) = (current(&developer).await, me(&developer).await);
    let of = json!({ "id": person });
    let query = "query($id: ID!) { sessions(userId: $id) { id } }";
    for other in
        [acme.manager(), acme.client(), acme.client_admin(), acme.viewer(), world.agency("globex").owner()]
    {
        let seen = other.run(query, of.clone()).await;
        assert!(seen.code().is_some() || seen.list("sessions").is_empty(), "{other} sees them\n{seen}");
        revoke(&other, &theirs).await.expect_code("NOT_FOUND");
    }
    revoke(&world.nobody(), &theirs).await.expect_code("UNAUTHENTICATED");
    viewer(&developer).await.expect_ok();
    let admin = acme.admin();
    assert_eq!(admin.run(query, of).await.expect_ok().ids("sessions"), std::slice::from_ref(&theirs));
    revoke(&admin, &theirs).await.expect_ok();
    viewer(&developer.bearing(developer.token().await.unwrap())).await.expect_code("UNAUTHENTICATED");
    let entries = world.audit_of(&theirs).await;
    let last = entries.last().unwrap();
    assert_eq!(
        (last["action"].clone(), last["severity"].clone()),
        (json!("identity.session.revoke"), json!("notice"))
    );
    let actor = kernel::id::AnyId {
        kind: kernel::id::IdKind::UserId,
        uuid: last["actor_id"].as_str().unwrap().parse().unwrap(),
    };
    assert_eq!(actor.to_string(), me(&admin).await, "the trail names who did it");
}

// keeps: ID-10
#[tokio::test]
async fn key_has_no_session_and_ends_none_by_itself() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = current(&manager).await;
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    let seen = key.run(LIST, json!({})).await.expect_ok();
    assert!(seen.list("sessions").is_empty(), "{seen}");
    revoke(&key, &id).await.expect_code("NOT_FOUND");
    let all = change(&key, "revokeAllSessions", json!({ "exceptCurrent": false }), "sessions { id }").await;
    assert!(all.code().is_some(), "{all}");
    viewer(&manager).await.expect_ok();
}

// keeps: ID-10
#[tokio::test]
async fn bad_ids_of_sessions_are_refused() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let unknown = current(&manager).await.replace(|letter: char| letter.is_ascii_digit(), "0");
    for id in ["", "nonsense", "ses_", &me(&manager).await] {
        revoke(&manager, id).await.expect_code("INVALID");
    }
    let answer = revoke(&manager, &unknown).await;
    assert!(matches!(answer.code(), Some("NOT_FOUND" | "INVALID")), "{answer}");
}
