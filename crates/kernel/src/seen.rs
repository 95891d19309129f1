//! Answers that somebody else than the request's viewer sees: who has just signed in is nobody yet to their own request.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, Data, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};

use crate::{ask::Ask, viewer::Viewer};

/// A value whose fields are resolved as another viewer sees them, with loaders of their own. The type in the API is the
/// value's.
#[derive(Clone, Debug)]
pub struct SeenBy<T> {
    viewer: Viewer,
    value: T,
}

impl<T> SeenBy<T> {
    /// `value` as `viewer` sees it.
    pub fn new(viewer: Viewer, value: T) -> Self {
        Self { viewer, value }
    }
}

impl<T: OutputType> OutputType for SeenBy<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let mut data = Data::default();
        // Invariant: the gateway puts an `Ask` into every request before it is executed.
        let db = ctx.data_unchecked::<Ask>().db.clone();
        data.insert(Ask::new(self.viewer.clone(), db));
        let mut seen = ctx.clone();
        // Reason: this data is looked at before the request's, and by the fields below this one alone.
        seen.execute_data = Some(&data);
        self.value.resolve(&seen, field).await
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Request, Schema};
    use sea_orm::DatabaseConnection;

    use super::*;
    use crate::{
        ask::Asking as _,
        clock::Clock,
        db::Db,
        id::IdGen,
        viewer::{RequestInfo, TenantInfo},
    };

    struct Me;

    #[Object]
    impl Me {
        async fn tenant(&self, ctx: &Context<'_>) -> String {
            ctx.viewer().tenant.slug.clone()
        }

        async fn again(&self) -> Me {
            Me
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn me(&self) -> Me {
            Me
        }

        async fn entering(&self, ctx: &Context<'_>) -> SeenBy<Me> {
            let tenant = TenantInfo { slug: "acme".into(), ..ctx.viewer().tenant.clone() };
            SeenBy::new(ctx.viewer().entering(tenant), Me)
        }
    }

    #[tokio::test]
    async fn fields_below_see_the_other_viewer_and_their_neighbours_do_not() {
        let clock = Clock::system();
        let nobody = Viewer::nobody(RequestInfo::default(), clock.clone(), IdGen::new(clock));
        let db = Db::new(DatabaseConnection::default(), DatabaseConnection::default());
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let query = "{ entering { tenant again { tenant } } me { tenant } }";
        let answer = schema.execute(Request::new(query).data(Ask::new(nobody, db))).await;
        let expected = serde_json::json!({
            "entering": { "tenant": "acme", "again": { "tenant": "acme" } },
            "me": { "tenant": "" },
        });
        assert_eq!(answer.data.into_json().unwrap(), expected);
    }
}
