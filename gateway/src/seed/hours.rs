//! How an agency keeps its time: kinds of work, rates, and the weeks of its people with what they worked. Made after
//! everything else and without chance, so that it changes nothing of what is there.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use identity::tenant;
use kernel::{
    catalogue::SystemRole,
    error::Result,
    id::{ActivityTypeId, TaskId, UserId},
    money::{Currency, Money},
    policy::Guarded,
};
use projects::{
    policy::TASKS_READ,
    project::entity as project,
    task::{assignee, entity as task},
    time::{
        activity_type::entity as activity_type,
        cascade::{self, Rate, Work},
        entry::entity as entry,
        rate::{bill, cost, store},
        settings::entity as settings,
        sheet::entity as sheet,
        timer::{self, mutation::StartTimerInput},
        week,
    },
    words::{BillingType, RateLevel},
};

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::{agency::Agency, maker::Maker, rows::Rows, trail::person};
use crate::{
    app::{App, catalogue},
    directory::Directory,
    graph,
};

/// Kinds of work, whether they are billed, and what an hour of them is billed at if not as everything else.
const KINDS: [(&str, bool, Option<i64>); 5] = [
    ("Design", true, None),
    ("Development", true, None),
    ("Consulting", true, Some(14_000)),
    ("Meetings", true, None),
    ("Administration", false, None),
];

/// What an hour is billed at and costs where nothing else is written, in minor units.
const DEFAULT: (i64, i64) = (9_500, 4_200);

/// What people write down, in minutes.
const STRETCHES: [i64; 7] = [90, 150, 210, 75, 180, 120, 240];

/// What people say that they did.
const NOTES: [&str; 6] =
    ["", "First draft", "Worked in the feedback", "With the client on the phone", "", "Tested and corrected"];

/// Why a week came back.
const WHY: &str =
    "Tuesday looks doubled, and Thursday says nothing of what was done. Please look at it again.";

/// Everything that an agency keeps of its time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hours {
    /// How it keeps time.
    pub settings: Vec<settings::Model>,
    /// Its kinds of work.
    pub kinds: Vec<activity_type::Model>,
    /// What hours are billed at.
    pub bills: Vec<bill::Model>,
    /// What hours cost.
    pub costs: Vec<cost::Model>,
    /// Weeks by person, the oldest first.
    pub sheets: Vec<sheet::Model>,
    /// What they worked, in the order of the weeks.
    pub entries: Vec<entry::Model>,
}

/// Adds the time of the last weeks to a generated agency.
pub(super) fn add(agency: &Agency, maker: &Maker, rows: &mut Rows) {
    if agency.size.weeks == 0 {
        return;
    }
    let mut hours = Hours { settings: vec![settings(maker, rows)], ..Hours::default() };
    rates(maker, rows, &mut hours);
    let mut book = Book::of(rows, &hours);
    for (place, user) in rows.users.iter().map(|user| user.id).enumerate() {
        for ago in (0..agency.size.weeks).rev() {
            let monday = week::start(maker.today) - TimeDelta::weeks(i64::from(ago));
            book.week(maker, rows, (place, user), (monday, ago), &mut hours);
        }
    }
    rows.hours = hours;
}

fn settings(maker: &Maker, rows: &Rows) -> settings::Model {
    let since = rows.tenant.created_at;
    settings::Model {
        id: maker.tenant,
        tenant_id: maker.tenant,
        rounding_mode: "up".to_owned(),
        rounding_step: 15,
        rounding_scope: "entry".to_owned(),
        minimum_minutes: 15,
        timer_hours: 10,
        timer_action: "notify".to_owned(),
        reminders: true,
        locked_through: None,
        created_at: since,
        updated_at: since,
        version: 1,
    }
}

