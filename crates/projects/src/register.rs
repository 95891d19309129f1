//! What the registers of a project have in common: rows that hang on a project and change behind its lock, and bounds of
//! their texts.

use kernel::{
    Error, FieldError, Fields, Result, Text,
    act::{Act, Recorded, expect_version},
    id::{ProjectId, TypedId},
    policy::{Guarded, can_in},
    text::{self, REQUIRED, TOO_LONG},
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, sea_query::Query};

use crate::{
    policy::BUDGETS_WRITE,
    project::{self, entity as project_rows},
};

/// A number is not within its bounds.
pub const OUT_OF_RANGE: Text = Text::new(
    "out_of_range",
    "This is a number from {min} to {max}.",
    "Il s'agit d'un nombre de {min} à {max}.",
);

/// A change of the project is billed.
pub const BILLED: Text = Text::new(
    "project_billed",
    "A change of this project was taken for billing; it cannot be removed for good.",
    "Un changement de ce projet a été facturé ; il ne peut pas être supprimé définitivement.",
);

/// Longest title, in characters.
pub(crate) const TITLE_MAX: usize = 200;

/// Longest comment with an answer, in characters.
const COMMENT_MAX: usize = 2_000;

/// An entity whose rows hang on a project.
pub(crate) trait OfProject: Guarded + Recorded {
    /// The project.
    fn project_of(row: &Self::Model) -> ProjectId;
    /// How often the row was changed.
    fn version_of(row: &Self::Model) -> i64;
}

macro_rules! of_project {
    ($($entity:ty),+ $(,)?) => {
        $(
            impl OfProject for $entity {
                fn project_of(row: &Self::Model) -> ProjectId {
                    row.project_id
                }

                fn version_of(row: &Self::Model) -> i64 {
                    row.version
                }
            }
        )+
    };
}

of_project!(
    crate::plan::baseline::entity::Entity,
    crate::risk::entity::Entity,
    crate::change_request::entity::Entity,
    crate::decision::entity::Entity,
    crate::report::entity::Entity,
    crate::feedback::entity::Entity,
);

/// The project of something new, locked, on which the viewer holds `permission`.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for an archived project.
pub(crate) async fn project_for(
    act: &Act,
    permission: Permission,
    id: ProjectId,
) -> Result<project_rows::Model> {
    project::lock(act, id).await?;
    let project = project_rows::Entity::fetch_to(act.conn(), act.viewer(), permission, id).await?;
    project::rules::check_not_archived(&project)?;
    Ok(project)
}

/// A row on which the viewer holds `permission`, with its project locked.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or an archived project.
pub(crate) async fn open<E: OfProject>(
    act: &Act,
    permission: Permission,
    id: E::Id,
    expected_version: Option<i64>,
) -> Result<(E::Model, project_rows::Model)> {
    let (row, project) = held::<E>(act, permission, id, expected_version).await?;
    project::rules::check_not_archived(&project)?;
    Ok((row, project))
}

/// As [`open`], also in a project that is archived.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub(crate) async fn held<E: OfProject>(
    act: &Act,
    permission: Permission,
    id: E::Id,
    expected_version: Option<i64>,
) -> Result<(E::Model, project_rows::Model)> {
    let viewer = act.viewer();
    let seen = E::fetch_to(act.conn(), viewer, permission, id).await?;
    let project = E::project_of(&seen);
    project::lock(act, project).await?;
    // Race: read again behind the lock, so that of changes made at once the later one builds on the earlier.
    let row = E::fetch_in(act.conn(), viewer, permission, id).await?;
    expect_version(E::SUBJECT, expected_version, E::version_of(&row))?;
    let rows = project_rows::Entity::of_tenant(viewer.tenant_id());
    let rows = rows.filter(project_rows::Column::Id.eq(project.uuid()));
    let found = rows.one(act.conn()).await?;
    Ok((row, found.ok_or_else(|| Error::not_found(ProjectId::TYPE, project))?))
}

/// Checks that the viewer may set money of a project.
///
/// Reason: asked for also where the amount stays the same, or who may not see it could find it by trying.
///
/// # Errors
/// FORBIDDEN.
pub(crate) async fn check_money(act: &Act, project: ProjectId) -> Result<()> {
    let may = can_in::<project_rows::Entity, _>(act.conn(), act.viewer(), BUDGETS_WRITE, project.uuid());
    if may.await? { Ok(()) } else { Err(Error::lacks(BUDGETS_WRITE.name)) }
}

/// Rows of projects that are not archived.
pub(crate) fn of_open_projects(viewer: &Viewer, column: impl ColumnTrait) -> Condition {
    let mut open = Query::select();
    open.column(project_rows::Column::Id).from(project_rows::Entity);
    open.and_where(project_rows::Column::TenantId.eq(viewer.tenant_id()))
        .and_where(project_rows::Column::ArchivedAt.is_null());
    Condition::all().add(column.in_subquery(open))
}

/// Adds an error unless a number is within its bounds.
pub(crate) fn check_range(value: i32, (min, max): (i32, i32), path: &str, fields: &mut Fields) {
    fields.require((min..=max).contains(&value), path, OUT_OF_RANGE.with("min", min).with("max", max));
}

/// What somebody said with an answer, trimmed; none if blank.
///
/// # Errors
/// Too long, or with a forbidden character.
pub(crate) fn comment(said: Option<&str>, path: &str) -> Result<Option<String>, FieldError> {
    let Some(said) = said.map(str::trim).filter(|said| !said.is_empty()) else { return Ok(None) };
    if said.chars().count() > COMMENT_MAX {
        return Err(FieldError::new(path, TOO_LONG.with("max", COMMENT_MAX)));
    }
    text::markdown(said, path, COMMENT_MAX * 4).map(Some)
}

/// As [`comment`], where something has to be said.
///
/// # Errors
/// Blank, too long, or with a forbidden character.
pub(crate) fn reason(said: &str, path: &str) -> Result<String, FieldError> {
    comment(Some(said), path)?.ok_or_else(|| FieldError::new(path, REQUIRED))
}

/// Removes what the registers hold of a project that is removed for good.
///
/// # Errors
/// CONFLICT if a change of it was taken for billing.
pub(crate) async fn remove(act: &mut Act, project: ProjectId) -> Result<()> {
    macro_rules! rows {
        ($module:path) => {{
            use $module as of;
            let rows = of::Entity::of_tenant(act.viewer().tenant_id());
            rows.filter(of::Column::ProjectId.eq(project.uuid())).all(act.conn()).await?
        }};
    }
    // Invariant: the order of the foreign keys: lines are of change requests.
    let lines = rows!(crate::change_request::line::entity);
    if lines.iter().any(|line| line.claim_id.is_some()) {
        return Err(Error::conflict(BILLED));
    }
    let changes = rows!(crate::change_request::entity);
    // Reason: what plans said goes with their baselines.
    let baselines = rows!(crate::plan::baseline::entity);
    let (risks, decisions) = (rows!(crate::risk::entity), rows!(crate::decision::entity));
    let (reports, feedback) = (rows!(crate::report::entity), rows!(crate::feedback::entity));
    act.delete_all(baselines).await?;
    act.delete_all(lines).await?;
    act.delete_all(changes).await?;
    act.delete_all(risks).await?;
    act.delete_all(decisions).await?;
    act.delete_all(reports).await?;
    act.delete_all(feedback).await
}
