//! The table of running timers.

use chrono::{DateTime, Utc};
use kernel::{
    act::{About, Recorded},
    id::{ActivityTypeId, ProjectId, TaskId, TenantId, TimerId, UserId},
};
use sea_orm::entity::prelude::*;
use serde_json::{Map, Value, json};

/// A timer that runs; a person has one at most.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_timers")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TimerId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the time is spent on.
    pub project_id: ProjectId,
    /// The task, if it is on one.
    pub task_id: Option<TaskId>,
    /// The kind of work.
    pub activity_id: Option<ActivityTypeId>,
    /// What is being done.
    pub description: String,
    /// Whether the time is billable.
    pub billable: bool,
    /// Since when it runs.
    pub started_at: DateTime<Utc>,
    /// When it was found to be forgotten.
    pub flagged_at: Option<DateTime<Utc>>,
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
    const SUBJECT: &'static str = "Timer";
    const EVENT: &'static str = "projects.timer";
    const PERSONAL: &'static [&'static str] = &["description"];

    fn about(model: &Model) -> About {
        About { project: Some(model.project_id), ..About::person(model.user_id) }
    }

    fn refs(model: &Model) -> Map<String, Value> {
        // Reason: whoever watches is told of a timer that is gone only if it was theirs.
        Map::from_iter([("user".to_owned(), json!(model.user_id))])
    }
}
