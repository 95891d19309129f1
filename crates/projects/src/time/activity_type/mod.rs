//! Kinds of work: the catalogue that an agency sorts its time by.

pub mod entity;
pub mod graphql;

use kernel::{
    Error, Fields, Result, Text, act::expect_version, db::Db, patch, policy::Guarded, text, viewer::Viewer,
};

use crate::policy::time::TIME_MANAGE;
use entity::{Entity, Model};
use graphql::{CreateActivityTypeInput, UpdateActivityTypeInput};

/// There is one of this name.
pub const NAME_TAKEN: Text = Text::new(
    "name_taken",
    "There is a kind of work of this name already.",
    "Un type d'activité porte déjà ce nom.",
);

/// Longest name, in characters.
const NAME_MAX: usize = 60;

fn taken() -> Error {
    Error::field("name", NAME_TAKEN)
}

/// Adds a kind of work.
///
/// # Errors
/// FORBIDDEN, INVALID for a wrong or taken name.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateActivityTypeInput) -> Result<Model> {
    viewer.require_tenant(TIME_MANAGE)?;
    let name = text::line(&input.name, "name", NAME_MAX)?;
    viewer
        .act(db, "projects.activity_type.create", async |act| {
            let new = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                name,
                billable: input.billable.unwrap_or(true),
                archived_at: None,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            act.insert_unique(new, &["tenant_id", "name"], taken).await
        })
        .await
}

/// Changes a kind of work, puts it away or brings it back; time that was spent on it stays as it is.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, INVALID for a wrong or taken name.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateActivityTypeInput) -> Result<Model> {
    viewer.require_tenant(TIME_MANAGE)?;
    viewer
        .act(db, "projects.activity_type.update", async |act| {
            let before = Entity::fetch_to(act.conn(), viewer, TIME_MANAGE, input.id).await?;
            expect_version("ActivityType", input.expected_version, before.version)?;
            let mut after = before.clone();
            let mut fields = Fields::new();
            let line = |value: String, path: &str| text::line(&value, path, NAME_MAX);
            if let Some(name) = patch::checked(input.name, "name", &mut fields, line) {
                after.name = name;
            }
            if let Some(billable) = patch::required(input.billable, "billable", &mut fields) {
                after.billable = billable;
            }
            if let Some(archived) = patch::required(input.archived, "archived", &mut fields) {
                after.archived_at = archived.then(|| before.archived_at.unwrap_or(act.now()));
            }
            fields.check()?;
            act.update_unique(&before, after, &["tenant_id", "name"], taken).await
        })
        .await
}
