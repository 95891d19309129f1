//! The SMTP mailer against a real server: `ATRIUM_TEST_SMTP_ADDR` (`host:port`) accepts every mail and keeps
//! it in the maildir `ATRIUM_TEST_SMTP_DIR`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that unwraps fails where it should")]

use kernel::clock::Clock;
use platform::mail::{Address, Mailer as _, Message, SmtpMailer};
use platform::settings::{SmtpSecurity, SmtpSettings};
use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "the test run names its server in the environment")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run under scripts/with-services"))
}

fn mailer(security: SmtpSecurity) -> SmtpMailer {
    let address = variable("ATRIUM_TEST_SMTP_ADDR");
    let (host, port) = address.rsplit_once(':').expect("ATRIUM_TEST_SMTP_ADDR is not host:port");
    let settings = SmtpSettings {
        host: host.to_owned(),
        port: port.parse().expect("ATRIUM_TEST_SMTP_ADDR is not host:port"),
        security,
        ..SmtpSettings::default()
    };
    SmtpMailer::new(&settings, "Atrium <no-reply@example.org>", Clock::system()).unwrap()
}

fn message(id: &str) -> Message {
    Message {
        to: vec![Address::named("ada@example.com", "Ada Łovelace"), Address::new("bob@example.com")],
        subject: format!("Über {id}"),
        text: ".\nA line that begins with a dot ends no message.\n".into(),
        html: Some("<p>Grüße</p>".into()),
        locale: "de".into(),
        message_id: Some(format!("{id}@example.org")),
        ..Message::default()
    }
}

/// The stored messages with this id, as text.
fn stored(id: &str) -> Vec<String> {
    let folder = variable("ATRIUM_TEST_SMTP_DIR");
    let files = std::fs::read_dir(Path::new(&folder).join("new")).unwrap();
    let texts = files.map(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
    });
    texts.filter(|text| text.contains(&format!("Message-ID: <{id}@example.org>"))).collect()
}

fn fresh_id(what: &str) -> String {
    format!("{what}-{}", std::process::id())
}

#[tokio::test]
async fn message_arrives_whole_and_once() {
    let id = fresh_id("whole");
    mailer(SmtpSecurity::None).send(message(&id)).await.unwrap();
    let [text] = stored(&id).try_into().unwrap();
    for part in [
        "X-RcptTo: ada@example.com, bob@example.com",
        "X-MailFrom: no-reply@example.org",
        "From: Atrium <no-reply@example.org>",
        "Content-Language: de",
        "multipart/alternative",
        "\n.\nA line that begins with a dot ends no message.\n",
        "<p>Gr=C3=BC=C3=9Fe</p>",
    ] {
        assert!(text.contains(part), "missing {part:?} in:\n{text}");
    }
}

#[tokio::test]
async fn connections_are_reused_and_many_arrive() {
    let id = fresh_id("many");
    let mailer = mailer(SmtpSecurity::None);
    let sends = (0..40).map(|n| mailer.send(message(&format!("{id}-{n}"))));
    for result in futures::future::join_all(sends).await {
        result.unwrap();
    }
    for n in 0..40 {
        assert_eq!(stored(&format!("{id}-{n}")).len(), 1, "message {n}");
    }
}

#[tokio::test]
async fn server_without_starttls_gets_no_mail_if_it_is_required() {
    let id = fresh_id("tls");
    let refused = mailer(SmtpSecurity::Starttls).send(message(&id)).await.unwrap_err();
    assert!(refused.transient, "a fault of the settings must not cost mail: {refused}");
    assert!(stored(&id).is_empty());
}
