//! Keys of people: each seals what the trail keeps of one person in one tenant (AES-256-GCM, as the [`Keyring`] does),
//! and is itself sealed with the installation's keys. Destroying it removes the person from the trail.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{
    act::personal::{Fresh, Plain, Sealed, Vault},
    clock::Clock,
    db::{Db, Transaction},
    error::{Error, Result},
    id::{TenantId, TypedId},
};
use moka::sync::Cache;
use sea_orm::{
    ConnectionTrait,
    sea_query::{Alias, Cond, Expr, ExprTrait, OnConflict, Query},
};
use uuid::Uuid;

use super::Keyring;

/// How long a key is held in memory. After that long no node opens what was sealed with a destroyed one, even if it
/// never heard of it.
const HELD: Duration = Duration::from_secs(60);

/// How long after a key was destroyed an act may still be under way that speaks of its person.
const AFTERMATH: TimeDelta = TimeDelta::minutes(10);

/// Keys held in memory.
const MOST: u64 = 20_000;

/// Keys that one statement names.
const AT_ONCE: usize = 5_000;

/// Name of the only key in the ring of a person.
const NAME: &str = "p";

/// The vault on the database, under the installation's keyring.
pub struct SubjectVault {
    keyring: Arc<Keyring>,
    clock: Clock,
    /// The present key of a person.
    people: Cache<(TenantId, Uuid), Uuid>,
    /// Rings by key.
    rings: Cache<Uuid, Arc<Ring>>,
}

struct Ring {
    tenant: TenantId,
    keys: Keyring,
}

impl fmt::Debug for SubjectVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubjectVault").finish_non_exhaustive()
    }
}

impl SubjectVault {
    /// A vault whose keys are sealed by `keyring`.
    pub fn new(keyring: Arc<Keyring>, clock: Clock) -> Self {
        let people = Cache::builder().max_capacity(MOST).time_to_live(HELD).build();
        let rings =
            Cache::builder().max_capacity(MOST).time_to_live(HELD).support_invalidation_closures().build();
        Self { keyring, clock, people, rings }
    }

    /// Keys as the database has them: person and ring by key; those that are destroyed are left out.
    async fn read(
        &self,
        db: &impl ConnectionTrait,
        tenant: TenantId,
        which: Cond,
    ) -> Result<Vec<(Uuid, Uuid, Arc<Ring>)>> {
        let mut select = Query::select();
        select
            .columns([Alias::new("id"), Alias::new("person_id"), Alias::new("sealed")])
            .from(table())
            .and_where(column("tenant_id").eq(tenant.uuid()))
            .and_where(column("sealed").is_not_null())
            .cond_where(which);
        let rows = db.query_all(&select).await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let (id, person): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let sealed: String = row.try_get_by_index(2)?;
            let bytes = self.keyring.open(&sealed, bound_to(id).as_bytes())?;
            keys.push((id, person, Arc::new(Ring { tenant, keys: ring(&bytes)? })));
        }
        Ok(keys)
    }

    fn hold(&self, tenant: TenantId, keys: &[(Uuid, Uuid, Arc<Ring>)]) {
        for (id, person, ring) in keys {
            self.people.insert((tenant, *person), *id);
            self.rings.insert(*id, Arc::clone(ring));
        }
    }

    /// The keys of these people, those that are missing made in `tx`; with `look` none is taken from memory.
    async fn keys(
        &self,
        tx: &Transaction,
        tenant: TenantId,
        people: &BTreeSet<Uuid>,
        look: bool,
    ) -> Result<(HashMap<Uuid, (Uuid, Arc<Ring>)>, Fresh)> {
        let mut found = HashMap::with_capacity(people.len());
        for person in people.iter().filter(|_| !look) {
            let held = self.people.get(&(tenant, *person)).and_then(|id| Some((id, self.rings.get(&id)?)));
            if let Some(key) = held {
                found.insert(*person, key);
            }
        }
        let missing = |found: &HashMap<Uuid, (Uuid, Arc<Ring>)>| -> Vec<Uuid> {
            people.iter().filter(|person| !found.contains_key(*person)).copied().collect()
        };
        for chunk in missing(&found).chunks(AT_ONCE) {
            let keys = self.read(tx, tenant, current(chunk)).await?;
            self.hold(tenant, &keys);
            found.extend(keys.into_iter().map(|(id, person, ring)| (person, (id, ring))));
        }
        for chunk in missing(&found).chunks(AT_ONCE) {
            found.extend(self.lost(tx, tenant, chunk).await?);
        }
        let mut fresh = Fresh::new();
        for chunk in missing(&found).chunks(AT_ONCE) {
            // Reason: nobody known gets a key with the first person of a tenant, so that later nobody can tell by the
            // work whether there is such a person.
            let mut wanted = chunk.to_vec();
            wanted.push(Uuid::nil());
            wanted.sort_unstable();
            wanted.dedup();
            let made = self.make(tx, tenant, &wanted).await?;
            // Race: somebody else may have made the key of a person at the same time; then theirs is taken.
            let keys = self.read(tx, tenant, current(chunk)).await?;
            fresh.extend(made.iter().filter(|id| keys.iter().any(|(key, _, _)| key == *id)).map(|id| {
                let person = keys.iter().find(|(key, _, _)| key == id).map(|(_, person, _)| *person);
                (tenant, person.unwrap_or_default(), *id)
            }));
            found.extend(keys.into_iter().map(|(id, person, ring)| (person, (id, ring))));
        }
        Ok((found, fresh))
    }

    /// Keys that nobody keeps, for people whose own was destroyed a moment ago: what an act that was under way then still
    /// has to say of them goes where the rest went.
    async fn lost(
        &self,
        tx: &Transaction,
        tenant: TenantId,
        people: &[Uuid],
    ) -> Result<Vec<(Uuid, (Uuid, Arc<Ring>))>> {
        let mut select = Query::select();
        select
            .columns([Alias::new("id"), Alias::new("person_id")])
            .from(table())
            .and_where(column("tenant_id").eq(tenant.uuid()))
            .and_where(column("person_id").is_in(people.iter().copied()))
            .and_where(column("destroyed_at").gt(self.clock.now() - AFTERMATH));
        let rows = tx.query_all(&select).await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let (id, person): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let key: [u8; 32] = rand::random();
            keys.push((person, (id, Arc::new(Ring { tenant, keys: ring(&key)? }))));
        }
        Ok(keys)
    }

    async fn make(&self, tx: &Transaction, tenant: TenantId, people: &[Uuid]) -> Result<Vec<Uuid>> {
        let mut insert = Query::insert();
        insert
            .into_table(table())
            .columns(["id", "tenant_id", "person_id", "sealed", "created_at"].map(Alias::new));
        let mut ids = Vec::with_capacity(people.len());
        for person in people {
            let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
            let key: [u8; 32] = rand::random();
            let sealed = self.keyring.seal(&key, bound_to(id).as_bytes())?;
            let values = [
                Expr::val(id),
                Expr::val(tenant.uuid()),
                Expr::val(*person),
                Expr::val(sealed),
                Expr::val(self.clock.now()),
            ];
            insert.values(values).map_err(Error::internal)?;
            ids.push(id);
        }
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        tx.execute(&insert).await?;
        Ok(ids)
    }
}

