//! Which kind of id each place takes: the API says so itself when it is given none.

use std::collections::BTreeMap;

use kernel::id::IdKind;
use tests::answer::at;
use tests::{Actor, Answer};

use super::synth::{Operation, Synth};
use crate::ids::{kind, of_nothing};

/// The kind of id that a place takes; `None` where any kind will do.
pub(crate) type Kinds = BTreeMap<String, Option<IdKind>>;

/// No id at all.
const NO_ID: &str = "?";

/// Places that take an id or a word, so that no text is refused for being no id.
const IDS_OR_WORDS: &[(&str, &str, IdKind)] = &[("inviteUser", "input.roles.0", IdKind::RoleId)];

/// Learns the kinds of an operation's places, by calls that cannot find anything.
/// `own` is the id of a thing whose field it is, if it is one.
pub(crate) async fn kinds_of(
    asker: &Actor,
    synth: &Synth<'_>,
    operation: &Operation,
    own: Option<&str>,
) -> Result<Kinds, String> {
    let told = IDS_OR_WORDS.iter().filter(|(name, ..)| *name == operation.name);
    let mut kinds: Kinds = told.map(|(_, place, kind)| ((*place).to_owned(), Some(*kind))).collect();
    for place in &operation.ids {
        let mut last = String::new();
        // Every round tells of one more place; there are no more rounds than places.
        for _ in 0..=operation.ids.len() {
            let given = |place: &String| match kinds.get(place) {
                Some(kind) => of_nothing(kind.unwrap_or(IdKind::ProjectId)),
                None => NO_ID.to_owned(),
            };
            let ids = operation.ids.iter().map(|place| (place.clone(), given(place)));
            let ids = ids.chain(own.map(|id| ("self".to_owned(), id.to_owned()))).collect();
            let variables = synth.variables(operation, &ids, place);
            // Reason: inputs are read in the order in which the schema declares them, so the first is refused.
            let at_place = |place: &&String| at(&variables, place).is_some_and(|value| value == NO_ID);
            let Some(first) = operation.ids.iter().find(at_place).cloned() else { break };
            let answer = asker.run(&operation.query, variables).await;
            last = answer.to_string();
            let Some(kind) = refused(&answer) else { break };
            kinds.insert(first, kind);
        }
        if !kinds.contains_key(place) {
            return Err(format!(
                "{}({place}): no answer told which kind of id it takes\n{last}",
                operation.name
            ));
        }
    }
    Ok(kinds)
}

/// The kind that the refused place takes; `None` if no text was refused for being no id.
fn refused(answer: &Answer) -> Option<Option<IdKind>> {
    let error = answer.errors().iter().find(|error| error["extensions"]["code"] == "INVALID")?;
    let field = error["extensions"]["fields"].as_array()?.iter().find(|field| says_no_id(field))?;
    let prefix = field["message"].as_str()?.split('`').nth(1).and_then(|quoted| quoted.strip_suffix('_'));
    Some(prefix.filter(|prefix| !prefix.is_empty()).map(kind))
}

fn says_no_id(field: &serde_json::Value) -> bool {
    field["message"].as_str().is_some_and(|message| message.to_lowercase().contains("not an id"))
}
