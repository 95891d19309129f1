//! What work consists of beside projects and tasks: milestones, parts, dependencies, labels, comments, own fields, saved
//! views. Made after everything else and without chance, so that it changes nothing of what is there.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use kernel::{
    catalogue::SystemRole,
    id::{MilestoneId, ProjectId, UserId},
};
use projects::{
    comment::entity as comment,
    field::entity as field,
    label::{entity as label, on_task},
    link::entity as link,
    milestone::entity as milestone,
    project::entity as project,
    rank,
    task::entity as task,
    view::entity as view,
    words::{BillingType, MilestoneStatus as At, ProjectStatus as Status},
};
use serde_json::json;
use std::ops::Range;

use super::{maker::Maker, rows::Rows};

/// Milestones of a project with what is handed over.
const MILESTONES: [(&str, &str); 4] = [
    ("Kick-off", "Minutes of the first meeting"),
    ("First version", "A version to try"),
    ("Acceptance", "The list of what was accepted"),
    ("Launch", "The finished work"),
];

/// Labels of the agency.
const LABELS: [(&str, &str); 5] = [
    ("Bug", "#d64545"),
    ("Content", "#4f8a8b"),
    ("Design", "#8e5ea2"),
    ("Quick win", "#3c8d40"),
    ("Waiting for client", "#d9822b"),
];

/// What is said about tasks; the last ones also to the client.
const COMMENTS: [&str; 4] = [
    "Checked on my side, looks good so far.",
    "This takes longer than we thought. Let us talk about it on Monday.",
    "Could you have a look at the draft and tell us what you think?",
    "Thank you, we will take care of it.",
];

/// Adds to a generated agency what its projects and tasks consist of.
pub(super) fn add(maker: &Maker, rows: &mut Rows) {
    let since = rows.tenant.created_at;
    for (name, color) in LABELS {
        rows.labels.push(label(maker, name, color, since));
    }
    rows.fields.push(own_field(maker, "Cost centre", "text", json!([]), since));
    rows.fields.push(own_field(maker, "Region", "choice", json!(["North", "South", "Abroad"]), since));
    let owner = rows.person(SystemRole::Owner).id;
    let manager = rows.person(SystemRole::ProjectManager).id;
    rows.views.push(saved_view(maker, owner, "Late projects", true, since));
    rows.views.push(saved_view(maker, manager, "My projects", false, since));
    let client = rows.person(SystemRole::Client).id;
    let client_account = rows.client_account();
    let mut from = 0;
    for place in 0..rows.projects.len() {
        let project = rows.projects[place].clone();
        let length = rows.tasks[from..].iter().take_while(|task| task.project_id == project.id).count();
        let range = from..from + length;
        from += length;
        let said_by = (project.account_id == Some(client_account)).then_some(client);
        let ids = milestones(maker, rows, &project, said_by);
        structure(rows, range.clone(), &ids);
        links(maker, rows, project.id, range.clone(), ids.last().copied());
        words(maker, rows, range, project.manager_id.or(project.created_by), said_by);
    }
}

/// The milestones of a project: past ones are reached in what is over, and now and then overdue in what is not.
fn milestones(
    maker: &Maker,
    rows: &mut Rows,
    project: &project::Model,
    client: Option<UserId>,
) -> Vec<MilestoneId> {
    let start = project.estimated_start.unwrap_or(maker.today);
    let end = project.estimated_end.unwrap_or(start);
    let count = i64::try_from(MILESTONES.len()).unwrap_or(1);
    let ranks = rank::spread(None, None, MILESTONES.len()).unwrap_or_default();
    let mut ids = Vec::with_capacity(MILESTONES.len());
    for ((place, (name, deliverable)), rank) in MILESTONES.into_iter().enumerate().zip(ranks) {
        let part = i64::try_from(place).unwrap_or(0) + 1;
        let due = start + TimeDelta::days((end - start).num_days() * part / count);
        let status = status(project, place, due, maker.today);
        let mut row = milestone(maker, project, name, deliverable, status, due);
        row.rank = rank;
        if project.billing_type == BillingType::FixedFee.as_str() {
            row.billing_minor = project.budget_minor.map(|budget| budget / count);
            row.billing_currency = project.budget_currency.filter(|_| row.billing_minor.is_some());
        }
        row.client_visible = project.account_id.is_some() && place % 2 == 1;
        if row.client_visible && client.is_some() {
            approval(&mut row, project, client);
        }
        ids.push(row.id);
        rows.milestones.push(row);
    }
    ids
}

