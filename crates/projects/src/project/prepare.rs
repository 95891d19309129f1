//! A new project before it is written: who may make one, and everything that is checked about it.

use kernel::{
    Error, Fields, Result,
    act::Act,
    id::UserId,
    patch,
    people::check_staff,
    scalar::Date,
    text,
    viewer::{Actor, Reach, Viewer},
};
use serde_json::json;

use super::{entity::Model, mutation::CreateProjectInput, rules, tree};
use crate::{
    field,
    policy::{PROJECTS_CREATE, PROJECTS_READ},
    service::Projects,
    words::ProjectStatus,
};

/// # Errors
/// FORBIDDEN without a role in the tenant that may create projects.
pub(crate) fn require_create(viewer: &Viewer) -> Result<()> {
    viewer.require(PROJECTS_CREATE)?;
    match viewer.grant(PROJECTS_CREATE).reach {
        Some(_) => Ok(()),
        None => Err(Error::lacks(PROJECTS_CREATE.name)),
    }
}

/// The project of an input, checked but for its number and code; `staff` are people who must be active staff beside the
/// manager, each with the path of the field that names them.
///
/// # Errors
/// NOT_FOUND for an account that the viewer may not see; INVALID for wrong fields and people who are no active staff.
pub(crate) async fn prepare(
    act: &Act,
    projects: &Projects,
    input: CreateProjectInput,
    mut staff: Vec<(UserId, String)>,
) -> Result<Model> {
    let named = patch::optional(input.manager_id).flatten();
    let wanted = input.custom_fields.clone().unwrap_or_default();
    let mut model = new(act, input)?;
    if let Some(account) = model.account_id {
        projects.accounts.account(act, act.viewer(), account).await?;
    }
    staff.extend(named.map(|manager| (manager, "managerId".to_owned())));
    check_staff(&*projects.people, act, &staff).await?;
    tree::check(act, model.id, model.parent_id).await?;
    model.custom = field::values(act, &model.custom, &wanted, true).await?;
    Ok(model)
}

/// Who made a project and would lose sight of it at once: somebody else leads it, or nobody, and no role shows it to them.
/// They begin on its team, and can be taken off it like everybody.
pub(crate) fn joining(viewer: &Viewer, project: &Model) -> Option<UserId> {
    let user = viewer.user_id().filter(|user| project.manager_id != Some(*user))?;
    (!viewer.is_client() && !viewer.reaches(PROJECTS_READ, Reach::Tenant)).then_some(user)
}

/// The project of an input, without number and code.
fn new(act: &Act, input: CreateProjectInput) -> Result<Model> {
    let CreateProjectInput {
        name,
        description,
        account_id,
        manager_id,
        priority,
        estimated_start,
        estimated_end,
        expected_delivery,
        budget,
        budget_minutes,
        billing_type,
        methodology,
        tags,
        parent_id,
        custom_fields: _,
    } = input;
    let mut fields = Fields::new();
    let name = fields.take(text::name(&name, "name"));
    let description = description.unwrap_or_default();
    let description = fields.take(text::markdown(&description, "description", rules::DESCRIPTION_MAX));
    let (estimated_start, estimated_end) = (estimated_start.map(Date::naive), estimated_end.map(Date::naive));
    rules::check_dates(estimated_start, estimated_end, "estimatedEnd", &mut fields);
    let (budget_minor, budget_currency) = rules::amount(budget, "budget", &mut fields);
    rules::check_minutes(budget_minutes, "budgetMinutes", &mut fields);
    let tags = fields.take(text::tags(&tags.unwrap_or_default(), "tags"));
    fields.check()?;
    let viewer = act.viewer();
    Ok(Model {
        id: act.new_id(),
        tenant_id: viewer.tenant_id(),
        number: 0,
        code: String::new(),
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        account_id,
        manager_id: patch::optional(manager_id).unwrap_or_else(|| maker(viewer)),
        status: ProjectStatus::Intake.as_str().to_owned(),
        held_from: None,
        priority: priority.unwrap_or_default().as_str().to_owned(),
        estimated_start,
        estimated_end,
        actual_start: None,
        actual_end: None,
        expected_delivery: expected_delivery.map(Date::naive),
        budget_minor,
        budget_currency,
        budget_minutes,
        billing_type: billing_type.unwrap_or_default().as_str().to_owned(),
        methodology: methodology.unwrap_or_default().as_str().to_owned(),
        tags: json!(tags.unwrap_or_default()),
        custom: json!({}),
        parent_id,
        template_id: None,
        health: None,
        created_by: viewer.user_id(),
        archived_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

/// The member of staff who acts in person; a key's owner does not become the manager of what the key makes.
pub(crate) fn maker(viewer: &Viewer) -> Option<UserId> {
    match viewer.actor {
        Actor::User(user) if !viewer.is_client() => Some(user),
        _ => None,
    }
}
