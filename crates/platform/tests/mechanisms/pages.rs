//! Pages of a root list: walked in either direction they are the whole list, whatever it is ordered by.

use chrono::{NaiveDate, TimeDelta};
use kernel::{
    ask::Ask,
    page::{Connection, Order, PageArgs, Sort, list},
    policy::Guarded,
};
use proptest::{
    collection::vec,
    option,
    prelude::{Strategy, any},
    sample::select,
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{
    entities::{
        Project, READ,
        project::{Column, Entity, Model},
    },
    harness::{World, on_both, on_postgres_with, property},
};

/// What lists are ordered by: each type of column that is, with and without null, and the id itself.
const COLUMNS: [Column; 11] = [
    Column::Number,
    Column::Name,
    Column::Description,
    Column::HeldFrom,
    Column::ExpectedDelivery,
    Column::Health,
    Column::BudgetMinor,
    Column::ArchivedAt,
    Column::CreatedAt,
    Column::CreatedBy,
    Column::Id,
];

const TEXTS: [&str; 9] = ["", " ", "a", "B", "b", "é", "東京", "🚀", "it's \"\\ %_\n"];

/// Few values, so that many rows are tied.
#[derive(Clone, Debug)]
struct Row {
    text: &'static str,
    small: i64,
    maybe: Option<u8>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (select(&TEXTS[..]), -3..3_i64, option::of(0..4_u8));
    vec(row.prop_map(|(text, small, maybe)| Row { text, small, maybe }), 0..28)
}

impl World {
    fn project_of(&self, row: &Row, code: usize) -> Model {
        let Row { text, small, maybe } = row;
        Model {
            code: format!("{code}"),
            number: *small,
            name: (*text).into(),
            description: format!("{text}{small}"),
            held_from: maybe.map(|n| ["planning", "review", "intake", "completed"][usize::from(n)].into()),
            expected_delivery: maybe.map(|n| NaiveDate::from_ymd_opt(2026, 1, 1 + u32::from(n)).unwrap()),
            health: maybe.map(i32::from),
            budget_minor: maybe.map(|n| i64::MAX - i64::from(n)),
            archived_at: maybe.map(|n| self.now() + TimeDelta::microseconds(i64::from(n) * 500)),
            created_at: self.now() + TimeDelta::milliseconds(*small),
            created_by: maybe.map(|n| Uuid::from_u128(u128::from(n) << 120)),
            ..self.new_project(0)
        }
    }

    async fn page(&self, order: Order<Entity>, args: PageArgs) -> kernel::Result<Connection<Project>> {
        list(&self.db, Entity::visible(self.system(), READ), order, &args).await
    }

    /// Every page from one end to the other, and their rows in the order of the list.
    async fn walk(&self, order: Order<Entity>, size: i32, backward: bool) -> Vec<Model> {
        let mut walked: Vec<Model> = Vec::new();
        let mut cursor = None;
        loop {
            let args = match backward {
                false => PageArgs::new(Some(size), cursor.clone(), None, None),
                true => PageArgs::new(None, None, Some(size), cursor.clone()),
            };
            let page = self.page(order, args).await.unwrap();
            let rows: Vec<Model> = page.rows().map(|row| row.0.clone()).collect();
            let info = page.info();
            assert!(rows.len() <= size as usize);
            assert_eq!(
                (info.start_cursor.is_some(), info.end_cursor.is_some()),
                (!rows.is_empty(), !rows.is_empty())
            );
            let (more, continued) = match backward {
                false => (info.has_next_page, info.has_previous_page),
                true => (info.has_previous_page, info.has_next_page),
            };
            assert_eq!(continued, cursor.is_some());
            assert!(!more || rows.len() == size as usize, "a page with more behind it is full");
            cursor = if backward { info.start_cursor.clone() } else { info.end_cursor.clone() };
            match backward {
                false => walked.extend(rows),
                true => walked.splice(0..0, rows).for_each(drop),
            }
            if !more {
                return walked;
            }
        }
    }

    async fn clear(&self) {
        self.db.writer().execute_unprepared("DELETE FROM projects_projects").await.unwrap();
    }
}

/// The list as it must be: nulls last in either direction, ties by id in the same direction.
fn sorted(rows: &[Model], order: Order<Entity>) -> Vec<Model> {
    fn key<K: Ord>(
        of: impl Fn(&Model) -> Option<K>,
        descending: bool,
    ) -> impl Fn(&Model, &Model) -> std::cmp::Ordering {
        move |a, b| {
            let (x, y) = (of(a), of(b));
            let nulls = x.is_none().cmp(&y.is_none());
            let forwards = x.cmp(&y).then(a.id.cmp(&b.id));
            nulls.then(if descending { forwards.reverse() } else { forwards })
        }
    }
    let mut rows = rows.to_vec();
    let down = order.descending;
    match order.column {
        Column::Number => rows.sort_by(key(|row| Some(row.number), down)),
        Column::Name => rows.sort_by(key(|row| Some(row.name.clone()), down)),
        Column::Description => rows.sort_by(key(|row| Some(row.description.clone()), down)),
        Column::HeldFrom => {
            let place = move |word: &String| match order.sort {
                Sort::Words(words) => (words.iter().position(|known| known == word), String::new()),
                Sort::Value => (None, word.clone()),
            };
            let behind = |(place, word): (Option<usize>, String)| (place.is_none(), place, word);
            rows.sort_by(key(move |row| row.held_from.as_ref().map(place).map(behind), down));
        }
        Column::ExpectedDelivery => rows.sort_by(key(|row| row.expected_delivery, down)),
        Column::Health => rows.sort_by(key(|row| row.health, down)),
        Column::BudgetMinor => rows.sort_by(key(|row| row.budget_minor, down)),
        Column::ArchivedAt => rows.sort_by(key(|row| row.archived_at, down)),
        Column::CreatedAt => rows.sort_by(key(|row| Some(row.created_at), down)),
        Column::CreatedBy => rows.sort_by(key(|row| row.created_by, down)),
        Column::Id => rows.sort_by(key(|row| Some(row.id), down)),
        other => panic!("no order by {other:?}"),
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn pages_walked_either_way_are_the_sorted_list() {
    on_both(async |world| {
        let cases = (rows(), select(&COLUMNS[..]), any::<bool>(), 1..9_i32);
        property(60, &cases, async |(rows, column, descending, size)| {
            world.clear().await;
            let new = rows.iter().enumerate().map(|(n, row)| world.project_of(row, n)).collect();
            let rows = world.write(new).await;
            // Words that are in the list have its order, all others come behind.
            for sort in [Sort::Value, Sort::Words(&["review", "intake"])] {
                let order = Order { descending, ..Order::asc(column) };
                let order = if matches!(column, Column::HeldFrom) { order.sorted(sort) } else { order };
                let expected = sorted(&rows, order);
                assert_eq!(world.walk(order, size, false).await, expected, "forwards");
                assert_eq!(world.walk(order, size, true).await, expected, "backwards");
            }
        });
    })
    .await;
}

#[tokio::test]
async fn texts_sorted_as_people_do_are_walked_whole() {
    let options = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'";
    on_postgres_with(options, async |world| {
        let names =
            ["z", "Z", "a", "A", "á", "a b", "ab", "a-b", "", "ÄB", "10", "9", "東", "a\u{301}", "-a", " a"];
        let new = names
            .iter()
            .enumerate()
            .map(|(n, name)| Model { name: (*name).into(), ..world.new_project(n as i64) });
        world.write(new.collect()).await;
        for order in [Order::asc(Column::Name), Order::desc(Column::Name)] {
            let whole = world.walk(order, 100, false).await;
            assert_eq!(whole.len(), names.len());
            for size in 1..4 {
                assert_eq!(world.walk(order, size, false).await, whole);
                assert_eq!(world.walk(order, size, true).await, whole);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn rows_there_from_the_start_are_seen_once_while_others_come() {
    on_both(async |world| {
        let cases = (rows(), rows(), select(&COLUMNS[..]), any::<bool>(), any::<bool>(), 1..5_i32);
        property(30, &cases, async |(first, later, column, descending, backward, size)| {
            world.clear().await;
            let new = first.iter().enumerate().map(|(n, row)| world.project_of(row, n)).collect();
            let expected = sorted(&world.write(new).await, Order { descending, ..Order::asc(column) });
            let order = Order { descending, ..Order::asc(column) };
            let (mut seen, mut cursor): (Vec<Model>, _) = (Vec::new(), None);
            let mut later = later.iter().enumerate();
            loop {
                let args = match backward {
                    false => PageArgs::new(Some(size), cursor, None, None),
                    true => PageArgs::new(None, None, Some(size), cursor),
                };
                let page = world.page(order, args).await.unwrap();
                let mut rows: Vec<Model> = page.rows().map(|row| row.0.clone()).collect();
                let info = page.info();
                let more = if backward { info.has_previous_page } else { info.has_next_page };
                cursor = if backward { info.start_cursor.clone() } else { info.end_cursor.clone() };
                if backward {
                    rows.reverse();
                }
                seen.extend(rows);
                if !more {
                    break;
                }
                let new: Vec<Model> =
                    later.by_ref().take(2).map(|(n, row)| world.project_of(row, 1_000 + n)).collect();
                world.write(new).await;
            }
            if backward {
                seen.reverse();
            }
            let ids: std::collections::HashSet<_> = seen.iter().map(|row| row.id).collect();
            assert_eq!(ids.len(), seen.len(), "no row twice");
            seen.retain(|row| row.code.parse::<usize>().unwrap() < 1_000);
            assert_eq!(seen, expected);
        });
    })
    .await;
}

#[tokio::test]
async fn page_tells_whether_there_is_more_on_each_side() {
    on_both(async |world| {
        world.write((1..=5).map(|n| world.new_project(n)).collect()).await;
        let order = Order::asc(Column::Number);
        let see = async |args| {
            let page = world.page(order, args).await.unwrap();
            let numbers: Vec<i64> = page.rows().map(|row| row.0.number).collect();
            (numbers, page.info().has_previous_page, page.info().has_next_page)
        };
        let cursor =
            async |n: i32| world.page(order, PageArgs::first(n)).await.unwrap().info().end_cursor.clone();
        let (two, five) = (cursor(2).await, cursor(5).await);

        assert_eq!(see(PageArgs::default()).await, (vec![1, 2, 3, 4, 5], false, false));
        assert_eq!(see(PageArgs::first(5)).await, (vec![1, 2, 3, 4, 5], false, false));
        assert_eq!(see(PageArgs::first(4)).await, (vec![1, 2, 3, 4], false, true));
        assert_eq!(see(PageArgs::first(0)).await, (vec![], false, true));
        assert_eq!(see(PageArgs::first(100)).await, (vec![1, 2, 3, 4, 5], false, false));
        assert_eq!(see(PageArgs::new(Some(2), two.clone(), None, None)).await, (vec![3, 4], true, true));
        assert_eq!(see(PageArgs::new(None, two.clone(), None, None)).await, (vec![3, 4, 5], true, false));
        assert_eq!(see(PageArgs::new(Some(1), five.clone(), None, None)).await, (vec![], true, false));
        assert_eq!(see(PageArgs::new(None, None, Some(2), None)).await, (vec![4, 5], true, false));
        assert_eq!(see(PageArgs::new(None, None, Some(0), None)).await, (vec![], true, false));
        assert_eq!(see(PageArgs::new(None, None, Some(2), five.clone())).await, (vec![3, 4], true, true));
        assert_eq!(see(PageArgs::new(None, None, None, two)).await, (vec![1], false, true));
    })
    .await;
}

#[tokio::test]
async fn row_of_the_cursor_may_be_gone() {
    on_both(async |world| {
        let rows = world.write((1..=3).map(|n| world.new_project(n)).collect()).await;
        let order = Order::asc(Column::Number);
        let end = world.page(order, PageArgs::first(2)).await.unwrap().info().end_cursor.clone();
        let gone = rows[1].clone();
        world.system().act(&world.db, "test.delete", async |act| act.delete(gone).await).await.unwrap();
        let page = world.page(order, PageArgs::new(Some(2), end, None, None)).await.unwrap();
        assert_eq!(page.rows().map(|row| row.0.number).collect::<Vec<_>>(), [3]);
    })
    .await;
}

#[tokio::test]
async fn total_is_counted_when_asked_for_and_not_before() {
    on_both(async |world| {
        world.write((1..=30).map(|n| world.new_project(n)).collect()).await;
        let ask = Ask::new(world.system().clone(), world.db.counted());
        let select = sea_orm::QueryFilter::filter(
            Entity::visible(world.system(), READ),
            sea_orm::ColumnTrait::gt(&Column::Number, 10),
        );
        let page = list::<_, Project>(&ask.db, select, Order::desc(Column::Number), &PageArgs::first(3))
            .await
            .unwrap();
        assert_eq!(ask.db.statements().count(), 1);
        assert_eq!(page.total(&ask).await.unwrap(), 20);
        assert_eq!(ask.db.statements().count(), 2);
        let cursor = page.info().end_cursor.clone();
        let select = Entity::visible(world.system(), READ);
        let args = PageArgs::new(Some(3), cursor, None, None);
        let page = list::<_, Project>(&ask.db, select, Order::desc(Column::Number), &args).await.unwrap();
        assert_eq!(page.total(&ask).await.unwrap(), 30, "the cursor does not shorten the list");
    })
    .await;
}
