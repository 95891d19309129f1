//! Checking that the trail is as it was sealed: in the database, in an exported file, for one entry. What is found is a
//! report; the first bad entry is named.

pub mod database;
pub mod file;
pub mod graphql;
pub mod proof;
pub mod prove;
mod waiting;
mod walk;

use chrono::{DateTime, Utc};
use kernel::{
    act::{Outcome, Severity},
    db::Db,
    error::Result,
    id::TypedId as _,
    viewer::Viewer,
};
use serde::Serialize;
use serde_json::{Map, json};
use uuid::Uuid;

use crate::{
    merkle::Hash,
    seal::{
        Sealer,
        head::{PublicKey, SignedHead, hex, hex_hash},
    },
};

/// The job that checks a long trail.
pub const JOB: &str = "audit.verify";

/// Problems that a report lists; more are counted alone.
const LISTED: usize = 100;

/// What a check found.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Entries that were hashed.
    pub entries: u64,
    /// Places of the sealed order whose entries were not there to be hashed, rightly: removed by retention, or left
    /// out of a filtered export.
    pub left_out: u64,
    /// Of a file that is only a part of the trail: which part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<serde_json::Value>,
    /// Entries that wait to be sealed.
    pub unsealed: u64,
    /// Since when the first of them waits, by the database's clock; none if nothing waits, or nobody knows.
    pub waiting_since: Option<DateTime<Utc>>,
    /// Signed heads that were checked.
    pub heads: u64,
    /// Size of the tree.
    pub size: u64,
    /// Root of the tree.
    #[serde(with = "hex_hash")]
    pub root: Hash,
    /// The last head that was checked.
    pub head: Option<SignedHead>,
    /// How many problems there are.
    pub problem_count: u64,
    /// The problems, first places first; at most a hundred.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether everything is as it was sealed.
    pub fn is_sound(&self) -> bool {
        self.problem_count == 0
    }

    /// The problem at the lowest place of the sealed order; those without a place come last.
    pub fn first(&self) -> Option<&Problem> {
        self.problems.first()
    }

    fn add(&mut self, problem: Problem) {
        self.problem_count += 1;
        let place = |problem: &Problem| problem.seq.unwrap_or(u64::MAX);
        let at = self.problems.partition_point(|known| place(known) <= place(&problem));
        self.problems.insert(at, problem);
        self.problems.truncate(LISTED);
    }
}

/// Something that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// Its place in the sealed order, or the first of the places among which it is.
    pub seq: Option<u64>,
    /// One past the last of the places among which it is, if the place is not known exactly.
    pub until: Option<u64>,
    /// The entry.
    pub entry: Option<Uuid>,
    /// What is wrong, in words.
    pub text: String,
}

/// What kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, async_graphql::Enum)]
#[serde(rename_all = "snake_case")]
#[graphql(name = "AuditProblemKind")]
pub enum ProblemKind {
    /// An entry is not as it was sealed.
    Changed,
    /// A sealed entry is not there.
    Missing,
    /// A place of the sealed order is empty, or taken twice, or out of order.
    Gap,
    /// An entry is there that was never sealed and does not wait for it.
    Inserted,
    /// Entries wait to be sealed for much longer than sealing takes, and can be changed unseen meanwhile; or they wait
    /// although they are sealed.
    Waiting,
    /// The end is missing.
    Cut,
    /// The sealed order is not the one that a signed head speaks of: something among the entries before it was
    /// changed with its hash, exchanged, inserted or removed.
    Rewritten,
    /// A stored node or the note of the tree's end is not what the leaves make.
    Node,
    /// A signed head is missing, forged or altered.
    Head,
    /// A key that signs is not as it was made.
    Key,
    /// The manifest of an archive is not as it was signed: what it says of removed entries is believed by nobody.
    Archive,
    /// What an export says of itself is not signed, or not what it is: an excerpt may be passed off as the whole.
    Statement,
    /// The file or document is not of the form it should have.
    Form,
}

impl Problem {
    fn new(kind: ProblemKind, text: impl Into<String>) -> Self {
        Self { kind, seq: None, until: None, entry: None, text: text.into() }
    }

    fn at(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    fn among(mut self, from: u64, until: u64) -> Self {
        self.seq = Some(from);
        self.until = Some(until);
        self
    }

    fn entry(mut self, entry: Uuid) -> Self {
        self.entry = Some(entry);
        self
    }
}

/// What a check is held against besides what is checked.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// Public keys that were kept outside; with them, only their signatures are believed.
    pub keys: Option<Vec<PublicKey>>,
    /// A head that was kept outside.
    pub head: Option<SignedHead>,
}

/// Whose signatures are believed.
#[derive(Clone, Debug, Default)]
pub struct Keys(pub Vec<PublicKey>);

impl Keys {
    pub(crate) fn signed(&self, head: &SignedHead) -> bool {
        self.0.iter().any(|key| head.is_signed_by(key))
    }
}

/// Takes the trail of the viewer's tenant as it is from now on, by forgetting the head that was kept outside: after a
/// backup was restored the trail ends before it. Answers the head that is forgotten, which the trail tells of.
///
/// # Errors
/// If the database or the storage does not answer.
pub async fn accept(viewer: &Viewer, db: &Db, sealer: &Sealer) -> Result<Option<SignedHead>> {
    let tenant = viewer.tenant_id().uuid();
    let Some(head) = sealer.kept().of(tenant).await? else { return Ok(None) };
    let mut details = Map::new();
    details.insert("number".to_owned(), json!(head.number));
    details.insert("size".to_owned(), json!(head.size));
    details.insert("root".to_owned(), json!(hex(&head.root)));
    viewer
        .act(db, "audit.trail.accept", async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            act.note("AuditTrail", None, None, details);
            Ok(())
        })
        .await?;
    sealer.kept().forget(&[tenant]).await?;
    Ok(Some(head))
}
