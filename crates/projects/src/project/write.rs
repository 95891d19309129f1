//! The acts that change projects: load, check, decide, write, record.

use kernel::{
    Error, Fields, Result,
    act::{Act, Event, expect_version},
    assignment::{self, NewAssignment, Source, Target, assign, unassign},
    db::Db,
    id::{ProjectId, TypedId, UserId},
    people::check_staff,
    policy::{Guarded, can_in},
    sql,
    viewer::{Permission, Viewer},
};
use serde_json::json;

use super::{
    changed::changed,
    counter,
    entity::{Entity, Model},
    mutation::{CreateProjectInput, TransitionProjectInput, UpdateProjectInput},
    prepare::{joining, prepare, require_create},
    rules, shared, tree,
};
use crate::{
    column, field, member, milestone,
    people::allocation::restore,
    policy::{BUDGETS_WRITE, PROJECTS_ARCHIVE, PROJECTS_TRANSITION, PROJECTS_WRITE},
    service::Projects,
    words::ProjectStatus,
};

/// Makes a project in intake, with the usual columns on its board. Its manager is who was named, or the member of staff
/// who made it; who made it and neither leads it nor sees every project is on its team.
///
/// # Errors
/// FORBIDDEN without a role in the tenant that may, or for a budget without `projects.budget.write`; NOT_FOUND for an
/// account the viewer may not see; INVALID for wrong fields and a manager who is no active staff.
pub async fn create(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: CreateProjectInput,
) -> Result<Model> {
    require_create(viewer)?;
    // Reason: who may set budgets on some projects by a role there may not on this one.
    let sets_budget = input.budget.is_some() || input.budget_minutes.is_some();
    if sets_budget && viewer.grant(BUDGETS_WRITE).reach.is_none() {
        return Err(Error::lacks(BUDGETS_WRITE.name));
    }
    viewer
        .act(db, "projects.project.create", async |act| {
            let mut model = prepare(act, projects, input, Vec::new()).await?;
            model.number = sql::next_number(act.conn(), counter::TABLE, model.tenant_id.uuid()).await?;
            model.code = rules::code(&viewer.tenant.slug, model.number);
            let model = act.insert(model).await?;
            column::insert_defaults(act, model.id).await?;
            follow_manager(act, &model, None, model.manager_id).await?;
            if let Some(user) = joining(viewer, &model) {
                member::join(act, &model, user).await?;
            }
            Ok(model)
        })
        .await
}

async fn check_manager(act: &Act, projects: &Projects, manager: Option<UserId>) -> Result<()> {
    let wanted: Vec<_> = manager.into_iter().map(|manager| (manager, "managerId".to_owned())).collect();
    check_staff(&*projects.people, act, &wanted).await
}

/// Keeps the assignment of the manager in step with the project.
async fn follow_manager(
    act: &mut Act,
    project: &Model,
    before: Option<UserId>,
    after: Option<UserId>,
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let target = Target::Project(project.id, project.account_id);
    if let Some(user) = before {
        unassign(act, user, target, Source::Manager).await?;
    }
    if let Some(user) = after {
        assign(act, NewAssignment { user, target, role: None, source: Source::Manager, expires_at: None })
            .await?;
    }
    Ok(())
}

/// A project on which the viewer holds `permission`, as it stays until the act ends.
///
/// Race: locked before it is read, so that of changes made at once the later one builds on the earlier; it is a
/// conflict only for who named the version that it was.
pub(super) async fn open(act: &Act, permission: Permission, id: ProjectId) -> Result<Model> {
    super::lock(act, id).await?;
    Entity::fetch_to(act.conn(), act.viewer(), permission, id).await
}

/// Changes a project.
///
/// # Errors
/// NOT_FOUND for a project or account that the viewer may not see; FORBIDDEN, also for a budget without
/// `projects.budget.write`; CONFLICT for a stale version, an archived project, or another client where the present one was
/// shown or asked something; INVALID for wrong fields.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: UpdateProjectInput,
) -> Result<Model> {
    viewer.require(PROJECTS_WRITE)?;
    viewer
        .act(db, "projects.project.update", async |act| {
            let before = open(act, PROJECTS_WRITE, input.id).await?;
            expect_version("Project", input.expected_version, before.version)?;
            rules::check_not_archived(&before)?;
            let sets_budget = !input.budget.is_undefined() || !input.budget_minutes.is_undefined();
            let wanted = input.custom_fields.clone().unwrap_or_default();
            let mut after = changed(&before, input, crate::today(viewer, act.now()))?;
            if sets_budget {
                check_budgets(act, before.id).await?;
            }
            check_changes(act, projects, &before, &after).await?;
            after.custom = field::values(act, &before.custom, &wanted, false).await?;
            let after = act.update(&before, after).await?;
            if after.account_id != before.account_id {
                assignment::move_project(act, after.id, after.account_id).await?;
            }
            follow_manager(act, &after, before.manager_id, after.manager_id).await?;
            Ok(after)
        })
        .await
}

