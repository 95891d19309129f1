//! Migrations go forward and back on both databases, also with data, step by step, and from two processes at once.

use crate::support::{catalog, on_each, rows};
use migrations::{STEPS, down, status, up};
use sea_orm_migration::sea_orm::prelude::{Date, DateTimeUtc, Json, Uuid};
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

async fn applied(conn: &DatabaseConnection) -> usize {
    let steps = status(conn).await.unwrap();
    assert_eq!(steps.len(), STEPS.len());
    steps.iter().filter(|step| step.applied).count()
}

#[tokio::test]
async fn down_leaves_nothing_and_up_brings_the_same_back() {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        assert_eq!(applied(&conn).await, 0);
        let before = catalog::everything(&conn).await;
        assert!(before.is_empty(), "status writes nothing: {before:?}");

        up(&conn).await.unwrap();
        assert_eq!(applied(&conn).await, STEPS.len());
        let first = catalog::read(&conn).await;
        rows::seed(&conn, &first).await;

        down(&conn, None).await.unwrap();
        assert_eq!(applied(&conn).await, 0);
        let left = catalog::everything(&conn).await;
        assert!(left.is_empty(), "down leaves {left:?}");

        up(&conn).await.unwrap();
        let second = catalog::read(&conn).await;
        assert_eq!(format!("{first:?}"), format!("{second:?}"));
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn each_step_goes_back_and_forth_with_data_in_place() {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        up(&conn).await.unwrap();
        let whole = catalog::read(&conn).await;
        let [world, _] = rows::seed(&conn, &whole).await;
        let account = &world["crm_accounts"]["id"];
        let member = &world["identity_memberships"];
        rows::set(&conn, "identity_memberships", member, "account_id", account).await.unwrap();
        for steps in 1..u32::try_from(STEPS.len()).unwrap() {
            down(&conn, Some(steps)).await.unwrap();
            let left = STEPS.len() - usize::try_from(steps).unwrap();
            assert_eq!(applied(&conn).await, left);
            up(&conn).await.unwrap();
            let again = catalog::read(&conn).await;
            assert_eq!(format!("{whole:?}"), format!("{again:?}"));
        }
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn up_twice_changes_nothing() {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        up(&conn).await.unwrap();
        let first = catalog::everything(&conn).await;
        up(&conn).await.unwrap();
        assert_eq!(catalog::everything(&conn).await, first);
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_migrating_at_once_take_turns() {
    on_each(async |scratch| {
        let conns = futures::future::join_all((0..4).map(|_| scratch.connect())).await;
        let outcomes = futures::future::join_all(conns.iter().map(up)).await;
        for outcome in outcomes {
            outcome.unwrap();
        }
        assert_eq!(applied(&conns[0]).await, STEPS.len());
        for conn in conns {
            conn.close().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn value_of_each_type_comes_back_as_it_went() {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        up(&conn).await.unwrap();
        let catalog = catalog::read(&conn).await;
        let [world, _] = rows::seed(&conn, &catalog).await;
        let stamp: DateTimeUtc = "2026-03-01T09:00:00.123456Z".parse().unwrap();
        let day: Date = "2026-03-02".parse().unwrap();
        let tags = Json::from(vec!["a", "b"]);
        let creator = Uuid::from_u128(7);
        let id = &world["projects_projects"]["id"];
        let sql = format!(
            "UPDATE projects_projects SET created_by = $1, created_at = $2, actual_start = $3, \
             tags = $4, number = $5, health = $6, budget_currency = $7, name = $8 WHERE id = {id}"
        );
        let values = [
            creator.into(),
            stamp.into(),
            day.into(),
            tags.clone().into(),
            i64::MAX.into(),
            100_i32.into(),
            "CHF".into(),
            "Relaunch".into(),
        ];
        let backend = conn.get_database_backend();
        conn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.unwrap();
        let sql =
            format!("SELECT p.*, r.system FROM projects_projects p, identity_roles r WHERE p.id = {id}");
        let row = conn.query_one_raw(Statement::from_string(backend, sql)).await.unwrap().unwrap();
        assert_eq!(row.try_get::<Uuid>("", "created_by").unwrap(), creator);
        assert_eq!(row.try_get::<DateTimeUtc>("", "created_at").unwrap(), stamp);
        assert_eq!(row.try_get::<Date>("", "actual_start").unwrap(), day);
        assert_eq!(row.try_get::<Json>("", "tags").unwrap(), tags);
        assert_eq!(row.try_get::<i64>("", "number").unwrap(), i64::MAX);
        assert_eq!(row.try_get::<i32>("", "health").unwrap(), 100);
        assert_eq!(row.try_get::<String>("", "budget_currency").unwrap(), "CHF");
        assert_eq!(row.try_get::<String>("", "name").unwrap(), "Relaunch");
        assert!(row.try_get::<bool>("", "system").unwrap());
        let absent = row.try_get::<Option<DateTimeUtc>>("", "archived_at");
        assert!(absent.unwrap().is_some());
        conn.close().await.unwrap();
    })
    .await;
}
