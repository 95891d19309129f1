//! Requests as bytes and headers, for tests of what the harness's actors never send.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Actor, World};

/// The media type of answers whose status tells how it went.
pub const STRICT: &str = "application/graphql-response+json";

/// Answered by everybody who is signed in.
pub const ME: &str = "{ viewer { user { id } } }";

/// A mutation that is seen afterwards.
pub const CREATE: &str = "mutation Create($name: String!) {
  createProject(input: { name: $name }) { project { id name } }
}";

/// An answer to bytes.
#[derive(Debug)]
pub struct Wire {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// Body.
    pub text: String,
}

impl Wire {
    /// Sends a request.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap_or_else(|error| panic!("no answer: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:#?}"))
    }

    /// A header's value; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Code of the first error.
    #[track_caller]
    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Fails unless this is a refusal before execution as every refusal is: this status and code, JSON in GraphQL's
    /// shape, the request's id, no data, nothing to cache.
    #[track_caller]
    pub fn expect_refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{self:#?}");
        let kind = self.header("content-type");
        let kinds = ["application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"];
        assert!(kinds.contains(&kind), "{self:#?}");
        let body = self.json();
        let error = &body["errors"][0];
        assert!(body.get("data").is_none(), "{self:#?}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{self:#?}");
        assert_eq!(error["extensions"]["requestId"], self.header("x-request-id"), "{self:#?}");
        assert_eq!(self.header("cache-control"), "no-store", "{self:#?}");
        self
    }
}

/// POST of a body to `/graphql`, as JSON, by somebody.
pub async fn post(who: &Actor, body: impl Into<reqwest::Body>) -> RequestBuilder {
    who.request(Method::POST, "/graphql").await.header("content-type", "application/json").body(body)
}

/// POST of a document with variables.
pub async fn ask(who: &Actor, query: &str, variables: Value) -> RequestBuilder {
    post(who, json!({ "query": query, "variables": variables }).to_string()).await
}

/// GET of `/graphql` with these parameters.
pub async fn get(who: &Actor, parameters: &[(&str, &str)]) -> RequestBuilder {
    let query = url_of(parameters);
    who.request(Method::GET, &format!("/graphql?{query}")).await
}

fn url_of(parameters: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let one = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        text.bytes().map(one).collect::<String>()
    };
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}

/// How many projects there are, in both agencies.
pub async fn projects(world: &World) -> i64 {
    world.counts().await["projects_projects"]
}

/// The manager of acme, signed in, in a world where nothing happens any more by itself.
pub async fn quiet(world: &World) -> Actor {
    let manager = world.agency("acme").manager();
    manager.token().await;
    world.settled().await;
    manager
}

/// The id of a role of the person's agency.
pub async fn role(who: &Actor, key: &str) -> String {
    let roles = who.run("{ roles { id key } }", json!({})).await.expect_ok();
    let found = roles.list("roles").iter().find(|role| role["key"] == key);
    found.and_then(|role| role["id"].as_str()).unwrap_or_else(|| panic!("no role {key}\n{roles}")).to_owned()
}

/// Invites somebody as a team member, with `$email` and `$role`.
pub const INVITE: &str = "mutation Invite($email: EmailAddress!, $role: ID!) {
  inviteUser(input: { email: $email, roles: [$role] }) { invitation { id } }
}";
