//! A tenant's own fields of projects: definitions, and the values that projects have.

pub mod entity;
pub mod graphql;
pub mod mutation;
pub mod rules;

use std::collections::HashMap;

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::ProjectFieldId,
    patch,
    policy::Guarded,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde_json::Value as Json;

use crate::policy::FIELDS_WRITE;
use entity::{Column, Entity, Model};
use mutation::{CreateProjectFieldInput, CustomFieldInput, UpdateProjectFieldInput};

/// The name is taken.
pub const TAKEN: Text =
    Text::new("field_taken", "There is a field of this name.", "Un champ porte déjà ce nom.");

/// There are as many fields as there can be.
pub const TOO_MANY: Text = Text::new(
    "too_many_fields",
    "Projects have at most {max} fields of their own.",
    "Les projets ont {max} champs propres au plus.",
);

/// Most fields of a tenant that are in use.
pub const MAX_FIELDS: u64 = 50;

/// Every field of the tenant, whoever asks.
async fn known(act: &Act) -> Result<HashMap<ProjectFieldId, Model>> {
    let rows = Entity::of_tenant(act.viewer().tenant_id()).all(act.conn()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The values that a project has as an input changes them.
///
/// # Errors
/// INVALID at `customFields.<n>.value` and `customFields`.
pub(crate) async fn values(
    act: &Act,
    before: &Json,
    wanted: &[CustomFieldInput],
    is_new: bool,
) -> Result<Json> {
    if wanted.is_empty() && !is_new {
        return Ok(before.clone());
    }
    let (known, mut fields) = (known(act).await?, Fields::new());
    let after = rules::changed(&known, before, wanted, is_new, &mut fields);
    fields.check()?;
    Ok(after)
}

async fn check_room(act: &Act) -> Result<()> {
    let used = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ArchivedAt.is_null());
    match used.count(act.conn()).await? {
        count if count >= MAX_FIELDS => Err(Error::conflict(TOO_MANY.with("max", MAX_FIELDS))),
        _ => Ok(()),
    }
}

/// Defines a field.
///
/// # Errors
/// FORBIDDEN, CONFLICT for a taken name or too many, INVALID for wrong fields.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateProjectFieldInput) -> Result<Model> {
    viewer.require_tenant(FIELDS_WRITE)?;
    let mut fields = Fields::new();
    let name = fields.take(text::name(&input.name, "name"));
    let options = rules::checked_options(input.kind, &input.options.unwrap_or_default());
    let options = fields.take(options);
    fields.check()?;
    viewer
        .act(db, "projects.field.create", async |act| {
            check_room(act).await?;
            let model = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                name: name.unwrap_or_default(),
                kind: input.kind.as_str().to_owned(),
                options: options.unwrap_or_default(),
                required: input.required.unwrap_or_default(),
                archived_at: None,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            act.insert_unique(model, &["tenant_id", "name"], || Error::conflict(TAKEN)).await
        })
        .await
}

/// Changes a field; values that projects have stay as they are.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a taken name, too many or a stale version, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateProjectFieldInput) -> Result<Model> {
    viewer.require_tenant(FIELDS_WRITE)?;
    viewer
        .act(db, "projects.field.update", async |act| {
            let before = Entity::fetch_in(act.conn(), viewer, Entity::READ, input.id).await?;
            expect_version("ProjectField", input.expected_version, before.version)?;
            let (mut after, mut fields) = (before.clone(), Fields::new());
            let name = |value: String, path: &str| text::name(&value, path);
            if let Some(name) = patch::checked(input.name, "name", &mut fields, name) {
                after.name = name;
            }
            if let Some(options) = patch::optional(input.options) {
                let options = rules::checked_options(rules::kind(&before), &options.unwrap_or_default());
                after.options = fields.take(options).unwrap_or_default();
            }
            if let Some(required) = patch::required(input.required, "required", &mut fields) {
                after.required = required;
            }
            if let Some(archived) = patch::required(input.archived, "archived", &mut fields) {
                after.archived_at = archived.then(|| before.archived_at.unwrap_or(act.now()));
            }
            fields.check()?;
            if before.archived_at.is_some() && after.archived_at.is_none() {
                check_room(act).await?;
            }
            act.update_unique(&before, after, &["tenant_id", "name"], || Error::conflict(TAKEN)).await
        })
        .await
}
