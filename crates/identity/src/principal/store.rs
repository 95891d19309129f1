//! Loading a principal: one statement for who they are, one for what their roles allow.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use kernel::{
    assignment,
    catalogue::{Catalogue, SystemRole},
    db::Db,
    error::Result,
    id::{AccountId, MembershipId, RoleId, TenantId, UserId},
    locale::{Locale, TimeZone},
    money::Currency,
    viewer::TenantInfo,
    workweek::WorkingWeek,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, FromQueryResult,
    sea_query::{Expr, ExprTrait, Func, IntoCondition, Query, SelectStatement, UnionType},
};

use super::{HeldRole, Principal, cache::TTL};
use crate::{
    membership::entity as membership,
    role::{
        entity as role, held, permission,
        rules::{self, Matrix},
    },
    tenant::entity as tenant,
    user::entity as user,
};

/// Who somebody is in a tenant.
#[derive(FromQueryResult)]
struct Person {
    membership: MembershipId,
    membership_status: String,
    account: Option<AccountId>,
    locale: Locale,
    time_zone: TimeZone,
    slug: String,
    tenant_status: String,
    tenant_locale: Locale,
    tenant_currency: Currency,
    tenant_time_zone: TimeZone,
    tenant_week: i32,
    tenant_day: i32,
}

/// One permission of one role that somebody holds; none for a role without rows.
#[derive(FromQueryResult)]
struct Held {
    role: RoleId,
    key: String,
    name: String,
    system: bool,
    expires_at: Option<DateTime<Utc>>,
    everywhere: bool,
    permission: Option<String>,
    reach: Option<String>,
}

/// The principal, as it is at `now`.
pub(super) async fn load(
    db: &Db,
    catalogue: &Catalogue,
    tenant: TenantId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Option<Principal>> {
    let backend = db.get_database_backend();
    let Some(person) = Person::find_by_statement(backend.build(&person(tenant, user))).one(db).await? else {
        return Ok(None);
    };
    let held = Held::find_by_statement(backend.build(&held(tenant, user, now))).all(db).await?;
    Ok(Some(assemble(catalogue, tenant, user, now, person, held)))
}

fn assemble(
    catalogue: &Catalogue,
    tenant: TenantId,
    user: UserId,
    now: DateTime<Utc>,
    person: Person,
    held: Vec<Held>,
) -> Principal {
    let valid_until = held.iter().filter_map(|row| row.expires_at).fold(now + TTL, Ord::min);
    let mut roles: BTreeMap<RoleId, (HeldRole, Matrix, bool)> = BTreeMap::new();
    for row in held {
        let Held { role: id, key, name, system, everywhere, permission, reach, .. } = row;
        let (_, allows, is_everywhere) = roles.entry(id).or_insert_with(|| {
            let allows = match SystemRole::from_key(&key) {
                Some(role) if system => Matrix::of_system(catalogue, role),
                _ => Matrix::default(),
            };
            (HeldRole { id, key, name }, allows, false)
        });
        *is_everywhere |= everywhere;
        if let (false, Some(permission), Some(reach)) = (system, permission, reach) {
            *allows = std::mem::take(allows).join(&Matrix::of_rows(catalogue, [(&*permission, &*reach)]));
        }
    }
    let everywhere =
        roles.values().filter(|held| held.2).fold(Matrix::default(), |all, held| all.join(&held.1));
    let on_assignments = roles.iter().filter(|(_, held)| !held.2).map(|(id, held)| (*id, &held.1));
    let grants = Arc::new(rules::grants(&everywhere, on_assignments));
    let mut roles: Vec<HeldRole> = roles.into_values().filter(|held| held.2).map(|held| held.0).collect();
    roles.sort_by(|one, other| one.name.cmp(&other.name).then(one.id.cmp(&other.id)));
    let Person { membership, membership_status, account, locale, time_zone, .. } = person;
    Principal {
        tenant: TenantInfo {
            id: tenant,
            slug: person.slug,
            locale: person.tenant_locale,
            currency: person.tenant_currency,
            time_zone: person.tenant_time_zone.tz(),
            working_week: WorkingWeek::from_bits(person.tenant_week).of_minutes(person.tenant_day),
        },
        tenant_status: person.tenant_status,
        user,
        membership,
        membership_status,
        account,
        locale,
        time_zone,
        roles,
        grants,
        valid_until,
    }
}

fn person(tenant: TenantId, user: UserId) -> SelectStatement {
    let mut select = Query::select();
    let mut take = |column: Expr, name: &'static str| {
        select.expr_as(column, name);
    };
    take(col(membership::Column::Id), "membership");
    take(col(membership::Column::Status), "membership_status");
    take(col(membership::Column::AccountId), "account");
    take(col(user::Column::Locale), "locale");
    take(col(user::Column::TimeZone), "time_zone");
    take(col(tenant::Column::Slug), "slug");
    take(col(tenant::Column::Status), "tenant_status");
    take(col(tenant::Column::DefaultLocale), "tenant_locale");
    take(col(tenant::Column::Currency), "tenant_currency");
    take(col(tenant::Column::TimeZone), "tenant_time_zone");
    take(col(tenant::Column::WorkingWeek), "tenant_week");
    take(col(tenant::Column::WorkingDayMinutes), "tenant_day");
    select.from(membership::Entity);
    select.inner_join(user::Entity, col(user::Column::Id).eq(col(membership::Column::UserId)));
    select.inner_join(tenant::Entity, col(tenant::Column::Id).eq(col(membership::Column::TenantId)));
    select.and_where(membership::Column::TenantId.eq(tenant)).and_where(membership::Column::UserId.eq(user));
    select
}

