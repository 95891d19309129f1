//! Inviting people, and taking invitations back or sending them again.

use std::collections::HashSet;

use chrono::Duration;
use kernel::{
    Error, Fields, Result, Text,
    act::{Act, Outcome, Severity},
    assignment,
    catalogue::SystemRole,
    db::Db,
    id::{AccountId, InvitationId, RoleId, UserId},
    policy::Guarded,
    scalar::EmailAddress,
    text::{self, REQUIRED},
    viewer::{Reach, Viewer},
};
use platform::{cache::Quota, crypto::token::hash as hashed};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, PaginatorTrait, QueryFilter};
use secrecy::SecretString;

use super::{
    entity::{Column, Entity, Model},
    letter, lock, new_token, open, role as invited,
    rules::{self, InvitationStatus, OWN_ACCOUNT_ONLY},
};
use crate::{
    mail,
    membership::{self, MembershipStatus},
    policy::USER_INVITE,
    role::{self, entity as roles},
    service::{Identity, row_id},
    tenant::{
        self,
        limits::{PlanLimit, check_limit, users},
    },
    user,
};

/// The person belongs to the tenant already.
pub const ALREADY_MEMBER: Text = Text::new(
    "already_member",
    "This person belongs to the agency already.",
    "Cette personne fait déjà partie de l'agence.",
);
/// The person was shut out.
pub const DEACTIVATED: Text = Text::new(
    "member_deactivated",
    "This person was deactivated. Reactivate them instead.",
    "Cette personne a été désactivée. Réactivez-la plutôt.",
);
/// No such client company.
pub const NO_ACCOUNT: Text = Text::new(
    "unknown_account",
    "There is no such client company.",
    "Cette entreprise cliente n'existe pas.",
);
/// No such role.
pub const NO_ROLE: Text =
    Text::new("unknown_role", "There is no role {role}.", "Il n'y a pas de rôle {role}.");
/// The invitation is closed.
pub const CLOSED: Text = Text::new(
    "invitation_closed",
    "This invitation was accepted or taken back already.",
    "Cette invitation a déjà été acceptée ou retirée.",
);

/// Letters to one address from one tenant: nobody's mailbox is filled by inviting them again and again.
const LETTERS: Quota = Quota::new(10, std::time::Duration::from_secs(3_600));

/// Most roles of one invitation.
const MAX_ROLES: usize = 20;

/// Whom to invite.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Their address.
    pub email: EmailAddress,
    /// Ids or keys of the roles they get; without any, a client's person becomes a `client`.
    pub roles: Vec<String>,
    /// The client company they belong to.
    pub account: Option<AccountId>,
    /// Given name, as far as it is known.
    pub given_name: Option<String>,
    /// Family name, as far as it is known.
    pub family_name: Option<String>,
}

/// Invites a person by mail. An earlier open invitation of the same address ends.
///
/// # Errors
/// FORBIDDEN, INVALID, LIMITED by the plan's users or after too many letters to the address.
pub async fn invite(viewer: &Viewer, db: &Db, identity: &Identity, wanted: Invite) -> Result<Model> {
    let by = user::in_person_or_key(viewer)?;
    Ok(invite_for(viewer, db, identity, wanted, by).await?.invitation)
}

/// An invitation with what its letter says to whom it is for.
#[derive(Debug)]
pub struct Invited {
    /// The invitation.
    pub invitation: Model,
    /// Where it is accepted. Whoever has it can.
    pub link: SecretString,
}

