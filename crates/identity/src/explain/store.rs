//! Reading what an explanation says about a person's roles and assignments, those that have ended included.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kernel::{
    assignment,
    db::Db,
    error::Result,
    id::{AnyId, IdKind, RoleId, TypedId},
    policy::Guarded,
    viewer::Permission,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rules::{AssignmentFact, Facts, RoleFact};
use crate::{
    Identity,
    principal::Principal,
    role::{self, entity, held},
};

/// Most assignments that one explanation looks at, the newest first.
const MAX_ASSIGNMENTS: u64 = 500;

/// Most assignments that one reason lists.
const MAX_LISTED: usize = 20;

/// Adds the person's roles, in the tenant and on assignments, and the assignments that concern the row.
pub(super) async fn add_roles(
    facts: &mut Facts,
    identity: &Identity,
    db: &Db,
    person: &Principal,
    permission: Permission,
    id: AnyId,
) -> Result<()> {
    let (tenant, now) = (person.tenant.id, identity.clock.now());
    let of_member = held::Column::MembershipId.eq(person.membership);
    let held: Vec<held::Model> = role::held_in(tenant).filter(of_member).all(db).await?;
    let assignments = assignment::Entity::of_tenant(tenant)
        .filter(assignment::Column::UserId.eq(person.user))
        .order_by_desc(assignment::Column::CreatedAt)
        .limit(MAX_ASSIGNMENTS)
        .all(db)
        .await?;
    let ids = held.iter().map(|row| row.role_id).chain(assignments.iter().filter_map(|row| row.role_id));
    let ids: Vec<_> = ids.map(|role| role.uuid()).collect();
    let rows = entity::Entity::of_tenant(tenant).filter(entity::Column::Id.is_in(ids)).all(db).await?;
    let allows = role::matrices(db, &identity.catalogue, &rows).await?;
    let fact = |id: RoleId, expires_at: Option<DateTime<Utc>>| {
        let role = rows.iter().find(|role| role.id == id)?;
        Some(RoleFact {
            id,
            name: role.name.clone(),
            reach: allows.get(&id).and_then(|allows| allows.reach(permission.name)),
            expires_at,
            expired: expires_at.is_some_and(|end| end <= now),
            near: false,
            assignments: Vec::new(),
        })
    };
    facts.roles = held.iter().filter_map(|row| fact(row.role_id, row.expires_at)).collect();
    facts.roles.sort_by(|one, other| one.expired.cmp(&other.expired).then(one.name.cmp(&other.name)));

    let mut by_role: HashMap<RoleId, Vec<AssignmentFact>> = HashMap::new();
    for row in &assignments {
        let Some((of, resource)) = row.role_id.zip(resource(row)) else { continue };
        if !facts.roles.iter().any(|role| role.id == of && !role.expired) {
            by_role.entry(of).or_default().push(listed(row, resource, now));
        }
    }
    facts.on_assignments = by_role
        .into_iter()
        .filter_map(|(role, mut assignments)| {
            let expired = assignments.iter().all(|assignment| assignment.expired);
            assignments.truncate(MAX_LISTED);
            Some(RoleFact { expired, assignments, ..fact(role, None)? })
        })
        .collect();
    facts.on_assignments.sort_by(|one, other| one.name.cmp(&other.name));
    let concerned = assignments.iter().filter(|row| concerns(row, id)).take(MAX_LISTED);
    facts.assignments = concerned.filter_map(|row| Some(listed(row, resource(row)?, now))).collect();
    Ok(())
}

/// Whether an assignment is to the row itself, or to something of the row.
fn concerns(row: &assignment::Model, id: AnyId) -> bool {
    match id.kind {
        IdKind::ProjectId => row.project_id.is_some_and(|project| project.uuid() == id.uuid),
        IdKind::AccountId => row.account_id.is_some_and(|account| account.uuid() == id.uuid),
        _ => false,
    }
}

fn resource(row: &assignment::Model) -> Option<AnyId> {
    row.project_id.map(AnyId::from).or(row.account_id.map(AnyId::from))
}

fn listed(row: &assignment::Model, resource: AnyId, now: DateTime<Utc>) -> AssignmentFact {
    AssignmentFact {
        id: row.id,
        resource,
        source: row.source.clone(),
        expires_at: row.expires_at,
        expired: row.expires_at.is_some_and(|end| end <= now),
    }
}
