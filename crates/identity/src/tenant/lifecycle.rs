//! The end of a tenant, and what leads there and back: suspension by an operator, deletion by the owner.

use chrono::{DateTime, Duration, Utc};
use kernel::{
    Error, Result, Text,
    act::{Outcome, Severity},
    clock::Clock,
    db::Db,
    id::{IdGen, TenantId},
    policy::Guarded,
    text,
    viewer::Viewer,
};
use serde_json::{Value as Json, json};

use super::{
    entity::{Entity, Model},
    fetch, info,
    limits::PlanLimit,
    rules::{Plan, TenantStatus},
};
use crate::{
    policy::TENANT_DELETE,
    service::{Identity, set},
};

/// The confirmation does not name the tenant.
pub const CONFIRM_SLUG: Text = Text::new(
    "confirm_slug",
    "Repeat the agency's address ({slug}) to confirm.",
    "Répétez l'adresse de l'agence ({slug}) pour confirmer.",
);
/// No deletion is scheduled.
pub const NOT_SCHEDULED: Text =
    Text::new("deletion_not_scheduled", "No deletion is scheduled.", "Aucune suppression n'est prévue.");
/// The tenant is not suspended.
pub const NOT_SUSPENDED: Text =
    Text::new("not_suspended", "This agency is not suspended.", "Cette agence n'est pas suspendue.");

/// Schedules the deletion of the viewer's tenant; `slug` must repeat its slug. Scheduled already, it stays as it is.
///
/// # Errors
/// FORBIDDEN for everybody but the owner, INVALID for another slug.
pub async fn schedule_deletion(viewer: &Viewer, db: &Db, identity: &Identity, slug: &str) -> Result<Model> {
    viewer.require_tenant(TENANT_DELETE)?;
    viewer
        .act(db, "identity.tenant.schedule_deletion", async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            let before = Entity::fetch_to(act.conn(), viewer, TENANT_DELETE, viewer.tenant_id()).await?;
            if slug.trim() != before.slug {
                return Err(Error::field("slug", CONFIRM_SLUG.with("slug", &before.slug)));
            }
            if before.status == TenantStatus::DeletionScheduled.as_str() {
                return Ok(before);
            }
            let mut after = before.clone();
            after.status = TenantStatus::DeletionScheduled.as_str().to_owned();
            after.deletion_at = Some(act.now() + Duration::days(identity.config.deletion_days.into()));
            act.update(&before, after).await
        })
        .await
}

/// Keeps the viewer's tenant from its scheduled deletion.
///
/// # Errors
/// FORBIDDEN for everybody but the owner, CONFLICT if no deletion is scheduled.
pub async fn cancel_deletion(viewer: &Viewer, db: &Db) -> Result<Model> {
    viewer.require_tenant(TENANT_DELETE)?;
    viewer
        .act(db, "identity.tenant.cancel_deletion", async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            let before = Entity::fetch_to(act.conn(), viewer, TENANT_DELETE, viewer.tenant_id()).await?;
            if before.status != TenantStatus::DeletionScheduled.as_str() {
                return Err(Error::conflict(NOT_SCHEDULED));
            }
            let mut after = before.clone();
            after.status = TenantStatus::Active.as_str().to_owned();
            after.deletion_at = None;
            act.update(&before, after).await
        })
        .await
}

/// Suspends a tenant, as an operator: nobody can sign in or act there.
///
/// # Errors
/// NOT_FOUND, INVALID for an empty reason.
pub async fn suspend(db: &Db, identity: &Identity, id: TenantId, reason: &str) -> Result<Model> {
    let reason = text::line(reason, "reason", 500)?;
    change(db, identity, id, "identity.tenant.suspend", |tenant| {
        tenant.status = TenantStatus::Suspended.as_str().to_owned();
        tenant.suspend_reason = Some(reason.clone());
        Ok(())
    })
    .await
}

/// Ends a suspension, as an operator. A deletion that was scheduled before goes on.
///
/// # Errors
/// NOT_FOUND, CONFLICT if the tenant is not suspended.
pub async fn reactivate(db: &Db, identity: &Identity, id: TenantId) -> Result<Model> {
    change(db, identity, id, "identity.tenant.reactivate", |tenant| {
        if tenant.status != TenantStatus::Suspended.as_str() {
            return Err(Error::conflict(NOT_SUSPENDED));
        }
        let status =
            if tenant.deletion_at.is_some() { TenantStatus::DeletionScheduled } else { TenantStatus::Active };
        tenant.status = status.as_str().to_owned();
        tenant.suspend_reason = None;
        Ok(())
    })
    .await
}

/// What is agreed with a tenant; what is left out stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// What it pays for.
    pub plan: Option<Plan>,
    /// When its trial ends; `Some(None)` for no trial.
    pub trial_ends_at: Option<Option<DateTime<Utc>>>,
    /// Until when its subscription is paid; `Some(None)` for none.
    pub subscription_ends_at: Option<Option<DateTime<Utc>>>,
    /// Limits that differ from the plan's, all of them; `None` is unlimited.
    pub limit_overrides: Option<Vec<(PlanLimit, Option<i64>)>>,
}

/// Sets what is agreed with a tenant, as an operator.
///
/// # Errors
/// NOT_FOUND.
pub async fn set_terms(db: &Db, identity: &Identity, id: TenantId, terms: Terms) -> Result<Model> {
    let overrides = terms.limit_overrides.map(|limits| {
        let values = limits.into_iter().map(|(limit, allowed)| (limit.as_str().to_owned(), json!(allowed)));
        Json::Object(values.collect())
    });
    change(db, identity, id, "identity.tenant.set_terms", |tenant| {
        set(&mut tenant.plan, terms.plan.map(|plan| plan.as_str().to_owned()));
        set(&mut tenant.trial_ends_at, terms.trial_ends_at);
        set(&mut tenant.subscription_ends_at, terms.subscription_ends_at);
        set(&mut tenant.limit_overrides, overrides.clone());
        Ok(())
    })
    .await
}

async fn change(
    db: &Db,
    identity: &Identity,
    id: TenantId,
    name: &'static str,
    change: impl Fn(&mut Model) -> Result<()>,
) -> Result<Model> {
    let tenant = fetch(db, id).await?;
    let system = system(&tenant, identity.clock.clone(), identity.ids.clone());
    system
        .act(db, name, async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            let before = super::lock(act, id).await?;
            let mut after = before.clone();
            change(&mut after)?;
            act.update(&before, after).await
        })
        .await
}

/// The platform itself, acting in a tenant.
pub(crate) fn system(tenant: &Model, clock: Clock, ids: IdGen) -> Viewer {
    Viewer::system(info(tenant), clock, ids)
}
