//! Legal holds in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    ask::Asking,
    error::Result,
    graph::{Graph, Node},
    id::{AccountId, AnyId, LegalHoldId, ProjectId, UserId},
    page::{Connection, Order, PageArgs, list},
    policy::Guarded as _,
    scalar::DateTime,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::{
    Holdable,
    entity::{Column, Entity, Model},
};
use crate::policy::HOLDS_MANAGE;

/// A legal hold.
#[derive(Clone, Debug)]
pub struct LegalHold(pub Model);

impl From<Model> for LegalHold {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for LegalHold {
    const TYPE: &'static str = "LegalHold";
}

/// A legal hold on a person, a project or an account: while it is in force, nothing that the audit trail says of it is
/// removed, and the person is not erased.
#[Object(name = "LegalHoldFields")]
impl LegalHold {
    /// Its id.
    async fn id(&self) -> LegalHoldId {
        self.0.id
    }

    /// Id of what is held: of a user, a contact, a project or an account.
    async fn subject_id(&self) -> Option<AnyId> {
        super::subject(&self.0)
    }

    /// Name of the type of what is held.
    async fn subject_type(&self) -> &str {
        &self.0.subject_type
    }

    /// Why it is held.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Whether it is in force.
    async fn in_force(&self) -> bool {
        self.0.released_at.is_none()
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Id of the person who placed it; null for the platform.
    async fn placed_by_id(&self) -> Option<UserId> {
        self.0.placed_by
    }

    /// When it was released; null while it is in force.
    async fn released_at(&self) -> Option<DateTime> {
        self.0.released_at.map(Into::into)
    }

    /// Id of the person who released it; null while it is in force.
    async fn released_by_id(&self) -> Option<UserId> {
        self.0.released_by
    }

    /// Counts the changes; for `expectedVersion`.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Queries about holds.
#[derive(Default)]
pub struct HoldQuery;

#[Object]
impl HoldQuery {
    /// Legal holds, newest first. Needs `audit.hold.manage`.
    async fn legal_holds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in force, or only released ones")] in_force: Option<bool>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<LegalHold>> {
        ctx.viewer().require_tenant(HOLDS_MANAGE)?;
        let mut holds = Entity::visible(ctx.viewer(), HOLDS_MANAGE);
        holds = match in_force {
            Some(true) => holds.filter(Column::ReleasedAt.is_null()),
            Some(false) => holds.filter(Column::ReleasedAt.is_not_null()),
            None => holds,
        };
        list(ctx.db(), holds, Order::desc(Column::Id), &PageArgs::new(first, after, last, before)).await
    }
}

/// What to hold: exactly one of person, project and account.
#[derive(Clone, Debug, InputObject)]
pub struct PlaceLegalHoldInput {
    /// A user or a contact.
    pub person: Option<AnyId>,
    /// A project.
    pub project: Option<ProjectId>,
    /// An account.
    pub account: Option<AccountId>,
    /// Why, in at most 500 characters without personal data: it stays in the trail.
    pub reason: String,
}

/// What `placeLegalHold` placed.
#[derive(SimpleObject)]
pub struct PlaceLegalHoldPayload {
    /// The new hold.
    pub hold: Graph<LegalHold>,
}

/// Which hold to release.
#[derive(Clone, Debug, InputObject)]
pub struct ReleaseLegalHoldInput {
    /// The hold.
    pub id: LegalHoldId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// What `releaseLegalHold` released.
#[derive(SimpleObject)]
pub struct ReleaseLegalHoldPayload {
    /// The hold as it is now.
    pub hold: Graph<LegalHold>,
}

/// Mutations of holds.
#[derive(Default)]
pub struct HoldMutation;

#[Object]
impl HoldMutation {
    /// Places a legal hold on a person, a project or an account: what the trail says of it is neither removed nor erased
    /// until the hold is released. A critical entry of the trail. Needs `audit.hold.manage`.
    async fn place_legal_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to hold, and why.")] input: PlaceLegalHoldInput,
    ) -> Result<PlaceLegalHoldPayload> {
        let targets = &ctx.data_unchecked::<Holdable>().0;
        let hold = super::place(ctx.db(), ctx.viewer(), &**targets, input).await?;
        Ok(PlaceLegalHoldPayload { hold: Graph(hold.into()) })
    }

    /// Releases a legal hold; what it held goes when its time is over. Needs `audit.hold.manage`.
    async fn release_legal_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which hold.")] input: ReleaseLegalHoldInput,
    ) -> Result<ReleaseLegalHoldPayload> {
        let ReleaseLegalHoldInput { id, expected_version } = input;
        let hold = super::release(ctx.db(), ctx.viewer(), id, expected_version).await?;
        Ok(ReleaseLegalHoldPayload { hold: Graph(hold.into()) })
    }
}
