//! A tenant's own domain names: said to be its own, then proved by a DNS record that only the owner can write.

use kernel::{
    Error, Result, Text,
    act::{Outcome, Severity},
    db::Db,
    id::DomainId,
    policy::Guarded,
    viewer::Viewer,
};
use platform::crypto::Token;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    domain::{Column, Entity, Model},
    rules::{TOO_MANY_DOMAINS, domain_name},
};
use crate::{policy::TENANT_WRITE, service::Identity};

/// The domain is on the tenant's list already.
pub const ALREADY_ADDED: Text = Text::new(
    "domain_already_added",
    "This domain is on your list already.",
    "Ce domaine est déjà dans votre liste.",
);
/// Another tenant proved that the domain is its own.
pub const TAKEN: Text = Text::new(
    "domain_taken",
    "This domain belongs to another agency.",
    "Ce domaine appartient à une autre agence.",
);
/// The DNS record is not there.
pub const NO_RECORD: Text = Text::new(
    "domain_record_missing",
    "There is no TXT record {name} with the value {value} yet. New records can take a while to be seen.",
    "Il n'y a pas encore d'enregistrement TXT {name} avec la valeur {value}. Il faut parfois du temps avant qu'il soit visible.",
);

/// Most domains a tenant may list.
const MAX_DOMAINS: u64 = 20;

/// Where the record must be.
pub fn record_name(domain: &str) -> String {
    format!("_atrium.{domain}")
}

/// Puts a domain on the tenant's list, with a token to be published in DNS.
///
/// # Errors
/// FORBIDDEN, INVALID.
pub async fn add(viewer: &Viewer, db: &Db, domain: &str) -> Result<Model> {
    viewer.require_tenant(TENANT_WRITE)?;
    let domain = domain_name(domain, "domain")?;
    viewer
        .act(db, "identity.domain.add", async |act| {
            if Entity::of_tenant(viewer.tenant_id()).count(act.conn()).await? >= MAX_DOMAINS {
                return Err(Error::field("domain", TOO_MANY_DOMAINS.with("max", MAX_DOMAINS)));
            }
            let now = act.now();
            let model = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                domain: domain.clone(),
                token: Token::generate("atrium-verification", &mut rand::rng()).expose().to_owned(),
                verified_at: None,
                created_at: now,
                updated_at: now,
                version: 1,
            };
            let added = || Error::field("domain", ALREADY_ADDED);
            act.insert_unique(model, &["tenant_id", "domain"], added).await
        })
        .await
}

/// Looks for the DNS record and, if it is there, makes the domain the tenant's. A verified one stays as it is.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND, CONFLICT while the record is missing or if another tenant was faster, UNAVAILABLE without DNS.
pub async fn verify(viewer: &Viewer, db: &Db, identity: &Identity, id: DomainId) -> Result<Model> {
    viewer.require_tenant(TENANT_WRITE)?;
    let row = Entity::fetch_to(db, viewer, TENANT_WRITE, id).await?;
    if row.verified_at.is_some() {
        return Ok(row);
    }
    let name = record_name(&row.domain);
    // Reason: asked before the act, because name servers can take seconds.
    let records = identity.resolver.txt(&name).await?;
    if !records.iter().any(|record| record.trim() == row.token) {
        return Err(Error::conflict(NO_RECORD.with("name", name).with("value", &row.token)));
    }
    viewer
        .act(db, "identity.domain.verify", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            if find_verified(act.conn(), &row.domain).await?.is_some() {
                return Err(Error::conflict(TAKEN));
            }
            let verified = Model { verified_at: Some(act.now()), ..row.clone() };
            // Race: of two agencies that prove it at once, neither sees the other's until it is there.
            act.update_unique(&row, verified, &["domain"], || Error::conflict(TAKEN)).await
        })
        .await
}

/// Takes a domain off the tenant's list.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND.
pub async fn remove(viewer: &Viewer, db: &Db, id: DomainId) -> Result<DomainId> {
    viewer.require_tenant(TENANT_WRITE)?;
    viewer
        .act(db, "identity.domain.remove", async |act| {
            let row = Entity::fetch_to(act.conn(), viewer, TENANT_WRITE, id).await?;
            act.delete(row).await?;
            Ok(id)
        })
        .await
}

/// The proved domain of this name, whoever owns it.
#[expect(clippy::disallowed_methods, reason = "whose it is, is the question")]
pub async fn find_verified(db: &impl ConnectionTrait, domain: &str) -> Result<Option<Model>> {
    let select = Entity::find().filter(Column::Domain.eq(domain)).filter(Column::VerifiedAt.is_not_null());
    Ok(select.one(db).await?)
}
