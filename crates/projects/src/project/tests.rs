//! Tests of the rules of projects.

use chrono::{NaiveDate, TimeZone, Utc};
use kernel::{
    Error, Fields,
    id::{ProjectId, TenantId, TypedId},
    locale::Language,
};
use proptest::prelude::*;

use super::{entity::Model, rules::*};
use crate::words::ProjectStatus::{self, *};

fn project(status: ProjectStatus) -> Model {
    let now = Utc.with_ymd_and_hms(2026, 3, 1, 9, 0, 0).unwrap();
    Model {
        id: ProjectId::from_uuid(uuid::Uuid::nil()),
        tenant_id: TenantId::from_uuid(uuid::Uuid::nil()),
        number: 12,
        code: "ACME-12".to_owned(),
        name: "Relaunch".to_owned(),
        description: String::new(),
        account_id: None,
        manager_id: None,
        status: status.as_str().to_owned(),
        held_from: None,
        priority: "normal".to_owned(),
        estimated_start: None,
        estimated_end: None,
        actual_start: None,
        actual_end: None,
        expected_delivery: None,
        budget_minor: None,
        budget_currency: None,
        budget_minutes: None,
        billing_type: "fixed_fee".to_owned(),
        methodology: "agile".to_owned(),
        tags: serde_json::json!([]),
        custom: serde_json::json!({}),
        parent_id: None,
        template_id: None,
        health: None,
        created_by: None,
        archived_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

#[test]
fn project_runs_from_intake_to_completion() {
    let mut at = project(Intake);
    for (place, to) in [Planning, InProgress, Review, Completed].into_iter().enumerate() {
        at = transition(&at, to, day(1 + place as u32)).unwrap();
    }
    assert_eq!(at.status, "completed");
    assert_eq!((at.actual_start, at.actual_end), (Some(day(2)), Some(day(4))));
}

#[test]
fn refused_transition_names_the_allowed_ones() {
    let error = transition(&project(Intake), Completed, day(1)).unwrap_err();
    assert_eq!(error.code(), "CONFLICT");
    let said = error.message().render(Language::En);
    assert_eq!(said, "A project in INTAKE cannot become COMPLETED. Allowed: PLANNING, ON_HOLD, CANCELLED.");
}

#[test]
fn closed_projects_stay_closed() {
    for from in [Completed, Cancelled] {
        for to in ProjectStatus::ALL {
            assert!(transition(&project(from), *to, day(1)).is_err(), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn rework_keeps_the_first_start() {
    let review = Model { actual_start: Some(day(1)), ..project(Review) };
    assert_eq!(transition(&review, InProgress, day(9)).unwrap().actual_start, Some(day(1)));
}

#[test]
fn project_cancelled_before_work_has_no_end_of_work() {
    assert_eq!(transition(&project(Planning), Cancelled, day(3)).unwrap().actual_end, None);
    let begun = Model { actual_start: Some(day(1)), ..project(InProgress) };
    assert_eq!(transition(&begun, Cancelled, day(3)).unwrap().actual_end, Some(day(3)));
}

#[test]
fn archived_project_does_not_move() {
    let archived =
        Model { archived_at: Some(Utc.with_ymd_and_hms(2026, 3, 1, 9, 0, 0).unwrap()), ..project(Intake) };
    let error = transition(&archived, Planning, day(1)).unwrap_err();
    assert_eq!(error.message().code(), "project_archived");
}

#[test]
fn purge_waits_thirty_days_after_archiving() {
    let at = |day| Utc.with_ymd_and_hms(2026, 3, day, 9, 0, 0).unwrap();
    let archived = Model { archived_at: Some(at(1)), ..project(Completed) };
    assert_eq!(
        check_purgeable(&project(Completed), at(1)).unwrap_err().message().code(),
        "project_not_archived"
    );
    assert_eq!(check_purgeable(&archived, at(30)).unwrap_err().message().code(), "purge_too_early");
    assert!(check_purgeable(&archived, at(31)).is_ok());
}

#[test]
fn tasks_change_in_open_projects_only() {
    for status in ProjectStatus::ALL {
        let open = !matches!(status, Completed | Cancelled);
        assert_eq!(check_open(&project(*status)).is_ok(), open, "{status:?}");
    }
}

#[test]
fn end_before_start_and_negative_amounts_are_named() {
    let mut fields = Fields::new();
    check_dates(Some(day(2)), Some(day(1)), "estimatedEnd", &mut fields);
    check_dates(Some(day(2)), Some(day(2)), "other", &mut fields);
    check_minutes(Some(-1), "budgetMinutes", &mut fields);
    let Err(Error::Invalid(errors)) = fields.check() else { panic!("both are wrong") };
    let found: Vec<_> = errors.iter().map(|error| (error.path.as_str(), error.code())).collect();
    assert_eq!(found, [("estimatedEnd", "end_before_start"), ("budgetMinutes", "negative")]);
}

#[test]
fn code_is_the_slug_in_capitals_with_the_number() {
    assert_eq!(code("north-star", 7), "NORTH-STAR-7");
}

proptest! {
    /// Whatever way a project goes, holding it and going on leads back to where it was, and every open one can be
    /// cancelled.
    #[test]
    fn holding_and_going_on_changes_nothing(steps in prop::collection::vec(0_usize..4, 0..12)) {
        let mut at = project(Intake);
        for step in steps {
            let ways = allowed(status(&at), at.held_from.as_deref().and_then(ProjectStatus::parse));
            let Some(to) = ways.get(step % ways.len().max(1)) else { break };
            at = transition(&at, *to, day(1)).unwrap();
        }
        match status(&at) {
            Completed | Cancelled => {}
            OnHold => prop_assert!(transition(&at, Cancelled, day(2)).is_ok()),
            _ => {
                let held = transition(&at, OnHold, day(2)).unwrap();
                let on = transition(&held, status(&at), day(3)).unwrap();
                prop_assert_eq!(on.status, at.status.clone());
                prop_assert_eq!(on.held_from, None);
                prop_assert!(transition(&at, Cancelled, day(2)).is_ok());
            }
        }
    }
}

#[test]
fn course_is_the_table_and_nothing_beside_it() {
    // From, what one on hold was in before, and everything that it may become.
    let table: &[(ProjectStatus, Option<ProjectStatus>, &[ProjectStatus])] = &[
        (Intake, None, &[Planning, OnHold, Cancelled]),
        (Planning, None, &[InProgress, OnHold, Cancelled]),
        (InProgress, None, &[Review, OnHold, Cancelled]),
        (Review, None, &[Completed, InProgress, OnHold, Cancelled]),
        (Completed, None, &[]),
        (Cancelled, None, &[]),
        (OnHold, None, &[Intake, Cancelled]),
        (OnHold, Some(Intake), &[Intake, Cancelled]),
        (OnHold, Some(Planning), &[Planning, Cancelled]),
        (OnHold, Some(InProgress), &[InProgress, Cancelled]),
        (OnHold, Some(Review), &[Review, Cancelled]),
    ];
    assert!(ProjectStatus::ALL.iter().all(|status| table.iter().any(|(from, ..)| from == status)));
    for (from, held, allowed) in table {
        let before = Model { held_from: held.map(|held| held.as_str().to_owned()), ..project(*from) };
        for to in ProjectStatus::ALL {
            let moved = transition(&before, *to, day(5));
            assert_eq!(moved.is_ok(), allowed.contains(to), "{from:?} ({held:?}) to {to:?}");
            if let Ok(moved) = moved {
                assert_eq!(status(&moved), *to);
                let held = (*to == OnHold).then(|| from.as_str().to_owned());
                assert_eq!(moved.held_from, held, "only what is held remembers where it stopped");
            }
        }
        let away = Model { archived_at: Some(before.created_at), ..before.clone() };
        assert!(ProjectStatus::ALL.iter().all(|to| transition(&away, *to, day(5)).is_err()));
    }
}
