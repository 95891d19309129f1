//! What the trail keeps besides changes: who was refused what, and who saw personal data of others.

use std::{collections::BTreeMap, time::Duration};

use kernel::{
    act::{About, Note, Outcome, Severity},
    ask::Look,
    db::Db,
    error::Result,
    id::{TenantId, TypedId},
    viewer::{Actor, Viewer},
};
use moka::sync::Cache;
use serde_json::{Map, json};
use uuid::Uuid;

/// How long a look at the same person's data by the same person is not recorded again.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);

/// How long the same refusal of the same person is not recorded again.
const REFUSED_AGAIN: Duration = Duration::from_secs(60);

/// Looks and refusals that are remembered.
const MOST: u64 = 100_000;

/// The act of a refusal.
const REFUSAL: &str = "identity.permission.deny";

/// A request that was refused for want of a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// `Query` or `Mutation`.
    pub root: &'static str,
    /// The field that was asked for.
    pub field: String,
    /// Why, in English.
    pub reason: String,
}

type Seen = (TenantId, Uuid, &'static str, Uuid);

/// Records refusals and looks, each once in a while. Cheap to clone; one for a process.
#[derive(Clone, Debug)]
pub struct Witness {
    looks: Cache<Seen, ()>,
    denials: Cache<(TenantId, Uuid, String), ()>,
}

impl Default for Witness {
    fn default() -> Self {
        Self {
            looks: Cache::builder().max_capacity(MOST).time_to_live(LOOK_AGAIN).build(),
            denials: Cache::builder().max_capacity(MOST).time_to_live(REFUSED_AGAIN).build(),
        }
    }
}

impl Witness {
    /// Records what an answer shows and what it refuses.
    ///
    /// # Errors
    /// If the trail cannot be written; then the answer must not go out.
    pub async fn record(
        &self,
        db: &Db,
        viewer: &Viewer,
        looks: impl IntoIterator<Item = Look>,
        denials: Vec<Denial>,
    ) -> Result<()> {
        let who = match viewer.actor {
            Actor::User(user) => user.uuid(),
            Actor::ApiKey(key, _) => key.uuid(),
            Actor::System | Actor::Anonymous => return Ok(()),
        };
        let tenant = viewer.tenant_id();
        let mut fresh: BTreeMap<&'static str, Vec<(Seen, Look)>> = BTreeMap::new();
        for look in looks {
            let seen = (tenant, who, look.action, look.person);
            if !self.looks.contains_key(&seen) {
                fresh.entry(look.action).or_default().push((seen, look));
            }
        }
        for (action, mut looks) in fresh {
            looks.sort_by_key(|(_, look)| (look.person, look.subject_id));
            looks.dedup_by_key(|(_, look)| look.person);
            self.looks(db, viewer, action, &looks).await?;
            looks.into_iter().for_each(|(seen, _)| self.looks.insert(seen, ()));
        }
        let key = |denial: &Denial| (tenant, who, denial.field.clone());
        let denials: Vec<Denial> =
            denials.into_iter().filter(|denial| !self.denials.contains_key(&key(denial))).collect();
        if !denials.is_empty() {
            self.denials(db, viewer, &denials).await?;
            denials.iter().for_each(|denial| self.denials.insert(key(denial), ()));
        }
        Ok(())
    }

    async fn looks(
        &self,
        db: &Db,
        viewer: &Viewer,
        action: &'static str,
        looks: &[(Seen, Look)],
    ) -> Result<()> {
        let write = viewer.act(db, action, async |act| {
            for (_, look) in looks {
                act.note_about(Note {
                    subject_type: look.subject_type.to_owned(),
                    subject_id: Some(look.subject_id),
                    label: None,
                    about: About { person: Some(look.person), project: None, account: look.account },
                    details: Map::new(),
                });
            }
            Ok(())
        });
        write.await
    }

    async fn denials(&self, db: &Db, viewer: &Viewer, denials: &[Denial]) -> Result<()> {
        let write = viewer.act(db, REFUSAL, async |act| {
            act.mark(Outcome::Denied, Severity::Notice);
            for denial in denials {
                act.note_about(Note {
                    subject_type: denial.root.to_owned(),
                    label: Some(denial.field.clone()),
                    details: Map::from_iter([("reason".to_owned(), json!(denial.reason))]),
                    ..Note::default()
                });
            }
            Ok(())
        });
        write.await
    }
}
