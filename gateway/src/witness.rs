//! What the trail keeps besides changes: who was refused what, and who saw personal data of others.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kernel::{
    act::{About, Note, Outcome, Severity},
    ask::Look,
    db::Db,
    error::Result,
    id::{AccountId, TenantId, TypedId},
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

/// A look as it is kept with an answer: act, type and id of the subject, person, account.
type Kept = (String, String, Uuid, Uuid, Option<AccountId>);

/// Looks for the column of an answer that is kept; none without any.
///
/// # Errors
/// Never: they are JSON by nature.
pub fn write_looks(looks: &[Look]) -> Result<Option<String>> {
    let kept = looks.iter().map(|look| -> Kept {
        let Look { action, subject_type, subject_id, person, account } = *look;
        (action.to_owned(), subject_type.to_owned(), subject_id, person, account)
    });
    let kept: Vec<Kept> = kept.collect();
    Ok(if kept.is_empty() { None } else { Some(serde_json::to_string(&kept)?) })
}

/// Looks that [`write_looks`] wrote.
///
/// # Errors
/// If it wrote them not.
pub fn read_looks(text: &str) -> Result<Vec<Look>> {
    let kept: Vec<Kept> = serde_json::from_str(text)?;
    let look = |(action, subject_type, subject_id, person, account): Kept| Look {
        action: constant(action),
        subject_type: constant(subject_type),
        subject_id,
        person,
        account,
    };
    Ok(kept.into_iter().map(look).collect())
}

/// The text as a constant of the program.
///
/// Reason: acts and types are constants wherever they come from, so that there are few of them, each kept once.
fn constant(text: String) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    // Reason: the set stays whole whatever panicked while it was held.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = known.get(text.as_str()) {
        return text;
    }
    let text: &'static str = text.leak();
    known.insert(text);
    text
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
    /// Forgets what was recorded lately, as a process that begins anew.
    pub fn forget(&self) {
        self.looks.invalidate_all();
        self.denials.invalidate_all();
    }

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
