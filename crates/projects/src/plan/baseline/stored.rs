//! The table of what plans said: one document a baseline, apart from it, so that lists of baselines stay light. It is
//! never changed.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{
    Error, Result,
    act::Recorded,
    id::{BaselineId, TaskId, TenantId},
};
use schedule::{Instant, Work};
use sea_orm::{ConnectionTrait, QueryFilter, Select, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// What a plan said.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_baseline_plans")]
pub struct Model {
    /// The baseline's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BaselineId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// An array of [`Kept`].
    #[sea_orm(column_type = "JsonBinary")]
    pub plan: Json,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "BaselinePlan";
    // Reason: a document of up to ten thousand tasks has no place in the trail; the baseline tells its numbers.
    const SECRET: &'static [&'static str] = &["plan"];
}

/// What a plan said about a task. Names are short, for there are ten thousand of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The task.
    #[serde(rename = "t")]
    pub task: TaskId,
    /// Its number.
    #[serde(rename = "n")]
    pub number: i64,
    /// Its title then.
    #[serde(rename = "l")]
    pub title: String,
    /// When it started at the earliest.
    #[serde(rename = "s")]
    pub start: Instant,
    /// When it was finished at the earliest.
    #[serde(rename = "f")]
    pub finish: Instant,
    /// How long it took, in working minutes.
    #[serde(rename = "d")]
    pub duration: Option<Work>,
    /// How long it was thought to take, in minutes.
    #[serde(rename = "e")]
    pub estimate: Option<i64>,
    /// When it was to begin, as somebody planned it.
    #[serde(rename = "b")]
    pub start_on: Option<NaiveDate>,
    /// When it was due, as somebody planned it.
    #[serde(rename = "u")]
    pub due_on: Option<NaiveDate>,
}

/// Documents of a tenant, whoever asks; who may read them is decided by their baselines.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

/// What a baseline that the viewer may see says about each task, in the order of the board then.
///
/// # Errors
/// INTERNAL for a document that is none.
pub(crate) async fn read(conn: &impl ConnectionTrait, tenant: TenantId, id: BaselineId) -> Result<Vec<Kept>> {
    let row = of_tenant(tenant).filter(Column::Id.eq(id)).one(conn).await?;
    let row = row.ok_or_else(|| Error::internal("a baseline has a document"))?;
    serde_json::from_value(row.plan).map_err(Error::internal)
}

/// What was kept, by task.
pub(crate) fn by_task(kept: &[Kept]) -> HashMap<TaskId, &Kept> {
    kept.iter().map(|one| (one.task, one)).collect()
}
