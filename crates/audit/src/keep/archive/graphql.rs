//! Archives in the graph.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use kernel::{
    act::{Outcome, Severity},
    ask::Asking,
    error::{Error, Result},
    graph::Node,
    id::{AuditArchiveId, TypedId as _},
    page::{Connection, Order, PageArgs, list},
    policy::Guarded as _,
    scalar::DateTime,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::{
    entity::{self, Column, Entity, Model},
    ticket,
};
use crate::{
    event::Events,
    export::graphql::PATH,
    policy::{TRAIL_EXPORT, TRAIL_VERIFY},
    seal::Sealer,
};

/// An archive.
#[derive(Clone, Debug)]
pub struct AuditArchive(pub Model);

impl From<Model> for AuditArchive {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for AuditArchive {
    const TYPE: &'static str = "AuditArchive";
}

/// How far an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AuditArchiveStatus {
    /// Its file is being written.
    Writing,
    /// Its file is there and was read back; its entries are being removed.
    Stored,
    /// Its entries are removed, but for those that a legal hold keeps.
    Removed,
}

/// A file of the object storage with entries whose time was over. It can be checked offline with
/// `atrium audit verify --file`.
#[Object(name = "AuditArchiveFields")]
impl AuditArchive {
    /// Its id.
    async fn id(&self) -> AuditArchiveId {
        self.0.id
    }

    /// How far it is.
    async fn status(&self) -> AuditArchiveStatus {
        match self.0.status.as_str() {
            entity::REMOVED => AuditArchiveStatus::Removed,
            entity::STORED => AuditArchiveStatus::Stored,
            _ => AuditArchiveStatus::Writing,
        }
    }

    /// The first place of the sealed order that it spans, from 0.
    async fn first_seq(&self) -> i64 {
        self.0.first_seq
    }

    /// One past the last place that it spans.
    async fn until_seq(&self) -> i64 {
        self.0.until_seq
    }

    /// How many entries it has.
    async fn entries(&self) -> i64 {
        self.0.entries
    }

    /// Length of its file in bytes; null while it is written.
    async fn size(&self) -> Option<i64> {
        self.0.size
    }

    /// SHA-256 of its file, in hexadecimal digits; null while it is written.
    async fn sha256(&self) -> Option<&str> {
        self.0.sha256.as_deref()
    }

    /// What is in the file, as a document signed with the trail's key; null while it is written.
    async fn manifest(&self) -> Option<&str> {
        self.0.manifest.as_deref()
    }

    /// When it was planned.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When its file was stored; null before.
    async fn stored_at(&self) -> Option<DateTime> {
        self.0.stored_at.map(Into::into)
    }

    /// When its entries were removed; null before.
    async fn removed_at(&self) -> Option<DateTime> {
        self.0.removed_at.map(Into::into)
    }
}

/// Queries about archives.
#[derive(Default)]
pub struct ArchiveQuery;

#[Object]
impl ArchiveQuery {
    /// Archives of the trail, newest first. Needs `audit.trail.verify`.
    async fn audit_archives(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<AuditArchive>> {
        ctx.viewer().require_tenant(TRAIL_VERIFY)?;
        let archives = Entity::visible(ctx.viewer(), TRAIL_VERIFY);
        list(ctx.db(), archives, Order::desc(Column::Id), &PageArgs::new(first, after, last, before)).await
    }
}

/// Which archive to download.
#[derive(Clone, Debug, InputObject)]
pub struct DownloadAuditArchiveInput {
    /// The archive.
    pub id: AuditArchiveId,
}

/// An archive that can be downloaded.
#[derive(Debug, SimpleObject)]
pub struct DownloadAuditArchivePayload {
    /// Address of the file on this server; who has it needs nothing else.
    pub url: String,
    /// Until when the download must have begun.
    pub expires_at: DateTime,
    /// A name for the file.
    pub file_name: String,
}

/// Mutations of archives.
#[derive(Default)]
pub struct ArchiveMutation;

#[Object]
impl ArchiveMutation {
    /// Gives a link to the file of an archive, which is recorded. Personal data in it is sealed. Needs
    /// `audit.trail.export` and, as entries are there as they were sealed, whatever guards a field in them.
    async fn download_audit_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which archive.")] input: DownloadAuditArchiveInput,
    ) -> Result<DownloadAuditArchivePayload> {
        let (viewer, id) = (ctx.viewer(), input.id);
        viewer.require_tenant(TRAIL_EXPORT)?;
        ctx.data_unchecked::<Events>().check_whole(viewer)?;
        // Reason: the answer holds the right to download.
        ctx.ask().holds_secret();
        let stored = Entity::of_tenant(viewer.tenant_id()).filter(Column::Status.ne(entity::WRITING));
        let row = stored.filter(Column::Id.eq(id)).one(ctx.db()).await?;
        let row = row.ok_or_else(|| Error::not_found("AuditArchive", id))?;
        let noted = viewer.act(ctx.db(), "audit.archive.download", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            act.note("AuditArchive", Some(id.uuid()), Some(row.object_key.clone()), serde_json::Map::new());
            Ok(())
        });
        noted.await?;
        let keyring = ctx.data_unchecked::<Sealer>().keyring();
        let (ticket, until) = ticket::issue(keyring, &row, viewer.clock.now())?;
        Ok(DownloadAuditArchivePayload {
            url: format!("{PATH}?ticket={ticket}"),
            expires_at: until.into(),
            file_name: ticket::file_name(&row),
        })
    }
}
