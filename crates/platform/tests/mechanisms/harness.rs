//! A migrated database of its own for each test, with two tenants, and shorthands to fill and read it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use chrono::{DateTime, TimeZone, Utc};
use futures::FutureExt;
use kernel::{
    clock::Clock,
    db::Db,
    id::{AccountId, IdGen, MembershipId, ProjectId, RoleId, TenantId, TypedId, UserId},
    locale::Locale,
    money::Currency,
    viewer::{Actor, Grants, Inner, RequestInfo, TenantInfo, Viewer},
};
use platform::{
    crypto::{Keyring, SubjectVault},
    db::pools,
    settings::DatabaseSettings,
};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestRunner},
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement, TryGetable, Value,
    sea_query::{Alias, Query},
};
use serde_json::json;
use uuid::Uuid;

/// Runs a test on an empty database of SQLite, then of PostgreSQL if a server is named.
pub async fn on_both(test: impl AsyncFn(&World)) {
    run(World::on_sqlite(10).await, &test).await;
    match postgres_url() {
        Some(url) => run(World::on_postgres(&url, 10, "").await, &test).await,
        None => eprintln!("PostgreSQL is not tested: ATRIUM_TEST_DATABASE_URL is not set"),
    }
}

/// As [`on_both`], with one connection for each kind of work, so that one that is lost or left dirty shows.
pub async fn on_both_narrow(test: impl AsyncFn(&World)) {
    run(World::on_sqlite(1).await, &test).await;
    if let Some(url) = postgres_url() {
        run(World::on_postgres(&url, 1, "").await, &test).await;
    }
}

/// Runs a test on PostgreSQL alone, if a server is named.
pub async fn on_postgres(test: impl AsyncFn(&World)) {
    on_postgres_with("", test).await;
}

/// As [`on_postgres`], in a database made with these options.
pub async fn on_postgres_with(options: &str, test: impl AsyncFn(&World)) {
    match postgres_url() {
        Some(url) => run(World::on_postgres(&url, 10, options).await, &test).await,
        None => eprintln!("PostgreSQL is not tested: ATRIUM_TEST_DATABASE_URL is not set"),
    }
}

