//! Who may see and do what with the registers of a project: risks are the team's alone; of change requests, decisions
//! and reports a client sees what was handed to them, and of feedback their own.

use kernel::{
    catalogue::{
        Rule,
        SystemRole::{
            Accountant, Client, ClientAdmin, ProjectManager, Sales, TeamMember, Viewer as ViewerRole,
        },
    },
    id::{BaselineId, ChangeLineId, ChangeRequestId, DecisionId, FeedbackRequestId, RiskId, StatusReportId},
    policy::{Near, nothing},
    viewer::{
        Permission,
        Reach::{Account, Assigned, Tenant},
    },
};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::{
    BUDGETS_READ, INTERNAL_READ, as_project,
    guarded::guarded,
    work::{shared_or_internal, staff_only},
};
use crate::{
    change_request::{entity as change_request, line::entity as line},
    decision::entity as decision,
    feedback::entity as feedback,
    plan::baseline::entity as baseline,
    report::entity as report,
    risk::entity as risk,
    words::{ChangeRequestStatus, StatusReportStatus},
};

/// Read risks.
pub const RISKS_READ: Permission =
    Permission::new("projects.risk.read", "See what may go wrong in projects. Clients never do.");
/// Change risks.
pub const RISKS_WRITE: Permission =
    Permission::new("projects.risk.write", "Register risks of projects and what is done about them.");
/// Keep baselines.
pub const PLAN_WRITE: Permission = Permission::new(
    "projects.plan.write",
    "Keep what the plans of projects say, to hold later ones against.",
);
/// Read change requests.
pub const CHANGES_READ: Permission = Permission::new("projects.change_request.read", "See change requests.");
/// Write change requests.
pub const CHANGES_WRITE: Permission =
    Permission::new("projects.change_request.write", "Write, submit and apply change requests.");
/// Answer change requests.
pub const CHANGES_DECIDE: Permission = Permission::new(
    "projects.change_request.decide",
    "Approve or reject change requests, for the agency or for the client.",
);
/// Read decisions.
pub const DECISIONS_READ: Permission =
    Permission::new("projects.decision.read", "See what was decided in projects.");
/// Write decisions.
pub const DECISIONS_WRITE: Permission =
    Permission::new("projects.decision.write", "Write down what was decided in projects.");
/// Read status reports.
pub const REPORTS_READ: Permission =
    Permission::new("projects.report.read", "See status reports on projects.");
/// Write status reports.
pub const REPORTS_WRITE: Permission =
    Permission::new("projects.report.write", "Make status reports, edit and publish them.");
/// Read feedback.
pub const FEEDBACK_READ: Permission = Permission::new(
    "projects.feedback.read",
    "See how satisfied clients are; clients see what they were asked themselves.",
);
/// Ask for feedback.
pub const FEEDBACK_ASK: Permission =
    Permission::new("projects.feedback.ask", "Ask clients how satisfied they are.");
/// Answer.
pub const FEEDBACK_ANSWER: Permission =
    Permission::new("projects.feedback.answer", "Answer how satisfied one is, as a client who was asked.");

