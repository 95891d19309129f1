//! Why a command did not do what it was asked, and the exit code that says so.

use std::process::ExitCode;

use kernel::{Error, locale::Language};

use crate::{config::ConfigErrors, seed::SeedError};

/// Why a command ended without success.
#[derive(Debug)]
pub enum Failure {
    /// It was tried and failed: exit code 1.
    Failed(anyhow::Error),
    /// Arguments or configuration are wrong: exit code 2.
    Usage(String),
    /// What was asked for is not there, or not healthy: exit code 3.
    NotFound(String),
}

impl Failure {
    /// Tried and failed, for a reason in words.
    pub fn failed(why: impl Into<String>) -> Self {
        Self::Failed(anyhow::Error::msg(why.into()))
    }

    /// The code that the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// The number behind [`Failure::exit_code`].
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
        }
    }

    /// What happened, with every cause.
    pub fn message(&self) -> String {
        match self {
            Self::Failed(error) => format!("{error:#}"),
            Self::Usage(message) | Self::NotFound(message) => message.clone(),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::Usage(errors.to_string())
    }
}

impl From<SeedError> for Failure {
    fn from(error: SeedError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

/// Wrong fields are wrong arguments. Whoever runs the command runs the installation, so causes are shown.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(said) => Self::NotFound(said.render(Language::En)),
            Error::Invalid(fields) => {
                let lines: Vec<String> = fields
                    .iter()
                    .map(|field| format!("{}: {}", field.path, field.message.render(Language::En)))
                    .collect();
                Self::Usage(lines.join("\n"))
            }
            Error::Internal(cause) => Self::failed(cause.text.clone()),
            other => Self::failed(other.message().render(Language::En)),
        }
    }
}