async fn run(world: World, test: &impl AsyncFn(&World)) {
    eprintln!("on {:?}", world.db.backend());
    let done = AssertUnwindSafe(test(&world)).catch_unwind().await;
    world.close().await;
    if let Err(panic) = done {
        std::panic::resume_unwind(panic);
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this")]
fn postgres_url() -> Option<String> {
    std::env::var("ATRIUM_TEST_DATABASE_URL").ok()
}

/// A database with two tenants.
pub struct World {
    pub db: Db,
    pub clock: Clock,
    pub ids: IdGen,
    pub acme: TenantInfo,
    pub other: TenantInfo,
    systems: [Viewer; 2],
    pub settings: DatabaseSettings,
    place: Place,
}

enum Place {
    Folder { _folder: tempfile::TempDir },
    Server { admin: DatabaseConnection, name: String },
}

impl World {
    async fn on_sqlite(connections: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::migrated(url, connections, Place::Folder { _folder: folder }).await
    }

    async fn on_postgres(server: &str, connections: u32, options: &str) -> Self {
        let admin = sea_orm::Database::connect(server).await.unwrap();
        let name =
            format!("mechanisms_{}", IdGen::new(Clock::system()).generate::<ProjectId>().uuid().simple());
        admin.execute_unprepared(&format!("CREATE DATABASE {name} {options}")).await.unwrap();
        let mut url = url::Url::parse(server).unwrap();
        url.set_path(&name);
        Self::migrated(url.to_string(), connections, Place::Server { admin, name }).await
    }

    async fn migrated(url: String, connections: u32, place: Place) -> Self {
        let settings = DatabaseSettings {
            url: url.into(),
            max_connections: connections,
            acquire_timeout_s: 10,
            ..DatabaseSettings::default()
        };
        let opened = pools(&settings).await.unwrap();
        migrations::up(&opened.write).await.unwrap();
        let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 3, 2, 9, 30, 0).unwrap());
        let ids = IdGen::new(clock.clone());
        let (acme, other) = (tenant("acme", &ids), tenant("other", &ids));
        let keyring = Keyring::from_keys([("test".to_owned(), [7; 32])], "test").unwrap();
        let vault = SubjectVault::new(Arc::new(keyring), clock.clone());
        let db = Db::new(opened.read, opened.write).with_vault(Arc::new(vault));
        let systems =
            [&acme, &other].map(|tenant| Viewer::system(tenant.clone(), clock.clone(), ids.clone()));
        let world = Self { db, clock, ids, acme, other, systems, settings, place };
        world.add_tenant(&world.acme).await;
        world.add_tenant(&world.other).await;
        world
    }

    /// A second handle with connections of its own, as another process would have.
    pub async fn another_node(&self) -> Db {
        platform::db::connect(&self.settings).await.unwrap()
    }

    async fn close(self) {
        self.db.close().await.unwrap();
        if let Place::Server { admin, name } = self.place {
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
            admin.close().await.unwrap();
        }
    }

    pub fn is_postgres(&self) -> bool {
        self.db.backend() == DbBackend::Postgres
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The platform acting in the first tenant.
    pub fn system(&self) -> &Viewer {
        &self.systems[0]
    }

    /// The platform acting in the second tenant.
    pub fn system_of_other(&self) -> &Viewer {
        &self.systems[1]
    }

    /// A person of the first tenant with these grants; a client if there is an account.
    pub fn person(&self, user: UserId, account: Option<AccountId>, grants: Grants) -> Viewer {
        Viewer::from(Inner {
            tenant: self.acme.clone(),
            actor: Actor::User(user),
            membership: None,
            account,
            session: None,
            grants: Arc::new(grants),
            now: self.now(),
            request: RequestInfo::default(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        })
    }

    /// Writes a row past the act, for what a test needs to be there.
    pub async fn row<const N: usize>(&self, table: &'static str, cells: [(&'static str, Value); N]) {
        let mut insert = Query::insert();
        let (columns, values): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
        insert.into_table(Alias::new(table)).columns(columns);
        insert.values(values.into_iter().map(sea_orm::sea_query::Expr::val)).unwrap();
        self.db.writer().execute(&insert).await.unwrap();
    }

    async fn add_tenant(&self, tenant: &TenantInfo) {
        let now = self.now();
        self.row(
            "identity_tenants",
            [
                ("id", tenant.id.into()),
                ("slug", tenant.slug.as_str().into()),
                ("name", tenant.slug.as_str().into()),
                ("default_locale", "en".into()),
                ("time_zone", "UTC".into()),
                ("currency", "EUR".into()),
                ("working_week", 31.into()),
                ("working_day_minutes", 480.into()),
                ("plan", "business".into()),
                ("status", "active".into()),
                ("limit_overrides", json!({}).into()),
                ("registration", "invitation".into()),
                ("registration_domains", json!([]).into()),
                ("created_at", now.into()),
                ("updated_at", now.into()),
            ],
        )
        .await;
    }

    /// A person who is a member of both tenants.
    pub async fn user(&self, name: &str) -> UserId {
        let (user, now): (UserId, _) = (self.ids.generate(), self.now());
        self.row(
            "identity_users",
            [
                ("id", user.into()),
                ("email", format!("{name}-{user}@example.com").into()),
                ("given_name", name.into()),
                ("family_name", "Example".into()),
                ("locale", "en".into()),
                ("time_zone", "UTC".into()),
                ("created_at", now.into()),
                ("updated_at", now.into()),
            ],
        )
        .await;
        for tenant in [&self.acme, &self.other] {
            self.row(
                "identity_memberships",
                [
                    ("id", self.ids.generate::<MembershipId>().into()),
                    ("tenant_id", tenant.id.into()),
                    ("user_id", user.into()),
                    ("status", "active".into()),
                    ("joined_at", now.into()),
                    ("created_at", now.into()),
                    ("updated_at", now.into()),
                ],
            )
            .await;
        }
        user
    }

    /// A role of a tenant.
    pub async fn role(&self, tenant: &TenantInfo, key: &str) -> RoleId {
        let (role, now): (RoleId, _) = (self.ids.generate(), self.now());
        self.row(
            "identity_roles",
            [
                ("id", role.into()),
                ("tenant_id", tenant.id.into()),
                ("key", key.into()),
                ("name", key.into()),
                ("description", "".into()),
                ("system", false.into()),
                ("created_at", now.into()),
                ("updated_at", now.into()),
            ],
        )
        .await;
        role
    }

    /// The rows that a statement without values answers.
    pub async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        self.db.query_all_raw(Statement::from_string(self.db.backend(), sql)).await.unwrap()
    }

    /// The first column of the first row that a statement without values answers.
    pub async fn one<T: TryGetable>(&self, sql: &str) -> T {
        self.rows(sql).await[0].try_get_by_index(0).unwrap()
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        self.one(&format!("SELECT count(*) FROM {table}")).await
    }
}

fn tenant(slug: &str, ids: &IdGen) -> TenantInfo {
    TenantInfo {
        id: ids.generate::<TenantId>(),
        slug: slug.to_owned(),
        locale: Locale::default(),
        currency: Currency::default(),
        time_zone: chrono_tz::UTC,
        working_week: Default::default(),
    }
}

/// A grant of one permission.
pub fn granting(permission: kernel::viewer::Permission, grant: kernel::viewer::Grant) -> Grants {
    Grants::Some(std::collections::HashMap::from([(permission.name, grant)]))
}

/// The uuid of any id.
pub fn uuid(id: impl TypedId) -> Uuid {
    id.uuid()
}

/// Runs cases of a property; the test must be on a runtime with more than one thread.
pub fn property<S: Strategy>(cases: u32, strategy: &S, test: impl AsyncFn(S::Value)) {
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let done = tokio::task::block_in_place(|| {
        runner.run(strategy, |value| {
            tokio::runtime::Handle::current().block_on(test(value));
            Ok(())
        })
    });
    if let Err(error) = done {
        panic!("{error}");
    }
}