/// As [`invite`], in the name of `by`, a member of the viewer's tenant: the platform itself, which is no member, invites
/// for one.
///
/// # Errors
/// As [`invite`].
pub async fn invite_for(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    wanted: Invite,
    by: UserId,
) -> Result<Invited> {
    viewer.require(USER_INVITE)?;
    let Invite { email, roles, account, given_name, family_name } = wanted;
    let account = rules::account_for(viewer, account)?;
    let mut fields = Fields::new();
    let given = fields.take(text::optional_line(given_name.as_deref(), "givenName", text::NAME_MAX));
    let family = fields.take(text::optional_line(family_name.as_deref(), "familyName", text::NAME_MAX));
    fields.require(!roles.is_empty() || account.is_some(), "roles", REQUIRED);
    fields.require(roles.len() <= MAX_ROLES, "roles", kernel::page::TOO_MANY_LISTED.with("max", MAX_ROLES));
    fields.check()?;
    check_account(viewer, db, identity, account).await?;
    // Reason: hashed, so that no address is in the shared cache.
    identity.limit("invite", &hashed(&format!("{}:{email}", viewer.tenant_id())), LETTERS).await?;
    let (secret, token_hash) = new_token();
    let days = Duration::days(identity.config.invitation_days.into());
    let invitation = viewer
        .act(db, "identity.user.invite", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let roles = pick_roles(act, &roles).await?;
            role::weigh(act, &roles);
            check_roles(act, identity, &roles, account).await?;
            // Race: two who invite one address at once are one after the other, so that the later ends the earlier.
            let tenant = tenant::lock(act, viewer.tenant_id()).await?;
            let known = user::find_by_email(act.conn(), &email).await?;
            check_not_member(act, known.as_ref()).await?;
            end_earlier(act, &email).await?;
            check_room(act, &tenant).await?;
            let now = act.now();
            let row = act
                .insert(Model {
                    id: act.new_id(),
                    tenant_id: viewer.tenant_id(),
                    email: email.clone(),
                    given_name: given.clone().flatten(),
                    family_name: family.clone().flatten(),
                    account_id: account,
                    invited_by: by,
                    token_hash: token_hash.clone(),
                    expires_at: now + days,
                    accepted_at: None,
                    revoked_at: None,
                    created_at: now,
                    updated_at: now,
                    version: 1,
                })
                .await?;
            promise(act, &row, &roles).await?;
            send(act, identity, &row, known.as_ref(), &secret).await?;
            Ok(row)
        })
        .await?;
    Ok(Invited { invitation, link: identity.config.link("accept-invitation", secret.expose()).into() })
}

/// Writes which roles an invitation gives.
async fn promise(act: &mut Act, invitation: &Model, roles: &[roles::Model]) -> Result<()> {
    let promised = roles.iter().map(|role| invited::Model {
        id: row_id(act),
        tenant_id: invitation.tenant_id,
        invitation_id: invitation.id,
        role_id: role.id,
    });
    let promised = promised.collect();
    act.insert_all(promised).await.map(drop)
}

/// Takes an invitation back.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND, CONFLICT if it was accepted or taken back.
pub async fn revoke(viewer: &Viewer, db: &Db, id: InvitationId) -> Result<Model> {
    viewer.require(USER_INVITE)?;
    viewer
        .act(db, "identity.invitation.revoke", async |act| {
            let row = changeable(act, id).await?;
            let revoked = Model { revoked_at: Some(act.now()), ..row.clone() };
            act.update(&row, revoked).await
        })
        .await
}

/// Sends an invitation again, with a new link that works for seven days; the earlier link ends.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND, CONFLICT if it was accepted or taken back, LIMITED by the plan's users.
pub async fn resend(viewer: &Viewer, db: &Db, identity: &Identity, id: InvitationId) -> Result<Model> {
    viewer.require(USER_INVITE)?;
    identity.limit("resend_invitation", &id.to_string(), LETTERS).await?;
    let (secret, token_hash) = new_token();
    let days = Duration::days(identity.config.invitation_days.into());
    viewer
        .act(db, "identity.invitation.resend", async |act| {
            let row = changeable(act, id).await?;
            if rules::status(&row, act.now()) == InvitationStatus::Expired {
                let tenant = tenant::lock(act, viewer.tenant_id()).await?;
                check_room(act, &tenant).await?;
            }
            let again = Model { token_hash: token_hash.clone(), expires_at: act.now() + days, ..row.clone() };
            let again = act.update(&row, again).await?;
            let known = user::find_by_email(act.conn(), &again.email).await?;
            send(act, identity, &again, known.as_ref(), &secret).await?;
            Ok(again)
        })
        .await
}

/// An invitation that the viewer may change and that is neither accepted nor taken back.
async fn changeable(act: &Act, id: InvitationId) -> Result<Model> {
    Entity::fetch_to(act.conn(), act.viewer(), USER_INVITE, id).await?;
    let row = lock(act, id).await?;
    match rules::status(&row, act.now()) {
        InvitationStatus::Open | InvitationStatus::Expired => Ok(row),
        InvitationStatus::Accepted | InvitationStatus::Revoked => Err(Error::conflict(CLOSED)),
    }
}

async fn send(
    act: &mut Act,
    identity: &Identity,
    row: &Model,
    known: Option<&user::entity::Model>,
    secret: &platform::crypto::Token,
) -> Result<()> {
    let tenant = tenant::fetch(act.conn(), row.tenant_id).await?;
    let inviter = match act.viewer().user_id() {
        Some(inviter) => user::find(act.conn(), inviter).await?,
        None => None,
    };
    mail::enqueue(act, identity, letter(identity, &tenant, inviter.as_ref(), known, row, secret))
}

