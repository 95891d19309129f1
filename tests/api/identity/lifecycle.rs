//! The end of an agency and what leads there and back: suspension, scheduled deletion, purge.

use std::collections::BTreeSet;

use identity::tenant::{purge::purge_due, reactivate, suspend};
use kernel::{catalogue::SystemRole, id::TenantId};
use serde_json::{Value, json};
use tests::{Actor, Answer, PASSWORD, World, token_in};

use super::asks::{change, credentials, eventually, login, viewer};
use super::steps::{
    DAY, FRESH, HOUR, accept, id_of, invite, join_both, lets_in, open_registration, register, sign_up,
    subjects, tenant_row, verify,
};
use crate::jobs::stop_the_calendar;

async fn schedule(who: &Actor, slug: &str) -> Answer {
    change(who, "scheduleTenantDeletion", json!({ "slug": slug }), "tenant { status deletionAt }").await
}

async fn cancel(who: &Actor) -> Answer {
    who.run("mutation { cancelTenantDeletion { tenant { status deletionAt } } }", json!({})).await
}

async fn acme_id(world: &World) -> TenantId {
    tenant_row(world, "acme").await.id
}

async fn suspend_acme(world: &World) {
    suspend(&world.db, &world.app(0).identity, acme_id(world).await, "unpaid since January").await.unwrap();
    world.settled().await;
}

async fn reactivate_acme(world: &World) {
    reactivate(&world.db, &world.app(0).identity, acme_id(world).await).await.unwrap();
    world.settled().await;
}

async fn purge(world: &World) -> Vec<TenantId> {
    purge_due(&world.db, &world.app(0).identity).await.unwrap()
}

// keeps: ID-3
#[tokio::test]
async fn suspended_agency_lets_nobody_in_on_any_way_and_the_other_goes_on() {
    let world = World::builder().nodes(2).build().await;
    let acme = world.agency("acme");
    let (owner, manager) = (acme.owner(), acme.manager());
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    let refresh = manager.tokens().await.refresh;
    open_registration(&owner).await;
    invite(&owner, json!({ "email": "ada@new.test", "roles": ["viewer"] })).await.expect_ok();
    let invited = token_in(&*world.mail_to("ada@new.test").await);
    register(&world.nobody(), "acme", "eve@new.test").await.expect_ok();
    let registered = token_in(&*world.mail_to("eve@new.test").await);
    let globex = world.agency("globex").manager();
    viewer(&globex).await.expect_ok();
    suspend_acme(&world).await;
    for node in [0, 1] {
        eventually("the session is refused", async || {
            viewer(&manager.on(node)).await.code() == Some("FORBIDDEN")
        })
        .await;
        let answer = key.on(node).run("{ projects { totalCount } }", json!({})).await;
        assert!(matches!(answer.code(), Some("FORBIDDEN" | "UNAUTHENTICATED")), "{answer}");
    }
    let said = viewer(&owner).await.expect_code("FORBIDDEN");
    assert!(
        said.message().unwrap().contains("suspended") && !said.message().unwrap().contains("unpaid"),
        "{said}"
    );
    let renewed =
        change(&world.nobody(), "refreshSession", json!({ "refreshToken": refresh }), "accessToken").await;
    assert!(matches!(renewed.code(), Some("FORBIDDEN" | "UNAUTHENTICATED")), "{renewed}");
    login(&world.nobody(), credentials("acme", "pm@acme.test", PASSWORD)).await.expect_code("FORBIDDEN");
    let wrong = credentials("acme", "pm@acme.test", "not the password at all");
    login(&world.nobody(), wrong).await.expect_code("UNAUTHENTICATED");
    register(&world.nobody(), "acme", "tom@new.test").await.expect_code("FORBIDDEN");
    verify(&world.nobody(), &registered).await.expect_code("FORBIDDEN");
    accept(&world.nobody(), json!({ "token": invited, "password": FRESH })).await.expect_code("FORBIDDEN");
    let query = "query($token: String!) { invitation(token: $token) { email } }";
    world.nobody().run(query, json!({ "token": invited })).await.expect_code("FORBIDDEN");
    let reset = json!({ "tenant": "acme", "email": "pm@acme.test" });
    change(&world.nobody(), "requestPasswordReset", reset, "email").await.expect_ok();
    assert!(subjects(&world, "pm@acme.test").await.is_empty(), "no link leads into a closed agency");
    viewer(&globex).await.expect_ok();
    assert!(lets_in(&world, "globex", "dev@globex.test").await);
}

