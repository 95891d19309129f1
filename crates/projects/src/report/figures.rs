//! What a status report is made from: milestones, tasks, hours and risks of a week, read once and kept with it as they
//! were then.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use kernel::{Result, act::Act, id::ProjectId, policy::Guarded};
use sea_orm::{
    ColumnTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};
use serde_json::{Value as Json, json};

use crate::{
    milestone::{self, entity as milestones},
    risk::entity as risks,
    task::entity as tasks,
    time::entry::entity as time,
    words::{MilestoneStatus, RiskStatus, TaskStatus},
};

/// Most tasks that a report names.
const MAX_TASKS: u64 = 20;

/// Most risks that a report names.
const MAX_RISKS: u64 = 5;

/// Days ahead of a week that its next steps look.
const AHEAD: u64 = 14;

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Made {
    /// What is kept, see the module.
    pub(super) figures: Json,
    /// What was done, in Markdown.
    pub(super) achievements: String,
    /// What comes next, in Markdown.
    pub(super) next_steps: String,
}

/// A week, from midnight to midnight on the agency's clocks.
struct Week {
    monday: NaiveDate,
    sunday: NaiveDate,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Week {
    fn of(act: &Act, monday: NaiveDate) -> Self {
        let zone = act.viewer().tenant.time_zone;
        let next = monday.checked_add_days(Days::new(7)).unwrap_or(NaiveDate::MAX);
        let midnight = |day: NaiveDate| {
            let local = day.and_time(chrono::NaiveTime::MIN);
            // Reason: where clocks skip midnight, the day begins when they go on.
            let start = (0..=4).find_map(|quarter| {
                (local + TimeDelta::minutes(30) * quarter).and_local_timezone(zone).earliest()
            });
            start.map_or_else(|| local.and_utc(), |start| start.with_timezone(&Utc))
        };
        let sunday = next.pred_opt().unwrap_or(monday);
        Self { monday, sunday, from: midnight(monday), until: midnight(next) }
    }
}

/// Reads a project's week: five statements.
pub(super) async fn read(act: &Act, project: ProjectId, monday: NaiveDate) -> Result<Made> {
    let (week, tenant, today) =
        (Week::of(act, monday), act.viewer().tenant_id(), crate::today(act.viewer(), act.now()));
    let of_project = || {
        let rows = tasks::Entity::of_tenant(tenant).filter(tasks::Column::ProjectId.eq(project));
        rows.filter(tasks::Column::ArchivedAt.is_null())
    };
    let done = of_project()
        .filter(tasks::Column::CompletedAt.gte(week.from))
        .filter(tasks::Column::CompletedAt.lt(week.until));
    let done = titles(act, done.order_by_asc(tasks::Column::CompletedAt)).await?;
    let counts = counts(act, of_project(), &week, today).await?;
    let milestones = milestone::all_of(act, project).await?;
    let ahead = week.sunday.checked_add_days(Days::new(AHEAD)).unwrap_or(NaiveDate::MAX);
    let next = of_project()
        .filter(tasks::Column::Status.ne(TaskStatus::Done.as_str()))
        .filter(tasks::Column::DueOn.gt(week.sunday))
        .filter(tasks::Column::DueOn.lte(ahead));
    let next = titles(act, next.order_by_asc(tasks::Column::DueOn)).await?;
    let figures = json!({
        "tasksDone": counts[0], "tasksOpen": counts[1], "tasksOverdue": counts[2],
        "minutes": minutes(act, project, &week).await?,
        "doneTasks": done,
        "milestones": milestones.iter().map(|row| milestone_of(row, today)).collect::<Vec<_>>(),
        "risks": risks(act, project).await?,
    });
    Ok(Made {
        figures,
        achievements: lines(milestones.iter().filter(|row| reached(row, &week)), &done),
        next_steps: lines(milestones.iter().filter(|row| coming(row, ahead)), &next),
    })
}

async fn titles(act: &Act, rows: Select<tasks::Entity>) -> Result<Vec<String>> {
    let rows = rows.order_by_asc(tasks::Column::Id).limit(MAX_TASKS);
    Ok(rows.select_only().column(tasks::Column::Title).into_tuple().all(act.conn()).await?)
}

/// Tasks done in the week, open ones, and of these the overdue ones.
async fn counts(act: &Act, rows: Select<tasks::Entity>, week: &Week, today: NaiveDate) -> Result<[i64; 3]> {
    let open = || tasks::Column::Status.ne(TaskStatus::Done.as_str());
    let done = tasks::Column::CompletedAt.gte(week.from).and(tasks::Column::CompletedAt.lt(week.until));
    let late = open().and(tasks::Column::DueOn.lt(today));
    let one = |condition: Expr| Expr::case(condition, Expr::val(1)).finally(Expr::val(0));
    let rows = rows
        .select_only()
        .expr_as(Expr::expr(one(done)).sum().cast_as("bigint"), "done")
        .expr_as(Expr::expr(one(open())).sum().cast_as("bigint"), "open")
        .expr_as(Expr::expr(one(late)).sum().cast_as("bigint"), "late");
    let found: Option<(Option<i64>, Option<i64>, Option<i64>)> = rows.into_tuple().one(act.conn()).await?;
    let (done, open, late) = found.unwrap_or_default();
    Ok([done, open, late].map(Option::unwrap_or_default))
}

/// Minutes that everybody worked on the project in the week.
async fn minutes(act: &Act, project: ProjectId, week: &Week) -> Result<i64> {
    let worked = time::Entity::of_tenant(act.viewer().tenant_id())
        .filter(time::Column::ProjectId.eq(project))
        .filter(time::Column::SpentOn.between(week.monday, week.sunday));
    let sum = Expr::col(time::Column::Minutes).sum().cast_as("bigint");
    let sum: Option<Option<i64>> =
        worked.select_only().expr_as(sum, "minutes").into_tuple().one(act.conn()).await?;
    Ok(sum.flatten().unwrap_or_default())
}

/// The worst risks that are not closed.
async fn risks(act: &Act, project: ProjectId) -> Result<Vec<Json>> {
    let rows = risks::Entity::of_tenant(act.viewer().tenant_id())
        .filter(risks::Column::ProjectId.eq(project))
        .filter(risks::Column::Status.ne(RiskStatus::Closed.as_str()))
        .order_by_desc(risks::Column::Score)
        .order_by_asc(risks::Column::Id)
        .limit(MAX_RISKS);
    let rows = rows.all(act.conn()).await?;
    Ok(rows
        .iter()
        .map(|row| json!({ "title": row.title, "score": row.score, "status": row.status }))
        .collect())
}

fn milestone_of(row: &milestones::Model, today: NaiveDate) -> Json {
    json!({
        "id": row.id, "name": row.name, "dueOn": row.due_on.map(|day| day.to_string()), "status": row.status,
        "percentage": row.percentage, "overdue": milestone::rules::is_overdue(row, today),
        "shared": row.client_visible,
    })
}

/// Reached in the week, and for the client to know.
fn reached(row: &milestones::Model, week: &Week) -> bool {
    row.client_visible && row.completed_at.is_some_and(|at| week.from <= at && at < week.until)
}

/// Due soon, and for the client to know.
fn coming(row: &milestones::Model, until: NaiveDate) -> bool {
    let open = !matches!(milestone::rules::status(row), MilestoneStatus::Completed | MilestoneStatus::Waived);
    row.client_visible && open && row.due_on.is_some_and(|due| due <= until)
}

/// A list in Markdown: milestones first, in bold.
fn lines<'a>(milestones: impl Iterator<Item = &'a milestones::Model>, tasks: &[String]) -> String {
    let milestones = milestones.map(|row| format!("- **{}**", escaped(&row.name)));
    let tasks = tasks.iter().map(|title| format!("- {}", escaped(title)));
    milestones.chain(tasks).collect::<Vec<_>>().join("\n")
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let special = |letter: char| matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#');
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if special(letter) {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn titles_are_no_markup() {
        assert_eq!(
            escaped("Fix *all* <b>`x_y`</b> [now](#1)"),
            "Fix \\*all\\* \\<b\\>\\`x\\_y\\`\\</b\\> \\[now\\](\\#1)"
        );
        assert_eq!(escaped("إطلاق المنصة"), "إطلاق المنصة");
    }
}
