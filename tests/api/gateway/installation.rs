//! Agencies, people and keys of an installation, by the command line.

use serde_json::{Value, json};
use tests::{PASSWORD, Site};

use super::cli::{STRONG, error_of, expect_silent_about};

// keeps: OP-1, ID-1
#[tokio::test]
async fn agency_is_founded_with_a_password_from_standard_input() {
    let site = Site::empty().await;
    let create = [
        "tenant",
        "create",
        "--json",
        "--name",
        "North & Sons",
        "--slug",
        "north",
        "--email",
        "olive@north.example",
        "--given-name",
        "Olive",
        "--family-name",
        "Owner",
        "--plan",
        "professional",
        "--currency",
        "CHF",
    ];
    let weak = site.run_with(&create, "password1234\n").await.expect_code(2);
    assert!(error_of(&weak).as_str().unwrap().contains("password"), "{weak:#?}");
    expect_silent_about(&weak, &["password1234"]);
    let mute = site.run(&create).await.expect_code(2);
    assert!(error_of(&mute).as_str().unwrap().contains("standard input"), "{mute:#?}");
    assert_eq!(site.run(&["tenant", "list", "--json"]).await.json(), json!([]));

    let made = site.run_with(&create, &format!("{STRONG}\n")).await.expect_code(0);
    expect_silent_about(&made, &[STRONG]);
    let made = made.json();
    assert_eq!(
        (&made["slug"], &made["plan"], &made["currency"]),
        (&json!("north"), &json!("professional"), &json!("CHF"))
    );
    let again = site.run_with(&create, &format!("{STRONG}\n")).await.expect_code(2);
    assert!(error_of(&again).as_str().unwrap().contains("slug"), "{again:#?}");
    let unnamed = site.run(&["tenant", "create", "--slug", "south"]).await.expect_code(2);
    assert!(unnamed.err.contains("--name"), "{unnamed:#?}");
    for (slug, email) in
        [("North!", "a@b.example"), ("x", "a@b.example"), ("fine", "nonsense"), ("fine", "a@b.example\n")]
    {
        let mut wrong = create;
        (wrong[6], wrong[8]) = (slug, email);
        let refused = site.run_with(&wrong, STRONG).await;
        assert!(refused.code == Some(2) || email.ends_with('\n'), "{slug} {email:?}: {refused:#?}");
    }

    let shown = site.run(&["tenant", "show", "north", "--json"]).await.expect_code(0).json();
    let users = shown["limits"].as_array().unwrap().iter().find(|limit| limit["name"] == "users").unwrap();
    assert_eq!((&users["used"], &users["allowed"]), (&json!(1), &json!(25)));
    let by_id = site.run(&["tenant", "show", made["id"].as_str().unwrap(), "--json"]).await.expect_code(0);
    assert_eq!(by_id.json()["slug"], "north");
    let entries = site.rows("audit_entries", "WHERE action = 'identity.tenant.create'").await;
    assert!(
        !entries.is_empty() && entries.iter().all(|entry| entry["actor_kind"] == "system"),
        "{entries:#?}"
    );
    let process = site.serve().await;
    process
        .person("north", "olive@north.example", STRONG)
        .run("{ viewer { roles { key } } }", json!({}))
        .await
        .expect_ok();
}

