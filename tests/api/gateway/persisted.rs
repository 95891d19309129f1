//! Persisted documents: Apollo's automatic ones, and the list of an installation that runs no others.

use gateway::config::DocumentMode;
use gateway::http::documents::{hex, sha256};
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::wire::{CREATE, ME, STRICT, Wire, get, post, projects};

fn hash(text: &str) -> String {
    hex(&sha256(text))
}

fn by_hash(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

/// Asks with a hash, and with the text if there is one.
async fn persisted(who: &Actor, text: Option<&str>, hash: &str, variables: Value) -> Answer {
    let mut body = json!({ "extensions": by_hash(hash), "variables": variables });
    if let Some(text) = text {
        body["query"] = text.into();
    }
    who.post(body).await
}

#[tokio::test]
async fn document_is_asked_for_by_hash_once_somebody_sent_it() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let unknown =
        persisted(&manager, None, &hash(ME), json!({})).await.expect_code("PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(
        (unknown.status, unknown.message()),
        (200, Some("PersistedQueryNotFound")),
        "as Apollo's clients know it"
    );
    persisted(&manager, Some(ME), &hash(ME), json!({})).await.expect_ok();
    persisted(&manager, None, &hash(ME), json!({})).await.expect_ok();
    let other = world.agency("globex").developer();
    let answer = persisted(&other, None, &hash(ME).to_uppercase(), json!({})).await.expect_ok();
    assert!(answer.text("viewer.user.id").starts_with("usr_"));
    let extensions = by_hash(&hash(ME)).to_string();
    let got = Wire::of(get(&other, &[("extensions", &extensions)]).await).await;
    assert!(got.json()["data"]["viewer"].is_object(), "{got:#?}");
    persisted(&world.nobody(), None, &hash(ME), json!({})).await.expect_code("UNAUTHENTICATED");
}

#[tokio::test]
async fn mutation_by_hash_takes_its_variables_and_is_still_no_get() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let name = json!({ "name": "By hash" });
    persisted(&manager, Some(CREATE), &hash(CREATE), name.clone()).await.expect_ok();
    persisted(&manager, None, &hash(CREATE), name.clone()).await.expect_ok();
    assert_eq!(projects(&world).await, 14);
    let parameters = [("extensions", by_hash(&hash(CREATE)).to_string()), ("variables", name.to_string())];
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Wire::of(get(&manager, &parameters).await).await.expect_refused(405, "METHOD_NOT_ALLOWED");
    let keyed = manager.with("idempotency-key", "key-1");
    let first = persisted(&keyed, None, &hash(CREATE), name.clone()).await.expect_ok();
    let again = persisted(&keyed, Some(CREATE), &hash(CREATE), name).await.expect_ok();
    assert_eq!(again.body, first.body, "the same document, whether sent or named");
}

#[tokio::test]
async fn hash_that_is_not_of_the_document_is_refused_and_not_learned() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let other = "{ __typename }";
    let zeros = "0".repeat(64);
    for (text, sent) in [
        (Some(ME), hash(other)),
        (Some(ME), zeros.clone()),
        (None, "ab".into()),
        (None, "z".repeat(64)),
        (None, String::new()),
    ] {
        let body = json!({ "query": text, "extensions": by_hash(&sent) }).to_string();
        for accept in ["application/json", STRICT] {
            let request = post(&manager, body.clone()).await.header("accept", accept);
            Wire::of(request).await.expect_refused(400, "BAD_REQUEST");
        }
    }
    for extensions in [
        json!({ "persistedQuery": { "version": 2, "sha256Hash": hash(ME) } }),
        json!({ "persistedQuery": { "sha256Hash": hash(ME) } }),
        json!({ "persistedQuery": [1, hash(ME)] }),
        json!({ "persistedQuery": hash(ME) }),
    ] {
        let body = json!({ "query": ME, "extensions": extensions }).to_string();
        Wire::of(post(&manager, body).await).await.expect_refused(400, "BAD_REQUEST");
    }
    persisted(&manager, None, &hash(other), json!({})).await.expect_code("PERSISTED_QUERY_NOT_FOUND");
    persisted(&manager, None, &zeros, json!({})).await.expect_code("PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn document_beyond_the_limits_is_not_learned() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let wide = format!("{{ {} }}", "__typename ".repeat(30));
    persisted(&manager, Some(&wide), &hash(&wide), json!({})).await.expect_code("QUERY_TOO_COMPLEX");
    persisted(&manager, None, &hash(&wide), json!({})).await.expect_code("PERSISTED_QUERY_NOT_FOUND");
    persisted(&manager, Some("{"), &hash("{"), json!({})).await.expect_code("GRAPHQL_PARSE_FAILED");
    persisted(&manager, None, &hash("{"), json!({})).await.expect_code("PERSISTED_QUERY_NOT_FOUND");
}

/// The document of the list that everybody of the harness needs.
const LOGIN: &str = "mutation Login($input: LoginInput!) {
  login(input: $input) { accessToken refreshToken expiresAt }
}";

/// A world that runs the documents of a list alone, as a folder or as a file.
async fn listing(documents: &[(&str, &str)], as_file: bool) -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = if as_file {
        let map: serde_json::Map<String, Value> =
            documents.iter().map(|(id, text)| ((*id).to_owned(), json!(text))).collect();
        let path = folder.path().join("documents.json");
        std::fs::write(&path, json!(map).to_string()).unwrap();
        path
    } else {
        for (id, text) in documents {
            std::fs::write(folder.path().join(format!("{id}.graphql")), text).unwrap();
        }
        folder.path().to_owned()
    };
    let world = World::builder().configure(move |config| {
        config.graphql.documents.mode = DocumentMode::Listed;
        config.graphql.documents.path = Some(path.clone());
    });
    (world.build().await, folder)
}

#[tokio::test]
async fn installation_with_a_list_runs_its_documents_and_no_others() {
    for as_file in [false, true] {
        let (world, _folder) = listing(&[("login", LOGIN), ("me", ME), ("create", CREATE)], as_file).await;
        let manager = world.agency("acme").manager();
        manager.run(ME, json!({})).await.expect_ok();
        persisted(&manager, None, &hash(ME), json!({})).await.expect_ok();
        persisted(&manager, None, "me", json!({})).await.expect_ok();
        persisted(&manager, None, "create", json!({ "name": "By id" })).await.expect_ok();
        let close = format!("{ME} ");
        for text in [
            close.as_str(),
            "{ __typename }",
            "{ viewer { user { id email } } }",
            "{",
            "mutation { logout { ended } }",
        ] {
            manager.run(text, json!({})).await.expect_code("DOCUMENT_NOT_LISTED");
            persisted(&manager, Some(text), &hash(text), json!({})).await.expect_code("DOCUMENT_NOT_LISTED");
            persisted(&manager, None, &hash(text), json!({})).await.expect_code("DOCUMENT_NOT_LISTED");
        }
        persisted(&manager, Some("{ __typename }"), "me", json!({})).await.expect_code("DOCUMENT_NOT_LISTED");
        persisted(&manager, None, "../me", json!({})).await.expect_code("DOCUMENT_NOT_LISTED");
        let schema = "{ __schema { queryType { name } } }";
        world.nobody().run(schema, json!({})).await.expect_code("DOCUMENT_NOT_LISTED");
        let mut socket = manager.socket().await;
        assert!(socket.subscribe(ME, json!({})).next().await.is_some());
        let refused = socket.subscribe("{ __typename }", json!({})).refused().await;
        assert_eq!(refused[0]["extensions"]["code"], "DOCUMENT_NOT_LISTED");
        assert_eq!(projects(&world).await, 13);
    }
}
