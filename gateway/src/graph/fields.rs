//! Resolving the selected fields of a node, by far the most frequent work of a request.
//!
//! Reason: async-graphql puts every field into a boxed future as large as the largest field of the type, also one that
//! only copies a number. Here a leaf is asked once on the stack, and only fields that wait for something become futures.
//! Selections that need more than that (directives, fragments on interfaces) go async-graphql's own way.
//!
//! Invariant: no extension of the schema looks at single fields; those of leaves would not reach it.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{self, Poll, Waker};

use async_graphql::{
    Context, ContextSelectionSet, Name, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    registry::{MetaType, MetaTypeName},
};
use futures::future::try_join_all;
use kernel::graph::Resolving;
use rustc_hash::{FxHashMap, FxHashSet};

/// A node with the fields of its domain and of its bridges.
pub(super) trait Parts: Send + Sync {
    /// Name of the GraphQL type.
    const TYPE: &'static str;

    /// Resolves one field.
    fn field(&self, ctx: &Context<'_>) -> impl Future<Output = ServerResult<Option<Value>>> + Send;

    /// Resolves all fields in async-graphql's own way.
    fn all(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> impl Future<Output = ServerResult<Value>> + Send;
}

/// The leaves of a type: its fields without arguments that answer scalars or enumerations.
#[derive(Default)]
pub(super) struct Leaves(OnceLock<FxHashMap<String, Leaf>>);

#[derive(Default)]
struct Leaf {
    /// Whether it once waited for something: such fields are asked together with the others that wait.
    waits: AtomicBool,
}

impl Leaves {
    /// The leaf of this name, unless it is known to wait.
    fn prompt(&self, ctx: &ContextSelectionSet<'_>, type_name: &str, name: &str) -> Option<&Leaf> {
        let leaves = self.0.get_or_init(|| leaves_of(ctx, type_name));
        leaves.get(name).filter(|leaf| !leaf.waits.load(Ordering::Relaxed))
    }
}

fn leaves_of(ctx: &ContextSelectionSet<'_>, type_name: &str) -> FxHashMap<String, Leaf> {
    let types = &ctx.schema_env.registry.types;
    let is_leaf =
        |type_name| types.get(MetaTypeName::concrete_typename(type_name)).is_some_and(MetaType::is_leaf);
    let fields = types.get(type_name).and_then(MetaType::fields).into_iter().flatten();
    let leaves = fields.filter(|(_, field)| field.args.is_empty() && is_leaf(&field.ty));
    leaves.map(|(name, _)| (name.clone(), Leaf::default())).collect()
}

/// Resolves what is selected of a node.
pub(super) fn resolve<'a, P: Parts + 'a>(
    parts: P,
    leaves: &'a Leaves,
    ctx: &'a ContextSelectionSet<'a>,
    field: &'a Positioned<Field>,
) -> Resolving<'a> {
    let mut chosen = Vec::with_capacity(ctx.item.node.items.len());
    if !choose(ctx, &ctx.item.node, P::TYPE, &mut chosen, &mut Seen::default()) {
        return Resolving::Later(Box::pin(async move { parts.all(ctx, field).await }));
    }
    let mut waiting = Vec::new();
    for (at, slot) in chosen.iter_mut().enumerate() {
        match at_once(&parts, leaves, ctx, slot.field) {
            Some(Ok(value)) => slot.value = value,
            Some(Err(error)) => return Resolving::Done(Err(error)),
            None => waiting.push(at),
        }
    }
    if waiting.is_empty() {
        return Resolving::Done(Ok(object(chosen)));
    }
    Resolving::Later(Box::pin(async move {
        let asked = waiting.iter().filter_map(|at| chosen.get(*at)).map(|slot| {
            let (parts, field) = (&parts, slot.field);
            async move { parts.field(&ctx.with_field(field)).await }
        });
        let values = try_join_all(asked).await?;
        for (at, value) in waiting.into_iter().zip(values) {
            if let Some(slot) = chosen.get_mut(at) {
                slot.value = value.unwrap_or_default();
            }
        }
        Ok(object(chosen))
    }))
}

/// A selected field and, at last, its value.
struct Slot<'a> {
    field: &'a Positioned<Field>,
    value: Value,
}

