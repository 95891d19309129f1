//! A list and the single read agree: whatever a list shows is there by id, and whatever it does not show is not.

use std::collections::BTreeSet;

use kernel::id::IdKind;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use crate::ids::{Pool, furnish};

/// Each type of node, and the query that lists everything of it.
const LISTS: &[(IdKind, &str)] = &[
    (IdKind::TenantId, "tenant { id }"),
    (IdKind::DomainId, "tenant { domains { id } }"),
    (IdKind::UserId, "users PAGE"),
    (IdKind::RoleId, "roles { id }"),
    (IdKind::SessionId, "sessions(userId: $user) { id }"),
    (IdKind::InvitationId, "invitations PAGE"),
    (IdKind::ApiKeyId, "apiKeys PAGE"),
    (IdKind::AssignmentId, "assignments PAGE"),
    (IdKind::AccountId, "accounts PAGE"),
    (IdKind::ContactId, "contacts PAGE"),
    (IdKind::ProjectId, "projects PAGE"),
    (IdKind::ProjectMemberId, "projects(first: 50) { nodes { members(first: 20) { nodes { id } } } }"),
    (IdKind::TaskColumnId, "projects(first: 100) { nodes { columns { id } } }"),
    (IdKind::TaskId, "tasks PAGE"),
    (IdKind::TimeEntryId, "timeEntries PAGE"),
    (IdKind::TimesheetId, "timesheets PAGE"),
    (IdKind::TimerId, "timers PAGE"),
    (IdKind::ActivityTypeId, "activityTypes PAGE"),
    (IdKind::BillRateId, "billRates PAGE"),
    (IdKind::CostRateId, "costRates PAGE"),
    (IdKind::MilestoneId, "milestones PAGE"),
    (IdKind::DependencyId, "projects(first: 50) { nodes { dependencies(first: 50) { nodes { id } } } }"),
    (IdKind::TaskLabelId, "taskLabels PAGE"),
    (IdKind::TaskCommentId, "tasks(first: 100) { nodes { comments(first: 10) { nodes { id } } } }"),
    (IdKind::ProjectFieldId, "projectFields PAGE"),
    (IdKind::SavedViewId, "savedViews PAGE"),
    (IdKind::BaselineId, "baselines PAGE"),
    (IdKind::RiskId, "risks PAGE"),
    (IdKind::ChangeRequestId, "changeRequests PAGE"),
    (IdKind::DecisionId, "decisions PAGE"),
    (IdKind::StatusReportId, "statusReports PAGE"),
    (IdKind::FeedbackRequestId, "feedbackRequests PAGE"),
    (IdKind::ProjectTemplateId, "projectTemplates PAGE"),
    (IdKind::TaskImportId, "taskImports PAGE"),
    (IdKind::WorkCalendarId, "workCalendars PAGE"),
    (IdKind::ResourceProfileId, "resourceProfiles PAGE"),
    (IdKind::SkillId, "skills PAGE"),
    (IdKind::LeaveId, "leaves PAGE"),
    (IdKind::AllocationId, "allocations PAGE"),
    (IdKind::AuditEntryId, "auditEntries PAGE"),
    (IdKind::JobId, "jobs PAGE"),
    (IdKind::LegalHoldId, "legalHolds PAGE"),
    (IdKind::AuditArchiveId, "auditArchives PAGE"),
    (IdKind::AuditSinkId, "auditSinks PAGE"),
    (IdKind::PrivacyRequestId, "privacyRequests PAGE"),
    (IdKind::EventDeliveryId, "eventDeliveries PAGE"),
];

/// Stands for `PAGE`.
const PAGE: &str = "(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }";

#[tokio::test]
async fn list_and_single_read_agree_for_every_role_and_type() {
    let world = World::new().await;
    let acme = world.agency("acme");
    furnish(&world).await;
    acme.manager().key(&[("projects.project.read", "ASSIGNED")]).await;
    let pool = Pool::of(&world.snapshot().await, acme.tenant().await);
    let everything = |kind| pool.ids(kind).iter().cloned().collect::<BTreeSet<String>>();
    let people = everything(IdKind::UserId);
    let mut wrong = Vec::new();
    for (kind, list) in LISTS {
        let all = everything(*kind);
        assert!(!all.is_empty(), "the agency has no {}: teach the seed or this test", kind.type_name());
        for (role, person) in acme.everybody() {
            let listed = listed(&person, *kind, list, &people).await;
            // Reason: looks and refusals of this very test are in the trail, too; they must be readable as well.
            let readable = readable(&person, &all.union(&listed).cloned().collect()).await;
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
    let listed: BTreeSet<&str> = LISTS.iter().map(|(kind, _)| kind.type_name()).collect();
    let nodes: BTreeSet<&str> = gateway::graph::NODE_TYPES.iter().copied().collect();
    assert_eq!(listed, nodes, "edit LISTS in tests/api/visibility.rs");
}

/// Ids of the kind that the list shows on all its pages, for each of `people` where it is a person's; none if it is
/// refused.
async fn listed(person: &Actor, kind: IdKind, list: &str, people: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let prefix = format!("{}_", kind.prefix());
    if list.contains("$user") {
        for user in people {
            let answer =
                ask(person, &format!("query($user: ID!) {{ {list} }}"), json!({ "user": user })).await;
            collect(&answer.body["data"], &prefix, &mut found);
        }
        return found;
    }
    if !list.contains("PAGE") {
        let answer = ask(person, &format!("{{ {list} }}"), json!({})).await;
        collect(&answer.body["data"], &prefix, &mut found);
        return found;
    }
    let query = format!("query($after: String) {{ list: {} }}", list.replace("PAGE", PAGE));
    let mut after = Value::Null;
    loop {
        let answer = ask(person, &query, json!({ "after": after })).await;
        collect(&answer.body["data"]["list"]["nodes"], &prefix, &mut found);
        let page = &answer.body["data"]["list"]["pageInfo"];
        if page["hasNextPage"] != true {
            return found;
        }
        after = page["endCursor"].clone();
    }
}

async fn ask(person: &Actor, query: &str, variables: Value) -> Answer {
    let answer = person.run(query, variables).await;
    let hidden =
        |error: &Value| ["FORBIDDEN", "NOT_FOUND"].iter().any(|code| error["extensions"]["code"] == *code);
    assert!(answer.errors().iter().all(hidden), "the list broke\n{answer}");
    answer
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
