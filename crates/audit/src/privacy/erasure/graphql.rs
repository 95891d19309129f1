//! Erasures in the graph.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use kernel::{
    ask::{Asking, Look},
    error::Result,
    graph::Graph,
    id::{AnyId, PrivacyRequestId},
    locale::Language,
    privacy::Holders,
};

use super::{
    Preview, approve, look,
    preview::{Hindrance, Line},
    reject, request, withdraw,
};
use crate::{
    policy::PRIVACY_ERASE,
    privacy::PrivacyRequest,
    seal::{Sealer, store},
};

/// What becomes of data when its person is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ErasureFate {
    /// It goes.
    Erased,
    /// It stays without anything that tells who it was.
    Anonymised,
    /// It stays, for a reason that the law knows.
    Kept,
}

/// Data of one kind that is held of a person.
#[derive(Clone, Debug, SimpleObject)]
pub struct ErasureHolding {
    /// Name of the collection, as in exports and certificates: `identity.sessions`.
    pub name: String,
    /// What it is, in the viewer's language.
    pub description: String,
    /// How much of it there is.
    pub count: i64,
    /// What an erasure does to it.
    pub fate: ErasureFate,
    /// Why it is kept, in the viewer's language; null for what is not.
    pub reason: Option<String>,
}

/// Something that must be settled before a person can be erased.
#[derive(Clone, Debug, SimpleObject)]
pub struct ErasureObstacle {
    /// The machine's word for it.
    pub code: String,
    /// What it is, in the viewer's language.
    pub description: String,
    /// How much of it there is.
    pub count: i64,
}

/// What the erasure of a person would do.
#[derive(Clone, Debug, SimpleObject)]
pub struct ErasurePreview {
    /// What is held of the person, and what becomes of it.
    pub holdings: Vec<ErasureHolding>,
    /// What must be settled first.
    pub obstacles: Vec<ErasureObstacle>,
    /// Whether nothing stands in the way.
    pub possible: bool,
}

impl ErasurePreview {
    /// The preview in a language.
    pub(in crate::privacy) fn new(preview: Preview, language: Language) -> Self {
        let Preview { holdings, obstacles } = preview;
        Self {
            possible: obstacles.is_empty(),
            holdings: holdings.into_iter().map(|line| holding(line, language)).collect(),
            obstacles: obstacles.into_iter().map(|one| obstacle(one, language)).collect(),
        }
    }
}

fn holding(Line { name, about, count, fate, reason }: Line, language: Language) -> ErasureHolding {
    ErasureHolding {
        name,
        description: about.render(language).to_owned(),
        count: store::number(count),
        fate: match fate.as_str() {
            "erased" => ErasureFate::Erased,
            "anonymised" => ErasureFate::Anonymised,
            _ => ErasureFate::Kept,
        },
        reason: reason.map(|reason| reason.render(language).to_owned()),
    }
}

fn obstacle(Hindrance { about, count }: Hindrance, language: Language) -> ErasureObstacle {
    let description = about.render(language).to_owned();
    ErasureObstacle { code: about.code, description, count: store::number(count) }
}

/// Queries about erasures.
#[derive(Default)]
pub struct ErasureRoot;

#[Object]
impl ErasureRoot {
    /// What the erasure of a user or a contact would do now, and what stands in its way. Needs `audit.privacy.erase`;
    /// the look is recorded.
    async fn erasure_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user or contact")] person: AnyId,
    ) -> Result<ErasurePreview> {
        let viewer = ctx.viewer();
        viewer.require_tenant(PRIVACY_ERASE)?;
        let holders = ctx.data_unchecked::<Holders>();
        let (_, preview) = look(ctx.db(), holders, viewer.tenant_id(), person).await?;
        ctx.ask().looked(Look {
            action: "audit.erasure.preview",
            subject_type: person.kind.type_name(),
            subject_id: person.uuid,
            person: person.uuid,
            account: None,
        });
        Ok(ErasurePreview::new(preview, viewer.language()))
    }
}

