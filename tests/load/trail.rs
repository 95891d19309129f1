//! A long trail: how fast it is sealed, read by filters, exported and checked.

use std::time::{Duration, Instant};

use audit::{
    seal::Sealer,
    verify::{Outside, database},
};
use kernel::{clock::Clock, db::Db, id::TypedId as _};
use platform::settings::DatabaseSettings;
use sea_orm::{ConnectionTrait as _, DbBackend};
use serde_json::{Value, json};

use crate::{
    client::{load, once, request},
    process::{Cluster, Gateway},
    sign_in, variable,
};

/// Entries that one statement writes, well within the time that a statement has.
const AT_ONCE: u64 = 50_000;

/// Milliseconds from one entry to the next: a million are ten months.
const APART: u64 = 25_920;

/// How long each page is asked for.
const LENGTH: Duration = Duration::from_secs(2);

/// What a page shall take, in milliseconds.
const PAGE: f64 = 50.0;

/// What a second of a check shall do.
const CHECKED: f64 = 200_000.0;

/// Measures one database and prints a table.
///
/// # Errors
/// If the gateway or the database refuses.
pub async fn measure(cluster: Option<Cluster>) -> std::io::Result<()> {
    let entries = variable("ATRIUM_BENCH_ENTRIES").and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let gateway = Gateway::seeded(cluster, "s")?;
    let trail = Trail::open(&gateway, entries).await?;
    let name = if gateway.cluster.is_some() { "PostgreSQL" } else { "SQLite" };
    println!("\n{name}: a trail of {entries} entries\n");
    trail.fill().await?;
    trail.pages(&gateway).await?;
    trail.export(&gateway).await?;
    trail.check(&gateway).await?;
    trail.db.close().await.map_err(std::io::Error::other)
}

struct Trail {
    db: Db,
    entries: u64,
    /// The time of the first entry, in milliseconds since 1970.
    begins: u64,
}

impl Trail {
    async fn open(gateway: &Gateway, entries: u64) -> std::io::Result<Self> {
        let file = || format!("sqlite:{}", gateway.folder().join("atrium.db").display());
        let url = gateway.cluster.as_ref().map_or_else(file, |cluster| cluster.url.clone());
        let settings =
            DatabaseSettings { url: url.into(), statement_timeout_s: 0, ..DatabaseSettings::default() };
        let pools = platform::db::pools(&settings).await.map_err(std::io::Error::other)?;
        let now = Clock::system().now().timestamp_millis().unsigned_abs();
        Ok(Self { db: Db::new(pools.read, pools.write), entries, begins: now - (entries + 1) * APART })
    }

    async fn execute(&self, sql: &str) -> std::io::Result<()> {
        let done = self.db.writer().execute_unprepared(sql).await;
        done.map(drop).map_err(|error| std::io::Error::other(format!("{error}\n{sql}")))
    }

    async fn number(&self, sql: &str) -> std::io::Result<i64> {
        let select = sea_orm::Statement::from_string(self.db.backend(), sql);
        let row = self.db.query_one_raw(select).await.map_err(std::io::Error::other)?;
        let row = row.ok_or_else(|| std::io::Error::other("no row"))?;
        row.try_get_by_index(0).map_err(std::io::Error::other)
    }

