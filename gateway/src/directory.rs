//! What domains ask of one another, answered here: each asks through a trait of its own, and this is all of them joined.
//! Reads and checks only; a change that spans domains and is asked for by people is a flow.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use futures::{StreamExt, future::try_join_all, stream::BoxStream};
use identity::{
    Identity,
    assigning::ResourceDirectory,
    explain::AccessDirectory,
    membership,
    role::RoleUses,
    service::Neighbours,
    user::{AccountDirectory as InvitableAccounts, Reassign},
};
use kernel::{
    act::Act,
    assignment::{self, Target},
    catalogue::Catalogue,
    db::Db,
    error::{Error, Result},
    id::{AccountId, AnyId, IdKind, RoleId, TenantId, TypedId, UserId},
    locale::TimeZone,
    people::{PeopleDirectory, Person},
    policy::{Guarded, can},
    sql::one_of,
    viewer::{Permission, RequestInfo, Viewer},
};
use sea_orm::{
    ColumnTrait, DbBackend, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::LockType,
};

use crate::fanout::{Fanout, Notice};

/// Everything that domains know of one another.
#[derive(Clone)]
pub struct Directory {
    catalogue: Catalogue,
}

impl Directory {
    /// A directory over the permissions of all domains.
    pub fn new(catalogue: Catalogue) -> Arc<Self> {
        Arc::new(Self { catalogue })
    }

    /// The domains around identity.
    pub fn neighbours(self: &Arc<Self>) -> Neighbours {
        Neighbours {
            accounts: self.clone(),
            reassign: vec![self.clone()],
            role_uses: vec![self.clone()],
            resources: self.clone(),
            access: AccessDirectory::default()
                .with::<crm::account::entity::Entity>()
                .with::<crm::contact::entity::Entity>()
                .with::<projects::project::entity::Entity>()
                .with::<projects::member::entity::Entity>()
                .with::<projects::column::entity::Entity>()
                .with::<projects::task::entity::Entity>()
                .with::<projects::time::entry::entity::Entity>()
                .with::<projects::time::sheet::entity::Entity>()
                .with::<projects::time::timer::entity::Entity>()
                .with::<projects::time::activity_type::entity::Entity>()
                .with::<projects::time::rate::bill::Entity>()
                .with::<projects::time::rate::cost::Entity>()
                .with::<projects::milestone::entity::Entity>()
                .with::<projects::comment::entity::Entity>()
                .with::<projects::plan::baseline::entity::Entity>()
                .with::<projects::risk::entity::Entity>()
                .with::<projects::change_request::entity::Entity>()
                .with::<projects::decision::entity::Entity>()
                .with::<projects::report::entity::Entity>()
                .with::<projects::feedback::entity::Entity>()
                .with::<projects::calendar::entity::Entity>()
                .with::<projects::people::profile::entity::Entity>()
                .with::<projects::people::skill::entity::Entity>()
                .with::<projects::people::leave::entity::Entity>()
                .with::<projects::people::allocation::entity::Entity>()
                .with::<kernel::act::audit_entry::Entity>(),
        }
    }
}

#[async_trait]
impl InvitableAccounts for Directory {
    async fn exists(&self, db: &Db, viewer: &Viewer, account: AccountId) -> Result<bool> {
        can::<crm::account::entity::Entity>(db, viewer, crm::policy::ACCOUNTS_READ, account.uuid()).await
    }

    async fn seen(&self, db: &Db, viewer: &Viewer, accounts: &[AccountId]) -> Result<Vec<AccountId>> {
        use crm::account::entity::{Column, Entity};
        let ids = accounts.iter().map(|account| account.uuid());
        let seen = Entity::visible(viewer, crm::policy::ACCOUNTS_READ).filter(Column::Id.is_in(ids));
        Ok(seen.select_only().column(Column::Id).into_tuple().all(db).await?)
    }
}

#[async_trait]
impl Reassign for Directory {
    async fn hold(&self, act: &Act, from: UserId) -> Result<()> {
        projects::project::lock_of(act, from).await
    }

    async fn reassign(&self, act: &mut Act, from: UserId, to: UserId) -> Result<()> {
        projects::reassign_user(act, from, Some(to)).await?;
        crm::account::reassign_user(act, from, Some(to)).await?;
        crm::contact::forget_user(act, from).await
    }
}

