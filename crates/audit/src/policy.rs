//! Who may read the audit trail.

use kernel::{
    catalogue::{Rule, SystemRole},
    viewer::{Permission, Reach},
};

pub use kernel::act::audit_entry::ENTRIES_READ;

/// Reading personal data inside audit entries.
pub const PERSONAL_READ: Permission =
    Permission::new("audit.personal_data.read", "See personal data inside audit entries");

/// Permissions of this domain. Everybody may see what they did themselves.
pub const PERMISSIONS: &[Rule] = &[
    Rule::new(
        ENTRIES_READ,
        &[
            (SystemRole::ProjectManager, Reach::Own),
            (SystemRole::TeamMember, Reach::Own),
            (SystemRole::Accountant, Reach::Own),
            (SystemRole::Sales, Reach::Own),
            (SystemRole::Editor, Reach::Own),
        ],
    ),
    Rule::new(PERSONAL_READ, &[]),
];
