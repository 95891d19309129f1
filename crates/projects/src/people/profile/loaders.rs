//! What belongs to profiles that the viewer was shown, loaded for all of a request at once.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Result,
    ask::FromAsk,
    db::Db,
    id::{TypedId, UserId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{QueryFilter, QueryOrder};

use super::{certified, skilled};
use crate::calendar::{day, entity as calendar};

macro_rules! by_person {
    ($name:ident, $module:ident, $order:expr, $doc:literal) => {
        #[doc = $doc]
        pub(super) struct $name {
            viewer: Viewer,
            db: Db,
        }

        impl FromAsk for $name {
            fn from_ask(viewer: Viewer, db: Db) -> Self {
                Self { viewer, db }
            }
        }

        impl Loader<UserId> for $name {
            type Value = Vec<$module::Model>;
            type Error = Error;

            async fn load(&self, people: &[UserId]) -> Result<HashMap<UserId, Vec<$module::Model>>> {
                let people = people.iter().map(|user| user.uuid());
                let of = one_of(self.db.backend(), $module::Column::UserId, people);
                let rows = $module::of_tenant(self.viewer.tenant_id()).filter(of).order_by_asc($order);
                let mut found: HashMap<UserId, Vec<$module::Model>> = HashMap::new();
                for row in rows.all(&self.db).await? {
                    if let Some(user) = Option::<UserId>::from(row.user_id) {
                        found.entry(user).or_default().push(row);
                    }
                }
                Ok(found)
            }
        }
    };
}

by_person!(Skills, skilled, skilled::Column::SkillId, "Loads what people can do.");
by_person!(Certifications, certified, certified::Column::Id, "Loads the certifications of people.");
by_person!(Days, day, day::Column::OnDay, "Loads the days on which people have other hours.");

/// Loads the calendars of the agency, which few of many profiles differ in.
pub(super) struct AllCalendars {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for AllCalendars {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<()> for AllCalendars {
    type Value = Arc<Vec<calendar::Model>>;
    type Error = Error;

    async fn load(&self, _: &[()]) -> Result<HashMap<(), Arc<Vec<calendar::Model>>>> {
        let all = calendar::Entity::of_tenant(self.viewer.tenant_id()).all(&self.db).await?;
        Ok(HashMap::from([((), Arc::new(all))]))
    }
}
