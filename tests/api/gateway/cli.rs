//! The command line, as whoever runs an installation types it: what commands answer, how they end, and that no secret is
//! ever printed.

use serde_json::{Value, json};
use tests::program::finish;
use tests::{PASSWORD, Ran, Site, on_postgres};

const SECRET: &str = "hunter2-is-not-to-be-seen";
pub(super) const STRONG: &str = "Quarrelsome-otters-8-lanterns";

#[track_caller]
pub(super) fn expect_silent_about(ran: &Ran, secrets: &[&str]) {
    for secret in secrets {
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{secret} is shown: {ran:#?}");
    }
}

/// What went wrong, as `--json` says it.
#[track_caller]
pub(super) fn error_of(ran: &Ran) -> Value {
    let error: Value = serde_json::from_str(&ran.err).unwrap_or_else(|_| panic!("no JSON: {ran:#?}"));
    assert_eq!(error["error"]["code"], json!(ran.code.unwrap()), "{ran:#?}");
    assert!(ran.out.is_empty(), "{ran:#?}");
    error["error"]["message"].clone()
}

// keeps: OP-1
#[tokio::test]
async fn help_and_version_are_answers_and_nonsense_is_a_usage_error() {
    let site = Site::empty().await;
    let help = site.run(&["--help"]).await.expect_code(0);
    for command in [
        "demo",
        "serve",
        "worker",
        "migrate",
        "seed",
        "tenant",
        "user",
        "key",
        "audit",
        "schema",
        "config",
        "health",
        "completions",
        "man",
    ] {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command}\n{}", help.out);
        let own = site.run(&[command, "--help"]).await.expect_code(0);
        assert!(own.out.contains("Usage: atrium"), "{}", own.out);
    }
    assert!(help.out.contains("Exit codes:"), "{}", help.out);
    let version = site.run(&["--version"]).await.expect_code(0);
    assert!(version.out.starts_with("atrium "), "{}", version.out);
    for wrong in
        [&["fly"][..], &["tenant"], &["serve", "--listen", "everywhere"], &["--nothing"], &["tenant", "show"]]
    {
        let ran = site.run(wrong).await.expect_code(2);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{ran:#?}");
    }
}

// keeps: OP-1
#[tokio::test]
async fn shells_and_the_manual_know_every_command() {
    let site = Site::empty().await;
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = site.run(&["completions", shell]).await.expect_code(0);
        for word in ["reset-password", "rotate", "--data-dir"] {
            // Reason: fish names options without their hyphens.
            assert!(script.out.contains(word.trim_start_matches('-')), "{shell} does not know {word}");
        }
    }
    let unknown = site.run(&["completions", "dos"]).await.expect_code(2);
    assert!(unknown.out.is_empty() && unknown.err.contains("zsh"), "{unknown:#?}");
    let page = site.run(&["man"]).await.expect_code(0);
    assert!(page.out.contains(".TH atrium 1") && page.out.contains("Exit codes:"), "{}", page.out);
    let folder = site.folder().join("pages");
    site.run(&["man", "--dir", folder.to_str().unwrap()]).await.expect_code(0);
    for name in ["atrium.1", "atrium-user-invite.1", "atrium-key-rotate.1"] {
        let page = std::fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("no {name}"));
        assert!(page.contains(".SH NAME"), "{name}");
    }
}

