//! A list and the single read agree: whatever a list shows is there by id, and whatever it does not show is not.

use std::collections::BTreeSet;

use kernel::id::{AnyId, IdKind};
use serde_json::{Value, json};
use tests::{Actor, World};
use uuid::Uuid;

/// Each type of node: the query that lists everything of it, and where its rows are.
const LISTS: &[(IdKind, &str, &str, &str)] = &[
    (IdKind::TenantId, "{ tenant { id } }", "identity_tenants", "id"),
    (IdKind::DomainId, "{ tenant { domains(first: 100) { nodes { id } } } }", "identity_domains", "id"),
    (IdKind::UserId, "{ users(first: 100) { nodes { id } } }", "identity_memberships", "user_id"),
    (IdKind::RoleId, "{ roles(first: 100) { nodes { id } } }", "identity_roles", "id"),
    (IdKind::SessionId, "{ sessions(first: 100) { nodes { id } } }", "identity_sessions", "id"),
    (IdKind::InvitationId, "{ invitations(first: 100) { nodes { id } } }", "identity_invitations", "id"),
    (IdKind::ApiKeyId, "{ apiKeys(first: 100) { nodes { id } } }", "identity_api_keys", "id"),
    (IdKind::AssignmentId, "{ assignments(first: 100) { nodes { id } } }", "assignments", "id"),
    (IdKind::AccountId, "{ accounts(first: 100) { nodes { id } } }", "crm_accounts", "id"),
    (IdKind::ContactId, "{ contacts(first: 100) { nodes { id } } }", "crm_contacts", "id"),
    (IdKind::ProjectId, "{ projects(first: 100) { nodes { id } } }", "projects_projects", "id"),
    (
        IdKind::ProjectMemberId,
        "{ projects(first: 50) { nodes { members(first: 20) { nodes { id } } } } }",
        "projects_members",
        "id",
    ),
    (IdKind::TaskColumnId, "{ projects(first: 100) { nodes { columns { id } } } }", "projects_columns", "id"),
    (IdKind::TaskId, "{ tasks(first: 100) { nodes { id } } }", "projects_tasks", "id"),
    (IdKind::AuditEntryId, "{ auditEntries(first: 100) { nodes { id } } }", "audit_entries", "id"),
];

#[tokio::test]
async fn list_and_single_read_agree_for_every_role_and_type() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let tenant = acme.tenant().await;
    for (_, person) in acme.everybody() {
        person.token().await;
    }
    let own = acme.owner();
    own.key(&[("projects.project.read", "TENANT")]).await;
    acme.manager().key(&[("projects.project.read", "ASSIGNED")]).await;
    world.settled().await;
    let mut wrong = Vec::new();
    for (kind, query, table, column) in LISTS {
        let all = everything(&world, tenant, *kind, table, column).await;
        assert!(!all.is_empty(), "the agency has no {}: teach the seed or this test", kind.type_name());
        for (role, person) in acme.everybody() {
            let listed = listed(&person, *kind, query).await;
            let readable = readable(&person, &all).await;
            let unlisted = readable.difference(&listed).map(|id| format!("{id} is read but not listed"));
            let unread = listed.difference(&readable).map(|id| format!("{id} is listed but not read"));
            let both: Vec<String> = unlisted.chain(unread).collect();
            if !both.is_empty() {
                wrong.push(format!("{} as {}: {}", kind.type_name(), role.key(), both.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn table_of_lists_has_every_type_of_node() {
    let listed: BTreeSet<&str> = LISTS.iter().map(|(kind, ..)| kind.type_name()).collect();
    let nodes: BTreeSet<&str> = gateway::graph::NODE_TYPES.iter().copied().collect();
    assert_eq!(listed, nodes, "edit LISTS in tests/api/visibility.rs");
}

async fn everything(
    world: &World,
    tenant: Uuid,
    kind: IdKind,
    table: &str,
    column: &str,
) -> BTreeSet<String> {
    let snapshot = world.snapshot().await.of_tenant(tenant);
    let uuid = |text: &Value| text.as_str().and_then(|text| text.parse().ok()).expect("an id is a uuid");
    snapshot.rows(table).map(|row| AnyId { kind, uuid: uuid(&row[column]) }.to_string()).collect()
}

/// Ids of the kind anywhere in the answer; none if the list is refused.
async fn listed(person: &Actor, kind: IdKind, query: &str) -> BTreeSet<String> {
    let answer = person.run(query, json!({})).await;
    let refused = answer.errors().iter().all(|error| error["extensions"]["code"] == "FORBIDDEN");
    assert!(refused, "the list broke\n{answer}");
    let mut found = BTreeSet::new();
    collect(&answer.body["data"], &format!("{}_", kind.prefix()), &mut found);
    found
}

fn collect(value: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with(prefix) => drop(found.insert(text.clone())),
        Value::Array(list) => list.iter().for_each(|entry| collect(entry, prefix, found)),
        Value::Object(object) => object.values().for_each(|entry| collect(entry, prefix, found)),
        _ => {}
    }
}

async fn readable(person: &Actor, all: &BTreeSet<String>) -> BTreeSet<String> {
    let all: Vec<&String> = all.iter().collect();
    let mut found = BTreeSet::new();
    for ids in all.chunks(100) {
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let answer = person.run(query, json!({ "ids": ids })).await.expect_ok();
        found.extend(answer.list("nodes").iter().filter_map(|node| node["id"].as_str()).map(str::to_owned));
    }
    found
}
