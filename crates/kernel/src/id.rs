//! Ids: every kind of thing has its own id type, written as a TypeID (`prj_01h455vb4pex5vsknk084sn02q`).
//! The text form follows the TypeID specification 0.3 (<https://github.com/jetify-com/typeid>).

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::str::FromStr;

use uuid::Uuid;

pub use generator::IdGen;

mod codec;
mod generator;
mod graphql;

/// An id of one kind of thing: a UUIDv7 in the database, a TypeID in text.
pub trait TypedId:
    Copy + Eq + Ord + Hash + Debug + Display + FromStr<Err = IdError> + Send + Sync + 'static
{
    /// The prefix of the text form, without the underscore.
    const PREFIX: &'static str;
    /// The name of the GraphQL type the id points at.
    const TYPE: &'static str;

    /// Wraps a UUID that is known to be of this kind, such as one read from the database.
    fn from_uuid(uuid: Uuid) -> Self;

    /// The UUID inside.
    fn uuid(&self) -> Uuid;
}

/// Why a text is not the id it was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdError {
    /// The text is no TypeID at all; `expected` is the kind that was asked for, if it was one.
    Malformed {
        /// The kind asked for; `None` when any kind would do.
        expected: Option<(&'static str, &'static str)>,
    },
    /// A well-formed id of another kind.
    WrongKind(WrongKind),
}

/// A well-formed id, but of another kind than the one asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongKind {
    /// Type name and prefix of the kind asked for; `None` when any known kind would do.
    pub expected: Option<(&'static str, &'static str)>,
    /// The kind the id is of; `None` when no kind has its prefix.
    pub got: Option<IdKind>,
}

impl Display for IdError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed { expected: Some((name, prefix)) } => {
                write!(f, "this is not an id of a {name}: `{prefix}_` and 26 characters are expected")
            }
            Self::Malformed { expected: None } => {
                f.write_str("this is not an id: a prefix, `_` and 26 characters are expected")
            }
            Self::WrongKind(wrong) => Display::fmt(wrong, f),
        }
    }
}

impl Display for WrongKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.expected {
            Some((name, prefix)) => write!(f, "expected an id of a {name} (`{prefix}_…`), got ")?,
            None => f.write_str("expected an id of a known kind, got ")?,
        }
        match self.got {
            Some(kind) => write!(f, "one of a {} (`{}_…`)", kind.type_name(), kind.prefix()),
            None => f.write_str("one of an unknown kind"),
        }
    }
}

impl std::error::Error for IdError {}
impl std::error::Error for WrongKind {}

/// Parses the text form of one kind of id.
fn parse<T: TypedId>(text: &str) -> Result<T, IdError> {
    let expected = Some((T::TYPE, T::PREFIX));
    let (prefix, uuid) = codec::decode(text).ok_or(IdError::Malformed { expected })?;
    if prefix == T::PREFIX {
        Ok(T::from_uuid(uuid))
    } else {
        let got = IdKind::from_prefix(prefix);
        Err(IdError::WrongKind(WrongKind { expected, got }))
    }
}

/// Defines one id type: newtype, text form, serde, database value and GraphQL `ID`.
macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $type:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
        pub struct $name(Uuid);

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
            const TYPE: &'static str = $type;

            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&codec::encode($prefix, self.0))
            }
        }

        impl Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        /// Ids are never counted by the database.
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl From<$name> for AnyId {
            fn from(id: $name) -> Self {
                Self { kind: IdKind::$name, uuid: id.0 }
            }
        }

        graphql::id_scalar!($name);
    };
}

