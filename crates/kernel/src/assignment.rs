//! Who works on what: the one table that the reach `assigned` reads, written by every domain that puts people on
//! projects or accounts.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    Condition,
    entity::prelude::*,
    sea_query::{ExprTrait, IntoCondition, Query, SelectStatement},
};
use serde_json::{Map, json};

use crate::{
    act::{About, Act, Recorded},
    error::{Error, Result},
    id::{AccountId, AssignmentId, ProjectId, RoleId, TenantId, TypedId, UserId},
    policy::{Anchors, Guarded, Near},
    viewer::{Permission, Reach, Viewer},
};

/// A person on a project or an account, with the role they have there.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignments")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AssignmentId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Who.
    pub user_id: UserId,
    /// `project` or `account`.
    pub kind: String,
    /// The project, for `project`.
    pub project_id: Option<ProjectId>,
    /// The account, for `account`; the project's account, if any, for `project`.
    pub account_id: Option<AccountId>,
    /// The role there; without one, the person's roles in the tenant decide what `assigned` means.
    pub role_id: Option<RoleId>,
    /// What made it: `manager`, `team` or `direct`.
    pub source: String,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// No relations: other tables are reached by id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "Assignment";
    const EVENT: &'static str = "identity.assignment";

    fn refs(model: &Model) -> Map<String, serde_json::Value> {
        let mut refs = Map::new();
        refs.insert("user".to_owned(), json!(model.user_id));
        refs.insert("role".to_owned(), json!(model.role_id));
        refs.insert("project".to_owned(), json!(model.project_id));
        refs.insert("account".to_owned(), json!(model.account_id));
        refs
    }

    fn about(model: &Model) -> About {
        About { project: model.project_id, account: model.account_id, ..About::person(model.user_id) }
    }
}

/// See who works on what.
pub const READ: Permission =
    Permission::new("identity.assignment.read", "See who is assigned to projects and accounts.");

#[async_trait]
impl Guarded for Entity {
    type Id = AssignmentId;
    const READ: Permission = READ;

    fn id_column() -> Column {
        Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Column::TenantId.eq(tenant).into_condition()
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        Anchors {
            own: vec![Expr::col(Column::UserId.as_column_ref())],
            project: Some(Expr::col(Column::ProjectId.as_column_ref())),
            account: Some(Expr::col(Column::AccountId.as_column_ref())),
        }
        .within(viewer, near)
    }
}

/// What puts a person on something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Being the manager of the project or the owner of the account.
    Manager,
    /// Being a member of the project's team.
    Team,
    /// An administrator's decision.
    Direct,
}

impl Source {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Team => "team",
            Self::Direct => "direct",
        }
    }
}

/// What a person is put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A project, with its account.
    Project(ProjectId, Option<AccountId>),
    /// An account with all its projects.
    Account(AccountId),
}

/// A new assignment.
#[derive(Clone, Debug)]
pub struct NewAssignment {
    /// Who.
    pub user: UserId,
    /// On what.
    pub target: Target,
    /// With which role there.
    pub role: Option<RoleId>,
    /// What made it.
    pub source: Source,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Puts a person on a project or an account.
///
/// # Errors
/// The database refuses a second assignment of one person to one target from one source.
pub async fn assign(act: &mut Act, new: NewAssignment) -> Result<Model> {
    let model = row(act, new);
    act.insert(model).await
}

/// The row that puts a person on a project or an account, for acts that write it with others.
pub fn row(act: &Act, new: NewAssignment) -> Model {
    let (kind, project_id, account_id) = match new.target {
        Target::Project(project, account) => ("project", Some(project), account),
        Target::Account(account) => ("account", None, Some(account)),
    };
    Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        user_id: new.user,
        kind: kind.to_owned(),
        project_id,
        account_id,
        role_id: new.role,
        source: new.source.as_str().to_owned(),
        expires_at: new.expires_at,
        created_at: act.now(),
    }
}

/// Takes a person off a target, as far as `source` put them there; what does not exist is no error.
pub async fn unassign(act: &mut Act, user: UserId, target: Target, source: Source) -> Result<()> {
    let mut found = of_target(act.viewer().tenant_id(), target);
    found = found.filter(Column::UserId.eq(user)).filter(Column::Source.eq(source.as_str()));
    let rows = found.all(act.conn()).await?;
    act.delete_all(rows).await
}