// keeps: ID-3
#[tokio::test]
async fn reactivated_agency_goes_on_where_it_was() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let key = manager.key(&[("projects.project.read", "ASSIGNED")]).await;
    let before = manager.run("{ projects { totalCount } }", json!({})).await.expect_ok();
    suspend_acme(&world).await;
    viewer(&manager).await.expect_code("FORBIDDEN");
    reactivate_acme(&world).await;
    let after = manager.run("{ projects { totalCount } }", json!({})).await.expect_ok();
    assert_eq!(after.data("projects"), before.data("projects"), "with the session of before");
    key.run("{ projects { totalCount } }", json!({})).await.expect_ok();
    assert!(lets_in(&world, "acme", "dev@acme.test").await);
    let again = reactivate(&world.db, &world.app(0).identity, acme_id(&world).await).await.unwrap_err();
    assert_eq!((again.code(), again.message().code()), ("CONFLICT", "not_suspended"));
    let blank = suspend(&world.db, &world.app(0).identity, acme_id(&world).await, " ").await.unwrap_err();
    assert_eq!(blank.code(), "INVALID");
    let trail = world.audit_of(&world.agency("acme").id().await).await;
    let told: Vec<(&Value, &Value)> =
        trail.iter().map(|entry| (&entry["action"], &entry["actor_kind"])).collect();
    let system = json!("system");
    let (gone, back) = (json!("identity.tenant.suspend"), json!("identity.tenant.reactivate"));
    // Reason: the first entry is that of the seed, which made the agency.
    assert_eq!(told[1..], [(&gone, &system), (&back, &system)]);
    assert!(trail[1..].iter().all(|entry| entry["severity"] == "critical"));
}

// keeps: ID-3
#[tokio::test]
async fn deletion_is_scheduled_by_the_owner_who_repeats_the_slug() {
    let world = World::new().await;
    for (role, person) in world.agency("acme").everybody() {
        if role != SystemRole::Owner {
            schedule(&person, "acme").await.expect_code("FORBIDDEN");
            cancel(&person).await.expect_code("FORBIDDEN");
        }
    }
    let owner = world.agency("acme").owner();
    cancel(&owner).await.expect_code("CONFLICT");
    for wrong in ["", "globex", "Acme"] {
        schedule(&owner, wrong).await.expect_field("slug", "confirm_slug");
    }
    let answer = schedule(&owner, "acme").await.expect_ok();
    let expected = json!({ "status": "DELETION_SCHEDULED", "deletionAt": "2026-04-01T09:00:00Z" });
    assert_eq!(answer.data("scheduleTenantDeletion.tenant"), &expected);
    world.clock.advance(DAY);
    let again = schedule(&owner, "acme").await.expect_ok();
    assert_eq!(again.data("scheduleTenantDeletion.tenant"), &expected, "the date stays");
    assert!(lets_in(&world, "acme", "pm@acme.test").await, "until then everything goes on");
    world.clock.advance(DAY * 28);
    let kept = cancel(&owner).await.expect_ok();
    assert_eq!(kept.data("cancelTenantDeletion.tenant"), &json!({ "status": "ACTIVE", "deletionAt": null }));
    world.clock.advance(DAY * 30);
    assert!(purge(&world).await.is_empty(), "what was cancelled is not done");
    assert!(lets_in(&world, "acme", "pm@acme.test").await);
}

// keeps: ID-3
#[tokio::test]
async fn suspension_does_not_forget_a_scheduled_deletion() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let scheduled = schedule(&owner, "acme").await.expect_ok();
    suspend_acme(&world).await;
    reactivate_acme(&world).await;
    let answer = owner.run("{ tenant { status deletionAt } }", json!({})).await.expect_ok();
    assert_eq!(answer.data("tenant"), scheduled.data("scheduleTenantDeletion.tenant"));
}

/// Does a little of everything in acme, so that every table has rows of it.
async fn live_a_little(world: &World) {
    let acme = world.agency("acme");
    let owner = acme.owner();
    acme.manager().key(&[("projects.project.read", "ASSIGNED")]).await;
    change(&owner, "addTenantDomain", json!({ "domain": "portal.acme.example" }), "domain { id }")
        .await
        .expect_ok();
    invite(&owner, json!({ "email": "ada@new.test", "roles": ["viewer"] })).await.expect_ok();
    open_registration(&owner).await;
    register(&world.nobody(), "acme", "eve@new.test").await.expect_ok();
    let grants = json!([{ "permission": "projects.project.read", "reach": "TENANT" }]);
    change(&owner, "createRole", json!({ "name": "Reader", "grants": grants }), "role { id }")
        .await
        .expect_ok();
    let change_email = json!({ "email": "pm@elsewhere.test", "password": PASSWORD });
    change(&acme.manager(), "changeEmail", change_email, "pendingEmail").await.expect_ok();
    let named = owner.with("idempotency-key", "just-once");
    change(&named, "createAccount", json!({ "name": "Last & Sons" }), "account { id }").await.expect_ok();
    world.settled().await;
}

