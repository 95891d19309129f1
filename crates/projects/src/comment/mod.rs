//! Comments on tasks: what the team says among itself, and what it says with the client.

pub mod entity;
pub mod graphql;
pub mod mention;
pub mod mutation;
mod readers;

pub use mention::mentions;

use kernel::{
    Error, FieldError, Fields, Result, Text,
    act::{Act, expect_version},
    ask::Ask,
    db::Db,
    id::{TaskCommentId, TaskId, TypedId, UserId},
    page::{ChildPage, Connection, Order, PageArgs, children},
    policy::Guarded,
    text::{self, REQUIRED},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, sea_query::LockType};

use crate::{
    policy::{COMMENTS_WRITE, TASKS_READ},
    project,
    service::Projects,
    task::entity as task,
};
use entity::{Column, Entity, Model};
use graphql::TaskComment;
use mutation::{CreateTaskCommentInput, UpdateTaskCommentInput};

/// The comment is somebody else's.
pub const NOT_YOURS: Text = Text::new(
    "not_your_comment",
    "Only who wrote a comment can change or remove it.",
    "Seul l'auteur d'un commentaire peut le modifier ou le supprimer.",
);

/// A client says nothing that clients do not see.
pub const CLIENTS_ARE_HEARD: Text = Text::new(
    "not_internal",
    "Your comments are seen by the agency and by you; they cannot be internal.",
    "Vos commentaires sont visibles par l'agence et par vous ; ils ne peuvent pas être internes.",
);

/// Too many people are mentioned.
pub const TOO_MANY_MENTIONS: Text = Text::new(
    "too_many",
    "A comment mentions at most {max} people.",
    "Un commentaire mentionne {max} personnes au plus.",
);

/// Longest comment, in bytes.
const BODY_MAX: usize = 20_000;

/// Most people mentioned in a comment.
const MAX_MENTIONS: usize = 10;

/// A page of a task's comments, oldest first, in one statement with those of other tasks.
///
/// # Errors
/// FORBIDDEN without the permission to read tasks, INVALID for a wrong page.
pub async fn of_task(ask: &Ask, task: TaskId, args: PageArgs) -> Result<Connection<TaskComment>> {
    ask.viewer.require(TASKS_READ)?;
    let page = ChildPage {
        parent: Column::TaskId,
        order: Order::asc(Column::CreatedAt),
        args,
        fingerprint: String::new(),
        select: Box::new(|viewer| Entity::visible(viewer, TASKS_READ)),
    };
    children(ask, task.uuid(), page).await
}

/// What is said, in Markdown.
///
/// # Errors
/// Empty, too long, or with a forbidden character.
fn body(text: &str) -> Result<String, FieldError> {
    let text = text::markdown(text, "body", BODY_MAX)?;
    if text.trim().is_empty() { Err(FieldError::new("body", REQUIRED)) } else { Ok(text) }
}

/// Each person once, in the order given.
fn people(wanted: Vec<UserId>) -> Result<Vec<UserId>, FieldError> {
    let mut once: Vec<UserId> = Vec::new();
    for person in wanted {
        if !once.contains(&person) {
            once.push(person);
        }
        if once.len() > MAX_MENTIONS {
            return Err(FieldError::new("mentionIds", TOO_MANY_MENTIONS.with("max", MAX_MENTIONS)));
        }
    }
    Ok(once)
}

/// Comments on a task; internal unless it is said or a client says it.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for an archived project, INVALID for wrong fields and for people mentioned who may not
/// see the comment.
pub async fn create(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: CreateTaskCommentInput,
) -> Result<Model> {
    viewer.require(COMMENTS_WRITE)?;
    let mut fields = Fields::new();
    let body = fields.take(body(&input.body));
    let mentioned = fields.take(people(input.mention_ids.unwrap_or_default())).unwrap_or_default();
    let internal = input.internal.unwrap_or(!viewer.is_client());
    fields.require(!(internal && viewer.is_client()), "internal", CLIENTS_ARE_HEARD);
    fields.check()?;
    let readers = readers::of(db, projects, viewer, &mentioned).await?;
    viewer
        .act(db, "projects.comment.create", async |act| {
            let task = task::Entity::fetch_to(act.conn(), viewer, COMMENTS_WRITE, input.task_id).await?;
            check_project(act, task.project_id).await?;
            if viewer.is_client() {
                // Race: the project may have gone to another client until it was held.
                task::Entity::fetch_to(act.conn(), viewer, COMMENTS_WRITE, input.task_id).await?;
            }
            readers::check(act, task.id, internal, &mentioned, &readers).await?;
            let comment = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                project_id: task.project_id,
                task_id: task.id,
                author_id: viewer.user_id(),
                body: body.unwrap_or_default(),
                internal,
                edited_at: None,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            let comment = act.insert(comment).await?;
            write_mentions(act, &comment, Vec::new(), &mentioned).await?;
            Ok(comment)
        })
        .await
}

