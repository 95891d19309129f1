//! Somebody who asks: a person who signs in when first needed, a key, or nobody.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use kernel::clock::Clock;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::answer::{Answer, Question};
use crate::socket::Socket;

/// The password of everybody in the seeded agencies.
pub use gateway::seed::PASSWORD;

/// Somebody who asks. Cheap to clone; clones share the session.
#[derive(Clone, Debug)]
pub struct Actor {
    door: Door,
    who: Arc<Who>,
    headers: Vec<(&'static str, String)>,
}

/// The way to a world's nodes.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) client: reqwest::Client,
    pub(crate) nodes: Vec<SocketAddr>,
    pub(crate) node: usize,
    pub(crate) clock: Clock,
}

impl Door {
    pub(crate) fn address(&self) -> SocketAddr {
        self.nodes[self.node]
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }
}

#[derive(Debug)]
enum Who {
    Nobody,
    Bearer(String),
    Person { tenant: String, email: String, password: String, tokens: Mutex<Option<Tokens>> },
}

/// What `login` gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Goes into `Authorization`.
    pub access: String,
    /// Buys the next pair.
    pub refresh: String,
    /// End of the access token.
    pub expires_at: DateTime<Utc>,
}

impl Actor {
    pub(crate) fn nobody(door: Door) -> Self {
        Self { door, who: Arc::new(Who::Nobody), headers: Vec::new() }
    }

    pub(crate) fn person(door: Door, tenant: &str, email: &str, password: &str) -> Self {
        let who = Who::Person {
            tenant: tenant.to_owned(),
            email: email.to_owned(),
            password: password.to_owned(),
            tokens: Mutex::new(None),
        };
        Self { door, who: Arc::new(who), headers: Vec::new() }
    }

    /// Somebody with this access token or API key, whoever that is.
    #[must_use]
    pub fn bearing(&self, token: impl Into<String>) -> Self {
        Self { who: Arc::new(Who::Bearer(token.into())), ..self.clone() }
    }