/// Defines all id types, and the enum of their kinds.
macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal, $type:literal;)+) => {
        $(typed_id!($(#[$doc])* $name, $prefix, $type);)+

        /// A kind of id, named by its id type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum IdKind {
            $($(#[$doc])* $name,)+
        }

        impl IdKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The prefix of the kind's text form, without the underscore.
            #[must_use]
            pub fn prefix(self) -> &'static str {
                match self { $(Self::$name => $prefix,)+ }
            }

            /// The name of the GraphQL type the kind points at.
            #[must_use]
            pub fn type_name(self) -> &'static str {
                match self { $(Self::$name => $type,)+ }
            }

            /// The kind with a prefix, if there is one.
            #[must_use]
            pub fn from_prefix(prefix: &str) -> Option<Self> {
                match prefix { $($prefix => Some(Self::$name),)+ _ => None }
            }

            /// The kind that points at a GraphQL type, if there is one.
            #[must_use]
            pub fn from_type_name(name: &str) -> Option<Self> {
                match name { $($type => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

typed_ids! {
    /// Id of a tenant (an agency).
    TenantId, "ten", "Tenant";
    /// Id of a person who can sign in.
    UserId, "usr", "User";
    /// Id of a user's membership in a tenant.
    MembershipId, "mem", "Membership";
    /// Id of a role.
    RoleId, "rol", "Role";
    /// Id of a signed-in session.
    SessionId, "ses", "Session";
    /// Id of an invitation.
    InvitationId, "ivt", "Invitation";
    /// Id of an API key.
    ApiKeyId, "key", "ApiKey";
    /// Id of a domain name of a tenant.
    DomainId, "dom", "TenantDomain";
    /// Id of a client account.
    AccountId, "acc", "Account";
    /// Id of a contact at an account.
    ContactId, "con", "Contact";
    /// Id of a project.
    ProjectId, "prj", "Project";
    /// Id of a person's place in a project.
    ProjectMemberId, "pmb", "ProjectMember";
    /// Id of a column of a task board.
    TaskColumnId, "col", "TaskColumn";
    /// Id of a task.
    TaskId, "tsk", "Task";
    /// Id of a piece of time somebody worked.
    TimeEntryId, "tme", "TimeEntry";
    /// Id of a week of somebody's time.
    TimesheetId, "tsh", "Timesheet";
    /// Id of a running timer.
    TimerId, "tmr", "Timer";
    /// Id of a kind of work that time is spent on.
    ActivityTypeId, "act", "ActivityType";
    /// Id of what an hour is billed at.
    BillRateId, "brt", "BillRate";
    /// Id of what an hour costs.
    CostRateId, "crt", "CostRate";
    /// Id of what was claimed of approved time for billing.
    TimeClaimId, "tcl", "TimeClaim";
    /// Id of what was claimed of applied changes for billing.
    ChangeClaimId, "ccm", "ChangeClaim";
    /// Id of a milestone of a project.
    MilestoneId, "mls", "Milestone";
    /// Id of a dependency between two pieces of work.
    DependencyId, "dep", "Dependency";
    /// Id of a label of tasks.
    TaskLabelId, "lbl", "TaskLabel";
    /// Id of a comment on a task.
    TaskCommentId, "cmt", "TaskComment";
    /// Id of a field that a tenant gave its projects.
    ProjectFieldId, "pfd", "ProjectField";
    /// Id of a template of projects.
    ProjectTemplateId, "tpl", "ProjectTemplate";
    /// Id of an import of tasks.
    TaskImportId, "imp", "TaskImport";
    /// Id of a saved view of a list.
    SavedViewId, "vew", "SavedView";
    /// Id of a risk of a project.
    RiskId, "rsk", "Risk";
    /// Id of a request to change what a project delivers.
    ChangeRequestId, "chg", "ChangeRequest";
    /// Id of what is billed for a change that was applied.
    ChangeLineId, "chl", "ChangeLine";
    /// Id of a decision that was taken in a project.
    DecisionId, "dcn", "Decision";
    /// Id of a weekly report on a project.
    StatusReportId, "srp", "StatusReport";
    /// Id of a question to a client how satisfied they are.
    FeedbackRequestId, "fbk", "FeedbackRequest";
    /// Id of a working calendar.
    WorkCalendarId, "cal", "WorkCalendar";
    /// Id of what is known of a member of staff as one who works.
    ResourceProfileId, "rpf", "ResourceProfile";
    /// Id of something that people can do.
    SkillId, "skl", "Skill";
    /// Id of a certification of a person.
    CertificationId, "crf", "Certification";
    /// Id of somebody's leave.
    LeaveId, "lve", "Leave";
    /// Id of a person's or a role's share in a project.
    AllocationId, "alc", "Allocation";
    /// Id of what the plan of a project said once.
    BaselineId, "bsl", "Baseline";
    /// Id of how well a project went on a day.
    HealthScoreId, "hls", "HealthScore";
    /// Id of an entry of the audit log.
    AuditEntryId, "aud", "AuditEntry";
    /// Id of a sink that entries of the audit log are forwarded to.
    AuditSinkId, "snk", "AuditSink";
    /// Id of a committed event.
    EventId, "evt", "Event";
    /// Id of an event that a consumer failed on.
    EventDeliveryId, "evd", "EventDelivery";
    /// Id of a background job.
    JobId, "job", "Job";
    /// Id of a legal hold.
    LegalHoldId, "hld", "LegalHold";
    /// Id of an archive of the audit trail.
    AuditArchiveId, "arc", "AuditArchive";
    /// Id of an assignment of a role or a person.
    AssignmentId, "asg", "Assignment";
    /// Id of a request about somebody's personal data.
    PrivacyRequestId, "pry", "PrivacyRequest";
}

/// An id of any kind, such as the argument of `node(id:)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyId {
    /// The kind its prefix names.
    pub kind: IdKind,
    /// The UUID inside.
    pub uuid: Uuid,
}

impl AnyId {
    /// The id as one of a certain kind.
    ///
    /// # Errors
    /// [`WrongKind`] when the id is of another kind.
    pub fn as_typed<T: TypedId>(&self) -> Result<T, WrongKind> {
        if self.kind.prefix() == T::PREFIX {
            Ok(T::from_uuid(self.uuid))
        } else {
            Err(WrongKind { expected: Some((T::TYPE, T::PREFIX)), got: Some(self.kind) })
        }
    }
}

impl Display for AnyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&codec::encode(self.kind.prefix(), self.uuid))
    }
}

impl Debug for AnyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Display::fmt(self, f)
    }
}

impl FromStr for AnyId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (prefix, uuid) = codec::decode(text).ok_or(IdError::Malformed { expected: None })?;
        let kind =
            IdKind::from_prefix(prefix).ok_or(IdError::WrongKind(WrongKind { expected: None, got: None }))?;
        Ok(Self { kind, uuid })
    }
}

impl serde::Serialize for AnyId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for AnyId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

graphql::id_scalar!(AnyId);

#[cfg(test)]
mod tests;
