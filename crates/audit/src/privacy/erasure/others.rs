//! What earlier requests about a person hold of them: copies of their data, and what was said of why.

use kernel::{
    act::{Act, job},
    error::Result,
    id::{JobId, PrivacyRequestId},
    policy::Guarded as _,
    privacy::DataSubject,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, Select, sea_query::Query};

use crate::privacy::{
    PrivacyRequestStatus as Status,
    entity::{Column, Entity, Model},
};

/// Requests about a person, by whatever id.
pub(super) fn of(subject: &DataSubject) -> Select<Entity> {
    Entity::of_tenant(subject.tenant).filter(Column::PersonId.is_in(subject.ids.iter().copied()))
}

/// Takes out of a person's other requests what they hold of them; what is under way ends. Answers the files that are to be
/// removed from the object storage.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn clear(
    act: &mut Act,
    subject: &DataSubject,
    but: PrivacyRequestId,
) -> Result<Vec<String>> {
    let others = of(subject).filter(Column::Id.ne(but)).all(act.conn()).await?;
    let files = others.iter().filter_map(|row| row.file_key.clone()).collect();
    let jobs: Vec<JobId> =
        others.iter().filter(|row| !Status::of(row).is_over()).filter_map(|row| row.job_id).collect();
    let mut delete = Query::delete();
    delete.from_table(job::Entity).and_where(job::Column::Id.is_in(jobs));
    act.conn().execute(&delete).await?;
    let now = act.now();
    act.update_all(others, |row| end(row, now)).await?;
    Ok(files)
}

fn end(row: &mut Model, now: chrono::DateTime<chrono::Utc>) {
    if !Status::of(row).is_over() {
        row.status = Status::Cancelled.word().to_owned();
        row.finished_at = Some(now);
    } else if row.file_key.is_some() {
        row.status = Status::Expired.word().to_owned();
    }
    row.reason = None;
    row.file_key = None;
    row.file_size = None;
    row.file_sha256 = None;
}
