//! The road of a request, the same for HTTP, event streams and WebSockets: find the document, check it, learn who asks,
//! take its points, run it, say what came of it.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use async_graphql::{PathSegment, Request, Response, Variables};
use futures::{FutureExt, Stream, StreamExt};
use http::HeaderMap;
use kernel::act::lease::Lease;
use kernel::ask::Ask;
use kernel::db::Db;
use kernel::locale::Language;
use kernel::viewer::Viewer;
use serde_json::Value as Json;

use super::answer::Answer;
use super::buckets::Charge;
use super::client::Client;
use super::documents::{Document, Hash};
use super::done::Done;
use super::engine::{Allowance, Engine};
use super::errors::{Inputs, Speaker};
use super::limits::{self, REFUSED_COST};
use super::live::Renewal;
use super::metrics::{Ran, observe};
use super::params::Params;
use super::problem::{Code, Problem, Refusal, says};
use super::shared::Shared;
use crate::witness::Denial;

/// One runtime thread's end of the HTTP side. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    /// What all threads have in common.
    pub shared: Shared,
    /// The application, with this thread's connections.
    pub engine: Arc<dyn Engine>,
}

/// A request that may run.
pub struct Ready {
    document: Arc<Document>,
    params: Params,
    kind: OperationType,
    operation: Option<String>,
    /// Who asks.
    pub viewer: Viewer,
    /// The database with this request's count.
    pub db: Db,
    charge: Charge,
    /// How errors are said.
    pub speaker: Speaker,
    ask: Ask,
    client: Client,
    headers: Option<HeaderMap>,
}

/// A request whose document may run, if whoever asks can pay for it.
struct Checked {
    document: Arc<Document>,
    /// The document's text, if it came with its hash.
    text: Option<String>,
    params: Params,
    kind: OperationType,
    operation: Option<String>,
    cost: u64,
}

/// Why a request may not run.
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// How it is said: in the viewer's language, if it is known already who asks.
    pub speaker: Speaker,
}

/// Bytes of a document that are read for a point.
const READ_BYTES: usize = 1_024;

impl Ready {
    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationType {
        self.kind
    }

    /// SHA-256 of what is asked: document, operation and variables.
    pub fn content_hash(&self) -> Hash {
        use sha2::{Digest, Sha256};
        // Invariant: variables are JSON already, and lengths keep neighbours apart.
        let variables = serde_json::to_vec(&self.params.variables).unwrap_or_default();
        let operation = self.params.operation_name.as_deref().unwrap_or_default();
        Sha256::new()
            .chain_update(self.document.hash)
            .chain_update((operation.len() as u64).to_be_bytes())
            .chain_update(operation)
            .chain_update(variables)
            .finalize()
            .into()
    }

    /// The same request, to be done once.
    pub fn leased(self, lease: Lease) -> Self {
        let db = self.db.leased(lease);
        let ask = Ask::new(self.viewer.clone(), db.clone());
        Self { db, ask, ..self }
    }

    fn variables(&self) -> &Variables {
        &self.params.variables
    }

    fn request(&self) -> Request {
        let mut request = Request::new(String::new()).variables(self.variables().clone());
        if let Some(name) = &self.params.operation_name {
            request = request.operation_name(name);
        }
        // Reason: a copy of the parsed text, because the executor prunes it by `@skip` and `@include`.
        request.set_parsed_query(self.document.parsed.clone());
        request.data(self.ask.clone())
    }
}

impl Edge {
    /// Checks a request up to the moment where it would run. `headers` are those of the HTTP request; a message of a
    /// socket has none, and cannot be answered with any. `allowed` may refuse kinds of operations.
    pub async fn admit(
        &self,
        client: &Client,
        headers: Option<&HeaderMap>,
        params: Params,
        allowed: impl Fn(OperationType) -> Result<(), Problem> + Send,
    ) -> Result<Ready, Refused> {
        let unread = self.shared.documents.unread(&params);
        if unread > 0 {
            // Reason: who asks is known only later; reading a long document that will not run is work all the same.
            let paid = self.charge_nobody(client, (unread / READ_BYTES) as u64).await;
            paid.map_err(|refusal| Refused { refusal, speaker: client.speaker() })?;
        }
        let checked = match self.check(params, allowed).await {
            Ok(checked) => checked,
            Err(problem) => return Err(self.refuse(client, problem).await),
        };
        let mut speaker = client.speaker();
        let admitted = self.pay(client, headers, checked, &mut speaker).await;
        admitted.map_err(|refusal| Refused { refusal, speaker })
    }

