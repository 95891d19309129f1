//! Contacts in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{AccountId, ContactId, UserId},
    scalar::EmailAddress,
};

use super::graphql::Contact;
use crate::Crm;

/// A new contact.
#[derive(Clone, Debug, InputObject)]
pub struct CreateContactInput {
    /// The company.
    pub account_id: AccountId,
    /// First name, at most 100 characters.
    pub given_name: String,
    /// Last name, at most 100 characters.
    pub family_name: String,
    /// Where mail reaches them.
    pub email: Option<EmailAddress>,
    /// Where calls reach them.
    pub phone: Option<String>,
    /// What they do there, at most 120 characters.
    pub job_title: Option<String>,
    /// The person's user; it must belong to the same company.
    pub user_id: Option<UserId>,
}

/// Changes of a contact: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateContactInput {
    /// The contact.
    pub id: ContactId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// First name, at most 100 characters.
    pub given_name: MaybeUndefined<String>,
    /// Last name, at most 100 characters.
    pub family_name: MaybeUndefined<String>,
    /// Where mail reaches them.
    pub email: MaybeUndefined<EmailAddress>,
    /// Where calls reach them.
    pub phone: MaybeUndefined<String>,
    /// What they do there, at most 120 characters.
    pub job_title: MaybeUndefined<String>,
    /// The person's user; it must belong to the same company.
    pub user_id: MaybeUndefined<UserId>,
    /// Whether it is put away.
    pub archived: MaybeUndefined<bool>,
}

/// What `createContact` made.
#[derive(SimpleObject)]
pub struct CreateContactPayload {
    /// The new contact.
    pub contact: Graph<Contact>,
}

/// What `updateContact` changed.
#[derive(SimpleObject)]
pub struct UpdateContactPayload {
    /// The contact as it is now.
    pub contact: Graph<Contact>,
}

/// Root mutations of contacts.
#[derive(Default)]
pub struct ContactMutation;

#[Object]
impl ContactMutation {
    /// Makes a contact at a client company. Needs `crm.contact.write` on the company.
    async fn create_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new contact.")] input: CreateContactInput,
    ) -> Result<CreateContactPayload> {
        let crm = ctx.data_unchecked::<Crm>();
        let contact = super::create(ctx.viewer(), ctx.db(), crm, input).await?;
        Ok(CreateContactPayload { contact: Graph(contact.into()) })
    }

    /// Changes a contact. Needs `crm.contact.write` on it.
    async fn update_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateContactInput,
    ) -> Result<UpdateContactPayload> {
        let crm = ctx.data_unchecked::<Crm>();
        let contact = super::update(ctx.viewer(), ctx.db(), crm, input).await?;
        Ok(UpdateContactPayload { contact: Graph(contact.into()) })
    }
}
