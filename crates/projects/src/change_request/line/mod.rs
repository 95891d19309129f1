//! What is offered for billing of changes that were applied: each once.
//!
//! For other domains, through a flow: [`claim`] and [`release`] are part of the act that bills.

pub mod entity;

use kernel::{
    Result,
    act::Act,
    id::{ChangeLineId, ChangeRequestId, ProjectId, TypedId},
    money::Money,
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType};

use crate::policy::BUDGETS_READ;
use entity::{Column, Entity, Model};

/// A line that was claimed, as it is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// To release it by.
    pub id: ChangeLineId,
    /// The project.
    pub project: ProjectId,
    /// The change.
    pub change: ChangeRequestId,
    /// What it is billed as.
    pub description: String,
    /// How much; negative for a credit.
    pub amount: Money,
}

/// Claims what is billed for the changes of these projects that nobody has claimed, as far as the act's viewer sees
/// budgets there.
///
/// Invariant: a line is claimed once until it is released, whoever claims at the same moment.
///
/// # Errors
/// If the database does not answer.
pub async fn claim(act: &mut Act, projects: &[ProjectId]) -> Result<Vec<Line>> {
    let offered = Entity::visible(act.viewer(), BUDGETS_READ)
        .filter(Column::ProjectId.is_in(projects.iter().map(|project| project.uuid())))
        .filter(Column::ClaimedAt.is_null())
        .order_by_asc(Column::Id)
        // Race: who waited here reads the row as it is then, and no longer finds it offered.
        .lock(LockType::NoKeyUpdate);
    let offered = offered.all(act.conn()).await?;
    let lines = offered.iter().map(line).collect();
    let now = act.now();
    act.update_all(offered, |line| line.claimed_at = Some(now)).await?;
    Ok(lines)
}

/// Gives lines back, for a bill that is void: they can be claimed again.
///
/// # Errors
/// If the database does not answer.
pub async fn release(act: &mut Act, lines: &[ChangeLineId]) -> Result<()> {
    let claimed = Entity::visible(act.viewer(), BUDGETS_READ)
        .filter(Column::Id.is_in(lines.iter().map(|line| line.uuid())))
        .filter(Column::ClaimedAt.is_not_null())
        .lock(LockType::NoKeyUpdate);
    let claimed = claimed.all(act.conn()).await?;
    act.update_all(claimed, |line| line.claimed_at = None).await
}

fn line(row: &Model) -> Line {
    Line {
        id: row.id,
        project: row.project_id,
        change: row.change_request_id,
        description: row.description.clone(),
        amount: Money::new(row.amount_minor, row.amount_currency),
    }
}