/// Kinds of work, and rates of the agency, of kinds, of the client's account and of those who lead projects.
fn rates(maker: &Maker, rows: &Rows, hours: &mut Hours) {
    let currency = rows.projects.iter().find_map(|project| project.budget_currency).unwrap_or(Currency::EUR);
    let since = rows.tenant.created_at;
    let bill = |level: RateLevel, amount_minor: i64| bill::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        level: level.as_str().to_owned(),
        task_id: None,
        project_id: None,
        activity_id: None,
        user_id: None,
        account_id: None,
        since: since.date_naive(),
        amount_minor,
        currency,
        created_at: since,
        updated_at: since,
        version: 1,
    };
    let cost = |level: RateLevel, user_id: Option<UserId>, amount_minor: i64| cost::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        level: level.as_str().to_owned(),
        project_id: None,
        user_id,
        since: since.date_naive(),
        amount_minor,
        currency,
        created_at: since,
        updated_at: since,
        version: 1,
    };
    hours.bills.push(bill(RateLevel::Tenant, DEFAULT.0));
    hours.costs.push(cost(RateLevel::Tenant, None, DEFAULT.1));
    for (name, billable, rate) in KINDS {
        let kind = activity_type::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            name: name.to_owned(),
            billable,
            archived_at: None,
            created_at: since,
            updated_at: since,
            version: 1,
        };
        let activity_id = Some(kind.id);
        hours.bills.extend(rate.map(|rate| bill::Model { activity_id, ..bill(RateLevel::Activity, rate) }));
        hours.kinds.push(kind);
    }
    let account_id = Some(rows.client_account());
    hours.bills.push(bill::Model { account_id, ..bill(RateLevel::Account, 8_800) });
    let manager = rows.person(SystemRole::ProjectManager).id;
    hours.bills.push(bill::Model { user_id: Some(manager), ..bill(RateLevel::Person, 12_000) });
    hours.costs.push(cost(RateLevel::Person, Some(manager), 58_00));
}

/// What has to be known to write down hours.
struct Book {
    /// Tasks of each person on projects that are worked on.
    tasks: HashMap<UserId, Vec<(task::Model, project::Model)>>,
    bills: Vec<Rate>,
    costs: Vec<Rate>,
    kinds: Vec<(ActivityTypeId, bool)>,
}

impl Book {
    fn of(rows: &Rows, hours: &Hours) -> Self {
        let projects: HashMap<_, _> = rows
            .projects
            .iter()
            .filter(|project| matches!(project.status.as_str(), "in_progress" | "review"))
            .map(|project| (project.id, project))
            .collect();
        let by_id: HashMap<TaskId, &task::Model> = rows.tasks.iter().map(|task| (task.id, task)).collect();
        let mut tasks: HashMap<UserId, Vec<_>> = HashMap::new();
        for assignee in &rows.assignees {
            let task = by_id[&assignee.task_id];
            let Some(project) = projects.get(&task.project_id) else { continue };
            tasks.entry(assignee.user_id).or_default().push((task.clone(), (*project).clone()));
        }
        let places = rows.members.iter().filter(|member| member.left_on.is_none()).filter_map(|member| {
            let amount = Money::new(member.bill_rate_minor?, member.rate_currency?);
            Some(Rate {
                project: Some(member.project_id),
                person: Some(member.user_id),
                ..Rate::bare(RateLevel::Member, amount)
            })
        });
        Self {
            tasks,
            bills: hours.bills.iter().map(store::written_bill).chain(places).collect(),
            costs: hours.costs.iter().map(store::written_cost).collect(),
            kinds: hours.kinds.iter().map(|kind| (kind.id, kind.billable)).collect(),
        }
    }

