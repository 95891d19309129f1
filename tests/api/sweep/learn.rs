//! Which kind of id each place takes: the API says so itself when it is given none.

use std::collections::BTreeMap;

use kernel::id::IdKind;
use tests::{Actor, Answer};

use super::ids::{kind, of_nothing};
use super::synth::{Operation, Synth};

/// The kind of id that a place takes; `None` where any kind will do.
pub(crate) type Kinds = BTreeMap<String, Option<IdKind>>;

/// No id at all.
const NO_ID: &str = "?";

/// Learns the kinds of an operation's places, by calls that cannot find anything.
pub(crate) async fn kinds_of(
    asker: &Actor,
    synth: &Synth<'_>,
    operation: &Operation,
) -> Result<Kinds, String> {
    let mut kinds = Kinds::new();
    for place in &operation.ids {
        // Every round tells of one more place; there are no more rounds than places.
        for _ in 0..=operation.ids.len() {
            let given = |place: &String| match kinds.get(place) {
                Some(kind) => of_nothing(kind.unwrap_or(IdKind::ProjectId)),
                None => NO_ID.to_owned(),
            };
            let ids = operation.ids.iter().map(|place| (place.clone(), given(place))).collect();
            let answer = asker.run(&operation.query, synth.variables(operation, &ids, place)).await;
            match refused(&answer, operation, &kinds) {
                Some((place, kind)) => kinds.insert(place, kind),
                None => break,
            };
        }
        if !kinds.contains_key(place) {
            return Err(format!("{}({place}): no answer told which kind of id it takes", operation.name));
        }
    }
    Ok(kinds)
}

/// The place that was refused for being no id, and the kind that it takes.
fn refused(answer: &Answer, operation: &Operation, known: &Kinds) -> Option<(String, Option<IdKind>)> {
    let error = answer.errors().iter().find(|error| error["extensions"]["code"] == "INVALID")?;
    let field = error["extensions"]["fields"].as_array()?.iter().find(|field| says_no_id(field))?;
    let path = field["path"].as_str()?;
    let is_at = |place: &&String| *place == path || place.strip_prefix("input.") == Some(path);
    let unknown = || operation.ids.iter().filter(|place| !known.contains_key(*place));
    // Reason: the path stops at a list if the API does not tell which of its entries it means.
    let near = |place: &&String| place.strip_prefix("input.").unwrap_or(place).starts_with(path);
    let place = unknown().find(is_at).or_else(|| unknown().find(near))?;
    let message = field["message"].as_str()?;
    let prefix = message.split('`').nth(1).and_then(|quoted| quoted.strip_suffix('_'));
    Some((place.clone(), prefix.map(kind)))
}

fn says_no_id(field: &serde_json::Value) -> bool {
    field["message"].as_str().is_some_and(|message| message.to_lowercase().contains("not an id"))
}
