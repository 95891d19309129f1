//! That made-up agencies are the same in every run and make sense.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::*;
use kernel::{catalogue::SystemRole, clock::Clock, id::UserId, policy::Guarded as _};
use platform::crypto::{Keyring, SubjectVault};
use sea_orm::PaginatorTrait as _;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
}

fn made(agency: &Agency) -> Rows {
    generate(agency, "hash", day()).unwrap().1
}

fn every_agency() -> Vec<(Agency, Rows)> {
    let [acme, globex] = agency::demo();
    let [small, _] = agency::small();
    [acme, globex, small, agency::load(Size::S), agency::load(Size::M)]
        .into_iter()
        .map(|agency| {
            let rows = made(&agency);
            (agency, rows)
        })
        .collect()
}

#[test]
fn two_generations_on_one_day_are_equal() {
    for agency in agency::demo().into_iter().chain(agency::small()).chain([agency::load(Size::S)]) {
        assert_eq!(made(&agency), made(&agency), "{}", agency.slug);
    }
}

#[test]
fn two_agencies_share_no_id_and_no_address() {
    let [acme, globex] = agency::demo().map(|agency| made(&agency));
    assert_ne!(acme.tenant.id, globex.tenant.id);
    let ids: HashSet<UserId> = acme.users.iter().map(|user| user.id).collect();
    assert!(globex.users.iter().all(|user| !ids.contains(&user.id)));
    assert!(globex.users.iter().all(|user| user.email.domain() == "globex.test"));
}

#[test]
fn agency_has_as_much_as_it_says() {
    for (agency, rows) in every_agency() {
        let found = (rows.users.len(), rows.accounts.len(), rows.projects.len(), rows.tasks.len());
        let size = agency.size;
        assert_eq!(found, (size.users, size.accounts, size.projects, size.tasks), "{}", agency.slug);
    }
}

#[test]
fn people_of_the_roles_have_their_addresses_and_clients_one_account() {
    for (agency, rows) in every_agency() {
        for (place, (role, local)) in ROLES.into_iter().enumerate() {
            let user = rows.person(role);
            assert_eq!(user.email.as_str(), format!("{local}@{}.test", agency.slug));
            assert!(user.email_verified_at.is_some());
            assert_eq!(rows.roles[place], (rows.memberships[place].id, role));
            let account = role.is_for_clients().then(|| rows.client_account());
            assert_eq!(rows.memberships[place].account_id, account);
        }
        assert!(rows.memberships.iter().zip(&rows.users).all(|(member, user)| member.user_id == user.id));
        let mine = rows.projects.iter().filter(|project| project.account_id == Some(rows.client_account()));
        assert!(mine.count() >= 2, "{}: the client sees something", agency.slug);
    }
}

#[test]
fn every_task_lies_in_a_column_of_its_project_and_state() {
    for (_, rows) in every_agency() {
        let columns: HashMap<_, _> = rows.columns.iter().map(|column| (column.id, column)).collect();
        for task in &rows.tasks {
            let column = columns[&task.column_id];
            assert_eq!(
                (column.project_id, &column.category),
                (task.project_id, &task.status),
                "{}",
                task.title
            );
            assert_eq!(task.completed_at.is_some(), task.status == "done");
            assert_eq!(task.remaining_minutes == Some(0), task.status == "done");
        }
    }
}

#[test]
fn every_assignee_is_of_the_team_and_every_team_of_the_staff() {
    for (_, rows) in every_agency() {
        let clients: HashSet<UserId> = rows
            .memberships
            .iter()
            .filter(|member| member.account_id.is_some())
            .map(|member| member.user_id)
            .collect();
        let teams: HashSet<_> =
            rows.members.iter().map(|member| (member.project_id, member.user_id)).collect();
        assert_eq!(teams.len(), rows.members.len(), "nobody is in a team twice");
        assert!(teams.iter().all(|(_, user)| !clients.contains(user)));
        let projects: HashMap<_, _> = rows.tasks.iter().map(|task| (task.id, task.project_id)).collect();
        let mut seen = HashSet::new();
        for assignee in &rows.assignees {
            assert!(teams.contains(&(projects[&assignee.task_id], assignee.user_id)));
            assert!(seen.insert((assignee.task_id, assignee.user_id)), "nobody is on a task twice");
        }
        for project in &rows.projects {
            assert!(project.manager_id.is_none_or(|manager| teams.contains(&(project.id, manager))));
        }
    }
}

