//! Who may read the audit trail.

use kernel::{
    catalogue::{Rule, SystemRole},
    viewer::{Permission, Reach},
};

pub use kernel::act::audit_entry::ENTRIES_READ;
pub use kernel::act::job::JOBS_READ;
pub use kernel::act::outbox::{delivery::EVENTS_MANAGE, log::EVENTS_READ};

/// Reading personal data inside audit entries.
pub const PERSONAL_READ: Permission =
    Permission::new("audit.personal_data.read", "See personal data inside audit entries");

/// Changing the course of background jobs.
pub const JOBS_MANAGE: Permission =
    Permission::new("audit.job.manage", "Retry, cancel and discard background jobs");

/// Checking the trail, and asking for proofs.
pub const TRAIL_VERIFY: Permission =
    Permission::new("audit.trail.verify", "Check that the audit trail is as it was sealed, and get proofs");

/// Exporting the trail.
pub const TRAIL_EXPORT: Permission =
    Permission::new("audit.trail.export", "Export the audit trail, which is recorded");

/// Making a new key that signs the trail.
pub const KEY_ROTATE: Permission =
    Permission::new("audit.key.rotate", "Make a new key that signs the audit trail");

/// Seeing what was asked about people's personal data, and who saw it.
pub const PRIVACY_READ: Permission = Permission::new(
    "audit.privacy.read",
    "See requests about personal data of people, and who saw that data",
);

/// Exporting what is held of somebody. About themselves, everybody may.
pub const PRIVACY_EXPORT: Permission =
    Permission::new("audit.privacy.export", "Export everything that is held of a person");

/// Saying how long the trail is kept.
pub const RETENTION_MANAGE: Permission =
    Permission::new("audit.retention.manage", "See and change how long the audit trail is kept");

/// Placing and releasing legal holds.
pub const HOLDS_MANAGE: Permission = Permission::new(
    "audit.hold.manage",
    "See, place and release legal holds, which stop removal and erasure",
);

/// Erasing people: asking for it, agreeing to it, refusing it.
pub const PRIVACY_ERASE: Permission =
    Permission::new("audit.privacy.erase", "Ask for the erasure of a person, and agree to one");

/// Saying where entries of the trail are forwarded to.
pub const SINKS_MANAGE: Permission =
    Permission::new("audit.sink.manage", "Forward entries of the audit trail to other systems");

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
    Rule::new(TRAIL_VERIFY, &[]),
    Rule::new(TRAIL_EXPORT, &[]),
    Rule::new(KEY_ROTATE, &[]),
    Rule::new(RETENTION_MANAGE, &[]),
    Rule::new(HOLDS_MANAGE, &[]),
    Rule::new(SINKS_MANAGE, &[]),
    Rule::new(EVENTS_READ, &[(SystemRole::ClientAdmin, Reach::Account)]),
    Rule::new(EVENTS_MANAGE, &[]),
    // Reason: who starts a job sees how far it is.
    Rule::new(
        JOBS_READ,
        &[
            (SystemRole::ProjectManager, Reach::Own),
            (SystemRole::TeamMember, Reach::Own),
            (SystemRole::Accountant, Reach::Own),
            (SystemRole::Sales, Reach::Own),
            (SystemRole::Editor, Reach::Own),
            (SystemRole::Client, Reach::Own),
            (SystemRole::ClientAdmin, Reach::Own),
            (SystemRole::Viewer, Reach::Own),
        ],
    ),
    Rule::new(JOBS_MANAGE, &[]),
    Rule::new(PRIVACY_READ, &[]),
    Rule::new(PRIVACY_EXPORT, &[]),
    Rule::new(PRIVACY_ERASE, &[]),
];