#[async_trait]
impl ResourceDirectory for Directory {
    async fn locate(&self, act: &Act, permission: Permission, id: AnyId) -> Result<Target> {
        let viewer = act.viewer();
        match id.kind {
            IdKind::ProjectId => {
                use projects::project::entity::{Column, Entity};
                let id = kernel::id::ProjectId::from_uuid(id.uuid);
                let project = Entity::fetch_to(act.conn(), viewer, permission, id).await?;
                let mut locked = Entity::of_tenant(viewer.tenant_id()).filter(Column::Id.eq(project.id));
                if sea_orm::ConnectionTrait::get_database_backend(act.conn()) == DbBackend::Postgres {
                    locked = locked.lock(LockType::Share);
                }
                let project = locked.one(act.conn()).await?.ok_or_else(|| Error::not_found("Project", id))?;
                Ok(Target::Project(project.id, project.account_id))
            }
            IdKind::AccountId => {
                let id = AccountId::from_uuid(id.uuid);
                let account =
                    crm::account::entity::Entity::fetch_to(act.conn(), viewer, permission, id).await?;
                assignment::require_account(act, permission, id).await?;
                Ok(Target::Account(account.id))
            }
            other => Err(Error::not_found(other.type_name(), id)),
        }
    }
}

#[async_trait]
impl audit::keep::hold::Targets for Directory {
    async fn check(&self, act: &Act, id: AnyId) -> Result<()> {
        let viewer = act.viewer();
        let is_there = match id.kind {
            IdKind::UserId => is_seen::<identity::user::entity::Entity>(act, viewer, id).await?,
            IdKind::ContactId => is_seen::<crm::contact::entity::Entity>(act, viewer, id).await?,
            IdKind::ProjectId => is_seen::<projects::project::entity::Entity>(act, viewer, id).await?,
            IdKind::AccountId => is_seen::<crm::account::entity::Entity>(act, viewer, id).await?,
            _ => false,
        };
        if is_there { Ok(()) } else { Err(Error::not_found(id.kind.type_name(), id)) }
    }
}

async fn is_seen<E: Guarded>(act: &Act, viewer: &Viewer, id: AnyId) -> Result<bool> {
    kernel::policy::can_in::<E, _>(act.conn(), viewer, E::READ, id.uuid).await
}

#[async_trait]
impl RoleUses for Directory {
    async fn count(&self, act: &Act, role: RoleId) -> Result<u64> {
        projects::member::roles::count(act, role).await
    }

    async fn replace(&self, act: &mut Act, from: RoleId, to: RoleId) -> Result<()> {
        projects::member::roles::replace(act, from, to).await
    }
}

#[async_trait]
impl projects::AccountDirectory for Directory {
    async fn account(&self, act: &Act, viewer: &Viewer, id: AccountId) -> Result<()> {
        crm::account::check_usable(act, viewer, id).await
    }
}

