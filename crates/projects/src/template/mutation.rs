//! Templates in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use kernel::{
    Result,
    ask::Asking,
    id::{AccountId, ProjectId, ProjectTemplateId, UserId},
    scalar::Date,
};

use super::{graphql::ProjectTemplate, plan::TemplatePlan};
use crate::{
    field::mutation::CustomFieldInput, project::graphql::Project, service::Projects, words::Priority,
};

/// A new template.
#[derive(Clone, Debug, InputObject)]
pub struct CreateProjectTemplateInput {
    /// What people call it, at most 100 characters; unique among templates in use.
    pub name: String,
    /// What it is for, in Markdown, at most 50 000 bytes.
    pub description: Option<String>,
    /// What kind of work it is, at most 60 characters.
    pub category: Option<String>,
    /// What it consists of; nothing without it.
    pub plan: Option<TemplatePlan>,
}

/// A template to be made of a project.
#[derive(Clone, Debug, InputObject)]
pub struct CreateProjectTemplateFromProjectInput {
    /// The project. The template says nothing of its people, dates and amounts; each of its people becomes a place, of which
    /// a template has at most 30.
    pub project_id: ProjectId,
    /// What people call the template, at most 100 characters; unique among templates in use.
    pub name: String,
    /// What it is for, in Markdown, at most 50 000 bytes.
    pub description: Option<String>,
    /// What kind of work it is, at most 60 characters.
    pub category: Option<String>,
}

/// Changes of a template: what is left out stays. Projects that were made from it do not change.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateProjectTemplateInput {
    /// The template.
    pub id: ProjectTemplateId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, at most 100 characters.
    pub name: MaybeUndefined<String>,
    /// What it is for, in Markdown, at most 50 000 bytes.
    pub description: MaybeUndefined<String>,
    /// What kind of work it is, at most 60 characters; null for none.
    pub category: MaybeUndefined<String>,
    /// What it consists of, whole: it replaces what it has.
    pub plan: Option<TemplatePlan>,
}

/// A template to be archived.
#[derive(Clone, Debug, InputObject)]
pub struct ArchiveProjectTemplateInput {
    /// The template.
    pub id: ProjectTemplateId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A template to be brought back.
#[derive(Clone, Debug, InputObject)]
pub struct RestoreProjectTemplateInput {
    /// The template.
    pub id: ProjectTemplateId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// Who takes a place of a template.
#[derive(Clone, Debug, InputObject)]
pub struct TemplateRoleTaken {
    /// Key of the place in the template.
    pub role: String,
    /// Who takes it: active staff. They join the team, with what the place says they do.
    pub user_id: UserId,
}

/// A template to be applied.
#[derive(Clone, Debug, InputObject)]
pub struct ApplyProjectTemplateInput {
    /// The template.
    pub template_id: ProjectTemplateId,
    /// When the project is to begin; on a day off, on the working day after it.
    pub starts_on: Date,
    /// What people call the project, at most 100 characters; the template's name without one.
    pub name: Option<String>,
    /// What it is about, in Markdown; the template's description without one.
    pub description: Option<String>,
    /// The client company, if it is for one.
    pub account_id: Option<AccountId>,
    /// The member of staff who answers for it; left out: who makes it; null: nobody.
    pub manager_id: MaybeUndefined<UserId>,
    /// How soon it has to be done; as the template says without one.
    pub priority: Option<Priority>,
    /// When the client expects it.
    pub expected_delivery: Option<Date>,
    /// Who takes which place; work of places that nobody takes is nobody's yet. Needs `projects.team.write`.
    pub roles: Option<Vec<TemplateRoleTaken>>,
    /// Values of the agency's own fields; required ones must be among them.
    pub custom_fields: Option<Vec<CustomFieldInput>>,
}

payloads! {
    /// What `createProjectTemplate` made.
    CreateProjectTemplatePayload {
        /// The new template.
        template: ProjectTemplate
    }
    /// What `createProjectTemplateFromProject` made.
    CreateProjectTemplateFromProjectPayload {
        /// The new template.
        template: ProjectTemplate
    }
    /// What `updateProjectTemplate` changed.
    UpdateProjectTemplatePayload {
        /// The template as it is now.
        template: ProjectTemplate
    }
    /// What `archiveProjectTemplate` changed.
    ArchiveProjectTemplatePayload {
        /// The template as it is now.
        template: ProjectTemplate
    }
    /// What `restoreProjectTemplate` changed.
    RestoreProjectTemplatePayload {
        /// The template as it is now.
        template: ProjectTemplate
    }
    /// What `applyProjectTemplate` made.
    ApplyProjectTemplatePayload {
        /// The new project.
        project: Project
    }
}

/// Root mutations of templates.
#[derive(Default)]
pub struct TemplateMutation;

#[Object]
impl TemplateMutation {
    /// Makes a template. Needs `projects.template.write`.
    async fn create_project_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new template.")] input: CreateProjectTemplateInput,
    ) -> Result<CreateProjectTemplatePayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Makes a template of a project: its board, milestones, tasks and dependencies, with places instead of people and
    /// working days instead of dates. Needs `projects.template.write`, and to read all of that in the project.
    async fn create_project_template_from_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project, and what to call it.")] input: CreateProjectTemplateFromProjectInput,
    ) -> Result<CreateProjectTemplateFromProjectPayload> {
        super::create_from_project(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes a template. Needs `projects.template.write`.
    async fn update_project_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateProjectTemplateInput,
    ) -> Result<UpdateProjectTemplatePayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Puts a template away: lists leave it out, and it is not applied any more. Needs `projects.template.write`.
    async fn archive_project_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which template.")] input: ArchiveProjectTemplateInput,
    ) -> Result<ArchiveProjectTemplatePayload> {
        super::archive(ctx.viewer(), ctx.db(), input.id, input.expected_version).await.map(Into::into)
    }

    /// Brings an archived template back. Needs `projects.template.write`.
    async fn restore_project_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which template.")] input: RestoreProjectTemplateInput,
    ) -> Result<RestoreProjectTemplatePayload> {
        super::restore(ctx.viewer(), ctx.db(), input.id, input.expected_version).await.map(Into::into)
    }

    /// Makes a project in intake from a template, with its board, milestones, tasks and dependencies, dated by working
    /// days. Needs `projects.project.create` and `projects.template.read`.
    async fn apply_project_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which template, from when on, and with whom.")] input: ApplyProjectTemplateInput,
    ) -> Result<ApplyProjectTemplatePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::apply(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }
}
