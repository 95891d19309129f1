//! How an act writes rows: few statements, only differences, optimistic versions, everything or nothing.

use kernel::{
    Error, Text,
    act::{NewRows, expect_version},
    assignment::{self, NewAssignment, Source, Target},
    policy::Guarded,
};

use serde_json::json;

use crate::{
    entities::{READ, account},
    harness::{World, on_both, uuid},
};

const TAKEN: Text = Text::new("code_taken", "Taken.", "Pris.");

async fn accounts(world: &World, count: usize) -> Vec<account::Model> {
    world.write((0..count).map(|n| world.new_account(&format!("Account {n}"))).collect()).await
}

fn conflict(result: kernel::Result<impl std::fmt::Debug>) -> Option<i64> {
    match result {
        Err(Error::Conflict { current_version, message }) => {
            assert_eq!(message.code(), "stale_version");
            current_version
        }
        other => panic!("expected CONFLICT, got {other:?}"),
    }
}

#[tokio::test]
async fn twelve_hundred_rows_take_few_statements_each_way() {
    on_both(async |world| {
        let db = world.db.counted();
        let new: Vec<_> = (0..1_200).map(|n| world.new_account(&format!("Account {n}"))).collect();
        let act = world.system().act(&db, "test.insert", async |act| act.insert_all(new).await);
        let rows = act.await.unwrap();
        assert_eq!((rows.len(), world.count("crm_accounts").await), (1_200, 1_200));
        assert!(db.statements().count() <= 3, "{} statements", db.statements().count());

        let db = world.db.counted();
        let act = world.system().act(&db, "test.archive", async |act| {
            let now = act.now();
            act.update_all(rows.clone(), |row| row.archived_at = Some(now)).await
        });
        act.await.unwrap();
        assert_eq!(
            world
                .one::<i64>("SELECT count(*) FROM crm_accounts WHERE archived_at IS NOT NULL AND version = 2")
                .await,
            1_200
        );
        assert!(db.statements().count() <= 4, "{} statements", db.statements().count());

        let db = world.db.counted();
        let act = world.system().act(&db, "test.rename", async |act| {
            let pairs = rows.iter().enumerate().map(|(n, row)| {
                let before = account::Model { version: 2, archived_at: Some(act.now()), ..row.clone() };
                let after = account::Model {
                    name: format!("Renamed {n}"),
                    industry: (n % 2 == 0).then(|| format!("Industry {n}")),
                    ..before.clone()
                };
                (before, after)
            });
            let pairs = pairs.collect();
            act.update_pairs(pairs).await
        });
        let renamed = act.await.unwrap();
        assert!(db.statements().count() <= 8, "{} statements", db.statements().count());
        assert_eq!(renamed.len(), 1_200);
        let names = world.rows("SELECT name, industry, version FROM crm_accounts ORDER BY id").await;
        for (n, row) in names.iter().enumerate() {
            assert_eq!(row.try_get_by_index::<String>(0).unwrap(), format!("Renamed {n}"));
            let industry = (n % 2 == 0).then(|| format!("Industry {n}"));
            assert_eq!(row.try_get_by_index::<Option<String>>(1).unwrap(), industry);
            assert_eq!((row.try_get_by_index::<i64>(2).unwrap(), renamed[n].version), (3, 3));
        }

        let db = world.db.counted();
        let act = world.system().act(&db, "test.delete", async |act| act.delete_all(renamed).await);
        act.await.unwrap();
        assert!(db.statements().count() <= 4, "{} statements", db.statements().count());
        assert_eq!(world.count("crm_accounts").await, 0);
        assert_eq!(world.count("audit_entries").await, 4 * 1_200);
        assert_eq!(world.count("outbox").await, 4 * 1_200);
        assert_eq!(world.one::<i64>("SELECT count(DISTINCT audit_id) FROM outbox").await, 4 * 1_200);
    })
    .await;
}

