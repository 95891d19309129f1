//! Tests of idempotency keys on a migrated SQLite.

use chrono::TimeZone as _;
use kernel::{
    act::lease::COMMITTED,
    clock::Clock,
    id::{IdGen, TenantId, UserId},
    viewer::{Grants, Inner, RequestInfo, TenantInfo},
};
use secrecy::SecretString;

use super::*;

struct World {
    db: Db,
    clock: Clock,
    ids: IdGen,
    tenant: TenantInfo,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("t.db").display());
        let settings =
            platform::settings::DatabaseSettings { url: SecretString::from(url), ..Default::default() };
        let pools = platform::db::pools(&settings).await.unwrap();
        migrations::up(&pools.write).await.unwrap();
        let db = Db::new(pools.read, pools.write);
        let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap());
        let ids = IdGen::seeded(clock.clone(), 1);
        let tenant = TenantInfo {
            id: ids.generate::<TenantId>(),
            slug: "acme".into(),
            locale: Default::default(),
            currency: Default::default(),
            time_zone: chrono_tz::UTC,
            working_week: Default::default(),
        };
        // Reason: the table points at tenants, whose columns are none of this test's business.
        db.writer().execute_unprepared("PRAGMA foreign_keys = off").await.unwrap();
        Self { db, clock, ids, tenant, _folder: folder }
    }

    fn viewer(&self) -> Viewer {
        Viewer::from(Inner {
            tenant: self.tenant.clone(),
            actor: Actor::User(self.ids.generate::<UserId>()),
            membership: None,
            account: None,
            session: None,
            grants: std::sync::Arc::new(Grants::None),
            now: self.clock.now(),
            request: RequestInfo::default(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        })
    }

    async fn claim(&self, viewer: &Viewer, key: &str, request: u8) -> Result<Claim, Refusal> {
        let key = Key::parse(&key.parse().unwrap()).unwrap();
        claim(&self.db, viewer, &key, &[request; 32], Duration::from_secs(60)).await
    }
}

fn stored(body: &str) -> Stored {
    Stored {
        status: StatusCode::OK,
        content_type: "application/json".into(),
        body: body.into(),
        looks: Vec::new(),
    }
}

fn lease(claim: Claim) -> Lease {
    let Claim::Run(lease) = claim else { panic!("{claim:?}") };
    lease
}

fn code(refused: Result<Claim, Refusal>) -> (String, bool) {
    match refused.unwrap_err() {
        Refusal::Problem(problem) => (problem.code.name().to_owned(), problem.retry_after.is_some()),
        Refusal::Error(error) => (error.code().to_owned(), false),
    }
}

#[tokio::test]
async fn answer_is_replayed_to_the_same_request_alone() {
    let world = World::new().await;
    let viewer = world.viewer();
    let first = lease(world.claim(&viewer, "k", 1).await.unwrap());
    assert_eq!(code(world.claim(&viewer, "k", 1).await), ("CONFLICT".into(), true));
    first.store(&world.db, &stored("{}")).await.unwrap();
    let Claim::Replay(replayed) = world.claim(&viewer, "k", 1).await.unwrap() else { panic!() };
    assert_eq!(replayed, stored("{}"));
    assert_eq!(code(world.claim(&viewer, "k", 2).await), ("CONFLICT".into(), false));
}

#[tokio::test]
async fn keys_of_other_people_are_other_keys() {
    let world = World::new().await;
    lease(world.claim(&world.viewer(), "k", 1).await.unwrap()).store(&world.db, &stored("1")).await.unwrap();
    lease(world.claim(&world.viewer(), "k", 2).await.unwrap());
}

#[tokio::test]
async fn released_key_is_free_again() {
    let world = World::new().await;
    let viewer = world.viewer();
    lease(world.claim(&viewer, "k", 1).await.unwrap()).release(&world.db).await.unwrap();
    lease(world.claim(&viewer, "k", 2).await.unwrap());
}