#[async_trait]
impl Vault for SubjectVault {
    async fn seal(
        &self,
        tx: &Transaction,
        tenant: TenantId,
        texts: Vec<Plain>,
        alike: bool,
    ) -> Result<(Vec<Sealed>, Fresh)> {
        let mut people: BTreeSet<Uuid> = texts.iter().map(|text| text.person).collect();
        if alike {
            people.insert(Uuid::nil());
        }
        let (keys, fresh) = self.keys(tx, tenant, &people, alike).await?;
        let mut sealed = Vec::with_capacity(texts.len());
        for Plain { person, entry, text } in texts {
            let (key, ring) = keys.get(&person).ok_or_else(|| Error::internal("every person got a key"))?;
            let text = ring.keys.seal(&text, entry.as_bytes())?;
            sealed.push(Sealed { key: *key, entry, text });
        }
        Ok((sealed, fresh))
    }

    fn committed(&self, fresh: Fresh) {
        for (tenant, person, key) in fresh {
            // Reason: the ring is read when it is needed next.
            self.people.insert((tenant, person), key);
        }
    }

    async fn open(&self, db: &Db, tenant: TenantId, texts: Vec<Sealed>) -> Result<Vec<Option<Vec<u8>>>> {
        let mut rings: HashMap<Uuid, Option<Arc<Ring>>> = HashMap::new();
        for text in &texts {
            let held = || self.rings.get(&text.key).filter(|ring| ring.tenant == tenant);
            rings.entry(text.key).or_insert_with(held);
        }
        let missing: Vec<Uuid> = rings.iter().filter(|(_, ring)| ring.is_none()).map(|(id, _)| *id).collect();
        for chunk in missing.chunks(AT_ONCE) {
            let which = Cond::all().add(column("id").is_in(chunk.iter().copied()));
            for (id, _, ring) in self.read(db, tenant, which).await? {
                self.rings.insert(id, Arc::clone(&ring));
                rings.insert(id, Some(ring));
            }
        }
        let open = |text: Sealed| match rings.get(&text.key) {
            Some(Some(ring)) => Ok(Some(ring.keys.open(&text.text, text.entry.as_bytes())?)),
            _ => Ok(None),
        };
        texts.into_iter().map(open).collect()
    }

    async fn destroy(&self, tx: &Transaction, tenant: TenantId, people: &[Uuid]) -> Result<u64> {
        let mut destroyed = 0;
        for chunk in people.chunks(AT_ONCE) {
            let mut update = Query::update();
            update
                .table(table())
                .value(Alias::new("sealed"), Option::<String>::None)
                .value(Alias::new("destroyed_at"), self.clock.now())
                .and_where(column("tenant_id").eq(tenant.uuid()))
                .cond_where(current(chunk));
            destroyed += tx.execute(&update).await?.rows_affected();
        }
        Ok(destroyed)
    }

    fn forget(&self, tenant: TenantId) {
        self.people.invalidate_all();
        // Reason: an error only says that closures are not supported, which they are.
        let _ = self.rings.invalidate_entries_if(move |_, ring| ring.tenant == tenant);
    }
}

fn table() -> Alias {
    Alias::new("audit_subject_keys")
}

fn column(name: &'static str) -> Expr {
    Expr::col(Alias::new(name))
}

/// The present keys of people.
fn current(people: &[Uuid]) -> Cond {
    Cond::all().add(column("person_id").is_in(people.iter().copied())).add(column("destroyed_at").is_null())
}

/// What a sealed key is bound to.
fn bound_to(id: Uuid) -> String {
    format!("audit_subject_keys:{id}")
}

fn ring(bytes: &[u8]) -> Result<Keyring> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| Error::internal("a person's key has 32 bytes"))?;
    Ok(Keyring::from_keys([(NAME.to_owned(), bytes)], NAME)?)
}
