//! Which profiles a list has, and who can do what.

use async_graphql::InputObject;
use kernel::{
    Fields, Result,
    db::Db,
    id::{SkillId, TypedId, UserId},
    page::{Connection, Order, PageArgs, check_listed, list},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use super::{
    entity::{Column, Entity},
    graphql::ResourceProfile,
    skilled,
};
use crate::{policy::people::PEOPLE_READ, register::check_range, service::Projects};

/// How well somebody can do something.
pub(crate) const LEVELS: (i32, i32) = (1, 5);

/// Which profiles a list has; every condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ProfileFilter {
    /// Only of these people.
    pub user_ids: Option<Vec<UserId>>,
    /// Only of people who have one of these skills.
    pub skill_ids: Option<Vec<SkillId>>,
    /// Only of people who have one of them, or any, at this level or a better one, 1 to 5.
    pub min_level: Option<i32>,
}

impl ProfileFilter {
    /// Checks the bounds of the filter.
    ///
    /// # Errors
    /// INVALID for lists that are too long and levels that are none.
    pub fn check(&self) -> Result<()> {
        self.check_at("filter.")
    }

    fn check_at(&self, parent: &str) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.user_ids.as_ref(), &format!("{parent}userIds"), &mut fields);
        check_listed(self.skill_ids.as_ref(), &format!("{parent}skillIds"), &mut fields);
        if let Some(level) = self.min_level {
            check_range(level, LEVELS, &format!("{parent}minLevel"), &mut fields);
        }
        fields.check()
    }

    /// The visible profiles of active staff that meet the filter; in one statement, and one more where they are read.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn select(&self, viewer: &Viewer, db: &Db, projects: &Projects) -> Result<Select<Entity>> {
        let staff = projects.readers.staff(db, viewer).await?;
        let active = one_of(db.backend(), Column::UserId, staff.iter().map(|one| one.user.uuid()));
        let mut select = Entity::visible(viewer, PEOPLE_READ).filter(active);
        if let Some(people) = &self.user_ids {
            select = select.filter(Column::UserId.is_in(people.iter().map(|user| user.uuid())));
        }
        if self.skill_ids.is_some() || self.min_level.is_some() {
            let mut able = skilled::of_tenant(viewer.tenant_id());
            if let Some(skills) = &self.skill_ids {
                able = able.filter(skilled::Column::SkillId.is_in(skills.iter().map(|skill| skill.uuid())));
            }
            able = able.filter(skilled::Column::Level.gte(self.min_level.unwrap_or(LEVELS.0)));
            let able = able.select_only().column(skilled::Column::UserId).into_query();
            select = select.filter(Column::UserId.in_subquery(able));
        }
        Ok(select)
    }
}

/// Reads a part of the matrix.
///
/// # Errors
/// FORBIDDEN, INVALID for a wrong filter or page.
pub async fn read(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    (skill_ids, min_level): (Option<Vec<SkillId>>, Option<i32>),
    args: &PageArgs,
) -> Result<Connection<ResourceProfile>> {
    viewer.require(PEOPLE_READ)?;
    let filter = ProfileFilter { user_ids: None, min_level: min_level.or(Some(LEVELS.0)), skill_ids };
    filter.check_at("")?;
    list(db, filter.select(viewer, db, projects).await?, Order::asc(Column::CreatedAt), args).await
}
