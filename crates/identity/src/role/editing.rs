//! The tenant's own roles: making, changing and removing them.

use std::collections::HashSet;

use kernel::{
    Fields,
    act::{Act, Outcome, Severity, expect_version},
    db::Db,
    error::{Error, Result, Text},
    id::{RoleId, TypedId},
    policy::Guarded,
    text,
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

use super::{
    entity, giving, permission,
    rules::{self, KEY_TAKEN, Matrix, STAFF_ONLY, SYSTEM_ROLE},
    store,
};
use crate::{Identity, invitation::role as invited, policy::ROLE_WRITE, service::row_id};

/// Somebody holds the role.
pub const IN_USE: Text = Text::new(
    "role_in_use",
    "{role} is in use. Say which role replaces it.",
    "{role} est utilisé. Indiquez le rôle qui le remplace.",
);

/// A role cannot replace itself.
pub const REPLACES_ITSELF: Text =
    Text::new("replaces_itself", "Choose another role.", "Choisissez un autre rôle.");

/// The tenant has as many roles as it can.
pub const TOO_MANY_ROLES: Text = Text::new(
    "too_many_roles",
    "An agency has at most {max} roles of its own.",
    "Une agence a au plus {max} rôles qui lui sont propres.",
);

/// Most custom roles of a tenant, so that lists of roles need no pages.
pub const MAX_ROLES: u64 = 200;

/// Longest description, in bytes.
pub const DESCRIPTION_MAX: usize = 1_000;

/// What a new role is to be.
#[derive(Clone, Debug, Default)]
pub struct NewRole {
    /// What people call it.
    pub name: String,
    /// Its key; made from the name where none is given.
    pub key: Option<String>,
    /// What it is for.
    pub description: String,
    /// Permission names and reaches.
    pub grants: Vec<(String, Reach)>,
}

/// What becomes of a role; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct RoleChanges {
    /// What people call it.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Everything it allows from now on.
    pub grants: Option<Vec<(String, Reach)>>,
}

/// Makes a role.
///
/// # Errors
/// INVALID for wrong fields or a key that is taken, FORBIDDEN for grants beyond the viewer's own, LIMITED beyond
/// [`MAX_ROLES`].
pub async fn create(identity: &Identity, db: &Db, viewer: &Viewer, new: NewRole) -> Result<entity::Model> {
    viewer.require(ROLE_WRITE)?;
    let mut fields = Fields::new();
    let name = fields.take(text::name(&new.name, "name")).unwrap_or_default();
    let description =
        fields.take(text::markdown(&new.description, "description", DESCRIPTION_MAX)).unwrap_or_default();
    let given = new.key.map(|key| fields.take(rules::key(&key, "key")).unwrap_or_default());
    let allows = read_grants(identity, new.grants, &mut fields);
    fields.check()?;
    giving::check_held(viewer, &allows)?;
    viewer
        .act(db, "identity.role.create", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            if store::count_custom(act).await? >= MAX_ROLES {
                return Err(Error::limited(TOO_MANY_ROLES.with("max", MAX_ROLES), None));
            }
            let key = match &given {
                Some(key) => key.clone(),
                None => {
                    let wanted = rules::key_from_name(&name);
                    rules::free_key(&wanted, &store::keys_like(act, &wanted).await?)
                }
            };
            let role = entity::Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                key: key.clone(),
                name: name.clone(),
                description: description.clone(),
                system: false,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            let taken = || Error::field("key", KEY_TAKEN.with("key", key));
            let role = act.insert_unique(role, &["tenant_id", "key"], taken).await?;
            let rows = rows_of(act, &role, &allows);
            act.insert_all(rows).await?;
            Ok(role)
        })
        .await
}

/// Changes a role, and what it allows if `grants` are given. What it allows already may stay, whoever changes it.
///
/// # Errors
/// NOT_FOUND, CONFLICT for a stale version or a role of the platform, INVALID for wrong fields or grants that people of
/// a client account who hold it cannot have, FORBIDDEN for new grants beyond the viewer's own.
pub async fn update(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    id: RoleId,
    expected_version: Option<i64>,
    changes: RoleChanges,
) -> Result<entity::Model> {
    viewer.require(ROLE_WRITE)?;
    let mut fields = Fields::new();
    let name = changes.name.and_then(|name| fields.take(text::name(&name, "name")));
    let description = changes.description;
    let description =
        description.and_then(|it| fields.take(text::markdown(&it, "description", DESCRIPTION_MAX)));
    let allows = changes.grants.map(|grants| read_grants(identity, grants, &mut fields));
    fields.check()?;
    let role = viewer
        .act(db, "identity.role.update", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = own_role(act, viewer, id).await?;
            expect_version(RoleId::TYPE, expected_version, before.version)?;
            let mut after = before.clone();
            after.name = name.clone().unwrap_or(after.name);
            after.description = description.clone().unwrap_or(after.description);
            let after = act.update(&before, after).await?;
            match &allows {
                None => Ok(after),
                Some(allows) => set_grants(act, identity, before.version, after, allows).await,
            }
        })
        .await?;
    identity.forget(viewer.tenant_id(), None);
    Ok(role)
}

