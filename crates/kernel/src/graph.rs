//! Graph stitching: a domain answers `Graph<Project>`; which fields a `Project` has in the end is put together by the
//! gateway, from the domain's own fields and the bridges of other domains.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};
use futures::future::BoxFuture;

/// A node whose GraphQL type is assembled by the gateway.
pub trait Node: Clone + Send + Sync + 'static {
    /// Name of the GraphQL type.
    const TYPE: &'static str;
}

/// What resolvers answer for a node of any domain.
#[derive(Clone, Debug)]
pub struct Graph<T>(pub T);

/// Resolves the assembled type of `T`; registered by the gateway as schema data.
pub trait Assemble<T>: Send + Sync {
    /// Resolves the selected fields of `node`.
    fn resolve<'a>(
        &'a self,
        node: &'a T,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
    ) -> Resolving<'a>;
}

/// A node that is resolved, or will be.
pub enum Resolving<'a> {
    /// Nothing in it had to wait.
    Done(ServerResult<Value>),
    /// Something in it waits.
    Later(BoxFuture<'a, ServerResult<Value>>),
}

impl<T: Node> OutputType for Graph<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::TYPE)
    }

    fn create_type_info(_: &mut Registry) -> String {
        format!("{}!", T::TYPE)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        // Invariant: the gateway registers an `Assemble` for each node type; a schema test resolves every one.
        let assemble = ctx.data_unchecked::<Arc<dyn Assemble<T>>>();
        match assemble.resolve(&self.0, ctx, field) {
            Resolving::Done(resolved) => resolved,
            Resolving::Later(resolving) => resolving.await,
        }
    }
}

impl<T> From<T> for Graph<T> {
    fn from(node: T) -> Self {
        Self(node)
    }
}

/// Registered last: drops the helper types that `MergedObject` leaves in the registry.
pub struct Prune;

impl OutputType for Prune {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Prune")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.remove_unused_types();
        String::new()
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}
