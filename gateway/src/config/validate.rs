//! What must hold between and within settings beyond their types.

use secrecy::ExposeSecret;
use tracing_subscriber::EnvFilter;

use super::settings::{Config, DocumentMode};

/// Everything that does not hold.
pub(super) fn validate(config: &Config) -> Vec<String> {
    let mut errors = Vec::new();
    errors.extend(platform::storage::problems(&config.storage));
    let mut require = |holds: bool, error: &str| {
        if !holds {
            errors.push(error.to_owned());
        }
    };
    server(config, &mut require);
    graphql(config, &mut require);
    services(config, &mut require);
    require(
        (1..=3_650).contains(&config.events.retention_days),
        "events.retention_days: must be between 1 and 3650",
    );
    require(
        (100..=3_600_000).contains(&config.background.fallback_poll_ms),
        "background.fallback_poll_ms: must be between 100 and 3600000",
    );
    require(
        (1..=365).contains(&config.sinks.pause_after_days),
        "sinks.pause_after_days: must be between 1 and 365",
    );
    require(
        EnvFilter::try_new(&config.log.filter).is_ok(),
        "log.filter: not a filter such as `info,projects=debug`",
    );
    errors
}

fn server(config: &Config, require: &mut impl FnMut(bool, &str)) {
    let server = &config.server;
    require(server.max_connections > 0, "server.max_connections: must be at least 1");
    require(server.threads <= 1_024, "server.threads: must be at most 1024");
    require(server.request_timeout_s > 0, "server.request_timeout_s: must be at least 1");
    require(server.header_timeout_s > 0, "server.header_timeout_s: must be at least 1");
    require(server.write_timeout_s > 0, "server.write_timeout_s: must be at least 1");
    if let Some(url) = &server.public_url {
        require(
            matches!(url.scheme(), "http" | "https")
                && url.host().is_some()
                && url.path() == "/"
                && url.query().is_none(),
            "server.public_url: must be http:// or https:// with a host and nothing after it",
        );
    }
    for origin in &server.cors_origins {
        let plain = url::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
        require(
            plain,
            "server.cors_origins: each must be an origin such as https://app.example.com, without a path",
        );
    }
}

fn graphql(config: &Config, require: &mut impl FnMut(bool, &str)) {
    let graphql = &config.graphql;
    require(graphql.max_body_bytes >= 1_024, "graphql.max_body_bytes: must be at least 1024");
    require(
        (1..=graphql.max_body_bytes).contains(&graphql.max_query_bytes),
        "graphql.max_query_bytes: must be between 1 and graphql.max_body_bytes",
    );
    // Reason: async-graphql itself refuses selections nested deeper than 32.
    require((1..=32).contains(&graphql.max_depth), "graphql.max_depth: must be between 1 and 32");
    require(graphql.max_cost >= 100, "graphql.max_cost: must be at least 100");
    require(
        graphql.documents.mode == DocumentMode::Any || graphql.documents.path.is_some(),
        "graphql.documents.path: needed when graphql.documents.mode is listed",
    );
}

fn services(config: &Config, require: &mut impl FnMut(bool, &str)) {
    let url = config.database.url.expose_secret();
    require(
        ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)),
        "database.url: must begin with sqlite: or postgres:",
    );
    require(config.database.max_connections > 0, "database.max_connections: must be at least 1");
    if let Some(redis) = &config.redis {
        let url = redis.url.expose_secret();
        require(
            ["redis://", "rediss://", "redis+unix://"].iter().any(|scheme| url.starts_with(scheme)),
            "redis.url: must begin with redis://, rediss:// or redis+unix://",
        );
    }
    require(
        config.mail.from.parse::<platform::mail::Address>().is_ok(),
        "mail.from: must be an address, or a name and an address in angle brackets",
    );
    require(config.password.memory_kib >= 8, "password.memory_kib: must be at least 8");
    require(config.password.iterations > 0, "password.iterations: must be at least 1");
    require(config.limits.viewer_requests > 0, "limits.viewer_requests: must be at least 1");
    require(config.limits.anonymous_requests > 0, "limits.anonymous_requests: must be at least 1");
    for (sockets, error) in [
        (config.limits.sockets_per_address, "limits.sockets_per_address: must be at least 1"),
        (config.limits.sockets_per_viewer, "limits.sockets_per_viewer: must be at least 1"),
        (config.limits.sockets_per_tenant, "limits.sockets_per_tenant: must be at least 1"),
    ] {
        require(sockets > 0, error);
    }
}
