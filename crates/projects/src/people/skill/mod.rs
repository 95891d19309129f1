//! Skills: the catalogue of what people of an agency can do.

pub mod entity;
pub mod graphql;
pub(crate) mod levels;
pub mod on_task;

use kernel::{
    Error, Fields, Result, Text, act::expect_version, db::Db, patch, policy::Guarded, text, viewer::Viewer,
};

use crate::policy::people::PEOPLE_WRITE;
use entity::{Entity, Model};
use graphql::{CreateSkillInput, UpdateSkillInput};

/// There is one of this name.
pub const NAME_TAKEN: Text =
    Text::new("name_taken", "There is a skill of this name already.", "Une compétence porte déjà ce nom.");

/// There is no such skill.
pub const UNKNOWN: Text =
    Text::new("unknown_skill", "There is no such skill.", "Cette compétence n'existe pas.");

/// The skill is put away.
pub const ARCHIVED: Text =
    Text::new("skill_archived", "This skill is no longer in use.", "Cette compétence n'est plus utilisée.");

/// Longest name and category, in characters.
const NAME_MAX: usize = 60;

fn taken() -> Error {
    Error::field("name", NAME_TAKEN)
}

/// Adds a skill.
///
/// # Errors
/// FORBIDDEN, INVALID for a wrong or taken name.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateSkillInput) -> Result<Model> {
    viewer.require_tenant(PEOPLE_WRITE)?;
    let mut fields = Fields::new();
    let name = fields.take(text::line(&input.name, "name", NAME_MAX));
    let area = fields.take(text::optional_line(input.category.as_deref(), "category", NAME_MAX));
    fields.check()?;
    viewer
        .act(db, "projects.skill.create", async |act| {
            let new = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                name: name.unwrap_or_default(),
                area: area.flatten(),
                archived_at: None,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            act.insert_unique(new, &["tenant_id", "name"], taken).await
        })
        .await
}

/// Renames a skill, puts it away or brings it back; whoever has it keeps it.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, INVALID for a wrong or taken name.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateSkillInput) -> Result<Model> {
    viewer.require_tenant(PEOPLE_WRITE)?;
    viewer
        .act(db, "projects.skill.update", async |act| {
            let before = Entity::fetch_to(act.conn(), viewer, PEOPLE_WRITE, input.id).await?;
            expect_version("Skill", input.expected_version, before.version)?;
            let (mut after, mut fields) = (before.clone(), Fields::new());
            let line = |value: String, path: &str| text::line(&value, path, NAME_MAX);
            if let Some(name) = patch::checked(input.name, "name", &mut fields, line) {
                after.name = name;
            }
            let line = |value: String, path: &str| text::optional_line(Some(&value), path, NAME_MAX);
            if let Some(area) = patch::optional_checked(input.category, "category", &mut fields, line) {
                after.area = area;
            }
            if let Some(archived) = patch::required(input.archived, "archived", &mut fields) {
                after.archived_at = archived.then(|| before.archived_at.unwrap_or(act.now()));
            }
            fields.check()?;
            act.update_unique(&before, after, &["tenant_id", "name"], taken).await
        })
        .await
}
