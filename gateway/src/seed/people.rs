//! The agency itself, its people, its client companies and their contacts.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use crm::{account::entity as account, contact::entity as contact};
use identity::{membership::entity as membership, tenant::entity as tenant, user::entity as user};
use kernel::{
    assignment::{self, Source},
    catalogue::SystemRole,
    error::{Error, Result},
    id::{AccountId, UserId},
    locale::Locale,
};
use serde_json::json;

use super::{
    agency::{Agency, ROLES},
    content::{
        companies::{self, Company},
        people::{FAMILY, GIVEN, JOB_TITLES, Name},
    },
    maker::Maker,
    rows::Rows,
};

/// How long ago the agency began to use the program, in days.
const FOUNDED: i64 = 420;

/// Places of the people of the roles in [`Rows::users`].
pub(super) mod place {
    pub const OWNER: usize = 0;
    pub const ADMIN: usize = 1;
    pub const MANAGER: usize = 2;
    pub const DEVELOPER: usize = 3;
    pub const SALES: usize = 5;
    pub const EDITOR: usize = 6;
    pub const CLIENT: usize = 7;
    pub const CLIENT_ADMIN: usize = 8;
    /// Where the people begin who are none of the ten.
    pub const OTHERS: usize = 10;
}

/// The agency and everybody with a password.
pub(super) fn staff(agency: &Agency, maker: &mut Maker, password_hash: &str) -> Result<Rows> {
    let mut rows = Rows::of(tenant(agency, maker)?);
    for number in 0..agency.size.users {
        let (person, role) = person(agency, maker, number);
        let user = user(agency, maker, number, &person, password_hash)?;
        let membership = membership(maker, &user, person.joined);
        rows.roles.push((membership.id, role));
        rows.users.push(user);
        rows.memberships.push(membership);
    }
    Ok(rows)
}

/// Client companies with contacts; the client users become people of the first.
pub(super) fn clients(agency: &Agency, maker: &mut Maker, rows: &mut Rows) -> Result<()> {
    for number in 0..agency.size.accounts {
        let owner = rows.users[owner(agency, maker, number)].id;
        let account = account(agency, maker, number, owner)?;
        rows.assignments.push(owns(maker, owner, account.id, account.created_at));
        for number in 0..maker.between(1, 3) {
            rows.contacts.push(contact(agency, maker, &account, number)?);
        }
        rows.accounts.push(account);
    }
    for place in [place::CLIENT, place::CLIENT_ADMIN] {
        sign_in_for(maker, rows, place);
    }
    Ok(())
}

/// The place of the person who answers for the account with this number.
fn owner(agency: &Agency, maker: &mut Maker, number: usize) -> usize {
    match agency.owners.get(number) {
        Some(place) => *place,
        None if maker.chance(45) => place::SALES,
        None if maker.chance(50) => place::OWNER,
        None => place::ADMIN,
    }
}

struct Person {
    name: Name,
    local: String,
    joined: DateTime<Utc>,
}

fn person(agency: &Agency, maker: &mut Maker, number: usize) -> (Person, SystemRole) {
    let (name, role, local) = match ROLES.get(number) {
        Some((role, local)) => (agency.cast[number], *role, (*local).to_owned()),
        None => {
            let name = Name { given: maker.pick(GIVEN), family: maker.pick(FAMILY) };
            let role =
                if number.is_multiple_of(6) { SystemRole::ProjectManager } else { SystemRole::TeamMember };
            (name, role, format!("user{}", number + 1))
        }
    };
    let days = match i64::try_from(number) {
        // Reason: the people of the roles were there from the beginning, so that every project is younger.
        Ok(early) if number < place::OTHERS => FOUNDED - early,
        _ => maker.between(300, FOUNDED - 20),
    };
    let joined = maker.hour(maker.day(-days));
    (Person { name, local, joined }, role)
}

/// A text of the literal lists as what it stands for.
fn read<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::internal(format!("{text} cannot be read")))
}

fn tenant(agency: &Agency, maker: &mut Maker) -> Result<tenant::Model> {
    let founded = maker.hour(maker.day(-FOUNDED));
    Ok(tenant::Model {
        id: maker.tenant,
        slug: agency.slug.to_owned(),
        name: agency.name.to_owned(),
        logo_url: None,
        default_locale: Locale::en(),
        time_zone: read(agency.time_zone)?,
        currency: read(agency.currency)?,
        working_week: 0b001_1111,
        working_day_minutes: 8 * 60,
        plan: agency.plan.to_owned(),
        status: "active".to_owned(),
        suspend_reason: None,
        trial_ends_at: None,
        subscription_ends_at: None,
        deletion_at: None,
        limit_overrides: json!({}),
        registration: "invitation".to_owned(),
        registration_domains: json!([]),
        password_max_age_days: None,
        created_at: founded,
        updated_at: founded,
        version: 1,
    })
}

