//! API keys in the API.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject, dataloader::Loader};
use kernel::{
    Fields,
    ask::{Asking, FromAsk},
    db::Db,
    error::{Error, Result},
    graph::{Graph, Node},
    id::{ApiKeyId, TypedId, UserId},
    page::{ById, Connection, Order, PageArgs, list},
    patch,
    policy::Guarded,
    scalar::DateTime,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::{ApiKeyChanges, NewApiKey, cache, entity, scope, store};
use crate::{
    IdentityContext,
    policy::API_KEY_READ,
    role::graphql::{PermissionGrant, PermissionGrantInput},
    user::{self, User},
};

/// A key with which a machine acts for the person who made it.
#[derive(Clone, Debug)]
pub struct ApiKey(pub entity::Model);

impl From<entity::Model> for ApiKey {
    fn from(model: entity::Model) -> Self {
        Self(model)
    }
}

impl Node for ApiKey {
    const TYPE: &'static str = "ApiKey";
}

/// A key with which a machine acts for the person who made it: within the key's scopes, and never beyond what that
/// person holds at the time. It is sent like an access token: `Authorization: Bearer atk_…`.
#[Object(name = "ApiKeyFields")]
impl ApiKey {
    /// Its id.
    async fn id(&self) -> ApiKeyId {
        self.0.id
    }

    /// What it is for.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How it begins: `atk_` and 8 characters. The rest is shown once, to the person who makes it.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// Who made it, and for whom it acts; null if the viewer may not see that person.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        let person = ctx.ask().load::<ById<user::entity::Entity>, _>(self.0.user_id.uuid()).await?;
        Ok(person.map(|person| Graph(User::from(person))))
    }

    /// What it allows, as far as the person who made it holds the same.
    async fn scopes(&self, ctx: &Context<'_>) -> Result<Vec<PermissionGrant>> {
        let catalogue = &ctx.identity().catalogue;
        let rows = ctx.ask().load::<Scopes, _>(self.0.id).await?.unwrap_or_default();
        Ok(PermissionGrant::list(catalogue, &store::matrix(catalogue, &rows)))
    }

    /// Networks it may be used from, in CIDR notation; empty means everywhere.
    async fn ip_allow(&self) -> Vec<String> {
        cache::bounds(&self.0).networks.iter().map(ToString::to_string).collect()
    }

    /// Requests a minute that it allows, beside the tenant's limit; null means no limit of its own.
    async fn requests_per_minute(&self) -> Option<i32> {
        self.0.requests_per_minute
    }

    /// Whether it is neither revoked nor expired.
    async fn active(&self, ctx: &Context<'_>) -> bool {
        self.0.revoked_at.is_none() && self.0.expires_at.is_none_or(|end| end > ctx.viewer().now)
    }

    /// When it stops working by itself; null if it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(Into::into)
    }

    /// When it was last used, to the minute; null if never.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(Into::into)
    }

    /// The address from which it was last used; null if unknown.
    async fn last_used_ip(&self) -> Option<&str> {
        self.0.last_used_ip.as_deref()
    }

    /// When it was taken back; null if it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(Into::into)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed; being used changes nothing.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts the changes; for `expectedVersion`.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Loads the scopes of keys.
struct Scopes {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Scopes {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<ApiKeyId> for Scopes {
    type Value = Arc<Vec<scope::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[ApiKeyId]) -> Result<HashMap<ApiKeyId, Self::Value>> {
        let of_keys = scope::Column::ApiKeyId.is_in(keys.iter().map(TypedId::uuid));
        let rows = store::scopes_in(self.viewer.tenant_id()).filter(of_keys).all(&self.db).await?;
        let mut found: HashMap<ApiKeyId, Vec<scope::Model>> = HashMap::new();
        for row in rows {
            found.entry(row.api_key_id).or_default().push(row);
        }
        Ok(found.into_iter().map(|(key, rows)| (key, Arc::new(rows))).collect())
    }
}

/// Which API keys.
#[derive(Default, InputObject)]
pub struct ApiKeyFilter {
    /// Those made by this person.
    user_id: Option<UserId>,
    /// True: only those that work; false: only those that are revoked or expired.
    active: Option<bool>,
}

impl ApiKeyFilter {
    fn condition(&self, viewer: &Viewer) -> Condition {
        let over = || {
            Condition::any()
                .add(entity::Column::RevokedAt.is_not_null())
                .add(entity::Column::ExpiresAt.lte(viewer.now))
        };
        let living = || {
            let open = Condition::any()
                .add(entity::Column::ExpiresAt.is_null())
                .add(entity::Column::ExpiresAt.gt(viewer.now));
            Condition::all().add(entity::Column::RevokedAt.is_null()).add(open)
        };
        Condition::all()
            .add_option(self.user_id.map(|user| entity::Column::UserId.eq(user)))
            .add_option(self.active.map(|active| if active { living() } else { over() }))
    }
}

/// Questions about API keys.
#[derive(Default)]
pub struct ApiKeyQuery;

/// Questions about API keys.
#[Object]
impl ApiKeyQuery {
    /// API keys that the viewer may see, newest first. Needs `identity.api_key.read`.
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all if left out.", default)] filter: ApiKeyFilter,
        #[graphql(desc = "How many from the start, up to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, up to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ApiKey>> {
        let viewer = ctx.viewer();
        viewer.require(API_KEY_READ)?;
        let select = entity::Entity::visible(viewer, API_KEY_READ).filter(filter.condition(viewer));
        let order = Order::desc(entity::Column::CreatedAt);
        list(ctx.db(), select, order, &PageArgs::new(first, after, last, before)).await
    }

