//! The program behind the HTTP side: authentication, execution and health, with the connections of one runtime thread.

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_graphql::{Request, Response};
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use http::{HeaderMap, header};
use identity::api_key::Turn;
use identity::{
    session::Cookies,
    tenant::{
        limits::{PlanLimit, allowed},
        rules::plan,
    },
};
use kernel::{
    Result,
    ask::Look,
    db::Db,
    id::{TenantId, TypedId},
    policy::Guarded,
    viewer::{Actor, RequestInfo, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    gauges, graph,
    http::{self as web, Allowance, Caller, Download, Engine, Health, HealthState, Shared},
    serve::{Running, Serve},
    witness::Denial,
    worker,
};

/// How long a tenant's plan is believed.
const PLAN_TTL: Duration = Duration::from_secs(30);

/// Tenants whose plan is remembered.
const PLANS: u64 = 10_000;

/// What tenants may ask a minute, by id.
pub type Allowances = moka::future::Cache<TenantId, Allowance>;

/// An empty memory of plans.
pub fn allowances() -> Allowances {
    moka::future::Cache::builder().max_capacity(PLANS).time_to_live(PLAN_TTL).build()
}

/// The program with the connections of one thread.
struct AppEngine {
    app: App,
    db: Db,
}

#[async_trait]
impl Engine for AppEngine {
    fn db(&self) -> &Db {
        &self.db
    }

    async fn authenticate(&self, db: &Db, caller: Caller) -> Result<Viewer> {
        let Caller { authorization, language, info, again } = caller;
        let turn = if again { Turn::Goes } else { Turn::Takes };
        let viewer = self.app.identity.authenticate(db, authorization.as_deref(), info, turn).await?;
        let (None, Some(user)) = (language, viewer.user_id()) else { return Ok(viewer) };
        // Reason: no statement; authentication has just looked the person up.
        let person = self.app.identity.principal(db, viewer.tenant_id(), user).await?;
        Ok(person.map_or(viewer.clone(), |person| viewer.speaking(person.locale.language())))
    }

    async fn session_alive(&self, db: &Db, viewer: &Viewer) -> Result<bool> {
        match (viewer.session, viewer.actor) {
            (Some(session), _) => self.app.identity.session_alive(db, session).await,
            (None, Actor::ApiKey(key, _)) => {
                self.app.identity.api_key_alive(db, viewer.tenant_id(), key).await
            }
            (None, _) => Ok(true),
        }
    }

    async fn allowance(&self, db: &Db, viewer: &Viewer) -> Result<Allowance> {
        let tenant = viewer.tenant_id();
        if tenant.uuid().is_nil() || matches!(viewer.actor, Actor::Anonymous) {
            return Ok(Allowance::default());
        }
        let load = async {
            use identity::tenant::entity::{Column, Entity};
            let row = Entity::of_tenant(tenant).filter(Column::Id.eq(tenant)).one(db).await?;
            let Some(row) = row else { return kernel::Result::Ok(Allowance::default()) };
            let requests = allowed(&row, PlanLimit::RequestsPerMinute);
            let tenant_requests = requests.and_then(|requests| u32::try_from(requests).ok());
            Ok(Allowance { tenant_requests, plan: Some(plan(&row).as_str()), viewer_requests: None })
        };
        let found = self.app.allowances.try_get_with(tenant, load).await;
        found.map_err(|error| kernel::Error::clone(&error))
    }

    fn attach(&self, request: Request, headers: &HeaderMap) -> Request {
        let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
        request.data(Cookies::from_header(cookies))
    }

    async fn execute(&self, request: Request) -> Response {
        self.app.schema.execute(request).await
    }

    async fn witness(&self, viewer: &Viewer, looks: HashSet<Look>, denials: Vec<Denial>) -> Result<()> {
        self.app.witness.record(&self.db.counted(), viewer, looks, denials).await
    }

    fn subscribe(&self, request: Request) -> BoxStream<'static, Response> {
        self.app.live_schema.execute_stream(request).boxed()
    }

    async fn download(&self, db: &Db, ticket: &str) -> Result<Download> {
        let (keyring, now) = (&self.app.keyring, self.app.clock.now());
        let archive = audit::keep::archive::ticket::redeem(keyring, db, &self.app.storage, ticket, now);
        if let Some(archive) = archive.await? {
            return Ok(Download {
                file_name: archive.file_name,
                media_type: "application/zstd",
                head: Some(serde_json::to_string(&archive.head)?),
                body: archive.body,
            });
        }
        let export = audit::export::ticket::redeem(keyring, db, ticket, now).await?;
        Ok(Download {
            file_name: export.file_name(),
            media_type: export.format.media_type(),
            head: Some(serde_json::to_string(&export.head)?),
            body: export.stream(db.clone()).boxed(),
        })
    }

    /// Without its storage a node does all but what is about files.
    async fn health(&self) -> Vec<Health> {
        vec![web::health::timed("storage", HealthState::Degraded, self.app.storage.ping()).await]
    }

    async fn personal_export(&self, db: &Db, info: RequestInfo, ticket: &str) -> Result<Download> {
        crate::privacy::download(&self.app, db, info, ticket).await
    }

    async fn list_export(&self, db: &Db, info: RequestInfo, ticket: &str) -> Result<Download> {
        let ticket = projects::export::redeem(&self.app.keyring, ticket, self.app.clock.now())?;
        let (tenant, user) = ticket.holder();
        let holder = self.app.identity.principal(db, tenant, user).await?;
        let holder = holder.filter(|holder| holder.is_active());
        let holder = holder.ok_or(kernel::Error::Forbidden(projects::export::NO_TICKET.into()))?;
        let export = ticket.export(holder.viewer(&self.app.identity, None, info))?;
        let file_name = export.file_name();
        let readers = std::sync::Arc::new(crate::directory::People(self.app.identity.clone()));
        let body = export.stream(db.clone(), readers).map(|piece| piece.map(bytes::Bytes::from)).boxed();
        Ok(Download { file_name, media_type: "text/csv; charset=utf-8", head: None, body })
    }

    async fn jwks(&self) -> Result<serde_json::Value> {
        identity::signing::jwks(&self.app.identity, &self.db.counted()).await
    }
}

