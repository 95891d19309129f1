//! The registers of projects: risks, change requests, decisions, status reports, feedback. Made after everything else and
//! without chance, so that it changes nothing of what is there.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use kernel::{
    catalogue::SystemRole,
    id::{ProjectId, UserId},
};
use projects::{
    change_request::entity as change_request, decision::entity as decision, feedback::entity as feedback,
    health::score, project::entity as project, report::entity as report, risk::entity as risk,
    task::entity as task, words::ProjectStatus as Status,
};
use serde_json::{Value, json};
use std::ops::Range;

use super::{
    baselines::{self, Baseline},
    maker::Maker,
    rows::Rows,
    scores::scores,
};

/// What the registers of a project hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Registers {
    /// The project.
    pub project: ProjectId,
    /// Its risks.
    pub risks: Vec<risk::Model>,
    /// Its change requests.
    pub changes: Vec<change_request::Model>,
    /// What was decided.
    pub decisions: Vec<decision::Model>,
    /// Reports on its last weeks.
    pub reports: Vec<report::Model>,
    /// What its plan said at the beginning.
    pub baseline: Option<Baseline>,
    /// What its client was asked.
    pub feedback: Vec<feedback::Model>,
    /// How well it went on the last days.
    pub scores: Vec<score::Model>,
}

/// Risks: what may happen, what it is about, how likely and how bad, what is done, and how.
const RISKS: [(&str, &str, i32, i32, &str, &str); 5] = [
    (
        "The lead developer is needed elsewhere",
        "people",
        2,
        4,
        "mitigate",
        "Somebody else reads along from the start.",
    ),
    (
        "Texts and pictures come late",
        "client",
        4,
        3,
        "mitigate",
        "A date for them is agreed and asked after weekly.",
    ),
    ("The interface of a supplier changes", "technical", 3, 3, "accept", "A day is kept free for it."),
    ("Wishes grow without anybody noticing", "scope", 3, 4, "avoid", "What is new becomes a change request."),
    (
        "Hosting costs more than was thought",
        "budget",
        2,
        2,
        "transfer",
        "The client has the contract with the host.",
    ),
];

/// Change requests: title, why, what it means, days.
const CHANGES: [(&str, &str, &str, i32); 3] = [
    (
        "A second language",
        "The branch abroad wants to use it, too.",
        "All texts are kept in two languages.",
        10,
    ),
    (
        "Sign-in with the company's accounts",
        "Nobody wants another password.",
        "Accounts are made at the first sign-in.",
        5,
    ),
    (
        "Leave out the newsletter",
        "It is sent with another program now.",
        "The form and the archive are not built.",
        -3,
    ),
];

/// Decisions: title, what, why, whether the client sees it.
const DECISIONS: [(&str, &str, &str, bool); 2] = [
    (
        "Start with the pages for customers",
        "The shop follows in the second half.",
        "They are asked for most.",
        true,
    ),
    (
        "Keep the old host for now",
        "The move is planned for later.",
        "Nobody has time for it before launch.",
        false,
    ),
];

/// Adds to a generated agency what the registers of its projects hold.
pub(super) fn add(maker: &Maker, rows: &mut Rows) {
    let client_account = rows.client_account();
    let clients = [SystemRole::Client, SystemRole::ClientAdmin].map(|role| rows.person(role).id);
    let mut from = 0;
    for place in 0..rows.projects.len() {
        let project = rows.projects[place].clone();
        let length = rows.tasks[from..].iter().take_while(|task| task.project_id == project.id).count();
        let range = from..from + length;
        from += length;
        let asked = (project.account_id == Some(client_account)).then_some(clients);
        let registers = Registers {
            project: project.id,
            risks: risks(maker, &project, place),
            changes: changes(maker, &project, place),
            decisions: decisions(maker, &project),
            baseline: baselines::of_project(maker, &project, &rows.tasks[range.clone()]),
            reports: reports(maker, rows, &project, range),
            feedback: asked.map(|people| feedback(maker, &project, people)).unwrap_or_default(),
            scores: scores(maker, &project, place),
        };
        rows.registers.push(registers);
    }
}

fn status(project: &project::Model) -> Status {
    Status::parse(&project.status).unwrap_or_default()
}

pub(super) fn over(project: &project::Model) -> bool {
    matches!(status(project), Status::Completed | Status::Cancelled)
}