    /// One API key. Needs `identity.api_key.read`.
    async fn api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] id: ApiKeyId,
    ) -> Result<Graph<ApiKey>> {
        ctx.viewer().require(API_KEY_READ)?;
        Ok(Graph(ApiKey(entity::Entity::fetch(ctx.db(), ctx.viewer(), API_KEY_READ, id).await?)))
    }
}

/// Make an API key.
#[derive(InputObject)]
pub struct CreateApiKeyInput {
    /// What it is for, up to 100 characters.
    name: String,
    /// What it allows: at least one permission, each once, none further than the viewer holds it.
    scopes: Vec<PermissionGrantInput>,
    /// When it stops working by itself; never if left out.
    expires_at: Option<DateTime>,
    /// Addresses and networks (CIDR) it may be used from, up to 50; everywhere if empty or left out.
    #[graphql(default)]
    ip_allow: Vec<String>,
    /// Requests a minute that it allows, 1 to 100 000; no limit of its own if left out.
    requests_per_minute: Option<i32>,
}

/// Change an API key.
#[derive(InputObject)]
pub struct UpdateApiKeyInput {
    /// Which one.
    id: ApiKeyId,
    /// The version that the change is based on; CONFLICT if the key has another by now.
    expected_version: Option<i64>,
    /// What it is for.
    name: MaybeUndefined<String>,
    /// Everything it allows from now on.
    scopes: MaybeUndefined<Vec<PermissionGrantInput>>,
    /// When it stops working by itself; null for never.
    expires_at: MaybeUndefined<DateTime>,
    /// Addresses and networks (CIDR) it may be used from; everywhere if empty or null.
    ip_allow: MaybeUndefined<Vec<String>>,
    /// Requests a minute that it allows; null for no limit of its own.
    requests_per_minute: MaybeUndefined<i32>,
}

/// Take an API key back.
#[derive(InputObject)]
pub struct RevokeApiKeyInput {
    /// Which one.
    id: ApiKeyId,
}

/// An API key that was made.
#[derive(SimpleObject)]
pub struct CreateApiKeyPayload {
    /// The key as it is listed.
    api_key: Graph<ApiKey>,
    /// The whole key. It is shown this once; what is stored cannot be turned back into it.
    key: String,
}

/// An API key that was changed.
#[derive(SimpleObject)]
pub struct UpdateApiKeyPayload {
    /// The key.
    api_key: Graph<ApiKey>,
}

/// An API key that was taken back.
#[derive(SimpleObject)]
pub struct RevokeApiKeyPayload {
    /// The key.
    api_key: Graph<ApiKey>,
}

/// Changes of API keys.
#[derive(Default)]
pub struct ApiKeyMutation;

/// Changes of API keys.
#[Object]
impl ApiKeyMutation {
    /// Makes a key that acts for the viewer. Needs `identity.api_key.write`. A key can make another only within its own
    /// scopes, end date, networks and rate.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is called and allows.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let CreateApiKeyInput { name, scopes, expires_at, ip_allow, requests_per_minute } = input;
        let new = NewApiKey {
            name,
            scopes: PermissionGrantInput::pairs(scopes),
            expires_at: expires_at.map(DateTime::utc),
            ip_allow,
            requests_per_minute,
        };
        let (key, token) = super::create(ctx.identity(), ctx.db(), ctx.viewer(), new).await?;
        ctx.ask().holds_secret();
        Ok(CreateApiKeyPayload { api_key: Graph(ApiKey(key)), key: token.expose().to_owned() })
    }

    /// Changes a key. Needs `identity.api_key.write`.
    async fn update_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes; what is left out stays.")] input: UpdateApiKeyInput,
    ) -> Result<UpdateApiKeyPayload> {
        let UpdateApiKeyInput {
            id,
            expected_version,
            name,
            scopes,
            expires_at,
            ip_allow,
            requests_per_minute,
        } = input;
        let mut fields = Fields::new();
        let changes = ApiKeyChanges {
            name: patch::required(name, "name", &mut fields),
            scopes: patch::required(scopes, "scopes", &mut fields).map(PermissionGrantInput::pairs),
            expires_at: patch::optional(expires_at).map(|end| end.map(DateTime::utc)),
            ip_allow: patch::optional(ip_allow).map(Option::unwrap_or_default),
            requests_per_minute: patch::optional(requests_per_minute),
        };
        fields.check()?;
        let key =
            super::update(ctx.identity(), ctx.db(), ctx.viewer(), id, expected_version, changes).await?;
        Ok(UpdateApiKeyPayload { api_key: Graph(ApiKey(key)) })
    }

    /// Takes a key back, at once and for ever. Needs `identity.api_key.write`.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyPayload> {
        let key = super::revoke(ctx.identity(), ctx.db(), ctx.viewer(), input.id).await?;
        Ok(RevokeApiKeyPayload { api_key: Graph(ApiKey(key)) })
    }
}
