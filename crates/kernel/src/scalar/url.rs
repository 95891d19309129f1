//! Web addresses.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{ScalarError, text_scalar};
use crate::error::Text;

/// The text is no web address we accept.
pub const BAD_URL: Text = Text::new(
    "bad_url",
    "This is not a web address starting with http:// or https://.",
    "Ce n'est pas une adresse web commençant par http:// ou https://.",
);

/// Longest address accepted, in bytes.
const MAX_BYTES: usize = 2_048;

/// An absolute `http` or `https` address without credentials, in the normal form of the WHATWG standard: the host in
/// lower-case ASCII, everything escaped that must be. Whether the host is one we may call is not decided here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String", column_type = "Text")]
pub struct Url(::url::Url);

impl Url {
    /// The parsed address.
    #[must_use]
    pub fn get(&self) -> &::url::Url {
        &self.0
    }

    /// The address in its normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Url {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        let text = text.trim();
        // Reason: the standard drops tabs and line breaks within an address and turns `\` into `/`; people who mean
        // well type neither.
        let odd = |character: char| character.is_control() || character.is_whitespace() || character == '\\';
        if text.len() > MAX_BYTES || text.contains(odd) {
            return Err(BAD_URL.into());
        }
        let url = ::url::Url::parse(text).map_err(|_| ScalarError::from(BAD_URL))?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let anonymous = url.username().is_empty() && url.password().is_none();
        if web && anonymous && url.as_str().len() <= MAX_BYTES { Ok(Self(url)) } else { Err(BAD_URL.into()) }
    }
}

impl Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

text_scalar! {
    /// An absolute `http` or `https` address without credentials, of at most 2048 bytes.
    Url, "URL", "https://url.spec.whatwg.org/"
}
