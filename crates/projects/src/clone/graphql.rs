//! Cloning in the graph: input, payload and mutation.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use kernel::{
    Result,
    ask::Asking,
    id::{AccountId, ProjectId, UserId},
    scalar::Date,
};

use crate::{project::graphql::Project, service::Projects};

/// A project to be made out of another one.
#[derive(Clone, Debug, InputObject)]
pub struct CloneProjectInput {
    /// The project that is there.
    pub project_id: ProjectId,
    /// What people call the new one, at most 100 characters.
    pub name: String,
    /// When the new one is to begin; on a day off, on the working day after it. Every date moves along, in working days.
    pub starts_on: Date,
    /// The client company; left out: that of the other project; null: none.
    pub account_id: MaybeUndefined<AccountId>,
    /// The member of staff who answers for it; left out: who answers for the other one, or else who makes it; null:
    /// nobody.
    pub manager_id: MaybeUndefined<UserId>,
    /// Whether milestones are copied, none of them reached.
    #[graphql(default = true)]
    pub milestones: bool,
    /// Whether tasks are copied with their parts, checklists, labels and skills, none of them begun.
    #[graphql(default = true)]
    pub tasks: bool,
    /// Whether it is copied which work waits for which, among what is copied.
    #[graphql(default = true)]
    pub dependencies: bool,
    /// Whether the team is copied, as far as people are active, and with it who does which task. Rates come along for who
    /// may read them; roles that people had on the other project alone do not. Needs `projects.team.write`.
    #[graphql(default)]
    pub team: bool,
    /// Whether the new one gets the same folders for documents.
    #[graphql(default)]
    pub documents: bool,
}

payloads! {
    /// What `cloneProject` made.
    CloneProjectPayload {
        /// The new project.
        project: Project
    }
}

/// Root mutation of cloning.
#[derive(Default)]
pub struct CloneMutation;

#[Object]
impl CloneMutation {
    /// Makes a project in intake out of another one: the board, and what is wished of milestones, tasks, dependencies and
    /// team. Work that was done begins anew. Needs `projects.project.create`, and on the other project
    /// `projects.internal.read` and the permissions to read what is copied; its budget comes along for who may read it
    /// and set budgets.
    async fn clone_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project, and what of it.")] input: CloneProjectInput,
    ) -> Result<CloneProjectPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::clone(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }
}
