//! That whatever a world recorded is in the catalogue of events, in the shape that the catalogue says. Every world is
//! asked when it ends.

use std::time::Duration;

use gateway::app::{App, event_types};
use kernel::act::outbox::{self, log};
use kernel::event::EventTypes;
use sea_orm::EntityTrait as _;
use serde_json::Value;

/// How long a database may take that a test perhaps took away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Fails if an event of the log or of the outbox is not as the catalogue says.
pub(crate) async fn expect_known_events(app: &App) {
    let read = tokio::time::timeout(PATIENCE, events(app)).await;
    // Reason: a test may have taken the database away, or a part of it.
    let Ok(Ok(events)) = read else { return };
    let types = event_types();
    let wrong: Vec<String> = events.iter().flat_map(|event| problems_of(&types, event)).collect();
    assert!(wrong.is_empty(), "events that are not as the catalogue says:\n{}", wrong.join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "a test reads the events of every tenant")]
async fn events(app: &App) -> Result<Vec<log::Model>, sea_orm::DbErr> {
    let mut events = log::Entity::find().all(&app.db).await?;
    events.extend(outbox::Entity::find().all(&app.db).await?.into_iter().map(log::Model::from));
    Ok(events)
}

fn problems_of(types: &EventTypes, event: &log::Model) -> Vec<String> {
    let Some(known) = types.get(&event.kind) else {
        return vec![format!("{}: not in the catalogue: declare it in the EVENTS of its domain", event.kind)];
    };
    let mut problems = Vec::new();
    if (known.subject_type, known.version) != (event.subject_type.as_str(), event.version) {
        problems.push(format!("of {} in version {}", event.subject_type, event.version));
    }
    check(&known.schema, &event.payload, "payload", &mut problems);
    problems.iter().map(|problem| format!("{}: {problem} in {}", event.kind, event.payload)).collect()
}

/// The part of JSON Schema that the catalogue uses: `type`, `required`, `properties`, `additionalProperties: false`,
/// `items`. Anything else but words for people is refused, so that nothing is taken for checked that is not.
pub fn check(schema: &Value, value: &Value, place: &str, problems: &mut Vec<String>) {
    for (word, rule) in schema.as_object().expect("a schema is an object") {
        match word.as_str() {
            "type" => {
                let types = rule.as_array().map_or(std::slice::from_ref(rule), Vec::as_slice);
                if !types.iter().any(|name| is_a(name.as_str().expect("a type is a name"), value)) {
                    problems.push(format!("{place} is no {rule}"));
                }
            }
            "required" => {
                let names = rule.as_array().expect("required is a list").iter().filter_map(Value::as_str);
                problems.extend(
                    names
                        .filter(|name| value.get(name).is_none())
                        .map(|name| format!("{place}.{name} is missing")),
                );
            }
            "properties" => {
                for (name, member) in rule.as_object().expect("properties are an object") {
                    if let Some(value) = value.get(name) {
                        check(member, value, &format!("{place}.{name}"), problems);
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false), "only closed objects are understood");
                let known = |name: &str| schema["properties"].get(name).is_some();
                let names = value.as_object().into_iter().flat_map(|members| members.keys());
                problems.extend(
                    names.filter(|name| !known(name)).map(|name| format!("{place}.{name} is unknown")),
                );
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(rule, item, &format!("{place}.{index}"), problems);
                }
            }
            "description" | "format" => {}
            other => panic!("{other} is not understood: teach tests/src/catalogue.rs"),
        }
    }
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is not understood: teach tests/src/catalogue.rs"),
    }
}
