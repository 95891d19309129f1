//! What listening costs, and that who listens is told exactly what they see: visibility is judged from what an event is
//! about without asking the database for each listener.

use std::sync::Arc;

use futures::{StreamExt, future::join_all, stream};
use kernel::ask::Ask;
use kernel::catalogue::SystemRole;
use kernel::id::{AccountId, AnyId, IdGen, RoleId, TenantId, TypedId, UserId};
use kernel::policy::Guarded;
use kernel::viewer::{Actor, Grant, Grants, Inner, Permission, Reach, RequestInfo, TenantInfo, Viewer};
use projects::change::changes;
use projects::service::{Event, EventSource, Heard};
use projects::sight::Sights;
use sea_orm::{QueryFilter, QuerySelect};
use serde_json::json;
use tests::{Agency, Snapshot, World};
use uuid::Uuid;

use super::asks::{change, new_member, new_project, person, project, role};

/// Tells the same events to everybody.
struct Told(Vec<Event>);

impl EventSource for Told {
    fn subscribe(&self, _: TenantId) -> stream::BoxStream<'static, Heard> {
        stream::iter(self.0.clone()).map(Heard::Event).boxed()
    }
}

fn event(number: u128, kind: &str, subject_type: &str, subject_id: Uuid, changed: &[&str]) -> Event {
    Event {
        id: Uuid::from_u128(number),
        kind: kind.to_owned(),
        subject_type: subject_type.to_owned(),
        subject_id,
        payload: json!({ "changed": changed }),
    }
}

/// A person of an agency with these grants and no others.
async fn viewer(world: &World, agency: &Agency<'_>, user: Uuid, grants: Grants) -> Viewer {
    let nobody = Viewer::nobody(RequestInfo::default(), world.clock.clone(), IdGen::new(world.clock.clone()));
    Viewer::from(Inner {
        tenant: TenantInfo { id: TenantId::from_uuid(agency.tenant().await), ..nobody.tenant.clone() },
        actor: Actor::User(UserId::from_uuid(user)),
        membership: None,
        account: None,
        session: None,
        grants: Arc::new(grants),
        now: world.clock.now(),
        request: RequestInfo::default(),
        clock: world.clock.clone(),
        ids: nobody.ids.clone(),
    })
}

fn of_role(role: SystemRole) -> Grants {
    let catalogue = gateway::app::catalogue();
    let held = catalogue.grants_of(role);
    let grant = |reach| Grant { reach: Some(reach), ..Grant::default() };
    Grants::Some(held.map(|(permission, reach)| (permission.name, grant(reach))).collect())
}

fn uuid(id: &str) -> Uuid {
    id.parse::<AnyId>().unwrap().uuid
}

/// Uuids in a column of the rows of a table.
fn column(rows: &Snapshot, table: &str, name: &str) -> Vec<Uuid> {
    rows.rows(table).filter_map(|row| row[name].as_str()?.parse().ok()).collect()
}

/// How many messages everybody heard, and how many statements that took together.
async fn listened(world: &World, listeners: &[Viewer], events: &[Event]) -> (usize, u32) {
    let (told, sights) = (Told(events.to_vec()), Sights::default());
    let asks: Vec<Ask> =
        listeners.iter().map(|listener| Ask::new(listener.clone(), world.db.counted())).collect();
    let heard = asks.iter().map(|ask| changes(ask.clone(), &told, sights.clone(), None).collect::<Vec<_>>());
    let heard: Vec<_> = join_all(heard).await.into_iter().flatten().collect();
    assert!(heard.iter().all(Result::is_ok), "something broke");
    (heard.len(), asks.iter().map(|ask| ask.db.statements().count()).sum())
}

