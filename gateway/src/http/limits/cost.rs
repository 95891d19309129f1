//! What a request costs before it runs, in points: an object is one point, ten of its leaves another, a list as many as
//! it may hold. Only the document and its variables are looked at, so that clients can reckon it themselves.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Value, Variables};
use async_graphql_value::Value as InputValue;

use super::lists::list_items;

/// What every request costs at least: plans are counted in requests, and this many points are one.
pub const LEAST_COST: u64 = 100;

/// What a request costs that is refused before it runs: reading and checking a document is work, too.
pub const REFUSED_COST: u64 = 25;

/// Points of a field that asks the database something of its own, for each statement.
const STATEMENT_COST: u64 = 10;

/// Fields that run statements of their own, whatever is selected of them, by how many.
const STATEMENTS: [(&str, u64); 4] = [
    // Each relation between person and row, roles by assignment, and the rows' own guards.
    ("explainAccess", 12),
    ("limits", 1),
    ("domains", 1),
    ("totalCount", 1),
];

/// Points of a mutation's or subscription's root field: it writes, or stays.
const WRITE_COST: u64 = 10;

/// Leaves of an object that are one point more: each is copied and written.
const LEAVES: u64 = 10;

/// Items of a list whose length is not asked for.
const DEFAULT_ITEMS: u64 = 20;

/// Items of the longest page; longer ones are refused by the list itself.
const MAX_ITEMS: u64 = 100;

/// Items of the longest bulk request.
const MAX_BULK: u64 = kernel::bulk::MAX_ITEMS as u64;

/// The cost of an operation of a document that passed the limits, at least [`LEAST_COST`].
pub fn cost(document: &ExecutableDocument, operation: &OperationDefinition, variables: &Variables) -> u64 {
    let mut reckoner = Reckoner { document, operation, variables, known: HashMap::new() };
    let root = reckoner.selection(&operation.selection_set.node, true).with_leaves();
    root.once.saturating_add(root.each.saturating_mul(DEFAULT_ITEMS)).max(LEAST_COST)
}

/// Points of a selection.
#[derive(Clone, Copy, Default)]
struct Points {
    /// Once for the object.
    once: u64,
    /// For each item, where the object is a connection.
    each: u64,
    /// Leaves of the object, those of fragments among them.
    leaves: u64,
}

impl Points {
    fn add(&mut self, other: Self) {
        self.once = self.once.saturating_add(other.once);
        self.each = self.each.saturating_add(other.each);
        self.leaves = self.leaves.saturating_add(other.leaves);
    }

    /// The points of a whole object: its leaves are some.
    fn with_leaves(self) -> Self {
        Self { once: self.once.saturating_add(self.leaves / LEAVES), leaves: 0, ..self }
    }
}

/// Statements of the field's own.
fn statements(field: &Field) -> u64 {
    let name = field.name.node.as_str();
    if name == "can" {
        // Reason: without an id it is answered from what is known of the viewer.
        return u64::from(field.get_argument("id").is_some());
    }
    STATEMENTS.iter().find(|(known, _)| *known == name).map_or(0, |(_, statements)| *statements)
}

struct Reckoner<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    known: HashMap<(&'a Name, bool), Points>,
}

impl<'a> Reckoner<'a> {
    // Invariant: the document has no cycles and is not nested deep; `check_document` saw to it.
    fn selection(&mut self, selection: &'a SelectionSet, root: bool) -> Points {
        let mut sum = Points::default();
        for item in &selection.items {
            sum.add(match &item.node {
                Selection::Field(field) => self.field(&field.node, root),
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, root),
                Selection::InlineFragment(inline) => self.selection(&inline.node.selection_set.node, root),
            });
        }
        sum
    }

    fn fragment(&mut self, name: &'a Name, root: bool) -> Points {
        if let Some(points) = self.known.get(&(name, root)) {
            return *points;
        }
        let Some(fragment) = self.document.fragments.get(name) else { return Points::default() };
        let points = self.selection(&fragment.node.selection_set.node, root);
        self.known.insert((name, root), points);
        points
    }

    fn field(&mut self, field: &'a Field, root: bool) -> Points {
        let writes = root && self.operation.ty != OperationType::Query;
        let name = field.name.node.as_str();
        let written = if writes { WRITE_COST } else { 0 };
        let base = written + STATEMENT_COST * statements(field);
        if field.selection_set.node.items.is_empty() {
            return Points { once: base, each: 0, leaves: 1 };
        }
        let inner = self.selection(&field.selection_set.node, false);
        if !root && name == "node" {
            // Reason: the edge was counted already, and has the leaves of its node.
            return inner;
        }
        let inner = inner.with_leaves();
        // Invariant: by convention exactly connections have `nodes` and `edges`, and those only them, and payloads of
        // bulk requests `results`; the root's `nodes(ids:)` is a list by itself.
        if !root && matches!(name, "nodes" | "edges" | "results") {
            let each = inner.once.saturating_add(inner.each).saturating_add(1);
            return Points { once: 0, each, leaves: 0 };
        }
        let items = if writes { self.written(field) } else { self.items(field) };
        let once = inner.once.saturating_add(inner.each.saturating_mul(items)).saturating_add(1);
        let times = match name {
            "nodes" if root => self.ids(field),
            _ => list_items(name, root && !writes).unwrap_or(1),
        };
        Points { once: base.saturating_add(once.saturating_mul(times)), each: 0, leaves: 0 }
    }

    fn items(&self, field: &Field) -> u64 {
        let asked = ["first", "last"].iter().filter_map(|name| field.get_argument(name)).find_map(|value| {
            let value = self.value(&value.node)?;
            match value {
                Value::Number(number) => Some(number.as_u64().unwrap_or(0)),
                _ => None,
            }
        });
        asked.unwrap_or(DEFAULT_ITEMS).clamp(1, MAX_ITEMS)
    }

    fn ids(&self, field: &Field) -> u64 {
        match field.get_argument("ids").and_then(|value| self.value(&value.node)) {
            Some(Value::List(ids)) => (ids.len() as u64).clamp(1, MAX_ITEMS),
            _ => 1,
        }
    }

    /// Items of a bulk request, each of which has a result.
    fn written(&self, field: &Field) -> u64 {
        let length = |items: Option<Value>| match items {
            Some(Value::List(items)) => Some(items.len() as u64),
            _ => None,
        };
        let items = match field.get_argument("input").map(|value| &value.node) {
            Some(InputValue::Object(input)) => length(input.get("items").and_then(|items| self.value(items))),
            Some(input) => match self.value(input) {
                Some(Value::Object(mut input)) => length(input.swap_remove("items")),
                _ => None,
            },
            None => None,
        };
        // Reason: more items are refused by the mutation itself.
        items.unwrap_or(MAX_BULK).clamp(1, MAX_BULK)
    }

    /// The value of an argument, its variables filled in.
    fn value(&self, value: &InputValue) -> Option<Value> {
        match value {
            InputValue::Variable(name) => self.variables.get(name).cloned().or_else(|| {
                let mut definitions = self.operation.variable_definitions.iter();
                let definition = definitions.find(|definition| definition.node.name.node == *name)?;
                definition.node.default_value.as_ref().map(|value| value.node.clone())
            }),
            // Reason: of a list only the length matters; its items may be variables.
            InputValue::List(items) => Some(Value::List(items.iter().map(|_| Value::Null).collect())),
            InputValue::Number(number) => Some(Value::Number(number.clone())),
            _ => None,
        }
    }
}
