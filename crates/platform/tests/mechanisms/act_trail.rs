//! What an act leaves behind: one audit entry and one event for each row, with what changed and who did it.

use std::time::Duration;

use kernel::{
    act::{
        Act, Event, NewJob, Outcome, Severity, audit_entry, job, outbox,
        personal::{Personal, boxes},
    },
    id::{ApiKeyId, UserId},
    viewer::{Actor, Grants, Inner, RequestInfo, Viewer},
};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{World, on_both, uuid};

#[expect(clippy::disallowed_methods, reason = "a test reads everything")]
async fn entries(world: &World) -> Vec<audit_entry::Model> {
    audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id).all(&world.db).await.unwrap()
}

fn changes(entry: &audit_entry::Model) -> Value {
    serde_json::from_str(&entry.changes).unwrap()
}

/// What the vault makes of an entry's personal data.
async fn personal(world: &World, entry: &audit_entry::Model) -> Personal {
    let sealed = boxes(entry.id, &entry.personal).unwrap();
    let opened = world.db.vault().unwrap().open(&world.db, entry.tenant_id, sealed).await.unwrap();
    let mut whole = Personal::default();
    for text in opened.into_iter().flatten() {
        whole.merge(serde_json::from_slice(&text).unwrap());
    }
    whole
}

/// What stands for a personal value.
fn veiled() -> Value {
    json!({ "personal": true })
}

#[expect(clippy::disallowed_methods, reason = "a test reads everything")]
async fn events(world: &World) -> Vec<outbox::Model> {
    outbox::Entity::find().order_by_asc(outbox::Column::Seq).all(&world.db).await.unwrap()
}

