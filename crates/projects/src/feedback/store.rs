//! Answers counted, for many projects or clients at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{AccountId, ProjectId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, Func},
};

use super::{
    entity::{Column, Entity},
    rules::Tally,
};
use crate::{
    policy::registers::FEEDBACK_READ,
    project::{entity as project, staff},
    words::FeedbackKind,
};

/// What the answers about a project amount to, as far as the viewer sees them; one statement for all projects of a
/// request.
///
/// # Errors
/// FORBIDDEN for clients and without the permission to read feedback.
pub async fn of_project(ask: &Ask, project: ProjectId) -> Result<Tally> {
    // Reason: what others at the client said is not theirs to know.
    staff::require(&ask.viewer, FEEDBACK_READ)?;
    Ok(ask.load::<Tallies, _>(project).await?.unwrap_or_default())
}

/// What the answers of a client amount to, over all of its projects that the viewer sees; two statements for all
/// clients of a request.
///
/// # Errors
/// FORBIDDEN for clients and without the permission to read feedback.
pub async fn of_account(ask: &Ask, account: AccountId) -> Result<Tally> {
    // Reason: what others at the client said is not theirs to know.
    staff::require(&ask.viewer, FEEDBACK_READ)?;
    Ok(ask.load::<Tallies, _>(account).await?.unwrap_or_default())
}

struct Tallies {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Tallies {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<ProjectId> for Tallies {
    type Value = Tally;
    type Error = Error;

    async fn load(&self, projects: &[ProjectId]) -> Result<HashMap<ProjectId, Tally>> {
        let ids = projects.iter().map(|project| project.uuid());
        let counts: Vec<(ProjectId, String, Option<i32>, i64)> = Entity::visible(&self.viewer, FEEDBACK_READ)
            .filter(one_of(self.db.backend(), Column::ProjectId, ids))
            .select_only()
            .columns([Column::ProjectId, Column::Kind, Column::Score])
            .expr_as(Func::count(Expr::val(1)), "answers")
            .group_by(Column::ProjectId)
            .group_by(Column::Kind)
            .group_by(Column::Score)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut tallies: HashMap<ProjectId, Tally> = HashMap::with_capacity(projects.len());
        for (project, kind, score, count) in counts {
            let kind = FeedbackKind::parse(&kind).unwrap_or_default();
            tallies.entry(project).or_default().add(kind, score, count);
        }
        Ok(tallies)
    }
}

impl Loader<AccountId> for Tallies {
    type Value = Tally;
    type Error = Error;

    async fn load(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Tally>> {
        let ids = accounts.iter().map(|account| account.uuid());
        // Reason: only projects with questions, of which clients have few; the rest need not be read.
        let asked = Entity::of_tenant(self.viewer.tenant_id()).select_only().column(Column::ProjectId);
        let projects: Vec<(ProjectId, AccountId)> = project::Entity::of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), project::Column::AccountId, ids))
            .filter(project::Column::Id.in_subquery(asked.into_query()))
            .select_only()
            .columns([project::Column::Id, project::Column::AccountId])
            .into_tuple()
            .all(&self.db)
            .await?;
        let ids: Vec<ProjectId> = projects.iter().map(|(project, _)| *project).collect();
        let tallies: HashMap<ProjectId, Tally> = Loader::<ProjectId>::load(self, &ids).await?;
        let mut sums: HashMap<AccountId, Tally> = HashMap::with_capacity(accounts.len());
        for (project, account) in projects {
            sums.entry(account).or_default().join(tallies.get(&project).copied().unwrap_or_default());
        }
        Ok(sums)
    }
}
