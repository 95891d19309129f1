//! Which group an entry is in: pure, from what is open and what comes.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    activity::{ActionText, When},
    id::{AccountId, AuditEntryId, ProjectId, TenantId, TypedId as _},
};
use serde_json::Value;
use uuid::Uuid;

use super::{Texts, group, item};

/// How long after its last entry a group takes no more.
const PAUSE: TimeDelta = TimeDelta::minutes(30);

/// How long a group is at most.
const LENGTH: TimeDelta = TimeDelta::hours(12);

/// Entries of a group at most, so that a page of groups is read in bounded time.
const MOST: i32 = 100;

/// What of an entry decides its group.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) id: Uuid,
    pub(super) seq: i64,
    pub(super) at: DateTime<Utc>,
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<Uuid>,
    pub(super) on_behalf_of: Option<Uuid>,
    pub(super) action: String,
    pub(super) subject_type: String,
    pub(super) subject_id: Option<Uuid>,
    pub(super) person_id: Option<Uuid>,
    pub(super) project_id: Option<Uuid>,
    pub(super) account_id: Option<Uuid>,
    pub(super) changes: String,
    pub(super) outcome: String,
}

impl Entry {
    fn person(&self) -> Option<Uuid> {
        match self.actor_kind.as_str() {
            "user" => self.actor_id,
            "api_key" => self.on_behalf_of,
            _ => None,
        }
    }

    /// What it has in common with the others of its group.
    pub(super) fn key(&self, kind: &str) -> String {
        let id = |id: Option<Uuid>| id.map(|id| id.simple().to_string()).unwrap_or_default();
        let actor = id(self.actor_id);
        format!("{}:{actor}:{kind}:{}:{}", self.actor_kind, id(self.project_id), id(self.account_id))
    }
}

/// The sentence of an entry; none for what is only a consequence of its act.
pub(super) fn text_of(texts: Texts, entry: &Entry) -> Option<&'static ActionText> {
    let mut fitting = texts.all().filter(|text| {
        text.action == entry.action && (text.subject == "*" || text.subject == entry.subject_type)
    });
    fitting.find(|text| fits(text.when, entry))
}

fn fits(when: When, entry: &Entry) -> bool {
    let done = entry.outcome == "success";
    let side = |field: &str| {
        let changes: Value = serde_json::from_str(&entry.changes).ok()?;
        let pair = changes.get(field)?;
        Some((!pair.get(0)?.is_null(), !pair.get(1)?.is_null()))
    };
    match when {
        When::Done => done,
        When::Failed => !done,
        When::Fills(field) => done && side(field) == Some((false, true)),
        When::Clears(field) => done && side(field) == Some((true, false)),
        When::Only(fields) => done && changes_only(&entry.changes, fields),
    }
}

/// Whether something changed, and all of it in these fields.
fn changes_only(changes: &str, fields: &[&str]) -> bool {
    let Ok(Value::Object(changes)) = serde_json::from_str(changes) else { return false };
    !changes.is_empty() && changes.keys().all(|field| fields.contains(&field.as_str()))
}

/// What a batch writes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Groups that were there before and are changed.
    pub(super) changed: Vec<group::Model>,
    /// Groups that begin.
    pub(super) new: Vec<group::Model>,
    /// What is in them.
    pub(super) items: Vec<item::Model>,
}

/// Things that entries of a group are about.
pub(super) type Told = HashSet<(AuditEntryId, Option<Uuid>)>;

