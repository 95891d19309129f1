//! Making, changing, trying and removing sinks.

use kernel::{
    act::{Act, Outcome, Severity, expect_version},
    db::Db,
    error::{Error, Fields, Result, Text},
    id::{AuditSinkId, TypedId as _},
    patch,
    policy::Guarded as _,
    text,
    viewer::Viewer,
};
use platform::crypto::Keyring;
use sea_orm::PaginatorTrait as _;
use serde_json::{Map, json};

use super::{
    Fault, SinkSettings,
    entity::{Entity, Model},
    message::Message,
    mutation::{CreateAuditSinkInput, UpdateAuditSinkInput},
    rules::{self, Kind},
    send::Target,
};
use crate::{
    entry::AuditSeverity,
    policy::{PERSONAL_READ, SINKS_MANAGE},
    seal::store,
};

/// Sinks that a tenant may have.
const MOST: u64 = 20;

const TOO_MANY: Text = Text::new(
    "too_many_sinks",
    "At most {max} sinks are allowed.",
    "{max} destinations au plus sont autorisées.",
);

/// Longest beginning of an act's name.
const PREFIX_MAX: usize = 100;

/// What secrets and addresses of sinks need.
pub struct Sinks<'a> {
    /// Seals secrets.
    pub keyring: &'a Keyring,
    /// What the installation allows.
    pub settings: &'a SinkSettings,
}

/// Makes a sink. It gets what is sealed from now on, or all that ever was.
///
/// # Errors
/// FORBIDDEN, INVALID for wrong fields or one sink too many.
pub async fn create(
    viewer: &Viewer,
    db: &Db,
    sinks: &Sinks<'_>,
    input: CreateAuditSinkInput,
) -> Result<Model> {
    viewer.require_tenant(SINKS_MANAGE)?;
    let from_start = input.from_start;
    let wanted = Wanted::new(viewer, sinks.settings, input)?;
    viewer
        .act(db, "audit.sink.create", async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            let tenant = viewer.tenant_id();
            if Entity::of_tenant(tenant).count(act.conn()).await? >= MOST {
                return Err(Error::conflict(TOO_MANY.with("max", MOST)));
            }
            let next_seq = match from_start {
                true => 0,
                false => store::number(store::note_of(act.conn(), tenant.uuid()).await?.size),
            };
            let sink = wanted.clone().into_model(act, sinks.keyring, next_seq)?;
            act.insert(sink).await
        })
        .await
}

/// A new sink whose fields are checked.
#[derive(Clone)]
struct Wanted {
    name: String,
    kind: Kind,
    address: String,
    ca_pem: Option<String>,
    header: Option<(String, String)>,
    signing: Option<String>,
    min_severity: AuditSeverity,
    action_prefix: Option<String>,
    personal_data: bool,
}

impl Wanted {
    fn new(viewer: &Viewer, settings: &SinkSettings, input: CreateAuditSinkInput) -> Result<Self> {
        let CreateAuditSinkInput {
            name,
            kind,
            address,
            ca_pem,
            header_name,
            header_value,
            signing_key,
            min_severity,
            action_prefix,
            personal_data,
            from_start: _,
        } = input;
        may_open(viewer, personal_data)?;
        let mut fields = Fields::new();
        let name = fields.take(text::name(&name, "name")).unwrap_or_default();
        let address = fields.take(rules::address(kind, &address, settings.allow_private)).unwrap_or_default();
        let ca_pem = ca_pem.and_then(|pem| fields.take(rules::certificates(&pem)));
        let half = header_name.is_some() != header_value.is_some();
        let header_name = header_name.and_then(|name| fields.take(rules::header_name(&name)));
        let header_value = header_value.and_then(|value| fields.take(rules::header_value(&value)));
        fields.require(!half, "headerName", rules::HALF_HEADER);
        let signing = signing_key.and_then(|key| fields.take(rules::signing_key(&key)));
        let action_prefix =
            fields.take(text::optional_line(action_prefix.as_deref(), "actionPrefix", PREFIX_MAX)).flatten();
        let header = header_name.zip(header_value);
        of_kind(kind, (ca_pem.is_some(), header.is_some(), signing.is_some()), &mut fields);
        fields.check()?;
        Ok(Self { name, kind, address, ca_pem, header, signing, min_severity, action_prefix, personal_data })
    }

