//! The canonical line of an entry: one line of JSON that says all of it, always in the same bytes, whose hash is the
//! entry's leaf in the tree. Whoever has the line and the hash can check it in any language:
//! `sha256(b"\x00" + line)`.

use chrono::{DateTime, Datelike, Timelike, Utc};
use uuid::Uuid;

use crate::merkle::{Hash, leaf_hash};

/// The version of the form, its first member.
pub const VERSION: u8 = 1;

/// The parts of an entry in the order of its line. Strings are as the database has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its id.
    pub id: Uuid,
    /// The tenant.
    pub tenant: Uuid,
    /// When it happened, cut to microseconds.
    pub at: DateTime<Utc>,
    /// `user`, `api_key`, `system` or `anonymous`.
    pub actor_kind: &'a str,
    /// The user or key.
    pub actor_id: Option<Uuid>,
    /// The person a key acts for.
    pub on_behalf_of: Option<Uuid>,
    /// The act.
    pub action: &'a str,
    /// GraphQL type of the subject.
    pub subject_type: &'a str,
    /// Id of the subject.
    pub subject_id: Option<Uuid>,
    /// What people call the subject.
    pub subject_label: Option<&'a str>,
    /// The person the subject is or belongs to.
    pub person_id: Option<Uuid>,
    /// The project the subject belongs to.
    pub project_id: Option<Uuid>,
    /// The account the subject belongs to.
    pub account_id: Option<Uuid>,
    /// JSON object, written byte for byte.
    pub changes: &'a str,
    /// JSON object, written byte for byte.
    pub personal: &'a str,
    /// `success`, `denied` or `failure`.
    pub outcome: &'a str,
    /// `info`, `notice`, `warning` or `critical`.
    pub severity: &'a str,
    /// Correlation id of the request.
    pub request_id: Option<&'a str>,
    /// Name of the GraphQL operation.
    pub operation: Option<&'a str>,
}

impl Line<'_> {
    /// Appends the line, without a line end.
    pub fn write(&self, to: &mut Vec<u8>) {
        let Self { id, tenant, at, actor_kind, actor_id, on_behalf_of, action, .. } = *self;
        let Self { subject_type, subject_id, subject_label, person_id, project_id, account_id, .. } = *self;
        let Self { changes, personal, outcome, severity, request_id, operation, .. } = *self;
        to.extend_from_slice(b"{\"v\":1,\"id\":");
        uuid(to, id);
        member(to, "tenant", |to| uuid(to, tenant));
        member(to, "at", |to| time(to, at));
        member(to, "actorKind", |to| string(to, actor_kind));
        member(to, "actorId", |to| optional(to, actor_id, uuid));
        member(to, "onBehalfOf", |to| optional(to, on_behalf_of, uuid));
        member(to, "action", |to| string(to, action));
        member(to, "subjectType", |to| string(to, subject_type));
        member(to, "subjectId", |to| optional(to, subject_id, uuid));
        member(to, "subjectLabel", |to| optional(to, subject_label, string));
        member(to, "personId", |to| optional(to, person_id, uuid));
        member(to, "projectId", |to| optional(to, project_id, uuid));
        member(to, "accountId", |to| optional(to, account_id, uuid));
        member(to, "changes", |to| to.extend_from_slice(changes.as_bytes()));
        member(to, "personal", |to| to.extend_from_slice(personal.as_bytes()));
        member(to, "outcome", |to| string(to, outcome));
        member(to, "severity", |to| string(to, severity));
        member(to, "requestId", |to| optional(to, request_id, string));
        member(to, "operation", |to| optional(to, operation, string));
        to.push(b'}');
    }

    /// Its leaf hash; `buffer` is overwritten with the line.
    pub fn hash(&self, buffer: &mut Vec<u8>) -> Hash {
        buffer.clear();
        self.write(buffer);
        leaf_hash(buffer)
    }

    /// Whether no other parts have the same line: what is written byte for byte is one JSON object each, and nothing
    /// of the time is cut off, neither behind its microseconds nor before its four digits of the year.
    ///
    /// Reason: two texts that are no objects by themselves could share the bytes of two that are.
    pub fn is_well_formed(&self) -> bool {
        object_end(self.changes.as_bytes()) == Some(self.changes.len())
            && object_end(self.personal.as_bytes()) == Some(self.personal.len())
            && self.at.nanosecond().is_multiple_of(1_000)
            && (0..=9_999).contains(&self.at.year())
    }
}