#[tokio::test]
async fn row_inserted_leaves_one_entry_and_one_event() {
    on_both(async |world| {
        let user = world.user("ada").await;
        let mut new = world.new_account("Globex");
        new.legal_name = Some("Globex Person".into());
        new.domain = Some("secret.example".into());
        new.archived_at = Some(world.now());
        let viewer = world.person(user, None, Grants::None);
        let row = viewer
            .act(&world.db, "crm.account.create", async |act| act.insert(new.clone()).await)
            .await
            .unwrap();
        assert_eq!(row, new);

        let [entry] = entries(world).await.try_into().unwrap();
        assert_eq!(entry.tenant_id, world.acme.id);
        assert_eq!(entry.occurred_at, world.now());
        assert_eq!(
            (entry.actor_kind.as_str(), entry.actor_id, entry.on_behalf_of),
            ("user", Some(uuid(user)), None)
        );
        assert_eq!((entry.action.as_str(), entry.subject_type.as_str()), ("crm.account.create", "Account"));
        assert_eq!((entry.subject_id, entry.subject_label.as_deref()), (Some(uuid(row.id)), Some("Globex")));
        assert_eq!((entry.outcome.as_str(), entry.severity.as_str()), ("success", "info"));
        assert_eq!(
            changes(&entry),
            json!({
                "name": [null, "Globex"],
                "legal_name": [null, veiled()],
                "domain": ["•", "•"],
                "currency": [null, "EUR"],
                "locale": [null, "en"],
                "lifecycle": [null, "client"],
                "archived_at": [null, "2026-03-02T09:30:00Z"],
            })
        );
        assert!(!entry.personal.contains("Person"), "{}", entry.personal);
        assert_eq!(entry.person_id, Some(uuid(row.id)), "who says of nobody is the person");
        let opened = Value::Object(personal(world, &entry).await.changes);
        assert_eq!(opened, json!({ "legal_name": [null, "Globex Person"] }));

        let [event] = events(world).await.try_into().unwrap();
        assert_eq!((event.kind.as_str(), event.subject_type.as_str()), ("crm.account.created", "Account"));
        assert_eq!(
            (event.tenant_id, event.subject_id, event.audit_id),
            (world.acme.id, uuid(row.id), Some(entry.id))
        );
        assert_eq!((event.version, event.occurred_at), (1, world.now()));
        assert_eq!(event.payload["action"], "crm.account.create");
        assert_eq!(event.payload["version"], 1);
        let text = event.payload.to_string();
        assert!(!text.contains("secret.example") && !text.contains("Person"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn row_updated_leaves_what_differs() {
    on_both(async |world| {
        let [before] = world.write(vec![world.new_account("Globex")]).await.try_into().unwrap();
        world.clock.advance(std::time::Duration::from_secs(60));
        let mut after = before.clone();
        after.name = "Globex 2".into();
        after.legal_name = Some("A person".into());
        after.domain = Some("secret.example".into());
        let wrong_time = after.created_at + chrono::TimeDelta::days(3);
        after.updated_at = wrong_time;
        after.version = 77;
        let act = world.system().act(&world.db, "crm.account.rename", async |act| act.update(&before, after).await);
        let row = act.await.unwrap();
        assert_eq!((row.version, row.updated_at), (2, world.now()), "the act decides about version and time");

        let entry = entries(world).await.remove(1);
        let expected =
            json!({ "name": ["Globex", "Globex 2"], "domain": ["•", "•"], "legal_name": [null, veiled()] });
        assert_eq!(changes(&entry), expected);
        let opened = Value::Object(personal(world, &entry).await.changes);
        assert_eq!(opened, json!({ "legal_name": [null, "A person"] }));
        assert_eq!(entry.actor_kind, "system");
        let event = events(world).await.remove(1);
        assert_eq!(event.kind, "crm.account.updated");
        assert_eq!(
            event.payload,
            json!({ "action": "crm.account.rename", "changed": ["name", "legal_name", "domain"], "version": 2 })
        );
    })
    .await;
}

#[tokio::test]
async fn row_deleted_leaves_what_it_was() {
    on_both(async |world| {
        let [row] = world.write(vec![world.new_account("Globex")]).await.try_into().unwrap();
        let id = uuid(row.id);
        world.system().act(&world.db, "crm.account.delete", async |act| act.delete(row).await).await.unwrap();
        assert_eq!(world.count("crm_accounts").await, 0);
        let entry = entries(world).await.remove(1);
        assert_eq!((entry.subject_id, changes(&entry)["name"].clone()), (Some(id), json!(["Globex", null])));
        let event = events(world).await.remove(1);
        assert_eq!((event.kind.as_str(), event.subject_id), ("crm.account.deleted", id));
    })
    .await;
}

#[tokio::test]
async fn dates_numbers_and_lists_are_readable_in_the_trail() {
    on_both(async |world| {
        let mut new = world.new_project(7);
        new.estimated_start = chrono::NaiveDate::from_ymd_opt(2026, 4, 1);
        new.archived_at = Some(world.now() + chrono::TimeDelta::microseconds(1_500));
        new.budget_minor = Some(i64::MAX);
        new.tags = json!(["a", { "b": 1 }]);
        new.health = Some(0);
        let id = uuid(new.id);
        let account = world.new_account("Globex");
        new.account_id = Some(account.id);
        world.write(vec![account]).await;
        world.write(vec![new.clone()]).await;
        let entry = entries(world).await.remove(1);
        assert_eq!(entry.subject_id, Some(id));
        assert_eq!(changes(&entry)["estimated_start"], json!([null, "2026-04-01"]));
        assert_eq!(changes(&entry)["archived_at"], json!([null, "2026-03-02T09:30:00.001500Z"]));
        assert_eq!(changes(&entry)["budget_minor"], json!([null, i64::MAX]));
        assert_eq!(changes(&entry)["tags"], json!([null, ["a", { "b": 1 }]]));
        assert_eq!(changes(&entry)["health"], json!([null, 0]));
        assert_eq!(changes(&entry)["account_id"], json!([null, uuid(new.account_id.unwrap()).to_string()]));
    })
    .await;
}

#[tokio::test]
async fn notes_events_and_jobs_commit_with_the_act() {
    on_both(async |world| {
        let (key, user): (ApiKeyId, UserId) = (world.ids.generate(), world.user("ada").await);
        let viewer = Viewer::from(Inner {
            tenant: world.acme.clone(),
            actor: Actor::ApiKey(key, user),
            membership: None,
            account: None,
            session: None,
            grants: Default::default(),
            now: world.now(),
            request: RequestInfo {
                id: "req-1".into(),
                ip: Some("2001:db8::1".parse().unwrap()),
                user_agent: Some("curl".into()),
                operation: Some("Refuse".into()),
                ..RequestInfo::default()
            },
            clock: world.clock.clone(),
            ids: world.ids.clone(),
        });
        let act = viewer.act(&world.db, "identity.login.refuse", async |act| {
            act.mark(Outcome::Denied, Severity::Warning);
            act.note(
                "User",
                Some(uuid(user)),
                None,
                serde_json::Map::from_iter([("why".to_owned(), json!("late"))]),
            );
            act.record(Event {
                kind: "identity.login.refused",
                subject_type: "User",
                subject_id: uuid(user),
                payload: json!({ "n": 1 }),
            });
            act.enqueue(NewJob {
                delay: chrono::TimeDelta::minutes(3),
                ..NewJob::new("mail.send", "to ada".into())
            });
            Ok(())
        });
        act.await.unwrap();

        let [entry] = entries(world).await.try_into().unwrap();
        assert_eq!((entry.actor_kind.as_str(), entry.actor_id), ("api_key", Some(uuid(key))));
        assert_eq!(entry.on_behalf_of, Some(uuid(user)));
        assert_eq!((entry.outcome.as_str(), entry.severity.as_str()), ("denied", "warning"));
        assert_eq!(changes(&entry), json!({ "why": "late" }));
        assert_eq!(
            (entry.request_id.as_deref(), entry.operation.as_deref()),
            (Some("req-1"), Some("Refuse"))
        );
        let client = personal(world, &entry).await;
        assert_eq!((client.ip.as_deref(), client.user_agent.as_deref()), (Some("2001:db8::1"), Some("curl")));
        assert_eq!(entry.person_id, Some(uuid(user)));
        assert!(!entry.personal.contains("2001"), "{}", entry.personal);
        let [event] = events(world).await.try_into().unwrap();
        assert_eq!((event.kind.as_str(), event.audit_id), ("identity.login.refused", None));
        assert_eq!(event.payload, json!({ "n": 1 }));
        #[expect(clippy::disallowed_methods, reason = "a test reads everything")]
        let [job] = job::Entity::find().all(&world.db).await.unwrap().try_into().unwrap();
        assert_eq!((job.kind.as_str(), job.payload.as_str()), ("mail.send", "to ada"));
        assert_eq!(job.tenant_id, Some(world.acme.id));
        assert_eq!(job.run_at, world.now() + chrono::TimeDelta::minutes(3));
        assert_eq!((job.attempts, job.max_attempts, job.created_at), (0, 10, world.now()));
    })
    .await;
}

#[tokio::test]
async fn bells_ring_after_a_commit_and_not_without_one() {
    on_both(async |world| {
        let heard = async |bell: &kernel::db::Bell| {
            tokio::time::timeout(std::time::Duration::from_millis(50), bell.heard()).await.is_ok()
        };
        let failed: kernel::Result<()> = world
            .system()
            .act(&world.db, "test.fail", async |act| {
                act.insert(world.new_account("x")).await?;
                act.enqueue(NewJob::new("x", String::new()));
                Err(kernel::Error::internal("no"))
            })
            .await;
        assert!(failed.is_err());
        assert!(!heard(&world.db.events).await && !heard(&world.db.jobs).await);
        world.write(vec![world.new_account("x")]).await;
        assert!(heard(&world.db.events).await && !heard(&world.db.jobs).await);
        let job = world.system().act(&world.db, "test.job", async |act| {
            act.enqueue(NewJob::new("x", String::new()));
            Ok(())
        });
        job.await.unwrap();
        assert!(!heard(&world.db.events).await && heard(&world.db.jobs).await);
    })
    .await;
}

#[tokio::test]
async fn person_whose_key_is_destroyed_is_gone_and_a_new_key_is_made_for_what_comes() {
    on_both(async |world| {
        let mut new = world.new_account("Globex");
        new.legal_name = Some("Ada Person".into());
        let [row] = world.write(vec![new]).await.try_into().unwrap();
        let person = uuid(row.id);
        let vault = world.db.vault().unwrap();
        let tx = world.db.begin().await.unwrap();
        assert_eq!(vault.destroy(&tx, world.other.id, &[person]).await.unwrap(), 0, "not another tenant's");
        assert_eq!(vault.destroy(&tx, world.acme.id, &[person]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        vault.forget(world.acme.id);
        let entry = entries(world).await.remove(0);
        assert_eq!(personal(world, &entry).await, Personal::default());
        assert!(changes(&entry)["legal_name"][1]["personal"].as_bool().unwrap(), "that there was one stays");

        // What was under way then is sealed with nobody's key; only what comes later gets a new one.
        let mut row = row;
        for (name, kept) in [("Grace Person", false), ("Edsger Person", true)] {
            let mut after = row.clone();
            after.legal_name = Some(name.into());
            let act = async |act: &mut Act| act.update(&row, after).await;
            row = world.system().act(&world.db, "crm.account.rename", act).await.unwrap();
            let entry = entries(world).await.pop().unwrap();
            let opened = personal(world, &entry).await.changes;
            assert_eq!(opened.get("legal_name").is_some_and(|now| now[1] == name), kept, "{name}");
            world.clock.advance(Duration::from_secs(601));
        }
    })
    .await;
}

#[tokio::test]
async fn act_that_shreds_a_person_keeps_nothing_of_them() {
    on_both(async |world| {
        let mut new = world.new_account("Globex");
        new.legal_name = Some("Ada Person".into());
        let [row] = world.write(vec![new]).await.try_into().unwrap();
        let person = uuid(row.id);
        let act = async |act: &mut Act| {
            act.shred([person]);
            act.delete(row).await
        };
        world.system().act(&world.db, "crm.account.erase", act).await.unwrap();
        let [made, erased] = entries(world).await.try_into().unwrap();
        for entry in [&made, &erased] {
            assert_eq!(personal(world, entry).await, Personal::default());
            assert!(changes(entry).get("legal_name").is_some(), "that there was one stays");
        }
        assert_eq!(boxes(erased.id, &erased.personal).unwrap().len(), 0);
    })
    .await;
}

#[tokio::test]
async fn sealed_texts_open_in_their_own_entry_and_tenant_alone() {
    on_both(async |world| {
        let mut new = world.new_account("Globex");
        new.legal_name = Some("Ada Person".into());
        world.write(vec![new.clone()]).await;
        let entry = entries(world).await.remove(0);
        let vault = world.db.vault().unwrap();
        let sealed = boxes(entry.id, &entry.personal).unwrap();
        let mut moved = sealed.clone();
        moved[0].entry = uuid(world.ids.generate::<UserId>());
        assert!(vault.open(&world.db, world.acme.id, moved).await.is_err());
        assert_eq!(vault.open(&world.db, world.other.id, sealed).await.unwrap(), [None]);
    })
    .await;
}

#[tokio::test]
async fn acts_at_once_share_the_one_key_of_a_person() {
    on_both(async |world| {
        let rows: Vec<_> = (0..8).map(|number| world.new_account(&format!("Globex {number}"))).collect();
        let user = world.user("ada").await;
        let request = RequestInfo { ip: Some("192.0.2.1".parse().unwrap()), ..RequestInfo::default() };
        let viewer = Viewer::from(Inner {
            tenant: world.acme.clone(),
            actor: Actor::User(user),
            membership: None,
            account: None,
            session: None,
            grants: Default::default(),
            now: world.now(),
            request,
            clock: world.clock.clone(),
            ids: world.ids.clone(),
        });
        let acts = rows.into_iter().map(|row| {
            let viewer = viewer.clone();
            async move { viewer.act(&world.db, "crm.account.create", async |act| act.insert(row).await).await }
        });
        for done in futures::future::join_all(acts).await {
            done.unwrap();
        }
        assert_eq!(world.count("audit_subject_keys").await, 2, "one of the person, one of nobody known");
        for entry in entries(world).await {
            assert_eq!(personal(world, &entry).await.ip.as_deref(), Some("192.0.2.1"));
        }
    })
    .await;
}
