//! Personal data inside audit entries: sealed with a key of the person it is about. Destroying the key removes the person
//! from the trail, and every proof over the trail still holds (crypto-shredding).

use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Act, audit_entry};
use crate::{
    db::{Db, Transaction},
    error::{Error, Result},
    id::{AuditEntryId, TenantId, TypedId as _},
    viewer::{Actor, Viewer},
};

/// What an entry keeps of one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Personal {
    /// Field → `[before, after]`, of columns that hold personal data.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub changes: Map<String, Json>,
    /// Address of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// What the client calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

impl Personal {
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.ip.is_none() && self.user_agent.is_none()
    }

    /// Adds what another part knows.
    pub fn merge(&mut self, other: Self) {
        self.changes.extend(other.changes);
        self.ip = self.ip.take().or(other.ip);
        self.user_agent = self.user_agent.take().or(other.user_agent);
    }
}

/// What stands in an entry's open part for a personal value: that there is one.
pub(super) fn veiled(value: &Json) -> Json {
    match value {
        Json::Null => Json::Null,
        _ => serde_json::json!({ "personal": true }),
    }
}

/// Whether a value of an entry's open part stands for a personal one.
pub fn is_veiled(value: &Json) -> bool {
    value.get("personal") == Some(&Json::Bool(true))
}

/// A text to be sealed with the key of a person.
#[derive(Clone, Debug)]
pub struct Plain {
    /// The person; nil for nobody known.
    pub person: Uuid,
    /// The entry, to which the sealed text is bound.
    pub entry: Uuid,
    /// The text.
    pub text: Vec<u8>,
}

/// A sealed text.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The key.
    pub key: Uuid,
    /// The entry, to which the sealed text is bound.
    pub entry: Uuid,
    /// The sealed text.
    pub text: String,
}

/// Keys made in a transaction; they count once it has committed.
pub type Fresh = Vec<(TenantId, Uuid, Uuid)>;

/// Seals and opens personal data with keys of the people it is about.
#[async_trait]
pub trait Vault: Debug + Send + Sync {
    /// Seals each text with the key of its person, in the given order; makes the keys that are missing, in `tx`. With
    /// `alike` it does the same statements for everybody who has a key, and for nobody known.
    async fn seal(
        &self,
        tx: &Transaction,
        tenant: TenantId,
        texts: Vec<Plain>,
        alike: bool,
    ) -> Result<(Vec<Sealed>, Fresh)>;

    /// Says that the transaction in which keys were made has committed.
    fn committed(&self, fresh: Fresh);

    /// Opens each text, in the given order; none where the key is destroyed.
    async fn open(&self, db: &Db, tenant: TenantId, texts: Vec<Sealed>) -> Result<Vec<Option<Vec<u8>>>>;

    /// Destroys the keys of people: whatever was sealed with them is gone. The caller's act records it.
    ///
    /// # Errors
    /// If the database does not answer.
    async fn destroy(&self, tx: &Transaction, tenant: TenantId, people: &[Uuid]) -> Result<u64>;

    /// Forgets keys that are held in memory, after some of `tenant` were destroyed, here or on another node.
    fn forget(&self, tenant: TenantId);
}

impl Act {
    /// Destroys the keys of people with the commit: whatever the trail of the tenant ever kept of them is gone, and this
    /// act's own entries keep nothing. Other processes are to be told by an event ([`Vault::forget`]).
    pub fn shred(&mut self, people: impl IntoIterator<Item = Uuid>) {
        self.shredded.extend(people);
    }
}

/// An entry with the personal parts that are still to be sealed, by person.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) entry: audit_entry::Model,
    pub(super) parts: BTreeMap<Uuid, Personal>,
}

impl Draft {
    pub(super) fn add(&mut self, person: Uuid, part: Personal) {
        if !part.is_empty() {
            self.parts.entry(person).or_default().merge(part);
        }
    }
}

/// Seals the personal parts of drafts; answers the entries as they are written, and the keys that were made for them.
pub(super) async fn seal(
    vault: Option<&dyn Vault>,
    tx: &Transaction,
    viewer: &Viewer,
    drafts: Vec<Draft>,
) -> Result<(Vec<audit_entry::Model>, Fresh)> {
    let mut texts = Vec::new();
    for draft in &drafts {
        for (person, part) in &draft.parts {
            let text = serde_json::to_vec(part)?;
            texts.push(Plain { person: *person, entry: draft.entry.id.uuid(), text });
        }
    }
    let (sealed, fresh) = match (texts.is_empty(), vault) {
        (true, _) => (Vec::new(), Vec::new()),
        (false, Some(vault)) => {
            // Reason: how long a login takes must not tell whether the person is there.
            let alike = viewer.actor == Actor::Anonymous;
            vault.seal(tx, viewer.tenant_id(), texts, alike).await?
        }
        (false, None) => return Err(Error::internal("personal data cannot be recorded without a vault")),
    };
    let mut sealed = sealed.into_iter();
    let mut entries = Vec::with_capacity(drafts.len());
    for Draft { mut entry, parts } in drafts {
        let boxes: Map<String, Json> =
            sealed.by_ref().take(parts.len()).map(|one| (one.key.to_string(), one.text.into())).collect();
        entry.personal = Json::Object(boxes).to_string();
        entries.push(entry);
    }
    Ok((entries, fresh))
}

/// The sealed texts of an entry, by its column `personal`.
///
/// # Errors
/// If the text is none that an act wrote.
pub fn boxes(entry: AuditEntryId, personal: &str) -> Result<Vec<Sealed>> {
    let boxes: BTreeMap<Uuid, String> = serde_json::from_str(personal)?;
    let entry = entry.uuid();
    Ok(boxes.into_iter().map(|(key, text)| Sealed { key, entry, text }).collect())
}
