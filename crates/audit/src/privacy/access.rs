//! Who saw a person's data: looks and downloads that the trail keeps about them, by actor and day.
//!
//! The person themselves reads the names of staff, because staff act for the agency that answers for it; of clients' people
//! they read that it was one of these, and no name. Who holds `audit.privacy.read` reads every name.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime as Moment, Utc};
use kernel::{
    act::{
        LATE,
        audit_entry::{Column, Entity},
    },
    db::Db,
    error::{Result, Text},
    id::{TenantId, TypedId as _},
    locale::Language,
    policy::Guarded as _,
    privacy::{Collector, DataSubject},
    sql::{day, id_text},
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Alias, Expr, ExprTrait as _, Func, Order, Query},
};
use serde_json::json;
use uuid::Uuid;

use crate::filter::first_id;

/// Groups that are read at once for an export.
const PAGE: u64 = 500;

/// The act of a download of somebody's data.
pub(super) const DOWNLOAD: &str = "audit.privacy.download";

/// The act of an export of the trail.
pub(super) const EXPORT: &str = "audit.trail.export";

/// How somebody's data was seen, for people.
const LABELS: &[(&str, Text)] = &[
    ("identity.user.view", Text::new("saw_profile", "Looked at the profile", "A consulté le profil")),
    (
        "identity.session.view",
        Text::new("saw_sessions", "Looked at sessions and devices", "A consulté les sessions et appareils"),
    ),
    ("crm.contact.view", Text::new("saw_contact", "Looked at contact details", "A consulté les coordonnées")),
    (
        "audit.entry.view",
        Text::new(
            "saw_entries",
            "Looked at personal data in the audit trail",
            "A consulté des données personnelles du journal d'audit",
        ),
    ),
    (
        "audit.privacy.view",
        Text::new("saw_accesses", "Looked at who saw the data", "A consulté la liste des accès"),
    ),
    (
        DOWNLOAD,
        Text::new("downloaded", "Downloaded a copy of the data", "A téléchargé une copie des données"),
    ),
    (
        EXPORT,
        Text::new(
            "exported_trail",
            "Exported the audit trail with the personal data of everybody in it",
            "A exporté le journal d'audit avec les données personnelles de toutes les personnes concernées",
        ),
    ),
];
const SEEN: Text = Text::new("saw_data", "Looked at personal data", "A consulté des données personnelles");

/// What an access was, for people.
pub(super) fn label(action: &str, language: Language) -> String {
    let known = LABELS.iter().find(|(name, _)| *name == action).map_or(SEEN, |(_, text)| *text);
    kernel::error::Said::from(known).render(language)
}

/// Somebody who saw data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Their name.
    pub name: String,
    /// Whether they are staff, not a client's person.
    pub staff: bool,
}

/// Who people are; answered by the gateway from identity.
#[async_trait]
pub trait People: Send + Sync + 'static {
    /// The members of the tenant among `ids`, in one statement or two.
    ///
    /// # Errors
    /// If the database does not answer.
    async fn known(&self, db: &Db, tenant: TenantId, ids: &[Uuid]) -> Result<HashMap<Uuid, Known>>;
}

/// What one actor saw in one way on one day.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) day: String,
    pub(super) actor_kind: String,
    pub(super) actor: Option<Uuid>,
    pub(super) action: String,
    pub(super) count: i64,
    pub(super) first_at: Moment<Utc>,
    pub(super) last_at: Moment<Utc>,
    pub(super) known: Option<Known>,
    /// Place in the list: the last entry of the group.
    pub(super) place: String,
}

/// Which accesses are read.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) since: Option<Moment<Utc>>,
    pub(super) until: Option<Moment<Utc>>,
    pub(super) after: Option<String>,
    pub(super) most: u64,
}