#[tokio::test]
async fn bulk_changes_of_unlike_versions_and_nothing_at_all() {
    on_both(async |world| {
        let rows = accounts(world, 3).await;
        let act = world.system().act(&world.db, "test.none", async |act| {
            act.insert_all(Vec::<account::Model>::new()).await?;
            act.delete_all(Vec::<account::Model>::new()).await?;
            act.update_all(Vec::<account::Model>::new(), |_| {}).await?;
            act.update_pairs(vec![(
                rows[0].clone(),
                account::Model { name: "new".into(), ..rows[0].clone() },
            )])
            .await
        });
        let first = act.await.unwrap().remove(0);
        let mixed = vec![first, rows[1].clone(), rows[2].clone()];
        let act = world.system().act(&world.db, "test.mixed", async |act| {
            act.update_all(mixed, |row| row.locale = "fr".into()).await
        });
        act.await.unwrap();
        let versions = world.rows("SELECT version FROM crm_accounts ORDER BY id").await;
        let versions: Vec<i64> = versions.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(versions, [3, 2, 2]);
    })
    .await;
}

#[tokio::test]
async fn stale_update_is_a_conflict_with_the_current_version() {
    on_both(async |world| {
        let [before] = accounts(world, 1).await.try_into().unwrap();
        let after = account::Model { name: "first".into(), ..before.clone() };
        let act = world.system().act(&world.db, "test.one", async |act| act.update(&before, after).await);
        act.await.unwrap();
        let late = account::Model { name: "second".into(), ..before.clone() };
        let act = world.system().act(&world.db, "test.two", async |act| act.update(&before, late).await);
        assert_eq!(conflict(act.await), Some(2));
        let act = world.system().act(&world.db, "test.gone", async |act| act.delete(before.clone()).await);
        assert_eq!(conflict(act.await), Some(2), "a stale row is not deleted");
        assert_eq!(world.one::<String>("SELECT name FROM crm_accounts").await, "first");
        assert_eq!(world.count("audit_entries").await, 2, "refused acts leave nothing");

        let current = account::Model { version: 2, name: "first".into(), ..before.clone() };
        let act = world.system().act(&world.db, "test.gone", async |act| act.delete(current.clone()).await);
        act.await.unwrap();
        let after = account::Model { name: "third".into(), ..current.clone() };
        let act = world.system().act(&world.db, "test.late", async |act| act.update(&current, after).await);
        assert_eq!(conflict(act.await), None, "what is gone has no version");
    })
    .await;
}

#[tokio::test]
async fn one_stale_row_of_many_undoes_all() {
    on_both(async |world| {
        let mut rows = accounts(world, 5).await;
        rows[3].version = 9;
        for in_one_statement in [true, false] {
            let act = world.system().act(&world.db, "test.many", async |act| {
                let mut n = 0;
                act.update_all(rows.clone(), |row| {
                    n += 1;
                    row.name = if in_one_statement { "same".into() } else { format!("new {n}") };
                })
                .await
            });
            assert_eq!(conflict(act.await), None);
        }
        let act = world.system().act(&world.db, "test.many", async |act| act.delete_all(rows).await);
        assert_eq!(conflict(act.await), None);
        assert_eq!(
            world
                .one::<i64>("SELECT count(*) FROM crm_accounts WHERE version = 1 AND name LIKE 'Account%'")
                .await,
            5
        );
        assert_eq!((world.count("audit_entries").await, world.count("outbox").await), (5, 5));
    })
    .await;
}

