//! Labels: coloured words for tasks, of the whole tenant or of one project. For the team alone.

pub mod entity;
pub mod graphql;
pub mod mutation;
pub mod on_task;

use kernel::{
    Error, FieldError, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{ProjectId, TaskLabelId},
    patch,
    policy::Guarded,
    text,
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, Condition, PaginatorTrait, QueryFilter};

use crate::{policy::TASKS_WRITE, project};
use entity::{Column, Entity, Model};
use mutation::{CreateTaskLabelInput, UpdateTaskLabelInput};

/// The text is no colour.
pub const BAD_COLOR: Text = Text::new(
    "bad_color",
    "This is not a colour such as #1f7a8c.",
    "Ce n'est pas une couleur comme #1f7a8c.",
);

/// The word is taken.
pub const TAKEN: Text =
    Text::new("label_taken", "There is a label of this name.", "Une étiquette porte déjà ce nom.");

/// There are as many labels as there can be.
pub const TOO_MANY: Text = Text::new(
    "too_many_labels",
    "At most {max} labels are allowed here.",
    "{max} étiquettes au plus sont autorisées ici.",
);

/// The label is of another project.
pub const OTHER_PROJECT: Text = Text::new(
    "other_project",
    "This label is not for this project.",
    "Cette étiquette n'est pas destinée à ce projet.",
);

/// Most labels of a tenant, and of a project.
pub const MAX_LABELS: u64 = 200;

/// Longest label, in characters.
pub const NAME_MAX: usize = 40;

/// A colour: `#` and six hexadecimal digits, in small letters.
///
/// # Errors
/// Anything else.
pub fn color(text: &str, path: &str) -> Result<String, FieldError> {
    let digits = text.trim().strip_prefix('#').unwrap_or_default();
    match digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        true => Ok(format!("#{}", digits.to_lowercase())),
        false => Err(FieldError::new(path, BAD_COLOR)),
    }
}

/// The labels of the tenant (without a project) or of one project.
fn beside(act: &Act, project: Option<ProjectId>) -> Condition {
    let tenant = Condition::all().add(Column::TenantId.eq(act.viewer().tenant_id()));
    match project {
        Some(project) => tenant.add(Column::ProjectId.eq(project)),
        None => tenant.add(Column::ProjectId.is_null()),
    }
}

/// Locks what the label is for, and checks that the viewer may change its labels: those of the tenant need the
/// permission tenant-wide.
async fn check_place(act: &Act, project: Option<ProjectId>) -> Result<()> {
    let viewer = act.viewer();
    match project {
        Some(project) => {
            project::lock(act, project).await?;
            let project = project::entity::Entity::fetch_to(act.conn(), viewer, TASKS_WRITE, project).await?;
            project::rules::check_not_archived(&project)
        }
        None if viewer.reaches(TASKS_WRITE, Reach::Tenant) => Ok(()),
        None => Err(Error::lacks(TASKS_WRITE.name)),
    }
}

/// Columns of the unique key that a label falls under.
fn key(project: Option<ProjectId>) -> &'static [&'static str] {
    if project.is_some() { &["tenant_id", "project_id", "name"] } else { &["tenant_id", "name"] }
}

/// Makes a label.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a taken name or too many, INVALID for wrong fields.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateTaskLabelInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    let mut fields = Fields::new();
    let name = fields.take(text::line(&input.name, "name", NAME_MAX));
    let color = fields.take(color(&input.color, "color"));
    fields.check()?;
    viewer
        .act(db, "projects.label.create", async |act| {
            check_place(act, input.project_id).await?;
            let there = Entity::of_tenant(viewer.tenant_id()).filter(beside(act, input.project_id));
            if there.count(act.conn()).await? >= MAX_LABELS {
                return Err(Error::conflict(TOO_MANY.with("max", MAX_LABELS)));
            }
            let model = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                project_id: input.project_id,
                name: name.unwrap_or_default(),
                color: color.unwrap_or_default(),
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            act.insert_unique(model, key(input.project_id), || Error::conflict(TAKEN)).await
        })
        .await
}

/// A new label of a project.
pub(crate) fn of_project(act: &Act, project: ProjectId, name: String, color: String) -> Model {
    Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id: Some(project),
        name,
        color,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// A label that may change.
async fn open(act: &Act, id: TaskLabelId, expected_version: Option<i64>) -> Result<Model> {
    let seen = Entity::fetch_in(act.conn(), act.viewer(), Entity::READ, id).await?;
    check_place(act, seen.project_id).await?;
    let label = Entity::fetch_in(act.conn(), act.viewer(), Entity::READ, id).await?;
    expect_version("TaskLabel", expected_version, label.version)?;
    Ok(label)
}

/// Changes a label.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a taken name or a stale version, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateTaskLabelInput) -> Result<Model> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.label.update", async |act| {
            let before = open(act, input.id, input.expected_version).await?;
            let (mut after, mut fields) = (before.clone(), Fields::new());
            let name = |value: String, path: &str| text::line(&value, path, NAME_MAX);
            if let Some(name) = patch::checked(input.name, "name", &mut fields, name) {
                after.name = name;
            }
            let valid = |value: String, path: &str| color(&value, path);
            if let Some(color) = patch::checked(input.color, "color", &mut fields, valid) {
                after.color = color;
            }
            fields.check()?;
            act.update_unique(&before, after, key(before.project_id), || Error::conflict(TAKEN)).await
        })
        .await
}

/// Removes a label, also from the tasks that have it.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub async fn delete(viewer: &Viewer, db: &Db, id: TaskLabelId, expected_version: Option<i64>) -> Result<()> {
    viewer.require(TASKS_WRITE)?;
    viewer
        .act(db, "projects.label.delete", async |act| {
            let label = open(act, id, expected_version).await?;
            act.delete(label).await
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::color;

    #[test]
    fn colour_is_six_digits_in_small_letters() {
        assert_eq!(color(" #1F7A8C ", "color").unwrap(), "#1f7a8c");
        for wrong in ["", "1f7a8c", "#1f7a8", "#1f7a8cc", "#1g7a8c", "#é7a8c", "red"] {
            assert_eq!(color(wrong, "color").unwrap_err().code(), "bad_color", "{wrong}");
        }
    }
}
