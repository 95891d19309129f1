//! What is counted about many projects at once: one statement each, whatever the number of projects.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{ProjectId, TypedId},
    money::{Currency, Money},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func, WindowStatement},
};

use super::RiskFigures;
use crate::{
    milestone::entity as milestones,
    policy::{MILESTONES_READ, registers::RISKS_READ},
    project::under_way,
    risk::entity as risks,
    time::entry::entity as time,
    words::{MilestoneStatus, RiskStatus, TimeEntryStatus},
};

/// What is ahead of a project.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    /// How many milestones are late.
    pub(super) overdue: i64,
    /// The one that is due first.
    pub(super) next: Option<milestones::Model>,
}

/// What was worked on a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worked {
    /// Minutes.
    pub(crate) minutes: i64,
    /// What approved billable time is worth, in sixtieths of minor units.
    pub(crate) worth: Vec<(Currency, i64)>,
}

impl Worked {
    /// What the time is worth in a currency.
    ///
    /// # Errors
    /// If it is beyond all bounds.
    pub(crate) fn worth(&self, currency: Currency) -> Result<Money> {
        let worth = self.worth.iter().filter(|(of, _)| *of == currency).map(|(_, worth)| *worth);
        let sixtieths = worth.fold(0, i64::saturating_add);
        Ok(Money::new(sixtieths, currency).mul_ratio(1, 60)?)
    }
}

/// Loads what is counted.
struct Figures {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Figures {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

/// Keys of the same projects for different figures.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfAhead(ProjectId);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfWorked(ProjectId);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfRisks(ProjectId);

/// The milestones ahead of a project that the viewer may see.
///
/// # Errors
/// FORBIDDEN without the permission to read milestones.
pub(super) async fn ahead(ask: &Ask, project: ProjectId) -> Result<Ahead> {
    ask.viewer.require(MILESTONES_READ)?;
    Ok(ask.load::<Figures, _>(OfAhead(project)).await?.unwrap_or_default())
}

/// What everybody worked on a project.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn worked(ask: &Ask, project: ProjectId) -> Result<Worked> {
    Ok(ask.load::<Figures, _>(OfWorked(project)).await?.unwrap_or_default())
}

/// The risks of a project that are not closed.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn risks(ask: &Ask, project: ProjectId) -> Result<RiskFigures> {
    Ok(ask.load::<Figures, _>(OfRisks(project)).await?.unwrap_or_default())
}

impl Loader<OfAhead> for Figures {
    type Value = Ahead;
    type Error = Error;

    async fn load(&self, projects: &[OfAhead]) -> Result<HashMap<OfAhead, Ahead>> {
        let open = [MilestoneStatus::Pending, MilestoneStatus::InProgress].map(MilestoneStatus::as_str);
        let ids = projects.iter().map(|OfAhead(project)| project.uuid());
        use milestones::Column as Of;
        let today = crate::today(&self.viewer, self.viewer.now);
        let late = Expr::expr(Expr::case(Expr::col(Of::DueOn).lt(today), 1)).count();
        let mut first = WindowStatement::partition_by(Of::ProjectId);
        first.order_by(Of::DueOn, sea_orm::Order::Asc).order_by(Of::Id, sea_orm::Order::Asc);
        let mut numbered = milestones::Entity::visible(&self.viewer, MILESTONES_READ)
            .filter(one_of(self.db.backend(), Of::ProjectId, ids))
            .filter(Of::Status.is_in(open))
            .filter(Of::ProjectId.in_subquery(under_way(self.viewer.tenant_id())))
            .filter(Of::DueOn.is_not_null())
            .select_only()
            .columns([Of::ProjectId, Of::Id])
            .into_query();
        numbered.expr_window_as(Func::cust("row_number"), first, "place").expr_window_as(
            late,
            WindowStatement::partition_by(Of::ProjectId),
            "late",
        );
        let is_first = Expr::col(("numbered", "id"))
            .equals((milestones::Entity, Of::Id))
            .and(Expr::col(("numbered", "place")).eq(1));
        let mut ahead = milestones::Entity::of_tenant(self.viewer.tenant_id()).into_query();
        ahead.expr_as(Expr::col(("numbered", "late")), "late");
        ahead.join_subquery(JoinType::InnerJoin, numbered, "numbered", is_first);
        let rows = self.db.query_all(&ahead).await?;
        let found = rows.iter().map(|row| {
            let next = milestones::Model::from_query_result(row, "")?;
            let project = OfAhead(next.project_id);
            Ok((project, Ahead { overdue: row.try_get("", "late")?, next: Some(next) }))
        });
        found.collect()
    }
}

impl Loader<OfWorked> for Figures {
    type Value = Worked;
    type Error = Error;

    async fn load(&self, projects: &[OfWorked]) -> Result<HashMap<OfWorked, Worked>> {
        use time::Column as Of;
        let billed = Of::Status.eq(TimeEntryStatus::Approved.as_str()).and(Of::Billable.eq(true));
        let worth = Expr::col(Of::BillRateMinor).mul(Expr::col(Of::Minutes));
        let worth = Expr::expr(Expr::case(billed, worth).finally(0)).sum().cast_as("bigint");
        let ids = projects.iter().map(|OfWorked(project)| project.uuid());
        let rows: Vec<(ProjectId, Option<Currency>, i64, Option<i64>)> =
            time::Entity::of_tenant(self.viewer.tenant_id())
                .filter(one_of(self.db.backend(), Of::ProjectId, ids))
                .filter(Of::Status.ne(TimeEntryStatus::Rejected.as_str()))
                .select_only()
                .columns([Of::ProjectId, Of::BillRateCurrency])
                .expr_as(Expr::col(Of::Minutes).sum().cast_as("bigint"), "minutes")
                .expr_as(worth, "worth")
                .group_by(Of::ProjectId)
                .group_by(Of::BillRateCurrency)
                .into_tuple()
                .all(&self.db)
                .await?;
        let mut found: HashMap<OfWorked, Worked> = HashMap::with_capacity(projects.len());
        for (project, currency, minutes, worth) in rows {
            let worked = found.entry(OfWorked(project)).or_default();
            worked.minutes += minutes;
            worked.worth.extend(currency.zip(worth));
        }
        Ok(found)
    }
}

impl Loader<OfRisks> for Figures {
    type Value = RiskFigures;
    type Error = Error;

    async fn load(&self, projects: &[OfRisks]) -> Result<HashMap<OfRisks, RiskFigures>> {
        use risks::Column as Of;
        let ids = projects.iter().map(|OfRisks(project)| project.uuid());
        let rows: Vec<(ProjectId, i64, Option<i32>)> = risks::Entity::visible(&self.viewer, RISKS_READ)
            .filter(one_of(self.db.backend(), Of::ProjectId, ids))
            .filter(Of::Status.ne(RiskStatus::Closed.as_str()))
            .select_only()
            .column(Of::ProjectId)
            .expr_as(Func::count(Expr::val(1)), "risks")
            .expr_as(Expr::col(Of::Score).max(), "highest")
            .group_by(Of::ProjectId)
            .into_tuple()
            .all(&self.db)
            .await?;
        let figures =
            |(project, open, highest_score)| (OfRisks(project), RiskFigures { open, highest_score });
        Ok(rows.into_iter().map(figures).collect())
    }
}
