//! The table of all settings: names, defaults as they are written, and what each is for. The types are in
//! `settings.rs`; a test holds both together.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Dotted name, as in the file: `server.listen`.
    pub name: &'static str,
    /// The default as it would be written; `None` where there is none.
    pub default: Option<&'static str>,
    /// Whether the value is never shown.
    pub secret: bool,
    /// Names in the environment besides the derived one, strongest first.
    pub also: &'static [&'static str],
    /// What it is for, with its unit.
    pub about: &'static str,
}

impl Key {
    /// The setting with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Its names in the environment, the strongest first: `ATRIUM_SERVER__LISTEN`, then those of [`Key::also`].
    #[must_use]
    pub fn env_names(&self) -> Vec<String> {
        let derived = format!("ATRIUM_{}", self.name.to_uppercase().replace('.', "__"));
        let mut names = vec![derived];
        names.extend(self.also.iter().map(ToString::to_string));
        names.dedup();
        names
    }
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default: Some(default), secret: false, also: &[], about }
}

const fn unset(name: &'static str, about: &'static str) -> Key {
    Key { name, default: None, secret: false, also: &[], about }
}

const fn secret(name: &'static str, about: &'static str) -> Key {
    Key { name, default: None, secret: true, also: &[], about }
}

impl Key {
    const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}

