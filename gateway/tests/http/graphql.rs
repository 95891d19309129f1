//! Requests that run: answers, errors of execution, limits, persisted documents, language.

use serde_json::{Value as Json, json};

use crate::world::{World, code};

const STRICT: &str = "application/graphql-response+json";

#[tokio::test]
async fn answer_has_data_cost_and_the_request_id() {
    let world = World::new().await;
    let request =
        world.post().header("x-request-id", "mine-1").json(&json!({"query": "{ hello(name: \"Ada\") }"}));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-request-id"], "mine-1");
    let answer: Json = response.json().await.unwrap();
    assert_eq!(answer["data"]["hello"], "Hello Ada");
    assert_eq!(answer["extensions"]["cost"]["requested"], 100);
    assert!(answer["extensions"]["cost"]["available"].is_u64());
    assert!(answer["extensions"]["cost"]["restoreRate"].is_u64());
    assert!(answer.get("errors").is_none());
}

#[tokio::test]
async fn both_media_types_answer_as_the_specification_says() {
    let world = World::new().await;
    for (query, code_wanted, strict_status) in [
        ("{ hello", "GRAPHQL_PARSE_FAILED", 400),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED", 400),
        ("{ hello(name: 3) }", "GRAPHQL_VALIDATION_FAILED", 400),
        ("{ hello @nothing }", "GRAPHQL_VALIDATION_FAILED", 400),
        ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED", 400),
        ("query A { hello } query B { hello }", "BAD_REQUEST", 400),
    ] {
        let strict =
            world.post().header("accept", STRICT).json(&json!({ "query": query })).send().await.unwrap();
        assert_eq!(strict.status(), strict_status, "{query}");
        assert_eq!(strict.headers()["content-type"], format!("{STRICT}; charset=utf-8"));
        let answer: Json = strict.json().await.unwrap();
        assert_eq!(code(&answer), code_wanted, "{query}: {answer}");
        assert!(answer.get("data").is_none(), "{query}: {answer}");
        assert!(answer["errors"][0]["extensions"]["requestId"].is_string());
        let plain = world.post().json(&json!({ "query": query })).send().await.unwrap();
        let plain_status = if code_wanted == "BAD_REQUEST" { 400 } else { 200 };
        assert_eq!(plain.status(), plain_status, "{query}");
    }
    let partial =
        world.post().header("accept", STRICT).json(&json!({"query": "{ hello fails(kind: \"x\") }"}));
    let response = partial.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answer: Json = response.json().await.unwrap();
    assert!(answer.get("data").is_some(), "it was executed: {answer}");
    assert_eq!(code(&answer), "FORBIDDEN");
}

#[tokio::test]
async fn errors_bear_code_details_and_the_language_asked_for() {
    let world = World::new().await;
    let answer = world.ask("{ fails(kind: \"invalid\") }").await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "INVALID");
    assert_eq!(error["path"], json!(["fails"]));
    assert_eq!(
        error["extensions"]["fields"],
        json!([
            {"path": "name", "code": "taken", "message": "acme is taken.", "params": {"name": "acme"}},
            {"path": "items.3.email", "code": "taken", "message": "x is taken.", "params": {"name": "x"}},
        ])
    );
    let answer = world.ask("{ fails(kind: \"conflict\") }").await;
    assert_eq!(answer["errors"][0]["extensions"]["currentVersion"], 7);
    let answer = world.ask("{ fails(kind: \"limited\") }").await;
    assert_eq!(answer["errors"][0]["extensions"]["retryAfter"], 2);
    let french = world
        .post()
        .header("accept-language", "fr-CA, en;q=0.5")
        .json(&json!({"query": "{ fails(kind: \"conflict\") }"}));
    let answer: Json = french.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["errors"][0]["message"], "it est déjà pris.");
    let french =
        world.post().header("accept-language", "fr").body("{").header("content-type", "application/json");
    let answer: Json = french.send().await.unwrap().json().await.unwrap();
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("n'est pas"), "{answer}");
}

#[tokio::test]
async fn texts_of_our_own_faults_never_leave() {
    let world = World::new().await;
    for query in ["{ fails(kind: \"internal\") }", "{ fails(kind: \"foreign\") }", "{ panics }"] {
        let answer = world.ask(query).await;
        assert_eq!(code(&answer), "INTERNAL", "{query}");
        let text = answer.to_string();
        assert!(!text.contains("secret") && !text.contains("purpose"), "{text}");
        assert!(answer["errors"][0]["extensions"]["requestId"].is_string());
    }
    assert_eq!(world.ask("{ hello }").await["data"]["hello"], "Hello ", "the thread lives on after a panic");
}

