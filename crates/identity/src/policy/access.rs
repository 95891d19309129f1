//! Rows of access: roles and API keys.

use async_trait::async_trait;
use kernel::{
    catalogue::SystemRole,
    id::{ApiKeyId, RoleId, TenantId},
    policy::{Anchors, Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, IntoCondition},
};

use super::{API_KEY_READ, ROLE_READ};
use crate::{api_key::entity as api_key, role::entity as role};

#[async_trait]
impl Guarded for role::Entity {
    type Id = RoleId;
    const READ: Permission = ROLE_READ;

    fn id_column() -> role::Column {
        role::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        role::Column::TenantId.eq(tenant).into_condition()
    }

    /// Near to an account are the roles for clients' people: what a client's administrator can give.
    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        match near {
            Near::Account if viewer.is_client() => {
                let keys =
                    SystemRole::ALL.into_iter().filter(|role| role.is_for_clients()).map(SystemRole::key);
                Condition::all().add(role::Column::System.eq(true)).add(role::Column::Key.is_in(keys))
            }
            _ => nothing(),
        }
    }
}

#[async_trait]
impl Guarded for api_key::Entity {
    type Id = ApiKeyId;
    const READ: Permission = API_KEY_READ;

    fn id_column() -> api_key::Column {
        api_key::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        api_key::Column::TenantId.eq(tenant).into_condition()
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        Anchors {
            own: vec![Expr::col(api_key::Column::UserId.as_column_ref())],
            project: None,
            account: None,
        }
        .within(viewer, near)
    }
}
