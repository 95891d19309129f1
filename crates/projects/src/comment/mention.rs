//! The table of who is mentioned in which comment.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Result,
    act::{About, Act, Recorded},
    ask::{Ask, FromAsk},
    db::Db,
    id::{AssignmentId, TaskCommentId, TenantId, TypedId, UserId},
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Query, SelectStatement},
};

/// A person whom a comment is addressed to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_mentions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The comment.
    pub comment_id: TaskCommentId,
    /// The person.
    pub user_id: UserId,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "TaskMention";

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}

/// Mentions in a tenant, whoever asks; what they may see is decided by the comments they are asked for.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

/// Ids of the comments that mention a person.
pub fn comments_to(tenant: TenantId, user: UserId) -> SelectStatement {
    let mut comments = Query::select();
    comments.column(Column::CommentId).from(Entity).and_where(Column::TenantId.eq(tenant));
    comments.and_where(Column::UserId.eq(user));
    comments
}

/// The rows of a comment.
pub(crate) async fn of_comment(act: &Act, comment: TaskCommentId) -> Result<Vec<Model>> {
    let rows = of_tenant(act.viewer().tenant_id()).filter(Column::CommentId.eq(comment));
    Ok(rows.order_by_asc(Column::Id).all(act.conn()).await?)
}

/// Takes a person out of every comment that mentions them.
pub(crate) async fn forget_user(act: &mut Act, user: UserId) -> Result<()> {
    let rows = of_tenant(act.viewer().tenant_id()).filter(Column::UserId.eq(user));
    let rows = rows.all(act.conn()).await?;
    act.delete_all(rows).await
}

/// Loads who is mentioned in comments.
struct Mentions {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Mentions {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<TaskCommentId> for Mentions {
    type Value = Vec<UserId>;
    type Error = Error;

    async fn load(&self, comments: &[TaskCommentId]) -> Result<HashMap<TaskCommentId, Vec<UserId>>> {
        let ids = comments.iter().map(|comment| comment.uuid());
        let rows: Vec<(TaskCommentId, UserId)> = of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Column::CommentId, ids))
            .select_only()
            .columns([Column::CommentId, Column::UserId])
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut found: HashMap<TaskCommentId, Vec<UserId>> = HashMap::with_capacity(comments.len());
        for (comment, user) in rows {
            found.entry(comment).or_default().push(user);
        }
        Ok(found)
    }
}

/// The people whom a comment that the viewer was shown mentions; one statement for all comments of a request.
pub async fn mentions(ask: &Ask, comment: TaskCommentId) -> Result<Vec<UserId>> {
    Ok(ask.load::<Mentions, _>(comment).await?.unwrap_or_default())
}