/// Every setting.
pub const KEYS: &[Key] = &[
    key("mode", "production", "production, demo or development: what is shown to the outside by default"),
    key("data_dir", "data", "folder of SQLite, files, keys and captured mail").also(&["ATRIUM_DATA_DIR"]),
    key("server.listen", "127.0.0.1:8000", "address and port to listen on").also(&["ATRIUM_LISTEN"]),
    unset("server.public_url", "where people reach the program; https turns on HSTS and Secure cookies")
        .also(&["ATRIUM_PUBLIC_URL"]),
    key("server.threads", "0", "threads that answer requests; 0 is one a core").also(&["ATRIUM_THREADS"]),
    key("server.max_connections", "10000", "most connections at once"),
    key("server.max_connections_per_address", "256", "most connections of one address; 0 is no limit"),
    key(
        "server.uncounted_networks",
        "127.0.0.0/8,::1/128",
        "networks without a limit by address, by commas; trusted proxies have none either",
    ),
    key("server.request_timeout_s", "30", "seconds until a request is given up"),
    key("server.header_timeout_s", "30", "seconds in which the head of the next request must arrive"),
    key("server.write_timeout_s", "30", "seconds until a client that reads nothing is cut off"),
    key("server.stop_timeout_s", "30", "seconds that running requests get at the end"),
    key("server.trusted_proxies", "", "networks whose X-Forwarded-For is believed, by commas"),
    key("server.cors_origins", "", "origins whose pages may call the API with credentials, by commas"),
    key("server.expose_statements", "false", "tell the number of SQL statements in Server-Timing"),
    key("server.metrics", "true", "serve /metrics"),
    key("graphql.introspection", "auto", "on, off or auto: answer for the schema (auto: not in production)"),
    key("graphql.graphiql", "auto", "on, off or auto: serve /graphiql (auto: not in production)"),
    key("graphql.max_body_bytes", "1048576", "longest body of a request, bytes"),
    key("graphql.max_query_bytes", "65536", "longest document, bytes"),
    key("graphql.max_depth", "16", "deepest field"),
    key("graphql.max_fields", "5000", "most fields that a document expands to"),
    key("graphql.max_root_fields", "20", "most fields of the root"),
    key("graphql.max_aliases", "30", "most aliases of one field name"),
    key("graphql.max_directives", "30", "most directives of a document"),
    key("graphql.max_cost", "50000", "highest cost of one request, points"),
    key("graphql.document_cache_bytes", "4194304", "memory for parsed documents, bytes of text"),
    key("graphql.documents.mode", "any", "any, or listed: only documents of the list run"),
    unset("graphql.documents.path", "the list: a folder of .graphql files, or a JSON file of id to document"),
    key("limits.rates", "on", "on or off: limits of requests a minute; off only for load tests")
        .also(&["ATRIUM_RATE_LIMITS"]),
    key("limits.viewer_requests", "600", "requests a minute of one viewer, within the plan's"),
    key("limits.anonymous_requests", "120", "requests a minute of one address without a token"),
    key(
        "limits.sockets_per_address",
        "200",
        "open sockets and streams of an address, nobody signed in, a node",
    ),
    key("limits.sockets_per_viewer", "50", "open sockets and streams of a viewer, a node"),
    key("limits.sockets_per_tenant", "2000", "open sockets and streams of a tenant, a node"),
    secret("database.url", "sqlite:… or postgres://…; without one, SQLite in the data folder")
        .also(&["ATRIUM_DATABASE_URL", "DATABASE_URL"]),
    key("database.max_connections", "10", "most connections of one pool"),
    key("database.min_connections", "1", "connections kept open while idle"),
    key("database.acquire_timeout_s", "5", "seconds to wait for a free connection"),
    key("database.statement_timeout_s", "30", "seconds until PostgreSQL cancels a statement; 0 never"),
    secret("redis.url", "redis://… that several nodes share").also(&["ATRIUM_REDIS_URL", "REDIS_URL"]),
    Key { default: Some("atrium:"), ..unset("redis.prefix", "begins every key and channel") },
    key(
        "storage.url",
        "",
        "s3://bucket/prefix or file:///folder; where empty, the folder files in the data folder",
    )
    .also(&["ATRIUM_STORAGE_URL"]),
    unset("storage.endpoint", "https://host:port of an S3-compatible store that is not Amazon's")
        .also(&["ATRIUM_STORAGE_ENDPOINT"]),
    key("storage.region", "us-east-1", "region of the store").also(&["ATRIUM_STORAGE_REGION"]),
    secret("storage.access_key_id", "access key of the store; without one, the machine's own role")
        .also(&["ATRIUM_STORAGE_ACCESS_KEY_ID"]),
    secret("storage.secret_access_key", "secret of the access key")
        .also(&["ATRIUM_STORAGE_SECRET_ACCESS_KEY"]),
    key("storage.path_style", "true", "name the bucket in the path of addresses, not in their host")
        .also(&["ATRIUM_STORAGE_PATH_STYLE"]),
    key("storage.allow_http", "false", "let storage.endpoint be http, without encryption")
        .also(&["ATRIUM_STORAGE_ALLOW_HTTP"]),
    key("mail.transport", "capture", "capture (a mailbox page) or smtp"),
    key("mail.from", "Atrium <no-reply@localhost>", "sender of messages that name none"),
    key("mail.capture.capacity", "500", "captured messages that are kept"),
    key("mail.smtp.host", "localhost", "name of the SMTP server"),
    key("mail.smtp.port", "587", "its port"),
    key("mail.smtp.security", "starttls", "none, starttls or tls"),
    unset("mail.smtp.username", "user name at the SMTP server"),
    secret("mail.smtp.password", "password at the SMTP server"),
    unset("mail.smtp.ca_file", "PEM file of certificates to trust beside the public ones"),
    unset("mail.smtp.hello_name", "name given in EHLO"),
    key("mail.smtp.pool_size", "4", "most connections to the SMTP server"),
    key("mail.smtp.timeout_s", "20", "seconds until an attempt to send fails"),
    key("password.memory_kib", "19456", "memory of one hash, KiB"),
    key("password.iterations", "2", "passes over the memory"),
    key("password.parallelism", "1", "lanes"),
    key("password.threads", "0", "hashing threads; 0 is half of the cores"),
    key("password.queue", "64", "requests that may wait for a hashing thread"),
    key("identity.public_url", "http://127.0.0.1:8000", "begins links in mails; follows server.public_url"),
    key("identity.issuer", "", "iss of access tokens; the public address where empty"),
    key("identity.audience", "atrium", "aud of access tokens"),
    key("identity.signing_algorithm", "EdDSA", "EdDSA or RS256: how access tokens are signed"),
    key("identity.access_token_minutes", "15", "life of access tokens, minutes"),
    key("identity.refresh_days", "7", "life of refresh tokens, days"),
    key("identity.remember_days", "30", "life of refresh tokens that are remembered, days"),
    key("identity.max_sessions", "5", "sessions a person may have at once"),
    key("identity.verify_email_hours", "24", "life of links that verify an address, hours"),
    key("identity.change_email_hours", "24", "life of links that change an address, hours"),
    key("identity.reset_password_minutes", "60", "life of links that set a password, minutes"),
    key("identity.invitation_days", "7", "life of invitations, days"),
    key("identity.trial_days", "14", "trial of new tenants, days; 0 is none"),
    key("identity.deletion_days", "30", "days in which a deletion can be taken back"),
    key("identity.password.min_length", "12", "fewest characters of a password"),
    key("identity.password.max_bytes", "1024", "most bytes of a password"),
    key("identity.password.min_score", "3", "least zxcvbn score, 0 to 4"),
    key("identity.password.history", "5", "last passwords that may not come back"),
    key("identity.lockout.failures", "5", "wrong passwords until a lock-out"),
    key("identity.lockout.minutes", "15", "first lock-out, minutes"),
    key("identity.lockout.max_minutes", "1440", "longest lock-out, minutes"),
    key("identity.rate_limits", "true", "limit logins, resets and sign-ups; follows limits.rates"),
    key("events.retention_days", "30", "days for which events can be read"),
    key(
        "background.in_serve",
        "on",
        "off: atrium worker alone carries events and does jobs, and Redis is needed",
    ),
    key(
        "background.fallback_poll_ms",
        "1000",
        "milliseconds until work is looked for that PostgreSQL did not tell of",
    ),
    key(
        "sinks.allow_private",
        "false",
        "whether the audit trail may be forwarded into private networks, this machine included",
    )
    .also(&["ATRIUM_SINKS_ALLOW_PRIVATE"]),
    key("sinks.pause_after_days", "7", "days of failing after which a sink of the audit trail is given up"),
    key("log.format", "pretty", "pretty or json"),
    key("log.filter", "info", "what is logged: info,projects=debug").also(&["ATRIUM_LOG"]),
];
