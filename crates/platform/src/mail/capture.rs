//! The mailer that keeps: nothing leaves, a mailbox page and the tests read what would have been sent.

use super::{MailError, Mailer, Message};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::clock::Clock;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Keeps the latest messages, at most `capacity`. Clones share the mailbox.
#[derive(Clone, Debug)]
pub struct CaptureMailer {
    inner: Arc<Inner>,
}

/// A message as it was captured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// Number of the message; later ones are greater.
    pub id: u64,
    /// When it was captured.
    pub received_at: DateTime<Utc>,
    /// The message, as it was given to the mailer.
    pub message: Message,
}

impl CaptureMailer {
    /// A mailbox that lives as long as the process.
    pub fn in_memory(capacity: usize, clock: Clock) -> Self {
        Self::with(capacity, clock, None, Vec::new())
    }

    /// A mailbox whose messages are also files (`<number>.json`) in `folder`, so that they survive a
    /// restart. The folder is made if missing; files that cannot be read are left alone and logged.
    ///
    /// Blocks on the file system; call it while starting.
    ///
    /// # Errors
    /// If the folder cannot be made or listed.
    pub fn in_folder(folder: &Path, capacity: usize, clock: Clock) -> io::Result<Self> {
        make_private_folder(folder)?;
        let kept = read_folder(folder)?;
        Ok(Self::with(capacity, clock, Some(folder.to_owned()), kept))
    }

    /// Every message kept, newest first.
    pub fn list(&self) -> Vec<Arc<Captured>> {
        self.inner.lock().messages.iter().cloned().collect()
    }

    /// The message of this number, if it is still kept.
    pub fn find(&self, id: u64) -> Option<Arc<Captured>> {
        self.inner.lock().messages.iter().find(|captured| captured.id == id).cloned()
    }

    /// Number of the newest message so far, 0 before the first. Take it before an action and give it
    /// to [`CaptureMailer::wait_for`] to wait for a mail of that action.
    pub fn latest(&self) -> u64 {
        *self.inner.latest.borrow()
    }

    /// The oldest message to this address (upper and lower case are equal) whose number is greater
    /// than `after`; waits for it up to `timeout`.
    pub async fn wait_for(&self, to: &str, after: u64, timeout: Duration) -> Option<Arc<Captured>> {
        let mut latest = self.inner.latest.subscribe();
        let search = async {
            loop {
                latest.borrow_and_update();
                if let Some(found) = self.oldest_to(to, after) {
                    return Some(found);
                }
                // Invariant: the sender lives in `self`, so this ends only with a new message.
                latest.changed().await.ok()?;
            }
        };
        tokio::time::timeout(timeout, search).await.ok().flatten()
    }

    /// Removes the messages to these addresses, and those that name one, from the mailbox and its folder.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub async fn forget(&self, addresses: &BTreeSet<String>) -> io::Result<()> {
        if addresses.is_empty() {
            return Ok(());
        }
        let (inner, addresses) = (Arc::clone(&self.inner), addresses.clone());
        let forget = move || inner.forget(&addresses);
        tokio::task::spawn_blocking(forget).await.map_err(io::Error::other)?
    }

    fn oldest_to(&self, to: &str, after: u64) -> Option<Arc<Captured>> {
        let is_to = |captured: &&Arc<Captured>| {
            captured.id > after && captured.message.to.iter().any(|a| a.email.eq_ignore_ascii_case(to))
        };
        self.inner.lock().messages.iter().rev().find(is_to).cloned()
    }

    fn with(capacity: usize, clock: Clock, folder: Option<PathBuf>, kept: Vec<Captured>) -> Self {
        let latest = kept.iter().map(|captured| captured.id).max().unwrap_or(0);
        let mailer = Self {
            inner: Arc::new(Inner {
                capacity: capacity.max(1),
                clock,
                folder,
                mailbox: Mutex::new(Mailbox { next: latest + 1, messages: VecDeque::new() }),
                latest: watch::Sender::new(latest),
            }),
        };
        for captured in kept {
            mailer.inner.keep(captured);
        }
        mailer
    }
}

