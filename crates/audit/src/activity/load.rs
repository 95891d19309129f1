//! What a page of groups needs, in three statements for all of them: the groups, what of them the viewer sees, labels.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use kernel::{
    act::audit_entry,
    ask::FromAsk,
    db::Db,
    error::{Error, Result},
    id::{AuditEntryId, TypedId as _},
    policy::Guarded as _,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

use super::{
    group, item,
    sight::{Sights, items},
};

/// Subjects of a group that are shown.
const SHOWN: usize = 5;

/// A group, or what of it is about one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) group: Uuid,
    pub(super) subject: Option<Uuid>,
}

/// A group as a viewer sees it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) group: group::Model,
    pub(super) started_at: DateTime<Utc>,
    pub(super) ended_at: DateTime<Utc>,
    /// Entries.
    pub(super) entries: u64,
    /// Different things, or entries where those are about no thing.
    pub(super) things: u64,
    /// The latest of these things.
    pub(super) subjects: Vec<Subject>,
}

/// A thing that something was done to.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) kind: String,
    pub(super) id: Option<Uuid>,
    pub(super) about: Option<Uuid>,
    pub(super) label: Option<String>,
}

/// What loaders of activity share with resolvers, put into the loader's key.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) key: Key,
    pub(super) sights: Sights,
}

impl PartialEq for Wanted {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Wanted {}

impl std::hash::Hash for Wanted {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// Loads groups as the viewer sees them.
pub(super) struct Loading {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Loading {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<Wanted> for Loading {
    type Value = Arc<Seen>;
    type Error = Error;

    async fn load(&self, wanted: &[Wanted]) -> Result<HashMap<Wanted, Arc<Seen>>> {
        let Some(Wanted { sights, .. }) = wanted.first() else { return Ok(HashMap::new()) };
        let (tenant, backend) = (self.viewer.tenant_id(), self.db.backend());
        let mut ids: Vec<Uuid> = wanted.iter().map(|wanted| wanted.key.group).collect();
        ids.sort_unstable();
        ids.dedup();
        let groups =
            group::Entity::of_tenant(tenant).filter(one_of(backend, group::Column::Id, ids.iter().copied()));
        let groups: HashMap<Uuid, group::Model> =
            groups.all(&self.db).await?.into_iter().map(|group| (group.id.uuid(), group)).collect();
        let parts = items(sights, &self.viewer)
            .filter(one_of(backend, item::Column::GroupId, ids))
            .order_by_desc(item::Column::Seq);
        let mut parts_of: HashMap<Uuid, Vec<item::Model>> = HashMap::new();
        for part in parts.all(&self.db).await? {
            parts_of.entry(part.group_id.uuid()).or_default().push(part);
        }
        let mut found = HashMap::with_capacity(wanted.len());
        for one in wanted {
            let parts = parts_of.get(&one.key.group).map(Vec::as_slice).unwrap_or_default();
            let parts =
                parts.iter().filter(|part| one.key.subject.is_none() || part.subject_id == one.key.subject);
            if let Some(seen) = groups.get(&one.key.group).and_then(|group| summary(group, parts)) {
                found.insert(one.clone(), seen);
            }
        }
        self.label(&mut found).await?;
        Ok(found.into_iter().map(|(key, (seen, _))| (key, Arc::new(seen))).collect())
    }
}

impl Loading {
    /// Adds what things were called.
    async fn label(&self, found: &mut HashMap<Wanted, (Seen, Vec<AuditEntryId>)>) -> Result<()> {
        let ids: Vec<Uuid> = found.values().flat_map(|(_, entries)| entries).map(|id| id.uuid()).collect();
        let labels = labels(&self.viewer, &self.db, ids).await?;
        for (seen, entries) in found.values_mut() {
            for (subject, entry) in seen.subjects.iter_mut().zip(entries) {
                subject.label = labels.get(&entry.uuid()).cloned();
            }
        }
        Ok(())
    }
}

/// What the subjects of entries were called.
async fn labels(viewer: &Viewer, db: &Db, entries: Vec<Uuid>) -> Result<HashMap<Uuid, String>> {
    if entries.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(AuditEntryId, Option<String>)> = audit_entry::Entity::of_tenant(viewer.tenant_id())
        .filter(one_of(db.backend(), audit_entry::Column::Id, entries))
        .filter(audit_entry::Column::SubjectLabel.is_not_null())
        .select_only()
        .column(audit_entry::Column::Id)
        .column(audit_entry::Column::SubjectLabel)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, label)| Some((id.uuid(), label?))).collect())
}

/// What is seen of a group, and the entries whose labels its subjects have; none if nothing is seen.
fn summary<'a>(
    group: &group::Model,
    parts: impl Iterator<Item = &'a item::Model>,
) -> Option<(Seen, Vec<AuditEntryId>)> {
    let (mut subjects, mut entries) = (Vec::new(), Vec::new());
    let (mut things, mut bare, mut count) = (std::collections::HashSet::new(), 0, 0);
    let mut span: Option<(DateTime<Utc>, DateTime<Utc>)> = None;
    for part in parts {
        count += 1;
        let (start, end) = span.unwrap_or((part.occurred_at, part.occurred_at));
        span = Some((start.min(part.occurred_at), end.max(part.occurred_at)));
        let fresh = match part.subject_id {
            Some(id) => things.insert(id),
            None => {
                bare += 1;
                bare == 1
            }
        };
        if fresh && subjects.len() < SHOWN {
            let (kind, id, about) = (part.subject_type.clone(), part.subject_id, part.about_id);
            subjects.push(Subject { kind, id, about, label: None });
            entries.push(part.id);
        }
    }
    let (started_at, ended_at) = span?;
    let things = things.len() as u64 + bare;
    Some((Seen { group: group.clone(), started_at, ended_at, entries: count, things, subjects }, entries))
}

/// Loads what the subject of an entry was called.
pub(super) struct Labels {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Labels {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<Uuid> for Labels {
    type Value = String;
    type Error = Error;

    async fn load(&self, entries: &[Uuid]) -> Result<HashMap<Uuid, String>> {
        labels(&self.viewer, &self.db, entries.to_vec()).await
    }
}
