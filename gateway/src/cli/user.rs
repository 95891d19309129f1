//! `atrium user`: people, as whoever runs the installation sees them.

use std::collections::HashMap;

use clap::{Args, Subcommand};
use identity::{
    login,
    membership::{self, MembershipStatus},
    password::{self, NewPassword},
    role,
    session::{self, EndReason},
    tenant::limits,
    user::{self, NewUser, entity::Model},
};
use kernel::{
    act::{Outcome, Severity},
    catalogue::SystemRole,
    id::{AccountId, MembershipId, RoleId, UserId},
    locale::Language,
    policy::Guarded,
    scalar::EmailAddress,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{Failure, Options, ask, invite, show, tenant, with_app};
use crate::app::App;

pub(super) use identity::tenant::entity::Model as Tenant;

/// People.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a person to an agency, able to sign in at once
    Create(Box<Create>),
    /// Invite a person to an agency by mail, and show the link
    Invite(Box<invite::Invite>),
    /// List the people of an agency
    List {
        /// The agency's slug or id
        tenant: String,
    },
    /// Set a new password, end every session and lift a lock-out
    ResetPassword {
        /// The person's e-mail address
        email: EmailAddress,
    },
    /// Let a person try again who was locked out after wrong passwords
    Unlock {
        /// The person's e-mail address
        email: EmailAddress,
    },
}

/// A person to be added; what is missing is asked for on a terminal, the password always.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// The agency's slug or id
    tenant: String,
    /// E-mail address, taken as verified
    #[arg(long)]
    email: Option<EmailAddress>,
    /// Given name
    #[arg(long)]
    given_name: Option<String>,
    /// Family name
    #[arg(long)]
    family_name: Option<String>,
    /// Key of a role in the agency: owner, admin, project_manager … or one of its own
    #[arg(long)]
    role: String,
    /// Id of the client company, for the roles client and client_admin
    #[arg(long)]
    account: Option<AccountId>,
}

pub(super) fn run(options: &Options, command: User) -> Result<(), Failure> {
    with_app(options, async |app| match command {
        User::Create(new) => create(options, app, *new).await,
        User::Invite(wanted) => invite::run(options, app, *wanted).await,
        User::List { tenant } => list(options, app, &tenant::named(app, &tenant).await?).await,
        User::ResetPassword { email } => reset_password(options, app, &email).await,
        User::Unlock { email } => unlock(options, app, &email).await,
    })
}

async fn create(options: &Options, app: &App, new: Create) -> Result<(), Failure> {
    let Create { tenant, email, given_name, family_name, role, account } = new;
    let tenant = tenant::named(app, &tenant).await?;
    let role = find_role(app, &tenant, &role).await?;
    let for_clients =
        SystemRole::from_key(&role.key).is_some_and(|known| role.system && known.is_for_clients());
    if for_clients != account.is_some() {
        return Err(Failure::Usage(
            "--account belongs to the roles client and client_admin, and to them alone".to_owned(),
        ));
    }
    let email = ask::email(email, "E-mail address")?;
    let known = user::find_by_email(&app.db, &email).await?;
    if let Some(known) = &known
        && membership::find(&app.db, tenant.id, known.id).await?.is_some()
    {
        return Err(Failure::failed(format!("{email} belongs to {} already", tenant.slug)));
    }
    let person = match &known {
        Some(_) => None,
        None => Some(ask_person(app, &tenant, email, given_name, family_name).await?),
    };
    let viewer = system(app, &tenant);
    let made = viewer
        .act(&app.db, "identity.user.create", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            limits::check_users(act, &tenant, 1).await?;
            let user = match (&known, &person) {
                (Some(known), _) => known.clone(),
                (None, Some(person)) => user::insert(act, &app.identity, person.clone()).await?,
                (None, None) => return Err(kernel::Error::internal("somebody is added who is nobody")),
            };
            let member = membership::join(act, user.id, account, MembershipStatus::Active).await?;
            role::assign_in(act, &app.identity.catalogue, &[member], std::slice::from_ref(&role), None)
                .await?;
            Ok(user)
        })
        .await?;
    let text = format!("{} may sign in to {} as {}.", made.email, tenant.slug, role.name);
    show::result(options, &json!({ "id": made.id.to_string(), "email": made.email, "role": role.key }), &text)
}

/// Names and password of somebody who has no account yet.
async fn ask_person(
    app: &App,
    tenant: &Tenant,
    email: EmailAddress,
    given_name: Option<String>,
    family_name: Option<String>,
) -> Result<NewUser, Failure> {
    let given_name = text::name(&ask::text(given_name, "Given name", "--given-name")?, "given-name");
    let family_name = text::name(&ask::text(family_name, "Family name", "--family-name")?, "family-name");
    let (given_name, family_name) =
        (given_name.map_err(kernel::Error::from)?, family_name.map_err(kernel::Error::from)?);
    let chosen = ask::new_password("Password")?;
    let words = [email.as_str(), &given_name, &family_name, &tenant.name];
    let wanted = NewPassword {
        password: &chosen,
        known: &words,
        user: None,
        path: "password",
        language: Language::En,
    };
    let hash = password::prepare(&app.identity, &app.db, wanted).await?;
    Ok(NewUser {
        email,
        verified: true,
        given_name,
        family_name,
        locale: tenant.default_locale.clone(),
        time_zone: tenant.time_zone,
        password_hash: Some(hash),
    })
}