/// The permissions of the registers with the system roles that hold them.
pub const PERMISSIONS: &[Rule] = &[
    Rule::new(
        RISKS_READ,
        &[
            (ProjectManager, Assigned),
            (TeamMember, Assigned),
            (Accountant, Tenant),
            (Sales, Assigned),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(RISKS_WRITE, &[(ProjectManager, Assigned), (TeamMember, Assigned)]),
    Rule::new(PLAN_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(CHANGES_READ, SHARED),
    Rule::new(CHANGES_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(CHANGES_DECIDE, &[(ProjectManager, Assigned), (Client, Account), (ClientAdmin, Account)]),
    Rule::new(DECISIONS_READ, SHARED),
    Rule::new(DECISIONS_WRITE, &[(ProjectManager, Assigned), (TeamMember, Assigned)]),
    Rule::new(REPORTS_READ, SHARED),
    Rule::new(REPORTS_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(
        FEEDBACK_READ,
        &[(ProjectManager, Assigned), (Sales, Assigned), (Client, Account), (ClientAdmin, Account)],
    ),
    Rule::new(FEEDBACK_ASK, &[(ProjectManager, Assigned), (Sales, Assigned)]),
    Rule::new(FEEDBACK_ANSWER, &[(Client, Account), (ClientAdmin, Account)]),
];

/// Who reads what is handed to clients.
const SHARED: &[(kernel::catalogue::SystemRole, kernel::viewer::Reach)] = &[
    (ProjectManager, Assigned),
    (TeamMember, Assigned),
    (Accountant, Tenant),
    (Sales, Assigned),
    (Client, Account),
    (ClientAdmin, Account),
    (ViewerRole, Tenant),
];

guarded!(
    risk,
    RiskId,
    RISKS_READ,
    |viewer, near| {
        let any = as_project(risk::Column::ProjectId, viewer, near);
        match (near, viewer.user_id()) {
            (Near::Own, Some(user)) => any.add(risk::Column::OwnerId.eq(user)),
            _ => any,
        }
    },
    |viewer, select| staff_only(select, viewer)
);

guarded!(
    baseline,
    BaselineId,
    INTERNAL_READ,
    |viewer, near| as_project(baseline::Column::ProjectId, viewer, near),
    |viewer, select| staff_only(select, viewer)
);

guarded!(
    change_request,
    ChangeRequestId,
    CHANGES_READ,
    |viewer, near| as_project(change_request::Column::ProjectId, viewer, near),
    |viewer, select| {
        match viewer.is_client() {
            true => select.filter(change_request::Column::Status.ne(ChangeRequestStatus::Draft.as_str())),
            false => select,
        }
    }
);

guarded!(
    line,
    ChangeLineId,
    BUDGETS_READ,
    |viewer, near| as_project(line::Column::ProjectId, viewer, near),
    |viewer, select| staff_only(select, viewer)
);

guarded!(
    decision,
    DecisionId,
    DECISIONS_READ,
    |viewer, near| as_project(decision::Column::ProjectId, viewer, near),
    |viewer, select| {
        let shared = Condition::all().add(decision::Column::ClientVisible.eq(true));
        shared_or_internal(select, viewer, shared)
    }
);

guarded!(
    report,
    StatusReportId,
    REPORTS_READ,
    |viewer, near| as_project(report::Column::ProjectId, viewer, near),
    |viewer, select| {
        let published = report::Column::Status.eq(StatusReportStatus::Published.as_str());
        shared_or_internal(select, viewer, Condition::all().add(published))
    }
);

guarded!(
    feedback,
    FeedbackRequestId,
    FEEDBACK_READ,
    |viewer, near| as_project(feedback::Column::ProjectId, viewer, near),
    |viewer, select| match (viewer.is_client(), viewer.user_id()) {
        (true, Some(user)) => select.filter(feedback::Column::UserId.eq(user)),
        (true, None) => select.filter(nothing()),
        (false, _) => select,
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_read_what_is_handed_to_them_and_answer_and_nothing_else() {
        let theirs =
            [CHANGES_READ, CHANGES_DECIDE, DECISIONS_READ, REPORTS_READ, FEEDBACK_READ, FEEDBACK_ANSWER];
        for rule in PERMISSIONS {
            let expected = theirs.contains(&rule.permission).then_some(Account);
            assert_eq!(rule.reach_of(Client), expected, "{}", rule.permission);
            assert_eq!(rule.reach_of(ClientAdmin), expected, "{}", rule.permission);
        }
    }

    #[test]
    fn feedback_is_answered_by_clients_and_read_by_who_answers_for_them() {
        assert_eq!(PERMISSIONS.iter().filter(|rule| rule.reach_of(ViewerRole).is_some()).count(), 4);
        let feedback = PERMISSIONS.iter().find(|rule| rule.permission == FEEDBACK_READ).unwrap();
        assert_eq!((feedback.reach_of(TeamMember), feedback.reach_of(ViewerRole)), (None, None));
    }
}
