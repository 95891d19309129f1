//! Which rows a viewer reaches: exactly those of their grant, in lists and one by one, and never another tenant's.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use kernel::{
    Error,
    ask::Ask,
    assignment::{self, NewAssignment, Source, Target},
    id::{AccountId, ProjectId, RoleId, TypedId, UserId},
    page::ById,
    policy::{Guarded, Near, can, is_near},
    viewer::{Actor, Grant, Grants, Inner, Permission, Reach, Viewer},
};
use proptest::{prelude::any, sample::select};

use crate::{
    entities::{READ, WRITE, account, project, task},
    harness::{World, granting, on_both, property, uuid},
};

/// A small agency: three clients, seven projects, a task each, and the same people in another agency with the same.
struct Agency {
    ada: UserId,
    bob: UserId,
    lead: RoleId,
    guest: RoleId,
    /// Globex, Initech, Umbrella.
    accounts: Vec<AccountId>,
    projects: Vec<project::Model>,
}

/// Names of projects by what makes them near to Ada:
/// `own` (she manages it), `made` (she created it), `team` (assigned, as lead), `guest` (assigned, as guest, another
/// client), `old` (assignment has expired), `client` (of Initech, to which she is assigned as lead), `far` (nothing).
const PROJECTS: [&str; 7] = ["own", "made", "team", "guest", "old", "client", "far"];

async fn agency(world: &World) -> Agency {
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (lead, guest) = (world.role(&world.acme, "lead").await, world.role(&world.acme, "guest").await);
    let clients = ["Globex", "Initech", "Umbrella"].map(|name| world.new_account(name));
    let accounts: Vec<AccountId> = clients.iter().map(|row| row.id).collect();
    world.write(clients.to_vec()).await;
    let mut rows: Vec<project::Model> = (0..7).map(|n| world.new_project(n)).collect();
    for (row, name) in rows.iter_mut().zip(PROJECTS) {
        row.name = name.into();
        row.account_id = match name {
            "team" | "old" => Some(accounts[0]),
            "client" => Some(accounts[1]),
            "guest" | "far" => Some(accounts[2]),
            _ => None,
        };
    }
    rows[0].manager_id = Some(ada);
    rows[1].created_by = Some(uuid(ada));
    let projects = world.write(rows).await;

    let put = |user, target, role, expires_at| NewAssignment {
        user,
        target,
        role,
        source: Source::Direct,
        expires_at,
    };
    let project = |n: usize| Target::Project(projects[n].id, projects[n].account_id);
    let act = world.system().act(&world.db, "test.assign", async |act| {
        let soon = Some(act.now() + TimeDelta::seconds(1));
        for new in [
            put(ada, project(2), Some(lead), soon),
            put(ada, project(3), Some(guest), None),
            put(ada, project(4), Some(lead), Some(act.now())),
            put(ada, Target::Account(accounts[1]), Some(lead), None),
            put(bob, project(6), Some(lead), None),
        ] {
            assignment::assign(act, new).await?;
        }
        Ok(())
    });
    act.await.unwrap();
    mirror(world, ada).await;
    Agency { ada, bob, lead, guest, accounts, projects }
}

/// Everything again in the other tenant, with Ada as near as can be.
async fn mirror(world: &World, ada: UserId) {
    let other = world.other.id;
    let client = account::Model { tenant_id: other, owner_id: Some(ada), ..world.new_account("Globex") };
    let new = project::Model {
        tenant_id: other,
        name: "other".into(),
        account_id: Some(client.id),
        manager_id: Some(ada),
        created_by: Some(uuid(ada)),
        ..world.new_project(1)
    };
    let act = world.system_of_other().act(&world.db, "test.mirror", async |act| {
        act.insert(client.clone()).await?;
        act.insert(new.clone()).await?;
        for target in [Target::Project(new.id, new.account_id), Target::Account(client.id)] {
            let new =
                NewAssignment { user: ada, target, role: None, source: Source::Direct, expires_at: None };
            assignment::assign(act, new).await?;
        }
        Ok(())
    });
    act.await.unwrap();
}

