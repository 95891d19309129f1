//! Files: a folder by default, any S3-compatible store where one machine is not enough.
//!
//! What a key means is said by the callers. Nothing is ever held whole in memory: content goes in and comes out in
//! pieces.

mod key;
mod open;
#[cfg(test)]
mod tests;

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _, TryStreamExt as _, pin_mut, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload,
    PutPayloadMut,
};

pub use key::Key;
pub use open::problems;

/// Bytes of a part of what is put: the most that is held in memory of one upload. Stores take at least 5 MiB and at most
/// 10 000 parts, which makes 80 GiB the longest object.
const PART: usize = 8 << 20;

/// Files by key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    /// The folder, if it is one.
    folder: Option<PathBuf>,
}

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its key.
    pub key: Key,
    /// Its length in bytes.
    pub size: u64,
    /// When it was last put.
    pub modified: DateTime<Utc>,
    /// What changes with its content, if the store tells.
    pub etag: Option<String>,
}

/// An object that is being read.
pub struct Object {
    /// What is known of the whole of it.
    pub meta: Meta,
    /// Which of its bytes are read.
    pub range: Range<u64>,
    /// Those bytes, piece by piece.
    pub body: BoxStream<'static, Result<Bytes, StorageError>>,
}

impl Storage {
    /// Puts an object, replacing any of that key, and answers its length. It is there whole or not at all: readers never
    /// see a part of it, and neither an error of `content` nor the end of the caller leaves one. (What an S3 store keeps
    /// of an upload that was cut off is invisible; a rule of the bucket's life cycle removes it.)
    ///
    /// # Errors
    /// The content's first error; [`StorageError::Unavailable`] if the store does not take it.
    pub async fn put<S, E>(&self, key: &Key, content: S) -> Result<u64, E>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: From<StorageError>,
    {
        pin_mut!(content);
        let (mut part, mut size) = (PutPayloadMut::new(), 0);
        let mut upload: Option<Upload> = None;
        while let Some(mut piece) = content.try_next().await? {
            size += piece.len() as u64;
            while part.content_length() + piece.len() >= PART {
                part.push(piece.split_to(PART - part.content_length()));
                let begun = match upload.take() {
                    Some(begun) => begun,
                    None => Upload(Some(self.store.put_multipart(&key.path()).await.map_err(away)?)),
                };
                let begun = upload.insert(begun);
                begun.part(std::mem::take(&mut part).freeze()).await?;
            }
            part.push(piece);
        }
        match upload {
            None => drop(self.store.put(&key.path(), part.freeze()).await.map_err(away)?),
            Some(mut upload) => {
                if part.content_length() > 0 {
                    upload.part(part.freeze()).await?;
                }
                upload.complete().await?;
            }
        }
        Ok(size)
    }

