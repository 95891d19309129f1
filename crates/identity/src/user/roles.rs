//! Giving one role to many people at once.

use chrono::{DateTime, Utc};
use kernel::{
    Error, Result,
    act::{Act, Outcome, Severity},
    bulk::check_items,
    db::Db,
    id::{RoleId, UserId},
    viewer::Viewer,
};

use super::{
    entity::Model,
    status::{Member, pick},
};
use crate::{
    api_key::rules::end,
    membership,
    policy::ROLE_ASSIGN,
    role::{self, entity as roles},
    service::Identity,
};

/// Gives a role to many people, or takes it from them (`take`); each is done or says why not.
///
/// # Errors
/// For each person NOT_FOUND, FORBIDDEN, INVALID for a role that does not fit; for all of them FORBIDDEN, NOT_FOUND for
/// the role, INVALID for an end in the past, CONFLICT if no owner would be left.
pub async fn assign_many(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    ids: &[UserId],
    role: RoleId,
    expires_at: Option<DateTime<Utc>>,
    take: bool,
) -> Result<Vec<Result<Model>>> {
    viewer.require(ROLE_ASSIGN)?;
    check_items(ids)?;
    let results = viewer
        .act(db, "identity.role.bulk_assign", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let expires_at = expires_at.map(|at| end(at, act.now(), "expiresAt")).transpose()?;
            let found = pick(act, identity, ids, ROLE_ASSIGN).await?;
            let roles = role::visible(act, &[role]).await?;
            role::weigh(act, &roles);
            role::check_grantable(act.conn(), &identity.catalogue, viewer, &roles).await?;
            let found = if take { found } else { fitting(act, identity, found, &roles).await? };
            let places: Vec<_> = found
                .iter()
                .filter_map(|found| found.as_ref().ok())
                .map(|member| member.membership.clone())
                .collect();
            if take {
                role::revoke_in(act, &places, &roles).await?;
            } else {
                role::assign_in(act, &identity.catalogue, &places, &roles, expires_at).await?;
            }
            Ok(found.into_iter().map(|found| found.map(|member| member.user)).collect::<Vec<_>>())
        })
        .await?;
    for person in results.iter().filter_map(|result| result.as_ref().ok()) {
        identity.forget(viewer.tenant_id(), Some(person.id));
    }
    Ok(results)
}

/// Says of each person whom the role does not fit that it does not: clients' roles are for clients alone.
async fn fitting(
    act: &Act,
    identity: &Identity,
    found: Vec<Result<Member>>,
    roles: &[roles::Model],
) -> Result<Vec<Result<Member>>> {
    let is_client = |member: &Member| member.membership.account_id.is_some();
    let client =
        found.iter().flatten().find(|member| is_client(member)).and_then(|one| one.membership.account_id);
    let for_staff = asked(
        role::check_fits(act.conn(), &identity.catalogue, &[membership::draft(act, None)], roles, "roleId")
            .await,
    )?;
    let for_clients = match client {
        Some(account) => {
            let place = membership::draft(act, Some(account));
            asked(role::check_fits(act.conn(), &identity.catalogue, &[place], roles, "roleId").await)?
        }
        None => None,
    };
    let judge = |member: Member| match if is_client(&member) { &for_clients } else { &for_staff } {
        Some(error) => Err(error.clone()),
        None => Ok(member),
    };
    Ok(found.into_iter().map(|found| found.and_then(judge)).collect())
}

/// An answer of a rule as a value; a failure of ours stays one.
fn asked(answer: Result<()>) -> Result<Option<Error>> {
    match answer {
        Ok(()) => Ok(None),
        Err(error @ (Error::Invalid(_) | Error::Forbidden(_))) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
