//! The world of one test: agencies, people, clock, mailbox, running nodes, and nothing that another test can see.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use gateway::app::App;
use gateway::config::{Config, Switch};
use gateway::seed;
use kernel::catalogue::SystemRole;
use kernel::clock::Clock;
use kernel::db::Db;
use kernel::id::{TenantId, TypedId as _};
use platform::mail::Captured;
use serde_json::Value;
use uuid::Uuid;

use crate::actor::{Actor, Door, PASSWORD};
use crate::database::{Content, postgres_url};
use crate::dns::Dns;
use crate::http::{self, RawAnswer};
use crate::mail::Mailbox;
use crate::node::{House, Plan};
use crate::postgres;
use crate::snapshot::Looks;

/// The world of one test. Everything in it stops and goes when it is dropped, also in a test that panics.
pub struct World {
    /// Time. Stands at the seeds' Monday morning until a test moves it.
    pub clock: Clock,
    /// The database, through connections of the test's own, for looks behind the API.
    pub db: Db,
    /// DNS records.
    pub dns: Dns,
    mailbox: Mailbox,
    door: Door,
    pub(crate) apps: Vec<App>,
    people: Mutex<HashMap<String, Actor>>,
    pub(crate) looks: Looks,
    // Invariant: dropped last, for it waits until the nodes have stopped.
    house: House,
}

/// What a world shall be like.
#[must_use]
pub struct Builder(Plan);

impl Builder {
    /// No tenants at all.
    pub fn empty(mut self) -> Self {
        self.0.content = Content::Empty;
        self
    }

    /// With limits of requests, logins, resets and sign-ups, as in production.
    pub fn rate_limits(self) -> Self {
        self.configure(|config| {
            config.limits.rates = Switch::On;
            config.identity.rate_limits = true;
        })
    }

    /// So many nodes on one database; [`Actor::on`] chooses among them.
    pub fn nodes(mut self, count: usize) -> Self {
        self.0.nodes = count;
        self
    }

    /// With other settings.
    pub fn configure(mut self, change: impl Fn(&mut Config) + Send + 'static) -> Self {
        self.0.changes.push(Box::new(change));
        self
    }

    /// Starts the world.
    ///
    /// # Panics
    /// If it cannot.
    pub async fn build(self) -> World {
        let (house, rooms) = House::open(self.0).await;
        // Reason: a connection goes back to its pool by a task of the runtime that used it, and a test's runtime stands
        // still while the house closes the pools of the nodes.
        let pools = platform::db::pools(&rooms.apps[0].config.database).await.expect("the database is there");
        let door =
            Door { client: http::client(), nodes: rooms.addresses, node: 0, clock: rooms.clock.clone() };
        World {
            clock: rooms.clock,
            db: rooms.apps[0].db.with_pools(pools.read, pools.write),
            dns: rooms.dns,
            mailbox: Mailbox::new(rooms.mailbox),
            door,
            apps: rooms.apps,
            people: Mutex::default(),
            looks: Looks::default(),
            house,
        }
    }
}

impl World {
    /// Acme and globex, both with ten people, three accounts, six projects and their tasks.
    pub async fn new() -> Self {
        Self::builder().build().await
    }

    /// No tenants.
    pub async fn empty() -> Self {
        Self::builder().empty().build().await
    }

    /// A world with wishes.
    pub fn builder() -> Builder {
        Builder(Plan { content: Content::Seeded, nodes: 1, changes: Vec::new() })
    }

