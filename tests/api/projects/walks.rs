//! Walks through lists, page by page, while others write: whoever was there from the beginning is met once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Actor, World};

use super::asks::{change, new_project, new_task, project, texts};

/// A list that is walked: its path in the answer, its query, and the orders it has.
struct List {
    path: &'static str,
    query: &'static str,
    orders: &'static [&'static str],
}

const PROJECTS: List = List {
    path: "projects",
    query: "query($order: ProjectOrder, $first: Int, $last: Int, $after: String, $before: String) {
      projects(orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }
      }
    }",
    orders: &["NAME", "NUMBER", "STATUS", "PRIORITY", "EXPECTED_DELIVERY", "CREATED_AT", "UPDATED_AT"],
};

const TASKS: List = List {
    path: "tasks",
    query: "query($order: TaskOrder, $first: Int, $last: Int, $after: String, $before: String) {
      tasks(orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }
      }
    }",
    orders: &["RANK", "NUMBER", "TITLE", "START_ON", "DUE_ON", "CREATED_AT", "UPDATED_AT"],
};

const BOARD: List = List {
    path: "project.tasks",
    query:
        "query($order: TaskOrder, $first: Int, $last: Int, $after: String, $before: String, $project: ID!) {
      project(id: $project) {
        tasks(orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }
        }
      }
    }",
    orders: &["RANK", "PRIORITY", "START_ON", "DUE_ON"],
};

/// How a list is walked.
#[derive(Clone, Copy, Debug)]
struct Walk {
    order: &'static str,
    direction: &'static str,
    backward: bool,
    size: i32,
}

impl List {
    /// Every way to walk the list.
    fn walks(&self, sizes: &'static [i32]) -> Vec<Walk> {
        let mut walks = Vec::new();
        for (place, order) in self.orders.iter().enumerate() {
            for (turn, direction) in ["ASC", "DESC"].into_iter().enumerate() {
                for backward in [false, true] {
                    let size = sizes[(place + turn + usize::from(backward)) % sizes.len()];
                    walks.push(Walk { order, direction, backward, size });
                }
            }
        }
        walks
    }

    /// The ids in the order in which a walk meets them; `meanwhile` is done after each page.
    async fn walk(
        &self,
        who: &Actor,
        project: &str,
        walk: Walk,
        meanwhile: impl AsyncFn(usize),
    ) -> Vec<String> {
        let Walk { order, direction, backward, size } = walk;
        let (count, from, cursor_of, more) = match backward {
            false => ("first", "after", "endCursor", "hasNextPage"),
            true => ("last", "before", "startCursor", "hasPreviousPage"),
        };
        let mut variables =
            json!({ "order": { "field": order, "direction": direction }, "project": project });
        variables[count] = json!(size);
        let mut met = Vec::new();
        for page in 0..200 {
            let answer = who.run(self.query, variables.clone()).await.expect_ok();
            let mut ids = texts(&answer, &format!("{}.edges", self.path), "node.id");
            if backward {
                ids.reverse();
            }
            met.extend(ids);
            if *answer.data(&format!("{}.pageInfo.{more}", self.path)) == Value::Bool(false) {
                return met;
            }
            variables[from] = answer.data(&format!("{}.pageInfo.{cursor_of}", self.path)).clone();
            meanwhile(page).await;
        }
        panic!("{walk:?} does not end");
    }

    /// Everything in the list, in one page.
    async fn whole(&self, who: &Actor, project: &str, order: &str, direction: &str) -> Vec<String> {
        let variables =
            json!({ "order": { "field": order, "direction": direction }, "project": project, "first": 100 });
        let answer = who.run(self.query, variables).await.expect_ok();
        assert_eq!(*answer.data(&format!("{}.pageInfo.hasNextPage", self.path)), json!(false));
        texts(&answer, &format!("{}.edges", self.path), "node.id")
    }
}

fn expect_once(met: &[String], before: &[String], walk: Walk) {
    let once: BTreeSet<&String> = met.iter().collect();
    assert_eq!(once.len(), met.len(), "{walk:?} met somebody twice");
    let old: Vec<&String> = met.iter().filter(|id| before.contains(id)).collect();
    let mut expected: Vec<&String> = before.iter().collect();
    if walk.backward {
        expected.reverse();
    }
    assert_eq!(old, expected, "{walk:?}: everybody who was there, in order");
}

