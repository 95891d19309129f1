//! Tests of the configuration: precedence, secrets, errors, and that table and types say the same.

use secrecy::ExposeSecret;

use super::*;

fn env(pairs: &[(&str, &str)]) -> Sources {
    let env = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sources { env, ..Sources::default() }
}

fn file(text: &str) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("atrium.toml");
    std::fs::write(&path, text).unwrap();
    (folder, Sources { file: Some(path), ..Sources::default() })
}

fn errors(sources: &Sources) -> Vec<String> {
    load(sources).unwrap_err().0
}

#[test]
fn later_sources_override_earlier_ones() {
    let (_folder, mut sources) =
        file("[server]\nlisten = \"127.0.0.1:1\"\nthreads = 1\nmax_connections = 7\n");
    sources.env.insert("ATRIUM_LISTEN".into(), "127.0.0.1:2".into());
    sources.env.insert("ATRIUM_SERVER__THREADS".into(), "2".into());
    let sources = sources.flag("server.listen", Some("127.0.0.1:3"));
    let loaded = load(&sources).unwrap();
    assert_eq!(loaded.config.server.listen.port(), 3);
    assert_eq!(loaded.config.server.threads, 2);
    assert_eq!(loaded.config.server.max_connections, 7);
    let lines = explain(&loaded);
    let origin = |name: &str| lines.iter().find(|line| line.name == name).unwrap().origin.clone();
    assert_eq!(origin("server.listen"), Origin::Flag);
    assert_eq!(origin("server.threads"), Origin::Env("ATRIUM_SERVER__THREADS".into()));
    assert!(matches!(origin("server.max_connections"), Origin::File(_)));
    assert_eq!(origin("server.metrics"), Origin::Default);
}

#[test]
fn fixed_names_and_fallbacks_are_read() {
    let sources = env(&[
        ("ATRIUM_DATA_DIR", "/srv/atrium"),
        ("DATABASE_URL", "postgres://other/db"),
        ("REDIS_URL", "redis://localhost:1"),
        ("ATRIUM_RATE_LIMITS", "off"),
    ]);
    let config = load(&sources).unwrap().config;
    assert_eq!(config.data_dir, std::path::Path::new("/srv/atrium"));
    assert_eq!(config.database.url.expose_secret(), "postgres://other/db");
    assert_eq!(config.redis.unwrap().prefix, "atrium:");
    assert_eq!(config.limits.rates, Switch::Off);
    assert!(!config.identity.rate_limits);
    let sources =
        env(&[("DATABASE_URL", "postgres://other/db"), ("ATRIUM_DATABASE_URL", "postgres://own/db")]);
    assert_eq!(load(&sources).unwrap().config.database.url.expose_secret(), "postgres://own/db");
}

#[test]
fn secret_comes_from_a_file_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("url");
    std::fs::write(&path, "postgres://u:hunter2@h/d\n").unwrap();
    let loaded = load(&env(&[("ATRIUM_DATABASE_URL_FILE", path.to_str().unwrap())])).unwrap();
    assert_eq!(loaded.config.database.url.expose_secret(), "postgres://u:hunter2@h/d");
    let shown = format!("{loaded:?} {:?}", explain(&loaded));
    assert!(!shown.contains("hunter2"), "{shown}");
    let bad =
        errors(&env(&[("ATRIUM_DATABASE_URL", "mysql://u:hunter2@h/d"), ("ATRIUM_REDIS_URL", "hunter2")]));
    assert_eq!(bad.len(), 2, "{bad:?}");
    assert!(!bad.concat().contains("hunter2"), "{bad:?}");
}

#[test]
fn every_error_is_listed_at_once() {
    let (_folder, mut sources) = file("mode = \"nonsense\"\nshoe = 4\n[graphql]\nmax_depth = 99\n");
    sources.env.insert("ATRIUM_LISTEN".into(), "nowhere".into());
    sources.env.insert("ATRIUM_SERVER__TRUSTED_PROXIES".into(), "10.0.0.0/8, x".into());
    sources.env.insert("ATRIUM_MAIL__SMTP__PASSWORD_FILE".into(), "/no/such/file".into());
    let errors = errors(&sources);
    for part in [
        "mode:",
        "shoe:",
        "graphql.max_depth:",
        "server.listen:",
        "server.trusted_proxies:",
        "mail.smtp.password:",
    ] {
        assert!(errors.iter().any(|error| error.starts_with(part)), "{part} is missing in {errors:?}");
    }
}

