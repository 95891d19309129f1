//! The catalogue of events: every domain lists the kinds that its acts record, with the shape of their payload; the
//! gateway joins the lists.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value as Json, json};

use crate::{act::Recorded, viewer::Permission};

/// The column names in `changed`, or members of an act's own event, that only some may know, with what that needs.
pub type GuardedNames = &'static [(&'static str, Permission)];

/// What a domain says about its events.
#[derive(Clone, Copy, Debug)]
pub enum Declared {
    /// The `.created`, `.updated` and `.deleted` of changed rows.
    Rows {
        /// `<domain>.<thing>`.
        event: &'static str,
        /// GraphQL type of the subject.
        subject: &'static str,
        /// What people call it, with its article: `A project`.
        what: &'static str,
        /// Ids in `refs`.
        refs: &'static [&'static str],
        /// Columns that not everybody may know of.
        guarded: GuardedNames,
    },
    /// An event that an act records beside those of its rows.
    Own {
        /// `<domain>.<thing>.<past verb>`.
        kind: &'static str,
        /// GraphQL type of the subject.
        subject: &'static str,
        /// Version of the payload's shape.
        version: i32,
        /// What happened, as a sentence.
        about: &'static str,
        /// JSON Schema of the payload's members: name → schema; all are required.
        members: fn() -> Json,
        /// Members that not everybody may read; they can be null, and are for who may not.
        guarded: GuardedNames,
    },
}

impl Declared {
    /// The events of changed rows of `E`, which people call `what` (`A project`).
    pub const fn rows<E: Recorded>(what: &'static str) -> Self {
        Self::Rows { event: E::EVENT, subject: E::SUBJECT, what, refs: &[], guarded: &[] }
    }

    /// As [`Declared::rows`], with ids that the payload names in `refs`.
    pub const fn rows_with<E: Recorded>(what: &'static str, refs: &'static [&'static str]) -> Self {
        Self::Rows { event: E::EVENT, subject: E::SUBJECT, what, refs, guarded: &[] }
    }

    /// As [`Declared::rows`], with columns that not everybody may know of.
    pub const fn rows_guarded<E: Recorded>(what: &'static str, guarded: GuardedNames) -> Self {
        Self::Rows { event: E::EVENT, subject: E::SUBJECT, what, refs: &[], guarded }
    }

    /// As [`Declared::rows_guarded`], with ids that the payload names in `refs`.
    pub const fn rows_guarded_with<E: Recorded>(
        what: &'static str,
        refs: &'static [&'static str],
        guarded: GuardedNames,
    ) -> Self {
        Self::Rows { event: E::EVENT, subject: E::SUBJECT, what, refs, guarded }
    }
}

/// One kind of event.
#[derive(Clone, Debug)]
pub struct EventType {
    /// `<domain>.<thing>.<past verb>`.
    pub kind: String,
    /// GraphQL type of the subject.
    pub subject_type: &'static str,
    /// Version of the payload's shape; a change that readers must know of is a new version.
    pub version: i32,
    /// What happened, as a sentence.
    pub about: String,
    /// JSON Schema (draft 2020-12) of the payload.
    pub schema: Json,
    /// Columns in `changed`, or members of an act's own event, that not everybody may know of.
    pub guarded: GuardedNames,
}

/// All kinds of events of all domains. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct EventTypes(Arc<BTreeMap<String, EventType>>);

impl EventTypes {
    /// The catalogue of the given lists.
    pub fn new(domains: &[&[Declared]]) -> Self {
        let declared = domains.iter().flat_map(|events| events.iter());
        let types = declared.flat_map(types_of).map(|event| (event.kind.clone(), event));
        Self(Arc::new(types.collect()))
    }

    /// Every kind, by name.
    pub fn all(&self) -> impl Iterator<Item = &EventType> {
        self.0.values()
    }

    /// The columns of rows of this GraphQL type that not everybody may know of, with what each needs.
    pub fn guarded(&self, subject_type: &str) -> GuardedNames {
        // Reason: an act's own events guard members of theirs, which are no columns.
        let is_of_rows =
            |event: &&EventType| event.subject_type == subject_type && event.kind.ends_with(".updated");
        self.all().find(is_of_rows).map_or(&[], |event| event.guarded)
    }

    /// The kind with this name.
    pub fn get(&self, kind: &str) -> Option<&EventType> {
        self.0.get(kind)
    }
}

fn types_of(declared: &Declared) -> Vec<EventType> {
    match *declared {
        Declared::Rows { event, subject, what, refs, guarded } => {
            let of = |verb: &str, about: &str| EventType {
                kind: format!("{event}.{verb}"),
                subject_type: subject,
                version: 1,
                about: format!("{what} {about}."),
                schema: row_schema(refs),
                guarded,
            };
            vec![of("created", "was made"), of("updated", "changed"), of("deleted", "was removed")]
        }
        Declared::Own { kind, subject, version, about, members, guarded } => vec![EventType {
            kind: kind.to_owned(),
            subject_type: subject,
            version,
            about: about.to_owned(),
            schema: object(members()),
            guarded,
        }],
    }
}

/// The payload of changed rows: the act, the columns, the row's version, and ids that say where it belongs.
fn row_schema(refs: &[&str]) -> Json {
    let mut members = json!({
        "action": { "type": "string", "description": "The act: `<domain>.<thing>.<verb>`." },
        "changed": {
            "type": "array",
            "items": { "type": "string" },
            "description": "Names of the columns that changed, as far as the reader may know of them.",
        },
        "version": {
            "type": ["integer", "null"],
            "description": "The row's version after the change; null for rows without one.",
        },
    });
    if !refs.is_empty() {
        let id = json!({ "type": ["string", "null"] });
        let ids: serde_json::Map<String, Json> =
            refs.iter().map(|name| ((*name).to_owned(), id.clone())).collect();
        members["refs"] = object(Json::Object(ids));
    }
    object(members)
}

fn object(members: Json) -> Json {
    let required: Vec<&String> = members.as_object().into_iter().flat_map(|members| members.keys()).collect();
    json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": members,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[Declared] = &[
        Declared::Rows { event: "a.thing", subject: "Thing", what: "A thing", refs: &["user"], guarded: &[] },
        Declared::Own {
            kind: "a.thing.moved",
            subject: "Thing",
            version: 2,
            about: "A thing went elsewhere.",
            members: || json!({ "to": { "type": "string" } }),
            guarded: &[],
        },
    ];

    #[test]
    fn rows_have_three_kinds_and_own_events_one() {
        let types = EventTypes::new(&[LIST]);
        let kinds: Vec<&str> = types.all().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["a.thing.created", "a.thing.deleted", "a.thing.moved", "a.thing.updated"]);
        let deleted = types.get("a.thing.deleted").unwrap();
        assert_eq!(deleted.about, "A thing was removed.");
        assert_eq!(deleted.schema["required"], json!(["action", "changed", "refs", "version"]));
        assert_eq!(deleted.schema["properties"]["refs"]["required"], json!(["user"]));
        let moved = types.get("a.thing.moved").unwrap();
        assert_eq!((moved.version, &moved.schema["required"]), (2, &json!(["to"])));
        assert!(types.get("a.thing.sold").is_none());
    }
}
