//! Rules of a tenant's own fields: which values a field takes. No database, no clock.

use std::collections::{HashMap, HashSet};

use kernel::{
    FieldError, Fields, Said, Text,
    id::{ProjectFieldId, TypedId},
    scalar::{Date, Url},
    text::{self, REQUIRED},
};
use serde_json::{Map, Value as Json, json};

use super::{entity::Model, mutation::CustomFieldInput};
use crate::words::ProjectFieldKind as Kind;

/// The text is no number.
pub const BAD_NUMBER: Text = Text::new(
    "bad_number",
    "This is not a number such as 12 or -0.5, with at most 15 digits before and 6 after the point.",
    "Ce n'est pas un nombre comme 12 ou -0.5, avec 15 chiffres avant et 6 après le point au plus.",
);

/// The text is neither yes nor no.
pub const BAD_BOOLEAN: Text =
    Text::new("bad_boolean", "This is neither true nor false.", "Ce n'est ni true ni false.");

/// The field has no such option.
pub const NO_OPTION: Text =
    Text::new("no_such_option", "Choose one of: {options}.", "Choisissez parmi : {options}.");

/// There is no such field.
pub const NO_FIELD: Text =
    Text::new("no_such_field", "Projects have no such field.", "Les projets n'ont pas de tel champ.");

/// A field is set twice.
pub const TWICE: Text =
    Text::new("duplicate_field", "This field is set twice.", "Ce champ est renseigné deux fois.");

/// A field of choices needs them, and others have none.
pub const OPTIONS: Text = Text::new(
    "bad_options",
    "A field of choices has 1 to {max} different options, and others have none.",
    "Un champ à choix a de 1 à {max} options différentes, les autres n'en ont pas.",
);

/// Too many values are sent.
pub const TOO_MANY: Text = Text::new(
    "too_many",
    "At most {max} values are allowed at once.",
    "{max} valeurs au plus sont autorisées à la fois.",
);

/// Most values of an input.
const MAX_SENT: usize = 50;

/// Most options of a field.
const MAX_OPTIONS: usize = 50;

/// Longest option, in characters.
const OPTION_MAX: usize = 80;

/// Longest value, in characters.
const VALUE_MAX: usize = 500;

/// What the values of a field are.
pub fn kind(field: &Model) -> Kind {
    Kind::parse(&field.kind).unwrap_or_default()
}

/// What can be chosen.
pub fn options(field: &Model) -> Vec<&str> {
    let options = field.options.as_array().map(Vec::as_slice).unwrap_or_default();
    options.iter().filter_map(|option| option.as_str()).collect()
}

/// The options of a field of a kind, as they are stored.
///
/// # Errors
/// Too few, too many, equal ones, or the first that is no line.
pub fn checked_options(kind: Kind, wanted: &[String]) -> Result<Json, FieldError> {
    let lines = wanted.iter().enumerate();
    let lines = lines.map(|(index, line)| text::line(line, &format!("options.{index}"), OPTION_MAX));
    let bounds = if kind == Kind::Choice { 1..=MAX_OPTIONS } else { 0..=0 };
    let bad = || FieldError::new("options", OPTIONS.with("max", MAX_OPTIONS));
    if !bounds.contains(&wanted.len()) {
        return Err(bad());
    }
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let different: HashSet<&String> = lines.iter().collect();
    if different.len() < lines.len() { Err(bad()) } else { Ok(json!(lines)) }
}

/// A value as it is stored: in the one spelling of its kind.
///
/// # Errors
/// Anything that is no value of the kind.
pub fn value(field: &Model, text: &str, path: &str) -> Result<String, FieldError> {
    let line = text::line(text, path, VALUE_MAX)?;
    let bad = |why: Said| FieldError::new(path, why);
    match kind(field) {
        Kind::Text => Ok(line),
        Kind::Number => number(&line).ok_or_else(|| bad(BAD_NUMBER.into())),
        Kind::Date => {
            let date: Date = line.parse().map_err(|error: kernel::scalar::ScalarError| error.at(path))?;
            Ok(date.to_string())
        }
        Kind::Boolean => match line.to_ascii_lowercase().as_str() {
            word @ ("true" | "false") => Ok(word.to_owned()),
            _ => Err(bad(BAD_BOOLEAN.into())),
        },
        Kind::Choice => match options(field).contains(&line.as_str()) {
            true => Ok(line),
            false => Err(bad(NO_OPTION.with("options", options(field).join(", ")))),
        },
        Kind::Url => {
            let url: Url = line.parse().map_err(|error: kernel::scalar::ScalarError| error.at(path))?;
            Ok(url.to_string())
        }
    }
}

