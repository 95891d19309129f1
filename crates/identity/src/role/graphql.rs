//! Roles in the API.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Fields,
    ask::Asking,
    catalogue::{Catalogue, SystemRole},
    error::Result,
    graph::{Graph, Node},
    id::{RoleId, UserId},
    patch,
    policy::Guarded,
    scalar::DateTime,
    viewer::Reach,
};

use super::{
    NewRole, RoleChanges, entity,
    loaders::{GrantsOf, MembersOf, RoleParts},
    rules::Matrix,
    store,
};
use crate::{
    IdentityContext,
    policy::{ROLE_READ, USER_READ},
    user::{self, User},
};

/// A role of the tenant.
#[derive(Clone, Debug)]
pub struct Role(pub entity::Model);

impl From<entity::Model> for Role {
    fn from(model: entity::Model) -> Self {
        Self(model)
    }
}

impl Node for Role {
    const TYPE: &'static str = "Role";
}

/// A permission with how far it goes.
#[derive(Clone, Debug, SimpleObject)]
pub struct PermissionGrant {
    /// Name of the permission: `<domain>.<thing>.<verb>`.
    pub permission: &'static str,
    /// How far it goes.
    pub reach: Reach,
    /// What it allows, in a sentence.
    pub description: &'static str,
}

impl PermissionGrant {
    /// Everything a set allows, in the order of the catalogue.
    pub(crate) fn list(catalogue: &Catalogue, allows: &Matrix) -> Vec<Self> {
        let grant = |rule: &kernel::catalogue::Rule| {
            let permission = rule.permission;
            let reach = allows.reach(permission.name)?;
            Some(Self { permission: permission.name, reach, description: permission.description })
        };
        catalogue.rules().iter().filter_map(grant).collect()
    }
}

/// A permission to grant.
#[derive(Clone, Debug, InputObject)]
pub struct PermissionGrantInput {
    /// Name of the permission, as `permissions` lists them.
    pub permission: String,
    /// How far it goes.
    pub reach: Reach,
}

impl PermissionGrantInput {
    pub(crate) fn pairs(inputs: Vec<Self>) -> Vec<(String, Reach)> {
        inputs.into_iter().map(|Self { permission, reach }| (permission, reach)).collect()
    }
}

/// A role: a set of permissions, each with how far it goes.
#[Object(name = "RoleFields")]
impl Role {
    /// Its id.
    async fn id(&self) -> RoleId {
        self.0.id
    }

    /// Its key, unique in the tenant and never changed: `project_manager`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for, in Markdown; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Whether it is one of the platform's, which every tenant has and nobody can change.
    async fn system(&self) -> bool {
        self.0.system
    }

    /// Whether people of a client account can hold it. System roles are for clients or for staff; custom ones are for
    /// staff, and for clients too if the client roles allow everything they do.
    async fn for_clients(&self, ctx: &Context<'_>) -> Result<bool> {
        let catalogue = &ctx.identity().catalogue;
        let allows = self.allows(ctx).await?;
        Ok(super::rules::fits(
            store::system_role(&self.0),
            &allows,
            &super::rules::client_ceiling(catalogue),
            true,
        ))
    }

    /// What it allows, and how far.
    async fn grants(&self, ctx: &Context<'_>) -> Result<Vec<PermissionGrant>> {
        Ok(PermissionGrant::list(&ctx.identity().catalogue, &self.allows(ctx).await?))
    }

