//! What the program shows beside the API: pages, keys, health, and the headers on all of it.

use gateway::config::Mode;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::wire::{ME, Wire, ask};

/// A page as anybody gets it.
pub(super) async fn page(world: &World, path: &str) -> Wire {
    Wire::of(world.http().get(world.url(path))).await
}

/// What follows `name="` in a page.
fn attributes<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!("{name}=\"");
    text.split(begin.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn explorer_is_one_page_with_files_of_its_own() {
    let world = World::empty().await;
    assert_eq!(page(&world, "/").await.header("location"), "/graphiql");
    let graphiql = page(&world, "/graphiql").await;
    assert_eq!((graphiql.status, graphiql.header("content-type")), (200, "text/html; charset=utf-8"));
    let links = attributes(&graphiql.text, "src").into_iter().chain(attributes(&graphiql.text, "href"));
    let files: Vec<&str> = links.filter(|link| !link.starts_with("data:")).collect();
    assert!(files.iter().all(|file| file.starts_with("/assets/")), "nothing from elsewhere: {files:?}");
    // Reason: without npm on the machine that built the program, the page says how to get it.
    assert!(
        graphiql.text.contains("npm") || files.iter().any(|file| file.ends_with(".js")),
        "{}",
        graphiql.text
    );
    for file in files {
        let asset = page(&world, file).await;
        assert_eq!(asset.status, 200, "{file}");
        assert!(asset.header("content-type").starts_with("text/") || file.ends_with(".svg"), "{file}");
        let tag = asset.header("etag").to_owned();
        let known = world.http().get(world.url(file)).header("if-none-match", &tag);
        assert_eq!(Wire::of(known).await.status, 304, "{file}");
        let other = world.http().get(world.url(file)).header("if-none-match", "\"other\"");
        assert_eq!(Wire::of(other).await.status, 200, "{file}");
    }
    for path in
        ["/assets/", "/assets/nothing.js", "/assets/..%2f..%2fCargo.toml", "/assets/%00", "/assets/graphiql"]
    {
        page(&world, path).await.expect_refused(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn production_shows_nothing_that_was_not_asked_for() {
    let world = World::builder().configure(|config| config.mode = Mode::Production).build().await;
    for path in [
        "/",
        "/graphiql",
        "/assets/x.js",
        "/mailbox",
        "/mailbox.json",
        "/mailbox/1",
        "/mailbox/1/html",
        "/mailbox.css",
    ] {
        page(&world, path).await.expect_refused(404, "NOT_FOUND");
    }
    let manager = world.agency("acme").manager();
    for query in [
        "{ __schema { queryType { name } } }",
        "{ __type(name: \"User\") { name } }",
        "{ viewer { user { id } } a: __schema { types { name } } }",
        "query Q { ...F } fragment F on Query { __schema { types { name } } }",
        "mutation { logout { ended } __schema { types { name } } }",
    ] {
        let refused = manager.run(query, json!({})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
        assert!(refused.body.get("data").is_none(), "{refused}");
    }
    let typed = manager.run("{ __typename viewer { user { __typename } } }", json!({})).await.expect_ok();
    assert_eq!(typed.text("viewer.user.__typename"), "User");
    let suggestion = manager.run("{ viewer { user { emai } } }", json!({})).await;
    let message = suggestion.message().unwrap();
    assert!(!message.contains("Did you mean") && !message.contains("email"), "names leak: {message}");
}

// keeps: OP-10
#[tokio::test]
async fn every_answer_bears_security_headers() {
    let world = World::builder()
        .configure(|config| config.server.public_url = Some("https://portal.example.com".parse().unwrap()))
        .build()
        .await;
    let manager = world.agency("acme").manager();
    let mut answers = vec![
        Wire::of(ask(&manager, ME, json!({})).await).await,
        Wire::of(ask(&manager, "{", json!({})).await).await,
    ];
    for path in [
        "/livez",
        "/readyz",
        "/metrics",
        "/.well-known/jwks.json",
        "/graphiql",
        "/mailbox",
        "/mailbox.json",
        "/nowhere",
    ] {
        answers.push(page(&world, path).await);
    }
    answers.push(Wire::of(world.http().delete(world.url("/livez"))).await);
    for answer in answers {
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src '") && policy.contains("frame-ancestors 'none'"), "{answer:#?}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{answer:#?}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{name}: {answer:#?}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"), "{answer:#?}");
        assert!(answer.header("strict-transport-security").contains("max-age=63072000"), "{answer:#?}");
        assert!(!answer.headers.contains_key("server") && !answer.headers.contains_key("x-powered-by"));
    }
    let plain = World::empty().await;
    assert_eq!(page(&plain, "/livez").await.header("strict-transport-security"), "", "not without HTTPS");
}

#[tokio::test]
async fn mailbox_shows_letters_to_people_and_programs() {
    let world = World::new().await;
    let reset =
        "mutation { requestPasswordReset(input: { tenant: \"acme\", email: \"pm@acme.test\" }) { email } }";
    world.nobody().run(reset, json!({})).await.expect_ok();
    let mail = world.mail_to("pm@acme.test").await;
    let list = page(&world, "/mailbox").await;
    assert!(
        list.text.contains("pm@acme.test") && list.text.contains(&format!("/mailbox/{}", mail.id)),
        "{list:#?}"
    );
    let shown = page(&world, &format!("/mailbox/{}", mail.id)).await;
    assert!(shown.text.contains("token=") && !shown.text.contains("<script"), "{shown:#?}");
    let html = page(&world, &format!("/mailbox/{}/html", mail.id)).await;
    assert!(html.header("content-security-policy").contains("sandbox"), "{html:#?}");
    let all = page(&world, "/mailbox.json?to=PM@acme.test").await.json();
    assert_eq!(all[0]["message"]["to"][0]["email"], "pm@acme.test");
    let later = page(&world, &format!("/mailbox.json?after={}", mail.id)).await.json();
    assert_eq!(later, json!([]));
    for path in ["/mailbox/0", "/mailbox/999999", "/mailbox/x", "/mailbox/-1", "/mailbox/1/html/x"] {
        page(&world, path).await.expect_refused(404, "NOT_FOUND");
    }
}

// keeps: OP-10
#[tokio::test]
async fn mailbox_is_read_under_names_of_this_machine_and_the_public_one_alone() {
    let public = "https://portal.example.com";
    let world = World::builder()
        .configure(move |config| config.server.public_url = Some(public.parse().unwrap()))
        .build()
        .await;
    let reset =
        "mutation { requestPasswordReset(input: { tenant: \"acme\", email: \"pm@acme.test\" }) { email } }";
    world.nobody().run(reset, json!({})).await.expect_ok();
    let id = world.mail_to("pm@acme.test").await.id;
    let paths = ["/mailbox", "/mailbox.json", &format!("/mailbox/{id}"), &format!("/mailbox/{id}/html")];
    for path in paths {
        let under = async |host: &str| Wire::of(world.http().get(world.url(path)).header("host", host)).await;
        for host in
            ["localhost:8000", "127.0.0.1", "[::1]:8000", "portal.example.com", "PORTAL.example.com:443"]
        {
            assert_eq!(under(host).await.status, 200, "{path} under {host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example:8000", "localhost.evil.example", "192.0.2.1", "x@y"]
        {
            let refused = under(host).await.expect_refused(403, "FORBIDDEN");
            assert!(!refused.text.contains("token="), "{refused:#?}");
        }
        let nameless = format!("GET {path} HTTP/1.0\r\n\r\n");
        assert_eq!(world.raw(nameless.as_bytes()).await.status, 403, "{path}");
    }
}

// keeps: ID-9
#[tokio::test]
async fn keys_that_verify_tokens_are_published_without_what_signs() {
    let world = World::new().await;
    let token = world.agency("acme").manager().token().await.unwrap();
    let answer = page(&world, "/.well-known/jwks.json").await;
    assert!(answer.header("cache-control").contains("max-age="), "{answer:#?}");
    let set = answer.json();
    let (header, _) = decoded(&token);
    let key =
        set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).expect("its key");
    assert_eq!((&key["kty"], &key["crv"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("sig")));
    for private in ["d", "p", "q", "k", "private_sealed"] {
        assert!(key.get(private).is_none(), "{key}");
    }
}

/// Header and claims of a token, nothing verified.
fn decoded(token: &str) -> (Value, Value) {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = |index: usize| {
        let text = token.split('.').nth(index).expect("three parts");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64url")).expect("JSON")
    };
    (part(0), part(1))
}

// keeps: OP-3
#[tokio::test]
async fn readiness_tells_each_dependency_once() {
    let world = World::empty().await;
    assert_eq!(page(&world, "/livez").await.json(), json!({ "status": "up" }));
    let ready = page(&world, "/readyz").await;
    let body = ready.json();
    assert_eq!((ready.status, &body["status"], &body["ready"]), (200, &json!("up"), &json!(true)));
    let names: Vec<&str> =
        body["checks"].as_array().unwrap().iter().filter_map(|check| check["name"].as_str()).collect();
    assert_eq!(names, ["database", "cache", "storage"]);
    assert!(body["checks"][0]["millis"].as_f64().is_some_and(|millis| millis >= 0.0));
    assert_eq!(ready.header("cache-control"), "no-store");
}

// keeps: OP-3
#[tokio::test]
async fn node_without_its_database_lives_but_is_not_ready_and_says_no_more() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    manager.token().await;
    world.lose_database().await;
    assert_eq!(page(&world, "/livez").await.status, 200);
    let ready = page(&world, "/readyz").await;
    let body = ready.json();
    assert_eq!((ready.status, &body["status"]), (503, &json!("degraded")), "{ready:#?}");
    assert_eq!((&body["ready"], &body["checks"][0]["state"]), (&json!(false), &json!("down")));
    assert_eq!(
        body["checks"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["millis", "name", "state"]
    );
    let answer = manager.run("{ projects { nodes { id } } }", json!({})).await;
    assert!(matches!(answer.code(), Some("INTERNAL" | "UNAVAILABLE")), "{answer}");
    let text = answer.body["errors"].to_string().to_lowercase();
    assert!(!text.contains("pool") && !text.contains("connect"), "{answer}");
}

// keeps: OP-10
#[tokio::test]
async fn pages_of_listed_origins_may_call_and_others_may_not_read() {
    let listed = "https://app.example.com";
    let world = World::builder()
        .configure(move |config| config.server.cors_origins = vec![listed.to_owned()])
        .build()
        .await;
    let manager = world.agency("acme").manager();
    let preflight = async |origin: &str, path: &str| {
        let request = world.http().request(Method::OPTIONS, world.url(path)).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        Wire::of(
            request.header("access-control-request-headers", "authorization,content-type,idempotency-key"),
        )
        .await
    };
    let allowed = preflight(listed, "/graphql").await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.header("access-control-allow-origin"), listed);
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    let headers = allowed.header("access-control-allow-headers").to_lowercase();
    assert!(
        ["authorization", "content-type", "idempotency-key", "x-request-id"]
            .iter()
            .all(|name| headers.contains(name))
    );
    for origin in
        ["https://evil.example", "null", "http://app.example.com", "https://app.example.com.evil.example"]
    {
        assert_eq!(preflight(origin, "/graphql").await.header("access-control-allow-origin"), "", "{origin}");
        let answer = Wire::of(ask(&manager, ME, json!({})).await.header("origin", origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
    let answer = Wire::of(ask(&manager, ME, json!({})).await.header("origin", listed)).await;
    assert_eq!(answer.header("access-control-allow-origin"), listed);
    let vary: Vec<_> =
        answer.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
    assert!(vary.join(",").to_lowercase().contains("origin"), "{vary:?}");
    let exposed = answer.header("access-control-expose-headers").to_lowercase();
    assert!(exposed.contains("x-request-id") && exposed.contains("retry-after"), "{exposed}");
    let closed = World::empty().await;
    let request = closed.http().request(Method::OPTIONS, closed.url("/graphql")).header("origin", listed);
    let refused = Wire::of(request.header("access-control-request-method", "POST")).await;
    assert_eq!(refused.header("access-control-allow-origin"), "");
    assert_eq!(refused.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn long_answers_are_compressed_for_who_reads_that() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let long = "{ tasks(first: 40) { nodes { id title description createdAt } } }";
    let sizes = async |encoding: Option<&str>, query: &str| {
        let mut request = ask(&owner, query, json!({})).await;
        if let Some(encoding) = encoding {
            request = request.header("accept-encoding", encoding);
        }
        let response = request.send().await.unwrap();
        let headers = response.headers().clone();
        let encoding = headers.get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        (encoding, response.bytes().await.unwrap())
    };
    let (encoding, plain) = sizes(None, long).await;
    assert_eq!(encoding, None);
    assert!(serde_json::from_slice::<Value>(&plain).is_ok());
    for wanted in ["gzip", "br, gzip;q=0.5", "*"] {
        let (encoding, packed) = sizes(Some(wanted), long).await;
        assert_eq!(encoding.as_deref(), Some("gzip"), "{wanted}");
        assert!(packed.starts_with(&[0x1f, 0x8b]) && packed.len() < plain.len() / 2, "{}", packed.len());
    }
    assert_eq!(sizes(Some("gzip;q=0"), long).await.0, None);
    assert_eq!(sizes(Some("identity"), long).await.0, None);
    assert_eq!(sizes(Some("gzip"), "{ __typename }").await.0, None, "not worth it");
}

#[tokio::test]
async fn addresses_and_methods_that_are_not_there_are_refused_in_json() {
    let world = World::empty().await;
    for path in [
        "/nowhere",
        "/graphql/",
        "/GRAPHQL",
        "/graphql/x",
        "/.env",
        "/livez/",
        "//graphql",
        "/%ff",
        "/a%00b",
        "/index.php?x=1",
    ] {
        page(&world, path).await.expect_refused(404, "NOT_FOUND");
    }
    for path in ["/livez", "/readyz", "/metrics", "/.well-known/jwks.json", "/graphiql", "/mailbox"] {
        let refused =
            Wire::of(world.http().post(world.url(path))).await.expect_refused(405, "METHOD_NOT_ALLOWED");
        assert!(refused.header("allow").contains("GET"), "{path}");
    }
    let long = format!("/{}", "x".repeat(200_000));
    let answer = world.raw(format!("GET {long} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
    assert!(matches!(answer.status, 0 | 404 | 414 | 431), "{}", answer.status);
    let many: String = (0..500).map(|number| format!("x-{number}: y\r\n")).collect();
    let answer = world.raw(format!("GET /livez HTTP/1.1\r\nhost: x\r\n{many}\r\n").as_bytes()).await;
    assert!(matches!(answer.status, 400 | 431), "{}", answer.status);
    for nonsense in ["GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\r\n\r\n"]
    {
        let answer = world.raw(nonsense.as_bytes()).await;
        assert!(answer.status == 0 || (400..600).contains(&answer.status), "{nonsense:?}: {}", answer.status);
    }
    assert_eq!(page(&world, "/livez").await.status, 200);
}
