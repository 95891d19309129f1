//! How good a password is: length, guessability, and not one of those that everybody tries first.

use std::{collections::HashSet, sync::LazyLock};

use kernel::{FieldError, Text, locale::Language};
use zxcvbn::{Score, zxcvbn};

use super::advice;
use crate::service::PasswordPolicy;

/// The password is too short.
pub const TOO_SHORT: Text = Text::new(
    "password_too_short",
    "A password has at least {min} characters.",
    "Un mot de passe compte au moins {min} caractères.",
);
/// The password is too long.
pub const TOO_LONG: Text = Text::new(
    "password_too_long",
    "A password has at most {max} bytes.",
    "Un mot de passe compte au plus {max} octets.",
);
/// The password is one that everybody tries first.
pub const COMMON: Text = Text::new(
    "password_common",
    "This is one of the most common passwords. Choose another.",
    "C'est l'un des mots de passe les plus courants. Choisissez-en un autre.",
);
/// The password can be guessed.
pub const WEAK: Text = Text::new(
    "password_weak",
    "This password is too easy to guess. {advice}",
    "Ce mot de passe est trop facile à deviner. {advice}",
);
/// The password has a character that keyboards do not have.
pub const CONTROL: Text = Text::new(
    "password_control_character",
    "A password cannot contain control characters.",
    "Un mot de passe ne peut pas contenir de caractères de contrôle.",
);

/// Common passwords long enough to pass the length rule, in lower case, one a line.
static COMMON_PASSWORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Checks a new password against the policy. `known` are words that others know of the person: address, names, agency.
/// The advice in the error is in `language`.
///
/// # Errors
/// Of the field at `path`: the first rule that is broken.
pub fn check(
    password: &str,
    policy: &PasswordPolicy,
    known: &[&str],
    path: &str,
    language: Language,
) -> Result<(), FieldError> {
    // Reason: the cheap bounds come first, so that nobody makes us work on a megabyte.
    if password.len() > policy.max_bytes {
        return Err(FieldError::new(path, TOO_LONG.with("max", policy.max_bytes)));
    }
    if password.chars().count() < policy.min_length {
        return Err(FieldError::new(path, TOO_SHORT.with("min", policy.min_length)));
    }
    if password.chars().any(char::is_control) {
        return Err(FieldError::new(path, CONTROL));
    }
    if is_common(password) {
        return Err(FieldError::new(path, COMMON));
    }
    let words = words(known);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let found = zxcvbn(password, &words);
    if score(found.score()) < policy.min_score {
        return Err(FieldError::new(path, WEAK.with("advice", advice::say(found.feedback(), language))));
    }
    Ok(())
}

/// In the list as it is, or with what people add to pass rules: capitals, digits and marks at the end.
fn is_common(password: &str) -> bool {
    let lower = password.trim().to_lowercase();
    let stem = lower.trim_end_matches(['!', '.', '?', '*', '#', '$', '1']);
    COMMON_PASSWORDS.contains(lower.as_str()) || COMMON_PASSWORDS.contains(stem)
}

/// The words in what is known: an address gives its local part and its domain's labels as well; a text of several words
/// is one without what parts them, and so are texts that stand together, such as given and family name.
fn words(known: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for text in known {
        words.push((*text).to_owned());
        words.extend(text.split_once('@').map(|(local, _)| local.to_owned()));
        let parts: Vec<&str> = text.split(|mark: char| !mark.is_alphanumeric()).collect();
        words.push(parts.concat());
        words.extend(parts.into_iter().filter(|word| word.chars().count() > 2).map(str::to_owned));
    }
    for pair in known.windows(2) {
        words.extend([pair.join(" "), pair.concat()]);
    }
    words
}

fn score(score: Score) -> u8 {
    match score {
        Score::Zero => 0,
        Score::One => 1,
        Score::Two => 2,
        Score::Three => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Result<(), &'static str> {
        let known = ["ada.lovelace@analytical.test", "Ada", "Lovelace", "Analytical Engines"];
        check(password, &PasswordPolicy::default(), &known, "password", Language::En)
            .map_err(|error| error.code())
    }

    #[test]
    fn password_of_several_uncommon_words_is_accepted() {
        assert_eq!(code("Atrium-demo-2026!"), Ok(()));
        assert_eq!(code("violet teapot gravel 91"), Ok(()));
        assert_eq!(code("пароль-из-редких-слов"), Ok(()));
    }

    #[test]
    fn password_below_twelve_characters_is_too_short_whatever_its_bytes() {
        assert_eq!(code("kX9$vQ2!mZp"), Err("password_too_short"));
        assert_eq!(code("éééééééé"), Err("password_too_short"));
    }

    #[test]
    fn password_of_exactly_the_bounds_is_judged_by_its_strength() {
        assert_eq!(code("kX9$vQ2!mZp4"), Ok(()));
        let longest: String = "kX9$vQ2!mZp4".chars().cycle().take(1_024).collect();
        assert_eq!(code(&longest), Ok(()));
        assert_eq!(code(&format!("{longest}x")), Err("password_too_long"));
    }

    #[test]
    fn common_password_is_refused_also_with_decoration() {
        for common in ["qwertyuiop123", "Password1234", "PASSWORD1234!!", "correct horse battery staple"] {
            assert_eq!(code(common), Err("password_common"), "{common}");
        }
    }

    #[test]
    fn password_of_what_others_know_is_weak() {
        assert_eq!(code("ada.lovelace1"), Err("password_weak"));
        assert_eq!(code("lovelace2026"), Err("password_weak"));
        assert_eq!(code("Ada Lovelace"), Err("password_weak"));
        assert_eq!(code("analyticalengines"), Err("password_weak"));
        assert_eq!(code("adalovelace1815"), Err("password_weak"));
    }

    #[test]
    fn password_with_nul_is_refused() {
        assert_eq!(code("violet\0teapot gravel"), Err("password_control_character"));
    }

    #[test]
    fn advice_is_in_the_language_of_the_person() {
        let check =
            |language| check("aaaaaaaaaaaaaaa", &PasswordPolicy::default(), &[], "password", language);
        let error = check(Language::Fr).unwrap_err();
        let said = error.message.render(Language::Fr);
        assert!(said.contains("répétitions"), "{said}");
        let said = check(Language::En).unwrap_err().message.render(Language::En);
        assert!(said.contains("Repeats"), "{said}");
    }

    #[test]
    fn every_listed_password_is_in_the_form_it_is_compared_in() {
        for listed in COMMON_PASSWORDS.iter() {
            assert_eq!(*listed, listed.trim().to_lowercase(), "edit password/common.txt");
        }
        assert!(COMMON_PASSWORDS.len() > 400);
    }
}
