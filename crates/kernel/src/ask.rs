//! What a resolver gets from its context: the viewer, the database handle, and the loaders of this request.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_graphql::{Context, Guard, dataloader::Loader};
use uuid::Uuid;

use crate::{
    batch::Batch,
    db::Db,
    error::{Error, Result, Text},
    id::{AccountId, TypedId as _},
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
    looks: Arc<Mutex<HashSet<Look>>>,
    written: Arc<AtomicUsize>,
}

/// The longest answer, in bytes of its texts: more would fill the memory of the process, and nobody reads it.
pub const LONGEST_ANSWER: usize = 16 << 20;

const TOO_LONG: Text = Text::new(
    "answer_too_long",
    "The answer is longer than {max} MiB. Ask for less at once.",
    "La réponse dépasse {max} Mio. Demandez-en moins à la fois.",
);

/// A look at personal data of somebody else that not everybody may see. It is recorded before the answer goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Look {
    /// The act it is recorded as: `crm.contact.view`.
    pub action: &'static str,
    /// GraphQL type of what was looked at.
    pub subject_type: &'static str,
    /// Its id.
    pub subject_id: Uuid,
    /// Whose data it is.
    pub person: Uuid,
    /// The account it belongs to.
    pub account: Option<AccountId>,
}

type Loaders = Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>;

impl Ask {
    /// A question with empty loaders.
    pub fn new(viewer: Viewer, db: Db) -> Self {
        let (loaders, secret, looks) = (Arc::default(), Arc::default(), Arc::default());
        Self { viewer, db, loaders, secret, looks, written: Arc::default() }
    }

    /// Counts so many bytes as a part of the answer.
    ///
    /// # Errors
    /// LIMITED if it becomes longer than [`LONGEST_ANSWER`].
    pub fn writes(&self, bytes: usize) -> Result<()> {
        if self.written.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= LONGEST_ANSWER {
            return Ok(());
        }
        Err(Error::limited(TOO_LONG.with("max", LONGEST_ANSWER >> 20), None))
    }

    /// Forgets what was loaded: for subscriptions, before each message, which must show the state of its moment.
    pub fn forget(&self) {
        self.loaders.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.written.store(0, Ordering::Relaxed);
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

    /// Notes that the answer shows personal data of somebody else; every resolver of such a field calls this.
    pub fn looked(&self, look: Look) {
        if self.viewer.user_id().map(|user| user.uuid()) != Some(look.person) {
            self.looks.lock().unwrap_or_else(PoisonError::into_inner).insert(look);
        }
    }

    /// What was noted by [`Ask::looked`], once.
    pub fn take_looks(&self) -> HashSet<Look> {
        std::mem::take(&mut *self.looks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Loads one value in a batch with everything else of its kind that the request needs at this moment.
    pub async fn load<L, K>(&self, key: K) -> Result<Option<L::Value>>
    where
        L: FromAsk + Loader<K, Error = Error>,
        K: Send + Sync + Hash + Eq + Clone + 'static,
    {
        self.batch::<L, K>().load(key).await
    }

    /// The batch of the loader `L` for keys `K`, made at its first use.
    fn batch<L, K>(&self) -> Arc<Batch<L, K, L::Value>>
    where
        L: FromAsk + Loader<K, Error = Error>,
        K: Send + Sync + Hash + Eq + Clone + 'static,
    {
        // Reason: the map stays whole whatever panicked while it was held.
        let mut loaders = self.loaders.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = loaders.entry(TypeId::of::<Batch<L, K, L::Value>>()).or_insert_with(|| {
            Arc::new(Batch::<L, K, _>::new(L::from_ask(self.viewer.clone(), self.db.clone())))
        });
        let batch = Arc::clone(batch).downcast::<Batch<L, K, L::Value>>();
        // Invariant: each entry is made with the type that is its key.
        #[expect(clippy::unwrap_used, reason = "see the invariant")]
        batch.unwrap()
    }
}

/// A loader that can be made for a request.
pub trait FromAsk: Send + Sync + 'static {
    /// A loader that sees what `viewer` may see.
    fn from_ask(viewer: Viewer, db: Db) -> Self;
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
