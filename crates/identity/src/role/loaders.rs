//! What roles show beside their own row, loaded for all roles and people of a request at once.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{SimpleObject, dataloader::Loader};
use kernel::{
    ask::{Ask, FromAsk},
    db::Db,
    error::{Error, Result},
    graph::Graph,
    id::{MembershipId, RoleId, TypedId},
    policy::Guarded,
    scalar::DateTime,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{Role, entity, held, permission, store};

/// Loads rows of permissions of custom roles, and counts of members.
pub(super) struct RoleParts {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for RoleParts {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

/// What a custom role allows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct GrantsOf(pub(super) RoleId);

/// How many people hold a role now.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct MembersOf(pub(super) RoleId);

/// Which roles a membership holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct HeldBy(MembershipId);

impl Loader<GrantsOf> for RoleParts {
    type Value = Arc<Vec<permission::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[GrantsOf]) -> Result<HashMap<GrantsOf, Self::Value>> {
        let of_roles = permission::Column::RoleId.is_in(keys.iter().map(|key| key.0.uuid()));
        let rows = store::permissions_in(self.viewer.tenant_id()).filter(of_roles).all(&self.db).await?;
        let mut found: HashMap<GrantsOf, Vec<permission::Model>> = HashMap::new();
        for row in rows {
            found.entry(GrantsOf(row.role_id)).or_default().push(row);
        }
        Ok(found.into_iter().map(|(key, rows)| (key, Arc::new(rows))).collect())
    }
}

impl Loader<MembersOf> for RoleParts {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[MembersOf]) -> Result<HashMap<MembersOf, i64>> {
        let roles: Vec<RoleId> = keys.iter().map(|key| key.0).collect();
        let counts = store::member_counts(&self.db, &self.viewer, &roles).await?;
        Ok(counts.into_iter().map(|(role, people)| (MembersOf(role), people)).collect())
    }
}

impl Loader<HeldBy> for RoleParts {
    type Value = Vec<(held::Model, entity::Model)>;
    type Error = Error;

    async fn load(&self, keys: &[HeldBy]) -> Result<HashMap<HeldBy, Self::Value>> {
        let of_members = held::Column::MembershipId.is_in(keys.iter().map(|key| key.0.uuid()));
        let rows = store::held_in(self.viewer.tenant_id()).filter(of_members).all(&self.db).await?;
        let ids: std::collections::HashSet<_> = rows.iter().map(|row| row.role_id.uuid()).collect();
        let roles = entity::Entity::of_tenant(self.viewer.tenant_id()).filter(entity::Column::Id.is_in(ids));
        let roles: HashMap<RoleId, entity::Model> =
            roles.all(&self.db).await?.into_iter().map(|role| (role.id, role)).collect();
        let mut found: HashMap<HeldBy, Self::Value> = HashMap::new();
        for row in rows {
            if let Some(role) = roles.get(&row.role_id) {
                found.entry(HeldBy(row.membership_id)).or_default().push((row, role.clone()));
            }
        }
        for holdings in found.values_mut() {
            holdings.sort_by(|one, other| one.1.name.cmp(&other.1.name).then(one.1.id.cmp(&other.1.id)));
        }
        Ok(found)
    }
}

/// A role that somebody holds in the tenant.
#[derive(Clone, SimpleObject)]
pub struct RoleHolding {
    /// The role.
    role: Graph<Role>,
    /// When it ends by itself; null if it does not. Once past, the role allows nothing any more.
    expires_at: Option<DateTime>,
    /// Since when.
    since: DateTime,
}

/// The roles that a membership holds, by name, expired ones included; in one batch with those of others. The caller
/// has made sure that the viewer may see the person's roles.
///
/// # Errors
/// If the database does not answer.
pub async fn held_by(ask: &Ask, membership: MembershipId) -> Result<Vec<RoleHolding>> {
    let rows = ask.load::<RoleParts, _>(HeldBy(membership)).await?.unwrap_or_default();
    let holding = |(row, role): (held::Model, entity::Model)| RoleHolding {
        role: Graph(Role(role)),
        expires_at: row.expires_at.map(Into::into),
        since: row.created_at.into(),
    };
    Ok(rows.into_iter().map(holding).collect())
}
