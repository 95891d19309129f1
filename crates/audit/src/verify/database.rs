//! The check of a tenant's trail in the database: every entry against its leaf, the leaves against stored nodes, the
//! tree's end and every signed head, the keys against the keyring, and a head that somebody kept outside.
//!
//! It takes no snapshot, so that it may take as long as it needs; what is sealed meanwhile is checked, too. Whatever is
//! read first cannot speak of more than what is read after it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kernel::{
    db::Db,
    error::{Error, Result},
    id::{TenantId, TypedId},
};
use sea_orm::{ConnectionTrait, QueryResult};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{
    Keys, Outside, Problem, ProblemKind, Report, waiting,
    walk::{Passed, Walk},
};
use crate::{
    keep::archive::{self, Covered},
    merkle::TILE_LEVELS,
    seal::{
        Sealer, heads, keys, row,
        store::{self, Note, count, number, statement},
    },
};

/// Leaves that one statement reads.
const BATCH: usize = 4_096;

/// Batches that are read or hashed while one is passed.
const AHEAD: usize = 3;

/// Heads that one statement reads.
const HEADS: usize = 1_000;

/// How often the end is looked for while the tree grows.
const TRIES: u32 = 10;

/// Strays that are named.
const NAMED: u64 = 50;

/// Checks the whole trail of a tenant.
///
/// # Errors
/// If the database does not answer. What is wrong with the trail is no error but the report's.
pub async fn verify(db: &Db, sealer: &Sealer, tenant: TenantId, outside: &Outside) -> Result<Report> {
    let tenant = tenant.uuid();
    let mut report = Report::default();
    let keys = believed(db, sealer, tenant, outside, &mut report).await?;
    let mut walk = Walk::new(tenant, keys, report);
    if let Some(head) = &outside.head {
        walk.keep(head.clone());
    }
    let mut check = Check { db, tenant, walk, forged: BTreeSet::new() };
    check.order().await?;
    check.end().await?;
    check.counts().await?;
    check.strays().await?;
    check.waiting().await?;
    Ok(check.walk.finish())
}

/// The keys whose signatures are believed: those given, or those that the keyring proves to be as they were made.
async fn believed(
    db: &Db,
    sealer: &Sealer,
    tenant: Uuid,
    outside: &Outside,
    report: &mut Report,
) -> Result<Keys> {
    let mut genuine = Vec::new();
    for key in keys::of_tenants(db, &[tenant]).await? {
        if !key.is_genuine(sealer.keyring()) {
            let text = format!("the audit key {} is not as it was made", key.id);
            report.add(Problem::new(ProblemKind::Key, text));
        } else if outside.keys.as_ref().is_some_and(|keys| !keys.contains(&key.public)) {
            let text = format!("the audit key {} is none of those given", key.id);
            report.add(Problem::new(ProblemKind::Key, text));
        } else {
            genuine.push(key.public);
        }
    }
    Ok(Keys(outside.keys.clone().unwrap_or(genuine)))
}

struct Check<'a> {
    db: &'a Db,
    tenant: Uuid,
    walk: Walk,
    /// Archives that were named as forged.
    forged: BTreeSet<Uuid>,
}

