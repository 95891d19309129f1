//! Rows of tenants: everybody in a tenant sees its one row; its domains are seen by who may see its settings.

use async_trait::async_trait;
use kernel::{
    id::{DomainId, TenantId},
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, Condition};

use super::{TENANT_READ, TENANT_SETTINGS};
use crate::tenant::{domain, entity as tenant};

#[async_trait]
impl Guarded for tenant::Entity {
    type Id = TenantId;
    const READ: Permission = TENANT_READ;

    fn id_column() -> tenant::Column {
        tenant::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(tenant::Column::Id.eq(tenant))
    }

    // Reason: the only row of a tenant is near to all its people, clients included.
    fn within(_: &Viewer, _: Near<'_>) -> Condition {
        Condition::all()
    }
}

#[async_trait]
impl Guarded for domain::Entity {
    type Id = DomainId;
    const READ: Permission = TENANT_SETTINGS;

    fn id_column() -> domain::Column {
        domain::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(domain::Column::TenantId.eq(tenant))
    }

    fn within(_: &Viewer, _: Near<'_>) -> Condition {
        nothing()
    }
}
