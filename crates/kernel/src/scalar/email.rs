//! E-mail addresses.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::str::FromStr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;
use unicode_security::{GeneralSecurityProfile, MixedScript};

use super::{ScalarError, text_scalar};
use crate::error::Text;

/// The text is no e-mail address.
pub const BAD_EMAIL: Text = Text::new(
    "bad_email",
    "This is not an e-mail address such as name@example.com.",
    "Ce n'est pas une adresse e-mail comme nom@example.com.",
);

/// The address mixes scripts whose letters look alike.
pub const EMAIL_LOOKS_LIKE_ANOTHER: Text = Text::new(
    "email_looks_like_another",
    "This e-mail address mixes alphabets, so it can be mistaken for another one.",
    "Cette adresse e-mail mélange des alphabets et peut être confondue avec une autre.",
);

/// Longest address, in bytes: what RFC 5321 leaves of a path of 256.
const MAX_BYTES: usize = 254;

/// Longest part before the `@`, in bytes (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// An e-mail address in the form that is stored and compared: trimmed, NFC, lower case, the domain in ASCII. Quoted
/// local parts, comments and address literals are refused; letters of one script at a time are allowed before the `@`
/// (RFC 6531).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String", column_type = "Text")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The domain in lower-case ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for EmailAddress {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        let text = text.trim();
        // Reason: no address of the allowed length is this long in any spelling, and the steps below cost time.
        if text.len() > 4 * MAX_BYTES {
            return Err(BAD_EMAIL.into());
        }
        let (local, domain) = text.rsplit_once('@').ok_or(BAD_EMAIL)?;
        let address = format!("{}@{}", checked_local(local)?, checked_domain(domain)?);
        if address.len() > MAX_BYTES { Err(BAD_EMAIL.into()) } else { Ok(Self(address)) }
    }
}

/// The local part: a dot-string of RFC 5321 with the letters RFC 6531 adds, as far as they can be told apart.
fn checked_local(local: &str) -> Result<String, ScalarError> {
    let local: String = local.to_lowercase().nfc().collect();
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if local.is_empty() || local.len() > MAX_LOCAL_BYTES || dots || !local.chars().all(in_local) {
        return Err(BAD_EMAIL.into());
    }
    if !local.is_single_script() {
        return Err(EMAIL_LOOKS_LIKE_ANOTHER.into());
    }
    Ok(local)
}

/// `atext` of RFC 5322, dots, and the letters and digits that Unicode recommends for identifiers (UTS 39).
fn in_local(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(character)
    } else {
        character.identifier_allowed() && character.is_alphanumeric() || is_mark(character)
    }
}

/// Marks that complete letters of scripts such as Devanagari.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character) && character.identifier_allowed()
}

/// The domain in ASCII: two labels at least, each of one script.
fn checked_domain(domain: &str) -> Result<Cow<'_, str>, ScalarError> {
    let uts46 = Uts46::new();
    let ascii = uts46
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map_err(|_| ScalarError::from(BAD_EMAIL))?;
    let top = ascii.rsplit_once('.').map(|(_, top)| top).ok_or(BAD_EMAIL)?;
    if top.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BAD_EMAIL.into());
    }
    // Reason: a domain may arrive in its ASCII form already, so what it means is judged, not what was typed.
    let (readable, valid) = uts46.to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    valid.map_err(|_| ScalarError::from(BAD_EMAIL))?;
    if readable.split('.').all(MixedScript::is_single_script) {
        Ok(ascii)
    } else {
        Err(EMAIL_LOOKS_LIKE_ANOTHER.into())
    }
}

impl Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_scalar! {
    /// An e-mail address, answered in lower case with its domain in ASCII, of at most 254 bytes.
    EmailAddress, "EmailAddress", "https://www.rfc-editor.org/rfc/rfc5321"
}
