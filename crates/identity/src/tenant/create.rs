//! Founding a tenant: its row, the platform's roles, its first owner.

use chrono::Duration;
use kernel::{
    Error, FieldError, Result, Text,
    act::{Act, Outcome, Severity},
    catalogue::SystemRole,
    db::Db,
    id::TenantId,
    locale::{Locale, TimeZone},
    money::Currency,
    scalar::EmailAddress,
    text,
    viewer::{TenantInfo, Viewer},
    workweek::WorkingWeek,
};
use secrecy::SecretString;
use serde_json::json;

use super::{
    entity::Model,
    rules::{Plan, Registration, TenantStatus},
};
use crate::{
    membership::{self, MembershipStatus},
    password::{self, NewPassword},
    role,
    service::Identity,
    user,
};

/// The slug belongs to another tenant.
pub const SLUG_TAKEN: Text = Text::new(
    "slug_taken",
    "This address is taken. Choose another.",
    "Cette adresse est prise. Choisissez-en une autre.",
);

/// A tenant to be founded.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// What people call it.
    pub name: String,
    /// Its part of addresses.
    pub slug: String,
    /// Language and formats.
    pub locale: Locale,
    /// Where its days begin and end.
    pub time_zone: TimeZone,
    /// Currency of amounts without another.
    pub currency: Currency,
    /// What it pays for.
    pub plan: Plan,
}

impl NewTenant {
    /// A tenant on the smallest plan, in Coordinated Universal Time and euros.
    pub fn new(name: impl Into<String>, slug: impl Into<String>, locale: Locale) -> Self {
        Self {
            name: name.into(),
            slug: slug.into(),
            locale,
            time_zone: TimeZone::default(),
            currency: Currency::default(),
            plan: Plan::Starter,
        }
    }

    /// What the act that founds it needs to know of it.
    pub(crate) fn info(&self, id: TenantId) -> TenantInfo {
        TenantInfo {
            id,
            slug: self.slug.clone(),
            locale: self.locale.clone(),
            currency: self.currency,
            time_zone: self.time_zone.tz(),
            working_week: WorkingWeek::default(),
        }
    }
}

/// The first owner of a tenant that an operator founds.
pub struct NewOwner {
    /// Their address, taken as verified.
    pub email: EmailAddress,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Their password; not asked for if they have an account already.
    pub password: SecretString,
}

/// Founds a tenant with its owner, both usable at once: for the command line and the demo. A person who has an account
/// already becomes the owner with the password they have.
///
/// # Errors
/// INVALID for names, slug or password that break a rule.
pub async fn create_tenant(db: &Db, identity: &Identity, new: NewTenant, owner: NewOwner) -> Result<Model> {
    let new = NewTenant { name: text::name(&new.name, "name")?, slug: text::slug(&new.slug, "slug")?, ..new };
    let known = user::find_by_email(db, &owner.email).await?;
    let hash = match &known {
        Some(_) => None,
        None => {
            let words = [owner.email.as_str(), &owner.given_name, &owner.family_name, &new.name];
            let (language, path) = (new.locale.language(), "password");
            let wanted = NewPassword { password: &owner.password, known: &words, user: None, path, language };
            Some(password::prepare(identity, db, wanted).await?)
        }
    };
    let id = identity.ids.generate();
    let system = Viewer::system(new.info(id), identity.clock.clone(), identity.ids.clone());
    system
        .act(db, "identity.tenant.create", async |act| {
            let (tenant, owner_role) = insert(act, identity, &new, "slug").await?;
            let person = match &known {
                Some(known) => known.clone(),
                None => add_owner(act, identity, &new, &owner, hash.clone()).await?,
            };
            let member = membership::join(act, person.id, None, MembershipStatus::Active).await?;
            role::assign_in(act, &identity.catalogue, &[member], &owner_role, None).await?;
            Ok(tenant)
        })
        .await
}

async fn add_owner(
    act: &mut Act,
    identity: &Identity,
    new: &NewTenant,
    owner: &NewOwner,
    hash: Option<String>,
) -> Result<user::entity::Model> {
    let person = user::NewUser {
        email: owner.email.clone(),
        verified: true,
        given_name: text::name(&owner.given_name, "givenName")?,
        family_name: text::name(&owner.family_name, "familyName")?,
        locale: new.locale.clone(),
        time_zone: new.time_zone,
        password_hash: hash,
    };
    user::insert(act, identity, person).await
}

/// Writes the tenant of the act and the platform's roles; answers it with the owner's role. `slug_path` is the input field of the slug.
///
/// # Errors
/// INVALID if the slug is taken.
pub(crate) async fn insert(
    act: &mut Act,
    identity: &Identity,
    new: &NewTenant,
    slug_path: &str,
) -> Result<(Model, Vec<role::entity::Model>)> {
    act.mark(Outcome::Success, Severity::Notice);
    let now = act.now();
    let days = identity.config.trial_days;
    let model = Model {
        id: act.viewer().tenant_id(),
        slug: new.slug.clone(),
        name: new.name.clone(),
        logo_url: None,
        default_locale: new.locale.clone(),
        time_zone: new.time_zone,
        currency: new.currency,
        working_week: 0b001_1111,
        working_day_minutes: 8 * 60,
        plan: new.plan.as_str().to_owned(),
        status: TenantStatus::Active.as_str().to_owned(),
        suspend_reason: None,
        trial_ends_at: (days > 0).then(|| now + Duration::days(days.into())),
        subscription_ends_at: None,
        deletion_at: None,
        limit_overrides: json!({}),
        registration: Registration::Invitation.as_str().to_owned(),
        registration_domains: json!([]),
        password_max_age_days: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let taken = || Error::from(FieldError::new(slug_path, SLUG_TAKEN));
    let tenant = act.insert_unique(model, &["slug"], taken).await?;
    let roles = role::system_rows(act).await?;
    let owner = roles.into_iter().filter(|role| role.key == SystemRole::Owner.key()).collect();
    Ok((tenant, owner))
}