    /// How many people hold it now. Seen by those who see roles and people of the whole tenant.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        ctx.viewer().require_tenant(ROLE_READ)?;
        ctx.viewer().require_tenant(USER_READ)?;
        Ok(Some(ctx.ask().load::<RoleParts, _>(MembersOf(self.0.id)).await?.unwrap_or_default()))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it, or what it allows, was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts the changes; for `expectedVersion`.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

impl Role {
    async fn allows(&self, ctx: &Context<'_>) -> Result<Matrix> {
        let catalogue = &ctx.identity().catalogue;
        if let Some(system) = store::system_role(&self.0) {
            return Ok(Matrix::of_system(catalogue, system));
        }
        let rows = ctx.ask().load::<RoleParts, _>(GrantsOf(self.0.id)).await?.unwrap_or_default();
        Ok(Matrix::of_rows(catalogue, rows.iter().map(|row| (row.permission.as_str(), row.reach.as_str()))))
    }
}

/// A permission that roles and API keys can be given.
#[derive(SimpleObject)]
pub struct PermissionDefinition {
    /// Its name: `<domain>.<thing>.<verb>`.
    name: &'static str,
    /// What it allows, in a sentence.
    description: &'static str,
}

/// Questions about roles.
#[derive(Default)]
pub struct RoleQuery;

/// Questions about roles.
#[Object]
impl RoleQuery {
    /// The roles of the tenant that the viewer may see: the platform's first, then the tenant's own by name. Needs
    /// `identity.role.read`.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Graph<Role>>> {
        ctx.viewer().require(ROLE_READ)?;
        let mut rows = entity::Entity::visible(ctx.viewer(), ROLE_READ).all(ctx.db()).await?;
        rows.sort_by_cached_key(|role| {
            let system = store::system_role(role);
            (system.map_or(SystemRole::ALL.len(), |role| role as usize), role.name.to_lowercase(), role.id)
        });
        Ok(rows.into_iter().map(|row| Graph(Role(row))).collect())
    }

    /// One role. Needs `identity.role.read`.
    async fn role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] id: RoleId,
    ) -> Result<Graph<Role>> {
        ctx.viewer().require(ROLE_READ)?;
        Ok(Graph(Role(entity::Entity::fetch(ctx.db(), ctx.viewer(), ROLE_READ, id).await?)))
    }

    /// Every permission there is. Needs `identity.role.read`.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Vec<PermissionDefinition>> {
        ctx.viewer().require(ROLE_READ)?;
        let rules = ctx.identity().catalogue.rules().iter();
        let definition = |rule: &kernel::catalogue::Rule| PermissionDefinition {
            name: rule.permission.name,
            description: rule.permission.description,
        };
        Ok(rules.map(definition).collect())
    }
}

/// Make a role.
#[derive(InputObject)]
pub struct CreateRoleInput {
    /// What people call it, up to 100 characters.
    name: String,
    /// Its key, unique in the tenant: 2 to 60 lower-case letters, digits and underscores. Made from the name if left
    /// out.
    key: Option<String>,
    /// What it is for, in Markdown, up to 1 000 bytes.
    #[graphql(default)]
    description: String,
    /// What it allows: each permission once, none further than the viewer holds it.
    grants: Vec<PermissionGrantInput>,
}

/// Change a role.
#[derive(InputObject)]
pub struct UpdateRoleInput {
    /// Which one.
    id: RoleId,
    /// The version that the change is based on; CONFLICT if the role has another by now.
    expected_version: Option<i64>,
    /// What people call it.
    name: MaybeUndefined<String>,
    /// What it is for, in Markdown.
    description: MaybeUndefined<String>,
    /// Everything it allows from now on. What it allows already may stay; what is new must not go further than the
    /// viewer holds it.
    grants: MaybeUndefined<Vec<PermissionGrantInput>>,
}

/// Remove a role.
#[derive(InputObject)]
pub struct DeleteRoleInput {
    /// Which one.
    id: RoleId,
    /// The role that takes its place wherever it is in use. Without one, a role in use stays: CONFLICT.
    reassign_to: Option<RoleId>,
}

/// Give somebody a role.
#[derive(InputObject)]
pub struct AssignRoleInput {
    /// Who.
    user_id: UserId,
    /// Which role; nobody can give a role that allows more than they hold.
    role_id: RoleId,
    /// When it ends by itself; never if left out.
    expires_at: Option<DateTime>,
}

/// Take a role from somebody.
#[derive(InputObject)]
pub struct RevokeRoleInput {
    /// Who.
    user_id: UserId,
    /// Which role.
    role_id: RoleId,
}

