//! Personal data: what each domain holds of a person, told to who asks for it and taken away when it must go (Regulation
//! (EU) 2016/679, articles 15, 17 and 20). Each domain registers one [`PersonalData`]; who asks needs not know them.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    act::Act,
    db::Db,
    error::{Result, Text},
    id::{ContactId, TenantId, TypedId as _, UserId},
    policy::Guarded,
    viewer::Viewer,
};

/// A person as one tenant knows them, perhaps under several ids: a user, contacts, invitations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSubject {
    /// The tenant; nothing of another one is theirs to tell or to erase.
    pub tenant: TenantId,
    /// The user, if they have one.
    pub user: Option<UserId>,
    /// Contacts that are this person.
    pub contacts: BTreeSet<ContactId>,
    /// Every id under which entries of the trail speak of them and keys of the vault are theirs: those above, invitations.
    pub ids: BTreeSet<Uuid>,
    /// E-mail addresses that the tenant knows them by, in lower case.
    pub emails: BTreeSet<String>,
}

impl DataSubject {
    /// A user, of whom nothing else is known yet.
    pub fn user(tenant: TenantId, user: UserId) -> Self {
        Self {
            tenant,
            user: Some(user),
            contacts: BTreeSet::new(),
            ids: BTreeSet::from([user.uuid()]),
            emails: BTreeSet::new(),
        }
    }

    /// A contact, of whom nothing else is known yet.
    pub fn contact(tenant: TenantId, contact: ContactId) -> Self {
        Self {
            tenant,
            user: None,
            contacts: BTreeSet::from([contact]),
            ids: BTreeSet::from([contact.uuid()]),
            emails: BTreeSet::new(),
        }
    }
}

/// What becomes of data when its person is erased.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// It goes.
    Erased,
    /// It stays without anything that tells who it was.
    Anonymised,
    /// It stays as it is, for a reason that the law knows.
    Kept(Text),
}

/// What a domain holds of a person, counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// Name of the collection in exports and certificates (`identity.sessions`).
    pub name: &'static str,
    /// What it is, for people.
    pub about: Text,
    /// Rows or files of it.
    pub count: u64,
    /// What an erasure does to it.
    pub fate: Fate,
}

/// Something that must be settled before a person can be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is, for people.
    pub about: Text,
    /// How much of it there is.
    pub count: u64,
}

impl Obstacle {
    /// So many of something, or nothing in the way.
    pub fn of(about: Text, count: u64) -> Option<Self> {
        (count > 0).then_some(Self { about, count })
    }
}

/// Takes what domains hold of a person: a folder of JSON documents and files.
#[async_trait]
pub trait Collector: Send {
    /// Adds rows to a collection; called once a page, so that nothing large is held in memory.
    ///
    /// # Errors
    /// If they cannot be written.
    async fn rows(&mut self, collection: &'static str, rows: Vec<Json>) -> Result<()>;

    /// Adds a file that the object storage keeps under `key`, to be called `name` in the export.
    ///
    /// # Errors
    /// If it cannot be read or written.
    async fn file(&mut self, name: &str, key: &str) -> Result<()>;
}

/// Rows of a page of what is collected.
const PAGE: u64 = 500;

/// Rows of a table, page by page in the order of their ids.
pub struct Pages<E: Guarded> {
    rows: Select<E>,
    id: fn(&E::Model) -> Uuid,
    after: Option<Uuid>,
    over: bool,
}

impl<E: Guarded> Pages<E> {
    /// The pages of these rows, whose id is `id`.
    pub fn of(rows: Select<E>, id: fn(&E::Model) -> Uuid) -> Self {
        Self { rows, id, after: None, over: false }
    }

