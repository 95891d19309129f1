//! Exports of what is held of a person (Regulation (EU) 2016/679, articles 15 and 20): asked for by the person or by who
//! may for others, made by a job into the object storage, downloaded by who asked, and removed a week later.
//!
//! What is in one does not depend on who asks: it is what the person themselves may be told, so that it can be handed on.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    act::{Act, NewJob, Outcome, Severity, job},
    db::Db,
    error::{Error, Result, Text},
    id::{AnyId, ContactId, IdKind, PrivacyRequestId, TenantId, TypedId as _, UserId},
    policy::Guarded as _,
    privacy::{DataSubject, Holders},
    viewer::{Actor, Viewer},
};
use platform::{
    crypto::Keyring,
    jobs::Run,
    storage::{Key, Storage},
};
use sea_orm::{
    ColumnTrait as _, Condition, QueryFilter as _, QuerySelect as _, Select,
    sea_query::{Expr, ExprTrait as _},
};
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    PrivacyRequestKind as Kind, PrivacyRequestStatus as Status, access,
    archive::Archive,
    entity::{Column, Entity, Model},
};
use crate::policy::PRIVACY_EXPORT;

/// The job that makes an export.
pub const JOB: &str = "audit.privacy.export";

/// How long a file is kept, in days.
pub const KEPT_DAYS: i64 = 7;

/// Pieces of a file that may wait for the storage.
const AHEAD: usize = 4;

/// Rows that are tidied at once.
const AT_ONCE: u64 = 100;

const UNDER_WAY: Text = Text::new(
    "export_under_way",
    "You have asked for this already, and it is being made.",
    "Vous l'avez déjà demandé ; l'export est en préparation.",
);

/// What privacy needs of others. Cheap to clone; one for a process, in the schema's data.
#[derive(Clone)]
pub struct Privacy {
    /// The domains that hold personal data.
    pub holders: Holders,
    /// Who people are.
    pub people: Arc<dyn access::People>,
    /// Where files are.
    pub storage: Storage,
    /// Seals tickets.
    pub keyring: Arc<Keyring>,
}

/// The person with an id.
///
/// # Errors
/// NOT_FOUND for things of other kinds.
pub(super) fn person(tenant: TenantId, id: AnyId) -> Result<DataSubject> {
    match id.kind {
        IdKind::UserId => Ok(DataSubject::user(tenant, UserId::from_uuid(id.uuid))),
        IdKind::ContactId => Ok(DataSubject::contact(tenant, ContactId::from_uuid(id.uuid))),
        other => Err(Error::not_found(other.type_name(), id)),
    }
}

/// Whether the viewer, in person, is who the id names.
pub(super) fn is_self(viewer: &Viewer, id: AnyId) -> bool {
    matches!(viewer.actor, Actor::User(user) if id == AnyId::from(user))
}

/// A person of whom the tenant holds something, with everything they are known by.
///
/// # Errors
/// NOT_FOUND if it holds nothing.
pub(super) async fn known(db: &Db, holders: &Holders, tenant: TenantId, id: AnyId) -> Result<DataSubject> {
    let subject = holders.identify(db, person(tenant, id)?).await?;
    for domain in holders.iter() {
        if !domain.holdings(db, &subject).await?.is_empty() {
            return Ok(subject);
        }
    }
    Err(Error::not_found(id.kind.type_name(), id))
}

/// Asks for an export.
///
/// # Errors
/// FORBIDDEN without the right to ask about others, NOT_FOUND for a person of whom nothing is held, CONFLICT while the
/// same person's export that the viewer asked for is being made.
pub async fn request(viewer: &Viewer, db: &Db, privacy: &Privacy, id: AnyId) -> Result<Model> {
    viewer.signed_in()?;
    let own = is_self(viewer, id);
    if !own {
        viewer.require_tenant(PRIVACY_EXPORT)?;
        known(db, &privacy.holders, viewer.tenant_id(), id).await?;
    }
    viewer
        .act(db, "audit.privacy.request", async |act| {
            act.mark(Outcome::Success, if own { Severity::Notice } else { Severity::Warning });
            settle(act, asked_before(viewer, id)).await?;
            let request: PrivacyRequestId = act.new_id();
            let mut job = NewJob::new(JOB, json!({ "request": request }).to_string());
            job.max_attempts = 5;
            let row = Model { job_id: Some(act.enqueue(job)), ..draft(act, request, id) };
            let unique = ["tenant_id", "kind", "person_id", "requested_by"];
            act.insert_unique(row, &unique, || Error::conflict(UNDER_WAY)).await
        })
        .await
}

