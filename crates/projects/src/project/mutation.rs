//! Projects in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{AccountId, ProjectId, UserId},
    money::MoneyInput,
    scalar::Date,
};

use super::graphql::Project;
use crate::{
    field::mutation::CustomFieldInput,
    service::Projects,
    words::{BillingType, Methodology, Priority, ProjectStatus},
};

/// A new project.
#[derive(Clone, Debug, InputObject)]
pub struct CreateProjectInput {
    /// What people call it, at most 100 characters.
    pub name: String,
    /// What it is about, in Markdown, at most 50 000 bytes.
    pub description: Option<String>,
    /// The client company, if it is for one.
    pub account_id: Option<AccountId>,
    /// The member of staff who answers for it; left out: who makes it; null: nobody.
    pub manager_id: MaybeUndefined<UserId>,
    /// How soon it has to be done; normal without one.
    pub priority: Option<Priority>,
    /// When it is thought to begin.
    pub estimated_start: Option<Date>,
    /// When it is thought to end, not before it begins.
    pub estimated_end: Option<Date>,
    /// When the client expects it.
    pub expected_delivery: Option<Date>,
    /// What it may cost, not negative. Needs `projects.budget.write`.
    pub budget: Option<MoneyInput>,
    /// How much work it may take, in minutes, not negative. Needs `projects.budget.write`.
    pub budget_minutes: Option<i64>,
    /// How the work is paid; time and materials without one.
    pub billing_type: Option<BillingType>,
    /// How the work is organised; agile without one.
    pub methodology: Option<Methodology>,
    /// Words to find it by, at most 20 of at most 40 characters.
    pub tags: Option<Vec<String>>,
    /// The project that it is part of; projects are nested at most 5 deep.
    pub parent_id: Option<ProjectId>,
    /// Values of the agency's own fields; required ones must be among them.
    pub custom_fields: Option<Vec<CustomFieldInput>>,
}

/// Changes of a project: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateProjectInput {
    /// The project.
    pub id: ProjectId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, at most 100 characters.
    pub name: MaybeUndefined<String>,
    /// What it is about, in Markdown, at most 50 000 bytes.
    pub description: MaybeUndefined<String>,
    /// The client company; null for none. CONFLICT if the present one was shown or asked something in the project: a
    /// comment, an approval, a report, a decision, feedback or a change request. Clone the project instead.
    pub account_id: MaybeUndefined<AccountId>,
    /// The member of staff who answers for it; null for nobody.
    pub manager_id: MaybeUndefined<UserId>,
    /// How soon it has to be done.
    pub priority: MaybeUndefined<Priority>,
    /// When it is thought to begin.
    pub estimated_start: MaybeUndefined<Date>,
    /// When it is thought to end, not before it begins.
    pub estimated_end: MaybeUndefined<Date>,
    /// When work on it began, to put right what was noted when it went in progress: not in the future, and not null for
    /// what has begun.
    pub actual_start: MaybeUndefined<Date>,
    /// When it was completed or given up, to put right what was noted then: only for what is over, not in the future, not
    /// before the start.
    pub actual_end: MaybeUndefined<Date>,
    /// When the client expects it.
    pub expected_delivery: MaybeUndefined<Date>,
    /// What it may cost, not negative. Needs `projects.budget.write` on the project.
    pub budget: MaybeUndefined<MoneyInput>,
    /// How much work it may take, in minutes, not negative. Needs `projects.budget.write` on the project.
    pub budget_minutes: MaybeUndefined<i64>,
    /// How the work is paid.
    pub billing_type: MaybeUndefined<BillingType>,
    /// How the work is organised.
    pub methodology: MaybeUndefined<Methodology>,
    /// Words to find it by, at most 20 of at most 40 characters; they replace those it had.
    pub tags: MaybeUndefined<Vec<String>>,
    /// The project that it is part of; null for none. Projects are nested at most 5 deep.
    pub parent_id: MaybeUndefined<ProjectId>,
    /// Values of the agency's own fields, at most 50; those of others stay.
    pub custom_fields: Option<Vec<CustomFieldInput>>,
}

/// A project to be moved to another status.
#[derive(Clone, Debug, InputObject)]
pub struct TransitionProjectInput {
    /// The project.
    pub id: ProjectId,
    /// Where it is to go.
    pub to: ProjectStatus,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Why, for the trail, at most 2 000 characters.
    pub note: Option<String>,
}

