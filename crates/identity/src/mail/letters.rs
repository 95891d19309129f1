//! The letters and their templates: one file for each letter and language in `templates/`, from which subject, plain text
//! and HTML are made.
//!
//! A file is its subject, a blank line, and paragraphs; a paragraph that is `[label](address)` becomes a button.

use platform::mail::{
    TemplateKind::{Html, Subject, Text},
    Templates,
    templates::TemplateError,
};
use serde::{Deserialize, Serialize};

/// Which letter. Every one needs `given_name` (may be empty), `tenant` and `link`, and what stands at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Confirm a new person's address: `hours`.
    VerifyEmail,
    /// A person with an account joins another tenant: `hours`.
    JoinExisting,
    /// A member tried to register again.
    AlreadyRegistered,
    /// An invitation: `inviter`, `days`.
    Invitation,
    /// Choose a new password: `minutes`.
    PasswordReset,
    /// The password was changed: `when`.
    PasswordChanged,
    /// To the present address: confirm that another will take its place: `new_email`, `hours`.
    ChangeEmailOld,
    /// To the new address: `new_email`, `hours`.
    ChangeEmailNew,
    /// Locked out: `minutes`, `ip`.
    AccountLocked,
    /// Signed in from an unknown device: `device`, `ip`, `when`.
    NewDeviceLogin,
    /// The account is ready.
    Welcome,
    /// An export of personal data is ready: `days`.
    PersonalDataExport,
    /// A timer runs for too long: `hours`.
    TimerForgotten,
    /// A timer ran for too long and was stopped: `hours`.
    TimerStopped,
    /// A week was not handed in: `week`.
    TimesheetReminder,
    /// A client is asked how satisfied they are: `project`.
    FeedbackRequested,
    /// A client has yet to answer that: `project`.
    FeedbackReminder,
}

macro_rules! sources {
    ($($kind:ident $file:literal),+ $(,)?) => {
        impl Kind {
            /// Every letter.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name of its template.
            pub const fn template(self) -> &'static str {
                match self { $(Self::$kind => concat!("identity.", $file)),+ }
            }

            fn sources(self) -> [(&'static str, &'static str); 2] {
                match self {
                    $(Self::$kind => [
                        ("en", include_str!(concat!("templates/en/", $file, ".md"))),
                        ("fr", include_str!(concat!("templates/fr/", $file, ".md"))),
                    ]),+
                }
            }
        }
    };
}

sources! {
    VerifyEmail "verify_email",
    JoinExisting "join_existing",
    AlreadyRegistered "already_registered",
    Invitation "invitation",
    PasswordReset "password_reset",
    PasswordChanged "password_changed",
    ChangeEmailOld "change_email_old",
    ChangeEmailNew "change_email_new",
    AccountLocked "account_locked",
    NewDeviceLogin "new_device_login",
    Welcome "welcome",
    PersonalDataExport "personal_data_export",
    TimerForgotten "timer_forgotten",
    TimerStopped "timer_stopped",
    TimesheetReminder "timesheet_reminder",
    FeedbackRequested "feedback_requested",
    FeedbackReminder "feedback_reminder",
}

const LAYOUT: &str = include_str!("templates/layout.html");

/// Adds every letter in every language.
///
/// # Errors
/// If a template is not understood.
pub fn register(templates: &mut Templates) -> Result<(), TemplateError> {
    for kind in Kind::ALL {
        for (locale, source) in kind.sources() {
            let (subject, body) = source.split_once("\n\n").unwrap_or((source, ""));
            templates.add(kind.template(), locale, Subject, subject)?;
            templates.add(kind.template(), locale, Text, &text(body))?;
            templates.add(kind.template(), locale, Html, &html(locale, body))?;
        }
    }
    Ok(())
}

/// The plain text: a button becomes its label and, on a line of its own, its address.
fn text(body: &str) -> String {
    let paragraphs = body.trim().split("\n\n").map(|paragraph| match button(paragraph) {
        Some((label, link)) => format!("{label}:\n{link}"),
        None => paragraph.to_owned(),
    });
    paragraphs.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// The HTML. The source is ours and holds no markup; values are escaped by the engine when they are filled in.
fn html(locale: &str, body: &str) -> String {
    let paragraphs = body.trim().split("\n\n").map(|paragraph| match button(paragraph) {
        Some((label, link)) => format!(
            "<p style=\"margin:24px 0\"><a href=\"{link}\" style=\"display:inline-block;padding:12px 20px;\
             background:#1f4fd8;color:#ffffff;border-radius:6px;text-decoration:none\">{label}</a></p>"
        ),
        None => format!("<p>{paragraph}</p>"),
    });
    LAYOUT
        .replace("<!-- language -->", locale)
        .replace("<!-- body -->", &paragraphs.collect::<Vec<_>>().join("\n"))
}

fn button(paragraph: &str) -> Option<(&str, &str)> {
    paragraph.trim().strip_prefix('[')?.strip_suffix(')')?.split_once("](")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn templates() -> Templates {
        let mut all = Templates::new().unwrap();
        register(&mut all).unwrap();
        all
    }

    fn everything() -> serde_json::Value {
        json!({
            "given_name": "Ada", "tenant": "Acme & <Co>", "link": "https://a.test/x?token=t_1", "hours": 24, "days": 7,
            "minutes": 60, "inviter": "Grace Hopper", "when": "today", "new_email": "n@a.test", "ip": "192.0.2.1",
            "device": "Firefox on Linux", "week": "2026-03-02", "project": "Website",
        })
    }

    #[test]
    fn every_letter_renders_in_every_language_with_its_link() {
        let templates = templates();
        templates.check().unwrap();
        for kind in Kind::ALL {
            for locale in ["en", "fr"] {
                let letter = templates.render(kind.template(), locale, &everything()).unwrap();
                let html = letter.html.unwrap();
                assert_eq!(letter.locale, locale);
                assert!(
                    letter.text.contains(":\nhttps://a.test/x?token=t_1"),
                    "{kind:?} {locale}: {}",
                    letter.text
                );
                assert!(html.contains("token=t_1"), "{kind:?} {locale}");
                assert!(!html.contains("<Co>"), "{kind:?} {locale} does not escape");
                assert!(!letter.subject.is_empty() && letter.subject.len() < 120, "{kind:?} {locale}");
                assert!(!letter.text.contains("{{") && !letter.text.contains("]("), "{kind:?} {locale}");
            }
        }
    }

    #[test]
    fn languages_differ() {
        let templates = templates();
        for kind in Kind::ALL {
            let say = |locale| templates.render(kind.template(), locale, &everything()).unwrap().subject;
            assert_ne!(say("en"), say("fr"), "{kind:?}");
        }
    }

    #[test]
    fn person_without_a_known_name_is_greeted_too() {
        let mut context = everything();
        context["given_name"] = json!("");
        let letter = templates().render(Kind::Invitation.template(), "en", &context).unwrap();
        assert!(letter.text.starts_with("Hello,\n"), "{}", letter.text);
    }
}