// keeps: OP-2
#[tokio::test]
async fn configuration_is_explained_and_secrets_are_not() {
    let site = Site::empty().await;
    let mut command = site.command(&["config", "check", "--json", "--listen", "127.0.0.1:9876"]);
    let (database, redis) =
        (format!("postgres://atrium:{SECRET}@db/atrium"), format!("redis://:{SECRET}@cache"));
    command
        .env("ATRIUM_DATABASE_URL", &database)
        .env("REDIS_URL", &redis)
        .env("ATRIUM_MAIL__SMTP__PASSWORD", SECRET);
    let ran = finish(command, "").await.expect_code(0);
    expect_silent_about(&ran, &[SECRET]);
    let shown = ran.json();
    assert_eq!(shown["valid"], true);
    let settings = shown["settings"].as_array().unwrap();
    let of = |name: &str| {
        settings.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(
        (&of("server.listen")["value"], &of("server.listen")["origin"]),
        (&json!("127.0.0.1:9876"), &json!("flag"))
    );
    assert_eq!(of("mode")["origin"], "environment ATRIUM_MODE");
    assert_eq!(of("graphql.max_depth")["origin"], "default");
    for secret in ["database.url", "redis.url", "mail.smtp.password"] {
        assert_eq!(of(secret)["value"], "(set, not shown)");
    }
    let changed = site.run(&["config", "check", "--changed"]).await.expect_code(0);
    assert!(
        changed.out.contains("data_dir") && !changed.out.contains("graphql.max_depth"),
        "{}",
        changed.out
    );
}

// keeps: OP-2
#[tokio::test]
async fn every_error_of_the_configuration_is_told_at_once_and_no_secret() {
    let site = Site::empty().await;
    let mut command = site.command(&["config", "check", "--json"]);
    command
        .env("ATRIUM_LISTEN", "everywhere")
        .env("ATRIUM_GRAPHQL__MAX_COST", "1")
        .env("ATRIUM_LIMITS__RATES", "perhaps");
    command
        .env("ATRIUM_DATABASE_URL", format!("mysql://root:{SECRET}@db/atrium"))
        .env("ATRIUM_RATE_LIMITS", "on");
    let ran = finish(command, "").await.expect_code(2);
    expect_silent_about(&ran, &[SECRET]);
    let message = error_of(&ran).as_str().unwrap().to_owned();
    for name in ["server.listen", "graphql.max_cost", "limits.rates", "database.url"] {
        assert!(message.contains(name), "{name} is not told: {message}");
    }
    let mut serve = site.command(&["serve"]);
    serve.env("ATRIUM_GRAPHQL__MAX_DEPTH", "1000");
    let refused = finish(serve, "").await.expect_code(2);
    assert!(refused.err.contains("graphql.max_depth"), "{refused:#?}");
    let missing = site.run(&["config", "check", "--config", "/nowhere/atrium.toml"]).await.expect_code(2);
    assert!(missing.err.contains("/nowhere/atrium.toml"), "{missing:#?}");
}

// keeps: OP-2
#[tokio::test]
async fn file_goes_before_defaults_environment_before_the_file_and_flags_before_all() {
    let site = Site::empty().await;
    let file = site.folder().join("atrium.toml");
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n[graphql]\nmax_depth = 7\nmax_aliases = 9\n";
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    let mut command =
        site.command(&["config", "check", "--json", "--config", path, "--listen", "127.0.0.1:3"]);
    command.env("ATRIUM_LISTEN", "127.0.0.1:2").env("ATRIUM_GRAPHQL__MAX_DEPTH", "8");
    let shown = finish(command, "").await.expect_code(0).json();
    let value = |name: &str| {
        let settings = shown["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!(value("server.listen"), "127.0.0.1:3");
    assert_eq!(value("graphql.max_depth"), "8");
    assert_eq!(value("graphql.max_aliases"), "9");
    std::fs::write(&file, "[server]\nlisten_on = 3\n").unwrap();
    let wrong = site.run(&["config", "check", "--config", path]).await.expect_code(2);
    assert!(wrong.err.contains("listen_on"), "{wrong:#?}");
}

// keeps: OP-1
#[tokio::test]
async fn schema_goes_up_and_down_and_tells_where_it_stands() {
    let site = Site::empty().await;
    site.run(&["migrate", "status"]).await.expect_code(0);
    let careful = site.run(&["migrate", "down"]).await.expect_code(2);
    assert!(careful.err.contains("--yes"), "{careful:#?}");
    site.run(&["migrate", "down", "--yes"]).await.expect_code(0);
    let status = site.run(&["migrate", "status", "--json"]).await;
    assert_eq!(status.code, Some(3), "{status:#?}");
    let steps = status.json();
    assert!(steps.as_array().unwrap().iter().all(|step| step["applied"] == false), "{steps}");
    for needs in [&["tenant", "list"][..], &["serve", "--no-migrate"], &["key", "rotate"]] {
        let refused = site.run(needs).await.expect_code(1);
        assert!(refused.err.contains("atrium migrate up"), "{refused:#?}");
    }
    let applied = site.run(&["migrate", "up", "--json"]).await.expect_code(0).json();
    assert_eq!(applied["applied"].as_array().map(Vec::len), steps.as_array().map(Vec::len));
    assert_eq!(site.run(&["migrate", "up", "--json"]).await.expect_code(0).json(), json!({ "applied": [] }));
    site.run(&["migrate", "status"]).await.expect_code(0);
    assert_eq!(site.run(&["tenant", "list", "--json"]).await.expect_code(0).json(), json!([]));
}

// keeps: OP-1
#[tokio::test]
async fn schema_is_printed_and_compared_without_a_database() {
    let site = Site::empty().await;
    let schema = |arguments: &[&str]| {
        let mut command = site.command(&[&["schema"], arguments].concat());
        command
            .env("ATRIUM_DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
            .env("ATRIUM_DATA_DIR", "/nowhere");
        finish(command, "")
    };
    let printed = schema(&[]).await.expect_code(0).out;
    assert!(printed.contains("type Query {") && printed.ends_with("}\n"), "{printed:.200}");
    let file = site.folder().join("schema.graphql");
    let path = file.to_str().unwrap();
    schema(&["--check", "--file", path]).await.expect_code(3);
    std::fs::write(&file, &printed).unwrap();
    schema(&["--check", "--file", path]).await.expect_code(0);
    std::fs::write(&file, printed.replacen("type Query {", "type Query {\n\tmore: Int", 1)).unwrap();
    let differs = schema(&["--check", "--file", path]).await.expect_code(1);
    assert!(differs.err.contains("schema.graphql") && differs.err.contains("line"), "{differs:#?}");
}

// keeps: OP-1
#[tokio::test]
async fn worker_does_once_what_is_due() {
    let site = Site::seeded().await;
    let process = site.serve().await;
    let owner = process.person("acme", "owner@acme.test", PASSWORD);
    owner.token().await;
    site.settled().await;
    process.kill().await;
    site.execute("UPDATE jobs SET status = 'waiting', finished_at = NULL, attempts = 0").await;
    site.execute(
        "INSERT INTO outbox (id, tenant_id, kind, version, subject_type, subject_id, payload, occurred_at) \
         SELECT tenant_id, tenant_id, kind, version, subject_type, subject_id, payload, occurred_at FROM events \
         WHERE position = (SELECT max(position) FROM events)",
    )
    .await;
    let due = site.rows("jobs", "").await.len();
    let worked = site.run(&["worker", "--once", "--json"]).await.expect_code(0);
    assert_eq!(worked.json(), json!({ "jobs": due }));
    assert!(site.rows("outbox", "").await.is_empty());
    assert!(site.rows("events", "WHERE id = tenant_id").await.len() == 1);
    assert_eq!(site.run(&["worker", "--once", "--json"]).await.expect_code(0).json(), json!({ "jobs": 0 }));
    assert!(on_postgres() || site.folder().join("atrium.db").exists());
}