/// Holds the project against changes, but not against other comments: it stays with its client until the act ends.
async fn check_project(act: &Act, id: kernel::id::ProjectId) -> Result<()> {
    use project::entity::{Column as Of, Entity as Rows};
    let project = Rows::of_tenant(act.viewer().tenant_id()).filter(Of::Id.eq(id));
    let project = project.lock(LockType::Share).one(act.conn()).await?;
    project::rules::check_not_archived(&project.ok_or_else(|| Error::not_found("Project", id))?)
}

async fn write_mentions(
    act: &mut Act,
    comment: &Model,
    before: Vec<mention::Model>,
    wanted: &[UserId],
) -> Result<()> {
    let come = wanted.iter().filter(|user| !before.iter().any(|row| row.user_id == **user));
    let come = come.map(|user| mention::Model {
        id: act.new_id(),
        tenant_id: comment.tenant_id,
        comment_id: comment.id,
        user_id: *user,
    });
    let come = come.collect();
    let gone = before.into_iter().filter(|row| !wanted.contains(&row.user_id)).collect();
    act.delete_all(gone).await?;
    act.insert_all(come).await.map(drop)
}

/// A comment of the viewer's own.
async fn own(act: &Act, id: TaskCommentId, expected_version: Option<i64>) -> Result<Model> {
    let viewer = act.viewer();
    let comment = Entity::fetch_to(act.conn(), viewer, COMMENTS_WRITE, id).await?;
    if comment.author_id.is_none() || comment.author_id != viewer.user_id() {
        return Err(Error::Forbidden(NOT_YOURS.into()));
    }
    expect_version("TaskComment", expected_version, comment.version)?;
    check_project(act, comment.project_id).await?;
    Ok(comment)
}

/// Says an own comment otherwise.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN also for somebody else's comment, CONFLICT for a stale version or an archived project, INVALID
/// as for [`create`].
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: UpdateTaskCommentInput,
) -> Result<Model> {
    viewer.require(COMMENTS_WRITE)?;
    let mut fields = Fields::new();
    let body = fields.take(body(&input.body));
    let mentioned = input.mention_ids.map(|wanted| fields.take(people(wanted)).unwrap_or_default());
    fields.check()?;
    let named = mentioned.clone().unwrap_or_default();
    let readers = readers::of(db, projects, viewer, &named).await?;
    viewer
        .act(db, "projects.comment.update", async |act| {
            let before = own(act, input.id, input.expected_version).await?;
            let body = body.unwrap_or_default();
            let edited_at = if body == before.body { before.edited_at } else { Some(act.now()) };
            let after = act.update(&before, Model { body, edited_at, ..before.clone() }).await?;
            if let Some(wanted) = mentioned {
                readers::check(act, before.task_id, before.internal, &wanted, &readers).await?;
                let there = mention::of_comment(act, before.id).await?;
                write_mentions(act, &before, there, &wanted).await?;
            }
            Ok(after)
        })
        .await
}

/// Removes an own comment.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN also for somebody else's comment, CONFLICT for a stale version or an archived project.
pub async fn delete(
    viewer: &Viewer,
    db: &Db,
    id: TaskCommentId,
    expected_version: Option<i64>,
) -> Result<()> {
    viewer.require(COMMENTS_WRITE)?;
    viewer
        .act(db, "projects.comment.delete", async |act| {
            let comment = own(act, id, expected_version).await?;
            act.delete(comment).await
        })
        .await
}

/// Lets the comments of a person stand without their name: for somebody who is forgotten.
pub(crate) async fn forget_author(act: &mut Act, user: UserId) -> Result<()> {
    let theirs = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::AuthorId.eq(user));
    let theirs = theirs.all(act.conn()).await?;
    act.update_all(theirs, |comment| comment.author_id = None).await
}
