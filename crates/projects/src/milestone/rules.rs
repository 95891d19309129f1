//! Rules of milestones. No database, no clock.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Error, FieldError, Fields, Result, Text,
    id::UserId,
    text::{self, TOO_LONG},
};

use super::entity::Model;
use crate::{
    project::rules::{NEGATIVE, TOO_LARGE},
    words::{
        ApprovalStatus,
        MilestoneStatus::{self, Completed, Waived},
    },
};

/// The milestone is where it is to go.
pub const SAME_STATUS: Text =
    Text::new("same_status", "This milestone is {status} already.", "Ce jalon est déjà au statut {status}.");

/// The client approved the milestone.
pub const APPROVED: Text = Text::new(
    "milestone_approved",
    "The client approved this milestone; it stays as it is.",
    "Le client a approuvé ce jalon ; il reste tel quel.",
);

/// The client cannot be asked about the milestone.
pub const NOT_SHOWN: Text = Text::new(
    "milestone_not_shown",
    "The client does not see this milestone: the project has no client, or the milestone is not marked for them.",
    "Le client ne voit pas ce jalon : le projet n'a pas de client, ou le jalon ne lui est pas destiné.",
);

/// Nobody asked the client.
pub const NOT_ASKED: Text = Text::new(
    "approval_not_requested",
    "Nobody has asked for an approval of this milestone, or it was given already.",
    "Aucune approbation n'est demandée pour ce jalon, ou elle a déjà été donnée.",
);

/// The client was asked already.
pub const ASKED: Text = Text::new(
    "approval_requested",
    "The client has been asked about this milestone and has not answered yet.",
    "Le client a déjà été sollicité pour ce jalon et n'a pas encore répondu.",
);

/// A waived milestone is not approved.
pub const WAIVED: Text = Text::new(
    "milestone_waived",
    "This milestone is waived; there is nothing to approve.",
    "Ce jalon est abandonné ; il n'y a rien à approuver.",
);

/// There are too many deliverables.
pub const TOO_MANY_DELIVERABLES: Text = Text::new(
    "too_many",
    "A milestone has at most {max} deliverables.",
    "Un jalon a {max} livrables au plus.",
);

/// Most deliverables.
const MAX_DELIVERABLES: usize = 50;

/// Longest deliverable, in characters.
const DELIVERABLE_MAX: usize = 200;

/// Longest word of the client on an approval, in characters.
const COMMENT_MAX: usize = 2_000;

/// The status of a milestone.
pub fn status(milestone: &Model) -> MilestoneStatus {
    MilestoneStatus::parse(&milestone.status).unwrap_or_default()
}

/// What the client said, once they were asked.
pub fn approval(milestone: &Model) -> Option<ApprovalStatus> {
    milestone.approval.as_deref().and_then(ApprovalStatus::parse)
}

/// Whether nothing has to be done for it any more.
pub fn is_settled(milestone: &Model) -> bool {
    matches!(status(milestone), Completed | Waived)
}

/// Whether its day is over and it is not reached.
pub fn is_overdue(milestone: &Model, today: NaiveDate) -> bool {
    !is_settled(milestone) && milestone.due_on.is_some_and(|due| due < today)
}

/// Lines that say what is handed over.
///
/// # Errors
/// Too many, or the first that is no line.
pub fn deliverables(lines: &[String], path: &str) -> Result<Vec<String>, FieldError> {
    if lines.len() > MAX_DELIVERABLES {
        return Err(FieldError::new(path, TOO_MANY_DELIVERABLES.with("max", MAX_DELIVERABLES)));
    }
    let lines = lines.iter().enumerate();
    lines.map(|(index, line)| text::line(line, &format!("{path}.{index}"), DELIVERABLE_MAX)).collect()
}

/// What is handed over at a milestone.
pub fn lines(milestone: &Model) -> Vec<&str> {
    let lines = milestone.deliverables.as_array().map(Vec::as_slice).unwrap_or_default();
    lines.iter().filter_map(|line| line.as_str()).collect()
}

/// Adds an error unless the share is between 0 and 100.
pub fn check_percentage(percentage: i32, fields: &mut Fields) {
    fields.require(percentage >= 0, "percentage", NEGATIVE);
    fields.require(percentage <= 100, "percentage", TOO_LARGE.with("max", 100));
}