impl Check<'_> {
    /// Every leaf in its order; those that come next are read and hashed on other threads meanwhile.
    async fn order(&mut self) -> Result<()> {
        let mut next = Some(self.walk.place());
        let mut ahead = VecDeque::with_capacity(AHEAD);
        loop {
            while let (Some(from), true) = (next, ahead.len() < AHEAD) {
                next = boundary(self.db, self.tenant, from).await?;
                let read = passage(self.db.clone(), self.tenant, from, next);
                ahead.push_back(AbortOnDropHandle::new(tokio::spawn(read)));
            }
            let Some(read) = ahead.pop_front() else { return Ok(()) };
            let leaves = read.await.map_err(unfinished)??;
            let Some(last) = leaves.last() else { continue };
            let covered = self.covered(&leaves).await?;
            self.heads(last.seq + 1).await?;
            for leaf in &leaves {
                let removed = leaf.found.is_none() && covered.iter().any(|archive| archive.has(leaf.seq));
                self.walk.leaf(leaf, removed);
            }
            self.nodes().await?;
        }
    }

    /// Reads heads up to the first of more than `size` entries.
    ///
    /// Reason: a head that is signed after leaves were read speaks of those at least, so heads that are read after
    /// them are complete for them.
    async fn heads(&mut self, size: u64) -> Result<()> {
        while self.walk.wants_heads(size) {
            let heads = heads::heads_after(self.db, self.tenant, self.walk.last_head(), HEADS as u64).await?;
            let full = heads.len() == HEADS;
            self.walk.announce(heads);
            if !full {
                break;
            }
        }
        Ok(())
    }

    /// The archives that say of any of these leaves' entries that they were removed.
    async fn covered(&mut self, leaves: &[Passed]) -> Result<Vec<Covered>> {
        let mut gone = leaves.iter().filter(|leaf| leaf.found.is_none()).map(|leaf| leaf.seq);
        let Some(first) = gone.next() else { return Ok(Vec::new()) };
        let behind = gone.next_back().unwrap_or(first) + 1;
        let (covered, forged) =
            archive::covered(self.db, self.tenant, self.walk.keys(), first, behind).await?;
        for archive in forged {
            if self.forged.insert(archive) {
                self.walk.forged(archive);
            }
        }
        Ok(covered)
    }

    /// The stored nodes that this batch completed.
    async fn nodes(&mut self) -> Result<()> {
        let completed = self.walk.take_completed();
        let mut spans: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        for (level, position) in completed.keys() {
            let span = spans.entry(*level).or_insert((*position, *position));
            span.1 = (*position).max(span.1);
        }
        if spans.is_empty() {
            return Ok(());
        }
        let parts: Vec<String> = spans
            .iter()
            .map(|(level, (first, last))| format!("level = {level} AND position BETWEEN {first} AND {last}"))
            .collect();
        let sql = format!(
            "SELECT level, position, hash FROM audit_nodes WHERE tenant_id = $1 AND ({})",
            parts.join(" OR ")
        );
        let mut stored = BTreeMap::new();
        for row in self.db.query_all_raw(statement(self.db, sql, vec![self.tenant.into()])).await? {
            let level: i32 = row.try_get_by_index(0)?;
            stored.insert((level.unsigned_abs(), count(&row, 1)?), row::hash(&row, 2)?);
        }
        for ((level, position), hash) in completed {
            if stored.get(&(level, position)) != Some(&Some(hash)) {
                self.walk.bad_node(level, position);
            }
        }
        Ok(())
    }

    /// The tree's end: its note, and heads of more entries than there are.
    async fn end(&mut self) -> Result<()> {
        let mut note = Note::default();
        for _ in 0..TRIES {
            note = store::note_of(self.db, self.tenant).await?;
            self.heads(u64::MAX).await?;
            let before = self.walk.place();
            self.order().await?;
            if note.size >= self.walk.place() || before == self.walk.place() {
                break;
            }
        }
        self.walk.end(&note);
        Ok(())
    }

    /// Whether anything is there that the walk did not come by: leaves and nodes beside their places.
    async fn counts(&mut self) -> Result<()> {
        let place = self.walk.place();
        let sql = "SELECT count(*) FROM audit_leaves WHERE tenant_id = $1 AND seq < $2";
        let select = statement(self.db, sql, vec![self.tenant.into(), number(place).into()]);
        let row = self.db.query_one_raw(select).await?;
        let leaves = row.map(|row| count(&row, 0)).transpose()?.unwrap_or_default();
        if leaves > place {
            self.walk.stray_leaves(leaves - place);
        }
        let sql = "SELECT level, count(*), min(position), max(position) FROM audit_nodes WHERE tenant_id = $1 \
                   GROUP BY level ORDER BY level";
        let levels = self.db.query_all_raw(statement(self.db, sql, vec![self.tenant.into()])).await?;
        let size = store::note_of(self.db, self.tenant).await?.size.max(place);
        for row in levels {
            let (level, first, last): (i32, i64, i64) =
                (row.try_get_by_index(0)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            let level = level.unsigned_abs();
            let most = size.checked_shr(level).unwrap_or(0);
            let last = u64::try_from(last).unwrap_or(u64::MAX);
            if level == 0 || !level.is_multiple_of(TILE_LEVELS) || first < 0 || last >= most {
                self.walk.stray_node(level);
            }
        }
        Ok(())
    }

    /// Entries that are not in the order and do not wait for it, and places in the queue whose entries are gone.
    async fn strays(&mut self) -> Result<()> {
        let sql = format!(
            "SELECT e.id FROM audit_entries e WHERE e.tenant_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM audit_leaves l WHERE l.entry_id = e.id AND l.tenant_id = e.tenant_id) \
             AND NOT EXISTS (SELECT 1 FROM audit_unsealed u WHERE u.entry_id = e.id) ORDER BY e.id LIMIT {NAMED}"
        );
        for row in self.db.query_all_raw(statement(self.db, sql, vec![self.tenant.into()])).await? {
            self.walk.inserted(row.try_get_by_index(0)?);
        }
        let sql = format!(
            "SELECT u.entry_id FROM audit_unsealed u WHERE u.tenant_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM audit_entries e WHERE e.id = u.entry_id) ORDER BY u.entry_id LIMIT {NAMED}"
        );
        for row in self.db.query_all_raw(statement(self.db, sql, vec![self.tenant.into()])).await? {
            self.walk.removed_before_sealing(row.try_get_by_index(0)?);
        }
        let sql = format!(
            "SELECT u.entry_id, l.seq FROM audit_unsealed u \
             JOIN audit_leaves l ON l.entry_id = u.entry_id AND l.tenant_id = u.tenant_id \
             WHERE u.tenant_id = $1 ORDER BY u.entry_id LIMIT {NAMED}"
        );
        for row in self.db.query_all_raw(statement(self.db, sql, vec![self.tenant.into()])).await? {
            self.walk.waits_although_sealed(row.try_get_by_index(0)?, count(&row, 1)?);
        }
        Ok(())
    }

    /// What waits to be sealed, and whether anybody seals.
    async fn waiting(&mut self) -> Result<()> {
        let all = waiting::queue(self.db, self.tenant).await?;
        let (unsealed, since) = (all.entries, all.since);
        self.walk.unsealed(unsealed, since);
        if all.overdue == 0 {
            return Ok(());
        }
        let cause = match store::tree_of(self.db, self.tenant).await {
            Ok(tree) => format!(
                "nobody seals, or the sealer fails at what comes after place {}",
                tree.frontier.size()
            ),
            Err(_) => {
                "the note of the tree's end is damaged, and nothing is sealed until it is mended".to_owned()
            }
        };
        let place = self.walk.place();
        self.walk.overdue(place, all.overdue, all.first, since, &cause);
        Ok(())
    }
}

