//! Exporting the trail: the sealed order up to a signed head, as lines of JSON that can be checked with the public key
//! alone ([`crate::verify::file`]) or as CSV. Page after page, so that memory does not grow with the trail.

mod csv;
pub mod graphql;
pub(crate) mod jsonl;
pub mod statement;
pub mod ticket;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use futures::{Stream, stream};
use kernel::{
    act::{
        audit_entry::{Column, Entity},
        personal::{Personal, Sealed},
    },
    db::Db,
    error::{Error, Result},
    id::{TenantId, TypedId},
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter, QueryResult, QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use statement::Statement;

use crate::{
    filter::AuditFilter,
    merkle::Hash,
    seal::{
        head::SignedHead,
        heads, keys,
        line::Line,
        row,
        store::{count, number, statement},
    },
};

/// Places of the sealed order that are read at once.
const PAGE: u64 = 2_048;

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, async_graphql::Enum)]
#[serde(rename_all = "lowercase")]
#[graphql(name = "AuditExportFormat")]
pub enum Format {
    /// A line of JSON for each entry; can be checked offline.
    Jsonl,
    /// Comma-separated values (RFC 4180), for spreadsheets.
    Csv,
}

impl Format {
    /// The ending of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// What is exported.
#[derive(Clone, Debug)]
pub struct Export {
    /// The tenant.
    pub tenant: TenantId,
    /// Its slug.
    pub slug: String,
    /// What it is written as.
    pub format: Format,
    /// Which entries; all without.
    pub filter: Option<AuditFilter>,
    /// Whether personal data is opened.
    pub personal: bool,
    /// The head up to which entries are exported.
    pub head: SignedHead,
    /// What it says of itself, signed.
    pub statement: Statement,
}

impl Export {
    /// A name for the file.
    pub fn file_name(&self) -> String {
        let part = if self.filter.is_some() { "-filtered" } else { "" };
        format!("audit-{}-{}{part}.{}", self.slug, self.head.size, self.format.extension())
    }

    /// How many entries it has.
    ///
    /// # Errors
    /// If the database does not answer.
    async fn count(&self, db: &Db) -> Result<u64> {
        let select = self.entries(0, self.head.size).select_only().column_as(Column::Id.count(), "entries");
        let found: Option<i64> = select.into_tuple().one(db).await?;
        Ok(found.unwrap_or_default().unsigned_abs())
    }

    /// The file, piece by piece.
    pub fn stream(self, db: Db) -> impl Stream<Item = Result<Bytes>> + Send + use<> {
        let run = Run { db, writer: Writer::new(&self), export: self, place: 0, begun: false, last_head: 0 };
        stream::try_unfold(run, async |mut run| Ok(run.next().await?.map(|piece| (piece, run))))
    }

    /// The wanted entries at places from `start` to before `end`.
    fn entries(&self, start: u64, end: u64) -> Select<Entity> {
        let mut places = Query::select();
        let column = |name: &'static str| Expr::col(Alias::new(name));
        places
            .column(Alias::new("entry_id"))
            .from(Alias::new("audit_leaves"))
            .and_where(column("tenant_id").eq(self.tenant.uuid()))
            .and_where(column("seq").gte(number(start)))
            .and_where(column("seq").lt(number(end)));
        let all = Entity::of_tenant(self.tenant).filter(Column::Id.in_subquery(places));
        match &self.filter {
            Some(filter) => filter.apply(all),
            None => all,
        }
    }
}

/// Writes what the order brings.
enum Writer {
    Jsonl(jsonl::Jsonl),
    Csv(csv::Csv),
}

impl Writer {
    fn new(export: &Export) -> Self {
        match export.format {
            Format::Jsonl => Self::Jsonl(jsonl::Jsonl::default()),
            Format::Csv => Self::Csv(csv::Csv { personal: export.personal }),
        }
    }

    fn header(&mut self, to: &mut Vec<u8>, export: &Export, keys: Vec<String>) -> Result<()> {
        match self {
            Self::Jsonl(jsonl) => jsonl.header(to, export, keys)?,
            Self::Csv(csv) => csv.header(to),
        }
        Ok(())
    }

    fn entry(&mut self, to: &mut Vec<u8>, entry: &Found<'_>) -> Result<()> {
        match self {
            Self::Jsonl(jsonl) => jsonl.entry(to, entry),
            Self::Csv(csv) => csv.entry(to, entry),
        }
    }

    fn left_out(&mut self, seq: u64, hash: Hash) {
        if let Self::Jsonl(jsonl) = self {
            jsonl.left_out(seq, hash);
        }
    }

    fn head(&mut self, to: &mut Vec<u8>, head: &SignedHead) -> Result<()> {
        match self {
            Self::Jsonl(jsonl) => jsonl.head(to, head),
            Self::Csv(_) => Ok(()),
        }
    }

    fn end(&mut self, to: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Jsonl(jsonl) => jsonl.end(to),
            Self::Csv(_) => Ok(()),
        }
    }
}

