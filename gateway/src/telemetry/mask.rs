//! What may not stand in the log: addresses, phone numbers, tokens and passwords inside texts, and fields that hold
//! nothing else.

/// What stands where something was taken out.
const MASK: &str = "•••";

/// Parts of names of fields whose values are never logged.
const SECRET_NAMES: [&str; 12] = [
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "cookie",
    "api_key",
    "apikey",
    "phone",
    "credential",
    "private",
    "otp",
];

/// Whether a field's value is never logged, by the field's name.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

/// The text with mail addresses, phone numbers, tokens and passwords taken out.
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    let mut secret_follows = false;
    while !rest.is_empty() {
        if let Some(length) = phone(rest, masked.chars().last()) {
            masked.push_str(MASK);
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        let word_end = rest.find(is_separator).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(word_end);
        if word.is_empty() {
            let Some(separator) = rest.chars().next() else { break };
            masked.push(separator);
            rest = rest.get(separator.len_utf8()..).unwrap_or_default();
            continue;
        }
        if word.bytes().all(|byte| byte == b':') {
            // Reason: a sign between a name and its value; whether a secret follows stays as it is.
            masked.push_str(word);
            rest = tail;
            continue;
        }
        if secret_follows || is_token(word) {
            masked.push_str(MASK);
        } else {
            masked.push_str(&mask_addresses(word));
        }
        secret_follows = announces_secret(word, tail);
        rest = tail;
    }
    masked
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || "\"'`<>(),;[]{}=|&?\\".contains(character)
}

/// Whether what follows the word is a secret: `Bearer …`, `password=…`, `token: …`, `"token":"…"`.
fn announces_secret(word: &str, tail: &str) -> bool {
    let scheme = ["Bearer", "Basic", "bearer", "basic"].contains(&word);
    let assigned = word.ends_with(':') || ["=", "\":", "\\\":"].iter().any(|sign| tail.starts_with(sign));
    scheme || (assigned && is_secret(word))
}

/// JSON Web Tokens, keys and other long random texts; no UUIDs, which are ids.
fn is_token(word: &str) -> bool {
    let is_url_safe =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/".contains(&byte));
    let (digits, letters) =
        (word.bytes().any(|byte| byte.is_ascii_digit()), word.bytes().any(|byte| byte.is_ascii_alphabetic()));
    let jwt = word.starts_with("ey") && word.matches('.').count() == 2 && word.len() > 30;
    let random = word.len() >= 32 && digits && letters && !word.contains(['.', '/']) && !is_uuid(word);
    is_url_safe(word) && (jwt || random)
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Mail addresses keep their domain; user and password of URLs go.
fn mask_addresses(word: &str) -> String {
    let (scheme, rest) = match word.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, word),
    };
    let host_end = if scheme.is_some() { rest.find('/').unwrap_or(rest.len()) } else { rest.len() };
    let (authority, path) = rest.split_at(host_end);
    match (authority.rsplit_once('@'), scheme) {
        (Some((_, host)), Some(scheme)) => format!("{scheme}://{MASK}@{host}{}", mask_addresses(path)),
        (Some((local, domain)), None) if !local.is_empty() && !domain.is_empty() => {
            format!("{MASK}@{domain}")
        }
        (None, Some(scheme)) if path.contains('@') => {
            format!("{scheme}://{authority}{}", mask_addresses(path))
        }
        _ => word.to_owned(),
    }
}

/// Length of the phone number that the text begins with: `+` and at least eight digits, or a leading zero and nine more
/// in the way they are written in France, with spaces, dots or hyphens between pairs.
fn phone(text: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|before| before.is_alphanumeric() || "-_.:+".contains(before)) {
        return None;
    }
    let international = text.starts_with('+');
    if !international && !text.starts_with('0') {
        return None;
    }
    let (mut digits, mut end) = (0, 0);
    for (at, character) in text.char_indices() {
        match character {
            '+' if at == 0 => {}
            '0'..='9' => {
                digits += 1;
                end = at + 1;
            }
            ' ' | '.' | '-' | '(' | ')' | '\u{a0}' | '\u{202f}' if digits > 0 && digits < 15 => {}
            _ => break,
        }
        if !international && digits == 10 {
            break;
        }
    }
    let followed = text.get(end..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
    let enough = if international { (8..=15).contains(&digits) } else { digits == 10 };
    (enough && !followed).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_numbers_and_tokens_are_taken_out() {
        for (text, masked) in [
            ("mail to ada.lovelace+x@example.com failed", "mail to •••@example.com failed"),
            ("<ada@example.com>, bob@example.org", "<•••@example.com>, •••@example.org"),
            ("call +33 6 12 34 56 78 now", "call ••• now"),
            ("call 06 12 34 56 78, or 0612345678", "call •••, or •••"),
            ("Authorization: Bearer abc.def", "Authorization: ••• •••"),
            ("password=hunter2 user=x", "password=••• user=x"),
            (
                "postgres://u:hunter2@db.example:5432/atrium refused",
                "postgres://•••@db.example:5432/atrium refused",
            ),
            ("eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "•••"),
            ("key atr_4fGh29sKq0ZxLm81Pqw7Rt5Yu3Io", "key •••"),
            (r#"{"token":"abc","n":1}"#, r#"{"token":"•••","n":1}"#),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn ordinary_lines_are_left_as_they_are() {
        for text in [
            "a connection was not accepted: Too many open files (os error 24)",
            "request 01932b7c-1d2e-7f00-8000-000000000000 took 12 ms",
            "project prj_01h455vb4pex5vsknk084sn02q at 2026-11-20 10:11:12.123",
            "UNIQUE constraint failed: identity_users.email",
            "https://portal.example.com/path?x=1#y",
            "0.5 of 1000000000 @ 3",
            "",
            "é ü 日本",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn fields_with_secrets_are_told_by_name() {
        for name in [
            "password",
            "newPassword",
            "access_token",
            "Authorization",
            "set-cookie",
            "user.phone",
            "client_secret",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["operation", "code", "request_id", "millis", "keyboard"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
