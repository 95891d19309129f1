//! The table of what templates consist of: one document a template, apart from it, so that lists of templates stay
//! light.

use kernel::{
    act::Recorded,
    id::{ProjectTemplateId, TenantId},
};
use sea_orm::entity::prelude::*;

/// What a template consists of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_template_plans")]
pub struct Model {
    /// The template's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectTemplateId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// A [`super::plan::TemplatePlan`].
    #[sea_orm(column_type = "JsonBinary")]
    pub plan: Json,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "ProjectTemplatePlan";
    // Reason: a document of up to a thousand tasks would be in the trail twice for every word that changes; the trail
    // tells that it changed, and the template tells its numbers.
    const SECRET: &'static [&'static str] = &["plan"];
}
