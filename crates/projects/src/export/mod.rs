//! Lists as CSV files: the rows, filters and guards of the lists themselves, page by page, by a ticket that a browser
//! downloads with. Another list joins with one entry in [`lists`] and one field in the input.

pub mod graphql;
mod lists;
mod rows;
mod ticket;

pub use ticket::{NO_TICKET, Tickets, redeem};

use std::sync::Arc;

use futures::{Stream, stream};
use kernel::{Result, csv::write_row, db::Db, viewer::Viewer};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::service::Readers;
use lists::Source;

/// Where downloads begin.
pub const PATH: &str = "/projects/export";

/// Rows of a page.
const PAGE: u64 = 500;

/// A list that can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, async_graphql::Enum)]
pub enum ExportedList {
    /// Projects.
    Projects,
    /// Tasks.
    Tasks,
    /// Milestones.
    Milestones,
    /// Time entries.
    TimeEntries,
}

impl ExportedList {
    /// The word in file names and in the trail.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Tasks => "tasks",
            Self::Milestones => "milestones",
            Self::TimeEntries => "time-entries",
        }
    }
}

/// A file under way.
pub struct Export {
    viewer: Viewer,
    list: ExportedList,
    source: Source,
    byte_order_mark: bool,
}

impl Export {
    /// A name for the file.
    pub fn file_name(&self) -> String {
        let day = crate::today(&self.viewer, self.viewer.clock.now());
        format!("{}-{}-{day}.csv", self.viewer.tenant.slug, self.list.word())
    }

    /// The file, piece by piece: one for the headings, one for each page of rows.
    pub fn stream(
        self,
        db: Db,
        readers: Arc<dyn Readers>,
    ) -> impl Stream<Item = Result<Vec<u8>>> + Send + 'static {
        stream::try_unfold(Some((self, None)), move |state: Option<(Self, Option<Uuid>)>| {
            let (db, readers) = (db.clone(), Arc::clone(&readers));
            async move {
                let Some((export, from)) = state else { return Ok(None) };
                let mut piece = Vec::new();
                if from.is_none() {
                    if export.byte_order_mark {
                        piece.extend_from_slice("\u{feff}".as_bytes());
                    }
                    write_row(&mut piece, export.source.headings(&export.viewer));
                }
                let page = export.source.page(&db, &*readers, &export.viewer, from).await?;
                for row in &page.rows {
                    write_row(&mut piece, row);
                }
                let next = page.last.filter(|_| page.rows.len() as u64 == PAGE);
                Ok(Some((piece, next.map(|last| (export, Some(last))))))
            }
        })
    }
}