/// So many days before now, but not before the project.
fn ago(maker: &Maker, project: &project::Model, days: i64) -> DateTime<Utc> {
    (maker.now() - TimeDelta::days(days)).max(project.created_at)
}

fn risks(maker: &Maker, project: &project::Model, place: usize) -> Vec<risk::Model> {
    let mut made = Vec::with_capacity(2);
    for step in [0, 2] {
        let (title, category, probability, impact, response, mitigation) =
            RISKS[(place + step) % RISKS.len()];
        let closed = over(project).then(|| ago(maker, project, 3));
        made.push(risk::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            project_id: project.id,
            title: title.to_owned(),
            description: String::new(),
            category: category.to_owned(),
            probability,
            impact,
            score: probability * impact,
            owner_id: project.manager_id,
            response: response.to_owned(),
            mitigation: mitigation.to_owned(),
            status: if closed.is_some() { "closed" } else { "open" }.to_owned(),
            exposure_minor: project.budget_minor.map(|budget| budget / 20 * i64::from(impact)),
            exposure_currency: project.budget_currency,
            closed_at: closed,
            created_at: project.created_at,
            updated_at: closed.unwrap_or(project.created_at),
            version: 1,
        });
    }
    made
}

/// Of a client's project in work: one that waits for the client, and one that nobody has handed in yet; of what is over,
/// one that was applied.
fn changes(maker: &Maker, project: &project::Model, place: usize) -> Vec<change_request::Model> {
    if project.account_id.is_none() {
        return Vec::new();
    }
    let change = |step: usize| change(maker, project, CHANGES[(place + step) % CHANGES.len()]);
    match status(project) {
        Status::InProgress | Status::Review => vec![waiting(maker, project, change(0)), change(1)],
        Status::Completed => vec![applied(maker, project, change(0))],
        _ => Vec::new(),
    }
}

fn change(
    maker: &Maker,
    project: &project::Model,
    (title, why, scope, days): (&str, &str, &str, i32),
) -> change_request::Model {
    let since = ago(maker, project, 9);
    change_request::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        project_id: project.id,
        title: title.to_owned(),
        description: why.to_owned(),
        scope: scope.to_owned(),
        notes: "Reckoned with some reserve.".to_owned(),
        days,
        amount_minor: project.budget_currency.map(|_| i64::from(days) * 60_000),
        amount_currency: project.budget_currency,
        billable: false,
        status: "draft".to_owned(),
        created_by: project.manager_id,
        submitted_by: None,
        submitted_at: None,
        staff_answer: None,
        staff_by: None,
        staff_at: None,
        staff_comment: None,
        client_answer: None,
        client_by: None,
        client_at: None,
        client_comment: None,
        applied_by: None,
        applied_at: None,
        created_at: since,
        updated_at: since,
        version: 1,
    }
}

/// As the agency handed it in and agreed to it.
fn waiting(maker: &Maker, project: &project::Model, change: change_request::Model) -> change_request::Model {
    let at = ago(maker, project, 4);
    change_request::Model {
        status: "submitted".to_owned(),
        submitted_by: project.manager_id,
        submitted_at: Some(at),
        staff_answer: Some("approved".to_owned()),
        staff_by: project.manager_id,
        staff_at: Some(at),
        staff_comment: Some("We can do that.".to_owned()),
        updated_at: at,
        ..change
    }
}

fn applied(maker: &Maker, project: &project::Model, change: change_request::Model) -> change_request::Model {
    let at = ago(maker, project, 2);
    change_request::Model {
        status: "applied".to_owned(),
        client_answer: Some("approved".to_owned()),
        client_at: Some(at),
        applied_by: project.manager_id,
        applied_at: Some(at),
        updated_at: at,
        ..waiting(maker, project, change)
    }
}

fn decisions(maker: &Maker, project: &project::Model) -> Vec<decision::Model> {
    if matches!(status(project), Status::Intake | Status::Cancelled) {
        return Vec::new();
    }
    let mut made = Vec::with_capacity(DECISIONS.len());
    for (title, body, rationale, client_visible) in DECISIONS {
        made.push(decision::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            project_id: project.id,
            title: title.to_owned(),
            body: body.to_owned(),
            rationale: rationale.to_owned(),
            decided_by: project.manager_id,
            decided_on: project.created_at.date_naive(),
            client_visible: client_visible && project.account_id.is_some(),
            created_by: project.manager_id,
            created_at: project.created_at,
            updated_at: project.created_at,
            version: 1,
        });
    }
    made
}

