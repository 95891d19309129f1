//! The shape of a document: what it expands to, how deep, how wide. Fragments are summed up once and added wherever they
//! are spread, so that a bomb of fragments costs no more than its text.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Pos, Positioned};

use crate::config::GraphqlSettings;
use crate::http::problem::{Code, Problem, says};

/// Deepest nesting of selections, counting fragments; async-graphql's own bound.
const MAX_NESTING: u32 = 32;

/// Lists of the schema that may stand inside each other: enough for the question of GraphiQL and of code generators,
/// too little to multiply types by fields by types.
const MAX_INTROSPECTION_LISTS: u32 = 3;

/// Refuses a document that asks for more than `limits` allow.
pub fn check_document(
    document: &ExecutableDocument,
    limits: &GraphqlSettings,
    introspection: bool,
) -> Result<(), Problem> {
    let mut counter = Counter {
        document,
        limits,
        introspection,
        known: HashMap::new(),
        aliases: HashMap::new(),
        directives: 0,
        total: 0,
    };
    for name in document.fragments.keys() {
        counter.fragment(name.as_str(), 0)?;
    }
    for (_, operation) in document.operations.iter() {
        counter.operation(operation)?;
    }
    Ok(())
}

/// What a selection expands to.
#[derive(Clone, Copy, Default)]
struct Shape {
    /// Fields and uses of fragments.
    fields: u64,
    /// Fields at its own level.
    top: u64,
    /// Deepest field.
    depth: u32,
    /// Deepest selection, counting fragments.
    nesting: u32,
    /// Most lists of the schema inside each other.
    lists: u32,
}

enum Known<'a> {
    /// Being summed up: met again, it holds itself.
    Open(&'a str),
    Done(Shape),
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    limits: &'a GraphqlSettings,
    introspection: bool,
    known: HashMap<&'a str, Known<'a>>,
    aliases: HashMap<&'a str, u64>,
    directives: u64,
    /// Fields of everything summed up so far.
    total: u64,
}

impl<'a> Counter<'a> {
    fn operation(&mut self, operation: &'a Positioned<OperationDefinition>) -> Result<(), Problem> {
        let pos = operation.pos;
        self.directives(&operation.node.directives, false)?;
        for variable in &operation.node.variable_definitions {
            self.directives(&variable.node.directives, false)?;
        }
        let shape = self.selection(&operation.node.selection_set.node, 0, pos)?;
        let max = self.limits.max_root_fields;
        // Reason: a subscription with several fields would be several subscriptions.
        let max = if operation.node.ty == OperationType::Subscription { 1 } else { max };
        if shape.top > max {
            return Err(Problem::new(Code::TooComplex, says::TOO_MANY_ROOT_FIELDS.with("max", max)).at(pos));
        }
        if shape.depth > self.limits.max_depth {
            let said = says::TOO_DEEP.with("max", self.limits.max_depth);
            return Err(Problem::new(Code::TooComplex, said).at(pos));
        }
        Ok(())
    }

    fn fragment(&mut self, name: &'a str, level: u32) -> Result<Shape, Problem> {
        // Reason: unknown fragments are reported by validation.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Shape::default()) };
        match self.known.get(name) {
            Some(Known::Done(shape)) => return Ok(*shape),
            Some(Known::Open(name)) => {
                let said = says::FRAGMENT_CYCLE.with("name", name);
                return Err(Problem::new(Code::ValidationFailed, said).at(fragment.pos));
            }
            None => {}
        }
        self.known.insert(name, Known::Open(name));
        self.directives(&fragment.node.directives, false)?;
        let shape = self.selection(&fragment.node.selection_set.node, level, fragment.pos)?;
        self.known.insert(name, Known::Done(shape));
        Ok(shape)
    }

