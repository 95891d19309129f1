//! Rows: which of them a viewer may see or touch, as one SQL condition. Each entity says what is near to whom
//! ([`Guarded::within`]); here this is joined with the viewer's grants.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, IntoCondition, SelectStatement},
};
use uuid::Uuid;

use crate::{
    assignment,
    db::Db,
    error::{Error, Result},
    id::{AccountId, RoleId, TenantId, TypedId},
    viewer::{Permission, Reach, Viewer},
};

/// One way in which rows can be near to a viewer.
#[derive(Clone, Copy, Debug)]
pub enum Near<'a> {
    /// The viewer's own.
    Own,
    /// Of a project or account that the viewer is assigned to.
    Assigned,
    /// Of the viewer's account (clients), or of an account the viewer works for (staff).
    Account,
    /// Of a project or account assigned to the viewer with one of these roles.
    AssignedAs(&'a [RoleId]),
}

/// An entity whose rows are guarded. Its `find` doors are opened here and nowhere else.
#[async_trait]
pub trait Guarded: EntityTrait {
    /// The typed id of its rows.
    type Id: TypedId;

    /// The permission that reading a row needs.
    const READ: Permission;

    /// The id column, always a uuid.
    fn id_column() -> Self::Column;

    /// Rows of a tenant.
    fn in_tenant(tenant: TenantId) -> Condition;

    /// Rows near to the viewer in one way; the tenant is added by the caller.
    fn within(viewer: &Viewer, near: Near<'_>) -> Condition;

    /// The rows on which the viewer holds `permission`: where every query of a request starts.
    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        Self::of_tenant(viewer.tenant_id()).filter(allowed::<Self>(viewer, permission))
    }

    /// Every row of a tenant, whoever asks: for the rules of a domain (uniqueness, counts), never for answers.
    #[expect(clippy::disallowed_methods, reason = "this is the scoped door")]
    fn of_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Self::in_tenant(tenant))
    }

    /// The row with this id on which the viewer holds `permission`, or NOT_FOUND.
    async fn fetch(db: &Db, viewer: &Viewer, permission: Permission, id: Self::Id) -> Result<Self::Model> {
        Self::fetch_in(db, viewer, permission, id).await
    }

    /// As [`Guarded::fetch`], on any connection (inside an act).
    async fn fetch_in<C: sea_orm::ConnectionTrait>(
        db: &C,
        viewer: &Viewer,
        permission: Permission,
        id: Self::Id,
    ) -> Result<Self::Model> {
        Self::visible(viewer, permission)
            .filter(Self::id_column().eq(id.uuid()))
            .one(db)
            .await?
            .ok_or_else(|| Error::not_found(Self::Id::TYPE, id.to_string()))
    }

    /// The row for a change that needs `permission`: NOT_FOUND if the viewer may not even read it, FORBIDDEN if they
    /// may read it but hold `permission` on it not.
    async fn fetch_to<C: sea_orm::ConnectionTrait>(
        db: &C,
        viewer: &Viewer,
        permission: Permission,
        id: Self::Id,
    ) -> Result<Self::Model> {
        let row = Self::fetch_in(db, viewer, Self::READ, id).await?;
        if permission != Self::READ && !can_in::<Self, C>(db, viewer, permission, id.uuid()).await? {
            return Err(Error::lacks(permission.name));
        }
        Ok(row)
    }
}

/// The condition that the viewer's grant of `permission` puts on rows of `E`, without the tenant.
pub fn allowed<E: Guarded>(viewer: &Viewer, permission: Permission) -> Condition {
    let grant = viewer.grant(permission);
    let mut any = match grant.reach {
        None => nothing(),
        Some(Reach::Tenant) => return Condition::all(),
        Some(Reach::Own) => Condition::any().add(E::within(viewer, Near::Own)),
        Some(Reach::Assigned) => {
            Condition::any().add(E::within(viewer, Near::Own)).add(E::within(viewer, Near::Assigned))
        }
        // Reason: for a client this reach is the own account and nothing beside it, not even own rows of another one.
        Some(Reach::Account) if viewer.is_client() => Condition::any().add(E::within(viewer, Near::Account)),
        Some(Reach::Account) => Condition::any()
            .add(E::within(viewer, Near::Own))
            .add(E::within(viewer, Near::Assigned))
            .add(E::within(viewer, Near::Account)),
    };
    if !grant.scoped_roles.is_empty() {
        any = any.add(E::within(viewer, Near::AssignedAs(&grant.scoped_roles)));
    }
    any
}