fn user(
    agency: &Agency,
    maker: &mut Maker,
    number: usize,
    person: &Person,
    password_hash: &str,
) -> Result<user::Model> {
    let Person { name, local, joined } = person;
    let abroad = agency.abroad.filter(|(place, ..)| *place == number);
    Ok(user::Model {
        id: maker.id(),
        email: read(&format!("{local}@{}.test", agency.slug))?,
        email_verified_at: Some(*joined),
        given_name: name.given.to_owned(),
        family_name: name.family.to_owned(),
        phone: Some(phone(agency, number)),
        avatar_url: None,
        company: None,
        locale: abroad.map_or_else(|| Ok(Locale::en()), |(_, locale, _)| read(locale))?,
        time_zone: read(abroad.map_or(agency.time_zone, |(.., zone)| zone))?,
        password_hash: Some(password_hash.to_owned()),
        password_changed_at: Some(*joined),
        failed_logins: 0,
        lock_count: 0,
        locked_until: None,
        created_at: *joined,
        updated_at: *joined,
        version: 1,
    })
}

/// A number of the agency's fictional range; the ranges have room for a hundred.
fn phone(agency: &Agency, number: usize) -> String {
    format!("{}{:02}", agency.phone, number % 100)
}

fn membership(maker: &mut Maker, user: &user::Model, joined: DateTime<Utc>) -> membership::Model {
    let seen = maker.between(1, 9);
    membership::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        user_id: user.id,
        account_id: None,
        status: "active".to_owned(),
        joined_at: joined,
        last_seen_at: Some(maker.hour(maker.day(-seen))),
        lock_lifted: None,
        created_at: joined,
        updated_at: joined,
        version: 1,
    }
}

fn account(agency: &Agency, maker: &mut Maker, number: usize, owner: UserId) -> Result<account::Model> {
    let days = maker.between(270, FOUNDED - 30);
    let since = maker.hour(maker.day(-days));
    let (name, legal_name, domain, industry, locale) = match agency.clients.get(number) {
        Some(Company { name, legal_name, domain, industry, locale }) => {
            ((*name).to_owned(), (*legal_name).to_owned(), (*domain).to_owned(), *industry, *locale)
        }
        None => {
            let (first, (second, industry)) = (maker.pick(companies::FIRST), maker.pick(companies::SECOND));
            let legal_name = format!("{first} {second} {}", maker.pick(companies::FORMS));
            let domain = format!("{}-{}-{}.example", first.to_lowercase(), second.to_lowercase(), number + 1);
            (format!("{first} {second}"), legal_name, domain, industry, "en")
        }
    };
    // Reason: the first company has projects and people who sign in; of the others some are not clients yet or any more.
    let lifecycle = match number % 6 {
        4 if number > 0 => "prospect",
        5 if number > 6 => "former",
        _ => "client",
    };
    Ok(account::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        name,
        legal_name: Some(legal_name),
        domain: Some(domain),
        industry: Some(industry.to_owned()),
        currency: read(agency.currency)?,
        locale: read(locale)?,
        lifecycle: lifecycle.to_owned(),
        owner_id: Some(owner),
        created_by: Some(owner),
        archived_at: None,
        created_at: since,
        updated_at: since,
        version: 1,
    })
}

fn contact(
    agency: &Agency,
    maker: &mut Maker,
    account: &account::Model,
    number: i64,
) -> Result<contact::Model> {
    let domain = account.domain.as_deref().unwrap_or("client.example");
    let local = ["office", "marketing", "it"][usize::try_from(number).unwrap_or(0) % 3];
    let line = maker.place(100);
    Ok(contact::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        account_id: account.id,
        given_name: maker.pick(GIVEN).to_owned(),
        family_name: maker.pick(FAMILY).to_owned(),
        email: Some(read(&format!("{local}@{domain}"))?),
        phone: Some(phone(agency, line)),
        job_title: Some(maker.pick(JOB_TITLES).to_owned()),
        user_id: None,
        created_by: account.owner_id,
        archived_at: None,
        created_at: account.created_at,
        updated_at: account.created_at,
        version: 1,
    })
}

/// Makes a client user a person of the first account, and a contact there.
fn sign_in_for(maker: &mut Maker, rows: &mut Rows, place: usize) {
    let account = &rows.accounts[0];
    rows.memberships[place].account_id = Some(account.id);
    let user = &mut rows.users[place];
    user.company = Some(account.name.clone());
    rows.contacts.push(contact::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        account_id: account.id,
        given_name: user.given_name.clone(),
        family_name: user.family_name.clone(),
        email: Some(user.email.clone()),
        phone: user.phone.clone(),
        job_title: Some(maker.pick(JOB_TITLES).to_owned()),
        user_id: Some(user.id),
        created_by: account.owner_id,
        archived_at: None,
        created_at: user.created_at,
        updated_at: user.created_at,
        version: 1,
    });
}

/// The assignment that comes with being the owner of an account.
fn owns(maker: &Maker, user: UserId, account: AccountId, since: DateTime<Utc>) -> assignment::Model {
    assignment::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        user_id: user,
        kind: "account".to_owned(),
        project_id: None,
        account_id: Some(account),
        role_id: None,
        source: Source::Manager.as_str().to_owned(),
        expires_at: None,
        created_at: since,
    }
}
