//! The erasure of a person (Regulation (EU) 2016/679, article 17): a preview, two people who agree, one act that takes
//! away what every domain holds and destroys the keys to the rest, and a certificate.

mod approve;
pub mod certificate;
pub mod finish;
pub mod graphql;
mod others;
pub mod preview;
mod request;
pub mod trail;

use kernel::{
    db::Db,
    error::{Error, Result, Text},
    id::{AnyId, ContactId, IdKind, TenantId, TypedId as _, UserId},
    privacy::{DataSubject, Holders},
    viewer::{Actor, Viewer},
};

pub use approve::{ERASED, approve};
pub use preview::Preview;
pub use request::{expire, reject, request, withdraw};

use super::entity::Model;

/// Days in which a request can be approved.
pub const OPEN_DAYS: i64 = 30;

/// A machine tries what two people must agree on.
pub const IN_PERSON: Text = Text::new(
    "in_person",
    "Only a signed-in person can do this.",
    "Seule une personne connectée peut faire cela.",
);

/// The person whose data is to be erased, by the id that people know them under.
///
/// # Errors
/// NOT_FOUND for things of other kinds.
fn person(tenant: TenantId, id: AnyId) -> Result<DataSubject> {
    match id.kind {
        IdKind::UserId => Ok(DataSubject::user(tenant, UserId::from_uuid(id.uuid))),
        IdKind::ContactId => Ok(DataSubject::contact(tenant, ContactId::from_uuid(id.uuid))),
        other => Err(Error::not_found(other.type_name(), id)),
    }
}

/// The person of a request.
fn person_of(request: &Model) -> DataSubject {
    match request.person_type.as_str() {
        "Contact" => DataSubject::contact(request.tenant_id, ContactId::from_uuid(request.person_id)),
        _ => DataSubject::user(request.tenant_id, UserId::from_uuid(request.person_id)),
    }
}

/// The id that people know a person under: of the user, or of a contact.
fn any_person(subject: &DataSubject) -> AnyId {
    match (subject.user, subject.contacts.first()) {
        (None, Some(contact)) => AnyId { kind: IdKind::ContactId, uuid: contact.uuid() },
        (user, _) => AnyId { kind: IdKind::UserId, uuid: user.map(|user| user.uuid()).unwrap_or_default() },
    }
}

/// What an erasure of a person would find, with everything they are known by.
///
/// # Errors
/// NOT_FOUND if the tenant holds nothing of such a person.
pub async fn look(db: &Db, holders: &Holders, tenant: TenantId, id: AnyId) -> Result<(DataSubject, Preview)> {
    let subject = holders.identify(db, person(tenant, id)?).await?;
    let preview = Preview::of(db, holders, &subject).await?;
    if preview.holdings.is_empty() {
        return Err(Error::not_found(id.kind.type_name(), id));
    }
    Ok((subject, preview))
}

/// The person who acts by hand.
///
/// # Errors
/// UNAUTHENTICATED for nobody, FORBIDDEN for a key.
fn in_person(viewer: &Viewer) -> Result<UserId> {
    match viewer.actor {
        Actor::User(user) => Ok(user),
        Actor::Anonymous => Err(Error::unauthenticated()),
        Actor::ApiKey(..) | Actor::System => Err(Error::Forbidden(IN_PERSON.into())),
    }
}
