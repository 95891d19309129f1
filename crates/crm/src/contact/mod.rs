//! Contacts: the people at client companies.

pub mod entity;
pub mod graphql;
pub mod mutation;

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, expect_version},
    ask::Ask,
    db::Db,
    id::{AccountId, TypedId, UserId},
    page::{ChildPage, Connection, PageArgs, children},
    patch,
    people::NOT_IN_TENANT,
    policy::Guarded,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter};

use crate::{
    Crm,
    account::entity as account,
    policy::{CONTACTS_READ, CONTACTS_WRITE},
};
use entity::{Column, Entity, Model};
use graphql::{Contact, ContactFilter, ContactOrder};
use mutation::{CreateContactInput, UpdateContactInput};

/// The user belongs to no or another client company.
pub const OTHER_ACCOUNT: Text = Text::new(
    "other_account",
    "This user does not belong to the contact's company.",
    "Cet utilisateur n'appartient pas à l'entreprise du contact.",
);

/// Longest job title, in characters.
const JOB_TITLE_MAX: usize = 120;

/// A page of an account's contacts, in one statement with those of other accounts.
///
/// # Errors
/// FORBIDDEN without the permission to read contacts, INVALID for a wrong filter or page.
pub async fn of_account(
    ask: &Ask,
    account: AccountId,
    filter: ContactFilter,
    order: Option<ContactOrder>,
    args: PageArgs,
) -> Result<Connection<Contact>> {
    ask.viewer.require(CONTACTS_READ)?;
    filter.check()?;
    let page = ChildPage {
        parent: Column::AccountId,
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer)),
    };
    children(ask, account.uuid(), page).await
}

/// Makes a contact at a company.
///
/// # Errors
/// NOT_FOUND for a company that the viewer may not see, FORBIDDEN, INVALID for wrong fields.
pub async fn create(viewer: &Viewer, db: &Db, crm: &Crm, input: CreateContactInput) -> Result<Model> {
    viewer.require(CONTACTS_WRITE)?;
    viewer
        .act(db, "crm.contact.create", async |act| {
            // Race: the lock keeps the account from being archived until the contact is written.
            crate::account::lock(act, input.account_id).await?;
            let account =
                account::Entity::fetch_to(act.conn(), viewer, CONTACTS_WRITE, input.account_id).await?;
            if account.archived_at.is_some() {
                return Err(Error::field("accountId", crate::account::rules::ARCHIVED));
            }
            let model = new(act, input)?;
            check_user(act, crm, model.user_id, account.id).await?;
            act.insert(model).await
        })
        .await
}

fn new(act: &Act, input: CreateContactInput) -> Result<Model> {
    let CreateContactInput { account_id, given_name, family_name, email, phone, job_title, user_id } = input;
    let mut fields = Fields::new();
    let given_name = fields.take(text::name(&given_name, "givenName"));
    let family_name = fields.take(text::name(&family_name, "familyName"));
    let phone = fields.take(optional_phone(phone.unwrap_or_default(), "phone"));
    let job_title = fields.take(text::optional_line(job_title.as_deref(), "jobTitle", JOB_TITLE_MAX));
    fields.check()?;
    Ok(Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        account_id,
        given_name: given_name.unwrap_or_default(),
        family_name: family_name.unwrap_or_default(),
        email,
        phone: phone.flatten(),
        job_title: job_title.flatten(),
        user_id,
        created_by: act.viewer().user_id(),
        archived_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

fn optional_phone(value: String, path: &str) -> text::Checked<Option<String>> {
    if value.trim().is_empty() { Ok(None) } else { text::phone(&value, path).map(Some) }
}

async fn check_user(act: &Act, crm: &Crm, user: Option<UserId>, account: AccountId) -> Result<()> {
    let Some(user) = user else { return Ok(()) };
    match crm.people.people(act, &[user]).await?.get(&user) {
        None => Err(Error::field("userId", NOT_IN_TENANT)),
        Some(person) if person.account != Some(account) => Err(Error::field("userId", OTHER_ACCOUNT)),
        Some(_) => Ok(()),
    }
}

/// Changes a contact.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, crm: &Crm, input: UpdateContactInput) -> Result<Model> {
    viewer.require(CONTACTS_WRITE)?;
    viewer
        .act(db, "crm.contact.update", async |act| {
            let seen = Entity::fetch_to(act.conn(), viewer, CONTACTS_WRITE, input.id).await?;
            // Race: read again behind the lock, so that of changes made at once the later one builds on the earlier.
            crate::account::lock(act, seen.account_id).await?;
            let before = Entity::fetch_to(act.conn(), viewer, CONTACTS_WRITE, input.id).await?;
            expect_version("Contact", input.expected_version, before.version)?;
            let after = changed(act, &before, input)?;
            if after.user_id != before.user_id {
                check_user(act, crm, after.user_id, after.account_id).await?;
            }
            act.update(&before, after).await
        })
        .await
}

fn changed(act: &Act, before: &Model, input: UpdateContactInput) -> Result<Model> {
    let UpdateContactInput {
        id: _,
        expected_version: _,
        given_name,
        family_name,
        email,
        phone,
        job_title,
        user_id,
        archived,
    } = input;
    let mut after = before.clone();
    let mut fields = Fields::new();
    let name = |value: String, path: &str| text::name(&value, path);
    if let Some(value) = patch::checked(given_name, "givenName", &mut fields, name) {
        after.given_name = value;
    }
    if let Some(value) = patch::checked(family_name, "familyName", &mut fields, name) {
        after.family_name = value;
    }
    after.email = patch::optional(email).unwrap_or(after.email);
    if let Some(value) = patch::optional_checked(phone, "phone", &mut fields, optional_phone) {
        after.phone = value;
    }
    let title = |value: String, path: &str| text::optional_line(Some(&value), path, JOB_TITLE_MAX);
    if let Some(value) = patch::optional_checked(job_title, "jobTitle", &mut fields, title) {
        after.job_title = value;
    }
    after.user_id = patch::optional(user_id).unwrap_or(after.user_id);
    if let Some(archived) = patch::required(archived, "archived", &mut fields) {
        after.archived_at = archived.then(|| before.archived_at.unwrap_or(act.now()));
    }
    fields.check()?;
    Ok(after)
}

/// Lets contacts forget a user who is removed; they stay as contacts.
pub async fn forget_user(act: &mut Act, user: UserId) -> Result<()> {
    let known = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::UserId.eq(user));
    let known = known.all(act.conn()).await?;
    act.update_all(known, |contact| contact.user_id = None).await
}
