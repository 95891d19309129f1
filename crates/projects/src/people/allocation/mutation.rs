//! Allocations in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{AllocationId, ProjectId, UserId},
    scalar::Date,
};

use super::{graphql::Allocation, over::OverAllocatedWeek};
use crate::{people::profile::mutation::SkillLevelInput, service::Projects, words::Commitment};

/// A new allocation: of a person, or of a role that somebody is still to take.
#[derive(Clone, Debug, InputObject)]
pub struct CreateAllocationInput {
    /// The project.
    pub project_id: ProjectId,
    /// The member of staff; a place to fill without one.
    pub user_id: Option<UserId>,
    /// What the place is for, at most 100 characters; needed without a person.
    pub role: Option<String>,
    /// What it takes, at most 100 skills.
    pub skills: Option<Vec<SkillLevelInput>>,
    /// So many minutes of each week, 1 to 10 080; either this or `percent`.
    pub weekly_minutes: Option<i64>,
    /// Such a share of what the person has, 1 to 100 percent; either this or `weeklyMinutes`.
    pub percent: Option<i32>,
    /// The first day.
    pub from: Date,
    /// The last day, at most 1 830 days in all.
    pub to: Date,
    /// How sure it is; tentative without a word.
    pub commitment: Option<Commitment>,
    /// What there is to say about it, at most 2 000 characters.
    pub note: Option<String>,
}

/// Changes of an allocation: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateAllocationInput {
    /// The allocation.
    pub id: AllocationId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// The member of staff; null makes it a place to fill, which needs a role.
    pub user_id: MaybeUndefined<UserId>,
    /// What the place is for, at most 100 characters.
    pub role: MaybeUndefined<String>,
    /// What it takes: all of it, at most 100 skills.
    pub skills: Option<Vec<SkillLevelInput>>,
    /// So many minutes of each week, 1 to 10 080, instead of a share.
    pub weekly_minutes: Option<i64>,
    /// Such a share of what the person has, 1 to 100 percent, instead of minutes.
    pub percent: Option<i32>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day, at most 1 830 days in all.
    pub to: Option<Date>,
    /// How sure it is.
    pub commitment: Option<Commitment>,
    /// What there is to say about it, at most 2 000 characters.
    pub note: MaybeUndefined<String>,
}

/// An allocation to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteAllocationInput {
    /// The allocation.
    pub id: AllocationId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// What `createAllocation` made.
#[derive(SimpleObject)]
pub struct CreateAllocationPayload {
    /// The new allocation.
    pub allocation: Graph<Allocation>,
    /// Weeks of it, from the present one on, in which the person gets more firm work than before and more than they have
    /// time, if the agency wants to be warned only.
    pub over_allocations: Vec<OverAllocatedWeek>,
}

/// What `updateAllocation` changed.
#[derive(SimpleObject)]
pub struct UpdateAllocationPayload {
    /// The allocation as it is now.
    pub allocation: Graph<Allocation>,
    /// Weeks of it, from the present one on, in which the person gets more firm work than before and more than they have
    /// time, if the agency wants to be warned only.
    pub over_allocations: Vec<OverAllocatedWeek>,
}

/// What `deleteAllocation` removed.
#[derive(SimpleObject)]
pub struct DeleteAllocationPayload {
    /// Id of the allocation that is gone.
    pub id: AllocationId,
}

/// Root mutations of allocations.
#[derive(Default)]
pub struct AllocationMutation;

#[Object]
impl AllocationMutation {
    /// Plans a person, or a place to fill, for a project. Firm work beyond what the person has in a week is refused with
    /// `over_allocated` for each week, for 30 at most, and with `more_over_allocated` for how many more there are; or it
    /// is told, as the settings of planning say. Weeks that are past and tentative work are never refused. Needs
    /// `projects.allocation.write` on the project.
    async fn create_allocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new allocation.")] input: CreateAllocationInput,
    ) -> Result<CreateAllocationPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let (row, over_allocations) = super::create(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(CreateAllocationPayload { allocation: Graph(row.into()), over_allocations })
    }

    /// Changes an allocation, makes it firm, or gives a place to a person; checked as a new one in the weeks of which it
    /// takes more than before. Needs `projects.allocation.write` on the project.
    async fn update_allocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateAllocationInput,
    ) -> Result<UpdateAllocationPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let (row, over_allocations) = super::update(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(UpdateAllocationPayload { allocation: Graph(row.into()), over_allocations })
    }

    /// Removes an allocation. Needs `projects.allocation.write` on the project.
    async fn delete_allocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which allocation.")] input: DeleteAllocationInput,
    ) -> Result<DeleteAllocationPayload> {
        let id = input.id;
        super::delete(ctx.viewer(), ctx.db(), input).await?;
        Ok(DeleteAllocationPayload { id })
    }
}
