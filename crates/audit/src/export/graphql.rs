//! Asking for exports.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    act::{Outcome, Severity},
    ask::Asking,
    error::{Error, Result},
    scalar::DateTime,
};
use serde_json::{Map, json};

use super::{Export, Format, ticket};
use crate::{
    filter::AuditFilter,
    policy::{ENTRIES_READ, PERSONAL_READ, TRAIL_EXPORT},
    seal::{Sealer, graphql::AuditHead, store},
};

/// Where downloads begin.
pub const PATH: &str = "/audit/export";

/// What to export.
#[derive(Clone, Debug, InputObject)]
pub struct ExportAuditInput {
    /// What it is written as.
    pub format: Format,
    /// Which entries; all without.
    pub filter: Option<AuditFilter>,
    /// Whether personal data is opened; needs `audit.personal_data.read`.
    #[graphql(default)]
    pub personal: bool,
}

/// An export that can be downloaded.
#[derive(Debug, SimpleObject)]
pub struct ExportAuditPayload {
    /// Address of the file on this server; who has it needs nothing else.
    pub url: String,
    /// Until when the download must have begun.
    pub expires_at: DateTime,
    /// A name for the file.
    pub file_name: String,
    /// How many entries it has.
    pub entries: i64,
    /// The signed head up to which entries are exported.
    pub head: AuditHead,
}

/// The mutation that exports.
#[derive(Default)]
pub struct ExportMutation;

#[Object]
impl ExportMutation {
    /// Exports the trail with a signed head. Files in JSONL can be checked offline with `atrium audit verify --file`;
    /// what a filter leaves out stays in them as hashes. Needs `audit.trail.export` and
    /// `audit.entry.read` tenant-wide.
    async fn export_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to export.")] input: ExportAuditInput,
    ) -> Result<ExportAuditPayload> {
        let (viewer, sealer) = (ctx.viewer(), ctx.data_unchecked::<Sealer>());
        viewer.require_tenant(TRAIL_EXPORT)?;
        viewer.require_tenant(ENTRIES_READ)?;
        if input.personal {
            viewer.require_tenant(PERSONAL_READ)?;
        }
        // Reason: the answer holds the right to download.
        ctx.ask().holds_secret();
        let (export, entries) = prepare(ctx.viewer(), ctx.db(), sealer, input).await?;
        let (ticket, until) = ticket::issue(sealer.keyring(), &export, viewer.clock.now())?;
        Ok(ExportAuditPayload {
            url: format!("{PATH}?ticket={ticket}"),
            expires_at: until.into(),
            file_name: export.file_name(),
            entries: store::number(entries),
            head: AuditHead(export.head),
        })
    }
}

/// Seals what waits, signs a head, and records that the trail is exported up to it; answers the export and how many
/// entries it has.
///
/// # Errors
/// If the database does not answer.
pub async fn prepare(
    viewer: &kernel::viewer::Viewer,
    db: &kernel::db::Db,
    sealer: &Sealer,
    input: ExportAuditInput,
) -> Result<(Export, u64)> {
    let ExportAuditInput { format, filter, personal } = input;
    let head = sealer.on(db).head_now(viewer.tenant_id()).await?;
    let head = head.ok_or_else(|| Error::not_found("AuditHead", viewer.tenant.slug.clone()))?;
    let slug = viewer.tenant.slug.clone();
    let export = Export { tenant: viewer.tenant_id(), slug, format, filter, personal, head };
    let entries = export.count(db).await?;
    let mut details = Map::new();
    details.insert("format".to_owned(), json!(format.extension()));
    details.insert("filter".to_owned(), export.filter_json()?);
    details.insert("personal".to_owned(), json!(personal));
    details.insert("entries".to_owned(), json!(entries));
    details.insert("head".to_owned(), json!(export.head.number));
    viewer
        .act(db, "audit.trail.export", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            act.note("AuditTrail", None, None, details);
            Ok(())
        })
        .await?;
    Ok((export, entries))
}
