//! Who may see and do what with projects, teams and tasks: permissions, the roles that hold them, and the rows they
//! reach.

mod guarded;
pub mod people;
pub mod registers;
mod template;
pub mod time;
mod work;

use kernel::{
    catalogue::{
        Rule,
        SystemRole::{
            Accountant, Client, ClientAdmin, ProjectManager, Sales, TeamMember, Viewer as ViewerRole,
        },
    },
    id::{ProjectId, ProjectMemberId, TaskColumnId, TaskId, TenantId, TypedId},
    policy::{Anchors, Guarded, Near, ids_within, nothing},
    viewer::{
        Permission,
        Reach::{Account, Assigned, Tenant},
        Viewer,
    },
};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    column::entity as column,
    member::entity as member,
    project::entity as project,
    task::{assignee, entity as task},
};

/// Read projects.
pub const PROJECTS_READ: Permission = Permission::new("projects.project.read", "See projects.");
/// Create projects.
pub const PROJECTS_CREATE: Permission = Permission::new("projects.project.create", "Create projects.");
/// Change projects.
pub const PROJECTS_WRITE: Permission =
    Permission::new("projects.project.write", "Change the description, dates and manager of projects.");
/// Move projects through their states.
pub const PROJECTS_TRANSITION: Permission =
    Permission::new("projects.project.transition", "Move projects from one state to the next.");
/// Archive projects.
pub const PROJECTS_ARCHIVE: Permission =
    Permission::new("projects.project.archive", "Archive projects and bring them back.");
/// Purge projects.
pub const PROJECTS_PURGE: Permission =
    Permission::new("projects.project.purge", "Remove projects for good, 30 days after they were archived.");
/// Read budgets.
pub const BUDGETS_READ: Permission = Permission::new("projects.budget.read", "See the budgets of projects.");
/// Set budgets.
pub const BUDGETS_WRITE: Permission =
    Permission::new("projects.budget.write", "Set the budgets of projects.");
/// Read teams.
pub const TEAM_READ: Permission = Permission::new("projects.team.read", "See who works on projects.");
/// Change teams.
pub const TEAM_WRITE: Permission =
    Permission::new("projects.team.write", "Put people on projects and take them off.");
/// Read and set rates.
pub const RATES_READ: Permission =
    Permission::new("projects.rate.read", "See what the hours of people on projects are billed at.");
/// Read tasks.
pub const TASKS_READ: Permission = Permission::new("projects.task.read", "See tasks and boards.");
/// Read what of tasks is for the team alone.
pub const INTERNAL_READ: Permission = Permission::new(
    "projects.internal.read",
    "See what of tasks is for the team alone: how long they take and why they cannot go on.",
);
/// Create tasks.
pub const TASKS_CREATE: Permission = Permission::new("projects.task.create", "Create tasks.");
/// Change tasks.
pub const TASKS_WRITE: Permission =
    Permission::new("projects.task.write", "Change, move and archive tasks, and arrange boards.");

/// Read milestones.
pub const MILESTONES_READ: Permission = Permission::new("projects.milestone.read", "See milestones.");
/// Change milestones.
pub const MILESTONES_WRITE: Permission = Permission::new(
    "projects.milestone.write",
    "Plan milestones, report on them and ask the client to approve them.",
);
/// Approve milestones.
pub const MILESTONES_APPROVE: Permission = Permission::new(
    "projects.milestone.approve",
    "Approve or reject milestones for the client that a project is for.",
);
/// Comment on tasks.
pub const COMMENTS_WRITE: Permission = Permission::new("projects.comment.write", "Comment on tasks.");
/// Define own fields.
pub const FIELDS_WRITE: Permission =
    Permission::new("projects.field.write", "Define what the agency wants to know of each project.");
/// Weigh how well projects go.
pub const HEALTH_MANAGE: Permission =
    Permission::new("projects.health.manage", "Weigh the parts of how well projects go.");

