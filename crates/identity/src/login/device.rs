//! The table of devices that people signed in from.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::UserId,
};
use sea_orm::entity::prelude::*;

/// A device that somebody signed in from.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_known_devices")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// Recognises the device.
    pub device_hash: String,
    /// First login.
    pub first_seen_at: DateTime<Utc>,
    /// Last login.
    pub last_seen_at: DateTime<Utc>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "KnownDevice";
    const SECRET: &'static [&'static str] = &["device_hash"];

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