/// A role that was made.
#[derive(SimpleObject)]
pub struct CreateRolePayload {
    /// The role.
    role: Graph<Role>,
}

/// A role that was changed.
#[derive(SimpleObject)]
pub struct UpdateRolePayload {
    /// The role.
    role: Graph<Role>,
}

/// A role that was removed.
#[derive(SimpleObject)]
pub struct DeleteRolePayload {
    /// Id of the removed role.
    deleted_role_id: RoleId,
}

/// A person whose roles changed.
#[derive(SimpleObject)]
pub struct AssignRolePayload {
    /// The person.
    user: Graph<User>,
}

/// A person whose roles changed.
#[derive(SimpleObject)]
pub struct RevokeRolePayload {
    /// The person.
    user: Graph<User>,
}

/// Changes of roles.
#[derive(Default)]
pub struct RoleMutation;

/// Changes of roles.
#[Object]
impl RoleMutation {
    /// Makes a role. Needs `identity.role.write`.
    async fn create_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is called and allows.")] input: CreateRoleInput,
    ) -> Result<CreateRolePayload> {
        let CreateRoleInput { name, key, description, grants } = input;
        let new = NewRole { name, key, description, grants: PermissionGrantInput::pairs(grants) };
        let role = super::create(ctx.identity(), ctx.db(), ctx.viewer(), new).await?;
        Ok(CreateRolePayload { role: Graph(Role(role)) })
    }

    /// Changes a custom role. Needs `identity.role.write`.
    async fn update_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes; what is left out stays.")] input: UpdateRoleInput,
    ) -> Result<UpdateRolePayload> {
        let UpdateRoleInput { id, expected_version, name, description, grants } = input;
        let mut fields = Fields::new();
        let changes = RoleChanges {
            name: patch::required(name, "name", &mut fields),
            description: patch::required(description, "description", &mut fields),
            grants: patch::required(grants, "grants", &mut fields).map(PermissionGrantInput::pairs),
        };
        fields.check()?;
        let role =
            super::update(ctx.identity(), ctx.db(), ctx.viewer(), id, expected_version, changes).await?;
        Ok(UpdateRolePayload { role: Graph(Role(role)) })
    }

    /// Removes a custom role. Needs `identity.role.write`.
    async fn delete_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role, and what its holders get instead.")] input: DeleteRoleInput,
    ) -> Result<DeleteRolePayload> {
        let DeleteRoleInput { id, reassign_to } = input;
        super::delete(ctx.identity(), ctx.db(), ctx.viewer(), id, reassign_to).await?;
        Ok(DeleteRolePayload { deleted_role_id: id })
    }

    /// Gives somebody a role, or another end to one they hold. Needs `identity.role.assign`.
    async fn assign_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role, to whom and until when.")] input: AssignRoleInput,
    ) -> Result<AssignRolePayload> {
        let AssignRoleInput { user_id, role_id, expires_at } = input;
        let expires_at = expires_at.map(DateTime::utc);
        super::assign(ctx.identity(), ctx.db(), ctx.viewer(), user_id, role_id, expires_at).await?;
        Ok(AssignRolePayload { user: person(ctx, user_id).await? })
    }

    /// Takes a role from somebody. Needs `identity.role.assign`. The last owner stays.
    async fn revoke_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role, from whom.")] input: RevokeRoleInput,
    ) -> Result<RevokeRolePayload> {
        let RevokeRoleInput { user_id, role_id } = input;
        super::revoke(ctx.identity(), ctx.db(), ctx.viewer(), user_id, role_id).await?;
        Ok(RevokeRolePayload { user: person(ctx, user_id).await? })
    }
}

async fn person(ctx: &Context<'_>, id: UserId) -> Result<Graph<User>> {
    Ok(Graph(User::from(user::entity::Entity::fetch(ctx.db(), ctx.viewer(), USER_READ, id).await?)))
}
