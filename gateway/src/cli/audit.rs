//! `atrium audit`: checking, proving and exporting the trail. Files and proofs are checked without any database, with the
//! public key alone.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use audit::{
    AuditFilter,
    export::{
        Format,
        graphql::{ExportAuditInput, prepare},
    },
    privacy::erasure::certificate::{Certificate, Collection},
    seal::{
        head::{PublicKey, SignedHead, hex},
        keys,
    },
    verify::{Outside, Report, database, file, proof::Proof, prove},
};
use clap::{Args, Subcommand, ValueEnum};
use futures::{StreamExt as _, pin_mut};
use identity::tenant::{self, entity::Column, entity::Model};
use kernel::{
    id::{AuditEntryId, TypedId as _, UserId},
    scalar::DateTime,
    viewer::Viewer,
};
use sea_orm::QueryOrder as _;
use serde_json::{Value, json};

use super::{Failure, Options, ask, show, tenant::named, with_app};
use crate::app::App;

/// The audit trail: check it, prove it, export it.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Check the trail: in the database, in an exported file, or a proof
    Verify(Verify),
    /// Write the proof that an entry is in the sealed trail
    Proof {
        /// Id of the entry (aud_…)
        entry: AuditEntryId,
        /// Slug or id of the agency
        #[arg(long)]
        tenant: String,
        /// Where to; standard output without
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write the trail with a signed head; recorded in the trail itself
    Export(Export),
    /// Seal what waits and write the signed head of the trail, to be kept elsewhere
    Head {
        /// Slug or id of the agency
        #[arg(long)]
        tenant: String,
        /// Where to; standard output without
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take the trail in the database as it is from now on, after a backup was restored; recorded in the trail itself
    Accept {
        /// Slug or id of the agency
        #[arg(long)]
        tenant: String,
    },
    /// Check the certificate of an erasure, offline
    Certificate {
        /// The certificate (JSON)
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Public keys (PEM) that were kept elsewhere; no other signature is believed
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Write the public keys that the trail is signed with, in PEM
    Key {
        /// Slug or id of the agency
        #[arg(long)]
        tenant: String,
        /// Where to; standard output without
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// What to check, and against what.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Slug or id of the agency whose trail in the database is checked; every agency without
    #[arg(long, conflicts_with_all = ["file", "proof"])]
    tenant: Option<String>,
    /// An exported file (JSONL) or an archive (JSONL.zst), checked offline
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "proof")]
    file: Option<PathBuf>,
    /// A proof of inclusion or consistency, checked offline
    #[arg(long, value_name = "FILE", requires = "key")]
    proof: Option<PathBuf>,
    /// Public keys (PEM) that were kept elsewhere; no other signature is believed
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A signed head that was kept elsewhere: what it speaks of must be there still
    #[arg(long, value_name = "FILE", conflicts_with = "proof")]
    head: Option<PathBuf>,
}

/// What to export.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Slug or id of the agency
    #[arg(long)]
    tenant: String,
    /// How it is written
    #[arg(long, value_enum, default_value = "jsonl")]
    format: FormatArg,
    /// Where to; standard output without
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// With personal data in the clear
    #[arg(long)]
    personal: bool,
    /// Only acts whose name begins with this
    #[arg(long, value_name = "PREFIX")]
    action: Option<String>,
    /// Only what happened at or after this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    since: Option<DateTime>,
    /// Only what happened before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime>,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FormatArg {
    /// Lines of JSON, which can be checked offline
    Jsonl,
    /// Comma-separated values, for spreadsheets
    Csv,
}

pub(super) fn run(options: &Options, command: Audit) -> Result<(), Failure> {
    match command {
        Audit::Verify(Verify { file: Some(path), key, head, .. }) => {
            verify_file(options, &path, &read_keys(key.as_deref())?, head.as_deref())
        }
        Audit::Verify(Verify { proof: Some(path), key, .. }) => {
            verify_proof(options, &path, &read_keys(key.as_deref())?)
        }
        Audit::Certificate { file, key } => verify_certificate(options, &file, &read_keys(Some(&key))?),
        Audit::Verify(verify) => with_app(options, async |app| verify_database(options, app, verify).await),
        Audit::Proof { entry, tenant, output } => {
            with_app(options, async |app| write_proof(app, entry, &tenant, output.as_deref()).await)
        }
        Audit::Export(export) => with_app(options, async |app| write_export(options, app, export).await),
        Audit::Head { tenant, output } => with_app(options, async |app| {
            let tenant = named(app, &tenant).await?;
            let head = app.sealer.head_now(tenant.id).await?;
            let head =
                head.ok_or_else(|| Failure::NotFound(format!("{} has no entries yet", tenant.slug)))?;
            write(output.as_deref(), pretty(&head)?.as_bytes())
        }),
        Audit::Accept { tenant } => with_app(options, async |app| accept(options, app, &tenant).await),
        Audit::Key { tenant, output } => with_app(options, async |app| {
            let tenant = named(app, &tenant).await?;
            // Reason: without a head there is no key yet.
            app.sealer.head_now(tenant.id).await?;
            let keys = keys::of_tenants(&app.db, &[tenant.id.uuid()]).await?;
            let pem: String = keys.iter().map(|key| key.public.pem()).collect();
            write(output.as_deref(), pem.as_bytes())
        }),
    }
}

