//! Act: the only way to change anything. A transaction that knows who, when and why, and that leaves one audit entry and
//! one outbox row for each row it changed.

mod alike;
pub mod audit_entry;
mod entry;
pub mod job;
pub mod lease;
mod noted;
pub mod outbox;
pub mod personal;
mod recorded;
mod rows;
mod together;
mod written;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{EntityTrait, ModelTrait};
use uuid::Uuid;

use crate::{
    db::{Db, Transaction},
    error::{Error, Result, says},
    id::TypedId,
    viewer::Viewer,
};

pub use entry::{About, LATE, Note, Outcome, Severity};
pub use job::NewJob;
pub use outbox::Event;
pub use recorded::Recorded;
use rows::violates_id;
pub use rows::{Changes, violates_unique};
pub use together::NewRows;

/// A running act. Everything written through it commits together, or not at all.
pub struct Act {
    viewer: Viewer,
    name: &'static str,
    now: DateTime<Utc>,
    tx: Transaction,
    outcome: Outcome,
    severity: Severity,
    drafts: Vec<personal::Draft>,
    events: Vec<outbox::Model>,
    jobs: Vec<job::Model>,
    /// Whether jobs were written before the commit.
    late_jobs: bool,
    /// People whose keys the commit destroys.
    shredded: BTreeSet<Uuid>,
}

impl Viewer {
    /// Does `body` as one act called `name` (`projects.project.create`): commits if it answers `Ok`, undoes everything
    /// if it errs.
    pub async fn act<T, F>(&self, db: &Db, name: &'static str, body: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Act) -> Result<T>,
    {
        let mut act = Act::begin(self.clone(), db, name).await?;
        match body(&mut act).await {
            Ok(value) => {
                act.commit(db).await?;
                Ok(value)
            }
            Err(error) => {
                // Reason: the first error is the one that matters; a connection that cannot roll back is closed by the pool.
                let _ = act.tx.rollback().await;
                Err(error)
            }
        }
    }
}

impl Act {
    async fn begin(viewer: Viewer, db: &Db, name: &'static str) -> Result<Self> {
        let tx = db.begin().await.map_err(rows::conflict_or_internal)?;
        // Reason: taken after the lock, so that times are in the order of commits on SQLite.
        let now = viewer.clock.now();
        Ok(Self {
            viewer,
            name,
            now,
            tx,
            outcome: Outcome::Success,
            severity: Severity::Info,
            drafts: Vec::new(),
            events: Vec::new(),
            jobs: Vec::new(),
            late_jobs: false,
            shredded: BTreeSet::new(),
        })
    }

    async fn commit(self, db: &Db) -> Result<()> {
        let Self { viewer, tx, mut drafts, events, jobs, late_jobs, shredded, .. } = self;
        // Reason: what this act took away of them must not be sealed with keys that outlive it.
        drafts.iter_mut().for_each(|draft| draft.parts.retain(|person, _| !shredded.contains(person)));
        let (has_events, has_jobs) = (!events.is_empty(), late_jobs || !jobs.is_empty());
        let (entries, fresh) = personal::seal(db.vault(), &tx, &viewer, drafts).await?;
        written::write(&tx, &entries, &events).await?;
        rows::insert_many::<job::Entity>(&tx, &jobs, &[]).await?;
        if let (Some(vault), false) = (db.vault(), shredded.is_empty()) {
            let people: Vec<Uuid> = shredded.iter().copied().collect();
            vault.destroy(&tx, viewer.tenant_id(), &people).await?;
        }
        if let Some(lease) = db.lease() {
            lease.confirm(&tx).await?;
        }
        tx.commit().await.map_err(rows::conflict_or_internal)?;
        if let (Some(vault), false) = (db.vault(), fresh.is_empty()) {
            vault.committed(fresh);
        }
        if let (Some(vault), false) = (db.vault(), shredded.is_empty()) {
            vault.forget(viewer.tenant_id());
        }
        if !entries.is_empty() {
            db.trail.ring();
        }
        if has_events {
            db.events.ring();
        }
        if has_jobs {
            db.jobs.ring();
        }
        Ok(())
    }

    /// Who acts.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// The one time of this act.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The transaction, for reading what is about to change.
    pub fn conn(&self) -> &Transaction {
        &self.tx
    }

    /// A new id.
    pub fn new_id<T: TypedId>(&self) -> T {
        self.viewer.ids.generate()
    }

    /// How the entries of this act are marked; set before they are written.
    pub fn mark(&mut self, outcome: Outcome, severity: Severity) {
        self.outcome = outcome;
        self.severity = severity;
    }

    /// Writes a new row.
    pub async fn insert<M>(&mut self, model: M) -> Result<M>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        rows::insert_many::<M::Entity>(&self.tx, std::slice::from_ref(&model), &[]).await?;
        self.created::<M::Entity>(&model);
        Ok(model)
    }