fn draft(act: &Act, id: PrivacyRequestId, person: AnyId) -> Model {
    Model {
        id,
        tenant_id: act.viewer().tenant_id(),
        kind: Kind::Export.word().to_owned(),
        status: Status::Waiting.word().to_owned(),
        person_type: person.kind.type_name().to_owned(),
        person_id: person.uuid,
        reason: None,
        requested_by: act.viewer().user_id(),
        decided_by: None,
        decided_at: None,
        job_id: None,
        file_key: None,
        file_size: None,
        file_sha256: None,
        expires_at: None,
        preview: None,
        outcome: None,
        certificate: None,
        finished_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

fn asked_before(viewer: &Viewer, id: AnyId) -> Select<Entity> {
    Entity::of_tenant(viewer.tenant_id())
        .filter(Column::PersonId.eq(id.uuid))
        .filter(Column::RequestedBy.eq(viewer.user_id()))
}

/// Writes the end of exports whose job ended without saying so: a worker that died, a job cancelled from outside.
async fn settle(act: &mut Act, among: Select<Entity>) -> Result<()> {
    let open = [Status::Waiting, Status::Running].map(Status::word);
    let open = among.filter(Column::Kind.eq(Kind::Export.word())).filter(Column::Status.is_in(open));
    let rows = open.limit(AT_ONCE).all(act.conn()).await?;
    let jobs = job::Entity::of_tenant(act.viewer().tenant_id())
        .filter(job::Column::Id.is_in(rows.iter().filter_map(|row| row.job_id)))
        .all(act.conn())
        .await?;
    let now = act.now();
    let pairs = rows.into_iter().filter_map(|row| {
        let job = jobs.iter().find(|job| Some(job.id) == row.job_id);
        let status = match job.map(job::Model::status) {
            Some(job::Status::Waiting | job::Status::Running) => return None,
            Some(job::Status::Cancelled) => Status::Cancelled,
            _ => Status::Failed,
        };
        let after = ended(&row, status, now);
        Some((row, after))
    });
    let pairs = pairs.collect();
    act.update_pairs(pairs).await.map(drop)
}

fn ended(row: &Model, status: Status, now: DateTime<Utc>) -> Model {
    Model { status: status.word().to_owned(), finished_at: Some(now), ..row.clone() }
}

/// Lets a request follow what was done with its job by hand: cancelled, or begun anew.
///
/// # Errors
/// CONFLICT if the same was asked for again in the meantime.
pub(crate) async fn follow(act: &mut Act, job: &job::Model) -> Result<()> {
    if job.kind != JOB {
        return Ok(());
    }
    let row = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::JobId.eq(job.id));
    let Some(before) = row.one(act.conn()).await? else { return Ok(()) };
    let after = match job.status() {
        job::Status::Cancelled => ended(&before, Status::Cancelled, act.now()),
        job::Status::Waiting if before.file_key.is_none() => {
            Model { status: Status::Waiting.word().to_owned(), finished_at: None, ..before.clone() }
        }
        _ => return Ok(()),
    };
    let unique = ["tenant_id", "kind", "person_id", "requested_by"];
    act.update_unique(&before, after, &unique, || Error::conflict(UNDER_WAY)).await.map(drop)
}

/// A file that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its key.
    pub key: Key,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Privacy {
    /// The request that a job is for, as being made now; none if nobody wants it any more.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn begin(&self, system: &Viewer, db: &Db, run: &Run) -> Result<Option<Model>> {
        let row = Entity::of_tenant(system.tenant_id()).filter(Column::JobId.eq(run.id));
        let Some(row) = row.one(db).await?.filter(|row| !Status::of(row).is_over()) else { return Ok(None) };
        if Status::of(&row) == Status::Running {
            return Ok(Some(row));
        }
        let begin = system.act(db, "audit.privacy.begin", async |act| {
            let after = Model { status: Status::Running.word().to_owned(), ..row.clone() };
            act.update(&row, after).await
        });
        begin.await.map(Some)
    }

    /// Who a request is about, with everything they are known by.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn subject(&self, db: &Db, request: &Model) -> Result<DataSubject> {
        self.holders.identify(db, person(request.tenant_id, request.person())?).await
    }

    /// Makes the file of a request about `subject`; `eyes` are the person's own, if they may sign in.
    ///
    /// # Errors
    /// If the database or the storage does not answer, or the job is no longer wanted; nothing is stored then.
    pub async fn make(
        &self,
        system: &Viewer,
        db: &Db,
        run: &Run,
        request: &Model,
        subject: &DataSubject,
        eyes: Option<&Viewer>,
    ) -> Result<Made> {
        let tenant = &system.tenant;
        let key = format!("privacy/{}/{}-{}.zip", tenant.id.uuid(), request.id.uuid(), run.fence);
        let key = Key::new(key)?;
        let (to, from) = mpsc::channel(AHEAD);
        let pieces = futures::stream::unfold(from, async |mut from: mpsc::Receiver<Result<_>>| {
            Some((from.recv().await?, from))
        });
        let about = json!({
            "what": "Everything that is held of a person", "person": request.person().to_string(),
            "request": request.id, "tenant": { "id": tenant.id, "slug": tenant.slug }, "madeAt": system.clock.now(),
        });
        let write = async {
            let archive = Archive::new(to.clone(), &self.storage, run);
            let written = Box::pin(self.write(db, subject, eyes, archive, about)).await;
            if let Err(error) = &written {
                // Reason: an object whose content fails is not stored.
                let _ = to.send(Err(error.clone())).await;
            }
            drop(to);
            written
        };
        let (written, stored) = futures::join!(write, self.storage.put::<_, Error>(&key, pieces));
        Ok(Made { sha256: written?, size: stored?, key })
    }

    async fn write(
        &self,
        db: &Db,
        subject: &DataSubject,
        eyes: Option<&Viewer>,
        mut archive: Archive<'_>,
        about: serde_json::Value,
    ) -> Result<String> {
        for domain in self.holders.iter() {
            domain.collect(db, subject, eyes, &mut archive).await?;
        }
        access::collect(db, self.people.as_ref(), subject, &mut archive).await?;
        Box::pin(archive.finish(about)).await
    }

    /// Writes how a request ended whose job ends without a file.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn give_up(&self, system: &Viewer, db: &Db, request: &Model, status: Status) -> Result<()> {
        let act = system.act(db, "audit.privacy.give_up", async |act| {
            act.mark(Outcome::Failure, Severity::Notice);
            let row = Entity::of_tenant(system.tenant_id()).filter(Column::Id.eq(request.id));
            let Some(row) = row.one(act.conn()).await?.filter(|row| !Status::of(row).is_over()) else {
                return Ok(());
            };
            let after = ended(&row, status, act.now());
            act.update(&row, after).await.map(drop)
        });
        act.await
    }
}

