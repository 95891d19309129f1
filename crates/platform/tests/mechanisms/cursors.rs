//! Cursors that are not of the list, and page sizes that no page has: INVALID at the argument that is wrong.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{
    Error,
    page::{Connection, Order, PageArgs, list},
    policy::Guarded,
};
use serde_json::{Value, json};

use crate::{
    entities::{
        Project, READ, Task,
        project::{Column, Entity},
        task,
    },
    harness::{World, on_both},
};

type Listed = kernel::Result<Connection<Project>>;

async fn ask(world: &World, order: Order<Entity>, args: PageArgs) -> Listed {
    list(&world.db, Entity::visible(world.system(), READ), order, &args).await
}

fn refused(listed: Listed) -> (String, &'static str) {
    match listed {
        Err(Error::Invalid(fields)) => {
            assert_eq!(fields.len(), 1);
            (fields[0].path.clone(), fields[0].code())
        }
        Err(other) => panic!("expected INVALID, got {other:?}"),
        Ok(page) => panic!("expected INVALID, got {:?}", page.info()),
    }
}

fn after(cursor: impl Into<String>) -> PageArgs {
    PageArgs::new(Some(5), Some(cursor.into()), None, None)
}

fn before(cursor: impl Into<String>) -> PageArgs {
    PageArgs::new(None, None, Some(5), Some(cursor.into()))
}

fn forged(parts: Value) -> String {
    URL_SAFE_NO_PAD.encode(parts.to_string())
}

async fn end_of_first(world: &World, order: Order<Entity>) -> String {
    ask(world, order, PageArgs::first(2)).await.unwrap().info().end_cursor.clone().unwrap()
}