/// Gives every place on projects (or, with `accounts`, on accounts) that `source` gave `from` to `to`, or to nobody;
/// where `to` has the place already, it is not given twice.
pub async fn hand_over(
    act: &mut Act,
    from: UserId,
    to: Option<UserId>,
    accounts: bool,
    source: Source,
) -> Result<()> {
    let kind = if accounts { "account" } else { "project" };
    let people: Vec<UserId> = [Some(from), to].into_iter().flatten().collect();
    let rows = of_people(act.viewer().tenant_id(), &people)
        .filter(Column::Kind.eq(kind))
        .filter(Column::Source.eq(source.as_str()));
    let (theirs, taken): (Vec<Model>, Vec<Model>) =
        rows.all(act.conn()).await?.into_iter().partition(|row| row.user_id == from);
    let mut given = Vec::new();
    if let Some(to) = to.filter(|to| *to != from) {
        let place = |row: &Model| (row.project_id, row.account_id.filter(|_| accounts));
        let taken: HashSet<_> = taken.iter().map(place).collect();
        let free = theirs.iter().filter(|row| !taken.contains(&place(row)));
        let (now, viewer) = (act.now(), act.viewer());
        given = free
            .map(|row| Model { id: viewer.ids.generate(), user_id: to, created_at: now, ..row.clone() })
            .collect();
    }
    act.delete_all(theirs).await?;
    act.insert_all(given).await.map(drop)
}

/// Everything that any of these people is put on.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
fn of_people(tenant: TenantId, people: &[UserId]) -> Select<Entity> {
    let people = people.iter().map(|user| user.uuid());
    Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::UserId.is_in(people))
}

/// Follows a project that moves to another account (or to none).
pub async fn move_project(act: &mut Act, project: ProjectId, account: Option<AccountId>) -> Result<()> {
    let rows = of_target(act.viewer().tenant_id(), Target::Project(project, None)).all(act.conn()).await?;
    let moved = rows.into_iter().filter(|row| row.account_id != account).collect();
    act.update_all(moved, |row| row.account_id = account).await
}

/// Everybody on a target, one row for each source.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub fn of_target(tenant: TenantId, target: Target) -> Select<Entity> {
    let select = Entity::find().filter(Column::TenantId.eq(tenant));
    match target {
        Target::Project(project, _) => select.filter(Column::ProjectId.eq(project)),
        Target::Account(account) => {
            select.filter(Column::Kind.eq("account")).filter(Column::AccountId.eq(account))
        }
    }
}

/// Errs unless the act's viewer may decide who works for an account: by a role in the tenant, or because they are on
/// the account itself. Who is on one of its projects sees the account, too, but putting anybody (such as themselves) on
/// the account would open all its other projects.
///
/// # Errors
/// FORBIDDEN.
pub async fn require_account(act: &Act, permission: Permission, account: AccountId) -> Result<()> {
    let viewer = act.viewer();
    if viewer.reaches(permission, Reach::Tenant) {
        return Ok(());
    }
    let lacks = || Error::lacks(permission.name);
    let user = viewer.user_id().ok_or_else(lacks)?;
    let lasting = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(act.now()));
    let on = of_target(viewer.tenant_id(), Target::Account(account)).filter(Column::UserId.eq(user));
    let on = on.filter(lasting).one(act.conn()).await?;
    on.map(drop).ok_or_else(lacks)
}

/// Ids of the projects that the viewer is assigned to, with one of `roles` if given.
pub fn projects_of(viewer: &Viewer, roles: Option<&[RoleId]>) -> SelectStatement {
    mine(viewer, roles, Column::ProjectId).and_where(Column::Kind.eq("project")).to_owned()
}

/// Ids of the accounts that the viewer is assigned to as such, with one of `roles` if given.
pub fn accounts_of(viewer: &Viewer, roles: Option<&[RoleId]>) -> SelectStatement {
    mine(viewer, roles, Column::AccountId).and_where(Column::Kind.eq("account")).to_owned()
}

/// Ids of the accounts that the viewer works for: assigned as such, or through one of their projects.
pub fn touched_accounts_of(viewer: &Viewer) -> SelectStatement {
    mine(viewer, None, Column::AccountId).and_where(Column::AccountId.is_not_null()).to_owned()
}

fn mine(viewer: &Viewer, roles: Option<&[RoleId]>, column: Column) -> SelectStatement {
    let mut select = Query::select();
    select.column(column).from(Entity);
    select.and_where(Column::TenantId.eq(viewer.tenant_id()));
    match viewer.user_id() {
        Some(user) => select.and_where(Column::UserId.eq(user)),
        None => select.and_where(Expr::val(1).eq(0)),
    };
    select
        .cond_where(Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(viewer.now)));
    if let Some(roles) = roles {
        select.and_where(Column::RoleId.is_in(roles.iter().map(|role| role.uuid())));
    }
    select
}