/// How far a milestone of a project is, so that a project in review has none that is open.
fn status(project: &project::Model, place: usize, due: NaiveDate, today: NaiveDate) -> At {
    match Status::parse(&project.status).unwrap_or_default() {
        Status::Completed | Status::Review if place == 2 && project.number % 3 == 0 => At::Waived,
        Status::Completed | Status::Review => At::Completed,
        Status::InProgress | Status::OnHold if place == 0 => At::Completed,
        Status::InProgress if due < today => At::InProgress,
        _ => At::Pending,
    }
}

fn milestone(
    maker: &Maker,
    project: &project::Model,
    name: &str,
    deliverable: &str,
    status: At,
    due: NaiveDate,
) -> milestone::Model {
    let done = (status == At::Completed).then(|| at(due, maker.now(), project.created_at));
    milestone::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        project_id: project.id,
        name: name.to_owned(),
        notes: String::new(),
        deliverables: json!([deliverable]),
        due_on: Some(due),
        status: status.as_str().to_owned(),
        priority: "normal".to_owned(),
        assignee_id: project.manager_id,
        percentage: match status {
            At::Completed => 100,
            At::InProgress => 60,
            At::Pending | At::Waived => 0,
        },
        billing_minor: None,
        billing_currency: None,
        client_visible: false,
        approval: None,
        approval_requested_by: None,
        approval_requested_at: None,
        approval_decided_by: None,
        approval_decided_at: None,
        approval_comment: None,
        completed_at: done,
        rank: String::new(),
        created_at: project.created_at,
        updated_at: done.unwrap_or(project.created_at),
        version: 1,
    }
}

/// What the client said: yes to what is reached, nothing yet to what is being worked on.
fn approval(row: &mut milestone::Model, project: &project::Model, client: Option<UserId>) {
    let asked = match At::parse(&row.status) {
        Some(At::Completed) => "approved",
        Some(At::InProgress) => "requested",
        _ => return,
    };
    row.approval = Some(asked.to_owned());
    row.approval_requested_by = project.manager_id;
    row.approval_requested_at = Some(row.updated_at);
    if asked == "approved" {
        row.approval_decided_by = client;
        row.approval_decided_at = Some(row.updated_at);
    }
}

/// Noon of a day, but neither before `first` nor later than `last`.
fn at(day: NaiveDate, last: DateTime<Utc>, first: DateTime<Utc>) -> DateTime<Utc> {
    let noon = day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(12);
    noon.min(last - TimeDelta::minutes(1)).max(first)
}

/// Puts tasks into milestones, and every seventh into the one before it.
fn structure(rows: &mut Rows, tasks: Range<usize>, milestones: &[MilestoneId]) {
    let length = tasks.len().max(1);
    for (place, index) in tasks.enumerate() {
        let parent = (place % 7 == 3).then(|| rows.tasks[index - 1].id);
        let task: &mut task::Model = &mut rows.tasks[index];
        task.parent_id = parent;
        task.milestone_id = milestones.get(place * milestones.len() / length).copied();
        if place % 6 == 2 {
            let done = task.status == "done";
            task.checklist = json!([
                { "id": 1, "text": "Ask who has to know", "done": true },
                { "id": 2, "text": "Look it over once more", "done": done },
            ]);
        }
    }
}

