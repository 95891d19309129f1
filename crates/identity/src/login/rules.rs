//! Judging a login: what was found and whether the password was right decide what happens. Pure.

use chrono::{DateTime, Duration, Utc};
use kernel::id::TenantId;

use super::lock::Attempts;
use crate::{membership::entity as membership, tenant::entity as tenant, user::entity as user};

/// What was found for the address and the tenant of a login.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The person with this address.
    pub user: Option<user::Model>,
    /// Their memberships, in every tenant, oldest first.
    pub memberships: Vec<membership::Model>,
    /// Whether a tenant was named.
    pub tenant_named: bool,
    /// The tenant that was named, if it exists.
    pub tenant: Option<tenant::Model>,
}

/// Why somebody is not let in. Only the audit trail learns which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody has this address.
    UnknownPerson,
    /// The password is wrong.
    WrongPassword,
    /// Locked out, whatever the password.
    Locked,
    /// There is no such tenant.
    UnknownTenant,
    /// No membership of the tenant, or of any.
    NotAMember,
    /// The membership was deactivated.
    Deactivated,
}

impl Facts {
    /// The memberships that a login with these facts may be for: the one of the named tenant, or all that are open.
    fn chosen(&self) -> Vec<&membership::Model> {
        match (&self.tenant, self.tenant_named) {
            (None, true) => Vec::new(),
            (None, false) => self.memberships.iter().filter(|one| is_open(one)).collect(),
            (Some(tenant), _) => self.memberships.iter().filter(|one| one.tenant_id == tenant.id).collect(),
        }
    }

    /// End of the lock-out that was lifted for the tenant that this login is for; none where it may be for several.
    pub fn lifted(&self) -> Option<DateTime<Utc>> {
        match self.chosen().as_slice() {
            [one] if is_open(one) => one.lock_lifted,
            _ => None,
        }
    }
}

fn is_open(membership: &membership::Model) -> bool {
    membership.status != "deactivated"
}

impl Cause {
    /// The word in the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::WrongPassword => "wrong_password",
            Self::Locked => "locked",
            Self::UnknownTenant => "unknown_tenant",
            Self::NotAMember => "not_a_member",
            Self::Deactivated => "deactivated",
        }
    }
}

/// What is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not let in, with the one answer for all causes.
    Refuse(Cause),
    /// The address or the membership still waits for a link in a mail to be followed.
    Unconfirmed,
    /// Several tenants: the person is to choose.
    Choose(Vec<TenantId>),
    /// Let in.
    Enter(TenantId),
}

/// Judges a login at `now`.
pub fn judge(facts: &Facts, password_right: bool, now: DateTime<Utc>) -> Verdict {
    let Some(user) = &facts.user else { return Verdict::Refuse(Cause::UnknownPerson) };
    if attempts(user).is_locked(facts.lifted(), now) {
        return Verdict::Refuse(Cause::Locked);
    }
    if !password_right {
        return Verdict::Refuse(Cause::WrongPassword);
    }
    match facts.chosen().as_slice() {
        [] if facts.tenant_named && facts.tenant.is_none() => Verdict::Refuse(Cause::UnknownTenant),
        [] => Verdict::Refuse(Cause::NotAMember),
        [one] if !is_open(one) => Verdict::Refuse(Cause::Deactivated),
        _ if user.email_verified_at.is_none() => Verdict::Unconfirmed,
        [one] if one.status == "pending" => Verdict::Unconfirmed,
        [one] => Verdict::Enter(one.tenant_id),
        many => Verdict::Choose(many.iter().map(|one| one.tenant_id).collect()),
    }
}

/// What is remembered of a person's wrong passwords.
pub fn attempts(user: &user::Model) -> Attempts {
    Attempts { failed: user.failed_logins, locks: user.lock_count, locked_until: user.locked_until }
}

/// Whether a password is older than a tenant allows.
pub fn password_expired(tenant: &tenant::Model, user: &user::Model, now: DateTime<Utc>) -> bool {
    match (tenant.password_max_age_days, user.password_changed_at) {
        (Some(days), Some(changed)) => now - changed >= Duration::days(days.into()),
        _ => false,
    }
}

