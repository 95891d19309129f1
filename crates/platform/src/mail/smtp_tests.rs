//! Tests of the SMTP mailer against scripted answers; a real server is in `tests/smtp.rs`.

use super::*;
use chrono::DateTime;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

fn mailer() -> SmtpMailer {
    let clock = Clock::manual(DateTime::UNIX_EPOCH);
    SmtpMailer::new(&SmtpSettings::default(), "Atrium <no-reply@example.org>", clock).unwrap()
}

fn message() -> Message {
    Message {
        to: vec![Address::named("ada@example.com", "Ada Łovelace")],
        reply_to: Some(Address::new("team@example.org")),
        subject: "Facture n° 7".into(),
        text: "Bonjour".into(),
        html: Some("<p>Bonjour</p>".into()),
        headers: vec![("List-Unsubscribe".into(), "<https://example.org/u>".into())],
        locale: "fr-CA".into(),
        message_id: Some("job-1@example.org".into()),
        ..Message::default()
    }
}

fn formatted(message: &Message) -> String {
    String::from_utf8(mailer().build(message).unwrap().formatted()).unwrap()
}

#[tokio::test]
async fn message_is_written_with_all_its_parts() {
    let text = formatted(&message());
    for line in [
        "From: Atrium <no-reply@example.org>",
        "Reply-To: team@example.org",
        "Date: Thu, 01 Jan 1970 00:00:00 +0000",
        "Message-ID: <job-1@example.org>",
        "Content-Language: fr-CA",
        "Auto-Submitted: auto-generated",
        "List-Unsubscribe: <https://example.org/u>",
        "Content-Type: multipart/alternative;",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(text.contains(line), "missing {line:?} in:\n{text}");
    }
    assert!(text.contains("Subject: Facture =?utf-8?"), "{text}");
}

#[tokio::test]
async fn message_without_html_is_plain_text() {
    let text = formatted(&Message { html: None, message_id: None, ..message() });
    assert!(text.contains("Content-Type: text/plain; charset=utf-8"), "{text}");
    assert!(text.contains("@example.org>\r\n"), "{text}");
}

#[test]
fn sender_that_is_no_mailbox_is_refused_at_once() {
    let refused = SmtpMailer::new(&SmtpSettings::default(), "nobody", Clock::system());
    assert!(!refused.unwrap_err().transient);
}

#[tokio::test]
async fn server_out_of_reach_is_a_transient_failure() {
    // Bound but never listening: connections are refused.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let settings = SmtpSettings {
        host: "127.0.0.1".into(),
        port,
        security: SmtpSecurity::None,
        ..SmtpSettings::default()
    };
    let mailer = SmtpMailer::new(&settings, "a@example.org", Clock::system()).unwrap();
    assert!(mailer.send(message()).await.unwrap_err().transient);
}

/// A server that answers each command with the line scripted for its first four letters, else with 250.
/// Gives its port; the commands it got come through the channel.
async fn scripted(script: &'static [(&str, &str)]) -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, commands) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, script, seen.clone()));
        }
    });
    (port, commands)
}

async fn converse(
    stream: TcpStream,
    script: &'static [(&str, &str)],
    seen: mpsc::UnboundedSender<String>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 ready\r\n").await?;
    let mut in_body = false;
    while let Some(line) = lines.next_line().await? {
        if in_body && line != "." {
            continue;
        }
        let word: String = line.chars().take(4).collect::<String>().to_uppercase();
        let word = if in_body { "BODY" } else { word.as_str() };
        let usual = match word {
            "EHLO" => "250-there\r\n250 AUTH PLAIN",
            "DATA" => "354 go on",
            _ => "250 fine",
        };
        let answer = script.iter().find(|(command, _)| *command == word).map_or(usual, |(_, answer)| answer);
        in_body = word == "DATA" && answer.starts_with("354");
        let _ = seen.send(line);
        if answer.is_empty() {
            return Ok(());
        }
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".into(),
        port,
        security: SmtpSecurity::None,
        username: Some("user".into()),
        password: Some("secret".into()),
        timeout_s: 5,
        ..SmtpSettings::default()
    }
}

async fn outcome(script: &'static [(&str, &str)]) -> Result<(), MailError> {
    let (port, _commands) = scripted(script).await;
    let mailer = SmtpMailer::new(&settings(port), "a@example.org", Clock::system()).unwrap();
    mailer.send(message()).await
}

#[tokio::test]
async fn conversation_names_us_authenticates_and_addresses_the_envelope() {
    let (port, mut commands) = scripted(&[]).await;
    let mailer = SmtpMailer::new(&settings(port), "a@example.org", Clock::system()).unwrap();
    mailer.send(message()).await.unwrap();
    let mut seen = Vec::new();
    while let Ok(command) = commands.try_recv() {
        seen.push(command);
    }
    let credentials = "AUTH PLAIN AHVzZXIAc2VjcmV0";
    for expected in ["EHLO example.org", credentials, "RCPT TO:<ada@example.com>"] {
        assert!(seen.iter().any(|command| command == expected), "missing {expected:?} in {seen:?}");
    }
    assert!(seen.iter().any(|command| command.starts_with("MAIL FROM:<a@example.org>")), "{seen:?}");
}

#[tokio::test]
async fn answers_tell_what_may_pass_from_what_is_for_good() {
    let cases: [(&'static [(&str, &str)], bool); 6] = [
        (&[("RCPT", "550 5.1.1 no such user")], false),
        (&[("BODY", "554 5.7.1 refused as spam")], false),
        (&[("RCPT", "450 4.2.1 mailbox busy")], true),
        (&[("MAIL", "421 4.3.2 going down")], true),
        (&[("AUTH", "535 5.7.8 wrong credentials")], true),
        (&[("DATA", "")], true),
    ];
    for (script, transient) in cases {
        let error = outcome(script).await.unwrap_err();
        assert_eq!(error.transient, transient, "{script:?}: {error}");
    }
}

#[tokio::test]
async fn reason_of_a_refusal_is_kept() {
    let error = outcome(&[("RCPT", "550 5.1.1 no such user")]).await.unwrap_err();
    assert!(error.reason.contains("no such user"), "{error}");
}