/// Lets every third task wait for the one before it, and the last milestone for the last task.
fn links(maker: &Maker, rows: &mut Rows, project: ProjectId, tasks: Range<usize>, last: Option<MilestoneId>) {
    let kinds = ["fs", "fs", "ss", "ff"];
    for (place, index) in tasks.clone().enumerate().skip(1).step_by(3) {
        let (earlier, later) = (&rows.tasks[index - 1], &rows.tasks[index]);
        let row = link::Model {
            kind: kinds[place % kinds.len()].to_owned(),
            lag_minutes: if place % 2 == 0 { 480 } else { 0 },
            pred_task_id: Some(earlier.id),
            succ_task_id: Some(later.id),
            ..link(maker, project, later.created_at)
        };
        rows.links.push(row);
    }
    if let Some((task, last)) = tasks.last().map(|index| &rows.tasks[index]).zip(last) {
        let row = link::Model {
            pred_task_id: Some(task.id),
            succ_milestone_id: Some(last),
            ..link(maker, project, task.created_at)
        };
        rows.links.push(row);
    }
}

fn link(maker: &Maker, project: ProjectId, since: DateTime<Utc>) -> link::Model {
    link::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        project_id: project,
        kind: "fs".to_owned(),
        lag_minutes: 0,
        pred_task_id: None,
        pred_milestone_id: None,
        succ_task_id: None,
        succ_milestone_id: None,
        created_at: since,
        updated_at: since,
        version: 1,
    }
}

/// Labels every fourth task and comments on some; of a client's project the client is asked, and answers.
fn words(
    maker: &Maker,
    rows: &mut Rows,
    tasks: Range<usize>,
    author: Option<UserId>,
    client: Option<UserId>,
) {
    for (place, index) in tasks.enumerate() {
        let task = &rows.tasks[index];
        if place % 4 == 1 {
            rows.task_labels.push(on_task::Model {
                id: maker.id(),
                tenant_id: maker.tenant,
                task_id: task.id,
                label_id: rows.labels[index % LABELS.len()].id,
            });
        }
        let said = match (place % 9, client) {
            (0, _) => vec![(COMMENTS[index % 2], true, author)],
            (4, Some(client)) => vec![(COMMENTS[2], false, author), (COMMENTS[3], false, Some(client))],
            _ => continue,
        };
        for (minutes, (body, internal, author)) in (1_u64..).zip(said) {
            let since = (task.created_at + TimeDelta::minutes(30) * i32::try_from(minutes).unwrap_or(1))
                .min(maker.now() - TimeDelta::minutes(1));
            rows.comments.push(comment::Model {
                id: maker.id(),
                tenant_id: maker.tenant,
                project_id: task.project_id,
                task_id: task.id,
                author_id: author,
                body: body.to_owned(),
                internal,
                edited_at: None,
                created_at: since,
                updated_at: since,
                version: 1,
            });
        }
    }
}

fn label(maker: &Maker, name: &str, color: &str, since: DateTime<Utc>) -> label::Model {
    label::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        project_id: None,
        name: name.to_owned(),
        color: color.to_owned(),
        created_at: since,
        updated_at: since,
        version: 1,
    }
}

fn own_field(
    maker: &Maker,
    name: &str,
    kind: &str,
    options: serde_json::Value,
    since: DateTime<Utc>,
) -> field::Model {
    field::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        name: name.to_owned(),
        kind: kind.to_owned(),
        options,
        required: false,
        archived_at: None,
        created_at: since,
        updated_at: since,
        version: 1,
    }
}

fn saved_view(maker: &Maker, owner: UserId, name: &str, shared: bool, since: DateTime<Utc>) -> view::Model {
    let until = maker.today + Days::new(14);
    view::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        owner_id: owner,
        kind: "projects".to_owned(),
        name: name.to_owned(),
        shared,
        definition: json!({ "filter": { "expectedDelivery": { "lt": until.to_string() } } }),
        created_at: since,
        updated_at: since,
        version: 1,
    }
}
