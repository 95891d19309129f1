//! Signed heads and audit keys in the graph.

use async_graphql::{Context, Object, SimpleObject};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{act::Severity, ask::Asking, error::Result, id::TypedId, scalar::DateTime};

use super::{
    Sealer,
    head::{SignedHead, hex},
    heads, keys, store,
};
use crate::policy::{KEY_ROTATE, TRAIL_VERIFY};

/// A signed tree head: how many entries the trail had, and the root of the tree over them.
#[derive(Clone, Debug)]
pub struct AuditHead(pub SignedHead);

/// A signed tree head: how many entries the trail had at a moment, and the root of the Merkle tree over them. Kept
/// outside of the platform, it proves for ever what the trail was then.
#[Object]
impl AuditHead {
    /// Its number among the agency's heads, from 1.
    async fn number(&self) -> i64 {
        store::number(self.0.number)
    }

    /// How many entries the tree has.
    async fn size(&self) -> i64 {
        store::number(self.0.size)
    }

    /// The tree's root: SHA-256, in hexadecimal digits.
    async fn root(&self) -> String {
        hex(&self.0.root)
    }

    /// When it was signed.
    async fn signed_at(&self) -> DateTime {
        self.0.at.into()
    }

    /// Id of the key that signed.
    async fn key_id(&self) -> String {
        self.0.key.to_string()
    }

    /// The Ed25519 signature over `message`, in Base64.
    async fn signature(&self) -> String {
        STANDARD.encode(&self.0.signature)
    }

    /// What is signed, byte for byte.
    async fn message(&self) -> String {
        self.0.message()
    }

    /// The head as a document, as `atrium audit verify --head` takes it.
    async fn document(&self) -> Result<String> {
        Ok(serde_json::to_string(&self.0)?)
    }
}

/// A key that signs, or signed, heads of the agency's trail.
#[derive(Clone, Debug, SimpleObject)]
pub struct AuditPublicKey {
    /// Its id.
    pub id: String,
    /// The Ed25519 public key in PEM.
    pub pem: String,
    /// When it was made.
    pub created_at: DateTime,
    /// Since when another signs; null if it is the one that does.
    pub retired_at: Option<DateTime>,
}

impl From<keys::AuditKey> for AuditPublicKey {
    fn from(key: keys::AuditKey) -> Self {
        Self {
            id: key.id.to_string(),
            pem: key.public.pem(),
            created_at: key.created_at.into(),
            retired_at: key.retired_at.map(Into::into),
        }
    }
}

/// Queries about heads.
#[derive(Default)]
pub struct HeadQuery;

#[Object]
impl HeadQuery {
    /// The last signed head of the trail; null if none was signed yet. Needs `audit.trail.verify`.
    async fn audit_head(&self, ctx: &Context<'_>) -> Result<Option<AuditHead>> {
        let viewer = ctx.viewer();
        viewer.require_tenant(TRAIL_VERIFY)?;
        Ok(heads::last_head(ctx.db(), viewer.tenant_id().uuid()).await?.map(AuditHead))
    }

    /// The public keys of the trail, oldest first. Needs `audit.trail.verify`.
    async fn audit_keys(&self, ctx: &Context<'_>) -> Result<Vec<AuditPublicKey>> {
        let viewer = ctx.viewer();
        viewer.require_tenant(TRAIL_VERIFY)?;
        let keys = keys::of_tenants(ctx.db(), &[viewer.tenant_id().uuid()]).await?;
        Ok(keys.into_iter().map(Into::into).collect())
    }
}

/// What `rotateAuditKey` made.
#[derive(Debug, SimpleObject)]
pub struct RotateAuditKeyPayload {
    /// The key that signs from now on.
    pub key: AuditPublicKey,
}

/// Mutations of keys.
#[derive(Default)]
pub struct KeyMutation;

#[Object]
impl KeyMutation {
    /// Makes a new key that signs heads from now on; the old ones are kept for what they signed. Needs
    /// `audit.key.rotate`.
    async fn rotate_audit_key(&self, ctx: &Context<'_>) -> Result<RotateAuditKeyPayload> {
        let viewer = ctx.viewer();
        viewer.require_tenant(KEY_ROTATE)?;
        let sealer = ctx.data_unchecked::<Sealer>();
        let key = viewer
            .act(ctx.db(), "audit.key.rotate", async |act| {
                let tenant = viewer.tenant_id();
                keys::retire(act.conn(), tenant, act.now()).await?;
                let made = keys::ensure(act.conn(), sealer.keyring(), &[tenant.uuid()], act.now()).await?;
                let key = made.into_iter().next();
                let key = key.ok_or_else(|| kernel::Error::internal("a key was just made"))?;
                act.mark(kernel::act::Outcome::Success, Severity::Critical);
                act.note("AuditKey", Some(key.id), None, serde_json::Map::new());
                Ok(key)
            })
            .await?;
        Ok(RotateAuditKeyPayload { key: key.into() })
    }
}
