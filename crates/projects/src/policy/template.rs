//! Rows of templates, the agency's, for all its staff; and of imports, the team's.

use kernel::{
    id::{ProjectTemplateId, TaskImportId, TenantId},
    policy::{Guarded, Near, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{
    ColumnTrait, Condition, QueryFilter, Select,
    sea_query::{ExprTrait, Query},
};

use super::{INTERNAL_READ, TEMPLATES_READ, as_project, value, work::reached};
use crate::{
    import::{entity as import, file},
    template::{entity as template, stored},
};

/// What is the agency's is as near to one member of staff as to another, and never a client's, whatever a role of their
/// own may say.
fn for_staff(viewer: &Viewer) -> Condition {
    if viewer.is_client() { nothing() } else { Condition::all() }
}

impl Guarded for template::Entity {
    type Id = ProjectTemplateId;

    const READ: Permission = TEMPLATES_READ;

    fn id_column() -> template::Column {
        template::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(template::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, _: Near<'_>) -> Condition {
        for_staff(viewer)
    }

    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        reached::<Self>(viewer, permission).filter(for_staff(viewer))
    }
}

impl Guarded for stored::Entity {
    type Id = ProjectTemplateId;

    const READ: Permission = TEMPLATES_READ;

    fn id_column() -> stored::Column {
        stored::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(stored::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, _: Near<'_>) -> Condition {
        for_staff(viewer)
    }

    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        reached::<Self>(viewer, permission).filter(for_staff(viewer))
    }
}

impl Guarded for import::Entity {
    type Id = TaskImportId;

    // Reason: what is imported are the team's own words.
    const READ: Permission = INTERNAL_READ;

    fn id_column() -> import::Column {
        import::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(import::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        as_project(import::Column::ProjectId, viewer, near)
    }

    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        reached::<Self>(viewer, permission).filter(for_staff(viewer))
    }
}

impl Guarded for file::Entity {
    type Id = TaskImportId;

    const READ: Permission = INTERNAL_READ;

    fn id_column() -> file::Column {
        file::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(file::Column::TenantId.eq(tenant))
    }

    /// As near as the project of its import.
    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let mut imports = Query::select();
        imports.column(import::Column::Id).from(import::Entity);
        imports.and_where(import::Column::TenantId.eq(viewer.tenant_id()));
        imports.cond_where(import::Entity::within(viewer, near));
        nothing().add(value(file::Column::Id).in_subquery(imports))
    }

    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        reached::<Self>(viewer, permission).filter(for_staff(viewer))
    }
}
