//! Which entries of the trail are asked for.

use async_graphql::InputObject;
use chrono::Utc;
use kernel::{
    act::{
        LATE,
        audit_entry::{Column, Entity},
    },
    error::{Fields, Result},
    id::{AccountId, AnyId, ProjectId, TypedId, UserId},
    page::{check_listed, check_search},
    scalar::DateTime,
    sql::contains,
};
use sea_orm::{
    ColumnTrait, Condition, QueryFilter, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::entry::{AuditOutcome, AuditSeverity};

/// Which entries; every given condition must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AuditFilter {
    /// Acts whose name begins with this: `projects.project`.
    pub action_prefix: Option<String>,
    /// Things of this type: `Project`.
    pub subject_type: Option<String>,
    /// What happened to this, by any id.
    pub subject: Option<AnyId>,
    /// Acts of this person, by hand or through an API key.
    pub actor: Option<UserId>,
    /// What is about something of this project.
    pub project: Option<ProjectId>,
    /// What is about something of this account.
    pub account: Option<AccountId>,
    /// Any of these severities.
    pub severity: Option<Vec<AuditSeverity>>,
    /// Any of these outcomes.
    pub outcome: Option<Vec<AuditOutcome>>,
    /// Entries with this text somewhere in the name of the act, of the thing or of the operation, however its letters are
    /// cased, or with exactly this request id; at most 200 characters. Three characters or more are found by an index.
    pub text: Option<String>,
    /// Not before.
    pub since: Option<DateTime>,
    /// Before.
    pub until: Option<DateTime>,
}

impl AuditFilter {
    /// INVALID if a list or text is too long.
    pub(crate) fn check(&self) -> Result<()> {
        let mut fields = Fields::default();
        check_listed(self.severity.as_ref(), "filter.severity", &mut fields);
        check_listed(self.outcome.as_ref(), "filter.outcome", &mut fields);
        check_search(self.text.as_deref(), "filter.text", &mut fields);
        fields.check()
    }

    pub(crate) fn apply(&self, mut select: Select<Entity>) -> Select<Entity> {
        let Self { action_prefix, subject_type, subject, actor, project, account, .. } = self;
        if let Some(prefix) = action_prefix {
            select = select.filter(begins_with(Column::Action.into_expr(), prefix));
        }
        if let Some(subject_type) = subject_type {
            select = select.filter(Column::SubjectType.eq(subject_type.as_str()));
        }
        if let Some(subject) = subject {
            select = select.filter(Column::SubjectId.eq(subject.uuid));
            select = select.filter(Column::SubjectType.eq(subject.kind.type_name()));
        }
        if let Some(actor) = actor {
            let by = Condition::any();
            let by = by.add(Column::ActorId.eq(actor.uuid())).add(Column::OnBehalfOf.eq(actor.uuid()));
            select = select.filter(by);
        }
        if let Some(project) = project {
            select = select.filter(Column::ProjectId.eq(*project));
        }
        if let Some(account) = account {
            select = select.filter(Column::AccountId.eq(*account));
        }
        self.apply_rest(select)
    }

    fn apply_rest(&self, mut select: Select<Entity>) -> Select<Entity> {
        if let Some(severities) = &self.severity {
            select = select.filter(Column::Severity.is_in(severities.iter().map(|one| one.word())));
            // Reason: SQLite finds the index of the rare ones by its own condition alone.
            if !severities.contains(&AuditSeverity::Info) {
                select = select.filter(Column::Severity.ne(AuditSeverity::Info.word()));
            }
        }
        if let Some(outcomes) = &self.outcome {
            select = select.filter(Column::Outcome.is_in(outcomes.iter().map(|one| one.word())));
            if !outcomes.contains(&AuditOutcome::Success) {
                select = select.filter(Column::Outcome.ne(AuditOutcome::Success.word()));
            }
        }
        if let Some(text) = self.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            let in_names = contains(&[Column::Action, Column::SubjectLabel, Column::Operation], text);
            select = select.filter(Condition::any().add(in_names).add(Column::RequestId.eq(text)));
        }
        // Reason: ids grow with time, so that a range of ids finds its months and its place in every index.
        if let Some(since) = self.since {
            select = select.filter(Column::OccurredAt.gte(since.utc()));
            select = select.filter(Column::Id.gte(first_id(since.utc())));
        }
        if let Some(until) = self.until {
            select = select.filter(Column::OccurredAt.lt(until.utc()));
            select = select.filter(Column::Id.lte(first_id(until.utc() + LATE)));
        }
        select
    }
}

/// Whether a text begins so.
///
/// Reason: a range uses an index and needs no escaping of LIKE's wildcards.
pub(crate) fn begins_with(text: Expr, prefix: &str) -> Expr {
    text.clone().gte(prefix).and(text.lt(format!("{prefix}\u{10ffff}")))
}

/// The smallest UUIDv7 (RFC 9562 §5.7) of a moment.
pub(crate) fn first_id(moment: chrono::DateTime<Utc>) -> Uuid {
    let millis = u128::from(Ord::max(moment.timestamp_millis(), 0).unsigned_abs()) << 80;
    Uuid::from_u128(millis)
}
