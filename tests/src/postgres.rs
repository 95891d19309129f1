//! Databases on the PostgreSQL server of tests: templates, their copies, and what killed runs left behind.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbErr, Statement};

use crate::database::{Content, unique_name};
use crate::template;

/// Seconds after which what another run made is taken for left behind.
const STALE: u64 = 60 * 60;

/// Taken by whoever builds a template or clears up ("atrmtest" as big-endian bytes).
const LOCK: i64 = i64::from_be_bytes(*b"atrmtest");

/// A database copied from a template.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) url: String,
    name: String,
    server: String,
}

impl Copy {
    /// Copies a template, which is built first if it is not there.
    pub(crate) async fn of(server: &str, content: Content) -> Result<Self, DbErr> {
        let template = template(server, content).await?;
        let name = format!("atrium_world_{}_{}", now(), unique_name());
        let admin = admin(server).await?;
        let copied = admin.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        admin.close().await?;
        copied?;
        Ok(Self { url: url_of(server, &name), name, server: server.to_owned() })
    }

    /// Drops the database, cutting connections that are still open.
    pub(crate) async fn drop(self) {
        let dropped = async {
            let admin = admin(&self.server).await?;
            drop_database(&admin, &self.name).await?;
            admin.close().await
        };
        if let Err(error) = dropped.await {
            eprintln!("the database {} stays behind for an hour: {error}", self.name);
        }
    }
}

/// Lets nobody into a database any more, and cuts who is in.
pub(crate) async fn lock_out(server: &str, name: &str) -> Result<(), DbErr> {
    let admin = admin(server).await?;
    admin.execute_unprepared(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await?;
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin.execute_unprepared(&cut).await?;
    admin.close().await
}

/// The name of the template with this content.
async fn template(server: &str, content: Content) -> Result<String, DbErr> {
    static READY: OnceLock<String> = OnceLock::new();
    let key = template::key().map_err(|error| DbErr::Custom(error.to_string()))?;
    let base = format!("atrium_template_{key}");
    if READY.get().is_none() {
        // Race: many processes begin at once; the lock lasts as long as this one connection.
        let admin = admin(server).await?;
        admin.execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
        let there = names(&admin, &format!("{base}_%")).await?.len() == Content::ALL.len();
        if !there {
            clear_up(&admin).await?;
            build(&admin, server, &base).await?;
        }
        admin.close().await?;
        let _ = READY.set(base.clone());
    }
    Ok(format!("{base}_{}", content.name()))
}

/// Builds both templates. The one that is complete last gets its name last.
async fn build(admin: &DatabaseConnection, server: &str, base: &str) -> Result<(), DbErr> {
    for left in names(admin, &format!("{base}_%")).await? {
        drop_database(admin, &left).await?;
    }
    let draft = format!("atrium_world_{}_draft", now());
    drop_database(admin, &draft).await?;
    admin.execute_unprepared(&format!("CREATE DATABASE {draft} TEMPLATE template0")).await?;
    let copy = async || {
        let copy = format!("CREATE DATABASE {base}_{} TEMPLATE {draft}", Content::Empty.name());
        admin.execute_unprepared(&copy).await.map(drop).map_err(std::io::Error::other)
    };
    let filled = template::fill(&url_of(server, &draft), copy).await;
    filled.map_err(|error| DbErr::Custom(error.to_string()))?;
    let rename = format!("ALTER DATABASE {draft} RENAME TO {base}_{}", Content::Seeded.name());
    admin.execute_unprepared(&rename).await?;
    let built = format!("COMMENT ON DATABASE {base}_{} IS '{}'", Content::Seeded.name(), now());
    admin.execute_unprepared(&built).await?;
    Ok(())
}

/// Drops worlds of killed runs, and templates of other builds that nobody can be using any more.
async fn clear_up(admin: &DatabaseConnection) -> Result<(), DbErr> {
    let horizon = now().saturating_sub(STALE);
    let of_world = |name: &String| name.split('_').nth(2).and_then(|made| made.parse::<u64>().ok());
    let worlds = names(admin, "atrium_world_%").await?;
    for world in worlds.iter().filter(|name| of_world(name).is_some_and(|made| made < horizon)) {
        drop_database(admin, world).await?;
    }
    let old = format!(
        "SELECT datname FROM pg_database WHERE datname LIKE 'atrium_template_%_seeded' \
         AND coalesce(nullif(shobj_description(oid, 'pg_database'), ''), '0')::bigint < {horizon}"
    );
    for template in query_names(admin, &old).await? {
        let stem = template.trim_end_matches("_seeded");
        for content in Content::ALL {
            drop_database(admin, &format!("{stem}_{}", content.name())).await?;
        }
    }
    Ok(())
}

async fn drop_database(admin: &DatabaseConnection, name: &str) -> Result<(), DbErr> {
    admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.map(drop)
}

async fn names(admin: &DatabaseConnection, like: &str) -> Result<Vec<String>, DbErr> {
    query_names(admin, &format!("SELECT datname FROM pg_database WHERE datname LIKE '{like}'")).await
}

async fn query_names(admin: &DatabaseConnection, sql: &str) -> Result<Vec<String>, DbErr> {
    let rows = admin.query_all_raw(Statement::from_string(admin.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get("", "datname")).collect()
}

async fn admin(server: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(server);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await
}

fn url_of(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("ATRIUM_TEST_DATABASE_URL is a URL");
    url.set_path(name);
    url.into()
}

/// Seconds since 1970. Not the clock of a world: how old a left-over is, is a matter of the machine.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}
