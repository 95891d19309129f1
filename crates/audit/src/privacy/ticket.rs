//! Links to download an export: a sealed text for one request, one tenant and the person who asked, for a few minutes.
//! Whoever has it needs no session, but the person must still be allowed to sign in and to have the file.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    act::{About, Act, Note, Outcome, Severity},
    db::Db,
    error::{Error, Result, Text},
    id::{PrivacyRequestId, TenantId, TypedId as _, UserId},
    policy::Guarded as _,
    viewer::{Actor, Reach, Viewer},
};
use platform::crypto::Keyring;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::{
    PrivacyRequestStatus as Status,
    entity::{Entity, Model},
    export::is_self,
};
use crate::policy::{PRIVACY_EXPORT, PRIVACY_READ};

/// How long a link can be used to begin a download, in minutes.
pub const MINUTES: i64 = 5;

/// What tickets are bound to.
const BOUND_TO: &[u8] = b"audit.privacy.ticket";

const NO_TICKET: Text = Text::new(
    "no_ticket",
    "The link of this download is not valid, or not any more. Ask for another one.",
    "Le lien de ce téléchargement n'est pas valide ou ne l'est plus. Demandez-en un autre.",
);
const NO_FILE: Text = Text::new(
    "no_export_file",
    "There is no file to download: the export is not ready, or was removed.",
    "Il n'y a pas de fichier à télécharger : l'export n'est pas prêt ou a été supprimé.",
);

/// The right to download one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// The tenant.
    pub tenant: TenantId,
    /// The request.
    pub request: PrivacyRequestId,
    /// Who asked.
    pub user: UserId,
    until: DateTime<Utc>,
}

impl Ticket {
    /// The ticket in a link.
    ///
    /// # Errors
    /// FORBIDDEN if it is not valid, or not any more.
    pub fn open(keyring: &Keyring, text: &str, now: DateTime<Utc>) -> Result<Self> {
        let opened = keyring.open(text, BOUND_TO).map_err(|_| refused())?;
        let ticket: Self = serde_json::from_slice(&opened)?;
        if now < ticket.until { Ok(ticket) } else { Err(refused()) }
    }
}

/// What is said of a link that opens nothing.
pub fn refused() -> Error {
    Error::Forbidden(NO_TICKET.into())
}

/// A link for the viewer, and until when it can be used; recorded.
///
/// # Errors
/// NOT_FOUND for requests of others, CONFLICT without a file.
pub async fn issue(
    viewer: &Viewer,
    db: &Db,
    keyring: &Keyring,
    request: PrivacyRequestId,
) -> Result<(String, DateTime<Utc>, Model)> {
    let (row, user) = available(viewer, db, request).await?;
    let until = viewer.clock.now() + TimeDelta::minutes(MINUTES);
    let ticket = Ticket { tenant: row.tenant_id, request, user, until };
    let text = keyring.seal(&serde_json::to_vec(&ticket)?, BOUND_TO)?;
    record(viewer, db, "audit.privacy.link", &row).await?;
    Ok((text, until, row))
}

/// The file of a request that the viewer may download now.
///
/// # Errors
/// NOT_FOUND for requests of others, CONFLICT without a file.
pub async fn available(viewer: &Viewer, db: &Db, id: PrivacyRequestId) -> Result<(Model, UserId)> {
    let hidden = || Error::not_found("PrivacyRequest", id);
    let Actor::User(user) = viewer.actor else { return Err(Error::unauthenticated()) };
    let row = Entity::fetch(db, viewer, PRIVACY_READ, id).await?;
    // Reason: what somebody asked for about another is theirs only as long as they may ask.
    let may = is_self(viewer, row.person()) || viewer.reaches(PRIVACY_EXPORT, Reach::Tenant);
    if row.requested_by != Some(user) || !may {
        return Err(hidden());
    }
    let there =
        Status::of(&row) == Status::Done && row.expires_at.is_some_and(|end| viewer.clock.now() < end);
    if there && row.file_key.is_some() { Ok((row, user)) } else { Err(Error::conflict(NO_FILE)) }
}

/// Records that a file is handed out: a warning where it is about somebody else.
///
/// # Errors
/// If the trail cannot be written; then nothing may be handed out.
pub async fn record(viewer: &Viewer, db: &Db, name: &'static str, row: &Model) -> Result<()> {
    let own = is_self(viewer, row.person());
    let write = viewer.act(db, name, async |act: &mut Act| {
        act.mark(Outcome::Success, if own { Severity::Notice } else { Severity::Warning });
        act.note_about(Note {
            subject_type: "PrivacyRequest".to_owned(),
            subject_id: Some(row.id.uuid()),
            label: Some(row.kind.clone()),
            about: About { person: Some(row.person_id), ..About::default() },
            details: Map::new(),
        });
        Ok(())
    });
    write.await
}
