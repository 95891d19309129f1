//! Children that hang on their parents through a link: as children of a column, one statement for all parents.

use futures::future::join_all;
use kernel::{
    ask::Ask,
    id::UserId,
    page::{Link, LinkedPage, Order, PageArgs, linked, list},
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement},
};

use crate::{
    children::fifty_projects,
    entities::{
        READ, Task,
        task::{Column, Entity},
    },
    harness::{World, on_both, uuid},
};

/// Who is assigned to which task.
fn assignees(viewer: &kernel::viewer::Viewer) -> SelectStatement {
    let mut pairs = Query::select();
    pairs.expr_as(Expr::col("user_id"), "parent").expr_as(Expr::col("task_id"), "child");
    pairs
        .from(Alias::new("projects_task_assignees"))
        .and_where(Expr::col("tenant_id").eq(viewer.tenant_id()));
    pairs
}

fn spec(order: Order<Entity>, args: &PageArgs) -> LinkedPage<Entity> {
    LinkedPage {
        link: Link { pairs: Box::new(assignees) },
        order,
        args: args.clone(),
        fingerprint: String::new(),
        select: Box::new(|viewer| Entity::visible(viewer, READ)),
    }
}

/// Twelve people, each on every n-th task.
async fn people(world: &World) -> Vec<UserId> {
    let tasks = world.rows("SELECT id FROM projects_tasks ORDER BY id").await;
    let mut people = Vec::new();
    for every in 1..=12 {
        let user = world.user("someone").await;
        for task in tasks.iter().skip(every).step_by(every * 9) {
            let task: uuid::Uuid = task.try_get_by_index(0).unwrap();
            world
                .row(
                    "projects_task_assignees",
                    [
                        ("id", uuid(world.ids.generate::<kernel::id::TaskId>()).into()),
                        ("tenant_id", world.acme.id.into()),
                        ("task_id", task.into()),
                        ("user_id", user.into()),
                    ],
                )
                .await;
        }
        people.push(user);
    }
    people.push(world.user("nobody").await);
    people
}

#[tokio::test]
async fn linked_children_are_one_statement_and_as_if_each_parent_was_alone() {
    on_both(async |world| {
        fifty_projects(world).await;
        let people = people(world).await;
        for column in [Column::Number, Column::DueOn, Column::CompletedAt] {
            for descending in [false, true] {
                let order = Order { descending, ..Order::asc(column) };
                for args in
                    [PageArgs::first(3), PageArgs::new(None, None, Some(3), None), PageArgs::first(100)]
                {
                    let ask = Ask::new(world.system().clone(), world.db.counted());
                    let all =
                        people.iter().map(|user| linked::<_, Task>(&ask, uuid(*user), spec(order, &args)));
                    let pages: Vec<_> = join_all(all).await.into_iter().map(Result::unwrap).collect();
                    assert_eq!(ask.db.statements().count(), 1);
                    let totals = join_all(pages.iter().map(|page| page.total(&ask))).await;
                    assert_eq!(ask.db.statements().count(), 2);
                    for ((user, page), total) in people.iter().zip(pages).zip(totals) {
                        let mut mine = assignees(world.system());
                        mine.clear_selects()
                            .column("task_id")
                            .and_where(Expr::col("user_id").eq(uuid(*user)));
                        let select =
                            Entity::visible(world.system(), READ).filter(Column::Id.in_subquery(mine));
                        let expected = list::<_, Task>(&world.db, select, order, &args).await.unwrap();
                        assert_eq!(page.rows().collect::<Vec<_>>(), expected.rows().collect::<Vec<_>>());
                        let sides = (page.info().has_previous_page, page.info().has_next_page);
                        assert_eq!(sides, (expected.info().has_previous_page, expected.info().has_next_page));
                        assert_eq!(page.info().end_cursor, expected.info().end_cursor);
                        let ask = Ask::new(world.system().clone(), world.db.clone());
                        assert_eq!(total.unwrap(), expected.total(&ask).await.unwrap());
                    }
                }
            }
        }
    })
    .await;
}