#[tokio::test]
async fn update_without_a_difference_writes_nothing() {
    on_both(async |world| {
        let [before] = accounts(world, 1).await.try_into().unwrap();
        world.clock.advance(std::time::Duration::from_secs(5));
        let db = world.db.counted();
        let act = world.system().act(&db, "test.same", async |act| act.update(&before, before.clone()).await);
        assert_eq!(act.await.unwrap(), before);
        assert_eq!(db.statements().count(), 0);
        assert_eq!((world.count("audit_entries").await, world.count("outbox").await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn touched_row_gets_its_next_version_and_an_event() {
    on_both(async |world| {
        let [before] = accounts(world, 1).await.try_into().unwrap();
        world.clock.advance(std::time::Duration::from_secs(5));
        let act = world.system().act(&world.db, "test.touch", async |act| act.touch(&before).await);
        let after = act.await.unwrap();
        assert_eq!(after, account::Model { version: 2, updated_at: world.now(), ..before.clone() });
        let stored = account::Entity::fetch(&world.db, world.system(), READ, before.id).await.unwrap();
        assert_eq!(stored, after);
        assert_eq!(
            world.one::<i64>("SELECT count(*) FROM outbox WHERE kind = 'crm.account.updated'").await,
            1
        );
        let act = world.system().act(&world.db, "test.late", async |act| act.touch(&before).await);
        assert_eq!(conflict(act.await), Some(2));
    })
    .await;
}

#[tokio::test]
async fn error_undoes_everything() {
    on_both(async |world| {
        let [row] = accounts(world, 1).await.try_into().unwrap();
        let act = world.system().act(&world.db, "test.fail", async |act| {
            act.insert(world.new_account("never")).await?;
            act.update(&row, account::Model { name: "never".into(), ..row.clone() }).await?;
            act.note("Account", None, None, serde_json::Map::new());
            act.enqueue(kernel::act::NewJob::new("never", String::new()));
            Err::<(), _>(Error::conflict(TAKEN))
        });
        let error = act.await.unwrap_err();
        assert_eq!(error.message().code(), "code_taken", "the body's own error comes out");
        assert_eq!(world.one::<i64>("SELECT count(*) FROM crm_accounts WHERE name = 'never'").await, 0);
        assert_eq!(world.count("crm_accounts").await, 1);
        let left =
            (world.count("audit_entries").await, world.count("outbox").await, world.count("jobs").await);
        assert_eq!(left, (1, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn reads_inside_an_act_see_its_writes_and_outside_do_not() {
    on_both(async |world| {
        let act = world.system().act(&world.db, "test.read", async |act| {
            let row = act.insert(world.new_account("inside")).await?;
            let viewer = act.viewer().clone();
            let seen = account::Entity::fetch_in(act.conn(), &viewer, READ, row.id);
            assert_eq!(seen.await?.name, "inside");
            assert_eq!(world.count("crm_accounts").await, 0);
            Ok(())
        });
        act.await.unwrap();
        assert_eq!(world.count("crm_accounts").await, 1);
    })
    .await;
}

#[tokio::test]
async fn unique_key_that_is_taken_is_told_from_every_other_error() {
    on_both(async |world| {
        let first = world.new_project(1);
        world.write(vec![first.clone()]).await;
        let taken = || Error::field("code", TAKEN);
        let key = ["tenant_id", "code"];

        let same_code = crate::entities::project::Model { code: first.code.clone(), ..world.new_project(2) };
        let act = world
            .system()
            .act(&world.db, "test.code", async |act| act.insert_unique(same_code, &key, taken).await);
        let Error::Invalid(fields) = act.await.unwrap_err() else { panic!("expected INVALID") };
        assert_eq!((fields[0].path.as_str(), fields[0].code()), ("code", "code_taken"));

        let same_id = crate::entities::project::Model { id: first.id, ..world.new_project(2) };
        let act = world
            .system()
            .act(&world.db, "test.id", async |act| act.insert_unique(same_id, &key, taken).await);
        assert_eq!(act.await.unwrap_err().code(), "INTERNAL", "another key is not this one");

        let no_account = crate::entities::project::Model {
            account_id: Some(world.ids.generate()),
            ..world.new_project(3)
        };
        let act = world
            .system()
            .act(&world.db, "test.key", async |act| act.insert_unique(no_account, &key, taken).await);
        assert_eq!(act.await.unwrap_err().code(), "INTERNAL", "a broken foreign key is not taken");

        let of_other = crate::entities::project::Model {
            tenant_id: world.other.id,
            code: first.code.clone(),
            ..world.new_project(4)
        };
        let act = world
            .system_of_other()
            .act(&world.db, "test.other", async |act| act.insert_unique(of_other, &key, taken).await);
        act.await.unwrap();
        assert_eq!(world.count("projects_projects").await, 2);
    })
    .await;
}

#[tokio::test]
async fn unique_key_over_some_rows_is_told_too() {
    on_both(async |world| {
        let user = world.user("ada").await;
        let [account] = accounts(world, 1).await.try_into().unwrap();
        let new = NewAssignment {
            user,
            target: Target::Account(account.id),
            role: None,
            source: Source::Direct,
            expires_at: None,
        };
        let act = world
            .system()
            .act(&world.db, "test.assign", async |act| assignment::assign(act, new.clone()).await);
        let row = act.await.unwrap();
        let again = assignment::Model { id: world.ids.generate(), ..row };
        let key = ["tenant_id", "user_id", "account_id", "source"];
        let act = world.system().act(&world.db, "test.again", async |act| {
            act.insert_unique(again, &key, || Error::conflict(TAKEN)).await
        });
        assert_eq!(act.await.unwrap_err().message().code(), "code_taken");
    })
    .await;
}

#[tokio::test]
async fn rows_of_several_kinds_are_written_and_recorded_in_one_round() {
    on_both(async |world| {
        let user = world.user("ada").await;
        let new: Vec<_> = (0..500).map(|n| world.new_account(&format!("Account {n}"))).collect();
        let db = world.db.counted();
        let act = world.system().act(&db, "test.together", async |act| {
            let place = |account: &crate::entities::account::Model| NewAssignment {
                user,
                target: Target::Account(account.id),
                role: None,
                source: Source::Direct,
                expires_at: None,
            };
            let places = new.iter().map(|account| assignment::row(act, place(account))).collect();
            let mut rows = NewRows::new();
            let more = new.iter().map(|_| vec![("people", [json!([]), json!([user])])]).collect();
            rows.add_telling(new.clone(), more);
            rows.add_parts::<assignment::Model>(places);
            act.insert_together(rows).await
        });
        act.await.unwrap();
        // The rows; what they leave behind; keys of the people that entries are about.
        assert!(db.statements().count() <= 4, "{} statements", db.statements().count());
        assert_eq!((world.count("crm_accounts").await, world.count("assignments").await), (500, 500));
        assert_eq!(world.count("audit_entries").await, 500, "parts are told by what they belong to");
        let told = "SELECT count(*) FROM audit_entries WHERE changes LIKE '%\"people\"%'";
        assert_eq!(world.one::<i64>(told).await, 500);
        let again = new[..1].to_vec();
        let act = world.system().act(&world.db, "test.twice", async |act| {
            let mut rows = NewRows::new();
            rows.add(vec![world.new_account("Another")]);
            rows.add(again);
            act.insert_together(rows).await
        });
        assert_eq!(act.await.unwrap_err().code(), "INTERNAL");
        assert_eq!(world.count("crm_accounts").await, 500, "all or nothing");
    })
    .await;
}

#[tokio::test]
async fn assignments_follow_their_project_and_end_by_source() {
    on_both(async |world| {
        let user = world.user("ada").await;
        let [one, two] = accounts(world, 2).await.try_into().unwrap();
        let (project, _) = world.projects(1).await.remove(0);
        let target = Target::Project(project.id, Some(one.id));
        let new = |source| NewAssignment { user, target, role: None, source, expires_at: None };
        let act = world.system().act(&world.db, "test.assign", async |act| {
            assignment::assign(act, new(Source::Team)).await?;
            assignment::assign(act, new(Source::Manager)).await?;
            assignment::move_project(act, project.id, Some(two.id)).await?;
            assignment::unassign(act, user, target, Source::Team).await?;
            assignment::unassign(act, user, target, Source::Direct).await
        });
        act.await.unwrap();
        let left = world.rows("SELECT source, account_id FROM assignments").await;
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].try_get_by_index::<String>(0).unwrap(), "manager");
        assert_eq!(left[0].try_get_by_index::<uuid::Uuid>(1).unwrap(), uuid(two.id));
    })
    .await;
}

#[test]
fn expected_version_is_checked_only_when_sent() {
    assert!(expect_version("Task", None, 3).is_ok());
    assert!(expect_version("Task", Some(3), 3).is_ok());
    assert_eq!(conflict(expect_version("Task", Some(2), 3)), Some(3));
}
