//! Accounts in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{AccountId, UserId},
    locale::Locale,
    money::Currency,
};

use super::{graphql::Account, rules::Lifecycle};
use crate::Crm;

/// A new account.
#[derive(Clone, Debug, InputObject)]
pub struct CreateAccountInput {
    /// What people call it, at most 100 characters.
    pub name: String,
    /// Its name in contracts and on invoices, at most 200 characters.
    pub legal_name: Option<String>,
    /// Its internet domain.
    pub domain: Option<String>,
    /// What business it is in, at most 200 characters.
    pub industry: Option<String>,
    /// Currency it is billed in; the agency's without one.
    pub currency: Option<Currency>,
    /// Language and formats it is written to in; the agency's without one.
    pub locale: Option<Locale>,
    /// How far it has come with the agency; a prospect without one.
    pub lifecycle: Option<Lifecycle>,
    /// The member of staff who answers for it; who makes it without one.
    pub owner_id: Option<UserId>,
}

/// Changes of an account: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateAccountInput {
    /// The account.
    pub id: AccountId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, at most 100 characters.
    pub name: MaybeUndefined<String>,
    /// Its name in contracts and on invoices, at most 200 characters.
    pub legal_name: MaybeUndefined<String>,
    /// Its internet domain.
    pub domain: MaybeUndefined<String>,
    /// What business it is in, at most 200 characters.
    pub industry: MaybeUndefined<String>,
    /// Currency it is billed in.
    pub currency: MaybeUndefined<Currency>,
    /// Language and formats it is written to in.
    pub locale: MaybeUndefined<Locale>,
    /// How far it has come with the agency.
    pub lifecycle: MaybeUndefined<Lifecycle>,
    /// The member of staff who answers for it; null for nobody.
    pub owner_id: MaybeUndefined<UserId>,
}

/// An account to be archived.
#[derive(Clone, Debug, InputObject)]
pub struct ArchiveAccountInput {
    /// The account.
    pub id: AccountId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// An account to be brought back.
#[derive(Clone, Debug, InputObject)]
pub struct RestoreAccountInput {
    /// The account.
    pub id: AccountId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// What `createAccount` made.
#[derive(SimpleObject)]
pub struct CreateAccountPayload {
    /// The new account.
    pub account: Graph<Account>,
}

/// What `updateAccount` changed.
#[derive(SimpleObject)]
pub struct UpdateAccountPayload {
    /// The account as it is now.
    pub account: Graph<Account>,
}

/// What `archiveAccount` changed.
#[derive(SimpleObject)]
pub struct ArchiveAccountPayload {
    /// The account as it is now.
    pub account: Graph<Account>,
}

/// What `restoreAccount` changed.
#[derive(SimpleObject)]
pub struct RestoreAccountPayload {
    /// The account as it is now.
    pub account: Graph<Account>,
}

/// Root mutations of accounts.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Makes a client company. Needs `crm.account.write`.
    async fn create_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new account.")] input: CreateAccountInput,
    ) -> Result<CreateAccountPayload> {
        let crm = ctx.data_unchecked::<Crm>();
        let account = super::create(ctx.viewer(), ctx.db(), crm, input).await?;
        Ok(CreateAccountPayload { account: Graph(account.into()) })
    }

    /// Changes a client company. Needs `crm.account.write` on it.
    async fn update_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateAccountInput,
    ) -> Result<UpdateAccountPayload> {
        let crm = ctx.data_unchecked::<Crm>();
        let account = super::update(ctx.viewer(), ctx.db(), crm, input).await?;
        Ok(UpdateAccountPayload { account: Graph(account.into()) })
    }

    /// Puts a client company away: lists leave it out and nothing new is opened for it. Needs `crm.account.archive`.
    async fn archive_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: ArchiveAccountInput,
    ) -> Result<ArchiveAccountPayload> {
        let account = super::archive(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(ArchiveAccountPayload { account: Graph(account.into()) })
    }

    /// Brings an archived client company back. Needs `crm.account.archive`.
    async fn restore_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: RestoreAccountInput,
    ) -> Result<RestoreAccountPayload> {
        let account = super::restore(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(RestoreAccountPayload { account: Graph(account.into()) })
    }
}
