//! Lists of people: filter, order, and the root queries.

use async_graphql::{Context, Enum, InputObject, Object};
use kernel::{
    Fields, Result,
    ask::Asking,
    graph::Graph,
    id::{AccountId, RoleId, TypedId, UserId},
    page::{Connection, Direction, Order, PageArgs, check_listed, check_search, list},
    policy::{Guarded, allowed},
    sql,
    viewer::{Actor, Reach, Viewer},
};
use sea_orm::{
    ColumnTrait, Condition, QueryFilter, Select,
    sea_query::{Query, SelectStatement},
};

use super::{
    User,
    entity::{Column, Entity},
    viewer::ViewerObject,
};
use crate::{
    IdentityContext as _,
    membership::{self, MembershipStatus, entity as member},
    policy::{ROLE_READ, USER_CONTACT, USER_READ},
    role::entity as role,
};

/// Which people a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UserFilter {
    /// Only these.
    pub ids: Option<Vec<UserId>>,
    /// Only with one of these states; without it, everybody but the deactivated.
    pub status: Option<Vec<MembershipStatus>>,
    /// Only those who hold one of these roles in the tenant now.
    pub roles: Option<Vec<RoleId>>,
    /// Only the people of these client companies.
    pub accounts: Option<Vec<AccountId>>,
    /// True: only the agency's own people. False: only clients' people.
    pub staff: Option<bool>,
    /// Only with this text in a name or the company; also in the e-mail address, for those who may see everybody's.
    pub search: Option<String>,
}

impl UserFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists and texts that are too long.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.ids.as_ref(), "filter.ids", &mut fields);
        check_listed(self.status.as_ref(), "filter.status", &mut fields);
        check_listed(self.roles.as_ref(), "filter.roles", &mut fields);
        check_listed(self.accounts.as_ref(), "filter.accounts", &mut fields);
        check_search(self.search.as_deref(), "filter.search", &mut fields);
        fields.check()
    }

    /// The visible people who meet the filter.
    pub fn select(&self, viewer: &Viewer) -> Select<Entity> {
        let mut select =
            Entity::visible(viewer, USER_READ).filter(Column::Id.in_subquery(self.members(viewer)));
        if let Some(ids) = &self.ids {
            select = select.filter(Column::Id.is_in(ids.iter().map(TypedId::uuid)));
        }
        if let Some(text) = self.search.as_deref().filter(|text| !text.trim().is_empty()) {
            let mut columns = vec![Column::GivenName, Column::FamilyName, Column::Company];
            // Reason: a search in addresses that one may not see would tell them letter by letter.
            if viewer.reaches(USER_CONTACT, Reach::Tenant) {
                columns.push(Column::Email);
            }
            select = select.filter(in_words(&columns, text));
        }
        select
    }

    /// Ids of the people whose membership meets the filter.
    fn members(&self, viewer: &Viewer) -> SelectStatement {
        let mut select = Query::select();
        select.column(member::Column::UserId).from(member::Entity);
        select.and_where(member::Column::TenantId.eq(viewer.tenant_id()));
        let states = match &self.status {
            Some(states) => states.clone(),
            None => vec![MembershipStatus::Active, MembershipStatus::Pending],
        };
        select.and_where(member::Column::Status.is_in(states.iter().map(|state| state.as_str())));
        if let Some(accounts) = &self.accounts {
            select.and_where(member::Column::AccountId.is_in(accounts.iter().map(TypedId::uuid)));
        }
        match self.staff {
            Some(true) => select.and_where(member::Column::AccountId.is_null()),
            Some(false) => select.and_where(member::Column::AccountId.is_not_null()),
            None => &mut select,
        };
        if let Some(roles) = &self.roles {
            let which = Condition::all().add(role::Column::Id.is_in(roles.iter().map(TypedId::uuid)));
            // Reason: who may not see a role could otherwise ask of everybody whether they have it.
            let which = which.add(allowed::<role::Entity>(viewer, ROLE_READ));
            let holders = membership::holders(viewer.tenant_id(), which, viewer.now);
            select.and_where(member::Column::Id.in_subquery(holders));
        }
        select
    }
}

/// Rows that have each word of `text` in one of the columns: `ada love` finds Ada Lovelace.
fn in_words(columns: &[Column], text: &str) -> Condition {
    let words = text.split_whitespace().take(10);
    words.fold(Condition::all(), |all, word| all.add(sql::contains(columns, word)))
}

/// What people can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum UserOrderField {
    /// Family name.
    #[default]
    FamilyName,
    /// Given name.
    GivenName,
    /// When they were added.
    CreatedAt,
    /// When their profile was last changed.
    UpdatedAt,
}

/// The order of people.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct UserOrder {
    /// What by.
    pub field: UserOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

impl From<UserOrder> for Order<Entity> {
    fn from(UserOrder { field, direction }: UserOrder) -> Self {
        let column = match field {
            UserOrderField::FamilyName => Column::FamilyName,
            UserOrderField::GivenName => Column::GivenName,
            UserOrderField::CreatedAt => Column::CreatedAt,
            UserOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self::by(column, direction)
    }
}

/// Questions about people.
#[derive(Debug, Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// The one who asks, with what they may do.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<ViewerObject> {
        ctx.viewer().signed_in()?;
        Ok(ViewerObject::new(ctx.viewer().clone()))
    }

    /// A person by id. Needs `identity.user.read`; oneself everybody may see, who asks in person.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the person.")] id: UserId,
    ) -> Result<Graph<User>> {
        let viewer = ctx.viewer();
        if viewer.actor == Actor::User(id) {
            return Ok(Graph(User::themselves(super::fetch(ctx.db(), id).await?)));
        }
        viewer.require(USER_READ)?;
        let model = Entity::fetch(ctx.db(), viewer, USER_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The people that the viewer may see: staff sees everybody, clients their own people and the staff that works for
    /// them. Needs `identity.user.read`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these people.")] filter: Option<UserFilter>,
        #[graphql(desc = "The order; by family name without one.")] order_by: Option<UserOrder>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        ctx.viewer().require(USER_READ)?;
        let mut filter = filter.unwrap_or_default();
        filter.check()?;
        // Reason: who may not see an account could otherwise ask who belongs to it.
        if let Some(accounts) = &mut filter.accounts {
            let directory = &ctx.identity().neighbours.accounts;
            *accounts = directory.seen(ctx.db(), ctx.viewer(), accounts).await?;
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), filter.select(ctx.viewer()), order_by.unwrap_or_default().into(), &args).await
    }
}