/// What the client said, trimmed.
///
/// # Errors
/// Too long, or with a forbidden character.
pub fn comment(said: Option<&str>) -> Result<Option<String>, FieldError> {
    let Some(said) = said.map(str::trim).filter(|said| !said.is_empty()) else { return Ok(None) };
    if said.chars().count() > COMMENT_MAX {
        return Err(FieldError::new("comment", TOO_LONG.with("max", COMMENT_MAX)));
    }
    text::markdown(said, "comment", COMMENT_MAX * 4).map(Some)
}

/// The milestone moved to another status: what is reached is done, and dated; of what is waived the client is asked no
/// longer.
///
/// # Errors
/// CONFLICT if it is there already, or was approved by the client.
pub fn transition(before: &Model, to: MilestoneStatus, now: DateTime<Utc>) -> Result<Model> {
    let from = status(before);
    if from == to {
        return Err(Error::conflict(SAME_STATUS.with("status", to.name())));
    }
    if approval(before) == Some(ApprovalStatus::Approved) && to != Completed {
        return Err(Error::conflict(APPROVED));
    }
    let mut after = before.clone();
    after.status = to.as_str().to_owned();
    after.completed_at = (to == Completed).then_some(now);
    match to {
        Completed => after.percentage = 100,
        // Reason: when they were asked is kept, for they have seen it.
        Waived if approval(before) == Some(ApprovalStatus::Requested) => after.approval = None,
        _ => {}
    }
    if from == Completed {
        // Reason: what is taken up again is not finished.
        after.percentage = after.percentage.min(99);
    }
    Ok(after)
}

/// The milestone with the client asked for their approval; an earlier answer is forgotten.
///
/// # Errors
/// CONFLICT if the client does not see it, was asked already or approved it, or if it is waived.
pub fn request(before: &Model, has_client: bool, by: Option<UserId>, now: DateTime<Utc>) -> Result<Model> {
    match approval(before) {
        Some(ApprovalStatus::Approved) => return Err(Error::conflict(APPROVED)),
        Some(ApprovalStatus::Requested) => return Err(Error::conflict(ASKED)),
        Some(ApprovalStatus::Rejected) | None => {}
    }
    if status(before) == Waived {
        return Err(Error::conflict(WAIVED));
    }
    if !has_client || !before.client_visible {
        return Err(Error::conflict(NOT_SHOWN));
    }
    Ok(Model {
        approval: Some(ApprovalStatus::Requested.as_str().to_owned()),
        approval_requested_by: by,
        approval_requested_at: Some(now),
        approval_decided_by: None,
        approval_decided_at: None,
        approval_comment: None,
        ..before.clone()
    })
}

