//! The table of projects.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    act::{About, Recorded},
    id::{AccountId, ProjectId, ProjectTemplateId, TenantId, UserId},
    money::Currency,
};
use sea_orm::entity::prelude::*;

/// A piece of work for a client, or for the agency itself.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_projects")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its number in the tenant, from 1.
    pub number: i64,
    /// What people call it in short, such as `ACME-12`; unique in the tenant.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What it is about, in Markdown.
    pub description: String,
    /// The client company, if it is for one.
    pub account_id: Option<AccountId>,
    /// The member of staff who answers for it.
    pub manager_id: Option<UserId>,
    /// A word of `ProjectStatus`.
    pub status: String,
    /// While on hold, the word of the status to go on with.
    pub held_from: Option<String>,
    /// A word of `Priority`.
    pub priority: String,
    /// When it is thought to begin.
    pub estimated_start: Option<NaiveDate>,
    /// When it is thought to end.
    pub estimated_end: Option<NaiveDate>,
    /// When work on it began.
    pub actual_start: Option<NaiveDate>,
    /// When it was completed or given up.
    pub actual_end: Option<NaiveDate>,
    /// When the client expects it.
    pub expected_delivery: Option<NaiveDate>,
    /// Budget in minor units of `budget_currency`.
    pub budget_minor: Option<i64>,
    /// Currency of the budget.
    pub budget_currency: Option<Currency>,
    /// Budget in minutes of work.
    pub budget_minutes: Option<i64>,
    /// A word of `BillingType`.
    pub billing_type: String,
    /// A word of `Methodology`.
    pub methodology: String,
    /// Words to find it by: an array of strings.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    /// Values of the tenant's own fields, by the field's id.
    #[sea_orm(column_type = "JsonBinary")]
    pub custom: Json,
    /// The project that it is part of.
    pub parent_id: Option<ProjectId>,
    /// The template that it was made from.
    pub template_id: Option<ProjectTemplateId>,
    /// How well it goes, 0 to 100.
    pub health: Option<i32>,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was put away.
    pub archived_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "Project";
    const EVENT: &'static str = "projects.project";

    fn label(model: &Model) -> Option<String> {
        Some(format!("{} {}", model.code, model.name))
    }

    fn about(model: &Model) -> About {
        About { account: model.account_id, ..About::project(model.id) }
    }
}