/// Of a project in work: a published report on last week, and a draft on this one.
fn reports(maker: &Maker, rows: &Rows, project: &project::Model, tasks: Range<usize>) -> Vec<report::Model> {
    if !matches!(status(project), Status::InProgress | Status::Review) {
        return Vec::new();
    }
    let monday = projects::time::week::start(maker.today);
    let last = monday - Days::new(7);
    let tasks = &rows.tasks[tasks];
    let published = maker.now() - TimeDelta::hours(6);
    let mut made = Vec::with_capacity(2);
    for (week, published) in [(last, Some(published)), (monday, None)] {
        let done = done(tasks, week);
        let next = tasks.iter().filter(|task| task.status == "doing").map(|task| task.title.as_str());
        made.push(report::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            project_id: project.id,
            week_start: week,
            revision: 1,
            status: if published.is_some() { "published" } else { "draft" }.to_owned(),
            summary: "Things go as planned.".to_owned(),
            achievements: listed(done.iter().copied()),
            next_steps: listed(next.take(5)),
            notes: "Say nothing of the new price yet.".to_owned(),
            figures: figures(maker, rows, project, tasks, &done),
            created_by: project.manager_id,
            published_by: published.and(project.manager_id),
            published_at: published,
            created_at: published.unwrap_or_else(|| maker.now()),
            updated_at: published.unwrap_or_else(|| maker.now()),
            version: 1,
        });
    }
    made
}

/// Titles of the tasks that were done in a week, at most 20.
fn done(tasks: &[task::Model], monday: NaiveDate) -> Vec<&str> {
    let week = monday..monday + Days::new(7);
    let within = |task: &&task::Model| task.completed_at.is_some_and(|at| week.contains(&at.date_naive()));
    tasks.iter().filter(within).map(|task| task.title.as_str()).take(20).collect()
}

fn listed<'a>(titles: impl Iterator<Item = &'a str>) -> String {
    titles.map(|title| format!("- {title}")).collect::<Vec<_>>().join("\n")
}

/// As a report reads them.
fn figures(
    maker: &Maker,
    rows: &Rows,
    project: &project::Model,
    tasks: &[task::Model],
    done: &[&str],
) -> Value {
    let open = || tasks.iter().filter(|task| task.status != "done");
    let late = open().filter(|task| task.due_on.is_some_and(|due| due < maker.today)).count();
    let milestones = rows.milestones.iter().filter(|row| row.project_id == project.id).map(|row| {
        let open = matches!(row.status.as_str(), "pending" | "in_progress");
        json!({
            "id": row.id, "name": row.name, "dueOn": row.due_on.map(|day| day.to_string()), "status": row.status,
            "percentage": row.percentage, "overdue": open && row.due_on.is_some_and(|due| due < maker.today),
            "shared": row.client_visible,
        })
    });
    json!({
        "tasksDone": done.len(), "tasksOpen": open().count(), "tasksOverdue": late, "minutes": 0,
        "doneTasks": done, "milestones": milestones.collect::<Vec<_>>(), "risks": [],
    })
}

/// One answer, and one question that waits.
fn feedback(maker: &Maker, project: &project::Model, [client, admin]: [UserId; 2]) -> Vec<feedback::Model> {
    if !matches!(status(project), Status::InProgress | Status::Review | Status::Completed) {
        return Vec::new();
    }
    let asked = ago(maker, project, 5);
    let question = |kind: &str, user: UserId| feedback::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        project_id: project.id,
        milestone_id: None,
        kind: kind.to_owned(),
        user_id: Some(user),
        asked_by: project.manager_id,
        expires_at: asked + TimeDelta::days(30),
        told_at: Some(asked),
        reminded_at: None,
        answered_at: None,
        score: None,
        comment: None,
        created_at: asked,
        updated_at: asked,
        version: 1,
    };
    let answered = feedback::Model {
        answered_at: Some(asked + TimeDelta::hours(20)),
        score: Some(9),
        comment: Some("Quick answers, good work.".to_owned()),
        ..question("nps", admin)
    };
    vec![question("csat", client), answered]
}
