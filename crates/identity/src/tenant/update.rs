//! Changing a tenant's settings.

use async_graphql::{Enum, InputObject, MaybeUndefined};
use kernel::{
    Error, FieldError, Fields, Result,
    act::{Outcome, Severity, expect_version},
    db::Db,
    id::{TenantId, TypedId},
    locale::{Locale, TimeZone},
    money::Currency,
    patch,
    policy::Guarded,
    scalar::Url,
    text,
    viewer::Viewer,
};

use super::{
    create::SLUG_TAKEN,
    entity::{Entity, Model},
    rules::{
        BAD_MAX_AGE, BAD_WORKING_DAY, DOMAINS_NEEDED, MAX_REGISTRATION_DOMAINS, NO_WORKING_DAY, Registration,
        TOO_MANY_DOMAINS, domain_name, registration_domains,
    },
};
use crate::{policy::TENANT_WRITE, service::set};

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Weekday {
    /// The first day of ISO 8601.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The last.
    Sunday,
}

impl Weekday {
    /// All of them, Monday first: their place is their bit in the database.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    fn bits(days: &[Self]) -> i32 {
        Self::ALL.iter().enumerate().filter(|(_, day)| days.contains(day)).map(|(place, _)| 1 << place).sum()
    }
}

/// Changes of the own tenant's settings; what is left out stays as it is.
#[derive(Debug, InputObject)]
pub struct UpdateTenantInput {
    /// The version that was seen; a stale one is a CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it: 1 to 100 characters.
    pub name: MaybeUndefined<String>,
    /// Its part of addresses: 3 to 40 lower-case letters, digits and hyphens. Links to the old one stop working.
    pub slug: MaybeUndefined<String>,
    /// Where its logo is; null takes it away.
    pub logo_url: MaybeUndefined<Url>,
    /// Language and formats where nobody chose others.
    pub default_locale: MaybeUndefined<Locale>,
    /// Where its calendar days begin and end.
    pub time_zone: MaybeUndefined<TimeZone>,
    /// Currency of new amounts without another.
    pub currency: MaybeUndefined<Currency>,
    /// The working days; at least one.
    pub working_week: MaybeUndefined<Vec<Weekday>>,
    /// Minutes of a full working day: 1 to 1440.
    pub working_day_minutes: MaybeUndefined<i32>,
    /// Who may register without being invited.
    pub registration: MaybeUndefined<Registration>,
    /// E-mail domains whose people may register, for `DOMAIN`: at most 50.
    pub registration_domains: MaybeUndefined<Vec<String>>,
    /// After how many days passwords must be changed; null means never.
    pub password_max_age_days: MaybeUndefined<i32>,
}

/// Changes the settings of the viewer's tenant.
///
/// # Errors
/// FORBIDDEN, INVALID, CONFLICT for a stale version.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateTenantInput) -> Result<Model> {
    viewer.require(TENANT_WRITE)?;
    let (expected, change) = (input.expected_version, Change::read(input)?);
    viewer
        .act(db, "identity.tenant.update", async |act| {
            act.mark(Outcome::Success, Severity::Notice);
            let before = Entity::fetch_to(act.conn(), viewer, TENANT_WRITE, viewer.tenant_id()).await?;
            expect_version(TenantId::TYPE, expected, before.version)?;
            let after = change.apply(before.clone())?;
            act.update_unique(&before, after, &["slug"], || Error::field("slug", SLUG_TAKEN)).await
        })
        .await
}

/// The checked input.
#[derive(Debug, Default)]
struct Change {
    name: Option<String>,
    slug: Option<String>,
    logo_url: Option<Option<Url>>,
    default_locale: Option<Locale>,
    time_zone: Option<TimeZone>,
    currency: Option<Currency>,
    working_week: Option<i32>,
    working_day_minutes: Option<i32>,
    registration: Option<Registration>,
    registration_domains: Option<Vec<String>>,
    password_max_age_days: Option<Option<i32>>,
}

impl Change {
    fn read(input: UpdateTenantInput) -> Result<Self> {
        let UpdateTenantInput {
            expected_version: _,
            name,
            slug,
            logo_url,
            default_locale,
            time_zone,
            currency,
            working_week,
            working_day_minutes,
            registration,
            registration_domains,
            password_max_age_days,
        } = input;
        let mut fields = Fields::new();
        let at = &mut fields;
        let change = Self {
            name: patch::checked(name, "name", at, |name, path| text::name(&name, path)),
            slug: patch::checked(slug, "slug", at, |slug, path| text::slug(&slug, path)),
            logo_url: patch::optional(logo_url),
            default_locale: patch::required(default_locale, "defaultLocale", at),
            time_zone: patch::required(time_zone, "timeZone", at),
            currency: patch::required(currency, "currency", at),
            working_week: patch::checked(working_week, "workingWeek", at, check_week),
            working_day_minutes: patch::checked(
                working_day_minutes,
                "workingDayMinutes",
                at,
                |minutes, path| {
                    within(minutes, 1, 1_440).ok_or_else(|| FieldError::new(path, BAD_WORKING_DAY))
                },
            ),
            registration: patch::required(registration, "registration", at),
            registration_domains: patch::checked(
                registration_domains,
                "registrationDomains",
                at,
                check_domains,
            ),
            password_max_age_days: patch::optional_checked(
                password_max_age_days,
                "passwordMaxAgeDays",
                at,
                |days, path| {
                    within(days, 1, 3_650).map(Some).ok_or_else(|| FieldError::new(path, BAD_MAX_AGE))
                },
            ),
        };
        fields.check()?;
        Ok(change)
    }

