//! Rows of people: users, memberships, invitations, sessions.

use async_trait::async_trait;
use kernel::{
    assignment,
    id::{InvitationId, MembershipId, RoleId, SessionId, TenantId, UserId},
    policy::{Anchors, Guarded, Near, allowed, ids_within, nothing},
    viewer::{Actor, Permission, Viewer},
};
use sea_orm::{
    ColumnTrait, Condition, QueryFilter, Select,
    sea_query::{Expr, IntoCondition, Query, SelectStatement},
};

use super::{SESSION_READ, USER_INVITE, USER_READ};
use crate::{
    invitation::entity as invitation, membership::entity as membership, session::entity as session,
    user::entity as user,
};

#[async_trait]
impl Guarded for user::Entity {
    type Id = UserId;
    const READ: Permission = USER_READ;

    fn id_column() -> user::Column {
        user::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        user::Column::Id.in_subquery(members(tenant)).into_condition()
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        match near {
            Near::Own => match viewer.user_id() {
                Some(me) => user::Column::Id.eq(me).into_condition(),
                None => nothing(),
            },
            Near::Assigned => user::Column::Id.in_subquery(working_with(viewer, None)).into_condition(),
            Near::AssignedAs(roles) => {
                user::Column::Id.in_subquery(working_with(viewer, Some(roles))).into_condition()
            }
            Near::Account => of_accounts(viewer),
        }
    }

    /// A client sees the staff that works for the own account, but whatever else a client may do with people goes no
    /// further than the people of that account. Who has registered and not yet confirmed is seen by nobody: anybody can
    /// register an address that is not theirs, and an agency would be shown the person it belongs to elsewhere.
    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        let mut select = Self::of_tenant(viewer.tenant_id()).filter(allowed::<Self>(viewer, permission));
        if viewer.actor != Actor::System {
            let mut confirmed = members(viewer.tenant_id());
            confirmed.and_where(has_confirmed());
            select = select.filter(user::Column::Id.in_subquery(confirmed));
        }
        if let (Some(account), true) = (viewer.account, permission != Self::READ) {
            let mut own = members(viewer.tenant_id());
            own.and_where(membership::Column::AccountId.eq(account));
            select = select.filter(user::Column::Id.in_subquery(own));
        }
        select
    }
}

/// Memberships of people who agreed to them.
fn has_confirmed() -> Expr {
    membership::Column::Status.ne("pending")
}

/// Ids of everybody in the tenant.
fn members(tenant: TenantId) -> SelectStatement {
    let mut select = Query::select();
    select.column(membership::Column::UserId).from(membership::Entity);
    select.and_where(membership::Column::TenantId.eq(tenant));
    select
}

/// Ids of the people on the viewer's projects and accounts, and of the client's people of those accounts.
fn working_with(viewer: &Viewer, roles: Option<&[RoleId]>) -> SelectStatement {
    let mut colleagues = Query::select();
    colleagues.column(assignment::Column::UserId).from(assignment::Entity);
    colleagues.and_where(assignment::Column::TenantId.eq(viewer.tenant_id()));
    colleagues.cond_where(
        Condition::any()
            .add(assignment::Column::ProjectId.in_subquery(assignment::projects_of(viewer, roles)))
            .add(assignment::Column::AccountId.in_subquery(assignment::accounts_of(viewer, roles))),
    );
    let accounts = match roles {
        Some(_) => assignment::accounts_of(viewer, roles),
        None => assignment::touched_accounts_of(viewer),
    };
    let mut clients = members(viewer.tenant_id());
    clients.and_where(membership::Column::AccountId.in_subquery(accounts));
    colleagues.union(sea_orm::sea_query::UnionType::Distinct, clients);
    colleagues
}

/// People of the viewer's accounts, and the staff that works for them.
fn of_accounts(viewer: &Viewer) -> Condition {
    let now = Condition::any()
        .add(assignment::Column::ExpiresAt.is_null())
        .add(assignment::Column::ExpiresAt.gt(viewer.now));
    let mut people = members(viewer.tenant_id());
    let mut staff = Query::select();
    staff.column(assignment::Column::UserId).from(assignment::Entity);
    staff.and_where(assignment::Column::TenantId.eq(viewer.tenant_id())).cond_where(now);
    match viewer.account {
        Some(own) => {
            people.and_where(membership::Column::AccountId.eq(own));
            staff.and_where(assignment::Column::AccountId.eq(own));
        }
        None => {
            people.and_where(
                membership::Column::AccountId.in_subquery(assignment::touched_accounts_of(viewer)),
            );
            staff.and_where(
                assignment::Column::AccountId.in_subquery(assignment::touched_accounts_of(viewer)),
            );
        }
    }
    Condition::any().add(user::Column::Id.in_subquery(people)).add(user::Column::Id.in_subquery(staff))
}

#[async_trait]
impl Guarded for membership::Entity {
    type Id = MembershipId;
    const READ: Permission = USER_READ;

    fn id_column() -> membership::Column {
        membership::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        membership::Column::TenantId.eq(tenant).into_condition()
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        membership::Column::UserId.in_subquery(ids_within::<user::Entity>(viewer, near)).into_condition()
    }

    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        let mut select = Self::of_tenant(viewer.tenant_id()).filter(allowed::<Self>(viewer, permission));
        if viewer.actor != Actor::System {
            select = select.filter(has_confirmed());
        }
        match (viewer.account, permission == Self::READ) {
            (Some(account), false) => select.filter(membership::Column::AccountId.eq(account)),
            _ => select,
        }
    }
}

#[async_trait]
impl Guarded for invitation::Entity {
    type Id = InvitationId;
    const READ: Permission = USER_INVITE;

    fn id_column() -> invitation::Column {
        invitation::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        invitation::Column::TenantId.eq(tenant).into_condition()
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        Anchors {
            own: vec![Expr::col(invitation::Column::InvitedBy.as_column_ref())],
            project: None,
            account: Some(Expr::col(invitation::Column::AccountId.as_column_ref())),
        }
        .within(viewer, near)
    }
}

#[async_trait]
impl Guarded for session::Entity {
    type Id = SessionId;
    const READ: Permission = SESSION_READ;

    fn id_column() -> session::Column {
        session::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        session::Column::TenantId.eq(tenant).into_condition()
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        Anchors {
            own: vec![Expr::col(session::Column::UserId.as_column_ref())],
            project: None,
            account: None,
        }
        .within(viewer, near)
    }

    /// Everybody sees and ends the own sessions, whatever roles say; their API keys do so by permission alone.
    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        let own = match viewer.actor {
            Actor::User(_) => Self::within(viewer, Near::Own),
            _ => nothing(),
        };
        let any = Condition::any().add(own).add(allowed::<Self>(viewer, permission));
        Self::of_tenant(viewer.tenant_id()).filter(any)
    }
}
