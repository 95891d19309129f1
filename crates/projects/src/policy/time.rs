//! Who may see and do what with time: hours are seen by who worked them and by who answers for the project, never by
//! clients; rates and costs by fewer still.

use kernel::{
    catalogue::{
        Rule,
        SystemRole::{Accountant, ProjectManager, TeamMember},
    },
    id::{ActivityTypeId, BillRateId, CostRateId, TimeEntryId, TimerId, TimesheetId, TypedId},
    policy::{Near, ids_within, nothing},
    viewer::{
        Permission,
        Reach::{Assigned, Own, Tenant},
        Viewer,
    },
};
use sea_orm::{
    ColumnTrait, Condition, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use super::{RATES_READ, guarded::guarded, value};
use crate::{
    project::entity as project,
    time::{
        activity_type::entity as activity_type,
        entry::entity as entry,
        rate::{bill, cost},
        sheet::entity as sheet,
        timer::entity as timer,
    },
};

/// Read time.
pub const TIME_READ: Permission = Permission::new(
    "projects.time.read",
    "See the hours that people worked, their weeks and running timers.",
);
/// Log time.
pub const TIME_LOG: Permission =
    Permission::new("projects.time.log", "Run timers and write down one's own hours.");
/// Approve time.
pub const TIME_APPROVE: Permission =
    Permission::new("projects.time.approve", "Approve the hours of others or send them back.");
/// Arrange how time is kept.
pub const TIME_MANAGE: Permission = Permission::new(
    "projects.time.manage",
    "Arrange how time is kept: kinds of work, rounding, locked days; open approved weeks again.",
);
/// Set billing rates.
pub const RATES_WRITE: Permission = Permission::new("projects.rate.write", "Set what hours are billed at.");
/// Read costs.
pub const COSTS_READ: Permission = Permission::new("projects.cost.read", "See what hours cost the agency.");
/// Set costs.
pub const COSTS_WRITE: Permission = Permission::new("projects.cost.write", "Set what hours cost the agency.");

/// The permissions of time with the system roles that hold them.
pub const PERMISSIONS: &[Rule] = &[
    Rule::new(TIME_READ, &[(ProjectManager, Assigned), (TeamMember, Own), (Accountant, Tenant)]),
    Rule::new(TIME_LOG, &[(ProjectManager, Assigned), (TeamMember, Assigned)]),
    Rule::new(TIME_APPROVE, &[(ProjectManager, Assigned)]),
    Rule::new(TIME_MANAGE, &[]),
    Rule::new(RATES_WRITE, &[(ProjectManager, Assigned), (Accountant, Tenant)]),
    Rule::new(COSTS_READ, &[(Accountant, Tenant)]),
    Rule::new(COSTS_WRITE, &[(Accountant, Tenant)]),
];

/// Rows of the viewer, or of projects that are near to them. Hours are staff's business alone, whatever role a client
/// is given.
fn worked(owner: impl ColumnTrait, project: Condition, viewer: &Viewer, near: Near<'_>) -> Condition {
    if viewer.is_client() {
        return nothing();
    }
    match (near, viewer.user_id()) {
        // Reason: near by being one's own work, not by being made or managed by oneself.
        (Near::Own, Some(user)) => nothing().add(owner.eq(user.uuid())),
        (Near::Own, None) => nothing(),
        _ => project,
    }
}

/// Rows of a project that is near to the viewer; a manager's own projects are.
fn of_projects<C: ColumnTrait>(column: C, viewer: &Viewer, near: Near<'_>) -> Condition {
    nothing().add(value(column).in_subquery(ids_within::<project::Entity>(viewer, near)))
}

guarded!(entry, TimeEntryId, TIME_READ, |viewer, near| {
    let projects = of_projects(entry::Column::ProjectId, viewer, near);
    worked(entry::Column::UserId, projects, viewer, near)
});

guarded!(timer, TimerId, TIME_READ, |viewer, near| {
    let projects = of_projects(timer::Column::ProjectId, viewer, near);
    worked(timer::Column::UserId, projects, viewer, near)
});

guarded!(sheet, TimesheetId, TIME_READ, |viewer, near| {
    let near_entries = entry::Entity::of_tenant(viewer.tenant_id()).filter(of_projects(
        entry::Column::ProjectId,
        viewer,
        near,
    ));
    let weeks = near_entries.select_only().column(entry::Column::TimesheetId).into_query();
    let weeks = nothing().add(value(sheet::Column::Id).in_subquery(weeks));
    worked(sheet::Column::UserId, weeks, viewer, near)
});

guarded!(activity_type, ActivityTypeId, TIME_READ, |viewer, _near| {
    // Reason: whoever sees any hours sees what kinds of work there are.
    if viewer.is_client() { nothing() } else { Condition::any().add(Expr::val(1).eq(1)) }
});

guarded!(bill, BillRateId, RATES_READ, |viewer, near| {
    // Reason: rates of people, clients and the agency reach beyond any project.
    of_projects(bill::Column::ProjectId, viewer, near)
});

guarded!(cost, CostRateId, COSTS_READ, |viewer, near| of_projects(cost::Column::ProjectId, viewer, near));
