//! The file of an export: a ZIP of JSON documents by collection, kept files, and a manifest with a hash of each; written
//! while it is collected, so that nothing of it is ever whole in memory.

use std::{
    io::Write,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt as _;
use kernel::{
    error::{Error, Result},
    privacy::Collector,
};
use platform::{
    jobs::{Progress, Run},
    storage::{Key, Storage},
};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::Sender;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

use crate::seal::head::hex;

/// What is written and not sent yet.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        // Reason: bytes stay whole whatever panicked while they were held.
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A document that is being written.
struct Open {
    name: String,
    rows: Option<u64>,
    hash: Sha256,
    bytes: u64,
}

/// The file of an export, as it grows.
pub(super) struct Archive<'a> {
    zip: ZipWriter<StreamWriter<Buffer>>,
    buffer: Buffer,
    to: Sender<Result<Bytes>>,
    open: Option<Open>,
    done: Vec<Json>,
    rows: i64,
    hash: Sha256,
    storage: &'a Storage,
    run: &'a Run,
}

impl<'a> Archive<'a> {
    /// An empty file that goes to `to`.
    pub(super) fn new(to: Sender<Result<Bytes>>, storage: &'a Storage, run: &'a Run) -> Self {
        let buffer = Buffer::default();
        let zip = ZipWriter::new_stream(buffer.clone());
        let (open, done, hash) = (None, Vec::new(), Sha256::new());
        Self { zip, buffer, to, open, done, rows: 0, hash, storage, run }
    }

    /// Adds the manifest, which is `about` with the files, and ends the file; its SHA-256 in hexadecimal digits.
    pub(super) async fn finish(mut self, mut about: Json) -> Result<String> {
        self.close()?;
        about["files"] = Json::Array(mem::take(&mut self.done));
        self.begin("manifest.json", None)?;
        self.write(&serde_json::to_vec_pretty(&about)?)?;
        self.send().await?;
        let Self { zip, buffer, to, mut hash, .. } = self;
        drop(zip.finish().map_err(Error::internal)?);
        let rest = buffer.take();
        hash.update(&rest);
        to.send(Ok(rest.into())).await.map_err(|_| gone())?;
        Ok(hex(&hash.finalize()))
    }

    fn begin(&mut self, name: &str, rows: Option<u64>) -> Result<()> {
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, packed).map_err(Error::internal)?;
        self.open = Some(Open { name: name.to_owned(), rows, hash: Sha256::new(), bytes: 0 });
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.zip.write_all(bytes).map_err(Error::internal)?;
        if let Some(open) = &mut self.open {
            open.hash.update(bytes);
            open.bytes += bytes.len() as u64;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        if self.open.as_ref().is_some_and(|open| open.rows.is_some()) {
            self.write(b"\n]\n")?;
        }
        if let Some(Open { name, rows, hash, bytes }) = self.open.take() {
            let sha256 = hex(&hash.finalize());
            self.done.push(json!({ "name": name, "rows": rows, "bytes": bytes, "sha256": sha256 }));
        }
        Ok(())
    }

    /// Sends on what is written; errs when the job is no longer wanted.
    async fn send(&mut self) -> Result<()> {
        if self.run.is_cancelled() {
            return Err(Error::unavailable("the job is not wanted any more"));
        }
        let piece = self.buffer.take();
        if piece.is_empty() {
            return Ok(());
        }
        self.hash.update(&piece);
        self.to.send(Ok(piece.into())).await.map_err(|_| gone())
    }
}

/// The storage stopped reading; its own error tells why.
fn gone() -> Error {
    Error::unavailable("the storage takes no more")
}

#[async_trait]
impl Collector for Archive<'_> {
    async fn rows(&mut self, collection: &'static str, rows: Vec<Json>) -> Result<()> {
        let name = format!("{}.json", collection.replace('.', "/"));
        if self.open.as_ref().is_none_or(|open| open.name != name) {
            self.close()?;
            self.begin(&name, Some(0))?;
            self.write(b"[")?;
        }
        for row in rows {
            let first = self.open.as_ref().is_some_and(|open| open.rows == Some(0));
            self.write(if first { b"\n" } else { b",\n" })?;
            self.write(&serde_json::to_vec(&row)?)?;
            if let Some(Open { rows: Some(rows), .. }) = &mut self.open {
                *rows += 1;
            }
            self.rows += 1;
        }
        let message = Some(collection.to_owned());
        self.run.progress(Progress { done: self.rows, total: None, message });
        self.send().await
    }

    async fn file(&mut self, name: &str, key: &str) -> Result<()> {
        self.close()?;
        let Some(found) = self.storage.get(&Key::new(key)?, None).await? else { return Ok(()) };
        // Reason: a name that climbs out of its folder is nobody's to choose.
        let safe: String =
            name.chars().map(|letter| if "/\\:".contains(letter) { '_' } else { letter }).collect();
        self.begin(&format!("files/{}/{safe}", self.done.len()), None)?;
        let mut body = found.body;
        while let Some(piece) = body.try_next().await? {
            self.write(&piece)?;
            self.send().await?;
        }
        Ok(())
    }
}
