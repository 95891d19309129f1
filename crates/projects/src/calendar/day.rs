//! The table of days on which a calendar or a person has other hours than usual.

use chrono::NaiveDate;
use kernel::{
    act::{About, Recorded},
    id::{AssignmentId, TenantId, TypedId, UserId, WorkCalendarId},
};
use sea_orm::entity::prelude::*;
use serde_json::Value as Json;

/// A day of a calendar or of a person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_calendar_days")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its calendar.
    pub calendar_id: Option<WorkCalendarId>,
    /// Its person.
    pub user_id: Option<UserId>,
    /// The day.
    pub on_day: NaiveDate,
    /// What the day is called.
    pub name: Option<String>,
    /// The hours: intervals in minutes after midnight; none: free.
    #[sea_orm(column_type = "JsonBinary")]
    pub hours: Json,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rows of a tenant, whoever asks; what they may see is decided by what the rows belong to.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

impl Recorded for Entity {
    const SUBJECT: &'static str = "CalendarDay";
    const PERSONAL: &'static [&'static str] = &["name"];

    fn about(model: &Model) -> About {
        About { person: model.user_id.map(|user| user.uuid()), ..About::default() }
    }
}
