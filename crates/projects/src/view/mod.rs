//! Saved views: filter and order of a list, kept by a person for themselves or for all staff.

pub mod entity;
pub mod graphql;
pub mod mutation;

use kernel::{
    Error, FieldError, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{SavedViewId, TypedId, UserId},
    patch,
    policy::Guarded,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde_json::Value as Json;

use crate::policy::PROJECTS_READ;
use entity::{Column, Entity, Model};
use mutation::{CreateSavedViewInput, UpdateSavedViewInput};

/// The name is taken.
pub const TAKEN: Text =
    Text::new("view_taken", "You have a view of this name.", "Vous avez déjà une vue de ce nom.");

/// The view is somebody else's.
pub const NOT_YOURS: Text = Text::new(
    "not_your_view",
    "Only who saved a view can change or remove it.",
    "Seul l'auteur d'une vue peut la modifier ou la supprimer.",
);

/// A client shares nothing with the agency's staff.
pub const STAFF_SHARE: Text =
    Text::new("not_shared", "Only staff can share views.", "Seul le personnel peut partager des vues.");

/// What is saved is no object, or too large.
pub const BAD_DEFINITION: Text = Text::new(
    "bad_definition",
    "This must be an object of at most {max} bytes.",
    "Ce doit être un objet de {max} octets au plus.",
);

/// The person has as many views as they can.
pub const TOO_MANY: Text = Text::new(
    "too_many_views",
    "You can keep at most {max} views.",
    "Vous pouvez garder {max} vues au plus.",
);

/// Most views of a person.
const MAX_VIEWS: u64 = 100;

/// Largest definition, in bytes of JSON.
const DEFINITION_MAX: usize = 10_000;

/// Columns of the unique key.
const KEY: [&str; 4] = ["tenant_id", "owner_id", "kind", "name"];

/// What is saved: an object that only clients of the API read.
///
/// # Errors
/// No object, or too large.
fn definition(value: Json) -> Result<Json, FieldError> {
    match value.is_object() && value.to_string().len() <= DEFINITION_MAX {
        true => Ok(value),
        false => Err(FieldError::new("definition", BAD_DEFINITION.with("max", DEFINITION_MAX))),
    }
}

/// Saves a view.
///
/// # Errors
/// FORBIDDEN, CONFLICT for a taken name or too many, INVALID for wrong fields.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateSavedViewInput) -> Result<Model> {
    viewer.require(PROJECTS_READ)?;
    let owner = viewer.signed_in()?;
    let (mut fields, shared) = (Fields::new(), input.shared.unwrap_or_default());
    let name = fields.take(text::name(&input.name, "name"));
    let definition = fields.take(definition(input.definition.0));
    fields.require(!(shared && viewer.is_client()), "shared", STAFF_SHARE);
    fields.check()?;
    viewer
        .act(db, "projects.view.create", async |act| {
            let theirs = Entity::of_tenant(viewer.tenant_id()).filter(Column::OwnerId.eq(owner.uuid()));
            if theirs.count(act.conn()).await? >= MAX_VIEWS {
                return Err(Error::conflict(TOO_MANY.with("max", MAX_VIEWS)));
            }
            let model = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                owner_id: owner,
                kind: input.kind.as_str().to_owned(),
                name: name.unwrap_or_default(),
                shared,
                definition: definition.unwrap_or_default(),
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            act.insert_unique(model, &KEY, || Error::conflict(TAKEN)).await
        })
        .await
}

/// A view of the viewer's own.
async fn own(act: &Act, id: SavedViewId, expected_version: Option<i64>) -> Result<Model> {
    let view = Entity::fetch_in(act.conn(), act.viewer(), PROJECTS_READ, id).await?;
    if Some(view.owner_id) != act.viewer().user_id() {
        return Err(Error::Forbidden(NOT_YOURS.into()));
    }
    expect_version("SavedView", expected_version, view.version)?;
    Ok(view)
}

/// Changes an own view.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN also for somebody else's, CONFLICT for a taken name or a stale version, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateSavedViewInput) -> Result<Model> {
    viewer.require(PROJECTS_READ)?;
    viewer
        .act(db, "projects.view.update", async |act| {
            let before = own(act, input.id, input.expected_version).await?;
            let (mut after, mut fields) = (before.clone(), Fields::new());
            let name = |value: String, path: &str| text::name(&value, path);
            if let Some(name) = patch::checked(input.name, "name", &mut fields, name) {
                after.name = name;
            }
            let saved = patch::required(input.definition, "definition", &mut fields);
            if let Some(saved) = saved.and_then(|saved| fields.take(definition(saved.0))) {
                after.definition = saved;
            }
            if let Some(shared) = patch::required(input.shared, "shared", &mut fields) {
                fields.require(!(shared && viewer.is_client()), "shared", STAFF_SHARE);
                after.shared = shared;
            }
            fields.check()?;
            act.update_unique(&before, after, &KEY, || Error::conflict(TAKEN)).await
        })
        .await
}

/// Removes an own view.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN also for somebody else's, CONFLICT for a stale version.
pub async fn delete(viewer: &Viewer, db: &Db, id: SavedViewId, expected_version: Option<i64>) -> Result<()> {
    viewer.require(PROJECTS_READ)?;
    viewer
        .act(db, "projects.view.delete", async |act| {
            let view = own(act, id, expected_version).await?;
            act.delete(view).await
        })
        .await
}

/// Removes every view of a person who leaves.
pub(crate) async fn forget_user(act: &mut Act, user: UserId) -> Result<()> {
    let theirs = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::OwnerId.eq(user.uuid()));
    let theirs = theirs.all(act.conn()).await?;
    act.delete_all(theirs).await
}