/// Removes a role. Where anybody or anything names it, `replacement` takes its place.
///
/// # Errors
/// NOT_FOUND, CONFLICT for a role of the platform or one in use without a replacement, INVALID for a replacement that
/// does not fit everybody, FORBIDDEN for one beyond the viewer's own grants.
pub async fn delete(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    id: RoleId,
    replacement: Option<RoleId>,
) -> Result<()> {
    viewer.require(ROLE_WRITE)?;
    if replacement == Some(id) {
        return Err(Error::field("reassignTo", REPLACES_ITSELF));
    }
    viewer
        .act(db, "identity.role.delete", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let role = own_role(act, viewer, id).await?;
            match replacement {
                Some(replacement) => replace(act, identity, &role, replacement).await?,
                None => check_unused(act, identity, &role).await?,
            }
            // Reason: the database would cascade to these, but the trail is to name what the role allowed.
            let of_role = permission::Column::RoleId.eq(id);
            let rows = store::permissions_in(viewer.tenant_id()).filter(of_role).all(act.conn()).await?;
            act.delete_all(rows).await?;
            act.delete(role).await
        })
        .await?;
    identity.forget(viewer.tenant_id(), None);
    Ok(())
}

/// A custom role for a change, locked against everybody else until the act ends.
async fn own_role(act: &Act, viewer: &Viewer, id: RoleId) -> Result<entity::Model> {
    entity::Entity::fetch_to(act.conn(), viewer, ROLE_WRITE, id).await?;
    let role = store::lock(act, id).await?;
    if role.system { Err(Error::conflict(SYSTEM_ROLE.with("role", role.name))) } else { Ok(role) }
}

fn read_grants(identity: &Identity, grants: Vec<(String, Reach)>, fields: &mut Fields) -> Matrix {
    match Matrix::of_input(&identity.catalogue, "grants", grants) {
        Ok(allows) => allows,
        Err(wrong) => {
            for error in wrong {
                fields.add(error.path, error.message);
            }
            Matrix::default()
        }
    }
}

async fn set_grants(
    act: &mut Act,
    identity: &Identity,
    version_before: i64,
    role: entity::Model,
    allows: &Matrix,
) -> Result<entity::Model> {
    let of_role = permission::Column::RoleId.eq(role.id);
    let rows = store::permissions_in(role.tenant_id).filter(of_role).all(act.conn()).await?;
    let known = rows.iter().map(|row| (row.permission.as_str(), row.reach.as_str()));
    let before = Matrix::of_rows(&identity.catalogue, known);
    if before == *allows && rows.len() == before.len() {
        return Ok(role);
    }
    giving::check_held(act.viewer(), &allows.beyond(&before))?;
    if !allows.is_within(&rules::client_ceiling(&identity.catalogue))
        && store::is_held_by_clients(act, role.id).await?
    {
        return Err(Error::field("grants", STAFF_ONLY.with("role", role.name)));
    }
    let names: HashSet<String> = rows.iter().map(|row| row.permission.clone()).collect();
    let (stay, gone): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| allows.reach(&row.permission).is_some());
    act.delete_all(gone).await?;
    act.update_all(stay, |row| {
        if let Some(reach) = allows.reach(&row.permission) {
            row.reach = reach.as_str().to_owned();
        }
    })
    .await?;
    let new: Matrix = allows.iter().filter(|(permission, _)| !names.contains(*permission)).collect();
    let new = rows_of(act, &role, &new);
    act.insert_all(new).await?;
    // Reason: who edits the role next must learn of it, even where the role's own row stayed the same.
    if role.version == version_before { act.touch(&role).await } else { Ok(role) }
}

fn rows_of(act: &Act, role: &entity::Model, allows: &Matrix) -> Vec<permission::Model> {
    let row = |(permission, reach): (&str, Reach)| permission::Model {
        id: row_id(act),
        tenant_id: role.tenant_id,
        role_id: role.id,
        permission: permission.to_owned(),
        reach: reach.as_str().to_owned(),
    };
    allows.iter().map(row).collect()
}

/// Errs if anything that matters still names the role. Invitations that are over do not: they let go of it.
async fn check_unused(act: &mut Act, identity: &Identity, role: &entity::Model) -> Result<()> {
    let tenant = role.tenant_id;
    let invitations =
        store::invited_in(tenant).filter(invited::Column::RoleId.eq(role.id)).all(act.conn()).await?;
    let open = store::open_invitations(act, &invitations).await?;
    let mut uses = store::holders(act, role.id).await?.len() as u64 + open;
    uses += store::assigned_with(tenant, role.id).count(act.conn()).await?;
    for domain in &identity.neighbours.role_uses {
        uses += domain.count(act, role.id).await?;
    }
    if uses > 0 {
        return Err(Error::conflict(IN_USE.with("role", &role.name)));
    }
    act.delete_all(invitations).await
}

/// Puts another role wherever `role` is named.
async fn replace(
    act: &mut Act,
    identity: &Identity,
    role: &entity::Model,
    replacement: RoleId,
) -> Result<()> {
    let picked = match giving::visible(act, &[replacement]).await {
        Err(Error::NotFound(said)) => return Err(Error::field("reassignTo", said)),
        picked => picked?,
    };
    let viewer = act.viewer().clone();
    giving::check_grantable(act.conn(), &identity.catalogue, &viewer, &picked).await?;
    let holders = store::holders(act, role.id).await?;
    giving::check_fits(act.conn(), &identity.catalogue, &holders, &picked, "reassignTo").await?;

    let tenant = role.tenant_id;
    let assigned = store::assigned_with(tenant, role.id).all(act.conn()).await?;
    if !assigned.is_empty() {
        giving::check_staff_role(act, &identity.catalogue, replacement, "reassignTo").await?;
    }
    act.update_all(assigned, |row| row.role_id = Some(replacement)).await?;
    store::move_held(act, &holders, role, &picked[0]).await?;
    store::move_invited(act, role.id, replacement).await?;
    for domain in &identity.neighbours.role_uses {
        domain.replace(act, role.id, replacement).await?;
    }
    Ok(())
}
