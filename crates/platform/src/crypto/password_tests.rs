//! Tests of password hashing.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

fn cheap() -> PasswordSettings {
    PasswordSettings { memory_kib: 64, iterations: 1, threads: 1, ..PasswordSettings::default() }
}

fn hasher() -> PasswordHasher {
    PasswordHasher::new(&cheap()).unwrap()
}

/// Runs `meanwhile` while the only thread of `hasher` is held up.
async fn with_thread_held<T>(hasher: &PasswordHasher, meanwhile: impl AsyncFnOnce() -> T) -> T {
    let (release, gate) = mpsc::channel::<()>();
    let (entered, is_in) = oneshot::channel();
    let job = move |_: &mut Vec<Block>| {
        entered.send(()).unwrap();
        // Ends with an error when `release` is dropped.
        let _ = gate.recv();
    };
    hasher.pool.submit(Box::new(job)).unwrap();
    is_in.await.unwrap();
    let result = meanwhile().await;
    drop(release);
    result
}

/// From the tests of the reference implementation (`phc-winner-argon2`, `src/test.c`).
#[tokio::test]
async fn reference_vector_verifies() {
    let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let right = hasher().verify("password".into(), Some(phc.into())).await.unwrap();
    assert_eq!(right, Verified { ok: true, needs_rehash: true });
    let wrong = hasher().verify("Password".into(), Some(phc.into())).await.unwrap();
    assert_eq!(wrong, Verified { ok: false, needs_rehash: false });
}

#[tokio::test]
async fn hash_verifies_and_differs_each_time() {
    let hasher = hasher();
    let first = hasher.hash("correct horse".into()).await.unwrap();
    let second = hasher.hash("correct horse".into()).await.unwrap();
    assert!(first.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{first}");
    assert_ne!(first, second);
    let verified = hasher.verify("correct horse".into(), Some(first)).await.unwrap();
    assert_eq!(verified, Verified { ok: true, needs_rehash: false });
}

#[tokio::test]
async fn hash_of_other_costs_asks_for_a_new_one() {
    let old = hasher().hash("secret".into()).await.unwrap();
    let dearer = PasswordHasher::new(&PasswordSettings { iterations: 2, ..cheap() }).unwrap();
    let verified = dearer.verify("secret".into(), Some(old)).await.unwrap();
    assert_eq!(verified, Verified { ok: true, needs_rehash: true });
}

#[tokio::test]
async fn unknown_user_is_never_let_in() {
    let verified = hasher().verify("anything".into(), None).await.unwrap();
    assert_eq!(verified, Verified { ok: false, needs_rehash: false });
}

#[tokio::test]
async fn text_that_is_no_bearable_hash_fails() {
    let hasher = hasher();
    for phc in [
        "",
        "plain",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ] {
        let result = hasher.verify("x".into(), Some(phc.to_owned())).await;
        assert!(matches!(result, Err(PasswordError::Failed(_))), "{phc}: {result:?}");
    }
}

#[tokio::test]
async fn full_queue_is_busy_and_drains() {
    let hasher = PasswordHasher::new(&PasswordSettings { queue: 2, ..cheap() }).unwrap();
    let (first, second) = with_thread_held(&hasher, async || {
        let mut first = Box::pin(hasher.verify("x".into(), None));
        let mut second = Box::pin(hasher.verify("x".into(), None));
        assert!(futures::poll!(&mut first).is_pending());
        assert!(futures::poll!(&mut second).is_pending());
        assert_eq!(hasher.hash("y".into()).await, Err(PasswordError::Busy));
        (first, second)
    })
    .await;
    assert!(first.await.is_ok() && second.await.is_ok());
    assert!(hasher.hash("y".into()).await.is_ok());
}

#[tokio::test]
async fn work_nobody_waits_for_is_skipped() {
    let hasher = hasher();
    let ran = Arc::new(AtomicUsize::new(0));
    with_thread_held(&hasher, async || {
        let ran = Arc::clone(&ran);
        let work = move |_: &mut Vec<Block>| {
            ran.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        let mut abandoned = Box::pin(hasher.run(work));
        assert!(futures::poll!(&mut abandoned).is_pending());
    })
    .await;
    // The queue is first in, first out: once this is answered, the abandoned work was passed over.
    hasher.verify("x".into(), None).await.unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn panic_in_a_job_leaves_the_pool_alive() {
    let hasher = hasher();
    let lost = hasher.run(|_| -> Result<(), _> { panic!("on purpose") }).await;
    assert!(matches!(lost, Err(PasswordError::Failed(_))));
    assert!(hasher.hash("x".into()).await.is_ok());
}

/// On a runtime of a single thread, another task must go on while verifications are all stuck.
#[tokio::test(flavor = "current_thread")]
async fn flood_of_verifications_leaves_the_runtime_free() {
    let hasher = PasswordHasher::new(&PasswordSettings { queue: 100, ..cheap() }).unwrap();
    let (flood, steps) = with_thread_held(&hasher, async || {
        let flood: Vec<_> = (0..50)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.verify("x".into(), None).await })
            })
            .collect();
        let mut steps = 0;
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
            steps += 1;
        }
        assert!(flood.iter().all(|task| !task.is_finished()));
        (flood, steps)
    })
    .await;
    assert_eq!(steps, 1_000);
    for task in flood {
        assert!(task.await.unwrap().is_ok());
    }
}
