//! The settings themselves, as the rest of the program reads them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use identity::IdentityConfig;
use ipnet::IpNet;
use platform::settings::{DatabaseSettings, MailSettings, PasswordSettings, RedisSettings, StorageSettings};
use serde::Deserialize;
use url::Url;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What the installation is for; decides the defaults of what may be seen from outside.
    pub mode: Mode,
    /// Folder of everything the program keeps itself: SQLite, files, keys, captured mail.
    pub data_dir: PathBuf,
    /// Listening, connections, headers.
    pub server: ServerSettings,
    /// The GraphQL endpoint.
    pub graphql: GraphqlSettings,
    /// How much may be asked in which time.
    pub limits: RateSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// The Redis that several nodes share, if any.
    pub redis: Option<RedisSettings>,
    /// Where files are kept.
    pub storage: StorageSettings,
    /// Outgoing mail.
    pub mail: MailSettings,
    /// Cost of password hashes.
    pub password: PasswordSettings,
    /// Tokens, sessions, sign-up and password rules.
    pub identity: IdentityConfig,
    /// The log of events.
    pub events: EventSettings,
    /// Work beside the requests.
    pub background: BackgroundSettings,
    /// Systems that the trail is forwarded to.
    pub sinks: SinkLimits,
    /// The log.
    pub log: LogSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            data_dir: PathBuf::from("data"),
            server: ServerSettings::default(),
            graphql: GraphqlSettings::default(),
            limits: RateSettings::default(),
            database: DatabaseSettings::default(),
            redis: None,
            storage: StorageSettings::default(),
            mail: MailSettings::default(),
            password: PasswordSettings::default(),
            identity: IdentityConfig::default(),
            events: EventSettings::default(),
            background: BackgroundSettings::default(),
            sinks: SinkLimits::default(),
            log: LogSettings::default(),
        }
    }
}

impl Config {
    /// Whether clients may ask for the schema.
    pub fn introspection(&self) -> bool {
        self.graphql.introspection.or(self.mode != Mode::Production)
    }

    /// Whether `/graphiql` is served.
    pub fn graphiql(&self) -> bool {
        self.graphql.graphiql.or(self.mode != Mode::Production)
    }

    /// What sinks of the trail may be.
    pub fn sinks(&self) -> audit::siem::SinkSettings {
        let host = self.server.public_url.as_ref().and_then(|url| url.host_str());
        audit::siem::SinkSettings {
            allow_private: self.sinks.allow_private,
            pause_after_days: self.sinks.pause_after_days,
            host: host.unwrap_or_default().to_owned(),
        }
    }

    /// Whether `/mailbox` shows what was captured. Never in production: the messages hold links that sign in.
    pub fn mailbox(&self) -> bool {
        self.mode != Mode::Production && self.mail.transport == platform::settings::MailTransport::Capture
    }
}

/// What an installation is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Real data: nothing is shown that is not asked for.
    #[default]
    Production,
    /// Made-up data for a look around: GraphiQL and the mailbox page are open.
    Demo,
    /// A programmer's machine.
    Development,
}

/// On, off, or as the mode says.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Toggle {
    /// As the mode says.
    #[default]
    Auto,
    /// On.
    On,
    /// Off.
    Off,
}

