//! Templates: projects as they are done again and again, kept by the agency, and applied to a day to begin.

pub mod apply;
pub mod entity;
pub mod from_project;
pub mod graphql;
pub mod mutation;
pub mod plan;
pub mod rules;
pub mod stored;
mod write;

#[cfg(test)]
mod tests;

pub use apply::apply;
pub use from_project::create_from_project;
pub use write::{archive, create, restore, update};

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{ProjectTemplateId, TypedId, UserId},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter};

use plan::TemplatePlan;

/// The name is taken.
pub const TAKEN: Text =
    Text::new("template_taken", "There is a template of this name.", "Un modèle porte déjà ce nom.");

/// The template is archived.
pub const ARCHIVED: Text = Text::new(
    "template_archived",
    "This template is archived. Restore it first.",
    "Ce modèle est archivé. Restaurez-le d'abord.",
);

/// What a template consists of, whoever asks.
pub(crate) async fn plan_of(act: &Act, id: ProjectTemplateId) -> Result<(stored::Model, TemplatePlan)> {
    let row = stored::Entity::of_tenant(act.viewer().tenant_id());
    let row = row.filter(stored::Column::Id.eq(id.uuid())).one(act.conn()).await?;
    let row = row.ok_or_else(|| Error::not_found(ProjectTemplateId::TYPE, id))?;
    let plan = read(&row)?;
    Ok((row, plan))
}

/// The plan of a row.
///
/// Invariant: only plans are written there.
pub(crate) fn read(row: &stored::Model) -> Result<TemplatePlan> {
    serde_json::from_value(row.plan.clone()).map_err(Error::internal)
}

/// Lets the templates of a person stand without their name: for somebody who is forgotten.
pub(crate) async fn forget_maker(act: &mut Act, user: UserId) -> Result<()> {
    let theirs = entity::Entity::of_tenant(act.viewer().tenant_id());
    let theirs = theirs.filter(entity::Column::CreatedBy.eq(user)).all(act.conn()).await?;
    act.update_all(theirs, |template| template.created_by = None).await
}
