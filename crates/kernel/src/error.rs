//! The one error of the platform: a closed set of kinds, each with a message that can be said in the
//! languages we speak, and nothing that could leak an internal text by accident.

use std::{sync::Arc, time::Duration};

use sea_orm::DbErr;

use crate::locale::Language;

/// What functions of the domains return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A message in every language of the API, with `{name}` placeholders.
///
/// Declared as constants beside the rules that use them; `code` is the machine's word for it and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Stable machine-readable code, `snake_case`.
    pub code: &'static str,
    /// English.
    pub en: &'static str,
    /// French.
    pub fr: &'static str,
}

impl Text {
    /// A message constant.
    pub const fn new(code: &'static str, en: &'static str, fr: &'static str) -> Self {
        Self { code, en, fr }
    }

    /// The message with a value for a placeholder.
    pub fn with(self, name: &'static str, value: impl ToString) -> Said {
        Said::from(self).with(name, value)
    }
}

/// A [`Text`] with the values of its placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    text: Text,
    values: Vec<(&'static str, String)>,
}

impl Said {
    /// Adds the value of a placeholder.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    /// The stable machine-readable code.
    pub fn code(&self) -> &'static str {
        self.text.code
    }

    /// The values of the placeholders, by their names.
    pub fn values(&self) -> &[(&'static str, String)] {
        &self.values
    }

    /// The sentence in `language`.
    pub fn render(&self, language: Language) -> String {
        let template = match language {
            Language::En => self.text.en,
            Language::Fr => self.text.fr,
        };
        let mut said = template.to_owned();
        for (name, value) in &self.values {
            said = said.replace(&format!("{{{name}}}"), value);
        }
        said
    }
}

impl From<Text> for Said {
    fn from(text: Text) -> Self {
        Self { text, values: Vec::new() }
    }
}

/// What is wrong with one input field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field in the input, dot-separated: `name`, `items.3.email`.
    pub path: String,
    /// What is wrong.
    pub message: Said,
}

impl FieldError {
    /// An error of the field at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<Said>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The stable machine-readable code.
    pub fn code(&self) -> &'static str {
        self.message.code()
    }
}

/// Why a request was not done. Deliberately without `Display`: async-graphql turns anything printable into a
/// client's error message, which would leak texts of the database.
#[derive(Clone, Debug)]
pub enum Error {
    /// Nobody, or nobody any more, is signed in.
    Unauthenticated(Said),
    /// The viewer may not do this at all (never said about a row: those do not exist).
    Forbidden(Said),
    /// There is no such row for this viewer.
    NotFound(Said),
    /// The input is wrong; every field error that could be found.
    Invalid(Vec<FieldError>),
    /// Somebody else was faster, or the state does not allow it.
    Conflict {
        /// What is in the way.
        message: Said,
        /// Version of the row now, where a stale one was sent.
        current_version: Option<i64>,
    },
    /// A rate or plan limit is reached.
    Limited {
        /// Which one.
        message: Said,
        /// When another try makes sense; none where waiting does not help (plan limits).
        retry_after: Option<Duration>,
    },
    /// Something we depend on is down or busy.
    Unavailable(Said),
    /// Our fault. The client gets a correlation id, the log gets the cause.
    Internal(Arc<Cause>),
}

/// The cause of an internal error, for the log alone.
#[derive(Debug)]
pub struct Cause {
    /// What happened.
    pub text: String,
}

/// Messages of the kernel itself.
pub mod says {
    use super::Text;

    /// Nobody is signed in.
    pub const SIGN_IN: Text = Text::new("sign_in", "Sign in to do this.", "Connectez-vous pour faire cela.");
    /// The viewer lacks a permission.
    pub const LACKS: Text = Text::new(
        "lacks_permission",
        "This needs the permission {permission}.",
        "Cette action exige la permission {permission}.",
    );
    /// No such row.
    pub const NOT_FOUND: Text =
        Text::new("not_found", "{type} {id} was not found.", "{type} {id} est introuvable.");
    /// Stale version.
    pub const STALE: Text = Text::new(
        "stale_version",
        "This {type} was changed by somebody else in the meantime.",
        "Cet élément ({type}) a été modifié par quelqu'un d'autre entre-temps.",
    );
    /// A service is down.
    pub const UNAVAILABLE: Text = Text::new(
        "unavailable",
        "The service is busy. Try again in a moment.",
        "Le service est occupé. Réessayez dans un instant.",
    );
    /// Internal error.
    pub const INTERNAL: Text = Text::new(
        "internal",
        "Something went wrong on our side.",
        "Une erreur s'est produite de notre côté.",
    );
    /// Several fields are wrong.
    pub const INVALID: Text =
        Text::new("invalid", "The input is not valid.", "Les données saisies ne sont pas valides.");
}