/// The milestone with the client's answer.
///
/// # Errors
/// CONFLICT unless the client was asked and has not answered, or if it is waived.
pub fn decide(
    before: &Model,
    answer: ApprovalStatus,
    comment: Option<String>,
    by: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<Model> {
    if approval(before) != Some(ApprovalStatus::Requested) {
        return Err(Error::conflict(NOT_ASKED));
    }
    if status(before) == Waived {
        return Err(Error::conflict(WAIVED));
    }
    Ok(Model {
        approval: Some(answer.as_str().to_owned()),
        approval_decided_by: by,
        approval_decided_at: Some(now),
        approval_comment: comment,
        ..before.clone()
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use kernel::id::{MilestoneId, ProjectId, TenantId, TypedId};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2028, 2, 29, hour, 0, 0).unwrap()
    }

    fn milestone(status: MilestoneStatus) -> Model {
        Model {
            id: MilestoneId::from_uuid(Uuid::nil()),
            tenant_id: TenantId::from_uuid(Uuid::nil()),
            project_id: ProjectId::from_uuid(Uuid::nil()),
            name: "Launch".to_owned(),
            notes: String::new(),
            deliverables: json!([]),
            due_on: NaiveDate::from_ymd_opt(2028, 2, 29),
            status: status.as_str().to_owned(),
            priority: "normal".to_owned(),
            assignee_id: None,
            percentage: 40,
            billing_minor: None,
            billing_currency: None,
            client_visible: true,
            approval: None,
            approval_requested_by: None,
            approval_requested_at: None,
            approval_decided_by: None,
            approval_decided_at: None,
            approval_comment: None,
            completed_at: None,
            rank: "5".to_owned(),
            created_at: at(8),
            updated_at: at(8),
            version: 1,
        }
    }

    #[test]
    fn every_status_is_reached_from_every_other_and_completion_is_dated() {
        for from in MilestoneStatus::ALL {
            for to in MilestoneStatus::ALL {
                let moved = transition(&milestone(*from), *to, at(9));
                if from == to {
                    assert_eq!(moved.unwrap_err().message().code(), "same_status");
                    continue;
                }
                let moved = moved.unwrap();
                let percentage = if *to == Completed { 100 } else { 40 };
                let done = (*to == Completed).then(|| at(9));
                assert_eq!((status(&moved), moved.completed_at, moved.percentage), (*to, done, percentage));
            }
        }
        let again = Model { percentage: 100, ..milestone(Completed) };
        assert_eq!(transition(&again, MilestoneStatus::InProgress, at(9)).unwrap().percentage, 99);
    }

    #[test]
    fn milestone_is_overdue_from_the_day_after_it_was_due_until_it_is_settled() {
        let day = |month, day| NaiveDate::from_ymd_opt(2028, month, day).unwrap();
        for status in MilestoneStatus::ALL {
            assert!(!is_overdue(&milestone(*status), day(2, 29)));
            let late = !matches!(status, Completed | Waived);
            assert_eq!(is_overdue(&milestone(*status), day(3, 1)), late, "{status:?}");
        }
        let open = Model { due_on: None, ..milestone(MilestoneStatus::Pending) };
        assert!(!is_overdue(&open, day(12, 31)));
    }

    #[test]
    fn client_answers_once_and_may_be_asked_again_after_a_refusal() {
        let pending = milestone(MilestoneStatus::InProgress);
        let decide = |milestone: &Model, answer| decide(milestone, answer, None, None, at(10));
        assert_eq!(decide(&pending, ApprovalStatus::Approved).unwrap_err().message().code(), NOT_ASKED.code);
        let asked = request(&pending, true, None, at(9)).unwrap();
        assert_eq!(request(&asked, true, None, at(9)).unwrap_err().message().code(), ASKED.code);
        let rejected = decide(&asked, ApprovalStatus::Rejected).unwrap();
        let again = request(&rejected, true, None, at(11)).unwrap();
        assert_eq!((again.approval_decided_at, again.approval_requested_at), (None, Some(at(11))));
        let approved = decide(&again, ApprovalStatus::Approved).unwrap();
        assert_eq!(request(&approved, true, None, at(12)).unwrap_err().message().code(), APPROVED.code);
        assert_eq!(transition(&approved, Waived, at(12)).unwrap_err().message().code(), APPROVED.code);
        assert!(transition(&approved, Completed, at(12)).is_ok());
    }

    #[test]
    fn waiving_takes_the_question_back() {
        let asked = request(&milestone(MilestoneStatus::Pending), true, None, at(9)).unwrap();
        let waived = transition(&asked, Waived, at(10)).unwrap();
        assert_eq!((approval(&waived), waived.approval_requested_at), (None, Some(at(9))));
        let asked = Model { status: Waived.as_str().to_owned(), ..asked };
        let refused = decide(&asked, ApprovalStatus::Approved, None, None, at(11)).unwrap_err();
        assert_eq!(refused.message().code(), WAIVED.code);
    }

    #[test]
    fn client_is_not_asked_about_what_they_do_not_see_or_nobody_needs() {
        let shown = milestone(MilestoneStatus::Pending);
        let hidden = Model { client_visible: false, ..shown.clone() };
        for (milestone, has_client, code) in [
            (&shown, false, NOT_SHOWN.code),
            (&hidden, true, NOT_SHOWN.code),
            (&milestone(Waived), true, WAIVED.code),
        ] {
            assert_eq!(request(milestone, has_client, None, at(9)).unwrap_err().message().code(), code);
        }
    }
}
