//! The portfolio: all projects that somebody asks for together, as the sum of what each of them is.

use std::collections::BTreeMap;

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    Error, FieldError, Result, Text,
    ask::{Ask, Asking},
    money::Currency,
};
use schedule::earned::EarnedValue as Figures;
use sea_orm::QuerySelect;
use tokio::sync::OnceCell;

use super::{
    Subject,
    graphql::{EarnedMoney, EarnedWork},
    value,
};
use crate::{
    policy::{BUDGETS_READ, INTERNAL_READ, PROJECTS_READ},
    project::{entity::Model, filter::ProjectFilter, progress, rules::check_open, staff},
    words::ProjectStatus,
};

/// Most projects that are added up.
const MAX: u64 = 2_000;

/// A project below this score is at risk.
const AT_RISK: i32 = 50;

/// Too many projects.
pub const TOO_MANY: Text = Text::new(
    "too_many_projects",
    "These are more than {max} projects. Ask for fewer of them.",
    "Cela fait plus de {max} projets. Demandez-en moins.",
);

/// All projects that were asked for together.
pub struct Portfolio {
    projects: Vec<Model>,
    sums: OnceCell<Sums>,
}

/// What the projects whose budgets the viewer may read amount to together.
#[derive(Clone, Debug, Default)]
struct Sums {
    work: Figures,
    money: BTreeMap<String, (Currency, Figures)>,
}

/// How many projects have a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct StatusCount {
    /// The status.
    pub status: ProjectStatus,
    /// How many projects.
    pub projects: i64,
}

/// How well the projects go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SimpleObject)]
pub struct PortfolioHealth {
    /// How many projects have a score, see `Project.health`.
    pub scored: i64,
    /// The mean of their scores, rounded; null without any.
    pub average: Option<i32>,
    /// How many of them have a score below 50.
    pub at_risk: i64,
}

/// All projects that were asked for together.
#[Object]
impl Portfolio {
    /// How many they are.
    async fn projects(&self) -> i64 {
        i64::try_from(self.projects.len()).unwrap_or(i64::MAX)
    }

    /// How many there are of each status, in the order of a project's course; statuses of none are left out.
    async fn by_status(&self) -> Vec<StatusCount> {
        let count = |status: &ProjectStatus| {
            let of = self.projects.iter().filter(|project| project.status == status.as_str());
            StatusCount { status: *status, projects: i64::try_from(of.count()).unwrap_or(i64::MAX) }
        };
        ProjectStatus::ALL.iter().map(count).filter(|count| count.projects > 0).collect()
    }

    /// How well those of them go on which work goes on, by the scores of the last night.
    async fn health(&self) -> PortfolioHealth {
        let open = self.projects.iter().filter(|project| check_open(project).is_ok());
        health(open.filter_map(|project| project.health))
    }

    /// How many of their tasks are not done though their day is over.
    async fn overdue_tasks(&self, ctx: &Context<'_>) -> Result<i64> {
        let counts = self.projects.iter().map(|project| progress::tasks(ctx.ask(), project.id));
        let counts = futures::future::try_join_all(counts).await?;
        Ok(counts.iter().map(|counts| counts.overdue).sum())
    }

    /// Their earned value in minutes of work, added up; indices and estimates follow from the sums. Counts the projects on
    /// which the viewer holds `projects.budget.read`.
    async fn work(&self, ctx: &Context<'_>) -> Option<Result<EarnedWork>> {
        Some(self.sums(ctx.ask()).await.map(|sums| EarnedWork::of(&sums.work)))
    }

    /// Their earned value in money, added up for each currency of their budgets; indices and estimates follow from the
    /// sums. Counts the projects with a budget in money on which the viewer holds `projects.budget.read`.
    async fn money(&self, ctx: &Context<'_>) -> Option<Result<Vec<EarnedMoney>>> {
        let sums = self.sums(ctx.ask()).await;
        let all = |sums: &Sums| sums.money.values().map(|(of, value)| EarnedMoney::of(*of, value)).collect();
        Some(sums.map(all))
    }
}

impl Portfolio {
    async fn sums(&self, ask: &Ask) -> Result<&Sums> {
        self.sums.get_or_try_init(|| self.add_up(ask)).await
    }

    async fn add_up(&self, ask: &Ask) -> Result<Sums> {
        ask.viewer.require(BUDGETS_READ)?;
        let values =
            self.projects.iter().map(async |project| match staff::may(ask, BUDGETS_READ, project.id).await {
                Ok(()) => value::of_project(ask, &Subject::from(project)).await.map(Some),
                Err(Error::Forbidden(_)) => Ok(None),
                Err(error) => Err(error),
            });
        let mut sums = Sums::default();
        for value in futures::future::try_join_all(values).await?.into_iter().flatten() {
            sums.work = sums.work.plus(value.work);
            if let Some((currency, money)) = value.money {
                let sum = sums.money.entry(currency.to_string()).or_insert((currency, Figures::default()));
                sum.1 = sum.1.plus(money);
            }
        }
        Ok(sums)
    }
}

fn health(scores: impl Iterator<Item = i32>) -> PortfolioHealth {
    let scores: Vec<i64> = scores.map(i64::from).collect();
    let scored = i64::try_from(scores.len()).unwrap_or(i64::MAX);
    let mean = (2 * scores.iter().sum::<i64>() + scored).checked_div(2 * scored);
    PortfolioHealth {
        scored,
        average: mean.and_then(|mean| i32::try_from(mean).ok()),
        at_risk: scores.iter().filter(|score| **score < i64::from(AT_RISK)).count() as i64,
    }
}

/// Root query of the portfolio.
#[derive(Default)]
pub struct PortfolioQuery;

#[Object]
impl PortfolioQuery {
    /// The projects that the viewer may see, added up; at most 2 000. Needs `projects.internal.read`; never for clients.
    async fn portfolio(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these projects; without it all that are not archived.")] filter: Option<
            ProjectFilter,
        >,
    ) -> Result<Portfolio> {
        let viewer = ctx.viewer();
        staff::require(viewer, INTERNAL_READ)?;
        viewer.require(PROJECTS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check(viewer, None)?;
        let select = filter.select(viewer, ctx.db().backend());
        let projects = select.limit(MAX + 1).all(ctx.db()).await?;
        if projects.len() as u64 > MAX {
            return Err(FieldError::new("filter", TOO_MANY.with("max", MAX)).into());
        }
        Ok(Portfolio { projects, sums: OnceCell::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_of_many_is_their_mean_rounded() {
        assert_eq!(health([].into_iter()), PortfolioHealth::default());
        let some = health([49, 50, 100].into_iter());
        assert_eq!(some, PortfolioHealth { scored: 3, average: Some(66), at_risk: 1 });
        assert_eq!(health([0, 1].into_iter()).average, Some(1));
    }
}