impl Error {
    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::Unauthenticated(says::SIGN_IN.into())
    }

    /// The viewer lacks `permission` altogether.
    pub fn lacks(permission: &str) -> Self {
        Self::Forbidden(says::LACKS.with("permission", permission))
    }

    /// No row of this type and id for this viewer.
    pub fn not_found(kind: &str, id: impl ToString) -> Self {
        Self::NotFound(says::NOT_FOUND.with("type", kind).with("id", id))
    }

    /// One wrong field.
    pub fn field(path: impl Into<String>, message: impl Into<Said>) -> Self {
        Self::Invalid(vec![FieldError::new(path, message)])
    }

    /// The state does not allow it.
    pub fn conflict(message: impl Into<Said>) -> Self {
        Self::Conflict { message: message.into(), current_version: None }
    }

    /// A limit is reached.
    pub fn limited(message: impl Into<Said>, retry_after: Option<Duration>) -> Self {
        Self::Limited { message: message.into(), retry_after }
    }

    /// Something we depend on is down; the cause goes to the log.
    pub fn unavailable(cause: impl ToString) -> Self {
        tracing::warn!(cause = %cause.to_string(), "unavailable");
        Self::Unavailable(says::UNAVAILABLE.into())
    }

    /// Our fault; `cause` is for the log alone.
    pub fn internal(cause: impl ToString) -> Self {
        Self::Internal(Arc::new(Cause { text: cause.to_string() }))
    }

    /// The code in `extensions.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::NotFound(_) => "NOT_FOUND",
            Self::Invalid(_) => "INVALID",
            Self::Conflict { .. } => "CONFLICT",
            Self::Limited { .. } => "LIMITED",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// The sentence for people.
    pub fn message(&self) -> Said {
        match self {
            Self::Unauthenticated(said)
            | Self::Forbidden(said)
            | Self::NotFound(said)
            | Self::Unavailable(said)
            | Self::Conflict { message: said, .. }
            | Self::Limited { message: said, .. } => said.clone(),
            Self::Invalid(fields) => match fields.as_slice() {
                [one] => one.message.clone(),
                _ => says::INVALID.into(),
            },
            Self::Internal(_) => says::INTERNAL.into(),
        }
    }

    /// The same error with every field path below `parent` (`items.3`); other kinds are unchanged.
    #[must_use]
    pub fn under(self, parent: &str) -> Self {
        match self {
            Self::Invalid(fields) => Self::Invalid(
                fields
                    .into_iter()
                    .map(|field| FieldError { path: format!("{parent}.{}", field.path), ..field })
                    .collect(),
            ),
            other => other,
        }
    }
}

impl From<FieldError> for Error {
    fn from(field: FieldError) -> Self {
        Self::Invalid(vec![field])
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

/// The edge of GraphQL reads the kernel's error from `source` and says it in the request's language; until then the
/// message is English.
impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let mut out = Self::new(error.message().render(Language::En));
        out.source = Some(Arc::new(error));
        out
    }
}

/// Collects field errors, so that a client learns of all of them at once.
#[derive(Debug, Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the error of a check, if it is one, and gives its value.
    pub fn take<T>(&mut self, checked: std::result::Result<T, FieldError>) -> Option<T> {
        checked.map_err(|error| self.0.push(error)).ok()
    }

    /// Adds an error unless `holds`.
    pub fn require(&mut self, holds: bool, path: &str, message: impl Into<Said>) {
        if !holds {
            self.add(path, message);
        }
    }

    /// Adds an error.
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<Said>) {
        self.0.push(FieldError::new(path, message));
    }

    /// Errs with everything collected, if anything.
    pub fn check(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}
