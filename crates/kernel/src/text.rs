//! Texts that people type: trimmed, in normal form, without characters that deceive or break, within bounds. Every
//! domain checks its text fields with these, so that a name is the same thing everywhere.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::error::{FieldError, Said, Text};

/// The field may not be empty.
pub const REQUIRED: Text = Text::new("required", "This may not be empty.", "Ce champ est obligatoire.");

/// The text is too long.
pub const TOO_LONG: Text = Text::new(
    "too_long",
    "This is too long: at most {max} characters.",
    "C'est trop long : {max} caractères au plus.",
);

/// The text is too long, counted in bytes.
pub const TOO_MANY_BYTES: Text = Text::new(
    "too_long",
    "This is too long: at most {max} bytes.",
    "C'est trop long : {max} octets au plus.",
);

/// The text holds a character that may not be in it.
pub const FORBIDDEN_CHARACTER: Text = Text::new(
    "forbidden_character",
    "This contains a character that is not allowed here ({character}).",
    "Ce texte contient un caractère non autorisé ici ({character}).",
);

/// The text is no slug.
pub const BAD_SLUG: Text = Text::new(
    "bad_slug",
    "Use 3 to 40 lower-case letters, digits and single hyphens, starting with a letter.",
    "Utilisez 3 à 40 lettres minuscules, chiffres et tirets simples, en commençant par une lettre.",
);

/// The slug is kept for the platform.
pub const RESERVED_SLUG: Text = Text::new(
    "reserved_slug",
    "This name is reserved. Choose another.",
    "Ce nom est réservé. Choisissez-en un autre.",
);

/// There are too many tags.
pub const TOO_MANY_TAGS: Text =
    Text::new("too_many", "At most {max} tags are allowed.", "{max} étiquettes au plus sont autorisées.");

/// The text is no phone number.
pub const BAD_PHONE: Text = Text::new(
    "bad_phone",
    "This is not a phone number such as +33 1 23 45 67 89.",
    "Ce n'est pas un numéro de téléphone comme +33 1 23 45 67 89.",
);

/// What a check gives: the text as it is stored, or the error of its field.
pub type Checked<T> = std::result::Result<T, FieldError>;

/// Longest name, in characters as people count them (grapheme clusters).
pub const NAME_MAX: usize = 100;

/// Bytes allowed for each character of a line: three hold every script in common use, and stop piles of marks.
const BYTES_PER_CHARACTER: usize = 3;

/// Most tags a thing may have.
pub const TAGS_MAX: usize = 20;

/// Longest tag, in characters.
pub const TAG_MAX: usize = 40;

/// Words that addresses of the platform itself use or may come to use.
const RESERVED_SLUGS: &[&str] = &[
    "abuse",
    "account",
    "admin",
    "administrator",
    "api",
    "app",
    "assets",
    "atrium",
    "auth",
    "autoconfig",
    "autodiscover",
    "billing",
    "blog",
    "cdn",
    "console",
    "dashboard",
    "demo",
    "dev",
    "dns",
    "docs",
    "download",
    "email",
    "example",
    "files",
    "ftp",
    "graphql",
    "graphiql",
    "health",
    "help",
    "hostmaster",
    "imap",
    "internal",
    "invite",
    "legal",
    "localhost",
    "login",
    "logout",
    "mail",
    "metrics",
    "mta-sts",
    "new",
    "noreply",
    "no-reply",
    "null",
    "oauth",
    "ops",
    "pop",
    "postmaster",
    "privacy",
    "public",
    "register",
    "root",
    "security",
    "settings",
    "signin",
    "signup",
    "smtp",
    "sso",
    "staging",
    "static",
    "status",
    "support",
    "system",
    "test",
    "undefined",
    "uploads",
    "webhook",
    "webhooks",
    "webmail",
    "webmaster",
    "www",
];

/// A name of a person, company or thing: one line of 1 to [`NAME_MAX`] characters.
///
/// # Errors
/// Empty, too long, or with a forbidden character.
pub fn name(text: &str, path: &str) -> Checked<String> {
    line(text, path, NAME_MAX)
}

/// One line of 1 to `max` characters, trimmed, in NFC. Letters of every script are welcome; control characters,
/// line breaks, overrides of the writing direction and invisible fillers are not.
///
/// # Errors
/// Empty, too long, or with a forbidden character.
pub fn line(text: &str, path: &str, max: usize) -> Checked<String> {
    let text = normal(text.trim(), path, max * BYTES_PER_CHARACTER, TOO_LONG.with("max", max))?;
    if let Some(character) = text.chars().find(|character| deceives(*character) || breaks_line(*character)) {
        return Err(forbidden(path, character));
    }
    if !text.chars().any(is_visible) {
        return Err(FieldError::new(path, REQUIRED));
    }
    if text.graphemes(true).count() > max {
        return Err(FieldError::new(path, TOO_LONG.with("max", max)));
    }
    Ok(text)
}

