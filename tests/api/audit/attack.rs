//! What somebody who owns the database may do to the sealed order.

use proptest::prelude::*;

/// Columns of an entry with another value for each.
pub(super) const COLUMNS: &[(&str, &str)] = &[
    ("actor_kind", "CASE actor_kind WHEN 'system' THEN 'anonymous' ELSE 'system' END"),
    ("action", "action || 'd'"),
    ("subject_type", "'Other'"),
    ("subject_label", "coalesce(subject_label, '') || '!'"),
    ("changes", "'{\"other\":[1,2]}'"),
    ("personal", "'{\"other\":\"sealed\"}'"),
    ("outcome", "CASE outcome WHEN 'denied' THEN 'failure' ELSE 'denied' END"),
    ("severity", "CASE severity WHEN 'notice' THEN 'critical' ELSE 'notice' END"),
    ("request_id", "coalesce(request_id, '') || '0'"),
    ("operation", "coalesce(operation, '') || 'X'"),
];

/// Columns that hold ids.
pub(super) const IDS: &[&str] =
    &["actor_id", "on_behalf_of", "subject_id", "person_id", "project_id", "account_id"];

/// Something that somebody does to the sealed order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attack {
    Column(usize),
    Id(usize),
    Time,
    Millennia,
    StopHeads,
    MoveToOtherAgency,
    DeleteEntry,
    DeleteLeaf,
    DeleteBoth,
    DeleteAndCloseUp,
    InsertBeside,
    InsertIntoOrder,
    Swap,
    RewriteWithLeaf,
    CutTail,
    CutTailAndNote,
    ForgeHead,
    DeleteHead,
    DeleteLastHead,
    ChangeNode,
    ChangeNote,
    OwnKey,
}

/// Attacks on more than one column; each is tried at least once.
pub(super) const OTHERS: &[Attack] = &[
    Attack::Time,
    Attack::Millennia,
    Attack::StopHeads,
    Attack::MoveToOtherAgency,
    Attack::DeleteEntry,
    Attack::DeleteLeaf,
    Attack::DeleteBoth,
    Attack::DeleteAndCloseUp,
    Attack::InsertBeside,
    Attack::InsertIntoOrder,
    Attack::Swap,
    Attack::RewriteWithLeaf,
    Attack::CutTail,
    Attack::CutTailAndNote,
    Attack::ForgeHead,
    Attack::DeleteHead,
    Attack::DeleteLastHead,
    Attack::ChangeNode,
    Attack::ChangeNote,
    Attack::OwnKey,
];

/// Any attack.
pub(super) fn attacks() -> impl Strategy<Value = Attack> {
    prop_oneof![
        4 => (0..COLUMNS.len()).prop_map(Attack::Column),
        3 => (0..IDS.len()).prop_map(Attack::Id),
        12 => prop::sample::select(OTHERS),
    ]
}
