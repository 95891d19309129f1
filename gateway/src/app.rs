//! The program put together: services from the configuration, the domains' services, the schema.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use anyhow::Context as _;
use identity::{
    Identity,
    tenant::dns::{DnsResolver, NoResolver, SystemResolver},
};
use kernel::{catalogue::Catalogue, clock::Clock, db::Db, event::EventTypes, id::IdGen};
use platform::{
    cache::Services,
    crypto::{Keyring, PasswordHasher, SubjectVault, keyfile},
    mail::{CaptureMailer, Mailer},
    storage::Storage,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    config::Config,
    directory::Directory,
    engine::{Allowances, allowances},
    fanout::Fanout,
    graph,
    witness::Witness,
};

/// The file of the master keys, in the data folder.
pub const KEY_FILE: &str = "keys.json";

/// What an [`App`] is made of; tests replace the clock, the database and the mailer.
pub struct Parts {
    /// Settings.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// Maker of ids.
    pub ids: IdGen,
    /// The database.
    pub db: Db,
    /// Cache, broadcast and rate limits.
    pub services: Services,
    /// Seals secrets at rest.
    pub keyring: Arc<Keyring>,
    /// Files.
    pub storage: Storage,
    /// Where mail goes.
    pub mailer: Arc<dyn Mailer>,
    /// Captured mail, if it is captured.
    pub mailbox: Option<CaptureMailer>,
    /// Looks up DNS records.
    pub resolver: Arc<dyn DnsResolver>,
}

/// The program. Cheap to clone; one for a process.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// The parts of an [`App`] with what is built on them.
pub struct Inner {
    parts: Parts,
    /// Identity's services.
    pub identity: Identity,
    /// The GraphQL schema, for queries and mutations.
    pub schema: graph::AtriumSchema,
    /// The same schema for subscriptions.
    pub live_schema: graph::AtriumSchema,
    /// What puts the trail into its sealed order.
    pub sealer: audit::seal::Sealer,
    /// What is held of people, and what they ask about it.
    pub privacy: audit::privacy::Privacy,
    /// Committed events, as this node hears them.
    pub fanout: Fanout,
    /// What tenants may ask a minute.
    pub allowances: Allowances,
    /// Records refusals and looks at personal data.
    pub witness: Witness,
}

impl std::ops::Deref for Inner {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Every permission of every domain.
pub fn catalogue() -> Catalogue {
    Catalogue::new(&[
        identity::PERMISSIONS,
        crm::PERMISSIONS,
        projects::PERMISSIONS,
        projects::TIME_PERMISSIONS,
        projects::REGISTER_PERMISSIONS,
        projects::PEOPLE_PERMISSIONS,
        audit::PERMISSIONS,
    ])
}

/// Every kind of event of every domain.
pub fn event_types() -> EventTypes {
    static TYPES: LazyLock<EventTypes> = LazyLock::new(|| {
        EventTypes::new(&[
            identity::EVENTS,
            crm::EVENTS,
            projects::EVENTS,
            projects::time::events::EVENTS,
            projects::REGISTER_EVENTS,
            projects::PEOPLE_EVENTS,
            audit::event::DECLARED,
        ])
    });
    TYPES.clone()
}

impl App {
    /// Opens everything that the configuration names. The database is not migrated.
    ///
    /// # Errors
    /// Names what could not be opened.
    pub async fn open(mut config: Config) -> anyhow::Result<Self> {
        let clock = Clock::system();
        std::fs::create_dir_all(&config.data_dir)
            .with_context(|| format!("the data folder {}", config.data_dir.display()))?;
        if config.database.url.expose_secret().is_empty() {
            let file = config.data_dir.join("atrium.db");
            config.database.url = SecretString::from(format!("sqlite:{}", file.display()));
        }
        if let Some(url) = &config.server.public_url {
            config.identity.public_url = url.as_str().trim_end_matches('/').to_owned();
        }
        let db = platform::db::connect(&config.database).await.context("the database")?;
        let services = match &config.redis {
            Some(redis) => Services::redis(redis, clock.clone()).await.context("Redis")?,
            None => Services::in_process(clock.clone()),
        };
        let keyring = open_keyring(&config.data_dir)?;
        let mail = platform::mail::open(&config.mail, &config.data_dir.join("mailbox"), clock.clone())
            .context("mail")?;
        let storage = Storage::open(&config.storage, &config.data_dir).context("the storage")?;
        if let Err(error) = storage.ping().await {
            // Reason: the program can do most things without it, and a store may come back by itself.
            tracing::warn!(%error, "the storage does not answer yet");
        }
        let resolver = resolver();
        Self::assemble(Parts {
            config: Arc::new(config),
            ids: IdGen::new(clock.clone()),
            clock,
            db,
            services,
            keyring: Arc::new(keyring),
            storage,
            mailer: mail.mailer,
            mailbox: mail.mailbox,
            resolver,
        })
    }

    /// Builds the program on the given parts.
    ///
    /// # Errors
    /// If the settings of password hashing are out of range.
    pub fn assemble(mut parts: Parts) -> anyhow::Result<Self> {
        let vault = SubjectVault::new(Arc::clone(&parts.keyring), parts.clock.clone());
        parts.db = parts.db.with_vault(Arc::new(vault));
        let hasher = PasswordHasher::new(&parts.config.password).context("password hashing")?;
        let directory = Directory::new(catalogue());
        let identity = Identity::new(identity::Parts {
            config: parts.config.identity.clone(),
            hasher,
            keyring: Arc::clone(&parts.keyring),
            services: parts.services.clone(),
            catalogue: catalogue(),
            clock: parts.clock.clone(),
            ids: parts.ids.clone(),
            db: parts.db.clone(),
            resolver: Arc::clone(&parts.resolver),
            neighbours: directory.neighbours(),
        });
        let fanout = Fanout::default();
        let sealer = audit::seal::Sealer::new(
            parts.db.clone(),
            parts.clock.clone(),
            Arc::clone(&parts.keyring),
            audit::seal::kept::Kept::new(parts.storage.clone()),
        );
        let privacy = crate::privacy::privacy(&parts, &identity);
        let services = graph::Services {
            privacy: &privacy,
            config: &parts.config,
            identity: &identity,
            directory: &directory,
            fanout: &fanout,
            sealer: &sealer,
        };
        let (schema, live_schema) = (graph::schema(&services), graph::live_schema(&services));
        Ok(Self(Arc::new(Inner {
            parts,
            identity,
            schema,
            live_schema,
            sealer,
            privacy,
            fanout,
            allowances: allowances(),
            witness: Witness::default(),
        })))
    }
}

fn open_keyring(data_dir: &Path) -> anyhow::Result<Keyring> {
    let file = data_dir.join(KEY_FILE);
    keyfile::load_or_create(&file, &mut rand::rng())
        .with_context(|| format!("the key file {}", file.display()))
}

/// The machine's name servers; a machine without any can do everything but verify domains.
fn resolver() -> Arc<dyn DnsResolver> {
    match SystemResolver::new() {
        Ok(resolver) => Arc::new(resolver),
        Err(error) => {
            tracing::warn!(?error, "no name server is configured: custom domains cannot be verified");
            Arc::new(NoResolver)
        }
    }
}
