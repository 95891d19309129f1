//! Values go into both databases and come back as they were: times, dates, JSON, numbers, ids, nulls.

use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use kernel::policy::Guarded;
use serde_json::json;

use crate::{
    entities::{READ, account, project},
    harness::{World, on_both},
};

async fn read_back(world: &World, row: &project::Model) -> project::Model {
    project::Entity::fetch(&world.db, world.system(), READ, row.id).await.unwrap()
}

#[tokio::test]
async fn times_come_back_to_the_microsecond() {
    on_both(async |world| {
        let times = [
            world.now(),
            Utc.with_ymd_and_hms(1999, 12, 31, 23, 59, 59).unwrap() + TimeDelta::microseconds(999_999),
            Utc.with_ymd_and_hms(2026, 3, 29, 1, 30, 0).unwrap() + TimeDelta::microseconds(1),
            Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + TimeDelta::milliseconds(120),
            Utc.timestamp_opt(0, 0).unwrap(),
            Utc.with_ymd_and_hms(9999, 12, 31, 23, 59, 59).unwrap(),
        ];
        let rows = times.iter().enumerate().map(|(n, time)| project::Model {
            archived_at: Some(*time),
            created_at: *time,
            ..world.new_project(n as i64)
        });
        for row in world.write(rows.collect()).await {
            assert_eq!(read_back(world, &row).await, row);
        }
        let system = kernel::clock::Clock::system().now();
        let row = project::Model { archived_at: Some(system), ..world.new_project(99) };
        let [row] = world.write(vec![row]).await.try_into().unwrap();
        assert_eq!(read_back(world, &row).await.archived_at, Some(system));
    })
    .await;
}

#[tokio::test]
async fn instant_of_a_client_comes_back_as_it_was_taken() {
    on_both(async |world| {
        let fine = kernel::scalar::DateTime::from(world.now() + TimeDelta::nanoseconds(1_999)).utc();
        let new = project::Model { archived_at: Some(fine), ..world.new_project(1) };
        let [row] = world.write(vec![new]).await.try_into().unwrap();
        assert_eq!(read_back(world, &row).await, row);
    })
    .await;
}

#[tokio::test]
async fn every_column_comes_back_full_and_empty() {
    on_both(async |world| {
        let user = world.user("ada").await;
        let [client] = world.write(vec![world.new_account("Globex")]).await.try_into().unwrap();
        let date = |day| NaiveDate::from_ymd_opt(2026, 2, day);
        let full = project::Model {
            number: i64::MAX,
            name: "Zoë «naïve» 東京 🚀 'quote' \"double\" \\ back % _ \n tab\t".into(),
            description: "x".repeat(100_000),
            account_id: Some(client.id),
            manager_id: Some(user),
            held_from: Some("planning".into()),
            estimated_start: date(1),
            estimated_end: date(28),
            actual_start: NaiveDate::from_ymd_opt(1, 1, 1),
            actual_end: NaiveDate::from_ymd_opt(9999, 12, 31),
            expected_delivery: NaiveDate::from_ymd_opt(2028, 2, 29),
            budget_minor: Some(i64::MAX),
            budget_currency: Some("JPY".into()),
            budget_minutes: Some(0),
            tags: json!(["a", "", "é", { "deep": [null, true, 1.5, -3, 9_007_199_254_740_993_i64] }]),
            health: Some(100),
            created_by: Some(uuid::Uuid::max()),
            archived_at: Some(world.now()),
            ..world.new_project(1)
        };
        let [full] = world.write(vec![full]).await.try_into().unwrap();
        assert_eq!(read_back(world, &full).await, full);

        let empty = project::Model { id: full.id, code: full.code.clone(), ..world.new_project(1) };
        let act = world.system().act(&world.db, "test.empty", async |act| act.update(&full, empty).await);
        let empty = act.await.unwrap();
        assert_eq!(empty.account_id, None);
        assert_eq!(read_back(world, &empty).await, empty);

        let again = project::Model { version: empty.version, ..full.clone() };
        let [other] = world.write(vec![world.new_project(2)]).await.try_into().unwrap();
        let unlike = project::Model {
            budget_minor: None,
            tags: json!({}),
            code: "P-2".into(),
            id: other.id,
            number: 2,
            ..again.clone()
        };
        let act = world.system().act(&world.db, "test.fill", async |act| {
            act.update_pairs(vec![(empty.clone(), again), (other.clone(), unlike)]).await
        });
        for row in act.await.unwrap() {
            assert_eq!(read_back(world, &row).await, row, "rows written each to its own values");
        }
    })
    .await;
}

#[tokio::test]
async fn amounts_at_the_ends_of_their_range_come_back() {
    on_both(async |world| {
        let (project, column) = world.projects(1).await.remove(0);
        let amounts = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX];
        let rows = amounts.iter().enumerate().map(|(n, amount)| crate::entities::task::Model {
            remaining_minutes: Some(*amount),
            ..world.new_task(&project, column, n as i64)
        });
        let rows = world.write(rows.collect()).await;
        for row in rows {
            let back =
                crate::entities::task::Entity::fetch(&world.db, world.system(), READ, row.id).await.unwrap();
            assert_eq!(back, row);
            let money = kernel::money::Money::new(
                back.remaining_minutes.unwrap(),
                kernel::money::Currency::default(),
            );
            assert_eq!(money.amount, row.remaining_minutes.unwrap());
        }
    })
    .await;
}

#[tokio::test]
async fn texts_that_only_differ_by_case_or_marks_stay_apart() {
    on_both(async |world| {
        let names = ["e", "E", "é", "e\u{301}", "ß", "ss", " e", "e "];
        let rows = world.write(names.iter().map(|name| world.new_account(name)).collect()).await;
        for row in rows {
            let back = account::Entity::fetch(&world.db, world.system(), READ, row.id).await.unwrap();
            assert_eq!(back, row);
        }
    })
    .await;
}

#[tokio::test]
async fn text_with_nul_is_refused_without_breaking_the_connection() {
    on_both(async |world| {
        let act = world.system();
        let act = act.act(&world.db, "test.nul", async |act| act.insert(world.new_account("a\0b")).await);
        // SQLite keeps it, PostgreSQL refuses it; texts of clients are checked for it before.
        assert_eq!(act.await.is_ok(), !world.is_postgres());
        world.write(vec![world.new_account("after")]).await;
    })
    .await;
}