    fn into_model(self, act: &Act, keyring: &Keyring, next_seq: i64) -> Result<Model> {
        let (id, now) = (act.new_id::<AuditSinkId>(), act.now());
        let (header_name, value) = self.header.unzip();
        Ok(Model {
            id,
            tenant_id: act.viewer().tenant_id(),
            name: self.name,
            kind: self.kind.as_str().to_owned(),
            address: self.address,
            ca_pem: self.ca_pem,
            header_name,
            header_sealed: value.map(|value| seal(keyring, id, HEADER, &value)).transpose()?,
            signing_sealed: self.signing.map(|key| seal(keyring, id, SIGNING, &key)).transpose()?,
            min_severity: self.min_severity.word().to_owned(),
            action_prefix: self.action_prefix,
            personal_data: self.personal_data,
            enabled: true,
            next_seq,
            delivered: 0,
            delivered_at: None,
            failures: 0,
            failing_since: None,
            last_error: None,
            next_at: now,
            paused_at: None,
            lease_id: None,
            lease_until: None,
            created_at: now,
            updated_at: now,
            version: 1,
        })
    }
}

/// Personal data is sent away only by who may read it.
fn may_open(viewer: &Viewer, personal_data: bool) -> Result<()> {
    if personal_data { viewer.require_tenant(PERSONAL_READ) } else { Ok(()) }
}

/// Errs for settings that a kind does not have.
fn of_kind(kind: Kind, (ca, header, signing): (bool, bool, bool), fields: &mut Fields) {
    let tls = kind == Kind::SyslogTls || kind.is_http();
    fields.require(!ca || tls, "caPem", rules::NOT_OF_KIND);
    fields.require(!header || kind.is_http(), "headerName", rules::NOT_OF_KIND);
    fields.require(!signing || kind.is_http(), "signingKey", rules::NOT_OF_KIND);
}

/// Changes a sink. One that was given up, or waits for its next try, is tried at once.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND, CONFLICT for a stale version, INVALID for wrong fields.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    sinks: &Sinks<'_>,
    input: UpdateAuditSinkInput,
) -> Result<Model> {
    viewer.require_tenant(SINKS_MANAGE)?;
    viewer
        .act(db, "audit.sink.update", async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            let before = Entity::fetch_in(act.conn(), viewer, SINKS_MANAGE, input.id).await?;
            expect_version("AuditSink", input.expected_version, before.version)?;
            let mut after = changed(sinks, &before, input.clone())?;
            if after.personal_data && !before.personal_data {
                may_open(viewer, true)?;
            }
            if after != before || before.failures > 0 || before.paused_at.is_some() {
                (after.next_at, after.paused_at) = (act.now(), None);
                (after.failures, after.failing_since) = (0, None);
            }
            act.update(&before, after).await
        })
        .await
}

fn changed(sinks: &Sinks<'_>, before: &Model, input: UpdateAuditSinkInput) -> Result<Model> {
    let UpdateAuditSinkInput {
        id,
        expected_version: _,
        name,
        address,
        ca_pem,
        header_name,
        header_value,
        signing_key,
        min_severity,
        action_prefix,
        personal_data,
        enabled,
    } = input;
    let kind = kind(before)?;
    let mut after = before.clone();
    let mut fields = Fields::new();
    let seal = |part: &str, secret: &str| seal(sinks.keyring, id, part, secret);
    if let Some(name) = patch::checked(name, "name", &mut fields, |name, path| text::name(&name, path)) {
        after.name = name;
    }
    let check = |text: String, _: &str| rules::address(kind, &text, sinks.settings.allow_private);
    if let Some(address) = patch::checked(address, "address", &mut fields, check) {
        // Reason: a secret that was given for one host must not follow to another without being given again.
        if host(&address) != host(&before.address) {
            (after.header_name, after.header_sealed, after.signing_sealed) = (None, None, None);
        }
        after.address = address;
    }
    let check = |pem: String, _: &str| rules::certificates(&pem).map(Some);
    if let Some(pem) = patch::optional_checked(ca_pem, "caPem", &mut fields, check) {
        after.ca_pem = pem;
    }
    let check = |name: String, _: &str| rules::header_name(&name).map(Some);
    if let Some(name) = patch::optional_checked(header_name, "headerName", &mut fields, check) {
        after.header_name = name;
    }
    let check = |value: String, _: &str| rules::header_value(&value).map(Some);
    if let Some(value) = patch::optional_checked(header_value, "headerValue", &mut fields, check) {
        after.header_sealed = value.map(|value| seal(HEADER, &value)).transpose()?;
    }
    if after.header_name.is_none() && before.header_name.is_some() {
        after.header_sealed = None;
    }
    let both = after.header_name.is_some() == after.header_sealed.is_some();
    fields.require(both, "headerName", rules::HALF_HEADER);
    let check = |key: String, _: &str| rules::signing_key(&key).map(Some);
    if let Some(key) = patch::optional_checked(signing_key, "signingKey", &mut fields, check) {
        after.signing_sealed = key.map(|key| seal(SIGNING, &key)).transpose()?;
    }
    if let Some(severity) = patch::required(min_severity, "minSeverity", &mut fields) {
        after.min_severity = severity.word().to_owned();
    }
    let check = |text: String, path: &str| text::optional_line(Some(&text), path, PREFIX_MAX);
    if let Some(prefix) = patch::optional_checked(action_prefix, "actionPrefix", &mut fields, check) {
        after.action_prefix = prefix;
    }
    after.personal_data =
        patch::required(personal_data, "personalData", &mut fields).unwrap_or(after.personal_data);
    after.enabled = patch::required(enabled, "enabled", &mut fields).unwrap_or(after.enabled);
    let has = (after.ca_pem.is_some(), after.header_name.is_some(), after.signing_sealed.is_some());
    of_kind(kind, has, &mut fields);
    fields.check()?;
    Ok(after)
}

