//! What projects hold of people: their places on teams, and the tasks that they do, asked for or made. That a task is
//! theirs is about them; what it says is the work's, and told as far as they may read it.

mod more;

use std::collections::HashSet;

use async_trait::async_trait;
use kernel::{
    Result,
    act::Act,
    db::Db,
    id::{ProjectId, TaskId, TypedId as _, UserId},
    policy::Guarded,
    privacy::{Collector, DataSubject, Holding, Obstacle, Pages, PersonalData},
    sql::one_of,
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QuerySelect as _};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::{
    erasure,
    member::entity as member,
    policy::{PROJECTS_READ, RATES_READ, TASKS_READ},
    project::entity as project,
    task::{assignee, entity as task},
};

/// Projects as a holder of personal data.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProjectsData;

#[async_trait]
impl PersonalData for ProjectsData {
    fn domain(&self) -> &'static str {
        "projects"
    }

    async fn identify(&self, _: &Db, _: &mut DataSubject) -> Result<()> {
        Ok(())
    }

    async fn collect(
        &self,
        db: &Db,
        subject: &DataSubject,
        eyes: Option<&Viewer>,
        into: &mut dyn Collector,
    ) -> Result<()> {
        let Some(user) = subject.user else { return Ok(()) };
        let teams = member::Entity::of_tenant(subject.tenant).filter(member::Column::UserId.eq(user));
        let mut pages = Pages::of(teams, |row| row.id.uuid());
        while let Some(rows) = pages.next(db).await? {
            into.rows("projects.teams", places(db, eyes, rows).await?).await?;
        }
        let managed = Condition::any()
            .add(project::Column::ManagerId.eq(user))
            .add(project::Column::CreatedBy.eq(user));
        let managed = project::Entity::of_tenant(subject.tenant).filter(managed);
        let mut pages = Pages::of(managed, |row| row.id.uuid());
        while let Some(rows) = pages.next(db).await? {
            let ids = rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>();
            let seen = seen::<project::Entity>(db, eyes, PROJECTS_READ, &ids).await?;
            let rows = rows.iter().map(|row| led(row, user, &seen)).collect();
            into.rows("projects.projects", rows).await?;
        }
        let mine = Condition::any()
            .add(task::Column::ReporterId.eq(user))
            .add(task::Column::CreatedBy.eq(user))
            .add(task::Column::Id.in_subquery(assignee::tasks_of(subject.tenant, &[user])));
        let mut pages = Pages::of(task::Entity::of_tenant(subject.tenant).filter(mine), |row| row.id.uuid());
        while let Some(rows) = pages.next(db).await? {
            into.rows("projects.tasks", tasks(db, subject, user, eyes, rows).await?).await?;
        }
        crate::time::privacy::collect(db, subject, user, into).await?;
        crate::people::privacy::collect(db, subject, user, into).await?;
        more::collect(db, subject, user, eyes, into).await
    }

    async fn holdings(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Holding>> {
        erasure::holdings(db, subject).await
    }

    async fn obstacles(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Obstacle>> {
        erasure::obstacles(db, subject).await
    }

    async fn erase(&self, act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>> {
        erasure::erase(act, subject).await
    }
}

/// Places on teams; the rate is told to who may see rates there, the project's name to who may see the project.
async fn places(db: &Db, eyes: Option<&Viewer>, rows: Vec<member::Model>) -> Result<Vec<Json>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
    let rated = seen::<member::Entity>(db, eyes, RATES_READ, &ids).await?;
    let projects: Vec<Uuid> = rows.iter().map(|row| row.project_id.uuid()).collect();
    let names = names(db, eyes, projects).await?;
    let told = rows.into_iter().map(|row| {
        let rate = rated.contains(&row.id.uuid()).then_some((row.bill_rate_minor, row.rate_currency));
        let name = names.iter().find(|(id, _)| *id == row.project_id).map(|(_, name)| name);
        let mut told = json!({
            "id": row.id, "projectId": row.project_id, "project": name, "title": row.title,
            "allocationBp": row.allocation_bp, "joinedOn": row.joined_on, "leftOn": row.left_on,
            "createdAt": row.created_at, "updatedAt": row.updated_at,
        });
        if let Some((minor, currency)) = rate {
            told["billRateMinor"] = json!(minor);
            told["rateCurrency"] = json!(currency.map(|currency| currency.to_string()));
        }
        told
    });
    Ok(told.collect())
}

/// Names of the projects that the person may see.
async fn names(db: &Db, eyes: Option<&Viewer>, ids: Vec<Uuid>) -> Result<Vec<(ProjectId, String)>> {
    let Some(eyes) = eyes else { return Ok(Vec::new()) };
    let seen = project::Entity::visible(eyes, PROJECTS_READ);
    let seen = seen.filter(one_of(db.backend(), project::Column::Id, ids)).select_only();
    Ok(seen.columns([project::Column::Id, project::Column::Name]).into_tuple().all(db).await?)
}

/// A project that the person manages or made.
fn led(row: &project::Model, user: UserId, seen: &HashSet<Uuid>) -> Json {
    let seen = seen.contains(&row.id.uuid());
    json!({
        "id": row.id, "manages": row.manager_id == Some(user), "made": row.created_by == Some(user),
        "code": seen.then_some(&row.code), "name": seen.then_some(&row.name), "createdAt": row.created_at,
    })
}

/// Tasks of the person; what only the team reads in them is left out for everybody.
async fn tasks(
    db: &Db,
    subject: &DataSubject,
    user: UserId,
    eyes: Option<&Viewer>,
    rows: Vec<task::Model>,
) -> Result<Vec<Json>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
    let seen = seen::<task::Entity>(db, eyes, TASKS_READ, &ids).await?;
    let does = assignee::of_tenant(subject.tenant).filter(assignee::Column::UserId.eq(user)).filter(one_of(
        db.backend(),
        assignee::Column::TaskId,
        ids,
    ));
    let does = does.select_only().column(assignee::Column::TaskId).into_tuple::<TaskId>();
    let does: HashSet<TaskId> = does.all(db).await?.into_iter().collect();
    let told = rows.into_iter().map(|row| {
        let seen = seen.contains(&row.id.uuid());
        json!({
            "id": row.id, "projectId": row.project_id, "assigned": does.contains(&row.id),
            "reported": row.reporter_id == Some(user), "made": row.created_by == Some(user),
            "number": row.number, "title": seen.then_some(&row.title), "description": seen.then_some(&row.description),
            "status": row.status, "dueOn": row.due_on, "completedAt": row.completed_at, "createdAt": row.created_at,
        })
    });
    Ok(told.collect())
}

/// Which of these rows the person holds a permission on.
pub(super) async fn seen<E: Guarded>(
    db: &Db,
    eyes: Option<&Viewer>,
    permission: Permission,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>> {
    let Some(eyes) = eyes else { return Ok(HashSet::new()) };
    let rows = E::visible(eyes, permission).filter(one_of(db.backend(), E::id_column(), ids.iter().copied()));
    let rows: Vec<Uuid> = rows.select_only().column(E::id_column()).into_tuple().all(db).await?;
    Ok(rows.into_iter().collect())
}