#[async_trait]
impl Mailer for CaptureMailer {
    async fn send(&self, message: Message) -> Result<(), MailError> {
        message.check()?;
        let inner = Arc::clone(&self.inner);
        let received_at = inner.clock.now();
        if inner.folder.is_none() {
            let id = inner.take_number();
            inner.keep(Captured { id, received_at, message });
            return Ok(());
        }
        let write = move || {
            let captured = inner.write(message, received_at)?;
            inner.keep(captured);
            Ok::<_, io::Error>(())
        };
        tokio::task::spawn_blocking(write)
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(|error| MailError::transient(format!("the mailbox folder: {error}")))
    }
}

#[derive(Debug)]
struct Inner {
    capacity: usize,
    clock: Clock,
    folder: Option<PathBuf>,
    mailbox: Mutex<Mailbox>,
    latest: watch::Sender<u64>,
}

#[derive(Debug)]
struct Mailbox {
    next: u64,
    /// Newest first.
    messages: VecDeque<Arc<Captured>>,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Mailbox> {
        // Invariant: nothing that can panic runs while the lock is held.
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_number(&self) -> u64 {
        let mut mailbox = self.lock();
        mailbox.next += 1;
        mailbox.next - 1
    }

    /// Adds a message at its place by number and drops the oldest beyond the capacity.
    fn keep(&self, captured: Captured) {
        let id = captured.id;
        let dropped: Vec<_> = {
            let mut mailbox = self.lock();
            // Race: two messages written at once may arrive here in either order.
            let place = mailbox.messages.partition_point(|other| other.id > id);
            mailbox.messages.insert(place, Arc::new(captured));
            let surplus = self.capacity.min(mailbox.messages.len());
            mailbox.messages.split_off(surplus).into()
        };
        for old in dropped {
            self.delete(old.id);
        }
        self.latest.send_modify(|latest| *latest = id.max(*latest));
    }

    fn forget(&self, addresses: &BTreeSet<String>) -> io::Result<()> {
        let names = |message: &Message| {
            let all = serde_json::to_string(message).unwrap_or_default().to_lowercase();
            addresses.iter().any(|address| all.contains(address.as_str()))
        };
        self.lock().messages.retain(|captured| !names(&captured.message));
        let Some(folder) = &self.folder else { return Ok(()) };
        // Reason: read anew, for other processes keep their mail in the same folder.
        for captured in read_folder(folder)?.iter().filter(|captured| names(&captured.message)) {
            match fs::remove_file(file_of(folder, captured.id)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes a message under the next number that is free in the folder.
    fn write(&self, message: Message, received_at: DateTime<Utc>) -> io::Result<Captured> {
        let folder = self.folder.as_deref().unwrap_or(Path::new("."));
        let mut captured = Captured { id: 0, received_at, message };
        loop {
            captured.id = self.take_number();
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            {
                use std::os::unix::fs::OpenOptionsExt as _;
                options.mode(0o600);
            }
            match options.open(file_of(folder, captured.id)) {
                Ok(mut file) => {
                    file.write_all(&serde_json::to_vec_pretty(&captured)?)?;
                    return Ok(captured);
                }
                // Race: another process keeps its mail in the same folder.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn delete(&self, id: u64) {
        if let Some(folder) = &self.folder
            && let Err(error) = fs::remove_file(file_of(folder, id))
        {
            tracing::warn!(%error, id, "an old captured mail stays on disk");
        }
    }
}

fn file_of(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:012}.json"))
}

/// Reason: captured mail holds links that sign people in.
fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

fn read_folder(folder: &Path) -> io::Result<Vec<Captured>> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let parsed = fs::read(&path)
            .and_then(|text| serde_json::from_slice::<Captured>(&text).map_err(io::Error::from));
        match parsed {
            Ok(captured) if file_of(folder, captured.id) == path => kept.push(captured),
            Ok(_) => tracing::warn!(path = %path.display(), "a captured mail has another's name"),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "a captured mail cannot be read");
            }
        }
    }
    Ok(kept)
}

#[cfg(test)]
#[path = "capture_tests.rs"]
mod tests;
