//! A refused field is null, not the end of its object.
//!
//! The specification (<https://spec.graphql.org/September2025/#sec-Handling-Execution-Errors>) answers an error of a
//! nullable field with null in its place and the error beside it. async-graphql 8.0.0-rc.5 does so only below the field:
//! an error that the field's own resolver or guard gives goes up to the object. Every node resolves through here.

use std::borrow::Cow;

use async_graphql::{
    Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
    registry::Registry,
    resolver_utils::{ContainerType, resolve_container},
};
use kernel::ask::Asking as _;

/// An object whose nullable fields may fail on their own.
pub struct Lenient<T>(pub T);

impl<T: ObjectType> ContainerType for Lenient<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let resolved = self.0.resolve_field(ctx).await;
        soften(ctx, &T::type_name(), resolved)
    }
}

/// What a field of `type_name` answers: null in place of an error, if it may be null.
pub(super) fn soften(
    ctx: &Context<'_>,
    type_name: &str,
    resolved: ServerResult<Option<Value>>,
) -> ServerResult<Option<Value>> {
    match resolved.and_then(|value| counted(ctx, value)) {
        Err(error) if is_nullable(ctx, type_name) => {
            let error = if error.path.is_empty() { ctx.set_error_path(error) } else { error };
            ctx.add_error(error);
            Ok(Some(Value::Null))
        }
        resolved => resolved,
    }
}

/// Bytes of a leaf from which on it is counted; short ones are bounded by what a request costs.
const LONG: usize = 128;

/// The value, counted as a part of the answer: a long text that is asked for under many names is copied for each.
fn counted(ctx: &Context<'_>, value: Option<Value>) -> ServerResult<Option<Value>> {
    if let Some(value) = value.as_ref().filter(|_| ctx.item.node.selection_set.node.items.is_empty()) {
        let bytes = bytes_of(value);
        if bytes >= LONG {
            let refused = |error| async_graphql::Error::from(error).into_server_error(ctx.item.pos);
            ctx.ask().writes(bytes).map_err(|error| ctx.set_error_path(refused(error)))?;
        }
    }
    Ok(value)
}

/// About how many bytes a leaf takes.
fn bytes_of(value: &Value) -> usize {
    const SHORT: usize = 8;
    match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(bytes_of).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + bytes_of(value)).sum(),
        _ => SHORT,
    }
}

/// Whether the field that is resolved may be null by the schema. Asked only on errors.
fn is_nullable(ctx: &Context<'_>, type_name: &str) -> bool {
    let field = ctx.schema_env.registry.types.get(type_name);
    let field = field.and_then(|of| of.field_by_name(ctx.item.node.name.node.as_str()));
    field.is_some_and(|field| !field.ty.ends_with('!'))
}

impl<T: ObjectType> OutputType for Lenient<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl<T: ObjectType> ObjectType for Lenient<T> {}