#[tokio::test]
async fn refused_input_names_its_field() {
    let world = World::new().await;
    let query = "mutation($i: InviteInput!) { invite(input: $i) }";
    let answer = world.ask_with(json!({"query": query, "variables": {"i": {"email": "nonsense"}}})).await;
    assert_eq!(code(&answer), "INVALID", "{answer}");
    let field = &answer["errors"][0]["extensions"]["fields"][0];
    assert_eq!((&field["path"], &field["code"]), (&json!("email"), &json!("bad_email")), "{field}");
    let body = json!({"query": query, "variables": {"i": {"email": "nonsense"}}});
    let french = world.post().header("accept-language", "fr").json(&body).send().await.unwrap();
    let french: Json = french.json().await.unwrap();
    assert_ne!(french["errors"][0]["message"], answer["errors"][0]["message"]);
    assert!(french["errors"][0]["message"].as_str().unwrap().contains("adresse"), "{french}");
    let variables = json!({"i": {"email": "a@example.com", "copies": ["b@example.com", "nonsense"]}});
    let answer = world.ask_with(json!({"query": query, "variables": variables})).await;
    assert_eq!(answer["errors"][0]["extensions"]["fields"][0]["path"], "copies.1", "{answer}");
    let account = "acc_01h455vb4pex5vsknk084sn02q";
    let answer = world.ask(&format!("{{ project(id: \"{account}\") }}")).await;
    assert_eq!(code(&answer), "INVALID");
    assert_eq!(answer["errors"][0]["extensions"]["fields"][0]["path"], "id", "{answer}");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("Project") && message.contains("Account"), "{message}");
    assert_eq!(answer["errors"][0]["extensions"]["fields"][0]["code"], "id_of_another_kind");
}

#[tokio::test]
async fn limits_refuse_before_anything_runs() {
    let world = World::new().await;
    let deep = format!("{{ {} name {} }}", "me {".repeat(17), "}".repeat(17));
    let aliases = (0..31).fold(String::new(), |text, index| format!("{text} a{index}: name"));
    let bomb = (0..22).fold("{ me { ...F0 } }".to_owned(), |text, level| {
        format!("{text} fragment F{level} on Me {{ ...F{0} ...F{0} }}", level + 1)
    }) + " fragment F22 on Me { name }";
    for query in [
        deep,
        format!("{{ me {{ {aliases} }} }}"),
        format!("{{ {} }}", "hello ".repeat(21)),
        bomb,
        format!("{{ me {{ {} }} }}", "name ".repeat(5_001)),
        format!("{{ hello(name: \"{}\") }}", "x".repeat(65 << 10)),
        format!("{{ hello(name: {}) }}", "[".repeat(30_000)),
        "{".repeat(60_000),
    ] {
        let answer = world.ask(&query).await;
        assert_eq!(code(&answer), "QUERY_TOO_COMPLEX", "{}", &query[..80.min(query.len())]);
    }
}

