//! How well projects go in the graph.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{FieldError, Result, ask::Asking, id::ProjectId, scalar::Date, viewer::Permission};
use schedule::health::{Health, Measures, Weights};

use super::{
    score, settings,
    store::{self, Rated},
};
use crate::{
    policy::{
        BUDGETS_READ, INTERNAL_READ,
        registers::{FEEDBACK_READ, RISKS_READ},
    },
    project::staff,
    register::OUT_OF_RANGE,
};

/// Days that a trend can reach back.
const TREND: (i32, i32) = (1, 366);

/// Days after which the change of a score is told.
const WEEK: u64 = 7;

/// How well a project goes at present, made anew with each look. Its parts are numbers from 0, as bad as counts, to 100,
/// nothing to complain of; the score is their mean by their weights, Σ weight × part ÷ Σ weight, rounded. A part of which
/// nothing is known does not count. No improvement of a single measure lowers the score.
pub struct ProjectHealth {
    project: ProjectId,
    rated: Rated,
}

/// A part of how well a project goes.
#[derive(Clone, Copy, Debug, PartialEq, SimpleObject)]
pub struct HealthPart {
    /// 0 to 100; null if nothing is known of it.
    pub score: Option<i32>,
    /// How much it counts beside the others, 0 to 100.
    pub weight: i32,
    /// What was measured, as the part's description says; null if nothing is known of it.
    pub measure: Option<f64>,
}

/// How well a project went on a day.
pub struct HealthScore(score::Model);

impl ProjectHealth {
    pub(crate) fn new(project: ProjectId, rated: Rated) -> Self {
        Self { project, rated }
    }

    fn part(&self, of: impl Fn(&Health) -> Option<u32>, weight: u32, measure: Option<f64>) -> HealthPart {
        let whole = |number: u32| i32::try_from(number).unwrap_or_default();
        let measure = measure.map(|measure| (measure * 10_000.0).round() / 10_000.0);
        HealthPart { score: of(&self.rated.health).map(whole), weight: whole(weight), measure }
    }
}

/// How well a project goes at present.
#[Object]
impl ProjectHealth {
    /// The mean of the parts by their weights, 0 to 100; null if nothing is known, or nothing that is known has a weight.
    async fn score(&self) -> Option<i32> {
        self.rated.health.score.and_then(|score| i32::try_from(score).ok())
    }

    /// Whether it is in time: 100 × (1 − measure ÷ 0.5), at least 0 and at most 100. Measured is the share of all estimated
    /// work that ought to be done and is not, (PV − EV) ÷ BAC, or the share of its planned length by which its estimated
    /// end has passed, whichever is greater. Without any estimate each task counts alike.
    async fn schedule(&self) -> HealthPart {
        let Rated { measures: Measures { delay, .. }, weights: Weights { schedule, .. }, .. } = self.rated;
        self.part(|health| health.schedule, schedule, delay)
    }

    /// Whether it stays within its budget: 100 × (1 − measure ÷ 0.5), at least 0 and at most 100. Measured is the share of
    /// the budget by which it ends above it if the rest takes what it is thought to take: in hours (AC + what is left of all
    /// estimates − budget) ÷ budget, without budgeted hours (AC − EV) ÷ BAC; in money
    /// (AC − EV) ÷ budget, or (AC − budget) ÷ budget where nothing is estimated; whichever is greater. Needs
    /// `projects.budget.read`.
    async fn budget(&self, ctx: &Context<'_>) -> Option<Result<HealthPart>> {
        let Rated { measures: Measures { overrun, .. }, weights: Weights { budget, .. }, .. } = self.rated;
        let may = staff::may(ctx.ask(), BUDGETS_READ, self.project).await;
        Some(may.map(|()| self.part(|health| health.budget, budget, overrun)))
    }

    /// Whether it stays at what was agreed: 100 × (1 − measure ÷ 0.5), at least 0 and at most 100. Measured is the share
    /// by which all estimates together are above the budgeted hours. Needs `projects.budget.read`.
    async fn scope(&self, ctx: &Context<'_>) -> Option<Result<HealthPart>> {
        let Rated { measures: Measures { growth, .. }, weights: Weights { scope, .. }, .. } = self.rated;
        let may = staff::may(ctx.ask(), BUDGETS_READ, self.project).await;
        Some(may.map(|()| self.part(|health| health.scope, scope, growth)))
    }

    /// What threatens it: 100 × 50 ÷ (50 + measure). Measured is the sum of probability × impact of all risks that are not
    /// closed; nothing is known of a project without any risk in its register. Needs `projects.risk.read`.
    async fn risk(&self, ctx: &Context<'_>) -> Option<Result<HealthPart>> {
        let risks = self.rated.measures.risks.as_ref().map(|risks| risks.iter().sum::<u32>());
        let may = staff::may(ctx.ask(), RISKS_READ, self.project).await;
        Some(may.map(|()| self.part(|health| health.risk, self.rated.weights.risk, risks.map(f64::from))))
    }

    /// What its client says: the measure, which is the mean of the answers of the last 180 days, where 1 to 5 are 0, 25,
    /// 50, 75, 100 and 0 to 10 are 0, 10 … 100. Needs `projects.feedback.read`.
    async fn sentiment(&self, ctx: &Context<'_>) -> Option<Result<HealthPart>> {
        let answers = self.rated.measures.answers.as_ref();
        let mean = answers.map(|answers| f64::from(answers.iter().sum::<u32>()) / answers.len() as f64);
        let may = staff::may(ctx.ask(), FEEDBACK_READ, self.project).await;
        Some(may.map(|()| self.part(|health| health.sentiment, self.rated.weights.sentiment, mean)))
    }