#[test]
fn assignments_say_what_managers_teams_and_owners_say() {
    for (_, rows) in every_agency() {
        let mut expected: HashSet<(UserId, String, &str)> = HashSet::new();
        expected.extend(rows.members.iter().map(|row| (row.user_id, row.project_id.to_string(), "team")));
        expected.extend(
            rows.projects.iter().filter_map(|row| Some((row.manager_id?, row.id.to_string(), "manager"))),
        );
        expected.extend(
            rows.accounts.iter().filter_map(|row| Some((row.owner_id?, row.id.to_string(), "manager"))),
        );
        let target = |row: &kernel::assignment::Model| match (row.project_id, row.account_id) {
            (Some(project), _) => project.to_string(),
            (None, Some(account)) => account.to_string(),
            (None, None) => String::new(),
        };
        let found: HashSet<_> =
            rows.assignments.iter().map(|row| (row.user_id, target(row), row.source.as_str())).collect();
        assert_eq!(found.len(), rows.assignments.len());
        assert_eq!(found, expected);
    }
}

#[test]
fn tasks_fit_the_state_of_their_project() {
    for (_, rows) in every_agency() {
        for project in &rows.projects {
            let states: Vec<&str> = rows
                .tasks
                .iter()
                .filter(|task| task.project_id == project.id)
                .map(|task| task.status.as_str())
                .collect();
            let all = |state: &str| states.iter().all(|found| *found == state);
            match project.status.as_str() {
                "completed" => assert!(all("done") && project.actual_end.is_some(), "{}", project.name),
                "intake" => assert!(all("todo") && project.actual_start.is_none(), "{}", project.name),
                "cancelled" => assert!(!states.contains(&"doing"), "{}", project.name),
                _ => assert!(project.actual_end.is_none(), "{}", project.name),
            }
            assert_eq!(project.held_from.is_some(), project.status == "on_hold");
        }
    }
}

#[test]
fn nothing_happened_before_its_project_or_in_the_future() {
    let now = day().and_time(chrono::NaiveTime::MIN).and_utc();
    for (_, rows) in every_agency() {
        let begun: HashMap<_, _> =
            rows.projects.iter().map(|project| (project.id, project.created_at)).collect();
        for project in &rows.projects {
            assert!(project.created_at < now && project.updated_at < now, "{}", project.name);
            assert!(project.actual_start.is_none_or(|start| start < day()));
            assert!(project.actual_end.is_none_or(|end| end < day() && Some(end) >= project.actual_start));
            assert!(project.estimated_start <= project.estimated_end);
        }
        for task in &rows.tasks {
            assert!(task.start_on <= task.due_on || task.due_on.is_none(), "{}", task.title);
            let times = [Some(task.created_at), Some(task.updated_at), task.completed_at];
            assert!(times.into_iter().flatten().all(|time| time < now && time >= begun[&task.project_id]));
        }
    }
}

#[test]
fn numbers_codes_and_ranks_are_unique_and_in_order() {
    for (agency, rows) in every_agency() {
        for (place, project) in rows.projects.iter().enumerate() {
            assert_eq!(project.number, i64::try_from(place).unwrap() + 1);
            assert_eq!(project.code, format!("{}-{}", agency.slug.to_uppercase(), place + 1));
        }
        let names: HashSet<&str> = rows.projects.iter().map(|project| project.name.as_str()).collect();
        assert_eq!(names.len(), rows.projects.len(), "{}: project names", agency.slug);
        for pair in rows.tasks.windows(2).filter(|pair| pair[0].project_id == pair[1].project_id) {
            assert!(pair[0].number + 1 == pair[1].number && pair[0].rank < pair[1].rank, "{}", pair[1].title);
            assert_ne!(pair[0].title, pair[1].title);
        }
    }
}

