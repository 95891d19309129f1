//! From settings to a store: what must hold of them, and the clients themselves.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use object_store::{
    ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, memory::InMemory,
    prefix::PrefixStore,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Key, Storage, StorageError};
use crate::settings::StorageSettings;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How long one request may take, its body included: a part of an upload, or all that is read of an object.
const REQUEST: Duration = Duration::from_secs(600);

/// How often a request is made again that failed on its way.
const RETRIES: usize = 3;

/// How long requests are made again.
const RETRY_FOR: Duration = Duration::from_secs(20);

/// Where a URL points.
enum Place {
    /// A folder.
    Folder(PathBuf),
    /// A bucket, and what its keys begin with.
    Bucket(String, Option<Key>),
}

impl Storage {
    /// The storage that the settings name; a folder is made where it is not there. Nothing is asked of a remote store.
    ///
    /// # Errors
    /// If the settings make no sense ([`problems`]), or the folder cannot be made.
    pub fn open(settings: &StorageSettings, data_dir: &Path) -> Result<Self, StorageError> {
        if let Some(problem) = problems(settings).into_iter().next() {
            return Err(StorageError::Unavailable(problem));
        }
        match place(&settings.url) {
            None => Self::folder(&data_dir.join("files")),
            Some(Place::Folder(folder)) => Self::folder(&folder),
            Some(Place::Bucket(bucket, prefix)) => Self::bucket(settings, &bucket, prefix.as_ref()),
        }
    }

    /// A folder as storage.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn folder(folder: &Path) -> Result<Self, StorageError> {
        let failed = |error: &dyn std::fmt::Display| {
            StorageError::Unavailable(format!("the folder {}: {error}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(&error))?;
        // Reason: who is told that a file is kept may delete what it was made from.
        Ok(Self { store: Arc::new(store.with_fsync(true)), folder: Some(folder.to_owned()) })
    }

    /// A storage that is gone with the process: for programs that keep nothing.
    pub fn in_memory() -> Self {
        Self { store: Arc::new(InMemory::new()), folder: None }
    }

    fn bucket(settings: &StorageSettings, bucket: &str, prefix: Option<&Key>) -> Result<Self, StorageError> {
        let options = ClientOptions::new()
            .with_allow_http(settings.allow_http)
            .with_connect_timeout(CONNECT)
            .with_timeout(REQUEST);
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_FOR, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_client_options(options)
            .with_retry(retry)
            .with_bucket_name(bucket)
            .with_region(&settings.region)
            .with_virtual_hosted_style_request(!settings.path_style);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let (Some(id), Some(secret)) = (&settings.access_key_id, &settings.secret_access_key) {
            builder =
                builder.with_access_key_id(id.expose_secret()).with_secret_access_key(secret.expose_secret());
        }
        let store = builder.build().map_err(super::away)?;
        let store: Arc<dyn ObjectStore> = match prefix {
            Some(prefix) => Arc::new(PrefixStore::new(store, prefix.path())),
            None => Arc::new(store),
        };
        Ok(Self { store, folder: None })
    }
}

/// Everything that does not hold of the settings; each begins with the setting's name.
pub fn problems(settings: &StorageSettings) -> Vec<String> {
    let mut problems = Vec::new();
    let mut require = |holds: bool, problem: &str| {
        if !holds {
            problems.push(problem.to_owned());
        }
    };
    let place = place(&settings.url);
    require(
        settings.url.is_empty() || place.is_some(),
        "storage.url: must be s3://bucket/prefix, or file:// and an absolute folder",
    );
    let is_set = |secret: &Option<SecretString>| {
        secret.as_ref().is_some_and(|secret| !secret.expose_secret().is_empty())
    };
    require(
        is_set(&settings.access_key_id) == is_set(&settings.secret_access_key),
        "storage.access_key_id: goes together with storage.secret_access_key",
    );
    if let Some(endpoint) = &settings.endpoint {
        let url = Url::parse(endpoint).ok().filter(|url| {
            let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            plain && url.has_host() && matches!(url.scheme(), "http" | "https")
        });
        require(url.is_some(), "storage.endpoint: must be https:// or http:// with a host");
        require(
            settings.allow_http || url.is_none_or(|url| url.scheme() == "https"),
            "storage.endpoint: http needs storage.allow_http = true",
        );
    }
    require(!settings.region.is_empty(), "storage.region: must not be empty");
    problems
}

fn place(url: &str) -> Option<Place> {
    if let Some(rest) = url.strip_prefix("s3://") {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let known =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(known) {
            return None;
        }
        let prefix = prefix.trim_end_matches('/');
        let prefix = if prefix.is_empty() { None } else { Some(Key::new(prefix).ok()?) };
        return Some(Place::Bucket(bucket.to_owned(), prefix));
    }
    let url = Url::parse(url).ok().filter(|_| url.starts_with("file:///"))?;
    url.to_file_path().ok().map(Place::Folder)
}