/// The account must exist, and the viewer's permission reach it.
async fn check_account(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    account: Option<AccountId>,
) -> Result<()> {
    let Some(account) = account else {
        // Reason: who invites for some accounts only, invites no staff.
        return if viewer.reaches(USER_INVITE, Reach::Tenant) {
            Ok(())
        } else {
            Err(Error::Forbidden(OWN_ACCOUNT_ONLY.into()))
        };
    };
    if viewer.is_client() {
        return Ok(());
    }
    if !viewer.reaches(USER_INVITE, Reach::Tenant) {
        let mut mine = assignment::touched_accounts_of(viewer);
        mine.and_where(assignment::Column::AccountId.eq(account));
        if db.query_one(&mine).await?.is_none() {
            return Err(Error::Forbidden(OWN_ACCOUNT_ONLY.into()));
        }
    }
    if identity.neighbours.accounts.exists(db, viewer, account).await? {
        Ok(())
    } else {
        Err(Error::field("accountId", NO_ACCOUNT))
    }
}

/// The roles with these ids or keys, as far as the viewer sees them; the client's role without any.
async fn pick_roles(act: &Act, wanted: &[String]) -> Result<Vec<roles::Model>> {
    if wanted.is_empty() {
        let client = role::system_row(act.conn(), act.viewer().tenant_id(), SystemRole::Client).await?;
        return Ok(vec![client]);
    }
    let ids: Vec<RoleId> = wanted.iter().filter_map(|text| text.trim().parse().ok()).collect();
    let keys: Vec<&str> = wanted.iter().map(|text| text.trim()).collect();
    let named = Condition::any().add(roles::Column::Id.is_in(ids)).add(roles::Column::Key.is_in(keys));
    let seen =
        roles::Entity::visible(act.viewer(), roles::Entity::READ).filter(named).all(act.conn()).await?;
    let mut fields = Fields::new();
    for (index, text) in wanted.iter().enumerate() {
        let known = seen.iter().any(|role| role.key == text.trim() || role.id.to_string() == text.trim());
        fields.require(known, &format!("roles.{index}"), NO_ROLE.with("role", text));
    }
    fields.check()?;
    let ids: HashSet<RoleId> = seen.iter().map(|role| role.id).collect();
    role::pick(act, &ids.into_iter().collect::<Vec<_>>()).await
}

/// The roles must suit the person and be the viewer's to give.
async fn check_roles(
    act: &Act,
    identity: &Identity,
    roles: &[roles::Model],
    account: Option<AccountId>,
) -> Result<()> {
    let place = membership::draft(act, account);
    role::check_fits(act.conn(), &identity.catalogue, &[place], roles, "roles").await?;
    role::check_grantable(act.conn(), &identity.catalogue, act.viewer(), roles).await
}

/// A client is not told about people of other accounts; whoever is a member already hears it when they accept.
async fn check_not_member(act: &Act, known: Option<&user::entity::Model>) -> Result<()> {
    let Some(known) = known else { return Ok(()) };
    let viewer = act.viewer();
    let Some(member) = membership::find(act.conn(), viewer.tenant_id(), known.id).await? else {
        return Ok(());
    };
    if viewer.is_client() && member.account_id != viewer.account {
        return Ok(());
    }
    match MembershipStatus::parse(&member.status) {
        Some(MembershipStatus::Active) => Err(Error::field("email", ALREADY_MEMBER)),
        Some(MembershipStatus::Deactivated) => Err(Error::field("email", DEACTIVATED)),
        Some(MembershipStatus::Pending) | None => Ok(()),
    }
}

/// Ends the open invitations of an address that the viewer may change.
async fn end_earlier(act: &mut Act, email: &EmailAddress) -> Result<()> {
    let earlier = Entity::visible(act.viewer(), USER_INVITE)
        .filter(super::is_open(act.now()))
        .filter(Column::Email.eq(email.as_str()))
        .all(act.conn())
        .await?;
    let now = act.now();
    act.update_all(earlier, |row| row.revoked_at = Some(now)).await
}

/// Everybody in the tenant, whose row is held, and everybody invited must find room on the plan.
async fn check_room(act: &Act, tenant: &tenant::entity::Model) -> Result<()> {
    let invited = open(tenant.id, act.now()).count(act.conn()).await?;
    let used = users(act.conn(), tenant).await?.saturating_add(i64::try_from(invited).unwrap_or(i64::MAX));
    check_limit(tenant, PlanLimit::Users, used, 1)
}
