//! Reading the grid of a week, in at most four statements.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use futures::future::try_join;
use kernel::{
    Result,
    ask::Ask,
    graph::Graph,
    id::{ActivityTypeId, ProjectId, TaskId, TypedId, UserId},
    page::ById,
    policy::Guarded,
};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef};

use super::{
    entity::{Column, Entity, Model},
    graphql::{TimesheetCell, TimesheetRow, TimesheetWeek},
};
use crate::{
    policy::time::TIME_READ,
    project::entity as project,
    task::entity as task,
    time::{activity_type::entity as activity_type, entry::entity as entry, week},
};

/// Most rows of a grid: what a person does in a week has less.
const MAX_ROWS: usize = 200;

/// Most entries of a cell that are shown; its minutes are those of all.
const MAX_ENTRIES: usize = 100;

/// What a row is about.
type Key = (ProjectId, Option<TaskId>, Option<ActivityTypeId>);

/// The grid of a person's week that a date is in, as far as the viewer may see it.
///
/// # Errors
/// If the database does not answer.
pub async fn read(ask: &Ask, user: UserId, date: NaiveDate) -> Result<TimesheetWeek> {
    let start = week::start(date);
    let days = week::days(start);
    let (timesheet, entries) = load(ask, user, start).await?;
    let total_minutes = entries.iter().map(|entry| entry.minutes).sum();
    let day = |day: &NaiveDate| {
        entries.iter().filter(|entry| entry.spent_on == *day).map(|entry| entry.minutes).sum()
    };
    let day_minutes = days.iter().map(day).collect();
    let mut grouped: BTreeMap<Key, Vec<entry::Model>> = BTreeMap::new();
    for entry in entries {
        grouped.entry((entry.project_id, entry.task_id, entry.activity_id)).or_default().push(entry);
    }
    let rows = grouped.into_iter().take(MAX_ROWS).map(|(key, entries)| row(ask, key, entries));
    Ok(TimesheetWeek {
        week_start: start.into(),
        days: days.map(Into::into).to_vec(),
        timesheet: timesheet.map(|week| Graph(week.into())),
        rows: futures::future::try_join_all(rows).await?,
        day_minutes,
        total_minutes,
    })
}

/// The week with its entries in one statement; one more tells an empty week from none.
async fn load(ask: &Ask, user: UserId, start: NaiveDate) -> Result<(Option<Model>, Vec<entry::Model>)> {
    let week: RelationDef =
        entry::Entity::belongs_to(Entity).from(entry::Column::TimesheetId).to(Column::Id).into();
    let both = entry::Entity::visible(&ask.viewer, TIME_READ)
        .filter(entry::Column::UserId.eq(user.uuid()))
        .filter(entry::Column::SpentOn.is_in(week::days(start)))
        .join(JoinType::InnerJoin, week)
        .order_by_asc(entry::Column::SpentOn)
        .order_by_asc(entry::Column::Id)
        .select_also(Entity);
    let both: Vec<(entry::Model, Option<Model>)> = both.all(&ask.db).await?;
    let (entries, weeks): (Vec<_>, Vec<_>) = both.into_iter().unzip();
    if let Some(week) = weeks.into_iter().flatten().next() {
        return Ok((Some(week), entries));
    }
    let alone = Entity::visible(&ask.viewer, TIME_READ)
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::WeekStart.eq(start));
    Ok((alone.one(&ask.db).await?, entries))
}

/// A row with what it is about; all rows of a grid load together.
async fn row(ask: &Ask, (project, task, activity): Key, entries: Vec<entry::Model>) -> Result<TimesheetRow> {
    let (project, (task, activity)) = try_join(
        ask.load::<ById<project::Entity>, _>(project.uuid()),
        try_join(find_task(ask, task), find_activity(ask, activity)),
    )
    .await?;
    let total_minutes = entries.iter().map(|entry| entry.minutes).sum();
    let mut cells: BTreeMap<NaiveDate, Vec<entry::Model>> = BTreeMap::new();
    for entry in entries {
        cells.entry(entry.spent_on).or_default().push(entry);
    }
    let cell = |(date, entries): (NaiveDate, Vec<entry::Model>)| TimesheetCell {
        date: date.into(),
        minutes: entries.iter().map(|entry| entry.minutes).sum(),
        time_entries: entries.into_iter().take(MAX_ENTRIES).map(|entry| Graph(entry.into())).collect(),
    };
    Ok(TimesheetRow {
        project: project.map(|project| Graph(project.into())),
        task: task.map(|task| Graph(task.into())),
        activity_type: activity.map(|activity| Graph(activity.into())),
        cells: cells.into_iter().map(cell).collect(),
        total_minutes,
    })
}

async fn find_task(ask: &Ask, id: Option<TaskId>) -> Result<Option<task::Model>> {
    let Some(id) = id else { return Ok(None) };
    ask.load::<ById<task::Entity>, _>(id.uuid()).await
}

async fn find_activity(ask: &Ask, id: Option<ActivityTypeId>) -> Result<Option<activity_type::Model>> {
    let Some(id) = id else { return Ok(None) };
    ask.load::<ById<activity_type::Entity>, _>(id.uuid()).await
}