/// A line that may be left out: absent, empty and blank all mean none.
///
/// # Errors
/// Too long, or with a forbidden character.
pub fn optional_line(text: Option<&str>, path: &str, max: usize) -> Checked<Option<String>> {
    let given = text.filter(|text| !text.trim().is_empty());
    given.map(|text| line(text, path, max)).transpose()
}

/// Text of many lines in Markdown, of at most `max` bytes, possibly empty: trailing blanks cut, in NFC, with line
/// breaks as `\n`. Nothing is escaped: whoever shows it makes HTML of it safely.
///
/// # Errors
/// Too long, or with a forbidden character.
pub fn markdown(text: &str, path: &str, max: usize) -> Checked<String> {
    let text = text.trim_end().trim_start_matches(['\r', '\n']);
    let text = normal(text, path, max, TOO_MANY_BYTES.with("max", max))?;
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    match text.chars().find(|character| deceives(*character) && !matches!(character, '\n' | '\t')) {
        Some(character) => Err(forbidden(path, character)),
        None => Ok(text),
    }
}

/// A slug: 3 to 40 of `a-z`, `0-9` and single hyphens inside, starting with a letter, and none of the platform's own
/// words. It can stand as a label of a domain name.
///
/// # Errors
/// Anything else.
pub fn slug(text: &str, path: &str) -> Checked<String> {
    let text = text.trim();
    let shape = (3..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--");
    if !shape {
        return Err(FieldError::new(path, BAD_SLUG));
    }
    if RESERVED_SLUGS.contains(&text) {
        return Err(FieldError::new(path, RESERVED_SLUG));
    }
    Ok(text.to_owned())
}

/// Tags: at most [`TAGS_MAX`] lines of at most [`TAG_MAX`] characters, in the order given, each once however its
/// letters are cased. A wrong one is named by its place: `tags.3`.
///
/// # Errors
/// Too many, or the first tag that is no line.
pub fn tags<S: AsRef<str>>(tags: &[S], path: &str) -> Checked<Vec<String>> {
    if tags.len() > TAGS_MAX {
        return Err(FieldError::new(path, TOO_MANY_TAGS.with("max", TAGS_MAX)));
    }
    let mut kept: Vec<String> = Vec::with_capacity(tags.len());
    for (index, tag) in tags.iter().enumerate() {
        let tag = line(tag.as_ref(), &format!("{path}.{index}"), TAG_MAX)?;
        if !kept.iter().any(|known| known.to_lowercase() == tag.to_lowercase()) {
            kept.push(tag);
        }
    }
    Ok(kept)
}

/// A phone number as it is stored: digits, with a leading `+` where the country is given (E.164, 5 to 15 digits).
/// Blanks, hyphens, dots, slashes and parentheses are dropped, and a leading `00` is a `+`.
///
/// # Errors
/// Anything else; extensions and letters included.
pub fn phone(text: &str, path: &str) -> Checked<String> {
    let bad = || FieldError::new(path, BAD_PHONE);
    let text = text.trim();
    if text.len() > 40 {
        return Err(bad());
    }
    let number: String = text
        .chars()
        .filter(|character| !matches!(character, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')'))
        .collect();
    let (plus, digits) = match number.strip_prefix('+').or_else(|| number.strip_prefix("00")) {
        Some(digits) => ("+", digits),
        None => ("", number.as_str()),
    };
    let digits_only = digits.bytes().all(|byte| byte.is_ascii_digit());
    // Reason: no country code starts with a zero, so `+0…` is a national number with a stray plus.
    let country = plus.is_empty() || !digits.starts_with('0');
    if (5..=15).contains(&digits.len()) && digits_only && country {
        Ok(format!("{plus}{digits}"))
    } else {
        Err(bad())
    }
}

/// In NFC, within `max_bytes`.
fn normal(text: &str, path: &str, max_bytes: usize, too_long: Said) -> Checked<String> {
    // Reason: NFC can shorten a text to a third; what is longer than that is not worth the work of finding out.
    if text.len() > max_bytes.saturating_mul(3).saturating_add(8) {
        return Err(FieldError::new(path, too_long));
    }
    let text: String = text.nfc().collect();
    if text.len() > max_bytes { Err(FieldError::new(path, too_long)) } else { Ok(text) }
}

/// Characters that no text may hold: controls, overrides and isolates of the writing direction, invisible fillers,
/// codes that are no characters. Marks of direction and joiners are fine: Arabic, Hebrew, Persian and emoji need them.
fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}' | '\u{2060}'..='\u{206f}' | '\u{202a}'..='\u{202e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
        || u32::from(character) & 0xfffe == 0xfffe
}

fn breaks_line(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

/// Whether a character leaves a trace on paper by itself.
fn is_visible(character: char) -> bool {
    !character.is_whitespace()
        && !matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200c}'..='\u{200f}' | '\u{2800}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
        && !unicode_normalization::char::is_combining_mark(character)
}

fn forbidden(path: &str, character: char) -> FieldError {
    let code = format!("U+{:04X}", u32::from(character));
    FieldError::new(path, FORBIDDEN_CHARACTER.with("character", code))
}

#[cfg(test)]
mod tests;
