//! Tickets: the right to download one export for a few minutes, as a sealed text that fits into an address. Whoever
//! has it needs no session, so that a browser or a script can stream the file.

use async_graphql::{InputType as _, Value};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    db::Db,
    error::{Error, Result, Text},
    id::{TenantId, TypedId as _},
};
use platform::crypto::Keyring;
use serde::{Deserialize, Serialize};

use super::{Export, Format, head_of, statement::Statement};
use crate::filter::AuditFilter;

/// How long a ticket can be used to begin a download, in minutes.
const MINUTES: i64 = 5;

/// What tickets are bound to.
const BOUND_TO: &[u8] = b"audit.export.ticket";

pub(crate) const NO_TICKET: Text = Text::new(
    "no_ticket",
    "The link of this download is not valid, or not any more. Ask for another one.",
    "Le lien de ce téléchargement n'est pas valide ou ne l'est plus. Demandez-en un autre.",
);

#[derive(Serialize, Deserialize)]
struct Ticket {
    slug: String,
    format: Format,
    statement: Statement,
    until: DateTime<Utc>,
}

/// A ticket for an export, and until when it can be used.
///
/// # Errors
/// If the keyring fails.
pub fn issue(keyring: &Keyring, export: &Export, now: DateTime<Utc>) -> Result<(String, DateTime<Utc>)> {
    // Reason: the statement tells tenant, filter and head.
    let Export { tenant: _, slug, format, filter: _, personal: _, head: _, statement } = export;
    let until = now + TimeDelta::minutes(MINUTES);
    let ticket = Ticket { slug: slug.clone(), format: *format, statement: statement.clone(), until };
    Ok((keyring.seal(&serde_json::to_vec(&ticket)?, BOUND_TO)?, until))
}

/// The export that a ticket is for.
///
/// # Errors
/// FORBIDDEN if it is not valid, or not any more.
pub async fn redeem(keyring: &Keyring, db: &Db, ticket: &str, now: DateTime<Utc>) -> Result<Export> {
    let refused = || Error::Forbidden(NO_TICKET.into());
    let text = keyring.open(ticket, BOUND_TO).map_err(|_| refused())?;
    let Ticket { slug, format, statement, until } = serde_json::from_slice(&text)?;
    if now >= until {
        return Err(refused());
    }
    let filter = statement.filter.clone().map(Value::from_json).transpose()?;
    let filter = filter.map(|filter| AuditFilter::parse(Some(filter)).map_err(|_| refused())).transpose()?;
    let tenant = TenantId::from_uuid(statement.tenant);
    let head = head_of(db, tenant, statement.head.number).await?;
    let personal = statement.personal;
    Ok(Export { tenant, slug, format, filter, personal, head, statement })
}
