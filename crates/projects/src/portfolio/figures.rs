//! The figures of a project in the graph.

use async_graphql::{Context, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::ProjectId,
    money::{Currency, Money},
};

use super::store::{self, Worked};
use crate::{
    feedback::{self, graphql::FeedbackFigures},
    milestone::graphql::Milestone,
    policy::{
        BUDGETS_READ,
        registers::{FEEDBACK_READ, RISKS_READ},
    },
    project::{entity::Model, progress, staff},
};

/// What is late, used up and uncertain about a project.
#[derive(Clone, Copy)]
pub struct ProjectFigures {
    pub(super) project: ProjectId,
    budget: Option<(i64, Currency)>,
    budget_minutes: Option<i64>,
}

impl From<&Model> for ProjectFigures {
    fn from(project: &Model) -> Self {
        Self {
            project: project.id,
            budget: project.budget_minor.zip(project.budget_currency),
            budget_minutes: project.budget_minutes,
        }
    }
}

/// How much of a budget is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct BudgetUse {
    /// Minutes that were worked, approved or not yet; time that was sent back does not count.
    pub minutes: i64,
    /// These in per cent of the budget's; null without one, and for one of nothing.
    pub minutes_percent: Option<i64>,
    /// What the approved billable time is worth; null without a budget in money.
    pub amount: Option<Money>,
    /// This in per cent of the budget; null without one, and for one of nothing.
    pub amount_percent: Option<i64>,
}

/// What may go wrong in a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SimpleObject)]
pub struct RiskFigures {
    /// How many risks are not closed.
    pub open: i64,
    /// The highest score among them, 1 to 25; null without any.
    pub highest_score: Option<i32>,
}

impl ProjectFigures {
    async fn used(&self, ctx: &Context<'_>) -> Result<BudgetUse> {
        staff::may(ctx.ask(), BUDGETS_READ, self.project).await?;
        let worked = store::worked(ctx.ask(), self.project).await?;
        budget_use(&worked, self.budget, self.budget_minutes)
    }
}

/// How much of a budget work has used.
fn budget_use(
    worked: &Worked,
    budget: Option<(i64, Currency)>,
    budget_minutes: Option<i64>,
) -> Result<BudgetUse> {
    let amount = budget.map(|(_, currency)| worked.worth(currency)).transpose()?;
    let share = |used: i64, all: i64| used.checked_mul(100)?.checked_div(all);
    Ok(BudgetUse {
        minutes: worked.minutes,
        minutes_percent: budget_minutes.and_then(|all| share(worked.minutes, all)),
        amount_percent: amount.zip(budget).and_then(|(amount, (all, _))| share(amount.amount, all)),
        amount,
    })
}

// Reason: fields that may be refused answer `Option<Result<…>>`; an error in a `Result<Option<…>>` would take all of the
// figures with it.
/// What is late, used up and uncertain about a project.
#[Object]
impl ProjectFigures {
    /// How many tasks are not done though their day is over.
    async fn overdue_tasks(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(progress::tasks(ctx.ask(), self.project).await?.overdue)
    }

    /// How many milestones that the viewer may see are neither reached nor waived though their day is over. Needs
    /// `projects.milestone.read`.
    async fn overdue_milestones(&self, ctx: &Context<'_>) -> Option<Result<i64>> {
        let ahead = store::ahead(ctx.ask(), self.project).await;
        Some(ahead.map(|ahead| ahead.overdue))
    }

    /// The milestone that is due next, or longest overdue, as far as the viewer may see it; null without one. Needs
    /// `projects.milestone.read`.
    async fn next_milestone(&self, ctx: &Context<'_>) -> Option<Result<Graph<Milestone>>> {
        self.find_next(ctx).await.transpose()
    }

    /// How much of its budget is used. Needs `projects.budget.read` on the project; never for clients.
    async fn budget_use(&self, ctx: &Context<'_>) -> Option<Result<BudgetUse>> {
        Some(self.used(ctx).await)
    }

    /// What may go wrong in it. Needs `projects.risk.read` on the project; never for clients.
    async fn risk(&self, ctx: &Context<'_>) -> Option<Result<RiskFigures>> {
        match staff::may(ctx.ask(), RISKS_READ, self.project).await {
            Ok(()) => Some(store::risks(ctx.ask(), self.project).await),
            Err(error) => Some(Err(error)),
        }
    }

    /// What its client's answers amount to. Needs `projects.feedback.read` on the project; never for clients.
    async fn feedback(&self, ctx: &Context<'_>) -> Option<Result<FeedbackFigures>> {
        match staff::may(ctx.ask(), FEEDBACK_READ, self.project).await {
            Ok(()) => Some(feedback::of_project(ctx.ask(), self.project).await.map(Into::into)),
            Err(error) => Some(Err(error)),
        }
    }
}

impl ProjectFigures {
    async fn find_next(&self, ctx: &Context<'_>) -> Result<Option<Graph<Milestone>>> {
        let next = store::ahead(ctx.ask(), self.project).await?.next;
        Ok(next.map(|milestone| Graph(milestone.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_of_a_budget_is_a_share_of_what_there_is() {
        let euro: Currency = "EUR".parse().unwrap();
        let dollar: Currency = "USD".parse().unwrap();
        let worked = Worked { minutes: 90, worth: vec![(euro, 10_000 * 90), (dollar, 60)] };
        let used = budget_use(&worked, Some((30_000, euro)), Some(60)).unwrap();
        assert_eq!((used.minutes, used.minutes_percent), (90, Some(150)));
        assert_eq!((used.amount, used.amount_percent), (Some(Money::new(15_000, euro)), Some(50)));
        let nothing = budget_use(&worked, Some((0, euro)), Some(0)).unwrap();
        assert_eq!((nothing.minutes_percent, nothing.amount_percent), (None, None));
        let none = budget_use(&Worked::default(), None, None).unwrap();
        assert_eq!((none.minutes, none.amount, none.amount_percent), (0, None, None));
    }
}