    /// Puts an object whose content is at hand.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_bytes(&self, key: &Key, content: impl Into<Bytes>) -> Result<(), StorageError> {
        let payload = PutPayload::from(content.into());
        self.store.put(&key.path(), payload).await.map(drop).map_err(away)
    }

    /// Begins to read an object, or `range` of its bytes; none if there is none of that key. An end behind the object's
    /// is its end.
    ///
    /// # Errors
    /// [`StorageError::Range`] if no byte of it is in the range; [`StorageError::Unavailable`] if the store does not
    /// answer.
    pub async fn get(&self, key: &Key, range: Option<Range<u64>>) -> Result<Option<Object>, StorageError> {
        if let Some(range) = &range {
            let Some(meta) = self.head(key).await? else { return Ok(None) };
            if range.start >= range.end || range.start >= meta.size {
                return Err(StorageError::Range(meta.size));
            }
        }
        let options = GetOptions::new().with_range(range.map(GetRange::Bounded));
        match self.store.get_opts(&key.path(), options).await {
            Ok(found) => Ok(Some(Object {
                meta: meta(key.clone(), &found.meta),
                range: found.range.clone(),
                body: found.into_stream().map_err(away).boxed(),
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    /// What is known of an object; none if there is none of that key.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if the store does not answer.
    pub async fn head(&self, key: &Key) -> Result<Option<Meta>, StorageError> {
        match self.store.head(&key.path()).await {
            Ok(found) => Ok(Some(meta(key.clone(), &found))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    /// Deletes objects, many in one request where the store can; one that is not there is no error.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if the store refuses any; others may be deleted.
    pub async fn delete(&self, keys: impl IntoIterator<Item = Key>) -> Result<(), StorageError> {
        let paths: Vec<_> = keys.into_iter().map(|key| Ok(key.path())).collect();
        let mut deleted = self.store.delete_stream(futures::stream::iter(paths).boxed());
        while let Some(one) = deleted.next().await {
            match one {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(away(error)),
            }
        }
        Ok(())
    }

    /// Every object whose key is below `prefix`, in no order; a key below `a/b` begins with `a/b/`. Objects with foreign
    /// names, which nobody here put, are left out.
    pub fn list(&self, prefix: &Key) -> BoxStream<'static, Result<Meta, StorageError>> {
        let known = |found: ObjectMeta| Key::new(found.location.as_ref()).ok().map(|key| meta(key, &found));
        let found = self.store.list(Some(&prefix.path()));
        found.map_err(away).try_filter_map(move |found| std::future::ready(Ok(known(found)))).boxed()
    }

    /// Whether the store answers; for health checks.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if it does not.
    pub async fn ping(&self) -> Result<(), StorageError> {
        match &self.folder {
            Some(folder) => {
                // Reason: what is not there lists as an empty folder.
                let folder = folder.clone();
                let is_there = tokio::task::spawn_blocking(move || std::fs::read_dir(folder).map(drop));
                let is_there =
                    is_there.await.map_err(|error| StorageError::Unavailable(error.to_string()))?;
                is_there.map_err(|error| StorageError::Unavailable(error.to_string()))
            }
            // Reason: an empty listing needs the bucket, the credentials and the signature to be right.
            None => match self.store.list(Some(&"ping".into())).next().await {
                None | Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(away(error)),
            },
        }
    }
}

/// An upload in parts that is given up unless it is completed.
struct Upload(Option<Box<dyn MultipartUpload>>);

impl Upload {
    async fn part(&mut self, part: PutPayload) -> Result<(), StorageError> {
        match &mut self.0 {
            Some(upload) => upload.put_part(part).await.map_err(away),
            None => Err(StorageError::Unavailable("the upload is complete".to_owned())),
        }
    }

    async fn complete(mut self) -> Result<(), StorageError> {
        if let Some(upload) = &mut self.0 {
            upload.complete().await.map_err(away)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(mut upload) = self.0.take() else { return };
        // Reason: nobody waits for it; at the end of the program the bucket's own rules do it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { upload.abort().await });
        }
    }
}

fn meta(key: Key, found: &ObjectMeta) -> Meta {
    Meta { key, size: found.size, modified: found.last_modified, etag: found.e_tag.clone() }
}

fn away(error: object_store::Error) -> StorageError {
    StorageError::Unavailable(error.to_string())
}

/// Why the storage did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageError {
    /// A key is not of the form that keys have.
    Key(String),
    /// No byte of the object, which has this length, was asked for.
    Range(u64),
    /// The store does not answer, or refuses.
    Unavailable(String),
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{key:?} is no key of the storage"),
            Self::Range(size) => write!(f, "the object has only {size} bytes"),
            Self::Unavailable(why) => write!(f, "the storage is not available: {why}"),
        }
    }
}

impl std::error::Error for StorageError {}

impl From<StorageError> for kernel::Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Key(_) | StorageError::Range(_) => Self::internal(error),
            StorageError::Unavailable(_) => Self::unavailable(error),
        }
    }
}
