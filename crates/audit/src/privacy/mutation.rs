//! Asking for exports of personal data, downloading them, and reading who saw somebody's data, in the graph.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kernel::{
    ask::{Asking, Look},
    error::{Error, Result, Text},
    graph::Graph,
    id::{AnyId, PrivacyRequestId, TypedId as _, UserId},
    page::PageInfo,
    scalar::DateTime,
};

use super::{
    PrivacyRequest,
    access::{self, Access, Wanted},
    export::{self, Privacy, is_self, known, person},
    ticket,
};
use crate::{entry::AuditActorKind, policy::PRIVACY_READ};

/// Where downloads begin.
pub const PATH: &str = "/privacy/export";

const BAD_FIRST: Text = Text::new("bad_first", "Between 1 and {max} at once.", "Entre 1 et {max} à la fois.");
const BAD_CURSOR: Text = Text::new(
    "foreign_cursor",
    "This cursor is not of this list in this order.",
    "Ce curseur n'appartient pas à cette liste dans cet ordre.",
);

/// Most accesses of a page.
const MOST: i32 = 100;

/// Whose data to export.
#[derive(Clone, Debug, InputObject)]
pub struct RequestPersonalDataExportInput {
    /// The user or contact.
    pub person: AnyId,
}

/// What `requestPersonalDataExport` began.
#[derive(SimpleObject)]
pub struct RequestPersonalDataExportPayload {
    /// The request; its job makes the file.
    pub request: Graph<PrivacyRequest>,
}

/// Which export to download.
#[derive(Clone, Debug, InputObject)]
pub struct DownloadPersonalDataExportInput {
    /// The request.
    pub id: PrivacyRequestId,
}

/// A file that can be downloaded.
#[derive(Debug, SimpleObject)]
pub struct DownloadPersonalDataExportPayload {
    /// Address of the file on this server; who has it needs nothing else.
    pub url: String,
    /// Until when the download must have begun.
    pub expires_at: DateTime,
    /// A name for the file.
    pub file_name: String,
}

/// Changes about personal data.
#[derive(Default)]
pub struct ExportChanges;

#[Object]
impl ExportChanges {
    /// Begins an export of everything that is held of a person: a ZIP of JSON documents, with a letter to who asked when it
    /// is ready. Everybody may ask about themselves; about others it needs `audit.privacy.export`. What is in it is the same
    /// whoever asks: what the person may be told, without internal notes, rates that their role hides, or data of others.
    async fn request_personal_data_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose data to export.")] input: RequestPersonalDataExportInput,
    ) -> Result<RequestPersonalDataExportPayload> {
        let privacy = ctx.data_unchecked::<Privacy>();
        let request = export::request(ctx.viewer(), ctx.db(), privacy, input.person).await?;
        Ok(RequestPersonalDataExportPayload { request: Graph(request.into()) })
    }

    /// A link to the file of an export, for a few minutes. Only for who asked for it, in person, and for who asked about
    /// others only while they hold `audit.privacy.export`.
    async fn download_personal_data_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which export to download.")] input: DownloadPersonalDataExportInput,
    ) -> Result<DownloadPersonalDataExportPayload> {
        let privacy = ctx.data_unchecked::<Privacy>();
        // Reason: the answer holds the right to download.
        ctx.ask().holds_secret();
        let (ticket, until, row) = ticket::issue(ctx.viewer(), ctx.db(), &privacy.keyring, input.id).await?;
        Ok(DownloadPersonalDataExportPayload {
            url: format!("{PATH}?ticket={ticket}"),
            expires_at: until.into(),
            file_name: file_name(row.id),
        })
    }
}

/// A name for the file of a request.
pub fn file_name(id: PrivacyRequestId) -> String {
    format!("personal-data-{id}.zip")
}

/// What somebody saw of a person's data in one way on one day.
#[derive(Clone, Debug)]
pub struct PersonalDataAccess {
    access: Access,
    by_name: bool,
}

/// How somebody's data was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PersonalDataAccessKind {
    /// It was shown.
    View,
    /// A copy was downloaded.
    Download,
}

/// What somebody saw of a person's data in one way on one day; looks at the same data within an hour count once.
#[Object]
impl PersonalDataAccess {
    /// The day in UTC, as `2026-03-31`.
    async fn day(&self) -> &str {
        &self.access.day
    }

    /// What kind of actor it was.
    async fn actor_kind(&self) -> AuditActorKind {
        AuditActorKind::parse(&self.access.actor_kind)
    }