fn verify_file(
    options: &Options,
    path: &Path,
    keys: &[PublicKey],
    head: Option<&Path>,
) -> Result<(), Failure> {
    let kept = head.map(read_head).transpose()?;
    let opened = open(path)?;
    let report = audit::keep::archive::reader(opened)
        .and_then(|lines| file::verify(lines, keys, kept))
        .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    show::result(options, &json!(report), &summary(&path.display().to_string(), &report))?;
    verdict(std::iter::once(&report))
}

fn verify_proof(options: &Options, path: &Path, keys: &[PublicKey]) -> Result<(), Failure> {
    let proof: Proof = read_json(path)?;
    let proven = proof.check(keys).map_err(Failure::failed)?;
    let head = &proven.head;
    let what = match (proven.entry, proven.seq) {
        (Some(entry), Some(seq)) => format!("The entry {} is at place {seq}", AuditEntryId::from_uuid(entry)),
        _ => "The older tree is the beginning".to_owned(),
    };
    let text = format!("{what} of the tree of {} entries, signed {}.", head.size, head.at);
    show::result(options, &json!(proven), &text)
}

fn verify_certificate(options: &Options, path: &Path, keys: &[PublicKey]) -> Result<(), Failure> {
    let certificate: Certificate = read_json(path)?;
    let statement = certificate.check(keys).map_err(Failure::failed)?;
    let mut text = format!(
        "The person {} was erased {}: asked for by {}, approved by {}. {} keys were destroyed; the trail went on from \
         {} to {} entries.",
        statement.person,
        statement.erased_at,
        UserId::from_uuid(statement.requested_by),
        UserId::from_uuid(statement.approved_by),
        statement.keys_destroyed,
        statement.head_before.size,
        statement.head_after.size,
    );
    for Collection { name, count, fate, reason } in &statement.collections {
        let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        text.push_str(&format!("\n  {name}: {count} {fate}{reason}"));
    }
    show::result(options, &json!(statement), &text)
}

async fn verify_database(options: &Options, app: &App, verify: Verify) -> Result<(), Failure> {
    let Verify { tenant, key, head, .. } = verify;
    let outside = Outside {
        keys: key.as_deref().map(|path| read_keys(Some(path))).transpose()?,
        head: head.as_deref().map(read_head).transpose()?,
    };
    let tenants: Vec<Model> = match tenant {
        Some(tenant) => vec![named(app, &tenant).await?],
        None => tenant::rows().order_by_asc(Column::Slug).all(&app.db).await?,
    };
    if tenants.len() > 1 && (outside.keys.is_some() || outside.head.is_some()) {
        return Err(Failure::Usage("--key and --head are of one agency: name it with --tenant".to_owned()));
    }
    let mut reports = Vec::with_capacity(tenants.len());
    for tenant in tenants {
        let kept = match &outside.head {
            Some(head) => Some(head.clone()),
            None => app.sealer.kept().of(tenant.id.uuid()).await?,
        };
        let outside = Outside { head: kept, ..outside.clone() };
        let report = database::verify(&app.db, &app.sealer, tenant.id, &outside).await?;
        reports.push((tenant.slug, report));
    }
    let value: Vec<Value> =
        reports.iter().map(|(slug, report)| json!({ "tenant": slug, "report": report })).collect();
    let text: Vec<String> = reports.iter().map(|(slug, report)| summary(slug, report)).collect();
    show::result(options, &json!(value), &text.join("\n"))?;
    verdict(reports.iter().map(|(_, report)| report))
}

async fn accept(options: &Options, app: &App, tenant: &str) -> Result<(), Failure> {
    let tenant = named(app, tenant).await?;
    let question = format!("Take the trail of {} as it is, whatever was cut off or rewritten?", tenant.slug);
    ask::confirm(options, &question)?;
    let viewer = Viewer::system(tenant::info(&tenant), app.clock.clone(), app.ids.clone());
    let forgotten = audit::verify::accept(&viewer, &app.db, &app.sealer).await?;
    let head = app.sealer.head_now(tenant.id).await?;
    let value = json!({ "forgotten": forgotten, "head": head });
    let text = match &forgotten {
        Some(head) => format!(
            "The trail is taken as it is; head {} of {} entries is forgotten.",
            head.number, head.size
        ),
        None => "No head was kept: the trail was taken as it is already.".to_owned(),
    };
    show::result(options, &value, &text)
}

