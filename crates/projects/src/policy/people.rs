//! Who may see and do what with people as those who work: calendars, profiles, leave, allocations. Clients never see any
//! of it, whatever a role of their own may say.

use kernel::{
    catalogue::{
        Rule,
        SystemRole::{Accountant, Editor, ProjectManager, Sales, TeamMember, Viewer as ViewerRole},
    },
    id::{AllocationId, LeaveId, ResourceProfileId, SkillId, TypedId, UserId, WorkCalendarId},
    policy::{Near, nothing},
    viewer::{
        Permission,
        Reach::{Assigned, Own, Tenant},
        Viewer,
    },
};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::{as_project, guarded::guarded, work::staff_only};
use crate::{
    calendar::entity as calendar,
    people::{
        allocation::entity as allocation, leave::entity as leave, profile::entity as profile,
        skill::entity as skill,
    },
    words::LeaveStatus,
};

/// Read calendars and profiles.
pub const PEOPLE_READ: Permission = Permission::new(
    "projects.people.read",
    "See working calendars, what people can do, and when they are away.",
);
/// Change calendars and profiles.
pub const PEOPLE_WRITE: Permission = Permission::new(
    "projects.people.write",
    "Change working calendars, skills and profiles; for oneself: what one can do and where one works.",
);
/// Read what is personal in profiles.
pub const PEOPLE_PERSONAL: Permission = Permission::new(
    "projects.people.personal",
    "See what others do, where they work, which certifications they have and why single days of theirs differ.",
);
/// Ask for leave.
pub const LEAVE_WRITE: Permission =
    Permission::new("projects.leave.write", "Ask for leave and take it back; for oneself, or for others.");
/// Decide about leave.
pub const LEAVE_DECIDE: Permission =
    Permission::new("projects.leave.decide", "See why others are away, and approve or reject their leave.");
/// Decide about one's own leave.
pub const LEAVE_DECIDE_OWN: Permission =
    Permission::new("projects.leave.decide_own", "Approve or reject one's own leave.");
/// Read allocations.
pub const ALLOCATIONS_READ: Permission =
    Permission::new("projects.allocation.read", "See who is planned for which project, and how much.");
/// Change allocations.
pub const ALLOCATIONS_WRITE: Permission =
    Permission::new("projects.allocation.write", "Plan people for projects.");
/// Change how the agency plans.
pub const PLAN_SETTINGS: Permission =
    Permission::new("projects.plan.settings", "Arrange how the agency plans.");

/// The permissions of people with the system roles that hold them.
pub const PERMISSIONS: &[Rule] = &[
    Rule::new(
        PEOPLE_READ,
        &[
            (ProjectManager, Tenant),
            (TeamMember, Tenant),
            (Accountant, Tenant),
            (Sales, Tenant),
            (Editor, Tenant),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(
        PEOPLE_WRITE,
        &[(ProjectManager, Tenant), (TeamMember, Own), (Accountant, Own), (Sales, Own), (Editor, Own)],
    ),
    Rule::new(
        PEOPLE_PERSONAL,
        &[
            (ProjectManager, Tenant),
            (TeamMember, Tenant),
            (Accountant, Tenant),
            (Sales, Tenant),
            (Editor, Tenant),
        ],
    ),
    Rule::new(
        LEAVE_WRITE,
        &[(ProjectManager, Own), (TeamMember, Own), (Accountant, Own), (Sales, Own), (Editor, Own)],
    ),
    Rule::new(LEAVE_DECIDE, &[(ProjectManager, Tenant)]),
    Rule::owner_only(LEAVE_DECIDE_OWN),
    Rule::new(
        ALLOCATIONS_READ,
        &[
            (ProjectManager, Tenant),
            (TeamMember, Assigned),
            (Accountant, Tenant),
            (Sales, Assigned),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(ALLOCATIONS_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(PLAN_SETTINGS, &[]),
];

/// Whether the viewer is staff and holds `permission` for this person: for everybody, or for themselves.
#[must_use]
pub fn may_of(viewer: &Viewer, permission: Permission, person: UserId) -> bool {
    let own = viewer.user_id() == Some(person);
    !viewer.is_client() && viewer.holds(permission) && (own || viewer.reaches(permission, Tenant))
}

/// Whether the viewer sees what is personal in the profile of this person: in their own, and in all that they may see
/// so or change.
#[must_use]
pub fn sees_personal(viewer: &Viewer, person: UserId) -> bool {
    let own = viewer.user_id() == Some(person);
    // Reason: who replaces certifications without seeing them would remove them.
    own || [PEOPLE_PERSONAL, PEOPLE_WRITE].iter().any(|permission| may_of(viewer, *permission, person))
}

/// Rows that are as near to one member of staff as to another.
fn for_staff(viewer: &Viewer) -> Condition {
    if viewer.is_client() { nothing() } else { Condition::all() }
}

/// Rows of the viewer.
fn own(column: impl ColumnTrait, viewer: &Viewer, near: Near<'_>) -> Condition {
    match (near, viewer.user_id()) {
        (Near::Own, Some(user)) => nothing().add(column.eq(user.uuid())),
        _ => nothing(),
    }
}

guarded!(calendar, WorkCalendarId, PEOPLE_READ, |viewer, _near| for_staff(viewer), |viewer, select| {
    staff_only(select, viewer)
});

guarded!(skill, SkillId, PEOPLE_READ, |viewer, _near| for_staff(viewer), |viewer, select| {
    staff_only(select, viewer)
});

guarded!(
    profile,
    ResourceProfileId,
    PEOPLE_READ,
    |viewer, near| own(profile::Column::UserId, viewer, near),
    |viewer, select| staff_only(select, viewer)
);

guarded!(
    leave,
    LeaveId,
    PEOPLE_READ,
    |viewer, near| own(leave::Column::UserId, viewer, near),
    |viewer, select| {
        let select = staff_only(select, viewer);
        // Reason: what is asked for and not granted is between a person and those who decide.
        if viewer.reaches(LEAVE_DECIDE, Tenant) {
            return select;
        }
        let approved = leave::Column::Status.eq(LeaveStatus::Approved.as_str());
        select.filter(own(leave::Column::UserId, viewer, Near::Own).add(approved))
    }
);

guarded!(
    allocation,
    AllocationId,
    ALLOCATIONS_READ,
    |viewer, near| {
        let projects = as_project(allocation::Column::ProjectId, viewer, near);
        projects.add(own(allocation::Column::UserId, viewer, near))
    },
    |viewer, select| staff_only(select, viewer)
);

#[cfg(test)]
mod tests {
    use kernel::catalogue::SystemRole;

    use super::*;

    #[test]
    fn clients_hold_nothing_and_viewers_only_read() {
        let of = |role: SystemRole| {
            let held = PERMISSIONS.iter().filter(move |rule| rule.reach_of(role).is_some());
            held.map(|rule| rule.permission).collect::<Vec<_>>()
        };
        assert_eq!(of(SystemRole::Client), []);
        assert_eq!(of(SystemRole::ClientAdmin), []);
        assert_eq!(of(ViewerRole), [PEOPLE_READ, ALLOCATIONS_READ]);
    }
}
