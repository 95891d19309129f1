//! Bulk mutations: many items in one act, with an answer for each.

use async_graphql::SimpleObject;

use crate::{
    error::{Error, Result, Text},
    locale::Language,
};

/// Most items of a bulk mutation.
pub const MAX_ITEMS: usize = 500;

/// There are too many items.
pub const TOO_MANY_ITEMS: Text = Text::new(
    "too_many",
    "At most {max} items are allowed at once.",
    "{max} éléments au plus sont autorisés à la fois.",
);

/// The item is in the list twice.
pub const DUPLICATE_ITEM: Text = Text::new(
    "duplicate_item",
    "This is in the list twice; only the first one was done.",
    "Cet élément figure deux fois dans la liste ; seul le premier a été traité.",
);

/// Checks the number of items.
///
/// # Errors
/// INVALID at `items` for more than [`MAX_ITEMS`].
pub fn check_items<T>(items: &[T]) -> Result<()> {
    if items.len() > MAX_ITEMS {
        return Err(Error::field("items", TOO_MANY_ITEMS.with("max", MAX_ITEMS)));
    }
    Ok(())
}

/// Why one item of a bulk mutation was not done; the others are not affected.
#[derive(Clone, Debug, SimpleObject)]
pub struct ItemError {
    /// The code, as in `extensions.code` of an error: `NOT_FOUND`, `FORBIDDEN`, `INVALID`, `CONFLICT`.
    pub code: String,
    /// The reason in the request's language.
    pub message: String,
    /// What is wrong with which fields of the item.
    pub fields: Vec<ItemFieldError>,
    /// The version of the row now, where a stale one was sent.
    pub current_version: Option<i64>,
}

/// What is wrong with a field of an item.
#[derive(Clone, Debug, SimpleObject)]
pub struct ItemFieldError {
    /// Path of the field in the item.
    pub path: String,
    /// Stable machine-readable code.
    pub code: String,
    /// The reason in the request's language.
    pub message: String,
}

impl ItemError {
    /// An error of the item's own doing, in words. Give only errors of rules: an internal one fails the whole act.
    pub fn new(error: &Error, language: Language) -> Self {
        let fields = match error {
            Error::Invalid(fields) => fields.as_slice(),
            _ => &[],
        };
        let fields = fields.iter().map(|field| ItemFieldError {
            path: field.path.clone(),
            code: field.code().to_owned(),
            message: field.message.render(language),
        });
        let current_version = match error {
            Error::Conflict { current_version, .. } => *current_version,
            _ => None,
        };
        Self {
            code: error.code().to_owned(),
            message: error.message().render(language),
            fields: fields.collect(),
            current_version,
        }
    }
}
