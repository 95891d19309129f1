//! Subscriptions see the present: each message is resolved for the viewer as they are now, with loaders that have read
//! nothing yet. async-graphql itself would keep the data of the moment of subscribing for ever.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::{Data, Response, ServerError};
use kernel::viewer::{Grants, Viewer};
use kernel::{Text, ask::Ask};

use super::client::Client;
use super::engine::{Caller, Engine};

/// Asks anew who the subscriber is; in the data of each subscription.
#[derive(Clone)]
pub struct Renewal {
    engine: Arc<dyn Engine>,
    caller: Caller,
    began: Viewer,
}

/// The subscriber may other things than when they subscribed.
const RIGHTS_CHANGED: Text = Text::new(
    "rights_changed",
    "Your rights have changed. Subscribe again.",
    "Vos droits ont changé. Abonnez-vous de nouveau.",
);

impl Renewal {
    /// Renews the viewer of this client, who began as `began`.
    pub fn new(engine: Arc<dyn Engine>, client: &Client, operation: Option<&str>, began: Viewer) -> Self {
        let caller = Caller { again: true, ..client.caller(operation) };
        Self { engine, caller, began }
    }

    async fn ask(&self) -> kernel::Result<Ask> {
        let db = self.engine.db().counted();
        let viewer = self.engine.authenticate(&db, self.caller.clone()).await?;
        // Reason: which messages there are was decided for who they were; whoever lost a right must not get another one.
        if viewer.account != self.began.account || !same(&viewer.grants, &self.began.grants) {
            return Err(kernel::Error::Forbidden(RIGHTS_CHANGED.into()));
        }
        Ok(Ask::new(viewer, db))
    }
}

fn same(one: &Grants, other: &Grants) -> bool {
    match (one, other) {
        (Grants::None, Grants::None) | (Grants::All, Grants::All) => true,
        (Grants::Some(one), Grants::Some(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, grant)| {
                    let roles = |role| grant.scoped_roles.contains(role);
                    other.get(name).is_some_and(|its| {
                        its.reach == grant.reach
                            && its.scoped_roles.len() == grant.scoped_roles.len()
                            && its.scoped_roles.iter().all(roles)
                    })
                })
        }
        _ => false,
    }
}

/// The extension for the schema that runs subscriptions. Queries and mutations do not need it, and with any extension
/// async-graphql takes a slower path for every field: they run on a schema without.
#[derive(Clone, Copy, Debug, Default)]
pub struct FreshAsk;

impl ExtensionFactory for FreshAsk {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for FreshAsk {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let Some(renewal) = ctx.data_opt::<Renewal>() else { return next.run(ctx, operation).await };
        match renewal.ask().await {
            Ok(ask) => {
                let mut data = Data::default();
                data.insert(ask.clone());
                let response = next.run_with_data(ctx, operation, data).await;
                let looks = ask.take_looks();
                if looks.is_empty() {
                    return response;
                }
                match renewal.engine.witness(&ask.viewer, looks, Vec::new()).await {
                    Ok(()) => response,
                    // Reason: what cannot be recorded is not shown.
                    Err(error) => failed(error),
                }
            }
            Err(error) => failed(error),
        }
    }
}

fn failed(error: kernel::Error) -> Response {
    let mut said = ServerError::new(String::new(), None);
    said.source = Some(Arc::new(error));
    Response::from_errors(vec![said])
}
