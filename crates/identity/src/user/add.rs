//! Adding people as an operator: for the command line and generated data.

use kernel::{
    Error, Result,
    catalogue::SystemRole,
    db::Db,
    id::{AccountId, TenantId},
    locale::{Locale, TimeZone},
    policy::Guarded,
    scalar::EmailAddress,
    text,
};
use sea_orm::{ColumnTrait, QueryFilter};
use secrecy::SecretString;

use super::{NewUser, entity::Model, find_by_email, insert};
use crate::{
    invitation::invite::ALREADY_MEMBER,
    membership::{self, MembershipStatus},
    password::{self, NewPassword},
    role::{self, entity as roles},
    service::Identity,
    tenant::{self, lifecycle, limits},
};

/// A person to be added to a tenant, usable at once.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Their address, taken as verified. If it has an account, that account joins as it is.
    pub email: EmailAddress,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Language and formats; the tenant's without one.
    pub locale: Option<Locale>,
    /// Their password.
    pub password: MemberPassword,
    /// What they get.
    pub roles: Vec<SystemRole>,
    /// The client company, for clients.
    pub account: Option<AccountId>,
}

/// The password of somebody who is added.
#[derive(Clone, Debug)]
pub enum MemberPassword {
    /// To be checked by every rule.
    Plain(SecretString),
    /// Hashed already, by [`platform::crypto::PasswordHasher`]: one hash for many generated people.
    Hashed(String),
}

/// Adds a person to a tenant, as the platform itself.
///
/// # Errors
/// NOT_FOUND for the tenant, INVALID, CONFLICT for a member, LIMITED by the plan.
pub async fn add_member(db: &Db, identity: &Identity, tenant: TenantId, new: NewMember) -> Result<Model> {
    let tenant = tenant::fetch(db, tenant).await?;
    let NewMember { email, given_name, family_name, locale, password, roles, account } = new;
    let known = find_by_email(db, &email).await?;
    let hash = match password {
        MemberPassword::Hashed(hash) => hash,
        MemberPassword::Plain(_) if known.is_some() => String::new(),
        MemberPassword::Plain(password) => {
            let words = [email.as_str(), &given_name, &family_name, &tenant.name];
            let language = tenant.default_locale.language();
            let wanted =
                NewPassword { password: &password, known: &words, user: None, path: "password", language };
            password::prepare(identity, db, wanted).await?
        }
    };
    let new = NewUser {
        email,
        verified: true,
        given_name: text::name(&given_name, "givenName")?,
        family_name: text::name(&family_name, "familyName")?,
        locale: locale.unwrap_or_else(|| tenant.default_locale.clone()),
        time_zone: TimeZone::default(),
        password_hash: Some(hash),
    };
    let system = lifecycle::system(&tenant, identity.clock.clone(), identity.ids.clone());
    system
        .act(db, "identity.user.add", async |act| {
            limits::check_users(act, &tenant, 1).await?;
            let person = match &known {
                Some(known) => known.clone(),
                None => insert(act, identity, new.clone()).await?,
            };
            if membership::find(act.conn(), tenant.id, person.id).await?.is_some() {
                return Err(Error::conflict(ALREADY_MEMBER));
            }
            let member = membership::join(act, person.id, account, MembershipStatus::Active).await?;
            let keys = roles.iter().map(|role| role.key());
            let rows = roles::Entity::of_tenant(tenant.id).filter(roles::Column::Key.is_in(keys));
            let rows = rows.all(act.conn()).await?;
            role::weigh(act, &rows);
            role::assign_in(act, &identity.catalogue, &[member], &rows, None).await?;
            Ok(person)
        })
        .await
}