#[tokio::test]
async fn cursor_of_another_list_or_order_is_refused() {
    on_both(async |world| {
        let projects = world.projects(3).await;
        let (project, column) = &projects[0];
        world.write((1..4).map(|n| world.new_task(project, *column, n)).collect()).await;
        let order = Order::asc(Column::Number);
        let own = end_of_first(world, order).await;
        assert!(ask(world, order, after(&own)).await.is_ok());
        let tasks = task::Entity::visible(world.system(), READ);
        let tasks =
            list::<_, Task>(&world.db, tasks, Order::asc(task::Column::Number), &PageArgs::first(2)).await;
        let foreign = [
            end_of_first(world, Order::desc(Column::Number)).await,
            end_of_first(world, Order::asc(Column::Name)).await,
            end_of_first(world, Order::asc(Column::ExpectedDelivery)).await,
            tasks.unwrap().info().end_cursor.clone().unwrap(),
        ];
        for cursor in foreign {
            assert_eq!(refused(ask(world, order, after(&cursor)).await), ("after".into(), "foreign_cursor"));
            assert_eq!(
                refused(ask(world, order, before(&cursor)).await),
                ("before".into(), "foreign_cursor")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn text_that_is_no_cursor_is_refused() {
    on_both(async |world| {
        world.projects(3).await;
        let id = uuid::Uuid::nil();
        let nested = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
        let garbage = [
            String::new(),
            " ".into(),
            "\0".into(),
            "null".into(),
            "not a cursor!".into(),
            "é東🚀".into(),
            "A".repeat(1_000_000),
            URL_SAFE_NO_PAD.encode([0xff, 0xfe, 0x00]),
            URL_SAFE_NO_PAD.encode(nested),
            forged(json!(null)),
            forged(json!({})),
            forged(json!([])),
            forged(json!(["Project", "name+", "a"])),
            forged(json!(["Project", "name+", "a", "not a uuid"])),
            forged(json!(["Project", "name+", "a", id, 1])),
            forged(json!(["Project", "name+", 7, id])),
            forged(json!(["Project", "name+", null, id])),
            forged(json!(["Project", "name+", ["a"], id])),
            forged(json!(["Project", "name+", "a\0b", id])),
            forged(json!(["Project", "name+", "a".repeat(100_000), id])),
            forged(json!(["project", "name+", "a", id])),
        ];
        for text in garbage {
            let order = Order::asc(Column::Name);
            let shown: String = text.chars().take(60).collect();
            let answer = refused(ask(world, order, after(&text)).await);
            assert_eq!(answer, ("after".into(), "foreign_cursor"), "{shown}");
            let answer = refused(ask(world, order, before(&text)).await);
            assert_eq!(answer, ("before".into(), "foreign_cursor"), "{shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn forged_values_are_refused_or_harmless_for_every_type() {
    on_both(async |world| {
        world.projects(3).await;
        let values = [
            json!(0),
            json!(-1),
            json!(1.5),
            json!(1e300),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(true),
            json!(null),
            json!(""),
            json!("2026-01-01"),
            json!("-262143-01-01"),
            json!("+262142-12-31"),
            json!("0000-01-01"),
            json!("2026-01-01T00:00:00Z"),
            json!("2026-01-01T00:00:60Z"),
            json!("2026-01-01T00:00:00.123456789+14:00"),
            json!("-262143-01-01T00:00:00Z"),
            json!("+262142-12-31T23:59:59Z"),
            json!("0000-01-01T00:00:00+23:59"),
            json!("9999-12-31T23:59:59.999999999Z"),
            json!(uuid::Uuid::max()),
            json!("\u{0}"),
            json!("\u{fffd}\u{10ffff}"),
            json!([1]),
            json!({ "a": 1 }),
        ];
        let columns = [
            Column::Number,
            Column::Name,
            Column::ExpectedDelivery,
            Column::Health,
            Column::ArchivedAt,
            Column::CreatedBy,
        ];
        for column in columns {
            for (descending, sign) in [(false, '+'), (true, '-')] {
                for value in &values {
                    let tag = format!("{}{sign}", sea_orm::IdenStatic::as_str(&column));
                    let cursor = forged(json!(["Project", tag, value, uuid::Uuid::nil()]));
                    for args in [after(&cursor), before(&cursor)] {
                        match ask(world, Order { descending, ..Order::asc(column) }, args).await {
                            Ok(_) => {}
                            Err(Error::Invalid(_)) => {}
                            Err(other) => panic!("{tag} {value}: {other:?}"),
                        }
                    }
                }
            }
        }
        let forged = forged(json!(["Project", "number+", 2, uuid::Uuid::max()]));
        let page = ask(world, Order::asc(Column::Number), after(forged)).await.unwrap();
        assert_eq!(page.rows().map(|row| row.0.number).collect::<Vec<_>>(), [3], "a place that no row has");
    })
    .await;
}

#[tokio::test]
async fn cursor_with_one_letter_changed_is_refused_or_harmless() {
    on_both(async |world| {
        world.projects(3).await;
        let order = Order::desc(Column::CreatedAt);
        let own = end_of_first(world, order).await;
        let mut refusals = 0;
        for place in 0..own.len() {
            let mut bytes = own.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'_' } else { b'A' };
            match ask(world, order, after(String::from_utf8(bytes).unwrap())).await {
                Ok(page) => assert!(page.rows().count() <= 3),
                Err(Error::Invalid(fields)) => {
                    assert_eq!(fields[0].path, "after");
                    refusals += 1;
                }
                Err(other) => panic!("letter {place}: {other:?}"),
            }
        }
        assert!(refusals > own.len() / 3, "{refusals} of {}", own.len());
    })
    .await;
}

#[tokio::test]
async fn page_size_out_of_bounds_is_refused_at_its_argument() {
    on_both(async |world| {
        let order = Order::asc(Column::Number);
        for size in [-1, 101, i32::MIN, i32::MAX] {
            let first = refused(ask(world, order, PageArgs::first(size)).await);
            assert_eq!(first, ("first".into(), "page_size"));
            let last = refused(ask(world, order, PageArgs::new(None, None, Some(size), None)).await);
            assert_eq!(last, ("last".into(), "page_size"));
        }
    })
    .await;
}

#[tokio::test]
async fn both_directions_at_once_are_refused() {
    on_both(async |world| {
        world.projects(3).await;
        let order = Order::asc(Column::Number);
        let cursor = || Some("x".to_owned());
        let cases = [
            (PageArgs::new(Some(1), None, Some(1), None), "last"),
            (PageArgs::new(Some(1), None, None, cursor()), "before"),
            (PageArgs::new(None, cursor(), Some(1), None), "last"),
            (PageArgs::new(None, cursor(), None, cursor()), "before"),
            (PageArgs::new(Some(1), cursor(), Some(1), cursor()), "last"),
        ];
        for (args, field) in cases {
            assert_eq!(
                refused(ask(world, order, args.clone()).await),
                (field.into(), "both_ends"),
                "{args:?}"
            );
        }
        let db = world.db.counted();
        let args = PageArgs::new(Some(1), None, Some(1), None);
        let wrong = list::<_, Project>(&db, Entity::visible(world.system(), READ), order, &args).await;
        assert!(wrong.is_err());
        assert_eq!(db.statements().count(), 0, "refused before the database is asked");
    })
    .await;
}