/// Accesses by others than the person, the newest first.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn read(
    db: &Db,
    people: &dyn People,
    subject: &DataSubject,
    wanted: &Wanted,
) -> Result<Vec<Access>> {
    let backend = db.backend();
    let place = || Expr::expr(Func::max(id_text(backend, Column::Id)));
    let actor = || Expr::expr(Func::coalesce([Column::OnBehalfOf, Column::ActorId].map(Expr::col)));
    let looks = Condition::all()
        .add(Column::PersonId.is_in(subject.ids.iter().copied()))
        .add(Condition::any().add(Column::Action.like("%.view")).add(Column::Action.eq(DOWNLOAD)));
    let mut rows =
        Entity::of_tenant(subject.tenant).filter(Condition::any().add(looks).add(exports(subject)));
    if let Some(user) = subject.user {
        // Reason: at the command line nobody is signed in.
        rows = rows.filter(Condition::any().add(actor().is_null()).add(actor().ne(user.uuid())));
    }
    if let Some(since) = wanted.since {
        rows = rows.filter(Column::OccurredAt.gte(since)).filter(Column::Id.gte(first_id(since)));
    }
    if let Some(until) = wanted.until {
        let latest = first_id(until + LATE);
        rows = rows.filter(Column::OccurredAt.lt(until)).filter(Column::Id.lte(latest));
    }
    let mut select = rows.select_only().into_query();
    select
        .expr_as(day(backend, Column::OccurredAt), Alias::new("day"))
        .column(Column::ActorKind)
        .expr_as(actor(), Alias::new("who"))
        .column(Column::Action)
        .expr_as(Column::Id.count(), Alias::new("times"))
        .expr_as(Column::OccurredAt.min(), Alias::new("first_at"))
        .expr_as(Column::OccurredAt.max(), Alias::new("last_at"))
        .expr_as(place(), Alias::new("place"))
        .add_group_by([Expr::cust("1"), Expr::cust("2"), Expr::cust("3"), Expr::cust("4")])
        .order_by(Alias::new("place"), Order::Desc)
        .limit(wanted.most);
    if let Some(after) = &wanted.after {
        select.and_having(place().lt(after.as_str()));
    }
    let found = db.query_all(&select).await?;
    let mut accesses = Vec::with_capacity(found.len());
    for row in &found {
        accesses.push(Access {
            day: row.try_get_by_index(0)?,
            actor_kind: row.try_get_by_index(1)?,
            actor: row.try_get_by_index(2)?,
            action: row.try_get_by_index(3)?,
            count: row.try_get_by_index(4)?,
            first_at: row.try_get_by_index(5)?,
            last_at: row.try_get_by_index(6)?,
            place: row.try_get_by_index(7)?,
            known: None,
        });
    }
    let mut ids: Vec<Uuid> = accesses.iter().filter_map(|access| access.actor).collect();
    ids.sort_unstable();
    ids.dedup();
    let known = people.known(db, subject.tenant, &ids).await?;
    for access in &mut accesses {
        access.known = access.actor.and_then(|actor| known.get(&actor).cloned());
    }
    Ok(accesses)
}

/// Exports of the trail with personal data, since there was anything about the person in it. Whether a filter left all of
/// that out is not asked: who might have been shown is told.
fn exports(subject: &DataSubject) -> Condition {
    let (own, column) =
        (Alias::new("own"), |table: &Alias, column: Column| Expr::col((table.clone(), column)));
    let mut before = Query::select();
    before
        .expr(Expr::val(1))
        .from_as(Entity, own.clone())
        .and_where(column(&own, Column::TenantId).eq(subject.tenant.uuid()))
        .and_where(column(&own, Column::PersonId).is_in(subject.ids.iter().copied()))
        .and_where(column(&own, Column::Id).lt(Expr::col((Entity, Column::Id))));
    Condition::all()
        .add(Column::Action.eq(EXPORT))
        // Invariant: details are JSON without whitespace, and quotes inside of texts are escaped there.
        .add(Column::Changes.like("%\"personal\":true%"))
        .add(Expr::exists(before))
}

/// Adds the whole report to an export, with the eyes of the person.
pub(super) async fn collect(
    db: &Db,
    people: &dyn People,
    subject: &DataSubject,
    into: &mut dyn Collector,
) -> Result<()> {
    let mut wanted = Wanted { since: None, until: None, after: None, most: PAGE };
    loop {
        let found = read(db, people, subject, &wanted).await?;
        let told = found.iter().map(|access| {
            let known = access.known.as_ref();
            json!({
                "day": access.day, "actorKind": access.actor_kind, "action": access.action,
                "actorName": known.filter(|known| known.staff).map(|known| &known.name),
                "staff": known.map(|known| known.staff), "what": label(&access.action, Language::En),
                "count": access.count, "firstAt": access.first_at, "lastAt": access.last_at,
            })
        });
        into.rows("access-report", told.collect()).await?;
        match found.last() {
            Some(last) if found.len() as u64 == PAGE => wanted.after = Some(last.place.clone()),
            _ => return Ok(()),
        }
    }
}