/// Roles of the membership, and those of assignments, each with its rows of permissions.
fn held(tenant: TenantId, user: UserId, now: DateTime<Utc>) -> SelectStatement {
    let mut mine = Query::select();
    mine.column(membership::Column::Id).from(membership::Entity);
    mine.and_where(membership::Column::TenantId.eq(tenant)).and_where(membership::Column::UserId.eq(user));
    let mut everywhere = Query::select();
    everywhere.expr_as(col(held::Column::RoleId), "role").expr_as(col(held::Column::ExpiresAt), "expires_at");
    everywhere.expr_as(Expr::val(true), "everywhere").from(held::Entity);
    everywhere
        .and_where(held::Column::TenantId.eq(tenant))
        .and_where(held::Column::MembershipId.in_subquery(mine));
    everywhere.cond_where(not_expired(held::Column::ExpiresAt, now));

    // Reason: one row a role, however many projects somebody has it on.
    let mut assigned = Query::select();
    assigned.expr_as(col(assignment::Column::RoleId), "role");
    assigned.expr_as(Func::min(col(assignment::Column::ExpiresAt)), "expires_at");
    assigned.expr_as(Expr::val(false), "everywhere").from(assignment::Entity);
    assigned
        .and_where(assignment::Column::TenantId.eq(tenant))
        .and_where(assignment::Column::UserId.eq(user));
    assigned.and_where(assignment::Column::RoleId.is_not_null());
    assigned.cond_where(not_expired(assignment::Column::ExpiresAt, now));
    assigned.add_group_by([col(assignment::Column::RoleId)]);
    everywhere.union(UnionType::All, assigned);

    let mut select = Query::select();
    select.expr_as(col(role::Column::Id), "role").expr_as(col(role::Column::Key), "key");
    select.expr_as(col(role::Column::Name), "name").expr_as(col(role::Column::System), "system");
    select
        .expr_as(Expr::col(("h", "expires_at")), "expires_at")
        .expr_as(Expr::col(("h", "everywhere")), "everywhere");
    select.expr_as(col(permission::Column::Permission), "permission");
    select.expr_as(col(permission::Column::Reach), "reach");
    select.from_subquery(everywhere, "h");
    let same_role = col(role::Column::Id).eq(Expr::col(("h", "role")));
    select.inner_join(role::Entity, same_role.and(role::Column::TenantId.eq(tenant)));
    let of_role = col(permission::Column::RoleId).eq(col(role::Column::Id));
    select.left_join(permission::Entity, of_role.and(permission::Column::TenantId.eq(tenant)));
    select
}

fn not_expired(column: impl ColumnTrait, now: DateTime<Utc>) -> Condition {
    Condition::any().add(column.is_null()).add(column.gt(now)).into_condition()
}

fn col(column: impl ColumnTrait) -> Expr {
    Expr::col(column.as_column_ref())
}
