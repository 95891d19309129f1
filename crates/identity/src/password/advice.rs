//! What zxcvbn says about a password, in our languages.

use kernel::{Text, locale::Language};
use zxcvbn::feedback::{Feedback, Suggestion, Warning};

/// The warning and the suggestions as sentences.
pub(super) fn say(feedback: Option<&Feedback>, language: Language) -> String {
    let Some(feedback) = feedback else { return String::new() };
    let warning = feedback.warning().map(warning);
    let sentences = warning.into_iter().chain(feedback.suggestions().iter().copied().map(suggestion));
    sentences.map(|text| kernel::Said::from(text).render(language)).collect::<Vec<_>>().join(" ")
}

const fn text(en: &'static str, fr: &'static str) -> Text {
    Text::new("password_advice", en, fr)
}

fn warning(warning: Warning) -> Text {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => {
            text("Straight rows of keys are easy to guess.", "Les rangées de touches sont faciles à deviner.")
        }
        Warning::ShortKeyboardPatternsAreEasyToGuess => text(
            "Short keyboard patterns are easy to guess.",
            "Les petits motifs de clavier sont faciles à deviner.",
        ),
        Warning::RepeatsLikeAaaAreEasyToGuess => text(
            "Repeats like \"aaa\" are easy to guess.",
            "Les répétitions comme « aaa » sont faciles à deviner.",
        ),
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => text(
            "Repeats like \"abcabcabc\" are only slightly harder to guess than \"abc\".",
            "Les répétitions comme « abcabcabc » sont à peine plus difficiles à deviner que « abc ».",
        ),
        Warning::ThisIsATop10Password => text(
            "This is one of the ten most common passwords.",
            "C'est l'un des dix mots de passe les plus courants.",
        ),
        Warning::ThisIsATop100Password => text(
            "This is one of the hundred most common passwords.",
            "C'est l'un des cent mots de passe les plus courants.",
        ),
        Warning::ThisIsACommonPassword => {
            text("This is a very common password.", "C'est un mot de passe très courant.")
        }
        Warning::ThisIsSimilarToACommonlyUsedPassword => {
            text("This is similar to a common password.", "Il ressemble à un mot de passe courant.")
        }
        Warning::SequencesLikeAbcAreEasyToGuess => text(
            "Sequences like abc or 6543 are easy to guess.",
            "Les suites comme abc ou 6543 sont faciles à deviner.",
        ),
        Warning::RecentYearsAreEasyToGuess => {
            text("Recent years are easy to guess.", "Les années récentes sont faciles à deviner.")
        }
        Warning::AWordByItselfIsEasyToGuess => {
            text("A word by itself is easy to guess.", "Un mot seul est facile à deviner.")
        }
        Warning::DatesAreOftenEasyToGuess => {
            text("Dates are often easy to guess.", "Les dates sont souvent faciles à deviner.")
        }
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => text(
            "Names and surnames by themselves are easy to guess.",
            "Les prénoms et noms seuls sont faciles à deviner.",
        ),
        Warning::CommonNamesAndSurnamesAreEasyToGuess => text(
            "Common names and surnames are easy to guess.",
            "Les prénoms et noms courants sont faciles à deviner.",
        ),
    }
}

fn suggestion(suggestion: Suggestion) -> Text {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => text(
            "Use a few words, avoid common phrases.",
            "Utilisez quelques mots, évitez les phrases courantes.",
        ),
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => text(
            "No need for symbols, digits, or uppercase letters.",
            "Symboles, chiffres et majuscules ne sont pas nécessaires.",
        ),
        Suggestion::AddAnotherWordOrTwo => text(
            "Add another word or two. Uncommon words are better.",
            "Ajoutez un mot ou deux. Les mots rares sont préférables.",
        ),
        Suggestion::CapitalizationDoesntHelpVeryMuch => {
            text("Capital letters do not help much.", "Les majuscules n'aident pas beaucoup.")
        }
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => text(
            "All-uppercase is almost as easy to guess as all-lowercase.",
            "Tout en majuscules est presque aussi facile à deviner que tout en minuscules.",
        ),
        Suggestion::ReversedWordsArentMuchHarderToGuess => text(
            "Reversed words are not much harder to guess.",
            "Les mots à l'envers ne sont guère plus difficiles à deviner.",
        ),
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => text(
            "Predictable substitutions like '@' instead of 'a' do not help much.",
            "Les substitutions prévisibles comme « @ » pour « a » n'aident pas beaucoup.",
        ),
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => text(
            "Use a longer keyboard pattern with more turns.",
            "Utilisez un motif de clavier plus long, avec plus de détours.",
        ),
        Suggestion::AvoidRepeatedWordsAndCharacters => {
            text("Avoid repeated words and characters.", "Évitez les mots et caractères répétés.")
        }
        Suggestion::AvoidSequences => text("Avoid sequences.", "Évitez les suites."),
        Suggestion::AvoidRecentYears => text("Avoid recent years.", "Évitez les années récentes."),
        Suggestion::AvoidYearsThatAreAssociatedWithYou => {
            text("Avoid years that are associated with you.", "Évitez les années qui vous sont associées.")
        }
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => text(
            "Avoid dates and years that are associated with you.",
            "Évitez les dates et années qui vous sont associées.",
        ),
    }
}
