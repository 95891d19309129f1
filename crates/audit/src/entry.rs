//! Entries of the trail: the node, the list, and the trail of one node.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Json, Object, SimpleObject, dataloader::Loader};
use kernel::{
    act::{
        audit_entry::{self, Column, Entity},
        personal::{Personal, boxes, is_veiled},
    },
    ask::{Ask, Asking, FromAsk, Look},
    db::Db,
    error::{Error, Result},
    graph::Node,
    id::{ApiKeyId, AuditEntryId, TypedId, UserId},
    page::{ChildPage, Connection, Order, PageArgs, children, list},
    policy::Guarded,
    scalar::DateTime,
    viewer::{Reach, Viewer},
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    event::Events,
    filter::AuditFilter,
    policy::{ENTRIES_READ, PERSONAL_READ},
    search::filtered,
};

/// An entry of the audit trail.
#[derive(Clone, Debug)]
pub struct AuditEntry(pub audit_entry::Model);

impl From<audit_entry::Model> for AuditEntry {
    fn from(model: audit_entry::Model) -> Self {
        Self(model)
    }
}

impl Node for AuditEntry {
    const TYPE: &'static str = "AuditEntry";
}

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AuditActorKind {
    /// A signed-in person.
    User,
    /// A machine with an API key.
    ApiKey,
    /// The platform itself: jobs, seeds, the command line.
    System,
    /// Nobody known: a failed login, a sign-up, a link from a mail.
    Anonymous,
}

impl AuditActorKind {
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "user" => Self::User,
            "api_key" => Self::ApiKey,
            "system" => Self::System,
            _ => Self::Anonymous,
        }
    }
}

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AuditOutcome {
    /// Done.
    Success,
    /// Refused.
    Denied,
    /// Tried and failed.
    Failure,
}

/// How much an auditor cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AuditSeverity {
    /// Everyday work.
    Info,
    /// Worth a look.
    Notice,
    /// Suspicious.
    Warning,
    /// Needs somebody now.
    Critical,
}

impl AuditSeverity {
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "critical" => Self::Critical,
            "warning" => Self::Warning,
            "notice" => Self::Notice,
            _ => Self::Info,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl AuditOutcome {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failure => "failure",
        }
    }
}

/// What an entry says about one field.
#[derive(Clone, Debug, SimpleObject)]
pub struct AuditChange {
    /// Name of the field as stored.
    pub field: String,
    /// The value before; null if there was none. Hidden, guarded and erased values show as `•`.
    pub before: Json<Value>,
    /// The value after; null if there is none. Hidden, guarded and erased values show as `•`.
    pub after: Json<Value>,
    /// Whether the field holds personal data, shown only with `audit.personal_data.read` and until the person is erased.
    pub personal: bool,
}

/// One recorded change, login or refusal. Entries are never changed or removed by anybody.
#[Object(name = "AuditEntryFields")]
impl AuditEntry {
    /// Its id; ids grow with time.
    async fn id(&self) -> AuditEntryId {
        self.0.id
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        self.0.occurred_at.into()
    }

    /// What kind of actor did it.
    async fn actor_kind(&self) -> AuditActorKind {
        AuditActorKind::parse(&self.0.actor_kind)
    }

    /// Id of the user or API key that did it.
    async fn actor_id(&self) -> Option<async_graphql::ID> {
        let id = self.0.actor_id?;
        match self.0.actor_kind.as_str() {
            "user" => Some(UserId::from_uuid(id).to_string().into()),
            "api_key" => Some(ApiKeyId::from_uuid(id).to_string().into()),
            _ => None,
        }
    }

    /// The act, as `<domain>.<thing>.<verb>`.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// Name of the type of what was changed.
    async fn subject_type(&self) -> &str {
        &self.0.subject_type
    }

    /// What people call the thing that was changed.
    async fn subject_label(&self) -> Option<&str> {
        self.0.subject_label.as_deref()
    }

    /// What changed, field by field. Personal data needs `audit.personal_data.read`, and amounts, rates and what is for
    /// the team what they need elsewhere, tenant-wide or on the project; without, they show as `•`.
    async fn changes(&self, ctx: &Context<'_>) -> Result<Vec<AuditChange>> {
        let open: Map<String, Value> = serde_json::from_str(&self.0.changes)?;
        let guarded = self.guarded(ctx, &open).await?;
        let personal = self.opened(ctx).await?.changes;
        let one = |(field, pair): (String, Value)| {
            let is_guarded = guarded.contains(&field.as_str());
            let change = change(&personal, field, &pair);
            if is_guarded { change.veiled() } else { change }
        };
        Ok(open.into_iter().map(one).collect())
    }

    /// How it ended.
    async fn outcome(&self) -> AuditOutcome {
        match self.0.outcome.as_str() {
            "denied" => AuditOutcome::Denied,
            "failure" => AuditOutcome::Failure,
            _ => AuditOutcome::Success,
        }
    }

    /// How much an auditor cares.
    async fn severity(&self) -> AuditSeverity {
        AuditSeverity::parse(&self.0.severity)
    }

    /// Correlation id of the request.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Address of the client. Needs `audit.personal_data.read`; null without, and once the person is erased.
    async fn ip(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.opened(ctx).await?.ip)
    }

    /// What the client called itself. Needs `audit.personal_data.read`; null without, and once the person is erased.
    async fn user_agent(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.opened(ctx).await?.user_agent)
    }

    /// Name of the GraphQL operation.
    async fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }
}

