//! The permissions of identity, the system roles that hold them, and (in the files below) which rows are near to whom.

mod access;
mod people;
mod tenant;

use kernel::{
    catalogue::{
        Rule,
        SystemRole::{Accountant, Client, ClientAdmin, Editor, ProjectManager, Sales, TeamMember, Viewer},
    },
    viewer::{
        Permission,
        Reach::{Account, Assigned, Own, Tenant},
    },
};

/// Name, logo and formats of the tenant.
pub const TENANT_READ: Permission =
    Permission::new("identity.tenant.read", "See the tenant's name, logo, language, currency and calendar.");
/// Everything else of the tenant.
pub const TENANT_SETTINGS: Permission = Permission::new(
    "identity.tenant.settings",
    "See the tenant's plan, limits, domains and registration rules.",
);
/// Change the tenant.
pub const TENANT_WRITE: Permission =
    Permission::new("identity.tenant.write", "Change the tenant's settings and domains.");
/// End the tenant.
pub const TENANT_DELETE: Permission =
    Permission::new("identity.tenant.delete", "Schedule the deletion of the tenant, or cancel it.");
/// See people.
pub const USER_READ: Permission =
    Permission::new("identity.user.read", "See people: name, picture, company, status.");
/// See how to reach people.
pub const USER_CONTACT: Permission =
    Permission::new("identity.user.contact", "See the e-mail address and phone number of others.");
/// Help people who are locked out.
pub const USER_WRITE: Permission =
    Permission::new("identity.user.write", "See until when people are locked out, and unlock them.");
/// Invite people.
pub const USER_INVITE: Permission =
    Permission::new("identity.user.invite", "Invite people, see invitations and take them back.");
/// Shut people out, and let them in again.
pub const USER_DEACTIVATE: Permission =
    Permission::new("identity.user.deactivate", "Deactivate and reactivate people.");
/// Remove people.
pub const USER_DELETE: Permission =
    Permission::new("identity.user.delete", "Remove people and reassign what they own.");
/// See roles.
pub const ROLE_READ: Permission = Permission::new("identity.role.read", "See roles and what they allow.");
/// Change roles.
pub const ROLE_WRITE: Permission = Permission::new("identity.role.write", "Create, change and delete roles.");
/// Give roles.
pub const ROLE_ASSIGN: Permission =
    Permission::new("identity.role.assign", "Give people roles that one holds oneself, and take them away.");
/// See API keys.
pub const API_KEY_READ: Permission =
    Permission::new("identity.api_key.read", "See API keys, without their secret.");
/// Make API keys.
pub const API_KEY_WRITE: Permission =
    Permission::new("identity.api_key.write", "Create, change and revoke API keys.");
/// See who works on what.
pub use kernel::assignment::READ as ASSIGNMENT_READ;
/// Decide who works on what.
pub const ASSIGNMENT_WRITE: Permission = Permission::new(
    "identity.assignment.write",
    "Assign people to projects and accounts, with a role there.",
);
/// See sessions of others.
pub const SESSION_READ: Permission =
    Permission::new("identity.session.read", "See the sessions of others; the own ones everybody sees.");
/// End sessions of others.
pub const SESSION_WRITE: Permission =
    Permission::new("identity.session.write", "End the sessions of others; the own ones everybody may end.");
/// See why somebody may do something.
pub const ACCESS_EXPLAIN: Permission = Permission::new(
    "identity.access.explain",
    "See which role, reach and rule allow or deny something to others.",
);

