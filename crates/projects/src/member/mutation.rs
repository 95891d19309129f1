//! Teams in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{ProjectId, ProjectMemberId, RoleId, UserId},
    money::MoneyInput,
    scalar::Date,
};

use super::graphql::ProjectMember;
use crate::service::Projects;

/// A person to be put on a team.
#[derive(Clone, Debug, InputObject)]
pub struct AddProjectMemberInput {
    /// The project.
    pub project_id: ProjectId,
    /// The person: active staff of the agency.
    pub user_id: UserId,
    /// The role whose permissions they have on this project; without one, those of their roles in the agency. It may
    /// grant nothing that who gives it does not have.
    pub role_id: Option<RoleId>,
    /// What they do there, at most 120 characters.
    pub title: Option<String>,
    /// What an hour of theirs is billed at, not negative. Needs `projects.rate.read` on the project.
    pub bill_rate: Option<MoneyInput>,
    /// The share of their working time, in basis points: 10000 is all of it.
    pub allocation: Option<i32>,
    /// Their first day; today without one.
    pub joined_on: Option<Date>,
}

/// Changes of a person's place on a team: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateProjectMemberInput {
    /// The place.
    pub id: ProjectMemberId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// The role whose permissions they have on this project; null: those of their roles in the agency.
    pub role_id: MaybeUndefined<RoleId>,
    /// What they do there, at most 120 characters.
    pub title: MaybeUndefined<String>,
    /// What an hour of theirs is billed at, not negative. Needs `projects.rate.read` on the project.
    pub bill_rate: MaybeUndefined<MoneyInput>,
    /// The share of their working time, in basis points: 10000 is all of it.
    pub allocation: MaybeUndefined<i32>,
    /// Their first day.
    pub joined_on: MaybeUndefined<Date>,
}

/// A person to be taken off a team.
#[derive(Clone, Debug, InputObject)]
pub struct RemoveProjectMemberInput {
    /// Their place.
    pub id: ProjectMemberId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Their last day, not in the future; today without one.
    pub left_on: Option<Date>,
}

/// What `addProjectMember` made.
#[derive(SimpleObject)]
pub struct AddProjectMemberPayload {
    /// The new place.
    pub member: Graph<ProjectMember>,
}

/// What `updateProjectMember` changed.
#[derive(SimpleObject)]
pub struct UpdateProjectMemberPayload {
    /// The place as it is now.
    pub member: Graph<ProjectMember>,
}

/// What `removeProjectMember` changed.
#[derive(SimpleObject)]
pub struct RemoveProjectMemberPayload {
    /// The place that was left.
    pub member: Graph<ProjectMember>,
}

/// Root mutations of teams.
#[derive(Default)]
pub struct MemberMutation;

#[Object]
impl MemberMutation {
    /// Puts a person on the team of a project. Needs `projects.team.write` on it.
    async fn add_project_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and what they do there.")] input: AddProjectMemberInput,
    ) -> Result<AddProjectMemberPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let member = super::add(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(AddProjectMemberPayload { member: Graph(member.into()) })
    }

    /// Changes a person's place on a team. Needs `projects.team.write` on the project.
    async fn update_project_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateProjectMemberInput,
    ) -> Result<UpdateProjectMemberPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let member = super::update(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(UpdateProjectMemberPayload { member: Graph(member.into()) })
    }

    /// Takes a person off a team; their place stays as history, their tasks stay theirs. Needs `projects.team.write`
    /// on the project.
    async fn remove_project_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and since when.")] input: RemoveProjectMemberInput,
    ) -> Result<RemoveProjectMemberPayload> {
        let member = super::remove(ctx.viewer(), ctx.db(), input).await?;
        Ok(RemoveProjectMemberPayload { member: Graph(member.into()) })
    }
}
