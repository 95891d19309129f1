//! Checks and proofs in the graph.

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    act::{NewJob, Outcome, Severity, audit_entry::Entity},
    ask::Asking,
    error::{Error, Result, Text},
    id::{AuditEntryId, JobId, TypedId},
    policy::Guarded as _,
    scalar::DateTime,
    viewer::Viewer,
};
use serde_json::{Map, json};

use super::{
    Outside, Problem, ProblemKind, Report, database,
    proof::{Consistency, Inclusion, Proof},
    prove,
};
use crate::{
    event::Events,
    policy::{ENTRIES_READ, TRAIL_VERIFY},
    seal::{Sealer, graphql::AuditHead, head::hex, store},
};

/// Entries that are checked while somebody waits; more are checked by a job.
const AT_ONCE: u64 = 100_000;

const NO_HEAD: Text =
    Text::new("no_audit_head", "There is no signed head {number}.", "Il n'y a pas de tête signée {number}.");

/// What a check of the trail found.
#[derive(Clone, Debug)]
pub struct AuditReport(pub Report);

/// What a check of the trail found.
#[Object]
impl AuditReport {
    /// Whether everything is as it was sealed.
    async fn sound(&self) -> bool {
        self.0.is_sound()
    }

    /// Entries that were checked.
    async fn entries(&self) -> i64 {
        store::number(self.0.entries)
    }

    /// Sealed entries that retention has removed.
    async fn removed(&self) -> i64 {
        store::number(self.0.left_out)
    }

    /// Entries that wait to be sealed.
    async fn unsealed(&self) -> i64 {
        store::number(self.0.unsealed)
    }

    /// Since when the first of them waits; sealing takes two seconds.
    async fn waiting_since(&self) -> Option<DateTime> {
        self.0.waiting_since.map(DateTime::from)
    }

    /// Signed heads that were checked.
    async fn heads(&self) -> i64 {
        store::number(self.0.heads)
    }

    /// How many entries the tree has.
    async fn size(&self) -> i64 {
        store::number(self.0.size)
    }

    /// The tree's root: SHA-256, in hexadecimal digits.
    async fn root(&self) -> String {
        hex(&self.0.root)
    }

    /// The last head that was checked.
    async fn head(&self) -> Option<AuditHead> {
        self.0.head.clone().map(AuditHead)
    }

    /// How many problems there are.
    async fn problem_count(&self) -> i64 {
        store::number(self.0.problem_count)
    }

    /// The problem at the lowest place of the sealed order.
    async fn first_problem(&self) -> Option<AuditProblem> {
        self.0.first().cloned().map(AuditProblem)
    }

    /// The problems by place, at most a hundred.
    async fn problems(&self) -> Vec<AuditProblem> {
        self.0.problems.iter().cloned().map(AuditProblem).collect()
    }
}

/// Something that is not as it was sealed.
#[derive(Clone, Debug)]
pub struct AuditProblem(pub Problem);

/// Something in the trail that is not as it was sealed.
#[Object]
impl AuditProblem {
    /// What kind of problem.
    async fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// Its place in the sealed order, from 0, or the first of the places among which it is.
    async fn seq(&self) -> Option<i64> {
        self.0.seq.map(store::number)
    }

    /// One past the last of the places among which it is, if the place is not known exactly.
    async fn until(&self) -> Option<i64> {
        self.0.until.map(store::number)
    }

    /// The entry, if it is known.
    async fn entry_id(&self) -> Option<AuditEntryId> {
        self.0.entry.map(AuditEntryId::from_uuid)
    }

    /// What is wrong, in words.
    async fn message(&self) -> &str {
        &self.0.text
    }
}

/// Proof that an entry is in the tree of a signed head.
#[derive(Clone, Debug)]
pub struct AuditProof(pub Inclusion);

/// Proof that an entry is in the tree of a signed head (RFC 6962 §2.1.1).
#[Object]
impl AuditProof {
    /// The entry's place in the sealed order, from 0.
    async fn seq(&self) -> i64 {
        store::number(self.0.seq)
    }

    /// The entry's canonical line; its leaf is SHA-256 of a zero byte and these bytes.
    async fn line(&self) -> &str {
        &self.0.line
    }

    /// The audit path from the leaf upwards, in hexadecimal digits.
    async fn path(&self) -> &[String] {
        &self.0.path
    }

    /// The head.
    async fn head(&self) -> AuditHead {
        AuditHead(self.0.head.clone())
    }

    /// The proof as a document, as `atrium audit verify --proof` takes it.
    async fn document(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&Proof::Inclusion(self.0.clone()))?)
    }
}

/// Proof that the tree of one head begins with that of another.
#[derive(Clone, Debug)]
pub struct AuditConsistency(pub Consistency);

/// Proof that the tree of one head begins with that of another (RFC 6962 §2.1.2): what was there is there still.
#[Object]
impl AuditConsistency {
    /// The older head.
    async fn from(&self) -> AuditHead {
        AuditHead(self.0.from.clone())
    }