/// Which system roles hold what, and how far.
pub const PERMISSIONS: &[Rule] = &[
    Rule::new(
        TENANT_READ,
        &[
            (ProjectManager, Tenant),
            (TeamMember, Tenant),
            (Accountant, Tenant),
            (Sales, Tenant),
            (Editor, Tenant),
            (Viewer, Tenant),
            (Client, Account),
            (ClientAdmin, Account),
        ],
    ),
    Rule::new(TENANT_SETTINGS, &[]),
    Rule::new(TENANT_WRITE, &[]),
    Rule::owner_only(TENANT_DELETE),
    Rule::new(
        USER_READ,
        &[
            (ProjectManager, Tenant),
            (TeamMember, Tenant),
            (Accountant, Tenant),
            (Sales, Tenant),
            (Editor, Tenant),
            (Viewer, Tenant),
            (Client, Account),
            (ClientAdmin, Account),
        ],
    ),
    Rule::new(
        USER_CONTACT,
        &[
            (ProjectManager, Tenant),
            (TeamMember, Assigned),
            (Accountant, Tenant),
            (Sales, Tenant),
            (Editor, Own),
            (Client, Own),
            (ClientAdmin, Account),
        ],
    ),
    Rule::new(USER_WRITE, &[]),
    Rule::new(USER_INVITE, &[(ClientAdmin, Account)]),
    Rule::new(USER_DEACTIVATE, &[(ClientAdmin, Account)]),
    Rule::new(USER_DELETE, &[]),
    Rule::new(
        ROLE_READ,
        &[
            (ProjectManager, Tenant),
            (TeamMember, Tenant),
            (Accountant, Tenant),
            (Sales, Tenant),
            (Editor, Tenant),
            (ClientAdmin, Account),
        ],
    ),
    Rule::new(ROLE_WRITE, &[]),
    Rule::new(ROLE_ASSIGN, &[]),
    Rule::new(
        API_KEY_READ,
        &[(ProjectManager, Own), (TeamMember, Own), (Accountant, Own), (Sales, Own), (Editor, Own)],
    ),
    Rule::new(
        API_KEY_WRITE,
        &[(ProjectManager, Own), (TeamMember, Own), (Accountant, Own), (Sales, Own), (Editor, Own)],
    ),
    Rule::new(ASSIGNMENT_READ, &[(ProjectManager, Assigned), (TeamMember, Assigned), (Sales, Assigned)]),
    Rule::new(ASSIGNMENT_WRITE, &[(ProjectManager, Assigned)]),
    Rule::new(SESSION_READ, &[]),
    Rule::new(SESSION_WRITE, &[]),
    Rule::new(ACCESS_EXPLAIN, &[]),
];

#[cfg(test)]
mod tests {
    use kernel::catalogue::SystemRole;

    use super::*;

    fn reach(permission: Permission, role: SystemRole) -> Option<kernel::viewer::Reach> {
        PERMISSIONS.iter().find(|rule| rule.permission == permission).and_then(|rule| rule.reach_of(role))
    }

    #[test]
    fn clients_reach_no_further_than_their_account() {
        for rule in PERMISSIONS {
            for role in [Client, ClientAdmin] {
                let far = rule.reach_of(role).is_some_and(|reach| reach > Account);
                assert!(!far, "{role:?} holds {} beyond the account", rule.permission);
            }
        }
    }

    #[test]
    fn viewer_sees_nobodys_contact_data() {
        assert_eq!(reach(USER_READ, Viewer), Some(Tenant));
        assert_eq!(reach(USER_CONTACT, Viewer), None);
    }

    #[test]
    fn only_the_owner_ends_the_tenant() {
        let holders = SystemRole::ALL.into_iter().filter(|role| reach(TENANT_DELETE, *role).is_some());
        assert_eq!(holders.collect::<Vec<_>>(), [SystemRole::Owner]);
    }

    #[test]
    fn people_are_managed_by_owner_and_admin_and_within_an_account_by_its_administrator() {
        for permission in [USER_INVITE, USER_DEACTIVATE] {
            let holders =
                SystemRole::ALL.into_iter().filter_map(|role| Some((role, reach(permission, role)?)));
            let expected = [(SystemRole::Owner, Tenant), (SystemRole::Admin, Tenant), (ClientAdmin, Account)];
            assert_eq!(holders.collect::<Vec<_>>(), expected, "{permission}");
        }
        let holders = SystemRole::ALL.into_iter().filter(|role| reach(USER_DELETE, *role).is_some());
        assert_eq!(holders.collect::<Vec<_>>(), [SystemRole::Owner, SystemRole::Admin]);
    }

    #[test]
    fn permissions_are_named_after_the_domain_and_listed_once() {
        let mut names: Vec<&str> = PERMISSIONS.iter().map(|rule| rule.permission.name).collect();
        assert!(names.iter().all(|name| name.starts_with("identity.") && name.split('.').count() == 3));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PERMISSIONS.len());
    }
}
