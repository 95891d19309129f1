//! Removing a person from the tenant, with somebody to take over what they own.

use kernel::{
    Error, Result, Text,
    act::{Act, Outcome, Severity},
    assignment,
    db::Db,
    id::{TypedId, UserId},
    people::{NOT_ACTIVE, NOT_IN_TENANT, NOT_STAFF},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    entity::Model,
    in_person_or_key,
    status::{Member, end_access, pick},
};
use crate::{
    api_key,
    invitation::{self, entity as invitations},
    membership, password,
    policy::USER_DELETE,
    role,
    service::Identity,
    session::entity as sessions,
    token::{self, entity as tokens},
};

/// The person who leaves cannot take over.
pub const SAME_PERSON: Text =
    Text::new("same_person", "Somebody else must take over.", "Quelqu'un d'autre doit prendre la relève.");

/// Removes a person from the viewer's tenant. What they own becomes `heir`'s, the viewer's own without one, also open
/// invitations that the heir could make as well (others end); somebody who belongs to no other tenant is forgotten
/// altogether. Answers who it was.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, INVALID for an heir who is no active staff, CONFLICT for oneself and the last owner.
pub async fn remove(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    id: UserId,
    heir: Option<UserId>,
) -> Result<UserId> {
    viewer.require(USER_DELETE)?;
    let heir = match heir {
        Some(heir) => heir,
        None => in_person_or_key(viewer)?,
    };
    let inherits = identity.principal(db, viewer.tenant_id(), heir).await?;
    let inherits = inherits.map(|heir| heir.viewer(identity, None, viewer.request.clone()));
    viewer
        .act(db, "identity.user.delete", async |act| {
            act.mark(Outcome::Success, Severity::Warning);
            for domain in &identity.neighbours.reassign {
                domain.hold(act, id).await?;
            }
            let found = pick(act, identity, &[id], USER_DELETE).await?.pop();
            let Member { user, membership } =
                found.unwrap_or_else(|| Err(Error::not_found(UserId::TYPE, id)))?;
            check_heir(act, id, heir).await?;
            for domain in &identity.neighbours.reassign {
                domain.reassign(act, id, heir).await?;
            }
            if let Some(heir) = &inherits {
                invitation::hand_over(act, identity, id, heir).await?;
            }
            clear(act, id, heir).await?;
            act.delete(membership).await?;
            role::keep_an_owner(act).await?;
            forget(act, user).await
        })
        .await?;
    identity.sessions.forget_all();
    identity.api_keys.forget_all();
    identity.forget(viewer.tenant_id(), Some(id));
    Ok(id)
}

async fn check_heir(act: &Act, leaver: UserId, heir: UserId) -> Result<()> {
    let path = "reassignTo";
    if leaver == heir {
        return Err(Error::field(path, SAME_PERSON));
    }
    match membership::find(act.conn(), act.viewer().tenant_id(), heir).await? {
        None => Err(Error::field(path, NOT_IN_TENANT)),
        Some(member) if member.account_id.is_some() => Err(Error::field(path, NOT_STAFF)),
        Some(member) if !member.is_active() => Err(Error::field(path, NOT_ACTIVE)),
        Some(_) => Ok(()),
    }
}

/// Clears what identity itself keeps of a membership: invitations stand in the heir's name, the rest goes.
pub(crate) async fn clear(act: &mut Act, id: UserId, heir: UserId) -> Result<()> {
    end_access(act, &[id]).await?;
    let tenant = act.viewer().tenant_id();
    let invited = invitations::Entity::of_tenant(tenant).filter(invitations::Column::InvitedBy.eq(id));
    let invited = invited.all(act.conn()).await?;
    act.update_all(invited, |row| row.invited_by = heir).await?;
    let signed_in = sessions::Entity::of_tenant(tenant).filter(sessions::Column::UserId.eq(id));
    let signed_in = signed_in.all(act.conn()).await?;
    act.delete_all(signed_in).await?;
    api_key::remove_all(act, id).await?;
    let assigned = assignment::Entity::of_tenant(tenant).filter(assignment::Column::UserId.eq(id));
    let assigned = assigned.all(act.conn()).await?;
    act.delete_all(assigned).await?;
    let sent = token::of_user(id).filter(tokens::Column::TenantId.eq(tenant)).all(act.conn()).await?;
    act.delete_all(sent).await
}

/// Forgets a person who belongs to no tenant any more.
pub(crate) async fn forget(act: &mut Act, user: Model) -> Result<()> {
    if !membership::of_user(act.conn(), user.id).await?.is_empty() {
        return Ok(());
    }
    let sent = token::of_user(user.id).all(act.conn()).await?;
    act.delete_all(sent).await?;
    password::forget(act, user.id).await?;
    act.delete(user).await
}
