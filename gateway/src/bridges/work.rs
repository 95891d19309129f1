//! What other domains know of milestones, comments on tasks and saved views: the people.

use async_graphql::{Context, Object};
use futures::future::try_join_all;
use identity::user::User;
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{TaskCommentId, UserId},
};
use projects::{Milestone, SavedView, TaskComment};

/// What other domains know of a milestone.
pub struct MilestoneBridges {
    assignee: Option<UserId>,
    asked_by: Option<UserId>,
    decided_by: Option<UserId>,
}

impl From<&Milestone> for MilestoneBridges {
    fn from(milestone: &Milestone) -> Self {
        Self {
            assignee: milestone.0.assignee_id,
            asked_by: milestone.0.approval_requested_by,
            decided_by: milestone.0.approval_decided_by,
        }
    }
}

#[Object(name = "MilestoneBridgeFields")]
impl MilestoneBridges {
    /// Who answers for it; null if nobody does, or for viewers who may not see them.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.assignee).await
    }

    /// Who asked the client; null while nobody has, or for viewers who may not see them.
    async fn approval_requested_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.asked_by).await
    }

    /// Who of the client answered; null while nobody has, or for viewers who may not see them.
    async fn approval_decided_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.decided_by).await
    }
}

/// What other domains know of a comment.
pub struct CommentBridges {
    id: TaskCommentId,
    author: Option<UserId>,
}

impl From<&TaskComment> for CommentBridges {
    fn from(comment: &TaskComment) -> Self {
        Self { id: comment.0.id, author: comment.0.author_id }
    }
}

#[Object(name = "TaskCommentBridgeFields")]
impl CommentBridges {
    /// Who said it; null for who is gone, and for viewers who may not see them.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.author).await
    }

    /// Whom it is addressed to, at most 10, as far as the viewer may see them.
    async fn mentions(&self, ctx: &Context<'_>) -> Result<Vec<Graph<User>>> {
        let ask = ctx.ask();
        let ids = projects::comment::mentions(ask, self.id).await?;
        let people = try_join_all(ids.into_iter().map(|id| super::user(ask, Some(id)))).await?;
        Ok(people.into_iter().flatten().collect())
    }
}

/// What other domains know of a saved view.
pub struct SavedViewBridges {
    owner: UserId,
}

impl From<&SavedView> for SavedViewBridges {
    fn from(view: &SavedView) -> Self {
        Self { owner: view.0.owner_id }
    }
}

#[Object(name = "SavedViewBridgeFields")]
impl SavedViewBridges {
    /// Who saved it; null for viewers who may not see them.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), Some(self.owner)).await
    }
}