    /// The newer head.
    async fn to(&self) -> AuditHead {
        AuditHead(self.0.to.clone())
    }

    /// The proof, in hexadecimal digits.
    async fn path(&self) -> &[String] {
        &self.0.path
    }

    /// The proof as a document, as `atrium audit verify --proof` takes it.
    async fn document(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&Proof::Consistency(self.0.clone()))?)
    }
}

/// Queries about proofs.
#[derive(Default)]
pub struct ProofQuery;

#[Object]
impl ProofQuery {
    /// Proof that an entry is in the sealed trail, against the newest signed head. Needs `audit.trail.verify`,
    /// to see the entry, and, as it is there as it was sealed, whatever guards a field in it.
    async fn audit_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The entry")] entry_id: AuditEntryId,
    ) -> Result<AuditProof> {
        ctx.viewer().require_tenant(TRAIL_VERIFY)?;
        // Reason: a proof holds the whole entry.
        Entity::fetch(ctx.db(), ctx.viewer(), ENTRIES_READ, entry_id).await?;
        ctx.data_unchecked::<Events>().check_whole(ctx.viewer())?;
        let tenant = ctx.viewer().tenant_id();
        let proof = prove::inclusion(ctx.db(), tenant, entry_id).await?;
        proof.map(AuditProof).ok_or_else(|| Error::not_found("AuditEntry", entry_id.to_string()))
    }

    /// Proof that the tree of one signed head begins with that of another. Needs `audit.trail.verify`.
    async fn audit_consistency(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of the older head")] from: i64,
        #[graphql(desc = "Number of the newer head")] to: i64,
    ) -> Result<AuditConsistency> {
        ctx.viewer().require_tenant(TRAIL_VERIFY)?;
        let (tenant, db) = (ctx.viewer().tenant_id(), ctx.db());
        let head = async |field: &'static str, number: i64| {
            let found = prove::head(db, tenant, number).await?;
            found.ok_or_else(|| Error::field(field, NO_HEAD.with("number", number)))
        };
        let (from, to) = (head("from", from).await?, head("to", to).await?);
        let proof = prove::consistency(db, tenant, from, to).await?;
        proof.map(AuditConsistency).ok_or_else(|| Error::field("to", NO_HEAD.with("number", "later")))
    }
}

/// What `verifyAudit` found, or the job that will find it.
#[derive(Debug, SimpleObject)]
pub struct VerifyAuditPayload {
    /// What was found; null if the trail is long and a job checks it.
    pub report: Option<AuditReport>,
    /// The job whose result will be the report.
    pub job_id: Option<JobId>,
}

/// The mutation that checks.
#[derive(Default)]
pub struct VerifyMutation;

#[Object]
impl VerifyMutation {
    /// Checks the whole trail of the agency: every entry, the order they were sealed in, every signed head. A long
    /// trail is checked by a job. The check itself is an entry of the trail. Needs `audit.trail.verify`.
    async fn verify_audit(&self, ctx: &Context<'_>) -> Result<VerifyAuditPayload> {
        let (viewer, db) = (ctx.viewer(), ctx.db());
        viewer.require_tenant(TRAIL_VERIFY)?;
        let tenant = viewer.tenant_id();
        if store::note_of(db, tenant.uuid()).await?.size > AT_ONCE {
            let job_id = viewer.act(db, "audit.trail.verify", async |act| {
                act.note("AuditTrail", None, None, Map::new());
                let mut job = NewJob::new(super::JOB, "{}".to_owned());
                job.max_attempts = 3;
                Ok(act.enqueue(job))
            });
            return Ok(VerifyAuditPayload { report: None, job_id: Some(job_id.await?) });
        }
        let report = check(viewer, db, ctx.data_unchecked::<Sealer>()).await?;
        Ok(VerifyAuditPayload { report: Some(AuditReport(report)), job_id: None })
    }
}

/// Checks the trail of the viewer's tenant, and records what was found.
///
/// # Errors
/// If the database does not answer.
pub async fn check(viewer: &Viewer, db: &kernel::db::Db, sealer: &Sealer) -> Result<Report> {
    let tenant = viewer.tenant_id();
    let outside = Outside { head: sealer.kept().of(tenant.uuid()).await?, ..Outside::default() };
    let report = database::verify(db, sealer, tenant, &outside).await?;
    let mut details = Map::new();
    details.insert("size".to_owned(), json!(report.size));
    details.insert("root".to_owned(), json!(hex(&report.root)));
    details.insert("problems".to_owned(), json!(report.problem_count));
    viewer
        .act(db, "audit.trail.verify", async |act| {
            match report.is_sound() {
                true => act.mark(Outcome::Success, Severity::Notice),
                false => act.mark(Outcome::Failure, Severity::Critical),
            }
            act.note("AuditTrail", None, None, details);
            Ok(())
        })
        .await?;
    Ok(report)
}
