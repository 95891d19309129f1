//! Tests of the capturing mailer.

use super::*;
use crate::mail::Address;

const SOON: Duration = Duration::from_secs(10);

fn message(to: &str, subject: &str) -> Message {
    Message {
        to: vec![Address::new(to)],
        subject: subject.into(),
        text: "text".into(),
        locale: "en".into(),
        ..Message::default()
    }
}

fn subjects(mailer: &CaptureMailer) -> Vec<String> {
    mailer.list().iter().map(|captured| captured.message.subject.clone()).collect()
}

#[tokio::test]
async fn mailbox_lists_newest_first_and_forgets_the_oldest() {
    let mailer = CaptureMailer::in_memory(2, Clock::manual(DateTime::UNIX_EPOCH));
    for subject in ["one", "two", "three"] {
        mailer.send(message("a@example.com", subject)).await.unwrap();
    }
    assert_eq!(subjects(&mailer), ["three", "two"]);
    assert!(mailer.find(1).is_none());
    let newest = mailer.find(mailer.latest()).unwrap();
    assert_eq!(newest.message.subject, "three");
    assert_eq!(newest.received_at, DateTime::UNIX_EPOCH);
}

#[tokio::test]
async fn waiting_ends_with_the_mail_that_comes() {
    let mailer = CaptureMailer::in_memory(10, Clock::system());
    mailer.send(message("ada@example.com", "old")).await.unwrap();
    let before = mailer.latest();
    let sender = mailer.clone();
    let wait = mailer.wait_for("ADA@example.com", before, SOON);
    let send = async move {
        sender.send(message("bob@example.com", "not hers")).await.unwrap();
        tokio::task::yield_now().await;
        sender.send(message("ada@example.com", "new")).await.unwrap();
        sender.send(message("ada@example.com", "newer")).await.unwrap();
    };
    let (found, ()) = tokio::join!(wait, send);
    assert_eq!(found.unwrap().message.subject, "new");
}

#[tokio::test]
async fn waiting_in_vain_ends() {
    let mailer = CaptureMailer::in_memory(10, Clock::system());
    mailer.send(message("ada@example.com", "old")).await.unwrap();
    let wait = Duration::from_millis(1);
    assert!(mailer.wait_for("ada@example.com", mailer.latest(), wait).await.is_none());
    assert!(mailer.wait_for("ada@example.com", 0, wait).await.is_some());
}

#[tokio::test]
async fn mailbox_in_a_folder_survives_a_restart_within_its_capacity() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail");
    let first = CaptureMailer::in_folder(&path, 2, Clock::system()).unwrap();
    for subject in ["one", "two", "three"] {
        first.send(message("a@example.com", subject)).await.unwrap();
    }
    let kept = first.list();
    drop(first);
    fs::write(path.join("000000000099.json"), "{ torn").unwrap();

    let second = CaptureMailer::in_folder(&path, 2, Clock::system()).unwrap();
    assert_eq!(second.list(), kept);
    second.send(message("a@example.com", "four")).await.unwrap();
    assert_eq!(subjects(&second), ["four", "three"]);
    // Two messages and the torn file, which is not ours to delete.
    assert_eq!(fs::read_dir(&path).unwrap().count(), 3);
}

#[tokio::test]
async fn two_mailboxes_in_one_folder_do_not_overwrite_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let open = || CaptureMailer::in_folder(folder.path(), 10, Clock::system()).unwrap();
    let (left, right) = (open(), open());
    left.send(message("a@example.com", "left")).await.unwrap();
    right.send(message("a@example.com", "right")).await.unwrap();
    assert_eq!(subjects(&open()), ["right", "left"]);
}

#[tokio::test]
async fn message_that_no_mailer_may_send_is_not_captured() {
    let mailer = CaptureMailer::in_memory(2, Clock::system());
    let refused = mailer.send(message("a@example.com", "a\nb")).await.unwrap_err();
    assert!(!refused.transient);
    assert!(mailer.list().is_empty());
}
