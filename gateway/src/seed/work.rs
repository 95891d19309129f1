//! Projects: what each is, whose it is, when it runs and who is in its team.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    assignment::{self, Source},
    id::UserId,
    money::Currency,
};
use projects::{member::entity as member, project::entity as project, words::ProjectStatus as Status};
use serde_json::json;

use super::{
    agency::Agency,
    content::work::{Kind, TITLES},
    maker::{Maker, working},
    people::place,
    plan::{Calendar, Plan, health},
    rows::Rows,
    tasks,
};

/// What an hour costs the client, in minor units.
const HOURLY_MINOR: i64 = 11_000;

/// Budgets are multiples of this.
const ROUND_MINOR: i64 = 50_000;

/// Every project of the agency, with board, team and tasks.
pub(super) fn projects(agency: &Agency, maker: &mut Maker, rows: &mut Rows) {
    let plans = Plan::all(agency, maker, rows);
    for (place, plan) in plans.iter().enumerate() {
        let number = i64::try_from(place).unwrap_or(0) + 1;
        let calendar = Calendar::of(plan.status, maker);
        let team = team(maker, rows, plan);
        let mut project = project(agency, maker, rows, plan, number, &calendar);
        let board = tasks::board(maker, plan, &project, &calendar, &team);
        budget(maker, plan, &mut project, board.estimate_minutes, rows.tenant.currency);
        project.updated_at = board.last_change.max(project.created_at);
        let since = project.created_at;
        for (user, title) in &team {
            rows.members.push(member(maker, &project, *user, title, since));
            rows.assignments.push(assigned(maker, &project, *user, Source::Team, since));
        }
        if let Some(manager) = project.manager_id {
            rows.assignments.push(assigned(maker, &project, manager, Source::Manager, since));
        }
        rows.projects.push(project);
        rows.columns.extend(board.columns);
        rows.tasks.extend(board.tasks);
        rows.assignees.extend(board.assignees);
    }
}

/// The people of a plan with what they are there; the manager first.
fn team(maker: &mut Maker, rows: &Rows, plan: &Plan) -> Vec<(UserId, &'static str)> {
    plan.team
        .iter()
        .map(|person| {
            let title = match *person {
                person if Some(person) == plan.manager => "Project lead",
                place::DEVELOPER => "Developer",
                place::EDITOR => "Copywriter",
                place::SALES => "Account manager",
                _ => maker.pick(TITLES),
            };
            (rows.users[*person].id, title)
        })
        .collect()
}

fn project(
    agency: &Agency,
    maker: &mut Maker,
    rows: &Rows,
    plan: &Plan,
    number: i64,
    calendar: &Calendar,
) -> project::Model {
    let Kind { methodology, tags, .. } = plan.kind;
    let manager = plan.manager.map(|place| rows.users[place].id);
    let created_at = maker.hour(calendar.created);
    let slip = if plan.status == Status::InProgress { maker.between(0, 14) } else { 0 };
    project::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        number,
        code: format!("{}-{number}", agency.slug.to_uppercase()),
        name: plan.name.clone(),
        description: description(plan.kind, plan.account.map(|place| rows.accounts[place].name.as_str())),
        account_id: plan.account.map(|place| rows.accounts[place].id),
        manager_id: manager,
        status: plan.status.as_str().to_owned(),
        held_from: (plan.status == Status::OnHold).then(|| Status::InProgress.as_str().to_owned()),
        priority: tasks::priority(maker).as_str().to_owned(),
        estimated_start: Some(calendar.start),
        estimated_end: Some(calendar.end),
        actual_start: calendar.actual_start,
        actual_end: calendar.actual_end,
        expected_delivery: Some(working(calendar.end + TimeDelta::days(slip))),
        budget_minor: None,
        budget_currency: None,
        budget_minutes: None,
        billing_type: plan.billing().as_str().to_owned(),
        methodology: methodology.as_str().to_owned(),
        tags: json!(tags),
        custom: json!({}),
        parent_id: None,
        template_id: None,
        health: health(plan.status, maker),
        created_by: manager.or_else(|| rows.users.get(place::OWNER).map(|owner| owner.id)),
        archived_at: None,
        created_at,
        updated_at: created_at,
        version: 1,
    }
}

/// The description in Markdown.
fn description(kind: &Kind, account: Option<&str>) -> String {
    let client = account
        .map_or_else(|| "An internal project.".to_owned(), |name| format!("A project for **{name}**."));
    let list: String = kind.deliverables.iter().map(|entry| format!("\n- {entry}")).collect();
    format!("{client} {}\n\n### Deliverables\n{list}", kind.goal)
}

/// Hours and money that follow from the work: its estimate and a tenth, at a round price.
fn budget(
    maker: &mut Maker,
    plan: &Plan,
    project: &mut project::Model,
    estimate_minutes: i64,
    currency: Currency,
) {
    if plan.status == Status::Intake && maker.chance(50) {
        return;
    }
    let hours = (estimate_minutes * 11 / 10 / 60 + 1).max(8);
    project.budget_minutes = Some(hours * 60);
    if plan.account.is_some() {
        project.budget_minor = Some((hours * HOURLY_MINOR + ROUND_MINOR - 1) / ROUND_MINOR * ROUND_MINOR);
        project.budget_currency = Some(currency);
    }
}

fn member(
    maker: &mut Maker,
    project: &project::Model,
    user: UserId,
    title: &str,
    since: DateTime<Utc>,
) -> member::Model {
    let rate = maker.between(19, 32) * 500;
    member::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        project_id: project.id,
        user_id: user,
        role_id: None,
        title: Some(title.to_owned()),
        bill_rate_minor: project.budget_currency.map(|_| rate),
        rate_currency: project.budget_currency,
        allocation_bp: Some(i32::try_from(maker.between(1, 4) * 2_500).unwrap_or(2_500)),
        joined_on: since.date_naive(),
        left_on: None,
        created_at: since,
        updated_at: since,
        version: 1,
    }
}

/// What being in a team, or its manager, lets a person reach.
fn assigned(
    maker: &Maker,
    project: &project::Model,
    user: UserId,
    source: Source,
    since: DateTime<Utc>,
) -> assignment::Model {
    assignment::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        user_id: user,
        kind: "project".to_owned(),
        project_id: Some(project.id),
        account_id: project.account_id,
        role_id: None,
        source: source.as_str().to_owned(),
        expires_at: None,
        created_at: since,
    }
}
