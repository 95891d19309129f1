//! The forwarder: takes sinks that something waits for and hands them what is next in their tenant's sealed order. Each
//! sink has a task of its own, so that one which is slow or away holds up nobody. A place is passed only when the sink
//! has acknowledged everything before it: killed at any moment, the next worker begins where nothing was acknowledged.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    act::{
        Outcome, Severity,
        personal::{Personal, Sealed},
    },
    clock::Clock,
    db::Db,
    error::Result,
    id::{TenantId, TypedId as _},
    viewer::Viewer,
};
use platform::crypto::Keyring;
use rand::RngExt as _;
use sea_orm::QueryResult;
use serde_json::{Map, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Fault, SinkSettings, entity::Model, message::Message, send::Target, service::target, store};
use crate::seal::{row, store::count};

/// How often sinks that are due are looked for. Entries come from other nodes, too.
const EVERY: Duration = Duration::from_secs(1);

/// Sinks that one process serves at once.
const AT_ONCE: usize = 64;

/// Bytes of JSON in a batch, unless one entry has more.
const BATCH_BYTES: usize = 512 * 1024;

/// Batches for one sink before others that wait get a turn.
const BATCHES: usize = 50;

/// Longest pause after a failure, in seconds.
const LONGEST: i64 = 600;

/// Longest pause that a sink may ask for, in seconds.
const LONGEST_ASKED: i64 = 3_600;

/// The platform as it acts in a tenant; answered by the gateway from identity.
#[async_trait]
pub trait Platform: Send + Sync + 'static {
    /// The platform's viewer of this tenant; none if it is gone.
    async fn viewer(&self, tenant: TenantId) -> Result<Option<Viewer>>;
}

/// Forwards entries of the trail. Cheap to clone.
#[derive(Clone)]
pub struct Forwarder {
    db: Db,
    clock: Clock,
    keyring: Arc<Keyring>,
    settings: SinkSettings,
    platform: Arc<dyn Platform>,
}

impl Forwarder {
    /// A forwarder whose sinks' secrets are sealed by `keyring`.
    pub fn new(
        db: Db,
        clock: Clock,
        keyring: Arc<Keyring>,
        settings: SinkSettings,
        platform: Arc<dyn Platform>,
    ) -> Self {
        Self { db, clock, keyring, settings, platform }
    }

