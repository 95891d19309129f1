//! Saved views in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, Json, MaybeUndefined, Object, SimpleObject};
use kernel::{Result, ask::Asking, id::SavedViewId};
use serde_json::Value;

use super::graphql::SavedView;
use crate::words::SavedViewKind;

/// A new saved view.
#[derive(Clone, Debug, InputObject)]
pub struct CreateSavedViewInput {
    /// Which list it is of.
    pub kind: SavedViewKind,
    /// What you call it, at most 100 characters; unique among your views of the list.
    pub name: String,
    /// Filter, order and columns, as your program understands them: an object of at most 10 000 bytes.
    pub definition: Json<Value>,
    /// Whether all staff may use it; not without it.
    pub shared: Option<bool>,
}

/// Changes of an own view: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateSavedViewInput {
    /// The view.
    pub id: SavedViewId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What you call it, at most 100 characters; unique among your views of the list.
    pub name: MaybeUndefined<String>,
    /// Filter, order and columns, as your program understands them: an object of at most 10 000 bytes.
    pub definition: MaybeUndefined<Json<Value>>,
    /// Whether all staff may use it.
    pub shared: MaybeUndefined<bool>,
}

/// A view to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteSavedViewInput {
    /// The view.
    pub id: SavedViewId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

payloads! {
    /// What `createSavedView` made.
    CreateSavedViewPayload {
        /// The new view.
        view: SavedView
    }
    /// What `updateSavedView` changed.
    UpdateSavedViewPayload {
        /// The view as it is now.
        view: SavedView
    }
}

/// What `deleteSavedView` removed.
#[derive(SimpleObject)]
pub struct DeleteSavedViewPayload {
    /// Id of the view that is gone.
    pub id: SavedViewId,
}

/// Root mutations of saved views.
#[derive(Default)]
pub struct ViewMutation;

#[Object]
impl ViewMutation {
    /// Saves filter and order of a list. Needs `projects.project.read`.
    async fn create_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new view.")] input: CreateSavedViewInput,
    ) -> Result<CreateSavedViewPayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes an own view. Needs `projects.project.read`.
    async fn update_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateSavedViewInput,
    ) -> Result<UpdateSavedViewPayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Removes an own view. Needs `projects.project.read`.
    async fn delete_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which view.")] input: DeleteSavedViewInput,
    ) -> Result<DeleteSavedViewPayload> {
        super::delete(ctx.viewer(), ctx.db(), input.id, input.expected_version).await?;
        Ok(DeleteSavedViewPayload { id: input.id })
    }
}