    /// Writes down a person's week, if there is anything to write down: the present one as far as it has gone, the last
    /// one handed in by most and sent back to some, those before approved.
    fn week(
        &mut self,
        maker: &Maker,
        rows: &Rows,
        (place, user): (usize, UserId),
        (monday, ago): (NaiveDate, u32),
        hours: &mut Hours,
    ) {
        let Some(tasks) = self.tasks.get(&user) else { return };
        let last = |day: NaiveDate, hour: i64| at(day, hour).min(maker.now() - TimeDelta::minutes(1));
        let status = match (ago, place % 3) {
            (0, _) => "open",
            (1, 2) => "rejected",
            (1, _) => "submitted",
            _ => "approved",
        };
        let [owner, admin] = [SystemRole::Owner, SystemRole::Admin].map(|role| rows.person(role).id);
        let decided = matches!(status, "approved" | "rejected");
        let decided_at = decided.then(|| last(monday + Days::new(7), 9));
        let sheet = sheet::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            user_id: Some(user),
            week_start: monday,
            status: status.to_owned(),
            submitted_at: (status != "open").then(|| last(monday + Days::new(4), 17)),
            decided_by: decided.then_some(if user == owner { admin } else { owner }),
            decided_at,
            reason: (status == "rejected").then(|| WHY.to_owned()),
            created_at: last(monday, 17),
            updated_at: decided_at.unwrap_or_else(|| last(monday + Days::new(4), 17)),
            version: 1,
        };
        let before = hours.entries.len();
        for number in 0..10 {
            let day = monday + Days::new(number / 2);
            let turn = usize::try_from(number).unwrap_or(0) + place + 3 * usize::try_from(ago).unwrap_or(0);
            let there = |(task, project): &&(task::Model, project::Model)| {
                task.created_at.date_naive() <= day && project.created_at.date_naive() <= day
            };
            let open = tasks.iter().filter(there).collect::<Vec<_>>();
            // Reason: who has forgotten an afternoon is what weeks look like.
            if day >= maker.today || open.is_empty() || turn % 11 == 7 {
                continue;
            }
            let (task, project) = open[turn * 13 % open.len()];
            let row = self.entry(maker, &sheet, (task, project), day, turn);
            hours.entries.push(row);
        }
        if hours.entries.len() > before {
            hours.sheets.push(sheet);
        }
    }

    fn entry(
        &self,
        maker: &Maker,
        sheet: &sheet::Model,
        (task, project): (&task::Model, &project::Model),
        day: NaiveDate,
        turn: usize,
    ) -> entry::Model {
        let (kind, billed) = self.kinds[turn % self.kinds.len()];
        let billable = billed && project.billing_type != BillingType::NonBillable.as_str();
        let work = Work {
            project: project.id,
            task: Some(task.id),
            activity: Some(kind),
            person: sheet.user_id,
            account: project.account_id,
            on: day,
        };
        let approved = sheet.status == "approved";
        let bill = cascade::resolve(&work, &self.bills).filter(|_| approved && billable);
        let cost = cascade::resolve(&work, &self.costs).filter(|_| approved);
        let written = at(day, 17).min(maker.now() - TimeDelta::minutes(1));
        entry::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            user_id: sheet.user_id,
            timesheet_id: sheet.id,
            project_id: project.id,
            task_id: Some(task.id),
            activity_id: Some(kind),
            spent_on: day,
            minutes: STRETCHES[turn % STRETCHES.len()],
            started_at: None,
            ended_at: None,
            description: NOTES[turn % NOTES.len()].to_owned(),
            billable,
            flagged: false,
            status: if sheet.status == "open" { "draft" } else { sheet.status.as_str() }.to_owned(),
            own_rate_minor: None,
            own_rate_currency: None,
            bill_rate_minor: bill.map(|rate| rate.amount.amount),
            bill_rate_currency: bill.map(|rate| rate.amount.currency),
            bill_source: bill.map(|rate| rate.level.as_str().to_owned()),
            cost_rate_minor: cost.map(|rate| rate.amount.amount),
            cost_rate_currency: cost.map(|rate| rate.amount.currency),
            cost_source: cost.map(|rate| rate.level.as_str().to_owned()),
            decided_by: sheet.decided_by,
            decided_at: sheet.decided_at,
            reason: sheet.reason.clone(),
            claim_id: None,
            billed_minutes: None,
            created_at: written,
            updated_at: sheet.decided_at.unwrap_or(written).max(written),
            version: 1,
        }
    }
}

/// An hour of a day, UTC.
fn at(day: NaiveDate, hour: i64) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(hour)
}

/// Starts timers in an agency that was just made: by the program itself, so that they run since now.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn run(app: &App, slug: &str) -> Result<()> {
    let Some(agency) = tenant::find_by_slug(&app.db, slug).await? else { return Ok(()) };
    let directory = Directory::new(catalogue());
    let projects = graph::projects(&app.identity, &directory, &app.fanout);
    for (name, note) in [("dev", "On the ticket from this morning"), ("pm", "Going through the board")] {
        let viewer = person(app, &agency, name).await?;
        let Some(user) = viewer.user_id() else { continue };
        let tasks = assignee::tasks_of(agency.id, &[user]);
        let open = task::Entity::visible(&viewer, TASKS_READ)
            .filter(task::Column::Id.in_subquery(tasks))
            .filter(task::Column::Status.eq("doing"))
            .order_by_asc(task::Column::DueOn)
            .order_by_asc(task::Column::Id);
        let Some(task) = open.one(&app.db).await? else { continue };
        let input = StartTimerInput {
            task_id: Some(task.id),
            description: Some(note.to_owned()),
            ..StartTimerInput::default()
        };
        timer::start(&viewer, &app.db, &projects, input).await?;
    }
    Ok(())
}
