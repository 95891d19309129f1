//! The allocations of a project that comes back: they count again, and are judged as new ones.

use std::collections::{BTreeSet, HashMap};

use kernel::{
    Error, Result,
    act::Act,
    db::Db,
    id::{ProjectId, TypedId, UserId},
    people::not_staff,
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::{
    entity::{Column, Entity, Model},
    over::{self, Change, OverAllocatedWeek},
};
use crate::{
    project::{entity as projects, rules},
    service::Projects,
    words::Commitment,
};

/// What the people are called who are planned for a project, as far as the viewer may see them.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn names(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    project: ProjectId,
) -> Result<HashMap<UserId, String>> {
    let people = Entity::of_tenant(viewer.tenant_id())
        .filter(Column::ProjectId.eq(project.uuid()))
        .filter(Column::UserId.is_not_null());
    let people =
        people.select_only().column(Column::UserId).distinct().into_tuple::<UserId>().all(db).await?;
    if people.is_empty() { Ok(HashMap::new()) } else { projects.readers.names(db, viewer, &people).await }
}

/// Holds everybody who is planned for a project that comes back and is locked, and checks that the firm work there
/// leaves nobody of active staff with more than they have time, unless the agency wants to be warned only; in a number
/// of statements that does not grow with the people.
///
/// # Errors
/// INVALID at `id` with the weeks of each.
pub(crate) async fn check(
    act: &Act,
    projects: &Projects,
    project: &projects::Model,
    names: &HashMap<UserId, String>,
) -> Result<()> {
    // Reason: what is over does not count, archived or not.
    if rules::check_open(project).is_err() {
        return Ok(());
    }
    let (viewer, today) = (act.viewer(), crate::today(act.viewer(), act.now()));
    let rows = Entity::of_tenant(viewer.tenant_id())
        .filter(Column::ProjectId.eq(project.id.uuid()))
        .filter(Column::UserId.is_not_null())
        .filter(Column::Commitment.eq(Commitment::Firm.as_str()))
        .filter(Column::EndsOn.gte(today));
    let rows: Vec<Model> = rows.all(act.conn()).await?;
    let people: BTreeSet<UserId> = rows.iter().filter_map(|row| row.user_id).collect();
    if people.is_empty() {
        return Ok(());
    }
    let people: Vec<UserId> = people.into_iter().collect();
    // Race: of this and a plan for the same people made at once, the later one sees the earlier.
    projects.clocks.hold_all(act, &people).await?;
    let known = projects.people.people(act, &people).await?;
    // Reason: who takes part no more has no week to fill; what they were planned for is a place to fill.
    let counts = |row: &&Model| row.user_id.is_some_and(|user| not_staff(known.get(&user)).is_none());
    let changes: Vec<Change<'_>> =
        rows.iter().filter(counts).map(|after| Change { before: None, after }).collect();
    let over = over::check(act.conn(), viewer, &changes, today).await?;
    if over.is_empty() || !over::is_refused(act.conn(), viewer).await? {
        return Ok(());
    }
    let said = |weeks: &[OverAllocatedWeek]| {
        let person = weeks.first().map(|week| week.user_id);
        let name = person.map(|person| names.get(&person).cloned().unwrap_or_else(|| person.to_string()));
        over::said("id", &name.unwrap_or_default(), weeks)
    };
    let said = over.chunk_by(|one, next| one.user_id == next.user_id).flat_map(said);
    Err(Error::Invalid(said.collect()))
}