/// A number without needless zeros.
fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let fits = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    if !fits(whole, 15) || !fits(part, 6) {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

/// The values of a project as an input changes them; those of fields that it does not name stay. `is_new` asks for a
/// value of every required field, otherwise only one that is there may not be taken away.
pub fn changed(
    known: &HashMap<ProjectFieldId, Model>,
    before: &Json,
    sent: &[CustomFieldInput],
    is_new: bool,
    fields: &mut Fields,
) -> Json {
    let mut values: Map<String, Json> = before.as_object().cloned().unwrap_or_default();
    let mut seen = HashSet::new();
    if sent.len() > MAX_SENT {
        fields.add("customFields", TOO_MANY.with("max", MAX_SENT));
        return before.clone();
    }
    for (index, one) in sent.iter().enumerate() {
        let path = format!("customFields.{index}");
        let Some(field) = known.get(&one.field_id).filter(|field| field.archived_at.is_none()) else {
            fields.add(format!("{path}.fieldId"), NO_FIELD);
            continue;
        };
        if !seen.insert(one.field_id) {
            fields.add(format!("{path}.fieldId"), TWICE);
        }
        let (path, key) = (format!("{path}.value"), field.id.to_string());
        let text = one.value.as_deref().filter(|text| !text.trim().is_empty());
        let Some(text) = text else {
            fields.require(!field.required, &path, REQUIRED);
            values.remove(&key);
            continue;
        };
        if let Some(value) = fields.take(value(field, text, &path)) {
            values.insert(key, json!(value));
        }
    }
    if is_new {
        let missing = |field: &&Model| {
            field.required && field.archived_at.is_none() && !values.contains_key(&field.id.to_string())
        };
        if known.values().any(|field| missing(&field)) {
            fields.add("customFields", REQUIRED);
        }
    }
    Json::Object(values)
}

/// The values of a project by field.
pub fn values(stored: &Json) -> Vec<(ProjectFieldId, String)> {
    let entries = stored.as_object().into_iter().flatten();
    let pair = |(key, value): (&String, &Json)| Some((key.parse().ok()?, value.as_str()?.to_owned()));
    let mut values: Vec<(ProjectFieldId, String)> = entries.filter_map(pair).collect();
    values.sort_by_key(|(field, _)| field.uuid());
    values
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use kernel::id::TenantId;
    use uuid::Uuid;

    use super::*;

    fn field(number: u128, kind: Kind, required: bool) -> Model {
        Model {
            id: ProjectFieldId::from_uuid(Uuid::from_u128(number)),
            tenant_id: TenantId::from_uuid(Uuid::nil()),
            name: format!("Field {number}"),
            kind: kind.as_str().to_owned(),
            options: if kind == Kind::Choice { json!(["Red", "Blue"]) } else { json!([]) },
            required,
            archived_at: None,
            created_at: DateTime::<Utc>::UNIX_EPOCH,
            updated_at: DateTime::<Utc>::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn value_has_the_one_spelling_of_its_kind() {
        for (kind, text, stored) in [
            (Kind::Text, " שלום עולם ", Some("שלום עולם")),
            (Kind::Number, "007.50", Some("7.5")),
            (Kind::Number, "-0.0", Some("0")),
            (Kind::Number, "1e9", None),
            (Kind::Number, ".5", None),
            (Kind::Number, "1234567890123456", None),
            (Kind::Date, "2028-02-29", Some("2028-02-29")),
            (Kind::Date, "2027-02-29", None),
            (Kind::Boolean, "TRUE", Some("true")),
            (Kind::Boolean, "yes", None),
            (Kind::Choice, "Red", Some("Red")),
            (Kind::Choice, "red", None),
            (Kind::Url, "https://example.com/a", Some("https://example.com/a")),
            (Kind::Url, "javascript:alert(1)", None),
        ] {
            let read = value(&field(1, kind, false), text, "value").ok();
            assert_eq!(read.as_deref(), stored, "{kind:?} {text}");
        }
    }

    #[test]
    fn required_field_is_there_from_the_start_and_stays() {
        let known: HashMap<_, _> =
            [field(1, Kind::Text, true), field(2, Kind::Number, false)].map(|one| (one.id, one)).into();
        let id = |number| ProjectFieldId::from_uuid(Uuid::from_u128(number));
        let sent = |number, value: Option<&str>| CustomFieldInput {
            field_id: id(number),
            value: value.map(str::to_owned),
        };
        let errors = |before: &Json, sent: &[CustomFieldInput], is_new| {
            let mut fields = Fields::new();
            let after = changed(&known, before, sent, is_new, &mut fields);
            (after, fields.check().is_ok())
        };
        assert!(!errors(&json!({}), &[sent(2, Some("1"))], true).1);
        let (first, ok) = errors(&json!({}), &[sent(1, Some("x")), sent(2, Some("1"))], true);
        assert!(ok);
        assert_eq!(values(&first), [(id(1), "x".to_owned()), (id(2), "1".to_owned())]);
        assert!(!errors(&first, &[sent(1, None)], false).1);
        assert!(!errors(&first, &[sent(2, Some("1")), sent(2, Some("2"))], false).1);
        assert!(!errors(&first, &[sent(3, Some("1"))], false).1);
        let (second, ok) = errors(&first, &[sent(2, None)], false);
        assert!(ok && values(&second).len() == 1);
    }

    #[test]
    fn options_are_for_choices() {
        let lines = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
        assert!(checked_options(Kind::Choice, &lines(50)).is_ok());
        assert!(checked_options(Kind::Text, &[]).is_ok());
        for (kind, options) in [
            (Kind::Choice, lines(0)),
            (Kind::Choice, lines(51)),
            (Kind::Text, lines(1)),
            (Kind::Choice, vec!["a".into(), "a".into()]),
        ] {
            assert_eq!(checked_options(kind, &options).unwrap_err().code(), "bad_options");
        }
    }
}