/// The first place of the leaves behind a batch that begins at a place; none if there are no more.
///
/// Reason: places that are empty cost nothing, however many somebody made them.
async fn boundary(db: &Db, tenant: Uuid, from: u64) -> Result<Option<u64>> {
    let sql = format!(
        "SELECT seq FROM audit_leaves WHERE tenant_id = $1 AND seq >= $2 ORDER BY seq LIMIT 1 OFFSET {BATCH}"
    );
    let row = db.query_one_raw(statement(db, sql, vec![tenant.into(), number(from).into()])).await?;
    // Reason: a place that somebody took very often is passed whole.
    row.map(|row| Ok(count(&row, 0)?.max(from + 1))).transpose()
}

/// The leaves of places from `from` up to `until`, each hashed with its entry.
async fn passage(db: Db, tenant: Uuid, from: u64, until: Option<u64>) -> Result<Vec<Passed>> {
    let sql = format!(
        "SELECT l.seq, l.entry_id, l.hash, {} FROM audit_leaves l LEFT JOIN audit_entries e ON e.id = l.entry_id \
         WHERE l.tenant_id = $1 AND l.seq >= $2 AND l.seq <= $3 ORDER BY l.seq",
        row::COLUMNS
    );
    let last = number(until.map_or(u64::MAX, |until| until - 1));
    let rows = db.query_all_raw(statement(&db, sql, vec![tenant.into(), number(from).into(), last.into()]));
    let rows = rows.await?;
    let hashing = tokio::task::spawn_blocking(move || {
        let mut buffer = Vec::with_capacity(1_024);
        rows.iter().map(|row| passed(row, &mut buffer)).collect()
    });
    hashing.await.map_err(unfinished)?
}

fn passed(row: &QueryResult, buffer: &mut Vec<u8>) -> Result<Passed> {
    let line = row::line(row, 3)?;
    Ok(Passed {
        seq: count(row, 0)?,
        entry: row.try_get_by_index(1)?,
        stored: row::hash(row, 2)?,
        found: line.map(|line| (line.hash(buffer), line.is_well_formed())),
    })
}

fn unfinished(error: tokio::task::JoinError) -> Error {
    Error::internal(format!("the check was not finished: {error}"))
}
