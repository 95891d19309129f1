//! Exports as CSV, for spreadsheets.

use kernel::{csv::write_row, error::Result};
use uuid::Uuid;

use super::Found;
use crate::seal::{head::hex, line::instant};

/// The columns.
const COLUMNS: &str = "seq,leaf_hash,id,occurred_at,actor_kind,actor_id,on_behalf_of,action,subject_type,subject_id,\
                       subject_label,person_id,project_id,account_id,changes,outcome,severity,request_id,operation";

/// How a file is written.
pub(super) struct Csv {
    /// Whether there is a column of personal data.
    pub(super) personal: bool,
}

impl Csv {
    pub(super) fn header(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(COLUMNS.as_bytes());
        to.extend_from_slice(if self.personal { b",personal\r\n" } else { b"\r\n" });
    }

    pub(super) fn entry(&self, to: &mut Vec<u8>, found: &Found<'_>) -> Result<()> {
        let Found { seq, hash, line, personal } = found;
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let mut cells = vec![
            seq.to_string(),
            hex(hash),
            line.id.to_string(),
            instant(line.at),
            line.actor_kind.to_owned(),
            id(line.actor_id),
            id(line.on_behalf_of),
            line.action.to_owned(),
            line.subject_type.to_owned(),
            id(line.subject_id),
            text(line.subject_label),
            id(line.person_id),
            id(line.project_id),
            id(line.account_id),
            line.changes.to_owned(),
            line.outcome.to_owned(),
            line.severity.to_owned(),
            text(line.request_id),
            text(line.operation),
        ];
        if self.personal {
            cells.push(personal.map(serde_json::to_string).transpose()?.unwrap_or_default());
        }
        write_row(to, cells);
        Ok(())
    }
}
