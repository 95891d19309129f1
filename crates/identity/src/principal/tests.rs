//! Which events make principals old, and that nothing old is believed.

use kernel::{
    id::{AssignmentId, EventId, RoleId},
    locale::{Locale, TimeZone},
    money::Currency,
};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::testing::{ids, noon};

fn event(kind: &str, subject: Uuid, payload: Json) -> Published {
    Published {
        position: 1,
        id: ids().generate::<EventId>(),
        tenant: tenant(),
        kind: kind.to_owned(),
        subject_type: String::new(),
        subject_id: subject,
        payload,
    }
}

fn tenant() -> TenantId {
    TenantId::from_uuid(Uuid::from_u128(1))
}

fn user() -> UserId {
    UserId::from_uuid(Uuid::from_u128(2))
}

fn principal(valid_until: DateTime<Utc>) -> Arc<Principal> {
    Arc::new(Principal {
        tenant: TenantInfo {
            id: tenant(),
            slug: "acme".to_owned(),
            locale: Locale::en(),
            currency: Currency::EUR,
            time_zone: chrono_tz::UTC,
            working_week: Default::default(),
        },
        tenant_status: "active".to_owned(),
        user: user(),
        membership: MembershipId::from_uuid(Uuid::from_u128(3)),
        membership_status: "active".to_owned(),
        account: None,
        locale: Locale::en(),
        time_zone: TimeZone::UTC,
        roles: Vec::new(),
        grants: Arc::new(Grants::None),
        valid_until,
    })
}

fn later() -> DateTime<Utc> {
    noon() + chrono::TimeDelta::seconds(60)
}

async fn is_known(cache: &Cache, now: DateTime<Utc>) -> bool {
    cache.get(tenant(), user(), cache.stamp(tenant(), user()), now).await.is_some()
}

#[tokio::test]
async fn principal_is_believed_until_it_ends() {
    let cache = Cache::default();
    cache.put(cache.stamp(tenant(), user()), principal(later())).await;
    assert!(is_known(&cache, noon()).await);
    assert!(!is_known(&cache, later()).await);
}

#[tokio::test]
async fn principal_loaded_before_it_was_forgotten_is_never_believed() {
    let cache = Cache::default();
    let forgets: [fn(&Cache); 3] = [
        |cache| cache.forget_user(user()),
        |cache| cache.forget_tenant(tenant()),
        |cache| cache.forget_all(),
    ];
    for forget in forgets {
        let began = cache.stamp(tenant(), user());
        forget(&cache);
        cache.put(began, principal(later())).await;
        assert!(!is_known(&cache, noon()).await);
        cache.put(cache.stamp(tenant(), user()), principal(later())).await;
        assert!(is_known(&cache, noon()).await);
    }
}

#[tokio::test]
async fn forgetting_somebody_else_forgets_nobody_here() {
    let cache = Cache::default();
    cache.put(cache.stamp(tenant(), user()), principal(later())).await;
    cache.forget_user(UserId::from_uuid(Uuid::from_u128(99)));
    cache.forget_tenant(TenantId::from_uuid(Uuid::from_u128(99)));
    assert!(is_known(&cache, noon()).await);
}

#[test]
fn events_make_old_what_they_touch() {
    let nobody = Uuid::from_u128(9);
    let refs = |role: Option<RoleId>| json!({ "refs": { "user": user(), "role": role } });
    let role = Some(RoleId::from_uuid(Uuid::from_u128(4)));
    let old = |kind: &str, payload: Json| what_is_old(&event(kind, nobody, payload));

    assert_eq!(old("identity.role.updated", json!({})), Old::Tenant);
    assert_eq!(old("identity.membership_role.deleted", json!({})), Old::Tenant);
    assert_eq!(old("identity.tenant.updated", json!({})), Old::Tenant);
    assert_eq!(old("identity.membership.updated", refs(None)), Old::User(user()));
    assert_eq!(old("identity.membership.updated", json!({})), Old::Tenant);
    assert_eq!(old("identity.assignment.created", refs(role)), Old::User(user()));
    assert_eq!(old("identity.api_key.updated", json!({})), Old::Keys);
    assert_eq!(what_is_old(&event("identity.user.updated", user().uuid(), json!({}))), Old::User(user()));
}

#[test]
fn events_that_change_no_grants_make_nothing_old() {
    let subject = ids().generate::<AssignmentId>().uuid();
    let old = |kind: &str, payload: Json| what_is_old(&event(kind, subject, payload));
    let plain = json!({ "changed": ["user_id"], "refs": { "user": user(), "role": null } });
    assert_eq!(old("identity.assignment.created", plain), Old::Nothing);
    let lost_role = json!({ "changed": ["role_id"], "refs": { "user": user(), "role": null } });
    assert_eq!(old("identity.assignment.updated", lost_role), Old::User(user()));
    assert_eq!(old("identity.membership.updated", json!({ "changed": ["last_seen_at"] })), Old::Nothing);
    assert_eq!(old("identity.session.created", json!({})), Old::Nothing);
    assert_eq!(old("projects.project.updated", json!({})), Old::Nothing);
}
