//! Accounts in the graph: the object, its filter and order, and the root queries.

use async_graphql::{Context, Enum, InputObject, Object};
use kernel::{
    Fields, Result,
    ask::Asking,
    graph::{Graph, Node},
    id::{AccountId, TypedId, UserId},
    locale::Locale,
    money::Currency,
    page::{Connection, Direction, Order, PageArgs, check_listed, check_search, list},
    policy::Guarded,
    scalar::DateTime,
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::{
    entity::{Column, Entity, Model},
    rules::Lifecycle,
};
use crate::{
    contact::{
        self,
        graphql::{Contact, ContactFilter, ContactOrder},
    },
    policy::ACCOUNTS_READ,
};

/// A client company.
#[derive(Clone, Debug)]
pub struct Account(pub Model);

impl From<Model> for Account {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Account {
    const TYPE: &'static str = "Account";
}

/// A client company of the agency.
#[Object(name = "AccountFields")]
impl Account {
    /// Its id.
    async fn id(&self) -> AccountId {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its name in contracts and on invoices; null if it is the same.
    async fn legal_name(&self) -> Option<&str> {
        self.0.legal_name.as_deref()
    }

    /// Its internet domain in lower-case ASCII.
    async fn domain(&self) -> Option<&str> {
        self.0.domain.as_deref()
    }

    /// What business it is in.
    async fn industry(&self) -> Option<&str> {
        self.0.industry.as_deref()
    }

    /// Currency it is billed in.
    async fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Language and formats it is written to in.
    async fn locale(&self) -> &Locale {
        &self.0.locale
    }

    /// How far it has come with the agency.
    async fn lifecycle(&self) -> Lifecycle {
        Lifecycle::parse(&self.0.lifecycle).unwrap_or_default()
    }

    /// When it was archived; null while it is in use.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.archived_at.map(Into::into)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// The people there. Without `crm.contact.read`, FORBIDDEN.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn contacts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these contacts.")] filter: Option<ContactFilter>,
        #[graphql(desc = "The order; by family name without one.")] order_by: Option<ContactOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Option<Result<Connection<Contact>>> {
        let args = PageArgs::new(first, after, last, before);
        // Reason: an error in a `Result<Option<…>>` would take the whole account with it.
        Some(contact::of_account(ctx.ask(), self.0.id, filter.unwrap_or_default(), order_by, args).await)
    }
}

/// Which accounts a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AccountFilter {
    /// Only these.
    pub ids: Option<Vec<AccountId>>,
    /// Only in one of these states.
    pub lifecycle: Option<Vec<Lifecycle>>,
    /// Only those this member of staff answers for.
    pub owner_id: Option<UserId>,
    /// Only with this text in name, legal name or domain.
    pub search: Option<String>,
    /// True: only archived ones. Otherwise only those in use.
    pub archived: Option<bool>,
}

impl AccountFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.lifecycle.as_ref(), "filter.lifecycle", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    /// The visible accounts that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, ACCOUNTS_READ);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(states) = &self.lifecycle {
            select = select.filter(Column::Lifecycle.is_in(states.iter().map(|state| state.as_str())));
        }
        if let Some(owner) = self.owner_id {
            select = select.filter(Column::OwnerId.eq(owner.uuid()));
        }
        if let Some(text) = self.search.as_deref().filter(|text| !text.trim().is_empty()) {
            select = select.filter(sql::contains(&[Column::Name, Column::LegalName, Column::Domain], text));
        }
        let archived = Column::ArchivedAt;
        select.filter(if self.archived == Some(true) { archived.is_not_null() } else { archived.is_null() })
    }
}

/// What accounts can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum AccountOrderField {
    /// Name.
    #[default]
    Name,
    /// When they were made.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

/// The order of accounts.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct AccountOrder {
    /// What by.
    pub field: AccountOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl From<AccountOrder> for Order<Entity> {
    fn from(AccountOrder { field, direction }: AccountOrder) -> Self {
        let column = match field {
            AccountOrderField::Name => Column::Name,
            AccountOrderField::CreatedAt => Column::CreatedAt,
            AccountOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self::by(column, direction)
    }
}

/// Root queries of accounts.
#[derive(Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// A client company by its id. Needs `crm.account.read`.
    async fn account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the account.")] id: AccountId,
    ) -> Result<Graph<Account>> {
        ctx.viewer().require(ACCOUNTS_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), ACCOUNTS_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The client companies that the viewer may see. Needs `crm.account.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these accounts.")] filter: Option<AccountFilter>,
        #[graphql(desc = "The order; by name without one.")] order_by: Option<AccountOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Account>> {
        ctx.viewer().require(ACCOUNTS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let select = filter.select(ctx.viewer());
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, order_by.unwrap_or_default().into(), &args).await
    }
}
