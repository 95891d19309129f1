//! People: their profile, and what administrators do with them.

mod add;
pub mod email;
pub mod entity;
pub mod graphql;
mod mutations;
pub mod profile;
pub mod query;
mod reassign;
mod removal;
mod roles;
mod status;
mod viewer;

use std::collections::HashMap;

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{TypedId, UserId},
    locale::{Locale, TimeZone},
    scalar::EmailAddress,
    sql::one_of,
    viewer::{Actor, Viewer},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect as _, Select};

use crate::{password, service::Identity};

pub use add::{MemberPassword, NewMember, add_member};
pub use graphql::User;
pub use mutations::UserMutation;
pub use query::UserQuery;
pub use reassign::{AccountDirectory, Reassign};
pub(crate) use removal::{clear, forget};
pub(crate) use status::{ABOVE, beyond};
pub use viewer::ViewerObject;

/// A machine tries what only a person may do.
pub const IN_PERSON: Text = Text::new(
    "in_person",
    "Only a signed-in person can do this.",
    "Seule une personne connectée peut faire cela.",
);

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their address.
    pub email: EmailAddress,
    /// Whether they proved that they read it.
    pub verified: bool,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Language and formats.
    pub locale: Locale,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
    /// A prepared password, if they chose one.
    pub password_hash: Option<String>,
}

/// Adds a person to the installation; a membership joins them to a tenant.
///
/// # Errors
/// UNAVAILABLE if the same address was added a moment ago: the same call then finds it.
pub async fn insert(act: &mut Act, identity: &Identity, new: NewUser) -> Result<entity::Model> {
    let NewUser { email, verified, given_name, family_name, locale, time_zone, password_hash } = new;
    let now = act.now();
    let model = entity::Model {
        id: act.new_id(),
        email,
        email_verified_at: verified.then_some(now),
        given_name,
        family_name,
        phone: None,
        avatar_url: None,
        company: None,
        locale,
        time_zone,
        password_changed_at: password_hash.is_some().then_some(now),
        password_hash,
        failed_logins: 0,
        lock_count: 0,
        locked_until: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let model = act
        .insert_unique(model, &["email"], || Error::unavailable("an address was added twice at once"))
        .await?;
    if let Some(hash) = model.password_hash.clone() {
        password::remember(act, identity, model.id, hash).await?;
    }
    Ok(model)
}

/// The person with this address, in whatever tenant.
pub async fn find_by_email(db: &impl ConnectionTrait, email: &EmailAddress) -> Result<Option<entity::Model>> {
    Ok(rows().filter(entity::Column::Email.eq(email.as_str())).one(db).await?)
}

/// The person with this id, in whatever tenant.
pub async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<entity::Model>> {
    Ok(rows().filter(entity::Column::Id.eq(id)).one(db).await?)
}

/// Names of people, of whom the caller has made sure that they are members of the tenant at hand.
///
/// # Errors
/// If the database does not answer.
pub async fn names(db: &impl ConnectionTrait, users: &[UserId]) -> Result<HashMap<UserId, String>> {
    let found =
        rows().filter(one_of(db.get_database_backend(), entity::Column::Id, users.iter().map(TypedId::uuid)));
    let found = found.select_only();
    let found = found.columns([entity::Column::Id, entity::Column::GivenName, entity::Column::FamilyName]);
    let found: Vec<(UserId, String, String)> = found.into_tuple().all(db).await?;
    let name = |given: String, family: String| format!("{given} {family}").trim().to_owned();
    Ok(found.into_iter().map(|(id, given, family)| (id, name(given, family))).collect())
}

/// The person with this id, who must be there.
///
/// # Errors
/// NOT_FOUND.
pub async fn fetch(db: &impl ConnectionTrait, id: UserId) -> Result<entity::Model> {
    find(db, id).await?.ok_or_else(|| Error::not_found(UserId::TYPE, id))
}

/// The person who acts by hand.
///
/// # Errors
/// UNAUTHENTICATED for nobody, FORBIDDEN for a key: a machine does not change who somebody is.
pub fn in_person(viewer: &Viewer) -> Result<UserId> {
    match viewer.actor {
        Actor::User(user) => Ok(user),
        Actor::ApiKey(..) | Actor::System => Err(Error::Forbidden(IN_PERSON.into())),
        Actor::Anonymous => Err(Error::unauthenticated()),
    }
}

/// The person who acts, by hand or through a key.
///
/// # Errors
/// UNAUTHENTICATED for nobody, FORBIDDEN for the platform itself, which is no member.
pub(crate) fn in_person_or_key(viewer: &Viewer) -> Result<UserId> {
    match viewer.actor {
        Actor::User(user) | Actor::ApiKey(_, user) => Ok(user),
        Actor::System => Err(Error::Forbidden(IN_PERSON.into())),
        Actor::Anonymous => Err(Error::unauthenticated()),
    }
}

/// Everybody in the installation.
#[expect(
    clippy::disallowed_methods,
    reason = "people belong to no tenant; whoever asks knows whom they mean"
)]
fn rows() -> Select<entity::Entity> {
    entity::Entity::find()
}
