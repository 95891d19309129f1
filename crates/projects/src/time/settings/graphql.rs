//! Settings of time in the graph.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{Result, ask::Asking, scalar::Date};

use super::entity::Model;
use crate::{
    policy::time::TIME_READ,
    words::{RoundingMode, RoundingScope, TimerAction},
};

/// How the agency keeps time.
#[derive(Clone, Debug)]
pub struct TimeSettings(pub Model);

/// How the agency keeps time.
#[Object]
impl TimeSettings {
    /// Which way billed minutes are rounded.
    async fn rounding_mode(&self) -> RoundingMode {
        RoundingMode::parse(&self.0.rounding_mode).unwrap_or_default()
    }

    /// Billed minutes are rounded to multiples of so many, 1 to 480.
    async fn rounding_step(&self) -> i64 {
        self.0.rounding_step
    }

    /// Whether each entry is rounded, or all of a person, project and day together.
    async fn rounding_scope(&self) -> RoundingScope {
        RoundingScope::parse(&self.0.rounding_scope).unwrap_or_default()
    }

    /// No less than so many minutes are billed for anything that was worked, 0 to 480.
    async fn minimum_minutes(&self) -> i64 {
        self.0.minimum_minutes
    }

    /// After so many hours a running timer counts as forgotten, 1 to 24.
    async fn timer_hours(&self) -> i32 {
        self.0.timer_hours
    }

    /// What becomes of a forgotten timer.
    async fn timer_action(&self) -> TimerAction {
        TimerAction::parse(&self.0.timer_action).unwrap_or_default()
    }

    /// Whether people get a mail on Monday morning about last week, if they have not handed it in.
    async fn reminders(&self) -> bool {
        self.0.reminders
    }

    /// The last day on which no time changes any more; null if none is locked.
    async fn locked_through(&self) -> Option<Date> {
        self.0.locked_through.map(Into::into)
    }

    /// Counts the changes, from 0 for settings that nobody has touched; sent back as `expectedVersion`, it keeps one
    /// change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Changes of how the agency keeps time: what is left out stays.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UpdateTimeSettingsInput {
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Which way billed minutes are rounded.
    pub rounding_mode: MaybeUndefined<RoundingMode>,
    /// Billed minutes are rounded to multiples of so many, 1 to 480.
    pub rounding_step: MaybeUndefined<i64>,
    /// Whether each entry is rounded, or all of a person, project and day together.
    pub rounding_scope: MaybeUndefined<RoundingScope>,
    /// No less than so many minutes are billed for anything that was worked, 0 to 480.
    pub minimum_minutes: MaybeUndefined<i64>,
    /// After so many hours a running timer counts as forgotten, 1 to 24.
    pub timer_hours: MaybeUndefined<i32>,
    /// What becomes of a forgotten timer.
    pub timer_action: MaybeUndefined<TimerAction>,
    /// Whether people get a mail on Monday morning about last week, if they have not handed it in.
    pub reminders: MaybeUndefined<bool>,
    /// The last day on which no time changes any more, before today; null unlocks all days.
    pub locked_through: MaybeUndefined<Date>,
}

/// What `updateTimeSettings` changed.
#[derive(SimpleObject)]
pub struct UpdateTimeSettingsPayload {
    /// The settings as they are now.
    pub time_settings: TimeSettings,
}

/// Root queries of settings of time.
#[derive(Default)]
pub struct TimeSettingsQuery;

#[Object]
impl TimeSettingsQuery {
    /// How the agency keeps time. Needs `projects.time.read`.
    async fn time_settings(&self, ctx: &Context<'_>) -> Result<TimeSettings> {
        ctx.viewer().require(TIME_READ)?;
        super::read(ctx.db(), ctx.viewer()).await.map(TimeSettings)
    }
}

/// Root mutations of settings of time.
#[derive(Default)]
pub struct TimeSettingsMutation;

#[Object]
impl TimeSettingsMutation {
    /// Changes how the agency keeps time. Needs `projects.time.manage` on the whole agency.
    async fn update_time_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateTimeSettingsInput,
    ) -> Result<UpdateTimeSettingsPayload> {
        let settings = super::update(ctx.viewer(), ctx.db(), input).await?;
        Ok(UpdateTimeSettingsPayload { time_settings: TimeSettings(settings) })
    }
}
