//! Payloads of mutations that answer the one thing they made or changed.

/// Defines payloads with one node each.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident: $node:ty })+) => {
        $(
            $(#[$doc])*
            #[derive(async_graphql::SimpleObject)]
            pub struct $name {
                $(#[$field_doc])*
                pub $field: kernel::graph::Graph<$node>,
            }

            impl<M: Into<$node>> From<M> for $name {
                fn from(made: M) -> Self {
                    Self { $field: kernel::graph::Graph(made.into()) }
                }
            }
        )+
    };
}
