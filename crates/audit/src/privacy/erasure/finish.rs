//! What follows an erasure that has committed: traces outside of the database go, and the certificate is signed once the
//! trail has sealed what was done. A job does it, and may do it again.

use std::collections::BTreeSet;

use kernel::{
    act::{NewJob, Outcome, Severity},
    db::Db,
    error::{Error, Result},
    id::{PrivacyRequestId, TypedId as _},
    policy::Guarded as _,
    viewer::Viewer,
};
use platform::crypto::Keyring;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

use super::{
    approve::Done,
    certificate::{Certificate, Statement},
};
use crate::{
    privacy::entity::{Column, Entity, Model},
    seal::{Sealer, keys, line::instant},
    verify::prove,
};

/// The kind of the job.
pub const JOB: &str = "audit.erasure.finish";

/// How long after an erasure a request may still be under way that had read the person before, in minutes.
const AFTERMATH: i64 = 5;

/// What is to be removed outside of the database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Traces {
    /// The request.
    pub request: PrivacyRequestId,
    /// Addresses, in lower case, mail to which is removed where mail is kept.
    pub emails: BTreeSet<String>,
    /// Files in the object storage.
    pub files: Vec<String>,
}

impl Traces {
    /// The job that removes what may have come into being while the erasure was under way, once nobody can be any more.
    pub(super) fn later(request: PrivacyRequestId, keyring: &Keyring) -> Result<NewJob> {
        let job = Self { request, emails: BTreeSet::new(), files: Vec::new() }.job(keyring)?;
        Ok(NewJob { delay: chrono::TimeDelta::minutes(AFTERMATH), ..job })
    }

    /// The job that removes them.
    pub(super) fn job(&self, keyring: &Keyring) -> Result<NewJob> {
        // Reason: sealed, for it names the person.
        Ok(NewJob::new(JOB, keyring.seal(&serde_json::to_vec(self)?, JOB.as_bytes())?))
    }

    /// What the payload of a job says.
    ///
    /// # Errors
    /// If it is none of ours.
    pub fn open(keyring: &Keyring, payload: &str) -> Result<Self> {
        Ok(serde_json::from_slice(&keyring.open(payload, JOB.as_bytes())?)?)
    }
}

/// Signs the certificate of an erasure, unless it has one.
///
/// # Errors
/// If the database does not answer.
pub async fn certify(viewer: &Viewer, db: &Db, sealer: &Sealer, id: PrivacyRequestId) -> Result<()> {
    let tenant = viewer.tenant_id();
    let find = Entity::of_tenant(tenant).filter(Column::Id.eq(id));
    let Some(row) = find.one(db).await? else { return Ok(()) };
    let (Some(outcome), None) = (&row.outcome, &row.certificate) else { return Ok(()) };
    let done: Done = serde_json::from_str(outcome)?;
    let statement = statement(viewer, db, sealer, &row, done).await?;
    viewer
        .act(db, "audit.erasure.certify", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let keys = keys::ensure(act.conn(), sealer.keyring(), &[tenant.uuid()], act.now()).await?;
            let key = keys.first().ok_or_else(|| Error::internal("every tenant got a key"))?;
            let certificate: Certificate = statement.sign(key.id, &key.open(sealer.keyring())?)?;
            let text = serde_json::to_string_pretty(&certificate)?;
            let after = Model { certificate: Some(text), outcome: None, ..row.clone() };
            act.update(&row, after).await.map(drop)
        })
        .await
}

async fn statement(viewer: &Viewer, db: &Db, sealer: &Sealer, row: &Model, done: Done) -> Result<Statement> {
    let tenant = viewer.tenant_id();
    let Done { collections, keys_destroyed, head_before } = done;
    let head_after = sealer.on(db).head_now(tenant).await?;
    let head_after = head_after.ok_or_else(|| Error::internal("an erasure has entries"))?;
    let proof = prove::consistency(db, tenant, head_before.clone(), head_after.clone()).await?;
    let proof = proof.ok_or_else(|| Error::internal("a trail does not become shorter"))?;
    let who = |user: Option<kernel::id::UserId>| user.map(|user| user.uuid()).unwrap_or_default();
    Ok(Statement {
        tenant: tenant.uuid(),
        request: row.id.uuid(),
        person: row.person_id,
        requested_by: who(row.requested_by),
        requested_at: instant(row.created_at),
        approved_by: who(row.decided_by),
        erased_at: row.decided_at.map(instant).unwrap_or_default(),
        collections,
        keys_destroyed,
        head_before,
        head_after,
        consistency: proof.path,
    })
}
