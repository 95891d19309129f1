//! Rules of accounts: what their fields may hold.

use async_graphql::Enum;
use kernel::{FieldError, Text, scalar::EmailAddress};

/// The text is no internet domain.
pub const BAD_DOMAIN: Text = Text::new(
    "bad_domain",
    "This is not an internet domain such as example.com.",
    "Ce n'est pas un domaine Internet comme example.com.",
);

/// The account is archived.
pub const ARCHIVED: Text = Text::new(
    "account_archived",
    "This account is archived. Restore it first.",
    "Ce compte est archivé. Restaurez-le d'abord.",
);

/// Longest line of the smaller fields, in characters.
pub const LINE_MAX: usize = 200;

/// How far a company has come with us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "AccountLifecycle")]
pub enum Lifecycle {
    /// Might become a client.
    #[default]
    Prospect,
    /// Is a client.
    Client,
    /// Was a client.
    Former,
}

impl Lifecycle {
    /// All of them, in the order of a company's life.
    pub const ALL: [Self; 3] = [Self::Prospect, Self::Client, Self::Former];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prospect => "prospect",
            Self::Client => "client",
            Self::Former => "former",
        }
    }

    /// The state of a word of the database.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// An internet domain of two labels at least, in lower-case ASCII; blank means none.
///
/// # Errors
/// Anything else.
pub fn domain(text: &str, path: &str) -> Result<Option<String>, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Reason: what may follow the `@` of an address is exactly what a company's domain may be.
    let address: Result<EmailAddress, _> = format!("x@{text}").parse();
    match address {
        Ok(address) if !text.contains('@') => Ok(Some(address.domain().to_owned())),
        _ => Err(FieldError::new(path, BAD_DOMAIN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifecycle_words_are_read_back() {
        for state in Lifecycle::ALL {
            assert_eq!(Lifecycle::parse(state.as_str()), Some(state));
        }
        assert_eq!(Lifecycle::parse("CLIENT"), None);
    }

    #[test]
    fn domains_are_kept_in_ascii() {
        assert_eq!(domain(" Bücher.Example ", "domain"), Ok(Some("xn--bcher-kva.example".to_owned())));
        assert_eq!(domain("  ", "domain"), Ok(None));
    }

    #[test]
    fn texts_that_are_no_domains_are_refused() {
        for text in
            ["example", "a@example.com", "https://example.com", "exa mple.com", "-a.com", "127.0.0.1", "a..b"]
        {
            assert_eq!(domain(text, "domain").map_err(|error| error.code()), Err("bad_domain"), "{text}");
        }
    }
}