    fn apply(&self, mut tenant: Model) -> Result<Model> {
        let change = self;
        set(&mut tenant.name, change.name.clone());
        set(&mut tenant.slug, change.slug.clone());
        set(&mut tenant.logo_url, change.logo_url.clone());
        set(&mut tenant.default_locale, change.default_locale.clone());
        set(&mut tenant.time_zone, change.time_zone);
        set(&mut tenant.currency, change.currency);
        set(&mut tenant.working_week, change.working_week);
        set(&mut tenant.working_day_minutes, change.working_day_minutes);
        set(&mut tenant.registration, change.registration.map(|mode| mode.as_str().to_owned()));
        set(&mut tenant.registration_domains, change.registration_domains.clone().map(Into::into));
        set(&mut tenant.password_max_age_days, change.password_max_age_days);
        let by_domain = tenant.registration == Registration::Domain.as_str();
        if by_domain && registration_domains(&tenant).is_empty() {
            return Err(Error::field("registrationDomains", DOMAINS_NEEDED));
        }
        Ok(tenant)
    }
}

fn check_week(days: Vec<Weekday>, path: &str) -> Result<i32, FieldError> {
    if days.is_empty() { Err(FieldError::new(path, NO_WORKING_DAY)) } else { Ok(Weekday::bits(&days)) }
}

fn check_domains(domains: Vec<String>, path: &str) -> Result<Vec<String>, FieldError> {
    if domains.len() > MAX_REGISTRATION_DOMAINS {
        return Err(FieldError::new(path, TOO_MANY_DOMAINS.with("max", MAX_REGISTRATION_DOMAINS)));
    }
    let mut kept = Vec::with_capacity(domains.len());
    for (index, domain) in domains.iter().enumerate() {
        let domain = domain_name(domain, &format!("{path}.{index}"))?;
        if !kept.contains(&domain) {
            kept.push(domain);
        }
    }
    Ok(kept)
}

fn within(number: i32, least: i32, most: i32) -> Option<i32> {
    (least..=most).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn nothing() -> UpdateTenantInput {
        UpdateTenantInput {
            expected_version: None,
            name: MaybeUndefined::Undefined,
            slug: MaybeUndefined::Undefined,
            logo_url: MaybeUndefined::Undefined,
            default_locale: MaybeUndefined::Undefined,
            time_zone: MaybeUndefined::Undefined,
            currency: MaybeUndefined::Undefined,
            working_week: MaybeUndefined::Undefined,
            working_day_minutes: MaybeUndefined::Undefined,
            registration: MaybeUndefined::Undefined,
            registration_domains: MaybeUndefined::Undefined,
            password_max_age_days: MaybeUndefined::Undefined,
        }
    }

    #[test]
    fn input_without_fields_changes_nothing() {
        let tenant = testing::tenant();
        assert_eq!(Change::read(nothing()).unwrap().apply(tenant.clone()).unwrap(), tenant);
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let input = UpdateTenantInput {
            name: MaybeUndefined::Null,
            slug: MaybeUndefined::Value("-".into()),
            working_week: MaybeUndefined::Value(vec![]),
            working_day_minutes: MaybeUndefined::Value(0),
            registration_domains: MaybeUndefined::Value(vec!["a.test".into(), "nowhere".into()]),
            password_max_age_days: MaybeUndefined::Value(-1),
            ..nothing()
        };
        let Err(Error::Invalid(fields)) = Change::read(input) else { panic!("six fields are wrong") };
        let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        let expected = [
            "name",
            "slug",
            "workingWeek",
            "workingDayMinutes",
            "registrationDomains.1",
            "passwordMaxAgeDays",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn null_takes_away_what_may_be_absent() {
        let mut tenant = testing::tenant();
        tenant.password_max_age_days = Some(90);
        let input = UpdateTenantInput { password_max_age_days: MaybeUndefined::Null, ..nothing() };
        let after = Change::read(input).unwrap().apply(tenant).unwrap();
        assert_eq!(after.password_max_age_days, None);
    }

    #[test]
    fn registration_by_domain_needs_a_domain() {
        let by_domain = |domains: MaybeUndefined<Vec<String>>| {
            let registration = MaybeUndefined::Value(Registration::Domain);
            let input = UpdateTenantInput { registration, registration_domains: domains, ..nothing() };
            Change::read(input).unwrap().apply(testing::tenant())
        };
        assert_eq!(
            by_domain(MaybeUndefined::Undefined).unwrap_err().message().code(),
            "registration_domains_needed"
        );
        let after = by_domain(MaybeUndefined::Value(vec!["ACME.test".into(), "acme.test".into()])).unwrap();
        assert_eq!(registration_domains(&after), ["acme.test"]);
    }

    #[test]
    fn monday_is_the_first_bit() {
        assert_eq!(Weekday::bits(&[Weekday::Monday]), 1);
        assert_eq!(Weekday::bits(&[Weekday::Sunday, Weekday::Sunday]), 64);
    }
}
