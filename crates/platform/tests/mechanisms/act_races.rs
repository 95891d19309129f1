//! Acts beside each other, and acts that nobody waits for any more.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use kernel::{Error, act::NewJob, db::Db, policy::Guarded};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    entities::{READ, account},
    harness::{World, on_both, on_both_narrow, on_postgres},
};

/// Polls a future so many times, then drops it; says whether it was done by then.
struct GivenUp<F> {
    future: F,
    polls: usize,
}

impl<F: Future + Unpin> Future for GivenUp<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if Pin::new(&mut self.future).poll(cx).is_ready() {
            return Poll::Ready(true);
        }
        if self.polls <= 1 {
            return Poll::Ready(false);
        }
        self.polls -= 1;
        Poll::Pending
    }
}

async fn act_of_four_writes(world: &World, row: &account::Model) -> kernel::Result<()> {
    world
        .system()
        .act(&world.db, "test.long", async |act| {
            let after = account::Model { name: "changed".into(), ..row.clone() };
            let row = act.update(row, after).await?;
            act.insert(world.new_account("inserted")).await?;
            act.enqueue(NewJob::new("x", String::new()));
            act.delete(row).await
        })
        .await
}

/// Either all or nothing of the act above is there.
async fn is_all_or_nothing(world: &World, row: &account::Model) -> bool {
    // A commit may still be on its way on the writing connection; behind it, its end can be seen.
    world.db.writer().execute_unprepared("SELECT 1").await.unwrap();
    let names = world.rows("SELECT name FROM crm_accounts").await;
    let names: Vec<String> = names.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    let left = (world.count("audit_entries").await, world.count("outbox").await, world.count("jobs").await);
    match names.as_slice() {
        [name] if *name == row.name => {
            assert_eq!(left, (1, 1, 0));
            false
        }
        [name] if name == "inserted" => {
            assert_eq!(left, (4, 4, 1));
            true
        }
        other => panic!("half an act is there: {other:?}"),
    }
}

#[tokio::test]
async fn act_dropped_at_any_point_leaves_nothing_and_gives_the_connection_back() {
    on_both_narrow(async |world| {
        let mut done = false;
        for polls in 1..60 {
            let [row] = world.write(vec![world.new_account("before")]).await.try_into().unwrap();
            done = {
                let act = pin!(act_of_four_writes(world, &row));
                GivenUp { future: act, polls }.await
            };
            // The only writing connection must be free and outside of any transaction.
            let write = world.row(
                "projects_counters",
                [("tenant_id", world.acme.id.into()), ("next_number", 1_i64.into())],
            );
            tokio::time::timeout(Duration::from_secs(5), write).await.unwrap();
            let observer = world.another_node().await;
            let count = Statement::from_string(observer.backend(), "SELECT count(*) FROM projects_counters");
            let seen: i64 =
                observer.query_one_raw(count).await.unwrap().unwrap().try_get_by_index(0).unwrap();
            assert_eq!(seen, 1, "a write after an act dropped after {polls} polls is not committed");
            observer.close().await.unwrap();
            let all = is_all_or_nothing(world, &row).await;
            assert!(all || !done, "an act that ended well is there");
            clear(world, &["projects_counters", "crm_accounts", "audit_entries", "outbox", "jobs"]).await;
            if done {
                break;
            }
        }
        assert!(done, "sixty polls are enough for the act");
    })
    .await;
}

