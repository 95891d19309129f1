//! Tickets for archives: the right to download one for a few minutes, as [`crate::export::ticket`] for exports.

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt as _, stream::BoxStream};
use kernel::{
    db::Db,
    error::{Error, Result},
    id::{AuditArchiveId, TenantId},
    policy::Guarded as _,
};
use platform::{crypto::Keyring, storage::Storage};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

use super::{
    Model,
    entity::{Column, Entity},
    manifest::Manifest,
};
use crate::export::ticket::NO_TICKET;

/// How long a ticket can be used to begin a download, in minutes.
const MINUTES: i64 = 5;

/// What tickets are bound to.
const BOUND_TO: &[u8] = b"audit.archive.ticket";

#[derive(Serialize, Deserialize)]
struct Ticket {
    tenant: TenantId,
    archive: AuditArchiveId,
    until: DateTime<Utc>,
}

/// A file that is read from the storage while it is sent.
pub struct ArchiveFile {
    /// A name for it.
    pub file_name: String,
    /// The signed head of the tree that it is of.
    pub head: crate::seal::head::SignedHead,
    /// Its bytes, piece by piece.
    pub body: BoxStream<'static, Result<bytes::Bytes>>,
}

/// A ticket for an archive, and until when it can be used.
///
/// # Errors
/// If the keyring fails.
pub fn issue(keyring: &Keyring, row: &Model, now: DateTime<Utc>) -> Result<(String, DateTime<Utc>)> {
    let until = now + TimeDelta::minutes(MINUTES);
    let ticket = Ticket { tenant: row.tenant_id, archive: row.id, until };
    Ok((keyring.seal(&serde_json::to_vec(&ticket)?, BOUND_TO)?, until))
}

/// The file that a ticket is for; none if the text is no ticket for an archive.
///
/// # Errors
/// FORBIDDEN if it is not valid any more; UNAVAILABLE if the storage does not answer.
pub async fn redeem(
    keyring: &Keyring,
    db: &Db,
    storage: &Storage,
    ticket: &str,
    now: DateTime<Utc>,
) -> Result<Option<ArchiveFile>> {
    let Ok(text) = keyring.open(ticket, BOUND_TO) else { return Ok(None) };
    let Ticket { tenant, archive, until } = serde_json::from_slice(&text)?;
    let gone = || Error::Forbidden(NO_TICKET.into());
    if now >= until {
        return Err(gone());
    }
    let row = Entity::of_tenant(tenant).filter(Column::Id.eq(archive)).one(db).await?.ok_or_else(gone)?;
    let manifest: Manifest = serde_json::from_str(row.manifest.as_deref().unwrap_or_default())?;
    let found = storage.get(&super::key(&row)?, None).await.map_err(Error::from)?;
    let found = found.ok_or_else(|| Error::unavailable("the file of an archive is gone"))?;
    let body = found.body.map(|piece| piece.map_err(Error::from)).boxed();
    Ok(Some(ArchiveFile { file_name: file_name(&row), head: manifest.head, body }))
}

/// A name for the file of an archive.
pub(super) fn file_name(row: &Model) -> String {
    row.object_key.rsplit('/').next().unwrap_or_default().to_owned()
}