/// Where an address leads: scheme, host and port of a web address, all of another.
fn host(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(url) if url.has_host() => url.origin().ascii_serialization(),
        _ => address.to_owned(),
    }
}

/// Removes a sink; what it has not got it will not get.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND.
pub async fn delete(viewer: &Viewer, db: &Db, id: AuditSinkId) -> Result<()> {
    viewer.require_tenant(SINKS_MANAGE)?;
    viewer
        .act(db, "audit.sink.delete", async |act| {
            act.mark(Outcome::Success, Severity::Critical);
            let sink = Entity::fetch_in(act.conn(), viewer, SINKS_MANAGE, id).await?;
            act.delete(sink).await
        })
        .await
}

/// Sends a message that is about nothing; answers why it did not arrive, if it did not.
///
/// # Errors
/// FORBIDDEN, NOT_FOUND.
pub async fn test(
    viewer: &Viewer,
    db: &Db,
    sinks: &Sinks<'_>,
    id: AuditSinkId,
) -> Result<(Model, Option<String>)> {
    viewer.require_tenant(SINKS_MANAGE)?;
    let sink = Entity::fetch(db, viewer, SINKS_MANAGE, id).await?;
    let trial = Message::trial(id, viewer.clock.now());
    let sent = target(&sink, sinks.keyring, sinks.settings)?.send(&[trial], viewer.clock.now()).await;
    let error = sent.err().map(|Fault { reason, .. }| reason);
    viewer
        .act(db, "audit.sink.test", async |act| {
            let outcome = if error.is_none() { Outcome::Success } else { Outcome::Failure };
            act.mark(outcome, Severity::Notice);
            let mut details = Map::new();
            details.insert("error".to_owned(), json!(error));
            act.note("AuditSink", Some(id.uuid()), Some(sink.name.clone()), details);
            Ok(())
        })
        .await?;
    Ok((sink, error))
}

/// A sink as the forwarder speaks to it.
///
/// # Errors
/// If its secrets cannot be opened with this keyring.
pub(super) fn target(sink: &Model, keyring: &Keyring, settings: &SinkSettings) -> Result<Target> {
    let open = |part: &str, sealed: &Option<String>| {
        sealed.as_deref().map(|sealed| keyring.open(sealed, bound_to(sink.id, part).as_bytes())).transpose()
    };
    let value = open(HEADER, &sink.header_sealed)?.map(String::from_utf8).transpose();
    let value = value.map_err(Error::internal)?;
    Ok(Target {
        id: sink.id,
        tenant: sink.tenant_id,
        kind: kind(sink)?,
        address: sink.address.clone(),
        ca_pem: sink.ca_pem.clone(),
        header: sink.header_name.clone().zip(value),
        signing: open(SIGNING, &sink.signing_sealed)?,
        allow_private: settings.allow_private,
        host: settings.host.clone(),
    })
}

fn kind(sink: &Model) -> Result<Kind> {
    Kind::parse(&sink.kind).ok_or_else(|| Error::internal("a sink of no known kind"))
}

const HEADER: &str = "header";
const SIGNING: &str = "signing";

fn seal(keyring: &Keyring, sink: AuditSinkId, part: &str, secret: &str) -> Result<String> {
    Ok(keyring.seal(secret.as_bytes(), bound_to(sink, part).as_bytes())?)
}

/// What a sealed secret is bound to.
fn bound_to(sink: AuditSinkId, part: &str) -> String {
    format!("audit_sinks:{sink}:{part}")
}
