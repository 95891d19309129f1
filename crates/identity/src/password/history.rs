//! The table of earlier passwords.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::UserId,
};
use sea_orm::entity::prelude::*;

/// A password that somebody had chosen.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_password_history")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it was.
    pub user_id: UserId,
    /// Argon2id in PHC form.
    pub hash: String,
    /// When it was chosen.
    pub created_at: DateTime<Utc>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "PasswordHistory";
    const SECRET: &'static [&'static str] = &["hash"];

    fn about(model: &Model) -> About {
        About::person(model.user_id)
    }
}