// keeps: PR-1, PR-3, PR-8
#[tokio::test]
async fn event_takes_as_many_statements_for_many_who_listen_as_for_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let rows = world.snapshot().await.of_tenant(acme.tenant().await);
    let first = rows.rows("projects_projects").find(|row| row["number"] == 1).unwrap()["id"].clone();
    let of_first = |table: &str| {
        let row = rows.rows(table).find(|row| row["project_id"] == first).unwrap();
        row["id"].as_str().unwrap().parse::<Uuid>().unwrap()
    };
    let project: Uuid = first.as_str().unwrap().parse().unwrap();
    let (task, member) = (of_first("projects_tasks"), of_first("projects_members"));
    let events = [
        event(1, "projects.project.updated", "Project", project, &["name", "budget_minor"]),
        event(2, "projects.task.updated", "Task", task, &["title", "estimate_minutes"]),
        event(3, "projects.member.updated", "ProjectMember", member, &["title", "bill_rate_minor"]),
    ];
    let mut listeners = Vec::new();
    for (name, role) in [("pm", SystemRole::ProjectManager), ("dev", SystemRole::TeamMember)] {
        let user = uuid(&person(&acme, name).await);
        for _ in 0..15 {
            listeners.push(viewer(&world, &acme, user, of_role(role)).await);
        }
    }
    let (heard, one) = listened(&world, &listeners[..1], &events).await;
    assert_eq!(heard, 3);
    let (heard, many) = listened(&world, &listeners, &events).await;
    assert_eq!(heard, 3 * listeners.len());
    assert!(many <= one && one <= 9, "{one} statements for one listener, {many} for {}", listeners.len());
}

/// Which of these things somebody sees, as the database says.
async fn seen<E: Guarded>(world: &World, viewer: &Viewer, permission: Permission) -> Vec<Uuid> {
    let rows = E::visible(viewer, permission).filter(E::in_tenant(viewer.tenant_id()));
    rows.select_only().column(E::id_column()).into_tuple().all(&world.db).await.unwrap()
}

/// Fails unless a listener hears of exactly those things that a statement finds for them.
async fn expect_agreement<E: Guarded>(
    world: &World,
    listener: &Viewer,
    sights: &Sights,
    things: &[Uuid],
    (kind, subject, permission): (&str, &str, Permission),
    projects: &[(Uuid, Uuid)],
) {
    let in_sight =
        seen::<projects::project::entity::Entity>(world, listener, projects::policy::PROJECTS_READ);
    let in_sight = in_sight.await;
    let mut expected = seen::<E>(world, listener, permission).await;
    expected.retain(|id| things.contains(id));
    expected.retain(|id| projects.iter().any(|(thing, project)| thing == id && in_sight.contains(project)));
    expected.sort();
    let mut heard = Vec::new();
    for thing in things {
        let told = Told(vec![event(thing.as_u128(), kind, subject, *thing, &["title"])]);
        let ask = Ask::new(listener.clone(), world.db.counted());
        if changes(ask, &told, sights.clone(), None).count().await > 0 {
            heard.push(*thing);
        }
    }
    heard.sort();
    assert_eq!(heard, expected, "{subject} for {listener:?} with {:?}", listener.grant(permission));
}

// keeps: PR-1, PR-3, PR-8, ID-22
#[tokio::test]
async fn who_listens_is_told_of_what_they_see_and_of_nothing_else() {
    use projects::policy::{PROJECTS_READ, TASKS_READ, TEAM_READ};
    let world = World::new().await;
    let acme = world.agency("acme");
    let (id, sales) = (new_project(&acme.owner(), "As a lead").await, person(&acme, "sales").await);
    let lead = role(&acme, "project_manager").await;
    let member = json!({ "id": new_member(&acme.owner(), &id, &sales).await, "roleId": lead });
    change(&acme.owner(), "updateProjectMember", member, "member { id }").await.expect_ok();
    // Reason: the editor works on the first for a minute more, and on the fourth for an hour.
    for (number, end) in [(1, "2026-03-02T09:01:00Z"), (4, "2026-03-02T10:00:00Z")] {
        let assigned = json!({
            "userId": person(&acme, "editor").await, "projectId": project(&acme, number).await, "roleId": lead, "expiresAt": end,
        });
        change(&acme.owner(), "assignResource", assigned, "__typename").await.expect_ok();
    }
    world.clock.advance(std::time::Duration::from_secs(120));
    let rows = world.snapshot().await.of_tenant(acme.tenant().await);
    let ids = |table: &str| column(&rows, table, "id");
    let of = |table: &str| ids(table).into_iter().zip(column(&rows, table, "project_id")).collect::<Vec<_>>();
    let own: Vec<_> = ids("projects_projects").into_iter().map(|id| (id, id)).collect();
    let (tasks, members) = (of("projects_tasks"), of("projects_members"));
    let some = |pairs: &[(Uuid, Uuid)]| pairs.iter().map(|(id, _)| *id).take(60).collect::<Vec<_>>();
    let sights = Sights::default();
    for user in column(&rows, "identity_memberships", "user_id") {
        for grant in grants(RoleId::from_uuid(uuid(&lead))) {
            let all = [PROJECTS_READ, TASKS_READ, TEAM_READ].map(|one| (one.name, grant.clone()));
            let listener = viewer(&world, &acme, user, Grants::Some(all.into())).await;
            let about = ("projects.project.updated", "Project", PROJECTS_READ);
            expect_agreement::<projects::project::entity::Entity>(
                &world,
                &listener,
                &sights,
                &some(&own),
                about,
                &own,
            )
            .await;
            let about = ("projects.task.updated", "Task", TASKS_READ);
            expect_agreement::<projects::task::entity::Entity>(
                &world,
                &listener,
                &sights,
                &some(&tasks),
                about,
                &tasks,
            )
            .await;
            let about = ("projects.member.updated", "ProjectMember", TEAM_READ);
            expect_agreement::<projects::member::entity::Entity>(
                &world,
                &listener,
                &sights,
                &some(&members),
                about,
                &members,
            )
            .await;
        }
    }
}