    // Invariant: `level` bounds the recursion through fragments that were not summed up before.
    fn selection(&mut self, selection: &'a SelectionSet, level: u32, pos: Pos) -> Result<Shape, Problem> {
        if level > MAX_NESTING {
            return Err(Problem::new(Code::TooComplex, says::TOO_NESTED).at(pos));
        }
        let mut sum = Shape::default();
        for item in &selection.items {
            self.directives(item.node.directives(), true)?;
            let part = match &item.node {
                Selection::Field(field) => self.field(&field.node, level, item.pos)?,
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    used(self.fragment(name, level + 1)?)
                }
                Selection::InlineFragment(inline) => {
                    used(self.selection(&inline.node.selection_set.node, level + 1, item.pos)?)
                }
            };
            sum.fields = sum.fields.saturating_add(part.fields);
            sum.top = sum.top.saturating_add(part.top);
            sum.depth = sum.depth.max(part.depth);
            sum.nesting = sum.nesting.max(part.nesting);
            sum.lists = sum.lists.max(part.lists);
        }
        self.check(sum, pos)?;
        Ok(sum)
    }

    fn field(
        &mut self,
        field: &'a async_graphql::parser::types::Field,
        level: u32,
        pos: Pos,
    ) -> Result<Shape, Problem> {
        let name = field.name.node.as_str();
        if field.alias.is_some() {
            let count = self.aliases.entry(name).or_default();
            *count += 1;
            if *count > self.limits.max_aliases {
                let said = says::TOO_MANY_ALIASES.with("field", name).with("max", self.limits.max_aliases);
                return Err(Problem::new(Code::TooComplex, said).at(pos));
            }
        }
        let inner = &field.selection_set.node;
        let inner =
            if inner.items.is_empty() { None } else { Some(self.selection(inner, level + 1, pos)?) };
        let lists = inner.map_or(0, |inner| inner.lists);
        if matches!(name, "__schema" | "__type") {
            if !self.introspection {
                return Err(Problem::new(Code::ValidationFailed, says::INTROSPECTION_OFF).at(pos));
            }
            if lists >= MAX_INTROSPECTION_LISTS {
                return Err(Problem::new(Code::TooComplex, says::INTROSPECTION_TOO_DEEP).at(pos));
            }
        }
        Ok(Shape {
            fields: inner.map_or(0, |inner| inner.fields).saturating_add(1),
            top: 1,
            depth: inner.map_or(0, |inner| inner.depth) + 1,
            nesting: inner.map_or(0, |inner| inner.nesting + 1),
            lists: lists
                + u32::from(matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes")),
        })
    }

    fn check(&mut self, shape: Shape, pos: Pos) -> Result<(), Problem> {
        let max = self.limits.max_fields;
        // Reason: validation walks every fragment by itself as well, so their sum is bounded too.
        self.total = self.total.saturating_add(shape.top);
        if shape.fields > max || self.total > max.saturating_mul(4) {
            return Err(Problem::new(Code::TooComplex, says::TOO_MANY_FIELDS.with("max", max)).at(pos));
        }
        if shape.nesting > MAX_NESTING {
            return Err(Problem::new(Code::TooComplex, says::TOO_NESTED).at(pos));
        }
        Ok(())
    }

    /// Counts directives; `conditional` where `@skip` and `@include` may stand. The schema has no others for documents.
    fn directives(
        &mut self,
        directives: &'a [Positioned<Directive>],
        conditional: bool,
    ) -> Result<(), Problem> {
        self.directives += directives.len() as u64;
        let Some(first) = directives.first() else { return Ok(()) };
        if self.directives > self.limits.max_directives {
            let said = says::TOO_MANY_DIRECTIVES.with("max", self.limits.max_directives);
            return Err(Problem::new(Code::TooComplex, said).at(first.pos));
        }
        // Invariant: there are at most `max_directives` of them, so comparing each with each is cheap.
        for (index, directive) in directives.iter().enumerate() {
            let name = directive.node.name.node.as_str();
            if !conditional || !matches!(name, "skip" | "include") {
                let said = says::UNKNOWN_DIRECTIVE.with("name", name);
                return Err(Problem::new(Code::ValidationFailed, said).at(directive.pos));
            }
            if directives.iter().take(index).any(|other| other.node.name.node == directive.node.name.node) {
                let said = says::REPEATED_DIRECTIVE.with("name", name);
                return Err(Problem::new(Code::ValidationFailed, said).at(directive.pos));
            }
        }
        Ok(())
    }
}

/// A fragment's shape where it is used.
fn used(shape: Shape) -> Shape {
    Shape { fields: shape.fields.saturating_add(1), nesting: shape.nesting + 1, ..shape }
}
