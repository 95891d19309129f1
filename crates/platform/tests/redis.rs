//! The shared services on a real Redis, named by `ATRIUM_TEST_REDIS_URL` (`redis://host:port`).

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that unwraps fails where it should")]

#[path = "support/proxy.rs"]
mod proxy;

use futures::StreamExt as _;
use kernel::clock::Clock;
use platform::cache::{Cache, CacheError, Event, Quota, Services, Subscription};
use platform::settings::RedisSettings;
use proxy::{Line, Proxy};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// No call takes longer, Redis or no Redis: the promised 250 ms and room for a busy machine.
const PROMPT: Duration = Duration::from_secs(1);

#[expect(clippy::disallowed_methods, reason = "the test run names its server in the environment")]
fn server() -> String {
    let url = std::env::var("ATRIUM_TEST_REDIS_URL")
        .expect("ATRIUM_TEST_REDIS_URL is not set: run under scripts/with-services");
    url.trim_start_matches("redis://").trim_end_matches('/').to_owned()
}

/// A prefix that no other test uses.
fn fresh_prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}:", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn node_at(address: &str, prefix: &str) -> Services {
    let settings = RedisSettings { url: format!("redis://{address}").into(), prefix: prefix.to_owned() };
    Services::redis(&settings, Clock::system()).await.unwrap()
}

async fn two_nodes() -> (Services, Services) {
    let prefix = fresh_prefix();
    (node_at(&server(), &prefix).await, node_at(&server(), &prefix).await)
}

async fn next(subscription: &mut Subscription) -> Event {
    let event = tokio::time::timeout(Duration::from_secs(20), subscription.next()).await;
    event.expect("no event within 20 s").expect("the stream ended")
}

fn message(text: &'static str) -> Event {
    Event::Message(text.as_bytes().into())
}

/// Tries until it holds; fails after 20 s.
async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < end, "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs a call and asserts that it was answered, one way or another, in time.
async fn promptly<T>(call: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let result = call.await;
    assert!(start.elapsed() < PROMPT, "took {:?}", start.elapsed());
    result
}

#[tokio::test]
async fn values_are_shared_between_nodes() {
    let (one, two) = two_nodes().await;
    one.cache.ping().await.unwrap();
    assert_eq!(two.cache.get("a").await, Ok(None));
    one.cache.set("a", b"\0binary\xff", MINUTE).await.unwrap();
    assert_eq!(two.cache.get("a").await, Ok(Some(b"\0binary\xff".to_vec())));
    assert_eq!(two.cache.set_if_absent("a", b"mine", MINUTE).await, Ok(false));
    assert_eq!(two.cache.delete("a").await, Ok(true));
    assert_eq!(two.cache.delete("a").await, Ok(false));
    assert_eq!(two.cache.set_if_absent("a", b"mine", MINUTE).await, Ok(true));
    assert_eq!(one.cache.get("a").await, Ok(Some(b"mine".to_vec())));
}

#[tokio::test]
async fn values_and_counters_expire() {
    let (one, _) = two_nodes().await;
    let cache: &dyn Cache = &*one.cache;
    cache.set("a", b"x", Duration::from_millis(30)).await.unwrap();
    eventually("the value expires", async || cache.get("a").await == Ok(None)).await;
    // The second addition must not prolong the counter's life.
    assert_eq!(cache.increment("n", Duration::from_secs(2)).await, Ok(1));
    assert_eq!(cache.increment("n", MINUTE).await, Ok(2));
    eventually("the counter expires", async || cache.get("n").await == Ok(None)).await;
    assert_eq!(cache.increment("n", MINUTE).await, Ok(1));
}

#[tokio::test]
async fn counters_count_every_node_and_refuse_other_values() {
    let (one, two) = two_nodes().await;
    let mut additions = Vec::new();
    for _ in 0..50 {
        additions.push(one.cache.increment("n", MINUTE));
        additions.push(two.cache.increment("n", MINUTE));
    }
    let mut counts: Vec<_> =
        futures::future::join_all(additions).await.into_iter().map(Result::unwrap).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=100).collect::<Vec<u64>>());
    one.cache.set("text", b"abc", MINUTE).await.unwrap();
    assert_eq!(one.cache.increment("text", MINUTE).await, Err(CacheError::NotANumber));
}