#[test]
fn lists_numbers_and_truth_values_are_read_from_the_environment() {
    let config = load(&env(&[
        ("ATRIUM_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1/32"),
        ("ATRIUM_SERVER__CORS_ORIGINS", "https://a.example"),
        ("ATRIUM_SERVER__EXPOSE_STATEMENTS", "true"),
        ("ATRIUM_MAIL__SMTP__USERNAME", "12345"),
        ("ATRIUM_MAIL__SMTP__CA_FILE", "/etc/ca.pem"),
    ]))
    .unwrap()
    .config;
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.server.cors_origins, ["https://a.example"]);
    assert!(config.server.expose_statements);
    assert_eq!(config.mail.smtp.username.as_deref(), Some("12345"));
    assert_eq!(config.mail.smtp.ca_file.unwrap(), std::path::Path::new("/etc/ca.pem"));
}

#[test]
fn what_is_shown_follows_the_mode() {
    let production = load(&Sources::default()).unwrap().config;
    assert!(!production.introspection() && !production.graphiql() && !production.mailbox());
    let demo = load(&env(&[("ATRIUM_MODE", "demo")])).unwrap().config;
    assert!(demo.introspection() && demo.graphiql() && demo.mailbox());
    let open = load(&env(&[("ATRIUM_GRAPHQL__INTROSPECTION", "on")])).unwrap().config;
    assert!(open.introspection() && !open.graphiql());
}

#[test]
fn empty_variable_is_as_good_as_none() {
    let config = load(&env(&[("ATRIUM_DATABASE_URL", ""), ("ATRIUM_LISTEN", "")])).unwrap().config;
    assert_eq!(config.server.listen.port(), 8000);
    assert!(config.database.url.expose_secret().starts_with("sqlite:"));
}

/// A setting that is in the types but not in the table could neither be set nor explained.
#[test]
fn table_has_every_setting_of_the_types() {
    let mut found = Vec::new();
    collect("", &mut found);
    let mut named: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    found.sort();
    named.sort_unstable();
    assert_eq!(found, named);
}

/// Serde names the fields it knows when it meets one that it does not.
fn collect(section: &str, found: &mut Vec<String>) {
    let mut tree = serde_json::json!({ "?": 1 });
    for name in section.rsplit('.').filter(|name| !name.is_empty()) {
        tree = serde_json::json!({ name: tree });
    }
    let error = serde_json::from_value::<Config>(tree).unwrap_err().to_string();
    let (_, expected) = error.split_once("expected ").unwrap();
    for field in expected.split('`').skip(1).step_by(2) {
        let name = if section.is_empty() { field.to_owned() } else { format!("{section}.{field}") };
        if Key::named(&name).is_some() {
            found.push(name);
        } else {
            let beginning = format!("{name}.");
            assert!(
                KEYS.iter().any(|key| key.name.starts_with(&beginning)),
                "{name} is not in config/keys.rs"
            );
            collect(&name, found);
        }
    }
}

#[test]
fn defaults_of_the_table_are_those_of_the_types() {
    let mut sources = env(&[("ATRIUM_REDIS_URL", "redis://localhost")]);
    let untouched = load(&sources).unwrap().config;
    for key in KEYS {
        sources = sources.flag(key.name, key.default);
    }
    let written = load(&sources).unwrap().config;
    let (written, untouched) = (format!("{written:?}"), format!("{untouched:?}"));
    assert_eq!(written, untouched);
}

#[test]
fn storage_is_set_by_the_environment_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hush\n").unwrap();
    let mut given = vec![
        ("ATRIUM_STORAGE_URL", "s3://files/atrium"),
        ("ATRIUM_STORAGE_ENDPOINT", "http://store:9000"),
        ("ATRIUM_STORAGE_REGION", "eu-west-3"),
        ("ATRIUM_STORAGE_ACCESS_KEY_ID", "12345"),
        ("ATRIUM_STORAGE_SECRET_ACCESS_KEY_FILE", secret.to_str().unwrap()),
    ];
    assert!(errors(&env(&given))[0].starts_with("storage.endpoint: http needs storage.allow_http"));
    given.push(("ATRIUM_STORAGE_ALLOW_HTTP", "true"));
    let storage = load(&env(&given)).unwrap().config.storage;
    assert_eq!((storage.url.as_str(), storage.region.as_str()), ("s3://files/atrium", "eu-west-3"));
    assert_eq!(storage.access_key_id.unwrap().expose_secret(), "12345");
    assert_eq!(storage.secret_access_key.unwrap().expose_secret(), "hush");
    assert!(errors(&env(&[("ATRIUM_STORAGE_URL", "ftp://files")]))[0].starts_with("storage.url:"));
}
