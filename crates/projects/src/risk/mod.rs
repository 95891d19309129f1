//! Risks: what may go wrong in a project, and what is done about it. For the team alone.

pub mod entity;
pub mod filter;
pub mod graphql;
pub mod mutation;
mod write;

pub use write::{create, delete, update};

use std::collections::HashMap;

use kernel::{
    Result,
    act::Act,
    ask::Ask,
    db::Db,
    id::{ProjectId, TypedId, UserId},
    page::{ChildPage, Connection, PageArgs, children},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, Func},
};

use crate::{policy::registers::RISKS_READ, words::RiskStatus};
use entity::{Column, Entity};
use filter::{RiskFilter, RiskOrder};
use graphql::{Risk, RiskHeatMap, RiskSquare};

/// How likely, and how bad, a risk can be.
pub(crate) const SCALE: (i32, i32) = (1, 5);

/// A page of a project's risks, in one statement with those of other projects; without an order, the worst first.
///
/// # Errors
/// FORBIDDEN without the permission to read risks, INVALID for a wrong filter or page.
pub async fn of_project(
    ask: &Ask,
    project: ProjectId,
    filter: RiskFilter,
    order: Option<RiskOrder>,
    args: PageArgs,
) -> Result<Connection<Risk>> {
    ask.viewer.require(RISKS_READ)?;
    filter.check()?;
    let page = ChildPage {
        parent: Column::ProjectId,
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer)),
    };
    children(ask, project.uuid(), page).await
}

/// Risks counted by probability and impact, in one statement; those that are not closed unless the filter says which.
///
/// # Errors
/// FORBIDDEN without the permission to read risks, INVALID for a wrong filter.
pub async fn heat_map(viewer: &Viewer, db: &Db, mut filter: RiskFilter) -> Result<RiskHeatMap> {
    viewer.require(RISKS_READ)?;
    filter.check()?;
    filter.status.get_or_insert_with(|| vec![RiskStatus::Open, RiskStatus::Occurred]);
    let counts: Vec<(i32, i32, i64)> = filter
        .select_across(viewer)
        .select_only()
        .columns([Column::Probability, Column::Impact])
        .expr_as(Func::count(Expr::val(1)), "risks")
        .group_by(Column::Probability)
        .group_by(Column::Impact)
        .into_tuple()
        .all(db)
        .await?;
    let counts: HashMap<(i32, i32), i64> =
        counts.into_iter().map(|(probability, impact, risks)| ((probability, impact), risks)).collect();
    let scale = || SCALE.0..=SCALE.1;
    let squares = scale().flat_map(|probability| scale().map(move |impact| (probability, impact)));
    let square = |(probability, impact)| RiskSquare {
        probability,
        impact,
        score: probability * impact,
        count: counts.get(&(probability, impact)).copied().unwrap_or_default(),
    };
    Ok(RiskHeatMap { total: counts.values().sum(), squares: squares.map(square).collect() })
}

/// Gives the risks that `from` watches to `to`, or to nobody.
pub(crate) async fn reassign_user(act: &mut Act, from: UserId, to: Option<UserId>) -> Result<()> {
    let theirs = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::OwnerId.eq(from));
    let theirs = theirs.all(act.conn()).await?;
    act.update_all(theirs, |risk| risk.owner_id = to).await
}
