//! Asking for an erasure, refusing it and taking it back.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    act::{Act, Outcome, Severity, expect_version},
    db::Db,
    error::{Error, Fields, Result, Text},
    id::{AnyId, PrivacyRequestId},
    policy::Guarded as _,
    privacy::Holders,
    text,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, QuerySelect as _,
    sea_query::{LockBehavior, LockType, Query},
};

use super::{OPEN_DAYS, in_person, look};
use crate::{
    policy::PRIVACY_ERASE,
    privacy::{
        PrivacyRequestKind, PrivacyRequestStatus as Status,
        entity::{Column, Entity, Model},
    },
};

/// Longest reason, in characters.
const REASON_MAX: usize = 1_000;

const ASKED_ALREADY: Text = Text::new(
    "erasure_asked_already",
    "Somebody has asked for this already; the request waits for an approval.",
    "Quelqu'un l'a déjà demandé ; la demande attend une approbation.",
);
const NOTHING_LEFT: Text = Text::new(
    "erasure_nothing_left",
    "Nothing is held of this person that could be erased.",
    "Rien de ce qui est conservé sur cette personne ne peut être effacé.",
);
pub(super) const NOT_OPEN: Text =
    Text::new("erasure_not_open", "This request is not open any more.", "Cette demande n'est plus ouverte.");
const NOT_YOURS: Text = Text::new(
    "erasure_not_yours",
    "Only who asked for it can take it back; others can reject it.",
    "Seule la personne qui l'a demandé peut le retirer ; les autres peuvent le refuser.",
);
pub(super) const BUSY: Text = Text::new(
    "erasure_being_decided",
    "Somebody else decides on this request at this moment.",
    "Quelqu'un d'autre décide de cette demande en ce moment.",
);

/// Asks for the erasure of a person; somebody else must approve it within thirty days.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND for nobody whom the tenant knows, INVALID without a reason, CONFLICT if it was asked for already,
/// or nothing is left to erase.
pub async fn request(
    viewer: &Viewer,
    db: &Db,
    holders: &Holders,
    person: AnyId,
    reason: &str,
) -> Result<Model> {
    viewer.require_tenant(PRIVACY_ERASE)?;
    let me = in_person(viewer)?;
    let mut fields = Fields::new();
    let reason = fields.take(text::line(reason, "reason", REASON_MAX));
    fields.check()?;
    let (_, preview) = look(db, holders, viewer.tenant_id(), person).await?;
    if preview.holdings.iter().all(|line| line.fate == "kept") {
        return Err(Error::conflict(NOTHING_LEFT));
    }
    viewer
        .act(db, "audit.erasure.request", async |act| {
            act.mark(Outcome::Success, Severity::Warning);
            end_old(act, person).await?;
            let row = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                kind: PrivacyRequestKind::Erasure.word().to_owned(),
                status: Status::AwaitingApproval.word().to_owned(),
                person_type: person.kind.type_name().to_owned(),
                person_id: person.uuid,
                reason,
                requested_by: Some(me),
                decided_by: None,
                decided_at: None,
                job_id: None,
                file_key: None,
                file_size: None,
                file_sha256: None,
                expires_at: Some(act.now() + TimeDelta::days(OPEN_DAYS)),
                preview: Some(serde_json::to_string(&preview)?),
                outcome: None,
                certificate: None,
                finished_at: None,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            act.insert_unique(row, &["tenant_id", "person_id"], || Error::conflict(ASKED_ALREADY)).await
        })
        .await
}

/// Ends requests about a person that nobody approved in time, and errs if one is open still.
async fn end_old(act: &mut Act, person: AnyId) -> Result<()> {
    let open = open(act.viewer()).filter(Column::PersonId.eq(person.uuid)).all(act.conn()).await?;
    let now = act.now();
    if open.iter().any(|row| !is_late(row, now)) {
        return Err(Error::conflict(ASKED_ALREADY));
    }
    act.update_all(open, |row| {
        row.status = Status::Expired.word().to_owned();
        row.finished_at = Some(now);
    })
    .await
}

/// Refuses a request.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND, CONFLICT for a stale version, or if it is not open any more.
pub async fn reject(
    viewer: &Viewer,
    db: &Db,
    id: PrivacyRequestId,
    expected_version: Option<i64>,
) -> Result<Model> {
    end(viewer, db, id, expected_version, "audit.erasure.reject", Status::Refused).await
}

/// Takes a request back that the viewer made.
///
/// # Errors
/// As [`reject`]; FORBIDDEN for a request of somebody else.
pub async fn withdraw(
    viewer: &Viewer,
    db: &Db,
    id: PrivacyRequestId,
    expected_version: Option<i64>,
) -> Result<Model> {
    end(viewer, db, id, expected_version, "audit.erasure.withdraw", Status::Cancelled).await
}

async fn end(
    viewer: &Viewer,
    db: &Db,
    id: PrivacyRequestId,
    expected_version: Option<i64>,
    name: &'static str,
    status: Status,
) -> Result<Model> {
    viewer.require_tenant(PRIVACY_ERASE)?;
    let me = in_person(viewer)?;
    viewer
        .act(db, name, async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = take(act, id, expected_version).await?;
            if status == Status::Cancelled && before.requested_by != Some(me) {
                return Err(Error::Forbidden(NOT_YOURS.into()));
            }
            let mut after = before.clone();
            after.status = status.word().to_owned();
            after.decided_by = (status == Status::Refused).then_some(me);
            after.decided_at = Some(act.now());
            after.finished_at = Some(act.now());
            act.update(&before, after).await
        })
        .await
}

/// An open request of the act's tenant, locked until the act ends.
///
/// # Errors
/// NOT_FOUND, CONFLICT for a stale version, if it is not open any more, or while another act has it.
pub(super) async fn take(act: &Act, id: PrivacyRequestId, expected_version: Option<i64>) -> Result<Model> {
    let seen = Entity::fetch_in(act.conn(), act.viewer(), PRIVACY_ERASE, id).await?;
    if seen.kind != PrivacyRequestKind::Erasure.word() {
        return Err(Error::not_found("PrivacyRequest", id));
    }
    // Race: of two who decide at once the later one is told so at once; it waits for nothing that the first one needs.
    let row = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.eq(id));
    let row = row.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).one(act.conn()).await?;
    let row = row.ok_or_else(|| Error::conflict(BUSY))?;
    if Status::of(&row) != Status::AwaitingApproval || is_late(&row, act.now()) {
        return Err(Error::conflict(NOT_OPEN));
    }
    expect_version("PrivacyRequest", expected_version, row.version)?;
    Ok(row)
}

fn open(viewer: &Viewer) -> sea_orm::Select<Entity> {
    Entity::of_tenant(viewer.tenant_id())
        .filter(Column::Kind.eq(PrivacyRequestKind::Erasure.word()))
        .filter(Column::Status.eq(Status::AwaitingApproval.word()))
}

fn is_late(row: &Model, now: DateTime<Utc>) -> bool {
    row.expires_at.is_some_and(|until| until <= now)
}

/// Ends requests that nobody approved in time, in every tenant.
///
/// This is no act: nobody decided anything.
///
/// # Errors
/// If the database does not answer.
pub async fn expire(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Column::Status, Status::Expired.word())
        .value(Column::FinishedAt, now)
        .and_where(Column::Kind.eq(PrivacyRequestKind::Erasure.word()))
        .and_where(Column::Status.eq(Status::AwaitingApproval.word()))
        .and_where(Column::ExpiresAt.lte(now));
    db.writer().execute(&update).await?;
    Ok(())
}