/// Where the JSON object ends with which `text` begins: one past its last brace. None if it does not begin with one, or
/// the object does not end.
pub fn object_end(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'{') {
        return None;
    }
    let (mut depth, mut at) = (0usize, 0usize);
    while at < text.len() {
        match text[at] {
            b'"' => at = string_end(text, at)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place of the quote that ends the string whose first quote is at `start`.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'"' => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn member(to: &mut Vec<u8>, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
    to.extend_from_slice(b",\"");
    to.extend_from_slice(name.as_bytes());
    to.extend_from_slice(b"\":");
    value(to);
}

fn optional<T>(to: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(to, value),
        None => to.extend_from_slice(b"null"),
    }
}

fn uuid(to: &mut Vec<u8>, id: Uuid) {
    let mut text = Uuid::encode_buffer();
    to.push(b'"');
    to.extend_from_slice(id.hyphenated().encode_lower(&mut text).as_bytes());
    to.push(b'"');
}

/// A JSON string with as few escapes as RFC 8259 §7 allows: the quote, the backslash and control characters (the short
/// form where there is one, else lower-case `\u00xx`).
fn string(to: &mut Vec<u8>, text: &str) {
    to.push(b'"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        to.extend_from_slice(&text.as_bytes()[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => to.extend_from_slice(b"\\\""),
            b'\\' => to.extend_from_slice(b"\\\\"),
            0x08 => to.extend_from_slice(b"\\b"),
            0x09 => to.extend_from_slice(b"\\t"),
            0x0a => to.extend_from_slice(b"\\n"),
            0x0c => to.extend_from_slice(b"\\f"),
            0x0d => to.extend_from_slice(b"\\r"),
            other => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                to.extend_from_slice(b"\\u00");
                to.push(DIGITS[usize::from(other >> 4)]);
                to.push(DIGITS[usize::from(other & 15)]);
            }
        }
    }
    to.extend_from_slice(&text.as_bytes()[plain..]);
    to.push(b'"');
}

/// RFC 3339 in UTC with six decimals: `2026-11-20T09:30:00.000000Z`.
fn time(to: &mut Vec<u8>, at: DateTime<Utc>) {
    to.push(b'"');
    to.extend_from_slice(instant(at).as_bytes());
    to.push(b'"');
}

