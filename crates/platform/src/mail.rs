//! Mail: what a message is, and the trait behind which it leaves the program.

pub mod capture;
pub mod smtp;
pub mod templates;

pub use capture::{CaptureMailer, Captured};
pub use smtp::SmtpMailer;
pub use templates::{Rendered, TemplateKind, Templates};

use crate::settings::{MailSettings, MailTransport};
use async_trait::async_trait;
use kernel::clock::Clock;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// Opens the way out that the settings name. Captured mail is kept in `folder`.
///
/// Blocks on the file system; must be called within a Tokio runtime, and dropped within one.
///
/// # Errors
/// A permanent [`MailError`] if the sender is no mailbox, or the folder or certificates cannot be used.
pub fn open(settings: &MailSettings, folder: &Path, clock: Clock) -> Result<Outbound, MailError> {
    settings.from.parse::<Address>()?;
    match settings.transport {
        MailTransport::Capture => {
            let mailbox = CaptureMailer::in_folder(folder, settings.capture.capacity, clock)
                .map_err(|error| MailError::permanent(format!("the mailbox folder: {error}")))?;
            Ok(Outbound { mailer: Arc::new(mailbox.clone()), mailbox: Some(mailbox) })
        }
        MailTransport::Smtp => {
            let mailer = SmtpMailer::new(&settings.smtp, &settings.from, clock)?;
            Ok(Outbound { mailer: Arc::new(mailer), mailbox: None })
        }
    }
}

/// The way out for mail, and the mailbox to show if nothing really leaves.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Sends, or keeps.
    pub mailer: Arc<dyn Mailer>,
    /// The captured mail, if it is captured.
    pub mailbox: Option<CaptureMailer>,
}

/// A way out for mail.
#[async_trait]
pub trait Mailer: Send + Sync + fmt::Debug {
    /// Hands one message over. Returning means that the next hop (or the mailbox page) has it.
    ///
    /// # Errors
    /// [`MailError`]; if it is `transient`, the same message may be tried again later. After a lost
    /// connection it may arrive twice: give it a `message_id`, so that receivers can tell.
    async fn send(&self, message: Message) -> Result<(), MailError>;
}

/// One message to its recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Recipients, at least one. All of them see each other.
    pub to: Vec<Address>,
    /// Sender; the configured one if `None`.
    #[serde(default)]
    pub from: Option<Address>,
    /// Where answers go, if not to the sender.
    #[serde(default)]
    pub reply_to: Option<Address>,
    /// One line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    #[serde(default)]
    pub html: Option<String>,
    /// Further headers (`List-Unsubscribe`, `In-Reply-To`, `X-…`). Those that the mailer writes
    /// itself are refused.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// BCP 47 tag of the language of subject and text; written as `Content-Language`.
    pub locale: String,
    /// `Message-ID` without angle brackets; drawn at random if `None`. Repeated tries of one message
    /// should bear the same.
    #[serde(default)]
    pub message_id: Option<String>,
}

/// A mailbox: an address and the name to show with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// `local@domain`.
    pub email: String,
    /// Name to show.
    #[serde(default)]
    pub name: Option<String>,
}

impl Address {
    /// An address without a name.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), name: None }
    }

    /// An address with a name to show.
    pub fn named(email: impl Into<String>, name: impl Into<String>) -> Self {
        Self { email: email.into(), name: Some(name.into()) }
    }

    fn check(&self) -> Result<(), MailError> {
        if lettre::Address::from_str(&self.email).is_err() {
            return Err(MailError::permanent(format!("not a mail address: {:?}", self.email)));
        }
        one_line("a name", self.name.as_deref().unwrap_or_default())
    }
}

/// Reads `address` or `Name <address>`.
impl FromStr for Address {
    type Err = MailError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mailbox: lettre::message::Mailbox =
            text.parse().map_err(|_| MailError::permanent(format!("not a mail address: {text:?}")))?;
        Ok(Self { email: mailbox.email.to_string(), name: mailbox.name })
    }
}

impl Message {
    /// Checks what every mailer relies on, above all that no value can begin a header of its own.
    ///
    /// # Errors
    /// A permanent [`MailError`] that names the faulty part.
    pub fn check(&self) -> Result<(), MailError> {
        if self.to.is_empty() {
            return Err(MailError::permanent("a message without recipients"));
        }
        self.to.iter().chain(&self.from).chain(&self.reply_to).try_for_each(Address::check)?;
        one_line("the subject", &self.subject)?;
        one_line("the locale", &self.locale)?;
        if let Some(id) = &self.message_id {
            one_line("the message id", id)?;
            let well_formed = id.contains('@') && !id.contains(['<', '>', ' ']) && id.is_ascii();
            if !well_formed {
                return Err(MailError::permanent(format!("not a message id: {id:?}")));
            }
        }
        self.headers.iter().try_for_each(|(name, value)| check_header(name, value))
    }
}