    /// The scores of the days before today, the oldest first, one a day as it was in the night.
    async fn trend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many days back, 1 to 366.", default = 30)] days: i32,
    ) -> Result<Vec<HealthScore>> {
        if !(TREND.0..=TREND.1).contains(&days) {
            let bounds = OUT_OF_RANGE.with("min", TREND.0).with("max", TREND.1);
            return Err(FieldError::new("days", bounds).into());
        }
        let rows = store::trend(ctx.ask(), self.project, days.unsigned_abs().into()).await?;
        Ok(rows.into_iter().map(HealthScore).collect())
    }

    /// By how much the score is better (above 0) or worse than it was seven days ago; null if it was not known then or is
    /// not now.
    async fn change(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let rows = store::trend(ctx.ask(), self.project, WEEK).await?;
        let then = crate::today(ctx.viewer(), ctx.viewer().now).checked_sub_days(chrono::Days::new(WEEK));
        let then = rows.iter().find(|row| Some(row.scored_on) == then).and_then(|row| row.score);
        let now = self.rated.health.score.and_then(|score| i32::try_from(score).ok());
        Ok(now.zip(then).map(|(now, then)| now - then))
    }
}

/// How well a project went on a day, as it was recorded in the night.
#[Object]
impl HealthScore {
    /// The day, on the agency's clocks.
    async fn on(&self) -> Date {
        self.0.scored_on.into()
    }

    /// The score, 0 to 100; null if nothing was known.
    async fn score(&self) -> Option<i32> {
        self.0.score
    }

    /// Whether it was in time, 0 to 100; null if nothing was known of it.
    async fn schedule(&self) -> Option<i32> {
        self.0.schedule
    }

    /// Whether it stayed within its budget, 0 to 100. Needs `projects.budget.read`.
    async fn budget(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        self.guarded(ctx, BUDGETS_READ, self.0.budget).await
    }

    /// Whether it stayed at what was agreed, 0 to 100. Needs `projects.budget.read`.
    async fn scope(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        self.guarded(ctx, BUDGETS_READ, self.0.scope).await
    }

    /// What threatened it, 0 to 100. Needs `projects.risk.read`.
    async fn risk(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        self.guarded(ctx, RISKS_READ, self.0.risk).await
    }

    /// What its client said, 0 to 100. Needs `projects.feedback.read`.
    async fn sentiment(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        self.guarded(ctx, FEEDBACK_READ, self.0.sentiment).await
    }
}

impl HealthScore {
    async fn guarded(
        &self,
        ctx: &Context<'_>,
        permission: Permission,
        part: Option<i32>,
    ) -> Option<Result<i32>> {
        match staff::may(ctx.ask(), permission, self.0.project_id).await {
            Ok(()) => part.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

/// How the agency weighs the parts of how well its projects go; only the proportions matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct HealthSettings {
    /// Weight of being in time, 0 to 100.
    pub schedule: i32,
    /// Weight of staying within the budget, 0 to 100.
    pub budget: i32,
    /// Weight of staying at what was agreed, 0 to 100.
    pub scope: i32,
    /// Weight of what threatens it, 0 to 100.
    pub risk: i32,
    /// Weight of what the client says, 0 to 100.
    pub sentiment: i32,
    /// Counts the changes, from 0 for settings that nobody has touched; sent back as `expectedVersion`, it keeps one
    /// change from undoing another.
    pub version: i64,
}

impl From<settings::Model> for HealthSettings {
    fn from(settings: settings::Model) -> Self {
        Self {
            schedule: settings.schedule_weight,
            budget: settings.budget_weight,
            scope: settings.scope_weight,
            risk: settings.risk_weight,
            sentiment: settings.sentiment_weight,
            version: settings.version,
        }
    }
}

/// Changes of how the agency weighs the parts of how well its projects go: what is left out stays.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UpdateHealthSettingsInput {
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Weight of being in time, 0 to 100.
    pub schedule: MaybeUndefined<i32>,
    /// Weight of staying within the budget, 0 to 100.
    pub budget: MaybeUndefined<i32>,
    /// Weight of staying at what was agreed, 0 to 100.
    pub scope: MaybeUndefined<i32>,
    /// Weight of what threatens it, 0 to 100.
    pub risk: MaybeUndefined<i32>,
    /// Weight of what the client says, 0 to 100.
    pub sentiment: MaybeUndefined<i32>,
}

/// What `updateHealthSettings` changed.
#[derive(SimpleObject)]
pub struct UpdateHealthSettingsPayload {
    /// The settings as they are now.
    pub health_settings: HealthSettings,
}

/// Root queries of how well projects go.
#[derive(Default)]
pub struct HealthQuery;

#[Object]
impl HealthQuery {
    /// How the agency weighs the parts of how well its projects go. Needs `projects.internal.read`.
    async fn health_settings(&self, ctx: &Context<'_>) -> Result<HealthSettings> {
        staff::require(ctx.viewer(), INTERNAL_READ)?;
        settings::read(ctx.db(), ctx.viewer()).await.map(Into::into)
    }
}

/// Root mutations of how well projects go.
#[derive(Default)]
pub struct HealthMutation;

#[Object]
impl HealthMutation {
    /// Changes how the agency weighs the parts of how well its projects go. Needs `projects.health.manage` on the whole
    /// agency.
    async fn update_health_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateHealthSettingsInput,
    ) -> Result<UpdateHealthSettingsPayload> {
        let settings = settings::update(ctx.viewer(), ctx.db(), input).await?;
        Ok(UpdateHealthSettingsPayload { health_settings: settings.into() })
    }
}
