//! Rates in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{AccountId, ActivityTypeId, BillRateId, CostRateId, ProjectId, TaskId, UserId},
    money::MoneyInput,
    scalar::Date,
};

use super::graphql::{BillRate, CostRate};
use crate::service::Projects;

/// What an hour is billed at. What is named says where: a task; a project, alone, for a person or for a kind of work; a
/// person; a kind of work; a client; or nothing, for the whole agency.
#[derive(Clone, Debug, InputObject)]
pub struct SetBillRateInput {
    /// The task.
    pub task_id: Option<TaskId>,
    /// The project.
    pub project_id: Option<ProjectId>,
    /// The person: active staff of the agency.
    pub user_id: Option<UserId>,
    /// The kind of work.
    pub activity_type_id: Option<ActivityTypeId>,
    /// The client.
    pub account_id: Option<AccountId>,
    /// The first day it holds; what is set for the same place and day already gets another amount.
    pub valid_from: Date,
    /// What an hour is billed at, not negative.
    pub amount: MoneyInput,
}

/// What an hour costs: of a person on a project, of a person, or of anybody.
#[derive(Clone, Debug, InputObject)]
pub struct SetCostRateInput {
    /// The project; only with a person.
    pub project_id: Option<ProjectId>,
    /// The person: active staff of the agency.
    pub user_id: Option<UserId>,
    /// The first day it holds; what is set for the same place and day already gets another amount.
    pub valid_from: Date,
    /// What an hour costs, not negative.
    pub amount: MoneyInput,
}

/// A billing rate to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteBillRateInput {
    /// The rate.
    pub id: BillRateId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A cost rate to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteCostRateInput {
    /// The rate.
    pub id: CostRateId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// What `setBillRate` wrote.
#[derive(SimpleObject)]
pub struct SetBillRatePayload {
    /// The rate as it is now.
    pub bill_rate: Graph<BillRate>,
}

/// What `setCostRate` wrote.
#[derive(SimpleObject)]
pub struct SetCostRatePayload {
    /// The rate as it is now.
    pub cost_rate: Graph<CostRate>,
}

/// What `deleteBillRate` removed.
#[derive(SimpleObject)]
pub struct DeleteBillRatePayload {
    /// Id of the rate that is gone.
    pub id: BillRateId,
}

/// What `deleteCostRate` removed.
#[derive(SimpleObject)]
pub struct DeleteCostRatePayload {
    /// Id of the rate that is gone.
    pub id: CostRateId,
}

/// Root mutations of rates.
#[derive(Default)]
pub struct RateMutation;

#[Object]
impl RateMutation {
    /// Sets what an hour is billed at from a day on; approved time keeps what it was approved with. Needs
    /// `projects.rate.write` on the project, or on the whole agency for what is of no project.
    async fn set_bill_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rate.")] input: SetBillRateInput,
    ) -> Result<SetBillRatePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let rate = super::set_bill(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(SetBillRatePayload { bill_rate: Graph(rate.into()) })
    }

    /// Sets what an hour costs from a day on; approved time keeps what it was approved with. Needs
    /// `projects.cost.write` on the project, or on the whole agency for what is of no project.
    async fn set_cost_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rate.")] input: SetCostRateInput,
    ) -> Result<SetCostRatePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let rate = super::set_cost(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(SetCostRatePayload { cost_rate: Graph(rate.into()) })
    }

    /// Removes a billing rate. Needs `projects.rate.write` as `setBillRate` does.
    async fn delete_bill_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rate.")] input: DeleteBillRateInput,
    ) -> Result<DeleteBillRatePayload> {
        super::delete_bill(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteBillRatePayload { id: input.id })
    }

    /// Removes a cost rate. Needs `projects.cost.write` as `setCostRate` does.
    async fn delete_cost_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rate.")] input: DeleteCostRateInput,
    ) -> Result<DeleteCostRatePayload> {
        super::delete_cost(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteCostRatePayload { id: input.id })
    }
}
