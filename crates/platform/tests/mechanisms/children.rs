//! Children of many parents: one statement for all of them, and for each the same as if it were asked alone.

use chrono::NaiveDate;
use futures::future::join_all;
use kernel::{
    Error,
    ask::Ask,
    id::ProjectId,
    page::{ById, ChildPage, Connection, Order, PageArgs, children, list},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use crate::{
    entities::{
        READ, Task, project,
        task::{Column, Entity, Model},
    },
    harness::{World, on_both, uuid},
};

const ORDERS: [Column; 5] =
    [Column::Number, Column::DueOn, Column::CompletedAt, Column::BlockedReason, Column::Id];

/// Fifty projects with zero to twelve tasks, whose orders have ties and nulls.
pub async fn fifty_projects(world: &World) -> Vec<project::Model> {
    let projects = world.projects(50).await;
    let mut tasks = Vec::new();
    for (place, (project, column)) in projects.iter().enumerate() {
        for n in 0..(place as i64 * 7) % 13 {
            let spread = (n * 5 + place as i64) % 4;
            tasks.push(Model {
                due_on: (spread != 0).then(|| NaiveDate::from_ymd_opt(2026, 1, spread as u32).unwrap()),
                completed_at: (spread != 1)
                    .then(|| world.now() + chrono::TimeDelta::milliseconds(spread * 250)),
                blocked_reason: (spread != 2).then(|| ["", "é", "Z", "a"][spread as usize].to_owned()),
                ..world.new_task(project, *column, n)
            });
        }
    }
    world.write(tasks).await;
    projects.into_iter().map(|(project, _)| project).collect()
}

fn fresh_ask(world: &World) -> Ask {
    Ask::new(world.system().clone(), world.db.counted())
}

fn spec(order: Order<Entity>, args: &PageArgs) -> ChildPage<Entity> {
    ChildPage {
        parent: Column::ProjectId,
        order,
        args: args.clone(),
        fingerprint: String::new(),
        select: Box::new(|viewer| Entity::visible(viewer, READ)),
    }
}

type Page = (Vec<Task>, bool, bool, Option<String>, Option<String>);

fn seen(page: &Connection<Task>) -> Page {
    let info = page.info();
    let rows = page.rows().cloned().collect();
    (rows, info.has_previous_page, info.has_next_page, info.start_cursor.clone(), info.end_cursor.clone())
}

async fn alone(world: &World, parent: ProjectId, order: Order<Entity>, args: &PageArgs) -> Page {
    let select = Entity::visible(world.system(), READ).filter(Column::ProjectId.eq(parent));
    seen(&list::<_, Task>(&world.db, select, order, args).await.unwrap())
}

/// The cursor in the middle of all tasks, which is a place in every project's list.
async fn middle(world: &World, order: Order<Entity>) -> Option<String> {
    let all =
        list::<_, Task>(&world.db, Entity::visible(world.system(), READ), order, &PageArgs::first(100)).await;
    all.unwrap().info().end_cursor.clone()
}

async fn fifty_are_one_statement_and_as_if_alone() {
    on_both(async |world| {
        let projects = fifty_projects(world).await;
        for column in ORDERS {
            for descending in [false, true] {
                let order = Order { descending, ..Order::asc(column) };
                let cursor = middle(world, order).await;
                let pages = [
                    PageArgs::first(3),
                    PageArgs::first(0),
                    PageArgs::default(),
                    PageArgs::new(None, None, Some(3), None),
                    PageArgs::new(Some(2), cursor.clone(), None, None),
                    PageArgs::new(None, None, Some(2), cursor),
                ];
                for args in &pages {
                    let ask = fresh_ask(world);
                    let all =
                        projects.iter().map(|row| children::<_, Task>(&ask, uuid(row.id), spec(order, args)));
                    let found = join_all(all).await;
                    assert_eq!(ask.db.statements().count(), 1);
                    for (project, page) in projects.iter().zip(found) {
                        let expected = alone(world, project.id, order, args).await;
                        assert_eq!(seen(&page.unwrap()), expected, "{column:?} {descending} {args:?}");
                    }
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn fifty_parents_are_one_statement_and_as_if_each_was_alone() {
    fifty_are_one_statement_and_as_if_alone().await;
}

#[tokio::test]
async fn totals_of_fifty_parents_are_one_more_statement() {
    on_both(async |world| {
        let projects = fifty_projects(world).await;
        let ask = fresh_ask(world);
        let order = Order::asc(Column::Number);
        let all = projects
            .iter()
            .map(|row| children::<_, Task>(&ask, uuid(row.id), spec(order, &PageArgs::first(2))));
        let pages: Vec<_> = join_all(all).await.into_iter().map(Result::unwrap).collect();
        let totals = join_all(pages.iter().map(|page| page.total(&ask))).await;
        assert_eq!(ask.db.statements().count(), 2);
        for (place, total) in totals.into_iter().enumerate() {
            assert_eq!(total.unwrap(), (place as i64 * 7) % 13);
        }
    })
    .await;
}

#[tokio::test]
async fn unlike_pages_of_one_parent_do_not_mix() {
    on_both(async |world| {
        let projects = fifty_projects(world).await;
        let parent = uuid(projects[9].id);
        let ask = fresh_ask(world);
        let first = ChildPage {
            fingerprint: "open".into(),
            select: Box::new(|viewer| Entity::visible(viewer, READ).filter(Column::DueOn.is_null())),
            ..spec(Order::asc(Column::Number), &PageArgs::first(100))
        };
        let (some, all, back, again) = tokio::join!(
            children::<_, Task>(&ask, parent, first),
            children::<_, Task>(&ask, parent, spec(Order::asc(Column::Number), &PageArgs::first(100))),
            children::<_, Task>(&ask, parent, spec(Order::desc(Column::Number), &PageArgs::first(100))),
            children::<_, Task>(&ask, parent, spec(Order::desc(Column::Number), &PageArgs::first(100))),
        );
        assert_eq!(ask.db.statements().count(), 3, "equal pages are asked once");
        let (some, all, back, again) = (some.unwrap(), all.unwrap(), back.unwrap(), again.unwrap());
        assert!(some.rows().count() < all.rows().count() && some.rows().all(|task| task.0.due_on.is_none()));
        let forwards: Vec<_> = all.rows().map(|task| task.0.number).collect();
        let mut backwards: Vec<_> = back.rows().map(|task| task.0.number).collect();
        assert_eq!(backwards, again.rows().map(|task| task.0.number).collect::<Vec<_>>());
        backwards.reverse();
        assert_eq!(forwards, backwards);
        assert_eq!(some.total(&ask).await.unwrap(), some.rows().count() as i64);
    })
    .await;
}

#[tokio::test]
async fn wrong_page_of_children_is_refused_before_the_database_is_asked() {
    on_both(async |world| {
        let ask = fresh_ask(world);
        let order = Order::asc(Column::Number);
        let wrong = [PageArgs::first(101), PageArgs::new(Some(1), Some("x".into()), None, None)];
        for args in wrong {
            let page = children::<_, Task>(&ask, Uuid::nil(), spec(order, &args)).await;
            assert!(matches!(page, Err(Error::Invalid(_))));
        }
        assert_eq!(ask.db.statements().count(), 0);
    })
    .await;
}

#[tokio::test]
async fn children_of_other_tenants_and_unknown_parents_are_none() {
    on_both(async |world| {
        let projects = fifty_projects(world).await;
        let ask = Ask::new(world.system_of_other().clone(), world.db.counted());
        let order = Order::asc(Column::Number);
        for parent in [uuid(projects[9].id), Uuid::nil()] {
            let page = children::<_, Task>(&ask, parent, spec(order, &PageArgs::first(10))).await.unwrap();
            assert_eq!((page.rows().count(), page.total(&ask).await.unwrap()), (0, 0));
        }
    })
    .await;
}

#[tokio::test]
async fn rows_by_id_are_one_statement_and_kept_for_the_request() {
    on_both(async |world| {
        let projects = fifty_projects(world).await;
        let ask = fresh_ask(world);
        let mut ids: Vec<Uuid> = projects.iter().map(|row| uuid(row.id)).collect();
        ids.push(Uuid::nil());
        ids.push(ids[0]);
        let load = |ids: &[Uuid]| {
            join_all(ids.iter().map(|id| ask.load::<ById<project::Entity>, _>(*id)).collect::<Vec<_>>())
        };
        let found = load(&ids).await;
        assert_eq!(ask.db.statements().count(), 1);
        for (id, row) in ids.iter().zip(found) {
            let expected = projects.iter().find(|project| uuid(project.id) == *id);
            assert_eq!(row.unwrap().as_ref(), expected);
        }
        load(&ids[..50]).await;
        assert_eq!(ask.db.statements().count(), 1, "what was loaded is kept");
        ask.forget();
        load(&ids[..1]).await;
        assert_eq!(ask.db.statements().count(), 2, "until it is forgotten");

        let other = Ask::new(world.system_of_other().clone(), world.db.counted());
        assert_eq!(other.load::<ById<project::Entity>, _>(ids[0]).await.unwrap(), None);
    })
    .await;
}
