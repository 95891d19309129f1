//! Asking for exports.

use async_graphql::{Context, InputObject, InputType as _, Object, SimpleObject};
use kernel::{
    act::{Outcome, Severity},
    ask::Asking,
    db::Db,
    error::{Error, Result},
    id::TypedId as _,
    scalar::DateTime,
    viewer::Viewer,
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    Export, Format,
    statement::{self, Statement},
    ticket,
};
use crate::{
    event::Events,
    filter::AuditFilter,
    policy::{ENTRIES_READ, PERSONAL_READ, TRAIL_EXPORT},
    seal::{Sealer, graphql::AuditHead, keys, store},
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
    /// What the export has, as a signed document: which filter, how many entries, up to which head. Files in JSONL
    /// hold it; for other files it is to be kept beside them.
    pub statement: String,
}

/// The mutation that exports.
#[derive(Default)]
pub struct ExportMutation;

#[Object]
impl ExportMutation {
    /// Exports the trail with a signed head. Files in JSONL can be checked offline with `atrium audit verify --file`;
    /// what a filter leaves out stays in them as hashes. Entries are exported as they were sealed, with every amount:
    /// needs `audit.trail.export`, `audit.entry.read` and whatever guards a field in them, tenant-wide.
    async fn export_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to export.")] input: ExportAuditInput,
    ) -> Result<ExportAuditPayload> {
        let (viewer, sealer) = (ctx.viewer(), ctx.data_unchecked::<Sealer>());
        viewer.require_tenant(TRAIL_EXPORT)?;
        viewer.require_tenant(ENTRIES_READ)?;
        ctx.data_unchecked::<Events>().check_whole(viewer)?;
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
            statement: serde_json::to_string_pretty(&export.statement)?,
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
    viewer: &Viewer,
    db: &Db,
    sealer: &Sealer,
    input: ExportAuditInput,
) -> Result<(Export, u64)> {
    let ExportAuditInput { format, filter, personal } = input;
    let head = sealer.on(db).head_now(viewer.tenant_id()).await?;
    let head = head.ok_or_else(|| Error::not_found("AuditHead", viewer.tenant.slug.clone()))?;
    let slug = viewer.tenant.slug.clone();
    let statement = Statement {
        v: 1,
        kind: statement::KIND.to_owned(),
        tenant: viewer.tenant_id().uuid(),
        filter: filter.as_ref().map(|filter| filter.to_value().into_json()).transpose()?,
        personal,
        entries: 0,
        head: head.clone(),
        at: viewer.clock.now(),
        key: Uuid::nil(),
        signature: String::new(),
    };
    let mut export = Export { tenant: viewer.tenant_id(), slug, format, filter, personal, head, statement };
    let entries = export.count(db).await?;
    export.statement.entries = entries;
    export.statement = sign(viewer, db, sealer, export.statement).await?;
    let mut details = Map::new();
    details.insert("format".to_owned(), json!(format.extension()));
    details.insert("filter".to_owned(), json!(export.statement.filter));
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

/// The statement with the signature of the tenant's audit key.
async fn sign(viewer: &Viewer, db: &Db, sealer: &Sealer, statement: Statement) -> Result<Statement> {
    let tx = db.begin().await?;
    let tenant = viewer.tenant_id().uuid();
    let signing = keys::ensure(&tx, sealer.keyring(), &[tenant], viewer.clock.now()).await?;
    tx.commit().await?;
    let key = signing.into_iter().next().ok_or_else(|| Error::internal("a tenant has a key"))?;
    Ok(statement.signed(key.id, &key.open(sealer.keyring())?))
}
