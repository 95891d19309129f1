//! Signing up an agency and registering with one. Nothing here tells whether an address has an account: every answer is
//! "look into your mail", after the same work.

mod apply;
pub mod confirm;
pub mod graphql;

use chrono::Duration as Days;
use kernel::{
    Error, Fields, Result, Text,
    act::{Outcome, Severity},
    catalogue::SystemRole,
    db::Db,
    locale::Locale,
    scalar::EmailAddress,
    text,
    viewer::Viewer,
};
use platform::cache::Quota;
use secrecy::SecretString;
use std::time::Duration;

use crate::{
    membership::{self, MembershipStatus},
    password::{self, NewPassword},
    role,
    service::Identity,
    tenant::{
        self, NewTenant, create, limits,
        rules::{self, Registration},
    },
};

pub use confirm::{disown, resend, verify, verify_again};
pub use graphql::RegistrationMutation;

/// The tenant takes nobody in who was not invited.
pub const REGISTRATION_CLOSED: Text = Text::new(
    "registration_closed",
    "This agency only takes people in by invitation.",
    "Cette agence n'accepte de nouvelles personnes que sur invitation.",
);
/// The tenant takes in people of other domains only.
pub const DOMAIN_NOT_ALLOWED: Text = Text::new(
    "domain_not_allowed",
    "People with this e-mail domain cannot register here. Ask for an invitation.",
    "Les personnes de ce domaine e-mail ne peuvent pas s'inscrire ici. Demandez une invitation.",
);
/// No such tenant.
pub const NO_TENANT: Text = Text::new(
    "unknown_tenant",
    "There is no agency at this address.",
    "Il n'y a pas d'agence à cette adresse.",
);

/// Sign-ups and registrations from one address: three an hour.
const FROM_ONE_PLACE: Quota = Quota::new(3, Duration::from_secs(3_600));

/// What a person says of themselves.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// Their address.
    pub email: EmailAddress,
    /// The password they want.
    pub password: SecretString,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Their language; the request's without one.
    pub locale: Option<Locale>,
}

/// An agency to be signed up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// What people call it.
    pub tenant_name: String,
    /// Its part of addresses.
    pub tenant_slug: String,
    /// Its owner.
    pub owner: Newcomer,
}

/// Signs up an agency. Its owner can sign in to it once the link in the mail was followed.
///
/// # Errors
/// INVALID for a wrong field or a slug that is taken, LIMITED after three from one place in an hour.
pub async fn sign_up(viewer: &Viewer, db: &Db, identity: &Identity, wanted: SignUp) -> Result<()> {
    let SignUp { tenant_name, tenant_slug, owner } = wanted;
    let mut fields = Fields::new();
    let name = fields.take(text::name(&tenant_name, "tenantName"));
    let slug = fields.take(text::slug(&tenant_slug, "tenantSlug"));
    let owner = check(viewer, identity, owner, name.as_deref().unwrap_or_default(), fields).await?;
    let (Some(name), Some(slug)) = (name, slug) else {
        return Err(Error::internal("checked fields have values"));
    };
    limit(viewer, identity).await?;
    let new = NewTenant::new(name, slug, owner.locale.clone());
    let owner = apply::weigh(identity, db, owner).await?;
    let entering = viewer.entering(new.info(identity.ids.generate()));
    entering
        .act(db, "identity.tenant.sign_up", async |act| {
            let (tenant, roles) = create::insert(act, identity, &new, "tenantSlug").await?;
            let person = apply::person(act, identity, &owner).await?;
            let member = membership::join(act, person.id, None, MembershipStatus::Pending).await?;
            role::assign_in(act, &identity.catalogue, &[member], &roles, None).await?;
            apply::write(act, identity, &tenant, &owner, &person).await
        })
        .await
}

/// Registers a person with an agency, as far as it takes people in by itself.
///
/// # Errors
/// INVALID for a wrong field, FORBIDDEN if registration is closed or the agency suspended, LIMITED by rate or plan.
pub async fn register(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    tenant: &str,
    person: Newcomer,
) -> Result<()> {
    let tenant = tenant::find_by_name(db, tenant).await?.ok_or_else(|| Error::field("tenant", NO_TENANT))?;
    tenant::ensure_active(&tenant)?;
    if tenant.registration == Registration::Invitation.as_str() {
        return Err(Error::Forbidden(REGISTRATION_CLOSED.into()));
    }
    let mut fields = Fields::new();
    fields.require(rules::may_register(&tenant, person.email.domain()), "email", DOMAIN_NOT_ALLOWED);
    let person = check(viewer, identity, person, &tenant.name, fields).await?;
    limit(viewer, identity).await?;
    let applicant = apply::weigh(identity, db, person).await?;
    let by_domain = tenant.registration == Registration::Domain.as_str();
    let entering = viewer.entering(tenant::info(&tenant));
    entering
        .act(db, "identity.user.register", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            limits::check_users(act, &tenant, 1).await?;
            let person = apply::person(act, identity, &applicant).await?;
            if let Some(member) = membership::find(act.conn(), tenant.id, person.id).await? {
                return apply::write_to_member(act, identity, &tenant, &applicant, &person, &member).await;
            }
            let member = membership::join(act, person.id, None, MembershipStatus::Pending).await?;
            if by_domain {
                let team = role::system_row(act.conn(), tenant.id, SystemRole::TeamMember).await?;
                role::assign_in(act, &identity.catalogue, &[member], &[team], None).await?;
            }
            apply::write(act, identity, &tenant, &applicant, &person).await
        })
        .await
}

/// A newcomer whose fields are in order.
#[derive(Debug)]
struct Checked {
    email: EmailAddress,
    password: SecretString,
    given_name: String,
    family_name: String,
    locale: Locale,
}

/// Checks what a newcomer says, together with the errors that `fields` holds already.
async fn check(
    viewer: &Viewer,
    identity: &Identity,
    newcomer: Newcomer,
    tenant_name: &str,
    mut fields: Fields,
) -> Result<Checked> {
    let Newcomer { email, password, given_name, family_name, locale } = newcomer;
    let given = fields.take(text::name(&given_name, "givenName"));
    let family = fields.take(text::name(&family_name, "familyName"));
    let known = [email.as_str(), &given_name, &family_name, tenant_name];
    let language = viewer.language();
    let wanted = NewPassword { password: &password, known: &known, user: None, path: "password", language };
    match password::check(identity, &wanted).await {
        Err(Error::Invalid(wrong)) => {
            wrong.into_iter().for_each(|error| fields.add(error.path, error.message))
        }
        checked => checked?,
    }
    fields.check()?;
    let (Some(given_name), Some(family_name)) = (given, family) else {
        return Err(Error::internal("checked fields have values"));
    };
    let locale = locale.unwrap_or_else(|| Locale::from(language));
    Ok(Checked { email, password, given_name, family_name, locale })
}

async fn limit(viewer: &Viewer, identity: &Identity) -> Result<()> {
    identity.limit("sign_up", &place(viewer), FROM_ONE_PLACE).await
}

/// Where a request comes from, as a key of limits.
pub(crate) fn place(viewer: &Viewer) -> String {
    crate::login::network(viewer.request.ip)
}

/// How long a verification link works.
fn lifetime(identity: &Identity) -> Days {
    Days::hours(identity.config.verify_email_hours.into())
}
