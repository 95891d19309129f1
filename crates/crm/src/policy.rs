//! Who may see and do what with accounts and contacts: permissions, the roles that hold them, and the rows they reach.

use kernel::{
    assignment,
    catalogue::{Rule, SystemRole},
    id::{AccountId, ContactId, TenantId, TypedId},
    policy::{Guarded, Near, ids_within, nothing, within_accounts},
    viewer::{Permission, Reach, Viewer},
};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait},
};

use crate::{account::entity as account, contact::entity as contact};

/// Read accounts.
pub const ACCOUNTS_READ: Permission = Permission::new("crm.account.read", "See client companies.");
/// Create and change accounts.
pub const ACCOUNTS_WRITE: Permission =
    Permission::new("crm.account.write", "Create and change client companies.");
/// Archive accounts.
pub const ACCOUNTS_ARCHIVE: Permission =
    Permission::new("crm.account.archive", "Archive client companies and bring them back.");
/// Read contacts.
pub const CONTACTS_READ: Permission =
    Permission::new("crm.contact.read", "See the people at client companies.");
/// Create and change contacts.
pub const CONTACTS_WRITE: Permission =
    Permission::new("crm.contact.write", "Create and change the people at client companies.");
/// Read contacts' addresses, numbers and job titles.
pub const CONTACTS_PERSONAL: Permission = Permission::new(
    "crm.contact.personal",
    "See e-mail addresses, phone numbers and job titles of contacts.",
);

/// The permissions of crm with the system roles that hold them.
pub const PERMISSIONS: &[Rule] = &[
    Rule::new(
        ACCOUNTS_READ,
        &[
            (SystemRole::ProjectManager, Reach::Assigned),
            (SystemRole::TeamMember, Reach::Assigned),
            (SystemRole::Accountant, Reach::Tenant),
            (SystemRole::Sales, Reach::Assigned),
            (SystemRole::Client, Reach::Account),
            (SystemRole::ClientAdmin, Reach::Account),
            (SystemRole::Viewer, Reach::Tenant),
        ],
    ),
    Rule::new(
        ACCOUNTS_WRITE,
        &[(SystemRole::ProjectManager, Reach::Assigned), (SystemRole::Sales, Reach::Assigned)],
    ),
    Rule::new(ACCOUNTS_ARCHIVE, &[]),
    Rule::new(
        CONTACTS_READ,
        &[
            (SystemRole::ProjectManager, Reach::Assigned),
            (SystemRole::Accountant, Reach::Tenant),
            (SystemRole::Sales, Reach::Assigned),
            (SystemRole::Client, Reach::Account),
            (SystemRole::ClientAdmin, Reach::Account),
            (SystemRole::Viewer, Reach::Tenant),
        ],
    ),
    Rule::new(
        CONTACTS_WRITE,
        &[(SystemRole::ProjectManager, Reach::Assigned), (SystemRole::Sales, Reach::Assigned)],
    ),
    Rule::new(
        CONTACTS_PERSONAL,
        &[
            (SystemRole::ProjectManager, Reach::Assigned),
            (SystemRole::Accountant, Reach::Tenant),
            (SystemRole::Sales, Reach::Assigned),
            (SystemRole::Client, Reach::Account),
            (SystemRole::ClientAdmin, Reach::Account),
        ],
    ),
];

fn of_account<C: ColumnTrait>(column: C) -> Expr {
    Expr::col(column.as_column_ref())
}

impl Guarded for account::Entity {
    type Id = AccountId;

    const READ: Permission = ACCOUNTS_READ;

    fn id_column() -> account::Column {
        account::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(account::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let id = of_account(account::Column::Id);
        match near {
            Near::Own => match viewer.user_id() {
                Some(user) => nothing()
                    .add(account::Column::OwnerId.eq(user.uuid()))
                    .add(account::Column::CreatedBy.eq(user.uuid())),
                None => nothing(),
            },
            // Reason: whoever works on a project works for its account.
            Near::Assigned => nothing().add(id.in_subquery(assignment::touched_accounts_of(viewer))),
            Near::AssignedAs(roles) => {
                nothing().add(id.in_subquery(assignment::accounts_of(viewer, Some(roles))))
            }
            Near::Account => nothing().add(within_accounts(viewer, id)),
        }
    }
}

impl Guarded for contact::Entity {
    type Id = ContactId;

    const READ: Permission = CONTACTS_READ;

    fn id_column() -> contact::Column {
        contact::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(contact::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let account = of_account(contact::Column::AccountId);
        let mut any = nothing().add(account.in_subquery(ids_within::<account::Entity>(viewer, near)));
        if let (Near::Own, Some(user)) = (near, viewer.user_id()) {
            any = any
                .add(contact::Column::UserId.eq(user.uuid()))
                .add(contact::Column::CreatedBy.eq(user.uuid()));
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(permission: Permission, role: SystemRole) -> Option<Reach> {
        PERMISSIONS.iter().find(|rule| rule.permission == permission).and_then(|rule| rule.reach_of(role))
    }

    #[test]
    fn viewer_reads_contacts_without_their_addresses() {
        assert_eq!(reach(CONTACTS_READ, SystemRole::Viewer), Some(Reach::Tenant));
        assert_eq!(reach(CONTACTS_PERSONAL, SystemRole::Viewer), None);
    }

    #[test]
    fn clients_stay_within_their_account_and_change_nothing() {
        for role in SystemRole::ALL.into_iter().filter(|role| role.is_for_clients()) {
            for rule in PERMISSIONS {
                let changes = [ACCOUNTS_WRITE, ACCOUNTS_ARCHIVE, CONTACTS_WRITE].contains(&rule.permission);
                let expected = (!changes).then_some(Reach::Account);
                assert_eq!(rule.reach_of(role), expected, "{} {role:?}", rule.permission);
            }
        }
    }

    #[test]
    fn only_owner_and_admin_archive_accounts() {
        let holders: Vec<_> =
            SystemRole::ALL.into_iter().filter(|role| reach(ACCOUNTS_ARCHIVE, *role).is_some()).collect();
        assert_eq!(holders, [SystemRole::Owner, SystemRole::Admin]);
    }
}