/// Reason: asked for also where the budget stays the same, or who may not see it could find it by trying.
async fn check_budgets(act: &Act, project: ProjectId) -> Result<()> {
    let may = can_in::<Entity, _>(act.conn(), act.viewer(), BUDGETS_WRITE, project.uuid()).await?;
    if may { Ok(()) } else { Err(Error::lacks(BUDGETS_WRITE.name)) }
}

/// The checks of an update that need more than the project itself.
async fn check_changes(act: &Act, projects: &Projects, before: &Model, after: &Model) -> Result<()> {
    let viewer = act.viewer();
    if after.account_id != before.account_id {
        shared::check_account_free(act, before).await?;
    }
    if let Some(account) = after.account_id.filter(|account| before.account_id != Some(*account)) {
        projects.accounts.account(act, viewer, account).await?;
    }
    let manager = after.manager_id.filter(|manager| before.manager_id != Some(*manager));
    check_manager(act, projects, manager).await?;
    if after.parent_id != before.parent_id {
        tree::check(act, after.id, after.parent_id).await?;
    }
    Ok(())
}

/// Moves a project to another status.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT naming the allowed statuses, or for a stale version or an archived project.
pub async fn transition(viewer: &Viewer, db: &Db, input: TransitionProjectInput) -> Result<Model> {
    viewer.require(PROJECTS_TRANSITION)?;
    let mut fields = Fields::new();
    let note = rules::note(input.note.as_deref(), "note", &mut fields);
    fields.check()?;
    viewer
        .act(db, "projects.project.transition", async |act| {
            let before = open(act, PROJECTS_TRANSITION, input.id).await?;
            expect_version("Project", input.expected_version, before.version)?;
            let after = rules::transition(&before, input.to, crate::today(viewer, act.now()))?;
            if matches!(input.to, ProjectStatus::Review | ProjectStatus::Completed) {
                milestone::check_settled(act, before.id).await?;
            }
            let after = act.update(&before, after).await?;
            if let Some(note) = &note {
                let details = json!({ "note": [null, note] });
                let details = details.as_object().cloned().unwrap_or_default();
                act.note("Project", Some(after.id.uuid()), Some(after.code.clone()), details);
            }
            act.record(Event {
                kind: "projects.project.transitioned",
                subject_type: "Project",
                subject_id: after.id.uuid(),
                // Reason: why is for the team, and events are also read by clients.
                payload: json!({ "from": before.status, "to": after.status }),
            });
            Ok(after)
        })
        .await
}

/// Puts a project away: lists leave it out, nothing about it changes any more. What is away stays away.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub async fn archive(
    viewer: &Viewer,
    db: &Db,
    id: ProjectId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require(PROJECTS_ARCHIVE)?;
    viewer
        .act(db, "projects.project.archive", async |act| {
            let before = open(act, PROJECTS_ARCHIVE, id).await?;
            expect_version("Project", expected_version, before.version)?;
            let archived_at = Some(before.archived_at.unwrap_or(act.now()));
            let after = Model { archived_at, ..before.clone() };
            act.update(&before, after).await
        })
        .await
}

/// Brings an archived project back. People who are planned for it are so again.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, INVALID if somebody would have more firm work than time, unless
/// the agency wants to be warned only.
pub async fn restore(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    id: ProjectId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require(PROJECTS_ARCHIVE)?;
    let names = restore::names(viewer, db, projects, id).await?;
    viewer
        .act(db, "projects.project.restore", async |act| {
            let before = open(act, PROJECTS_ARCHIVE, id).await?;
            expect_version("Project", expected_version, before.version)?;
            let after = Model { archived_at: None, ..before.clone() };
            if before.archived_at.is_some() {
                restore::check(act, projects, &after, &names).await?;
            }
            act.update(&before, after).await
        })
        .await
}
