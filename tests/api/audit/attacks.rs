//! Somebody owns the database and has taken its guards off: whatever they change about sealed entries is found, on both
//! databases, and the first bad entry is named.

use audit::merkle::{Frontier, TILE_LEVELS};
use audit::seal::head::{PublicKey, SignedHead};
use audit::verify::{Outside, ProblemKind, Report};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use kernel::id::TypedId as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use sea_orm::DbBackend;
use serde_json::json;
use tests::{Row, World};
use uuid::Uuid;

use super::attack::{Attack, COLUMNS, IDS, OTHERS, attacks};
use super::support::{TABLES, bytes, check, head, id, leaves, literal, sealed, sealer, take_everything_off};

/// Random attacks that are tried on each database.
const ATTACKS: usize = 60;

/// The world under attack.
struct Scene {
    world: World,
    tenant: Uuid,
    other: Uuid,
    leaves: Vec<Row>,
    heads: Vec<Row>,
}

// keeps: AU-5
#[tokio::test]
async fn attack_on_the_sealed_order_is_found_whatever_it_is() {
    let scene = Scene::new().await;
    let mut runner = TestRunner::deterministic();
    let strategy = (attacks(), any::<prop::sample::Index>());
    let mut each = OTHERS.iter().copied();
    for _ in 0..ATTACKS {
        let (random, at) = strategy.new_tree(&mut runner).unwrap().current();
        let attack = each.next().unwrap_or(random);
        // Reason: an exchange needs a neighbour, and a tail something before it.
        let seq = 1 + at.index(scene.leaves.len() - 2);
        scene.commit(attack, seq).await;
        let report = check(&scene.world, scene.tenant, &Outside::default()).await;
        scene.judge(attack, seq, &report);
        scene.undo().await;
        let after = check(&scene.world, scene.tenant, &Outside::default()).await;
        assert!(after.is_sound(), "{attack:?} was not undone: {after:?}");
    }
}

// keeps: AU-5
#[tokio::test]
async fn head_kept_outside_tells_what_was_rewritten_with_every_head_after_it() {
    let scene = Scene::new().await;
    let last = scene.heads.last().unwrap();
    let kept = head(&scene.world, scene.tenant).await;
    assert_eq!(kept.number as i64, last["number"].as_i64().unwrap());
    // Everything after the first head goes, and nothing inside tells of it.
    let size = scene.heads[0]["size"].as_i64().unwrap();
    scene.cut(size as usize).await;
    let own = literal(&scene.world, scene.tenant);
    scene.world.execute(&format!("DELETE FROM audit_heads WHERE tenant_id = {own} AND size > {size}")).await;
    scene
        .run(format!(
            "UPDATE audit_trees SET heads = 1, head_size = {size}, head_at = \
         (SELECT signed_at FROM audit_heads WHERE tenant_id = {own} AND number = 1) WHERE tenant_id = {own}"
        ))
        .await;
    let blind = check(&scene.world, scene.tenant, &Outside::default()).await;
    assert!(blind.is_sound(), "{blind:?}");
    let outside = Outside { head: Some(kept), ..Outside::default() };
    let seeing = check(&scene.world, scene.tenant, &outside).await;
    assert_eq!(seeing.first().unwrap().kind, ProblemKind::Cut, "{seeing:?}");
    assert_eq!(seeing.first().unwrap().seq, Some(size as u64));
}

