//! What other domains know of people as those who work: who they are.

use async_graphql::{Context, Object};
use identity::user::User;
use kernel::{ask::Asking, error::Result, graph::Graph, id::UserId};
use projects::people::{
    allocation::graphql::Allocation, leave::graphql::Leave, profile::graphql::ResourceProfile,
};

/// What other domains know of a profile.
pub struct ProfileBridges {
    user: UserId,
}

impl From<&ResourceProfile> for ProfileBridges {
    fn from(profile: &ResourceProfile) -> Self {
        Self { user: profile.0.user_id }
    }
}

#[Object(name = "ResourceProfileBridgeFields")]
impl ProfileBridges {
    /// Who they are; null for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), Some(self.user)).await
    }
}

/// What other domains know of a leave.
pub struct LeaveBridges {
    user: UserId,
    decided_by: Option<UserId>,
}

impl From<&Leave> for LeaveBridges {
    fn from(leave: &Leave) -> Self {
        Self { user: leave.0.user_id, decided_by: leave.0.decided_by }
    }
}

#[Object(name = "LeaveBridgeFields")]
impl LeaveBridges {
    /// Who is away; null for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), Some(self.user)).await
    }

    /// Who approved or rejected it; null before, and for viewers who may not see them.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.decided_by).await
    }
}

/// What other domains know of an allocation.
pub struct AllocationBridges {
    user: Option<UserId>,
}

impl From<&Allocation> for AllocationBridges {
    fn from(allocation: &Allocation) -> Self {
        Self { user: allocation.0.user_id }
    }
}

#[Object(name = "AllocationBridgeFields")]
impl AllocationBridges {
    /// Who is planned; null for a place that nobody has taken, and for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.user).await
    }
}
