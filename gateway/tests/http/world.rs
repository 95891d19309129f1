//! A server on a loopback port with a schema made for these tests.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::{Context, Object, Request, Response, Schema, Subscription};
use async_trait::async_trait;
use futures::stream::{BoxStream, Stream};
use gateway::config::{self, Config, Sources};
use gateway::http::{self, Allowance, Caller, Engine, FreshAsk, Parts, Shared};
use gateway::serve::{Running, Serve};
use kernel::ask::Asking as _;
use kernel::clock::Clock;
use kernel::db::Db;
use kernel::id::{AccountId, IdGen, ProjectId, TenantId, TypedId, UserId};
use kernel::scalar::EmailAddress;
use kernel::viewer::{Actor, Grants, Inner, TenantInfo, Viewer};
use kernel::{Error, Fields, Text};
use platform::cache::Services;
use platform::mail::CaptureMailer;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value as Json, json};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

pub const TAKEN: Text = Text::new("taken", "{name} is taken.", "{name} est déjà pris.");

/// What tests change and look at.
pub struct State {
    pub clock: Clock,
    pub ids: IdGen,
    pub revoked: Mutex<HashSet<String>>,
    pub mutations: AtomicU32,
    pub streams: AtomicU32,
    pub ticks: broadcast::Sender<i32>,
    /// Requests a minute of the tenant.
    pub plan: AtomicU32,
    pub health: Mutex<Vec<http::Health>>,
}

/// Counts open subscriptions.
struct Open(Arc<State>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::SeqCst);
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self, #[graphql(default)] name: String) -> String {
        format!("Hello {name}")
    }

    async fn who(&self, ctx: &Context<'_>) -> String {
        match ctx.viewer().user_id() {
            Some(_) => "somebody".to_owned(),
            None => "nobody".to_owned(),
        }
    }

    async fn ip(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.viewer().request.ip.map(|ip| ip.to_string())
    }

    async fn fails(&self, kind: String) -> async_graphql::Result<Option<String>> {
        Err(match kind.as_str() {
            "invalid" => {
                let mut fields = Fields::new();
                fields.add("name", TAKEN.with("name", "acme"));
                fields.add("items.3.email", TAKEN.with("name", "x"));
                return Err(fields.check().unwrap_err().into());
            }
            "conflict" => Error::Conflict { message: TAKEN.with("name", "it"), current_version: Some(7) },
            "limited" => Error::limited(TAKEN, Some(Duration::from_millis(1_500))),
            "internal" => Error::internal("secret of the database"),
            "foreign" => return Err(async_graphql::Error::new("secret text of a library")),
            _ => Error::lacks("some.permission"),
        }
        .into())
    }

    async fn panics(&self) -> i32 {
        std::hint::black_box(None::<i32>).expect("on purpose")
    }

    async fn sleeps(&self, millis: u64) -> bool {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        true
    }

    async fn project(&self, id: ProjectId, owner: Option<AccountId>) -> String {
        format!("{id} {owner:?}")
    }

    async fn statements(&self, ctx: &Context<'_>, count: u32) -> async_graphql::Result<u32> {
        for _ in 0..count {
            ctx.db().execute_unprepared("SELECT 1").await.map_err(Error::from)?;
        }
        Ok(count)
    }

    async fn long(&self, length: usize) -> String {
        "x".repeat(length)
    }

    async fn me(&self) -> Me {
        Me
    }
}

pub struct Me;

#[Object]
impl Me {
    async fn me(&self) -> Me {
        Me
    }

    async fn name(&self) -> String {
        "me".to_owned()
    }

    async fn broken(&self) -> async_graphql::Result<i32> {
        Err(Error::lacks("broken").into())
    }
}

#[derive(async_graphql::InputObject)]
pub struct InviteInput {
    email: EmailAddress,
    #[graphql(default)]
    copies: Vec<EmailAddress>,
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn touch(&self, ctx: &Context<'_>, #[graphql(default)] millis: u64) -> u32 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        let state = ctx.data_unchecked::<Arc<State>>();
        state.mutations.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn fails(&self, ctx: &Context<'_>, internal: bool) -> async_graphql::Result<u32> {
        ctx.data_unchecked::<Arc<State>>().mutations.fetch_add(1, Ordering::SeqCst);
        Err(if internal { Error::internal("x") } else { Error::conflict(TAKEN.with("name", "it")) }.into())
    }

    async fn invite(&self, input: InviteInput) -> String {
        format!("{} {}", input.email, input.copies.len())
    }

    async fn remember(&self, ctx: &Context<'_>) -> bool {
        ctx.insert_http_header("set-cookie", "refresh=x; HttpOnly");
        ctx.append_http_header("set-cookie", "other=y");
        true
    }
}

pub struct Subscriptions;

#[Subscription]
impl Subscriptions {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        futures::stream::iter(1..=to)
    }

