//! Which activity is asked for.

use async_graphql::InputObject;
use kernel::{
    activity::Category,
    error::{Fields, Result},
    id::{AccountId, ProjectId, TypedId as _, UserId},
    page::check_listed,
    scalar::DateTime,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, Select};

use super::group;

/// Which activity; every given condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ActivityFilter {
    /// About any of these.
    pub categories: Option<Vec<Category>>,
    /// Of this person, by hand or through an API key.
    pub actor: Option<UserId>,
    /// In this project.
    pub project: Option<ProjectId>,
    /// Of this account.
    pub account: Option<AccountId>,
    /// Begun not before.
    pub since: Option<DateTime>,
    /// Begun before.
    pub until: Option<DateTime>,
}

impl ActivityFilter {
    pub(super) fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        check_listed(self.categories.as_ref(), "filter.categories", &mut fields);
        fields.check()
    }

    pub(super) fn apply(&self, mut select: Select<group::Entity>) -> Select<group::Entity> {
        use group::Column;
        let Self { categories, actor, project, account, since, until } = self;
        if let Some(categories) = categories {
            select = select.filter(Column::Category.is_in(categories.iter().map(|one| one.as_str())));
        }
        if let Some(actor) = actor {
            select = select.filter(Column::PersonId.eq(actor.uuid()));
        }
        if let Some(project) = project {
            select = select.filter(Column::ProjectId.eq(*project));
        }
        if let Some(account) = account {
            select = select.filter(Column::AccountId.eq(*account));
        }
        if let Some(since) = since {
            select = select.filter(Column::StartedAt.gte(since.utc()));
        }
        if let Some(until) = until {
            select = select.filter(Column::StartedAt.lt(until.utc()));
        }
        select
    }
}
