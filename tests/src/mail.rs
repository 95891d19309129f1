//! Captured mail, read in the order in which it came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use platform::mail::{CaptureMailer, Captured};

/// How long a mail may take. Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// The mailbox of a world, with what a test has read of it.
#[derive(Debug)]
pub(crate) struct Mailbox {
    mailer: CaptureMailer,
    read: Mutex<HashMap<String, u64>>,
}

impl Mailbox {
    pub(crate) fn new(mailer: CaptureMailer) -> Self {
        Self { mailer, read: Mutex::default() }
    }

    pub(crate) async fn next_to(&self, address: &str) -> Arc<Captured> {
        let key = address.to_lowercase();
        let after = self.with(|read| read.get(&key).copied().unwrap_or(0));
        let Some(found) = self.mailer.wait_for(address, after, PATIENCE).await else {
            let subjects: Vec<String> = self.mailer.list().iter().map(|mail| told(mail)).collect();
            panic!("no further mail to {address} came; there are, newest first: {subjects:#?}");
        };
        self.with(|read| read.insert(key, found.id));
        found
    }

    pub(crate) fn all_to(&self, address: &str) -> Vec<Arc<Captured>> {
        let mut all = self.mailer.list();
        all.retain(|mail| mail.message.to.iter().any(|to| to.email.eq_ignore_ascii_case(address)));
        all.reverse();
        all
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, u64>) -> T) -> T {
        act(&mut self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn told(mail: &Captured) -> String {
    let to: Vec<&str> = mail.message.to.iter().map(|to| to.email.as_str()).collect();
    format!("{}: {}", to.join(", "), mail.message.subject)
}

/// A mail, in the hand or shared.
pub trait Mail {
    /// The mail as it was captured.
    fn captured(&self) -> &Captured;
}

impl Mail for Captured {
    fn captured(&self) -> &Captured {
        self
    }
}

impl Mail for Arc<Captured> {
    fn captured(&self) -> &Captured {
        self
    }
}

/// The token in the link of a mail.
///
/// # Panics
/// If the mail has no link with a token.
#[track_caller]
pub fn token_in(mail: &impl Mail) -> String {
    let mail = mail.captured();
    let text = &mail.message.text;
    let Some((_, rest)) = text.split_once("token=") else {
        panic!("no token in the mail {:?}:\n{text}", mail.message.subject);
    };
    rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_.~%".contains(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use kernel::clock::Clock;
    use platform::mail::{Address, Mailer as _, Message};

    use super::*;

    #[tokio::test]
    async fn mails_are_read_one_after_the_other() {
        let mailer = CaptureMailer::in_memory(10, Clock::system());
        let mailbox = Mailbox::new(mailer.clone());
        for token in ["one", "two"] {
            let message = Message {
                to: vec![Address::new("Ada@example.com")],
                subject: token.to_owned(),
                text: format!("Follow http://x.test/verify?token={token}\nthen smile."),
                ..Message::default()
            };
            mailer.send(message).await.unwrap();
        }
        assert_eq!(token_in(&*mailbox.next_to("ada@example.com").await), "one");
        assert_eq!(token_in(&*mailbox.next_to("ADA@example.com").await), "two");
        assert_eq!(mailbox.all_to("ada@example.com").len(), 2);
        assert_eq!(mailbox.all_to("bob@example.com").len(), 0);
    }
}