impl AuditEntry {
    /// The person who acted, by hand or through an API key.
    pub fn person(&self) -> Option<Uuid> {
        match self.0.actor_kind.as_str() {
            "user" => self.0.actor_id,
            "api_key" => self.0.on_behalf_of,
            _ => None,
        }
    }

    /// Names of the changed fields whose values the viewer may not know; what they may is asked once a request.
    async fn guarded(&self, ctx: &Context<'_>, changed: &Map<String, Value>) -> Result<Vec<&'static str>> {
        let events = ctx.data_unchecked::<Events>();
        let mut guarded = Vec::new();
        for (name, needs) in events.types.guarded(&self.0.subject_type) {
            let is_changed = changed.contains_key(*name);
            let project = self.0.project_id.map(|project| project.uuid());
            if is_changed && !events.guards.may(ctx.ask(), *needs, project).await? {
                guarded.push(*name);
            }
        }
        Ok(guarded)
    }

    /// The personal data of this entry, if the viewer may see it and it is not erased; batched.
    async fn opened(&self, ctx: &Context<'_>) -> Result<Personal> {
        if !ctx.viewer().reaches(PERSONAL_READ, Reach::Tenant) || self.0.personal == "{}" {
            return Ok(Personal::default());
        }
        // Reason: address and program are the actor's, the rest is of whom the entry is about.
        let people = [self.0.person_id, self.person()].into_iter().flatten();
        for person in people {
            ctx.ask().looked(Look {
                action: "audit.entry.view",
                subject_type: Self::TYPE,
                subject_id: self.0.id.uuid(),
                person,
                account: self.0.account_id,
            });
        }
        let key = Boxes { entry: self.0.id, text: self.0.personal.clone() };
        Ok(ctx.ask().load::<Opener, _>(key).await?.unwrap_or_default())
    }
}

impl AuditChange {
    /// The change without its values.
    fn veiled(self) -> Self {
        let veil =
            |Json(value): Json<Value>| if value.is_null() { Json(value) } else { Json(Value::from("•")) };
        Self { before: veil(self.before), after: veil(self.after), ..self }
    }
}

/// What of an entry's change may be shown.
fn change(personal: &Map<String, Value>, field: String, pair: &Value) -> AuditChange {
    let hidden = personal.get(&field);
    // Reason: details of what changed no row are single values.
    let single = serde_json::json!([null, pair]);
    let pair = if pair.is_array() { pair } else { &single };
    let side = |index: usize| match pair.get(index) {
        None | Some(Value::Null) => Value::Null,
        Some(value) if is_veiled(value) => {
            hidden.and_then(|pair| pair.get(index)).cloned().unwrap_or_else(|| Value::from("•"))
        }
        Some(value) => value.clone(),
    };
    let is_personal = [0, 1].into_iter().filter_map(|index| pair.get(index)).any(is_veiled);
    AuditChange { before: Json(side(0)), after: Json(side(1)), personal: is_personal, field }
}

/// The sealed personal data of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Boxes {
    entry: AuditEntryId,
    text: String,
}

/// Opens the personal data of many entries at once.
struct Opener {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Opener {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<Boxes> for Opener {
    type Value = Personal;
    type Error = Error;

    async fn load(&self, keys: &[Boxes]) -> Result<HashMap<Boxes, Personal>> {
        let Some(vault) = self.db.vault() else { return Ok(HashMap::new()) };
        let mut sealed = Vec::with_capacity(keys.len());
        let mut owners = Vec::with_capacity(keys.len());
        for key in keys {
            for one in boxes(key.entry, &key.text)? {
                sealed.push(one);
                owners.push(key);
            }
        }
        let texts = vault.open(&self.db, self.viewer.tenant_id(), sealed).await?;
        let mut opened: HashMap<Boxes, Personal> = HashMap::with_capacity(keys.len());
        for (key, text) in owners.into_iter().zip(texts) {
            let Some(text) = text else { continue };
            opened.entry(key.clone()).or_default().merge(serde_json::from_slice(&text)?);
        }
        Ok(opened)
    }
}

/// Queries about the audit trail.
#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Entries of the audit trail, newest first. Needs `audit.entry.read`; with reach `OWN` only what one did oneself.
    async fn audit_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries")] filter: Option<AuditFilter>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<AuditEntry>> {
        let viewer = ctx.viewer();
        viewer.require(ENTRIES_READ)?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let select = Entity::visible(viewer, ENTRIES_READ);
        let select = filtered(ctx.db(), viewer.tenant_id(), filter, select).await?;
        list(ctx.db(), select, Order::desc(Column::Id), &PageArgs::new(first, after, last, before)).await
    }
}

/// The trail of one thing, newest first, batched with the trails of others.
pub async fn trail(ask: &Ask, subject: Uuid, args: PageArgs) -> Result<Connection<AuditEntry>> {
    ask.viewer.require(ENTRIES_READ)?;
    let page = ChildPage {
        parent: Column::SubjectId,
        order: Order::desc(Column::Id),
        args,
        fingerprint: String::new(),
        select: Box::new(|viewer| Entity::visible(viewer, ENTRIES_READ)),
    };
    children(ask, subject, page).await
}
