//! The acts that change templates: load, check, decide, write, record.

use kernel::{
    Error, FieldError, Fields, Result,
    act::{Act, expect_version},
    db::Db,
    id::ProjectTemplateId,
    patch,
    policy::Guarded,
    text,
    viewer::Viewer,
};
use serde_json::Value as Json;

use super::{
    ARCHIVED, TAKEN,
    entity::{Entity, Model},
    mutation::{CreateProjectTemplateInput, UpdateProjectTemplateInput},
    plan::TemplatePlan,
    plan_of, rules, stored,
};
use crate::{policy::TEMPLATES_WRITE, project::rules::DESCRIPTION_MAX};

/// Columns of the unique key.
const KEY: [&str; 2] = ["tenant_id", "name"];

/// Longest category, in characters.
const CATEGORY_MAX: usize = 60;

/// A category in a line; none if blank.
pub(super) fn category(text: Option<&str>, path: &str) -> Result<Option<String>, FieldError> {
    text::optional_line(text, path, CATEGORY_MAX)
}

/// Makes a template.
///
/// # Errors
/// FORBIDDEN, CONFLICT for a taken name, INVALID for every wrong field and part.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateProjectTemplateInput) -> Result<Model> {
    viewer.require(TEMPLATES_WRITE)?;
    let CreateProjectTemplateInput { name, description, category, plan } = input;
    let mut fields = Fields::new();
    let name = fields.take(text::name(&name, "name"));
    let description = text::markdown(&description.unwrap_or_default(), "description", DESCRIPTION_MAX);
    let description = fields.take(description);
    let category = fields.take(self::category(category.as_deref(), "category"));
    let plan = rules::checked(plan.unwrap_or_default(), &mut fields);
    fields.check()?;
    viewer
        .act(db, "projects.template.create", async |act| {
            let named = (name.unwrap_or_default(), description.unwrap_or_default(), category.flatten());
            insert(act, named, plan).await
        })
        .await
}

/// Writes a new template of this name, description and category.
pub(super) async fn insert(
    act: &mut Act,
    (name, description, category): (String, String, Option<String>),
    plan: TemplatePlan,
) -> Result<Model> {
    let viewer = act.viewer();
    let mut model = Model {
        id: act.new_id(),
        tenant_id: viewer.tenant_id(),
        name,
        description,
        category,
        milestone_count: 0,
        task_count: 0,
        length_days: 0,
        created_by: viewer.user_id(),
        archived_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    };
    measure(&mut model, &plan);
    let model = act.insert_unique(model, &KEY, || Error::conflict(TAKEN)).await?;
    act.insert(stored::Model { id: model.id, tenant_id: model.tenant_id, plan: json_of(&plan)? }).await?;
    Ok(model)
}

fn json_of(plan: &TemplatePlan) -> Result<Json> {
    serde_json::to_value(plan).map_err(Error::internal)
}

/// Writes the numbers of a plan into its template.
fn measure(model: &mut Model, plan: &TemplatePlan) {
    let count = |parts: usize| i32::try_from(parts).unwrap_or(i32::MAX);
    model.milestone_count = count(plan.planned_milestones.len());
    model.task_count = count(plan.planned_tasks.len());
    model.length_days = rules::length(plan);
}

/// A template that may change.
async fn open(act: &Act, id: ProjectTemplateId, expected_version: Option<i64>) -> Result<Model> {
    let template = Entity::fetch_to(act.conn(), act.viewer(), TEMPLATES_WRITE, id).await?;
    expect_version("ProjectTemplate", expected_version, template.version)?;
    Ok(template)
}

/// Changes a template; a plan that is sent replaces the one it has. Projects made from it stay as they are.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a taken name, a stale version or an archived template, INVALID for every wrong
/// field and part.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateProjectTemplateInput) -> Result<Model> {
    viewer.require(TEMPLATES_WRITE)?;
    let UpdateProjectTemplateInput { id, expected_version, name, description, category, plan } = input;
    viewer
        .act(db, "projects.template.update", async |act| {
            let before = open(act, id, expected_version).await?;
            if before.archived_at.is_some() {
                return Err(Error::conflict(ARCHIVED));
            }
            let (mut after, mut fields) = (before.clone(), Fields::new());
            let checked = |value: String, path: &str| text::name(&value, path);
            if let Some(name) = patch::checked(name, "name", &mut fields, checked) {
                after.name = name;
            }
            if let Some(text) = patch::optional(description) {
                let text = text::markdown(&text.unwrap_or_default(), "description", DESCRIPTION_MAX);
                after.description = fields.take(text).unwrap_or_default();
            }
            if let Some(text) = patch::optional(category) {
                after.category = fields.take(self::category(text.as_deref(), "category")).flatten();
            }
            let plan = plan.map(|plan| rules::checked(plan, &mut fields));
            fields.check()?;
            let Some(plan) = plan else {
                return act.update_unique(&before, after, &KEY, || Error::conflict(TAKEN)).await;
            };
            measure(&mut after, &plan);
            let (stored, _) = plan_of(act, id).await?;
            let plan = json_of(&plan)?;
            // Reason: counted as a change of the template also where its own fields stay the same.
            let touched = after == before && stored.plan != plan;
            let after = match touched {
                true => act.touch(&before).await?,
                false => act.update_unique(&before, after, &KEY, || Error::conflict(TAKEN)).await?,
            };
            act.update(&stored, stored::Model { plan, ..stored.clone() }).await?;
            Ok(after)
        })
        .await
}

/// Puts a template away, or brings it back.
async fn set(
    viewer: &Viewer,
    db: &Db,
    name: &'static str,
    id: ProjectTemplateId,
    expected_version: Option<i64>,
    archived: bool,
) -> Result<Model> {
    viewer.require(TEMPLATES_WRITE)?;
    viewer
        .act(db, name, async |act| {
            let before = open(act, id, expected_version).await?;
            let archived_at = archived.then(|| before.archived_at.unwrap_or(act.now()));
            let after = Model { archived_at, ..before.clone() };
            act.update_unique(&before, after, &KEY, || Error::conflict(TAKEN)).await
        })
        .await
}

/// Puts a template away: lists leave it out, and it is not applied any more. What is away stays away.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub async fn archive(
    viewer: &Viewer,
    db: &Db,
    id: ProjectTemplateId,
    expected_version: Option<i64>,
) -> Result<Model> {
    set(viewer, db, "projects.template.archive", id, expected_version, true).await
}

/// Brings an archived template back.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version and a name that another one took meanwhile.
pub async fn restore(
    viewer: &Viewer,
    db: &Db,
    id: ProjectTemplateId,
    expected_version: Option<i64>,
) -> Result<Model> {
    set(viewer, db, "projects.template.restore", id, expected_version, false).await
}