/// A person to be erased.
#[derive(Clone, Debug, InputObject)]
pub struct RequestErasureInput {
    /// The user or contact.
    pub person: AnyId,
    /// Why; forgotten with the person.
    pub reason: String,
}

/// What `requestErasure` made.
#[derive(SimpleObject)]
pub struct RequestErasurePayload {
    /// The request.
    pub request: Graph<PrivacyRequest>,
}

/// A request to be approved.
#[derive(Clone, Debug, InputObject)]
pub struct ApproveErasureInput {
    /// The request.
    pub id: PrivacyRequestId,
    /// The version whose preview was read.
    pub expected_version: i64,
}

/// What `approveErasure` did.
#[derive(SimpleObject)]
pub struct ApproveErasurePayload {
    /// The request, which was done; its certificate follows within seconds.
    pub request: Graph<PrivacyRequest>,
}

/// A request to be rejected.
#[derive(Clone, Debug, InputObject)]
pub struct RejectErasureInput {
    /// The request.
    pub id: PrivacyRequestId,
    /// The version that was read; without one the present one.
    pub expected_version: Option<i64>,
}

/// What `rejectErasure` changed.
#[derive(SimpleObject)]
pub struct RejectErasurePayload {
    /// The request as it is now.
    pub request: Graph<PrivacyRequest>,
}

/// A request to be taken back.
#[derive(Clone, Debug, InputObject)]
pub struct WithdrawErasureInput {
    /// The request.
    pub id: PrivacyRequestId,
    /// The version that was read; without one the present one.
    pub expected_version: Option<i64>,
}

/// What `withdrawErasure` changed.
#[derive(SimpleObject)]
pub struct WithdrawErasurePayload {
    /// The request as it is now.
    pub request: Graph<PrivacyRequest>,
}

/// Changes of erasures.
#[derive(Default)]
pub struct ErasureChanges;

#[Object]
impl ErasureChanges {
    /// Asks for the erasure of a person: what is held of them goes, what must stay no longer tells who it was. Somebody
    /// else has to approve it within thirty days. Needs `audit.privacy.erase`; not for API keys.
    async fn request_erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and why.")] input: RequestErasureInput,
    ) -> Result<RequestErasurePayload> {
        let RequestErasureInput { person, reason } = input;
        let holders = ctx.data_unchecked::<Holders>();
        let row = request(ctx.viewer(), ctx.db(), holders, person, &reason).await?;
        Ok(RequestErasurePayload { request: Graph(row.into()) })
    }

    /// Approves an erasure that somebody else asked for, and does it: all of it, or nothing. It cannot be undone. If there
    /// is something else to erase by now than the request's preview says, that is a CONFLICT, and the request says what
    /// there is. Needs `audit.privacy.erase`; not for the person and not for API keys.
    async fn approve_erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request.")] input: ApproveErasureInput,
    ) -> Result<ApproveErasurePayload> {
        let ApproveErasureInput { id, expected_version } = input;
        let (holders, sealer) = (ctx.data_unchecked::<Holders>(), ctx.data_unchecked::<Sealer>());
        let row = approve(ctx.viewer(), ctx.db(), holders, sealer, id, Some(expected_version)).await?;
        Ok(ApproveErasurePayload { request: Graph(row.into()) })
    }

    /// Refuses an erasure that was asked for. Needs `audit.privacy.erase`; not for API keys.
    async fn reject_erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request.")] input: RejectErasureInput,
    ) -> Result<RejectErasurePayload> {
        let RejectErasureInput { id, expected_version } = input;
        let row = reject(ctx.viewer(), ctx.db(), id, expected_version).await?;
        Ok(RejectErasurePayload { request: Graph(row.into()) })
    }

    /// Takes back an erasure that one asked for oneself. Needs `audit.privacy.erase`; not for API keys.
    async fn withdraw_erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request.")] input: WithdrawErasureInput,
    ) -> Result<WithdrawErasurePayload> {
        let WithdrawErasureInput { id, expected_version } = input;
        let row = withdraw(ctx.viewer(), ctx.db(), id, expected_version).await?;
        Ok(WithdrawErasurePayload { request: Graph(row.into()) })
    }
}
