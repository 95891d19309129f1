//! A newcomer and what they turn out to be: somebody new, somebody who never proved their address, or somebody with an
//! account. Which of these it is shows in the mail alone.

use kernel::{Result, act::Act, locale::TimeZone};
use platform::crypto::Token;
use serde_json::{Value as Json, json};

use super::{Checked, lifetime};
use crate::{
    mail::{self, Kind, Letter},
    membership::{MembershipStatus, entity as membership},
    service::Identity,
    tenant::entity as tenant,
    token::{self, Purpose},
    user::{self, entity},
};

/// A newcomer after the work that is the same for everybody.
pub(super) struct Applicant {
    said: Checked,
    /// Hash of the password they gave.
    hash: String,
    /// Who has the address already.
    known: Option<entity::Model>,
}

/// What a newcomer has to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A new person: that they read the address.
    New,
    /// The address has an account that nobody proved to own. What is said now counts once the mail is answered, and
    /// nothing that was said before: whoever said it may not own the address.
    Unproved,
    /// The address has an owner, who must agree by mail. Their password would prove as much, but what comes of it shows
    /// in the agency, and whoever runs one could try passwords beside the lock-out of logins.
    Known,
}

impl Applicant {
    pub(super) fn standing(&self) -> Standing {
        match &self.known {
            None => Standing::New,
            Some(known) if known.email_verified_at.is_none() => Standing::Unproved,
            Some(_) => Standing::Known,
        }
    }
}

/// Looks the address up. Hashes whatever it finds, so that nobody can tell by the time what it was.
pub(super) async fn weigh(identity: &Identity, db: &kernel::db::Db, said: Checked) -> Result<Applicant> {
    let known = user::find_by_email(db, &said.email).await?;
    let hash = identity.hasher.hash(said.password.clone()).await?;
    Ok(Applicant { said, hash, known })
}

/// The person: a new row, or the one with the address.
pub(super) async fn person(
    act: &mut Act,
    identity: &Identity,
    applicant: &Applicant,
) -> Result<entity::Model> {
    if let Some(known) = &applicant.known {
        return Ok(known.clone());
    }
    let said = &applicant.said;
    let new = user::NewUser {
        email: said.email.clone(),
        verified: false,
        given_name: said.given_name.clone(),
        family_name: said.family_name.clone(),
        locale: said.locale.clone(),
        time_zone: TimeZone::default(),
        password_hash: Some(applicant.hash.clone()),
    };
    user::insert(act, identity, new).await
}

/// Writes to a newcomer who has just joined.
pub(super) async fn write(
    act: &mut Act,
    identity: &Identity,
    tenant: &tenant::Model,
    applicant: &Applicant,
    person: &entity::Model,
) -> Result<()> {
    let standing = applicant.standing();
    token::revoke_in_tenant(act, person.id, &[Purpose::VerifyEmail]).await?;
    let payload = match standing {
        Standing::Unproved => {
            // Reason: an earlier link would confirm what somebody else may have said.
            token::revoke(act, person.id, &[Purpose::VerifyEmail]).await?;
            claim(applicant)
        }
        _ => json!({ "email": person.email }),
    };
    let secret = token::issue(act, person.id, Purpose::VerifyEmail, payload, lifetime(identity)).await?;
    let kind = if standing == Standing::Known { Kind::JoinExisting } else { Kind::VerifyEmail };
    let mut letter = verification(identity, tenant, person, kind, &secret);
    if standing == Standing::Unproved {
        letter.locale = applicant.said.locale.clone();
    }
    mail::enqueue(act, identity, letter)
}

/// Writes to somebody who registers again.
pub(super) async fn write_to_member(
    act: &mut Act,
    identity: &Identity,
    tenant: &tenant::Model,
    applicant: &Applicant,
    person: &entity::Model,
    member: &membership::Model,
) -> Result<()> {
    match MembershipStatus::parse(&member.status) {
        Some(MembershipStatus::Pending) => write(act, identity, tenant, applicant, person).await,
        Some(MembershipStatus::Active) => {
            let link = format!("{}/login", identity.config.public_url.trim_end_matches('/'));
            let context = json!({ "tenant": tenant.name, "link": link });
            mail::enqueue(act, identity, Letter::to_user(Kind::AlreadyRegistered, person, context))
        }
        // Reason: whoever was shut out is not let in, nor told why, by registering again.
        Some(MembershipStatus::Deactivated) | None => Ok(()),
    }
}

/// The letter with a verification link.
pub(super) fn verification(
    identity: &Identity,
    tenant: &tenant::Model,
    person: &entity::Model,
    kind: Kind,
    secret: &Token,
) -> Letter {
    let context = json!({
        "tenant": tenant.name,
        "link": identity.config.link("verify-email", secret.expose()),
        "hours": identity.config.verify_email_hours,
    });
    Letter::to_user(kind, person, context)
}

/// What a link to an unproved account makes true.
fn claim(applicant: &Applicant) -> Json {
    let said = &applicant.said;
    json!({
        "email": said.email,
        "password_hash": applicant.hash,
        "given_name": said.given_name,
        "family_name": said.family_name,
        "locale": said.locale,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn applicant(known: Option<entity::Model>) -> Applicant {
        let said = Checked {
            email: "ada@acme.test".parse().unwrap(),
            password: "x".to_owned().into(),
            given_name: "Ada".into(),
            family_name: "Lovelace".into(),
            locale: kernel::locale::Locale::en(),
        };
        Applicant { said, hash: "h".into(), known }
    }

    #[test]
    fn address_decides_what_a_newcomer_has_to_prove() {
        let unproved = entity::Model { email_verified_at: None, ..testing::user() };
        let cases = [
            (applicant(None), Standing::New),
            (applicant(Some(unproved)), Standing::Unproved),
            (applicant(Some(testing::user())), Standing::Known),
        ];
        for (applicant, standing) in cases {
            assert_eq!(applicant.standing(), standing);
        }
    }

    #[test]
    fn claim_on_an_unproved_account_carries_what_was_said_now() {
        let claim = claim(&applicant(None));
        assert_eq!(claim["password_hash"], "h");
        assert_eq!(claim["email"], "ada@acme.test");
    }
}
