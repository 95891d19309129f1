//! Changing sinks through the graph.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{ask::Asking, error::Result, graph::Graph, id::AuditSinkId};

use super::{
    SinkSettings,
    graphql::AuditSink,
    rules::Kind,
    service::{self, Sinks},
};
use crate::{entry::AuditSeverity, seal::Sealer};

/// A new sink.
#[derive(Clone, Debug, InputObject)]
pub struct CreateAuditSinkInput {
    /// What people call it.
    pub name: String,
    /// How it is spoken to.
    pub kind: Kind,
    /// Host and port (`siem.example.com:6514`), or a web address for HTTP. Private networks are refused unless the
    /// installation allows them.
    pub address: String,
    /// The certificates in PEM that its own must come from; those of the web if left out. For TLS and HTTPS.
    pub ca_pem: Option<String>,
    /// Header that carries a secret, such as `Authorization`. For HTTP.
    pub header_name: Option<String>,
    /// Value of that header, such as `Bearer …`. It is sealed and never shown.
    #[graphql(secret)]
    pub header_value: Option<String>,
    /// Key with which bodies are signed, at least 16 characters. It is sealed and never shown. For HTTP.
    #[graphql(secret)]
    pub signing_key: Option<String>,
    /// The least severity that is forwarded.
    #[graphql(default_with = "AuditSeverity::Critical")]
    pub min_severity: AuditSeverity,
    /// Only acts whose name begins with this: `identity.`
    pub action_prefix: Option<String>,
    /// Whether personal data is sent in the clear; needs `audit.personal_data.read`.
    #[graphql(default)]
    pub personal_data: bool,
    /// Whether it gets all that was ever sealed, not only what will be.
    #[graphql(default)]
    pub from_start: bool,
}

/// What `createAuditSink` made.
#[derive(SimpleObject)]
pub struct CreateAuditSinkPayload {
    /// The sink.
    pub audit_sink: Graph<AuditSink>,
}

/// Changes of a sink; what is left out stays as it is.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateAuditSinkInput {
    /// The sink.
    pub id: AuditSinkId,
    /// The version that the change builds on.
    pub expected_version: Option<i64>,
    /// What people call it.
    pub name: MaybeUndefined<String>,
    /// Host and port, or a web address. At another host the secrets must be given again.
    pub address: MaybeUndefined<String>,
    /// The certificates in PEM that its own must come from; null for those of the web.
    pub ca_pem: MaybeUndefined<String>,
    /// Header that carries a secret; null for none.
    pub header_name: MaybeUndefined<String>,
    /// Value of that header.
    #[graphql(secret)]
    pub header_value: MaybeUndefined<String>,
    /// Key with which bodies are signed; null for none.
    #[graphql(secret)]
    pub signing_key: MaybeUndefined<String>,
    /// The least severity that is forwarded.
    pub min_severity: MaybeUndefined<AuditSeverity>,
    /// Only acts whose name begins with this; null for all.
    pub action_prefix: MaybeUndefined<String>,
    /// Whether personal data is sent in the clear; needs `audit.personal_data.read`.
    pub personal_data: MaybeUndefined<bool>,
    /// Whether it is in use.
    pub enabled: MaybeUndefined<bool>,
}

/// What `updateAuditSink` changed.
#[derive(SimpleObject)]
pub struct UpdateAuditSinkPayload {
    /// The sink as it is now.
    pub audit_sink: Graph<AuditSink>,
}

/// A sink to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteAuditSinkInput {
    /// The sink.
    pub id: AuditSinkId,
}

/// What `deleteAuditSink` removed.
#[derive(SimpleObject)]
pub struct DeleteAuditSinkPayload {
    /// Id of the sink that is gone.
    pub id: AuditSinkId,
}

/// A sink to be tried.
#[derive(Clone, Debug, InputObject)]
pub struct TestAuditSinkInput {
    /// The sink.
    pub id: AuditSinkId,
}

/// What `testAuditSink` found.
#[derive(SimpleObject)]
pub struct TestAuditSinkPayload {
    /// The sink.
    pub audit_sink: Graph<AuditSink>,
    /// Whether the sink acknowledged the message; one that gets datagrams cannot.
    pub acknowledged: bool,
    /// Why it did not.
    pub error: Option<String>,
}

/// Changes of sinks.
#[derive(Default)]
pub(super) struct SinkChanges;

fn sinks<'a>(ctx: &Context<'a>) -> Sinks<'a> {
    Sinks {
        keyring: ctx.data_unchecked::<Sealer>().keyring(),
        settings: ctx.data_unchecked::<SinkSettings>(),
    }
}

#[Object]
impl SinkChanges {
    /// Forwards entries of the trail to another system from now on, each at least once. Needs `audit.sink.manage`.
    async fn create_audit_sink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sink.")] input: CreateAuditSinkInput,
    ) -> Result<CreateAuditSinkPayload> {
        let sink = service::create(ctx.viewer(), ctx.db(), &sinks(ctx), input).await?;
        Ok(CreateAuditSinkPayload { audit_sink: Graph(sink.into()) })
    }

    /// Changes a sink. One that was given up resumes where it was. Needs `audit.sink.manage`.
    async fn update_audit_sink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateAuditSinkInput,
    ) -> Result<UpdateAuditSinkPayload> {
        let sink = service::update(ctx.viewer(), ctx.db(), &sinks(ctx), input).await?;
        Ok(UpdateAuditSinkPayload { audit_sink: Graph(sink.into()) })
    }

    /// Removes a sink; what it has not got by now it will not get. Needs `audit.sink.manage`.
    async fn delete_audit_sink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sink.")] input: DeleteAuditSinkInput,
    ) -> Result<DeleteAuditSinkPayload> {
        service::delete(ctx.viewer(), ctx.db(), input.id).await?;
        Ok(DeleteAuditSinkPayload { id: input.id })
    }

    /// Sends a message that is about nothing, and says whether it arrived. Needs `audit.sink.manage`.
    async fn test_audit_sink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sink.")] input: TestAuditSinkInput,
    ) -> Result<TestAuditSinkPayload> {
        let (sink, error) = service::test(ctx.viewer(), ctx.db(), &sinks(ctx), input.id).await?;
        let acknowledged = error.is_none();
        Ok(TestAuditSinkPayload { audit_sink: Graph(sink.into()), acknowledged, error })
    }
}
