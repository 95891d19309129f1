//! Plans that tests are made of: people who work from nine to five, and tasks from Monday, March 9, 2026 on.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::id::{DependencyId, ProjectId, TaskId, TenantId, TypedId, UserId};
use schedule::{Hours, Pattern};
use serde_json::json;
use uuid::Uuid;

use super::load::{Source, TaskRow};
use crate::{calendar::Calendars, link::entity as link, project::entity as project};

/// Ids by number.
pub(crate) fn id<T: TypedId>(number: usize) -> T {
    T::from_uuid(Uuid::from_u128(number as u128 + 1))
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// When plans are reckoned: a week before they begin.
pub(crate) fn as_of() -> DateTime<Utc> {
    DateTime::default() + (day("2026-03-02") - NaiveDate::default())
}

/// A plan without tasks.
pub(crate) fn plan() -> Source {
    let hours = Hours::new([(540, 1_020)]).unwrap();
    let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { Hours::free() });
    let agency = Pattern { zone: chrono_tz::UTC, week, days: Default::default() };
    Source {
        project: project::Model {
            id: id::<ProjectId>(0),
            tenant_id: id::<TenantId>(0),
            number: 1,
            code: "P-1".to_owned(),
            name: "Plan".to_owned(),
            description: String::new(),
            account_id: None,
            manager_id: None,
            status: "planning".to_owned(),
            held_from: None,
            priority: "normal".to_owned(),
            estimated_start: Some(day("2026-03-09")),
            estimated_end: None,
            actual_start: None,
            actual_end: None,
            expected_delivery: None,
            budget_minor: None,
            budget_currency: None,
            budget_minutes: None,
            billing_type: "fixed".to_owned(),
            methodology: "kanban".to_owned(),
            tags: json!([]),
            custom: json!({}),
            parent_id: None,
            template_id: None,
            health: None,
            created_by: None,
            archived_at: None,
            created_at: as_of(),
            updated_at: as_of(),
            version: 1,
        },
        tasks: Vec::new(),
        milestones: Vec::new(),
        links: Vec::new(),
        doers: Default::default(),
        calendars: Calendars::plain(agency),
        days: (day("2026-03-01"), day("2026-12-31")),
        horizon: day("2026-12-31"),
        readings: 0,
    }
}

impl Source {
    /// Adds a task of so many minutes for the person with this number; answers its place.
    pub(crate) fn add(&mut self, title: &str, minutes: i64, person: usize) -> usize {
        let place = self.tasks.len();
        self.tasks.push(TaskRow {
            id: id(place),
            number: place as i64 + 1,
            title: title.to_owned(),
            status: "todo".to_owned(),
            priority: "normal".to_owned(),
            estimate_minutes: None,
            remaining_minutes: None,
            start_on: None,
            due_on: None,
            milestone_id: None,
            parent_id: None,
            scheduling: "automatic".to_owned(),
            duration_minutes: Some(minutes),
            constraint_kind: None,
            constraint_on: None,
            deadline_on: None,
            optimistic_minutes: None,
            pessimistic_minutes: None,
            completed_at: None,
            created_at: as_of(),
        });
        self.doers.insert(id::<TaskId>(place), vec![id::<UserId>(person)]);
        place
    }

    /// Lets a task wait for another.
    pub(crate) fn wait(&mut self, earlier: usize, later: usize) {
        self.links.push(link::Model {
            id: id::<DependencyId>(self.links.len()),
            tenant_id: id::<TenantId>(0),
            project_id: id::<ProjectId>(0),
            kind: "finish_to_start".to_owned(),
            lag_minutes: 0,
            pred_task_id: Some(id(earlier)),
            pred_milestone_id: None,
            succ_task_id: Some(id(later)),
            succ_milestone_id: None,
            created_at: as_of(),
            updated_at: as_of(),
            version: 1,
        });
    }

    /// Puts a task on days.
    pub(crate) fn put(&mut self, place: usize, first: &str, last: &str) {
        (self.tasks[place].start_on, self.tasks[place].due_on) = (Some(day(first)), Some(day(last)));
    }
}
