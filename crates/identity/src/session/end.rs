//! Ending sessions: by their owner, by an administrator, by what happens to the person.

use chrono::{DateTime, Utc};
use kernel::{
    Result,
    act::{Act, Event, Outcome, Recorded as _, Severity},
    db::Db,
    id::{SessionId, TypedId as _, UserId},
    policy::Guarded as _,
    viewer::Viewer,
};
use platform::crypto::token;
use serde_json::json;

use super::{Cookies, EndReason, entity as session, rules, store};
use crate::{Identity, policy::SESSION_WRITE, user::in_person};

/// Ends sessions of the act's tenant; answers their ids, to be forgotten once the act has committed.
pub(super) async fn end(
    act: &mut Act,
    sessions: Vec<session::Model>,
    reason: EndReason,
) -> Result<Vec<SessionId>> {
    let ids = sessions.iter().map(|session| session.id).collect();
    let now = act.now();
    act.update_all(sessions, |session| {
        session.revoked_at = Some(now);
        session.revoke_reason = Some(reason.as_str().to_owned());
    })
    .await?;
    Ok(ids)
}

/// Ends all sessions of a person, in every tenant, but `except`: for changes of the password or the person. Hand the
/// answered ids to [`Identity::forget_sessions`] once the act has committed; other nodes hear of it by events.
pub async fn end_all(
    act: &mut Act,
    user: UserId,
    except: Option<SessionId>,
    reason: EndReason,
) -> Result<Vec<SessionId>> {
    let mut live = store::live_everywhere(act.conn(), user, act.now()).await?;
    live.retain(|session| Some(session.id) != except);
    let tenant = act.viewer().tenant_id();
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|session| session.tenant_id == tenant);
    let mut ended = end(act, here, reason).await?;
    if !elsewhere.is_empty() {
        let ids: Vec<SessionId> = elsewhere.iter().map(|session| session.id).collect();
        store::revoke_elsewhere(act.conn(), &ids, reason.as_str(), act.now()).await?;
        // Reason: this tenant's trail says that there were others, not where and on which devices.
        let details = [("ended_elsewhere".to_owned(), json!(ids.len()))].into_iter().collect();
        act.note("User", Some(user.uuid()), None, details);
        for id in &ids {
            act.record(ended_event(*id));
        }
        ended.extend(ids);
    }
    Ok(ended)
}

/// Ends the sessions of a person in the act's tenant: for the end of a membership.
pub async fn end_in_tenant(act: &mut Act, user: UserId, reason: EndReason) -> Result<Vec<SessionId>> {
    let live = store::live(act.conn(), act.viewer().tenant_id(), user, act.now()).await?;
    end(act, live, reason).await
}

fn ended_event(id: SessionId) -> Event {
    Event {
        kind: "identity.session.updated",
        subject_type: session::Entity::SUBJECT,
        subject_id: id.uuid(),
        payload: json!({
            "action": "identity.session.end",
            "changed": ["revoked_at", "revoke_reason"],
            "version": null,
        }),
    }
}

/// Signs out: ends the viewer's session, or the one whose refresh token is in the cookie. Says whether one ended.
pub(super) async fn sign_out(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    cookies: Option<&Cookies>,
) -> Result<bool> {
    if let Some(cookies) = cookies {
        cookies.clear_refresh(&identity.config);
    }
    let session = match (viewer.session, cookies.and_then(Cookies::refresh_token)) {
        (Some(id), _) => store::find(db, id).await?,
        (None, Some(presented)) => match store::token(db, &token::hash(presented)).await? {
            Some(token) => store::find(db, token.session_id).await?,
            None => None,
        },
        (None, None) => None,
    };
    let Some(session) = session else { return Ok(false) };
    let Some(principal) = identity.principal(db, session.tenant_id, session.user_id).await? else {
        return Ok(false);
    };
    let owner = principal.viewer(identity, Some(session.id), viewer.request.clone());
    let ended = owner
        .act(db, "identity.session.logout", async |act| {
            let session = store::lock(act.conn(), session.tenant_id, session.id).await?;
            let living = session.filter(|session| session.revoked_at.is_none());
            end(act, living.into_iter().collect(), EndReason::SignedOut).await
        })
        .await?;
    identity.sessions.forget(&ended);
    Ok(!ended.is_empty())
}

/// Ends the session that somebody leaves for one in another tenant.
pub(crate) async fn end_switched(identity: &Identity, db: &Db, viewer: &Viewer, id: SessionId) -> Result<()> {
    let ended = viewer
        .act(db, "identity.session.switch", async |act| {
            let session = store::lock(act.conn(), viewer.tenant_id(), id).await?;
            let living = session.filter(|session| session.revoked_at.is_none());
            end(act, living.into_iter().collect(), EndReason::Switched).await
        })
        .await?;
    identity.sessions.forget(&ended);
    Ok(())
}

/// The session with this id, if it can be used.
pub(crate) async fn find_living(
    db: &impl sea_orm::ConnectionTrait,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<session::Model>> {
    Ok(store::find(db, id).await?.filter(|session| rules::is_alive(session, now)))
}

/// Ends one session: an own one, or one of others with the permission.
pub(super) async fn revoke(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    id: SessionId,
) -> Result<session::Model> {
    viewer.signed_in()?;
    let after = viewer
        .act(db, "identity.session.revoke", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = session::Entity::fetch_to(act.conn(), viewer, SESSION_WRITE, id).await?;
            if before.revoked_at.is_some() {
                return Ok(before);
            }
            let mut after = before.clone();
            after.revoked_at = Some(act.now());
            after.revoke_reason = Some(EndReason::Revoked.as_str().to_owned());
            act.update(&before, after).await
        })
        .await?;
    identity.sessions.forget(&[id]);
    Ok(after)
}

/// Ends the viewer's own sessions in the tenant, all or all but the present one.
pub(super) async fn revoke_all(
    identity: &Identity,
    db: &Db,
    viewer: &Viewer,
    except_current: bool,
) -> Result<Vec<session::Model>> {
    let user = in_person(viewer)?;
    let except = viewer.session.filter(|_| except_current);
    let ended = viewer
        .act(db, "identity.session.revoke_all", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let now = act.now();
            let mut live = store::live(act.conn(), viewer.tenant_id(), user, now).await?;
            live.retain(|session| Some(session.id) != except);
            end(act, live.clone(), EndReason::Revoked).await?;
            for session in &mut live {
                session.revoked_at = Some(now);
                session.revoke_reason = Some(EndReason::Revoked.as_str().to_owned());
            }
            Ok(live)
        })
        .await?;
    identity.sessions.forget(&ended.iter().map(|session| session.id).collect::<Vec<_>>());
    Ok(ended)
}
