//! The acts on leave: load, check, decide, write, record.

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{LeaveId, TypedId, UserId},
    policy::Guarded,
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::{
    entity::{Column, Entity, Model},
    mutation::{ApproveLeaveInput, CancelLeaveInput, RejectLeaveInput, RequestLeaveInput},
};
use crate::{
    calendar::graphql::range,
    people::hold_staff,
    policy::people::{LEAVE_DECIDE, LEAVE_DECIDE_OWN, LEAVE_WRITE, PEOPLE_READ, may_of},
    register::{OUT_OF_RANGE, comment, reason},
    service::Projects,
    today,
    words::{LeaveKind, LeaveStatus},
};

/// The leave has begun already.
pub const PAST: Text = Text::new(
    "leave_past",
    "Only sickness is entered after the fact; other leave begins today or later, or is entered by who decides about it.",
    "Seule la maladie se déclare après coup ; les autres absences commencent aujourd'hui ou plus tard, ou sont saisies \
     par qui en décide.",
);

/// There is other leave on some of the days.
pub const OVERLAPS: Text = Text::new(
    "leave_overlaps",
    "This overlaps with the leave from {from} to {to} ({id}).",
    "Cela chevauche l'absence du {from} au {to} ({id}).",
);

/// Somebody decided already.
pub const DECIDED: Text = Text::new(
    "leave_decided",
    "This leave is {status}; that cannot be done with it any more.",
    "Cette absence a le statut {status} ; cela n'est plus possible.",
);

/// Nobody decides about their own leave.
pub const OWN: Text = Text::new(
    "leave_own",
    "Somebody else decides about your leave.",
    "Quelqu'un d'autre décide de vos absences.",
);

/// Longest leave, in days: three years.
const DAYS_MAX: i64 = 1_100;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// Statuses in which leave keeps its days.
const TAKEN: [&str; 2] = [LeaveStatus::Requested.as_str(), LeaveStatus::Approved.as_str()];

/// Asks for leave.
///
/// # Errors
/// FORBIDDEN, INVALID for wrong fields, for days in the past but for sickness, and for days that are taken.
pub async fn request(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: RequestLeaveInput,
) -> Result<Model> {
    viewer.require(LEAVE_WRITE)?;
    let person = match input.user_id {
        Some(person) => person,
        None => viewer.signed_in()?,
    };
    if !may_of(viewer, LEAVE_WRITE, person) {
        return Err(Error::lacks(LEAVE_WRITE.name));
    }
    viewer
        .act(db, "projects.leave.request", async |act| {
            // Race: of two requests made at once the later one sees the days of the earlier.
            hold_staff(act, projects, person, "userId").await?;
            let new = new(act, person, input)?;
            check_free(act, &new).await?;
            act.insert(new).await
        })
        .await
}