/// A time as lines and heads write it: RFC 3339 in UTC with six decimals.
pub fn instant(at: DateTime<Utc>) -> String {
    let mut text = Vec::with_capacity(27);
    let mut digits = |mut value: u32, count: usize, then: u8| {
        let start = text.len();
        text.resize(start + count, b'0');
        for place in (start..start + count).rev() {
            text[place] = b'0' + (value % 10) as u8;
            value /= 10;
        }
        text.push(then);
    };
    // Invariant: acts have times of years with four digits.
    digits(u32::try_from(at.year()).unwrap_or(0), 4, b'-');
    digits(at.month(), 2, b'-');
    digits(at.day(), 2, b'T');
    digits(at.hour(), 2, b':');
    digits(at.minute(), 2, b':');
    digits(at.second(), 2, b'.');
    digits(at.nanosecond() / 1_000 % 1_000_000, 6, b'Z');
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> Line<'static> {
        Line {
            id: Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001),
            tenant: Uuid::from_u128(2),
            at: DateTime::from_timestamp(1_795_000_000, 42_000).unwrap(),
            actor_kind: "user",
            actor_id: Some(Uuid::from_u128(3)),
            on_behalf_of: None,
            action: "projects.project.create",
            subject_type: "Project",
            subject_id: Some(Uuid::from_u128(4)),
            subject_label: Some("Caf\u{e9} \"X\"\n\u{1}\u{7f}\\"),
            person_id: None,
            project_id: Some(Uuid::from_u128(4)),
            account_id: None,
            changes: r#"{"name":[null,"}\"{"]}"#,
            personal: "{}",
            outcome: "success",
            severity: "info",
            request_id: Some("r-1"),
            operation: None,
        }
    }

    fn text(line: &Line<'_>) -> String {
        let mut to = Vec::new();
        line.write(&mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn line_of_an_entry_is_this() {
        let expected = concat!(
            r#"{"v":1,"id":"01970000-0000-7000-8000-000000000001","tenant":"00000000-0000-0000-0000-000000000002","#,
            r#""at":"2026-11-18T11:06:40.000042Z","actorKind":"user","actorId":"00000000-0000-0000-0000-000000000003","#,
            r#""onBehalfOf":null,"action":"projects.project.create","subjectType":"Project","#,
            r#""subjectId":"00000000-0000-0000-0000-000000000004","subjectLabel":"Café \"X\"\n\u0001"#,
            "\u{7f}",
            r#"\\","personId":null,"projectId":"00000000-0000-0000-0000-000000000004","accountId":null,"#,
            r#""changes":{"name":[null,"}\"{"]},"personal":{},"outcome":"success","severity":"info","requestId":"r-1","#,
            r#""operation":null}"#,
        );
        assert_eq!(text(&entry()), expected);
        let hash: String = entry().hash(&mut Vec::new()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, HASH, "sha256 of a zero byte and the line");
    }

    /// Computed with Python's hashlib.
    const HASH: &str = "8605a3f010f2976072beccecd42bf921c7e99bd9117c29bfea951b1ea61e4d5a";

    #[test]
    fn line_is_json_that_says_the_same() {
        let value: serde_json::Value = serde_json::from_str(&text(&entry())).unwrap();
        assert_eq!(value["subjectLabel"], entry().subject_label.unwrap());
        assert_eq!(value["changes"]["name"][1], "}\"{");
        assert_eq!(value.as_object().unwrap().len(), 20);
    }

    #[test]
    fn texts_that_share_the_bytes_of_others_are_not_well_formed() {
        let honest = Line { changes: r#"{"a":{"b":1,"personal":2}}"#, personal: r#"{"k":"s"}"#, ..entry() };
        let moved = Line { changes: r#"{"a":{"b":1"#, personal: r#"2}},"personal":{"k":"s"}"#, ..honest };
        assert_eq!(text(&honest), text(&moved));
        assert!(honest.is_well_formed());
        assert!(!moved.is_well_formed());
        let early = Line { at: honest.at + chrono::TimeDelta::nanoseconds(1), ..honest };
        assert_eq!(text(&honest), text(&early));
        assert!(!early.is_well_formed());
    }

    #[test]
    fn end_of_an_object_is_found_or_missing() {
        assert_eq!(object_end(br#"{"a":"}"},x"#), Some(9));
        assert_eq!(object_end(br#"{"a":"\"}"}"#), Some(11));
        for bad in [&b""[..], b"[]", b" {}", b"{", b"{\"a", b"{\"\\"] {
            assert_eq!(object_end(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }

    proptest! {
        #[test]
        fn strings_are_as_serde_writes_them(text: String) {
            let mut to = Vec::new();
            string(&mut to, &text);
            prop_assert_eq!(String::from_utf8(to).unwrap(), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn any_single_bit_change_of_a_line_is_found(at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let mut bytes = text(&entry()).into_bytes();
            let honest = leaf_hash(&bytes);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_ne!(leaf_hash(&bytes), honest);
        }

        #[test]
        fn times_are_written_as_chrono_does(micros in 0i64..4_000_000_000_000_000) {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            prop_assert_eq!(instant(time), time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
        }
    }
}
