//! Status reports in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::{ProjectId, StatusReportId},
    scalar::Date,
};

use super::graphql::StatusReport;

/// A report to be made from the data of a week.
#[derive(Clone, Debug, InputObject)]
pub struct CreateStatusReportInput {
    /// The project.
    pub project_id: ProjectId,
    /// Any day of the week, which is not to come; the present week without it.
    pub week_of: Option<Date>,
}

/// Changes of a draft: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateStatusReportInput {
    /// The report.
    pub id: StatusReportId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// How things stand, in Markdown, at most 50 000 bytes.
    pub summary: MaybeUndefined<String>,
    /// What was done, in Markdown, at most 50 000 bytes.
    pub achievements: MaybeUndefined<String>,
    /// What comes next, in Markdown, at most 50 000 bytes.
    pub next_steps: MaybeUndefined<String>,
    /// What the team says among itself, in Markdown, at most 50 000 bytes.
    pub notes: MaybeUndefined<String>,
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, InputObject)]
            pub struct $name {
                /// The report.
                pub id: StatusReportId,
                /// The version that the decision was made on; a stale one is CONFLICT.
                pub expected_version: Option<i64>,
            }
        )+
    };
}

named! {
    /// A draft whose data is to be read anew.
    RefreshStatusReportInput,
    /// A draft to be published.
    PublishStatusReportInput,
    /// A published report that needs a new revision.
    ReviseStatusReportInput,
    /// A draft to be removed.
    DeleteStatusReportInput,
}

payloads! {
    /// What `createStatusReport` made.
    CreateStatusReportPayload {
        /// The new draft.
        status_report: StatusReport
    }
    /// What `updateStatusReport` changed.
    UpdateStatusReportPayload {
        /// The report as it is now.
        status_report: StatusReport
    }
    /// What `refreshStatusReport` changed.
    RefreshStatusReportPayload {
        /// The report as it is now.
        status_report: StatusReport
    }
    /// What `publishStatusReport` changed.
    PublishStatusReportPayload {
        /// The report as it is now.
        status_report: StatusReport
    }
    /// What `reviseStatusReport` made.
    ReviseStatusReportPayload {
        /// The new draft.
        status_report: StatusReport
    }
}

/// What `deleteStatusReport` removed.
#[derive(SimpleObject)]
pub struct DeleteStatusReportPayload {
    /// Id of the report that is gone.
    pub id: StatusReportId,
}

/// Root mutations of status reports.
#[derive(Default)]
pub struct ReportMutation;

#[Object]
impl ReportMutation {
    /// Makes a draft from the data of a week: milestones, tasks, hours and risks. Needs `projects.report.write` on the
    /// project.
    async fn create_status_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project and week.")] input: CreateStatusReportInput,
    ) -> Result<CreateStatusReportPayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Edits a draft. Needs `projects.report.write` on it.
    async fn update_status_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateStatusReportInput,
    ) -> Result<UpdateStatusReportPayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Reads the data of a draft's week anew; its texts stay. Needs `projects.report.write` on it.
    async fn refresh_status_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report.")] input: RefreshStatusReportInput,
    ) -> Result<RefreshStatusReportPayload> {
        super::refresh(ctx.viewer(), ctx.db(), input.id, input.expected_version).await.map(Into::into)
    }

    /// Publishes a draft to the client; it does not change any more. Needs `projects.report.write` on it.
    async fn publish_status_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report.")] input: PublishStatusReportInput,
    ) -> Result<PublishStatusReportPayload> {
        super::publish(ctx.viewer(), ctx.db(), input.id, input.expected_version).await.map(Into::into)
    }

    /// Makes a new draft on the week of a published report: its texts as they were, its data anew. Needs
    /// `projects.report.write` on it.
    async fn revise_status_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report.")] input: ReviseStatusReportInput,
    ) -> Result<ReviseStatusReportPayload> {
        super::revise(ctx.viewer(), ctx.db(), input.id, input.expected_version).await.map(Into::into)
    }

    /// Removes a draft. Needs `projects.report.write` on it.
    async fn delete_status_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report.")] input: DeleteStatusReportInput,
    ) -> Result<DeleteStatusReportPayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteStatusReportPayload { id: input.id })
    }
}
