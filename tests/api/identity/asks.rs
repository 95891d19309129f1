//! What tests of identity ask again and again.

use std::future::Future;

use serde_json::{Map, Value, json};
use tests::{Actor, Answer, PASSWORD};

/// Everything that `login` can say.
const LOGIN: &str = "mutation Login($input: LoginInput!) {
  login(input: $input) {
    accessToken refreshToken expiresAt challenge tenants { slug name }
    viewer { user { id email } tenant { slug } }
  }
}";

/// Who one is, where, and with what.
const VIEWER: &str =
    "{ viewer { user { id } tenant { id slug } roles { key } permissions grants { permission reach } } }";

/// Runs the mutation `name` with this input, which is of the type `<Name>Input`, and selects these fields.
pub async fn change(who: &Actor, name: &str, input: Value, fields: &str) -> Answer {
    let (first, rest) = name.split_at(1);
    let input_type = format!("{}{rest}Input", first.to_uppercase());
    let query = format!("mutation Test($input: {input_type}!) {{ {name}(input: $input) {{ {fields} }} }}");
    who.run(&query, json!({ "input": input })).await
}

/// What somebody signs in with.
pub fn credentials(tenant: &str, email: &str, password: &str) -> Value {
    json!({ "tenant": tenant, "email": email, "password": password })
}

/// Signs in with these credentials, or anything else that `LoginInput` allows.
pub async fn login(who: &Actor, input: Value) -> Answer {
    who.run(LOGIN, json!({ "input": input })).await
}

/// Tries a wrong password so many times, one after the other.
pub async fn fail(who: &Actor, tenant: &str, email: &str, times: usize) {
    for _ in 0..times {
        let wrong = credentials(tenant, email, "not the password at all");
        login(who, wrong).await.expect_code("UNAUTHENTICATED");
    }
}

/// Signs in with the password of everybody, on a device of this name.
pub async fn login_on(who: &Actor, tenant: &str, email: &str, device: &str) -> Answer {
    let mut input = credentials(tenant, email, PASSWORD);
    input["deviceName"] = json!(device);
    login(who, input).await.expect_ok()
}

/// Exchanges a refresh token.
pub async fn refresh(who: &Actor, token: &str) -> Answer {
    let fields = "accessToken refreshToken expiresAt viewer { user { email } }";
    change(who, "refreshSession", json!({ "refreshToken": token }), fields).await
}

/// What somebody learns of themselves.
pub async fn viewer(who: &Actor) -> Answer {
    who.run(VIEWER, json!({})).await
}

/// Address of the person who asks.
pub async fn own_email(who: &Actor) -> String {
    who.run("{ viewer { user { email } } }", json!({})).await.expect_ok().text("viewer.user.email")
}

/// Id of the person who asks.
pub async fn me(who: &Actor) -> String {
    viewer(who).await.expect_ok().text("viewer.user.id")
}

/// Id of the role with this key, as somebody who may see roles finds it.
pub async fn role(who: &Actor, key: &str) -> String {
    let answer = who.run("{ roles { id key } }", json!({})).await.expect_ok();
    let found = answer.list("roles").iter().find(|role| role["key"] == key);
    found.and_then(|role| role["id"].as_str()).unwrap_or_else(|| panic!("no role {key}\n{answer}")).to_owned()
}

/// Makes a role that allows this, pairs of permission and reach.
pub async fn create_role(who: &Actor, name: &str, grants: &[(&str, &str)]) -> Answer {
    let input = json!({ "name": name, "grants": scopes(grants) });
    change(who, "createRole", input, "role { id key version grants { permission reach } }").await
}

/// Gives a role.
pub async fn assign_role(who: &Actor, user: &str, role: &str) -> Answer {
    change(who, "assignRole", json!({ "userId": user, "roleId": role }), "user { id roles { role { key } } }")
        .await
}

/// Takes a role away.
pub async fn revoke_role(who: &Actor, user: &str, role: &str) -> Answer {
    change(who, "revokeRole", json!({ "userId": user, "roleId": role }), "user { id roles { role { key } } }")
        .await
}

/// Pairs of permission and reach as inputs take them.
pub fn scopes(pairs: &[(&str, &str)]) -> Value {
    let one = |(permission, reach): &(&str, &str)| json!({ "permission": permission, "reach": reach });
    pairs.iter().map(one).collect()
}

/// Names of the projects that somebody sees.
pub async fn projects(who: &Actor) -> Vec<String> {
    let query = "{ projects(first: 100, orderBy: { field: NUMBER }) { nodes { code } } }";
    let answer = who.run(query, json!({})).await;
    if answer.code() == Some("FORBIDDEN") {
        return Vec::new();
    }
    let codes = answer.expect_ok().each("projects.nodes", "code");
    codes.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Id of the project with this code, as somebody who sees it finds it.
pub async fn project(who: &Actor, code: &str) -> String {
    let query = "query($code: String!) { projectByCode(code: $code) { id } }";
    who.run(query, json!({ "code": code })).await.expect_ok().text("projectByCode.id")
}

/// Asks again until the answer is yes: for what reaches another node, or the database, beside the request.
///
/// # Panics
/// If it never is.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    assert!(tokio::time::timeout(patience, asking).await.is_ok(), "never came true: {what}");
}

/// An answer's body without what differs from request to request: correlation id and cost.
pub fn without_ids(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body.as_object_mut().and_then(|body| body.remove("extensions"));
    for error in body["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"].as_object_mut().and_then(|extensions| extensions.remove("requestId"));
    }
    body
}

/// Header and claims of a JSON Web Token (RFC 7519), nothing verified.
pub fn decoded(token: &str) -> (Map<String, Value>, Map<String, Value>) {
    let part = |index: usize| {
        let text = token.split('.').nth(index).expect("a token has three parts");
        serde_json::from_slice(&unbase64(text)).expect("a token is JSON")
    };
    (part(0), part(1))
}

/// Base64url without padding (RFC 7515, appendix C).
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a text in base64url.
pub fn unbase64(text: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}
