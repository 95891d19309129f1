//! What the HTTP side needs of the application behind it. The gateway's `App` implements it; tests bring a small one.

use std::collections::HashSet;

use async_graphql::{Request, Response};
use async_trait::async_trait;
use futures::stream::BoxStream;
use http::HeaderMap;
use kernel::{
    Result,
    ask::Look,
    db::Db,
    locale::Language,
    viewer::{RequestInfo, Viewer},
};
use serde::Serialize;
use serde_json::Value as Json;

use crate::witness::Denial;

/// The application of one runtime thread, with that thread's connections.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// The database; the HTTP side gives each request a count of its own.
    fn db(&self) -> &Db;

    /// Who asks.
    ///
    /// # Errors
    /// UNAUTHENTICATED if a token or key was sent that is not valid (any more). Without one, the viewer is nobody.
    async fn authenticate(&self, db: &Db, caller: Caller) -> Result<Viewer>;

    /// Whether the viewer's session or API key still holds; `true` for viewers with neither. Asked every few seconds for
    /// each open socket, so it should be cheap.
    async fn session_alive(&self, db: &Db, viewer: &Viewer) -> Result<bool>;

    /// How much the viewer's tenant may ask.
    async fn allowance(&self, db: &Db, viewer: &Viewer) -> Result<Allowance>;

    /// Adds what resolvers read from the HTTP request besides the viewer, such as cookies.
    fn attach(&self, request: Request, headers: &HeaderMap) -> Request {
        let _ = headers;
        request
    }

    /// Runs a query or mutation. The request's data holds a [`kernel::ask::Ask`].
    async fn execute(&self, request: Request) -> Response;

    /// Records which personal data of others an answer shows, and what it refuses.
    ///
    /// # Errors
    /// If it cannot be recorded; what was to be shown is kept back then.
    async fn witness(&self, viewer: &Viewer, looks: HashSet<Look>, denials: Vec<Denial>) -> Result<()> {
        let _ = (viewer, looks, denials);
        Ok(())
    }

    /// Runs a subscription, on a schema with the extension [`super::live::FreshAsk`].
    fn subscribe(&self, request: Request) -> BoxStream<'static, Response>;

    /// The public keys that verify access tokens, as a JSON Web Key Set (RFC 7517).
    async fn jwks(&self) -> Result<Json>;

    /// The download that a ticket is for.
    ///
    /// # Errors
    /// FORBIDDEN if it is not valid, or not any more.
    async fn download(&self, db: &Db, ticket: &str) -> Result<Download> {
        let _ = (db, ticket);
        Err(kernel::Error::not_found("Download", String::new()))
    }

    /// The export of personal data that a ticket is for; `info` is the request, for the trail.
    ///
    /// # Errors
    /// FORBIDDEN if it is not valid, or not any more.
    async fn personal_export(&self, db: &Db, info: RequestInfo, ticket: &str) -> Result<Download> {
        let _ = (db, info, ticket);
        Err(kernel::Error::not_found("Download", String::new()))
    }

    /// The list that a ticket is for, as its holder sees it; `info` is the request.
    ///
    /// # Errors
    /// FORBIDDEN if it is not valid, or not any more.
    async fn list_export(&self, db: &Db, info: RequestInfo, ticket: &str) -> Result<Download> {
        let _ = (db, info, ticket);
        Err(kernel::Error::not_found("Download", String::new()))
    }

    /// How what we depend on does, for `/readyz`; the database is asked by the HTTP side itself.
    async fn health(&self) -> Vec<Health> {
        Vec::new()
    }
}

/// A file that is made while it is sent.
pub struct Download {
    /// A name for it.
    pub file_name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// The signed head up to which it goes, as JSON, for a part of the trail.
    pub head: Option<String>,
    /// The file, piece by piece.
    pub body: BoxStream<'static, Result<bytes::Bytes>>,
}

/// Who a request says it comes from.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The `Authorization` header, whole.
    pub authorization: Option<String>,
    /// The language it asks for; without one, messages are in the viewer's own.
    pub language: Option<Language>,
    /// The rest; `info.language` is `language`, or the one of last resort.
    pub info: RequestInfo,
    /// Whether it was counted already: a subscription asks for each message whether it may still go on.
    pub again: bool,
}

/// How much may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Requests a minute of the whole tenant, by its plan; `None` where there is no tenant.
    pub tenant_requests: Option<u32>,
    /// The plan, for who is told of its limit.
    pub plan: Option<&'static str>,
    /// Requests a minute of this viewer, where it has a rate of its own (API keys).
    pub viewer_requests: Option<u32>,
}

/// How a dependency does.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// What it is: `database`, `cache`.
    pub name: &'static str,
    /// How it does.
    pub state: HealthState,
    /// How long the answer took, in milliseconds.
    pub millis: f64,
}

/// How a dependency does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Well.
    Up,
    /// Badly, but requests can be served.
    Degraded,
    /// Requests cannot be served.
    Down,
}
