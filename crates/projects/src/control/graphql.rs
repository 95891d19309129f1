//! Project controls in the graph.

use async_graphql::{Context, Enum, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    id::BaselineId,
    money::{Currency, Money},
    scalar::Date,
};
use schedule::earned::EarnedValue as Figures;

use super::{
    Subject,
    curve::{self, Wanted},
    value::{self, Value},
};
use crate::{
    health::{self, graphql::ProjectHealth},
    policy::{BUDGETS_READ, INTERNAL_READ},
    project::{graphql::Project, staff},
};

/// What ought to be done of a project, what is done and what it took, at the moment of the request. Terms and formulas
/// are those of PMI's Standard for Earned Value Management (2019) and ANSI/EIA-748.
///
/// A task is worth its estimate; one with subtasks counts through these. All of a done task is done; of another what does
/// not remain of its estimate, if somebody said what remains; else half of one that was begun, nothing of one that was
/// not. A task is planned evenly over the agency's working time from its start to its due date; with only a due date on
/// that day; with only a start up to the project's estimated end; with neither over the whole project. Estimates and days
/// are those of the project's newest baseline, so that what is planned anew does not change what ought to be done; days are
/// those of its schedule for tasks that nobody had planned any for. They are those of now for tasks that it does not know,
/// and without a baseline. Archived tasks count nowhere, also those that a baseline knows.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct EarnedValue {
    /// In minutes of work.
    pub work: EarnedWork,
    /// In money; null without a budget in money, and without any estimate to spread it by.
    pub money: Option<EarnedMoney>,
    /// How many tasks count: those that are not archived and have no subtasks.
    pub tasks: i64,
    /// How many of these have no estimate, and so are worth nothing.
    pub unestimated_tasks: i64,
    /// How many of these are planned for no day, for neither they nor the project have dates; they are never late.
    pub undated_tasks: i64,
    /// How many of these no baseline knows of: they are measured by what is planned now. All of them without a baseline.
    pub added_tasks: i64,
    /// Id of the baseline that a project is measured by, its newest one; null without any, and for many together.
    pub baseline_id: Option<BaselineId>,
    /// Billable minutes that are not approved yet and for which no rate is written: they are missing in the actual cost
    /// in money. 0 without a budget in money.
    pub unrated_minutes: i64,
}