/// The HTTP server of the program, with or without the background work.
pub struct Server;

impl Server {
    /// Answers requests and does the background work, until stopped.
    ///
    /// # Errors
    /// If the address cannot be listened on, or a thread cannot reach the database.
    pub async fn start(app: App) -> anyhow::Result<Running> {
        identity::signing::ensure_key(&app.identity, &app.db)
            .await
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        gauges::show_pools(&app.db);
        let stopping = CancellationToken::new();
        let schema = app.schema.clone();
        let shared = Shared::new(web::Parts {
            config: &app.config,
            sdl: Box::new(move || graph::sdl(&schema)),
            services: app.services.clone(),
            mailbox: app.mailbox.clone(),
            clock: app.clock.clone(),
            ids: app.ids.clone(),
            stopping: stopping.clone(),
        })?;
        let tasks = shared.tasks.clone();
        let settings = app.config.server.clone();
        let (making, sharing) = (app.clone(), shared.clone());
        let make: crate::serve::Make = Arc::new(move |_| {
            let (app, shared) = (making.clone(), sharing.clone());
            Box::pin(async move {
                let db = own_connections(&app).await?;
                Ok(web::router(shared, Arc::new(AppEngine { app, db })))
            })
        });
        let background: crate::serve::Background = Box::new(move |stop| {
            Box::pin(async move {
                let heard = app.fanout.clone().run(
                    app.db.clone(),
                    app.services.clone(),
                    app.identity.clone(),
                    stop.clone(),
                );
                tokio::join!(heard, web::watch::listen(shared), worker::run_in_serve(app.clone(), stop));
            })
        });
        Serve { settings, make, background: Some(background), stopping, tasks }.start().await
    }
}

/// The database through connections of this thread's runtime; on SQLite, whose connections are threads of their own,
/// through the process's.
async fn own_connections(app: &App) -> anyhow::Result<Db> {
    if app.db.backend() != sea_orm::DbBackend::Postgres {
        return Ok(app.db.clone());
    }
    let mut settings = app.config.database.clone();
    let threads = match app.config.server.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let share = settings.max_connections / u32::try_from(threads).unwrap_or(1);
    settings.max_connections = share.max(2);
    let pools = platform::db::pools(&settings).await?;
    let db = app.db.with_pools(pools.read, pools.write);
    gauges::add_pools(&db);
    Ok(db)
}