/// An entry in its place.
pub(crate) struct Found<'a> {
    pub(crate) seq: u64,
    pub(crate) hash: Hash,
    pub(crate) line: Line<'a>,
    /// Its personal data in the clear, if it is wanted, there is some and the people's keys are not destroyed.
    pub(crate) personal: Option<&'a Personal>,
}

/// An export under way.
struct Run {
    db: Db,
    export: Export,
    writer: Writer,
    place: u64,
    begun: bool,
    last_head: u64,
}

impl Run {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let mut piece = Vec::with_capacity(1 << 20);
        if !self.begun {
            self.begun = true;
            let keys = keys::of_tenants(&self.db, &[self.export.tenant.uuid()]).await?;
            let keys = keys.iter().map(|key| key.public.pem()).collect();
            self.writer.header(&mut piece, &self.export, keys)?;
        } else if self.place < self.export.head.size {
            self.page(&mut piece).await?;
        } else {
            return Ok(None);
        }
        if self.place >= self.export.head.size {
            self.writer.end(&mut piece)?;
        }
        Ok(Some(piece.into()))
    }

    async fn page(&mut self, to: &mut Vec<u8>) -> Result<()> {
        let tenant = self.export.tenant.uuid();
        let end = std::cmp::min(self.place + PAGE, self.export.head.size);
        let leaves = self.leaves(end).await?;
        let rows = self.db.query_all(self.export.entries(self.place, end).as_query()).await?;
        let mut entries = HashMap::with_capacity(rows.len());
        for row in &rows {
            if let Some(line) = row::line(row, 0)? {
                entries.insert(line.id, line);
            }
        }
        let personal = self.personal(&entries).await?;
        let heads = self.heads(tenant, end).await?;
        let mut heads = heads.iter().peekable();
        for (seq, entry, hash) in leaves {
            while let Some(head) = heads.next_if(|head| head.size <= seq) {
                self.writer.head(to, head)?;
            }
            match entries.get(&entry) {
                Some(line) => {
                    let found = Found { seq, hash, line: *line, personal: personal.get(&entry) };
                    self.writer.entry(to, &found)?;
                }
                None => self.writer.left_out(seq, hash),
            }
        }
        self.place = end;
        Ok(())
    }

    async fn leaves(&self, end: u64) -> Result<Vec<(u64, Uuid, Hash)>> {
        let sql = "SELECT seq, entry_id, hash FROM audit_leaves \
                   WHERE tenant_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq";
        let values = vec![self.export.tenant.uuid().into(), number(self.place).into(), number(end).into()];
        let rows = self.db.query_all_raw(statement(&self.db, sql, values)).await?;
        let leaf = |row: &QueryResult| {
            Ok((count(row, 0)?, row.try_get_by_index(1)?, row::hash(row, 2)?.unwrap_or_default()))
        };
        rows.iter().map(leaf).collect()
    }

    /// Heads of fewer entries than `end` that no page before wrote.
    async fn heads(&mut self, tenant: Uuid, end: u64) -> Result<Vec<SignedHead>> {
        if matches!(self.writer, Writer::Csv(_)) {
            return Ok(Vec::new());
        }
        // Reason: each head has more entries than the one before, so no page has more heads than places.
        let mut heads = heads::heads_after(&self.db, tenant, self.last_head, PAGE).await?;
        heads.retain(|head| head.size < end && head.number < self.export.head.number);
        self.last_head = heads.last().map_or(self.last_head, |head| head.number);
        Ok(heads)
    }

    /// The personal data of these entries, opened.
    async fn personal(&self, lines: &HashMap<Uuid, Line<'_>>) -> Result<HashMap<Uuid, Personal>> {
        let mut opened: HashMap<Uuid, Personal> = HashMap::new();
        let (true, Some(vault)) = (self.export.personal, self.db.vault()) else { return Ok(opened) };
        let mut sealed = Vec::new();
        for line in lines.values().filter(|line| line.personal.len() > 2) {
            let boxes: BTreeMap<Uuid, String> = serde_json::from_str(line.personal)?;
            sealed.extend(boxes.into_iter().map(|(key, text)| Sealed { key, entry: line.id, text }));
        }
        let entries: Vec<Uuid> = sealed.iter().map(|sealed| sealed.entry).collect();
        for (entry, text) in entries.into_iter().zip(vault.open(&self.db, self.export.tenant, sealed).await?)
        {
            if let Some(text) = text {
                opened.entry(entry).or_default().merge(serde_json::from_slice(&text)?);
            }
        }
        Ok(opened)
    }
}

/// The head with this number, for an export that was promised.
///
/// # Errors
/// NOT_FOUND if there is none.
pub(crate) async fn head_of(db: &Db, tenant: TenantId, number: u64) -> Result<SignedHead> {
    let heads = heads::heads_after(db, tenant.uuid(), number.saturating_sub(1), 1).await?;
    let found = heads.into_iter().find(|head| head.number == number);
    found.ok_or_else(|| Error::not_found("AuditHead", number.to_string()))
}