fn new(act: &Act, person: UserId, input: RequestLeaveInput) -> Result<Model> {
    let RequestLeaveInput { user_id: _, kind, from, to, minutes_per_day, note } = input;
    let (starts_on, ends_on) = range((from, to), DAYS_MAX)?;
    let mut fields = Fields::new();
    // Reason: who decides about leave also enters what was forgotten, so that a day in the past does not tell of sickness.
    let late = kind == LeaveKind::Sick || act.viewer().reaches(LEAVE_DECIDE, Reach::Tenant);
    let begins = late || starts_on >= today(act.viewer(), act.now());
    fields.require(begins, "from", PAST);
    let sound = minutes_per_day.is_none_or(|minutes| (1..=DAY).contains(&minutes));
    fields.require(sound, "minutesPerDay", OUT_OF_RANGE.with("min", 1).with("max", DAY));
    let note = fields.take(comment(note.as_deref(), "note")).flatten();
    fields.check()?;
    Ok(Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        user_id: person,
        kind: kind.as_str().to_owned(),
        starts_on,
        ends_on,
        minutes: minutes_per_day,
        note: note.unwrap_or_default(),
        status: LeaveStatus::Requested.as_str().to_owned(),
        decided_by: None,
        decided_at: None,
        reason: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

async fn check_free(act: &Act, new: &Model) -> Result<()> {
    let other = Entity::of_tenant(new.tenant_id)
        .filter(Column::UserId.eq(new.user_id.uuid()))
        .filter(Column::Status.is_in(TAKEN))
        .filter(Column::StartsOn.lte(new.ends_on))
        .filter(Column::EndsOn.gte(new.starts_on))
        .order_by_asc(Column::StartsOn);
    let Some(other) = other.one(act.conn()).await? else { return Ok(()) };
    let said = OVERLAPS.with("from", other.starts_on).with("to", other.ends_on).with("id", other.id);
    Err(Error::field("from", said))
}

/// A leave that the viewer may see, with its person held.
async fn open(act: &Act, projects: &Projects, id: LeaveId, expected: Option<i64>) -> Result<Model> {
    let seen = Entity::fetch_in(act.conn(), act.viewer(), PEOPLE_READ, id).await?;
    projects.clocks.hold(act, seen.user_id).await?;
    // Race: read again behind the lock, so that of decisions made at once the later one sees the earlier.
    let row = Entity::fetch_in(act.conn(), act.viewer(), PEOPLE_READ, id).await?;
    expect_version("Leave", expected, row.version)?;
    Ok(row)
}

/// Checks that a leave has one of these statuses.
fn check_status(row: &Model, among: &[&str]) -> Result<()> {
    let sound = among.contains(&row.status.as_str());
    if sound { Ok(()) } else { Err(Error::conflict(DECIDED.with("status", row.status.to_uppercase()))) }
}

fn check_decider(viewer: &Viewer, row: &Model) -> Result<()> {
    if !viewer.reaches(LEAVE_DECIDE, Reach::Tenant) {
        return Err(Error::lacks(LEAVE_DECIDE.name));
    }
    let own = viewer.user_id() == Some(row.user_id) && !viewer.reaches(LEAVE_DECIDE_OWN, Reach::Tenant);
    if own { Err(Error::Forbidden(OWN.into())) } else { Ok(()) }
}

async fn decide(
    act: &mut Act,
    projects: &Projects,
    (id, expected): (LeaveId, Option<i64>),
    status: LeaveStatus,
    reason: Option<String>,
) -> Result<Model> {
    let row = open(act, projects, id, expected).await?;
    check_decider(act.viewer(), &row)?;
    check_status(&row, &[LeaveStatus::Requested.as_str()])?;
    let after = Model {
        status: status.as_str().to_owned(),
        decided_by: act.viewer().user_id(),
        decided_at: Some(act.now()),
        reason,
        ..row.clone()
    };
    act.update(&row, after).await
}

/// Approves leave that waits.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version and for leave that was decided about.
pub async fn approve(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: ApproveLeaveInput,
) -> Result<Model> {
    viewer.require(LEAVE_DECIDE)?;
    let which = (input.id, input.expected_version);
    viewer
        .act(db, "projects.leave.approve", async |act| {
            decide(act, projects, which, LeaveStatus::Approved, None).await
        })
        .await
}

/// Rejects leave that waits.
///
/// # Errors
/// As [`approve`], and INVALID without a reason.
pub async fn reject(viewer: &Viewer, db: &Db, projects: &Projects, input: RejectLeaveInput) -> Result<Model> {
    viewer.require(LEAVE_DECIDE)?;
    let reason = reason(&input.reason, "reason")?;
    let which = (input.id, input.expected_version);
    viewer
        .act(db, "projects.leave.reject", async |act| {
            decide(act, projects, which, LeaveStatus::Rejected, Some(reason)).await
        })
        .await
}

/// Takes leave back.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version and for leave that is over, rejected or taken back.
pub async fn cancel(viewer: &Viewer, db: &Db, projects: &Projects, input: CancelLeaveInput) -> Result<Model> {
    viewer.require(PEOPLE_READ)?;
    viewer
        .act(db, "projects.leave.cancel", async |act| {
            let row = open(act, projects, input.id, input.expected_version).await?;
            let decides = viewer.reaches(LEAVE_DECIDE, Reach::Tenant);
            let begun =
                row.status == LeaveStatus::Approved.as_str() && row.starts_on <= today(viewer, act.now());
            let own = viewer.user_id() == Some(row.user_id) && viewer.holds(LEAVE_WRITE) && !begun;
            if viewer.is_client() || !(decides || own) {
                return Err(Error::lacks(LEAVE_DECIDE.name));
            }
            check_status(&row, &TAKEN)?;
            let after = Model { status: LeaveStatus::Cancelled.as_str().to_owned(), ..row.clone() };
            act.update(&row, after).await
        })
        .await
}