    /// The refusal of what cannot run. It is paid for, by whoever the token says, so that a flood of it ends in LIMITED.
    pub async fn refuse(&self, client: &Client, problem: Problem) -> Refused {
        let mut speaker = client.speaker();
        let db = self.engine.db().counted();
        let paid = match self.engine.authenticate(&db, client.caller(None)).await {
            Ok(viewer) => {
                speaker.language = viewer.language();
                // Reason: without the database nobody's plan is known, but what the document lacks is.
                let allowance = self.engine.allowance(&db, &viewer).await.unwrap_or_default();
                self.shared.buckets.charge(&viewer, allowance, REFUSED_COST).await
            }
            Err(_) => self.charge_nobody(client, REFUSED_COST).await,
        };
        let refusal = match paid {
            Err(limited @ Refusal::Error(kernel::Error::Limited { .. })) => limited,
            Ok(_) | Err(_) => problem.into(),
        };
        Refused { refusal, speaker }
    }

    /// Finds the document and what it costs.
    async fn check(
        &self,
        mut params: Params,
        allowed: impl Fn(OperationType) -> Result<(), Problem> + Send,
    ) -> Result<Checked, Problem> {
        let document = self.shared.documents.find(&params).await?;
        // Reason: the text may be long; all that it is still wanted for is to be known by its hash.
        let text = params.query.take().filter(|_| params.hash().is_some());
        if params.operation_name.as_deref() == Some("") {
            params.operation_name = None;
        }
        let chosen = document.choose(params.operation_name.as_deref())?;
        let (kind, operation) = (chosen.kind(), chosen.name.map(str::to_owned));
        allowed(kind)?;
        let cost = limits::cost(&document.parsed, chosen.operation, &params.variables);
        let max = self.shared.settings.graphql.max_cost;
        if cost > max {
            let said = says::TOO_EXPENSIVE.with("cost", cost).with("max", max);
            return Err(Problem::new(Code::TooComplex, said));
        }
        Ok(Checked { document, text, params, kind, operation, cost })
    }

    /// Learns who asks, and takes what it costs.
    async fn pay(
        &self,
        client: &Client,
        headers: Option<&HeaderMap>,
        checked: Checked,
        speaker: &mut Speaker,
    ) -> Result<Ready, Refusal> {
        let Checked { document, text, params, kind, operation, cost } = checked;
        let db = self.engine.db().counted();
        let viewer = match self.engine.authenticate(&db, client.caller(operation.as_deref())).await {
            Err(error @ kernel::Error::Unauthenticated(_)) => {
                return Err(self.stranger(client, error, cost).await);
            }
            authenticated => authenticated?,
        };
        speaker.language = viewer.language();
        let allowance = self.engine.allowance(&db, &viewer).await?;
        let charge = match self.shared.buckets.charge(&viewer, allowance, cost).await {
            Ok(charge) => charge,
            Err(Refusal::Problem(problem)) => return Err(self.refuse(client, problem).await.refusal),
            Err(refusal) => return Err(refusal),
        };
        self.shared.documents.keep(&document).await;
        if let Some(text) = text.filter(|_| viewer.user_id().is_some()) {
            self.shared.documents.share(&document, &text).await;
        }
        let ask = Ask::new(viewer.clone(), db.clone());
        let (speaker, client, headers) = (speaker.clone(), client.clone(), headers.cloned());
        Ok(Ready { document, params, kind, operation, viewer, db, charge, speaker, ask, client, headers })
    }

    /// The refusal of somebody whose token is not valid, who pays as one without: trying tokens is not free.
    async fn stranger(&self, client: &Client, error: kernel::Error, cost: u64) -> Refusal {
        match self.charge_nobody(client, cost).await {
            Ok(_) => error.into(),
            Err(refusal) => refusal,
        }
    }

    async fn charge_nobody(&self, client: &Client, cost: u64) -> Result<Charge, Refusal> {
        let (clock, ids) = (self.shared.clock.clone(), self.shared.ids.clone());
        let nobody = Viewer::nobody(client.caller(None).info, clock, ids);
        self.shared.buckets.charge(&nobody, Allowance::default(), cost).await
    }

    /// Runs a query or mutation. Panics and slowness become errors; it never fails.
    pub async fn run(&self, ready: Ready) -> Done {
        let start = Instant::now();
        let request = self.attach(ready.request(), &ready);
        let limit = self.shared.settings.request_timeout;
        let mut looks = Vec::new();
        let execution = AssertUnwindSafe(self.engine.execute(request)).catch_unwind();
        let (mut answer, headers) = match tokio::time::timeout(limit, execution).await {
            Ok(Ok(mut response)) => {
                let headers = std::mem::take(&mut response.http_headers);
                let denials = denials(&ready, &response);
                let seen = ready.ask.take_looks();
                looks.extend(seen.iter().copied());
                let recorded = self.engine.witness(&ready.viewer, seen, denials).await;
                match recorded {
                    // Reason: what a mutation did is done; its answer is owed.
                    Err(error) if ready.kind == OperationType::Query => {
                        (Answer::refused(vec![ready.speaker.error(&error)]), HeaderMap::new())
                    }
                    _ => (ready.speaker.response(response, self.inputs(&ready)), headers),
                }
            }
            Ok(Err(_panic)) => (ready.speaker.panicked(), HeaderMap::new()),
            Err(_elapsed) => {
                let problem =
                    Problem::new(Code::Unavailable, says::TOO_SLOW.with("seconds", limit.as_secs()));
                (Answer::refused(vec![ready.speaker.problem(&problem)]), HeaderMap::new())
            }
        };
        // Invariant: a charge is numbers alone.
        let cost = serde_json::to_value(ready.charge).unwrap_or(Json::Null);
        answer.extensions.insert("cost".to_owned(), cost);
        let statements = ready.db.statements().count();
        self.report(&ready, &answer, start.elapsed(), statements);
        Done { answer, headers, statements, secret: ready.ask.is_secret(), looks }
    }

