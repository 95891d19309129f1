//! Reminders of weeks that were not handed in: when they are due, and for whom. Mails are the gateway's to write.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use kernel::{Result, act::Act, db::Db, id::UserId, policy::Guarded, viewer::Viewer};
use platform::jobs::{self, NewSchedule};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait};

use super::{entry::entity as entry, sheet::entity as sheet, week};
use crate::words::TimesheetStatus;

/// The job that reminds the people of an agency.
pub const JOB: &str = "projects.timesheet.remind";

/// The name of its schedule.
const SCHEDULE: &str = "timesheet-reminders";

/// Monday morning, on the agency's clocks.
const CRON: &str = "0 9 * * 1";

/// Writes or removes the schedule of reminders as they are switched from one state to another.
///
/// # Errors
/// If the database does not answer.
pub async fn arrange(act: &Act, (before, after): (bool, bool)) -> Result<()> {
    match (before, after) {
        (false, true) => {
            let (name, cron) = (SCHEDULE.to_owned(), CRON.to_owned());
            jobs::set(act, NewSchedule { name, kind: JOB, payload: String::new(), cron, zone: None }).await
        }
        (true, false) => jobs::remove(act, SCHEDULE).await.map(drop),
        _ => Ok(()),
    }
}

/// The week before the present one on the agency's clocks, and those who wrote time into it and have yet to hand it in.
///
/// # Errors
/// If the database does not answer.
pub async fn owed(db: &Db, viewer: &Viewer) -> Result<(NaiveDate, HashSet<UserId>)> {
    let today = viewer.now.with_timezone(&viewer.tenant.time_zone).date_naive();
    let monday = week::start(today);
    let monday = monday.checked_sub_days(Days::new(7)).unwrap_or(monday);
    let open = [TimesheetStatus::Open, TimesheetStatus::Rejected].map(TimesheetStatus::as_str);
    let written = entry::Entity::of_tenant(viewer.tenant_id())
        .filter(entry::Column::SpentOn.is_in(week::days(monday)))
        .select_only()
        .column(entry::Column::TimesheetId);
    let weeks = sheet::Entity::of_tenant(viewer.tenant_id())
        .filter(sheet::Column::WeekStart.eq(monday))
        .filter(sheet::Column::Status.is_in(open))
        .filter(sheet::Column::UserId.is_not_null())
        // Reason: of a week whose time was all taken back there is nothing to hand in.
        .filter(sheet::Column::Id.in_subquery(written.into_query()));
    let people: Vec<UserId> = weeks.select_only().column(sheet::Column::UserId).into_tuple().all(db).await?;
    Ok((monday, people.into_iter().collect()))
}
