//! The storage in a folder, its keys and its settings. A real S3 server is asked by `tests/storage.rs`.

use futures::{TryStreamExt as _, stream};

use super::*;
use crate::settings::StorageSettings;

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn folder() -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::folder(&folder.path().join("files")).unwrap();
    (folder, storage)
}

async fn read(storage: &Storage, key: &Key, range: Option<Range<u64>>) -> Option<Vec<u8>> {
    let found = storage.get(key, range).await.unwrap()?;
    Some(found.body.try_collect::<Vec<_>>().await.unwrap().concat())
}

#[test]
fn keys_cannot_leave_their_folder() {
    for good in ["a", "a/b.json", "T-1/x_y/0.zst", "..a", "a..b"] {
        assert_eq!(Key::new(good).unwrap().as_str(), good);
    }
    let long = "a".repeat(513);
    for bad in [
        "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a b", "é", "a\\b", "a%2fb", "a#1", "a\0",
        &long,
    ] {
        assert_eq!(Key::new(bad), Err(StorageError::Key(bad.to_owned())), "{bad:?}");
    }
}

#[tokio::test]
async fn what_is_put_is_read_listed_and_deleted() {
    let (_folder, storage) = folder();
    let (one, two, other) = (key("t/1"), key("t/2/x"), key("t2/1"));
    for key in [&one, &two, &other] {
        storage.put_bytes(key, format!("content of {key}")).await.unwrap();
    }
    assert_eq!(read(&storage, &one, None).await.unwrap(), b"content of t/1");
    assert_eq!(read(&storage, &one, Some(3..9)).await.unwrap(), b"tent o");
    assert_eq!(read(&storage, &one, Some(11..99)).await.unwrap(), b"t/1");
    assert_eq!(storage.get(&one, Some(14..15)).await.err(), Some(StorageError::Range(14)));
    assert_eq!(storage.head(&two).await.unwrap().unwrap().size, 16);
    let mut below: Vec<Meta> = storage.list(&key("t")).try_collect().await.unwrap();
    below.sort_by(|left, right| left.key.cmp(&right.key));
    assert_eq!(below.iter().map(|meta| meta.key.as_str()).collect::<Vec<_>>(), ["t/1", "t/2/x"]);
    storage.delete([one.clone(), two.clone(), key("never/there")]).await.unwrap();
    assert!(read(&storage, &one, None).await.is_none() && storage.head(&two).await.unwrap().is_none());
    assert!(read(&storage, &other, None).await.is_some());
}

#[tokio::test]
async fn long_content_goes_in_parts_and_comes_back_whole() {
    let (_folder, storage) = folder();
    let (long, piece) = (key("long"), 3 << 20);
    let pieces = (0..7u8).map(|n| Ok::<_, StorageError>(Bytes::from(vec![n; piece])));
    assert_eq!(storage.put(&long, stream::iter(pieces)).await.unwrap(), 7 * piece as u64);
    let content = read(&storage, &long, None).await.unwrap();
    let expected: Vec<u8> = (0..7u8).flat_map(|n| vec![n; piece]).collect();
    assert!(content == expected);
}

#[tokio::test]
async fn content_that_fails_leaves_what_was_there() {
    let (folder, storage) = folder();
    let kept = key("a/kept");
    storage.put_bytes(&kept, "old").await.unwrap();
    let fails = || Err(StorageError::Unavailable("the source".to_owned()));
    let pieces = vec![Ok(Bytes::from(vec![1; 20 << 20])), fails()];
    assert_eq!(storage.put(&kept, stream::iter(pieces)).await.err(), fails().err());
    assert_eq!(read(&storage, &kept, None).await.unwrap(), b"old");
    let staged = || std::fs::read_dir(folder.path().join("files/a")).unwrap().count();
    let gone = async {
        while staged() != 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("a part of it stays");
}

#[tokio::test]
async fn folder_that_is_gone_is_not_healthy() {
    let (folder, storage) = folder();
    storage.ping().await.unwrap();
    std::fs::remove_dir(folder.path().join("files")).unwrap();
    assert!(matches!(storage.ping().await, Err(StorageError::Unavailable(_))));
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let s3 = || StorageSettings { url: "s3://files/a".to_owned(), ..StorageSettings::default() };
    let first = |settings: StorageSettings| problems(&settings).into_iter().next();
    for fine in ["", "s3://files", "s3://files/", "s3://my.files-1/a/b", "file:///var/files"] {
        assert_eq!(first(StorageSettings { url: fine.to_owned(), ..s3() }), None, "{fine}");
    }
    for wrong in ["files", "s3:files", "s3://", "s3://Files", "s3://files/../b", "http://files", "file:files"]
    {
        let problem = first(StorageSettings { url: wrong.to_owned(), ..s3() });
        assert!(problem.is_some_and(|problem| problem.starts_with("storage.url:")), "{wrong}");
    }
    let endpoint = |text: &str, allow_http| {
        first(StorageSettings { endpoint: Some(text.to_owned()), allow_http, ..s3() })
    };
    assert_eq!(endpoint("https://s3.example", false), None);
    assert_eq!(endpoint("http://127.0.0.1:9000", true), None);
    assert!(endpoint("http://127.0.0.1:9000", false).unwrap().contains("allow_http"));
    assert!(endpoint("s3.example", true).unwrap().starts_with("storage.endpoint:"));
    let half = StorageSettings { access_key_id: Some("id".into()), ..s3() };
    assert!(first(half).unwrap().starts_with("storage.access_key_id:"));
}
