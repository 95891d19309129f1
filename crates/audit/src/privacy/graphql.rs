//! Requests about personal data in the graph: the object, its filter, and the root query.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use kernel::{
    ask::Asking,
    error::{Fields, Result},
    graph::Node,
    id::{AnyId, ContactId, JobId, PrivacyRequestId, TypedId as _, UserId},
    page::{Connection, Order, PageArgs, check_listed, list},
    policy::Guarded as _,
    scalar::DateTime,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, Select};

use super::{
    entity::{Column, Entity, Model},
    erasure::graphql::ErasurePreview,
};

/// A request about somebody's personal data.
#[derive(Clone, Debug)]
pub struct PrivacyRequest(pub Model);

impl From<Model> for PrivacyRequest {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for PrivacyRequest {
    const TYPE: &'static str = "PrivacyRequest";
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PrivacyRequestKind {
    /// A copy of everything that is held of the person.
    Export,
    /// That the person is forgotten.
    Erasure,
}

impl PrivacyRequestKind {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Erasure => "erasure",
        }
    }
}

/// Where a request is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PrivacyRequestStatus {
    /// Somebody else must approve it.
    AwaitingApproval,
    /// For a worker.
    Waiting,
    /// It is being done.
    Running,
    /// It was done.
    Done,
    /// It could not be done.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
    /// It was not approved.
    Refused,
    /// It was done, and its file is gone by now; or nobody approved it in time.
    Expired,
}

impl PrivacyRequestStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::AwaitingApproval,
        Self::Waiting,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Refused,
        Self::Expired,
    ];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }

    /// The status of a row.
    pub fn of(model: &Model) -> Self {
        // Invariant: the column has a CHECK over these words.
        Self::ALL.into_iter().find(|status| status.word() == model.status).unwrap_or(Self::Failed)
    }

    /// Whether nothing more happens to the request by itself but that its file goes.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::AwaitingApproval | Self::Waiting | Self::Running)
    }
}

/// A request about somebody's personal data: a copy of everything that is held of them, or that they are forgotten.
#[Object(name = "PrivacyRequestFields")]
impl PrivacyRequest {
    /// Its id.
    async fn id(&self) -> PrivacyRequestId {
        self.0.id
    }

    /// What is asked for.
    async fn kind(&self) -> PrivacyRequestKind {
        match self.0.kind.as_str() {
            "erasure" => PrivacyRequestKind::Erasure,
            _ => PrivacyRequestKind::Export,
        }
    }

    /// Where it is on its way.
    async fn status(&self) -> PrivacyRequestStatus {
        PrivacyRequestStatus::of(&self.0)
    }

    /// Id of the user or contact whose data it is about.
    async fn person_id(&self) -> ID {
        match self.0.person_type.as_str() {
            "Contact" => ContactId::from_uuid(self.0.person_id).to_string().into(),
            _ => UserId::from_uuid(self.0.person_id).to_string().into(),
        }
    }

    /// The job that does it; its progress is `jobProgress`.
    async fn job_id(&self) -> Option<JobId> {
        self.0.job_id
    }

    /// Length of the file in bytes; null until there is one.
    async fn file_size(&self) -> Option<i64> {
        self.0.file_size
    }

    /// SHA-256 of the file in hexadecimal digits; null until there is one.
    async fn file_sha256(&self) -> Option<&str> {
        self.0.file_sha256.as_deref()
    }

    /// Why an erasure is asked for; null for exports, and once the person is erased.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// What an erasure would do, as it was last looked at: who approves it agrees to this; null for exports.
    async fn preview(&self, ctx: &Context<'_>) -> Result<Option<ErasurePreview>> {
        let Some(preview) = &self.0.preview else { return Ok(None) };
        Ok(Some(ErasurePreview::new(serde_json::from_str(preview)?, ctx.viewer().language())))
    }

    /// What an erasure did, signed with the agency's audit key, as `atrium audit certificate --file` takes it; null for
    /// exports, and until it is signed, seconds after the erasure.
    async fn certificate(&self) -> Option<&str> {
        self.0.certificate.as_deref()
    }

    /// When the file is removed, or until when an erasure can be approved; null for an export without a file.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(Into::into)
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was over; null until then.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(Into::into)
    }

    /// Counts the changes.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Which requests; every given condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct PrivacyRequestFilter {
    /// Of one of these kinds.
    pub kinds: Option<Vec<PrivacyRequestKind>>,
    /// In one of these statuses.
    pub statuses: Option<Vec<PrivacyRequestStatus>>,
    /// About this user or contact.
    pub person: Option<AnyId>,
}

impl PrivacyRequestFilter {
    fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.kinds.as_ref(), "filter.kinds", &mut fields);
        check_listed(self.statuses.as_ref(), "filter.statuses", &mut fields);
        fields.check()
    }

    fn apply(&self, mut select: Select<Entity>) -> Select<Entity> {
        let Self { kinds, statuses, person } = self;
        if let Some(kinds) = kinds {
            select = select.filter(Column::Kind.is_in(kinds.iter().map(|kind| kind.word())));
        }
        if let Some(statuses) = statuses {
            select = select.filter(Column::Status.is_in(statuses.iter().map(|status| status.word())));
        }
        if let Some(person) = person {
            select = select.filter(Column::PersonId.eq(person.uuid));
            select = select.filter(Column::PersonType.eq(person.kind.type_name()));
        }
        select
    }
}

/// Queries about requests.
#[derive(Default)]
pub struct RequestRoot;

#[Object]
impl RequestRoot {
    /// Requests about personal data, the newest first: all with `audit.privacy.read`, else those that one made oneself.
    async fn privacy_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which requests")] filter: Option<PrivacyRequestFilter>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<PrivacyRequest>> {
        let (viewer, filter) = (ctx.viewer(), filter.unwrap_or_default());
        viewer.signed_in()?;
        filter.check()?;
        let select = filter.apply(Entity::visible(viewer, Entity::READ));
        list(ctx.db(), select, Order::desc(Column::Id), &PageArgs::new(first, after, last, before)).await
    }
}
