//! The settings of every service of this crate, as the program's configuration embeds them.
//!
//! Plain data with defaults: no file is read and no environment is consulted here. Durations are
//! whole seconds with the unit in the name, secrets are `SecretString` and never printed.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// Where the data lives and how many connections may be open to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite:<path>` or `postgres://user:password@host:port/name?sslmode=…`.
    ///
    /// Empty means "not set": the program then chooses a SQLite file in its data folder;
    /// [`crate::db::connect`] itself refuses an empty URL.
    pub url: SecretString,
    /// The most connections of one pool. On SQLite these are readers; there is always exactly
    /// one writer beside them.
    pub max_connections: u32,
    /// Connections kept open while idle.
    pub min_connections: u32,
    /// Seconds a request waits for a free connection before it fails.
    pub acquire_timeout_s: u64,
    /// Seconds after which PostgreSQL cancels a statement; 0 disables. SQLite has no such limit.
    pub statement_timeout_s: u64,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            url: SecretString::default(),
            max_connections: 10,
            min_connections: 1,
            acquire_timeout_s: 5,
            statement_timeout_s: 30,
        }
    }
}

/// The Redis (7 or later) that several nodes share; without one, everything is in-process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// `redis://[user[:password]@]host:port/db`, `rediss://…` for TLS, `redis+unix:///path`.
    pub url: SecretString,
    /// Prepended to every key and channel, so that installations may share one server.
    #[serde(default = "default_prefix")]
    pub prefix: String,
}

fn default_prefix() -> String {
    "atrium:".to_owned()
}

/// How mail leaves the program.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// Which of the transports is used.
    pub transport: MailTransport,
    /// The sender of messages that name none: `address` or `Name <address>`.
    pub from: String,
    /// Used when `transport = "capture"`.
    pub capture: CaptureSettings,
    /// Used when `transport = "smtp"`.
    pub smtp: SmtpSettings,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            transport: MailTransport::default(),
            from: "Atrium <no-reply@localhost>".to_owned(),
            capture: CaptureSettings::default(),
            smtp: SmtpSettings::default(),
        }
    }
}

/// The ways out for mail.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum MailTransport {
    /// Nothing leaves: messages are kept and shown in a mailbox page.
    #[default]
    Capture,
    /// Messages are handed to an SMTP server.
    Smtp,
}

/// The mailbox that keeps what would have been sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptureSettings {
    /// How many messages are kept; the oldest goes first.
    pub capacity: usize,
}

impl Default for CaptureSettings {
    fn default() -> Self {
        Self { capacity: 500 }
    }
}

/// An SMTP server that relays for us.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpSettings {
    /// Name or address of the server; with TLS its certificate must bear this name.
    pub host: String,
    /// Port; usually 587 for STARTTLS, 465 for implicit TLS.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// User name; without one no authentication is tried.
    pub username: Option<String>,
    /// Password of `username`.
    pub password: Option<SecretString>,
    /// A PEM file with certificates to trust beside the public roots (private relays).
    pub ca_file: Option<PathBuf>,
    /// The name given in EHLO; by default the domain of the sender.
    pub hello_name: Option<String>,
    /// The most connections kept open.
    pub pool_size: u32,
    /// Seconds for a connection or a command before the attempt fails.
    pub timeout_s: u64,
}

impl Default for SmtpSettings {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 587,
            security: SmtpSecurity::default(),
            username: None,
            password: None,
            ca_file: None,
            hello_name: None,
            pool_size: 4,
            timeout_s: 20,
        }
    }
}

/// Protection of the SMTP connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// Plain text; for a relay on the same machine.
    None,
    /// RFC 3207, required: a server without STARTTLS is refused.
    #[default]
    Starttls,
    /// Implicit TLS from the first byte (RFC 8314).
    Tls,
}

/// Where files are kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageSettings {
    /// `s3://bucket/prefix`, `file:///folder`, or empty for the folder `files` of the data folder.
    pub url: String,
    /// `https://host:port` of a store that is not Amazon's.
    pub endpoint: Option<String>,
    /// The store's region.
    pub region: String,
    /// Access key; without one, the machine's own role is asked for.
    pub access_key_id: Option<SecretString>,
    /// Secret of `access_key_id`.
    pub secret_access_key: Option<SecretString>,
    /// Whether the bucket is named in the path of addresses rather than in their host.
    pub path_style: bool,
    /// Whether `endpoint` may be `http:`; files and listings then travel in the clear.
    pub allow_http: bool,
}

impl Default for StorageSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key_id: None,
            secret_access_key: None,
            path_style: true,
            allow_http: false,
        }
    }
}

/// Cost of password hashes (Argon2id, RFC 9106) and the threads that compute them.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordSettings {
    /// Memory of one hash in KiB. The default follows OWASP's password storage cheat sheet.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes. They are computed one after another here: a value above 1 only adds cost.
    pub parallelism: u32,
    /// Hashing threads; 0 means half of the cores, at least one.
    pub threads: usize,
    /// Requests that may wait for a thread before further ones are refused as busy.
    pub queue: usize,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1, threads: 0, queue: 64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn parse<T: DeserializeOwned>(value: Value) -> Result<T, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn settings_left_out_take_their_defaults() {
        let mail: MailSettings = parse(json!({ "from": "a@example.com" })).unwrap();
        assert_eq!(mail.transport, MailTransport::Capture);
        assert_eq!(mail.capture.capacity, 500);
        let password: PasswordSettings = parse(json!({})).unwrap();
        assert_eq!((password.memory_kib, password.iterations), (19_456, 2));
        let redis: RedisSettings = parse(json!({ "url": "redis://localhost" })).unwrap();
        assert_eq!(redis.prefix, "atrium:");
    }

    #[test]
    fn setting_misspelt_is_refused() {
        assert!(parse::<DatabaseSettings>(json!({ "max_conections": 3 })).is_err());
        assert!(parse::<MailSettings>(json!({ "smtp": { "hots": "x" } })).is_err());
        assert!(parse::<RedisSettings>(json!({ "prefix": "only" })).is_err());
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let database: DatabaseSettings = parse(json!({ "url": "postgres://u:hunter2@h/d" })).unwrap();
        assert!(!format!("{database:?}").contains("hunter2"));
    }
}