/// A project to be archived.
#[derive(Clone, Debug, InputObject)]
pub struct ArchiveProjectInput {
    /// The project.
    pub id: ProjectId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A project to be brought back.
#[derive(Clone, Debug, InputObject)]
pub struct RestoreProjectInput {
    /// The project.
    pub id: ProjectId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A project to be removed for good.
#[derive(Clone, Debug, InputObject)]
pub struct PurgeProjectInput {
    /// The project.
    pub id: ProjectId,
}

/// What `createProject` made.
#[derive(SimpleObject)]
pub struct CreateProjectPayload {
    /// The new project.
    pub project: Graph<Project>,
}

/// What `updateProject` changed.
#[derive(SimpleObject)]
pub struct UpdateProjectPayload {
    /// The project as it is now.
    pub project: Graph<Project>,
}

/// What `transitionProject` changed.
#[derive(SimpleObject)]
pub struct TransitionProjectPayload {
    /// The project as it is now.
    pub project: Graph<Project>,
}

/// What `archiveProject` changed.
#[derive(SimpleObject)]
pub struct ArchiveProjectPayload {
    /// The project as it is now.
    pub project: Graph<Project>,
}

/// What `restoreProject` changed.
#[derive(SimpleObject)]
pub struct RestoreProjectPayload {
    /// The project as it is now.
    pub project: Graph<Project>,
}

/// What `purgeProject` removed.
#[derive(SimpleObject)]
pub struct PurgeProjectPayload {
    /// Id of the project that is gone.
    pub id: ProjectId,
}

/// Root mutations of projects.
#[derive(Default)]
pub struct ProjectMutation;

#[Object]
impl ProjectMutation {
    /// Makes a project in intake, with the columns To do, In progress, Review and Done on its board. Needs
    /// `projects.project.create`.
    async fn create_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new project.")] input: CreateProjectInput,
    ) -> Result<CreateProjectPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let project = super::create(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(CreateProjectPayload { project: Graph(project.into()) })
    }

    /// Changes a project. Needs `projects.project.write` on it.
    async fn update_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateProjectInput,
    ) -> Result<UpdateProjectPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let project = super::update(ctx.viewer(), ctx.db(), projects, input).await?;
        Ok(UpdateProjectPayload { project: Graph(project.into()) })
    }

    /// Moves a project to another status: intake → planning → in progress → review → completed, back from review to in
    /// progress, on hold and on from there, cancelled from any status that is open. Review and completion wait until every
    /// milestone is completed or waived. Needs `projects.project.transition` on it.
    async fn transition_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project, and where to.")] input: TransitionProjectInput,
    ) -> Result<TransitionProjectPayload> {
        let project = super::transition(ctx.viewer(), ctx.db(), input).await?;
        Ok(TransitionProjectPayload { project: Graph(project.into()) })
    }

    /// Puts a project away: lists leave it out, nothing about it changes any more. Needs `projects.project.archive`.
    async fn archive_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: ArchiveProjectInput,
    ) -> Result<ArchiveProjectPayload> {
        let project = super::archive(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(ArchiveProjectPayload { project: Graph(project.into()) })
    }

    /// Brings an archived project back, with the people who are planned for it: firm work beyond what they have is refused
    /// as in `createAllocation`, unless the agency wants to be warned only. Needs `projects.project.archive`.
    async fn restore_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: RestoreProjectInput,
    ) -> Result<RestoreProjectPayload> {
        let (projects, RestoreProjectInput { id, expected_version }) =
            (ctx.data_unchecked::<Projects>(), input);
        let project = super::restore(ctx.viewer(), ctx.db(), projects, id, expected_version).await?;
        Ok(RestoreProjectPayload { project: Graph(project.into()) })
    }

    /// Removes a project that has been archived for 30 days, with its team, board and tasks, for good. Needs
    /// `projects.project.purge`, which only the owner has.
    async fn purge_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: PurgeProjectInput,
    ) -> Result<PurgeProjectPayload> {
        super::purge(ctx.viewer(), ctx.db(), input.id).await?;
        Ok(PurgeProjectPayload { id: input.id })
    }
}
