//! What is offered for billing of changes that were applied: each once.
//!
//! For other domains, through a flow: [`claim`] and [`release`] are part of the act that bills.

pub mod entity;

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{ChangeClaimId, ChangeLineId, ChangeRequestId, ProjectId, TypedId},
    money::Money,
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType};

use crate::policy::BUDGETS_READ;
use entity::{Column, Entity, Model};

/// The claim was given back, or there never was one.
pub const RELEASED: Text = Text::new(
    "claim_released",
    "These changes were given back already.",
    "Ces changements ont déjà été rendus.",
);

/// A line that was claimed, as it is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
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

/// What was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The claim to release it by.
    pub id: ChangeClaimId,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// Claims what is billed for the changes of these projects that nobody has claimed, as far as the act's viewer sees
/// budgets there. None if there is nothing.
///
/// Invariant: a line is in one claim at most until that is released, whoever claims at the same moment.
///
/// # Errors
/// If the database does not answer.
pub async fn claim(act: &mut Act, projects: &[ProjectId]) -> Result<Option<Claimed>> {
    let offered = Entity::visible(act.viewer(), BUDGETS_READ)
        .filter(Column::ProjectId.is_in(projects.iter().map(|project| project.uuid())))
        .filter(Column::ClaimId.is_null())
        .order_by_asc(Column::Id)
        // Race: who waited here reads the row as it is then, and no longer finds it offered.
        .lock(LockType::NoKeyUpdate);
    let offered = offered.all(act.conn()).await?;
    if offered.is_empty() {
        return Ok(None);
    }
    let lines = offered.iter().map(line).collect();
    let (id, now) = (act.new_id(), act.now());
    act.update_all(offered, |line| (line.claim_id, line.claimed_at) = (Some(id), Some(now))).await?;
    Ok(Some(Claimed { id, lines }))
}

/// Gives the lines of a claim back, for a bill that is void: they can be claimed again.
///
/// # Errors
/// CONFLICT if it was given back already: what was claimed again since is another bill's.
pub async fn release(act: &mut Act, id: ChangeClaimId) -> Result<()> {
    let claimed = Entity::of_tenant(act.viewer().tenant_id())
        .filter(Column::ClaimId.eq(id.uuid()))
        .lock(LockType::NoKeyUpdate);
    let claimed = claimed.all(act.conn()).await?;
    if claimed.is_empty() {
        return Err(Error::conflict(RELEASED));
    }
    act.update_all(claimed, |line| (line.claim_id, line.claimed_at) = (None, None)).await
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