// keeps: AU-4, AU-5
#[tokio::test]
async fn trail_that_was_cut_with_everything_noted_of_it_is_found_and_not_signed_again() {
    let scene = Scene::new().await;
    let (acme, own) = (scene.world.agency("acme"), literal(&scene.world, scene.tenant));
    let size = scene.heads[0]["size"].as_i64().unwrap();
    scene.cut(size as usize).await;
    scene.run(format!("DELETE FROM audit_heads WHERE tenant_id = {own} AND size > {size}")).await;
    scene
        .run(format!(
            "UPDATE audit_trees SET heads = 1, head_size = {size}, head_at = \
             (SELECT signed_at FROM audit_heads WHERE tenant_id = {own} AND number = 1) WHERE tenant_id = {own}"
        ))
        .await;
    let check = "mutation { verifyAudit { report { sound problems { kind } } } }";
    let found = acme.owner().run(check, json!({})).await.expect_ok();
    assert_eq!(found.data("verifyAudit.report.sound"), &json!(false));
    assert_eq!(found.data("verifyAudit.report.problems")[0]["kind"], "CUT");
    // What comes next would make the forged order genuine; on SQLite it waits by a trigger, which is off.
    if scene.world.db.backend() == DbBackend::Sqlite {
        let waits = format!(
            "INSERT INTO audit_unsealed (entry_id, tenant_id) SELECT id, tenant_id FROM audit_entries \
             WHERE tenant_id = {own} AND action = 'audit.trail.verify'"
        );
        scene.run(waits).await;
    }
    sealed(&scene.world).await;
    scene.world.clock.advance(std::time::Duration::from_secs(120));
    let sealer = sealer(&scene.world);
    sealer.sign_due().await.unwrap();
    sealer.head_now(kernel::id::TenantId::from_uuid(scene.tenant)).await.expect_err("it is not signed");
    let heads = scene.world.rows("audit_heads", &format!("WHERE tenant_id = {own}")).await;
    assert_eq!(heads.len(), 1);
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let acme = world.agency("acme");
        let (tenant, other) = (acme.tenant().await, world.agency("globex").tenant().await);
        head(&world, tenant).await;
        let create = "mutation { createAccount(input: { name: \"One more\" }) { account { id } } }";
        for _ in 0..2 {
            for _ in 0..45 {
                acme.owner().run(create, json!({})).await.expect_ok();
            }
            head(&world, tenant).await;
        }
        head(&world, other).await;
        take_everything_off(&world).await;
        for table in TABLES {
            world.execute(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        let leaves = leaves(&world, tenant).await;
        assert!(leaves.len() > 260, "a tree with stored nodes: {}", leaves.len());
        let own = format!("WHERE tenant_id = {} ORDER BY number", literal(&world, tenant));
        let heads = world.rows("audit_heads", &own).await;
        assert!(heads.len() >= 3);
        Self { world, tenant, other, leaves, heads }
    }

    async fn undo(&self) {
        for table in TABLES.iter().rev() {
            self.world.execute(&format!("DELETE FROM {table}")).await;
        }
        for table in TABLES {
            self.world.execute(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
        }
    }

    fn entry(&self, seq: usize) -> Uuid {
        id(&self.leaves[seq], "entry_id")
    }

    async fn run(&self, sql: String) {
        self.world.execute(&sql).await;
    }

    async fn commit(&self, attack: Attack, seq: usize) {
        let entry = literal(&self.world, self.entry(seq));
        let own = literal(&self.world, self.tenant);
        let changed = literal(&self.world, Uuid::from_u128(0xbad));
        match attack {
            Attack::Column(column) => {
                let (column, value) = COLUMNS[column];
                self.run(format!("UPDATE audit_entries SET {column} = {value} WHERE id = {entry}")).await;
            }
            Attack::Id(column) => {
                let column = IDS[column];
                self.run(format!("UPDATE audit_entries SET {column} = {changed} WHERE id = {entry}")).await;
            }
            Attack::Time => {
                let time = "'2020-01-01T00:00:00.000000+00:00'";
                self.run(format!("UPDATE audit_entries SET occurred_at = {time} WHERE id = {entry}")).await;
            }
            Attack::Millennia => {
                let time = match self.world.db.backend() {
                    DbBackend::Postgres => "occurred_at + interval '10000 years'",
                    _ => "'+1' || occurred_at",
                };
                self.run(format!("UPDATE audit_entries SET occurred_at = {time} WHERE id = {entry}")).await;
            }
            Attack::StopHeads => {
                self.run(format!("UPDATE audit_trees SET head_size = 9000000 WHERE tenant_id = {own}")).await;
            }
            Attack::MoveToOtherAgency => {
                let other = literal(&self.world, self.other);
                self.run(format!("UPDATE audit_entries SET tenant_id = {other} WHERE id = {entry}")).await;
            }
            Attack::DeleteEntry => self.run(format!("DELETE FROM audit_entries WHERE id = {entry}")).await,
            Attack::DeleteLeaf => {
                self.run(format!("DELETE FROM audit_leaves WHERE entry_id = {entry}")).await
            }
            Attack::DeleteBoth => self.delete(seq).await,
            Attack::DeleteAndCloseUp => {
                self.delete(seq).await;
                self.shift(seq + 1, -1).await;
                let mut left = self.leaves.clone();
                left.remove(seq);
                self.rebuild(&left).await;
            }
            Attack::InsertBeside => self.copy(seq).await,
            Attack::InsertIntoOrder => {
                self.copy(seq).await;
                self.shift(seq, 1).await;
                self.run(format!(
                    "INSERT INTO audit_leaves (entry_id, tenant_id, seq, hash, sealed_at) \
                     SELECT {changed}, tenant_id, {seq}, hash, sealed_at FROM audit_leaves WHERE entry_id = {entry}"
                ))
                .await;
            }
            Attack::Swap => {
                let next = literal(&self.world, self.entry(seq + 1));
                let place = async |place: i64, entry: &str| {
                    self.run(format!("UPDATE audit_leaves SET seq = {place} WHERE entry_id = {entry}")).await;
                };
                place(-1, &entry).await;
                place(seq as i64, &next).await;
                place(seq as i64 + 1, &entry).await;
            }
            Attack::RewriteWithLeaf => {
                let mut rewritten = self.leaves.clone();
                rewritten[seq]["hash"] = rewritten[seq + 1]["hash"].clone();
                let hash = bytes(&self.world, &hash_of(&rewritten[seq]));
                self.run(format!("UPDATE audit_leaves SET hash = {hash} WHERE entry_id = {entry}")).await;
                self.rebuild(&rewritten).await;
            }
            Attack::CutTail => {
                self.run(format!("DELETE FROM audit_leaves WHERE tenant_id = {own} AND seq >= {seq}")).await;
            }
            Attack::CutTailAndNote => self.cut(seq).await,
            Attack::ForgeHead => {
                let number = 1 + seq % self.heads.len();
                let root = bytes(&self.world, &[7; 32]);
                let forged = format!(
                    "UPDATE audit_heads SET root = {root} WHERE number = {number} AND tenant_id = {own}"
                );
                self.run(forged).await;
            }
            Attack::DeleteHead => {
                self.run(format!("DELETE FROM audit_heads WHERE number = 1 AND tenant_id = {own}")).await;
            }
            Attack::DeleteLastHead => {
                let last = self.heads.len();
                self.run(format!("DELETE FROM audit_heads WHERE number = {last} AND tenant_id = {own}"))
                    .await;
            }
            Attack::ChangeNode => {
                let hash = bytes(&self.world, &[9; 32]);
                self.run(format!("UPDATE audit_nodes SET hash = {hash} WHERE tenant_id = {own}")).await;
            }
            Attack::ChangeNote => {
                let peaks = bytes(&self.world, &vec![1; 32 * self.leaves.len().count_ones() as usize]);
                self.run(format!("UPDATE audit_trees SET peaks = {peaks} WHERE tenant_id = {own}")).await;
            }
            Attack::OwnKey => self.sign_with_another_key().await,
        }
    }

    /// What must be found of an attack.
    fn judge(&self, attack: Attack, seq: usize, report: &Report) {
        let first = report.first().unwrap_or_else(|| panic!("{attack:?} at {seq} was not found"));
        let kinds: Vec<ProblemKind> = report.problems.iter().map(|problem| problem.kind).collect();
        let (named, covered) = (
            first.seq == Some(seq as u64) && first.entry == Some(self.entry(seq)),
            report.problems.iter().any(|problem| {
                problem
                    .seq
                    .zip(problem.until)
                    .is_some_and(|(from, until)| (from..until).contains(&(seq as u64)))
            }),
        );
        let found = match attack {
            Attack::Column(_)
            | Attack::Id(_)
            | Attack::Time
            | Attack::Millennia
            | Attack::MoveToOtherAgency => named && first.kind == ProblemKind::Changed,
            Attack::DeleteEntry => named && first.kind == ProblemKind::Missing,
            Attack::DeleteLeaf | Attack::DeleteBoth => {
                first.kind == ProblemKind::Gap && first.seq == Some(seq as u64)
            }
            Attack::InsertBeside => kinds.contains(&ProblemKind::Inserted),
            Attack::InsertIntoOrder | Attack::RewriteWithLeaf => named || covered,
            Attack::DeleteAndCloseUp | Attack::Swap => covered,
            Attack::CutTail | Attack::CutTailAndNote => {
                kinds.contains(&ProblemKind::Cut) && first.seq.is_some_and(|place| place <= seq as u64)
            }
            Attack::ForgeHead | Attack::DeleteHead | Attack::DeleteLastHead | Attack::StopHeads => {
                kinds.contains(&ProblemKind::Head)
            }
            Attack::ChangeNode | Attack::ChangeNote => kinds.contains(&ProblemKind::Node),
            Attack::OwnKey => kinds.contains(&ProblemKind::Key),
        };
        assert!(found, "{attack:?} at {seq}: {report:#?}");
    }

    async fn delete(&self, seq: usize) {
        let entry = literal(&self.world, self.entry(seq));
        self.run(format!("DELETE FROM audit_leaves WHERE entry_id = {entry}")).await;
        self.run(format!("DELETE FROM audit_entries WHERE id = {entry}")).await;
    }

    /// Moves every place from `from` on.
    async fn shift(&self, from: usize, by: i64) {
        let own = literal(&self.world, self.tenant);
        self.run(format!("UPDATE audit_leaves SET seq = -seq - 1 WHERE tenant_id = {own} AND seq >= {from}"))
            .await;
        self.run(format!(
            "UPDATE audit_leaves SET seq = -seq - 1 + {by} WHERE tenant_id = {own} AND seq < 0"
        ))
        .await;
    }

    /// Adds a copy of an entry under another id, without any place.
    async fn copy(&self, seq: usize) {
        let entry = literal(&self.world, self.entry(seq));
        let row = self.world.rows("kept_audit_entries", "LIMIT 1").await;
        let columns: Vec<&str> = row[0].keys().map(String::as_str).filter(|column| *column != "id").collect();
        let (columns, id) = (columns.join(", "), literal(&self.world, Uuid::from_u128(0xbad)));
        self.run(format!(
            "INSERT INTO audit_entries (id, {columns}) SELECT {id}, {columns} FROM audit_entries WHERE id = {entry}"
        ))
        .await;
    }

    /// Removes the end of the order, with all that the sealer itself noted of it.
    async fn cut(&self, size: usize) {
        let own = literal(&self.world, self.tenant);
        self.run(format!(
            "DELETE FROM audit_entries WHERE id IN \
             (SELECT entry_id FROM audit_leaves WHERE tenant_id = {own} AND seq >= {size})"
        ))
        .await;
        self.run(format!("DELETE FROM audit_leaves WHERE tenant_id = {own} AND seq >= {size}")).await;
        self.rebuild(&self.leaves[..size]).await;
    }

    /// Writes nodes and the note of the tree's end as the sealer would have for these leaves.
    async fn rebuild(&self, leaves: &[Row]) {
        let own = literal(&self.world, self.tenant);
        self.run(format!("DELETE FROM audit_nodes WHERE tenant_id = {own}")).await;
        let (mut frontier, mut nodes) = (Frontier::default(), Vec::new());
        for leaf in leaves {
            frontier.push(hash_of(leaf), |level, position, hash| {
                if level.is_multiple_of(TILE_LEVELS) {
                    nodes.push(format!("({own}, {level}, {position}, {})", bytes(&self.world, &hash)));
                }
            });
        }
        if !nodes.is_empty() {
            let nodes = nodes.join(", ");
            self.run(format!("INSERT INTO audit_nodes (tenant_id, level, position, hash) VALUES {nodes}"))
                .await;
        }
        let peaks = bytes(&self.world, &frontier.peaks().concat());
        let size = frontier.size();
        self.run(format!("UPDATE audit_trees SET size = {size}, peaks = {peaks} WHERE tenant_id = {own}"))
            .await;
    }

    /// Puts a key of one's own in place of the agency's, and signs every head with it.
    async fn sign_with_another_key(&self) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap();
        let public = PublicKey(pair.public_key().as_ref().try_into().unwrap());
        let own = literal(&self.world, self.tenant);
        let key = bytes(&self.world, &public.0);
        self.run(format!("UPDATE audit_keys SET public_key = {key} WHERE tenant_id = {own}")).await;
        let heads = audit::seal::heads::heads_after(&self.world.db, self.tenant, 0, 100).await.unwrap();
        for head in heads {
            let signed = SignedHead { signature: Vec::new(), ..head }.signed(&pair);
            let (number, signature) = (signed.number, bytes(&self.world, &signed.signature));
            self.run(format!(
                "UPDATE audit_heads SET signature = {signature} WHERE number = {number} AND tenant_id = {own}"
            ))
            .await;
        }
    }
}

/// The hash of a leaf as rows of either database show it.
fn hash_of(leaf: &Row) -> [u8; 32] {
    let text = leaf["hash"].as_str().unwrap().to_lowercase();
    let digits = text.trim_start_matches("\\x").trim_start_matches("x:");
    audit::seal::head::unhex(digits.as_bytes()).unwrap_or_else(|| panic!("{text} is no hash"))
}
