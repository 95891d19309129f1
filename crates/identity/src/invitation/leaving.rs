//! What becomes of open invitations when whoever made them leaves: they last no longer than the right to make them.

use std::collections::HashSet;

use kernel::{
    Result,
    act::Act,
    id::{InvitationId, UserId},
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{entity::Column, open, roles_of};
use crate::{policy::USER_INVITE, service::Identity, user::beyond};

/// Takes back the open invitations that any of these people made in the act's tenant.
pub(crate) async fn close(act: &mut Act, users: &[UserId]) -> Result<()> {
    let (tenant, now) = (act.viewer().tenant_id(), act.now());
    let rows = open(tenant, now).filter(Column::InvitedBy.is_in(users.iter().copied()));
    let rows = rows.all(act.conn()).await?;
    act.update_all(rows, |row| row.revoked_at = Some(now)).await
}

/// Gives the open invitations of `leaver` to `heir`, as far as the heir could have made them.
pub(crate) async fn hand_over(
    act: &mut Act,
    identity: &Identity,
    leaver: UserId,
    heir: &Viewer,
) -> Result<()> {
    let Some(to) = heir.user_id().filter(|_| heir.reaches(USER_INVITE, Reach::Tenant)) else {
        return Ok(());
    };
    let tenant = act.viewer().tenant_id();
    let mut rows = open(tenant, act.now()).filter(Column::InvitedBy.eq(leaver)).all(act.conn()).await?;
    let ids: Vec<InvitationId> = rows.iter().map(|row| row.id).collect();
    let given = roles_of(tenant, &ids).all(act.conn()).await?;
    let beyond = beyond(act, identity, heir, given.iter().map(|role| role.role_id).collect()).await?;
    let beyond = given.iter().filter(|role| beyond.contains(&role.role_id));
    let beyond: HashSet<InvitationId> = beyond.map(|role| role.invitation_id).collect();
    rows.retain(|row| !beyond.contains(&row.id));
    act.update_all(rows, |row| row.invited_by = to).await
}