    /// Writes the entries, and waits until the gateway has sealed them.
    async fn fill(&self) -> std::io::Result<()> {
        if self.db.backend() == DbBackend::Postgres {
            let months = format!(
                "SELECT audit_ensure_month(month) FROM generate_series(to_timestamp({}::float8 / 1000), now(), '1 month') month",
                self.begins
            );
            self.execute(&months).await?;
        }
        let begun = Instant::now();
        for from in (0..self.entries).step_by(AT_ONCE as usize) {
            self.execute(&self.some(from, self.entries.min(from + AT_ONCE))).await?;
        }
        println!("written in {:.0} s by SQL alone", begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let waiting = self.number("SELECT count(*) FROM audit_unsealed").await?;
        while self.number("SELECT count(*) FROM audit_unsealed").await? > 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let took = begun.elapsed().as_secs_f64();
        println!("sealed by the gateway: {:.0} entries/s", waiting as f64 / took);
        self.execute("ANALYZE").await
    }

    /// The statement that writes entries by their numbers. One in 10 000 is rare, one in 20 of each other act.
    fn some(&self, from: u64, until: u64) -> String {
        let tenant = "(SELECT id FROM identity_tenants WHERE slug = 'load')";
        let last = until - 1;
        let (time, id, uuid, source) = match self.db.backend() {
            DbBackend::Postgres => (
                format!("to_timestamp(({} + i * {APART}) / 1000.0)", self.begins),
                format!(
                    "(lpad(to_hex({} + i * {APART}), 12, '0') || '70008' || lpad(to_hex(i), 15, '0'))::uuid",
                    self.begins
                ),
                "(lpad(to_hex({}), 32, '0'))::uuid",
                format!("generate_series({from}::bigint, {last}) i"),
            ),
            _ => (
                format!(
                    "strftime('%Y-%m-%dT%H:%M:%S+00:00', ({} + i * {APART}) / 1000, 'unixepoch')",
                    self.begins
                ),
                format!("unhex(printf('%012x70008%015x', {} + i * {APART}, i))", self.begins),
                "unhex(printf('%032x', {}))",
                format!(
                    "(WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) SELECT i FROM n)"
                ),
            ),
        };
        let uuid = |number: &str| uuid.replace("{}", number);
        // Reason: on PostgreSQL whoever writes entries notes that they wait.
        let [begin, end] = match self.db.backend() {
            DbBackend::Postgres => [
                "WITH entry AS (",
                " RETURNING id, tenant_id) INSERT INTO audit_unsealed (entry_id, tenant_id, since) SELECT id, tenant_id, now() FROM entry",
            ],
            _ => ["", ""],
        };
        format!(
            "{begin}INSERT INTO audit_entries (id, tenant_id, occurred_at, actor_kind, actor_id, action, subject_type, subject_id, \
             subject_label, changes, personal, outcome, severity, request_id, operation) \
             SELECT {id}, {tenant}, {time}, 'user', {}, \
             CASE WHEN i % 10000 = 7 THEN 'identity.role.delete' WHEN i % 20 = 0 THEN 'crm.account.update' \
             WHEN i % 20 < 4 THEN 'projects.project.update' ELSE 'projects.task.update' END, 'Task', {}, \
             CASE WHEN i % 100000 = 99 THEN 'Zephyr ' || i ELSE 'Task number ' || (i % 20000) END, \
             '{{\"status\":[\"todo\",\"done\"],\"title\":[\"What was to be done before\",\"What is to be done now\"],\"version\":[1,2]}}', \
             '{{}}', CASE WHEN i % 5000 = 1 THEN 'denied' ELSE 'success' END, \
             CASE WHEN i % 10000 = 3 THEN 'critical' WHEN i % 1000 = 3 THEN 'warning' ELSE 'info' END, \
             'request-' || i, 'UpdateTask' FROM {source}{end}",
            uuid("i % 50 + 1"),
            uuid("i % 20000 + 1"),
        )
    }

    async fn pages(&self, gateway: &Gateway) -> std::io::Result<()> {
        println!("\n| 50 entries by | p50 ms | p99 ms | of {PAGE:.0} |");
        println!("|---|---|---|---|");
        let token = sign_in(&gateway.address).await?;
        let id = uuid::Uuid::from_u128(8);
        let actor = kernel::id::UserId::from_uuid(id).to_string();
        let subject = kernel::id::TaskId::from_uuid(id).to_string();
        let at = |share: u64| {
            let millis = self.begins + self.entries * APART / 100 * share;
            let at = chrono::DateTime::from_timestamp_millis(millis as i64).unwrap_or_default();
            at.to_rfc3339()
        };
        let (early, later) = (at(2), at(3));
        let filters = [
            ("nothing", String::new()),
            ("actor", format!("actor: \"{actor}\"")),
            ("rare act", "actionPrefix: \"identity.role\"".to_owned()),
            ("frequent act", "actionPrefix: \"projects.\"".to_owned()),
            ("subject", format!("subject: \"{subject}\"")),
            ("time", format!("since: \"{early}\", until: \"{later}\"")),
            ("severity", "severity: [CRITICAL]".to_owned()),
            ("outcome", "outcome: [DENIED, FAILURE]".to_owned()),
            ("rare text", "text: \"zephyr\"".to_owned()),
            ("frequent text", "text: \"number\"".to_owned()),
            ("text of a twentieth", "text: \"account\"".to_owned()),
            ("text that is nowhere", "text: \"xylophone\"".to_owned()),
            ("request id", format!("text: \"request-{}\"", self.entries / 3)),
            ("actor and frequent text", format!("actor: \"{actor}\", text: \"number\"")),
            ("actor, act, time", format!("actor: \"{actor}\", actionPrefix: \"crm.\", until: \"{later}\"")),
            ("severity and text", "severity: [WARNING], text: \"task\"".to_owned()),
            ("deep: the first days", format!("until: \"{early}\"")),
            ("deep: actor in the first days", format!("actor: \"{actor}\", until: \"{early}\"")),
        ];
        let fields = "nodes { id occurredAt action subjectType subjectLabel outcome severity requestId operation } \
                      pageInfo { hasNextPage endCursor }";
        for (name, filter) in filters {
            let query = format!("{{ auditEntries(first: 50, filter: {{ {filter} }}) {{ {fields} }} }}");
            self.page(gateway, &token, name, &query).await?;
        }
        let last = format!("{{ auditEntries(last: 50) {{ {fields} }} }}");
        self.page(gateway, &token, "deep: the last page", &last).await
    }

    async fn page(&self, gateway: &Gateway, token: &str, name: &str, query: &str) -> std::io::Result<()> {
        let run = load(&gateway.address, &request(&gateway.address, Some(token), query), 1, LENGTH).await?;
        let [p50, p99] = [run.p50, run.p99].map(|time| time.as_secs_f64() * 1e3);
        println!("| {name} | {p50:.1} | {p99:.1} | {:.2} × |", p99 / PAGE);
        Ok(())
    }

    async fn export(&self, gateway: &Gateway) -> std::io::Result<()> {
        let token = sign_in(&gateway.address).await?;
        for format in ["JSONL", "CSV"] {
            let ask = format!("mutation {{ exportAudit(input: {{ format: {format} }}) {{ url }} }}");
            let (_, answer) = once(&gateway.address, &request(&gateway.address, Some(&token), &ask)).await?;
            let url = answer.pointer("/data/exportAudit/url").and_then(Value::as_str);
            let url = url.ok_or_else(|| std::io::Error::other(format!("no export: {answer}")))?;
            let place = url.find("/audit/").map_or(url, |at| &url[at..]);
            let (before, begun) = (gateway.memory(), Instant::now());
            #[expect(clippy::disallowed_methods, reason = "a benchmark asks once")]
            let answer = reqwest::get(format!("http://{}{place}", gateway.address)).await;
            let mut answer = answer.map_err(std::io::Error::other)?;
            let mut bytes = 0;
            while let Some(chunk) = answer.chunk().await.map_err(std::io::Error::other)? {
                bytes += chunk.len();
            }
            let took = begun.elapsed().as_secs_f64();
            println!(
                "\nexport {format}: {:.0} MB in {took:.1} s, {:.0} entries/s; memory {before:.0} MiB before, peak {:.0} MiB",
                bytes as f64 / 1e6,
                self.entries as f64 / took,
                gateway.peak()
            );
        }
        Ok(())
    }

    async fn check(&self, gateway: &Gateway) -> std::io::Result<()> {
        let refused = |error: kernel::Error| std::io::Error::other(format!("{error:?}"));
        let keys = gateway.folder().join(gateway::app::KEY_FILE);
        let keyring = platform::crypto::keyfile::load_or_create(&keys, &mut rand::rng());
        let keyring = keyring.map_err(|error| std::io::Error::other(format!("{error:?}")))?;
        let kept = audit::seal::kept::Kept::new(platform::storage::Storage::in_memory());
        let sealer = Sealer::new(self.db.clone(), Clock::system(), std::sync::Arc::new(keyring), kept);
        let tenant = identity::tenant::find_by_slug(&self.db, "load").await.map_err(refused)?;
        let tenant = tenant.ok_or_else(|| std::io::Error::other("no agency"))?;
        let begun = Instant::now();
        let report =
            database::verify(&self.db, &sealer, tenant.id, &Outside::default()).await.map_err(refused)?;
        let rate = report.entries as f64 / begun.elapsed().as_secs_f64();
        println!(
            "check of the database: {rate:.0} entries/s = {:.2} × of {CHECKED:.0}; sound: {}; problems: {}",
            rate / CHECKED,
            report.is_sound(),
            json!(report.first())
        );
        Ok(())
    }
}
