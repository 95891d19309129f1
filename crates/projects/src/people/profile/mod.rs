//! Profiles of members of staff: what they do, where and how much, what they can and which certifications they have.

pub mod certified;
pub mod entity;
pub mod graphql;
pub mod loaders;
pub mod matrix;
pub mod mutation;
pub mod rates;
pub mod skilled;
pub(crate) mod write;

pub use write::update;

use kernel::{
    Result,
    id::{ResourceProfileId, TenantId, TypedId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use entity::{Column, Entity, Model};

/// The id of a person's profile in a tenant, whether it is written or not.
#[must_use]
pub fn id_of(tenant: TenantId, person: UserId) -> ResourceProfileId {
    ResourceProfileId::from_uuid(Uuid::new_v5(&tenant.uuid(), person.uuid().as_bytes()))
}

/// The profile of a person of whom nothing was said.
#[must_use]
pub fn untouched(viewer: &Viewer, person: UserId) -> Model {
    Model {
        id: id_of(viewer.tenant_id(), person),
        tenant_id: viewer.tenant_id(),
        user_id: person,
        job_title: None,
        location: None,
        country: None,
        calendar_id: None,
        hours: json!([]),
        weekly_minutes: None,
        target_percent: None,
        created_at: viewer.now,
        updated_at: viewer.now,
        version: 0,
    }
}

/// The profile of a person, if something was said of them.
///
/// # Errors
/// If the database does not answer.
pub async fn find(conn: &impl ConnectionTrait, tenant: TenantId, person: UserId) -> Result<Option<Model>> {
    Ok(Entity::of_tenant(tenant).filter(Column::UserId.eq(person.uuid())).one(conn).await?)
}