macro_rules! earned {
    ($(#[$doc:meta])* $name:ident, $amount:ty, $bac:literal, $pv:literal, $ev:literal, $ac:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, SimpleObject)]
        pub struct $name {
            #[doc = $bac]
            pub budget_at_completion: $amount,
            #[doc = $pv]
            pub planned_value: $amount,
            #[doc = $ev]
            pub earned_value: $amount,
            #[doc = $ac]
            pub actual_cost: $amount,
            /// Schedule variance, SV = EV − PV; below zero it is behind.
            pub schedule_variance: $amount,
            /// Cost variance, CV = EV − AC; below zero it takes more than planned.
            pub cost_variance: $amount,
            /// Schedule performance index, SPI = EV ÷ PV, to four digits; below 1 it is behind. Null while nothing was
            /// planned to be done.
            pub spi: Option<f64>,
            /// Cost performance index, CPI = EV ÷ AC, to four digits; below 1 it takes more than planned. Null while
            /// nothing was spent.
            pub cpi: Option<f64>,
            /// Estimate to complete, ETC = (BAC − EV) ÷ CPI: what the rest takes if it goes as so far; BAC − EV while
            /// nothing is earned or spent.
            pub estimate_to_complete: $amount,
            /// Estimate at completion, EAC = AC + ETC.
            pub estimate_at_completion: $amount,
            /// Variance at completion, VAC = BAC − EAC; below zero it will take more than planned.
            pub variance_at_completion: $amount,
            /// To-complete performance index, TCPI = (BAC − EV) ÷ (BAC − AC), to four digits: how well the rest must go to
            /// end within the budget. Null if nothing of the budget is left.
            pub tcpi: Option<f64>,
        }

        impl $name {
            fn new(value: &Figures, amount: impl Fn(i64) -> $amount) -> Self {
                Self {
                    budget_at_completion: amount(value.budget),
                    planned_value: amount(value.planned),
                    earned_value: amount(value.earned),
                    actual_cost: amount(value.actual),
                    schedule_variance: amount(value.schedule_variance()),
                    cost_variance: amount(value.cost_variance()),
                    spi: value.spi().map(rounded),
                    cpi: value.cpi().map(rounded),
                    estimate_to_complete: amount(value.to_complete()),
                    estimate_at_completion: amount(value.at_completion()),
                    variance_at_completion: amount(value.variance_at_completion()),
                    tcpi: value.tcpi().map(rounded),
                }
            }
        }
    };
}

earned!(
    /// Earned value in minutes of work.
    EarnedWork,
    i64,
    "Budget at completion (BAC): the estimates of all tasks.",
    "Planned value (PV): what of them ought to be done by now.",
    "Earned value (EV): what of them is done.",
    "Actual cost (AC): what was worked, approved or not yet, on whichever task or none; time that was sent back does not \
     count."
);

earned!(
    /// Earned value in money of the budget's currency.
    EarnedMoney,
    Money,
    "Budget at completion (BAC): the project's budget.",
    "Planned value (PV): the share of the budget that estimated work planned by now has of all estimated work.",
    "Earned value (EV): the share of the budget that estimated work done has of all estimated work.",
    "Actual cost (AC): what billable time is worth, approved time at the rate that was fixed, other time at the one \
     that holds now; time that was sent back and time in other currencies is left out."
);

/// To four digits.
fn rounded(index: f64) -> f64 {
    (index * 10_000.0).round() / 10_000.0
}

impl EarnedMoney {
    /// Earned value in minor units of a currency.
    pub(crate) fn of(currency: Currency, value: &Figures) -> Self {
        Self::new(value, |minor| Money::new(minor, currency))
    }
}

impl EarnedWork {
    /// Earned value in minutes.
    pub(crate) fn of(value: &Figures) -> Self {
        Self::new(value, |minutes| minutes)
    }
}

impl From<&Value> for EarnedValue {
    fn from(value: &Value) -> Self {
        Self {
            work: EarnedWork::of(&value.work),
            money: value.money.map(|(currency, money)| EarnedMoney::of(currency, &money)),
            tasks: value.planned.tasks,
            unestimated_tasks: value.planned.unestimated,
            undated_tasks: value.planned.undated,
            added_tasks: value.planned.added,
            baseline_id: value.baseline,
            unrated_minutes: value.unrated,
        }
    }
}

/// How far the points of a curve are apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum)]
pub enum CurveStep {
    /// Each day.
    Day,
    /// Each Sunday.
    #[default]
    Week,
    /// The last day of each month.
    Month,
}

/// The state at the end of a day, for burn-down and burn-up charts. Tasks with subtasks count through these; a task
/// counts from the day it was made to the day before it was archived, with the estimate that it has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct BurnPoint {
    /// The day, on the agency's clocks.
    pub on: Date,
    /// How many tasks there were; null for days to come.
    pub scope_tasks: Option<i64>,
    /// How many of them were done; null for days to come.
    pub done_tasks: Option<i64>,
    /// How many of them were not, scope − done; null for days to come.
    pub remaining_tasks: Option<i64>,
    /// Their estimates, in minutes; null for days to come.
    pub scope_minutes: Option<i64>,
    /// The estimates of those that were done, in minutes; null for days to come.
    pub done_minutes: Option<i64>,
    /// The estimates of those that were not, scope − done, in minutes; null for days to come.
    pub remaining_minutes: Option<i64>,
    /// What would remain if the last known scope were worked off evenly in the agency's working time from the project's
    /// start to its estimated end, in minutes; null without these dates.
    pub ideal_minutes: Option<i64>,
}

