//! The portfolio: what somebody wants to know of each of many projects, counted for all of them at once, and the
//! registers of one.

mod figures;
mod store;

pub use figures::{BudgetUse, ProjectFigures, RiskFigures};
pub(crate) use store::{Worked, worked};

use async_graphql::{Context, Object};
use kernel::{
    Result,
    ask::Asking,
    id::ProjectId,
    page::{Connection, PageArgs},
};

use crate::{
    change_request::{
        self,
        filter::{ChangeRequestFilter, ChangeRequestOrder},
        graphql::ChangeRequest,
    },
    decision::{
        self,
        filter::{DecisionFilter, DecisionOrder},
        graphql::Decision,
    },
    feedback::{
        self,
        filter::{FeedbackFilter, FeedbackOrder},
        graphql::FeedbackRequest,
    },
    project::graphql::Project,
    report::{
        self,
        filter::{StatusReportFilter, StatusReportOrder},
        graphql::StatusReport,
    },
    risk::{
        self,
        filter::{RiskFilter, RiskOrder},
        graphql::Risk,
    },
};

/// The registers and figures of a project.
pub struct ProjectRegisters(ProjectFigures);

impl From<&Project> for ProjectRegisters {
    fn from(project: &Project) -> Self {
        Self(ProjectFigures::from(&project.0))
    }
}

impl ProjectRegisters {
    fn id(&self) -> ProjectId {
        self.0.project
    }
}

#[Object(name = "ProjectRegisterFields")]
impl ProjectRegisters {
    /// What is late, used up and uncertain about it; for a page of projects each of these is one statement.
    async fn figures(&self) -> ProjectFigures {
        self.0
    }

    /// Its risks. Needs `projects.risk.read`; never for clients.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn risks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these risks.")] filter: Option<RiskFilter>,
        #[graphql(desc = "The order; the worst first without one.")] order_by: Option<RiskOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Risk>>> {
        let (args, filter) = (PageArgs::new(first, after, last, before), filter.unwrap_or_default());
        Some(risk::of_project(ctx.ask(), self.id(), filter, order_by, args).await)
    }

    /// Its change requests. Needs `projects.change_request.read`; clients see those that were submitted.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn change_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these change requests.")] filter: Option<ChangeRequestFilter>,
        #[graphql(desc = "The order; the newest first without one.")] order_by: Option<ChangeRequestOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<ChangeRequest>>> {
        let (args, filter) = (PageArgs::new(first, after, last, before), filter.unwrap_or_default());
        Some(change_request::of_project(ctx.ask(), self.id(), filter, order_by, args).await)
    }

    /// What was decided in it. Needs `projects.decision.read`; clients see what is marked for them.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these decisions.")] filter: Option<DecisionFilter>,
        #[graphql(desc = "The order; the newest first without one.")] order_by: Option<DecisionOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Decision>>> {
        let (args, filter) = (PageArgs::new(first, after, last, before), filter.unwrap_or_default());
        Some(decision::of_project(ctx.ask(), self.id(), filter, order_by, args).await)
    }

    /// The status reports on it. Needs `projects.report.read`; clients see those that are published.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn status_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these reports.")] filter: Option<StatusReportFilter>,
        #[graphql(desc = "The order; the newest first without one.")] order_by: Option<StatusReportOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<StatusReport>>> {
        let (args, filter) = (PageArgs::new(first, after, last, before), filter.unwrap_or_default());
        Some(report::of_project(ctx.ask(), self.id(), filter, order_by, args).await)
    }

    /// What the client was asked about it. Needs `projects.feedback.read`; clients see what they were asked themselves.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn feedback_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these questions.")] filter: Option<FeedbackFilter>,
        #[graphql(desc = "The order; the newest first without one.")] order_by: Option<FeedbackOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<FeedbackRequest>>> {
        let (args, filter) = (PageArgs::new(first, after, last, before), filter.unwrap_or_default());
        Some(feedback::requests_of(ctx.ask(), self.id(), filter, order_by, args).await)
    }
}