/// The role of a tenant with this key.
pub(super) async fn find_role(app: &App, tenant: &Tenant, key: &str) -> Result<role::entity::Model, Failure> {
    let found = role::entity::Entity::of_tenant(tenant.id)
        .filter(role::entity::Column::Key.eq(key))
        .one(&app.db)
        .await;
    found
        .map_err(kernel::Error::from)?
        .ok_or_else(|| Failure::NotFound(format!("{} has no role {key}", tenant.slug)))
}

async fn list(options: &Options, app: &App, tenant: &Tenant) -> Result<(), Failure> {
    let people = people(app, tenant).await?;
    let values: Vec<Value> = people
        .iter()
        .map(|Listed { user, status, roles }| {
            json!({
                "id": user.id.to_string(),
                "email": user.email,
                "givenName": user.given_name,
                "familyName": user.family_name,
                "status": status,
                "roles": roles,
                "lockedUntil": user.locked_until,
            })
        })
        .collect();
    let rows: Vec<Vec<String>> = people
        .into_iter()
        .map(|Listed { user, status, roles }| {
            let name = format!("{} {}", user.given_name, user.family_name);
            vec![user.email.to_string(), name, status, roles.join(", ")]
        })
        .collect();
    show::result(options, &json!(values), &show::table(&["E-MAIL", "NAME", "STATUS", "ROLES"], &rows))
}

/// A person as the list shows them.
struct Listed {
    user: Model,
    status: String,
    roles: Vec<String>,
}

/// Everybody of a tenant by address, in four statements.
async fn people(app: &App, tenant: &Tenant) -> Result<Vec<Listed>, kernel::Error> {
    use membership::entity as member;
    let viewer = system(app, tenant);
    let members = member::Entity::of_tenant(tenant.id).all(&app.db).await?;
    let keys: HashMap<RoleId, String> = role::entity::Entity::of_tenant(tenant.id)
        .all(&app.db)
        .await?
        .into_iter()
        .map(|role| (role.id, role.key))
        .collect();
    let mut roles: HashMap<MembershipId, Vec<String>> = HashMap::new();
    for held in role::held_in(tenant.id).all(&app.db).await? {
        roles.entry(held.membership_id).or_default().extend(keys.get(&held.role_id).cloned());
    }
    let mut places: HashMap<UserId, member::Model> =
        members.into_iter().map(|member| (member.user_id, member)).collect();
    let users = user::entity::Entity::visible(&viewer, identity::policy::USER_READ)
        .order_by_asc(user::entity::Column::Email)
        .all(&app.db)
        .await?;
    Ok(users
        .into_iter()
        .filter_map(|user| {
            let member = places.remove(&user.id)?;
            let mut roles = roles.remove(&member.id).unwrap_or_default();
            roles.sort_unstable();
            Some(Listed { user, status: member.status, roles })
        })
        .collect())
}

async fn reset_password(options: &Options, app: &App, email: &EmailAddress) -> Result<(), Failure> {
    let (user, tenant) = person(app, email).await?;
    let chosen = ask::new_password("New password")?;
    let words = [user.email.as_str(), &user.given_name, &user.family_name, &tenant.name];
    let id = Some(user.id);
    let wanted =
        NewPassword { password: &chosen, known: &words, user: id, path: "password", language: Language::En };
    let hash = password::prepare(&app.identity, &app.db, wanted).await?;
    let ended = system(app, &tenant)
        .act(&app.db, "identity.password.reset", async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            password::set(act, &app.identity, &user, hash.clone()).await?;
            session::end_all(act, user.id, None, EndReason::PasswordChanged).await
        })
        .await?;
    app.identity.forget_sessions(&ended);
    let text = format!("{email} has a new password; {} sessions were ended.", ended.len());
    show::result(options, &json!({ "email": email, "sessionsEnded": ended.len() }), &text)
}

async fn unlock(options: &Options, app: &App, email: &EmailAddress) -> Result<(), Failure> {
    let (user, tenant) = person(app, email).await?;
    login::unlock(&app.db, &system(app, &tenant), user.id).await?;
    show::result(options, &json!({ "email": email }), &format!("{email} may try again."))
}

/// The person with this address and the oldest of their agencies, whose trail tells what is done to them.
async fn person(app: &App, email: &EmailAddress) -> Result<(Model, Tenant), Failure> {
    let unknown = || Failure::NotFound(format!("there is nobody with the address {email}"));
    let user = user::find_by_email(&app.db, email).await?.ok_or_else(unknown)?;
    let place = membership::of_user(&app.db, user.id).await?.into_iter().next();
    let place = place.ok_or_else(|| Failure::NotFound(format!("{email} belongs to no agency")))?;
    let tenant = identity::tenant::fetch(&app.db, place.tenant_id).await?;
    Ok((user, tenant))
}

/// The platform itself, acting in a tenant.
pub(super) fn system(app: &App, tenant: &Tenant) -> Viewer {
    Viewer::system(identity::tenant::info(tenant), app.clock.clone(), app.ids.clone())
}