    /// Id of the person who acted, by hand or through an API key. Null for people of clients, unless the viewer holds
    /// `audit.privacy.read`.
    async fn actor_id(&self) -> Option<ID> {
        let shown = self.by_name || self.access.known.as_ref().is_some_and(|known| known.staff);
        let actor = self.access.actor.filter(|_| shown)?;
        Some(UserId::from_uuid(actor).to_string().into())
    }

    /// Name of the person who acted, by hand or through an API key. Null for people who left, and for people of clients
    /// unless the viewer holds `audit.privacy.read`.
    async fn actor_name(&self) -> Option<&str> {
        let known = self.access.known.as_ref()?;
        (self.by_name || known.staff).then_some(known.name.as_str())
    }

    /// Whether the person who acted is staff of the agency; null for people who left.
    async fn is_staff(&self) -> Option<bool> {
        self.access.known.as_ref().map(|known| known.staff)
    }

    /// How the data was seen.
    async fn kind(&self) -> PersonalDataAccessKind {
        match self.access.action.as_str() {
            access::DOWNLOAD | access::EXPORT => PersonalDataAccessKind::Download,
            _ => PersonalDataAccessKind::View,
        }
    }

    /// The act, as `<domain>.<thing>.<verb>`.
    async fn action(&self) -> &str {
        &self.access.action
    }

    /// What was done, in words.
    async fn label(&self, ctx: &Context<'_>) -> String {
        access::label(&self.access.action, ctx.viewer().language())
    }

    /// How often.
    async fn count(&self) -> i64 {
        self.access.count
    }

    /// First time on that day.
    async fn first_at(&self) -> DateTime {
        self.access.first_at.into()
    }

    /// Last time on that day.
    async fn last_at(&self) -> DateTime {
        self.access.last_at.into()
    }
}

/// A page of accesses.
#[derive(SimpleObject)]
pub struct PersonalDataAccessPage {
    /// The accesses of this page.
    pub nodes: Vec<PersonalDataAccess>,
    /// Where this page stands in the list.
    pub page_info: PageInfo,
}

/// Who saw what.
#[derive(Default)]
pub struct AccessRoot;

#[Object]
impl AccessRoot {
    /// Who else saw a person's data, by actor, day and way, the newest first. For the person themselves, and with
    /// `audit.privacy.read` for everybody, which is recorded as a look at their data.
    async fn personal_data_accesses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose data: a user or contact.")] person: AnyId,
        #[graphql(desc = "Not before.")] since: Option<DateTime>,
        #[graphql(desc = "Before.")] until: Option<DateTime>,
        #[graphql(desc = "How many, at most 100; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
    ) -> Result<PersonalDataAccessPage> {
        let (since, until) = (since.map(DateTime::utc), until.map(DateTime::utc));
        let first = first.unwrap_or(20);
        let most = u64::try_from(first).ok().filter(|_| (1..=MOST).contains(&first));
        let most = most.ok_or_else(|| Error::field("first", BAD_FIRST.with("max", MOST)))?;
        let known = |text: &String| {
            text.len() <= 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        };
        if after.as_ref().is_some_and(|text| !known(text)) {
            return Err(Error::field("after", BAD_CURSOR));
        }
        page(ctx, person, Wanted { since, until, after: after.clone(), most: most + 1 }, after.is_some())
            .await
    }
}

async fn page(
    ctx: &Context<'_>,
    id: AnyId,
    wanted: Wanted,
    has_previous_page: bool,
) -> Result<PersonalDataAccessPage> {
    let (viewer, db, privacy) = (ctx.viewer(), ctx.db(), ctx.data_unchecked::<Privacy>());
    viewer.signed_in()?;
    let by_name = !is_self(viewer, id) || viewer.reaches(PRIVACY_READ, kernel::viewer::Reach::Tenant);
    let subject = if is_self(viewer, id) {
        privacy.holders.identify(db, person(viewer.tenant_id(), id)?).await?
    } else {
        viewer.require_tenant(PRIVACY_READ)?;
        known(db, &privacy.holders, viewer.tenant_id(), id).await?
    };
    ctx.ask().looked(Look {
        action: "audit.privacy.view",
        subject_type: id.kind.type_name(),
        subject_id: id.uuid,
        person: id.uuid,
        account: None,
    });
    let mut found = access::read(db, privacy.people.as_ref(), &subject, &wanted).await?;
    let has_next_page = found.len() as u64 == wanted.most;
    if has_next_page {
        found.pop();
    }
    let page_info = PageInfo {
        has_previous_page,
        has_next_page,
        start_cursor: found.first().map(|access| access.place.clone()),
        end_cursor: found.last().map(|access| access.place.clone()),
    };
    let nodes = found.into_iter().map(|access| PersonalDataAccess { access, by_name }).collect();
    Ok(PersonalDataAccessPage { nodes, page_info })
}
