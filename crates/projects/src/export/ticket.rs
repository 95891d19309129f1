//! Tickets: the right of a person to download one list for a few minutes, as a sealed text that fits into an address.
//! What they see is asked anew when the download begins.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    Error, Result, Text,
    id::{TenantId, TypedId, UserId},
    viewer::Viewer,
};
use platform::crypto::Keyring;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Export, ExportedList, lists::Source};

/// How long a ticket can be used to begin a download, in minutes.
const MINUTES: i64 = 5;

/// What tickets are bound to.
const BOUND_TO: &[u8] = b"projects.export.ticket";

/// The ticket is not valid.
pub const NO_TICKET: Text = Text::new(
    "no_ticket",
    "The link of this download is not valid, or not any more. Ask for another one.",
    "Le lien de ce téléchargement n'est pas valide ou ne l'est plus. Demandez-en un autre.",
);

/// What seals and opens tickets.
#[derive(Clone)]
pub struct Tickets(pub Arc<Keyring>);

/// What a ticket holds.
#[derive(Serialize, Deserialize)]
pub struct Ticket {
    tenant: Uuid,
    user: Uuid,
    list: ExportedList,
    filter: Json,
    byte_order_mark: bool,
    until: DateTime<Utc>,
}

impl Ticket {
    /// Whose it is.
    pub fn holder(&self) -> (TenantId, UserId) {
        (TenantId::from_uuid(self.tenant), UserId::from_uuid(self.user))
    }

    /// The download, as its holder sees it now.
    ///
    /// # Errors
    /// FORBIDDEN if the holder may not read the list any more.
    pub fn export(self, viewer: Viewer) -> Result<Export> {
        let source = Source::read(self.list, self.filter)?;
        source.check(&viewer)?;
        Ok(Export { viewer, list: self.list, source, byte_order_mark: self.byte_order_mark })
    }
}

impl Tickets {
    /// A ticket for a list, and until when it can be used.
    ///
    /// # Errors
    /// If the keyring fails.
    pub(super) fn issue(
        &self,
        viewer: &Viewer,
        user: UserId,
        list: ExportedList,
        source: &Source,
        byte_order_mark: bool,
    ) -> Result<(String, DateTime<Utc>)> {
        let until = viewer.clock.now() + TimeDelta::minutes(MINUTES);
        let (tenant, user) = (viewer.tenant_id().uuid(), user.uuid());
        let ticket = Ticket { tenant, user, list, filter: source.filter()?, byte_order_mark, until };
        let text = serde_json::to_vec(&ticket).map_err(Error::internal)?;
        Ok((self.0.seal(&text, BOUND_TO)?, until))
    }
}

/// What a ticket is for; none if it is no ticket of a list.
///
/// # Errors
/// FORBIDDEN if it is not valid any more.
pub fn redeem(keyring: &Keyring, ticket: &str, now: DateTime<Utc>) -> Result<Ticket> {
    let refused = || Error::Forbidden(NO_TICKET.into());
    let text = keyring.open(ticket, BOUND_TO).map_err(|_| refused())?;
    let ticket: Ticket = serde_json::from_slice(&text).map_err(|_| refused())?;
    if now < ticket.until { Ok(ticket) } else { Err(refused()) }
}