#[tokio::test]
async fn installations_with_other_prefixes_do_not_meet() {
    let (one, _) = two_nodes().await;
    let (stranger, _) = two_nodes().await;
    let mut heard = stranger.pubsub.subscribe("c").await;
    one.cache.set("a", b"x", MINUTE).await.unwrap();
    one.pubsub.publish("c", b"for us").await.unwrap();
    assert_eq!(stranger.cache.get("a").await, Ok(None));
    stranger.pubsub.publish("c", b"for them").await.unwrap();
    assert_eq!(next(&mut heard).await, message("for them"));
}

#[tokio::test]
async fn quota_is_shared_between_nodes() {
    let (one, two) = two_nodes().await;
    let quota = Quota::new(5, Duration::from_secs(15 * 60));
    for (left, node) in [(4, &one), (3, &two), (2, &one), (1, &two), (0, &one)] {
        let decision = node.limits.check("ada", quota, 1).await;
        assert_eq!((decision.allowed, decision.remaining), (true, left));
    }
    let refused = two.limits.check("ada", quota, 1).await;
    assert_eq!((refused.allowed, refused.remaining), (false, 0));
    let wait = refused.retry_after.unwrap();
    assert!(wait <= Duration::from_secs(180) && wait > Duration::from_secs(150), "{wait:?}");
    assert!(two.limits.check("bob", quota, 5).await.allowed);
    let never = two.limits.check("eve", quota, 6).await;
    assert_eq!((never.allowed, never.remaining, never.retry_after), (false, 5, None));
}

#[tokio::test]
async fn looking_at_a_quota_takes_nothing() {
    let (one, two) = two_nodes().await;
    let quota = Quota::new(2, MINUTE);
    for _ in 0..5 {
        assert_eq!(one.limits.peek("ada", quota).await.remaining, 2);
    }
    one.limits.check("ada", quota, 2).await;
    let empty = two.limits.peek("ada", quota).await;
    assert_eq!((empty.allowed, empty.remaining), (false, 0));
    assert!(empty.retry_after.is_some());
}

#[tokio::test]
async fn waiting_as_long_as_told_is_enough() {
    let (one, _) = two_nodes().await;
    let quota = Quota::new(2, Duration::from_secs(4));
    assert!(one.limits.check("ada", quota, 2).await.allowed);
    let wait = one.limits.check("ada", quota, 1).await.retry_after.unwrap();
    tokio::time::sleep(wait).await;
    assert!(one.limits.check("ada", quota, 1).await.allowed);
}

#[tokio::test]
async fn message_reaches_subscribers_of_its_channel_on_every_node() {
    let (one, two) = two_nodes().await;
    let mut here = one.pubsub.subscribe("a").await;
    let mut there = two.pubsub.subscribe("a").await;
    let mut again = two.pubsub.subscribe("a").await;
    let mut other = two.pubsub.subscribe("b").await;
    one.pubsub.publish("a", b"first").await.unwrap();
    one.pubsub.publish("b", b"second").await.unwrap();
    for subscription in [&mut here, &mut there, &mut again] {
        assert_eq!(next(subscription).await, message("first"));
    }
    assert_eq!(next(&mut other).await, message("second"));
}

#[tokio::test]
async fn subscriptions_that_come_and_go_leave_the_others_alone() {
    let (one, two) = two_nodes().await;
    let mut stays = two.pubsub.subscribe("a").await;
    for _ in 0..20 {
        drop(two.pubsub.subscribe("a").await);
        drop(two.pubsub.subscribe("b").await);
    }
    let mut late = two.pubsub.subscribe("b").await;
    one.pubsub.publish("a", b"x").await.unwrap();
    one.pubsub.publish("b", b"y").await.unwrap();
    assert_eq!(next(&mut stays).await, message("x"));
    assert_eq!(next(&mut late).await, message("y"));
}