/// Collects the fields of a selection and its fragments. `false`: there is something in it that is not for us.
fn choose<'a>(
    ctx: &ContextSelectionSet<'a>,
    set: &'a SelectionSet,
    type_name: &str,
    chosen: &mut Vec<Slot<'a>>,
    seen: &mut Seen<'a>,
) -> bool {
    set.items.iter().all(|selection| {
        let (condition, set) = match &selection.node {
            Selection::Field(field) => {
                if !seen.has(chosen, field) {
                    chosen.push(Slot { field, value: Value::Null });
                }
                return field.node.directives.is_empty();
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set)
            }
            Selection::FragmentSpread(spread) => {
                match ctx.query_env.fragments.get(&spread.node.fragment_name.node) {
                    Some(fragment) => (Some(&fragment.node.type_condition), &fragment.node.selection_set),
                    None => return false,
                }
            }
        };
        condition.is_none_or(|condition| condition.node.on.node == type_name)
            && choose(ctx, &set.node, type_name, chosen, seen)
    })
}

/// Fields of an object from which on it is worth looking whether one is asked for again.
const MANY: usize = 64;

/// Names of leaves that are asked for already: a document may repeat one as often as it is long.
#[derive(Default)]
struct Seen<'a>(FxHashSet<&'a str>);

impl<'a> Seen<'a> {
    /// Whether the field is a leaf that is chosen already.
    ///
    /// Invariant: what has one name is one field with the same arguments
    /// (<https://spec.graphql.org/September2025/#sec-Field-Selection-Merging>).
    fn has(&mut self, chosen: &[Slot<'a>], field: &'a Positioned<Field>) -> bool {
        if chosen.len() < MANY || !is_leaf(field) {
            return false;
        }
        if self.0.is_empty() {
            let leaves = chosen.iter().filter(|slot| is_leaf(slot.field));
            self.0.extend(leaves.map(|slot| slot.field.node.response_key().node.as_str()));
        }
        !self.0.insert(field.node.response_key().node.as_str())
    }
}

fn is_leaf(field: &Positioned<Field>) -> bool {
    field.node.selection_set.node.items.is_empty()
}

/// The value of a field that need not wait; `None` if it must.
fn at_once<P: Parts>(
    parts: &P,
    leaves: &Leaves,
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
) -> Option<ServerResult<Value>> {
    let name = field.node.name.node.as_str();
    if name == "__typename" {
        return Some(Ok(Value::String(P::TYPE.to_owned())));
    }
    let leaf = leaves.prompt(ctx, P::TYPE, name)?;
    let ctx = ctx.with_field(field);
    let future = pin!(parts.field(&ctx));
    match future.poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(resolved) => Some(resolved.map(Option::unwrap_or_default)),
        Poll::Pending => {
            // Reason: reading may begin anew; this happens once for a field in the life of the program.
            leaf.waits.store(true, Ordering::Relaxed);
            None
        }
    }
}

fn object(chosen: Vec<Slot<'_>>) -> Value {
    let mut object = IndexMap::with_capacity(chosen.len());
    for Slot { field, value } in chosen {
        merge(&mut object, field.node.response_key().node.clone(), value);
    }
    Value::Object(object)
}

/// Adds a field; one that is selected twice has the fields of both selections
/// (<https://spec.graphql.org/September2025/#sec-Field-Selection-Merging>).
fn merge(object: &mut IndexMap<Name, Value>, name: Name, value: Value) {
    let Some(there) = object.get_mut(&name) else {
        object.insert(name, value);
        return;
    };
    merge_values(there, value);
}

fn merge_values(there: &mut Value, value: Value) {
    match (there, value) {
        (Value::Object(there), Value::Object(more)) => {
            more.into_iter().for_each(|(name, value)| merge(there, name, value));
        }
        (Value::List(there), Value::List(more)) => {
            there.iter_mut().zip(more).for_each(|(there, value)| merge_values(there, value));
        }
        _ => {}
    }
}