#[test]
fn small_agencies_keep_some_projects_from_everybody() {
    for agency in agency::small() {
        let rows = made(&agency);
        let on = |role: SystemRole| -> Vec<i64> {
            let user = rows.person(role).id;
            let mine =
                |project: &&projects::project::entity::Model| rows.team(project).any(|member| member == user);
            rows.projects.iter().filter(mine).map(|project| project.number).collect()
        };
        assert_eq!(on(SystemRole::ProjectManager), [1, 3]);
        assert_eq!(on(SystemRole::TeamMember), [1, 2, 4]);
        let mine = rows.projects.iter().filter(|project| project.account_id == Some(rows.client_account()));
        assert_eq!(mine.count(), 2);
        let sales = rows.person(SystemRole::Sales).id;
        assert_eq!(rows.accounts.iter().filter(|account| account.owner_id == Some(sales)).count(), 1);
    }
}

/// A migrated database, gone with its folder.
async fn database() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("seed.db").display());
    let settings = platform::settings::DatabaseSettings { url: url.into(), ..Default::default() };
    let pools = platform::db::pools(&settings).await.unwrap();
    migrations::up(&pools.write).await.unwrap();
    let keyring = Keyring::from_keys([("test".to_owned(), [7; 32])], "test").unwrap();
    let vault = SubjectVault::new(Arc::new(keyring), Clock::system());
    (folder, Db::new(pools.read, pools.write).with_vault(Arc::new(vault)))
}