async fn survives(line: Line) {
    let prefix = fresh_prefix();
    let proxy = Proxy::before(server()).await;
    let node = node_at(&proxy.addr.to_string(), &prefix).await;
    let witness = node_at(&server(), &prefix).await;
    let quota = Quota::new(3, MINUTE);
    let mut heard = node.pubsub.subscribe("a").await;
    witness.pubsub.publish("a", b"before").await.unwrap();
    assert_eq!(next(&mut heard).await, message("before"));
    assert!(node.limits.check("ada", quota, 3).await.allowed);

    proxy.set(line);
    let lost = promptly(node.cache.get("k")).await;
    assert!(matches!(lost, Err(CacheError::Unavailable(_))), "{lost:?}");
    assert!(promptly(node.pubsub.publish("a", b"lost")).await.is_err());
    // The node's own limiter starts fresh and keeps the quota by itself.
    for allowed in [true, true, true, false] {
        assert_eq!(promptly(node.limits.check("ada", quota, 1)).await.allowed, allowed);
    }
    // One that begins while Redis is away hears of it when it is back.
    let mut late = promptly(node.pubsub.subscribe("b")).await;

    if line == Line::Silent {
        // Until the heartbeat misses its answer; a shorter silence is no loss, only a delay.
        tokio::time::sleep(Duration::from_secs(4)).await;
    }
    proxy.set(Line::Open);
    assert_eq!(next(&mut heard).await, Event::Reconnected);
    assert_eq!(next(&mut late).await, Event::Reconnected);
    witness.pubsub.publish("a", b"after").await.unwrap();
    witness.pubsub.publish("b", b"late").await.unwrap();
    assert_eq!(next(&mut heard).await, message("after"));
    assert_eq!(next(&mut late).await, message("late"));
    let cache = &node.cache;
    eventually("the cache answers again", async || cache.ping().await.is_ok()).await;
    node.cache.set("k", b"v", MINUTE).await.unwrap();
    assert_eq!(witness.cache.get("k").await, Ok(Some(b"v".to_vec())));
    // And the shared quota is in force again: it was used up before.
    assert!(!node.limits.check("ada", quota, 3).await.allowed);
}

#[tokio::test]
async fn redis_that_hangs_up_is_survived() {
    survives(Line::Cut).await;
}

#[tokio::test]
async fn redis_that_falls_silent_is_survived() {
    survives(Line::Silent).await;
}

#[tokio::test]
async fn subscription_confirmed_late_says_that_it_may_have_missed_something() {
    let proxy = Proxy::before(server()).await;
    let node = node_at(&proxy.addr.to_string(), &fresh_prefix()).await;
    let mut first = node.pubsub.subscribe("a").await;
    node.pubsub.publish("a", b"x").await.unwrap();
    assert_eq!(next(&mut first).await, message("x"));
    proxy.set(Line::Silent);
    let mut late = promptly(node.pubsub.subscribe("b")).await;
    proxy.set(Line::Open);
    assert_eq!(next(&mut late).await, Event::Reconnected);
}

#[tokio::test]
async fn node_starts_without_redis_and_finds_it_later() {
    let prefix = fresh_prefix();
    let proxy = Proxy::before(server()).await;
    proxy.set(Line::Cut);
    let node = node_at(&proxy.addr.to_string(), &prefix).await;
    assert!(promptly(node.cache.ping()).await.is_err());
    let mut heard = promptly(node.pubsub.subscribe("a")).await;
    assert!(promptly(node.limits.check("ada", Quota::new(1, MINUTE), 1)).await.allowed);
    proxy.set(Line::Open);
    assert_eq!(next(&mut heard).await, Event::Reconnected);
    let cache = &node.cache;
    eventually("the cache answers", async || cache.ping().await.is_ok()).await;
}
