//! Contacts in the graph: the object, its filter and order, and the root queries.

use async_graphql::{Context, Enum, InputObject, Object};
use kernel::{
    Fields, Result,
    ask::{Asking, Look},
    field,
    graph::{Graph, Node},
    id::{AccountId, ContactId, TypedId},
    page::{ById, Connection, Direction, Order, PageArgs, check_listed, check_search, list},
    policy::Guarded,
    scalar::{DateTime, EmailAddress},
    sql,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, Select};

use super::entity::{Column, Entity, Model};
use crate::{
    account::{entity as account, graphql::Account},
    policy::{CONTACTS_PERSONAL, CONTACTS_READ},
};

/// A person at a client company.
#[derive(Clone, Debug)]
pub struct Contact(pub Model);

impl From<Model> for Contact {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Contact {
    const TYPE: &'static str = "Contact";
}

impl Contact {
    /// A value that needs the permission for personal data.
    async fn personal<T>(&self, ctx: &Context<'_>, value: Option<T>) -> Option<Result<T>> {
        match field::may::<Entity>(ctx.ask(), CONTACTS_PERSONAL, self.0.id.uuid()).await {
            Ok(()) => {
                let value = value?;
                ctx.ask().looked(Look {
                    action: "crm.contact.view",
                    subject_type: Self::TYPE,
                    subject_id: self.0.id.uuid(),
                    person: self.0.id.uuid(),
                    account: Some(self.0.account_id),
                });
                Some(Ok(value))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

// Reason: fields that may be refused answer `Option<Result<…>>`; an error in a `Result<Option<…>>` would take the whole
// contact with it.
/// A person at a client company.
#[Object(name = "ContactFields")]
impl Contact {
    /// Its id.
    async fn id(&self) -> ContactId {
        self.0.id
    }

    /// First name.
    async fn given_name(&self) -> &str {
        &self.0.given_name
    }

    /// Last name.
    async fn family_name(&self) -> &str {
        &self.0.family_name
    }

    /// Where mail reaches them. Needs `crm.contact.personal` on the contact.
    async fn email(&self, ctx: &Context<'_>) -> Option<Result<EmailAddress>> {
        self.personal(ctx, self.0.email.clone()).await
    }

    /// Where calls reach them, in the form of E.164 where the country is known. Needs `crm.contact.personal` on the
    /// contact.
    async fn phone(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.personal(ctx, self.0.phone.clone()).await
    }

    /// What they do there. Needs `crm.contact.personal` on the contact.
    async fn job_title(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        self.personal(ctx, self.0.job_title.as_deref()).await
    }

    /// The company; null if the viewer may not see it.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Graph<Account>>> {
        let account = ctx.ask().load::<ById<account::Entity>, _>(self.0.account_id.uuid()).await?;
        Ok(account.map(|account| Graph(account.into())))
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
}

/// Which contacts a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ContactFilter {
    /// Only these.
    pub ids: Option<Vec<ContactId>>,
    /// Only of this company.
    pub account_id: Option<AccountId>,
    /// Only with this text in the first or last name.
    pub search: Option<String>,
    /// True: only archived ones. Otherwise only those in use.
    pub archived: Option<bool>,
}

impl ContactFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    /// The visible contacts that meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select = Entity::visible(viewer, CONTACTS_READ);
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        if let Some(account) = self.account_id {
            select = select.filter(Column::AccountId.eq(account.uuid()));
        }
        if let Some(text) = self.search.as_deref().filter(|text| !text.trim().is_empty()) {
            select = select.filter(sql::contains(&[Column::GivenName, Column::FamilyName], text));
        }
        let archived = Column::ArchivedAt;
        select.filter(if self.archived == Some(true) { archived.is_not_null() } else { archived.is_null() })
    }
}

/// What contacts can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum ContactOrderField {
    /// Last name.
    #[default]
    FamilyName,
    /// First name.
    GivenName,
    /// When they were made.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

/// The order of contacts.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct ContactOrder {
    /// What by.
    pub field: ContactOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl From<ContactOrder> for Order<Entity> {
    fn from(ContactOrder { field, direction }: ContactOrder) -> Self {
        let column = match field {
            ContactOrderField::FamilyName => Column::FamilyName,
            ContactOrderField::GivenName => Column::GivenName,
            ContactOrderField::CreatedAt => Column::CreatedAt,
            ContactOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self::by(column, direction)
    }
}

/// Root queries of contacts.
#[derive(Default)]
pub struct ContactQuery;

#[Object]
impl ContactQuery {
    /// A person at a client company by id. Needs `crm.contact.read`.
    async fn contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the contact.")] id: ContactId,
    ) -> Result<Graph<Contact>> {
        ctx.viewer().require(CONTACTS_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), CONTACTS_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The people at client companies that the viewer may see. Needs `crm.contact.read`.
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
    ) -> Result<Connection<Contact>> {
        ctx.viewer().require(CONTACTS_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let select = filter.select(ctx.viewer());
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, order_by.unwrap_or_default().into(), &args).await
    }
}
