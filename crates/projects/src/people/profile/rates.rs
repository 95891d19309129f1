//! What an hour of a person is billed at and costs today: the rates that are written for the person, read where rates
//! are kept.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{TypedId, UserId},
    money::Money,
    policy::Guarded,
    sql::one_of,
    viewer::{Permission, Reach, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{
    policy::{RATES_READ, time::COSTS_READ},
    time::rate::{bill, cost},
    today,
    words::RateLevel,
};

macro_rules! rates {
    ($name:ident, $module:ident, $permission:expr, $doc:literal) => {
        #[doc = $doc]
        struct $name {
            viewer: Viewer,
            db: Db,
        }

        impl FromAsk for $name {
            fn from_ask(viewer: Viewer, db: Db) -> Self {
                Self { viewer, db }
            }
        }

        impl Loader<UserId> for $name {
            type Value = Money;
            type Error = Error;

            async fn load(&self, people: &[UserId]) -> Result<HashMap<UserId, Money>> {
                let people = people.iter().map(|user| user.uuid());
                let rows = $module::Entity::visible(&self.viewer, $permission)
                    .filter($module::Column::Level.eq(RateLevel::Person.as_str()))
                    .filter(one_of(self.db.backend(), $module::Column::UserId, people))
                    .filter($module::Column::Since.lte(today(&self.viewer, self.viewer.now)))
                    .order_by_asc($module::Column::Since);
                let rows = rows.all(&self.db).await?.into_iter();
                // Invariant: of the rates of one person the latest comes last.
                Ok(rows
                    .filter_map(|row| Some((row.user_id?, Money::new(row.amount_minor, row.currency))))
                    .collect())
            }
        }
    };
}

rates!(Bills, bill, RATES_READ, "Loads what hours of people are billed at.");
rates!(Costs, cost, COSTS_READ, "Loads what hours of people cost.");

/// Rates of people reach beyond any project.
fn allowed(ask: &Ask, permission: Permission) -> Result<()> {
    let may = !ask.viewer.is_client() && ask.viewer.reaches(permission, Reach::Tenant);
    if may { Ok(()) } else { Err(Error::lacks(permission.name)) }
}

/// What an hour of a person is billed at today.
pub(super) async fn bill(ask: &Ask, person: UserId) -> Option<Result<Money>> {
    if let Err(refused) = allowed(ask, RATES_READ) {
        return Some(Err(refused));
    }
    ask.load::<Bills, _>(person).await.transpose()
}

/// What an hour of a person costs today.
pub(super) async fn cost(ask: &Ask, person: UserId) -> Option<Result<Money>> {
    if let Err(refused) = allowed(ask, COSTS_READ) {
        return Some(Err(refused));
    }
    ask.load::<Costs, _>(person).await.transpose()
}
