//! How an agency weighs the parts of how well its projects go.

use chrono::{DateTime, Utc};
use kernel::{
    Fields, Result, Text,
    act::{Act, Recorded, expect_version},
    db::Db,
    id::{TenantId, TypedId},
    patch,
    viewer::Viewer,
};
use schedule::health::Weights;
use sea_orm::{QuerySelect, Select, entity::prelude::*, sea_query::LockType};

use super::graphql::UpdateHealthSettingsInput;
use crate::{policy::HEALTH_MANAGE, register::check_range};

/// The weights: one row a tenant; none until something is set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_health_settings")]
pub struct Model {
    /// The tenant's id, for there is one row of each.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Of being in time, 0 to 100.
    pub schedule_weight: i32,
    /// Of staying within the budget, 0 to 100.
    pub budget_weight: i32,
    /// Of staying at what was agreed, 0 to 100.
    pub scope_weight: i32,
    /// Of what threatens it, 0 to 100.
    pub risk_weight: i32,
    /// Of what the client says, 0 to 100.
    pub sentiment_weight: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "HealthSettings";
    const EVENT: &'static str = "projects.health_settings";
}

/// Nothing counts.
pub const NO_WEIGHT: Text = Text::new(
    "no_weight",
    "At least one part must have a weight above 0.",
    "Au moins une composante doit avoir un poids supérieur à 0.",
);

/// Weights that a part can have.
const WEIGHT: (i32, i32) = (0, 100);

#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant.uuid()))
}

/// The weights of the viewer's agency; the usual ones until it says otherwise.
///
/// # Errors
/// If the database does not answer.
pub async fn read(conn: &impl ConnectionTrait, viewer: &Viewer) -> Result<Model> {
    Ok(of_tenant(viewer.tenant_id()).one(conn).await?.unwrap_or_else(|| untouched(viewer)))
}

/// The weights as the engine takes them.
#[must_use]
pub fn weights(settings: &Model) -> Weights {
    let weight = |weight: i32| u32::try_from(weight).unwrap_or_default();
    Weights {
        schedule: weight(settings.schedule_weight),
        budget: weight(settings.budget_weight),
        scope: weight(settings.scope_weight),
        risk: weight(settings.risk_weight),
        sentiment: weight(settings.sentiment_weight),
    }
}

/// What holds until something is set.
fn untouched(viewer: &Viewer) -> Model {
    let Weights { schedule, budget, scope, risk, sentiment } = Weights::default();
    let weight = |weight: u32| i32::try_from(weight).unwrap_or_default();
    Model {
        id: viewer.tenant_id(),
        tenant_id: viewer.tenant_id(),
        schedule_weight: weight(schedule),
        budget_weight: weight(budget),
        scope_weight: weight(scope),
        risk_weight: weight(risk),
        sentiment_weight: weight(sentiment),
        created_at: viewer.now,
        updated_at: viewer.now,
        version: 0,
    }
}

/// Changes how the viewer's agency weighs the parts.
///
/// # Errors
/// FORBIDDEN, CONFLICT for a stale version, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateHealthSettingsInput) -> Result<Model> {
    viewer.require_tenant(HEALTH_MANAGE)?;
    viewer
        .act(db, "projects.health_settings.update", async |act| {
            let there = of_tenant(viewer.tenant_id()).lock(LockType::NoKeyUpdate).one(act.conn()).await?;
            let before = there.clone().unwrap_or_else(|| untouched(viewer));
            expect_version("HealthSettings", input.expected_version, before.version)?;
            let after = changed(&before, input)?;
            match there {
                Some(before) => act.update(&before, after).await,
                None => insert(act, after).await,
            }
        })
        .await
}

async fn insert(act: &mut Act, settings: Model) -> Result<Model> {
    let settings = Model { version: 1, created_at: act.now(), updated_at: act.now(), ..settings };
    act.insert_first(settings).await
}

fn changed(before: &Model, input: UpdateHealthSettingsInput) -> Result<Model> {
    let UpdateHealthSettingsInput { expected_version: _, schedule, budget, scope, risk, sentiment } = input;
    let mut after = before.clone();
    let mut fields = Fields::new();
    let weights = [
        (schedule, "schedule", &mut after.schedule_weight),
        (budget, "budget", &mut after.budget_weight),
        (scope, "scope", &mut after.scope_weight),
        (risk, "risk", &mut after.risk_weight),
        (sentiment, "sentiment", &mut after.sentiment_weight),
    ];
    for (said, path, weight) in weights {
        *weight = patch::required(said, path, &mut fields).unwrap_or(*weight);
        check_range(*weight, WEIGHT, path, &mut fields);
    }
    let all = weights_of(&after).iter().any(|weight| *weight > 0);
    fields.require(all, "schedule", NO_WEIGHT);
    fields.check()?;
    Ok(after)
}

fn weights_of(settings: &Model) -> [i32; 5] {
    [
        settings.schedule_weight,
        settings.budget_weight,
        settings.scope_weight,
        settings.risk_weight,
        settings.sentiment_weight,
    ]
}
