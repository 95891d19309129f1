//! Approving an erasure, and doing it: one act, or nothing.

use kernel::{
    act::{Act, Event, Outcome, Severity},
    db::Db,
    error::{Error, Result, Text},
    id::{PrivacyRequestId, TypedId as _, UserId},
    privacy::{DataSubject, Holders},
    viewer::Viewer,
};
use serde_json::json;

use super::{Preview, certificate::Collection, finish::Traces, in_person, others, person_of, request::take};
use crate::{
    policy::PRIVACY_ERASE,
    privacy::{PrivacyRequestStatus as Status, entity::Model},
    seal::{Sealer, head::SignedHead},
};

/// The event that tells every process to forget the keys of a person.
pub const ERASED: &str = "audit.person.erased";

const SAME_PERSON: Text = Text::new(
    "erasure_two_people",
    "Two people must agree: somebody else than who asked has to approve this.",
    "Deux personnes doivent être d'accord : quelqu'un d'autre que le demandeur doit approuver.",
);
const ONESELF: Text = Text::new(
    "erasure_oneself",
    "Nobody decides on their own erasure.",
    "Personne ne décide de son propre effacement.",
);
const CHANGED: Text = Text::new(
    "erasure_changed",
    "What would be erased has changed since this was asked for. Look at the preview as it is now, then approve it.",
    "Ce qui serait effacé a changé depuis la demande. Consultez l'aperçu actuel, puis approuvez-le.",
);

/// What an erasure did, from which its certificate is made.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Done {
    pub(super) collections: Vec<Collection>,
    pub(super) keys_destroyed: u64,
    pub(super) head_before: SignedHead,
}

/// Approves a request of somebody else, and erases the person in one act.
///
/// # Errors
/// FORBIDDEN for who asked, for the person and for keys, NOT_FOUND, CONFLICT for a stale version, for a request that is
/// not open any more, if something must be settled first, and if there is something else to erase than the request says:
/// then it says so from now on.
pub async fn approve(
    viewer: &Viewer,
    db: &Db,
    holders: &Holders,
    sealer: &Sealer,
    id: PrivacyRequestId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require_tenant(PRIVACY_ERASE)?;
    let me = in_person(viewer)?;
    let head = sealer.on(db).head_now(viewer.tenant_id()).await?;
    let head = head.ok_or_else(|| Error::internal("a trail with a request has entries"))?;
    let erasure = Erasure { db, holders, sealer, head };
    let erased = viewer
        .act(db, "audit.erasure.approve", async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            let request = take(act, id, expected_version).await?;
            let subject = erasure.hold(act, &request, me).await?;
            erasure.erase(act, &request, subject, me).await
        })
        .await;
    match erased {
        Ok((row, subject)) => {
            holders.iter().for_each(|domain| domain.erased(&subject));
            Ok(row)
        }
        Err(Error::Conflict { message, .. }) if message.code() == CHANGED.code => {
            let current_version = Some(show_change(viewer, db, holders, id).await?.version);
            Err(Error::Conflict { message, current_version })
        }
        Err(error) => Err(error),
    }
}

/// What the act works with.
struct Erasure<'a> {
    db: &'a Db,
    holders: &'a Holders,
    sealer: &'a Sealer,
    head: SignedHead,
}

impl Erasure<'_> {
    /// Who it is, with everything they are known by, held until the act ends.
    async fn hold(&self, act: &mut Act, request: &Model, me: UserId) -> Result<DataSubject> {
        let subject = self.holders.identify(self.db, person_of(request)).await?;
        if request.requested_by == Some(me) {
            return Err(Error::Forbidden(SAME_PERSON.into()));
        }
        if subject.ids.contains(&me.uuid()) {
            return Err(Error::Forbidden(ONESELF.into()));
        }
        for domain in self.holders.iter() {
            domain.hold(act, &subject).await?;
        }
        // Race: who they are was read before they were held; read again, nothing can be added to it.
        self.holders.identify(self.db, subject).await
    }

    async fn erase(
        &self,
        act: &mut Act,
        request: &Model,
        subject: DataSubject,
        me: UserId,
    ) -> Result<(Model, DataSubject)> {
        // Reason: counted before anything goes, for what one domain erases may take rows of another with it.
        let found = Preview::of(self.db, self.holders, &subject).await?.holdings;
        for domain in self.holders.iter().rev() {
            domain.erase(act, &subject).await?;
        }
        let agreed: Preview = serde_json::from_str(request.preview.as_deref().unwrap_or_default())?;
        if !agreed.is_of(&found) {
            return Err(Error::conflict(CHANGED));
        }
        let files = others::clear(act, &subject, request.id).await?;
        let person = super::any_person(&subject).to_string();
        act.record(Event {
            kind: ERASED,
            subject_type: "PrivacyRequest",
            subject_id: request.id.uuid(),
            payload: json!({ "person": person }),
        });
        let traces = Traces { request: request.id, emails: subject.emails.clone(), files };
        let job = act.enqueue(traces.job(self.sealer.keyring())?);
        act.enqueue(Traces::later(request.id, self.sealer.keyring())?);
        let keys = found.iter().filter(|line| line.name == "audit.keys").map(|line| line.count).sum();
        let done = Done {
            collections: found.iter().map(Collection::from).collect(),
            keys_destroyed: keys,
            head_before: self.head.clone(),
        };
        let after = Model {
            status: Status::Done.word().to_owned(),
            reason: None,
            decided_by: Some(me),
            decided_at: Some(act.now()),
            finished_at: Some(act.now()),
            job_id: Some(job),
            outcome: Some(serde_json::to_string(&done)?),
            ..request.clone()
        };
        Ok((act.update(request, after).await?, subject))
    }
}

/// Lets a request say what would be erased now.
async fn show_change(viewer: &Viewer, db: &Db, holders: &Holders, id: PrivacyRequestId) -> Result<Model> {
    viewer
        .act(db, "audit.erasure.change", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = take(act, id, None).await?;
            let subject = holders.identify(db, person_of(&before)).await?;
            let preview = Preview::of(db, holders, &subject).await?;
            let after = Model { preview: Some(serde_json::to_string(&preview)?), ..before.clone() };
            act.update(&before, after).await
        })
        .await
}