// keeps: OP-1, ID-3
#[tokio::test]
async fn agency_is_suspended_after_a_question_and_let_in_again() {
    let site = Site::seeded().await;
    for unknown in [
        &["tenant", "show", "nowhere"][..],
        &["tenant", "reactivate", "nowhere"],
        &["user", "list", "nowhere"],
    ] {
        let ran = site.run(unknown).await.expect_code(3);
        assert!(ran.err.contains("nowhere"), "{ran:#?}");
    }
    let careful = site.run(&["tenant", "suspend", "acme", "--reason", "unpaid"]).await.expect_code(2);
    assert!(careful.err.contains("--yes"), "{careful:#?}");
    site.run(&["tenant", "suspend", "acme", "-y"]).await.expect_code(2);
    let suspended = site
        .run(&["tenant", "suspend", "acme", "--reason", "unpaid", "-y", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!((&suspended["status"], &suspended["suspendReason"]), (&json!("suspended"), &json!("unpaid")));
    let process = site.serve().await;
    let login = "mutation($input: LoginInput!) { login(input: $input) { accessToken } }";
    let input = json!({ "tenant": "acme", "email": "pm@acme.test", "password": PASSWORD });
    let refused = process.nobody().run(login, json!({ "input": input })).await;
    assert!(refused.code().is_some(), "{refused}");
    process
        .person("globex", "pm@globex.test", PASSWORD)
        .run("{ viewer { user { id } } }", json!({}))
        .await
        .expect_ok();
    process.kill().await;
    let back = site.run(&["tenant", "reactivate", "acme", "--json"]).await.expect_code(0).json();
    assert_eq!(back["status"], "active");
    let process = site.serve().await;
    process.nobody().run(login, json!({ "input": input })).await.expect_ok();
}

// keeps: OP-1, ID-8
#[tokio::test]
async fn people_are_added_listed_and_given_new_passwords() {
    let site = Site::seeded().await;
    let create = [
        "user",
        "create",
        "acme",
        "--json",
        "--email",
        "nia@acme.example",
        "--given-name",
        "Nia",
        "--family-name",
        "New",
        "--role",
        "team_member",
    ];
    let made = site.run_with(&create, STRONG).await.expect_code(0);
    expect_silent_about(&made, &[STRONG]);
    assert_eq!(
        (&made.json()["email"], &made.json()["role"]),
        (&json!("nia@acme.example"), &json!("team_member"))
    );
    site.run_with(&create, STRONG).await.expect_code(1);
    let mut role = create;
    (role[5], role[11]) = ("x@acme.example", "emperor");
    site.run_with(&role, STRONG).await.expect_code(3);
    role[11] = "client";
    site.run_with(&role, STRONG).await.expect_code(2);

    let people = site.run(&["user", "list", "acme", "--json"]).await.expect_code(0).json();
    let people = people.as_array().unwrap();
    assert_eq!(people.len(), 11);
    let nia = people.iter().find(|person| person["email"] == "nia@acme.example").unwrap();
    assert_eq!((&nia["status"], &nia["roles"]), (&json!("active"), &json!(["team_member"])));
    let table = site.run(&["user", "list", "acme"]).await.expect_code(0);
    assert!(table.out.contains("nia@acme.example") && !table.out.contains("globex"), "{}", table.out);

    let process = site.serve().await;
    let nia = process.person("acme", "nia@acme.example", STRONG);
    let me = "{ viewer { user { id } } }";
    nia.run(me, json!({})).await.expect_ok();
    let reset = site
        .run_with(&["user", "reset-password", "nia@acme.example", "--json"], "Another-20-brave-badgers\n")
        .await;
    let reset = reset.expect_code(0);
    expect_silent_about(&reset, &["Another-20-brave-badgers", STRONG]);
    assert_eq!(reset.json()["sessionsEnded"], 1);
    process
        .person("acme", "nia@acme.example", "Another-20-brave-badgers")
        .run(me, json!({}))
        .await
        .expect_ok();
    site.run_with(&["user", "reset-password", "nobody@acme.example"], STRONG).await.expect_code(3);
    site.run(&["user", "unlock", "nobody@acme.example"]).await.expect_code(3);
    site.run(&["user", "unlock", "not an address"]).await.expect_code(2);
}

// keeps: OP-1, ID-5
#[tokio::test]
async fn person_is_invited_by_the_command_line_and_accepts_with_the_link() {
    let site = Site::seeded().await;
    let invite =
        ["user", "invite", "--tenant", "acme", "--email", "nia@acme.example", "--role", "team_member"];
    let with = |more: &[&'static str]| [&invite[..], more].concat();
    let made = site.run(&with(&["--given-name", "Nia", "--json"])).await.expect_code(0).json();
    assert_eq!(made["email"], "nia@acme.example");
    let (_, token) = made["link"].as_str().unwrap().split_once("/accept-invitation?token=").unwrap();
    let entries = site.rows("audit_entries", "WHERE action = 'identity.user.invite'").await;
    assert!(
        !entries.is_empty() && entries.iter().all(|entry| entry["actor_kind"] == "system"),
        "{entries:#?}"
    );
    let shown = site.run(&with(&["--inviter", "admin@acme.test"])).await.expect_code(0);
    assert!(shown.out.contains("/accept-invitation?token="), "{}", shown.out);
    site.run(&with(&["--inviter", "pm@globex.test"])).await.expect_code(3);
    let mut wrong = invite;
    wrong[3] = "nowhere";
    site.run(&wrong).await.expect_code(3);
    wrong = invite;
    wrong[7] = "emperor";
    let refused = site.run(&wrong).await.expect_code(2);
    assert!(refused.err.contains("emperor"), "{refused:#?}");
    wrong = invite;
    wrong[5] = "pm@acme.test";
    let member = site.run(&wrong).await.expect_code(2);
    assert!(member.err.contains("email"), "{member:#?}");

    let process = site.serve().await;
    let accept = "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { email } }";
    let input = |token: &str| json!({ "input": { "token": token, "password": STRONG, "givenName": "Nia", "familyName": "New" } });
    process.nobody().run(accept, input(token)).await.expect_field("token", "invitation_revoked");
    let (_, latest) = shown.out.trim_end().rsplit_once("token=").unwrap();
    process.nobody().run(accept, input(latest)).await.expect_ok();
    let roles = "{ viewer { roles { key } } }";
    let nia = process.person("acme", "nia@acme.example", STRONG).run(roles, json!({})).await.expect_ok();
    assert_eq!(nia.each("viewer.roles", "key"), [json!("team_member")]);
}

// keeps: OP-1, ID-11
#[tokio::test]
async fn person_who_is_locked_out_is_let_in_by_the_command_line() {
    let site = Site::seeded().await;
    let process = site.serve().await;
    let login = "mutation($input: LoginInput!) { login(input: $input) { accessToken } }";
    let input = |password: &str| json!({ "input": { "tenant": "acme", "email": "pm@acme.test", "password": password } });
    for _ in 0..5 {
        process.nobody().run(login, input("wrong")).await.expect_code("UNAUTHENTICATED");
    }
    process.nobody().run(login, input(PASSWORD)).await.expect_code("UNAUTHENTICATED");
    site.run(&["user", "unlock", "pm@acme.test"]).await.expect_code(0);
    process.nobody().run(login, input(PASSWORD)).await.expect_ok();
}

// keeps: OP-1, ID-9
#[tokio::test]
async fn keys_are_rotated_and_tokens_of_the_one_before_stay_good() {
    let site = Site::seeded().await;
    let process = site.serve().await;
    let manager = process.person("acme", "pm@acme.test", PASSWORD);
    let token = manager.token().await.unwrap();
    let rotated = site.run(&["key", "rotate", "--json"]).await.expect_code(0);
    let accepted = rotated.json()["accepted"].as_array().unwrap().len();
    assert_eq!(accepted, 2, "{rotated:#?}");
    process.kill().await;
    let careful = site.run(&["key", "rotate", "--master"]).await.expect_code(2);
    assert!(careful.err.contains("--yes"), "{careful:#?}");
    let master = site.run(&["key", "rotate", "--master", "--yes", "--json"]).await.expect_code(0);
    let keys = std::fs::read_to_string(site.folder().join("keys.json")).unwrap();
    let keys: Value = serde_json::from_str(&keys).unwrap();
    assert_eq!(keys["active"], master.json()["active"]);
    let secrets: Vec<&str> = keys["keys"].as_object().unwrap().values().filter_map(Value::as_str).collect();
    assert_eq!(secrets.len(), 2);
    expect_silent_about(&master, &secrets);
    let process = site.serve().await;
    let me = "{ viewer { user { id } } }";
    process.nobody().bearing(token).run(me, json!({})).await.expect_ok();
    process.person("acme", "pm@acme.test", PASSWORD).run(me, json!({})).await.expect_ok();
    let set =
        process.http().get(process.url("/.well-known/jwks.json")).send().await.unwrap().json::<Value>().await;
    assert_eq!(set.unwrap()["keys"].as_array().map(Vec::len), Some(2));
    let bare = Site::empty().await;
    let missing = bare.run(&["key", "rotate", "--master", "--yes"]).await.expect_code(3);
    assert!(missing.err.contains("keys.json"), "{missing:#?}");
}
