//! Putting names into sentences. Each is wrapped in isolates of the writing direction (Unicode UAX #9 §2.4.2), so that
//! an Arabic name does not turn an English sentence around.

use kernel::{activity::ActionText, locale::Language};

/// First strong isolate and its end.
const ISOLATES: (char, char) = ('\u{2068}', '\u{2069}');

/// What goes into a sentence.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) actor: String,
    pub(super) subject: String,
    pub(super) person: String,
    /// The project it was done in, if that is worth saying.
    pub(super) place: Option<String>,
}

/// The sentence for `count` things. A text that was not known when it was written says the bare name of the act.
pub(super) fn sentence(
    text: Option<&ActionText>,
    kind: &str,
    language: Language,
    count: u64,
    names: &Names,
) -> String {
    let template = text.map_or("{actor}: {kind}", |text| text.template(language, count));
    let mut said = String::with_capacity(template.len() + 64);
    let mut rest = template;
    // Reason: in one pass, so that a name with braces in it stays a name.
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        match name {
            "actor" => isolate(&mut said, &names.actor),
            "subject" => isolate(&mut said, &names.subject),
            "person" => isolate(&mut said, &names.person),
            "count" => said.push_str(&count.to_string()),
            _ => said.push_str(kind),
        }
        rest = after;
    }
    said.push_str(rest);
    if let Some(place) = &names.place {
        said.push_str(match language {
            Language::En => " in ",
            Language::Fr => " dans ",
        });
        isolate(&mut said, place);
    }
    said
}

fn isolate(to: &mut String, name: &str) {
    to.push(ISOLATES.0);
    to.push_str(name);
    to.push(ISOLATES.1);
}

/// Who acted when it was no person.
pub(super) fn nobody(actor_kind: &str, language: Language) -> &'static str {
    match (actor_kind, language) {
        ("system", _) => "Atrium",
        (_, Language::En) => "Somebody",
        (_, Language::Fr) => "Quelqu'un",
    }
}

/// A thing without a name of its own.
pub(super) fn unnamed(language: Language) -> &'static str {
    match language {
        Language::En => "something",
        Language::Fr => "un élément",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::activity::Category;

    const TEXT: ActionText = ActionText::open(
        Category::Projects,
        ("a", "b"),
        "check",
        ["{actor} completed {subject}", "{actor} completed {count} tasks"],
        ["{actor} a terminé {subject}", "{actor} a terminé {count} tâches"],
    );

    #[test]
    fn names_are_isolated_and_never_templates() {
        let names = Names {
            actor: "{count} ليلى".to_owned(),
            subject: "#1 {actor}".to_owned(),
            place: Some("Relaunch".to_owned()),
            ..Names::default()
        };
        let said = |language, count| sentence(Some(&TEXT), "a", language, count, &names);
        assert_eq!(
            said(Language::En, 1),
            "\u{2068}{count} ليلى\u{2069} completed \u{2068}#1 {actor}\u{2069} in \u{2068}Relaunch\u{2069}"
        );
        assert_eq!(
            said(Language::Fr, 5),
            "\u{2068}{count} ليلى\u{2069} a terminé 5 tâches dans \u{2068}Relaunch\u{2069}"
        );
    }
}