#[async_trait]
impl projects::Clocks for Directory {
    async fn hold(&self, act: &Act, person: UserId) -> Result<TimeZone> {
        use identity::user::entity as user;
        use membership::entity::{Column, Entity};
        let member = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::UserId.eq(person.uuid()));
        let member = member.select_only().column(Column::UserId).lock(LockType::NoKeyUpdate);
        let member: Option<UserId> = member.into_tuple().one(act.conn()).await?;
        let unknown = || Error::not_found(UserId::TYPE, person);
        member.ok_or_else(unknown)?;
        let zone =
            user::Entity::of_tenant(act.viewer().tenant_id()).filter(user::Column::Id.eq(person.uuid()));
        let zone = zone.select_only().column(user::Column::TimeZone);
        zone.into_tuple().one(act.conn()).await?.ok_or_else(unknown)
    }

    async fn hold_all(&self, act: &Act, people: &[UserId]) -> Result<()> {
        use membership::entity::{Column, Entity};
        let members = Entity::of_tenant(act.viewer().tenant_id())
            .filter(Column::UserId.is_in(people.iter().map(|person| person.uuid())))
            // Race: locks are taken in the order of ids, so two acts cannot wait for each other.
            .order_by_asc(Column::UserId);
        let members = members.select_only().column(Column::UserId).lock(LockType::NoKeyUpdate);
        let members: Vec<UserId> = members.into_tuple().all(act.conn()).await?;
        match people.iter().find(|person| !members.contains(person)) {
            Some(person) => Err(Error::not_found(UserId::TYPE, person)),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl PeopleDirectory for Directory {
    async fn people(&self, act: &Act, ids: &[UserId]) -> Result<HashMap<UserId, Person>> {
        use membership::{
            MembershipStatus,
            entity::{Column, Entity},
        };
        let ids = ids.iter().map(|id| id.uuid());
        // Reason: who has yet to confirm is seen by nobody and may be anybody; here they are no members either.
        let rows = Entity::of_tenant(act.viewer().tenant_id())
            .filter(Column::UserId.is_in(ids))
            .filter(Column::Status.ne(MembershipStatus::Pending.as_str()));
        let rows = rows.all(act.conn()).await?;
        let person = |row: membership::entity::Model| {
            (row.user_id, Person { active: row.is_active(), account: row.account_id })
        };
        Ok(rows.into_iter().map(person).collect())
    }

    async fn check_role(&self, act: &Act, role: RoleId) -> Result<()> {
        identity::role::check_staff_role(act, &self.catalogue, role, "roleId").await
    }
}

/// The active staff of a tenant by name and address.
///
/// # Errors
/// If the database does not answer.
pub async fn staff(db: &Db, tenant: TenantId) -> Result<Vec<projects::Staff>> {
    use identity::user::entity::{Column as Of, Entity as Users};
    use membership::{
        MembershipStatus,
        entity::{Column, Entity},
    };
    let active = Entity::of_tenant(tenant)
        .filter(Column::Status.eq(MembershipStatus::Active.as_str()))
        .filter(Column::AccountId.is_null())
        .select_only()
        .column(Column::UserId);
    let users = Users::of_tenant(tenant).filter(Of::Id.in_subquery(active.into_query()));
    let person = |user: identity::user::entity::Model| projects::Staff {
        user: user.id,
        name: format!("{} {}", user.given_name, user.family_name).trim().to_owned(),
        email: user.email.to_string(),
    };
    Ok(users.all(db).await?.into_iter().map(person).collect())
}

/// People as identity knows them.
pub struct People(pub Identity);

#[async_trait]
impl projects::Readers for People {
    async fn readers(&self, db: &Db, viewer: &Viewer, people: &[UserId]) -> Result<Vec<Viewer>> {
        use identity::user::entity::{Column, Entity};
        let seen =
            Entity::visible(viewer, Entity::READ).filter(Column::Id.is_in(people.iter().map(|id| id.uuid())));
        let seen: Vec<UserId> = seen.select_only().column(Column::Id).into_tuple().all(db).await?;
        // Reason: people are known from a moment ago, or in two statements; callers ask about few.
        let known = seen.iter().map(|user| self.0.principal(db, viewer.tenant_id(), *user));
        let known = try_join_all(known).await?.into_iter().flatten();
        let known = known.filter(|principal| principal.is_active());
        Ok(known.map(|principal| principal.viewer(&self.0, None, RequestInfo::default())).collect())
    }

    async fn names(&self, db: &Db, viewer: &Viewer, people: &[UserId]) -> Result<HashMap<UserId, String>> {
        use identity::user::entity::{Column as Of, Entity as Users};
        let seen = Users::visible(viewer, Users::READ);
        let seen = seen.filter(one_of(db.backend(), Of::Id, people.iter().map(|user| user.uuid())));
        let seen = seen.select_only().columns([Of::Id, Of::GivenName, Of::FamilyName]);
        let seen: Vec<(UserId, String, String)> = seen.into_tuple().all(db).await?;
        let name = |given: String, family: String| format!("{given} {family}").trim().to_owned();
        Ok(seen.into_iter().map(|(user, given, family)| (user, name(given, family))).collect())
    }

    async fn staff(&self, db: &Db, viewer: &Viewer) -> Result<Vec<projects::Staff>> {
        staff(db, viewer.tenant_id()).await
    }
}

impl projects::EventSource for Fanout {
    fn subscribe(&self, tenant: TenantId) -> BoxStream<'static, projects::Heard> {
        let events = self.of_tenant(tenant).map(|notice| match notice {
            Notice::Event(event) => projects::Heard::Event(projects::Event {
                id: event.id.uuid(),
                kind: event.kind.clone(),
                subject_type: event.subject_type.clone(),
                subject_id: event.subject_id,
                payload: event.payload.clone(),
            }),
            Notice::Gap => projects::Heard::Missed,
        });
        events.boxed()
    }
}