#[tokio::test]
async fn expired_lease_is_taken_over_by_one_of_many() {
    let world = World::new().await;
    let viewer = world.viewer();
    let lost = lease(world.claim(&viewer, "k", 1).await.unwrap());
    world.clock.advance(Duration::from_secs(61));
    let tries = futures::future::join_all((0..8).map(|_| world.claim(&viewer, "k", 1))).await;
    let mut leases: Vec<Lease> = tries.into_iter().filter_map(Result::ok).map(lease).collect();
    assert_eq!(leases.len(), 1);
    // The first process was only slow: it no longer owns the key.
    lost.store(&world.db, &stored("late")).await.unwrap();
    leases.remove(0).store(&world.db, &stored("second")).await.unwrap();
    let Claim::Replay(replayed) = world.claim(&viewer, "k", 1).await.unwrap() else { panic!() };
    assert_eq!(replayed.body, "second");
}

#[tokio::test]
async fn lease_under_which_something_was_done_is_not_taken_over_for_a_day() {
    let world = World::new().await;
    let viewer = world.viewer();
    let killed = lease(world.claim(&viewer, "k", 1).await.unwrap());
    let done = format!("UPDATE idempotency_keys SET status = {COMMITTED}");
    world.db.writer().execute_unprepared(&done).await.unwrap();
    assert!(!killed.release(&world.db).await.unwrap(), "what was done is not forgotten");
    assert_eq!(
        code(world.claim(&viewer, "k", 1).await),
        ("CONFLICT".into(), true),
        "it may still be answered"
    );
    world.clock.advance(Duration::from_secs(61));
    assert_eq!(code(world.claim(&viewer, "k", 1).await), ("CONFLICT".into(), false), "it is lost");
    world.clock.advance(Duration::from_secs(24 * 3_600));
    lease(world.claim(&viewer, "k", 1).await.unwrap());
}

#[tokio::test]
async fn table_holds_neither_keys_nor_hashes_of_requests_alone() {
    let world = World::new().await;
    let viewer = world.viewer();
    lease(world.claim(&viewer, "one", 1).await.unwrap());
    lease(world.claim(&viewer, "two", 1).await.unwrap());
    #[expect(clippy::disallowed_methods, reason = "the test looks at every row")]
    let rows = entity::Entity::find().all(&world.db).await.unwrap();
    assert!(rows.iter().all(|row| row.key.len() == 64 && row.request_hash != hex(&[1; 32])), "{rows:?}");
    assert_ne!(rows[0].request_hash, rows[1].request_hash);
}

#[tokio::test]
async fn key_is_forgotten_after_a_day() {
    let world = World::new().await;
    let viewer = world.viewer();
    lease(world.claim(&viewer, "k", 1).await.unwrap()).store(&world.db, &stored("1")).await.unwrap();
    world.clock.advance(Duration::from_secs(24 * 3_600));
    lease(world.claim(&viewer, "k", 2).await.unwrap()).store(&world.db, &stored("2")).await.unwrap();
    world.clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(sweep(&world.db, world.clock.now()).await.unwrap(), 1);
}

#[tokio::test]
async fn of_many_at_once_one_runs() {
    let world = World::new().await;
    let viewer = world.viewer();
    let tries = futures::future::join_all((0..16).map(|_| world.claim(&viewer, "k", 1))).await;
    assert_eq!(tries.iter().filter(|claimed| claimed.is_ok()).count(), 1);
}

#[test]
fn keys_are_visible_ascii_of_bounded_length() {
    for bad in ["", " ", "a b", &"k".repeat(256)] {
        assert!(Key::parse(&bad.parse().unwrap()).is_err(), "{bad:?}");
    }
    assert!(Key::parse(&http::HeaderValue::from_bytes("é".as_bytes()).unwrap()).is_err());
    assert!(Key::parse(&"8e03978e-40d5-43e8-bc93-6894a57f9324".parse().unwrap()).is_ok());
}