/// Empties tables. The trail lets go of its entries only while their tenant is being purged.
async fn clear(world: &World, tables: &[&str]) {
    let writer = world.db.writer();
    writer.execute_unprepared("UPDATE identity_tenants SET status = 'purging'").await.unwrap();
    for table in tables {
        writer.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
    }
    writer.execute_unprepared("UPDATE identity_tenants SET status = 'active'").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acts_dropped_at_random_times_leave_nothing() {
    on_both_narrow(async |world| {
        for round in 0..60u64 {
            let [row] = world.write(vec![world.new_account("before")]).await.try_into().unwrap();
            let pause = Duration::from_micros(round * 97 % 4_000);
            let done = tokio::time::timeout(pause, act_of_four_writes(world, &row)).await.is_ok();
            let all = is_all_or_nothing(world, &row).await;
            assert!(all || !done);
            clear(world, &["crm_accounts", "audit_entries", "outbox", "jobs"]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn body_that_panics_leaves_nothing() {
    on_both_narrow(async |world| {
        let act = world.system().act(&world.db, "test.panic", async |act| {
            act.insert(world.new_account("never")).await?;
            assert!(act.viewer().user_id().is_some(), "the platform is no person");
            Ok(())
        });
        let caught = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(act)).await;
        assert!(caught.is_err());
        world.write(vec![world.new_account("after")]).await;
        assert_eq!((world.count("crm_accounts").await, world.count("outbox").await), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_acts_on_one_row_end_in_one_conflict_and_lose_nothing() {
    on_both(async |world| {
        for round in 0..10 {
            let [row] = world.write(vec![world.new_account("before")]).await.try_into().unwrap();
            let start = tokio::sync::Barrier::new(2);
            let change = async |name: &str| {
                start.wait().await;
                world
                    .system()
                    .act(&world.db, "test.race", async |act| {
                        act.update(&row, account::Model { name: name.into(), ..row.clone() }).await
                    })
                    .await
            };
            let (one, two) = tokio::join!(change("one"), change("two"));
            let (winner, loser) = match (one, two) {
                (Ok(row), Err(error)) | (Err(error), Ok(row)) => (row, error),
                other => panic!("round {round}: {other:?}"),
            };
            assert!(matches!(loser, Error::Conflict { current_version: Some(2), .. }), "{loser:?}");
            let stored = account::Entity::fetch(&world.db, world.system(), READ, row.id).await.unwrap();
            assert_eq!(stored, winner, "what the winner was told is what is stored");
            assert_eq!(
                world.one::<i64>("SELECT count(*) FROM crm_accounts WHERE version = 2").await,
                round + 1
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_acts_at_once_all_succeed() {
    on_both(async |world| {
        let rows = world.write((0..50).map(|n| world.new_account(&format!("{n}"))).collect()).await;
        let nodes = if world.is_postgres() {
            vec![world.db.clone(), world.another_node().await]
        } else {
            vec![world.db.clone()]
        };
        let acts =
            rows.iter().enumerate().map(|(n, row)| read_and_change(world, &nodes[n % nodes.len()], row));
        let done = futures::future::join_all(acts).await;
        for result in done {
            assert_eq!(result.unwrap().version, 2);
        }
        assert_eq!(world.one::<i64>("SELECT count(*) FROM crm_accounts WHERE version = 2").await, 50);
        assert_eq!((world.count("audit_entries").await, world.count("outbox").await), (100, 100));
    })
    .await;
}

/// Reads, then writes: what would make a snapshot stale on SQLite if the lock were not taken first.
async fn read_and_change(world: &World, db: &Db, row: &account::Model) -> kernel::Result<account::Model> {
    let act = world.system().act(db, "test.many", async |act| {
        let seen = account::Entity::fetch_in(act.conn(), act.viewer(), READ, row.id).await?;
        act.update(&seen, account::Model { name: "changed".into(), ..seen.clone() }).await
    });
    act.await
}

#[tokio::test]
async fn second_process_on_sqlite_waits_for_the_writer() {
    on_both(async |world| {
        let [row] = world.write(vec![world.new_account("before")]).await.try_into().unwrap();
        let other = world.another_node().await;
        let slow = world.system().act(&world.db, "test.slow", async |act| {
            act.insert(world.new_account("slow")).await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(())
        });
        let (slow, quick) = tokio::join!(slow, read_and_change(world, &other, &row));
        slow.unwrap();
        assert_eq!(quick.unwrap().version, 2);
        other.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acts_that_lock_each_other_out_end_in_one_unavailable() {
    on_postgres(async |world| {
        let [one, two] =
            world.write(vec![world.new_account("1"), world.new_account("2")]).await.try_into().unwrap();
        let both_hold_one = tokio::sync::Barrier::new(2);
        let change = async |first: &account::Model, second: &account::Model| {
            let act = world.system().act(&world.db, "test.cross", async |act| {
                act.update(first, account::Model { name: "changed".into(), ..first.clone() }).await?;
                both_hold_one.wait().await;
                act.update(second, account::Model { name: "changed".into(), ..second.clone() }).await
            });
            act.await
        };
        let (forth, back) = tokio::join!(change(&one, &two), change(&two, &one));
        let ((Ok(_), Err(loser)) | (Err(loser), Ok(_))) = (forth, back) else {
            panic!("one of them must end")
        };
        assert_eq!(loser.code(), "UNAVAILABLE", "trying again helps");
        assert_eq!(world.one::<i64>("SELECT count(*) FROM crm_accounts WHERE version = 2").await, 2);
    })
    .await;
}
