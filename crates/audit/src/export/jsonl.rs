//! Exports as lines of JSON: see [`crate::verify::file`] for the form.

use kernel::error::{Error, Result};

use super::{Export, Found};
use crate::{
    merkle::{Hash, node_hash},
    seal::head::{SignedHead, hex},
    verify::file::{HeadLine, Header, KIND, Skipped},
};

/// Places between signed heads in a file, at least: they narrow down what a bad file is bad at, no more.
const HEAD_EVERY: u64 = 500;

/// The state of a file.
#[derive(Default)]
pub(crate) struct Jsonl {
    gap: Gap,
    last_head: u64,
}

/// Places in a row that are left out, as the perfect subtrees over them.
#[derive(Default)]
struct Gap {
    start: u64,
    end: u64,
    /// Level, place of the first leaf, hash; from left to right.
    nodes: Vec<(u32, u64, Hash)>,
}

impl Gap {
    fn push(&mut self, seq: u64, hash: Hash) {
        if self.nodes.is_empty() {
            self.start = seq;
        }
        self.end = seq + 1;
        let mut node = (0, seq, hash);
        // Invariant: two neighbours of one level are one node of the next if the left one has an even index.
        while let Some((level, start, left)) =
            self.nodes.pop_if(|(level, start, _)| *level == node.0 && (*start >> *level).is_multiple_of(2))
        {
            node = (level + 1, start, node_hash(&left, &node.2));
        }
        self.nodes.push(node);
    }
}

impl Jsonl {
    pub(super) fn header(
        &mut self,
        to: &mut Vec<u8>,
        export: &Export,
        public_keys: Vec<String>,
    ) -> Result<()> {
        let header = Header {
            v: 1,
            kind: KIND.to_owned(),
            tenant: export.head.tenant,
            slug: export.slug.clone(),
            filter: export.statement.filter.clone(),
            public_keys,
            head: export.head.clone(),
            statement: Some(export.statement.clone()),
        };
        line(to, &header)
    }

    pub(crate) fn entry(&mut self, to: &mut Vec<u8>, found: &Found<'_>) -> Result<()> {
        self.end(to)?;
        let Found { seq, hash, line, personal } = found;
        to.extend_from_slice(format!("{{\"seq\":{seq},\"hash\":\"{}\",\"entry\":", hex(hash)).as_bytes());
        line.write(to);
        if let Some(personal) = personal {
            to.extend_from_slice(b",\"personal\":");
            serde_json::to_writer(&mut *to, personal)?;
        }
        to.extend_from_slice(b"}\n");
        Ok(())
    }

    pub(crate) fn left_out(&mut self, seq: u64, hash: Hash) {
        self.gap.push(seq, hash);
    }

    pub(super) fn head(&mut self, to: &mut Vec<u8>, head: &SignedHead) -> Result<()> {
        // Reason: a head in the middle of what is left out would cut it into many subtrees.
        if head.size < self.last_head + HEAD_EVERY || !self.gap.nodes.is_empty() {
            return Ok(());
        }
        self.last_head = head.size;
        line(to, &HeadLine { head: head.clone() })
    }

    /// Writes what was left out up to here.
    pub(crate) fn end(&mut self, to: &mut Vec<u8>) -> Result<()> {
        let Gap { start, end, nodes } = std::mem::take(&mut self.gap);
        if nodes.is_empty() {
            return Ok(());
        }
        let nodes = nodes.iter().map(|(_, _, hash)| hex(hash)).collect();
        line(to, &Skipped { seq: start, until: end, nodes })
    }
}

fn line(to: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<()> {
    serde_json::to_writer(&mut *to, value).map_err(Error::internal)?;
    to.push(b'\n');
    Ok(())
}
