//! The file of an archive: an export ([`crate::verify::file`]) of the whole tree in which only the archived entries are
//! lines and all others are hashes, compressed (Zstandard, RFC 8878). Written and read in constant memory.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Write as _},
};

use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use kernel::{
    db::Db,
    error::{Error, Result},
    id::TypedId as _,
};
use platform::storage::{Key, Storage};
use sea_orm::ConnectionTrait;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Model;
use crate::{
    export::{Found, jsonl::Jsonl},
    merkle::{Node, perfect},
    seal::{
        head::{SignedHead, hex},
        row,
        store::{self, count, number, statement},
    },
    verify::file::{ARCHIVE, Header, KIND, Skipped},
};

/// Places of the sealed order that are read at once.
const PAGE: u64 = 2_048;

/// How hard it is compressed; the trail is text that repeats itself.
const LEVEL: i32 = 6;

/// The first bytes of a Zstandard frame (RFC 8878 §3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What a file was written as.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Its length in bytes.
    pub(crate) size: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub(crate) sha256: String,
}

/// What goes into a file.
pub(super) struct Content<'a> {
    pub(super) row: &'a Model,
    pub(super) slug: &'a str,
    /// Public keys in PEM.
    pub(super) keys: Vec<String>,
    /// The places whose entries it has.
    pub(super) places: &'a BTreeSet<u64>,
    pub(super) head: &'a SignedHead,
}

impl Content<'_> {
    /// Puts the file into the storage.
    pub(super) async fn write(&self, db: &Db, storage: &Storage, key: &Key) -> Result<Written> {
        let mut hash = Sha256::new();
        let packed = packed(self.lines(db)).inspect_ok(|piece| hash.update(piece));
        let size = storage.put(key, packed).await?;
        Ok(Written { size, sha256: hex(&hash.finalize()) })
    }

    /// The lines, piece by piece.
    fn lines<'a>(&'a self, db: &'a Db) -> impl Stream<Item = Result<Vec<u8>>> + Send + 'a {
        let (first, until) = (self.row.first_seq.unsigned_abs(), self.row.until_seq.unsigned_abs());
        let begin = stream::once(async move {
            let mut piece = Vec::new();
            self.header(&mut piece)?;
            self.skip(db, 0, first, &mut piece).await?;
            Ok(piece)
        });
        let pages = stream::try_unfold(
            (first, Jsonl::default()),
            move |(place, mut jsonl): (u64, Jsonl)| async move {
                if place >= until {
                    return Ok(None);
                }
                let end = (place + PAGE).min(until);
                let mut piece = Vec::with_capacity(1 << 20);
                self.page(db, &mut jsonl, place, end, &mut piece).await?;
                if end == until {
                    jsonl.end(&mut piece)?;
                }
                Ok(Some((piece, (end, jsonl))))
            },
        );
        let rest = stream::once(async move {
            let mut piece = Vec::new();
            self.skip(db, until, self.head.size, &mut piece).await?;
            Ok(piece)
        });
        begin.chain(pages).chain(rest)
    }

    fn header(&self, to: &mut Vec<u8>) -> Result<()> {
        let header = Header {
            v: 1,
            kind: KIND.to_owned(),
            tenant: self.head.tenant,
            slug: self.slug.to_owned(),
            filter: Some(json!({ ARCHIVE: self.row.id })),
            public_keys: self.keys.clone(),
            head: self.head.clone(),
            statement: None,
        };
        line(to, &header)
    }

    /// Writes that places are left out, as the perfect subtrees over them.
    async fn skip(&self, db: &Db, seq: u64, until: u64, to: &mut Vec<u8>) -> Result<()> {
        if seq >= until {
            return Ok(());
        }
        let parts = perfect(Node { start: seq, end: until }).into_iter();
        let parts = parts.map(|(level, at)| Node { start: at << level, end: (at + 1) << level });
        let hashes = store::hashes(db, self.head.tenant, &parts.collect::<Vec<_>>()).await?;
        line(to, &Skipped { seq, until, nodes: hashes.iter().map(|hash| hex(hash)).collect() })
    }

    async fn page(&self, db: &Db, jsonl: &mut Jsonl, start: u64, end: u64, to: &mut Vec<u8>) -> Result<()> {
        let sql = format!(
            "SELECT l.seq, l.hash, {} FROM audit_leaves l LEFT JOIN audit_entries e ON e.id = l.entry_id \
             WHERE l.tenant_id = $1 AND l.seq >= $2 AND l.seq < $3 ORDER BY l.seq",
            row::COLUMNS
        );
        let values = vec![self.row.tenant_id.uuid().into(), number(start).into(), number(end).into()];
        for row in db.query_all_raw(statement(db, sql, values)).await? {
            let seq = count(&row, 0)?;
            let hash = row::hash(&row, 1)?.unwrap_or_default();
            match row::line(&row, 2)?.filter(|_| self.places.contains(&seq)) {
                Some(line) => jsonl.entry(to, &Found { seq, hash, line, personal: None })?,
                None if self.places.contains(&seq) => {
                    return Err(Error::internal(format!(
                        "the entry at place {seq} is not there to be archived"
                    )));
                }
                None => jsonl.left_out(seq, hash),
            }
        }
        Ok(())
    }
}

