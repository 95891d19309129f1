//! What every guarded table of projects has alike, written once: its key, its tenant, its permission to read.

/// Guards a table by who is near to a row, and by what of the rows that are reached is shown (all of them, if nothing is
/// said).
macro_rules! guarded {
    ($module:ident, $id:ty, $read:expr, |$viewer:ident, $near:ident| $within:expr $(, |$reader:ident, $select:ident| $shown:expr)?) => {
        impl kernel::policy::Guarded for $module::Entity {
            type Id = $id;

            const READ: kernel::viewer::Permission = $read;

            fn id_column() -> $module::Column {
                $module::Column::Id
            }

            fn in_tenant(tenant: kernel::id::TenantId) -> sea_orm::Condition {
                sea_orm::Condition::all().add($module::Column::TenantId.eq(tenant))
            }

            fn within(
                $viewer: &kernel::viewer::Viewer,
                $near: kernel::policy::Near<'_>,
            ) -> sea_orm::Condition {
                $within
            }

            $(fn visible(
                $reader: &kernel::viewer::Viewer,
                permission: kernel::viewer::Permission,
            ) -> sea_orm::Select<Self> {
                let $select = $crate::policy::work::reached::<Self>($reader, permission);
                $shown
            })?
        }
    };
}

pub(super) use guarded;
