//! What people wrote, saved, answer for and were asked in projects.

use kernel::{
    Result,
    db::Db,
    id::{TypedId as _, UserId},
    policy::Guarded,
    privacy::{Collector, DataSubject, Pages},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::seen;
use crate::{
    change_request::entity as change_request,
    comment::{entity as comment, mention},
    decision::entity as decision,
    feedback::entity as feedback,
    import::forget,
    milestone::entity as milestone,
    plan::baseline::entity as baseline,
    policy::{
        MILESTONES_READ, TASKS_READ,
        registers::{CHANGES_READ, DECISIONS_READ, RISKS_READ},
    },
    risk::entity as risk,
    template::entity as template,
    view::entity as view,
};

/// Collects comments that the person wrote or that mention them, milestones they answer for or decided on, and views
/// they saved.
pub(super) async fn collect(
    db: &Db,
    subject: &DataSubject,
    user: UserId,
    eyes: Option<&Viewer>,
    into: &mut dyn Collector,
) -> Result<()> {
    let wrote = comment::Entity::of_tenant(subject.tenant).filter(comment::Column::AuthorId.eq(user));
    let mut pages = Pages::of(wrote, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "taskId": row.task_id, "body": row.body, "internal": row.internal,
                "createdAt": row.created_at, "editedAt": row.edited_at,
            })
        });
        let told = told.collect();
        into.rows("projects.comments", told).await?;
    }
    let mentions = comment::Entity::of_tenant(subject.tenant)
        .filter(comment::Column::Id.in_subquery(mention::comments_to(subject.tenant, user)));
    let mut pages = Pages::of(mentions, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
        let seen = seen::<comment::Entity>(db, eyes, TASKS_READ, &ids).await?;
        let told = rows.iter().map(|row| {
            let body = seen.contains(&row.id.uuid()).then_some(&row.body);
            json!({ "commentId": row.id, "taskId": row.task_id, "body": body, "createdAt": row.created_at })
        });
        let told = told.collect();
        into.rows("projects.mentions", told).await?;
    }
    let theirs = Condition::any()
        .add(milestone::Column::AssigneeId.eq(user))
        .add(milestone::Column::ApprovalRequestedBy.eq(user))
        .add(milestone::Column::ApprovalDecidedBy.eq(user));
    let mut pages =
        Pages::of(milestone::Entity::of_tenant(subject.tenant).filter(theirs), |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
        let seen = seen::<milestone::Entity>(db, eyes, MILESTONES_READ, &ids).await?;
        let told = rows.iter().map(|row| milestone(row, user, seen.contains(&row.id.uuid())));
        let told = told.collect();
        into.rows("projects.milestones", told).await?;
    }
    let views = view::Entity::of_tenant(subject.tenant).filter(view::Column::OwnerId.eq(user));
    let mut pages = Pages::of(views, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({ "id": row.id, "kind": row.kind, "name": row.name, "shared": row.shared, "definition": row.definition })
        });
        let told = told.collect();
        into.rows("projects.views", told).await?;
    }
    made(db, subject, user, into).await?;
    registers(db, subject, user, eyes, into).await
}

/// Collects templates that the person made and files they imported; what stands in them is the agency's.
async fn made(db: &Db, subject: &DataSubject, user: UserId, into: &mut dyn Collector) -> Result<()> {
    let theirs = template::Entity::of_tenant(subject.tenant).filter(template::Column::CreatedBy.eq(user));
    let mut pages = Pages::of(theirs, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| json!({ "id": row.id, "createdAt": row.created_at })).collect();
        into.rows("projects.templates", told).await?;
    }
    let theirs = baseline::Entity::of_tenant(subject.tenant).filter(baseline::Column::CreatedBy.eq(user));
    let mut pages = Pages::of(theirs, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| json!({ "id": row.id, "createdAt": row.created_at })).collect();
        into.rows("projects.baselines", told).await?;
    }
    let mut pages = Pages::of(forget::of_person(subject.tenant, user), |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "projectId": row.project_id, "fileName": row.file_name, "createdAt": row.created_at,
            })
        });
        let told = told.collect();
        into.rows("projects.imports", told).await?;
    }
    Ok(())
}