// keeps: PR-1
#[tokio::test]
async fn walk_through_projects_meets_each_once_while_others_are_made() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    for walk in PROJECTS.walks(&[2, 3]) {
        let before = PROJECTS.whole(&owner, "", walk.order, walk.direction).await;
        let made = PROJECTS.walk(&owner, "", walk, async |page| {
            // Reason: names before, between and behind those that there are.
            if page < 2 {
                let name = ["A first", "Zz last"][page % 2];
                let input = json!({ "name": name, "expectedDelivery": "2026-06-01" });
                change(&admin, "createProject", input, "project { id }").await.expect_ok();
            }
        });
        expect_once(&made.await, &before, walk);
        world.execute("DELETE FROM projects_columns WHERE project_id IN (SELECT id FROM projects_projects WHERE number > 6)").await;
        world.execute("DELETE FROM projects_projects WHERE number > 6").await;
    }
}

// keeps: PR-8
#[tokio::test]
async fn walk_through_tasks_meets_each_once_while_others_are_made() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin, id) = (acme.owner(), acme.admin(), project(&acme, 1).await);
    for walk in TASKS.walks(&[7, 10]) {
        let before = TASKS.whole(&owner, "", walk.order, walk.direction).await;
        let made = TASKS.walk(&owner, "", walk, async |page| {
            if page < 2 {
                new_task(&admin, &id, ["A first", "Zz last"][page % 2]).await;
            }
        });
        expect_once(&made.await, &before, walk);
    }
}

// keeps: PR-8
#[tokio::test]
async fn walk_through_a_board_meets_each_task_once_while_others_are_put_between() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, admin) = (acme.owner(), acme.admin());
    let id = new_project(&owner, "A long board").await;
    let mut tasks = Vec::new();
    for number in 0..9 {
        let mut input = json!({ "projectId": id, "title": format!("Task {number}") });
        if number % 3 > 0 {
            input["dueOn"] = json!(format!("2026-04-0{}", 9 - number));
        }
        let task =
            change(&owner, "createTask", input, "task { id }").await.expect_ok().text("createTask.task.id");
        tasks.push(task);
    }
    for walk in BOARD.walks(&[2, 4]) {
        let before = BOARD.whole(&owner, &id, walk.order, walk.direction).await;
        let made = BOARD.walk(&owner, &id, walk, async |page| {
            if page < 2 {
                let input = json!({ "projectId": id, "title": "Between", "after": tasks[page * 5], "dueOn": "2026-04-05" });
                change(&admin, "createTask", input, "task { id }").await.expect_ok();
            }
        });
        expect_once(&made.await, &before, walk);
    }
}

// keeps: PR-1
#[tokio::test]
async fn page_information_says_whether_there_is_more_on_either_side() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let page = async |variables: Value| {
        let mut variables = variables;
        variables["order"] = json!({ "field": "NUMBER" });
        let answer = owner.run(PROJECTS.query, variables).await.expect_ok();
        let info = |name: &str| answer.data(&format!("projects.pageInfo.{name}")).clone();
        (info("hasPreviousPage"), info("hasNextPage"), texts(&answer, "projects.edges", "cursor"))
    };
    let (yes, no) = (json!(true), json!(false));
    let (back, on, cursors) = page(json!({ "first": 6 })).await;
    assert_eq!((&back, &on, cursors.len()), (&no, &no, 6));
    let (back, on, _) = page(json!({ "first": 5 })).await;
    assert_eq!((&back, &on), (&no, &yes));
    let (back, on, rest) = page(json!({ "first": 5, "after": cursors[1] })).await;
    assert_eq!((&back, &on, &rest[..]), (&yes, &no, &cursors[2..]));
    let (back, on, rest) = page(json!({ "last": 2 })).await;
    assert_eq!((&back, &on, &rest[..]), (&yes, &no, &cursors[4..]));
    let (back, on, rest) = page(json!({ "last": 2, "before": cursors[2] })).await;
    assert_eq!((&back, &on, &rest[..]), (&no, &yes, &cursors[..2]));
    let (back, on, rest) = page(json!({ "first": 2, "after": cursors[5] })).await;
    assert_eq!((&back, &on, rest.len()), (&yes, &no, 0));
}
