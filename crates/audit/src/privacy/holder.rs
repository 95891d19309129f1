//! What the trail holds of people: entries about them and of what they did, and what was asked about their data. Of an
//! entry only what was sealed with a key of their own is opened: what is sealed with another's is another's, and what is
//! not sealed at all may be the agency's own (a rate, a note of the team).

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use kernel::{
    act::{
        Act,
        audit_entry::{Column, Entity, Model},
        personal::{Personal, boxes},
    },
    db::Db,
    error::Result,
    id::TypedId as _,
    policy::Guarded as _,
    privacy::{Collector, DataSubject, Holding, Obstacle, Pages, PersonalData},
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, QueryFilter as _, Select,
    sea_query::{Alias, Expr, ExprTrait as _, Query},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{entity as requests, erasure};

/// The trail as a holder of personal data.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditData;

#[async_trait]
impl PersonalData for AuditData {
    fn domain(&self) -> &'static str {
        "audit"
    }

    async fn identify(&self, _: &Db, _: &mut DataSubject) -> Result<()> {
        Ok(())
    }

    async fn collect(
        &self,
        db: &Db,
        subject: &DataSubject,
        _: Option<&Viewer>,
        into: &mut dyn Collector,
    ) -> Result<()> {
        let keys = keys(db, subject).await?;
        entries(db, subject, &keys, "audit.about", about(subject), into).await?;
        if let Some(user) = subject.user {
            let of = || Entity::of_tenant(subject.tenant);
            let by_hand = of().filter(Column::ActorId.eq(user.uuid()));
            entries(db, subject, &keys, "audit.acts", by_hand, into).await?;
            let by_key = of().filter(Column::OnBehalfOf.eq(user.uuid()));
            entries(db, subject, &keys, "audit.acts", by_key, into).await?;
        }
        let asked = requests::Entity::of_tenant(subject.tenant);
        let asked = asked.filter(requests::Column::PersonId.is_in(subject.ids.iter().copied()));
        Pages::of(asked, |row| row.id.uuid()).collect(db, "audit.privacy_requests", into, asked_for).await
    }

    async fn holdings(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Holding>> {
        erasure::trail::holdings(db, subject).await
    }

    async fn obstacles(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Obstacle>> {
        erasure::trail::obstacles(db, subject).await
    }

    /// Entries stay as they are; the erasure destroys the keys to what is personal in them.
    async fn erase(&self, act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>> {
        erasure::trail::erase(act, subject).await
    }
}

fn is_about(subject: &DataSubject) -> Condition {
    Condition::all().add(Column::PersonId.is_in(subject.ids.iter().copied()))
}

/// What others did about the person.
fn about(subject: &DataSubject) -> Select<Entity> {
    let mut others = Condition::all();
    if let Some(user) = subject.user {
        let nobody = Column::ActorId.is_null().and(Column::OnBehalfOf.is_null());
        let by_hand = Column::ActorId.ne(user.uuid()).and(Column::OnBehalfOf.is_null());
        let by_key = Column::OnBehalfOf.ne(user.uuid());
        others = others.add(Condition::any().add(nobody).add(by_hand).add(by_key));
    }
    Entity::of_tenant(subject.tenant).filter(is_about(subject)).filter(others)
}

/// Ids of the person's keys that are not destroyed.
async fn keys(db: &Db, subject: &DataSubject) -> Result<HashSet<Uuid>> {
    let column = |name: &'static str| Expr::col(Alias::new(name));
    let mut select = Query::select();
    select
        .column(Alias::new("id"))
        .from(Alias::new("audit_subject_keys"))
        .and_where(column("tenant_id").eq(subject.tenant.uuid()))
        .and_where(column("person_id").is_in(subject.ids.iter().copied()))
        .and_where(column("destroyed_at").is_null());
    let rows = db.query_all(&select).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

async fn entries(
    db: &Db,
    subject: &DataSubject,
    keys: &HashSet<Uuid>,
    collection: &'static str,
    rows: Select<Entity>,
    into: &mut dyn Collector,
) -> Result<()> {
    let mut pages = Pages::of(rows, |row| row.id.uuid());
    while let Some(rows) = pages.next(db).await? {
        let mut opened = open(db, subject, keys, &rows).await?;
        let told = rows.iter().map(|row| told(row, subject, opened.remove(&row.id.uuid()))).collect();
        into.rows(collection, told).await?;
    }
    Ok(())
}

/// What these entries keep of the person, by entry.
async fn open(
    db: &Db,
    subject: &DataSubject,
    keys: &HashSet<Uuid>,
    rows: &[Model],
) -> Result<HashMap<Uuid, Personal>> {
    let mut opened: HashMap<Uuid, Personal> = HashMap::new();
    let Some(vault) = db.vault() else { return Ok(opened) };
    let mut sealed = Vec::new();
    for row in rows.iter().filter(|row| row.personal != "{}") {
        sealed.extend(boxes(row.id, &row.personal)?.into_iter().filter(|one| keys.contains(&one.key)));
    }
    let owners: Vec<Uuid> = sealed.iter().map(|one| one.entry).collect();
    for (entry, text) in owners.into_iter().zip(vault.open(db, subject.tenant, sealed).await?) {
        if let Some(text) = text {
            opened.entry(entry).or_default().merge(serde_json::from_slice(&text)?);
        }
    }
    Ok(opened)
}

fn told(row: &Model, subject: &DataSubject, personal: Option<Personal>) -> Json {
    let user = subject.user.map(|user| user.uuid());
    let own = user.is_some() && (row.actor_id == user || row.on_behalf_of == user);
    let Personal { changes, ip, user_agent } = personal.unwrap_or_default();
    json!({
        "id": row.id, "at": row.occurred_at, "action": row.action, "bySelf": own, "actorKind": row.actor_kind,
        "subjectType": row.subject_type, "outcome": row.outcome, "personal": changes,
        "ip": ip, "userAgent": user_agent,
    })
}

fn asked_for(row: &requests::Model) -> Json {
    json!({
        "id": row.id, "kind": row.kind, "status": row.status, "createdAt": row.created_at,
        "finishedAt": row.finished_at,
    })
}
