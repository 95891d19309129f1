//! How much memory a parsed document takes, for the cache that keeps it.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value;

/// About how many bytes a parsed document takes: a field of two letters becomes a node of hundreds.
pub fn weight(document: &ExecutableDocument) -> usize {
    let fragments = document.fragments.values().map(|fragment| selected(&fragment.node.selection_set.node));
    let operations = document.operations.iter().map(|(_, operation)| {
        NODE * operation.node.variable_definitions.len() + selected(&operation.node.selection_set.node)
    });
    NODE + fragments.chain(operations).sum::<usize>()
}

/// Bytes of a field, a fragment or its use, with what the parser notes of it.
const NODE: usize = 256;

/// Bytes of a literal.
const LITERAL: usize = 96;

// Invariant: brackets are not nested deep; `check_nesting` saw to it.
fn selected(selection: &SelectionSet) -> usize {
    let one = |item: &Positioned<Selection>| {
        let directives = item.node.directives();
        let directives = directives.iter().map(|directive| NODE + given(&directive.node.arguments));
        let inner = match &item.node {
            Selection::Field(field) => {
                given(&field.node.arguments) + selected(&field.node.selection_set.node)
            }
            Selection::InlineFragment(inline) => selected(&inline.node.selection_set.node),
            Selection::FragmentSpread(_) => 0,
        };
        NODE + directives.sum::<usize>() + inner
    };
    selection.items.iter().map(one).sum()
}

fn given(arguments: &[(Positioned<Name>, Positioned<Value>)]) -> usize {
    arguments.iter().map(|(_, value)| LITERAL + literals(&value.node)).sum()
}

fn literals(value: &Value) -> usize {
    LITERAL
        + match value {
            Value::List(items) => items.iter().map(literals).sum(),
            Value::Object(fields) => fields.values().map(|value| LITERAL + literals(value)).sum(),
            _ => 0,
        }
}