/// Each reach alone, and a role held on assignments alone.
fn grants(lead: RoleId) -> Vec<Grant> {
    let reach = |reach| Grant { reach: Some(reach), ..Grant::default() };
    let mut grants: Vec<Grant> = Reach::ALL.into_iter().map(reach).collect();
    grants.push(Grant { reach: None, scoped_roles: [lead].into_iter().collect() });
    grants.push(Grant::default());
    grants
}

// keeps: PR-1, PR-8, ID-22
#[tokio::test]
async fn client_is_told_of_the_own_company_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let rows = world.snapshot().await.of_tenant(acme.tenant().await);
    let projects: Vec<_> = rows.rows("projects_projects").cloned().collect();
    let user = uuid(&person(&acme, "client").await);
    let told = Told(
        projects
            .iter()
            .map(|row| row["id"].as_str().unwrap().parse::<Uuid>().unwrap())
            .map(|id| event(id.as_u128(), "projects.project.updated", "Project", id, &["name"]))
            .collect(),
    );
    for account in column(&rows, "crm_accounts", "id") {
        let Inner { tenant, actor, request, clock, ids, grants, now, .. } =
            &*viewer(&world, &acme, user, of_role(SystemRole::Client)).await;
        let client = Viewer::from(Inner {
            tenant: tenant.clone(),
            actor: *actor,
            membership: None,
            account: Some(AccountId::from_uuid(account)),
            session: None,
            grants: Arc::clone(grants),
            now: *now,
            request: request.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        });
        let ask = Ask::new(client, world.db.counted());
        let heard = changes(ask, &told, Sights::default(), None);
        let heard: Vec<_> = heard.map(|message| message.ok().unwrap().project.0.0.account_id).collect().await;
        let own = projects.iter().filter(|row| row["account_id"] == json!(account)).count();
        assert_eq!(heard, vec![Some(AccountId::from_uuid(account)); own]);
    }
}

// keeps: PR-1
#[tokio::test]
async fn who_missed_changes_is_told_so_and_waits_for_none_of_them() {
    struct Lagging(Uuid);
    impl EventSource for Lagging {
        fn subscribe(&self, _: TenantId) -> stream::BoxStream<'static, Heard> {
            let one = || Heard::Event(event(1, "projects.project.updated", "Project", self.0, &["name"]));
            stream::iter([one(), Heard::Missed, one()]).boxed()
        }
    }
    let world = World::new().await;
    let acme = world.agency("acme");
    let id = uuid(&new_project(&acme.owner(), "Quick").await);
    let owner = uuid(&person(&acme, "owner").await);
    let viewer = viewer(&world, &acme, owner, of_role(SystemRole::Owner)).await;
    let ask = Ask::new(viewer, world.db.clone());
    let told: Vec<_> = changes(ask, &Lagging(id), Sights::default(), None).collect().await;
    assert_eq!(told.len(), 2, "nothing comes behind the gap");
    assert!(told[0].is_ok());
    assert!(matches!(&told[1], Err(kernel::Error::Unavailable(_))));
}