#[tokio::test]
async fn many_errors_are_cut_to_fifty() {
    let world = World::new().await;
    let fields = (0..60).fold(String::new(), |text, index| format!("{text} nothing{index}"));
    let answer = world.ask(&format!("{{ me {{ {fields} }} }}")).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn persisted_query_runs_by_hash_once_it_was_sent() {
    let world = World::new().await;
    let hash = gateway::http::documents::hex(&gateway::http::documents::sha256("{ hello }"));
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let answer = world.ask_with(json!({ "extensions": extensions })).await;
    assert_eq!(code(&answer), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(answer["errors"][0]["message"], "PersistedQueryNotFound");
    world.ask_with(json!({ "query": "{ hello }", "extensions": extensions })).await;
    let answer = world.ask_with(json!({ "extensions": extensions })).await;
    assert_eq!(answer["data"]["hello"], "Hello ");
    let by_get = world.query(&[("extensions", &extensions.to_string())]).send().await.unwrap();
    assert_eq!(by_get.json::<Json>().await.unwrap()["data"]["hello"], "Hello ");
}

#[tokio::test]
async fn listed_documents_alone_run_where_a_list_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hello.graphql"), "{ hello }").unwrap();
    let path = folder.path().to_str().unwrap();
    let world = World::with(&[
        ("ATRIUM_GRAPHQL__DOCUMENTS__MODE", "listed"),
        ("ATRIUM_GRAPHQL__DOCUMENTS__PATH", path),
    ])
    .await;
    assert_eq!(world.ask("{ hello }").await["data"]["hello"], "Hello ");
    assert_eq!(code(&world.ask("{ who }").await), "DOCUMENT_NOT_LISTED");
}

#[tokio::test]
async fn get_runs_queries_only() {
    let world = World::new().await;
    let response =
        world.query(&[("query", "query($n: String!) { hello(name: $n) }"), ("variables", r#"{"n":"G"}"#)]);
    let answer: Json = response.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["hello"], "Hello G");
    let response = world.query(&[("query", "mutation { touch }")]).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(code(&response.json().await.unwrap()), "METHOD_NOT_ALLOWED");
    assert_eq!(world.state.mutations.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let question = "{ __schema { queryType { name } } }";
    assert_eq!(World::new().await.ask(question).await["data"]["__schema"]["queryType"]["name"], "Query");
    let world = World::with(&[("ATRIUM_GRAPHQL__INTROSPECTION", "off")]).await;
    assert_eq!(code(&world.ask(question).await), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(world.ask("{ __typename }").await["data"]["__typename"], "Query");
}

#[tokio::test]
async fn tokens_are_asked_for_who_they_belong_to() {
    let world = World::new().await;
    assert_eq!(world.ask("{ who }").await["data"]["who"], "nobody");
    let signed = world.post().bearer_auth("user-1").json(&json!({"query": "{ who }"})).send().await.unwrap();
    assert_eq!(signed.json::<Json>().await.unwrap()["data"]["who"], "somebody");
    let bad = world.post().bearer_auth("forged").json(&json!({"query": "{ who }"}));
    let answer: Json = bad.try_clone().unwrap().send().await.unwrap().json().await.unwrap();
    assert_eq!(code(&answer), "UNAUTHENTICATED");
    assert_eq!(bad.header("accept", STRICT).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn plan_limits_requests_and_tells_when_to_come_back() {
    let world = World::with(&[("ATRIUM_RATE_LIMITS", "on")]).await;
    world.state.plan.store(2, std::sync::atomic::Ordering::SeqCst);
    let request = world.post().bearer_auth("user-1").json(&json!({"query": "{ who }"}));
    let ask = || async { request.try_clone().unwrap().send().await.unwrap() };
    let first: Json = ask().await.json().await.unwrap();
    assert_eq!(first["extensions"]["cost"], json!({"requested": 100, "available": 100, "restoreRate": 3}));
    ask().await;
    let refused = ask().await;
    assert_eq!(refused.status(), 200);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    let answer: Json = refused.json().await.unwrap();
    assert_eq!(code(&answer), "LIMITED");
    assert_eq!(answer["errors"][0]["extensions"]["retryAfter"], wait);
    let strict = request.try_clone().unwrap().header("accept", STRICT).send().await.unwrap();
    assert_eq!(strict.status(), 429);
    // The tenant's other people share its plan.
    let other = world.post().bearer_auth("user-2").json(&json!({"query": "{ who }"})).send().await.unwrap();
    assert_eq!(code(&other.json().await.unwrap()), "LIMITED");
    assert_eq!(world.ask("{ who }").await["data"]["who"], "nobody");
}

#[tokio::test]
async fn statements_are_told_and_cookies_passed_on() {
    let world = World::new().await;
    let response = world.post().json(&json!({"query": "{ statements(count: 3) }"})).send().await.unwrap();
    assert_eq!(response.headers()["server-timing"], "sql;desc=3");
    let response = world.post().json(&json!({"query": "mutation { remember }"})).send().await.unwrap();
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["refresh=x; HttpOnly", "other=y"]);
    let world = World::with(&[("ATRIUM_SERVER__EXPOSE_STATEMENTS", "false")]).await;
    let response = world.post().json(&json!({"query": "{ hello }"})).send().await.unwrap();
    assert!(!response.headers().contains_key("server-timing"));
}

#[tokio::test]
async fn slow_request_is_given_up() {
    let world = World::with(&[("ATRIUM_SERVER__REQUEST_TIMEOUT_S", "1")]).await;
    let answer = world.ask("{ sleeps(millis: 10000) }").await;
    assert_eq!(code(&answer), "UNAVAILABLE");
}

#[tokio::test]
async fn client_address_comes_from_trusted_proxies() {
    let world = World::with(&[("ATRIUM_SERVER__TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let request =
        world.post().header("x-forwarded-for", "6.6.6.6, 203.0.113.9").json(&json!({"query": "{ ip }"}));
    assert_eq!(request.send().await.unwrap().json::<Json>().await.unwrap()["data"]["ip"], "203.0.113.9");
    let world = World::new().await;
    let request = world.post().header("x-forwarded-for", "203.0.113.9").json(&json!({"query": "{ ip }"}));
    assert_eq!(request.send().await.unwrap().json::<Json>().await.unwrap()["data"]["ip"], "127.0.0.1");
}
