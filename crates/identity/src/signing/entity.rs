//! The table of the installation's signing keys.

use chrono::{DateTime, Utc};
use kernel::act::Recorded;
use sea_orm::entity::prelude::*;

/// A key that signs access tokens.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_signing_keys")]
pub struct Model {
    /// Its id; also the `kid` of tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `EdDSA` or `RS256`.
    pub algorithm: String,
    /// The public key as a JWK (RFC 7517).
    #[sea_orm(column_type = "JsonBinary")]
    pub public_jwk: Json,
    /// The private key, sealed.
    pub private_sealed: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when its signatures are accepted.
    pub not_after: Option<DateTime<Utc>>,
    /// When it stopped signing.
    pub retired_at: Option<DateTime<Utc>>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "SigningKey";
    const SECRET: &'static [&'static str] = &["private_sealed"];
}