    /// Forwards until `stop`. What a sink has not acknowledged then is sent again by who comes next.
    pub async fn run(self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        loop {
            while tasks.try_join_next().is_some() {}
            match self.claim(AT_ONCE - tasks.len()).await {
                Ok(sinks) => {
                    for sink in sinks {
                        let (forwarder, stop) = (self.clone(), stop.clone());
                        tasks.spawn(async move { forwarder.serve(sink, &stop).await });
                    }
                }
                Err(error) => tracing::debug!(?error, "sinks of the trail could not be looked up"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        // Reason: each gives its sink back, so that the next worker need not wait for the lease to end.
        while tasks.join_next().await.is_some() {}
    }

    /// Serves every sink that is due once; answers how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn once(&self) -> Result<usize> {
        let sinks = self.claim(AT_ONCE).await?;
        let stop = CancellationToken::new();
        let served = sinks.into_iter().map(|sink| self.serve(sink, &stop));
        Ok(futures::future::join_all(served).await.len())
    }

    async fn claim(&self, most: usize) -> Result<Vec<Model>> {
        if most == 0 {
            return Ok(Vec::new());
        }
        store::claim(&self.db, Uuid::from_u128(rand::random()), self.clock.now(), most).await
    }

    async fn serve(&self, sink: Model, stop: &CancellationToken) {
        let id = sink.id;
        let serving = self.deliver(sink.clone());
        let served = tokio::select! {
            served = serving => served,
            () = stop.cancelled() => Ok(()),
        };
        if let Err(error) = served.and(store::release(&self.db, &sink).await) {
            tracing::warn!(sink = %id, ?error, "a sink of the trail could not be served");
        }
    }

    /// Sends what waits, batch after batch; each is acknowledged before the next.
    async fn deliver(&self, mut sink: Model) -> Result<()> {
        let target = match target(&sink, &self.keyring, &self.settings) {
            Ok(target) => target,
            Err(error) => {
                tracing::error!(sink = %sink.id, ?error, "the secrets of a sink cannot be opened");
                return self.fail(&sink, Fault::new("the secrets of the sink cannot be opened")).await;
            }
        };
        for _ in 0..BATCHES {
            let (rows, next) = store::batch(&self.db, &sink).await?;
            if next <= sink.next_seq {
                return Ok(());
            }
            let (messages, next) = self.messages(&sink, &rows, next).await?;
            if !messages.is_empty() {
                if let Err(fault) = self.send(&target, &messages).await {
                    return self.fail(&sink, fault).await;
                }
                metrics::counter!("atrium_audit_sink_entries_total").increment(messages.len() as u64);
            }
            let done = (next, messages.len() as u64);
            if !store::advance(&self.db, &sink, done, self.clock.now()).await? {
                return Ok(());
            }
            sink.next_seq = next;
            if !messages.is_empty() {
                (sink.failures, sink.failing_since) = (0, None);
            }
        }
        Ok(())
    }

    async fn send(&self, target: &Target, messages: &[Message]) -> Result<(), Fault> {
        target.send(messages, self.clock.now()).await
    }

    /// The messages of a batch, as many as are allowed in one, and the place behind the last.
    async fn messages(&self, sink: &Model, rows: &[QueryResult], next: i64) -> Result<(Vec<Message>, i64)> {
        let personal = self.personal(sink, rows).await?;
        let (mut messages, mut bytes) = (Vec::with_capacity(rows.len()), 0);
        for found in rows {
            let seq = count(found, 0)?;
            let Some(line) = row::line(found, 2)? else { continue };
            let hash = row::hash(found, 1)?.unwrap_or_default();
            let message = Message::of(seq, &hash, &line, personal.get(&line.id))?;
            bytes += message.json.len();
            if bytes > BATCH_BYTES && !messages.is_empty() {
                return Ok((messages, crate::seal::store::number(seq)));
            }
            messages.push(message);
        }
        Ok((messages, next))
    }

    /// Personal data in the clear, for a sink that is to have it.
    async fn personal(&self, sink: &Model, rows: &[QueryResult]) -> Result<HashMap<Uuid, Personal>> {
        let mut opened: HashMap<Uuid, Personal> = HashMap::new();
        let (true, Some(vault)) = (sink.personal_data, self.db.vault()) else { return Ok(opened) };
        let mut sealed = Vec::new();
        for found in rows {
            let Some(line) = row::line(found, 2)?.filter(|line| line.personal.len() > 2) else { continue };
            let boxes: BTreeMap<Uuid, String> = serde_json::from_str(line.personal)?;
            sealed.extend(boxes.into_iter().map(|(key, text)| Sealed { key, entry: line.id, text }));
        }
        let entries: Vec<Uuid> = sealed.iter().map(|sealed| sealed.entry).collect();
        let texts = vault.open(&self.db, sink.tenant_id, sealed).await?;
        for (entry, text) in entries.into_iter().zip(texts) {
            if let Some(text) = text {
                opened.entry(entry).or_default().merge(serde_json::from_slice(&text)?);
            }
        }
        Ok(opened)
    }

    /// Notes a failure; gives the sink up when it has failed for too long.
    async fn fail(&self, sink: &Model, fault: Fault) -> Result<()> {
        let now = self.clock.now();
        metrics::counter!("atrium_audit_sink_failures_total").increment(1);
        let next_at = now + pause(sink.failures, fault.retry_after);
        if !store::failed(&self.db, sink, &fault.reason, now, next_at).await? {
            return Ok(());
        }
        let patience = TimeDelta::days(self.settings.pause_after_days.into());
        match sink.failing_since {
            Some(since) if now - since >= patience => self.give_up(sink, since).await,
            _ => Ok(()),
        }
    }

    async fn give_up(&self, sink: &Model, since: DateTime<Utc>) -> Result<()> {
        let Some(viewer) = self.platform.viewer(sink.tenant_id).await? else { return Ok(()) };
        viewer
            .act(&self.db, "audit.sink.pause", async |act| {
                if store::pause(act.conn(), sink.id, since, act.now()).await? {
                    act.mark(Outcome::Failure, Severity::Critical);
                    let mut details = Map::new();
                    details.insert("failingSince".to_owned(), json!(since));
                    act.note("AuditSink", Some(sink.id.uuid()), Some(sink.name.clone()), details);
                }
                Ok(())
            })
            .await
    }
}

/// The pause after a failure: twice as long each time, a fifth more or less so that sinks which failed together do not
/// come back together; as long as the sink asked for, if it did.
fn pause(failures: i32, asked: Option<i64>) -> TimeDelta {
    if let Some(seconds) = asked {
        return TimeDelta::seconds(seconds.clamp(1, LONGEST_ASKED));
    }
    let seconds = 1_i64.checked_shl(failures.clamp(0, 30).unsigned_abs()).unwrap_or(LONGEST).min(LONGEST);
    TimeDelta::milliseconds(seconds * (1_000 + rand::rng().random_range(-200..=200)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        for (failures, least, most) in [(0, 800, 1_200), (3, 6_400, 9_600), (40, 480_000, 720_000)] {
            let millis = pause(failures, None).num_milliseconds();
            assert!((least..=most).contains(&millis), "{failures}: {millis}");
        }
        assert_eq!(pause(0, Some(90)), TimeDelta::seconds(90));
        assert_eq!(pause(0, Some(90_000)), TimeDelta::hours(1));
    }
}