/// Earned value at the end of a day, in minutes, for the S-curves of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct EarnedValuePoint {
    /// The day, on the agency's clocks.
    pub on: Date,
    /// Planned value (PV): what ought to be done by then, by the newest baseline, and by the dates that tasks have now
    /// where it says nothing.
    pub planned_value: i64,
    /// Earned value (EV): what the tasks done by then are worth; today also what is done of others, so that it is the
    /// earned value of the project. Archived tasks count on no day. Null for days to come.
    pub earned_value: Option<i64>,
    /// Actual cost (AC): what was worked by then. Null for days to come.
    pub actual_cost: Option<i64>,
}

/// What is controlled of a project.
pub struct ProjectControls(Subject);

impl From<&Project> for ProjectControls {
    fn from(project: &Project) -> Self {
        Self(Subject::from(&project.0))
    }
}

impl ProjectControls {
    async fn rated(&self, ctx: &Context<'_>) -> Result<Option<ProjectHealth>> {
        staff::may(ctx.ask(), INTERNAL_READ, self.0.id).await?;
        let rated = health::of_project(ctx.ask(), &self.0).await?;
        Ok(rated.map(|rated| ProjectHealth::new(self.0.id, rated)))
    }

    async fn value(&self, ctx: &Context<'_>) -> Result<EarnedValue> {
        staff::may(ctx.ask(), BUDGETS_READ, self.0.id).await?;
        value::of_project(ctx.ask(), &self.0).await.map(|value| EarnedValue::from(&value))
    }

    async fn points(&self, ctx: &Context<'_>, wanted: Wanted) -> Result<Vec<BurnPoint>> {
        staff::may(ctx.ask(), INTERNAL_READ, self.0.id).await?;
        curve::burn(ctx.ask(), &self.0, wanted).await
    }

    async fn value_points(&self, ctx: &Context<'_>, wanted: Wanted) -> Result<Vec<EarnedValuePoint>> {
        staff::may(ctx.ask(), BUDGETS_READ, self.0.id).await?;
        curve::earned(ctx.ask(), &self.0, wanted).await
    }
}

#[Object(name = "ProjectControlFields")]
impl ProjectControls {
    /// How well it goes at present, with the parts of it and the way it went; null once it is over or archived. Needs
    /// `projects.internal.read` on the project; never for clients.
    async fn health_report(&self, ctx: &Context<'_>) -> Option<Result<ProjectHealth>> {
        self.rated(ctx).await.transpose()
    }

    /// What ought to be done, what is done and what it took, in minutes and in money. Needs `projects.budget.read` on the
    /// project; never for clients.
    async fn earned_value(&self, ctx: &Context<'_>) -> Option<Result<EarnedValue>> {
        Some(self.value(ctx).await)
    }

    /// Planned value, earned value and actual cost over time, at most 400 points. Needs `projects.budget.read` on the
    /// project; never for clients.
    async fn earned_value_curve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far the points are apart.", default)] step: CurveStep,
        #[graphql(desc = "The first day; without it the project's start.")] from: Option<Date>,
        #[graphql(desc = "The last day; without it the project's end, or today if that is later.")]
        to: Option<Date>,
    ) -> Option<Result<Vec<EarnedValuePoint>>> {
        Some(self.value_points(ctx, Wanted { step, from, to }).await)
    }

    /// How much there was to do, how much of it was done and how much remained over time, at most 400 points. Needs
    /// `projects.internal.read` on the project; never for clients.
    async fn burn(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far the points are apart.", default)] step: CurveStep,
        #[graphql(desc = "The first day; without it the project's start.")] from: Option<Date>,
        #[graphql(desc = "The last day; without it the project's end, or today if that is later.")]
        to: Option<Date>,
    ) -> Option<Result<Vec<BurnPoint>>> {
        Some(self.points(ctx, Wanted { step, from, to }).await)
    }
}
