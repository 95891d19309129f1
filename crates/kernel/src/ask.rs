//! What a resolver gets from its context: the viewer, the database handle, and the loaders of this request.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_graphql::{
    Context, Guard,
    dataloader::{DataLoader, HashMapCache, Loader},
    runtime::{Timer, TokioSpawner},
};
use futures::{FutureExt, future::BoxFuture};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::{
    db::Db,
    error::{Error, Result},
    viewer::{Permission, Viewer},
};

/// One request's question: put into the GraphQL request's data by the gateway.
#[derive(Clone)]
pub struct Ask {
    /// Who asks.
    pub viewer: Viewer,
    /// The database, with this request's statement count.
    pub db: Db,
    loaders: Arc<Loaders>,
    secret: Arc<AtomicBool>,
}

type Loaders = Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>;

impl Ask {
    /// A question with empty loaders.
    pub fn new(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db, loaders: Arc::default(), secret: Arc::default() }
    }

    /// Forgets what was loaded: for subscriptions, before each message, which must show the state of its moment.
    pub fn forget(&self) {
        self.loaders.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Says that the answer holds a secret, such as a token: it is given once and kept nowhere, also not for who repeats
    /// the request with its idempotency key. Every resolver that answers one calls this.
    pub fn holds_secret(&self) {
        self.secret.store(true, Ordering::Relaxed);
    }

    /// Whether a resolver called [`Ask::holds_secret`].
    pub fn is_secret(&self) -> bool {
        self.secret.load(Ordering::Relaxed)
    }

    /// The loader of kind `L` of this request, made at its first use.
    pub fn loader<L: FromAsk>(&self) -> Arc<DataLoader<L, HashMapCache>> {
        // Reason: the map stays whole whatever panicked while it was held.
        let mut loaders = self.loaders.lock().unwrap_or_else(PoisonError::into_inner);
        let loader = loaders.entry(TypeId::of::<L>()).or_insert_with(|| {
            let loader = L::from_ask(self.viewer.clone(), self.db.clone());
            let loader = DataLoader::with_cache(loader, TokioSpawner::current(), NextTurn, HashMapCache::default());
            Arc::new(loader.delay(Duration::ZERO).max_batch_size(5_000))
        });
        let loader = Arc::clone(loader).downcast::<DataLoader<L, HashMapCache>>();
        // Invariant: each entry is made with the type that is its key.
        #[expect(clippy::unwrap_used, reason = "see the invariant")]
        loader.unwrap()
    }

    /// Loads one value in a batch with everything else of its kind that the request needs at this moment.
    pub async fn load<L, K>(&self, key: K) -> Result<Option<L::Value>>
    where
        L: FromAsk + Loader<K, Error = Error>,
        K: Send + Sync + Hash + Eq + Clone + 'static,
    {
        self.loader::<L>().load_one(key).await
    }
}

/// A loader that can be made for a request.
pub trait FromAsk: Send + Sync + 'static {
    /// A loader that sees what `viewer` may see.
    fn from_ask(viewer: Viewer, db: Db) -> Self;
}

/// Starts a batch when its request has nothing left to do, which is when the batch is complete.
///
/// On a current-thread runtime that is after one turn of the scheduler: the request runs on until it waits. Elsewhere
/// another thread would start the batch while the request still adds to it, so it waits for a moment instead.
struct NextTurn;

impl Timer for NextTurn {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::CurrentThread => tokio::task::yield_now().boxed(),
            _ => tokio::time::sleep(Duration::from_millis(1)).boxed(),
        }
    }
}

/// Shorthands on the resolver's context.
pub trait Asking {
    /// The request's question.
    fn ask(&self) -> &Ask;

    /// Who asks.
    fn viewer(&self) -> &Viewer {
        &self.ask().viewer
    }

    /// The database.
    fn db(&self) -> &Db {
        &self.ask().db
    }
}

impl Asking for Context<'_> {
    fn ask(&self) -> &Ask {
        // Invariant: the gateway puts an `Ask` into every request before it is executed.
        self.data_unchecked::<Ask>()
    }
}

/// Field guard: the viewer must hold a permission. For columns of one row use a rule of the domain instead.
pub struct Can(pub Permission);

impl Guard for Can {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        Ok(ctx.viewer().require(self.0)?)
    }
}
