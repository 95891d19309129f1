//! Explanations in the API.

use std::collections::HashMap;

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{AnyId, AssignmentId, RoleId, TypedId, UserId},
    locale::Language,
    policy::Guarded,
    scalar::DateTime,
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::rules::{Kind, Reason};
use crate::{
    IdentityContext,
    role::{Role, entity},
};

/// Whether somebody may do something, and why.
#[derive(SimpleObject)]
pub struct AccessExplanation {
    /// Whether they may.
    allowed: bool,
    /// Who.
    user_id: UserId,
    /// The permission asked about.
    permission: String,
    /// The row asked about.
    id: AnyId,
    /// Why: the membership, every role with the ways in which the row could be near, and what stands beside roles. They
    /// may do it if membership and tenant are in order and at least one role (or a rule of the row) holds.
    reasons: Vec<AccessReason>,
}

/// One part of an explanation, with what it follows from.
#[derive(SimpleObject)]
pub struct AccessReason {
    /// What it is about.
    kind: Kind,
    /// Whether it is so: for a role, whether it allows what was asked.
    holds: bool,
    /// A sentence for people, in the language of the request.
    text: String,
    /// The role it is about; null if it is about none.
    role: Option<Graph<Role>>,
    /// How far the role's permission goes; null if the role does not have it, or it is about no role.
    reach: Option<Reach>,
    /// Id of the assignment it is about; null if it is about none.
    assignment_id: Option<AssignmentId>,
    /// Id of the project or account of that assignment.
    resource_id: Option<AnyId>,
    /// When the role or assignment ends or ended by itself; null if it does not.
    expires_at: Option<DateTime>,
    /// What it follows from.
    reasons: Vec<AccessReason>,
}

impl AccessReason {
    fn new(reason: Reason, roles: &HashMap<RoleId, entity::Model>, language: Language) -> Self {
        let Reason { kind, holds, said, role, reach, assignment, resource, expires_at, reasons } = reason;
        Self {
            kind,
            holds,
            text: said.render(language),
            role: role.and_then(|role| roles.get(&role)).map(|role| Graph(Role(role.clone()))),
            reach,
            assignment_id: assignment,
            resource_id: resource,
            expires_at: expires_at.map(Into::into),
            reasons: reasons.into_iter().map(|reason| Self::new(reason, roles, language)).collect(),
        }
    }
}

/// What a viewer may ask about themselves: a part of the type `Viewer`.
pub struct ViewerAccess(pub Viewer);

/// What a viewer may ask about themselves.
#[Object]
impl ViewerAccess {
    /// Whether they hold a permission: on the row with this id, or without an id on anything at all. False for a row
    /// that they do not see.
    async fn can(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Name of the permission, as `permissions` lists them.")] permission: String,
        #[graphql(desc = "Id of the row.")] id: Option<AnyId>,
    ) -> Result<bool> {
        super::can(ctx.identity(), ctx.db(), &self.0, &permission, id).await
    }
}

/// Questions about who may do what.
#[derive(Default)]
pub struct ExplainQuery;

/// Questions about who may do what.
#[Object]
impl ExplainQuery {
    /// Why somebody may or may not do something with a row, as a tree. Everybody may ask about themselves; about others
    /// it needs `identity.access.explain`.
    async fn explain_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] user_id: UserId,
        #[graphql(desc = "Name of the permission, as `permissions` lists them.")] permission: String,
        #[graphql(desc = "Id of the row.")] id: AnyId,
    ) -> Result<AccessExplanation> {
        let (viewer, db) = (ctx.viewer(), ctx.db());
        let (allowed, reasons) = super::explain(ctx.identity(), db, viewer, user_id, &permission, id).await?;
        let named = reasons.iter().filter_map(|reason| reason.role).map(|role| role.uuid());
        let rows = entity::Entity::of_tenant(viewer.tenant_id()).filter(entity::Column::Id.is_in(named));
        let roles = rows.all(db).await?.into_iter().map(|role| (role.id, role)).collect();
        let reasons =
            reasons.into_iter().map(|reason| AccessReason::new(reason, &roles, viewer.language())).collect();
        Ok(AccessExplanation { allowed, user_id, permission, id, reasons })
    }
}
