//! Background jobs of a made-up agency, so that its queue page shows something: letters that were sent, one that nobody
//! wanted any more, one that could not be delivered.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    act::{
        NewJob,
        job::{self, Status},
    },
    catalogue::SystemRole,
    db::Db,
    error::Result,
    id::UserId,
};

use super::{maker::Maker, rows::Rows, write};

/// How each job ended, and how many hours ago.
const ENDS: [(Status, i64); 6] = [
    (Status::Done, 70),
    (Status::Done, 49),
    (Status::Cancelled, 47),
    (Status::Failed, 26),
    (Status::Done, 24),
    (Status::Done, 3),
];

/// Tries that a letter has.
const TRIES: i32 = 10;

/// The jobs of an agency.
pub(super) fn jobs(maker: &Maker, rows: &Rows) -> Vec<job::Model> {
    let owner = rows.person(SystemRole::Owner).id;
    ENDS.iter()
        .map(|(end, hours)| ended(maker, rows, owner, *end, maker.now() - TimeDelta::hours(*hours)))
        .collect()
}

fn ended(maker: &Maker, rows: &Rows, owner: UserId, end: Status, at: DateTime<Utc>) -> job::Model {
    let asked = NewJob { max_attempts: TRIES, ..NewJob::new(identity::mail::JOB, String::new()) };
    let row = asked.into_row(maker.id(), Some(rows.tenant_id()), Some(owner), at);
    let (attempts, took, error) = match end {
        Status::Failed => (TRIES, TimeDelta::minutes(34), Some("550 5.1.1 no such mailbox".to_owned())),
        Status::Cancelled => (0, TimeDelta::minutes(2), None),
        _ => (1, TimeDelta::seconds(1), None),
    };
    job::Model {
        status: end.as_str().to_owned(),
        attempts,
        fence: i64::from(attempts),
        started_at: (attempts > 0).then_some(at + took - TimeDelta::milliseconds(400)),
        finished_at: Some(at + took),
        cancel_requested_at: (end == Status::Cancelled).then_some(at + took),
        last_error: error,
        ..row
    }
}

/// Writes the jobs of an agency that is there.
pub(super) async fn write(
    db: &Db,
    maker: &Maker,
    info: kernel::viewer::TenantInfo,
    jobs: &[job::Model],
) -> Result<()> {
    let act = write::viewer_of(maker, info);
    act.act(db, "seed.jobs.create", async |act| job::insert_unless_there(act.conn(), jobs).await.map(drop))
        .await
}