/// Why a message was not handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailError {
    /// Whether the same message may be accepted later: the server is away, busy or set up wrongly.
    /// Otherwise the message or its recipient is refused for good.
    pub transient: bool,
    /// What happened, for the log.
    pub reason: String,
}

impl MailError {
    /// A refusal for good.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self { transient: false, reason: reason.into() }
    }

    /// A failure that may pass.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self { transient: true, reason: reason.into() }
    }
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for MailError {}

impl From<MailError> for kernel::Error {
    fn from(error: MailError) -> Self {
        if error.transient { Self::unavailable(error) } else { Self::internal(error) }
    }
}

fn one_line(what: &str, value: &str) -> Result<(), MailError> {
    if value.chars().any(char::is_control) {
        return Err(MailError::permanent(format!("{what} holds a line break or control character")));
    }
    Ok(())
}

/// Headers that the mailer writes from the message's own fields.
const OWN_HEADERS: [&str; 13] = [
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-language",
];

fn check_header(name: &str, value: &str) -> Result<(), MailError> {
    // RFC 5322, section 2.2: printable US-ASCII but the colon; lettre allows at most 76 of them.
    let well_formed =
        (1..=76).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
    if !well_formed {
        return Err(MailError::permanent(format!("not a header name: {name:?}")));
    }
    if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(MailError::permanent(format!("the header {name} is the mailer's own")));
    }
    one_line(&format!("the header {name}"), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            to: vec![Address::named("ada@example.com", "Ada")],
            subject: "Hello".into(),
            text: "Hello Ada".into(),
            locale: "en".into(),
            ..Message::default()
        }
    }

    #[test]
    fn address_reads_with_and_without_a_name() {
        assert_eq!("a@example.com".parse(), Ok(Address::new("a@example.com")));
        let named = "Ada L. <a@example.com>".parse();
        assert_eq!(named, Ok(Address::named("a@example.com", "Ada L.")));
        assert!("nobody".parse::<Address>().is_err());
    }

    #[test]
    fn line_break_is_refused_wherever_it_could_begin_a_header() {
        let evil = "x\r\nBcc: eve@example.com";
        let with = |change: fn(&mut Message, String)| {
            let mut message = message();
            change(&mut message, evil.to_owned());
            message.check()
        };
        let refused = [
            with(|m, s| m.subject = s),
            with(|m, s| m.locale = s),
            with(|m, s| m.message_id = Some(s)),
            with(|m, s| m.to[0].name = Some(s)),
            with(|m, s| m.to[0].email = s),
            with(|m, s| m.from = Some(Address::named("a@example.com", s))),
            with(|m, s| m.reply_to = Some(Address::new(s))),
            with(|m, s| m.headers.push(("X-A".into(), s))),
            with(|m, s| m.headers.push((s, "x".into()))),
        ];
        for (number, result) in refused.into_iter().enumerate() {
            assert!(!result.unwrap_err().transient, "case {number}");
        }
        assert_eq!(message().check(), Ok(()));
    }

    #[test]
    fn headers_of_the_mailer_cannot_be_overridden() {
        let mut message = message();
        message.headers.push(("List-Unsubscribe".into(), "<https://example.com/u>".into()));
        assert_eq!(message.check(), Ok(()));
        message.headers.push(("BCC".into(), "eve@example.com".into()));
        assert!(message.check().is_err());
    }

    #[tokio::test]
    async fn settings_choose_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail");
        let mut settings = MailSettings::default();
        let opened = open(&settings, &path, Clock::system()).unwrap();
        opened.mailer.send(message()).await.unwrap();
        assert_eq!(opened.mailbox.unwrap().list().len(), 1);
        settings.transport = MailTransport::Smtp;
        assert!(open(&settings, &path, Clock::system()).unwrap().mailbox.is_none());
        settings.from = "nobody".into();
        assert!(open(&settings, &path, Clock::system()).is_err());
    }

    #[test]
    fn message_without_recipients_is_refused() {
        assert!(Message { to: vec![], ..message() }.check().is_err());
    }
}
