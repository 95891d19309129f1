//! Texts that no value may hold, wherever it stands: NUL, which PostgreSQL refuses, and async-graphql's own mark of an
//! uploaded file, which it follows without a check.

use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Positioned, Value, Variables};
use async_graphql_value::Value as InputValue;

use crate::http::problem::{Code, Problem, says};

/// What async-graphql writes for an uploaded file.
const UPLOAD_MARK: &str = "#__graphql_file__:";

/// Refuses such texts in the values of variables.
pub fn check_variables(variables: &Variables) -> Result<(), Problem> {
    variables.values().try_for_each(check_value)
}

/// Refuses such texts in the literals of a document.
pub fn check_literals(document: &ExecutableDocument) -> Result<(), Problem> {
    for (_, operation) in document.operations.iter() {
        for variable in &operation.node.variable_definitions {
            variable.node.default_value.iter().try_for_each(|value| check_value(&value.node))?;
        }
        check_directives(&operation.node.directives)?;
        check_selection(&operation.node.selection_set.node)?;
    }
    for fragment in document.fragments.values() {
        check_directives(&fragment.node.directives)?;
        check_selection(&fragment.node.selection_set.node)?;
    }
    Ok(())
}

// Invariant: the recursion is as deep as the brackets of the text, which are bounded before it is parsed.
fn check_selection(selection: &SelectionSet) -> Result<(), Problem> {
    for item in &selection.items {
        check_directives(item.node.directives())?;
        match &item.node {
            Selection::Field(field) => {
                field.node.arguments.iter().try_for_each(|(_, value)| check_input(&value.node))?;
                check_selection(&field.node.selection_set.node)?;
            }
            Selection::InlineFragment(fragment) => check_selection(&fragment.node.selection_set.node)?,
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

fn check_directives(directives: &[Positioned<Directive>]) -> Result<(), Problem> {
    let mut arguments = directives.iter().flat_map(|directive| &directive.node.arguments);
    arguments.try_for_each(|(_, value)| check_input(&value.node))
}

fn check_input(value: &InputValue) -> Result<(), Problem> {
    match value {
        InputValue::String(text) => check_text(text),
        InputValue::List(items) => items.iter().try_for_each(check_input),
        InputValue::Object(fields) => fields.values().try_for_each(check_input),
        _ => Ok(()),
    }
}

fn check_value(value: &Value) -> Result<(), Problem> {
    match value {
        Value::String(text) => check_text(text),
        Value::List(items) => items.iter().try_for_each(check_value),
        Value::Object(fields) => {
            fields.keys().try_for_each(|name| check_text(name))?;
            fields.values().try_for_each(check_value)
        }
        _ => Ok(()),
    }
}

fn check_text(text: &str) -> Result<(), Problem> {
    if text.contains('\0') {
        Err(Problem::new(Code::BadRequest, says::NUL))
    } else if text.starts_with(UPLOAD_MARK) {
        Err(Problem::new(Code::BadRequest, says::FORGED_UPLOAD))
    } else {
        Ok(())
    }
}