async fn write_proof(
    app: &App,
    entry: AuditEntryId,
    tenant: &str,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let tenant = named(app, tenant).await?;
    app.sealer.head_now(tenant.id).await?;
    let proof = prove::inclusion(&app.db, tenant.id, entry).await?;
    let proof = proof.ok_or_else(|| Failure::NotFound(format!("{entry} is no entry of {}", tenant.slug)))?;
    write(output, pretty(&Proof::Inclusion(proof))?.as_bytes())
}

async fn write_export(options: &Options, app: &App, export: Export) -> Result<(), Failure> {
    let Export { tenant, format, output, personal, action, since, until } = export;
    let tenant = named(app, &tenant).await?;
    let format = match format {
        FormatArg::Jsonl => Format::Jsonl,
        FormatArg::Csv => Format::Csv,
    };
    let filtered = action.is_some() || since.is_some() || until.is_some();
    let filter =
        filtered.then(|| AuditFilter { action_prefix: action, since, until, ..AuditFilter::default() });
    let viewer = Viewer::system(tenant::info(&tenant), app.clock.clone(), app.ids.clone());
    let input = ExportAuditInput { format, filter, personal };
    let (export, entries) = prepare(&viewer, &app.db, &app.sealer, input).await?;
    let (head, statement) = (export.head.clone(), export.statement.clone());
    let mut to = writer(output.as_deref())?;
    let pieces = export.stream(app.db.clone());
    pin_mut!(pieces);
    while let Some(piece) = pieces.next().await {
        to.write_all(&piece?).map_err(anyhow::Error::from)?;
    }
    to.flush().map_err(anyhow::Error::from)?;
    let Some(path) = output else { return Ok(()) };
    if matches!(format, Format::Csv) {
        for (ending, text) in [(".head.json", pretty(&head)?), (".statement.json", pretty(&statement)?)] {
            let mut beside = path.clone().into_os_string();
            beside.push(ending);
            write(Some(Path::new(&beside)), text.as_bytes())?;
        }
    }
    let value = json!({ "entries": entries, "output": path, "head": head, "statement": statement });
    let part = statement.filter.as_ref().map(|filter| format!(" Not the whole trail: only {filter}."));
    let part = part.unwrap_or_default();
    let text = format!("{entries} entries in {}, up to head {}.{part}", path.display(), head.number);
    show::result(options, &value, &text)
}

/// What a report says, in lines.
fn summary(of: &str, report: &Report) -> String {
    let verdict = if report.is_sound() { "sound" } else { "NOT SOUND" };
    let mut text = format!(
        "{of}: {verdict}. {} entries, {} heads, size {}, root {}",
        report.entries,
        report.heads,
        report.size,
        hex(&report.root)
    );
    for (many, what) in [(report.left_out, "left out"), (report.unsealed, "not sealed yet")] {
        if many > 0 {
            text.push_str(&format!(", {many} {what}"));
        }
    }
    if let Some(since) = report.waiting_since {
        text.push_str(&format!(" (the first since {since})"));
    }
    if let Some(filter) = &report.filter {
        text.push_str(&format!(". NOT THE WHOLE TRAIL: only {filter}"));
    }
    for problem in &report.problems {
        let entry = problem.entry.map(|id| format!(" ({})", AuditEntryId::from_uuid(id))).unwrap_or_default();
        text.push_str(&format!("\n  {}{entry}", problem.text));
    }
    text
}

fn verdict<'a>(reports: impl Iterator<Item = &'a Report>) -> Result<(), Failure> {
    let found: u64 = reports.map(|report| report.problem_count).sum();
    match found {
        0 => Ok(()),
        1 => Err(Failure::failed("the trail is not as it was sealed: 1 problem")),
        more => Err(Failure::failed(format!("the trail is not as it was sealed: {more} problems"))),
    }
}

fn read_keys(path: Option<&Path>) -> Result<Vec<PublicKey>, Failure> {
    let path = path.ok_or_else(|| Failure::Usage("--key is missing".to_owned()))?;
    let text = io::read_to_string(open(path)?).map_err(anyhow::Error::from)?;
    let keys = PublicKey::all_of_pem(&text);
    keys.ok_or_else(|| Failure::Usage(format!("{}: no Ed25519 public keys in PEM", path.display())))
}

fn read_head(path: &Path) -> Result<SignedHead, Failure> {
    read_json(path)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let opened = BufReader::new(open(path)?);
    serde_json::from_reader(opened).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(anyhow::Error::from)?;
    text.push('\n');
    Ok(text)
}

fn writer(path: Option<&Path>) -> Result<Box<dyn Write>, Failure> {
    Ok(match path {
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
            Box::new(BufWriter::with_capacity(1 << 20, file))
        }
        None => Box::new(io::stdout().lock()),
    })
}

fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    let mut to = writer(path)?;
    to.write_all(bytes).and_then(|()| to.flush()).map_err(|error| Failure::failed(error.to_string()))
}