/// Puts entries, in their sealed order, into groups; `open` are those that take more, `told` what those are about.
pub(super) fn plan(
    tenant: TenantId,
    open: Vec<group::Model>,
    mut told: Told,
    entries: &[(Entry, &'static ActionText)],
) -> Plan {
    let known: Vec<AuditEntryId> = open.iter().map(|group| group.id).collect();
    let mut by_key: HashMap<String, group::Model> =
        open.into_iter().map(|group| (group.key.clone(), group)).collect();
    let mut plan = Plan::default();
    let settle = |plan: &mut Plan, group: group::Model| match known.contains(&group.id) {
        true => plan.changed.push(group),
        false => plan.new.push(group),
    };
    for (entry, text) in entries {
        let key = entry.key(text.kind);
        let fits = by_key.get(&key).is_some_and(|group| takes(group, entry.at));
        if !fits {
            if let Some(full) = by_key.remove(&key) {
                settle(&mut plan, group::Model { is_open: false, ..full });
            }
            by_key.insert(key.clone(), begin(tenant, entry, text, key.clone()));
        }
        let Some(group) = by_key.get_mut(&key) else { continue };
        group.entries += 1;
        group.ended_at = group.ended_at.max(entry.at);
        plan.items.push(item::Model {
            id: AuditEntryId::from_uuid(entry.id),
            tenant_id: tenant,
            group_id: group.id,
            seq: entry.seq,
            occurred_at: entry.at,
            subject_type: entry.subject_type.clone(),
            subject_id: entry.subject_id,
            about_id: entry.person_id,
            is_first: told.insert((group.id, entry.subject_id)),
        });
    }
    let mut rest: Vec<group::Model> = by_key.into_values().collect();
    rest.sort_by_key(|group| group.seq);
    rest.into_iter().for_each(|group| settle(&mut plan, group));
    plan
}

/// Whether a group takes an entry of this moment. Entries of acts that ran at once are sealed out of order by moments.
fn takes(group: &group::Model, at: DateTime<Utc>) -> bool {
    group.entries < MOST && at - group.ended_at <= PAUSE && at - group.started_at <= LENGTH
}

fn begin(tenant: TenantId, entry: &Entry, text: &ActionText, key: String) -> group::Model {
    group::Model {
        id: AuditEntryId::from_uuid(entry.id),
        tenant_id: tenant,
        seq: entry.seq,
        kind: text.kind.to_owned(),
        category: text.category.as_str().to_owned(),
        actor_kind: entry.actor_kind.clone(),
        person_id: entry.person(),
        project_id: entry.project_id.map(ProjectId::from_uuid),
        account_id: entry.account_id.map(AccountId::from_uuid),
        inner_only: !text.is_open,
        key,
        started_at: entry.at,
        ended_at: entry.at,
        entries: 0,
        is_open: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::activity::Category;

    const DONE: ActionText = ActionText::open(
        Category::Projects,
        ("projects.task.move", "Task"),
        "check",
        ["{actor} completed {subject}", "{actor} completed {count} tasks"],
        ["{actor} a terminé {subject}", "{actor} a terminé {count} tâches"],
    )
    .when(When::Fills("completed_at"), "projects.task.complete");
    const MOVED: ActionText = ActionText { when: When::Done, kind: "projects.task.move", ..DONE };
    const TEXTS: Texts = Texts(&[&[DONE, MOVED]]);

    fn entry(seq: i64, minute: i64, actor: u128, changes: &str) -> (Entry, &'static ActionText) {
        let entry = Entry {
            id: Uuid::from_u128(seq.unsigned_abs().into()),
            seq,
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            actor_kind: "user".to_owned(),
            actor_id: Some(Uuid::from_u128(actor)),
            action: "projects.task.move".to_owned(),
            subject_type: "Task".to_owned(),
            outcome: "success".to_owned(),
            changes: changes.to_owned(),
            ..Entry::default()
        };
        let text = text_of(TEXTS, &entry).unwrap();
        (entry, text)
    }

    fn sizes(plan: &Plan) -> Vec<(i64, i32)> {
        let mut groups: Vec<_> =
            plan.new.iter().chain(&plan.changed).map(|group| (group.seq, group.entries)).collect();
        groups.sort_unstable();
        groups
    }

    const COMPLETED: &str = r#"{"completed_at":[null,"2026-01-01T00:00:00Z"]}"#;

    #[test]
    fn one_actor_doing_one_thing_within_a_while_is_one_group() {
        let tenant = TenantId::from_uuid(Uuid::nil());
        let entries = [
            entry(1, 0, 1, COMPLETED),
            entry(2, 1, 2, COMPLETED),
            entry(3, 20, 1, COMPLETED),
            entry(4, 21, 1, "{}"),
            entry(5, 60, 1, COMPLETED),
        ];
        let first = plan(tenant, Vec::new(), Told::new(), &entries);
        assert_eq!(sizes(&first), [(1, 2), (2, 1), (4, 1), (5, 1)]);
        let open: Vec<_> = first.new.into_iter().filter(|group| group.is_open).collect();
        assert_eq!(open.len(), 3, "a key has one open group");
        let second = plan(tenant, open, Told::new(), &[entry(6, 61, 1, COMPLETED)]);
        assert_eq!(
            (second.new.len(), second.items[0].group_id),
            (0, AuditEntryId::from_uuid(Uuid::from_u128(5)))
        );
    }

    #[test]
    fn batches_cut_anywhere_make_the_same_groups() {
        let tenant = TenantId::from_uuid(Uuid::nil());
        let entries: Vec<_> = (0..400)
            .map(|seq| entry(seq, seq * 7 % 90 + seq / 2, (seq % 3).unsigned_abs().into(), COMPLETED))
            .collect();
        let whole = plan(tenant, Vec::new(), Told::new(), &entries);
        let groups_of =
            |items: &[item::Model]| -> Vec<_> { items.iter().map(|item| (item.id, item.group_id)).collect() };
        for size in [1, 7, 150] {
            let (mut open, mut items) = (Vec::new(), Vec::new());
            for part in entries.chunks(size) {
                let keys: Vec<String> = part.iter().map(|(entry, text)| entry.key(text.kind)).collect();
                let (asked, kept): (Vec<group::Model>, Vec<_>) =
                    open.into_iter().partition(|group: &group::Model| keys.contains(&group.key));
                let done = plan(tenant, asked, Told::new(), part);
                items.extend(done.items);
                open = kept
                    .into_iter()
                    .chain(done.changed)
                    .chain(done.new)
                    .filter(|group| group.is_open)
                    .collect();
            }
            assert_eq!(groups_of(&items), groups_of(&whole.items), "{size}");
        }
        assert!(whole.new.iter().all(|group| group.entries <= MOST));
    }
}