    /// A seeded agency by its slug, `acme` or `globex`.
    pub fn agency(&self, slug: &'static str) -> Agency<'_> {
        Agency { world: self, slug }
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Actor {
        Actor::nobody(self.door.clone())
    }

    /// A person who signs in when first needed.
    pub fn person(&self, tenant: &str, email: &str, password: &str) -> Actor {
        Actor::person(self.door.clone(), tenant, email, password)
    }

    /// The next unread mail to an address; waits for it.
    ///
    /// # Panics
    /// If none comes.
    pub async fn mail_to(&self, address: &str) -> Arc<Captured> {
        self.mailbox.next_to(address).await
    }

    /// Every mail to an address so far, oldest first, read or not. Wait with [`World::settled`] before concluding that
    /// there is none.
    pub fn mails_to(&self, address: &str) -> Vec<Arc<Captured>> {
        self.mailbox.all_to(address)
    }

    /// Address of the first node.
    pub fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// Address of a path on the first node.
    pub fn url(&self, path: &str) -> String {
        self.door.url(path)
    }

    /// The client that requests of this world go through.
    pub fn http(&self) -> &reqwest::Client {
        &self.door.client
    }

    /// Sends bytes to the first node as they are.
    pub async fn raw(&self, bytes: &[u8]) -> RawAnswer {
        http::exchange(self.door.address(), bytes).await
    }

    /// The program that a node runs.
    pub fn app(&self, node: usize) -> &App {
        &self.apps[node]
    }

    /// Takes the database away from all nodes, and from the test.
    pub async fn lose_database(&self) {
        if let Some(server) = postgres_url() {
            let rows = self.rows("(SELECT current_database()::text AS name)", "").await;
            let name = rows[0]["name"].as_str().expect("a database has a name");
            postgres::lock_out(&server, name).await.expect("the server obeys its superuser");
        }
        for app in &self.apps {
            app.db.close().await.expect("pools close");
        }
    }

    /// Stops one node, as a deployment would; the others go on.
    pub async fn stop_node(&self, node: usize) {
        self.house.stop_node(node).await;
    }
}

/// A seeded agency.
#[derive(Clone, Copy)]
pub struct Agency<'w> {
    world: &'w World,
    slug: &'static str,
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $role:ident;)+) => {
        $($(#[$doc])* pub fn $name(&self) -> Actor { self.holding(SystemRole::$role) })+
    };
}

impl Agency<'_> {
    roles! {
        /// The owner.
        owner = Owner;
        /// The administrator.
        admin = Admin;
        /// The project manager.
        manager = ProjectManager;
        /// The team member.
        developer = TeamMember;
        /// The accountant.
        accountant = Accountant;
        /// The salesperson.
        sales = Sales;
        /// The editor.
        editor = Editor;
        /// A client's person.
        client = Client;
        /// A client's administrator.
        client_admin = ClientAdmin;
        /// The one who only looks.
        viewer = Viewer;
    }

    /// The person who holds a system role.
    pub fn holding(&self, role: SystemRole) -> Actor {
        let (_, name) = seed::ROLES.iter().find(|(held, _)| *held == role).expect("every role has a person");
        let email = self.email(name);
        let mut people = self.world.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.entry(email.clone()).or_insert_with(|| self.world.person(self.slug, &email, PASSWORD)).clone()
    }

    /// Every role with its person.
    pub fn everybody(&self) -> Vec<(SystemRole, Actor)> {
        SystemRole::ALL.into_iter().map(|role| (role, self.holding(role))).collect()
    }

    /// The address of one of its people: `pm` is `pm@acme.test`.
    pub fn email(&self, name: &str) -> String {
        format!("{name}@{}.test", self.slug)
    }

    /// Its slug.
    pub fn slug(&self) -> &'static str {
        self.slug
    }

    /// Its row in the database.
    pub async fn tenant(&self) -> Uuid {
        let rows = self.world.rows("identity_tenants", &format!("WHERE slug = '{}'", self.slug)).await;
        let id = rows.first().and_then(|row| row["id"].as_str()).expect("the agency is seeded");
        id.parse().expect("an id is a uuid")
    }

    /// Its id as the API writes it.
    pub async fn id(&self) -> String {
        TenantId::from_uuid(self.tenant().await).to_string()
    }

    /// Ids, as the API writes them, of all its rows in a table, in the order of making.
    pub async fn ids<T: kernel::id::TypedId>(&self, table: &str) -> Vec<String> {
        let tenant = Value::from(self.tenant().await.to_string());
        let rows = self.world.rows(table, "ORDER BY id").await;
        let own = rows.iter().filter(|row| row.get("tenant_id") == Some(&tenant));
        let uuid =
            |row: &crate::Row| row["id"].as_str().and_then(|id| id.parse().ok()).expect("an id is a uuid");
        own.map(|row| T::from_uuid(uuid(row)).to_string()).collect()
    }
}