fn reaching(reach: Reach) -> Grant {
    Grant { reach: Some(reach), ..Grant::default() }
}

fn as_role(roles: &[RoleId]) -> Grant {
    Grant { reach: None, scoped_roles: roles.iter().copied().collect() }
}

async fn names(world: &World, viewer: &Viewer) -> BTreeSet<String> {
    let rows = project::Entity::visible(viewer, READ).all(&world.db).await.unwrap();
    let found: BTreeSet<String> = rows.iter().map(|row| row.name.clone()).collect();
    assert_eq!(found.len(), rows.len(), "no row twice");
    found
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn each_reach_gives_exactly_its_rows() {
    on_both(async |world| {
        let Agency { ada, bob, lead, guest, accounts, projects } = agency(world).await;
        let staff = |grant| world.person(ada, None, granting(READ, grant));
        let client = |of: AccountId, grant| world.person(ada, Some(of), granting(READ, grant));
        let own = ["own", "made"];
        let assigned = ["own", "made", "team", "guest", "client"];
        let of_their_clients = ["own", "made", "team", "guest", "client", "old", "far"];
        let cases: Vec<(&str, Viewer, &[&str])> = vec![
            ("nothing", staff(Grant::default()), &[]),
            ("own", staff(reaching(Reach::Own)), &own),
            ("assigned", staff(reaching(Reach::Assigned)), &assigned),
            ("account, staff", staff(reaching(Reach::Account)), &of_their_clients),
            ("tenant", staff(reaching(Reach::Tenant)), &PROJECTS),
            ("as lead", staff(as_role(&[lead])), &["team", "client"]),
            ("as guest", staff(as_role(&[guest])), &["guest"]),
            ("as either", staff(as_role(&[lead, guest])), &["team", "client", "guest"]),
            ("as a role nobody has", staff(as_role(&[world.ids.generate()])), &[]),
            (
                "own, and as lead",
                staff(Grant { reach: Some(Reach::Own), ..as_role(&[lead]) }),
                &["own", "made", "team", "client"],
            ),
            ("account, client", client(accounts[0], reaching(Reach::Account)), &["team", "old"]),
            ("account, client without projects", client(world.ids.generate(), reaching(Reach::Account)), &[]),
            ("own, client", client(accounts[0], reaching(Reach::Own)), &own),
            ("somebody else", world.person(bob, None, granting(READ, reaching(Reach::Assigned))), &["far"]),
            ("another permission", world.person(ada, None, granting(WRITE, reaching(Reach::Tenant))), &[]),
            ("the platform", world.system().clone(), &PROJECTS),
            (
                "nobody",
                Viewer::anonymous(
                    world.acme.clone(),
                    Default::default(),
                    world.clock.clone(),
                    world.ids.clone(),
                ),
                &[],
            ),
        ];
        for (case, viewer, expected) in cases {
            assert_eq!(names(world, &viewer).await, set(expected), "{case}");
            agree(world, &viewer, &projects, case).await;
        }
        assert_eq!(names(world, world.system_of_other()).await, set(&["other"]));
    })
    .await;
}

/// Lists, single reads, loaders and checks say the same of every project.
async fn agree(world: &World, viewer: &Viewer, projects: &[project::Model], case: &str) {
    let listed = names(world, viewer).await;
    let ask = Ask::new(viewer.clone(), world.db.clone());
    for row in projects {
        let expected = listed.contains(&row.name);
        let fetched = project::Entity::fetch(&world.db, viewer, READ, row.id).await;
        match fetched {
            Ok(found) => assert!(expected && found == *row, "{case}: {}", row.name),
            Err(Error::NotFound(_)) => assert!(!expected, "{case}: {}", row.name),
            Err(other) => panic!("{case}: {other:?}"),
        }
        let loaded = ask.load::<ById<project::Entity>, _>(uuid(row.id)).await.unwrap();
        assert_eq!(loaded.is_some(), expected, "{case}: {}", row.name);
        assert_eq!(can::<project::Entity>(&world.db, viewer, READ, uuid(row.id)).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn accounts_and_tasks_are_near_as_what_they_hang_on() {
    on_both(async |world| {
        let Agency { ada, lead, accounts, projects, .. } = agency(world).await;
        let mut tasks = Vec::new();
        for row in &projects {
            let column = uuid(world.ids.generate::<kernel::id::TaskColumnId>());
            world
                .row(
                    "projects_columns",
                    [
                        ("id", column.into()),
                        ("tenant_id", world.acme.id.into()),
                        ("project_id", row.id.into()),
                        ("name", "c".into()),
                        ("category", "todo".into()),
                        ("rank", "m".into()),
                        ("created_at", world.now().into()),
                        ("updated_at", world.now().into()),
                    ],
                )
                .await;
            tasks.push(task::Model { title: row.name.clone(), ..world.new_task(row, column, 1) });
        }
        tasks[6].reporter_id = Some(ada);
        world.write(tasks).await;
        let see = async |viewer: &Viewer| {
            let tasks = task::Entity::visible(viewer, READ).all(&world.db).await.unwrap();
            let accounts = account::Entity::visible(viewer, READ).all(&world.db).await.unwrap();
            let tasks: BTreeSet<String> = tasks.into_iter().map(|row| row.title).collect();
            let accounts: BTreeSet<String> = accounts.into_iter().map(|row| row.name).collect();
            (tasks, accounts)
        };
        let staff = |grant| world.person(ada, None, granting(READ, grant));
        assert_eq!(see(&staff(reaching(Reach::Own))).await, (set(&["far"]), set(&[])));
        let assigned = set(&["team", "guest", "client", "far"]);
        assert_eq!(see(&staff(reaching(Reach::Assigned))).await, (assigned, set(&["Initech"])));
        let (tasks, clients) = see(&staff(reaching(Reach::Account))).await;
        assert_eq!(clients, set(&["Globex", "Initech", "Umbrella"]), "every client of her projects");
        assert_eq!(tasks, set(&["team", "guest", "old", "client", "far"]));
        assert_eq!(see(&staff(as_role(&[lead]))).await, (set(&["team", "client"]), set(&["Initech"])));
        let client = world.person(ada, Some(accounts[0]), granting(READ, reaching(Reach::Account)));
        assert_eq!(see(&client).await, (set(&["team", "old"]), set(&["Globex"])));
    })
    .await;
}

#[tokio::test]
async fn assignment_ends_at_its_moment() {
    on_both(async |world| {
        let Agency { ada, .. } = agency(world).await;
        let at = |time| {
            let person = world.person(ada, None, granting(READ, reaching(Reach::Assigned)));
            Viewer::from(Inner {
                now: time,
                tenant: person.tenant.clone(),
                actor: person.actor,
                membership: None,
                account: None,
                session: None,
                grants: person.grants.clone(),
                request: person.request.clone(),
                clock: person.clock.clone(),
                ids: person.ids.clone(),
            })
        };
        let last = world.now() + TimeDelta::seconds(1) - TimeDelta::microseconds(1);
        assert!(names(world, &at(last)).await.contains("team"));
        assert!(!names(world, &at(last + TimeDelta::microseconds(1))).await.contains("team"));
        assert!(names(world, &at(world.now() - TimeDelta::microseconds(1))).await.contains("old"));
    })
    .await;
}

#[tokio::test]
async fn change_of_a_row_is_not_found_or_forbidden() {
    on_both(async |world| {
        let Agency { ada, projects, .. } = agency(world).await;
        let mut grants = std::collections::HashMap::from([(READ.name, reaching(Reach::Assigned))]);
        grants.insert(WRITE.name, reaching(Reach::Own));
        let viewer = world.person(ada, None, Grants::Some(grants));
        let code = async |permission: Permission, id: ProjectId| match project::Entity::fetch_to(
            &world.db, &viewer, permission, id,
        )
        .await
        {
            Ok(_) => "OK",
            Err(error) => error.code(),
        };
        let ids: Vec<ProjectId> = projects.iter().map(|row| row.id).collect();
        assert_eq!(code(WRITE, ids[0]).await, "OK");
        assert_eq!(code(WRITE, ids[2]).await, "FORBIDDEN", "readable, not writable");
        assert_eq!(code(WRITE, ids[6]).await, "NOT_FOUND", "not readable");
        assert_eq!(code(READ, ids[2]).await, "OK");
        assert_eq!(code(WRITE, world.ids.generate()).await, "NOT_FOUND");
        let of_other: uuid::Uuid = world.one("SELECT id FROM projects_projects WHERE name = 'other'").await;
        assert_eq!(code(WRITE, ProjectId::from_uuid(of_other)).await, "NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn nearness_is_explained_part_by_part() {
    on_both(async |world| {
        let Agency { ada, lead, guest, projects, .. } = agency(world).await;
        let viewer = world.person(ada, None, Grants::None);
        let near = async |near: Near<'_>, n: usize| {
            is_near::<project::Entity>(&world.db, &viewer, near, uuid(projects[n].id)).await.unwrap()
        };
        assert!(near(Near::Own, 0).await && !near(Near::Own, 2).await);
        assert!(
            near(Near::Assigned, 2).await && !near(Near::Assigned, 0).await && !near(Near::Assigned, 4).await
        );
        assert!(near(Near::Account, 4).await && !near(Near::Account, 1).await);
        assert!(near(Near::AssignedAs(&[guest]), 3).await && !near(Near::AssignedAs(&[lead]), 3).await);
        assert!(!near(Near::AssignedAs(&[]), 3).await);
    })
    .await;
}

/// Grants and people drawn at random over rows and assignments drawn at random.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn lists_single_reads_and_checks_agree_and_stay_in_the_tenant() {
    on_both(async |world| {
        let Agency { ada, bob, lead, guest, accounts, projects } = agency(world).await;
        let reaches =
            [None, Some(Reach::Own), Some(Reach::Assigned), Some(Reach::Account), Some(Reach::Tenant)];
        let users = [ada, bob];
        let clients = [None, Some(accounts[0]), Some(accounts[2]), Some(world.ids.generate())];
        let roles = (any::<bool>(), any::<bool>());
        let cases = (
            select(reaches.to_vec()),
            select(users.to_vec()),
            select(clients.to_vec()),
            roles,
            any::<bool>(),
        );
        property(40, &cases, async |(reach, user, account, (as_lead, as_guest), by_key)| {
            let roles = [as_lead.then_some(lead), as_guest.then_some(guest)];
            let grant = Grant { reach, scoped_roles: roles.into_iter().flatten().collect() };
            let alone = grant.scoped_roles.is_empty();
            let person = world.person(user, account, granting(READ, grant));
            let viewer = if by_key { with_a_key(world, &person, user) } else { person };
            let seen = names(world, &viewer).await;
            assert!(!seen.contains("other"), "a row of another tenant");
            if let (Some(account), Some(Reach::Account), true) = (account, reach, alone) {
                let of_account = projects.iter().filter(|row| row.account_id == Some(account));
                assert_eq!(seen, of_account.map(|row| row.name.clone()).collect());
            }
            agree(world, &viewer, &projects, "a random grant").await;
        });
    })
    .await;
}

fn with_a_key(world: &World, person: &Viewer, user: UserId) -> Viewer {
    Viewer::from(Inner {
        actor: Actor::ApiKey(world.ids.generate(), user),
        now: person.now,
        tenant: person.tenant.clone(),
        membership: None,
        account: person.account,
        session: None,
        grants: person.grants.clone(),
        request: person.request.clone(),
        clock: person.clock.clone(),
        ids: person.ids.clone(),
    })
}
