//! Erasing a person: what the commercial side holds of them, what must be settled first, and how it goes. Contacts stay
//! as rows, so that what was done with them keeps its place; nothing in them tells who it was.

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{TenantId, UserId},
    policy::Guarded,
    privacy::{DataSubject, Fate, Holding, Obstacle},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, PaginatorTrait, QueryFilter, Select};

use crate::{
    account::{self, entity as accounts},
    contact::entity::{Column, Entity},
};

/// The person answers for accounts.
pub const OWNS: Text = Text::new(
    "erasure_owns_accounts",
    "They answer for accounts. Give these to somebody else first.",
    "Cette personne est responsable de comptes clients. Confiez-les d'abord à quelqu'un d'autre.",
);

/// Given name of a contact that was erased.
pub const ERASED_GIVEN_NAME: &str = "Erased";
/// Family name of a contact that was erased.
pub const ERASED_FAMILY_NAME: &str = "person";

const CONTACTS: Text = Text::new("crm_contacts", "Contacts", "Contacts");
const OWNED: Text = Text::new("crm_owned_accounts", "Accounts they answered for", "Comptes clients suivis");

/// Counts what the domain holds of a person.
///
/// # Errors
/// If the database does not answer.
pub async fn holdings(conn: &impl ConnectionTrait, subject: &DataSubject) -> Result<Vec<Holding>> {
    let owns = match subject.user {
        Some(user) => owned(subject.tenant, user).count(conn).await?,
        None => 0,
    };
    let found = [
        ("crm.contacts", CONTACTS, contacts(subject).count(conn).await?),
        ("crm.owned_accounts", OWNED, owns),
    ];
    let held =
        found.into_iter().map(|(name, about, count)| Holding { name, about, count, fate: Fate::Anonymised });
    Ok(held.filter(|holding| holding.count > 0).collect())
}

/// Accounts that somebody else has to answer for first.
///
/// # Errors
/// If the database does not answer.
pub async fn obstacles(conn: &impl ConnectionTrait, subject: &DataSubject) -> Result<Vec<Obstacle>> {
    let Some(user) = subject.user else { return Ok(Vec::new()) };
    let open = owned(subject.tenant, user).filter(accounts::Column::ArchivedAt.is_null());
    Ok(Obstacle::of(OWNS, open.count(conn).await?).into_iter().collect())
}

/// Takes out of contacts who they were; answers what there was.
///
/// # Errors
/// CONFLICT while there are [`obstacles`].
pub async fn erase(act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>> {
    if let Some(obstacle) = obstacles(act.conn(), subject).await?.pop() {
        return Err(Error::conflict(obstacle.about));
    }
    let found = holdings(act.conn(), subject).await?;
    let (rows, now) = (contacts(subject).all(act.conn()).await?, act.now());
    act.update_all(rows, |contact| {
        contact.given_name = ERASED_GIVEN_NAME.to_owned();
        contact.family_name = ERASED_FAMILY_NAME.to_owned();
        contact.email = None;
        contact.phone = None;
        contact.job_title = None;
        contact.user_id = None;
        contact.archived_at = contact.archived_at.or(Some(now));
    })
    .await?;
    if let Some(user) = subject.user {
        account::reassign_user(act, user, None).await?;
    }
    Ok(found)
}

/// Contacts of the person that are not erased yet.
fn contacts(subject: &DataSubject) -> Select<Entity> {
    let mut theirs = Condition::any().add(Column::Id.is_in(subject.contacts.iter().copied()));
    if let Some(user) = subject.user {
        theirs = theirs.add(Column::UserId.eq(user));
    }
    let erased = Condition::all()
        .add(Column::GivenName.eq(ERASED_GIVEN_NAME))
        .add(Column::FamilyName.eq(ERASED_FAMILY_NAME))
        .add(Column::Email.is_null())
        .add(Column::Phone.is_null())
        .add(Column::JobTitle.is_null())
        .add(Column::UserId.is_null());
    Entity::of_tenant(subject.tenant).filter(theirs).filter(erased.not())
}

fn owned(tenant: TenantId, user: UserId) -> Select<accounts::Entity> {
    accounts::Entity::of_tenant(tenant).filter(accounts::Column::OwnerId.eq(user))
}