impl Toggle {
    /// The choice, or `otherwise` where none was made.
    pub fn or(self, otherwise: bool) -> bool {
        match self {
            Self::Auto => otherwise,
            Self::On => true,
            Self::Off => false,
        }
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// Listening, connections, headers.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where people reach the program; an `https:` address turns on HSTS and `Secure` cookies.
    pub public_url: Option<Url>,
    /// Runtimes that answer requests, each on a thread of its own; 0 means one a core.
    pub threads: usize,
    /// The most connections at once, over all threads; further ones wait to be accepted. WebSockets count until they
    /// are closed.
    pub max_connections: usize,
    /// The most connections of one address (of one IPv6 network of 64 bits); further ones are closed at once. 0 is no
    /// limit.
    pub max_connections_per_address: usize,
    /// Networks whose connections are not counted by address, beside those of [`Self::trusted_proxies`], which stand
    /// for many clients.
    pub uncounted_networks: Vec<IpNet>,
    /// Seconds until a request is given up.
    pub request_timeout_s: u64,
    /// Seconds in which a client must have sent the head of a request, also the next one of an open connection: proxies
    /// must keep idle connections for less.
    pub header_timeout_s: u64,
    /// Seconds after which a client is cut off that reads nothing of what is sent to it.
    pub write_timeout_s: u64,
    /// Seconds that running requests get when the program stops.
    pub stop_timeout_s: u64,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins of other sites whose pages may call the API with credentials: `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// Whether answers tell how many statements they took, in `Server-Timing`.
    pub expose_statements: bool,
    /// Whether `/metrics` is served.
    pub metrics: bool,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)),
            public_url: None,
            threads: 0,
            max_connections: 10_000,
            max_connections_per_address: 256,
            uncounted_networks: vec![
                IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
                IpNet::new_assert(IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
            ],
            request_timeout_s: 30,
            header_timeout_s: 30,
            write_timeout_s: 30,
            stop_timeout_s: 30,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            expose_statements: false,
            metrics: true,
        }
    }
}

/// The GraphQL endpoint: what may be asked at all.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphqlSettings {
    /// Whether clients may ask for the schema.
    pub introspection: Toggle,
    /// Whether `/graphiql` is served.
    pub graphiql: Toggle,
    /// The longest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// The longest document, in bytes.
    pub max_query_bytes: usize,
    /// The deepest field, counted from the operation.
    pub max_depth: u32,
    /// The most fields a document may expand to, fragments counted at each of their uses.
    pub max_fields: u64,
    /// The most fields of an operation's root.
    pub max_root_fields: u64,
    /// The most aliases of one field name.
    pub max_aliases: u64,
    /// The most directives in a document.
    pub max_directives: u64,
    /// The highest cost of one request, in points.
    pub max_cost: u64,
    /// Memory for parsed documents, in bytes of their text.
    pub document_cache_bytes: u64,
    /// Which documents are run.
    pub documents: DocumentSettings,
}

impl Default for GraphqlSettings {
    fn default() -> Self {
        Self {
            introspection: Toggle::Auto,
            graphiql: Toggle::Auto,
            max_body_bytes: 1 << 20,
            max_query_bytes: 64 << 10,
            max_depth: 16,
            max_fields: 5_000,
            max_root_fields: 20,
            max_aliases: 30,
            max_directives: 30,
            max_cost: 50_000,
            document_cache_bytes: 4 << 20,
            documents: DocumentSettings::default(),
        }
    }
}

/// Which documents are run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentSettings {
    /// All, or those of a list.
    pub mode: DocumentMode,
    /// The list: a folder of `.graphql` files, or a JSON file that maps ids to documents.
    pub path: Option<PathBuf>,
}

/// Which documents are run.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum DocumentMode {
    /// Any document within the limits.
    #[default]
    Any,
    /// Only documents of the list, by text or hash.
    Listed,
}

/// How much may be asked in which time. A request costs at least 100 points.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateSettings {
    /// Off only for load tests.
    pub rates: Switch,
    /// Requests a minute of one signed-in viewer, within those of the tenant's plan.
    pub viewer_requests: u32,
    /// Requests a minute of one address without a token.
    pub anonymous_requests: u32,
    /// WebSockets and event streams that one address may have open at a node without being signed in on them.
    pub sockets_per_address: usize,
    /// WebSockets and event streams that one viewer may have open at a node.
    pub sockets_per_viewer: usize,
    /// WebSockets and event streams that a tenant may have open at a node, whoever they belong to.
    pub sockets_per_tenant: usize,
}

impl Default for RateSettings {
    fn default() -> Self {
        Self {
            rates: Switch::On,
            viewer_requests: 600,
            anonymous_requests: 120,
            sockets_per_address: 200,
            sockets_per_viewer: 50,
            sockets_per_tenant: 2_000,
        }
    }
}

/// The log of events that partners read.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventSettings {
    /// Days for which an event can be read.
    pub retention_days: u32,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self { retention_days: 30 }
    }
}

/// Work beside the requests: events, jobs, sealing, the calendar.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackgroundSettings {
    /// Whether `atrium serve` does it; without, one `atrium worker` at least must run, and Redis must carry what is told
    /// to subscribers.
    pub in_serve: Switch,
    /// Milliseconds after which work is looked for that nobody was told of, while PostgreSQL tells processes of one
    /// another's commits.
    pub fallback_poll_ms: u64,
}

impl Default for BackgroundSettings {
    fn default() -> Self {
        Self { in_serve: Switch::On, fallback_poll_ms: 1_000 }
    }
}

/// Systems that the trail is forwarded to.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SinkLimits {
    /// Whether they may be in private networks, this machine included.
    pub allow_private: bool,
    /// Days of failing after which one is given up until somebody resumes it.
    pub pause_after_days: u32,
}

impl Default for SinkLimits {
    fn default() -> Self {
        Self { allow_private: false, pause_after_days: 7 }
    }
}

/// The log, on standard error.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// How lines look.
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`: `info,projects=debug`.
    pub filter: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".to_owned() }
    }
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}
