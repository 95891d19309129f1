//! The words of a tenant's state, and what may follow what. Pure.

use kernel::{Error, FieldError, Result, Text};
use serde_json::Value as Json;

use super::entity::Model;

/// The tenant is suspended.
pub const SUSPENDED: Text = Text::new(
    "tenant_suspended",
    "This agency is suspended. Its owner can ask support why.",
    "Cette agence est suspendue. Son propriétaire peut demander pourquoi au support.",
);
/// A working week without a day.
pub const NO_WORKING_DAY: Text = Text::new(
    "no_working_day",
    "A week has at least one working day.",
    "Une semaine compte au moins un jour ouvré.",
);
/// A day that is too long or empty.
pub const BAD_WORKING_DAY: Text = Text::new(
    "bad_working_day",
    "A working day has 1 to 1440 minutes.",
    "Une journée de travail compte de 1 à 1440 minutes.",
);
/// A maximum age out of bounds.
pub const BAD_MAX_AGE: Text = Text::new(
    "bad_max_age",
    "The maximum age of passwords is 1 to 3650 days.",
    "L'âge maximal des mots de passe est de 1 à 3650 jours.",
);
/// Registration by domain without domains.
pub const DOMAINS_NEEDED: Text = Text::new(
    "registration_domains_needed",
    "Name at least one e-mail domain whose people may register.",
    "Indiquez au moins un domaine e-mail dont les membres peuvent s'inscrire.",
);
/// Too many domains.
pub const TOO_MANY_DOMAINS: Text =
    Text::new("too_many_domains", "At most {max} domains.", "{max} domaines au plus.");
/// The text is no domain name.
pub const BAD_DOMAIN: Text = Text::new(
    "bad_domain",
    "This is not a domain name such as portal.example.com.",
    "Ce n'est pas un nom de domaine comme portail.example.com.",
);

/// Most e-mail domains that may register.
pub const MAX_REGISTRATION_DOMAINS: usize = 50;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, async_graphql::Enum)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value of a word of the database.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a tenant pays for.
    Plan {
        /// The smallest.
        Starter = "starter",
        /// For a growing agency.
        Professional = "professional",
        /// For a large agency.
        Business = "business",
        /// For an enterprise.
        Enterprise = "enterprise",
    }
}

words! {
    /// Whether a tenant can be used.
    TenantStatus {
        /// It can.
        Active = "active",
        /// Nobody can sign in or act.
        Suspended = "suspended",
        /// It can, until it is deleted for good.
        DeletionScheduled = "deletion_scheduled",
    }
}

words! {
    /// Who may register with a tenant without being invited.
    Registration {
        /// Everybody. They get no role until somebody gives them one.
        Open = "open",
        /// Nobody: people are invited.
        Invitation = "invitation",
        /// People whose e-mail address is of one of the registration domains. They become team members.
        Domain = "domain",
    }
}

/// FORBIDDEN if nobody may act in the tenant.
///
/// # Errors
/// `tenant_suspended`.
pub fn ensure_active(tenant: &Model) -> Result<()> {
    match TenantStatus::parse(&tenant.status) {
        Some(TenantStatus::Active | TenantStatus::DeletionScheduled) => Ok(()),
        Some(TenantStatus::Suspended) | None => Err(Error::Forbidden(SUSPENDED.into())),
    }
}

/// The plan of a tenant; a word that this version does not know counts as the smallest.
pub fn plan(tenant: &Model) -> Plan {
    Plan::parse(&tenant.plan).unwrap_or(Plan::Starter)
}

/// The e-mail domains that may register.
pub fn registration_domains(tenant: &Model) -> Vec<String> {
    let texts = tenant.registration_domains.as_array().into_iter().flatten();
    texts.filter_map(Json::as_str).map(str::to_owned).collect()
}

/// Whether somebody with an address of `domain` may register without being invited.
pub fn may_register(tenant: &Model, domain: &str) -> bool {
    match Registration::parse(&tenant.registration) {
        Some(Registration::Open) => true,
        Some(Registration::Domain) => registration_domains(tenant).iter().any(|allowed| allowed == domain),
        Some(Registration::Invitation) | None => false,
    }
}

/// A domain name in lower-case ASCII, of at least two labels.
///
/// # Errors
/// Of the field at `path`.
pub fn domain_name(text: &str, path: &str) -> Result<String, FieldError> {
    // Reason: the rules for the domain of an address are the ones wanted here, so they are asked, not repeated.
    let bad = || FieldError::new(path, BAD_DOMAIN);
    let text = text.trim().trim_end_matches('.');
    if text.contains('@') {
        return Err(bad());
    }
    let address: kernel::scalar::EmailAddress = format!("a@{text}").parse().map_err(|_| bad())?;
    Ok(address.domain().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    #[test]
    fn only_a_suspended_tenant_is_closed() {
        let mut tenant = testing::tenant();
        assert!(ensure_active(&tenant).is_ok());
        tenant.status = "deletion_scheduled".into();
        assert!(ensure_active(&tenant).is_ok());
        tenant.status = "suspended".into();
        let error = ensure_active(&tenant).unwrap_err();
        assert_eq!((error.code(), error.message().code()), ("FORBIDDEN", "tenant_suspended"));
    }

    #[test]
    fn registration_follows_the_mode() {
        let mut tenant = testing::tenant();
        tenant.registration_domains = json!(["acme.test"]);
        let may =
            |tenant: &Model| (may_register(tenant, "acme.test"), may_register(tenant, "evil-acme.test"));
        assert_eq!(may(&tenant), (false, false));
        tenant.registration = "domain".into();
        assert_eq!(may(&tenant), (true, false));
        tenant.registration = "open".into();
        assert_eq!(may(&tenant), (true, true));
    }

    #[test]
    fn domain_names_are_compared_in_ascii_lower_case() {
        assert_eq!(domain_name(" Portal.EXAMPLE.com. ", "domain").unwrap(), "portal.example.com");
        assert_eq!(domain_name("bücher.example", "domain").unwrap(), "xn--bcher-kva.example");
        for bad in ["localhost", "", "a b.example", "x@y.example", "-a.example", "1.2.3.4", "exa\0mple.com"] {
            assert!(domain_name(bad, "domain").is_err(), "{bad}");
        }
    }

    #[test]
    fn every_word_of_the_database_reads_back() {
        for plan in [Plan::Starter, Plan::Professional, Plan::Business, Plan::Enterprise] {
            assert_eq!(Plan::parse(plan.as_str()), Some(plan));
        }
        assert_eq!(Registration::parse("everyone"), None);
    }
}