    /// The same person with a session of its own (another browser).
    ///
    /// # Panics
    /// If this is no person.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        match &*self.who {
            Who::Person { tenant, email, password, .. } => Self {
                headers: self.headers.clone(),
                ..Self::person(self.door.clone(), tenant, email, password)
            },
            other => panic!("{other:?} has no password to sign in with"),
        }
    }

    /// The same with one more header on every request.
    #[must_use]
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut other = self.clone();
        other.headers.push((name, value.into()));
        other
    }

    /// The same in another language: `fr`.
    #[must_use]
    pub fn speaking(&self, language: &str) -> Self {
        self.with("accept-language", language)
    }

    /// The same from another address. Worlds trust the proxy headers of this machine.
    #[must_use]
    pub fn from_ip(&self, ip: &str) -> Self {
        self.with("x-forwarded-for", ip)
    }

    /// The same through another node of the world, counted from 0.
    #[must_use]
    pub fn on(&self, node: usize) -> Self {
        let mut other = self.clone();
        other.door.node = node;
        other
    }

    /// The address that a person signs in with.
    ///
    /// # Panics
    /// If this is no person.
    pub fn email(&self) -> &str {
        match &*self.who {
            Who::Person { email, .. } => email,
            other => panic!("{other:?} has no address"),
        }
    }

    /// Asks, and fails only if there is no answer at all.
    pub async fn run(&self, query: &str, variables: Value) -> Answer {
        self.post(json!({ "query": query, "variables": variables })).await
    }

    /// Asks with a body as it is: `extensions`, `operationName`, or what should not be there.
    pub async fn post(&self, body: Value) -> Answer {
        let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
        let variables = body["variables"].clone();
        let question = Question { who: self.to_string(), query: text(&body["query"]), variables };
        let request = self.request(reqwest::Method::POST, "/graphql").await;
        let request = request.header("content-type", "application/json").body(body.to_string());
        read(send(request).await, question).await
    }

    /// A request to any path with this actor's token and headers.
    pub async fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let mut request = self.door.client.request(method, self.door.url(path));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        match self.token().await {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A WebSocket that is signed in and ready.
    pub async fn socket(&self) -> Socket {
        let token = self.token().await;
        Socket::ready(self.door.address(), token).await
    }

    /// The token, after signing in if that is needed; none for nobody.
    pub async fn token(&self) -> Option<String> {
        match &*self.who {
            Who::Nobody => None,
            Who::Bearer(token) => Some(token.clone()),
            Who::Person { .. } => Some(self.tokens().await.access),
        }
    }

    /// What `login` gave; signs in again if that has run out.
    ///
    /// # Panics
    /// If this is no person, or cannot sign in.
    pub async fn tokens(&self) -> Tokens {
        let Who::Person { tenant, email, password, tokens } = &*self.who else {
            panic!("{self} does not sign in");
        };
        let mut tokens = tokens.lock().await;
        if let Some(tokens) = tokens.as_ref().filter(|tokens| tokens.expires_at > self.door.clock.now()) {
            return tokens.clone();
        }
        let nobody = Self { headers: self.headers.clone(), ..Self::nobody(self.door.clone()) };
        let input = json!({ "tenant": tenant, "email": email, "password": password, "delivery": "BODY" });
        let answer = Box::pin(nobody.run(LOGIN, json!({ "input": input }))).await.expect_ok();
        let expires_at = answer.text("login.expiresAt");
        let fresh = Tokens {
            access: answer.text("login.accessToken"),
            refresh: answer.text("login.refreshToken"),
            expires_at: expires_at.parse().unwrap_or_else(|_| panic!("{expires_at} is no time")),
        };
        *tokens = Some(fresh.clone());
        fresh
    }

    /// Makes an API key with these scopes, pairs of permission and reach (`("projects.project.read", "TENANT")`), and
    /// gives whoever holds it.
    pub async fn key(&self, scopes: &[(&str, &str)]) -> Self {
        let scope = |(permission, reach): &(&str, &str)| json!({ "permission": permission, "reach": reach });
        let scopes: Vec<Value> = scopes.iter().map(scope).collect();
        let input = json!({ "name": "a machine", "scopes": scopes });
        let answer = self.run(CREATE_KEY, json!({ "input": input })).await.expect_ok();
        self.bearing(answer.text("createApiKey.key"))
    }
}

const LOGIN: &str = "mutation Login($input: LoginInput!) {
  login(input: $input) { accessToken refreshToken expiresAt }
}";

const CREATE_KEY: &str = "mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { apiKey { id } key }
}";

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.who {
            Who::Nobody => f.write_str("nobody"),
            Who::Bearer(_) => f.write_str("the holder of a token"),
            Who::Person { email, tenant, .. } => write!(f, "{email} in {tenant}"),
        }
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap_or_else(|error| panic!("the server did not answer: {error:?}"))
}

async fn read(response: Response, question: Question) -> Answer {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await.unwrap_or_else(|error| panic!("the answer broke off: {error:?}"));
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let timing = headers.get("server-timing").and_then(|value| value.to_str().ok());
    let statements = timing.and_then(statements_in);
    Answer { status, headers, body, statements, question }
}

/// The number in `sql;desc=n` of a `Server-Timing` header.
fn statements_in(timing: &str) -> Option<u32> {
    let sql = timing.split(',').map(str::trim).find(|entry| entry.split(';').next() == Some("sql"))?;
    let told = sql.split(';').find_map(|part| part.trim().strip_prefix("desc="))?;
    told.trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_from_the_timing_header() {
        assert_eq!(statements_in("total;dur=3.1, sql;desc=\"12\""), Some(12));
        assert_eq!(statements_in("sql;desc=4;dur=1"), Some(4));
        assert_eq!(statements_in("sqlite;desc=4"), None);
    }
}
