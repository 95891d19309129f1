//! How an agency plans, in the graph.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{Error, Result, ask::Asking};

use super::entity::Model;
use crate::{policy::people::PEOPLE_READ, words::OverAllocation};

/// How the agency plans.
#[derive(Clone, Debug)]
pub struct PlanSettings(pub Model);

/// How the agency plans.
#[Object]
impl PlanSettings {
    /// What happens when somebody would get more firm work than they have time.
    async fn over_allocation(&self) -> OverAllocation {
        OverAllocation::parse(&self.0.over_allocation).unwrap_or_default()
    }

    /// Counts the changes, from 0 for settings that nobody has touched; sent back as `expectedVersion`, it keeps one
    /// change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Changes of how the agency plans: what is left out stays.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UpdatePlanSettingsInput {
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What happens when somebody would get more firm work than they have time.
    pub over_allocation: MaybeUndefined<OverAllocation>,
}

/// What `updatePlanSettings` changed.
#[derive(SimpleObject)]
pub struct UpdatePlanSettingsPayload {
    /// The settings as they are now.
    pub plan_settings: PlanSettings,
}

/// Root queries of how the agency plans.
#[derive(Default)]
pub struct PlanSettingsQuery;

#[Object]
impl PlanSettingsQuery {
    /// How the agency plans. Needs `projects.people.read`.
    async fn plan_settings(&self, ctx: &Context<'_>) -> Result<PlanSettings> {
        let viewer = ctx.viewer();
        viewer.require(PEOPLE_READ)?;
        if viewer.is_client() {
            return Err(Error::lacks(PEOPLE_READ.name));
        }
        super::read(ctx.db(), viewer).await.map(PlanSettings)
    }
}

/// Root mutations of how the agency plans.
#[derive(Default)]
pub struct PlanSettingsMutation;

#[Object]
impl PlanSettingsMutation {
    /// Changes how the agency plans. Needs `projects.plan.settings` on the whole agency.
    async fn update_plan_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdatePlanSettingsInput,
    ) -> Result<UpdatePlanSettingsPayload> {
        let settings = super::update(ctx.viewer(), ctx.db(), input).await?;
        Ok(UpdatePlanSettingsPayload { plan_settings: PlanSettings(settings) })
    }
}
