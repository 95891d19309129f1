//! `atrium user invite`: a person is asked by mail to join an agency, as `inviteUser` does; the link is shown, too.

use clap::Args;
use identity::{invitation, membership, role};
use kernel::{
    id::{AccountId, UserId},
    policy::Guarded as _,
    scalar::EmailAddress,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{
    Failure, Options, ask, show, tenant,
    user::{Tenant, find_role, system},
};
use crate::app::App;

/// A person to be invited.
#[derive(Debug, Args)]
pub(super) struct Invite {
    /// The agency's slug or id
    #[arg(long)]
    tenant: String,
    /// E-mail address; asked for on a terminal if left out
    #[arg(long)]
    email: Option<EmailAddress>,
    /// Key of a role in the agency: owner, admin, project_manager … or one of its own; may be given several times
    #[arg(long = "role", value_name = "ROLE", required_unless_present = "account")]
    roles: Vec<String>,
    /// Id of the client company, for the roles client and client_admin
    #[arg(long)]
    account: Option<AccountId>,
    /// Given name, as far as it is known
    #[arg(long)]
    given_name: Option<String>,
    /// Family name, as far as it is known
    #[arg(long)]
    family_name: Option<String>,
    /// E-mail address of the member in whose name; the longest-standing owner if left out
    #[arg(long, value_name = "EMAIL")]
    inviter: Option<EmailAddress>,
}

pub(super) async fn run(options: &Options, app: &App, wanted: Invite) -> Result<(), Failure> {
    let Invite { tenant, email, roles, account, given_name, family_name, inviter } = wanted;
    let tenant = tenant::named(app, &tenant).await?;
    let by = match inviter {
        Some(inviter) => member(app, &tenant, &inviter).await?,
        None => owner(app, &tenant).await?,
    };
    let email = ask::email(email, "E-mail address")?;
    let wanted = invitation::Invite { email, roles, account, given_name, family_name };
    let viewer = system(app, &tenant);
    let made = invitation::invite_for(&viewer, &app.db, &app.identity, wanted, by).await?;
    let (invitation, link) = (made.invitation, made.link.expose_secret());
    let value = json!({
        "id": invitation.id.to_string(),
        "email": invitation.email,
        "expiresAt": invitation.expires_at,
        "link": link,
    });
    let text = format!(
        "{} is invited to {}. The mail goes out as soon as a server or worker runs; its link, for them alone:\n{link}",
        invitation.email, tenant.slug
    );
    show::result(options, &value, &text)
}

/// The active member with this address.
async fn member(app: &App, tenant: &Tenant, email: &EmailAddress) -> Result<UserId, Failure> {
    let missing = || Failure::NotFound(format!("{email} is no active member of {}", tenant.slug));
    let person = identity::user::find_by_email(&app.db, email).await?.ok_or_else(missing)?;
    let place = membership::find(&app.db, tenant.id, person.id).await?;
    place.filter(membership::entity::Model::is_active).map(|place| place.user_id).ok_or_else(missing)
}

/// The active owner who has been a member for longest.
async fn owner(app: &App, tenant: &Tenant) -> Result<UserId, Failure> {
    use membership::entity::{Column, Entity, Model};
    let owner = find_role(app, tenant, "owner").await?;
    let held = role::held_in(tenant.id).filter(role::held::Column::RoleId.eq(owner.id));
    let held = held.all(&app.db).await.map_err(kernel::Error::from)?;
    let holders = Entity::of_tenant(tenant.id)
        .filter(Column::Id.is_in(held.iter().map(|row| row.membership_id)))
        .order_by_asc(Column::JoinedAt)
        .order_by_asc(Column::Id)
        .all(&app.db)
        .await
        .map_err(kernel::Error::from)?;
    let first = holders.into_iter().find(Model::is_active);
    first
        .map(|place| place.user_id)
        .ok_or_else(|| Failure::NotFound(format!("{} has no owner to invite in the name of", tenant.slug)))
}
