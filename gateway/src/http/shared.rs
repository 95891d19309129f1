//! What the runtime threads of one process have in common on the HTTP side.

use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ipnet::IpNet;
use kernel::{
    clock::Clock,
    id::{EventId, IdGen, TypedId as _},
};
use platform::cache::Services;
use platform::mail::CaptureMailer;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::buckets::Buckets;
use super::documents::Documents;
use super::inputs::{InputTypes, LazyTypes};
use super::listed::Listed;
use super::metrics::Names;
use super::sockets::Sockets;
use crate::config::{Config, DocumentMode, GraphqlSettings, Mode};

/// Shared by all threads. Cheap to clone.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

/// The parts of [`Shared`].
pub struct Inner {
    /// Settings.
    pub settings: HttpSettings,
    /// Documents, parsed once for all threads.
    pub documents: Documents,
    /// Rate limits.
    pub buckets: Buckets,
    /// What stays open, by who holds it.
    pub sockets: Arc<Sockets>,
    /// Types of inputs, to say which field an error is about; read from the SDL when the first such error is made.
    pub input_types: LazyTypes,
    /// Cache, broadcast, limits.
    pub services: Services,
    /// Captured mail, where there is a mailbox page.
    pub mailbox: Option<CaptureMailer>,
    /// Names of operations that metrics tell apart.
    pub names: Names,
    /// Mutations that run to their end.
    pub tasks: TaskTracker,
    /// Rings when sessions changed somewhere.
    pub sessions: broadcast::Sender<()>,
    /// Told when the program is to stop: sockets and streams end.
    pub stopping: CancellationToken,
    /// The time.
    pub clock: Clock,
    /// Makes correlation ids.
    pub ids: IdGen,
}

impl Deref for Shared {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Settings of the HTTP side, worked out from the configuration.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Limits of documents.
    pub graphql: GraphqlSettings,
    /// Whether clients may ask for the schema.
    pub introspection: bool,
    /// Whether `/graphiql` is served.
    pub graphiql: bool,
    /// Whether `/` leads to `/graphiql`.
    pub welcome: bool,
    /// Whether `/metrics` is served.
    pub metrics: bool,
    /// Whether answers tell how many statements they took.
    pub expose_statements: bool,
    /// When a request is given up.
    pub request_timeout: Duration,
    /// Networks of proxies.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins that may call the API with credentials.
    pub cors_origins: Vec<String>,
    /// Host name of the program's own origin, if it is known: `portal.example.com`.
    pub own_host: Option<String>,
    /// The program's own origin, if it is known: `https://portal.example.com`.
    pub own_origin: Option<String>,
}

impl HttpSettings {
    /// The settings that a configuration leads to.
    pub fn of(config: &Config) -> Self {
        let public = config.server.public_url.as_ref();
        let own_host = public.and_then(|url| url.host_str()).map(str::to_owned);
        let own_origin = public.map(|url| url.origin().ascii_serialization());
        Self {
            graphql: config.graphql.clone(),
            introspection: config.introspection(),
            graphiql: config.graphiql(),
            welcome: config.mode != Mode::Production && config.graphiql(),
            metrics: config.server.metrics,
            expose_statements: config.server.expose_statements,
            request_timeout: Duration::from_secs(config.server.request_timeout_s),
            trusted_proxies: config.server.trusted_proxies.clone(),
            cors_origins: config.server.cors_origins.clone(),
            own_host,
            own_origin,
        }
    }

    /// Whether browsers reach us by HTTPS.
    pub fn https(&self) -> bool {
        self.own_origin.as_ref().is_some_and(|origin| origin.starts_with("https://"))
    }
}

/// What [`Shared`] is made of.
pub struct Parts<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Writes the schema's SDL.
    pub sdl: Box<dyn FnOnce() -> String + Send>,
    /// Cache, broadcast, limits.
    pub services: Services,
    /// The mailer, if it captures; shown only where [`Config::mailbox`] says so.
    pub mailbox: Option<CaptureMailer>,
    /// The time.
    pub clock: Clock,
    /// Maker of ids.
    pub ids: IdGen,
    /// Cancelled when the program is to stop.
    pub stopping: CancellationToken,
}

impl Shared {
    /// The shared side of a process.
    ///
    /// # Errors
    /// If the list of documents cannot be read.
    pub fn new(parts: Parts<'_>) -> anyhow::Result<Self> {
        let Parts { config, sdl, services, mailbox, clock, ids, stopping } = parts;
        let settings = HttpSettings::of(config);
        let listed = match (config.graphql.documents.mode, &config.graphql.documents.path) {
            (DocumentMode::Listed, Some(path)) => Some(read_list(path)?),
            (DocumentMode::Listed, None) | (DocumentMode::Any, _) => None,
        };
        let documents = Documents::new(
            settings.graphql.clone(),
            settings.introspection,
            listed,
            Arc::clone(&services.documents),
        );
        super::metrics::install();
        Ok(Self(Arc::new(Inner {
            sockets: Sockets::new(config.limits.clone(), config.server.uncounted_networks.clone()),
            buckets: Buckets::new(Arc::clone(&services.limits), config.limits.clone()),
            input_types: LazyLock::new(Box::new(move || read_types(&sdl()))),
            mailbox: mailbox.filter(|_| config.mailbox()),
            names: Names::default(),
            tasks: TaskTracker::new(),
            sessions: broadcast::Sender::new(16),
            settings,
            documents,
            services,
            stopping,
            clock,
            ids,
        })))
    }

    /// A new correlation id.
    pub fn request_id(&self) -> String {
        self.ids.generate::<EventId>().uuid().to_string()
    }
}

#[expect(clippy::expect_used, reason = "the text is what the schema's own maker wrote")]
fn read_types(sdl: &str) -> InputTypes {
    InputTypes::of_sdl(sdl).expect("the program's own schema is SDL")
}

fn read_list(path: &Path) -> anyhow::Result<Listed> {
    Listed::read(path).map_err(|error| anyhow::anyhow!("graphql.documents.path: {}: {error}", path.display()))
}
