//! A tenant's own fields in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use kernel::{Result, ask::Asking, id::ProjectFieldId};

use super::graphql::ProjectField;
use crate::words::ProjectFieldKind;

/// A value of one of the agency's own fields.
#[derive(Clone, Debug, InputObject)]
pub struct CustomFieldInput {
    /// The field.
    pub field_id: ProjectFieldId,
    /// The value as text of the field's kind, at most 500 characters; null or empty for none.
    pub value: Option<String>,
}

/// A new field of projects.
#[derive(Clone, Debug, InputObject)]
pub struct CreateProjectFieldInput {
    /// What people call it, at most 100 characters; unique among those in use.
    pub name: String,
    /// What its values are; it never changes.
    pub kind: ProjectFieldKind,
    /// What can be chosen, for a field of choices: 1 to 50 lines of at most 80 characters.
    pub options: Option<Vec<String>>,
    /// Whether new projects must have a value; not without it.
    pub required: Option<bool>,
}

/// Changes of a field: what is left out stays, and so do the values that projects have.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateProjectFieldInput {
    /// The field.
    pub id: ProjectFieldId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, at most 100 characters; unique among those in use.
    pub name: MaybeUndefined<String>,
    /// What can be chosen; they replace those it had.
    pub options: MaybeUndefined<Vec<String>>,
    /// Whether new projects must have a value.
    pub required: MaybeUndefined<bool>,
    /// Whether it is put away: projects show and take its values no more.
    pub archived: MaybeUndefined<bool>,
}

payloads! {
    /// What `createProjectField` made.
    CreateProjectFieldPayload {
        /// The new field.
        field: ProjectField
    }
    /// What `updateProjectField` changed.
    UpdateProjectFieldPayload {
        /// The field as it is now.
        field: ProjectField
    }
}

/// Root mutations of own fields.
#[derive(Default)]
pub struct FieldMutation;

#[Object]
impl FieldMutation {
    /// Defines something that the agency wants to know of each project. Needs `projects.field.write`.
    async fn create_project_field(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new field.")] input: CreateProjectFieldInput,
    ) -> Result<CreateProjectFieldPayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes a field of projects, puts it away or brings it back. Needs `projects.field.write`.
    async fn update_project_field(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateProjectFieldInput,
    ) -> Result<UpdateProjectFieldPayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }
}