/// An address as the audit trail may keep it when nobody knows whose it is: the first letter and the domain.
pub fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ids, noon, tenant, user};

    fn membership(tenant_id: TenantId, status: &str) -> membership::Model {
        membership::Model {
            id: ids().generate(),
            tenant_id,
            user_id: user().id,
            account_id: None,
            status: status.into(),
            joined_at: noon(),
            last_seen_at: None,
            lock_lifted: None,
            created_at: noon(),
            updated_at: noon(),
            version: 1,
        }
    }

    fn another_tenant() -> TenantId {
        let ids = ids();
        let [_, other]: [TenantId; 2] = [ids.generate(), ids.generate()];
        other
    }

    fn member(status: &str) -> Facts {
        Facts {
            user: Some(user()),
            memberships: vec![membership(tenant().id, status)],
            tenant_named: true,
            tenant: Some(tenant()),
        }
    }

    fn nowhere_named(statuses: &[&str]) -> Facts {
        let ids = ids();
        let memberships = statuses.iter().map(|status| membership(ids.generate(), status)).collect();
        Facts { memberships, tenant_named: false, tenant: None, ..member("active") }
    }

    #[test]
    fn right_password_of_an_active_member_enters() {
        assert_eq!(judge(&member("active"), true, noon()), Verdict::Enter(tenant().id));
    }

    #[test]
    fn wrong_password_is_refused_whoever_it_is_for() {
        assert_eq!(judge(&member("active"), false, noon()), Verdict::Refuse(Cause::WrongPassword));
        let nobody = Facts { user: None, memberships: Vec::new(), ..member("active") };
        assert_eq!(judge(&nobody, false, noon()), Verdict::Refuse(Cause::UnknownPerson));
    }

    #[test]
    fn locked_person_is_refused_with_the_right_password_until_the_lock_ends() {
        let until = noon() + Duration::minutes(15);
        let locked = user::Model { locked_until: Some(until), ..user() };
        let facts = Facts { user: Some(locked), ..member("active") };
        assert_eq!(judge(&facts, true, until - Duration::microseconds(1)), Verdict::Refuse(Cause::Locked));
        assert_eq!(judge(&facts, true, until), Verdict::Enter(tenant().id));
    }

    #[test]
    fn lock_that_was_lifted_for_a_tenant_holds_in_every_other() {
        let until = noon() + Duration::minutes(15);
        let locked = user::Model { locked_until: Some(until), ..user() };
        let lifted =
            |tenant_id| membership::Model { lock_lifted: Some(until), ..membership(tenant_id, "active") };
        let here = lifted(tenant().id);
        let there = Facts {
            user: Some(locked.clone()),
            memberships: vec![membership(tenant().id, "active"), lifted(another_tenant())],
            ..member("active")
        };
        assert_eq!(judge(&there, true, noon()), Verdict::Refuse(Cause::Locked));
        let named = Facts { memberships: vec![here.clone()], ..there.clone() };
        assert_eq!(judge(&named, true, noon()), Verdict::Enter(tenant().id));
        assert_eq!(judge(&named, false, noon()), Verdict::Refuse(Cause::WrongPassword));
        let only = Facts { tenant_named: false, tenant: None, ..named.clone() };
        assert_eq!(judge(&only, true, noon()), Verdict::Enter(tenant().id));
        let several = Facts { memberships: vec![here, lifted(another_tenant())], ..only };
        assert_eq!(judge(&several, true, noon()), Verdict::Refuse(Cause::Locked));
        let later = user::Model { locked_until: Some(until + Duration::minutes(1)), ..locked };
        let newer = Facts { user: Some(later), ..named };
        assert_eq!(judge(&newer, true, noon()), Verdict::Refuse(Cause::Locked), "another lock-out");
    }

    #[test]
    fn right_password_opens_no_tenant_that_one_is_not_in() {
        let unknown = Facts { tenant: None, ..member("active") };
        assert_eq!(judge(&unknown, true, noon()), Verdict::Refuse(Cause::UnknownTenant));
        let elsewhere =
            Facts { memberships: vec![membership(another_tenant(), "active")], ..member("active") };
        assert_eq!(judge(&elsewhere, true, noon()), Verdict::Refuse(Cause::NotAMember));
        assert_eq!(judge(&member("deactivated"), true, noon()), Verdict::Refuse(Cause::Deactivated));
    }

    #[test]
    fn address_or_membership_that_waits_for_its_mail_is_said_only_after_the_right_password() {
        assert_eq!(judge(&member("pending"), true, noon()), Verdict::Unconfirmed);
        let unverified = user::Model { email_verified_at: None, ..user() };
        let facts = Facts { user: Some(unverified), ..member("active") };
        assert_eq!(judge(&facts, true, noon()), Verdict::Unconfirmed);
        assert_eq!(judge(&facts, false, noon()), Verdict::Refuse(Cause::WrongPassword));
    }

    #[test]
    fn without_a_tenant_one_membership_decides_and_several_ask() {
        let one = nowhere_named(&["deactivated", "active"]);
        assert_eq!(judge(&one, true, noon()), Verdict::Enter(one.memberships[1].tenant_id));
        let two = nowhere_named(&["active", "active"]);
        let both = two.memberships.iter().map(|one| one.tenant_id).collect();
        assert_eq!(judge(&two, true, noon()), Verdict::Choose(both));
        assert_eq!(judge(&two, false, noon()), Verdict::Refuse(Cause::WrongPassword));
        assert_eq!(judge(&nowhere_named(&["deactivated"]), true, noon()), Verdict::Refuse(Cause::NotAMember));
        assert_eq!(judge(&nowhere_named(&[]), true, noon()), Verdict::Refuse(Cause::NotAMember));
    }

    #[test]
    fn password_expires_at_the_age_the_tenant_sets() {
        let strict = tenant::Model { password_max_age_days: Some(90), ..tenant() };
        let person = user::Model { password_changed_at: Some(noon()), ..user() };
        assert!(!password_expired(&strict, &person, noon() + Duration::days(90) - Duration::seconds(1)));
        assert!(password_expired(&strict, &person, noon() + Duration::days(90)));
        assert!(!password_expired(&tenant(), &person, noon() + Duration::days(9_000)));
    }

    #[test]
    fn masked_address_keeps_one_letter_and_the_domain() {
        assert_eq!(masked("ada@acme.test"), "a…@acme.test");
        assert_eq!(masked("élise@acme.test"), "é…@acme.test");
    }
}
