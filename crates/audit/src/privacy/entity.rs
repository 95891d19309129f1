//! The table of requests about personal data.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{AnyId, IdKind, JobId, PrivacyRequestId, TenantId, TypedId, UserId},
    policy::{Anchors, Guarded, Near, allowed},
    viewer::{Actor, Permission, Viewer},
};
use sea_orm::{Condition, entity::prelude::*};

use crate::policy::PRIVACY_READ;

/// A request about one person's data.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_privacy_requests")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PrivacyRequestId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// `export` or `erasure`.
    pub kind: String,
    /// `awaiting_approval`, `waiting`, `running`, `done`, `failed`, `cancelled`, `refused` or `expired`.
    pub status: String,
    /// `User` or `Contact`.
    pub person_type: String,
    /// Whose data it is about.
    pub person_id: Uuid,
    /// Why an erasure is asked for; forgotten with the person.
    pub reason: Option<String>,
    /// Who asked; none for the platform itself.
    pub requested_by: Option<UserId>,
    /// Who approved or refused it, where somebody must.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// The job that does it.
    pub job_id: Option<JobId>,
    /// The file in the object storage.
    pub file_key: Option<String>,
    /// Its length in bytes.
    pub file_size: Option<i64>,
    /// SHA-256 of it, in hexadecimal digits.
    pub file_sha256: Option<String>,
    /// When the file is removed, or until when an erasure can be approved.
    pub expires_at: Option<DateTime<Utc>>,
    /// What an erasure would do, as JSON.
    pub preview: Option<String>,
    /// What an erasure found, as JSON, until there is a certificate.
    pub outcome: Option<String>,
    /// What an erasure did, signed, as JSON.
    pub certificate: Option<String>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "PrivacyRequest";
    const EVENT: &'static str = "audit.privacy_request";
    const PERSONAL: &'static [&'static str] = &["reason"];
    const SECRET: &'static [&'static str] = &["file_key"];

    fn label(model: &Model) -> Option<String> {
        Some(model.kind.clone())
    }

    fn about(model: &Model) -> About {
        About { person: Some(model.person_id), ..About::default() }
    }
}

impl Guarded for Entity {
    type Id = PrivacyRequestId;

    const READ: Permission = PRIVACY_READ;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let own = vec![Expr::col(Column::RequestedBy.as_column_ref())];
        Anchors { own, project: None, account: None }.within(viewer, near)
    }

    /// Everybody sees what they asked for in person: what is held of oneself is no role's to give or to refuse.
    fn visible(viewer: &Viewer, permission: Permission) -> sea_orm::Select<Self> {
        let mut any = Condition::any().add(allowed::<Self>(viewer, permission));
        if let (Actor::User(user), true) = (viewer.actor, permission == Self::READ) {
            any = any.add(Column::RequestedBy.eq(user.uuid()));
        }
        Self::of_tenant(viewer.tenant_id()).filter(any)
    }
}

impl Model {
    /// Whose data it is about.
    pub fn person(&self) -> AnyId {
        let kind = if self.person_type == "Contact" { IdKind::ContactId } else { IdKind::UserId };
        AnyId { kind, uuid: self.person_id }
    }
}