/// Collects risks that the person watches, change requests they answered, decisions they took, and what they were asked
/// and said of the agency.
async fn registers(
    db: &Db,
    subject: &DataSubject,
    user: UserId,
    eyes: Option<&Viewer>,
    into: &mut dyn Collector,
) -> Result<()> {
    let watched = risk::Entity::of_tenant(subject.tenant).filter(risk::Column::OwnerId.eq(user));
    let mut pages = Pages::of(watched, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
        let seen = seen::<risk::Entity>(db, eyes, RISKS_READ, &ids).await?;
        let told = rows.iter().map(|row| {
            let title = seen.contains(&row.id.uuid()).then_some(&row.title);
            json!({ "id": row.id, "projectId": row.project_id, "title": title, "status": row.status })
        });
        let told = told.collect();
        into.rows("projects.risks", told).await?;
    }
    let answered = Condition::any()
        .add(change_request::Column::StaffBy.eq(user))
        .add(change_request::Column::ClientBy.eq(user));
    let answered = change_request::Entity::of_tenant(subject.tenant).filter(answered);
    let mut pages = Pages::of(answered, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
        let seen = seen::<change_request::Entity>(db, eyes, CHANGES_READ, &ids).await?;
        let told = rows.iter().map(|row| change(row, user, seen.contains(&row.id.uuid()))).collect();
        into.rows("projects.change_requests", told).await?;
    }
    let taken = decision::Entity::of_tenant(subject.tenant).filter(decision::Column::DecidedBy.eq(user));
    let mut pages = Pages::of(taken, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
        let seen = seen::<decision::Entity>(db, eyes, DECISIONS_READ, &ids).await?;
        let told = rows.iter().map(|row| {
            let title = seen.contains(&row.id.uuid()).then_some(&row.title);
            json!({ "id": row.id, "projectId": row.project_id, "title": title, "decidedOn": row.decided_on })
        });
        let told = told.collect();
        into.rows("projects.decisions", told).await?;
    }
    let asked = feedback::Entity::of_tenant(subject.tenant).filter(feedback::Column::UserId.eq(user));
    let mut pages = Pages::of(asked, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let told = rows.iter().map(|row| {
            json!({
                "id": row.id, "projectId": row.project_id, "kind": row.kind, "askedAt": row.created_at,
                "expiresAt": row.expires_at, "remindedAt": row.reminded_at, "answeredAt": row.answered_at,
                "score": row.score, "comment": row.comment,
            })
        });
        let told = told.collect();
        into.rows("projects.feedback", told).await?;
    }
    Ok(())
}

/// A change request that the person answered; what they said of it is theirs.
fn change(row: &change_request::Model, user: UserId, seen: bool) -> Json {
    let (staff, client) = (row.staff_by == Some(user), row.client_by == Some(user));
    json!({
        "id": row.id, "projectId": row.project_id, "title": seen.then_some(&row.title),
        "staffAnswer": staff.then_some(row.staff_answer.as_ref()).flatten(),
        "staffComment": staff.then_some(row.staff_comment.as_ref()).flatten(),
        "clientAnswer": client.then_some(row.client_answer.as_ref()).flatten(),
        "clientComment": client.then_some(row.client_comment.as_ref()).flatten(),
    })
}

/// A milestone that the person has something to do with; what they said of it is theirs.
fn milestone(row: &milestone::Model, user: UserId, seen: bool) -> Json {
    let decided = row.approval_decided_by == Some(user);
    json!({
        "id": row.id, "projectId": row.project_id, "name": seen.then_some(&row.name), "dueOn": row.due_on,
        "answersFor": row.assignee_id == Some(user), "asked": row.approval_requested_by == Some(user),
        "decided": decided, "approval": row.approval,
        "comment": decided.then_some(row.approval_comment.as_ref()).flatten(),
    })
}
