//! What each plan allows, and how much of it is used.

use async_graphql::SimpleObject;
use kernel::{Error, Result, Text, act::Act, policy::Guarded};
use sea_orm::{ColumnTrait, ConnectionTrait, PaginatorTrait, QueryFilter};

use super::{
    entity::Model,
    rules::{Plan, plan, words},
};
use crate::membership::entity as membership;

/// A limit of the plan is reached.
pub const PLAN_LIMIT: Text = Text::new(
    "plan_limit",
    "The plan {plan} allows {allowed} ({limit}). Choose a larger plan, or make room.",
    "L'offre {plan} en permet {allowed} ({limit}). Choisissez une offre supérieure ou libérez de la place.",
);

words! {
    /// Something that a plan limits.
    PlanLimit {
        /// People who are not deactivated.
        Users = "users",
        /// Bytes of stored files.
        StorageBytes = "storage_bytes",
        /// Requests a minute.
        RequestsPerMinute = "requests_per_minute",
        /// Custom fields.
        CustomFields = "custom_fields",
        /// Workflows.
        Workflows = "workflows",
    }
}

const GIB: i64 = 1 << 30;

/// What a plan allows; none is unlimited. In the order of [`PlanLimit::ALL`].
const ALLOWED: [(Plan, [Option<i64>; 5]); 4] = [
    (Plan::Starter, [Some(5), Some(5 * GIB), Some(100), Some(10), Some(3)]),
    (Plan::Professional, [Some(25), Some(50 * GIB), Some(500), Some(50), Some(25)]),
    (Plan::Business, [Some(100), Some(500 * GIB), Some(2_000), Some(200), Some(100)]),
    (Plan::Enterprise, [None, Some(5_000 * GIB), Some(10_000), None, None]),
];

/// How much of something a tenant may have; none is unlimited. What was agreed with the tenant goes before the plan.
pub fn allowed(tenant: &Model, limit: PlanLimit) -> Option<i64> {
    if let Some(agreed) = tenant.limit_overrides.get(limit.as_str()) {
        return agreed.as_i64();
    }
    let plan = plan(tenant);
    let row = ALLOWED.iter().find(|(known, _)| *known == plan)?;
    let place = PlanLimit::ALL.iter().position(|known| *known == limit)?;
    row.1[place]
}

/// LIMITED if `more` on top of `used` passes the tenant's limit.
///
/// # Errors
/// `plan_limit`, naming limit and plan.
pub fn check_limit(tenant: &Model, limit: PlanLimit, used: i64, more: i64) -> Result<()> {
    match allowed(tenant, limit) {
        Some(allowed) if used.saturating_add(more) > allowed => {
            let said = PLAN_LIMIT
                .with("plan", plan(tenant).as_str())
                .with("limit", limit.as_str())
                .with("allowed", allowed);
            Err(Error::limited(said, None))
        }
        _ => Ok(()),
    }
}

/// LIMITED if `more` people would be too many. Takes the tenant's row, so that two who come at once are counted one
/// after the other.
///
/// # Errors
/// As [`check_limit`].
pub async fn check_users(act: &Act, tenant: &Model, more: i64) -> Result<()> {
    let tenant = super::lock(act, tenant.id).await?;
    let used = users(act.conn(), &tenant).await?;
    check_limit(&tenant, PlanLimit::Users, used, more)
}

/// How many people the tenant has: not those who were deactivated, nor those who registered and have not confirmed, who
/// may be anybody's invention.
pub async fn users(db: &impl ConnectionTrait, tenant: &Model) -> Result<i64> {
    let people = membership::Entity::of_tenant(tenant.id).filter(membership::Column::Status.eq("active"));
    Ok(i64::try_from(people.count(db).await?).unwrap_or(i64::MAX))
}

/// A limit of a tenant and how much of it is used.
#[derive(Clone, Debug, SimpleObject)]
pub struct LimitUse {
    /// What is limited.
    pub name: PlanLimit,
    /// How much is used now; null where nothing is counted, such as for a rate.
    pub used: Option<i64>,
    /// How much is allowed; null if there is no bound.
    pub allowed: Option<i64>,
}

/// Every limit of a tenant.
pub async fn report(db: &impl ConnectionTrait, tenant: &Model) -> Result<Vec<LimitUse>> {
    let people = users(db, tenant).await?;
    let of = |name| LimitUse {
        name,
        used: (name == PlanLimit::Users).then_some(people),
        allowed: allowed(tenant, name),
    };
    Ok(PlanLimit::ALL.iter().copied().map(of).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    #[test]
    fn plans_allow_what_they_promise() {
        let mut tenant = testing::tenant();
        let mut of = |plan: &str, limit| {
            tenant.plan = plan.into();
            allowed(&tenant, limit)
        };
        let users =
            ["starter", "professional", "business", "enterprise"].map(|plan| of(plan, PlanLimit::Users));
        assert_eq!(users, [Some(5), Some(25), Some(100), None]);
        let rates = ["starter", "professional", "business", "enterprise"]
            .map(|plan| of(plan, PlanLimit::RequestsPerMinute));
        assert_eq!(rates, [Some(100), Some(500), Some(2_000), Some(10_000)]);
    }

    #[test]
    fn limit_is_reached_by_the_first_one_too_many() {
        let tenant = testing::tenant();
        assert!(check_limit(&tenant, PlanLimit::Users, 4, 1).is_ok());
        let error = check_limit(&tenant, PlanLimit::Users, 5, 1).unwrap_err();
        assert_eq!(error.code(), "LIMITED");
        let said = error.message().render(kernel::locale::Language::En);
        assert!(said.contains("starter") && said.contains("users") && said.contains('5'), "{said}");
    }

    #[test]
    fn what_was_agreed_goes_before_the_plan() {
        let mut tenant = testing::tenant();
        tenant.limit_overrides = json!({ "users": 7, "workflows": null });
        assert!(check_limit(&tenant, PlanLimit::Users, 6, 1).is_ok());
        assert!(check_limit(&tenant, PlanLimit::Users, 7, 1).is_err());
        assert!(check_limit(&tenant, PlanLimit::Workflows, i64::MAX, 1).is_ok(), "null is unlimited");
        assert!(check_limit(&tenant, PlanLimit::CustomFields, 10, 1).is_err(), "the plan's limit stays");
    }

    #[test]
    fn plan_unknown_to_this_version_counts_as_the_smallest() {
        let mut tenant = testing::tenant();
        tenant.plan = "galactic".into();
        assert_eq!(allowed(&tenant, PlanLimit::Users), Some(5));
    }
}
