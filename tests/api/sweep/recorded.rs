//! What a change leaves behind: whatever a mutation changes has an entry in the trail and an event for those who wait
//! for one.

use std::collections::BTreeSet;

use tests::{Actor, Snapshot};

use super::synth::{Operation, Synth};
use super::{Kinds, Sweep, ids_of, is_refused};

/// Tables that hold the trail itself, and what the program writes by itself.
const BEHIND: &[&str] = &["audit_entries", "idempotency_keys", "jobs", "outbox"];

/// Mutations whose changes make no event, for nobody waits for one, each with its reason. The list may only shrink.
const SILENT: &[&str] = &[
    // What is held for the law is told to nobody but who places holds; the trail has it.
    "placeLegalHold",
];

/// Mutations of projects and crm that the sweep must have done, or it says nothing about them.
const DONE: &[&str] = &[
    "archiveAccount",
    "archiveProject",
    "archiveTask",
    "bulkUpdateTasks",
    "createAccount",
    "createActivityType",
    "createContact",
    "createProject",
    "createTask",
    "createTaskColumn",
    "deleteTimeEntry",
    "moveTask",
    "moveTaskColumn",
    "removeProjectMember",
    "restoreAccount",
    "restoreProject",
    "restoreTask",
    "setBillRate",
    "stopTimer",
    "switchTimer",
    "updateAccount",
    "updateContact",
    "updateProject",
    "updateProjectMember",
    "updateTask",
    "updateTaskColumn",
    "updateTimeEntry",
    "updateTimeSettings",
];

/// What a call did to the database.
struct Left {
    changes: Vec<String>,
    entries: usize,
    events: usize,
}

impl Left {
    fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let count = |table: &str| (before.rows(table).count(), after.rows(table).count());
        let ((outbox, still), (log, longer)) = (count("outbox"), count("events"));
        let (entries_before, entries_after) = count("audit_entries");
        let (entries, events) = (entries_after - entries_before, (still + longer) - (outbox + log));
        let changes = before.clone().without(BEHIND).changes(&after.clone().without(BEHIND));
        Self { changes, entries, events }
    }
}

// keeps: PR-1, PR-2, PR-3, PR-8, CR-1, CR-2
#[tokio::test]
async fn whatever_a_mutation_changes_is_recorded_and_told() {
    let world = super::wide().await;
    let sweep = Sweep::of(&world).await;
    let owner = world.agency("acme").owner();
    let mut operations = sweep.operations(&owner).await;
    // Reason: nobody finds an agency whose slug has changed.
    operations.sort_by_key(|(operation, _)| operation.name == "updateTenant");
    let mut before = world.snapshot().await;
    let (mut wrong, mut done, mut silent) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (operation, kinds) in operations.iter().filter(|(operation, _)| operation.changes) {
        let name = operation.name.as_str();
        // Reason: some calls end the session that they come from.
        let asker = owner.elsewhere();
        asker.token().await;
        for also in parts(&sweep, operation) {
            let called = call(&sweep, &asker, operation, kinds, &also).await;
            let after = world.snapshot().await;
            let left = Left::between(&before, &after);
            before = after;
            if !called || left.changes.is_empty() {
                continue;
            }
            done.insert(name);
            if left.entries == 0 {
                wrong.push(format!("{name}({also}) leaves no entry for {:?}", left.changes));
            }
            if left.events == 0 {
                silent.insert(name);
            }
            break;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(silent, SILENT.iter().copied().collect(), "mutations without an event");
    let missed: Vec<_> = DONE.iter().filter(|name| !done.contains(**name)).collect();
    assert!(missed.is_empty(), "not done by the sweep: {missed:?}; done: {done:?}");
}

/// A call with what it needs alone, and one with each thing more, until one changes something.
fn parts(sweep: &Sweep, operation: &Operation) -> Vec<String> {
    let mut parts = vec![String::new()];
    parts.extend(Synth::new(&sweep.schema).options(operation));
    parts
}

/// Whether a call with own ids and this place was done.
async fn call(sweep: &Sweep, asker: &Actor, operation: &Operation, kinds: &Kinds, also: &str) -> bool {
    let ids = ids_of(&sweep.acme, operation, kinds);
    let variables = Synth::new(&sweep.schema).variables(operation, &ids, also);
    !is_refused(&asker.run(&operation.query, variables).await)
}
