//! Role × operation, by really calling each: rows that a list counts, or what became of a change.

use std::collections::BTreeMap;

use kernel::catalogue::SystemRole;
use kernel::id::{AnyId, IdKind};
use serde_json::{Value, json};
use tests::{Actor, Row, World, golden};
use uuid::Uuid;

use super::{cell, heading, line};

/// Lists that come whole.
const SHORT: &[&str] = &["roles", "sessions"];

/// Lists; each answers how many rows there are for the asker.
const READS: &[&str] = &[
    "accounts",
    "activityTypes",
    "apiKeys",
    "assignments",
    "auditEntries",
    "baselines",
    "billRates",
    "changeRequests",
    "contacts",
    "costRates",
    "decisions",
    "feedbackRequests",
    "invitations",
    "milestones",
    "projectFields",
    "projectTemplates",
    "projects",
    "risks",
    "roles",
    "savedViews",
    "sessions",
    "statusReports",
    "taskImports",
    "taskLabels",
    "tasks",
    "timeEntries",
    "timers",
    "timesheets",
    "users",
];

/// Changes: name, and input with `$things` in place of ids. Each is called by every role in a fresh world, in this order;
/// none touches what a later one needs.
const CHANGES: &[(&str, &str)] = &[
    ("createAccount", r#"{"name": "Initech"}"#),
    ("updateAccount", r#"{"id": "$account", "industry": "Paper"}"#),
    ("archiveAccount", r#"{"id": "$spareAccount"}"#),
    ("createContact", r#"{"accountId": "$account", "givenName": "Mo", "familyName": "Diaz"}"#),
    ("updateContact", r#"{"id": "$contact", "jobTitle": "Buyer"}"#),
    ("createProject", r#"{"name": "A new one"}"#),
    ("updateProject", r#"{"id": "$project", "name": "Renamed"}"#),
    ("updateProject#other", r#"{"id": "$otherProject", "name": "Renamed"}"#),
    ("transitionProject", r#"{"id": "$project", "to": "ON_HOLD"}"#),
    ("createTask#other", r#"{"projectId": "$otherProject", "title": "A new one"}"#),
    ("archiveProject", r#"{"id": "$otherProject"}"#),
    ("purgeProject", r#"{"id": "$otherProject"}"#),
    ("addProjectMember", r#"{"projectId": "$project", "userId": "$sales"}"#),
    ("createTaskColumn", r#"{"projectId": "$project", "name": "Blocked", "category": "DOING"}"#),
    ("createTask", r#"{"projectId": "$project", "title": "A new one"}"#),
    ("updateTask", r#"{"id": "$task", "title": "Renamed"}"#),
    ("createMilestone", r#"{"projectId": "$project", "name": "Launch"}"#),
    (
        "createDependency",
        r#"{"projectId": "$project", "predecessorTaskId": "$task", "successorTaskId": "$secondTask"}"#,
    ),
    ("createTaskLabel", r##"{"projectId": "$project", "name": "Bug", "color": "#aa0000"}"##),
    ("createTaskLabel#tenant", r##"{"name": "Everywhere", "color": "#aa0000"}"##),
    ("createTaskComment", r#"{"taskId": "$task", "body": "Hello"}"#),
    ("createProjectField", r#"{"name": "Budget line", "kind": "TEXT"}"#),
    ("createSavedView", r#"{"kind": "TASKS", "name": "Mine", "definition": {}}"#),
    ("createRisk", r#"{"projectId": "$project", "title": "Rain", "probability": 2, "impact": 3}"#),
    ("createBaseline", r#"{"projectId": "$project", "name": "As agreed"}"#),
    ("createChangeRequest", r#"{"projectId": "$project", "title": "One more page", "days": 2}"#),
    ("recordDecision", r#"{"projectId": "$project", "title": "No cookies"}"#),
    ("createStatusReport", r#"{"projectId": "$project", "weekOf": "2026-01-05"}"#),
    ("requestFeedback", r#"{"projectId": "$project", "kind": "NPS", "userIds": ["$client"]}"#),
    (
        "createProjectTemplate",
        r#"{"name": "Website", "plan": {"plannedTasks": [{"key": "a", "title": "First"}]}}"#,
    ),
    ("createProjectTemplateFromProject", r#"{"projectId": "$project", "name": "As it was"}"#),
    ("applyProjectTemplate", r#"{"templateId": "$template", "startsOn": "2026-03-02"}"#),
    ("importTasks", r#"{"projectId": "$project", "content": "Title\nMoved"}"#),
    ("cloneProject", r#"{"projectId": "$project", "name": "Again", "startsOn": "2026-03-02"}"#),
    ("archiveTask", r#"{"id": "$task"}"#),
    ("createTimeEntry", r#"{"projectId": "$project", "spentOn": "2026-02-26", "minutes": 30}"#),
    ("createTimeEntry#other", r#"{"projectId": "$otherProject", "spentOn": "2026-02-26", "minutes": 30}"#),
    ("startTimer", r#"{"projectId": "$project"}"#),
    ("stopTimer", r#"{"description": "Done"}"#),
    (
        "writeTimesheet",
        r#"{"weekStart": "2026-02-23", "cells": [{"projectId": "$project", "date": "2026-02-25", "minutes": 30}]}"#,
    ),
    ("submitTimesheet", r#"{"weekStart": "2026-02-23"}"#),
    ("approveTimeEntries", r#"{"ids": []}"#),
    ("createActivityType", r#"{"name": "Design"}"#),
    ("updateTimeSettings", r#"{"roundingMode": "UP"}"#),
    (
        "setBillRate",
        r#"{"projectId": "$project", "validFrom": "2026-01-01", "amount": {"amount": "1", "currency": "EUR"}}"#,
    ),
    ("setBillRate#agency", r#"{"validFrom": "2026-01-01", "amount": {"amount": "1", "currency": "EUR"}}"#),
    ("setCostRate", r#"{"validFrom": "2026-01-01", "amount": {"amount": "1", "currency": "EUR"}}"#),
    ("assignResource", r#"{"userId": "$sales", "projectId": "$project"}"#),
    ("inviteUser", r#"{"email": "new@acme.test", "roles": ["viewer"]}"#),
    (
        "inviteUser#client",
        r#"{"email": "new2@acme.test", "roles": ["client"], "accountId": "$clientAccount"}"#,
    ),
    ("unlockUser", r#"{"id": "$editor"}"#),
    (
        "createRole",
        r#"{"name": "Guest", "grants": [{"permission": "projects.project.read", "reach": "ASSIGNED"}]}"#,
    ),
    ("assignRole", r#"{"userId": "$editor", "roleId": "$viewerRole"}"#),
    (
        "createApiKey",
        r#"{"name": "A machine", "scopes": [{"permission": "projects.project.read", "reach": "ASSIGNED"}]}"#,
    ),
    ("revokeSession#other", r#"{"id": "$editorSession"}"#),
    ("deactivateUser", r#"{"id": "$editor"}"#),
    ("updateTenant", r#"{"name": "Renamed"}"#),
    ("addTenantDomain", r#"{"domain": "portal.acme-agency.example"}"#),
    ("exportAudit", r#"{"format": "JSONL"}"#),
    ("scheduleTenantDeletion", r#"{"slug": "acme"}"#),
];

// keeps: ID-22, PR-1, PR-3, PR-8
#[tokio::test]
async fn operation_is_done_for_whom_the_golden_matrix_says() {
    let mut cells: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for role in SystemRole::ALL {
        let world = World::new().await;
        // Reason: the session to be ended must not be the one that the editor asks with.
        world.agency("acme").editor().elsewhere().token().await;
        let person = world.agency("acme").holding(role);
        let things = things(&world).await;
        for (place, result) in
            results(&person, role == SystemRole::Owner, &things).await.into_iter().enumerate()
        {
            cells.entry(place).or_default().push(cell(&result));
        }
    }
    let names: Vec<&str> = READS.iter().copied().chain(CHANGES.iter().map(|(name, _)| *name)).collect();
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut lines = vec![
        "# operation × role: rows that a list counts, or what became of a change".to_owned(),
        "# `#other` is about a project that the manager is not assigned to".to_owned(),
        heading(width),
    ];
    lines.extend(names.iter().zip(cells.values()).map(|(name, cells)| line(name, width, cells)));
    golden::check("operations.txt", &lines.join("\n"));
}

async fn results(person: &Actor, is_owner: bool, things: &BTreeMap<&'static str, String>) -> Vec<String> {
    let mut results = Vec::new();
    for list in READS {
        let whole = SHORT.contains(list);
        let fields =
            if whole { format!("{list} {{ id }}") } else { format!("{list}(first: 1) {{ totalCount }}") };
        let answer = person.run(&format!("{{ {fields} }}"), json!({})).await;
        results.push(match answer.code() {
            Some(code) => short(code),
            None if whole => answer.list(list).len().to_string(),
            None => answer.number(&format!("{list}.totalCount")).to_string(),
        });
    }
    for (name, input) in CHANGES {
        let mutation = name.split('#').next().unwrap_or(name);
        let type_name = mutation[..1].to_uppercase() + &mutation[1..];
        let query =
            format!("mutation($input: {type_name}Input!) {{ {mutation}(input: $input) {{ __typename }} }}");
        let answer = person.run(&query, json!({ "input": filled(input, things) })).await;
        let expected = ["FORBIDDEN", "NOT_FOUND", "CONFLICT", "INVALID"];
        let wrong =
            answer.code().is_some_and(|code| !expected.contains(&code) || is_owner && code != "CONFLICT");
        assert!(!wrong, "{name} is not called as it should be\n{answer}");
        results.push(answer.code().map_or_else(|| "done".to_owned(), short));
    }
    results
}

fn short(code: &str) -> String {
    match code {
        "FORBIDDEN" => "-".to_owned(),
        "NOT_FOUND" => "unseen".to_owned(),
        other => other.to_lowercase(),
    }
}

fn filled(input: &str, things: &BTreeMap<&'static str, String>) -> Value {
    let put = |input: String, (name, id): (&&str, &String)| {
        input.replace(&format!("\"${name}\""), &format!("\"{id}\""))
    };
    let input = things.iter().fold(input.to_owned(), put);
    serde_json::from_str(&input).unwrap_or_else(|error| panic!("{error}: {input}"))
}

/// What the calls are about. The project is one that the manager leads.
async fn things(world: &World) -> BTreeMap<&'static str, String> {
    let snapshot = world.snapshot().await.of_tenant(world.agency("acme").tenant().await);
    let find =
        |table: &str, wanted: &dyn Fn(&Row) -> bool| snapshot.rows(table).find(|row| wanted(row)).cloned();
    let user = |name: &str| {
        let email = world.agency("acme").email(name);
        find("identity_users", &|row| row["email"] == email.as_str()).expect("a person")["id"].clone()
    };
    let role = |key: &str| find("identity_roles", &|row| row["key"] == key).expect("a role")["id"].clone();
    let manager = user("pm");
    let client = user("client");
    let led = find("projects_projects", &|row| {
        row["manager_id"] == manager && row["status"] == "in_progress" && !row["account_id"].is_null()
    });
    let led = led.expect("the manager leads a project in progress for an account");
    let assigned = |project: &Value| {
        find("assignments", &|row| row["user_id"] == manager && &row["project_id"] == project).is_some()
    };
    let other = find("projects_projects", &|row| !assigned(&row["id"])).expect("another project");
    let task = find("projects_tasks", &|row| row["project_id"] == led["id"]).expect("a task");
    let second = find("projects_tasks", &|row| {
        row["project_id"] == led["id"] && row["id"] != task["id"] && row["number"] == 3
    });
    let second = second.expect("another task");
    let contact = find("crm_contacts", &|row| row["account_id"] == led["account_id"]).expect("a contact");
    let spare = find("crm_accounts", &|row| row["id"] != led["account_id"]).expect("another account");
    let member = find("identity_memberships", &|row| row["user_id"] == client).expect("a membership");
    let template = find("projects_templates", &|row| row["name"] == "Website").expect("a template");
    let session = find("identity_sessions", &|row| row["user_id"] == user("editor")).expect("a session");
    let id = |kind, value: &Value| {
        AnyId { kind, uuid: value.as_str().unwrap().parse::<Uuid>().unwrap() }.to_string()
    };
    BTreeMap::from([
        ("project", id(IdKind::ProjectId, &led["id"])),
        ("otherProject", id(IdKind::ProjectId, &other["id"])),
        ("task", id(IdKind::TaskId, &task["id"])),
        ("secondTask", id(IdKind::TaskId, &second["id"])),
        ("template", id(IdKind::ProjectTemplateId, &template["id"])),
        ("account", id(IdKind::AccountId, &led["account_id"])),
        ("spareAccount", id(IdKind::AccountId, &spare["id"])),
        ("clientAccount", id(IdKind::AccountId, &member["account_id"])),
        ("contact", id(IdKind::ContactId, &contact["id"])),
        ("sales", id(IdKind::UserId, &user("sales"))),
        ("client", id(IdKind::UserId, &client)),
        ("editor", id(IdKind::UserId, &user("editor"))),
        ("editorSession", id(IdKind::SessionId, &session["id"])),
        ("viewerRole", id(IdKind::RoleId, &role("viewer"))),
    ])
}
