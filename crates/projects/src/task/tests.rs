//! Tests of the rules of tasks.

use async_graphql::MaybeUndefined;
use chrono::{NaiveDate, TimeZone, Utc};
use kernel::{
    Error, Fields,
    id::{ProjectId, TaskColumnId, TaskId, TenantId, TypedId, UserId},
};
use uuid::Uuid;

use super::{entity::Model, mutation::UpdateTaskInput, rules::*};
use crate::{
    column::entity as column,
    words::{Scheduling, TaskStatus},
};

fn at(hour: u32) -> chrono::DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, hour, 0, 0).unwrap()
}

fn task() -> Model {
    Model {
        id: TaskId::from_uuid(Uuid::nil()),
        tenant_id: TenantId::from_uuid(Uuid::nil()),
        project_id: ProjectId::from_uuid(Uuid::nil()),
        number: 1,
        column_id: TaskColumnId::from_uuid(Uuid::nil()),
        status: "todo".to_owned(),
        title: "Draw the map".to_owned(),
        description: String::new(),
        priority: "normal".to_owned(),
        reporter_id: None,
        estimate_minutes: Some(60),
        remaining_minutes: None,
        start_on: NaiveDate::from_ymd_opt(2026, 3, 2),
        due_on: NaiveDate::from_ymd_opt(2026, 3, 4),
        milestone_id: None,
        parent_id: None,
        checklist: serde_json::json!([]),
        recurrence: None,
        recurs_from: None,
        rank: "5".to_owned(),
        blocked_reason: Some("No paper".to_owned()),
        completed_at: None,
        scheduling: Scheduling::default().as_str().to_owned(),
        duration_minutes: None,
        constraint_kind: None,
        constraint_on: None,
        deadline_on: None,
        optimistic_minutes: None,
        pessimistic_minutes: None,
        created_by: None,
        archived_at: None,
        created_at: at(8),
        updated_at: at(8),
        version: 1,
    }
}

fn column(category: TaskStatus) -> column::Model {
    column::Model {
        id: TaskColumnId::from_uuid(Uuid::from_u128(7)),
        tenant_id: TenantId::from_uuid(Uuid::nil()),
        project_id: ProjectId::from_uuid(Uuid::nil()),
        name: "Column".to_owned(),
        category: category.as_str().to_owned(),
        rank: "5".to_owned(),
        created_at: at(8),
        updated_at: at(8),
        version: 1,
    }
}

fn nothing() -> UpdateTaskInput {
    UpdateTaskInput {
        id: TaskId::from_uuid(Uuid::nil()),
        expected_version: None,
        title: MaybeUndefined::Undefined,
        description: MaybeUndefined::Undefined,
        priority: MaybeUndefined::Undefined,
        assignee_ids: MaybeUndefined::Undefined,
        reporter_id: MaybeUndefined::Undefined,
        estimate_minutes: MaybeUndefined::Undefined,
        remaining_minutes: MaybeUndefined::Undefined,
        start_on: MaybeUndefined::Undefined,
        due_on: MaybeUndefined::Undefined,
        column_id: MaybeUndefined::Undefined,
        blocked_reason: MaybeUndefined::Undefined,
        milestone_id: MaybeUndefined::Undefined,
        parent_id: MaybeUndefined::Undefined,
        label_ids: MaybeUndefined::Undefined,
        checklist: MaybeUndefined::Undefined,
        recurrence: MaybeUndefined::Undefined,
        plan: None,
        skills: None,
    }
}

#[test]
fn task_in_a_done_column_is_completed_once() {
    let mut task = task();
    enter(&mut task, &column(TaskStatus::Done), at(9));
    enter(&mut task, &column(TaskStatus::Done), at(11));
    assert_eq!((status(&task), task.completed_at), (TaskStatus::Done, Some(at(9))));
    assert_eq!(task.column_id, TaskColumnId::from_uuid(Uuid::from_u128(7)));
}

#[test]
fn task_taken_up_again_is_not_completed() {
    let mut task = Model { status: "done".to_owned(), completed_at: Some(at(9)), ..task() };
    enter(&mut task, &column(TaskStatus::Doing), at(10));
    assert_eq!((status(&task), task.completed_at), (TaskStatus::Doing, None));
}

#[test]
fn what_is_left_out_stays_and_null_empties() {
    let mut fields = Fields::new();
    assert_eq!(changed(&task(), nothing(), &mut fields), task());
    let input =
        UpdateTaskInput { blocked_reason: MaybeUndefined::Null, start_on: MaybeUndefined::Null, ..nothing() };
    let after = changed(&task(), input, &mut fields);
    assert_eq!((after.blocked_reason, after.start_on), (None, None));
    assert!(fields.check().is_ok());
}

#[test]
fn every_wrong_field_is_named() {
    let mut fields = Fields::new();
    let input = UpdateTaskInput {
        title: MaybeUndefined::Value("  ".to_owned()),
        priority: MaybeUndefined::Null,
        remaining_minutes: MaybeUndefined::Value(-5),
        due_on: MaybeUndefined::Value("2026-03-01".parse().unwrap()),
        ..nothing()
    };
    changed(&task(), input, &mut fields);
    let Err(Error::Invalid(errors)) = fields.check() else { panic!("four fields are wrong") };
    let mut found: Vec<_> = errors.iter().map(|error| (error.path.as_str(), error.code())).collect();
    found.sort_unstable();
    let expected = [
        ("dueOn", "due_before_start"),
        ("priority", "required"),
        ("remainingMinutes", "negative"),
        ("title", "required"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn people_are_on_a_task_once_and_not_too_many() {
    let user = |number| UserId::from_uuid(Uuid::from_u128(number));
    assert_eq!(assignees(vec![user(1), user(2), user(1)], "assigneeIds").unwrap(), [user(1), user(2)]);
    let crowd = (0..21).map(user).collect();
    assert_eq!(assignees(crowd, "assigneeIds").unwrap_err().code(), "too_many");
}
