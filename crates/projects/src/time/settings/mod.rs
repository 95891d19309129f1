//! How an agency keeps time: rounding, forgotten timers, reminders, locked days.

pub mod entity;
pub mod graphql;

use chrono::NaiveDate;
use kernel::{
    Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{TenantId, TypedId},
    patch,
    scalar::Date,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select, sea_query::LockType,
};

use super::rounding::Rounding;
use crate::{
    policy::time::TIME_MANAGE,
    words::{RoundingMode, RoundingScope, TimerAction},
};
use entity::{Column, Entity, Model};
use graphql::UpdateTimeSettingsInput;

/// The number is out of its range.
pub const OUT_OF_RANGE: Text = Text::new(
    "out_of_range",
    "This must be between {min} and {max}.",
    "Cette valeur doit être comprise entre {min} et {max}.",
);

/// The day to lock is to come.
pub const LOCKED_FUTURE: Text = Text::new(
    "locked_future",
    "Only days that are over can be locked.",
    "Seuls les jours passés peuvent être verrouillés.",
);

/// Hours after which a timer counts as forgotten, until an agency says otherwise.
pub const TIMER_HOURS: i32 = 10;

/// Settings of a tenant, whoever asks.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant.uuid()))
}

/// The settings of a tenant; as they are without any for one that has set nothing.
///
/// # Errors
/// If the database does not answer.
pub async fn read(conn: &impl ConnectionTrait, viewer: &Viewer) -> Result<Model> {
    let tenant = viewer.tenant_id();
    Ok(of_tenant(tenant).one(conn).await?.unwrap_or_else(|| untouched(viewer)))
}

/// What holds until something is set.
fn untouched(viewer: &Viewer) -> Model {
    Model {
        id: viewer.tenant_id(),
        tenant_id: viewer.tenant_id(),
        rounding_mode: RoundingMode::None.as_str().to_owned(),
        rounding_step: 1,
        rounding_scope: RoundingScope::Entry.as_str().to_owned(),
        minimum_minutes: 0,
        timer_hours: TIMER_HOURS,
        timer_action: TimerAction::Notify.as_str().to_owned(),
        reminders: false,
        locked_through: None,
        created_at: viewer.now,
        updated_at: viewer.now,
        version: 0,
    }
}

/// How billed minutes are rounded.
#[must_use]
pub fn rounding(settings: &Model) -> Rounding {
    Rounding {
        mode: RoundingMode::parse(&settings.rounding_mode).unwrap_or_default(),
        step: settings.rounding_step,
        scope: RoundingScope::parse(&settings.rounding_scope).unwrap_or_default(),
        minimum: settings.minimum_minutes,
    }
}

/// Changes how the viewer's agency keeps time.
///
/// # Errors
/// FORBIDDEN, CONFLICT for a stale version, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateTimeSettingsInput) -> Result<Model> {
    viewer.require_tenant(TIME_MANAGE)?;
    viewer
        .act(db, "projects.time_settings.update", async |act| {
            let there = of_tenant(viewer.tenant_id()).lock(LockType::NoKeyUpdate).one(act.conn()).await?;
            let before = there.clone().unwrap_or_else(|| untouched(viewer));
            expect_version("TimeSettings", input.expected_version, before.version)?;
            let today = act.now().with_timezone(&viewer.tenant.time_zone).date_naive();
            let after = changed(&before, input, today)?;
            let reminders = (before.reminders, after.reminders);
            let after = match there {
                Some(before) => act.update(&before, after).await?,
                None => insert(act, after).await?,
            };
            super::reminder::arrange(act, reminders).await?;
            Ok(after)
        })
        .await
}

async fn insert(act: &mut Act, settings: Model) -> Result<Model> {
    let settings = Model { version: 1, created_at: act.now(), updated_at: act.now(), ..settings };
    act.insert_first(settings).await
}

fn changed(before: &Model, input: UpdateTimeSettingsInput, today: NaiveDate) -> Result<Model> {
    let UpdateTimeSettingsInput {
        expected_version: _,
        rounding_mode,
        rounding_step,
        rounding_scope,
        minimum_minutes,
        timer_hours,
        timer_action,
        reminders,
        locked_through,
    } = input;
    let mut after = before.clone();
    let mut fields = Fields::new();
    if let Some(mode) = patch::required(rounding_mode, "roundingMode", &mut fields) {
        mode.as_str().clone_into(&mut after.rounding_mode);
    }
    if let Some(scope) = patch::required(rounding_scope, "roundingScope", &mut fields) {
        scope.as_str().clone_into(&mut after.rounding_scope);
    }
    if let Some(action) = patch::required(timer_action, "timerAction", &mut fields) {
        action.as_str().clone_into(&mut after.timer_action);
    }
    let step = patch::required(rounding_step, "roundingStep", &mut fields);
    after.rounding_step = step.unwrap_or(after.rounding_step);
    within(after.rounding_step, (1, 480), "roundingStep", &mut fields);
    let minimum = patch::required(minimum_minutes, "minimumMinutes", &mut fields);
    after.minimum_minutes = minimum.unwrap_or(after.minimum_minutes);
    within(after.minimum_minutes, (0, 480), "minimumMinutes", &mut fields);
    after.timer_hours = patch::required(timer_hours, "timerHours", &mut fields).unwrap_or(after.timer_hours);
    within(i64::from(after.timer_hours), (1, 24), "timerHours", &mut fields);
    after.reminders = patch::required(reminders, "reminders", &mut fields).unwrap_or(after.reminders);
    if let Some(day) = patch::optional(locked_through) {
        after.locked_through = day.map(Date::naive);
        let over = after.locked_through.is_none_or(|day| day < today);
        fields.require(over, "lockedThrough", LOCKED_FUTURE);
    }
    fields.check()?;
    Ok(after)
}

fn within(value: i64, (min, max): (i64, i64), path: &str, fields: &mut Fields) {
    fields.require((min..=max).contains(&value), path, OUT_OF_RANGE.with("min", min).with("max", max));
}