// keeps: ID-3
#[tokio::test]
async fn after_thirty_days_nothing_is_left_of_the_agency_and_nothing_missing_of_the_other() {
    let world = World::new().await;
    // Reason: hourly tidying would purge the agency itself, and remove events of the other, which are kept as long.
    stop_the_calendar(&world).await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    join_both(&world, &globex.owner(), &acme.developer()).await;
    let both =
        id_of(&acme.owner(), "dev@acme.test").await.parse::<kernel::id::AnyId>().unwrap().uuid.to_string();
    live_a_little(&world).await;
    schedule(&acme.owner(), "acme").await.expect_ok();
    let (mine, theirs) = (acme.tenant().await, globex.tenant().await);
    world.clock.advance(DAY * 30 - HOUR);
    assert!(purge(&world).await.is_empty(), "not an hour before");
    let key = acme.owner().key(&[("projects.project.read", "TENANT")]).await;
    key.run("{ projects { totalCount } }", json!({})).await.expect_ok();
    let token = acme.owner().token().await.unwrap();
    globex.manager().token().await;
    world.clock.advance(HOUR);
    world.settled().await;
    let before = world.snapshot().await;
    let gone: Vec<String> =
        before.of_tenant(mine).rows("identity_users").map(id).filter(|id| *id != both).collect();
    let (first, second) = tokio::join!(purge(&world), purge(&world));
    assert_eq!([first, second].concat().len(), 1, "whoever does it, it is done once");
    world.settled().await;
    let after = world.snapshot().await;
    assert_eq!(before.of_tenant(theirs).changes(&after.of_tenant(theirs)), [""; 0]);
    let names: Vec<String> = gone.into_iter().chain([mine.to_string()]).collect();
    let left = after.all().filter(|(_, row)| {
        let text = Value::Object((*row).clone()).to_string();
        names.iter().any(|name| text.contains(name.as_str()))
    });
    let left: Vec<_> = left.map(|(table, row)| format!("{table} {row:?}")).collect();
    assert_eq!(left, [""; 0]);
    assert_eq!(after.rows("identity_users").filter(|row| id(row) == both).count(), 1, "who is in both stays");
    viewer(&world.nobody().bearing(token)).await.expect_code("UNAUTHENTICATED");
    key.run("{ projects { totalCount } }", json!({})).await.expect_code("UNAUTHENTICATED");
    assert!(!lets_in(&world, "acme", "pm@acme.test").await);
    assert!(!lets_in(&world, "acme", "dev@acme.test").await);
    assert!(lets_in(&world, "globex", "dev@acme.test").await);
    sign_up(&world.nobody(), "acme", "pm@acme.test").await.expect_ok();
}

// keeps: ID-3, AU-9
#[tokio::test]
async fn purge_takes_archives_of_the_trail_with_it_and_waits_for_legal_holds() {
    let world = World::new().await;
    stop_the_calendar(&world).await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let storage = world.app(0).storage.clone();
    let there = async |tenant: uuid::Uuid| -> usize {
        let mut found = 0;
        for folder in ["audit", "privacy"] {
            let below = platform::storage::Key::new(format!("{folder}/{tenant}")).unwrap();
            found += futures::StreamExt::count(storage.list(&below)).await;
        }
        found
    };
    let (mine, theirs) = (acme.tenant().await, globex.tenant().await);
    for tenant in [mine, theirs] {
        for file in ["audit/{}/1-2-a.jsonl.zst", "audit/{}/1-2-a.jsonl.zst.manifest.json", "privacy/{}/b.zip"]
        {
            let key = platform::storage::Key::new(file.replace("{}", &tenant.to_string())).unwrap();
            storage.put_bytes(&key, "kept").await.unwrap();
        }
    }
    let owner = acme.owner();
    let project = owner.run("{ projects(first: 1) { nodes { id } } }", json!({})).await.expect_ok();
    let hold = json!({ "project": project.text("projects.nodes.0.id"), "reason": "A lawsuit." });
    let placed = change(&owner, "placeLegalHold", hold, "hold { id }").await.expect_ok();
    schedule(&owner, "acme").await.expect_ok();
    world.clock.advance(DAY * 31);
    assert!(purge(&world).await.is_empty(), "what is held is not the owner's to remove");
    assert_eq!(there(mine).await, 3);
    let released = json!({ "id": placed.text("placeLegalHold.hold.id") });
    change(&acme.owner(), "releaseLegalHold", released, "hold { id }").await.expect_ok();
    assert_eq!(purge(&world).await.len(), 1);
    world.settled().await;
    assert_eq!((there(mine).await, there(theirs).await), (0, 3));
}

fn id(row: &tests::Row) -> String {
    row["id"].as_str().unwrap().to_owned()
}

// keeps: ID-3
#[tokio::test]
async fn purge_knows_every_table_of_a_tenant() {
    let world = World::new().await;
    let sql = if tests::on_postgres() {
        "SELECT relname::text AS r FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid \
         WHERE attname = 'tenant_id' AND relkind IN ('r', 'p') AND NOT relispartition"
    } else {
        "SELECT m.name AS r FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND c.name = 'tenant_id'"
    };
    let tables: BTreeSet<String> = world.texts(sql, "r").await.into_iter().collect();
    let listed: BTreeSet<String> =
        identity::tenant::purge::TABLES.iter().map(|table| (*table).to_owned()).collect();
    assert_eq!(listed.len(), identity::tenant::purge::TABLES.len(), "a table is listed twice");
    assert_eq!(listed, tables, "edit `TABLES` in tenant/purge.rs");
}