/// Whether the viewer holds `permission` on the row with this id.
pub async fn can<E: Guarded>(db: &Db, viewer: &Viewer, permission: Permission, id: Uuid) -> Result<bool> {
    can_in::<E, Db>(db, viewer, permission, id).await
}

/// As [`can`], on any connection (inside an act).
pub async fn can_in<E: Guarded, C: sea_orm::ConnectionTrait>(
    db: &C,
    viewer: &Viewer,
    permission: Permission,
    id: Uuid,
) -> Result<bool> {
    exists(db, E::visible(viewer, permission).filter(E::id_column().eq(id))).await
}

/// Whether a row with this id is near to the viewer in one way: the parts that an explanation shows.
pub async fn is_near<E: Guarded>(db: &Db, viewer: &Viewer, near: Near<'_>, id: Uuid) -> Result<bool> {
    let select =
        E::of_tenant(viewer.tenant_id()).filter(E::within(viewer, near)).filter(E::id_column().eq(id));
    exists(db, select).await
}

async fn exists<E: EntityTrait, C: sea_orm::ConnectionTrait>(db: &C, select: Select<E>) -> Result<bool> {
    let found =
        select.select_only().expr_as(Expr::val(1), "found").limit(1).into_tuple::<i32>().one(db).await?;
    Ok(found.is_some())
}

/// A condition that no row meets.
pub fn nothing() -> Condition {
    Condition::any().add(Expr::val(1).eq(0))
}

/// What a row hangs on, for the usual kinds of nearness. A `None` means that the row is near to nobody that way.
pub struct Anchors {
    /// Columns with the user whose own the row is.
    pub own: Vec<Expr>,
    /// The project.
    pub project: Option<Expr>,
    /// The account.
    pub account: Option<Expr>,
}

impl Anchors {
    /// The condition for one kind of nearness.
    pub fn within(self, viewer: &Viewer, near: Near<'_>) -> Condition {
        let mut any = nothing();
        match near {
            Near::Own => {
                if let Some(user) = viewer.user_id() {
                    for column in self.own {
                        any = any.add(column.eq(user.uuid()));
                    }
                }
            }
            Near::Assigned => any = self.assigned(viewer, None),
            Near::AssignedAs(roles) => any = self.assigned(viewer, Some(roles)),
            Near::Account => {
                if let Some(account) = self.account {
                    any = any.add(within_accounts(viewer, account));
                }
            }
        }
        any
    }

    fn assigned(self, viewer: &Viewer, roles: Option<&[RoleId]>) -> Condition {
        let mut any = nothing();
        if let Some(project) = self.project {
            any = any.add(project.in_subquery(assignment::projects_of(viewer, roles)));
        }
        if let Some(account) = self.account {
            any = any.add(account.in_subquery(assignment::accounts_of(viewer, roles)));
        }
        any
    }
}

/// Rows whose account is the client's, or one that the staff member works for.
pub fn within_accounts(viewer: &Viewer, account: Expr) -> Condition {
    match viewer.account {
        Some(own) => account.eq(own.uuid()).into_condition(),
        None => account.in_subquery(assignment::touched_accounts_of(viewer)).into_condition(),
    }
}

/// Ids of the rows of `E` near to the viewer, for entities that hang on `E`: `task.project_id in (…)`.
pub fn ids_within<E: Guarded>(viewer: &Viewer, near: Near<'_>) -> SelectStatement {
    let mut select = E::of_tenant(viewer.tenant_id()).filter(E::within(viewer, near)).select_only();
    select = select.column(E::id_column());
    select.into_query()
}

/// The account of a viewer that must be a client.
pub fn client_account(viewer: &Viewer) -> Option<AccountId> {
    viewer.account
}
