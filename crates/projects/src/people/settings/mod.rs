//! How an agency plans: what happens when somebody would get too much work.

pub mod entity;
pub mod graphql;

use kernel::{Fields, Result, act::expect_version, db::Db, patch, viewer::Viewer};
use sea_orm::{ConnectionTrait, QuerySelect, sea_query::LockType};

use crate::{policy::people::PLAN_SETTINGS, words::OverAllocation};
use entity::{Model, of_tenant};
use graphql::UpdatePlanSettingsInput;

/// The settings of a tenant; as they are without any for one that has set nothing.
///
/// # Errors
/// If the database does not answer.
pub async fn read(conn: &impl ConnectionTrait, viewer: &Viewer) -> Result<Model> {
    let found = of_tenant(viewer.tenant_id()).one(conn).await?;
    Ok(found.unwrap_or_else(|| untouched(viewer)))
}

/// What holds until something is set.
fn untouched(viewer: &Viewer) -> Model {
    Model {
        id: viewer.tenant_id(),
        tenant_id: viewer.tenant_id(),
        over_allocation: OverAllocation::default().as_str().to_owned(),
        created_at: viewer.now,
        updated_at: viewer.now,
        version: 0,
    }
}

/// Changes how the viewer's agency plans.
///
/// # Errors
/// FORBIDDEN, CONFLICT for a stale version, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdatePlanSettingsInput) -> Result<Model> {
    viewer.require_tenant(PLAN_SETTINGS)?;
    viewer
        .act(db, "projects.plan_settings.update", async |act| {
            let there = of_tenant(viewer.tenant_id()).lock(LockType::NoKeyUpdate).one(act.conn()).await?;
            let before = there.clone().unwrap_or_else(|| untouched(viewer));
            expect_version("PlanSettings", input.expected_version, before.version)?;
            let (mut after, mut fields) = (before.clone(), Fields::new());
            if let Some(word) = patch::required(input.over_allocation, "overAllocation", &mut fields) {
                word.as_str().clone_into(&mut after.over_allocation);
            }
            fields.check()?;
            if let Some(before) = there {
                return act.update(&before, after).await;
            }
            let new = Model { version: 1, created_at: act.now(), updated_at: act.now(), ..after };
            act.insert_first(new).await
        })
        .await
}
