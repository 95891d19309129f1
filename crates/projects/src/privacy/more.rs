//! What people wrote, saved, and answer for in projects.

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
    comment::{entity as comment, mention},
    milestone::entity as milestone,
    policy::{MILESTONES_READ, TASKS_READ},
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
    Ok(())
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