    /// Ticks until it is closed.
    async fn ticks(&self, ctx: &Context<'_>) -> impl Stream<Item = Tick> + use<> {
        let state = Arc::clone(ctx.data_unchecked::<Arc<State>>());
        let ticks = state.ticks.subscribe();
        state.streams.fetch_add(1, Ordering::SeqCst);
        let open = Open(state);
        futures::stream::unfold((ticks, open), |(mut ticks, open)| async move {
            let tick = ticks.recv().await.ok()?;
            Some((Tick(tick), (ticks, open)))
        })
    }

    async fn refused(&self) -> async_graphql::Result<BoxStream<'static, i32>> {
        Err(Error::lacks("refused").into())
    }

    async fn panics(&self) -> impl Stream<Item = i32> {
        futures::stream::once(async { panic!("on purpose") })
    }
}

pub struct Tick(i32);

#[Object]
impl Tick {
    async fn number(&self) -> i32 {
        self.0
    }

    async fn who(&self, ctx: &Context<'_>) -> String {
        ctx.viewer().user_id().map_or_else(|| "nobody".to_owned(), |_| "somebody".to_owned())
    }
}

type TestSchema = Schema<Query, Mutation, Subscriptions>;

pub struct TestEngine {
    db: Db,
    state: Arc<State>,
    schema: TestSchema,
    live: TestSchema,
}

/// The tenant of everybody who is signed in.
fn tenant() -> TenantInfo {
    TenantInfo {
        id: seeded::<TenantId>(42),
        slug: "acme".into(),
        locale: Default::default(),
        currency: Default::default(),
        time_zone: chrono_tz::UTC,
        working_week: Default::default(),
    }
}

/// The same id in every run.
fn seeded<T: TypedId>(seed: u64) -> T {
    let start = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    IdGen::seeded(Clock::manual(start), seed).generate()
}

/// Tokens are `user-<seed>`, or a JSON Web Token whose claims nobody verified.
fn user_of(authorization: &str, state: &State) -> kernel::Result<UserId> {
    let token = authorization.strip_prefix("Bearer ").ok_or_else(Error::unauthenticated)?;
    if state.revoked.lock().unwrap().contains(token) {
        return Err(Error::unauthenticated());
    }
    let seed = match token.strip_prefix("user-") {
        Some(seed) => seed.parse().map_err(|_| Error::unauthenticated())?,
        None if token.starts_with("e30.") => 7,
        None => return Err(Error::unauthenticated()),
    };
    Ok(seeded(seed))
}

#[async_trait]
impl Engine for TestEngine {
    fn db(&self) -> &Db {
        &self.db
    }

    async fn authenticate(&self, _: &Db, caller: Caller) -> kernel::Result<Viewer> {
        let (clock, ids) = (self.state.clock.clone(), self.state.ids.clone());
        let Some(authorization) = caller.authorization else {
            return Ok(Viewer::nobody(caller.info, clock, ids));
        };
        Ok(Viewer::from(Inner {
            tenant: tenant(),
            actor: Actor::User(user_of(&authorization, &self.state)?),
            membership: None,
            account: None,
            session: None,
            grants: Arc::new(Grants::None),
            now: clock.now(),
            request: caller.info,
            clock,
            ids,
        }))
    }

    async fn session_alive(&self, _: &Db, viewer: &Viewer) -> kernel::Result<bool> {
        let revoked = self.state.revoked.lock().unwrap().clone();
        let mut users = revoked.iter().filter_map(|token| token.strip_prefix("user-")?.parse().ok());
        Ok(!users.any(|seed| Some(seeded(seed)) == viewer.user_id()))
    }

    async fn allowance(&self, _: &Db, viewer: &Viewer) -> kernel::Result<Allowance> {
        let plan = viewer.user_id().map(|_| self.state.plan.load(Ordering::SeqCst));
        Ok(Allowance { tenant_requests: plan, ..Allowance::default() })
    }

    async fn execute(&self, request: Request) -> Response {
        self.schema.execute(request).await
    }

