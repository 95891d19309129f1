//! Small steps of a task to tick off. No database.

use async_graphql::{InputObject, SimpleObject};
use kernel::{Error, FieldError, Result, Text, text};
use serde_json::{Value as Json, json};

/// There are too many steps.
pub const TOO_MANY: Text = Text::new(
    "too_many",
    "A checklist has at most {max} steps.",
    "Une liste de contrôle compte {max} étapes au plus.",
);

/// There is no such step.
pub const NO_STEP: Text = Text::new(
    "no_such_step",
    "The checklist has no step of this number.",
    "La liste de contrôle n'a pas d'étape de ce numéro.",
);

/// Most steps of a checklist.
pub const MAX_STEPS: usize = 50;

/// Longest step, in characters.
pub const STEP_MAX: usize = 200;

/// A small step of a task.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct ChecklistItem {
    /// Its number in the checklist, which it keeps wherever it stands.
    pub id: i32,
    /// What is to be done, in a line.
    pub text: String,
    /// Whether it is done.
    pub done: bool,
}

/// A small step of a task.
#[derive(Clone, Debug, PartialEq, Eq, InputObject)]
pub struct ChecklistItemInput {
    /// Its number, for one that is there; left out for a new one.
    pub id: Option<i32>,
    /// What is to be done, in a line of at most 200 characters.
    pub text: String,
    /// Whether it is done; not without it.
    #[graphql(default)]
    pub done: bool,
}

/// The steps of a stored checklist.
pub fn read(stored: &Json) -> Vec<ChecklistItem> {
    let steps = stored.as_array().map(Vec::as_slice).unwrap_or_default();
    let step = |step: &Json| {
        Some(ChecklistItem {
            id: i32::try_from(step["id"].as_i64()?).ok()?,
            text: step["text"].as_str()?.to_owned(),
            done: step["done"].as_bool()?,
        })
    };
    steps.iter().filter_map(step).collect()
}

/// A checklist as it is stored.
pub fn write(steps: &[ChecklistItem]) -> Json {
    let step = |step: &ChecklistItem| json!({ "id": step.id, "text": step.text, "done": step.done });
    steps.iter().map(step).collect()
}

/// The checklist of an input, whose steps have kept their numbers; new ones get the next.
///
/// # Errors
/// Too many, a wrong text, or a number that no step of `before` has or two have.
pub fn changed(before: &Json, items: Vec<ChecklistItemInput>, path: &str) -> Result<Json, FieldError> {
    if items.len() > MAX_STEPS {
        return Err(FieldError::new(path, TOO_MANY.with("max", MAX_STEPS)));
    }
    let known: Vec<i32> = read(before).into_iter().map(|step| step.id).collect();
    let mut next = known.iter().max().copied().unwrap_or_default();
    let mut steps: Vec<ChecklistItem> = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let text = text::line(&item.text, &format!("{path}.{index}.text"), STEP_MAX)?;
        let id = match item.id {
            Some(id) if known.contains(&id) && !steps.iter().any(|step| step.id == id) => id,
            Some(_) => return Err(FieldError::new(format!("{path}.{index}.id"), NO_STEP)),
            None => {
                next += 1;
                next
            }
        };
        steps.push(ChecklistItem { id, text, done: item.done });
    }
    Ok(write(&steps))
}

/// The checklist with one step ticked, or not any more.
///
/// # Errors
/// INVALID at `itemId` for a number that no step has.
pub fn ticked(before: &Json, id: i32, done: bool) -> Result<Json> {
    let mut steps = read(before);
    let step = steps.iter_mut().find(|step| step.id == id);
    step.ok_or_else(|| Error::field("itemId", NO_STEP))?.done = done;
    Ok(write(&steps))
}

/// The checklist with nothing done.
pub fn fresh(before: &Json) -> Json {
    let steps = read(before).into_iter().map(|step| ChecklistItem { done: false, ..step });
    write(&steps.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: Option<i32>, text: &str, done: bool) -> ChecklistItemInput {
        ChecklistItemInput { id, text: text.to_owned(), done }
    }

    #[test]
    fn steps_keep_their_numbers_and_new_ones_get_the_next() {
        let first = changed(&json!([]), vec![item(None, "a", false), item(None, "b", true)], "c").unwrap();
        let second = changed(&first, vec![item(Some(2), "b", true), item(None, "c", false)], "c").unwrap();
        let ids: Vec<i32> = read(&second).into_iter().map(|step| step.id).collect();
        assert_eq!(ids, [2, 3]);
        let ticked = ticked(&second, 3, true).unwrap();
        assert!(read(&ticked).iter().all(|step| step.done));
        assert!(read(&fresh(&ticked)).iter().all(|step| !step.done));
    }

    #[test]
    fn wrong_steps_are_named() {
        let list = changed(&json!([]), vec![item(None, "a", false)], "c").unwrap();
        let path = |items| changed(&list, items, "c").unwrap_err().path;
        assert_eq!(path(vec![item(Some(9), "a", false)]), "c.0.id");
        assert_eq!(path(vec![item(Some(1), "a", false), item(Some(1), "b", false)]), "c.1.id");
        assert_eq!(path(vec![item(None, "", false)]), "c.0.text");
        assert_eq!(path(vec![item(None, "a", false); MAX_STEPS + 1]), "c");
        assert_eq!(ticked(&list, 2, true).unwrap_err().code(), "INVALID");
    }
}
