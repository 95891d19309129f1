//! The storage against a real S3 server that checks signatures: `ATRIUM_TEST_S3_ENDPOINT` (`http://host:port`), with the
//! bucket `atrium` and the credentials `ATRIUM_TEST_S3_KEY`, `ATRIUM_TEST_S3_SECRET`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that unwraps fails where it should")]

use std::path::Path;

use bytes::Bytes;
use futures::{TryStreamExt as _, stream};
use platform::{
    settings::StorageSettings,
    storage::{Key, Storage, StorageError},
};

#[expect(clippy::disallowed_methods, reason = "the test run names its server in the environment")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run under scripts/with-services"))
}

fn settings(prefix: &str) -> StorageSettings {
    StorageSettings {
        url: format!("s3://atrium/{prefix}-{}", std::process::id()),
        endpoint: Some(variable("ATRIUM_TEST_S3_ENDPOINT")),
        access_key_id: Some(variable("ATRIUM_TEST_S3_KEY").into()),
        secret_access_key: Some(variable("ATRIUM_TEST_S3_SECRET").into()),
        allow_http: true,
        ..StorageSettings::default()
    }
}

fn open(settings: &StorageSettings) -> Storage {
    Storage::open(settings, Path::new("/nowhere")).unwrap()
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

async fn read(storage: &Storage, key: &Key, range: Option<std::ops::Range<u64>>) -> Option<Vec<u8>> {
    let found = storage.get(key, range).await.unwrap()?;
    Some(found.body.try_collect::<Vec<_>>().await.unwrap().concat())
}

#[tokio::test]
async fn what_is_put_is_read_listed_and_deleted() {
    let storage = open(&settings("basic"));
    storage.ping().await.unwrap();
    let (one, two, other) = (key("t/1"), key("t/2/x"), key("t2/1"));
    for key in [&one, &two, &other] {
        storage.put_bytes(key, format!("content of {key}")).await.unwrap();
    }
    assert_eq!(read(&storage, &one, None).await.unwrap(), b"content of t/1");
    assert_eq!(read(&storage, &one, Some(3..9)).await.unwrap(), b"tent o");
    assert_eq!(read(&storage, &one, Some(11..99)).await.unwrap(), b"t/1");
    assert_eq!(storage.get(&one, Some(14..15)).await.err(), Some(StorageError::Range(14)));
    assert_eq!(storage.head(&two).await.unwrap().unwrap().size, 16);
    let mut below: Vec<_> = storage.list(&key("t")).try_collect().await.unwrap();
    below.sort_by(|left, right| left.key.cmp(&right.key));
    assert_eq!(below.iter().map(|meta| meta.key.as_str()).collect::<Vec<_>>(), ["t/1", "t/2/x"]);
    storage.delete([one.clone(), two.clone(), key("never/there")]).await.unwrap();
    assert!(read(&storage, &one, None).await.is_none());
    assert!(storage.head(&two).await.unwrap().is_none());
    assert!(read(&storage, &other, None).await.is_some());
}

#[tokio::test]
async fn many_are_deleted_at_once() {
    let storage = open(&settings("many"));
    let keys: Vec<Key> = (0..120).map(|n| key(&format!("m/{n}"))).collect();
    for key in &keys {
        storage.put_bytes(key, "x").await.unwrap();
    }
    storage.delete(keys).await.unwrap();
    let left: Vec<_> = storage.list(&key("m")).try_collect().await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn long_content_goes_in_parts_and_is_there_only_when_it_is_whole() {
    let storage = open(&settings("parts"));
    let (long, piece) = (key("long"), 3 << 20);
    let pieces = (0..7u8).map(|n| Ok::<_, StorageError>(Bytes::from(vec![n; piece])));
    assert_eq!(storage.put(&long, stream::iter(pieces)).await.unwrap(), 7 * piece as u64);
    let expected: Vec<u8> = (0..7u8).flat_map(|n| vec![n; piece]).collect();
    assert!(read(&storage, &long, None).await.unwrap() == expected);
    let fails = || Err(StorageError::Unavailable("the source".to_owned()));
    let pieces = vec![Ok(Bytes::from(vec![1; 20 << 20])), fails()];
    assert_eq!(storage.put(&long, stream::iter(pieces)).await.err(), fails().err());
    assert!(read(&storage, &long, None).await.unwrap() == expected);
}

#[tokio::test]
async fn wrong_secret_bucket_or_address_is_said_and_nothing_is_put() {
    let right = settings("wrong");
    let secret = StorageSettings { secret_access_key: Some("not this".into()), ..right.clone() };
    let bucket = StorageSettings { url: "s3://no-such-bucket".to_owned(), ..right.clone() };
    let address = StorageSettings { endpoint: Some("http://127.0.0.1:9".to_owned()), ..right.clone() };
    for settings in [secret, bucket, address] {
        let storage = open(&settings);
        let away = storage.ping().await.expect_err(&settings.url);
        assert!(matches!(away, StorageError::Unavailable(_)), "{away:?}");
        assert!(storage.put_bytes(&key("x"), "x").await.is_err());
        let said = format!("{away} {settings:?}");
        assert!(!said.contains(&variable("ATRIUM_TEST_S3_SECRET")), "{said}");
    }
    assert!(open(&right).head(&key("x")).await.unwrap().is_none());
}
