//! Exported files: their lines, and the check of one with the public key alone.
//!
//! A file has a line of JSON each: the header; for each entry `{"seq":n,"hash":"…","entry":{…}}`, with `"personal":{…}`
//! last if it holds personal data in the clear; for entries that are left out `{"seq":n,"until":m,"nodes":["…"]}` with
//! the hashes of the perfect subtrees over them, from left to right; signed heads `{"head":{…}}` where they were
//! signed. `entry` is the canonical line, byte for byte: its leaf is SHA-256 of a zero byte and those bytes. The
//! sealed data is what the check is about; opened personal data has no proof.

use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Keys, Problem, ProblemKind, Report, walk::Walk};
use crate::{
    export::statement::Statement,
    merkle::{Hash, leaf_hash},
    seal::{
        head::{PublicKey, SignedHead, unhex},
        line::object_end,
    },
};

/// What the first line says the file is.
pub const KIND: &str = "atrium.audit.export";

/// The first line of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The version of the form: 1.
    pub v: u32,
    /// [`KIND`].
    pub kind: String,
    /// The tenant.
    pub tenant: Uuid,
    /// Its slug.
    pub slug: String,
    /// Which entries the file has; null for all.
    pub filter: Option<serde_json::Value>,
    /// The tenant's public keys in PEM, oldest first. For convenience: a check believes the keys it is given.
    pub public_keys: Vec<String>,
    /// The head of the tree that the file is of.
    pub head: SignedHead,
    /// What an export says of itself, signed; null in archives, of which a manifest says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
}

impl Header {
    /// What is wrong with what the file says of itself; `entries` is what it has.
    fn untold(&self, keys: &[PublicKey], entries: u64) -> Option<String> {
        let Some(statement) = &self.statement else {
            let archive = self.filter.as_ref().is_some_and(|filter| filter.get(ARCHIVE).is_some());
            return (!archive).then(|| "no signed statement says which entries the file has".to_owned());
        };
        if !keys.iter().any(|key| statement.is_signed_by(key)) {
            return Some("the statement of what the file has is not as it was signed".to_owned());
        }
        let same = (&statement.tenant, &statement.filter, &statement.head)
            == (&self.tenant, &self.filter, &self.head);
        if !same {
            return Some("the signed statement is of another export".to_owned());
        }
        (statement.entries != entries)
            .then(|| format!("the signed statement is of {} entries; {entries} are there", statement.entries))
    }
}

/// The member of a filter that says that the file is an archive.
pub(crate) const ARCHIVE: &str = "archive";

/// Entries that are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The first place.
    pub seq: u64,
    /// One past the last.
    pub until: u64,
    /// Hashes of the perfect subtrees over them, from left to right, in hexadecimal digits.
    pub nodes: Vec<String>,
}

/// A signed head between entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadLine {
    /// The head.
    pub head: SignedHead,
}

/// Checks a file, believing `keys` alone, and `kept`, a head that somebody kept.
///
/// # Errors
/// If the file cannot be read. What is wrong with it is no error but the report's.
pub fn verify(mut file: impl BufRead, keys: &[PublicKey], kept: Option<SignedHead>) -> io::Result<Report> {
    let mut line = Vec::with_capacity(4_096);
    file.read_until(b'\n', &mut line)?;
    let header: Option<Header> = serde_json::from_slice(&line).ok();
    let Some(header) = header.filter(|header| header.v == 1 && header.kind == KIND) else {
        let mut report = Report::default();
        report.add(Problem::new(ProblemKind::Form, "the first line is no header of an export"));
        return Ok(report);
    };
    let mut walk = Walk::new(header.tenant, Keys(keys.to_vec()), Report::default());
    if let Some(kept) = kept {
        walk.keep(kept);
    }
    let mut number = 1u64;
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if take(&mut walk, header.tenant, text).is_none() {
            let place = walk.place();
            let text = format!("line {number} of the file is not of the form it should have");
            walk.problem(Problem::new(ProblemKind::Form, text).at(place));
        }
    }
    let mut report = end(walk, &header)?;
    if let Some(wrong) = header.untold(keys, report.entries) {
        report.add(Problem::new(ProblemKind::Statement, wrong));
    }
    report.filter = header.filter;
    Ok(report)
}

fn end(mut walk: Walk, header: &Header) -> io::Result<Report> {
    let head = &header.head;
    if walk.place() >= head.size {
        walk.head(head);
    } else if walk.is_valid(head) {
        walk.cut(head);
    }
    walk.close();
    Ok(walk.finish())
}

/// Passes one line; none if it has not the form of any.
fn take(walk: &mut Walk, tenant: Uuid, text: &[u8]) -> Option<()> {
    if text.starts_with(b"{\"head\":") {
        let HeadLine { head } = serde_json::from_slice(text).ok()?;
        walk.head(&head);
        return Some(());
    }
    let (seq, rest) = digits(text.strip_prefix(b"{\"seq\":")?)?;
    if rest.starts_with(b",\"until\":") {
        let Skipped { seq, until, nodes } = serde_json::from_slice(text).ok()?;
        let nodes = nodes.iter().map(|node| unhex(node.as_bytes())).collect::<Option<Vec<Hash>>>()?;
        return (until > seq && walk.skip(seq, until, &nodes)).then_some(());
    }
    let rest = rest.strip_prefix(b",\"hash\":\"")?;
    let (hash, rest) = rest.split_at_checked(64)?;
    let hash = unhex(hash)?;
    match entry(tenant, rest) {
        Some((leaf, id)) => walk.line(seq, hash, Some(leaf), Some(id)),
        // Reason: the place is still that of an entry, and what follows is not to be blamed for it.
        None => walk.line(seq, hash, None, None),
    }
    Some(())
}

/// The leaf hash and the id of the entry that a line ends with; none if it has not the form of one of this tenant.
fn entry(tenant: Uuid, rest: &[u8]) -> Option<(Hash, Uuid)> {
    let entry = rest.strip_prefix(b"\",\"entry\":")?;
    let (entry, rest) = entry.split_at_checked(object_end(entry)?)?;
    if rest != b"}" {
        let personal = rest.strip_prefix(b",\"personal\":")?;
        let (_, rest) = personal.split_at_checked(object_end(personal)?)?;
        if rest != b"}" {
            return None;
        }
    }
    let (id, owner) = identity(entry)?;
    (owner == tenant).then(|| (leaf_hash(entry), id))
}

/// The id and the tenant of a canonical line, which begins with them.
pub(super) fn identity(line: &[u8]) -> Option<(Uuid, Uuid)> {
    let rest = line.strip_prefix(b"{\"v\":1,\"id\":\"")?;
    let (id, rest) = rest.split_at_checked(36)?;
    let (tenant, rest) = rest.strip_prefix(b"\",\"tenant\":\"")?.split_at_checked(36)?;
    rest.starts_with(b"\",").then_some(())?;
    Some((Uuid::try_parse_ascii(id).ok()?, Uuid::try_parse_ascii(tenant).ok()?))
}

fn digits(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, rest) = text.split_at(end);
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}