/// Writes in the act that ends its job that a request is done.
///
/// # Errors
/// CONFLICT if nobody wants it any more, or another worker has the job.
pub async fn finish(act: &mut Act, run: &Run, request: &Model, made: &Made) -> Result<Model> {
    act.mark(Outcome::Success, Severity::Notice);
    let after = Model {
        file_key: Some(made.key.to_string()),
        file_size: i64::try_from(made.size).ok(),
        file_sha256: Some(made.sha256.clone()),
        expires_at: Some(act.now() + TimeDelta::days(KEPT_DAYS)),
        ..ended(request, Status::Done, act.now())
    };
    let done = act.update(request, after).await?;
    act.finish_job(run, Some(&json!({ "request": request.id }))).await?;
    Ok(done)
}

/// Tenants with files whose time is over, or with exports whose job may have ended unsaid.
///
/// # Errors
/// If the database does not answer.
#[expect(clippy::disallowed_methods, reason = "which tenants they are of is the question")]
pub async fn untidy(db: &Db, now: DateTime<Utc>) -> Result<Vec<TenantId>> {
    use sea_orm::EntityTrait as _;
    let over = Column::FileKey.is_not_null().and(Column::ExpiresAt.lte(now));
    let open = Column::Status.is_in([Status::Waiting, Status::Running].map(Status::word));
    let lost =
        Column::Kind.eq(Kind::Export.word()).and(open).and(Column::CreatedAt.lt(now - TimeDelta::hours(1)));
    let rows = Entity::find().filter(Condition::any().add(over).add(lost)).select_only();
    Ok(rows.column(Column::TenantId).distinct().into_tuple().all(db).await?)
}

/// Removes files whose time is over, and writes the end of exports whose job ended unsaid. Call it again until it answers
/// zero files.
///
/// # Errors
/// If the database or the storage does not answer.
pub async fn tidy(system: &Viewer, db: &Db, storage: &Storage) -> Result<usize> {
    let now = system.clock.now();
    let tenant = system.tenant_id();
    system.act(db, "audit.privacy.settle", async |act| settle(act, Entity::of_tenant(tenant)).await).await?;
    let over = Entity::of_tenant(tenant)
        .filter(Column::FileKey.is_not_null())
        .filter(Expr::col(Column::ExpiresAt).lte(now))
        .limit(AT_ONCE)
        .all(db)
        .await?;
    let keys: Result<Vec<Key>, _> =
        over.iter().filter_map(|row| row.file_key.clone()).map(Key::new).collect();
    storage.delete(keys?).await?;
    let removed = over.len();
    let expire = system.act(db, "audit.privacy.expire", async |act| {
        act.update_all(over, |row| {
            row.status = Status::Expired.word().to_owned();
            row.file_key = None;
        })
        .await
    });
    expire.await?;
    Ok(removed)
}