#[tokio::test]
async fn world_of_a_test_is_written_as_it_is_answered_and_only_once() {
    let (_folder, db) = database().await;
    let world = test_world(&db, "hash", day()).await.unwrap();
    for rows in [&world.acme, &world.globex] {
        let tenant = rows.tenant.id;
        let projects: Vec<_> = projects::project::entity::Entity::of_tenant(tenant).all(&db).await.unwrap();
        assert_eq!(by_id(projects), by_id(rows.projects.clone()));
        let tasks = projects::task::entity::Entity::of_tenant(tenant).count(&db).await.unwrap();
        assert_eq!(tasks, rows.tasks.len() as u64);
        let held = identity::role::held_in(tenant).count(&db).await.unwrap();
        assert_eq!(held, rows.users.len() as u64);
    }
    let again = test_world(&db, "hash", day()).await.unwrap_err();
    assert!(matches!(again, SeedError::Exists("acme")), "{again}");
    let all = identity::tenant::rows().all(&db).await.unwrap();
    assert_eq!(all.len(), 2);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
async fn scores_of_the_demo_lead_to_what_its_projects_amount_to() {
    use projects::{
        health::{record, score},
        project::entity as project,
    };
    use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
    let (_folder, db) = database().await;
    demo(&db, "hash", day()).await.unwrap();
    for tenant in identity::tenant::rows().all(&db).await.unwrap() {
        let maker = Maker::new(7, day());
        let viewer = write::viewer_of(&maker, identity::tenant::info(&tenant));
        let present = record::present(&db, &viewer, || maker.id()).await.unwrap();
        assert!(present.len() > 10, "{}", tenant.slug);
        let rows = score::Entity::find().filter(score::Column::TenantId.eq(tenant.id));
        let rows = rows.order_by_asc(score::Column::ScoredOn).all(&db).await.unwrap();
        for now in present {
            let way: Vec<_> = rows.iter().filter(|row| row.project_id == now.project_id).collect();
            assert_eq!(way.len(), 14);
            let last = *way.last().unwrap();
            assert_eq!(*last, score::Model { id: last.id, ..now.clone() }, "the last is the present one");
            for pair in way.windows(2) {
                let jump =
                    pair[1].score.zip(pair[0].score).map_or(0, |(after, before)| (after - before).abs());
                assert!(jump <= 3, "{jump} of {:?}", pair[1]);
            }
            let shown = project::Entity::find().filter(project::Column::Id.eq(now.project_id));
            assert_eq!(shown.one(&db).await.unwrap().unwrap().health, now.score);
        }
    }
}

#[tokio::test]
async fn demo_is_made_once_and_never_beside_real_agencies() {
    let (_folder, db) = database().await;
    let made =
        |demo: Vec<Demo>| demo.into_iter().map(|agency| (agency.slug, agency.made)).collect::<Vec<_>>();
    let first = demo(&db, "hash", day()).await.unwrap();
    assert_eq!(made(first), [("acme", true), ("globex", true)]);
    let second = demo(&db, "hash", day()).await.unwrap();
    assert_eq!(made(second), [("acme", false), ("globex", false)]);
    for tenant in identity::tenant::rows().all(&db).await.unwrap() {
        let jobs = kernel::act::job::Entity::of_tenant(tenant.id).all(&db).await.unwrap();
        let failed = jobs.iter().filter(|job| job.status() == kernel::act::job::Status::Failed);
        assert_eq!((jobs.len(), failed.count()), (6, 1), "{}", tenant.slug);
        assert!(jobs.iter().all(|job| job.status().is_over()), "nothing is to be done");
    }

    let (_folder, db) = database().await;
    let real = Agency { slug: "initech", ..agency::load(Size::S) };
    let (maker, rows) = generate(&real, "hash", day()).unwrap();
    write::at_once(&db, &maker, rows).await.unwrap();
    let refused = demo(&db, "hash", day()).await.unwrap_err();
    assert!(refused.to_string().contains("initech"), "{refused}");
}

#[tokio::test]
async fn load_is_made_in_batches_and_only_once() {
    let (_folder, db) = database().await;
    let mut heard = Vec::new();
    load(&db, Size::S, "hash", day(), |done, total| heard.push((done, total))).await.unwrap();
    assert_eq!((heard.first(), heard.last()), (Some(&(0, 100)), Some(&(100, 100))));
    let statements = db.statements().count();
    assert!(statements < 80, "{statements} statements for 100 projects");
    let again = load(&db, Size::S, "hash", day(), |_, _| {}).await.unwrap_err();
    assert!(matches!(again, SeedError::Exists("load")), "{again}");
}

fn by_id(mut rows: Vec<projects::project::entity::Model>) -> Vec<projects::project::entity::Model> {
    rows.sort_by_key(|row| row.id);
    rows
}

#[test]
fn weeks_hold_what_was_worked_in_them_and_approved_time_its_rates() {
    for (agency, rows) in every_agency() {
        let hours = &rows.hours;
        assert_eq!(hours.entries.is_empty(), agency.size.weeks == 0, "{}", agency.slug);
        let sheets: HashMap<_, _> = hours.sheets.iter().map(|sheet| (sheet.id, sheet)).collect();
        let projects: HashMap<_, _> = rows.tasks.iter().map(|task| (task.id, task.project_id)).collect();
        for entry in &hours.entries {
            let sheet = sheets[&entry.timesheet_id];
            let age = (entry.spent_on - sheet.week_start).num_days();
            assert!((0..7).contains(&age) && entry.spent_on < day() && entry.user_id == sheet.user_id);
            assert_eq!(entry.task_id.map(|task| projects[&task]), Some(entry.project_id));
            let approved = entry.status == "approved";
            assert_eq!(entry.cost_rate_minor.is_some(), approved);
            assert_eq!(entry.bill_rate_minor.is_some(), approved && entry.billable);
        }
        let states: HashSet<&str> = hours.sheets.iter().map(|sheet| sheet.status.as_str()).collect();
        let all = if agency.size.weeks == 0 { 0 } else { 4 };
        assert_eq!(states.len(), all, "{}: {states:?}", agency.slug);
    }
}