    /// Runs a mutation to its end even if the client goes away: what is committed should also be answered, at least to
    /// who repeats the request with its key.
    pub async fn run_to_the_end(&self, ready: Ready) -> Done {
        let (edge, speaker) = (self.clone(), ready.speaker.clone());
        match self.shared.tasks.spawn(async move { edge.run(ready).await }).await {
            Ok(done) => done,
            Err(_) => Done::panicked(&speaker),
        }
    }

    /// Runs a subscription: one answer for each message, up to the first that has nothing but errors.
    pub fn subscribe(&self, ready: Ready) -> impl Stream<Item = Answer> + Send + use<> {
        let renewal = Renewal::new(
            Arc::clone(&self.engine),
            &ready.client,
            ready.operation.as_deref(),
            ready.viewer.clone(),
        );
        let request = self.attach(ready.request().data(renewal), &ready);
        let responses = AssertUnwindSafe(self.engine.subscribe(request)).catch_unwind();
        let edge = self.clone();
        let ready = Arc::new(ready);
        let answers = responses.then(move |response| {
            let (edge, ready) = (edge.clone(), Arc::clone(&ready));
            async move {
                let Ok(response) = response else { return ready.speaker.panicked() };
                let denials = denials(&ready, &response);
                // Reason: looks are recorded where messages are resolved; a refusal shows nothing that could be kept back.
                if !denials.is_empty()
                    && let Err(error) = edge.engine.witness(&ready.viewer, HashSet::new(), denials).await
                {
                    tracing::warn!(?error, "a refusal was not recorded");
                }
                ready.speaker.response(response, edge.inputs(&ready))
            }
        });
        // Reason: behind a message that failed as a whole the next would hide that one is missing.
        answers.scan(false, |ended, answer| {
            let failed = answer.data.is_none();
            std::future::ready((!std::mem::replace(ended, failed)).then_some(answer))
        })
    }

    fn attach(&self, request: Request, ready: &Ready) -> Request {
        match &ready.headers {
            Some(headers) => self.engine.attach(request, headers),
            None => request,
        }
    }

    fn inputs<'a>(&'a self, ready: &'a Ready) -> Inputs<'a> {
        Inputs {
            types: &self.shared.input_types,
            document: &ready.document.parsed,
            variables: ready.variables(),
        }
    }

    fn report(&self, ready: &Ready, answer: &Answer, took: Duration, statements: u32) {
        let operation = ready.operation.as_deref();
        let code = answer.code();
        let (kind, stranger) = (ready.kind, ready.viewer.user_id().is_none());
        observe(&self.shared.names, Ran { operation, stranger, kind, code, took, statements });
        tracing::info!(
            request_id = %ready.speaker.request_id,
            tenant = %ready.viewer.tenant_id(),
            user = ?ready.viewer.user_id(),
            operation = operation.unwrap_or("-"),
            kind = %ready.kind,
            code,
            cost = ready.charge.requested,
            statements,
            millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "graphql"
        );
    }
}

/// What a response refuses for want of a permission: of mutations everything, of queries what was asked for by itself,
/// not a hidden field of something else.
fn denials(ready: &Ready, response: &Response) -> Vec<Denial> {
    let kind = ready.kind;
    let root = match kind {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    if response.errors.is_empty() {
        return Vec::new();
    }
    let names = ready.document.root_fields(ready.params.operation_name.as_deref());
    let one = |error: &async_graphql::ServerError| {
        let Some(kernel::Error::Forbidden(said)) = error.source::<kernel::Error>() else { return None };
        let Some(PathSegment::Field(key)) = error.path.first() else { return None };
        let asked = kind == OperationType::Mutation || error.path.len() == 1;
        // Reason: the key may be an alias, which says whatever who asks wants the trail to say, and ever anew.
        let field = names.get(key.as_str()).filter(|_| asked)?;
        Some(Denial { root, field: (*field).to_owned(), reason: said.render(Language::En) })
    };
    let mut denials: Vec<Denial> = Vec::new();
    for denial in response.errors.iter().filter_map(one) {
        if !denials.contains(&denial) {
            denials.push(denial);
        }
    }
    denials
}
