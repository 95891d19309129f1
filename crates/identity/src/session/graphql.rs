//! Sessions in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::{Asking as _, Look},
    graph::{Graph, Node},
    id::{SessionId, TypedId as _, UserId},
    scalar::DateTime,
    seen::SeenBy,
    viewer::Viewer,
};
use secrecy::ExposeSecret as _;

use super::{
    Cookies, Delivery, end, entity,
    renew::{self, Wanted},
    rules::is_alive,
    start::Handed,
    store,
};
use crate::{IdentityContext as _, user::ViewerObject};

impl Session {
    /// Notes that somebody else's address or device was shown.
    fn looked(&self, ctx: &Context<'_>) {
        ctx.ask().looked(Look {
            action: "identity.session.view",
            subject_type: Self::TYPE,
            subject_id: self.0.id.uuid(),
            person: self.0.user_id.uuid(),
            account: None,
        });
    }
}

/// A device on which somebody is signed in to the tenant.
#[derive(Clone, Debug)]
pub struct Session(pub entity::Model);

impl From<entity::Model> for Session {
    fn from(model: entity::Model) -> Self {
        Self(model)
    }
}

impl Node for Session {
    const TYPE: &'static str = "Session";
}

/// A device on which somebody is signed in to the tenant. Seen by its owner and by administrators.
#[Object(name = "SessionFields")]
impl Session {
    /// Its id.
    async fn id(&self) -> SessionId {
        self.0.id
    }

    /// What the device is called: the name its client gave, or program and system, such as "Firefox on Linux".
    async fn device(&self) -> &str {
        &self.0.device
    }

    /// What the client calls itself (the `User-Agent` header); empty if it says nothing.
    async fn user_agent(&self, ctx: &Context<'_>) -> &str {
        self.looked(ctx);
        &self.0.user_agent
    }

    /// The address from which it was last used; empty if unknown.
    async fn ip(&self, ctx: &Context<'_>) -> &str {
        self.looked(ctx);
        &self.0.ip
    }

    /// Whether it was to be remembered, and so lasts longer.
    async fn remember_me(&self) -> bool {
        self.0.remember
    }

    /// Whether this very request belongs to it.
    async fn current(&self, ctx: &Context<'_>) -> bool {
        ctx.viewer().session == Some(self.0.id)
    }

    /// Whether it can still be used.
    async fn alive(&self, ctx: &Context<'_>) -> bool {
        is_alive(&self.0, ctx.viewer().now)
    }

    /// When they signed in.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> DateTime {
        self.0.last_used_at.into()
    }

    /// When it ends by itself unless it is renewed before.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it was ended; null while nobody ended it.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(Into::into)
    }
}

/// Questions about sessions.
#[derive(Default)]
pub struct SessionQuery;

/// Questions about sessions.
#[Object]
impl SessionQuery {
    /// Where somebody is signed in to the tenant at present, used last first. Without `userId`, the viewer; others need
    /// the permission `identity.session.read`.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose sessions; the viewer's if left out.")] user_id: Option<UserId>,
    ) -> Result<Vec<Graph<Session>>> {
        let me = ctx.viewer().signed_in()?;
        let rows = store::visible(ctx.db(), ctx.viewer(), user_id.unwrap_or(me)).await?;
        Ok(rows.into_iter().map(|row| Graph(Session(row))).collect())
    }
}

/// Renew a session.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The refresh token; left out where it is in the cookie.
    refresh_token: Option<String>,
    /// How the next refresh token is delivered: as this one came, if left out. That of a session in a cookie stays
    /// there: INVALID `stays_in_cookie`.
    delivery: Option<Delivery>,
}

/// The person of a session that just began or went on, as they see themselves.
pub(crate) fn seen(viewer: Viewer) -> SeenBy<ViewerObject> {
    SeenBy::new(viewer.clone(), ViewerObject::new(viewer))
}

/// A session that goes on.
#[derive(SimpleObject)]
pub struct RefreshSessionPayload {
    /// The new access token, for the `Authorization` header: `Bearer <token>`.
    access_token: String,
    /// The next refresh token, which is used once; null where it is in the cookie.
    refresh_token: Option<String>,
    /// When the access token ends.
    expires_at: DateTime,
    /// Who is signed in.
    viewer: SeenBy<ViewerObject>,
}

/// The end of the present session.
#[derive(SimpleObject)]
pub struct LogoutPayload {
    /// Whether a session ended; false if there was none.
    ended: bool,
}

/// End a session.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// Which one.
    id: SessionId,
}

/// A session that was ended.
#[derive(SimpleObject)]
pub struct RevokeSessionPayload {
    /// The session.
    session: Graph<Session>,
}

/// End the own sessions in the tenant.
#[derive(InputObject)]
pub struct RevokeAllSessionsInput {
    /// Whether the present session goes on.
    #[graphql(default = true)]
    except_current: bool,
}

/// Sessions that were ended.
#[derive(SimpleObject)]
pub struct RevokeAllSessionsPayload {
    /// The sessions.
    sessions: Vec<Graph<Session>>,
}

/// Changes of sessions.
#[derive(Default)]
pub struct SessionMutation;

/// Changes of sessions.
#[Object]
impl SessionMutation {
    /// Exchanges a refresh token for a new access token and the next refresh token. Each refresh token works once: one
    /// that comes again after more than ten seconds ends the session, because it was copied; within ten seconds the
    /// answer is CONFLICT `refresh_raced`, and the token of the first exchange is to be used. Send no `Authorization`.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token, unless it is in the cookie.")] input: RefreshSessionInput,
    ) -> Result<RefreshSessionPayload> {
        let RefreshSessionInput { refresh_token, delivery } = input;
        let cookies = ctx.data_opt::<Cookies>();
        let request = ctx.viewer().request.clone();
        let wanted = Wanted { token: refresh_token, delivery, cookies, request };
        let renewed = renew::renew(ctx.identity(), ctx.db(), wanted).await;
        Cookies::send(ctx);
        let (viewer, Handed { access, refresh }) = renewed?;
        ctx.ask().holds_secret();
        Ok(RefreshSessionPayload {
            access_token: access.token,
            refresh_token: refresh.map(|token| token.expose_secret().to_owned()),
            expires_at: access.expires_at.into(),
            viewer: seen(viewer),
        })
    }

    /// Signs out: ends the present session, or the one of the refresh cookie, and removes the cookie.
    async fn logout(&self, ctx: &Context<'_>) -> Result<LogoutPayload> {
        let cookies = ctx.data_opt::<Cookies>();
        let ended = end::sign_out(ctx.identity(), ctx.db(), ctx.viewer(), cookies).await;
        Cookies::send(ctx);
        Ok(LogoutPayload { ended: ended? })
    }

    /// Ends one session, effective at once. Sessions of others need the permission `identity.session.write`.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RevokeSessionInput,
    ) -> Result<RevokeSessionPayload> {
        let session = end::revoke(ctx.identity(), ctx.db(), ctx.viewer(), input.id).await?;
        Ok(RevokeSessionPayload { session: Graph(Session(session)) })
    }

    /// Ends the own sessions in the tenant, effective at once.
    async fn revoke_all_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] input: RevokeAllSessionsInput,
    ) -> Result<RevokeAllSessionsPayload> {
        let ended = end::revoke_all(ctx.identity(), ctx.db(), ctx.viewer(), input.except_current).await?;
        Ok(RevokeAllSessionsPayload { sessions: ended.into_iter().map(|row| Graph(Session(row))).collect() })
    }
}