    /// The next page; none behind the last.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn next(&mut self, db: &Db) -> Result<Option<Vec<E::Model>>> {
        if self.over {
            return Ok(None);
        }
        let mut page = self.rows.clone().order_by_asc(E::id_column()).limit(PAGE);
        if let Some(after) = self.after {
            page = page.filter(E::id_column().gt(after));
        }
        let found = page.all(db).await?;
        self.over = (found.len() as u64) < PAGE;
        self.after = found.last().map(self.id);
        Ok((!found.is_empty()).then_some(found))
    }

    /// Adds every row to a collection, as `tell` tells it.
    ///
    /// # Errors
    /// If the database does not answer, or the collector takes no more.
    pub async fn collect(
        mut self,
        db: &Db,
        collection: &'static str,
        into: &mut dyn Collector,
        tell: fn(&E::Model) -> Json,
    ) -> Result<()> {
        while let Some(rows) = self.next(db).await? {
            into.rows(collection, rows.iter().map(tell).collect()).await?;
        }
        Ok(())
    }
}

/// What one domain knows of people.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// The domain (`identity`).
    fn domain(&self) -> &'static str;

    /// Adds the ids and addresses that the domain knows the person by. Asked of each domain in turn until nothing new
    /// comes.
    ///
    /// # Errors
    /// If the database does not answer.
    async fn identify(&self, db: &Db, subject: &mut DataSubject) -> Result<()>;

    /// Tells everything that the domain holds of the person, secrets left out. `eyes` are the person's own: what they may
    /// not see at present (rates, titles of tasks that are not theirs to read) stays out, whoever asks; without any, the
    /// person cannot sign in and sees nothing but what is about them.
    ///
    /// # Errors
    /// If the database does not answer, or the collector takes no more.
    async fn collect(
        &self,
        db: &Db,
        subject: &DataSubject,
        eyes: Option<&Viewer>,
        into: &mut dyn Collector,
    ) -> Result<()>;

    /// Counts what the domain holds of the person, and says what an erasure would do to it; collections without any are
    /// left out.
    ///
    /// # Errors
    /// If the database does not answer.
    async fn holdings(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Holding>>;

    /// What must be settled before the person can be erased: an agency keeps an owner, open work somebody to do it.
    ///
    /// # Errors
    /// If the database does not answer.
    async fn obstacles(&self, _db: &Db, _subject: &DataSubject) -> Result<Vec<Obstacle>> {
        Ok(Vec::new())
    }

    /// Keeps others from giving the domain more of the person until the act of the erasure ends. Every domain is asked
    /// before the first erases anything.
    ///
    /// # Errors
    /// FORBIDDEN for a person whom the viewer may not erase, and if the database does not answer.
    async fn hold(&self, _act: &mut Act, _subject: &DataSubject) -> Result<()> {
        Ok(())
    }

    /// Erases or anonymises what it may, in the one act of the whole erasure; done twice, the second time changes
    /// nothing. Answers what it found, as [`PersonalData::holdings`] counts it. The domains are asked in the reverse order
    /// of [`Holders`].
    ///
    /// # Errors
    /// CONFLICT if there are obstacles, and if the database does not answer; then nothing of the erasure is done.
    async fn erase(&self, act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>>;

    /// Hears that the erasure has committed: what this process remembers of the person is forgotten.
    fn erased(&self, _subject: &DataSubject) {}
}

/// The domains that hold personal data; one that points to the rows of another comes after it.
#[derive(Clone, Default)]
pub struct Holders(Vec<Arc<dyn PersonalData>>);

impl Holders {
    /// Adds a domain.
    #[must_use]
    pub fn with(mut self, domain: Arc<dyn PersonalData>) -> Self {
        self.0.push(domain);
        self
    }

    /// Each domain.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn PersonalData> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Asks every domain for the ids and addresses of a person until nothing new comes.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn identify(&self, db: &Db, mut subject: DataSubject) -> Result<DataSubject> {
        loop {
            let before = subject.clone();
            for domain in self.iter() {
                domain.identify(db, &mut subject).await?;
            }
            if subject == before {
                return Ok(subject);
            }
        }
    }
}