/// See how the work of people turns out.
pub const PERFORMANCE_READ: Permission = Permission::new(
    "projects.performance.read",
    "See how the work of people turns out: how true their estimates are, how much they finish and whether in time.",
);

/// Read templates.
pub const TEMPLATES_READ: Permission =
    Permission::new("projects.template.read", "See templates of projects.");
/// Change templates.
pub const TEMPLATES_WRITE: Permission =
    Permission::new("projects.template.write", "Make, change and put away templates of projects.");

/// The permissions of projects with the system roles that hold them.
pub const PERMISSIONS: &[Rule] = &[
    Rule::new(
        PROJECTS_READ,
        &[
            (ProjectManager, Assigned),
            (TeamMember, Assigned),
            (Accountant, Tenant),
            (Sales, Assigned),
            (Client, Account),
            (ClientAdmin, Account),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(PROJECTS_CREATE, &[(ProjectManager, Assigned), (Sales, Assigned)]),
    Rule::new(PROJECTS_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(PROJECTS_TRANSITION, &[(ProjectManager, Assigned)]),
    Rule::new(PROJECTS_ARCHIVE, &[]),
    Rule::owner_only(PROJECTS_PURGE),
    Rule::new(BUDGETS_READ, &[(ProjectManager, Assigned), (Accountant, Tenant)]),
    Rule::new(BUDGETS_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(
        TEAM_READ,
        &[
            (ProjectManager, Assigned),
            (TeamMember, Assigned),
            (Accountant, Tenant),
            (Sales, Assigned),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(TEAM_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(RATES_READ, &[(ProjectManager, Assigned), (Accountant, Tenant)]),
    Rule::new(
        TASKS_READ,
        &[
            (ProjectManager, Assigned),
            (TeamMember, Assigned),
            (Accountant, Tenant),
            (Sales, Assigned),
            (Client, Account),
            (ClientAdmin, Account),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(
        INTERNAL_READ,
        &[
            (ProjectManager, Assigned),
            (TeamMember, Assigned),
            (Accountant, Tenant),
            (Sales, Assigned),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(TASKS_CREATE, &[(ProjectManager, Assigned), (TeamMember, Assigned)]),
    Rule::new(TASKS_WRITE, &[(ProjectManager, Assigned), (TeamMember, Assigned)]),
    Rule::new(
        MILESTONES_READ,
        &[
            (ProjectManager, Assigned),
            (TeamMember, Assigned),
            (Accountant, Tenant),
            (Sales, Assigned),
            (Client, Account),
            (ClientAdmin, Account),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(MILESTONES_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(MILESTONES_APPROVE, &[(Client, Account), (ClientAdmin, Account)]),
    Rule::new(
        COMMENTS_WRITE,
        &[
            (ProjectManager, Assigned),
            (TeamMember, Assigned),
            (Sales, Assigned),
            (Client, Account),
            (ClientAdmin, Account),
        ],
    ),
    Rule::new(FIELDS_WRITE, &[]),
    Rule::new(HEALTH_MANAGE, &[]),
    Rule::new(PERFORMANCE_READ, &[(ProjectManager, Assigned)]),
    Rule::new(
        TEMPLATES_READ,
        &[
            (ProjectManager, Tenant),
            (TeamMember, Tenant),
            (Accountant, Tenant),
            (Sales, Tenant),
            (ViewerRole, Tenant),
        ],
    ),
    Rule::new(TEMPLATES_WRITE, &[(ProjectManager, Tenant)]),
];

fn value<C: ColumnTrait>(column: C) -> Expr {
    Expr::col(column.as_column_ref())
}

/// Rows that are as near to the viewer as the project they hang on.
fn as_project<C: ColumnTrait>(column: C, viewer: &Viewer, near: Near<'_>) -> Condition {
    nothing().add(value(column).in_subquery(ids_within::<project::Entity>(viewer, near)))
}

impl Guarded for project::Entity {
    type Id = ProjectId;

    const READ: Permission = PROJECTS_READ;

    fn id_column() -> project::Column {
        project::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(project::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let anchors = Anchors {
            // Reason: not who made it: they are its manager or on its team from the beginning, and whoever takes them
            // off takes them off for good.
            own: vec![value(project::Column::ManagerId)],
            project: Some(value(project::Column::Id)),
            account: Some(value(project::Column::AccountId)),
        };
        anchors.within(viewer, near)
    }
}

impl Guarded for member::Entity {
    type Id = ProjectMemberId;

    const READ: Permission = TEAM_READ;

    fn id_column() -> member::Column {
        member::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(member::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let mut any = as_project(member::Column::ProjectId, viewer, near);
        if let (Near::Own, Some(user)) = (near, viewer.user_id()) {
            any = any.add(member::Column::UserId.eq(user.uuid()));
        }
        any
    }
}

impl Guarded for column::Entity {
    type Id = TaskColumnId;

    const READ: Permission = TASKS_READ;

    fn id_column() -> column::Column {
        column::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(column::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let mut any = as_project(column::Column::ProjectId, viewer, near);
        // Reason: whoever has a task of a project they are not on sees what its columns mean.
        if let (Near::Own, Some(_)) = (near, viewer.user_id()) {
            any = any.add(value(column::Column::ProjectId).in_subquery(task::projects_of_own(viewer)));
        }
        any
    }
}

impl Guarded for task::Entity {
    type Id = TaskId;

    const READ: Permission = TASKS_READ;

    fn id_column() -> task::Column {
        task::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(task::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let mut any = as_project(task::Column::ProjectId, viewer, near);
        if let (Near::Own, Some(user)) = (near, viewer.user_id()) {
            any = any.add(task::Column::ReporterId.eq(user.uuid()));
            any =
                any.add(value(task::Column::Id).in_subquery(assignee::tasks_of(viewer.tenant_id(), &[user])));
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use kernel::{catalogue::SystemRole, viewer::Reach};

    use super::*;

    fn reach(permission: Permission, role: SystemRole) -> Option<Reach> {
        PERMISSIONS.iter().find(|rule| rule.permission == permission).and_then(|rule| rule.reach_of(role))
    }

    fn holders(permission: Permission) -> Vec<SystemRole> {
        SystemRole::ALL.into_iter().filter(|role| reach(permission, *role).is_some()).collect()
    }

    #[test]
    fn money_is_for_owner_admin_manager_and_accountant() {
        use SystemRole::{Admin, Owner};
        assert_eq!(holders(BUDGETS_READ), [Owner, Admin, ProjectManager, Accountant]);
        assert_eq!(holders(RATES_READ), [Owner, Admin, ProjectManager, Accountant]);
    }

    #[test]
    fn project_is_archived_by_owner_or_admin_and_purged_by_owner() {
        use SystemRole::{Admin, Owner};
        assert_eq!(holders(PROJECTS_ARCHIVE), [Owner, Admin]);
        assert_eq!(holders(PROJECTS_PURGE), [Owner]);
    }

    #[test]
    fn staff_who_read_tasks_read_what_the_team_says_in_them() {
        for role in SystemRole::ALL.into_iter().filter(|role| !role.is_for_clients()) {
            assert_eq!(reach(INTERNAL_READ, role), reach(TASKS_READ, role), "{role:?}");
        }
    }

    #[test]
    fn clients_read_work_of_their_account_comment_on_it_and_approve_it_and_nothing_else() {
        let theirs = [PROJECTS_READ, TASKS_READ, MILESTONES_READ, MILESTONES_APPROVE, COMMENTS_WRITE];
        for rule in PERMISSIONS {
            let expected = theirs.contains(&rule.permission).then_some(Account);
            assert_eq!(rule.reach_of(Client), expected, "{}", rule.permission);
            assert_eq!(rule.reach_of(ClientAdmin), expected, "{}", rule.permission);
        }
    }
}