fn line(to: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<()> {
    serde_json::to_writer(&mut *to, value)?;
    to.push(b'\n');
    Ok(())
}

/// The pieces compressed, on a thread that may be kept busy.
fn packed<'a>(
    pieces: impl Stream<Item = Result<Vec<u8>>> + Send + 'a,
) -> impl Stream<Item = Result<Bytes>> + Send + 'a {
    type Encoder = zstd::stream::write::Encoder<'static, Vec<u8>>;
    let begun: Option<Encoder> = None;
    let state = (Box::pin(pieces), begun, false);
    stream::try_unfold(state, async move |(mut pieces, encoder, done)| {
        if done {
            return Ok(None);
        }
        let piece = pieces.try_next().await?;
        let done = piece.is_none();
        let packing = tokio::task::spawn_blocking(move || pack(encoder, piece));
        let packed = packing.await.map_err(|error| Error::internal(error.to_string()))?;
        let (encoder, packed): (Option<Encoder>, Vec<u8>) = packed.map_err(Error::internal)?;
        Ok::<_, Error>(Some((Bytes::from(packed), (pieces, encoder, done))))
    })
}

type Packed = (Option<zstd::stream::write::Encoder<'static, Vec<u8>>>, Vec<u8>);

/// Compresses one piece, or the end.
fn pack(
    encoder: Option<zstd::stream::write::Encoder<'static, Vec<u8>>>,
    piece: Option<Vec<u8>>,
) -> io::Result<Packed> {
    let mut encoder = match encoder {
        Some(encoder) => encoder,
        None => {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
            encoder.include_checksum(true)?;
            encoder
        }
    };
    let Some(piece) = piece else { return Ok((None, encoder.finish()?)) };
    encoder.write_all(&piece)?;
    let packed = std::mem::take(encoder.get_mut());
    Ok((Some(encoder), packed))
}

/// Reads a file back and compares it with what was written.
pub(super) async fn check(storage: &Storage, key: &Key, size: u64, sha256: &str) -> Result<()> {
    let bad = |why: String| Error::unavailable(format!("the archive {key} {why}"));
    let found = storage.get(key, None).await.map_err(Error::from)?;
    let mut body = found.ok_or_else(|| bad("is not in the storage".to_owned()))?.body;
    let (mut hash, mut length) = (Sha256::new(), 0);
    while let Some(piece) = body.try_next().await.map_err(Error::from)? {
        length += piece.len() as u64;
        hash.update(&piece);
    }
    if length != size || hex(&hash.finalize()) != sha256 {
        return Err(bad("is not as it was written".to_owned()));
    }
    Ok(())
}

/// The lines of an exported file, whether it is compressed (an archive) or not.
///
/// # Errors
/// If it cannot be read.
pub fn reader<'a>(file: impl io::Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut file = BufReader::with_capacity(1 << 20, file);
    if !file.fill_buf()?.starts_with(&MAGIC) {
        return Ok(Box::new(file));
    }
    let decoder = zstd::stream::read::Decoder::with_buffer(file)?;
    Ok(Box::new(BufReader::with_capacity(1 << 20, decoder)))
}