    fn subscribe(&self, request: Request) -> BoxStream<'static, Response> {
        self.live.execute_stream(request)
    }

    async fn jwks(&self) -> kernel::Result<Json> {
        Ok(json!({ "keys": [] }))
    }

    async fn health(&self) -> Vec<http::Health> {
        self.state.health.lock().unwrap().clone()
    }
}

/// A running server and how to talk to it.
pub struct World {
    pub addr: SocketAddr,
    pub state: Arc<State>,
    pub shared: Shared,
    pub client: reqwest::Client,
    pub mailbox: CaptureMailer,
    pub db: Db,
    pub running: Option<Running>,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A world with these settings, by their names in the environment.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut env: std::collections::BTreeMap<String, String> = [
            ("ATRIUM_MODE", "demo"),
            ("ATRIUM_LISTEN", "127.0.0.1:0"),
            ("ATRIUM_SERVER__THREADS", "2"),
            ("ATRIUM_SERVER__EXPOSE_STATEMENTS", "true"),
            ("ATRIUM_DATA_DIR", folder.path().to_str().unwrap()),
        ]
        .into_iter()
        .chain(settings.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        env.entry("ATRIUM_RATE_LIMITS".to_owned()).or_insert_with(|| "off".to_owned());
        let config = config::load(&Sources { env, ..Sources::default() }).unwrap().config;
        Self::start(config, folder).await
    }

    async fn start(config: Config, folder: tempfile::TempDir) -> Self {
        let clock = Clock::system();
        let ids = IdGen::new(clock.clone());
        let pools = platform::db::pools(&config.database).await.unwrap();
        migrations::up(&pools.write).await.unwrap();
        let db = Db::new(pools.read, pools.write);
        // Reason: tenants of these tests are in no table.
        db.writer().execute_unprepared("PRAGMA foreign_keys = off").await.unwrap();
        let state = Arc::new(State {
            clock: clock.clone(),
            ids: ids.clone(),
            revoked: Mutex::default(),
            mutations: AtomicU32::new(0),
            streams: AtomicU32::new(0),
            ticks: broadcast::Sender::new(64),
            plan: AtomicU32::new(1_000),
            health: Mutex::default(),
        });
        let build = || Schema::build(Query, Mutation, Subscriptions).data(Arc::clone(&state));
        let (schema, live) = (build().finish(), build().extension(FreshAsk).finish());
        let mailbox = CaptureMailer::in_memory(10, clock.clone());
        let stopping = CancellationToken::new();
        let typed = schema.clone();
        let shared = Shared::new(Parts {
            config: &config,
            sdl: Box::new(move || typed.sdl()),
            services: Services::in_process(clock.clone()),
            mailbox: Some(mailbox.clone()),
            clock,
            ids,
            stopping: stopping.clone(),
        })
        .unwrap();
        let engine: Arc<dyn Engine> =
            Arc::new(TestEngine { db: db.clone(), state: Arc::clone(&state), schema, live });
        let routes = shared.clone();
        let listener = shared.clone();
        let running = Serve {
            settings: config.server.clone(),
            make: Arc::new(move |_| {
                let (shared, engine) = (routes.clone(), Arc::clone(&engine));
                Box::pin(async move { Ok(http::router(shared, engine)) })
            }),
            background: Some(Box::new(move |_| Box::pin(http::watch::listen(listener)))),
            stopping,
            tasks: shared.tasks.clone(),
        }
        .start()
        .await
        .unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            addr: running.addr,
            state,
            shared,
            client,
            mailbox,
            db,
            running: Some(running),
            _folder: folder,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(self.url(path))
    }

    /// A GET of `/graphql` with these parameters.
    pub fn query(&self, parameters: &[(&str, &str)]) -> reqwest::RequestBuilder {
        self.client.get(url::Url::parse_with_params(&self.url("/graphql"), parameters).unwrap())
    }

    /// A POST to `/graphql` without body and headers.
    pub fn post(&self) -> reqwest::RequestBuilder {
        self.client.post(self.url("/graphql"))
    }

    /// Sends a query as most clients do, and gives the answer's JSON.
    pub async fn ask(&self, query: &str) -> Json {
        self.ask_with(json!({ "query": query })).await
    }

    /// Sends a body as most clients do, and gives the answer's JSON.
    pub async fn ask_with(&self, body: Json) -> Json {
        let response = self.post().json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
        response.json().await.unwrap()
    }
}

/// The code of an answer's first error.
pub fn code(answer: &Json) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}