    /// Writes a new row; if a row with the same values in `columns` (the unique key, in its order) is there, errs with
    /// `taken`.
    pub async fn insert_unique<M>(
        &mut self,
        model: M,
        columns: &[&str],
        taken: impl FnOnce() -> Error,
    ) -> Result<M>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let table = rows::table::<M::Entity>();
        match rows::insert_many_raw::<M::Entity>(&self.tx, std::slice::from_ref(&model), &[]).await {
            Err(error) if violates_unique(&error, table, columns) => return Err(taken()),
            done => done?,
        }
        self.created::<M::Entity>(&model);
        Ok(model)
    }

    /// Writes the first version of what a tenant has one of, under the tenant's own id.
    ///
    /// # Errors
    /// CONFLICT, as for a stale version, if somebody else did so at the same time.
    pub async fn insert_first<M>(&mut self, model: M) -> Result<M>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let table = rows::table::<M::Entity>();
        match rows::insert_many_raw::<M::Entity>(&self.tx, std::slice::from_ref(&model), &[]).await {
            // Race: the database may find either of the two keys taken first.
            Err(error) if violates_id(&error, table) || violates_unique(&error, table, &["tenant_id"]) => {
                return Err(Error::conflict(says::STALE.with("type", M::Entity::SUBJECT)));
            }
            done => done?,
        }
        self.created::<M::Entity>(&model);
        Ok(model)
    }

    /// Writes many new rows in few statements.
    pub async fn insert_all<M>(&mut self, models: Vec<M>) -> Result<Vec<M>>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        rows::insert_many::<M::Entity>(&self.tx, &models, &[]).await?;
        models.iter().for_each(|model| self.created::<M::Entity>(model));
        Ok(models)
    }

    /// Writes what differs between `before` and `after`. Where the table has a version, the row must still have
    /// `before`'s, and gets the next one; nothing is written if nothing differs.
    ///
    /// # Errors
    /// CONFLICT with the current version if somebody else changed the row since `before` was read.
    pub async fn update<M>(&mut self, before: &M, after: M) -> Result<M>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let mut done = self.update_pairs(vec![(before.clone(), after)]).await?;
        done.pop().ok_or_else(|| Error::internal("an update of one row answers one row"))
    }

    /// As [`Act::update`]; if another row has the new values of `columns` (the unique key, in its order), errs with
    /// `taken`.
    ///
    /// # Errors
    /// As [`Act::update`], and `taken`.
    pub async fn update_unique<M>(
        &mut self,
        before: &M,
        after: M,
        columns: &[&str],
        taken: impl FnOnce() -> Error,
    ) -> Result<M>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        match rows::update_many::<M::Entity>(&self.tx, vec![(before.clone(), after)], self.now).await {
            Ok(mut pairs) => {
                let (before, after) =
                    pairs.pop().ok_or_else(|| Error::internal("an update of one row answers one row"))?;
                Ok(self.noted(&before, after))
            }
            Err(rows::Refused::Database(error))
                if violates_unique(&error, rows::table::<M::Entity>(), columns) =>
            {
                Err(taken())
            }
            Err(refused) => Err(refused.into()),
        }
    }

    /// Changes many rows by one rule; rows that change alike share a statement.
    pub async fn update_all<M>(&mut self, before: Vec<M>, mut change: impl FnMut(&mut M)) -> Result<()>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let pairs = before
            .into_iter()
            .map(|row| {
                let mut after = row.clone();
                change(&mut after);
                (row, after)
            })
            .collect();
        self.update_pairs(pairs).await.map(drop)
    }

    /// Changes many rows, each to its own new state; answers them in the given order.
    pub async fn update_pairs<M>(&mut self, pairs: Vec<(M, M)>) -> Result<Vec<M>>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let pairs = rows::update_many::<M::Entity>(&self.tx, pairs, self.now).await?;
        Ok(pairs.into_iter().map(|(before, after)| self.noted(&before, after)).collect())
    }

    /// Records what differs between two states of a row that is written; answers the later one.
    fn noted<M>(&mut self, before: &M, after: M) -> M
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let changes = rows::differences::<M::Entity>(Some(before), Some(&after));
        if !changes.is_empty() {
            // Reason: a row that is nobody's any more may have held words of whose it was.
            self.changed_of::<M::Entity>("updated", &after, M::Entity::about(before).person, changes);
        }
        after
    }

    /// Counts a change of a row that is written in rows which belong to it (the grants of a role): it gets its next
    /// version, an entry without fields and an `updated` event.
    ///
    /// # Errors
    /// As [`Act::update`].
    pub async fn touch<M>(&mut self, before: &M) -> Result<M>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let mut done = self.touch_all(vec![(before.clone(), Changes::new())]).await?;
        done.pop().ok_or_else(|| Error::internal("a touch of one row answers one row"))
    }

    /// As [`Act::touch`] for many rows, in few statements; entry and event of each tell what changed in the rows that
    /// belong to it. Answers the rows in the given order.
    ///
    /// # Errors
    /// As [`Act::update`].
    pub async fn touch_all<M>(&mut self, rows: Vec<(M, Changes)>) -> Result<Vec<M>>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        let (before, changes): (Vec<M>, Vec<Changes>) = rows.into_iter().unzip();
        let touched = rows::touch_many::<M::Entity>(&self.tx, &before, self.now).await?;
        for (row, changes) in touched.iter().zip(changes) {
            self.changed::<M::Entity>("updated", row, changes);
        }
        Ok(touched)
    }

    /// Removes a row.
    pub async fn delete<M>(&mut self, model: M) -> Result<()>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        self.delete_all(vec![model]).await
    }

    /// Removes many rows in few statements.
    ///
    /// # Errors
    /// CONFLICT if one of them is gone already.
    pub async fn delete_all<M>(&mut self, models: Vec<M>) -> Result<()>
    where
        M: ModelTrait,
        M::Entity: Recorded + EntityTrait<Model = M>,
    {
        rows::delete_many::<M::Entity>(&self.tx, &models).await?;
        for model in &models {
            let changes = rows::differences::<M::Entity>(Some(model), None);
            self.changed::<M::Entity>("deleted", model, changes);
        }
        Ok(())
    }
}

/// Checks `expectedVersion` of an update's input against the row: a stale one is CONFLICT with the current version.
pub fn expect_version(kind: &str, expected: Option<i64>, current: i64) -> Result<()> {
    match expected {
        Some(expected) if expected != current => {
            Err(Error::Conflict { message: says::STALE.with("type", kind), current_version: Some(current) })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
